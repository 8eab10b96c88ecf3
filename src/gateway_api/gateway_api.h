/* Front end: Gateways and HTTPRoutes as a route table, under the profile of an implementation.
 *
 * Ownership: results live in the run's arena; profiles are static.
 * Errors:    diagnostics with letter G: references to nothing, missing grants, routes that attach nowhere,
 *            listeners in conflict, filters and fields that are not understood (which make their rules
 *            unknown).
 * Threads:   none shared.
 * Source:    gateway-api v1.6.1 apis/v1 and conformance/; for profiles each row names its own. */
#ifndef GATESHIFT_GATEWAY_API_H
#define GATESHIFT_GATEWAY_API_H

#include "kube/kube.h"
#include "route/route.h"

/* A header that an implementation sets by itself. */
struct gateway_header {
    bool on_request; /* else on the response */
    enum edit_kind kind;
    const char *name;
    enum part_kind part;
    const char *text; /* PART_TEXT */
};

/* What the standard leaves open, one row per implementation. */
struct gateway_profile {
    const char *name;    /* standard, aks-approuting */
    const char *version; /* what the row describes, with its source */
    const char *source;
    const char *gateway_class;   /* name that objects for it carry; null: any */
    const char *controller_name; /* GatewayClass spec.controllerName; null: any */
    bool
        regex_known; /* false: anchoring, rank and dialect of regexes are open: such rules are unknown where
                         it matters */
    bool regex_whole; /* a path regex must span the path */
    /* Rank of a regex path among prefixes: Istio puts every prefix before every regex and drops what follows
     * an unconditional "/" prefix of the host (istio pilot/pkg/networking/core/route/route.go). */
    bool regex_after_prefix;
    bool stops_at_catch_all;
    bool regex_re2; /* look-around and back-references are refused */
    bool
        regex_star_is_present; /* a header match of type RegularExpression with "*" tests for presence */
    /* Does "/match/" outrank "/match"? Characters as declared count by the standard's wording ("largest
     * number of characters"); Istio cuts the slash before it compares. */
    bool prefix_slash_counts;
    /* A host's rules do not match: go on to rules of a less specific hostname of the same listener? The
     * standard says so (HTTPRouteRule.matches in apis/v1/httproute_types.go), virtual hosts of Envoy do not. */
    bool host_falls_through;
    /* A filter that is not understood takes the whole HTTPRoute away, so that other routes may serve its
     * requests (istio pilot/pkg/config/kube/gateway/conversion.go); else the rule's outcome is unknown. */
    bool bad_filter_drops_route;
    bool sets_host_by_header;  /* RequestHeaderModifier may change Host; else that is open */
    bool has_listener_sets;    /* ListenerSets add listeners to Gateways */
    bool serves_external_name; /* Services of type ExternalName; else that is open */
    bool reads_app_protocol;   /* also the values of Service appProtocol outside kubernetes.io */
    struct view view;
    /* What it does where a route says nothing; null: left open. */
    const struct effects *platform; /* without headers */
    const struct gateway_header *headers;
    size_t header_count;
    /* HTTPS: Host served by another listener than SNI chose gives 421 */
    bool detects_misdirected;
};
/* Null when there is none of that name; null past the end. */
const struct gateway_profile *gateway_profile_find(struct slice name);
const struct gateway_profile *gateway_profile_at(size_t index);

void gateway_api_build(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile, struct route_table *table);
/* Says what gateway_api_build says, and what there is to say about routes that attach nowhere. */
void gateway_api_check(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile);

#endif
