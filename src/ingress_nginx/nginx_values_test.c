#include "ingress_nginx/world_priv.h"

#include <stdio.h>

/* Values at the edge of what the controller and nginx take. */

static void configured(const char *setting, struct buf *out)
{
    buf_init(out, 4096);
    buf_printf(out,
               "---\napiVersion: v1\nkind: ConfigMap\n"
               "metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\n"
               "data: {%s}\n",
               setting);
    buf_putc(out, '\0');
}

static bool is_frozen(const char *setting, const char *line)
{
    struct world world;
    struct outcome out;
    struct buf yaml;
    configured(setting, &yaml);
    world_open(&world, true, yaml.ptr, WORLD(line));
    bool frozen =
        slice_contains(world_outcome(&world, world_request(SLICE("h/")), &out), SLICE("frozen"));
    world_close(&world);
    buf_release(&yaml);
    return frozen;
}

/* Each was given to nginx -t. */
static void test_ingress_nginx_values_that_nginx_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *annotations;
        bool frozen;
    } rows[] = {
        {"@proxy-read-timeout -1", true},
        {"@proxy-connect-timeout 9223372036854775807", true},
        {"@proxy-read-timeout 9223372036854775", false},
        {"@proxy-send-timeout 0", false},
        {"@proxy-next-upstream-tries -1", true},
        {"@proxy-next-upstream-tries 0", false},
        {"@proxy-buffers-number -1", true},
        {"@proxy-buffers-number 0", true},
        {"@proxy-buffers-number 1", true},
        {"@proxy-buffers-number 2", true},
        {"@proxy-buffers-number 3", false},
        {"@proxy-buffers-number 2; @proxy-busy-buffers-size 4k", false},
        {"@proxy-busy-buffers-size 2k", true},
        {"@proxy-busy-buffers-size 16k", true},
        {"@proxy-busy-buffers-size 12k", false},
        {"@proxy-max-temp-file-size 2k", true},
        {"@proxy-max-temp-file-size 0", false},
        {"@server-alias ~[", true},
        {"@server-alias *x.y", true},
        {"@server-alias .", true},
        {"@server-alias x..y", true},
        {"@server-alias *.*.y", true},
        {"@server-alias x.*", false},
        {"@server-alias x*.y", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "i h; P / a; %s", rows[i].annotations);
        if (is_frozen("", line) != rows[i].frozen) {
            print_error("%s\n", rows[i].annotations);
        }
        assert_int_equal(is_frozen("", line), rows[i].frozen);
    }
}

static void test_ingress_nginx_settings_that_nginx_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        bool frozen;
    } rows[] = {
        {"proxy-buffering: \"true\"", true},
        {"proxy-buffering: \"On\"", false},
        {"proxy-request-buffering: x", true},
        {"proxy-next-upstream: error bogus", true},
        {"proxy-next-upstream: error http_502", false},
        {"proxy-read-timeout: \"-1\"", true},
        {"proxy-read-timeout: 60s", false},
        {"proxy-next-upstream-tries: \"-1\"", true},
        {"proxy-buffers-number: \"1\"", true},
        {"proxy-busy-buffers-size: 16k", true},
        {"block-cidrs: junk", true},
        {"whitelist-source-range: \"10.0.0.0/8,junk\"", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (is_frozen(rows[i].setting, "i h; P / a") != rows[i].frozen) {
            print_error("%s\n", rows[i].setting);
        }
        assert_int_equal(is_frozen(rows[i].setting, "i h; P / a"), rows[i].frozen);
    }
}

static bool setting_named(const char *setting, const char *code)
{
    struct world world;
    struct buf yaml;
    bool found = false;
    configured(setting, &yaml);
    world_open(&world, true, yaml.ptr, WORLD("i h; P / a"));
    for (size_t i = 0; i < diag_count(world.run.diag); i++) {
        const struct diagnostic *diagnostic = diag_get(world.run.diag, i);
        found = found || slice_is(slice_of(diag_row(diagnostic->code)->name), code);
    }
    world_close(&world);
    buf_release(&yaml);
    return found;
}

