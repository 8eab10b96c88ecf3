/* What the standard leaves open, or an implementation does in its own way: one row per implementation.
 *
 * The one table that the Gateway front end reads objects by, and that the targets of conversions refer to.
 * What a row does not know is open, and what hangs on it is unknown.
 *
 * Ownership: rows are static.
 * Units:     as in route.h.
 * Errors:    none.
 * Threads:   read-only.
 * Source:    each row names version and source. */
#ifndef GATESHIFT_PROFILE_H
#define GATESHIFT_PROFILE_H

#include "route/route.h"

/* A header that an implementation sets by itself. */
struct gateway_header {
    bool on_request; /* else on the response */
    enum edit_kind kind;
    const char *name;
    enum part_kind part;
    const char *text; /* PART_TEXT */
};

/* Which part of a path an expression has to take. */
enum regex_span {
    SPAN_OPEN,
    SPAN_WHOLE,
    SPAN_START, /* "^" is put in front of it, and it is found from the start on */
    SPAN_ANYWHERE
};
/* Where expressions stand among prefixes, however long those are. */
enum regex_place {
    PLACE_OPEN,
    PLACE_BEFORE_PREFIXES,
    PLACE_AFTER_PREFIXES,
    PLACE_BY_LENGTH /* among them, by the number of characters */
};
/* Which expressions are taken at all. */
enum regex_engine {
    PROFILE_ENGINE_OPEN,
    PROFILE_ENGINE_RE2,
    PROFILE_ENGINE_NGINX /* PCRE, in the text of a location: see location_refuses */
};
/* Among matches of one path. */
enum match_order {
    ORDER_METHOD_FIRST, /* a method, then the number of headers, then of query parameters */
    ORDER_METHOD_AS_HEADER, /* headers with the method as one, then those of type Exact; so for queries */
};
/* What becomes of filters in backendRefs that it does not serve. */
enum backend_filters {
    BACKEND_FILTERS_SERVED,
    BACKEND_FILTERS_HEADERS_AND_HOST, /* any other makes the reference invalid: 500 */
    BACKEND_FILTERS_REFUSED           /* any at all does */
};
/* What becomes of TCP or UDP, as the implementation is installed when nobody says otherwise. */
enum stream_support {
    STREAMS_SERVED,
    STREAMS_REFUSED, /* the listener is not accepted */
    STREAMS_UNREAD   /* the listener is, and nobody reads routes for it */
};
/* sessionPersistence of HTTPRoutes and GRPCRoutes. */
enum session_support {
    SESSIONS_OPEN,    /* sessions are kept; how their cookie looks is not known */
    SESSIONS_IGNORED, /* the field is taken, and nothing is done with it */
    SESSIONS_OF_ENVOY /* envoy.filters.http.stateful_session */
};
enum external_names {
    EXTERNAL_NAMES_OPEN,
    EXTERNAL_NAMES_SERVED,
    EXTERNAL_NAMES_REFUSED,
    EXTERNAL_NAMES_RESOLVED /* where the Gateway has a resolver; they are asked by their own name */
};

/* Where a BackendTLSPolicy may name certificate authorities. */
enum backend_authorities {
    BACKEND_AUTHORITIES_MAPS,    /* ConfigMaps, which the standard asks for */
    BACKEND_AUTHORITIES_SECRETS, /* and Secrets, by ca.crt */
    BACKEND_AUTHORITIES_BUNDLES  /* and Secrets, also by tls.crt, and ClusterTrustBundles */
};

struct gateway_profile {
    const char *name;    /* standard, aks-approuting, istio, ... */
    const char *version; /* what the row describes, with its source */
    const char *source;
    const char *gateway_class;   /* name that objects for it carry; null: any */
    const char *controller_name; /* GatewayClass spec.controllerName; null: any */

