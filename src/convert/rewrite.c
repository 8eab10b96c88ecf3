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

/* ---- captures that are what follows a prefix ------------------------------------------------ */

/* The text between the parentheses of a group, and where it starts; absent: there is no such group. */
static struct slice group_text(struct slice pattern, unsigned index, size_t *start)
{
    size_t depth = 0, inner = 0; /* inner: depth inside of the group, 0 outside */
    unsigned groups = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        char byte = pattern.ptr[i];
        if (byte == '\\') {
            i++;
        } else if (byte == '(') {
            bool counts = i + 1 == pattern.len || pattern.ptr[i + 1] != '?';
            depth++;
            groups += counts;
            if (counts && groups == index) {
                *start = i + 1;
                inner = depth;
            }
        } else if (byte == ')' && depth-- == inner && inner) {
            return slice_sub(pattern, *start, i);
        }
    }
    return SLICE_ABSENT;
}

/* Nothing in the pattern looks further than at the byte at hand, so that one sample of a kind stands for all. */
static bool is_plain(struct slice pattern)
{
    for (size_t i = 0; i + 1 < pattern.len; i++) {
        char byte = pattern.ptr[i], next = pattern.ptr[i + 1];
        bool letter = (next | 0x20) >= 'a' && (next | 0x20) <= 'z';
        bool looks = byte == '(' && next == '?' && slice_sub(pattern, i + 2, i + 3).len &&
                     pattern.ptr[i + 2] != ':';
        if ((byte == '\\' && (letter || (next >= '0' && next <= '9'))) || byte == '[' || looks) {
            return false;
        }
        i += byte == '\\';
    }
    return true;
}

/* The last group takes all that is left of the path. */
static bool takes_rest(struct slice pattern, unsigned group)
{
    static const char *const ends[] = {".*)", ".*)$", "/.*)?", "/.*)?$"};
    size_t start = 0;
    struct slice text = group_text(pattern, group, &start);
    struct slice end = text.ptr ? slice_sub(pattern, start, pattern.len) : SLICE("");
    bool whole = false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        whole = whole || slice_is(end, ends[i]);
    }
    return whole && group == group_count(pattern);
}

/* The capture is what follows the head of the shape, with or without the slash between the two. */
static bool is_rest(const struct route_rewrite *rewrite, struct arena *arena,
                    const struct path_shape *shape, unsigned group, bool *with_slash)
{
    static const char *const rests[] = {"/x", "/", "/x/y", "//x", "/-", "", "x", "x/y", "-"};
    enum { BELOW = 5, ELEMENT = 6 };
    size_t count = shape->kind == SHAPE_TEXT      ? ARRAY_LEN(rests)
                   : shape->kind == SHAPE_ELEMENT ? ELEMENT
                                                  : BELOW;
    struct slice head = shape->kind == SHAPE_ALL ? SLICE("") : shape->head;
    for (size_t i = 0; i < count; i++) {
        struct regex_match match;
        struct slice rest = slice_of(rests[i]);
        struct slice path = ARENA_JOIN(arena, head, rest);
        if (regex_search(rewrite->regex, path, &match) != REGEX_YES) {
            return false;
        }
        struct slice capture = match.captures[group];
        bool slash = slice_starts(rest, SLICE("/"));
        *with_slash = i == 0 ? slice_is(capture, "/x") : *with_slash;
        if (!slice_equal(capture, slice_sub(rest, slash && !*with_slash, rest.len))) {
            return false;
        }
    }
    return true;
}

/* Captures of groups that match one text are that text. */
static struct slice constant_parts(struct conversion *c, struct slice pattern,
                                   const struct template *target)
{
    struct slice text = SLICE("");
    for (size_t i = 0; i + 1 < target->count; i++) {
        const struct part *part = &target->parts[i];
        struct slice word = part->text;
        size_t start = 0;
        if (part->kind == PART_CAPTURE) {
            struct slice group = group_text(pattern, part->index, &start);
            if (!part->index || !group.ptr || !pattern_is_word(c, group, &word)) {
                return SLICE_ABSENT;
            }
        } else if (part->kind != PART_TEXT) {
            return SLICE_ABSENT;
        }
        text = ARENA_JOIN(c->arena, text, word);
    }
    return text;
}

/* "/p(/|$)(.*)" to "/q/$2" and the like: `text`, and what follows the head. */
static void from_shape(struct conversion *c, const struct rule *rule,
                       const struct path_shape *shape, struct slice text, bool with_slash,
                       struct rewrite_plan *out)
{
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    bool slash = slice_ends(text, SLICE("/"));
    struct slice bare = text.len > 1 && slash ? slice_sub(text, 0, text.len - 1) : text;
    if (!is_path(text) || (!slash && !with_slash)) {
        out->way = REWRITE_WAY_CANNOT;
        return;
    }
    if (shape->kind == SHAPE_ALL && slice_is(text, "/")) {
        return; /* every path to itself */
    }
    out->way = REWRITE_WAY_PREFIX;
    out->value = bare;
    /* ReplacePrefixMatch makes "/q" of the bare prefix, the expression makes "/q/". */
    if (shape->kind == SHAPE_ELEMENT && text.len > 1 && !with_slash) {
        out->exact_value = text;
    }
    if (shape->kind == SHAPE_TEXT) {
        say_effect(c, DIAG_C002, SEVERITY_WARNING, rule, rewrite,
                   "'" SLICE_FMT "' is written as a change of the prefix '" SLICE_FMT
                   "', which acts on whole elements of the path",
                   SLICE_ARG(rewrite->source.name), SLICE_ARG(shape->head));
    }
}

/* False when the target is not a text with what follows the head. */
static bool from_captures(struct conversion *c, const struct rule *rule,
                          const struct path_shape *shape, const struct template *target,
                          struct rewrite_plan *out)
{
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    const struct part *last = target->count ? &target->parts[target->count - 1] : NULL;
    bool with_slash = false;
    if (!last || last->kind != PART_CAPTURE || last->index >= REGEX_CAPTURES || !rewrite->regex ||
        shape->kind == SHAPE_NONE || shape->kind == SHAPE_EXACT || !is_plain(rewrite->pattern) ||
        !takes_rest(rewrite->pattern, last->index) ||
        !is_rest(rewrite, c->arena, shape, last->index, &with_slash)) {
        return false;
    }
    struct slice text = constant_parts(c, rewrite->pattern, target);
    if (!text.ptr) {
        return false;
    }
    from_shape(c, rule, shape, text, with_slash, out);
    return true;
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
    } else {
        out->way = REWRITE_WAY_NONE;
        if (!from_captures(c, rule, shape, &target, out)) {
            out->way = REWRITE_WAY_CANNOT;
        }
    }
}
