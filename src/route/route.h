/* The route table: what a data plane does with requests, whatever it was made from.
 *
 * Front ends build it, the evaluator, the comparer and the back ends read it; none knows where it came from.
 *
 * Ownership: everything lives in the run's arena; compiled regular expressions belong to the table,
 *            which route_table_close releases.
 * Units:     durations in milliseconds, sizes in bytes, weights as integers with their sum.
 * Limits:    those of the run.
 * Errors:    building cannot fail; what a front end does not understand becomes a struct unknown.
 * Threads:   read-only once built. */
#ifndef GATESHIFT_ROUTE_H
#define GATESHIFT_ROUTE_H

#include "http/http.h"
#include "regex/regex.h"
#include "run/run.h"

/* ---- words used everywhere ---------------------------------------------------------------- */

enum aspect {
    ASPECT_ROUTING,
    ASPECT_REWRITE,
    ASPECT_REDIRECT,
    ASPECT_PROTECTION,
    ASPECT_TRAFFIC,
    ASPECT_HEADERS,
    ASPECT_COUNT
};
const char *aspect_name(enum aspect aspect);

enum impact { IMPACT_COSMETIC, IMPACT_CHANGED, IMPACT_BREAKING };
const char *impact_name(enum impact impact);

/* The object, field and place that a rule or a value comes from. */
struct origin {
    struct slice kind, namespace, name; /* Ingress, shop, web */
    struct slice field;                 /* "spec.rules[0].http.paths[1]", or absent */
    struct span span;
    uint32_t place; /* of the object among those of its kind in the input, from 1; 0: not known */
};

/* Text with variables in it. One that is not modelled is PART_UNKNOWN: the value is unknown, never a guess. */
enum part_kind {
    PART_TEXT,
    PART_CAPTURE,     /* index: capture of the rewrite's or the path's expression */
    PART_HOST_HEADER, /* Host as sent, with port */
    PART_HOST,        /* Host without port, lower case */
    PART_SCHEME,
    PART_METHOD,
    PART_PORT,           /* port that the client connected to */
    PART_TARGET,         /* raw target with query */
    PART_TARGET_ESCAPED, /* the same as one value of a query: all but letters, digits and "-._~" */
    PART_CLIENT,         /* address of the client */
    PART_PEER,           /* address of who connected, whoever it speaks for */
    PART_HEADER,         /* text: name of a request header */
    PART_HEADER_ELSE,    /* the same where it is there, else the part whose kind is `index` */
    PART_HEADER_FIRST,   /* the same, of a list the first item */
    PART_HEADER_LIST,    /* text: name of a request header; with ", " behind it where it is there */
    PART_REQUEST_ID, /* some value that differs for each request; text: the client's header for it */
    PART_STATUS,     /* of the answer that an error page stands in for */
    PART_UNKNOWN     /* text: how the source writes it, "$foo" */
};
struct part {
    enum part_kind kind;
    unsigned index;
    struct slice text;
};
struct template
{
    struct part *parts;
    size_t count;
};
struct template template_text(struct arena *arena, struct slice text);
struct template template_part(struct arena *arena, enum part_kind kind);
struct template template_named(struct arena *arena, enum part_kind kind, struct slice text);
bool template_is_text(const struct template *template, struct slice *text); /* only literal parts */
bool template_equal(const struct template *a, const struct template *b);
void template_print(const struct template *template, struct buf *out); /* "/$1", "${host}" */

/* ---- effects ------------------------------------------------------------------------------ */

/* What set a value: an annotation, a field, a setting; name is absent for what a data plane does untold. */
struct effect_source {
    struct slice name;
    struct span span;
};

struct route_answer {
    struct effect_source source;
    int64_t status;
    struct slice reason; /* why, for people */
    bool last; /* given by what stands behind the data plane: all other gates come first */
    struct slice body, type; /* a text, which no error page replaces, and its Content-Type */
    bool closes; /* the connection, without a word; the status is the data plane's name for it */
};

