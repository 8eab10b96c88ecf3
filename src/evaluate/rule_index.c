#include "evaluate/evaluate_priv.h"

/* Shorter lists are looked through faster than any index. */
enum { INDEXED_FROM = 16 };

/* Rules of one list by a text, in lower case. */
struct positions {
    uint32_t *items; /* ascending */
    size_t count, capacity;
};
struct text_index {
    struct map *texts; /* text -> struct positions */
    size_t *lengths;   /* of those texts, ascending */
    size_t length_count;
};
/* Each rule is in one of both: by what paths have to start with, or by a text that they have behind some '/', where
 * that is longer, as of expressions that begin with a group. */
struct list_index {
    struct text_index starts, insides;
};
struct rule_index {
    struct map *lists; /* address of a struct rule_list -> struct list_index */
};

static struct slice list_key(const struct rule_list *const *list)
{
    return (struct slice){(const char *)list, sizeof *list};
}

static void add_length(struct arena *arena, struct text_index *index, size_t length)
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

static void add_text(struct arena *arena, struct text_index *index, struct slice text, size_t rule)
{
    struct slice lower = arena_lower(arena, text);
    struct positions *positions = map_get(index->texts, lower);
    if (!positions) {
        positions = ARENA_NEW(arena, struct positions);
        map_put(index->texts, lower, positions);
        add_length(arena, index, lower.len);
    }
    *ARENA_PUSH(arena, positions->items, positions->count, positions->capacity) = (uint32_t)rule;
}

static struct list_index *index_list(struct arena *arena, const struct rule_list *list)
{
    struct list_index *index = ARENA_NEW(arena, struct list_index);
    index->starts.texts = map_new(arena);
    index->insides.texts = map_new(arena);
    for (size_t i = 0; i < list->count; i++) {
        const struct path_match *path = &list->rules[i].match.path;
        struct slice start = path_match_start(path), inside = path_match_inside(path);
        bool longer = inside.len > start.len;
        add_text(arena, longer ? &index->insides : &index->starts, longer ? inside : start, i);
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

/* Rules whose text stands in the path at `at`, a list for each length. */
static size_t gather_at(const struct text_index *index, struct slice path, size_t at,
                        struct positions *lists)
{
    size_t count = 0;
    for (size_t i = 0; i < index->length_count && index->lengths[i] <= path.len - at; i++) {
        const struct positions *positions =
            map_get(index->texts, slice_sub(path, at, at + index->lengths[i]));
        if (positions) {
            lists[count++] = *positions;
        }
    }
    return count;
}

/* A rule whose text stands there twice is in two lists. */
static size_t gather(struct context *context, const struct list_index *index,
                     struct positions **lists)
{
    struct slice path = arena_lower(context->arena, context->path);
    size_t slashes = 0, count = 0;
    for (size_t i = 0; index->insides.length_count && i < path.len; i++) {
        slashes += path.ptr[i] == '/';
    }
    *lists = ARENA_ARRAY(context->arena, struct positions,
                         index->starts.length_count + slashes * index->insides.length_count);
    count = gather_at(&index->starts, path, 0, *lists);
    for (size_t i = 0; slashes && i < path.len; i++) {
        if (path.ptr[i] == '/') {
            count += gather_at(&index->insides, path, i, *lists + count);
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
    struct positions *lists;
    size_t count = gather(context, own, &lists);
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
