/* What the controller makes of Ingresses before it writes nginx.conf. */
#ifndef GATESHIFT_INGRESS_NGINX_MODEL_PRIV_H
#define GATESHIFT_INGRESS_NGINX_MODEL_PRIV_H

#include "ingress_nginx/annotations_priv.h"
#include "ingress_nginx/ingress_nginx.h"

/* ---- risks.c */
enum risk { RISK_LOW, RISK_MEDIUM, RISK_HIGH, RISK_CRITICAL };
enum risk annotation_risk(enum annotation_id id);
bool risk_read(struct slice text, enum risk *out); /* false: no such level, which counts as Low */

/* ---- versions.c: what differed in earlier versions, as one number that grows with them */
/* "1.13" or "1.13.9"; false when nothing is known of it. */
bool version_read(struct slice text, int64_t *out);
/* Absent: the default of the last version. */
struct slice version_default(int64_t version, const char *key);
bool version_has(int64_t version, enum annotation_id id, bool alias);
/* False for what passes in the last version, and counts as not set in this one; may shorten the value. */
struct settings;
bool version_passes(struct run *run, const struct settings *settings, enum annotation_id id,
                    struct slice *value);

/* ---- settings.c: the controller's ConfigMap */
struct settings {
    int64_t version;
    /* flags */
    bool validates, inspects, no_catch_all, takes_classless, no_external_names;
    struct slice default_backend, default_certificate; /* "namespace/name" */
    struct slice default_vault; /* AKS: the URI in Key Vault that the latter comes from */
    struct slice prefix, watched, watched_selector, tcp_services, udp_services, health_path;
    struct slice config_name;                  /* flag configmap */
    struct slice http_port, https_port;        /* flags of these names */
    struct slice class_word, class_controller; /* flags ingress-class and controller-class */
    bool class_by_name;                        /* flag ingress-class-by-name */
    bool has_workload;           /* the flags are those of a Deployment or DaemonSet in the input */
    bool no_http;                /* AKS: no port 80 */
    enum risk risk;              /* what is above it drops the Ingress */
    struct slice forwarded_host; /* forwarded-host-header */
    struct slice set_headers;    /* proxy-set-headers */
    bool request_id;             /* generate-request-id */
    bool ssl_redirect, force_ssl_redirect, preserve_trailing_slash, relative_redirects;
    bool hsts, hsts_include_subdomains, hsts_preload, proxy_buffering, proxy_request_buffering;
    bool use_forwarded_headers, enable_real_ip, allow_snippets;
    bool enable_underscores, add_original_uri, port_in_redirects, opentelemetry;
    bool gzip, brotli;
    bool server_tokens, backend_server; /* allow-backend-server-header */
    struct slice load_balance;
    bool cross_namespace;
    bool ssl_passthrough; /* flag enable-ssl-passthrough */
    int64_t hsts_max_age, http_redirect_code, connect_s, read_s, send_s, body_bytes, tries;
    int64_t limit_status, limit_connection_status;       /* limit-req-status-code and the like */
    bool use_http2;                                      /* towards clients */
    int64_t buffers;                                     /* proxy-buffers-number */
    struct slice buffer_size, busy_size, temporary_size; /* proxy-buffer-size and the like */
    bool reject_handshake;                               /* of unknown hosts */
    struct slice blocklist;                              /* annotation-value-word-blocklist */
    struct slice no_tls_redirect;                        /* no-tls-redirect-locations */
    struct slice no_auth;                                /* no-auth-locations */
    struct slice next_upstream;                          /* proxy-next-upstream */
    struct slice allowlist, denylist, block_cidrs, block_user_agents, block_referers;
    struct slice forwarded_for, trusted; /* forwarded-for-header, proxy-real-ip-cidr */
    struct slice add_headers, hide_headers, allowed_headers;
    struct slice server_snippet, location_snippet, http_snippet, stream_snippet, auth_snippet;
    struct slice global_auth, global_signin, global_signin_parameter, global_auth_headers;
    struct slice global_auth_method, global_auth_redirect, global_auth_key, global_auth_duration;
    struct slice global_auth_cookie; /* global-auth-always-set-cookie */
    struct slice error_statuses;     /* custom-http-errors */
    bool no_intercept;               /* disable-proxy-intercept-errors */
    bool firewall, firewall_rules;   /* enable-modsecurity, enable-owasp-modsecurity-crs */
    struct slice firewall_snippet;   /* modsecurity-snippet */
    bool full_forwarded_for;         /* compute-full-forwarded-for */
    bool service_address;            /* service-upstream */
    bool tls_of_locations;           /* proxy-ssl-location-only */
    bool retry_all_methods;          /* retry-non-idempotent */
    int64_t tries_s;                 /* proxy-next-upstream-timeout */
    int64_t limit_rate, limit_rate_after;
    struct slice limit_key;                     /* limit-conn-zone-variable */
    bool ignore_odd_headers;                    /* ignore-invalid-headers */
    struct slice header_buffer, header_buffers; /* client-header-buffer-size, large-client-... */
    bool proxy_protocol;                        /* use-proxy-protocol */
    struct slice forwarded_proxy;               /* forwarded-for-proxy-protocol-header */
    struct slice default_type;
    int64_t keepalive;                             /* upstream-keepalive-connections */
    struct slice status_clients, status_clients_6; /* nginx-status-ipv4-whitelist and the like */
    struct slice http_version;                     /* proxy-http-version */
    struct slice redirect_from, redirect_to, cookie_domain, cookie_path; /* proxy-... */
    struct texts
        named; /* variables and upstreams of http-snippet; hosts that use them are unknown */
    size_t named_capacity;
    const struct unknown *unknown;   /* of every rule */
    const struct config_map *config; /* null: none found */
};
void settings_read(struct run *run, const struct kube *kube,
                   const struct ingress_nginx_options *options, struct slice gateway, bool aks,
                   struct settings *out);
