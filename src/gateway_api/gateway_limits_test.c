#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* How often one client may ask, as policies of Envoy Gateway and Istio say it. */

struct row {
    const char *policy;
    int64_t second, second_burst, minute, status; /* second -1: not understood */
    size_t exempt;
};

static void check(const char *profile, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        char yaml[8192];
        snprintf(yaml, sizeof yaml,
                 SERVICE("web")
                     EDGE ROUTE("a", "hostnames: [a.org], rules: [{" TO("web") "}]") "%s",
                 rows[i].policy);
        fixture_open(&f, profile, FIXTURE_OPEN, yaml);
        bool known = rows[i].second >= 0;
        assert_string_equal(fixture_ask(&f, "GET http://a.org/"), known ? "web" : "unknown");
        const struct route_rate_limit *limit = f.outcome.effects.rate_limit;
        if (known) {
            assert_int_equal(limit ? limit->per_second : 0, rows[i].second);
            assert_int_equal(limit ? limit->second_burst : 0, rows[i].second_burst);
            assert_int_equal(limit ? limit->per_minute : 0, rows[i].minute);
            assert_int_equal(limit ? limit->status : 0, rows[i].status);
            assert_int_equal(limit ? limit->exempt.count : 0, rows[i].exempt);
        }
        fixture_close(&f);
    }
}

/* ---- Envoy Gateway -------------------------------------------------------------------------- */

#define TRAFFIC(rules)                                                                             \
    "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: b, " \
    "namespace: shop}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, "   \
    "name: a}], rateLimit: {type: Local, local: {rules: [" rules "]}}}\n"
#define CLIENTS(source, count, unit)                                                               \
    "{clientSelectors: [{sourceCIDR: {type: Distinct, " source "}}], limit: {requests: " count     \
    ", unit: " unit "}}"
#define IPV4 "value: 0.0.0.0/0"
#define IPV6 "value: '::/0'"

static void test_gateway_limits_of_envoy(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {TRAFFIC(CLIENTS(IPV4, "7", "Second") ", " CLIENTS(IPV6, "7", "Second")), 7, 0, 0, 429, 0},
        {TRAFFIC(CLIENTS("value: 10.0.0.0/8, invert: true", "9", "Minute")), 0, 0, 9, 429, 1},
        {TRAFFIC(CLIENTS(IPV4, "7", "Second")), -1, 0, 0, 0, 0}, /* others are not counted */
        {TRAFFIC(CLIENTS(IPV4, "7", "Second") ", " CLIENTS(IPV6, "8", "Second")), -1, 0, 0, 0, 0},
        {TRAFFIC(CLIENTS("value: 10.0.0.0/8", "7", "Second")), -1, 0, 0, 0, 0},
        {TRAFFIC(CLIENTS(IPV4, "7", "Hour")), -1, 0, 0, 0, 0},
        {TRAFFIC(CLIENTS("value: 10.0.0.0/8, invert: true", "9",
                         "Minute") ", " CLIENTS("value: 11.0.0.0/8, invert: true", "7", "Second")),
         -1, 0, 0, 0, 0},
        {TRAFFIC("{limit: {requests: 7, unit: Second}}"), -1, 0, 0, 0, 0},
    };
    check("envoy-gateway", rows, ARRAY_LEN(rows));
}

/* ---- Istio ---------------------------------------------------------------------------------- */

#define RATE                                                                                       \
    "'@type': type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
#define FILTER(host, config)                                                                       \
    "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f, namespace: " \
    "shop}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}], "  \
    "configPatches: [{applyTo: HTTP_FILTER, match: {context: GATEWAY, listener: {filterChain: "    \
    "{filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: "            \
    "envoy.filters.http.router}}}}}, patch: {operation: INSERT_BEFORE, value: {name: r, "          \
    "disabled: true, typed_config: {" RATE ", stat_prefix: r}}}}, {applyTo: VIRTUAL_HOST, match: " \
    "{context: GATEWAY, routeConfiguration: {vhost: {domainName: " host "}}}, patch: {operation: " \
    "MERGE, value: {typed_per_filter_config: {r: {" RATE ", stat_prefix: r, " config "}}}}}]}\n"
#define ON                                                                                         \
    "filter_enabled: {default_value: {numerator: 100, denominator: HUNDRED}}, filter_enforced: "   \
    "{default_value: {numerator: 100, denominator: HUNDRED}}, always_consume_default_token_"       \
    "bucket: false, "
#define LIMIT(action, word)                                                                        \
    "rate_limits: [{actions: [{" action ": {}}, {generic_key: {descriptor_value: " word "}}]}], "
#define BUCKET(word, most, fill, interval)                                                         \
    "descriptors: [{entries: [{key: remote_address}, {key: generic_key, value: " word              \
    "}], token_bucket: {max_tokens: " most ", tokens_per_fill: " fill ", fill_interval: " interval \
    "}}]"

static void test_gateway_limits_of_istio(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {FILTER("a.org", ON "status: {code: 503}, " LIMIT("remote_address", "s")
                             BUCKET("s", "36", "7", "1s")),
         7, 35, 0, 503, 0},
        {FILTER("a.org", ON LIMIT("remote_address", "m") BUCKET("m", "1", "9", "60s")), 0, 0, 9,
         429, 0},
        {FILTER("b.org", ON LIMIT("remote_address", "s") BUCKET("s", "36", "7", "1s")), 0, 0, 0, 0,
         0}, /* another host */
        {FILTER("a.org", ON LIMIT("remote_address", "s") BUCKET("s", "36", "7", "2s")), -1, 0, 0, 0,
         0},
        {FILTER("a.org", ON LIMIT("remote_address", "t") BUCKET("s", "36", "7", "1s")), -1, 0, 0, 0,
         0}, /* no bucket for it */
        {FILTER("a.org", ON LIMIT("request_headers", "s") BUCKET("s", "36", "7", "1s")), -1, 0, 0,
         0, 0}, /* not by client */
        {FILTER("a.org", LIMIT("remote_address", "s") BUCKET("s", "36", "7", "1s")), -1, 0, 0, 0,
         0}, /* on for nobody */
        {FILTER("a.org", ON "stage: 1, " LIMIT("remote_address", "s") BUCKET("s", "36", "7", "1s")),
         -1, 0, 0, 0, 0},
    };
    check("istio", rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_limits_of_envoy),
        cmocka_unit_test(test_gateway_limits_of_istio),
    };
    return cmocka_run_group_tests_name("gateway_limits", tests, NULL, NULL);
}
