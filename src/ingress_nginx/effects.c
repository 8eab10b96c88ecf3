#include "ingress_nginx/model_priv.h"

#include <string.h>

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

static bool set(const struct annotations *annotations, enum annotation_id id)
{
    return annotations->at[id] != 0;
}

/* ---- templates ---------------------------------------------------------------------------- */

/* A rewrite target: "$1" is a capture. False for a "$" that nginx refuses. */
static bool target_template(struct run *run, struct slice text, struct template *out)
{
    struct part *parts = NULL;
    size_t count = 0, capacity = 0, from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '$') {
            continue;
        }
        if (i > from) {
            *ARENA_PUSH(run->arena, parts, count, capacity) =
                (struct part){.kind = PART_TEXT, .text = slice_sub(text, from, i)};
        }
        if (i == text.len) {
            break;
        }
        if (i + 1 >= text.len || text.ptr[i + 1] < '0' || text.ptr[i + 1] > '9') {
            return false;
        }
        *ARENA_PUSH(run->arena, parts, count, capacity) =
            (struct part){.kind = PART_CAPTURE, .index = (unsigned)(text.ptr[i + 1] - '0')};
        i++;
        from = i + 1;
    }
    *out = (struct template){parts, count};
    return true;
}

/* Text in which "$name" is a variable of nginx. */
static struct template variable_template(struct run *run, struct slice text)
{
    if (slice_find(text, '$', 0) == text.len) {
        return template_text(run->arena, text);
    }
    struct part *part = ARENA_NEW(run->arena, struct part);
    *part = (struct part){.kind = PART_UNKNOWN, .text = text};
    return (struct template){part, 1};
}

/* ---- rewrites and redirects --------------------------------------------------------------- */

static void add_rewrite(struct model *model, const struct location *location,
                        struct route_table *table, struct rule *rule)
{
    const struct annotations *annotations = &location->item->annotations;
    struct run *run = model->run;
    struct slice target = annotation_text(annotations, AN_rewrite_target);
    struct effect_source source = annotation_source(annotations, AN_rewrite_target);
    if (slice_starts(target, SLICE("http://")) || slice_starts(target, SLICE("https://"))) {
        rule->unknown = unknown_add(run, rule->unknown, ASPECT_REDIRECT, source,
                                    SLICE("a rewrite-target that is a URL is not understood yet"));
        diag_at(run->diag, DIAG_N006, source.span, location->item->ingress->object.subject,
                "'" SLICE_FMT "' with a URL redirects by 302; this is not understood yet",
                SLICE_ARG(source.name));
        return;
    }
    struct route_rewrite *rewrite = NEW_EFFECT(run, rewrite);
    rewrite->source = source;
    if (!target_template(run, target, &rewrite->target)) {
        model->frozen = unknown_add(
            run, model->frozen, ASPECT_ROUTING, source,
            SLICE("nginx refuses a '$' without a digit in rewrite-target, so the controller's "
                  "configuration is frozen"));
        diag_at(run->diag, DIAG_N018, source.span, location->item->ingress->object.subject,
                "nginx refuses '" SLICE_FMT "'; no change of any Ingress takes effect until it is "
                "removed",
                SLICE_ARG(target));
        return;
    }
    struct slice text;
    rewrite->kind = template_is_text(&rewrite->target, &text) ? REWRITE_FULL : REWRITE_REGEX;
    if (rewrite->kind == REWRITE_REGEX) {
        struct slice error;
        rewrite->pattern = location->path;
        rewrite->fold = true;
        rewrite->regex = regex_compile(run, table->regexes, location->path, true, false, &error);
    }
    rule->effects.rewrite = rewrite;
    if (set(annotations, AN_x_forwarded_prefix)) {
        struct route_header_edits *edits = NEW_EFFECT(run, header_edits);
        edits->source = annotation_source(annotations, AN_x_forwarded_prefix);
        struct header_edit *edit =
            ARENA_PUSH(run->arena, edits->edits.items, edits->edits.count, edits->edits.capacity);
        edit->name = SLICE("X-Forwarded-Prefix");
        struct template value;
        edit->value =
            target_template(run, annotation_text(annotations, AN_x_forwarded_prefix), &value)
                ? value
                : variable_template(run, annotation_text(annotations, AN_x_forwarded_prefix));
        rule->effects.request_headers = edits;
    }
}

