#include "convert/host_policy_priv.h"

/* Paths that change by an expression, in Envoy's words (type.matcher.v3.RegexMatchAndSubstitute, with RE2). */

static bool has_re2(struct slice pattern)
{
    static const char *const parts[] = {"(?=", "(?!", "(?<=", "(?<!", "(?>"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (slice_contains(pattern, slice_of(parts[i]))) {
            return false;
        }
    }
    return true;
}

/* "/new/$1" as "/new/\1"; absent where the target has other parts. */
static struct slice substitution(struct conversion *c, const struct template *target)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        const struct part *part = &target->parts[i];
        if (part->kind == PART_CAPTURE && part->index < 10) {
            out = arena_printf(c->arena, SLICE_FMT "\\%u", SLICE_ARG(out), part->index);
        } else if (part->kind == PART_TEXT && slice_find(part->text, '\\', 0) == part->text.len) {
            out = ARENA_JOIN(c->arena, out, part->text);
        } else {
            return SLICE_ABSENT;
        }
    }
    return out;
}

bool envoy_rewrite(struct emission *e, const struct route_rewrite *rewrite, struct slice *pattern,
                   struct slice *value)
{
    struct conversion *c = e->c;
    *value = rewrite->kind == REWRITE_REGEX ? substitution(c, &rewrite->target) : SLICE_ABSENT;
    if (e->rewrite->way != REWRITE_WAY_CANNOT || !value->len || !has_re2(rewrite->pattern)) {
        return false;
    }
    bool start = slice_starts(rewrite->pattern, SLICE("^"));
    struct slice inner = slice_sub(rewrite->pattern, start, rewrite->pattern.len);
    *pattern = ARENA_JOIN(c->arena, rewrite->fold ? SLICE("(?i)") : SLICE(""),
                          start ? SLICE("^(?:") : SLICE("^.*?(?:"), inner, SLICE(").*$"));
    return true;
}
