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

static struct rule_list *one_rule(struct fixture *f, const char *ingress)
{
    struct rule_list *rules = rules_new(f);
    rule_to(f, rules, ingress, PATH_PREFIX_ELEMENT, "/", "front");
    return rules;
}

static const char *text_of(struct fixture *f, const char *format, size_t number)
{
    char text[64];
    snprintf(text, sizeof text, "host%03zu%s", number, format);
    return arena_string(f->run.arena, slice_of(text));
}

static void test_convert_more_hosts_than_listeners_need_more_gateways(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = one_rule(&f, "web");
    for (size_t i = 0; i < 64; i++) { /* with http 65 listeners */
        const char *host = text_of(&f, ".example.com", i);
        host_add(&f, host, rules, host, text_of(&f, "-tls", i));
    }
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.gateways, 2);
    assert_int_equal(f.converted.listeners, 66);
    assert_has(yaml, "  name: nginx-2\n");
    assert_int_equal(occurrences(yaml, "  - name: http\n"), 2);
    assert_true(said_text(&f, DIAG_C040, "2 Gateways"));
    /* 63 hosts on the first Gateway, in routes of 16, and one on the second */
    assert_int_equal(f.converted.routes, 5);
    fixture_close(&f);
}

static void test_convert_hosts_with_the_same_rules_share_routes_of_sixteen(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = one_rule(&f, "web");
    for (size_t i = 0; i < 17; i++) {
        host_add(&f, text_of(&f, ".example.com", i), rules, NULL, NULL);
    }
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.routes, 2);
    assert_has(yaml, "  name: web\n");
    assert_has(yaml, "  name: web-2\n");
    assert_int_equal(occurrences(yaml, "  - host"), 17);
    fixture_close(&f);
}

static void test_convert_hosts_with_different_rules_have_routes_of_their_own(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *a = rules_new(&f), *b = rules_new(&f);
    rule_to(&f, a, "web", PATH_PREFIX_ELEMENT, "/", "a");
    rule_to(&f, b, "web", PATH_PREFIX_ELEMENT, "/", "b");
    host_add(&f, "a.example.com", a, NULL, NULL);
    host_add(&f, "*.example.com", b, NULL, NULL);
    const char *yaml = convert(&f);
    assert_has(yaml, "  name: web-a-example-com\n");
    assert_has(yaml, "  name: web-wildcard-example-com\n");
    assert_int_equal(said(&f, DIAG_C020), 1);
    fixture_close(&f);
}

static void test_convert_says_whose_rules_of_one_host_are_left_out(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *a = rules_new(&f), *b = rules_new(&f);
    rule_to(&f, a, "web", PATH_PREFIX_ELEMENT, "/", "a")->origin.field = SLICE("spec.rules[1]");
    rule_to(&f, b, "other", PATH_PREFIX_ELEMENT, "/", "b")->origin.field = SLICE("spec.rules[0]");
    host_add(&f, "a.example.com", a, NULL, NULL);
    host_add(&f, "a.example.com", b, NULL, NULL);
    const char *yaml = convert(&f);
    assert_has(yaml, "name: a\n");
    assert_lacks(yaml, "name: b\n");
    assert_true(said_text(&f, DIAG_C026, "those of 'Ingress shop/web' (such as spec.rules[1])"));
    assert_true(said_text(&f, DIAG_C026, "are written, those of 'Ingress shop/other'"));
    assert_true(said_text(&f, DIAG_C026, "are not; let one Ingress alone have this host"));
    fixture_close(&f);
}

static void test_convert_names_do_not_collide(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    const char *hosts[] = {"a.b.com", "a-b.com", "c.com"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct rule_list *rules = rules_new(&f);
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", text_of(&f, "", i));
        host_add(&f, hosts[i], rules, hosts[i], text_of(&f, "-tls", i));
    }
    /* An Ingress that is called as a composed name would be. */
    struct rule_list *other = one_rule(&f, "web-c-com");
    host_add(&f, "d.com", other, NULL, NULL);
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.routes, 4);
    assert_int_equal(occurrences(yaml, "  name: web-a-b-com\n"), 1);
    assert_int_equal(occurrences(yaml, "  name: web-a-b-com-"), 1);
    assert_int_equal(occurrences(yaml, "  name: web-c-com\n"), 1);
    assert_int_equal(occurrences(yaml, "  name: web-c-com-"), 1);
    assert_int_equal(occurrences(yaml, "  - name: https-a-b-com\n"), 1);
    assert_int_equal(occurrences(yaml, "  - name: https-a-b-com-"), 1);
    fixture_close(&f);
}

