#include "ingress_nginx/world_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Basic auth needs its Secret; without it all paths answer 503. */
static const char users[] = "---\napiVersion: v1\nkind: Secret\n"
                            "metadata: {name: s, namespace: shop}\n"
                            "stringData: {auth: \"joe:$apr1$x$y\"}\n";

/* ---- paths -------------------------------------------------------------------------------- */

static void test_ingress_nginx_implementation_specific_is_prefix(void **state)
{
    (void)state;
    check(WORLD("i h; I /foo a"),
          EXPECT({"h/foo", "a /foo"}, {"h/foo/x", "a /foo/x"}, {"h/foobar", "404"}));
}

static void test_ingress_nginx_regex_mode_is_contagious(void **state)
{
    (void)state;
    check(
        WORLD("i h; P /foo a", "j h; P /v(/|$)(.*) b; @rewrite-target /$2"),
        EXPECT({"h/foobar", "a /foobar"}, {"h/FOO", "a /FOO"}, {"h/v/x", "b /x"}, {"h/vx", "404"}));
    check(WORLD("i h; E /foo a", "j h; P /b b; @use-regex true"),
          EXPECT({"h/foobar", "a /foobar"}, {"h/foo/", "a /foo/"}));
    check(WORLD("i h; P /foo a"), EXPECT({"h/foobar", "404"}, {"h/FOO", "404"}));
}

static void test_ingress_nginx_rewrite_without_captures_drops_the_rest(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo a; @rewrite-target /"),
          EXPECT({"h/foo/x?q=1", "a /?q=1"}, {"h/foobar", "a /"}));
}

static void test_ingress_nginx_rewrite_to_its_own_path(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo a; @rewrite-target /foo"),
          EXPECT({"h/foo/x", "a /foo"}, {"h/foobar", "a /foobar"}, {"h/FOO", "a /FOO"},
                 {"h/foo", "a /foo"}));
    check(WORLD("b h; P /b b", "i h; P /foo/ a; @rewrite-target /foo/"),
          EXPECT({"h/foo/x", "a /foo/x"}, {"h/FOO/", "404"}));
    check(WORLD("i h; P / a; @rewrite-target /"), EXPECT({"h/x", "a /x"}));
    check(WORLD("b h; P /b b", "i h; E /foo a; @rewrite-target /foo"), EXPECT({"h/foobar", "404"}));
    /* the "/" that the Ingress dresses is rewritten, which is enough for the whole host */
    check(WORLD("i h; E /foo a; @rewrite-target /foo"), EXPECT({"h/foobar", "a /foobar"}));
}

static void test_ingress_nginx_rewrite_decodes(void **state)
{
    (void)state;
    check(WORLD("i h; P /v(/|$)(.*) a; @rewrite-target /$2", "j g; P /v a"),
          EXPECT({"h/v/x%2Fy//z", "a /x/y/z"}, {"g/v/x%2Fy//z", "a /v/x%2Fy//z"},
                 {"h/v/a%20b", "a /a%20b"}));
}

static void test_ingress_nginx_rewrite_to_a_url_redirects(void **state)
{
    (void)state;
    check(
        WORLD("i h; P /foo a; @rewrite-target https://n.example/x"),
        EXPECT({"h/foo?q=1", "302 https://n.example/x?q=1"}, {"h/foo", "302 https://n.example/x"}));
}

static void test_ingress_nginx_illegal_rewrite_is_switched_off(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo a; @rewrite-target /bar?x=1"),
          EXPECT({"h/foo", "a /foo"}, {"h/foobar", "404"}));
}

static void test_ingress_nginx_trailing_slash_redirects(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo/ a; E /bar/ b; P /baz c"),
          EXPECT({"h/foo", "301 http://h/foo/"}, {"H:8080/foo?a=b", "301 http://h/foo/?a=b"},
                 {"https://h/bar", "301 https://h/bar/"}, {"h/bar/", "b /bar/"}, {"h/bar/x", "404"},
                 {"h/baz", "c /baz"}));
    /* an exact "/foo" comes first, and then nothing redirects */
    check(WORLD("i h; P /foo/ a; E /foo b"), EXPECT({"h/foo", "b /foo"}, {"h/foo/x", "a /foo/x"}));
}

