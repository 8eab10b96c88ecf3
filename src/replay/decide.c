#include "replay/replay_priv.h"

/* A request that the line may stand for, and what both sides make of it. */
struct reading {
    struct request request;
    struct outcome before, after;
    enum held held;
};
struct deciding {
    const struct question *question;
    const struct replay *replay;
    const struct log_entry *entry;
    struct arena *arena;
    struct reading *items; /* that the log does not contradict */
    size_t count, capacity;
    struct reading first; /* whether it does or not: the one to tell of */
    size_t tried;
    /* A header or cookie that decides and is not told; absent: none. Its values were tried one by one, and stand for
     * all others, where `covered`. */
    struct slice untold;
    bool covered;
};

/* ---- targets ------------------------------------------------------------------------------ */

/* Bytes that no data plane escapes, cuts or folds in a query. */
static bool is_plain_query(struct slice query)
{
    for (size_t i = 0; i < query.len; i++) {
        char c = query.ptr[i];
        bool plain = is_alphanumeric(c) || c == '=' || c == '&' || c == '-' || c == '_' ||
                     c == '.' || c == '~' || c == '+' || c == ',' || c == ':' || c == '%';
        if (!plain) {
            return false;
        }
    }
    return query.len > 0;
}

struct slice reduced_target(const struct replay *replay, struct arena *arena, struct slice target)
{
    struct slice path, query;
    target_split(target, &path, &query);
    struct slice reduced = paths_reduce(replay->paths, arena, path);
    bool plain = !replay->reads_query && is_plain_query(query);
    return query.ptr ? ARENA_JOIN(arena, reduced, SLICE("?"), plain ? SLICE("q") : query) : reduced;
}

/* Data planes themselves tell these apart from all others: preflights, and what they do not take. */
struct slice reduced_method(const struct replay *replay, struct slice method)
{
    static const char *const special[] = {"OPTIONS", "TRACE", "CONNECT"};
    bool kept = replay->reads_method || slice_is_one_of(method, special, ARRAY_LEN(special));
    return kept ? method : SLICE("GET");
}

/* ---- readings of a line ------------------------------------------------------------------- */

static bool listens(const struct route_table *table, bool https, uint16_t port)
{
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        if (entry->transport == TRANSPORT_HTTP && entry->https == https && entry->port == port) {
            return true;
        }
    }
    return false;
}

static void add_headers(struct deciding *deciding, struct request *request)
{
    const struct texts *read = &deciding->replay->reads_headers;
    for (size_t i = 0; i < deciding->entry->header_count; i++) {
        const struct log_header *header = &deciding->entry->headers[i];
        for (size_t r = 0; header->value.ptr && r < read->count; r++) {
            if (slice_equal_fold(read->items[r], header->name)) {
                headers_add(deciding->arena, &request->headers, header->name, header->value);
                break;
            }
        }
    }
}

static void start_request(struct deciding *deciding, struct slice host, struct slice scheme,
                          struct request *out)
{
    const struct log_entry *entry = deciding->entry;
    bool https = slice_is(scheme, "https"), exact = deciding->question->exact;
    bool port = entry->port && listens(deciding->replay->side[0].table, https, entry->port);
    *out = (struct request){
        .method = exact ? entry->method : reduced_method(deciding->replay, entry->method),
        .scheme = scheme,
        .host = host,
        .target = exact ? entry->target
                        : reduced_target(deciding->replay, deciding->arena, entry->target),
        .port = port ? entry->port : 0,
        .client_text = deciding->replay->reads_client ? entry->client : SLICE("192.0.2.10"),
        .open = true};
    if (!address_parse(out->client_text, &out->client)) {
        out->client_text = SLICE_ABSENT;
    }
    add_headers(deciding, out);
    request_defaults(out);
}

static bool has_untold(const struct outcome *outcome, enum untold_kind kind)
{
    for (const struct untold *u = outcome->untold; u; u = u->next) {
        if (u->kind == kind) {
            return true;
        }
    }
    return false;
}

static void keep_reading(struct deciding *deciding, const struct reading *reading)
{
    *ARENA_PUSH(deciding->arena, deciding->items, deciding->count, deciding->capacity) = *reading;
}

static void try_request(struct deciding *deciding, const struct request *request,
                        struct reading *out)
{
    const struct replay *replay = deciding->replay;
    *out = (struct reading){.request = *request};
    evaluate(replay->side[0].evaluator, deciding->arena, request, &out->before);
    evaluate(replay->side[1].evaluator, deciding->arena, request, &out->after);
    out->held = log_holds(replay, deciding->arena, deciding->entry, &out->before);
    /* what is sent to https first says less than what comes of it there */
    bool sent = deciding->first.before.decided_by == EFFECT_https_redirect;
    if (deciding->tried++ == 0 || sent) {
        deciding->first = *out;
    }
    if (out->held != HELD_NO) {
        keep_reading(deciding, out);
    }
}

