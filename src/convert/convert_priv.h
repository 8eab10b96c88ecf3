/* Shared by the files of this module.
 *
 * The way of a table: entries become units (a host of a data plane), rules become drafts (a match
 * with filters and backends, as Gateway API has them), drafts are checked against Gateway API's
 * precedence, drafts of one Ingress and one meaning become a route group, groups become HTTPRoutes. */
#ifndef GATESHIFT_CONVERT_PRIV_H
#define GATESHIFT_CONVERT_PRIV_H

#include "convert/convert.h"
#include "language/language.h"

/* Limits of the CRDs, gateway-api apis/v1/gateway_types.go, httproute_types.go and
 * apis/v1beta1/referencegrant_types.go. */
enum {
    LISTENERS_MAX = 64,
    RULES_MAX = 16,
    RULE_MATCHES_MAX = 64,
    ROUTE_MATCHES_MAX = 128,
    HOSTNAMES_MAX = 16,
    PARENTS_MAX = 32,
    BACKENDS_MAX = 16,
    WEIGHT_MAX = 1000000,
    HEADER_EDITS_MAX = 16,
    TESTS_MAX = 16,
    PATH_BYTES_MAX = 1024,
    GRANT_NAMES_MAX = 16,
    CORS_ITEMS_MAX = 64,
    SECTION_NAME_MAX = 63,
    ROUTE_NAME_MAX = 253
};
/* Where Gateways live that serve more than one namespace, unless the user names it. */
#define SHARED_NAMESPACE "gateways"
/* Of the fields of a rule in an HTTPRoute, as it is written. */
enum { RULE_INDENT = 4 };

/* ---- what is planned ---------------------------------------------------------------------- */

enum path_rank { RANK_REGEX, RANK_PREFIX, RANK_EXACT };
struct draft_match {
    enum path_rank rank;
    struct slice value; /* as written */
    struct slice method;
    struct node *headers, *queries; /* null: none */
    const struct test *tests;       /* where they come from */
    size_t test_count;
    uint64_t key; /* Gateway API's precedence: larger wins */
};
/* An object of the target's own that says what an HTTPRoute cannot. */
struct policy {
    const struct policy_kind *kind;
    struct slice yaml;       /* of its spec, without what it is attached to */
    struct slice name;       /* ATTACH_FILTER */
    const struct node *spec; /* ATTACH_HOSTS */
};
/* Those of a rule, in the order of the target's kinds. Equal sets are one. */
struct policies {
    struct policy *items;
    size_t count;
    size_t on_route; /* how many are attached to the HTTPRoute */
    uint64_t hash;   /* of these */
};
/* What a rule does: its filters, backendRefs, timeouts and policies. Equal ones are one. */
struct behaviour {
    struct slice yaml; /* as they stand in an HTTPRoute */
    uint64_t hash;     /* of the text */
    const struct policies *policies;
};
struct draft {
    const struct rule *rule;
    struct draft_match match;
    const struct behaviour *behaviour;
    struct host_need *needs; /* see host_policy_priv.h; null: none */
    bool replaces_prefix;    /* must be the only match of its rule */
    bool to_https;           /* redirects plain http to https */
    bool not_found;          /* answers 404, as does a Gateway where no rule matches */
    bool dropped;
};
struct drafts {
    struct draft *items;
    size_t count, capacity;
};
struct draft_refs {
    const struct draft **items;
    size_t count, capacity;
};

