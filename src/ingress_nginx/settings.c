#include "ingress_nginx/snippets_priv.h"

enum setting_kind { SET_BOOL, SET_INT, SET_SIZE, SET_ON, SET_TEXT };
enum setting_treat {
    SET_USED,
    SET_QUIET,
    SET_SNIPPET, /* kept when it does nothing but set headers, else not understood */
    SET_OPEN
};

/* A row for each key that the controller reads (internal/ingress/controller/config/config.go). */
struct setting {
    const char *key;
    enum setting_treat treat;
    enum setting_kind kind;
    size_t offset;
    enum aspect aspect;   /* what is unknown while it is not understood */
    const char *fallback; /* a value that changes nothing, besides false, 0, off and none */
};
#define USED(key, kind, member)                                                                    \
    {                                                                                              \
        key, SET_USED, SET_##kind, offsetof(struct settings, member), 0, NULL                      \
    }
/* What shows in no request. */
#define QUIET(key, fallback)                                                                       \
    {                                                                                              \
        key, SET_QUIET, SET_TEXT, 0, ASPECT_TRAFFIC, fallback                                      \
    }
#define SNIPPET(key, member)                                                                       \
    {                                                                                              \
        key, SET_SNIPPET, SET_TEXT, offsetof(struct settings, member), ASPECT_ROUTING, NULL        \
    }
#define OPEN(key, aspect) OPEN_BUT(key, aspect, NULL)
#define OPEN_BUT(key, aspect, fallback)                                                            \
    {                                                                                              \
        key, SET_OPEN, SET_TEXT, 0, ASPECT_##aspect, fallback                                      \
    }

