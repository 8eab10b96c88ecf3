#include "convert/convert_fixture_priv.h"

/* Certificates that clients have to show. */

#define MUTUAL   "      options:\n        gateway.istio.io/tls-terminate-mode: MUTUAL\n"
#define OPTIONAL "      options:\n        gateway.istio.io/tls-terminate-mode: OPTIONAL_MUTUAL\n"
#define FRONTEND(kind, name, more)                                                                 \
    "  tls:\n    frontend:\n      default:\n        validation:\n          caCertificateRefs:\n"   \
    "          - group: \"\"\n            kind: " kind "\n" more "            name: " name "\n"

static struct client_check *check_new(struct fixture *f, const char *subject)
{
    struct client_check *check = ARENA_NEW(f->run.arena, struct client_check);
    *check = (struct client_check){.source = source_of(f, "auth-tls-secret"),
                                   .subject = slice_of(subject),
                                   .demand = DEMAND_VALID,
                                   .depth = 1,
                                   .status = 400};
    return check;
}

static void ask_at(struct fixture *f, const char *host, const char *tls_host, const char *secret,
                   const struct client_check *check)
{
    struct rule_list *rules = rules_new(f);
    rule_to(f, rules, "web", PATH_PREFIX_ELEMENT, "/", "web");
    size_t https = host_add(f, host, rules, tls_host, secret);
    f->table.entries[https].client = check;
}

static void expect(struct fixture *f, size_t asking, size_t near, size_t lost)
{
    assert_int_equal(occurrences(convert(f), MUTUAL), asking);
    assert_int_equal(said(f, DIAG_C002), near);
    assert_int_equal(said(f, DIAG_C003), lost);
}

static void open_for(struct fixture *f, const char *target)
{
    fixture_open(f);
    f->options.target = target_find(slice_of(target));
}

static void test_convert_clients_are_asked_by_the_listener(void **state)
{
    (void)state;
    static const struct {
        const char *target, *subject;
        size_t asking;
    } rows[] = {
        {"aks-approuting", "Secret shop/tls", 1}, {"istio", "Secret shop/tls", 1},
        {"aks-approuting", "Secret shop/ca", 0},  {"aks-approuting", "Secret other/tls", 0},
        {"standard", "Secret shop/tls", 0},       {"envoy-gateway", "Secret shop/tls", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        open_for(&f, rows[i].target);
        ask_at(&f, "a.example.com", "a.example.com", "tls", check_new(&f, rows[i].subject));
        ask_at(&f, "b.example.com", "b.example.com", "tls", NULL);
        expect(&f, rows[i].asking, rows[i].asking, !rows[i].asking);
        fixture_close(&f);
    }
}

static void test_convert_clients_are_asked_by_the_gateway(void **state)
{
    (void)state;
    static const struct {
        const char *target, *subject, *yaml;
        size_t to_make; /* ConfigMaps */
    } rows[] = {
        {"standard", "Secret shop/ca", FRONTEND("ConfigMap", "ca", ""), 1},
        {"standard", "Secret other/ca", FRONTEND("ConfigMap", "other.ca", ""), 1},
        {"envoy-gateway", "Secret shop/ca", FRONTEND("Secret", "ca", ""), 0},
        {"nginx-gateway-fabric", "Secret shop/ca", FRONTEND("Secret", "ca", ""), 0},
        {"istio", "Secret shop/ca", FRONTEND("Secret", "ca", ""), 0},
        {"aks-approuting", "Secret other/ca",
         FRONTEND("Secret", "ca", "            namespace: other\n"), 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        open_for(&f, rows[i].target);
        ask_at(&f, "a.example.com", "a.example.com", "tls", check_new(&f, rows[i].subject));
        ask_at(&f, "b.example.com", "b.example.com", "tls", check_new(&f, rows[i].subject));
        const char *yaml = convert(&f);
        assert_has(yaml, rows[i].yaml);
        assert_lacks(yaml, "AllowInsecureFallback");
        assert_int_equal(occurrences(yaml, "  name: from-shop-to-secrets\n"), i == 5);
        assert_int_equal(said(&f, DIAG_C057), rows[i].to_make);
        assert_true(said_text(&f, DIAG_C002, "host 'a.example.com'"));
        assert_true(said_text(&f, DIAG_C002, "host 'b.example.com'"));
        assert_int_equal(said(&f, DIAG_C003), 0);
        fixture_close(&f);
    }
}

/* Two CAs, two demands, a release without the field, and a Gateway that is somebody else's. */
static void test_convert_clients_that_no_gateway_can_ask(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        struct fixture f;
        open_for(&f, "standard");
        struct client_check *other = check_new(&f, what == 0 ? "Secret shop/cb" : "Secret shop/ca");
        other->demand = what == 1 ? DEMAND_OPTIONAL : DEMAND_VALID;
        ask_at(&f, "a.example.com", "a.example.com", "tls", check_new(&f, "Secret shop/ca"));
        ask_at(&f, "b.example.com", "b.example.com", "tls", other);
        f.options.api_minor = what == 2 ? 4 : 5;
        f.options.gateway_name = what == 3 ? SLICE("edge") : SLICE("");
        assert_lacks(convert(&f), "frontend:");
        assert_int_equal(said(&f, DIAG_C003), what == 1 ? 1 : 2);
        assert_int_equal(said_text(&f, DIAG_C001, "which they need not have today"), what == 1);
        fixture_close(&f);
    }
}

/* Gateways are told apart: that of another namespace asks nobody. */
static void test_convert_clients_of_one_namespace(void **state)
{
    (void)state;
    struct fixture f;
    open_for(&f, "standard");
    f.options.layout = LAYOUT_PER_NAMESPACE;
    ask_at(&f, "a.example.com", "a.example.com", "tls", check_new(&f, "Secret shop/ca"));
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "web")->origin.namespace = SLICE("blog");
    size_t https = host_add(&f, "b.example.com", rules, "b.example.com", "tls");
    f.table.entries[https].certificate.namespace = SLICE("blog");
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "kind: Gateway\n"), 2);
    assert_int_equal(occurrences(yaml, "frontend:"), 1);
    assert_int_equal(said(&f, DIAG_C003), 0);
    fixture_close(&f);
}

