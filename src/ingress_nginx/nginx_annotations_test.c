#include "ingress_nginx/world_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put_rule(const struct rule *rule, struct buf *out)
{
    match_print(&rule->match, out);
    for (int id = 0; id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(&rule->effects, (enum effect_id)id);
        if (effect) {
            buf_printf(out, "\n    %s ", effect_row((enum effect_id)id)->name);
            effect_print((enum effect_id)id, effect, out);
        }
    }
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        buf_printf(out, "\n    " SLICE_FMT " %lld", SLICE_ARG(backend->service),
                   (long long)backend->status);
    }
    buf_putc(out, '\n');
}

/* What requests can see of a table; what is unknown must be said by a diagnostic, so it does not count. */
static void put_table(const struct route_table *table, struct buf *out)
{
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        buf_printf(out, "%d %d " SLICE_FMT "\n", (int)entry->host.kind, entry->https,
                   SLICE_ARG(entry->host.name));
        for (const struct rule_list *list = entry->rules; list; list = list->next) {
            for (size_t r = 0; r < list->count; r++) {
                put_rule(&list->rules[r], out);
            }
        }
    }
}

static bool named(struct world *world, const char *name)
{
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        if (slice_contains(diag_get(world->run.diag, i)->message, slice_of(name))) {
            return true;
        }
    }
    return false;
}

/* Opens a world with one annotation, or with none when the name is null. */
static void open_with(struct world *world, const char *name, const char *value, struct buf *text)
{
    struct buf line;
    buf_init(&line, 4096);
    buf_puts(&line, "i h.example; P /foo a");
    if (name) {
        buf_printf(&line, "; @%s %s", name, value);
    }
    buf_putc(&line, '\0');
    assert_false(line.failed);
    const char *const lines[] = {line.ptr, NULL};
    world_open(world, false, "", lines);
    buf_release(&line);
    buf_init(text, BUF_TEXT_MAX);
    put_table(&world->table, text);
}

static const char *const values[] = {"true",
                                     "false",
                                     "1",
                                     "0",
                                     "on",
                                     "off",
                                     "/x",
                                     "https://x.example/y",
                                     "GRPC",
                                     "cookie",
                                     "shop/map",
                                     "10.0.0.0/8",
                                     "8m",
                                     "any",
                                     "all",
                                     "basic",
                                     "/y$1",
                                     "name",
                                     "CN=x",
                                     "%%%",
                                     "a b",
                                     "GET",
                                     "404",
                                     "more_set_headers \"A: b\"",
                                     "",
                                     "ewma",
                                     "http://b.shop.svc/$request_uri"};

/* Each annotation of the table, with each value: it shows in the table, or a diagnostic names it. */
static void test_ingress_nginx_no_annotation_disappears(void **state)
{
    (void)state;
    struct nginx_annotation_info info;
    struct world plain;
    struct buf before;
    open_with(&plain, NULL, NULL, &before);
    for (size_t i = 0; nginx_annotation_info_at(i, &info); i++) {
        const char *const names[] = {info.name, info.alias};
        for (size_t n = 0; n < ARRAY_LEN(names) && names[n]; n++) {
            for (size_t v = 0; v < ARRAY_LEN(values); v++) {
                struct world world;
                struct buf after;
                open_with(&world, names[n], values[v], &after);
                bool shows = !slice_equal(buf_slice(&before), buf_slice(&after));
                if (!shows && !named(&world, names[n])) {
                    print_error("%s: '%s' disappears\n", names[n], values[v]);
                }
                assert_true(shows || named(&world, names[n]));
                buf_release(&after);
                world_close(&world);
            }
        }
    }
    buf_release(&before);
    world_close(&plain);
}

static void test_ingress_nginx_annotations_are_sorted_and_described(void **state)
{
    (void)state;
    struct nginx_annotation_info info;
    struct slice last = SLICE("");
    size_t count = 0;
    for (; nginx_annotation_info_at(count, &info); count++) {
        assert_true(slice_compare(last, slice_of(info.name)) < 0);
        assert_true(slice_of(info.text).len > 5);
        assert_non_null(info.scope);
        assert_non_null(info.accepts);
        assert_non_null(info.fallback);
        assert_non_null(info.bad_value);
        last = slice_of(info.name);
    }
    assert_true(count >= 120);
}

/* What one annotation, with those that it needs, leads to. */
static void expect_code(const char *annotations, const char *code, const char *part)
{
    struct world world;
    struct buf line;
    buf_init(&line, 4096);
    buf_printf(&line, "i h; P /foo a; %s", annotations);
    buf_putc(&line, '\0');
    const char *const lines[] = {line.ptr, NULL};
    world_open(&world, true, "", lines);
    bool found = false;
    for (size_t i = 0; i < diag_count(world.run.diag); i++) {
        const struct diagnostic *diagnostic = diag_get(world.run.diag, i);
        found = found ||
                (slice_is(slice_of(diag_row(diagnostic->code)->name), code) &&
                 slice_contains(diagnostic->message, slice_of(part)) && diagnostic->span.line > 0);
    }
    if (!found) {
        print_error("'%s' must give %s with '%s'\n", annotations, code, part);
    }
    assert_true(found);
    buf_release(&line);
    world_close(&world);
}

