#include "gateway_api/gateway_priv.h"

/* nginx-gateway-fabric, internal/controller/nginx/config/servers.go: each path is a location, and a prefix
 * without a slash at its end is two, "= /p" and "/p/". nginx takes the exact location, else the first expression,
 * else the longest prefix; a script then tries the matches of that location alone (httpmatches.js). */

enum location_kind { LOCATION_EXACT, LOCATION_REGEX, LOCATION_PREFIX };

/* One match in one location. */
struct place {
    enum location_kind kind;
    struct candidate *candidate;
    struct slice path; /* as it is declared */
    size_t order;      /* among matches of one path */
    bool adds_slash;   /* answers "/p" with a redirect to "/p/" */
};

static int longer_path(struct slice a, struct slice b)
{
    return a.len == b.len ? slice_compare(a, b) : a.len > b.len ? -1 : 1;
}

/* Expressions in the order of sortPathRules (internal/controller/state/dataplane/sort.go); the others do not
 * take the same path, or the longer one comes first. */
static int place_order(const void *x, const void *y, void *user)
{
    (void)user;
    const struct place *a = x, *b = y;
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    int order = longer_path(a->path, b->path);
    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static bool ends_in_slash(struct slice path)
{
    return slice_ends(path, SLICE("/"));
}

/* Where a declared path would be, whose location is left out because there is one already. */
static struct slice place_key(struct builder *builder, enum route_path_type type, struct slice path)
{
    return arena_printf(builder->run->arena, "%d" SLICE_FMT, (int)type, SLICE_ARG(path));
}

static bool takes_all(const struct candidate *candidate)
{
    return !candidate->match->method.ptr && !candidate->headers && !candidate->queries &&
           !candidate->is_call;
}

static struct place *add_place(struct place *places, size_t *count, enum location_kind kind,
                               struct candidate *candidate, size_t order)
{
    struct place *place = &places[(*count)++];
    *place = (struct place){
        .kind = kind, .candidate = candidate, .path = candidate->match->path, .order = order};
    return place;
}

/* A location "/p/" that proxies takes "/p" as well, and answers it with 301 (ngx_http_core_module.c,
 * ngx_http_core_find_static_location, auto_redirect); one that runs the script does not. */
static bool adds_slash(struct builder *builder, const struct map *declared,
                       const struct candidate *candidate)
{
    struct slice path = candidate->match->path, cut = slice_sub(path, 0, path.len - 1);
    const struct candidate *first = map_get(declared, place_key(builder, ROUTE_PATH_PREFIX, path));
    return cut.len && first == candidate && takes_all(candidate) &&
           !candidate->rule.effects.redirect &&
           !map_get(declared, place_key(builder, ROUTE_PATH_PREFIX, cut)) &&
           !map_get(declared, place_key(builder, ROUTE_PATH_EXACT, cut));
}

static void place_prefix(struct builder *builder, const struct map *declared, struct place *places,
                         size_t *count, struct candidate *candidate, size_t order)
{
    struct slice path = candidate->match->path;
    if (ends_in_slash(path)) {
        (void)add_place(places, count, LOCATION_PREFIX, candidate, order);
        if (adds_slash(builder, declared, candidate)) {
            struct place *exact = add_place(places, count, LOCATION_EXACT, candidate, order);
            exact->path.len--;
            exact->adds_slash = true;
        }
        return;
    }
    struct slice below = arena_printf(builder->run->arena, SLICE_FMT "/", SLICE_ARG(path));
    if (!map_get(declared, place_key(builder, ROUTE_PATH_PREFIX, below))) {
        (void)add_place(places, count, LOCATION_PREFIX, candidate, order);
    }
    if (!map_get(declared, place_key(builder, ROUTE_PATH_EXACT, path))) {
        (void)add_place(places, count, LOCATION_EXACT, candidate, order);
    }
}

static size_t make_places(struct builder *builder, struct candidate **items, size_t count,
                          struct place *places)
{
    struct map *declared = map_new(builder->run->arena);
    size_t placed = 0;
    for (size_t i = 0; i < count; i++) {
        struct slice key = place_key(builder, items[i]->match->path_type, items[i]->match->path);
        if (!map_get(declared, key)) {
            map_put(declared, key, items[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        switch (items[i]->match->path_type) {
        case ROUTE_PATH_EXACT:
            (void)add_place(places, &placed, LOCATION_EXACT, items[i], i);
            break;
        case ROUTE_PATH_PREFIX:
            place_prefix(builder, declared, places, &placed, items[i], i);
            break;
        case ROUTE_PATH_REGEX:
            (void)add_place(places, &placed, LOCATION_REGEX, items[i], i);
            break;
        }
    }
    return placed;
}

static void redirect_to_slash(struct builder *builder, const struct place *place, struct rule *rule)
{
    struct route_redirect *redirect = ARENA_NEW(builder->run->arena, struct route_redirect);
    *redirect = (struct route_redirect){.status = 301,
                                        .host_from = REDIRECT_HOST_HEADER_NO_PORT,
                                        .port_from = REDIRECT_PORT_LISTENER,
                                        .path_change = PATH_CHANGE_FULL,
                                        .path = place->candidate->match->path,
                                        .keep_query = true};
    *rule = (struct rule){.match = {.path = rule->match.path},
                          .effects = {.redirect = redirect},
                          .origin = rule->origin,
                          .implied = true};
}

/* The rule as its location takes it: "/p/" does not take "/p". */
static struct rule *add_rule(struct builder *builder, struct rule_list *list,
                             const struct place *place)
{
    struct rule *rule = rule_list_add(builder->run, list);
    *rule = place->candidate->rule;
    if (place->kind == LOCATION_EXACT) {
        rule->match.path.kind = PATH_EXACT;
        rule->match.path.value = place->path;
    } else if (place->kind == LOCATION_PREFIX && place->path.len > 1 &&
               ends_in_slash(place->path)) {
        rule->match.path.kind = PATH_PREFIX_STRING;
    }
    if (place->adds_slash) {
        redirect_to_slash(builder, place, rule);
    }
    return rule;
}

/* No match of the location holds: 404, though a shorter path would take the request. */
static void add_stop(struct builder *builder, struct rule_list *list, const struct place *place)
{
    static const struct route_answer answer = {
        .status = 404,
        .reason = {"no match of the longest path holds, and shorter paths are not tried", 67},
    };
    struct rule *rule = add_rule(builder, list, place);
    *rule = (struct rule){.match = {.path = rule->match.path},
                          .effects = {.answer = &answer},
                          .origin = rule->origin,
                          .implied = true};
}

void locations_fill(struct builder *builder, struct rule_list *list, struct candidate **items,
                    size_t count)
{
    struct arena *arena = builder->run->arena;
    struct place *places = ARENA_ARRAY(arena, struct place, 2 * count);
    size_t placed = make_places(builder, items, count, places);
    sort_stable(arena, places, placed, sizeof *places, place_order, NULL);
    for (size_t from = 0, to; from < placed; from = to) {
        bool open = true;
        for (to = from; to < placed && places[to].kind == places[from].kind &&
                        slice_equal(places[to].path, places[from].path);
             to++) {
            if (open) {
                (void)add_rule(builder, list, &places[to]);
            }
            open = open && !takes_all(places[to].candidate);
        }
        if (open) {
            add_stop(builder, list, &places[from]);
        }
    }
}