static const struct setting rows[] = {
    USED("ssl-redirect", BOOL, ssl_redirect),
    USED("force-ssl-redirect", BOOL, force_ssl_redirect),
    USED("preserve-trailing-slash", BOOL, preserve_trailing_slash),
    USED("relative-redirects", BOOL, relative_redirects),
    USED("hsts", BOOL, hsts),
    USED("hsts-include-subdomains", BOOL, hsts_include_subdomains),
    USED("hsts-preload", BOOL, hsts_preload),
    USED("hsts-max-age", INT, hsts_max_age),
    USED("http-redirect-code", INT, http_redirect_code),
    USED("proxy-connect-timeout", INT, connect_s),
    USED("proxy-read-timeout", INT, read_s),
    USED("proxy-send-timeout", INT, send_s),
    USED("proxy-next-upstream", TEXT, next_upstream),
    USED("proxy-next-upstream-tries", INT, tries),
    USED("proxy-body-size", SIZE, body_bytes),
    USED("proxy-buffering", ON, proxy_buffering),
    USED("proxy-request-buffering", ON, proxy_request_buffering),
    USED("use-forwarded-headers", BOOL, use_forwarded_headers),
    USED("enable-real-ip", BOOL, enable_real_ip),
    USED("allow-snippet-annotations", BOOL, allow_snippets),
    USED("allow-cross-namespace-resources", BOOL, cross_namespace),
    USED("annotation-value-word-blocklist", TEXT, blocklist),
    USED("enable-underscores-in-headers", BOOL, enable_underscores),
    USED("no-tls-redirect-locations", TEXT, no_tls_redirect),
    USED("no-auth-locations", TEXT, no_auth),
    USED("add-headers", TEXT, add_headers),
    USED("hide-headers", TEXT, hide_headers),
    USED("global-allowed-response-headers", TEXT, allowed_headers),
    USED("block-cidrs", TEXT, block_cidrs),
    USED("denylist-source-range", TEXT, denylist),
    USED("whitelist-source-range", TEXT, allowlist),
    USED("forwarded-for-header", TEXT, forwarded_for),
    USED("proxy-real-ip-cidr", TEXT, trusted),
    USED("proxy-add-original-uri-header", BOOL, add_original_uri),
    USED("global-auth-url", TEXT, global_auth),
    USED("global-auth-signin", TEXT, global_signin),
    USED("global-auth-signin-redirect-param", TEXT, global_signin_parameter),
    USED("global-auth-response-headers", TEXT, global_auth_headers),
    USED("block-user-agents", TEXT, block_user_agents),
    USED("block-referers", TEXT, block_referers),
    SNIPPET("server-snippet", server_snippet),
    SNIPPET("location-snippet", location_snippet),
    USED("proxy-buffers-number", INT, buffers),
    USED("proxy-buffer-size", TEXT, buffer_size),
    USED("proxy-busy-buffers-size", TEXT, busy_size),
    USED("proxy-max-temp-file-size", TEXT, temporary_size),
    USED("forwarded-host-header", TEXT, forwarded_host),
    USED("proxy-set-headers", TEXT, set_headers),
    USED("generate-request-id", BOOL, request_id),
    USED("ssl-reject-handshake", BOOL, reject_handshake),
    OPEN("http-snippet", ROUTING),
    OPEN("main-snippet", TRAFFIC),
    OPEN("custom-http-errors", ROUTING),
    OPEN("enable-modsecurity", PROTECTION),
    OPEN("enable-owasp-modsecurity-crs", PROTECTION),
    OPEN("modsecurity-snippet", PROTECTION),
    OPEN("compute-full-forwarded-for", HEADERS),
    USED("use-port-in-redirects", BOOL, port_in_redirects),
    USED("load-balance", TEXT, load_balance),
    OPEN("upstream-hash-by", TRAFFIC),
    OPEN("limit-rate", TRAFFIC),
    OPEN("limit-rate-after", TRAFFIC),
    USED("limit-req-status-code", INT, limit_status),
    USED("limit-conn-status-code", INT, limit_connection_status),
    OPEN("proxy-next-upstream-timeout", TRAFFIC),
    OPEN("retry-non-idempotent", TRAFFIC),
    OPEN("proxy-redirect-from", HEADERS),
    OPEN("proxy-cookie-domain", HEADERS),
    OPEN("proxy-cookie-path", HEADERS),
    USED("use-gzip", BOOL, gzip),
    USED("enable-brotli", BOOL, brotli),
    USED("enable-opentelemetry", BOOL, opentelemetry),
    OPEN("service-upstream", TRAFFIC),
    OPEN_BUT("default-type", HEADERS, "text/html"),
    OPEN("global-auth-snippet", PROTECTION),
    OPEN_BUT("limit-conn-zone-variable", TRAFFIC, "$binary_remote_addr"),
    OPEN_BUT("ignore-invalid-headers", HEADERS, "true"),
    USED("allow-backend-server-header", BOOL, backend_server),
    USED("server-tokens", BOOL, server_tokens),
    OPEN_BUT("client-header-timeout", TRAFFIC, "60"),
    OPEN_BUT("client-body-timeout", TRAFFIC, "60"),
    OPEN_BUT("large-client-header-buffers", TRAFFIC, "4 8k"),
    OPEN_BUT("proxy-http-version", TRAFFIC, "1.1"),
    USED("use-http2", BOOL, use_http2),
    OPEN_BUT("forwarded-for-proxy-protocol-header", HEADERS, "X-Forwarded-For-Proxy-Protocol"),
    OPEN("upstream-hash-by-subset", TRAFFIC),
    QUIET("app-root", NULL),
    QUIET("stream-snippet", NULL),
    QUIET("global-auth-method", NULL),
    QUIET("global-auth-request-redirect", NULL),
    QUIET("global-auth-cache-key", NULL),
    QUIET("global-auth-cache-duration", NULL),
    QUIET("global-auth-always-set-cookie", NULL),
    QUIET("disable-proxy-intercept-errors", NULL),
    QUIET("proxy-redirect-to", NULL),
    QUIET("bind-address", NULL),
    QUIET("ssl-protocols", NULL),
    QUIET("ssl-ciphers", NULL),
    QUIET("ssl-dh-param", NULL),
    QUIET("ssl-session-cache", "true"),
    QUIET("ssl-session-tickets", NULL),
    QUIET("ssl-session-timeout", "10m"),
    QUIET("ssl-early-data", NULL),
    QUIET("strict-validate-path-type", "true"),
    QUIET("log-format-upstream", NULL),
    QUIET("log-format-escape-json", NULL),
    QUIET("log-format-escape-none", NULL),
    QUIET("access-log-path", "/var/log/nginx/access.log"),
    QUIET("error-log-path", "/var/log/nginx/error.log"),
    QUIET("error-log-level", "notice"),
    QUIET("disable-access-log", NULL),
    QUIET("skip-access-log-urls", NULL),
    QUIET("worker-processes", NULL),
    QUIET("worker-cpu-affinity", NULL),
    QUIET("worker-shutdown-timeout", "240s"),
    QUIET("max-worker-connections", "16384"),
    QUIET("max-worker-open-files", NULL),
    QUIET("enable-multi-accept", "true"),
    QUIET("keep-alive", "75"),
    QUIET("keep-alive-requests", "1000"),
    QUIET("upstream-keepalive-connections", "320"),
    QUIET("upstream-keepalive-timeout", "60"),
    QUIET("upstream-keepalive-requests", "10000"),
    QUIET("upstream-keepalive-time", "1h"),
    QUIET("client-header-buffer-size", "1k"),
    QUIET("client-body-buffer-size", "8k"),
    QUIET("proxy-headers-hash-max-size", "512"),
    QUIET("proxy-headers-hash-bucket-size", "64"),
    QUIET("proxy-ssl-location-only", NULL),
    QUIET("proxy-stream-timeout", "600s"),
    QUIET("server-name-hash-max-size", "1024"),
    QUIET("server-name-hash-bucket-size", NULL),
    QUIET("map-hash-bucket-size", "64"),
    QUIET("variables-hash-max-size", "2048"),
    QUIET("reuse-port", "true"),
    QUIET("http2-max-field-size", NULL),
    QUIET("http2-max-header-size", NULL),
    QUIET("http2-max-requests", NULL),
    QUIET("http2-max-concurrent-streams", "128"),
    QUIET("gzip-level", "1"),
    QUIET("gzip-min-length", "256"),
    QUIET("gzip-types", NULL),
    QUIET("brotli-level", "4"),
    QUIET("brotli-min-length", "20"),
    QUIET("brotli-types", NULL),
    QUIET("nginx-status-ipv4-whitelist", "127.0.0.1"),
    QUIET("nginx-status-ipv6-whitelist", "::1"),
    QUIET("disable-ipv6", NULL),
    QUIET("disable-ipv6-dns", NULL),
    QUIET("resolver", NULL),
    QUIET("lua-shared-dicts", NULL),
    QUIET("debug-connections", NULL),
    QUIET("grpc-buffer-size-kb", NULL),
    QUIET("otel-service-name", "nginx"),
    QUIET("otel-sampler", "AlwaysOn"),
    QUIET("otlp-collector-host", NULL),
    QUIET("otlp-collector-port", "4317"),
    QUIET("access-log-params", NULL),
    QUIET("disable-http-access-log", NULL),
    QUIET("disable-stream-access-log", NULL),
    QUIET("enable-access-log-for-default-backend", NULL),
    QUIET("enable-aio-write", "true"),
    QUIET("enable-auth-access-log", NULL),
    QUIET("enable-ocsp", NULL),
    QUIET("enable-serial-reloads", NULL),
    QUIET("enable-syslog", NULL),
    QUIET("geoip2-autoreload-in-minutes", NULL),
    QUIET("gzip-disable", NULL),
    QUIET("http-access-log-path", NULL),
    QUIET("log-format-stream", NULL),
    QUIET("opentelemetry-config", "/etc/ingress-controller/telemetry/opentelemetry.toml"),
    QUIET("opentelemetry-operation-name", NULL),
    QUIET("opentelemetry-trust-incoming-span", "true"),
    QUIET("otel-max-export-batch-size", "512"),
    QUIET("otel-max-queuesize", "2048"),
    QUIET("otel-sampler-parent-based", "true"),
    QUIET("otel-sampler-ratio", "0.01"),
    QUIET("otel-schedule-delay-millis", "5000"),
    QUIET("proxy-protocol-header-timeout", "5s"),
    /* a request is what whoever is in front tells of it in that protocol */
    QUIET("use-proxy-protocol", NULL),
    QUIET("proxy-stream-next-upstream", "true"),
    QUIET("proxy-stream-next-upstream-timeout", "600s"),
    QUIET("proxy-stream-next-upstream-tries", "3"),
    QUIET("proxy-stream-responses", "1"),
    QUIET("ssl-buffer-size", "4k"),
    QUIET("ssl-ecdh-curve", "auto"),
    QUIET("ssl-session-cache-size", "10m"),
    QUIET("ssl-session-ticket-key", NULL),
    QUIET("stream-access-log-path", NULL),
    QUIET("syslog-host", NULL),
    QUIET("syslog-port", "514"),
    QUIET("use-geoip2", NULL),
    QUIET("variables-hash-bucket-size", "256"),
    QUIET("upstream-hash-by-subset-size", NULL),
};

