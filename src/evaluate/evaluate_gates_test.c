#include "evaluate/test_world_priv.h"

static void set_gates(struct world *world, const int *gates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world->table.gates[i] = gates[i];
    }
    world->table.gate_count = count;
}

static struct rule *lone_rule(struct world *world)
{
    struct rule_list *list = world_list(world);
    world_entry(world, HOST_ANY, "", false, list);
    return world_rule(world, list, PATH_ANY, "", "api");
}

static void test_evaluate_gates_answer_in_the_order_of_the_table(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    const struct route_answer answer = {.status = 503, .reason = SLICE("denied")};
    const struct route_body_limit limit = {.bytes = 10};
    const struct route_redirect redirect = {.status = 302};
    rule->effects.answer = &answer;
    rule->effects.body_limit = &limit;
    rule->effects.redirect = &redirect;
    struct request request = {.host = SLICE("a.b"), .body_bytes = 11};
    set_gates(world, (const int[]){EFFECT_body_limit, EFFECT_answer, EFFECT_redirect}, 3);
    assert_answers(world_send(world, request), 413);
    assert_int_equal(world->out.decided_by, EFFECT_body_limit);
    set_gates(world, (const int[]){EFFECT_answer, EFFECT_body_limit, EFFECT_redirect}, 3);
    assert_answers(world_send(world, request), 503);
    assert_text(world->out.reason, "denied");
    set_gates(world, (const int[]){EFFECT_rewrite, EFFECT_redirect, EFFECT_answer}, 3);
    assert_redirects(world_send(world, request), 302, "http://a.b/");
    set_gates(world, NULL, 0);
    assert_answers(world_send(world, request), 503); /* in the place of the backend */
    rule->effects.answer = NULL;
    assert_served_by(world_send(world, request), "api");
    assert_int_equal(world->out.decided_by, -1);
}

static void test_evaluate_last_answers_come_after_all_gates(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    const struct route_answer answer = {.status = 404, .last = true};
    const struct route_redirect redirect = {.status = 302};
    rule->effects.answer = &answer;
    rule->effects.redirect = &redirect;
    set_gates(world, (const int[]){EFFECT_answer, EFFECT_redirect}, 2);
    assert_redirects(world_get(world, "a.b", "/"), 302, "http://a.b/");
    rule->effects.redirect = NULL;
    assert_answers(world_get(world, "a.b", "/"), 404);
    assert_int_equal(world->out.decided_by, EFFECT_answer);
}

static void test_evaluate_body_limits(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    set_gates(world, (const int[]){EFFECT_body_limit}, 1);
    const struct route_body_limit platform = {.bytes = 100}, own = {.bytes = 200},
                                  none = {.bytes = -1};
    world->table.platform.body_limit = &platform;
    struct request request = {.host = SLICE("a.b"), .method = SLICE("POST"), .body_bytes = 100};
    assert_served_by(world_send(world, request), "api");
    assert_ptr_equal(world->out.effects.body_limit, &platform);
    request.body_bytes = 101;
    assert_answers(world_send(world, request), 413);
    rule->effects.body_limit = &own;
    assert_served_by(world_send(world, request), "api");
    request.body_bytes = UINT64_MAX;
    assert_answers(world_send(world, request), 413);
    rule->effects.body_limit = &none;
    assert_served_by(world_send(world, request), "api");
}

static struct request from(const char *address)
{
    struct request request = {.host = SLICE("a.b"), .client_text = slice_of(address)};
    assert_true(address_parse(request.client_text, &request.client));
    return request;
}