static void test_ingress_nginx_settings_are_named(void **state)
{
    (void)state;

    assert_true(setting_named("http-snippet: include x;", "N011"));
    assert_true(setting_named("keep-alive: \"10\"", "N008"));
    assert_true(setting_named("keep-alive: \"0\"", "N008"));
    assert_false(setting_named("keep-alive: \"75\"", "N008"));
    assert_true(setting_named("syslog-host: x", "N008"));
    assert_true(setting_named("add-headers: shop/none", "N030"));
    assert_true(setting_named("proxy-set-headers: shop/none", "N030"));
    assert_false(setting_named("add-headers: ingress-nginx/ingress-nginx-controller", "N030"));
}

static void test_ingress_nginx_numbers_at_the_edge(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    world_open(&world, true, "",
               WORLD("i h; P / a; @proxy-next-upstream-tries 0; @backend-protocol HTTP",
                     "j g; P / b; @proxy-next-upstream-tries 2; @backend-protocol GRPC"));
    (void)world_outcome(&world, world_request(SLICE("h/")), &out);
    assert_int_equal(out.effects.retries->attempts, -1);
    assert_null(out.effects.upstream_protocol);
    (void)world_outcome(&world, world_request(SLICE("g/")), &out);
    assert_int_equal(out.effects.retries->attempts, 1);
    assert_non_null(out.effects.upstream_protocol);
    world_close(&world);
    world_open(&world, true, "",
               WORLD("i h; P / a", "j h; P / b; @canary true; @canary-weight 4611686018427387904; "
                                   "@canary-weight-total 9223372036854775807"));
    for (size_t i = 0; i < world.table.entry_count; i++) {
        const struct rule_list *list = world.table.entries[i].rules;
        for (size_t r = 0; r < list->count; r++) {
            const struct rule *rule = &list->rules[r];
            uint64_t sum = 0;
            for (size_t b = 0; rule->backend_count == 2 && b < 2; b++) {
                assert_true(rule->backends[b].weight > INT32_MAX / 2 - 2 &&
                            rule->backends[b].weight <= INT32_MAX / 2 + 2);
                sum += rule->backends[b].weight;
            }
            assert_true(sum <= INT32_MAX);
        }
    }
    world_close(&world);
}

static void test_ingress_nginx_names_of_aliases(void **state)
{
    (void)state;
    check(WORLD("i h; P / a; @server-alias Shop.Example.com,foo_bar.example.com,www.example.*,"
                ".example.net,~^r[0-9]+$"),
          EXPECT({"shop.example.com/", "a /"}, {"foo_bar.example.com/", "a /"},
                 {"www.example.org/", "a /"}, {"www.example.co.uk/", "a /"},
                 {"www.example./", "404"}, {"xwww.example.org/", "404"}, {"example.net/", "a /"},
                 {"x.y.example.net/", "a /"}, {"r12/", "a /"}, {"r1x/", "404"}));
    /* a wildcard at the end goes before an expression, and after an exact name */
    check(WORLD("i h; P / a; @server-alias ~^www", "j z; P / b; @server-alias www.x.*",
                "k www.x.de; P / c"),
          EXPECT({"www.x.org/", "b /"}, {"www.x.de/", "c /"}, {"www.y/", "a /"}));
}

static const char automatic[] =
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    "metadata:\n  name: a\n  namespace: shop\n  creationTimestamp: \"2023-01-01T00:00:00Z\"\n"
    "  annotations:\n    kubernetes.io/ingress.class: nginx\n"
    "    nginx.ingress.kubernetes.io/from-to-www-redirect: \"true\"\n"
    "spec: {rules: [{host: h}]}\n";

/* The automatic "/" wears the annotation, but only a path that is added turns the redirect on. */
static void test_ingress_nginx_www_needs_a_path(void **state)
{
    (void)state;
    check(WORLD("i h; P /x a; @from-to-www-redirect true"),
          EXPECT({"www.h/x", "308 http://h:80/x"}));
    check_with(automatic, WORLD("j h; P /x a"), EXPECT({"h/x", "a /x"}, {"www.h/x", "404"}));
}

