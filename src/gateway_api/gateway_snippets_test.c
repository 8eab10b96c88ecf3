#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* SnippetsFilters of NGINX Gateway Fabric: which directives are understood, and what they do. */

#define ASKING(more)                                                                               \
    "  - context: http.server\n    value: |\n      location = /_a {\n        internal;\n"          \
    "        proxy_set_header Host auth;\n        proxy_pass http://auth/check;\n" more            \
    "      }\n"
#define IN_LOCATION(text) "  - context: http.server.location\n    value: \"" text "\"\n"

static const char *ask_snippets(struct fixture *f, const char *snippets)
{
    char yaml[4096];
    snprintf(yaml, sizeof yaml,
             SERVICE("web") EDGE ROUTE(
                 "a", "rules: [{filters: [{type: ExtensionRef, extensionRef: {group: "
                      "gateway.nginx.org, kind: SnippetsFilter, name: s}}], backendRefs: [{name: "
                      "web, port: 80}]}]") "apiVersion: gateway.nginx.org/v1alpha1\nkind: "
                                           "SnippetsFilter\nmetadata: {name: s, namespace: "
                                           "shop}\nspec:\n  snippets:\n%s",
             snippets);
    fixture_open(f, "nginx-gateway-fabric", FIXTURE_OPEN, yaml);
    return fixture_ask(f, "GET http://a.org/");
}

#define SERVER(text) "  - context: http.server\n    value: |\n" text
#define ALL(text)    "  - context: http\n    value: |\n" text
#define LINE(text)   "      " text "\n"

static void test_gateway_snippets_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *snippets, *answer, *subject;
    } rows[] = {
        {ASKING("") IN_LOCATION("auth_request /_a;"), "401", "http://auth/check"},
        {ASKING("") IN_LOCATION("auth_request /_a; auth_request_set $u $upstream_http_x_user; "
                                "proxy_set_header X-User $u;"),
         "401", "http://auth/check, which sends no X-User"},
        {IN_LOCATION("auth_request /_a;"), "unknown", NULL},
        {ASKING("        auth_basic off;\n") IN_LOCATION("auth_request /_a;"), "unknown", NULL},
        {ASKING("") IN_LOCATION("auth_request /_a; proxy_set_header X-User $u;"), "unknown", NULL},
        {IN_LOCATION("satisfy any;"), "unknown", NULL},
        {IN_LOCATION("return 410;"), "410", NULL},
        {IN_LOCATION("set $a b;"), "unknown", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        assert_string_equal(ask_snippets(&f, rows[i].snippets), rows[i].answer);
        const struct route_authentication *authentication = f.outcome.effects.authentication;
        if (rows[i].subject) {
            assert_true(slice_is(authentication->guards.items[0].subject, rows[i].subject));
        }
        fixture_close(&f);
    }
}

/* ---- locations that stand in ---------------------------------------------------------------- */

#define PAGE(name, more)                                                                           \
    LINE("location @" name " {")                                                                   \
    LINE("internal;")                                                                              \
    LINE("proxy_set_header X-Code 404;")                                                           \
    LINE("rewrite ^ / break;")                                                                     \
    LINE("proxy_pass http://errors.shop.svc.cluster.local:81;") more LINE("}")

static void test_gateway_error_pages_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *snippets, *answer;
        size_t statuses;
    } rows[] = {
        {SERVER(PAGE("p", "")) IN_LOCATION("return 404; error_page 404 = @p;"), "errors", 1},
        {SERVER(PAGE("p", "")) IN_LOCATION("return 403; error_page 404 = @p;"), "403", 1},
        {SERVER(PAGE("p", "")) IN_LOCATION("error_page 404 = @p; error_page 503 = @p;"), "unknown",
         0}, /* the header names one of them */
        {SERVER(PAGE("p", "")) IN_LOCATION("error_page 404 = @q;"), "unknown", 0},
        {SERVER(PAGE("p", "")) IN_LOCATION("error_page 404 @p;"), "unknown", 0},
        {SERVER(PAGE("p", LINE("set $a b;"))) IN_LOCATION("error_page 404 = @p;"), "unknown", 0},
        {SERVER(PAGE("p", LINE("deny all;"))) IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 1}, /* nobody said who asks */
        {SERVER(LINE("location @p { return 418; }"))
             IN_LOCATION("return 404; error_page 404 = @p;"),
         "418", 1},
        {SERVER(LINE("location @p { proxy_pass http://errors.example.com; }"))
             IN_LOCATION("error_page 404 = @p;"),
         "unknown", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        assert_string_equal(ask_snippets(&f, rows[i].snippets), rows[i].answer);
        const struct route_error_pages *pages = f.outcome.effects.error_pages;
        assert_int_equal(pages ? pages->statuses.count : 0, rows[i].statuses);
        fixture_close(&f);
    }
}

