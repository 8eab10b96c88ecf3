#include "gateway_api/policies_ngf_priv.h"

/* Directives of nginx in a SnippetsFilter: those that mean the same wherever they stand in a location. */

enum { WORDS_MAX = 16 };

struct directive {
    struct slice words[WORDS_MAX]; /* the name, then its arguments, without quotes */
    size_t count;
};
struct reading {
    struct policy_work *work;
    struct route_addresses *addresses;
    struct route_retries *retries;
    struct route_bandwidth *bandwidth;
    struct slice url;                /* of the service that is asked */
    struct slice sent[WORDS_MAX];    /* variables that it sets: "$auth_x_user" */
    struct slice headers[WORDS_MAX]; /* of its answer: "x_user" */
    size_t sent_count;
    struct edits taken; /* headers of the client that it stands in for */
    bool any;           /* satisfy any */
};

/* ---- words ---------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next directive; false at the end, and where it is none of words with a ';' behind. */
static bool next_directive(struct slice text, size_t *at, struct directive *out)
{
    out->count = 0;
    while (*at < text.len) {
        char c = text.ptr[*at];
        if (is_blank(c)) {
            ++*at;
        } else if (c == ';') {
            ++*at;
            return out->count > 0;
        } else if (c == '{' || c == '}' || c == '#' || out->count == WORDS_MAX) {
            return false;
        } else {
            bool quoted = c == '"' || c == '\'';
            size_t from = *at + quoted, end = from;
            while (end < text.len && (quoted ? text.ptr[end] != c
                                             : !is_blank(text.ptr[end]) && text.ptr[end] != ';')) {
                end++;
            }
            out->words[out->count++] = slice_sub(text, from, end);
            *at = end + quoted;
        }
    }
    return false;
}

/* ---- directives ----------------------------------------------------------------------------- */

/* ngx_http_access_module: the first rule that holds decides. Understood: some that deny, some that allow, then
 * perhaps "deny all". */
static bool read_access(struct reading *r, const struct directive *d)
{
    struct arena *arena = r->work->builder->run->arena;
    bool deny = slice_is(d->words[0], "deny"), all = slice_is(d->words[1], "all");
    struct network network;
    if (!r->addresses) {
        r->addresses = ARENA_NEW(arena, struct route_addresses);
        *r->addresses = (struct route_addresses){.source = r->work->source, .status = 403};
    }
    struct route_addresses *addresses = r->addresses;
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
    const struct builder *builder = r->work->builder;
    for (size_t i = 0; i < builder->asked_count; i++) {
        const struct asked *asked = &builder->asked[i];
        if (asked->effects == r->work->effects && slice_equal(asked->name, d->words[1])) {
            r->url = asked->url;
            return d->count == 2;
        }
    }
    return false;
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
    *guard = (struct guard){.kind = GUARD_EXTERNAL, .subject = r->url, .status = 401};
    for (size_t i = 0; i < r->taken.count; i++) {
        guard->subject =
            ARENA_JOIN(arena, guard->subject, i ? SLICE(",") : SLICE(", which sends no "),
                       r->taken.items[i].name);
    }
    *ARENA_PUSH(arena, guard->refused.items, guard->refused.count, guard->refused.capacity) =
        (struct header_edit){
            .kind = EDIT_SET,
            .name = SLICE("WWW-Authenticate"),
            .value = template_named(arena, PART_UNKNOWN, SLICE("a challenge of the auth service"))};
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

/* What is in a location that only asks. */
static bool read_asking(struct slice text, struct asked *out)
{
    static const char *const known[] = {"internal", "proxy_pass_request_body", "proxy_set_header",
                                        "proxy_pass", "proxy_ssl_server_name"};
    struct directive d;
    size_t at = 0;
    while (next_directive(text, &at, &d)) {
        if (!slice_is_one_of(d.words[0], known, ARRAY_LEN(known))) {
            return false;
        }
        if (slice_is(d.words[0], "proxy_pass") && d.count == 2) {
            out->url = d.words[1];
        }
    }
    return out->url.len && !slice_trim(slice_sub(text, at, text.len)).len;
}

bool ngf_read_locations(struct policy_work *work, struct slice text)
{
    size_t at = 0;
    while (slice_trim(slice_sub(text, at, text.len)).len) {
        struct directive head;
        if (next_directive(text, &at, &head) || at >= text.len || text.ptr[at] != '{' ||
            head.count != 3 || !slice_is(head.words[0], "location") ||
            !slice_is(head.words[1], "=")) {
            return false;
        }
        size_t end = slice_find(text, '}', at);
        struct asked asked = {.effects = work->effects, .name = head.words[2]};
        if (end == text.len || !read_asking(slice_sub(text, at + 1, end), &asked)) {
            return false;
        }
        *ARENA_PUSH(work->builder->run->arena, work->builder->asked, work->builder->asked_count,
                    work->builder->asked_capacity) = asked;
        at = end + 1;
    }
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
    {"limit_rate", read_limit_rate},
    {"limit_rate_after", read_limit_rate},
    {"proxy_next_upstream", read_next_upstream},
    {"proxy_next_upstream_timeout", read_total},
    {"proxy_next_upstream_tries", read_tries},
    {"proxy_set_header", read_auth_header},
    {"return", read_return},
    {"rewrite", read_rewrite},
    {"satisfy", read_satisfy},
};

static bool read_directive(struct reading *r, const struct directive *d)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (d->count > 1 && slice_is(d->words[0], rows[i].name)) {
            return rows[i].read(r, d);
        }
    }
    return false;
}

void ngf_read_snippet(struct policy_work *work, struct slice text)
{
    struct reading reading = {.work = work};
    struct directive directive;
    size_t at = 0;
    bool understood = true;
    while (understood && next_directive(text, &at, &directive)) {
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
    if (reading.addresses) {
        work->effects->addresses = reading.addresses;
    }
    if (reading.retries) {
        work->effects->retries = reading.retries;
    }
    if (reading.bandwidth) {
        work->effects->bandwidth = reading.bandwidth;
    }
}
