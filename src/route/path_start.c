#include "route/route.h"

#include <string.h>

/* Whether a '|' stands outside of all groups, where each of its sides starts anew. */
static bool has_alternatives(struct slice pattern)
{
    size_t depth = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        switch (pattern.ptr[i]) {
        case '\\':
            i++;
            break;
        case '[': /* a "]" at its front is one of its bytes */
            i = slice_find(pattern, ']', i + 2);
            break;
        case '(':
            depth++;
            break;
        case ')':
            depth -= depth > 0;
            break;
        case '|':
            if (depth == 0) {
                return true;
            }
            break;
        default:
            break;
        }
    }
    return false;
}

static struct slice regex_start(struct slice pattern)
{
    size_t from = slice_starts(pattern, SLICE("^")), at = from;
    if (has_alternatives(pattern)) {
        return SLICE("");
    }
    while (at < pattern.len && !strchr("\\^$.[|()?*+{", pattern.ptr[at])) {
        at++;
    }
    /* what may be left out is not there for certain */
    bool optional = at > from && at < pattern.len && strchr("?*{", pattern.ptr[at]);
    return slice_sub(pattern, from, at - optional);
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
