/* What the input holds and nobody reads: said once for each kind, so that nothing is lost without a word. */
#include "frontend/frontend_priv.h"

#include "gateway_api/gateway_api.h"
#include "surroundings/surroundings.h"

/* Kinds without a type of their own that somebody looks at or speaks of: the flags of the controller's workload,
 * the classes of AKS (module ingress), what pods run (module traffic), what a Gateway front end names itself
 * (code G020), kustomizations (K016). */
static const struct {
    const char *kind, *group;
    enum side_kind side; /* AUTO: on both */
} looked_at[] = {
    {"DaemonSet", "apps", SIDE_INGRESS},
    {"Deployment", "apps", SIDE_INGRESS},
    {"NginxIngressController", "approuting.kubernetes.azure.com", SIDE_INGRESS},
    {"StatefulSet", "apps", SIDE_INGRESS},
    {"ReplicaSet", "apps", SIDE_INGRESS},
    {"Pod", "", SIDE_INGRESS},
    {"InferenceService", "serving.kserve.io", SIDE_INGRESS},
    {"LLMInferenceService", "serving.kserve.io", SIDE_INGRESS},
    {"RayService", "ray.io", SIDE_INGRESS},
    {"Workspace", "kaito.sh", SIDE_INGRESS},
    {"Kustomization", "kustomize.config.k8s.io", SIDE_AUTO},
    {"BackendTLSPolicy", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"GRPCRoute", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"ListenerSet", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"TCPRoute", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"TLSRoute", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"UDPRoute", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"BackendLBPolicy", "gateway.networking.k8s.io", SIDE_GATEWAY},
    {"XBackend", "gateway.networking.x-k8s.io", SIDE_GATEWAY},
    {"XBackendTrafficPolicy", "gateway.networking.x-k8s.io", SIDE_GATEWAY},
    {"XListenerSet", "gateway.networking.x-k8s.io", SIDE_GATEWAY},
    {"XMesh", "gateway.networking.x-k8s.io", SIDE_GATEWAY},
};

/* Groups whose objects change what a Gateway does with requests. */
static const char *const gateway_groups[] = {
    "gateway.envoyproxy.io", "gateway.networking.k8s.io", "gateway.networking.x-k8s.io",
    "gateway.nginx.org",     "networking.istio.io",       "security.istio.io",
    "extensions.istio.io",
};

static bool is_looked_at(const struct object *object, enum side_kind side)
{
    struct slice group = kube_group(object->api_version);
    if (side == SIDE_INGRESS && surroundings_look_at(object)) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(looked_at); i++) {
        if ((looked_at[i].side == SIDE_AUTO || looked_at[i].side == side) &&
            slice_is(object->kind_name, looked_at[i].kind) && slice_is(group, looked_at[i].group)) {
            return true;
        }
    }
    return false;
}

static bool matters(const struct object *object, enum side_kind side)
{
    return side == SIDE_GATEWAY && slice_is_one_of(kube_group(object->api_version), gateway_groups,
                                                   ARRAY_LEN(gateway_groups));
}

struct unread {
    const struct object *first;
    size_t count;
};

static void say(struct run *run, const struct unread *unread, enum side_kind side)
{
    const struct object *object = unread->first;
    bool warns = matters(object, side);
    diag_severity_at(
        run->diag, DIAG_K021, warns ? SEVERITY_WARNING : SEVERITY_INFO, object->span, SLICE_ABSENT,
        "kind '" SLICE_FMT "' of '" SLICE_FMT "' is not read; %zu object%s left out%s",
        SLICE_ARG(object->kind_name), SLICE_ARG(object->api_version), unread->count,
        unread->count == 1 ? " is" : "s are", warns ? ", which may change what requests get" : "");
}

void unread_report(struct run *run, const struct kube *kube, enum side_kind side,
                   const struct gateway_profile *profile)
{
    struct map *by_kind = map_new(run->arena);
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        struct slice key =
            ARENA_JOIN(run->arena, object->kind_name, SLICE("\n"), object->api_version);
        struct unread *unread = map_get(by_kind, key);
        if (is_looked_at(object, side) ||
            (side == SIDE_GATEWAY && gateway_api_owns_kind(profile, object))) {
            continue;
        }
        if (!unread) {
            unread = ARENA_NEW(run->arena, struct unread);
            map_put(by_kind, key, unread);
        }
        unread->count++;
        unread->first =
            !unread->first || diag_is_before(run->diag, object->span, unread->first->span)
                ? object
                : unread->first;
    }
    for (const struct map_entry *e = map_first(by_kind); e; e = map_next(e)) {
        say(run, map_value(e), side);
    }
}
