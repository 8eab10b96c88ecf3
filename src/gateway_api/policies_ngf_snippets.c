#include "gateway_api/policies_ngf_priv.h"

/* Directives of nginx in a SnippetsFilter: those that mean the same wherever they stand in a location. */

struct reading {
    struct policy_work *work;
    struct route_addresses *addresses;
    struct route_retries *retries;
    struct route_bandwidth *bandwidth;
    struct slice url;                /* of the service that is asked */
    struct slice sent[WORDS_MAX];    /* variables that it sets: "auth_x_user" */
    struct slice headers[WORDS_MAX]; /* of its answer: "x_user" */
    size_t sent_count;
    struct edits taken;     /* headers of the client that it stands in for */
    bool any;               /* satisfy any */
    struct template signin; /* where who is not let in is sent to */
    struct route_error_pages *pages;
    bool intercepts; /* errors of the backend as well */
    struct route_rate_limit *limit;
    struct route_response_rewrites *replaced;
    struct route_answer *answer;
    struct route_rewrite *rewrite;
    bool streams_requests;
};

static struct reading *reading_of(const struct ngf_parse *p)
{
    return p->out;
}

/* ---- directives ----------------------------------------------------------------------------- */

/* ngx_http_access_module: the first rule that holds decides. Understood: some that deny, some that allow, then
 * perhaps "deny all". */
