#include "plan/plan_priv.h"

#include "expect/expect.h"
#include "language/language.h"

/* Requests that a wave is verified with: a witness of each difference, and for each rule of either side one that the
 * rule takes, as far as one is found. */

struct asking {
    struct planner *planner;
    struct arena *arena;
    struct language_set *set;
    struct plan_wave *wave;
    struct map *seen; /* requests as text */
};

/* ---- what is expected ---------------------------------------------------------------------- */

static struct node *backends_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        if (backend->status) {
            continue;
        }
        struct node *item = node_map(arena);
        node_set(arena, item, "namespace", node_string(arena, backend->namespace));
        node_set(arena, item, "service", node_string(arena, backend->service));
        if (backend->port) {
            node_set(arena, item, "port", node_int(arena, backend->port));
        }
        node_add(arena, list, item);
    }
    return list;
}

/* Null where the answer is not known. */
static struct node *expect_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *expect = node_map(arena);
    if (outcome->kind == OUTCOME_UNKNOWN) {
        return NULL;
    }
    node_set(arena, expect, "outcome", node_string(arena, slice_of(outcome_name(outcome->kind))));
    if (outcome->kind == OUTCOME_REDIRECT || outcome->kind == OUTCOME_RESPOND) {
        node_set(arena, expect, "status", node_int(arena, outcome->status));
    }
    if (outcome->kind == OUTCOME_REDIRECT && outcome->location.ptr) {
        node_set(arena, expect, "location", node_string(arena, outcome->location));
    }
    if (outcome->kind == OUTCOME_FORWARD) {
        node_set(arena, expect, "backends", backends_node(arena, outcome));
        const struct outcome_backend *first = outcome->backends;
        if (outcome->backend_count == 1 && first->path_known && !first->status) {
            struct node *upstream = node_map(arena);
            node_set(arena, upstream, "path", node_string(arena, first->path));
            node_set(arena, expect, "upstream", upstream);
        }
    }
    return expect;
}

static const struct node *add_case(struct asking *asking, struct slice name,
                                   const struct request *request, struct side *side,
                                   struct node *to)
{
    struct arena *arena = asking->arena;
    struct outcome outcome;
    evaluate(side_evaluator(asking->planner->run, side), arena, request, &outcome);
    struct node *expect = expect_node(arena, &outcome), *item = NULL;
    if (expect) {
        item = node_map(arena);
        node_set(arena, item, "name", node_string(arena, name));
        struct request shown = *request;
        bool several = asking->planner->plan->gateway_count > 1 && side == asking->planner->after;
        shown.gateway = several && outcome.gateway.len ? outcome.gateway : SLICE_ABSENT;
        node_set(arena, item, "request", request_node(asking->planner->run, &shown));
        node_set(arena, item, "expect", expect);
        node_add(arena, to, item);
    }
    return item;
}

static bool is_known(struct asking *asking, struct side *side, const struct request *request)
{
    struct outcome outcome;
    evaluate(side_evaluator(asking->planner->run, side), asking->arena, request, &outcome);
    return outcome.kind != OUTCOME_UNKNOWN;
}

/* Who asks is told only where an answer depends on it. */
static void forget_client(struct asking *asking, struct request *request)
{
    struct request without = *request;
    without.client_text = SLICE_ABSENT;
    without.client = (struct address){.length = 0};
    if (is_known(asking, asking->planner->before, &without) &&
        is_known(asking, asking->planner->after, &without)) {
        *request = without;
    }
}

/* Clients are not told apart by the Gateway that they come to: that is what moves. */
static void add_request(struct asking *asking, struct slice name, const struct request *given)
{
    struct request request = *given;
    request.gateway = SLICE_ABSENT;
    forget_client(asking, &request);
    struct slice line = request_curl(asking->arena, &request);
    struct plan_wave *wave = asking->wave;
    if (!map_add(asking->seen, line, asking)) {
        const struct plan_asked asked = {
            {add_case(asking, name, &request, asking->planner->after, wave->cases),
             add_case(asking, name, &request, asking->planner->before, wave->old_cases)},
            line};
        *ARENA_PUSH(asking->arena, wave->asked, wave->asked_count, wave->asked_capacity) = asked;
    }
}

/* ---- a request for a rule ------------------------------------------------------------------ */

/* A name that the pattern matches; absent: none is made up for expressions. */
static struct slice example_host(struct asking *asking, const struct host_pattern *pattern)
{
    switch (pattern->kind) {
    case HOST_EXACT:
        return pattern->name;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        return ARENA_JOIN(asking->arena, SLICE("any"),
                          slice_sub(pattern->name, 1, pattern->name.len));
    case HOST_ANY:
        return SLICE("any.example");
    case HOST_REGEX:
        break;
    }
    return SLICE_ABSENT;
}

