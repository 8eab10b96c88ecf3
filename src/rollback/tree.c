#include "rollback/rollback_priv.h"

/* Fields of metadata that a server sets (k8s.io/apimachinery pkg/apis/meta/v1/types.go). An owner is named with its
 * uid, which is another one once the owner is created again; the object would then be collected as garbage. */
static const char *const server_fields[] = {"uid",
                                            "resourceVersion",
                                            "generation",
                                            "managedFields",
                                            "selfLink",
                                            "creationTimestamp",
                                            "deletionTimestamp",
                                            "deletionGracePeriodSeconds",
                                            "ownerReferences"};
/* Annotation that `kubectl apply` keeps for itself. */
static const char applied_name[] = "kubectl.kubernetes.io/last-applied-configuration";

static struct node *annotations_of(struct arena *arena, const struct node *given)
{
    struct node *annotations = node_map(arena);
    for (size_t i = 0; i < given->count; i++) {
        if (!slice_is(given->pairs[i].key, applied_name)) {
            node_set_slice(arena, annotations, given->pairs[i].key, given->pairs[i].value);
        }
    }
    return annotations;
}

static struct node *metadata_of(struct arena *arena, const struct object *object)
{
    const struct node *given = node_get(object->root, "metadata");
    struct node *metadata = node_map(arena);
    node_set(arena, metadata, "name", node_string(arena, object->name));
    if (object->namespace.len) {
        node_set(arena, metadata, "namespace", node_string(arena, object->namespace));
    }
    for (size_t i = 0; i < given->count; i++) {
        const struct pair *pair = &given->pairs[i];
        if (slice_is(pair->key, "name") || slice_is(pair->key, "namespace") ||
            slice_is_one_of(pair->key, server_fields, ARRAY_LEN(server_fields))) {
            continue;
        }
        struct node *value = pair->value;
        if (slice_is(pair->key, "annotations") && value->kind == NODE_MAP) {
            value = annotations_of(arena, value);
            if (value->count == 0) {
                continue;
            }
        }
        node_set_slice(arena, metadata, pair->key, value);
    }
    return metadata;
}

struct node *rollback_tree(struct arena *arena, const struct object *object)
{
    struct node *root = node_map(arena);
    node_set(arena, root, "apiVersion", node_string(arena, object->api_version));
    node_set(arena, root, "kind", node_string(arena, object->kind_name));
    node_set(arena, root, "metadata", metadata_of(arena, object));
    for (size_t i = 0; i < object->root->count; i++) {
        const struct pair *pair = &object->root->pairs[i];
        static const char *const done[] = {"apiVersion", "kind", "metadata", "status"};
        if (!slice_is_one_of(pair->key, done, ARRAY_LEN(done))) {
            node_set_slice(arena, root, pair->key, pair->value);
        }
    }
    return root;
}

/* ---- what goes with Ingresses -------------------------------------------------------------- */

static bool uses_class(const struct members *members, const struct object *class)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct ingress *ingress = members->items[i].ingress;
        const struct label *old =
            labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
        struct slice name = ingress->class_name.len ? ingress->class_name
                            : old                   ? old->value
                                                    : SLICE_ABSENT;
        bool by_default =
            !name.len && ((const struct ingress_class *)(const void *)class)->is_default;
        if (members->items[i].chosen && (by_default || slice_equal(name, class->name))) {
            return true;
        }
    }
    return false;
}

/* The controller's own ConfigMap, as it is found by the front end. */
static bool is_controller_config(const struct side_options *options, const struct object *object)
{
    struct slice named = options->nginx.controller_config;
    size_t slash = slice_find(named, '/', 0);
    if (named.len) {
        return slice_equal(slice_sub(named, 0, slash), object->namespace) &&
               slice_equal(slice_sub(named, slash + 1, named.len), object->name);
    }
    const struct label *name = labels_find(&object->labels, "app.kubernetes.io/name");
    return (slice_is(object->namespace, "ingress-nginx") &&
            slice_is(object->name, "ingress-nginx-controller")) ||
           (name && slice_is(name->value, "ingress-nginx"));
}

/* ConfigMaps that the controller's ConfigMap or its usual flags name. */
static bool is_named_by_config(const struct side *original, const struct side_options *options,
                               const struct object *object)
{
    const struct kube *kube = &original->kube;
    for (size_t i = 0; i < kube->counts[KUBE_CONFIG_MAP]; i++) {
        const struct config_map *config = (const void *)kube->objects[KUBE_CONFIG_MAP][i];
        if (!is_controller_config(options, &config->object)) {
            continue;
        }
        for (size_t k = 0; k < config->data.count; k++) {
            struct slice value = config->data.items[k].value;
            size_t slash = slice_find(value, '/', 0);
            if (slash < value.len && slice_equal(slice_sub(value, 0, slash), object->namespace) &&
                slice_equal(slice_sub(value, slash + 1, value.len), object->name)) {
                return true;
            }
        }
    }
    return slice_is(object->name, "tcp-services") || slice_is(object->name, "udp-services");
}

bool rollback_belongs(const struct side *original, const struct side_options *options,
                      const struct members *members, const struct object *object)
{
    if (!object->root) {
        return false;
    }
    switch ((int)object->kind) {
    case KUBE_INGRESS_CLASS:
        return uses_class(members, object);
    case KUBE_CONFIG_MAP:
        return is_controller_config(options, object) ||
               is_named_by_config(original, options, object);
    case KUBE_OTHER:
        return object->name.len && slice_is(object->kind_name, "NginxIngressController") &&
               slice_is(kube_group(object->api_version), "approuting.kubernetes.azure.com");
    default:
        return false;
    }
}
