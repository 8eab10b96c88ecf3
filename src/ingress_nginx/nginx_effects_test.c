#include "ingress_nginx/world_priv.h"

#include <stdio.h>

/* What annotations become that show in no answer: as effects are printed. */

static const char more[] =
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: ca, namespace: shop}\n"
    "data: {ca.crt: eA==}\n"
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: bare, namespace: shop}\n"
    "data: {password: eA==}\n"
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: params, namespace: shop}\n"
    "data: {SCRIPT_FILENAME: /srv/$service_name.php}\n"
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: wrong, namespace: shop}\n"
    "data: {SCRIPT_FILENAME: 'a b'}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: errors, namespace: shop}\n"
    "spec: {ports: [{port: 8080}]}\n";

/* The effect of the first host's rule for /foo; null: not set. */
static void expect_effect(const char *const *lines, enum effect_id id, const char *wanted)
{
    struct world world;
    struct outcome out;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    world_open(&world, true, more, lines);
    (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
    const void *effect = effect_get(&out.effects, id);
    effect_print(id, effect, &text);
    if (!slice_is(buf_slice(&text), wanted ? wanted : "") || (wanted && !effect)) {
        print_error("%s: want '%s', got '" SLICE_FMT "'\n", lines[0], wanted ? wanted : "",
                    SLICE_ARG(buf_slice(&text)));
        fail();
    }
    buf_release(&text);
    world_close(&world);
}

#define WITH(annotations) WORLD("i h; P /foo a; " annotations)

static void test_ingress_nginx_limits(void **state)
{
    (void)state;
    expect_effect(WITH("@limit-rps 5"), EFFECT_rate_limit,
                  "per second 5, second burst 25, status 503");
    expect_effect(WITH("@limit-rpm 30; @limit-burst-multiplier 2; @limit-whitelist 10.0.0.0/8"),
                  EFFECT_rate_limit,
                  "per minute 30, minute burst 60, exempt 10.0.0.0/8, status 503");
    expect_effect(WITH("@limit-connections 3; @limit-rps -1"), EFFECT_rate_limit,
                  "connections 3, connection status 503");
    expect_effect(WITH("@limit-rps 0"), EFFECT_rate_limit, NULL);
    expect_effect(WITH("@limit-burst-multiplier 3"), EFFECT_rate_limit, NULL);
    expect_effect(WITH("@limit-rate 100; @limit-rate-after 10"), EFFECT_bandwidth,
                  "bytes per second 102400, free bytes 10240");
    expect_effect(WITH("@limit-rate-after 10"), EFFECT_bandwidth, NULL);
    expect_effect(WITH("@limit-rate 10k"), EFFECT_bandwidth, NULL);
}

static void test_ingress_nginx_limits_are_conditions(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WITH("@limit-rps 5; @limit-connections 2; @limit-allowlist 10.0.0.0/8"));
    struct request request = world_request(SLICE("h/foo"));
    assert_true(slice_is(world_outcome(&world, request, &out), "a /foo"));
    assert_int_equal(out.condition_count, 2);
    assert_string_equal(out.conditions[0].name, "connection-limit");
    assert_string_equal(out.conditions[1].name, "rate-limit");
    assert_true(slice_is(out.conditions[1].parameters, "5 a second and 25 more at once"));
    request.client_text = SLICE("10.1.1.1");
    assert_true(address_parse(request.client_text, &request.client));
    assert_true(slice_is(world_outcome(&world, request, &out), "a /foo"));
    assert_int_equal(out.condition_count, 0);
    world_close(&world);
}

/* Each list that decides is a source, the first as that of the effect. */
static void test_ingress_nginx_lists_are_sources(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WITH("@allowlist-source-range 0.0.0.0/0; @denylist-source-range 192.0.2.0/24"));
    (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
    const struct rule *rule = out.rule;
    assert_true(slice_ends(rule->effects.addresses->source.name, SLICE("allowlist-source-range")));
    assert_non_null(rule->more);
    assert_int_equal(rule->more->effect, EFFECT_addresses);
    assert_true(slice_ends(rule->more->source.name, SLICE("denylist-source-range")));
    assert_null(rule->more->next);
    world_close(&world);
}

