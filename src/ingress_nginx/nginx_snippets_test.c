#include "ingress_nginx/world_priv.h"

#include <stdio.h>

/* Raw configuration: what is understood of it, against nginx's own rules (the oracle asks the real one). */

#define ALLOWED(more)                                                                              \
    "---\napiVersion: v1\nkind: ConfigMap\n"                                                       \
    "metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\ndata:\n"                \
    "  allow-snippet-annotations: \"true\"\n  annotations-risk-level: Critical\n" more

static const char allowed[] = ALLOWED("");

static void test_ingress_nginx_snippet_answers(void **state)
{
    (void)state;
    check_with(allowed, WORLD("a h; P / a; @configuration-snippet return 418"),
               EXPECT({"h/", "? directive 'return' of "
                             "'nginx.ingress.kubernetes.io/configuration-snippet' is not "
                             "understood"}));
}

static void test_ingress_nginx_snippet_that_changes_no_answer(void **state)
{
    (void)state;
    check_with(ALLOWED("  server-snippet: 'server_tokens off; ssl_protocols TLSv1.3; "
                       "client_header_timeout 5s;'\n  location-snippet: 'log_not_found off; "
                       "open_file_cache_valid 3s; chunked_transfer_encoding off; gunzip off;'\n"),
               WORLD("a h; P / a"), EXPECT({"h/", "a /"}));
    check_with(ALLOWED("  location-snippet: 'client_header_timeout 5s;'\n"), WORLD("a h; P / a"),
               EXPECT({"h/", "? nginx refuses 'client_header_timeout' where 'location-snippet' has "
                             "it, so the controller's configuration is frozen"}));
}

/* Each once, and what may keep somebody out before the others. */
static void test_ingress_nginx_snippet_with_several_unknown(void **state)
{
    (void)state;
    check_with(ALLOWED("  server-snippet: 'image_filter size; image_filter test; slice 1m; "
                       "limit_req zone=a; access_by_lua_block { if a then { b; } end }'\n"),
               WORLD("a h; P / a"),
               EXPECT({"h/", "? directives 'limit_req', 'access_by_lua_block', 'image_filter' and "
                             "'slice' of setting 'server-snippet' are not understood"}));
    check_with(ALLOWED("  location-snippet: 'slice 1m; limit_conn a 1;'\n"), WORLD("a h; P / a"),
               EXPECT({"h/", "? directives 'limit_conn' and 'slice' of setting "
                             "'location-snippet' are not understood"}));
}

/* nginx looks for a location once more, with the new path. */
static void test_ingress_nginx_snippet_that_rewrites_within(void **state)
{
    (void)state;
    check_with(ALLOWED("  server-snippet: 'rewrite ^/old/(.*) /new/$1 last; rewrite ^/x /y?z;'\n"),
               WORLD("a h; P / a; P /new c; P /y d"),
               EXPECT({"h/", "a /"}, {"h/new/1", "c /new/1"}, {"h/old/1?q", "c /new/1?q"},
                      {"h/x", "d /y?z"}, {"h/x?q", "d /y?z&q"}));
    check_with(ALLOWED("  location-snippet: 'rewrite ^/old /new? last;'\n"),
               WORLD("a h; P / a; P /new c"),
               EXPECT({"h/", "a /"}, {"h/old?q", "c /new"}, {"h/new?q", "c /new?q"}));
    /* with the rewrite of its own that the other location has */
    check_with(ALLOWED("  server-snippet: 'rewrite ^/x /b/c last;'\n"),
               WORLD("a h; P / a", "b h; I /b/(.*) b; @rewrite-target /in/$1"),
               EXPECT({"h/x", "b /in/c"}, {"h/b/c", "b /in/c"}));
    /* one after the other, which see the new path, and one that leads to itself */
    check_with(ALLOWED("  server-snippet: 'rewrite ^/1 /2; rewrite ^/2 /3; rewrite ^/4 /1 last;'\n"
                       "  location-snippet: 'rewrite ^/5 /6 last; rewrite ^/6 /5 last;'\n"),
               WORLD("a h; P / a"),
               EXPECT({"h/1", "a /3"}, {"h/2", "a /3"}, {"h/4", "a /1"}, {"h/5", "500"}));
    /* what the new path begins with does not tell the location, or nginx goes on with it */
    check_with(ALLOWED("  server-snippet: 'rewrite ^/old(.*) /n$1 last;'\n"),
               WORLD("a h; P / a; P /new c"),
               EXPECT({"h/old/1", "? which location takes the path after a rewrite of "
                                  "'server-snippet' is not understood"},
                      {"h/x", "a /x"}));
    check_with(ALLOWED("  location-snippet: 'rewrite ^/old /new;'\n"),
               WORLD("a h; P / a; @permanent-redirect https://p"),
               EXPECT({"h/old", "? what the location does after a rewrite of its snippet is not "
                                "followed"},
                      {"h/x", "301 https://p"}));
    check_with(
        ALLOWED("  server-snippet: 'rewrite ^/old /new lost;'\n"), WORLD("a h; P / a"),
        EXPECT({"h/", "? directive 'rewrite' of setting 'server-snippet' is not understood"}));
}

