#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* What a rule for every path does to requests, under a profile; `rule` goes on in flow style. */
static void open_rule(struct fixture *f, const char *profile, const char *rule)
{
    char yaml[4096];
    snprintf(yaml, sizeof yaml,
             SERVICE("web")
                 EDGE ROUTE("a", "rules: [{matches: [{path: {value: /p}}], %s, " TO("web") "}]"),
             rule);
    fixture_open(f, profile, FIXTURE_OPEN, yaml);
    assert_string_equal(fixture_ask(f, "GET http://a.org/p"), "web");
}

static void assert_effect(struct fixture *f, enum effect_id id, const char *wanted)
{
    struct buf text;
    const void *effect = effect_get(&f->outcome.effects, id);
    buf_init(&text, BUF_TEXT_MAX);
    if (effect) {
        effect_print(id, effect, &text);
    }
    if (!slice_is(buf_slice(&text), wanted)) {
        fail_msg("'" SLICE_FMT "', and not '%s'", SLICE_ARG(buf_slice(&text)), wanted);
    }
    buf_release(&text);
}

struct row {
    const char *profile, *rule, *effect;
    size_t open, ignored; /* said so many times */
};

static void check_rows(const struct row *rows, size_t count, enum effect_id id)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        open_rule(&f, rows[i].profile, rows[i].rule);
        assert_effect(&f, id, rows[i].effect);
        assert_int_equal(fixture_count(&f, DIAG_G016), rows[i].open);
        assert_int_equal(fixture_count(&f, DIAG_G032), rows[i].ignored);
        assert_true(rows[i].open == 0 || f.outcome.unknown);
        fixture_close(&f);
    }
}

/* ---- timeouts ----------------------------------------------------------------------------- */

static void test_gateway_timeouts_by_profile(void **state)
{
    (void)state;
#define LIMITS(connect, idle, request, each)                                                       \
    "connect " connect ", send " idle ", read " idle ", request " request ", backend "             \
    "request " each
#define NONE "no limit"
    static const struct row rows[] = {
        {"standard", "timeouts: {request: 10s, backendRequest: 2s}",
         LIMITS(NONE, NONE, "10000 ms", "2000 ms"), 0, 0},
        {"istio", "timeouts: {request: 10s}", LIMITS("10000 ms", NONE, "10000 ms", NONE), 0, 0},
        /* a limit on one attempt is one on the whole, unless there are attempts to be told apart */
        {"istio", "timeouts: {request: 10s, backendRequest: 2s}",
         LIMITS("10000 ms", NONE, "2000 ms", "2000 ms"), 0, 0},
        {"istio", "timeouts: {request: 10s, backendRequest: 2s}, retry: {attempts: 1}",
         LIMITS("10000 ms", NONE, "10000 ms", "2000 ms"), 0, 0},
        {"aks-approuting", "timeouts: {request: 0s, backendRequest: 500ms}",
         LIMITS("10000 ms", NONE, "500 ms", "500 ms"), 0, 0},
        /* a stream may rest as long as the exchange may take, and for an hour at least */
        {"envoy-gateway", "timeouts: {request: 10s}",
         LIMITS("10000 ms", "3600000 ms", "10000 ms", NONE), 0, 0},
        {"envoy-gateway", "timeouts: {request: 2h}",
         LIMITS("10000 ms", "7200000 ms", "7200000 ms", NONE), 0, 0},
        {"envoy-gateway", "timeouts: {request: 0s}", LIMITS("10000 ms", NONE, NONE, NONE), 0, 0},
        {"envoy-gateway", "timeouts: {backendRequest: 2s}, retry: {attempts: 1}",
         LIMITS("10000 ms", "300000 ms", "15000 ms", "2000 ms"), 0, 0},
        {"nginx-gateway-fabric", "timeouts: {request: 10s}",
         LIMITS("60000 ms", "60000 ms", NONE, NONE), 0, 1},
    };
    check_rows(rows, ARRAY_LEN(rows), EFFECT_timeouts);
}

/* ---- retries ------------------------------------------------------------------------------ */