static void test_ingress_nginx_affinity(void **state)
{
    (void)state;
    expect_effect(WITH("@affinity cookie"), EFFECT_affinity, "cookie INGRESSCOOKIE, path /foo");
    expect_effect(WITH("@affinity ip"), EFFECT_affinity, NULL);
    expect_effect(WITH("@affinity cookie; @affinity-mode persistent; @session-cookie-name s; "
                       "@session-cookie-path /; @session-cookie-domain a.example; "
                       "@session-cookie-max-age 60; @session-cookie-expires 70; "
                       "@session-cookie-samesite Lax; @session-cookie-secure true; "
                       "@session-cookie-change-on-failure true"),
                  EFFECT_affinity,
                  "cookie s, mode persistent, path /, domain a.example, same site Lax, expires 70, "
                  "max age 60, secure, change on failure");
    /* lua-resty-cookie takes one spelling */
    expect_effect(WITH("@affinity cookie; @session-cookie-samesite lax"), EFFECT_affinity,
                  "cookie INGRESSCOOKIE, path /foo");
    /* the last Ingress that asks for it names the cookie; who does not ask for it does not set it */
    expect_effect(WORLD("i h; P /foo a", "j g; P / a; @affinity cookie; @session-cookie-name one",
                        "k f; P / a; @affinity cookie; @session-cookie-name two"),
                  EFFECT_affinity, "cookie two, path /foo, passive");
    expect_effect(WORLD("i h; P /foo a", "j g; P / b; @affinity cookie"), EFFECT_affinity, NULL);
}

static struct slice cookie_of(const char *const *lines, struct request request)
{
    static char text[256];
    struct world world;
    struct outcome out;
    world_open(&world, true, "", lines);
    (void)world_outcome(&world, request, &out);
    const struct seen_header *cookie = seen_find(&out.backends[0].response, SLICE("Set-Cookie"));
    size_t length = cookie ? cookie->value.len : 0;
    assert_true(length < sizeof text);
    for (size_t i = 0; i < length; i++) {
        text[i] = cookie->value.ptr[i];
    }
    assert_true(!cookie || !cookie->known);
    world_close(&world);
    return (struct slice){text, length};
}

static void test_ingress_nginx_affinity_sets_a_cookie(void **state)
{
    (void)state;
    struct request request = world_request(SLICE("https://h/foo"));
    const char *const *lines = WITH("@affinity cookie; @session-cookie-samesite None");
    assert_true(slice_is(cookie_of(lines, request),
                         "INGRESSCOOKIE=...; Path=/foo; Secure; HttpOnly; SameSite=None"));
    struct header sent = {SLICE("Cookie"), SLICE("a=b; INGRESSCOOKIE=x|y")};
    request.headers = (struct headers){.items = &sent, .count = 1};
    assert_int_equal(cookie_of(lines, request).len, 0);
    request.headers.count = 0;
    lines = WORLD("i h; P /foo a", "j g; P / a; @affinity cookie");
    assert_int_equal(cookie_of(lines, request).len, 0);
}