static const struct config_map *find_config(const struct kube *kube, struct slice wanted)
{
    struct slice namespace = SLICE("ingress-nginx"), name = SLICE("ingress-nginx-controller");
    if (wanted.len) {
        size_t slash = slice_find(wanted, '/', 0);
        if (slash < wanted.len) {
            namespace = slice_sub(wanted, 0, slash);
            name = slice_sub(wanted, slash + 1, wanted.len);
        } else {
            name = wanted;
        }
    }
    const struct object *object = kube_find(kube, KUBE_CONFIG_MAP, namespace, name);
    for (size_t i = 0; !object && !wanted.len && i < kube->counts[KUBE_CONFIG_MAP]; i++) {
        const struct object *other = kube->objects[KUBE_CONFIG_MAP][i];
        const struct label *app = labels_find(&other->labels, "app.kubernetes.io/name");
        const struct label *part = labels_find(&other->labels, "app.kubernetes.io/component");
        if (app && part && slice_is(app->value, "ingress-nginx") &&
            slice_is(part->value, "controller")) {
            object = other;
        }
    }
    return (const struct config_map *)(const void *)object;
}

/* `flagged` is what the controller's flag names; a variable in it is not known. */
static const struct config_map *named_config(struct run *run, const struct kube *kube,
                                             struct slice wanted, struct slice flagged)
{
    const struct config_map *config =
        !wanted.len && flagged.len ? find_config(kube, flagged) : NULL;
    config = config ? config : find_config(kube, wanted);
    if (wanted.len && !config) {
        diag_at(run->diag, DIAG_K022, SPAN_NONE, SLICE_ABSENT,
                "ConfigMap '" SLICE_FMT "' of --controller-config is not in the input; give the "
                "file that holds it with -f as well, or correct NAMESPACE/NAME",
                SLICE_ARG(wanted));
    }
    return config;
}

