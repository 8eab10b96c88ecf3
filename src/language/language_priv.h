/* Expressions, which are at once the syntax tree of a regular expression and the states of its
 * automaton. Equal expressions are one object, so that states are compared by their number.
 *
 * An expression in the place of a state says what the rest of the word must be. EXPR_CONCAT holds
 * an expression of a pattern and what comes behind it; where the pattern looks ahead, the guard of that
 * look-ahead becomes an obligation on the rest (EXPR_GUARD) that is followed beside it. */
#ifndef GATESHIFT_LANGUAGE_PRIV_H
#define GATESHIFT_LANGUAGE_PRIV_H

#include "language/language.h"

/* ---- sets of bytes ------------------------------------------------------------------------- */

static inline bool byte_set_has(const struct byte_set *set, unsigned byte)
{
    return set->bits[byte >> 6] >> (byte & 63) & 1;
}
static inline void byte_set_add(struct byte_set *set, unsigned byte)
{
    set->bits[byte >> 6] |= (uint64_t)1 << (byte & 63);
}
void byte_set_add_range(struct byte_set *set, unsigned from, unsigned to);
struct byte_set byte_set_all(void);
size_t byte_set_count(const struct byte_set *set);
bool byte_is_word(unsigned byte); /* what "\w" matches, in both dialects */
/* Where a byte stands in the order of words: letters first. */
uint8_t byte_rank(unsigned byte);

/* ---- expressions --------------------------------------------------------------------------- */

enum expr_kind {
    EXPR_NONE,    /* no word */
    EXPR_EMPTY,   /* the empty word */
    EXPR_ALL,     /* every word */
    EXPR_SET,     /* one byte of a set */
    EXPR_CONCAT,  /* kids[0], a pattern, then kids[1] */
    EXPR_UNION,   /* sorted by number */
    EXPR_STAR,    /* of a pattern */
    EXPR_REPEAT,  /* of a pattern, least to most times */
    EXPR_LOOK,    /* empty, where the rest of the word is one of kids[0] (or is not: negated) */
    EXPR_CONTEXT, /* empty, where the byte before allows it */
    EXPR_AND,     /* words of all kids; sorted by number */
    EXPR_NOT,     /* words that are none of kids[0] */
    EXPR_THEN,    /* a word of kids[0], which is a language by itself, then one of kids[1] */
    EXPR_GUARD    /* words of kids[1] that are of kids[0] as well */
};
enum context_kind {
    CONTEXT_TEXT_START,
    CONTEXT_LINE_START,
    CONTEXT_AFTER_WORD,
    CONTEXT_NOT_AFTER_WORD
};
/* What stands before the place in the word. */
enum before { BEFORE_START, BEFORE_NEWLINE, BEFORE_WORD, BEFORE_OTHER, BEFORE_COUNT };
/* Does a pattern match the empty word here? */
enum emptiness { EMPTY_NEVER, EMPTY_ALWAYS, EMPTY_DEPENDS };
#define REPEAT_UNBOUNDED UINT32_MAX

/* States that bytes lead to, each as state_of. */
struct row {
    uint8_t of[256]; /* byte -> index in targets */
    uint16_t count;
    uint32_t targets[];
};

struct expr {
    enum expr_kind kind;
    enum context_kind context;
    enum emptiness empty; /* as a pattern */
    bool negated;
    bool sees_before; /* holds an EXPR_CONTEXT */
    bool sees_start;  /* ... CONTEXT_TEXT_START */
    bool plain;       /* a pattern that asks only for its own bytes, not for what is around them */
    uint16_t depth;
    uint32_t number;
    uint32_t least, most;
    uint32_t kid_count;
    const struct expr **kids;
    const struct byte_set *set;
    uint64_t hash;
    const struct expr *later; /* without what holds at the start only; null: not made yet */
    struct row *rows[BEFORE_COUNT];
    int8_t accepts[BEFORE_COUNT]; /* 0: not known yet, 1 yes, -1 no */
};

struct language {
    const struct expr *expr; /* null for a literal until it is asked for */
    bool is_literal;
    enum literal_kind kind;
    struct slice text;
    bool fold; /* text is in lower case then */
};

struct language_set {
    struct arena *arena;
    struct arena *walk; /* null: none is kept */
    struct language_limits limits;
    bool full; /* a limit was passed: no answer is trusted from there on */
    size_t work;
    struct expr **table; /* open addressing */
    size_t table_size;
    struct expr **items; /* by number */
    size_t count, capacity;
    const struct expr *none, *empty, *all, *any_byte;
    const struct language *paths;
    /* Bytes that no expression tells apart have one class. */
    uint8_t classes[256];
    unsigned class_count;
    uint8_t by_rank[256]; /* bytes by byte_rank */
};

void exprs_open(struct language_set *set);
const struct expr *expr_set(struct language_set *set, const struct byte_set *bytes);
const struct expr *expr_byte(struct language_set *set, unsigned byte, bool fold);
const struct expr *expr_concat(struct language_set *set, const struct expr *a,
                               const struct expr *b);
const struct expr *expr_union(struct language_set *set, const struct expr **kids, size_t count);
const struct expr *expr_either(struct language_set *set, const struct expr *a,
                               const struct expr *b);
const struct expr *expr_and(struct language_set *set, const struct expr **kids, size_t count);
const struct expr *expr_both(struct language_set *set, const struct expr *a, const struct expr *b);
const struct expr *expr_not(struct language_set *set, const struct expr *a);
const struct expr *expr_then(struct language_set *set, const struct expr *a, const struct expr *b);
const struct expr *expr_star(struct language_set *set, const struct expr *a);
const struct expr *expr_repeat(struct language_set *set, const struct expr *a, uint32_t least,
                               uint32_t most);
/* `rest` is all that must follow; for "(?=x)" it is x and then anything. */
const struct expr *expr_look(struct language_set *set, const struct expr *rest, bool negated);
const struct expr *expr_context(struct language_set *set, enum context_kind kind);
const struct expr *expr_guard(struct language_set *set, const struct expr *obligation,
                              const struct expr *rest);
const struct expr *expr_text(struct language_set *set, struct slice text, bool fold);
/* The same behind at least one byte. */
const struct expr *expr_later(struct language_set *set, const struct expr *a);
void classes_split(uint8_t classes[256], unsigned *count, const struct byte_set *set);

/* ---- states -------------------------------------------------------------------------------- */

/* An expression with what stands before it, if it asks for that. */
static inline uint32_t state_of(const struct expr *expr, enum before before)
{
    return expr->number * BEFORE_COUNT + (uint32_t)(expr->sees_before ? before : BEFORE_OTHER);
}
static inline const struct expr *state_expr(const struct language_set *set, uint32_t state)
{
    return set->items[state / BEFORE_COUNT];
}
const struct row *expr_row(struct language_set *set, const struct expr *expr, enum before before);
bool expr_accepts(struct language_set *set, const struct expr *expr, enum before before);
const struct expr *language_expr(struct language_set *set, const struct language *language);

#endif
