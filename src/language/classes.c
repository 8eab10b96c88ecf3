#include "language/walk_priv.h"

#include <string.h>

/* Bytes that stand in targets by themselves: visible ASCII without '?' and '#', which end the path, and
 * without '%' where escapes are read. */
static bool may_stand(const struct walk *walk, unsigned byte)
{
    return !walk->raw || (byte > ' ' && byte < 0x7f && byte != '?' && byte != '#' &&
                          !(byte == '%' && walk->escapes));
}

static void split_at(struct classes *classes, unsigned byte)
{
    struct byte_set one = {{0}};
    byte_set_add(&one, byte);
    classes_split(classes->of, &classes->count, &one);
}

static void split_for_tree(struct classes *classes, const struct tree *tree)
{
    bool seen[256] = {false};
    for (size_t i = TREE_FIRST_FREE; i < tree->count; i++) {
        seen[tree->nodes[i].byte] = true;
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        if (seen[byte]) {
            split_at(classes, byte);
            split_at(classes, byte >= 'a' && byte <= 'z' ? byte - 32 : byte);
        }
    }
}

static void order_classes(const struct walk *walk, struct classes *classes)
{
    bool known[256] = {false};
    for (unsigned pass = 0; pass < 2; pass++) { /* first the bytes that may stand by themselves */
        for (unsigned rank = 0; rank < 256; rank++) {
            unsigned byte = walk->set->by_rank[rank], class = classes->of[byte];
            if (known[class] || may_stand(walk, byte) != (pass == 0)) {
                continue;
            }
            known[class] = true;
            classes->byte[class] = (uint8_t)byte;
            classes->used[class] = pass == 0;
            if (pass == 0) {
                classes->order[classes->order_count++] = (uint8_t) class;
            }
        }
    }
}

static void find_reached(const struct walk *walk, struct side *side, const struct path_view *view)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        bool reached = may_stand(walk, byte) || (walk->raw && byte == '%') ||
                       (walk->escapes && byte && view_decodes(view, byte));
        side->reached[walk->classes.of[byte]] = side->reached[walk->classes.of[byte]] || reached;
    }
}

/* One escape for those that all sides read as bytes of one class, or all leave as they are. */
static void find_kinds(struct walk *walk)
{
    uint32_t seen[256] = {0};
    size_t count = 0;
    walk->kinds = ARENA_ARRAY(walk->arena, uint16_t, 256);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned rank = 0; rank < 256; rank++) {
            unsigned byte = walk->set->by_rank[rank];
            bool usual = walk->classes.byte[walk->classes.of[byte]] == byte;
            uint32_t key = walk->classes.of[byte];
            for (int s = SIDE_A; s <= SIDE_B; s++) {
                key = key << 1 | view_decodes(walk->views[s], byte);
            }
            size_t at = 0;
            while (at < count && seen[at] != key) {
                at++;
            }
            if (!byte || at < count || usual != (pass == 0)) {
                continue;
            }
            seen[count++] = key;
            walk->kinds[walk->kind_count++] = (uint16_t)(TOKEN_ESCAPE | byte);
        }
    }
}

void classes_open(struct walk *walk)
{
    struct classes *classes = &walk->classes;
    memcpy(classes->of, walk->set->classes, sizeof classes->of);
    classes->count = walk->set->class_count;
    for (int s = 0; s < SIDE_COUNT; s++) {
        split_for_tree(classes, &walk->sides[s].tree);
    }
    split_at(classes, '/');
    split_at(classes, '.');
    for (int s = SIDE_A; s <= SIDE_B; s++) {
        if (walk->views[s] && walk->views[s]->answers_slashes) {
            split_at(classes, '\\');
        }
    }
    order_classes(walk, classes);
    for (int s = 0; s < SIDE_COUNT; s++) {
        find_reached(walk, &walk->sides[s], walk->views[s]);
    }
    if (walk->escapes) {
        find_kinds(walk);
    }
}
