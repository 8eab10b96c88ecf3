#include "convert/convert_fixture_priv.h"

/* ---- rewrites ------------------------------------------------------------------------------- */

static const char *rewritten(struct fixture *f, const char *path, const char *target,
                             unsigned capture)
{
    struct rule *rule = single(f, PATH_REGEX, path);
    struct route_rewrite *rewrite = ARENA_NEW(f->run.arena, struct route_rewrite);
    rewrite->source = source_of(f, "rewrite-target");
    rewrite->kind = capture ? REWRITE_REGEX : REWRITE_FULL;
    rewrite->pattern = slice_of(path);
    struct slice error;
    rewrite->regex =
        regex_compile(&f->run, f->table.regexes, rewrite->pattern, false, false, &error);
    const struct part parts[] = {{.kind = PART_TEXT, .text = slice_of(target)},
                                 {.kind = PART_CAPTURE, .index = capture}};
    rewrite->target = parts_of(f, parts, capture ? 2 : 1);
    rule->effects.rewrite = rewrite;
    return convert(f);
}

static void test_convert_rewrite_of_the_rest_is_a_change_of_prefix(void **state)
{
    (void)state;
    struct fixture f;
    assert_has(rewritten(&f, "/p(/|$)(.*)", "/", 2), "        value: /p\n"
                                                     "    filters:\n"
                                                     "    - type: URLRewrite\n"
                                                     "      urlRewrite:\n"
                                                     "        path:\n"
                                                     "          type: ReplacePrefixMatch\n"
                                                     "          replacePrefixMatch: /\n");
    assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_WARNING), 0);
    fixture_close(&f);
}

static void test_convert_rewrite_to_a_prefix_keeps_the_bare_path(void **state)
{
    (void)state;
    struct fixture f;
    const char *yaml = rewritten(&f, "/p(/|$)(.*)", "/q/", 2);
    assert_has(yaml, "          replacePrefixMatch: /q\n");
    assert_has(yaml, "        type: Exact\n        value: /p\n    filters:\n"
                     "    - type: URLRewrite\n      urlRewrite:\n        path:\n"
                     "          type: ReplaceFullPath\n          replaceFullPath: /q/\n");
    fixture_close(&f);
}

static void test_convert_rewrite_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *path, *target;
        unsigned capture;
        const char *wanted; /* null: cannot be written */
    } cases[] = {
        {"/p", "/x", 0, "replaceFullPath: /x\n"},
        {"/p", "/", 1, "replaceFullPath: /\n"}, /* no such group: empty */
        {"/p/(.*)", "/", 1, "replacePrefixMatch: /\n"},
        {"/p/?(.*)", "/", 1, "replacePrefixMatch: /\n"},
        {"/(.*)", "/q/", 1, "replacePrefixMatch: /q\n"},
        {"/(p)(/|$)(.*)", "/", 3, "replacePrefixMatch: /\n"},
        {"/p(/.*)?$", "/q", 1, "replacePrefixMatch: /q\n"},
        {"/p(/|$)(.*)", "/q", 2, NULL},
        {"/p(/|$)(.*)", "/", 1, NULL},
        {"/p/(\\d+)/x", "/y/", 1, NULL},
        {"/p", "/x?y", 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        const char *yaml = rewritten(&f, cases[i].path, cases[i].target, cases[i].capture);
        if (cases[i].wanted) {
            assert_has(yaml, cases[i].wanted);
        } else {
            assert_lacks(yaml, "URLRewrite");
        }
        assert_int_equal(said(&f, DIAG_C001), cases[i].wanted == NULL);
        fixture_close(&f);
    }
}

static void test_convert_rewrite_of_everything_to_itself_is_none(void **state)
{
    (void)state;
    struct fixture f;
    const char *yaml = rewritten(&f, "/(.*)", "/", 1);
    assert_lacks(yaml, "URLRewrite");
    assert_has(yaml, "        value: /\n");
    assert_int_equal(said(&f, DIAG_C001), 0);
    fixture_close(&f);
}

static void test_convert_rewrite_of_an_exact_path_is_worked_out(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single(&f, PATH_EXACT, "/a/b");
    EFFECT_OF(f, rewrite, "rewrite-target");
    struct slice error;
    effect->kind = REWRITE_REGEX;
    effect->pattern = SLICE("/(a)/(b)");
    effect->regex = regex_compile(&f.run, f.table.regexes, effect->pattern, false, false, &error);
    const struct part parts[] = {{.kind = PART_TEXT, .text = SLICE("/")},
                                 {.kind = PART_CAPTURE, .index = 2},
                                 {.kind = PART_CAPTURE, .index = 1}};
    effect->target = parts_of(&f, parts, 3);
    rule->effects.rewrite = effect;
    assert_has(convert(&f), "          replaceFullPath: /ba\n");
    fixture_close(&f);
}

