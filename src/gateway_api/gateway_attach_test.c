#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ASK(text, expected) assert_string_equal(fixture_ask(&f, text), expected)
#define SAID(code, number)  assert_int_equal(fixture_count(&f, DIAG_##code), number)

/* ---- hostnames ---------------------------------------------------------------------------- */

static void intersect(const char *listener, const char *route, const char *host, bool serves)
{
    char yaml[2048];
    struct fixture f;
    snprintf(yaml, sizeof yaml,
             SERVICE("web") GATEWAY_HEAD
             "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
             "spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP%s}]}\n"
             "---\n" GATEWAY_HEAD "kind: HTTPRoute\nmetadata: {name: a, namespace: shop}\n"
             "spec: {parentRefs: [{name: edge}], %s rules: [{" TO("web") "}]}\n",
             listener, route);
    fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
    char ask[256];
    snprintf(ask, sizeof ask, "GET http://%s/", host);
    ASK(ask, serves ? "web" : "404");
    fixture_close(&f);
}

static void test_gateway_hostnames_intersect(void **state)
{
    (void)state;
    static const struct {
        const char *listener, *route, *host;
        bool serves;
    } rows[] = {
        {", hostname: a.example.com", "hostnames: [a.example.com],", "a.example.com", true},
        {", hostname: a.example.com", "hostnames: ['*.example.com'],", "a.example.com", true},
        {", hostname: a.example.com", "hostnames: ['*.example.com'],", "b.example.com", false},
        {", hostname: '*.example.com'", "hostnames: [a.example.com],", "a.example.com", true},
        {", hostname: '*.example.com'", "hostnames: [a.example.com],", "b.example.com", false},
        {", hostname: '*.example.com'", "hostnames: [example.com],", "example.com", false},
        {", hostname: '*.example.com'", "", "a.b.example.com", true},
        {", hostname: '*.example.com'", "", "example.com", false},
        {", hostname: '*.com'", "hostnames: ['*.example.com'],", "x.example.com", true},
        {", hostname: '*.com'", "hostnames: ['*.example.com'],", "x.other.com", false},
        {", hostname: '*.foo.example.com'", "hostnames: ['*.example.com'],", "a.foo.example.com",
         true},
        {", hostname: '*.foo.example.com'", "hostnames: ['*.example.com'],", "a.example.com",
         false},
        {"", "hostnames: [a.example.com],", "A.Example.COM", true},
        {"", "hostnames: [a.example.com],", "b.example.com", false},
        {"", "", "anything", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        intersect(rows[i].listener, rows[i].route, rows[i].host, rows[i].serves);
    }
}

/* ---- listeners ---------------------------------------------------------------------------- */

static void test_gateway_listeners_are_isolated(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_CLOSED,
        SERVICE("web") SERVICE("api") GATEWAY_HEAD
        "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
        "spec:\n  gatewayClassName: c\n  listeners:\n"
        "  - {name: any, port: 80, protocol: HTTP}\n"
        "  - {name: wild, port: 80, protocol: HTTP, hostname: '*.example.com'}\n---\n" GATEWAY_HEAD
        "kind: HTTPRoute\nmetadata: {name: a, namespace: shop}\n"
        "spec: {parentRefs: [{name: edge, sectionName: any}], rules: [{" TO(
            "web") "}]}\n---\n" GATEWAY_HEAD
                   "kind: HTTPRoute\nmetadata: {name: b, namespace: shop}\n"
                   "spec: {parentRefs: [{name: edge, sectionName: wild}], rules: [{matches: "
                   "[{path: "
                   "{value: /api}}], " TO("api") "}]}\n");
    ASK("GET http://other.org/api", "web");
    ASK("GET http://a.example.com/api", "api");
    /* the more specific listener has no rule for it, and the other must not help out */
    ASK("GET http://a.example.com/else", "404");
    ASK("GET http://a.example.com:8080/api", "close");
    fixture_close(&f);
}