static void test_evaluate_address_lists(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    set_gates(world, (const int[]){EFFECT_addresses}, 1);
    struct network allow, deny;
    assert_true(network_parse(SLICE("10.0.0.0/8"), &allow));
    assert_true(network_parse(SLICE("10.1.0.0/16"), &deny));
    struct route_addresses lists = {.status = 403};
    rule->effects.addresses = &lists;
    assert_served_by(world_get(world, "a.b", "/"), "api"); /* no list is set */
    lists.deny = (struct networks){&deny, 1};
    assert_answers(world_send(world, from("10.1.2.3")), 403);
    assert_served_by(world_send(world, from("192.0.2.1")), "api");
    assert_int_equal(world_get(world, "a.b", "/")->kind, OUTCOME_UNKNOWN);
    assert_true(slice_contains(world->out.reason, SLICE("client's address")));
    lists.allow = (struct networks){&allow, 1};
    lists.has_allow = true;
    assert_answers(world_send(world, from("10.1.2.3")), 403);
    assert_served_by(world_send(world, from("10.2.2.3")), "api");
    assert_answers(world_send(world, from("192.0.2.1")), 403);
    assert_answers(world_send(world, from("::1")), 403);
    lists.allow.count = 0;
    assert_answers(world_send(world, from("10.2.2.3")), 403);
}

static struct slice client_of(struct world *world, const char *peer, const char *forwarded)
{
    struct header header = {SLICE("X-Forwarded-For"), slice_of(forwarded)};
    struct request request = peer ? from(peer) : (struct request){.host = SLICE("a.b")};
    request.headers = (struct headers){&header, 1, 1};
    const struct outcome *out = world_send(world, request);
    assert_served_by(out, "api");
    return seen_value(&out->backends[0].request, "X-Real-IP");
}

static void test_evaluate_client_may_be_named_by_a_header(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    struct header_edit edit = {EDIT_SET, SLICE("X-Real-IP"),
                               template_part(world->run.arena, PART_CLIENT), false, false};
    rule->effects.request_headers = world_edits(world, &edit, 1);
    struct network all, inner[2];
    assert_true(network_parse(SLICE("0.0.0.0/0"), &all));
    assert_true(network_parse(SLICE("10.0.0.0/8"), &inner[0]));
    assert_true(network_parse(SLICE("fd00::/8"), &inner[1]));
    assert_text(client_of(world, "10.0.0.1", "192.0.2.1"), "10.0.0.1");
    world->table.view.client_header = SLICE("x-forwarded-for");
    assert_text(client_of(world, "10.0.0.1", "192.0.2.1"), "10.0.0.1"); /* nobody is trusted */
    world->table.view.client_trusted = (struct networks){&all, 1};
    assert_text(client_of(world, NULL, "192.0.2.1, 192.0.2.2:80"), "192.0.2.1");
    assert_text(client_of(world, "10.0.0.1", "nonsense, 192.0.2.2"), "192.0.2.2");
    assert_text(client_of(world, "10.0.0.1", "192.0.2.1, ::1"), "::1");
    assert_text(client_of(world, "10.0.0.1", ""), "10.0.0.1");
    world->table.view.client_trusted = (struct networks){inner, 2};
    assert_text(client_of(world, "10.0.0.1", "1.1.1.1,192.0.2.1,10.0.0.9,[fd00::1]:80"),
                "192.0.2.1");
    assert_text(client_of(world, "192.0.2.9", "192.0.2.1"), "192.0.2.9");
    assert_null(client_of(world, NULL, "192.0.2.1").ptr);
    struct network deny;
    assert_true(network_parse(SLICE("192.0.2.1"), &deny));
    const struct route_addresses lists = {.deny = {&deny, 1}, .status = 403};
    rule->effects.addresses = &lists;
    set_gates(world, (const int[]){EFFECT_addresses}, 1);
    struct header header = {SLICE("X-Forwarded-For"), SLICE("192.0.2.1")};
    struct request request = from("10.0.0.1");
    request.headers = (struct headers){&header, 1, 1};
    assert_answers(world_send(world, request), 403);
}

