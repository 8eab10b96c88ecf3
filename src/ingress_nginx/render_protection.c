#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

static const char *const INDENT = "        ";

/* ---- address lists ------------------------------------------------------------------------ */

static void put_networks(struct render *render, const char *directive, struct slice list)
{
    struct slice item;
    while (slice_split(&list, ',', &item)) {
        item = slice_trim(item);
        if (item.len) {
            buf_printf(render->out, "%s%s " SLICE_FMT ";\n", INDENT, directive, SLICE_ARG(item));
        }
    }
}

static void put_addresses(struct render *render, const struct annotations *annotations)
{
    struct slice deny = annotation_text(annotations, AN_denylist_source_range);
    struct slice allow = annotation_text(annotations, AN_allowlist_source_range);
    deny = deny.ptr ? deny : render->model->settings->denylist;
    allow = allow.ptr ? allow : render->model->settings->allowlist;
    put_networks(render, "deny", deny);
    put_networks(render, "allow", allow);
    if (allow.len) {
        buf_printf(render->out, "%sdeny all;\n", INDENT);
    }
}

/* ---- CORS --------------------------------------------------------------------------------- */

/* template.go buildOriginRegex: dots are escaped, and '*' is one label */
static void put_origin(struct buf *out, struct slice origin)
{
    buf_putc(out, '(');
    for (size_t i = 0; i < origin.len; i++) {
        if (origin.ptr[i] == '.') {
            buf_puts(out, "\\.");
        } else if (origin.ptr[i] == '*') {
            buf_puts(out, "[A-Za-z0-9\\-]+");
        } else {
            buf_putc(out, origin.ptr[i]);
        }
    }
    buf_putc(out, ')');
}

/* annotations/cors: items that are no origin are left out; with "*" among them all are let in */
static void put_origins(struct render *render, struct slice list)
{
    struct buf *out = render->out;
    struct texts items = texts_read(render->model->run, list, ',');
    bool any = false, some = false;
    for (size_t i = 0; i < items.count; i++) {
        any = any || slice_is(items.items[i], "*");
    }
    if (any) {
        buf_printf(out, "%sset $http_origin *;\n%sset $cors 'true';\n", INDENT, INDENT);
        return;
    }
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (size_t i = 0; i < items.count; i++) {
        if (slice_contains(items.items[i], SLICE("://")) || slice_is(items.items[i], "null")) {
            buf_puts(&text, some ? "|" : "");
            put_origin(&text, items.items[i]);
            some = true;
        }
    }
    if (some) {
        buf_printf(out, "%sif ($http_origin ~* (" SLICE_FMT ")$ ) { set $cors 'true'; }\n", INDENT,
                   SLICE_ARG(buf_slice(&text)));
    }
    buf_release(&text);
}

struct cors {
    bool credentials;
    struct slice methods, headers, expose;
    int64_t max_age;
};

static void put_cors_block(struct render *render, const struct cors *cors, bool preflight)
{
    struct buf *out = render->out;
    buf_printf(out, "%sif ($cors = \"true%s\") {\n", INDENT, preflight ? "options" : "");
    buf_printf(out, "%s    more_set_headers 'Access-Control-Allow-Origin: $http_origin';\n",
               INDENT);
    if (cors->credentials) {
        buf_printf(out, "%s    more_set_headers 'Access-Control-Allow-Credentials: true';\n",
                   INDENT);
    }
    buf_printf(out,
               "%s    more_set_headers 'Access-Control-Allow-Methods: " SLICE_FMT "';\n"
               "%s    more_set_headers 'Access-Control-Allow-Headers: " SLICE_FMT "';\n",
               INDENT, SLICE_ARG(cors->methods), INDENT, SLICE_ARG(cors->headers));
    if (cors->expose.len) {
        buf_printf(out, "%s    more_set_headers 'Access-Control-Expose-Headers: " SLICE_FMT "';\n",
                   INDENT, SLICE_ARG(cors->expose));
    }
    buf_printf(out, "%s    more_set_headers 'Access-Control-Max-Age: %lld';\n", INDENT,
               (long long)cors->max_age);
    if (preflight) {
        buf_printf(out,
                   "%s    more_set_headers 'Content-Type: text/plain charset=UTF-8';\n"
                   "%s    more_set_headers 'Content-Length: 0';\n%s    return 204;\n",
                   INDENT, INDENT, INDENT);
    }
    buf_printf(out, "%s}\n", INDENT);
}

static void put_cors(struct render *render, const struct annotations *annotations)
{
    if (!annotation_true(annotations, AN_enable_cors, false)) {
        return;
    }
    struct slice origins = annotation_text(annotations, AN_cors_allow_origin);
    struct slice methods = annotation_text(annotations, AN_cors_allow_methods);
    struct slice headers = annotation_text(annotations, AN_cors_allow_headers);
    const struct cors cors = {
        .credentials = annotation_true(annotations, AN_cors_allow_credentials, true),
        .methods = methods.ptr ? methods : SLICE("GET, PUT, POST, DELETE, PATCH, OPTIONS"),
        .headers = headers.ptr ? headers
                               : SLICE("DNT,Keep-Alive,User-Agent,X-Requested-With,"
                                       "If-Modified-Since,Cache-Control,Content-Type,Range,"
                                       "Authorization"),
        .expose = annotation_text(annotations, AN_cors_expose_headers),
        .max_age = annotation_int(annotations, AN_cors_max_age, 1728000)};
    put_origins(render, origins.ptr ? origins : SLICE("*"));
    buf_printf(render->out,
               "%sif ($request_method = 'OPTIONS') {\n%s    set $cors ${cors}options;\n%s}\n",
               INDENT, INDENT, INDENT);
    put_cors_block(render, &cors, false);
    put_cors_block(render, &cors, true);
}

void render_protection(struct render *render, const struct location *location)
{
    if (location->item) {
        put_addresses(render, location->item->annotations);
        put_cors(render, location->item->annotations);
        render_authentication(render, location);
    }
}
