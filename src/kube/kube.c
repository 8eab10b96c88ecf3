#include "kube/kube.h"

#include "kube/decode_priv.h"

#include <string.h>

static const char *const core_versions[] = {"v1", NULL};
static const char *const gateway_versions[] = {"v1", "v1beta1", NULL};

static const struct {
    const char *name, *group;
    bool namespaced;
} kinds[KUBE_KIND_COUNT] = {
#define X(id, name, group, namespaced) [KUBE_##id] = {name, group, namespaced},
    KUBE_KIND_LIST(X)
#undef X
        [KUBE_OTHER] = {"", "", true},
};

/* How each kind is read. Versions: those whose fields are the ones of the schema. Names: kubernetes
 * pkg/apis/core/validation/validation.go, ValidateServiceName and ValidateNamespaceName, for labels. */
static const struct reading {
    size_t size;
    const struct schema *schema;
    const char *const *versions;
    enum name_rule name_rule;
    bool keeps_tree; /* front ends look at fields that the schema leaves out */
} readings[KUBE_KIND_COUNT] = {
    [KUBE_INGRESS] = {sizeof(struct ingress), &ingress_schema, core_versions, NAME_SUBDOMAIN},
    [KUBE_INGRESS_CLASS] = {sizeof(struct ingress_class), &ingress_class_schema, core_versions,
                            NAME_SUBDOMAIN},
    [KUBE_SERVICE] = {sizeof(struct service), &service_schema, core_versions, NAME_LABEL},
    [KUBE_ENDPOINT_SLICE] = {sizeof(struct endpoint_slice), &endpoint_slice_schema, core_versions,
                             NAME_SUBDOMAIN},
    [KUBE_CONFIG_MAP] = {sizeof(struct config_map), &config_map_schema, core_versions,
                         NAME_SUBDOMAIN},
    [KUBE_SECRET] = {sizeof(struct secret), &secret_schema, core_versions, NAME_SUBDOMAIN},
    [KUBE_NAMESPACE] = {sizeof(struct namespace), &namespace_schema, core_versions, NAME_LABEL},
    [KUBE_GATEWAY_CLASS] = {sizeof(struct gateway_class), &gateway_class_schema, gateway_versions,
                            NAME_SUBDOMAIN, true},
    [KUBE_GATEWAY] = {sizeof(struct gateway), &gateway_schema, gateway_versions, NAME_SUBDOMAIN,
                      true},
    [KUBE_HTTP_ROUTE] = {sizeof(struct http_route), &http_route_schema, gateway_versions,
                         NAME_SUBDOMAIN},
    [KUBE_REFERENCE_GRANT] = {sizeof(struct reference_grant), &reference_grant_schema,
                              gateway_versions, NAME_SUBDOMAIN},
    [KUBE_OTHER] = {sizeof(struct object), NULL, NULL, NAME_ANY, true},
};

void kube_init(struct run *run, struct kube *kube)
{
    *kube = (struct kube){.index = map_new(run->arena),
                          .slices_by_service = map_new(run->arena),
                          .said = map_new(run->arena),
                          .texts = ARENA_NEW(run->arena, struct recent_texts)};
}

/* ---- objects ------------------------------------------------------------------------------ */

static struct slice key_of(struct run *run, enum kube_kind kind, struct slice kind_name,
                           struct slice namespace, struct slice name)
{
    char digits[UINT_TEXT_MAX];
    return ARENA_JOIN(run->arena, uint_text((uint64_t)kind, digits), SLICE("\n"), kind_name,
                      SLICE("\n"), namespace, SLICE("\n"), name);
}

