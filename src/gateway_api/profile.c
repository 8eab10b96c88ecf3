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
static struct part envoy_client[] = {{.kind = PART_CLIENT}};
static struct part envoy_scheme[] = {{.kind = PART_SCHEME}};
static struct part envoy_request_id[] = {{.kind = PART_REQUEST_ID}};
static struct part envoy_server[] = {{.kind = PART_TEXT, .text = {"istio-envoy", 11}}};
static struct header_edit envoy_request_edits[] = {
    {EDIT_ADD, {"X-Forwarded-For", 15}, {envoy_client, 1}, false},
    {EDIT_SET, {"X-Forwarded-Proto", 17}, {envoy_scheme, 1}, false},
    {EDIT_SET, {"X-Request-Id", 12}, {envoy_request_id, 1}, false},
};
static struct header_edit envoy_response_edits[] = {
    {EDIT_SET, {"Server", 6}, {envoy_server, 1}, false},
};
static const struct route_header_edits istio_request_headers = {
    .edits = {envoy_request_edits, ARRAY_LEN(envoy_request_edits), ARRAY_LEN(envoy_request_edits)},
};
static const struct route_header_edits istio_response_headers = {
    .edits = {envoy_response_edits, ARRAY_LEN(envoy_response_edits),
              ARRAY_LEN(envoy_response_edits)},
};
static const struct effects istio_platform = {
    .body_limit = &no_body_limit,
    .request_headers = &istio_request_headers,
    .response_headers = &istio_response_headers,
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
