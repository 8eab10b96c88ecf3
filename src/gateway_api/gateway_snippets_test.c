#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* SnippetsFilters of NGINX Gateway Fabric: which directives are understood, and what they do. */

#define TOLD                                                                                       \
    "        proxy_pass_request_body off;\n"                                                       \
    "        proxy_set_header Content-Length \"\";\n"                                              \
    "        proxy_set_header X-Original-URL $scheme://$http_host$request_uri;\n"                  \
    "        proxy_set_header X-Original-Method $request_method;\n"                                \
    "        proxy_set_header X-Real-IP $remote_addr;\n"                                           \
    "        proxy_set_header X-Auth-Request-Redirect $request_uri;\n"
#define ASKING_AS(internal, host, url, more)                                                       \
    "  - context: http.server\n    value: |\n      location = _a {\n        " internal "\n" TOLD   \
    "        proxy_set_header Host " host ";\n        proxy_pass " url ";\n" more "      }\n"
#define ASKING(more)      ASKING_AS("internal;", "auth", "http://auth/check", more)
#define IN_LOCATION(text) "  - context: http.server.location\n    value: \"" text "\"\n"

static const char *ask_snippets(struct fixture *f, const char *snippets)
{
    char yaml[8192];
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
        {ASKING("") IN_LOCATION("auth_request _a;"), "401", "http://auth/check"},
        {ASKING("") IN_LOCATION("auth_request _a; auth_request_set $u $upstream_http_x_user; "
                                "proxy_set_header X-User $u;"),
         "401", "http://auth/check, which sends no X-User"},
        {IN_LOCATION("auth_request _a;"), "unknown", NULL},
        {ASKING("        auth_basic off;\n") IN_LOCATION("auth_request _a;"), "unknown", NULL},
        {ASKING("") IN_LOCATION("auth_request _a; proxy_set_header X-User $u;"), "unknown", NULL},
        {IN_LOCATION("satisfy any;"), "unknown", NULL},
        {ASKING_AS("", "auth", "http://auth/check", "") IN_LOCATION("auth_request _a;"), "unknown",
         NULL}, /* anybody may ask it */
        {ASKING_AS("internal;", "other", "http://auth/check", "") IN_LOCATION("auth_request _a;"),
         "unknown", NULL},
        {ASKING_AS("internal;", "auth", "https://auth/check", "") IN_LOCATION("auth_request _a;"),
         "unknown", NULL}, /* the server is not told which name is meant */
        {ASKING_AS("internal;", "auth", "https://auth/check", "        proxy_ssl_server_name on;\n")
             IN_LOCATION("auth_request _a;"),
         "401", "https://auth/check"},
        {ASKING_AS("internal;", "auth", "http://auth/$host", "") IN_LOCATION("auth_request _a;"),
         "unknown", NULL},
        {ASKING("        proxy_set_header Cookie no;\n") IN_LOCATION("auth_request _a;"), "unknown",
         NULL},
        {ASKING("") IN_LOCATION("auth_request _a; auth_request_set $u $upstream_http_host; "
                                "proxy_set_header Host $u;"),
         "unknown", NULL}, /* there is another one */
        {IN_LOCATION("return 410;"), "410", NULL},
        {IN_LOCATION("return 444;"), "close", NULL},
        {IN_LOCATION("return 499;"), "unknown", NULL},
        {IN_LOCATION("return 410 gone;"), "unknown", NULL},
        {IN_LOCATION("return 410; return 404;"), "unknown", NULL},
        {IN_LOCATION("return 410;") IN_LOCATION("satisfy all;"), "unknown", NULL},
        {IN_LOCATION("set $a b;"), "unknown", NULL},
        {IN_LOCATION("rewrite ^/a /b break;"), "web", NULL},
        {IN_LOCATION("rewrite ^/a /b last;"), "unknown", NULL},
        {IN_LOCATION("rewrite ^/a /b break; return 410;"), "unknown", NULL},
        {IN_LOCATION("rewrite ^/a http://b/ break;"), "unknown", NULL},
        {IN_LOCATION("rewrite ^/a{2} /b break;"), "unknown", NULL}, /* a block, for nginx */
        {IN_LOCATION("rewrite '^/a\\\\\\\\b' /b break;"), "unknown", NULL},
        {IN_LOCATION("proxy_intercept_errors on;"), "unknown", NULL},
        {IN_LOCATION("satisfy 'any'x;"), "unknown", NULL},
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
        {SERVER(LINE("location @p { proxy_pass http://errors.shop.svc.cluster.local; }"))
             IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0}, /* asked for the path */
        {SERVER(LINE("location @p { rewrite ^ / redirect;")
                    LINE("proxy_pass http://errors.shop.svc.cluster.local; }"))
             IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0},
        {SERVER(PAGE("p", LINE("proxy_hide_header X-A;")))
             IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0},
        {SERVER(PAGE("p", LINE("add_header X-A b always;")))
             IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0}, /* beside that of the page */
        {SERVER(PAGE("p", LINE("return 418;"))) IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0},
        {SERVER(LINE("location @p { return 444; }"))
             IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0},
        {SERVER(PAGE("p", "") PAGE("p", "")) IN_LOCATION("return 404; error_page 404 = @p;"),
         "unknown", 0}, /* twice */
        {SERVER(PAGE("p", "")) IN_LOCATION("error_page 404 = @p; error_page 404 = @p;"), "unknown",
         0},
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
                                                      LINE("proxy_hide_header X-B;")
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

#define SIGNIN(text) "      location @s { " text " }\n"
#define TO_SIGNIN    "return 302 \"http://in/?rd=$scheme\";"
#define ASKS         "auth_request _a; error_page 401 = @s;"

static void test_gateway_sign_in_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *snippets, *answer;
    } rows[] = {
        {ASKING("") SIGNIN(TO_SIGNIN) IN_LOCATION(ASKS), "302 http://in/?rd=http"},
        {ASKING("") SIGNIN(TO_SIGNIN) IN_LOCATION(ASKS " proxy_intercept_errors on;"), "unknown"},
        {ASKING("") SIGNIN(TO_SIGNIN) IN_LOCATION(ASKS " return 401;"), "unknown"},
        {ASKING("") SIGNIN(TO_SIGNIN) IN_LOCATION(ASKS " error_page 401 = @s;"), "unknown"},
        {ASKING("") SIGNIN(TO_SIGNIN) IN_LOCATION("error_page 401 = @s;"), "unknown"},
        {ASKING("") SIGNIN("add_header Set-Cookie a always; " TO_SIGNIN) IN_LOCATION(ASKS),
         "unknown"},
        {ASKING("") SIGNIN(TO_SIGNIN TO_SIGNIN) IN_LOCATION(ASKS), "unknown"},
        {ASKING("") SIGNIN("return 301 http://in/;") IN_LOCATION(ASKS), "unknown"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        assert_string_equal(ask_snippets(&f, rows[i].snippets), rows[i].answer);
        fixture_close(&f);
    }
}