/* ---- aks.c: AKS application routing; `class_name` says which of its controllers */
void aks_read(struct run *run, const struct kube *kube, struct slice class_name,
              struct settings *out);
/* ---- flags.c: the controller's command line */
void flags_read(struct run *run, const struct kube *kube,
                const struct ingress_nginx_options *options, struct settings *out);
/* What the images of all controllers say alike; absent where they do not, or where there is none. */
struct image_version {
    struct slice text;
    const struct node *image;
};
struct image_version flags_version(const struct kube *kube);
/* Where a setting is written; the name is absent when it has its default. */
struct effect_source setting_source(const struct settings *settings, const char *key);
/* Of the first key that is set. */
struct effect_source setting_source_of(const struct settings *settings, const char *const *keys,
                                       size_t count);
/* The text, but for that of one key, that has "$team" or "${team}", or the name of an upstream; null: none has. */
const struct label *named_in(struct run *run, const struct labels *texts, struct slice name,
                             const char *but_for);
/* Why what uses it is unknown. */
struct slice named_reason(struct run *run, struct slice name);
/* A ConfigMap "namespace/name"; null when it is not in the input. */
const struct config_map *config_map_named(const struct kube *kube, struct slice name);

/* ---- settings_auth.c: an auth service, of annotations or of settings */
/* annotations/authreq: a URL with scheme and host, and no ".." in the host */
bool auth_url_passes(struct slice text);
bool cache_durations_pass(struct slice text);
/* Values of global-auth-... that the controller ignores. */
void settings_check_auth(struct run *run, struct settings *settings);

/* ---- settings_check.c: values that nginx refuses, and what cannot be said of them */
struct model;
void settings_check(struct model *model);
/* Longest line of a request that large-client-header-buffers takes. */
uint64_t settings_line_bytes(const struct settings *settings);

