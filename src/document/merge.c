/* The key "<<", which takes over the keys of other mappings. */
#include "document/builder_priv.h"

struct merging {
    struct builder *builder;
    struct map *seen; /* key to struct waiting */
    struct waiting *items;
    size_t count;
    struct span span; /* of the "<<" */
};

/* goyaml.v2 decode.go (mapping, merge) sets keys one after the other, so a "<<" wins over what stands
 * before it and loses against what comes after it. Most other parsers let the mapping's own keys win. */
static void merge_pair(struct merging *merging, const struct pair *pair)
{
    struct waiting *before = map_get(merging->seen, pair->key);
    if (!before) {
        struct waiting *item = &merging->items[merging->count++];
        *item = (struct waiting){pair->key, pair->span, pair->value, false, true};
        (void)map_put(merging->seen, pair->key, item);
        return;
    }
    if (!before->is_merged) {
        diag_at(merging->builder->run->diag, DIAG_Y016, merging->span, SLICE_ABSENT,
                "'<<' replaces the value of '" SLICE_FMT
                "' in line %u; move '<<' to the head of the "
                "mapping, so that all parsers agree",
                SLICE_ARG(pair->key), before->span.line);
    }
    before->value = pair->value;
    before->is_merged = true;
}

static bool merge_value(struct merging *merging, const struct node *from)
{
    bool is_list = from->kind == NODE_LIST;
    size_t sources = is_list ? from->count : 1;
    /* Backwards, because earlier mappings of a list win. */
    for (size_t s = sources; s-- > 0;) {
        const struct node *map = is_list ? from->items[s] : from;
        if (map->kind != NODE_MAP) {
            return builder_stop(
                merging->builder, DIAG_Y008, merging->span,
                "'<<' takes a mapping or a list of mappings; put '<<' in quotes if it is "
                "meant as a name");
        }
        for (size_t p = 0; p < map->count; p++) {
            merge_pair(merging, &map->pairs[p]);
        }
    }
    return true;
}

static size_t merged_count(const struct waiting *items, size_t count)
{
    size_t total = count;
    for (size_t i = 0; i < count; i++) {
        const struct node *value = items[i].is_merge ? items[i].value : NULL;
        bool is_list = value && value->kind == NODE_LIST;
        for (size_t s = 0; is_list && s < value->count; s++) {
            total += value->items[s]->kind == NODE_MAP ? value->items[s]->count : 0;
        }
        total += value && value->kind == NODE_MAP ? value->count : 0;
    }
    return total;
}

/* Replaces the items of the innermost mapping by what "<<" makes of them. */
bool builder_merge(struct builder *builder, const struct level *level)
{
    const struct waiting *items = builder->stack + level->base;
    size_t count = builder->stack_count - level->base;
    size_t most = merged_count(items, count);
    if (!builder_count(builder, most - count, level->node->span)) {
        return false;
    }
    struct merging merging = {.builder = builder,
                              .seen = map_new(builder->scratch),
                              .items = ARENA_ARRAY(builder->scratch, struct waiting, most)};
    for (size_t i = 0; i < count; i++) {
        if (items[i].is_merge) {
            merging.span = items[i].span;
            if (!merge_value(&merging, items[i].value)) {
                return false;
            }
            continue;
        }
        struct waiting *before = map_get(merging.seen, items[i].key);
        if (before) {
            *before = items[i];
        } else {
            merging.items[merging.count] = items[i];
            (void)map_put(merging.seen, items[i].key, &merging.items[merging.count++]);
        }
    }
    builder->stack_count = level->base;
    for (size_t i = 0; i < merging.count; i++) {
        *builder_push(builder) = merging.items[i];
    }
    return true;
}