/* Listeners of a namespace that belong to a Gateway of another one. */
struct set_plan {
    struct slice namespace, name;
    struct listener_plan **listeners;
    size_t count, capacity;
};
/* What a listener hands on without a look into it. */
enum stream_kind { STREAM_NONE, STREAM_TLS, STREAM_TCP, STREAM_UDP };
/* What asks clients of a listener for certificates. */
enum client_way { CLIENTS_UNASKED, CLIENTS_OF_LISTENER, CLIENTS_OF_GATEWAY };
struct listener_plan {
    struct slice name, hostname; /* hostname absent: every host */
    enum stream_kind stream;
    uint16_t port;
    bool https;
    struct slice secret_namespace, secret;
    const struct client_check *check; /* what its hosts ask clients for; null: nothing */
    bool checked, checks_differ;      /* there is a host; they do not ask for the same */
    enum client_way way;
    size_t gateway;          /* index in the plane */
    struct set_plan *set;    /* where it is written; null: in the Gateway */
    struct map *namespaces;  /* of routes that attach */
    struct certificate cert; /* the first that asked for it */
};
struct stream {
    const struct entry *entry; /* ENTRY_TUNNEL */
    struct listener_plan *listener;
};
struct listener_refs {
    const struct listener_plan **items;
    size_t count, capacity;
};
/* A host of a data plane, with what serves it. */
struct unit {
    const struct entry *http, *https; /* either may be null */
    const struct host_pattern *host;
    struct slice hostname; /* absent: every host */
    const struct rule_list *rules;
    struct listener_plan *secure; /* null: no listener for https */
    size_t gateway;
    bool chosen;    /* something of it is written */
    bool certified; /* https has a certificate of its own */
    bool emitted;
    bool falls; /* by http or https there are paths without a rule */
};
struct host_units {
    struct unit *of[2]; /* by http and by https */
};
/* Ingresses that tell external-dns the target of their names. */
struct dns_targets {
    struct dns_target *items;
    size_t count;
    bool same; /* all Ingresses of the plane do, and say the same */
};

struct plane {
    struct slice gateway; /* as the table names it */
    struct slice home;    /* the namespace whose apps it serves; empty: any */
    struct slice name;    /* of the Gateway */
    struct slice namespace;
    struct unit **units;
    size_t unit_count, unit_capacity;
    struct stream *streams;
    size_t stream_count, stream_capacity;
    struct listener_plan **listeners; /* of https and streams */
    size_t listener_count, listener_capacity;
    bool any_wide_listener;       /* of a wildcard, or of every host */
    struct listener_plan **plain; /* http: one a port and Gateway */
    size_t plain_count, plain_capacity;
    struct map *by_host;    /* to struct host_units; "" is every host */
    struct map *by_address; /* "port hostname" to listener */
    struct map *listener_names;
    struct map *namespaces; /* of its routes */
    struct origin *sources; /* Ingresses behind its routes */
    size_t source_count, source_capacity;
    struct dns_targets dns_targets;
    struct slice *gateway_names;
    size_t gateway_count;
    const struct client_check **clients; /* of all that a Gateway serves; null: it asks nobody */
    size_t written;                      /* Gateways, once they are */
    bool in_part;                        /* something of it was not chosen */
    struct set_plan **sets;
    size_t set_count, set_capacity;
};

struct family; /* what is known of an origin */
enum role { ROLE_MAIN, ROLE_HTTPS, ROLE_HTTP, ROLE_REDIRECT };
/* What one Ingress says for one or more hosts alike. */
struct route_group {
    struct plane *plane;
    struct origin origin;
    enum role role;
    bool explicit; /* parentRefs name their listeners */
    struct draft *rules;
    size_t rule_count;
    size_t *namesakes; /* how many groups of the Ingress want the same name */
    size_t part;       /* of those that differ in their policies alone, from 0 */
    struct unit **units;
    size_t unit_count, unit_capacity;
    struct slice name;
};

/* The drafts of one host by the Ingress that they come from. */
struct share {
    struct origin origin;
    struct draft_refs https, http, redirect; /* redirect: to https */
};
struct shares {
    struct share *items;
    size_t count, capacity;
    struct map *index; /* only where there are many */
};

