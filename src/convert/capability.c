#include "convert/capabilities_priv.h"

#include <string.h>

static const struct feature_capability standard_features[] = {
#define FEATURE(id, effect, text) {FEATURE_##id, STANDARD_##id},
#include "feature/features.def"
#undef FEATURE
};

/* CustomResourceDefinitions of gateway-api v1.2.1 to v1.6.1, both channels. */
static const struct {
    enum feature_id feature;
    int standard, experimental;
} releases[] = {
    {FEATURE_affinity, SINCE_NEVER, 2},
    {FEATURE_backend_client_certificate, 5, 5},
    {FEATURE_backend_verification, 4, 2},
    {FEATURE_client_certificates, 5, 4},
    {FEATURE_cors, 5, 3},
    {FEATURE_passthrough, 5, 2},
    {FEATURE_retries, SINCE_NEVER, 2},
    {FEATURE_streams, 6, 2},
};

int feature_since(enum feature_id feature, bool experimental)
{
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        if (releases[i].feature == feature) {
            return experimental ? releases[i].experimental : releases[i].standard;
        }
    }
    return 0;
}

const char *support_name(enum support support)
{
    static const char *const names[] = {"exact", "near", "none"};
    return names[support];
}

static const struct feature_capability *find(const struct feature_capability *list, size_t count,
                                             enum feature_id feature)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].feature == feature) {
            return &list[i];
        }
    }
    return NULL;
}

/* Words of its own, not those of `standard`. */
static bool says_more(const struct target *target, enum effect_id effect)
{
    const struct target *standard = target_find(SLICE("standard"));
    return effect != EFFECT_COUNT &&
           strcmp(target->capabilities[effect].text, standard->capabilities[effect].text) != 0;
}

static struct feature_capability of_effect(const struct target *target, enum effect_id effect,
                                           enum feature_id feature)
{
    const struct capability *row = &target->capabilities[effect];
    return (struct feature_capability){feature, row->support, row->text};
}

struct feature_capability target_capability(const struct target *target, enum feature_id feature,
                                            int api_minor, bool experimental)
{
    struct feature_capability out = {FEATURE_none, SUPPORT_EXACT, ""};
    const struct feature_row *row = feature_row(feature);
    if (!row) {
        return out;
    }
    const struct feature_capability *own = find(target->features, target->feature_count, feature);
    if (own) {
        out = *own;
    } else if ((enum effect_id)feature < EFFECT_COUNT || says_more(target, row->effect)) {
        out = of_effect(target, row->effect, feature);
    } else {
        out = *find(standard_features, ARRAY_LEN(standard_features), feature);
    }
    /* Kinds of its own do not wait for a release of Gateway API. */
    if (api_minor < feature_since(feature, experimental) && !own &&
        !says_more(target, row->effect)) {
        out.support = SUPPORT_NONE;
    }
    return out;
}
