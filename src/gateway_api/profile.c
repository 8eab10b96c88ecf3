#include "gateway_api/gateway_api.h"

/* ---- Istio -------------------------------------------------------------------------------- */

/* pilot/pkg/networking/core/route/retry/retry.go, defaultRetryPriorityTypedConfig */
static const struct route_retries istio_retries = {
    .attempts = 2,
    .conditions = {"connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
                   75},
};
/* pkg/config/mesh/mesh.go: connectTimeout 10 s; pilot/pkg/networking/core/route/route.go: no timeout of a
 * route unless one is given */
static const struct route_timeouts istio_timeouts = {
    .connect_ms = 10000,
    .send_ms = -1,
    .read_ms = -1,
    .request_ms = -1,
    .backend_request_ms = -1,
};
static const struct route_body_limit no_body_limit = {.bytes = -1};
static const struct route_buffering streams = {.request = false, .response = false};

/* Envoy's connection manager with use_remote_address, as pilot/pkg/networking/core/listener.go sets it for
 * gateways: the client is appended to X-Forwarded-For, scheme and request id are set anew. */
static const struct gateway_header envoy_headers[] = {
    {true, EDIT_ADD, "X-Forwarded-For", PART_CLIENT, ""},
    {true, EDIT_SET, "X-Forwarded-Proto", PART_SCHEME, ""},
    {true, EDIT_SET, "X-Request-Id", PART_REQUEST_ID, ""},
    {false, EDIT_SET, "Server", PART_TEXT, "istio-envoy"},
};
static const struct effects istio_platform = {
    .body_limit = &no_body_limit,
    .timeouts = &istio_timeouts,
    .retries = &istio_retries,
    .buffering = &streams,
};

/* ---- the rows ----------------------------------------------------------------------------- */

static const struct gateway_profile profiles[] = {
    {
        .name = "standard",
        .version = "Gateway API v1.6.1",
        .source = "kubernetes-sigs/gateway-api v1.6.1, apis/v1 and conformance/tests",
        .host_falls_through = true,
        .prefix_slash_counts = true,
        .has_listener_sets = true,
        .view = {.missing_host_status = 400},
        /* a SHOULD of HTTPSListener in apis/v1/gateway_types.go */
        .detects_misdirected = true,
    },
    {
        .name = "aks-approuting",
        .version = "AKS application routing, Gateway API implementation (Istio 1.30)",
        .source = "istio/istio 1.30 pilot/pkg/config/kube/gateway and pilot/pkg/networking/core; "
                  "learn.microsoft.com/azure/aks/app-routing-gateway-api",
        .gateway_class = "approuting-istio",
        .regex_known = true,
        .regex_whole = true,
        .regex_after_prefix = true,
        .stops_at_catch_all = true,
        .regex_re2 = true,
        .regex_star_is_present = true,
        .bad_filter_drops_route = true,
        .sets_host_by_header = true,
        .serves_external_name = true,
        .reads_app_protocol = true,
        /* MeshConfig pathNormalization: the default resolves dot segments, keeps "//" and escapes */
        .view = {.match_form = {.resolve_dots = true},
                 .forward_normalised = true,
                 .missing_host_status = 400},
        .platform = &istio_platform,
        .headers = envoy_headers,
        .header_count = ARRAY_LEN(envoy_headers),
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
