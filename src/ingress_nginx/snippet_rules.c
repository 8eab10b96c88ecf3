#include "ingress_nginx/snippets_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

/* ---- whether all is understood -------------------------------------------------------------- */

/* False: all is understood. Without a directive nothing of it is. */
static bool has_unknown(struct run *run, enum annotation_id id, struct slice text,
                        struct snippet *out)
{
    static const struct {
        enum annotation_id id;
        enum snippet_place place;
    } places[] = {{AN_configuration_snippet, SNIPPET_LOCATION},
                  {AN_server_snippet, SNIPPET_SERVER},
                  {AN_auth_snippet, SNIPPET_AUTH}};
    *out = (struct snippet){0};
    if (id == AN_modsecurity_snippet) {
        struct slice rule = firewall_rule(text);
        if (rule.len) {
            snippet_note_unknown(run, rule, out);
        }
        return rule.ptr != NULL;
    }
    if (id == AN_stream_snippet) { /* streams.c says what it does to ports */
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (places[i].id == id) {
            snippet_read(run, places[i].place, text, NULL, out);
            return out->unknown.count > 0;
        }
    }
    return true;
}

bool snippet_is_plain(enum annotation_id id, struct slice text)
{
    struct run run = {.arena = arena_open(0, NULL, NULL)};
    struct snippet snippet;
    bool plain = !has_unknown(&run, id, text, &snippet);
    arena_close(run.arena);
    return plain;
}

struct slice snippet_reason(struct run *run, struct slice name, enum annotation_id id,
                            struct slice text)
{
    struct snippet snippet;
    return has_unknown(run, id, text, &snippet) && snippet.unknown.count
               ? unknown_directives(run, &snippet.unknown, "", name)
               : arena_printf(run->arena, "annotation '" SLICE_FMT "' is not understood yet",
                              SLICE_ARG(name));
}

/* ---- which ones count ----------------------------------------------------------------------- */

/* Most servers have no snippet at all, so nothing is made ready for one before there is one. */
static void place(struct run *run, enum snippet_place at, struct slice text,
                  struct effect_source source, const struct location *location,
                  struct placed_snippets *out)
{
    if (!text.len) {
        return;
    }
    const struct variables own =
        location ? location_variables(run, location) : (struct variables){0};
    struct placed_snippet *item = &out->items[out->count++];
    item->place = at;
    item->source = source;
    snippet_read(run, at, text, location ? &own : NULL, &item->snippet);
}

static void place_setting(const struct model *model, enum snippet_place at, struct slice text,
                          const char *key, const struct location *location,
                          struct placed_snippets *out)
{
    if (text.len) {
        place(model->run, at, text, setting_source(model->settings, key), location, out);
    }
}

/* nginx.tmpl: the first Ingress of the host that has one (controller.go, createServers), then the setting. */
void snippets_of(const struct model *model, const struct server *server,
                 const struct location *location, struct placed_snippets *out)
{
    struct run *run = model->run;
    const struct settings *settings = model->settings;
    out->count = 0;
    if (!model->any_snippet) {
        return;
    }
    place_setting(model, SNIPPET_HTTP, settings->http_snippet, "http-snippet", location, out);
    if (server->outside) {
        return;
    }
    if (server->snippet_item && !server->refused.name.ptr) {
        const struct annotations *annotations = server->snippet_item->annotations;
        place(run, SNIPPET_SERVER, annotation_text(annotations, AN_server_snippet),
              annotation_source(annotations, AN_server_snippet), location, out);
    }
    place_setting(model, SNIPPET_SERVER, settings->server_snippet, "server-snippet", location, out);
    if (!location || (location->item && location->item->annotations->denied)) {
        return;
    }
    if (location->item && annotation_set(location->item->annotations, AN_configuration_snippet)) {
        const struct annotations *annotations = location->item->annotations;
        place(run, SNIPPET_LOCATION, annotation_text(annotations, AN_configuration_snippet),
              annotation_source(annotations, AN_configuration_snippet), location, out);
    }
    place_setting(model, SNIPPET_LOCATION, settings->location_snippet, "location-snippet", location,
                  out);
}

/* ---- answers ------------------------------------------------------------------------------ */

