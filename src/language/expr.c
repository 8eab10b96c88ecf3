#include "language/language_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- equal expressions are one ------------------------------------------------------------- */

/* The finaliser of splitmix64. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

static uint64_t hash(const struct expr *e)
{
    uint64_t sum = mix((uint64_t)e->kind << 40 ^ (uint64_t)e->context << 36 ^
                       (uint64_t)e->negated << 34 ^ (uint64_t)e->least << 17 ^ e->most);
    for (uint32_t i = 0; i < e->kid_count; i++) {
        sum = mix(sum + 0x9e3779b97f4a7c15 + e->kids[i]->number);
    }
    for (size_t i = 0; e->set && i < ARRAY_LEN(e->set->bits); i++) {
        sum = mix(sum + 0x9e3779b97f4a7c15 + e->set->bits[i]);
    }
    return sum;
}

static bool same(const struct expr *a, const struct expr *b)
{
    if (a->hash != b->hash || a->kind != b->kind || a->context != b->context ||
        a->negated != b->negated || a->least != b->least || a->most != b->most ||
        a->kid_count != b->kid_count || (a->set == NULL) != (b->set == NULL)) {
        return false;
    }
    for (uint32_t i = 0; i < a->kid_count; i++) {
        if (a->kids[i] != b->kids[i]) {
            return false;
        }
    }
    return !a->set || memcmp(a->set, b->set, sizeof *a->set) == 0;
}

static struct expr **slot(struct expr **table, size_t size, const struct expr *wanted)
{
    size_t at = (size_t)wanted->hash & (size - 1);
    while (table[at] && !same(table[at], wanted)) {
        at = (at + 1) & (size - 1);
    }
    return &table[at];
}

static void grow(struct language_set *set)
{
    size_t size = set->table_size ? set->table_size * 2 : 1024;
    struct expr **table = ARENA_ARRAY(set->arena, struct expr *, size);
    for (size_t i = 0; i < set->count; i++) {
        *slot(table, size, set->items[i]) = set->items[i];
    }
    set->table = table;
    set->table_size = size;
}

static enum emptiness emptiness(const struct expr *e)
{
    bool all = true, any = false, never = false, always = false;
    for (uint32_t i = 0; i < e->kid_count; i++) {
        all = all && e->kids[i]->empty == EMPTY_ALWAYS;
        always = always || e->kids[i]->empty == EMPTY_ALWAYS;
        never = never || e->kids[i]->empty == EMPTY_NEVER;
        any = any || e->kids[i]->empty != EMPTY_NEVER;
    }
    switch (e->kind) {
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_STAR:
        return EMPTY_ALWAYS;
    case EXPR_CONCAT:
        return never ? EMPTY_NEVER : all ? EMPTY_ALWAYS : EMPTY_DEPENDS;
    case EXPR_UNION:
        return always ? EMPTY_ALWAYS : any ? EMPTY_DEPENDS : EMPTY_NEVER;
    case EXPR_REPEAT:
        return e->least == 0 ? EMPTY_ALWAYS : e->kids[0]->empty;
    case EXPR_LOOK:
    case EXPR_CONTEXT:
        return EMPTY_DEPENDS;
    case EXPR_NONE:
    case EXPR_SET:
    case EXPR_AND: /* these four stand for states alone */
    case EXPR_NOT:
    case EXPR_THEN:
    case EXPR_GUARD:
        return EMPTY_NEVER;
    }
    return EMPTY_NEVER;
}

static void describe(struct expr *e)
{
    size_t depth = 0;
    e->plain = e->kind <= EXPR_REPEAT;
    e->sees_before = e->kind == EXPR_CONTEXT;
    e->sees_start = e->kind == EXPR_CONTEXT && e->context == CONTEXT_TEXT_START;
    for (uint32_t i = 0; i < e->kid_count; i++) {
        const struct expr *kid = e->kids[i];
        e->plain = e->plain && kid->plain;
        if (e->kind == EXPR_THEN && i == 1) {
            continue; /* it starts anew */
        }
        e->sees_before = e->sees_before || kid->sees_before;
        e->sees_start = e->sees_start || kid->sees_start;
        /* What stands behind something that takes a byte is not looked at before. */
        size_t own = kid->depth;
        if (e->kind != EXPR_CONCAT || i == 0 || e->kids[0]->empty != EMPTY_NEVER) {
            own++;
        }
        depth = own > depth ? own : depth;
    }
    e->depth = (uint16_t)(depth < UINT16_MAX ? depth : UINT16_MAX);
    e->empty = emptiness(e);
}

