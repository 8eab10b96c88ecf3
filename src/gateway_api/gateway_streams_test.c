/* TLSRoutes, TCPRoutes, UDPRoutes, BackendTLSPolicies, and certificates of clients. */
#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define GATEWAY(listeners)                                                                         \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"                                    \
    "metadata: {name: edge, namespace: a}\n"                                                       \
    "spec:\n  gatewayClassName: x\n  listeners:\n" listeners "---\n"
#define TWO_PORTS(name)                                                                            \
    "apiVersion: v1\nkind: Service\nmetadata: {name: " name ", namespace: a}\n"                    \
    "spec: {ports: [{name: main, port: 80}, {name: tls, port: 443}]}\n---\n"
#define AGED_ROUTE(kind, name, created, spec)                                                      \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: " kind "\n"                                   \
    "metadata: {name: " name ", namespace: a, creationTimestamp: '" created "'}\n"                 \
    "spec: {parentRefs: [{name: edge}], " spec "}\n---\n"
#define BACKENDS(backends) "rules: [{backendRefs: [" backends "]}]"
#define EARLY              "2026-01-01T00:00:00Z"
#define LATE               "2026-02-01T00:00:00Z"

/* "tunnel a/s:80 3, 500 1", "close", "forward a/s:80", "respond 404" */
static struct slice ask(struct fixture *f, const char *scheme, const char *host, uint16_t port)
{
    struct request request = {.scheme = slice_of(scheme), .host = slice_of(host), .port = port};
    struct buf out;
    request_defaults(&request);
    evaluate(f->evaluator, f->run.arena, &request, &f->outcome);
    buf_init(&out, BUF_TEXT_MAX);
    buf_puts(&out, outcome_name(f->outcome.kind));
    if (f->outcome.kind == OUTCOME_RESPOND) {
        buf_printf(&out, " %lld", (long long)f->outcome.status);
    }
    for (size_t i = 0; i < f->outcome.backend_count; i++) {
        const struct outcome_backend *backend = &f->outcome.backends[i];
        buf_puts(&out, i ? ", " : " ");
        if (backend->status) {
            buf_printf(&out, "%lld", (long long)backend->status);
        } else {
            buf_printf(&out, SLICE_FMT "/" SLICE_FMT ":%u", SLICE_ARG(backend->namespace),
                       SLICE_ARG(backend->service), backend->port);
        }
        if (f->outcome.backend_count > 1) {
            buf_printf(&out, " %llu", (unsigned long long)backend->weight);
        }
    }
    struct slice text = arena_copy(f->run.arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

#define ASK(f, scheme, host, port, want)                                                           \
    assert_string_equal(arena_string((f)->run.arena, ask((f), (scheme), (host), (port))), (want))

static void test_streams_by_port(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_CLOSED,
        GATEWAY("  - {name: db, port: 5432, protocol: TCP}\n"
                "  - {name: idle, port: 5433, protocol: TCP}\n"
                "  - {name: dns, port: 5432, protocol: UDP}\n") TWO_PORTS("s") TWO_PORTS("t")
            AGED_ROUTE("TCPRoute", "young", LATE, BACKENDS("{name: t, port: 80}"))
                AGED_ROUTE("TCPRoute", "old", EARLY,
                           BACKENDS("{name: s, port: 80, weight: 3}, {name: none, port: 80}"))
                    AGED_ROUTE("UDPRoute", "dns", EARLY, BACKENDS("{name: t, port: 80}")));
    /* whatever is said on the port, and by the older route */
    ASK(&f, "tcp", "", 5432, "tunnel a/s:80 3, 500 1");
    ASK(&f, "http", "any.example", 5432, "tunnel a/s:80 3, 500 1");
    ASK(&f, "https", "any.example", 5432, "tunnel a/s:80 3, 500 1");
    ASK(&f, "udp", "", 5432, "tunnel a/t:80");
    /* both listeners of protocol TCP have the routes, so the second one is not idle */
    ASK(&f, "tcp", "", 5433, "tunnel a/s:80 3, 500 1");
    ASK(&f, "tcp", "", 5434, "close");
    ASK(&f, "udp", "", 5433, "close");
    assert_int_equal(fixture_count(&f, DIAG_G025), 1); /* said once */
    assert_int_equal(fixture_count(&f, DIAG_G011), 1);
    fixture_close(&f);
}

static void test_streams_by_name(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_OPEN,
        GATEWAY("  - {name: wide, port: 443, protocol: TLS, hostname: '*.example.com', tls: {mode: "
                "Passthrough}}\n"
                "  - {name: narrow, port: 443, protocol: TLS, hostname: own.example.com, tls: "
                "{mode: Terminate, certificateRefs: [{name: c}]}}\n"
                "  - {name: web, port: 443, protocol: HTTPS, hostname: www.example.com, tls: "
                "{certificateRefs: [{name: c}]}}\n") TWO_PORTS("s") TWO_PORTS("t")
            AGED_ROUTE(
                "TLSRoute", "one", LATE,
                "hostnames: ['*.example.com', b.example.com], " BACKENDS("{name: s, port: 443}"))
                AGED_ROUTE(
                    "TLSRoute", "two", EARLY,
                    "hostnames: [a.example.com, b.example.com], " BACKENDS("{name: t, port: 443}"))
                    AGED_ROUTE("TLSRoute", "lost", EARLY,
                               "hostnames: [c.example.org], " BACKENDS("{name: t, port: 443}"))
                        AGED_ROUTE("HTTPRoute", "web", EARLY, BACKENDS("{name: s, port: 80}")));
    ASK(&f, "https", "z.y.example.com", 443, "tunnel a/s:443");
    ASK(&f, "https", "a.example.com", 443, "tunnel a/t:443");
    ASK(&f, "https", "b.example.com", 443, "tunnel a/t:443"); /* the older one */
    ASK(&f, "https", "own.example.com", 443, "tunnel a/s:443");
    ASK(&f, "https", "www.example.com", 443, "forward a/s:80");
    ASK(&f, "https", "c.example.org", 443, "close");
    assert_int_equal(fixture_count(&f, DIAG_G005), 1);
    fixture_close(&f);
}

