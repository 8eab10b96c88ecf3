#include "base/base.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct full {
    jmp_buf jump;
    size_t wanted;
};

static void jump_out(void *user, size_t wanted)
{
    struct full *full = user;
    full->wanted = wanted;
    longjmp(full->jump, 1);
}

static void test_base_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t size = 0; size < 300; size++) {
        const unsigned char *bytes = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(bytes[i], 0);
        }
    }
    arena_close(arena);
    arena_close(NULL);
}

static void test_base_arena_calls_its_handler_past_the_budget(void **state)
{
    (void)state;
    struct full full = {.wanted = 0};
    struct arena *arena = arena_open((size_t)1 << 20, jump_out, &full);
    if (setjmp(full.jump) == 0) {
        for (;;) {
            (void)arena_alloc(arena, 1000);
        }
    }
    assert_int_equal(full.wanted >= 1000 && full.wanted < 1024, 1);
    assert_true(arena_used(arena) <= (size_t)1 << 20);
    arena_close(arena);
}

static void test_base_arena_refuses_sizes_that_overflow(void **state)
{
    (void)state;
    struct full full = {.wanted = 0};
    struct arena *arena = arena_open(0, jump_out, &full);
    if (setjmp(full.jump) == 0) {
        (void)arena_alloc_array(arena, SIZE_MAX / 2, 4);
        fail();
    }
    if (setjmp(full.jump) == 0) {
        (void)arena_alloc(arena, SIZE_MAX - 3);
        fail();
    }
    assert_true(full.wanted > 0);
    arena_close(arena);
}

static void test_base_arena_keeps_room_after_a_large_object(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    (void)arena_alloc(arena, 100);
    (void)arena_alloc(arena, (size_t)4 << 20);
    const size_t used = arena_used(arena);
    (void)arena_alloc(arena, 100);
    assert_int_equal(arena_used(arena), used);
    arena_close(arena);
}

static void test_base_arena_copies_texts(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    assert_null(arena_copy(arena, SLICE_ABSENT).ptr);
    assert_non_null(arena_copy(arena, SLICE("")).ptr);
    assert_string_equal(arena_string(arena, SLICE("ab")), "ab");
    assert_true(slice_is(arena_printf(arena, "%d-%s", 7, "x"), "7-x"));
    assert_true(slice_is(arena_lower(arena, SLICE("Shop-\xC3\x84")), "shop-\xC3\x84"));
    arena_close(arena);
}

static void test_base_arena_push_grows_and_zeroes(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    uint64_t *items = NULL;
    size_t count = 0, capacity = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t *item = ARENA_PUSH(arena, items, count, capacity);
        assert_true(*item == 0);
        *item = i + 1;
    }
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(items[i] == i + 1);
    }
    arena_close(arena);
}

static void test_base_buf_drops_what_is_past_its_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    buf_puts(&buf, "1234");
    buf_put(&buf, SLICE("5678"));
    assert_false(buf.failed);
    buf_putc(&buf, '9');
    assert_true(buf.failed);
    buf_fill(&buf, 'x', 1);
    assert_true(slice_is(buf_slice(&buf), "12345678"));
    buf_clear(&buf);
    assert_false(buf.failed);
    buf_fill(&buf, '-', 3);
    assert_true(slice_is(buf_slice(&buf), "---"));
    buf_release(&buf);
    assert_non_null(buf_slice(&buf).ptr);
}

static void test_base_buf_prints(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    for (int i = 0; i < 500; i++) {
        buf_printf(&buf, "%d,", i % 10);
    }
    assert_int_equal(buf.len, 1000);
    assert_true(slice_ends(buf_slice(&buf), SLICE("8,9,")));
    buf_release(&buf);
}

static void test_base_arena_cleared_is_zeroed_and_used_again(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            char *bytes = arena_alloc(arena, 3000);
            for (size_t at = 0; at < 3000; at++) {
                assert_int_equal(bytes[at], 0);
            }
            memset(bytes, 0xA5, 3000);
        }
        size_t used = arena_used(arena);
        arena_clear(arena);
        assert_true(arena_used(arena) <= used);
    }
    arena_close(arena);
}

static void test_base_arena_joins_texts(void **state)
{
    (void)state;
    char digits[UINT_TEXT_MAX];
    struct arena *arena = arena_open(0, NULL, NULL);
    struct slice text = ARENA_JOIN(arena, SLICE("a"), SLICE_ABSENT, SLICE(""), SLICE("-"),
                                   uint_text(UINT64_MAX, digits));
    assert_true(slice_is(text, "a-18446744073709551615"));
    assert_int_equal(text.ptr[text.len], 0);
    assert_true(slice_is(ARENA_JOIN(arena, SLICE("port "), uint_text(8080, digits)), "port 8080"));
    arena_close(arena);
}

static void test_base_buf_puts_numbers(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 400);
    buf_put_uint(&buf, 0);
    buf_putc(&buf, ' ');
    buf_put_uint(&buf, UINT64_MAX);
    assert_true(slice_is(buf_slice(&buf), "0 18446744073709551615"));
    buf_clear(&buf);
    buf_printf(&buf, "%300d", 7); /* does not fit into what it has, and grows */
    assert_int_equal(buf.len, 300);
    assert_false(buf.failed);
    buf_printf(&buf, "%100d", 7); /* with its NUL this is one byte too many */
    assert_true(buf.failed);
    assert_int_equal(buf.len, 300);
    buf_release(&buf);
}

/* What text_print makes of a format, and what the C library does, in rooms of every size. */
static void same_print(const char *format, ...)
{
    char mine[80], theirs[80];
    for (size_t room = 0; room < sizeof mine; room++) {
        va_list args;
        memset(mine, 'x', sizeof mine);
        memset(theirs, 'x', sizeof theirs);
        va_start(args, format);
        const size_t length = text_print(mine, room, format, args);
        va_end(args);
        va_start(args, format);
        const int wanted = vsnprintf(theirs, room, format, args);
        va_end(args);
        assert_int_equal(length, wanted);
        assert_memory_equal(mine, theirs, sizeof mine);
    }
}

static void test_base_text_print_is_the_library_s(void **state)
{
    (void)state;
    same_print("");
    same_print("plain");
    same_print("%s and %s", "one", "");
    same_print("'%.*s'%.*s", 3, "cut off", 9, "short");
    same_print("%.*s", -1, "all of it");
    same_print("%.*s|", 0, "nothing");
    same_print("%d %d %d", 0, INT_MIN, INT_MAX);
    same_print("%zu %zu", (size_t)0, SIZE_MAX);
    same_print("%lld %lld", LLONG_MIN, LLONG_MAX);
    same_print("%s: %5d %%", "widths are the library's", 7);
    same_print("%s %x", "and so are bases", 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_text_print_is_the_library_s),
        cmocka_unit_test(test_base_arena_cleared_is_zeroed_and_used_again),
        cmocka_unit_test(test_base_arena_joins_texts),
        cmocka_unit_test(test_base_buf_puts_numbers),
        cmocka_unit_test(test_base_arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(test_base_arena_calls_its_handler_past_the_budget),
        cmocka_unit_test(test_base_arena_refuses_sizes_that_overflow),
        cmocka_unit_test(test_base_arena_keeps_room_after_a_large_object),
        cmocka_unit_test(test_base_arena_copies_texts),
        cmocka_unit_test(test_base_arena_push_grows_and_zeroes),
        cmocka_unit_test(test_base_buf_drops_what_is_past_its_maximum),
        cmocka_unit_test(test_base_buf_prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