/* A header or cookie that a rule asks for, unless the log tells it. */
static bool is_untold(const struct deciding *deciding, const struct untold *untold)
{
    bool cookie = untold->kind == UNTOLD_COOKIE;
    return (cookie || untold->kind == UNTOLD_HEADER) &&
           !log_format_tells_header(deciding->question->format,
                                    cookie ? SLICE("Cookie") : untold->name);
}

/* The one test of a match, if it asks for a value or for any; null: it asks for more, or for something else. */
static const struct test *plain_test(const struct match *match)
{
    const struct test *test = match && match->test_count == 1 ? &match->tests[0] : NULL;
    bool plain = test && !test->negated && test->operator!= TEST_REGEX && !test->list;
    return plain ? test : NULL;
}

static void add_value(struct deciding *deciding, const struct test *test, struct request *request)
{
    struct arena *arena = deciding->arena;
    struct slice value = test->operator== TEST_EQUALS ? test->value : SLICE("any");
    if (test->subject == TEST_COOKIE) {
        headers_add(arena, &request->headers, SLICE("Cookie"),
                    ARENA_JOIN(arena, test->name, SLICE("="), value));
    } else {
        headers_add(arena, &request->headers, test->name, value);
    }
}

static struct request copy_request(struct deciding *deciding, const struct request *request)
{
    struct request copy = *request;
    copy.headers = (struct headers){0};
    for (size_t i = 0; i < request->headers.count; i++) {
        headers_add(deciding->arena, &copy.headers, request->headers.items[i].name,
                    request->headers.items[i].value);
    }
    return copy;
}

/* Rules that ask for values of one header: each value is tried, and any other is as none at all. */
static void try_values(struct deciding *deciding, const struct request *request,
                       const struct outcome *outcome)
{
    for (const struct untold *u = outcome->untold; u; u = u->next) {
        struct reading other;
        if (!is_untold(deciding, u)) {
            continue;
        }
        const struct test *test = plain_test(u->match);
        struct slice what =
            ARENA_JOIN(deciding->arena,
                       u->kind == UNTOLD_COOKIE ? SLICE("cookie ") : SLICE("header "), u->name);
        bool first = !deciding->untold.ptr;
        deciding->covered =
            first || (deciding->covered && slice_equal_fold(deciding->untold, what));
        deciding->untold = first ? what : deciding->untold;
        deciding->covered = deciding->covered && test;
        if (test) {
            struct request valued = copy_request(deciding, request);
            add_value(deciding, test, &valued);
            try_request(deciding, &valued, &other);
        }
    }
}

/* The same with what an open request may have had. */
static void try_variants(struct deciding *deciding, const struct request *request)
{
    struct reading plain, other;
    try_request(deciding, request, &plain);
    try_values(deciding, request, &plain.before);
    try_values(deciding, request, &plain.after);
    if (has_untold(&plain.before, UNTOLD_CREDENTIALS) ||
        has_untold(&plain.after, UNTOLD_CREDENTIALS)) {
        struct request guarded = copy_request(deciding, request);
        headers_add(deciding->arena, &guarded.headers, SLICE("Authorization"), SLICE("any"));
        try_request(deciding, &guarded, &other);
    }
    if (has_untold(&plain.before, UNTOLD_CERTIFICATE) ||
        has_untold(&plain.after, UNTOLD_CERTIFICATE)) {
        struct request certified = *request;
        certified.client_certificate = true;
        try_request(deciding, &certified, &other);
    }
    if (deciding->entry->status == 413) {
        struct request large = *request;
        large.body_bytes = INT64_MAX;
        try_request(deciding, &large, &other);
    }
}

static void try_host(struct deciding *deciding, struct slice host)
{
    static const char *const schemes[] = {"http", "https"};
    struct request request;
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        struct slice told = deciding->entry->scheme;
        if (!told.ptr || slice_is(told, schemes[i])) {
            start_request(deciding, host, slice_of(schemes[i]), &request);
            try_variants(deciding, &request);
        }
    }
}

/* ---- what the readings agree on ----------------------------------------------------------- */

static void say_nothing(struct decision *out, struct slice reason)
{
    out->kind = SAID_NOTHING;
    out->reason = reason;
}

