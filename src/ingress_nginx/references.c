#include "ingress_nginx/model_priv.h"

#include "language/language.h"

#include <string.h>

struct checking {
    struct run *run;
    const struct kube *kube;
    const struct settings *settings;
    struct annotations *annotations;
};

static void split(struct slice text, struct slice *namespace, struct slice *name)
{
    size_t slash = slice_find(text, '/', 0);
    bool two = slash < text.len;
    *namespace = two ? slice_sub(text, 0, slash) : SLICE_ABSENT;
    *name = two ? slice_sub(text, slash + 1, text.len) : text;
}

/* annotations/auth: the Secret must be there, in the Ingress's own namespace, with the key "auth" */
static void check_basic_auth(const struct checking *checking)
{
    struct annotations *annotations = checking->annotations;
    const struct object *ingress = &annotations->ingress->object;
    if (!annotation_set(annotations, AN_auth_type)) {
        return;
    }
    struct slice text = annotation_text(annotations, AN_auth_secret), namespace, name;
    if (!text.ptr) {
        annotations_deny(checking->run, annotations, AN_auth_type, "names no auth-secret");
        return;
    }
    split(text, &namespace, &name);
    namespace = namespace.ptr ? namespace : ingress->namespace;
    if (!slice_equal(namespace, ingress->namespace) && !checking->settings->cross_namespace) {
        annotations_deny(checking->run, annotations, AN_auth_secret,
                         "names a Secret of another namespace");
        return;
    }
    const struct secret *secret = (const struct secret *)(const void *)kube_find(
        checking->kube, KUBE_SECRET, namespace, name);
    struct slice type = annotation_text(annotations, AN_auth_secret_type);
    if (type.ptr && !slice_is(type, "auth-map") && !slice_is(type, "auth-file")) {
        annotations_deny(checking->run, annotations, AN_auth_secret_type,
                         "is neither auth-file nor auth-map");
        return;
    }
    bool has_key = !secret || slice_is(type, "auth-map");
    for (size_t i = 0; secret && i < secret->keys.count; i++) {
        has_key = has_key || slice_is(secret->keys.items[i], "auth");
    }
    if (!secret && run_secrets_closed(checking->run)) {
        annotations_deny(checking->run, annotations, AN_auth_secret,
                         "names a Secret that is not in the input");
    } else if (!has_key) {
        annotations_deny(checking->run, annotations, AN_auth_secret,
                         "names a Secret without the key 'auth'");
    }
}

static void check_external_auth(const struct checking *checking)
{
    struct annotations *annotations = checking->annotations;
    struct slice text = annotation_text(annotations, AN_auth_url);
    struct slice lasts = annotation_text(annotations, AN_auth_cache_duration);
    if (text.ptr && !auth_url_passes(text)) {
        annotations_deny(checking->run, annotations, AN_auth_url, "is no URL with a host");
        return;
    }
    if (text.ptr && !cache_durations_pass(lasts)) {
        annotations_deny(checking->run, annotations, AN_auth_cache_duration,
                         "is no list of statuses with a time behind them");
    }
    struct slice headers = annotation_text(annotations, AN_auth_proxy_set_headers), namespace, name;
    split(headers, &namespace, &name);
    if (text.ptr && namespace.len && !checking->settings->cross_namespace &&
        !slice_equal(namespace, annotations->ingress->object.namespace)) {
        annotations_deny(checking->run, annotations, AN_auth_proxy_set_headers,
                         "names a ConfigMap of another namespace");
    } else if (text.ptr && headers.ptr && checking->run->closed &&
               !config_map_named(checking->kube, headers)) {
        annotations_deny(checking->run, annotations, AN_auth_proxy_set_headers,
                         "names a ConfigMap that is not in the input");
    }
}

static bool header_allowed(struct slice allowed, struct slice name)
{
    struct slice item;
    while (slice_split(&allowed, ',', &item)) {
        if (slice_equal(slice_trim(item), name)) {
            return true;
        }
    }
    return false;
}

/* annotations/customheaders: each header must be listed in global-allowed-response-headers */
static void check_custom_headers(const struct checking *checking)
{
    struct annotations *annotations = checking->annotations;
    struct slice text = annotation_text(annotations, AN_custom_headers);
    const struct config_map *map = config_map_named(checking->kube, text);
    if (!text.ptr) {
        return;
    }
    if (slice_find(text, '/', 0) == text.len) {
        annotations_deny(checking->run, annotations, AN_custom_headers,
                         "names a ConfigMap without its namespace");
    } else if (!map && checking->run->closed) {
        annotations_deny(checking->run, annotations, AN_custom_headers,
                         "names a ConfigMap that is not in the input");
    }
    for (size_t i = 0; map && i < map->data.count; i++) {
        if (!header_allowed(checking->settings->allowed_headers, map->data.items[i].key)) {
            annotations_deny(checking->run, annotations, AN_custom_headers,
                             "names a ConfigMap with a header that the setting "
                             "'global-allowed-response-headers' does not list");
            return;
        }
    }
}

