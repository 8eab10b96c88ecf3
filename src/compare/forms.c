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

/* Segments that a path has and need not have. */
struct needless {
    bool slashes, dots, parents;
};

/* What is left of "/a/b/" without its last segment; the first '/' stays. */
static size_t parent(const char *bytes, size_t len)
{
    len -= len > 1;
    while (len > 1 && bytes[len - 1] != '/') {
        len--;
    }
    return len;
}

/* Without empty segments, those that are ".", and those that ".." takes back. */
static struct slice without_segments(struct arena *arena, struct slice path,
                                     struct needless *needless)
{
    char *bytes = arena_alloc(arena, path.len + 1);
    size_t len = 0, at = 0;
    while (at < path.len) {
        size_t end = slice_find(path, '/', at);
        struct slice segment = slice_sub(path, at, end);
        bool last = end == path.len;
        bool empty = !segment.len && at > 0 && !last, dot = slice_is(segment, "."),
             up = slice_is(segment, "..");
        needless->slashes |= empty;
        needless->dots |= dot;
        needless->parents |= up;
        if (up) {
            len = parent(bytes, len);
        } else if (!empty && !dot) {
            memcpy(bytes + len, segment.ptr, segment.len);
            len += segment.len;
            bytes[len] = '/';
            len += !last;
        }
        at = end + 1;
    }
    return (struct slice){bytes, len};
}

enum request_form target_plain(struct arena *arena, struct slice target, struct slice *plain)
{
    struct slice path, query;
    target_split(target, &path, &query);
    struct needless needless = {0};
    bool empty_query = query.ptr && !query.len;
    struct slice unescaped = unescape(arena, path, false);
    bool escaped = unescaped.len != path.len;
    path = without_segments(arena, unescaped, &needless);
    bool odd = needless.slashes || needless.dots || needless.parents || escaped || empty_query;
    struct slice decoded = odd ? path : unescape(arena, path, true);
    bool encoded = decoded.len != path.len;
    path = decoded;
    const struct slice parts[] = {path, query.len ? SLICE("?") : SLICE(""),
                                  query.len ? query : SLICE("")};
    *plain = arena_join(arena, parts, ARRAY_LEN(parts));
    return needless.parents   ? FORM_PARENT
           : needless.slashes ? FORM_DOUBLE_SLASH
           : needless.dots    ? FORM_DOT
           : escaped          ? FORM_ESCAPED
           : empty_query      ? FORM_EMPTY_QUERY
           : encoded          ? FORM_ENCODED
                              : FORM_PLAIN;
}

/* Of the way in which the request comes, whatever it asks for. */
static enum request_form connection_form(const struct request *request, struct slice host,
                                         struct slice sni)
{
    bool other = slice_is(request->scheme, "https") && !slice_equal(sni, host);
    return slice_is(request->protocol, "h1.0") ? FORM_OLD
           : !host.len                         ? FORM_NO_HOST
           : other                             ? (sni.len ? FORM_OTHER_NAME : FORM_NO_NAME)
                                               : FORM_PLAIN;
}

enum request_form request_plain(struct arena *arena, const struct request *request,
                                struct request *plain)
{
    struct slice host = host_normalise(arena, request->host),
                 sni = host_normalise(arena, request->sni);
    enum request_form form = connection_form(request, host, sni);
    *plain = *request;
    if (form == FORM_PLAIN) {
        form = target_plain(arena, request->target, &plain->target);
        if (form != FORM_PLAIN || slice_equal(host, request->host)) {
            return form;
        }
        form = FORM_HOST;
    }
    plain->host = host.len ? host : sni.len ? sni : UNKNOWN_NAME;
    plain->sni = slice_is(request->scheme, "https") ? plain->host : request->sni;
    plain->protocol = SLICE("h1");
    return form;
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

void target_parents(struct arena *arena, struct slice path, struct texts *out)
{
    static const char *const ways[] = {"/x/..", "/x/%2e%2E", "/.."};
    *out = (struct texts){0};
    for (size_t i = 0; slice_starts(path, SLICE("/")) && i < ARRAY_LEN(ways); i++) {
        add_form(arena, out, arena_printf(arena, "%s" SLICE_FMT, ways[i], SLICE_ARG(path)));
    }
}

/* ---- spellings -----------------------------------------------------------------------------*/

/* The text of an expression of literal characters and '.', as its author wrote it; false for others. */
static bool own_text(struct arena *arena, const struct path_match *match, struct slice *out)
{
    struct slice value =
        slice_sub(match->value, slice_starts(match->value, SLICE("^")), match->value.len);
    value.len -= slice_ends(value, SLICE("$")) ? 1 : slice_ends(value, SLICE(".*")) ? 2 : 0;
    char *text = arena_alloc(arena, value.len + 1);
    size_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        bool escaped = value.ptr[i] == '\\' && i + 1 < value.len;
        i += escaped;
        if (escaped ? is_alphanumeric(value.ptr[i])
                    : strchr("\\[](){}*+?|^$", value.ptr[i]) != NULL) {
            return false;
        }
        text[length++] = value.ptr[i];
    }
    *out = (struct slice){text, length};
    return length && text[0] == '/';
}

/* What a path starts with that the rule takes. */
static struct slice start_of(struct arena *arena, const struct path_match *match)
{
    struct slice text;
    return match->kind == PATH_REGEX && own_text(arena, match, &text) ? text
                                                                      : path_match_start(match);
}

/* Behind '.' another character may stand for that of the text. */
static bool starts_so(const struct path_match *match, struct slice path, struct slice start)
{
    return path.len >= start.len &&
           (match->kind == PATH_REGEX || slice_equal_fold(slice_sub(path, 0, start.len), start));
}

bool path_as_written(struct arena *arena, struct slice path, const struct path_match *match,
                     enum spelling spelling, struct slice *out)
{
    struct slice start = start_of(arena, match), rest = slice_sub(path, start.len, path.len);
    bool same = slice_equal_fold(slice_sub(path, 0, start.len), start);
    switch (spelling) {
    case SPELLING_CASE:
        *out = ARENA_JOIN(arena, start, arena_lower(arena, rest));
        return same && !slice_equal(*out, path);
    case SPELLING_WITHIN:
        *out = ARENA_JOIN(arena, start, SLICE("/"), rest);
        return start.len > 1 && start.ptr[start.len - 1] != '/' && rest.len && rest.ptr[0] != '/' &&
               starts_so(match, path, start);
    case SPELLING_OTHER:
        *out = ARENA_JOIN(arena, start, rest);
        return match->kind == PATH_REGEX && !same && own_text(arena, match, &start) &&
               starts_so(match, path, start);
    case SPELLING_SAME:
    case SPELLING_COUNT:
        break;
    }
    return false;
}