struct conversion {
    struct run *run;
    struct arena *arena, *brief; /* brief: for the group that is written, cleared after it */
    struct arena *nodes; /* trees of what is written at the moment; cleared when it is text */
    const struct kube *kube;
    const struct route_table *table;
    const struct convert_options *options;
    struct converted *out;
    struct plane **planes;
    size_t plane_count, plane_capacity;
    struct route_group **groups;
    size_t group_count, group_capacity;
    struct map *group_index;
    struct family **ingress_families; /* by their place; those of other origins are in `families` */
    struct map *families;
    struct map *route_names;               /* namespace to a map of names */
    struct map *grants, *said, *overtaken; /* the last: settings of order.c; or null */
    struct ingress_places ingresses;
    struct map *set_names;    /* namespace to names of ListenerSets */
    struct map *issued;       /* "namespace/name" of Secrets that cert-manager keeps */
    struct map *choices;      /* origin to struct choice, where a part of the input is written */
    struct map *hosts_out;    /* hosts that were not chosen */
    bool silent;              /* what is at hand is not written */
    struct map *behaviours;   /* text to struct behaviour */
    struct map *forwarding;   /* what rules that do nothing else forward to, to struct behaviour */
    struct map *policy_sets;  /* text to struct policies */
    struct map *filter_names; /* namespace, kind and text to struct filter_object */
    struct map *backend_tls;  /* namespace and name of a Service to struct backend_tls */
    struct map *backend_certificates; /* plane and Gateway to struct shown_certificate */
    struct map *service_policies;     /* kind, namespace and name to struct service_policy */
    struct map *host_policies;        /* to struct host_policy */
    bool names_outside;        /* of the cluster: a Service of type ExternalName is a backend */
    const struct plane *plane; /* at hand, and its host */
    const struct unit *unit;
    struct map *vaults;             /* "namespace/secret" to struct vault */
    struct map *plain_backends;     /* port, "namespace/service" */
    struct map *ports;              /* "namespace/service port" to struct port_use */
    struct language_set *languages; /* null: none was asked for; with it the next ones */
    struct map *path_memo, *pair_memo, *shadow_memo;
    size_t questions;       /* about pairs of paths */
    struct drafts views[2]; /* of the host at hand, by http and by https */
    struct policy *named;   /* objects that backendRefs of the rule at hand name; null: none yet */
    struct shares shares;   /* of the host at hand */
    const struct route_redirect *redirect; /* the last redirect to https, and what it became */
    const struct behaviour *redirect_behaviour;
    /* of the data plane, those that are written in each rule, by http and by https; null: none */
    const struct route_header_edits *platform_request[2], *platform_response[2];
    struct buf text, key; /* scratch */
};

/* ---- say.c: diagnostics ------------------------------------------------------------------- */

struct slice origin_subject(struct conversion *c, const struct origin *origin); /* "Ingress a/b" */
/* Says it once for each place and text; the origin may be null. */
void say(struct conversion *c, enum diag_code code, enum severity severity, struct span span,
         const struct origin *origin, const char *format, ...) PRINTF_LIKE(6, 7);
void say_rule(struct conversion *c, enum diag_code code, const struct rule *rule,
              const char *format, ...) PRINTF_LIKE(4, 5);
const struct effect_source *rule_setting(const struct rule *rule); /* that answers, or null */
/* About an effect, at what set it. One that nobody set is said once, as a default (C005). */
void say_effect(struct conversion *c, enum diag_code code, enum severity severity,
                const struct rule *rule, const void *effect, const char *format, ...)
    PRINTF_LIKE(6, 7);
/* An effect that the target cannot express, with the advice of its capability. */
void say_unsupported(struct conversion *c, const struct rule *rule, enum effect_id id,
                     const void *effect);
void say_unknown(struct conversion *c, const struct unknown *unknown, const struct origin *origin);
/* Effects of the platform, and of the whole table. */
void say_platform(struct conversion *c);
/* "a, b, c and 7 more" */
struct slice name_list(struct conversion *c, const struct slice *names, size_t count);
/* All of them: of hosts to which something happens, at most HOSTS_SAID in one message. */
enum { HOSTS_SAID = 64 };
struct slice all_names(struct conversion *c, const struct slice *names, size_t count);

/* ---- fields.c ----------------------------------------------------------------------------- */

/* Names what no rule shows. */
void fields_say(struct conversion *c);

/* ---- infrastructure.c: what stands in front of a Gateway, as AKS has it ---------------------- */

struct infrastructure;
/* What the old data plane has in front of it; null: nothing that the target is to be told. Writes the ConfigMap
 * that a Gateway of this name refers to, so no tree may be at hand. */
