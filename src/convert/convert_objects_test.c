#include "convert/convert_fixture_priv.h"

static void test_convert_plain_host_is_one_gateway_and_one_route(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_EXACT, "/health", "api");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/api", "api");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    host_add(&f, "shop.example.com", rules, NULL, NULL);
    assert_string_equal(convert(&f), "apiVersion: gateway.networking.k8s.io/v1\n"
                                     "kind: Gateway\n"
                                     "metadata:\n"
                                     "  name: nginx\n"
                                     "  namespace: shop\n"
                                     "  annotations:\n"
                                     "    gateshift.dev/source: Ingress shop/web\n"
                                     "spec:\n"
                                     "  gatewayClassName: approuting-istio\n"
                                     "  listeners:\n"
                                     "  - name: http\n"
                                     "    port: 80\n"
                                     "    protocol: HTTP\n"
                                     "    allowedRoutes:\n"
                                     "      namespaces:\n"
                                     "        from: Same\n"
                                     "---\n"
                                     "apiVersion: gateway.networking.k8s.io/v1\n"
                                     "kind: HTTPRoute\n"
                                     "metadata:\n"
                                     "  name: web\n"
                                     "  namespace: shop\n"
                                     "  annotations:\n"
                                     "    gateshift.dev/source: Ingress shop/web\n"
                                     "spec:\n"
                                     "  parentRefs:\n"
                                     "  - name: nginx\n"
                                     "  hostnames:\n"
                                     "  - shop.example.com\n"
                                     "  rules:\n"
                                     "  - matches:\n"
                                     "    - path:\n"
                                     "        type: Exact\n"
                                     "        value: /health\n"
                                     "    - path:\n"
                                     "        type: PathPrefix\n"
                                     "        value: /api\n"
                                     "    backendRefs:\n"
                                     "    - name: api\n"
                                     "      port: 80\n"
                                     "  - matches:\n"
                                     "    - path:\n"
                                     "        type: PathPrefix\n"
                                     "        value: /\n"
                                     "    backendRefs:\n"
                                     "    - name: front\n"
                                     "      port: 80\n");
    assert_int_equal(said(&f, DIAG_C023), 1);
    assert_int_equal(said(&f, DIAG_C040), 1);
    assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_ERROR), 0);
    fixture_close(&f);
}

static void test_convert_tls_host_redirects_and_has_a_listener(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/api", "api")->effects.https_redirect =
        https_redirect(&f);
    rule_default(&f, rules, "web")->effects.https_redirect = https_redirect(&f);
    int gates[] = {EFFECT_https_redirect, EFFECT_answer};
    memcpy(f.table.gates, gates, sizeof gates);
    f.table.gate_count = 2;
    host_add(&f, "shop.example.com", rules, "shop.example.com", "shop-tls");
    const char *yaml = convert(&f);
    assert_has(yaml, "  - name: https-shop-example-com\n"
                     "    hostname: shop.example.com\n"
                     "    port: 443\n"
                     "    protocol: HTTPS\n"
                     "    tls:\n"
                     "      mode: Terminate\n"
                     "      certificateRefs:\n"
                     "      - name: shop-tls\n");
    assert_has(yaml, "  parentRefs:\n"
                     "  - name: nginx\n"
                     "    sectionName: https-shop-example-com\n");
    assert_has(yaml, "  name: web-https-redirect\n");
    assert_has(yaml, "    sectionName: http\n"
                     "  hostnames:\n"
                     "  - shop.example.com\n"
                     "  rules:\n"
                     "  - filters:\n"
                     "    - type: RequestRedirect\n"
                     "      requestRedirect:\n"
                     "        scheme: https\n"
                     "        statusCode: 308\n");
    assert_int_equal(f.converted.routes, 2);
    assert_int_equal(f.converted.listeners, 2);
    assert_int_equal(said(&f, DIAG_C023), 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_plain_host_is_one_gateway_and_one_route),
        cmocka_unit_test(test_convert_tls_host_redirects_and_has_a_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
