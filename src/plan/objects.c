#include "plan/plan_priv.h"

/* What stands before routes, and serves all of them. */
static bool is_shared(const char *kind)
{
    static const char *const kinds[] = {"Namespace", "Gateway", "ListenerSet", "ReferenceGrant",
                                        "GatewayClass"};
    return slice_is_one_of(slice_of(kind), kinds, ARRAY_LEN(kinds));
}

/* The wave of the Ingresses that an object was written for, when they are of one wave. */
static struct plan_wave *wave_of(const struct planner *planner, struct slice sources)
{
    struct plan_wave *only = NULL;
    struct slice rest = sources, source;
    while (sources.len && slice_split(&rest, ',', &source)) {
        source = slice_trim(source);
        struct plan_wave *wave = slice_starts(source, SLICE("Ingress "))
                                     ? map_get(planner->ingress_wave,
                                               slice_sub(source, sizeof "Ingress " - 1, source.len))
                                     : NULL;
        if (!wave || (only && only != wave)) {
            return NULL;
        }
        only = wave;
    }
    return only;
}

static void add_gateway(struct planner *planner, struct map *seen, struct slice name)
{
    if (name.len && !map_add(seen, name, planner)) {
        planner->plan->gateways[planner->plan->gateway_count++] = name;
    }
}

void objects_place(struct planner *planner)
{
    struct plan *plan = planner->plan;
    struct map *seen = map_new(planner->arena);
    const struct converted *converted = planner->converted;
    plan->gateways =
        ARENA_ARRAY(planner->arena, struct slice, converted->count + plan->host_count + 1);
    for (size_t i = 0; i < converted->count; i++) {
        const struct converted_object *object = &converted->objects[i];
        struct slice source = planner->sources[i].source;
        struct plan_wave *wave =
            source.len && !is_shared(object->kind) ? wave_of(planner, source) : NULL;
        if (wave) {
            struct slice id =
                object_id(planner->arena, slice_of(object->kind), object->namespace, object->name);
            map_put(planner->object_wave, id, wave);
            map_put(planner->route_wave, id, wave);
        }
        if (slice_is(slice_of(object->kind), "Gateway")) {
            add_gateway(planner, seen,
                        ARENA_JOIN(planner->arena, object->namespace, SLICE("/"), object->name));
        }
    }
    for (size_t h = 0; h < plan->host_count; h++) {
        add_gateway(planner, seen, plan->hosts[h].gateway);
    }
}

const struct plan_wave *object_wave(const struct planner *planner,
                                    const struct converted_object *object)
{
    return map_get(planner->object_wave, object_id(planner->arena, slice_of(object->kind),
                                                   object->namespace, object->name));
}
