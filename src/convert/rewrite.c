#include "convert/convert_priv.h"

static size_t group_count(struct slice pattern)
{
    size_t groups = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '\\') {
            i++;
        } else if (pattern.ptr[i] == '(' && (i + 1 == pattern.len || pattern.ptr[i + 1] != '?')) {
            groups++;
        }
    }
    return groups;
}

static struct slice unanchored(struct slice pattern)
{
    return slice_starts(pattern, SLICE("^")) ? slice_sub(pattern, 1, pattern.len) : pattern;
}

/* The target without captures of groups that the pattern does not have: nginx leaves those
 * empty. */
static struct template known_parts(struct conversion *c, const struct route_rewrite *rewrite)
{
    size_t groups = group_count(rewrite->pattern), count = 0;
    struct part *parts = ARENA_ARRAY(c->arena, struct part, rewrite->target.count + 1);
    for (size_t i = 0; i < rewrite->target.count; i++) {
        const struct part *part = &rewrite->target.parts[i];
        bool is_empty = (part->kind == PART_CAPTURE && part->index > groups) ||
                        (part->kind == PART_TEXT && !part->text.len);
        if (is_empty) {
            continue;
        }
        if (count && part->kind == PART_TEXT && parts[count - 1].kind == PART_TEXT) {
            parts[count - 1].text =
                arena_printf(c->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(parts[count - 1].text),
                             SLICE_ARG(part->text));
        } else {
            parts[count++] = *part;
        }
    }
    return (struct template){parts, count};
}

/* Does the pattern apply to every request that the match lets in? */
static bool always_applies(const struct rule *rule, const struct route_rewrite *rewrite)
{
    const struct path_match *path = &rule->match.path;
    struct slice pattern = unanchored(rewrite->pattern);
    if (slice_equal(pattern, unanchored(path->value))) {
        return true;
    }
    return path->kind != PATH_REGEX && regex_is_literal(pattern) &&
           slice_starts(path->value, pattern);
}

static bool is_path(struct slice text)
{
    return slice_starts(text, SLICE("/")) && text.len <= PATH_BYTES_MAX &&
           slice_find(text, '?', 0) == text.len && slice_find(text, '#', 0) == text.len;
}

static void full(struct slice value, struct rewrite_plan *out)
{
    out->way = is_path(value) ? REWRITE_WAY_FULL : REWRITE_WAY_CANNOT;
    out->value = value;
}

/* "/p(/|$)(.*)" to "/q/$2" and the like. */
static void from_shape(struct conversion *c, const struct rule *rule,
                       const struct path_shape *shape, const struct template *target,
                       struct rewrite_plan *out)
{
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    struct slice text = target->parts[0].text;
    bool slash = slice_ends(text, SLICE("/"));
    struct slice bare = text.len > 1 && slash ? slice_sub(text, 0, text.len - 1) : text;
    if (!is_path(text) || (!slash && !shape->rest_has_slash)) {
        out->way = REWRITE_WAY_CANNOT;
        return;
    }
    if (shape->kind == SHAPE_ALL && slice_is(text, "/")) {
        return; /* every path to itself */
    }
    out->way = REWRITE_WAY_PREFIX;
    out->value = bare;
    /* ReplacePrefixMatch makes "/q" of the bare prefix, the expression makes "/q/". */
    if (shape->kind == SHAPE_ELEMENT && text.len > 1) {
        out->exact_value = text;
    }
    if (shape->kind == SHAPE_TEXT) {
        say_effect(c, DIAG_C002, SEVERITY_WARNING, rule, rewrite,
                   "'" SLICE_FMT "' is written as a change of the prefix '" SLICE_FMT
                   "', which acts on whole elements of the path",
                   SLICE_ARG(rewrite->source.name), SLICE_ARG(shape->head));
    }
}

/* A path that is known leaves nothing open. */
static bool from_exact(struct conversion *c, const struct rule *rule, const struct template *target,
                       struct rewrite_plan *out)
{
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    struct regex_match match;
    if (rule->match.path.kind != PATH_EXACT || rule->match.path.fold || !rewrite->regex) {
        return false;
    }
    switch (regex_search(rewrite->regex, rule->match.path.value, &match)) {
    case REGEX_NO:
        return true; /* never rewritten */
    case REGEX_LIMIT:
        return false;
    case REGEX_YES:
        break;
    }
    struct slice value = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        const struct part *part = &target->parts[i];
        bool capture = part->kind == PART_CAPTURE && part->index < REGEX_CAPTURES;
        if (part->kind != PART_TEXT && !capture) {
            return false;
        }
        value = arena_printf(c->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(value),
                             SLICE_ARG(capture ? match.captures[part->index] : part->text));
    }
    full(value, out);
    return true;
}

void rewrite_plan(struct conversion *c, const struct rule *rule, const struct path_shape *shape,
                  struct rewrite_plan *out)
{
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    *out = (struct rewrite_plan){.way = REWRITE_WAY_NONE};
    if (!rewrite) {
        return;
    }
    struct template target = known_parts(c, rewrite);
    struct slice text;
    bool fixed = template_is_text(&target, &text);
    switch ((enum rewrite_kind)rewrite->kind) {
    case REWRITE_FULL:
        out->way = REWRITE_WAY_CANNOT;
        if (fixed) {
            full(text, out);
        }
        return;
    case REWRITE_PREFIX:
        out->way = fixed || !target.count ? REWRITE_WAY_PREFIX : REWRITE_WAY_CANNOT;
        out->value = fixed ? text : SLICE("/");
        if (rule->match.path.kind == PATH_EXACT && out->way == REWRITE_WAY_PREFIX) {
            full(out->value, out); /* the path is the prefix */
        } else if (rule->match.path.kind == PATH_REGEX && shape->kind != SHAPE_ELEMENT) {
            out->way = REWRITE_WAY_CANNOT;
        }
        return;
    case REWRITE_REGEX:
        break;
    }
    if (from_exact(c, rule, &target, out)) {
        return;
    }
    out->way = REWRITE_WAY_CANNOT;
    if (!always_applies(rule, rewrite)) {
        return;
    }
    if (fixed) {
        full(text, out);
    } else if (target.count == 2 && target.parts[0].kind == PART_TEXT && shape->rest &&
               target.parts[1].kind == PART_CAPTURE && target.parts[1].index == shape->rest) {
        out->way = REWRITE_WAY_NONE;
        from_shape(c, rule, shape, &target, out);
    }
}