/* ---- nothing is passed over ----------------------------------------------------------------- */

enum mutation { AS_IT_IS, TWICE, WITH_A_WORD, MUTATIONS };

/* Copies the text with its line `at` changed; false where that line is no directive of nginx. */
static bool mutate(const char *text, size_t at, enum mutation mutation, char *out, size_t size)
{
    size_t used = 0;
    bool done = mutation == AS_IT_IS;
    for (size_t i = 0; *text; i++) {
        size_t length = strcspn(text, "\n") + 1;
        bool own = i == at && length > 2 && text[length - 2] == ';';
        int written = own && mutation == TWICE ? snprintf(out + used, size - used, "%.*s%.*s",
                                                          (int)length, text, (int)length, text)
                      : own && mutation == WITH_A_WORD
                          ? snprintf(out + used, size - used, "%.*s more;\n", (int)length - 2, text)
                          : snprintf(out + used, size - used, "%.*s", (int)length, text);
        assert_true(written > 0 && (size_t)written < size - used);
        used += (size_t)written;
        text += length;
        done = done || own;
    }
    return done;
}

/* Each directive is understood in one form and number only. */
static void test_gateway_nothing_of_a_snippet_is_passed_over(void **state)
{
    (void)state;
    static const char whole[] = ALL(
        LINE("geo $g {") LINE("default 1;") LINE("10.0.0.0/8 0;") LINE("}") LINE("map $g $k {")
            LINE("0 \"\";") LINE("1 $binary_remote_addr;") LINE("}")
                LINE("limit_conn_zone $k zone=c:5m;") LINE(
                    "limit_req_zone $k zone=r:5m rate=7r/s;")) ASKING("        "
                                                                      "proxy_ssl_server_name on;\n")
        LINE("location @s {") LINE("internal;") LINE(TO_SIGNIN) LINE("}") PAGE(
            "p",
            LINE("proxy_intercept_errors off;") LINE("proxy_hide_header X-B;") LINE(
                "add_header X-B c always;")) "  - context: http.server.location\n    value: "
                                             "|\n" LINE("auth_request _a;") LINE(
                                                 "auth_request_set $u $upstream_http_x_user;")
                                                 LINE("proxy_set_header X-User $u;") LINE(
                                                     "error_page 401 = @s;")
                                                     LINE("error_page 404 = @p;") LINE(
                                                         "limit_conn c 5;") LINE("limit_req "
                                                                                 "zone=r "
                                                                                 "burst=9 "
                                                                                 "nodelay;")
                                                         LINE("limit_req_status 429;")
                                                             LINE("limit_conn_status 429;") LINE(
                                                                 "limit_rate 8k;")
                                                                 LINE("limit_rate_after 1m;") LINE(
                                                                     "proxy_cookie_domain a "
                                                                     "b;") LINE("proxy_cookie_path "
                                                                                "/a /;")
                                                                     LINE("proxy_redirect "
                                                                          "http://a/ /b;")
                                                                         LINE("proxy_request_"
                                                                              "buffering off;")
                                                                             LINE("proxy_next_"
                                                                                  "upstream_tries "
                                                                                  "3;")
                                                                                 LINE("satisfy "
                                                                                      "all;");
    char yaml[8192];
    size_t tried = 0;
    for (size_t at = 0; at < 100; at++) {
        for (enum mutation mutation = AS_IT_IS; mutation < MUTATIONS; mutation++) {
            struct fixture f;
            if (!mutate(whole, at, mutation, yaml, sizeof yaml)) {
                continue;
            }
            const char *answer = ask_snippets(&f, yaml);
            bool known = strcmp(answer, "unknown") != 0;
            if (known != (mutation == AS_IT_IS)) {
                fail_msg("%s: line %zu, %d", answer, at, mutation);
            }
            tried += mutation != AS_IT_IS;
            fixture_close(&f);
        }
    }
    assert_int_equal(tried, 2 * 42);
}

