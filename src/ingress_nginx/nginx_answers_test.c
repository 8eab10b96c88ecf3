#include "ingress_nginx/world_priv.h"

/* What the real nginx answers where the order of its phases, or one of its settings, shows. */

static const char settings_head[] = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "
                                    "ingress-nginx-controller, namespace: ingress-nginx}\ndata:\n";

static const char *with_settings(struct buf *buf, const char *lines)
{
    buf_init(buf, 4096);
    buf_puts(buf, settings_head);
    buf_puts(buf, lines);
    buf_putc(buf, 0);
    return buf->ptr;
}

static void check_settings(const char *settings, const char *const *lines,
                           const struct expectation *expected)
{
    struct buf text;
    check_with(with_settings(&text, settings), lines, expected);
    buf_release(&text);
}

static void test_ingress_nginx_requests_that_nginx_refuses(void **state)
{
    (void)state;
    check(WORLD("w h; P / a"), EXPECT({"TRACE h/", "405"}, {"h../", "400"}, {"h..x/", "400"},
                                      {"h./", "a /"}, {"FOO h/", "a /"}));
}

static void test_ingress_nginx_fragments(void **state)
{
    (void)state;
    check(WORLD("w h; I /a(.*) a; @rewrite-target /x$1; P / b",
                "v g; @force-ssl-redirect true; P / a"),
          EXPECT({"h/ab?q#f", "a /xb?q"}, {"h/ab#f", "a /xb"}, {"g/a?q#f", "308 https://g/a?q#f"}));
}

static void test_ingress_nginx_redirects_to_the_slash(void **state)
{
    (void)state;
    const char *const world[] = {"w h; E /foo/ a; @proxy-body-size 1k; @relative-redirects true",
                                 NULL};
    check(world, EXPECT({"h/foo?", "301 /foo/"}, {"h/foo?q", "301 /foo/?q"}));
    struct world open;
    struct outcome out;
    world_open(&open, true, "", world);
    struct request request = world_request(SLICE("POST h/foo"));
    request.body_bytes = 1025;
    assert_true(slice_is(world_outcome(&open, request, &out), "413"));
    world_close(&open);
    /* the exact location of the same path is asked, not the prefix */
    check(WORLD("w h; E /foo/ a; @relative-redirects true", "v h; P /foo/ b"),
          EXPECT({"h/foo", "301 /foo/"}));
}

static void test_ingress_nginx_relative_redirects_cannot_be_turned_off(void **state)
{
    (void)state;
    check_settings("  relative-redirects: \"true\"\n",
                   WORLD("w h; E /foo/ a; @relative-redirects false"),
                   EXPECT({"h/foo", "301 /foo/"}));
}

static void test_ingress_nginx_redirects_without_location(void **state)
{
    (void)state;
    /* "/" is of nobody, and answers before the redirect to https and before the list of addresses */
    check(WORLD("w h; E /a a; tls h; @permanent-redirect http://o.example; "
                "@permanent-redirect-code 304; @whitelist-source-range 10.0.0.0/8"),
          EXPECT({"h/x", "304"}, {"h/a", "304"}));
}

static void test_ingress_nginx_spared_prefix_and_its_twin(void **state)
{
    (void)state;
    check_settings("  no-tls-redirect-locations: /foo/\n", WORLD("w h; tls h; P /foo a"),
                   EXPECT({"h/foo", "308 https://h/foo"}, {"h/foo/x", "a /foo/x"}));
}

static void test_ingress_nginx_address_literals(void **state)
{
    (void)state;
    check(WORLD("w -; @force-ssl-redirect true; P / a"),
          EXPECT({"[::1]:80/x", "308 https://[/x"}, {"10.0.0.1:80/x", "308 https://10.0.0.1/x"}));
}

static void test_ingress_nginx_blocked_addresses_on_hosts_of_nobody(void **state)
{
    (void)state;
    struct buf text;
    struct world world;
    struct outcome out;
    world_open(&world, true, with_settings(&text, "  block-cidrs: 192.168.0.0/16\n"),
               WORLD("w h; P / a"));
    struct request request = world_request(SLICE("other/"));
    assert_true(address_parse(SLICE("192.168.1.1"), &request.client));
    assert_true(slice_is(world_outcome(&world, request, &out), "403"));
    world_close(&world);
    buf_release(&text);
}

static void test_ingress_nginx_body_of_what_is_denied(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("w h; P / a; @proxy-body-size 8; @whitelist-source-range nonsense"));
    struct request request = world_request(SLICE("POST h/"));
    request.body_bytes = 1 << 20;
    assert_true(slice_is(world_outcome(&world, request, &out), "503"));
    request.body_bytes++;
    assert_true(slice_is(world_outcome(&world, request, &out), "413"));
    world_close(&world);
}

