#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ASK(text, expected) assert_string_equal(fixture_ask(&f, text), expected)
#define SAID(code, number)  assert_int_equal(fixture_count(&f, DIAG_##code), number)

static void answers(enum fixture_input input, const char *backends, const char *answer)
{
    char yaml[4096];
    struct fixture f;
    snprintf(
        yaml, sizeof yaml,
        SERVICE("web") SERVICE("api") SERVICE("idle") EDGE
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: idle-1, namespace: "
        "shop, labels: {kubernetes.io/service-name: idle}}\naddressType: IPv4\nendpoints: []\n"
        "ports: []\n---\n" ROUTE("a", "rules: [{%s}]"),
        backends);
    fixture_open(&f, "standard", input, yaml);
    ASK("GET http://a.org/", answer);
    fixture_close(&f);
}

static void test_gateway_backends_that_do_not_serve_answer(void **state)
{
    (void)state;
    static const struct {
        const char *backends, *closed, *open;
    } rows[] = {
        {"backendRefs: [{name: web, port: 80}]", "web", "web"},
        {"backendRefs: [{name: web, port: 80, weight: 3}, {name: api, port: 80, weight: 1}]",
         "web*3 api*1", "web*3 api*1"},
        {"backendRefs: [{name: web, port: 80}, {name: api, port: 80, weight: 0}]", "web", "web"},
        {"backendRefs: [{name: web, port: 80, weight: 0}]", "500", "500"},
        {"name: r", "500", "500"},
        {"backendRefs: []", "500", "500"},
        {"backendRefs: [{name: gone, port: 80}]", "500", "gone"},
        {"backendRefs: [{name: web, port: 81}]", "500", "500"},
        {"backendRefs: [{name: web, port: 80}, {name: web, port: 81}]", "web*1 500*1",
         "web*1 500*1"},
        {"backendRefs: [{name: idle, port: 80}]", "503", "503"},
        {"backendRefs: [{name: web, port: 80, weight: 9}, {name: idle, port: 80}]", "web*9 503*1",
         "web*9 503*1"},
        {"backendRefs: [{group: x.org, kind: Thing, name: web, port: 80}]", "500", "500"},
        {"backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: web}]",
         "unknown", "unknown"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        answers(FIXTURE_CLOSED, rows[i].backends, rows[i].closed);
        answers(FIXTURE_OPEN, rows[i].backends, rows[i].open);
    }
}

/* ---- grants ------------------------------------------------------------------------------- */

static void granted(const char *grant, bool permits)
{
    char yaml[4096];
    struct fixture f;
    snprintf(yaml, sizeof yaml,
             EDGE
             "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: other}\n"
             "spec: {selector: {app: x}, ports: [{port: 80}]}\n---\n"
             "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n%s\n---\n" ROUTE(
                 "a", "rules: [{backendRefs: [{name: web, namespace: other, port: 80}]}]"),
             grant);
    fixture_open(&f, "standard", FIXTURE_CLOSED, yaml);
    ASK("GET http://a.org/", permits ? "web" : "500");
    SAID(G012, permits ? 0 : 1);
    fixture_close(&f);
}

#define GRANT(namespace, from_group, from_kind, from_namespace, to)                                \
    "metadata: {name: g, namespace: " namespace "}\nspec: {from: [{group: " from_group             \
                                                ", kind: " from_kind                               \
                                                ", namespace: " from_namespace "}], to: [{" to     \
                                                "}]}"
#define GROUP "gateway.networking.k8s.io"

static void test_gateway_grants_permit_exactly_what_they_say(void **state)
{
    (void)state;
    granted(GRANT("other", GROUP, "HTTPRoute", "shop", "group: '', kind: Service"), true);
    granted(GRANT("other", GROUP, "HTTPRoute", "shop", "group: '', kind: Service, name: web"),
            true);
    granted(GRANT("other", GROUP, "HTTPRoute", "shop", "group: '', kind: Service, name: api"),
            false);
    granted(GRANT("other", GROUP, "HTTPRoute", "shop", "group: '', kind: Secret"), false);
    granted(GRANT("other", GROUP, "HTTPRoute", "shop", "group: x.org, kind: Service"), false);
    granted(GRANT("other", GROUP, "HTTPRoute", "other", "group: '', kind: Service"), false);
    granted(GRANT("other", GROUP, "GRPCRoute", "shop", "group: '', kind: Service"), false);
    granted(GRANT("other", "x.org", "HTTPRoute", "shop", "group: '', kind: Service"), false);
    granted(GRANT("shop", GROUP, "HTTPRoute", "shop", "group: '', kind: Service"), false);
}

/* ---- the protocol to a backend ------------------------------------------------------------ */

static void protocol(const char *profile, const char *app_protocol, const char *policy,
                     const char *expected)
{
    char yaml[4096];
    struct fixture f;
    snprintf(yaml, sizeof yaml,
             EDGE "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
                  "spec: {selector: {app: x}, ports: [{name: main, port: 80%s}]}\n---\n%s" ROUTE(
                      "a", "rules: [{" TO("web") "}]"),
             app_protocol, policy);
    fixture_open(&f, profile, FIXTURE_CLOSED, yaml);
    ASK("GET http://a.org/", "web");
    const struct effects *effects = f.outcome.rule->backends[0].effects;
    struct slice seen =
        effects && effects->upstream_protocol ? effects->upstream_protocol->protocol : SLICE("-");
    assert_string_equal(arena_string(f.run.arena, seen), expected);
    fixture_close(&f);
}

#define POLICY(target)                                                                             \
    GATEWAY_HEAD "kind: BackendTLSPolicy\nmetadata: {name: p, namespace: shop}\n"                  \
                 "spec: {targetRefs: [{group: '', kind: Service, name: web" target                 \
                 "}], validation: {hostname: web.org, wellKnownCACertificates: System}}\n---\n"

static void test_gateway_backend_protocol_comes_from_service(void **state)
{
    (void)state;
    protocol("standard", "", "", "-");
    protocol("standard", ", appProtocol: kubernetes.io/h2c", "", "H2C");
    protocol("standard", ", appProtocol: kubernetes.io/ws", "", "WS");
    protocol("standard", ", appProtocol: grpc", "", "-");
    protocol("aks-approuting", ", appProtocol: grpc", "", "GRPC");
    protocol("standard", "", POLICY(""), "HTTPS");
    protocol("standard", "", POLICY(", sectionName: main"), "HTTPS");
    protocol("standard", "", POLICY(", sectionName: second"), "-");
}

static void test_gateway_absent_objects_are_said_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "standard", FIXTURE_OPEN,
                 EDGE ROUTE("a", "rules: [{" TO("web") "}]")
                     ROUTE("b", "rules: [{" TO("api") "}]"));
    SAID(G014, 1);
    fixture_close(&f);
}