static void add_redirect(struct model *model, const struct annotations *annotations,
                         struct rule *rule)
{
    bool temporal = set(annotations, AN_temporal_redirect);
    enum annotation_id id = temporal ? AN_temporal_redirect : AN_permanent_redirect;
    if (!set(annotations, id)) {
        return;
    }
    struct slice url = annotation_text(annotations, id);
    if (temporal && !slice_starts(url, SLICE("http"))) {
        return; /* the redirect group is ignored (annotations/redirect) */
    }
    struct route_redirect *redirect = NEW_EFFECT(model->run, redirect);
    int64_t code = temporal ? annotation_int(annotations, AN_temporal_redirect_code, 302)
                            : annotation_int(annotations, AN_permanent_redirect_code, 301);
    if (code < 300 || code > (temporal ? 307 : 308)) {
        code = temporal ? 302 : 301;
    }
    redirect->source = annotation_source(annotations, id);
    redirect->status = code;
    if (url.len && url.ptr[0] == '/') {
        redirect->host_from = REDIRECT_HOST_NORMAL;
        redirect->path_change = PATH_CHANGE_FULL;
        redirect->path = url;
        redirect->relative = annotation_true(annotations, AN_relative_redirects,
                                             model->settings->relative_redirects);
    } else {
        redirect->location = template_text(model->run->arena, url);
    }
    rule->effects.redirect = redirect;
}

static void add_https_redirect(struct model *model, const struct server *server,
                               const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = &location->item->annotations;
    const struct settings *settings = model->settings;
    bool force = annotation_true(annotations, AN_force_ssl_redirect, settings->force_ssl_redirect);
    bool wanted = annotation_true(annotations, AN_ssl_redirect, settings->ssl_redirect) &&
                  model_redirects(model, server);
    if ((!force && !wanted) ||
        slice_starts(location->declared, SLICE("/.well-known/acme-challenge"))) {
        return;
    }
    struct route_redirect *redirect = NEW_EFFECT(model->run, redirect);
    enum annotation_id id =
        force && set(annotations, AN_force_ssl_redirect) ? AN_force_ssl_redirect : AN_ssl_redirect;
    if (set(annotations, id)) {
        redirect->source = annotation_source(annotations, id);
    }
    redirect->status = settings->http_redirect_code;
    redirect->only_plain_http = true;
    redirect->scheme = SLICE("https");
    redirect->host_from = REDIRECT_HOST_HEADER_NO_PORT;
    redirect->keep_query = true;
    redirect->strip_slash = !annotation_true(annotations, AN_preserve_trailing_slash,
                                             settings->preserve_trailing_slash);
    rule->effects.https_redirect = redirect;
    if (settings->use_forwarded_headers) {
        struct effect_source source = {SLICE("use-forwarded-headers"), SPAN_NONE};
        rule->unknown =
            unknown_add(model->run, rule->unknown, ASPECT_REDIRECT, source,
                        SLICE("with use-forwarded-headers the redirect to https depends on "
                              "X-Forwarded-Proto, which is not understood yet"));
    }
}

/* ---- lists -------------------------------------------------------------------------------- */

static struct networks read_networks(struct run *run, struct slice text)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++) {
        most += text.ptr[i] == ',';
    }
    struct networks networks = {ARENA_ARRAY(run->arena, struct network, most), 0};
    struct slice item;
    while (slice_split(&text, ',', &item)) {
        networks.count += network_parse(slice_trim(item), &networks.items[networks.count]);
    }
    return networks;
}

static struct texts read_texts(struct run *run, struct slice text)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++) {
        most += text.ptr[i] == ',';
    }
    struct texts texts = {ARENA_ARRAY(run->arena, struct slice, most), 0};
    struct slice item;
    while (slice_split(&text, ',', &item)) {
        item = slice_trim(item);
        if (item.len) {
            texts.items[texts.count++] = item;
        }
    }
    return texts;
}

static void add_addresses(struct run *run, const struct annotations *annotations, struct rule *rule)
{
    bool allow = set(annotations, AN_allowlist_source_range);
    bool deny = set(annotations, AN_denylist_source_range);
    if (!allow && !deny) {
        return;
    }
    struct route_addresses *addresses = NEW_EFFECT(run, addresses);
    addresses->source = annotation_source(annotations, allow ? AN_allowlist_source_range
                                                             : AN_denylist_source_range);
    addresses->status = 403;
    addresses->has_allow = allow;
    if (allow) {
        addresses->allow =
            read_networks(run, annotation_text(annotations, AN_allowlist_source_range));
    }
    if (deny) {
        addresses->deny =
            read_networks(run, annotation_text(annotations, AN_denylist_source_range));
    }
    rule->effects.addresses = addresses;
}

