#include "evaluate/evaluate_priv.h"

/* Shorter lists are looked through faster than any index. */
enum { INDEXED_FROM = 16 };

/* Rules of one list by what paths have to start with, in lower case. */
struct positions {
    uint32_t *items; /* ascending */
    size_t count, capacity;
};
struct list_index {
    struct map *starts; /* text -> struct positions */
    size_t *lengths;    /* of those texts, ascending */
    size_t length_count;
};
struct rule_index {
    struct map *lists; /* address of a struct rule_list -> struct list_index */
};

static struct slice list_key(const struct rule_list *const *list)
{
    return (struct slice){(const char *)list, sizeof *list};
}

static void add_length(struct arena *arena, struct list_index *index, size_t length)
{
    size_t at = 0;
    while (at < index->length_count && index->lengths[at] < length) {
        at++;
    }
    if (at < index->length_count && index->lengths[at] == length) {
        return;
    }
    size_t *lengths = ARENA_ARRAY(arena, size_t, index->length_count + 1);
    for (size_t i = 0; i < index->length_count; i++) {
        lengths[i + (i >= at)] = index->lengths[i];
    }
    lengths[at] = length;
    index->lengths = lengths;
    index->length_count++;
}

static struct list_index *index_list(struct arena *arena, const struct rule_list *list)
{
    struct list_index *index = ARENA_NEW(arena, struct list_index);
    index->starts = map_new(arena);
    for (size_t i = 0; i < list->count; i++) {
        struct slice start = arena_lower(arena, path_match_start(&list->rules[i].match.path));
        struct positions *positions = map_get(index->starts, start);
        if (!positions) {
            positions = ARENA_NEW(arena, struct positions);
            map_put(index->starts, start, positions);
            add_length(arena, index, start.len);
        }
        *ARENA_PUSH(arena, positions->items, positions->count, positions->capacity) = (uint32_t)i;
    }
    return index;
}

struct rule_index *rule_index_new(struct run *run, const struct route_table *table)
{
    struct rule_index *index = ARENA_NEW(run->arena, struct rule_index);
    index->lists = map_new(run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        for (const struct rule_list *list = table->entries[i].rules; list; list = list->next) {
            if (list->count >= INDEXED_FROM && !map_get(index->lists, list_key(&list))) {
                const struct rule_list **key = ARENA_NEW(run->arena, const struct rule_list *);
                *key = list;
                map_put(index->lists, list_key(key), index_list(run->arena, list));
            }
        }
    }
    return index;
}

/* ---- looking up --------------------------------------------------------------------------- */

static bool find_linear(struct context *context, const struct rule_list *list,
                        const struct rule **found)
{
    for (size_t i = 0; i < list->count; i++) {
        bool holds = match_holds(context, &list->rules[i].match);
        if (holds || context->trouble) {
            *found = holds && !context->trouble ? &list->rules[i] : NULL;
            return true;
        }
    }
    return false;
}

/* Rules whose start is one of the path's, a list for each length. */
static size_t gather(struct context *context, const struct list_index *index,
                     struct positions *lists)
{
    struct slice path = arena_lower(context->arena, context->path);
    size_t count = 0;
    for (size_t i = 0; i < index->length_count && index->lengths[i] <= path.len; i++) {
        const struct positions *positions =
            map_get(index->starts, slice_sub(path, 0, index->lengths[i]));
        if (positions) {
            lists[count++] = *positions;
        }
    }
    return count;
}

bool rule_index_find(struct context *context, const struct rule_index *index,
                     const struct rule_list *list, const struct rule **found)
{
    const struct list_index *own =
        list->count >= INDEXED_FROM ? map_get(index->lists, list_key(&list)) : NULL;
    if (!own) {
        return find_linear(context, list, found);
    }
    struct positions *lists = ARENA_ARRAY(context->arena, struct positions, own->length_count);
    size_t count = gather(context, own, lists);
    for (;;) {
        struct positions *first = NULL;
        for (size_t i = 0; i < count; i++) {
            bool earlier = lists[i].count && (!first || lists[i].items[0] < first->items[0]);
            first = earlier ? &lists[i] : first;
        }
        if (!first) {
            return false;
        }
        const struct rule *rule = &list->rules[first->items[0]];
        bool holds = match_holds(context, &rule->match);
        if (holds || context->trouble) {
            *found = holds && !context->trouble ? rule : NULL;
            return true;
        }
        first->items++;
        first->count--;
    }
}
