#include "convert/convert_priv.h"

#include <string.h>

/* ---- precedence ---------------------------------------------------------------------------- */

/* HTTPRouteRule.matches in gateway-api apis/v1/httproute_types.go: Exact, then the longest
 * prefix, then a method, then the number of headers, then of query parameters. Where regular
 * expressions stand is left open; Istio puts them last, longest first
 * (pilot/pkg/config/kube/gateway/conversion.go, sort of routes). */
uint64_t match_key(const struct draft_match *match)
{
    uint64_t length = match->rank == RANK_EXACT ? 0 : match->value.len;
    uint64_t headers = match->headers ? match->headers->count : 0;
    uint64_t queries = match->queries ? match->queries->count : 0;
    return (uint64_t)match->rank << 56 | length << 32 | (uint64_t)(match->method.len > 0) << 16 |
           headers << 8 | queries;
}

static bool tests_equal(const struct draft_match *a, const struct draft_match *b)
{
    const struct node *x[] = {a->headers, a->queries}, *y[] = {b->headers, b->queries};
    for (size_t i = 0; i < ARRAY_LEN(x); i++) {
        if ((x[i] == NULL) != (y[i] == NULL) || (x[i] && !node_equal(x[i], y[i]))) {
            return false;
        }
    }
    return true;
}

bool match_equal(const struct draft_match *a, const struct draft_match *b)
{
    return a->key == b->key && slice_equal(a->value, b->value) &&
           slice_equal(a->method, b->method) && tests_equal(a, b);
}

/* ---- overlap ------------------------------------------------------------------------------- */

static bool prefix_contains(struct slice prefix, struct slice path)
{
    return slice_is(prefix, "/") ||
           (slice_starts(path, prefix) && (path.len == prefix.len || path.ptr[prefix.len] == '/'));
}

/* The text that every match of a regex begins with. */
static struct slice regex_head(struct slice pattern)
{
    bool fold = slice_starts(pattern, SLICE("(?i)"));
    pattern = fold ? slice_sub(pattern, 4, pattern.len) : pattern;
    size_t len = 0;
    while (len < pattern.len && pattern.ptr[len] && !strchr("\\^$.[]|()?*+{}", pattern.ptr[len])) {
        len++;
    }
    bool optional = len && len < pattern.len && pattern.ptr[len] && strchr("?*{", pattern.ptr[len]);
    bool either = slice_find(pattern, '|', 0) < pattern.len;
    return either ? SLICE("") : slice_sub(pattern, 0, len - optional);
}

static bool heads_meet(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    return slice_equal_fold(slice_sub(a, 0, len), slice_sub(b, 0, len));
}

static bool paths_overlap(struct conversion *c, const struct draft_match *a,
                          const struct draft_match *b)
{
    if (a->rank == RANK_REGEX || b->rank == RANK_REGEX) { /* most are told apart by their heads */
        return heads_meet(a->rank == RANK_REGEX ? regex_head(a->value) : a->value,
                          b->rank == RANK_REGEX ? regex_head(b->value) : b->value) &&
               paths_meet(c, a, b);
    }
    if (a->rank == RANK_EXACT && b->rank == RANK_EXACT) {
        return slice_equal(a->value, b->value);
    }
    return (a->rank == RANK_PREFIX && prefix_contains(a->value, b->value)) ||
           (b->rank == RANK_PREFIX && prefix_contains(b->value, a->value));
}

static bool tests_exclude(const struct draft_match *a, const struct draft_match *b)
{
    for (size_t i = 0; i < a->test_count; i++) {
        for (size_t j = 0; j < b->test_count; j++) {
            const struct test *x = &a->tests[i], *y = &b->tests[j];
            if (x->subject == y->subject &&
                x->operator== TEST_EQUALS && y->operator==
                TEST_EQUALS && !x->negated && !y->negated && slice_equal(x->name, y->name) &&
                !slice_equal(x->value, y->value)) {
                return true;
            }
        }
    }
    return false;
}

bool may_overlap(struct conversion *c, const struct draft_match *a, const struct draft_match *b)
{
    bool methods = a->method.len && b->method.len && !slice_equal(a->method, b->method);
    return !methods && !tests_exclude(a, b) && paths_overlap(c, a, b);
}

/* Every request of `inner` is one of `outer`, for sure. */
static bool covers(struct conversion *c, const struct draft_match *outer,
                   const struct draft_match *inner)
{
    if (outer->test_count || outer->method.len) {
        return match_equal(outer, inner);
    }
    if (outer->rank == RANK_REGEX || inner->rank == RANK_REGEX) {
        return path_covers(c, outer, inner);
    }
    if (outer->rank == RANK_PREFIX) {
        return prefix_contains(outer->value, inner->value);
    }
    return inner->rank == RANK_EXACT && slice_equal(outer->value, inner->value);
}