static void test_ingress_nginx_snippet_conditions(void **state)
{
    (void)state;
    static const char yaml[] =
        ALLOWED("  location-snippet: |\n"
                "    if ($host = \"x.d.com\") { return 302 https://y$request_uri; }\n"
                "    if ($host ~ ^z) { return 403; }\n"
                "    if ($scheme = http) { return 301 /s; }\n"
                "    if ($request_method = POST) { return 405; }\n");
    check_with(yaml, WORLD("a *.d.com; P /p a", "b z.example; P / b", "c h; P / c"),
               EXPECT({"x.d.com/p?q", "302 https://y/p?q"},
                      {"https://x.d.com/p", "302 https://y/p"}, {"z.example/", "403"},
                      {"h/a", "301 http://h/s"}, {"https://h/a", "c /a"},
                      {"POST https://h/a", "405"},
                      {"https://w.d.com/p", "? whether the condition on '^z' in 'location-snippet' "
                                            "holds is not understood"}));
}

static void test_ingress_nginx_snippet_of_a_server(void **state)
{
    (void)state;
    static const char yaml[] = ALLOWED("  server-snippet: |\n"
                                       "    rewrite ^/old$ /new redirect;\n"
                                       "    rewrite /gone https://m.example/x? permanent;\n"
                                       "    more_set_headers 'X-All: yes';\n"
                                       "    add_header X-Good yes;\n");
    struct world world;
    struct outcome out;
    static const char *const lines[] = {"a h; P / a; P /d d; @app-root /r", NULL};
    world_open(&world, true, yaml, lines);
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/old?q")), &out),
                         "302 http://h/new?q"));
    assert_non_null(seen_find(&out.response, SLICE("X-All")));
    assert_non_null(seen_find(&out.response, SLICE("X-Good")));
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/x/gone?q")), &out),
                         "301 https://m.example/x"));
    assert_true(
        slice_is(world_outcome(&world, world_request(SLICE("h/")), &out), "302 http://h/r"));
    assert_non_null(seen_find(&out.response, SLICE("X-All")));
    /* add_header leaves errors alone */
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("unknown/")), &out), "404"));
    assert_non_null(seen_find(&out.response, SLICE("X-All")));
    assert_null(seen_find(&out.response, SLICE("X-Good")));
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/d")), &out), "d /d"));
    assert_true(seen_find(&out.backends[0].response, SLICE("X-Good"))->only_good);
    world_close(&world);
}

static struct slice client_gets(struct world *world, const char *client)
{
    struct outcome out;
    struct request request = world_request(SLICE("h/"));
    request.client_text = slice_of(client);
    assert_true(address_parse(request.client_text, &request.client));
    return world_outcome(world, request, &out);
}

