#include "gateway_api/policies_priv.h"

/* Paths that change by an expression, as Envoy does it for all who ask it to. */

/* "^.*?(?:PATTERN).*$": what is around the find goes away with it, which is the same as a search that replaces the
 * path. */
static struct slice inner_pattern(struct policy_work *work, struct slice pattern)
{
    static const struct {
        const char *start;
        bool anchored;
    } forms[] = {{"^.*?(?:", false}, {"^(?:", true}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct slice start = slice_of(forms[i].start);
        if (slice_starts(pattern, start) && slice_ends(pattern, SLICE(").*$"))) {
            struct slice inner = slice_sub(pattern, start.len, pattern.len - 4);
            return forms[i].anchored ? ARENA_JOIN(work->builder->run->arena, SLICE("^"), inner)
                                     : inner;
        }
    }
    return pattern;
}

/* Each find is replaced (type.matcher.v3.RegexMatchAndSubstitute), so that only an expression which spans the
 * path replaces all of it. */
const struct route_rewrite *policy_regex_rewrite(struct policy_work *work, struct slice pattern,
                                                 struct slice substitution)
{
    struct slice error = SLICE_ABSENT;
    struct route_rewrite *rewrite = ARENA_NEW(work->builder->run->arena, struct route_rewrite);
    *rewrite = (struct route_rewrite){.source = work->source, .kind = REWRITE_REGEX};
    rewrite->fold = slice_starts(pattern, SLICE("(?i)"));
    pattern = slice_sub(pattern, rewrite->fold ? 4 : 0, pattern.len);
    bool whole = slice_starts(pattern, SLICE("^")) && slice_ends(pattern, SLICE("$"));
    rewrite->pattern = inner_pattern(work, pattern);
    rewrite->regex = regex_compile(work->builder->run, work->builder->table->regexes,
                                   rewrite->pattern, rewrite->fold, false, &error);
    bool understood = whole && rewrite->regex && substitution.ptr &&
                      policy_template(work, '\\', substitution, &rewrite->target);
    return understood ? rewrite : NULL;
}
