#include "convert/convert_fixture_priv.h"

static const char *printed(struct fixture *f, const char *format, size_t number)
{
    char text[64];
    snprintf(text, sizeof text, "%s%03zu", format, number);
    return arena_string(f->run.arena, slice_of(text));
}

static void one_host(struct fixture *f, const struct rule_list *rules)
{
    host_add(f, "a.example.com", rules, NULL, NULL);
}

static void add_test(struct fixture *f, struct rule *rule, enum test_subject subject,
                     enum test_operator operator, const char * name, const char *value)
{
    struct test *tests = ARENA_ARRAY(f->run.arena, struct test, rule->match.test_count + 1);
    for (size_t i = 0; i < rule->match.test_count; i++) {
        tests[i] = rule->match.tests[i];
    }
    tests[rule->match.test_count++] = (struct test){
        .subject = subject, .operator= operator, .name = slice_of(name), .value = slice_of(value)};
    rule->match.tests = tests;
}

/* ---- limits --------------------------------------------------------------------------------- */

static void test_convert_seventeen_rules_are_two_routes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    for (size_t i = 0; i < 17; i++) {
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, printed(&f, "/p", i), printed(&f, "s", i));
    }
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.routes, 2);
    assert_has(yaml, "  name: web-2\n");
    assert_int_equal(occurrences(yaml, "  - matches:\n"), 17);
    fixture_close(&f);
}

static void test_convert_one_backend_takes_all_paths_in_rules_of_sixty_four(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    for (size_t i = 0; i < 129; i++) {
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, printed(&f, "/p", i), "s");
    }
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.routes, 2); /* 128 matches a route */
    assert_int_equal(occurrences(yaml, "  - matches:\n"), 3);
    assert_int_equal(occurrences(yaml, "type: PathPrefix"), 129);
    fixture_close(&f);
}

static void test_convert_rules_that_tie_stay_in_one_route(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    for (size_t i = 0; i < 14; i++) {
        rule_to(&f, rules, "web", PATH_EXACT, printed(&f, "/p", i), printed(&f, "s", i));
    }
    for (size_t i = 0; i < 4; i++) { /* equal rank, and one request can match several */
        struct rule *rule =
            rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", printed(&f, "t", i));
        add_test(&f, rule, TEST_HEADER, TEST_EQUALS, printed(&f, "x-", i), "1");
    }
    one_host(&f, rules);
    (void)convert(&f);
    assert_int_equal(f.converted.routes, 2);
    const struct node *first = converted_read(&f.run, &f.converted.objects[1]),
                      *second = converted_read(&f.run, &f.converted.objects[2]);
    assert_int_equal(node_get(node_get(first, "spec"), "rules")->count, 14);
    assert_int_equal(node_get(node_get(second, "spec"), "rules")->count, 4);
    assert_int_equal(said(&f, DIAG_C019), 0);
    fixture_close(&f);
}

static void test_convert_too_many_ties_are_said(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    for (size_t i = 0; i < 17; i++) {
        struct rule *rule =
            rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", printed(&f, "t", i));
        add_test(&f, rule, TEST_HEADER, TEST_EQUALS, printed(&f, "x-", i), "1");
    }
    one_host(&f, rules);
    (void)convert(&f);
    assert_int_equal(f.converted.routes, 2);
    assert_int_equal(said(&f, DIAG_C019), 1);
    fixture_close(&f);
}

/* ---- paths ---------------------------------------------------------------------------------- */

static void test_convert_text_prefix_and_case_are_said(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.fidelity = FIDELITY_INTENT;
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_STRING, "/foo", "a")->match.path.fold = true;
    rule_to(&f, rules, "web", PATH_PREFIX_STRING, "/", "b")->match.path.fold = true;
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_has(yaml, "        type: PathPrefix\n        value: /foo\n");
    assert_int_equal(said(&f, DIAG_C010), 1);
    assert_int_equal(said(&f, DIAG_C011), 1);
    fixture_close(&f);
}