#define POLICY(name, created, target, validation)                                                  \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\n"                           \
    "metadata: {name: " name ", namespace: a, creationTimestamp: '" created "'}\n"                 \
    "spec: {targetRefs: [{group: '', kind: Service, " target "}], validation: {hostname: "         \
    "s.example, " validation "}}\n---\n"

static void test_streams_tls_policies(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f, "standard", FIXTURE_CLOSED,
        GATEWAY("  - {name: http, port: 80, protocol: HTTP}\n") TWO_PORTS("s")
            TWO_PORTS("t") "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca, namespace: a}\n"
                           "data: {ca.crt: '-----BEGIN CERTIFICATE-----'}\n---\n"
                           "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, namespace: a}\n"
                           "data: {ca.crt: nothing}\n---\n" POLICY(
                               "good", LATE, "name: s",
                               "caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]")
        /* one port has a policy of its own, which beats that of the Service */
        POLICY("port", LATE, "name: s, sectionName: tls",
               "caCertificateRefs: [{group: '', kind: ConfigMap, name: bad}]")
            POLICY("later", LATE, "name: t", "wellKnownCACertificates: System") POLICY(
                "first", EARLY, "name: t",
                "caCertificateRefs: [{group: '', kind: Secret, name: ca}]")
                POLICY("lost", EARLY, "name: none",
                       "wellKnownCACertificates: System") "apiVersion: "
                                                          "gateway.networking.k8s.io/v1\nkind: "
                                                          "HTTPRoute\n"
                                                          "metadata: {name: web, namespace: "
                                                          "a}\nspec:\n  parentRefs: [{name: "
                                                          "edge}]\n  rules:\n"
                                                          "  - {matches: [{path: {value: /s}}], "
                                                          "backendRefs: [{name: s, port: 80}]}\n"
                                                          "  - {matches: [{path: {value: /p}}], "
                                                          "backendRefs: [{name: s, port: 443}]}\n"
                                                          "  - {matches: [{path: {value: /t}}], "
                                                          "backendRefs: [{name: t, port: 80}]}\n");
    struct request request = fixture_request(&f, "GET http://h/s");
    evaluate(f.evaluator, f.run.arena, &request, &f.outcome);
    assert_int_equal(f.outcome.kind, OUTCOME_FORWARD);
    assert_true(
        slice_is(f.outcome.rule->backends[0].effects->upstream_protocol->protocol, "HTTPS"));
    const struct route_upstream_tls *tls = f.outcome.rule->backends[0].effects->upstream_tls;
    assert_true(tls->verify && tls->server_name);
    assert_true(slice_is(tls->name, "s.example"));
    assert_true(slice_is(tls->secret, "ConfigMap a/ca"));
    request = fixture_request(&f, "GET http://h/p");
    evaluate(f.evaluator, f.run.arena, &request, &f.outcome);
    assert_int_equal(f.outcome.status, 500);
    request = fixture_request(&f, "GET http://h/t");
    evaluate(f.evaluator, f.run.arena, &request, &f.outcome);
    assert_int_equal(f.outcome.status, 500);
    assert_int_equal(fixture_count(&f, DIAG_G050), 2);
    assert_int_equal(fixture_count(&f, DIAG_G051), 3);
    assert_int_equal(fixture_count(&f, DIAG_G052), 1);
    fixture_close(&f);
}

