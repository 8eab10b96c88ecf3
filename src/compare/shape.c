#include "compare/compare_priv.h"

#include <string.h>

static bool is_letter(char c)
{
    return is_alphanumeric(c) && (c < '0' || c > '9');
}

static bool has_letter(const struct path_class *paths, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (is_letter(paths->start.ptr[i])) {
            return true;
        }
    }
    return false;
}

/* An expression that is followed along the known start of a path; the bytes behind it can be any. */
struct follow {
    struct slice pattern;
    size_t at; /* in the pattern */
    const struct path_class *paths;
    bool fold;
    size_t groups;                                 /* that were opened so far */
    struct path_function captures[REGEX_CAPTURES]; /* of groups that were closed */
    bool wrote_tail;                               /* the rest of the path has been taken */
};
enum followed { FOLLOW_YES, FOLLOW_NO, FOLLOW_UNKNOWN };

static bool more(const struct follow *f)
{
    return f->at < f->pattern.len;
}

static bool next_is(const struct follow *f, const char *text)
{
    return slice_starts(slice_sub(f->pattern, f->at, f->pattern.len), slice_of(text));
}

/* Skips to behind the group whose inside `at` lies in; stops at '|' of the same level if asked. */
static void skip_branch(struct follow *f, bool stop_at_bar)
{
    size_t depth = 0;
    while (more(f)) {
        char c = f->pattern.ptr[f->at];
        if (c == '[') { /* a "]" at its front is one of its bytes */
            f->at = slice_find(f->pattern, ']', f->at + (next_is(f, "[^") ? 3 : 2)) + 1;
            continue;
        }
        if (depth == 0 && (c == ')' || (c == '|' && stop_at_bar))) {
            return;
        }
        f->groups += c == '(' && !next_is(f, "(?");
        depth += c == '(';
        depth -= c == ')';
        f->at += c == '\\' ? 2 : 1;
    }
}

static enum followed follow_byte(const struct follow *f, char byte, size_t *pos)
{
    struct slice start = f->paths->start;
    if (*pos >= start.len || (is_letter(byte) && f->paths->fold && !f->fold)) {
        return FOLLOW_UNKNOWN;
    }
    struct slice have = slice_sub(start, *pos, *pos + 1), want = {&byte, 1};
    ++*pos;
    return (f->fold ? slice_equal_fold(have, want) : slice_equal(have, want)) ? FOLLOW_YES
                                                                              : FOLLOW_NO;
}

static bool is_quantifier(const struct follow *f)
{
    return more(f) && strchr("*+?{", f->pattern.ptr[f->at]) != NULL;
}

static enum followed follow_group(struct follow *f, size_t *pos);

/* One piece of a branch: a byte, a group, ".*" up to the end of the path, or "$". */
static enum followed follow_piece(struct follow *f, size_t *pos)
{
    char c = f->pattern.ptr[f->at];
    if (next_is(f, ".*") || next_is(f, ".+")) {
        bool again = f->wrote_tail;
        f->at += 2;
        f->wrote_tail = true;
        return again || is_quantifier(f) ? FOLLOW_UNKNOWN : FOLLOW_YES;
    }
    if (c == '(') {
        return follow_group(f, pos);
    }
    if (c == '$') {
        f->at++;
        return f->wrote_tail ? FOLLOW_YES : FOLLOW_NO;
    }
    if (c == '\\') {
        f->at++;
        c = more(f) ? f->pattern.ptr[f->at] : '\0';
        if (!c || is_alphanumeric(c)) {
            return FOLLOW_UNKNOWN;
        }
    } else if (strchr(".[^{", c)) {
        return FOLLOW_UNKNOWN;
    }
    f->at++;
    return is_quantifier(f) || f->wrote_tail ? FOLLOW_UNKNOWN : follow_byte(f, c, pos);
}

