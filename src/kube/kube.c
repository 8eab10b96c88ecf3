#include "kube/kube.h"

#include "kube/decode_priv.h"

#include <string.h>

struct kind_row {
    const char *name, *group;
    bool namespaced;
    size_t size;
    const struct schema *schema;
};

static const struct kind_row kinds[KUBE_KIND_COUNT] = {
    [KUBE_INGRESS] = {"Ingress", "networking.k8s.io", true, sizeof(struct ingress),
                      &ingress_schema},
    [KUBE_INGRESS_CLASS] = {"IngressClass", "networking.k8s.io", false,
                            sizeof(struct ingress_class), &ingress_class_schema},
    [KUBE_SERVICE] = {"Service", "", true, sizeof(struct service), &service_schema},
    [KUBE_ENDPOINT_SLICE] = {"EndpointSlice", "discovery.k8s.io", true,
                             sizeof(struct endpoint_slice), &endpoint_slice_schema},
    [KUBE_CONFIG_MAP] = {"ConfigMap", "", true, sizeof(struct config_map), &config_map_schema},
    [KUBE_SECRET] = {"Secret", "", true, sizeof(struct secret), NULL},
    [KUBE_NAMESPACE] = {"Namespace", "", false, sizeof(struct namespace), NULL},
    [KUBE_GATEWAY_CLASS] = {"GatewayClass", "gateway.networking.k8s.io", false,
                            sizeof(struct gateway_class), &gateway_class_schema},
    [KUBE_GATEWAY] = {"Gateway", "gateway.networking.k8s.io", true, sizeof(struct gateway),
                      &gateway_schema},
    [KUBE_HTTP_ROUTE] = {"HTTPRoute", "gateway.networking.k8s.io", true, sizeof(struct http_route),
                         &http_route_schema},
    [KUBE_REFERENCE_GRANT] = {"ReferenceGrant", "gateway.networking.k8s.io", true,
                              sizeof(struct reference_grant), &reference_grant_schema},
    [KUBE_OTHER] = {"", "", true, sizeof(struct object), NULL},
};

const char *kube_kind_name(enum kube_kind kind)
{
    return kinds[kind].name;
}

void kube_init(struct run *run, struct kube *kube)
{
    *kube = (struct kube){.index = map_new(run->arena), .slices_by_service = map_new(run->arena)};
}

/* ---- metadata ----------------------------------------------------------------------------- */

static const struct field metadata_fields[] = {
    FIELD(TYPE_STRING, "name", object, name),
    FIELD(TYPE_STRING, "namespace", object, namespace),
    FIELD(TYPE_STRING, "uid", object, uid),
    FIELD(TYPE_LABELS, "labels", object, labels),
    FIELD(TYPE_LABELS, "annotations", object, annotations),
    FIELD_IGNORED("creationTimestamp"),
    FIELD_IGNORED("generateName"),
    FIELD_IGNORED("managedFields"),
    FIELD_IGNORED("ownerReferences"),
    FIELD_IGNORED("finalizers"),
    FIELD_IGNORED("generation"),
    FIELD_IGNORED("resourceVersion"),
    FIELD_IGNORED("selfLink"),
    FIELD_IGNORED("deletionTimestamp"),
    FIELD_IGNORED("deletionGracePeriodSeconds"),
    FIELD_IGNORED("clusterName"),
};
static const struct schema metadata_schema = SCHEMA(metadata_fields, object, NULL);

