#include "language/parse_priv.h"

#include <string.h>

enum { STATES_DEFAULT = 1000000 };
#define BYTES_DEFAULT ((size_t)1 << 30)

/* ---- the set ------------------------------------------------------------------------------- */

struct language_set *language_set_open(const struct arena *like,
                                       const struct language_limits *limits)
{
    static const struct language_limits usual = {STATES_DEFAULT, BYTES_DEFAULT};
    struct arena *arena = arena_open_like(like);
    struct language_set *set = ARENA_NEW(arena, struct language_set);
    set->arena = arena;
    set->limits = limits ? *limits : usual;
    exprs_open(set);
    return set;
}

void language_set_close(struct language_set *set)
{
    if (set) {
        arena_close(set->walk);
        arena_close(set->arena);
    }
}

static const struct language *language_new(struct language_set *set, const struct expr *expr)
{
    struct language *language = ARENA_NEW(set->arena, struct language);
    language->expr = expr;
    /* Languages made of languages without end would be looked into without end. */
    set->full = set->full || expr->depth > EXPR_DEPTH_MAX;
    return language;
}

/* ---- literals ------------------------------------------------------------------------------ */

const struct language *language_literal(struct language_set *set, enum literal_kind kind,
                                        struct slice text, bool fold)
{
    if (kind == LITERAL_ELEMENTS && slice_ends(text, SLICE("/"))) {
        text.len--;
    }
    struct language *language = ARENA_NEW(set->arena, struct language);
    *language = (struct language){.is_literal = true, .kind = kind, .fold = fold};
    language->text = fold ? arena_lower(set->arena, text) : arena_copy(set->arena, text);
    return language;
}

const struct expr *language_expr(struct language_set *set, const struct language *language)
{
    if (language->expr) {
        return language->expr;
    }
    const struct expr *rest = set->empty;
    if (language->kind == LITERAL_STRING) {
        rest = set->all;
    } else if (language->kind == LITERAL_ELEMENTS) {
        rest = expr_either(set, set->empty, expr_concat(set, expr_byte(set, '/', false), set->all));
    }
    return expr_concat(set, expr_text(set, language->text, language->fold), rest);
}

const struct language *language_all(struct language_set *set)
{
    return language_new(set, set->all);
}

const struct language *language_none(struct language_set *set)
{
    return language_new(set, set->none);
}

const struct language *language_paths(struct language_set *set)
{
    if (!set->paths) {
        struct byte_set bytes = {{0}};
        byte_set_add_range(&bytes, ' ', 0x7e);
        byte_set_add_range(&bytes, 0x80, 0xff);
        const struct expr *rest = expr_star(set, expr_set(set, &bytes));
        set->paths = language_new(set, expr_concat(set, expr_byte(set, '/', false), rest));
    }
    return set->paths;
}

/* ---- from languages ------------------------------------------------------------------------ */

const struct language *language_union(struct language_set *set, const struct language *a,
                                      const struct language *b)
{
    return language_new(set, expr_either(set, language_expr(set, a), language_expr(set, b)));
}

const struct language *language_intersection(struct language_set *set, const struct language *a,
                                             const struct language *b)
{
    return language_new(set, expr_both(set, language_expr(set, a), language_expr(set, b)));
}

const struct language *language_complement(struct language_set *set, const struct language *a)
{
    return language_new(set, expr_not(set, language_expr(set, a)));
}

const struct language *language_difference(struct language_set *set, const struct language *a,
                                           const struct language *b)
{
    const struct expr *none_of_b = expr_not(set, language_expr(set, b));
    return language_new(set, expr_both(set, language_expr(set, a), none_of_b));
}

const struct language *language_concatenation(struct language_set *set, const struct language *a,
                                              const struct language *b)
{
    return language_new(set, expr_then(set, language_expr(set, a), language_expr(set, b)));
}

/* ---- regular expressions ------------------------------------------------------------------- */

/* The words in which the pattern is found. */
static const struct expr *anchored(struct language_set *set, const struct expr *e,
                                   enum anchoring anchoring)
{
    switch (anchoring) {
    case ANCHORING_WHOLE:
        return e;
    case ANCHORING_START:
        return expr_concat(set, e, set->all);
    case ANCHORING_SEARCH:
        break;
    }
    const struct expr *here = expr_concat(set, e, set->all);
    if (!e->sees_start) {
        return expr_concat(set, set->all, here);
    }
    const struct expr *later = expr_concat(set, expr_later(set, e), set->all);
    const struct expr *skip = expr_concat(set, set->any_byte, set->all);
    return expr_either(set, here, expr_concat(set, skip, later));
}

const struct expr *regex_expr(struct language_set *set, struct slice pattern,
                              const struct regex_reading *reading, struct language_fault *fault,
                              size_t notes[NOTE_COUNT])
{
    struct parser p = {.set = set,
                       .pattern = pattern,
                       .dialect = reading->dialect,
                       .flags = {.fold = reading->fold},
                       .fault = fault};
    const struct expr *e = pattern_parse(&p);
    if (notes) {
        memcpy(notes, p.notes, sizeof p.notes);
    }
    return e ? anchored(set, e, reading->anchoring) : NULL;
}

const struct language *language_regex(struct language_set *set, struct slice pattern,
                                      const struct regex_reading *reading,
                                      struct language_fault *fault)
{
    const struct expr *e = regex_expr(set, arena_copy(set->arena, pattern), reading, fault, NULL);
    return e ? language_new(set, e) : NULL;
}