static void add_possible(struct deciding *deciding, size_t route, struct decision *out)
{
    for (size_t i = 0; i < out->possible_count; i++) {
        if (out->possible[i] == route) {
            return;
        }
    }
    if (route == ROUTE_NONE || route == out->routes[0] || route == out->routes[1]) {
        return;
    }
    size_t *items = ARENA_ARRAY(deciding->arena, size_t, out->possible_count + 1);
    for (size_t i = 0; i < out->possible_count; i++) {
        items[i] = out->possible[i];
    }
    items[out->possible_count++] = route;
    out->possible = items;
}

/* Rules whose tests look at what is not told may have decided. */
static void add_untold_routes(struct deciding *deciding, const struct outcome *outcome,
                              struct decision *out)
{
    for (const struct untold *u = outcome->untold; u; u = u->next) {
        if (u->match) {
            add_possible(deciding, route_of_match(deciding->replay, u->match), out);
        }
    }
}

/* The route of all readings; else each of them is possible. */
static void settle_routes(struct deciding *deciding, struct decision *out)
{
    const struct reading *first = &deciding->items[0];
    size_t routes[2] = {route_of(deciding->replay, first->before.rule),
                        route_of(deciding->replay, first->after.rule)};
    bool same[2] = {true, true};
    for (size_t i = 1; i < deciding->count; i++) {
        const struct reading *reading = &deciding->items[i];
        same[0] = same[0] && route_of(deciding->replay, reading->before.rule) == routes[0];
        same[1] = same[1] && route_of(deciding->replay, reading->after.rule) == routes[1];
    }
    out->routes[0] = same[0] ? routes[0] : ROUTE_NONE;
    out->routes[1] = same[1] ? routes[1] : ROUTE_NONE;
    for (size_t i = 0; i < deciding->count; i++) {
        const struct reading *reading = &deciding->items[i];
        add_possible(deciding, route_of(deciding->replay, reading->before.rule), out);
        add_possible(deciding, route_of(deciding->replay, reading->after.rule), out);
        add_untold_routes(deciding, &reading->before, out);
        add_untold_routes(deciding, &reading->after, out);
    }
}

/* Why the reading cannot be judged; absent: it can. */
static struct slice doubt(struct deciding *deciding, const struct reading *reading)
{
    const struct outcome *const outcomes[] = {&reading->before, &reading->after};
    if (deciding->untold.ptr && !deciding->covered) {
        return ARENA_JOIN(deciding->arena, deciding->untold,
                          SLICE(" decides, and is not in the log"));
    }
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        if (outcomes[i]->kind == OUTCOME_UNKNOWN) {
            return ARENA_JOIN(deciding->arena, i ? SLICE("after: ") : SLICE("before: "),
                              outcomes[i]->reason);
        }
    }
    return SLICE_ABSENT;
}

static const struct judgement *find_judgement(const struct judgement *items, size_t count,
                                              struct slice id)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(items[i].id, id)) {
            return &items[i];
        }
    }
    return NULL;
}

/* Of one id, the worst. */
static size_t judge(struct deciding *deciding, const struct reading *reading,
                    struct judgement out[JUDGEMENTS_MAX])
{
    struct judgement all[JUDGEMENTS_MAX];
    size_t kept = 0,
           count = judge_request(deciding->replay->judge, deciding->arena, &reading->request,
                                 &reading->before, &reading->after, all);
    for (size_t i = 0; i < count; i++) {
        if (!find_judgement(out, kept, all[i].id)) {
            out[kept++] = all[i];
        }
    }
    return kept;
}

static bool all_within(const struct judgement *items, size_t count, const struct judgement *other,
                       size_t other_count)
{
    for (size_t i = 0; i < count; i++) {
        if (!items[i].platform && !find_judgement(other, other_count, items[i].id)) {
            return false;
        }
    }
    return true;
}

static void name_missing(const struct deciding *deciding, struct decision *out)
{
    struct arena *arena = deciding->arena;
    bool host = false, scheme = false;
    for (size_t i = 1; i < deciding->count; i++) {
        const struct request *a = &deciding->items[0].request, *b = &deciding->items[i].request;
        host = host || !slice_equal(a->host, b->host);
        scheme = scheme || !slice_equal(a->scheme, b->scheme);
    }
    say_nothing(out,
                host     ? SLICE("the log does not tell the host, and hosts differ in this")
                : scheme ? SLICE("the log does not tell http from https, and they differ in "
                                 "this")
                : deciding->untold.ptr
                    ? ARENA_JOIN(arena, deciding->untold, SLICE(" decides, and is not in the log"))
                    : SLICE("the log does not tell credentials, and they decide"));
}

static bool has_own(const struct judgement *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!items[i].platform) {
            return true;
        }
    }
    return false;
}

