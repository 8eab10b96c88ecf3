#include "language/walk_priv.h"

void tree_open(struct tree *tree, struct arena *arena)
{
    *tree = (struct tree){.arena = arena, .table_size = 256};
    tree->table = ARENA_ARRAY(arena, uint32_t, 2 * tree->table_size);
    for (int i = 0; i < TREE_FIRST_FREE; i++) {
        ARENA_PUSH(arena, tree->nodes, tree->count, tree->capacity)->least = UINT32_MAX;
    }
}

/* Children are found by their parent and byte while the tree grows; later they are only listed. */
struct child {
    uint32_t parent;
    uint8_t byte;
};

static size_t place_of(const struct tree *tree, struct child child)
{
    uint64_t hash = ((uint64_t)child.parent << 8 | child.byte) * 0x9e3779b97f4a7c15;
    size_t at = (size_t)(hash >> 32) & (tree->table_size - 1);
    while (tree->table[2 * at] && !(tree->table[2 * at + 1] == child.parent &&
                                    tree->nodes[tree->table[2 * at]].byte == child.byte)) {
        at = (at + 1) & (tree->table_size - 1);
    }
    return at;
}

static void grow(struct tree *tree)
{
    uint32_t *old = tree->table;
    size_t old_size = tree->table_size;
    tree->table_size *= 4;
    tree->table = ARENA_ARRAY(tree->arena, uint32_t, 2 * tree->table_size);
    for (size_t i = 0; i < old_size; i++) {
        if (old[2 * i]) {
            const struct child child = {old[2 * i + 1], tree->nodes[old[2 * i]].byte};
            size_t at = place_of(tree, child);
            tree->table[2 * at] = old[2 * i];
            tree->table[2 * at + 1] = child.parent;
        }
    }
}

static uint32_t child_of(struct tree *tree, uint32_t parent, uint8_t byte)
{
    if (2 * tree->count >= tree->table_size) {
        grow(tree);
    }
    size_t at = place_of(tree, (struct child){parent, byte});
    if (!tree->table[2 * at]) {
        tree->table[2 * at] = (uint32_t)tree->count;
        tree->table[2 * at + 1] = parent;
        struct tree_node *node = ARENA_PUSH(tree->arena, tree->nodes, tree->count, tree->capacity);
        *node = (struct tree_node){
            .byte = byte, .sibling = tree->nodes[parent].first, .least = UINT32_MAX};
        tree->nodes[parent].first = tree->table[2 * at];
    }
    return tree->table[2 * at];
}

static uint32_t descend(struct tree *tree, uint32_t node, uint8_t byte, uint32_t rule)
{
    node = child_of(tree, node, byte);
    if (rule < tree->nodes[node].least) {
        tree->nodes[node].least = rule;
    }
    return node;
}

static void note(struct tree *tree, const struct tree_rule **list, uint32_t rule)
{
    struct tree_rule *entry = ARENA_NEW(tree->arena, struct tree_rule);
    *entry = (struct tree_rule){rule, *list};
    *list = entry;
}

void tree_add(struct tree *tree, const struct language *literal, uint32_t rule)
{
    uint32_t node = literal->fold ? TREE_FOLD : TREE_PLAIN;
    if (rule < tree->nodes[node].least) {
        tree->nodes[node].least = rule;
    }
    for (size_t i = 0; i < literal->text.len; i++) {
        node = descend(tree, node, (uint8_t)literal->text.ptr[i], rule);
    }
    if (literal->kind == LITERAL_STRING) {
        note(tree, &tree->nodes[node].settled, rule);
        return;
    }
    note(tree, &tree->nodes[node].exact, rule);
    if (literal->kind == LITERAL_ELEMENTS) {
        node = descend(tree, node, '/', rule);
        note(tree, &tree->nodes[node].settled, rule);
    }
}
