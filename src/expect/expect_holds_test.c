#include "expect/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static int setup(void **state)
{
    static struct run run;
    run_open(&run, NULL, NULL, NULL);
    *state = &run;
    return 0;
}

static int teardown(void **state)
{
    run_close(*state);
    return 0;
}

static const struct node *parse(struct run *run, const char *text)
{
    struct input input = {0};
    struct documents documents = {0};
    input_add_text(run, &input, SLICE("expect.json"), slice_of(text));
    document_read(run, &input.files[0], &documents);
    assert_int_equal(documents.count, 1);
    return documents.roots[0];
}

/* The expectation holds when `fault` is null; else the reason has that part. */
static void check(struct run *run, const struct outcome *outcome, const char *expect,
                  const char *fault)
{
    struct request request = {.scheme = SLICE("http"), .host = SLICE("a.example")};
    struct slice why = SLICE_ABSENT;
    request_defaults(&request);
    bool holds = expect_holds(run, parse(run, expect), &request, outcome, &why);
    if (!fault) {
        assert_true(holds);
    } else {
        assert_false(holds);
        assert_true(slice_contains(why, slice_of(fault)));
    }
}

static struct seen_header seen[] = {
    {{"X-Set", 5}, {"1", 1}, true, false},
    {{"X-Twice", 7}, {"a,a", 3}, true, false},
    {{"X-Later", 7}, {NULL, 0}, false, false},
};

/* 3 to `cart`, 1 to `cart-v2`. */
static struct outcome forwarded(struct outcome_backend backends[2])
{
    for (size_t i = 0; i < 2; i++) {
        backends[i] = (struct outcome_backend){.namespace = SLICE("shop"),
                                               .service = i ? SLICE("cart-v2") : SLICE("cart"),
                                               .port = 80,
                                               .weight = i ? 1 : 3,
                                               .method = SLICE("GET"),
                                               .host = SLICE("a.example"),
                                               .path = SLICE("/cart?x"),
                                               .path_known = true,
                                               .host_known = true,
                                               .request = {.items = seen, .count = ARRAY_LEN(seen)},
                                               .response = {.items = seen, .count = 1}};
    }
    return (struct outcome){
        .kind = OUTCOME_FORWARD, .backends = backends, .backend_count = 2, .decided_by = -1};
}

static void test_expect_compares_outcome_and_status(void **state)
{
    struct outcome outcome = {.kind = OUTCOME_RESPOND, .status = 404, .decided_by = -1};
    check(*state, &outcome, "{\"outcome\": \"respond\", \"status\": 404}", NULL);
    check(*state, &outcome, "{\"outcome\": \"forward\"}", "outcome: expected forward, got respond");
    check(*state, &outcome, "{\"status\": 503}", "status: expected 503, got 404");
    check(*state, &outcome, "{\"upstream\": {\"path\": \"/\"}}", "no backend sees this request");
    struct outcome_backend backends[2];
    outcome = forwarded(backends);
    check(*state, &outcome, "{\"status\": 200}", "status: expected 200, got none");
}

static void test_expect_takes_backends_as_a_set(void **state)
{
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    check(*state, &outcome, "{\"backends\": [{\"service\": \"cart-v2\"}, {\"service\": \"cart\"}]}",
          NULL);
    check(*state, &outcome, "{\"backends\": [{\"service\": \"cart\"}]}", "backends: expected");
    check(*state, &outcome, "{\"backends\": [{\"service\": \"cart\"}, {\"service\": \"api\"}]}",
          "got shop/cart:80 (75 %), shop/cart-v2:80 (25 %)");
    check(*state, &outcome,
          "{\"backends\": [{\"service\": \"cart\", \"port\": 81}, {\"service\": \"cart-v2\"}]}",
          "backends: expected");
    check(*state, &outcome, "{\"backends\": []}", "backends: expected");
}

static void test_expect_compares_weights_as_shares(void **state)
{
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    check(*state, &outcome,
          "{\"backends\": [{\"service\": \"cart\", \"weight\": 75}, {\"service\": \"cart-v2\", "
          "\"weight\": 25}]}",
          NULL);
    check(*state, &outcome,
          "{\"backends\": [{\"service\": \"cart\", \"weight\": 1}, {\"service\": \"cart-v2\", "
          "\"weight\": 1}]}",
          "backends: expected");
    check(*state, &outcome,
          "{\"backends\": [{\"service\": \"cart\", \"weight\": 1}, {\"service\": \"cart-v2\", "
          "\"weight\": 0}]}",
          "backends: expected");
}

