#include "convert/capabilities_priv.h"
#include "convert/envoy_priv.h"
#include "convert/host_policy_priv.h"

/* Envoy Gateway: what HTTPRoutes cannot say goes into its own policies. Fields and their meaning:
 * envoyproxy/gateway v1.9 api/v1alpha1. */

#define GROUP "gateway.envoyproxy.io"

static struct node *text(struct emission *e, const char *value)
{
    return text_node(e->c, value);
}

/* ---- HTTPRouteFilter ------------------------------------------------------------------------ */

static void emit_rewrite(struct emission *e, const void *effect)
{
    struct conversion *c = e->c;
    struct slice pattern, value;
    if (!envoy_rewrite(e, effect, &pattern, &value)) {
        emit_as_standard(e, EFFECT_rewrite, effect);
        return;
    }
    struct node *spec = policy_spec(e, ENVOY_ROUTE_FILTER);
    struct node *path = policy_map(c, policy_map(c, spec, "urlRewrite"), "path");
    struct node *regex = node_map(c->nodes);
    node_set(c->nodes, path, "type", text(e, "ReplaceRegexMatch"));
    node_set(c->nodes, regex, "pattern", node_string(c->nodes, pattern));
    node_set(c->nodes, regex, "substitution", node_string(c->nodes, value));
    node_set(c->nodes, path, "replaceRegexMatch", regex);
}

static bool emit_answer(struct emission *e, const struct route_answer *answer)
{
    if (answer->status < 200 || answer->status > 599) {
        return false;
    }
    struct arena *arena = e->c->nodes;
    struct node *response = policy_map(e->c, policy_spec(e, ENVOY_ROUTE_FILTER), "directResponse");
    node_set(arena, response, "statusCode", node_int(arena, answer->status));
    if (answer->body.len && answer_is_fixed(answer)) {
        node_set(arena, response, "contentType", node_string(arena, answer->type));
        struct node *body = policy_map(e->c, response, "body");
        node_set(arena, body, "type", text(e, "Inline"));
        node_set(arena, body, "inline", node_string(arena, answer->body));
    }
    return true;
}

/* ---- ClientTrafficPolicy -------------------------------------------------------------------- */

/* Envoy Gateway refuses requests with a '_' in the name of a header unless told otherwise
 * (clienttrafficpolicy_types.go, WithUnderscoresAction). */
static void client_base(struct conversion *c, struct node *spec)
{
    static const char *const actions[] = {[UNDERSCORES_KEPT] = "Allow",
                                          [UNDERSCORES_DROPPED] = "DropHeader",
                                          [UNDERSCORES_REJECTED] = "RejectRequest"};
    if (c->table->view.underscores != UNDERSCORES_REJECTED) {
        node_set(c->nodes, policy_map(c, spec, "headers"), "withUnderscoresAction",
                 text_node(c, actions[c->table->view.underscores]));
    }
    if (c->table->view.proxy_protocol.name.ptr) {
        (void)policy_map(c, spec, "proxyProtocol");
    }
    const struct networks *trusted = client_trusted(c);
    struct node *list = node_list(c->nodes);
    for (size_t i = 0; trusted && i < trusted->count; i++) {
        node_add(c->nodes, list, network_node(c, &trusted->items[i]));
    }
    if (trusted) {
        struct node *detection = policy_map(c, spec, "clientIPDetection");
        node_set(c->nodes, policy_map(c, detection, "xForwardedFor"), "trustedCIDRs", list);
    }
}

/* ---- the target ----------------------------------------------------------------------------- */