static bool read_bool(struct slice value, bool *out)
{
    static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False"};
    bool found = is_true(value);
    *out = found;
    for (size_t i = 0; !found && i < ARRAY_LEN(no); i++) {
        found = slice_is(value, no[i]);
    }
    return found;
}

static bool read_value(const struct setting *row, struct slice value, struct settings *out)
{
    void *slot = (char *)out + row->offset;
    bool truth;
    char unit;
    switch (row->kind) {
    case SET_BOOL:
        if (!value.len) { /* mapstructure, decodeBool */
            *(bool *)slot = false;
            return true;
        }
        if (!read_bool(value, &truth)) {
            return false;
        }
        *(bool *)slot = truth;
        return true;
    case SET_INT:
        return slice_to_int(value, slot);
    case SET_SIZE:
        return size_parse(value, slot, &unit);
    case SET_ON:
        /* the text is written as it is; settings_check says what nginx refuses */
        *(bool *)slot = slice_is(value, "on");
        return true;
    case SET_TEXT:
        *(struct slice *)slot = value;
        return true;
    }
    return false;
}

static void not_understood(struct run *run, const struct label *label, enum aspect aspect,
                           struct settings *out)
{
    struct effect_source source = {label->key, label->span};
    out->unknown = unknown_add(
        run, out->unknown, aspect, source,
        arena_printf(run->arena, "setting '" SLICE_FMT "' of the controller is not understood yet",
                     SLICE_ARG(label->key)));
    diag_at(run->diag, DIAG_N011, label->span, out->config->object.subject,
            "setting '" SLICE_FMT "' of the controller is not understood yet; what it does (%s) is "
            "unknown on every host",
            SLICE_ARG(label->key), aspect_name(aspect));
}

static void directive_not_understood(struct run *run, const struct label *label,
                                     struct slice directive, enum aspect aspect,
                                     struct settings *out)
{
    struct effect_source source = {label->key, label->span};
    out->unknown = unknown_add(run, out->unknown, aspect, source,
                               arena_printf(run->arena,
                                            "directive '" SLICE_FMT "' of setting '" SLICE_FMT
                                            "' is not understood",
                                            SLICE_ARG(directive), SLICE_ARG(label->key)));
    diag_at(run->diag, DIAG_N011, label->span, out->config->object.subject,
            "directive '" SLICE_FMT "' of setting '" SLICE_FMT "' is not understood; what every "
            "host does is unknown",
            SLICE_ARG(directive), SLICE_ARG(label->key));
}

/* With a default that is on, "false" does something. */
static bool changes_nothing(const struct setting *row, struct slice value)
{
    static const char *const idle[] = {"", "false", "0", "off"};
    if (row->fallback) {
        return slice_is(value, row->fallback);
    }
    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        if (slice_is(value, idle[i])) {
            return true;
        }
    }
    return false;
}