/* The expression that is equal to *wanted; kids are copied when there is none yet. */
static const struct expr *intern(struct language_set *set, struct expr *wanted)
{
    if (2 * set->count >= set->table_size) {
        grow(set);
    }
    wanted->hash = hash(wanted);
    struct expr **at = slot(set->table, set->table_size, wanted);
    if (*at) {
        return *at;
    }
    if (arena_used(set->arena) > set->limits.bytes) {
        set->full = true;
        return set->none;
    }
    struct expr *e = ARENA_NEW(set->arena, struct expr);
    *e = *wanted;
    e->kids = ARENA_ARRAY(set->arena, const struct expr *, e->kid_count ? e->kid_count : 1);
    if (e->kid_count) {
        memcpy(e->kids, wanted->kids, e->kid_count * sizeof(const struct expr *));
    }
    if (wanted->set) {
        struct byte_set *copy = ARENA_NEW(set->arena, struct byte_set);
        *copy = *wanted->set;
        e->set = copy;
        classes_split(set->classes, &set->class_count, copy);
    }
    describe(e);
    e->number = (uint32_t)set->count;
    *ARENA_PUSH(set->arena, set->items, set->count, set->capacity) = e;
    *at = e;
    return e;
}

static const struct expr *leaf(struct language_set *set, enum expr_kind kind)
{
    struct expr e = {.kind = kind};
    return intern(set, &e);
}

static const struct expr *single(struct language_set *set, enum expr_kind kind,
                                 const struct expr *kid)
{
    const struct expr *kids[] = {kid};
    struct expr e = {.kind = kind, .kids = kids, .kid_count = 1};
    return intern(set, &e);
}

static const struct expr *pair(struct language_set *set, enum expr_kind kind, const struct expr *a,
                               const struct expr *b)
{
    const struct expr *kids[] = {a, b};
    struct expr e = {.kind = kind, .kids = kids, .kid_count = 2};
    return intern(set, &e);
}

void exprs_open(struct language_set *set)
{
    set->class_count = 1;
    for (unsigned byte = 0; byte < 256; byte++) {
        set->by_rank[byte_rank(byte)] = (uint8_t)byte;
    }
    set->none = leaf(set, EXPR_NONE);
    set->empty = leaf(set, EXPR_EMPTY);
    set->all = leaf(set, EXPR_ALL);
    const struct byte_set any = byte_set_all();
    set->any_byte = expr_set(set, &any);
}

/* ---- patterns ------------------------------------------------------------------------------ */

const struct expr *expr_set(struct language_set *set, const struct byte_set *bytes)
{
    const struct byte_set none = {{0}};
    if (memcmp(bytes, &none, sizeof none) == 0) {
        return set->none;
    }
    struct expr e = {.kind = EXPR_SET, .set = bytes};
    return intern(set, &e);
}

const struct expr *expr_byte(struct language_set *set, unsigned byte, bool fold)
{
    struct byte_set bytes = {{0}};
    byte_set_add(&bytes, byte);
    if (fold && ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))) {
        byte_set_add(&bytes, byte ^ 0x20);
    }
    return expr_set(set, &bytes);
}

const struct expr *expr_text(struct language_set *set, struct slice text, bool fold)
{
    const struct expr *e = set->empty;
    for (size_t i = text.len; i-- > 0;) {
        e = expr_concat(set, expr_byte(set, (unsigned char)text.ptr[i], fold), e);
    }
    return e;
}

const struct expr *expr_concat(struct language_set *set, const struct expr *a, const struct expr *b)
{
    if (a->kind == EXPR_NONE || b->kind == EXPR_NONE) {
        return set->none;
    }
    if (a->kind == EXPR_EMPTY) {
        return b;
    }
    if (b->kind == EXPR_EMPTY) {
        return a;
    }
    if (b->kind == EXPR_ALL && a->empty == EMPTY_ALWAYS) {
        return b;
    }
    if ((a->kind == EXPR_STAR || a->kind == EXPR_ALL) && b->kind == EXPR_CONCAT &&
        b->kids[0] == a) {
        return b;
    }
    if (a->kind != EXPR_CONCAT) {
        return pair(set, EXPR_CONCAT, a, b);
    }
    /* The list of a is put before b, from its end. */
    size_t count = 1;
    for (const struct expr *at = a; at->kind == EXPR_CONCAT; at = at->kids[1]) {
        count++;
    }
    const struct expr **list = malloc(count * sizeof(const struct expr *));
    if (!list) {
        set->full = true;
        return set->none;
    }
    const struct expr *at = a;
    for (size_t i = 0; i < count; i++) {
        list[i] = i + 1 < count ? at->kids[0] : at;
        at = i + 1 < count ? at->kids[1] : at;
    }
    for (size_t i = count; i-- > 0;) {
        b = expr_concat(set, list[i], b);
    }
    free(list);
    return b;
}

