#include "ingress_nginx/snippets_priv.h"

#include <string.h>

static struct rule *add_rule(struct model *model, struct rule_list *list, enum path_kind kind,
                             struct slice value)
{
    struct rule *rule = rule_list_add(model->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = value;
    return rule;
}

/* The rules of one server for one side of it, while they are written. */
struct writing {
    struct model *model;
    const struct server *server;
    const struct view_of *view;
    struct route_table *table;
    struct rule_list *list;
    struct own_places own; /* locations of its snippets */
};

/* One way through the location's snippets. */
static void leaf_rule(struct writing *writing, const struct location *location,
                      const struct upstream *canary, const struct leaf *leaf)
{
    struct model *model = writing->model;
    struct rule rule = {.match = leaf->match, .origin = location->origin};
    location_effects(model, writing->server, location, writing->view, leaf, writing->table, &rule);
    if (location->item) {
        rivals_check(model, writing->server, location, writing->view, leaf, writing->table, &rule);
    }
    if (restarts(leaf)) {
        restart_location(model, location, leaf, &rule, writing->list);
        return;
    }
    *rule_list_add(model->run, writing->list) = rule;
    if (canary && !leaf->answer && rule.backend_count == 1 && !rule.backends[0].status) {
        canary_rules(model, location, canary, writing->table, writing->list);
    }
}

static void location_rule(struct writing *writing, const struct location *location,
                          struct match match)
{
    struct model *model = writing->model;
    const struct upstream *canary = canary_of(model, location);
    struct placed_snippets snippets;
    snippets_of(model, writing->server, location, &snippets);
    if (!snippets.count) { /* most have none: nothing is kept for them */
        const struct leaf plain = {.match = match};
        leaf_rule(writing, location, canary, &plain);
        return;
    }
    struct leaves leaves = {0};
    snippets_flow(model, &snippets, SNIPPET_LOCATION, &match, writing->view, writing->table, false,
                  &leaves);
    for (size_t i = 0; i < leaves.count; i++) {
        leaf_rule(writing, location, canary, &leaves.items[i]);
    }
}

static void path_rule(struct writing *writing, const struct location *location, enum path_kind kind,
                      struct slice value)
{
    location_rule(writing, location, (struct match){.path = {.kind = kind, .value = value}});
}

static void health_check(struct model *model, struct rule_list *list, struct slice path,
                         int64_t status, const char *reason)
{
    struct rule *rule = add_rule(model, list, PATH_PREFIX_STRING, path);
    struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
    answer->status = status;
    answer->reason = slice_of(reason);
    rule->effects.answer = answer;
    /* nginx's own limit, unless the server sets one */
    rule_outside_locations(model, model->servers[0], rule,
                           snippets_body_limit(model, model->servers[0], 1 << 20));
    rule->unknown =
        unknown_prepend(model->run, model->settings->unknown, model->servers[0]->unknown);
    rule->implied = true;
    note_type(model, status == 200, rule);
}

/* ---- the default server's own locations -------------------------------------------------------- */

/* Others than the pod itself may be let in to see it (nginx.tmpl). */
static void status_page(struct model *model, struct rule_list *list)
{
    const struct settings *settings = model->settings;
    struct run *run = model->run;
    health_check(model, list, SLICE("/nginx_status"), 403, "status page, for the pod only");
    if (slice_is(settings->status_clients, "127.0.0.1") &&
        slice_is(settings->status_clients_6, "::1")) {
        return;
    }
    struct rule *rule = &list->rules[list->count - 1];
    struct route_addresses *addresses = ARENA_NEW(run->arena, struct route_addresses);
    struct route_answer *answer = ARENA_NEW(run->arena, struct route_answer);
    *addresses = (struct route_addresses){
        .source = setting_source(settings, "nginx-status-ipv4-whitelist"),
        .allow = networks_read(run, ARENA_JOIN(run->arena, settings->status_clients, SLICE(","),
                                               settings->status_clients_6)),
        .has_allow = true,
        .status = 403};
    *answer = (struct route_answer){.status = 200, .reason = SLICE("status page"), .last = true};
    rule->effects.addresses = addresses;
    rule->effects.answer = answer;
}

static bool hides(struct slice path, struct slice other)
{
    return path.len < other.len && slice_starts(other, path);
}

/* Plain prefixes: they come before those that start them, such as "/", and after all else; an expression hides
 * them. True when they were put here. */
static bool add_health_checks(struct writing *writing, struct slice next)
{
    struct model *model = writing->model;
    bool here = hides(next, model->settings->health_path) || hides(next, SLICE("/nginx_status"));
    if (here) {
        health_check(model, writing->list, model->settings->health_path, 200,
                     "health check of the controller");
        status_page(model, writing->list);
    }
    return here;
}

/* ---- plain mode --------------------------------------------------------------------------- */

static struct slice without_slash(struct slice path)
{
    return path.len > 1 && path.ptr[path.len - 1] == '/' ? slice_sub(path, 0, path.len - 1) : path;
}

/* Names of locations of one server: few on most, so a hash is made only for many. */
struct names_seen {
    struct slice *items;
    size_t count;
    struct map *map;
};
enum { NAMES_LINEAR = 16 };

static void names_init(struct arena *arena, struct names_seen *names, size_t most)
{
    *names = (struct names_seen){.items = ARENA_ARRAY(arena, struct slice, most)};
    names->map = most > NAMES_LINEAR ? map_new(arena) : NULL;
}

static bool names_has(const struct names_seen *names, struct slice name)
{
    if (names->map) {
        return map_get(names->map, name) != NULL;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (slice_equal(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

/* True when it was there already. */
static bool names_add(struct names_seen *names, struct slice name)
{
    bool there = names_has(names, name);
    if (!there) {
        names->items[names->count++] = name;
        if (names->map) {
            map_put(names->map, name, names);
        }
    }
    return there;
}

/* nginx answers "/foo" by 301 where a location "/foo/" proxies and none is named "= /foo"
 * (ngx_http_core_module, auto_redirect). */
/* That of the same path which is exact, if any: its settings count (ngx_http_core_find_static_location). */
static const struct location *redirecting(const struct server *server,
                                          const struct location *location)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *other = server->locations[i];
        if (other->exact && slice_equal(other->path, location->path)) {
            return other;
        }
    }
    return location;
}

static void add_slash_redirect(struct model *model, const struct server *server,
                               const struct location *location, struct rule_list *list)
{
    struct rule *rule = add_rule(model, list, PATH_EXACT, without_slash(location->path));
    struct route_redirect *redirect = ARENA_NEW(model->run->arena, struct route_redirect);
    *redirect = (struct route_redirect){.status = 301,
                                        .host_from = REDIRECT_HOST_NORMAL,
                                        .path_change = PATH_CHANGE_FULL,
                                        .path = location->path,
                                        .keep_query = true};
    redirect->relative = location_relative(model, location);
    if (location_writes_port(model, location)) {
        redirect->source = port_source(model, location->item->annotations);
        redirect->port_from = REDIRECT_PORT_LISTENER;
        note_ports(model, redirect->source, rule);
    }
    rule->effects.redirect = redirect;
    location_frame(model, server, location, rule);
    rule->origin = location->origin;
    rule->implied = true;
    rule->unknown = unknown_prepend(model->run, rule->unknown, model->settings->unknown);
    rule->unknown = unknown_prepend(model->run, rule->unknown, server->unknown);
}

static const struct location *find_location(const struct server *server,
                                            const struct location *like)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *other = server->locations[i];
        if (other->exact == like->exact && slice_equal(other->path, like->path)) {
            return other;
        }
    }
    return like;
}

static void freeze(struct model *model, const struct server *server,
                   const struct location *location)
{
    struct arena *arena = model->run->arena;
    const struct origin *first = &find_location(server, location)->origin,
                        *second = &location->origin;
    bool same =
        slice_equal(first->namespace, second->namespace) && slice_equal(first->name, second->name);
    struct slice reason =
        arena_printf(arena,
                     "host '" SLICE_FMT "' has two locations '" SLICE_FMT
                     "', %sof Ingress " SLICE_FMT "/" SLICE_FMT,
                     SLICE_ARG(server->host), SLICE_ARG(location->path), same ? "both " : "",
                     SLICE_ARG(first->namespace), SLICE_ARG(first->name));
    if (!same) {
        reason =
            arena_printf(arena, SLICE_FMT " and Ingress " SLICE_FMT "/" SLICE_FMT,
                         SLICE_ARG(reason), SLICE_ARG(second->namespace), SLICE_ARG(second->name));
    }
    reason = arena_printf(arena, SLICE_FMT ", which nginx refuses", SLICE_ARG(reason));
    model_freeze(model, (struct effect_source){SLICE_ABSENT, location->origin.span},
                 location->item ? location->item->ingress->object.subject : SLICE_ABSENT, reason);
}

/* A location by prefix, of an Ingress or of a snippet. */
struct prefix {
    struct slice path;
    const struct location *location;
    const struct own_place *own;
};

static int compare_prefixes(const void *a, const void *b, void *user)
{
    (void)user;
    const struct prefix *x = a, *y = b;
    return x->path.len != y->path.len ? (x->path.len > y->path.len ? -1 : 1) : 0;
}

static void own_rules(struct writing *writing, const struct own_place *place, bool doubtful)
{
    own_location_rules(writing->model, writing->server, writing->view, writing->table, place,
                       doubtful, writing->list);
}

static void own_rules_of(struct writing *writing, enum own_kind kind)
{
    for (size_t i = 0; i < writing->own.count; i++) {
        const struct own_place *place = &writing->own.items[i];
        if (place->own->kind == kind) {
            own_rules(writing, place, false);
        }
    }
}

static void freeze_own(struct writing *writing, const struct own_place *place)
{
    struct model *model = writing->model;
    model_freeze(model, place->source, SLICE_ABSENT,
                 arena_printf(model->run->arena,
                              "host '" SLICE_FMT "' has two locations '" SLICE_FMT
                              "', one of them by '" SLICE_FMT "', which nginx refuses",
                              SLICE_ARG(writing->server->host), SLICE_ARG(place->own->path),
                              SLICE_ARG(place->source.name)));
}

/* "^~" keeps expressions off, but not below a longer prefix. */
static void first_prefixes(struct writing *writing, const struct prefix *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct own_place *place = prefixes[i].own;
        if (!place || place->own->kind != OWN_PREFIX_FIRST) {
            continue;
        }
        bool longer = false;
        for (size_t p = 0; p < i; p++) {
            longer =
                longer || (slice_starts(prefixes[p].path, place->own->path) &&
                           !(prefixes[p].own && prefixes[p].own->own->kind == OWN_PREFIX_FIRST));
        }
        own_rules(writing, place, longer);
    }
}

