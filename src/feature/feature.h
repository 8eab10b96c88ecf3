/* Features: the words in which front ends say what an annotation or a setting asks for, and back ends how
 * well a target can say it. Finer than effects, see features.def.
 *
 * Ownership: rows are static.
 * Errors:    none.
 * Threads:   read-only. */
#ifndef GATESHIFT_FEATURE_H
#define GATESHIFT_FEATURE_H

#include "route/route.h"

enum feature_id {
/* The first ones are the effects, with their numbers. */
#define EFFECT(id, type, aspect, impact, text) FEATURE_##id,
#include "route/effects.def"
#undef EFFECT
#define FEATURE(id, effect, text) FEATURE_##id,
#include "feature/features.def"
#undef FEATURE
    FEATURE_COUNT,
    FEATURE_none = FEATURE_COUNT /* nothing that shows in requests and answers */
};
struct feature_row {
    const char *name;
    enum effect_id effect; /* that it is a part of, or itself; EFFECT_COUNT: none */
    const char *text;
};
/* Null for FEATURE_none. */
const struct feature_row *feature_row(enum feature_id id);
/* How to have it all the same where a target cannot say it, step by step; null where there is no more to say
 * than the target's own words. */
const char *feature_recipe(enum feature_id id);

#endif
