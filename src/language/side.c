#include "language/walk_priv.h"

#include <stdlib.h>
#include <string.h>

/* A state as numbers: two places in the tree, the list of settled rules, then pairs of a rule and the
 * state of its expression, by rule. */
enum { AT_PLAIN, AT_FOLD, AT_SETTLED, AT_PAIRS };

static bool is_certain(const struct side *side, uint32_t rule)
{
    return side->rules->certain && side->rules->certain[rule];
}

static uint32_t *room(struct side *side, size_t count)
{
    if (count > side->scratch_capacity) {
        side->scratch_capacity = 2 * count;
        side->scratch = ARENA_ARRAY(side->arena, uint32_t, side->scratch_capacity);
    }
    return side->scratch;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* ---- states of expressions ------------------------------------------------------------------ */

/* Where the edges of a state of an expression are kept. */
static struct edges **expr_slot(struct side *side, uint32_t state)
{
    size_t page = state / SIDE_PAGE;
    if (page >= side->page_count) {
        size_t larger = 2 * page + 16;
        struct edges ***copy = ARENA_ARRAY(side->arena, struct edges **, larger);
        if (side->page_count) {
            memcpy(copy, side->pages, side->page_count * sizeof(struct edges **));
        }
        side->pages = copy;
        side->page_count = larger;
    }
    if (!side->pages[page]) {
        side->pages[page] = ARENA_ARRAY(side->arena, struct edges *, SIDE_PAGE);
    }
    return &side->pages[page][state % SIDE_PAGE];
}

/* Of the state of one expression. */
static const struct edges *expr_edges(struct side *side, uint32_t state)
{
    struct edges **slot = expr_slot(side, state);
    if (!*slot) {
        uint32_t targets[256];
        const struct expr *expr = state_expr(side->set, state);
        const struct row *row = expr_row(side->set, expr, (enum before)(state % BEFORE_COUNT));
        for (unsigned c = 0; c < side->classes->count; c++) {
            targets[c] = row->targets[row->of[side->classes->byte[c]]];
        }
        *slot = edges_from(side->arena, targets, side->reached, side->classes->count);
    }
    return *slot;
}

/* Nothing that the side can be given leads away from the state. */
static bool stays(struct side *side, uint32_t state)
{
    const struct byte_set none = {{0}};
    const struct edges *edges = expr_edges(side, state);
    return edges->other == state && memcmp(&edges->touched, &none, sizeof none) == 0;
}

static bool accepts(struct side *side, uint32_t state)
{
    return expr_accepts(side->set, state_expr(side->set, state),
                        (enum before)(state % BEFORE_COUNT));
}

/* ---- making a state ------------------------------------------------------------------------ */

/* A state that is being made. Both lists have room for every rule. */
struct making {
    uint32_t *state;
    size_t count;
    uint32_t *settled;
    size_t settled_count;
    bool changed; /* something was settled that was not before */
};

static void settle(struct making *making, uint32_t rule)
{
    making->settled[making->settled_count++] = rule;
    making->changed = true;
}

static void making_open(struct side *side, struct making *making, uint32_t settled)
{
    size_t rules = side->rules->count;
    uint32_t *both = room(side, AT_PAIRS + 2 * rules + rules);
    *making = (struct making){.state = both, .count = AT_PAIRS};
    making->settled = both + AT_PAIRS + 2 * rules;
    const struct key *before = &side->lists.items[settled];
    if (before->count) {
        memcpy(making->settled, before->items, before->count * sizeof(uint32_t));
    }
    making->settled_count = before->count;
    making->state[AT_SETTLED] = settled;
}

static void add_node(struct side *side, struct making *making, int which, uint32_t node)
{
    making->state[which] = node;
    for (const struct tree_rule *at = side->tree.nodes[node].settled; at; at = at->next) {
        settle(making, at->rule);
    }
}

static void add_expr(struct side *side, struct making *making, uint32_t rule, uint32_t state)
{
    enum expr_kind kind = state_expr(side->set, state)->kind;
    bool always = kind == EXPR_ALL, never = kind == EXPR_NONE;
    if (!always && !never && stays(side, state)) {
        always = accepts(side, state);
        never = !always;
    }
    if (always) {
        settle(making, rule);
    } else if (!never) {
        making->state[making->count++] = rule;
        making->state[making->count++] = state;
    }
}

/* What comes behind a certain rule that always matches from here on does not matter any more. */
static void forget(struct side *side, struct making *making, uint32_t certain)
{
    for (int i = AT_PLAIN; i <= AT_FOLD; i++) {
        if (side->tree.nodes[making->state[i]].least > certain) {
            making->state[i] = TREE_NONE;
        }
    }
    while (making->count > AT_PAIRS && making->state[making->count - 2] > certain) {
        making->count -= 2;
    }
}

static uint32_t finish(struct side *side, struct making *making)
{
    size_t kept = making->settled_count;
    if (making->changed) {
        qsort(making->settled, kept, sizeof(uint32_t), ascending);
        for (size_t i = 0; i < kept; i++) {
            if (is_certain(side, making->settled[i])) {
                kept = i + 1;
            }
        }
        making->state[AT_SETTLED] = keys_put(&side->lists, making->settled, kept, NULL);
    }
    if (kept && is_certain(side, making->settled[kept - 1])) {
        forget(side, making, making->settled[kept - 1]);
    }
    return keys_put(&side->states, making->state, making->count, NULL);
}

void side_open(struct side *side)
{
    tree_open(&side->tree, side->arena);
    keys_open(&side->states, side->arena);
    keys_open(&side->lists, side->arena);
    (void)keys_put(&side->lists, NULL, 0, NULL);
    for (size_t i = 0; i < side->rules->count; i++) {
        if (side->rules->items[i]->is_literal) {
            tree_add(&side->tree, side->rules->items[i], (uint32_t)i);
        }
    }
}

uint32_t side_start(struct side *side)
{
    struct making making;
    making_open(side, &making, 0);
    add_node(side, &making, AT_PLAIN, TREE_PLAIN);
    add_node(side, &making, AT_FOLD, TREE_FOLD);
    for (size_t i = 0; i < side->rules->count; i++) {
        const struct language *language = side->rules->items[i];
        if (!language->is_literal) {
            add_expr(side, &making, (uint32_t)i, state_of(language->expr, BEFORE_START));
        }
    }
    return finish(side, &making);
}

/* ---- edges --------------------------------------------------------------------------------- */

static void byte_set_join(struct byte_set *set, const struct byte_set *more)
{
    for (size_t i = 0; i < ARRAY_LEN(set->bits); i++) {
        set->bits[i] |= more->bits[i];
    }
}

/* The children of a state's places in the tree, by class of byte. */
struct children {
    uint32_t plain[256], fold[256];
};

static void find_children(const struct side *side, const uint32_t *state, struct children *out,
                          struct byte_set *touched)
{
    const struct tree_node *nodes = side->tree.nodes;
    const uint8_t *class = side->classes->of;
    memset(out, 0, sizeof *out);
    for (uint32_t at = nodes[state[AT_PLAIN]].first; at; at = nodes[at].sibling) {
        out->plain[class[nodes[at].byte]] = at;
        byte_set_add(touched, class[nodes[at].byte]);
    }
    for (uint32_t at = nodes[state[AT_FOLD]].first; at; at = nodes[at].sibling) {
        uint8_t byte = nodes[at].byte;
        uint8_t other = byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 32) : byte;
        out->fold[class[byte]] = out->fold[class[other]] = at;
        byte_set_add(touched, class[byte]);
        byte_set_add(touched, class[other]);
    }
}

