#include "gateway_api/policies_istio_priv.h"

/* Which requests of a rule an AuthorizationPolicy of its Gateway holds for (istio/api security/v1
 * authorization_policy.proto, Operation): all, none, or some, which is not followed. Where it holds for some of the
 * paths, these become a rule of their own. A path below that of the rule is no request of the rule where another rule
 * takes it. */

/* "/a", or "/a*": what starts with it. */
static struct path_part pattern_of(struct slice text)
{
    bool open = slice_ends(text, SLICE("*"));
    return (struct path_part){slice_sub(text, 0, text.len - open), open};
}

/* "*a", and the templates of later releases ("/{*}/a"), are not followed. */
static bool is_followed(struct slice text)
{
    return (text.len == 1 || !slice_starts(text, SLICE("*"))) &&
           slice_find(text, '{', 0) == text.len;
}

/* A prefix by elements without the slash at its end; "" is every path. */
static struct slice stem_of(const struct http_match *match)
{
    struct slice path = match->path;
    bool slash = match->path_type == ROUTE_PATH_PREFIX && slice_ends(path, SLICE("/"));
    return slice_sub(path, 0, path.len - slash);
}

static bool starts_below(struct slice text, struct slice stem)
{
    return slice_starts(text, stem) && text.len > stem.len && text.ptr[stem.len] == '/';
}

/* ---- other rules ---------------------------------------------------------------------------- */

static bool takes(const struct http_match *match, const struct path_part *pattern)
{
    struct slice stem = stem_of(match);
    if (match->path_type == ROUTE_PATH_EXACT) {
        return !pattern->open && slice_equal(match->path, pattern->text);
    }
    return starts_below(pattern->text, stem) ||
           (!pattern->open && slice_equal(pattern->text, stem));
}

/* More special than the rule at hand, and without conditions. */
static bool goes_before(const struct http_match *match, const struct http_match *own)
{
    bool plain = !match->header_count && !match->query_count && !match->method.ptr &&
                 !match->call_service.ptr && match->path_type != ROUTE_PATH_REGEX;
    bool exact = match->path_type == ROUTE_PATH_EXACT;
    return plain && own->path_type == ROUTE_PATH_PREFIX &&
           (exact || starts_below(stem_of(match), stem_of(own)));
}

static bool has_parent(const struct route_state *state, const struct object_ref *ref)
{
    for (size_t i = 0; i < state->parent_count; i++) {
        const struct object_ref *own = &state->parents[i].ref;
        if (slice_equal(own->name, ref->name) && slice_equal(own->namespace, ref->namespace) &&
            slice_equal(own->section_name, ref->section_name) && own->port == ref->port) {
            return true;
        }
    }
    return false;
}

static bool has_host(const struct slices *hosts, struct slice host)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (slice_equal(hosts->items[i], host)) {
            return true;
        }
    }
    return false;
}

/* It is attached wherever the other one is, for all of its hosts. */
static bool stands_beside(const struct route_state *other, const struct route_state *state)
{
    const struct slices *hosts = &state->route->hostnames;
    bool all = !other->is_stream;
    for (size_t i = 0; all && i < state->parent_count; i++) {
        all = has_parent(other, &state->parents[i].ref);
    }
    for (size_t i = 0; all && i < hosts->count; i++) {
        all = has_host(&other->route->hostnames, hosts->items[i]);
    }
    return all;
}