/* The marks are md5(md5(name) .. name) of shop-a-80 and shop-c-80, by md5sum. */
static void test_ingress_nginx_affinity_goes_before_canaries(void **state)
{
    (void)state;
    static const char *const behaviours[] = {"sticky", "legacy"};
    struct header sent[] = {{SLICE("X-Canary"), SLICE("never")}, {SLICE("Cookie"), SLICE("")}};
    struct request request = world_request(SLICE("h/foo"));
    request.headers = (struct headers){.items = sent, .count = 2};
    for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
        struct world world;
        struct outcome out;
        char canary[128];
        (void)snprintf(canary, sizeof canary,
                       "j h; P /foo c; @canary true; @canary-by-header X-Canary; "
                       "@affinity-canary-behavior %s",
                       behaviours[i]);
        world_open(&world, true, "", WORLD("i h; P /foo a; @affinity cookie", canary));
        sent[0].value = SLICE("always");
        sent[1].value = SLICE("INGRESSCOOKIE=x|9387ae9691c467bb94aa5232c261ae3f");
        assert_true(slice_is(world_outcome(&world, request, &out), "a /foo"));
        sent[0].value = SLICE("never");
        sent[1].value = SLICE("INGRESSCOOKIE=x|e04232d672a05e94c4879d87fd78da56");
        assert_true(slice_is(world_outcome(&world, request, &out), i ? "a /foo" : "c /foo"));
        sent[1].value = SLICE("INGRESSCOOKIE=e04232d672a05e94c4879d87fd78da56");
        assert_true(slice_is(world_outcome(&world, request, &out), "a /foo"));
        world_close(&world);
    }
}

static void test_ingress_nginx_balancing(void **state)
{
    (void)state;
    expect_effect(WITH("@load-balance ewma"), EFFECT_balancing, "algorithm ewma");
    expect_effect(WITH("@load-balance round_robin"), EFFECT_balancing, NULL);
    expect_effect(WITH("@upstream-hash-by $request_uri; @load-balance ewma"), EFFECT_balancing,
                  "algorithm hash, key $request_uri");
    expect_effect(WITH("@upstream-hash-by $host; @upstream-hash-by-subset true"), EFFECT_balancing,
                  "algorithm hash, key $host, subset 3");
    expect_effect(WITH("@service-upstream true; @affinity cookie; @load-balance ewma"),
                  EFFECT_balancing, "algorithm round_robin, service address");
    /* the first Ingress that names the Service decides */
    expect_effect(WORLD("i h; P /foo a", "j g; P / a; @load-balance ewma"), EFFECT_balancing, NULL);
    expect_effect(WORLD("i h; P /foo a; @load-balance ewma", "j g; P / b"), EFFECT_balancing,
                  "algorithm ewma");
    expect_effect(WORLD("g g; P / a; @load-balance ewma", "i h; P /foo a"), EFFECT_balancing,
                  "algorithm ewma");
}

static void test_ingress_nginx_tls_towards_backends(void **state)
{
    (void)state;
    expect_effect(WITH("@backend-protocol HTTPS; @proxy-ssl-secret shop/ca; @proxy-ssl-verify on"),
                  EFFECT_upstream_tls,
                  "secret shop/ca, verify, depth 1, name upstream_balancer, protocols TLSv1.2, "
                  "ciphers DEFAULT");
    expect_effect(WITH("@backend-protocol HTTPS; @proxy-ssl-secret shop/ca; @proxy-ssl-name b.c; "
                       "@proxy-ssl-server-name on; @proxy-ssl-protocols TLSv1.3; "
                       "@proxy-ssl-verify-depth 0; @proxy-ssl-ciphers HIGH"),
                  EFFECT_upstream_tls,
                  "secret shop/ca, depth 1, name b.c, server name, protocols TLSv1.3, "
                  "ciphers HIGH");
    /* without a CA neither it nor a certificate is used */
    expect_effect(WITH("@backend-protocol HTTPS; @proxy-ssl-secret shop/bare; "
                       "@proxy-ssl-verify on; @proxy-ssl-name b.c"),
                  EFFECT_upstream_tls, "");
    expect_effect(WITH("@backend-protocol HTTPS; @proxy-ssl-secret shop/bare; "
                       "@proxy-ssl-server-name on; @proxy-ssl-name b.c"),
                  EFFECT_upstream_tls, "name b.c, server name");
    /* grpc_pass has directives of its own, and http none */
    expect_effect(WITH("@backend-protocol GRPCS; @proxy-ssl-secret shop/ca"), EFFECT_upstream_tls,
                  NULL);
    expect_effect(WITH("@proxy-ssl-secret shop/ca"), EFFECT_upstream_tls, NULL);
    expect_effect(WITH("@backend-protocol HTTPS; @proxy-ssl-verify on"), EFFECT_upstream_tls, NULL);
    /* another Ingress of the host gives it to those that have none */
    expect_effect(WORLD("i h; P /foo a; @backend-protocol HTTPS",
                        "j h; P /bar b; @proxy-ssl-secret shop/ca; @proxy-ssl-verify on"),
                  EFFECT_upstream_tls,
                  "secret shop/ca, verify, depth 1, name upstream_balancer, protocols TLSv1.2, "
                  "ciphers DEFAULT");
}

