/* Shared by the files of this module. */
#ifndef GATESHIFT_GATEWAY_PRIV_H
#define GATESHIFT_GATEWAY_PRIV_H

#include "gateway_api/gateway_api.h"
#include "language/language.h"

#define GATEWAY_GROUP "gateway.networking.k8s.io"

struct gateway_state;
struct listener_state;
struct policy_reader;

/* One match of one rule of a route: what takes part in the order of precedence. */
struct policy_work;
typedef void policy_view_fn(struct policy_work *work, const struct node *spec, struct view *view);
/* Paths of a match that policies tell from its others: one, or all that start with the text. */
struct path_part {
    struct slice text;
    bool open;
};
struct candidate {
    struct rule rule; /* regexes read as spanning what they test */
    const struct http_rule *source;
    const struct http_match *match;
    const struct path_part *part; /* null: all its paths, or those of no part */
    const struct route_state *route;
    size_t rule_index, match_index;
    unsigned path_rank; /* lower is first */
    size_t path_length, headers, queries;
    size_t exact_headers, exact_queries; /* where those of type Exact count more */
    bool has_method, has_regex;
    bool is_call; /* of a GRPCRoute */
};

/* Why a parentRef led nowhere; the later, the closer it came (RouteConditionReason in
 * apis/v1/shared_types.go). */
enum verdict { NO_PARENT_LISTENER, NOT_ALLOWED, NO_HOSTNAME, ATTACHED };

/* What became of one parentRef, or of a default Gateway. */
struct parent_state {
    struct object_ref ref;
    struct gateway_state *gateway; /* null: not a Gateway here, so nobody says anything of it */
    enum verdict verdict;
};

/* Why a condition is not what one would wish: a reason of the API, and a sentence. Absent: nothing is wrong. */
struct fault {
    const char *reason;
    struct slice message;
};

/* A host name of a listener that a route serves. */
struct served_host {
    struct listener_state *listener;
    struct host_pattern host; /* intersected */
};

struct route_state {
    const struct http_route *route;
    struct gateway_state **gateways; /* that let it in */
    size_t gateway_count, gateway_capacity;
    size_t age; /* place in the order of creation time, namespace, name */
    struct parent_state *parents;
    size_t parent_count;
    struct served_host *served; /* what it is attached by */
    size_t served_count, served_capacity;
    bool compiled;
    struct candidate *candidates;
    size_t count, capacity;
    bool is_stream; /* a TLSRoute, TCPRoute or UDPRoute: no candidates, but where connections go */
    struct backend *tunnel;
    size_t tunnel_count;
    const struct unknown *unknown;
};

/* A route serves a host name of a listener. */
struct attachment {
    struct host_pattern host; /* intersected */
    struct route_state *route;
};

enum listener_protocol {
    LISTENER_HTTP,
    LISTENER_HTTPS,
    LISTENER_TLS,
    LISTENER_TCP,
    LISTENER_UDP,
    LISTENER_OTHER, /* of an implementation's own */
    LISTENER_PROTOCOL_COUNT
};

struct listener_state {
    struct gateway_state *gateway;
    const struct object *owner; /* the Gateway or the ListenerSet that it is written in */
    const struct listener *listener;
    size_t index; /* in spec.listeners */
    enum listener_protocol protocol;
    struct host_pattern host;
    bool refused; /* in conflict, or without a usable certificate: serves nothing */
    struct fault conflict, rejected, unresolved; /* Conflicted, Accepted, ResolvedRefs */
    bool no_certificate;                         /* that could be used */
    size_t route_count; /* accepted, also by a listener that serves nothing */
    struct certificate certificate;
    const struct client_check *client;
    const struct unknown *unknown;
    struct attachment *attachments;
    size_t count, capacity;
    struct map *names; /* of these hosts; null until somebody asks */
};

struct gateway_state {
    const struct gateway *gateway;
    struct slice id;                  /* "namespace/name" */
    struct listener_state *listeners; /* its own, then those of its sets */
    size_t count;
    const struct listener_set **sets; /* that it lets in, oldest first */
    size_t set_count, set_capacity;
    struct fault rejected, unresolved; /* Accepted, ResolvedRefs */
    bool insecure_fallback; /* some listener lets in clients without a valid certificate */
};

/* A ListenerSet whose Gateway is here. */
struct set_state {
    const struct listener_set *set;
    struct gateway_state *gateway;
    bool allowed;
};