enum redirect_host {
    REDIRECT_HOST_HEADER,
    REDIRECT_HOST_HEADER_NO_PORT,
    REDIRECT_HOST_NORMAL,
    REDIRECT_HOST_GIVEN
};
enum redirect_port {
    REDIRECT_PORT_NONE,     /* never written (a port inside the Host header may stay) */
    REDIRECT_PORT_GIVEN,    /* `port`, left out when it is the default of the scheme */
    REDIRECT_PORT_LISTENER, /* the port connected to, left out when it is the default */
    REDIRECT_PORT_ALWAYS,   /* the port connected to, always written */
    REDIRECT_PORT_WRITTEN   /* `port`, always written */
};
enum path_change { PATH_CHANGE_NONE, PATH_CHANGE_FULL, PATH_CHANGE_PREFIX };
struct route_redirect {
    struct effect_source source;
    int64_t status;
    bool only_plain_http; /* acts on requests by http only */
    struct slice scheme;  /* absent: the scheme of the request */
    int64_t host_from;    /* enum redirect_host */
    struct slice host;    /* with REDIRECT_HOST_GIVEN */
    int64_t port_from;    /* enum redirect_port */
    int64_t port;
    int64_t path_change;          /* enum path_change */
    struct slice prefix;          /* with PATH_CHANGE_PREFIX: what the match matched */
    struct slice path;            /* new path or new prefix */
    bool keep_query, strip_slash; /* one "/" at the very end of path and query is cut */
    bool relative;                /* Location without scheme and host */
    /* `location` is as nginx's directive rewrite makes it: captures are escaped; `keep_query`, `relative` count */
    bool scripted;
    struct template location; /* when it has parts: the whole Location; the above is void */
};

