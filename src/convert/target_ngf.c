#include "convert/capabilities_priv.h"
#include "convert/ngf_priv.h"

/* NGINX Gateway Fabric: what HTTPRoutes cannot say goes into its own policies and filters, and as a last resort
 * into snippets of nginx's own directives. Fields and their meaning: nginx/nginx-gateway-fabric v2.6
 * apis/v1alpha1. */

#define GROUP      "gateway.nginx.org"
#define KIND(name) .kind = name, .group = GROUP, .version = "v1alpha1"
static const struct policy_kind kinds[] = {
    [NGF_CLIENT_SETTINGS] = {KIND("ClientSettingsPolicy"), .attach = ATTACH_ROUTE,
                             .one_target = true, .base = ngf_client_base},
    [NGF_PROXY_SETTINGS] = {KIND("ProxySettingsPolicy"), .attach = ATTACH_ROUTE,
                            .base = ngf_proxy_base},
    [NGF_RATE_LIMIT] = {KIND("RateLimitPolicy"), .attach = ATTACH_ROUTE},
    [NGF_UPSTREAM_SETTINGS] = {KIND("UpstreamSettingsPolicy"), .attach = ATTACH_SERVICE},
    [NGF_AUTHENTICATION] = {KIND("AuthenticationFilter"), .attach = ATTACH_FILTER,
                            .suffix = "auth"},
    [NGF_LOCATIONS] = {KIND("SnippetsFilter"), .attach = ATTACH_FILTER, .suffix = "locations"},
    [NGF_SIGNIN] = {KIND("SnippetsFilter"), .attach = ATTACH_FILTER, .suffix = "signin"},
    [NGF_PAGES] = {KIND("SnippetsFilter"), .attach = ATTACH_FILTER, .suffix = "pages"},
    [NGF_LIMITS] = {KIND("SnippetsFilter"), .attach = ATTACH_FILTER, .suffix = "limits"},
    [NGF_SNIPPETS] = {KIND("SnippetsFilter"), .attach = ATTACH_FILTER, .suffix = "snippets"},
    [NGF_PROXY] = {.kind = "NginxProxy",
                   .group = GROUP,
                   .version = "v1alpha2",
                   .attach = ATTACH_GATEWAY,
                   .by_gateway = true,
                   .base = ngf_nginx_base},
};
_Static_assert(ARRAY_LEN(kinds) <= POLICIES_MAX, "a rule has room for each kind of policy");

#define BUFFERING_TEXT "a ProxySettingsPolicy of the Gateway, and nginx's own default for requests"

static const struct vendor vendor = {
    .kinds = kinds,
    .kind_count = ARRAY_LEN(kinds),
    .emitters = {[EFFECT_timeouts] = ngf_timeouts,
                 [EFFECT_body_limit] = ngf_body_limit,
                 [EFFECT_buffering] = ngf_buffering,
                 [EFFECT_rate_limit] = ngf_rate_limit,
                 [EFFECT_balancing] = ngf_balancing,
                 [EFFECT_authentication] = ngf_authentication,
                 [EFFECT_addresses] = ngf_addresses,
                 [EFFECT_retries] = ngf_retries,
                 [EFFECT_bandwidth] = ngf_bandwidth,
                 [EFFECT_error_pages] = ngf_error_pages,
                 [EFFECT_response_rewrites] = ngf_response_rewrites,
                 [EFFECT_rewrite] = ngf_rewrite},
    .answer = ngf_answer,
    .backend = ngf_backend,
    .before_redirect = {[EFFECT_body_limit] = true},
    .base_says = {[EFFECT_timeouts] = "a ProxySettingsPolicy of the Gateway",
                  [EFFECT_buffering] = BUFFERING_TEXT,
                  [EFFECT_body_limit] = "a ClientSettingsPolicy of the Gateway"},
    .client_kind = "NginxProxy",
};

#define NGF_answer         SUPPORT_EXACT, "SnippetsFilter with return"
#define NGF_redirect       STANDARD_redirect
#define NGF_https_redirect STANDARD_https_redirect
#define NGF_body_limit                                                                             \
    SUPPORT_EXACT, "ClientSettingsPolicy; it takes four digits and a unit, so round other sizes"
