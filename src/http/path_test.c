#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <string.h>

static const struct path_form nginx = {.decode = true, .merge_slashes = true, .resolve_dots = true};
static const struct path_form unmerged = {.decode = true, .resolve_dots = true};
static const struct path_form envoy = {.merge_slashes = true, .resolve_dots = true};
static const struct path_form raw = {.decode = false};
static const struct path_form unreserved = {
    .resolve_dots = true, .stay_in_root = true, .decode_unreserved = true};

struct row {
    const struct path_form *form;
    const char *path, *wanted; /* null: refused as `result` says */
    enum normalise_result result;
};

/* The rows with the forms `nginx` and `unmerged` are what nginx 1.22.1 answers for $uri with
 * merge_slashes on and off. */
static const struct row rows[] = {
    /* google/gurl dd4080f */
    {&unreserved, "/%61%5A%30%2D%5f%7E/b", "/aZ0-_~/b", NORMALISE_OK},
    {&unreserved, "/a%2Fb%5c%25%20%C3%a9%2b", "/a%2Fb%5c%25%20%C3%a9%2b", NORMALISE_OK},
    {&unreserved, "/a/%2e%2E/b%2ejs/%2e", "/b.js/", NORMALISE_OK},
    {&unreserved, "/%2e./../a//b", "/a//b", NORMALISE_OK},
    {&unreserved, "/%zz%6", "/%zz%6", NORMALISE_OK},
    {&unreserved, "/a%00", NULL, NORMALISE_BAD_ESCAPE},
    {&nginx, "/", "/", NORMALISE_OK},
    {&nginx, "//x//y/../z%2Fa", "/x/z/a", NORMALISE_OK},
    {&unmerged, "//x//y/../z%2Fa", "//x//z/a", NORMALISE_OK},
    {&nginx, "/..", NULL, NORMALISE_ABOVE_ROOT},
    {&nginx, "/../", NULL, NORMALISE_ABOVE_ROOT},
    {&nginx, "/a/../..", NULL, NORMALISE_ABOVE_ROOT},
    {&nginx, "/a/..", "/", NORMALISE_OK},
    {&nginx, "/a/.", "/a/", NORMALISE_OK},
    {&nginx, "/./a", "/a", NORMALISE_OK},
    {&unmerged, "/a/./b", "/a/b", NORMALISE_OK},
    {&nginx, "/a//../b", "/b", NORMALISE_OK},
    {&unmerged, "/a//../b", "/a/b", NORMALISE_OK},
    {&unmerged, "/a/...//.//..///b", "/a/...////b", NORMALISE_OK},
    {&nginx, "/a/...//.//..///b", "/a/b", NORMALISE_OK},
    {&nginx, "/a/%2e%2e/b", "/b", NORMALISE_OK},
    {&nginx, "/a/.%2e", "/", NORMALISE_OK},
    {&nginx, "/%2e", "/", NORMALISE_OK},
    {&nginx, "/a/%252e%252e/b", "/a/%2e%2e/b", NORMALISE_OK},
    {&nginx, "/...", "/...", NORMALISE_OK},
    {&nginx, "/a/..b/", "/a/..b/", NORMALISE_OK},
    {&nginx, "/a/%2F/b", "/a/b", NORMALISE_OK},
    {&unmerged, "/a/%2F/b", "/a///b", NORMALISE_OK},
    {&nginx, "/%2523", "/%23", NORMALISE_OK},
    {&nginx, "/a%3Fb", "/a?b", NORMALISE_OK},
    {&nginx, "/a%23b", "/a#b", NORMALISE_OK},
    {&nginx, "/a#b", "/a", NORMALISE_OK},
    {&nginx, "/a%25zz", "/a%zz", NORMALISE_OK},
    {&nginx, "/%zz", NULL, NORMALISE_BAD_ESCAPE},
    {&nginx, "/a/%", NULL, NORMALISE_BAD_ESCAPE},
    {&nginx, "/%0", NULL, NORMALISE_BAD_ESCAPE},
    {&nginx, "/a%00b", NULL, NORMALISE_BAD_ESCAPE},
    {&envoy, "/a/%2e%2E/b%2Fc", "/b%2Fc", NORMALISE_OK},
    {&envoy, "/a/%2e./b", "/b", NORMALISE_OK},
    {&envoy, "/a//%zz/./b", "/a/%zz/b", NORMALISE_OK},
    {&envoy, "/a/%2ex", "/a/%2ex", NORMALISE_OK},
    {&raw, "//a/../%zz/.", "//a/../%zz/.", NORMALISE_OK},
    {&raw, "", "/", NORMALISE_OK},
};

