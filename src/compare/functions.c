#include "compare/compare_priv.h"

#include <string.h>

/* What follows from the path is compared once for each pair of rules and each way in which both forward or
 * redirect: the path that the backend sees, and where redirects lead to. */
enum { TRIED_MAX = 32 };

struct functions {
    struct classes *classes;
    const struct request *base; /* a request that both rules decide */
    const struct rule *rules[2];
    const struct outcome *outcomes[2]; /* of the base: both forward, or both redirect */
    struct path_class paths;
    size_t tried;
    size_t behind; /* of those, with something behind the start of `paths` */
    bool shaped;   /* something is the same by its shape and one of those paths */
};

/* ---- which function ----------------------------------------------------------------------- */

static bool template_captures(const struct template *template)
{
    for (size_t i = 0; i < template->count; i++) {
        if (template->parts[i].kind == PART_CAPTURE) {
            return true;
        }
    }
    return false;
}

/* Expressions of the paths themselves are the same, so that their captures are. */
static bool same_path_match(const struct functions *f)
{
    const struct path_match *a = &f->rules[0]->match.path, *b = &f->rules[1]->match.path;
    return a->kind == b->kind && a->fold == b->fold && a->whole == b->whole &&
           slice_equal(a->value, b->value);
}

/* Noted, because it only holds together with a path for which both give the same. */
static bool functions_equal(struct functions *f, struct path_function a, struct path_function b)
{
    f->shaped = true;
    return path_functions_agree(a, b, &f->paths);
}

static bool changes_query(const struct route_rewrite *rewrite)
{
    return rewrite && (rewrite->query.count || rewrite->drops_query);
}

static bool rewrites_equal(struct functions *f, const struct route_rewrite *a,
                           const struct route_rewrite *b)
{
    if (effect_equal(EFFECT_rewrite, a, b)) {
        bool of_path = a && a->kind != REWRITE_REGEX && template_captures(&a->target);
        return !of_path || same_path_match(f);
    }
    if (changes_query(a) || changes_query(b)) {
        return false;
    }
    return functions_equal(f, rewrite_function(a, f->rules[0], &f->paths),
                           rewrite_function(b, f->rules[1], &f->paths));
}

static const struct route_redirect *redirect_of(const struct outcome *outcome)
{
    return outcome->decided_by == EFFECT_redirect         ? outcome->effects.redirect
           : outcome->decided_by == EFFECT_https_redirect ? outcome->effects.https_redirect
                                                          : NULL;
}

/* Sign-in pages, and pages for those without a certificate. */
static bool pages_equal(const struct functions *f)
{
    const struct outcome *a = f->outcomes[0], *b = f->outcomes[1];
    const struct client_check *x = a->entry->client, *y = b->entry->client;
    bool clients = x && y ? template_equal(&x->error_page, &y->error_page) : !x && !y;
    return clients && effect_equal(EFFECT_authentication, a->effects.authentication,
                                   b->effects.authentication);
}

static bool redirects_equal(struct functions *f)
{
    const struct route_redirect *a = redirect_of(f->outcomes[0]), *b = redirect_of(f->outcomes[1]);
    if (!a || !b) {
        return !a && !b && pages_equal(f);
    }
    if (effect_equal(EFFECT_redirect, a, b)) {
        return !template_captures(&a->location) || same_path_match(f);
    }
    return functions_equal(f, redirect_function(a, f->rules[0], &f->paths),
                           redirect_function(b, f->rules[1], &f->paths));
}

static bool same_service(const struct backend *a, const struct backend *b)
{
    return slice_equal(a->namespace, b->namespace) && slice_equal(a->service, b->service) &&
           (a->port == b->port || !a->port || !b->port);
}

static const struct route_rewrite *rewrite_of(const struct rule *rule,
                                              const struct backend *backend)
{
    const struct effects *own = backend->effects;
    return own && own->rewrite ? own->rewrite : rule->effects.rewrite;
}

static bool backends_equal(struct functions *f)
{
    const struct rule *a = f->rules[0], *b = f->rules[1];
    bool equal = true;
    for (size_t i = 0; i < a->backend_count; i++) {
        for (size_t j = 0; j < b->backend_count; j++) {
            if (same_service(&a->backends[i], &b->backends[j])) {
                equal = equal && rewrites_equal(f, rewrite_of(a, &a->backends[i]),
                                                rewrite_of(b, &b->backends[j]));
            }
        }
    }
    return equal;
}

/* ---- headers and hosts -------------------------------------------------------------------- */

/* A header whose value follows from the path is set alike by the other side, or differs. */
static bool edits_fixed(const struct route_header_edits *edits,
                        const struct route_header_edits *other)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        const struct header_edit *edit = &edits->edits.items[i];
        bool same = edit->kind == EDIT_REMOVE || template_is_fixed(&edit->value);
        for (size_t j = 0; !same && other && j < other->edits.count; j++) {
            same = slice_equal_fold(edit->name, other->edits.items[j].name) &&
                   !template_captures(&edit->value) &&
                   template_equal(&edit->value, &other->edits.items[j].value);
        }
        if (!same) {
            return false;
        }
    }
    return true;
}