static void test_gateway_listeners_in_conflict_serve_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "standard", FIXTURE_OPEN,
                 SERVICE("web") GATEWAY_HEAD
                 "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
                 "spec:\n  gatewayClassName: c\n  listeners:\n"
                 "  - {name: a, port: 80, protocol: HTTP, hostname: a.example.com}\n"
                 "  - {name: b, port: 80, protocol: HTTP, hostname: a.example.com}\n"
                 "  - {name: c, port: 80, protocol: HTTP, hostname: c.example.com}\n"
                 "  - {name: d, port: 81, protocol: HTTP}\n"
                 "  - {name: e, port: 81, protocol: HTTPS, hostname: e.example.com, tls: "
                 "{certificateRefs: [{name: x}]}}\n---\n" ROUTE("a", "rules: [{" TO("web") "}]"));
    ASK("GET http://a.example.com/", "404");
    ASK("GET http://c.example.com/", "web");
    ASK("GET http://x.example.com:81/", "close");
    ASK("GET https://e.example.com:81/", "close");
    SAID(G006, 4);
    fixture_close(&f);
}

#define TLS_EDGE                                                                                   \
    GATEWAY_HEAD "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"                        \
                 "spec:\n  gatewayClassName: c\n  listeners:\n"                                    \
                 "  - {name: one, port: 443, protocol: HTTPS, hostname: one.example.com, tls: "    \
                 "{certificateRefs: [{name: x}]}}\n"                                               \
                 "  - {name: wild, port: 443, protocol: HTTPS, hostname: '*.example.com', tls: "   \
                 "{certificateRefs: [{name: x}]}}\n---\n"

static void test_gateway_https_host_follows_server_name(void **state)
{
    (void)state;
    static const struct {
        const char *ask, *standard, *istio;
    } rows[] = {
        {"GET https://one.example.com/", "web", "web"},
        {"GET https://two.example.com/", "web", "web"},
        {"GET https://two.example.com/\nsni: one.example.com", "421", "404"},
        {"GET https://one.example.com/\nsni: two.example.com", "421", "web"},
        {"GET https://two.example.com/\nsni: three.example.com", "web", "web"},
        {"GET https://other.org/\nsni: one.example.com", "404", "404"},
        {"GET https://other.org/", "close", "close"},
        {"GET https://one.example.com/\nsni: other.org", "close", "close"},
    };
    struct fixture s, i;
    const char *yaml = SERVICE("web") TLS_EDGE ROUTE("a", "rules: [{" TO("web") "}]");
    fixture_open(&s, "standard", FIXTURE_OPEN, yaml);
    fixture_open(&i, "aks-approuting", FIXTURE_OPEN, yaml);
    for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
        assert_string_equal(fixture_ask(&s, rows[n].ask), rows[n].standard);
        assert_string_equal(fixture_ask(&i, rows[n].ask), rows[n].istio);
    }
    fixture_close(&s);
    fixture_close(&i);
}

static void test_gateway_https_without_certificate_is_closed(void **state)
{
    (void)state;
    struct fixture f;
    const char *yaml = SERVICE("web") TLS_EDGE ROUTE("a", "rules: [{" TO("web") "}]");
    fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
    ASK("GET https://one.example.com/", "close");
    SAID(G008, 2);
    fixture_close(&f);
}

/* ---- attachment --------------------------------------------------------------------------- */

static void reason(const char *listener, const char *parent, enum diag_code code, bool attaches)
{
    char yaml[2048];
    struct fixture f;
    snprintf(yaml, sizeof yaml,
             SERVICE("web") GATEWAY_HEAD
             "kind: Gateway\nmetadata: {name: edge, namespace: infra}\n"
             "spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP%s}]}\n"
             "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: "
             "a}}\n---\n" GATEWAY_HEAD "kind: HTTPRoute\nmetadata: {name: a, namespace: shop}\n"
             "spec: {parentRefs: [{%s}], hostnames: [a.org], rules: [{" TO("web") "}]}\n",
             listener, parent);
    fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
    ASK("GET http://a.org/", attaches ? "web" : "404");
    assert_int_equal(fixture_count(&f, code), attaches ? 0 : 1);
    fixture_close(&f);
}

