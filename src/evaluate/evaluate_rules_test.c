/* Rules of a long list are found as if it were looked through from its front. */
#include "evaluate/test_world_priv.h"

static unsigned draw(uint64_t *seed, unsigned below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (unsigned)(*seed >> 33) % below;
}

static const char *const patterns[] = {
    "/s1(/|$)(.*)", "/v[0-9]+/s1/.*", "/(a|b)/s2/?(.*)", "/s1/[^/]+/jobs", "/(a|b)/s1|/c/s2",
    "(?i)/s2/.*",   "(/a)?/s2/x",     "/.*/s1",          "/a/[(|]s1",      "^/b/(.*)/s2$"};
static const char *const literals[] = {"/", "/a", "/a/s1", "/b/s2/", "/S1"};
static const char *const pieces[] = {"/a", "/b", "/c", "/s1", "/s2", "/S2", "/v1", "/x", "/jobs"};

static void draw_rule(struct world *world, uint64_t *seed, struct rule_list *list)
{
    static const char *const services[] = {"one", "two", "three", "four"};
    const char *service = services[draw(seed, 4)];
    if (draw(seed, 3)) {
        const char *pattern = patterns[draw(seed, ARRAY_LEN(patterns))];
        bool fold = draw(seed, 2) != 0, whole = draw(seed, 2) != 0;
        struct rule *rule = world_rule(world, list, PATH_REGEX, pattern, service);
        rule->match.path.fold = fold;
        rule->match.path.whole = whole;
        rule->match.path.regex = world_regex(world, pattern, fold, whole);
    } else {
        static const enum path_kind kinds[] = {PATH_EXACT, PATH_PREFIX_ELEMENT, PATH_PREFIX_STRING};
        const char *path = literals[draw(seed, ARRAY_LEN(literals))];
        world_rule(world, list, kinds[draw(seed, 3)], path, service)->match.path.fold =
            draw(seed, 2) != 0;
    }
}

/* The same rules as lists of one rule each, which have no index. */
static const struct rule_list *unrolled(struct world *world, const struct rule_list *list)
{
    struct rule_list *next = NULL;
    for (size_t i = list->count; i-- > 0;) {
        struct rule_list *one = world_list(world);
        *one = (struct rule_list){.rules = &list->rules[i], .count = 1, .next = next};
        next = one;
    }
    return next;
}

static struct slice draw_path(struct world *world, uint64_t *seed)
{
    struct buf path;
    buf_init(&path, 256);
    for (unsigned n = draw(seed, 5); n > 0; n--) {
        buf_puts(&path, pieces[draw(seed, ARRAY_LEN(pieces))]);
    }
    buf_puts(&path, path.len && draw(seed, 2) ? "" : "/");
    struct slice text = arena_copy(world->run.arena, buf_slice(&path));
    buf_release(&path);
    return text;
}

static void test_evaluate_index_of_rules_agrees_with_a_scan(void **state)
{
    struct world *world = *state;
    uint64_t seed = 20261129;
    size_t found = 0, asked = 0;
    for (size_t round = 0; round < 40; round++) {
        struct rule_list *list = world_list(world);
        for (unsigned n = 16 + draw(&seed, 20); n > 0; n--) {
            draw_rule(world, &seed, list);
        }
        world->table.entry_count = 0;
        world_entry(world, HOST_EXACT, "indexed", false, list);
        world_entry(world, HOST_EXACT, "scanned", false, unrolled(world, list));
        struct evaluator *evaluator = evaluator_new(&world->run, &world->table);
        for (size_t i = 0; i < 100; i++) {
            struct request request = {.host = SLICE("indexed"), .target = draw_path(world, &seed)};
            struct outcome scanned;
            request_defaults(&request);
            evaluate(evaluator, world->run.arena, &request, &world->out);
            request.host = SLICE("scanned");
            evaluate(evaluator, world->run.arena, &request, &scanned);
            if (world->out.rule != scanned.rule) {
                fail_msg("another rule takes " SLICE_FMT, SLICE_ARG(request.target));
            }
            found += scanned.rule != NULL;
            asked++;
        }
    }
    assert_true(found > asked / 8 && found < asked); /* both answers were met */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        test_evaluate_index_of_rules_agrees_with_a_scan, world_open, world_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
