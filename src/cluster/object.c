/* One object as a snapshot has it. */
#include "cluster/cluster_priv.h"

/* Written by API servers, and different after each change of anything; and a copy of the whole object that kubectl
 * keeps, with what has been left out of it here. */
static const char *const dropped_metadata[] = {"managedFields", "resourceVersion", "generation",
                                               "selfLink"};
static const char *const dropped_annotations[] = {
    "kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation", "endpoints.kubernetes.io/last-change-trigger-time"};

static struct node *without(struct arena *arena, const struct node *map, const char *const *names,
                            size_t count)
{
    struct node *out = node_map(arena);
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
        if (!slice_is_one_of(map->pairs[i].key, names, count)) {
            node_set_slice(arena, out, map->pairs[i].key, map->pairs[i].value);
        }
    }
    return out;
}

/* A Secret's own annotations may hold copies of its values in anybody's format. */
static struct node *tidy_annotations(struct arena *arena, const struct resource *resource,
                                     const struct node *annotations)
{
    struct node *out =
        without(arena, annotations, dropped_annotations, ARRAY_LEN(dropped_annotations));
    struct node *kept = node_map(arena);
    for (size_t i = 0; i < out->count; i++) {
        if (slice_starts(out->pairs[i].key, SLICE("cert-manager.io/"))) {
            node_set_slice(arena, kept, out->pairs[i].key, out->pairs[i].value);
        }
    }
    return resource->row->keep == KEEP_FACTS ? kept : out;
}

static struct node *tidy_metadata(struct arena *arena, const struct resource *resource,
                                  const struct node *metadata)
{
    struct node *out = node_map(arena);
    struct node *kept = without(arena, metadata, dropped_metadata, ARRAY_LEN(dropped_metadata));
    for (size_t i = 0; i < kept->count; i++) {
        struct node *value = kept->pairs[i].value;
        if (slice_is(kept->pairs[i].key, "annotations")) {
            value = tidy_annotations(arena, resource, value);
        }
        if (value->kind != NODE_MAP || value->count) {
            node_set_slice(arena, out, kept->pairs[i].key, value);
        }
    }
    return out;
}

/* ---- workloads ------------------------------------------------------------------------------------- */

/* Images of ingress-nginx under whatever registry, also those before it moved. */
static bool is_controller(const struct node *container)
{
    struct slice image = reading_text(container, "image");
    return slice_contains(image, SLICE("ingress-nginx/controller")) ||
           slice_contains(image, SLICE("nginx-ingress-controller"));
}

/* Environments hold passwords; what decides on requests stands in the arguments. */
static struct node *tidy_container(struct arena *arena, const struct node *container)
{
    static const char *const kept[] = {"name", "image", "command", "args", "ports"};
    struct node *out = node_map(arena);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        struct node *value = node_get(container, kept[i]);
        if (value) {
            node_set(arena, out, kept[i], value);
        }
    }
    return out;
}

static void copy_field(struct arena *arena, const struct node *from, const char *name,
                       struct node *to)
{
    struct node *value = node_get(from, name);
    if (value) {
        node_set(arena, to, name, value);
    }
}

/* Null: it runs no ingress-nginx. */
static struct node *tidy_workload(struct arena *arena, const struct node *spec)
{
    const struct node *template = node_get(spec, "template");
    const struct node *containers = node_get(node_get(template, "spec"), "containers");
    struct node *out = node_map(arena), *pod = node_map(arena), *list = node_list(arena);
    for (size_t i = 0; containers && containers->kind == NODE_LIST && i < containers->count; i++) {
        if (is_controller(containers->items[i])) {
            node_add(arena, list, tidy_container(arena, containers->items[i]));
        }
    }
    struct node *pod_template = node_map(arena);
    copy_field(arena, spec, "replicas", out);
    copy_field(arena, spec, "selector", out);
    copy_field(arena, template, "metadata", pod_template);
    node_set(arena, out, "template", pod_template);
    node_set(arena, pod_template, "spec", pod);
    node_set(arena, pod, "containers", list);
    return list->count ? out : NULL;
}

/* ---- the object ------------------------------------------------------------------------------------ */

static struct node *tidy_field(struct arena *arena, const struct resource *resource,
                               const struct pair *field)
{
    static const char *const template[] = {"template"};
    enum keep keep = resource->row->keep;
    bool is_spec = slice_is(field->key, "spec");
    if (slice_is(field->key, "apiVersion") || slice_is(field->key, "kind") ||
        slice_is(field->key, "metadata") ||
        (slice_is(field->key, "status") && keep != KEEP_STATUS)) {
        return NULL;
    }
    if (keep == KEEP_WORKLOADS) {
        return is_spec ? tidy_workload(arena, field->value) : NULL;
    }
    if (keep == KEEP_ROLLOUT && is_spec) {
        return without(arena, field->value, template, ARRAY_LEN(template));
    }
    if (keep == KEEP_FACTS) {
        return slice_is(field->key, "data")   ? facts_of(arena, field->value)
               : slice_is(field->key, "type") ? field->value
                                              : NULL;
    }
    return field->value;
}

struct node *object_tidy(struct arena *arena, const struct resource *resource,
                         const struct node *item)
{
    struct node *out = node_map(arena);
    struct slice version = resource->group.len
                               ? ARENA_JOIN(arena, resource->group, SLICE("/"), resource->version)
                               : resource->version;
    node_set(arena, out, "apiVersion", node_string(arena, version));
    node_set(arena, out, "kind", node_string(arena, resource->kind));
    node_set(arena, out, "metadata", tidy_metadata(arena, resource, node_get(item, "metadata")));
    size_t head = out->count;
    for (size_t i = 0; item->kind == NODE_MAP && i < item->count; i++) {
        struct node *value = tidy_field(arena, resource, &item->pairs[i]);
        if (value) {
            node_set_slice(arena, out, item->pairs[i].key, value);
        }
    }
    return resource->row->keep == KEEP_WORKLOADS && out->count == head ? NULL : out;
}
