#include "ingress_nginx/snippets_priv.h"

/* A rewrite after which nginx looks for a location once more (ngx_http_core_post_rewrite_phase): its rule becomes one
 * for each rule that the new path leads to. Where the new path is not known to the last byte, what it begins with has
 * to tell the location. */

/* NGX_HTTP_MAX_URI_CHANGES; and how many rules one may become: conditions may branch in each cycle. */
enum { CYCLES_MAX = 10, RULES_MAX = 64 };
enum relation { RELATION_NONE, RELATION_ALL, RELATION_OPEN };

struct expansion {
    struct model *model;
    const struct rule_list *from;
    size_t first; /* of the rules of locations */
    const struct restarts *restarts;
    struct rule_list *to;
    size_t most; /* of rules in `to`, for the rewrite that is at hand */
    bool edits;  /* one of its locations sets headers of the request */
};

void restart_add(struct model *model, size_t rule, bool of_server, bool edits)
{
    struct restarts *restarts = &model->restarts;
    *ARENA_PUSH(model->scratch, restarts->items, restarts->count, restarts->capacity) =
        (struct restart){rule, of_server, edits};
}

/* Headers that headers-more sets stay with the request, also where the location itself answers, and its rule says
 * nothing of what backends get. */
static bool edits_requests(const struct model *model, const struct location *location)
{
    const struct slice word = SLICE("_input_headers");
    struct slice own = location->item
                           ? annotation_text(location->item->annotations, AN_configuration_snippet)
                           : SLICE_ABSENT;
    return slice_contains(own, word) || slice_contains(model->settings->location_snippet, word);
}

/* Directives of the rewrite module stand behind the snippets. */
static bool goes_on(const struct location *location)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    return annotations && !location->plain &&
           (location_rewrites(location) || annotation_set(annotations, AN_permanent_redirect) ||
            annotation_set(annotations, AN_temporal_redirect));
}

void restart_location(struct model *model, const struct location *location, const struct leaf *leaf,
                      struct rule *rule, struct rule_list *list)
{
    if (!leaf->ended && !leaf->broke && goes_on(location)) {
        rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_ROUTING, leaf->source,
                                    SLICE("what the location does after a rewrite of its snippet "
                                          "is not followed"));
    }
    restart_add(model, list->count, false, edits_requests(model, location));
    *rule_list_add(model->run, list) = *rule;
}

static const struct restart *restart_of(const struct expansion *expansion, size_t rule)
{
    for (size_t i = 0; i < expansion->restarts->count; i++) {
        if (expansion->restarts->items[i].rule == rule) {
            return &expansion->restarts->items[i];
        }
    }
    return NULL;
}

/* ---- which rules a path leads to ------------------------------------------------------------ */

static bool starts(struct slice text, struct slice start, bool fold)
{
    return text.len >= start.len && (fold ? slice_equal_fold(slice_sub(text, 0, start.len), start)
                                          : slice_starts(text, start));
}

/* Of a path that is known. */
static enum relation takes_text(const struct path_match *path, struct slice text)
{
    struct slice value = path->value;
    struct regex_match match;
    bool begins = starts(text, value, path->fold);
    switch (path->kind) {
    case PATH_ANY:
        return RELATION_ALL;
    case PATH_EXACT:
        return begins && text.len == value.len ? RELATION_ALL : RELATION_NONE;
    case PATH_PREFIX_ELEMENT:
        begins = begins && (text.len == value.len || slice_ends(value, SLICE("/")) ||
                            text.ptr[value.len] == '/');
        return begins ? RELATION_ALL : RELATION_NONE;
    case PATH_PREFIX_STRING:
        return begins ? RELATION_ALL : RELATION_NONE;
    case PATH_REGEX:
        break;
    }
    switch (path->regex ? regex_search(path->regex, text, &match) : REGEX_LIMIT) {
    case REGEX_NO:
        return RELATION_NONE;
    case REGEX_YES:
        return path->whole ? RELATION_OPEN : RELATION_ALL;
    case REGEX_LIMIT:
        break;
    }
    return RELATION_OPEN;
}

/* Of all paths that begin with a text. */
static enum relation takes_start(const struct path_match *path, struct slice start)
{
    struct slice value = path->kind == PATH_REGEX ? path_match_start(path) : path->value;
    bool within = starts(start, value, path->fold), around = starts(value, start, path->fold);
    bool element = path->kind == PATH_PREFIX_ELEMENT && !slice_ends(value, SLICE("/"));
    switch (path->kind) {
    case PATH_ANY:
        return RELATION_ALL;
    case PATH_EXACT:
        return around ? RELATION_OPEN : RELATION_NONE;
    case PATH_PREFIX_ELEMENT:
    case PATH_PREFIX_STRING:
        if (within && element && start.len > value.len) {
            return start.ptr[value.len] == '/' ? RELATION_ALL : RELATION_NONE;
        }
        return within && !element ? RELATION_ALL : within || around ? RELATION_OPEN : RELATION_NONE;
    case PATH_REGEX:
        break;
    }
    return within || around ? RELATION_OPEN : RELATION_NONE;
}

