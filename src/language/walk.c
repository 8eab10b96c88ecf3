#include "language/walk_priv.h"

#include <string.h>

/* ---- opening ------------------------------------------------------------------------------- */

static const struct rule_languages no_rules = {0};

void walk_open(struct walk *walk, struct language_set *set, const struct rule_languages *a,
               const struct rule_languages *b, const struct language *const *domain)
{
    if (!set->walk) {
        set->walk = arena_open_like(set->arena);
    }
    *walk = (struct walk){.set = set, .arena = set->walk, .work = set->work};
    struct rule_languages *inside = ARENA_NEW(walk->arena, struct rule_languages);
    *inside = (struct rule_languages){.items = domain, .count = domain ? 1 : 0};
    const struct rule_languages *lists[SIDE_COUNT] = {a, b ? b : &no_rules, inside};
    for (int s = 0; s < SIDE_COUNT; s++) {
        walk->views[s] = lists[s]->view;
        walk->raw = walk->raw || walk->views[s];
        walk->escapes = walk->escapes || view_has_escapes(walk->views[s]);
    }
    for (int s = 0; s < SIDE_COUNT; s++) {
        walk->sides[s] = (struct side){
            .set = set, .arena = walk->arena, .classes = &walk->classes, .rules = lists[s]};
        side_open(&walk->sides[s]);
    }
    classes_open(walk);
}

/* Small questions come in thousands: their memory is kept. */
void walk_close(struct walk *walk)
{
    const size_t small = (size_t)4 << 20;
    if (arena_used(walk->arena) <= small) {
        arena_clear(walk->arena);
        return;
    }
    arena_close(walk->arena);
    walk->set->walk = NULL;
}

/* ---- places -------------------------------------------------------------------------------- */

