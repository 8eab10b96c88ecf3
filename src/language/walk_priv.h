/* The product automaton of one question.
 *
 * A side holds the languages of one list, and reads paths. Its states are made when they are asked for: a
 * place in the tree of literals, the states of the other languages that can still change, and the
 * rules that match whatever follows ("settled"). A walk goes through the states of two sides and of a
 * domain at once, breadth first, where each side reads the raw target through its view. */
#ifndef GATESHIFT_LANGUAGE_WALK_PRIV_H
#define GATESHIFT_LANGUAGE_WALK_PRIV_H

#include "language/language_priv.h"

/* ---- keys.c: lists of numbers, each kept once and known by a number ------------------------- */

struct key {
    const uint32_t *items;
    size_t count;
    uint64_t hash;
};
struct keys {
    struct arena *arena;
    struct key *items;
    size_t count, capacity;
    uint32_t *table; /* number plus one */
    size_t table_size;
};
void keys_open(struct keys *keys, struct arena *arena);
uint32_t keys_put(struct keys *keys, const uint32_t *items, size_t count, bool *added);

/* ---- edges: where the classes of bytes lead -------------------------------------------------- */

struct classes {
    uint8_t of[256];
    uint8_t byte[256]; /* the first in order of those that requests may hold */
    bool used[256];    /* there is one */
    unsigned count;
    uint8_t order[256]; /* classes that are used, by the order of their bytes */
    unsigned order_count;
};
struct edges {
    struct byte_set touched; /* classes with a target of their own */
    uint32_t other;          /* where all the others lead */
    uint32_t targets[];      /* of those that are touched, ascending */
};
uint32_t edges_at(const struct edges *edges, unsigned class);
struct edges *edges_new(struct arena *arena, const struct byte_set *touched, uint32_t other);
/* From the targets of classes, of which only those that are reached count: the commonest one becomes
 * `other`. */
struct edges *edges_from(struct arena *arena, const uint32_t *targets, const bool *reached,
                         unsigned count);

/* ---- tree.c: literals ------------------------------------------------------------------------ */

struct tree_rule {
    uint32_t rule;
    const struct tree_rule *next;
};
struct tree_node {
    uint32_t first, sibling; /* nodes; 0: none */
    uint8_t byte;
    uint32_t least; /* first rule in or below the node */
    const struct tree_rule *exact, *settled;
};
enum { TREE_NONE, TREE_PLAIN, TREE_FOLD, TREE_FIRST_FREE }; /* roots of the two trees */
struct tree {
    struct arena *arena;
    struct tree_node *nodes;
    size_t count, capacity;
    uint32_t *table; /* pairs: a node, and its parent */
    size_t table_size;
};
void tree_open(struct tree *tree, struct arena *arena);
void tree_add(struct tree *tree, const struct language *literal, uint32_t rule);

/* ---- side.c ---------------------------------------------------------------------------------- */

enum { SIDE_PAGE = 64 };
struct side {
    struct language_set *set;
    struct arena *arena;
    struct classes *classes;
    const struct rule_languages *rules;
    struct tree tree;
    struct keys states, lists;
    struct edges **edges; /* by state; null: not made yet */
    uint32_t *accepts;    /* by state; list plus one */
    size_t edges_capacity;
    struct edges ***pages; /* by state of an expression, in pages */
    size_t page_count;
    bool reached[256]; /* by class: bytes that the side can be given */
    uint32_t *scratch; /* a state that is being made */
    size_t scratch_capacity;
};
void side_open(struct side *side);
uint32_t side_start(struct side *side);
const struct edges *side_edges(struct side *side, uint32_t state);
static inline uint32_t side_step(struct side *side, uint32_t state, uint8_t byte)
{
    return edges_at(side_edges(side, state), side->classes->of[byte]);
}
/* Nothing matches any more, whatever follows. */
bool side_is_dead(const struct side *side, uint32_t state);
/* The rules that match a word that ends here, as a list of side->lists. */
uint32_t side_accepts(struct side *side, uint32_t state);

/* ---- view.c ---------------------------------------------------------------------------------- */

/* A token is what a view reads at once: a byte, or an escape. */
enum { TOKEN_ESCAPE = 0x100, TOKEN_LOWER_FIRST = 0x200, TOKEN_LOWER_SECOND = 0x400 };

size_t token_text(uint16_t token, char text[3]);

/* State of a side with what its view still holds back. */

#define VIEW_OUTSIDE UINT32_MAX
static inline uint32_t viewed_state(uint32_t at)
{
    return at >> 4;
}
uint32_t view_start(struct side *side, const struct path_view *view);
/* VIEW_OUTSIDE for what is not decided. */
uint32_t view_step(struct side *side, const struct path_view *view, uint32_t at, uint16_t token);
/* The side's state in which a token is read that means nothing to the view. */
uint32_t view_base(struct side *side, const struct path_view *view, uint32_t at);
bool view_may_end(uint32_t at);
bool view_decodes(const struct path_view *view, unsigned byte);
/* Escapes have to be read at once. */
bool view_has_escapes(const struct path_view *view);

/* ---- walk.c ---------------------------------------------------------------------------------- */

enum { SIDE_A, SIDE_B, SIDE_DOMAIN, SIDE_COUNT };
struct place {
    uint32_t at[SIDE_COUNT];
};
struct step {
    uint32_t from; /* place */
    uint16_t token;
};
struct edge_record {
    uint32_t from, to;
    uint16_t token;
};
struct walk {
    struct language_set *set;
    struct arena *arena; /* of the set, for one walk after the other */
    struct classes classes;
    struct side sides[SIDE_COUNT];
    const struct path_view *views[SIDE_COUNT];
    bool raw, escapes; /* words are targets; escapes are tokens */
    bool skip_dead;    /* places where no rule can match are left out */
    bool record;       /* edges are kept */
    struct place *places;
    struct step *steps; /* how each place was reached first */
    size_t count, capacity, step_capacity;
    uint32_t *table;
    size_t table_size;
    struct edge_record *edges;
    size_t edge_count, edge_capacity;
    struct queue *queue;
    uint16_t *kinds; /* escapes of which one stands for all that no state tells apart */
    size_t kind_count;
    size_t work;
};
/* ---- classes.c: bytes and escapes that no side tells apart ---- */
void classes_open(struct walk *walk);

/* `b` and `domain` may be null. */
void walk_open(struct walk *walk, struct language_set *set, const struct rule_languages *a,
               const struct rule_languages *b, const struct language *const *domain);
void walk_close(struct walk *walk);
/* Called for each place, those with shorter words first. False ends the walk. */
typedef bool visit_fn(struct walk *walk, uint32_t place, void *user);
/* False when a limit was passed. */
bool walk_run(struct walk *walk, visit_fn *visit, void *user);
/* A word that ends here is one of the domain. */
bool walk_in_domain(struct walk *walk, uint32_t place);
const struct key *walk_matches(struct walk *walk, int side, uint32_t place);
struct slice walk_word(const struct walk *walk, struct arena *arena, uint32_t place);

#endif
