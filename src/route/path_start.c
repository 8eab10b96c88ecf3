#include "route/route.h"

#include <string.h>

/* ---- pieces of expressions ---------------------------------------------------------------- */

/* Position behind the bracket expression at `at`: a "]" at its front is one of its bytes, and "[:alpha:]" lies in it. */
static size_t class_end(struct slice pattern, size_t at)
{
    at += at + 1 < pattern.len && pattern.ptr[at + 1] == '^' ? 2 : 1;
    at += at < pattern.len && pattern.ptr[at] == ']';
    while (at < pattern.len && pattern.ptr[at] != ']') {
        bool named = slice_starts(slice_sub(pattern, at, pattern.len), SLICE("[:"));
        at = named ? slice_find(pattern, ']', at) + 1 : pattern.ptr[at] == '\\' ? at + 2 : at + 1;
    }
    return at < pattern.len ? at + 1 : pattern.len;
}

/* Position behind the byte, escape, bracket expression or group at `at`. */
static size_t piece_end(struct slice pattern, size_t at)
{
    size_t depth = 0;
    do {
        switch (pattern.ptr[at]) {
        case '\\':
            at += 2;
            break;
        case '[':
            at = class_end(pattern, at);
            break;
        case '(':
            depth++;
            at++;
            break;
        case ')':
            depth -= depth > 0;
            at++;
            break;
        default:
            at++;
            break;
        }
    } while (depth && at < pattern.len);
    return at < pattern.len ? at : pattern.len;
}

/* Quotes, comments, blanks that count for nothing, and verbs that end a match: brackets need not be what they seem. */
static bool is_odd(struct slice pattern)
{
    for (size_t i = 0; i + 1 < pattern.len; i++) {
        char next = pattern.ptr[i + 1];
        bool group = pattern.ptr[i] == '(' && next == '?';
        for (size_t at = i + 2; group && at < pattern.len && !strchr(":)<=!>", pattern.ptr[at]);
             at++) {
            if (pattern.ptr[at] == 'x' || pattern.ptr[at] == '#') {
                return true;
            }
        }
        if ((pattern.ptr[i] == '\\' && next == 'Q') || (pattern.ptr[i] == '(' && next == '*')) {
            return true;
        }
        i += pattern.ptr[i] == '\\';
    }
    return false;
}

/* Whether a '|' stands outside of all groups, where each of its sides starts anew. */
static bool has_alternatives(struct slice pattern)
{
    for (size_t at = 0; at < pattern.len; at = piece_end(pattern, at)) {
        if (pattern.ptr[at] == '|') {
            return true;
        }
    }
    return false;
}

/* Literal bytes from `from` on; what may be left out is not there for certain. */
static size_t literal_end(struct slice pattern, size_t from)
{
    size_t at = from;
    while (at < pattern.len && !strchr("\\^$.[|()?*+{", pattern.ptr[at])) {
        at++;
    }
    bool optional = at > from && at < pattern.len && strchr("?*{", pattern.ptr[at]);
    return at - optional;
}

/* ---- what every path has ------------------------------------------------------------------ */

static struct slice regex_start(struct slice pattern)
{
    size_t from = slice_starts(pattern, SLICE("^"));
    return is_odd(pattern) || has_alternatives(pattern)
               ? SLICE("")
               : slice_sub(pattern, from, literal_end(pattern, from));
}

struct slice path_match_start(const struct path_match *path)
{
    switch (path->kind) {
    case PATH_ANY:
        break;
    case PATH_EXACT:
    case PATH_PREFIX_STRING:
        return path->value;
    case PATH_PREFIX_ELEMENT:
        return slice_sub(path->value, 0, path->value.len - slice_ends(path->value, SLICE("/")));
    case PATH_REGEX:
        return regex_start(path->value);
    }
    return SLICE("");
}

struct slice path_match_inside(const struct path_match *path)
{
    struct slice pattern = path->value, best = SLICE("");
    if (path->kind != PATH_REGEX || !path->regex || is_odd(pattern) || has_alternatives(pattern)) {
        return best;
    }
    for (size_t at = 0; at < pattern.len;) {
        size_t end = pattern.ptr[at] == '/' ? literal_end(pattern, at) : at;
        best = end - at > best.len ? slice_sub(pattern, at, end) : best;
        at = end > at ? end : piece_end(pattern, at);
    }
    return best;
}
