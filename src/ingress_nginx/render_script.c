#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

/* What the controller leaves to Lua: the redirect to https and the HSTS header (rootfs/etc/nginx/lua/
 * lua_ingress.lua), the choice of the backend and of a canary (lua/balancer.lua), redirects between names with
 * and without "www." (lua/nginx/ngx_srv_redirect.lua). */

static const char *const INDENT = "        ";

struct plan {
    bool force, asked, spared, preserve;
};

static struct plan plan_of(const struct render *render, const struct location *location)
{
    const struct settings *settings = render->model->settings;
    if (!location->item || location->plain) {
        return (struct plan){0};
    }
    const struct annotations *annotations = location->item->annotations;
    return (struct plan){
        .force = annotation_true(annotations, AN_force_ssl_redirect, settings->force_ssl_redirect),
        .asked = annotation_true(annotations, AN_ssl_redirect, settings->ssl_redirect),
        .spared = listed_prefix(location->path, settings->no_tls_redirect),
        .preserve = annotation_true(annotations, AN_preserve_trailing_slash,
                                    settings->preserve_trailing_slash),
    };
}

struct slice render_backend_name(struct render *render, const struct backend *backend)
{
    char digits[UINT_TEXT_MAX];
    struct slice port =
        backend->port_name.len ? backend->port_name : uint_text(backend->port, digits);
    return ARENA_JOIN(render->model->scratch, backend->namespace, SLICE("/"), backend->service,
                      SLICE(":"), port);
}

/* A canary that the controller hangs on the Service of the location, and that has endpoints. */
static const struct upstream *alternative(const struct location *location)
{
    const struct upstream *canary = location->upstream ? location->upstream->alternative : NULL;
    bool serves = canary && canary->resolved && !canary->removed && !canary->backend.status;
    return serves ? canary : NULL;
}

/* How an endpoint is chosen, in the order in which the script looks (lua/balancer.lua, get_implementation). */
static void say_balancing(struct render *render, const struct upstream *upstream)
{
    static const enum annotation_id ids[] = {AN_upstream_hash_by, AN_upstream_hash_by_subset,
                                             AN_upstream_hash_by_subset_size, AN_load_balance,
                                             AN_service_upstream};
    static const enum annotation_id keeping[] = {
        AN_session_cookie_name,    AN_session_cookie_path,
        AN_session_cookie_domain,  AN_session_cookie_samesite,
        AN_session_cookie_expires, AN_session_cookie_max_age,
        AN_session_cookie_secure,  AN_session_cookie_change_on_failure,
        AN_affinity_mode,          AN_session_cookie_conditional_samesite_none};
    const struct annotations *cookie = upstream->cookie ? upstream->cookie->annotations : NULL;
    const struct annotations *annotations = upstream->item->annotations;
    struct buf *out = render->out;
    if (cookie) {
        buf_printf(out, "%s# by script: a cookie keeps clients at one endpoint", INDENT);
    }
    for (size_t i = 0; cookie && i < ARRAY_LEN(keeping); i++) {
        struct slice value = annotation_text(cookie, keeping[i]);
        if (value.ptr) {
            buf_printf(out, ", %s " SLICE_FMT, annotation_row(keeping[i])->name, SLICE_ARG(value));
        }
    }
    buf_puts(out, cookie ? "\n" : "");
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (annotation_acts(annotations, ids[i])) {
            buf_printf(out, "%s# by script: %s " SLICE_FMT "\n", INDENT,
                       annotation_row(ids[i])->name,
                       SLICE_ARG(annotation_text(annotations, ids[i])));
        }
    }
}

static const enum annotation_id canary_ids[] = {
    AN_canary_by_header, AN_canary_by_header_value, AN_canary_by_header_pattern,
    AN_canary_by_cookie, AN_canary_weight,          AN_canary_weight_total};

/* ---- for people --------------------------------------------------------------------------- */