const struct expr *expr_star(struct language_set *set, const struct expr *a)
{
    if (a == set->any_byte || a->kind == EXPR_ALL) {
        return set->all;
    }
    if (a->kind == EXPR_STAR) {
        return a;
    }
    /* What takes no byte adds nothing, however often. */
    if (a->kind == EXPR_NONE || a->kind == EXPR_EMPTY || a->kind == EXPR_LOOK ||
        a->kind == EXPR_CONTEXT) {
        return set->empty;
    }
    return single(set, EXPR_STAR, a);
}

const struct expr *expr_repeat(struct language_set *set, const struct expr *a, uint32_t least,
                               uint32_t most)
{
    bool takes_none = a->kind == EXPR_EMPTY || a->kind == EXPR_LOOK || a->kind == EXPR_CONTEXT;
    if (most == 0 || (takes_none && least == 0)) {
        return set->empty;
    }
    if (takes_none || (least == 1 && most == 1)) {
        return a;
    }
    least = a->empty == EMPTY_ALWAYS ? 0 : least;
    if (a->kind == EXPR_NONE) {
        return least ? a : set->empty;
    }
    if (least == 0 && (most == REPEAT_UNBOUNDED || a->kind == EXPR_ALL || a->kind == EXPR_STAR)) {
        return expr_star(set, a);
    }
    if (least == 0 && most == 1) {
        return expr_either(set, set->empty, a);
    }
    /* Where it depends whether `a` is empty, each time is asked for by itself. */
    if ((least == 1 && most == REPEAT_UNBOUNDED) || (least && a->empty == EMPTY_DEPENDS)) {
        uint32_t rest = most == REPEAT_UNBOUNDED ? most : most - least;
        const struct expr *e = expr_repeat(set, a, 0, rest);
        for (uint32_t i = 0; i < least; i++) {
            e = expr_concat(set, a, e);
        }
        return e;
    }
    const struct expr *kids[] = {a};
    struct expr e = {
        .kind = EXPR_REPEAT, .kids = kids, .kid_count = 1, .least = least, .most = most};
    return intern(set, &e);
}

const struct expr *expr_look(struct language_set *set, const struct expr *rest, bool negated)
{
    if (rest->kind == EXPR_NONE || rest->kind == EXPR_ALL) {
        return (rest->kind == EXPR_ALL) != negated ? set->empty : set->none;
    }
    const struct expr *kids[] = {rest};
    struct expr e = {.kind = EXPR_LOOK, .kids = kids, .kid_count = 1, .negated = negated};
    return intern(set, &e);
}

const struct expr *expr_context(struct language_set *set, enum context_kind kind)
{
    struct expr e = {.kind = EXPR_CONTEXT, .context = kind};
    /* Rows tell the bytes apart that later contexts ask for. */
    struct byte_set newline = {{0}}, word = {{0}};
    byte_set_add(&newline, '\n');
    for (unsigned byte = 0; byte < 128; byte++) {
        if (byte_is_word(byte)) {
            byte_set_add(&word, byte);
        }
    }
    classes_split(set->classes, &set->class_count, &newline);
    classes_split(set->classes, &set->class_count, &word);
    return intern(set, &e);
}

/* ---- states -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const struct expr *const *x = a, *const *y = b;
    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

/* The kids with those of kids of the same kind, sorted, each once, without `dropped`. On the heap; null
 * when memory ran out. */
static const struct expr **flatten(struct language_set *set, enum expr_kind kind,
                                   const struct expr **kids, size_t count,
                                   const struct expr *dropped, size_t *out)
{
    size_t total = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        total += kids[i]->kind == kind ? kids[i]->kid_count : 1;
    }
    const struct expr **list = malloc((total + 1) * sizeof(const struct expr *));
    set->work += total;
    if (!list) {
        set->full = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (kids[i]->kind == kind) {
            memcpy(list + used, kids[i]->kids, kids[i]->kid_count * sizeof(const struct expr *));
            used += kids[i]->kid_count;
        } else if (kids[i] != dropped) {
            list[used++] = kids[i];
        }
    }
    qsort(list, used, sizeof(const struct expr *), by_number);
    size_t kept = 0;
    for (size_t i = 0; i < used; i++) {
        if (!kept || list[kept - 1] != list[i]) {
            list[kept++] = list[i];
        }
    }
    *out = kept;
    return list;
}

