#include "convert/policy_priv.h"

struct node *filter_add(struct emission *e, const char *type, const char *member)
{
    struct arena *arena = e->c->nodes;
    if (!e->filters) {
        e->filters = node_list(arena);
    }
    struct node *filter = node_map(arena), *content = node_map(arena);
    node_set(arena, filter, "type", text_node(e->c, type));
    node_set(arena, filter, member, content);
    node_add(arena, e->filters, filter);
    return content;
}

/* At most one URLRewrite a rule (CRD), shared by path and host. */
static struct node *url_rewrite(struct emission *e)
{
    if (!e->url_rewrite) {
        e->url_rewrite = filter_add(e, "URLRewrite", "urlRewrite");
    }
    return e->url_rewrite;
}

/* ---- path and host ------------------------------------------------------------------------- */

static void emit_rewrite(struct emission *e, const void *effect)
{
    struct arena *arena = e->c->nodes;
    const char *type = "ReplaceFullPath", *field = "replaceFullPath";
    const struct route_rewrite *rewrite = effect;
    if (rewrite->query.count || rewrite->drops_query) {
        say_effect(e->c, DIAG_C001, SEVERITY_ERROR, e->rule, effect,
                   "the query that '" SLICE_FMT "' makes cannot be written: URLRewrite leaves "
                   "queries as they are; let the backend take the path that is asked for",
                   SLICE_ARG(effect_source(effect)->name));
    }
    switch (e->rewrite->way) {
    case REWRITE_WAY_NONE:
        return;
    case REWRITE_WAY_CANNOT:
        say_effect(e->c, DIAG_C001, SEVERITY_ERROR, e->rule, effect,
                   "'" SLICE_FMT "' cannot be written: URLRewrite replaces a whole path or a "
                   "prefix, and knows no captures; the backend would get the path as it was sent, "
                   "so let it take that path, or split the rule into prefixes",
                   SLICE_ARG(effect_source(effect)->name));
        return;
    case REWRITE_WAY_PREFIX:
        if (e->draft->match.rank != RANK_PREFIX) {
            say_unsupported(e->c, e->rule, EFFECT_rewrite, effect);
            return;
        }
        type = "ReplacePrefixMatch";
        field = "replacePrefixMatch";
        e->draft->replaces_prefix = true;
        break;
    case REWRITE_WAY_FULL:
        break;
    }
    struct node *path = node_map(arena);
    node_set(arena, path, "type", text_node(e->c, type));
    node_set(arena, path, field, node_string(arena, e->rewrite->value));
    node_set(arena, url_rewrite(e), "path", path);
}

static bool set_host(struct emission *e, const struct template *host)
{
    struct slice name;
    if (host->count == 1 &&
        (host->parts[0].kind == PART_HOST || host->parts[0].kind == PART_HOST_HEADER)) {
        return true; /* what happens anyway */
    }
    if (!template_is_text(host, &name) || !is_dns_subdomain(arena_lower(e->c->arena, name))) {
        return false;
    }
    node_set(e->c->nodes, url_rewrite(e), "hostname",
             node_string(e->c->nodes, arena_lower(e->c->arena, name)));
    return true;
}

static void emit_upstream_host(struct emission *e, const void *effect)
{
    const struct route_upstream_host *host = effect;
    if (!set_host(e, &host->host)) {
        say_effect(e->c, DIAG_C001, SEVERITY_ERROR, e->rule, effect,
                   "'" SLICE_FMT "' cannot be written: URLRewrite takes a fixed host name without "
                   "port or variables; the backend would get the Host of the request",
                   SLICE_ARG(host->source.name));
    }
}

/* ---- headers ------------------------------------------------------------------------------- */

/* gateway-api apis/v1/httproute_types.go, HTTPHeaderName */
static bool is_header_name(struct slice name)
{
    return is_token(name) && name.len <= 256;
}

