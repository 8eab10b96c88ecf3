#include "base/base.h"

#include <string.h>

/* Entries in the order of their insertion, and above a few an index with open addressing. A run asks
 * maps of tens of thousands of names several times for each rule: chains of separate entries, as in
 * uthash, cost a miss of the cache for each step, and half a kilobyte for each of thousands of small
 * maps. */
struct map_entry {
    struct slice key;
    void *value;
    uint32_t hash;
    bool last;
};

struct slot {
    uint32_t hash;
    uint32_t entry; /* index + 1; 0: free */
};

struct map {
    struct arena *arena;
    struct map_entry *entries;
    size_t count, capacity;
    struct slot *slots; /* null: so few that all are looked at */
    size_t mask;
};

enum { FEW = 8 };

struct map *map_new(struct arena *arena)
{
    struct map *map = ARENA_NEW(arena, struct map);
    map->arena = arena;
    return map;
}

/* The address of the map is the seed, so that nobody can prepare keys that collide. */
static uint32_t hash_of(const struct map *map, struct slice key)
{
    return (uint32_t)(slice_hash(key, (uint64_t)(uintptr_t)map) >> 32);
}

static bool is_key(const struct map_entry *entry, uint32_t hash, struct slice key)
{
    return entry->hash == hash && slice_equal(entry->key, key);
}

static struct map_entry *find(const struct map *map, uint32_t hash, struct slice key)
{
    if (!map->slots) {
        for (size_t i = 0; i < map->count; i++) {
            if (is_key(&map->entries[i], hash, key)) {
                return &map->entries[i];
            }
        }
        return NULL;
    }
    for (size_t i = hash & map->mask; map->slots[i].entry; i = (i + 1) & map->mask) {
        if (map->slots[i].hash == hash &&
            is_key(&map->entries[map->slots[i].entry - 1], hash, key)) {
            return &map->entries[map->slots[i].entry - 1];
        }
    }
    return NULL;
}

static void index_add(struct map *map, size_t entry)
{
    size_t i = map->entries[entry].hash & map->mask;
    while (map->slots[i].entry) {
        i = (i + 1) & map->mask;
    }
    map->slots[i] = (struct slot){map->entries[entry].hash, (uint32_t)(entry + 1)};
}

/* Keeps at least half of the slots free. */
static void index_grow(struct map *map)
{
    size_t slots = map->slots ? (map->mask + 1) * 2 : (size_t)FEW * 4;
    map->slots = ARENA_ARRAY(map->arena, struct slot, slots);
    map->mask = slots - 1;
    for (size_t i = 0; i < map->count; i++) {
        index_add(map, i);
    }
}

void *map_get(const struct map *map, struct slice key)
{
    const struct map_entry *entry = map->count ? find(map, hash_of(map, key), key) : NULL;
    return entry ? entry->value : NULL;
}

static void add(struct map *map, uint32_t hash, struct slice key, void *value)
{
    if (map->count) {
        map->entries[map->count - 1].last = false;
    }
    *ARENA_PUSH(map->arena, map->entries, map->count, map->capacity) =
        (struct map_entry){{key.ptr ? key.ptr : "", key.len}, value, hash, true};
    if (map->slots && map->count * 2 <= map->mask + 1) {
        index_add(map, map->count - 1);
    } else if (map->count > FEW) {
        index_grow(map);
    }
}

void *map_put(struct map *map, struct slice key, void *value)
{
    uint32_t hash = hash_of(map, key);
    struct map_entry *entry = find(map, hash, key);
    if (entry) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    add(map, hash, key, value);
    return NULL;
}

void *map_add(struct map *map, struct slice key, void *value)
{
    void **at = map_slot(map, key), *before = *at;
    *at = before ? before : value;
    return before;
}

void **map_slot(struct map *map, struct slice key)
{
    uint32_t hash = hash_of(map, key);
    struct map_entry *entry = find(map, hash, key);
    if (!entry) {
        add(map, hash, arena_copy(map->arena, key), NULL);
        entry = &map->entries[map->count - 1];
    }
    return &entry->value;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

const struct map_entry *map_first(const struct map *map)
{
    return map->count ? map->entries : NULL;
}

const struct map_entry *map_next(const struct map_entry *entry)
{
    return entry->last ? NULL : entry + 1;
}

struct slice map_key(const struct map_entry *entry)
{
    return entry->key;
}

void *map_value(const struct map_entry *entry)
{
    return entry->value;
}
