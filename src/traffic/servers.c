#include "traffic/traffic_priv.h"

/* Words of images, names and values of labels; keys of labels that begin so; objects whose operator makes
 * Services of these names. Sources: the images and charts of each project, kaito.sh, kserve.github.io,
 * docs.ray.io/en/latest/cluster/kubernetes. */
enum { WORDS_MAX = 4 };
static const struct {
    const char *server;
    const char *words[WORDS_MAX];
    const char *label; /* null: none */
} servers[] = {
    {"vLLM", {"vllm"}, NULL},
    {"Text Generation Inference", {"text-generation-inference", "tgi"}, NULL},
    {"Text Embeddings Inference", {"text-embeddings-inference"}, NULL},
    {"Triton", {"tritonserver", "triton"}, NULL},
    {"Ollama", {"ollama"}, NULL},
    {"SGLang", {"sglang"}, NULL},
    {"llama.cpp", {"llama.cpp", "llama-cpp", "llamacpp", "llama-server"}, NULL},
    {"TorchServe", {"torchserve"}, NULL},
    {"TensorFlow Serving", {"tensorflow/serving", "tensorflow-serving"}, NULL},
    {"KAITO", {"kaito"}, "kaito.sh/"},
    {"KServe", {"kserve"}, "serving.kserve.io/"},
    {"Ray", {"rayproject/ray", "kuberay"}, "ray.io/"},
};
static const struct {
    const char *kind, *group, *server,
        *suffix; /* of the Service's name, after that of the object */
} operators[] = {
    {"InferenceService", "serving.kserve.io", "KServe", ""},
    {"InferenceService", "serving.kserve.io", "KServe", "-predictor"},
    {"LLMInferenceService", "serving.kserve.io", "KServe", ""},
    {"RayService", "ray.io", "Ray", "-serve-svc"},
    {"RayService", "ray.io", "Ray", "-head-svc"},
    {"Workspace", "kaito.sh", "KAITO", ""},
};

bool has_word(struct slice text, const char *word)
{
    struct slice wanted = slice_of(word);
    for (size_t i = 0; i + wanted.len <= text.len; i++) {
        if (slice_equal_fold(slice_sub(text, i, i + wanted.len), wanted) &&
            (i == 0 || !is_alphanumeric(text.ptr[i - 1])) &&
            (i + wanted.len == text.len || !is_alphanumeric(text.ptr[i + wanted.len]))) {
            return true;
        }
    }
    return false;
}

static const char *server_of_text(struct slice text)
{
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        for (size_t w = 0; w < WORDS_MAX && servers[i].words[w]; w++) {
            if (has_word(text, servers[i].words[w])) {
                return servers[i].server;
            }
        }
    }
    return NULL;
}

static const char *server_of_label(struct slice key, struct slice value)
{
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        if (servers[i].label && slice_starts(key, slice_of(servers[i].label))) {
            return servers[i].server;
        }
    }
    return server_of_text(value);
}

static bool server_of_labels(struct reader *reader, const struct labels *labels, const char *what,
                             struct served *out)
{
    for (size_t i = 0; i < labels->count && !out->server; i++) {
        const struct label *label = &labels->items[i];
        out->server = server_of_label(label->key, label->value);
        out->span = label->span;
        out->text = arena_printf(reader->run->arena, "%s '" SLICE_FMT ": " SLICE_FMT "'", what,
                                 SLICE_ARG(label->key), SLICE_ARG(label->value));
    }
    return out->server != NULL;
}

/* ---- pods ---------------------------------------------------------------------------------- */

/* The mapping with metadata and spec of the pods that an object makes; null: it makes none. */
static const struct node *pod_template(const struct object *object)
{
    static const char *const makers[] = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"};
    if (slice_is(object->kind_name, "Pod")) {
        return object->root;
    }
    return slice_is_one_of(object->kind_name, makers, ARRAY_LEN(makers))
               ? node_get(node_get(object->root, "spec"), "template")
               : NULL;
}

