#include "compare/compare_world_priv.h"

static void set_platform_header(struct world *world, struct route_table *table, const char *name)
{
    struct route_header_edits *edits = ARENA_NEW(world->run.arena, struct route_header_edits);
    struct header_edit *edit =
        ARENA_PUSH(world->run.arena, edits->edits.items, edits->edits.count, edits->edits.capacity);
    edit->name = slice_of(name);
    edit->value = template_text(world->run.arena, SLICE("1"));
    table->platform.request_headers = edits;
}

static void test_compare_slash_of_https_redirect_is_cosmetic(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    struct route_redirect *plain = ARENA_NEW(world->run.arena, struct route_redirect);
    *plain = (struct route_redirect){
        .status = 308, .only_plain_http = true, .scheme = SLICE("https"), .keep_query = true};
    struct route_redirect *cut = ARENA_NEW(world->run.arena, struct route_redirect);
    *cut = *plain;
    cut->strip_slash = true;
    before.cart->effects.https_redirect = before.root->effects.https_redirect = cut;
    after.cart->effects.https_redirect = after.root->effects.https_redirect = plain;
    const struct finding *finding = only_finding(world);
    assert_true(finding->platform);
    assert_int_equal(finding->impact, IMPACT_COSMETIC);
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_REDIRECT].verdict, VERDICT_EQUIVALENT);
    assert_int_equal(world->result.agreed, world->result.classes);
    world_close(world);
}

/* A port that goes without saying changes no place; another one does. */
static void test_compare_port_of_https_redirect(void **state)
{
    (void)state;
    for (int64_t port = 443; port <= 8443; port += 8000) {
        struct shop before, after;
        struct world *world = shops(&before, &after);
        struct route_redirect *plain = ARENA_NEW(world->run.arena, struct route_redirect);
        struct route_redirect *written = ARENA_NEW(world->run.arena, struct route_redirect);
        *plain = (struct route_redirect){
            .status = 308, .only_plain_http = true, .scheme = SLICE("https"), .keep_query = true};
        *written = *plain;
        written->port_from = REDIRECT_PORT_WRITTEN;
        written->port = port;
        before.cart->effects.https_redirect = before.root->effects.https_redirect = written;
        after.cart->effects.https_redirect = after.root->effects.https_redirect = plain;
        compare(world, NULL);
        const struct finding *finding = &world->result.findings[0];
        /* a port in the Host stays in the one that writes none, which is the data planes' */
        finding += slice_starts(finding->title, SLICE("a Host in capitals"));
        assert_int_equal(finding->impact, port == 443 ? IMPACT_COSMETIC : IMPACT_BREAKING);
        world_close(world);
    }
}

static void test_compare_platform_is_said_once(void **state)
{
    (void)state;
    struct world *world = world_open();
    add_shop(world, &world->before);
    add_shop(world, &world->after);
    add_rule(world, add_host(world, &world->before, "b.example", false), PATH_ANY, NULL, "b");
    add_rule(world, add_host(world, &world->after, "b.example", false), PATH_ANY, NULL, "b");
    set_platform_header(world, &world->before, "X-Real-IP");
    set_platform_header(world, &world->after, "X-Envoy");
    set_body_limit(world, &world->before.platform.body_limit, 1 << 20);
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(world->result.findings[i].platform);
        assert_int_equal(world->result.findings[i].host_count, 2);
        assert_witness_differs(world, &world->result.findings[i]);
    }
    assert_text(world->result.findings[1].title,
                "the backend gets other headers: X-Real-IP, X-Envoy");
    assert_int_equal(world->result.agreed, world->result.classes);
    for (size_t i = 0; i < world->result.host_count; i++) {
        for (int a = 0; a < ASPECT_COUNT; a++) {
            assert_int_equal(world->result.hosts[i].aspects[a].verdict, VERDICT_EQUIVALENT);
        }
    }
    world_close(world);
}

static void test_compare_rule_that_repeats_the_default_is_no_cause(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    set_body_limit(world, &world->before.platform.body_limit, 1 << 20);
    set_body_limit(world, &before.cart->effects.body_limit, 1 << 20);
    compare(world, NULL);
    size_t limits = 0;
    for (size_t i = 0; i < world->result.finding_count; i++) {
        const struct finding *finding = &world->result.findings[i];
        if (slice_is(finding->fields, "body_limit")) {
            assert_true(finding->platform);
            limits++;
        }
    }
    assert_int_equal(limits, 1);
    world_close(world);
}

static void test_compare_double_slash_lies_in_the_platform(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    (void)before;
    (void)after;
    world->before.view.match_form.merge_slashes = true;
    const struct finding *finding = only_finding(world);
    assert_true(finding->platform);
    assert_text(finding->witness.target, "//cart");
    assert_text(finding->title, "a path with a double slash: forwarded to shop/cart:80 before, "
                                "forwarded to shop/web:80 after");
    world_close(world);
}

static void test_compare_unknown_is_counted_and_never_agrees(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    (void)after;
    before.cart->unknown =
        unknown_add(&world->run, NULL, ASPECT_PROTECTION, (struct effect_source){0},
                    SLICE("annotation 'auth-url' is not understood yet"));
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 0);
    assert_true(world->result.unknown > 0);
    assert_int_equal(world->result.agreed + world->result.unknown, world->result.classes);
    assert_text(world->result.unknown_reason, "annotation 'auth-url' is not understood yet");
    assert_int_equal(world->result.hosts[0].unknown, world->result.unknown);
    world_close(world);
}

