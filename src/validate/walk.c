#include "validate/validate_priv.h"

void walk(const struct node *node, struct slice path, walk_visit *visit, void *user)
{
    struct slice part;
    if (!slice_split(&path, '.', &part) || !part.len) {
        visit(user, node);
        return;
    }
    bool list = slice_ends(part, SLICE("[]"));
    const struct pair *pair = node_pair(node, slice_sub(part, 0, part.len - (list ? 2 : 0)));
    if (!pair) {
        return;
    }
    if (!list) {
        walk(pair->value, path, visit, user);
    }
    for (size_t i = 0; list && pair->value->kind == NODE_LIST && i < pair->value->count; i++) {
        walk(pair->value->items[i], path, visit, user);
    }
}