static size_t slot(const struct walk *walk, const struct place *place)
{
    uint64_t hash = 0;
    for (int s = 0; s < SIDE_COUNT; s++) {
        hash = (hash ^ place->at[s]) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    size_t at = (size_t)hash & (walk->table_size - 1);
    while (walk->table[at] &&
           memcmp(&walk->places[walk->table[at] - 1], place, sizeof *place) != 0) {
        at = (at + 1) & (walk->table_size - 1);
    }
    return at;
}

static void grow(struct walk *walk)
{
    walk->table_size = walk->table_size ? walk->table_size * 4 : 1024;
    walk->table = ARENA_ARRAY(walk->arena, uint32_t, walk->table_size);
    for (size_t i = 0; i < walk->count; i++) {
        walk->table[slot(walk, &walk->places[i])] = (uint32_t)i + 1;
    }
}

/* The number of the place; *added when it is new. */
static uint32_t place_put(struct walk *walk, const struct place *place, struct step step,
                          bool *added)
{
    if (2 * walk->count >= walk->table_size) {
        grow(walk);
    }
    size_t at = slot(walk, place);
    *added = walk->table[at] == 0;
    if (*added) {
        *ARENA_PUSH(walk->arena, walk->places, walk->count, walk->capacity) = *place;
        size_t steps = walk->count - 1;
        *ARENA_PUSH(walk->arena, walk->steps, steps, walk->step_capacity) = step;
        walk->table[at] = (uint32_t)walk->count;
    }
    return walk->table[at] - 1;
}

/* False when it leads out of the domain, or to where no word is looked for. */
static bool follow(struct walk *walk, uint32_t from, uint16_t token, struct place *out)
{
    const struct place place = walk->places[from];
    bool dead = true;
    for (int s = 0; s < SIDE_COUNT; s++) {
        out->at[s] = view_step(&walk->sides[s], walk->views[s], place.at[s], token);
        if (out->at[s] == VIEW_OUTSIDE) {
            return false;
        }
        dead =
            dead && (s == SIDE_DOMAIN || side_is_dead(&walk->sides[s], viewed_state(out->at[s])));
    }
    const struct side *domain = &walk->sides[SIDE_DOMAIN];
    return !(dead && walk->skip_dead) &&
           !(domain->rules->count && side_is_dead(domain, viewed_state(out->at[SIDE_DOMAIN])));
}

static void keep_edge(struct walk *walk, uint32_t from, uint32_t to, uint16_t token)
{
    if (walk->record) {
        *ARENA_PUSH(walk->arena, walk->edges, walk->edge_count, walk->edge_capacity) =
            (struct edge_record){from, to, token};
    }
}

/* ---- the queue ----------------------------------------------------------------------------- */

/* Words grow by one byte from entry to entry, so that they come by length and then in order. An escape is
 * three bytes: it waits in the queue after its first and its second one. */
struct candidate {
    uint16_t token, order;
    struct place place;
};
struct entry {
    uint32_t place;
    const struct candidate *items; /* null: the place itself */
    uint32_t count;
    bool second; /* the first digit has been read */
};
struct queue {
    struct entry *items;
    size_t first, count, capacity;
};

/* What has been read makes room, so that the queue is not longer than it has to be. */
static void enqueue(struct walk *walk, struct entry entry)
{
    struct queue *queue = walk->queue;
    if (queue->count == queue->capacity && queue->first > queue->count / 2) {
        memmove(queue->items, queue->items + queue->first,
                (queue->count - queue->first) * sizeof *queue->items);
        queue->count -= queue->first;
        queue->first = 0;
    }
    *ARENA_PUSH(walk->arena, queue->items, queue->count, queue->capacity) = entry;
}

static void arrive(struct walk *walk, uint32_t from, uint16_t token, const struct place *place)
{
    bool added;
    uint32_t to = place_put(walk, place, (struct step){from, token}, &added);
    keep_edge(walk, from, to, token);
    if (added) {
        enqueue(walk, (struct entry){.place = to});
    }
}

/* ---- successors ---------------------------------------------------------------------------- */

/* The states of all sides in which a byte is read that means nothing to the views. */
struct bases {
    const struct edges *edges[SIDE_COUNT];
    struct byte_set touched; /* by any side */
};

static void find_bases(struct walk *walk, uint32_t from, struct bases *out)
{
    const struct place place = walk->places[from];
    *out = (struct bases){0};
    for (int s = 0; s < SIDE_COUNT; s++) {
        struct side *side = &walk->sides[s];
        uint32_t state = view_base(side, walk->views[s], place.at[s]);
        out->edges[s] = side_edges(side, state);
        for (size_t i = 0; i < ARRAY_LEN(out->touched.bits); i++) {
            out->touched.bits[i] |= out->edges[s]->touched.bits[i];
        }
    }
    if (walk->raw) {
        byte_set_add(&out->touched, walk->classes.of['/']);
        byte_set_add(&out->touched, walk->classes.of['.']);
    }
}

static void follow_bytes(struct walk *walk, uint32_t from, const struct bases *bases)
{
    bool other = false;
    for (unsigned i = 0; i < walk->classes.order_count; i++) {
        unsigned class = walk->classes.order[i];
        if (!byte_set_has(&bases->touched, class)) {
            if (other) {
                continue;
            }
            other = true;
        }
        struct place place;
        uint16_t token = walk->classes.byte[class];
        if (follow(walk, from, token, &place)) {
            arrive(walk, from, token, &place);
        }
    }
}

/* Digits of escapes in the order of words. */
static const char digits[] = "0123456789ABCDEFabcdef";
enum { DIGITS = sizeof digits - 1 };

static uint16_t order_of(unsigned token)
{
    char text[3];
    (void)token_text((uint16_t)token, text);
    return (uint16_t)((strchr(digits, text[1]) - digits) * DIGITS +
                      (strchr(digits, text[2]) - digits));
}

static bool touches_digits(const struct walk *walk, const struct edges *edges)
{
    for (size_t i = 0; i < DIGITS; i++) {
        if (byte_set_has(&edges->touched, walk->classes.of[(unsigned char)digits[i]])) {
            return true;
        }
    }
    return false;
}

/* Does a side that leaves escapes as they are tell them apart? */
static bool reads_digits(struct walk *walk, const struct bases *bases)
{
    for (int s = 0; s < SIDE_COUNT; s++) {
        struct side *side = &walk->sides[s];
        uint32_t behind = edges_at(bases->edges[s], walk->classes.of['%']);
        const struct edges *first = side_edges(side, behind);
        if (touches_digits(walk, first) ||
            touches_digits(walk, side_edges(side, edges_at(first, walk->classes.of['0'])))) {
            return true;
        }
    }
    return false;
}

static bool is_touched(const struct walk *walk, const struct bases *bases, unsigned byte)
{
    for (int s = SIDE_A; s <= SIDE_B; s++) {
        if (view_decodes(walk->views[s], byte) &&
            byte_set_has(&bases->edges[s]->touched, walk->classes.of[byte])) {
            return true;
        }
    }
    return byte == '.' || byte == '/' || byte == '\\';
}

struct candidates {
    struct candidate *items;
    size_t count;
};

static void consider(struct walk *walk, uint32_t from, unsigned token, struct candidates *out)
{
    struct candidate *next = &out->items[out->count];
    next->token = (uint16_t)token;
    if (follow(walk, from, next->token, &next->place)) {
        next->order = order_of(token);
        out->count++;
    }
}

/* All escapes in all spellings, but of the byte 0, which no view reads. */
static void consider_all(struct walk *walk, uint32_t from, struct candidates *out)
{
    for (unsigned order = 0; order < DIGITS * DIGITS; order++) {
        unsigned first = order / DIGITS, second = order % DIGITS;
        unsigned high = first < 16 ? first : first - 6, low = second < 16 ? second : second - 6;
        if (high || low) {
            consider(walk, from,
                     TOKEN_ESCAPE | high << 4 | low | (first < 16 ? 0 : TOKEN_LOWER_FIRST) |
                         (second < 16 ? 0 : TOKEN_LOWER_SECOND),
                     out);
        }
    }
}

/* Escapes of which no two lead to the same place for sure; of those that touch nothing, one for each
 * way the views read them. */
static void consider_kinds(struct walk *walk, uint32_t from, const struct bases *bases,
                           struct candidates *out)
{
    bool other[4] = {false};
    for (size_t i = 0; i < walk->kind_count; i++) {
        unsigned byte = walk->kinds[i] & 0xff;
        if (!is_touched(walk, bases, byte)) {
            bool *done = &other[view_decodes(walk->views[SIDE_A], byte) * 2 +
                                view_decodes(walk->views[SIDE_B], byte)];
            if (*done) {
                continue;
            }
            *done = true;
        }
        consider(walk, from, walk->kinds[i], out);
    }
    for (size_t i = 1; i < out->count; i++) { /* there are few */
        struct candidate moved = out->items[i];
        size_t at = i;
        for (; at > 0 && out->items[at - 1].order > moved.order; at--) {
            out->items[at] = out->items[at - 1];
        }
        out->items[at] = moved;
    }
}

/* Those that lead to a place already known are not waited for, nor two for one place. */
static size_t drop_known(struct walk *walk, uint32_t from, struct candidates *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct candidate *next = &list->items[i];
        uint32_t known = walk->table[slot(walk, &next->place)];
        bool twice = false;
        for (size_t j = 0; j < kept && !twice; j++) {
            twice = memcmp(&list->items[j].place, &next->place, sizeof next->place) == 0;
        }
        if (known) {
            keep_edge(walk, from, known - 1, next->token);
        } else if (!twice) {
            list->items[kept++] = *next;
        }
    }
    return kept;
}

