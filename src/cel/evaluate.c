/* Walks the tree of an expression. Depth is that of the tree, which compiling has bounded; each node
 * takes a step. */
#include "cel/cel_priv.h"

#include <string.h>

static bool is_error(const struct value *value)
{
    return value->kind == VALUE_ERROR;
}

/* ---- selection ---------------------------------------------------------------------------- */

/* Names that are no identifiers are escaped in rules: k8s.io/apiserver, pkg/cel/escaping.go. */
static const struct {
    const char *escape, *text;
} escapes[] = {{"__underscores__", "__"}, {"__dot__", "."}, {"__dash__", "-"}, {"__slash__", "/"}};

/* What an escape that `rest` begins with stands for; its length, or 0. */
static size_t unescape_one(struct slice rest, struct slice *text)
{
    for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
        struct slice escape = slice_of(escapes[i].escape);
        if (slice_starts(rest, escape)) {
            *text = slice_of(escapes[i].text);
            return escape.len;
        }
    }
    return 0;
}

static struct slice unescape(struct evaluation *e, struct slice name)
{
    char *out = arena_alloc(e->arena, name.len + 1);
    size_t length = 0;
    for (size_t at = 0; at < name.len;) {
        struct slice text = slice_sub(name, at, at + 1);
        size_t taken = unescape_one(slice_sub(name, at, name.len), &text);
        memcpy(out + length, text.ptr, text.len);
        length += text.len;
        at += taken ? taken : 1;
    }
    struct slice result = {out, length};
    /* Reserved words stand between two underscores on each side: __namespace__. */
    if (slice_equal(result, name) && name.len > 4 && slice_starts(name, SLICE("__")) &&
        slice_ends(name, SLICE("__"))) {
        return slice_sub(name, 2, name.len - 2);
    }
    return result;
}

/* A field that is null is absent, as values of objects are to an API server. */
static bool find_field(struct evaluation *e, const struct value *map, struct slice name,
                       struct value *out)
{
    struct value key = value_string(name);
    bool found = map_find(e, map, &key, out);
    if (!found && !map->items && slice_contains(name, SLICE("__"))) {
        key.text = unescape(e, name);
        found = map_find(e, map, &key, out);
    }
    return found && (map->items || out->kind != VALUE_NULL);
}

static struct value no_field(struct evaluation *e, struct slice name)
{
    return e->stopped.ptr ? value_unknown(e, e->stopped)
                          : error_value(e, "no such key: " SLICE_FMT, SLICE_ARG(name));
}

/* a.?b, and each selection from an optional value, has an optional value. What has no fields has none
 * of this name; only a list is an error (interpreter/attributes.go of cel-go, refQualify). */
static struct value select_optional(struct evaluation *e, const struct value *target,
                                    struct slice name)
{
    struct value found;
    if (target->kind == VALUE_OPTIONAL) {
        return target->held ? select_optional(e, target->held, name) : *target;
    }
    if (target->kind == VALUE_LIST) {
        return no_overload(e, "selection of a field", target, 1);
    }
    bool present = target->kind == VALUE_MAP && find_field(e, target, name, &found);
    return value_optional(e, present ? &found : NULL);
}

static struct value evaluate_select(struct evaluation *e, const struct expr *expr)
{
    struct value target = evaluate_expr(e, expr->args[0]), found;
    if (is_error(&target)) {
        return target;
    }
    if (expr->optional || target.kind == VALUE_OPTIONAL) {
        return select_optional(e, &target, expr->text);
    }
    if (target.kind != VALUE_MAP) {
        return no_overload(e, "selection of a field", &target, 1);
    }
    return find_field(e, &target, expr->text, &found) ? found : no_field(e, expr->text);
}

static struct value evaluate_has(struct evaluation *e, const struct expr *expr)
{
    struct value target = evaluate_expr(e, expr->args[0]);
    if (is_error(&target)) {
        return target;
    }
    struct value found = select_optional(e, &target, expr->text);
    return is_error(&found) ? found : value_bool(found.held != NULL);
}

/* ---- indexes ------------------------------------------------------------------------------ */

/* Whole numbers of any type; false for what is none. */
static bool index_of(const struct value *index, size_t *out)
{
    if (index->kind == VALUE_INT && index->integer >= 0) {
        *out = (size_t)index->integer;
    } else if (index->kind == VALUE_UINT) {
        *out = (size_t)index->natural;
    } else if (index->kind == VALUE_DOUBLE && index->number >= 0 && index->number < 1e15 &&
               index->number == (double)(size_t)index->number) {
        *out = (size_t)index->number;
    } else {
        return false;
    }
    return true;
}

