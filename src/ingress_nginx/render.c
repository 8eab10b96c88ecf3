#include "ingress_nginx/ingress_nginx.h"

#include "ingress_nginx/render_priv.h"
#include "ingress_nginx/snippets_priv.h"

/* ---- texts -------------------------------------------------------------------------------- */

static void put_quoted(struct render *render, struct slice text, bool literal)
{
    struct buf *out = render->out;
    buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (literal && c == '$') {
            buf_puts(out, "${literal_dollar}");
            continue;
        }
        if (c == '"' || c == '\\') {
            buf_putc(out, '\\');
        }
        buf_putc(out, c);
    }
    buf_putc(out, '"');
}

void render_quoted(struct render *render, struct slice text)
{
    put_quoted(render, text, false);
}

void render_literal(struct render *render, struct slice text)
{
    put_quoted(render, text, true);
}

void render_origin(struct render *render, const char *indent, const struct origin *origin)
{
    struct buf *out = render->out;
    if (!origin->kind.ptr) {
        return;
    }
    buf_printf(out, "%s# " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT "%s" SLICE_FMT, indent,
               SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace), SLICE_ARG(origin->name),
               origin->field.len ? ", " : "", SLICE_ARG(origin->field));
    if (origin->span.line) {
        buf_printf(out, " (" SLICE_FMT ":%u)",
                   SLICE_ARG(diag_file_name(render->model->run->diag, origin->span.file)),
                   origin->span.line);
    }
    buf_putc(out, '\n');
}

/* ---- servers ------------------------------------------------------------------------------ */

/* template.go commonListenOptions; who runs the text connects without the PROXY protocol. */
static void put_listen(struct render *render, struct slice host)
{
    const char *common = slice_is(host, "_") ? " default_server" : "";
    bool proxied = render->model->settings->proxy_protocol && !render->text->runs;
    const char *first = proxied ? " proxy_protocol" : "";
    buf_printf(render->out, "    listen " SLICE_FMT "%s%s;\n    listen " SLICE_FMT "%s%s ssl;\n",
               SLICE_ARG(render->text->http), first, common, SLICE_ARG(render->text->https), first,
               common);
}

/* template.go buildServerName: a wildcard is an expression for one label. */
static void put_server_name(struct render *render, const struct server *server)
{
    struct buf *out = render->out;
    buf_puts(out, "    server_name \"");
    if (slice_starts(server->host, SLICE("*."))) {
        struct slice rest = slice_sub(server->host, 2, server->host.len), label;
        buf_puts(out, "~^(?<subdomain>[\\w-]+)");
        while (slice_split(&rest, '.', &label)) {
            buf_printf(out, "\\." SLICE_FMT, SLICE_ARG(label));
        }
        buf_putc(out, '$');
    } else {
        buf_put(out, server->host);
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < server->alias_count; i++) {
        buf_putc(out, ' ');
        render_quoted(render, server->aliases[i]);
    }
    buf_puts(out, ";\n");
}

static void put_app_root(struct render *render, const struct location *location)
{
    if (!location->item || location->plain) {
        return;
    }
    struct slice root = annotation_text(location->item->annotations, AN_app_root);
    if (root.len && root.ptr[0] == '/') {
        buf_puts(render->out, "\n");
        render_origin(render, "    ", &location->origin);
        buf_printf(render->out,
                   "    if ($uri = /) {\n        return 302 $scheme://$http_host" SLICE_FMT
                   ";\n    }\n",
                   SLICE_ARG(root));
    }
}