/* annotations/proxyssl: "namespace/name", of the same namespace */
static void check_proxy_ssl(const struct checking *checking)
{
    struct annotations *annotations = checking->annotations;
    struct slice text = annotation_text(annotations, AN_proxy_ssl_secret), namespace, name;
    if (!text.ptr) {
        return;
    }
    split(text, &namespace, &name);
    bool foreign = !slice_equal(namespace, annotations->ingress->object.namespace) &&
                   !checking->settings->cross_namespace;
    if (!namespace.ptr || foreign) {
        annotations_deny(checking->run, annotations, AN_proxy_ssl_secret,
                         "names no Secret of the Ingress's own namespace as 'namespace/name'");
    } else if (run_secrets_closed(checking->run) &&
               !kube_find(checking->kube, KUBE_SECRET, namespace, name)) {
        annotations_deny(checking->run, annotations, AN_proxy_ssl_secret,
                         "names a Secret that is not in the input");
    }
}

/* Letters, digits and the signs given. */
static bool made_of(struct slice text, const char *signs)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_alphanumeric(c) && (c == '\0' || !strchr(signs, c))) {
            return false;
        }
    }
    return true;
}

/* annotations/fastcgi: looked for in the Ingress's own namespace; bad keys and values drop the Ingress */
static void check_fastcgi(const struct checking *checking)
{
    struct annotations *annotations = checking->annotations;
    struct slice text = annotation_text(annotations, AN_fastcgi_params_configmap), namespace, name;
    struct slice own = annotations->ingress->object.namespace;
    if (!text.ptr) {
        return;
    }
    split(text, &namespace, &name);
    if (slice_find(name, '/', 0) < name.len) {
        annotations_deny(checking->run, annotations, AN_fastcgi_params_configmap,
                         "names no ConfigMap");
        return;
    }
    if (namespace.len && !slice_equal(namespace, own) && !checking->settings->cross_namespace) {
        annotations_ignore(checking->run, annotations, AN_fastcgi_params_configmap,
                           "names a ConfigMap of another namespace");
        if (annotation_set(annotations, AN_fastcgi_index)) {
            annotations_ignore(checking->run, annotations, AN_fastcgi_index,
                               "stands beside a ConfigMap of another namespace");
        }
        return;
    }
    const struct config_map *map = (const struct config_map *)(const void *)kube_find(
        checking->kube, KUBE_CONFIG_MAP, own, name);
    if (!map && checking->run->closed) {
        annotations_deny(checking->run, annotations, AN_fastcgi_params_configmap,
                         "names a ConfigMap that is not in the input");
    }
    for (size_t i = 0; map && i < map->data.count; i++) {
        if (!made_of(map->data.items[i].key, ".-_") ||
            !made_of(map->data.items[i].value, "-_${}/.")) {
            annotations_drop(checking->run, annotations, AN_fastcgi_params_configmap,
                             "names a ConfigMap with a parameter that fails its check");
            return;
        }
    }
}

/* annotations/authtls: what is behind "CN=" is an expression that Go compiles. */
static void check_client_name(const struct checking *checking)
{
    struct annotations *annotations = checking->annotations;
    struct slice text = annotation_text(annotations, AN_auth_tls_match_cn);
    const struct regex_reading reading = {.dialect = DIALECT_RE2, .anchoring = ANCHORING_SEARCH};
    struct language_fault fault;
    struct slice secret = annotation_text(annotations, AN_auth_tls_secret), namespace, name;
    split(secret, &namespace, &name);
    if (!text.ptr || !secret.ptr || !checking->settings->validates ||
        (run_secrets_closed(checking->run) &&
         !kube_find(checking->kube, KUBE_SECRET, namespace, name))) {
        return; /* the Secret is looked at before */
    }
    struct language_set *set = language_set_open(checking->run->arena, NULL);
    struct slice pattern = slice_sub(text, sizeof "CN=" - 1, text.len);
    if (!language_regex(set, pattern, &reading, &fault) && fault.kind == FAULT_SYNTAX) {
        annotations_drop(checking->run, annotations, AN_auth_tls_match_cn,
                         "holds no regular expression behind CN=");
    }
    language_set_close(set);
}

void references_check(struct run *run, const struct kube *kube, const struct settings *settings,
                      struct annotations *annotations)
{
    const struct checking checking = {run, kube, settings, annotations};
    check_client_name(&checking);
    check_basic_auth(&checking);
    check_external_auth(&checking);
    check_custom_headers(&checking);
    check_proxy_ssl(&checking);
    check_fastcgi(&checking);
}