static void test_ingress_nginx_says_what_becomes_of_annotations(void **state)
{
    (void)state;
    static const struct {
        const char *annotations, *code, *part;
    } rows[] = {
        {"@rewrite-targett /x", "N001", "did you mean 'rewrite-target'"},
        {"@add-base-url true", "N002", "add-base-url"},
        {"@limit-rps 5m", "N003", "limit-rps"},
        {"@configuration-snippet return 403", "N003", "snippet"},
        {"@whitelist-source-range 10.0.0.0/33", "N004", "whitelist-source-range"},
        {"@auth-type basic; @auth-secret none", "N004", "not in the input"},
        {"@auth-type basic", "N004", "names no auth-secret"},
        {"@auth-type basic; @auth-secret other/s", "N004", "another namespace"},
        {"@custom-headers none", "N004", "without its namespace"},
        {"@proxy-read-timeout 60s", "N005", "the default applies (60)"},
        {"@app-root x", "N005", "app-root"},
        {"@ssl-redirect", "N007", "ssl-redirect"},
        {"@enable-access-log false", "N008", "enable-access-log"},
        {"@auth-realm x", "N020", "does nothing without 'auth-type'"},
        {"@canary-weight 5", "N020", "does nothing without 'canary'"},
        {"@satisfy all", "N027", "satisfy"},
        {"@ssl-redirect true", "N027", "ssl-redirect"},
        {"@auth-url http://auth.example/; @auth-always-set-cookie yes", "N022", "every request"},
        {"@temporal-redirect /x", "N023", "temporal-redirect"},
        {"@rewrite-target /$", "N018", "refuses the '$'"},
        {"@canary true", "N026", "canaries only"},
        {"@use-regex true", "N021", "use-regex"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        expect_code(rows[i].annotations, rows[i].code, rows[i].part);
    }
}

/* External authentication that a bad value of another annotation switches off. */
static void test_ingress_nginx_authentication_goes_off(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    static const char *const lines[] = {
        "i h; P / a; @auth-url http://auth.example/; @auth-cache-duration 200=",
        "j g; P / b; @auth-url http://auth.example/", NULL};
    world_open(&world, true, "", lines);
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("g/")), &out), "401"));
    world_close(&world);
    static const char *const open[] = {
        "i h; P / a; @auth-url http://auth.example/; @auth-request-redirect /x#y", NULL};
    world_open(&world, true, "", open);
    assert_true(slice_is(world_outcome(&world, world_request(SLICE("h/")), &out), "a /"));
    world_close(&world);
    check(WORLD("i h; P / a; @auth-url http://auth.example/; @auth-cache-duration 5m 200",
                "j g; P / a; @auth-url http://auth.example/; @auth-cache-duration 200 401 1h 5m"),
          EXPECT({"h/", "503"}, {"g/", "401"}));
}

static const char settings[] =
    "---\napiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\ndata:\n"
    "  proxy-body-size: 2m\n  http-redirect-code: \"301\"\n  block-cidrs: 10.0.0.0/8\n"
    "  allow-snippet-annotations: \"true\"\n  annotations-risk-level: Critical\n"
    "  no-tls-redirect-locations: /plain\n  proxy-connect-timeout: 50k\n"
    "  use-forwarded-headers: \"false\"\n  ssl-redirekt: \"false\"\n"
    "  location-snippet: 'more_set_headers \"X-One: $host\";'\n"
    "  server-snippet: 'more_set_headers \"X-All: yes\";'\n";

static void test_ingress_nginx_settings(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    static const char *const lines[] = {"i h; P / a; P /plain p; tls h s",
                                        "j g; P / b; @denylist-source-range 192.0.2.0/24", NULL};
    world_open(&world, true, settings, lines);
    assert_true(
        slice_is(world_outcome(&world, world_request(SLICE("h/x")), &out), "301 https://h/x"));
    struct request request = world_request(SLICE("h/plain"));
    request.client_text = SLICE("10.1.1.1");
    assert_true(address_parse(request.client_text, &request.client));
    assert_true(slice_is(world_outcome(&world, request, &out), "403"));
    /* a list of its own takes a location out of what is blocked for all */
    request.host = SLICE("g");
    assert_true(slice_is(world_outcome(&world, request, &out), "b /plain"));
    request.host = SLICE("h");
    request.client.bytes[0] = 11;
    assert_true(slice_is(world_outcome(&world, request, &out), "p /plain"));
    assert_int_equal(out.effects.body_limit->bytes, 2 << 20);
    assert_int_equal(out.effects.timeouts->connect_ms, 5000);
    assert_true(named(&world, "proxy-connect-timeout"));
    assert_true(named(&world, "did you mean 'ssl-redirect'"));
    const struct seen_headers *response = &out.backends[0].response;
    size_t found = 0;
    for (size_t i = 0; i < response->count; i++) {
        const struct seen_header *header = &response->items[i];
        found += slice_is(header->name, "X-All") && slice_is(header->value, "yes");
        found += slice_is(header->name, "X-One") && slice_is(header->value, "h");
    }
    assert_int_equal(found, 2);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_no_annotation_disappears),
        cmocka_unit_test(test_ingress_nginx_annotations_are_sorted_and_described),
        cmocka_unit_test(test_ingress_nginx_says_what_becomes_of_annotations),
        cmocka_unit_test(test_ingress_nginx_authentication_goes_off),
        cmocka_unit_test(test_ingress_nginx_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