/* A BackendTLSPolicy. */
struct policy_state {
    const struct backend_tls_policy *policy;
    struct fault rejected, unresolved; /* Accepted, ResolvedRefs */
    bool unusable;                     /* connections under it cannot be made */
};

/* What a snippet for all of nginx, or for a server, defines for the location of a rule. */
struct snippet_part {
    const struct effects *effects; /* of the rule */
    const char *kind;              /* directive that may name it: "auth_request" */
    struct slice name;
    const void *value;
};

struct builder {
    struct snippet_part *parts;
    size_t part_count, part_capacity;
    struct map *defined; /* names that snippets define, to who does */
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
    struct map *tls_policies; /* "namespace/service" and "namespace/service/port name" */
    const struct policy_reader *readers; /* of the implementation's own kinds; null: it has none */
    policy_view_fn *gateway_view;
    struct map *policies;       /* of these kinds, by what they are attached to */
    size_t resolvers;           /* Gateways that look names outside of the cluster up */
    const struct object **each; /* policies of which several may be in force */
    size_t each_count, each_capacity;
    struct map *common;                    /* kind of a policy to what all Gateways have by it */
    const struct object *policies_unknown; /* one that may hold for every route; null: none */
    struct policy_state *backend_policies; /* BackendTLSPolicies, oldest first */
    size_t backend_policy_count;
    struct set_state *sets; /* also those that are not let in */
    size_t set_count, set_capacity;
    /* Subject of a route to struct fault: its conditions Accepted, ResolvedRefs and PartiallyInvalid. */
    struct map *rejected, *unresolved, *partial;
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

/* ---- gateways.c */
/* Parameters, addresses and the certificate for backends. */
void gateway_judge(struct builder *builder, struct gateway_state *gateway);
/* "shop/client": what it shows to backends, once it is judged; absent: nothing. */
struct slice gateway_certificate(struct builder *builder, const struct gateway_state *gateway);

/* ---- clients.c */
/* Which certificates the listener asks clients for. */
void listener_clients(struct builder *builder, struct listener_state *state);

/* ---- status.c */
void statuses_collect(struct builder *builder, struct gateway_statuses *out);

/* ---- sets.c */
/* Which ListenerSets belong to which Gateway. */
void listener_sets_read(struct builder *builder);

/* ---- attach.c */
void routes_attach(struct builder *builder);

/* True when the listener's protocol carries the kind, and its allowedRoutes do not rule it out. */
bool listener_takes_kind(const struct listener_state *state, struct slice kind);
bool protocol_carries(const struct listener_state *state, struct slice kind);
/* Older objects first, then by namespace and name. */
int object_age_order(const struct object *x, const struct object *y);

/* ---- candidate.c */
void route_compile(struct builder *builder, struct route_state *state);
/* The match as it is tested. Regexes span what they test, or, `broad`, are found anywhere in it. */
void candidate_match(struct builder *builder, struct candidate *candidate, bool broad,
                     struct match *out);

/* ---- traffic.c */
/* Those of the effects, else the implementation's own. */
struct route_timeouts timeouts_in_force(struct builder *builder, const struct effects *effects);
/* To be called when the limit on the whole exchange was set. */
void idle_follow_total(struct builder *builder, struct route_timeouts *timeouts);
/* timeouts, retry and sessionPersistence of the rule. */
void traffic_apply(struct builder *builder, struct candidate *candidate);

/* ---- policies_platform.c */
void effect_put(struct effects *effects, enum effect_id id, const void *effect);

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
/* Where the connections of a TLSRoute, TCPRoute or UDPRoute go. */
void tunnel_compile(struct builder *builder, struct route_state *state);
void backends_apply(struct builder *builder, const struct route_state *state,
                    const struct http_rule *source, const struct http_match *match,
                    struct rule *rule);
/* Notes that an object is taken to exist; it is said once, at the end. */
void assume(struct builder *builder, const char *kind, struct slice namespace, struct slice name);

/* ---- tls_policies.c */
void tls_policies_read(struct builder *builder);
/* The policy for connections to a port of a Service; null: they are made without TLS. */
const struct policy_state *tls_policy_find(struct builder *builder, const struct service *service,
                                           struct slice port_name);
/* How connections under it are made. */
const struct route_upstream_tls *tls_policy_effect(struct builder *builder,
                                                   const struct policy_state *state);

/* ---- others.c: kinds without a type of their own */
void others_report(struct builder *builder);
bool is_gateway_kind(const struct object *object, const char *kind);

/* ---- entries.c */
void entries_add(struct builder *builder, struct gateway_state *gateway);

#endif
