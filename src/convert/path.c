#include "convert/convert_priv.h"

#include <string.h>

/* ---- expressions that are literals --------------------------------------------------------- */

/* The pattern with each bare '.' taken for itself, as authors of "/v1.0" mean it; absent: there is none. */
static struct slice dots_quoted(struct arena *arena, struct slice pattern)
{
    char *text = arena_alloc(arena, 2 * pattern.len);
    size_t len = 0;
    bool in_class = false, any = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char byte = pattern.ptr[i];
        bool repeated =
            i + 1 < pattern.len && pattern.ptr[i + 1] && strchr("*+?{", pattern.ptr[i + 1]) != NULL;
        if (byte == '\\' && i + 1 < pattern.len) {
            text[len++] = byte;
            byte = pattern.ptr[++i];
        } else if (in_class || byte == '[') {
            in_class = byte != ']';
        } else if (byte == '.' && !repeated) {
            text[len++] = '\\';
            any = true;
        }
        text[len++] = byte;
    }
    return any ? (struct slice){text, len} : SLICE_ABSENT;
}

static void shape_of(const struct literal_form *form, struct path_shape *out)
{
    bool slash = slice_ends(form->text, SLICE("/"));
    out->head = form->text;
    out->fold = form->fold;
    switch (form->kind) {
    case LITERAL_EXACT:
        out->kind = SHAPE_EXACT;
        return;
    case LITERAL_ELEMENTS:
        out->kind = slice_is(form->text, "/") ? SHAPE_ALL : SHAPE_ELEMENT;
        return;
    case LITERAL_STRING:
        out->kind = slash ? SHAPE_BELOW : SHAPE_TEXT;
        out->head.len -= slash;
        return;
    }
}

/* Is there a literal with the same paths? Its letters are those of the pattern. */
static bool is_literal(struct conversion *c, const struct path_match *path, struct slice pattern,
                       struct path_shape *out)
{
    struct literal_form form, spelled;
    if (!path_form(c, path, pattern, path->fold, &form)) {
        return false;
    }
    if (form.fold && path->fold && path_form(c, path, pattern, false, &spelled) &&
        slice_equal_fold(form.text, spelled.text)) {
        form.text = spelled.text;
    }
    shape_of(&form, out);
    return true;
}

void path_shape_read(struct conversion *c, const struct path_match *path, struct path_shape *out)
{
    *out = (struct path_shape){.kind = SHAPE_NONE};
    if (is_literal(c, path, path->value, out)) {
        return;
    }
    struct slice quoted = dots_quoted(c->arena, path->value);
    out->has_dot = quoted.ptr && is_literal(c, path, quoted, out);
}

/* ---- writing a path ------------------------------------------------------------------------ */

/* Characters of an Exact or PathPrefix value: the pattern of HTTPPathMatch in the CRD. */
static bool is_path_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("/-._~!$&'()*+,;=:@", c) != NULL);
}

/* What the CRD refuses in an Exact or PathPrefix value beside characters. */
static bool is_refused(struct slice path)
{
    size_t index = 0;
    return !path_is_simple(path) && (path_refused_part(path, &index) || path_ends_in_dots(path));
}

/* The path as clients send it. A table that matches decoded paths has decoded values. */
static struct slice path_escaped(struct conversion *c, struct slice path)
{
    bool clean = true;
    for (size_t i = 0; i < path.len; i++) {
        clean = clean && is_path_byte(path.ptr[i]);
    }
    if (clean) {
        return path;
    }
    buf_clear(&c->text);
    for (size_t i = 0; i < path.len; i++) {
        char byte = path.ptr[i];
        if (is_path_byte(byte) || (byte == '%' && !c->table->view.match_form.decode)) {
            buf_putc(&c->text, byte);
        } else {
            buf_printf(&c->text, "%%%02X", (unsigned char)byte);
        }
    }
    return arena_copy(c->arena, buf_slice(&c->text));
}

static struct slice regex_quoted(struct conversion *c, struct slice path, enum path_rank rank)
{
    return ARENA_JOIN(c->arena, regex_quote(c->arena, path),
                      rank == RANK_EXACT ? SLICE("") : SLICE("(/.*)?"));
}

