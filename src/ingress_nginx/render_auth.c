#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

#include <openssl/evp.h>
#include <string.h>

/* Who is asked for credentials, as nginx.tmpl writes it: the location that asks an auth service, the one that sends
 * people to sign in, and the lines of the location that they stand for. For people only. */

static const char *const INDENT = "        ";

static struct slice text_of(const struct location *location, enum annotation_id id)
{
    return location->item ? annotation_text(location->item->annotations, id) : SLICE_ABSENT;
}

/* What an annotation says of a service of its own, or a setting of the one of all. */
static struct slice said(const struct location *location, enum annotation_id id,
                         struct slice setting)
{
    bool own = annotation_set(location->item->annotations, AN_auth_url);
    return own ? text_of(location, id) : setting;
}

/* template.go buildAuthLocation: the path in base64, as it is for URLs and without an end. */
static struct slice auth_path(struct render *render, const struct location *location)
{
    struct arena *arena = render->model->scratch;
    struct slice path = location->path;
    char *text = arena_alloc(arena, 4 * (path.len / 3 + 1) + 1);
    int length =
        EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)path.ptr, (int)path.len);
    while (length > 0 && text[length - 1] == '=') {
        length--;
    }
    for (int i = 0; i < length; i++) {
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    }
    return arena_printf(arena, "/_external-auth-%.*s-%s", length, text,
                        location->exact ? "Exact" : "Prefix");
}

/* template.go buildAuthSignURLLocation */
static struct slice signin_name(struct render *render, const struct location *location,
                                struct slice url)
{
    struct arena *arena = render->model->scratch;
    struct slice both = ARENA_JOIN(arena, location->path, url);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    struct slice name = SLICE("@");
    if (EVP_Digest(both.ptr, both.len, bytes, &length, EVP_sha1(), NULL) != 1) {
        length = 0;
    }
    for (unsigned int i = 0; i < length; i++) {
        name = ARENA_JOIN(arena, name, arena_printf(arena, "%02x", bytes[i]));
    }
    return name;
}

static void put_cache(struct render *render, const struct server *server,
                      const struct location *location, struct slice path)
{
    const struct settings *settings = render->model->settings;
    struct slice key = said(location, AN_auth_cache_key, settings->global_auth_key);
    struct slice own = text_of(location, AN_auth_cache_duration);
    own = own.len ? own : slice_of(annotation_row(AN_auth_cache_duration)->fallback);
    struct slice lasts = annotation_set(location->item->annotations, AN_auth_url)
                             ? own
                             : settings->global_auth_duration;
    struct slice one;
    if (!key.len) {
        return;
    }
    buf_printf(render->out,
               "%sset $tmp_cache_key '" SLICE_FMT SLICE_FMT SLICE_FMT "';\n%sset $cache_key '';\n"
               "%s# by script: $cache_key is a hash of it\n%sproxy_cache auth_cache;\n",
               INDENT, SLICE_ARG(server->host), SLICE_ARG(path), SLICE_ARG(key), INDENT, INDENT,
               INDENT);
    while (slice_split(&lasts, ',', &one)) {
        one = slice_trim(one);
        if (one.len) {
            buf_printf(render->out, "%sproxy_cache_valid " SLICE_FMT ";\n", INDENT, SLICE_ARG(one));
        }
    }
    buf_printf(render->out, "%sproxy_cache_key \"$cache_key\";\n", INDENT);
}

static struct slice host_of(struct slice url)
{
    size_t start = slice_find(url, '/', 0) + 2;
    struct slice rest = slice_sub(url, start, url.len);
    rest = slice_sub(rest, 0, slice_find(rest, '/', 0));
    rest = slice_sub(rest, 0, slice_find(rest, '?', 0));
    return slice_sub(rest, 0, slice_find(rest, ':', 0));
}

