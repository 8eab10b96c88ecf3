#include "replay/replay_priv.h"

/* Which bytes of a path can decide. The literal paths of all rules are a tree; where a path leaves the tree, what
 * follows decides nothing but that it is there, whether it begins or ends with '/', and what is handed on behind a
 * rewrite, which is the same function of it for all. So such a rest is replaced by another one, and the decision for
 * that path is the decision for all of them.
 *
 * It is done only to paths that every data plane reads as they are written, and not behind expressions that are more
 * than a literal with any rest. */

struct path_node {
    uint32_t child, sibling; /* 0: none */
    char byte;               /* in lower case */
    bool opaque;             /* what follows may decide in ways that are not looked into */
    bool ends;               /* the start of some rule ends here */
};
struct paths {
    struct path_node *nodes; /* the first is the root */
    size_t count, capacity;
};

static uint32_t find_child(const struct paths *paths, uint32_t node, char byte)
{
    uint32_t child = paths->nodes[node].child;
    while (child && paths->nodes[child].byte != byte) {
        child = paths->nodes[child].sibling;
    }
    return child;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint32_t insert(struct arena *arena, struct paths *paths, struct slice text, bool opaque)
{
    uint32_t node = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = lower(text.ptr[i]);
        uint32_t child = find_child(paths, node, byte);
        if (!child) {
            child = (uint32_t)paths->count;
            *ARENA_PUSH(arena, paths->nodes, paths->count, paths->capacity) =
                (struct path_node){.byte = byte, .sibling = paths->nodes[node].child};
            paths->nodes[node].child = child;
        }
        node = child;
    }
    paths->nodes[node].opaque = paths->nodes[node].opaque || opaque;
    return node;
}

/* The literal of an expression behind which any rest may come; absent when it is something else. */
static struct slice literal_of(struct slice pattern)
{
    static const char *const rests[] = {"(/|$)(.*)", "(/|$)", "/?(.*)", "(.*)",
                                        "(/.*)?",    ".*",    "$"};
    static const char *const beginnings[] = {"(?i)", "^"}; /* the tree is in lower case */
    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
        struct slice beginning = slice_of(beginnings[i]);
        if (slice_starts(pattern, beginning)) {
            pattern = slice_sub(pattern, beginning.len, pattern.len);
        }
    }
    if (regex_is_literal(pattern)) {
        return pattern;
    }
    for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
        struct slice rest = slice_of(rests[i]);
        struct slice start =
            slice_sub(pattern, 0, pattern.len > rest.len ? pattern.len - rest.len : 0);
        if (slice_ends(pattern, rest) && regex_is_literal(start)) {
            return start.ptr ? start : SLICE("");
        }
    }
    return SLICE_ABSENT;
}

static void add_rule(struct arena *arena, struct paths *paths, const struct rule *rule)
{
    const struct path_match *path = &rule->match.path;
    const struct route_rewrite *rewrite = rule->effects.rewrite;
    bool opaque = rewrite && rewrite->kind == REWRITE_REGEX && !literal_of(rewrite->pattern).ptr;
    struct slice start = path_match_start(path);
    for (size_t i = 0; i < rule->backend_count && !opaque; i++) {
        const struct effects *effects = rule->backends[i].effects;
        const struct route_rewrite *own = effects ? effects->rewrite : NULL;
        opaque = own && own->kind == REWRITE_REGEX && !literal_of(own->pattern).ptr;
    }
    switch (path->kind) {
    case PATH_ANY:
        break;
    case PATH_EXACT:
    case PATH_PREFIX_ELEMENT:
    case PATH_PREFIX_STRING:
        (void)insert(arena, paths, path->value, false);
        break;
    case PATH_REGEX: {
        struct slice literal = literal_of(path->value);
        opaque = opaque || !literal.ptr;
        if (literal.ptr) {
            (void)insert(arena, paths, literal, false);
        }
        break;
    }
    }
    uint32_t end = insert(arena, paths, start, opaque);
    paths->nodes[end].ends = true;
    if (rewrite && rewrite->kind == REWRITE_REGEX && !opaque) {
        (void)insert(arena, paths, literal_of(rewrite->pattern), false);
    }
}