static void test_convert_regex_that_is_a_prefix_is_written_as_one(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *type, *value;
    } cases[] = {{"^/p(/|$)(.*)", "PathPrefix", "/p"},
                 {"/p(/|$).*", "PathPrefix", "/p"},
                 {"^/p/(.*)", "PathPrefix", "/p"},
                 {"/(.*)", "PathPrefix", "/"},
                 {"/.*", "PathPrefix", "/"},
                 {"^/p$", "Exact", "/p"},
                 {"^/$", "Exact", "/"},
                 {"/v1\\.2/?(.*)", "PathPrefix", "/v1.2"},
                 {"/a/b", "PathPrefix", "/a/b"},
                 {"^/p/[0-9]+", "RegularExpression", "/p/[0-9]+.*"},
                 {"^/a|/b", "RegularExpression", NULL},
                 {"^/p/[0-9]+$", "RegularExpression", "/p/[0-9]+$"},
                 {"/(a|b)/(.+)", "RegularExpression", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.fidelity = FIDELITY_INTENT;
        struct rule_list *rules = rules_new(&f);
        rule_to(&f, rules, "web", PATH_REGEX, cases[i].pattern, "a");
        one_host(&f, rules);
        (void)convert(&f);
        const struct node *rule =
            node_get(node_get(converted_read(&f.run, &f.converted.objects[1]), "spec"), "rules")
                ->items[0];
        const struct node *path = node_get(node_get(rule, "matches")->items[0], "path");
        assert_string_equal(arena_string(f.run.arena, node_get(path, "type")->text), cases[i].type);
        if (cases[i].value) {
            assert_string_equal(arena_string(f.run.arena, node_get(path, "value")->text),
                                cases[i].value);
        }
        assert_int_equal(said(&f, DIAG_C012), cases[i].type[0] == 'R');
        fixture_close(&f);
    }
}

static void test_convert_top_alternation_keeps_its_anchor(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_REGEX, "/a|/b", "a")->match.path.fold = true;
    one_host(&f, rules);
    assert_has(convert(&f), "        value: (?i)(?:/a|/b).*\n");
    fixture_close(&f);
}

static void test_convert_odd_paths_are_escaped_or_expressions(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_EXACT, "/a b", "a");
    rule_to(&f, rules, "web", PATH_EXACT, "/100%", "b");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/x//y.z", "c");
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_has(yaml, "        type: Exact\n        value: /a%20b\n");
    assert_has(yaml, "        type: Exact\n        value: /100%25\n");
    assert_has(yaml, "        type: RegularExpression\n        value: ");
    assert_has(yaml, "/x//y\\");
    assert_int_equal(said(&f, DIAG_C015), 3);
    fixture_close(&f);
}

static void test_convert_long_path_is_left_out(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    char path[1100];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    rule_to(&f, rules, "web", PATH_EXACT, path, "a");
    one_host(&f, rules);
    assert_string_equal(convert(&f), "");
    assert_int_equal(said(&f, DIAG_C014), 1);
    fixture_close(&f);
}

/* ---- conditions ----------------------------------------------------------------------------- */

static void test_convert_conditions(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "a");
    rule->match.method = SLICE("POST");
    add_test(&f, rule, TEST_HEADER, TEST_EQUALS, "X-Canary", "always");
    add_test(&f, rule, TEST_QUERY, TEST_EQUALS, "v", "2");
    add_test(&f, rule, TEST_COOKIE, TEST_EQUALS, "beta", "yes");
    struct rule *negated = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/n", "b");
    add_test(&f, negated, TEST_HEADER, TEST_EQUALS, "X-Canary", "never");
    negated->match.tests[0].negated = true;
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_has(yaml, "      headers:\n"
                     "      - name: X-Canary\n"
                     "        value: always\n"
                     "      - type: RegularExpression\n"
                     "        name: Cookie\n"
                     "        value: (.*; *)?beta=yes(;.*)?\n");
    assert_has(yaml, "      queryParams:\n      - name: v\n");
    assert_has(yaml, "      method: POST\n");
    assert_lacks(yaml, "name: b\n");
    assert_int_equal(said(&f, DIAG_C018), 1);
    fixture_close(&f);
}

/* ---- order ---------------------------------------------------------------------------------- */

static void test_convert_order_that_cannot_be_kept_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "canary");
    add_test(&f, rule, TEST_HEADER, TEST_EQUALS, "x-canary", "1");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/api", "api");
    one_host(&f, rules);
    (void)convert(&f);
    assert_int_equal(said(&f, DIAG_C016), 1);
    assert_true(said_text(&f, DIAG_C016, "prefix /api"));
    fixture_close(&f);
}