static void frozen(const char *const *lines)
{
    struct world world;
    world_open(&world, true, "", lines);
    struct outcome out;
    struct slice seen = world_outcome(&world, world_request(SLICE("other/")), &out);
    if (!slice_starts(seen, SLICE("? "))) {
        print_error("'%s' must freeze the configuration, got '" SLICE_FMT "'\n", lines[0],
                    SLICE_ARG(seen));
    }
    assert_int_equal(out.kind, OUTCOME_UNKNOWN);
    assert_true(diag_count_severity(world.run.diag, SEVERITY_ERROR) > 0);
    world_close(&world);
}

static void test_ingress_nginx_duplicate_location_freezes(void **state)
{
    (void)state;
    frozen(WORLD("i h; P /foo a; P /foo/ b"));
    frozen(WORLD("i h; E /foo a", "j h; P /foo b", "k h; P /foo c"));
    frozen(WORLD("i h; E / a", "j h; E / b"));
    /* equal expressions are allowed: the first one counts */
    check(WORLD("i h; P /foo a; P /foo/ b; @use-regex true"), EXPECT({"h/foo/x", "b /foo/x"}));
}

static void test_ingress_nginx_refused_values_freeze(void **state)
{
    (void)state;
    frozen(WORLD("i h; P /foo a; @rewrite-target /$"));
    frozen(WORLD("i h; P /foo a; @rewrite-target /$-x"));
    frozen(WORLD("i h; P /foo(x a; @use-regex true"));
    frozen(WORLD("i *.h.example; P / a; @from-to-www-redirect true"));
    frozen(WORLD("i h; P /foo a; @proxy-buffer-size 8g"));
    frozen(WORLD("i h; P /foo a; @limit-rps 1; @limit-burst-multiplier 0"));
    /* the same path is text where no expression is in use */
    check(WORLD("i h; P /foo(x a"), EXPECT({"h/foo(x/y", "a /foo(x/y"}));
}

static void test_ingress_nginx_automatic_root_wears_annotations(void **state)
{
    (void)state;
    check(WORLD("i h; P /old a; @permanent-redirect https://n.example"),
          EXPECT({"h/anything", "301 https://n.example"}, {"h/old", "301 https://n.example"}));
    check(WORLD("i h; P /old a; @rewrite-target /x"), EXPECT({"h/y", "404"}));
    check(WORLD("i h; P /old a; @permanent-redirect https://n.example", "j h; P / b"),
          EXPECT({"h/anything", "b /anything"}));
}

static void test_ingress_nginx_order_is_age_then_reverse_name(void **state)
{
    (void)state;
    check(WORLD("b h; P / x", "a h; P / z"), EXPECT({"h/", "x /"}));
    check(WORLD("~a h; P / x", "~b h; P / z"), EXPECT({"h/", "z /"}));
}

static void test_ingress_nginx_order_is_unknown_in_open_inputs(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, false, "", WORLD("~a h; P / x; P /same z", "~b h; P / w; P /same z"));
    (void)world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_int_equal(out.kind, OUTCOME_UNKNOWN);
    assert_true(slice_contains(out.reason, SLICE("shop/a")));
    assert_true(slice_contains(out.reason, SLICE("shop/b")));
    /* the same backend either way: the order does not matter */
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/same")), &out), "z /same"));
    world_close(&world);
    world_open(&world, false, "", WORLD("a h; P / x", "b h; P / z"));
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/")), &out), "x /"));
    world_close(&world);
}

