#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ASK(text, expected) assert_string_equal(fixture_ask(&f, text), expected)
#define SAID(code, number)  assert_int_equal(fixture_count(&f, DIAG_##code), number)
#define HEADER(headers, name, expected)                                                            \
    assert_string_equal(fixture_header(&f, &f.outcome.headers, name), expected)

/* A rule for the prefix /p with these filters; `more` goes on in the rule. */
static void open_rule(struct fixture *f, const char *profile, const char *rule)
{
    char yaml[4096];
    snprintf(yaml, sizeof yaml,
             SERVICE("web") SERVICE("copy") GATEWAY_HEAD
             "kind: Gateway\nmetadata: {name: edge, namespace: shop}\n"
             "spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}, "
             "{name: high, port: 8080, protocol: HTTP}]}\n---\n" ROUTE(
                 "a", "rules: [{matches: [{path: {value: /p}}], %s}]"),
             rule);
    fixture_open(f, profile, FIXTURE_OPEN, yaml);
}

/* ---- redirects ---------------------------------------------------------------------------- */

static void test_gateway_redirects_by_parts(void **state)
{
    (void)state;
    static const struct {
        const char *redirect, *ask, *answer;
    } rows[] = {
        {"hostname: b.org", "GET http://a.org/p?x=1", "302 http://b.org/p?x=1"},
        {"statusCode: 301", "GET http://a.org:8080/p", "301 http://a.org:8080/p"},
        {"scheme: https", "GET http://a.org:8080/p", "302 https://a.org/p"},
        {"scheme: https, port: 8443", "GET http://a.org/p", "302 https://a.org:8443/p"},
        {"port: 80", "GET http://a.org:8080/p", "302 http://a.org/p"},
        {"path: {type: ReplaceFullPath, replaceFullPath: /n}", "GET http://a.org/p/q",
         "302 http://a.org/n"},
        {"path: {type: ReplacePrefixMatch, replacePrefixMatch: /n}", "GET http://a.org/p/q",
         "302 http://a.org/n/q"},
        {"path: {type: ReplacePrefixMatch, replacePrefixMatch: /}", "GET http://a.org/p",
         "302 http://a.org/"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char rule[512];
        snprintf(rule, sizeof rule, "filters: [{type: RequestRedirect, requestRedirect: {%s}}]",
                 rows[i].redirect);
        open_rule(&f, "standard", rule);
        ASK(rows[i].ask, rows[i].answer);
        fixture_close(&f);
    }
}

/* ---- rewrites ----------------------------------------------------------------------------- */

static void test_gateway_rewrites_host_and_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *ask, *seen;
    } rows[] = {
        {"type: ReplaceFullPath, replaceFullPath: /n", "GET http://a.org/p/q?x=1", "/n?x=1"},
        {"type: ReplacePrefixMatch, replacePrefixMatch: /n", "GET http://a.org/p/q?x=1",
         "/n/q?x=1"},
        {"type: ReplacePrefixMatch, replacePrefixMatch: /n/", "GET http://a.org/p/q", "/n/q"},
        {"type: ReplacePrefixMatch, replacePrefixMatch: ''", "GET http://a.org/p/q", "/q"},
        {"type: ReplacePrefixMatch, replacePrefixMatch: ''", "GET http://a.org/p", "/"},
        {"type: ReplacePrefixMatch, replacePrefixMatch: /", "GET http://a.org/p/", "/"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char rule[512];
        snprintf(
            rule, sizeof rule,
            "filters: [{type: URLRewrite, urlRewrite: {hostname: up.org, path: {%s}}}], " TO("web"),
            rows[i].path);
        open_rule(&f, "standard", rule);
        ASK(rows[i].ask, "web");
        assert_true(slice_is(f.outcome.backends[0].path, rows[i].seen));
        assert_true(slice_is(f.outcome.backends[0].host, "up.org"));
        fixture_close(&f);
    }
}

/* ---- headers ------------------------------------------------------------------------------ */