const struct infrastructure *infrastructure_write(struct conversion *c, const struct plane *plane,
                                                  struct slice gateway, struct slice source);
/* spec.infrastructure of that Gateway; null: none is needed. */
struct node *infrastructure_node(struct conversion *c, const struct infrastructure *infrastructure);
/* What is not written, and what a Gateway that exists must have. */
void infrastructure_say(struct conversion *c, const struct plane *plane);
/* Addresses and names, once all Gateways are written. */
void infrastructure_say_addresses(struct conversion *c);

/* ---- patch.c: Services ----------------------------------------------------------------------- */
/* Remembers what is spoken to a backend that is written. */
void port_note(struct conversion *c, const struct rule *rule, const struct backend *backend);
void patches_write(struct conversion *c);

/* ---- vault.c: certificates in Key Vault ------------------------------------------------------- */

void vaults_read(struct conversion *c);
/* tls.options for the listener; null: its certificate is in a Secret. `own`: namespace of the Gateway. */
struct node *vault_options(struct conversion *c, const struct listener_plan *listener,
                           struct slice own);
bool vault_has(const struct conversion *c, const struct listener_plan *listener);
/* Certificates that no listener shows. */
void vaults_say(struct conversion *c);

/* ---- name.c ------------------------------------------------------------------------------- */

struct slice name_slug(struct arena *arena, struct slice text); /* [a-z0-9-], may be empty */
struct slice host_slug(struct arena *arena, struct slice hostname);
/* Adds a name of at most `max` bytes to `taken`; false when it is longer, or there. */
bool name_take(struct map *taken, struct slice wanted, size_t max);
/* `wanted`, cut to `max` bytes and made different from what is in `taken`, to which it is added.
 * `identity` says what the name is for: a hash of it is what makes a difference. */
struct slice name_claim(struct arena *arena, struct map *taken, struct slice wanted,
                        struct slice identity, size_t max);

/* ---- path.c ------------------------------------------------------------------------------- */

/* What an expression says as a literal: "/p(/|$)(.*)". */
enum shape_kind {
    SHAPE_NONE,
    SHAPE_ELEMENT, /* /p and /p/... */
    SHAPE_BELOW,   /* /p/... */
    SHAPE_TEXT,    /* /p... */
    SHAPE_EXACT,   /* /p */
    SHAPE_ALL      /* every path */
};
struct path_shape {
    enum shape_kind kind;
    struct slice head; /* "/p" */
    bool fold;         /* in any case, which matters */
    bool has_dot;      /* the head has a bare '.', which is any character */
};
void path_shape_read(struct conversion *c, const struct path_match *path, struct path_shape *out);
/* Fills rank and value; false when the path cannot be written, which was then said. With `keeps_prefix`
 * something replaces the prefix of the match, which has to be one. */
bool path_draft(struct conversion *c, const struct rule *rule, const struct path_shape *shape,
                bool keeps_prefix, struct draft_match *out);

/* A '.' of the literal part is any character today. */
void say_dot(struct conversion *c, const struct rule *rule, const struct path_shape *shape);

/* ---- quantifiers.c ------------------------------------------------------------------------ */

/* "[0-9]{3}" as "[0-9][0-9][0-9]"; as it is where that is too long, or not the same. */
struct slice quantifiers_write_out(struct conversion *c, struct slice pattern);

/* ---- fidelity.c --------------------------------------------------------------------------- */

/* The case of the path's letters does not matter. */
bool path_folds(const struct rule *rule, struct slice path);
/* Expressions are written where only they say what the data plane does. */
bool expressions_are_exact(const struct conversion *c);
/* A literal path as an expression, where only that says what the data plane does. */
bool path_as_expression(struct conversion *c, const struct rule *rule,
                        const struct path_shape *shape, struct draft_match *out);
/* The path as the Ingress has it, where that is asked for and plain. */
bool path_as_meant(struct conversion *c, const struct rule *rule, enum path_rank *rank,
                   struct slice *value);

/* ---- languages.c: paths as regular languages ------------------------------------------------ */

