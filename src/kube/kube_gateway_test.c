#include "kube/kube_fixture_priv.h"

#define ROUTE                                                                                      \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: "   \
    "shop}\n"

static const struct http_route *route_of(const struct fixture *f)
{
    assert_int_equal(f->kube.counts[KUBE_HTTP_ROUTE], 1);
    return (const struct http_route *)(const void *)f->kube.objects[KUBE_HTTP_ROUTE][0];
}

static void test_kube_gateway_listener(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f,
                 "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
                 "metadata: {name: g, namespace: edge}\n"
                 "spec:\n"
                 "  gatewayClassName: c\n"
                 "  listeners:\n"
                 "  - {name: a, port: 80, protocol: HTTP}\n"
                 "  - name: b\n"
                 "    port: 443\n"
                 "    protocol: HTTPS\n"
                 "    hostname: '*.example.com'\n"
                 "    tls: {certificateRefs: [{name: cert}]}\n"
                 "    allowedRoutes:\n"
                 "      namespaces:\n"
                 "        from: Selector\n"
                 "        selector:\n"
                 "          matchLabels: {team: a}\n"
                 "          matchExpressions: [{key: stage, operator: In, values: [dev, prod]}]\n"
                 "      kinds: [{kind: HTTPRoute}]\n");
    fixture_silent(&f);
    const struct gateway *gateway =
        (const struct gateway *)(const void *)f.kube.objects[KUBE_GATEWAY][0];
    const struct listener *a = &gateway->listeners[0], *b = &gateway->listeners[1];
    assert_int_equal(gateway->listener_count, 2);
    assert_int_equal(a->from, FROM_SAME);
    assert_false(a->has_tls);
    assert_null(a->hostname.ptr);
    assert_int_equal(a->span.line, 7);
    assert_int_equal(b->from, FROM_SELECTOR);
    assert_true(b->has_tls);
    ASSERT_TEXT(b->tls_mode, "Terminate");
    ASSERT_TEXT(b->certificates[0].kind, "Secret");
    ASSERT_TEXT(b->certificates[0].group, "");
    ASSERT_TEXT(b->kinds[0].group, "gateway.networking.k8s.io");
    struct label labels[] = {{SLICE("team"), SLICE("a"), SPAN_NONE},
                             {SLICE("stage"), SLICE("prod"), SPAN_NONE}};
    assert_true(label_selector_matches(&b->selector, &(struct labels){labels, 2}));
    assert_false(label_selector_matches(&b->selector, &(struct labels){labels, 1}));
    fixture_close(&f);
}

static void test_kube_gateway_defaults(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, ROUTE "spec: {}\n");
    fixture_silent(&f);
    const struct http_route *route = route_of(&f);
    assert_int_equal(route->rule_count, 1);
    assert_int_equal(route->rules[0].match_count, 1);
    assert_int_equal(route->rules[0].matches[0].path_type, ROUTE_PATH_PREFIX);
    ASSERT_TEXT(route->rules[0].matches[0].path, "/");
    fixture_close(&f);
    fixture_open(&f,
                 ROUTE "spec:\n"
                       "  parentRefs: [{name: g}]\n"
                       "  rules:\n"
                       "  - matches: [{path: {value: /x}}, {method: GET}, {path: {type: Exact}}]\n"
                       "    filters:\n"
                       "    - {type: RequestRedirect, requestRedirect: {}}\n"
                       "    - {type: RequestMirror, requestMirror: {backendRef: {name: m}}}\n"
                       "    - {type: RequestMirror, requestMirror: {percent: 0, backendRef: {name: "
                       "m}}}\n"
                       "    - {type: RequestMirror, requestMirror: {fraction: {numerator: 1, "
                       "denominator: 3}, backendRef: {name: m}}}\n"
                       "    - {type: CORS, cors: {}}\n"
                       "    backendRefs: [{name: a, port: 80}, {name: b, weight: 0}]\n");
    fixture_silent(&f);
    route = route_of(&f);
    const struct http_rule *rule = &route->rules[0];
    ASSERT_TEXT(route->parents[0].kind, "Gateway");
    ASSERT_TEXT(route->parents[0].group, "gateway.networking.k8s.io");
    assert_null(route->parents[0].namespace.ptr);
    assert_int_equal(rule->matches[0].path_type, ROUTE_PATH_PREFIX);
    ASSERT_TEXT(rule->matches[1].path, "/");
    assert_int_equal(rule->matches[1].path_type, ROUTE_PATH_PREFIX);
    assert_int_equal(rule->matches[2].path_type, ROUTE_PATH_EXACT);
    assert_int_equal(rule->filters[0].status, 302);
    assert_int_equal(rule->filters[1].mirror_numerator, 100);
    assert_int_equal(rule->filters[1].mirror_denominator, 100);
    ASSERT_TEXT(rule->filters[1].backend.kind, "Service");
    assert_int_equal(rule->filters[2].mirror_numerator, 0);
    assert_int_equal(rule->filters[3].mirror_numerator, 1);
    assert_int_equal(rule->filters[3].mirror_denominator, 3);
    assert_int_equal(rule->filters[4].max_age, 5);
    assert_int_equal(rule->backends[0].weight, 1);
    assert_int_equal(rule->backends[0].ref.port, 80);
    assert_int_equal(rule->backends[1].weight, 0);
    fixture_close(&f);
}

