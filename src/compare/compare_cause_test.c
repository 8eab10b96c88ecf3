#include "compare/compare_world_priv.h"

/* The id of the only finding between a shop and one whose /cart goes to `service`; with `more`, rules that have
 * nothing to do with it stand above it. */
static struct slice id_with(const char *service, bool more, char text[32])
{
    struct world *world = world_open();
    struct route_table *const tables[] = {&world->before, &world->after};
    for (size_t side = 0; side < 2; side++) {
        struct rule_list *list = add_host(world, tables[side], "shop.example", false);
        if (more) {
            add_rule(world, list, PATH_EXACT, "/about", "about");
            add_rule(world, list, PATH_EXACT, "/imprint", "about");
        }
        add_rule(world, list, PATH_PREFIX_ELEMENT, "/cart", side ? service : "cart");
        add_rule(world, list, PATH_PREFIX_ELEMENT, "/", "web");
    }
    const struct finding *finding = only_finding(world);
    assert_true(finding->id.len < 32);
    memcpy(text, finding->id.ptr, finding->id.len);
    struct slice id = {text, finding->id.len};
    world_close(world);
    return id;
}

static void test_compare_id_stays_when_other_rules_come(void **state)
{
    (void)state;
    char a[32], b[32];
    assert_true(slice_equal(id_with("basket", false, a), id_with("basket", true, b)));
}

static void test_compare_id_changes_with_what_happens(void **state)
{
    (void)state;
    char a[32], b[32];
    assert_false(slice_equal(id_with("basket", false, a), id_with("trolley", false, b)));
}

static void test_compare_id_of_an_effect_changes_with_its_value(void **state)
{
    (void)state;
    char ids[2][32];
    for (size_t i = 0; i < 2; i++) {
        struct shop before, after;
        struct world *world = shops(&before, &after);
        set_body_limit(world, &before.cart->effects.body_limit, i ? 20 : 10);
        const struct finding *finding = only_finding(world);
        memset(ids[i], 0, sizeof ids[i]);
        memcpy(ids[i], finding->id.ptr, finding->id.len);
        world_close(world);
    }
    assert_string_not_equal(ids[0], ids[1]);
}

static void test_compare_says_which_requests(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->match.path.kind = PATH_PREFIX_STRING;
    const struct finding *finding = only_finding(world);
    assert_text(
        finding->words,
        "requests by http that 'text prefix /cart' takes before and 'prefix /' takes after");
    assert_text(finding->pattern, "^/cart");
    world_close(world);
}

static void test_compare_pattern_holds_both_paths(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->match.path =
        (struct path_match){.kind = PATH_REGEX, .fold = true, .value = SLICE("^/cart/(a|b)")};
    set_regex(world, &world->before, before.cart);
    after.cart->backends[0].service = SLICE("basket");
    compare(world, NULL);
    bool seen = false;
    for (size_t i = 0; i < world->result.finding_count; i++) {
        seen |= slice_is(world->result.findings[i].pattern, "^(?=(?i:/cart/(a|b)))/cart(/|$)");
    }
    assert_true(seen);
    world_close(world);
}

static void test_compare_pattern_quotes_what_is_literal(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->match.path = after.cart->match.path =
        (struct path_match){.kind = PATH_EXACT, .value = SLICE("/a.b+c")};
    after.cart->backends[0].service = SLICE("basket");
    const struct finding *finding = only_finding(world);
    assert_text(finding->words, "requests by http that 'exact /a.b+c' takes");
    assert_text(finding->pattern, "^/a\\.b\\+c$");
    world_close(world);
}

static void test_compare_double_slashes_are_one_cause(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    (void)before;
    (void)after;
    world->before.view.match_form.merge_slashes = true;
    world->before.view.forward_normalised = true;
    const struct finding *finding = only_finding(world);
    assert_text(finding->words, "requests by http with a double slash in the path");
    assert_true(finding->platform);
    world_close(world);
}

