#include "gateway_api/gateway_priv.h"

#include <string.h>

/* ---- the order of precedence -------------------------------------------------------------- */

/* HTTPRouteRule.matches in apis/v1/httproute_types.go, after the hostname. `more` puts larger first. */
static int more(size_t a, size_t b)
{
    return a == b ? 0 : a > b ? -1 : 1;
}

static int rank_order(const struct candidate *a, const struct candidate *b)
{
    int order = more(b->path_rank, a->path_rank);
    order = order ? order : more(a->path_length, b->path_length);
    order = order ? order : more(a->has_method, b->has_method);
    order = order ? order : more(a->headers, b->headers);
    order = order ? order : more(a->exact_headers, b->exact_headers);
    order = order ? order : more(a->queries, b->queries);
    return order ? order : more(a->exact_queries, b->exact_queries);
}

/* Parts before the rest of their match, the longest first, and one path before all that start so. */
static int part_order(const struct path_part *a, const struct path_part *b)
{
    if (!a || !b) {
        return more(a != NULL, b != NULL);
    }
    int order = more(a->text.len, b->text.len);
    order = order ? order : more(b->open, a->open);
    return order ? order : slice_compare(a->text, b->text);
}

static int candidate_order(const void *x, const void *y, void *user)
{
    (void)user;
    const struct candidate *a = *(struct candidate *const *)x;
    const struct candidate *b = *(struct candidate *const *)y;
    int order = rank_order(a, b);
    order = order ? order : more(b->route->age, a->route->age);
    order = order ? order : more(b->rule_index, a->rule_index);
    order = order ? order : more(b->match_index, a->match_index);
    return order ? order : part_order(a->part, b->part);
}

static bool matches_equal(const struct match *a, const struct match *b)
{
    if (!slice_equal(a->path.value, b->path.value) || !slice_equal(a->method, b->method) ||
        a->test_count != b->test_count) {
        return false;
    }
    for (size_t i = 0; i < a->test_count; i++) {
        const struct test *x = &a->tests[i], *y = &b->tests[i];
        if (x->subject != y->subject ||
            x->operator!= y->operator|| !slice_equal(x->name, y->name) ||
            !slice_equal(x->value, y->value)) {
            return false;
        }
    }
    return true;
}

/* Two routes with the same match: the older wins, which is a guess where the input does not say. */
static void note_age(struct builder *builder, struct candidate **items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct object *a = &items[i - 1]->route->route->object;
        const struct object *b = &items[i]->route->route->object;
        if (a != b && !(a->has_created && b->has_created) &&
            rank_order(items[i - 1], items[i]) == 0 &&
            matches_equal(&items[i - 1]->rule.match, &items[i]->rule.match)) {
            diag_at(builder->run->diag, DIAG_G021, items[i]->match->span, b->subject,
                    "the same requests are claimed by '" SLICE_FMT
                    "', and the input does not say which is older; taken to be of one age, so the "
                    "name decides",
                    SLICE_ARG(a->subject));
        }
    }
}

/* ---- regular expressions whose meaning is open -------------------------------------------- */

static bool add_rule(struct builder *builder, struct rule_list *list, struct candidate *candidate)
{
    *rule_list_add(builder->run, list) = candidate->rule;
    return true;
}

/* The same rule in the broadest reading of its regexes, with an unknown outcome. */
static void add_open(struct builder *builder, struct rule_list *list, struct candidate *candidate,
                     const char *reason)
{
    struct rule *rule = rule_list_add(builder->run, list);
    *rule = candidate->rule;
    candidate_match(builder, candidate, true, &rule->match);
    rule->unknown = unknown_add(builder->run, rule->unknown, ASPECT_ROUTING,
                                (struct effect_source){SLICE("matches"), candidate->match->span},
                                slice_of(reason));
}

/* Text that every path starts with that the whole expression matches. */
static struct slice literal_start(struct slice pattern)
{
    size_t from = pattern.len && pattern.ptr[0] == '^' ? 1 : 0, end = from;
    if (slice_find(pattern, '|', 0) < pattern.len) {
        return SLICE("");
    }
    while (end < pattern.len && !memchr("\\[](){}.*+?^$|", pattern.ptr[end], 14)) {
        end++;
    }
    bool quantified = end < pattern.len && memchr("*?{", pattern.ptr[end], 3);
    return slice_sub(pattern, from, end - (quantified && end > from ? 1 : 0));
}

static bool may_overlap(const struct candidate *regex, const struct candidate *prefix)
{
    struct slice start = literal_start(regex->match->path), path = prefix->match->path;
    path.len -= path.len && path.ptr[path.len - 1] == '/' ? 1 : 0;
    size_t shorter = start.len < path.len ? start.len : path.len;
    return slice_equal(slice_sub(start, 0, shorter), slice_sub(path, 0, shorter));
}

/* Is it certain which rule gets the paths that the expressions span? Not if another expression of the host,
 * found somewhere in the path, or a prefix could take them as well. */
