#include "run/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_run_limits_are_set_by_name(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    assert_true(limits_set(&limits, SLICE("depth"), SLICE("12")));
    assert_true(limits.depth == 12);
    assert_true(limits.nodes == limits_default().nodes);
}

static void test_run_limits_refuse_what_is_no_limit(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    assert_false(limits_set(&limits, SLICE("Depth"), SLICE("12")));
    assert_false(limits_set(&limits, SLICE("depth"), SLICE("-1")));
    assert_false(limits_set(&limits, SLICE("depth"), SLICE("")));
    assert_false(limits_set(&limits, SLICE("depth"), SLICE("99999999999999999999")));
    assert_true(limits.depth == limits_default().depth);
}

static void test_run_limits_have_names(void **state)
{
    (void)state;
    size_t count = 0;
    struct limits limits = limits_default();
    for (; limits_name(count); count++) {
        assert_true(limits_set(&limits, slice_of(limits_name(count)), SLICE("3")));
    }
    assert_int_equal(count, sizeof limits / sizeof(uint64_t));
    assert_true(limits.regex_heap_kib == 3 && limits.file_bytes == 3);
}

static void note_full(void *user, size_t wanted)
{
    (void)wanted;
    longjmp(*(jmp_buf *)user, 1);
}

static void test_run_memory_is_bounded_by_its_limit(void **state)
{
    (void)state;
    jmp_buf jump;
    struct run run;
    struct limits limits = limits_default();
    limits.arena_bytes = 1 << 20;
    run_open(&run, &limits, note_full, &jump);
    if (setjmp(jump) == 0) {
        (void)arena_alloc(run.arena, 1 << 21);
        fail();
    }
    run_close(&run);
    assert_null(run.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_limits_are_set_by_name),
        cmocka_unit_test(test_run_limits_refuse_what_is_no_limit),
        cmocka_unit_test(test_run_limits_have_names),
        cmocka_unit_test(test_run_memory_is_bounded_by_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
