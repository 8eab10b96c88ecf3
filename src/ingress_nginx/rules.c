#include "ingress_nginx/model_priv.h"

#include <string.h>

static struct rule *add_rule(struct model *model, struct rule_list *list, enum path_kind kind,
                             struct slice value)
{
    struct rule *rule = rule_list_add(model->run, list);
    rule->match.path.kind = kind;
    rule->match.path.value = value;
    return rule;
}

static void location_rule(struct model *model, const struct server *server,
                          const struct location *location, struct route_table *table,
                          struct rule_list *list, enum path_kind kind, struct slice value)
{
    struct rule *rule = add_rule(model, list, kind, value);
    rule->origin = location->origin;
    location_effects(model, server, location, table, rule);
}

/* ---- rules at the head of a server -------------------------------------------------------- */

static void add_app_roots(struct model *model, const struct server *server, struct rule_list *list)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = &server->locations[i];
        if (!location->item || location->plain) {
            continue;
        }
        const struct annotations *annotations = &location->item->annotations;
        struct slice root = annotation_text(annotations, AN_app_root);
        if (!root.len || root.ptr[0] != '/') {
            continue;
        }
        struct rule *rule = add_rule(model, list, PATH_EXACT, SLICE("/"));
        struct route_redirect *redirect = ARENA_NEW(model->run->arena, struct route_redirect);
        *redirect = (struct route_redirect){.source = annotation_source(annotations, AN_app_root),
                                            .status = 302,
                                            .path_change = PATH_CHANGE_FULL,
                                            .path = root};
        rule->effects.redirect = redirect;
        rule->origin = location->origin;
        rule->unknown = model->settings->unknown;
        return; /* the first in the order of locations wins */
    }
}

static void health_check(struct model *model, struct rule_list *list, const char *path,
                         int64_t status, const char *reason)
{
    struct rule *rule = add_rule(model, list, PATH_PREFIX_STRING, slice_of(path));
    struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
    answer->status = status;
    answer->reason = slice_of(reason);
    rule->effects.answer = answer;
    rule->implied = true;
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
    redirect->relative =
        location->item && annotation_true(&location->item->annotations, AN_relative_redirects,
                                          model->settings->relative_redirects);
    rule->effects.redirect = redirect;
    rule->origin = location->origin;
    rule->implied = true;
    rule->unknown = model->settings->unknown;
    (void)server;
}

static void freeze(struct model *model, const struct server *server,
                   const struct location *location)
{
    struct effect_source source = {SLICE_ABSENT, location->origin.span};
    struct slice reason =
        arena_printf(model->run->arena,
                     "host '" SLICE_FMT "' has two locations '" SLICE_FMT
                     "', which nginx refuses, so the controller's configuration is frozen",
                     SLICE_ARG(server->host), SLICE_ARG(location->path));
    model->frozen = unknown_add(model->run, model->frozen, ASPECT_ROUTING, source, reason);
    diag_at(model->run->diag, DIAG_N018, location->origin.span,
            arena_printf(model->run->arena, "Ingress " SLICE_FMT "/" SLICE_FMT,
                         SLICE_ARG(location->origin.namespace), SLICE_ARG(location->origin.name)),
            SLICE_FMT "; no change of any Ingress takes effect until one of them is removed",
            SLICE_ARG(reason));
}

static int compare_prefixes(const void *a, const void *b, void *user)
{
    (void)user;
    const struct location *x = *(const struct location *const *)a;
    const struct location *y = *(const struct location *const *)b;
    return x->path.len != y->path.len ? (x->path.len > y->path.len ? -1 : 1) : 0;
}

static void plain_rules(struct model *model, const struct server *server, struct route_table *table,
                        struct rule_list *list)
{
    struct arena *arena = model->scratch;
    struct names_seen exact, prefix;
    names_init(arena, &exact, 2 * server->count);
    names_init(arena, &prefix, server->count);
    const struct location **prefixes = ARENA_ARRAY(arena, const struct location *, server->count);
    size_t prefix_count = 0;
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = &server->locations[i];
        if (names_add(location->exact ? &exact : &prefix, location->path)) {
            freeze(model, server, location);
        }
        if (!location->exact) {
            prefixes[prefix_count++] = location;
        }
    }
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = &server->locations[i];
        if (location->exact && !location->twin) {
            location_rule(model, server, location, table, list, PATH_EXACT, location->path);
        }
    }
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = &server->locations[i];
        struct slice name = without_slash(location->path);
        if (location->path.len > 1 && name.len < location->path.len && location->has_backend &&
            !location->twin && !names_has(&exact, name)) {
            add_slash_redirect(model, server, location, list);
            (void)names_add(&exact, name);
        }
    }
    sort_stable(arena, prefixes, prefix_count, sizeof *prefixes, compare_prefixes, NULL);
    for (size_t i = 0; i < prefix_count; i++) {
        /* With "= /foo" decided above or by its own twin, "/foo/" and its twin are one prefix by element. */
        location_rule(model, server, prefixes[i], table, list, PATH_PREFIX_ELEMENT,
                      prefixes[i]->declared);
    }
}

