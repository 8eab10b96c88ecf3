/* Shared by the files of this module. */
#ifndef GATESHIFT_GATEWAY_PRIV_H
#define GATESHIFT_GATEWAY_PRIV_H

#include "gateway_api/gateway_api.h"
#include "language/language.h"

#define GATEWAY_GROUP "gateway.networking.k8s.io"

struct gateway_state;
struct policy_reader;

/* One match of one rule of a route: what takes part in the order of precedence. */
struct candidate {
    struct rule rule; /* regexes read as spanning what they test */
    const struct http_rule *source;
    const struct http_match *match;
    const struct route_state *route;
    size_t rule_index, match_index;
    unsigned path_rank; /* lower is first */
    size_t path_length, headers, queries;
    size_t exact_headers, exact_queries; /* where those of type Exact count more */
    bool has_method, has_regex;
    bool is_call; /* of a GRPCRoute */
};

struct route_state {
    const struct http_route *route;
    struct gateway_state **gateways; /* that let it in */
    size_t gateway_count, gateway_capacity;
    size_t age; /* place in the order of creation time, namespace, name */
    bool compiled;
    struct candidate *candidates;
    size_t count, capacity;
};

/* A route serves a host name of a listener. */
struct attachment {
    struct host_pattern host; /* intersected */
    struct route_state *route;
};

enum listener_protocol { LISTENER_HTTP, LISTENER_HTTPS, LISTENER_TLS, LISTENER_OTHER };

struct listener_state {
    struct gateway_state *gateway;
    const struct object *owner; /* the Gateway or the ListenerSet that it is written in */
    const struct listener *listener;
    size_t index; /* in spec.listeners */
    enum listener_protocol protocol;
    struct host_pattern host;
    bool refused; /* in conflict, or without a usable certificate: serves nothing */
    struct certificate certificate;
    const struct unknown *unknown;
    struct attachment *attachments;
    size_t count, capacity;
};

struct gateway_state {
    const struct gateway *gateway;
    struct slice id;                  /* "namespace/name" */
    struct listener_state *listeners; /* its own, then those of its sets */
    size_t count;
    const struct listener_set **sets; /* that it lets in, oldest first */
    size_t set_count, set_capacity;
};

struct builder {
    struct run *run;
    const struct kube *kube;
    const struct gateway_profile *profile;
    struct route_table *table;
    struct gateway_state *gateways;
    size_t gateway_count;
    struct map *gateway_index; /* id to struct gateway_state */
    struct map *set_index;     /* id of a ListenerSet to the struct gateway_state it belongs to */
    struct route_state *routes;
    size_t route_count;
    struct language_set *languages;
    struct map *patterns;     /* of regular expressions, to what engines say of them */
    struct map *lists;        /* routes and next list to struct rule_list, so that hosts share */
    struct map *assumed;      /* "Service shop/web": what is not in the input */
    bool has_tls_routes;      /* in the input, not understood */
    struct map *tls_policies; /* "namespace/service" and "namespace/service/port name" */
    const struct policy_reader *readers; /* of the implementation's own kinds; null: it has none */
    struct map *policies;                /* of these kinds, by what they are attached to */
    const struct object *policies_unknown; /* one that may hold for every route; null: none */
};

/* ---- hosts.c */
struct host_pattern host_of(struct builder *builder, struct slice hostname);
/* The more specific of two where one covers the other; false when they have no host in common. */
bool host_intersect(const struct host_pattern *a, const struct host_pattern *b,
                    struct host_pattern *out);
/* Exact names first, then longer wildcards, then every host; by name within. */
int host_order(const struct host_pattern *a, const struct host_pattern *b);

/* ---- listeners.c */
void listeners_build(struct builder *builder, struct gateway_state *gateway);
/* Adds the listeners of its sets. */
void set_listeners_build(struct builder *builder, struct gateway_state *gateway);

/* ---- sets.c */
/* Which ListenerSets belong to which Gateway. */
void listener_sets_read(struct builder *builder);

/* ---- attach.c */
void routes_attach(struct builder *builder);

/* ---- candidate.c */
void route_compile(struct builder *builder, struct route_state *state);
/* The match as it is tested. Regexes span what they test, or, `broad`, are found anywhere in it. */
void candidate_match(struct builder *builder, struct candidate *candidate, bool broad,
                     struct match *out);

/* Those of the effects, else the implementation's own. */
struct route_timeouts timeouts_in_force(struct builder *builder, const struct effects *effects);

/* ---- dialect.c */
/* False when the data plane's engine refuses the expression, which is said. */
bool regex_taken(struct builder *builder, const struct object *object, struct slice pattern,
                 bool of_path, struct span span);

/* ---- rules.c */
/* Rules of the routes in the order of precedence; `next` goes on where none matches. */
const struct rule_list *rules_merge(struct builder *builder, struct route_state **routes,
                                    size_t count, const struct rule_list *next);

/* ---- locations.c */
/* Rules where the path alone chooses among paths, as nginx's locations do. The candidates come in the order of
 * precedence. */
void locations_fill(struct builder *builder, struct rule_list *list, struct candidate **items,
                    size_t count);

/* ---- filters.c */
enum filter_place { FILTER_OF_RULE, FILTER_OF_BACKEND };
/* What the filters of a rule or a backendRef do, for one match. */
void filters_apply(struct builder *builder, const struct http_route *route,
                   const struct http_match *match, enum filter_place place,
                   const struct http_filter *filters, size_t count, struct effects *effects,
                   const struct unknown **unknown);
/* True when the type is one of the standard that effects exist for. */
bool filter_is_known(const struct http_filter *filter);

/* ---- backends.c */
struct backend backend_resolve(struct builder *builder, const struct http_route *route,
                               const struct object_ref *given, const struct unknown **unknown);
void backends_apply(struct builder *builder, const struct http_route *route,
                    const struct http_rule *source, const struct http_match *match,
                    struct rule *rule);
/* Notes that an object is taken to exist; it is said once, at the end. */
void assume(struct builder *builder, const char *kind, struct slice namespace, struct slice name);

/* ---- others.c: kinds without a type of their own */
void others_report(struct builder *builder);
void tls_policies_read(struct builder *builder);
bool is_gateway_kind(const struct object *object, const char *kind);

/* ---- entries.c */
void entries_add(struct builder *builder, struct gateway_state *gateway);

#endif
