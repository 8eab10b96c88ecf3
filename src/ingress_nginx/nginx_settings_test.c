#include "ingress_nginx/world_priv.h"

#include <stdio.h>
#include <string.h>

/* What keys of the controller's ConfigMap become that show in no answer: as effects are printed. */

enum { SETTINGS_MAX = 512 };

/* `settings` are lines of the ConfigMap, with two blanks before each. */
static void world_configured(struct world *world, const char *settings, const char *const *lines)
{
    char yaml[SETTINGS_MAX];
    int length = snprintf(yaml, sizeof yaml,
                          "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "
                          "ingress-nginx-controller, namespace: ingress-nginx}\ndata:\n%s",
                          settings);
    assert_in_range(length, 1, SETTINGS_MAX - 1);
    world_open(world, true, yaml, lines);
}

static void expect_effect(const char *settings, const char *const *lines, enum effect_id id,
                          const char *wanted)
{
    struct world world;
    struct outcome out;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    world_configured(&world, settings, lines);
    (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
    const void *effect = effect_get(&out.effects, id);
    effect_print(id, effect, &text);
    if (!slice_is(buf_slice(&text), wanted ? wanted : "") || (wanted && !effect)) {
        print_error("%s: want '%s', got '" SLICE_FMT "'\n", settings, wanted ? wanted : "",
                    SLICE_ARG(buf_slice(&text)));
        fail();
    }
    buf_release(&text);
    world_close(&world);
}

#define WITH(annotations) WORLD("i h; P /foo a" annotations)

static void test_settings_of_traffic(void **state)
{
    (void)state;
    expect_effect("  limit-rate: \"10\"\n  limit-rate-after: \"2\"\n", WITH(""), EFFECT_bandwidth,
                  "bytes per second 10240, free bytes 2048");
    expect_effect("  limit-rate: \"10\"\n", WITH("; @limit-rate 20"), EFFECT_bandwidth,
                  "bytes per second 20480");
    expect_effect("  limit-rate: \"10\"\n", WITH("; @limit-rate 0"), EFFECT_bandwidth, NULL);
    expect_effect("  proxy-next-upstream: non_idempotent error\n"
                  "  proxy-next-upstream-timeout: \"7\"\n",
                  WITH(""), EFFECT_retries,
                  "attempts 2, conditions error non_idempotent, total ms 7000");
    expect_effect("  retry-non-idempotent: \"true\"\n", WITH("; @proxy-next-upstream http_502"),
                  EFFECT_retries, "attempts 2, conditions http_502 non_idempotent");
    expect_effect("  proxy-next-upstream: off non_idempotent\n", WITH(""), EFFECT_retries,
                  "conditions off non_idempotent");
    expect_effect("  proxy-http-version: \"1.0\"\n", WITH(""), EFFECT_upstream_http, "version 1.0");
    expect_effect("  proxy-http-version: \"1.0\"\n", WITH("; @proxy-http-version 1.1"),
                  EFFECT_upstream_http, "version 1.1");
    expect_effect("  service-upstream: \"true\"\n", WITH(""), EFFECT_balancing,
                  "algorithm round_robin, service address");
    expect_effect("  service-upstream: \"true\"\n", WITH("; @service-upstream false"),
                  EFFECT_balancing, "algorithm round_robin");
    expect_effect("  service-upstream: \"false\"\n  load-balance: ewma\n",
                  WITH("; @service-upstream true"), EFFECT_balancing,
                  "algorithm ewma, service address");
}

static void test_settings_of_answers(void **state)
{
    (void)state;
    expect_effect("  proxy-cookie-path: /a /b\n", WITH(""), EFFECT_response_rewrites,
                  "cookie path /a /b");
    expect_effect("  proxy-cookie-path: /a /b\n", WITH("; @proxy-cookie-domain a.b c.d"),
                  EFFECT_response_rewrites, "cookie domain a.b c.d, cookie path /a /b");
    expect_effect("  proxy-cookie-path: /a /b\n", WITH("; @proxy-cookie-path off"),
                  EFFECT_response_rewrites, "");
    expect_effect("  proxy-redirect-from: default\n", WITH(""), EFFECT_response_rewrites,
                  "redirect from default");
    expect_effect("  proxy-redirect-to: http://new\n", WITH("; @proxy-redirect-from http://old"),
                  EFFECT_response_rewrites, "redirect from http://old, redirect to http://new");
    expect_effect("  enable-modsecurity: \"true\"\n  enable-owasp-modsecurity-crs: \"true\"\n",
                  WITH(""), EFFECT_firewall, "core rules");
    expect_effect("  enable-modsecurity: \"true\"\n", WITH("; @enable-modsecurity false"),
                  EFFECT_firewall, NULL);
    /* nginx.tmpl writes the rules of the setting with its firewall only */
    expect_effect("  enable-owasp-modsecurity-crs: \"true\"\n",
                  WITH("; @enable-modsecurity true; @enable-owasp-core-rules true"),
                  EFFECT_firewall, "");
    expect_effect(
        "  proxy-ssl-location-only: \"true\"\n",
        WORLD("i h; P /foo a; @backend-protocol HTTPS", "j h; P /bar b; @proxy-ssl-secret shop/ca"),
        EFFECT_upstream_tls, NULL);
}

static bool freezes(const char *settings, const char *const *lines)
{
    struct world world;
    struct outcome out;
    world_configured(&world, settings, lines);
    (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
    bool frozen = out.kind == OUTCOME_UNKNOWN;
    world_close(&world);
    return frozen;
}

#define HIDES(more) "  hsts: \"false\"\n  hide-headers: A,B\n" more

/* A level that hides headers of its own takes over nothing, and grpc_pass hides what grpc_hide_header says. */
static void test_what_hide_headers_hides(void **state)
{
    (void)state;
    static const char both[] = "remove A; remove B";
    expect_effect(HIDES(""), WITH(""), EFFECT_response_headers, both);
    expect_effect(HIDES("  location-snippet: 'proxy_hide_header C;'\n"), WITH(""),
                  EFFECT_response_headers, "remove C");
    expect_effect(HIDES("  server-snippet: 'proxy_hide_header C;'\n"), WITH(""),
                  EFFECT_response_headers, "remove C");
    expect_effect(HIDES("  location-snippet: 'more_clear_headers C; # proxy_hide_header'\n"),
                  WITH(""), EFFECT_response_headers, "remove A; remove B; remove C");
    expect_effect(HIDES(""), WITH("; @backend-protocol GRPC"), EFFECT_response_headers, NULL);
    expect_effect(HIDES(""), WORLD("i h; P /foo a", "j g; P / b; @backend-protocol GRPC"),
                  EFFECT_response_headers, both);
}

static void test_settings_that_nginx_refuses(void **state)
{
    (void)state;
    assert_true(freezes("  custom-http-errors: \"404,499\"\n", WITH("")));
    assert_false(freezes("  custom-http-errors: \"404,200,700,x\"\n", WITH("")));
    assert_true(freezes("  proxy-cookie-path: /a\n", WITH("")));
    assert_true(freezes("  proxy-http-version: \"2\"\n", WITH("")));
    assert_true(freezes("  large-client-header-buffers: 8k\n", WITH("")));
    assert_true(freezes("  large-client-header-buffers: 4 8b\n", WITH("")));
    assert_false(freezes("  large-client-header-buffers: 8 16k\n", WITH("")));
    assert_true(freezes("  proxy-redirect-from: http://old\n", WITH("")));
    assert_false(
        freezes("  proxy-redirect-from: http://old\n", WORLD("i h; P /foo a", "j -; P / b")));
    assert_false(freezes("  proxy-redirect-from: default\n", WITH("")));
}

static void test_rules_of_a_firewall(void **state)
{
    (void)state;
    const char *const rules = "  enable-modsecurity: \"true\"\n"
                              "  modsecurity-snippet: |\n"
                              "    SecRuleEngine On\n    SecRule ARGS x \"id:1,deny\"\n";
    const char *const looks_on =
        "  enable-modsecurity: \"true\"\n"
        "  modsecurity-snippet: |\n"
        "    SecRule ARGS x \"id:1,deny\"\n    SecRuleEngine DetectionOnly\n";
    const char *const switched = "  enable-modsecurity: \"true\"\n"
                                 "  modsecurity-snippet: |\n    SecRuleEngine DetectionOnly\n"
                                 "    SecRule ARGS x \"id:1,ctl:ruleEngine=On\"\n";
    const char *const none = "  enable-modsecurity: \"true\"\n"
                             "  modsecurity-snippet: |\n"
                             "    SecRuleEngine On\n    # quiet\n    SecAuditLog /dev/stdout\n";
    assert_true(freezes(rules, WITH("")));
    assert_false(freezes(rules, WITH("; @enable-modsecurity false")));
    assert_false(freezes(looks_on, WITH("")));
    assert_true(freezes(switched, WITH("")));
    assert_false(freezes(none, WITH("")));
    assert_true(freezes(none, WITH("; @enable-modsecurity true; @enable-owasp-core-rules true")));
    /* of the setting alone: what modsecurity.conf has, which looks on */
    assert_false(freezes("  enable-modsecurity: \"true\"\n"
                         "  enable-owasp-modsecurity-crs: \"true\"\n",
                         WITH("")));
}

static void test_raw_configuration_of_http(void **state)
{
    (void)state;
    assert_false(
        freezes("  http-snippet: |\n    map $http_x $own { default 1; }\n"
                "    log_format own '$remote_addr'; limit_req_zone $own zone=z:1m rate=1r/s;\n"
                "    more_set_headers \"X-All: 1\"; client_max_body_size 8m;\n"
                "    server { listen 80; server_name other; location / { return 200 x; } }\n",
                WITH("")));
    assert_true(freezes("  http-snippet: |\n    server { listen 80; server_name h; }\n", WITH("")));
    assert_true(
        freezes("  http-snippet: |\n    server { listen 80; server_name *.h; }\n", WITH("")));
    assert_true(freezes("  http-snippet: |\n    server { listen 80 default_server; }\n", WITH("")));
    assert_true(freezes("  http-snippet: |\n    map $http_x $req_id { default 1; }\n", WITH("")));
    assert_true(freezes("  http-snippet: return 404;\n", WITH("")));
    assert_true(freezes("  http-snippet: client_body_timeout 5s;\n", WITH("")));
    assert_true(freezes("  http-snippet: deny all;\n", WITH("")));
    assert_false(freezes("  global-auth-snippet: set $a b;\n", WITH("")));
    assert_true(
        freezes("  global-auth-snippet: set $a b;\n  global-auth-url: http://a/b\n", WITH("")));
}

static bool has_unknown(const struct outcome *out, enum aspect aspect)
{
    for (const struct unknown *one = out->unknown; one; one = one->next) {
        if (one->aspect == aspect) {
            return true;
        }
    }
    return false;
}

/* The hosts that use a variable of http-snippet are unknown; all are, where a setting or a default backend does. */
static void test_variables_of_http(void **state)
{
    (void)state;
    static const struct {
        const char *more, *annotation;
        bool own, other;
    } rows[] = {{"", "", true, true},
                {"", "; @upstream-vhost $team", false, true},
                {"", "; @upstream-vhost ${team}.example", false, true},
                {"", "; @upstream-vhost $team; default d", false, false},
                {"  location-snippet: 'set $x $team;'\n", "", false, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        struct outcome out;
        char settings[SETTINGS_MAX], line[SETTINGS_MAX];
        (void)snprintf(settings, sizeof settings,
                       "  http-snippet: 'map $http_x $team { default a; }'\n%s", rows[i].more);
        (void)snprintf(line, sizeof line, "i h; P /foo a%s", rows[i].annotation);
        const char *const lines[] = {line, "j g; P /foo b", NULL};
        world_configured(&world, settings, lines);
        (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
        assert_int_equal(out.kind == OUTCOME_FORWARD, rows[i].own);
        (void)world_outcome(&world, world_request(SLICE("g/foo")), &out);
        assert_int_equal(out.kind == OUTCOME_FORWARD, rows[i].other);
        world_close(&world);
    }
}

static void test_settings_that_act_where_they_are_used(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_configured(&world, "  limit-conn-zone-variable: $http_x\n  default-type: text/plain\n",
                     WORLD("i h; P /foo a; @limit-rps 5", "j h; P /bar b"));
    (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
    assert_true(has_unknown(&out, ASPECT_PROTECTION));
    (void)world_outcome(&world, world_request(SLICE("h/bar")), &out);
    assert_null(out.unknown);
    (void)world_outcome(&world, world_request(SLICE("other/healthz")), &out);
    assert_true(has_unknown(&out, ASPECT_HEADERS));
    world_close(&world);
}

/* How who is let in is asked for, of the first rule; empty: by nobody. */
static void expect_guard(const char *settings, const char *const *lines, const char *wanted)
{
    struct world world;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    world_configured(&world, settings, lines);
    const struct route_authentication *asked =
        world.table.entries[0].rules->rules[0].effects.authentication;
    for (size_t i = 0; asked && i < asked->guards.count; i++) {
        const struct guard *guard = &asked->guards.items[i];
        buf_printf(&text, "%s by " SLICE_FMT "%s" SLICE_FMT, guard_name(guard->kind),
                   SLICE_ARG(guard->subject), guard->asked.len ? " with " : "",
                   SLICE_ARG(guard->asked));
    }
    if (!slice_is(buf_slice(&text), wanted)) {
        print_error("%s: want '%s', got '" SLICE_FMT "'\n", settings, wanted,
                    SLICE_ARG(buf_slice(&text)));
        fail();
    }
    buf_release(&text);
    world_close(&world);
}

/* Both ways to ask for the same say the same; a value that the controller does not take is none. */
static void test_how_the_service_of_all_is_asked(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *annotations, *asked; /* null: nobody is asked */
    } rows[] = {
        {"", "", ""},
        {"  global-auth-method: POST\n", "", "auth-method POST"},
        {"", "; @auth-url http://auth.example/; @auth-method POST", "auth-method POST"},
        {"  global-auth-method: POST\n", "; @auth-url http://auth.example/", ""},
        {"  global-auth-method: GET\n", "", ""},
        {"  global-auth-method: post\n", "", ""},
        {"  global-auth-cache-key: $a\n", "", "auth-cache-key $a, auth-cache-duration none"},
        {"  global-auth-cache-key: $a\n  global-auth-cache-duration: \"\"\n", "",
         "auth-cache-key $a"},
        {"  global-auth-cache-key: $a\n  global-auth-cache-duration: 5m 200\n", "",
         "auth-cache-key $a"},
        {"  global-auth-cache-key: $a\n  global-auth-cache-duration: 200 1m, 401 9s\n", "",
         "auth-cache-key $a, auth-cache-duration 200 1m, 401 9s"},
        {"  global-auth-cache-duration: 200 1m\n", "", ""},
        {"  global-auth-always-set-cookie: \"true\"\n", "", "auth-always-set-cookie true"},
        {"  global-auth-always-set-cookie: \"false\"\n", "", ""},
        {"  global-auth-request-redirect: /x\n", "", "auth-request-redirect /x"},
        {"", "; @enable-global-auth false", NULL},
        {"  global-auth-url: /check\n", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char settings[SETTINGS_MAX], line[SETTINGS_MAX], wanted[SETTINGS_MAX];
        const char *url = strstr(rows[i].settings, "global-auth-url")
                              ? ""
                              : "  global-auth-url: http://auth.example/\n";
        (void)snprintf(settings, sizeof settings, "%s%s", url, rows[i].settings);
        (void)snprintf(line, sizeof line, "i h; P /foo a%s", rows[i].annotations);
        (void)snprintf(wanted, sizeof wanted, "external-auth by http://auth.example/%s%s",
                       rows[i].asked && *rows[i].asked ? " with " : "",
                       rows[i].asked ? rows[i].asked : "");
        const char *const lines[] = {line, NULL};
        expect_guard(settings, lines, rows[i].asked ? wanted : "");
    }
}

static void test_status_page_for_others(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_configured(&world, "  nginx-status-ipv4-whitelist: 10.0.0.0/8\n", WITH(""));
    struct request request = world_request(SLICE("other/nginx_status"));
    request.client_text = SLICE("10.1.1.1");
    assert_true(address_parse(request.client_text, &request.client));
    (void)world_outcome(&world, request, &out);
    assert_int_equal(out.status, 200);
    request.client_text = SLICE("192.0.2.1");
    assert_true(address_parse(request.client_text, &request.client));
    (void)world_outcome(&world, request, &out);
    assert_int_equal(out.status, 403);
    world_close(&world);
    world_configured(&world, "  upstream-keepalive-connections: \"0\"\n", WITH(""));
    (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
    assert_int_equal(out.kind, OUTCOME_FORWARD);
    world_close(&world);
}

/* A value that does not pass keeps the Ingress out. */
static void test_error_pages_of_certificates(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool passes;
    } rows[] = {{"https://a.example/x.html", true},
                {"http://a.example:8080/", true},
                {"/x/y/", true},
                {"@own-page", true},
                {"a.example", true},
                {"http://", false},
                {"a.example:x/", false},
                {"/a//b", false},
                {"@", false},
                {"a@b", false},
                {"https://a.example/?q", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        struct outcome out;
        char line[SETTINGS_MAX];
        (void)snprintf(line, sizeof line,
                       "i h; P /foo a; @auth-tls-secret shop/ca; @auth-tls-error-page %s",
                       rows[i].value);
        const char *const lines[] = {line, NULL};
        world_open(&world, true,
                   "---\napiVersion: v1\nkind: Secret\nmetadata: {name: ca, namespace: shop}\n"
                   "data: {ca.crt: eA==}\n",
                   lines);
        (void)world_outcome(&world, world_request(SLICE("h/foo")), &out);
        if ((out.kind == OUTCOME_FORWARD) != rows[i].passes) {
            print_error("%s\n", rows[i].value);
            fail();
        }
        world_close(&world);
    }
}

static void test_earlier_versions(void **state)
{
    (void)state;
    static const struct {
        const char *version, *location;
    } rows[] = {{"1.11.8", "http://h/foo"},
                {"1.12.0", "http://h:80/foo"},
                {"1.13.1", NULL}, /* busy buffers of 8k beside buffers of 16k */
                {"1.13.2", "http://h:80/foo"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world = {.options = {.version = slice_of(rows[i].version)}};
        struct outcome out;
        world_open_with(&world, true, "",
                        WORLD("i h; P / a; @from-to-www-redirect true; @proxy-buffer-size 16k"));
        (void)world_outcome(&world, world_request(SLICE("www.h/foo")), &out);
        if (rows[i].location) {
            assert_true(slice_is(out.location, rows[i].location));
        } else {
            assert_int_equal(out.kind, OUTCOME_UNKNOWN);
        }
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_of_traffic),
        cmocka_unit_test(test_settings_of_answers),
        cmocka_unit_test(test_what_hide_headers_hides),
        cmocka_unit_test(test_settings_that_nginx_refuses),
        cmocka_unit_test(test_rules_of_a_firewall),
        cmocka_unit_test(test_raw_configuration_of_http),
        cmocka_unit_test(test_variables_of_http),
        cmocka_unit_test(test_settings_that_act_where_they_are_used),
        cmocka_unit_test(test_how_the_service_of_all_is_asked),
        cmocka_unit_test(test_status_page_for_others),
        cmocka_unit_test(test_error_pages_of_certificates),
        cmocka_unit_test(test_earlier_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