static void test_evaluate_rules_without_endpoints(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    const struct route_redirect redirect = {.status = 302};
    rule->effects.redirect = &redirect;
    struct backend *backends = world_backends(world, rule, 3);
    backends[0].status = backends[1].status = 503;
    backends[2].weight = 0;
    set_gates(world, (const int[]){GATE_NO_ENDPOINTS, EFFECT_redirect}, 2);
    assert_answers(world_get(world, "a.b", "/"), 503);
    assert_int_equal(world->out.decided_by, GATE_NO_ENDPOINTS);
    backends[1].status = 0;
    assert_redirects(world_get(world, "a.b", "/"), 302, "http://a.b/");
    backends[1].status = 500;
    assert_redirects(world_get(world, "a.b", "/"), 302, "http://a.b/");
    set_gates(world, (const int[]){GATE_NO_ENDPOINTS}, 1);
    const struct outcome *out = world_get(world, "a.b", "/");
    assert_int_equal(out->kind, OUTCOME_FORWARD);
    assert_int_equal(out->backend_count, 2);
}

static void test_evaluate_answers_carry_headers(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    set_gates(world, (const int[]){EFFECT_answer}, 1);
    struct header_edit of_platform = {EDIT_SET, SLICE("X-P"), world_template(world, "p"), false,
                                      false};
    struct header_edit of_rule = {EDIT_SET, SLICE("X-R"), world_template(world, "r"), false, false};
    world->table.platform.response_headers = world_edits(world, &of_platform, 1);
    rule->effects.response_headers = world_edits(world, &of_rule, 1);
    const struct route_answer answer = {.status = 503};
    const struct route_cors cors = {.any_origin = true, .max_age = -1};
    rule->effects.answer = &answer;
    rule->effects.cors = &cors;
    assert_answers(world_get(world, "a.b", "/"), 503);
    assert_text(seen_value(&world->out.response, "x-p"), "p");
    assert_text(seen_value(&world->out.response, "x-r"), "r");
    assert_text(seen_value(&world->out.response, "access-control-allow-origin"), "*");
    rule->effects.answer = NULL;
    rule->backend_count = 0;
    assert_answers(world_get(world, "a.b", "/"), 500);
    assert_text(seen_value(&world->out.response, "x-r"), "r");
    rule->match.method = SLICE("PUT");
    assert_answers(world_get(world, "a.b", "/"), 404);
    assert_text(seen_value(&world->out.response, "x-p"), "p");
    assert_null(seen_value(&world->out.response, "x-r").ptr);
}

/* ---- CORS --------------------------------------------------------------------------------- */

static const struct outcome *from_origin(struct world *world, const char *method,
                                         const char *origin, const char *asked)
{
    struct header items[] = {{SLICE("Origin"), slice_of(origin)},
                             {SLICE("Access-Control-Request-Method"), slice_of(asked)}};
    return world_send(world, (struct request){.host = SLICE("a.b"),
                                              .method = slice_of(method),
                                              .headers = {items, asked ? 2 : 1, 2}});
}

static struct slice allowed(struct world *world)
{
    const struct seen_headers *headers = world->out.kind == OUTCOME_FORWARD
                                             ? &world->out.backends[0].response
                                             : &world->out.response;
    return seen_value(headers, "Access-Control-Allow-Origin");
}

