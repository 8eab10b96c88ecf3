#include "compare/compare_world_priv.h"

static struct rule *add_own_rule(struct world *world, struct rule_list *list, enum path_kind kind,
                                 const char *path)
{
    struct rule *rule = rule_list_add(&world->run, list);
    rule->match.path = (struct path_match){.kind = kind, .value = slice_of(path)};
    if (kind == PATH_REGEX) {
        struct slice error;
        rule->match.path.regex =
            regex_compile(&world->run, world->before.regexes, slice_of(path), false, false, &error);
        assert_non_null(rule->match.path.regex);
    }
    rule->origin.kind = SLICE("Ingress");
    rule->origin.name = SLICE("web");
    (void)add_backend(world, rule, "web", 1);
    return rule;
}

static struct covers cover_all(struct world *world)
{
    struct covers covers;
    cover_rules(&world->run, &world->before, evaluator_new(&world->run, &world->before), &covers);
    return covers;
}

/* Each request is decided by its rule, which the evaluator says. */
static void test_cover_finds_a_request_for_each_rule(void **state)
{
    (void)state;
    static const struct test tests[] = {
        {.subject = TEST_HEADER, .operator= TEST_EQUALS, .name = {"X-A", 3}, .value = {"1", 1}},
        {.subject = TEST_QUERY, .operator= TEST_EQUALS, .name = {"q", 1}, .value = {"2", 1}}};
    struct world *world = world_open();
    struct rule_list *list = add_host(world, &world->before, "*.a.example", true);
    (void)add_own_rule(world, list, PATH_EXACT, "/exact");
    struct rule *tested = add_own_rule(world, list, PATH_PREFIX_ELEMENT, "/exact");
    tested->match.tests = ARENA_ARRAY(world->run.arena, struct test, ARRAY_LEN(tests));
    memcpy(tested->match.tests, tests, sizeof tests);
    tested->match.test_count = ARRAY_LEN(tests);
    (void)add_own_rule(world, list, PATH_REGEX, "^/v[0-9]+/(a|b)$");
    (void)add_own_rule(world, list, PATH_PREFIX_ELEMENT, "/");
    struct covers covers = cover_all(world);
    const struct evaluator *evaluator = evaluator_new(&world->run, &world->before);
    assert_int_equal(covers.count, 4);
    for (size_t i = 0; i < covers.count; i++) {
        struct outcome outcome;
        assert_true(covers.items[i].found);
        assert_true(slice_is(covers.items[i].request.host, "any.a.example"));
        assert_true(slice_is(covers.items[i].request.scheme, "https"));
        evaluate(evaluator, world->run.arena, &covers.items[i].request, &outcome);
        assert_ptr_equal(outcome.rule, covers.items[i].rule);
    }
    assert_true(slice_is(covers.items[1].request.target, "/exact/x?q=2"));
    assert_true(slice_is(headers_get(&covers.items[1].request.headers, SLICE("x-a")), "1"));
    world_close(world);
}

static void test_cover_says_where_there_is_none(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *list = add_host(world, &world->before, "a.example", false);
    (void)add_own_rule(world, list, PATH_PREFIX_ELEMENT, "/");
    (void)add_own_rule(world, list, PATH_PREFIX_ELEMENT, "/never");
    struct covers covers = cover_all(world);
    assert_int_equal(covers.count, 2);
    assert_true(covers.items[0].found);
    assert_false(covers.items[1].found);
    world_close(world);
}

/* Two data planes that serve the same host are asked apart. */
static void test_cover_names_the_data_plane(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *inner = add_host(world, &world->before, "a.example", false);
    (void)add_own_rule(world, inner, PATH_PREFIX_ELEMENT, "/");
    struct rule_list *outer = add_host(world, &world->before, "a.example", false);
    (void)add_own_rule(world, outer, PATH_PREFIX_ELEMENT, "/");
    world->before.entries[0].gateway = SLICE("a/inner");
    world->before.entries[1].gateway = SLICE("a/outer");
    struct covers covers = cover_all(world);
    assert_int_equal(covers.count, 2);
    for (size_t i = 0; i < covers.count; i++) {
        assert_true(covers.items[i].found);
        assert_true(slice_equal(covers.items[i].request.gateway, world->before.entries[i].gateway));
    }
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cover_finds_a_request_for_each_rule),
        cmocka_unit_test(test_cover_says_where_there_is_none),
        cmocka_unit_test(test_cover_names_the_data_plane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
