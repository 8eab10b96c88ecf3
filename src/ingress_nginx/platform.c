#include "ingress_nginx/model_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

/* rootfs/etc/nginx/template/nginx.tmpl, the proxy_set_header lines of a location. With use-forwarded-headers
 * some of them are the client's own if it sends them (nginx.tmpl, the maps at its beginning). */
static const struct {
    const char *name;
    enum part_kind kind;
    const char *text;
    const char *forwarded; /* header that says it with use-forwarded-headers; null: none */
} request_rows[] = {
    {"X-Original-Forwarded-For", PART_HEADER, "X-Forwarded-For", NULL},
    {"X-Original-Forwarded-Host", PART_HEADER, "X-Forwarded-Host", NULL},
    {"X-Request-ID", PART_REQUEST_ID, "X-Request-ID", NULL},
    {"X-Real-IP", PART_CLIENT, "$remote_addr", NULL},
    {"X-Forwarded-For", PART_CLIENT, "$remote_addr", NULL},
    {"X-Forwarded-Host", PART_HOST_HEADER, "$best_http_host", "X-Forwarded-Host"},
    {"X-Forwarded-Port", PART_PORT, "$pass_port", "X-Forwarded-Port"},
    {"X-Forwarded-Proto", PART_SCHEME, "$pass_access_scheme", "X-Forwarded-Proto"},
    {"X-Forwarded-Scheme", PART_SCHEME, "$pass_access_scheme", "X-Forwarded-Proto"},
    {"X-Scheme", PART_SCHEME, "$pass_access_scheme", "X-Forwarded-Proto"},
};

/* The client's header, else what the data plane knows by itself. */
static struct template forwarded(struct run *run, const char *header, enum part_kind otherwise)
{
    struct template template = template_named(
        run->arena, otherwise == PART_HOST_HEADER ? PART_HEADER_FIRST : PART_HEADER_ELSE,
        slice_of(header));
    template.parts[0].index = (unsigned)otherwise;
    return template;
}

/* proxy-set-headers: lines beside those of the template, so a name of both is sent twice. */
static void set_headers(struct model *model, struct edits *edits)
{
    struct run *run = model->run;
    const struct config_map *map = config_map_named(model->kube, model->settings->set_headers);
    for (size_t i = 0; map && i < map->data.count; i++) {
        const struct label *item = &map->data.items[i];
        struct template value;
        bool second = false;
        for (size_t e = 0; e < edits->count; e++) {
            second = second || slice_equal_fold(edits->items[e].name, item->key);
        }
        if (!template_read(run, item->value, NULL, &value)) {
            model_freeze(model, (struct effect_source){item->key, item->span}, map->object.subject,
                         arena_printf(run->arena, "nginx refuses the '$' in header '" SLICE_FMT "'",
                                      SLICE_ARG(item->key)));
            continue;
        }
        effect_edit(run, edits, second ? EDIT_ADD : EDIT_SET, item->key, value);
    }
}

/* What the template writes as a variable of the request (template.go, buildForwardedFor). */
static struct template original(struct run *run, const struct settings *settings, size_t row)
{
    struct template template =
        template_named(run->arena, request_rows[row].kind, slice_of(request_rows[row].text));
    const char *name = request_rows[row].name;
    struct slice header =
        slice_is(slice_of(name), "X-Original-Forwarded-For")    ? settings->forwarded_for
        : slice_is(slice_of(name), "X-Original-Forwarded-Host") ? settings->forwarded_host
                                                                : SLICE_ABSENT;
    template.parts[0].text = header.len ? header : template.parts[0].text;
    if (request_rows[row].kind == PART_REQUEST_ID && !settings->request_id) {
        template.parts[0].kind = PART_HEADER;
    }
    return template;
}

/* nginx.tmpl, $full_x_forwarded_for: who connected is added to what was received, whatever forwarded-for-header
 * is. */
static struct template full_list(struct run *run)
{
    struct part *parts = ARENA_ARRAY(run->arena, struct part, 2);
    parts[0] = (struct part){.kind = PART_HEADER_LIST, .text = SLICE("X-Forwarded-For")};
    parts[1] = (struct part){.kind = PART_PEER, .text = SLICE("$realip_remote_addr")};
    return (struct template){parts, 2};
}

