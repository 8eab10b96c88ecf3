#include "replay/replay_priv.h"

/* ---- what is read ------------------------------------------------------------------------- */

static void add_header(struct run *run, struct replay *replay, struct slice name)
{
    struct texts *names = &replay->reads_headers;
    for (size_t i = 0; i < names->count; i++) {
        if (slice_equal_fold(names->items[i], name)) {
            return;
        }
    }
    struct slice *items = ARENA_ARRAY(run->arena, struct slice, names->count + 1);
    for (size_t i = 0; i < names->count; i++) {
        items[i] = names->items[i];
    }
    items[names->count] = name;
    *names = (struct texts){items, names->count + 1};
}

static void note_effects(struct replay *replay, const struct effects *effects)
{
    const struct route_rate_limit *rate = effects->rate_limit;
    const struct route_error_pages *pages = effects->error_pages;
    replay->reads_client = replay->reads_client || effects->addresses ||
                           (rate && rate->exempt.count) ||
                           (pages && (pages->has_allow || pages->deny.count));
}

static void note_rule(struct run *run, struct replay *replay, const struct rule *rule)
{
    replay->reads_method = replay->reads_method || rule->match.method.ptr;
    for (size_t i = 0; i < rule->match.test_count; i++) {
        const struct test *test = &rule->match.tests[i];
        switch (test->subject) {
        case TEST_QUERY:
        case TEST_ARGUMENT:
        case TEST_TARGET:
            replay->reads_query = true;
            break;
        case TEST_METHOD:
            replay->reads_method = true;
            break;
        case TEST_HEADER:
            add_header(run, replay, test->name);
            break;
        case TEST_COOKIE:
            add_header(run, replay, SLICE("Cookie"));
            break;
        }
    }
    note_effects(replay, &rule->effects);
    for (size_t i = 0; i < rule->backend_count; i++) {
        if (rule->backends[i].effects) {
            note_effects(replay, rule->backends[i].effects);
        }
    }
}

/* ---- routes ------------------------------------------------------------------------------- */

static struct slice match_key(const struct match *const *match)
{
    return (struct slice){(const char *)match, sizeof *match};
}

size_t route_of_match(const struct replay *replay, const struct match *match)
{
    /* positions are kept as pointers into the list of routes */
    const struct route_facts *route = map_get(replay->route_of, match_key(&match));
    return route ? (size_t)(route - replay->routes) + 1 : ROUTE_NONE;
}

size_t route_of(const struct replay *replay, const struct rule *rule)
{
    return rule ? route_of_match(replay, &rule->match) : ROUTE_NONE;
}

struct collecting {
    struct run *run;
    struct replay *replay;
    struct map *by_text;       /* -> struct numbered */
    struct numbered **matches; /* with the match that each stands for */
    size_t count, capacity;
};
struct numbered {
    size_t position;
    const struct match *match;
};

/* The first rule of a place names the route; rules of other hosts and listeners from there belong to it. */
static void add_route(struct collecting *collecting, enum evidence_side side,
                      const struct entry *entry, const struct rule *rule)
{
    struct arena *arena = collecting->run->arena;
    struct replay *replay = collecting->replay;
    const struct origin *origin = &rule->origin;
    if (!origin->name.len || rule->implied) {
        return;
    }
    struct slice key = ARENA_JOIN(arena, side == EVIDENCE_BEFORE ? SLICE("b") : SLICE("a"),
                                  origin->kind, SLICE("\n"), origin->namespace, SLICE("/"),
                                  origin->name, SLICE("\n"), origin->field);
    struct numbered *known = map_get(collecting->by_text, key);
    if (!known) {
        known = ARENA_NEW(arena, struct numbered);
        *known = (struct numbered){replay->route_count, NULL};
        map_put(collecting->by_text, key, known);
        *ARENA_PUSH(arena, replay->routes, replay->route_count, replay->route_capacity) =
            (struct route_facts){side, evidence_place_text(arena, entry, rule), origin};
    }
    struct numbered *numbered = ARENA_NEW(arena, struct numbered);
    *numbered = (struct numbered){known->position, &rule->match};
    *ARENA_PUSH(arena, collecting->matches, collecting->count, collecting->capacity) = numbered;
}

static void collect(struct collecting *collecting, enum evidence_side side,
                    const struct route_table *table)
{
    struct map *seen = map_new(collecting->run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        for (const struct rule_list *list = entry->rules; list; list = list->next) {
            const struct rule_list **key =
                ARENA_NEW(collecting->run->arena, const struct rule_list *);
            *key = list;
            if (map_put(seen, (struct slice){(const char *)key, sizeof *key}, collecting)) {
                break; /* what follows is shared as well */
            }
            paths_add(collecting->run->arena, collecting->replay->paths, list);
            for (size_t r = 0; r < list->count; r++) {
                note_rule(collecting->run, collecting->replay, &list->rules[r]);
                add_route(collecting, side, entry, &list->rules[r]);
            }
        }
    }
    note_effects(collecting->replay, &table->platform);
}

struct replay *replay_new(struct run *run, const struct replay_side *before,
                          const struct replay_side *after)
{
    struct replay *replay = ARENA_NEW(run->arena, struct replay);
    struct collecting collecting = {.run = run, .replay = replay, .by_text = map_new(run->arena)};
    *replay = (struct replay){
        .side = {*before, *after},
        .judge = judge_new(run, before->evaluator, before->table, after->evaluator, after->table),
        .fingerprint = evidence_fingerprint(run->arena, before->table, after->table),
        .paths = paths_new(run->arena),
        .route_of = map_new(run->arena)};
    collect(&collecting, EVIDENCE_BEFORE, before->table);
    collect(&collecting, EVIDENCE_AFTER, after->table);
    for (size_t i = 0; i < collecting.count; i++) {
        struct numbered *numbered = collecting.matches[i];
        map_put(replay->route_of, match_key(&numbered->match), &replay->routes[numbered->position]);
    }
    upstreams_index(run, replay);
    return replay;
}