/* ---- rules that need not be written --------------------------------------------------------- */

static struct slice match_text(struct conversion *c, const struct draft *draft)
{
    buf_clear(&c->text);
    match_print(&draft->rule->match, &c->text);
    return arena_copy(c->arena, buf_slice(&c->text));
}

static bool same_origin(const struct draft *a, const struct draft *b)
{
    return a->rule == b->rule || b->rule->implied ||
           span_equal(a->rule->origin.span, b->rule->origin.span);
}

void draft_hide(struct conversion *c, struct slice hostname, const struct draft *by,
                struct draft *draft)
{
    draft->dropped = true;
    if (same_origin(by, draft)) {
        return; /* both say what one path says */
    }
    struct slice match = match_text(c, draft);
    say_rule(c, DIAG_C017, draft->rule,
             "rule '" SLICE_FMT "' of host '" SLICE_FMT "' is never reached: a rule of " SLICE_FMT
             " takes its requests",
             SLICE_ARG(match), SLICE_ARG(hostname.ptr ? hostname : SLICE("*")),
             SLICE_ARG(origin_subject(c, &by->rule->origin)));
}

/* The first of rules with one match wins. */
static void drop_repeated(struct conversion *c, struct slice hostname, struct drafts *drafts)
{
    enum { FEW = 8 };
    struct map *seen = drafts->count > FEW ? map_new(c->arena) : NULL;
    for (size_t i = 0; i < drafts->count; i++) {
        struct draft *draft = &drafts->items[i];
        if (!seen) {
            for (size_t j = 0; j < i && !draft->dropped; j++) {
                if (match_equal(&drafts->items[j].match, &draft->match)) {
                    draft_hide(c, hostname, &drafts->items[j], draft);
                }
            }
            continue;
        }
        /* Rules with conditions are few; they are compared by their conditions as well. */
        buf_clear(&c->text);
        buf_printf(&c->text, "%d " SLICE_FMT " " SLICE_FMT " ", (int)draft->match.rank,
                   SLICE_ARG(draft->match.method), SLICE_ARG(draft->match.value));
        if (draft->match.headers) {
            document_write_json(draft->match.headers, 0, &c->text);
        }
        buf_putc(&c->text, ' ');
        if (draft->match.queries) {
            document_write_json(draft->match.queries, 0, &c->text);
        }
        struct draft *first = map_get(seen, buf_slice(&c->text));
        if (first) {
            draft_hide(c, hostname, first, draft);
        } else {
            map_put(seen, arena_copy(c->arena, buf_slice(&c->text)), draft);
        }
    }
}

/* The text that all paths of a match begin with. */
static struct slice path_head(const struct path_match *path)
{
    struct slice pattern = path->value;
    if (path->kind != PATH_REGEX) {
        return path->kind == PATH_ANY ? SLICE("") : pattern;
    }
    return regex_head(slice_starts(pattern, SLICE("^")) ? slice_sub(pattern, 1, pattern.len)
                                                        : pattern);
}

/* Could the first, of an earlier rule, leave nothing of the other? Where the other is a text, it is a path itself. */
static bool may_take_all(const struct path_match *first, const struct path_match *path)
{
    struct slice a = path_head(first), b = path_head(path);
    return heads_meet(a, b) && (path->kind == PATH_REGEX || a.len <= b.len);
}

/* Most hosts have no rule that an earlier one could hide, which is seen by their heads. Among literal paths those
 * that leave nothing are the same path. */
static bool can_shadow(const struct drafts *drafts)
{
    enum { MANY = 200 };
    for (size_t j = 1; j < drafts->count; j++) {
        const struct path_match *path = &drafts->items[j].rule->match.path;
        bool asks = path->kind == PATH_REGEX || path->fold;
        for (size_t i = 0; asks && i < j; i++) {
            const struct rule *first = drafts->items[i].rule;
            if (first != drafts->items[j].rule && !first->match.test_count &&
                !first->match.method.len && may_take_all(&first->match.path, path)) {
                return true;
            }
        }
        if (j >= MANY && asks) {
            return true;
        }
    }
    return false;
}

/* A rule that takes requests of the other one, with another meaning: as it is written, it may leave some of them
 * to one that says the same. */