static void read_row(struct run *run, const struct setting *row, const struct label *label,
                     struct settings *out)
{
    struct slice value = slice_trim(label->value);
    bool idle = changes_nothing(row, value);
    struct snippet snippet;
    switch (row->treat) {
    case SET_QUIET:
        if (!idle) {
            diag_at(run->diag, DIAG_N008, label->span, out->config->object.subject,
                    "setting '" SLICE_FMT "' shows in no request; it is left out",
                    SLICE_ARG(label->key));
        }
        return;
    case SET_USED:
        if (!read_value(row, value, out)) {
            diag_at(run->diag, DIAG_N012, label->span, out->config->object.subject,
                    "setting '" SLICE_FMT "' has the bad value '" SLICE_FMT
                    "', which the controller ignores; the default applies",
                    SLICE_ARG(label->key), SLICE_ARG(label->value));
        }
        return;
    case SET_SNIPPET:
        (void)read_value(row, value, out);
        snippet_read(run,
                     slice_is(label->key, "server-snippet") ? SNIPPET_SERVER : SNIPPET_LOCATION,
                     value, NULL, &snippet);
        if (snippet.unknown.ptr) {
            directive_not_understood(run, label, snippet.unknown, row->aspect, out);
        }
        return;
    case SET_OPEN:
        if (!idle) {
            not_understood(run, label, row->aspect, out);
        }
        return;
    }
}

/* annotations/parser, StringRiskToRisk. */
static void read_risk(struct run *run, const struct label *label, struct settings *out)
{
    if (!risk_read(label->value, &out->risk)) {
        out->risk = RISK_LOW;
        diag_at(run->diag, DIAG_N012, label->span, out->config->object.subject,
                "setting 'annotations-risk-level' has the bad value '" SLICE_FMT
                "', which counts as Low; it takes Low, Medium, High and Critical",
                SLICE_ARG(label->value));
    }
}

static void read_key(struct run *run, const struct label *label, struct settings *out)
{
    const char *names[ARRAY_LEN(rows)];
    if (slice_is(label->key, "annotations-risk-level")) {
        read_risk(run, label, out);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        names[i] = rows[i].key;
        if (slice_is(label->key, rows[i].key)) {
            read_row(run, &rows[i], label, out);
            return;
        }
    }
    const char *close = diag_closest(label->key, names, ARRAY_LEN(rows));
    diag_at(run->diag, DIAG_N010, label->span, out->config->object.subject,
            "setting '" SLICE_FMT "' is not known and is left out%s%s%s", SLICE_ARG(label->key),
            close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
}

struct slice ingress_nginx_version(const struct ingress_nginx_options *options, bool aks)
{
    /* the add-on runs 1.13 (AKS CHANGELOG.md, 2026-04) */
    return options->version.len ? options->version : aks ? SLICE("1.13") : SLICE("1.15.1");
}

static int64_t choose_version(struct run *run, struct slice text, bool aks)
{
    const struct ingress_nginx_options none = {.version = SLICE_ABSENT};
    int64_t version;
    struct slice own = ingress_nginx_version(&none, aks);
    if (text.len && version_read(text, &version)) {
        return version;
    }
    if (text.len) {
        diag_at(run->diag, DIAG_N025, SPAN_NONE, SLICE_ABSENT,
                "nothing is known of version '" SLICE_FMT "'; the rules of " SLICE_FMT
                " are applied; versions 1.9.0 to 1.15.1 are known",
                SLICE_ARG(text), SLICE_ARG(own));
    }
    (void)version_read(own, &version);
    return version;
}

/* Keys whose default was another one. */
static void apply_version(struct settings *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice value = version_default(out->version, rows[i].key);
        if (value.ptr && rows[i].treat == SET_USED) {
            (void)read_value(&rows[i], value, out);
        }
    }
    struct slice level = version_default(out->version, "annotations-risk-level");
    if (level.ptr) {
        (void)risk_read(level, &out->risk);
    }
    out->validates = !version_default(out->version, "enable-annotation-validation").ptr;
}