/* Which kinds of certificate authorities a policy may name is up to the implementation, beside ConfigMaps. */
static void test_streams_authorities_of_policies(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *reference;
        enum outcome_kind kind;
    } rows[] = {
        {"standard", "{group: '', kind: Secret, name: ca}", OUTCOME_RESPOND},
        {"istio", "{group: '', kind: Secret, name: ca}", OUTCOME_RESPOND},
        {"nginx-gateway-fabric", "{group: '', kind: Secret, name: ca}", OUTCOME_FORWARD},
        {"nginx-gateway-fabric", "{group: '', kind: ClusterTrustBundle, name: ca}",
         OUTCOME_RESPOND},
        {"envoy-gateway", "{group: '', kind: Secret, name: ca}", OUTCOME_FORWARD},
        {"envoy-gateway", "{group: '', kind: ClusterTrustBundle, name: ca}", OUTCOME_FORWARD},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char yaml[2000];
        (void)snprintf(
            yaml, sizeof yaml, "%s%s%s%s%s",
            GATEWAY("  - {name: http, port: 80, protocol: HTTP}\n"),
            TWO_PORTS("s") "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\n"
                           "metadata: {name: p, namespace: a}\nspec:\n  targetRefs:\n"
                           "  - {group: '', kind: Service, name: s}\n"
                           "  - {group: example.com, kind: Backend, name: elsewhere}\n"
                           "  validation: {hostname: s.example, caCertificateRefs: [",
            rows[i].reference, "]}\n---\n",
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
            "metadata: {name: web, namespace: a}\nspec:\n  parentRefs: [{name: edge}]\n"
            "  rules: [{backendRefs: [{name: s, port: 80}]}]\n");
        fixture_open(&f, rows[i].profile, FIXTURE_OPEN, yaml);
        struct request request = fixture_request(&f, "GET http://h/");
        evaluate(f.evaluator, f.run.arena, &request, &f.outcome);
        assert_int_equal(f.outcome.kind, rows[i].kind);
        assert_int_equal(fixture_count(&f, DIAG_G042), 1);
        fixture_close(&f);
    }
}