static void test_expect_counts_answered_shares_where_they_are_named(void **state)
{
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    backends[1] = (struct outcome_backend){.status = 500, .weight = 1};
    check(*state, &outcome, "{\"backends\": [{\"service\": \"cart\", \"weight\": 1}]}", NULL);
    check(*state, &outcome,
          "{\"backends\": [{\"service\": \"cart\", \"weight\": 3}, {\"status\": 500, \"weight\": "
          "1}]}",
          NULL);
    check(*state, &outcome, "{\"backends\": [{\"service\": \"cart\"}, {\"status\": 503}]}",
          "status 500 (25 %)");
}

static void test_expect_compares_what_backends_see(void **state)
{
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    check(*state, &outcome,
          "{\"upstream\": {\"method\": \"GET\", \"host\": \"a.example\", \"path\": \"/cart?x\", "
          "\"headers\": {\"x-set\": \"1\"}, \"absent\": [\"X-None\"]}}",
          NULL);
    check(*state, &outcome, "{\"upstream\": {\"headers\": {\"X-Twice\": \"a\"}}}", NULL);
    check(*state, &outcome, "{\"upstream\": {\"headers\": {\"X-Twice\": \"b\"}}}", "X-Twice");
    check(*state, &outcome, "{\"upstream\": {\"headers\": {\"X-Set\": \"2\"}}}",
          "expected '2', got '1'");
    check(*state, &outcome, "{\"upstream\": {\"headers\": {\"X-None\": \"2\"}}}", "got none");
    check(*state, &outcome, "{\"upstream\": {\"absent\": [\"x-set\"]}}", "expected none, got '1'");
    check(*state, &outcome, "{\"upstream\": {\"headers\": {\"X-Later\": \"2\"}}}",
          "unknown: upstream header X-Later");
    check(*state, &outcome, "{\"response\": {\"headers\": {\"X-Set\": \"1\"}}}", NULL);
    /* every backend must see it so */
    backends[1].path = SLICE("/other");
    check(*state, &outcome, "{\"upstream\": {\"path\": \"/cart?x\"}}", "got '/other'");
}

static void test_expect_compares_lists_of_cors(void **state)
{
    static struct seen_header lists[] = {
        {{"Access-Control-Allow-Methods", 28}, {"GET,PUT", 7}, true, false},
        {{"Vary", 4}, {"a,b", 3}, true, false},
    };
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    backends[0].response = backends[1].response = (struct seen_headers){.items = lists, .count = 2};
    check(*state, &outcome,
          "{\"response\": {\"headers\": {\"access-control-allow-methods\": \"PUT, GET\"}}}", NULL);
    check(*state, &outcome,
          "{\"response\": {\"headers\": {\"Access-Control-Allow-Methods\": \"PUT\"}}}",
          "expected 'PUT', got 'GET,PUT'");
    check(*state, &outcome, "{\"response\": {\"headers\": {\"Vary\": \"b, a\"}}}",
          "expected 'b, a', got 'a,b'");
}

static void test_expect_never_takes_unknown_for_an_answer(void **state)
{
    struct outcome outcome = {
        .kind = OUTCOME_UNKNOWN, .reason = SLICE("a snippet"), .decided_by = -1};
    check(*state, &outcome, "{\"status\": 200}", "unknown: a snippet");
    check(*state, &outcome, "{\"outcome\": \"unknown\"}", NULL);
    static const struct unknown unknown = {.aspect = ASPECT_HEADERS,
                                           .reason = {"setting 'add-headers'", 21}};
    struct outcome_backend backends[2];
    outcome = forwarded(backends);
    outcome.unknown = &unknown;
    check(*state, &outcome, "{\"response\": {\"absent\": [\"X-None\"]}}",
          "unknown: response: setting 'add-headers'");
    check(*state, &outcome, "{\"upstream\": {\"path\": \"/cart?x\"}}", NULL);
    backends[0].path_known = false;
    check(*state, &outcome, "{\"upstream\": {\"path\": \"/cart?x\"}}", "unknown: upstream path");
}

static void test_expect_compares_locations_in_parts(void **state)
{
    struct outcome outcome = {.kind = OUTCOME_REDIRECT,
                              .status = 308,
                              .location = SLICE("https://B.example/x?y=1"),
                              .decided_by = -1};
    check(*state, &outcome, "{\"location\": \"https://B.example/x?y=1\"}", NULL);
    check(*state, &outcome, "{\"location\": \"https://b.example/x\"}", "location: expected");
    check(
        *state, &outcome,
        "{\"location\": {\"scheme\": \"https\", \"host\": \"b.example\", \"port\": 443, \"path\": "
        "\"/x\"}}",
        NULL);
    check(*state, &outcome, "{\"location\": {\"path\": \"/x?y=1\"}}", NULL);
    check(*state, &outcome, "{\"location\": {\"path\": \"/x?y=2\"}}", "location path");
    check(*state, &outcome, "{\"location\": {\"port\": 8443}}",
          "location port: expected 8443, got 443");
    outcome.location = SLICE("http://b.example:443");
    check(*state, &outcome,
          "{\"location\": {\"scheme\": \"http\", \"port\": 443, \"path\": \"/\"}}", NULL);
}

