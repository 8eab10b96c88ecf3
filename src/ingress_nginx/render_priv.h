/* The model in nginx's syntax: what its parts share. */
#ifndef GATESHIFT_INGRESS_NGINX_RENDER_PRIV_H
#define GATESHIFT_INGRESS_NGINX_RENDER_PRIV_H

#include "ingress_nginx/model_priv.h"

struct render {
    const struct model *model;
    const struct nginx_text *text;
    struct buf *out;
    bool refused; /* nginx does not take the configuration */
};
/* In double quotes, with what nginx reads in them escaped (template.go sanitizeQuotedRegex). */
void render_quoted(struct render *render, struct slice text);
/* The same, and each '$' is meant as it stands (template.go escapeLiteralDollar). */
void render_literal(struct render *render, struct slice text);
/* "# Ingress shop/web, spec.rules[0] (web.yaml:12)", each line with the indent given. */
void render_origin(struct render *render, const char *indent, const struct origin *origin);

/* ---- render_location.c: what stands between the braces of a location */
void render_location(struct render *render, const struct server *server,
                     const struct location *location);

/* ---- render_script.c: what the controller does by its scripts. For people it is said in words; in text
 * that runs, variables are set that a script of the same rules reads. */
void render_script(struct render *render, const struct location *location);
void render_www_script(struct render *render, struct slice to);
/* In a location that answers for others. */
void render_page_script(struct render *render, struct slice backend);
struct slice render_backend_name(struct render *render, const struct backend *backend);

/* ---- render_protection.c: who is let in */
void render_protection(struct render *render, const struct location *location);

/* ---- render_auth.c */
/* Locations that stand before the one that they are for. */
void render_auth_locations(struct render *render, const struct server *server,
                           const struct location *location);
void render_authentication(struct render *render, const struct location *location);
/* Before the servers. */
void render_auth_upstreams(struct render *render, const struct server *server);

/* ---- render_backend.c: limits, copies, and what is between nginx and the backend */
void render_firewall(struct render *render, const struct location *location);
void render_limits(struct render *render, const struct location *location);
void render_copies(struct render *render, const struct location *location);
void render_upstream(struct render *render, const struct location *location);

/* ---- render_errors.c */
void render_error_pages(struct render *render, const struct location *location);
void render_all_error_pages(struct render *render, const struct server *server);
void render_error_locations(struct render *render, const struct server *server);

/* ---- render_rest.c: annotations that no directive was written for */
void render_rest(struct render *render, const struct location *location);

/* ---- render_streams.c: ports of TCP and UDP */
void render_streams(struct render *render);

void render_model(struct render *render);

#endif