/* The shortest path that an expression takes. */
static struct slice example_of_regex(struct asking *asking, const struct path_match *path)
{
    const struct regex_reading reading = {
        DIALECT_PCRE, path->whole ? ANCHORING_WHOLE : ANCHORING_START, path->fold};
    struct language_fault fault;
    const struct language *language = language_regex(asking->set, path->value, &reading, &fault);
    struct slice word = SLICE_ABSENT;
    if (!language || language_word(asking->set, language, NULL, language_paths(asking->set),
                                   &word) != ANSWER_YES) {
        return SLICE_ABSENT;
    }
    return arena_copy(asking->arena, word);
}

static struct slice example_path(struct asking *asking, const struct path_match *path,
                                 const char *more)
{
    struct slice start = path->kind == PATH_REGEX ? example_of_regex(asking, path)
                         : path->kind == PATH_ANY ? SLICE("/")
                                                  : path->value;
    if (!start.len || !more[0] || path->kind == PATH_EXACT) {
        return start;
    }
    return ARENA_JOIN(asking->arena, start,
                      slice_of(slice_ends(start, SLICE("/")) && more[0] == '/' ? more + 1 : more));
}

/* Makes the tests of a rule hold, as far as a value is plain. */
static void satisfy(struct asking *asking, const struct rule *rule, struct request *request)
{
    struct arena *arena = asking->arena;
    for (size_t i = 0; i < rule->match.test_count; i++) {
        const struct test *test = &rule->match.tests[i];
        if (test->negated) {
            continue;
        }
        struct slice value =
            test->operator== TEST_EQUALS && test->value.ptr ? test->value : SLICE("1");
        if (test->subject == TEST_HEADER) {
            headers_add(arena, &request->headers, test->name, value);
        } else if (test->subject == TEST_COOKIE) {
            headers_add(arena, &request->headers, SLICE("Cookie"),
                        ARENA_JOIN(arena, test->name, SLICE("="), value));
        } else if (test->subject == TEST_METHOD) {
            request->method = value;
        } else if (test->subject != TEST_TARGET) {
            bool first = slice_find(request->target, '?', 0) == request->target.len;
            request->target = ARENA_JOIN(arena, request->target, first ? SLICE("?") : SLICE("&"),
                                         test->name, SLICE("="), value);
        }
    }
}

static bool ask_rule(struct asking *asking, struct side *side, const struct entry *entry,
                     const struct rule *rule, const char *more)
{
    struct request request = {.method = rule->match.method,
                              .scheme = entry->https ? SLICE("https") : SLICE("http"),
                              .host = example_host(asking, &entry->host),
                              .port = entry->port,
                              .target = example_path(asking, &rule->match.path, more)};
    struct outcome outcome;
    if (!request.host.ptr || !request.target.len || request.target.ptr[0] != '/') {
        return false;
    }
    satisfy(asking, rule, &request);
    request_defaults(&request);
    evaluate(side_evaluator(asking->planner->run, side), asking->arena, &request, &outcome);
    if (outcome.rule != rule) {
        return false;
    }
    add_request(asking, request_line(asking->arena, &request), &request);
    return true;
}

static void ask_entry(struct asking *asking, struct side *side, const struct entry *entry)
{
    static const char *const more[] = {"", "/x", "x", "/"};
    for (const struct rule_list *list = entry->rules; list; list = list->next) {
        for (size_t r = 0; r < list->count; r++) {
            const struct rule *rule = &list->rules[r];
            bool found = false;
            if (rule->implied) {
                continue;
            }
            for (size_t i = 0; i < ARRAY_LEN(more) && !found; i++) {
                found = ask_rule(asking, side, entry, rule, more[i]);
            }
            asking->wave->rules++;
            asking->wave->covered += found;
        }
    }
}

/* ---- all of a wave ------------------------------------------------------------------------- */

static void ask_side(struct asking *waves, struct side *side, const struct map *by_host)
{
    for (size_t i = 0; i < side->table.entry_count; i++) {
        const struct entry *entry = &side->table.entries[i];
        const struct plan_host *host = map_get(by_host, entry->host.name);
        if (host && entry->kind == ENTRY_RULES && entry->transport == TRANSPORT_HTTP) {
            ask_entry(&waves[host->wave], side, entry);
        }
    }
}