/* ---- snippet_unknown.c */
/* Says that these directives, one at least, are not understood; `kind` stands before the name of what has them. */
struct slice unknown_directives(struct run *run, const struct texts *directives, const char *kind,
                                struct slice name);

/* ---- snippet_rules.c: raw configuration. False when some of it is not understood. */
bool snippet_is_plain(enum annotation_id id, struct slice text);
/* Why it is not: the directives are named. */
struct slice snippet_reason(struct run *run, struct slice name, enum annotation_id id,
                            struct slice text);

/* ---- references.c: objects that annotations name */
void references_check(struct run *run, const struct kube *kube, const struct settings *settings,
                      struct annotations *annotations);

/* ---- servers.c */
struct item { /* an Ingress that the controller loads */
    const struct ingress *ingress;
    struct annotations *annotations;
    struct server **servers; /* of each rule */
};
struct rival { /* who would own a location if it were the older one */
    const struct item *item;
    const struct ingress_backend *backend; /* null: none */
    struct span span;
};
struct location {
    struct slice path;
    bool exact;
    bool automatic;          /* the "/" that nobody defined */
    bool plain;              /* of a catch-all Ingress: no rewrite, no redirect annotations */
    const struct item *item; /* null: of nobody (the default server) */
    struct backend backend;
    bool has_backend;          /* else the global default backend, which answers 404 */
    struct upstream *upstream; /* of its backend; null: no upstream has anything of its own */
    bool twin;                 /* the exact half of a prefix */
    struct slice declared;     /* path as the Ingress has it */
    struct origin origin;
    struct rival *rivals;
    size_t rival_count, rival_capacity;
};
struct server {
    struct slice host; /* "_" for the default server */
    struct location **locations;
    size_t count, capacity;
    struct map *by_path; /* the first location of each path; null: few locations */
    struct slice *aliases;
    size_t alias_count;
    struct effect_source alias_source;
    /* whose aliases, certificate and client certificates these are; null: nobody's */
    const struct item *alias_item, *certificate_item, *client_item;
    bool regex_mode;
    bool passthrough;     /* asked for by the Ingress that creates the server */
    bool has_certificate; /* an Ingress with a TLS section serves it */
    struct certificate certificate;
    struct effect_source www; /* of from-to-www-redirect; name absent: off */
    struct origin www_origin;
    const struct item **items; /* the Ingresses that name the host */
    size_t item_count, item_capacity;
    const struct item *snippet_item; /* the first of them with server-snippet; null: none */
    struct origin origin;
    const struct unknown *unknown;     /* of the whole host */
    struct effect_source refused;      /* the server answers 403 because of this */
    const struct client_check *client; /* certificates of clients; null: none are asked for */
    bool client_passed;                /* the backend gets them */
    bool outside;                      /* of the redirect to or from www: no snippet is in it */
    bool asks_scheme, asks_host;       /* a snippet looks at the scheme, or at the host */
};
struct restart { /* snippet_restarts.c */
    size_t rule;
    bool of_server;
    bool edits; /* what it did to the headers of the request stays */
};
struct restarts { /* of the list of rules that is written */
    struct restart *items;
    size_t count, capacity;
};
struct stream_port { /* of TCP or UDP, which the controller forwards as it comes */
    const struct config_map *map;
    const struct label *label;
    uint16_t port;
    bool udp, proxy_in, proxy_out;
    struct slice named; /* the port of the Service, as it is written */
    struct backend backend;
};
struct stream_ports {
    struct stream_port *items;
    size_t count, capacity;
};
struct model {
    struct run *run;
    struct arena *scratch; /* for what is gone once the rules are written: servers and locations */
    const struct kube *kube;
    const struct settings *settings;
    struct slice gateway;
    bool aks;            /* run by application routing of AKS */
    struct item **items; /* in the controller's order */
    size_t item_count;
    struct server **servers; /* [0] is "_", the others in the order of creation */
    size_t server_count, server_capacity;
    struct map *by_host;
    struct map *certified;     /* names for which the controller has a certificate */
    bool any_wide_certificate; /* one of them begins with "*." */
    bool any_snippet;          /* of an item, or of the settings */
    bool hides_apart;          /* not every location takes over what hide-headers says */
    /* the controller's names of Service and port to struct upstream; null: there are neither canaries nor
     * annotations of upstreams */
    struct map *upstreams;
    struct map
        *names; /* who has a controller's name of Service and port; null: none can meet in one */
    struct map *namespaces;       /* of the items */
    bool any_dash;                /* in the name of a port */
    const struct unknown *frozen; /* nginx refuses the configuration */
    struct stream_ports streams;  /* in the order of their ports, those of TCP first */
    struct restarts restarts;
    uint64_t line_bytes_least, line_bytes_most; /* longest lines that snippets ask for; 0: none */
    bool probing; /* what would be, were another Ingress the older one: nothing is reported */
};
/* For passes that are at the i-th item, or server: what is needed later, with what was made right behind it. */
void item_ahead(const struct model *model, size_t i);
void server_ahead(const struct model *model, size_t i);
/* ---- snippet_rules.c: true when a snippet of the server says what becomes of errors of backends */
bool snippets_intercept(const struct model *model, const struct server *server);
/* ---- servers.c */
void model_build(struct model *model);
struct server *model_server(const struct model *model, struct slice host);
/* True when the redirect script finds a certificate for a request to this host. */
bool model_redirects(const struct model *model, struct slice host);
/* ---- client_certificates.c */
void client_certificate_read(struct model *model, struct server *server, const struct item *item);
/* What nginx tells the backend of them. */
void client_certificate_headers(struct model *model, const struct server *server,
                                struct edits *edits);
