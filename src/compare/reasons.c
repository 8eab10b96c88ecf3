#include "compare/compare_priv.h"

#define CASE_MATTERS                                                                               \
    SLICE("before, letters of either case match; after, only those that are written")

/* Why outcomes differ, as far as the rules that decided say it. */

/* By a rule or a setting of the controller. */
static bool is_set(const struct outcome *outcome, enum effect_id id, struct slice *name)
{
    const void *effect = effect_get(&outcome->effects, id);
    *name = effect ? effect_source(effect)->name : SLICE_ABSENT;
    return name->len > 0;
}

static struct slice effect_reason(struct arena *arena, enum effect_id id,
                                  const struct outcome *before, const struct outcome *after)
{
    struct slice a, b;
    bool first = is_set(before, id, &a), second = is_set(after, id, &b);
    if (first && second) {
        return arena_printf(arena, "'" SLICE_FMT "' sets it before, and '" SLICE_FMT "' after",
                            SLICE_ARG(a), SLICE_ARG(b));
    }
    if (first || second) {
        return arena_printf(arena, "'" SLICE_FMT "' sets it %s, and %s is the data plane's default",
                            SLICE_ARG(first ? a : b), first ? "before" : "after",
                            first ? "after" : "before");
    }
    return SLICE_ABSENT;
}

static bool same_service(const struct outcome *a, const struct outcome *b)
{
    return a->kind == OUTCOME_FORWARD && b->kind == OUTCOME_FORWARD && a->backend_count &&
           b->backend_count && slice_equal(a->backends[0].service, b->backends[0].service) &&
           slice_equal(a->backends[0].namespace, b->backends[0].namespace);
}

/* The same Service is asked for another path. */
static struct slice rewrite_reason(struct arena *arena, const struct difference *difference,
                                   const struct outcome *before, const struct outcome *after)
{
    return difference->shown & 1u << SHOWN_PATH && same_service(before, after)
               ? effect_reason(arena, EFFECT_rewrite, before, after)
               : SLICE_ABSENT;
}

/* The path of the request starts as the rule has it, but for the case of letters. */
static bool only_case_differs(const struct rule *rule, struct slice target)
{
    if (!rule || !rule->match.path.fold) {
        return false;
    }
    struct slice start = path_match_start(&rule->match.path);
    struct slice head = slice_sub(target, 0, start.len);
    return start.len && slice_equal_fold(start, head) && !slice_equal(start, head);
}

/* ingress-nginx makes expressions of all paths of a host, of whatever type, when one of its Ingresses asks for
 * expressions or rewrites; such a path is a text that paths start with, in either case. */
static bool is_spread(const struct rule *rule, const struct rule *other)
{
    const struct path_match *path = &rule->match.path, *literal = &other->match.path;
    return path->fold && path->kind == PATH_PREFIX_STRING && literal->kind != PATH_REGEX &&
           !literal->fold;
}

static bool is_expression(const struct rule *rule)
{
    return rule->match.path.kind == PATH_REGEX;
}

static bool ends_with_slash(const struct rule *rule)
{
    const struct path_match *path = &rule->match.path;
    return path->kind != PATH_REGEX && path->value.len > 1 && slice_ends(path->value, SLICE("/"));
}

/* ingress-nginx and others answer some paths by rules that nobody wrote. */
static struct slice implied_reason(const struct outcome *before, const struct outcome *after)
{
    const struct outcome *const both[] = {before, after};
    for (size_t side = 0; side < 2; side++) {
        bool own = both[side]->rule && both[side]->rule->implied;
        if (own && !outcome_is_unwritten(both[side])) {
            bool slash = both[side]->kind == OUTCOME_REDIRECT &&
                         slice_ends(both[side]->location, SLICE("/"));
            return slash && !side
                       ? SLICE("before, the data plane itself redirects a path without its last "
                               "'/' to the one with it; no rule asks for that")
                   : side ? SLICE("the data plane after adds a rule that nobody wrote")
                          : SLICE("the data plane before adds a rule that nobody wrote");
        }
    }
    return SLICE_ABSENT;
}

static bool same_match(const struct rule *a, const struct rule *b)
{
    struct buf texts[2];
    buf_init(&texts[0], BUF_TEXT_MAX);
    buf_init(&texts[1], BUF_TEXT_MAX);
    match_print(&a->match, &texts[0]);
    match_print(&b->match, &texts[1]);
    bool same = slice_equal(buf_slice(&texts[0]), buf_slice(&texts[1]));
    buf_release(&texts[0]);
    buf_release(&texts[1]);
    return same;
}

static const struct rule *written(const struct outcome *outcome)
{
    return outcome_is_unwritten(outcome) ? NULL : outcome->rule;
}

static struct slice bare(struct slice path)
{
    return slice_sub(path, slice_starts(path, SLICE("^")), path.len);
}

/* The rule of the other side that says the same text of the path, and does not take the request. */
static const struct rule *namesake(const struct rule *rule, const struct entry *entry)
{
    const struct rule_list *list = entry ? entry->rules : NULL;
    struct slice text = bare(rule->match.path.value);
    for (; list && text.len > 1; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            if (slice_equal(bare(list->rules[i].match.path.value), text)) {
                return &list->rules[i];
            }
        }
    }
    return NULL;
}