/* The host that a request is for: by its name, by the wildcard above, or as any other. */
static const struct plan_host *host_of(struct arena *arena, const struct map *by_host,
                                       struct slice name)
{
    struct slice rest = arena_lower(arena, name);
    const struct plan_host *host = map_get(by_host, rest);
    while (!host && rest.len) {
        size_t dot = slice_find(rest, '.', 0);
        rest = slice_sub(rest, dot + 1, rest.len);
        host = map_get(by_host, ARENA_JOIN(arena, SLICE("*."), rest));
    }
    return host ? host : map_get(by_host, SLICE(""));
}

static const struct map *hosts_by_name(const struct planner *planner)
{
    struct map *by_host = map_new(planner->arena);
    for (size_t h = 0; h < planner->plan->host_count; h++) {
        map_add(by_host, planner->plan->hosts[h].host, &planner->plan->hosts[h]);
    }
    return by_host;
}

static void ask_witnesses(struct planner *planner, struct asking *waves, const struct map *by_host)
{
    const struct comparison *comparison = planner->comparison;
    for (size_t f = 0; f < comparison->finding_count; f++) {
        const struct finding *finding = &comparison->findings[f];
        const struct plan_host *host = host_of(planner->arena, by_host, finding->witness.host);
        if (host) {
            add_request(&waves[host->wave],
                        ARENA_JOIN(planner->arena, finding->id, SLICE(": "), finding->title),
                        &finding->witness);
        }
    }
}

void requests_make(struct planner *planner)
{
    struct plan *plan = planner->plan;
    struct language_set *set = language_set_open(planner->arena, NULL);
    struct asking *waves = ARENA_ARRAY(planner->arena, struct asking, plan->wave_count + 1);
    const struct map *by_host = hosts_by_name(planner);
    for (size_t w = 0; w < plan->wave_count; w++) {
        plan->waves[w].cases = node_list(planner->arena);
        plan->waves[w].old_cases = node_list(planner->arena);
        waves[w] =
            (struct asking){planner, planner->arena, set, &plan->waves[w], map_new(planner->arena)};
    }
    ask_witnesses(planner, waves, by_host);
    ask_side(waves, planner->before, by_host);
    ask_side(waves, planner->after, by_host);
    language_set_close(set);
}

/* ---- the same for a shell ------------------------------------------------------------------ */

static void put_text(const struct node *map, const char *key, struct buf *out)
{
    const struct node *node = node_get(map, key);
    buf_put_shell(out, node ? node->text : SLICE(""));
}

static void put_headers(const struct node *headers, struct buf *out)
{
    for (size_t i = 0; headers && i < headers->count; i++) {
        const struct node *value = headers->pairs[i].value;
        size_t count = value->kind == NODE_LIST ? value->count : 1;
        for (size_t v = 0; v < count; v++) {
            struct buf line;
            buf_init(&line, BUF_TEXT_MAX);
            buf_printf(&line, SLICE_FMT ": " SLICE_FMT, SLICE_ARG(headers->pairs[i].key),
                       SLICE_ARG(value->kind == NODE_LIST ? value->items[v]->text : value->text));
            buf_puts(out, " -H ");
            buf_put_shell(out, buf_slice(&line));
            buf_release(&line);
        }
    }
}

static void put_url(struct arena *arena, const struct node *request, struct buf *out)
{
    const struct node *port = node_get(request, "port");
    struct slice scheme = node_get(request, "scheme")->text;
    bool usual = port->integer == scheme_port(scheme);
    buf_putc(out, ' ');
    buf_put_shell(out, arena_printf(arena, SLICE_FMT "://" SLICE_FMT "%s%.0lld" SLICE_FMT,
                                    SLICE_ARG(scheme), SLICE_ARG(node_get(request, "host")->text),
                                    usual ? "" : ":", usual ? 0LL : (long long)port->integer,
                                    SLICE_ARG(node_get(request, "path")->text)));
}

/* curl tells an URL without a path with the path '/'. */
static bool has_path(struct slice url)
{
    size_t host = slice_find(url, ':', 0) + sizeof "//";
    return slice_find(url, '/', host) < url.len || slice_find(url, '?', host) < url.len;
}

static bool is_outcome(const struct node *item, const char *outcome)
{
    const struct node *node = item ? node_get(node_get(item, "expect"), "outcome") : NULL;
    return node && slice_is(node->text, outcome);
}

/* Both sides hand the request to the same Services. */
static bool is_same(const struct plan_asked *asked)
{
    const struct node *one = asked->cases[PLAN_NEW], *other = asked->cases[PLAN_OLD];
    return is_outcome(one, "forward") && is_outcome(other, "forward") &&
           node_equal(node_get(node_get(one, "expect"), "backends"),
                      node_get(node_get(other, "expect"), "backends"));
}