static bool selects(const struct labels *selector, const struct node *labels)
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct pair *pair =
            labels && labels->kind == NODE_MAP ? node_pair(labels, selector->items[i].key) : NULL;
        if (!pair || !slice_equal(pair->value->text, selector->items[i].value)) {
            return false;
        }
    }
    return selector->count > 0;
}

static bool server_of_pods(struct reader *reader, const struct node *pods, struct served *out)
{
    const struct node *labels = node_get(node_get(pods, "metadata"), "labels");
    const struct node *containers = node_get(node_get(pods, "spec"), "containers");
    for (uint32_t i = 0; containers && containers->kind == NODE_LIST && i < containers->count;
         i++) {
        const struct node *image = node_get(containers->items[i], "image");
        out->server = image ? server_of_text(image->text) : NULL;
        if (out->server) {
            out->span = image->span;
            out->text =
                arena_printf(reader->run->arena, "image '" SLICE_FMT "'", SLICE_ARG(image->text));
            return true;
        }
    }
    for (uint32_t i = 0; labels && labels->kind == NODE_MAP && i < labels->count; i++) {
        const struct pair *pair = &labels->pairs[i];
        out->server = server_of_label(pair->key, pair->value->text);
        if (out->server) {
            out->span = pair->span;
            out->text = arena_printf(reader->run->arena, "label '" SLICE_FMT "' of its pods",
                                     SLICE_ARG(pair->key));
            return true;
        }
    }
    return false;
}

/* ---- Services ------------------------------------------------------------------------------ */

static bool server_of_operator(struct reader *reader, const struct object *object,
                               struct slice service, struct served *out)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        struct slice suffix = slice_of(operators[i].suffix);
        if (slice_is(object->kind_name, operators[i].kind) &&
            slice_is(kube_group(object->api_version), operators[i].group) &&
            service.len == object->name.len + suffix.len && slice_starts(service, object->name) &&
            slice_ends(service, suffix)) {
            out->server = operators[i].server;
            out->span = object->span;
            out->text = arena_printf(reader->run->arena, SLICE_FMT " '" SLICE_FMT "'",
                                     SLICE_ARG(object->kind_name), SLICE_ARG(object->name));
            return true;
        }
    }
    return false;
}

static bool server_of_objects(struct reader *reader, const struct service *service,
                              struct slice namespace, struct slice name, struct served *out)
{
    const struct kube *kube = reader->kube;
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        if (!slice_equal(object->namespace, namespace)) {
            continue;
        }
        const struct node *pods = service ? pod_template(object) : NULL;
        if (server_of_operator(reader, object, name, out) ||
            (pods && selects(&service->selector, node_get(node_get(pods, "metadata"), "labels")) &&
             server_of_pods(reader, pods, out))) {
            return true;
        }
    }
    return false;
}

static void recognise(struct reader *reader, struct slice namespace, struct slice name,
                      struct served *out)
{
    const struct service *service =
        reader->kube ? (const void *)kube_find(reader->kube, KUBE_SERVICE, namespace, name) : NULL;
    if (reader->kube && server_of_objects(reader, service, namespace, name, out)) {
        return;
    }
    if (service && (server_of_labels(reader, &service->object.labels, "label", out) ||
                    server_of_labels(reader, &service->selector, "selector", out))) {
        return;
    }
    out->server = server_of_text(name);
    out->span = service ? service->object.span : SPAN_NONE;
    out->text =
        arena_printf(reader->run->arena, "the name of Service '" SLICE_FMT "'", SLICE_ARG(name));
}

const struct served *service_server(struct reader *reader, struct slice namespace,
                                    struct slice service)
{
    buf_clear(&reader->key);
    buf_put(&reader->key, namespace);
    buf_putc(&reader->key, '/');
    buf_put(&reader->key, service);
    void **known = map_slot(reader->servers, buf_slice(&reader->key));
    struct served *served = *known;
    if (!served) {
        *known = served = ARENA_NEW(reader->run->arena, struct served);
        recognise(reader, namespace, service, served);
    }
    return served;
}