struct networks {
    struct network *items;
    size_t count;
};
bool networks_hold(const struct networks *networks, const struct address *address);
bool networks_equal(const struct networks *a, const struct networks *b); /* as sets */
struct route_addresses { /* deny is looked at first; with `allow` all others are kept out */
    struct effect_source source;
    struct networks allow, deny;
    bool has_allow;
    int64_t status;
};
struct texts {
    struct slice *items;
    size_t count;
};
struct route_cors {
    struct effect_source source;
    struct texts origins;   /* "https://a.example", with '*' for labels, or "*" */
    bool any_origin;        /* every request qualifies, also without Origin */
    bool echo_origin;       /* Allow-Origin repeats the Origin, else "*" */
    bool end_anchored_only; /* nginx: an origin may have text in front */
    bool credentials;
    struct texts methods, headers, expose;
    int64_t max_age;             /* seconds; -1: not sent */
    bool only_preflight;         /* other requests get no headers */
    bool preflight_needs_method; /* only OPTIONS with Access-Control-Request-Method is answered */
    int64_t preflight_status;
};
enum rewrite_kind { REWRITE_FULL, REWRITE_PREFIX, REWRITE_REGEX };
struct route_rewrite {
    struct effect_source source;
    int64_t kind;           /* enum rewrite_kind */
    struct slice prefix;    /* REWRITE_PREFIX: what the match matched, by elements */
    struct slice pattern;   /* REWRITE_REGEX: searched in the normalised path */
    bool fold, drops_query; /* drops_query: of the request */
    const struct regex *regex;
    struct template target, query; /* whole new path, or prefix; what goes before the query */
};
struct route_upstream_host {
    struct effect_source source;
    struct template host;
};
struct route_upstream_protocol {
    struct effect_source source;
    struct slice protocol; /* HTTP, HTTPS, GRPC, GRPCS, FCGI, AUTO_HTTP, H2C, WS, WSS */
};
enum edit_kind { EDIT_SET, EDIT_ADD, EDIT_REMOVE };
struct header_edit {
    enum edit_kind kind;
    struct slice name;
    struct template value;
    bool only_https; /* on requests that came by https */
    bool only_good;  /* of an answer: only with a status for which nginx's add_header acts */
};
struct edits {
    struct header_edit *items;
    size_t count, capacity;
};
struct route_body_limit {
    struct effect_source source;
    int64_t bytes;    /* -1: no limit */
    bool own_headers; /* it, and preflights, have `response`, else those of the rule */
    struct edits response;
};
enum guard_kind { GUARD_BASIC, GUARD_DIGEST, GUARD_EXTERNAL };
struct guard {
    enum guard_kind kind;
    struct slice subject; /* where credentials are looked up: "Secret shop/users", or a URL */
    struct slice asked;   /* how, where not in the usual way: "method POST"; absent: not known */
    bool never;           /* nobody is let in: there is no usable credential */
    struct user_list
        users;      /* of a basic one; they follow from the subject, so they are not compared */
    int64_t status; /* answer to who is not let in */
    struct template location; /* when it has parts: who is not let in is redirected there by 302 */
    struct edits refused;     /* headers of the answer */
};
struct guards {
    struct guard *items;
    size_t count;
};
struct route_authentication { /* all guards must let in, in their order */
    struct effect_source source;
    struct guards guards;
    bool any;             /* one guard, or the list of addresses, is enough */
    struct edits request; /* of who is let in: the backend does not see the credentials */
};
struct route_header_edits {
    struct effect_source source;
    struct edits edits;
};
struct route_timeouts { /* -1: no limit */
    struct effect_source source;
    int64_t connect_ms, send_ms, read_ms;   /* between two operations, as nginx counts */
    int64_t request_ms, backend_request_ms; /* whole exchange, as Gateway API counts */
    bool idle_given; /* by a policy: read and send do not follow the limit on the whole exchange */
};
struct route_retries {
    struct effect_source source;
    int64_t attempts; /* tries after the first; 0: none, -1: no limit */
    struct slice conditions;
    int64_t total_ms; /* for all tries together; 0: no limit */
};
struct route_buffering {
    struct effect_source source;
    bool request, response;
};
struct mirror {
    struct slice namespace, service; /* service absent: `url` says where */
    int64_t port, numerator, denominator;
    struct slice url;  /* as written; "/": the same host's own root */
    struct slice host; /* Host header of the copies; absent: that of the request */
    bool no_body;      /* the copies have none */
};
struct route_mirrors {
    struct effect_source source;
    struct mirror *items;
    size_t count;
};

