#include "traffic/traffic_priv.h"

/* What a target does to such routes. Facts: envoyproxy/gateway api/v1alpha1/timeout_types.go; nginx's own
 * defaults in nginx/nginx-gateway-fabric; istio/istio pilot/pkg/networking/core/route; learn.microsoft.com
 * Azure Load Balancer, TCP idle timeout. */
#define LASTING                                                                                    \
    (TRAFFIC_BIT(TRAFFIC_LONG_READ) | TRAFFIC_BIT(TRAFFIC_STREAMED_ANSWER) |                       \
     TRAFFIC_BIT(TRAFFIC_CALLS))
#define BODIES (TRAFFIC_BIT(TRAFFIC_LARGE_BODY) | TRAFFIC_BIT(TRAFFIC_STREAMED_BODY))
static const struct habit {
    const char *target;
    unsigned kinds; /* any of them */
    bool models;    /* and whatever looks like model serving */
    enum diag_code code;
    enum severity severity;
    const char *text;
} habits[] = {
    {"standard", LASTING, true, DIAG_W002, SEVERITY_WARNING,
     "how long a whole request may take is up to the implementation (15 s by default in Envoy "
     "Gateway, no limit in Istio): look it up, and switch it off for this route; nothing is "
     "written, as timeouts.request would cut what streams"},
    {"standard", BODIES, true, DIAG_W003, SEVERITY_WARNING,
     "how large a body may be is up to the implementation (1 MiB by default in NGINX Gateway "
     "Fabric): look it up, and raise it for this route"},
    {"aks-approuting", LASTING, true, DIAG_W002, SEVERITY_INFO,
     "no limit on time is written, and Istio has none: answers may stream for as long as they "
     "need, and a backend that hangs is waited for; do not add timeouts.request to this route"},
    {"aks-approuting", TRAFFIC_BIT(TRAFFIC_LONG_READ), true, DIAG_W005, SEVERITY_WARNING,
     "Azure's load balancer drops connections on which nothing is sent for 4 minutes, which a slow "
     "answer reaches: set service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout (in "
     "minutes) in the Gateway's spec.infrastructure.annotations, or let the application send "
     "something in between"},
    {"aks-approuting", TRAFFIC_BIT(TRAFFIC_CALLS), false, DIAG_W004, SEVERITY_WARNING,
     "Istio repeats a call twice that fails with 'unavailable' or 'cancelled', also where it was "
     "begun, and this cannot be set: let the application bear repeated calls"},
    {"aks-approuting", BODIES, true, DIAG_W003, SEVERITY_INFO,
     "bodies of any size get through, and are streamed: a slow upload keeps the application busy, "
     "where nginx collected it first"},
    {"istio", LASTING, true, DIAG_W002, SEVERITY_INFO,
     "no limit on time is written, and Istio has none: answers may stream for as long as they "
     "need, and a backend that hangs is waited for; do not add timeouts.request to this route"},
    {"istio", TRAFFIC_BIT(TRAFFIC_CALLS), false, DIAG_W004, SEVERITY_WARNING,
     "Istio repeats a call twice that fails with 'unavailable' or 'cancelled', also where it was "
     "begun: set retries.attempts of a VirtualService to 0 where calls must not be repeated"},
    {"envoy-gateway", LASTING, true, DIAG_W002, SEVERITY_INFO,
     "Envoy Gateway ends a request after 15 s where nothing is said: keep 'requestTimeout: 0s' in "
     "the BackendTrafficPolicy, and do not add timeouts.request to this route"},
    {"envoy-gateway", BODIES, true, DIAG_W003, SEVERITY_INFO,
     "a requestBuffer holds each body in memory and ends what streams in both directions: leave it "
     "out here, and check sizes in the application"},
    {"nginx-gateway-fabric", LASTING, true, DIAG_W002, SEVERITY_INFO,
     "NGINX Gateway Fabric waits 60 s between two reads unless told otherwise, and does not read "
     "timeouts of an "
     "HTTPRoute: keep timeout.read in the ProxySettingsPolicy"},
    {"nginx-gateway-fabric", LASTING, true, DIAG_W006, SEVERITY_INFO,
     "NGINX Gateway Fabric collects answers unless told otherwise, so that what streams arrives in "
     "lumps: keep buffering.disable in the ProxySettingsPolicy of the Gateway"},
    {"nginx-gateway-fabric", BODIES, true, DIAG_W003, SEVERITY_INFO,
     "NGINX Gateway Fabric takes bodies of up to 1 MiB unless told otherwise: keep body.maxSize in "
     "the ClientSettingsPolicy, and raise it where prompts or files are larger"},
};