static const char *path_words(const struct path_match *path)
{
    switch (path->kind) {
    case PATH_EXACT:
        return "one path";
    case PATH_PREFIX_ELEMENT:
        return "a prefix of whole elements";
    case PATH_PREFIX_STRING:
        return "a prefix, also within an element";
    case PATH_REGEX:
        return path->whole ? "an expression that spans the path"
                           : "an expression that is found from the start of the path";
    case PATH_ANY:
        break;
    }
    return "any path";
}

/* One text, read in two ways. */
static struct slice namesake_reason(struct arena *arena, const struct rule *rule,
                                    const struct rule *other, bool after)
{
    const struct path_match *paths[] = {&rule->match.path, &other->match.path};
    const struct path_match *first = paths[!after], *second = paths[after];
    if (first->kind == second->kind && first->fold == second->fold &&
        first->whole == second->whole) {
        return SLICE_ABSENT;
    }
    return arena_printf(arena, "'" SLICE_FMT "' is %s%s before, and %s%s after",
                        SLICE_ARG(bare(first->value)), path_words(first),
                        first->fold ? ", in either case," : "", path_words(second),
                        second->fold ? ", in either case," : "");
}

/* Only the other side has a rule; `after`: this one is after. */
static struct slice one_sided_reason(const struct outcome *without, bool after)
{
    if (without->entry) {
        return after ? SLICE("no rule takes such requests after")
                     : SLICE("no rule took such requests before");
    }
    bool closed = without->kind == OUTCOME_CLOSE;
    return closed ? (after ? SLICE("nobody listens for such requests after")
                           : SLICE("nobody listened for such requests before"))
                  : (after ? SLICE("no rule is for this host after")
                           : SLICE("no rule was for this host before"));
}

/* Both sides have a rule for such requests. */
static struct slice matches_reason(const struct rule *a, const struct rule *b)
{
    if (is_spread(a, b)) {
        return SLICE(
            "before, the path is a regular expression, as all of its host are: it matches from its "
            "start, in either case; after, it is literal");
    }
    if (is_expression(a) != is_expression(b)) {
        return is_expression(a)
                   ? SLICE(
                         "before, a regular expression takes such requests; after, a literal path")
                   : SLICE(
                         "before, a literal path takes such requests; after, a regular expression");
    }
    if (!same_match(a, b)) {
        return ends_with_slash(a) != ends_with_slash(b)
                   ? SLICE("the rules that take such requests differ in the '/' at the end of "
                           "their paths")
                   : SLICE("rules with other matches take such requests");
    }
    return SLICE_ABSENT;
}

static struct slice rules_reason(struct arena *arena, const struct difference *difference,
                                 const struct request *witness, const struct outcome *before,
                                 const struct outcome *after)
{
    const struct rule *a = written(before), *b = written(after);
    bool case_before = only_case_differs(a, witness->target);
    if (case_before != only_case_differs(b, witness->target)) {
        return case_before
                   ? SLICE(
                         "before, letters of either case match; after, only those that are written")
                   : SLICE("after, letters of either case match; before, only those that are "
                           "written");
    }
    struct slice implied = implied_reason(before, after);
    if (implied.ptr) {
        return implied;
    }
    if (!a != !b) {
        const struct rule *other = namesake(a ? a : b, a ? after->entry : before->entry);
        struct slice reason =
            other ? namesake_reason(arena, a ? a : b, other, a != NULL) : SLICE_ABSENT;
        if (reason.ptr) {
            return reason;
        }
        return one_sided_reason(a ? after : before, a != NULL);
    }
    if (!a) {
        return SLICE_ABSENT;
    }
    struct slice rewrite = rewrite_reason(arena, difference, before, after);
    if (rewrite.ptr) {
        return rewrite;
    }
    if (before->decided_by != after->decided_by && difference->shown & 1u << SHOWN_OUTCOME) {
        bool first = before->decided_by >= 0 && before->decided_by < EFFECT_COUNT;
        int by = first ? before->decided_by : after->decided_by;
        if (by >= 0 && by < EFFECT_COUNT) {
            return arena_printf(arena, "it is decided %s by: %s", first ? "before" : "after",
                                effect_row((enum effect_id)by)->text);
        }
    }
    struct slice matches = matches_reason(a, b);
    if (matches.ptr) {
        return matches;
    }
    return difference->shown & 1u << SHOWN_BACKENDS
               ? SLICE("both rules take such requests, and have other backends or weights")
               : SLICE("both rules take such requests, and do something else with them");
}

/* The author wrote a text in which '.' and the like are what they are elsewhere. */
static struct slice other_text_reason(const struct outcome *before, const struct outcome *after)
{
    const struct rule *a = written(before), *b = written(after);
    bool first = a && is_expression(a), second = b && is_expression(b);
    return first == second ? SLICE("an expression matches more than its own text, such as any "
                                   "character for '.', and both sides do other things with that")
           : first
               ? SLICE("before, the path is an expression, in which '.' is any character; after, "
                       "a literal text")
               : SLICE("after, the path is an expression, in which '.' is any character; before, "
                       "a literal text");
}