static void follow_escapes(struct walk *walk, uint32_t from, const struct bases *bases)
{
    struct candidate items[DIGITS * DIGITS];
    struct candidates list = {items, 0};
    if (reads_digits(walk, bases)) {
        consider_all(walk, from, &list);
    } else {
        consider_kinds(walk, from, bases, &list);
    }
    list.count = drop_known(walk, from, &list);
    if (!list.count) {
        return;
    }
    struct candidate *copy = ARENA_ARRAY(walk->arena, struct candidate, list.count);
    memcpy(copy, items, list.count * sizeof items[0]);
    enqueue(walk, (struct entry){.place = from, .items = copy, .count = (uint32_t)list.count});
}

/* "%" has been read: one entry for each first digit; then the places themselves. */
static void read_digit(struct walk *walk, const struct entry *entry)
{
    if (entry->second) {
        for (uint32_t i = 0; i < entry->count; i++) {
            arrive(walk, entry->place, entry->items[i].token, &entry->items[i].place);
        }
        return;
    }
    for (uint32_t i = 0, end; i < entry->count; i = end) {
        int digit = entry->items[i].order / DIGITS;
        for (end = i; end < entry->count && entry->items[end].order / DIGITS == digit; end++) {
        }
        enqueue(walk, (struct entry){.place = entry->place,
                                     .items = entry->items + i,
                                     .count = end - i,
                                     .second = true});
    }
}

