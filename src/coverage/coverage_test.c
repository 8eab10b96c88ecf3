#include "convert/convert.h"
#include "coverage/coverage.h"
#include "ingress_nginx/ingress_nginx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static size_t occurrences(struct slice text, struct slice wanted)
{
    size_t count = 0;
    for (size_t at = 0; at + wanted.len <= text.len; at++) {
        count += slice_starts(slice_sub(text, at, text.len), wanted);
    }
    return count;
}

/* Each annotation and each key is named once in each format, with a word for each target. */
static void test_coverage_names_every_annotation_and_key(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct nginx_annotation_info info;
    struct buf text, json;
    buf_init(&text, BUF_TEXT_MAX);
    buf_init(&json, BUF_TEXT_MAX);
    coverage_print(arena, &(struct coverage_options){COVERAGE_MARKDOWN, NULL, 5, false}, &text);
    coverage_print(arena, &(struct coverage_options){COVERAGE_JSON, NULL, 5, false}, &json);
    size_t count = 0;
    for (; nginx_annotation_info_at(count, &info); count++) {
        struct slice cell = arena_printf(arena, "\n| %s |", info.name);
        assert_true(occurrences(buf_slice(&text), cell) >= 1);
        struct slice name = arena_printf(arena, "\"name\": \"%s\"", info.name);
        assert_true(occurrences(buf_slice(&json), name) >= 1);
    }
    assert_true(count > 117); /* as many as the documentation of ingress-nginx lists */
    buf_release(&text);
    buf_release(&json);
    arena_close(arena);
}

/* What an annotation has an effect with has a feature, and what has none is said to have none. */
static void test_coverage_settings_that_act_have_a_feature(void **state)
{
    (void)state;
    /* These decide what is read, which the routes show. */
    static const char *const reading[] = {"allow-cross-namespace-resources",
                                          "annotation-value-word-blocklist",
                                          "annotations-risk-level",
                                          "proxy-buffers-number",
                                          "proxy-buffer-size",
                                          "proxy-busy-buffers-size",
                                          "proxy-max-temp-file-size"};
    struct nginx_setting_info info;
    for (size_t i = 0; nginx_setting_info_at(i, &info); i++) {
        bool quiet = slice_starts(slice_of(info.treatment), SLICE("It shows in no request"));
        bool reads = slice_is_one_of(slice_of(info.name), reading, ARRAY_LEN(reading));
        if (!info.flag && !quiet && !reads && info.feature == FEATURE_none) {
            fail_msg("%s has no feature", info.name);
        }
    }
}

static void test_coverage_depends_on_the_release(void **state)
{
    (void)state;
    const struct target *standard = target_find(SLICE("standard"));
    assert_int_equal(target_capability(standard, FEATURE_cors, 5, false).support, SUPPORT_NEAR);
    assert_int_equal(target_capability(standard, FEATURE_cors, 4, false).support, SUPPORT_NONE);
    assert_int_equal(target_capability(standard, FEATURE_cors, 4, true).support, SUPPORT_NEAR);
    assert_int_equal(target_capability(standard, FEATURE_none, 4, true).support, SUPPORT_EXACT);
    for (size_t t = 0; target_at(t); t++) {
        for (enum feature_id id = 0; id < FEATURE_COUNT; id++) {
            struct feature_capability found = target_capability(target_at(t), id, 5, false);
            assert_non_null(found.text);
            assert_true(*found.text != '\0');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage_names_every_annotation_and_key),
        cmocka_unit_test(test_coverage_settings_that_act_have_a_feature),
        cmocka_unit_test(test_coverage_depends_on_the_release),
    };
    return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
