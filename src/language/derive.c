#include "language/language_priv.h"

#include <stdlib.h>
#include <string.h>

static bool context_holds(enum context_kind kind, enum before before)
{
    switch (kind) {
    case CONTEXT_TEXT_START:
        return before == BEFORE_START;
    case CONTEXT_LINE_START:
        return before == BEFORE_START || before == BEFORE_NEWLINE;
    case CONTEXT_AFTER_WORD:
        return before == BEFORE_WORD;
    case CONTEXT_NOT_AFTER_WORD:
        return before != BEFORE_WORD;
    }
    return false;
}

static enum before before_of(unsigned byte)
{
    return byte == '\n' ? BEFORE_NEWLINE : byte_is_word(byte) ? BEFORE_WORD : BEFORE_OTHER;
}

/* What the rest of the word must be for the pattern to match the empty word here. */
static const struct expr *guard_of(struct language_set *set, const struct expr *pattern,
                                   enum before before)
{
    if (pattern->empty != EMPTY_DEPENDS) {
        return pattern->empty == EMPTY_ALWAYS ? set->all : set->none;
    }
    const struct expr *result = set->none;
    switch (pattern->kind) {
    case EXPR_CONCAT:
        return expr_both(set, guard_of(set, pattern->kids[0], before),
                         guard_of(set, pattern->kids[1], before));
    case EXPR_UNION:
        for (uint32_t i = 0; i < pattern->kid_count; i++) {
            result = expr_either(set, result, guard_of(set, pattern->kids[i], before));
        }
        return result;
    case EXPR_REPEAT:
        return guard_of(set, pattern->kids[0], before);
    case EXPR_LOOK:
        return pattern->negated ? expr_not(set, pattern->kids[0]) : pattern->kids[0];
    case EXPR_CONTEXT:
        return context_holds(pattern->context, before) ? set->all : set->none;
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_SET:
    case EXPR_STAR:
    case EXPR_AND:
    case EXPR_NOT:
    case EXPR_THEN:
    case EXPR_GUARD:
        break;
    }
    return result;
}

/* ---- does a state accept? ------------------------------------------------------------------ */

static bool accepts(struct language_set *set, const struct expr *e, enum before before)
{
    switch (e->kind) {
    case EXPR_NONE:
    case EXPR_SET:
        return false;
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_STAR:
        return true;
    case EXPR_CONCAT:
        return expr_accepts(set, e->kids[0], before) && expr_accepts(set, e->kids[1], before);
    case EXPR_AND:
    case EXPR_GUARD:
        for (uint32_t i = 0; i < e->kid_count; i++) {
            if (!expr_accepts(set, e->kids[i], before)) {
                return false;
            }
        }
        return true;
    case EXPR_UNION:
        for (uint32_t i = 0; i < e->kid_count; i++) {
            if (expr_accepts(set, e->kids[i], before)) {
                return true;
            }
        }
        return false;
    case EXPR_REPEAT:
        return e->least == 0 || expr_accepts(set, e->kids[0], before);
    case EXPR_LOOK:
        return expr_accepts(set, e->kids[0], before) != e->negated;
    case EXPR_CONTEXT:
        return context_holds(e->context, before);
    case EXPR_NOT:
        return !expr_accepts(set, e->kids[0], before);
    case EXPR_THEN:
        return expr_accepts(set, e->kids[0], before) && expr_accepts(set, e->kids[1], BEFORE_START);
    }
    return false;
}

bool expr_accepts(struct language_set *set, const struct expr *expr, enum before before)
{
    before = expr->sees_before ? before : BEFORE_OTHER;
    struct expr *own = set->items[expr->number];
    if (!own->accepts[before]) {
        own->accepts[before] = accepts(set, expr, before) ? 1 : -1;
    }
    return own->accepts[before] > 0;
}

/* ---- what a byte leads to ------------------------------------------------------------------ */

/* Parts of the bytes: those of one part lead to one state. Only one byte of each class is looked at. */
struct parts {
    uint8_t of[256]; /* by class */
    uint8_t bytes[256];
    unsigned count, classes;
};

static void parts_open(const struct language_set *set, struct parts *parts)
{
    *parts = (struct parts){.count = 1, .classes = set->class_count};
    for (unsigned byte = 256; byte-- > 0;) {
        parts->bytes[set->classes[byte]] = (uint8_t)byte;
    }
}

/* Bytes stay together only where `label` is the same as well. */
static void parts_join(struct parts *parts, const uint8_t labels[256])
{
    uint16_t seen[256];
    unsigned count = 0, last = 0;
    for (unsigned c = 0; c < parts->classes; c++) {
        uint16_t key = (uint16_t)(parts->of[c] << 8 | labels[parts->bytes[c]]);
        unsigned at = last;
        if (at >= count || seen[at] != key) {
            for (at = 0; at < count && seen[at] != key; at++) {
            }
        }
        if (at == count) {
            seen[count++] = key;
        }
        parts->of[c] = (uint8_t)at;
        last = at;
    }
    parts->count = count;
}