/* One data plane goes by the name in the handshake, the other one by the Host. */
static struct slice handshake_reason(const struct outcome *before, const struct outcome *after)
{
    bool served = before->kind == OUTCOME_FORWARD || before->kind == OUTCOME_REDIRECT;
    return served && after->kind != before->kind
               ? SLICE("before, the Host decides, whatever the TLS handshake named; after, the "
                       "listener of that name has to serve the Host")
               : SLICE("one data plane goes by the name in the TLS handshake where the other one "
                       "goes by the Host");
}

/* What the way to send a request is the cause of. */
static struct slice form_reason(enum request_form form, const struct outcome *before,
                                const struct outcome *after)
{
    switch (form) {
    case FORM_OTHER_NAME:
    case FORM_NO_NAME:
        return handshake_reason(before, after);
    case FORM_OLD:
        return SLICE("one data plane serves HTTP/1.0, and the other one does not");
    case FORM_NO_HOST:
        return SLICE("the data planes answer requests without a Host in different ways");
    case FORM_HOST:
        return SLICE("the data planes read such a Host in different ways");
    case FORM_PLAIN:
    case FORM_ESCAPED:
    case FORM_DOUBLE_SLASH:
    case FORM_DOT:
    case FORM_EMPTY_QUERY:
    case FORM_ENCODED:
    case FORM_PARENT:
    case FORM_COUNT:
        break;
    }
    return SLICE("the data planes read such targets in different ways");
}

struct slice difference_reason(struct arena *arena, const struct difference *difference,
                               bool settings, const struct request *witness,
                               const struct outcome *before, const struct outcome *after)
{
    if (difference->form != FORM_PLAIN && difference->platform) {
        return form_reason(difference->form, before, after);
    }
    struct slice reason = SLICE_ABSENT;
    if (difference->alike) {
        return SLICE("what else is asked of such requests, or in which order, differs");
    }
    if (difference->effect >= 0) {
        reason = effect_reason(arena, (enum effect_id)difference->effect, before, after);
    }
    if (!reason.ptr && difference->platform) {
        return settings ? SLICE("settings of the controller differ")
                        : SLICE("it is what the data planes do by themselves");
    }
    if (difference->effect >= 0) {
        return reason;
    }
    if (difference->shown == 1u << SHOWN_CLIENT) {
        return SLICE("both rules take such requests, and the host asks for certificates of other "
                     "clients");
    }
    if (difference->spelling == SPELLING_OTHER) {
        return other_text_reason(before, after);
    }
    return rules_reason(arena, difference, witness, before, after);
}

/* ---- letters of either case --------------------------------------------------------------- */

struct slice in_capitals(struct arena *arena, struct slice text)
{
    char *bytes = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bytes[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return (struct slice){bytes, text.len};
}

static bool has_escape(struct slice target)
{
    return slice_find(target, '%', 0) < target.len;
}

/* Both sides do the same with the path in capitals, or in small letters. */
static bool agree_in_case(const struct evaluator *before, const struct evaluator *after,
                          struct arena *arena, const struct request *witness, bool upper)
{
    struct request request = *witness;
    struct outcome a, b;
    request.target =
        upper ? in_capitals(arena, witness->target) : arena_lower(arena, witness->target);
    evaluate(before, arena, &request, &a);
    evaluate(after, arena, &request, &b);
    return same_service(&a, &b);
}

struct slice case_reason(const struct evaluator *before, const struct evaluator *after,
                         struct arena *arena, const struct finding *finding)
{
    const struct rule *rule = written(&finding->before);
    bool fold = rule && rule->match.path.fold && finding->before.kind == OUTCOME_FORWARD;
    if (!fold || has_escape(finding->witness.target) ||
        same_service(&finding->before, &finding->after)) {
        return SLICE_ABSENT;
    }
    bool agree = agree_in_case(before, after, arena, &finding->witness, true) ||
                 agree_in_case(before, after, arena, &finding->witness, false);
    return agree ? CASE_MATTERS : SLICE_ABSENT;
}

/* ---- what to do --------------------------------------------------------------------------- */

struct slice rules_advice(const struct finding *finding)
{
    const struct outcome *after = &finding->after;
    const struct rule *a = written(&finding->before), *b = written(after);
    if (slice_equal(finding->reason, CASE_MATTERS)) {
        return SLICE("see in access logs whether clients write such paths; a target with regular "
                     "expressions takes '(?i)'");
    }
    if (a && !b && after->kind == OUTCOME_CLOSE) {
        return slice_is(finding->witness.scheme, "https")
                   ? SLICE("give the Gateway a listener for https with a certificate for this host")
                   : SLICE("give the Gateway a listener for http");
    }
    if (a && !b) {
        return SLICE("add a rule for such requests, or accept that they end here");
    }
    if (!a && b) {
        return SLICE("see that such requests may reach the backend, which never got them");
    }
    return SLICE_ABSENT;
}
