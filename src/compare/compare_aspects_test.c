#include "compare/compare_world_priv.h"

/* That one thing differs hides nothing else. */

static const struct finding *finding_of(struct world *world, const char *title)
{
    for (size_t i = 0; i < world->result.finding_count; i++) {
        if (slice_is(world->result.findings[i].title, title)) {
            return &world->result.findings[i];
        }
    }
    for (size_t i = 0; i < world->result.finding_count; i++) {
        print_error("  " SLICE_FMT "\n", SLICE_ARG(world->result.findings[i].title));
    }
    fail_msg("no finding '%s'", title);
    return NULL;
}

static const struct route_header_edits *edits_of(struct world *world, const char *name,
                                                 const char *value)
{
    struct route_header_edits *edits = ARENA_NEW(world->run.arena, struct route_header_edits);
    struct header_edit *edit =
        ARENA_PUSH(world->run.arena, edits->edits.items, edits->edits.count, edits->edits.capacity);
    edit->name = slice_of(name);
    edit->value = template_text(world->run.arena, slice_of(value));
    return edits;
}

/* A header that one data plane sets everywhere and the other by rules: where a rule lacks it, the rule does. */
static void test_compare_header_that_one_rule_lacks(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    world->before.platform.response_headers = edits_of(world, "X-Frame-Options", "DENY");
    after.cart->effects.response_headers = edits_of(world, "X-Frame-Options", "DENY");
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, "the client gets other headers: X-Frame-Options");
    assert_false(finding->platform);
    assert_text(finding->words, "requests by http that 'prefix /' takes");
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_HEADERS].verdict, VERDICT_DIFFERENT);
    world_close(world);
}

static void test_compare_header_with_another_value_is_another_cause(void **state)
{
    (void)state;
    char ids[2][32] = {{0}};
    for (size_t i = 0; i < 2; i++) {
        struct shop before, after;
        struct world *world = shops(&before, &after);
        before.cart->effects.request_headers = edits_of(world, "X-Team", "a");
        after.cart->effects.request_headers = edits_of(world, "X-Team", i ? "c" : "b");
        const struct finding *finding = only_finding(world);
        assert_true(finding->id.len < sizeof ids[i]);
        memcpy(ids[i], finding->id.ptr, finding->id.len);
        world_close(world);
    }
    assert_string_not_equal(ids[0], ids[1]);
}

/* Another backend is one cause; what protects it is told by itself. */
static void test_compare_another_backend_hides_no_effect(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    after.cart->backends[0].service = SLICE("basket");
    set_body_limit(world, &before.cart->effects.body_limit, 10);
    compare(world, NULL);
    const struct finding *finding =
        finding_of(world, "forwarded to shop/cart:80 before, forwarded to shop/basket:80 after");
    assert_text(finding->fields, "backends");
    assert_int_equal(world->result.finding_count, 2);
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_PROTECTION].verdict, VERDICT_DIFFERENT);
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_ROUTING].verdict, VERDICT_DIFFERENT);
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_HEADERS].verdict, VERDICT_EQUIVALENT);
    world_close(world);
}

/* Nobody passes before, so that no request shows both backends. */
static void test_compare_gate_hides_no_backend(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    struct route_addresses *nobody = ARENA_NEW(world->run.arena, struct route_addresses);
    *nobody = (struct route_addresses){.has_allow = true, .status = 403};
    before.cart->effects.addresses = nobody;
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 1);
    assert_int_equal(world->result.findings[0].aspect, ASPECT_PROTECTION);
    after.cart->backends[0].service = SLICE("basket");
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 2);
    const struct finding *finding =
        finding_of(world, "answered 403 before, forwarded to shop/basket:80 after");
    assert_text(finding->fields, "backends");
    assert_witness_differs(world, finding);
    world_close(world);
}

/* Without a rule on the other side, a rule's gate is not what differs. */
static void test_compare_missing_rule_is_one_cause(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *old = add_host(world, &world->before, "shop.example", false);
    add_host(world, &world->after, "shop.example", false);
    struct rule *rule = add_rule(world, old, PATH_EXACT, "/a", "web");
    set_body_limit(world, &rule->effects.body_limit, 10);
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, "forwarded to shop/web:80 before, answered 404 after");
    assert_int_equal(finding->aspect, ASPECT_ROUTING);
    world_close(world);
}