static bool own_has(const struct writing *writing, enum own_kind kind)
{
    for (size_t i = 0; i < writing->own.count; i++) {
        if (writing->own.items[i].own->kind == kind) {
            return true;
        }
    }
    return false;
}

static bool proxies(const struct location *location)
{
    return location->has_backend && !(location->item && location->item->annotations->denied);
}

/* A prefix that is the whole path ends the search before "/foo/" is seen. */
static bool own_is(const struct writing *writing, struct slice name)
{
    for (size_t i = 0; i < writing->own.count; i++) {
        const struct own_location *own = writing->own.items[i].own;
        if (own->kind != OWN_REGEX && slice_equal(own->path, name)) {
            return true;
        }
    }
    return false;
}

static void slash_redirects(struct writing *writing, struct names_seen *exact)
{
    for (size_t i = 0; i < writing->server->count; i++) {
        const struct location *location = writing->server->locations[i];
        struct slice name = without_slash(location->path);
        if (location->path.len > 1 && name.len < location->path.len && proxies(location) &&
            !location->twin && !names_has(exact, name) && !own_is(writing, name)) {
            add_slash_redirect(writing->model, writing->server,
                               redirecting(writing->server, location), writing->list);
            (void)names_add(exact, name);
        }
    }
}

/* A list of paths that are spared may name the prefix and not its twin: "/foo/" is not the start of "/foo". */
static bool twin_differs(const struct model *model, const struct location *location)
{
    const struct slice lists[] = {model->settings->no_tls_redirect, model->settings->no_auth};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct slice item, rest = lists[i];
        while (slice_split(&rest, ',', &item)) {
            item = slice_trim(item);
            if (item.len == location->declared.len + 1 && slice_ends(item, SLICE("/")) &&
                slice_starts(item, location->declared)) {
                return true;
            }
        }
    }
    return false;
}

