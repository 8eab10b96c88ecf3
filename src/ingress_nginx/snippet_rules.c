#include "ingress_nginx/snippets_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

/* ---- whether all is understood -------------------------------------------------------------- */

/* Absent: all is. */
static struct slice unknown_of(struct run *run, enum annotation_id id, struct slice text)
{
    static const struct {
        enum annotation_id id;
        enum snippet_place place;
    } places[] = {{AN_configuration_snippet, SNIPPET_LOCATION},
                  {AN_server_snippet, SNIPPET_SERVER},
                  {AN_auth_snippet, SNIPPET_AUTH}};
    struct snippet snippet;
    if (id == AN_modsecurity_snippet) {
        return firewall_rule(text);
    }
    if (id == AN_stream_snippet) { /* streams.c says what it does to ports */
        return SLICE_ABSENT;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (places[i].id == id) {
            snippet_read(run, places[i].place, text, NULL, &snippet);
            return snippet.unknown;
        }
    }
    return SLICE("");
}

bool snippet_is_plain(enum annotation_id id, struct slice text)
{
    struct run run = {.arena = arena_open(0, NULL, NULL)};
    bool plain = !unknown_of(&run, id, text).ptr;
    arena_close(run.arena);
    return plain;
}

struct slice snippet_reason(struct run *run, struct slice name, enum annotation_id id,
                            struct slice text)
{
    struct slice directive = unknown_of(run, id, text);
    return directive.len
               ? arena_printf(run->arena,
                              "directive '" SLICE_FMT "' of '" SLICE_FMT "' is not understood",
                              SLICE_ARG(directive), SLICE_ARG(name))
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
    place_setting(model, SNIPPET_HTTP, settings->http_snippet, "http-snippet", location, out);
    if (server->outside) {
        return;
    }
    const bool looks = server->has_snippet && !server->refused.name.ptr;
    for (size_t i = 0; looks && i < server->item_count; i++) {
        const struct annotations *annotations = server->items[i]->annotations;
        if (annotation_set(annotations, AN_server_snippet)) {
            place(run, SNIPPET_SERVER, annotation_text(annotations, AN_server_snippet),
                  annotation_source(annotations, AN_server_snippet), location, out);
            break;
        }
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

/* Of a return: nginx puts scheme and host before a Location that begins with '/'
 * (ngx_http_header_filter_module). */
static bool set_location(struct model *model, const struct location *location,
                         const struct snippet_step *step, bool relative,
                         struct route_redirect *redirect)
{
    struct run *run = model->run;
    struct template text;
    const struct variables own =
        location ? location_variables(run, location) : (struct variables){0};
    if (!template_read(run, step->text, location ? &own : NULL, &text) || !text.count) {
        return false;
    }
    const struct part *first = &text.parts[0];
    bool path = first->kind == PART_TARGET ||
                (first->kind == PART_TEXT && slice_starts(first->text, SLICE("/")));
    if (first->kind != PART_TEXT && first->kind != PART_TARGET && first->kind != PART_SCHEME &&
        first->kind != PART_HOST) {
        return false;
    }
    if (path && !relative) {
        struct part *parts = ARENA_ARRAY(run->arena, struct part, text.count + 3);
        parts[0] = (struct part){.kind = PART_SCHEME};
        parts[1] = (struct part){.kind = PART_TEXT, .text = SLICE("://")};
        parts[2] = (struct part){.kind = PART_HOST};
        for (size_t i = 0; i < text.count; i++) {
            parts[i + 3] = text.parts[i];
        }
        text = (struct template){parts, text.count + 3};
    }
    redirect->location = text;
    return true;
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

/* What follows from one step; without a location it is the server's. */
static void set_answer(struct model *model, const struct location *location,
                       const struct snippet_step *step, struct effect_source source,
                       struct rule *rule)
{
    struct run *run = model->run;
    rule->implied = false;
    if (!step->text.ptr || !has_location(step->status)) {
        struct route_answer *answer = NEW_EFFECT(run, answer);
        *answer = (struct route_answer){
            .source = source,
            .status = step->status,
            .reason = SLICE("a snippet of the controller's configuration answers"),
            .bodied = step->text.len > 0};
        rule->effects.answer = answer;
        rule->backends = NULL;
        rule->backend_count = 0;
        note_type(model, answer->bodied, rule);
        return;
    }
    struct route_redirect *redirect = NEW_EFFECT(run, redirect);
    redirect->source = source;
    redirect->status = step->status;
    bool relative =
        location ? location_relative(model, location) : model->settings->relative_redirects;
    bool read = step->rewrites ? set_fixed(step, relative, redirect)
                               : set_location(model, location, step, relative, redirect);
    if (!read) {
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

/* ---- conditions --------------------------------------------------------------------------- */

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_TESTED, TRUTH_UNKNOWN };

static bool is_one_name(struct slice host)
{
    return !slice_starts(host, SLICE("*")) && !slice_starts(host, SLICE("~")) &&
           !slice_ends(host, SLICE(".*")) && !slice_is(host, "_");
}

/* A host that a snippet of this server names has an entry of its own (entries.c), so where many names are
 * meant, it is none of them. */
static enum truth holds_for_host(struct model *model, const struct snippet_step *step,
                                 const struct view_of *view, struct regex_set *regexes)
{
    struct slice error;
    bool equal = false;
    struct slice host = arena_lower(model->run->arena, view->host);
    if (step->regex) {
        const struct regex *regex =
            regex_compile(model->run, regexes, step->value, step->fold, false, &error);
        enum regex_result found =
            regex && is_one_name(host) ? regex_search(regex, host, NULL) : REGEX_LIMIT;
        if (found == REGEX_LIMIT) {
            return TRUTH_UNKNOWN;
        }
        equal = found == REGEX_YES;
    } else {
        equal = is_one_name(host) && slice_equal(host, step->value);
    }
    return equal != step->negated ? TRUTH_YES : TRUTH_NO;
}

static enum truth holds_for_scheme(struct model *model, const struct snippet_step *step,
                                   const struct view_of *view, struct regex_set *regexes)
{
    struct slice error, scheme = view->https ? SLICE("https") : SLICE("http");
    if (!step->regex) {
        return slice_equal(scheme, step->value) != step->negated ? TRUTH_YES : TRUTH_NO;
    }
    const struct regex *regex =
        regex_compile(model->run, regexes, step->value, step->fold, false, &error);
    enum regex_result found = regex ? regex_search(regex, scheme, NULL) : REGEX_LIMIT;
    return found == REGEX_LIMIT                    ? TRUTH_UNKNOWN
           : (found == REGEX_YES) != step->negated ? TRUTH_YES
                                                   : TRUTH_NO;
}

/* A variable without a value is the empty text to nginx. */
static enum truth test_of(struct model *model, const struct snippet_step *step,
                          struct regex_set *regexes, struct test *out)
{
    struct slice error;
    *out = (struct test){.subject = step->when == WHEN_COOKIE ? TEST_COOKIE : TEST_HEADER,
                         .operator= step->regex || step->given ? TEST_REGEX : TEST_EQUALS,
                         .negated = step->negated,
                         .fold = step->fold,
                         .fold_separators =
                             step->when == WHEN_HEADER && model->settings->enable_underscores,
                         .name = step->name,
                         .value = step->given ? SLICE("^(?:[^0]|0[\\s\\S])") : step->value};
    if (out->operator== TEST_EQUALS && !step->value.len) {
        out->operator= TEST_REGEX;
        out->value = SLICE("[\\s\\S]");
        out->negated = !step->negated;
    }
    if (out->operator== TEST_REGEX) {
        out->regex = regex_compile(model->run, regexes, out->value, out->fold, false, &error);
        if (!out->regex || regex_search(out->regex, SLICE(""), NULL) != REGEX_NO) {
            return TRUTH_UNKNOWN;
        }
    }
    return TRUTH_TESTED;
}

/* "^/a" as it is, else found wherever it is in the path. */
static enum truth path_of(struct model *model, const struct snippet_step *step,
                          struct regex_set *regexes, struct path_match *out)
{
    struct slice error, text = step->value;
    bool from_start = slice_starts(text, SLICE("^")) && !slice_contains(text, SLICE("|"));
    *out = (struct path_match){.kind = PATH_REGEX, .value = text};
    if (!from_start) {
        out->value = ARENA_JOIN(model->run->arena, SLICE("^[\\s\\S]*?(?:"), text, SLICE(")"));
    }
    out->regex = regex_compile(model->run, regexes, out->value, false, false, &error);
    return out->regex ? TRUTH_TESTED : TRUTH_UNKNOWN;
}

/* With TRUTH_TESTED the condition is added to the match. */
/* The block of an "if" that holds takes the place of the one that CORS headers stand in; preflights are
 * answered before. */
static void without_cors(struct model *model, const struct snippet_step *step, struct rule *rule)
{
    if (step->when != WHEN_ALWAYS && rule->effects.cors) {
        struct route_cors *cors = NEW_EFFECT(model->run, cors);
        *cors = *rule->effects.cors;
        cors->only_preflight = true;
        rule->effects.cors = cors;
    }
}

static enum truth step_holds(struct model *model, const struct snippet_step *step,
                             const struct view_of *view, struct regex_set *regexes,
                             struct match *match)
{
    switch (step->when) {
    case WHEN_ALWAYS:
        return TRUTH_YES;
    case WHEN_HOST:
        return holds_for_host(model, step, view, regexes);
    case WHEN_SCHEME:
        return holds_for_scheme(model, step, view, regexes);
    case WHEN_METHOD:
        match->method = step->value;
        return TRUTH_TESTED;
    case WHEN_PATH:
        return path_of(model, step, regexes, &match->path);
    case WHEN_HEADER:
    case WHEN_COOKIE:
        break;
    }
    match->tests = ARENA_NEW(model->run->arena, struct test);
    match->test_count = 1;
    return test_of(model, step, regexes, match->tests);
}

static void not_known(struct model *model, const struct placed_snippet *placed,
                      const struct snippet_step *step, struct rule *rule)
{
    rule->unknown =
        unknown_add(model->run, rule->unknown, ASPECT_PROTECTION, placed->source,
                    arena_printf(model->run->arena,
                                 "whether the condition on '" SLICE_FMT "' in '" SLICE_FMT
                                 "' holds is not understood",
                                 SLICE_ARG(step->value), SLICE_ARG(placed->source.name)));
}

/* ---- locations ---------------------------------------------------------------------------- */

void snippets_answer(struct model *model, const struct placed_snippets *snippets,
                     const struct location *location, const struct view_of *view,
                     struct route_table *table, struct rule *rule)
{
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        for (size_t s = 0; placed->place == SNIPPET_LOCATION && s < placed->snippet.step_count;
             s++) {
            const struct snippet_step *step = &placed->snippet.steps[s];
            struct match match = rule->match;
            enum truth truth = step_holds(model, step, view, table->regexes, &match);
            if (truth == TRUTH_UNKNOWN) {
                not_known(model, placed, step, rule);
            } else if (truth == TRUTH_YES) {
                set_answer(model, location, step, placed->source, rule);
                without_cors(model, step, rule);
                return;
            }
        }
    }
}

void snippets_conditions(struct model *model, const struct placed_snippets *snippets,
                         const struct location *location, const struct view_of *view,
                         struct route_table *table, const struct rule *rule, struct rule_list *list)
{
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        for (size_t s = 0; placed->place == SNIPPET_LOCATION && s < placed->snippet.step_count;
             s++) {
            const struct snippet_step *step = &placed->snippet.steps[s];
            struct rule copy = *rule;
            enum truth truth = step_holds(model, step, view, table->regexes, &copy.match);
            if (truth == TRUTH_YES) {
                return;
            }
            if (truth == TRUTH_TESTED) {
                set_answer(model, location, step, placed->source, &copy);
                without_cors(model, step, &copy);
                *rule_list_add(model->run, list) = copy;
            }
        }
    }
}

/* ---- servers ------------------------------------------------------------------------------ */

void snippets_head(struct model *model, const struct server *server, bool setting,
                   const struct view_of *view, struct route_table *table, struct rule_list *list)
{
    struct placed_snippets snippets;
    snippets_of(model, server, NULL, &snippets);
    for (size_t i = 0; i < snippets.count; i++) {
        const struct placed_snippet *placed = &snippets.items[i];
        bool of_setting = i + 1 == snippets.count && model->settings->server_snippet.len;
        for (size_t s = 0; of_setting == setting && s < placed->snippet.step_count; s++) {
            const struct snippet_step *step = &placed->snippet.steps[s];
            struct rule rule = {.match = {.path = {.kind = PATH_ANY}},
                                .unknown = model->settings->unknown,
                                .origin = server->origin};
            enum truth truth = step_holds(model, step, view, table->regexes, &rule.match);
            if (truth == TRUTH_NO) {
                continue;
            }
            rule_outside_locations(model, server, &rule, -1);
            set_answer(model, NULL, step, placed->source, &rule);
            if (truth == TRUTH_UNKNOWN) {
                rule.match = (struct match){.path = {.kind = PATH_ANY}};
                not_known(model, placed, step, &rule);
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

/* ---- what concerns a whole server ----------------------------------------------------------- */

static void freeze(struct model *model, const struct placed_snippet *placed,
                   const struct item *item, struct slice directive)
{
    model_freeze(model, placed->source, item ? item->ingress->object.subject : SLICE_ABSENT,
                 arena_printf(model->run->arena,
                              "with '" SLICE_FMT "' of '" SLICE_FMT
                              "' this directive stands twice in one block, which nginx refuses",
                              SLICE_ARG(directive), SLICE_ARG(placed->source.name)));
}

/* Directives that nginx takes once, or that are in each location already. */
static void find_doubles(struct model *model, const struct placed_snippets *snippets,
                         const struct item *item)
{
    struct texts seen[SNIPPET_PLACES] = {{0}};
    size_t capacity[SNIPPET_PLACES] = {0};
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        struct texts *here = &seen[placed->place];
        for (size_t d = 0; d < placed->snippet.single_count; d++) {
            struct slice directive = placed->snippet.singles[d];
            for (size_t s = 0; s < here->count; s++) {
                if (slice_equal(here->items[s], directive)) {
                    freeze(model, placed, item, directive);
                    return;
                }
            }
            *ARENA_PUSH(model->scratch, here->items, here->count, capacity[placed->place]) =
                directive;
        }
        if (placed->snippet.refused.ptr) {
            freeze(model, placed, item, placed->snippet.refused);
            return;
        }
    }
}

void snippets_survey(struct model *model, struct server *server, struct slice **hosts,
                     size_t *count, size_t *capacity)
{
    for (size_t l = 0; l < server->count; l++) {
        struct placed_snippets snippets;
        snippets_of(model, server, server->locations[l], &snippets);
        find_doubles(model, &snippets, server->locations[l]->item);
        for (size_t i = 0; i < snippets.count; i++) {
            const struct snippet *snippet = &snippets.items[i].snippet;
            for (size_t s = 0; s < snippet->step_count; s++) {
                const struct snippet_step *step = &snippet->steps[s];
                server->asks_scheme = server->asks_scheme || step->when == WHEN_SCHEME;
                server->asks_host = server->asks_host || step->when == WHEN_HOST;
                if (step->when == WHEN_HOST && !step->regex) {
                    *ARENA_PUSH(model->run->arena, *hosts, *count, *capacity) = step->value;
                }
            }
        }
    }
}