static bool regexes_unrivalled(struct candidate **items, size_t regexes, size_t count)
{
    for (size_t i = 1; i < regexes; i++) {
        if (items[i]->source != items[0]->source) {
            return false;
        }
    }
    for (size_t i = 0; i < regexes; i++) {
        for (size_t j = regexes; j < count; j++) {
            if (items[j]->source != items[i]->source && may_overlap(items[i], items[j])) {
                return false;
            }
        }
    }
    return true;
}

/* Under the standard a regex may span the path or be found in it, and may stand before or after prefixes.
 * What holds under every reading is kept, the rest is unknown. `items` begins with the regexes. */
static size_t add_open_regexes(struct builder *builder, struct rule_list *list,
                               struct candidate **items, size_t count)
{
    size_t regexes = 0;
    while (regexes < count && items[regexes]->match->path_type == ROUTE_PATH_REGEX) {
        regexes++;
    }
    bool unrivalled = regexes_unrivalled(items, regexes, count);
    for (size_t i = 0; unrivalled && i < regexes; i++) {
        add_rule(builder, list, items[i]);
    }
    for (size_t i = 0; i < regexes; i++) {
        add_open(builder, list, items[i],
                 unrivalled
                     ? "the standard leaves open whether a regular expression has to span what "
                       "it tests"
                     : "the standard leaves open where a regular expression ranks among other "
                       "paths");
    }
    return regexes;
}

/* ---- lists -------------------------------------------------------------------------------- */

static bool is_catch_all(const struct candidate *candidate)
{
    const struct http_match *match = candidate->match;
    bool any_path = match->path_type == ROUTE_PATH_REGEX
                        ? slice_is(match->path, ".*")
                        : match->path_type == ROUTE_PATH_PREFIX && slice_is(match->path, "/");
    return any_path && !candidate->part && !match->method.ptr && !match->header_count &&
           !match->query_count;
}

/* Istio's IsCatchAllRoute ends a virtual host (pilot/pkg/networking/core/route/route.go). */
static void note_dropped(struct builder *builder, struct candidate **items, size_t count,
                         const struct candidate *last)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i]->match->path_type == ROUTE_PATH_REGEX) {
            diag_at(
                builder->run->diag, DIAG_G017, items[i]->match->span,
                items[i]->route->route->object.subject,
                "the rule for '" SLICE_FMT "' is dropped, because '" SLICE_FMT
                "' of the same host takes every path; write the prefixes of the host as regular "
                "expressions too, such as '/.*'",
                SLICE_ARG(items[i]->match->path), SLICE_ARG(last->match->path));
        }
    }
}

static void fill_list(struct builder *builder, struct rule_list *list, struct candidate **items,
                      size_t count)
{
    const struct gateway_profile *profile = builder->profile;
    for (size_t i = 0; i < count; i++) {
        struct candidate *candidate = items[i];
        if (profile->regex_span == SPAN_OPEN && candidate->match->path_type == ROUTE_PATH_REGEX) {
            i += add_open_regexes(builder, list, items + i, count - i) - 1;
            continue;
        }
        add_rule(builder, list, candidate);
        if (profile->regex_span == SPAN_OPEN && candidate->has_regex) {
            add_open(
                builder, list, candidate,
                "the standard leaves open whether a regular expression has to span what it tests");
        }
        if (profile->stops_at_catch_all && is_catch_all(candidate)) {
            note_dropped(builder, items + i + 1, count - i - 1, candidate);
            return;
        }
    }
}

static struct slice list_key(struct builder *builder, struct route_state **routes, size_t count,
                             const struct rule_list *next)
{
    size_t size = (count + 1) * sizeof(void *);
    char *key = arena_alloc(builder->run->arena, size);
    memcpy(key, &next, sizeof(void *));
    memcpy(key + sizeof(void *), routes, count * sizeof(void *));
    return (struct slice){key, size};
}

const struct rule_list *rules_merge(struct builder *builder, struct route_state **routes,
                                    size_t count, const struct rule_list *next)
{
    struct slice key = list_key(builder, routes, count, next);
    struct rule_list *list = map_get(builder->lists, key);
    if (list) {
        return list;
    }
    list = ARENA_NEW(builder->run->arena, struct rule_list);
    list->next = next;
    map_put(builder->lists, key, list);
    size_t total = 0, filled = 0;
    for (size_t i = 0; i < count; i++) {
        route_compile(builder, routes[i]);
        total += routes[i]->count;
    }
    struct candidate **items = ARENA_ARRAY(builder->run->arena, struct candidate *, total);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < routes[i]->count; j++) {
            items[filled++] = &routes[i]->candidates[j];
        }
    }
    sort_stable(builder->run->arena, items, total, sizeof(struct candidate *), candidate_order,
                NULL);
    note_age(builder, items, total);
    if (builder->profile->path_decides_alone) {
        locations_fill(builder, list, items, total);
    } else {
        fill_list(builder, list, items, total);
    }
    return list;
}