static void test_compare_tells_that_case_is_the_reason(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *old = add_host(world, &world->before, "shop.example", false);
    struct rule_list *new = add_host(world, &world->after, "shop.example", false);
    struct rule *before = add_rule(world, old, PATH_REGEX, "^/[A-Z]{3}", "codes");
    before->match.path.fold = true;
    set_regex(world, &world->before, before);
    struct rule *after = add_rule(world, new, PATH_REGEX, "^/[A-Z]{3}", "codes");
    set_regex(world, &world->after, after);
    const struct finding *finding = only_finding(world);
    assert_text(finding->reason,
                "before, letters of either case match; after, only those that are written");
    assert_true(finding->advice.len > 0);
    world_close(world);
}

static void test_compare_tells_that_no_rule_is_left(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *old = add_host(world, &world->before, "shop.example", false);
    struct rule_list *new = add_host(world, &world->after, "shop.example", false);
    add_rule(world, old, PATH_EXACT, "/a", "web");
    add_rule(world, old, PATH_EXACT, "/b", "web");
    add_rule(world, new, PATH_EXACT, "/a", "web");
    const struct finding *finding = only_finding(world);
    assert_text(finding->reason, "no rule takes such requests after");
    assert_text(finding->words,
                "requests by http that 'exact /b' takes before and no rule takes after");
    world_close(world);
}

static void test_compare_settings_of_one_plane_are_findings(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    (void)before;
    (void)after;
    world->before.plane = world->after.plane = SLICE("nginx");
    set_body_limit(world, &world->before.platform.body_limit, 10);
    const struct finding *finding = only_finding(world);
    assert_false(finding->platform);
    assert_true(finding->settings);
    assert_text(finding->reason, "settings of the controller differ");
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_PROTECTION].verdict, VERDICT_DIFFERENT);
    world_close(world);
}

/* What is open for "//" alone is said once, and hosts are judged without it. */
static void test_compare_open_spellings_are_no_verdict_of_hosts(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    (void)before;
    (void)after;
    world->after.view.form_open = true;
    compare(world, NULL);
    assert_int_equal(world->result.open_count, 1);
    assert_true(world->result.open[0].aspects >> ASPECT_ROUTING & 1);
    assert_int_equal(world->result.hosts[0].unknown, 0);
    assert_int_equal(comparison_verdict(&world->result), VERDICT_EQUIVALENT);
    world_close(world);
}

static void test_compare_nothing_to_compare_is_not_equivalent(void **state)
{
    (void)state;
    struct world *world = world_open();
    compare(world, NULL);
    assert_int_equal(world->result.classes, 0);
    assert_int_equal(comparison_verdict(&world->result), VERDICT_UNPROVEN);
    world_close(world);
}

static void test_compare_names_its_fields(void **state)
{
    (void)state;
    size_t count = 0;
    for (int aspect = 0; aspect < ASPECT_COUNT; aspect++) {
        assert_non_null(compared_field((enum aspect)aspect, 0));
        for (size_t i = 0; compared_field((enum aspect)aspect, i); i++) {
            count++;
        }
    }
    assert_true(count > SHOWN_COUNT);
    assert_string_equal(compared_field(ASPECT_ROUTING, 0), "outcome");
    assert_string_equal(compared_field(ASPECT_TRAFFIC, 0), "timeouts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_id_stays_when_other_rules_come),
        cmocka_unit_test(test_compare_id_changes_with_what_happens),
        cmocka_unit_test(test_compare_id_of_an_effect_changes_with_its_value),
        cmocka_unit_test(test_compare_says_which_requests),
        cmocka_unit_test(test_compare_pattern_holds_both_paths),
        cmocka_unit_test(test_compare_pattern_quotes_what_is_literal),
        cmocka_unit_test(test_compare_double_slashes_are_one_cause),
        cmocka_unit_test(test_compare_tells_that_case_is_the_reason),
        cmocka_unit_test(test_compare_tells_that_no_rule_is_left),
        cmocka_unit_test(test_compare_settings_of_one_plane_are_findings),
        cmocka_unit_test(test_compare_open_spellings_are_no_verdict_of_hosts),
        cmocka_unit_test(test_compare_nothing_to_compare_is_not_equivalent),
        cmocka_unit_test(test_compare_names_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