/* Answers with these statuses, also the data plane's own, are not sent: what a backend says to "/" is. */
struct route_error_pages {
    struct effect_source source;
    struct texts statuses;           /* "404", "503" */
    bool has_allow, of_backends;     /* of_backends: errors of the backend as well */
    struct slice namespace, service; /* service absent: the data plane's own answers `status` */
    int64_t port, status;
    struct edits request;        /* headers of that request, and only these are set on it */
    struct edits early;          /* the same, for answers to bodies that are too large */
    struct edits response;       /* of the answer, over those of the platform */
    struct networks allow, deny; /* clients that the pages let in; the others get 403 */
};
/* Requests of one client; 0: no limit. More are answered by `status`. */
struct route_rate_limit {
    struct effect_source source;
    int64_t per_second, second_burst, per_minute, minute_burst; /* how many more may come at once */
    int64_t connections;                                        /* at a time */
    struct networks exempt;
    int64_t status, connection_status; /* of a limit that is not there: 0 */
};
struct route_firewall {
    struct effect_source source;
    bool core_rules, blocks; /* OWASP core rule set; else it writes logs only */
};
struct route_upstream_tls {
    struct effect_source source;
    struct slice secret, shown; /* "shop/client": certificate and CA; one in its place */
    bool verify;                /* the backend's certificate */
    int64_t depth;
    struct slice name; /* in the certificate and in the handshake; absent: the upstream's */
    bool server_name;  /* the name is sent in the handshake (SNI) */
    struct slice protocols, ciphers;
};
enum affinity_mode { AFFINITY_BALANCED, AFFINITY_PERSISTENT };
struct route_affinity {
    struct effect_source source;
    struct slice cookie; /* absent: clients are not kept */
    struct slice header; /* that is sent back instead of a cookie */
    int64_t mode;        /* enum affinity_mode */
    struct slice path, domain, same_site, expires, max_age; /* of the cookie, absent: not sent */
    bool secure;                                            /* always, else over https only */
    bool never_secure;                                      /* over https neither */
    bool change_on_failure, only_compatible; /* SameSite=None is left out for old browsers */
    bool passive;                            /* the cookie is read, and not set */
};
struct route_balancing {
    struct effect_source source;
    struct slice algorithm; /* round_robin, ewma, hash */
    struct slice key;       /* of the hash, as written */
    int64_t subset;         /* endpoints in a group that is hashed to; 0: no groups */
    bool service_address;   /* the Service's own address is the one endpoint */
};
struct route_bandwidth { /* of one response */
    struct effect_source source;
    int64_t bytes_per_second;
    int64_t free_bytes; /* that the limit does not count */
};
struct route_upstream_http {
    struct effect_source source;
    struct slice version; /* "1.0" */
};
struct route_response_rewrites { /* in nginx's words; absent: nothing is changed */
    struct effect_source source;
    struct slice redirect_from, redirect_to, cookie_domain, cookie_path;
};
struct route_fastcgi {
    struct effect_source source;
    struct slice index;
    struct edits parameters;
};

enum effect_id {
#define EFFECT(id, type, aspect, impact, text) EFFECT_##id,
#include "route/effects.def"
#undef EFFECT
    EFFECT_COUNT
};

/* A null pointer means that the effect is not set; the table's platform effects then apply. */
struct effects {
#define EFFECT(id, type, aspect, impact, text) const struct route_##type *id;
#include "route/effects.def"
#undef EFFECT
};

enum field_kind {
    FIELD_TEXT,
    FIELD_NUMBER, /* int64_t */
    FIELD_BYTES,  /* int64_t, -1 for no limit */
    FIELD_MS,     /* int64_t, -1 for no limit */
    FIELD_BOOL,
    FIELD_CHOICE, /* int64_t with names */
    FIELD_TEMPLATE,
    FIELD_TEXTS,
    FIELD_NETWORKS,
    FIELD_EDITS,
    FIELD_GUARDS,
    FIELD_MIRRORS
};
struct field_row {
    const char *name;
    enum field_kind kind;
    size_t offset;
    const char *const *choices; /* FIELD_CHOICE */
    bool quiet; /* not printed, and no difference by itself: what comes of it shows in outcomes */
};
struct effect_row {
    enum effect_id id;
    const char *name;
    enum aspect aspect;
    enum impact impact;
    const char *text;
    size_t offset; /* of the pointer in struct effects */
    const struct field_row *fields;
    size_t field_count;
};
const char *guard_name(enum guard_kind kind); /* "basic-auth", as conditions are called */
const struct effect_row *effect_row(enum effect_id id);
const void *effect_get(const struct effects *effects, enum effect_id id);
const struct effect_source *effect_source(const void *effect);
/* Field by field; sources are not compared. Two nulls are equal. */
bool effect_equal(enum effect_id id, const void *a, const void *b);
bool effect_identical(enum effect_id id, const void *a, const void *b); /* quiet fields as well */
/* "status 308, only plain http, scheme https": fields that differ from zero, for people. */
void effect_print(enum effect_id id, const void *effect, struct buf *out);
/* Only those in which the other one differs; null: all. */
void effect_print_beside(enum effect_id id, const void *effect, const void *other, struct buf *out);

/* ---- matches ------------------------------------------------------------------------------ */

