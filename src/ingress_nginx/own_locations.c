#include "ingress_nginx/snippets_priv.h"

/* Locations that a server snippet has, beside those of Ingresses (ngx_http_core_find_location). They have nothing that
 * the template gives to its own: what they answer by themselves is understood, files and backends are not. */

void own_locations_find(const struct model *model, const struct server *server,
                        struct own_places *out)
{
    struct placed_snippets snippets;
    size_t capacity = 0;
    *out = (struct own_places){NULL, 0};
    snippets_of(model, server, NULL, &snippets);
    for (size_t i = 0; i < snippets.count; i++) {
        const struct placed_snippet *placed = &snippets.items[i];
        bool of_setting = i + 1 == snippets.count && model->settings->server_snippet.len;
        for (size_t o = 0; o < placed->snippet.own_count; o++) {
            *ARENA_PUSH(model->run->arena, out->items, out->count, capacity) =
                (struct own_place){&placed->snippet.own[o], placed->source, of_setting};
        }
    }
}

static const struct unknown *not_understood(struct model *model, const struct own_place *place,
                                            const struct unknown *next, const char *what)
{
    return unknown_add(model->run, next, ASPECT_ROUTING, place->source,
                       arena_printf(model->run->arena,
                                    "what location '" SLICE_FMT "' of '" SLICE_FMT "' %s is not "
                                    "understood",
                                    SLICE_ARG(place->own->path), SLICE_ARG(place->source.name),
                                    what));
}

/* Nobody is let in, so nothing else is done. */
static bool closed(struct model *model, const struct own_place *place, struct rule *rule)
{
    const struct snippet_access *access = &place->own->body->access;
    if (!access->closed || access->allow.count) {
        return false;
    }
    struct route_answer *answer = ARENA_NEW(model->run->arena, struct route_answer);
    *answer = (struct route_answer){.source = place->source,
                                    .status = 403,
                                    .reason = SLICE("a location of a snippet lets nobody in")};
    rule->effects.answer = answer;
    return true;
}

static void leaf_rule(struct model *model, const struct server *server,
                      const struct own_place *place, const struct leaf *leaf,
                      struct route_table *table, struct rule_list *list)
{
    struct rule rule = {
        .match = leaf->match, .unknown = model->settings->unknown, .origin = server->origin};
    struct placed_snippets snippets;
    rule_of_own_location(model, server, place, leaf, &rule);
    rule.unknown = unknown_prepend(model->run, rule.unknown, server->unknown);
    leaf_effects(model, NULL, leaf, table, &rule);
    if (restarts(leaf)) {
        restart_add(model, list->count, false, place->own->body->input.count > 0);
    } else if (!leaf->answer && !closed(model, place, &rule)) {
        rule.unknown = not_understood(model, place, rule.unknown, "answers");
    }
    snippets_of(model, server, NULL, &snippets);
    snippets.items[snippets.count++] =
        (struct placed_snippet){SNIPPET_LOCATION, place->source, *place->own->body};
    snippets_rest(model, &snippets, leaf, &rule);
    *rule_list_add(model->run, list) = rule;
}

void own_location_rules(struct model *model, const struct server *server,
                        const struct view_of *view, struct route_table *table,
                        const struct own_place *place, bool doubtful, struct rule_list *list)
{
    const struct own_location *own = place->own;
    struct match match = {.path = {.kind = PATH_ANY}};
    struct placed_snippets one = {.count = 1};
    struct leaves leaves = {0};
    const struct snippet_condition asked = {
        .when = WHEN_PATH, .regex = true, .fold = own->fold, .value = own->path};
    one.items[0] = (struct placed_snippet){SNIPPET_OWN, place->source, *own->body};
    if (own->kind == OWN_REGEX) {
        const struct path_match any = match.path;
        if (!path_meets(model->run, table->regexes, &any, &asked, false, &match.path)) {
            model_freeze(model, place->source, SLICE_ABSENT,
                         arena_printf(model->run->arena,
                                      "'" SLICE_FMT "' of '" SLICE_FMT
                                      "' is no regular expression that nginx takes",
                                      SLICE_ARG(own->path), SLICE_ARG(place->source.name)));
            return;
        }
    } else {
        match.path = (struct path_match){
            .kind = own->kind == OWN_EXACT ? PATH_EXACT : PATH_PREFIX_STRING, .value = own->path};
    }
    snippets_flow(model, &one, SNIPPET_OWN, &match, view, table, false, &leaves);
    for (size_t i = 0; i < leaves.count; i++) {
        leaf_rule(model, server, place, &leaves.items[i], table, list);
        if (doubtful) {
            struct rule *rule = &list->rules[list->count - 1];
            rule->unknown = not_understood(model, place, rule->unknown, "takes");
        }
    }
}
