#include "language/walk_priv.h"

#include <string.h>

enum { PLACES_LEAST = 256, PLACES_PER_WORD = 16 };
#define NO_EDGE UINT32_MAX

struct sampling {
    struct walk walk;
    size_t places_most;
    bool *accepting; /* by place */
    size_t accepting_capacity;
    bool any;
    uint32_t *first; /* by place: the edge by which it was reached first */
    uint32_t
        *next; /* by place: the edge that leads to the nearest end; NO_EDGE: none, or it is one */
    bool *covered; /* by edge */
    struct arena *arena;
    struct map *seen;
    struct slice *words;
    size_t count, wanted;
};

static bool visit(struct walk *walk, uint32_t place, void *user)
{
    struct sampling *s = user;
    if (place >= s->accepting_capacity) {
        size_t larger = 2 * (size_t)place + PLACES_LEAST;
        bool *copy = ARENA_ARRAY(walk->arena, bool, larger);
        if (s->accepting_capacity) {
            memcpy(copy, s->accepting, s->accepting_capacity);
        }
        s->accepting = copy;
        s->accepting_capacity = larger;
    }
    s->accepting[place] =
        walk_matches(walk, SIDE_A, place)->count > 0 && walk_in_domain(walk, place);
    s->any = s->any || s->accepting[place];
    return !s->any || place < s->places_most;
}

/* Places that were reached but not visited do not count as ends. */
static bool is_end(const struct sampling *s, uint32_t place)
{
    return place < s->accepting_capacity && s->accepting[place];
}

/* Edges by the place they lead to: those into place p are sorted[into[p]] up to sorted[into[p + 1]]. */
struct incoming {
    uint32_t *into, *sorted;
};

static struct incoming sort_edges(const struct walk *walk)
{
    size_t places = walk->count, edges = walk->edge_count;
    uint32_t *into = ARENA_ARRAY(walk->arena, uint32_t, places + 2);
    uint32_t *sorted = ARENA_ARRAY(walk->arena, uint32_t, edges + 1);
    for (size_t e = 0; e < edges; e++) {
        into[walk->edges[e].to + 2]++;
    }
    for (size_t p = 2; p < places + 2; p++) {
        into[p] += into[p - 1];
    }
    for (size_t e = 0; e < edges; e++) {
        sorted[into[walk->edges[e].to + 1]++] = (uint32_t)e;
    }
    return (struct incoming){into, sorted};
}

/* Places by their distance from an end in bytes; a token has at most three, so that four lists do. */
enum { LISTS = 4 };
struct waiting {
    uint32_t place, edge;
    const struct waiting *next;
};

static void wait_for(const struct walk *walk, const struct waiting *lists[LISTS], size_t distance,
                     uint32_t place, uint32_t edge)
{
    struct waiting *entry = ARENA_NEW(walk->arena, struct waiting);
    *entry = (struct waiting){place, edge, lists[distance % LISTS]};
    lists[distance % LISTS] = entry;
}

/* For each place the way to the nearest end, from the ends backwards. */
static void find_ways(struct sampling *s)
{
    const struct walk *walk = &s->walk;
    const struct incoming incoming = sort_edges(walk);
    const struct waiting *lists[LISTS] = {NULL};
    bool *known = ARENA_ARRAY(walk->arena, bool, walk->count + 1);
    for (uint32_t p = (uint32_t)walk->count; p-- > 0;) {
        s->next[p] = NO_EDGE;
        if (is_end(s, p)) {
            wait_for(walk, lists, 0, p, NO_EDGE);
        }
    }
    for (size_t distance = 0, empty = 0; empty < LISTS; distance++) {
        const struct waiting *entry = lists[distance % LISTS];
        lists[distance % LISTS] = NULL;
        empty = entry ? 0 : empty + 1;
        for (; entry; entry = entry->next) {
            if (known[entry->place]) {
                continue;
            }
            known[entry->place] = true;
            s->next[entry->place] = entry->edge;
            for (uint32_t i = incoming.into[entry->place]; i < incoming.into[entry->place + 1];
                 i++) {
                uint32_t edge = incoming.sorted[i], from = walk->edges[edge].from;
                char text[3];
                if (!known[from]) {
                    wait_for(walk, lists, distance + token_text(walk->edges[edge].token, text),
                             from, edge);
                }
            }
        }
    }
}

