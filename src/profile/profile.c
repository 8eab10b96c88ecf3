#include "profile/profile.h"

/* ---- Envoy: istio, aks-approuting, envoy-gateway ------------------------------------------ */

/* istio pilot/pkg/networking/core/route/retry/retry.go, defaultRetryPriorityTypedConfig */
static const struct route_retries istio_retries = {
    .attempts = 2,
    .conditions = {"connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
                   75},
};
/* istio pkg/config/mesh/mesh.go: connectTimeout 10 s; pilot/pkg/networking/core/route/route.go: no timeout of
 * a route unless one is given */
static const struct route_timeouts istio_timeouts = {
    .connect_ms = 10000,
    .send_ms = -1,
    .read_ms = -1,
    .request_ms = -1,
    .backend_request_ms = -1,
};
static const struct route_body_limit no_body_limit = {.bytes = -1};
static const struct route_buffering streams = {.request = false, .response = false};
static const struct effects istio_platform = {
    .body_limit = &no_body_limit,
    .timeouts = &istio_timeouts,
    .retries = &istio_retries,
    .buffering = &streams,
};

/* Envoy's connection manager with use_remote_address, as istio pilot/pkg/networking/core/listener.go and
 * envoy-gateway internal/xds/translator/listener.go set it: the client is appended to X-Forwarded-For, scheme
 * and request id are set anew. Envoy Gateway hides the Server header (PASS_THROUGH), Istio names itself. */
static const struct gateway_header istio_headers[] = {
    {true, EDIT_ADD, "X-Forwarded-For", PART_CLIENT, ""},
    {true, EDIT_SET, "X-Forwarded-Proto", PART_SCHEME, ""},
    {true, EDIT_SET, "X-Request-Id", PART_REQUEST_ID, ""},
    {false, EDIT_SET, "Server", PART_TEXT, "istio-envoy"},
};
static const struct gateway_header envoy_headers[] = {
    {true, EDIT_ADD, "X-Forwarded-For", PART_CLIENT, ""},
    {true, EDIT_SET, "X-Forwarded-Proto", PART_SCHEME, ""},
    {true, EDIT_SET, "X-Request-Id", PART_REQUEST_ID, ""},
};

/* envoy-gateway internal/xds/translator/route.go writes no timeout of its own, so Envoy's for a route holds
 * (15 s: config.route.v3.RouteAction.timeout), and its stream idle timeout (5 min); connect timeout 10 s:
 * internal/xds/translator/cluster.go, tcpClusterPerConnectTimeout */
static const struct route_timeouts envoy_timeouts = {
    .connect_ms = 10000,
    .send_ms = 300000,
    .read_ms = 300000,
    .request_ms = 15000,
    .backend_request_ms = -1,
};
static const struct route_retries no_retries = {.attempts = 0};
static const struct effects envoy_gateway_platform = {
    .body_limit = &no_body_limit,
    .timeouts = &envoy_timeouts,
    .retries = &no_retries,
    .buffering = &streams,
};

/* istio pilot/pkg/config/kube/gateway/conversion.go, convertHTTPRoute: retry, backendRequest, and 404 of rules
 * without backends, which only 1.30 answers. buildTLS in the same file: certificates. listenerProtocolToIstio in the same file: TCP waits for
 * PILOT_ENABLE_ALPHA_GATEWAY_API, UDP is not served. sessionPersistence, defaultScope: nowhere. */
#define ISTIO_FIELDS                                                                               \
    .backend_timeout_is_total = true, .retry_attempts = 2,                                         \
    .retry_conditions = "connect-failure,refused-stream,unavailable,cancelled",                    \
    .sessions = SESSIONS_IGNORED, .tcp = STREAMS_REFUSED, .udp = STREAMS_REFUSED,                  \
    .certificates_max = 2, .frontend_of_istio = true, .authorities_in_secrets = true,              \
    .no_backends_status = 404

/* What Istio has everywhere: pilot/pkg/config/kube/gateway/conversion.go (sortHTTPRoutes, getURIRank,
 * createURIMatch) and pilot/pkg/networking/core/route/route.go (IsCatchAllRoute). MeshConfig
 * pathNormalization: the default resolves dot segments, keeps "//" and escapes
 * (pilot/pkg/networking/core/listener_builder.go). Envoy takes a Host by its bytes, with the dot; its path
 * canonicaliser stays below "/" (envoy test/common/http/path_utility_test.cc), decodes escapes of what needs
 * none, and refuses "%00". */