/* A later edit of the same header: one filter may act on a name only once. */
static bool is_overridden(const struct edits *edits, size_t index)
{
    for (size_t i = index + 1; i < edits->count; i++) {
        if (slice_equal_fold(edits->items[i].name, edits->items[index].name)) {
            return true;
        }
    }
    return false;
}

static struct node *sublist(struct arena *arena, struct node *map, const char *key)
{
    struct node *list = node_get(map, key);
    if (!list) {
        list = node_list(arena);
        node_set(arena, map, key, list);
    }
    return list;
}

/* Why a header filter cannot make the edit; null: it can (HTTPHeader in apis/v1/httproute_types.go). */
static const char *edit_fault(const struct header_edit *edit, struct slice *value)
{
    if (!is_header_name(edit->name)) {
        return "that is no name of a header";
    }
    if (edit->kind == EDIT_REMOVE) {
        return NULL;
    }
    return !template_is_text(&edit->value, value)
               ? "its value is another one for each request, and a header filter has fixed ones"
           : !value->len       ? "a header filter has no empty values"
           : value->len > 4096 ? "a value of a header filter ends at 4096 characters"
                               : NULL;
}

/* Null, or why it cannot be written. */
static const char *edit_add(struct emission *e, const struct header_edit *edit,
                            struct node *modifier)
{
    static const char *const keys[] = {"set", "add", "remove"};
    struct arena *arena = e->c->nodes;
    struct slice value = SLICE_ABSENT;
    const char *fault = edit_fault(edit, &value);
    if (fault) {
        return fault;
    }
    struct node *list = sublist(arena, modifier, keys[edit->kind]);
    if (list->count == HEADER_EDITS_MAX) {
        return "a header filter has room for 16 headers";
    }
    if (edit->kind == EDIT_REMOVE) {
        node_add(arena, list, node_string(arena, edit->name));
        return NULL;
    }
    struct node *item = node_map(arena);
    node_set(arena, item, "name", node_string(arena, edit->name));
    node_set(arena, item, "value", node_string(arena, value));
    node_add(arena, list, item);
    return NULL;
}

static void emit_edits(struct emission *e, const void *effect, const char *type, const char *member,
                       bool request)
{
    const struct route_header_edits *edits = effect;
    struct node *modifier = node_map(e->c->nodes);
    for (size_t i = 0; i < edits->edits.count; i++) {
        const struct header_edit *edit = &edits->edits.items[i];
        if ((edit->only_https && !e->https) || is_overridden(&edits->edits, i)) {
            continue;
        }
        bool is_host = request && slice_equal_fold(edit->name, SLICE("host"));
        const char *fault = !is_host ? edit_add(e, edit, modifier)
                            : edit->kind == EDIT_SET && set_host(e, &edit->value)
                                ? NULL
                                : "a route sets it to a fixed name, and to nothing else";
        if (!fault && edit->only_good) {
            say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                       "header '" SLICE_FMT "' of '" SLICE_FMT "' is left out of answers with an "
                       "error status today (add_header without 'always'); a filter adds it to all",
                       SLICE_ARG(edit->name), SLICE_ARG(edits->source.name));
        }
        if (fault) {
            say_effect(e->c, DIAG_C001, SEVERITY_WARNING, e->rule, effect,
                       "header '" SLICE_FMT "' of '" SLICE_FMT "' cannot be written: %s",
                       SLICE_ARG(edit->name), SLICE_ARG(edits->source.name), fault);
        }
    }
    if (modifier->count) {
        struct node *content = filter_add(e, type, member);
        *content = *modifier;
    }
}

/* What the data plane sets on every answer, and fixed values that it sets on every request, stand in each rule.
 * Values with variables are the implementation's own business (C005 names them). */
bool platform_edit_is_written(enum effect_id id, const struct header_edit *edit)
{
    struct slice value;
    bool fixed = edit->kind == EDIT_REMOVE
                     ? id == EFFECT_response_headers
                     : template_is_text(&edit->value, &value) && value.len > 0;
    return fixed && is_header_name(edit->name);
}