static const struct draft *taker(struct conversion *c, const struct drafts *drafts, size_t at)
{
    const struct draft *first = NULL, *draft = &drafts->items[at];
    for (size_t i = 0; i < at; i++) {
        const struct draft *other = &drafts->items[i];
        const struct match *match = &other->rule->match;
        if (other->rule == draft->rule || other->dropped || match->test_count ||
            match->method.len || !rules_meet(c, other->rule, draft->rule)) {
            continue;
        }
        if (other->behaviour == draft->behaviour && !covers(c, &other->match, &draft->match)) {
            return NULL;
        }
        first = first ? first : other;
    }
    return first;
}

/* Earlier rules without conditions take all its paths together. */
static void drop_shadowed(struct conversion *c, struct slice hostname, struct drafts *drafts)
{
    if (!can_shadow(drafts)) {
        return;
    }
    const struct rule **rules = ARENA_ARRAY(c->arena, const struct rule *, drafts->count);
    for (size_t i = 0; i < drafts->count; i++) {
        rules[i] = drafts->items[i].rule;
    }
    const bool *hidden = shadowed_rules(c, rules, drafts->count);
    for (size_t i = 1; i < drafts->count; i++) {
        struct draft *draft = &drafts->items[i];
        const struct draft *by = hidden[i] && !draft->dropped ? taker(c, drafts, i) : NULL;
        if (by) {
            draft_hide(c, hostname, by, draft);
        }
    }
}

/* A redirect to https that a later one makes as well. */
static void drop_redundant(struct conversion *c, struct drafts *drafts)
{
    size_t other_count = 0, catch_all = drafts->count;
    for (size_t i = drafts->count; i-- > 0;) {
        struct draft *draft = &drafts->items[i];
        if (draft->dropped) {
            continue;
        }
        if (catch_all < drafts->count && draft->to_https &&
            draft->behaviour == drafts->items[catch_all].behaviour) {
            bool needed = false;
            for (size_t j = i + 1; other_count && j < catch_all && !needed; j++) {
                const struct draft *later = &drafts->items[j];
                needed = !later->dropped && !later->to_https &&
                         may_overlap(c, &draft->match, &later->match);
            }
            draft->dropped = !needed;
            continue;
        }
        bool all = draft->match.rank == RANK_PREFIX && slice_is(draft->match.value, "/") &&
                   !draft->match.test_count && !draft->match.method.len;
        if (all && draft->to_https) {
            catch_all = i;
        } else {
            other_count++;
        }
    }
}

/* 404 is what a Gateway answers where no rule matches, so it needs a rule only where one behind it
 * would match instead. */
static void drop_not_found(struct conversion *c, struct drafts *drafts)
{
    for (size_t i = drafts->count; i-- > 0;) {
        struct draft *draft = &drafts->items[i];
        if (draft->dropped || !draft->not_found) {
            continue;
        }
        bool needed = false;
        for (size_t j = i + 1; j < drafts->count && !needed; j++) {
            needed =
                !drafts->items[j].dropped && may_overlap(c, &draft->match, &drafts->items[j].match);
        }
        draft->dropped = !needed;
        if (needed && empty_rule_status(c) != 404) {
            say_rule(c, DIAG_C032, draft->rule,
                     "requests to '" SLICE_FMT "' that are answered 404 today are answered %lld "
                     "afterwards",
                     SLICE_ARG(draft->match.value), empty_rule_status(c));
        }
    }
}

/* ---- order --------------------------------------------------------------------------------- */

/* A setting of the controller that answers before any path is looked at, and hosts with paths that come first
 * afterwards. */
struct overtaken {
    const struct effect_source *source;
    struct slice path; /* the first of them */
    struct map *hosts;
};

static void note_overtaken(struct conversion *c, const struct effect_source *setting,
                           struct slice host, const struct draft *first, struct draft *second)
{
    if (c->silent || !origin_is_chosen(c, &first->rule->origin)) {
        return; /* nothing is written for it */
    }
    c->overtaken = c->overtaken ? c->overtaken : map_new(c->arena);
    struct overtaken *item = map_get(c->overtaken, setting->name);
    if (!item) {
        item = ARENA_NEW(c->arena, struct overtaken);
        *item = (struct overtaken){
            .source = setting, .path = match_text(c, second), .hosts = map_new(c->arena)};
        map_put(c->overtaken, setting->name, item);
    }
    (void)map_add(item->hosts, host, item); /* by http and by https */
}