/* ---- certificates.c */
void certificate_choose(struct model *model, struct server *server, const struct item *item);
void certificates_collect(struct model *model);
bool certificate_covers(const struct model *model, const struct server *server, struct slice alias);
/* What a client sees that asks for this name in the handshake, whichever server answers then. */
struct certificate certificate_of(const struct model *model, struct slice host);

/* The configuration is refused by nginx; `source` and `subject` say by whose fault. */
void model_freeze(struct model *model, struct effect_source source, struct slice subject,
                  struct slice reason);
/* The location as it would be if the rival were the older one. */
void location_of_rival(struct model *model, const struct location *location,
                       const struct rival *rival, struct location *out);
/* False when the ages of both are not known, so that nobody can tell from the input which is the older one. */
bool order_is_known(const struct ingress *a, const struct ingress *b);

/* ---- upstream_names.c */
struct slice upstream_name(struct arena *arena, struct slice namespace,
                           const struct ingress_backend *backend);
/* Of each item, once; then names_collect. */
void names_note(struct model *model, const struct ingress *ingress);
void names_collect(struct model *model);
/* What serves the backend of an Ingress: another Service where both have one name. */
struct backend upstream_backend(const struct model *model, const struct item *item,
                                const struct ingress_backend *backend);
/* ---- canaries.c: Services as the controller keeps them, and which is whose canary */
struct upstream {
    struct slice name;       /* the controller's */
    const struct item *item; /* that named it first; a default backend goes before paths */
    bool canary;             /* and that is a canary */
    bool removed;            /* a path of the canary has no counterpart: the controller drops it */
    bool resolved;
    struct backend backend;       /* of a canary */
    struct origin origin;         /* of a canary */
    struct upstream *alternative; /* the first canary that hangs on it; null: none */
    /* Which keeps clients by a cookie, which says how, and the last one, which says by which cookie; null: none */
    const struct item *affinity, *mode, *cookie;
};
/* Host of the copies of requests; absent: there is no location that sends them, so that "/" of the host takes them. */
struct slice mirror_host(const struct annotations *annotations);
bool item_is_canary(const struct item *item);
void canaries_collect(struct model *model);
/* Null when there is no canary at all, or no Service. */
struct upstream *upstream_find(const struct model *model, const struct item *item,
                               const struct ingress_backend *backend);