/* annotations/cors: "scheme://[*.]name[:port]", "*" or "null" */
static bool is_origin(struct slice text)
{
    size_t at = 0;
    if (slice_is(text, "*") || slice_is(text, "null")) {
        return true;
    }
    while (at < text.len && text.ptr[at] >= 'a' && text.ptr[at] <= 'z') {
        at++;
    }
    struct slice rest = slice_sub(text, at, text.len);
    if (at == 0 || !slice_starts(rest, SLICE("://"))) {
        return false;
    }
    rest = slice_sub(rest, 3, rest.len);
    if (slice_starts(rest, SLICE("*."))) {
        rest = slice_sub(rest, 2, rest.len);
    }
    size_t colon = slice_find(rest, ':', 0);
    uint64_t port;
    if (colon < rest.len && !slice_to_uint(slice_sub(rest, colon + 1, rest.len), 999999, &port)) {
        return false;
    }
    for (size_t i = 0; i < colon; i++) {
        char c = rest.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '-' && c != '.') {
            return false;
        }
    }
    return true;
}

static struct texts origins_of(struct run *run, struct slice text, bool *any)
{
    struct texts all = read_texts(run, text.ptr ? text : SLICE("*")), kept = {all.items, 0};
    *any = false;
    for (size_t i = 0; i < all.count; i++) {
        *any = *any || slice_is(all.items[i], "*");
        if (is_origin(all.items[i])) {
            kept.items[kept.count++] = all.items[i];
        }
    }
    return kept;
}

static struct texts one_text(struct run *run, struct slice text)
{
    struct texts texts = {ARENA_NEW(run->arena, struct slice), text.ptr != NULL};
    texts.items[0] = text;
    return texts;
}

static void add_cors(struct run *run, const struct annotations *annotations, struct rule *rule)
{
    if (!annotation_true(annotations, AN_enable_cors, false)) {
        return;
    }
    struct route_cors *cors = NEW_EFFECT(run, cors);
    cors->source = annotation_source(annotations, AN_enable_cors);
    cors->origins =
        origins_of(run, annotation_text(annotations, AN_cors_allow_origin), &cors->any_origin);
    if (!cors->any_origin && cors->origins.count == 0) {
        return; /* a list of nothing but bad items adds no headers at all */
    }
    cors->echo_origin = !cors->any_origin;
    cors->end_anchored_only = true;
    cors->credentials = annotation_true(annotations, AN_cors_allow_credentials, true);
    struct slice value = annotation_text(annotations, AN_cors_allow_methods);
    /* nginx sends these as they are written, so they stay one text */
    cors->methods =
        one_text(run, value.ptr ? value : SLICE("GET, PUT, POST, DELETE, PATCH, OPTIONS"));
    value = annotation_text(annotations, AN_cors_allow_headers);
    cors->headers = one_text(
        run, value.ptr ? value
                       : SLICE("DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,"
                               "Cache-Control,Content-Type,Range,Authorization"));
    cors->expose = one_text(run, annotation_text(annotations, AN_cors_expose_headers));
    cors->max_age = annotation_int(annotations, AN_cors_max_age, 1728000);
    cors->preflight_status = 204;
    rule->effects.cors = cors;
}

/* ---- traffic ------------------------------------------------------------------------------ */

static void add_timeouts(struct model *model, const struct annotations *annotations,
                         struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_proxy_connect_timeout, AN_proxy_send_timeout,
                                             AN_proxy_read_timeout};
    const struct settings *settings = model->settings;
    struct route_timeouts *timeouts = NULL;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (set(annotations, ids[i]) && !timeouts) {
            timeouts = NEW_EFFECT(model->run, timeouts);
            timeouts->source = annotation_source(annotations, ids[i]);
        }
    }
    if (timeouts) {
        timeouts->connect_ms =
            1000 * annotation_int(annotations, AN_proxy_connect_timeout, settings->connect_s);
        timeouts->send_ms =
            1000 * annotation_int(annotations, AN_proxy_send_timeout, settings->send_s);
        timeouts->read_ms =
            1000 * annotation_int(annotations, AN_proxy_read_timeout, settings->read_s);
        timeouts->request_ms = -1;
        timeouts->backend_request_ms = -1;
        rule->effects.timeouts = timeouts;
    }
}

