#include "document/document_priv.h"

#include <string.h>

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {"empty",  "a boolean", "an integer", "a number",
                                        "a text", "a list",    "a mapping"};
    return names[kind];
}

const struct pair *node_pair(const struct node *map, struct slice key)
{
    if (!map || map->kind != NODE_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (slice_equal(map->pairs[i].key, key)) {
            return &map->pairs[i];
        }
    }
    return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
    const struct pair *pair = node_pair(map, slice_of(key));
    return pair && pair->value->kind != NODE_NULL ? pair->value : NULL;
}

bool node_has_text(const struct node *list, struct slice text)
{
    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
        if (slice_equal(list->items[i]->text, text)) {
            return true;
        }
    }
    return false;
}

static struct node *make(struct arena *arena, enum node_kind kind)
{
    struct node *node = ARENA_NEW(arena, struct node);
    node->kind = kind;
    return node;
}

struct node *node_map(struct arena *arena)
{
    return make(arena, NODE_MAP);
}

struct node *node_list(struct arena *arena)
{
    return make(arena, NODE_LIST);
}

struct node *node_string(struct arena *arena, struct slice text)
{
    struct node *node = make(arena, NODE_STRING);
    node->text = text;
    return node;
}

struct node *node_int(struct arena *arena, int64_t value)
{
    char digits[UINT_TEXT_MAX];
    struct node *node = make(arena, NODE_INT);
    node->integer = value;
    node->text = ARENA_JOIN(arena, value < 0 ? SLICE("-") : SLICE(""),
                            uint_text(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, digits));
    return node;
}

struct node *node_bool(struct arena *arena, bool value)
{
    struct node *node = make(arena, NODE_BOOL);
    node->boolean = value;
    node->text = value ? SLICE("true") : SLICE("false");
    return node;
}

/* Containers that are built have room for the next power of two, so no capacity is stored. */
static bool is_full(uint32_t count)
{
    return count == 0 || (count >= 2 && (count & (count - 1)) == 0);
}

static void *grow(struct arena *arena, const void *items, uint32_t count, size_t size)
{
    void *larger = arena_alloc_array(arena, count ? (size_t)count * 2 : 2, size);
    if (count) {
        memcpy(larger, items, count * size);
    }
    return larger;
}

void node_set_slice(struct arena *arena, struct node *map, struct slice key, struct node *value)
{
    for (size_t i = 0; i < map->count; i++) {
        if (slice_equal(map->pairs[i].key, key)) {
            map->pairs[i].value = value;
            return;
        }
    }
    if (is_full(map->count)) {
        map->pairs = grow(arena, map->pairs, map->count, sizeof *map->pairs);
    }
    map->pairs[map->count++] = (struct pair){.key = key, .value = value};
}

void node_set(struct arena *arena, struct node *map, const char *key, struct node *value)
{
    node_set_slice(arena, map, slice_of(key), value);
}

void node_add(struct arena *arena, struct node *list, struct node *value)
{
    if (is_full(list->count)) {
        list->items = grow(arena, list->items, list->count, sizeof(struct node *));
    }
    list->items[list->count++] = value;
}

bool node_equal(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind || (a->kind >= NODE_LIST && a->count != b->count)) {
        return false;
    }
    switch (a->kind) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return a->boolean == b->boolean;
    case NODE_INT:
        return a->integer == b->integer;
    case NODE_FLOAT:
    case NODE_STRING:
        return slice_equal(a->text, b->text);
    case NODE_LIST:
        for (size_t i = 0; i < a->count; i++) {
            if (!node_equal(a->items[i], b->items[i])) {
                return false;
            }
        }
        return true;
    case NODE_MAP:
        for (size_t i = 0; i < a->count; i++) {
            const struct pair *pair = node_pair(b, a->pairs[i].key);
            if (!pair || !node_equal(a->pairs[i].value, pair->value)) {
                return false;
            }
        }
        return true;
    }
    return false;
}

/* ---- whole trees --------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t sum = (a ^ (b >> 31)) * 0x9e3779b97f4a7c15 + b;
    return sum ^ (sum >> 29);
}

uint64_t node_hash(const struct node *node)
{
    uint64_t hash = (uint64_t)node->kind + 1;
    switch (node->kind) {
    case NODE_NULL:
        return hash;
    case NODE_BOOL:
        return mix(hash, node->boolean);
    case NODE_INT:
        return mix(hash, (uint64_t)node->integer);
    case NODE_FLOAT:
    case NODE_STRING:
        return slice_hash(node->text, hash);
    case NODE_LIST:
        for (size_t i = 0; i < node->count; i++) {
            hash = mix(hash, node_hash(node->items[i]));
        }
        return hash;
    case NODE_MAP:
        for (size_t i = 0; i < node->count; i++) { /* a sum, as the order does not matter */
            hash += mix(slice_hash(node->pairs[i].key, 0), node_hash(node->pairs[i].value));
        }
        return hash;
    }
    return hash;
}

/* As many as a container that is built has room for. */
static size_t room_for(uint32_t count)
{
    size_t room = 2;
    while (room < count) {
        room *= 2;
    }
    return room;
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
    struct node *copy = ARENA_NEW(arena, struct node);
    *copy = *node;
    if (node->kind == NODE_LIST) {
        copy->items = ARENA_ARRAY(arena, struct node *, room_for(node->count));
        for (size_t i = 0; i < node->count; i++) {
            copy->items[i] = node_copy(arena, node->items[i]);
        }
    } else if (node->kind == NODE_MAP) {
        copy->pairs = ARENA_ARRAY(arena, struct pair, room_for(node->count));
        for (size_t i = 0; i < node->count; i++) {
            copy->pairs[i] = node->pairs[i];
            copy->pairs[i].value = node_copy(arena, node->pairs[i].value);
        }
    }
    return copy;
}
