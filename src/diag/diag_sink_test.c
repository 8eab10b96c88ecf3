#include "diag/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct span at(uint32_t file, uint32_t line, uint32_t column)
{
    return (struct span){file, line, column};
}

static void test_diag_finish_sorts_by_place_and_drops_repeats(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct diag *diag = diag_new(arena);
    const uint32_t b = diag_file_add(diag, SLICE("b.yaml"), SLICE_ABSENT);
    const uint32_t a = diag_file_add(diag, SLICE("a.yaml"), SLICE("text"));
    diag_at(diag, DIAG_Y004, at(b, 1, 1), SLICE_ABSENT, "%s", "one");
    diag_at(diag, DIAG_Y004, at(a, 2, 1), SLICE_ABSENT, "%s", "two");
    diag_at(diag, DIAG_Y001, at(a, 2, 1), SLICE_ABSENT, "%s", "three");
    diag_at(diag, DIAG_Y004, at(a, 10, 1), SLICE_ABSENT, "%s", "four");
    diag_at(diag, DIAG_Y004, at(b, 1, 1), SLICE_ABSENT, "%s", "one");
    diag_finish(diag);
    static const char *const wanted[] = {"three", "two", "four", "one"};
    assert_int_equal(diag_count(diag), ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_true(slice_is(diag_get(diag, i)->message, wanted[i]));
    }
    arena_close(arena);
}

static void test_diag_counts_errors_of_the_input(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct diag *diag = diag_new(arena);
    diag_at(diag, DIAG_Y001, SPAN_NONE, SLICE_ABSENT, "%s", "document");
    diag_at(diag, DIAG_L003, SPAN_NONE, SLICE_ABSENT, "%s", "file");
    diag_at(diag, DIAG_L004, SPAN_NONE, SLICE_ABSENT, "%s", "folder, a warning");
    diag_severity_at(diag, DIAG_K001, SEVERITY_WARNING, SPAN_NONE, SLICE_ABSENT, "%s", "lowered");
    assert_int_equal(diag_count_input_errors(diag), 2);
    assert_int_equal(diag_count_severity(diag, SEVERITY_WARNING), 2);
    arena_close(arena);
}

static void test_diag_hides_the_text_of_a_file(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct diag *diag = diag_new(arena);
    const uint32_t file = diag_file_add(diag, SLICE("s.yaml"), SLICE("secret"));
    assert_true(slice_is(diag_file_text(diag, file), "secret"));
    diag_file_hide(diag, file);
    assert_null(diag_file_text(diag, file).ptr);
    assert_null(diag_file_text(diag, 99).ptr);
    assert_true(slice_is(diag_file_name(diag, 0), ""));
    arena_close(arena);
}

static void test_diag_rows_are_found_and_explained(void **state)
{
    (void)state;
    for (int code = 0; code < DIAG_CODE_COUNT; code++) {
        const struct diag_row *row = diag_row((enum diag_code)code);
        assert_ptr_equal(diag_row_find(slice_of(row->name)), row);
        assert_true(row->title[0] != '\0' && row->help[0] != '\0');
    }
    assert_string_equal(diag_row_find(SLICE("y004"))->name, "Y004");
    assert_null(diag_row_find(SLICE("Y999")));
    assert_null(diag_row_find(SLICE("")));
}

static void test_diag_keeps_a_bounded_number(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct diag *diag = diag_new(arena);
    for (uint32_t i = 0; i < DIAG_MAX + 10; i++) {
        diag_at(diag, DIAG_Y001, at(0, i, 1), SLICE_ABSENT, "x");
    }
    assert_int_equal(diag_count(diag), DIAG_MAX);
    arena_close(arena);
}

/* The room behind the files of the other sink is not its own. */
static void test_diag_beside_takes_files_of_its_own(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct diag *diag = diag_new(arena);
    for (size_t i = 0; i < 4; i++) { /* as many as there is room for at first */
        diag_file_add(diag, SLICE("a.yaml"), SLICE_ABSENT);
    }
    struct diag *beside = diag_beside(diag);
    uint64_t *next = ARENA_NEW(arena, uint64_t);
    assert_int_equal(diag_file_add(beside, SLICE("<back>"), SLICE_ABSENT), 5);
    assert_int_equal(*next, 0);
    assert_int_equal(diag_file_add(diag, SLICE("b.yaml"), SLICE_ABSENT), 5);
    assert_true(slice_is(diag_file_name(beside, 5), "<back>"));
    assert_true(slice_is(diag_file_name(beside, 1), "a.yaml"));
    assert_true(slice_is(diag_file_name(diag, 5), "b.yaml"));
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diag_finish_sorts_by_place_and_drops_repeats),
        cmocka_unit_test(test_diag_counts_errors_of_the_input),
        cmocka_unit_test(test_diag_hides_the_text_of_a_file),
        cmocka_unit_test(test_diag_beside_takes_files_of_its_own),
        cmocka_unit_test(test_diag_rows_are_found_and_explained),
        cmocka_unit_test(test_diag_keeps_a_bounded_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
