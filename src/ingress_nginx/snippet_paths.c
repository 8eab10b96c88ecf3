#include "ingress_nginx/snippets_priv.h"

/* Paths that a location has and that a condition asks for as well, as one expression. The groups of the condition
 * come first, so that their numbers are its own. */

/* The bytes that an expression without groups starts with, behind its '^'. */
static struct slice literal_start(struct slice pattern)
{
    size_t at = 1;
    while (at < pattern.len && (is_alphanumeric(pattern.ptr[at]) || pattern.ptr[at] == '/' ||
                                pattern.ptr[at] == '-' || pattern.ptr[at] == '_')) {
        at++;
    }
    char next = at < pattern.len ? pattern.ptr[at] : ' ';
    bool repeats = next == '*' || next == '?' || next == '{';
    return slice_sub(pattern, 1, at > 1 && repeats ? at - 1 : at);
}

/* "a|b" outside of groups and of brackets. What is not well formed is taken to have it. */
static bool has_branches(struct slice pattern)
{
    size_t depth = 0;
    bool brackets = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (c == '\\') {
            i++;
        } else if (brackets) {
            bool first = pattern.ptr[i - 1] == '[' ||
                         (pattern.ptr[i - 1] == '^' && pattern.ptr[i - 2] == '[');
            brackets = c != ']' || first;
        } else if (c == '[') {
            brackets = true;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && depth) {
            depth--;
        } else if (c == ')' || (c == '|' && !depth)) {
            return true;
        }
    }
    return brackets || depth;
}

static bool is_bound(struct slice pattern)
{
    return slice_starts(pattern, SLICE("^")) && !has_branches(pattern);
}

static bool is_everything(const struct path_match *path)
{
    return path->kind == PATH_ANY ||
           ((path->kind == PATH_PREFIX_ELEMENT || path->kind == PATH_PREFIX_STRING) &&
            slice_is(path->value, "/"));
}

/* True when all paths that the expression takes are the location's. */
static bool lies_within(const struct path_match *path, struct slice pattern)
{
    struct slice start = literal_start(pattern), value = path->value;
    bool element = path->kind == PATH_PREFIX_ELEMENT;
    if (element && !slice_ends(value, SLICE("/"))) {
        return slice_starts(start, value) && start.len > value.len && start.ptr[value.len] == '/';
    }
    return (element || path->kind == PATH_PREFIX_STRING) && slice_starts(start, value);
}

/* The location's paths, behind "^". */
static struct slice location_paths(struct arena *arena, const struct path_match *path)
{
    struct slice value = path->value, text = regex_quote(arena, value);
    struct slice open = path->fold ? SLICE("(?i:") : SLICE("(?:");
    switch (path->kind) {
    case PATH_ANY:
        return SLICE("");
    case PATH_EXACT:
        return ARENA_JOIN(arena, open, text, SLICE("\\z)"));
    case PATH_PREFIX_ELEMENT:
        value.len -= slice_ends(value, SLICE("/"));
        return ARENA_JOIN(arena, open, regex_quote(arena, value), SLICE("(?:/|\\z))"));
    case PATH_PREFIX_STRING:
        return ARENA_JOIN(arena, open, text, SLICE(")"));
    case PATH_REGEX:
        break;
    }
    bool start = slice_starts(value, SLICE("^"));
    return ARENA_JOIN(arena, open, slice_sub(value, start, value.len), SLICE(")"));
}

/* What the condition asks for, behind "^". */
static struct slice asked_paths(struct arena *arena, const struct snippet_condition *condition)
{
    if (!condition->regex) {
        return ARENA_JOIN(arena, regex_quote(arena, condition->value), SLICE("\\z"));
    }
    struct slice open = condition->fold ? SLICE("(?i:") : SLICE("(?:");
    if (is_bound(condition->value)) {
        struct slice rest = slice_sub(condition->value, 1, condition->value.len);
        return condition->fold ? ARENA_JOIN(arena, open, rest, SLICE(")")) : rest;
    }
    return ARENA_JOIN(arena, SLICE("[\\s\\S]*?"), open, condition->value, SLICE(")"));
}

/* An expression of a location that is found at its start, but for several sides of it. */
static bool is_plain_regex(const struct path_match *path)
{
    return path->kind != PATH_REGEX || (!path->whole && is_bound(path->value));
}

/* False where it cannot be written. */
bool path_meets(struct run *run, struct regex_set *regexes, const struct path_match *path,
                const struct snippet_condition *condition, bool negated, struct path_match *out)
{
    struct arena *arena = run->arena;
    struct slice error, asked = asked_paths(arena, condition);
    bool simple = condition->regex && !condition->fold && !negated && is_bound(condition->value);
    *out = (struct path_match){.kind = PATH_REGEX};
    if (!negated && (is_everything(path) || (simple && lies_within(path, condition->value)))) {
        out->value = ARENA_JOIN(arena, SLICE("^"), asked);
    } else if (is_plain_regex(path)) {
        out->value = ARENA_JOIN(arena, SLICE("^"), negated ? SLICE("(?!") : SLICE("(?="), asked,
                                SLICE(")"), location_paths(arena, path));
    } else {
        return false;
    }
    out->regex = regex_compile(run, regexes, out->value, false, false, &error);
    return out->regex != NULL;
}
