#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

#include <string.h>

/* The lines of a location, in the order of nginx.tmpl. */

static const char *const INDENT = "        ";

/* Absent for a location of nobody. */
static struct slice text_of(const struct location *location, enum annotation_id id)
{
    return location->item ? annotation_text(location->item->annotations, id) : SLICE_ABSENT;
}

static struct slice number(struct render *render, int64_t value)
{
    return arena_printf(render->model->scratch, "%lld", (long long)value);
}

/* ---- directives that are one value --------------------------------------------------------- */

enum value { V_SECONDS, V_SWITCH, V_TEXT, V_NUMBER, V_TRIES };
#define SETTING(member) offsetof(struct settings, member)

/* nginx.tmpl; where the Ingress says nothing, the setting's value counts, or the controller's own. */
static const struct {
    const char *directive;
    enum annotation_id id;
    enum value value;
    size_t setting;
} plain_rows[] = {
    {"proxy_connect_timeout", AN_proxy_connect_timeout, V_SECONDS, SETTING(connect_s)},
    {"proxy_send_timeout", AN_proxy_send_timeout, V_SECONDS, SETTING(send_s)},
    {"proxy_read_timeout", AN_proxy_read_timeout, V_SECONDS, SETTING(read_s)},
    {"proxy_buffering", AN_proxy_buffering, V_SWITCH, SETTING(proxy_buffering)},
    {"proxy_buffer_size", AN_proxy_buffer_size, V_TEXT, SETTING(buffer_size)},
    {"proxy_busy_buffers_size", AN_proxy_busy_buffers_size, V_TEXT, SETTING(busy_size)},
    {"proxy_max_temp_file_size", AN_proxy_max_temp_file_size, V_TEXT, SETTING(temporary_size)},
    {"proxy_request_buffering", AN_proxy_request_buffering, V_SWITCH,
     SETTING(proxy_request_buffering)},
    {"proxy_http_version", AN_proxy_http_version, V_TEXT, SETTING(http_version)},
    {"proxy_cookie_domain", AN_proxy_cookie_domain, V_TEXT, SETTING(cookie_domain)},
    {"proxy_cookie_path", AN_proxy_cookie_path, V_TEXT, SETTING(cookie_path)},
    {"proxy_next_upstream", AN_proxy_next_upstream, V_TRIES, SETTING(next_upstream)},
    {"proxy_next_upstream_timeout", AN_proxy_next_upstream_timeout, V_NUMBER, SETTING(tries_s)},
    {"proxy_next_upstream_tries", AN_proxy_next_upstream_tries, V_NUMBER, SETTING(tries)},
};

static struct slice fallback(struct render *render, enum value value, size_t setting)
{
    const void *slot = (const char *)render->model->settings + setting;
    switch (value) {
    case V_SECONDS:
    case V_NUMBER:
        return number(render, *(const int64_t *)slot);
    case V_SWITCH:
        return slice_of(*(const bool *)slot ? "on" : "off");
    case V_TEXT:
    case V_TRIES:
        break;
    }
    return *(const struct slice *)slot;
}

static void put_buffers(struct render *render, const struct location *location)
{
    const struct settings *settings = render->model->settings;
    struct slice size = text_of(location, AN_proxy_buffer_size);
    struct slice count = text_of(location, AN_proxy_buffers_number);
    size = size.ptr ? size : settings->buffer_size;
    count = count.ptr ? count : number(render, settings->buffers);
    buf_printf(render->out, "%sproxy_buffers " SLICE_FMT " " SLICE_FMT ";\n", INDENT,
               SLICE_ARG(count), SLICE_ARG(size));
}

static void put_plain(struct render *render, const struct location *location)
{
    for (size_t i = 0; i < ARRAY_LEN(plain_rows); i++) {
        enum value kind = plain_rows[i].value;
        struct slice value = text_of(location, plain_rows[i].id);
        value = value.ptr ? value : fallback(render, kind, plain_rows[i].setting);
        value = kind == V_TRIES
                    ? retry_conditions(render->model->run, render->model->settings, value)
                    : value;
        if (value.len) {
            buf_printf(render->out, "%s%s " SLICE_FMT "%s;\n", INDENT, plain_rows[i].directive,
                       SLICE_ARG(value), kind == V_SECONDS ? "s" : "");
        }
        if (plain_rows[i].id == AN_proxy_buffer_size) {
            put_buffers(render, location);
        }
    }
}

