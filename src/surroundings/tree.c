#include "surroundings/surroundings_priv.h"

const struct node *tree_at(const struct node *node, const char *path)
{
    struct slice rest = slice_of(path), part;
    while (node && slice_split(&rest, '.', &part)) {
        const struct pair *pair = node->kind == NODE_MAP ? node_pair(node, part) : NULL;
        node = pair && pair->value->kind != NODE_NULL ? pair->value : NULL;
    }
    return node;
}

static void visit(const struct search *search, const struct node *node, text_fn *wanted,
                  const struct node **first, size_t *count)
{
    if (node->kind == NODE_STRING && wanted(search, node->text)) {
        *first = *first ? *first : node;
        (*count)++;
    }
    for (uint32_t i = 0; node->kind == NODE_LIST && i < node->count; i++) {
        visit(search, node->items[i], wanted, first, count);
    }
    for (uint32_t i = 0; node->kind == NODE_MAP && i < node->count; i++) {
        visit(search, node->pairs[i].value, wanted, first, count);
    }
}

const struct node *tree_find(const struct search *search, const struct node *node, text_fn *wanted,
                             size_t *count)
{
    const struct node *first = NULL;
    size_t number = 0;
    if (node) {
        visit(search, node, wanted, &first, &number);
    }
    if (count) {
        *count = number;
    }
    return first;
}