static void test_ingress_nginx_snippet_addresses(void **state)
{
    (void)state;
    struct world world;
    static const char yaml[] = ALLOWED("  block-cidrs: 192.0.2.0/24\n"
                                       "  location-snippet: 'deny 10.1.0.0/16; allow 10.0.0.0/8; "
                                       "deny all;'\n");
    static const char *const lines[] = {"a h; P / a", NULL};
    world_open(&world, true, yaml, lines);
    assert_true(slice_is(client_gets(&world, "10.1.0.1"), "403"));
    assert_true(slice_is(client_gets(&world, "10.2.0.1"), "a /"));
    assert_true(slice_is(client_gets(&world, "11.0.0.1"), "403"));
    world_close(&world);
    /* lines of its own take the place of what is blocked for all */
    static const char open[] =
        ALLOWED("  block-cidrs: 192.0.2.0/24\n  server-snippet: 'allow all;'\n");
    world_open(&world, true, open, lines);
    assert_true(slice_is(client_gets(&world, "192.0.2.1"), "a /"));
    world_close(&world);
}

static void test_ingress_nginx_snippet_that_nginx_refuses(void **state)
{
    (void)state;
    static const char twice[] = ALLOWED("  location-snippet: 'proxy_read_timeout 10s;'\n");
    struct world world;
    struct outcome out;
    static const char *const lines[] = {"a h; P / a", NULL};
    world_open(&world, true, twice, lines);
    struct slice seen = world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_true(slice_contains(seen, SLICE("proxy_read_timeout")));
    assert_true(slice_contains(seen, SLICE("frozen")));
    world_close(&world);
    /* that of a server gives way to what each location has */
    check_with(ALLOWED("  server-snippet: 'proxy_read_timeout 10s; proxy_set_header X-A b;'\n"),
               lines, EXPECT({"h/x", "a /x"}));
}

/* One snippet of a location and one of its server; what becomes of a request to it, and why. */
static struct slice seen_with(struct world *world, const char *location, const char *server,
                              const char *annotations, struct outcome *out)
{
    struct buf line;
    buf_init(&line, 4096);
    buf_printf(&line, "a h; P /foo a%s", annotations);
    buf_putc(&line, 0);
    const char *const lines[] = {buf_slice(&line).ptr, NULL};
    struct buf yaml;
    buf_init(&yaml, 4096);
    buf_printf(&yaml, "%s  location-snippet: |\n    %s\n  server-snippet: |\n    %s\n", allowed,
               *location ? location : "#", *server ? server : "#");
    buf_putc(&yaml, 0);
    world_open(world, true, buf_slice(&yaml).ptr, lines);
    struct slice seen = world_outcome(world, world_request(SLICE("h/foo")), out);
    buf_release(&yaml);
    buf_release(&line);
    return seen;
}

static bool is_frozen(const struct outcome *out)
{
    for (const struct unknown *one = out->unknown; one; one = one->next) {
        if (slice_contains(one->reason, SLICE("frozen"))) {
            return true;
        }
    }
    return false;
}

