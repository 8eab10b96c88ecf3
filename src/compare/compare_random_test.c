/* Random pairs of tables, and random requests near their rules: no request may differ where the verdict
 * is "equivalent", every witness differs, and a table is equivalent to itself.
 *
 * GATESHIFT_SEED and GATESHIFT_PAIRS choose others; the seed of a run is printed. */
#include "compare/compare_random_priv.h"

#include <stdio.h>

enum { PAIRS = 3000, REQUESTS = 150 };

/* ---- requests ------------------------------------------------------------------------------------ */

static struct slice random_target(struct chance *chance, struct arena *arena)
{
    static const char *const pieces[] = {"/",   "/a", "/b",   "b",  "/A",   "a", "//a",
                                         "%61", "/.", "%20b", "/x", "%2Fb", "1"};
    struct slice target = SLICE("/");
    for (size_t n = below(chance, 4); n > 0; n--) {
        const char *piece = PICK(chance, pieces);
        target = target.len == 1 && *piece == '/'
                     ? slice_of(piece)
                     : arena_printf(arena, SLICE_FMT "%s", SLICE_ARG(target), piece);
    }
    return target;
}

static void random_request(struct chance *chance, struct arena *arena, struct request *out)
{
    static const char *const clients[] = {"192.0.2.10",  "192.0.2.9",   "10.0.0.1", "10.1.0.255",
                                          "203.0.113.1", "2001:db8::1", "2002::1"};
    static const char *const sent[] = {"GET", "POST", "PUT", "OPTIONS", "DELETE"};
    static const char *const names[] = {"x", "y"};
    static const char *const hosts[] = {"a.example",     "a.example", "a.example", "n.w.example",
                                        "n.m.w.example", "w.example", "z.invalid"};
    *out = (struct request){.scheme = below(chance, 6) ? SLICE("http") : SLICE("https"),
                            .host = slice_of(PICK(chance, hosts)),
                            .method = slice_of(PICK(chance, sent)),
                            .target = random_target(chance, arena),
                            .client_text = slice_of(PICK(chance, clients)),
                            .body_bytes = below(chance, 3) ? 0 : 9 + below(chance, 5)};
    assert_true(address_parse(out->client_text, &out->client));
    struct slice cookie = SLICE("");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (below(chance, 3) == 0) {
            headers_add(arena, &out->headers, slice_of(names[i]), slice_of(PICK(chance, values)));
        }
        if (below(chance, 4) == 0) {
            cookie = arena_printf(arena, SLICE_FMT "%s%s=%s", SLICE_ARG(cookie),
                                  cookie.len ? "; " : "", names[i], PICK(chance, values));
        }
        if (below(chance, 4) == 0) {
            bool first = slice_find(out->target, '?', 0) == out->target.len;
            out->target = arena_printf(arena, SLICE_FMT "%c%s=%s", SLICE_ARG(out->target),
                                       first ? '?' : '&', names[i], PICK(chance, values));
        }
    }
    if (cookie.len) {
        headers_add(arena, &out->headers, SLICE("Cookie"), cookie);
    }
    if (below(chance, 4) == 0) {
        headers_add(arena, &out->headers, SLICE("x-seen"), SLICE("sent"));
    }
    if (below(chance, 4) == 0) {
        static const char *const origins[] = {"https://one.example", "https://two.example",
                                              "https://three.invalid"};
        headers_add(arena, &out->headers, SLICE("Origin"), slice_of(PICK(chance, origins)));
    }
    if (below(chance, 4) == 0) {
        headers_add(arena, &out->headers, SLICE("Authorization"), SLICE("Basic dXNlcjpwYXNz"));
    }
    if (slice_is(out->method, "OPTIONS") && below(chance, 2)) {
        headers_add(arena, &out->headers, SLICE("Access-Control-Request-Method"), SLICE("GET"));
    }
    request_defaults(out);
}

/* What failed, for who has to understand it. */
static void print_rule(const struct rule *rule)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    match_print(&rule->match, &buf);
    for (int id = 0; id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(&rule->effects, (enum effect_id)id);
        if (effect) {
            buf_printf(&buf, " | %s: ", effect_row((enum effect_id)id)->name);
            effect_print((enum effect_id)id, effect, &buf);
        }
    }
    print_message("  " SLICE_FMT " -> " SLICE_FMT "\n", SLICE_ARG(buf_slice(&buf)),
                  SLICE_ARG(rule->backends[0].service));
    buf_release(&buf);
}

static void print_table(const struct route_table *table)
{
    const struct view *view = &table->view;
    print_message("%s: decode %d merge %d dots %d normalised %d escape %d\n", table->label.ptr,
                  view->match_form.decode, view->match_form.merge_slashes,
                  view->match_form.resolve_dots, view->forward_normalised, view->escape_rewritten);
    for (size_t e = 0; e < table->entry_count; e++) {
        const struct entry *entry = &table->entries[e];
        print_message(" %s " SLICE_FMT "\n", entry->https ? "https" : "http",
                      SLICE_ARG(entry->host.name));
        for (size_t i = 0; i < entry->rules->count; i++) {
            print_rule(&entry->rules->rules[i]);
        }
    }
}

static void print_request(const struct request *request)
{
    print_message(SLICE_FMT " " SLICE_FMT "://" SLICE_FMT SLICE_FMT " from " SLICE_FMT
                            " with %llu bytes\n",
                  SLICE_ARG(request->method), SLICE_ARG(request->scheme), SLICE_ARG(request->host),
                  SLICE_ARG(request->target), SLICE_ARG(request->client_text),
                  (unsigned long long)request->body_bytes);
    for (size_t i = 0; i < request->headers.count; i++) {
        print_message("  " SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(request->headers.items[i].name),
                      SLICE_ARG(request->headers.items[i].value));
    }
}