void languages_close(struct conversion *c);
/* The paths that a match takes today; null: not known. */
const struct language *path_language(struct conversion *c, const struct path_match *path);
/* Is there a literal for the path, were its text `value`? */
bool path_form(struct conversion *c, const struct path_match *path, struct slice value, bool fold,
               struct literal_form *out);
/* Does an expression match one word alone? */
bool pattern_is_word(struct conversion *c, struct slice pattern, struct slice *word);
/* Is there a path that both take, as they are written? True also where that is not known. */
bool paths_meet(struct conversion *c, const struct draft_match *a, const struct draft_match *b);
/* Does one take all paths of the other, for sure? */
bool path_covers(struct conversion *c, const struct draft_match *outer,
                 const struct draft_match *inner);
/* The same as paths_meet, for paths as they are today. */
bool rules_meet(struct conversion *c, const struct rule *a, const struct rule *b);
/* Of rules in their order, those of whose paths the ones before leave nothing; one for each. */
const bool *shadowed_rules(struct conversion *c, const struct rule *const *rules, size_t count);

/* ---- rewrite.c ---------------------------------------------------------------------------- */

enum rewrite_way { REWRITE_WAY_NONE, REWRITE_WAY_FULL, REWRITE_WAY_PREFIX, REWRITE_WAY_CANNOT };
struct rewrite_plan {
    enum rewrite_way way;
    struct slice value;
    struct slice exact_value; /* present: a request for the bare prefix gets this path */
};
void rewrite_plan(struct conversion *c, const struct rule *rule, const struct path_shape *shape,
                  struct rewrite_plan *out);

/* ---- redirect.c --------------------------------------------------------------------------- */

/* The requestRedirect; null when it cannot be written, which was then said. *prefix: it replaces
 * the prefix of the match. */
struct node *redirect_node(struct conversion *c, const struct rule *rule,
                           const struct route_redirect *redirect, bool *prefix);

/* ---- filter.c: effects as filters --------------------------------------------------------- */

enum { POLICIES_MAX = 16 }; /* kinds of a target */
struct emission {
    struct conversion *c;
    const struct rule *rule;
    struct draft *draft;
    bool https;
    const struct rewrite_plan *rewrite;
    struct node *filters, *backends, *timeouts; /* null: none */
    struct node *retry, *session;               /* null: none */
    struct node *url_rewrite;                   /* the one that effects share */
    struct node *policies[POLICIES_MAX];        /* by kind of the target; null: none */
    size_t named_count;                         /* of c->named */
};
/* The member of a new filter: "cors" of a filter of type "CORS". */
struct node *filter_add(struct emission *e, const char *type, const char *member);
void emit_cors(struct emission *e, const void *effect);
/* What is set on answers, beside a redirect. */
void emit_redirect_headers(struct emission *e);
/* experimental.c: retry and sessionPersistence, where the channel has them. */
void emit_affinity(struct emission *e, const void *effect);
void emit_retries(struct emission *e, const void *effect);
/* Finds the edits of the data plane that each rule is written with. */
void platform_edits_find(struct conversion *c);
/* All effects that do not answer, and which the target can say. */
void effects_emit(struct emission *e);
bool effects_are_written(const struct effects *effects); /* in an HTTPRoute, all or some */
void effects_say(struct emission *e); /* of the others: what effects_emit would */
/* An edit that the data plane makes for every rule, and which stands in each rule that is written. */
bool platform_edit_is_written(enum effect_id id, const struct header_edit *edit);
/* An effect as fields of an HTTPRoute say it. */
void emit_as_standard(struct emission *e, enum effect_id id, const void *effect);
/* A duration of Gateway API. */
struct node *duration_node(struct conversion *c, int64_t ms);

/* ---- client_certificates.c: certificates that clients have to show ------------------------ */

/* What asks for them, once all routes are known; says what becomes of each host that does today. */
void clients_decide(struct conversion *c, struct plane *plane);
/* spec.tls of a Gateway; null: none is needed. */
struct node *gateway_clients_node(struct conversion *c, const struct plane *plane, size_t gateway);
/* tls.options of a listener with the one that asks clients, if there is one. Either may be null. */
struct node *listener_clients_node(struct conversion *c, const struct listener_plan *listener,
                                   struct node *options);