static void request_headers(struct model *model, struct route_table *table)
{
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    struct route_header_edits *headers = NEW_EFFECT(run, header_edits);
    bool early = version_default(settings->version, "x-original-forwarded-host").ptr != NULL;
    for (size_t i = 0; i < ARRAY_LEN(request_rows); i++) {
        const char *header = settings->use_forwarded_headers ? request_rows[i].forwarded : NULL;
        enum part_kind kind = request_rows[i].kind;
        if (early && slice_is(slice_of(request_rows[i].name), "X-Original-Forwarded-Host")) {
            continue;
        }
        effect_edit(run, &headers->edits, EDIT_SET, slice_of(request_rows[i].name),
                    header ? forwarded(run, header, kind) : original(run, settings, i));
    }
    if (settings->use_forwarded_headers && settings->full_forwarded_for) {
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("X-Forwarded-For"), full_list(run));
    }
    if (settings->http_port.len && !settings->use_forwarded_headers) {
        /* nginx.tmpl, $pass_port: the port that nginx listens on; for https it is 443 whatever that is */
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("X-Forwarded-Port"),
                    template_text(run->arena, settings->http_port));
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("X-Forwarded-Port"),
                    template_text(run->arena, SLICE("443")));
        headers->edits.items[headers->edits.count - 1].only_https = true;
    }
    if (settings->add_original_uri) {
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("X-Original-URI"),
                    template_named(run->arena, PART_TARGET, SLICE("")));
    }
    if (settings->use_forwarded_headers && settings->proxy_protocol) {
        /* the realip module takes no variable, so the template makes a header for it */
        effect_edit(
            run, &headers->edits, EDIT_SET, settings->forwarded_proxy,
            template_named(run->arena, PART_UNKNOWN, SLICE("$forwarded_for_proxy_protocol")));
    }
    if (settings->keepalive <= 0) { /* "close", but for who asks for another protocol */
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("Connection"),
                    template_named(run->arena, PART_UNKNOWN, SLICE("$connection_upgrade")));
    }
    effect_edit(run, &headers->edits, EDIT_REMOVE, SLICE("Proxy"), (struct template){0});
    set_headers(model, &headers->edits);
    table->platform.request_headers = headers;
    if (settings->use_forwarded_headers) {
        struct route_upstream_host *host = NEW_EFFECT(run, upstream_host);
        host->source = setting_source(settings, "use-forwarded-headers");
        host->host = forwarded(run, "X-Forwarded-Host", PART_HOST_HEADER);
        table->platform.upstream_host = host;
    }
}

void platform_hidden_headers(struct run *run, const struct settings *settings, struct edits *edits)
{
    struct slice rest = settings->hide_headers, name;
    while (slice_split(&rest, ',', &name)) {
        name = slice_trim(name);
        if (name.len) {
            effect_edit(run, edits, EDIT_REMOVE, name, (struct template){0});
        }
    }
}

void platform_named_headers(struct model *model, struct edits *edits)
{
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    const struct config_map *map = config_map_named(model->kube, settings->add_headers);
    for (size_t i = 0; map && i < map->data.count; i++) {
        effect_edit(run, edits, EDIT_SET, map->data.items[i].key,
                    template_text(run->arena, map->data.items[i].value));
    }
    if (!model->hides_apart) {
        platform_hidden_headers(run, settings, edits);
    }
}

static void response_headers(struct model *model, struct route_table *table)
{
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    struct route_header_edits *headers = NEW_EFFECT(run, header_edits);
    if (settings->hsts) {
        struct slice text =
            arena_printf(run->arena, "max-age=%lld%s%s", (long long)settings->hsts_max_age,
                         settings->hsts_include_subdomains ? "; includeSubDomains" : "",
                         settings->hsts_preload ? "; preload" : "");
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("Strict-Transport-Security"),
                    template_text(run->arena, text));
        headers->edits.items[0].only_https = true;
    }
    if (settings->server_tokens && !settings->backend_server) {
        /* nginx's own name and version; without server-tokens it is cleared */
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("Server"),
                    template_named(run->arena, PART_UNKNOWN, SLICE("nginx's version")));
    }
    if (settings->gzip || settings->brotli) {
        /* where the client takes it, by the type and length of the answer */
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("Content-Encoding"),
                    template_named(run->arena, PART_UNKNOWN, SLICE("gzip or br")));
        effect_edit(run, &headers->edits, EDIT_SET, SLICE("Vary"),
                    template_named(run->arena, PART_UNKNOWN, SLICE("Accept-Encoding")));
    }
    platform_named_headers(model, &headers->edits);
    if (headers->edits.count) {
        table->platform.response_headers = headers;
    }
}

