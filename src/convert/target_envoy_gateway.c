#include "convert/capabilities_priv.h"

/* Envoy Gateway: what HTTPRoutes cannot say goes into its own policies. Fields and their meaning:
 * envoyproxy/gateway v1.9 api/v1alpha1. */

#define GROUP "gateway.envoyproxy.io"

enum { BACKEND_TRAFFIC };

/* ---- BackendTrafficPolicy ------------------------------------------------------------------- */

/* Envoy ends a request after 15 s where nothing is said (timeout_types.go). nginx counts between two reads;
 * the nearest is the time without any byte of a stream. */
static void write_timeouts(struct conversion *c, struct node *spec,
                           const struct route_timeouts *timeouts)
{
    struct node *timeout = policy_map(c, spec, "timeout"), *http = policy_map(c, timeout, "http");
    int64_t idle = timeouts->read_ms > timeouts->send_ms ? timeouts->read_ms : timeouts->send_ms;
    int64_t total = timeouts->request_ms > 0 ? timeouts->request_ms : 0;
    if (timeouts->connect_ms > 0) {
        node_set(c->nodes, policy_map(c, timeout, "tcp"), "connectTimeout",
                 duration_node(c, timeouts->connect_ms));
    }
    node_set(c->nodes, http, "requestTimeout", duration_node(c, total));
    if (idle > 0) {
        node_set(c->nodes, http, "streamIdleTimeout", duration_node(c, idle));
    }
}

static void traffic_base(struct conversion *c, struct node *spec)
{
    static const struct route_timeouts none = {.connect_ms = -1, .send_ms = -1, .read_ms = -1};
    const struct effects *platform = &c->table->platform;
    write_timeouts(c, spec, platform->timeouts ? platform->timeouts : &none);
}

static const struct policy_kind kinds[] = {
    [BACKEND_TRAFFIC] = {.kind = "BackendTrafficPolicy",
                         .group = GROUP,
                         .version = "v1alpha1",
                         .attach = ATTACH_ROUTE,
                         .replaces = true,
                         .base = traffic_base},
};

static void emit_timeouts(struct emission *e, const void *effect)
{
    write_timeouts(e->c, policy_spec(e, &kinds[BACKEND_TRAFFIC]), effect);
}

/* ---- the target ----------------------------------------------------------------------------- */

static const struct vendor vendor = {
    .kinds = kinds,
    .kind_count = ARRAY_LEN(kinds),
    .emitters = {[EFFECT_timeouts] = emit_timeouts},
    .base_says = {[EFFECT_timeouts] = true},
};

#define ENVOY_answer            STANDARD_answer
#define ENVOY_redirect          STANDARD_redirect
#define ENVOY_https_redirect    STANDARD_https_redirect
#define ENVOY_body_limit        STANDARD_body_limit
#define ENVOY_addresses         STANDARD_addresses
#define ENVOY_authentication    STANDARD_authentication
#define ENVOY_cors              STANDARD_cors
#define ENVOY_rewrite           STANDARD_rewrite
#define ENVOY_upstream_host     STANDARD_upstream_host
#define ENVOY_upstream_protocol STANDARD_upstream_protocol
#define ENVOY_request_headers   STANDARD_request_headers
#define ENVOY_response_headers  STANDARD_response_headers
#define ENVOY_timeouts                                                                             \
    SUPPORT_NEAR, "BackendTrafficPolicy; one limit for both directions of a stream without bytes"
#define ENVOY_retries           STANDARD_retries
#define ENVOY_buffering         STANDARD_buffering
#define ENVOY_mirrors           STANDARD_mirrors
#define ENVOY_error_pages       STANDARD_error_pages
#define ENVOY_rate_limit        STANDARD_rate_limit
#define ENVOY_firewall          STANDARD_firewall
#define ENVOY_upstream_tls      STANDARD_upstream_tls
#define ENVOY_affinity          STANDARD_affinity
#define ENVOY_balancing         STANDARD_balancing
#define ENVOY_bandwidth         STANDARD_bandwidth
#define ENVOY_upstream_http     STANDARD_upstream_http
#define ENVOY_response_rewrites STANDARD_response_rewrites
#define ENVOY_fastcgi           STANDARD_fastcgi

const struct target target_envoy_gateway = {
    .name = "envoy-gateway",
    .profile = "envoy-gateway",
    .text = "Envoy Gateway 1.9",
    .gateway_name_max = 63,
    .vendor = &vendor,
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, ENVOY_##id},
#include "route/effects.def"
#undef EFFECT
        },
};