static void test_gateway_routes_attach_where_they_may(void **state)
{
    (void)state;
    static const char all[] = ", allowedRoutes: {namespaces: {from: All}}";
    static const char parent[] = "name: edge, namespace: infra";
    static const struct {
        const char *listener, *parent;
        enum diag_code code;
        bool attaches;
    } rows[] = {
        {all, parent, DIAG_G003, true},
        {all, "name: edge", DIAG_G001, false},
        {all, "name: edge, namespace: infra, sectionName: https", DIAG_G003, false},
        {all, "name: edge, namespace: infra, sectionName: http", DIAG_G003, true},
        {all, "name: edge, namespace: infra, port: 81", DIAG_G003, false},
        {all, "name: edge, namespace: infra, port: 80", DIAG_G003, true},
        {all, "name: edge, namespace: infra, kind: Service, group: ''", DIAG_G002, false},
        {"", parent, DIAG_G004, false},
        {", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}",
         parent, DIAG_G004, true},
        {", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: b}}}}",
         parent, DIAG_G004, false},
        {", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: "
         "{kubernetes.io/metadata.name: shop}}}}",
         parent, DIAG_G004, true},
        {", allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}", parent,
         DIAG_G004, false},
        {", hostname: b.org, allowedRoutes: {namespaces: {from: All}}", parent, DIAG_G005, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        reason(rows[i].listener, rows[i].parent, rows[i].code, rows[i].attaches);
    }
}

static void test_gateway_of_other_class_is_left_out(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_CLOSED,
        SERVICE("web") EDGE GATEWAY_HEAD
        "kind: GatewayClass\nmetadata: {name: d}\nspec: {controllerName: x.org/y}\n---\n" ROUTE(
            "a", "rules: [{" TO("web") "}]"));
    ASK("GET http://a.org/", "close");
    SAID(G009, 1);
    fixture_close(&f);
}

/* ---- ListenerSets and GRPCRoutes ----------------------------------------------------------- */

#define SET(name, namespace, listeners)                                                            \
    GATEWAY_HEAD "kind: ListenerSet\nmetadata: {name: " name                                       \
                 ", namespace: " namespace "}\n"                                                   \
                                           "spec: {parentRef: {name: edge, namespace: shop}, "     \
                                           "listeners: [" listeners "]}\n"                         \
                                           "---\n"
#define SETS_EDGE                                                                                  \
    GATEWAY_HEAD "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"                        \
                 "spec: {gatewayClassName: c, allowedListeners: {namespaces: {from: Same}}, "      \
                 "listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"

static void test_gateway_listener_sets_add_listeners(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_CLOSED,
        SERVICE("web") SERVICE("more")
            SETS_EDGE SET("more", "shop",
                          "{name: x, port: 80, protocol: HTTP, hostname: x.org}, "
                          "{name: taken, port: 80, protocol: HTTP}, "
                          "{name: twice, port: 80, protocol: HTTP, hostname: x.org}")
                SET("far", "other", "{name: far, port: 80, protocol: HTTP, hostname: y.org}")
                    ROUTE("a", "rules: [{" TO("web") "}]") GATEWAY_HEAD
        "kind: HTTPRoute\nmetadata: {name: b, namespace: shop}\n"
        "spec: {parentRefs: [{kind: ListenerSet, name: more}], rules: [{" TO("more") "}]}\n");
    ASK("GET http://x.org/", "more"); /* the Gateway's own route does not serve the set */
    ASK("GET http://a.org/", "web");
    ASK("GET http://y.org/", "web"); /* the set of another namespace is not let in */
    SAID(G004, 1);
    SAID(G006, 2);
    fixture_close(&f);
}