struct object *kube_find(const struct kube *kube, enum kube_kind kind, struct slice namespace,
                         struct slice name)
{
    char key[1024];
    struct slice kind_name = slice_of(kinds[kind].name);
    if (!kube->counts[kind]) {
        return NULL;
    }
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

struct object *kube_at(const struct kube *kube, enum kube_kind kind, uint32_t place)
{
    return place && place <= kube->counts[kind] ? kube->objects[kind][place - 1] : NULL;
}

void object_ahead(const struct object *object)
{
    enum { USUAL = 1408 }; /* an Ingress with its labels, annotations, rules and paths */
    if (object) {
        memory_ahead(object, USUAL);
    }
}

void kube_ahead(const struct kube *kube, enum kube_kind kind, size_t i)
{
    object_ahead(i + STEPS_AHEAD < kube->counts[kind] ? kube->objects[kind][i + STEPS_AHEAD]
                                                      : NULL);
}

/* Harmless when both are alike, or when nobody here reads the kind. A Secret has been wiped, so that two of
 * them cannot be told apart any more. */
static void say_twice(struct run *run, const struct object *before, const struct object *object)
{
    bool alike = object->kind != KUBE_SECRET && before->content == object->content;
    enum severity severity =
        alike || object->kind == KUBE_OTHER ? SEVERITY_WARNING : SEVERITY_ERROR;
    diag_severity_at(run->diag, DIAG_K014, severity, object->span, object->subject,
                     "'" SLICE_FMT "' is given twice%s, first in " SLICE_FMT
                     ":%u; remove one of them",
                     SLICE_ARG(object->subject), alike ? " with the same content" : "",
                     SLICE_ARG(diag_file_name(run->diag, before->span.file)), before->span.line);
}

void kube_add(struct run *run, struct kube *kube, struct object *object)
{
    struct slice index_kind =
        object->kind == KUBE_OTHER
            ? arena_printf(run->arena, SLICE_FMT "." SLICE_FMT, SLICE_ARG(object->kind_name),
                           SLICE_ARG(object->api_version))
            : object->kind_name;
    struct slice key = key_of(run, object->kind, index_kind, object->namespace, object->name);
    const struct object *before = map_get(kube->index, key);
    if (before) {
        say_twice(run, before, object);
        return;
    }
    map_put(kube->index, key, object);
    *ARENA_PUSH(run->arena, kube->objects[object->kind], kube->counts[object->kind],
                kube->capacities[object->kind]) = object;
}

/* ---- what kind of object it is ------------------------------------------------------------ */

/* Group and version of an apiVersion; the core group is empty. */
struct slice kube_group(struct slice api_version)
{
    size_t slash = slice_find(api_version, '/', 0);
    return slash < api_version.len ? slice_sub(api_version, 0, slash) : SLICE("");
}

static struct slice version_of(struct slice api_version)
{
    size_t slash = slice_find(api_version, '/', 0);
    return slash < api_version.len ? slice_sub(api_version, slash + 1, api_version.len)
                                   : api_version;
}

static enum kube_kind find_kind(struct slice kind, struct slice group)
{
    for (size_t i = 0; i < KUBE_OTHER; i++) {
        if (slice_is(kind, kinds[i].name) && slice_is(group, kinds[i].group)) {
            return (enum kube_kind)i;
        }
    }
    return KUBE_OTHER;
}

static bool is_version(enum kube_kind kind, struct slice version)
{
    for (const char *const *known = readings[kind].versions; known && *known; known++) {
        if (slice_is(version, *known)) {
            return true;
        }
    }
    return kind == KUBE_OTHER;
}

struct reader {
    struct run *run;
    struct kube *kube;
    struct slice default_namespace;
};
struct identity {
    struct slice kind, api_version;
    struct span version_span;
};

static void say_version(const struct reader *reader, const struct identity *identity,
                        struct slice subject, enum kube_kind kind)
{
    bool core = kinds[kind].group[0] == '\0';
    diag_at(reader->run->diag, DIAG_K017, identity->version_span, subject,
            "apiVersion '" SLICE_FMT "' has no %s that is known; write %s%s%s",
            SLICE_ARG(identity->api_version), kinds[kind].name, kinds[kind].group, core ? "" : "/",
            readings[kind].versions[0]);
}

/* Groups that belong to Kubernetes itself: one of our kinds in another one of them is a mistake, while
 * other people's groups may well have a Gateway or a Service of their own. */
static bool is_builtin_group(struct slice group)
{
    return slice_find(group, '.', 0) == group.len || slice_is(group, "networking.k8s.io") ||
           slice_is(group, "discovery.k8s.io") || slice_is(group, "gateway.networking.k8s.io");
}

/* Says so when the object is one of our kinds in a form that is not read. */
static bool is_refused(const struct reader *reader, const struct node *root,
                       const struct identity *identity, enum kube_kind kind)
{
    static const char *const old_ingress[] = {"extensions/v1beta1", "networking.k8s.io/v1beta1"};
    struct slice subject = identity->kind, group = kube_group(identity->api_version);
    const struct node *name = node_get(node_get(root, "metadata"), "name");
    if (name && name->kind == NODE_STRING) {
        subject = ARENA_JOIN(reader->run->arena, identity->kind, SLICE(" "), name->text);
    }
    for (size_t i = 0; slice_is(identity->kind, "Ingress") && i < ARRAY_LEN(old_ingress); i++) {
        if (slice_is(identity->api_version, old_ingress[i])) {
            diag_at(reader->run->diag, DIAG_K002, identity->version_span, subject,
                    "apiVersion '" SLICE_FMT "' was removed in Kubernetes 1.22; write "
                    "networking.k8s.io/v1, give each path a pathType, and write backends as "
                    "service.name and service.port.number (or .name)",
                    SLICE_ARG(identity->api_version));
            return true;
        }
    }
    if (kind != KUBE_OTHER && !is_version(kind, version_of(identity->api_version))) {
        say_version(reader, identity, subject, kind);
        return true;
    }
    for (size_t i = 0; kind == KUBE_OTHER && is_builtin_group(group) && i < KUBE_OTHER; i++) {
        if (slice_is(identity->kind, kinds[i].name)) {
            say_version(reader, identity, subject, (enum kube_kind)i);
            return true;
        }
    }
    return false;
}

/* Kind and version, from the object or from the list that it stands in. */
static bool identify(const struct reader *reader, const struct node *root,
                     const struct identity *from_list, struct identity *out)
{
    *out = *from_list;
    if (root->kind != NODE_MAP) {
        diag_at(reader->run->diag, DIAG_K001, root->span, SLICE_ABSENT,
                "this is %s, not a Kubernetes object with apiVersion and kind",
                node_kind_name(root->kind));
        return false;
    }
    const char *const names[] = {"kind", "apiVersion"};
    struct slice *const texts[] = {&out->kind, &out->api_version};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct node *node = node_get(root, names[i]);
        if (node && node->kind == NODE_STRING && node->text.len) {
            *texts[i] = node->text;
            out->version_span = node->span;
        } else if (node || !texts[i]->len) {
            diag_at(
                reader->run->diag, DIAG_K001, node ? node->span : root->span, SLICE_ABSENT,
                node ? "'%s' must be a text that is not empty"
                     : "'%s' is missing, so this is not a Kubernetes object; give manifests only, "
                       "with templates and patches already rendered",
                names[i]);
            return false;
        }
    }
    return true;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The annotation and the field may not differ on creation (kubernetes
 * pkg/apis/networking/validation/validation.go, ValidateIngressCreate). */
static void check_class(struct decoder *decoder, const struct ingress *ingress)
{
    const struct label *old =
        labels_find(&ingress->object.annotations, "kubernetes.io/ingress.class");
    if (old && ingress->class_name.ptr && !slice_equal(old->value, ingress->class_name)) {
        diag_at(decoder->run->diag, DIAG_K015, old->span, decoder->subject,
                "annotation 'kubernetes.io/ingress.class' says '" SLICE_FMT
                "' and 'spec.ingressClassName' says '" SLICE_FMT
                "'; an API server refuses to create such an Ingress, remove the annotation",
                SLICE_ARG(old->value), SLICE_ARG(ingress->class_name));
    }
}

/* Namespaces, classes, Services and paths are few, and they are compared again and again. */
static void share_texts(struct recent_texts *texts, struct ingress *ingress)
{
    ingress->object.namespace = recent_text(texts, ingress->object.namespace);
    ingress->class_name = recent_text(texts, ingress->class_name);
    for (size_t r = 0; r < ingress->rule_count; r++) {
        const struct ingress_rule *rule = &ingress->rules[r];
        for (size_t p = 0; p < rule->path_count; p++) {
            struct ingress_path *path = &rule->paths[p];
            path->path = recent_text(texts, path->path);
            path->backend.service = recent_text(texts, path->backend.service);
        }
    }
}

static void keep_other(const struct reader *reader, struct object *object)
{
    if (object->name.len) {
        kube_add(reader->run, reader->kube, object);
    } else {
        *ARENA_PUSH(reader->run->arena, reader->kube->objects[KUBE_OTHER],
                    reader->kube->counts[KUBE_OTHER], reader->kube->capacities[KUBE_OTHER]) =
            object;
    }
}

static void read_object(const struct reader *reader, struct node *root,
                        const struct identity *from_list)
{
    struct run *run = reader->run;
    struct decoder decoder = {.run = run};
    struct identity identity;
    if (!identify(reader, root, from_list, &identity)) {
        secret_wipe(root);
        return;
    }
    enum kube_kind id = find_kind(identity.kind, kube_group(identity.api_version));
    if (is_refused(reader, root, &identity, id)) {
        secret_wipe(root);
        return;
    }
    bool keeps_tree = readings[id].keeps_tree || (reader->kube->keeps_trees && id != KUBE_SECRET);
    struct object *object = arena_alloc(run->arena, readings[id].size);
    *object =
        (struct object){.kind = id,
                        .kind_name = id == KUBE_OTHER ? identity.kind : slice_of(kinds[id].name),
                        .api_version = recent_text(reader->kube->texts, identity.api_version),
                        .root = keeps_tree ? node_copy(run->arena, root) : NULL,
                        .content = id == KUBE_SECRET ? 0 : node_hash(root),
                        .span = root->span};
    decoder.subject = identity.kind;
    if (id == KUBE_SECRET) {
        diag_file_hide(run->diag, root->span.file);
        secret_read(&decoder, root, (struct secret *)(void *)object);
    }
    metadata_read(&decoder, root, reader->default_namespace, kinds[id].namespaced,
                  readings[id].name_rule, object);
    if (readings[id].schema) {
        decode_object(&decoder, readings[id].schema, NULL, root, object);
    }
    if (id == KUBE_SECRET) {
        secret_wipe_annotations(root, (struct secret *)(void *)object);
    } else if (id == KUBE_INGRESS) {
        check_class(&decoder, (const struct ingress *)(void *)object);
        share_texts(reader->kube->texts, (struct ingress *)(void *)object);
    }
    if (id == KUBE_OTHER) {
        keep_other(reader, object);
    } else if (!decoder.errors) {
        kube_add(run, reader->kube, object);
    }
}

enum { LIST_DEPTH_MAX = 8 };

/* An empty list may also be written "items: null". */
static bool holds_items(const struct reader *reader, const struct node *root,
                        const struct node *items)
{
    bool given = items || node_pair(root, SLICE("items"));
    if (!given) {
        diag_at(reader->run->diag, DIAG_K001, root->span, SLICE_ABSENT,
                "'items' is missing, so this List holds no object");
    } else if (items && items->kind != NODE_LIST) {
        diag_at(reader->run->diag, DIAG_K001, items->span, SLICE_ABSENT,
                "'items' of a List must be a list of objects, not %s", node_kind_name(items->kind));
    }
    return given && (!items || items->kind == NODE_LIST);
}

/* "List", and lists of one kind such as "IngressList", whose items need no kind of their own. */
static void read_root(const struct reader *reader, struct node *root,
                      const struct identity *from_list, int depth)
{
    const struct node *kind = node_get(root, "kind"), *items = node_get(root, "items");
    bool named = kind && kind->kind == NODE_STRING && slice_ends(kind->text, SLICE("List"));
    bool any = named && slice_is(kind->text, "List");
    if (any && !holds_items(reader, root, items)) {
        return;
    }
    if (!named || depth >= LIST_DEPTH_MAX || (!any && (!items || items->kind != NODE_LIST))) {
        read_object(reader, root, from_list);
        return;
    }
    struct identity of_items = {SLICE_ABSENT, SLICE_ABSENT, root->span};
    const struct node *version = node_get(root, "apiVersion");
    if (!any && version && version->kind == NODE_STRING) {
        of_items = (struct identity){slice_sub(kind->text, 0, kind->text.len - strlen("List")),
                                     version->text, version->span};
    }
    for (size_t i = 0; items && i < items->count; i++) {
        read_root(reader, items->items[i], &of_items, depth + 1);
    }
}

void kube_read(struct run *run, const struct documents *documents, struct slice default_namespace,
               struct kube *kube)
{
    kube_hide_secrets(run);
    for (size_t i = 0; i < documents->count; i++) {
        kube_read_document(run, documents->roots[i], default_namespace, kube);
    }
}

void kube_read_document(struct run *run, struct node *root, struct slice default_namespace,
                        struct kube *kube)
{
    struct reader reader = {run, kube, default_namespace};
    struct identity none = {SLICE_ABSENT, SLICE_ABSENT, SPAN_NONE};
    read_root(&reader, root, &none, 0);
}

/* ---- order and indexes -------------------------------------------------------------------- */

static int compare_objects(const void *a, const void *b, void *user)
{
    (void)user;
    const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
    int order = slice_compare(x->namespace, y->namespace);
    order = order ? order : slice_compare(x->name, y->name);
    order = order ? order : slice_compare(x->kind_name, y->kind_name);
    return order ? order : slice_compare(x->api_version, y->api_version);
}

static bool is_kustomization(const struct object *object)
{
    return slice_is(object->kind_name, "Kustomization") &&
           slice_starts(object->api_version, SLICE("kustomize.config.k8s.io/")) &&
           !labels_find(&object->annotations, "gateshift.dev/generated");
}

/* A tree for kustomize has one in each folder: they are said together. */
static void say_kustomizations(struct run *run, const struct kube *kube)
{
    const struct object *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        if (is_kustomization(object)) {
            count++;
            bool before = !first || diag_is_before(run->diag, object->span, first->span);
            first = before ? object : first;
        }
    }
    if (count == 1) {
        diag_at(
            run->diag, DIAG_K016, first->span, first->subject,
            "a kustomization is not built here; give the output of 'kubectl kustomize' instead");
    } else if (count) {
        diag_at(run->diag, DIAG_K016, first->span, first->subject,
                "%zu kustomizations are not built here, of which this is the first; give the "
                "output of 'kubectl kustomize' instead",
                count);
    }
}