/* A setting that names a ConfigMap with headers. */
static void check_map(struct run *run, const struct kube *kube, const char *key,
                      struct settings *out)
{
    const struct label *label = out->config ? labels_find(&out->config->data, key) : NULL;
    if (!label || !label->value.len || config_map_named(kube, label->value)) {
        return;
    }
    out->unknown =
        unknown_add(run, out->unknown, ASPECT_HEADERS, setting_source(out, key),
                    SLICE("the ConfigMap with headers for all hosts is not in the input"));
    diag_at(run->diag, DIAG_N030, label->span, out->config->object.subject,
            "setting '%s' sets headers from ConfigMap '" SLICE_FMT "', which is not in the input; "
            "add it",
            key, SLICE_ARG(label->value));
}

void settings_read(struct run *run, const struct kube *kube,
                   const struct ingress_nginx_options *options, struct slice gateway, bool aks,
                   struct settings *out)
{
    *out = (struct settings){.ssl_redirect = true,
                             .hsts = true,
                             .hsts_include_subdomains = true,
                             .hsts_max_age = 31536000,
                             .proxy_request_buffering = true,
                             .http_redirect_code = 308,
                             .limit_status = 503,
                             .limit_connection_status = 503,
                             .use_http2 = true,
                             .connect_s = 5,
                             .read_s = 60,
                             .send_s = 60,
                             .tries = 3,
                             .buffers = 4,
                             .buffer_size = SLICE("4k"),
                             .temporary_size = SLICE("1024m"),
                             .body_bytes = 1 << 20,
                             .next_upstream = SLICE("error timeout"),
                             .no_tls_redirect = SLICE("/.well-known/acme-challenge"),
                             .no_auth = SLICE("/.well-known/acme-challenge"),
                             .forwarded_for = SLICE("X-Forwarded-For"),
                             .trusted = SLICE("0.0.0.0/0"),
                             .version = choose_version(run, options->version, aks),
                             .risk = RISK_HIGH,
                             .inspects = true,
                             .request_id = true,
                             .forwarded_host = SLICE("X-Forwarded-Host"),
                             .health_path = SLICE("/healthz")};
    const struct kube *own = options->settings ? options->settings : kube;
    apply_version(out);
    flags_read(run, own, options, out);
    if (aks) {
        aks_read(run, own, gateway, out);
    }
    out->config = aks && !options->controller_config.len
                      ? NULL
                      : named_config(run, own, options->controller_config, out->config_name);
    for (size_t i = 0; out->config && i < out->config->data.count; i++) {
        read_key(run, &out->config->data.items[i], out);
    }
    check_map(run, kube, "add-headers", out);
    check_map(run, kube, "proxy-set-headers", out);
    /* template/configmap.go accepts only these */
    int64_t code = out->http_redirect_code;
    if (code != 301 && code != 302 && code != 307 && code != 308) {
        out->http_redirect_code = 308;
    }
}

struct effect_source setting_source(const struct settings *settings, const char *key)
{
    const struct label *label = settings->config ? labels_find(&settings->config->data, key) : NULL;
    return label ? (struct effect_source){label->key, label->span}
                 : (struct effect_source){SLICE_ABSENT, SPAN_NONE};
}

const struct config_map *config_map_named(const struct kube *kube, struct slice name)
{
    size_t slash = slice_find(name, '/', 0);
    const struct object *object = slash < name.len
                                      ? kube_find(kube, KUBE_CONFIG_MAP, slice_sub(name, 0, slash),
                                                  slice_sub(name, slash + 1, name.len))
                                      : NULL;
    return (const struct config_map *)(const void *)object;
}

bool nginx_setting_info_at(size_t index, struct nginx_setting_info *out)
{
    static const char *const treatments[] = {
        [SET_USED] = "It is understood.",
        [SET_QUIET] = "It shows in no request and is left out.",
        [SET_SNIPPET] = "Its common directives are understood; others make every host unknown.",
        [SET_OPEN] = "gateshift does not understand it yet: what it touches is unknown on every "
                     "host, and named in a diagnostic."};
    if (index < ARRAY_LEN(rows)) {
        *out = (struct nginx_setting_info){.name = rows[index].key,
                                           .treatment = treatments[rows[index].treat]};
    } else if (index == ARRAY_LEN(rows)) {
        *out = (struct nginx_setting_info){.name = "annotations-risk-level",
                                           .treatment = treatments[SET_USED]};
    } else if (!flag_info_at(index - ARRAY_LEN(rows) - 1, out)) {
        return false;
    }
    setting_describe(out);
    out->feature = out->flag ? FEATURE_none : setting_feature(slice_of(out->name));
    return true;
}
