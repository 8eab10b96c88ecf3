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

static void merge(const struct sort *sort, const char *left, size_t left_count, const char *right,
                  size_t right_count, char *out)
{
    /* Much of what is sorted has long runs in order. */
    const char *last = left + (left_count ? left_count - 1 : 0) * sort->size;
    bool apart = left_count && right_count && sort->compare(last, right, sort->user) <= 0;
    while (!apart && left_count && right_count) {
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
    memcpy(out, left, left_count * sort->size);
    memcpy(out + left_count * sort->size, right, right_count * sort->size);
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
    char *from = items, *to = arena_alloc_array(scratch, count, size);
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t left = count - start < width ? count - start : width;
            size_t rest = count - start - left;
            size_t right = rest < width ? rest : width;
            merge(&sort, from + start * size, left, from + (start + left) * size, right,
                  to + start * size);
        }
        char *swap = from;
        from = to;
        to = swap;
    }
    if (from != (char *)items) {
        memcpy(items, from, count * size);
    }
}