/* Their names, each of which may stand once; the prefixes, longest first. */
static size_t collect(struct writing *writing, struct names_seen *exact, struct prefix *prefixes)
{
    const struct server *server = writing->server;
    struct arena *arena = writing->model->scratch;
    struct names_seen prefix;
    size_t count = 0;
    names_init(arena, exact, 2 * (server->count + writing->own.count));
    names_init(arena, &prefix, server->count + writing->own.count);
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (names_add(location->exact ? exact : &prefix, location->path)) {
            freeze(writing->model, server, location);
        }
        if (!location->exact) {
            prefixes[count++] = (struct prefix){location->path, location, NULL};
        }
    }
    for (size_t i = 0; i < writing->own.count; i++) {
        const struct own_place *place = &writing->own.items[i];
        bool is_exact = place->own->kind == OWN_EXACT, regex = place->own->kind == OWN_REGEX;
        if (!regex && names_add(is_exact ? exact : &prefix, place->own->path)) {
            freeze_own(writing, place);
        }
        if (!regex && !is_exact) {
            prefixes[count++] = (struct prefix){place->own->path, NULL, place};
        }
    }
    sort_stable(arena, prefixes, count, sizeof *prefixes, compare_prefixes, NULL);
    return count;
}

/* With "= /foo" decided above or by its own twin, "/foo/" and its twin are one prefix by element. A path that ends in
 * "/" and is denied does not redirect, and "/foo" is not its own. */
