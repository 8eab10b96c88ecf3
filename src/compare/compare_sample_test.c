/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compare/compare_priv.h"

/* Each word drawn from these must match: PCRE2 says so, which has not seen the sampler. */
static void test_compare_words_match_their_pattern(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "/cart",
        "^/cart$",
        "^/api(/|$)(.*)",
        "^/v[0-9]+/chat/completions",
        "/(a|b|c)/x?",
        "^/[^/]+/[a-z]{2,3}",
        "^/(?:en|de)/.*\\.html$",
        "^/(?<id>\\d+)/\\w*",
        "^/a(b(c|d)+)*e$",
        "^/[]x-]",
        "^/files/[[:alpha:]]?",
        "^/x{3}$",
    };
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct regex_set *set = regex_set_open();
    size_t words = 0;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct slice error;
        const struct regex *regex =
            regex_compile(&run, set, slice_of(patterns[i]), false, false, &error);
        assert_non_null(regex);
        for (size_t turn = 0; turn < 8; turn++) {
            const struct sample_choice choice = {turn / 2, (unsigned)(turn % 2)};
            struct buf buf;
            buf_init(&buf, 4096);
            if (sample_regex(slice_of(patterns[i]), &choice, &buf)) {
                words++;
                if (regex_search(regex, buf_slice(&buf), NULL) != REGEX_YES) {
                    fail_msg("'" SLICE_FMT "' does not match %s", SLICE_ARG(buf_slice(&buf)),
                             patterns[i]);
                }
            }
            buf_release(&buf);
        }
    }
    assert_true(words >= 8 * (ARRAY_LEN(patterns) - 1));
    regex_set_close(set);
    run_close(&run);
}

/* Broken and hostile patterns end, whatever they give. */
static void test_compare_odd_patterns_end(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "",    "(",     "[",    "[^",   "\\",           "a{", "a{9999999999}",
        "(()", "a|",    ")(",   "(?",   "(?=x)",        "[]", "((((((((((((((((((((",
        "\\1", "(?i)x", "a**+", "{2,}", "(a{500}){500}"};
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        for (size_t turn = 0; turn < 6; turn++) {
            const struct sample_choice choice = {turn / 2, (unsigned)(turn % 2)};
            struct buf buf;
            buf_init(&buf, 4096);
            (void)sample_regex(slice_of(patterns[i]), &choice, &buf);
            assert_true(buf.len < 2000);
            buf_release(&buf);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_words_match_their_pattern),
        cmocka_unit_test(test_compare_odd_patterns_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