struct paths *paths_new(struct arena *arena)
{
    struct paths *paths = ARENA_NEW(arena, struct paths);
    *ARENA_PUSH(arena, paths->nodes, paths->count, paths->capacity) = (struct path_node){0};
    return paths;
}

void paths_add(struct arena *arena, struct paths *paths, const struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        add_rule(arena, paths, &list->rules[i]);
    }
}

/* ---- reducing ----------------------------------------------------------------------------- */

/* Every data plane matches and hands on such a path as it is: unreserved bytes (RFC 3986), no empty segment, none that
 * begins with a dot. */
static bool is_plain_path(struct slice path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i], before = i ? path.ptr[i - 1] : '\0';
        bool plain = is_alphanumeric(c) || c == '/' || c == '-' || c == '_' || c == '~' || c == '.';
        if (!plain || (before == '/' && (c == '/' || c == '.'))) {
            return false;
        }
    }
    return path.len > 0;
}

/* Where a way through the tree ends. */
struct leaving {
    uint32_t node;
    size_t at; /* of the first byte of the path that has no branch */
};
enum { LEAVINGS_MAX = 16 };
struct walk {
    const struct paths *paths;
    struct slice path;
    struct leaving ways[LEAVINGS_MAX];
    size_t count;
    bool opaque;
};

/* What differs may be laid on the spelling of a path, which is tried with a '/' behind the start of a rule
 * (compare's path_as_written): what decides that way decides, too. */
static void walk_from(struct walk *walk, uint32_t node, size_t at, bool first);

static void walk_within(struct walk *walk, uint32_t node, size_t at)
{
    uint32_t slash = find_child(walk->paths, node, '/');
    bool within = walk->paths->nodes[node].ends && at > 1 && at < walk->path.len &&
                  walk->path.ptr[at] != '/' && walk->path.ptr[at - 1] != '/';
    if (within && slash) {
        walk_from(walk, slash, at, false);
    }
}

static void walk_from(struct walk *walk, uint32_t node, size_t at, bool first)
{
    for (;;) {
        walk->opaque = walk->opaque || walk->paths->nodes[node].opaque;
        if (first) {
            walk_within(walk, node, at);
        }
        uint32_t child =
            at < walk->path.len ? find_child(walk->paths, node, lower(walk->path.ptr[at])) : 0;
        if (!child) {
            break;
        }
        node = child;
        at++;
    }
    if (walk->count == LEAVINGS_MAX) {
        walk->opaque = true;
        return;
    }
    walk->ways[walk->count++] = (struct leaving){node, at};
}

/* A byte with which no rule goes on where the path leaves the tree last. */
static char other_byte(const struct walk *walk, size_t at)
{
    static const char bytes[] = "xqzjvkwy0123456789abcdefghilmnoprstu";
    for (size_t i = 0; i + 1 < sizeof bytes; i++) {
        bool taken = false;
        for (size_t w = 0; w < walk->count; w++) {
            taken = taken || (walk->ways[w].at == at &&
                              find_child(walk->paths, walk->ways[w].node, bytes[i]));
        }
        if (!taken) {
            return bytes[i];
        }
    }
    return '\0';
}

struct slice paths_reduce(const struct paths *paths, struct arena *arena, struct slice path)
{
    struct walk walk = {.paths = paths, .path = path};
    size_t at = 0;
    if (!is_plain_path(path)) {
        return path;
    }
    walk_from(&walk, 0, 0, true);
    for (size_t i = 0; i < walk.count; i++) {
        at = walk.ways[i].at > at ? walk.ways[i].at : at;
    }
    size_t rest = path.len - at;
    bool slash = rest && path.ptr[at] == '/', ends = rest > 1 && path.ptr[path.len - 1] == '/';
    char byte = slash ? 'x' : other_byte(&walk, at);
    if (walk.opaque || rest <= 3 || !byte) {
        return path;
    }
    const char tail[] = {slash ? '/' : byte, byte};
    return ARENA_JOIN(arena, slice_sub(path, 0, at), (struct slice){tail, sizeof tail},
                      ends ? SLICE("/") : SLICE(""));
}