static void put_location(struct render *render, const struct server *server,
                         const struct location *location)
{
    struct buf *out = render->out;
    put_app_root(render, location);
    render_auth_locations(render, server, location);
    buf_putc(out, '\n');
    if (location->item) {
        render_origin(render, "    ", &location->origin);
    } else {
        buf_puts(out, "    # of no Ingress\n");
    }
    if (location->automatic) {
        buf_puts(out, "    # added by the controller, as no Ingress has this path\n");
    } else if (location->twin) {
        buf_puts(out, "    # added by the controller beside the prefix\n");
    }
    buf_puts(out, "    location ");
    if (server->regex_mode) {
        buf_puts(out, "~* ");
        render_quoted(render, ARENA_JOIN(render->model->scratch, SLICE("^"), location->path));
    } else {
        buf_puts(out, location->exact ? "= " : "");
        render_quoted(render, location->path);
    }
    buf_puts(out, " {\n");
    render_location(render, server, location);
    buf_puts(out, "    }\n");
}

static void put_server_snippet(struct render *render, const struct server *server)
{
    if (server->snippet_item) {
        struct slice text = annotation_text(server->snippet_item->annotations, AN_server_snippet);
        buf_printf(render->out, "    # server-snippet\n" SLICE_FMT "\n", SLICE_ARG(text));
    }
}

/* A server with lines of its own does not take them over. */
static bool takes_blocked(struct render *render, const struct server *server)
{
    struct placed_snippets snippets;
    snippets_of(render->model, server, NULL, &snippets);
    for (size_t i = 0; i < snippets.count; i++) {
        if (snippets.items[i].snippet.access.present) {
            return false;
        }
    }
    return true;
}

/* The maps are at the level of http. */
static void put_blocked(struct render *render)
{
    const struct settings *settings = render->model->settings;
    const struct {
        const char *variable;
        struct slice list;
    } rows[] = {{"block_ua", settings->block_user_agents}, {"block_ref", settings->block_referers}};
    for (size_t i = 0; i < ARRAY_LEN(rows) && !render->text->runs; i++) {
        if (rows[i].list.len) {
            buf_printf(render->out,
                       "    if ($%s) { # one of: " SLICE_FMT "\n        return 403;\n    }\n",
                       rows[i].variable, SLICE_ARG(rows[i].list));
        }
    }
}

/* nginx.tmpl writes these at the level of http; here they stand in each server, which comes to the same. */
static void put_settings(struct render *render, const struct server *server)
{
    const struct settings *settings = render->model->settings;
    struct buf *out = render->out;
    struct slice rest = settings->block_cidrs, item;
    rest = takes_blocked(render, server) ? rest : SLICE("");
    while (slice_split(&rest, ',', &item)) {
        item = slice_trim(item);
        if (item.len) {
            buf_printf(out, "    deny " SLICE_FMT ";\n", SLICE_ARG(item));
        }
    }
    put_blocked(render);
    rest = server_hides(render->model, server) ? SLICE("") : settings->hide_headers;
    while (slice_split(&rest, ',', &item)) {
        item = slice_trim(item);
        if (item.len) {
            buf_printf(out, "    proxy_hide_header " SLICE_FMT ";\n", SLICE_ARG(item));
        }
    }
    const struct config_map *map = config_map_named(render->model->kube, settings->add_headers);
    for (size_t i = 0; map && i < map->data.count; i++) {
        buf_puts(out, "    more_set_headers ");
        render_quoted(render, ARENA_JOIN(render->model->scratch, map->data.items[i].key,
                                         SLICE(": "), map->data.items[i].value));
        buf_puts(out, ";\n");
    }
    if (settings->enable_underscores) {
        buf_puts(out, "    underscores_in_headers on;\n");
    }
    if (settings->relative_redirects) {
        buf_puts(out, "    absolute_redirect off;\n");
    }
    render_all_error_pages(render, server);
}

static void put_health(struct render *render)
{
    buf_printf(render->out,
               "\n    # added by the controller\n"
               "    location " SLICE_FMT " {\n        return 200;\n    }\n",
               SLICE_ARG(render->model->settings->health_path));
    buf_puts(render->out, "\n    # added by the controller\n"
                          "    location /nginx_status {\n        allow 127.0.0.1;\n"
                          "        deny all;\n        stub_status on;\n    }\n");
}

