/* URLs: k8s.io/apiserver, pkg/cel/library/urls.go, which reads them with Go's net/url: what
 * ParseRequestURI takes is a URL, and its parts are those of Parse. */
#include "cel/cel_priv.h"

#include <arpa/inet.h>
#include <string.h>

struct url_parts {
    struct slice text, scheme, host, path;
};

static bool is_hex(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] && strchr("0123456789abcdefABCDEF", text.ptr[at]);
}

/* Every % begins an escape. In a host only %25 and what is beyond ASCII may be escaped. */
static bool escapes_valid(struct slice text, bool host)
{
    for (size_t at = slice_find(text, '%', 0); at < text.len; at = slice_find(text, '%', at + 1)) {
        if (!is_hex(text, at + 1) || !is_hex(text, at + 2) ||
            (host && text.ptr[at + 1] < '8' && !slice_is(slice_sub(text, at, at + 3), "%25"))) {
            return false;
        }
    }
    return true;
}

static bool made_of(struct slice text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alphanumeric(text.ptr[i]) && (!text.ptr[i] || !strchr(others, text.ptr[i]))) {
            return false;
        }
    }
    return true;
}

/* Nothing, or a colon and digits. */
static bool port_valid(struct slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len == 0 || text.ptr[0] == ':';
}

static size_t last_of(struct slice text, char byte)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != byte) {
        at--;
    }
    return at ? at - 1 : text.len;
}

/* An address of IPv6, with a zone after "%25" if it has one. */
static bool literal_valid(struct arena *arena, struct slice text)
{
    unsigned char bytes[16];
    size_t zone = slice_find(text, '%', 0);
    return zone != 0 && slice_find(text, '\0', 0) == text.len &&
           inet_pton(AF_INET6, arena_string(arena, slice_sub(text, 0, zone)), bytes) == 1;
}

/* As Go has it since 1.26: in a web URL the one colon outside of brackets is the port's. */
static bool host_valid(struct arena *arena, struct slice host, bool web)
{
    bool literal = slice_starts(host, SLICE("["));
    size_t end = literal ? last_of(host, ']') : web ? slice_find(host, ':', 0) : last_of(host, ':');
    if (slice_find(host, '[', literal ? 1 : 0) < host.len) {
        return false;
    }
    if (literal && (end == host.len || !literal_valid(arena, slice_sub(host, 1, end)))) {
        return false;
    }
    if (!port_valid(slice_sub(host, literal ? end + 1 : end, host.len)) ||
        !escapes_valid(host, true)) {
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (c > 0 && !is_alphanumeric(c) && !strchr("-_.~!$&'()*+,;=:[]<>\"%", c)) {
            return false;
        }
    }
    return true;
}

/* Escapes as what they stand for. */
static struct slice unescape(struct arena *arena, struct slice text)
{
    static const char digits[] = "0123456789abcdef";
    struct slice lower = arena_lower(arena, text);
    char *out = arena_alloc(arena, text.len + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%') {
            size_t high = (size_t)(strchr(digits, lower.ptr[i + 1]) - digits);
            size_t low = (size_t)(strchr(digits, lower.ptr[i + 2]) - digits);
            out[length++] = (char)(unsigned char)(high * 16 + low);
            i += 2;
        } else {
            out[length++] = text.ptr[i];
        }
    }
    return (struct slice){out, length};
}

/* user:password@host:port */
static bool authority_read(struct arena *arena, struct slice text, bool web, struct slice *host)
{
    size_t at = last_of(text, '@');
    *host = at < text.len ? slice_sub(text, at + 1, text.len) : text;
    struct slice user = slice_sub(text, 0, at < text.len ? at : 0);
    if (!host_valid(arena, *host, web)) {
        return false;
    }
    *host = unescape(arena, *host);
    return made_of(user, "-._:~!$&'()*+,;=%@") && escapes_valid(user, false);
}

/* The scheme's length, 0 for none; false for a colon without one. */
static bool scheme_read(struct slice text, size_t *length)
{
    *length = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ':') {
            *length = i;
            return i > 0;
        }
        bool letter = is_alphanumeric(c) && !(c >= '0' && c <= '9');
        if (!letter && (i == 0 || (!is_alphanumeric(c) && c != '+' && c != '-' && c != '.'))) {
            return true;
        }
    }
    return true;
}

