/* From tokens to a tree. The first error ends it: from there on the only token is the end. */
#include "cel/cel_priv.h"

void compile_fail(struct compiler *c, size_t offset, const char *format, ...)
{
    if (c->failed) {
        return;
    }
    va_list args;
    va_start(args, format);
    c->error->text = arena_vprintf(c->arena, format, args);
    va_end(args);
    c->error->offset = offset;
    c->failed = true;
    c->token = (struct token){.kind = TOKEN_END, .offset = (uint32_t)offset};
}

static struct expr *expr_new(struct compiler *c, enum expr_kind kind, size_t offset)
{
    struct expr *expr = ARENA_NEW(c->arena, struct expr);
    expr->kind = kind;
    expr->offset = (uint32_t)offset;
    expr->height = 1;
    return expr;
}

void expr_add(struct compiler *c, struct expr *parent, struct expr *arg)
{
    *ARENA_PUSH(c->arena, parent->args, parent->count, parent->capacity) = arg;
    if (arg->height >= parent->height) {
        parent->height = (uint16_t)(arg->height + 1);
    }
    if (parent->height > CEL_DEPTH_MAX) {
        compile_fail(c, parent->offset, "the expression is nested deeper than %d levels",
                     CEL_DEPTH_MAX);
    }
}

static bool enter(struct compiler *c)
{
    if (++c->depth > CEL_DEPTH_MAX) {
        compile_fail(c, c->token.offset, "the expression is nested deeper than %d levels",
                     CEL_DEPTH_MAX);
    }
    return !c->failed;
}

static bool at_sign(const struct compiler *c, const char *sign)
{
    return c->token.kind == TOKEN_SIGN && slice_is(c->token.text, sign);
}

static bool take_sign(struct compiler *c, const char *sign)
{
    if (!at_sign(c, sign)) {
        return false;
    }
    lexer_next(c);
    return true;
}

static void expected(struct compiler *c, const char *what)
{
    if (c->token.kind == TOKEN_END) {
        compile_fail(c, c->token.offset, "expected %s and found the end", what);
    } else {
        compile_fail(c, c->token.offset, "expected %s and found '" SLICE_FMT "'", what,
                     SLICE_ARG(slice_sub(c->text, c->token.offset, c->at)));
    }
}

static void need_sign(struct compiler *c, const char *sign, const char *what)
{
    if (!take_sign(c, sign)) {
        expected(c, what);
    }
}

/* ---- names -------------------------------------------------------------------------------- */

static bool is_keyword(struct slice name)
{
    static const char *const keywords[] = {"true", "false", "null", "in"};
    return slice_is_one_of(name, keywords, ARRAY_LEN(keywords));
}

/* Kept for other languages that embed CEL; they may still be selected as fields. */
static bool is_reserved(struct slice name)
{
    static const char *const reserved[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (slice_is(name, reserved[i])) {
            return true;
        }
    }
    return false;
}

static struct expr *parse_expr(struct compiler *c);

/* Arguments or elements up to `close`, whose opening is taken already; a comma may end a list. */
static void parse_items(struct compiler *c, struct expr *into, const char *close, bool list)
{
    while (!at_sign(c, close) && !c->failed) {
        bool optional = list && take_sign(c, "?");
        struct expr *item = parse_expr(c);
        item->unwrap = optional;
        expr_add(c, into, item);
        if (!at_sign(c, ",")) {
            break;
        }
        lexer_next(c);
        if (!list && at_sign(c, close)) {
            expected(c, "an argument");
        }
    }
    need_sign(c, close, list ? "',' or ']'" : "',' or ')'");
}

static struct expr *parse_map(struct compiler *c, size_t offset)
{
    struct expr *map = expr_new(c, EXPR_MAP, offset);
    while (!at_sign(c, "}") && !c->failed) {
        bool optional = take_sign(c, "?");
        struct expr *key = parse_expr(c);
        need_sign(c, ":", "':'");
        struct expr *value = parse_expr(c);
        value->unwrap = optional;
        expr_add(c, map, key);
        expr_add(c, map, value);
        if (!take_sign(c, ",")) {
            break;
        }
    }
    need_sign(c, "}", "',' or '}'");
    return map;
}