enum path_kind {
    PATH_ANY,
    PATH_EXACT,
    PATH_PREFIX_ELEMENT, /* "/foo": /foo and /foo/...; "/" is every path */
    PATH_PREFIX_STRING,  /* "/foo": also /foobar */
    PATH_REGEX           /* see `whole` */
};
struct path_match {
    enum path_kind kind;
    bool fold;  /* case does not matter */
    bool whole; /* PATH_REGEX: must span the path; else found at its start */
    struct slice value;
    const struct regex *regex;
};
/* ARGUMENT: of the query, as it came, its name in either case; METHOD and TARGET (with its query) have no name. */
enum test_subject { TEST_HEADER, TEST_QUERY, TEST_COOKIE, TEST_ARGUMENT, TEST_METHOD, TEST_TARGET };
enum test_operator { TEST_EQUALS, TEST_REGEX, TEST_PRESENT };
struct test {
    enum test_subject subject;
    enum test_operator operator;
    bool negated;
    bool fold_separators; /* "-" and "_" in header names are the same */
    bool fold, whole;     /* of an expression: without case; spans the value, else is found in it */
    bool list; /* a value with ',' is a list, and it is not known how its items are compared */
    struct slice name, value;
    const struct regex *regex;
};
struct match {
    struct path_match path;
    struct slice method; /* absent: any */
    struct test *tests;  /* all must hold */
    size_t test_count;
};
/* Bytes that every path which it takes starts with, in either case where `fold`; there may be more. */
struct slice path_match_start(const struct path_match *path);
/* A text from a '/' on that is somewhere in every path that an expression takes, in either case; empty: none is known. */
struct slice path_match_inside(const struct path_match *path);
void match_print(const struct match *match, struct buf *out); /* "PathPrefix /foo, header x=1" */

/* ---- rules and entries -------------------------------------------------------------------- */

/* What is not known, and what it makes unknown: ROUTING, REDIRECT and PROTECTION the outcome, others a part of it. */
struct unknown {
    enum aspect aspect;
    struct slice reason; /* "annotation auth-url is not understood yet" */
    struct effect_source source;
    const struct unknown *next;
};

struct backend {
    struct slice namespace, service;
    uint16_t port;          /* of the Service; 0: could not be resolved */
    bool fallback;          /* the data plane's default, which it has for all that leads nowhere */
    struct slice port_name; /* as the source names it, if it does */
    uint64_t weight;
    int64_t status;                /* 0: serves; else the data plane answers this for its share */
    struct slice reason;           /* why it does not serve */
    const struct effects *effects; /* of this backend alone; null: none */
    struct span span;
};

/* An effect has one source; where several annotations or fields set it together, these are the others. */
struct more_sources {
    enum effect_id effect;
    struct effect_source source;
    const struct more_sources *next;
};
struct rule { /* what most are asked for stands together: tables are larger than caches */
    struct match match;
    struct backend *backends; /* none and no effect that answers: table->no_backend_status */
    size_t backend_count;
    const struct unknown *unknown;
    bool implied; /* no author wrote it: the data plane adds it by itself */
    struct origin origin;
    const struct more_sources *more; /* in the order in which they were added */
    struct effects effects;
};

void rule_add_source(struct run *run, struct rule *rule, enum effect_id effect,
                     struct effect_source source);

/* Rules in order, first match wins; when none matches, `next` goes on, which many hosts may share. */
struct rule_list {
    struct rule *rules;
    size_t count, capacity;
    const struct rule_list *next;
};