static bool digits(struct slice text, size_t at, size_t count, int64_t *out)
{
    uint64_t value;
    if (at + count > text.len || !slice_to_uint(slice_sub(text, at, at + count), 9999, &value)) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

/* "2024-01-31T12:00:00Z", as an API server writes it. */
static bool parse_time(struct slice text, int64_t *out)
{
    int64_t year, month, day, hour, minute, second;
    if (!digits(text, 0, 4, &year) || !digits(text, 5, 2, &month) || !digits(text, 8, 2, &day) ||
        !digits(text, 11, 2, &hour) || !digits(text, 14, 2, &minute) ||
        !digits(text, 17, 2, &second)) {
        return false;
    }
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    *out = days * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

static void read_created(struct decoder *decoder, const struct node *metadata,
                         struct object *object)
{
    const struct node *created = node_get(metadata, "creationTimestamp");
    if (!created) {
        return;
    }
    object->has_created =
        created->kind == NODE_STRING && parse_time(created->text, &object->created);
    if (!object->has_created) {
        struct where top = {NULL, "metadata", 0}, here = {&top, "creationTimestamp", 0};
        decode_error(decoder, DIAG_K012, &here, created->span,
                     "must be a time such as 2024-01-31T12:00:00Z");
    }
}

static void check_annotations(struct decoder *decoder, const struct object *object,
                              struct span span)
{
    uint64_t total = 0;
    for (size_t i = 0; i < object->annotations.count; i++) {
        total += object->annotations.items[i].key.len + object->annotations.items[i].value.len;
    }
    if (total > decoder->run->limits.annotation_bytes) {
        struct where top = {NULL, "metadata", 0}, here = {&top, "annotations", 0};
        decode_error(decoder, DIAG_K013, &here, span,
                     "are larger than %llu bytes together, which an API server refuses",
                     (unsigned long long)decoder->run->limits.annotation_bytes);
    }
}

static void read_metadata(struct decoder *decoder, const struct node *root,
                          struct slice default_namespace, const struct kind_row *row,
                          struct object *object)
{
    const struct node *metadata = node_get(root, "metadata");
    struct where top = {NULL, "metadata", 0}, name = {&top, "name", 0};
    if (!metadata) {
        decode_error(decoder, DIAG_K005, &top, root->span, "is missing");
        return;
    }
    const struct node *early = node_get(metadata, "name");
    if (early && early->kind == NODE_STRING) {
        decoder->subject = arena_printf(decoder->run->arena, SLICE_FMT " " SLICE_FMT,
                                        SLICE_ARG(object->kind_name), SLICE_ARG(early->text));
    }
    decode_object(decoder, &metadata_schema, &top, metadata, object);
    read_created(decoder, metadata, object);
    check_annotations(decoder, object, metadata->span);
    if (!object->name.len) {
        decode_error(decoder, DIAG_K005, &name, metadata->span,
                     node_get(metadata, "generateName")
                         ? "is missing; an object with generateName has no name before it is created"
                         : "is missing");
    } else if (!is_dns_subdomain(object->name) && object->kind != KUBE_OTHER) {
        decode_error(decoder, DIAG_K008, &name, metadata->span,
                     "must be a DNS name in lower case, but is '" SLICE_FMT "'",
                     SLICE_ARG(object->name));
    }
    if (!row->namespaced) {
        object->namespace = SLICE("");
    } else if (!object->namespace.len) {
        object->namespace = default_namespace;
    }
    object->subject =
        object->namespace.len
            ? arena_printf(decoder->run->arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT,
                           SLICE_ARG(object->kind_name), SLICE_ARG(object->namespace),
                           SLICE_ARG(object->name))
            : decoder->subject;
    decoder->subject = object->subject;
}

/* ---- objects ------------------------------------------------------------------------------ */

static struct slice key_of(struct run *run, enum kube_kind kind, struct slice kind_name,
                           struct slice namespace, struct slice name)
{
    return arena_printf(run->arena, "%d\n" SLICE_FMT "\n" SLICE_FMT "\n" SLICE_FMT, (int)kind,
                        SLICE_ARG(kind_name), SLICE_ARG(namespace), SLICE_ARG(name));
}

struct object *kube_find(const struct kube *kube, enum kube_kind kind, struct slice namespace,
                         struct slice name)
{
    char key[1024];
    struct slice kind_name = slice_of(kinds[kind].name);
    if (namespace.len + name.len + kind_name.len + 16 > sizeof key) {
        return NULL;
    }
    size_t used = 0;
    key[used++] = (char)('0' + kind % 10);
    if (kind >= 10) {
        key[0] = (char)('0' + kind / 10);
        key[used++] = (char)('0' + kind % 10);
    }
    const struct slice parts[] = {kind_name, namespace, name};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        key[used++] = '\n';
        if (parts[i].len) {
            memcpy(key + used, parts[i].ptr, parts[i].len);
            used += parts[i].len;
        }
    }
    return map_get(kube->index, (struct slice){key, used});
}

static void add_object(struct run *run, struct kube *kube, struct object *object)
{
    struct slice index_kind = object->kind == KUBE_OTHER
                                  ? arena_printf(run->arena, SLICE_FMT "." SLICE_FMT,
                                                 SLICE_ARG(object->kind_name),
                                                 SLICE_ARG(object->api_version))
                                  : object->kind_name;
    struct slice key = key_of(run, object->kind, index_kind, object->namespace, object->name);
    const struct object *before = map_get(kube->index, key);
    if (before) {
        diag_at(run->diag, DIAG_K014, object->span, object->subject,
                "'" SLICE_FMT "' is given twice, first in " SLICE_FMT ":%u; remove one of them",
                SLICE_ARG(object->subject), SLICE_ARG(diag_file_name(run->diag, before->span.file)),
                before->span.line);
        return;
    }
    map_put(kube->index, key, object);
    *ARENA_PUSH(run->arena, kube->objects[object->kind], kube->counts[object->kind],
                kube->capacities[object->kind]) = object;
}

/* Group and version of an apiVersion; the core group is empty. */
static struct slice group_of(struct slice api_version)
{
    size_t slash = slice_find(api_version, '/', 0);
    return slash < api_version.len ? slice_sub(api_version, 0, slash) : SLICE("");
}

static enum kube_kind find_kind(struct slice kind, struct slice api_version)
{
    struct slice group = group_of(api_version);
    for (size_t i = 0; i < KUBE_OTHER; i++) {
        if (slice_is(kind, kinds[i].name) && slice_is(group, kinds[i].group)) {
            return (enum kube_kind)i;
        }
    }
    return KUBE_OTHER;
}

static bool is_removed_ingress(struct decoder *decoder, const struct node *root, struct slice kind,
                               struct slice api_version)
{
    if (!slice_is(kind, "Ingress") || (!slice_is(api_version, "extensions/v1beta1") &&
                                       !slice_is(api_version, "networking.k8s.io/v1beta1"))) {
        return false;
    }
    const struct node *name = node_get(node_get(root, "metadata"), "name");
    decoder->subject = arena_printf(decoder->run->arena, "Ingress " SLICE_FMT,
                                    SLICE_ARG(name ? name->text : SLICE("?")));
    diag_at(decoder->run->diag, DIAG_K002, node_get(root, "apiVersion")->span, decoder->subject,
            "apiVersion '" SLICE_FMT "' was removed in Kubernetes 1.22; write "
            "networking.k8s.io/v1, give each path a pathType, and write backends as "
            "service.name and service.port.number (or .name)",
            SLICE_ARG(api_version));
    return true;
}

/* ingressClassName and the old annotation may not differ on creation (validation.go). */
static void check_class(struct decoder *decoder, const struct ingress *ingress)
{
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    if (old && ingress->class_name.ptr && !slice_equal(old->value, ingress->class_name)) {
        diag_at(decoder->run->diag, DIAG_K015, old->span, decoder->subject,
                "annotation 'kubernetes.io/ingress.class' says '" SLICE_FMT
                "' and ingressClassName says '" SLICE_FMT
                "'; an API server refuses to create such an Ingress, remove the annotation",
                SLICE_ARG(old->value), SLICE_ARG(ingress->class_name));
    }
}

static void read_object(struct run *run, struct node *root, struct slice default_namespace,
                        struct kube *kube)
{
    struct decoder decoder = {.run = run};
    const struct node *kind = node_get(root, "kind"), *version = node_get(root, "apiVersion");
    if (root->kind != NODE_MAP || !kind || !version || kind->kind != NODE_STRING ||
        version->kind != NODE_STRING) {
        diag_at(run->diag, DIAG_K001, root->span, SLICE_ABSENT,
                "this is not a Kubernetes object: it needs the texts apiVersion and kind");
        return;
    }
    if (is_removed_ingress(&decoder, root, kind->text, version->text)) {
        return;
    }
    enum kube_kind id = find_kind(kind->text, version->text);
    struct object *object = arena_alloc(run->arena, kinds[id].size);
    *object = (struct object){.kind = id,
                              .kind_name = kind->text,
                              .api_version = version->text,
                              .root = root,
                              .span = root->span};
    decoder.subject = kind->text;
    if (id == KUBE_SECRET) {
        diag_file_hide(run->diag, root->span.file);
        secret_read(&decoder, root, (struct secret *)(void *)object);
    }
    read_metadata(&decoder, root, default_namespace, &kinds[id], object);
    if (kinds[id].schema) {
        decode_object(&decoder, kinds[id].schema, NULL, root, object);
    }
    if (decoder.errors) {
        return;
    }
    if (id == KUBE_INGRESS) {
        check_class(&decoder, (const struct ingress *)(void *)object);
    }
    add_object(run, kube, object);
}

enum { LIST_DEPTH_MAX = 8 };

static void read_root(struct run *run, struct node *root, struct slice default_namespace, int depth,
                      struct kube *kube)
{
    const struct node *kind = node_get(root, "kind"), *items = node_get(root, "items");
    bool is_list = kind && kind->kind == NODE_STRING && slice_ends(kind->text, SLICE("List")) &&
                   items && items->kind == NODE_LIST && depth < LIST_DEPTH_MAX;
    if (!is_list) {
        read_object(run, root, default_namespace, kube);
        return;
    }
    for (size_t i = 0; i < items->count; i++) {
        read_root(run, items->items[i], default_namespace, depth + 1, kube);
    }
}

void kube_read(struct run *run, const struct documents *documents, struct slice default_namespace,
               struct kube *kube)
{
    for (size_t i = 0; i < documents->count; i++) {
        read_root(run, documents->roots[i], default_namespace, 0, kube);
    }
}

static int compare_objects(const void *a, const void *b, void *user)
{
    (void)user;
    const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
    int order = slice_compare(x->namespace, y->namespace);
    order = order ? order : slice_compare(x->name, y->name);
    order = order ? order : slice_compare(x->kind_name, y->kind_name);
    return order ? order : slice_compare(x->api_version, y->api_version);
}

void kube_finish(struct run *run, struct kube *kube)
{
    for (size_t i = 0; i < KUBE_KIND_COUNT; i++) {
        sort_stable(run->arena, kube->objects[i], kube->counts[i], sizeof(struct object *),
                    compare_objects, NULL);
    }
    kube->slices_by_service = map_new(run->arena);
    for (size_t i = 0; i < kube->counts[KUBE_ENDPOINT_SLICE]; i++) {
        struct endpoint_slice *slice =
            (struct endpoint_slice *)(void *)kube->objects[KUBE_ENDPOINT_SLICE][i];
        if (!slice->service.len) {
            continue;
        }
        struct slice key = arena_printf(run->arena, SLICE_FMT "\n" SLICE_FMT,
                                        SLICE_ARG(slice->object.namespace),
                                        SLICE_ARG(slice->service));
        struct endpoint_group *group = map_get(kube->slices_by_service, key);
        if (!group) {
            group = ARENA_NEW(run->arena, struct endpoint_group);
            map_put(kube->slices_by_service, key, group);
        }
        *ARENA_PUSH(run->arena, group->items, group->count, group->capacity) = slice;
    }
}
