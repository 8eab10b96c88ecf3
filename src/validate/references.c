#include "validate/validate_priv.h"

#include <string.h>

#define GATEWAY_GROUP "gateway.networking.k8s.io"

/* ---- where references stand ---------------------------------------------------------------- */

/* Lists on the way are written "rules[]". Group and kind are what stands for them when they are left out; a
 * null group has to be given. */
static const struct reference_row {
    const char *kind, *path;
    const char *group, *target;
    bool granted; /* needs a ReferenceGrant to lead into another namespace */
} reference_rows[] = {
    {"ListenerSet", "spec.parentRef", GATEWAY_GROUP, "Gateway", false},
    {"ListenerSet", "spec.listeners[].tls.certificateRefs[]", "", "Secret", true},
    {"XListenerSet", "spec.parentRef", GATEWAY_GROUP, "Gateway", false},
    {"XListenerSet", "spec.listeners[].tls.certificateRefs[]", "", "Secret", true},
    {"BackendLBPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"XBackendTrafficPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"BackendTrafficPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"BackendTrafficPolicy", "spec.targetRef", NULL, NULL, false},
    {"ClientTrafficPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"ClientTrafficPolicy", "spec.targetRef", NULL, NULL, false},
    {"SecurityPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"SecurityPolicy", "spec.targetRef", NULL, NULL, false},
    {"SecurityPolicy", "spec.basicAuth.users", "", "Secret", true},
    {"SecurityPolicy", "spec.apiKeyAuth.credentialRefs[]", "", "Secret", true},
    {"SecurityPolicy", "spec.oidc.clientSecret", "", "Secret", true},
    {"SecurityPolicy", "spec.extAuth.http.backendRefs[]", "", "Service", true},
    {"SecurityPolicy", "spec.extAuth.grpc.backendRefs[]", "", "Service", true},
    {"EnvoyExtensionPolicy", "spec.targetRefs[]", NULL, NULL, false},
    {"EnvoyExtensionPolicy", "spec.targetRef", NULL, NULL, false},
    {"EnvoyExtensionPolicy", "spec.extProc[].backendRefs[]", "", "Service", true},
    {"AuthenticationFilter", "spec.basic.secretRef", "", "Secret", true},
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
    } else if (!to &&
               (slice_is(ref->kind, "Secret") ? run_secrets_closed(c->run) : c->run->closed)) {
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

static void read_reference(void *user, const struct node *node)
{
    const struct checker *c = user;
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

/* A name alone, where no other kind and namespace can be meant. */
static void check_class(const struct checker *c)
{
    const struct gateway *gateway = (const void *)c->object;
    const struct node *name = node_get(node_get(c->object->root, "spec"), "gatewayClassName");
    bool any =
        c->kube->counts[KUBE_GATEWAY_CLASS] > 0; /* they often come with the implementation */
    if (name && c->run->closed && any &&
        !kube_find(c->kube, KUBE_GATEWAY_CLASS, SLICE(""), gateway->class_name)) {
        diag_at(
            c->run->diag, DIAG_V020, name->span, c->object->subject,
            "GatewayClass '" SLICE_FMT
            "' is not in the input, so nobody serves the Gateway; create it, or correct the name",
            SLICE_ARG(gateway->class_name));
    }
}

static void check_object(struct checker *c, bool sets_are_read)
{
    for (size_t i = 0; i < ARRAY_LEN(reference_rows) && c->object->root; i++) {
        c->row = &reference_rows[i];
        if (slice_is(c->object->kind_name, c->row->kind) &&
            !(sets_are_read && strcmp(c->row->kind, "ListenerSet") == 0)) {
            walk(c->object->root, slice_of(c->row->path), read_reference, c);
        }
    }
}

void check_references(struct run *run, const struct kube *kube,
                      const struct gateway_profile *profile)
{
    struct checker c = {.run = run, .kube = kube, .others = index_others(run, kube)};
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY]; i++) {
        c.object = kube->objects[KUBE_GATEWAY][i];
        check_class(&c);
        check_object(&c, false);
    }
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        c.object = kube->objects[KUBE_OTHER][i];
        check_object(&c, profile->has_listener_sets); /* then the front end follows them */
    }
}
