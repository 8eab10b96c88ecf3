#include "convert/convert_priv.h"

/* NGINX Gateway Fabric puts the expression of a path into a location without quotes, so that it refuses braces
 * (internal/controller/nginx/config/validation/common.go, pathFmt). What is counted is written out. */

enum { TIMES_MAX = 64 };

struct count {
    uint64_t least, most;
    bool open;  /* "{2,}" */
    size_t end; /* behind it, and behind a '?' */
};

/* Of a class "[a-z]", "[^]a]" or "[[:digit:]x]" that begins there: a ']' in first place stands for itself. */
static size_t class_end(struct slice text, size_t at)
{
    size_t i = at + 1;
    i += i < text.len && text.ptr[i] == '^';
    i += i < text.len && text.ptr[i] == ']';
    for (; i < text.len && text.ptr[i] != ']'; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '[' && i + 1 < text.len && text.ptr[i + 1] == ':') {
            size_t close = slice_find(text, ']', i);
            bool posix = close < text.len && text.ptr[close - 1] == ':' && close > i + 2;
            i = posix ? close : i;
        }
    }
    return i < text.len ? i + 1 : text.len;
}

/* Of a group "(...)" that begins there. */
static size_t group_end(struct slice text, size_t at)
{
    size_t depth = 0;
    for (size_t i = at; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\') {
            i++;
        } else if (c == '[') {
            i = class_end(text, i) - 1;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            return i + 1;
        }
    }
    return text.len;
}

static size_t atom_end(struct slice text, size_t at)
{
    char c = text.ptr[at];
    return c == '\\' && at + 1 < text.len ? at + 2
           : c == '['                     ? class_end(text, at)
           : c == '('                     ? group_end(text, at)
                                          : at + 1;
}

/* "{3}", "{2,}" or "{2,4}"; false for what is none, or is possessive. */
static bool read_count(struct slice text, size_t at, struct count *out)
{
    size_t close = slice_find(text, '}', at), comma = slice_find(text, ',', at);
    if (close == text.len) {
        return false;
    }
    bool range = comma < close;
    struct slice most = range ? slice_sub(text, comma + 1, close) : SLICE("");
    out->open = range && !most.len;
    out->end = close + 1 + (close + 1 < text.len && text.ptr[close + 1] == '?');
    if (!slice_to_uint(slice_sub(text, at + 1, range ? comma : close), TIMES_MAX, &out->least)) {
        return false;
    }
    out->most = out->least;
    return (!most.len || slice_to_uint(most, TIMES_MAX, &out->most)) && out->most >= out->least &&
           !(close + 1 < text.len && text.ptr[close + 1] == '+');
}

static struct slice repeat(struct conversion *c, struct slice atom, const struct count *count)
{
    struct slice out = SLICE("");
    for (uint64_t i = 0; i < count->most; i++) {
        out = ARENA_JOIN(c->arena, out, atom, i < count->least ? SLICE("") : SLICE("?"));
    }
    return count->open ? ARENA_JOIN(c->arena, out, atom, SLICE("*")) : out;
}

/* Groups are not numbered as before, which only a back-reference would see; and braces may belong to an escape. */
static bool has_special_escape(struct slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
            if (slice_find(SLICE("123456789kgxopPN"), text.ptr[i], 0) <
                sizeof "123456789kgxopPN" - 1) {
                return true;
            }
        }
    }
    return false;
}

static struct slice write_out(struct conversion *c, struct slice text, bool *done)
{
    struct slice out = SLICE("");
    for (size_t at = 0; at < text.len && *done;) {
        size_t end = atom_end(text, at);
        struct slice atom = slice_sub(text, at, end);
        struct count count = {1, 1, false, end};
        if (slice_starts(atom, SLICE("(")) && slice_ends(atom, SLICE(")"))) {
            struct slice inner = write_out(c, slice_sub(atom, 1, atom.len - 1), done);
            atom = ARENA_JOIN(c->arena, SLICE("("), inner, SLICE(")"));
        }
        if (end < text.len && text.ptr[end] == '{') {
            *done = *done && read_count(text, end, &count);
        }
        out = ARENA_JOIN(c->arena, out, repeat(c, atom, &count));
        *done = *done && out.len <= PATH_BYTES_MAX;
        at = count.end;
    }
    return out;
}

struct slice quantifiers_write_out(struct conversion *c, struct slice pattern)
{
    bool done = !has_special_escape(pattern);
    struct slice out =
        slice_find(pattern, '{', 0) < pattern.len && done ? write_out(c, pattern, &done) : pattern;
    return done ? out : pattern;
}