/* nginx -t says so of each of them, between the lines of the template. */
static void test_ingress_nginx_snippet_lines_that_nginx_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *location, *server, *annotations;
        bool refused;
    } rows[] = {
        {"proxy_cookie_path / /x;", "", "", true},
        {"", "proxy_cookie_path / /x;", "", false},
        {"proxy_redirect http://z/ /;", "", "", true},
        {"proxy_pass http://x;", "", "", true},
        {"expires 1d; expires 2d;", "", "", true},
        {"expires 1d;", "expires 2d;", "", false},
        {"satisfy any;", "", "; @satisfy all", true},
        {"auth_basic off;", "", "", false},
        {"proxy_intercept_errors off;", "", "; @custom-http-errors 404", true},
        {"proxy_intercept_errors off;", "",
         "; @custom-http-errors 404; @disable-proxy-intercept-errors true", false},
        {"limit_rate 10;", "", "; @limit-rate 5", true},
        {"limit_rate 10;", "", "; @limit-rate 0", false},
        {"large_client_header_buffers 4 8k;", "", "", true},
        {"client_header_timeout 5s;", "", "", true},
        {"", "client_header_timeout 5s;", "", false},
        {"", "if ($http_x) { expires 1d; }", "", true},
        {"if ($http_x) { gzip_types text/css; }", "", "", true},
        {"if ($http_x < \"7\") { return 403; }", "", "", true},
        {"location /foo/x { return 200; }", "", "", true},
        {"location ~ x { return 200; }", "", "", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        struct outcome out;
        struct slice seen =
            seen_with(&world, rows[i].location, rows[i].server, rows[i].annotations, &out);
        if (is_frozen(&out) != rows[i].refused) {
            print_error("%s%s: " SLICE_FMT "\n", rows[i].location, rows[i].server, SLICE_ARG(seen));
            fail();
        }
        world_close(&world);
    }
}