/* nginx.tmpl, and net/ssl for the name of the file */
static void put_client(struct render *render, const struct server *server)
{
    struct buf *out = render->out;
    const struct annotations *own = NULL;
    for (size_t i = 0; server->client && !own && i < server->item_count; i++) {
        const struct annotations *one = server->items[i]->annotations;
        own = annotation_set(one, AN_auth_tls_secret) ? one : NULL;
    }
    if (!server->client) {
        return;
    }
    buf_printf(out, "    # clients show a certificate, which " SLICE_FMT " vouches for%s\n",
               SLICE_ARG(server->client->subject),
               server->client->demand == DEMAND_VALID ? "" : "; they may have none");
    if (!own || render->text->runs) {
        return;
    }
    struct slice secret = annotation_text(own, AN_auth_tls_secret);
    struct slice verify = annotation_text(own, AN_auth_tls_verify_client);
    struct slice page = annotation_text(own, AN_auth_tls_error_page);
    struct slice name = annotation_text(own, AN_auth_tls_match_cn);
    int64_t depth = annotation_int(own, AN_auth_tls_verify_depth, 1);
    size_t slash = slice_find(secret, '/', 0);
    if (name.len) {
        buf_puts(out, "    if ( $ssl_client_s_dn !~ ");
        render_quoted(render, name);
        buf_puts(out, " ) { return 403 \"client certificate unauthorized\"; }\n");
    }
    buf_printf(out,
               "    ssl_client_certificate /etc/ingress-controller/ssl/ca-" SLICE_FMT "-" SLICE_FMT
               ".pem;\n    ssl_verify_client " SLICE_FMT ";\n    ssl_verify_depth %lld;\n",
               SLICE_ARG(slice_sub(secret, 0, slash)),
               SLICE_ARG(slice_sub(secret, slash + 1, secret.len)),
               SLICE_ARG(verify.len ? verify : SLICE("on")), (long long)(depth ? depth : 1));
    if (page.len) {
        buf_printf(out, "    error_page 495 496 = " SLICE_FMT ";\n", SLICE_ARG(page));
    }
}

/* The first Ingress of the host that says so counts. */
static void put_ciphers(struct render *render, const struct server *server)
{
    static const struct {
        const char *directive;
        enum annotation_id id;
    } rows[] = {{"ssl_ciphers", AN_ssl_ciphers},
                {"ssl_prefer_server_ciphers", AN_ssl_prefer_server_ciphers}};
    for (size_t r = 0; r < ARRAY_LEN(rows) && !render->text->runs; r++) {
        struct slice value = SLICE("");
        for (size_t i = 0; !value.len && i < server->item_count; i++) {
            value = annotation_text(server->items[i]->annotations, rows[r].id);
        }
        bool flag = rows[r].id == AN_ssl_prefer_server_ciphers;
        value = flag && value.len ? is_true(value) ? SLICE("on") : SLICE("off") : value;
        if (value.len) {
            buf_printf(render->out, "    %s " SLICE_FMT ";\n", rows[r].directive, SLICE_ARG(value));
        }
    }
}

/* A proxy of the controller's own stands before nginx then, and looks at the name alone (pkg/tcpproxy). */
static void put_passthrough(struct render *render, const struct server *server)
{
    bool asked = false;
    for (size_t i = 0; i < server->item_count && !asked; i++) {
        asked = annotation_true(server->items[i]->annotations, AN_ssl_passthrough, false);
    }
    if (asked && !render->text->runs) {
        buf_puts(render->out,
                 server->passthrough
                     ? "    # by ssl-passthrough: TLS to this name goes to the Service of \"/\" as "
                       "it is, and never comes here\n"
                     : "    # ssl-passthrough does nothing here\n");
    }
}