static void test_evaluate_cors_as_ingress_nginx(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    set_gates(world, (const int[]){EFFECT_cors}, 1);
    struct slice origins[] = {SLICE("https://a.example"), SLICE("http://*.b.example:8080")};
    struct slice methods[] = {SLICE("PUT, GET")};
    const struct route_cors cors = {.origins = {origins, 2},
                                    .echo_origin = true,
                                    .end_anchored_only = true,
                                    .credentials = true,
                                    .methods = {methods, 1},
                                    .max_age = 5,
                                    .preflight_status = 204};
    rule->effects.cors = &cors;
    assert_answers(from_origin(world, "OPTIONS", "https://a.example", NULL), 204);
    assert_int_equal(world->out.decided_by, EFFECT_cors);
    assert_text(allowed(world), "https://a.example");
    assert_text(seen_value(&world->out.response, "access-control-allow-methods"), "PUT, GET");
    assert_text(seen_value(&world->out.response, "access-control-max-age"), "5");
    assert_text(seen_value(&world->out.response, "access-control-allow-credentials"), "true");
    assert_served_by(from_origin(world, "OPTIONS", "https://c.example", "PUT"), "api");
    assert_null(allowed(world).ptr);
    static const char *const good[] = {"https://a.example", "xhttps://A.example",
                                       "http://x-9.b.example:8080", "yhttp://x.b.example:8080"};
    static const char *const bad[] = {"https://a.example.org",  "http://x.y.b.example:8080",
                                      "http://.b.example:8080", "http://x_y.b.example:8080",
                                      "http://x.b.example",     "https://aXexample"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_served_by(from_origin(world, "GET", good[i], NULL), "api");
        assert_text(allowed(world), good[i]);
        assert_text(seen_value(&world->out.backends[0].response, "access-control-max-age"), "5");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_served_by(from_origin(world, "GET", bad[i], NULL), "api");
        if (allowed(world).ptr) {
            fail_msg("origin '%s' got in", bad[i]);
        }
    }
    assert_served_by(world_get(world, "a.b", "/"), "api");
    assert_null(allowed(world).ptr);
}

static void test_evaluate_cors_as_gateway_api(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    set_gates(world, (const int[]){EFFECT_cors}, 1);
    struct slice origins[] = {SLICE("https://*.b.example"), SLICE("http://c.example:80")};
    struct slice methods[] = {SLICE("GET"), SLICE("PUT")};
    struct slice any = SLICE("*"), expose = SLICE("x-e");
    struct route_cors cors = {.origins = {origins, 2},
                              .echo_origin = true,
                              .methods = {methods, 2},
                              .headers = {&any, 1},
                              .expose = {&expose, 1},
                              .max_age = 7,
                              .preflight_needs_method = true,
                              .preflight_status = 200};
    rule->effects.cors = &cors;
    assert_served_by(from_origin(world, "OPTIONS", "https://x.b.example", NULL), "api");
    assert_text(allowed(world), "https://x.b.example");
    assert_answers(from_origin(world, "OPTIONS", "https://x.y.b.example", "PUT"), 200);
    assert_text(allowed(world), "https://x.y.b.example");
    assert_text(seen_value(&world->out.response, "access-control-allow-methods"), "GET,PUT");
    assert_text(seen_value(&world->out.response, "access-control-allow-headers"), "*");
    assert_text(seen_value(&world->out.response, "access-control-max-age"), "7");
    assert_null(seen_value(&world->out.response, "access-control-allow-credentials").ptr);
    assert_answers(from_origin(world, "OPTIONS", "https://b.example", "PUT"), 200);
    assert_null(allowed(world).ptr);
    assert_served_by(from_origin(world, "GET", "http://c.example", NULL), "api");
    assert_text(allowed(world), "http://c.example");
    assert_text(seen_value(&world->out.backends[0].response, "access-control-expose-headers"),
                "x-e");
    assert_null(seen_value(&world->out.backends[0].response, "access-control-max-age").ptr);
    assert_served_by(from_origin(world, "GET", "http://x.b.example", NULL), "api");
    assert_null(allowed(world).ptr);
    /* With credentials a lone "*" does not say everything: what was asked for is repeated. */
    cors.credentials = true;
    cors.methods = cors.headers;
    assert_answers(from_origin(world, "OPTIONS", "https://x.b.example", "PATCH"), 200);
    assert_text(seen_value(&world->out.response, "access-control-allow-methods"), "PATCH");
    assert_null(seen_value(&world->out.response, "access-control-allow-headers").ptr);
}

/* ---- unknown ------------------------------------------------------------------------------ */

static const struct unknown *unknown(struct world *world, enum aspect aspect, const char *reason)
{
    return unknown_add(&world->run, NULL, aspect, (struct effect_source){0}, slice_of(reason));
}