static void parts_split(struct parts *parts, const struct byte_set *bytes)
{
    uint8_t labels[256];
    for (unsigned c = 0; c < parts->classes; c++) {
        labels[parts->bytes[c]] = byte_set_has(bytes, parts->bytes[c]);
    }
    parts_join(parts, labels);
}

static void parts_by_before(struct parts *parts)
{
    uint8_t labels[256];
    for (unsigned byte = 0; byte < 256; byte++) {
        labels[byte] = (uint8_t)before_of(byte);
    }
    parts_join(parts, labels);
}

/* Bytes that a pattern may start with fall into parts. */
static void parts_of_pattern(struct language_set *set, const struct expr *pattern,
                             enum before before, struct parts *parts)
{
    set->work++;
    switch (pattern->kind) {
    case EXPR_SET:
        parts_split(parts, pattern->set);
        break;
    case EXPR_CONCAT:
        parts_of_pattern(set, pattern->kids[0], before, parts);
        if (pattern->kids[0]->empty != EMPTY_NEVER) {
            parts_of_pattern(set, pattern->kids[1], before, parts);
        }
        if (pattern->kids[0]->empty == EMPTY_DEPENDS) {
            const struct expr *guard = guard_of(set, pattern->kids[0], before);
            parts_join(parts, expr_row(set, guard, before)->of);
        }
        break;
    case EXPR_UNION:
        for (uint32_t i = 0; i < pattern->kid_count; i++) {
            parts_of_pattern(set, pattern->kids[i], before, parts);
        }
        break;
    case EXPR_STAR:
    case EXPR_REPEAT:
        parts_of_pattern(set, pattern->kids[0], before, parts);
        break;
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_LOOK:
    case EXPR_CONTEXT:
    case EXPR_AND:
    case EXPR_NOT:
    case EXPR_THEN:
    case EXPR_GUARD:
        break;
    }
}

/* The state behind a byte, for states whose row is there. */
static const struct expr *target(struct language_set *set, const struct expr *e, enum before before,
                                 unsigned byte)
{
    const struct row *row = expr_row(set, e, before);
    return state_expr(set, row->targets[row->of[byte]]);
}

/* What is left of `pattern` and then `rest` when the pattern takes the byte. */
static const struct expr *take(struct language_set *set, const struct expr *pattern,
                               const struct expr *rest, enum before before, unsigned byte)
{
    set->work++;
    const struct expr *result = set->none;
    switch (pattern->kind) {
    case EXPR_SET:
        return byte_set_has(pattern->set, byte) ? rest : set->none;
    case EXPR_ALL:
        return expr_concat(set, pattern, rest);
    case EXPR_CONCAT: {
        const struct expr *first = pattern->kids[0], *second = pattern->kids[1];
        result = take(set, first, expr_concat(set, second, rest), before, byte);
        if (first->empty != EMPTY_NEVER) {
            const struct expr *skipped = take(set, second, rest, before, byte);
            const struct expr *guard = target(set, guard_of(set, first, before), before, byte);
            result = expr_either(set, result, expr_guard(set, guard, skipped));
        }
        return result;
    }
    case EXPR_UNION:
        for (uint32_t i = 0; i < pattern->kid_count; i++) {
            result = expr_either(set, result, take(set, pattern->kids[i], rest, before, byte));
        }
        return result;
    case EXPR_STAR:
        return take(set, pattern->kids[0], expr_concat(set, pattern, rest), before, byte);
    case EXPR_REPEAT: {
        uint32_t least = pattern->least ? pattern->least - 1 : 0;
        uint32_t most = pattern->most == REPEAT_UNBOUNDED ? pattern->most : pattern->most - 1;
        const struct expr *again = expr_repeat(set, pattern->kids[0], least, most);
        return take(set, pattern->kids[0], expr_concat(set, again, rest), before, byte);
    }
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_LOOK:
    case EXPR_CONTEXT:
    case EXPR_AND:
    case EXPR_NOT:
    case EXPR_THEN:
    case EXPR_GUARD:
        break;
    }
    return result;
}

static const struct expr *derive_list(struct language_set *set, const struct expr *e,
                                      enum before before, unsigned byte)
{
    const struct expr **kids = malloc(e->kid_count * sizeof(const struct expr *));
    if (!kids) {
        set->full = true;
        return set->none;
    }
    for (uint32_t i = 0; i < e->kid_count; i++) {
        kids[i] = target(set, e->kids[i], before, byte);
    }
    const struct expr *result = e->kind == EXPR_AND ? expr_and(set, kids, e->kid_count)
                                                    : expr_union(set, kids, e->kid_count);
    free(kids);
    return result;
}

