#include "convert/capabilities_priv.h"

/* ---- what targets can express -------------------------------------------------------------- */

/* AKS documentation of the managed Gateway API: istiod is run by AKS, no Istio CRDs, no
 * EnvoyFilter, no settings of the mesh, so there is nowhere else to say these things. */
#define AKS_answer         STANDARD_answer
#define AKS_redirect       STANDARD_redirect
#define AKS_https_redirect STANDARD_https_redirect
#define AKS_body_limit                                                                             \
    SUPPORT_NONE,                                                                                  \
        "application routing with Gateway API has no limit on bodies; check the size in "          \
        "the application or in Azure Front Door or Application Gateway in front"
#define AKS_addresses                                                                              \
    SUPPORT_NONE, "there is no list for one route; give these hosts a Gateway of their own with "  \
                  "loadBalancerSourceRanges in its ConfigMap, or check in the application"
#define AKS_authentication                                                                         \
    SUPPORT_NONE, "application routing with Gateway API asks for no credentials; put a proxy "     \
                  "that does (such as oauth2-proxy) in front of the Service, or check in the "     \
                  "application"
#define AKS_cors              STANDARD_cors
#define AKS_rewrite           STANDARD_rewrite
#define AKS_upstream_host     STANDARD_upstream_host
#define AKS_upstream_protocol STANDARD_upstream_protocol
#define AKS_request_headers   STANDARD_request_headers
#define AKS_response_headers  STANDARD_response_headers
#define AKS_timeouts                                                                               \
    SUPPORT_NONE, "an HTTPRoute only limits the whole exchange, which would cut long streams; "    \
                  "Istio waits without limit, so set timeouts.request by hand where none may hang"
#define AKS_retries                                                                                \
    SUPPORT_NONE, "Istio repeats a request twice when the connection fails, and this cannot be "   \
                  "set"
#define AKS_buffering   STANDARD_buffering
#define AKS_mirrors     STANDARD_mirrors
#define AKS_error_pages STANDARD_error_pages
#define AKS_rate_limit                                                                             \
    SUPPORT_NONE, "application routing with Gateway API has no rate limits; set them in Azure "    \
                  "Front Door or Application Gateway in front, or in the application"
#define AKS_firewall                                                                               \
    SUPPORT_NONE, "put Azure Front Door or Application Gateway with its firewall in front"
#define AKS_upstream_tls STANDARD_upstream_tls
#define AKS_affinity                                                                               \
    SUPPORT_NONE, "application routing with Gateway API keeps no client at one endpoint; keep "    \
                  "sessions where all endpoints see them, such as in a cache"
#define AKS_balancing         SUPPORT_NONE, "Istio chooses endpoints by itself, and this cannot be set"
#define AKS_bandwidth         STANDARD_bandwidth
#define AKS_upstream_http     STANDARD_upstream_http
#define AKS_response_rewrites STANDARD_response_rewrites
#define AKS_fastcgi           STANDARD_fastcgi

/* What the platform says otherwise of features than the standard does. */
static const struct feature_capability aks_features[] = {
    {FEATURE_backend_client_certificate, SUPPORT_NONE,
     "backends are shown no certificate; let them check who connects by another way, such as a "
     "NetworkPolicy"},
    {FEATURE_expressions, SUPPORT_NEAR,
     "RegularExpression: it spans the whole path, in the syntax of RE2; prefixes are written as "
     "expressions where their order needs it"},
    {FEATURE_expression_match, SUPPORT_NEAR,
     "header match of type RegularExpression, in the syntax of RE2"},
    {FEATURE_client_certificates, SUPPORT_NEAR,
     "listener option gateway.istio.io/tls-terminate-mode, where the CA is in the Secret of the "
     "certificate; spec.tls.frontend from Gateway API 1.5 on, where all hosts of a Gateway want "
     "the "
     "same CA; whoever has none then gets no connection, and not 400"},
    {FEATURE_basic_auth, SUPPORT_NONE,
     "put oauth2-proxy with --htpasswd-file in front of the Service and route to it, or ask in the "
     "application"},
    {FEATURE_external_auth, SUPPORT_NONE,
     "put oauth2-proxy in front of the Service (--upstream) and route to it, or ask in the "
     "application"},
    {FEATURE_forwarded_trust, SUPPORT_NONE,
     "whose forwarding headers are believed cannot be set: clients connect to the Gateway "
     "themselves, with externalTrafficPolicy Local in its ConfigMap for their addresses"},
    {FEATURE_proxy_protocol, SUPPORT_NONE,
     "Gateways do not read the PROXY protocol, and this cannot be set: let the load balancer send "
     "none, with externalTrafficPolicy Local in the ConfigMap of the Gateway for the addresses of "
     "clients"},
    {FEATURE_request_reading, SUPPORT_NONE, "how Istio reads requests cannot be set"},
    {FEATURE_tracing, SUPPORT_NONE,
     "tracing cannot be set without Istio's own kinds; let the application make its spans"},
    {FEATURE_streams, SUPPORT_NONE,
     "Istio serves no UDP, and TCP only by a setting that AKS does not have; give the port a "
     "Service of type LoadBalancer of its own"},
};