    /* ---- matches */
    enum regex_span regex_span;
    enum regex_place regex_place;
    enum regex_engine regex_engine;
    enum match_order match_order;
    /* The rules of a host end at the first one that takes every request: what comes behind is not there. */
    bool stops_at_catch_all;
    bool
        regex_star_is_present; /* a header match of type RegularExpression with "*" tests for presence */
    bool values_searched; /* expressions of headers and queries are found anywhere in the value */
    /* A header value with commas is a list whose items are matched; how blanks count is not known. */
    bool header_lists;
    /* Does "/match/" outrank "/match"? Characters as declared count by the standard's wording ("largest
     * number of characters"); Istio cuts the slash before it compares. */
    bool prefix_slash_counts;
    /* The path alone chooses among paths: when no match of the chosen path holds, the answer is 404. */
    bool path_decides_alone;
    /* A host's rules do not match: go on to rules of a less specific hostname of the same listener? The
     * standard says so (HTTPRouteRule.matches in apis/v1/httproute_types.go), virtual hosts do not. */
    bool host_falls_through;

    /* ---- filters and fields */
    /* A filter that is not understood takes the whole HTTPRoute away, so that other routes may serve its
     * requests; else the rule's outcome is unknown. */
    bool bad_filter_drops_route;
    enum backend_filters backend_filters;
    bool external_auth;       /* serves the filter ExternalAuth; else it is not known */
    bool sets_host_by_header; /* RequestHeaderModifier may change Host; else that is open */
    bool redirect_keeps_port; /* a redirect without a scheme names the port, also a default one */
    bool cors_answers_every_options;      /* also OPTIONS that are no preflight */
    bool ignores_timeouts, ignores_retry; /* it takes the field, and does nothing with it */
    /* timeouts.backendRequest of a rule without retry limits the whole exchange, instead of timeouts.request */
    bool backend_timeout_is_total;
    bool idle_follows_total; /* no stream may rest shorter than an exchange may take, or than 1 h */
    int64_t retry_attempts;  /* where retry does not say; 0: open */
    const char *retry_conditions; /* beside the codes; null: those that the standard has */
    const char *retry_codes;      /* where retry names none; null: none */
    enum session_support sessions;
    bool has_default_gateways; /* Gateway defaultScope, routes useDefaultGateways */
    bool has_listener_sets;    /* ListenerSets add listeners to Gateways */
    enum stream_support tcp, udp;
    bool tls_passes_only;    /* listeners of protocol TLS take the mode Passthrough only */
    size_t certificates_max; /* of a listener, or it serves nothing; 0: no limit of its own */
    /* spec.tls.frontend: one certificate authority, or the listener serves nothing; the mode is not read, so that
     * clients without a certificate are never let in */
    bool frontend_of_istio;
    bool redirects_bare;         /* a ResponseHeaderModifier beside a redirect does nothing */
    bool authorities_in_secrets; /* of spec.tls.frontend, beside those in ConfigMaps */
    enum backend_authorities backend_authorities;
    int64_t client_depth;     /* longest chain of a client's certificate; 0: open */
    bool detects_misdirected; /* Host served by another listener than SNI chose gives 421 */

    /* ---- backends */
    enum external_names external_names; /* Services of type ExternalName */
    bool reads_app_protocol;            /* also values of appProtocol outside kubernetes.io */
    bool refuses_h2c;                   /* of HTTPRoutes: the reference is invalid */
    int64_t no_backends_status; /* answer of a rule that names none; 0: 500, as the standard says */

    /* ---- requests and what every rule does */
    struct view view;
    const struct effects *platform; /* where a route says nothing; null: open. Without headers */
    const struct gateway_header *headers;
    size_t header_count;
};
/* Null when there is none of that name; null past the end. */
const struct gateway_profile *gateway_profile_find(struct slice name);
const struct gateway_profile *gateway_profile_at(size_t index);
/* A way to read expressions that the row leaves open, with nothing about them open. False past the last one, and
 * where nothing is open. */
bool gateway_profile_reading(const struct gateway_profile *profile, size_t index,
                             struct gateway_profile *out);

/* Expressions that are not written into a location (nginx-gateway-fabric,
 * internal/controller/nginx/config/validation/common.go: pathFmt). */
bool location_refuses(struct slice pattern);

#endif
