#include "validate/validate_priv.h"

#include <string.h>

/* What an API server takes and an implementation is known to leave unserved. A path that is null stands for the
 * whole kind. Only what the source of the implementation shows is here; what it takes and does nothing with is
 * said by the front end (G032). */
static const struct unserved_row {
    const char *profile, *kind, *path;
    const char *why; /* with what to do */
} unserved_rows[] = {
/* istio/istio 1.30.1 pilot/pkg/config/kube/gateway: controller.go, conversion.go */
#define ISTIO(name)                                                                                \
    {name, "UDPRoute", NULL, "Istio serves no UDP; leave the object out"},                         \
        {name, "TCPRoute", NULL,                                                                   \
         "Istio reads TCPRoutes only when it is started with PILOT_ENABLE_ALPHA_GATEWAY_API"},     \
        {name, "XBackendTrafficPolicy", NULL,                                                      \
         "Istio reads this kind only when it is started with PILOT_ENABLE_ALPHA_GATEWAY_API"},     \
        {name, "Gateway", "spec.tls.backend",                                                      \
         "Istio shows no client certificate of a Gateway to backends; use a DestinationRule"},     \
    {                                                                                              \
        name, "Gateway", "spec.defaultScope",                                                      \
            "Istio does not read the field; name the Gateway in spec.parentRefs of the routes"     \
    }
    ISTIO("aks-approuting"),
    ISTIO("istio"),
#undef ISTIO
    /* envoyproxy/gateway v1.9.0 internal/gatewayapi */
    {"envoy-gateway", "XBackendTrafficPolicy", NULL,
     "Envoy Gateway does not read this kind; use its own BackendTrafficPolicy"},
    {"envoy-gateway", "Gateway", "spec.defaultScope",
     "Envoy Gateway does not read the field; name the Gateway in spec.parentRefs of the routes"},
    /* nginx/nginx-gateway-fabric v2.6.7 internal/controller/state/graph: gateway.go, backend_tls_policy.go */
    {"nginx-gateway-fabric", "XBackendTrafficPolicy", NULL,
     "NGINX Gateway Fabric does not read this kind"},
    {"nginx-gateway-fabric", "BackendTLSPolicy", "spec.validation.subjectAltNames",
     "NGINX Gateway Fabric does not read the field, and checks spec.validation.hostname only"},
    {"nginx-gateway-fabric", "Gateway", "spec.defaultScope",
     "NGINX Gateway Fabric does not read the field; name the Gateway in spec.parentRefs of the "
     "routes"},
};

struct reporter {
    struct run *run;
    const struct validated_object *object;
    const struct unserved_row *row;
};

static void report(void *user, const struct node *node)
{
    const struct reporter *r = user;
    bool whole = !r->row->path;
    const char *dot = whole ? NULL : strrchr(r->row->path, '.');
    diag_at(r->run->diag, DIAG_V025, node->span, r->object->subject, "%s%s is not served: %s",
            whole ? "the kind " : "the field ", whole ? r->row->kind : dot + 1, r->row->why);
}

void check_served(struct run *run, const struct gateway_profile *profile,
                  const struct validated_object *object, const struct node *root)
{
    struct slice group = kube_group(object->api_version);
    if (!slice_is(group, "gateway.networking.k8s.io") &&
        !slice_is(group, "gateway.networking.x-k8s.io")) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(unserved_rows); i++) {
        const struct unserved_row *row = &unserved_rows[i];
        if (strcmp(row->profile, profile->name) == 0 && slice_is(object->kind, row->kind)) {
            struct reporter reporter = {run, object, row};
            walk(root, slice_of(row->path ? row->path : ""), report, &reporter);
        }
    }
}
