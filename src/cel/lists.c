/* Functions on lists: k8s.io/apiserver pkg/cel/library/lists.go; github.com/google/cel-go ext/sets.go,
 * ext/lists.go. */
#include "cel/cel_priv.h"

/* 1 or -1: which of two neighbours is out of order, or is looked for. */
static struct value extreme(struct evaluation *e, const char *name, const struct value *list,
                            int wanted)
{
    if (list->kind != VALUE_LIST) {
        return no_overload(e, name, list, 1);
    }
    size_t count = value_count(list);
    if (count == 0) {
        return error_value(e, "%s() of an empty list", name);
    }
    struct value best = value_item(list, 0);
    for (size_t i = 0; i < count; i++) {
        struct value item = value_item(list, i);
        int order;
        if (!charge_steps(e, 1) || !value_compare(&item, &best, &order)) {
            return no_overload(e, name, (const struct value[]){item, best}, 2);
        }
        best = order == wanted ? item : best;
    }
    return best;
}

static struct value call_min(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return extreme(e, "min", &args[0], -1);
}

static struct value call_max(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return extreme(e, "max", &args[0], 1);
}

static struct value call_sum(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST) {
        return no_overload(e, "sum", args, count);
    }
    size_t items = value_count(&args[0]);
    struct value sum = value_int(0);
    for (size_t i = 0; i < items && sum.kind != VALUE_ERROR; i++) {
        struct value item = value_item(&args[0], i);
        if (!charge_steps(e, 1) || item.kind == VALUE_STRING || item.kind == VALUE_LIST) {
            return no_overload(e, "sum", &item, 1);
        }
        sum = i == 0 ? item : operator_add(e, &sum, &item);
    }
    return sum;
}

static struct value call_is_sorted(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST) {
        return no_overload(e, "isSorted", args, count);
    }
    size_t items = value_count(&args[0]);
    for (size_t i = 1; i < items; i++) {
        struct value before = value_item(&args[0], i - 1), item = value_item(&args[0], i);
        int order;
        if (!charge_steps(e, 1) || !value_compare(&before, &item, &order)) {
            return no_overload(e, "isSorted", (const struct value[]){before, item}, 2);
        }
        if (order == 1) {
            return value_bool(false);
        }
    }
    return value_bool(true);
}

static bool list_has(struct evaluation *e, const struct value *list, const struct value *wanted)
{
    size_t count = value_count(list);
    for (size_t i = 0; i < count && !e->stopped.ptr; i++) {
        struct value item = value_item(list, i);
        if (value_equal(e, &item, wanted)) {
            return true;
        }
    }
    return false;
}

static struct value call_distinct(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST) {
        return no_overload(e, "distinct", args, count);
    }
    struct values kept = {0};
    size_t items = value_count(&args[0]);
    for (size_t i = 0; i < items && !e->stopped.ptr; i++) {
        struct value item = value_item(&args[0], i), so_far = value_list(kept.items, kept.count);
        if (!list_has(e, &so_far, &item)) {
            values_add(e, &kept, item);
        }
    }
    return value_list(kept.items, kept.count);
}

static struct value call_reverse(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST || !charge_steps(e, value_count(&args[0]))) {
        return no_overload(e, "reverse", args, count);
    }
    struct values out = {0};
    for (size_t i = value_count(&args[0]); i > 0; i--) {
        values_add(e, &out, value_item(&args[0], i - 1));
    }
    return value_list(out.items, out.count);
}

static struct value call_slice(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST || args[1].kind != VALUE_INT || args[2].kind != VALUE_INT) {
        return no_overload(e, "slice", args, count);
    }
    int64_t from = args[1].integer, to = args[2].integer;
    if (from < 0 || to < from || (uint64_t)to > value_count(&args[0])) {
        return error_value(e, "the range of slice() is outside of the list");
    }
    struct values out = {0};
    for (int64_t i = from; i < to && charge_steps(e, 1); i++) {
        values_add(e, &out, value_item(&args[0], (size_t)i));
    }
    return value_list(out.items, out.count);
}

static struct value call_first(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST) {
        return no_overload(e, "first", args, count);
    }
    struct value item = value_count(&args[0]) ? value_item(&args[0], 0) : value_null();
    return value_optional(e, value_count(&args[0]) ? &item : NULL);
}

static struct value call_last(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_LIST) {
        return no_overload(e, "last", args, count);
    }
    size_t items = value_count(&args[0]);
    struct value item = items ? value_item(&args[0], items - 1) : value_null();
    return value_optional(e, items ? &item : NULL);
}

/* ---- sets --------------------------------------------------------------------------------- */

/* How many items of `b` are in `a`. */
static size_t shared(struct evaluation *e, const struct value *a, const struct value *b)
{
    size_t found = 0, count = value_count(b);
    for (size_t i = 0; i < count && !e->stopped.ptr; i++) {
        struct value item = value_item(b, i);
        found += list_has(e, a, &item) ? 1 : 0;
    }
    return found;
}

static bool are_lists(const struct value *args)
{
    return args[0].kind == VALUE_LIST && args[1].kind == VALUE_LIST;
}

static struct value call_set_contains(struct evaluation *e, const struct value *args, size_t count)
{
    return are_lists(args) ? value_bool(shared(e, &args[0], &args[1]) == value_count(&args[1]))
                           : no_overload(e, "sets.contains", args, count);
}

static struct value call_set_equivalent(struct evaluation *e, const struct value *args,
                                        size_t count)
{
    return are_lists(args) ? value_bool(shared(e, &args[0], &args[1]) == value_count(&args[1]) &&
                                        shared(e, &args[1], &args[0]) == value_count(&args[0]))
                           : no_overload(e, "sets.equivalent", args, count);
}

static struct value call_set_intersects(struct evaluation *e, const struct value *args,
                                        size_t count)
{
    return are_lists(args) ? value_bool(shared(e, &args[0], &args[1]) > 0)
                           : no_overload(e, "sets.intersects", args, count);
}

const struct function_row *list_functions(void)
{
    static const struct function_row rows[] = {
        {"min", true, 1, 1, call_min},
        {"max", true, 1, 1, call_max},
        {"sum", true, 1, 1, call_sum},
        {"isSorted", true, 1, 1, call_is_sorted},
        {"distinct", true, 1, 1, call_distinct},
        {"reverse", true, 1, 1, call_reverse},
        {"slice", true, 3, 3, call_slice},
        {"first", true, 1, 1, call_first},
        {"last", true, 1, 1, call_last},
        {"sets.contains", false, 2, 2, call_set_contains},
        {"sets.equivalent", false, 2, 2, call_set_equivalent},
        {"sets.intersects", false, 2, 2, call_set_intersects},
        {NULL, false, 0, 0, NULL},
    };
    return rows;
}
