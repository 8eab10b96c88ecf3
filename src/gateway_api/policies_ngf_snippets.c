#include "gateway_api/policies_ngf_priv.h"

/* Directives of nginx in a SnippetsFilter: those that mean the same wherever they stand in a location. */

struct reading {
    struct policy_work *work;
    struct route_addresses *addresses;
    struct route_retries *retries;
    struct route_bandwidth *bandwidth;
    struct slice url;                /* of the service that is asked */
    struct slice sent[WORDS_MAX];    /* variables that it sets: "$auth_x_user" */
    struct slice headers[WORDS_MAX]; /* of its answer: "x_user" */
    size_t sent_count;
    struct edits taken;     /* headers of the client that it stands in for */
    bool any;               /* satisfy any */
    struct template signin; /* where who is not let in is sent to */
    struct route_error_pages *pages;
    bool intercepts; /* errors of the backend as well */
    struct route_rate_limit *limit;
    struct route_response_rewrites *rewrites;
    bool streams_requests;
};

/* ---- directives ----------------------------------------------------------------------------- */

/* ngx_http_access_module: the first rule that holds decides. Understood: some that deny, some that allow, then
 * perhaps "deny all". */
bool ngf_read_access(struct policy_work *work, const struct directive *d,
                     struct route_addresses *addresses)
{
    struct arena *arena = work->builder->run->arena;
    bool deny = slice_is(d->words[0], "deny"), all = slice_is(d->words[1], "all");
    struct network network;
    if (addresses->has_allow || (deny && !all && addresses->allow.count)) {
        return false;
    }
    if (all) {
        addresses->has_allow = deny;
        return deny;
    }
    if (!network_parse(d->words[1], &network)) {
        return false;
    }
    struct networks *list = deny ? &addresses->deny : &addresses->allow;
    struct network *items = ARENA_ARRAY(arena, struct network, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        items[i] = list->items[i];
    }
    items[list->count] = network;
    *list = (struct networks){items, list->count + 1};
    return true;
}

static bool read_access(struct reading *r, const struct directive *d)
{
    if (!r->addresses) {
        r->addresses = ARENA_NEW(r->work->builder->run->arena, struct route_addresses);
        *r->addresses = (struct route_addresses){.source = r->work->source, .status = 403};
    }
    return ngf_read_access(r->work, d, r->addresses);
}

static struct route_retries *retries_of(struct reading *r)
{
    if (!r->retries) {
        r->retries = ARENA_NEW(r->work->builder->run->arena, struct route_retries);
        *r->retries = (struct route_retries){.source = r->work->source, .attempts = -1};
    }
    return r->retries;
}

static bool read_next_upstream(struct reading *r, const struct directive *d)
{
    struct route_retries *retries = retries_of(r);
    retries->conditions = d->words[1];
    for (size_t i = 2; i < d->count; i++) {
        retries->conditions =
            ARENA_JOIN(r->work->builder->run->arena, retries->conditions, SLICE(" "), d->words[i]);
    }
    if (slice_is(retries->conditions, "off")) {
        retries->attempts = 0;
    }
    return true;
}

static bool read_tries(struct reading *r, const struct directive *d)
{
    uint64_t tries;
    if (!slice_to_uint(d->words[1], INT32_MAX, &tries)) {
        return false;
    }
    retries_of(r)->attempts = (int64_t)tries - 1; /* 0 is no limit */
    return true;
}

static bool read_total(struct reading *r, const struct directive *d)
{
    retries_of(r)->total_ms = ngf_ms(d->words[1]);
    return retries_of(r)->total_ms >= 0;
}

static bool read_limit_rate(struct reading *r, const struct directive *d)
{
    int64_t bytes = ngf_bytes(d->words[1]);
    if (!r->bandwidth) {
        r->bandwidth = ARENA_NEW(r->work->builder->run->arena, struct route_bandwidth);
        r->bandwidth->source = r->work->source;
    }
    *(slice_is(d->words[0], "limit_rate") ? &r->bandwidth->bytes_per_second
                                          : &r->bandwidth->free_bytes) = bytes;
    return bytes >= 0;
}

static bool read_return(struct reading *r, const struct directive *d)
{
    uint64_t status;
    if (!slice_to_uint(d->words[1], 599, &status) || status < 400) {
        return false;
    }
    struct route_answer *answer = ARENA_NEW(r->work->builder->run->arena, struct route_answer);
    *answer = (struct route_answer){.source = r->work->source,
                                    .status = (int64_t)status,
                                    .reason = SLICE("return in a snippet")};
    r->work->effects->answer = answer;
    return true;
}

/* ngx_http_rewrite_module; where the rule has conditions beside the path the snippet stands in another location
 * than the one that the request was sent to. */