/* ---- what they do then ---------------------------------------------------------------------- */

static void not_known(struct expansion *expansion, enum aspect aspect, const struct rule *rule,
                      const char *what, struct rule *out)
{
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    out->unknown =
        unknown_add(expansion->model->run, out->unknown, aspect, rewrite->source,
                    arena_printf(expansion->model->run->arena,
                                 "%s after a rewrite of '" SLICE_FMT "' is not understood", what,
                                 SLICE_ARG(rewrite->source.name)));
}

static struct match both(struct run *run, const struct match *match, const struct match *other)
{
    struct match all = *match;
    all.method = match->method.ptr ? match->method : other->method;
    all.tests = ARENA_ARRAY(run->arena, struct test, match->test_count + other->test_count);
    all.test_count = 0;
    for (size_t i = 0; i < match->test_count; i++) {
        all.tests[all.test_count++] = match->tests[i];
    }
    for (size_t i = 0; i < other->test_count; i++) {
        all.tests[all.test_count++] = other->tests[i];
    }
    return all;
}

static bool never_both(const struct match *match, const struct match *other)
{
    return match->method.ptr && other->method.ptr && !slice_equal(match->method, other->method);
}

static bool uses_captures(const struct template *template)
{
    for (size_t i = 0; i < template->count; i++) {
        if (template->parts[i].kind == PART_CAPTURE) {
            return true;
        }
    }
    return false;
}

static bool edits_use_captures(const struct route_header_edits *edits)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        if (uses_captures(&edits->edits.items[i].value)) {
            return true;
        }
    }
    return false;
}

/* The location's own rewrite works on the new path. */
static void rewrite_again(struct expansion *expansion, const struct rule *first,
                          const struct rule *second, struct rule *out)
{
    struct run *run = expansion->model->run;
    const struct route_rewrite *before = first->effects.rewrite, *after = second->effects.rewrite;
    struct route_rewrite *now = ARENA_NEW(run->arena, struct route_rewrite);
    struct slice text, result;
    struct regex_match match = {0};
    *now = *before;
    out->effects.rewrite = now;
    if (!after) {
        return;
    }
    bool fixed = template_is_text(&before->target, &text);
    if (after->query.count || after->drops_query) {
        not_known(expansion, ASPECT_REWRITE, first, "what the query becomes", out);
    }
    if (!fixed && after->kind == REWRITE_REGEX) {
        not_known(expansion, ASPECT_REWRITE, first, "what the path becomes", out);
        now->target = template_named(run->arena, PART_UNKNOWN, SLICE("a path"));
        return;
    }
    if (after->kind == REWRITE_REGEX) {
        enum regex_result found =
            after->regex ? regex_search(after->regex, text, &match) : REGEX_LIMIT;
        if (found == REGEX_NO) {
            return;
        }
        if (found == REGEX_LIMIT || !captures_fill(run, &after->target, &match, &result)) {
            not_known(expansion, ASPECT_REWRITE, first, "what the path becomes", out);
            return;
        }
        now->target = template_text(run->arena, result);
    } else {
        now->target = after->target;
    }
    now->kind = REWRITE_FULL;
    now->pattern = SLICE_ABSENT;
    now->regex = NULL;
    now->source = after->source;
}

/* nginx looks at the length of a body in both locations. */
static void smaller_limit(struct expansion *expansion, const struct rule *first, struct rule *out)
{
    int64_t all = expansion->model->settings->body_bytes;
    const struct route_body_limit *a = first->effects.body_limit, *b = out->effects.body_limit;
    int64_t before = a ? a->bytes : all == 0 ? -1 : all;
    int64_t after = b ? b->bytes : all == 0 ? -1 : all;
    if (before >= 0 && (after < 0 || before < after)) {
        struct route_body_limit *limit =
            ARENA_NEW(expansion->model->run->arena, struct route_body_limit);
        *limit = a ? *a : (struct route_body_limit){.bytes = before};
        out->effects.body_limit = limit;
    }
}

