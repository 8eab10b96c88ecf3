#include "language/language_priv.h"

#include <stdlib.h>

static const struct expr *later_again(struct language_set *set, const struct expr *a)
{
    const struct expr **kids = calloc(a->kid_count + 1, sizeof(const struct expr *));
    if (!kids) {
        set->full = true;
        return set->none;
    }
    for (uint32_t i = 0; i < a->kid_count; i++) {
        bool anew = a->kind == EXPR_THEN && i == 1;
        kids[i] = anew ? a->kids[i] : expr_later(set, a->kids[i]);
    }
    const struct expr *result = a;
    switch (a->kind) {
    case EXPR_CONTEXT:
        result = set->none;
        break;
    case EXPR_CONCAT:
        result = expr_concat(set, kids[0], kids[1]);
        break;
    case EXPR_UNION:
        result = expr_union(set, kids, a->kid_count);
        break;
    case EXPR_STAR:
        result = expr_star(set, kids[0]);
        break;
    case EXPR_REPEAT:
        result = expr_repeat(set, kids[0], a->least, a->most);
        break;
    case EXPR_LOOK:
        result = expr_look(set, kids[0], a->negated);
        break;
    case EXPR_AND:
        result = expr_and(set, kids, a->kid_count);
        break;
    case EXPR_NOT:
        result = expr_not(set, kids[0]);
        break;
    case EXPR_THEN:
        result = expr_then(set, kids[0], kids[1]);
        break;
    case EXPR_GUARD:
        result = expr_guard(set, kids[0], kids[1]);
        break;
    case EXPR_NONE:
    case EXPR_EMPTY:
    case EXPR_ALL:
    case EXPR_SET:
        break;
    }
    free(kids);
    return result;
}

const struct expr *expr_later(struct language_set *set, const struct expr *a)
{
    if (!a->sees_start) {
        return a;
    }
    struct expr *own = set->items[a->number];
    if (!own->later) {
        const struct expr *later = later_again(set, a);
        own->later = later;
    }
    return own->later;
}
