#include "route/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void check(const char *pattern, const char *start, const char *inside)
{
    /* that it is an expression is all that is asked of it */
    const struct path_match path = {.kind = PATH_REGEX,
                                    .value = slice_of(pattern),
                                    .regex = (const struct regex *)(const void *)pattern};
    struct slice is_start = path_match_start(&path), is_inside = path_match_inside(&path);
    if (!slice_is(is_start, start) || !slice_is(is_inside, inside)) {
        fail_msg("%s: starts with '" SLICE_FMT "', has '" SLICE_FMT "'", pattern,
                 SLICE_ARG(is_start), SLICE_ARG(is_inside));
    }
}

static void test_path_start_of_expressions(void **state)
{
    (void)state;
    check("/v[0-9]+/jobs/.*", "/v", "/jobs/");
    check("^/api/v1/?(.*)", "/api/v1", "/api/v1");
    check("/(a|b)/shop(/|$)(.*)", "/", "/shop");
    check("/a/(b|c)/d?", "/a/", "/a/");
    check("/a/(b|c)/de{0,1}/f", "/a/", "/a/");
    check("/x/(.*)/y*", "/x/", "/x/");
    check("\\/api\\/v1", "", "");
    check("(?i)/shop/.*", "", "/shop/");
    check("(?:/shop)?/cart", "", "/cart");
}

/* A branch that is not seen would hide the rule from paths that it takes. */
static void test_path_start_sees_alternatives(void **state)
{
    (void)state;
    check("/a|/b", "", "");
    check("/a(b|c)", "/a", "/a");
    check("/a[|]b", "/a", "/a");
    check("/a[\\](]|/b", "", "");
    check("/a[](]|/b", "", "");
    check("/a[^](]|/b", "", "");
    check("/a[[:alpha:](]|/b", "", "");
    check("/a\\(|/b", "", "");
    check("/a\\Q(\\E|/b", "", "");
    check("/a(?#()|/b", "", "");
    check("(?x)/a # (\n|/b", "", "");
    check("(*ACCEPT)/shop", "", "");
    check("/a(", "/a", "/a");
    check("/a[", "/a", "/a");
    check("/a\\", "/a", "/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_start_of_expressions),
        cmocka_unit_test(test_path_start_sees_alternatives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