static size_t keep_common(struct judgement *items, size_t count, const struct judgement *other,
                          size_t others)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (find_judgement(other, others, items[i].id)) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

/* Findings in which all readings agree; what the data planes do alike everywhere may differ between readings, and
 * then only what all have counts. Where each reading differs in something, the request does. */
static void settle_findings(struct deciding *deciding, struct decision *out)
{
    struct judgement *first = ARENA_ARRAY(deciding->arena, struct judgement, JUDGEMENTS_MAX);
    size_t count = judge(deciding, &deciding->items[0], first);
    bool differs = has_own(first, count), agree = true;
    for (size_t i = 1; i < deciding->count; i++) {
        struct judgement other[JUDGEMENTS_MAX];
        size_t others = judge(deciding, &deciding->items[i], other);
        agree = agree && all_within(first, count, other, others) &&
                all_within(other, others, first, count);
        differs = differs && has_own(other, others);
        count = keep_common(first, count, other, others);
    }
    if (!agree && !differs) {
        name_missing(deciding, out);
        return;
    }
    out->findings = first;
    out->finding_count = count;
    out->kind = differs ? SAID_DIFFERENT : SAID_SAME;
    if (!agree) {
        out->reason = SLICE("it differs in any case, and the log does not tell in what");
    }
}

/* Nothing in the model leads to what was logged. What the model says counts only where the line leaves nothing open. */
static void contradicted(struct deciding *deciding, struct decision *out)
{
    struct buf text;
    size_t route = route_of(deciding->replay, deciding->first.before.rule);
    if (deciding->untold.ptr && !deciding->covered) {
        say_nothing(out, ARENA_JOIN(deciding->arena, deciding->untold,
                                    SLICE(" decides, and is not in the log")));
        return;
    }
    buf_init(&text, BUF_TEXT_MAX);
    if (deciding->tried == 1 && route != ROUTE_NONE) {
        buf_put(&text, deciding->replay->routes[route - 1].text);
        buf_puts(&text, ": ");
    }
    log_against(deciding->replay, deciding->entry, &deciding->first.before, &text);
    out->held = HELD_NO;
    out->against = arena_copy(deciding->arena, buf_slice(&text));
    buf_release(&text);
    if (deciding->tried == 1) {
        keep_reading(deciding, &deciding->first);
    } else {
        say_nothing(out, SLICE("the model does not explain the line, so it cannot be told which "
                               "request it was"));
    }
}

static void settle(struct deciding *deciding, struct decision *out)
{
    out->held = HELD_SILENT;
    for (size_t i = 0; i < deciding->count; i++) {
        out->held = deciding->items[i].held == HELD_YES ? HELD_YES : out->held;
    }
    if (!deciding->count) {
        contradicted(deciding, out);
    }
    if (!deciding->count) {
        return;
    }
    settle_routes(deciding, out);
    out->host = deciding->items[0].request.host;
    out->scheme = deciding->items[0].request.scheme;
    for (size_t i = 0; i < deciding->count; i++) {
        const struct reading *reading = &deciding->items[i];
        out->host = slice_equal(out->host, reading->request.host) ? out->host : SLICE_ABSENT;
        out->scheme =
            slice_equal(out->scheme, reading->request.scheme) ? out->scheme : SLICE_ABSENT;
        struct slice reason = doubt(deciding, reading);
        if (reason.ptr && out->kind != SAID_NOTHING) {
            say_nothing(out, reason);
        }
    }
    if (out->kind != SAID_NOTHING) {
        settle_findings(deciding, out);
    }
}

void decide(const struct question *question, struct arena *scratch, const struct log_entry *entry,
            struct decision *out)
{
    struct deciding deciding = {
        .question = question, .replay = question->replay, .entry = entry, .arena = scratch};
    *out = (struct decision){.kind = SAID_SAME, .held = HELD_SILENT};
    if (entry->host.ptr) {
        try_host(&deciding, entry->host);
        settle(&deciding, out);
        return;
    }
    const struct candidates *candidates = upstream_candidates(question->replay, entry);
    if (candidates->open || candidates->hosts.count > REPLAY_HOSTS_MAX) {
        say_nothing(out, candidates->open
                             ? SLICE("the log does not tell the host, and a rule takes hosts by "
                                     "an expression")
                             : SLICE("the log does not tell the host, and too many could have "
                                     "been asked"));
        return;
    }
    if (!candidates->hosts.count) {
        say_nothing(out, SLICE("what runs today serves no host"));
        return;
    }
    for (size_t i = 0; i < candidates->hosts.count; i++) {
        try_host(&deciding, candidates->hosts.items[i]);
    }
    settle(&deciding, out);
}
