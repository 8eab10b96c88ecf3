#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

/* Lines of a location about limits and the backend. What needs files, zones or modules that only the controller's pod
 * has is written for people alone. */

static const char *const INDENT = "        ";

static struct slice text_of(const struct location *location, enum annotation_id id)
{
    return location->item ? annotation_text(location->item->annotations, id) : SLICE_ABSENT;
}

static bool acts(const struct location *location, enum annotation_id id)
{
    return location->item && annotation_acts(location->item->annotations, id);
}

static void put_line(struct render *render, const char *directive, struct slice value)
{
    buf_printf(render->out, "%s%s " SLICE_FMT ";\n", INDENT, directive, SLICE_ARG(value));
}

/* ---- limits -------------------------------------------------------------------------------- */

/* template.go buildRateLimitZones: the zones stand at the level of http, and are the Ingress's own. */
static void put_rates(struct render *render, const struct location *location)
{
    static const struct {
        enum annotation_id id;
        const char *zone, *unit;
    } rows[] = {{AN_limit_connections, "conn", NULL},
                {AN_limit_rps, "rps", "r/s"},
                {AN_limit_rpm, "rpm", "r/m"}};
    const struct annotations *annotations = location->item->annotations;
    const struct object *ingress = &annotations->ingress->object;
    long long times = (long long)annotation_int(annotations, AN_limit_burst_multiplier, 5);
    struct slice exempt = annotation_text(annotations, AN_limit_allowlist);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        long long limit = (long long)annotation_int(annotations, rows[i].id, 0);
        if (limit <= 0) {
            continue;
        }
        struct slice zone =
            arena_printf(render->model->scratch, SLICE_FMT "_" SLICE_FMT "_%s",
                         SLICE_ARG(ingress->namespace), SLICE_ARG(ingress->name), rows[i].zone);
        if (rows[i].unit) {
            buf_printf(render->out,
                       "%s# zone " SLICE_FMT ": rate=%lld%s by client address%s" SLICE_FMT "\n"
                       "%slimit_req zone=" SLICE_FMT " burst=%lld nodelay;\n",
                       INDENT, SLICE_ARG(zone), limit, rows[i].unit, exempt.len ? ", but for " : "",
                       SLICE_ARG(exempt), INDENT, SLICE_ARG(zone), limit * times);
        } else {
            buf_printf(render->out, "%slimit_conn " SLICE_FMT " %lld;\n", INDENT, SLICE_ARG(zone),
                       limit);
        }
    }
}

/* template.go buildModSecurityForLocation; what a setting switches on stands at the level of http. */
void render_firewall(struct render *render, const struct location *location)
{
    const struct settings *settings = render->model->settings;
    bool own = location->item && annotation_set(location->item->annotations, AN_enable_modsecurity);
    bool on = own ? acts(location, AN_enable_modsecurity) : settings->firewall;
    if (render->text->runs || (!on && !(own && settings->firewall))) {
        return;
    }
    if (!on) {
        buf_printf(render->out, "%smodsecurity off;\n", INDENT);
        return;
    }
    buf_printf(render->out, "%smodsecurity on;%s\n", INDENT,
               settings->firewall ? " # of all locations, by the controller's ConfigMap" : "");
    struct slice rules = text_of(location, AN_modsecurity_snippet);
    struct slice transaction = text_of(location, AN_modsecurity_transaction_id);
    struct slice all = settings->firewall ? settings->firewall_snippet : SLICE_ABSENT;
    const struct slice snippets[] = {all, rules};
    for (size_t i = 0; i < ARRAY_LEN(snippets); i++) {
        if (snippets[i].len) {
            buf_printf(render->out, "%smodsecurity_rules '\n" SLICE_FMT "\n%s';\n", INDENT,
                       SLICE_ARG(snippets[i]), INDENT);
        }
    }
    if (transaction.len) {
        put_line(render, "modsecurity_transaction_id", transaction);
    }
    if (settings->firewall ? !all.len : !rules.len) {
        buf_printf(render->out,
                   "%smodsecurity_rules_file /etc/nginx/modsecurity/modsecurity.conf;\n", INDENT);
    }
    if (settings->firewall_rules ? settings->firewall
                                 : acts(location, AN_enable_owasp_core_rules)) {
        buf_printf(render->out,
                   "%smodsecurity_rules_file "
                   "/etc/nginx/owasp-modsecurity-crs/nginx-modsecurity.conf;\n",
                   INDENT);
    }
}

void render_limits(struct render *render, const struct location *location)
{
    const struct settings *settings = render->model->settings;
    const struct {
        const char *directive;
        enum annotation_id id;
        int64_t otherwise;
    } speeds[] = {{"limit_rate_after", AN_limit_rate_after, settings->limit_rate_after},
                  {"limit_rate", AN_limit_rate, settings->limit_rate}};
    if (!location->item) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
        int64_t value =
            annotation_int(location->item->annotations, speeds[i].id, speeds[i].otherwise);
        if (value > 0) {
            buf_printf(render->out, "%s%s %lldk;\n", INDENT, speeds[i].directive, (long long)value);
        }
    }
    if (location_writes_port(render->model, location)) {
        buf_printf(render->out, "%sport_in_redirect on;\n", INDENT);
    }
    if (!render->text->runs) {
        put_rates(render, location);
    }
}

