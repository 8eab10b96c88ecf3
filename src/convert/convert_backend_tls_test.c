#include "convert/convert_fixture_priv.h"

/* TLS towards backends. */

static const struct route_upstream_protocol https = {.protocol = {"HTTPS", 5}};

static struct route_upstream_tls verified(struct fixture *f)
{
    return (struct route_upstream_tls){
        .source = source_of(f, "nginx.ingress.kubernetes.io/proxy-ssl-secret"),
        .secret = SLICE("shop/ca"),
        .verify = true,
        .name = SLICE("Api.Internal")};
}

static void test_convert_a_verified_backend_has_a_policy(void **state)
{
    (void)state;
    static const struct {
        int minor;
        bool experimental, verify;
        const char *name, *version; /* null: none is written */
    } cases[] = {
        {5, false, true, "api.internal", "gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy"},
        {3, true, true, "api.internal", "/v1alpha3\nkind: BackendTLSPolicy"},
        {3, false, true, "api.internal", NULL},
        {5, false, false, "api.internal", NULL},
        {5, false, true, "", NULL},
        {5, false, true, "no name", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(SLICE("standard"));
        f.options.api_minor = cases[i].minor;
        f.options.experimental = cases[i].experimental;
        struct route_upstream_tls tls = verified(&f);
        tls.verify = cases[i].verify;
        tls.name = slice_of(cases[i].name);
        struct rule_list *rules = rules_new(&f);
        struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
        rule->effects.upstream_protocol = &https;
        rule->effects.upstream_tls = &tls;
        host_add(&f, "a.example.com", rules, NULL, NULL);
        const char *yaml = convert(&f);
        assert_int_equal(occurrences(yaml, "kind: BackendTLSPolicy\n"), cases[i].version != NULL);
        assert_int_equal(said(&f, DIAG_C057), cases[i].version != NULL);
        if (cases[i].version) {
            assert_has(yaml, cases[i].version);
            assert_has(yaml, "      kind: ConfigMap\n      name: ca\n");
            assert_has(yaml, "    hostname: api.internal\n");
            assert_int_equal(said(&f, DIAG_C001), 0);
        } else {
            assert_true(said(&f, DIAG_C001) > 0);
        }
        fixture_close(&f);
    }
}

static void test_convert_a_service_with_and_without_tls_is_named(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct route_upstream_tls tls = verified(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "plain", PATH_PREFIX_ELEMENT, "/a", "front");
    struct rule *rule = rule_to(&f, rules, "secure", PATH_PREFIX_ELEMENT, "/b", "front");
    rule->effects.upstream_protocol = &https;
    rule->effects.upstream_tls = &tls;
    host_add(&f, "a.example.com", rules, NULL, NULL);
    assert_int_equal(occurrences(convert(&f), "kind: BackendTLSPolicy\n"), 1);
    assert_int_equal(said(&f, DIAG_C047), 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_a_verified_backend_has_a_policy),
        cmocka_unit_test(test_convert_a_service_with_and_without_tls_is_named),
    };
    return cmocka_run_group_tests_name("convert_backend_tls", tests, NULL, NULL);
}
