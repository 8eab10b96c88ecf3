#include "language/parse_priv.h"

#include <stdlib.h>

uint32_t rune_max(const struct parser *p)
{
    return p->dialect == DIALECT_RE2 ? RUNE_MAX_UNICODE : RUNE_MAX_BYTE;
}

void runes_add(struct parser *p, struct runes *runes, uint32_t from, uint32_t to)
{
    *ARENA_PUSH(p->set->arena, runes->items, runes->count, runes->capacity) =
        (struct rune_range){from, to};
}

void runes_add_all(struct parser *p, struct runes *runes, const struct runes *more)
{
    for (size_t i = 0; i < more->count; i++) {
        runes_add(p, runes, more->items[i].from, more->items[i].to);
    }
}

void runes_add_pairs(struct parser *p, struct runes *runes, const char *pairs, size_t length)
{
    for (size_t i = 0; i + 1 < length; i += 2) {
        runes_add(p, runes, (unsigned char)pairs[i], (unsigned char)pairs[i + 1]);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct rune_range *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

/* Sorted ranges that do not touch each other. */
static void tidy(struct runes *runes)
{
    if (!runes->count) {
        return;
    }
    qsort(runes->items, runes->count, sizeof *runes->items, by_start);
    size_t kept = 0;
    for (size_t i = 1; i < runes->count; i++) {
        struct rune_range *last = &runes->items[kept];
        const struct rune_range *next = &runes->items[i];
        if (next->from <= last->to || next->from == last->to + 1) {
            last->to = next->to > last->to ? next->to : last->to;
        } else {
            runes->items[++kept] = *next;
        }
    }
    runes->count = kept + 1;
}

void runes_negate(struct parser *p, struct runes *runes)
{
    struct runes rest = {0};
    uint32_t next = 0;
    tidy(runes);
    for (size_t i = 0; i < runes->count; i++) {
        if (runes->items[i].from > next) {
            runes_add(p, &rest, next, runes->items[i].from - 1);
        }
        next = runes->items[i].to + 1;
    }
    if (next <= rune_max(p)) {
        runes_add(p, &rest, next, rune_max(p));
    }
    *runes = rest;
}

/* ---- case ---------------------------------------------------------------------------------- */

/* ASCII letters whose case folding leads outside ASCII (Unicode CaseFolding.txt), in RE2 alone. */
static const struct {
    uint32_t letter, sign;
} outside[] = {{'k', 0x212a}, {'s', 0x17f}};

static void fold_ascii(struct parser *p, struct runes *runes, uint32_t from, uint32_t to)
{
    for (uint32_t c = from; c <= to && c < 128; c++) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            runes_add(p, runes, c ^ 0x20, c ^ 0x20);
        }
        for (size_t i = 0; p->dialect == DIALECT_RE2 && i < ARRAY_LEN(outside); i++) {
            if ((c | 0x20) == outside[i].letter) {
                runes_add(p, runes, outside[i].sign, outside[i].sign);
            }
        }
    }
}

bool runes_fold(struct parser *p, struct runes *runes, size_t offset)
{
    tidy(runes);
    for (size_t i = 0, count = runes->count; i < count; i++) {
        struct rune_range range = runes->items[i];
        fold_ascii(p, runes, range.from, range.to);
        if (p->dialect == DIALECT_PCRE || range.to < 128) {
            continue;
        }
        /* All that is not ASCII holds the signs of both letters, and folds to itself otherwise. */
        bool all = range.from <= 128 && range.to == RUNE_MAX_UNICODE;
        if (!all) {
            return parser_fault(p, FAULT_UNSUPPORTED, offset,
                                "letters that are not ASCII are not compared without case here");
        }
        for (size_t j = 0; j < ARRAY_LEN(outside); j++) {
            runes_add(p, runes, outside[j].letter, outside[j].letter);
            runes_add(p, runes, outside[j].letter - 0x20, outside[j].letter - 0x20);
        }
    }
    return true;
}

/* ---- UTF-8 --------------------------------------------------------------------------------- */