static void test_gateway_what_an_error_page_is_told(void **state)
{
    (void)state;
    struct fixture f;
    assert_string_equal(
        ask_snippets(&f, ALL(LINE("map $http_x_request_id $id {") LINE("\"\" $request_id;")
                                 LINE("default $http_x_request_id;") LINE("}"))
                             SERVER(PAGE("p", LINE("proxy_set_header X-Request-ID $id;")
                                                  LINE("proxy_set_header X-A \"$scheme $a\";")
                                                      LINE("add_header X-B c always;")))
                                 IN_LOCATION("return 404; error_page 404 = @p;")),
        "errors");
    const struct edits *request = &f.outcome.effects.error_pages->request;
    assert_int_equal(request->items[0].value.parts[0].kind, PART_STATUS);
    assert_int_equal(request->items[1].value.parts[0].kind, PART_REQUEST_ID);
    assert_true(slice_is(request->items[1].value.parts[0].text, "X-Request-ID"));
    assert_int_equal(request->items[2].value.parts[2].kind, PART_UNKNOWN);
    assert_string_equal(fixture_header(&f, &f.outcome.backends[0].request, "X-Code"), "404");
    assert_string_equal(fixture_header(&f, &f.outcome.backends[0].response, "X-B"), "c");
    fixture_close(&f);
}

static void test_gateway_sign_in_of_nginx(void **state)
{
    (void)state;
    struct fixture f;
    assert_string_equal(
        ask_snippets(
            &f,
            ASKING("") "      location @s { return 302 \"http://in/?rd=$scheme\"; }\n" IN_LOCATION(
                "auth_request /_a; error_page 401 = @s;")),
        "302 http://in/?rd=http");
    fixture_close(&f);
}

/* ---- limits --------------------------------------------------------------------------------- */

#define EXEMPT                                                                                     \
    LINE("geo $g {")                                                                               \
    LINE("default 1;")                                                                             \
    LINE("10.0.0.0/8 0;")                                                                          \
    LINE("}") LINE("map $g $k {") LINE("0 \"\";") LINE("1 $binary_remote_addr;") LINE("}")