static bool read_rewrite(struct reading *r, const struct directive *d)
{
    struct policy_work *work = r->work;
    struct slice pattern = d->words[1], error = SLICE_ABSENT;
    const struct http_match *match = work->match;
    if (d->count != 4 || !slice_is(d->words[3], "break") || !match || match->method.len ||
        match->header_count || match->query_count) {
        return false;
    }
    struct route_rewrite *rewrite = ARENA_NEW(work->builder->run->arena, struct route_rewrite);
    *rewrite = (struct route_rewrite){.source = work->source, .kind = REWRITE_REGEX};
    rewrite->fold = slice_starts(pattern, SLICE("(?i)"));
    rewrite->pattern = slice_sub(pattern, rewrite->fold ? 4 : 0, pattern.len);
    rewrite->regex = regex_compile(work->builder->run, work->builder->table->regexes,
                                   rewrite->pattern, rewrite->fold, false, &error);
    if (!rewrite->regex || !policy_template(work, '$', d->words[2], &rewrite->target)) {
        return false;
    }
    work->effects->rewrite = rewrite;
    return true;
}

/* ---- who is asked --------------------------------------------------------------------------- */

/* ngx_http_auth_request_module. */
static bool read_auth_request(struct reading *r, const struct directive *d)
{
    const struct slice *url = ngf_part(r->work, "auth_request", d->words[1]);
    r->url = url ? *url : SLICE_ABSENT;
    return url && d->count == 2;
}

/* "auth_request_set $auth_x $upstream_http_x": what the service sends. */
static bool read_auth_set(struct reading *r, const struct directive *d)
{
    struct slice start = SLICE("$upstream_http_");
    if (d->count != 3 || !slice_starts(d->words[2], start) || r->sent_count == WORDS_MAX) {
        return false;
    }
    r->sent[r->sent_count] = d->words[1];
    r->headers[r->sent_count++] = slice_sub(d->words[2], start.len, d->words[2].len);
    return true;
}

/* "X-User" as "x_user" */
static bool is_variable_of(struct slice variable, struct slice name)
{
    for (size_t i = 0; i < name.len && variable.len == name.len; i++) {
        char c = name.ptr[i] == '-' ? '_' : name.ptr[i];
        if (variable.ptr[i] != c && variable.ptr[i] != (c | 0x20)) {
            return false;
        }
    }
    return variable.len == name.len;
}

/* Only with what the service sends: it is not known whether it sends anything, so the client's is gone. */
static bool read_auth_header(struct reading *r, const struct directive *d)
{
    for (size_t i = 0; d->count == 3 && i < r->sent_count; i++) {
        if (slice_equal(r->sent[i], d->words[2]) && is_variable_of(r->headers[i], d->words[1])) {
            *ARENA_PUSH(r->work->builder->run->arena, r->taken.items, r->taken.count,
                        r->taken.capacity) =
                (struct header_edit){.kind = EDIT_REMOVE, .name = d->words[1]};
            return true;
        }
    }
    return false;
}

static bool read_satisfy(struct reading *r, const struct directive *d)
{
    r->any = slice_is(d->words[1], "any");
    return d->count == 2;
}

/* A guard behind those that an AuthenticationFilter has. */
static void add_guard(struct reading *r)
{
    struct arena *arena = r->work->builder->run->arena;
    const struct route_authentication *before = r->work->effects->authentication;
    struct route_authentication *all = ARENA_NEW(arena, struct route_authentication);
    size_t count = before ? before->guards.count : 0;
    struct guard *guards = ARENA_ARRAY(arena, struct guard, count + 1), *guard = &guards[count];
    for (size_t i = 0; i < count; i++) {
        guards[i] = before->guards.items[i];
    }
    *guard = (struct guard){
        .kind = GUARD_EXTERNAL, .subject = r->url, .status = 401, .location = r->signin};
    for (size_t i = 0; i < r->taken.count; i++) {
        guard->subject =
            ARENA_JOIN(arena, guard->subject, i ? SLICE(",") : SLICE(", which sends no "),
                       r->taken.items[i].name);
    }
    struct header_edit challenge = {
        .kind = EDIT_SET,
        .name = SLICE("WWW-Authenticate"),
        .value = template_named(arena, PART_UNKNOWN, SLICE("a challenge of the auth service"))};
    if (!guard->location.count) {
        *ARENA_PUSH(arena, guard->refused.items, guard->refused.count, guard->refused.capacity) =
            challenge;
    }
    *all = (struct route_authentication){
        .source = r->work->source, .guards = {guards, count + 1}, .request = r->taken};
    r->work->effects->authentication = all;
}

/* What can be said of how the guards stand together only here; false where there are none. */
static bool apply_guards(struct reading *r)
{
    if (r->url.len) {
        add_guard(r);
    }
    if (r->any && r->work->effects->authentication) {
        struct route_authentication *all =
            ARENA_NEW(r->work->builder->run->arena, struct route_authentication);
        *all = *r->work->effects->authentication;
        all->any = true;
        r->work->effects->authentication = all;
    }
    return !r->any || r->work->effects->authentication;
}