static void add_retries(struct model *model, const struct annotations *annotations,
                        struct rule *rule)
{
    bool tries = set(annotations, AN_proxy_next_upstream_tries);
    bool conditions = set(annotations, AN_proxy_next_upstream);
    if (tries || conditions) {
        struct route_retries *retries = NEW_EFFECT(model->run, retries);
        retries->source = annotation_source(annotations, tries ? AN_proxy_next_upstream_tries
                                                               : AN_proxy_next_upstream);
        retries->attempts =
            annotation_int(annotations, AN_proxy_next_upstream_tries, model->settings->tries) - 1;
        retries->conditions = conditions ? annotation_text(annotations, AN_proxy_next_upstream)
                                         : SLICE("error timeout");
        if (slice_is(retries->conditions, "off")) {
            retries->attempts = 0;
        }
        rule->effects.retries = retries;
    }
}

static void add_traffic(struct model *model, const struct annotations *annotations,
                        struct rule *rule)
{
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    add_timeouts(model, annotations, rule);
    add_retries(model, annotations, rule);
    if (set(annotations, AN_proxy_body_size)) {
        struct route_body_limit *limit = NEW_EFFECT(run, body_limit);
        limit->source = annotation_source(annotations, AN_proxy_body_size);
        (void)size_parse(annotation_text(annotations, AN_proxy_body_size), &limit->bytes);
        limit->bytes = limit->bytes == 0 ? -1 : limit->bytes;
        rule->effects.body_limit = limit;
    }
    bool request = set(annotations, AN_proxy_request_buffering);
    if (request || set(annotations, AN_proxy_buffering)) {
        struct route_buffering *buffering = NEW_EFFECT(run, buffering);
        buffering->source = annotation_source(annotations, request ? AN_proxy_request_buffering
                                                                   : AN_proxy_buffering);
        buffering->request =
            request ? slice_is(annotation_text(annotations, AN_proxy_request_buffering), "on")
                    : settings->proxy_request_buffering;
        buffering->response = set(annotations, AN_proxy_buffering)
                                  ? slice_is(annotation_text(annotations, AN_proxy_buffering), "on")
                                  : settings->proxy_buffering;
        rule->effects.buffering = buffering;
    }
    if (set(annotations, AN_backend_protocol)) {
        struct route_upstream_protocol *protocol = NEW_EFFECT(run, upstream_protocol);
        protocol->source = annotation_source(annotations, AN_backend_protocol);
        struct slice upper =
            arena_copy(run->arena, annotation_text(annotations, AN_backend_protocol));
        for (size_t i = 0; i < upper.len; i++) {
            char *c = (char *)(uintptr_t)&upper.ptr[i];
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
        }
        protocol->protocol = upper;
        rule->effects.upstream_protocol = protocol;
    }
    if (set(annotations, AN_upstream_vhost)) {
        struct route_upstream_host *host = NEW_EFFECT(run, upstream_host);
        host->source = annotation_source(annotations, AN_upstream_vhost);
        host->host = variable_template(run, annotation_text(annotations, AN_upstream_vhost));
        rule->effects.upstream_host = host;
    }
}

static void deny(struct model *model, const struct location *location, struct rule *rule)
{
    struct route_answer *answer = NEW_EFFECT(model->run, answer);
    answer->status = 503;
    answer->reason = SLICE("an annotation of the Ingress has a bad value");
    answer->source =
        (struct effect_source){SLICE("annotations"), location->item->ingress->object.span};
    rule->effects.answer = answer;
}

static void default_answer(struct model *model, struct rule *rule)
{
    struct route_answer *answer = NEW_EFFECT(model->run, answer);
    answer->status = 404;
    answer->last = true;
    answer->reason = SLICE("no path of this host matches, and there is no default backend");
    rule->effects.answer = answer;
    rule->implied = true;
}

static const struct unknown *join(struct run *run, const struct unknown *to,
                                  const struct unknown *from)
{
    for (; from; from = from->next) {
        to = unknown_add(run, to, from->aspect, from->source, from->reason);
    }
    return to;
}

void location_effects(struct model *model, const struct server *server,
                      const struct location *location, struct route_table *table, struct rule *rule)
{
    if (!location->has_backend) {
        default_answer(model, rule);
    } else {
        rule->backends = ARENA_NEW(model->run->arena, struct backend);
        rule->backends[0] = location->backend;
        rule->backend_count = 1;
    }
    rule->unknown = join(model->run, rule->unknown, location->unknown);
    rule->unknown = join(model->run, rule->unknown, server->unknown);
    rule->unknown = join(model->run, rule->unknown, model->settings->unknown);
    if (!location->item) {
        return;
    }
    const struct annotations *annotations = &location->item->annotations;
    rule->unknown = join(model->run, rule->unknown, annotations->unknown);
    if (annotations->denied) {
        deny(model, location, rule);
    }
    add_addresses(model->run, annotations, rule);
    add_cors(model->run, annotations, rule);
    add_traffic(model, annotations, rule);
    if (!location->plain) {
        add_redirect(model, annotations, rule);
        add_https_redirect(model, server, location, rule);
        if (location_rewrites(location)) {
            add_rewrite(model, location, table, rule);
        }
    }
}

