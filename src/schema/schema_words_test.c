/* The words for an expression belong to one that a schema has, and their example keeps it. */
#include "schema/schema_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_schema_words_fit_their_patterns(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    struct run run;
    run_open(&run, &limits, NULL, NULL);
    struct regex_set *regexes = regex_set_open();
    size_t rows = 0;
    for (; pattern_words_at(rows); rows++) {
        const struct pattern_words *row = pattern_words_at(rows);
        bool known = false, refused = false;
        struct slice error = SLICE_ABSENT;
        for (size_t i = 0; i < schema_pattern_count; i++) {
            known = known || strcmp(schema_patterns[i], row->pattern) == 0;
        }
        const struct regex *regex =
            cel_regex(&run, regexes, slice_of(row->pattern), &refused, &error);
        if (!known || !regex || regex_search(regex, slice_of(row->example), NULL) != REGEX_YES) {
            fail_msg("%s: %s", row->pattern, known ? row->example : "is in no schema");
        }
        assert_ptr_equal(pattern_words_find(slice_of(row->pattern)), row);
    }
    assert_true(rows > 10);
    assert_null(pattern_words_find(SLICE("^x$")));
    regex_set_close(regexes);
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schema_words_fit_their_patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