/* The automatic "/" of a host belongs to its oldest Ingress; which one that is may decide as well. */
static void test_ingress_nginx_order_decides_automatic_root(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, false, "",
               WORLD("~a h; P /x x; @permanent-redirect https://n.example", "~b h; P /w w"));
    (void)world_outcome(&world, world_request(SLICE("h/other")), &out);
    assert_int_equal(out.kind, OUTCOME_UNKNOWN);
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/w")), &out), "w /w"));
    world_close(&world);
}

static void test_ingress_nginx_longest_path_across_namespaces(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo a", "j h; P /foo/x b; P / c"),
          EXPECT({"h/foo/y", "a /foo/y"}, {"h/foo/x/z", "b /foo/x/z"}, {"h/foo/xz", "a /foo/xz"},
                 {"h/fo", "c /fo"}));
}

static void test_ingress_nginx_path_is_normalised_for_matching_only(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo a; P /bar/ b; E /baz c"),
          EXPECT({"h/%66oo/", "a /%66oo/"}, {"h/foo%2Fx", "a /foo%2Fx"},
                 {"h/x/../foo", "a /x/../foo"}, {"h//foo", "a //foo"}, {"h/../x", "400"},
                 {"h/a%zz", "400"}, {"h/baz/", "404"}, {"/x", "400"}));
}

/* ---- redirects and the order of actions ---------------------------------------------------- */

static void test_ingress_nginx_tls_entry_redirects_all_hosts(void **state)
{
    (void)state;
    check(WORLD("i h1; P / a; host h2; P / b; tls h1 s"),
          EXPECT({"h2/x", "308 https://h2/x"}, {"h1/x", "308 https://h1/x"},
                 {"https://h2/x", "b /x"}));
}

static void test_ingress_nginx_wildcard_certificate_redirects_sibling(void **state)
{
    (void)state;
    check(WORLD("i *.d.com; P / a; tls *.d.com s", "j x.d.com; P / b", "k x.e.com; P / c"),
          EXPECT({"x.d.com/", "308 https://x.d.com"}, {"y.d.com/p", "308 https://y.d.com/p"},
                 {"x.e.com/", "c /"}));
}

static void test_ingress_nginx_https_redirect_eats_a_slash(void **state)
{
    (void)state;
    check(WORLD("i h; P / a; tls h s"),
          EXPECT({"h/", "308 https://h"}, {"h/a/", "308 https://h/a"},
                 {"h/a?u=/", "308 https://h/a?u="}, {"h:8080/a", "308 https://h/a"}));
    check(WORLD("i h; P / a; tls h s; @preserve-trailing-slash true"),
          EXPECT({"h/a/", "308 https://h/a/"}));
    check(WORLD("i h; P / a; tls h s; @ssl-redirect false"), EXPECT({"h/", "a /"}));
    check(WORLD("i h; P /.well-known/acme-challenge/t a; P / b; tls h s"),
          EXPECT({"h/.well-known/acme-challenge/t", "a /.well-known/acme-challenge/t"}));
}

static void test_ingress_nginx_https_redirect_spares_the_default_server(void **state)
{
    (void)state;
    check(WORLD("i -; P / a; tls h s"), EXPECT({"any/x", "a /x"}));
    check(WORLD("i -; P / a; @force-ssl-redirect true"), EXPECT({"any/x", "308 https://any/x"}));
}

static void test_ingress_nginx_app_root_is_host_wide(void **state)
{
    (void)state;
    check(WORLD("i h; P /api a; @app-root /api/v1; tls h s", "j h; P / b"),
          EXPECT({"h/", "302 http://h/api/v1"}, {"h:81/?x=1", "302 http://h:81/api/v1"},
                 {"h//", "302 http://h/api/v1"}, {"https://h/", "302 https://h/api/v1"},
                 {"https://h/x", "b /x"}));
    check(WORLD("i h; P / a; @app-root https://n.example/"), EXPECT({"h/", "a /"}));
}