static void test_ingress_nginx_answers_of_the_backend(void **state)
{
    (void)state;
    expect_effect(WITH("@proxy-redirect-from http://a/; @proxy-redirect-to http://b/"),
                  EFFECT_response_rewrites, "redirect from http://a/, redirect to http://b/");
    expect_effect(WITH("@proxy-redirect-from http://a/"), EFFECT_response_rewrites,
                  "redirect from default");
    expect_effect(WITH("@proxy-redirect-from default; @proxy-redirect-to http://b/"),
                  EFFECT_response_rewrites, "redirect from default");
    expect_effect(WITH("@proxy-redirect-to http://b/"), EFFECT_response_rewrites, NULL);
    expect_effect(WITH("@proxy-redirect-from off"), EFFECT_response_rewrites, NULL);
    expect_effect(WITH("@proxy-cookie-path /a /b; @proxy-cookie-domain a.b c.d"),
                  EFFECT_response_rewrites, "cookie domain a.b c.d, cookie path /a /b");
    expect_effect(WITH("@proxy-cookie-domain a.b"), EFFECT_response_rewrites, NULL);
    expect_effect(WITH("@proxy-http-version 1.0"), EFFECT_upstream_http, "version 1.0");
    expect_effect(WITH("@proxy-http-version 1.1"), EFFECT_upstream_http, NULL);
    expect_effect(WITH("@proxy-next-upstream-timeout 5"), EFFECT_retries,
                  "attempts 2, conditions error timeout, total ms 5000");
    expect_effect(WITH("@backend-protocol FCGI; @fastcgi-index index.php; "
                       "@fastcgi-params-configmap params"),
                  EFFECT_fastcgi, "index index.php, parameters set SCRIPT_FILENAME: /srv/a.php");
    expect_effect(WITH("@fastcgi-index index.php"), EFFECT_fastcgi, NULL);
}

static void test_ingress_nginx_copies(void **state)
{
    (void)state;
    expect_effect(WITH("@mirror-target http://m.ns.svc.cluster.local:81$request_uri"),
                  EFFECT_mirrors, "ns/m:81 1/1 as host m.ns.svc.cluster.local");
    expect_effect(WITH("@mirror-target http://$host/copy"), EFFECT_mirrors, "/ 1/1");
    expect_effect(WITH("@mirror-target https://m.example.com$request_uri; "
                       "@mirror-request-body off; @mirror-host o.example.com"),
                  EFFECT_mirrors,
                  "https://m.example.com$request_uri 1/1 as host o.example.com without body");
    /* a target that fails its check leaves copies to the host's own "/" */
    expect_effect(WITH("@mirror-target http://m/%20"), EFFECT_mirrors, "/ 1/1");
    expect_effect(WITH("@mirror-host o.example.com"), EFFECT_mirrors, NULL);
}

