/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compare/compare_priv.h"

#include <stdlib.h>
#include <string.h>

/* Two tables that a test builds by hand; "after" starts as a copy of "before" in meaning. */
struct world {
    struct run run;
    struct route_table before, after;
    struct comparison result;
};

static void table_open(struct world *world, struct route_table *table, const char *label)
{
    static const int gates[] = {EFFECT_answer,     EFFECT_redirect,  EFFECT_https_redirect,
                                EFFECT_body_limit, EFFECT_addresses, EFFECT_cors,
                                GATE_NO_ENDPOINTS};
    route_table_open(&world->run, table);
    table->label = slice_of(label);
    memcpy(table->gates, gates, sizeof gates);
    table->gate_count = ARRAY_LEN(gates);
}

static struct world *world_open(void)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    run_open(&world->run, NULL, NULL, NULL);
    table_open(world, &world->before, "before");
    table_open(world, &world->after, "after");
    return world;
}

static void world_close(struct world *world)
{
    route_table_close(&world->before);
    route_table_close(&world->after);
    run_close(&world->run);
    free(world);
}

static struct rule_list *add_host(struct world *world, struct route_table *table, const char *host,
                                  bool https)
{
    struct entry *entry = route_table_add(&world->run, table);
    struct rule_list *list = ARENA_NEW(world->run.arena, struct rule_list);
    entry->https = https;
    entry->port = https ? 443 : 80;
    entry->host.name = slice_of(host);
    entry->host.kind = !host ? HOST_ANY : *host == '*' ? HOST_SUFFIX : HOST_EXACT;
    entry->rules = list;
    entry->origin.kind = SLICE("Object");
    return list;
}

static struct backend *add_backend(struct world *world, struct rule *rule, const char *service,
                                   uint64_t weight)
{
    struct backend *items = ARENA_ARRAY(world->run.arena, struct backend, rule->backend_count + 1);
    for (size_t i = 0; i < rule->backend_count; i++) {
        items[i] = rule->backends[i];
    }
    struct backend *backend = &items[rule->backend_count++];
    *backend = (struct backend){
        .namespace = SLICE("shop"), .service = slice_of(service), .port = 80, .weight = weight};
    rule->backends = items;
    return backend;
}

static struct rule *add_rule(struct world *world, struct rule_list *list, enum path_kind kind,
                             const char *path, const char *service)
{
    struct rule *rule = rule_list_add(&world->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = slice_of(path);
    rule->origin = (struct origin){
        .kind = SLICE("Object"),
        .namespace = SLICE("shop"),
        .name = SLICE("web"),
        .field = arena_printf(world->run.arena, "rules[%zu]", list->count - 1),
    };
    if (service) {
        add_backend(world, rule, service, 1);
    }
    return rule;
}

static void set_regex(struct world *world, struct route_table *table, struct rule *rule)
{
    struct slice error;
    rule->match.path.regex = regex_compile(&world->run, table->regexes, rule->match.path.value,
                                           rule->match.path.fold, rule->match.path.whole, &error);
    assert_non_null(rule->match.path.regex);
}

/* A small shop on both sides; the rules can be reached to plant a difference. */
struct shop {
    struct rule *cart, *root;
};

static struct shop add_shop(struct world *world, struct route_table *table)
{
    struct rule_list *list = add_host(world, table, "shop.example", false);
    struct shop shop;
    list->capacity = 4; /* so that rules do not move while they are added */
    list->rules = ARENA_ARRAY(world->run.arena, struct rule, 4);
    shop.cart = add_rule(world, list, PATH_PREFIX_ELEMENT, "/cart", "cart");
    shop.root = add_rule(world, list, PATH_PREFIX_ELEMENT, "/", "web");
    return shop;
}

static void compare(struct world *world, const struct compare_options *options)
{
    static const struct compare_options all = {0};
    compare_sides(&world->run, evaluator_new(&world->run, &world->before), &world->before,
                  evaluator_new(&world->run, &world->after), &world->after,
                  options ? options : &all, &world->result);
}

/* The witness of a finding, asked once more of both sides, must differ in what the finding says. */
static void assert_witness_differs(struct world *world, const struct finding *finding)
{
    struct sides sides;
    struct outcome before, after;
    struct difference found[DIFFERENCES_MAX];
    sides_init(&world->before, &world->after, NULL, &sides);
    evaluate(evaluator_new(&world->run, &world->before), world->run.arena, &finding->witness,
             &before);
    evaluate(evaluator_new(&world->run, &world->after), world->run.arena, &finding->witness,
             &after);
    size_t count = outcomes_differ(&sides, &before, &after, found);
    bool seen = false;
    for (size_t i = 0; i < count; i++) {
        struct slice fields = difference_fields(world->run.arena, &found[i]);
        seen = seen || slice_equal(fields, finding->fields);
    }
    assert_true(seen);
    assert_int_equal(before.kind, finding->before.kind);
    assert_int_equal(after.kind, finding->after.kind);
}

static void assert_text(struct slice text, const char *expected)
{
    if (!slice_is(text, expected)) {
        fail_msg("got '" SLICE_FMT "', expected '%s'", SLICE_ARG(text), expected);
    }
}

static const struct finding *only_finding(struct world *world)
{
    compare(world, NULL);
    if (world->result.finding_count != 1) {
        for (size_t i = 0; i < world->result.finding_count; i++) {
            print_error("  " SLICE_FMT " [" SLICE_FMT "]\n",
                        SLICE_ARG(world->result.findings[i].title),
                        SLICE_ARG(world->result.findings[i].fields));
        }
        fail_msg("%zu findings, expected one", world->result.finding_count);
    }
    assert_witness_differs(world, &world->result.findings[0]);
    return &world->result.findings[0];
}

static void assert_finding(struct world *world, const char *title, const char *target,
                           enum impact impact, enum aspect aspect)
{
    const struct finding *finding = only_finding(world);
    assert_text(finding->title, title);
    assert_text(finding->witness.target, target);
    assert_int_equal(finding->impact, impact);
    assert_int_equal(finding->aspect, aspect);
    assert_false(finding->platform);
    assert_int_equal(finding->host_count, 1);
    assert_text(finding->hosts[0], "shop.example");
    assert_int_equal(world->result.hosts[0].aspects[aspect], VERDICT_DIFFERENT);
    assert_true(finding->requests > 0 && finding->requests <= world->result.requests);
    assert_true(world->result.agreed < world->result.requests);
    world_close(world);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void test_compare_identical_tables_have_no_finding(void **state)
{
    (void)state;
    struct world *world = world_open();
    add_shop(world, &world->before);
    add_shop(world, &world->after);
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 0);
    assert_true(world->result.requests > 15);
    assert_int_equal(world->result.agreed, world->result.requests);
    assert_int_equal(world->result.unknown, 0);
    assert_int_equal(world->result.host_count, 1);
    for (int i = 0; i < ASPECT_COUNT; i++) {
        assert_int_equal(world->result.hosts[0].aspects[i], VERDICT_UNPROVEN);
    }
    world_close(world);
}

static struct world *shops(struct shop *before, struct shop *after)
{
    struct world *world = world_open();
    *before = add_shop(world, &world->before);
    *after = add_shop(world, &world->after);
    return world;
}

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
                   "/cartx", IMPACT_BREAKING, ASPECT_ROUTING);
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
                   "/CART", IMPACT_BREAKING, ASPECT_ROUTING);
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
    assert_int_equal(world->result.hosts[1].aspects[ASPECT_ROUTING], VERDICT_UNPROVEN);
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
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_REDIRECT], VERDICT_UNPROVEN);
    assert_int_equal(world->result.agreed, world->result.requests);
    world_close(world);
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