static bool route_takes(const struct http_route *route, const struct http_match *own,
                        const struct path_part *pattern)
{
    for (size_t i = 0; i < route->rule_count; i++) {
        const struct http_rule *rule = &route->rules[i];
        for (size_t j = 0; j < rule->match_count; j++) {
            if (goes_before(&rule->matches[j], own) && takes(&rule->matches[j], pattern)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_taken(const struct policy_work *work, const struct route_state *state,
                     const struct path_part *pattern)
{
    for (size_t i = 0; i < work->builder->route_count; i++) {
        const struct route_state *other = &work->builder->routes[i];
        if (stands_beside(other, state) && route_takes(other->route, work->match, pattern)) {
            return true;
        }
    }
    return false;
}

/* ---- paths ---------------------------------------------------------------------------------- */

static bool meets(const struct http_match *match, const struct path_part *pattern)
{
    struct slice stem = stem_of(match);
    if (match->path_type == ROUTE_PATH_EXACT) {
        return pattern->open ? slice_starts(stem, pattern->text) : slice_equal(stem, pattern->text);
    }
    return starts_below(pattern->text, stem) || slice_equal(pattern->text, stem) ||
           (pattern->open && slice_starts(stem, pattern->text));
}

/* It takes the prefix itself, what is below it, or both. */
struct taken {
    bool self, below;
};

static struct taken taken_by(const struct http_match *match, const struct path_part *pattern)
{
    struct slice stem = stem_of(match);
    bool wide = pattern->open && slice_starts(stem, pattern->text);
    bool slash =
        pattern->open && pattern->text.len == stem.len + 1 && starts_below(pattern->text, stem);
    return (struct taken){wide || (!pattern->open && slice_equal(pattern->text, stem)),
                          wide || slash};
}

/* By one pattern, or by two. */
static bool takes_all(const struct node *list, const struct http_match *match)
{
    struct taken all = {.below = match->path_type == ROUTE_PATH_EXACT};
    for (size_t i = 0; i < policy_items(list); i++) {
        struct path_part pattern = pattern_of(list->items[i]->text);
        struct taken taken = taken_by(match, &pattern);
        all.self = all.self || taken.self;
        all.below = all.below || taken.below;
    }
    /* every path begins with a slash, so that there is no request for "" itself */
    return all.below && (all.self || !stem_of(match).len);
}

static bool takes_part(const struct node *list, const struct path_part *part)
{
    for (size_t i = 0; i < policy_items(list); i++) {
        struct path_part pattern = pattern_of(list->items[i]->text);
        if (pattern.open ? slice_starts(part->text, pattern.text)
                         : !part->open && slice_equal(part->text, pattern.text)) {
            return true;
        }
    }
    return false;
}

/* Of the paths at hand all or none, as those of which it is told apart are parts. */
static enum cover list_covers(const struct policy_work *work, const struct node *list)
{
    for (size_t i = 0; i < policy_items(list); i++) {
        if (!is_followed(list->items[i]->text)) {
            return COVER_SOME;
        }
    }
    return work->part                     ? (takes_part(list, work->part) ? COVER_ALL : COVER_NONE)
           : takes_all(list, work->match) ? COVER_ALL
                                          : COVER_NONE;
}

static enum cover paths_cover(const struct policy_work *work, const struct node *operation)
{
    const struct node *paths = node_get(operation, "paths");
    const struct node *others = node_get(operation, "notPaths");
    if (!paths && !others) {
        return COVER_ALL;
    }
    if (!work->match || work->match->path_type == ROUTE_PATH_REGEX ||
        work->match->call_service.ptr) {
        return COVER_SOME;
    }
    enum cover in = paths ? list_covers(work, paths) : COVER_ALL;
    enum cover out = others ? list_covers(work, others) : COVER_NONE;
    return in == COVER_NONE || out == COVER_ALL   ? COVER_NONE
           : in == COVER_ALL && out == COVER_NONE ? COVER_ALL
                                                  : COVER_SOME;
}

/* ---- parts of the paths --------------------------------------------------------------------- */

static void add_part(const struct policy_work *work, const struct path_part *pattern,
                     struct path_parts *out)
{
    for (size_t i = 0; i < out->count; i++) {
        if (out->items[i].open == pattern->open && slice_equal(out->items[i].text, pattern->text)) {
            return;
        }
    }
    *ARENA_PUSH(work->builder->run->arena, out->items, out->count, out->capacity) = *pattern;
}

static void list_parts(const struct policy_work *work, const struct node *list,
                       const struct route_state *state, struct path_parts *out)
{
    bool all = takes_all(list, work->match);
    for (size_t i = 0; i < policy_items(list) && !all; i++) {
        struct path_part pattern = pattern_of(list->items[i]->text);
        if (is_followed(list->items[i]->text) && meets(work->match, &pattern) &&
            !is_taken(work, state, &pattern)) {
            add_part(work, &pattern, out);
        }
    }
}

/* ---- ports ---------------------------------------------------------------------------------- */

/* Of the listeners that the route is attached to; the Gateway's pods listen on the ports that it names. */
static enum cover ports_cover(struct policy_work *work, const struct node *operation,
                              const struct route_state *state)
{
    const struct node *ports = node_get(operation, "ports");
    size_t count = 0, all = 0;
    for (size_t i = 0; ports && i < state->parent_count; i++) {
        const struct parent_state *parent = &state->parents[i];
        for (size_t j = 0; parent->gateway && j < parent->gateway->count; j++) {
            const struct listener *listener = parent->gateway->listeners[j].listener;
            struct slice section = parent->ref.section_name;
            if (!section.len || slice_equal(section, listener->name)) {
                struct slice port =
                    arena_printf(work->builder->run->arena, "%u", (unsigned)listener->port);
                all++;
                count += node_has_text(ports, port);
            }
        }
    }
    return !ports ? COVER_ALL : istio_counted(count, all);
}

static enum cover operation_covers(struct policy_work *work, const struct node *operation,
                                   const struct route_state *state)
{
    static const char *const known[] = {"hosts", "ports", "paths", "notPaths"};
    const enum cover parts[] = {istio_hosts_cover(work, operation, state),
                                ports_cover(work, operation, state), paths_cover(work, operation)};
    bool all = policy_has_only(operation, known, ARRAY_LEN(known));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i] == COVER_NONE) {
            return COVER_NONE;
        }
        all = all && parts[i] == COVER_ALL;
    }
    return all ? COVER_ALL : COVER_SOME;
}

enum cover istio_rule_covers(struct policy_work *work, const struct node *rule,
                             const struct route_state *state)
{
    const struct node *to = node_get(rule, "to");
    enum cover all = to ? COVER_NONE : COVER_ALL;
    for (size_t i = 0; i < policy_items(to); i++) {
        const struct node *operation = node_get(to->items[i], "operation");
        enum cover cover = operation && to->items[i]->count == 1
                               ? operation_covers(work, operation, state)
                               : COVER_SOME;
        all = cover == COVER_ALL || all == COVER_ALL     ? COVER_ALL
              : cover == COVER_SOME || all == COVER_SOME ? COVER_SOME
                                                         : COVER_NONE;
    }
    return all;
}

void istio_parts(const struct policy_work *work, const struct node *spec,
                 const struct route_state *state, struct path_parts *out)
{
    const struct node *rules = node_get(spec, "rules");
    if (work->match->path_type != ROUTE_PATH_PREFIX || work->match->call_service.ptr) {
        return;
    }
    for (size_t i = 0; i < policy_items(rules); i++) {
        const struct node *to = node_get(rules->items[i], "to");
        for (size_t j = 0; j < policy_items(to); j++) {
            const struct node *operation = node_get(to->items[j], "operation");
            if (istio_hosts_cover(work, operation, state) != COVER_NONE) {
                list_parts(work, node_get(operation, "paths"), state, out);
                list_parts(work, node_get(operation, "notPaths"), state, out);
            }
        }
    }
}