static void test_evaluate_unknown_never_turns_into_an_answer(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    struct entry *entry = &world->table.entries[0];
    const enum aspect deciding[] = {ASPECT_ROUTING, ASPECT_REDIRECT, ASPECT_PROTECTION};
    const struct unknown **const places[] = {&rule->unknown, &entry->unknown,
                                             &world->table.unknown};
    for (size_t i = 0; i < ARRAY_LEN(deciding); i++) {
        for (size_t j = 0; j < ARRAY_LEN(places); j++) {
            *places[j] = unknown(world, deciding[i], "because");
            const struct outcome *out = world_get(world, "a.b", "/");
            assert_int_equal(out->kind, OUTCOME_UNKNOWN);
            assert_text(out->reason, "because");
            assert_ptr_equal(out->rule, rule);
            assert_ptr_equal(out->entry, entry);
            *places[j] = NULL;
        }
    }
    /* of a rule that does not match it says nothing */
    rule->unknown = unknown(world, ASPECT_ROUTING, "because");
    rule->match.method = SLICE("PUT");
    assert_answers(world_get(world, "a.b", "/"), 404);
}

static void test_evaluate_unknown_parts_are_marked(void **state)
{
    struct world *world = *state;
    struct rule *rule = lone_rule(world);
    struct header_edit edit = {EDIT_SET, SLICE("X-A"), world_template(world, "a"), false, false};
    rule->effects.request_headers = rule->effects.response_headers = world_edits(world, &edit, 1);
    const struct outcome *out = world_get(world, "a.b", "/");
    assert_true(out->backends[0].path_known && out->backends[0].host_known);
    assert_true(out->backends[0].request.items[0].known);
    world->table.unknown = unknown(world, ASPECT_TRAFFIC, "three");
    world->table.entries[0].unknown = unknown(world, ASPECT_HEADERS, "two");
    rule->unknown = unknown(world, ASPECT_REWRITE, "one");
    out = world_get(world, "a.b", "/");
    assert_served_by(out, "api");
    assert_false(out->backends[0].path_known);
    assert_false(out->backends[0].host_known);
    assert_false(out->backends[0].request.items[0].known);
    assert_false(out->backends[0].response.items[0].known);
    assert_text(out->unknown->reason, "one");
    assert_text(out->unknown->next->reason, "two");
    assert_text(out->unknown->next->next->reason, "three");
    assert_null(out->unknown->next->next->next);
    assert_null(rule->unknown->next); /* the table is not written to */
}

static const struct untold *sent_open(struct world *world, struct request request)
{
    request.open = true;
    return world_send(world, request)->untold;
}

static void test_evaluate_says_what_an_open_request_does_not_tell(void **state)
{
    struct world *world = *state;
    struct rule_list *list = world_list(world);
    world_entry(world, HOST_ANY, "", false, list);
    struct rule *canary = world_rule(world, list, PATH_PREFIX_ELEMENT, "/cart", "canary");
    struct rule *cart = world_rule(world, list, PATH_ANY, "", "cart");
    canary = &list->rules[0]; /* adding moves rules */
    cart = &list->rules[1];
    struct test tests[] = {{.subject = TEST_HEADER, .operator= TEST_PRESENT, .name = SLICE("x")},
                           {.subject = TEST_COOKIE, .operator= TEST_PRESENT, .name = SLICE("y")}};
    canary->match.tests = tests;
    canary->match.test_count = 1;
    struct header header = {SLICE("X"), SLICE("1")};
    const struct request get = {.host = SLICE("a.b"), .target = SLICE("/cart")};
    struct request told = get, other = get;
    told.headers = (struct headers){&header, 1, 1};
    other.target = SLICE("/other");
    assert_served_by(world_send(world, get), "cart");
    assert_null(world->out.untold);
    const struct untold *untold = sent_open(world, get);
    assert_served_by(&world->out, "cart");
    assert_non_null(untold);
    assert_int_equal(untold->kind, UNTOLD_HEADER);
    assert_text(untold->name, "x");
    assert_ptr_equal(untold->match, &canary->match);
    assert_null(sent_open(world, told));
    assert_served_by(&world->out, "canary");
    assert_null(sent_open(world, other)); /* the path decides */
    canary->match.tests = &tests[1];
    assert_int_equal(sent_open(world, get)->kind, UNTOLD_COOKIE);

    struct guard guard = {.kind = GUARD_BASIC, .status = 401};
    const struct route_authentication authentication = {.guards = {&guard, 1}};
    cart->effects.authentication = &authentication;
    set_gates(world, (const int[]){EFFECT_authentication, EFFECT_cors}, 2);
    assert_int_equal(sent_open(world, other)->kind, UNTOLD_CREDENTIALS);
    header.name = SLICE("Authorization");
    other.headers = (struct headers){&header, 1, 1};
    assert_null(sent_open(world, other));

    const struct route_cors cors = {.any_origin = true, .preflight_status = 204};
    cart->effects.cors = &cors;
    other.method = SLICE("OPTIONS");
    assert_text(sent_open(world, other)->name, "Origin");
}