enum host_kind {
    HOST_ANY, /* every name, and no name */
    HOST_EXACT,
    HOST_ONE_LABEL, /* "*.a.b": exactly one label in front */
    HOST_SUFFIX,    /* "*.a.b": one or more labels in front */
    HOST_REGEX
};
struct host_pattern {
    enum host_kind kind;
    struct slice name; /* lower case; with the "*." */
    const struct regex *regex;
};
bool host_pattern_matches(const struct host_pattern *pattern, struct slice host);
bool host_pattern_equal(const struct host_pattern *a, const struct host_pattern *b);
/* True when every host that `inner` matches is matched by `outer`; regexes only when equal. */
bool host_pattern_covers(const struct host_pattern *outer, const struct host_pattern *inner);

enum entry_kind { ENTRY_RULES, ENTRY_TUNNEL, ENTRY_CLOSE };
/* What arrives: requests, or connections and datagrams that are handed on as they are, by port alone. */
enum transport { TRANSPORT_HTTP, TRANSPORT_TCP, TRANSPORT_UDP };
const char *transport_name(enum transport transport); /* http, tcp, udp, as schemes of requests */
/* Certificate that an https entry shows. */
struct certificate {
    struct slice namespace, secret; /* secret absent: the data plane's own default */
    struct slice host;  /* the name in tls[].hosts that led to it, absent when none did */
    struct slice vault; /* its URI in Key Vault, where the data plane keeps its Secret itself */
    struct span span;
};
/* Asked by https only, but for `name`. ANY lets in what is shown, valid or not, and who shows nothing, OPTIONAL these. */
enum client_demand { DEMAND_NONE, DEMAND_ANY, DEMAND_OPTIONAL, DEMAND_VALID };
enum client_revocation { REVOCATION_NONE, REVOCATION_LIST, REVOCATION_OPEN };
struct client_check {
    struct effect_source source;
    struct slice subject;      /* where the CA is: "Secret shop/ca" */
    enum client_demand demand; /* VALID: without a valid one there is no answer but `status` */
    int64_t status, depth;     /* status 0: the handshake fails; depth: longest chain, 0: open */
    struct effect_source depth_source; /* absent: nobody asked for that depth */
    enum client_revocation revocation; /* list of those refused; OPEN: its Secret was not read */
    struct template error_page;        /* when it has parts: 302 to there instead */
    struct slice name;                 /* its subject must match this; absent: any */
    int64_t name_status;               /* answer to another name, also by plain http; 0: no check */
};
struct entry {
    struct slice gateway;     /* data plane or "namespace/name" of the Gateway; one address */
    enum transport transport; /* not HTTP: any host, and no rules */
    bool https;               /* TLS, also of tunnels */
    uint16_t port;
    struct slice listener;   /* name of the Gateway's listener; absent for others */
    struct host_pattern sni; /* https only; HOST_ANY otherwise */
    struct host_pattern host;
    enum entry_kind kind;
    const struct rule_list *rules; /* ENTRY_RULES; null: none */
    struct backend *tunnel;        /* ENTRY_TUNNEL */
    size_t tunnel_count;
    bool proxy_in, proxy_out; /* PROXY protocol is expected of clients; is sent to the backend */
    struct certificate certificate;
    const struct client_check *client; /* null: none */
    /* Of answers before a rule is looked for: 405 of the host asked, else of that for unknown hosts. */
    const struct route_header_edits *refusal;
    const struct unknown *refusal_unknown;         /* of such answers */
    const struct route_error_pages *refusal_pages; /* that stand in for them; null: none */
    const struct unknown *unknown;                 /* of the whole entry */
    struct origin origin;
};