static void test_convert_clients_that_need_no_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *target, *subject;
        enum client_demand demand;
        const char *yaml; /* null: nobody is asked */
    } rows[] = {
        {"standard", "Secret shop/ca", DEMAND_OPTIONAL, "mode: AllowInsecureFallback"},
        {"standard", "Secret shop/ca", DEMAND_ANY, "mode: AllowInsecureFallback"},
        {"standard", "Secret shop/ca", DEMAND_NONE, NULL},
        {"istio", "Secret shop/tls", DEMAND_OPTIONAL, OPTIONAL},
        {"istio", "Secret shop/ca", DEMAND_OPTIONAL, OPTIONAL},
        {"istio", "Secret shop/tls", DEMAND_ANY, NULL},
        {"istio", "Secret shop/ca", DEMAND_ANY, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        open_for(&f, rows[i].target);
        struct client_check *check = check_new(&f, rows[i].subject);
        check->demand = rows[i].demand;
        ask_at(&f, "a.example.com", "a.example.com", "tls", check);
        const char *yaml = convert(&f);
        if (rows[i].yaml) {
            assert_has(yaml, rows[i].yaml);
        } else {
            assert_lacks(yaml, "frontend:");
            assert_lacks(yaml, "terminate-mode");
        }
        assert_int_equal(said(&f, DIAG_C002), rows[i].yaml ? 1 : 0);
        assert_int_equal(said(&f, DIAG_C001), !rows[i].yaml && rows[i].demand == DEMAND_ANY);
        assert_int_equal(said(&f, DIAG_C003), 0);
        fixture_close(&f);
    }
}

/* What is more than a handshake is told, and the handshake is asked for all the same. */
static void test_convert_clients_with_more_than_a_handshake(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct fixture f;
        fixture_open(&f);
        struct client_check *check = check_new(&f, "Secret shop/tls");
        check->name = what == 0 ? SLICE("CN=a") : SLICE("");
        if (what == 1) {
            check->error_page = template_text(f.run.arena, SLICE("http://a.example.com/"));
        }
        ask_at(&f, "a.example.com", "a.example.com", "tls", check);
        expect(&f, 1, 1, what == 0 ? 1 : 0);
        assert_int_equal(said_text(&f, DIAG_C003, "auth-tls-match-cn"), what == 0);
        assert_int_equal(said_text(&f, DIAG_C002, "auth-tls-error-page"), what == 1);
        assert_true(said_text(&f, DIAG_C005, "auth-tls-verify-depth"));
        fixture_close(&f);
    }
}