static void test_gateway_limits_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *snippets;
        int64_t second, burst, connections, status;
        size_t exempt;
    } rows[] = {
        {ALL(LINE("limit_conn_zone $binary_remote_addr zone=c:5m;")) IN_LOCATION("limit_conn c 5;"),
         0, 0, 5, 503, 0},
        {ALL(EXEMPT LINE("limit_conn_zone $k zone=c:5m;")
                 LINE("limit_req_zone $k zone=r:5m rate=7r/s;"))
             IN_LOCATION("limit_conn c 5; limit_req zone=r burst=9 nodelay; limit_req_status 429;"),
         7, 9, 5, 429, 1},
        {ALL(LINE("limit_req_zone $binary_remote_addr zone=r:5m rate=7r/s;"))
             IN_LOCATION("limit_req zone=q burst=9 nodelay;"),
         -1, 0, 0, 0, 0}, /* another zone */
        {ALL(LINE("limit_req_zone $binary_remote_addr zone=r:5m rate=7r/s;"))
             IN_LOCATION("limit_req zone=r burst=9;"),
         -1, 0, 0, 0, 0}, /* requests wait */
        {ALL(LINE("limit_req_zone $host zone=r:5m rate=7r/s;"))
             IN_LOCATION("limit_req zone=r burst=9 nodelay;"),
         -1, 0, 0, 0, 0},
        {ALL(EXEMPT LINE("limit_conn_zone $k zone=c:5m;")
                 LINE("limit_req_zone $binary_remote_addr zone=r:5m rate=7r/s;"))
             IN_LOCATION("limit_conn c 5; limit_req zone=r burst=9 nodelay;"),
         -1, 0, 0, 0, 0}, /* two lists */
        {ALL(LINE("geo $g { default 0; }")) IN_LOCATION("limit_conn c 5;"), -1, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        bool known = rows[i].second >= 0;
        assert_string_equal(ask_snippets(&f, rows[i].snippets), known ? "web" : "unknown");
        const struct route_rate_limit *limit = f.outcome.effects.rate_limit;
        if (known) {
            assert_int_equal(limit->per_second, rows[i].second);
            assert_int_equal(limit->second_burst, rows[i].burst);
            assert_int_equal(limit->connections, rows[i].connections);
            assert_int_equal(limit->status, rows[i].status);
            assert_int_equal(limit->exempt.count, rows[i].exempt);
        }
        fixture_close(&f);
    }
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void test_gateway_bodies_and_answers_of_nginx(void **state)
{
    (void)state;
    struct fixture f;
    assert_string_equal(ask_snippets(&f, IN_LOCATION("proxy_request_buffering off; proxy_redirect "
                                                     "http://a/ http://b/; proxy_cookie_path /a /;"
                                                     "proxy_cookie_domain a b;")),
                        "web");
    const struct effects *effects = &f.outcome.effects;
    assert_false(effects->buffering->request);
    assert_true(effects->buffering->response);
    assert_true(slice_is(effects->response_rewrites->redirect_to, "http://b/"));
    assert_true(slice_is(effects->response_rewrites->cookie_path, "/a /"));
    assert_true(slice_is(effects->response_rewrites->cookie_domain, "a b"));
    fixture_close(&f);
    assert_string_equal(ask_snippets(&f, IN_LOCATION("proxy_redirect default;")), "unknown");
    fixture_close(&f);
}

#define EXTERNAL                                                                                   \
    "apiVersion: v1\nkind: Service\nmetadata: {name: out, namespace: shop}\n"                      \
    "spec: {type: ExternalName, externalName: out.example.com, ports: [{port: 80}]}\n---\n"
#define RESOLVER                                                                                   \
    "apiVersion: gateway.nginx.org/v1alpha2\nkind: NginxProxy\nmetadata: {name: p, namespace: "    \
    "shop}\nspec: {dnsResolver: {addresses: [{type: IPAddress, value: 10.0.0.10}]}}\n---\n"
#define EDGE_OF_P                                                                                  \
    GATEWAY_HEAD                                                                                   \
    "kind: Gateway\nmetadata: {name: edge, namespace: shop}\nspec: {gatewayClassName: c, "         \
    "infrastructure: {parametersRef: {group: gateway.nginx.org, kind: NginxProxy, name: p}}, "     \
    "listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"

static void test_gateway_external_names_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *answer, *host;
    } rows[] = {
        {EXTERNAL EDGE ROUTE("a", "rules: [{" TO("out") "}]"), "500*1", NULL},
        {EXTERNAL RESOLVER EDGE_OF_P ROUTE("a", "rules: [{" TO("out") "}]"), "out",
         "out.example.com"},
        {EXTERNAL RESOLVER EDGE_OF_P ROUTE(
             "a", "rules: [{filters: [{type: URLRewrite, urlRewrite: {hostname: in.org}}], " TO(
                      "out") "}]"),
         "out", "in.org"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f, "nginx-gateway-fabric", FIXTURE_OPEN, rows[i].yaml);
        const char *answer = fixture_ask(&f, "GET http://a.org/");
        if (rows[i].host) {
            assert_string_equal(answer, rows[i].answer);
            assert_true(slice_is(f.outcome.backends[0].host, rows[i].host));
        } else {
            assert_string_not_equal(answer, "out");
        }
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_snippets_of_nginx),
        cmocka_unit_test(test_gateway_error_pages_of_nginx),
        cmocka_unit_test(test_gateway_what_an_error_page_is_told),
        cmocka_unit_test(test_gateway_sign_in_of_nginx),
        cmocka_unit_test(test_gateway_limits_of_nginx),
        cmocka_unit_test(test_gateway_bodies_and_answers_of_nginx),
        cmocka_unit_test(test_gateway_external_names_of_nginx),
    };
    return cmocka_run_group_tests_name("gateway_snippets", tests, NULL, NULL);
}