static void put_sent(struct render *render, const struct location *location, struct slice url)
{
    static const char *const first[] = {"Content-Length \"\"", "X-Forwarded-Proto \"\"",
                                        "X-Request-ID $req_id"};
    static const char *const after[] = {"X-Original-URL $scheme://$http_host$request_uri",
                                        "X-Original-Method $request_method",
                                        "X-Sent-From \"nginx-ingress-controller\"",
                                        "X-Real-IP $remote_addr", "X-Forwarded-For $remote_addr"};
    const struct settings *settings = render->model->settings;
    struct slice method = said(location, AN_auth_method, settings->global_auth_method);
    struct slice back = said(location, AN_auth_request_redirect, settings->global_auth_redirect);
    struct buf *out = render->out;
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        buf_printf(out, "%sproxy_set_header %s;\n", INDENT, first[i]);
    }
    if (method.len) {
        buf_printf(out,
                   "%sproxy_method " SLICE_FMT
                   ";\n%sproxy_set_header X-Original-URI $request_uri;\n"
                   "%sproxy_set_header X-Scheme $pass_access_scheme;\n",
                   INDENT, SLICE_ARG(method), INDENT, INDENT);
    }
    buf_printf(out, "%sproxy_set_header Host " SLICE_FMT ";\n", INDENT, SLICE_ARG(host_of(url)));
    for (size_t i = 0; i < ARRAY_LEN(after); i++) {
        buf_printf(out, "%sproxy_set_header %s;\n", INDENT, after[i]);
    }
    buf_printf(out, "%sproxy_set_header X-Auth-Request-Redirect " SLICE_FMT ";\n", INDENT,
               SLICE_ARG(back.len ? back : SLICE("$request_uri")));
    const struct config_map *map =
        config_map_named(render->model->kube, text_of(location, AN_auth_proxy_set_headers));
    for (size_t i = 0; map && i < map->data.count; i++) {
        buf_printf(out, "%sproxy_set_header ", INDENT);
        render_quoted(render, map->data.items[i].key);
        buf_putc(out, ' ');
        render_quoted(render, map->data.items[i].value);
        buf_puts(out, ";\n");
    }
}

/* ---- connections that are kept -------------------------------------------------------------- */

/* "host:port" of a URL: template.go extractHostPort. */
static struct slice authority_of(struct slice url)
{
    size_t from = slice_find(url, ':', 0) + 3;
    size_t to = from;
    while (to < url.len && url.ptr[to] != '/' && url.ptr[to] != '?') {
        to++;
    }
    return slice_sub(url, from, to);
}

/* template.go buildAuthUpstreamName */
static struct slice kept_name(struct render *render, const struct server *server,
                              const struct location *location)
{
    struct slice path = auth_path(render, location);
    return ARENA_JOIN(render->model->scratch, server->host, SLICE("-"),
                      slice_sub(path, 2, path.len));
}

void render_auth_upstreams(struct render *render, const struct server *server)
{
    for (size_t i = 0; i < server->count && !render->text->runs; i++) {
        const struct location *location = server->locations[i];
        struct external external;
        if ((location->item && location->item->annotations->denied) ||
            !location_service(render->model, location, &external) || !external.fails) {
            continue;
        }
        const struct annotations *annotations = location->item->annotations;
        buf_printf(render->out,
                   "\n# connections to the auth service are kept, by auth-keepalive\n"
                   "upstream " SLICE_FMT " {\n    server " SLICE_FMT ";\n    keepalive %lld;\n"
                   "    keepalive_requests %lld;\n    keepalive_timeout %llds;\n}\n",
                   SLICE_ARG(kept_name(render, server, location)),
                   SLICE_ARG(authority_of(external.url)),
                   (long long)annotation_int(annotations, AN_auth_keepalive, 0),
                   (long long)annotation_int(annotations, AN_auth_keepalive_requests, 1000),
                   (long long)annotation_int(annotations, AN_auth_keepalive_timeout, 60));
    }
}

