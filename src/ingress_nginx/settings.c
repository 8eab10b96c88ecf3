#include "ingress_nginx/snippets_priv.h"

enum setting_kind { SET_BOOL, SET_INT, SET_SIZE, SET_ON, SET_TEXT };
enum setting_treat {
    SET_USED,
    SET_PART, /* the same, and shows only beside something else */
    SET_QUIET,
    SET_SNIPPET /* raw configuration, which may not be understood */
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
#define PART(key, kind, member)                                                                    \
    {                                                                                              \
        key, SET_PART, SET_##kind, offsetof(struct settings, member), 0, NULL                      \
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

static const struct setting rows[] = {
#include "ingress_nginx/settings.def"
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

static void directives_not_understood(struct run *run, const struct label *label,
                                      const struct texts *directives, enum aspect aspect,
                                      struct settings *out)
{
    struct effect_source source = {label->key, label->span};
    struct slice reason = unknown_directives(run, directives, "setting ", label->key);
    out->unknown = unknown_add(run, out->unknown, aspect, source, reason);
    diag_at(run->diag, DIAG_N011, label->span, out->config->object.subject,
            SLICE_FMT "; what every host does is unknown", SLICE_ARG(reason));
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

static enum snippet_place place_of(struct slice key)
{
    return slice_is(key, "server-snippet")        ? SNIPPET_SERVER
           : slice_is(key, "http-snippet")        ? SNIPPET_HTTP
           : slice_is(key, "global-auth-snippet") ? SNIPPET_AUTH
                                                  : SNIPPET_LOCATION;
}

/* One of them is written where there is a global auth service only. */
static bool counts(struct slice key, const struct settings *settings)
{
    const struct label *url = labels_find(&settings->config->data, "global-auth-url");
    return !slice_is(key, "global-auth-snippet") || (url && url->value.len);
}

static void say_part(struct run *run, const struct label *label, const struct settings *out)
{
    if (label->value.len) {
        diag_at(run->diag, DIAG_N038, label->span, out->config->object.subject,
                "setting '" SLICE_FMT "' shows only where what it belongs to is in use",
                SLICE_ARG(label->key));
    }
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
    case SET_PART:
        say_part(run, label, out);
        /* fall through */
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
        snippet_read(run, place_of(label->key), value, NULL, &snippet);
        if (!counts(label->key, out)) {
            say_part(run, label, out);
        } else if (snippet.unknown.count) {
            directives_not_understood(run, label, &snippet.unknown, row->aspect, out);
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

static struct slice usual_version(bool aks)
{
    return aks ? SLICE("1.13") : SLICE("1.15.1"); /* AKS CHANGELOG.md, 2026-04 */
}

struct slice ingress_nginx_version(const struct kube *kube,
                                   const struct ingress_nginx_options *options, bool aks)
{
    struct slice text = flags_version(options->settings ? options->settings : kube).text;
    int64_t version;
    text = text.ptr && version_read(text, &version) ? text : usual_version(aks);
    text = options->version.len ? options->version : text;
    return slice_sub(text, slice_starts(text, SLICE("v")), text.len);
}

static int64_t choose_version(struct run *run, const struct kube *own, struct slice asked, bool aks)
{
    const struct image_version of_image = flags_version(own);
    const struct slice text = asked.len ? asked : of_image.text, usual = usual_version(aks);
    const struct span span = asked.len || !of_image.image ? SPAN_NONE : of_image.image->span;
    int64_t version, other;
    (void)version_read(usual, &other);
    if (!text.len) {
        return other;
    }
    if (!version_read(text, &version)) {
        diag_at(run->diag, DIAG_N025, span, SLICE_ABSENT,
                "nothing is known of version '" SLICE_FMT "'; the rules of " SLICE_FMT
                " are applied; versions 1.9.0 to 1.15.1 are known",
                SLICE_ARG(text), SLICE_ARG(usual));
        return other;
    }
    if (version != other && !asked.len) {
        diag_at(run->diag, DIAG_N039, span, SLICE_ABSENT,
                "the controller's image says version '" SLICE_FMT
                "', whose rules are applied; --from-version names another one",
                SLICE_ARG(text));
    }
    return version;
}

/* Keys whose default was another one. */
static void apply_version(struct settings *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice value = version_default(out->version, rows[i].key);
        if (value.ptr && rows[i].treat <= SET_PART) {
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

const struct label *named_in(struct run *run, const struct labels *texts, struct slice name,
                             const char *but_for)
{
    bool variable = slice_starts(name, SLICE("$"));
    struct slice braced =
        variable ? ARENA_JOIN(run->arena, SLICE("${"), slice_sub(name, 1, name.len), SLICE("}"))
                 : name;
    for (size_t i = 0; i < texts->count; i++) {
        const struct label *text = &texts->items[i];
        if (!slice_is(text->key, but_for) &&
            (slice_contains(text->value, name) || slice_contains(text->value, braced))) {
            return text;
        }
    }
    return NULL;
}

struct slice named_reason(struct run *run, struct slice name)
{
    return arena_printf(run->arena, "%s '" SLICE_FMT "' of setting 'http-snippet' is not followed",
                        slice_starts(name, SLICE("$")) ? "variable" : "upstream", SLICE_ARG(name));
}

/* Those of a default backend act on hosts of others as well. */
static bool named_for_all(struct run *run, const struct kube *kube, struct slice name,
                          const struct settings *out)
{
    bool used = named_in(run, &out->config->data, name, "http-snippet");
    for (size_t i = 0; !used && i < kube->counts[KUBE_INGRESS]; i++) {
        const struct object *object = kube->objects[KUBE_INGRESS][i];
        const struct ingress *ingress = (const struct ingress *)(const void *)object;
        used = (ingress->default_backend.present || !ingress->rule_count) &&
               named_in(run, &object->annotations, name, "");
    }
    return used;
}

/* What blocks of http-snippet make, and what somebody uses elsewhere. */
static void check_named(struct run *run, const struct kube *kube, struct settings *out)
{
    struct snippet snippet;
    const struct label *label =
        out->config ? labels_find(&out->config->data, "http-snippet") : NULL;
    snippet_read(run, SNIPPET_HTTP, out->http_snippet, NULL, &snippet);
    for (size_t i = 0; label && i < snippet.named.count; i++) {
        struct slice name = snippet.named.items[i];
        if (!named_for_all(run, kube, name, out)) {
            *ARENA_PUSH(run->arena, out->named.items, out->named.count, out->named_capacity) = name;
            continue;
        }
        struct slice reason = named_reason(run, name);
        const struct effect_source source = {label->key, label->span};
        out->unknown = unknown_add(run, out->unknown, ASPECT_ROUTING, source, reason);
        diag_at(run->diag, DIAG_N011, label->span, out->config->object.subject,
                SLICE_FMT ", and is used for all hosts; what every host does is unknown",
                SLICE_ARG(reason));
    }
}

void settings_read(struct run *run, const struct kube *kube,
                   const struct ingress_nginx_options *options, struct slice gateway, bool aks,
                   struct settings *out)
{
    const struct kube *own = options->settings ? options->settings : kube;
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
                             .http_version = SLICE("1.1"),
                             .limit_key = SLICE("$binary_remote_addr"),
                             .ignore_odd_headers = true,
                             .keepalive = 320,
                             .status_clients = SLICE("127.0.0.1"),
                             .status_clients_6 = SLICE("::1"),
                             .header_buffer = SLICE("1k"),
                             .header_buffers = SLICE("4 8k"),
                             .forwarded_proxy = SLICE("X-Forwarded-For-Proxy-Protocol"),
                             .default_type = SLICE("text/html"),
                             .redirect_from = SLICE("off"),
                             .redirect_to = SLICE("off"),
                             .cookie_domain = SLICE("off"),
                             .cookie_path = SLICE("off"),
                             .body_bytes = 1 << 20,
                             .next_upstream = SLICE("error timeout"),
                             .no_tls_redirect = SLICE("/.well-known/acme-challenge"),
                             .no_auth = SLICE("/.well-known/acme-challenge"),
                             .forwarded_for = SLICE("X-Forwarded-For"),
                             .trusted = SLICE("0.0.0.0/0"),
                             .version = choose_version(run, own, options->version, aks),
                             .risk = RISK_HIGH,
                             .inspects = true,
                             .request_id = true,
                             .forwarded_host = SLICE("X-Forwarded-Host"),
                             .health_path = SLICE("/healthz")};
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
    check_named(run, kube, out);
    settings_check_auth(run, out);
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

struct effect_source setting_source_of(const struct settings *settings, const char *const *keys,
                                       size_t count)
{
    struct effect_source source = {SLICE_ABSENT, SPAN_NONE};
    for (size_t i = 0; !source.name.ptr && i < count; i++) {
        source = setting_source(settings, keys[i]);
    }
    return source;
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
        [SET_PART] = "It is understood, and shows only where what it belongs to is in use.",
        [SET_QUIET] = "It shows in no request and is left out.",
        [SET_SNIPPET] = "Its common directives are understood; others make every host unknown."};
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