/* What a Gateway shows to backends under a BackendTLSPolicy is compared; Istio shows nothing. */
static void test_gateway_certificate_for_backends(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *ref, *shown;
    } rows[] = {{"nginx-gateway-fabric", "name: client", "shop/client"},
                {"envoy-gateway", "name: client, kind: Secret, group: ''", "shop/client"},
                {"nginx-gateway-fabric", "name: client, namespace: other", ""}, /* not granted */
                {"nginx-gateway-fabric", "name: client, kind: Vault", ""},
                {"istio", "name: client", ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char yaml[4096];
        snprintf(yaml, sizeof yaml,
                 SERVICE("web") GATEWAY_HEAD
                 "kind: Gateway\nmetadata: {name: edge, namespace: shop}\nspec:\n"
                 "  gatewayClassName: c\n  tls: {backend: {clientCertificateRef: {%s}}}\n"
                 "  listeners: [{name: http, port: 80, protocol: HTTP}]\n---\n" GATEWAY_HEAD
                 "kind: BackendTLSPolicy\nmetadata: {name: web, namespace: shop}\nspec:\n"
                 "  targetRefs: [{group: '', kind: Service, name: web}]\n"
                 "  validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}], "
                 "hostname: web.org}\n---\n" ROUTE("a", "rules: [{" TO("web") "}]"),
                 rows[i].ref);
        fixture_open(&f, rows[i].profile, FIXTURE_OPEN, yaml);
        ASK("GET http://a.org/", "web");
        const struct route_upstream_tls *tls = f.outcome.rule->backends[0].effects->upstream_tls;
        assert_non_null(tls);
        assert_true(slice_equal(tls->shown, slice_of(rows[i].shown)));
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_backends_that_do_not_serve_answer),
        cmocka_unit_test(test_gateway_grants_permit_exactly_what_they_say),
        cmocka_unit_test(test_gateway_backend_protocol_comes_from_service),
        cmocka_unit_test(test_gateway_certificate_for_backends),
        cmocka_unit_test(test_gateway_absent_objects_are_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