void canaries_merge(struct model *model);
/* The canary that gets a part of a location's requests; null when none does. */
const struct upstream *canary_of(const struct model *model, const struct location *location);
/* Puts the rules that a canary adds around the last rule of the list, which is its main location's. */
void canary_rules(struct model *model, const struct location *location,
                  const struct upstream *canary, struct route_table *table, struct rule_list *list);

/* ---- balancing.c: how an endpoint of an upstream is chosen */
/* True when it has annotations that count for an upstream as a whole. */
bool item_balances(const struct item *item);
void balancing_collect(struct model *model);
void add_balancing(struct model *model, const struct server *server,
                   const struct location *location, struct rule *rule);
/* The value of an affinity cookie that was set for the upstream, as an expression. */
struct slice cookie_pattern(struct model *model, const struct upstream *upstream);
/* What a canary does with the clients of its main upstream; null: the same as that. */
const struct route_affinity *canary_affinity(struct model *model, const struct upstream *canary,
                                             const struct rule *main);

/* ---- traffic.c */
struct slice retry_conditions(struct run *run, const struct settings *settings, struct slice text);

/* ---- limits.c: rates, connections, speed, and the firewall */
void add_limits(struct model *model, const struct location *location, struct rule *rule);
/* ---- firewall.c */
/* The first directive of a text that may block; absent: nothing does. */
struct slice firewall_rule(struct slice text);
void add_firewall(struct model *model, const struct location *location, struct rule *rule);

/* ---- authentication.c */
/* An auth service, of annotations or of settings, in what both have. */
struct external {
    struct slice url, signin, parameter, headers;
    struct effect_source source;
    /* Asked by a script, which writes the headers into variables that do not exist (lua/nginx/
     * ngx_conf_external_auth.lua counts from 1, template.go buildAuthResponseHeaders from 0). */
    bool fails;
};
/* False when the location asks none. */
bool location_service(const struct model *model, const struct location *location,
                      struct external *out);
/* What stands between the sign-in address and the parameter with the way back (template.go buildAuthSignURL); absent
 * when the query of the address has that parameter already. */
struct slice signin_separator(const struct external *external, struct slice *parameter);
/* True when who is not let in is sent to sign in, by an error_page of the location. */
bool location_signs_in(const struct model *model, const struct location *location);

/* ---- error_pages.c */
/* `early`: the location's own directives have not run. */
void add_error_pages(struct model *model, const struct server *server,
                     const struct location *location, bool early, struct rule *rule);
/* Those of the setting; null: there are none. Without a location those of answers that come from none; without a
 * server, of what is outside of the servers of Ingresses. */
const struct route_error_pages *settings_pages(struct model *model, const struct server *server,
                                               const struct location *location);
void settings_statuses(const struct model *model, struct texts *out);
/* Statuses of custom-http-errors; false when the controller ignores them. */
bool error_statuses(struct run *run, const struct location *location, struct texts *out);

/* ---- backends.c: what is between nginx and the backend */
void add_backend_details(struct model *model, const struct server *server,
                         const struct location *location, struct rule *rule);
/* nginx's directive proxy_redirect; both absent: there is none. */
struct replaced {
    struct slice from, to;
};
struct replaced redirect_replaced(const struct model *model, const struct location *location);
/* The same of all locations: what the settings say. */
const struct route_response_rewrites *settings_rewrites(const struct model *model);

/* ---- locations.c: paths as locations, their order and twins; regex mode */
void locations_add(struct model *model);
/* A new one, zeroed, at the end of the server's. */
struct location *server_location(struct model *model, struct server *server);
/* What serves the Service and port; 503 for what does not. */
struct backend model_backend(const struct model *model, struct slice namespace,
                             const struct ingress_backend *backend);
