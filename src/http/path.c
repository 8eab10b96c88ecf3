#include "http/http.h"

#include <string.h>

void target_split(struct slice target, struct slice *path, struct slice *query)
{
    size_t mark = slice_find(target, '?', 0);
    *path = slice_sub(target, 0, mark);
    *query = mark < target.len ? slice_sub(target, mark + 1, target.len) : SLICE_ABSENT;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct slice decode_query(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t used = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' && i + 2 < text.len && hex(text.ptr[i + 1]) >= 0 &&
            hex(text.ptr[i + 2]) >= 0) {
            out[used++] = (char)(hex(text.ptr[i + 1]) * 16 + hex(text.ptr[i + 2]));
            i += 2;
        } else {
            out[used++] = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        }
    }
    return (struct slice){out, used};
}

struct slice query_get(struct arena *arena, struct slice query, struct slice name)
{
    struct slice pair;
    while (slice_split(&query, '&', &pair)) {
        size_t equals = slice_find(pair, '=', 0);
        if (slice_equal(decode_query(arena, slice_sub(pair, 0, equals)), name)) {
            return decode_query(arena, slice_sub(pair, equals + 1, pair.len));
        }
    }
    return SLICE_ABSENT;
}

/* Appends the segment that ended at `used` or undoes it; false above the root. */
static bool end_segment(char *out, size_t *used, size_t start)
{
    size_t length = *used - start;
    if (length == 1 && out[start] == '.') {
        *used = start;
    } else if (length == 2 && out[start] == '.' && out[start + 1] == '.') {
        if (start <= 1) {
            return false;
        }
        /* start is behind a slash; go behind the one before it */
        size_t back = start - 1;
        while (back > 0 && out[back - 1] != '/') {
            back--;
        }
        *used = back;
    }
    return true;
}

/* nginx decodes first, so "%2e%2e" and "%2F" take part in what follows (ngx_http_parse_complex_uri). */
enum normalise_result path_normalise(struct arena *arena, struct slice path,
                                     const struct path_form *form, struct slice *out)
{
    char *text = arena_alloc(arena, path.len + 1);
    size_t used = 0, start = 0;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool decoded = false;
        if (c == '%' && form->decode) {
            int high = i + 1 < path.len ? hex(path.ptr[i + 1]) : -1;
            int low = i + 2 < path.len ? hex(path.ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                return NORMALISE_BAD_ESCAPE;
            }
            c = (char)(high * 16 + low);
            decoded = true;
            i += 2;
        }
        (void)decoded;
        if (c != '/') {
            text[used++] = c;
            continue;
        }
        if (form->resolve_dots && used > 0 && !end_segment(text, &used, start)) {
            return NORMALISE_ABOVE_ROOT;
        }
        if (form->merge_slashes && used > 0 && text[used - 1] == '/') {
            start = used;
            continue;
        }
        text[used++] = '/';
        start = used;
    }
    if (form->resolve_dots && used > 0 && !end_segment(text, &used, start)) {
        return NORMALISE_ABOVE_ROOT;
    }
    if (used == 0) {
        text[used++] = '/';
    }
    *out = (struct slice){text, used};
    return NORMALISE_OK;
}

struct slice path_escape(struct arena *arena, struct slice path)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, path.len * 3 + 1);
    size_t used = 0;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("%?#\"<>\\^`{|}", c) != NULL) {
            out[used++] = '%';
            out[used++] = digits[c >> 4];
            out[used++] = digits[c & 15];
        } else {
            out[used++] = (char)c;
        }
    }
    return (struct slice){out, used};
}
