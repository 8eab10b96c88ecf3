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
};

static void location_rule(struct writing *writing, const struct location *location,
                          struct match match)
{
    struct model *model = writing->model;
    struct rule rule = {.match = match, .origin = location->origin};
    location_effects(model, writing->server, location, writing->view, writing->table, &rule);
    if (location->item) {
        rivals_check(model, writing->server, location, writing->view, writing->table, &rule);
    }
    const struct upstream *canary = canary_of(model, location);
    struct placed_snippets snippets;
    snippets_of(model, writing->server, location, &snippets);
    snippets_conditions(model, &snippets, location, writing->view, writing->table, &rule,
                        writing->list);
    *rule_list_add(model->run, writing->list) = rule;
    if (canary && rule.backend_count == 1 && !rule.backends[0].status) {
        canary_rules(model, location, canary, writing->table, writing->list);
    }
}

static void path_rule(struct writing *writing, const struct location *location, enum path_kind kind,
                      struct slice value)
{
    location_rule(writing, location, (struct match){.path = {.kind = kind, .value = value}});
}

/* ---- rules at the head of a server -------------------------------------------------------- */

/* A rule that the data plane answers by itself before it looks for a location, so without a body limit. */
static struct rule *head_rule(struct model *model, const struct server *server,
                              struct rule_list *list, enum path_kind kind, struct slice path)
{
    struct rule *rule = add_rule(model, list, kind, path);
    rule_outside_locations(model, server, rule, -1);
    rule->unknown = model->settings->unknown;
    return rule;
}

static void add_refusal(struct model *model, const struct server *server, struct rule_list *list)
{
    if (!server->refused.name.ptr) {
        return;
    }
    struct rule *rule = head_rule(model, server, list, PATH_ANY, SLICE_ABSENT);
    struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
    *answer =
        (struct route_answer){.source = server->refused,
                              .status = 403,
                              .reason = SLICE("the Secret for client certificates cannot be had")};
    rule->effects.answer = answer;
    rule->origin = server->origin;
}

/* An item of a map of nginx (ngx_http_map_module): an expression after "~", without case after "~*", else
 * the whole text without case. False when it does not compile, which nginx refuses. */
static bool blocked_test(struct writing *writing, const char *header, struct slice item,
                         struct test *out)
{
    struct run *run = writing->model->run;
    bool regex = slice_starts(item, SLICE("~")), fold = !regex || slice_starts(item, SLICE("~*"));
    struct slice error;
    struct slice pattern =
        regex ? slice_sub(item, fold ? 2 : 1, item.len)
              : ARENA_JOIN(run->arena, SLICE("^"), regex_quote(run->arena, item), SLICE("$"));
    *out = (struct test){.subject = TEST_HEADER,
                         .operator= TEST_REGEX,
                         .fold = fold,
                         .name = slice_of(header),
                         .value = pattern};
    out->regex = regex_compile(run, writing->table->regexes, pattern, fold, false, &error);
    return out->regex != NULL;
}

/* block-user-agents and block-referers (nginx.tmpl, $block_ua and $block_ref). */
static void add_blocked(struct writing *writing, const char *key, const char *header,
                        struct slice list)
{
    struct model *model = writing->model;
    const struct effect_source source = setting_source(model->settings, key);
    struct slice item;
    while (slice_split(&list, ',', &item)) {
        struct test test;
        item = slice_trim(item);
        if (!item.len) {
            continue;
        }
        if (!blocked_test(writing, header, item, &test)) {
            model_freeze(model, source, SLICE_ABSENT,
                         arena_printf(model->run->arena,
                                      "'" SLICE_FMT
                                      "' of setting '%s' is no regular expression that nginx takes",
                                      SLICE_ARG(item), key));
            continue;
        }
        struct rule *rule =
            head_rule(model, writing->server, writing->list, PATH_ANY, SLICE_ABSENT);
        struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
        *answer = (struct route_answer){
            .source = source, .status = 403, .reason = SLICE("the controller blocks such clients")};
        rule->match.tests = ARENA_NEW(model->run->arena, struct test);
        rule->match.tests[0] = test;
        rule->match.test_count = 1;
        rule->effects.answer = answer;
        rule->origin = writing->server->origin;
    }
}

void blocked_rules(struct model *model, const struct server *server, struct route_table *table,
                   struct rule_list *list)
{
    struct writing writing = {model, server, NULL, table, list};
    add_blocked(&writing, "block-user-agents", "User-Agent", model->settings->block_user_agents);
    add_blocked(&writing, "block-referers", "Referer", model->settings->block_referers);
}

static void add_app_roots(struct model *model, const struct server *server, struct rule_list *list)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (!location->item || location->plain) {
            continue;
        }
        const struct annotations *annotations = location->item->annotations;
        struct slice root = annotation_text(annotations, AN_app_root);
        if (!root.len || root.ptr[0] != '/') {
            continue; /* approot: what is no path of its own is ignored */
        }
        struct rule *rule = head_rule(model, server, list, PATH_EXACT, SLICE("/"));
        rule->unknown = unknown_prepend(model->run, rule->unknown, server->unknown);
        struct route_redirect *redirect = ARENA_NEW(model->run->arena, struct route_redirect);
        *redirect = (struct route_redirect){.source = annotation_source(annotations, AN_app_root),
                                            .status = 302,
                                            .path_change = PATH_CHANGE_FULL,
                                            .path = root};
        rule->effects.redirect = redirect;
        rule->origin = annotation_origin(model->run, location->item->ingress, redirect->source);
        return; /* the first in the order of locations wins */
    }
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
/* The exact location of the same path, if there is one: nginx takes its settings for the redirect
 * (ngx_http_core_find_static_location). */
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
    const struct origin *first = &find_location(server, location)->origin;
    struct slice reason =
        arena_printf(model->run->arena,
                     "host '" SLICE_FMT "' has two locations '" SLICE_FMT "', of Ingress " SLICE_FMT
                     "/" SLICE_FMT " and Ingress " SLICE_FMT "/" SLICE_FMT ", which nginx refuses",
                     SLICE_ARG(server->host), SLICE_ARG(location->path),
                     SLICE_ARG(first->namespace), SLICE_ARG(first->name),
                     SLICE_ARG(location->origin.namespace), SLICE_ARG(location->origin.name));
    model_freeze(model, (struct effect_source){SLICE_ABSENT, location->origin.span},
                 location->item ? location->item->ingress->object.subject : SLICE_ABSENT, reason);
}