/* ---- the properties ------------------------------------------------------------------------------ */

static bool has_form_finding(const struct world *world)
{
    for (size_t i = 0; i < world->result.finding_count; i++) {
        if (world->result.findings[i].platform) {
            return true;
        }
    }
    return false;
}

/* Null where nothing at all was said of the host. */
static const struct host_verdict *verdict_of(const struct world *world, struct slice host)
{
    struct slice name = slice_is(host, "a.example")             ? host
                        : slice_ends(host, SLICE(".w.example")) ? SLICE("*.w.example")
                                                                : SLICE("(any other host)");
    const struct host_verdict *other = NULL;
    for (size_t i = 0; i < world->result.host_count; i++) {
        const struct host_verdict *verdict = &world->result.hosts[i];
        if (slice_equal(verdict->host, name)) {
            return verdict;
        }
        other = slice_is(verdict->host, "(any other host)") ? verdict : other;
    }
    return other;
}

/* What differs must have been found, or must not have been called proved. */
static void check_request(struct world *world, const struct evaluator *const sides[2],
                          struct arena *arena, const struct request *request)
{
    struct sides compared;
    struct outcome before, after;
    struct difference found[DIFFERENCES_MAX];
    struct slice plain;
    sides_init(arena, &world->before, &world->after, NULL, &compared);
    evaluate(sides[0], arena, request, &before);
    evaluate(sides[1], arena, request, &after);
    if (before.kind == OUTCOME_UNKNOWN || after.kind == OUTCOME_UNKNOWN) {
        return;
    }
    bool is_plain = target_plain(arena, request->target, &plain) == FORM_PLAIN;
    size_t count = outcomes_differ(&compared, &before, &after, found);
    for (size_t i = 0; i < count; i++) {
        for (unsigned a = 0; a < ASPECT_COUNT; a++) {
            const struct host_verdict *host = verdict_of(world, request->host);
            enum verdict verdict = host ? host->aspects[a].verdict : VERDICT_EQUIVALENT;
            bool differs = !found[i].platform && (found[i].aspects >> a & 1);
            if (differs && verdict == VERDICT_EQUIVALENT &&
                (is_plain || !has_form_finding(world))) {
                print_table(&world->before);
                print_table(&world->after);
                print_request(request);
                fail_msg("differs in %s, which is proved to be equal: " SLICE_FMT,
                         aspect_name((enum aspect)a),
                         SLICE_ARG(difference_title(arena, &found[i], &(const struct texts){0},
                                                    &before, &after)));
            }
        }
    }
}

/* Asked for alone, the witness has the id of its finding, and no id that is no finding's. */
static void check_judge(struct world *world, const struct evaluator *const sides[2])
{
    struct judge *judge = judge_new(&world->run, sides[0], &world->before, sides[1], &world->after);
    for (size_t i = 0; i < world->result.finding_count; i++) {
        const struct finding *finding = &world->result.findings[i];
        struct judgement judged[JUDGEMENTS_MAX];
        size_t count = judge_request(judge, world->run.arena, &finding->witness, &finding->before,
                                     &finding->after, judged);
        bool own = false;
        for (size_t j = 0; j < count; j++) {
            own = own || slice_equal(judged[j].id, finding->id);
            bool known = false;
            for (size_t k = 0; k < world->result.finding_count; k++) {
                known = known || slice_equal(judged[j].id, world->result.findings[k].id);
            }
            assert_true(known);
        }
        assert_true(own);
    }
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t number;
    return text && slice_to_uint(slice_of(text), UINT64_MAX, &number) ? number : otherwise;
}

static void check_pair(uint64_t seed, size_t verdicts[3])
{
    struct chance chance = {seed * 2654435769u + 88172645463325252u};
    struct world *world = world_open();
    random_pair(&chance, world);
    compare(world, NULL);
    for (size_t i = 0; i < world->result.finding_count; i++) {
        assert_witness_differs(world, &world->result.findings[i]);
    }
    const struct evaluator *const sides[] = {evaluator_new(&world->run, &world->before),
                                             evaluator_new(&world->run, &world->after)};
    check_judge(world, sides);
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t i = 0; i < REQUESTS; i++) {
        struct request request;
        random_request(&chance, arena, &request);
        check_request(world, sides, arena, &request);
        arena_clear(arena);
    }
    arena_close(arena);
    verdicts[comparison_verdict(&world->result)]++;
    compare_sides(&world->run, sides[0], &world->before, sides[0], &world->before,
                  &(struct compare_options){0}, &world->result);
    assert_int_equal(world->result.finding_count, 0);
    assert_int_equal(comparison_verdict(&world->result), VERDICT_EQUIVALENT);
    world_close(world);
}

static void test_compare_random_pairs(void **state)
{
    (void)state;
    uint64_t seed = number_of("GATESHIFT_SEED", 1), pairs = number_of("GATESHIFT_PAIRS", PAIRS);
    size_t verdicts[3] = {0};
    for (uint64_t i = 0; i < pairs; i++) {
        print_message("%s", i ? "" : "seeds from GATESHIFT_SEED on\n");
        if (getenv("GATESHIFT_VERBOSE")) {
            print_message("seed %llu\n", (unsigned long long)(seed + i));
        }
        check_pair(seed + i, verdicts);
    }
    print_message("seeds %llu to %llu: %zu equivalent, %zu unproven, %zu different\n",
                  (unsigned long long)seed, (unsigned long long)(seed + pairs - 1), verdicts[0],
                  verdicts[1], verdicts[2]);
    assert_true(verdicts[VERDICT_EQUIVALENT] > pairs / 20);
    assert_true(verdicts[VERDICT_DIFFERENT] > pairs / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare_random_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