static void test_ingress_nginx_headers_of_early_answers(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    const struct slice hsts = SLICE("Strict-Transport-Security");
    const struct slice origin = SLICE("Access-Control-Allow-Origin");
    world_open(&world, true, "",
               WORLD("w h; P /a a; @app-root /x; @enable-cors true; @proxy-body-size 8"));
    /* app-root answers outside of the locations */
    (void)world_outcome(&world, world_request(SLICE("https://h/")), &out);
    assert_int_equal(out.status, 302);
    assert_null(seen_find(&out.response, hsts));
    (void)world_outcome(&world, world_request(SLICE("https://other/healthz")), &out);
    assert_int_equal(out.status, 200);
    assert_null(seen_find(&out.response, hsts));
    /* too large a body is refused before CORS is looked at */
    struct request request = world_request(SLICE("POST https://h/a"));
    request.body_bytes = 9;
    (void)world_outcome(&world, request, &out);
    assert_int_equal(out.status, 413);
    assert_non_null(seen_find(&out.response, hsts));
    assert_null(seen_find(&out.response, origin));
    world_close(&world);
}

static void test_ingress_nginx_stand_in_is_a_location_like_others(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    /* Services of `yaml` exist, "gone" does not */
    world_open(&world, true,
               "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: z\n"
               "  namespace: shop\n  annotations:\n    kubernetes.io/ingress.class: nginx\n"
               "    nginx.ingress.kubernetes.io/default-backend: other\n"
               "    nginx.ingress.kubernetes.io/rewrite-target: /new\n"
               "    nginx.ingress.kubernetes.io/x-forwarded-prefix: /p\n"
               "spec:\n  rules:\n  - host: h\n    http:\n      paths:\n      - path: /a\n"
               "        pathType: ImplementationSpecific\n"
               "        backend: {service: {name: gone, port: {number: 80}}}\n",
               WORLD("w g; P / other"));
    struct request request = world_request(SLICE("h/a"));
    headers_add(world.run.arena, &request.headers, SLICE("Accept"), SLICE("text/html"));
    headers_add(world.run.arena, &request.headers, SLICE("X-Request-ID"), SLICE("7"));
    assert_true(slice_is(world_outcome(&world, request, &out), "other /new"));
    const struct seen_headers *seen = &out.backends[0].request;
    assert_true(slice_is(seen_find(seen, SLICE("X-Format"))->value, "text/html"));
    assert_true(slice_is(seen_find(seen, SLICE("X-Request-ID"))->value, "7,7"));
    assert_true(slice_is(seen_find(seen, SLICE("X-Code"))->value, "503"));
    assert_true(slice_is(seen_find(seen, SLICE("X-Forwarded-Prefix"))->value, "/p"));
    world_close(&world);
}

static void test_ingress_nginx_www_wins_against_an_alias(void **state)
{
    (void)state;
    check(WORLD("w *.h; P /x a; @server-alias www.h", "v h; P /a a; @from-to-www-redirect true"),
          EXPECT({"www.h/a", "308 http://h:80/a"}, {"y.h/x", "a /x"}));
}

static void test_ingress_nginx_cookies_without_case(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("w h; P / a", "x h; P / b; @canary true; @canary-by-cookie Next"));
    struct request request = world_request(SLICE("h/"));
    headers_add(world.run.arena, &request.headers, SLICE("Cookie"), SLICE("nEXT=always"));
    assert_true(slice_is(world_outcome(&world, request, &out), "b /"));
    world_close(&world);
}

static void test_ingress_nginx_rewrite_to_a_url_with_captures(void **state)
{
    (void)state;
    check(WORLD("w h; I /a/(.*) a; @rewrite-target https://n/$1; P / b"),
          EXPECT({"h/a/x%20y%2Fz?q", "302 https://n/x%20y/z?q"}, {"h/A/x", "302 https://n/x"}));
    check(WORLD("w h; I /a a; @rewrite-target https://n"), EXPECT({"h/a/x?q", "302 https://n?q"}));
    check(
        WORLD("w h; I /a|/b(.*) a; @rewrite-target https://n/$1"),
        EXPECT({"h/a", "? which groups a rewrite-target that is a URL gets, of a path with several "
                       "sides or with conditions, is not understood"}));
}

static void test_ingress_nginx_rewrite_with_named_groups(void **state)
{
    (void)state;
    check(WORLD("w h; I /(?<first>[^/]+)/([)]|x)/(?<rest>.*) a; @rewrite-target /$rest/$first"),
          EXPECT({"h/p/x/q/r", "a /q/r/p"}, {"h/p/)/q", "a /q/p"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_rewrite_to_a_url_with_captures),
        cmocka_unit_test(test_ingress_nginx_rewrite_with_named_groups),
        cmocka_unit_test(test_ingress_nginx_requests_that_nginx_refuses),
        cmocka_unit_test(test_ingress_nginx_fragments),
        cmocka_unit_test(test_ingress_nginx_redirects_to_the_slash),
        cmocka_unit_test(test_ingress_nginx_relative_redirects_cannot_be_turned_off),
        cmocka_unit_test(test_ingress_nginx_redirects_without_location),
        cmocka_unit_test(test_ingress_nginx_spared_prefix_and_its_twin),
        cmocka_unit_test(test_ingress_nginx_address_literals),
        cmocka_unit_test(test_ingress_nginx_blocked_addresses_on_hosts_of_nobody),
        cmocka_unit_test(test_ingress_nginx_body_of_what_is_denied),
        cmocka_unit_test(test_ingress_nginx_headers_of_early_answers),
        cmocka_unit_test(test_ingress_nginx_stand_in_is_a_location_like_others),
        cmocka_unit_test(test_ingress_nginx_www_wins_against_an_alias),
        cmocka_unit_test(test_ingress_nginx_cookies_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