/* What touches one part of an answer alone leaves the others known. */
static void test_ingress_nginx_snippet_lines_that_are_followed_in_part(void **state)
{
    (void)state;
    static const struct {
        const char *location, *server, *directive; /* null: all is understood */
        enum aspect aspect;
    } rows[] = {
        {"sub_filter a b; sub_filter c d; sub_filter_once off;", "", "sub_filter", ASPECT_HEADERS},
        {"gzip on; gzip_types text/css;", "", "gzip", ASPECT_HEADERS},
        {"gzip off; brotli off; charset off;", "", NULL, 0},
        {"", "charset utf-8;", "charset", ASPECT_HEADERS},
        {"proxy_cookie_flags ~ secure;", "", "proxy_cookie_flags", ASPECT_HEADERS},
        {"grpc_read_timeout 9s;", "", "grpc_read_timeout", ASPECT_TRAFFIC},
        {"proxy_cache a; proxy_cache_valid 200 1m;", "", "proxy_cache", ASPECT_TRAFFIC},
        {"proxy_pass_header ETag; etag on;", "", NULL, 0},
        {"proxy_pass_header Date;", "", "proxy_pass_header", ASPECT_HEADERS},
        {"proxy_ignore_headers Vary Set-Cookie;", "", NULL, 0},
        {"proxy_ignore_headers X-Accel-Redirect;", "", "proxy_ignore_headers", ASPECT_TRAFFIC},
        {"expires $http_x;", "", "expires", ASPECT_HEADERS},
        {"expires modified 1d;", "", "expires", ASPECT_HEADERS},
        {"default_type text/css; root /x; server_tokens off;", "auth_request off;", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        struct outcome out;
        struct slice seen = seen_with(&world, rows[i].location, rows[i].server, "", &out);
        if (!slice_is(seen, "a /foo")) {
            print_error("%s: " SLICE_FMT "\n", rows[i].location, SLICE_ARG(seen));
            fail();
        }
        assert_int_equal(out.unknown != NULL, rows[i].directive != NULL);
        if (rows[i].directive) {
            assert_true(slice_contains(out.unknown->reason, slice_of(rows[i].directive)));
            assert_int_equal(out.unknown->aspect, rows[i].aspect);
            assert_null(out.unknown->next);
        }
        world_close(&world);
    }
}

static void test_ingress_nginx_snippet_expires(void **state)
{
    (void)state;
    static const struct {
        const char *time, *control;
    } rows[] = {
        {"30d", "max-age=2592000"}, {"1h30m", "max-age=5400"},    {"1y", "max-age=31536000"},
        {"0", "max-age=0"},         {"-1", "no-cache"},           {"epoch", "no-cache"},
        {"10", "max-age=10"},       {"max", "max-age=315360000"}, {"2M1w", "max-age=5788800"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        struct outcome out;
        char line[64];
        (void)snprintf(line, sizeof line, "expires %s;", rows[i].time);
        (void)seen_with(&world, line, "add_header X-A b;", "", &out);
        const struct seen_header *control =
            seen_find(&out.backends[0].response, SLICE("Cache-Control"));
        assert_non_null(control);
        assert_true(slice_is(control->value, rows[i].control) && control->only_good);
        assert_non_null(seen_find(&out.backends[0].response, SLICE("Expires")));
        assert_non_null(seen_find(&out.backends[0].response, SLICE("X-A")));
        world_close(&world);
    }
}

/* Whether there is room hangs on which server nginx knows of while it reads. */
static void test_ingress_nginx_snippet_longer_lines(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    static const struct {
        size_t bytes;
        enum outcome_kind kind;
    } rows[] = {{8000, OUTCOME_FORWARD}, {9000, OUTCOME_UNKNOWN}, {20000, OUTCOME_RESPOND}};
    (void)seen_with(&world, "", "large_client_header_buffers 4 16k;", "", &out);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct request request = world_request(SLICE("h/foo"));
        char *value = arena_alloc(world.run.arena, rows[i].bytes);
        for (size_t b = 0; b < rows[i].bytes; b++) {
            value[b] = 'x';
        }
        headers_add(world.run.arena, &request.headers, SLICE("X-Long"),
                    (struct slice){value, rows[i].bytes});
        (void)world_outcome(&world, request, &out);
        assert_int_equal(out.kind, rows[i].kind);
    }
    world_close(&world);
}

/* The canary's rules keep the conditions of snippets; a body that is too large is answered before they hold. */
static void test_ingress_nginx_snippet_beside_a_canary(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    static const char yaml[] =
        ALLOWED("  location-snippet: |\n"
                "    if ($http_x_any) { rewrite ^/(.*)$ /any/$1 break; }\n"
                "    if ($request_method = POST) { add_header X-A b always; }\n");
    static const char *const lines[] = {
        "a h; P / a; @proxy-body-size 8",
        "b h; P / b; @canary true; @canary-by-cookie c; @canary-weight 0", NULL};
    world_open(&world, true, yaml, lines);
    struct request request = world_request(SLICE("h/x"));
    headers_add(world.run.arena, &request.headers, SLICE("Cookie"), SLICE("c=never"));
    assert_true(slice_is(world_outcome(&world, request, &out), "a /x"));
    headers_add(world.run.arena, &request.headers, SLICE("X-Any"), SLICE("1"));
    assert_true(slice_is(world_outcome(&world, request, &out), "a /any/x"));
    request = world_request(SLICE("POST h/x"));
    (void)world_outcome(&world, request, &out);
    assert_non_null(seen_find(&out.backends[0].response, SLICE("X-A")));
    request.body_bytes = 9;
    assert_true(slice_is(world_outcome(&world, request, &out), "413"));
    assert_null(seen_find(&out.response, SLICE("X-A")));
    world_close(&world);
}

static void test_ingress_nginx_snippet_with_a_directive_that_is_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *text, *directive;
    } rows[] = {
        {"lua_code_cache off;", "lua_code_cache"},
        {"location /x { return 200; }", "location"},
        {"if ($geoip_country_code = DE) { return 403; }", "if"},
        {"if ($http_x) { proxy_pass http://x; }", "if"},
        {"set $proxy_upstream_name shop-other-80;", "set"},
        {"rewrite ^/a/(.*) /x?a=$1 redirect;", "rewrite"},
        {"more_set_headers -s 404 'X: y';", "more_set_headers"},
        {"allow 10.1.0.0/16; deny 10.0.0.0/8; deny all;", "deny"},
        {"return 499;", "return"},
        {"more_set_headers 'X: y'", "more_set_headers"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf yaml;
        struct world world;
        struct outcome out;
        buf_init(&yaml, 4096);
        buf_printf(&yaml, "%s  location-snippet: |\n    %s\n", allowed, rows[i].text);
        buf_putc(&yaml, 0);
        static const char *const lines[] = {"a h; P / a", NULL};
        world_open(&world, true, buf_slice(&yaml).ptr, lines);
        struct slice seen = world_outcome(&world, world_request(SLICE("h/")), &out);
        struct slice wanted = ARENA_JOIN(world.run.arena, SLICE("directive '"),
                                         slice_of(rows[i].directive), SLICE("'"));
        assert_int_equal(out.kind, OUTCOME_UNKNOWN);
        assert_true(slice_contains(seen, wanted));
        world_close(&world);
        buf_release(&yaml);
    }
}