static void test_gateway_header_filters_edit(void **state)
{
    (void)state;
    struct fixture f;
    open_rule(
        &f, "standard",
        "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: S, value: "
        "new}], add: [{name: A, value: more}], remove: [R]}}, {type: ResponseHeaderModifier, "
        "responseHeaderModifier: {set: [{name: X-Out, value: out}]}}], backendRefs: [{name: web, "
        "port: 80, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: "
        "A, value: last}]}}]}]");
    ASK("GET http://a.org/p\ns: old\na: first\nr: gone", "web");
    HEADER(backends[0].request, "s", "new");
    HEADER(backends[0].request, "a", "first,more,last");
    HEADER(backends[0].request, "r", "-");
    HEADER(backends[0].response, "x-out", "out");
    fixture_close(&f);
}

/* nginx-gateway-fabric v2.6.7 updateLocation: a redirect is complete before headers are looked at. */
static void test_gateway_headers_of_redirects(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"standard", "out"},
                                          {"istio", "out"},
                                          {"envoy-gateway", "out"},
                                          {"nginx-gateway-fabric", "-"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        open_rule(&f, rows[i][0],
                  "filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: "
                  "X-Out, value: out}]}}, {type: RequestRedirect, requestRedirect: {hostname: "
                  "b.org}}]");
        (void)fixture_ask(&f, "GET http://a.org/p");
        assert_int_equal(f.outcome.kind, OUTCOME_REDIRECT);
        HEADER(response, "x-out", rows[i][1]);
        fixture_close(&f);
    }
}

static void test_gateway_host_in_header_filter_is_the_implementations(void **state)
{
    (void)state;
    static const char rule[] =
        "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: "
        "[{name: Host, value: up.org}]}}], " TO("web");
    struct fixture f;
    open_rule(&f, "standard", rule);
    ASK("GET http://a.org/p", "web");
    assert_false(f.outcome.backends[0].host_known);
    SAID(G024, 1);
    fixture_close(&f);
    open_rule(&f, "aks-approuting", rule);
    ASK("GET http://a.org/p", "web");
    assert_true(slice_is(f.outcome.backends[0].host, "up.org"));
    fixture_close(&f);
}

/* ---- filters that are not understood ------------------------------------------------------- */

static void test_gateway_unknown_filter_is_never_skipped(void **state)
{
    (void)state;
    static const char *const filters[] = {
        "{type: ExtensionRef, extensionRef: {group: x.org, kind: Auth, name: a}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        struct fixture f;
        char rule[512];
        snprintf(rule, sizeof rule, "filters: [%s], " TO("web"), filters[i]);
        open_rule(&f, "standard", rule);
        ASK("GET http://a.org/p", "unknown");
        SAID(G015, 1);
        fixture_close(&f);
        /* Istio drops the whole route */
        open_rule(&f, "aks-approuting", rule);
        ASK("GET http://a.org/p", "404");
        SAID(G028, 1);
        fixture_close(&f);
    }
}

/* What only waits for the name of the implementation says so. */
static void test_gateway_kinds_of_an_implementation_name_it(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *name; /* null: nobody has the kind */
        enum diag_code code;
    } rows[] = {
        {"filters: [{type: ExtensionRef, extensionRef: {group: gateway.nginx.org, kind: "
         "SnippetsFilter, name: a}}], " TO("web"),
         "'nginx-gateway-fabric'", DIAG_G015},
        {"filters: [{type: ExtensionRef, extensionRef: {group: x.org, kind: Auth, name: a}}], " TO(
             "web"),
         NULL, DIAG_G015},
        {"backendRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: b}]", "'envoy-gateway'",
         DIAG_G010},
        {"backendRefs: [{group: net.gke.io, kind: ServiceImport, name: b, port: 80}]", NULL,
         DIAG_G010},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        size_t found = 0;
        open_rule(&f, "standard", rows[i].rule);
        for (size_t d = 0; d < diag_count(f.run.diag); d++) {
            const struct diagnostic *item = diag_get(f.run.diag, d);
            bool named = slice_contains(item->message, SLICE("as the implementation"));
            bool right = rows[i].name && slice_contains(item->message, slice_of(rows[i].name));
            found += item->code == rows[i].code;
            assert_true(item->code != rows[i].code || named == (rows[i].name != NULL));
            assert_true(!named || right);
        }
        assert_int_equal(found, 1);
        fixture_close(&f);
    }
}