/* ---- names that nginx takes once ------------------------------------------------------------ */

#define FILTER_OF(name, text)                                                                      \
    "apiVersion: gateway.nginx.org/v1alpha1\nkind: SnippetsFilter\nmetadata: {name: " name         \
    ", namespace: shop}\nspec:\n  snippets:\n" text "---\n"
#define ROUTE_BY(name, host, filter)                                                               \
    ROUTE(name,                                                                                    \
          "hostnames: [" host "], rules: [{filters: [{type: ExtensionRef, extensionRef: "          \
          "{group: gateway.nginx.org, kind: SnippetsFilter, name: " filter "}}], " TO("web") "}]")
#define ZONE ALL(LINE("limit_conn_zone $binary_remote_addr zone=c:5m;"))

static void test_gateway_names_that_two_filters_define(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *answer;
    } rows[] = {
        {FILTER_OF("s", ASKING("")) ROUTE_BY("a", "a.org", "s") ROUTE_BY("b", "a.org", "s"), "web"},
        {FILTER_OF("s", ASKING("")) FILTER_OF("t", ASKING("")) ROUTE_BY("a", "a.org", "s")
             ROUTE_BY("b", "a.org", "t"),
         "unknown"},
        {FILTER_OF("s", ASKING("")) FILTER_OF("t", ASKING("")) ROUTE_BY("a", "a.org", "s")
             ROUTE_BY("b", "b.org", "t"),
         "web"},
        {FILTER_OF("s", ASKING("")) FILTER_OF("t", ASKING("")) ROUTE_BY("a", "a.org", "s")
             ROUTE_BY("b", "'*.org'", "t"),
         "unknown"},
        {FILTER_OF("s", ZONE) FILTER_OF("t", ZONE) ROUTE_BY("a", "a.org", "s")
             ROUTE_BY("b", "b.org", "t"),
         "unknown"}, /* of all of nginx */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char yaml[8192];
        snprintf(yaml, sizeof yaml, SERVICE("web") EDGE "%s", rows[i].yaml);
        fixture_open(&f, "nginx-gateway-fabric", FIXTURE_OPEN, yaml);
        assert_string_equal(fixture_ask(&f, "GET http://a.org/"), rows[i].answer);
        fixture_close(&f);
    }
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
         0, 0, 5, 0, 0},
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
        {ALL(LINE("geo $g { 10.0.0.0/8 0; }") LINE("map $g $k { 0 \"\"; 1 $binary_remote_addr; }")
                 LINE("limit_conn_zone $k zone=c:5m;")) IN_LOCATION("limit_conn c 5;"),
         -1, 0, 0, 0, 0}, /* nobody has 1 */
        {ALL(LINE("limit_conn_zone $binary_remote_addr zone=c:8k;")) IN_LOCATION("limit_conn c 5;"),
         -1, 0, 0, 0, 0}, /* too small */
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
    static const char *const others[] = {
        IN_LOCATION("proxy_redirect default;"),
        IN_LOCATION("proxy_redirect http://a/ http://b/; proxy_redirect http://c/ http://d/;"),
        IN_LOCATION("proxy_redirect http://a/ $scheme://b/;"),
        IN_LOCATION("proxy_cookie_path /a /; proxy_cookie_path /b /;"),
        IN_LOCATION("proxy_cookie_domain a b; proxy_cookie_domain c d;"),
        IN_LOCATION("proxy_cookie_domain 'a b' c;"),
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_string_equal(ask_snippets(&f, others[i]), "unknown");
        fixture_close(&f);
    }
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