static int compare_prefixes(const void *a, const void *b, void *user)
{
    (void)user;
    const struct location *x = *(const struct location *const *)a;
    const struct location *y = *(const struct location *const *)b;
    return x->path.len != y->path.len ? (x->path.len > y->path.len ? -1 : 1) : 0;
}

static bool proxies(const struct location *location)
{
    return location->has_backend && !(location->item && location->item->annotations->denied);
}

static void slash_redirects(struct writing *writing, struct names_seen *exact)
{
    for (size_t i = 0; i < writing->server->count; i++) {
        const struct location *location = writing->server->locations[i];
        struct slice name = without_slash(location->path);
        if (location->path.len > 1 && name.len < location->path.len && proxies(location) &&
            !location->twin && !names_has(exact, name)) {
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

/* Exact locations come first, then the longest prefix (ngx_http_core_find_static_location). */
static void plain_rules(struct writing *writing)
{
    const struct server *server = writing->server;
    struct arena *arena = writing->model->scratch;
    struct names_seen exact, prefix;
    names_init(arena, &exact, 2 * server->count);
    names_init(arena, &prefix, server->count);
    const struct location **prefixes = ARENA_ARRAY(arena, const struct location *, server->count);
    size_t prefix_count = 0;
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (names_add(location->exact ? &exact : &prefix, location->path)) {
            freeze(writing->model, server, location);
        }
        if (!location->exact) {
            prefixes[prefix_count++] = location;
        }
    }
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = server->locations[i];
        if (location->exact && (!location->twin || twin_differs(writing->model, location))) {
            path_rule(writing, location, PATH_EXACT, location->path);
        }
    }
    slash_redirects(writing, &exact);
    sort_stable(arena, prefixes, prefix_count, sizeof *prefixes, compare_prefixes, NULL);
    for (size_t i = 0; i < prefix_count; i++) {
        /* With "= /foo" decided above or by its own twin, "/foo/" and its twin are one prefix by element. A
         * path that ends in "/" and is denied does not redirect, and "/foo" is not its own. */
        const struct location *location = prefixes[i];
        bool ends = location->path.len > 1 && slice_ends(location->declared, SLICE("/"));
        bool string = ends && !names_has(&exact, without_slash(location->path));
        if (!string && location->path.len > location->declared.len &&
            twin_differs(writing->model, location)) {
            path_rule(writing, location, PATH_PREFIX_STRING, location->path);
            continue;
        }
        path_rule(writing, location, string ? PATH_PREFIX_STRING : PATH_PREFIX_ELEMENT,
                  location->declared);
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

/* Where the side of a '|' outside of all groups begins; the length when no further one does. */
static size_t next_side(struct slice pattern, size_t at)
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
    for (size_t side = next_side(path, 0); side < path.len; side = next_side(path, side)) {
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

static void regex_rules(struct writing *writing)
{
    const struct server *server = writing->server;
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

/* Plain prefixes: they come before "/" and after all else; an expression hides them. */
static void add_health_checks(struct model *model, struct rule_list *list)
{
    struct rule_list own = {0};
    for (size_t i = 0; i < list->count; i++) {
        const struct rule *rule = &list->rules[i];
        bool root =
            rule->match.path.kind == PATH_PREFIX_ELEMENT && slice_is(rule->match.path.value, "/");
        if (root && (i == 0 || !slice_is(list->rules[i - 1].match.path.value, "/") ||
                     list->rules[i - 1].match.path.kind != PATH_PREFIX_ELEMENT)) {
            health_check(model, &own, model->settings->health_path, 200,
                         "health check of the controller");
            status_page(model, &own);
        }
        *rule_list_add(model->run, &own) = *rule;
    }
    *list = own;
}

struct rule_list *server_rules(struct model *model, const struct server *server,
                               const struct view_of *view, struct route_table *table)
{
    struct rule_list *list = ARENA_NEW(model->run->arena, struct rule_list);
    struct writing writing = {model, server, view, table, list};
    /* about as many rules as will come, so that the list does not grow through copies */
    for (size_t i = 0; i < server->count; i++) {
        list->capacity += !server->locations[i]->twin;
    }
    list->rules = ARENA_ARRAY(model->run->arena, struct rule, list->capacity);
    blocked_rules(model, server, table, list);
    add_refusal(model, server, list);
    snippets_head(model, server, false, view, table, list);
    add_app_roots(model, server, list);
    snippets_head(model, server, true, view, table, list);
    if (server->regex_mode) {
        regex_rules(&writing);
    } else {
        plain_rules(&writing);
        if (slice_is(server->host, "_")) {
            add_health_checks(model, list);
        }
    }
    return list;
}