static void say_redirect(struct render *render, const struct location *location)
{
    struct plan plan = plan_of(render, location);
    if (plan.spared || (!plan.force && !plan.asked)) {
        return;
    }
    if (!plan.force && map_count(render->model->certified) == 0) {
        return;
    }
    buf_printf(render->out, "%s# by script: http is redirected to https with %lld%s%s\n", INDENT,
               (long long)render->model->settings->http_redirect_code,
               plan.force ? "" : ", where the name that is asked has a certificate",
               plan.preserve ? "; a '/' at the end stays" : "");
}

static void say_canary(struct render *render, const struct upstream *canary)
{
    struct buf *out = render->out;
    struct slice name = render_backend_name(render, &canary->backend);
    buf_printf(out, "%s# by script: a part goes to the canary, Service " SLICE_FMT ":", INDENT,
               SLICE_ARG(name));
    for (size_t i = 0; i < ARRAY_LEN(canary_ids); i++) {
        struct slice value = annotation_text(canary->item->annotations, canary_ids[i]);
        if (value.ptr) {
            buf_printf(out, " %s " SLICE_FMT, annotation_row(canary_ids[i])->name,
                       SLICE_ARG(value));
        }
    }
    buf_putc(out, '\n');
    render_origin(render, INDENT, &canary->origin);
}

/* Who answers for nobody's Service. */
static struct slice default_name(struct render *render)
{
    struct backend all;
    return model_default_backend(render->model, &all)
               ? ARENA_JOIN(render->model->scratch, SLICE("the default backend, Service "),
                            render_backend_name(render, &all))
               : SLICE("the default backend, which answers 404");
}

static void say(struct render *render, const struct location *location)
{
    struct buf *out = render->out;
    say_redirect(render, location);
    if (!location->has_backend) {
        buf_printf(out, "%s# by script: " SLICE_FMT "\n", INDENT, SLICE_ARG(default_name(render)));
        return;
    }
    struct slice name = render_backend_name(render, &location->backend);
    struct backend other;
    if (location_stand_in(render->model, location, &other)) {
        buf_printf(out,
                   "%s# by script: upstream_balancer is Service " SLICE_FMT
                   ", as Service " SLICE_FMT " does not serve\n",
                   INDENT, SLICE_ARG(render_backend_name(render, &other)), SLICE_ARG(name));
        return;
    }
    if (location->backend.status) {
        buf_printf(out, "%s# by script: %lld, as Service " SLICE_FMT " does not serve\n", INDENT,
                   (long long)location->backend.status, SLICE_ARG(name));
        return;
    }
    buf_printf(out, "%s# by script: upstream_balancer is Service " SLICE_FMT "\n", INDENT,
               SLICE_ARG(name));
    if (location->upstream) {
        say_balancing(render, location->upstream);
    }
    const struct upstream *canary = alternative(location);
    if (canary) {
        say_canary(render, canary);
    }
}

/* ---- for a script ------------------------------------------------------------------------- */

static void set_flag(struct render *render, const char *name, bool value)
{
    buf_printf(render->out, "%sset $%s \"%s\";\n", INDENT, name, value ? "true" : "false");
}

static void set_text(struct render *render, const char *name, struct slice value)
{
    buf_printf(render->out, "%sset $%s ", INDENT, name);
    render_literal(render, value);
    buf_puts(render->out, ";\n");
}

static struct slice certified_names(struct render *render)
{
    struct slice names = SLICE(" ");
    const struct map_entry *entry = map_first(render->model->certified);
    for (; entry; entry = map_next(entry)) {
        names = ARENA_JOIN(render->model->scratch, names, map_key(entry), SLICE(" "));
    }
    return names;
}

static void set_canary(struct render *render, const struct location *location)
{
    static const char *const names[] = {"canary_header", "canary_value",  "canary_pattern",
                                        "canary_cookie", "canary_weight", "canary_total"};
    const struct upstream *canary = alternative(location);
    set_text(render, "canary", canary ? render_backend_name(render, &canary->backend) : SLICE(""));
    for (size_t i = 0; i < ARRAY_LEN(canary_ids); i++) {
        struct slice value =
            canary ? annotation_text(canary->item->annotations, canary_ids[i]) : SLICE("");
        set_text(render, names[i], value);
    }
}