/* The edits of the data plane that are written, and behind them those of the rule; null: there are none. */
static const struct route_header_edits *with_platform(struct conversion *c, enum effect_id id,
                                                      bool https,
                                                      const struct route_header_edits *own)
{
    const struct route_header_edits *platform = effect_get(&c->table->platform, id);
    if (!platform) {
        return own;
    }
    struct route_header_edits *all = ARENA_NEW(c->arena, struct route_header_edits);
    *all = (struct route_header_edits){.source = own ? own->source : platform->source};
    for (size_t i = 0; i < platform->edits.count; i++) {
        const struct header_edit *edit = &platform->edits.items[i];
        if (platform_edit_is_written(id, edit) && (https || !edit->only_https)) {
            *ARENA_PUSH(c->arena, all->edits.items, all->edits.count, all->edits.capacity) = *edit;
        }
    }
    for (size_t i = 0; own && i < own->edits.count; i++) {
        *ARENA_PUSH(c->arena, all->edits.items, all->edits.count, all->edits.capacity) =
            own->edits.items[i];
    }
    return all->edits.count ? all : NULL;
}

/* A value with variables that is not written, and a fixed one beside it that is: backends get both today. */
static void say_doubled(struct conversion *c)
{
    const struct route_header_edits *platform = c->table->platform.request_headers;
    for (size_t i = 0; platform && i < platform->edits.count; i++) {
        const struct header_edit *edit = &platform->edits.items[i];
        bool doubled = false;
        for (size_t j = 0; edit->kind == EDIT_ADD && j < i; j++) {
            const struct header_edit *other = &platform->edits.items[j];
            doubled = doubled || (slice_equal_fold(other->name, edit->name) &&
                                  !platform_edit_is_written(EFFECT_request_headers, other));
        }
        if (doubled && platform_edit_is_written(EFFECT_request_headers, edit)) {
            say(c, DIAG_C002, SEVERITY_WARNING, SPAN_NONE, NULL,
                "backends get the header '" SLICE_FMT "' twice today, from the controller and from "
                "proxy-set-headers; afterwards the fixed value is added to what the "
                "implementation sets",
                SLICE_ARG(edit->name));
        }
    }
}

void platform_edits_find(struct conversion *c)
{
    say_doubled(c);
    for (int https = 0; https < 2; https++) {
        c->platform_request[https] = with_platform(c, EFFECT_request_headers, https, NULL);
        c->platform_response[https] = with_platform(c, EFFECT_response_headers, https, NULL);
    }
}

/* Most rules have no edits of their own. */
static const void *edits_of(struct emission *e, enum effect_id id, const void *own)
{
    if (own) {
        return with_platform(e->c, id, e->https, own);
    }
    return id == EFFECT_request_headers ? e->c->platform_request[e->https]
                                        : e->c->platform_response[e->https];
}

static void emit_request_headers(struct emission *e, const void *effect)
{
    emit_edits(e, effect, "RequestHeaderModifier", "requestHeaderModifier", true);
}

static void emit_response_headers(struct emission *e, const void *effect)
{
    emit_edits(e, effect, "ResponseHeaderModifier", "responseHeaderModifier", false);
}

/* nginx sets headers on every answer (headers-more, ngx_http_headers_module), so also on redirects, which have none
 * that could be removed. */
void emit_redirect_headers(struct emission *e)
{
    const struct route_header_edits *own = e->rule->effects.response_headers;
    const struct route_header_edits *all = edits_of(e, EFFECT_response_headers, own);
    if (!all) {
        return;
    }
    struct route_header_edits set = {.source = all->source};
    for (size_t i = 0; i < all->edits.count; i++) {
        if (all->edits.items[i].kind != EDIT_REMOVE && !is_overridden(&all->edits, i)) {
            *ARENA_PUSH(e->c->arena, set.edits.items, set.edits.count, set.edits.capacity) =
                all->edits.items[i];
        }
    }
    if (!target_profile(e->c->options->target)->redirects_bare) {
        emit_response_headers(e, &set);
        return;
    }
    for (size_t i = 0; i < set.edits.count; i++) {
        bool ruled = set.source.name.len > 0;
        say_effect(e->c, DIAG_C002, ruled ? SEVERITY_INFO : SEVERITY_WARNING, e->rule, &set,
                   "redirects carry the header '" SLICE_FMT "' today, and not afterwards",
                   SLICE_ARG(set.edits.items[i].name));
    }
}