#define ISTIO_ROW                                                                                  \
    ISTIO_FIELDS, .regex_span = SPAN_WHOLE, .regex_place = PLACE_AFTER_PREFIXES,                   \
                  .regex_engine = PROFILE_ENGINE_RE2, .stops_at_catch_all = true,                  \
                  .regex_star_is_present = true, .bad_filter_drops_route = true,                   \
                  .sets_host_by_header = true, .external_names = EXTERNAL_NAMES_SERVED,            \
                  .reads_app_protocol = true,                                                      \
                  .view = {.match_form = {.resolve_dots = true,                                    \
                                          .stay_in_root = true,                                    \
                                          .decode_unreserved = true},                              \
                           .bad_escape_status = 400,                                               \
                           .old_http_status = 426,                                                 \
                           .forward_normalised = true,                                             \
                           .missing_host_status = 400,                                             \
                           .host_dot = HOST_DOT_KEPT},                                             \
                  .platform = &istio_platform, .headers = istio_headers,                           \
                  .header_count = ARRAY_LEN(istio_headers)

/* ---- nginx: nginx-gateway-fabric ---------------------------------------------------------- */

/* Defaults of nginx: internal/controller/nginx/config writes none of these. */
static const struct route_body_limit nginx_body_limit = {.bytes = 1 << 20};
static const struct route_timeouts nginx_timeouts = {
    .connect_ms = 60000,
    .send_ms = 60000,
    .read_ms = 60000,
    .request_ms = -1,
    .backend_request_ms = -1,
};
static const struct route_retries nginx_retries = {
    .attempts = -1,
    .conditions = {"error,timeout", 13},
};
static const struct route_buffering nginx_buffering = {.request = true, .response = true};
static const struct effects nginx_platform = {
    .body_limit = &nginx_body_limit,
    .timeouts = &nginx_timeouts,
    .retries = &nginx_retries,
    .buffering = &nginx_buffering,
};
/* internal/controller/nginx/config/servers.go, createBaseProxySetHeaders; server_tokens is off
 * (internal/controller/state/dataplane/configuration.go, buildServerTokens) */
static const struct gateway_header nginx_headers[] = {
    {true, EDIT_ADD, "X-Forwarded-For", PART_CLIENT, ""},
    {true, EDIT_SET, "X-Real-IP", PART_CLIENT, ""},
    {true, EDIT_SET, "X-Forwarded-Proto", PART_SCHEME, ""},
    {true, EDIT_SET, "X-Forwarded-Host", PART_HOST, ""},
    {true, EDIT_SET, "X-Forwarded-Port", PART_PORT, ""},
    {false, EDIT_SET, "Server", PART_TEXT, "nginx"},
};

/* ---- the rows ----------------------------------------------------------------------------- */

