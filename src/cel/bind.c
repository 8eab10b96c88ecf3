/* Finds out what the names of an expression are: variables, macros, functions, types. */
#include "cel/cel_priv.h"

/* Variables of comprehensions that are in scope, innermost first. */
struct scope {
    const struct scope *outer;
    struct slice name;
    uint32_t slot;
};

static void bind_expr(struct compiler *c, struct expr *expr, const struct scope *scope);

static const struct scope *scope_find(const struct scope *scope, struct slice name)
{
    while (scope && !slice_equal(scope->name, name)) {
        scope = scope->outer;
    }
    return scope;
}

static void bind_args(struct compiler *c, struct expr *expr, size_t from, const struct scope *scope)
{
    for (size_t i = from; i < expr->count && !c->failed; i++) {
        bind_expr(c, expr->args[i], scope);
    }
}

/* Names of types are values. */
static bool bind_type(struct expr *expr)
{
    static const char *const types[] = {"int",   "uint", "double", "bool",      "string",
                                        "bytes", "list", "map",    "null_type", "type"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (slice_is(expr->text, types[i])) {
            expr->kind = EXPR_LITERAL;
            expr->literal = (struct value){.kind = VALUE_TYPE, .text = expr->text};
            return true;
        }
    }
    return false;
}

static void bind_name(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    const struct scope *found = expr->root ? NULL : scope_find(scope, expr->text);
    if (found) {
        expr->kind = EXPR_LOCAL;
        expr->slot = found->slot;
    } else if (slice_is(expr->text, "self")) {
        expr->kind = EXPR_SELF;
    } else if (slice_is(expr->text, "oldSelf")) {
        expr->kind = EXPR_OLD_SELF;
        c->program->uses_old_self = true;
    } else if (!bind_type(expr)) {
        compile_fail(c, expr->offset, "nothing is named '" SLICE_FMT "' here",
                     SLICE_ARG(expr->text));
    }
}

/* google.protobuf.Duration and .Timestamp, the names of those types. */
static bool bind_qualified_type(struct compiler *c, struct expr *expr)
{
    const struct expr *middle = expr->args[0];
    if (expr->optional || middle->kind != EXPR_SELECT || !slice_is(middle->text, "protobuf") ||
        middle->args[0]->kind != EXPR_NAME || !slice_is(middle->args[0]->text, "google") ||
        (!slice_is(expr->text, "Duration") && !slice_is(expr->text, "Timestamp"))) {
        return false;
    }
    struct slice name = arena_printf(c->arena, "google.protobuf." SLICE_FMT, SLICE_ARG(expr->text));
    expr->kind = EXPR_LITERAL;
    expr->literal = (struct value){.kind = VALUE_TYPE, .text = name};
    return true;
}

/* has(a.b) asks for b in a; a itself is evaluated as ever. */
static void bind_has(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    if (expr->count != 1 || expr->args[0]->kind != EXPR_SELECT || expr->args[0]->optional) {
        compile_fail(c, expr->offset, "has() needs a field, as in has(self.name)");
        return;
    }
    struct expr *field = expr->args[0];
    expr->kind = EXPR_HAS;
    expr->text = field->text;
    expr->args = field->args;
    bind_args(c, expr, 0, scope);
}

static void bind_macro(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    struct scope variables[2];
    const struct scope *inner = scope;
    expr->kind = EXPR_MACRO;
    expr->slot = scope ? scope->slot + 1 : 0;
    for (uint32_t i = 0; i < expr->macro->variables; i++) {
        const struct expr *name = expr->args[1 + i];
        if (name->kind != EXPR_NAME || name->root) {
            compile_fail(c, name->offset, SLICE_FMT "() needs the name of a variable here",
                         SLICE_ARG(expr->text));
            return;
        }
        variables[i] = (struct scope){inner, name->text, expr->slot + i};
        inner = &variables[i];
    }
    if (expr->slot + expr->macro->variables > c->program->slots) {
        c->program->slots = expr->slot + expr->macro->variables;
    }
    bind_expr(c, expr->args[0], scope);
    bind_args(c, expr, 1u + expr->macro->variables, inner);
}

/* sets.contains(a, b): what stands before the point is part of the name, and no receiver. */
static bool bind_qualified(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    const struct expr *space = expr->member ? expr->args[0] : NULL;
    bool arguments;
    if (!space || space->kind != EXPR_NAME || scope_find(scope, space->text)) {
        return false;
    }
    struct slice name = arena_printf(c->arena, SLICE_FMT "." SLICE_FMT, SLICE_ARG(space->text),
                                     SLICE_ARG(expr->text));
    const struct function_row *row = function_find(name, false, expr->count - 1, &arguments);
    if (!row) {
        return false;
    }
    expr->function = row;
    expr->member = false;
    expr->args++;
    expr->count--;
    expr->capacity = expr->count;
    return true;
}

static void bind_function(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    bool arguments = true;
    if (!bind_qualified(c, expr, scope)) {
        expr->function = function_find(expr->text, expr->member, expr->count, &arguments);
    }
    if (!expr->function) {
        compile_fail(c, expr->offset, "no function '" SLICE_FMT "'%s%s", SLICE_ARG(expr->text),
                     arguments ? "" : " takes this number of arguments",
                     arguments ? " is known" : "");
        return;
    }
    bind_args(c, expr, 0, scope);
}

static void bind_call(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    if (!expr->member && slice_is(expr->text, "has")) {
        bind_has(c, expr, scope);
        return;
    }
    if (expr->member && expr->count == 2 &&
        (slice_is(expr->text, "or") || slice_is(expr->text, "orValue"))) {
        expr->kind = EXPR_OR_ELSE;
        bind_args(c, expr, 0, scope);
        return;
    }
    expr->macro = expr->member ? macro_find(expr->text, expr->count - 1) : NULL;
    if (expr->macro) {
        bind_macro(c, expr, scope);
    } else {
        bind_function(c, expr, scope);
    }
}

static void bind_expr(struct compiler *c, struct expr *expr, const struct scope *scope)
{
    if (expr->kind == EXPR_NAME) {
        bind_name(c, expr, scope);
    } else if (expr->kind == EXPR_CALL) {
        bind_call(c, expr, scope);
    } else if (expr->kind != EXPR_SELECT || !bind_qualified_type(c, expr)) {
        bind_args(c, expr, 0, scope);
    }
}

const struct cel_program *cel_compile(struct arena *arena, struct slice text,
                                      struct cel_error *error)
{
    struct cel_program *program = ARENA_NEW(arena, struct cel_program);
    struct compiler c = {.arena = arena, .text = text, .error = error, .program = program};
    if (text.len > CEL_TEXT_MAX) {
        compile_fail(&c, 0, "the expression is longer than %d bytes", CEL_TEXT_MAX);
    } else if (!utf8_valid(text)) {
        compile_fail(&c, 0, "the expression is not UTF-8");
    }
    struct expr *root = parse_program(&c);
    if (!c.failed) {
        bind_expr(&c, root, NULL);
    }
    program->root = root;
    return c.failed ? NULL : program;
}

bool cel_uses_old_self(const struct cel_program *program)
{
    return program->uses_old_self;
}