static void test_compare_https_without_certificate_is_said_once(void **state)
{
    (void)state;
    struct world *world = world_open();
    static const char *const hosts[] = {"a.example", "b.example"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        add_rule(world, add_host(world, &world->before, hosts[i], false), PATH_ANY, NULL, "web");
        add_rule(world, add_host(world, &world->before, hosts[i], true), PATH_ANY, NULL, "web");
        add_rule(world, add_host(world, &world->after, hosts[i], false), PATH_ANY, NULL, "web");
    }
    const struct finding *finding = only_finding(world);
    assert_true(finding->platform);
    assert_text(finding->title, "forwarded to shop/web:80 before, connection closed after");
    world_close(world);
}

static void test_compare_aspects_select(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    after.cart->backends[0].service = SLICE("basket");
    set_body_limit(world, &before.root->effects.body_limit, 10);
    const struct compare_options routing = {.aspects = {[ASPECT_ROUTING] = true}};
    compare(world, &routing);
    assert_int_equal(world->result.finding_count, 1);
    assert_text(world->result.findings[0].fields, "backends");
    world_close(world);
}

static void test_compare_order_of_entries_does_not_show(void **state)
{
    (void)state;
    static const char *const hosts[] = {"a.example", "b.example", "c.example"};
    struct slice ids[2][3];
    for (size_t turn = 0; turn < 2; turn++) {
        struct world *world = world_open();
        for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
            const char *host = hosts[turn ? ARRAY_LEN(hosts) - 1 - i : i];
            struct rule *rule = add_rule(world, add_host(world, &world->before, host, false),
                                         PATH_EXACT, "/x", "web");
            rule->origin.name = slice_of(host);
            add_host(world, &world->after, host, false);
        }
        compare(world, NULL);
        assert_int_equal(world->result.finding_count, 3);
        for (size_t i = 0; i < 3; i++) {
            struct slice id = world->result.findings[i].id;
            ids[turn][i] = slice_of(strndup(id.ptr, id.len));
        }
        world_close(world);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(slice_equal(ids[0][i], ids[1][i]));
        assert_true(i == 0 || !slice_equal(ids[0][i], ids[0][i - 1]));
    }
    for (size_t i = 0; i < 6; i++) {
        free((void *)(uintptr_t)ids[i / 3][i % 3].ptr);
    }
}

static void test_compare_classes_of_a_host_are_bounded(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *before = add_host(world, &world->before, "shop.example", false);
    struct rule_list *after = add_host(world, &world->after, "shop.example", false);
    for (size_t i = 0; i < 1900;
         i++) { /* the other way round, so that they are not plainly the same */
        struct arena *arena = world->run.arena;
        const char *path = arena_string(arena, arena_printf(arena, "/p%zu", i));
        const char *other = arena_string(arena, arena_printf(arena, "/p%zu", 1899 - i));
        add_rule(world, before, PATH_EXACT, path, "web");
        add_rule(world, after, PATH_EXACT, other, "web");
    }
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 0);
    assert_true(world->result.classes >= 1900);
    assert_int_equal(comparison_verdict(&world->result), VERDICT_EQUIVALENT);
    const struct compare_options few = {.limits = {.classes = 100}};
    compare(world, &few);
    assert_true(world->result.classes <= 100);
    assert_int_equal(comparison_verdict(&world->result), VERDICT_UNPROVEN);
    assert_text(world->result.hosts[0].aspects[ASPECT_ROUTING].reason,
                "there are more classes of requests than the limit");
    world_close(world);
}

static void test_compare_identical_tables_have_no_finding(void **state)
{
    (void)state;
    struct world *world = world_open();
    add_shop(world, &world->before);
    add_shop(world, &world->after);
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 0);
    assert_true(world->result.classes >= 2);
    assert_int_equal(world->result.agreed, world->result.classes);
    assert_int_equal(world->result.unknown, 0);
    assert_int_equal(world->result.host_count, 1);
    for (int i = 0; i < ASPECT_COUNT; i++) {
        assert_int_equal(world->result.hosts[0].aspects[i].verdict, VERDICT_EQUIVALENT);
    }
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_slash_of_https_redirect_is_cosmetic),
        cmocka_unit_test(test_compare_port_of_https_redirect),
        cmocka_unit_test(test_compare_platform_is_said_once),
        cmocka_unit_test(test_compare_rule_that_repeats_the_default_is_no_cause),
        cmocka_unit_test(test_compare_double_slash_lies_in_the_platform),
        cmocka_unit_test(test_compare_unknown_is_counted_and_never_agrees),
        cmocka_unit_test(test_compare_https_without_certificate_is_said_once),
        cmocka_unit_test(test_compare_aspects_select),
        cmocka_unit_test(test_compare_order_of_entries_does_not_show),
        cmocka_unit_test(test_compare_classes_of_a_host_are_bounded),
        cmocka_unit_test(test_compare_identical_tables_have_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