/* What a record of a request leaves out is not guessed, unless the rest decides. */
static void test_evaluate_takes_no_value_that_is_hidden(void **state)
{
    struct world *world = *state;
    struct rule_list *list = world_list(world);
    struct test tests[] = {
        {.subject = TEST_HEADER, .operator= TEST_EQUALS, .name = SLICE("x"), .value = SLICE("1")},
        {.subject = TEST_HEADER, .operator= TEST_PRESENT, .name = SLICE("y")}};
    struct header header = {SLICE("X"), SLICE("(left out)")};
    struct request get = {.host = SLICE("a.b"), .target = SLICE("/")};
    world_entry(world, HOST_ANY, "", false, list);
    world_rule(world, list, PATH_ANY, "", "canary");
    world_rule(world, list, PATH_ANY, "", "main");
    struct match *match = &list->rules[0].match;
    match->tests = tests;
    match->test_count = 1;
    get.headers = (struct headers){&header, 1, 1};
    assert_served_by(world_send(world, get), "main");
    get.hidden = SLICE("(left out)");
    assert_int_equal(world_send(world, get)->kind, OUTCOME_UNKNOWN);
    assert_text(world->out.reason, "a rule asks for the value of header x, which is not recorded");
    tests[0].negated = true;
    assert_int_equal(world_send(world, get)->kind, OUTCOME_UNKNOWN);
    match->test_count = 2; /* there is no y */
    assert_served_by(world_send(world, get), "main");
    tests[0] = (struct test){.operator= TEST_PRESENT, .name = SLICE("x")};
    match->test_count = 1;
    assert_served_by(world_send(world, get), "canary");
    tests[0] = (struct test){
        .subject = TEST_COOKIE, .operator= TEST_EQUALS, .name = SLICE("c"), .value = SLICE("1")};
    header = (struct header){SLICE("Cookie"), SLICE("c=(left out); d=1")};
    assert_int_equal(world_send(world, get)->kind, OUTCOME_UNKNOWN);
    tests[0].name = SLICE("d");
    assert_served_by(world_send(world, get), "canary");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(test_evaluate_gates_answer_in_the_order_of_the_table),
        TEST(test_evaluate_last_answers_come_after_all_gates),
        TEST(test_evaluate_body_limits),
        TEST(test_evaluate_address_lists),
        TEST(test_evaluate_client_may_be_named_by_a_header),
        TEST(test_evaluate_rules_without_endpoints),
        TEST(test_evaluate_answers_carry_headers),
        TEST(test_evaluate_cors_as_ingress_nginx),
        TEST(test_evaluate_cors_as_gateway_api),
        TEST(test_evaluate_unknown_never_turns_into_an_answer),
        TEST(test_evaluate_unknown_parts_are_marked),
        TEST(test_evaluate_says_what_an_open_request_does_not_tell),
        TEST(test_evaluate_takes_no_value_that_is_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