/* What Parse and, with `request`, ParseRequestURI take. */
static bool url_split(struct arena *arena, struct slice text, bool request, struct url_parts *out)
{
    size_t scheme;
    if (!scheme_read(text, &scheme) || (request && text.len == 0)) {
        return false;
    }
    *out = (struct url_parts){.scheme = arena_lower(arena, slice_sub(text, 0, scheme)),
                              .host = SLICE(""),
                              .path = SLICE("")};
    struct slice rest = slice_sub(text, scheme ? scheme + 1 : 0, text.len);
    rest = slice_sub(rest, 0, slice_find(rest, '?', 0));
    if (!slice_starts(rest, SLICE("/"))) {
        /* `mailto:x` is opaque; `a:b` without a scheme would be taken for one. */
        size_t colon = slice_find(rest, ':', 0);
        out->path = scheme ? SLICE("") : rest;
        return scheme || slice_is(text, "*") ||
               (!request && colon >= slice_find(rest, '/', 0) && escapes_valid(rest, false));
    }
    bool authority = slice_starts(rest, SLICE("//")) &&
                     (scheme || (!request && !slice_starts(rest, SLICE("///"))));
    if (authority) {
        size_t end = slice_find(rest, '/', 2);
        bool web = slice_is(out->scheme, "http") || slice_is(out->scheme, "https");
        if (!authority_read(arena, slice_sub(rest, 2, end), web, &out->host)) {
            return false;
        }
        rest = slice_sub(rest, end, rest.len);
    }
    out->path = rest;
    return escapes_valid(rest, false);
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

bool url_valid(struct arena *arena, struct slice text)
{
    struct url_parts parts;
    return !has_control(text) && url_split(arena, text, true, &parts);
}

static bool url_read(struct arena *arena, struct slice text, struct url_parts *out)
{
    size_t hash = slice_find(text, '#', 0);
    bool valid = url_valid(arena, text) && url_split(arena, slice_sub(text, 0, hash), false, out) &&
                 escapes_valid(slice_sub(text, hash, text.len), false);
    out->text = text;
    return valid;
}

bool url_equal(const struct url_parts *a, const struct url_parts *b)
{
    return slice_equal(a->text, b->text);
}

/* ---- functions ---------------------------------------------------------------------------- */

static struct value call_is_url(struct evaluation *e, const struct value *args, size_t count)
{
    return args[0].kind == VALUE_STRING && charge_steps(e, args[0].text.len / 4)
               ? value_bool(url_valid(e->arena, args[0].text))
               : no_overload(e, "isURL", args, count);
}

static struct value call_url(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_STRING || !charge_steps(e, args[0].text.len / 4)) {
        return no_overload(e, "url", args, count);
    }
    struct url_parts *out = ARENA_NEW(e->arena, struct url_parts);
    return url_read(e->arena, args[0].text, out)
               ? (struct value){.kind = VALUE_URL, .url = out}
               : error_value(e, "'" SLICE_FMT "' is not a URL", SLICE_ARG(args[0].text));
}

static struct value call_scheme(struct evaluation *e, const struct value *args, size_t count)
{
    return args[0].kind == VALUE_URL ? value_string(args[0].url->scheme)
                                     : no_overload(e, "getScheme", args, count);
}

static struct value call_host(struct evaluation *e, const struct value *args, size_t count)
{
    return args[0].kind == VALUE_URL ? value_string(args[0].url->host)
                                     : no_overload(e, "getHost", args, count);
}

/* Where the port begins with its colon; the end when there is none. */
static size_t port_at(struct slice host)
{
    size_t bracket = last_of(host, ']'), colon = last_of(host, ':');
    return bracket < host.len && colon < bracket ? host.len : colon;
}

static struct value call_hostname(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_URL) {
        return no_overload(e, "getHostname", args, count);
    }
    struct slice host = slice_sub(args[0].url->host, 0, port_at(args[0].url->host));
    bool literal = slice_starts(host, SLICE("[")) && slice_ends(host, SLICE("]"));
    return value_string(literal ? slice_sub(host, 1, host.len - 1) : host);
}

static struct value call_port(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_URL) {
        return no_overload(e, "getPort", args, count);
    }
    struct slice host = args[0].url->host;
    return value_string(slice_sub(host, port_at(host) + 1, host.len));
}

/* As it was written; where that has what must be escaped, decoded and escaped anew. */
static struct value call_path(struct evaluation *e, const struct value *args, size_t count)
{
    static const char digits[] = "0123456789ABCDEF";
    if (args[0].kind != VALUE_URL || !charge_steps(e, args[0].url->path.len / 4)) {
        return no_overload(e, "getEscapedPath", args, count);
    }
    struct slice path = args[0].url->path;
    if (made_of(path, "-_.~/$&+,:;=@!'()*%[]")) {
        return value_string(path);
    }
    path = unescape(e->arena, path);
    char *out = arena_alloc(e->arena, 3 * path.len + 1);
    size_t length = 0;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (is_alphanumeric((char)c) || (c && strchr("-_.~/$&+,:;=@", (char)c))) {
            out[length++] = (char)c;
        } else {
            out[length++] = '%';
            out[length++] = digits[c >> 4];
            out[length++] = digits[c & 15];
        }
    }
    return value_string((struct slice){out, length});
}

const struct function_row *url_functions(void)
{
    static const struct function_row rows[] = {
        {"isURL", false, 1, 1, call_is_url},        {"url", false, 1, 1, call_url},
        {"getScheme", true, 1, 1, call_scheme},     {"getHost", true, 1, 1, call_host},
        {"getHostname", true, 1, 1, call_hostname}, {"getPort", true, 1, 1, call_port},
        {"getEscapedPath", true, 1, 1, call_path},  {NULL, false, 0, 0, NULL},
    };
    return rows;
}
