/* Comprehensions, and the two macros of optional values. all() and exists() swallow errors as && and ||
 * do; the others end with the first one (doc/langdef.md of the specification, "Macros"). Over a map the
 * one variable is the key. With two variables they are index and element, or key and value
 * (github.com/google/cel-go, ext/comprehensions.go). */
#include "cel/cel_priv.h"

/* What a macro runs over. */
struct range {
    struct value over;
    size_t count;
};

static bool range_open(struct evaluation *e, const struct expr *expr, struct range *range,
                       struct value *error)
{
    range->over = evaluate_expr(e, expr->args[0]);
    if (range->over.kind != VALUE_LIST && range->over.kind != VALUE_MAP) {
        *error = no_overload(e, expr->macro->name, &range->over, 1);
        return false;
    }
    range->count = value_count(&range->over);
    return true;
}

static void range_set(struct evaluation *e, const struct expr *expr, const struct range *range,
                      size_t index)
{
    bool map = range->over.kind == VALUE_MAP;
    struct value first = map ? value_key(&range->over, index) : value_item(&range->over, index);
    if (expr->macro->variables == 1) {
        e->locals[expr->slot] = first;
        return;
    }
    e->locals[expr->slot] = map ? first : value_int((int64_t)index);
    e->locals[expr->slot + 1] = map ? value_at(&range->over, index) : first;
}

static struct value body(struct evaluation *e, const struct expr *expr, size_t index)
{
    return evaluate_expr(e, expr->args[1u + expr->macro->variables + index]);
}

static struct value quantify(struct evaluation *e, const struct expr *expr, bool decides)
{
    struct range range;
    struct value result = value_bool(!decides), error;
    if (!range_open(e, expr, &range, &error)) {
        return error;
    }
    for (size_t i = 0; i < range.count; i++) {
        range_set(e, expr, &range, i);
        struct value part = body(e, expr, 0);
        if (e->stopped.ptr || (part.kind == VALUE_BOOL && part.boolean == decides)) {
            return part;
        }
        if (part.kind != VALUE_BOOL && result.kind != VALUE_ERROR) {
            result = no_overload(e, expr->macro->name, &part, 1);
        }
    }
    return result;
}

static struct value macro_all(struct evaluation *e, const struct expr *expr)
{
    return quantify(e, expr, false);
}

static struct value macro_exists(struct evaluation *e, const struct expr *expr)
{
    return quantify(e, expr, true);
}

static struct value macro_exists_one(struct evaluation *e, const struct expr *expr)
{
    struct range range;
    struct value error;
    size_t found = 0;
    if (!range_open(e, expr, &range, &error)) {
        return error;
    }
    for (size_t i = 0; i < range.count; i++) {
        range_set(e, expr, &range, i);
        struct value part = body(e, expr, 0);
        if (part.kind != VALUE_BOOL) {
            return no_overload(e, expr->macro->name, &part, 1);
        }
        found += part.boolean ? 1 : 0;
    }
    return value_bool(found == 1);
}

/* Whether the element that is set is taken; false with *error for neither. */
static bool condition_holds(struct evaluation *e, const struct expr *expr, size_t index,
                            struct value *error, bool *failed)
{
    struct value part = body(e, expr, index);
    *failed = part.kind != VALUE_BOOL;
    if (*failed) {
        *error = no_overload(e, expr->macro->name, &part, 1);
    }
    return part.kind == VALUE_BOOL && part.boolean;
}

/* map() and transformList(); with two bodies the first is a condition. */
static struct value macro_map(struct evaluation *e, const struct expr *expr)
{
    struct range range;
    struct values items = {0};
    struct value error;
    bool failed = false;
    if (!range_open(e, expr, &range, &error)) {
        return error;
    }
    for (size_t i = 0; i < range.count; i++) {
        range_set(e, expr, &range, i);
        if (expr->macro->bodies == 2 && !condition_holds(e, expr, 0, &error, &failed)) {
            if (failed) {
                return error;
            }
            continue;
        }
        struct value item = body(e, expr, expr->macro->bodies - 1u);
        if (item.kind == VALUE_ERROR) {
            return item;
        }
        values_add(e, &items, item);
    }
    return value_list(items.items, items.count);
}

static struct value macro_filter(struct evaluation *e, const struct expr *expr)
{
    struct range range;
    struct values items = {0};
    struct value error;
    bool failed = false;
    if (!range_open(e, expr, &range, &error)) {
        return error;
    }
    for (size_t i = 0; i < range.count; i++) {
        range_set(e, expr, &range, i);
        if (condition_holds(e, expr, 0, &error, &failed)) {
            values_add(e, &items, e->locals[expr->slot]);
        } else if (failed) {
            return error;
        }
    }
    return value_list(items.items, items.count);
}

static struct value macro_transform_map(struct evaluation *e, const struct expr *expr)
{
    struct range range;
    struct values pairs = {0};
    struct value error;
    bool failed = false;
    if (!range_open(e, expr, &range, &error)) {
        return error;
    }
    for (size_t i = 0; i < range.count; i++) {
        range_set(e, expr, &range, i);
        struct value key = e->locals[expr->slot];
        if (expr->macro->bodies == 2 && !condition_holds(e, expr, 0, &error, &failed)) {
            if (failed) {
                return error;
            }
            continue;
        }
        struct value item = body(e, expr, expr->macro->bodies - 1u);
        if (item.kind == VALUE_ERROR) {
            return item;
        }
        values_add(e, &pairs, key);
        values_add(e, &pairs, item);
    }
    struct value map = value_list(pairs.items, pairs.count / 2);
    map.kind = VALUE_MAP;
    return map;
}

/* ---- optional values ---------------------------------------------------------------------- */

static struct value macro_optional(struct evaluation *e, const struct expr *expr)
{
    struct value target = evaluate_expr(e, expr->args[0]);
    if (target.kind != VALUE_OPTIONAL) {
        return no_overload(e, expr->macro->name, &target, 1);
    }
    if (!target.held) {
        return target;
    }
    e->locals[expr->slot] = *target.held;
    struct value result = body(e, expr, 0);
    bool flat = slice_is(expr->text, "optFlatMap");
    if (result.kind == VALUE_ERROR || (flat && result.kind == VALUE_OPTIONAL)) {
        return result;
    }
    return flat ? no_overload(e, expr->macro->name, &result, 1) : value_optional(e, &result);
}

const struct macro_row *macro_find(struct slice name, size_t arguments)
{
    static const struct macro_row rows[] = {
        {"all", 1, 1, macro_all},
        {"all", 2, 1, macro_all},
        {"exists", 1, 1, macro_exists},
        {"exists", 2, 1, macro_exists},
        {"exists_one", 1, 1, macro_exists_one},
        {"existsOne", 2, 1, macro_exists_one},
        {"map", 1, 1, macro_map},
        {"map", 1, 2, macro_map},
        {"filter", 1, 1, macro_filter},
        {"transformList", 2, 1, macro_map},
        {"transformList", 2, 2, macro_map},
        {"transformMap", 2, 1, macro_transform_map},
        {"transformMap", 2, 2, macro_transform_map},
        {"optMap", 1, 1, macro_optional},
        {"optFlatMap", 1, 1, macro_optional},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(name, rows[i].name) &&
            arguments == (size_t)rows[i].variables + rows[i].bodies) {
            return &rows[i];
        }
    }
    return NULL;
}