static void test_streams_client_certificates(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "standard", FIXTURE_OPEN,
                 GATEWAY("  - {name: http, port: 80, protocol: HTTP}\n"
                         "  - {name: web, port: 443, protocol: HTTPS, tls: {certificateRefs: "
                         "[{name: c}]}}\n"
                         "  - {name: any, port: 8443, protocol: HTTPS, tls: {certificateRefs: "
                         "[{name: c}]}}\n"
                         "  - {name: bad, port: 9443, protocol: HTTPS, tls: {certificateRefs: "
                         "[{name: c}]}}\n"
                         "  tls:\n    frontend:\n"
                         "      default: {validation: {caCertificateRefs: [{group: '', kind: "
                         "ConfigMap, name: ca}]}}\n"
                         "      perPort:\n"
                         "      - {port: 8443, tls: {validation: {mode: AllowInsecureFallback, "
                         "caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}}}\n"
                         "      - {port: 9443, tls: {validation: {caCertificateRefs: [{group: '', "
                         "kind: Secret, name: ca}]}}}\n") TWO_PORTS("s")
                     AGED_ROUTE("HTTPRoute", "web", EARLY, BACKENDS("{name: s, port: 80}")));
    ASK(&f, "http", "h.example", 80, "forward a/s:80");
    ASK(&f, "https", "h.example", 443, "close");
    ASK(&f, "https", "h.example", 8443, "forward a/s:80");
    ASK(&f, "https", "h.example", 9443, "close");
    struct request request = {.scheme = SLICE("https"),
                              .host = SLICE("h.example"),
                              .port = 443,
                              .client_certificate = true};
    request_defaults(&request);
    evaluate(f.evaluator, f.run.arena, &request, &f.outcome);
    assert_int_equal(f.outcome.kind, OUTCOME_FORWARD);
    assert_int_equal(f.outcome.condition_count, 1);
    fixture_close(&f);
}

/* istio 1.30.1, buildTLS: one authority, in a ConfigMap or a Secret, and no mode; up to two certificates. Secrets are
 * read by envoy-gateway v1.9.0 (getCaCertsFromCARefs) and nginx-gateway-fabric v2.6.7 (validateFrontendTLS) too. */
static void test_streams_client_certificates_of_istio(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *certificates, *options, *frontend, *answer;
    } rows[] = {
#define CA(kind)   "{group: '', kind: " kind ", name: ca}"
#define FALLBACK   "mode: AllowInsecureFallback, "
#define REFS(more) "caCertificateRefs: [" more "]"
        {"istio", "{name: c}", "", REFS(CA("ConfigMap")), "close"},
        {"istio", "{name: c}", "", FALLBACK REFS(CA("ConfigMap")), "close"},
        {"envoy-gateway", "{name: c}", "", FALLBACK REFS(CA("ConfigMap")), "forward a/s:80"},
        {"istio", "{name: c}", "OPTIONAL_MUTUAL", REFS(CA("Secret")), "forward a/s:80"},
        {"istio", "{name: c}", "OPTIONAL_MUTUAL", REFS(CA("Secret") ", " CA("Secret")), "close"},
        {"envoy-gateway", "{name: c}", "", FALLBACK REFS(CA("Secret")), "forward a/s:80"},
        {"nginx-gateway-fabric", "{name: c}", "", REFS(CA("Secret")), "close"},
        {"standard", "{name: c}", "", FALLBACK REFS(CA("Secret")), "close"},
        {"istio", "{name: c}, {name: d}, {name: e}", "OPTIONAL_MUTUAL", REFS(CA("Secret")),
         "close"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[4096];
        struct fixture f;
        snprintf(yaml, sizeof yaml,
                 GATEWAY("  - {name: web, port: 443, protocol: HTTPS, tls: {certificateRefs: [%s], "
                         "options: {gateway.istio.io/tls-terminate-mode: '%s'}}}\n"
                         "  tls: {frontend: {default: {validation: {%s}}}}\n") TWO_PORTS("s")
                     AGED_ROUTE("HTTPRoute", "web", EARLY, BACKENDS("{name: s, port: 80}")),
                 rows[i].certificates, rows[i].options, rows[i].frontend);
        fixture_open(&f, rows[i].profile, FIXTURE_OPEN, yaml);
        ASK(&f, "https", "h.example", 443, rows[i].answer);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_by_port),
        cmocka_unit_test(test_streams_by_name),
        cmocka_unit_test(test_streams_tls_policies),
        cmocka_unit_test(test_streams_authorities_of_policies),
        cmocka_unit_test(test_streams_client_certificates),
        cmocka_unit_test(test_streams_client_certificates_of_istio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