static void test_http_normalises_paths(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice out = SLICE("untouched");
        enum normalise_result result =
            path_normalise(arena, slice_of(rows[i].path), rows[i].form, &out);
        const char *wanted = rows[i].wanted ? rows[i].wanted : "untouched";
        if (result != rows[i].result || !slice_is(out, wanted)) {
            fail_msg("path '%s' gives '" SLICE_FMT "', not '%s'", rows[i].path, SLICE_ARG(out),
                     wanted);
        }
    }
    arena_close(arena);
}

static void test_http_normal_form_is_stable(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    const struct path_form again = {.merge_slashes = true, .resolve_dots = true};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice once, twice;
        if (rows[i].form == &envoy &&
            path_normalise(arena, slice_of(rows[i].path), &again, &once) == NORMALISE_OK) {
            assert_int_equal(path_normalise(arena, once, &again, &twice), NORMALISE_OK);
            assert_true(slice_equal(once, twice));
        }
    }
    arena_close(arena);
}

static void test_http_escapes_as_nginx_does(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    static const char *const pairs[][2] = {
        {"/a b/c", "/a%20b/c"},
        {"/{\"x\"}", "/%7B%22x%22%7D"},
        {"/a+b[&]=%?", "/a+b[&]=%25%3F"},
        {"/\xc3\xa9\x7f", "/%C3%A9%7F"},
        {"/a\\b^`|<>#", "/a%5Cb%5E%60%7C%3C%3E%23"},
        {"/~!$'()*,;:@-._", "/~!$'()*,;:@-._"},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct slice escaped = path_escape(arena, slice_of(pairs[i][0]));
        if (!slice_is(escaped, pairs[i][1])) {
            fail_msg("'%s' becomes '" SLICE_FMT "'", pairs[i][0], SLICE_ARG(escaped));
        }
    }
    arena_close(arena);
}

static void test_http_knows_parts_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *parts;
        bool simple, dots;
    } refusals[] = {
        {"/", "", true, false},
        {"/shop/cart-1", "", true, false},
        {"", "", true, false},
        {"//", "//", false, false},
        {"/a//b", "//", false, false},
        {"/a/./b", "/./", false, false},
        {"/a/../b", "/../", false, false},
        {"/a%2fb%2Fc", "%2f %2F", false, false},
        {"/a/.", "", false, true},
        {"/a/..", "", false, true},
        {"/a.b/c", "", false, false},
        {"/a%20b", "", false, false},
        {"/.//../x", "// /./ /../", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct slice path = slice_of(refusals[i].path);
        struct buf parts;
        buf_init(&parts, BUF_TEXT_MAX);
        const char *part;
        for (size_t at = 0; (part = path_refused_part(path, &at)) != NULL;) {
            buf_printf(&parts, "%s%s", parts.len ? " " : "", part);
        }
        if (!slice_is(buf_slice(&parts), refusals[i].parts) ||
            path_is_simple(path) != refusals[i].simple ||
            path_ends_in_dots(path) != refusals[i].dots) {
            fail_msg("of '%s': '" SLICE_FMT "'", refusals[i].path, SLICE_ARG(buf_slice(&parts)));
        }
        buf_release(&parts);
    }
}

static void test_http_splits_targets(void **state)
{
    (void)state;
    struct slice path, query;
    target_split(SLICE("/a?b?c"), &path, &query);
    assert_true(slice_is(path, "/a"));
    assert_true(slice_is(query, "b?c"));
    target_split(SLICE("/a?"), &path, &query);
    assert_true(slice_is(path, "/a"));
    assert_non_null(query.ptr);
    target_split(SLICE("/a"), &path, &query);
    assert_true(slice_is(path, "/a"));
    assert_null(query.ptr);
}

static void test_http_reads_queries(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct slice query = SLICE("a=1&A=2&b=x%20y+z&a=3&c&d=&%65=%zz&&=q");
    assert_true(slice_is(query_get(arena, query, SLICE("a")), "1"));
    assert_true(slice_is(query_get(arena, query, SLICE("A")), "2"));
    assert_true(slice_is(query_get(arena, query, SLICE("b")), "x y z"));
    assert_true(slice_is(query_get(arena, query, SLICE("e")), "%zz"));
    assert_non_null(query_get(arena, query, SLICE("c")).ptr);
    assert_non_null(query_get(arena, query, SLICE("d")).ptr);
    assert_int_equal(query_get(arena, query, SLICE("d")).len, 0);
    assert_null(query_get(arena, query, SLICE("f")).ptr);
    assert_null(query_get(arena, SLICE_ABSENT, SLICE("a")).ptr);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_normalises_paths),
        cmocka_unit_test(test_http_normal_form_is_stable),
        cmocka_unit_test(test_http_escapes_as_nginx_does),
        cmocka_unit_test(test_http_knows_parts_that_are_refused),
        cmocka_unit_test(test_http_splits_targets),
        cmocka_unit_test(test_http_reads_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
