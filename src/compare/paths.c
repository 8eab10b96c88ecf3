#include "compare/compare_priv.h"

#include <string.h>

void path_words_open(struct arena *arena, struct path_words *words)
{
    *words = (struct path_words){.seen = map_new(arena)};
}

/* Returns the index of the word; a path that is there already keeps its first index. Values of the
 * map are indices plus one, as a null means "missing". */
static size_t add(struct arena *arena, struct path_words *words, struct slice path,
                  enum path_form_kind form, size_t base)
{
    uintptr_t known = (uintptr_t)map_get(words->seen, path);
    if (known) {
        return known - 1;
    }
    struct path_word *word = ARENA_PUSH(arena, words->items, words->count, words->capacity);
    size_t index = words->count - 1;
    *word = (struct path_word){path, form, form == FORM_PLAIN ? index : base};
    map_put(words->seen, path, (void *)(uintptr_t)(index + 1));
    return index;
}

static size_t add_plain(struct arena *arena, struct path_words *words, struct slice path)
{
    return add(arena, words, path.len ? path : SLICE("/"), FORM_PLAIN, 0);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The same path in the other case; absent when it has no letters. */
static struct slice other_case(struct arena *arena, struct slice path)
{
    char *copy = arena_alloc(arena, path.len + 1);
    bool changed = false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        copy[i] = is_letter(c) ? (char)(c ^ 0x20) : c;
        changed = changed || is_letter(c);
    }
    return changed ? (struct slice){copy, path.len} : SLICE_ABSENT;
}

/* The last letter as "%63"; absent when there is none. */
static struct slice escaped_letter(struct arena *arena, struct slice path)
{
    for (size_t i = path.len; i-- > 0;) {
        if (is_letter(path.ptr[i])) {
            return arena_printf(arena, SLICE_FMT "%%%02X" SLICE_FMT,
                                SLICE_ARG(slice_sub(path, 0, i)), (unsigned char)path.ptr[i],
                                SLICE_ARG(slice_sub(path, i + 1, path.len)));
        }
    }
    return SLICE_ABSENT;
}

/* A path and what lies around it: below it, beside it, and other ways to write it. */
static void add_neighbours(struct arena *arena, struct path_words *words, struct slice path)
{
    size_t base = add_plain(arena, words, path);
    bool slash = path.len && path.ptr[path.len - 1] == '/';
    struct slice bare = slash ? slice_sub(path, 0, path.len - 1) : path;
    if (bare.len) {
        add_plain(arena, words, bare);
        add_plain(arena, words, arena_printf(arena, SLICE_FMT "x", SLICE_ARG(bare)));
    }
    add_plain(arena, words, arena_printf(arena, SLICE_FMT "/", SLICE_ARG(bare)));
    add_plain(arena, words, arena_printf(arena, SLICE_FMT "/x", SLICE_ARG(bare)));
    add_plain(arena, words, arena_printf(arena, SLICE_FMT "/x/y", SLICE_ARG(bare)));
    add_plain(arena, words, arena_printf(arena, SLICE_FMT "?q=1", SLICE_ARG(path)));
    struct slice other = other_case(arena, path);
    if (other.ptr) {
        add_plain(arena, words, other);
    }
    struct slice escaped = escaped_letter(arena, path);
    if (escaped.ptr) {
        add(arena, words, escaped, FORM_ESCAPED, base);
    }
    add(arena, words, arena_printf(arena, "/" SLICE_FMT, SLICE_ARG(path)), FORM_DOUBLE_SLASH, base);
}

/* The text before the first character with a meaning of its own. */
static struct slice literal_prefix(struct slice pattern)
{
    if (slice_starts(pattern, SLICE("^"))) {
        pattern = slice_sub(pattern, 1, pattern.len);
    }
    size_t end = 0;
    while (end < pattern.len && !strchr("\\[](){}*+?|^$.", pattern.ptr[end])) {
        end++;
    }
    /* A quantifier acts on the character before it. */
    if (end && end < pattern.len && strchr("*?{", pattern.ptr[end])) {
        end--;
    }
    return slice_sub(pattern, 0, end);
}

static bool starts_path(struct slice path)
{
    return path.len && path.ptr[0] == '/';
}

static struct slice add_regex(struct arena *arena, struct slice pattern, struct path_words *words)
{
    static const struct sample_choice choices[] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 1}, {3, 1}};
    struct slice first = SLICE_ABSENT;
    struct buf buf;
    buf_init(&buf, 4096);
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        buf_clear(&buf);
        if (!sample_regex(pattern, &choices[i], &buf)) {
            continue;
        }
        struct slice path = arena_copy(arena, buf_slice(&buf));
        if (!starts_path(path)) {
            path = arena_printf(arena, "/" SLICE_FMT, SLICE_ARG(path));
        }
        if (i < 2) {
            add_neighbours(arena, words, path);
        } else {
            add_plain(arena, words, path);
        }
        first = first.ptr ? first : path;
    }
    buf_release(&buf);
    struct slice prefix = literal_prefix(pattern);
    if (starts_path(prefix)) {
        add_neighbours(arena, words, prefix);
        first = first.ptr ? first : prefix;
    }
    return first;
}

struct slice path_words_add(struct arena *arena, const struct path_match *match,
                            struct path_words *words)
{
    switch (match->kind) {
    case PATH_ANY:
        add_neighbours(arena, words, SLICE("/"));
        return SLICE("/");
    case PATH_EXACT:
    case PATH_PREFIX_ELEMENT:
    case PATH_PREFIX_STRING:
        if (!starts_path(match->value)) {
            return SLICE_ABSENT;
        }
        add_neighbours(arena, words, match->value);
        return match->value;
    case PATH_REGEX:
        return add_regex(arena, match->value, words);
    }
    return SLICE_ABSENT;
}