/* ---- backend_tls.c ------------------------------------------------------------------------ */

bool rule_speaks_tls(const struct rule *rule);
struct slice secret_name(struct slice secret); /* "shop/ca" without its namespace */
/* True when users have to make the ConfigMap with a CA: it is not in the input. */
bool authority_need(struct conversion *c, const struct converted_authority *authority);
/* A BackendTLSPolicy says how the rule speaks to its Services. */
bool backend_tls_is_written(const struct conversion *c, const struct rule *rule);
void backend_tls_note(struct conversion *c, const struct rule *rule, const struct backend *backend);
void backend_tls_write(struct conversion *c);

/* ---- backends.c --------------------------------------------------------------------------- */

/* The backendRefs of the rule. */
void backends_emit(struct emission *e);
/* Of type ExternalName, which is said for each rule. */
bool backend_is_external(const struct conversion *c, const struct backend *backend);
bool backends_not_found(const struct rule *rule);        /* none is a Service, and all answer 404 */
long long empty_rule_status(const struct conversion *c); /* where a rule has no backends */

/* ---- draft.c ------------------------------------------------------------------------------ */

/* One rule as drafts (mostly one), as it is by http or by https. */
void rule_draft(struct conversion *c, const struct rule *given, bool https, struct drafts *out);
/* True when some rule of the list is not the same by http and by https. */
bool rules_differ_by_scheme(const struct conversion *c, const struct rule_list *list);

/* ---- order.c ------------------------------------------------------------------------------ */

uint64_t match_key(const struct draft_match *match);
bool match_equal(const struct draft_match *a, const struct draft_match *b);
/* Drops what is never reached, and says where Gateway API's precedence differs from the table's order. */
void drafts_order(struct conversion *c, struct slice hostname, struct drafts *drafts);
void order_say_settings(struct conversion *c); /* of the controller, once for all hosts */
/* Drops a draft that is never reached because of another, and says so. */
void draft_hide(struct conversion *c, struct slice hostname, const struct draft *by,
                struct draft *draft);
/* The target puts every expression behind every prefix. */
bool expressions_come_last(const struct conversion *c);
/* They may take the same request. */
bool may_overlap(struct conversion *c, const struct draft_match *a, const struct draft_match *b);

/* ---- expressions.c ------------------------------------------------------------------------ */

/* For a data plane that puts every prefix before every expression, and drops expressions beside "/": what has to
 * stand behind an expression becomes one too, and is made to stand there. */
void prefixes_as_expressions(struct conversion *c, struct slice hostname, struct drafts *drafts);

/* ---- annotations.c ------------------------------------------------------------------------ */

/* What other programs read on routes, of the Ingress that the object comes from. */
void annotations_copy(struct conversion *c, struct node *object, const struct origin *origin);
/* Before the first Gateway of the plane is written. */
void dns_targets_find(struct conversion *c, struct plane *plane);
/* Which Secrets cert-manager keeps because of an Ingress. */
void issued_find(struct conversion *c);
/* What they read on Gateways with these listeners, and on ListenerSets in the namespace `own`. Without an object
 * it is only said. */
void gateway_annotate(struct conversion *c, const struct plane *plane, struct node *object,
                      const struct listener_refs *listeners);
void certificates_annotate(struct conversion *c, struct node *object, const char *kind,
                           struct slice own, const struct listener_refs *listeners);

/* ---- access.c ----------------------------------------------------------------------------- */

/* When all else is written. */
void access_write(struct conversion *c);

/* ---- choose.c ----------------------------------------------------------------------------- */

/* Is what comes from there written? Always, when nothing was chosen. */
bool origin_is_chosen(struct conversion *c, const struct origin *origin);
/* Has the host a rule that is written? What it has beside is said. */
bool entry_is_chosen(struct conversion *c, const struct entry *entry);
void say_left_out(struct conversion *c);

/* ---- layout.c ----------------------------------------------------------------------------- */