#define KIND(name) .kind = name, .group = GROUP, .version = "v1alpha1"
static const struct policy_kind kinds[] = {
    [ENVOY_BACKEND_TRAFFIC] = {KIND("BackendTrafficPolicy"), .attach = ATTACH_ROUTE,
                               .replaces = true, .base = envoy_traffic_base},
    [ENVOY_SECURITY] = {KIND("SecurityPolicy"), .attach = ATTACH_ROUTE, .replaces = true},
    [ENVOY_CLIENT_TRAFFIC] = {KIND("ClientTrafficPolicy"), .attach = ATTACH_GATEWAY,
                              .base = client_base},
    [ENVOY_BACKEND] = {KIND("Backend"), .attach = ATTACH_NAMED},
    [ENVOY_ROUTE_FILTER] = {KIND("HTTPRouteFilter"), .attach = ATTACH_FILTER, .suffix = "filter"},
};
_Static_assert(ARRAY_LEN(kinds) <= POLICIES_MAX, "a rule has room for each kind of policy");

#define TIMEOUTS_TEXT                                                                              \
    "timeouts of a BackendTrafficPolicy, with one limit for the time without a byte either way"
#define RETRIES_TEXT                                                                               \
    "a retry of a BackendTrafficPolicy, in Envoy's words and for requests of every method"

static const struct vendor vendor = {
    .kinds = kinds,
    .kind_count = ARRAY_LEN(kinds),
    .emitters = {[EFFECT_timeouts] = envoy_timeouts,
                 [EFFECT_body_limit] = envoy_body_limit,
                 [EFFECT_rate_limit] = envoy_rate_limit,
                 [EFFECT_retries] = envoy_retries,
                 [EFFECT_affinity] = envoy_affinity,
                 [EFFECT_balancing] = envoy_balancing,
                 [EFFECT_addresses] = envoy_addresses,
                 [EFFECT_authentication] = envoy_authentication,
                 [EFFECT_rewrite] = emit_rewrite,
                 [EFFECT_upstream_protocol] = envoy_upstream_protocol,
                 [EFFECT_upstream_tls] = envoy_upstream_tls},
    .backend = envoy_backend,
    .answer = emit_answer,
    .says_text = true,
    .shows_certificate_near = true,
    .base_says = {[EFFECT_timeouts] = TIMEOUTS_TEXT, [EFFECT_retries] = RETRIES_TEXT},
    .client_kind = "ClientTrafficPolicy",
};

#define ENVOY_answer         SUPPORT_EXACT, "HTTPRouteFilter with a directResponse"
#define ENVOY_redirect       STANDARD_redirect
#define ENVOY_https_redirect STANDARD_https_redirect
#define ENVOY_body_limit                                                                           \
    SUPPORT_NEAR,                                                                                  \
        "the limit of a BackendTrafficPolicy holds whole requests in memory, which ends streams; " \
        "check the size of bodies in the application"
#define ENVOY_addresses SUPPORT_EXACT, "SecurityPolicy with authorization by clientCIDRs"
#define ENVOY_authentication                                                                       \
    SUPPORT_NEAR,                                                                                  \
        "a SecurityPolicy asks for one of users in a Secret, an external service or tokens: put "  \
        "a proxy that does the rest (such as oauth2-proxy) in front of the Service"
#define ENVOY_cors          STANDARD_cors
#define ENVOY_rewrite       SUPPORT_EXACT, "URLRewrite, or HTTPRouteFilter with an expression"
#define ENVOY_upstream_host STANDARD_upstream_host
#define ENVOY_upstream_protocol                                                                    \
    SUPPORT_NEAR, "gRPC and HTTP/2 by appProtocol of the Service, by a patch; TLS by a Backend "   \
                  "with the address of the Service"
#define ENVOY_request_headers  STANDARD_request_headers
#define ENVOY_response_headers STANDARD_response_headers
#define ENVOY_timeouts                                                                             \
    SUPPORT_NEAR, "BackendTrafficPolicy; one limit for both directions of a stream without bytes"
#define ENVOY_retries   SUPPORT_NEAR, "BackendTrafficPolicy with retry, for requests of every method"
#define ENVOY_buffering STANDARD_buffering
#define ENVOY_mirrors   STANDARD_mirrors
#define ENVOY_error_pages                                                                          \
    SUPPORT_NONE, "a BackendTrafficPolicy replaces answers by fixed texts (responseOverride, "     \
                  "from a ConfigMap), not by those of a Service: copy the pages there by hand, "   \
                  "or let the application answer with them"
