#include "verify/verify_priv.h"

static const char *const names[VERIFY_ECHO_KEY_COUNT] = {
    "path", "host", "method", "headers", "namespace", "service", "pod"};

struct verify_echo_keys verify_echo_default(void)
{
    struct verify_echo_keys keys;
    for (size_t i = 0; i < VERIFY_ECHO_KEY_COUNT; i++) {
        keys.keys[i] = slice_of(names[i]);
    }
    return keys;
}

bool verify_echo_parse(struct slice text, struct verify_echo_keys *keys)
{
    struct slice part;
    while (slice_split(&text, ',', &part)) {
        size_t equals = slice_find(part, '=', 0);
        bool known = false;
        for (size_t i = 0; i < VERIFY_ECHO_KEY_COUNT && equals + 1 < part.len; i++) {
            if (slice_is(slice_sub(part, 0, equals), names[i])) {
                keys->keys[i] = slice_sub(part, equals + 1, part.len);
                known = true;
            }
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

/* "request.url": maps in maps. */
static const struct node *find(const struct node *node, struct slice key)
{
    struct slice part;
    while (node && slice_split(&key, '.', &part)) {
        const struct pair *pair = node->kind == NODE_MAP ? node_pair(node, part) : NULL;
        node = pair ? pair->value : NULL;
    }
    return node;
}

static struct slice text_of(struct arena *arena, const struct node *node)
{
    return node && node->kind == NODE_STRING ? arena_copy(arena, node->text) : SLICE_ABSENT;
}

/* Values are texts, or lists of them. */
static void read_headers(struct arena *arena, const struct node *node, struct headers *out)
{
    for (uint32_t i = 0; node && node->kind == NODE_MAP && i < node->count; i++) {
        const struct node *value = node->pairs[i].value;
        if (value->kind == NODE_STRING) {
            headers_add(arena, out, arena_copy(arena, node->pairs[i].key),
                        arena_copy(arena, value->text));
        }
        for (uint32_t n = 0; value->kind == NODE_LIST && n < value->count; n++) {
            if (value->items[n]->kind == NODE_STRING) {
                headers_add(arena, out, arena_copy(arena, node->pairs[i].key),
                            arena_copy(arena, value->items[n]->text));
            }
        }
    }
}

/* A body is an echo when it is a JSON object that tells a path and headers: an answer of an application that is about
 * something else seldom does. */
void echo_read(struct run *run, struct arena *scratch, const struct verify_echo_keys *keys,
               struct slice body, struct verify_echo *out)
{
    struct run quiet = *run;
    struct documents documents = {0};
    quiet.arena = scratch;
    quiet.diag = diag_new(scratch);
    *out = (struct verify_echo){0};
    if (!slice_starts(slice_trim(body), SLICE("{"))) {
        return;
    }
    const struct input_file file = {.name = SLICE("body.json"), .text = arena_copy(scratch, body)};
    document_read(&quiet, &file, &documents);
    if (documents.count != 1 || diag_count(quiet.diag)) {
        return;
    }
    const struct node *root = documents.roots[0];
    const struct node *headers = find(root, keys->keys[VERIFY_ECHO_HEADERS]);
    out->path = text_of(run->arena, find(root, keys->keys[VERIFY_ECHO_PATH]));
    out->told = out->path.ptr && headers && headers->kind == NODE_MAP;
    if (!out->told) {
        *out = (struct verify_echo){0};
        return;
    }
    out->host = text_of(run->arena, find(root, keys->keys[VERIFY_ECHO_HOST]));
    out->method = text_of(run->arena, find(root, keys->keys[VERIFY_ECHO_METHOD]));
    out->namespace = text_of(run->arena, find(root, keys->keys[VERIFY_ECHO_NAMESPACE]));
    out->service = text_of(run->arena, find(root, keys->keys[VERIFY_ECHO_SERVICE]));
    out->pod = text_of(run->arena, find(root, keys->keys[VERIFY_ECHO_POD]));
    read_headers(run->arena, headers, &out->headers);
}

static bool is_suffix(struct slice text)
{
    /* k8s.io/apimachinery pkg/util/rand: letters of generated names, without vowels */
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    for (size_t i = 0; i < text.len; i++) {
        if (slice_find(slice_of(letters), text.ptr[i], 0) == sizeof letters - 1) {
            return false;
        }
    }
    return text.len > 0;
}

/* "web-7c9f4bd5d8-x2x4k" is a pod of "web": what a Deployment and a ReplicaSet add is cut. */
static struct slice pod_owner(struct slice pod)
{
    enum { POD_SUFFIX = 5, HASH_LEAST = 6, HASH_MOST = 10 };
    for (size_t round = 0; round < 2; round++) {
        size_t dash = pod.len;
        while (dash > 0 && pod.ptr[dash - 1] != '-') {
            dash--;
        }
        struct slice last = slice_sub(pod, dash, pod.len);
        bool fits =
            round == 0 ? last.len == POD_SUFFIX : last.len >= HASH_LEAST && last.len <= HASH_MOST;
        if (dash < 2 || !fits || !is_suffix(last)) {
            break;
        }
        pod = slice_sub(pod, 0, dash - 1);
    }
    return pod;
}

struct slice echo_backend(struct arena *arena, const struct verify_echo *echo)
{
    struct slice name = echo->service.len ? echo->service : pod_owner(echo->pod);
    if (!name.len || !echo->namespace.len) {
        return name.len ? name : SLICE_ABSENT;
    }
    return ARENA_JOIN(arena, echo->namespace, SLICE("/"), name);
}

/* Where only the pod is told, its Deployment is mostly called like the Service or begins so; what does not fit is not
 * held against anybody, as names of pods are free. */
bool echo_is(const struct verify_echo *echo, const struct outcome_backend *backend)
{
    if (echo->namespace.len && !slice_equal(echo->namespace, backend->namespace)) {
        return false;
    }
    return !echo->service.len || slice_equal(echo->service, backend->service);
}
