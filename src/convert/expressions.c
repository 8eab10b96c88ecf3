#include "convert/convert_priv.h"

/* Istio sorts prefixes before expressions and ends a host at its first "/" without conditions, so that no
 * expression is left beside it (pilot/pkg/config/kube/gateway/conversion.go, sortHTTPRoutes;
 * pilot/pkg/networking/core/route/route.go, IsCatchAllRoute). An expression for every path other than ".*" does not
 * end the host, and among expressions the longer text comes first. */

static bool is_plain_root(const struct draft *draft)
{
    return draft->match.rank == RANK_PREFIX && slice_is(draft->match.value, "/") &&
           !draft->match.test_count && !draft->match.method.len;
}

static bool rivals(struct conversion *c, const struct draft *a, const struct draft *b)
{
    return !a->dropped && !b->dropped && a->behaviour != b->behaviour &&
           may_overlap(c, &a->match, &b->match);
}

/* An expression that comes before it today, and could take its requests. */
static bool stands_behind_expression(struct conversion *c, const struct drafts *drafts, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (drafts->items[i].match.rank == RANK_REGEX &&
            rivals(c, &drafts->items[i], &drafts->items[at])) {
            return true;
        }
    }
    return false;
}

static struct slice as_expression(struct conversion *c, const struct draft_match *match)
{
    if (match->rank == RANK_PREFIX && slice_is(match->value, "/")) {
        return SLICE("/.*");
    }
    return ARENA_JOIN(c->arena, regex_quote(c->arena, match->value),
                      match->rank == RANK_PREFIX ? SLICE("(/.*)?") : SLICE(""));
}

static void rewrite_match(struct conversion *c, struct slice hostname, struct draft *draft)
{
    struct slice value = as_expression(c, &draft->match);
    if (value.len > PATH_BYTES_MAX) {
        return;
    }
    say_rule(c, DIAG_C046, draft->rule,
             "path '" SLICE_FMT "' of host '" SLICE_FMT
             "' is written as the regular expression '" SLICE_FMT
             "': Istio puts prefixes before regular expressions, and drops those beside '/'",
             SLICE_ARG(draft->match.value), SLICE_ARG(hostname.ptr ? hostname : SLICE("*")),
             SLICE_ARG(value));
    draft->match.rank = RANK_REGEX;
    draft->match.value = value;
    draft->match.key = match_key(&draft->match);
}

/* As an expression it would not be seen to take all that comes behind it. */
static void hide_behind(struct conversion *c, struct slice hostname, struct drafts *drafts,
                        size_t root)
{
    for (size_t i = root + 1; i < drafts->count; i++) {
        if (!drafts->items[i].dropped) {
            draft_hide(c, hostname, &drafts->items[root], &drafts->items[i]);
        }
    }
}

/* Groups of nothing make a text longer and mean nothing. The length counts, not what follows it in the key. */
static void pad(struct conversion *c, struct draft *draft, size_t length)
{
    struct slice value = draft->match.value;
    while (value.len < length && value.len + 4 <= PATH_BYTES_MAX) {
        value = ARENA_JOIN(c->arena, value, SLICE("(?:)"));
    }
    draft->match.value = value;
    draft->match.key = match_key(&draft->match);
}

/* From the last on, each is made longer than those that it has to stand before. */
static void lengthen(struct conversion *c, struct drafts *drafts)
{
    for (size_t i = drafts->count; i-- > 0;) {
        struct draft *draft = &drafts->items[i];
        for (size_t j = i + 1; draft->match.rank == RANK_REGEX && j < drafts->count; j++) {
            const struct draft *later = &drafts->items[j];
            if (later->match.rank == RANK_REGEX && later->match.key >= draft->match.key &&
                rivals(c, draft, later) && !match_equal(&draft->match, &later->match)) {
                pad(c, draft, later->match.value.len + 1);
            }
        }
    }
}

void prefixes_as_expressions(struct conversion *c, struct slice hostname, struct drafts *drafts)
{
    bool any = false;
    for (size_t i = 0; i < drafts->count; i++) {
        any = any || (!drafts->items[i].dropped && drafts->items[i].match.rank == RANK_REGEX);
    }
    for (size_t i = 0; any && i < drafts->count; i++) {
        struct draft *draft = &drafts->items[i];
        bool can = !draft->dropped && !draft->replaces_prefix && draft->match.rank != RANK_REGEX;
        if (can && is_plain_root(draft)) {
            hide_behind(c, hostname, drafts, i);
            rewrite_match(c, hostname, draft);
        } else if (can && stands_behind_expression(c, drafts, i)) {
            rewrite_match(c, hostname, draft);
        }
    }
    if (any) {
        lengthen(c, drafts);
    }
}