static void put_server(struct render *render, const struct server *server)
{
    struct buf *out = render->out;
    buf_puts(out, "\n");
    render_origin(render, "", &server->origin);
    buf_puts(out, "server {\n");
    put_server_name(render, server);
    put_listen(render, server->host);
    if (server->certificate.secret.len) {
        buf_printf(out, "    # certificate: Secret " SLICE_FMT "/" SLICE_FMT "\n",
                   SLICE_ARG(server->certificate.namespace), SLICE_ARG(server->certificate.secret));
    }
    put_passthrough(render, server);
    put_client(render, server);
    put_ciphers(render, server);
    put_settings(render, server);
    if (server->refused.name.ptr) {
        buf_printf(out, "    # '" SLICE_FMT "' names no usable Secret\n    return 403;\n",
                   SLICE_ARG(server->refused.name));
    } else {
        put_server_snippet(render, server);
        render_error_locations(render, server);
        for (size_t i = 0; i < server->count; i++) {
            put_location(render, server, server->locations[i]);
        }
        if (slice_is(server->host, "_")) {
            put_health(render);
        }
    }
    if (render->model->settings->server_snippet.len) {
        buf_printf(out, "\n    # server-snippet of the controller's ConfigMap\n" SLICE_FMT "\n",
                   SLICE_ARG(render->model->settings->server_snippet));
    }
    buf_puts(out, "}\n");
}

/* Set by a path that an Ingress with the annotation has (controller.go, getBackendServers). */
static const struct location *www_of(const struct server *server)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (location->item && !location->plain && !location->automatic &&
            annotation_true(location->item->annotations, AN_from_to_www_redirect, false)) {
            return location;
        }
    }
    return NULL;
}

/* nginx.go buildRedirects, and ngx_srv_redirect.lua */
static void put_www(struct render *render, const struct server *server)
{
    struct buf *out = render->out;
    const struct location *asks = www_of(server);
    if (!asks) {
        return;
    }
    bool has_www = slice_starts(server->host, SLICE("www."));
    struct slice from = has_www ? slice_sub(server->host, 4, server->host.len)
                                : ARENA_JOIN(render->model->scratch, SLICE("www."), server->host);
    if (model_server(render->model, from)) {
        return;
    }
    buf_puts(out, "\n");
    render_origin(render, "", &asks->origin);
    buf_puts(out, "# by from-to-www-redirect\nserver {\n    server_name ");
    render_quoted(render, from);
    buf_puts(out, ";\n");
    put_listen(render, from);
    put_settings(render, server);
    render_www_script(render, server->host);
    buf_puts(out, "}\n");
}

/* Servers are sorted by name before they are written (controller.go, getBackendServers). */
static int compare_servers(const void *a, const void *b, void *user)
{
    (void)user;
    const struct server *x = *(struct server *const *)a, *y = *(struct server *const *)b;
    return slice_compare(x->host, y->host);
}

void render_model(struct render *render)
{
    const struct model *model = render->model;
    struct server **servers = ARENA_ARRAY(model->scratch, struct server *, model->server_count);
    for (size_t i = 0; i < model->server_count; i++) {
        servers[i] = model->servers[i];
    }
    sort_stable(model->scratch, servers, model->server_count, sizeof(struct server *),
                compare_servers, NULL);
    render->refused = render->refused || model->frozen;
    for (const struct unknown *unknown = model->frozen; unknown; unknown = unknown->next) {
        buf_printf(render->out, "# nginx does not take this configuration: " SLICE_FMT "\n",
                   SLICE_ARG(unknown->reason));
    }
    for (size_t i = 0; i < model->server_count; i++) {
        put_www(render, servers[i]);
    }
    for (size_t i = 0; i < model->server_count; i++) {
        render_auth_upstreams(render, servers[i]);
    }
    for (size_t i = 0; i < model->server_count; i++) {
        put_server(render, servers[i]);
    }
    render_streams(render);
}