/* ---- traffic ------------------------------------------------------------------------------- */

/* A duration of Gateway API: parts of at most five digits. */
struct node *duration_node(struct conversion *c, int64_t ms)
{
    int64_t hours = ms / 3600000, seconds = ms / 1000, rest = ms % 1000;
    if (seconds > 99999) {
        return node_string(c->nodes, arena_printf(c->arena, "%lldh%llds",
                                                  (long long)(hours > 99999 ? 99999 : hours),
                                                  (long long)(seconds % 3600)));
    }
    if (!rest) {
        return node_string(c->nodes, arena_printf(c->arena, "%llds", (long long)seconds));
    }
    return node_string(c->nodes, seconds ? arena_printf(c->arena, "%llds%lldms", (long long)seconds,
                                                        (long long)rest)
                                         : arena_printf(c->arena, "%lldms", (long long)rest));
}

static void emit_timeouts(struct emission *e, const void *effect)
{
    const struct route_timeouts *timeouts = effect;
    struct node *node = node_map(e->c->nodes);
    int64_t request = timeouts->request_ms, attempt = timeouts->backend_request_ms;
    if (request > 0) {
        node_set(e->c->nodes, node, "request", duration_node(e->c, request));
    }
    if (attempt > 0) { /* must not be longer than the request's (CRD) */
        node_set(e->c->nodes, node, "backendRequest",
                 duration_node(e->c, request > 0 && attempt > request ? request : attempt));
    }
    if (node->count) {
        e->timeouts = node;
    }
    if (timeouts->connect_ms || timeouts->send_ms || timeouts->read_ms) {
        say_unsupported(e->c, e->rule, EFFECT_timeouts, effect);
    }
}

static struct node *mirror_share(struct emission *e, const struct mirror *mirror, const char **key)
{
    struct arena *arena = e->c->nodes;
    if (mirror->numerator * 100 % mirror->denominator == 0) {
        *key = "percent";
        return node_int(arena, mirror->numerator * 100 / mirror->denominator);
    }
    struct node *fraction = node_map(arena);
    node_set(arena, fraction, "numerator", node_int(arena, mirror->numerator));
    node_set(arena, fraction, "denominator", node_int(arena, mirror->denominator));
    *key = "fraction";
    return fraction;
}

static void say_mirror(struct emission *e, const void *effect, const char *what)
{
    const struct effect_source *source = effect_source(effect);
    say_effect(e->c, DIAG_C001, SEVERITY_WARNING, e->rule, effect, "'" SLICE_FMT "' %s",
               SLICE_ARG(source->name), what);
    for (const struct more_sources *more = e->rule->more; more; more = more->next) {
        if (more->effect == EFFECT_mirrors) {
            say(e->c, DIAG_C001, SEVERITY_WARNING, more->source.span, &e->rule->origin,
                "'" SLICE_FMT "' %s", SLICE_ARG(more->source.name), what);
        }
    }
}

