#include "base/base.h"

#include <string.h>

bool checked_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

bool checked_multiply(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

struct sort {
    size_t size;
    compare_fn *compare;
    void *user;
};

/* Merges the two sorted parts of `items`; `spare` has room for the left one. */
static void merge(const struct sort *sort, char *items, size_t left_count, size_t right_count,
                  char *spare)
{
    char *out = items;
    const char *left = spare, *right = items + left_count * sort->size;
    /* Much of what is sorted has long runs in order. */
    if (sort->compare(right - sort->size, right, sort->user) <= 0) {
        return;
    }
    memcpy(spare, items, left_count * sort->size);
    while (left_count && right_count) {
        /* <= keeps equal elements in their order. */
        if (sort->compare(left, right, sort->user) <= 0) {
            memcpy(out, left, sort->size);
            left += sort->size;
            left_count--;
        } else {
            memcpy(out, right, sort->size);
            right += sort->size;
            right_count--;
        }
        out += sort->size;
    }
    memcpy(out, left, left_count * sort->size); /* what is left of the right part is in its place */
}

/* One half after the other: what fits into a cache is sorted there, with the texts that it points to. */
static void sort_part(const struct sort *sort, char *items, size_t count, char *spare)
{
    size_t half = count / 2;
    if (count < 2) {
        return;
    }
    sort_part(sort, items, half, spare);
    sort_part(sort, items + half * sort->size, count - half, spare);
    merge(sort, items, half, count - half, spare);
}

static bool is_sorted(const struct sort *sort, const char *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (sort->compare(items + (i - 1) * sort->size, items + i * sort->size, sort->user) > 0) {
            return false;
        }
    }
    return true;
}

void sort_stable(struct arena *scratch, void *items, size_t count, size_t size, compare_fn *compare,
                 void *user)
{
    if (count < 2) {
        return;
    }
    const struct sort sort = {size, compare, user};
    if (is_sorted(&sort, items, count)) {
        return;
    }
    sort_part(&sort, items, count, arena_alloc_array(scratch, count / 2, size));
}