static void test_ingress_nginx_www_redirect_names_the_port(void **state)
{
    (void)state;
    check(WORLD("i h; P / a; @from-to-www-redirect true",
                "j www.g; P / b; @from-to-www-redirect true",
                "k f; P / c; @from-to-www-redirect true; host www.f; P / d"),
          EXPECT({"www.h/foo", "308 http://h:80/foo"}, {"https://www.h/", "308 https://h:443"},
                 {"g/x?y=1", "308 http://www.g:80/x?y=1"}, {"www.f/", "d /"}, {"h/", "a /"}));
}

static void test_ingress_nginx_redirect_wins_over_protection(void **state)
{
    (void)state;
    check_with(
        users,
        WORLD(
            "i h; P / a; @permanent-redirect https://n.example; @auth-type basic; @auth-secret s; "
            "@whitelist-source-range 192.0.2.1/32"),
        EXPECT({"h/x?y", "301 https://n.example"}));
}

static void test_ingress_nginx_redirect_codes(void **state)
{
    (void)state;
    check(WORLD("a h; P /a a; @temporal-redirect https://n.example; @temporal-redirect-code 308",
                "b h; P /b b; @permanent-redirect https://n.example; @permanent-redirect-code 308",
                "c h; P /c c; @permanent-redirect https://p.example; @temporal-redirect "
                "https://t.example",
                "d h; P /d d; @permanent-redirect /x?y=z", "e h; P /e e; @temporal-redirect /x",
                "f h; P /f f; @permanent-redirect /x; @relative-redirects true",
                "g h; P /g g; @permanent-redirect https://n.example; @permanent-redirect-code 309"),
          EXPECT({"h/a", "302 https://n.example"}, {"h/b", "308 https://n.example"},
                 {"h/c", "302 https://t.example"}, {"H:81/d", "301 http://h/x?y=z"},
                 {"h/e", "e /e"}, {"h/f", "301 /x"}, {"h/g", "301 https://n.example"}));
}

/* nginx writes a Location only with 301, 302, 303, 307 and 308; else the URL is the body. */
static void test_ingress_nginx_redirect_code_without_location(void **state)
{
    (void)state;
    check(WORLD("i h; P / a; @permanent-redirect https://n.example; @permanent-redirect-code 304; "
                "tls h s"),
          EXPECT({"h/", "304"}));
}

static void test_ingress_nginx_preflight_bypasses_everything(void **state)
{
    (void)state;
    check_with(users,
               WORLD("i h; P / a; @enable-cors true; @auth-type basic; @auth-secret s; tls h t"),
               EXPECT({"OPTIONS h/", "204"}, {"OPTIONS https://h/", "204"},
                      {"GET h/x", "308 https://h/x"}));
    check(WORLD("i h; P / a; @auth-type basic; @auth-secret s"), EXPECT({"h/", "503"}));
}

static struct slice response_header(const struct seen_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, slice_of(name))) {
            return headers->items[i].value;
        }
    }
    return SLICE_ABSENT;
}

static struct slice allowed_origin(const char *annotations, const char *origin)
{
    static char text[64];
    struct world world;
    struct outcome out;
    struct run *run = &world.run;
    char line[512];
    struct buf buf;
    buf_init(&buf, sizeof line);
    buf_printf(&buf, "i h; P / a; @enable-cors true; %s", annotations);
    struct slice whole = buf_slice(&buf);
    for (size_t i = 0; i <= whole.len && i < sizeof line; i++) {
        line[i] = i < whole.len ? whole.ptr[i] : '\0';
    }
    buf_release(&buf);
    world_open(&world, true, "", WORLD(line));
    struct request request = world_request(SLICE("h/"));
    headers_add(run->arena, &request.headers, SLICE("Origin"), slice_of(origin));
    (void)world_outcome(&world, request, &out);
    assert_int_equal(out.kind, OUTCOME_FORWARD);
    struct slice value = response_header(&out.backends[0].response, "Access-Control-Allow-Origin");
    size_t length = value.len < sizeof text ? value.len : 0;
    for (size_t i = 0; i < length; i++) {
        text[i] = value.ptr[i];
    }
    world_close(&world);
    return (struct slice){text, length};
}

