#include "language/walk_priv.h"

#include <string.h>

void keys_open(struct keys *keys, struct arena *arena)
{
    *keys = (struct keys){.arena = arena, .table_size = 64};
    keys->table = ARENA_ARRAY(arena, uint32_t, keys->table_size);
}

/* One round of multiplication and shift for each number, as in splitmix64. */
static uint64_t hash(const uint32_t *items, size_t count)
{
    uint64_t sum = count;
    for (size_t i = 0; i < count; i++) {
        sum = (sum ^ items[i]) * 0xbf58476d1ce4e5b9;
        sum ^= sum >> 29;
    }
    return sum * 0x94d049bb133111eb;
}

static uint32_t *slot(const struct keys *keys, uint32_t *table, size_t size,
                      const struct key *wanted)
{
    for (size_t at = (size_t)(wanted->hash >> 32) & (size - 1);; at = (at + 1) & (size - 1)) {
        const struct key *key = table[at] ? &keys->items[table[at] - 1] : NULL;
        if (!key || (key->hash == wanted->hash && key->count == wanted->count &&
                     memcmp(key->items, wanted->items, key->count * sizeof(uint32_t)) == 0)) {
            return &table[at];
        }
    }
}

static void grow(struct keys *keys)
{
    size_t size = keys->table_size * 4;
    uint32_t *table = ARENA_ARRAY(keys->arena, uint32_t, size);
    for (size_t i = 0; i < keys->count; i++) {
        *slot(keys, table, size, &keys->items[i]) = (uint32_t)i + 1;
    }
    keys->table = table;
    keys->table_size = size;
}

uint32_t keys_put(struct keys *keys, const uint32_t *items, size_t count, bool *added)
{
    if (2 * keys->count >= keys->table_size) {
        grow(keys);
    }
    const struct key wanted = {items, count, hash(items, count)};
    uint32_t *at = slot(keys, keys->table, keys->table_size, &wanted);
    if (added) {
        *added = *at == 0;
    }
    if (*at) {
        return *at - 1;
    }
    uint32_t *copy = ARENA_ARRAY(keys->arena, uint32_t, count ? count : 1);
    if (count) {
        memcpy(copy, items, count * sizeof(uint32_t));
    }
    *ARENA_PUSH(keys->arena, keys->items, keys->count, keys->capacity) =
        (struct key){copy, count, wanted.hash};
    *at = (uint32_t)keys->count;
    return *at - 1;
}

/* ---- edges --------------------------------------------------------------------------------- */

static unsigned bits_in(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

uint32_t edges_at(const struct edges *edges, unsigned class)
{
    if (!byte_set_has(&edges->touched, class)) {
        return edges->other;
    }
    unsigned before = 0;
    for (unsigned i = 0; i < class >> 6; i++) {
        before += bits_in(edges->touched.bits[i]);
    }
    uint64_t below = ((uint64_t)1 << (class & 63)) - 1;
    return edges->targets[before + bits_in(edges->touched.bits[class >> 6] & below)];
}

struct edges *edges_new(struct arena *arena, const struct byte_set *touched, uint32_t other)
{
    unsigned count = 0;
    for (size_t i = 0; i < ARRAY_LEN(touched->bits); i++) {
        count += bits_in(touched->bits[i]);
    }
    struct edges *edges = arena_alloc(arena, sizeof *edges + count * sizeof edges->targets[0]);
    edges->touched = *touched;
    edges->other = other;
    return edges;
}

struct edges *edges_from(struct arena *arena, const uint32_t *targets, const bool *reached,
                         unsigned count)
{
    uint32_t other = 0;
    unsigned most = 0;
    for (unsigned i = 0; i < count && 2 * most <= count; i++) {
        unsigned same = 0;
        for (unsigned j = i; reached[i] && j < count; j++) {
            same += reached[j] && targets[j] == targets[i];
        }
        if (same > most) {
            most = same;
            other = targets[i];
        }
    }
    struct byte_set touched = {{0}};
    for (unsigned i = 0; i < count; i++) {
        if (reached[i] && targets[i] != other) {
            byte_set_add(&touched, i);
        }
    }
    struct edges *edges = edges_new(arena, &touched, other);
    for (unsigned i = 0, at = 0; i < count; i++) {
        if (byte_set_has(&touched, i)) {
            edges->targets[at++] = targets[i];
        }
    }
    return edges;
}
