/* What the controller makes of Ingresses before it writes nginx.conf. */
#ifndef GATESHIFT_INGRESS_NGINX_MODEL_PRIV_H
#define GATESHIFT_INGRESS_NGINX_MODEL_PRIV_H

#include "ingress_nginx/ingress_nginx.h"

enum annotation_id {
#define A(id, name, alias, scope, check, options, bad, treatment, aspect, fallback, text) AN_##id,
#include "ingress_nginx/annotations.def"
#undef A
    AN_COUNT
};

/* ---- settings.c: the controller's ConfigMap */
struct settings {
    bool ssl_redirect, force_ssl_redirect, preserve_trailing_slash, relative_redirects;
    bool hsts, hsts_include_subdomains, hsts_preload, proxy_buffering, proxy_request_buffering;
    bool use_forwarded_headers, allow_snippets, risk_critical;
    bool enable_underscores;
    int64_t hsts_max_age, http_redirect_code, connect_s, read_s, send_s, body_bytes, tries;
    struct slice blocklist;          /* annotation-value-word-blocklist */
    const struct unknown *unknown;   /* of every rule */
    const struct config_map *config; /* null: none found */
};
void settings_read(struct run *run, const struct kube *kube,
                   const struct ingress_nginx_options *options, bool aks, struct settings *out);

/* ---- annotations.c: the annotations of one Ingress */
struct annotation_value {
    struct slice value, name; /* name as written, with prefix */
    struct span span;
};
struct annotations {
    struct annotation_value *values; /* the valid ones */
    size_t count, capacity;
    uint8_t at[AN_COUNT]; /* place in `values` + 1; 0: not set or not valid */
    bool dropped;         /* the controller does not load the Ingress */
    bool denied;          /* its locations answer 503 */
    struct slice reason;
    const struct unknown *unknown;
};
void annotations_read(struct run *run, struct arena *arena, const struct ingress *ingress,
                      struct slice prefix, const struct settings *settings,
                      struct annotations *out);
/* Absent: not set or not valid. */
struct slice annotation_text(const struct annotations *annotations, enum annotation_id id);
bool annotation_true(const struct annotations *annotations, enum annotation_id id, bool otherwise);
int64_t annotation_int(const struct annotations *annotations, enum annotation_id id,
                       int64_t otherwise);
struct effect_source annotation_source(const struct annotations *annotations,
                                       enum annotation_id id);
/* "8m" as nginx reads it; false when it is no size. */
bool size_parse(struct slice text, int64_t *bytes);

/* ---- servers.c */
struct item { /* an Ingress that the controller loads */
    const struct ingress *ingress;
    struct annotations annotations;
};
struct location {
    struct slice path;
    bool exact;
    bool automatic;          /* the "/" that nobody defined */
    bool plain;              /* of a catch-all Ingress: no rewrite, no redirect annotations */
    const struct item *item; /* null: of nobody (the default server) */
    struct backend backend;
    bool has_backend;      /* else the global default backend, which answers 404 */
    bool twin;             /* the exact half of a prefix */
    struct slice declared; /* path as the Ingress has it */
    struct origin origin;
    const struct unknown *unknown;
};
struct server {
    struct slice host; /* "_" for the default server */
    struct location *locations;
    size_t count, capacity;
    struct slice *aliases;
    size_t alias_count;
    struct effect_source alias_source;
    bool regex_mode;
    bool has_certificate; /* an Ingress with a TLS section serves it */
    struct certificate certificate;
    struct effect_source www; /* of from-to-www-redirect; name absent: off */
    struct origin origin;
    const struct unknown *unknown; /* of the whole host */
};
struct model {
    struct run *run;
    struct arena *scratch; /* for what is gone once the rules are written: servers and locations */
    const struct kube *kube;
    const struct settings *settings;
    struct slice gateway;
    struct item **items; /* in the controller's order */
    size_t item_count;
    struct server **servers; /* [0] is "_", the others in the order of creation */
    size_t server_count, server_capacity;
    struct map *by_host;
    const struct unknown *frozen; /* nginx refuses the configuration */
};
void model_build(struct model *model);
struct server *model_server(const struct model *model, struct slice host);
/* True when the redirect script finds a certificate for a request to this host. */
bool model_redirects(const struct model *model, const struct server *server);

/* ---- locations.c: the order and the twins of locations; regex mode */
void server_expand(struct model *model, struct server *server);

/* ---- rules.c */
void model_write(struct model *model, struct route_table *table);
/* ---- effects.c */
void location_effects(struct model *model, const struct server *server,
                      const struct location *location, struct route_table *table,
                      struct rule *rule);
void platform_effects(struct run *run, const struct settings *settings, struct route_table *table);
bool location_rewrites(const struct location *location);

#endif