static struct slice subject_of(struct run *run, const struct rule *rule)
{
    return ARENA_JOIN(run->arena, rule->origin.kind, SLICE(" "), rule->origin.namespace, SLICE("/"),
                      rule->origin.name);
}

static struct slice signs_text(struct run *run, const struct traffic_route *route)
{
    struct slice text = SLICE("");
    for (size_t i = 0; i < route->count; i++) {
        text = arena_printf(run->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(text), i ? ", " : "",
                            SLICE_ARG(route->signs[i].text));
    }
    return text;
}

/* The sign that a habit is about; null: what it looks like is. */
static const struct traffic_sign *sign_of(const struct traffic_route *route, unsigned kinds)
{
    for (size_t i = 0; i < route->count; i++) {
        if (TRAFFIC_BIT(route->signs[i].kind) & kinds) {
            return &route->signs[i];
        }
    }
    return NULL;
}

/* About a sign it is said once for all paths that have it from one annotation. */
static void say_habit(struct run *run, const struct traffic_route *route, struct slice subject,
                      const struct habit *habit)
{
    const struct traffic_sign *sign = sign_of(route, habit->kinds);
    struct slice about =
        sign ? sign->text
             : ARENA_JOIN(run->arena, SLICE("path '"), route->rule->match.path.value, SLICE("'"));
    if (sign || (habit->models && route->model_serving)) {
        diag_severity_at(run->diag, habit->code, habit->severity,
                         sign ? sign->span : route->rule->origin.span,
                         sign && sign->owner.ptr ? sign->owner : subject, SLICE_FMT ": %s",
                         SLICE_ARG(about), habit->text);
    }
}

static void say_model(struct run *run, const struct traffic_route *route, struct slice subject)
{
    const struct rule *rule = route->rule;
    struct slice server =
        route->server.ptr ? ARENA_JOIN(run->arena, SLICE(" by "), route->server) : SLICE("");
    diag_at(run->diag, DIAG_W001, rule->origin.span, subject,
            "path '" SLICE_FMT "' looks like model serving" SLICE_FMT " (" SLICE_FMT
            "): it is converted as any other, without a total timeout; limits by user or by token "
            "need a gateway for models or the application",
            SLICE_ARG(rule->match.path.value), SLICE_ARG(server),
            SLICE_ARG(signs_text(run, route)));
    if (route->server.ptr && rule->backend_count == 1) {
        diag_at(run->diag, DIAG_W007, rule->backends[0].span, subject,
                "an InferencePool could stand in for Service '" SLICE_FMT "' later, where the "
                "implementation serves the Gateway API Inference Extension; the Service is written",
                SLICE_ARG(rule->backends[0].service));
    }
}

void traffic_say(struct run *run, const struct traffic *traffic, struct slice target)
{
    for (size_t i = 0; i < traffic->count; i++) {
        const struct traffic_route *route = &traffic->routes[i];
        struct slice subject = subject_of(run, route->rule);
        if (route->model_serving) {
            say_model(run, route, subject);
        }
        for (size_t h = 0; h < ARRAY_LEN(habits); h++) {
            if (slice_is(target, habits[h].target)) {
                say_habit(run, route, subject, &habits[h]);
            }
        }
    }
}