#define NGF_addresses SUPPORT_EXACT, "SnippetsFilter with allow and deny"
#define NGF_authentication                                                                         \
    SUPPORT_NEAR, "AuthenticationFilter for users of a Secret, SnippetsFilter with auth_request "  \
                  "for a service that is asked, and with satisfy"
#define NGF_cors STANDARD_cors
#define NGF_rewrite                                                                                \
    SUPPORT_NEAR, "URLRewrite, or SnippetsFilter with rewrite where only the path is matched"
#define NGF_upstream_host STANDARD_upstream_host
#define NGF_upstream_protocol                                                                      \
    SUPPORT_NEAR,                                                                                  \
        "gRPC needs a GRPCRoute, written by hand: the backends of an HTTPRoute get HTTP/1.1, and " \
        "are refused with appProtocol kubernetes.io/h2c; TLS by a BackendTLSPolicy "               \
        "with its CA: without one nginx speaks plain HTTP, and with one no snippet can switch "    \
        "proxy_ssl_verify off, which a location takes once"
#define NGF_request_headers  STANDARD_request_headers
#define NGF_response_headers STANDARD_response_headers
#define NGF_timeouts         SUPPORT_EXACT, "ProxySettingsPolicy"
#define NGF_retries          SUPPORT_EXACT, "SnippetsFilter with proxy_next_upstream"
#define NGF_buffering                                                                              \
    SUPPORT_EXACT, "ProxySettingsPolicy for responses, SnippetsFilter with "                       \
                   "proxy_request_buffering for requests"
#define NGF_mirrors STANDARD_mirrors
#define NGF_error_pages                                                                            \
    SUPPORT_NEAR, "SnippetsFilter with error_page, and locations that ask the Service; headers "   \
                  "with variables that only ingress-nginx has cannot be written"
#define NGF_rate_limit                                                                             \
    SUPPORT_NEAR, "RateLimitPolicy, which counts each HTTPRoute by itself; SnippetsFilter with "   \
                  "limit_conn and limit_req for connections and for clients that are let out"
#define NGF_firewall     STANDARD_firewall
#define NGF_upstream_tls STANDARD_upstream_tls
#define NGF_affinity                                                                               \
    SUPPORT_NONE, "session persistence needs NGINX Plus; keep sessions where all endpoints see "   \
                  "them"
#define NGF_balancing                                                                              \
    SUPPORT_NEAR,                                                                                  \
        "UpstreamSettingsPolicy at the Service, with one variable of nginx as the key; put "       \
        "anything else into a header"
#define NGF_bandwidth     SUPPORT_EXACT, "SnippetsFilter with limit_rate"
#define NGF_upstream_http STANDARD_upstream_http
#define NGF_response_rewrites                                                                      \
    SUPPORT_EXACT, "SnippetsFilter with proxy_redirect, proxy_cookie_domain and "                  \
                   "proxy_cookie_path, without variables"
#define NGF_fastcgi STANDARD_fastcgi

static const struct feature_capability ngf_features[] = {
    {FEATURE_streams, SUPPORT_NONE,
     "NGINX Gateway Fabric 2.6 reads TCPRoutes and UDPRoutes only when it is installed with "
     "nginxGateway.gwAPIExperimentalFeatures; give the port a Service of type LoadBalancer of its "
     "own"},
    {FEATURE_hash_subset, SUPPORT_NONE, "a key is hashed to one endpoint, not to a group of them"},
    {FEATURE_asking, SUPPORT_NONE,
     "the service is asked by GET each time, and told what nginx tells it by default: add to the "
     "location of the SnippetsFilter by hand what else it has to hear"},
    {FEATURE_proxy_protocol, SUPPORT_NEAR,
     "rewriteClientIP of a NginxProxy (mode ProxyProtocol, at most 16 trusted networks)"},
    {FEATURE_forwarded_trust, SUPPORT_NEAR, "rewriteClientIP of a NginxProxy, for X-Forwarded-For"},
};

const struct target target_ngf = {
    .name = "nginx-gateway-fabric",
    .profile = "nginx-gateway-fabric",
    .text = "NGINX Gateway Fabric 2.6",
    .gateway_name_max = 63,
    .revocation_advice = "refuse them in the application, or give certificates that end soon",
    .vendor = &vendor,
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, NGF_##id},
#include "route/effects.def"
#undef EFFECT
        },
    .features = ngf_features,
    .feature_count = ARRAY_LEN(ngf_features),
};
