#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct item {
    unsigned key, place;
};

static int by_key(const void *a, const void *b, void *user)
{
    size_t *calls = user;
    const struct item *x = a, *y = b;
    ++*calls;
    return (x->key > y->key) - (x->key < y->key);
}

static void test_base_sort_is_stable_at_any_size(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t count = 0; count < 200; count++) {
        struct item *items = ARENA_ARRAY(arena, struct item, count);
        unsigned seed = (unsigned)count;
        for (unsigned i = 0; i < count; i++) {
            seed = seed * 1103515245u + 12345u;
            items[i] = (struct item){seed >> 16 & 7, i};
        }
        size_t calls = 0;
        sort_stable(arena, items, count, sizeof *items, by_key, &calls);
        for (size_t i = 1; i < count; i++) {
            assert_true(items[i - 1].key < items[i].key ||
                        (items[i - 1].key == items[i].key && items[i - 1].place < items[i].place));
        }
        assert_true(calls <= count * 8);
    }
    arena_close(arena);
}

static void test_base_map_iterates_in_the_order_of_insertion(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct map *map = map_new(arena);
    static int values[1000];
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        const struct slice key = arena_printf(arena, "key-%zu", 999 - i);
        assert_null(map_put(map, key, &values[i]));
    }
    size_t i = 0;
    for (const struct map_entry *entry = map_first(map); entry; entry = map_next(entry)) {
        assert_ptr_equal(map_value(entry), &values[i]);
        assert_true(slice_equal(map_key(entry), arena_printf(arena, "key-%zu", 999 - i)));
        i++;
    }
    assert_int_equal(i, ARRAY_LEN(values));
    arena_close(arena);
}

static void test_base_map_replaces_and_returns_what_was_there(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct map *map = map_new(arena);
    int first = 1, second = 2;
    assert_null(map_get(map, SLICE("a")));
    assert_null(map_first(map));
    assert_null(map_put(map, SLICE("a"), &first));
    assert_ptr_equal(map_put(map, SLICE("a"), &second), &first);
    assert_ptr_equal(map_get(map, SLICE("a")), &second);
    assert_null(map_put(map, SLICE_ABSENT, &first));
    assert_ptr_equal(map_get(map, SLICE("")), &first);
    assert_int_equal(map_count(map), 2);
    arena_close(arena);
}

static void test_base_arithmetic_is_checked(void **state)
{
    (void)state;
    size_t out = 0;
    assert_true(checked_add(SIZE_MAX - 1, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_false(checked_add(SIZE_MAX, 1, &out));
    assert_true(checked_multiply(SIZE_MAX / 3, 3, &out));
    assert_false(checked_multiply(SIZE_MAX / 3 + 1, 3, &out));
}

/* Keys of every length that differ in one byte only; some are there before, some are not. */
static void test_base_map_tells_all_keys_apart(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct map *map = map_new(arena);
    char text[40];
    static char values[40][40];
    for (size_t len = 1; len < sizeof text; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'a', sizeof text);
            text[at] = 'b';
            assert_null(map_get(map, (struct slice){text, len}));
            assert_null(map_add(map, (struct slice){text, len}, &values[len][at]));
            assert_ptr_equal(map_add(map, (struct slice){text, len}, arena), &values[len][at]);
        }
    }
    for (size_t len = 1; len < sizeof text; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'a', sizeof text); /* map_add has copied it */
            text[at] = 'b';
            assert_ptr_equal(map_get(map, (struct slice){text, len}), &values[len][at]);
        }
    }
    assert_int_equal(map_count(map), 39 * 40 / 2);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_sort_is_stable_at_any_size),
        cmocka_unit_test(test_base_map_iterates_in_the_order_of_insertion),
        cmocka_unit_test(test_base_map_tells_all_keys_apart),
        cmocka_unit_test(test_base_map_replaces_and_returns_what_was_there),
        cmocka_unit_test(test_base_arithmetic_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