static void test_kube_gateway_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        {"10s", 10000},
        {"500ms", 500},
        {"1h30m", 5400000},
        {"0s", 0},
        {"1m1s", 61000},
        {"99999h", 359996400000},
        {"1h2m3s4ms", 3723004},
        {"s", -1},
        {"10", -1},
        {"1.5s", -1},
        {"100000s", -1},
        {"-1s", -1},
        {"1d", -1},
        {"1s1s1s1s1s", -1},
        {"", -1},
        {"1 s", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[512];
        struct fixture f;
        snprintf(yaml, sizeof yaml, ROUTE "spec: {rules: [{timeouts: {request: '%s'}}]}\n",
                 rows[i].text);
        fixture_open(&f, yaml);
        if (rows[i].ms < 0) {
            char said[256];
            snprintf(said, sizeof said,
                     "4:37 K011 'spec.rules[0].timeouts.request' must be a duration such as 10s, "
                     "500ms or 1h30m, but is '%s'\n",
                     rows[i].text);
            assert_string_equal(fixture_said(&f), said);
        } else {
            fixture_silent(&f);
            assert_true(route_of(&f)->rules[0].has_request_timeout);
            assert_int_equal(route_of(&f)->rules[0].request_ms, rows[i].ms);
        }
        fixture_close(&f);
    }
}

static void test_kube_gateway_faults(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *said;
    } rows[] = {
        {"spec: {rules: [{matches: [{path: {type: Prefix, value: /}}]}]}\n",
         "4:41 K007 'spec.rules[0].matches[0].path.type' must be Exact, PathPrefix or "
         "RegularExpression, but is 'Prefix'\n"},
        {"spec: {rules: [{backendRefs: [{name: a, port: '80'}]}]}\n",
         "4:47 K003 'spec.rules[0].backendRefs[0].port' must be an integer, not a text; write 80 "
         "without quotes\n"},
        {"spec: {rules: [{backendRefs: [{name: a, weight: 1000001}]}]}\n",
         "4:49 K004 'spec.rules[0].backendRefs[0].weight' must be an integer from 0 to 1000000\n"},
        {"spec: {rules: [{backendRef: []}]}\n",
         "4:17 K006 'spec.rules[0].backendRef' is not a field of this kind and has no effect; did "
         "you mean 'backendRefs'?\n"},
        {"spec: {rules: [{filters: [{type: URLRewrite, urlRewrite: {path: {type: "
         "ReplaceFullPath}}}]}]}\n",
         "4:65 K005 'spec.rules[0].filters[0].urlRewrite.path.replaceFullPath' is missing\n"},
        {"spec: {parentRefs: [{}]}\n", "4:21 K005 'spec.parentRefs[0].name' is missing\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[1024];
        struct fixture f;
        snprintf(yaml, sizeof yaml, ROUTE "%s", rows[i].spec);
        fixture_open(&f, yaml);
        assert_string_equal(fixture_said(&f), rows[i].said);
        fixture_close(&f);
    }
}

static void test_kube_gateway_grants(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n"
                     "metadata: {name: g, namespace: b}\n"
                     "spec:\n"
                     "  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}]\n"
                     "  to: [{group: '', kind: Service, name: x}, {kind: Secret}]\n");
    fixture_silent(&f);
    const struct slice group = SLICE("gateway.networking.k8s.io"), kind = SLICE("HTTPRoute");
    struct object_ref to = {
        .group = SLICE(""), .kind = SLICE("Service"), .namespace = SLICE("b"), .name = SLICE("x")};
    assert_true(kube_reference_granted(&f.kube, group, kind, SLICE("a"), &to));
    assert_false(kube_reference_granted(&f.kube, group, kind, SLICE("c"), &to));
    assert_false(kube_reference_granted(&f.kube, group, SLICE("Gateway"), SLICE("a"), &to));
    to.name = SLICE("y");
    assert_false(kube_reference_granted(&f.kube, group, kind, SLICE("a"), &to));
    to.kind = SLICE("Secret");
    assert_true(kube_reference_granted(&f.kube, group, kind, SLICE("a"), &to));
    to.namespace = SLICE("c");
    assert_false(kube_reference_granted(&f.kube, group, kind, SLICE("a"), &to));
    fixture_close(&f);
}

static void test_kube_namespace_labels(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {team: x}}\n");
    struct labels labels = kube_namespace_labels(&f.run, &f.kube, SLICE("a"));
    ASSERT_TEXT(labels_find(&labels, "team")->value, "x");
    ASSERT_TEXT(labels_find(&labels, "kubernetes.io/metadata.name")->value, "a");
    labels = kube_namespace_labels(&f.run, &f.kube, SLICE("b"));
    assert_int_equal(labels.count, 1);
    ASSERT_TEXT(labels_find(&labels, "kubernetes.io/metadata.name")->value, "b");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kube_gateway_listener),  cmocka_unit_test(test_kube_gateway_defaults),
        cmocka_unit_test(test_kube_gateway_durations), cmocka_unit_test(test_kube_gateway_faults),
        cmocka_unit_test(test_kube_gateway_grants),    cmocka_unit_test(test_kube_namespace_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
