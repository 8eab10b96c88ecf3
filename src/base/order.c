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
    size_t size; /* of what is moved */
    bool far;    /* pointers to the elements are */
    compare_fn *compare;
    void *user;
};

static int order_of(const struct sort *sort, const char *a, const char *b)
{
    return sort->far ? sort->compare(*(const void *const *)(const void *)a,
                                     *(const void *const *)(const void *)b, sort->user)
                     : sort->compare(a, b, sort->user);
}

/* Nearly all that is moved is as large as a pointer. */
static void move(const struct sort *sort, char *to, const char *from)
{
    if (sort->size == sizeof(void *)) {
        memcpy(to, from, sizeof(void *));
    } else {
        memcpy(to, from, sort->size);
    }
}

/* Merges the two sorted parts of `items`; `spare` has room for the left one. */
static void merge(const struct sort *sort, char *items, size_t left_count, size_t right_count,
                  char *spare)
{
    char *out = items;
    const char *left = spare, *right = items + left_count * sort->size;
    /* Much of what is sorted has long runs in order. */
    if (order_of(sort, right - sort->size, right) <= 0) {
        return;
    }
    memcpy(spare, items, left_count * sort->size);
    while (left_count && right_count) {
        /* <= keeps equal elements in their order. */
        if (order_of(sort, left, right) <= 0) {
            move(sort, out, left);
            left += sort->size;
            left_count--;
        } else {
            move(sort, out, right);
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

static bool is_sorted(const char *items, size_t count, size_t size, compare_fn *compare, void *user)
{
    for (size_t i = 1; i < count; i++) {
        if (compare(items + (i - 1) * size, items + i * size, user) > 0) {
            return false;
        }
    }
    return true;
}

/* Large elements are moved once, when their order is known. */
static void sort_far(struct arena *scratch, char *items, size_t count, size_t size,
                     const struct sort *sort)
{
    const char **order = arena_alloc_array(scratch, count, sizeof *order);
    char *copy = arena_alloc_array(scratch, count, size);
    memcpy(copy, items, count * size);
    for (size_t i = 0; i < count; i++) {
        order[i] = copy + i * size;
    }
    sort_part(sort, (char *)order, count,
              arena_alloc_array(scratch, count / 2, sizeof(const char *)));
    for (size_t i = 0; i < count; i++) {
        memcpy(items + i * size, order[i], size);
    }
}

void sort_stable(struct arena *scratch, void *items, size_t count, size_t size, compare_fn *compare,
                 void *user)
{
    enum { LARGE = 4 * sizeof(void *) };
    if (count < 2 || is_sorted(items, count, size, compare, user)) {
        return;
    }
    if (size > LARGE) {
        const struct sort sort = {sizeof(void *), true, compare, user};
        sort_far(scratch, items, count, size, &sort);
    } else {
        const struct sort sort = {size, false, compare, user};
        sort_part(&sort, items, count, arena_alloc_array(scratch, count / 2, size));
    }
}