/* ---- regex mode --------------------------------------------------------------------------- */

static void regex_rule(struct model *model, const struct server *server,
                       const struct location *location, struct route_table *table,
                       struct rule_list *list)
{
    struct run *run = model->run;
    if (slice_is(location->path, "/")) {
        location_rule(model, server, location, table, list, PATH_PREFIX_ELEMENT, SLICE("/"));
        return;
    }
    if (regex_is_literal(location->path)) {
        location_rule(model, server, location, table, list, PATH_PREFIX_STRING, location->path);
        list->rules[list->count - 1].match.path.fold = true;
        return;
    }
    struct slice pattern = arena_printf(run->arena, "^" SLICE_FMT, SLICE_ARG(location->path));
    struct slice error = SLICE_ABSENT;
    const struct regex *regex = regex_compile(run, table->regexes, pattern, true, false, &error);
    location_rule(model, server, location, table, list, PATH_REGEX, pattern);
    struct rule *rule = &list->rules[list->count - 1];
    rule->match.path.fold = true;
    rule->match.path.regex = regex;
    if (!regex) {
        struct effect_source source = {SLICE_ABSENT, location->origin.span};
        model->frozen =
            unknown_add(run, model->frozen, ASPECT_ROUTING, source,
                        arena_printf(run->arena, "path '" SLICE_FMT "' is no regular expression",
                                     SLICE_ARG(location->path)));
        diag_at(run->diag, DIAG_N018, location->origin.span, SLICE_ABSENT,
                "path '" SLICE_FMT "' is no regular expression (" SLICE_FMT
                "); no change of any Ingress takes effect until it is removed",
                SLICE_ARG(location->path), SLICE_ARG(error));
    }
}

static void regex_rules(struct model *model, const struct server *server, struct route_table *table,
                        struct rule_list *list)
{
    for (size_t i = 0; i < server->count; i++) {
        const struct location *location = &server->locations[i];
        /* "^/foo/" directly before its twin "^/foo" with the same owner says nothing of its own, unless
         * the first rewrites */
        const struct location *next = i + 1 < server->count ? &server->locations[i + 1] : NULL;
        if (next && next->twin && !location_rewrites(location) &&
            slice_equal(next->declared, location->declared) && next->item == location->item &&
            !slice_equal(next->path, location->path)) {
            continue;
        }
        regex_rule(model, server, location, table, list);
    }
}

/* ---- entries ------------------------------------------------------------------------------ */

static struct host_pattern pattern_of(struct model *model, struct slice name, bool alias,
                                      struct route_table *table)
{
    struct host_pattern host = {HOST_EXACT, name, NULL};
    struct slice error;
    if (slice_is(name, "_")) {
        host.kind = HOST_ANY;
        host.name = SLICE("");
    } else if (slice_starts(name, SLICE("~"))) {
        host.kind = HOST_REGEX;
        host.regex = regex_compile(model->run, table->regexes, slice_sub(name, 1, name.len), true,
                                   false, &error);
    } else if (slice_starts(name, SLICE("*."))) {
        /* the host of a rule is one label by a regular expression, an alias nginx's own wildcard */
        host.kind = alias ? HOST_SUFFIX : HOST_ONE_LABEL;
    }
    host.name = arena_lower(model->run->arena, host.name);
    return host;
}

static void add_entries(struct model *model, const struct server *server, struct host_pattern host,
                        const struct rule_list *rules, struct route_table *table)
{
    for (int https = 0; https < 2; https++) {
        struct entry *entry = route_table_add(model->run, table);
        entry->gateway = model->gateway;
        entry->https = https == 1;
        entry->port = https ? 443 : 80;
        entry->host = host;
        entry->rules = rules;
        entry->origin = server->origin;
        entry->unknown = model->frozen;
        if (https) {
            entry->certificate = server->certificate;
        }
    }
}