/* Where several keys set one effect, the first that is set names it. */
static void traffic_effects(struct model *model, struct effects *out)
{
    static const char *const times[] = {"proxy-connect-timeout", "proxy-send-timeout",
                                        "proxy-read-timeout"};
    static const char *const tries[] = {"proxy-next-upstream-tries", "proxy-next-upstream",
                                        "proxy-next-upstream-timeout", "retry-non-idempotent"};
    static const char *const buffers[] = {"proxy-request-buffering", "proxy-buffering"};
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    struct route_timeouts *timeouts = NEW_EFFECT(run, timeouts);
    *timeouts =
        (struct route_timeouts){.source = setting_source_of(settings, times, ARRAY_LEN(times)),
                                .connect_ms = nginx_ms(settings->connect_s),
                                .send_ms = nginx_ms(settings->send_s),
                                .read_ms = nginx_ms(settings->read_s),
                                .request_ms = -1,
                                .backend_request_ms = -1};
    out->timeouts = timeouts;
    struct route_retries *retries = NEW_EFFECT(run, retries);
    retries->source = setting_source_of(settings, tries, ARRAY_LEN(tries));
    retries->conditions = retry_conditions(run, settings, settings->next_upstream);
    retries->attempts = nginx_attempts(retries->conditions, settings->tries);
    retries->total_ms = nginx_ms(settings->tries_s);
    out->retries = retries;
    struct route_buffering *buffering = NEW_EFFECT(run, buffering);
    buffering->source = setting_source_of(settings, buffers, ARRAY_LEN(buffers));
    buffering->request = settings->proxy_request_buffering;
    buffering->response = settings->proxy_buffering;
    out->buffering = buffering;
}

static void backend_effects(struct model *model, struct effects *out)
{
    static const char *const keys[] = {"load-balance", "service-upstream"};
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    bool spread = settings->load_balance.len && !slice_is(settings->load_balance, "round_robin");
    if (spread || settings->service_address) {
        struct route_balancing *balancing = NEW_EFFECT(run, balancing);
        balancing->source = setting_source_of(settings, keys + !spread, ARRAY_LEN(keys) - !spread);
        balancing->algorithm = spread ? settings->load_balance : SLICE("round_robin");
        balancing->service_address = settings->service_address;
        out->balancing = balancing;
    }
    if (!slice_is(settings->http_version, "1.1")) {
        struct route_upstream_http *http = NEW_EFFECT(run, upstream_http);
        http->source = setting_source(settings, "proxy-http-version");
        http->version = settings->http_version;
        out->upstream_http = http;
    }
    out->response_rewrites = settings_rewrites(model);
}

void platform_effects(struct model *model, struct route_table *table)
{
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    struct route_body_limit *limit = NEW_EFFECT(run, body_limit);
    limit->source = setting_source(settings, "proxy-body-size");
    limit->bytes = settings->body_bytes == 0 ? -1 : settings->body_bytes;
    table->platform.body_limit = limit;
    traffic_effects(model, &table->platform);
    backend_effects(model, &table->platform);
    request_headers(model, table);
    response_headers(model, table);
    if (settings->use_forwarded_headers) {
        table->view.scheme_header = SLICE("X-Forwarded-Proto");
        table->view.host_header = SLICE("X-Forwarded-Host");
    }
    bool proxied = settings->proxy_protocol, real_ip = settings->enable_real_ip && !proxied;
    if (proxied) {
        table->view.proxy_protocol = setting_source(settings, "use-proxy-protocol");
    }
    /* real_ip_header and real_ip_recursive (nginx.tmpl) */
    if (settings->use_forwarded_headers || real_ip) {
        table->view.client_header = settings->forwarded_for;
    }
    if (settings->use_forwarded_headers || settings->enable_real_ip || proxied) {
        table->view.client_trusted = networks_read(run, settings->trusted);
    }
}