bool ngf_read_access(struct policy_work *work, const struct directive *d,
                     struct route_addresses *addresses)
{
    struct arena *arena = work->builder->run->arena;
    bool deny = slice_is(d->words[0], "deny"), all = slice_is(d->args[0], "all");
    struct network network;
    if (addresses->has_allow || (deny && !all && addresses->allow.count)) {
        return false;
    }
    if (all) {
        addresses->has_allow = deny;
        return deny;
    }
    if (!network_parse(d->args[0], &network)) {
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

static bool read_access(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
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

static bool read_next_upstream(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    struct route_retries *retries = retries_of(r);
    retries->conditions = d->args[0];
    for (size_t i = 1; i < d->arg_count; i++) {
        retries->conditions =
            ARENA_JOIN(r->work->builder->run->arena, retries->conditions, SLICE(" "), d->args[i]);
    }
    if (slice_is(retries->conditions, "off")) {
        retries->attempts = 0;
    }
    return true;
}

static bool read_tries(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    uint64_t tries;
    if (!slice_to_uint(d->args[0], INT32_MAX, &tries)) {
        return false;
    }
    retries_of(r)->attempts = (int64_t)tries - 1; /* 0 is no limit */
    return true;
}

static bool read_total(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    retries_of(r)->total_ms = ngf_ms(d->args[0]);
    return retries_of(r)->total_ms >= 0;
}

static bool read_limit_rate(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    int64_t bytes = ngf_bytes(d->args[0]);
    if (!r->bandwidth) {
        r->bandwidth = ARENA_NEW(r->work->builder->run->arena, struct route_bandwidth);
        r->bandwidth->source = r->work->source;
    }
    *(slice_is(d->words[0], "limit_rate") ? &r->bandwidth->bytes_per_second
                                          : &r->bandwidth->free_bytes) = bytes;
    return bytes >= 0;
}

static bool read_return(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    r->answer = ARENA_NEW(r->work->builder->run->arena, struct route_answer);
    *r->answer =
        (struct route_answer){.source = r->work->source, .reason = SLICE("return in a snippet")};
    if (slice_is(d->args[0], "444")) {
        r->answer->status = 444;
        r->answer->closes = true;
        return true;
    }
    return ngf_status(d->args[0], &r->answer->status);
}

/* ngx_http_rewrite_module; where the rule has conditions beside the path the snippet stands in another location
 * than the one that the request was sent to. */
static bool read_rewrite(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    struct policy_work *work = r->work;
    struct slice pattern = d->args[0], error = SLICE_ABSENT;
    const struct http_match *match = work->match;
    if (!match || match->method.len || match->header_count || match->query_count ||
        slice_starts(d->args[1], SLICE("http://")) || slice_starts(d->args[1], SLICE("https://"))) {
        return false;
    }
    struct route_rewrite *rewrite = ARENA_NEW(work->builder->run->arena, struct route_rewrite);
    *rewrite = (struct route_rewrite){.source = work->source, .kind = REWRITE_REGEX};
    rewrite->fold = slice_starts(pattern, SLICE("(?i)"));
    rewrite->pattern = slice_sub(pattern, rewrite->fold ? 4 : 0, pattern.len);
    rewrite->regex = regex_compile(work->builder->run, work->builder->table->regexes,
                                   rewrite->pattern, rewrite->fold, false, &error);
    if (!rewrite->regex || !policy_template(work, '$', d->args[1], &rewrite->target)) {
        return false;
    }
    r->rewrite = rewrite;
    return true;
}

/* ---- who is asked --------------------------------------------------------------------------- */

/* ngx_http_auth_request_module. */
static bool read_auth_request(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    const struct slice *url = ngf_part(r->work, "auth_request", d->args[0]);
    r->url = url ? *url : SLICE_ABSENT;
    return url != NULL;
}

/* "auth_request_set $auth_x $upstream_http_x": what the service sends. */
static bool read_auth_set(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    for (size_t i = 0; i < r->sent_count; i++) {
        if (slice_equal(r->sent[i], d->args[0])) {
            return false; /* the last one counts */
        }
    }
    if (r->sent_count == WORDS_MAX) {
        return false;
    }
    r->sent[r->sent_count] = d->args[0];
    r->headers[r->sent_count++] = d->args[1];
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

/* NGINX Gateway Fabric sets these in each location (servers.go), so that a backend would get them twice. */
static bool is_taken(const struct reading *r, struct slice name)
{
    static const char *const own[] = {"Authority",        "Connection",        "Host",
                                      "Upgrade",          "X-Forwarded-For",   "X-Forwarded-Host",
                                      "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-IP"};
    bool taken = false;
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        taken = taken || slice_equal_fold(name, slice_of(own[i]));
    }
    for (size_t i = 0; i < r->taken.count; i++) {
        taken = taken || slice_equal_fold(name, r->taken.items[i].name);
    }
    return taken;
}

/* Only with what the service sends: it is not known whether it sends anything, so the client's is gone. */
static bool read_auth_header(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    for (size_t i = 0; !is_taken(r, d->args[0]) && i < r->sent_count; i++) {
        if (slice_equal(r->sent[i], d->args[1]) && is_variable_of(r->headers[i], d->args[0])) {
            *ARENA_PUSH(r->work->builder->run->arena, r->taken.items, r->taken.count,
                        r->taken.capacity) =
                (struct header_edit){.kind = EDIT_REMOVE, .name = d->args[0]};
            return true;
        }
    }
    return false;
}

static bool read_satisfy(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    r->any = slice_is(d->args[0], "any");
    return true;
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

/* ---- what clients see ----------------------------------------------------------------------- */

static bool read_error_page(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    return ngf_read_error_page(r->work, d, &r->pages, &r->signin);
}

static bool read_intercept(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    r->intercepts = slice_is(d->args[0], "on");
    return true;
}

static struct route_rate_limit *limit_of(struct ngf_parse *p)
{
    struct reading *r = reading_of(p);
    r->limit = r->limit ? r->limit : ngf_new_limit(r->work);
    return r->limit;
}

static bool read_limit_conn(struct ngf_parse *p, const struct directive *d)
{
    return ngf_read_limit_conn(p->work, d, limit_of(p));
}

static bool read_limit_conn_status(struct ngf_parse *p, const struct directive *d)
{
    return ngf_status(d->args[0], &limit_of(p)->connection_status);
}

static bool read_limit_req(struct ngf_parse *p, const struct directive *d)
{
    return ngf_read_limit_req(p->work, d, limit_of(p));
}

static bool read_limit_req_status(struct ngf_parse *p, const struct directive *d)
{
    return ngf_status(d->args[0], &limit_of(p)->status);
}

static bool read_request_buffering(struct ngf_parse *p, const struct directive *d)
{
    reading_of(p)->streams_requests = slice_is(d->args[0], "off");
    return true;
}

static bool is_plain(struct slice text)
{
    return text.len && slice_find(text, '$', 0) == text.len && slice_find(text, ' ', 0) == text.len;
}

/* ngx_http_proxy_module, proxy_redirect, proxy_cookie_domain and proxy_cookie_path. */
static bool read_replaced(struct ngf_parse *p, const struct directive *d)
{
    struct reading *r = reading_of(p);
    struct arena *arena = p->work->builder->run->arena;
    if (!r->replaced) {
        r->replaced = ARENA_NEW(arena, struct route_response_rewrites);
        r->replaced->source = p->work->source;
    }
    struct slice pair = ARENA_JOIN(arena, d->args[0], SLICE(" "), d->args[1]);
    if (slice_is(d->words[0], "proxy_redirect")) {
        r->replaced->redirect_from = d->args[0];
        r->replaced->redirect_to = d->args[1];
    } else {
        *(slice_is(d->words[0], "proxy_cookie_path") ? &r->replaced->cookie_path
                                                     : &r->replaced->cookie_domain) = pair;
    }
    return is_plain(d->args[0]) && is_plain(d->args[1]);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static const struct ngf_form forms[] = {
    {"allow *", read_access, NGF_MANY, false, false},
    {"auth_request *", read_auth_request, NGF_ONCE, false, false},
    {"auth_request_set $* $upstream_http_*", read_auth_set, NGF_MANY, false, false},
    {"deny *", read_access, NGF_MANY, false, false},
    {"error_page * = @*", read_error_page, NGF_MANY, false, false},
    {"limit_conn * *", read_limit_conn, NGF_MANY, false, false},
    {"limit_conn_status *", read_limit_conn_status, NGF_ONCE, false, false},
    {"limit_rate *", read_limit_rate, NGF_ONCE, false, false},
    {"limit_rate_after *", read_limit_rate, NGF_ONCE, false, false},
    {"limit_req zone=* burst=* nodelay", read_limit_req, NGF_MANY, false, false},
    {"limit_req_status *", read_limit_req_status, NGF_ONCE, false, false},
    {"proxy_cookie_domain * *", read_replaced, NGF_ONCE, false, false},
    {"proxy_cookie_path * *", read_replaced, NGF_ONCE, false, false},
    {"proxy_intercept_errors on|off", read_intercept, NGF_ONCE, false, false},
    {"proxy_next_upstream ...", read_next_upstream, NGF_ONCE, false, false},
    {"proxy_next_upstream_timeout *", read_total, NGF_ONCE, false, false},
    {"proxy_next_upstream_tries *", read_tries, NGF_ONCE, false, false},
    {"proxy_redirect * *", read_replaced, NGF_ONCE, false, false},
    {"proxy_request_buffering on|off", read_request_buffering, NGF_ONCE, false, false},
    {"proxy_set_header * $*", read_auth_header, NGF_MANY, false, false},
    {"return *", read_return, NGF_ONCE, false, true},
    {"rewrite * * break", read_rewrite, NGF_ONCE, false, true},
    {"satisfy all|any", read_satisfy, NGF_ONCE, false, false},
};

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

/* What one directive does to another; null where nothing of it is left open. */
static const char *clash(const struct reading *r)
{
    const struct route_authentication *before = r->work->effects->authentication;
    bool signs_in = r->signin.count > 0, page = false;
    int64_t statuses[] = {r->answer ? r->answer->status : 0, r->limit ? r->limit->status : 0,
                          r->limit ? r->limit->connection_status : 0};
    for (size_t i = 0; r->pages && i < r->pages->statuses.count; i++) {
        page = page || slice_is(r->pages->statuses.items[i], "401");
    }
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        page = page || statuses[i] == 401;
    }
    /* error_page leads whoever gets 401 there, of whatever it comes */
    if (signs_in && (!r->url.len || r->intercepts || page)) {
        return "error_page 401 beside what else may answer 401";
    }
    return r->intercepts && !r->pages                ? "proxy_intercept_errors without error_page"
           : r->any && !r->url.len && !before        ? "satisfy without guards"
           : r->rewrite && r->work->effects->rewrite ? "rewrite beside another rewrite"
                                                     : NULL;
}

/* What is looked at again when all filters of the rule are applied. */
struct applied {
    const struct object *policy;
    const struct route_rewrite *rewrite;
    struct edits taken;
};

static void apply_guards(struct reading *r)
{
    if (r->url.len) {
        add_guard(r);
    }
    if (r->any) {
        struct route_authentication *all =
            ARENA_NEW(r->work->builder->run->arena, struct route_authentication);
        *all = *r->work->effects->authentication;
        all->any = true;
        r->work->effects->authentication = all;
    }
}

static void apply(struct reading *r)
{
    struct effects *effects = r->work->effects;
    effects->addresses = r->addresses ? r->addresses : effects->addresses;
    effects->retries = r->retries ? r->retries : effects->retries;
    effects->bandwidth = r->bandwidth ? r->bandwidth : effects->bandwidth;
    if (r->limit) {
        bool rates = r->limit->per_second || r->limit->per_minute;
        r->limit->status = rates ? r->limit->status : 0;
        r->limit->connection_status = r->limit->connections ? r->limit->connection_status : 0;
        effects->rate_limit = rates || r->limit->connections ? r->limit : effects->rate_limit;
    }
    effects->response_rewrites = r->replaced ? r->replaced : effects->response_rewrites;
    effects->answer = r->answer ? r->answer : effects->answer;
    effects->rewrite = r->rewrite ? r->rewrite : effects->rewrite;
    apply_guards(r);
    if (r->streams_requests) {
        stream_requests(r->work);
    }
    if (r->pages) {
        r->pages->of_backends = r->intercepts;
        effects->error_pages = r->pages;
    }
}

/* A location takes one such snippet: two would have to be read as one. */
bool ngf_read_snippet(struct ngf_parse *p, struct slice text)
{
    struct arena *arena = p->work->builder->run->arena;
    struct reading *reading = ARENA_NEW(arena, struct reading);
    struct applied *applied = ARENA_NEW(arena, struct applied);
    *reading = (struct reading){.work = p->work};
    if (ngf_part(p->work, "snippet", SLICE(""))) {
        p->culprit = SLICE("a second one for the location");
        return false;
    }
    p->out = reading;
    if (!ngf_read(p, text, forms, ARRAY_LEN(forms))) {
        return false;
    }
    const char *why = clash(reading);
    if (why) {
        p->culprit = slice_of(why);
        return false;
    }
    apply(reading);
    *applied = (struct applied){p->work->policy, reading->rewrite, reading->taken};
    ngf_part_add(p->work, "snippet", SLICE(""), applied);
    return true;
}

void ngf_check_rule(struct policy_work *work)
{
    const struct applied *applied = ngf_part(work, "snippet", SLICE(""));
    const struct route_header_edits *edits = work->effects->request_headers;
    if (!applied) {
        return;
    }
    work->policy = applied->policy;
    if (applied->rewrite && work->effects->rewrite != applied->rewrite) {
        policy_unknown(work, ASPECT_REWRITE, "snippets: rewrite beside another rewrite");
    }
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        for (size_t j = 0; j < applied->taken.count; j++) {
            if (slice_equal_fold(edits->edits.items[i].name, applied->taken.items[j].name)) {
                policy_unknown(work, ASPECT_HEADERS, "snippets: proxy_set_header twice");
            }
        }
    }
}
