#include "validate/validate_priv.h"

#define GATEWAY_GROUP "gateway.networking.k8s.io"

/* ---- where references stand ---------------------------------------------------------------- */

/* Lists on the way are written "rules[]". Group and kind are what stands for them when they are left out; a
 * null group has to be given. */
static const struct reference_row {
    const char *kind, *path;
    const char *group, *target;
    bool granted; /* needs a ReferenceGrant to lead into another namespace */
} reference_rows[] = {
    {"GRPCRoute", "spec.rules[].backendRefs[]", "", "Service", true},
    {"GRPCRoute", "spec.rules[].filters[].requestMirror.backendRef", "", "Service", true},
    {"TLSRoute", "spec.parentRefs[]", GATEWAY_GROUP, "Gateway", false},
    {"TLSRoute", "spec.rules[].backendRefs[]", "", "Service", true},
    {"TCPRoute", "spec.parentRefs[]", GATEWAY_GROUP, "Gateway", false},
    {"TCPRoute", "spec.rules[].backendRefs[]", "", "Service", true},
    {"UDPRoute", "spec.parentRefs[]", GATEWAY_GROUP, "Gateway", false},
    {"UDPRoute", "spec.rules[].backendRefs[]", "", "Service", true},
    {"ListenerSet", "spec.parentRef", GATEWAY_GROUP, "Gateway", false},
    {"ListenerSet", "spec.listeners[].tls.certificateRefs[]", "", "Secret", true},
    {"XListenerSet", "spec.parentRef", GATEWAY_GROUP, "Gateway", false},
    {"XListenerSet", "spec.listeners[].tls.certificateRefs[]", "", "Secret", true},
    {"BackendTLSPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"BackendTLSPolicy", "spec.validation.caCertificateRefs[]", NULL, NULL, false},
    {"BackendLBPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"XBackendTrafficPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"BackendTrafficPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"BackendTrafficPolicy", "spec.targetRef", NULL, NULL, false},
    {"ClientTrafficPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"ClientTrafficPolicy", "spec.targetRef", NULL, NULL, false},
    {"SecurityPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"SecurityPolicy", "spec.targetRef", NULL, NULL, false},
    {"EnvoyExtensionPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"EnvoyExtensionPolicy", "spec.targetRef", NULL, NULL, false},
    {"ClientSettingsPolicy", "spec.targetRef", NULL, NULL, false},
    {"ObservabilityPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"ProxySettingsPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"RateLimitPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"SnippetsPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"UpstreamSettingsPolicy", "spec.targetRefs[]", NULL, NULL, false},
};

struct checker {
    struct run *run;
    const struct kube *kube;
    struct map *others; /* "group kind namespace/name" of kinds that have no type */
    const struct object *object;
    const struct reference_row *row;
};

/* ---- what a reference leads to -------------------------------------------------------------- */

static struct slice other_key(struct run *run, struct slice group, struct slice kind,
                              struct slice namespace, struct slice name)
{
    return arena_printf(run->arena, SLICE_FMT " " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT,
                        SLICE_ARG(group), SLICE_ARG(kind), SLICE_ARG(namespace), SLICE_ARG(name));
}

static struct map *index_others(struct run *run, const struct kube *kube)
{
    struct map *map = map_new(run->arena);
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        struct object *object = kube->objects[KUBE_OTHER][i];
        map_put(map,
                other_key(run, kube_group(object->api_version), object->kind_name,
                          object->namespace, object->name),
                object);
    }
    return map;
}

static const struct object *find(const struct checker *c, const struct object_ref *ref)
{
    static const struct {
        const char *group, *kind;
        enum kube_kind id;
    } typed[] = {
#define X(id, name, group, namespaced) {group, name, KUBE_##id},
        KUBE_KIND_LIST(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
        if (slice_is(ref->group, typed[i].group) && slice_is(ref->kind, typed[i].kind)) {
            return kube_find(c->kube, typed[i].id, ref->namespace, ref->name);
        }
    }
    return map_get(c->others, other_key(c->run, ref->group, ref->kind, ref->namespace, ref->name));
}

static void check_reference(const struct checker *c, const struct object_ref *ref)
{
    struct diag *diag = c->run->diag;
    const struct object *from = c->object, *to = find(c, ref);
    struct slice subject = from->subject;
    if (c->row->granted && !slice_equal(ref->namespace, from->namespace) &&
        !kube_reference_granted(c->kube, kube_group(from->api_version), from->kind_name,
                                from->namespace, ref)) {
        diag_at(diag, DIAG_V021, ref->span, subject,
                SLICE_FMT " '" SLICE_FMT "/" SLICE_FMT
                          "' is in another namespace, and no ReferenceGrant there permits it "
                          "(RefNotPermitted); write one in namespace '" SLICE_FMT "'",
                SLICE_ARG(ref->kind), SLICE_ARG(ref->namespace), SLICE_ARG(ref->name),
                SLICE_ARG(ref->namespace));
    } else if (!to && c->run->closed) {
        diag_at(diag, DIAG_V020, ref->span, subject,
                SLICE_FMT " '" SLICE_FMT "/" SLICE_FMT
                          "' is not in the input; create it, or correct the name",
                SLICE_ARG(ref->kind), SLICE_ARG(ref->namespace), SLICE_ARG(ref->name));
    } else if (to && to->kind == KUBE_SERVICE && ref->port &&
               !service_port_find((const void *)to, ref->port, SLICE(""))) {
        diag_at(diag, DIAG_V022, ref->span, subject,
                "Service '" SLICE_FMT "/" SLICE_FMT
                "' has no port %u; name one of spec.ports[].port, not of the pods",
                SLICE_ARG(ref->namespace), SLICE_ARG(ref->name), (unsigned)ref->port);
    }
}

/* ---- the way to a reference ------------------------------------------------------------------ */

static struct slice text_at(const struct node *map, const char *key, const char *otherwise)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : slice_of(otherwise);
}

static void read_reference(const struct checker *c, const struct node *node)
{
    const struct node *port = node_get(node, "port");
    struct object_ref ref = {
        .group = text_at(node, "group", c->row->group),
        .kind = text_at(node, "kind", c->row->target),
        .namespace = text_at(node, "namespace", NULL),
        .name = text_at(node, "name", NULL),
        .port = port && port->kind == NODE_INT ? (uint16_t)port->integer : 0,
        .span = node->span,
    };
    ref.group = ref.group.ptr ? ref.group : SLICE("");
    ref.namespace = ref.namespace.len ? ref.namespace : c->object->namespace;
    if (ref.kind.len && ref.name.len) {
        check_reference(c, &ref);
    }
}

static void follow(const struct checker *c, const struct node *node, struct slice path)
{
    struct slice part;
    if (!slice_split(&path, '.', &part) || !part.len) {
        read_reference(c, node);
        return;
    }
    bool list = slice_ends(part, SLICE("[]"));
    const struct pair *pair = node_pair(node, slice_sub(part, 0, part.len - (list ? 2 : 0)));
    if (!pair) {
        return;
    }
    if (!list) {
        follow(c, pair->value, path);
    }
    for (size_t i = 0; list && pair->value->kind == NODE_LIST && i < pair->value->count; i++) {
        follow(c, pair->value->items[i], path);
    }
}

void check_references(struct run *run, const struct kube *kube)
{
    struct checker c = {.run = run, .kube = kube, .others = index_others(run, kube)};
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        c.object = kube->objects[KUBE_OTHER][i];
        for (size_t r = 0; r < ARRAY_LEN(reference_rows) && c.object->root; r++) {
            c.row = &reference_rows[r];
            if (slice_is(c.object->kind_name, c.row->kind)) {
                follow(&c, c.object->root, slice_of(c.row->path));
            }
        }
    }
}