/* Bodies are left to people: what a limit answers is not to be tried on a live side by megabytes. */
static void put_check(struct arena *arena, const struct plan_asked *asked, enum plan_side side,
                      struct buf *out)
{
    const struct node *item = asked->cases[side];
    const struct node *request = node_get(item, "request"), *expect = node_get(item, "expect");
    const struct node *status = node_get(expect, "status"),
                      *location = node_get(expect, "location");
    struct slice want = SLICE("");
    if (status) {
        want = location && slice_contains(location->text, SLICE("://"))
                   ? arena_printf(arena, "%lld " SLICE_FMT "%s", (long long)status->integer,
                                  SLICE_ARG(location->text), has_path(location->text) ? "" : "/")
                   : arena_printf(arena, "%lld", (long long)status->integer);
    }
    buf_puts(out, "check ");
    put_text(request, "gateway", out);
    buf_putc(out, ' ');
    put_text(item, "name", out);
    buf_puts(out, is_outcome(item, "close") ? " close "
                  : status                  ? " answer "
                  : is_same(asked)          ? " same "
                                            : " other ");
    buf_puts(out, is_outcome(asked->cases[side == PLAN_NEW ? PLAN_OLD : PLAN_NEW], "forward")
                      ? "yes "
                      : "no ");
    buf_put_shell(out, want);
    buf_putc(out, ' ');
    put_text(request, "method", out);
    buf_putc(out, ' ');
    put_text(request, "host", out);
    buf_printf(out, " %lld", (long long)node_get(request, "port")->integer);
    struct slice method = node_get(request, "method")->text;
    if (slice_is(method, "HEAD")) {
        buf_puts(out, " -I");
    } else if (!slice_is(method, "GET")) {
        buf_puts(out, " -X ");
        buf_put_shell(out, method);
    }
    put_headers(node_get(request, "headers"), out);
    put_url(arena, request, out);
    buf_putc(out, '\n');
}

/* A host that has no certificate today gets the controller's own by https, which curl refuses. */
static bool has_certificate(struct planner *planner, const struct map *by_host,
                            const struct node *request)
{
    if (!slice_is(node_get(request, "scheme")->text, "https")) {
        return true;
    }
    const struct plan_host *host =
        host_of(planner->arena, by_host, node_get(request, "host")->text);
    return !host || host->certified;
}

/* Why the script does not send a request; null: it does. */
static const char *why_unsent(struct planner *planner, const struct map *by_host,
                              const struct node *item)
{
    static const struct {
        const char *key, *why;
    } keys[] = {{"body_size", "it needs a body of that size"},
                {"client_cert", "it needs a certificate of a client"},
                {"client_ip", "it has to come from that address"},
                {"protocol", "it needs another protocol"}};
    const struct node *request = node_get(item, "request");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (node_get(request, keys[i].key)) {
            return keys[i].why;
        }
    }
    if (!node_get(request, "host")) {
        return "it names no host";
    }
    if (is_outcome(item, "close")) {
        return NULL;
    }
    if (!has_certificate(planner, by_host, request)) {
        return "the host has no certificate of its own today";
    }
    return is_outcome(item, "forward") || is_outcome(item, "redirect") ||
                   is_outcome(item, "respond")
               ? NULL
               : "it needs another protocol";
}

static void put_by_hand(const struct plan_asked *asked, const struct node *item, const char *why,
                        struct arena *arena, struct buf *out)
{
    buf_puts(out, "by_hand ");
    put_text(node_get(item, "request"), "gateway", out);
    buf_putc(out, ' ');
    buf_put_shell(out, ARENA_JOIN(arena, node_get(item, "name")->text, SLICE(" ("), slice_of(why),
                                  SLICE(")")));
    buf_putc(out, ' ');
    buf_put_shell(out, asked->curl);
    buf_putc(out, '\n');
}

struct slice requests_script(struct planner *planner, const struct plan_wave *wave,
                             enum plan_side side, struct slice answers)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    const struct map *by_host = hosts_by_name(planner);
    script_put_verify_head(&out);
    buf_printf(&out, "answers=${ANSWERS:-$(dirname \"$0\")/" SLICE_FMT "} me=%s they=%s\n",
               SLICE_ARG(answers), side == PLAN_NEW ? "new" : "old",
               side == PLAN_NEW ? "old" : "new");
    for (size_t i = 0; i < wave->asked_count; i++) {
        const struct plan_asked *asked = &wave->asked[i];
        const struct node *item = asked->cases[side];
        const char *why = item ? why_unsent(planner, by_host, item) : NULL;
        if (why) {
            put_by_hand(asked, item, why, planner->arena, &out);
        } else if (item) {
            put_check(planner->arena, asked, side, &out);
        }
    }
    script_put_verify_tail(&out);
    struct slice text = arena_copy(planner->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}