static const struct expr *derive(struct language_set *set, const struct expr *e, enum before before,
                                 unsigned byte)
{
    switch (e->kind) {
    case EXPR_ALL:
        return e;
    case EXPR_UNION:
    case EXPR_AND:
        return derive_list(set, e, before, byte);
    case EXPR_NOT:
        return expr_not(set, target(set, e->kids[0], before, byte));
    case EXPR_GUARD:
        return expr_guard(set, target(set, e->kids[0], before, byte),
                          target(set, e->kids[1], before, byte));
    case EXPR_THEN: {
        const struct expr *first =
            expr_then(set, target(set, e->kids[0], before, byte), e->kids[1]);
        return expr_accepts(set, e->kids[0], before)
                   ? expr_either(set, first, target(set, e->kids[1], BEFORE_START, byte))
                   : first;
    }
    case EXPR_CONCAT: {
        const struct expr *taken = take(set, e->kids[0], e->kids[1], before, byte);
        if (e->kids[0]->empty == EMPTY_NEVER) {
            return taken;
        }
        const struct expr *guard = target(set, guard_of(set, e->kids[0], before), before, byte);
        return expr_either(set, taken,
                           expr_guard(set, guard, target(set, e->kids[1], before, byte)));
    }
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_SET:
    case EXPR_STAR:
    case EXPR_REPEAT:
    case EXPR_LOOK:
    case EXPR_CONTEXT:
        break;
    }
    return take(set, e, set->empty, before, byte);
}

static void parts_of_state(struct language_set *set, const struct expr *e, enum before before,
                           struct parts *parts)
{
    switch (e->kind) {
    case EXPR_UNION:
    case EXPR_AND:
    case EXPR_NOT:
    case EXPR_GUARD:
        for (uint32_t i = 0; i < e->kid_count; i++) {
            parts_join(parts, expr_row(set, e->kids[i], before)->of);
        }
        break;
    case EXPR_THEN:
        parts_join(parts, expr_row(set, e->kids[0], before)->of);
        if (expr_accepts(set, e->kids[0], before)) {
            parts_join(parts, expr_row(set, e->kids[1], BEFORE_START)->of);
        }
        break;
    case EXPR_CONCAT:
        parts_of_pattern(set, e->kids[0], before, parts);
        if (e->kids[0]->empty != EMPTY_NEVER) {
            parts_join(parts, expr_row(set, e->kids[1], before)->of);
        }
        if (e->kids[0]->empty == EMPTY_DEPENDS) {
            parts_join(parts, expr_row(set, guard_of(set, e->kids[0], before), before)->of);
        }
        break;
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_SET:
    case EXPR_STAR:
    case EXPR_REPEAT:
    case EXPR_LOOK:
    case EXPR_CONTEXT:
        parts_of_pattern(set, e, before, parts);
        break;
    }
    if (e->sees_before) {
        parts_by_before(parts);
    }
}

static struct row *make_row(struct language_set *set, const struct expr *e, enum before before)
{
    struct parts parts;
    uint32_t targets[256] = {0};
    uint8_t index[256] = {0};
    unsigned count = 0;
    parts_open(set, &parts);
    parts_of_state(set, e, before, &parts);
    bool done[256] = {false};
    for (unsigned c = 0; c < parts.classes; c++) {
        if (done[parts.of[c]]) {
            continue;
        }
        done[parts.of[c]] = true;
        unsigned byte = parts.bytes[c], at = 0;
        const struct expr *behind = expr_later(set, derive(set, e, before, byte));
        uint32_t state = state_of(behind, before_of(byte));
        while (at < count && targets[at] != state) {
            at++;
        }
        targets[at] = state;
        count += at == count;
        index[parts.of[c]] = (uint8_t)at;
    }
    set->work += count;
    struct row *row = arena_alloc(set->arena, sizeof *row + count * sizeof row->targets[0]);
    row->count = (uint16_t)count;
    memcpy(row->targets, targets, count * sizeof targets[0]);
    for (unsigned byte = 0; byte < 256; byte++) {
        row->of[byte] = index[parts.of[set->classes[byte]]];
    }
    return row;
}

/* Rows of the states that the row of `e` is made from. Before the row itself, so that little is on the
 * stack while this recurs, as deep as e->depth at most. */
static void make_rows_of_kids(struct language_set *set, const struct expr *e, enum before before)
{
    switch (e->kind) {
    case EXPR_UNION:
    case EXPR_AND:
    case EXPR_NOT:
    case EXPR_GUARD:
        for (uint32_t i = 0; i < e->kid_count; i++) {
            (void)expr_row(set, e->kids[i], before);
        }
        break;
    case EXPR_THEN:
        (void)expr_row(set, e->kids[0], before);
        (void)expr_row(set, e->kids[1], BEFORE_START);
        break;
    case EXPR_CONCAT:
        if (e->kids[0]->empty != EMPTY_NEVER) {
            (void)expr_row(set, e->kids[1], before);
        }
        break;
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_SET:
    case EXPR_STAR:
    case EXPR_REPEAT:
    case EXPR_LOOK:
    case EXPR_CONTEXT:
        break;
    }
}

const struct row *expr_row(struct language_set *set, const struct expr *expr, enum before before)
{
    before = expr->sees_before ? before : BEFORE_OTHER;
    struct expr *own = set->items[expr->number];
    if (!own->rows[before]) {
        make_rows_of_kids(set, expr, before);
        struct row *row = make_row(set, expr, before);
        own->rows[before] = row;
    }
    return own->rows[before];
}