static void find_first(struct sampling *s)
{
    const struct walk *walk = &s->walk;
    for (uint32_t p = 0; p < walk->count; p++) {
        s->first[p] = NO_EDGE;
    }
    for (size_t e = walk->edge_count; e-- > 0;) {
        const struct edge_record *edge = &walk->edges[e];
        const struct step *step = &walk->steps[edge->to];
        if (edge->to && step->from == edge->from && step->token == edge->token) {
            s->first[edge->to] = (uint32_t)e;
        }
    }
}

static void put_token(struct buf *buf, uint16_t token)
{
    char text[3];
    buf_put(buf, (struct slice){text, token_text(token, text)});
}

/* The word that goes along one edge, by the shortest ways; its edges are covered from then on. */
static void add_word(struct sampling *s, uint32_t edge, struct buf *buf)
{
    const struct walk *walk = &s->walk;
    uint32_t from = edge == NO_EDGE ? 0 : walk->edges[edge].from;
    uint32_t at = edge == NO_EDGE ? 0 : walk->edges[edge].to;
    if (!is_end(s, at) && s->next[at] == NO_EDGE) {
        return;
    }
    buf_clear(buf);
    struct slice start = walk_word(walk, walk->arena, from);
    buf_put(buf, start);
    for (uint32_t p = from; p; p = walk->steps[p].from) {
        if (s->first[p] != NO_EDGE) {
            s->covered[s->first[p]] = true;
        }
    }
    if (edge != NO_EDGE) {
        s->covered[edge] = true;
        put_token(buf, walk->edges[edge].token);
    }
    for (; s->next[at] != NO_EDGE; at = walk->edges[s->next[at]].to) {
        s->covered[s->next[at]] = true;
        put_token(buf, walk->edges[s->next[at]].token);
    }
    struct slice word = arena_copy(s->arena, buf_slice(buf));
    if (!map_put(s->seen, word, s)) {
        s->words[s->count++] = word;
    }
}

static int by_order(const void *a, const void *b, void *user)
{
    (void)user;
    const struct slice *x = a, *y = b;
    if (x->len != y->len) {
        return x->len < y->len ? -1 : 1;
    }
    size_t i = 0;
    while (i < x->len && x->ptr[i] == y->ptr[i]) {
        i++;
    }
    return i == x->len ? 0
                       : byte_rank((unsigned char)x->ptr[i]) - byte_rank((unsigned char)y->ptr[i]);
}

static void collect(struct sampling *s)
{
    const struct walk *walk = &s->walk;
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    s->first = ARENA_ARRAY(walk->arena, uint32_t, walk->count);
    s->next = ARENA_ARRAY(walk->arena, uint32_t, walk->count);
    s->covered = ARENA_ARRAY(walk->arena, bool, walk->edge_count + 1);
    s->words = ARENA_ARRAY(s->arena, struct slice, s->wanted);
    s->seen = map_new(walk->arena);
    find_ways(s);
    find_first(s);
    if (s->any) {
        add_word(s, NO_EDGE, &buf);
    }
    for (size_t e = 0; e < walk->edge_count && s->count < s->wanted; e++) {
        if (!s->covered[e]) {
            add_word(s, (uint32_t)e, &buf);
        }
    }
    sort_stable(walk->arena, s->words, s->count, sizeof *s->words, by_order, NULL);
    buf_release(&buf);
}

enum answer language_samples(struct language_set *set, const struct language *language,
                             const struct path_view *view, const struct language *domain,
                             struct arena *arena, size_t wanted, struct slice **words,
                             size_t *count)
{
    struct sampling s = {.arena = arena, .wanted = wanted ? wanted : 1};
    s.places_most = PLACES_LEAST + PLACES_PER_WORD * s.wanted;
    const struct rule_languages a = {.items = &language, .count = 1, .view = view};
    walk_open(&s.walk, set, &a, NULL, domain ? &domain : NULL);
    s.walk.skip_dead = true;
    s.walk.record = true;
    bool whole = walk_run(&s.walk, visit, &s);
    collect(&s);
    *words = s.words;
    *count = s.count;
    walk_close(&s.walk);
    return set->full || (!whole && !s.count) ? ANSWER_GAVE_UP : s.count ? ANSWER_YES : ANSWER_NO;
}