/* The service is asked by the name of the upstream: template.go changeHostPort. */
static void put_target(struct render *render, const struct server *server,
                       const struct location *location, const struct external *external)
{
    struct buf *out = render->out;
    struct slice url = external->url;
    if (external->fails) {
        struct slice authority = authority_of(url);
        size_t from = (size_t)(authority.ptr - url.ptr);
        buf_printf(out,
                   "%sproxy_http_version 1.1;\n%sproxy_set_header Connection \"\";\n%sset "
                   "$target " SLICE_FMT SLICE_FMT SLICE_FMT,
                   INDENT, INDENT, INDENT, SLICE_ARG(slice_sub(url, 0, from)),
                   SLICE_ARG(kept_name(render, server, location)),
                   SLICE_ARG(slice_sub(url, from + authority.len, url.len)));
    } else {
        buf_printf(out, "%sset $target ", INDENT);
        render_quoted(render, url);
    }
    buf_printf(out, ";\n%sproxy_pass $target;\n    }\n", INDENT);
}

/* A script asks, as auth_request keeps no connections; its variables count from 0, and those that it sets from 1. */
static void put_kept(struct render *render, const struct location *location,
                     const struct external *external)
{
    struct buf *out = render->out;
    bool shares = annotation_true(location->item->annotations, AN_auth_keepalive_share_vars, false);
    struct slice protocol = text_of(location, AN_backend_protocol), list = external->headers, name;
    const char *set = slice_is(protocol, "GRPC") || slice_is(protocol, "GRPCS") ? "grpc" : "proxy";
    buf_printf(out, "%sset $auth_cookie '';\n%sadd_header Set-Cookie $auth_cookie;\n", INDENT,
               INDENT);
    for (size_t i = 0; slice_split(&list, ',', &name); i++) {
        buf_printf(out,
                   "%sset $authHeader%zu '';\n%s%s_set_header '" SLICE_FMT "' $authHeader%zu;\n",
                   INDENT, i, INDENT, set, SLICE_ARG(slice_trim(name)), i);
    }
    buf_printf(out,
               "%sset $auth_path '" SLICE_FMT "';\n%sset $auth_keepalive_share_vars %s;\n"
               "%sset $auth_response_headers '" SLICE_FMT "';\n"
               "%saccess_by_lua_file /etc/nginx/lua/nginx/ngx_conf_external_auth.lua;\n",
               INDENT, SLICE_ARG(auth_path(render, location)), INDENT, shares ? "true" : "false",
               INDENT, SLICE_ARG(external->headers.ptr ? external->headers : SLICE("")), INDENT);
}

static void put_signin(struct render *render, const struct location *location,
                       const struct external *external)
{
    struct buf *out = render->out;
    struct slice url = external->signin;
    struct slice parameter, separator = signin_separator(external, &parameter);
    if (!url.len) {
        return;
    }
    buf_printf(
        out,
        "\n    # sends people to sign in, for the location behind it\n    location " SLICE_FMT
        " {\n%sinternal;\n%sadd_header Set-Cookie $auth_cookie;\n%sreturn 302 " SLICE_FMT,
        SLICE_ARG(signin_name(render, location, url)), INDENT, INDENT, INDENT, SLICE_ARG(url));
    if (separator.len) {
        buf_printf(out, SLICE_FMT SLICE_FMT "=$pass_access_scheme://$http_host$escaped_request_uri",
                   SLICE_ARG(separator), SLICE_ARG(parameter));
    }
    buf_puts(out, ";\n    }\n");
}

void render_auth_locations(struct render *render, const struct server *server,
                           const struct location *location)
{
    struct external external;
    struct buf *out = render->out;
    if (render->text->runs || (location->item && location->item->annotations->denied) ||
        !location_service(render->model, location, &external)) {
        return;
    }
    struct slice path = auth_path(render, location);
    struct slice snippet = said(location, AN_auth_snippet, render->model->settings->auth_snippet);
    buf_printf(
        out,
        "\n    # asks the auth service, for the location behind it\n    location = " SLICE_FMT
        " {\n%sinternal;\n",
        SLICE_ARG(path), INDENT);
    put_cache(render, server, location, path);
    if (!version_default(render->model->settings->version, "errors of the auth service").ptr) {
        buf_printf(out, "%sproxy_intercept_errors off;\n", INDENT);
    }
    buf_printf(out, "%sproxy_pass_request_body off;\n", INDENT);
    put_sent(render, location, external.url);
    if (snippet.len) {
        buf_printf(out, SLICE_FMT "\n", SLICE_ARG(snippet));
    }
    put_target(render, server, location, &external);
    put_signin(render, location, &external);
}