/* template.go isValidByteSize: a size with "b" is left out, so that nginx's own limit applies. */
static void put_sizes(struct render *render, const struct location *location)
{
    struct slice body = text_of(location, AN_proxy_body_size);
    struct slice buffer = text_of(location, AN_client_body_buffer_size);
    int64_t bytes;
    char unit;
    int64_t all = render->model->settings->body_bytes;
    if (!body.ptr) {
        bool mebibytes = all && all % (1 << 20) == 0;
        body = arena_printf(render->model->scratch, "%lld%s",
                            (long long)(mebibytes ? all >> 20 : all), mebibytes ? "m" : "");
    }
    if (size_parse(body, &bytes, &unit) && unit != 'b') {
        buf_printf(render->out, "%sclient_max_body_size " SLICE_FMT ";\n", INDENT, SLICE_ARG(body));
    }
    if (size_parse(buffer, &bytes, &unit) && unit != 'b' && unit != 'g') {
        buf_printf(render->out, "%sclient_body_buffer_size " SLICE_FMT ";\n", INDENT,
                   SLICE_ARG(buffer));
    }
}

/* ---- headers ------------------------------------------------------------------------------ */

/* template.go proxySetHeader; the protocol's name counts as it is written. */
static bool is_grpc(const struct location *location)
{
    struct slice protocol = text_of(location, AN_backend_protocol);
    return slice_is(protocol, "GRPC") || slice_is(protocol, "GRPCS");
}

static void put_header(struct render *render, const struct location *location, const char *name,
                       const char *value)
{
    buf_printf(render->out, "%s%s %s %s;\n", INDENT,
               is_grpc(location) ? "grpc_set_header" : "proxy_set_header", name, value);
}

/* What nginx knows of the client's certificate. */
static void put_certificate(struct render *render, const struct server *server,
                            const struct location *location)
{
    if (!server->client || render->text->runs) {
        return;
    }
    if (server->client_passed) {
        put_header(render, location, "ssl-client-cert", "$ssl_client_escaped_cert");
    }
    put_header(render, location, "ssl-client-verify", "$ssl_client_verify");
    put_header(render, location, "ssl-client-subject-dn", "$ssl_client_s_dn");
    put_header(render, location, "ssl-client-issuer-dn", "$ssl_client_i_dn");
}

static void put_logs(struct render *render, const struct location *location)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    if (annotations && !annotation_true(annotations, AN_enable_access_log, true)) {
        buf_printf(render->out, "%saccess_log off;\n", INDENT);
    }
    if (annotations && annotation_true(annotations, AN_enable_rewrite_log, false)) {
        buf_printf(render->out, "%srewrite_log on;\n", INDENT);
    }
}

/* proxy-set-headers, and the times of gRPC. */
static void put_common(struct render *render, const struct location *location)
{
    static const struct {
        const char *directive;
        enum annotation_id id;
        size_t setting;
    } times[] = {{"grpc_connect_timeout", AN_proxy_connect_timeout, SETTING(connect_s)},
                 {"grpc_send_timeout", AN_proxy_send_timeout, SETTING(send_s)},
                 {"grpc_read_timeout", AN_proxy_read_timeout, SETTING(read_s)}};
    const struct settings *settings = render->model->settings;
    const struct config_map *map = config_map_named(render->model->kube, settings->set_headers);
    for (size_t i = 0; map && !render->text->runs && i < map->data.count; i++) {
        buf_printf(render->out, "%s%s " SLICE_FMT " ", INDENT,
                   is_grpc(location) ? "grpc_set_header" : "proxy_set_header",
                   SLICE_ARG(map->data.items[i].key));
        render_quoted(render, map->data.items[i].value);
        buf_puts(render->out, ";\n");
    }
    bool told = is_grpc(location) && !version_default(settings->version, "timeouts of gRPC").ptr;
    for (size_t i = 0; told && i < ARRAY_LEN(times); i++) {
        struct slice value = text_of(location, times[i].id);
        value = value.ptr ? value : fallback(render, V_SECONDS, times[i].setting);
        buf_printf(render->out, "%s%s " SLICE_FMT "s;\n", INDENT, times[i].directive,
                   SLICE_ARG(value));
    }
}