static void test_ingress_nginx_snippet_conditions_of_the_request(void **state)
{
    (void)state;
    static const char yaml[] = ALLOWED("  location-snippet: |\n"
                                       "    if ($request_method !~ ^(GET|POST)$) { return 405; }\n"
                                       "    if ($request_uri ~* ^/p.*\\?x) { return 410; }\n"
                                       "    if ($arg_Who = me) { return 411; }\n"
                                       "    if ($uri ~ ^/p/(.+)) { return 302 https://y/$1; }\n"
                                       "    if ($host ~ ^(.)\\.d) { return 302 https://$1.z/; }\n"
                                       "    if ($uri = /gone) { return 444; }\n");
    check_with(yaml, WORLD("a h; P / a; P /p b", "c x.d; P / c"),
               EXPECT({"PUT h/", "405"}, {"h/P?x", "410"}, {"h/p%3Fx", "a /p%3Fx"},
                      {"h/?a&wHO=me", "411"}, {"h/?x=Who=me", "a /?x=Who=me"},
                      {"h/p/q%20r", "302 https://y/q r"}, {"x.d/", "302 https://x.z/"},
                      {"h/gone", "close"}, {"POST h/p", "b /p"}));
}

static void test_ingress_nginx_snippet_variables(void **state)
{
    (void)state;
    static const char yaml[] = ALLOWED("  location-snippet: |\n"
                                       "    set $n 0;\n"
                                       "    if ($http_x_one) { set $n 1; }\n"
                                       "    if ($uri ~ ^/b) { set $n \"${n}2\"; }\n"
                                       "    if ($n = 02) { return 402; }\n"
                                       "    set $to https://t;\n"
                                       "    if ($uri ~ ^/t/) { return 301 $to$request_uri; }\n"
                                       "    add_header X-N $n always;\n");
    struct world world;
    struct outcome out;
    static const char *const lines[] = {"a h; P / a", NULL};
    check_with(yaml, lines,
               EXPECT({"h/b", "402"}, {"h/t/x?y", "301 https://t/t/x?y"}, {"h/c", "a /c"}));
    world_open(&world, true, yaml, lines);
    (void)world_outcome(&world, world_request(SLICE("h/c")), &out);
    assert_true(slice_is(seen_find(&out.backends[0].response, SLICE("X-N"))->value, "0"));
    world_close(&world);
}

static void test_ingress_nginx_snippet_rewrites(void **state)
{
    (void)state;
    static const char yaml[] = ALLOWED("  location-snippet: |\n"
                                       "    rewrite ^(/dash)$ $1/ redirect;\n"
                                       "    rewrite ^/old/(.*)$ https://new/$1 permanent;\n"
                                       "    rewrite ^/in/(.*)$ /out/$1 break;\n"
                                       "    if ($http_host) { break; }\n");
    static const char plain[] = ALLOWED("  location-snippet: |\n"
                                        "    rewrite ^(/dash)$ $1/ redirect;\n"
                                        "    rewrite ^/old/(.*)$ https://new/$1 permanent;\n"
                                        "    rewrite ^/in/(.*)$ /out/$1 break;\n");
    check_with(plain, WORLD("a h; P / a; P /in i; @permanent-redirect https://p"),
               EXPECT({"h/dash?q", "302 http://h/dash/?q"},
                      {"h/old/a%20%26%3fb?q", "301 https://new/a%20&?b?q"},
                      {"h/in/a%20b?q", "i /out/a%20b?q"}, {"h/inx", "301 https://p"}));
    struct world world;
    struct outcome out;
    static const char *const lines[] = {"a h; P / a", NULL};
    world_open(&world, true, yaml, lines);
    (void)world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_int_equal(out.kind, OUTCOME_UNKNOWN);
    world_close(&world);
}

