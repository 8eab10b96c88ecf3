#include "compare/compare_world_priv.h"

static void test_compare_finds_other_backend(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    after.cart->backends[0].service = SLICE("basket");
    assert_finding(world, "forwarded to shop/cart:80 before, forwarded to shop/basket:80 after",
                   "/cart", IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_finds_other_port(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    after.root->backends[0].port = 8080;
    assert_finding(world, "forwarded to shop/web:80 before, forwarded to shop/web:8080 after", "/",
                   IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_weights_are_shares(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->backends[0].weight = 9;
    add_backend(world, before.cart, "canary", 1);
    after.cart->backends[0].weight = 90;
    add_backend(world, after.cart, "canary", 10);
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 0);
    after.cart->backends[1].weight = 30;
    assert_finding(world,
                   "forwarded to shop/cart:80 (90 %), shop/canary:80 (10 %) before, "
                   "forwarded to shop/cart:80 (75 %), shop/canary:80 (25 %) after",
                   "/cart", IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_finds_prefix_by_string(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->match.path.kind = PATH_PREFIX_STRING;
    assert_finding(world, "forwarded to shop/cart:80 before, forwarded to shop/web:80 after",
                   "/carta", IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_finds_exact_against_prefix(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    after.cart->match.path.kind = PATH_EXACT;
    assert_finding(world, "forwarded to shop/cart:80 before, forwarded to shop/web:80 after",
                   "/cart/", IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_finds_folded_case(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->match.path.fold = true;
    assert_finding(world, "forwarded to shop/cart:80 before, forwarded to shop/web:80 after",
                   "/carT", IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_finds_missing_rule(void **state)
{
    (void)state;
    struct world *world = world_open();
    add_rule(world, add_host(world, &world->before, "shop.example", false), PATH_PREFIX_ELEMENT,
             "/v1/chat", "chat");
    add_host(world, &world->after, "shop.example", false);
    assert_finding(world, "forwarded to shop/chat:80 before, answered 404 after", "/v1/chat",
                   IMPACT_BREAKING, ASPECT_ROUTING);
}

static void test_compare_finds_missing_host(void **state)
{
    (void)state;
    struct world *world = world_open();
    add_shop(world, &world->before);
    add_rule(world, add_host(world, &world->before, "admin.example", false), PATH_ANY, NULL,
             "admin");
    add_shop(world, &world->after);
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, "forwarded to shop/admin:80 before, answered 404 after");
    assert_text(finding->hosts[0], "admin.example");
    assert_int_equal(finding->host_count, 1);
    /* Hosts come in the order of their names, and the other one is not blamed. */
    assert_text(world->result.hosts[0].host, "admin.example");
    assert_text(world->result.hosts[1].host, "shop.example");
    assert_int_equal(world->result.hosts[1].aspects[ASPECT_ROUTING].verdict, VERDICT_EQUIVALENT);
    world_close(world);
}

static void test_compare_wildcard_depth(void **state)
{
    (void)state;
    struct world *world = world_open();
    add_rule(world, add_host(world, &world->before, "*.shop.example", false), PATH_ANY, NULL,
             "web");
    add_rule(world, add_host(world, &world->after, "*.shop.example", false), PATH_ANY, NULL, "web");
    world->before.entries[0].host.kind = HOST_ONE_LABEL;
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, "answered 404 before, forwarded to shop/web:80 after");
    assert_text(finding->witness.host, "any.other.shop.example");
    assert_text(finding->hosts[0], "*.shop.example");
    world_close(world);
}

static void set_redirect(struct world *world, struct rule *rule, int64_t status, const char *path)
{
    struct route_redirect *redirect = ARENA_NEW(world->run.arena, struct route_redirect);
    redirect->status = status;
    redirect->path_change = PATH_CHANGE_FULL;
    redirect->path = slice_of(path);
    rule->effects.redirect = redirect;
}

static void test_compare_finds_redirect_status(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    set_redirect(world, before.cart, 301, "/basket");
    set_redirect(world, after.cart, 308, "/basket");
    assert_finding(world, "redirected with 301 before, 308 after", "/cart", IMPACT_CHANGED,
                   ASPECT_REDIRECT);
}

static void test_compare_finds_redirect_location(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    set_redirect(world, before.cart, 301, "/basket");
    set_redirect(world, after.cart, 301, "/trolley");
    assert_finding(world,
                   "redirected to http://shop.example/basket (301) before, redirected to "
                   "http://shop.example/trolley (301) after",
                   "/cart", IMPACT_BREAKING, ASPECT_REDIRECT);
}

static void test_compare_finds_rewrite(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    struct route_rewrite *rewrite = ARENA_NEW(world->run.arena, struct route_rewrite);
    rewrite->kind = REWRITE_FULL;
    rewrite->target = template_text(world->run.arena, SLICE("/"));
    after.cart->effects.rewrite = rewrite;
    assert_finding(world, "the backend gets path /cart before, / after", "/cart", IMPACT_BREAKING,
                   ASPECT_REWRITE);
}

static void test_compare_finds_regex_branch(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule *before = add_rule(world, add_host(world, &world->before, "shop.example", false),
                                   PATH_REGEX, "^/(cart|basket)/[0-9]+$", "cart");
    struct rule *after = add_rule(world, add_host(world, &world->after, "shop.example", false),
                                  PATH_REGEX, "^/(cart)/[0-9]+$", "cart");
    set_regex(world, &world->before, before);
    set_regex(world, &world->after, after);
    assert_finding(world, "forwarded to shop/cart:80 before, answered 404 after", "/basket/0",
                   IMPACT_BREAKING, ASPECT_ROUTING);
}

static void add_test(struct world *world, struct rule *rule, struct test test)
{
    rule->match.tests = ARENA_NEW(world->run.arena, struct test);
    *rule->match.tests = test;
    rule->match.test_count = 1;
}

static void test_compare_finds_other_header_value(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    add_test(world, before.cart, (struct test){.name = SLICE("X-Team"), .value = SLICE("blue")});
    add_test(world, after.cart, (struct test){.name = SLICE("X-Team"), .value = SLICE("green")});
    compare(world, NULL);
    /* Both values are drawn: each side takes one of them to the cart. */
    assert_true(world->result.finding_count >= 1);
    const struct finding *finding = &world->result.findings[0];
    assert_int_equal(finding->witness.headers.count, 1);
    assert_text(finding->witness.headers.items[0].name, "X-Team");
    assert_witness_differs(world, finding);
    world_close(world);
}

static void test_compare_finds_query_and_cookie_tests(void **state)
{
    (void)state;
    static const enum test_subject subjects[] = {TEST_QUERY, TEST_COOKIE};
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        struct shop before, after;
        struct world *world = shops(&before, &after);
        add_test(world, before.cart,
                 (struct test){.subject = subjects[i], .name = SLICE("v"), .value = SLICE("2")});
        const struct finding *finding = only_finding(world);
        assert_text(finding->title,
                    "forwarded to shop/web:80 before, forwarded to shop/cart:80 after");
        world_close(world);
    }
}

/* Each header may be there, with this value or another: three to the power of forty requests would be too many. */
static void test_compare_takes_many_headers(void **state)
{
    (void)state;
    enum { HEADERS = 40 };
    struct world *world = world_open();
    struct route_table *const tables[] = {&world->before, &world->after};
    for (size_t side = 0; side < 2; side++) {
        struct rule_list *list = add_host(world, tables[side], "shop.example", false);
        for (int i = 0; i < HEADERS; i++) {
            const char *service = i == 30 && side ? "basket" : "cart";
            struct rule *rule = add_rule(world, list, PATH_PREFIX_ELEMENT, "/", service);
            const struct slice name = arena_printf(world->run.arena, "x-%d", i);
            add_test(world, rule, (struct test){.name = name, .value = SLICE("yes")});
        }
    }
    const struct finding *finding = only_finding(world);
    assert_text(finding->title,
                "forwarded to shop/cart:80 before, forwarded to shop/basket:80 after");
    assert_true(world->result.classes < 10000);
    world_close(world);
}

static void test_compare_finds_method(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    before.cart->match.method = SLICE("PUT");
    after.cart->match.method = SLICE("PATCH");
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_witness_differs(world, &world->result.findings[i]);
    }
    world_close(world);
}

static void test_compare_finds_body_limit(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    set_body_limit(world, &before.cart->effects.body_limit, 1024);
    compare(world, NULL);
    /* A request that the limit stops and the limit itself are one cause; the first is shown. */
    assert_int_equal(world->result.finding_count, 1);
    const struct finding *stopped = &world->result.findings[0];
    assert_text(stopped->title, "largest request body: 1024 bytes before, not set after");
    assert_int_equal(stopped->before.status, 413);
    assert_int_equal(stopped->after.kind, OUTCOME_FORWARD);
    assert_int_equal(stopped->aspect, ASPECT_PROTECTION);
    assert_int_equal(stopped->witness.body_bytes, 1025);
    assert_witness_differs(world, stopped);
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_PROTECTION].verdict, VERDICT_DIFFERENT);
    world_close(world);
}

static void test_compare_one_annotation_is_one_cause(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    struct route_timeouts *timeouts = ARENA_NEW(world->run.arena, struct route_timeouts);
    *timeouts = (struct route_timeouts){.source = {.name = SLICE("proxy-read-timeout")},
                                        .read_ms = 3600000};
    before.cart->effects.timeouts = before.root->effects.timeouts = timeouts;
    const struct finding *finding = only_finding(world);
    assert_int_equal(finding->aspect, ASPECT_TRAFFIC);
    assert_text(finding->fields, "timeouts");
    assert_true(finding->requests >= world->result.classes);
    world_close(world);
}

static void test_compare_header_of_a_rule(void **state)
{
    (void)state;
    struct shop before, after;
    struct world *world = shops(&before, &after);
    struct route_header_edits *edits = ARENA_NEW(world->run.arena, struct route_header_edits);
    struct header_edit *edit =
        ARENA_PUSH(world->run.arena, edits->edits.items, edits->edits.count, edits->edits.capacity);
    edit->kind = EDIT_REMOVE;
    edit->name = SLICE("X-Debug");
    after.cart->effects.request_headers = edits;
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, "the backend gets other headers: X-Debug");
    assert_int_equal(finding->aspect, ASPECT_HEADERS);
    assert_false(finding->platform);
    assert_int_equal(finding->witness.headers.count, 1);
    world_close(world);
}

static void test_compare_finds_other_certificate(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct route_table *const tables[] = {&world->before, &world->after};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        add_rule(world, add_host(world, tables[i], "shop.example", true), PATH_ANY, NULL, "web");
        tables[i]->entries[0].certificate.namespace = SLICE("shop");
        tables[i]->entries[0].certificate.secret = i ? SLICE("new-tls") : SLICE("tls");
    }
    assert_finding(world, "certificate of Secret shop/tls before, of Secret shop/new-tls after",
                   "/", IMPACT_BREAKING, ASPECT_PROTECTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_finds_other_backend),
        cmocka_unit_test(test_compare_finds_other_port),
        cmocka_unit_test(test_compare_weights_are_shares),
        cmocka_unit_test(test_compare_finds_prefix_by_string),
        cmocka_unit_test(test_compare_finds_exact_against_prefix),
        cmocka_unit_test(test_compare_finds_folded_case),
        cmocka_unit_test(test_compare_finds_missing_rule),
        cmocka_unit_test(test_compare_finds_missing_host),
        cmocka_unit_test(test_compare_wildcard_depth),
        cmocka_unit_test(test_compare_finds_redirect_status),
        cmocka_unit_test(test_compare_finds_redirect_location),
        cmocka_unit_test(test_compare_finds_rewrite),
        cmocka_unit_test(test_compare_finds_regex_branch),
        cmocka_unit_test(test_compare_finds_other_header_value),
        cmocka_unit_test(test_compare_finds_query_and_cookie_tests),
        cmocka_unit_test(test_compare_takes_many_headers),
        cmocka_unit_test(test_compare_finds_method),
        cmocka_unit_test(test_compare_finds_body_limit),
        cmocka_unit_test(test_compare_one_annotation_is_one_cause),
        cmocka_unit_test(test_compare_header_of_a_rule),
        cmocka_unit_test(test_compare_finds_other_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