/* What could not be told of one rule is said although another rule differs. */
static void test_compare_difference_hides_nothing_unproven(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct route_table *const tables[] = {&world->before, &world->after};
    for (size_t side = 0; side < 2; side++) {
        struct rule_list *list = add_host(world, tables[side], "shop.example", false);
        add_rule(world, list, PATH_EXACT, "/a", side ? "other" : "web");
        struct rule *opaque = add_rule(world, list, PATH_REGEX, "/(x+)y\\1", "web");
        set_regex(world, tables[side], opaque);
    }
    compare(world, NULL);
    const struct aspect_verdict *routing = &world->result.hosts[0].aspects[ASPECT_ROUTING];
    assert_int_equal(routing->verdict, VERDICT_DIFFERENT);
    assert_true(aspect_is_open(routing));
    assert_true(slice_starts(routing->reason, SLICE("the paths of '/(x+)y\\1'")));
    world_close(world);
}

/* '.' of an expression matches other characters; that the text itself goes elsewhere is another finding. */
static void test_compare_text_of_an_expression(void **state)
{
    (void)state;
    char ids[2][32] = {{0}};
    for (size_t i = 0; i < 2; i++) {
        struct world *world = world_open();
        struct rule_list *old = add_host(world, &world->before, "shop.example", false);
        struct rule_list *new = add_host(world, &world->after, "shop.example", false);
        struct rule *rule = add_rule(world, old, PATH_REGEX, "^/a.c$", "dot");
        set_regex(world, &world->before, rule);
        add_rule(world, old, PATH_PREFIX_ELEMENT, "/", "web");
        add_rule(world, new, PATH_EXACT, i ? "/elsewhere" : "/a.c", i ? "web" : "dot");
        add_rule(world, new, PATH_PREFIX_ELEMENT, "/", "web");
        const struct finding *finding = only_finding(world);
        assert_int_equal(slice_contains(finding->reason, SLICE("in which '.' is any character")),
                         !i);
        assert_true(finding->id.len < sizeof ids[i]);
        memcpy(ids[i], finding->id.ptr, finding->id.len);
        world_close(world);
    }
    assert_string_not_equal(ids[0], ids[1]);
}

/* Whose certificates are good shows in no request; the kind of object that holds the authority is a target's. */
static void test_compare_client_certificates(void **state)
{
    (void)state;
    static const struct client_check checks[] = {
        {.subject = {"Secret shop/ca", 14}, .demand = DEMAND_VALID, .status = 400, .depth = 1},
        {.subject = {"ConfigMap shop/ca", 17}, .demand = DEMAND_VALID, .status = 400},
        {.subject = {"Secret shop/other", 17}, .demand = DEMAND_VALID, .status = 400, .depth = 1},
        {.subject = {"Secret shop/ca", 14}, .demand = DEMAND_VALID, .status = 400, .depth = 3},
        {.subject = {"Secret shop/ca", 14}, .demand = DEMAND_OPTIONAL, .status = 400, .depth = 1},
        {.subject = {"Secret shop/ca", 14}, .demand = DEMAND_ANY, .status = 400, .depth = 1},
        {.subject = {"Secret shop/ca", 14}, .demand = DEMAND_NONE, .status = 400, .depth = 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        struct world *world = world_open();
        struct route_table *const tables[] = {&world->before, &world->after};
        for (size_t side = 0; side < 2; side++) {
            add_rule(world, add_host(world, tables[side], "shop.example", true),
                     PATH_PREFIX_ELEMENT, "/", "web");
            tables[side]->entries[0].client = &checks[side ? i : 0];
        }
        compare(world, NULL);
        bool found = false;
        for (size_t f = 0; f < world->result.finding_count; f++) {
            found |= slice_contains(world->result.findings[f].fields, SLICE("client certificate"));
        }
        assert_int_equal(found, i > 1);
        assert_int_equal(comparison_verdict(&world->result),
                         i > 1 ? VERDICT_DIFFERENT : VERDICT_EQUIVALENT);
        world_close(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_client_certificates),
        cmocka_unit_test(test_compare_header_that_one_rule_lacks),
        cmocka_unit_test(test_compare_header_with_another_value_is_another_cause),
        cmocka_unit_test(test_compare_another_backend_hides_no_effect),
        cmocka_unit_test(test_compare_gate_hides_no_backend),
        cmocka_unit_test(test_compare_missing_rule_is_one_cause),
        cmocka_unit_test(test_compare_difference_hides_nothing_unproven),
        cmocka_unit_test(test_compare_text_of_an_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