static void test_ingress_nginx_cors_origins(void **state)
{
    (void)state;
    static const struct {
        const char *annotation, *origin, *allowed;
    } rows[] = {
        {"@cors-allow-origin https://a.com/", "https://x.com", "*"},
        {"@cors-allow-origin https://a.com", "https://a.com", "https://a.com"},
        {"@cors-allow-origin https://a.com", "https://evil-a.com", ""},
        {"@cors-allow-origin https://a.com", "xhttps://a.com", "xhttps://a.com"},
        {"@cors-allow-origin https://a.com", "HTTPS://A.com", "HTTPS://A.com"},
        {"@cors-allow-origin https://*.a.com", "https://b.a.com", "https://b.a.com"},
        {"@cors-allow-origin https://*.a.com", "https://a.com", ""},
        {"@cors-allow-origin https://*.a.com", "https://c.b.a.com", ""},
        {"@cors-allow-origin https://a.com, *", "https://b.com", "*"},
        {"@cors-allow-origin a.com", "https://a.com", ""},
        {"@cors-allow-origin a.com, https://b.com", "https://b.com", "https://b.com"},
        {"@cors-allow-origin HTTPS://a.com", "https://x.com", "*"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice seen = allowed_origin(rows[i].annotation, rows[i].origin);
        if (!slice_is(seen, rows[i].allowed)) {
            print_error("%s with Origin %s: want '%s', got '" SLICE_FMT "'\n", rows[i].annotation,
                        rows[i].origin, rows[i].allowed, SLICE_ARG(seen));
        }
        assert_true(slice_is(seen, rows[i].allowed));
    }
}

static void test_ingress_nginx_no_endpoints_precede_auth(void **state)
{
    (void)state;
    static const char empty[] =
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: a-1, namespace: shop, labels: "
        "{kubernetes.io/service-name: a}}\naddressType: IPv4\nendpoints: []\n";
    check_with(empty, WORLD("i h; P / a; @auth-type basic; @auth-secret s"), EXPECT({"h/", "503"}));
    check_with(empty, WORLD("i h; P / a; tls h s"), EXPECT({"h/x", "308 https://h/x"}));
}

static void test_ingress_nginx_body_size_precedes_redirects(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("i h; P / a; @permanent-redirect https://n.example",
                     "j g; P / b; "
                     "@proxy-body-size 3m",
                     "k f; P / c; @proxy-body-size 0"));
    struct request request = world_request(SLICE("POST h/"));
    request.body_bytes = 2 << 20;
    assert_true(slice_is(world_outcome(&world, request, &out), "413"));
    request.host = SLICE("g");
    assert_true(slice_is(world_outcome(&world, request, &out), "b /"));
    request.body_bytes = 4 << 20;
    assert_true(slice_is(world_outcome(&world, request, &out), "413"));
    request.host = SLICE("f");
    assert_true(slice_is(world_outcome(&world, request, &out), "c /"));
    world_close(&world);
}

/* ---- hosts and default backends ------------------------------------------------------------ */

static void test_ingress_nginx_default_backend_with_rules(void **state)
{
    (void)state;
    check(WORLD("i -; P /foo a; default d"), EXPECT({"h/x", "404"}, {"h/foo", "a /foo"}));
    check(WORLD("i h; P /foo a; default d"), EXPECT({"h/x", "d /x"}, {"other/x", "404"}));
}

static void test_ingress_nginx_catch_all_takes_the_root(void **state)
{
    (void)state;
    check(WORLD("i -; P / a; P /p b", "j; default d; @permanent-redirect https://n.example"),
          EXPECT({"h/x", "d /x"}, {"h/p", "b /p"}));
}