static bool headers_equal(const struct functions *f, const struct effects *a,
                          const struct effects *b)
{
    bool same = same_path_match(f) && effect_equal(EFFECT_rewrite, a->rewrite, b->rewrite);
    bool request =
        same && effect_equal(EFFECT_request_headers, a->request_headers, b->request_headers);
    bool response =
        same && effect_equal(EFFECT_response_headers, a->response_headers, b->response_headers);
    return (request || (edits_fixed(a->request_headers, b->request_headers) &&
                        edits_fixed(b->request_headers, a->request_headers))) &&
           (response || (edits_fixed(a->response_headers, b->response_headers) &&
                         edits_fixed(b->response_headers, a->response_headers)));
}

static bool hosts_equal(const struct functions *f, const struct effects *a, const struct effects *b)
{
    const struct route_upstream_host *x = a->upstream_host, *y = b->upstream_host;
    bool same = effect_equal(EFFECT_upstream_host, x, y) && same_path_match(f) &&
                effect_equal(EFFECT_rewrite, a->rewrite, b->rewrite);
    return same || ((!x || template_is_fixed(&x->host)) && (!y || template_is_fixed(&y->host)));
}

/* ---- words -------------------------------------------------------------------------------- */

static struct request with_path(struct functions *f, struct slice path)
{
    struct request request = *f->base;
    struct slice old_path, query;
    target_split(f->base->target, &old_path, &query);
    const struct slice parts[] = {path, query.ptr ? SLICE("?") : SLICE(""),
                                  query.ptr ? query : SLICE("")};
    request.target = arena_join(f->classes->scratch, parts, ARRAY_LEN(parts));
    return request;
}

/* Nothing is said of a path that other rules decide. */
static void try_path(struct functions *f, struct slice path)
{
    const struct request request = with_path(f, path);
    struct outcome before, after;
    compare_ask(f->classes, &request, &before, &after);
    if (before.rule == f->rules[0] && after.rule == f->rules[1]) {
        f->tried++;
        f->behind += path.len > f->paths.start.len;
        (void)classes_judge(f->classes, &request, &before, &after);
    }
}

static void try_query(struct functions *f)
{
    struct slice path, query;
    target_split(f->base->target, &path, &query);
    if (!query.ptr) {
        try_path(f, arena_printf(f->classes->scratch, SLICE_FMT "?q=1", SLICE_ARG(path)));
    }
}

/* Other ways to write a path; what they show lies in the data planes. */
static void try_forms(struct functions *f, struct slice path)
{
    struct classes *classes = f->classes;
    struct texts forms;
    target_forms(classes->scratch, path, &forms);
    for (size_t i = 0; i < forms.count; i++) {
        const struct request request = with_path(f, forms.items[i]);
        struct outcome before, after;
        compare_ask(classes, &request, &before, &after);
        (void)classes_judge(classes, &request, &before, &after);
    }
}

/* Outside of the domain, so that nothing follows from them but what is seen. */
static void try_parents(struct functions *f, struct slice path)
{
    struct classes *classes = f->classes;
    struct texts ways;
    target_parents(classes->scratch, path, &ways);
    for (size_t i = 0; i < ways.count; i++) {
        const struct request request = with_path(f, ways.items[i]);
        classes_probe(classes, &request);
    }
}

static void try_base_forms(struct functions *f)
{
    struct slice plain, path, query;
    enum request_form form = target_plain(f->classes->scratch, f->base->target, &plain);
    target_split(form == FORM_ENCODED ? f->base->target : plain, &path, &query);
    try_forms(f, path);
    try_parents(f, path);
}

/* Paths that an expression rewrites, which need not be those that were tried so far. */
static void try_rewritten(struct functions *f, const struct route_rewrite *rewrite)
{
    enum { WORDS = 4 };
    struct language_set *set = f->classes->set;
    const struct regex_reading reading = {
        .dialect = DIALECT_PCRE, .anchoring = ANCHORING_SEARCH, .fold = rewrite->fold};
    struct language_fault fault;
    const struct language *language = language_regex(set, rewrite->pattern, &reading, &fault);
    struct slice *words = NULL;
    size_t count = 0;
    if (language) {
        (void)language_samples(set, language, NULL, language_paths(set), f->classes->scratch, WORDS,
                               &words, &count);
    }
    for (size_t i = 0; i < count; i++) {
        struct slice path = path_escape(f->classes->scratch, words[i]);
        try_path(f, path);
        try_forms(f, path);
    }
}

/* The longer of what both sides say all paths start with. */
static void find_start(struct functions *f)
{
    const struct slice starts[] = {path_match_start(&f->rules[0]->match.path),
                                   path_match_start(&f->rules[1]->match.path)};
    size_t side = starts[1].len > starts[0].len;
    const struct path_match *path = &f->rules[side]->match.path;
    f->paths = (struct path_class){.start = starts[side], .fold = path->fold};
}

/* Paths of both rules: the start alone, with a slash, and with more behind it. What is left over has
 * something behind the start that f->paths then says. */