/* ---- the smallest parts ------------------------------------------------------------------- */

static struct expr *literal(struct compiler *c, struct value value)
{
    struct expr *expr = expr_new(c, EXPR_LITERAL, c->token.offset);
    expr->literal = value;
    lexer_next(c);
    return expr;
}

static struct expr *parse_number(struct compiler *c, bool negative)
{
    const struct token token = c->token;
    struct value value = {.kind = VALUE_INT};
    if (token.kind == TOKEN_DOUBLE) {
        value.kind = VALUE_DOUBLE;
        value.number = negative ? -token.number : token.number;
    } else if (token.kind == TOKEN_UINT) {
        value.kind = VALUE_UINT;
        value.natural = token.natural;
        if (negative) {
            compile_fail(c, token.offset, "an unsigned number has no sign");
        }
    } else if (token.natural > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        compile_fail(c, token.offset, "the number does not fit in 64 bits; write it as unsigned");
    } else {
        value.integer = negative ? (int64_t)(0 - token.natural) : (int64_t)token.natural;
    }
    return literal(c, value);
}

static struct expr *parse_name(struct compiler *c, bool root)
{
    struct slice name = c->token.text;
    if (!root && slice_is(name, "null")) {
        return literal(c, value_null());
    }
    if (!root && (slice_is(name, "true") || slice_is(name, "false"))) {
        return literal(c, value_bool(slice_is(name, "true")));
    }
    if (is_keyword(name) || is_reserved(name)) {
        expected(c, "a value (this word is reserved)");
        return expr_new(c, EXPR_LITERAL, c->token.offset);
    }
    struct expr *expr = expr_new(c, EXPR_NAME, c->token.offset);
    expr->text = name;
    lexer_next(c);
    if (take_sign(c, "(")) {
        expr->kind = EXPR_CALL;
        parse_items(c, expr, ")", false);
    }
    expr->root = root;
    return expr;
}

static struct expr *parse_primary(struct compiler *c)
{
    size_t offset = c->token.offset;
    switch (c->token.kind) {
    case TOKEN_INT:
    case TOKEN_UINT:
    case TOKEN_DOUBLE:
        return parse_number(c, false);
    case TOKEN_STRING:
        return literal(c, (struct value){.kind = VALUE_STRING, .text = c->token.text});
    case TOKEN_BYTES:
        return literal(c, (struct value){.kind = VALUE_BYTES, .text = c->token.text});
    case TOKEN_NAME:
        return parse_name(c, false);
    case TOKEN_SIGN:
    case TOKEN_END:
        break;
    }
    if (take_sign(c, "(")) {
        struct expr *expr = parse_expr(c);
        need_sign(c, ")", "')'");
        return expr;
    }
    struct expr *expr = expr_new(c, EXPR_LIST, offset);
    if (take_sign(c, "[")) {
        parse_items(c, expr, "]", true);
    } else if (take_sign(c, "{")) {
        expr = parse_map(c, offset);
    } else if (take_sign(c, ".") && c->token.kind == TOKEN_NAME) {
        expr = parse_name(c, true);
    } else {
        expected(c, "a value");
    }
    return expr;
}

/* ---- what follows a part: .field, .call(), [index] ------------------------------------------ */

static struct expr *parse_selection(struct compiler *c, struct expr *target, size_t offset)
{
    bool optional = take_sign(c, "?");
    if (c->token.kind != TOKEN_NAME || is_keyword(c->token.text)) {
        expected(c, "the name of a field or function");
        return target;
    }
    struct expr *expr = expr_new(c, EXPR_SELECT, offset);
    expr->text = c->token.text;
    expr->optional = optional;
    expr_add(c, expr, target);
    lexer_next(c);
    if (!optional && take_sign(c, "(")) {
        expr->kind = EXPR_CALL;
        expr->member = true;
        parse_items(c, expr, ")", false);
    }
    return expr;
}