static void test_gateway_retries_by_profile(void **state)
{
    (void)state;
#define ENVOY_CONDITIONS "connect-failure,refused-stream,unavailable,cancelled"
    static const struct row rows[] = {
        {"standard",
         "retry: {attempts: 3, codes: [500, 503], backoff: 1s}, timeouts: {backendRequest: 1s}",
         "attempts 3, conditions connection errors, timeouts, 500, 503; 1000 ms apart at least", 0,
         0},
        {"standard", "retry: {codes: [500]}", "", 1, 0},
        {"istio", "retry: {codes: [500]}", "attempts 2, conditions " ENVOY_CONDITIONS ", 500", 0,
         0},
        {"istio", "retry: {attempts: 0, codes: [500]}", "", 0, 0},
        {"envoy-gateway", "retry: {attempts: 1}",
         "attempts 1, conditions " ENVOY_CONDITIONS ", 503", 0, 0},
        {"envoy-gateway", "retry: {codes: [502]}",
         "attempts 2, conditions " ENVOY_CONDITIONS ", 502", 0, 0},
        {"nginx-gateway-fabric", "retry: {attempts: 1}", "attempts -1, conditions error,timeout", 0,
         1},
    };
    check_rows(rows, ARRAY_LEN(rows), EFFECT_retries);
}

/* ---- sessions ----------------------------------------------------------------------------- */

static void test_gateway_sessions_by_profile(void **state)
{
    (void)state;
#define STAY(more)  "sessionPersistence: {sessionName: stay" more "}"
#define LASTS(type) STAY(", absoluteTimeout: 1h30m, cookieConfig: {lifetimeType: " type "}")
    static const struct row rows[] = {
        /* how its cookie looks is left open */
        {"standard", STAY(""), "cookie stay, mode persistent, never secure", 1, 0},
        {"standard", STAY(", type: Header"), "header stay, mode persistent, never secure", 0, 0},
        {"standard", "sessionPersistence: {type: Cookie}", "", 1, 0},
        {"istio", STAY(""), "", 0, 1},
        {"aks-approuting", STAY(""), "", 0, 1},
        {"nginx-gateway-fabric", STAY(""), "", 0, 1},
        {"envoy-gateway", STAY(""), "cookie stay, mode persistent, path /p, never secure", 0, 0},
        {"envoy-gateway", LASTS("Permanent"),
         "cookie stay, mode persistent, path /p, max age 5400, never secure", 0, 0},
        {"envoy-gateway", LASTS("Session"), "cookie stay, mode persistent, path /p, never secure",
         0, 0},
        {"envoy-gateway", "sessionPersistence: {}",
         "cookie httproute-shop-a-rule-0, mode persistent, path /p, never secure", 0, 0},
    };
    check_rows(rows, ARRAY_LEN(rows), EFFECT_affinity);
}

/* The cookie of an expression has the path up to the first part with a star in it. */
static void test_gateway_session_paths_of_expressions(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/a/b*/7", "path /a, "}, {"/.*", ""}, {"/a/[0-9]+", "path /a/[0-9]+, "}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[2048], wanted[128];
        struct fixture f;
        snprintf(
            yaml, sizeof yaml,
            SERVICE("web") EDGE ROUTE(
                "a", "rules: [{matches: [{path: {type: RegularExpression, value: '%s'}}], " STAY(
                         "") ", " TO("web") "}]"),
            rows[i][0]);
        fixture_open(&f, "envoy-gateway", FIXTURE_OPEN, yaml);
        assert_string_equal(fixture_ask(&f, i ? "GET http://a.org/a/7" : "GET http://a.org/a/b/7"),
                            "web");
        snprintf(wanted, sizeof wanted, "cookie stay, mode persistent, %snever secure", rows[i][1]);
        assert_effect(&f, EFFECT_affinity, wanted);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_timeouts_by_profile),
        cmocka_unit_test(test_gateway_retries_by_profile),
        cmocka_unit_test(test_gateway_sessions_by_profile),
        cmocka_unit_test(test_gateway_session_paths_of_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
