#include "feature/feature.h"

#define EFFECT_NONE EFFECT_COUNT

static const struct feature_row rows[FEATURE_COUNT] = {
#define EFFECT(id, type, aspect, impact, text) {#id, EFFECT_##id, text},
#include "route/effects.def"
#undef EFFECT
#define FEATURE(id, effect, text) {#id, EFFECT_##effect, text},
#include "feature/features.def"
#undef FEATURE
};

const struct feature_row *feature_row(enum feature_id id)
{
    return id < FEATURE_COUNT ? &rows[id] : NULL;
}