static struct expr *parse_member(struct compiler *c, bool negative)
{
    struct expr *expr = negative ? parse_number(c, true) : parse_primary(c);
    while (!c->failed) {
        size_t offset = c->token.offset;
        if (take_sign(c, ".")) {
            expr = parse_selection(c, expr, offset);
        } else if (take_sign(c, "[")) {
            struct expr *index = expr_new(c, EXPR_INDEX, offset);
            index->optional = take_sign(c, "?");
            expr_add(c, index, expr);
            expr_add(c, index, parse_expr(c));
            need_sign(c, "]", "']'");
            expr = index;
        } else {
            if (at_sign(c, "{")) {
                compile_fail(c, offset, "values of named types cannot be made here");
            }
            break;
        }
    }
    return expr;
}

/* Two signs cancel out, as in cel-go (parser/parser.go, VisitNegate). */
static struct expr *parse_unary(struct compiler *c)
{
    size_t offset = c->token.offset, signs = 0;
    const char *sign = at_sign(c, "!") ? "!" : "-";
    while (take_sign(c, sign)) {
        signs++;
    }
    bool number =
        c->token.kind == TOKEN_INT || c->token.kind == TOKEN_DOUBLE || c->token.kind == TOKEN_UINT;
    bool literal_sign = *sign == '-' && number && signs % 2 == 1;
    struct expr *expr = parse_member(c, literal_sign);
    if (signs % 2 == 0 || literal_sign) {
        return expr;
    }
    struct expr *outer = expr_new(c, *sign == '!' ? EXPR_NOT : EXPR_NEGATE, offset);
    expr_add(c, outer, expr);
    return outer;
}

/* ---- operators ---------------------------------------------------------------------------- */

/* `a && b && c` is one node with three parts, however long it gets. */
static struct expr *logic_node(struct compiler *c, enum expr_kind kind, struct expr *left,
                               size_t offset)
{
    if (left->kind == kind) {
        return left;
    }
    struct expr *expr = expr_new(c, kind, offset);
    expr_add(c, expr, left);
    return expr;
}

static struct expr *parse_operators(struct compiler *c, unsigned least)
{
    struct expr *left = parse_unary(c);
    while (!c->failed && (c->token.kind == TOKEN_SIGN || c->token.kind == TOKEN_NAME)) {
        size_t offset = c->token.offset;
        const struct operator_row *row = operator_find(c->token.text);
        if (!row || row->rank < least) {
            break;
        }
        lexer_next(c);
        struct expr *right = parse_operators(c, row->rank + 1u), *expr;
        if (row->call) {
            expr = expr_new(c, EXPR_OPERATOR, offset);
            expr->operator= row;
            expr_add(c, expr, left);
        } else {
            expr = logic_node(c, *row->sign == '&' ? EXPR_AND : EXPR_OR, left, offset);
        }
        expr_add(c, expr, right);
        left = expr;
    }
    return left;
}

static struct expr *parse_expr(struct compiler *c)
{
    size_t offset = c->token.offset;
    if (!enter(c)) {
        return expr_new(c, EXPR_LITERAL, offset);
    }
    struct expr *expr = parse_operators(c, 1);
    offset = c->token.offset;
    if (take_sign(c, "?")) {
        struct expr *choice = expr_new(c, EXPR_CONDITIONAL, offset);
        expr_add(c, choice, expr);
        expr_add(c, choice, parse_operators(c, 1));
        need_sign(c, ":", "':'");
        expr_add(c, choice, parse_expr(c));
        expr = choice;
    }
    c->depth--;
    return expr;
}

struct expr *parse_program(struct compiler *c)
{
    lexer_next(c);
    struct expr *expr = parse_expr(c);
    if (c->token.kind != TOKEN_END) {
        expected(c, "an operator or the end");
    }
    return expr;
}