static void set_body_limit(struct world *world, const struct route_body_limit **slot, int64_t bytes)
{
    struct route_body_limit *limit = ARENA_NEW(world->run.arena, struct route_body_limit);
    limit->bytes = bytes;
    *slot = limit;
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
    assert_int_equal(world->result.hosts[0].aspects[ASPECT_PROTECTION], VERDICT_DIFFERENT);
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
    assert_int_equal(finding->requests, world->result.requests);
    world_close(world);
}

static void set_platform_header(struct world *world, struct route_table *table, const char *name)
{
    struct route_header_edits *edits = ARENA_NEW(world->run.arena, struct route_header_edits);
    struct header_edit *edit =
        ARENA_PUSH(world->run.arena, edits->edits.items, edits->edits.count, edits->edits.capacity);
    edit->name = slice_of(name);
    edit->value = template_text(world->run.arena, SLICE("1"));
    table->platform.request_headers = edits;
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
    assert_int_equal(world->result.agreed, world->result.requests);
    for (size_t i = 0; i < world->result.host_count; i++) {
        for (int a = 0; a < ASPECT_COUNT; a++) {
            assert_int_equal(world->result.hosts[i].aspects[a], VERDICT_UNPROVEN);
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
    assert_int_equal(world->result.agreed + world->result.unknown, world->result.requests);
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

static void test_compare_requests_of_a_host_are_bounded(void **state)
{
    (void)state;
    struct world *world = world_open();
    struct rule_list *list = add_host(world, &world->before, "shop.example", false);
    for (size_t i = 0; i < 2500; i++) {
        const char *path =
            arena_string(world->run.arena, arena_printf(world->run.arena, "/p%zu", i));
        add_rule(world, list, PATH_EXACT, path, "web");
    }
    world->after.entries = world->before.entries;
    world->after.entry_count = world->before.entry_count;
    compare(world, NULL);
    assert_int_equal(world->result.finding_count, 0);
    assert_true(world->result.requests > COMPARE_REQUESTS_MAX / 2);
    assert_true(world->result.requests <= COMPARE_REQUESTS_MAX);
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_identical_tables_have_no_finding),
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
        cmocka_unit_test(test_compare_slash_of_https_redirect_is_cosmetic),
        cmocka_unit_test(test_compare_finds_rewrite),
        cmocka_unit_test(test_compare_finds_regex_branch),
        cmocka_unit_test(test_compare_finds_other_header_value),
        cmocka_unit_test(test_compare_finds_query_and_cookie_tests),
        cmocka_unit_test(test_compare_finds_method),
        cmocka_unit_test(test_compare_finds_body_limit),
        cmocka_unit_test(test_compare_one_annotation_is_one_cause),
        cmocka_unit_test(test_compare_platform_is_said_once),
        cmocka_unit_test(test_compare_rule_that_repeats_the_default_is_no_cause),
        cmocka_unit_test(test_compare_header_of_a_rule),
        cmocka_unit_test(test_compare_double_slash_lies_in_the_platform),
        cmocka_unit_test(test_compare_unknown_is_counted_and_never_agrees),
        cmocka_unit_test(test_compare_https_without_certificate_is_said_once),
        cmocka_unit_test(test_compare_finds_other_certificate),
        cmocka_unit_test(test_compare_aspects_select),
        cmocka_unit_test(test_compare_order_of_entries_does_not_show),
        cmocka_unit_test(test_compare_requests_of_a_host_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