static void test_convert_long_names_are_cut(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    static const char host[] =
        "abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi."
        "abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi."
        "abcdefghi.com";
    host_add(&f, host, one_rule(&f, "web"), host, "tls");
    f.table.entries[0].gateway = f.table.entries[1].gateway =
        SLICE("webapprouting.kubernetes.azure.com-and-what-comes-after-it-is-long");
    (void)convert(&f);
    const struct node *gateway = converted_read(&f.run, &f.converted.objects[0]);
    assert_string_equal(arena_string(f.run.arena, node_get(gateway, "kind")->text), "Gateway");
    assert_true(node_get(node_get(gateway, "metadata"), "name")->text.len <= 63 - 17);
    const struct node *listener = node_get(node_get(gateway, "spec"), "listeners")->items[1];
    assert_true(node_get(listener, "name")->text.len <= 63);
    fixture_close(&f);
}

static void test_convert_several_namespaces_share_a_gateway_in_its_own(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *a = one_rule(&f, "web"), *b = one_rule(&f, "api");
    b->rules[0].origin.namespace = SLICE("other");
    b->rules[0].backends->namespace = SLICE("other");
    host_add(&f, "a.example.com", a, "a.example.com", "tls");
    host_add(&f, "b.example.com", b, NULL, NULL);
    const char *yaml = convert(&f);
    assert_has(yaml, "kind: Namespace\nmetadata:\n  name: gateways\n");
    assert_has(yaml, "            values:\n            - other\n            - shop\n");
    assert_has(yaml, "  - name: nginx\n    namespace: gateways\n");
    assert_has(yaml, "kind: ReferenceGrant\n"
                     "metadata:\n"
                     "  name: from-gateways-to-secrets\n"
                     "  namespace: shop\n");
    assert_has(yaml, "  to:\n  - group: \"\"\n    kind: Secret\n    name: tls\n");
    /* only the namespace whose host it serves may attach to the https listener */
    assert_has(yaml, "            values:\n            - shop\n");
    assert_int_equal(strncmp(yaml, "apiVersion: v1\n", 15), 0);
    fixture_close(&f);
}

static void test_convert_without_rules_names_who_is_not_served(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    host_add(&f, "bare.example.com", rules_new(&f), NULL, NULL);
    assert_lacks(convert(&f), "kind:");
    assert_true(said_text(&f, DIAG_C040, "nothing listens afterwards for bare.example.com"));
    fixture_close(&f);
}

static void test_convert_existing_gateway_is_referred_to(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.gateway_name = SLICE("edge");
    f.options.gateway_namespace = SLICE("infra");
    host_add(&f, "a.example.com", one_rule(&f, "web"), "a.example.com", "tls");
    const char *yaml = convert(&f);
    assert_lacks(yaml, "kind: Gateway\nmetadata");
    assert_has(yaml, "  parentRefs:\n  - name: edge\n    namespace: infra\n");
    assert_int_equal(said(&f, DIAG_C041), 2);
    assert_true(said_text(&f, DIAG_C041, "hostname 'a.example.com'"));
    assert_has(yaml, "kind: ReferenceGrant\n");
    assert_int_equal(said(&f, DIAG_C040), 0);
    fixture_close(&f);
}

static void test_convert_wildcard_certificate_is_one_listener(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = one_rule(&f, "web");
    host_add(&f, "a.example.com", rules, "*.example.com", "wild");
    host_add(&f, "b.example.com", rules, "*.example.com", "wild");
    host_add(&f, "c.other.com", rules, "*.other.com", "lone");
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.listeners, 3);
    assert_has(yaml, "  - name: https-wildcard-example-com\n    hostname: \"*.example.com\"\n");
    assert_has(yaml, "  - name: https-c-other-com\n    hostname: c.other.com\n");
    fixture_close(&f);
}