static void prefix_rules(struct writing *writing, const struct location *location,
                         const struct names_seen *exact)
{
    bool ends = location->path.len > 1 && slice_ends(location->declared, SLICE("/"));
    bool string = ends && !names_has(exact, without_slash(location->path));
    if (!string && location->path.len > location->declared.len &&
        twin_differs(writing->model, location)) {
        path_rule(writing, location, PATH_PREFIX_STRING, location->path);
        return;
    }
    path_rule(writing, location, string ? PATH_PREFIX_STRING : PATH_PREFIX_ELEMENT,
              location->declared);
}

/* Exact locations come first, then expressions, then the longest prefix (ngx_http_core_find_location). */
static void plain_rules(struct writing *writing)
{
    const struct server *server = writing->server;
    struct names_seen exact;
    struct prefix *prefixes =
        ARENA_ARRAY(writing->model->scratch, struct prefix, server->count + writing->own.count);
    size_t count = collect(writing, &exact, prefixes);
    bool regexes = own_has(writing, OWN_REGEX);
    own_rules_of(writing, OWN_EXACT);
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (location->exact &&
            (!location->twin || regexes || twin_differs(writing->model, location))) {
            path_rule(writing, location, PATH_EXACT, location->path);
        }
    }
    slash_redirects(writing, &exact);
    if (regexes) {
        first_prefixes(writing, prefixes, count);
        own_rules_of(writing, OWN_REGEX);
    }
    bool checked = !slice_is(server->host, "_");
    for (size_t i = 0; i < count; i++) {
        const struct own_place *place = prefixes[i].own;
        checked = checked || add_health_checks(writing, prefixes[i].path);
        if (!place) {
            prefix_rules(writing, prefixes[i].location, &exact);
        } else if (!regexes || place->own->kind == OWN_PREFIX) {
            own_rules(writing, place, false);
        }
    }
}

/* ---- regex mode --------------------------------------------------------------------------- */

static void refused_expression(struct model *model, const struct location *location,
                               struct slice error)
{
    model_freeze(model, (struct effect_source){SLICE_ABSENT, location->origin.span},
                 location->item ? location->item->ingress->object.subject : SLICE_ABSENT,
                 arena_printf(model->run->arena,
                              "path '" SLICE_FMT
                              "' is no regular expression that nginx takes (" SLICE_FMT ")",
                              SLICE_ARG(location->path), SLICE_ARG(error)));
}

size_t path_next_side(struct slice pattern, size_t at)
{
    size_t depth = 0;
    for (; at < pattern.len; at++) {
        char c = pattern.ptr[at];
        if (c == '\\') {
            at++;
        } else if (c == '[') { /* a "]" at its front is one of its bytes */
            at = slice_find(pattern, ']', at + 2);
        } else if (c == '(') {
            depth++;
        } else if (c == ')') {
            depth -= depth > 0;
        } else if (c == '|' && depth == 0) {
            return at + 1;
        }
    }
    return pattern.len;
}

/* template.go buildLocation puts '^' before the path, which binds the first of several sides only; nginx finds
 * the others anywhere. Expressions of rules are found at the start. */