/* Empty where none is sent. */
static struct slice hsts_value(struct render *render)
{
    const struct settings *settings = render->model->settings;
    if (!settings->hsts) {
        return SLICE("");
    }
    return arena_printf(render->model->scratch, "max-age=%lld%s%s",
                        (long long)settings->hsts_max_age,
                        settings->hsts_include_subdomains ? "; includeSubDomains" : "",
                        settings->hsts_preload ? "; preload" : "");
}

static void prepare(struct render *render, const struct location *location)
{
    static const char *const lines[] = {
        "set $pass_access_scheme $scheme;",
        "set $pass_port $listener_port;",
        "set $best_http_host $http_host;",
        "set $chosen \"\";",
        "proxy_set_header X-Oracle-Backend $chosen;",
        "proxy_set_header X-Oracle-Client \"\";",
        "rewrite_by_lua_block { require('oracle').rewrite() }",
    };
    const struct settings *settings = render->model->settings;
    struct backend other;
    struct plan plan = plan_of(render, location);
    set_flag(render, "force_ssl_redirect", plan.force);
    set_flag(render, "ssl_redirect", plan.asked);
    set_flag(render, "force_no_ssl_redirect", plan.spared);
    set_flag(render, "preserve_trailing_slash", plan.preserve);
    set_flag(render, "use_port_in_redirects", location_writes_port(render->model, location));
    set_text(render, "certified", certified_names(render));
    set_text(render, "backend",
             !location->has_backend ? SLICE("-")
             : location_stand_in(render->model, location, &other)
                 ? render_backend_name(render, &other)
             : location->backend.status ? SLICE("")
                                        : render_backend_name(render, &location->backend));
    set_canary(render, location);
    struct buf *out = render->out;
    buf_printf(out, "%sset $http_redirect_code %lld;\n", INDENT,
               (long long)settings->http_redirect_code);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        buf_printf(out, "%s%s\n", INDENT, lines[i]);
    }
    buf_printf(out, "%sheader_filter_by_lua_block { require('oracle').header('" SLICE_FMT "') }\n",
               INDENT, SLICE_ARG(hsts_value(render)));
}

void render_script(struct render *render, const struct location *location)
{
    if (render->text->runs) {
        prepare(render, location);
    } else {
        say(render, location);
    }
}

void render_page_script(struct render *render, struct slice backend)
{
    struct buf *out = render->out;
    if (!render->text->runs) {
        bool all = slice_is(backend, "-");
        buf_printf(out, "%s# by script: upstream_balancer is %s" SLICE_FMT "\n", INDENT,
                   all ? "" : "Service ", SLICE_ARG(all ? default_name(render) : backend));
        return;
    }
    buf_printf(out,
               "%sproxy_set_header X-Oracle-Backend \"" SLICE_FMT "\";\n"
               "%sproxy_set_header X-Oracle-Client \"\";\n"
               "%sheader_filter_by_lua_block { require('oracle').header('" SLICE_FMT "') }\n",
               INDENT, SLICE_ARG(backend), INDENT, INDENT, SLICE_ARG(hsts_value(render)));
}

void render_www_script(struct render *render, struct slice to)
{
    long long code = (long long)render->model->settings->http_redirect_code;
    if (render->text->runs) {
        buf_printf(render->out,
                   "    set_by_lua_block $redirect_to { return require('oracle').www('" SLICE_FMT
                   "') }\n    return %lld $redirect_to;\n",
                   SLICE_ARG(to), code);
    } else {
        buf_printf(render->out,
                   "    # by script: to the same path of " SLICE_FMT ", less a '/' at its end, "
                   "with the port\n    return %lld $redirect_to;\n",
                   SLICE_ARG(to), code);
    }
}
