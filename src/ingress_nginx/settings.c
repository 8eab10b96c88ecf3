#include "ingress_nginx/model_priv.h"

enum setting_kind { SET_BOOL, SET_INT, SET_SIZE, SET_ON, SET_TEXT };
enum setting_treat { SET_USED, SET_QUIET, SET_OPEN };

/* A row for each key that the controller reads (internal/ingress/controller/config/config.go). */
struct setting {
    const char *key;
    enum setting_treat treat;
    enum setting_kind kind;
    size_t offset;
    enum aspect aspect; /* of SET_OPEN */
};
#define USED(key, kind, member)                                                                    \
    {                                                                                              \
        key, SET_USED, SET_##kind, offsetof(struct settings, member), 0                            \
    }
#define QUIET(key)                                                                                 \
    {                                                                                              \
        key, SET_QUIET, SET_TEXT, 0, ASPECT_TRAFFIC                                                \
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
    USED("proxy-next-upstream-tries", INT, tries),
    USED("proxy-body-size", SIZE, body_bytes),
    USED("proxy-buffering", ON, proxy_buffering),
    USED("proxy-request-buffering", ON, proxy_request_buffering),
    USED("use-forwarded-headers", BOOL, use_forwarded_headers),
    USED("allow-snippet-annotations", BOOL, allow_snippets),
    USED("annotation-value-word-blocklist", TEXT, blocklist),
    USED("enable-underscores-in-headers", BOOL, enable_underscores),
    OPEN("add-headers", HEADERS),
    OPEN("proxy-set-headers", HEADERS),
    OPEN("hide-headers", HEADERS),
    OPEN("global-allowed-response-headers", HEADERS),
    OPEN("block-cidrs", PROTECTION),
    OPEN("block-user-agents", PROTECTION),
    OPEN("block-referers", PROTECTION),
    OPEN("denylist-source-range", PROTECTION),
    OPEN("whitelist-source-range", PROTECTION),
    OPEN("custom-http-errors", ROUTING),
    OPEN("global-auth-url", PROTECTION),
    OPEN("http-snippet", ROUTING),
    OPEN("server-snippet", ROUTING),
    OPEN("location-snippet", ROUTING),
    OPEN("main-snippet", TRAFFIC),
    OPEN("enable-modsecurity", PROTECTION),
    OPEN("enable-owasp-modsecurity-crs", PROTECTION),
    OPEN("modsecurity-snippet", PROTECTION),
    OPEN("enable-real-ip", HEADERS),
    OPEN("compute-full-forwarded-for", HEADERS),
    OPEN("forwarded-for-header", HEADERS),
    OPEN("use-proxy-protocol", REDIRECT),
    OPEN("use-port-in-redirects", REDIRECT),
    OPEN("no-tls-redirect-locations", REDIRECT),
    OPEN("load-balance", TRAFFIC),
    OPEN("limit-rate", TRAFFIC),
    OPEN("limit-req-status-code", TRAFFIC),
    OPEN("limit-conn-status-code", TRAFFIC),
    OPEN("proxy-next-upstream", TRAFFIC),
    OPEN("proxy-redirect-from", HEADERS),
    OPEN("proxy-cookie-domain", HEADERS),
    OPEN("proxy-cookie-path", HEADERS),
    OPEN("proxy-add-original-uri-header", HEADERS),
    OPEN("generate-request-id", HEADERS),
    OPEN("use-gzip", TRAFFIC),
    OPEN("enable-brotli", TRAFFIC),
    OPEN("annotations-risk-level", TRAFFIC), /* read by hand below */
    QUIET("service-upstream"),
    QUIET("server-tokens"),
    QUIET("ssl-protocols"),
    QUIET("ssl-ciphers"),
    QUIET("ssl-reject-handshake"),
    QUIET("strict-validate-path-type"),
    QUIET("log-format-upstream"),
    QUIET("access-log-path"),
    QUIET("error-log-path"),
    QUIET("error-log-level"),
    QUIET("disable-access-log"),
    QUIET("worker-processes"),
    QUIET("worker-shutdown-timeout"),
    QUIET("max-worker-connections"),
    QUIET("keep-alive"),
    QUIET("keep-alive-requests"),
    QUIET("upstream-keepalive-connections"),
    QUIET("upstream-keepalive-timeout"),
    QUIET("upstream-keepalive-requests"),
    QUIET("client-header-buffer-size"),
    QUIET("large-client-header-buffers"),
    QUIET("client-body-buffer-size"),
    QUIET("proxy-buffer-size"),
    QUIET("proxy-buffers-number"),
    QUIET("use-http2"),
    QUIET("enable-opentelemetry"),
    QUIET("allow-cross-namespace-resources"),
    QUIET("no-auth-locations"),
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
    static const char *const yes[] = {"true", "1", "t", "T", "TRUE", "True"};
    static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (slice_is(value, yes[i]) || slice_is(value, no[i])) {
            *out = slice_is(value, yes[i]);
            return true;
        }
    }
    return false;
}