static enum followed follow_branch(struct follow *f, size_t *pos)
{
    bool branched = false;
    while (more(f) && f->pattern.ptr[f->at] != ')' && f->pattern.ptr[f->at] != '|') {
        bool group = f->pattern.ptr[f->at] == '(';
        enum followed result = follow_piece(f, pos);
        if (result == FOLLOW_NO && branched) {
            return FOLLOW_UNKNOWN; /* another branch of a group before might hold */
        }
        if (result != FOLLOW_YES) {
            return result;
        }
        branched = branched || group;
    }
    return FOLLOW_YES;
}

/* Branches are tried in order. */
static enum followed follow_group(struct follow *f, size_t *pos)
{
    bool captures = !next_is(f, "(?");
    if (!captures && !next_is(f, "(?:")) {
        return FOLLOW_UNKNOWN;
    }
    size_t index = captures ? ++f->groups : 0, start = *pos;
    f->at += captures ? 1 : 3;
    enum followed result = follow_branch(f, pos);
    while (result == FOLLOW_NO) {
        skip_branch(f, true);
        if (!more(f) || f->pattern.ptr[f->at] != '|') {
            break;
        }
        f->at++;
        *pos = start;
        result = follow_branch(f, pos);
    }
    if (result == FOLLOW_UNKNOWN) {
        return result;
    }
    skip_branch(f, false);
    f->at++;
    if (is_quantifier(f)) {
        bool optional = next_is(f, "?") && !next_is(f, "??") && !next_is(f, "?+");
        f->at++;
        if (!optional) {
            return FOLLOW_UNKNOWN;
        }
        *pos = result == FOLLOW_NO ? start : *pos;
        result = FOLLOW_YES;
    }
    if (index && index < REGEX_CAPTURES) {
        bool letters = !f->wrote_tail && f->paths->fold && has_letter(f->paths, start, *pos);
        f->captures[index] = (struct path_function){f->wrote_tail ? SHAPE_TAIL
                                                    : letters     ? SHAPE_UNKNOWN
                                                                  : SHAPE_CONSTANT,
                                                    start};
    }
    return result;
}

/* FOLLOW_YES: every path of the class is matched from its first byte on, and captures have the shapes
 * that are noted. FOLLOW_NO: none is matched. */
static enum followed follow_pattern(struct follow *f)
{
    size_t pos = 0;
    bool anchored = false;
    if (next_is(f, "(?i)")) {
        f->fold = true;
        f->at += 4;
    }
    if (next_is(f, "^")) {
        anchored = true;
        f->at++;
    }
    enum followed result = follow_branch(f, &pos);
    bool alternatives = slice_find(f->pattern, '|', 0) != f->pattern.len;
    if (result == FOLLOW_NO && anchored && !alternatives) {
        return FOLLOW_NO;
    }
    return result == FOLLOW_YES && !more(f) ? FOLLOW_YES : FOLLOW_UNKNOWN;
}

/* ---- templates ---------------------------------------------------------------------------- */

static bool part_is_fixed(const struct part *part)
{
    return part->kind != PART_CAPTURE && part->kind != PART_METHOD && part->kind != PART_TARGET &&
           part->kind != PART_TARGET_ESCAPED && part->kind != PART_UNKNOWN;
}

bool template_is_fixed(const struct template *template)
{
    for (size_t i = 0; i < template->count; i++) {
        if (!part_is_fixed(&template->parts[i])) {
            return false;
        }
    }
    return true;
}

/* `captures` is null where there are none that are known. */
static struct path_function template_function(const struct template *template,
                                              const struct path_function *captures)
{
    struct path_function result = {.shape = SHAPE_CONSTANT};
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        struct path_function own = {.shape = SHAPE_UNKNOWN};
        if (part_is_fixed(part)) {
            own.shape = SHAPE_CONSTANT;
        } else if (part->kind == PART_TARGET) {
            own.shape = SHAPE_TAIL;
        } else if (part->kind == PART_CAPTURE && captures && part->index < REGEX_CAPTURES) {
            own = captures[part->index];
        }
        /* what stands behind the end of the path would be part of it */
        if (own.shape == SHAPE_UNKNOWN || result.shape == SHAPE_TAIL) {
            return (struct path_function){.shape = SHAPE_UNKNOWN};
        }
        result = own;
    }
    return result;
}