/* Sets among the kids become one: [ab] for a|b. */
static size_t merge_sets(struct language_set *set, const struct expr **list, size_t count)
{
    struct byte_set bytes = {{0}};
    size_t kept = 0, sets = 0;
    for (size_t i = 0; i < count; i++) {
        sets += list[i]->kind == EXPR_SET;
    }
    if (sets < 2) {
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i]->kind != EXPR_SET) {
            list[kept++] = list[i];
            continue;
        }
        for (size_t j = 0; j < ARRAY_LEN(bytes.bits); j++) {
            bytes.bits[j] |= list[i]->set->bits[j];
        }
    }
    list[kept++] = expr_set(set, &bytes);
    qsort(list, kept, sizeof(const struct expr *), by_number);
    return kept;
}

const struct expr *expr_union(struct language_set *set, const struct expr **kids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kids[i]->kind == EXPR_ALL) {
            return set->all;
        }
    }
    const struct expr **list = flatten(set, EXPR_UNION, kids, count, set->none, &count);
    if (!list) {
        return set->none;
    }
    count = merge_sets(set, list, count);
    struct expr e = {.kind = EXPR_UNION, .kids = list, .kid_count = (uint32_t)count};
    const struct expr *result = count == 0 ? set->none : count == 1 ? list[0] : intern(set, &e);
    free(list);
    return result;
}

const struct expr *expr_either(struct language_set *set, const struct expr *a, const struct expr *b)
{
    if (a == b || b->kind == EXPR_NONE) {
        return a;
    }
    const struct expr *kids[] = {a, b};
    return a->kind == EXPR_NONE ? b : expr_union(set, kids, 2);
}

const struct expr *expr_and(struct language_set *set, const struct expr **kids, size_t count)
{
    const struct expr **list = flatten(set, EXPR_AND, kids, count, set->all, &count);
    if (!list) {
        return set->none;
    }
    bool none = false;
    for (size_t i = 0; i < count && !none; i++) {
        const struct expr *opposite = list[i]->kind == EXPR_NOT ? list[i]->kids[0] : NULL;
        none = list[i]->kind == EXPR_NONE ||
               (opposite &&
                bsearch(&opposite, list, count, sizeof(const struct expr *), by_number) != NULL);
    }
    struct expr e = {.kind = EXPR_AND, .kids = list, .kid_count = (uint32_t)count};
    const struct expr *result = none         ? set->none
                                : count == 0 ? set->all
                                : count == 1 ? list[0]
                                             : intern(set, &e);
    free(list);
    return result;
}

const struct expr *expr_both(struct language_set *set, const struct expr *a, const struct expr *b)
{
    const struct expr *kids[] = {a, b};
    return a == b ? a : expr_and(set, kids, 2);
}

const struct expr *expr_not(struct language_set *set, const struct expr *a)
{
    if (a->kind == EXPR_NOT) {
        return a->kids[0];
    }
    if (a->kind == EXPR_NONE || a->kind == EXPR_ALL) {
        return a->kind == EXPR_NONE ? set->all : set->none;
    }
    return single(set, EXPR_NOT, a);
}

const struct expr *expr_then(struct language_set *set, const struct expr *a, const struct expr *b)
{
    if (a->kind == EXPR_NONE || b->kind == EXPR_NONE) {
        return set->none;
    }
    if (a->kind == EXPR_EMPTY && !b->sees_before) {
        return b;
    }
    return a->plain && !b->sees_before ? expr_concat(set, a, b) : pair(set, EXPR_THEN, a, b);
}

/* Each way to go on carries its own obligations: only so do they stay finitely many where a pattern
 * looks ahead inside a repetition. */
const struct expr *expr_guard(struct language_set *set, const struct expr *obligation,
                              const struct expr *rest)
{
    if (obligation->kind == EXPR_ALL || rest->kind == EXPR_NONE) {
        return rest;
    }
    if (obligation->kind == EXPR_NONE) {
        return obligation;
    }
    if (rest->kind == EXPR_ALL) {
        return obligation;
    }
    if (rest->kind == EXPR_GUARD) {
        return expr_guard(set, expr_both(set, obligation, rest->kids[0]), rest->kids[1]);
    }
    if (rest->kind != EXPR_UNION) {
        return pair(set, EXPR_GUARD, obligation, rest);
    }
    const struct expr **kids = malloc(rest->kid_count * sizeof(const struct expr *));
    if (!kids) {
        set->full = true;
        return set->none;
    }
    for (uint32_t i = 0; i < rest->kid_count; i++) {
        kids[i] = expr_guard(set, obligation, rest->kids[i]);
    }
    const struct expr *result = expr_union(set, kids, rest->kid_count);
    free(kids);
    return result;
}