/* ---- lines of the location ------------------------------------------------------------------ */

static void put_answers(struct render *render, const struct location *location, struct slice list)
{
    struct slice protocol = text_of(location, AN_backend_protocol), name;
    const char *set = slice_is(protocol, "GRPC") || slice_is(protocol, "GRPCS") ? "grpc" : "proxy";
    for (size_t i = 0; slice_split(&list, ',', &name); i++) {
        name = slice_trim(name);
        char *variable =
            arena_string(render->model->scratch, arena_lower(render->model->scratch, name));
        for (size_t at = 0; at < name.len; at++) {
            variable[at] = (char)(variable[at] == '-' ? '_' : variable[at]);
        }
        buf_printf(render->out,
                   "%sauth_request_set $authHeader%zu $upstream_http_%s;\n"
                   "%s%s_set_header '" SLICE_FMT "' $authHeader%zu;\n",
                   INDENT, i, variable, INDENT, set, SLICE_ARG(name), i);
    }
}

static void put_asked(struct render *render, const struct location *location,
                      const struct external *external, bool always)
{
    buf_printf(render->out,
               "%sauth_request " SLICE_FMT ";\n"
               "%sauth_request_set $auth_cookie $upstream_http_set_cookie;\n"
               "%sadd_header Set-Cookie $auth_cookie%s;\n",
               INDENT, SLICE_ARG(auth_path(render, location)), INDENT, INDENT,
               always ? " always" : "");
    put_answers(render, location, external->headers);
}

static void put_external(struct render *render, const struct location *location)
{
    struct external external;
    struct buf *out = render->out;
    if (!location_service(render->model, location, &external)) {
        return;
    }
    struct slice always =
        said(location, AN_auth_always_set_cookie, render->model->settings->global_auth_cookie);
    if (external.fails) {
        put_kept(render, location, &external);
    } else {
        put_asked(render, location, &external, is_true(always));
    }
    if (external.signin.len) {
        buf_printf(out,
                   "%sset_escape_uri $escaped_request_uri $request_uri;\n"
                   "%serror_page 401 = " SLICE_FMT ";\n",
                   INDENT, INDENT, SLICE_ARG(signin_name(render, location, external.signin)));
    }
}

static void put_basic(struct render *render, const struct location *location)
{
    struct slice type = text_of(location, AN_auth_type);
    struct slice secret = text_of(location, AN_auth_secret);
    struct slice protocol = text_of(location, AN_backend_protocol);
    const char *kind = slice_is(type, "basic") ? "auth_basic" : "auth_digest";
    bool grpc = slice_is(protocol, "GRPC") || slice_is(protocol, "GRPCS");
    if (!type.ptr || listed_prefix(location->path, render->model->settings->no_auth)) {
        return;
    }
    buf_printf(render->out, "%s%s ", INDENT, kind);
    render_quoted(render, text_of(location, AN_auth_realm));
    buf_printf(render->out,
               ";\n%s%s_user_file /etc/ingress-controller/auth/<uids>.passwd; # Secret " SLICE_FMT
               "\n%s%s_set_header Authorization \"\";\n",
               INDENT, kind, SLICE_ARG(secret), INDENT, grpc ? "grpc" : "proxy");
}

void render_authentication(struct render *render, const struct location *location)
{
    struct slice satisfy = text_of(location, AN_satisfy);
    if (!render->text->runs) {
        put_external(render, location);
        put_basic(render, location);
    } else if (text_of(location, AN_auth_type).ptr) {
        buf_printf(render->out, "%sproxy_set_header Authorization \"\";\n", INDENT);
    }
    if (satisfy.ptr) {
        buf_printf(render->out, "%ssatisfy " SLICE_FMT ";\n", INDENT, SLICE_ARG(satisfy));
    }
}