#define ENVOY_rate_limit                                                                           \
    SUPPORT_NEAR, "BackendTrafficPolicy with a local rateLimit, which answers 429"
#define ENVOY_firewall STANDARD_firewall
#define ENVOY_upstream_tls                                                                         \
    SUPPORT_NEAR, "BackendTLSPolicy, or a Backend with a Secret beside it; protocols and ciphers " \
                  "are Envoy's"
#define ENVOY_affinity                                                                             \
    SUPPORT_NEAR, "BackendTrafficPolicy with a cookie that is hashed to an endpoint; it cannot "   \
                  "keep clients where they are when endpoints come and go"
#define ENVOY_balancing                                                                            \
    SUPPORT_NEAR, "BackendTrafficPolicy with loadBalancer or routingType, by address, header, "    \
                  "query parameter or cookie; put anything else into a header"
#define ENVOY_bandwidth         STANDARD_bandwidth
#define ENVOY_upstream_http     STANDARD_upstream_http
#define ENVOY_response_rewrites STANDARD_response_rewrites
#define ENVOY_fastcgi           STANDARD_fastcgi

/* Where a part of an effect differs from the whole. */
static const struct feature_capability features[] = {
    {FEATURE_either_guard, SUPPORT_NONE,
     "all parts of a SecurityPolicy have to let a request in: let the proxy that asks for "
     "credentials know the addresses that need none"},
    {FEATURE_realm, SUPPORT_NONE, "Envoy names the address of the request as the realm"},
    {FEATURE_asking, SUPPORT_NONE,
     "a SecurityPolicy asks each time, by the method of the request, with Host, path, "
     "Authorization, Cookie and X-Forwarded-For: let the service decide by these"},
    {FEATURE_sign_in, SUPPORT_NONE,
     "what the service answers goes to the client: let it send who is not let in to the sign-in "
     "page by itself"},
    {FEATURE_retry_time, SUPPORT_NONE,
     "tries are counted, and their time is not limited; a perRetry.timeout limits each of them, "
     "and requestTimeout all of a request"},
    {FEATURE_connection_limit, SUPPORT_NONE,
     "connectionLimit of a ClientTrafficPolicy counts those of all clients together; limit those "
     "of one client in front of the Gateway"},
    {FEATURE_tls_form, SUPPORT_NONE,
     "protocols and ciphers towards backends are those of an EnvoyProxy (backendTLS), for all of "
     "them, and the length of chains is not limited"},
    {FEATURE_hash_subset, SUPPORT_NONE, "a key is hashed to one endpoint, not to a group of them"},
    {FEATURE_burst, SUPPORT_NONE,
     "Envoy Gateway lets in no more than the rate at once: set a higher rate where clients come in "
     "bursts"},
    {FEATURE_stay, SUPPORT_NONE,
     "the cookie is hashed to an endpoint: some clients change theirs each time endpoints come or "
     "go, and none does when one fails"},
    {FEATURE_cookie_expiry, SUPPORT_NONE,
     "the cookie has Max-Age and one SameSite for all browsers: say session-cookie-max-age"},
    {FEATURE_proxy_protocol, SUPPORT_NEAR, "proxyProtocol of a ClientTrafficPolicy"},
    {FEATURE_forwarded_trust, SUPPORT_NEAR,
     "clientIPDetection of a ClientTrafficPolicy, for X-Forwarded-For"},
};

const struct target target_envoy_gateway = {
    .name = "envoy-gateway",
    .profile = "envoy-gateway",
    .text = "Envoy Gateway 1.9",
    .gateway_name_max = 63,
    .revocation_advice =
        "name the list in a ClientTrafficPolicy (tls.clientValidation.crl, with the CA beside it)",
    .vendor = &vendor,
    .features = features,
    .feature_count = ARRAY_LEN(features),
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, ENVOY_##id},
#include "route/effects.def"
#undef EFFECT
        },
};