/* Where the bytes of one class lead; those of a class that nothing touches: class -1. */
static uint32_t successor(struct side *side, uint32_t state, const struct children *children,
                          int class)
{
    struct making making;
    const struct key *from = &side->states.items[state];
    making_open(side, &making, from->items[AT_SETTLED]);
    add_node(side, &making, AT_PLAIN, class < 0 ? TREE_NONE : children->plain[class]);
    add_node(side, &making, AT_FOLD, class < 0 ? TREE_NONE : children->fold[class]);
    for (size_t i = AT_PAIRS; i < from->count; i += 2) {
        const struct edges *edges = expr_edges(side, from->items[i + 1]);
        add_expr(side, &making, from->items[i],
                 class < 0 ? edges->other : edges_at(edges, (unsigned)class));
    }
    return finish(side, &making);
}

static void grow(struct side *side, uint32_t state)
{
    size_t larger = 2 * (size_t)state + 256;
    struct edges **edges = ARENA_ARRAY(side->arena, struct edges *, larger);
    uint32_t *accepts = ARENA_ARRAY(side->arena, uint32_t, larger);
    if (side->edges_capacity) {
        memcpy(edges, side->edges, side->edges_capacity * sizeof(struct edges *));
        memcpy(accepts, side->accepts, side->edges_capacity * sizeof(uint32_t));
    }
    side->edges = edges;
    side->accepts = accepts;
    side->edges_capacity = larger;
}

