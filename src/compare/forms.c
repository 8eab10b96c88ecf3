#include "compare/compare_priv.h"

#include <string.h>

/* The byte of the escape at `at`, if a target could hold it without being escaped; else 0. */
static char needless_escape(struct slice path, size_t at)
{
    if (at + 2 >= path.len || path.ptr[at] != '%') {
        return 0;
    }
    int high = hex_digit(path.ptr[at + 1]), low = hex_digit(path.ptr[at + 2]);
    int byte = high < 0 || low < 0 ? 0 : high * 16 + low;
    bool visible = byte > ' ' && byte < 0x7f;
    return visible && byte != '?' && byte != '#' && byte != '%' ? (char)byte : '\0';
}

/* Of the escapes that are needed when `needed`, else of the others. */
static struct slice unescape(struct arena *arena, struct slice path, bool needed)
{
    char *bytes = arena_alloc(arena, path.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++) {
        char byte = needless_escape(path, i);
        bool escape = path.ptr[i] == '%' && i + 2 < path.len;
        bool cut = escape && (needed ? !byte : byte != 0);
        bytes[len++] = cut ? (needed ? 'a' : byte) : path.ptr[i];
        i += cut ? 2 : 0;
    }
    return (struct slice){bytes, len};
}

/* Without empty segments and those that are ".". */
static struct slice without_segments(struct arena *arena, struct slice path, bool *slashes,
                                     bool *dots)
{
    char *bytes = arena_alloc(arena, path.len + 1);
    size_t len = 0, at = 0;
    while (at < path.len) {
        size_t end = slice_find(path, '/', at);
        struct slice segment = slice_sub(path, at, end);
        bool last = end == path.len;
        bool empty = !segment.len && at > 0 && !last, dot = slice_is(segment, ".");
        *slashes = *slashes || empty;
        *dots = *dots || dot;
        if (!empty && !dot) {
            memcpy(bytes + len, segment.ptr, segment.len);
            len += segment.len;
            bytes[len] = '/';
            len += !last;
        }
        at = end + 1;
    }
    return (struct slice){bytes, len};
}

enum target_form target_plain(struct arena *arena, struct slice target, struct slice *plain)
{
    struct slice path, query;
    target_split(target, &path, &query);
    bool slashes = false, dots = false, empty_query = query.ptr && !query.len;
    struct slice unescaped = unescape(arena, path, false);
    bool escaped = unescaped.len != path.len;
    path = without_segments(arena, unescaped, &slashes, &dots);
    bool odd = slashes || dots || escaped || empty_query;
    struct slice decoded = odd ? path : unescape(arena, path, true);
    bool encoded = decoded.len != path.len;
    path = decoded;
    const struct slice parts[] = {path, query.len ? SLICE("?") : SLICE(""),
                                  query.len ? query : SLICE("")};
    *plain = arena_join(arena, parts, ARRAY_LEN(parts));
    return slashes       ? FORM_DOUBLE_SLASH
           : dots        ? FORM_DOT
           : escaped     ? FORM_ESCAPED
           : empty_query ? FORM_EMPTY_QUERY
           : encoded     ? FORM_ENCODED
                         : FORM_PLAIN;
}

bool target_has_control(struct slice target)
{
    struct slice path, query;
    target_split(target, &path, &query);
    for (size_t i = 0; i + 2 < path.len; i++) {
        int high = path.ptr[i] == '%' ? hex_digit(path.ptr[i + 1]) : -1;
        int low = hex_digit(path.ptr[i + 2]);
        int byte = high < 0 || low < 0 ? ' ' : high * 16 + low;
        if (byte < ' ' || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

static void add_form(struct arena *arena, struct texts *out, struct slice form)
{
    struct slice *items = ARENA_ARRAY(arena, struct slice, out->count + 1);
    for (size_t i = 0; i < out->count; i++) {
        items[i] = out->items[i];
    }
    items[out->count] = form;
    *out = (struct texts){items, out->count + 1};
}

/* "/a/b" as "/a//b" and so on: something put in behind the slash at `at`. */
static void add_behind(struct arena *arena, struct texts *out, struct slice path, size_t at,
                       const char *text)
{
    add_form(arena, out,
             arena_printf(arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(slice_sub(path, 0, at + 1)),
                          text, SLICE_ARG(slice_sub(path, at + 1, path.len))));
}

static void add_escaped(struct arena *arena, struct texts *out, struct slice path)
{
    for (size_t i = path.len; i-- > 0;) {
        if (is_alphanumeric(path.ptr[i])) {
            struct slice end = slice_sub(path, i + 1, path.len);
            add_form(arena, out,
                     arena_printf(arena, SLICE_FMT "%%%02X" SLICE_FMT,
                                  SLICE_ARG(slice_sub(path, 0, i)), (unsigned)path.ptr[i],
                                  SLICE_ARG(end)));
            return;
        }
    }
}

void target_forms(struct arena *arena, struct slice path, struct texts *out)
{
    size_t last = path.len;
    *out = (struct texts){0};
    while (last > 0 && path.ptr[last - 1] != '/') {
        last--;
    }
    if (!slice_starts(path, SLICE("/"))) {
        return;
    }
    for (size_t twice = 0; twice < (last > 1 ? 2 : 1); twice++) {
        add_behind(arena, out, path, twice ? last - 1 : 0, "/");
        add_behind(arena, out, path, twice ? last - 1 : 0, "./");
    }
    static const char *const ends[] = {"/./a", "//a", "/%61"};
    add_form(arena, out, arena_printf(arena, SLICE_FMT "?", SLICE_ARG(path)));
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        add_form(arena, out,
                 arena_printf(arena, SLICE_FMT "%s", SLICE_ARG(path),
                              ends[i] + slice_ends(path, SLICE("/"))));
    }
    add_form(arena, out, arena_printf(arena, SLICE_FMT "%%20", SLICE_ARG(path)));
    add_escaped(arena, out, path);
}

/* ---- spellings -----------------------------------------------------------------------------*/

static bool in_case_of(struct arena *arena, struct slice path, struct slice start,
                       struct slice *out)
{
    struct slice rest = slice_sub(path, start.len, path.len);
    if (!slice_equal_fold(slice_sub(path, 0, start.len), start)) {
        return false;
    }
    *out = ARENA_JOIN(arena, start, arena_lower(arena, rest));
    return !slice_equal(*out, path);
}

static bool with_slash_behind(struct arena *arena, struct slice path, struct slice start,
                              struct slice *out)
{
    bool within = path.len > start.len && start.len > 1 && path.ptr[start.len] != '/' &&
                  start.ptr[start.len - 1] != '/' &&
                  slice_equal_fold(slice_sub(path, 0, start.len), start);
    if (within) {
        *out = ARENA_JOIN(arena, start, SLICE("/"), slice_sub(path, start.len, path.len));
    }
    return within;
}

bool path_as_written(struct arena *arena, struct slice path, const struct path_match *match,
                     enum spelling spelling, struct slice *out)
{
    struct slice start = path_match_start(match);
    return spelling == SPELLING_CASE ? in_case_of(arena, path, start, out)
                                     : with_slash_behind(arena, path, start, out);
}