static void test_ingress_nginx_wildcard_is_one_label(void **state)
{
    (void)state;
    check(WORLD("i *.d.com; P / a", "j h; P / b; @server-alias *.e.com", "k x.d.com; P / c"),
          EXPECT({"y.d.com/", "a /"}, {"d.com/", "404"}, {"a.b.d.com/", "404"}, {"x.d.com/", "c /"},
                 {"a.b.e.com/", "b /"}, {"a.e.com/", "b /"}, {"e.com/", "404"},
                 {"Y.D.com:80/", "a /"}, {"y_1.d.com./", "a /"}));
}

static void test_ingress_nginx_server_alias_first_wins(void **state)
{
    (void)state;
    check(WORLD("i h; P / a; @server-alias al", "j h; P /x b; @server-alias bl",
                "k g; P / c; @server-alias h"),
          EXPECT({"al/x", "b /x"}, {"al/", "a /"}, {"bl/", "404"}, {"h/", "a /"}));
    /* an alias has no certificate of its own, so nothing redirects it */
    check(WORLD("i h; P / a; @server-alias al; tls h s"),
          EXPECT({"h/", "308 https://h"}, {"al/", "a /"}));
}

static void test_ingress_nginx_health_check_of_unknown_hosts(void **state)
{
    (void)state;
    check(WORLD("i -; P / a", "j h; P / b"),
          EXPECT({"any/healthz", "200"}, {"any/healthzfoo", "200"}, {"any/x", "a /x"},
                 {"h/healthz", "b /healthz"}));
    check(WORLD("i -; P / a; @use-regex true"), EXPECT({"any/healthz", "a /healthz"}));
}

static void test_ingress_nginx_unknown_host(void **state)
{
    (void)state;
    check(WORLD("i h; P /foo a"),
          EXPECT({"other/", "404"}, {"https://other/", "404"}, {"h/x", "404"}));
}

/* ---- whole Ingress gone, or its values ------------------------------------------------------ */

static void test_ingress_nginx_bad_values(void **state)
{
    (void)state;
    check(WORLD("a h1; P / a; @configuration-snippet more_set_headers a",
                "b h2; P / a; @permanent-redirect https://n.example$request_uri",
                "c h3; P / a; @whitelist-source-range 10.0.0.0/8,zz",
                "d h4; P / a; "
                "@from-to-www-redirect yes",
                "e h5; P / a; @ssl-redirect yes", "f h6; P / a; @allowlist-source-range",
                "g h7; P / a; @limit-rps 5m", "h h8; P / a; @canary-weight 5",
                "i h9; P / a; @permanent-redirect https://n.example; @relative-redirects",
                "j ha; P / a; @whitelist-source-range"),
          EXPECT({"h1/", "404"}, {"h2/", "404"}, {"h3/", "503"}, {"h4/", "404"}, {"h5/", "a /"},
                 {"h6/", "503"}, {"h7/", "404"}, {"h8/", "a /"}, {"h9/", "a /"}, {"ha/", "a /"}));
}

static void test_ingress_nginx_timeouts_with_units_are_ignored(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("i h; P / a; @proxy-read-timeout 600s; @proxy-send-timeout 7"));
    (void)world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_int_equal(out.effects.timeouts->read_ms, 60000);
    assert_int_equal(out.effects.timeouts->send_ms, 7000);
    assert_int_equal(out.effects.timeouts->connect_ms, 5000);
    world_close(&world);
}

/* "/etc/nginx" and directives in hosts and paths (internal/ingress/inspector/rules.go). */
static void test_ingress_nginx_deep_inspection_drops(void **state)
{
    (void)state;
    check(WORLD("a h1; I /etc/nginx/x a", "b h2; I /x{root /y;} a", "c h3; I /a_by_lua a",
                "d h4; P /roots a"),
          EXPECT({"h1/etc/nginx/x", "404"}, {"h2/", "404"}, {"h3/a_by_lua", "404"},
                 {"h4/roots", "a /roots"}));
}