static const struct target standard = {
    .name = "standard",
    .profile = "standard",
    .text = "what the text of Gateway API promises, for any implementation",
    .gateway_name_max = 63,
    .revocation_advice =
        "see what the implementation has for it, or refuse them in the application",
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, STANDARD_##id},
#include "route/effects.def"
#undef EFFECT
        },
};

static const struct target aks_approuting = {
    .name = "aks-approuting",
    .profile = "aks-approuting",
    .text = "AKS application routing with Gateway API (Istio run by AKS)",
    /* The Deployment is called <gateway>-approuting-istio. */
    .gateway_name_max = 63 - sizeof "approuting-istio",
    .on_aks = true,
    .mutual_option = "gateway.istio.io/tls-terminate-mode",
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, AKS_##id},
#include "route/effects.def"
#undef EFFECT
        },
    .features = aks_features,
    .feature_count = ARRAY_LEN(aks_features),
};

/* In the order in which they are listed. */
static const struct target *const targets[] = {&standard, &aks_approuting, &target_istio,
                                               &target_envoy_gateway, &target_ngf};

const struct target *target_at(size_t index)
{
    return index < ARRAY_LEN(targets) ? targets[index] : NULL;
}

const struct target *target_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        if (slice_is(name, targets[i]->name)) {
            return targets[i];
        }
    }
    return NULL;
}

const struct gateway_profile *target_profile(const struct target *target)
{
    return gateway_profile_find(slice_of(target->profile));
}

/* ---- options ------------------------------------------------------------------------------- */

enum { API_MINOR_MIN = 2, API_MINOR_MAX = 6, API_MINOR_DEFAULT = 5 };

void convert_options_default(struct convert_options *options)
{
    *options = (struct convert_options){.target = targets[0], .api_minor = API_MINOR_DEFAULT};
}

/* "1.MINOR" with an optional "v" in front and an optional patch behind. */
static bool version_minor(struct slice text, int *minor)
{
    struct slice part, rest = slice_starts(text, SLICE("v")) ? slice_sub(text, 1, text.len) : text;
    uint64_t number, patch;
    if (!slice_split(&rest, '.', &part) || !slice_is(part, "1") ||
        !slice_split(&rest, '.', &part) || !slice_to_uint(part, 999, &number) ||
        (rest.ptr && !slice_to_uint(rest, 999, &patch))) {
        return false;
    }
    *minor = (int)number;
    return true;
}

bool convert_api_version(struct slice text, int *minor)
{
    int number;
    if (!version_minor(text, &number) || number < API_MINOR_MIN || number > API_MINOR_MAX) {
        return false;
    }
    *minor = number;
    return true;
}

/* AKS documentation, managed Gateway API: which bundle comes with which Kubernetes version. */
static const struct {
    int kubernetes_minor; /* from this one on */
    int api_minor;
} aks_bundles[] = {{26, 2}, {34, 3}, {35, 4}, {36, 5}};

bool convert_aks_version(struct slice version, int *minor)
{
    int kubernetes;
    if (!version_minor(version, &kubernetes) || kubernetes < aks_bundles[0].kubernetes_minor) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(aks_bundles); i++) {
        if (kubernetes >= aks_bundles[i].kubernetes_minor) {
            *minor = aks_bundles[i].api_minor;
        }
    }
    return true;
}