static void test_convert_one_address_has_one_certificate(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = one_rule(&f, "web");
    const char *hosts[] = {"a.example.com", "b.example.com", "c.example.com", "d.example.com"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        host_add(&f, hosts[i], rules, "*.example.com", i < 2 ? "one" : "two");
    }
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "    hostname: \"*.example.com\"\n"), 1);
    assert_has(yaml, "    hostname: c.example.com\n");
    assert_has(yaml, "    hostname: d.example.com\n");
    fixture_close(&f);
}

static void test_convert_redirect_without_certificate_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = one_rule(&f, "web");
    rules->rules[0].effects.https_redirect = https_redirect(&f);
    host_add(&f, "a.example.com", rules, NULL, NULL);
    (void)convert(&f);
    assert_int_equal(said(&f, DIAG_C024), 1);
    fixture_close(&f);
}

static void test_convert_default_server_has_no_hostnames(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *own = rules_new(&f), *rules = one_rule(&f, "catch-all");
    rule_to(&f, own, "web", PATH_PREFIX_ELEMENT, "/api", "api");
    rule_default(&f, own, "web");
    host_add(&f, "a.example.com", own, NULL, NULL);
    host_add(&f, NULL, rules, NULL, NULL);
    f.options.target = target_find(SLICE("standard"));
    f.options.gateway_class = SLICE("cilium");
    const char *yaml = convert(&f);
    assert_has(yaml, "  name: catch-all\n");
    assert_int_equal(occurrences(yaml, "  hostnames:\n"), 1);
    assert_has(yaml, "  gatewayClassName: cilium\n");
    assert_true(said_text(&f, DIAG_C022, "a.example.com"));
    assert_int_equal(said(&f, DIAG_C042), 0);
    fixture_close(&f);
}

static void test_convert_hosts_that_cannot_be_written_are_named(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = one_rule(&f, "web");
    host_add(&f, "a.example.com", rules, NULL, NULL);
    f.table.entries[0].host = (struct host_pattern){.kind = HOST_REGEX, .name = SLICE("^a.+$")};
    f.table.entries[1].host = f.table.entries[0].host;
    f.table.entries[1].kind = ENTRY_TUNNEL;
    assert_string_equal(convert(&f), "");
    assert_int_equal(said(&f, DIAG_C021), 1);
    assert_int_equal(said(&f, DIAG_C025), 1);
    fixture_close(&f);
}

static void test_convert_same_table_gives_same_bytes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < 70; i++) {
        const char *host = text_of(&f, ".example.com", i % 7 ? i : i + 100);
        host_add(&f, host, one_rule(&f, text_of(&f, "", i)), host, text_of(&f, "-tls", i));
    }
    char *first = strdup(convert(&f));
    assert_string_equal(first, convert(&f));
    free(first);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_plain_host_is_one_gateway_and_one_route),
        cmocka_unit_test(test_convert_tls_host_redirects_and_has_a_listener),
        cmocka_unit_test(test_convert_more_hosts_than_listeners_need_more_gateways),
        cmocka_unit_test(test_convert_hosts_with_the_same_rules_share_routes_of_sixteen),
        cmocka_unit_test(test_convert_hosts_with_different_rules_have_routes_of_their_own),
        cmocka_unit_test(test_convert_says_whose_rules_of_one_host_are_left_out),
        cmocka_unit_test(test_convert_names_do_not_collide),
        cmocka_unit_test(test_convert_long_names_are_cut),
        cmocka_unit_test(test_convert_several_namespaces_share_a_gateway_in_its_own),
        cmocka_unit_test(test_convert_without_rules_names_who_is_not_served),
        cmocka_unit_test(test_convert_existing_gateway_is_referred_to),
        cmocka_unit_test(test_convert_wildcard_certificate_is_one_listener),
        cmocka_unit_test(test_convert_one_address_has_one_certificate),
        cmocka_unit_test(test_convert_redirect_without_certificate_is_an_error),
        cmocka_unit_test(test_convert_default_server_has_no_hostnames),
        cmocka_unit_test(test_convert_hosts_that_cannot_be_written_are_named),
        cmocka_unit_test(test_convert_same_table_gives_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
