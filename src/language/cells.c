#include "language/walk_priv.h"

#include <string.h>

struct sorting {
    struct arena *arena; /* of the answer */
    struct keys seen;    /* pairs of lists */
    struct language_cells *out;
    struct language_cell *items;
    size_t capacity;
    struct rule_indices *lists[2]; /* copies of the sides' lists, by number */
    size_t list_capacity[2];
};

static struct rule_indices copy_list(struct sorting *sorting, struct walk *walk, int side,
                                     uint32_t number)
{
    if (number >= sorting->list_capacity[side]) {
        size_t larger = 2 * (size_t)number + 64;
        struct rule_indices *lists = ARENA_ARRAY(walk->arena, struct rule_indices, larger);
        if (sorting->list_capacity[side]) {
            memcpy(lists, sorting->lists[side],
                   sorting->list_capacity[side] * sizeof(struct rule_indices));
        }
        sorting->lists[side] = lists;
        sorting->list_capacity[side] = larger;
    }
    struct rule_indices *copy = &sorting->lists[side][number];
    if (!copy->items) {
        const struct key *list = &walk->sides[side].lists.items[number];
        uint32_t *items = ARENA_ARRAY(sorting->arena, uint32_t, list->count ? list->count : 1);
        if (list->count) {
            memcpy(items, list->items, list->count * sizeof(uint32_t));
        }
        *copy = (struct rule_indices){items, list->count};
    }
    return *copy;
}

static bool visit(struct walk *walk, uint32_t place, void *user)
{
    struct sorting *sorting = user;
    if (!walk_in_domain(walk, place)) {
        return true;
    }
    uint32_t lists[2];
    for (int s = SIDE_A; s <= SIDE_B; s++) {
        lists[s] = side_accepts(&walk->sides[s], viewed_state(walk->places[place].at[s]));
    }
    bool added;
    (void)keys_put(&sorting->seen, lists, 2, &added);
    if (added) {
        struct language_cell *cell =
            ARENA_PUSH(sorting->arena, sorting->items, sorting->out->count, sorting->capacity);
        cell->a = copy_list(sorting, walk, SIDE_A, lists[SIDE_A]);
        cell->b = copy_list(sorting, walk, SIDE_B, lists[SIDE_B]);
        cell->word = walk_word(walk, sorting->arena, place);
    }
    return true;
}

enum answer language_classify(struct language_set *set, const struct rule_languages *a,
                              const struct rule_languages *b, const struct language *domain,
                              struct arena *arena, struct language_cells *out)
{
    struct walk walk;
    walk_open(&walk, set, a, b, domain ? &domain : NULL);
    *out = (struct language_cells){0};
    struct sorting sorting = {.arena = arena, .out = out};
    keys_open(&sorting.seen, walk.arena);
    bool whole = walk_run(&walk, visit, &sorting);
    out->items = sorting.items;
    out->states = walk.count;
    walk_close(&walk);
    return whole ? ANSWER_YES : ANSWER_GAVE_UP;
}