static void put_headers(struct render *render, const struct location *location)
{
    static const char *const rows[][2] = {
        {"X-Request-ID", "$req_id"},
        {"X-Real-IP", "$remote_addr"},
        {"X-Forwarded-For", "$remote_addr"},
        {"X-Forwarded-Host", "$best_http_host"},
        {"X-Forwarded-Port", "$pass_port"},
        {"X-Forwarded-Proto", "$pass_access_scheme"},
        {"X-Forwarded-Scheme", "$pass_access_scheme"},
        {"X-Scheme", "$pass_access_scheme"},
        {"X-Original-Forwarded-For", "$http_x_forwarded_for"},
        {"X-Original-Forwarded-Host", "$http_x_forwarded_host"},
        {"Proxy", "\"\""},
    };
    struct slice host = text_of(location, AN_upstream_vhost);
    struct slice connection = text_of(location, AN_connection_proxy_header);
    if (host.len) {
        buf_printf(render->out, "%s%s Host ", INDENT,
                   is_grpc(location) ? "grpc_set_header" : "proxy_set_header");
        render_quoted(render, host);
        buf_puts(render->out, ";\n");
    } else {
        put_header(render, location, "Host", "$best_http_host");
    }
    put_header(render, location, "Upgrade", "$http_upgrade");
    put_header(render, location, "Connection",
               connection.ptr ? arena_string(render->model->scratch, connection)
                              : "$connection_upgrade");
    const struct settings *settings = render->model->settings;
    bool full = settings->use_forwarded_headers && settings->full_forwarded_for;
    bool early = version_default(settings->version, "x-original-forwarded-host").ptr;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (early && strcmp(rows[i][0], "X-Original-Forwarded-Host") == 0) {
            continue;
        }
        bool list = full && strcmp(rows[i][0], "X-Forwarded-For") == 0;
        put_header(render, location, rows[i][0], list ? "$full_x_forwarded_for" : rows[i][1]);
    }
    if (settings->add_original_uri) {
        put_header(render, location, "X-Original-URI", "$request_uri");
    }
}

static void put_custom_headers(struct render *render, const struct location *location)
{
    const struct config_map *map =
        config_map_named(render->model->kube, text_of(location, AN_custom_headers));
    for (size_t i = 0; map && i < map->data.count; i++) {
        buf_printf(render->out, "%smore_set_headers ", INDENT);
        render_literal(render, ARENA_JOIN(render->model->scratch, map->data.items[i].key,
                                          SLICE(": "), map->data.items[i].value));
        buf_puts(render->out, ";\n");
    }
}

/* What the Service of the annotation default-backend is told, where it takes over. */
static void put_stand_in(struct render *render, const struct location *location)
{
    static const char *const lines[] = {
        "X-Code 503",
        "X-Format $http_accept",
        "X-Namespace $namespace",
        "X-Ingress-Name $ingress_name",
        "X-Service-Name $service_name",
        "X-Service-Port $service_port",
        "X-Request-ID $req_id",
    };
    struct backend other;
    for (size_t i = 0; i < ARRAY_LEN(lines) && location_stand_in(render->model, location, &other);
         i++) {
        buf_printf(render->out, "%sproxy_set_header %s;\n", INDENT, lines[i]);
    }
}

static void put_snippets(struct render *render, const struct location *location)
{
    struct slice own = text_of(location, AN_configuration_snippet);
    struct slice all = render->model->settings->location_snippet;
    if (own.len) {
        buf_printf(render->out, "%s# configuration-snippet\n" SLICE_FMT "\n", INDENT,
                   SLICE_ARG(own));
    }
    if (all.len) {
        buf_printf(render->out, "%s# location-snippet\n" SLICE_FMT "\n", INDENT, SLICE_ARG(all));
    }
}

/* ---- redirects and backends ----------------------------------------------------------------- */

static int64_t code_of(const struct location *location, enum annotation_id id, int64_t otherwise,
                       int64_t most)
{
    int64_t code = annotation_int(location->item->annotations, id, otherwise);
    return code < 300 || code > most ? otherwise : code;
}

