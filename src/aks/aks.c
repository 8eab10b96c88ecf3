#include "aks/aks.h"

static struct slice text_at(const struct node *map, const char *name)
{
    const struct node *node = map ? node_get(map, name) : NULL;
    return node && node->kind == NODE_STRING ? node->text : SLICE_ABSENT;
}

static int64_t int_at(const struct node *map, const char *name, int64_t otherwise)
{
    const struct node *node = map ? node_get(map, name) : NULL;
    return node && node->kind == NODE_INT ? node->integer : otherwise;
}

static bool is_controller(const struct object *object)
{
    return slice_is(object->kind_name, "NginxIngressController") &&
           slice_is(kube_group(object->api_version), "approuting.kubernetes.azure.com");
}

const struct object *aks_controller_find(const struct kube *kube, struct slice class_name)
{
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        if (is_controller(object)) {
            struct slice name = text_at(node_get(object->root, "spec"), "ingressClassName");
            name = name.ptr ? name : SLICE("nginx.approuting.kubernetes.azure.com");
            if (slice_equal(name, class_name)) {
                return object;
            }
        }
    }
    return NULL;
}

bool aks_serves(const struct kube *kube, struct slice class_name)
{
    const struct ingress_class *class =
        (const void *)kube_find(kube, KUBE_INGRESS_CLASS, SLICE(""), class_name);
    return slice_is(class_name, AKS_CLASS) ||
           slice_is(class_name, "nginx.approuting.kubernetes.azure.com") ||
           (class && slice_is(class->controller, AKS_CLASS "/nginx")) ||
           aks_controller_find(kube, class_name);
}

/* ---- NginxIngressController ------------------------------------------------------------------ */

static void read_annotations(struct run *run, const struct node *map, struct labels *out)
{
    bool given = map && map->kind == NODE_MAP;
    out->items = ARENA_ARRAY(run->arena, struct label, given ? map->count : 1);
    for (uint32_t i = 0; given && i < map->count; i++) {
        const struct pair *pair = &map->pairs[i];
        if (pair->value->kind == NODE_STRING) {
            out->items[out->count++] = (struct label){pair->key, pair->value->text, pair->span};
        }
    }
}

static void read_ranges(struct run *run, const struct node *list, struct aks_controller *out)
{
    bool given = list && list->kind == NODE_LIST;
    out->source_ranges.items = ARENA_ARRAY(run->arena, struct slice, given ? list->count : 1);
    out->source_span = given ? list->span : SPAN_NONE;
    for (uint32_t i = 0; given && i < list->count; i++) {
        if (list->items[i]->kind == NODE_STRING) {
            out->source_ranges.items[out->source_ranges.count++] = list->items[i]->text;
        }
    }
}

static void read_scaling(const struct node *scaling, struct aks_scaling *out)
{
    static const struct {
        const char *threshold;
        int64_t cpu;
    } rows[] = {{"rapid", 55}, {"balanced", 70}, {"steady", 80}};
    struct slice threshold = text_at(scaling, "threshold");
    *out = (struct aks_scaling){.min = int_at(scaling, "minReplicas", 2),
                                .max = int_at(scaling, "maxReplicas", 100),
                                .cpu = 70,
                                .span = scaling ? scaling->span : SPAN_NONE};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        out->cpu = slice_is(threshold, rows[i].threshold) ? rows[i].cpu : out->cpu;
    }
}

void aks_controller_read(struct run *run, const struct object *object, struct aks_controller *out)
{
    const struct node *spec = node_get(object->root, "spec");
    const struct node *certificate = spec ? node_get(spec, "defaultSSLCertificate") : NULL;
    const struct node *uri = certificate ? node_get(certificate, "keyVaultURI") : NULL;
    *out = (struct aks_controller){0};
    read_annotations(run, spec ? node_get(spec, "loadBalancerAnnotations") : NULL,
                     &out->load_balancer);
    read_ranges(run, spec ? node_get(spec, "loadBalancerSourceRanges") : NULL, out);
    read_scaling(spec ? node_get(spec, "scaling") : NULL, &out->scaling);
    if (uri && uri->kind == NODE_STRING && uri->text.len) {
        out->vault_uri = uri->text;
        out->vault_span = uri->span;
        out->secret = ARENA_JOIN(run->arena, SLICE("keyvault-nginx-"), object->name);
    }
}

/* ---- certificates of Ingresses --------------------------------------------------------------- */

#define VAULT_URI     "kubernetes.azure.com/tls-cert-keyvault-uri"
#define VAULT_MANAGED "kubernetes.azure.com/tls-cert-keyvault-managed"
#define VAULT_ACCOUNT "kubernetes.azure.com/tls-cert-service-account"

bool aks_is_certificate_key(struct slice key)
{
    return slice_is(key, VAULT_URI) || slice_is(key, VAULT_MANAGED) || slice_is(key, VAULT_ACCOUNT);
}

bool aks_certificate_read(struct run *run, const struct object *ingress,
                          struct aks_certificate *out)
{
    enum { NAME_MAX_BYTES = 253 };
    const struct label *uri = labels_find(&ingress->annotations, VAULT_URI);
    const struct label *managed = labels_find(&ingress->annotations, VAULT_MANAGED);
    const struct label *account = labels_find(&ingress->annotations, VAULT_ACCOUNT);
    if (!uri || !uri->value.len) {
        return false;
    }
    struct slice secret = ARENA_JOIN(run->arena, SLICE("keyvault-"), ingress->name);
    *out = (struct aks_certificate){
        .uri = uri->value,
        .service_account = account && account->value.len ? account->value : SLICE_ABSENT,
        .secret = slice_sub(secret, 0, NAME_MAX_BYTES),
        .managed = managed && slice_is(managed->value, "true"),
        .span = uri->span};
    return true;
}
