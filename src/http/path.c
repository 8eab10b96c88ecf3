#include "http/http.h"

#include <string.h>

void target_split(struct slice target, struct slice *path, struct slice *query)
{
    size_t mark = slice_find(target, '?', 0);
    *path = slice_sub(target, 0, mark);
    *query = mark < target.len ? slice_sub(target, mark + 1, target.len) : SLICE_ABSENT;
}

static struct slice decode_query(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t used = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' && i + 2 < text.len && hex_digit(text.ptr[i + 1]) >= 0 &&
            hex_digit(text.ptr[i + 2]) >= 0) {
            out[used++] = (char)(hex_digit(text.ptr[i + 1]) * 16 + hex_digit(text.ptr[i + 2]));
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

/* What a segment means for the ones before it. */
enum segment { SEGMENT_PLAIN, SEGMENT_DOT, SEGMENT_DOT_DOT };

/* Cuts a dot off the front of a segment; with `escaped` also one that is written "%2e". */
static bool cut_dot(struct slice *segment, bool escaped)
{
    size_t length = slice_starts(*segment, SLICE(".")) ? 1 : 0;
    if (escaped && slice_equal_fold(slice_sub(*segment, 0, 3), SLICE("%2e"))) {
        length = 3;
    }
    *segment = slice_sub(*segment, length, segment->len);
    return length > 0;
}

/* In a path whose escapes stay, "%2e" still counts as a dot in a segment of dots alone (WHATWG URL,
 * "single-dot path segment"), which is what Envoy's canonicaliser follows. */
static enum segment segment_meaning(struct slice segment, bool escaped)
{
    if (!cut_dot(&segment, escaped)) {
        return SEGMENT_PLAIN;
    }
    if (segment.len == 0) {
        return SEGMENT_DOT;
    }
    return cut_dot(&segment, escaped) && segment.len == 0 ? SEGMENT_DOT_DOT : SEGMENT_PLAIN;
}

/* Resolves the segment text[start..*used), where start is behind a slash; *dots says that nothing of
 * it is left and that the slash which ends it is swallowed. False above the root. */
static bool end_segment(const char *text, size_t *used, size_t start, const struct path_form *form,
                        bool *dots)
{
    struct slice segment = {text + start, *used - start};
    enum segment meaning = segment_meaning(segment, !form->decode);
    *dots = meaning != SEGMENT_PLAIN;
    if (meaning == SEGMENT_DOT) {
        *used = start;
    } else if (meaning == SEGMENT_DOT_DOT) {
        if (start <= 1) {
            *used = start;
            return form->stay_in_root;
        }
        size_t back = start - 1; /* go behind the slash before this one */
        while (back > 0 && text[back - 1] != '/') {
            back--;
        }
        *used = back;
    }
    return true;
}

/* Decodes the escapes of a path. Refused are escapes that are none, and "%00", as in nginx
 * src/http/ngx_http_parse.c, ngx_http_parse_complex_uri; a raw '#' ends the path there. */
static bool decode_path(struct slice path, char *out, size_t *used)
{
    *used = 0;
    for (size_t i = 0; i < path.len && path.ptr[i] != '#'; i++) {
        char c = path.ptr[i];
        if (c == '%') {
            int high = i + 1 < path.len ? hex_digit(path.ptr[i + 1]) : -1;
            int low = i + 2 < path.len ? hex_digit(path.ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[(*used)++] = c;
    }
    return true;
}

bool is_unreserved(unsigned char byte)
{
    return is_alphanumeric((char)byte) || (byte && strchr("-._~", byte) != NULL);
}

/* Decodes what never needs an escape; escapes that are none stay. Only "%00" is refused (google/gurl
 * dd4080f url/url_canon_path.cc, which every Envoy since 1.25 is built with: bazel/repository_locations.bzl). */
static bool decode_unreserved(struct slice path, char *out, size_t *used)
{
    *used = 0;
    for (size_t i = 0; i < path.len; i++) {
        int high = i + 2 < path.len ? hex_digit(path.ptr[i + 1]) : -1;
        int low = i + 2 < path.len ? hex_digit(path.ptr[i + 2]) : -1;
        bool escape = path.ptr[i] == '%' && high >= 0 && low >= 0;
        unsigned char byte = escape ? (unsigned char)(high * 16 + low) : 0;
        if (escape && byte == 0) {
            return false;
        }
        bool plain = escape && is_unreserved(byte);
        out[(*used)++] = plain ? (char)byte : path.ptr[i];
        i += plain ? 2 : 0;
    }
    return true;
}

/* Slashes and dots are looked at after decoding, so that "%2e%2e" and "%2F" take part, and a slash that
 * ends a segment of dots goes with it even where slashes are not merged (the same function of nginx,
 * states sw_slash, sw_dot and sw_dot_dot). Works in place: what is written never overtakes what is read. */
static enum normalise_result resolve(char *text, size_t length, const struct path_form *form,
                                     size_t *used_out)
{
    size_t used = 0, start = 0;
    bool dots = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '/') {
            text[used++] = text[i];
            continue;
        }
        dots = false;
        if (form->resolve_dots && used > 0 && !end_segment(text, &used, start, form, &dots)) {
            return NORMALISE_ABOVE_ROOT;
        }
        bool merged = form->merge_slashes && used > 0 && text[used - 1] == '/';
        if (!merged && !(dots && used > 0)) {
            text[used++] = '/';
        }
        start = used;
    }
    if (form->resolve_dots && used > 0 && !end_segment(text, &used, start, form, &dots)) {
        return NORMALISE_ABOVE_ROOT;
    }
    *used_out = used;
    return NORMALISE_OK;
}

enum normalise_result path_normalise(struct arena *arena, struct slice path,
                                     const struct path_form *form, struct slice *out)
{
    char *text = arena_alloc(arena, path.len + 1);
    size_t length = path.len, used;
    if (form->decode || form->decode_unreserved) {
        if (form->decode ? !decode_path(path, text, &length)
                         : !decode_unreserved(path, text, &length)) {
            return NORMALISE_BAD_ESCAPE;
        }
    } else if (path.len) {
        memcpy(text, path.ptr, path.len);
    }
    enum normalise_result result = resolve(text, length, form, &used);
    if (result != NORMALISE_OK) {
        return result;
    }
    if (used == 0) {
        text[used++] = '/';
    }
    *out = (struct slice){text, used};
    return NORMALISE_OK;
}

struct slice percent_escape(struct arena *arena, struct slice text, kept_fn *kept)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, text.len * 3 + 1);
    size_t used = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (kept(text.ptr[i])) {
            out[used++] = (char)c;
        } else {
            out[used++] = '%';
            out[used++] = digits[c >> 4];
            out[used++] = digits[c & 15];
        }
    }
    return (struct slice){out, used};
}

static bool kept_in_path(char c)
{
    return c > ' ' && c < 0x7f && !strchr("%?#\"<>\\^`{|}", c);
}

struct slice path_escape(struct arena *arena, struct slice path)
{
    return percent_escape(arena, path, kept_in_path);
}

bool path_is_simple(struct slice path)
{
    char before = '\0';
    for (size_t i = 0; i < path.len; i++) {
        const char c = path.ptr[i];
        if (c == '.' || c == '%' || (c == '/' && before == '/')) {
            return false;
        }
        before = c;
    }
    return true;
}

/* apis/v1/httproute_types.go of gateway-api (HTTPPathMatch); pkg/apis/networking/validation of Kubernetes. */
const char *path_refused_part(struct slice path, size_t *index)
{
    static const char *const parts[] = {"//", "/./", "/../", "%2f", "%2F"};
    while (*index < ARRAY_LEN(parts)) {
        const char *part = parts[(*index)++];
        if (slice_contains(path, slice_of(part))) {
            return part;
        }
    }
    return NULL;
}

bool path_ends_in_dots(struct slice path)
{
    return slice_ends(path, SLICE("/.")) || slice_ends(path, SLICE("/.."));
}
