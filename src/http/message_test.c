#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

static void test_http_joins_repeated_headers(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct headers headers = {0};
    headers_add(arena, &headers, SLICE("X-A"), SLICE(""));
    headers_add(arena, &headers, SLICE("x-a"), SLICE("two"));
    headers_add(arena, &headers, SLICE("X-B"), SLICE("b"));
    headers_add(arena, &headers, SLICE("X-E"), SLICE_ABSENT);
    headers_add(arena, &headers, SLICE("X-a"), SLICE("three"));
    assert_true(slice_is(headers_joined(arena, &headers, SLICE("x-A")), ", two, three"));
    assert_true(slice_is(headers_joined(arena, &headers, SLICE("x-b")), "b"));
    assert_non_null(headers_joined(arena, &headers, SLICE("x-e")).ptr);
    assert_null(headers_joined(arena, &headers, SLICE("x-c")).ptr);
    assert_true(slice_is(headers_get(&headers, SLICE("x-A")), ""));
    assert_null(headers_get(&headers, SLICE("x-c")).ptr);
    arena_close(arena);
}

static void test_http_finds_cookies_in_all_lines(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct headers headers = {0};
    headers_add(arena, &headers, SLICE("Cookie"), SLICE("a=1; b=x=y;c"));
    headers_add(arena, &headers, SLICE("cookie"), SLICE("d=4,5; a=2"));
    assert_true(slice_is(headers_cookie(arena, &headers, SLICE("a")), "1"));
    assert_true(slice_is(headers_cookie(arena, &headers, SLICE("b")), "x=y"));
    assert_null(headers_cookie(arena, &headers, SLICE("c")).ptr);
    assert_true(slice_is(headers_cookie(arena, &headers, SLICE("d")), "4,5"));
    assert_true(slice_is(headers_cookie(arena, &headers, SLICE("D")), "4,5"));
    assert_true(
        slice_is(headers_joined(arena, &headers, SLICE("COOKIE")), "a=1; b=x=y;c; d=4,5; a=2"));
    arena_close(arena);
}

static void test_http_reads_who_a_client_says_it_is(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct slice user;
    assert_true(credentials_user(arena, SLICE("Basic YW5uYTpzZWNyZXQ="), &user));
    assert_true(slice_is(user, "anna"));
    assert_true(credentials_user(arena, SLICE("bASIC   YTpi"), &user));
    assert_true(slice_is(user, "a"));
    assert_true(credentials_user(arena, SLICE("Basic YTo"), &user)); /* no "=", no password */
    assert_true(slice_is(user, "a"));
    static const char *const nobody[] = {"",           "Basic",      "Basic ",       "Bearer YTpi",
                                         "Basic YWI=", "Basic OmE=", "Basic YTpi!!", "Basic YTpiY",
                                         "BasicYTpi"};
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        assert_false(credentials_user(arena, slice_of(nobody[i]), &user));
    }
    struct user_list list = {0};
    assert_true(user_list_may_hold(&list, SLICE("anna"))); /* not known */
    list.known = true;
    assert_false(user_list_may_hold(&list, SLICE("anna")));
    user_list_add(arena, &list, SLICE("anna"));
    assert_true(user_list_may_hold(&list, SLICE("anna")));
    assert_false(user_list_may_hold(&list, SLICE("ann")));
    arena_close(arena);
}

static void test_http_fills_in_requests(void **state)
{
    (void)state;
    struct request plain = {.host = SLICE("a.example")};
    request_defaults(&plain);
    assert_true(slice_is(plain.method, "GET"));
    assert_true(slice_is(plain.scheme, "http"));
    assert_true(slice_is(plain.target, "/"));
    assert_true(slice_is(plain.protocol, "h1"));
    assert_int_equal(plain.port, 80);
    assert_null(plain.sni.ptr);
    struct request secure = {.host = SLICE("a.example"), .scheme = SLICE("https")};
    request_defaults(&secure);
    assert_int_equal(secure.port, 443);
    assert_true(slice_is(secure.sni, "a.example"));
    struct request given = {.scheme = SLICE("https"), .port = 8443, .sni = SLICE("b.example")};
    request_defaults(&given);
    assert_int_equal(given.port, 8443);
    assert_true(slice_is(given.sni, "b.example"));
}