/* What is left of the location in which the path was rewritten. `first` is of a server where it has no backend. */
static void lead(struct expansion *expansion, const struct rule *first, bool of_location,
                 const struct rule *second, struct rule *out)
{
    const struct route_redirect *redirect = second->effects.redirect;
    *out = *second;
    out->match = both(expansion->model->run, &first->match, &second->match);
    out->unknown = unknown_prepend(expansion->model->run, second->unknown, first->unknown);
    rewrite_again(expansion, first, second, out);
    if (redirect && (redirect->scripted || uses_captures(&redirect->location) ||
                     first->effects.rewrite->query.count || first->effects.rewrite->drops_query)) {
        not_known(expansion, ASPECT_REDIRECT, first, "where a redirect leads", out);
    }
    if (edits_use_captures(second->effects.request_headers) ||
        edits_use_captures(second->effects.response_headers)) {
        not_known(expansion, ASPECT_HEADERS, first, "what a header holds", out);
    }
    for (size_t i = 0; i < second->match.test_count; i++) {
        bool asks = second->match.tests[i].subject == TEST_ARGUMENT;
        if (asks && (first->effects.rewrite->query.count || first->effects.rewrite->drops_query)) {
            not_known(expansion, ASPECT_ROUTING, first, "whether an argument is there", out);
        }
    }
    if (!of_location) {
        return;
    }
    if (first->effects.request_headers || expansion->edits) {
        not_known(expansion, ASPECT_HEADERS, first, "which headers the backend gets", out);
    }
    smaller_limit(expansion, first, out);
    if (first->effects.cors) {
        not_known(expansion, ASPECT_PROTECTION, first, "which preflights are answered", out);
    }
}

/* ---- the rules ------------------------------------------------------------------------------ */

static void cycle(struct expansion *expansion, const struct rule *rule)
{
    struct route_answer *answer = ARENA_NEW(expansion->model->run->arena, struct route_answer);
    struct rule out = *rule;
    *answer = (struct route_answer){.source = rule->effects.rewrite->source,
                                    .status = 500,
                                    .reason = SLICE("a rewrite leads to itself, ten times")};
    out.effects.answer = answer;
    out.effects.error_pages = NULL; /* it has no change of the path left for one */
    out.effects.rewrite = NULL;
    out.backends = NULL;
    out.backend_count = 0;
    *rule_list_add(expansion->model->run, expansion->to) = out;
}

/* What the new path begins with; all of it where *fixed. */
static struct slice known_start(const struct template *target, bool *fixed)
{
    struct slice text = SLICE("");
    *fixed = template_is_text(target, &text);
    if (!*fixed && target->count && target->parts[0].kind == PART_TEXT) {
        text = target->parts[0].text;
    }
    return text.ptr ? text : SLICE("");
}

static void expand(struct expansion *expansion, const struct rule *rule, bool of_location,
                   size_t depth);

/* True when no request is left for the rules behind it. */
static bool expand_to(struct expansion *expansion, const struct rule *rule, bool of_location,
                      size_t to, enum relation relation, size_t depth)
{
    const struct rule *second = &expansion->from->rules[to];
    struct rule out;
    if (relation == RELATION_NONE || never_both(&rule->match, &second->match)) {
        return false;
    }
    if (relation == RELATION_OPEN || expansion->to->count >= expansion->most) {
        out = *rule;
        not_known(expansion, ASPECT_ROUTING, rule, "which location takes the path", &out);
        *rule_list_add(expansion->model->run, expansion->to) = out;
        return true;
    }
    lead(expansion, rule, of_location, second, &out);
    const struct restart *again = restart_of(expansion, to);
    if (again) {
        expansion->edits = expansion->edits || again->edits;
        expand(expansion, &out, true, depth + 1);
    } else {
        *rule_list_add(expansion->model->run, expansion->to) = out;
    }
    return !second->match.method.ptr && !second->match.test_count;
}

static void expand(struct expansion *expansion, const struct rule *rule, bool of_location,
                   size_t depth)
{
    bool fixed, done = depth > CYCLES_MAX;
    struct slice text = known_start(&rule->effects.rewrite->target, &fixed);
    if (done) {
        cycle(expansion, rule);
    }
    for (size_t i = expansion->first; i < expansion->from->count && !done; i++) {
        const struct path_match *path = &expansion->from->rules[i].match.path;
        done = expand_to(expansion, rule, of_location, i,
                         fixed ? takes_text(path, text) : takes_start(path, text), depth);
    }
}

void restarts_expand(struct model *model, struct rule_list *list, size_t first)
{
    const struct rule_list from = *list;
    struct expansion expansion = {model, &from, first, &model->restarts, list, 0, false};
    if (!model->restarts.count) {
        return;
    }
    *list = (struct rule_list){.next = from.next};
    for (size_t i = 0; i < from.count; i++) {
        const struct restart *restart = restart_of(&expansion, i);
        expansion.most = list->count + RULES_MAX;
        expansion.edits = restart && restart->edits;
        if (restart) { /* those of a server do not count (ngx_http_core_post_rewrite_phase) */
            expand(&expansion, &from.rules[i], !restart->of_server, !restart->of_server);
        } else {
            *rule_list_add(model->run, list) = from.rules[i];
        }
    }
}
