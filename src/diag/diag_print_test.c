#include "diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

struct fixture {
    struct arena *arena;
    struct diag *diag;
    struct buf out;
    uint32_t file;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.arena = arena_open(0, NULL, NULL);
    fixture.diag = diag_new(fixture.arena);
    buf_init(&fixture.out, BUF_TEXT_MAX);
    fixture.file = diag_file_add(fixture.diag, SLICE("a:b,c%.yaml"),
                                 SLICE("first: 1\n\tsecond: \xC3\xA9\x1b[31m x\n"));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    buf_release(&fixture->out);
    arena_close(fixture->arena);
    return 0;
}

static const char *print(struct fixture *fixture, enum diag_format format, bool colour,
                         bool excerpts)
{
    buf_clear(&fixture->out);
    diag_print(fixture->diag,
               &(struct diag_style){.format = format, .colour = colour, .excerpts = excerpts},
               &fixture->out);
    assert_false(fixture->out.failed);
    return arena_string(fixture->arena, buf_slice(&fixture->out));
}

static void say(struct fixture *fixture, const char *message)
{
    diag_at(fixture->diag, DIAG_T002, (struct span){fixture->file, 2, 10}, SLICE("Ingress a/b"),
            "%s", message);
}

static void test_diag_prints_a_line_and_a_caret(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "wrong");
    assert_string_equal(print(fixture, DIAG_FORMAT_TEXT, false, false),
                        "a:b,c%.yaml:2:10: error T002: wrong (Ingress a/b)\n");
    /* the tab takes one column, and so does the letter of two bytes; the escape is shown */
    assert_string_equal(print(fixture, DIAG_FORMAT_TEXT, false, true),
                        "a:b,c%.yaml:2:10: error T002: wrong (Ingress a/b)\n"
                        "     2 |  second: \xC3\xA9\\x1b[31m x\n"
                        "       |          ^\n");
    assert_non_null(
        strstr(print(fixture, DIAG_FORMAT_TEXT, true, false), "\x1b[31merror T002\x1b[0m"));
}

static void test_diag_prints_no_excerpt_of_hidden_files(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "wrong");
    diag_file_hide(fixture->diag, fixture->file);
    assert_null(strstr(print(fixture, DIAG_FORMAT_TEXT, false, true), "second"));
}

static void test_diag_does_not_repeat_the_subject(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "'Ingress a/b' is wrong");
    assert_string_equal(print(fixture, DIAG_FORMAT_TEXT, false, false),
                        "a:b,c%.yaml:2:10: error T002: 'Ingress a/b' is wrong\n");
}

static void test_diag_makes_text_harmless(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"\x1b]0;x\x07", "\\x1b]0;x\\x07"},
        {"a\nb", "a\\x0ab"},
        {"\xC2\x9B", "\\xc2\\x9b"},          /* U+009B, CSI in one byte */
        {"\xE2\x80\xAE", "\\xe2\\x80\\xae"}, /* U+202E, right to left */
        {"\xE2\x81\xA6", "\\xe2\\x81\\xa6"}, /* U+2066 */
        {"\xFF\xC3", "\\xff\\xc3"},          /* no UTF-8 */
        {"\xED\xA0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\xC0\x80", "\\xc0\\x80"},          /* overlong */
        {"\xC3\xA9 \xE2\x86\x92 \xF0\x9F\x98\x80", "\xC3\xA9 \xE2\x86\x92 \xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&fixture->out);
        diag_put_visible(slice_of(rows[i].text), &fixture->out);
        assert_string_equal(arena_string(fixture->arena, buf_slice(&fixture->out)), rows[i].shown);
    }
}

static void test_diag_escapes_for_github(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "50% of\nlines: a, b");
    assert_string_equal(print(fixture, DIAG_FORMAT_GITHUB, false, false),
                        "::error file=a%3Ab%2Cc%25.yaml,line=2,col=10,title=T002 wrong type::50%25 "
                        "of%0Alines: a, b (Ingress a/b)\n");
}

static void test_diag_shows_control_bytes_to_github_as_text(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "a\x1b[31mb\xC2\x9B\xE2\x80\xAE\x07 \xFF");
    assert_string_equal(print(fixture, DIAG_FORMAT_GITHUB, false, false),
                        "::error file=a%3Ab%2Cc%25.yaml,line=2,col=10,title=T002 wrong type::"
                        "a\\x1b[31mb\\xc2\\x9b\\xe2\\x80\\xae\\x07 \\xff (Ingress a/b)\n");
}

static void say_many(struct fixture *fixture)
{
    static const struct {
        enum diag_code code;
        uint32_t line;
    } rows[] = {{DIAG_N009, 1}, {DIAG_N009, 2}, {DIAG_N001, 3}, {DIAG_N009, 4},
                {DIAG_N009, 5}, {DIAG_N007, 6}, {DIAG_N001, 7}, {DIAG_N001, 8}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        diag_at(fixture->diag, rows[i].code, (struct span){fixture->file, rows[i].line, 1},
                SLICE_ABSENT, "x");
    }
}

static const char *print_style(struct fixture *fixture, const struct diag_style *style)
{
    buf_clear(&fixture->out);
    diag_print(fixture->diag, style, &fixture->out);
    return arena_string(fixture->arena, buf_slice(&fixture->out));
}

