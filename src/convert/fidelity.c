#include "convert/convert_priv.h"

#include <string.h>

/* How true a written path is to what the data plane does (exact), or to what its author wrote (intent). */

const char *convert_fidelity_name(size_t index)
{
    static const char *const names[] = {"exact", "intent"};
    return index < ARRAY_LEN(names) ? names[index] : NULL;
}

/* ---- exact: what a prefix does not say, an expression does ------------------------------------ */

static bool has_letter(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char lower = (char)(text.ptr[i] | 0x20);
        if (lower >= 'a' && lower <= 'z') {
            return true;
        }
    }
    return false;
}

bool path_folds(const struct rule *rule, struct slice path)
{
    return rule->match.path.fold && has_letter(path);
}

/* The literal path with what may follow it; null when a prefix or an exact match says the same. */
static const char *expression_tail(const struct rule *rule, const struct path_shape *shape)
{
    const struct path_match *path = &rule->match.path;
    switch (path->kind) {
    case PATH_ANY:
        return NULL;
    case PATH_EXACT:
        return path_folds(rule, path->value) ? "" : NULL;
    case PATH_PREFIX_ELEMENT:
        return path->value.len > 1 && path_folds(rule, path->value) ? "(/.*)?" : NULL;
    case PATH_PREFIX_STRING:
        return path->value.len > 1 ? ".*" : NULL;
    case PATH_REGEX:
        break;
    }
    bool folds = shape->fold;
    switch (shape->kind) {
    case SHAPE_NONE:
    case SHAPE_ALL:
        return NULL;
    case SHAPE_ELEMENT:
        return folds ? "(/.*)?" : NULL;
    case SHAPE_BELOW:
        return "/.*";
    case SHAPE_TEXT:
        return ".*";
    case SHAPE_EXACT:
        return folds ? "" : NULL;
    }
    return NULL;
}

/* Only where it is known how expressions are read and where they stand: elsewhere a prefix that is nearly the
 * same is better than an expression that may be anything. */
bool expressions_are_exact(const struct conversion *c)
{
    return c->options->fidelity == FIDELITY_EXACT && expressions_come_last(c);
}

bool path_as_expression(struct conversion *c, const struct rule *rule,
                        const struct path_shape *shape, struct draft_match *out)
{
    const struct path_match *path = &rule->match.path;
    const char *tail = path->whole ? NULL : expression_tail(rule, shape);
    if (!tail || !expressions_are_exact(c)) {
        return false;
    }
    bool regex = path->kind == PATH_REGEX;
    struct slice head = regex ? shape->head : path->value;
    struct slice quoted = regex_quote(c->arena, head);
    bool folds = regex ? shape->fold : path_folds(rule, head);
    struct slice value =
        ARENA_JOIN(c->arena, folds ? SLICE("(?i)") : SLICE(""), quoted, slice_of(tail));
    if (value.len > PATH_BYTES_MAX || !slice_starts(head, SLICE("/"))) {
        return false;
    }
    say_rule(c, DIAG_C046, rule,
             "path '" SLICE_FMT "' is written as the regular expression '" SLICE_FMT
             "', because a prefix takes whole elements, and the case as written; '--fidelity "
             "intent' writes the path that was meant",
             SLICE_ARG(head), SLICE_ARG(value));
    if (regex) {
        say_dot(c, rule, shape);
    }
    out->rank = RANK_REGEX;
    out->value = value;
    return true;
}

/* ---- intent: what the Ingress says ------------------------------------------------------------ */

/* "spec.rules[2].http.paths[0]": takes "lead" and the number behind it. */
static bool take_index(struct slice *rest, const char *lead, uint64_t *out)
{
    struct slice start = slice_of(lead);
    size_t end = slice_find(*rest, ']', 0);
    if (!slice_starts(*rest, start) || end == rest->len ||
        !slice_to_uint(slice_sub(*rest, start.len, end), UINT32_MAX, out)) {
        return false;
    }
    *rest = slice_sub(*rest, end + 1, rest->len);
    return true;
}

static const struct ingress_path *author_path(struct conversion *c, const struct rule *rule)
{
    const struct origin *origin = &rule->origin;
    struct slice rest = origin->field;
    uint64_t at, path;
    if (!slice_is(origin->kind, "Ingress") || rule->implied ||
        !take_index(&rest, "spec.rules[", &at) || !take_index(&rest, ".http.paths[", &path) ||
        rest.len) {
        return NULL;
    }
    const struct ingress *ingress = (const void *)origin_ingress(c, origin);
    return ingress && at < ingress->rule_count && path < ingress->rules[at].path_count
               ? &ingress->rules[at].paths[path]
               : NULL;
}

static bool is_plain_path(struct slice path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (!path.ptr[i] || strchr("\\^$[]|()?*+{}", path.ptr[i])) {
            return false;
        }
    }
    return slice_starts(path, SLICE("/"));
}

/* The rule stands for the path itself, and not for what the data plane makes of it, such as its trailing slash. */
static bool stands_for(const struct rule *rule, const struct ingress_path *path)
{
    struct slice value = rule->match.path.value;
    if (slice_starts(value, SLICE("^"))) {
        value = slice_sub(value, 1, value.len);
    }
    struct slice written = path->path;
    bool slash = written.len > 1 && slice_ends(written, SLICE("/"));
    return slice_equal(value, written) ||
           (slash && slice_equal(value, slice_sub(written, 0, written.len - 1)));
}

bool path_as_meant(struct conversion *c, const struct rule *rule, enum path_rank *rank,
                   struct slice *value)
{
    const struct path_match *path = &rule->match.path;
    if (c->options->fidelity != FIDELITY_INTENT) {
        return false;
    }
    const struct ingress_path *author = author_path(c, rule);
    if (!author || !is_plain_path(author->path) || !stands_for(rule, author)) {
        return false;
    }
    bool exact = author->type == PATH_TYPE_EXACT;
    *rank = exact ? RANK_EXACT : RANK_PREFIX;
    *value = author->path;
    bool same = exact ? path->kind == PATH_EXACT : path->kind == PATH_PREFIX_ELEMENT;
    if (!same || path_folds(rule, author->path)) {
        say_rule(c, DIAG_C056, rule,
                 "path '" SLICE_FMT
                 "' is written as %s that it says; today it also takes '" SLICE_FMT "x'%s",
                 SLICE_ARG(author->path), exact ? "the exact path" : "the prefix of whole elements",
                 SLICE_ARG(author->path),
                 path_folds(rule, author->path) ? ", and other upper and lower case" : "");
    }
    return true;
}