/* A setting of the controller is one cause on all hosts, whatever paths they have. */
static void test_convert_order_of_a_setting_is_said_once(void **state)
{
    (void)state;
    static const char *const hosts[] = {"a.example.com", "b.example.com", "c.example.com"};
    struct fixture f;
    fixture_open(&f);
    EFFECT_OF(f, answer, "block-user-agents");
    effect->status = 403;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct rule_list *rules = rules_new(&f);
        for (size_t agent = 0; agent < 2; agent++) {
            struct rule *rule = rule_to(&f, rules, hosts[i], PATH_ANY, "", "unused");
            rule->backend_count = 0;
            rule->effects.answer = effect;
            add_test(&f, rule, TEST_HEADER, TEST_REGEX, "User-Agent", agent ? "bad" : "evil");
        }
        rule_to(&f, rules, hosts[i], PATH_PREFIX_ELEMENT, i < 2 ? "/long" : "/", "web");
        rule_to(&f, rules, hosts[i], PATH_PREFIX_ELEMENT, i < 2 ? "/longer" : "/", "web");
        host_add(&f, hosts[i], rules, NULL, NULL);
    }
    (void)convert(&f);
    assert_int_equal(said(&f, DIAG_C016), 1);
    assert_true(said_text(&f, DIAG_C016, "'block-user-agents' answers before paths"));
    assert_true(said_text(&f, DIAG_C016, "(2): a.example.com, b.example.com"));
    fixture_close(&f);
}

static void test_convert_order_of_rules_that_never_meet_does_not_matter(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/a", "a");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/longer", "b");
    rule_to(&f, rules, "web", PATH_EXACT, "/exact", "c");
    one_host(&f, rules);
    (void)convert(&f);
    assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_ERROR), 0);
    assert_int_equal(said(&f, DIAG_C017), 0);
    fixture_close(&f);
}

static void test_convert_hidden_rules_are_not_written(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_EXACT, "/", "first");
    rule_to(&f, rules, "api", PATH_EXACT, "/", "second");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/a", "third");
    rule_to(&f, rules, "api", PATH_PREFIX_ELEMENT, "/a/b", "fourth"); /* behind its own prefix */
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_lacks(yaml, "second");
    assert_lacks(yaml, "fourth");
    assert_int_equal(said(&f, DIAG_C017), 2);
    assert_int_equal(said(&f, DIAG_C016), 0);
    fixture_close(&f);
}

static void test_convert_prefixes_behind_a_regex_become_regexes_for_istio(void **state)
{
    (void)state;
    for (int catch_all = 0; catch_all < 2; catch_all++) {
        struct fixture f;
        fixture_open(&f);
        struct rule_list *rules = rules_new(&f);
        rule_to(&f, rules, "web", PATH_REGEX, "^/api/[0-9]+", "number");
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, catch_all ? "/" : "/api", "rest");
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/x", "last");
        one_host(&f, rules);
        const char *yaml = convert(&f);
        assert_has(yaml, catch_all ? "value: /.*" : "value: /api(/.*)?");
        assert_int_equal(said(&f, DIAG_C013), 0);
        assert_int_equal(said(&f, DIAG_C016), 0);
        assert_int_equal(said(&f, DIAG_C046), 1);
        /* what no expression stands before stays a prefix, what "/" hides is not written */
        assert_int_equal(strstr(yaml, "type: PathPrefix") != NULL, !catch_all);
        assert_int_equal(said(&f, DIAG_C017), catch_all);
        fixture_close(&f);
    }
}

static void test_convert_regexes_are_lengthened_into_their_order(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_REGEX, "^/a/.*x$", "short");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/a/b/c/d/e", "long");
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_has(yaml, "value: /a/.*x$(?:)(?:)(?:)");
    assert_has(yaml, "value: /a/b/c/d/e(/.*)?");
    assert_int_equal(said(&f, DIAG_C016), 0);
    fixture_close(&f);
}

static void test_convert_regex_is_only_warned_about_for_the_standard(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("standard"));
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_REGEX, "^/api/[0-9]+", "number");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "rest");
    one_host(&f, rules);
    (void)convert(&f);
    assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_ERROR), 0);
    assert_int_equal(said(&f, DIAG_C012), 1);
    fixture_close(&f);
}

/* ---- answers of the data plane -------------------------------------------------------------- */