/* ---- the walk ------------------------------------------------------------------------------ */

enum { WORK_PER_STATE = 64 };

static bool in_budget(const struct walk *walk)
{
    const struct language_set *set = walk->set;
    size_t states = walk->count;
    for (int s = 0; s < SIDE_COUNT; s++) {
        size_t own = walk->sides[s].states.count;
        states = own > states ? own : states;
    }
    return !set->full && states <= set->limits.states &&
           set->work - walk->work <= set->limits.states * WORK_PER_STATE &&
           arena_used(set->arena) + arena_used(walk->arena) <= set->limits.bytes;
}

bool walk_run(struct walk *walk, visit_fn *visit, void *user)
{
    struct place start;
    bool added;
    walk->queue = ARENA_NEW(walk->arena, struct queue);
    for (int s = 0; s < SIDE_COUNT; s++) {
        start.at[s] = view_start(&walk->sides[s], walk->views[s]);
    }
    enqueue(walk, (struct entry){.place = place_put(walk, &start, (struct step){0, 0}, &added)});
    struct queue *queue = walk->queue;
    while (queue->first < queue->count) {
        struct entry entry = queue->items[queue->first++];
        if (!in_budget(walk)) {
            return false;
        }
        if (entry.items) {
            read_digit(walk, &entry);
            continue;
        }
        if (!visit(walk, entry.place, user)) {
            break;
        }
        struct bases bases;
        find_bases(walk, entry.place, &bases);
        follow_bytes(walk, entry.place, &bases);
        if (walk->escapes) {
            follow_escapes(walk, entry.place, &bases);
        }
    }
    return !walk->set->full;
}

bool walk_in_domain(struct walk *walk, uint32_t place)
{
    const struct place *p = &walk->places[place];
    struct side *domain = &walk->sides[SIDE_DOMAIN];
    for (int s = 0; s < SIDE_COUNT; s++) {
        if (walk->views[s] && !view_may_end(p->at[s])) {
            return false;
        }
    }
    return !domain->rules->count ||
           domain->lists.items[side_accepts(domain, viewed_state(p->at[SIDE_DOMAIN]))].count > 0;
}

const struct key *walk_matches(struct walk *walk, int side, uint32_t place)
{
    struct side *s = &walk->sides[side];
    return &s->lists.items[side_accepts(s, viewed_state(walk->places[place].at[side]))];
}

struct slice walk_word(const struct walk *walk, struct arena *arena, uint32_t place)
{
    char part[3];
    size_t length = 0;
    for (uint32_t at = place; at; at = walk->steps[at].from) {
        length += token_text(walk->steps[at].token, part);
    }
    char *text = arena_alloc(arena, length + 1);
    size_t end = length;
    for (uint32_t at = place; at; at = walk->steps[at].from) {
        size_t size = token_text(walk->steps[at].token, part);
        end -= size;
        memcpy(text + end, part, size);
    }
    return (struct slice){text, length};
}
