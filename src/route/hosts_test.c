#include "route/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

static struct host_pattern pattern(enum host_kind kind, const char *name)
{
    return (struct host_pattern){.kind = kind, .name = slice_of(name)};
}

static bool matches(enum host_kind kind, const char *name, const char *host)
{
    const struct host_pattern p = pattern(kind, name);
    return host_pattern_matches(&p, slice_of(host));
}

static void test_route_hosts_match(void **state)
{
    (void)state;
    assert_true(matches(HOST_ANY, "", ""));
    assert_true(matches(HOST_EXACT, "a.b", "a.b"));
    assert_false(matches(HOST_EXACT, "a.b", "x.a.b"));
    assert_true(matches(HOST_ONE_LABEL, "*.a.b", "x-Y_9.a.b"));
    assert_false(matches(HOST_ONE_LABEL, "*.a.b", "x.y.a.b"));
    assert_false(matches(HOST_ONE_LABEL, "*.a.b", ".a.b"));
    assert_false(matches(HOST_ONE_LABEL, "*.a.b", "a.b"));
    assert_false(matches(HOST_ONE_LABEL, "*.a.b", "x~.a.b"));
    assert_true(matches(HOST_SUFFIX, "*.a.b", "x.y.a.b"));
    assert_true(matches(HOST_SUFFIX, "*.a.b", "x.a.b"));
    assert_false(matches(HOST_SUFFIX, "*.a.b", ".a.b"));
    assert_false(matches(HOST_SUFFIX, "*.a.b", "a.b"));
    assert_false(matches(HOST_SUFFIX, "*.a.b", "xa.b"));
    assert_false(matches(HOST_REGEX, "x", "x")); /* no expression, no match */
}

static bool covers(struct host_pattern outer, struct host_pattern inner)
{
    return host_pattern_covers(&outer, &inner);
}

static void test_route_hosts_cover(void **state)
{
    (void)state;
    const struct host_pattern any = pattern(HOST_ANY, ""), exact = pattern(HOST_EXACT, "x.a.b"),
                              deep = pattern(HOST_EXACT, "x.y.a.b"),
                              label = pattern(HOST_ONE_LABEL, "*.a.b"),
                              suffix = pattern(HOST_SUFFIX, "*.a.b"),
                              below = pattern(HOST_SUFFIX, "*.y.a.b"),
                              label_below = pattern(HOST_ONE_LABEL, "*.y.a.b");
    assert_true(covers(any, suffix));
    assert_false(covers(suffix, any));
    assert_true(covers(label, exact));
    assert_false(covers(label, deep));
    assert_true(covers(suffix, deep));
    assert_true(covers(suffix, label));
    assert_false(covers(label, suffix));
    assert_true(covers(suffix, below));
    assert_true(covers(suffix, label_below));
    assert_false(covers(below, suffix));
    assert_false(covers(label, label_below));
    assert_true(host_pattern_equal(&label, &label));
    assert_false(host_pattern_equal(&label, &suffix));
}

static void assert_match_prints(const struct match *match, const char *wanted)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    match_print(match, &out);
    if (!slice_is(buf_slice(&out), wanted)) {
        fail_msg("'" SLICE_FMT "' instead of '%s'", SLICE_ARG(buf_slice(&out)), wanted);
    }
    buf_release(&out);
}

static void test_route_matches_print(void **state)
{
    (void)state;
    struct test tests[] = {
        {.subject = TEST_HEADER, .operator= TEST_EQUALS, .name = SLICE("x"), .value = SLICE("1")},
        {.subject = TEST_QUERY,
         .operator= TEST_REGEX,
         .name = SLICE("q"),
         .value = SLICE("a.*"),
         .negated = true},
        {.subject = TEST_COOKIE, .operator= TEST_PRESENT, .name = SLICE("c")},
    };
    const struct match all = {.path = {.kind = PATH_PREFIX_ELEMENT, .value = SLICE("/foo")},
                              .method = SLICE("PUT"),
                              .tests = tests,
                              .test_count = 3};
    assert_match_prints(&all,
                        "prefix /foo, method PUT, header x=1, query q!~a.*, cookie c present");
    const struct match none = {0};
    assert_match_prints(&none, "any path");
    const struct match regex = {.path = {.kind = PATH_REGEX, .value = SLICE("^/a"), .fold = true}};
    assert_match_prints(&regex, "regex ^/a (any case)");
}

static void test_route_tables_grow(void **state)
{
    (void)state;
    struct run run;
    struct route_table table;
    run_open(&run, NULL, NULL, NULL);
    route_table_open(&run, &table);
    assert_int_equal(table.no_rule_status, 404);
    assert_int_equal(table.no_backend_status, 500);
    assert_int_equal(table.view.missing_host_status, 400);
    for (uint16_t i = 0; i < 100; i++) {
        route_table_add(&run, &table)->port = i;
    }
    struct rule_list list = {0};
    for (int i = 0; i < 100; i++) {
        rule_list_add(&run, &list)->implied = i % 2 == 1;
    }
    assert_int_equal(table.entry_count, 100);
    assert_int_equal(table.entries[77].port, 77);
    assert_int_equal(list.count, 100);
    assert_true(list.rules[77].implied);
    const struct effect_source source = {.name = SLICE("x")};
    const struct unknown *first = unknown_add(&run, NULL, ASPECT_HEADERS, source, SLICE("one"));
    const struct unknown *second = unknown_add(&run, first, ASPECT_ROUTING, source, SLICE("two"));
    assert_ptr_equal(second->next, first);
    assert_int_equal(second->aspect, ASPECT_ROUTING);
    assert_true(slice_is(first->reason, "one"));
    route_table_close(&table);
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route_hosts_match),
        cmocka_unit_test(test_route_hosts_cover),
        cmocka_unit_test(test_route_matches_print),
        cmocka_unit_test(test_route_tables_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