static void test_gateway_calls_have_routes_of_their_own(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "standard", FIXTURE_CLOSED,
                 SERVICE("web") SERVICE("one") SERVICE("two") SERVICE("any") SETS_EDGE GATEWAY_HEAD
                 "kind: GRPCRoute\nmetadata: {name: calls, namespace: shop}\n"
                 "spec: {parentRefs: [{name: edge}], rules: ["
                 "{matches: [{method: {service: p.S}}], " TO(
                     "any") "}, "
                            "{matches: [{method: {service: p.S, method: One}}], " TO(
                                "one") "}, "
                                       "{matches: [{method: {service: p.S, method: One}, headers: "
                                       "[{name: x, value: '2'}]}], " TO("two") "}]}\n---\n" ROUTE(
                                           "a", "rules: [{" TO("web") "}]"));
    ASK("POST http://g.org/p.S/One\ncontent-type: application/grpc", "one");
    ASK("POST http://g.org/p.S/One\ncontent-type: application/grpc+proto\nx: 2", "two");
    ASK("POST http://g.org/p.S/Other\ncontent-type: application/grpc", "any");
    ASK("POST http://g.org/p.T/One\ncontent-type: application/grpc", "web");
    ASK("POST http://g.org/p.S/One\ncontent-type: application/json", "web");
    SAID(G020, 0);
    fixture_close(&f);
}

/* Gateways of other controllers are left out beside those of the one that is asked; where it has none, it is
 * asked what it would do with theirs. */
static void test_gateway_classes_of_other_controllers(void **state)
{
    (void)state;
#define CLASS(name, controller)                                                                    \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: " name         \
    "}\nspec: {controllerName: " controller "}\n---\n"
#define GATEWAY(name, class)                                                                       \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: " name              \
    ", namespace: default}\nspec: {gatewayClassName: " class ", listeners: [{name: http, port: "   \
                                                             "80, protocol: HTTP}]}\n---\n"
    const char *both = CLASS("i", "istio.io/gateway-controller") CLASS("o", "x.org/y")
        GATEWAY("mine", "i") GATEWAY("other", "o");
    struct fixture f;
    fixture_open(&f, "istio", FIXTURE_CLOSED, both);
    SAID(G009, 1);
    fixture_close(&f);
    fixture_open(&f, "envoy-gateway", FIXTURE_CLOSED, both);
    SAID(G009, 0);
    fixture_close(&f);
    fixture_open(&f, "standard", FIXTURE_CLOSED, both);
    SAID(G009, 0);
    fixture_close(&f);
#undef GATEWAY
#undef CLASS
}

/* ---- default Gateways --------------------------------------------------------------------- */

static void test_gateway_default_gateways(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *scope, *wants, *parents, *answer;
        size_t without_effect, nowhere;
    } rows[] = {
        {"standard", "All", "All", "", "web", 0, 0},
        {"standard", "All", "All", "parentRefs: [{name: edge}], ", "web", 0, 0},
        {"standard", "All", "None", "", "404", 0, 1},
        {"standard", "None", "All", "", "404", 0, 1},
        {"istio", "All", "All", "", "404", 1, 1},
        {"envoy-gateway", "All", "All", "", "404", 1, 1},
        {"nginx-gateway-fabric", "All", "All", "", "404", 1, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[2048];
        struct fixture f;
        snprintf(yaml, sizeof yaml,
                 SERVICE("web") GATEWAY_HEAD
                 "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
                 "spec: {gatewayClassName: c, defaultScope: %s, "
                 "listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n" GATEWAY_HEAD
                 "kind: HTTPRoute\nmetadata: {name: a, namespace: shop}\n"
                 "spec: {useDefaultGateways: %s, %srules: [{" TO("web") "}]}\n",
                 rows[i].scope, rows[i].wants, rows[i].parents);
        fixture_open(&f, rows[i].profile, FIXTURE_CLOSED, yaml);
        ASK("GET http://a.org/", rows[i].answer);
        SAID(G032, rows[i].without_effect);
        SAID(G029, rows[i].nowhere);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_hostnames_intersect),
        cmocka_unit_test(test_gateway_listeners_are_isolated),
        cmocka_unit_test(test_gateway_listeners_in_conflict_serve_nothing),
        cmocka_unit_test(test_gateway_https_host_follows_server_name),
        cmocka_unit_test(test_gateway_https_without_certificate_is_closed),
        cmocka_unit_test(test_gateway_routes_attach_where_they_may),
        cmocka_unit_test(test_gateway_of_other_class_is_left_out),
        cmocka_unit_test(test_gateway_listener_sets_add_listeners),
        cmocka_unit_test(test_gateway_calls_have_routes_of_their_own),
        cmocka_unit_test(test_gateway_classes_of_other_controllers),
        cmocka_unit_test(test_gateway_default_gateways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
