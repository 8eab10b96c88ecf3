#include "base/base.h"

/* uthash takes its memory from the arena that is in scope where it grows. */
#define uthash_malloc(size)        arena_alloc(map->arena, (size))
#define uthash_free(pointer, size) ((void)(pointer), (void)(size))
#define HASH_NONFATAL_OOM          0
/* Never reached, as an arena does not return null; uthash's own way out would be exit. */
#define uthash_fatal(text) abort()
#include <stdlib.h>
#include <uthash.h>

struct map_entry {
    struct slice key;
    void *value;
    UT_hash_handle hh;
};

struct map {
    struct arena *arena;
    struct map_entry *entries;
};

struct map *map_new(struct arena *arena)
{
    struct map *map = ARENA_NEW(arena, struct map);
    map->arena = arena;
    return map;
}

static struct map_entry *find(const struct map *map, struct slice key)
{
    struct map_entry *entry = NULL;
    const char *bytes = key.ptr ? key.ptr : "";
    HASH_FIND(hh, map->entries, bytes, key.len, entry);
    return entry;
}

void *map_get(const struct map *map, struct slice key)
{
    const struct map_entry *entry = find(map, key);
    return entry ? entry->value : NULL;
}

void *map_put(struct map *map, struct slice key, void *value)
{
    struct map_entry *entry = find(map, key);
    if (entry) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    entry = ARENA_NEW(map->arena, struct map_entry);
    *entry = (struct map_entry){.key = {key.ptr ? key.ptr : "", key.len}, .value = value};
    HASH_ADD_KEYPTR(hh, map->entries, entry->key.ptr, entry->key.len, entry);
    return NULL;
}

size_t map_count(const struct map *map)
{
    return HASH_COUNT(map->entries);
}

const struct map_entry *map_first(const struct map *map)
{
    return map->entries;
}

const struct map_entry *map_next(const struct map_entry *entry)
{
    return entry->hh.next;
}

struct slice map_key(const struct map_entry *entry)
{
    return entry->key;
}

void *map_value(const struct map_entry *entry)
{
    return entry->value;
}