/* annotations/redirect: the temporal one comes first, and codes out of range are the default ones */
static void put_redirect(struct render *render, const struct location *location)
{
    if (!location->item || location->plain) {
        return;
    }
    const struct annotations *annotations = location->item->annotations;
    struct slice temporal = text_of(location, AN_temporal_redirect);
    struct slice permanent = text_of(location, AN_permanent_redirect);
    if (!render->model->settings->relative_redirects &&
        annotation_true(annotations, AN_relative_redirects, false)) {
        buf_printf(render->out, "%sabsolute_redirect off;\n", INDENT);
    }
    if (temporal.len) {
        buf_printf(render->out, "%sreturn %lld " SLICE_FMT ";\n", INDENT,
                   (long long)code_of(location, AN_temporal_redirect_code, 302, 307),
                   SLICE_ARG(temporal));
    } else if (permanent.len) {
        buf_printf(render->out, "%sreturn %lld " SLICE_FMT ";\n", INDENT,
                   (long long)code_of(location, AN_permanent_redirect_code, 301, 308),
                   SLICE_ARG(permanent));
    }
}

/* template.go buildProxyPass */
static void put_pass(struct render *render, const struct location *location)
{
    static const struct {
        const char *protocol, *directive, *scheme;
    } rows[] = {{"AUTO_HTTP", "proxy_pass", "$scheme://"},
                {"HTTPS", "proxy_pass", "https://"},
                {"GRPC", "grpc_pass", "grpc://"},
                {"GRPCS", "grpc_pass", "grpcs://"},
                {"FCGI", "fastcgi_pass", ""}};
    const char *directive = "proxy_pass", *scheme = "http://";
    struct slice protocol = text_of(location, AN_backend_protocol);
    for (size_t i = 0; i < ARRAY_LEN(rows) && location->has_backend; i++) {
        if (slice_equal_fold(protocol, slice_of(rows[i].protocol))) {
            directive = rows[i].directive;
            scheme = rows[i].scheme;
        }
    }
    if (location_rewrites(location)) {
        struct slice prefix = text_of(location, AN_x_forwarded_prefix);
        buf_printf(render->out, "%srewrite ", INDENT);
        render_quoted(render, ARENA_JOIN(render->model->scratch, SLICE("(?i)"), location->path));
        buf_printf(render->out, " " SLICE_FMT " break;\n",
                   SLICE_ARG(text_of(location, AN_rewrite_target)));
        if (prefix.len) {
            buf_printf(render->out, "%s%s X-Forwarded-Prefix ", INDENT,
                       is_grpc(location) ? "grpc_set_header" : "proxy_set_header");
            render_quoted(render, prefix);
            buf_puts(render->out, ";\n");
        }
    }
    buf_printf(render->out, "%s%s %supstream_balancer;\n", INDENT, directive, scheme);
    render_upstream(render, location);
}

static void put_variables(struct render *render, const struct location *location)
{
    const struct variables own = location_variables(render->model->run, location);
    const struct {
        const char *name;
        struct slice value;
    } rows[] = {{"namespace", own.namespace},
                {"ingress_name", own.ingress},
                {"service_name", own.service},
                {"service_port", own.port}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_printf(render->out, "%sset $%s ", INDENT, rows[i].name);
        render_quoted(render, rows[i].value);
        buf_puts(render->out, ";\n");
    }
}

void render_location(struct render *render, const struct server *server,
                     const struct location *location)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    put_variables(render, location);
    render_script(render, location);
    if (annotations && annotations->denied) {
        buf_printf(render->out, "%s# " SLICE_FMT "\n%sreturn 503;\n", INDENT,
                   SLICE_ARG(annotations->denied_reason), INDENT);
        return;
    }
    if (!render->text->runs) {
        put_logs(render, location);
    }
    render_copies(render, location);
    render_firewall(render, location);
    render_protection(render, location);
    render_limits(render, location);
    put_sizes(render, location);
    put_certificate(render, server, location);
    put_headers(render, location);
    put_common(render, location);
    put_plain(render, location);
    put_snippets(render, location);
    put_custom_headers(render, location);
    put_stand_in(render, location);
    render_error_pages(render, location);
    put_redirect(render, location);
    put_pass(render, location);
    render_rest(render, location);
}