#define CLASS_OF_P                                                                                 \
    GATEWAY_HEAD "kind: GatewayClass\nmetadata: {name: c}\nspec: {controllerName: "                \
                 "gateway.nginx.org/nginx-gateway-controller, parametersRef: {group: "             \
                 "gateway.nginx.org, kind: NginxProxy, name: p, namespace: shop}}\n---\n"
#define ANOTHER_EDGE                                                                               \
    GATEWAY_HEAD                                                                                   \
    "kind: Gateway\nmetadata: {name: more, namespace: shop}\nspec: "                               \
    "{gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"

static void test_gateway_external_names_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *answer, *host;
    } rows[] = {
        {EXTERNAL EDGE ROUTE("a", "rules: [{" TO("out") "}]"), "500*1", NULL},
        {EXTERNAL RESOLVER EDGE_OF_P ROUTE("a", "rules: [{" TO("out") "}]"), "out",
         "out.example.com"},
        {EXTERNAL RESOLVER CLASS_OF_P EDGE ROUTE("a", "rules: [{" TO("out") "}]"), "out",
         "out.example.com"},
        {EXTERNAL RESOLVER CLASS_OF_P EDGE ANOTHER_EDGE ROUTE("a", "rules: [{" TO("out") "}]"),
         "out", "out.example.com"},
        {EXTERNAL RESOLVER EDGE_OF_P ANOTHER_EDGE ROUTE("a", "rules: [{" TO("out") "}]"), "unknown",
         NULL}, /* only one of two looks names up */
        {EXTERNAL RESOLVER CLASS_OF_P EDGE_OF_P ROUTE("a", "rules: [{" TO("out") "}]"), "unknown",
         NULL}, /* which of both holds is not followed */
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
        cmocka_unit_test(test_gateway_nothing_of_a_snippet_is_passed_over),
        cmocka_unit_test(test_gateway_names_that_two_filters_define),
        cmocka_unit_test(test_gateway_limits_of_nginx),
        cmocka_unit_test(test_gateway_bodies_and_answers_of_nginx),
        cmocka_unit_test(test_gateway_external_names_of_nginx),
    };
    return cmocka_run_group_tests_name("gateway_snippets", tests, NULL, NULL);
}