static void test_ingress_nginx_addresses(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("i h; P / a; @allowlist-source-range 10.0.0.0/8; @denylist-source-range "
                     "10.1.2.3/16"));
    static const char *const rows[][2] = {
        {"10.2.0.1", "a /"}, {"10.1.9.9", "403"}, {"192.0.2.1", "403"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct request request = world_request(SLICE("h/"));
        request.client_text = slice_of(rows[i][0]);
        assert_true(address_parse(request.client_text, &request.client));
        assert_true(slice_is(world_outcome(&world, request, &out), rows[i][1]));
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_implementation_specific_is_prefix),
        cmocka_unit_test(test_ingress_nginx_regex_mode_is_contagious),
        cmocka_unit_test(test_ingress_nginx_rewrite_without_captures_drops_the_rest),
        cmocka_unit_test(test_ingress_nginx_rewrite_to_its_own_path),
        cmocka_unit_test(test_ingress_nginx_rewrite_decodes),
        cmocka_unit_test(test_ingress_nginx_rewrite_to_a_url_redirects),
        cmocka_unit_test(test_ingress_nginx_illegal_rewrite_is_switched_off),
        cmocka_unit_test(test_ingress_nginx_trailing_slash_redirects),
        cmocka_unit_test(test_ingress_nginx_duplicate_location_freezes),
        cmocka_unit_test(test_ingress_nginx_refused_values_freeze),
        cmocka_unit_test(test_ingress_nginx_automatic_root_wears_annotations),
        cmocka_unit_test(test_ingress_nginx_order_is_age_then_reverse_name),
        cmocka_unit_test(test_ingress_nginx_order_is_unknown_in_open_inputs),
        cmocka_unit_test(test_ingress_nginx_order_decides_automatic_root),
        cmocka_unit_test(test_ingress_nginx_longest_path_across_namespaces),
        cmocka_unit_test(test_ingress_nginx_path_is_normalised_for_matching_only),
        cmocka_unit_test(test_ingress_nginx_tls_entry_redirects_all_hosts),
        cmocka_unit_test(test_ingress_nginx_wildcard_certificate_redirects_sibling),
        cmocka_unit_test(test_ingress_nginx_https_redirect_eats_a_slash),
        cmocka_unit_test(test_ingress_nginx_https_redirect_spares_the_default_server),
        cmocka_unit_test(test_ingress_nginx_app_root_is_host_wide),
        cmocka_unit_test(test_ingress_nginx_www_redirect_names_the_port),
        cmocka_unit_test(test_ingress_nginx_redirect_wins_over_protection),
        cmocka_unit_test(test_ingress_nginx_redirect_codes),
        cmocka_unit_test(test_ingress_nginx_redirect_code_without_location),
        cmocka_unit_test(test_ingress_nginx_preflight_bypasses_everything),
        cmocka_unit_test(test_ingress_nginx_cors_origins),
        cmocka_unit_test(test_ingress_nginx_no_endpoints_precede_auth),
        cmocka_unit_test(test_ingress_nginx_body_size_precedes_redirects),
        cmocka_unit_test(test_ingress_nginx_default_backend_with_rules),
        cmocka_unit_test(test_ingress_nginx_catch_all_takes_the_root),
        cmocka_unit_test(test_ingress_nginx_wildcard_is_one_label),
        cmocka_unit_test(test_ingress_nginx_server_alias_first_wins),
        cmocka_unit_test(test_ingress_nginx_health_check_of_unknown_hosts),
        cmocka_unit_test(test_ingress_nginx_unknown_host),
        cmocka_unit_test(test_ingress_nginx_bad_values),
        cmocka_unit_test(test_ingress_nginx_timeouts_with_units_are_ignored),
        cmocka_unit_test(test_ingress_nginx_deep_inspection_drops),
        cmocka_unit_test(test_ingress_nginx_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