/* A longer chain than was asked for, and those that were revoked. */
static void test_convert_clients_by_depth_and_list(void **state)
{
    (void)state;
    static const struct {
        const char *target, *subject;
        int64_t depth;
        bool asked;
        enum client_revocation revocation;
        size_t near, hidden, lost; /* C002, C005, C003 */
    } rows[] = {
        {"standard", "Secret gateways/ca", 1, false, REVOCATION_NONE, 1, 1, 0},
        {"standard", "Secret gateways/ca", 3, true, REVOCATION_NONE, 2, 0, 0},
        {"standard", "Secret gateways/ca", 1, false, REVOCATION_OPEN, 2, 1, 0},
        {"standard", "Secret gateways/ca", 1, false, REVOCATION_LIST, 1, 1, 1},
        {"envoy-gateway", "Secret gateways/ca", 1, false, REVOCATION_LIST, 1, 1, 1},
        {"nginx-gateway-fabric", "Secret gateways/ca", 4, true, REVOCATION_LIST, 1, 0, 1},
        {"istio", "Secret gateways/ca", 1, true, REVOCATION_LIST, 2, 0, 0},
        {"aks-approuting", "Secret gateways/ca", 1, true, REVOCATION_OPEN, 2, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        open_for(&f, rows[i].target);
        struct client_check *check = check_new(&f, rows[i].subject);
        check->depth = rows[i].depth;
        check->depth_source = rows[i].asked ? check->source : (struct effect_source){0};
        check->revocation = rows[i].revocation;
        ask_at(&f, "a.example.com", "a.example.com", "tls", check);
        convert(&f);
        assert_int_equal(said(&f, DIAG_C002), rows[i].near);
        assert_int_equal(said_text(&f, DIAG_C005, "auth-tls-verify-depth"), rows[i].hidden);
        assert_int_equal(said_text(&f, DIAG_C003, "ca.crl"), rows[i].lost);
        fixture_close(&f);
    }
}

/* One listener for a wildcard asks all of its hosts, or none. */
static void test_convert_clients_of_a_shared_listener(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct fixture f;
        fixture_open(&f);
        const struct client_check *check = check_new(&f, "Secret shop/tls");
        ask_at(&f, "a.example.com", "*.example.com", "tls", check);
        ask_at(&f, "b.example.com", "*.example.com", "tls", all ? check : NULL);
        expect(&f, all ? 1 : 0, all ? 2 : 0, all ? 0 : 1);
        fixture_close(&f);
    }
}

/* ---- who a client is ------------------------------------------------------------------------ */

static void test_convert_trusted_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *target, *header, *written, *text;
    } rows[] = {
        {"envoy-gateway", "X-Forwarded-For",
         "  clientIPDetection:\n    xForwardedFor:\n      trustedCIDRs:\n      - 10.0.0.0/8\n",
         NULL},
        {"nginx-gateway-fabric", "X-Forwarded-For",
         "  rewriteClientIP:\n    mode: XForwardedFor\n    setIPRecursively: true\n"
         "    trustedAddresses:\n    - type: CIDR\n      value: 10.0.0.0/8\n",
         NULL},
        {"envoy-gateway", "X-Real-IP", NULL, "set the trusted addresses at the Gateway"},
        {"istio", "X-Forwarded-For", NULL, "numTrustedProxies"},
        {"standard", "X-Forwarded-For", NULL, "whom the implementation believes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        (void)single_for(&f, rows[i].target, NULL);
        trust(&f, rows[i].header);
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_has(yaml, rows[i].written);
            assert_true(said_text(&f, DIAG_C005, "clients are told apart"));
        } else {
            assert_lacks(yaml, "10.0.0.0/8");
            assert_true(said_text(&f, DIAG_C002, rows[i].text));
        }
        fixture_close(&f);
    }
}

static void test_convert_proxy_protocol(void **state)
{
    (void)state;
    static const struct {
        const char *target, *written, *text;
    } rows[] = {
        {"envoy-gateway", "  proxyProtocol: {}\n", "proxyProtocol of a ClientTrafficPolicy"},
        {"nginx-gateway-fabric",
         "  rewriteClientIP:\n    mode: ProxyProtocol\n    setIPRecursively: true\n"
         "    trustedAddresses:\n    - type: CIDR\n      value: 10.0.0.0/8\n",
         "(mode ProxyProtocol, "},
        {"istio", NULL, "proxyProtocol: {} in the annotation proxy.istio.io/config"},
        {"aks-approuting", NULL, "Gateways do not read the PROXY protocol"},
        {"standard", NULL, "set in the implementation whether it reads"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        (void)single_for(&f, rows[i].target, NULL);
        trust(&f, "");
        f.table.view.client_header = SLICE_ABSENT;
        f.table.view.proxy_protocol = source_of(&f, "use-proxy-protocol");
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_has(yaml, rows[i].written);
        } else {
            assert_lacks(yaml, "10.0.0.0/8");
        }
        assert_true(said_text(&f, DIAG_C002, "'use-proxy-protocol'"));
        assert_true(said_text(&f, DIAG_C002, rows[i].text));
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_clients_are_asked_by_the_listener),
        cmocka_unit_test(test_convert_clients_are_asked_by_the_gateway),
        cmocka_unit_test(test_convert_clients_that_no_gateway_can_ask),
        cmocka_unit_test(test_convert_clients_of_one_namespace),
        cmocka_unit_test(test_convert_clients_that_need_no_certificate),
        cmocka_unit_test(test_convert_clients_with_more_than_a_handshake),
        cmocka_unit_test(test_convert_clients_by_depth_and_list),
        cmocka_unit_test(test_convert_clients_of_a_shared_listener),
        cmocka_unit_test(test_convert_trusted_addresses),
        cmocka_unit_test(test_convert_proxy_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
