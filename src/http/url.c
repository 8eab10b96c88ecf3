#include "http/http.h"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986 3.1 */
static bool is_scheme(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!is_alpha(c) && !(i > 0 && later)) {
            return false;
        }
    }
    return text.len > 0;
}

/* A name, an IPv4 address, or an IPv6 address in brackets. Names of users are refused: what is asked
 * for here goes to a data plane, which has no use for them. */
static bool is_host(struct slice host)
{
    bool literal = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool inside = literal && i > 0 && i + 1 < host.len;
        bool bracket = literal && !inside;
        if ((unsigned char)c <= 0x20 || c == 0x7f || c == '@' || c == '\\' || c == '%' ||
            (c == ':' && !inside) || ((c == '[' || c == ']') && !bracket)) {
            return false;
        }
    }
    return host.len > 0;
}

/* "host:port"; an empty port is the default one (RFC 3986 3.2.3). */
static bool authority_parse(struct slice authority, struct url *url)
{
    size_t bracket = slice_find(authority, ']', 0);
    size_t colon = slice_find(authority, ':', bracket < authority.len ? bracket : 0);
    struct slice port = slice_sub(authority, colon + 1, authority.len);
    uint64_t number = 0;
    if (port.len && (!slice_to_uint(port, 65535, &number) || number == 0)) {
        return false;
    }
    url->host = slice_sub(authority, 0, colon);
    url->port = (uint16_t)number;
    return is_host(url->host);
}

bool url_parse(struct slice text, struct url *out)
{
    struct url url = {0};
    size_t colon = slice_find(text, ':', 0);
    if (is_scheme(slice_sub(text, 0, colon)) &&
        slice_starts(slice_sub(text, colon, text.len), SLICE("://"))) {
        url.scheme = slice_sub(text, 0, colon);
        text = slice_sub(text, colon + 3, text.len);
        size_t end = 0;
        while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?' &&
               text.ptr[end] != '#') {
            end++;
        }
        if (!authority_parse(slice_sub(text, 0, end), &url)) {
            return false;
        }
        text = slice_sub(text, end, text.len);
    } else if (text.len == 0 || text.ptr[0] != '/') {
        return false;
    }
    size_t hash = slice_find(text, '#', 0);
    if (hash < text.len) {
        url.fragment = slice_sub(text, hash + 1, text.len);
        text = slice_sub(text, 0, hash);
    }
    size_t mark = slice_find(text, '?', 0);
    if (mark < text.len) {
        url.query = slice_sub(text, mark + 1, text.len);
    }
    if (mark > 0) {
        url.path = slice_sub(text, 0, mark);
    }
    *out = url;
    return true;
}

/* Without port and the dot at the end. */
static struct slice bare_name(struct slice host)
{
    size_t end = slice_find(host, ':', 0);
    if (host.len && host.ptr[0] == '[') {
        end = slice_find(host, ']', 0);
        end = end < host.len ? end + 1 : host.len;
    }
    host = slice_sub(host, 0, end);
    if (host.len && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    return host;
}

struct slice host_normalise(struct arena *arena, struct slice host)
{
    return arena_lower(arena, bare_name(host));
}

uint16_t scheme_port(struct slice scheme)
{
    return slice_is(scheme, "https") ? 443 : 80;
}

bool host_accepted(struct slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= ' ' || c == 0x7f || c == '/' || (c == '.' && i && host.ptr[i - 1] == '.')) {
            return false;
        }
    }
    return bare_name(host).len > 0;
}