static bool read_value(const struct setting *row, struct slice value, struct settings *out)
{
    void *slot = (char *)out + row->offset;
    switch (row->kind) {
    case SET_BOOL:
        return read_bool(value, slot);
    case SET_INT:
        return slice_to_int(value, slot);
    case SET_SIZE:
        return size_parse(value, slot);
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

static void read_key(struct run *run, const struct label *label, struct settings *out)
{
    const struct object *object = &out->config->object;
    struct effect_source source = {label->key, label->span};
    if (slice_is(label->key, "annotations-risk-level")) {
        out->risk_critical = slice_is(label->value, "Critical");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct setting *row = &rows[i];
        if (!slice_is(label->key, row->key)) {
            continue;
        }
        if (row->treat == SET_USED && !read_value(row, slice_trim(label->value), out)) {
            diag_at(run->diag, DIAG_N012, label->span, object->subject,
                    "setting '" SLICE_FMT "' has the bad value '" SLICE_FMT
                    "', which the controller ignores; the default applies",
                    SLICE_ARG(label->key), SLICE_ARG(label->value));
        }
        if (row->treat == SET_OPEN && slice_trim(label->value).len &&
            !slice_is(label->value, "false")) {
            out->unknown = unknown_add(run, out->unknown, row->aspect, source,
                                       arena_printf(run->arena,
                                                    "setting '" SLICE_FMT
                                                    "' of the controller is not understood yet",
                                                    SLICE_ARG(label->key)));
            diag_at(run->diag, DIAG_N011, label->span, object->subject,
                    "setting '" SLICE_FMT "' of the controller is not understood yet; what it does "
                    "(%s) is unknown on every host",
                    SLICE_ARG(label->key), aspect_name(row->aspect));
        }
        return;
    }
    diag_at(run->diag, DIAG_N010, label->span, object->subject,
            "setting '" SLICE_FMT "' is not known; it is left out", SLICE_ARG(label->key));
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
                             .body_bytes = 1 << 20};
    if (aks) {
        /* Azure/aks-app-routing-operator pkg/manifests/nginx.go */
        out->allow_snippets = true;
        out->risk_critical = true;
        out->blocklist = SLICE("load_module,lua_package,_by_lua,location,root,proxy_pass,"
                               "serviceaccount,{,},'");
        return;
    }
    out->config = find_config(kube, options->controller_config);
    for (size_t i = 0; out->config && i < out->config->data.count; i++) {
        read_key(run, &out->config->data.items[i], out);
    }
    /* configmap.go accepts only these */
    if (out->http_redirect_code != 301 && out->http_redirect_code != 302 &&
        out->http_redirect_code != 307 && out->http_redirect_code != 308) {
        out->http_redirect_code = 308;
    }
}