static struct rule_list *server_rules(struct model *model, const struct server *server,
                                      struct route_table *table)
{
    struct rule_list *list = ARENA_NEW(model->run->arena, struct rule_list);
    /* about as many rules as will come, so that the list does not grow through copies */
    for (size_t i = 0; i < server->count; i++) {
        list->capacity += !server->locations[i].twin;
    }
    list->rules = ARENA_ARRAY(model->run->arena, struct rule, list->capacity);
    add_app_roots(model, server, list);
    if (server->regex_mode) {
        regex_rules(model, server, table, list);
    } else {
        plain_rules(model, server, table, list);
    }
    return list;
}

/* The default server's own locations are plain prefixes: they come before "/" and after all else. */
static void add_health_checks(struct model *model, struct rule_list *list)
{
    struct rule_list own = {0};
    for (size_t i = 0; i < list->count; i++) {
        struct rule *rule = &list->rules[i];
        bool root =
            rule->match.path.kind == PATH_PREFIX_ELEMENT && slice_is(rule->match.path.value, "/");
        if (root) {
            health_check(model, &own, "/healthz", 200, "health check of the controller");
            health_check(model, &own, "/nginx_status", 403, "status page, for the pod only");
        }
        *rule_list_add(model->run, &own) = *rule;
    }
    *list = own;
}

static void add_www(struct model *model, const struct server *server, struct route_table *table)
{
    if (!server->www.name.ptr) {
        return;
    }
    bool has_www = slice_starts(server->host, SLICE("www."));
    struct slice other =
        has_www ? slice_sub(server->host, 4, server->host.len)
                : arena_printf(model->run->arena, "www." SLICE_FMT, SLICE_ARG(server->host));
    if (model_server(model, other) || slice_is(server->host, "_")) {
        return;
    }
    struct rule_list *list = ARENA_NEW(model->run->arena, struct rule_list);
    struct rule *rule = add_rule(model, list, PATH_PREFIX_ELEMENT, SLICE("/"));
    struct route_redirect *redirect = ARENA_NEW(model->run->arena, struct route_redirect);
    /* the port is always written (lua/nginx/ngx_srv_redirect.lua) */
    *redirect = (struct route_redirect){.source = server->www,
                                        .status = model->settings->http_redirect_code,
                                        .host_from = REDIRECT_HOST_GIVEN,
                                        .host = server->host,
                                        .port_from = REDIRECT_PORT_ALWAYS,
                                        .keep_query = true,
                                        .strip_slash = true};
    rule->effects.redirect = redirect;
    rule->origin = server->origin;
    struct server www = *server;
    www.certificate = (struct certificate){0};
    add_entries(model, &www, (struct host_pattern){HOST_EXACT, other, NULL}, list, table);
}

struct names { /* a server under one of its names */
    struct server *server;
    struct host_pattern host;
};

static int rank(const struct host_pattern *host)
{
    static const int ranks[] = {[HOST_EXACT] = 0,
                                [HOST_SUFFIX] = 1,
                                [HOST_ONE_LABEL] = 2,
                                [HOST_REGEX] = 2,
                                [HOST_ANY] = 3};
    return ranks[host->kind];
}

/* exact names, then the longest native wildcard, then regular expressions in the order of the file, which
 * is that of host names */
static int compare_names(const void *a, const void *b, void *user)
{
    (void)user;
    const struct names *x = a, *y = b;
    int order = rank(&x->host) - rank(&y->host);
    if (order == 0 && x->host.kind == HOST_SUFFIX && x->host.name.len != y->host.name.len) {
        order = x->host.name.len > y->host.name.len ? -1 : 1;
    }
    return order ? order : slice_compare(x->server->host, y->server->host);
}

void model_write(struct model *model, struct route_table *table)
{
    struct arena *arena = model->scratch;
    struct names *names = NULL;
    size_t count = 0, capacity = 0;
    struct map *rules = map_new(arena);
    for (size_t i = 0; i < model->server_count; i++) {
        struct server *server = model->servers[i];
        struct rule_list *list = server_rules(model, server, table);
        if (i == 0) {
            add_health_checks(model, list);
        }
        map_put(rules, server->host, list);
        *ARENA_PUSH(arena, names, count, capacity) =
            (struct names){server, pattern_of(model, server->host, false, table)};
        for (size_t a = 0; a < server->alias_count; a++) {
            *ARENA_PUSH(arena, names, count, capacity) =
                (struct names){server, pattern_of(model, server->aliases[a], true, table)};
        }
    }
    sort_stable(arena, names, count, sizeof *names, compare_names, NULL);
    for (size_t i = 0; i < count; i++) {
        if (names[i].host.kind != HOST_ANY) {
            add_www(model, names[i].server, table);
        }
        add_entries(model, names[i].server, names[i].host, map_get(rules, names[i].server->host),
                    table);
    }
}