static bool path_fits(struct conversion *c, const struct rule *rule, struct slice value)
{
    if (value.len <= PATH_BYTES_MAX) {
        return true;
    }
    say_rule(c, DIAG_C014, rule,
             "path of %zu characters is longer than the %d that an HTTPRoute takes, so its rule is "
             "left out: shorten it",
             value.len, PATH_BYTES_MAX);
    return false;
}

static bool literal_draft(struct conversion *c, const struct rule *rule, enum path_rank rank,
                          struct slice path, struct draft_match *out)
{
    if (rank == RANK_PREFIX && path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--; /* means the same in a PathPrefix */
    }
    if (!slice_starts(path, SLICE("/"))) {
        say_rule(c, DIAG_C014, rule,
                 "path '" SLICE_FMT "' does not start with '/', so its rule is left out",
                 SLICE_ARG(path));
        return false;
    }
    struct slice value = path_escaped(c, path);
    out->rank = rank;
    if (value.ptr != path.ptr) {
        say_rule(c, DIAG_C015, rule,
                 "path '" SLICE_FMT "' is written as '" SLICE_FMT
                 "': requests that are escaped in another way do not match",
                 SLICE_ARG(path), SLICE_ARG(value));
    }
    if (is_refused(value)) {
        value = regex_quoted(c, value, rank);
        out->rank = RANK_REGEX;
        say_rule(c, DIAG_C015, rule,
                 "path '" SLICE_FMT "' is written as the regular expression '" SLICE_FMT
                 "', as Gateway API does not take it otherwise",
                 SLICE_ARG(path), SLICE_ARG(value));
    }
    out->value = value;
    return path_fits(c, rule, value);
}

static void say_fold(struct conversion *c, const struct rule *rule, bool fold, struct slice path)
{
    if (fold) {
        say_rule(c, DIAG_C011, rule,
                 "path '" SLICE_FMT "' also matches in other upper and lower case today, and only "
                 "as written afterwards",
                 SLICE_ARG(path));
    }
}

static void say_text_prefix(struct conversion *c, const struct rule *rule, struct slice path)
{
    if (path.len > 1 && path.ptr[path.len - 1] != '/') {
        say_rule(c, DIAG_C010, rule,
                 "path '" SLICE_FMT "' also matches '" SLICE_FMT
                 "x' today, and only whole elements such as '" SLICE_FMT "/x' afterwards",
                 SLICE_ARG(path), SLICE_ARG(path), SLICE_ARG(path));
    } else if (path.len > 1) {
        say_rule(c, DIAG_C010, rule,
                 "path '" SLICE_FMT "' also matches a request without the slash at its end "
                 "afterwards",
                 SLICE_ARG(path));
    }
}

void say_dot(struct conversion *c, const struct rule *rule, const struct path_shape *shape)
{
    if (shape->has_dot) {
        say_rule(c, DIAG_C010, rule,
                 "path '" SLICE_FMT "' is a regular expression, in which '.' stands for any "
                 "character today, and for itself afterwards",
                 SLICE_ARG(rule->match.path.value));
    }
}

static bool shape_draft(struct conversion *c, const struct rule *rule,
                        const struct path_shape *shape, struct draft_match *out)
{
    say_dot(c, rule, shape);
    if (shape->kind == SHAPE_TEXT) {
        say_text_prefix(c, rule, shape->head);
    } else if (shape->kind == SHAPE_BELOW) {
        say_text_prefix(c, rule, arena_printf(c->arena, SLICE_FMT "/", SLICE_ARG(shape->head)));
    }
    say_fold(c, rule, shape->fold, shape->head);
    return literal_draft(c, rule, shape->kind == SHAPE_EXACT ? RANK_EXACT : RANK_PREFIX,
                         shape->head, out);
}

/* True for a '|' outside of all parentheses and brackets. */
static bool has_top_alternation(struct slice pattern)
{
    size_t depth = 0;
    bool in_class = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (c == '\\') {
            i++;
        } else if (in_class) {
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && depth) {
            depth--;
        } else if (c == '|' && !depth) {
            return true;
        }
    }
    return false;
}