void location_backend(struct model *model, const struct item *item,
                      const struct ingress_backend *backend, struct location *location);
struct slice server_name(const struct ingress_rule *rule);
/* Of a rule that an annotation makes by itself, whatever paths its Ingress has. */
struct origin annotation_origin(struct run *run, const struct ingress *ingress,
                                struct effect_source source);
void server_expand(struct model *model, struct server *server);
bool location_rewrites(const struct location *location);

/* ---- templates.c: texts with variables of nginx */
/* `own` are variables that the location sets by itself. False when nginx refuses the text. */
struct variables {
    struct slice namespace, ingress, service, port, upstream;
    bool escaped_target; /* $escaped_request_uri, which the template sets where a sign-in page is */
};
struct variables location_variables(struct run *run, const struct location *location);
bool template_read(struct run *run, struct slice text, const struct variables *own,
                   struct template *out);
struct texts texts_read(struct run *run, struct slice text, char separator);
struct networks networks_read(struct run *run, struct slice text);

/* ---- effects.c */
/* A location under one name of its server. */
struct view_of {
    struct slice host; /* under which the server is asked */
    bool certified;    /* model_redirects of the host */
    bool doubtful;     /* the host is an expression, and some of its names may be certified */
    bool https; /* where the server's snippets look at the scheme; else the rules are of both */
};
struct leaf; /* snippets_priv.h: one way through the location's snippets */
/* Sets effects, backends and what is unknown. */
void location_effects(struct model *model, const struct server *server,
                      const struct location *location, const struct view_of *view,
                      const struct leaf *leaf, struct route_table *table, struct rule *rule);
void effect_edit(struct run *run, struct edits *edits, enum edit_kind kind, struct slice name,
                 struct template value);

/* What a server does to answers that nginx gives before it looks for a location; null: nothing. */
const struct route_header_edits *server_refusal(struct model *model, const struct server *server,
                                                const struct unknown **unknown);
/* What a location does to answers that nginx gives before it comes to the location's own directives. */
void location_frame(struct model *model, const struct server *server,
                    const struct location *location, struct rule *rule);
/* Whether a snippet of the server says what its locations hide, in place of hide-headers. */
bool server_hides(const struct model *model, const struct server *server);
/* What server snippets do to responses. */
void server_response_headers(struct model *model, const struct server *server, struct edits *out);
/* The Service of the annotation default-backend, if it serves. */
/* The Service of the flag default-backend-service; false: the controller's own answers. */
bool model_default_backend(const struct model *model, struct backend *out);
bool location_default_service(const struct model *model, const struct location *location,
                              struct backend *out);
/* The same, where it takes over. */
bool location_stand_in(const struct model *model, const struct location *location,
                       struct backend *out);
/* The rule answers outside of the controller's locations, of which HSTS and sizes of bodies are a part; null:
 * outside of the servers of Ingresses as well. */
void rule_outside_locations(struct model *model, const struct server *server, struct rule *rule,
                            int64_t body_limit);

/* ---- redirects.c */
/* What is not known of a redirect that names a port of nginx. */
void note_ports(struct model *model, struct effect_source source, struct rule *rule);
/* Unless it `acts`, a snippet has ended the directives of the rewrite module before. */
void add_rewrite(struct model *model, const struct location *location, bool acts,
                 struct route_table *table, struct rule *rule);
void add_redirect(struct model *model, const struct location *location, struct rule *rule);
bool location_relative(const struct model *model, const struct location *location);
void add_https_redirect(struct model *model, const struct location *location,
                        const struct view_of *view, struct rule *rule);

/* ---- protection.c: address lists, CORS, body sizes */
void add_protection(struct model *model, const struct server *server,
                    const struct location *location, struct rule *rule);
void add_body_limit(struct model *model, const struct server *server,
                    const struct annotations *annotations, struct rule *rule);

