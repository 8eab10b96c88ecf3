#include "logs/logs_priv.h"

#include <string.h>

enum { KEY_MAX = 256 };

struct scan {
    const char *at, *end;
    struct arena *scratch;
    scan_fn *each;
    void *user;
    char path[KEY_MAX]; /* keys that lead here, joined */
    size_t path_len;
    unsigned depth;
};

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r')) {
        scan->at++;
    }
}

static bool take(struct scan *scan, char byte)
{
    skip_blanks(scan);
    bool there = scan->at < scan->end && *scan->at == byte;
    scan->at += there;
    return there;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

/* Both halves of a surrogate pair stay as they are, three bytes each: a target has none, and nothing else is looked
 * at byte by byte. */
static size_t put_escape(const char *at, size_t *used, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    unsigned code = 0;
    if (at[1] != 'u') {
        const char *found = memchr(from, at[1], sizeof from - 1);
        *used = 2;
        *out = found ? to[found - from] : at[1];
        return 1;
    }
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        code = code * 16 + (digit < 0 ? 0 : (unsigned)digit);
    }
    *used = 6;
    return put_utf8(out, code);
}

static struct slice unescape(struct arena *arena, const char *from, const char *to)
{
    char *bytes = arena_alloc(arena, (size_t)(to - from) + 1);
    size_t len = 0;
    while (from < to) {
        size_t used = 1;
        if (*from == '\\' && to - from >= (from[1] == 'u' ? 6 : 2)) {
            len += put_escape(from, &used, bytes + len);
        } else {
            bytes[len++] = *from;
        }
        from += used;
    }
    return (struct slice){bytes, len};
}

static bool take_text(struct scan *scan, struct slice *out)
{
    if (!take(scan, '"')) {
        return false;
    }
    const char *from = scan->at;
    bool escaped = false;
    while (scan->at < scan->end && *scan->at != '"') {
        bool escape = *scan->at == '\\' && scan->at + 1 < scan->end;
        escaped = escaped || escape;
        scan->at += escape ? 2 : 1;
    }
    if (scan->at == scan->end) {
        return false;
    }
    *out = escaped ? unescape(scan->scratch, from, scan->at)
                   : (struct slice){from, (size_t)(scan->at - from)};
    scan->at++;
    return true;
}

static bool is_word_byte(char c)
{
    return is_alphanumeric(c) || c == '-' || c == '+' || c == '.';
}

static bool take_word(struct scan *scan, struct slice *out)
{
    const char *from = scan->at;
    while (scan->at < scan->end && is_word_byte(*scan->at)) {
        scan->at++;
    }
    *out = (struct slice){from, (size_t)(scan->at - from)};
    return out->len > 0;
}

/* What is in a list is passed over: no field is one. */
static bool skip_list(struct scan *scan)
{
    size_t open = 1;
    while (open && scan->at < scan->end) {
        struct slice text;
        if (*scan->at == '"') {
            if (!take_text(scan, &text)) {
                return false;
            }
            continue;
        }
        open += *scan->at == '[';
        open -= *scan->at == ']';
        scan->at++;
    }
    return open == 0;
}

static bool take_members(struct scan *scan);

static bool take_value(struct scan *scan)
{
    struct slice key = {scan->path, scan->path_len}, value;
    skip_blanks(scan);
    if (scan->at < scan->end && *scan->at == '"') {
        if (!take_text(scan, &value)) {
            return false;
        }
        scan->each(scan->user, key, value);
        return true;
    }
    if (take(scan, '[')) {
        return skip_list(scan);
    }
    if (take(scan, '{')) {
        return take_members(scan);
    }
    if (!take_word(scan, &value)) {
        return false;
    }
    scan->each(scan->user, key, slice_is(value, "null") ? SLICE_ABSENT : value);
    return true;
}

/* A key too long to be one of ours becomes one that nobody asks for. */
static void push_key(struct scan *scan, struct slice key)
{
    size_t room = sizeof scan->path - scan->path_len;
    if (scan->path_len && room) {
        scan->path[scan->path_len++] = '.';
        room--;
    }
    size_t len = key.len < room ? key.len : room;
    if (len) {
        memcpy(scan->path + scan->path_len, key.ptr, len);
    }
    scan->path_len += len;
}

/* An object behind its brace. */
static bool take_members(struct scan *scan)
{
    size_t outer = scan->path_len;
    if (++scan->depth > LOG_DEPTH_MAX) {
        return false;
    }
    if (!take(scan, '}')) {
        do {
            struct slice key;
            if (!take_text(scan, &key) || !take(scan, ':')) {
                return false;
            }
            push_key(scan, key);
            if (!take_value(scan)) {
                return false;
            }
            scan->path_len = outer;
        } while (take(scan, ','));
        if (!take(scan, '}')) {
            return false;
        }
    }
    scan->depth--;
    return true;
}

bool scan_object(struct slice line, struct arena *scratch, scan_fn *each, void *user)
{
    struct scan scan = {
        .at = line.ptr, .end = line.ptr + line.len, .scratch = scratch, .each = each, .user = user};
    if (!line.len || !take(&scan, '{') || !take_members(&scan)) {
        return false;
    }
    skip_blanks(&scan);
    return scan.at == scan.end;
}