static const struct path_function unchanged = {.shape = SHAPE_TAIL},
                                  unknown_function = {.shape = SHAPE_UNKNOWN};

static struct path_function regex_function(struct slice pattern, bool fold,
                                           const struct template *template,
                                           const struct path_class *paths)
{
    struct follow follow = {.pattern = pattern, .paths = paths, .fold = fold};
    switch (follow_pattern(&follow)) {
    case FOLLOW_YES:
        return template_function(template, follow.captures);
    case FOLLOW_NO:
        return unchanged;
    case FOLLOW_UNKNOWN:
        break;
    }
    return unknown_function;
}

/* Text with captures of the rule's own path. */
static struct path_function path_template_function(const struct template *template,
                                                   const struct rule *rule,
                                                   const struct path_class *paths)
{
    const struct path_match *path = &rule->match.path;
    if (path->kind == PATH_REGEX && !template_is_fixed(template)) {
        return regex_function(path->value, path->fold, template, paths);
    }
    return template_function(template, NULL);
}

/* ---- rewrites and redirects --------------------------------------------------------------- */

/* Every path of the class is below the prefix, and not the prefix itself. */
static struct path_function prefix_function(struct slice prefix, const struct path_class *paths)
{
    size_t len = prefix.len - slice_ends(prefix, SLICE("/"));
    bool below = paths->start.len > len && paths->start.ptr[len] == '/' &&
                 slice_equal_fold(slice_sub(paths->start, 0, len), slice_sub(prefix, 0, len));
    return below ? (struct path_function){SHAPE_TAIL, len} : unknown_function;
}

struct path_function rewrite_function(const struct route_rewrite *rewrite, const struct rule *rule,
                                      const struct path_class *paths)
{
    if (!rewrite) {
        return unchanged;
    }
    switch ((enum rewrite_kind)rewrite->kind) {
    case REWRITE_FULL:
        return path_template_function(&rewrite->target, rule, paths);
    case REWRITE_PREFIX:
        return template_is_fixed(&rewrite->target) ? prefix_function(rewrite->prefix, paths)
                                                   : unknown_function;
    case REWRITE_REGEX:
        return regex_function(rewrite->pattern, rewrite->fold, &rewrite->target, paths);
    }
    return unknown_function;
}

struct path_function redirect_function(const struct route_redirect *redirect,
                                       const struct rule *rule, const struct path_class *paths)
{
    if (redirect->scripted) {
        return unknown_function; /* what is escaped hangs on the path as a whole */
    }
    if (redirect->location.count) {
        return path_template_function(&redirect->location, rule, paths);
    }
    switch ((enum path_change)redirect->path_change) {
    case PATH_CHANGE_NONE:
        return unchanged;
    case PATH_CHANGE_FULL:
        return (struct path_function){.shape = SHAPE_CONSTANT};
    case PATH_CHANGE_PREFIX:
        return prefix_function(redirect->prefix, paths);
    }
    return unknown_function;
}

/* Let one cut more than the other: for the path at hand the bytes between both cuts are the end of the
 * longer text. Those bytes are the same in every path of the class, unless letters may have either case. */
bool path_functions_agree(struct path_function a, struct path_function b,
                          const struct path_class *paths)
{
    size_t from = a.cut < b.cut ? a.cut : b.cut, to = a.cut < b.cut ? b.cut : a.cut;
    if (a.shape != b.shape || a.shape == SHAPE_UNKNOWN || to > paths->start.len) {
        return false;
    }
    return a.shape != SHAPE_TAIL || !paths->fold || !has_letter(paths, from, to);
}