static void test_http_parses_urls(void **state)
{
    (void)state;
    struct url url;
    assert_true(url_parse(SLICE("https://a.example:8443/x/y?z=1?#f"), &url));
    assert_true(slice_is(url.scheme, "https"));
    assert_true(slice_is(url.host, "a.example"));
    assert_int_equal(url.port, 8443);
    assert_true(slice_is(url.path, "/x/y"));
    assert_true(slice_is(url.query, "z=1?"));
    assert_true(slice_is(url.fragment, "f"));
    assert_true(url_parse(SLICE("http://[2001:db8::1]:81?q"), &url));
    assert_true(slice_is(url.host, "[2001:db8::1]"));
    assert_int_equal(url.port, 81);
    assert_null(url.path.ptr);
    assert_true(slice_is(url.query, "q"));
    assert_true(url_parse(SLICE("http://a.example:"), &url));
    assert_true(slice_is(url.host, "a.example"));
    assert_int_equal(url.port, 0);
    assert_true(url_parse(SLICE("/go?to=http://b/"), &url));
    assert_null(url.scheme.ptr);
    assert_null(url.host.ptr);
    assert_true(slice_is(url.path, "/go"));
    assert_true(slice_is(url.query, "to=http://b/"));
}

static void test_http_refuses_what_is_no_url(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "a.example/x",
                                      "http://",
                                      "http:///x",
                                      "://a",
                                      "1http://a",
                                      "http://a:99999/",
                                      "http://a:0/",
                                      "http://a:x/",
                                      "http://::1/",
                                      "http://[::1/",
                                      "http://user@a/",
                                      "http://a b/",
                                      "http://:80/"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct url url = {.port = 7};
        if (url_parse(slice_of(bad[i]), &url) || url.port != 7) {
            fail_msg("'%s' was taken for a URL", bad[i]);
        }
    }
}

static void test_http_normalises_hosts(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    static const char *const pairs[][2] = {{"A.Example.:80", "a.example"},
                                           {"a.example", "a.example"},
                                           {"a.example.", "a.example"},
                                           {"[2001:DB8::1]:80", "[2001:db8::1]"},
                                           {"[::1", "[::1"},
                                           {":80", ""},
                                           {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct slice host = host_normalise(arena, slice_of(pairs[i][0]));
        if (!slice_is(host, pairs[i][1])) {
            fail_msg("'%s' becomes '" SLICE_FMT "'", pairs[i][0], SLICE_ARG(host));
        }
    }
    assert_int_equal(host_normalise(arena, SLICE_ABSENT).len, 0);
    arena_close(arena);
}

static bool inside(const char *network, const char *address)
{
    struct network n;
    struct address a;
    assert_true(network_parse(slice_of(network), &n));
    assert_true(address_parse(slice_of(address), &a));
    return network_contains(&n, &a);
}

static void test_http_knows_networks(void **state)
{
    (void)state;
    assert_true(inside("10.0.0.0/8", "10.255.1.2"));
    assert_false(inside("10.0.0.0/8", "11.0.0.0"));
    assert_true(inside("10.1.2.3/9", "10.127.0.1"));
    assert_false(inside("10.1.2.3/9", "10.128.0.1"));
    assert_true(inside("192.0.2.7", "192.0.2.7"));
    assert_false(inside("192.0.2.7", "192.0.2.6"));
    assert_true(inside("0.0.0.0/0", "203.0.113.9"));
    assert_false(inside("0.0.0.0/0", "::1"));
    assert_true(inside("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(inside("2001:db8::/33", "2001:db8:8000::1"));
    static const char *const bad[] = {"",           "10.0.0.0/33", "10.0.0/8",    "10.0.0.0/",
                                      "10.0.0.0/x", "::1/129",     "10.0.0.0/-1", "a.example"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct network network;
        if (network_parse(slice_of(bad[i]), &network)) {
            fail_msg("'%s' was taken for a network", bad[i]);
        }
    }
}

static void test_http_tokens(void **state)
{
    (void)state;
    assert_true(is_token(SLICE("X-Forwarded_For.2~")));
    assert_true(is_token(SLICE("!#$%&'*+-.^_`|~")));
    assert_false(is_token(SLICE("")));
    assert_false(is_token(SLICE("a b")));
    assert_false(is_token(SLICE("a:")));
    assert_false(is_token(SLICE("a\0")));
    assert_false(is_token(SLICE("\xC3\xA9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_joins_repeated_headers),
        cmocka_unit_test(test_http_finds_cookies_in_all_lines),
        cmocka_unit_test(test_http_reads_who_a_client_says_it_is),
        cmocka_unit_test(test_http_fills_in_requests),
        cmocka_unit_test(test_http_parses_urls),
        cmocka_unit_test(test_http_refuses_what_is_no_url),
        cmocka_unit_test(test_http_normalises_hosts),
        cmocka_unit_test(test_http_tokens),
        cmocka_unit_test(test_http_knows_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