/* ---- what the controller does everywhere -------------------------------------------------- */

static void edit(struct run *run, struct edits *edits, const char *name, enum part_kind kind,
                 const char *text)
{
    struct header_edit *item = ARENA_PUSH(run->arena, edits->items, edits->count, edits->capacity);
    item->name = slice_of(name);
    item->value = template_part(run->arena, kind);
    item->value.parts[0].text = slice_of(text);
}

/* rootfs/etc/nginx/template/nginx.tmpl, the proxy_set_header lines of a location. */
static void request_headers(struct run *run, const struct settings *settings,
                            struct route_table *table)
{
    struct route_header_edits *headers = NEW_EFFECT(run, header_edits);
    struct edits *edits = &headers->edits;
    bool trusted = settings->use_forwarded_headers;
    enum part_kind unless = trusted ? PART_UNKNOWN : PART_TEXT;
    edit(run, edits, "X-Original-Forwarded-For", PART_HEADER, "X-Forwarded-For");
    edit(run, edits, "X-Original-Forwarded-Host", PART_HEADER, "X-Forwarded-Host");
    edit(run, edits, "X-Request-ID", PART_REQUEST_ID, "");
    edit(run, edits, "X-Real-IP", trusted ? unless : PART_CLIENT, "$remote_addr");
    edit(run, edits, "X-Forwarded-For", trusted ? unless : PART_CLIENT, "$remote_addr");
    edit(run, edits, "X-Forwarded-Host", trusted ? unless : PART_HOST_HEADER, "$best_http_host");
    edit(run, edits, "X-Forwarded-Port", trusted ? unless : PART_PORT, "$pass_port");
    edit(run, edits, "X-Forwarded-Proto", trusted ? unless : PART_SCHEME, "$pass_access_scheme");
    edit(run, edits, "X-Forwarded-Scheme", trusted ? unless : PART_SCHEME, "$pass_access_scheme");
    edit(run, edits, "X-Scheme", trusted ? unless : PART_SCHEME, "$pass_access_scheme");
    edit(run, edits, "Proxy", PART_TEXT, "");
    table->platform.request_headers = headers;
    if (trusted) {
        struct route_upstream_host *host = NEW_EFFECT(run, upstream_host);
        host->host = template_part(run->arena, PART_UNKNOWN);
        host->host.parts[0].text = SLICE("$best_http_host");
        table->platform.upstream_host = host;
    }
}

static void response_headers(struct run *run, const struct settings *settings,
                             struct route_table *table)
{
    if (!settings->hsts) {
        return;
    }
    struct route_header_edits *headers = NEW_EFFECT(run, header_edits);
    struct slice value =
        arena_printf(run->arena, "max-age=%lld%s%s", (long long)settings->hsts_max_age,
                     settings->hsts_include_subdomains ? "; includeSubDomains" : "",
                     settings->hsts_preload ? "; preload" : "");
    edit(run, &headers->edits, "Strict-Transport-Security", PART_TEXT,
         arena_string(run->arena, value));
    headers->edits.items[0].only_https = true;
    table->platform.response_headers = headers;
}

void platform_effects(struct run *run, const struct settings *settings, struct route_table *table)
{
    struct route_body_limit *limit = NEW_EFFECT(run, body_limit);
    limit->bytes = settings->body_bytes == 0 ? -1 : settings->body_bytes;
    table->platform.body_limit = limit;
    struct route_timeouts *timeouts = NEW_EFFECT(run, timeouts);
    *timeouts = (struct route_timeouts){.connect_ms = 1000 * settings->connect_s,
                                        .send_ms = 1000 * settings->send_s,
                                        .read_ms = 1000 * settings->read_s,
                                        .request_ms = -1,
                                        .backend_request_ms = -1};
    table->platform.timeouts = timeouts;
    struct route_retries *retries = NEW_EFFECT(run, retries);
    retries->attempts = settings->tries - 1;
    retries->conditions = SLICE("error timeout");
    table->platform.retries = retries;
    struct route_buffering *buffering = NEW_EFFECT(run, buffering);
    buffering->request = settings->proxy_request_buffering;
    buffering->response = settings->proxy_buffering;
    table->platform.buffering = buffering;
    request_headers(run, settings, table);
    response_headers(run, settings, table);
}