void order_say_settings(struct conversion *c)
{
    size_t count = 0;
    struct slice *names = c->overtaken ? sorted_keys(c, c->overtaken, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct overtaken *item = map_get(c->overtaken, names[i]);
        struct slice *hosts = ARENA_ARRAY(c->arena, struct slice, map_count(item->hosts));
        size_t host_count = 0;
        for (const struct map_entry *e = map_first(item->hosts); e; e = map_next(e)) {
            hosts[host_count++] = map_key(e);
        }
        say(c, DIAG_C016, SEVERITY_ERROR, item->source->span, NULL,
            "'" SLICE_FMT "' answers before paths are looked at today; in Gateway API exact paths "
            "and longer prefixes come first, such as '" SLICE_FMT "' of host '" SLICE_FMT
            "', and let such requests through: keep them out by a policy of the target, or in "
            "front of it; hosts with such paths (%zu): " SLICE_FMT,
            SLICE_ARG(names[i]), SLICE_ARG(item->path), SLICE_ARG(hosts[0]), host_count,
            SLICE_ARG(all_names(c, hosts, host_count)));
    }
}

static void check_pair(struct conversion *c, struct slice hostname, const struct draft *first,
                       struct draft *second)
{
    if (!may_overlap(c, &first->match, &second->match) || first->behaviour == second->behaviour) {
        return;
    }
    if (covers(c, &first->match, &second->match)) {
        draft_hide(c, hostname, first, second);
        return;
    }
    const struct effect_source *setting = rule_setting(first->rule);
    if (setting) {
        note_overtaken(c, setting, hostname.ptr ? hostname : SLICE("*"), first, second);
        return;
    }
    struct slice a = match_text(c, first), b = match_text(c, second);
    say_rule(c, DIAG_C016, first->rule,
             "rule '" SLICE_FMT "' of host '" SLICE_FMT "' comes before '" SLICE_FMT "' (" SLICE_FMT
             ") today, and after it in Gateway API: write one of the paths differently",
             SLICE_ARG(a), SLICE_ARG(hostname.ptr ? hostname : SLICE("*")), SLICE_ARG(b),
             SLICE_ARG(origin_subject(c, &second->rule->origin)));
}

bool expressions_come_last(const struct conversion *c)
{
    return target_profile(c->options->target)->regex_place == PLACE_AFTER_PREFIXES;
}

/* Where regular expressions stand is known for some targets only; C012 says so for the others. */
static bool has_place(const struct conversion *c, const struct draft *draft)
{
    return !draft->dropped && (draft->match.rank != RANK_REGEX || expressions_come_last(c));
}

static bool is_sorted(const struct conversion *c, const struct drafts *drafts)
{
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < drafts->count; i++) {
        if (has_place(c, &drafts->items[i])) {
            if (drafts->items[i].match.key > last) {
                return false;
            }
            last = drafts->items[i].match.key;
        }
    }
    return true;
}

static void check_order(struct conversion *c, struct slice hostname, struct drafts *drafts)
{
    if (is_sorted(c, drafts)) {
        return;
    }
    for (size_t j = 1; j < drafts->count; j++) {
        struct draft *second = &drafts->items[j];
        for (size_t i = 0; i < j && has_place(c, second); i++) {
            const struct draft *first = &drafts->items[i];
            if (first->match.key < second->match.key && has_place(c, first)) {
                check_pair(c, hostname, first, second);
            }
        }
    }
}

static void check_regexes(struct conversion *c, struct slice hostname, struct drafts *drafts)
{
    bool all = false, any_regex = false;
    for (size_t i = 0; i < drafts->count; i++) {
        const struct draft *draft = &drafts->items[i];
        any_regex = any_regex || (!draft->dropped && draft->match.rank == RANK_REGEX);
        all = all || (!draft->dropped && draft->match.rank == RANK_PREFIX &&
                      slice_is(draft->match.value, "/") && !draft->match.test_count &&
                      !draft->match.method.len);
    }
    for (size_t i = 0; all && any_regex && i < drafts->count; i++) {
        const struct draft *draft = &drafts->items[i];
        if (!draft->dropped && draft->match.rank == RANK_REGEX) {
            say_rule(c, DIAG_C013, draft->rule,
                     "path '" SLICE_FMT "' would never be tried: host '" SLICE_FMT
                     "' has a rule for '/', and Istio then ignores its regular expressions",
                     SLICE_ARG(draft->rule->match.path.value),
                     SLICE_ARG(hostname.ptr ? hostname : SLICE("*")));
        }
    }
}

void drafts_order(struct conversion *c, struct slice hostname, struct drafts *drafts)
{
    drop_repeated(c, hostname, drafts);
    drop_shadowed(c, hostname, drafts);
    drop_redundant(c, drafts);
    drop_not_found(c, drafts);
    if (expressions_come_last(c)) {
        prefixes_as_expressions(c, hostname, drafts);
        check_regexes(c, hostname, drafts);
    }
    check_order(c, hostname, drafts);
}