static void test_expect_compares_mirrors_and_timeouts(void **state)
{
    static struct mirror items[] = {{.namespace = {"shop", 4},
                                     .service = {"copy", 4},
                                     .port = 80,
                                     .numerator = 1,
                                     .denominator = 3}};
    static const struct route_mirrors mirrors = {.items = items, .count = 1};
    static const struct route_timeouts timeouts = {.request_ms = 10000,
                                                   .backend_request_ms = -1,
                                                   .connect_ms = 5000,
                                                   .read_ms = 60000,
                                                   .send_ms = 60000};
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    check(*state, &outcome, "{\"mirrors\": [{\"service\": \"copy\"}]}", "got none");
    outcome.effects.mirrors = &mirrors;
    outcome.effects.timeouts = &timeouts;
    check(*state, &outcome, "{\"mirrors\": [{\"service\": \"copy\", \"port\": 80}]}", NULL);
    check(*state, &outcome, "{\"mirrors\": [{\"service\": \"copy\", \"percent\": 33}]}", "mirrors");
    check(*state, &outcome, "{\"mirrors\": [{\"service\": \"copy\", \"percent\": 33.33333333333}]}",
          NULL);
    check(*state, &outcome, "{\"mirrors\": []}", "mirrors: expected []");
    check(*state, &outcome, "{\"timeouts\": {\"request_ms\": 10000, \"read_ms\": 60000}}", NULL);
    check(*state, &outcome, "{\"timeouts\": {\"connect_ms\": 1}}", "expected 1, got 5000");
    check(*state, &outcome, "{\"timeouts\": {\"backend_request_ms\": 1}}", "got no limit");
}

/* The keys of the result are a contract, and so is their order. */
static void test_expect_writes_outcomes_in_order(void **state)
{
    static const char *const keys[] = {"request",    "outcome",  "status",  "location", "backends",
                                       "upstream",   "response", "mirrors", "timeouts", "effects",
                                       "conditions", "matched",  "notes"};
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    struct request request = {.host = SLICE("a.example")};
    request_defaults(&request);
    backends[1].path = SLICE("/other");
    const struct node *node = outcome_node(*state, &request, &outcome);
    assert_int_equal(node->count, ARRAY_LEN(keys));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_true(slice_is(node->pairs[i].key, keys[i]));
    }
    const struct node *list = node_get(node, "backends");
    assert_int_equal(list->count, 2);
    assert_null(node_get(list->items[0], "upstream"));
    assert_non_null(node_get(list->items[1], "upstream"));
    assert_null(node_get(list->items[1], "response"));
    assert_true(slice_is(node_get(node_get(node, "upstream"), "path")->text, "/cart?x"));
    assert_null(node_get(node, "status"));
}

static void test_expect_prints_for_people(void **state)
{
    struct outcome_backend backends[2];
    struct outcome outcome = forwarded(backends);
    struct request request = {.host = SLICE("a.example")};
    struct buf out;
    request_defaults(&request);
    backends[0].path = SLICE("/\x1b[31m");
    buf_init(&out, BUF_TEXT_MAX);
    outcome_print(*state, &request, &outcome, &out);
    assert_true(slice_contains(buf_slice(&out),
                               SLICE("forward to shop/cart:80 (75 %), shop/cart-v2:80 (25 %)\n")));
    assert_true(slice_contains(buf_slice(&out), SLICE("path /\\x1b[31m, host a.example")));
    assert_false(slice_contains(buf_slice(&out), SLICE("\x1b")));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_expect_compares_outcome_and_status),
        TEST(test_expect_takes_backends_as_a_set),
        TEST(test_expect_compares_weights_as_shares),
        TEST(test_expect_counts_answered_shares_where_they_are_named),
        TEST(test_expect_compares_what_backends_see),
        TEST(test_expect_compares_lists_of_cors),
        TEST(test_expect_never_takes_unknown_for_an_answer),
        TEST(test_expect_compares_locations_in_parts),
        TEST(test_expect_compares_mirrors_and_timeouts),
        TEST(test_expect_writes_outcomes_in_order),
        TEST(test_expect_prints_for_people),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