static bool has_location(int64_t status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Of a rewrite: a fixed path or URL, with the query. */
static bool set_fixed(const struct snippet_step *step, bool relative,
                      struct route_redirect *redirect)
{
    struct url url = {0};
    redirect->path_change = PATH_CHANGE_FULL;
    redirect->keep_query = !step->drops_query;
    if (slice_starts(step->text, SLICE("/"))) {
        redirect->host_from = REDIRECT_HOST_NORMAL;
        redirect->path = step->text;
        redirect->relative = relative;
        return true;
    }
    if (!url_parse(step->text, &url) || !url.path.len || url.port == scheme_port(url.scheme)) {
        return false;
    }
    redirect->scheme = url.scheme;
    redirect->host_from = REDIRECT_HOST_GIVEN;
    redirect->host = url.host;
    redirect->port_from = url.port ? REDIRECT_PORT_GIVEN : REDIRECT_PORT_NONE;
    redirect->port = url.port;
    redirect->path = url.path;
    return true;
}

/* nginx puts scheme and host before a Location that begins with '/' (ngx_http_header_filter_module). */
static struct template absolute(struct run *run, const struct template *text)
{
    struct part *parts = ARENA_ARRAY(run->arena, struct part, text->count + 3);
    parts[0] = (struct part){.kind = PART_SCHEME};
    parts[1] = (struct part){.kind = PART_TEXT, .text = SLICE("://")};
    parts[2] = (struct part){.kind = PART_HOST};
    for (size_t i = 0; i < text->count; i++) {
        parts[i + 3] = text->parts[i];
    }
    return (struct template){parts, text->count + 3};
}

/* Of a return. */
static bool set_location(struct model *model, const struct location *location,
                         const struct leaf *leaf, bool relative, struct route_redirect *redirect)
{
    struct template text;
    if (!leaf_template(model, leaf, location, leaf->answer->text, &text)) {
        return false;
    }
    const struct part *first = &text.parts[0];
    bool path = first->kind == PART_TARGET ||
                (first->kind == PART_TEXT && slice_starts(first->text, SLICE("/")));
    if (first->kind != PART_TEXT && first->kind != PART_TARGET && first->kind != PART_SCHEME &&
        first->kind != PART_HOST) {
        return false;
    }
    redirect->location = path && !relative ? absolute(model->run, &text) : text;
    return true;
}

/* Of a rewrite with captures or variables, which escapes them in its own way (ngx_http_script_regex_end_code). */
static bool set_scripted(struct model *model, const struct location *location,
                         const struct leaf *leaf, bool relative, struct route_redirect *redirect)
{
    redirect->scripted = true;
    redirect->relative = relative;
    redirect->keep_query = !leaf->answer->drops_query;
    return leaf_template(model, leaf, location, leaf->answer->text, &redirect->location);
}

/* ngx_http_send_response: a text has the default type, but where the path ends like a file. */
void note_type(struct model *model, bool texts, struct rule *rule)
{
    const struct settings *settings = model->settings;
    if (texts && !slice_is(settings->default_type, "text/html")) {
        rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_HEADERS,
                                    setting_source(settings, "default-type"),
                                    SLICE("the Content-Type of nginx's own text is that of setting "
                                          "'default-type', but where the path ends like a file"));
    }
}

static bool set_redirect(struct model *model, const struct location *location,
                         const struct leaf *leaf, struct route_redirect *redirect)
{
    bool relative =
        location ? location_relative(model, location) : model->settings->relative_redirects;
    if (leaf->answer->kind == STEP_ANSWER) {
        return set_location(model, location, leaf, relative, redirect);
    }
    bool fixed = slice_find(leaf->answer->text, '$', 0) == leaf->answer->text.len;
    return (fixed && set_fixed(leaf->answer, relative, redirect)) ||
           set_scripted(model, location, leaf, relative, redirect);
}