static void test_convert_prefix_rewrites_do_not_share_a_rule(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    const char *paths[] = {"/a(/|$)(.*)", "/b(/|$)(.*)"};
    for (size_t i = 0; i < 2; i++) {
        struct rule *rule = rule_to(&f, rules, "web", PATH_REGEX, paths[i], "s");
        EFFECT_OF(f, rewrite, "rewrite-target");
        const struct part parts[] = {{.kind = PART_TEXT, .text = SLICE("/")},
                                     {.kind = PART_CAPTURE, .index = 2}};
        effect->kind = REWRITE_REGEX;
        effect->pattern = slice_of(paths[i]);
        struct slice error;
        effect->regex =
            regex_compile(&f.run, f.table.regexes, effect->pattern, false, false, &error);
        effect->target = parts_of(&f, parts, 2);
        rule->effects.rewrite = effect;
    }
    host_add(&f, "a.example.com", rules, NULL, NULL);
    assert_int_equal(occurrences(convert(&f), "  - matches:\n"), 2);
    fixture_close(&f);
}

/* ---- paths as regular languages ------------------------------------------------------------- */

static void test_convert_expressions_are_the_literals_that_they_equal(void **state)
{
    (void)state;
    static const struct {
        const char *path, *type, *value;
    } cases[] = {
        {"/v1(?:$|/.*)", "PathPrefix", "/v1"},
        {"/(?:v1|v1/.*)$", "PathPrefix", "/v1"},
        {"/[v]2$", "Exact", "/v2"},
        {"/(a|a)/b$", "Exact", "/a/b"},
        {"/v1.?", "RegularExpression", "/v1.*"},
        {".*", "PathPrefix", "/"},
        {"/v1/?$", "RegularExpression", NULL},
        {"/[0-9]+", "RegularExpression", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        (void)single(&f, PATH_REGEX, cases[i].path);
        const char *yaml = convert(&f);
        assert_has(yaml, arena_string(f.run.arena,
                                      arena_printf(f.run.arena, "type: %s\n", cases[i].type)));
        if (cases[i].value) {
            assert_has(yaml, arena_string(f.run.arena, arena_printf(f.run.arena, "value: %s\n",
                                                                    cases[i].value)));
        }
        fixture_close(&f);
    }
}

/* Neither of the first two takes all of the third; together they do. */
static void test_convert_what_earlier_rules_take_together_is_left_out(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_REGEX, "/n/[0-4]", "low");
    rule_to(&f, rules, "web", PATH_REGEX, "/n/[5-9]", "high");
    rule_to(&f, rules, "late", PATH_REGEX, "/n/[0-9]+", "never");
    rule_to(&f, rules, "late", PATH_REGEX, "/n/[0-9a]", "sometimes");
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_lacks(yaml, "never");
    assert_has(yaml, "sometimes");
    assert_int_equal(said(&f, DIAG_C017), 1);
    fixture_close(&f);
}

/* The heads are alike, and no path is in both. */
static void test_convert_order_counts_for_common_paths_alone(void **state)
{
    (void)state;
    static const struct {
        const char *second;
        size_t hidden;
    } cases[] = {{"/n/[a-z]+/long/end$", 0}, {"/n/[0-9]+/long/end$", 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(SLICE("aks-approuting"));
        struct rule_list *rules = rules_new(&f);
        rule_to(&f, rules, "web", PATH_REGEX, "/n/[0-9]+", "first");
        rule_to(&f, rules, "web", PATH_REGEX, cases[i].second, "second");
        rule_to(&f, rules, "web", PATH_REGEX, "/n/[0-9a-z]+/x$", "third");
        host_add(&f, "a.example.com", rules, NULL, NULL);
        (void)convert(&f);
        assert_int_equal(said(&f, DIAG_C017), cases[i].hidden);
        assert_int_equal(said(&f, DIAG_C016), 0);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_rewrite_of_the_rest_is_a_change_of_prefix),
        cmocka_unit_test(test_convert_rewrite_to_a_prefix_keeps_the_bare_path),
        cmocka_unit_test(test_convert_rewrite_shapes),
        cmocka_unit_test(test_convert_rewrite_of_everything_to_itself_is_none),
        cmocka_unit_test(test_convert_rewrite_of_an_exact_path_is_worked_out),
        cmocka_unit_test(test_convert_prefix_rewrites_do_not_share_a_rule),
        cmocka_unit_test(test_convert_expressions_are_the_literals_that_they_equal),
        cmocka_unit_test(test_convert_what_earlier_rules_take_together_is_left_out),
        cmocka_unit_test(test_convert_order_counts_for_common_paths_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
