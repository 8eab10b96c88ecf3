#include "ingress_nginx/model_priv.h"

/* What is between nginx and the backend: TLS, versions, parameters, and what is changed in its answers. */

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

static struct slice text_or(const struct annotations *annotations, enum annotation_id id,
                            const char *otherwise)
{
    struct slice text = annotation_text(annotations, id);
    return text.ptr ? text : slice_of(otherwise);
}

/* ---- TLS ---------------------------------------------------------------------------------- */

static const enum annotation_id tls_ids[] = {
    AN_proxy_ssl_secret,      AN_proxy_ssl_verify,    AN_proxy_ssl_verify_depth, AN_proxy_ssl_name,
    AN_proxy_ssl_server_name, AN_proxy_ssl_protocols, AN_proxy_ssl_ciphers};

/* Without a CA in the Secret the controller writes neither it nor the certificate (store.go, getPemCertificate). */
static bool has_ca(const struct model *model, const struct annotations *annotations)
{
    struct slice text = annotation_text(annotations, AN_proxy_ssl_secret);
    size_t slash = slice_find(text, '/', 0);
    const struct secret *secret = (const struct secret *)(const void *)kube_find(
        model->kube, KUBE_SECRET, slice_sub(text, 0, slash), slice_sub(text, slash + 1, text.len));
    return text.len && (!secret || secret->has_ca);
}

/* The host's, for locations that have none of their own (controller.go, getBackendServers). */
static const struct annotations *tls_of_server(const struct model *model,
                                               const struct server *server)
{
    for (size_t i = 0; !model->settings->tls_of_locations && i < server->item_count; i++) {
        const struct annotations *annotations = server->items[i]->annotations;
        if (!annotations->denied && has_ca(model, annotations)) {
            return annotations;
        }
    }
    return NULL;
}

/* proxy_ssl_* act where proxy_pass speaks TLS; grpc_pass has directives of its own, which are not written. */
static bool speaks_tls(const struct location *location)
{
    struct slice protocol = annotation_text(location->item->annotations, AN_backend_protocol);
    return location->has_backend && (slice_equal_fold(protocol, SLICE("HTTPS")) ||
                                     slice_equal_fold(protocol, SLICE("AUTO_HTTP")));
}

static void add_tls(struct model *model, const struct server *server,
                    const struct location *location, struct rule *rule)
{
    const struct annotations *own = location->item->annotations, *from = own;
    if (!speaks_tls(location)) {
        return;
    }
    if (!annotation_set(own, AN_proxy_ssl_secret)) {
        from = tls_of_server(model, server);
    }
    if (!from) {
        return;
    }
    struct route_upstream_tls *tls = NEW_EFFECT(model->run, upstream_tls);
    bool ca = has_ca(model, from);
    int64_t depth = annotation_int(from, AN_proxy_ssl_verify_depth, 1);
    tls->source = annotation_source(from, AN_proxy_ssl_secret);
    for (size_t i = 1; i < ARRAY_LEN(tls_ids); i++) {
        if (annotation_set(from, tls_ids[i])) {
            rule_add_source(model->run, rule, EFFECT_upstream_tls,
                            annotation_source(from, tls_ids[i]));
        }
    }
    tls->server_name = slice_is(annotation_text(from, AN_proxy_ssl_server_name), "on");
    if (ca) {
        tls->secret = annotation_text(from, AN_proxy_ssl_secret);
        tls->verify = slice_is(annotation_text(from, AN_proxy_ssl_verify), "on");
        tls->depth = depth == 0 ? 1 : depth;
        tls->protocols = text_or(from, AN_proxy_ssl_protocols, "TLSv1.2");
        tls->ciphers = text_or(from, AN_proxy_ssl_ciphers, "DEFAULT");
    }
    if (tls->verify || tls->server_name) { /* else nobody looks at it */
        tls->name = text_or(from, AN_proxy_ssl_name, "upstream_balancer");
    }
    rule->effects.upstream_tls = tls;
}

/* ---- what is changed in answers ------------------------------------------------------------ */

/* nginx.tmpl: with "to" being off no directive is written, which leaves nginx's default. */
static struct replaced replaced(struct slice from, struct slice to)
{
    if (slice_is(from, "off")) {
        return (struct replaced){SLICE_ABSENT, SLICE_ABSENT};
    }
    if (slice_is(from, "default") || slice_is(to, "off")) {
        return (struct replaced){SLICE("default"), SLICE_ABSENT};
    }
    return (struct replaced){from, to};
}

static struct slice text_or_setting(const struct location *location, enum annotation_id id,
                                    struct slice setting)
{
    struct slice text =
        location->item ? annotation_text(location->item->annotations, id) : SLICE_ABSENT;
    return text.ptr ? text : setting;
}

struct replaced redirect_replaced(const struct model *model, const struct location *location)
{
    const struct settings *settings = model->settings;
    /* controller.go createServers leaves the second one out for the location of nobody */
    struct slice to = location->item ? settings->redirect_to : SLICE("");
    return replaced(text_or_setting(location, AN_proxy_redirect_from, settings->redirect_from),
                    text_or_setting(location, AN_proxy_redirect_to, to));
}

static struct slice change_of(struct slice text)
{
    return slice_is(text, "off") ? SLICE_ABSENT : text;
}

static void check_cookie_path(struct model *model, const struct annotations *annotations,
                              struct slice path)
{
    struct slice word;
    size_t words = 0;
    while (slice_split(&path, ' ', &word)) {
        words += word.len > 0;
    }
    if (words && words != 2) {
        model_freeze(model, annotation_source(annotations, AN_proxy_cookie_path),
                     annotations->ingress->object.subject,
                     SLICE("nginx refuses proxy_cookie_path without an old and a new path"));
    }
}