static void test_ingress_nginx_firewall(void **state)
{
    (void)state;
    expect_effect(WITH("@enable-modsecurity true"), EFFECT_firewall, "");
    expect_effect(WITH("@enable-modsecurity true; @enable-owasp-core-rules true"), EFFECT_firewall,
                  "core rules");
    expect_effect(WITH("@enable-owasp-core-rules true"), EFFECT_firewall, NULL);
    expect_effect(WITH("@enable-modsecurity false"), EFFECT_firewall, NULL);
}

/* Of what annotations name: a bad parameter drops the Ingress, another namespace is not looked at. */
static void test_ingress_nginx_fastcgi_references(void **state)
{
    (void)state;
    check_with(more, WITH("@backend-protocol FCGI; @fastcgi-params-configmap shop/wrong"),
               EXPECT({"h/foo", "404"}));
    check_with(more, WITH("@backend-protocol FCGI; @fastcgi-params-configmap other/params"),
               EXPECT({"h/foo", "a /foo"}));
    check_with(more, WITH("@backend-protocol FCGI; @fastcgi-params-configmap none"),
               EXPECT({"h/foo", "503"}));
}

static void test_ingress_nginx_error_pages(void **state)
{
    (void)state;
    /* the controller's own default backend answers 404, whatever the error was */
    check_with(
        more, WORLD("i h; P /foo a; @custom-http-errors 403; @denylist-source-range 0.0.0.0/0"),
        EXPECT({"h/foo", "? the answer depends on the client's address, and none was given"}));
    check_with(more,
               WORLD("i h; P /foo a; @custom-http-errors 401; @auth-url http://auth.example/"),
               EXPECT({"h/foo", "404"}));
    check_with(more,
               WORLD("i h; P /foo a; @custom-http-errors 401; @auth-url http://auth.example/; "
                     "@default-backend errors"),
               EXPECT({"h/foo?x=1", "errors /?x=1"}, {"POST h/foo", "errors /"}));
    /* a list that is none for the parser is ignored; statuses that nginx has no pages for freeze it */
    check_with(more,
               WORLD("i h; P /foo a; @custom-http-errors 401 404; @auth-url http://auth.example/"),
               EXPECT({"h/foo", "401"}));
    struct world world;
    struct outcome out;
    world_open(&world, true, more, WORLD("i h; P /foo a; @custom-http-errors 404503"));
    assert_true(slice_contains(world_outcome(&world, world_request(SLICE("h/foo")), &out),
                               SLICE("frozen")));
    world_close(&world);
}

static void test_ingress_nginx_ports_in_redirects(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo/ a; P / b; tls h; @use-port-in-redirects true"),
          EXPECT({"h/x", "308 https://h:443/x"}, {"https://h/foo", "301 https://h/foo/"}));
    struct world world;
    struct outcome out;
    world_open(&world, true, "", WORLD("i h; P /foo/ a; @use-port-in-redirects true"));
    struct request request = world_request(SLICE("h/foo"));
    request.port = 80;
    assert_true(slice_is(world_outcome(&world, request, &out), "301 http://h/foo/"));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_limits),
        cmocka_unit_test(test_ingress_nginx_limits_are_conditions),
        cmocka_unit_test(test_ingress_nginx_lists_are_sources),
        cmocka_unit_test(test_ingress_nginx_affinity),
        cmocka_unit_test(test_ingress_nginx_affinity_sets_a_cookie),
        cmocka_unit_test(test_ingress_nginx_affinity_goes_before_canaries),
        cmocka_unit_test(test_ingress_nginx_balancing),
        cmocka_unit_test(test_ingress_nginx_tls_towards_backends),
        cmocka_unit_test(test_ingress_nginx_answers_of_the_backend),
        cmocka_unit_test(test_ingress_nginx_copies),
        cmocka_unit_test(test_ingress_nginx_firewall),
        cmocka_unit_test(test_ingress_nginx_fastcgi_references),
        cmocka_unit_test(test_ingress_nginx_error_pages),
        cmocka_unit_test(test_ingress_nginx_ports_in_redirects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