static unsigned encode(uint32_t rune, unsigned char bytes[4])
{
    if (rune < 0x80) {
        bytes[0] = (unsigned char)rune;
        return 1;
    }
    unsigned length = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = length; i-- > 1;) {
        bytes[i] = (unsigned char)(0x80 | (rune & 0x3f));
        rune >>= 6;
    }
    bytes[0] = (unsigned char)(marks[length] | rune);
    return length;
}

static const struct expr *sequence(struct parser *p, const unsigned char *from,
                                   const unsigned char *to, unsigned length)
{
    const struct expr *e = p->set->empty;
    for (unsigned i = length; i-- > 0;) {
        struct byte_set bytes = {{0}};
        byte_set_add_range(&bytes, from[i], to[i]);
        e = expr_concat(p->set, expr_set(p->set, &bytes), e);
    }
    return e;
}

/* What RE2 makes of all characters that are not ASCII: also some encodings that are none (re2/compile.cc,
 * Add_80_10ffff). */
static const struct expr *outside_ascii(struct parser *p)
{
    static const unsigned char from[][4] = {
        {0xc2, 0x80}, {0xe0, 0x80, 0x80}, {0xf0, 0x80, 0x80, 0x80}};
    static const unsigned char to[][4] = {
        {0xdf, 0xbf}, {0xef, 0xbf, 0xbf}, {0xf4, 0xbf, 0xbf, 0xbf}};
    const struct expr *e = p->set->none;
    for (unsigned i = 0; i < 3; i++) {
        e = expr_either(p->set, e, sequence(p, from[i], to[i], i + 2));
    }
    return e;
}

/* Ranges are cut until all of one agree in their first bytes (re2/compile.cc, AddRuneRangeUTF8). The
 * recursion halves a range of 21 bits. */
static const struct expr *utf8_range(struct parser *p, uint32_t from, uint32_t to)
{
    static const uint32_t longest[] = {0x7f, 0x7ff, 0xffff};
    if (from == 0x80 && to == RUNE_MAX_UNICODE) {
        return outside_ascii(p);
    }
    uint32_t cut = to;
    for (size_t i = 0; i < ARRAY_LEN(longest) && cut == to; i++) {
        cut = from <= longest[i] && longest[i] < to ? longest[i] : to;
    }
    unsigned char first[4], last[4];
    for (unsigned i = 1; cut == to && encode(from, first) > i; i++) {
        uint32_t mask = ((uint32_t)1 << (6 * i)) - 1;
        if ((from & ~mask) == (to & ~mask)) {
            continue;
        }
        if (from & mask) {
            cut = from | mask;
        } else if ((to & mask) != mask) {
            cut = (to & ~mask) - 1;
        }
    }
    if (cut != to) {
        return expr_either(p->set, utf8_range(p, from, cut), utf8_range(p, cut + 1, to));
    }
    (void)encode(from, first);
    return sequence(p, first, last, encode(to, last));
}

const struct expr *runes_expr(struct parser *p, struct runes *runes)
{
    const struct expr *e = p->set->none;
    struct byte_set bytes = {{0}};
    tidy(runes);
    for (size_t i = 0; i < runes->count; i++) {
        struct rune_range range = runes->items[i];
        uint32_t single = p->dialect == DIALECT_RE2 ? 0x7f : RUNE_MAX_BYTE;
        if (range.from <= single) {
            byte_set_add_range(&bytes, range.from, range.to < single ? range.to : single);
        }
        if (range.to > single) {
            uint32_t from = range.from > single ? range.from : single + 1;
            e = expr_either(p->set, e, utf8_range(p, from, range.to));
        }
    }
    return expr_either(p->set, expr_set(p->set, &bytes), e);
}

bool rune_expr(struct parser *p, uint32_t rune, size_t offset, const struct expr **out)
{
    struct runes runes = {0};
    runes_add(p, &runes, rune, rune);
    if (p->flags.fold) {
        if (rune == 'k' || rune == 'K' || rune == 's' || rune == 'S') {
            parser_note(p, NOTE_FOLD, offset);
        }
        if (!runes_fold(p, &runes, offset)) {
            return false;
        }
    }
    *out = runes_expr(p, &runes);
    return true;
}