const struct route_response_rewrites *settings_rewrites(const struct model *model)
{
    static const char *const keys[] = {"proxy-redirect-from", "proxy-redirect-to",
                                       "proxy-cookie-domain", "proxy-cookie-path"};
    const struct settings *settings = model->settings;
    struct replaced redirect = replaced(settings->redirect_from, settings->redirect_to);
    const struct route_response_rewrites rewrites = {
        .source = setting_source_of(settings, keys, ARRAY_LEN(keys)),
        .redirect_from = redirect.from,
        .redirect_to = redirect.to,
        .cookie_domain = change_of(settings->cookie_domain),
        .cookie_path = change_of(settings->cookie_path)};
    if (!rewrites.redirect_from.ptr && !rewrites.cookie_domain.ptr && !rewrites.cookie_path.ptr) {
        return NULL;
    }
    struct route_response_rewrites *effect = NEW_EFFECT(model->run, response_rewrites);
    *effect = rewrites;
    return effect;
}

static void add_rewrites(struct model *model, const struct location *location, struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_proxy_redirect_from, AN_proxy_redirect_to,
                                             AN_proxy_cookie_domain, AN_proxy_cookie_path};
    const struct settings *settings = model->settings;
    const struct annotations *annotations = location->item->annotations;
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        any = any || annotation_set(annotations, ids[i]);
    }
    if (!any) {
        return; /* what the settings say holds */
    }
    const struct route_response_rewrites *all = settings_rewrites(model);
    struct replaced redirect = redirect_replaced(model, location);
    struct route_response_rewrites rewrites = {
        .redirect_from = redirect.from,
        .redirect_to = redirect.to,
        .cookie_domain =
            change_of(text_or_setting(location, AN_proxy_cookie_domain, settings->cookie_domain)),
        .cookie_path =
            change_of(text_or_setting(location, AN_proxy_cookie_path, settings->cookie_path))};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        bool acts =
            all ? annotation_set(annotations, ids[i]) : annotation_acts(annotations, ids[i]);
        struct effect_source source =
            acts ? annotation_source(annotations, ids[i]) : rewrites.source;
        if (acts && rewrites.source.name.ptr) {
            rule_add_source(model->run, rule, EFFECT_response_rewrites, source);
        } else {
            rewrites.source = source;
        }
    }
    if (!rewrites.source.name.ptr) {
        return;
    }
    struct route_response_rewrites *effect = NEW_EFFECT(model->run, response_rewrites);
    *effect = rewrites;
    rule->effects.response_rewrites = effect;
    if (annotation_set(annotations, AN_proxy_cookie_path)) {
        check_cookie_path(model, annotations, rewrites.cookie_path);
    }
}

/* ---- versions and parameters ----------------------------------------------------------------- */

static void add_version(struct model *model, const struct annotations *annotations,
                        struct rule *rule)
{
    struct slice version = annotation_text(annotations, AN_proxy_http_version);
    if (version.ptr && !slice_equal(version, model->settings->http_version)) {
        struct route_upstream_http *http = NEW_EFFECT(model->run, upstream_http);
        http->source = annotation_source(annotations, AN_proxy_http_version);
        http->version = version;
        rule->effects.upstream_http = http;
    }
}

static void add_parameters(struct model *model, const struct location *location,
                           const struct config_map *map, struct route_fastcgi *fastcgi)
{
    struct run *run = model->run;
    const struct variables own = location_variables(run, location);
    for (size_t i = 0; map && i < map->data.count; i++) {
        const struct label *parameter = &map->data.items[i];
        struct template value;
        if (template_read(run, parameter->value, &own, &value)) {
            effect_edit(run, &fastcgi->parameters, EDIT_SET, parameter->key, value);
        } else {
            model_freeze(model, fastcgi->source, map->object.subject,
                         arena_printf(run->arena,
                                      "nginx refuses the '$' in FastCGI parameter '" SLICE_FMT "'",
                                      SLICE_ARG(parameter->key)));
        }
    }
}

static void add_fastcgi(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    struct slice index = annotation_text(annotations, AN_fastcgi_index);
    struct slice name = annotation_text(annotations, AN_fastcgi_params_configmap);
    bool spoken =
        slice_equal_fold(annotation_text(annotations, AN_backend_protocol), SLICE("FCGI"));
    if (!spoken || (!index.ptr && !name.ptr)) {
        return;
    }
    struct run *run = model->run;
    struct route_fastcgi *fastcgi = NEW_EFFECT(run, fastcgi);
    fastcgi->index = index;
    fastcgi->source =
        annotation_source(annotations, index.ptr ? AN_fastcgi_index : AN_fastcgi_params_configmap);
    if (name.ptr) {
        struct effect_source source = annotation_source(annotations, AN_fastcgi_params_configmap);
        size_t slash = slice_find(name, '/', 0);
        name = slash < name.len ? slice_sub(name, slash + 1, name.len) : name;
        const struct config_map *map = (const struct config_map *)(const void *)kube_find(
            model->kube, KUBE_CONFIG_MAP, annotations->ingress->object.namespace, name);
        if (index.ptr) {
            rule_add_source(run, rule, EFFECT_fastcgi, source);
        }
        if (!map) {
            rule->unknown =
                unknown_add(run, rule->unknown, ASPECT_HEADERS, source,
                            SLICE("the ConfigMap with FastCGI parameters is not in the input"));
        }
        add_parameters(model, location, map, fastcgi);
    }
    rule->effects.fastcgi = fastcgi;
}

void add_backend_details(struct model *model, const struct server *server,
                         const struct location *location, struct rule *rule)
{
    add_tls(model, server, location, rule);
    add_rewrites(model, location, rule);
    add_version(model, location->item->annotations, rule);
    add_fastcgi(model, location, rule);
}