static void test_ingress_nginx_snippet_locations(void **state)
{
    (void)state;
    static const char yaml[] =
        ALLOWED("  server-snippet: |\n"
                "    location = /.well-known/security.txt { return 301 https://s/x; }\n"
                "    location /admin { deny all; }\n"
                "    location ~ \\.php$ { return 404; }\n"
                "    location ^~ /raw/ { return 410; }\n"
                "    location /files { }\n");
    check_with(yaml, WORLD("a h; P / a; P /admin/open o; P /r b"),
               EXPECT({"h/.well-known/security.txt", "301 https://s/x"}, {"h/adminx", "403"},
                      {"h/admin/open/x", "o /admin/open/x"}, {"h/admin/x.php", "404"},
                      {"h/raw/x.php", "410"}, {"h/r", "b /r"},
                      {"h/files/x", "? what location '/files' of 'server-snippet' answers is not "
                                    "understood"}));
    /* in the mode of expressions only these, "=" and "^~" are before the locations of Ingresses */
    check_with(yaml, WORLD("a h; P /a(.*) a; P / b; @rewrite-target /$1"),
               EXPECT({"h/.well-known/security.txt", "301 https://s/x"}, {"h/raw/x", "410"},
                      {"h/x.php", "b /"}));
    /* one of its own twice */
    struct world world;
    struct outcome out;
    static const char *const lines[] = {"a h; P / a", NULL};
    world_open(&world, true, ALLOWED("  server-snippet: 'location / { return 404; }'\n"), lines);
    struct slice seen = world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_true(slice_contains(seen, SLICE("two locations '/'")));
    world_close(&world);
    world_open(&world, true,
               ALLOWED("  location-snippet: 'if ($http_x) { proxy_set_header X-A b; }'\n"), lines);
    seen = world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_true(slice_contains(seen, SLICE("refuses 'proxy_set_header' where ")));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_snippet_answers),
        cmocka_unit_test(test_ingress_nginx_snippet_with_several_unknown),
        cmocka_unit_test(test_ingress_nginx_snippet_that_changes_no_answer),
        cmocka_unit_test(test_ingress_nginx_snippet_that_rewrites_within),
        cmocka_unit_test(test_ingress_nginx_snippet_conditions),
        cmocka_unit_test(test_ingress_nginx_snippet_of_a_server),
        cmocka_unit_test(test_ingress_nginx_snippet_addresses),
        cmocka_unit_test(test_ingress_nginx_snippet_that_nginx_refuses),
        cmocka_unit_test(test_ingress_nginx_snippet_conditions_of_the_request),
        cmocka_unit_test(test_ingress_nginx_snippet_variables),
        cmocka_unit_test(test_ingress_nginx_snippet_rewrites),
        cmocka_unit_test(test_ingress_nginx_snippet_locations),
        cmocka_unit_test(test_ingress_nginx_snippet_lines_that_nginx_refuses),
        cmocka_unit_test(test_ingress_nginx_snippet_lines_that_are_followed_in_part),
        cmocka_unit_test(test_ingress_nginx_snippet_expires),
        cmocka_unit_test(test_ingress_nginx_snippet_longer_lines),
        cmocka_unit_test(test_ingress_nginx_snippet_beside_a_canary),
        cmocka_unit_test(test_ingress_nginx_snippet_with_a_directive_that_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
