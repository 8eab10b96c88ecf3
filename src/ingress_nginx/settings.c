#include "ingress_nginx/model_priv.h"

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
    enum aspect aspect; /* what is unknown while it is not understood */
};
#define USED(key, kind, member)                                                                    \
    {                                                                                              \
        key, SET_USED, SET_##kind, offsetof(struct settings, member), 0                            \
    }
#define QUIET(key)                                                                                 \
    {                                                                                              \
        key, SET_QUIET, SET_TEXT, 0, ASPECT_TRAFFIC                                                \
    }
#define SNIPPET(key, member)                                                                       \
    {                                                                                              \
        key, SET_SNIPPET, SET_TEXT, offsetof(struct settings, member), ASPECT_ROUTING              \
    }
#define OPEN(key, aspect)                                                                          \
    {                                                                                              \
        key, SET_OPEN, SET_TEXT, 0, ASPECT_##aspect                                                \
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
    OPEN("http-snippet", ROUTING),
    OPEN("main-snippet", TRAFFIC),
    OPEN("stream-snippet", ROUTING),
    OPEN("proxy-set-headers", HEADERS),
    OPEN("custom-http-errors", ROUTING),
    OPEN("enable-modsecurity", PROTECTION),
    OPEN("enable-owasp-modsecurity-crs", PROTECTION),
    OPEN("modsecurity-snippet", PROTECTION),
    OPEN("compute-full-forwarded-for", HEADERS),
    OPEN("forwarded-host-header", HEADERS),
    OPEN("use-proxy-protocol", REDIRECT),
    OPEN("use-port-in-redirects", REDIRECT),
    OPEN("load-balance", TRAFFIC),
    OPEN("upstream-hash-by", TRAFFIC),
    OPEN("limit-rate", TRAFFIC),
    OPEN("limit-rate-after", TRAFFIC),
    OPEN("limit-req-status-code", TRAFFIC),
    OPEN("limit-conn-status-code", TRAFFIC),
    OPEN("proxy-next-upstream-timeout", TRAFFIC),
    OPEN("retry-non-idempotent", TRAFFIC),
    OPEN("proxy-redirect-from", HEADERS),
    OPEN("proxy-cookie-domain", HEADERS),
    OPEN("proxy-cookie-path", HEADERS),
    OPEN("use-gzip", HEADERS),
    OPEN("enable-brotli", HEADERS),
    OPEN("enable-opentelemetry", HEADERS),
    OPEN("service-upstream", TRAFFIC),
    OPEN("default-type", HEADERS),
    QUIET("global-auth-method"),
    QUIET("global-auth-request-redirect"),
    QUIET("global-auth-snippet"),
    QUIET("global-auth-cache-key"),
    QUIET("global-auth-cache-duration"),
    QUIET("global-auth-always-set-cookie"),
    QUIET("disable-proxy-intercept-errors"),
    QUIET("proxy-redirect-to"),
    QUIET("limit-conn-zone-variable"),
    QUIET("generate-request-id"),
    QUIET("ignore-invalid-headers"),
    QUIET("allow-backend-server-header"),
    QUIET("bind-address"),
    QUIET("server-tokens"),
    QUIET("ssl-protocols"),
    QUIET("ssl-ciphers"),
    QUIET("ssl-dh-param"),
    QUIET("ssl-session-cache"),
    QUIET("ssl-session-tickets"),
    QUIET("ssl-session-timeout"),
    QUIET("ssl-early-data"),
    QUIET("ssl-reject-handshake"),
    QUIET("strict-validate-path-type"),
    QUIET("log-format-upstream"),
    QUIET("log-format-escape-json"),
    QUIET("log-format-escape-none"),
    QUIET("access-log-path"),
    QUIET("error-log-path"),
    QUIET("error-log-level"),
    QUIET("disable-access-log"),
    QUIET("skip-access-log-urls"),
    QUIET("worker-processes"),
    QUIET("worker-cpu-affinity"),
    QUIET("worker-shutdown-timeout"),
    QUIET("max-worker-connections"),
    QUIET("max-worker-open-files"),
    QUIET("enable-multi-accept"),
    QUIET("keep-alive"),
    QUIET("keep-alive-requests"),
    QUIET("upstream-keepalive-connections"),
    QUIET("upstream-keepalive-timeout"),
    QUIET("upstream-keepalive-requests"),
    QUIET("upstream-keepalive-time"),
    QUIET("client-header-buffer-size"),
    QUIET("client-header-timeout"),
    QUIET("client-body-timeout"),
    QUIET("large-client-header-buffers"),
    QUIET("client-body-buffer-size"),
    QUIET("proxy-buffer-size"),
    QUIET("proxy-buffers-number"),
    QUIET("proxy-busy-buffers-size"),
    QUIET("proxy-max-temp-file-size"),
    QUIET("proxy-http-version"),
    QUIET("proxy-headers-hash-max-size"),
    QUIET("proxy-headers-hash-bucket-size"),
    QUIET("proxy-ssl-location-only"),
    QUIET("proxy-stream-timeout"),
    QUIET("server-name-hash-max-size"),
    QUIET("server-name-hash-bucket-size"),
    QUIET("map-hash-bucket-size"),
    QUIET("variables-hash-max-size"),
    QUIET("reuse-port"),
    QUIET("use-http2"),
    QUIET("http2-max-field-size"),
    QUIET("http2-max-header-size"),
    QUIET("http2-max-requests"),
    QUIET("http2-max-concurrent-streams"),
    QUIET("gzip-level"),
    QUIET("gzip-min-length"),
    QUIET("gzip-types"),
    QUIET("brotli-level"),
    QUIET("brotli-min-length"),
    QUIET("brotli-types"),
    QUIET("nginx-status-ipv4-whitelist"),
    QUIET("nginx-status-ipv6-whitelist"),
    QUIET("disable-ipv6"),
    QUIET("disable-ipv6-dns"),
    QUIET("resolver"),
    QUIET("lua-shared-dicts"),
    QUIET("app-root"),
    QUIET("debug-connections"),
    QUIET("grpc-buffer-size-kb"),
    QUIET("otel-service-name"),
    QUIET("otel-sampler"),
    QUIET("otlp-collector-host"),
    QUIET("otlp-collector-port"),
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
        if (!slice_is(value, "on") && !slice_is(value, "off")) {
            return false;
        }
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

static void read_row(struct run *run, const struct setting *row, const struct label *label,
                     struct settings *out)
{
    struct slice value = slice_trim(label->value);
    bool idle =
        !value.len || slice_is(value, "false") || slice_is(value, "0") || slice_is(value, "off");
    struct edits request = {0}, response = {0};
    switch (row->treat) {
    case SET_QUIET:
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
        if (snippet_parse(run, value, NULL, &request, &response)) {
            (void)read_value(row, value, out);
        } else {
            not_understood(run, label, row->aspect, out);
        }
        return;
    case SET_OPEN:
        if (!idle) {
            not_understood(run, label, row->aspect, out);
        }
        return;
    }
}

/* Snippets are of critical risk, all else of high risk at most: only levels below High refuse more. */
static void read_risk(struct run *run, const struct label *label, struct settings *out)
{
    struct slice level = slice_trim(label->value);
    out->risk_critical = slice_equal_fold(level, SLICE("Critical"));
    if (!out->risk_critical && !slice_equal_fold(level, SLICE("High"))) {
        not_understood(run, label, ASPECT_ROUTING, out);
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

static void check_version(struct run *run, struct slice version)
{
    if (version.len && !slice_is(version, "1.15.1")) {
        diag_at(run->diag, DIAG_N025, SPAN_NONE, SLICE_ABSENT,
                "the rules of version 1.15.1 are applied; version " SLICE_FMT
                " may differ in places",
                SLICE_ARG(version));
    }
}

void settings_read(struct run *run, const struct kube *kube,
                   const struct ingress_nginx_options *options, bool aks, struct settings *out)
{
    *out = (struct settings){.ssl_redirect = true,
                             .hsts = true,
                             .hsts_include_subdomains = true,
                             .hsts_max_age = 31536000,
                             .proxy_request_buffering = true,
                             .http_redirect_code = 308,
                             .connect_s = 5,
                             .read_s = 60,
                             .send_s = 60,
                             .tries = 3,
                             .body_bytes = 1 << 20,
                             .next_upstream = SLICE("error timeout"),
                             .no_tls_redirect = SLICE("/.well-known/acme-challenge"),
                             .no_auth = SLICE("/.well-known/acme-challenge"),
                             .forwarded_for = SLICE("X-Forwarded-For"),
                             .trusted = SLICE("0.0.0.0/0")};
    check_version(run, options->version);
    if (aks) {
        /* Azure/aks-app-routing-operator pkg/manifests/nginx.go */
        out->allow_snippets = true;
        out->risk_critical = true;
        out->cross_namespace = true;
        out->blocklist = SLICE("load_module,lua_package,_by_lua,location,root,proxy_pass,"
                               "serviceaccount,{,},'");
    }
    out->config = aks && !options->controller_config.len
                      ? NULL
                      : find_config(kube, options->controller_config);
    for (size_t i = 0; out->config && i < out->config->data.count; i++) {
        read_key(run, &out->config->data.items[i], out);
    }
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