static void test_gateway_external_auth(void **state)
{
    (void)state;
    static const char rule[] = "filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP, "
                               "backendRef: {name: %s, port: "
                               "80}, http: {path: /ask}}}], " TO("web");
    struct fixture f;
    char text[512];
    snprintf(text, sizeof text, rule, "web");
    open_rule(&f, "standard", text);
    ASK("GET http://a.org/p", "401");
    assert_int_equal(f.outcome.condition_count, 1);
    assert_true(slice_is(f.outcome.conditions[0].parameters, "Service shop/web:80 by HTTP/ask"));
    ASK("GET http://a.org/p\nAuthorization: x", "web");
    fixture_close(&f);
    /* an implementation may not serve it */
    open_rule(&f, "envoy-gateway", text);
    ASK("GET http://a.org/p", "unknown");
    fixture_close(&f);
}

/* ---- mirrors and CORS --------------------------------------------------------------------- */

static void test_gateway_mirrors_with_a_share(void **state)
{
    (void)state;
    struct fixture f;
    open_rule(&f, "standard",
              "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: copy, port: 80}, "
              "percent: 20}}, {type: RequestMirror, requestMirror: {backendRef: {name: copy, port: "
              "81}}}], " TO("web"));
    ASK("GET http://a.org/p", "web");
    assert_int_equal(f.outcome.effects.mirrors->count, 1);
    assert_int_equal(f.outcome.effects.mirrors->items[0].numerator, 20);
    assert_int_equal(f.outcome.effects.mirrors->items[0].denominator, 100);
    SAID(G023, 1);
    fixture_close(&f);
}

static void test_gateway_cors_answers_preflights(void **state)
{
    (void)state;
    static const char rule[] =
        "filters: [{type: CORS, cors: {allowOrigins: ['https://*.a.org', 'https://b.org'], "
        "allowMethods: "
        "[PUT], allowHeaders: [X-A], maxAge: 60, allowCredentials: true}}], " TO("web");
    struct fixture f;
    open_rule(&f, "standard", rule);
    ASK("OPTIONS http://a.org/p\norigin: https://x.y.a.org\naccess-control-request-method: PUT",
        "200");
    HEADER(response, "access-control-allow-origin", "https://x.y.a.org");
    HEADER(response, "access-control-allow-credentials", "true");
    HEADER(response, "access-control-allow-methods", "PUT");
    HEADER(response, "access-control-max-age", "60");
    ASK("OPTIONS http://a.org/p\norigin: https://a.org\naccess-control-request-method: PUT", "200");
    HEADER(response, "access-control-allow-origin", "-");
    ASK("OPTIONS http://a.org/p\norigin: https://b.org", "web");
    ASK("GET http://a.org/p\norigin: https://b.org", "web");
    HEADER(backends[0].response, "access-control-allow-origin", "https://b.org");
    ASK("GET http://a.org/p\norigin: https://evil.org", "web");
    HEADER(backends[0].response, "access-control-allow-origin", "-");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_redirects_by_parts),
        cmocka_unit_test(test_gateway_rewrites_host_and_path),
        cmocka_unit_test(test_gateway_header_filters_edit),
        cmocka_unit_test(test_gateway_headers_of_redirects),
        cmocka_unit_test(test_gateway_host_in_header_filter_is_the_implementations),
        cmocka_unit_test(test_gateway_unknown_filter_is_never_skipped),
        cmocka_unit_test(test_gateway_kinds_of_an_implementation_name_it),
        cmocka_unit_test(test_gateway_external_auth),
        cmocka_unit_test(test_gateway_mirrors_with_a_share),
        cmocka_unit_test(test_gateway_cors_answers_preflights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
