#include "regex/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct run run;
    struct regex_set *set;
};

static int open_set(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (!fixture) {
        return -1;
    }
    run_open(&fixture->run, NULL, NULL, NULL);
    fixture->set = regex_set_open();
    *state = fixture;
    return 0;
}

static int close_set(void **state)
{
    struct fixture *fixture = *state;
    regex_set_close(fixture->set);
    run_close(&fixture->run);
    free(fixture);
    return 0;
}

static const struct regex *compiled(struct fixture *f, const char *pattern, bool fold, bool whole)
{
    struct slice error = SLICE_ABSENT;
    const struct regex *regex =
        regex_compile(&f->run, f->set, slice_of(pattern), fold, whole, &error);
    assert_non_null(regex);
    assert_null(error.ptr);
    return regex;
}

static void test_regex_searches_anywhere(void **state)
{
    struct fixture *f = *state;
    struct regex_match match;
    const struct regex *regex = compiled(f, "b(c)?(d*)", false, false);
    assert_int_equal(regex_search(regex, SLICE("aabddx"), &match), REGEX_YES);
    assert_true(slice_is(match.captures[0], "bdd"));
    assert_null(match.captures[1].ptr);
    assert_true(slice_is(match.captures[2], "dd"));
    assert_null(match.captures[3].ptr);
    assert_int_equal(regex_search(regex, SLICE("aa"), &match), REGEX_NO);
    assert_int_equal(regex_search(regex, SLICE_ABSENT, NULL), REGEX_NO);
    assert_int_equal(regex_search(compiled(f, "", false, false), SLICE_ABSENT, NULL), REGEX_YES);
}

static void test_regex_whole_spans_the_subject(void **state)
{
    struct fixture *f = *state;
    const struct regex *regex = compiled(f, "a|ab", false, true);
    assert_int_equal(regex_search(regex, SLICE("a"), NULL), REGEX_YES);
    assert_int_equal(regex_search(regex, SLICE("ab"), NULL), REGEX_YES);
    assert_int_equal(regex_search(regex, SLICE("abc"), NULL), REGEX_NO);
    assert_int_equal(regex_search(regex, SLICE("xa"), NULL), REGEX_NO);
    assert_int_equal(regex_search(regex, SLICE("a\n"), NULL), REGEX_NO);
}

static void test_regex_fold_is_part_of_the_key(void **state)
{
    struct fixture *f = *state;
    const struct regex *exact = compiled(f, "^/foo", false, false);
    const struct regex *fold = compiled(f, "^/foo", true, false);
    assert_ptr_not_equal(exact, fold);
    assert_ptr_equal(exact, compiled(f, "^/foo", false, false));
    assert_ptr_equal(fold, compiled(f, "^/foo", true, false));
    assert_int_equal(regex_search(exact, SLICE("/FOO"), NULL), REGEX_NO);
    assert_int_equal(regex_search(fold, SLICE("/FOO"), NULL), REGEX_YES);
    assert_true(slice_is(regex_pattern(fold), "^/foo"));
}

/* The set grows past its first table, and keeps its own copy of each pattern. */
static void test_regex_set_keeps_many(void **state)
{
    struct fixture *f = *state;
    const struct regex *all[500];
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        char text[] = "^/p000$";
        text[3] = (char)('0' + i / 100);
        text[4] = (char)('0' + i / 10 % 10);
        text[5] = (char)('0' + i % 10);
        all[i] = compiled(f, text, false, false);
        memset(text, 'x', sizeof text - 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct slice pattern = regex_pattern(all[i]);
        assert_ptr_equal(all[i], compiled(f, arena_string(f->run.arena, pattern), false, false));
        struct slice path = slice_sub(pattern, 1, pattern.len - 1);
        assert_int_equal(regex_search(all[i], path, NULL), REGEX_YES);
        assert_int_equal(regex_search(all[(i + 1) % 500], path, NULL), REGEX_NO);
    }
}

static void test_regex_names_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct slice error = SLICE_ABSENT;
    assert_null(regex_compile(&f->run, f->set, SLICE("/a(b"), false, false, &error));
    assert_true(slice_contains(error, SLICE("parenthesis")));
    assert_true(slice_contains(error, SLICE("character 5")));
    char longer[5000];
    memset(longer, 'a', sizeof longer);
    struct slice pattern = {longer, sizeof longer};
    assert_null(regex_compile(&f->run, f->set, pattern, false, false, &error));
    assert_true(slice_contains(error, SLICE("regex-bytes")));
    assert_null(regex_compile(&f->run, NULL, SLICE("a"), false, false, &error));
}

static void test_regex_more_groups_than_captures(void **state)
{
    struct fixture *f = *state;
    struct regex_match match;
    const struct regex *regex = compiled(f, "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)", false, false);
    assert_int_equal(regex_search(regex, SLICE("abcdefghijkl"), &match), REGEX_YES);
    assert_true(slice_is(match.captures[0], "abcdefghijkl"));
    assert_true(slice_is(match.captures[9], "i"));
}

static void test_regex_runs_into_its_bounds(void **state)
{
    struct fixture *f = *state;
    char subject[3000];
    memset(subject, 'a', sizeof subject);
    subject[sizeof subject - 1] = '!';
    struct slice text = {subject, sizeof subject};
    const struct regex *regex = compiled(f, "^(a+)+$", false, false);
    assert_int_equal(regex_search(regex, text, NULL), REGEX_LIMIT);
    const struct regex *cheap = compiled(f, "^(a|b)*!!", false, false);
    assert_int_equal(regex_search(cheap, text, NULL), REGEX_NO);
    f->run.limits.regex_steps = 100;
    const struct regex *limited = compiled(f, "^(b|a)*!!", false, false);
    assert_int_equal(regex_search(limited, text, NULL), REGEX_LIMIT);
    f->run.limits.regex_steps = UINT64_MAX;
    /* Nesting that the machine code's own stack cannot hold is not a bound of ours. */
    const struct regex *nested = compiled(f, "^(?:(a)|b)*!$", false, false);
    assert_int_equal(regex_search(nested, text, NULL), REGEX_YES);
}

static void test_regex_takes_bytes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(regex_search(compiled(f, "^/.$", false, false), SLICE("/\xc3"), NULL),
                     REGEX_YES);
    assert_int_equal(regex_search(compiled(f, "^/..$", false, false), SLICE("/\xc3\xa9"), NULL),
                     REGEX_YES);
    assert_int_equal(regex_search(compiled(f, "^/a.b$", false, false), SLICE("/a\nb"), NULL),
                     REGEX_NO);
}

static void test_regex_knows_literals(void **state)
{
    (void)state;
    assert_true(regex_is_literal(SLICE("/foo-bar/~user")));
    assert_true(regex_is_literal(SLICE("")));
    static const char *const special[] = {"/a.b", "^/a", "/a$", "/a(b", "/[a",  "/a|b",
                                          "/a+",  "/a*", "/a?", "/a{",  "/a\\b"};
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        assert_false(regex_is_literal(slice_of(special[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_regex_searches_anywhere, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_whole_spans_the_subject, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_fold_is_part_of_the_key, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_set_keeps_many, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_names_what_is_wrong, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_more_groups_than_captures, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_runs_into_its_bounds, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_regex_takes_bytes, open_set, close_set),
        cmocka_unit_test(test_regex_knows_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
