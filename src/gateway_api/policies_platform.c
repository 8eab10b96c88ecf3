#include "gateway_api/policies_priv.h"

/* What policies say for all Gateways alike is how the data plane is set up: it becomes the table's platform,
 * so that a difference in it is one of the data planes. */

union any_effect {
#define EFFECT(id, type, aspect, impact, text) struct route_##type id;
#include "route/effects.def"
#undef EFFECT
};

void effect_put(struct effects *effects, enum effect_id id, const void *effect)
{
    *(const void **)(void *)((char *)effects + effect_row(id)->offset) = effect;
}

static bool effects_alike(const struct effects *a, const struct effects *b)
{
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        if (!effect_equal(id, effect_get(a, id), effect_get(b, id))) {
            return false;
        }
    }
    return true;
}

/* False where single listeners have one, or where some of it is not understood. */
static bool gateway_effects(struct builder *builder, const struct policy_reader *reader,
                            const struct object *gateway, struct effects *out)
{
    const struct unknown *unknown = NULL;
    const struct policy_place place = {.effects = out, .unknown = &unknown};
    const struct object *policy =
        policy_at(builder, reader, "Gateway", gateway->namespace, gateway->name, SLICE_ABSENT);
    if (policy_at(builder, reader, "Listeners", gateway->namespace, gateway->name, SLICE_ABSENT)) {
        return false;
    }
    if (policy) {
        policy_apply(builder, reader, policy, true, &place);
    }
    return !unknown;
}

static void share(struct builder *builder, const struct policy_reader *reader)
{
    struct effects *common = ARENA_NEW(builder->run->arena, struct effects);
    for (size_t i = 0; i < builder->gateway_count; i++) {
        struct effects own = {0};
        if (!gateway_effects(builder, reader, &builder->gateways[i].gateway->object, &own) ||
            (i && !effects_alike(common, &own))) {
            return;
        }
        *common = own;
    }
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        if (effect_get(common, id)) {
            effect_put(&builder->table->platform, id, effect_get(common, id));
        }
    }
    map_put(builder->common, slice_of(reader->kind), common);
}

void policies_platform(struct builder *builder)
{
    builder->common = map_new(builder->run->arena);
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        if (reader->attach == POLICY_BY_TARGET && reader->apply && builder->gateway_count) {
            share(builder, reader);
        }
    }
}

const struct effects *policies_common(const struct builder *builder,
                                      const struct policy_reader *reader)
{
    return map_get(builder->common, slice_of(reader->kind));
}

void policies_start_from(const struct effects *common, struct effects *effects)
{
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        if (effect_get(common, id) && !effect_get(effects, id)) {
            effect_put(effects, id, effect_get(common, id));
        }
    }
}

void policies_take_back(struct builder *builder, const struct effects *common,
                        struct effects *effects)
{
    static const struct effects none;
    const struct effects *platform =
        builder->profile->platform ? builder->profile->platform : &none;
    for (enum effect_id id = 0; id < EFFECT_COUNT; id++) {
        if (effect_get(common, id) && !effect_get(effects, id)) {
            /* the effect with all fields zero is the one that does nothing */
            const void *own = effect_get(platform, id);
            effect_put(effects, id, own ? own : ARENA_NEW(builder->run->arena, union any_effect));
        }
    }
}