static void emit_mirrors(struct emission *e, const void *effect)
{
    const struct route_mirrors *mirrors = effect;
    struct arena *arena = e->c->nodes;
    for (size_t i = 0; i < mirrors->count; i++) {
        const struct mirror *mirror = &mirrors->items[i];
        if (mirror->url.ptr) {
            say_mirror(e, effect,
                       "cannot be written: RequestMirror copies to a Service; name the target as "
                       "one, such as http://copy.shop.svc.cluster.local$request_uri");
            continue;
        }
        if (mirror->host.ptr || mirror->no_body) {
            struct slice changed = arena_printf(
                e->c->arena,
                "is written without what it changes: copies by RequestMirror are as the request "
                "is, with its host and body; today they have host '" SLICE_FMT "'%s",
                SLICE_ARG(mirror->host), mirror->no_body ? " and no body" : "");
            say_mirror(e, effect, arena_string(e->c->arena, changed));
        }
        bool share = mirror->denominator > 0 && mirror->numerator < mirror->denominator;
        /* percent and fraction came with release 1.3 */
        if (!mirror->service.len || mirror->port < 1 || (share && e->c->options->api_minor < 3)) {
            say_effect(e->c, DIAG_C001, SEVERITY_WARNING, e->rule, effect,
                       "'" SLICE_FMT "' cannot be written: RequestMirror copies to a Service and "
                       "its port, all requests before Gateway API 1.3",
                       SLICE_ARG(mirrors->source.name));
            continue;
        }
        struct node *filter = filter_add(e, "RequestMirror", "requestMirror");
        struct node *ref = node_map(arena);
        node_set(arena, ref, "name", node_string(arena, mirror->service));
        if (mirror->namespace.len && !slice_equal(mirror->namespace, e->rule->origin.namespace)) {
            node_set(arena, ref, "namespace", node_string(arena, mirror->namespace));
            grant_need(e->c, "HTTPRoute", e->rule->origin.namespace, "Service", mirror->namespace,
                       mirror->service);
        }
        node_set(arena, ref, "port", node_int(arena, mirror->port));
        node_set(arena, filter, "backendRef", ref);
        if (share) {
            const char *key;
            struct node *value = mirror_share(e, mirror, &key);
            node_set(arena, filter, key, value);
        }
    }
}

/* ---- protocol ------------------------------------------------------------------------------ */

/* What a protocol of the backend needs; a null advice needs nothing, or what patch.c says. */
static const struct {
    const char *protocol, *advice;
} protocols[] = {
    {"HTTP", NULL},
    {"AUTO_HTTP",
     "give requests by https, which get there by TLS today, a BackendTLSPolicy with its CA, or let "
     "the port answer them by plain HTTP"},
    {"WS", NULL},
    {"GRPC", NULL},
    {"H2C", NULL},
    {"HTTPS", "add a BackendTLSPolicy with its CA, which Gateway API always checks"},
    {"WSS", "add a BackendTLSPolicy with its CA, which Gateway API always checks"},
    {"GRPCS",
     "set appProtocol: kubernetes.io/h2c on its port, and add a BackendTLSPolicy with its CA"},
    {"FCGI", "put a web server in front of the FastCGI application"},
};

static void emit_upstream_protocol(struct emission *e, const void *effect)
{
    const struct route_upstream_protocol *upstream = effect;
    const char *advice = "Gateway API has no such protocol";
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (slice_is(upstream->protocol, protocols[i].protocol)) {
            advice = protocols[i].advice;
        }
    }
    if (http2_refuse(e, upstream) || backend_tls_is_written(e->c, e->rule)) {
        return;
    }
    for (size_t i = 0; advice && i < e->rule->backend_count; i++) {
        const struct backend *backend = &e->rule->backends[i];
        say_effect(e->c, DIAG_C001, SEVERITY_ERROR, e->rule, effect,
                   "'" SLICE_FMT "' (" SLICE_FMT
                   ") is not a property of a route: for Service '" SLICE_FMT "/" SLICE_FMT "' %s",
                   SLICE_ARG(upstream->source.name), SLICE_ARG(upstream->protocol),
                   SLICE_ARG(backend->namespace), SLICE_ARG(backend->service), advice);
    }
}

/* ---- the table ----------------------------------------------------------------------------- */

static void emit_body_limit(struct emission *e, const void *effect)
{
    const struct route_body_limit *limit = effect;
    const struct effects *platform = target_profile(e->c->options->target)->platform;
    if (limit->bytes >= 0 || !platform || !platform->body_limit) {
        say_unsupported(e->c, e->rule, EFFECT_body_limit, effect);
    }
}