/* Nothing can follow what the pattern matches, or the pattern takes all that follows. */
static bool has_open_end(struct slice pattern)
{
    static const char *const ends[] = {".*", "(.*)", ".+", "(.+)", "$"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (slice_ends(pattern, slice_of(ends[i]))) {
            return true;
        }
    }
    return false;
}

/* NGINX Gateway Fabric takes what begins with '/' (its validation/common.go, pathFmt), and puts a '^' in front. */
static bool location_draft(struct conversion *c, const struct rule *rule, struct slice *pattern)
{
    if (target_profile(c->options->target)->regex_engine != PROFILE_ENGINE_NGINX) {
        return true;
    }
    struct slice found = *pattern;
    if (slice_starts(found, SLICE("(?i)/"))) {
        found = ARENA_JOIN(c->arena, SLICE("/(?i)"), slice_sub(found, 5, found.len));
    }
    *pattern = quantifiers_write_out(c, found);
    if (location_refuses(*pattern)) {
        say_rule(c, DIAG_C014, rule,
                 "path '" SLICE_FMT "' would be the expression '" SLICE_FMT "', which %s refuses: "
                 "it wants a '/' at the start, and no blank, '{', '}' or ';'",
                 SLICE_ARG(rule->match.path.value), SLICE_ARG(*pattern), c->options->target->text);
        return false;
    }
    return true;
}

/* An expression that spans the whole path, as most implementations want it: it then means the
 * same to those that look for it at the start. */
static bool regex_draft(struct conversion *c, const struct rule *rule, struct draft_match *out)
{
    const struct path_match *path = &rule->match.path;
    struct slice pattern = path->value;
    if (slice_starts(pattern, SLICE("^"))) {
        pattern = slice_sub(pattern, 1, pattern.len);
    }
    bool open = !path->whole && !has_open_end(pattern);
    bool alternation = !path->whole && has_top_alternation(pattern);
    out->rank = RANK_REGEX;
    out->value = arena_printf(c->arena, "%s%s" SLICE_FMT "%s%s", path->fold ? "(?i)" : "",
                              alternation ? "(?:" : "", SLICE_ARG(pattern), alternation ? ")" : "",
                              open || alternation ? ".*" : "");
    if (!location_draft(c, rule, &out->value)) {
        return false;
    }
    say_rule(c, DIAG_C012, rule,
             "path '" SLICE_FMT "' is written as the regular expression '" SLICE_FMT
             "': how it is matched, and its place among prefixes, depend on the implementation",
             SLICE_ARG(path->value), SLICE_ARG(out->value));
    return path_fits(c, rule, out->value);
}

bool path_draft(struct conversion *c, const struct rule *rule, const struct path_shape *shape,
                bool keeps_prefix, struct draft_match *out)
{
    const struct path_match *path = &rule->match.path;
    enum path_rank rank;
    struct slice value;
    if (path_as_meant(c, rule, &rank, &value)) {
        return literal_draft(c, rule, rank, value, out);
    }
    if (!keeps_prefix && path_as_expression(c, rule, shape, out)) {
        return true;
    }
    switch (path->kind) {
    case PATH_ANY:
        return literal_draft(c, rule, RANK_PREFIX, SLICE("/"), out);
    case PATH_EXACT:
        say_fold(c, rule, path_folds(rule, path->value), path->value);
        return literal_draft(c, rule, RANK_EXACT, path->value, out);
    case PATH_PREFIX_ELEMENT:
        say_fold(c, rule, path_folds(rule, path->value), path->value);
        return literal_draft(c, rule, RANK_PREFIX, path->value, out);
    case PATH_PREFIX_STRING:
        say_text_prefix(c, rule, path->value);
        say_fold(c, rule, path_folds(rule, path->value), path->value);
        return literal_draft(c, rule, RANK_PREFIX, path->value, out);
    case PATH_REGEX:
        if (shape->kind != SHAPE_NONE) {
            return shape_draft(c, rule, shape, out);
        }
        return regex_draft(c, rule, out);
    }
    return false;
}