/* What follows from the last step; without a location it is the server's. */
static void set_answer(struct model *model, const struct location *location,
                       const struct leaf *leaf, struct rule *rule)
{
    struct run *run = model->run;
    const struct snippet_step *step = leaf->answer;
    struct effect_source source = leaf->source;
    rule->implied = false;
    if (!step->text.ptr || !has_location(step->status)) {
        struct route_answer *answer = NEW_EFFECT(run, answer);
        *answer = (struct route_answer){
            .source = source,
            .status = step->status,
            .reason = SLICE("a snippet of the controller's configuration answers"),
            .body = step->text.len ? step->text : SLICE_ABSENT,
            .type = step->text.len ? model->settings->default_type : SLICE_ABSENT,
            .closes = step->status == 444};
        rule->effects.answer = answer;
        rule->backends = NULL;
        rule->backend_count = 0;
        note_type(model, answer->body.len > 0, rule);
        return;
    }
    struct route_redirect *redirect = NEW_EFFECT(run, redirect);
    redirect->source = source;
    redirect->status = step->status;
    if (!set_redirect(model, location, leaf, redirect)) {
        rule->unknown = unknown_add(run, rule->unknown, ASPECT_REDIRECT, source,
                                    arena_printf(run->arena,
                                                 "where '" SLICE_FMT "' of '" SLICE_FMT
                                                 "' leads is not understood",
                                                 SLICE_ARG(step->text), SLICE_ARG(source.name)));
    }
    rule->effects.redirect = redirect;
    if (rule->effects.answer && !rule->effects.answer->last) {
        rule->effects.answer = NULL;
    }
}

/* The block of an "if" that holds takes the place of the one that CORS headers stand in; preflights are
 * answered before. */
static void without_cors(struct model *model, struct rule *rule)
{
    if (rule->effects.cors) {
        struct route_cors *cors = NEW_EFFECT(model->run, cors);
        *cors = *rule->effects.cors;
        cors->only_preflight = true;
        rule->effects.cors = cors;
    }
}

static void set_rewrite(struct model *model, const struct location *location,
                        const struct leaf *leaf, struct route_table *table, struct rule *rule)
{
    struct run *run = model->run;
    struct route_rewrite *rewrite = NEW_EFFECT(run, rewrite);
    const struct snippet_condition *condition = &leaf->rewrite->condition;
    struct slice text, error;
    struct leaf by_path = *leaf;
    by_path.captures = CAPTURES_PATH;
    rewrite->source = leaf->source;
    bool known = leaf->moved && leaf->path.ptr;
    bool read =
        known || leaf_template(model, &by_path, location, leaf->rewrite->text, &rewrite->target);
    rewrite->target = known ? template_text(run->arena, leaf->path) : rewrite->target;
    rewrite->drops_query = leaf->rewrite->drops_query;
    if (leaf->rewrite->query.len) {
        read = read &&
               leaf_template(model, &by_path, location, leaf->rewrite->query, &rewrite->query) &&
               template_is_text(&rewrite->query, &text);
    }
    rewrite->kind = template_is_text(&rewrite->target, &text) ? REWRITE_FULL : REWRITE_REGEX;
    if (rewrite->kind == REWRITE_REGEX) {
        rewrite->pattern = condition->value;
        rewrite->regex = regex_compile(run, table->regexes, condition->value, false, false, &error);
    }
    rule->effects.rewrite = rewrite;
    if (!read) {
        rule->unknown =
            unknown_add(run, rule->unknown, ASPECT_REWRITE, leaf->source,
                        arena_printf(run->arena,
                                     "what '" SLICE_FMT "' of '" SLICE_FMT
                                     "' makes of a path is not understood",
                                     SLICE_ARG(leaf->rewrite->text), SLICE_ARG(leaf->source.name)));
    }
}

void leaf_effects(struct model *model, const struct location *location, const struct leaf *leaf,
                  struct route_table *table, struct rule *rule)
{
    rule->unknown = unknown_prepend(model->run, rule->unknown, leaf->unknown);
    if (leaf->answer) {
        set_answer(model, location, leaf, rule);
    } else if (leaf->rewrite) {
        set_rewrite(model, location, leaf, table, rule);
    }
    if (leaf->inner) {
        without_cors(model, rule);
    }
}

/* ---- servers ------------------------------------------------------------------------------ */