void kube_finish(struct run *run, struct kube *kube)
{
    say_kustomizations(run, kube);
    const size_t *counts = kube->counts;
    if (run->folder && counts[KUBE_INGRESS] && !counts[KUBE_INGRESS_CLASS] &&
        !counts[KUBE_SECRET]) {
        run->secrets_open = true;
    }
    for (size_t i = 0; i < KUBE_KIND_COUNT; i++) {
        sort_stable(run->arena, kube->objects[i], kube->counts[i], sizeof(struct object *),
                    compare_objects, NULL);
        for (size_t at = 0; at < kube->counts[i]; at++) {
            kube->objects[i][at]->place = (uint32_t)(at + 1);
        }
    }
    kube->slices_by_service = map_new(run->arena);
    for (size_t i = 0; i < kube->counts[KUBE_ENDPOINT_SLICE]; i++) {
        struct endpoint_slice *slice =
            (struct endpoint_slice *)(void *)kube->objects[KUBE_ENDPOINT_SLICE][i];
        if (!slice->service.len) {
            continue;
        }
        struct slice key =
            arena_printf(run->arena, SLICE_FMT "\n" SLICE_FMT, SLICE_ARG(slice->object.namespace),
                         SLICE_ARG(slice->service));
        struct endpoint_group *group = map_get(kube->slices_by_service, key);
        if (!group) {
            group = ARENA_NEW(run->arena, struct endpoint_group);
            map_put(kube->slices_by_service, key, group);
        }
        *ARENA_PUSH(run->arena, group->items, group->count, group->capacity) = slice;
    }
}