const struct edges *side_edges(struct side *side, uint32_t state)
{
    if (state >= side->edges_capacity) {
        grow(side, state);
    }
    if (side->edges[state]) {
        return side->edges[state];
    }
    struct byte_set touched = {{0}};
    struct children children;
    const struct key *key = &side->states.items[state];
    find_children(side, key->items, &children, &touched);
    for (size_t i = AT_PAIRS; i < key->count; i += 2) {
        byte_set_join(&touched, &expr_edges(side, key->items[i + 1])->touched);
    }
    struct edges *edges = edges_new(side->arena, &touched, successor(side, state, &children, -1));
    for (unsigned c = 0, at = 0; c < side->classes->count; c++) {
        if (byte_set_has(&touched, c)) {
            edges->targets[at++] = successor(side, state, &children, (int)c);
        }
    }
    side->edges[state] = edges;
    return edges;
}

/* ---- what matches -------------------------------------------------------------------------- */

bool side_is_dead(const struct side *side, uint32_t state)
{
    const struct key *key = &side->states.items[state];
    return key->count == AT_PAIRS && key->items[AT_PLAIN] == TREE_NONE &&
           key->items[AT_FOLD] == TREE_NONE && key->items[AT_SETTLED] == 0;
}

static size_t add_exact(const struct side *side, uint32_t node, uint32_t *list, size_t count)
{
    for (const struct tree_rule *at = side->tree.nodes[node].exact; at; at = at->next) {
        list[count++] = at->rule;
    }
    return count;
}

uint32_t side_accepts(struct side *side, uint32_t state)
{
    if (state >= side->edges_capacity) {
        grow(side, state);
    }
    if (side->accepts[state]) {
        return side->accepts[state] - 1;
    }
    const struct key *key = &side->states.items[state];
    const struct key *settled = &side->lists.items[key->items[AT_SETTLED]];
    uint32_t *list = room(side, side->rules->count + 1);
    if (settled->count) {
        memcpy(list, settled->items, settled->count * sizeof(uint32_t));
    }
    size_t count = add_exact(side, key->items[AT_PLAIN], list, settled->count);
    count = add_exact(side, key->items[AT_FOLD], list, count);
    for (size_t i = AT_PAIRS; i < key->count; i += 2) {
        if (accepts(side, key->items[i + 1])) {
            list[count++] = key->items[i];
        }
    }
    qsort(list, count, sizeof(uint32_t), ascending);
    for (size_t i = 0; i < count; i++) {
        if (is_certain(side, list[i])) {
            count = i + 1;
        }
    }
    uint32_t result = keys_put(&side->lists, list, count, NULL);
    side->accepts[state] = result + 1;
    return result;
}
