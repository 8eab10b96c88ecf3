#include "convert/convert_fixture_priv.h"

/* Objects of the target's own kinds, beside the HTTPRoutes that need them. */

static void set_read_timeout(struct fixture *f, struct rule *rule, int64_t ms)
{
    struct route_timeouts *timeouts = ARENA_NEW(f->run.arena, struct route_timeouts);
    *timeouts = (struct route_timeouts){.source = source_of(f, "proxy-read-timeout"),
                                        .connect_ms = 5000,
                                        .send_ms = 60000,
                                        .read_ms = ms};
    rule->effects.timeouts = timeouts;
}

static void open_envoy(struct fixture *f)
{
    fixture_open(f);
    f->options.target = target_find(SLICE("envoy-gateway"));
    struct route_timeouts *timeouts = ARENA_NEW(f->run.arena, struct route_timeouts);
    *timeouts = (struct route_timeouts){.connect_ms = 5000, .send_ms = 60000, .read_ms = 60000};
    f->table.platform.timeouts = timeouts;
}

static void test_convert_policy_of_the_gateway(void **state)
{
    (void)state;
    struct fixture f;
    open_envoy(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_has(yaml, "kind: BackendTrafficPolicy\n"
                     "metadata:\n"
                     "  name: nginx\n"
                     "  namespace: shop\n"
                     "spec:\n"
                     "  targetRefs:\n"
                     "  - group: gateway.networking.k8s.io\n"
                     "    kind: Gateway\n"
                     "    name: nginx\n"
                     "  timeout:\n"
                     "    http:\n"
                     "      requestTimeout: 0s\n"
                     "      streamIdleTimeout: 60s\n"
                     "    tcp:\n"
                     "      connectTimeout: 5s\n");
    assert_int_equal(occurrences(yaml, "kind: BackendTrafficPolicy"), 1);
    assert_true(said_text(&f, DIAG_C005, "becomes timeouts of a BackendTrafficPolicy"));
    fixture_close(&f);
}

static void test_convert_policy_splits_routes(void **state)
{
    (void)state;
    struct fixture f;
    open_envoy(&f);
    struct rule_list *rules = rules_new(&f);
    struct rule *slow = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/slow", "slow");
    struct rule *slower = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/slower", "slow");
    set_read_timeout(&f, slow, 600000);
    set_read_timeout(&f, slower, 600000);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "kind: HTTPRoute\nmetadata:"), 2);
    assert_int_equal(occurrences(yaml, "kind: BackendTrafficPolicy"), 2);
    /* it names the route of the two rules, and replaces that of the Gateway with all it says */
    assert_has(yaml, "    kind: HTTPRoute\n"
                     "    name: web\n"
                     "  timeout:\n"
                     "    http:\n"
                     "      requestTimeout: 0s\n"
                     "      streamIdleTimeout: 600s\n"
                     "    tcp:\n"
                     "      connectTimeout: 5s\n");
    fixture_close(&f);
}

/* Nothing is written at an existing Gateway, so each route says all. */
static void test_convert_policy_with_an_existing_gateway(void **state)
{
    (void)state;
    struct fixture f;
    open_envoy(&f);
    f.options.gateway_namespace = SLICE("edge");
    f.options.gateway_name = SLICE("shared");
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "kind: BackendTrafficPolicy"), 1);
    assert_has(yaml, "    kind: HTTPRoute\n"
                     "    name: web\n"
                     "  timeout:\n");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_policy_of_the_gateway),
        cmocka_unit_test(test_convert_policy_splits_routes),
        cmocka_unit_test(test_convert_policy_with_an_existing_gateway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