/* How raw requests are read. Per table. */
enum underscore_policy { UNDERSCORES_KEPT, UNDERSCORES_DROPPED, UNDERSCORES_REJECTED };
/* A dot at the end of a Host: cut before it is looked up, part of the name, or not known. */
enum host_dot { HOST_DOT_CUT, HOST_DOT_KEPT, HOST_DOT_OPEN };
struct view {
    struct path_form match_form;
    bool form_open;            /* which form is matched is not known: what holds in each is known */
    bool forward_normalised;   /* else the raw target goes upstream when nothing rewrites it */
    bool escape_rewritten;     /* a rewritten path is escaped again */
    int64_t above_root_status; /* answer to a path that climbs above "/"; 0: kept as it is */
    int64_t bad_escape_status; /* answer to "%00", and where all is decoded to "%zz"; 0: kept */
    /* a redirect of this status to the path with "%2F" and "%5C" as slashes; 0: they are kept as they are */
    int64_t escaped_slash_status;
    int64_t missing_host_status, bad_host_status; /* of one not host_accepted; 0: handed on */
    int64_t bad_method_status;                    /* answer to TRACE and CONNECT; 0: handed on */
    int64_t plain_http_status; /* answer to http on a port of https; 0: the connection is closed */
    struct port_leads leads;   /* ports of http and https that are another listener's */
    int64_t old_http_status;   /* answer to HTTP/1.0; 0: it is served; -1: not known */
    /* Answer to a Host that asks for certificates where the handshake named another one; 0: that chose the entry. */
    int64_t misdirected_status;
    bool cut_fragment, cut_at_colon; /* from a '#' on; a port at the first ':', even of IPv6 */
    enum underscore_policy underscores;
    bool drops_odd_headers; /* whose names hold other bytes than letters, digits, "-" and "_" */
    /* Longest line of a request, with its end: 414 or 400 beyond; 0, and up to line_bytes_open: not known. */
    uint64_t line_bytes, line_bytes_open;
    enum host_dot host_dot;
    /* A header that names the client, read from the right while who says so is trusted; absent: who connected. */
    struct slice client_header;
    struct networks client_trusted;
    struct effect_source proxy_protocol; /* asks for the PROXY protocol, which names the client */
    bool proxy_optional;                 /* connections without it are taken as well */
    /* Headers whose value, or its first item, stands for scheme and host in redirects; absent: none. */
    struct slice scheme_header, host_header;
};

/* Order in which effects may answer; GATE_NO_ENDPOINTS stands for a rule whose backends all fail. */
enum { GATE_NO_ENDPOINTS = EFFECT_COUNT, GATE_COUNT };
struct route_table {
    struct slice label; /* "ingress-nginx 1.15.1", for people */
    struct slice plane; /* name of the data plane's row: ingress-nginx, standard, aks-approuting */
    struct entry *entries; /* first match wins */
    size_t entry_count, entry_capacity;
    struct view view;
    int gates[GATE_COUNT]; /* enum effect_id or GATE_NO_ENDPOINTS */
    size_t gate_count;
    struct effects platform; /* what the data plane does where a rule says nothing */
    int64_t no_rule_status, no_backend_status, no_weight_status; /* 404; 500; 500: all are zero */
    const struct unknown *unknown; /* of everything: e.g. a configuration that is refused */
    struct regex_set *regexes;
};
/* True when both read and hand on every target in the same way, or leave that open alike. */
bool targets_read_alike(const struct view *a, const struct view *b);
/* True when both read requests alike and do the same where no rule has a word; entries are not looked at. */
bool route_tables_alike(const struct route_table *a, const struct route_table *b);
/* True when both hold the same rules, and nothing of them is unknown. False where it is not plain to see. */
bool entries_alike(const struct entry *a, const struct entry *b);
void route_table_open(struct run *run, struct route_table *table);
void route_table_close(struct route_table *table);
void route_table_reserve(struct run *run, struct route_table *table, size_t more); /* entries */
struct entry *route_table_add(struct run *run, struct route_table *table);
struct rule *rule_list_add(struct run *run, struct rule_list *list);
/* For passes over lists of rules: `soon` comes after a few more, `later` after a few more than that. Null: none. */
void rule_lists_ahead(const struct rule_list *soon, const struct rule_list *later);
/* Adds a reason in front of a list of unknowns. */
const struct unknown *unknown_add(struct run *run, const struct unknown *next, enum aspect aspect,
                                  struct effect_source source, struct slice reason);

#endif
