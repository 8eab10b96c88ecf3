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

/* ---- how requests are read ------------------------------------------------------------------ */

/* In what policies can change. */
static bool read_alike(const struct view *a, const struct view *b)
{
    return a->match_form.merge_slashes == b->match_form.merge_slashes &&
           a->escaped_slash_status == b->escaped_slash_status && a->underscores == b->underscores &&
           slice_equal(a->client_header, b->client_header) &&
           networks_equal(&a->client_trusted, &b->client_trusted) &&
           !a->proxy_protocol.name.ptr == !b->proxy_protocol.name.ptr &&
           a->proxy_optional == b->proxy_optional;
}

static struct view view_of(struct builder *builder, const struct object *gateway)
{
    struct view view = builder->profile->view;
    struct policy_work work = {.builder = builder, .unknown = &builder->table->unknown};
    for (const struct policy_reader *reader = builder->readers; reader->kind; reader++) {
        work.policy = reader->view ? policy_at(builder, reader, "Gateway", gateway->namespace,
                                               gateway->name, SLICE_ABSENT)
                                   : NULL;
        if (work.policy) {
            work.source = (struct effect_source){work.policy->kind_name, work.policy->span};
            reader->view(&work, node_get(work.policy->root, "spec"), &view);
        }
    }
    if (builder->gateway_view) {
        work.policy = gateway;
        work.source = (struct effect_source){gateway->kind_name, gateway->span};
        builder->gateway_view(&work, node_get(gateway->root, "spec"), &view);
    }
    return view;
}

/* A table reads requests in one way, so that all its Gateways have to agree. */
void policies_view(struct builder *builder)
{
    for (size_t i = 0; builder->readers && i < builder->gateway_count; i++) {
        struct view view = view_of(builder, &builder->gateways[i].gateway->object);
        if (i && !read_alike(&view, &builder->table->view)) {
            builder->table->unknown =
                unknown_add(builder->run, builder->table->unknown, ASPECT_ROUTING,
                            (struct effect_source){SLICE("Gateway"), SPAN_NONE},
                            SLICE("the Gateways read requests in different ways"));
        }
        builder->table->view = view;
    }
}