/* ---- what clients see ----------------------------------------------------------------------- */

static bool read_error_page(struct reading *r, const struct directive *d)
{
    return ngf_read_error_page(r->work, d, &r->pages, &r->signin);
}

static bool read_intercept(struct reading *r, const struct directive *d)
{
    r->intercepts = slice_is(d->words[1], "on");
    return d->count == 2;
}

static bool read_limit(struct reading *r, const struct directive *d)
{
    return ngf_read_limit(r->work, d, &r->limit);
}

static bool read_request_buffering(struct reading *r, const struct directive *d)
{
    r->streams_requests = slice_is(d->words[1], "off");
    return d->count == 2;
}

/* ngx_http_proxy_module, proxy_redirect, proxy_cookie_domain and proxy_cookie_path. */
static bool read_replaced(struct reading *r, const struct directive *d)
{
    struct arena *arena = r->work->builder->run->arena;
    if (d->count != 3) {
        return false;
    }
    if (!r->rewrites) {
        r->rewrites = ARENA_NEW(arena, struct route_response_rewrites);
        r->rewrites->source = r->work->source;
    }
    if (slice_is(d->words[0], "proxy_redirect")) {
        r->rewrites->redirect_from = d->words[1];
        r->rewrites->redirect_to = d->words[2];
        return true;
    }
    *(slice_is(d->words[0], "proxy_cookie_path") ? &r->rewrites->cookie_path
                                                 : &r->rewrites->cookie_domain) =
        ARENA_JOIN(arena, d->words[1], SLICE(" "), d->words[2]);
    return true;
}

static const struct row {
    const char *name;
    bool (*read)(struct reading *r, const struct directive *d);
} rows[] = {
    {"allow", read_access},
    {"auth_request", read_auth_request},
    {"auth_request_set", read_auth_set},
    {"deny", read_access},
    {"error_page", read_error_page},
    {"limit_conn", read_limit},
    {"limit_conn_status", read_limit},
    {"limit_rate", read_limit_rate},
    {"limit_rate_after", read_limit_rate},
    {"limit_req", read_limit},
    {"limit_req_status", read_limit},
    {"proxy_cookie_domain", read_replaced},
    {"proxy_cookie_path", read_replaced},
    {"proxy_intercept_errors", read_intercept},
    {"proxy_next_upstream", read_next_upstream},
    {"proxy_next_upstream_timeout", read_total},
    {"proxy_next_upstream_tries", read_tries},
    {"proxy_redirect", read_replaced},
    {"proxy_request_buffering", read_request_buffering},
    {"proxy_set_header", read_auth_header},
    {"return", read_return},
    {"rewrite", read_rewrite},
    {"satisfy", read_satisfy},
};

static bool read_directive(struct reading *r, const struct directive *d)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (d->count > 1 && !d->block.ptr && slice_is(d->words[0], rows[i].name)) {
            return rows[i].read(r, d);
        }
    }
    return false;
}

/* What a ProxySettingsPolicy says of answers is read later, and leaves this as it is. */
static void stream_requests(struct policy_work *work)
{
    const struct builder *builder = work->builder;
    const struct route_buffering *known = work->effects->buffering;
    struct route_buffering *buffering = ARENA_NEW(builder->run->arena, struct route_buffering);
    *buffering = known ? *known : *builder->table->platform.buffering;
    buffering->source = work->source;
    buffering->request = false;
    work->effects->buffering = buffering;
}

static void apply(struct reading *r)
{
    struct effects *effects = r->work->effects;
    effects->addresses = r->addresses ? r->addresses : effects->addresses;
    effects->retries = r->retries ? r->retries : effects->retries;
    effects->bandwidth = r->bandwidth ? r->bandwidth : effects->bandwidth;
    effects->rate_limit = r->limit ? r->limit : effects->rate_limit;
    effects->response_rewrites = r->rewrites ? r->rewrites : effects->response_rewrites;
    if (r->streams_requests) {
        stream_requests(r->work);
    }
    if (r->pages) {
        r->pages->of_backends = r->intercepts;
        effects->error_pages = r->pages;
    }
}

void ngf_read_snippet(struct policy_work *work, struct slice text)
{
    struct reading reading = {.work = work};
    struct directive directive;
    size_t at = 0;
    bool understood = true;
    while (understood && ngf_next(text, &at, &directive)) {
        understood = read_directive(&reading, &directive);
    }
    understood = understood && apply_guards(&reading);
    if (!understood || slice_trim(slice_sub(text, at, text.len)).len) {
        struct slice word = directive.count ? directive.words[0] : SLICE("...");
        policy_unknown(
            work, ASPECT_PROTECTION,
            arena_string(work->builder->run->arena,
                         ARENA_JOIN(work->builder->run->arena, SLICE("snippets: "), word)));
        return;
    }
    apply(&reading);
}