static void test_convert_not_found_needs_a_rule_only_before_another(void **state)
{
    (void)state;
    /* what a rule without backends answers: Istio 1.30 says 404 */
    static const struct {
        const char *target;
        size_t said;
    } rows[] = {{"standard", 1}, {"envoy-gateway", 1}, {"aks-approuting", 0}, {"istio", 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(rows[i].target));
        struct rule_list *rules = rules_new(&f);
        struct route_answer *answer = ARENA_NEW(f.run.arena, struct route_answer);
        answer->status = 404;
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/private", NULL)->effects.answer = answer;
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
        rule_to(&f, rules, "web", PATH_EXACT, "/never", NULL)->effects.answer = answer;
        one_host(&f, rules);
        const char *yaml = convert(&f);
        assert_has(yaml, "  - matches:\n    - path:\n        type: PathPrefix\n        value: "
                         "/private\n  - matches:\n");
        assert_lacks(yaml, "/never");
        assert_int_equal(said(&f, DIAG_C032), rows[i].said);
        fixture_close(&f);
    }
}

static void test_convert_health_checks_are_named_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_STRING, "/healthz", NULL);
    struct route_answer *answer = ARENA_NEW(f.run.arena, struct route_answer);
    answer->status = 200;
    rule->effects.answer = answer;
    rule->implied = true;
    host_add(&f, NULL, rules, NULL, NULL);
    assert_string_equal(convert(&f), "");
    assert_int_equal(said(&f, DIAG_C033), 1);
    fixture_close(&f);
}

static void test_convert_unresolved_port_is_an_error_and_answers_500(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    rule->backends->port = 0;
    rule->backends->port_name = SLICE("http");
    rule->backends->status = 503;
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_lacks(yaml, "backendRefs");
    assert_true(said_text(&f, DIAG_C030, "port 'http'"));
    fixture_close(&f);
}

static void test_convert_weights_and_other_namespaces(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "a");
    struct backend *backends = ARENA_ARRAY(f.run.arena, struct backend, 2);
    backends[0] = backends[1] = *rule->backends;
    backends[0].weight = 90;
    backends[1].weight = 10;
    backends[1].namespace = SLICE("other");
    rule->backends = backends;
    rule->backend_count = 2;
    one_host(&f, rules);
    const char *yaml = convert(&f);
    assert_has(yaml, "    - name: a\n      port: 80\n      weight: 90\n");
    assert_has(yaml, "    - name: a\n      namespace: other\n      port: 80\n      weight: 10\n");
    assert_has(yaml, "    kind: HTTPRoute\n    namespace: shop\n  to:\n  - group: \"\"\n"
                     "    kind: Service\n    name: a\n");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_seventeen_rules_are_two_routes),
        cmocka_unit_test(test_convert_one_backend_takes_all_paths_in_rules_of_sixty_four),
        cmocka_unit_test(test_convert_rules_that_tie_stay_in_one_route),
        cmocka_unit_test(test_convert_too_many_ties_are_said),
        cmocka_unit_test(test_convert_text_prefix_and_case_are_said),
        cmocka_unit_test(test_convert_regex_that_is_a_prefix_is_written_as_one),
        cmocka_unit_test(test_convert_top_alternation_keeps_its_anchor),
        cmocka_unit_test(test_convert_odd_paths_are_escaped_or_expressions),
        cmocka_unit_test(test_convert_long_path_is_left_out),
        cmocka_unit_test(test_convert_conditions),
        cmocka_unit_test(test_convert_order_that_cannot_be_kept_is_an_error),
        cmocka_unit_test(test_convert_order_of_a_setting_is_said_once),
        cmocka_unit_test(test_convert_order_of_rules_that_never_meet_does_not_matter),
        cmocka_unit_test(test_convert_hidden_rules_are_not_written),
        cmocka_unit_test(test_convert_prefixes_behind_a_regex_become_regexes_for_istio),
        cmocka_unit_test(test_convert_regexes_are_lengthened_into_their_order),
        cmocka_unit_test(test_convert_regex_is_only_warned_about_for_the_standard),
        cmocka_unit_test(test_convert_not_found_needs_a_rule_only_before_another),
        cmocka_unit_test(test_convert_health_checks_are_named_once),
        cmocka_unit_test(test_convert_unresolved_port_is_an_error_and_answers_500),
        cmocka_unit_test(test_convert_weights_and_other_namespaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