static void test_diag_counts_infos_of_one_code(void **state)
{
    struct fixture *fixture = *state;
    say_many(fixture);
    /* warnings are never taken together */
    assert_string_equal(print_style(fixture, &(struct diag_style){.alike = 2}),
                        "a:b,c%.yaml:1:1: info N009: x\n"
                        "a:b,c%.yaml:2:1: info N009: x\n"
                        "a:b,c%.yaml:3:1: warning N001: x\n"
                        "a:b,c%.yaml:6:1: info N007: x\n"
                        "a:b,c%.yaml:7:1: warning N001: x\n"
                        "a:b,c%.yaml:8:1: warning N001: x\n"
                        "info N009: and 2 more (annotation of something else); --all shows them\n");
    assert_null(strstr(print_style(fixture, &(struct diag_style){.alike = 4}), "more"));
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static void test_diag_leaves_out_what_is_less_severe(void **state)
{
    struct fixture *fixture = *state;
    static const enum diag_format formats[] = {DIAG_FORMAT_TEXT, DIAG_FORMAT_JSON,
                                               DIAG_FORMAT_GITHUB, DIAG_FORMAT_SARIF};
    say_many(fixture);
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct diag_style style = {.format = formats[i], .alike = 1};
        bool text = formats[i] == DIAG_FORMAT_TEXT;
        assert_int_equal(count_of(print_style(fixture, &style), "N007") > 0, true);
        style.least = SEVERITY_WARNING;
        const char *printed = print_style(fixture, &style);
        assert_int_equal(count_of(printed, "N007") + count_of(printed, "N009"), 0);
        assert_true(count_of(printed, "N001") >= 3);
        style.least = SEVERITY_ERROR;
        assert_int_equal(count_of(print_style(fixture, &style), "N00"), 0);
        assert_true(!text || fixture->out.len == 0);
    }
}

static json_t *load(const char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    assert_non_null(root);
    return root;
}

static void test_diag_writes_json(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "not \xFF UTF-8");
    diag_at(fixture->diag, DIAG_T004, SPAN_NONE, SLICE_ABSENT, "no place");
    json_t *root = load(print(fixture, DIAG_FORMAT_JSON, false, false));
    json_t *list = json_object_get(root, "diagnostics");
    assert_int_equal(json_integer_value(json_object_get(root, "version")), 1);
    assert_int_equal(json_array_size(list), 2);
    json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(first, "code")), "T002");
    assert_string_equal(json_string_value(json_object_get(first, "severity")), "error");
    assert_string_equal(json_string_value(json_object_get(first, "message")), "not \\xff UTF-8");
    assert_string_equal(json_string_value(json_object_get(first, "subject")), "Ingress a/b");
    assert_string_equal(json_string_value(json_object_get(first, "file")), "a:b,c%.yaml");
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 2);
    assert_int_equal(json_integer_value(json_object_get(first, "column")), 10);
    assert_true(json_is_null(json_object_get(second, "file")));
    assert_true(json_is_null(json_object_get(second, "line")));
    json_decref(root);
}

static void test_diag_writes_sarif_with_its_rules(void **state)
{
    struct fixture *fixture = *state;
    say(fixture, "one");
    diag_at(fixture->diag, DIAG_T001, (struct span){fixture->file, 1, 1}, SLICE_ABSENT, "two");
    json_t *root = load(print(fixture, DIAG_FORMAT_SARIF, false, false));
    assert_string_equal(json_string_value(json_object_get(root, "version")), "2.1.0");
    json_t *run = json_array_get(json_object_get(root, "runs"), 0);
    json_t *rules =
        json_object_get(json_object_get(json_object_get(run, "tool"), "driver"), "rules");
    json_t *results = json_object_get(run, "results");
    assert_int_equal(json_array_size(rules), 2);
    assert_int_equal(json_array_size(results), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *result = json_array_get(results, i);
        size_t index = (size_t)json_integer_value(json_object_get(result, "ruleIndex"));
        const char *id = json_string_value(json_object_get(result, "ruleId"));
        json_t *rule = json_array_get(rules, index);
        assert_string_equal(json_string_value(json_object_get(rule, "id")), id);
        json_t *place = json_object_get(json_array_get(json_object_get(result, "locations"), 0),
                                        "physicalLocation");
        assert_string_equal(
            json_string_value(json_object_get(json_object_get(place, "artifactLocation"), "uri")),
            "a%3Ab,c%25.yaml");
    }
    json_decref(root);
}

static void test_diag_finds_the_closest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"convert", "simulate", "test", "diff"};
    assert_string_equal(diag_closest(SLICE("convrt"), names, 4), "convert");
    assert_string_equal(diag_closest(SLICE("SIMULATE"), names, 4), "simulate");
    assert_string_equal(diag_closest(SLICE("tst"), names, 4), "test");
    assert_null(diag_closest(SLICE("rollback"), names, 4));
    assert_null(diag_closest(SLICE(""), names, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_diag_prints_a_line_and_a_caret),
        TEST(test_diag_prints_no_excerpt_of_hidden_files),
        TEST(test_diag_does_not_repeat_the_subject),
        TEST(test_diag_makes_text_harmless),
        TEST(test_diag_escapes_for_github),
        TEST(test_diag_shows_control_bytes_to_github_as_text),
        TEST(test_diag_counts_infos_of_one_code),
        TEST(test_diag_leaves_out_what_is_less_severe),
        TEST(test_diag_writes_json),
        TEST(test_diag_writes_sarif_with_its_rules),
        TEST(test_diag_finds_the_closest_name),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