/* Behind the text of an Ingress come app-root and the text of the setting, which see the new path. */
static void goes_on(struct model *model, const struct server *server, const struct leaf *leaf,
                    bool setting, struct rule *rule)
{
    bool root = false;
    for (size_t i = 0; i < server->count && !setting; i++) {
        const struct item *item = server->locations[i]->item;
        root = root || (item && annotation_set(item->annotations, AN_app_root));
    }
    bool more = !setting && (model->settings->server_snippet.len ||
                             (root && (!leaf->path.ptr || slice_is(leaf->path, "/"))));
    if (!leaf->ended && more) {
        rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_ROUTING, leaf->source,
                                    arena_printf(model->run->arena,
                                                 "what comes after the rewrite of '" SLICE_FMT
                                                 "' is not followed",
                                                 SLICE_ARG(leaf->source.name)));
    }
}

void snippets_head(struct model *model, const struct server *server, bool setting,
                   const struct view_of *view, struct route_table *table, struct rule_list *list)
{
    struct placed_snippets snippets, one;
    const struct match any = {.path = {.kind = PATH_ANY}};
    snippets_of(model, server, NULL, &snippets);
    for (size_t i = 0; i < snippets.count; i++) {
        struct leaves leaves = {0};
        bool of_setting = i + 1 == snippets.count && model->settings->server_snippet.len;
        if (of_setting != setting) {
            continue;
        }
        one.count = 1;
        one.items[0] = snippets.items[i];
        snippets_flow(model, &one, SNIPPET_SERVER, &any, view, table, true, &leaves);
        for (size_t l = 0; l < leaves.count; l++) {
            struct rule rule = {.match = leaves.items[l].match,
                                .unknown = model->settings->unknown,
                                .origin = server->origin};
            rule_outside_locations(model, server, &rule, -1);
            leaf_effects(model, NULL, &leaves.items[l], table, &rule);
            if (restarts(&leaves.items[l])) {
                goes_on(model, server, &leaves.items[l], setting, &rule);
                restart_add(model, list->count, true, false);
            } else {
                snippets_rest(model, &snippets, &leaves.items[l], &rule);
            }
            *rule_list_add(model->run, list) = rule;
        }
    }
}

int64_t snippets_body_limit(struct model *model, const struct server *server, int64_t otherwise)
{
    struct placed_snippets snippets;
    snippets_of(model, server, NULL, &snippets);
    for (size_t i = 0; i < snippets.count; i++) {
        int64_t bytes = snippets.items[i].snippet.body_bytes;
        otherwise = bytes == -2 ? otherwise : bytes;
    }
    return otherwise;
}

/* ---- addresses ---------------------------------------------------------------------------- */

static struct networks joined(struct run *run, const struct networks *a, const struct networks *b)
{
    struct networks all = {ARENA_ARRAY(run->arena, struct network, a->count + b->count), 0};
    for (size_t i = 0; i < a->count; i++) {
        all.items[all.count++] = a->items[i];
    }
    for (size_t i = 0; i < b->count; i++) {
        all.items[all.count++] = b->items[i];
    }
    return all;
}

/* Lines of the location come after its lists; those of the server count where the location has none at all,
 * and in their place what is denied for all does not (ngx_http_access_merge_loc_conf). */
void snippets_access(struct model *model, const struct placed_snippets *snippets, bool own_lists,
                     struct rule *rule)
{
    const struct route_addresses *before = own_lists ? rule->effects.addresses : NULL;
    struct networks none = {0};
    for (int place = SNIPPET_LOCATION; place <= SNIPPET_SERVER; place++) {
        for (size_t i = 0; i < snippets->count; i++) {
            const struct placed_snippet *placed = &snippets->items[i];
            const struct snippet_access *access = &placed->snippet.access;
            bool counts = (int)placed->place == place && access->present;
            if (!counts || (place == SNIPPET_SERVER && before) || (before && before->has_allow)) {
                continue;
            }
            struct route_addresses *now = NEW_EFFECT(model->run, addresses);
            now->source = before ? before->source : placed->source;
            now->status = 403;
            now->deny = joined(model->run, before ? &before->deny : &none, &access->deny);
            now->has_allow = access->closed;
            now->allow = access->closed ? access->allow : none;
            rule->effects.addresses = before = now;
        }
    }
}
