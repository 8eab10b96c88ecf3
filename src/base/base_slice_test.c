#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_base_slice_absent_differs_from_empty(void **state)
{
    (void)state;
    assert_null(slice_of(NULL).ptr);
    assert_non_null(slice_of("").ptr);
    assert_true(slice_equal(SLICE_ABSENT, SLICE("")));
    assert_true(slice_is(SLICE_ABSENT, ""));
}

static void test_base_slice_compares_bytes_then_length(void **state)
{
    (void)state;
    assert_true(slice_compare(SLICE("a"), SLICE("b")) < 0);
    assert_true(slice_compare(SLICE("ab"), SLICE("a")) > 0);
    assert_true(slice_compare(SLICE("\xff"), SLICE("a")) > 0);
    assert_int_equal(slice_compare(SLICE(""), SLICE_ABSENT), 0);
    assert_true(slice_equal_fold(SLICE("X-Y"), SLICE("x-y")));
    assert_false(slice_equal_fold(SLICE("\xC3\x84"), SLICE("\xC3\xA4")));
}

static void test_base_slice_finds_parts(void **state)
{
    (void)state;
    const struct slice text = SLICE("/shop/cart");
    assert_true(slice_starts(text, SLICE("/shop")));
    assert_true(slice_starts(text, SLICE("")));
    assert_false(slice_starts(SLICE("/"), text));
    assert_true(slice_ends(text, SLICE("cart")));
    assert_int_equal(slice_find(text, '/', 1), 5);
    assert_int_equal(slice_find(text, '?', 0), text.len);
    assert_int_equal(slice_find(text, '/', 99), text.len);
    assert_true(slice_contains(text, SLICE("p/c")));
    assert_false(slice_contains(SLICE("p"), SLICE("p/")));
}

/* Around the length from which parts are looked for in another way, at each place. */
static void test_base_slice_finds_parts_of_long_texts(void **state)
{
    (void)state;
    for (size_t length = 60; length < 70; length++) {
        for (size_t at = 0; at + 3 <= length; at++) {
            char text[70];
            memset(text, 'a', length);
            assert_false(slice_contains((struct slice){text, length}, SLICE("abc")));
            memcpy(text + at, "abc", 3);
            assert_true(slice_contains((struct slice){text, length}, SLICE("abc")));
            assert_false(slice_contains((struct slice){text, at + 2}, SLICE("abc")));
        }
    }
    assert_false(slice_contains(SLICE_ABSENT, SLICE("a")));
    assert_true(slice_contains(SLICE_ABSENT, SLICE("")));
}

/* Of each length, and with each byte changed: what lies around the bytes does not count, and stays. */
static void test_base_bytes_of_each_length(void **state)
{
    enum { MOST = 70, AROUND = 8 };
    (void)state;
    char from[MOST], to[MOST + 2 * AROUND];
    for (size_t i = 0; i < MOST; i++) {
        from[i] = (char)(i * 7 + 1);
    }
    for (size_t length = 0; length <= MOST; length++) {
        memset(to, 0, sizeof to);
        bytes_copy(to + AROUND, from, length);
        for (size_t i = 0; i < sizeof to; i++) {
            const bool inside = i >= AROUND && i < AROUND + length;
            assert_int_equal(to[i], inside ? from[i - AROUND] : 0);
        }
        assert_true(bytes_equal(to + AROUND, from, length));
        for (size_t i = 0; i < length; i++) {
            to[AROUND + i] ^= 0x40;
            assert_false(bytes_equal(to + AROUND, from, length));
            to[AROUND + i] ^= 0x40;
        }
    }
    bytes_copy(to, NULL, 0);
    assert_true(bytes_equal(NULL, NULL, 0));
    assert_true(slice_ends(SLICE_ABSENT, SLICE_ABSENT));
}

static void test_base_slice_sub_is_clamped(void **state)
{
    (void)state;
    const struct slice text = SLICE("abc");
    assert_true(slice_is(slice_sub(text, 1, 99), "bc"));
    assert_int_equal(slice_sub(text, 5, 9).len, 0);
    assert_int_equal(slice_sub(text, 2, 1).len, 0);
    assert_null(slice_sub(SLICE_ABSENT, 0, 1).ptr);
    assert_true(slice_is(slice_trim(SLICE(" \t a b\r\n")), "a b"));
}

static void test_base_slice_split_yields_each_part(void **state)
{
    (void)state;
    struct slice rest = SLICE("a,,b,"), part;
    const char *const wanted[] = {"a", "", "b", ""};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_true(slice_split(&rest, ',', &part));
        assert_true(slice_is(part, wanted[i]));
    }
    assert_false(slice_split(&rest, ',', &part));
}

static void test_base_slice_reads_numbers_within_bounds(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_true(slice_to_uint(SLICE("18446744073709551615"), UINT64_MAX, &u));
    assert_true(u == UINT64_MAX);
    u = 7;
    assert_false(slice_to_uint(SLICE("18446744073709551616"), UINT64_MAX, &u));
    assert_false(slice_to_uint(SLICE("65536"), 65535, &u));
    assert_false(slice_to_uint(SLICE(""), 10, &u));
    assert_false(slice_to_uint(SLICE("1a"), 10000, &u));
    assert_false(slice_to_uint(SLICE("+1"), 10, &u));
    assert_true(u == 7);
    assert_true(slice_to_int(SLICE("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_false(slice_to_int(SLICE("9223372036854775808"), &i));
    assert_false(slice_to_int(SLICE("-"), &i));
    assert_true(slice_to_int(SLICE("+5"), &i));
    assert_true(i == 5);
}

static void test_base_hash_that_is_written_is_fnv(void **state)
{
    (void)state;
    /* known answers of FNV-1a, 64 bits */
    assert_true(slice_hash_written(SLICE(""), HASH_FIRST) == 0xcbf29ce484222325u);
    assert_true(slice_hash_written(SLICE("a"), HASH_FIRST) == 0xaf63dc4c8601ec8cu);
    assert_true(slice_hash_written(SLICE("foobar"), HASH_FIRST) == 0x85944171f73967e8u);
}

static void test_base_slice_is_one_of(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "bc"};
    assert_true(slice_is_one_of(SLICE("bc"), texts, 2));
    assert_false(slice_is_one_of(SLICE("bc"), texts, 1));
    assert_false(slice_is_one_of(SLICE("b"), texts, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_slice_absent_differs_from_empty),
        cmocka_unit_test(test_base_slice_compares_bytes_then_length),
        cmocka_unit_test(test_base_slice_finds_parts),
        cmocka_unit_test(test_base_slice_finds_parts_of_long_texts),
        cmocka_unit_test(test_base_bytes_of_each_length),
        cmocka_unit_test(test_base_slice_sub_is_clamped),
        cmocka_unit_test(test_base_slice_split_yields_each_part),
        cmocka_unit_test(test_base_hash_that_is_written_is_fnv),
        cmocka_unit_test(test_base_slice_is_one_of),
        cmocka_unit_test(test_base_slice_reads_numbers_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
