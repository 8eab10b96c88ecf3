#include "gateway_api/policies_priv.h"

/* NGINX Gateway Fabric: policies of a kind on one target that set different fields are all in force
 * (internal/controller/nginx/config/policies, Conflicts of each kind). */

static bool is_target(struct slice key)
{
    return slice_is(key, "targetRef") || slice_is(key, "targetRefs");
}

/* Rules of a RateLimitPolicy hold side by side (policies/ratelimit/validator.go, conflicts). */
static bool adds_up(struct slice key)
{
    return slice_is(key, "rules");
}

static const struct node *member(const struct node *map, struct slice key)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
        if (slice_equal(map->pairs[i].key, key)) {
            return map->pairs[i].value;
        }
    }
    return NULL;
}

bool policies_conflict(const struct node *a, const struct node *b)
{
    for (size_t i = 0; a && a->kind == NODE_MAP && i < a->count; i++) {
        struct slice key = a->pairs[i].key;
        const struct node *value = a->pairs[i].value, *other = member(b, key);
        if (!other || is_target(key) || adds_up(key)) {
            continue;
        }
        if (value->kind != NODE_MAP || other->kind != NODE_MAP || policies_conflict(value, other)) {
            return true;
        }
    }
    return false;
}

static void add_fields(struct arena *arena, struct node *to, const struct node *from)
{
    for (size_t i = 0; from->kind == NODE_MAP && i < from->count; i++) {
        struct slice key = from->pairs[i].key;
        const struct node *value = from->pairs[i].value, *known = member(to, key);
        struct node *mine = (struct node *)(uintptr_t)known;
        if (!known) {
            node_set_slice(arena, to, key, node_copy(arena, value));
        } else if (known->kind == NODE_MAP) {
            add_fields(arena, mine, value);
        } else if (adds_up(key)) {
            for (size_t j = 0; j < policy_items(value); j++) {
                node_add(arena, mine, node_copy(arena, value->items[j]));
            }
        }
    }
}

const struct object *policies_joined(struct builder *builder, const struct object *first,
                                     const struct object *second)
{
    struct arena *arena = builder->run->arena;
    struct object *joined = ARENA_NEW(arena, struct object);
    struct node *root = node_copy(arena, first->root);
    *joined = *first;
    joined->root = root;
    add_fields(arena, root, second->root);
    return joined;
}