static struct slice location_expression(struct arena *arena, struct slice path)
{
    struct slice out = SLICE("^");
    size_t from = 0;
    for (size_t side = path_next_side(path, 0); side < path.len;
         side = path_next_side(path, side)) {
        bool bound = path.ptr[side] == '^';
        out = ARENA_JOIN(arena, out, slice_sub(path, from, side),
                         bound ? SLICE("") : SLICE("(?s:.*)"));
        from = side;
    }
    return ARENA_JOIN(arena, out, slice_sub(path, from, path.len));
}

static void regex_rule(struct writing *writing, const struct location *location)
{
    struct run *run = writing->model->run;
    if (slice_is(location->path, "/")) {
        path_rule(writing, location, PATH_PREFIX_ELEMENT, SLICE("/"));
        return;
    }
    struct match match = {
        .path = {.kind = PATH_PREFIX_STRING, .fold = true, .value = location->path}};
    if (!regex_is_literal(location->path)) {
        struct slice error = SLICE_ABSENT;
        match.path.kind = PATH_REGEX;
        match.path.value = location_expression(run->arena, location->path);
        match.path.regex =
            regex_compile(run, writing->table->regexes, match.path.value, true, false, &error);
        if (!match.path.regex) {
            refused_expression(writing->model, location, error);
        }
    }
    location_rule(writing, location, match);
}

/* Their expressions take every path between them, so a prefix of a snippet is only reached by "^~", and an expression
 * only where it stands before them. */
static void own_before_regexes(struct writing *writing)
{
    struct prefix *prefixes =
        ARENA_ARRAY(writing->model->scratch, struct prefix, writing->own.count);
    size_t count = 0;
    struct names_seen names;
    names_init(writing->model->scratch, &names, 2 * writing->own.count);
    own_rules_of(writing, OWN_EXACT);
    for (size_t i = 0; i < writing->own.count; i++) {
        const struct own_place *place = &writing->own.items[i];
        bool exact = place->own->kind == OWN_EXACT, regex = place->own->kind == OWN_REGEX;
        struct slice name = exact
                                ? ARENA_JOIN(writing->model->scratch, SLICE("="), place->own->path)
                                : place->own->path;
        if (!regex && names_add(&names, name)) {
            freeze_own(writing, place);
        }
        if (!regex && !exact) {
            prefixes[count++] = (struct prefix){place->own->path, NULL, place};
        }
    }
    sort_stable(writing->model->scratch, prefixes, count, sizeof *prefixes, compare_prefixes, NULL);
    first_prefixes(writing, prefixes, count);
    for (size_t i = 0; i < writing->own.count; i++) {
        const struct own_place *place = &writing->own.items[i];
        if (place->own->kind == OWN_REGEX && !place->of_setting) {
            own_rules(writing, place, false);
        }
    }
}

static void regex_rules(struct writing *writing)
{
    const struct server *server = writing->server;
    own_before_regexes(writing);
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        /* "^/foo/" directly before its twin "^/foo" with the same owner says nothing of its own, unless
         * the first rewrites */
        const struct location *next = i + 1 < server->count ? server->locations[i + 1] : NULL;
        if (next && next->twin && !location_rewrites(location) &&
            slice_equal(next->declared, location->declared) && next->item == location->item &&
            !twin_differs(writing->model, location)) {
            continue;
        }
        regex_rule(writing, location);
    }
}

struct rule_list *server_rules(struct model *model, const struct server *server,
                               const struct view_of *view, struct route_table *table)
{
    struct rule_list *list = ARENA_NEW(model->run->arena, struct rule_list);
    struct writing writing = {model, server, view, table, list, {NULL, 0}};
    /* about as many rules as will come, so that the list does not grow through copies */
    for (size_t i = 0; i < server->count; i++) {
        list->capacity += !server->locations[i]->twin;
    }
    list->rules = ARENA_ARRAY(model->run->arena, struct rule, list->capacity);
    model->restarts.count = 0;
    blocked_rules(model, server, table, list);
    refusal_rules(model, server, list);
    snippets_head(model, server, false, view, table, list);
    app_root_rules(model, server, list);
    snippets_head(model, server, true, view, table, list);
    size_t first = list->count;
    own_locations_find(model, server, &writing.own);
    if (server->regex_mode) {
        regex_rules(&writing);
    } else {
        plain_rules(&writing);
    }
    restarts_expand(model, list, first);
    return list;
}