/* An error, a value, or with *absent true neither. */
static struct value index_value(struct evaluation *e, const struct value *target,
                                const struct value *index, bool *absent)
{
    struct value found = value_null();
    size_t at;
    *absent = false;
    if (target->kind == VALUE_MAP) {
        *absent = !map_find(e, target, index, &found);
        return found;
    }
    if (target->kind != VALUE_LIST ||
        (index->kind != VALUE_INT && index->kind != VALUE_UINT && index->kind != VALUE_DOUBLE)) {
        return no_overload(e, "[]", (const struct value[]){*target, *index}, 2);
    }
    *absent = !index_of(index, &at) || at >= value_count(target);
    return *absent ? found : value_item(target, at);
}

static struct value evaluate_index(struct evaluation *e, const struct expr *expr)
{
    struct value target = evaluate_expr(e, expr->args[0]), index;
    if (is_error(&target)) {
        return target;
    }
    index = evaluate_expr(e, expr->args[1]);
    if (is_error(&index)) {
        return index;
    }
    bool absent, optional = expr->optional || target.kind == VALUE_OPTIONAL;
    if (target.kind == VALUE_OPTIONAL) {
        if (!target.held) {
            return target;
        }
        target = *target.held;
    }
    if (optional && target.kind != VALUE_LIST && target.kind != VALUE_MAP) {
        return value_optional(e, NULL);
    }
    struct value found = index_value(e, &target, &index, &absent);
    if (is_error(&found)) {
        return found;
    }
    if (optional) {
        return value_optional(e, absent ? NULL : &found);
    }
    if (!absent) {
        return found;
    }
    return index.kind == VALUE_STRING ? no_field(e, index.text)
                                      : error_value(e, "no element has this index or key");
}

/* ---- lists and maps ----------------------------------------------------------------------- */

/* An element written with `?`: false when it is left out. */
static bool unwrap(struct evaluation *e, const struct expr *expr, struct value *value)
{
    if (!expr->unwrap || is_error(value)) {
        return true;
    }
    if (value->kind != VALUE_OPTIONAL) {
        *value = no_overload(e, "?", value, 1);
        return true;
    }
    if (value->held) {
        *value = *value->held;
        return true;
    }
    return false;
}

static struct value evaluate_list(struct evaluation *e, const struct expr *expr)
{
    struct values items = {0};
    for (size_t i = 0; i < expr->count; i++) {
        struct value item = evaluate_expr(e, expr->args[i]);
        if (!unwrap(e, expr->args[i], &item)) {
            continue;
        }
        if (is_error(&item)) {
            return item;
        }
        values_add(e, &items, item);
    }
    return value_list(items.items, items.count);
}

static bool is_key(const struct value *key)
{
    return key->kind == VALUE_STRING || key->kind == VALUE_INT || key->kind == VALUE_UINT ||
           key->kind == VALUE_BOOL;
}

/* The specification calls a second pair with the same key an error; cel-go takes the last one
 * (interpreter/interpretable.go, evalMap), and API servers with it. */
static void map_put_value(struct evaluation *e, struct values *pairs, struct value key,
                          struct value value)
{
    for (size_t i = 0; i < pairs->count; i += 2) {
        if (value_equal(e, &pairs->items[i], &key)) {
            pairs->items[i + 1] = value;
            return;
        }
    }
    values_add(e, pairs, key);
    values_add(e, pairs, value);
}

static struct value evaluate_map(struct evaluation *e, const struct expr *expr)
{
    struct values pairs = {0};
    for (size_t i = 0; i + 1 < expr->count; i += 2) {
        struct value key = evaluate_expr(e, expr->args[i]),
                     value = evaluate_expr(e, expr->args[i + 1]);
        if (is_error(&key) || is_error(&value)) {
            return is_error(&key) ? key : value;
        }
        if (!is_key(&key)) {
            return no_overload(e, "{} with a key", &key, 1);
        }
        if (unwrap(e, expr->args[i + 1], &value)) {
            if (is_error(&value)) {
                return value;
            }
            map_put_value(e, &pairs, key, value);
        }
    }
    struct value map = value_list(pairs.items, pairs.count / 2);
    map.kind = VALUE_MAP;
    return map;
}

/* ---- logic -------------------------------------------------------------------------------- */

/* One part that decides does so whatever the others are, even errors; else the first error is the
 * result (doc/langdef.md of the specification, "Logical Operators"). */
static struct value evaluate_logic(struct evaluation *e, const struct expr *expr)
{
    const bool decides = expr->kind == EXPR_OR;
    struct value failed = value_bool(!decides);
    for (size_t i = 0; i < expr->count; i++) {
        struct value part = evaluate_expr(e, expr->args[i]);
        if (e->stopped.ptr) {
            return part;
        }
        if (part.kind == VALUE_BOOL && part.boolean == decides) {
            return part;
        }
        if (part.kind != VALUE_BOOL && !is_error(&failed)) {
            failed = no_overload(e, decides ? "||" : "&&", &part, 1);
        }
    }
    return failed;
}