static void try_starts(struct functions *f)
{
    static const char *const ends[] = {"a", "a/b", "a/b/", "1/"};
    struct arena *arena = f->classes->scratch;
    struct slice start = f->paths.start.len ? f->paths.start : SLICE("/");
    struct slice folder = slice_ends(start, SLICE("/"))
                              ? start
                              : arena_printf(arena, SLICE_FMT "/", SLICE_ARG(start));
    bool elements = false;
    for (size_t side = 0; side < 2; side++) {
        elements =
            elements || (f->rules[side]->match.path.kind == PATH_PREFIX_ELEMENT &&
                         path_match_start(&f->rules[side]->match.path).len == f->paths.start.len);
    }
    f->paths.start = elements ? folder : start;
    f->behind = 0;
    try_path(f, path_escape(arena, start));
    try_path(f, path_escape(arena, folder));
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        try_path(
            f, path_escape(arena, arena_printf(arena, SLICE_FMT "%s", SLICE_ARG(folder), ends[i])));
    }
}

/* Further paths of both rules, chosen to go different ways through their expressions. */
static void try_samples(struct functions *f, const struct language *const languages[2])
{
    struct classes *classes = f->classes;
    const struct language *both = language_intersection(classes->set, languages[0], languages[1]);
    both = language_intersection(classes->set, both, language_paths(classes->set));
    struct slice *words = NULL;
    size_t count = 0;
    (void)language_samples(classes->set, both, NULL, NULL, classes->scratch, TRIED_MAX, &words,
                           &count);
    for (size_t i = 0; i < count; i++) {
        try_path(f, path_escape(classes->scratch, words[i]));
    }
}

/* ---- the judgement ------------------------------------------------------------------------ */

static const struct language *paths_of(const struct side_rules *rules, const struct rule *rule)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i] == rule) {
            return rules->paths[i];
        }
    }
    return NULL;
}

static void say_unproven(struct functions *f, enum aspect aspect, const char *what)
{
    const struct origin *origin = &f->rules[0]->origin;
    f->classes->verdict->tried += f->tried;
    classes_unproven(f->classes, 1u << aspect,
                     arena_printf(f->classes->scratch,
                                  "%s of " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT
                                  " could only be tried on %zu paths",
                                  what, SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace),
                                  SLICE_ARG(origin->name), f->tried));
}

/* What is proved by the texts of both rules; more paths are tried where it is not. */
static void judge_functions(struct functions *f)
{
    struct classes *classes = f->classes;
    const struct effects *a = &f->rules[0]->effects, *b = &f->rules[1]->effects;
    bool forward = f->outcomes[0]->kind == OUTCOME_FORWARD;
    bool path = forward ? backends_equal(f) && hosts_equal(f, a, b) : redirects_equal(f);
    bool headers = headers_equal(f, a, b);
    if (path && headers && (!f->shaped || f->behind)) {
        return;
    }
    const struct language *languages[] = {paths_of(&classes->side[0], f->rules[0]),
                                          paths_of(&classes->side[1], f->rules[1])};
    if (languages[0] && languages[1]) {
        try_samples(f, languages);
    }
    if (!path || (f->shaped && !f->behind)) {
        say_unproven(f, forward ? ASPECT_REWRITE : ASPECT_REDIRECT,
                     forward ? "the rewrite" : "the redirect");
    }
    if (!headers) {
        say_unproven(f, ASPECT_HEADERS, "headers with parts of the path");
    }
}

static bool seen_before(struct classes *classes, const struct functions *f)
{
    uintptr_t key[6] = {(uintptr_t)f->rules[0], (uintptr_t)f->rules[1]};
    for (size_t side = 0; side < 2; side++) {
        key[2 + side] = (uintptr_t)f->outcomes[side]->kind;
        key[4 + side] = (uintptr_t)f->outcomes[side]->decided_by + 1;
    }
    struct slice text = arena_copy(classes->arena, (struct slice){(const char *)key, sizeof key});
    return map_put(classes->seen, text, classes) != NULL;
}

void functions_judge(struct classes *classes, const struct request *base,
                     const struct outcome *before, const struct outcome *after)
{
    struct functions functions = {.classes = classes,
                                  .base = base,
                                  .rules = {before->rule, after->rule},
                                  .outcomes = {before, after}};
    bool follows = before->kind == after->kind &&
                   (before->kind == OUTCOME_FORWARD || before->kind == OUTCOME_REDIRECT);
    if (!follows || !before->rule || !after->rule || seen_before(classes, &functions)) {
        return;
    }
    try_query(&functions);
    try_base_forms(&functions);
    for (size_t side = 0; side < 2; side++) {
        const struct route_rewrite *rewrite = functions.rules[side]->effects.rewrite;
        if (rewrite && rewrite->kind == REWRITE_REGEX) {
            try_rewritten(&functions, rewrite);
        }
    }
    bool exact =
        before->rule->match.path.kind == PATH_EXACT || after->rule->match.path.kind == PATH_EXACT;
    find_start(&functions);
    if (!exact || functions.paths.fold) {
        try_starts(&functions);
        judge_functions(&functions);
    }
}