static const struct gateway_profile profiles[] = {
    {
        .name = "standard",
        .version = "Gateway API v1.6.1",
        .source = "kubernetes-sigs/gateway-api v1.6.1, apis/v1 and conformance/tests",
        .external_auth = true,
        .host_falls_through = true,
        .prefix_slash_counts = true,
        .has_default_gateways = true,
        .has_listener_sets = true,
        .view = {.form_open = true,
                 .missing_host_status = 400,
                 .old_http_status = -1,
                 .host_dot = HOST_DOT_OPEN},
        /* a SHOULD of HTTPSListener in apis/v1/gateway_types.go */
        .detects_misdirected = true,
    },
    {
        .name = "aks-approuting",
        .version = "AKS application routing, Gateway API implementation (Istio 1.30)",
        .source = "istio/istio 1.30 pilot/pkg/config/kube/gateway and pilot/pkg/networking/core; "
                  "learn.microsoft.com/azure/aks/app-routing-gateway-api",
        .gateway_class = "approuting-istio",
        .controller_name = "istio.aks.azure.com/gateway-controller",
        ISTIO_ROW,
    },
    {
        .name = "istio",
        .version = "Istio 1.30",
        .source = "istio/istio 1.30.1 pilot/pkg/config/kube/gateway and pilot/pkg/networking/core",
        .gateway_class = "istio",
        .controller_name = "istio.io/gateway-controller",
        ISTIO_ROW,
    },
    {
        .name = "envoy-gateway",
        .version = "Envoy Gateway 1.9",
        .source = "envoyproxy/gateway v1.9.0 internal/gatewayapi/sort.go, "
                  "internal/gatewayapi/listener.go and internal/xds/translator",
        .gateway_class = "eg",
        .controller_name = "gateway.envoyproxy.io/gatewayclass-controller",
        .regex_span = SPAN_WHOLE,
        .regex_place = PLACE_BEFORE_PREFIXES,
        .regex_engine = PROFILE_ENGINE_RE2,
        .match_order = ORDER_METHOD_AS_HEADER,
        .prefix_slash_counts = true,
        .has_listener_sets = true,
        /* internal/gatewayapi/route.go: processRouteTimeout, processRouteRetry, sessionPersistence;
         * internal/xds/translator/route.go: buildRetryPolicy, idleTimeout */
        .backend_timeout_is_total = true,
        .idle_follows_total = true,
        .retry_attempts = 2,
        .retry_conditions = "connect-failure,refused-stream,unavailable,cancelled",
        .retry_codes = "503",
        .sessions = SESSIONS_OF_ENVOY,
        /* internal/gatewayapi/backendtlspolicy.go, getCaCertsFromCARefs */
        .authorities_in_secrets = true,
        .backend_authorities = BACKEND_AUTHORITIES_BUNDLES,
        /* internal/gatewayapi/validate.go, validateBackendRefFilters */
        .backend_filters = BACKEND_FILTERS_HEADERS_AND_HOST,
        .external_names = EXTERNAL_NAMES_REFUSED,
        /* listener.go: MergeSlashes, UnescapeAndRedirect; buildHeadersWithUnderscoresAction */
        .view = {.match_form = {.merge_slashes = true,
                                .resolve_dots = true,
                                .stay_in_root = true,
                                .decode_unreserved = true},
                 .bad_escape_status = 400,
                 .old_http_status = 426,
                 .forward_normalised = true,
                 .escaped_slash_status = 307,
                 .missing_host_status = 400,
                 .host_dot = HOST_DOT_KEPT,
                 .underscores = UNDERSCORES_REJECTED},
        .platform = &envoy_gateway_platform,
        .headers = envoy_headers,
        .header_count = ARRAY_LEN(envoy_headers),
    },
    {
        .name = "nginx-gateway-fabric",
        .version = "NGINX Gateway Fabric 2.6",
        .source = "nginx/nginx-gateway-fabric v2.6.7 internal/controller/nginx/config/servers.go, "
                  "internal/controller/nginx/modules/src/httpmatches.js and "
                  "internal/controller/state",
        .gateway_class = "nginx",
        .controller_name = "gateway.nginx.org/nginx-gateway-controller",
        .regex_span = SPAN_START,
        .regex_place = PLACE_BEFORE_PREFIXES,
        .regex_engine = PROFILE_ENGINE_NGINX,
        .values_searched = true,
        .header_lists = true,
        .prefix_slash_counts = true,
        .path_decides_alone = true,
        .backend_filters = BACKEND_FILTERS_REFUSED,
        .redirect_keeps_port = true,
        /* internal/controller/nginx/config/servers.go, updateLocation: returns before it sets headers */
        .redirects_bare = true,
        .cors_answers_every_options = true,
        .ignores_timeouts = true,
        .ignores_retry = true,
        /* internal/controller/state/graph/httproute.go, checkForUnsupportedHTTPFields: only NGINX Plus keeps
         * sessions; internal/controller/manager.go: TCPRoutes and UDPRoutes are watched with
         * nginxGateway.gwAPIExperimentalFeatures; gateway_listener.go, validateTLSFieldOnTLSListener */
        .sessions = SESSIONS_IGNORED,
        .has_listener_sets = true,
        .tcp = STREAMS_UNREAD,
        .udp = STREAMS_UNREAD,
        .tls_passes_only = true,
        /* gateway_listener.go, validateFrontendTLS; servers_template.go; backend_tls_policy.go,
         * validateBackendTLSCACertRef */
        .authorities_in_secrets = true,
        .backend_authorities = BACKEND_AUTHORITIES_SECRETS,
        .client_depth = 4,
        .detects_misdirected = true,
        .refuses_h2c = true,
        /* internal/controller/state/graph/backend_refs.go, checkExternalNameValidForGateways; servers.go,
         * createBaseProxySetHeaders */
        .external_names = EXTERNAL_NAMES_RESOLVED,
        /* as nginx reads requests; see the same of ingress-nginx */
        .view = {.match_form = {.decode = true, .merge_slashes = true, .resolve_dots = true},
                 .escape_rewritten = true,
                 .above_root_status = 400,
                 .bad_escape_status = 400,
                 .missing_host_status = 400,
                 .bad_host_status = 400,
                 .bad_method_status = 405,
                 .cut_fragment = true,
                 .underscores = UNDERSCORES_DROPPED},
        .platform = &nginx_platform,
        .headers = nginx_headers,
        .header_count = ARRAY_LEN(nginx_headers),
    },
};

const struct gateway_profile *gateway_profile_at(size_t index)
{
    return index < ARRAY_LEN(profiles) ? &profiles[index] : NULL;
}

const struct gateway_profile *gateway_profile_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        if (slice_is(name, profiles[i].name)) {
            return &profiles[i];
        }
    }
    return NULL;
}

bool gateway_profile_reading(const struct gateway_profile *profile, size_t index,
                             struct gateway_profile *out)
{
    static const enum regex_span spans[] = {SPAN_WHOLE, SPAN_START, SPAN_ANYWHERE};
    static const enum regex_place places[] = {PLACE_BEFORE_PREFIXES, PLACE_AFTER_PREFIXES,
                                              PLACE_BY_LENGTH};
    size_t span = index % ARRAY_LEN(spans), rest = index / ARRAY_LEN(spans);
    if (profile->regex_span != SPAN_OPEN || rest >= 2 * ARRAY_LEN(places)) {
        return false;
    }
    *out = *profile;
    out->regex_span = spans[span];
    out->regex_place = places[rest % ARRAY_LEN(places)];
    out->values_searched = rest / ARRAY_LEN(places) > 0;
    return true;
}