static struct value evaluate_not(struct evaluation *e, const struct expr *expr)
{
    struct value value = evaluate_expr(e, expr->args[0]);
    return value.kind == VALUE_BOOL ? value_bool(!value.boolean) : no_overload(e, "!", &value, 1);
}

static struct value evaluate_conditional(struct evaluation *e, const struct expr *expr)
{
    struct value condition = evaluate_expr(e, expr->args[0]);
    if (condition.kind != VALUE_BOOL) {
        return no_overload(e, "?:", &condition, 1);
    }
    return evaluate_expr(e, expr->args[condition.boolean ? 1 : 2]);
}

static struct value evaluate_or_else(struct evaluation *e, const struct expr *expr)
{
    struct value first = evaluate_expr(e, expr->args[0]);
    if (first.kind != VALUE_OPTIONAL) {
        return no_overload(e, "or", &first, 1);
    }
    if (!first.held) {
        return evaluate_expr(e, expr->args[1]);
    }
    return slice_is(expr->text, "or") ? first : *first.held;
}

/* ---- calls -------------------------------------------------------------------------------- */

static struct value evaluate_operator(struct evaluation *e, const struct expr *expr)
{
    struct value a = evaluate_expr(e, expr->args[0]);
    if (is_error(&a)) {
        return a;
    }
    struct value b = evaluate_expr(e, expr->args[1]);
    return is_error(&b) ? b : expr->operator->call(e, &a, &b);
}

enum { ARGUMENTS_MAX = 4 };

static struct value evaluate_call(struct evaluation *e, const struct expr *expr)
{
    struct value args[ARGUMENTS_MAX];
    for (size_t i = 0; i < expr->count; i++) {
        args[i] = evaluate_expr(e, expr->args[i]);
        if (is_error(&args[i])) {
            return args[i];
        }
    }
    return expr->function->call(e, args, expr->count);
}

static struct value evaluate_self(struct evaluation *e, const struct expr *expr)
{
    const struct cel_input *input = e->input;
    if (expr->kind == EXPR_SELF) {
        return input->self ? value_of_node(input->self) : value_null();
    }
    if (input->optional_old_self) {
        struct value old = input->old_self ? value_of_node(input->old_self) : value_null();
        return value_optional(e, input->old_self ? &old : NULL);
    }
    return input->old_self ? value_of_node(input->old_self)
                           : error_value(e, "there is no old value");
}

struct value evaluate_expr(struct evaluation *e, const struct expr *expr)
{
    struct value value;
    if (!charge_steps(e, 1)) {
        return value_unknown(e, e->stopped);
    }
    switch (expr->kind) {
    case EXPR_LITERAL:
        return expr->literal;
    case EXPR_SELF:
    case EXPR_OLD_SELF:
        return evaluate_self(e, expr);
    case EXPR_LOCAL:
        return e->locals[expr->slot];
    case EXPR_SELECT:
        return evaluate_select(e, expr);
    case EXPR_HAS:
        return evaluate_has(e, expr);
    case EXPR_INDEX:
        return evaluate_index(e, expr);
    case EXPR_LIST:
        return evaluate_list(e, expr);
    case EXPR_MAP:
        return evaluate_map(e, expr);
    case EXPR_CALL:
        return evaluate_call(e, expr);
    case EXPR_OPERATOR:
        return evaluate_operator(e, expr);
    case EXPR_AND:
    case EXPR_OR:
        return evaluate_logic(e, expr);
    case EXPR_NOT:
        return evaluate_not(e, expr);
    case EXPR_NEGATE:
        value = evaluate_expr(e, expr->args[0]);
        return operator_negate(e, &value);
    case EXPR_CONDITIONAL:
        return evaluate_conditional(e, expr);
    case EXPR_MACRO:
        return expr->macro->run(e, expr);
    case EXPR_OR_ELSE:
        return evaluate_or_else(e, expr);
    case EXPR_NAME: /* binding leaves none */
        break;
    }
    return error_value(e, "a name that was not found");
}

enum cel_outcome cel_evaluate(const struct cel_program *program, const struct cel_input *input,
                              struct cel_evaluator *evaluator, struct slice *text)
{
    struct evaluation e = {.evaluator = evaluator,
                           .input = input,
                           .arena = evaluator->scratch,
                           .locals = ARENA_ARRAY(evaluator->scratch, struct value,
                                                 program->slots ? program->slots : 1)};
    struct value value = evaluate_expr(&e, program->root);
    *text = value_type(&value);
    if (e.stopped.ptr) {
        *text = e.stopped;
        return CEL_UNKNOWN;
    }
    switch ((int)value.kind) {
    case VALUE_ERROR:
        *text = value.text;
        return CEL_FAILED;
    case VALUE_BOOL:
        return value.boolean ? CEL_TRUE : CEL_FALSE;
    case VALUE_STRING:
        *text = value.text;
        return CEL_TEXT;
    default:
        return CEL_OTHER;
    }
}