static void test_ingress_nginx_www_shows_a_certificate(void **state)
{
    (void)state;
    struct world world;
    size_t found = 0;
    world_open(&world, false, "",
               WORLD("i a.example; P /x a; @from-to-www-redirect true; "
                     "tls a.example\",\"www.a.example s",
                     "j b.example; P /x a; @from-to-www-redirect true; tls b.example s"));
    for (size_t i = 0; i < world.table.entry_count; i++) {
        const struct entry *entry = &world.table.entries[i];
        bool covered = slice_is(entry->host.name, "www.a.example");
        if (entry->https && (covered || slice_is(entry->host.name, "www.b.example"))) {
            assert_int_equal(slice_is(entry->certificate.secret, "s"), covered);
            found++;
        }
    }
    assert_int_equal(found, 2);
    world_close(&world);
}

/* The script chooses by the name in the handshake, whichever server answers then. */
static void test_ingress_nginx_certificate_of_the_name_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *host, *secret;
    } rows[] = {{"*.w.example", "wild"},  {"x.w.example", "wild"}, {"al.w.example", "wild"},
                {"own.w.example", "own"}, {"al.example", ""},      {"z.y.w.example", ""},
                {"w.example", ""}};
    struct world world;
    size_t found = 0;
    world_open(&world, false, "",
               WORLD("i *.w.example; P / a; tls *.w.example wild", "j x.w.example; P / a",
                     ("k own.w.example; P / a; tls own.w.example own; @server-alias "
                      "al.w.example,al.example"),
                     "l z.y.w.example; P / a", "m w.example; P / a"));
    for (size_t i = 0; i < world.table.entry_count; i++) {
        const struct entry *entry = &world.table.entries[i];
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
            if (entry->https && slice_is(entry->host.name, rows[r].host)) {
                assert_true(slice_equal(entry->certificate.secret, slice_of(rows[r].secret)));
                found++;
            }
        }
    }
    assert_int_equal(found, ARRAY_LEN(rows));
    world_close(&world);
}

static const char manual[] =
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    "metadata:\n  name: a\n  namespace: shop\n  creationTimestamp: \"2023-01-01T00:00:00Z\"\n"
    "  annotations:\n    kubernetes.io/ingress.class: nginx\n"
    "    nginx.ingress.kubernetes.io/auth-tls-secret: shop/none\n"
    "spec: {rules: [{host: h}]}\n";

/* getBackendServers reads what is asked of clients after it left such a rule. */
static void test_ingress_nginx_rule_without_paths_asks_no_certificate(void **state)
{
    (void)state;
    check_with(manual, WORLD("i h; P / a"), EXPECT({"h/", "a /"}));
    check(WORLD("i h; P / a; @auth-tls-secret shop/none"), EXPECT({"h/", "403"}));
}

/* With many paths they are looked up in a map: the first location of a path still decides. */
static void test_ingress_nginx_many_paths(void **state)
{
    (void)state;
    struct buf line;
    buf_init(&line, 1 << 20);
    buf_puts(&line, "i h");
    for (int i = 0; i < 200; i++) {
        buf_printf(&line, "; P /p%d a; E /e%d b", i, i);
    }
    buf_putc(&line, '\0');
    check(WORLD(line.ptr, "j h; P /p0 c; P /p199 c; E /e199 c; P /e199 d; P / r"),
          EXPECT({"h/p0", "a /p0"}, {"h/p199/x", "a /p199/x"}, {"h/e199", "b /e199"},
                 {"h/e199/x", "d /e199/x"}, {"h/none", "r /none"}));
    buf_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_values_that_nginx_refuses),
        cmocka_unit_test(test_ingress_nginx_settings_that_nginx_refuses),
        cmocka_unit_test(test_ingress_nginx_settings_are_named),
        cmocka_unit_test(test_ingress_nginx_numbers_at_the_edge),
        cmocka_unit_test(test_ingress_nginx_names_of_aliases),
        cmocka_unit_test(test_ingress_nginx_www_needs_a_path),
        cmocka_unit_test(test_ingress_nginx_www_shows_a_certificate),
        cmocka_unit_test(test_ingress_nginx_certificate_of_the_name_asked_for),
        cmocka_unit_test(test_ingress_nginx_rule_without_paths_asks_no_certificate),
        cmocka_unit_test(test_ingress_nginx_many_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
