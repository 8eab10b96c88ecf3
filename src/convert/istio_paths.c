#include "convert/host_policy_priv.h"
#include "convert/istio_priv.h"

/* Which requests an AuthorizationPolicy of a Gateway holds for, where that is not all of a host: paths that have the
 * effect, without those below them that have not (istio/api security/v1 authorization_policy.proto, Operation). */

struct spot {
    const struct rule *rule;
    struct slice value; /* "": every path */
    bool exact, has;
};
struct spots {
    struct spot *items;
    size_t count, capacity;
};

/* '*' and braces mean something in paths of a policy. */
static bool is_literal(struct slice path)
{
    static const char special[] = "*{}";
    for (size_t i = 0; i < sizeof special - 1; i++) {
        if (slice_find(path, special[i], 0) < path.len) {
            return false;
        }
    }
    return true;
}

static bool spot_of(const struct rule *rule, struct spot *out)
{
    const struct path_match *path = &rule->match.path;
    bool all =
        path->kind == PATH_ANY || (path->kind == PATH_PREFIX_ELEMENT && slice_is(path->value, "/"));
    *out = (struct spot){
        .rule = rule, .value = all ? SLICE("") : path->value, .exact = path->kind == PATH_EXACT};
    return all || ((path->kind == PATH_EXACT || path->kind == PATH_PREFIX_ELEMENT) && !path->fold &&
                   is_literal(path->value) &&
                   (path->kind == PATH_EXACT || !slice_ends(path->value, SLICE("/"))));
}

static bool same_spot(const struct spot *a, const struct spot *b)
{
    return a->exact == b->exact && slice_equal(a->value, b->value);
}

/* Requests for the inner one are some of those for the outer one. */
static bool is_inside(const struct spot *inner, const struct spot *outer)
{
    struct slice rest = slice_sub(inner->value, outer->value.len, inner->value.len);
    return !outer->exact && !same_spot(inner, outer) && slice_starts(inner->value, outer->value) &&
           (!rest.len || !outer->value.len || rest.ptr[0] == '/');
}

/* Those of rules that forward; false where one is not a plain path, or where rules of one path differ. */
static bool find_spots(struct emission *e, enum effect_id id, struct spots *out)
{
    const void *effect = effect_get(&e->rule->effects, id);
    for (const struct rule_list *list = e->c->unit->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            const struct rule *rule = &list->rules[i];
            struct spot spot;
            bool known = false;
            if (!rule->backend_count) {
                continue;
            }
            if (!spot_of(rule, &spot)) {
                return false;
            }
            spot.has = effect_equal(id, effect_get(&rule->effects, id), effect);
            for (size_t j = 0; j < out->count && !known; j++) {
                known = same_spot(&out->items[j], &spot);
                if (known && out->items[j].has != spot.has) {
                    return false;
                }
            }
            if (!known) {
                *ARENA_PUSH(e->c->arena, out->items, out->count, out->capacity) = spot;
            }
        }
    }
    return true;
}

static void add_patterns(struct conversion *c, struct node *list, const struct spot *spot)
{
    node_add(c->nodes, list, node_string(c->nodes, spot->value));
    if (!spot->exact) {
        node_add(c->nodes, list,
                 node_string(c->nodes, ARENA_JOIN(c->arena, spot->value, SLICE("/*"))));
    }
}

/* Another one says the same of it. */
static bool is_said(const struct spots *spots, const struct spot *spot)
{
    for (size_t i = 0; i < spots->count; i++) {
        const struct spot *outer = &spots->items[i];
        bool said = outer->has && is_inside(spot, outer);
        for (size_t j = 0; said && j < spots->count; j++) {
            const struct spot *between = &spots->items[j];
            said = between->has || !is_inside(between, outer) || !is_inside(spot, between);
        }
        if (said) {
            return true;
        }
    }
    return false;
}

/* What comes by http is redirected before anybody is kept out, as nginx does it. */
static void add_port(struct emission *e, const struct rule *rule, struct node *operation)
{
    const struct entry *https = e->c->unit->https;
    if (rule->effects.https_redirect && https) {
        struct node *list = node_list(e->c->nodes);
        node_add(e->c->nodes, list,
                 node_string(e->c->nodes, arena_printf(e->c->arena, "%u", (unsigned)https->port)));
        node_set(e->c->nodes, operation, "ports", list);
    }
}

static void add_operation(struct emission *e, const struct spots *spots, const struct spot *spot,
                          struct node *to)
{
    struct conversion *c = e->c;
    struct node *item = node_map(c->nodes), *operation = node_map(c->nodes);
    struct node *paths = node_list(c->nodes), *others = node_list(c->nodes);
    add_port(e, spot->rule, operation);
    if (spot->value.len) {
        add_patterns(c, paths, spot);
        node_set(c->nodes, operation, "paths", paths);
    }
    for (size_t i = 0; i < spots->count; i++) {
        if (!spots->items[i].has && is_inside(&spots->items[i], spot)) {
            add_patterns(c, others, &spots->items[i]);
        }
    }
    if (others->count) {
        node_set(c->nodes, operation, "notPaths", others);
    }
    node_set(c->nodes, item, "operation", operation);
    node_add(c->nodes, to, item);
}

struct node *istio_operations(struct emission *e, enum effect_id id)
{
    struct node *to = node_list(e->c->nodes);
    struct spots spots = {0};
    if (host_policy_fits(e, id)) {
        const struct spot all = {.rule = e->rule, .value = SLICE(""), .has = true};
        add_operation(e, &spots, &all, to);
        return to;
    }
    /* what is written for a wildcard holds for the hosts below as well, which have rules of their own */
    bool own = e->c->unit->host->kind == HOST_EXACT && !e->c->options->gateway_name.len;
    if (!own || !find_spots(e, id, &spots)) {
        return NULL;
    }
    for (size_t i = 0; i < spots.count; i++) {
        if (spots.items[i].has && !is_said(&spots, &spots.items[i])) {
            add_operation(e, &spots, &spots.items[i], to);
        }
    }
    return to;
}