/* ---- authentication.c */
void add_authentication(struct model *model, const struct location *location, struct rule *rule);

/* ---- values.c: numbers and sizes as nginx takes them */
bool nginx_takes_seconds(int64_t seconds);
/* As near as possible where nginx refuses them. */
int64_t nginx_ms(int64_t seconds);
/* Tries after the first; -1: no limit. */
int64_t nginx_attempts(struct slice conditions, int64_t tries);
/* What nginx says against them; null: nothing. `busy` may be empty. */
bool plain_size(struct slice text, int64_t *bytes); /* false: nginx refuses it */
const char *buffers_refused(int64_t count, struct slice size, struct slice busy,
                            struct slice temporary);

/* True where redirects that nginx makes name the port (port_in_redirect). */
struct effect_source port_source(const struct model *model, const struct annotations *annotations);
bool location_writes_port(const struct model *model, const struct location *location);

/* ---- traffic.c: timeouts, retries, buffers, protocol, copies */
void add_traffic(struct model *model, const struct location *location, struct rule *rule);

/* ---- platform.c: what the controller does everywhere */
/* Those that hide-headers removes. */
void platform_hidden_headers(struct run *run, const struct settings *settings, struct edits *edits);
/* add-headers, and hide-headers where all locations take it over. */
void platform_named_headers(struct model *model, struct edits *edits);
void platform_effects(struct model *model, struct route_table *table);

/* ---- rivals.c: what the order of Ingresses decides where the input does not tell it */
void rivals_check(struct model *model, const struct server *server, const struct location *location,
                  const struct view_of *view, const struct leaf *leaf, struct route_table *table,
                  struct rule *rule);

/* Of two Ingresses that say different things where only the first one counts, the other one. */
struct yielding {
    const struct item *first, *other;
    struct span span;   /* of the other one */
    struct slice what;  /* counts, and what does not */
    const char *advice; /* where the ages are known */
};
/* Says so with the code, or with N029 where the input does not tell which of them is the first. */
void rivals_yield(struct model *model, enum diag_code code, const struct yielding *yielding);
/* A message says of them that they do nothing. */
void rivals_named(const struct item *item, const enum annotation_id *ids, size_t count);
/* True when two Ingresses have the same texts for all of them. */
bool rivals_agree(const struct item *a, const struct item *b, const enum annotation_id *ids,
                  size_t count);

/* ---- settings_text.c, settings.c, flags.c: what `explain` says */
void setting_describe(struct nginx_setting_info *info);
enum feature_id setting_feature(struct slice key);
bool flag_info_at(size_t index, struct nginx_setting_info *out);

/* ---- streams.c: ports of TCP and UDP */
struct origin stream_origin(struct run *run, const struct stream_port *stream);
void streams_write(struct model *model, struct route_table *table);

/* ---- head_rules.c: rules at the head of a server, before a location is looked for */
/* Of clients that the settings keep out, at the head of every server. */
void blocked_rules(struct model *model, const struct server *server, struct route_table *table,
                   struct rule_list *list);
/* Of a server whose Secret for client certificates cannot be had. */
void refusal_rules(struct model *model, const struct server *server, struct rule_list *list);
void app_root_rules(struct model *model, const struct server *server, struct rule_list *list);

/* ---- rules.c, entries.c */
/* Where the side of a '|' outside of all groups begins; the length when no further one does. */
size_t path_next_side(struct slice pattern, size_t at);
struct rule_list *server_rules(struct model *model, const struct server *server,
                               const struct view_of *view, struct route_table *table);
void model_write(struct model *model, struct route_table *table);

/* True when the path begins with an item of a list that is separated by commas. */
bool listed_prefix(struct slice path, struct slice list);
/* All of `from` in front of `to`, the last one first. */
const struct unknown *unknown_prepend(struct run *run, const struct unknown *to,
                                      const struct unknown *from);

#endif