static void emit_upstream_tls(struct emission *e, const void *effect)
{
    if (!backend_tls_is_written(e->c, e->rule)) {
        say_unsupported(e->c, e->rule, EFFECT_upstream_tls, effect);
        return;
    }
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "'" SLICE_FMT
               "' becomes a BackendTLSPolicy, which verifies the backend's certificate; %s",
               SLICE_ARG(effect_source(effect)->name),
               gateway_may_show(e->c, e->rule)
                   ? "the Gateway shows backends the certificate of the Secret, where all of them "
                     "are shown the same"
                   : "the backend is shown no certificate afterwards");
}

/* No object of Gateway API says these. */
#define EMIT_NONE(id)                                                                              \
    static void emit_##id(struct emission *e, const void *effect)                                  \
    {                                                                                              \
        say_unsupported(e->c, e->rule, EFFECT_##id, effect);                                       \
    }
EMIT_NONE(addresses)
EMIT_NONE(authentication)
EMIT_NONE(buffering)
EMIT_NONE(error_pages)
EMIT_NONE(rate_limit)
EMIT_NONE(firewall)
EMIT_NONE(balancing)
EMIT_NONE(bandwidth)
EMIT_NONE(upstream_http)
EMIT_NONE(response_rewrites)
EMIT_NONE(fastcgi)
#undef EMIT_NONE

/* These answer, and are written where it is decided which of them does: draft.c. */
static void emit_answer(struct emission *e, const void *effect)
{
    (void)e;
    (void)effect;
}
#define emit_redirect       emit_answer
#define emit_https_redirect emit_answer

/* An effect without a function does not compile. */
static emit_fn *const emitters[] = {
#define EFFECT(id, type, aspect, impact, text) [EFFECT_##id] = emit_##id,
#include "route/effects.def"
#undef EFFECT
};

/* ngx_http_rewrite_module, return: variables in the text. */
bool answer_is_fixed(const struct route_answer *answer)
{
    return slice_find(answer->body, '$', 0) == answer->body.len;
}

void emit_as_standard(struct emission *e, enum effect_id id, const void *effect)
{
    emitters[id](e, effect);
}

/* Effects of which nothing is written but messages. */
static const bool only_said[EFFECT_COUNT] = {
    [EFFECT_https_redirect] = true, /* by http, where it is no effect of a rule that forwards */
    [EFFECT_body_limit] = true,        [EFFECT_addresses] = true,
    [EFFECT_authentication] = true,    [EFFECT_buffering] = true,
    [EFFECT_error_pages] = true,       [EFFECT_rate_limit] = true,
    [EFFECT_firewall] = true,          [EFFECT_balancing] = true,
    [EFFECT_bandwidth] = true,         [EFFECT_upstream_http] = true,
    [EFFECT_response_rewrites] = true, [EFFECT_fastcgi] = true,
};

bool effects_are_written(const struct effects *effects)
{
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        if (id != EFFECT_timeouts && !only_said[id] && effect_get(effects, id)) {
            return true;
        }
    }
    const struct route_timeouts *timeouts = effects->timeouts;
    return timeouts && (timeouts->request_ms > 0 || timeouts->backend_request_ms > 0);
}

void effects_say(struct emission *e)
{
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(&e->rule->effects, id);
        if (effect) {
            emitters[id](e, effect);
        }
    }
}

void effects_emit(struct emission *e)
{
    const struct vendor *vendor = e->c->options->target->vendor;
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(&e->rule->effects, id);
        if (id == EFFECT_request_headers || id == EFFECT_response_headers) {
            effect = edits_of(e, id, effect);
        }
        if (effect) {
            emit_fn *own = vendor ? vendor->emitters[id] : NULL;
            (own ? own : emitters[id])(e, effect);
        }
    }
    /* Where nothing is written at the Gateway, its part is each route's. */
    for (size_t i = 0; vendor && e->c->options->gateway_name.len && i < vendor->kind_count; i++) {
        if (vendor->kinds[i].base && vendor->kinds[i].attach == ATTACH_ROUTE) {
            (void)policy_spec(e, i);
        }
    }
}