/* The namespaces that hosts belong to, by data plane and host; null where layouts do not ask for it. */
struct map *homes_find(struct conversion *c);
struct slice home_of(struct conversion *c, const struct map *homes, const struct entry *entry);
/* Names Gateways and ListenerSets, and spreads the listeners over them. */
void gateways_assign(struct conversion *c, struct plane *plane, struct map *taken);
/* When all routes are known. */
void namespace_choose(struct conversion *c, struct plane *plane);
void shared_namespace_write(struct conversion *c);
/* How many Gateways there are, and who could take whose host. */
void say_layout(struct conversion *c);

/* ---- plan.c ------------------------------------------------------------------------------- */

void planes_build(struct conversion *c);
/* Planes of one data plane have the same `gateway`, and differ in their homes. */
bool planes_are_siblings(const struct plane *a, const struct plane *b);
/* A new listener of a name like `wanted`; null when another one has its address. */
struct listener_plan *listener_place(struct conversion *c, struct plane *plane,
                                     const struct listener_plan *plan, struct slice wanted);
struct unit *plane_unit(const struct plane *plane, bool https, struct slice hostname);
/* "*.example.com" of "shop.example.com"; absent when nothing is left. */
struct slice parent_wildcard(struct conversion *c, struct slice hostname);
/* The https listener that a host falls under, most specific first; null when there is none. */
const struct listener_plan *covering_listener(struct conversion *c, const struct plane *plane,
                                              uint16_t port, struct slice hostname);

/* ---- streams.c ---------------------------------------------------------------------------- */

const char *stream_protocol(enum stream_kind kind); /* of a listener */
/* False when it cannot be written, which was then said. */
bool stream_add(struct conversion *c, struct plane *plane, const struct entry *entry);
struct slice stream_namespace(const struct entry *entry); /* of its route */
void stream_routes_write(struct conversion *c, const struct plane *plane);

/* ---- group.c ------------------------------------------------------------------------------ */

void groups_build(struct conversion *c, struct plane *plane);
void groups_name(struct conversion *c);
/* Names of HTTPRoutes that are taken in a namespace. */
struct map *names_in(struct conversion *c, struct slice namespace);

/* ---- objects.c, routes.c ------------------------------------------------------------------ */

struct node *object_node(struct conversion *c, const char *version, const char *kind,
                         struct slice namespace, struct slice name, struct slice source);
/* The keys of a map, sorted. */
struct slice *sorted_keys(struct conversion *c, const struct map *map, size_t *count);
void group_ahead(const struct conversion *c, size_t i); /* for passes that are at the i-th group */
/* The Ingress that it is; null for others, or when it is not in the input. */
const struct object *origin_ingress(const struct conversion *c, const struct origin *origin);
/* For keys of maps; it stands in c->key. */
struct slice origin_key(struct conversion *c, const struct origin *origin);
/* The labels of the Ingress that the object comes from, but those by which programs know their own. */
void labels_copy(struct conversion *c, struct node *object, const struct origin *origin);
/* The text of an object stands in c->text; its tree is not needed any more. */
void object_add(struct conversion *c, const char *kind, struct slice namespace, struct slice name);
/* The object that was added last belongs to who runs Gateways. */
void object_of_platform(struct conversion *c);
void namespace_write(struct conversion *c, struct slice name);
/* Of the route as well: a rule that no object asked for belongs to the namespace of its backend. */
struct slice rule_namespace(const struct rule *rule);
/* Remembers that an object of `kind` in `from` refers to one in another namespace. */
void grant_need(struct conversion *c, const char *kind, struct slice from, const char *to_kind,
                struct slice to, struct slice name);
void groups_write(struct conversion *c);
/* A listener that no route attaches to is not written. */
bool listener_is_used(const struct listener_plan *listener);
void gateways_write(struct conversion *c, struct plane *plane);
void grants_write(struct conversion *c);
struct node *text_node(struct conversion *c, const char *text);
/* The object at hand is complete. */
void object_finish(struct conversion *c, const char *kind, struct slice namespace,
                   struct slice name, const struct node *tree);

#endif
