/* ConfigMaps and Secrets that objects refer to. Nobody needs the others. */
#include "cluster/cluster_priv.h"

/* Annotations, settings and flags of ingress-nginx that name one, as NAME or NAMESPACE/NAME (annotations/, and
 * pkg/flags/flags.go); the part of an annotation before '/' can be chosen. */
struct name_row {
    const char *name, *resource;
};
static const struct name_row annotations[] = {
    {"auth-proxy-set-headers", "configmaps"},
    {"auth-secret", "secrets"},
    {"auth-tls-secret", "secrets"},
    {"custom-headers", "configmaps"},
    {"fastcgi-params-configmap", "configmaps"},
    {"proxy-ssl-secret", "secrets"},
};
static const struct name_row settings[] = {
    {"add-headers", "configmaps"},
    {"proxy-set-headers", "configmaps"},
};
static const struct name_row flags[] = {
    {"configmap", "configmaps"},
    {"default-ssl-certificate", "secrets"},
    {"tcp-services-configmap", "configmaps"},
    {"udp-services-configmap", "configmaps"},
};

static void note(struct reading *reading, const char *resource, struct slice text, struct slice own)
{
    size_t slash = slice_find(text, '/', 0);
    struct slice namespace = slash < text.len ? slice_sub(text, 0, slash) : own;
    struct slice name = slash < text.len ? slice_sub(text, slash + 1, text.len) : text;
    bool pods = slice_is(namespace, "$(POD_NAMESPACE)"); /* filled in by the kubelet */
    named_note(reading, resource, pods ? own : namespace, name);
}

static const char *find(const struct name_row *rows, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, rows[i].name)) {
            return rows[i].resource;
        }
    }
    return NULL;
}

static void note_map(struct reading *reading, const struct node *map, const struct name_row *rows,
                     size_t count, struct slice own)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
        struct slice key = map->pairs[i].key;
        size_t slash = slice_find(key, '/', 0);
        const char *resource =
            find(rows, count, slash < key.len ? slice_sub(key, slash + 1, key.len) : key);
        if (resource && map->pairs[i].value->kind == NODE_STRING) {
            note(reading, resource, map->pairs[i].value->text, own);
        }
    }
}

/* "--name=value", or the value in the next argument. */
static void note_flags(struct reading *reading, const struct node *args, struct slice own)
{
    for (size_t i = 0; args && args->kind == NODE_LIST && i < args->count; i++) {
        struct slice text = args->items[i]->text;
        while (slice_starts(text, SLICE("-"))) {
            text = slice_sub(text, 1, text.len);
        }
        size_t equals = slice_find(text, '=', 0);
        const char *resource = find(flags, ARRAY_LEN(flags), slice_sub(text, 0, equals));
        if (resource && equals < text.len) {
            note(reading, resource, slice_sub(text, equals + 1, text.len), own);
        } else if (resource && i + 1 < args->count) {
            note(reading, resource, args->items[i + 1]->text, own);
        }
    }
}

/* References by group, kind and name, which look alike in Gateway API and the policies beside it. Those of
 * certificateRefs are Secrets where they do not say. */
static void note_reference(struct reading *reading, const struct node *map, bool certificates,
                           struct slice own)
{
    struct slice kind = reading_text(map, "kind"), name = reading_text(map, "name");
    struct slice group = reading_text(map, "group"), other = reading_text(map, "namespace");
    const char *resource = slice_is(kind, "ConfigMap") ? "configmaps"
                           : slice_is(kind, "Secret")  ? "secrets"
                           : certificates && !kind.len ? "secrets"
                                                       : NULL;
    if (resource && name.len && !group.len) {
        named_note(reading, resource, other.len ? other : own, name);
    }
}

static void note_tree(struct reading *reading, const struct node *node, bool certificates,
                      struct slice own)
{
    if (node->kind == NODE_LIST) {
        for (size_t i = 0; i < node->count; i++) {
            note_tree(reading, node->items[i], certificates, own);
        }
    } else if (node->kind == NODE_MAP) {
        note_reference(reading, node, certificates, own);
        for (size_t i = 0; i < node->count; i++) {
            const struct pair *pair = &node->pairs[i];
            if (slice_is(pair->key, "secretName") && pair->value->kind == NODE_STRING) {
                note(reading, "secrets", pair->value->text, own);
            }
            note_tree(reading, pair->value, slice_ends(pair->key, SLICE("ertificateRefs")), own);
        }
    }
}

void references_note(struct reading *reading, const struct node *object)
{
    const struct node *metadata = node_get(object, "metadata"), *spec = node_get(object, "spec");
    const struct node *pod = node_get(node_get(node_get(spec, "template"), "spec"), "containers");
    struct slice own = reading_text(metadata, "namespace");
    note_map(reading, node_get(metadata, "annotations"), annotations, ARRAY_LEN(annotations), own);
    if (slice_is(reading_text(object, "kind"), "ConfigMap")) {
        note_map(reading, node_get(object, "data"), settings, ARRAY_LEN(settings), own);
    }
    for (size_t i = 0; pod && pod->kind == NODE_LIST && i < pod->count; i++) {
        note_flags(reading, node_get(pod->items[i], "args"), own);
    }
    if (spec) {
        note_tree(reading, spec, false, own);
    }
}
