#include "compare/compare_priv.h"

/* Requests are guessed from what a rule asks for, and kept when the evaluator says that the rule decides them. */

enum { ALTERNATIVES = 4, ENDINGS = 3 };

struct covering {
    struct run *run;
    const struct evaluator *evaluator;
    const struct entry *entry;
    struct arena *scratch;
    struct covers *out;
};

static struct slice drawn(struct arena *arena, struct slice pattern, size_t alternative)
{
    const struct sample_choice choice = {alternative, 1};
    struct buf text;
    buf_init(&text, 4096);
    bool good = sample_regex(pattern, &choice, &text);
    struct slice word = good ? arena_copy(arena, buf_slice(&text)) : SLICE_ABSENT;
    buf_release(&text);
    return word;
}

static struct slice host_of(struct arena *arena, const struct host_pattern *pattern)
{
    switch (pattern->kind) {
    case HOST_EXACT:
        return pattern->name;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        return ARENA_JOIN(arena, SLICE("any"), slice_sub(pattern->name, 1, pattern->name.len));
    case HOST_REGEX:
        return arena_lower(arena, drawn(arena, pattern->name, 0));
    case HOST_ANY:
        break;
    }
    return SLICE("other.invalid"); /* RFC 2606: a name that nobody has */
}

static struct slice path_of(struct arena *arena, const struct path_match *path, size_t alternative)
{
    static const char *const endings[ENDINGS] = {"", "/x", "x"};
    struct slice ending = slice_of(endings[alternative % ENDINGS]);
    switch (path->kind) {
    case PATH_EXACT:
        return path->value;
    case PATH_PREFIX_ELEMENT:
    case PATH_PREFIX_STRING:
        return slice_ends(path->value, SLICE("/"))
                   ? ARENA_JOIN(arena, path->value, slice_sub(ending, ending.len > 1, ending.len))
                   : ARENA_JOIN(arena, path->value, ending);
    case PATH_REGEX:
        return drawn(arena, path->value, alternative);
    case PATH_ANY:
        break;
    }
    return ARENA_JOIN(arena, SLICE("/"), slice_sub(ending, ending.len > 1, ending.len));
}

static struct slice value_of(struct arena *arena, const struct test *test, size_t alternative)
{
    struct slice value = test->operator== TEST_EQUALS  ? test->value
                         : test->operator== TEST_REGEX ? drawn(arena, test->value, alternative)
                                                       : SLICE("1");
    return value.ptr ? value : SLICE("");
}

static void add_test(struct arena *arena, const struct test *test, size_t alternative,
                     struct request *request)
{
    struct slice value = value_of(arena, test, alternative);
    bool query = slice_find(request->target, '?', 0) < request->target.len;
    if (test->negated) {
        return;
    }
    switch (test->subject) {
    case TEST_HEADER:
        headers_add(arena, &request->headers, test->name, value);
        return;
    case TEST_COOKIE:
        headers_add(arena, &request->headers, SLICE("Cookie"),
                    ARENA_JOIN(arena, test->name, SLICE("="), value));
        return;
    case TEST_METHOD:
        request->method = value;
        return;
    case TEST_TARGET:
        request->target = slice_starts(value, SLICE("/")) ? value : request->target;
        return;
    case TEST_QUERY:
    case TEST_ARGUMENT:
        request->target = ARENA_JOIN(arena, request->target, query ? SLICE("&") : SLICE("?"),
                                     test->name, SLICE("="), value);
        return;
    }
}

/* Also for an equal rule of the same field, as a path without "/" at its end has two. */
static bool decides(struct covering *covering, const struct request *request,
                    const struct rule *rule)
{
    struct outcome outcome;
    arena_clear(covering->scratch);
    evaluate(covering->evaluator, covering->scratch, request, &outcome);
    return outcome.rule == rule;
}

static void cover(struct covering *covering, const struct rule *rule)
{
    struct arena *arena = covering->run->arena;
    const struct entry *entry = covering->entry;
    struct cover *out =
        ARENA_PUSH(arena, covering->out->items, covering->out->count, covering->out->capacity);
    *out = (struct cover){.rule = rule};
    for (size_t i = 0; i < ALTERNATIVES && !out->found; i++) {
        struct slice host = host_of(arena, &entry->host);
        uint16_t usual = entry->https ? 443 : 80;
        out->request = (struct request){
            .method = rule->match.method,
            .scheme = entry->https ? SLICE("https") : SLICE("http"),
            .host = entry->port == usual
                        ? host
                        : arena_printf(arena, SLICE_FMT ":%u", SLICE_ARG(host), entry->port),
            .sni = host,
            .port = entry->port,
            .gateway = entry->gateway,
            .target = path_of(arena, &rule->match.path, i)};
        for (size_t t = 0; t < rule->match.test_count; t++) {
            add_test(arena, &rule->match.tests[t], i, &out->request);
        }
        if (slice_starts(out->request.target, SLICE("/"))) {
            request_defaults(&out->request);
            out->found = decides(covering, &out->request, rule);
        }
    }
}

void cover_rules(struct run *run, const struct route_table *table,
                 const struct evaluator *evaluator, struct covers *out)
{
    struct covering covering = {
        .run = run, .evaluator = evaluator, .scratch = arena_open_like(run->arena), .out = out};
    *out = (struct covers){.items = NULL};
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        covering.entry = entry;
        if (entry->kind != ENTRY_RULES || entry->transport != TRANSPORT_HTTP || !entry->rules) {
            continue;
        }
        for (size_t r = 0; r < entry->rules->count; r++) {
            const struct rule *rule = &entry->rules->rules[r];
            if (rule->origin.name.len && !rule->implied) {
                cover(&covering, rule);
            }
        }
    }
    arena_close(covering.scratch);
}