/* ---- copies and tracing ---------------------------------------------------------------------- */

static void put_mirror(struct render *render, const struct location *location)
{
    struct slice target = text_of(location, AN_mirror_target);
    struct slice host = location->item ? mirror_host(location->item->annotations) : SLICE_ABSENT;
    bool body = !slice_is(text_of(location, AN_mirror_request_body), "off");
    if (!target.ptr) {
        return;
    }
    buf_printf(render->out, "%smirror /_mirror-<uid of the Ingress>;\n%smirror_request_body %s;\n",
               INDENT, INDENT, body ? "on" : "off");
    if (host.len) {
        buf_printf(render->out,
                   "%s# that location: proxy_set_header Host " SLICE_FMT "; proxy_pass " SLICE_FMT
                   ";\n",
                   INDENT, SLICE_ARG(host), SLICE_ARG(target));
    } else {
        buf_printf(render->out, "%s# that location is not there, so '/' of the host answers\n",
                   INDENT);
    }
}

static void put_tracing(struct render *render, const struct location *location)
{
    struct slice name = text_of(location, AN_opentelemetry_operation_name);
    if (!acts(location, AN_enable_opentelemetry)) {
        return;
    }
    buf_printf(render->out, "%sopentelemetry on;\n%sopentelemetry_propagate;\n", INDENT, INDENT);
    if (name.len) {
        put_line(render, "opentelemetry_operation_name", name);
    }
    buf_printf(
        render->out, "%sopentelemetry_trust_incoming_spans %s;\n", INDENT,
        annotation_true(location->item->annotations, AN_opentelemetry_trust_incoming_span, true)
            ? "on"
            : "off");
}

void render_copies(struct render *render, const struct location *location)
{
    if (location->item && !render->text->runs) {
        put_mirror(render, location);
        put_tracing(render, location);
    }
}

/* ---- behind proxy_pass ----------------------------------------------------------------------- */

static void put_tls(struct render *render, const struct location *location)
{
    static const struct {
        const char *directive;
        enum annotation_id id;
        const char *fallback;
    } rows[] = {{"proxy_ssl_ciphers", AN_proxy_ssl_ciphers, "DEFAULT"},
                {"proxy_ssl_protocols", AN_proxy_ssl_protocols, "TLSv1.2"},
                {"proxy_ssl_verify", AN_proxy_ssl_verify, "off"},
                {"proxy_ssl_verify_depth", AN_proxy_ssl_verify_depth, "1"},
                {"proxy_ssl_name", AN_proxy_ssl_name, NULL},
                {"proxy_ssl_server_name", AN_proxy_ssl_server_name, "off"}};
    struct slice secret = text_of(location, AN_proxy_ssl_secret);
    if (!secret.len) {
        return;
    }
    buf_printf(render->out, "%s# certificate and CA towards the backend: Secret " SLICE_FMT "\n",
               INDENT, SLICE_ARG(secret));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice value = text_of(location, rows[i].id);
        struct slice early =
            rows[i].id == AN_proxy_ssl_protocols
                ? version_default(render->model->settings->version, "protocols towards backends")
                : SLICE_ABSENT;
        struct slice otherwise = early.ptr ? early : slice_of(rows[i].fallback);
        value = value.ptr || !rows[i].fallback ? value : otherwise;
        if (value.len) {
            put_line(render, rows[i].directive, value);
        }
    }
}

/* These stand before proxy_pass in the template; their order does not matter. */
static void put_fastcgi(struct render *render, const struct location *location)
{
    struct slice index = text_of(location, AN_fastcgi_index);
    struct slice map = text_of(location, AN_fastcgi_params_configmap);
    if (slice_is(text_of(location, AN_backend_protocol), "FCGI")) {
        buf_printf(render->out, "%sinclude /etc/nginx/fastcgi_params;\n", INDENT);
    }
    if (index.len) {
        put_line(render, "fastcgi_index", index);
    }
    if (map.len) {
        buf_printf(render->out, "%s# fastcgi_param: those of ConfigMap " SLICE_FMT "\n", INDENT,
                   SLICE_ARG(map));
    }
}

void render_upstream(struct render *render, const struct location *location)
{
    struct slice from = text_of(location, AN_proxy_redirect_from);
    struct replaced redirect = redirect_replaced(render->model, location);
    from = from.ptr ? from : render->model->settings->redirect_from;
    if (!redirect.from.ptr || slice_is(from, "default")) {
        put_line(render, "proxy_redirect", redirect.from.ptr ? from : SLICE("off"));
    } else if (redirect.to.ptr) {
        put_line(render, "proxy_redirect",
                 ARENA_JOIN(render->model->scratch, redirect.from, SLICE(" "), redirect.to));
    }
    if (!render->text->runs) {
        put_fastcgi(render, location);
        put_tls(render, location);
    }
}
