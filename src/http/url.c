#include "http/http.h"

bool url_parse(struct slice text, struct url *out)
{
    struct url url = {0};
    size_t colon = slice_find(text, ':', 0);
    if (colon + 2 < text.len && text.ptr[colon + 1] == '/' && text.ptr[colon + 2] == '/') {
        url.scheme = slice_sub(text, 0, colon);
        text = slice_sub(text, colon + 3, text.len);
        size_t end = 0;
        while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?' &&
               text.ptr[end] != '#') {
            end++;
        }
        struct slice authority = slice_sub(text, 0, end);
        text = slice_sub(text, end, text.len);
        size_t port = authority.len;
        while (port > 0 && authority.ptr[port - 1] >= '0' && authority.ptr[port - 1] <= '9') {
            port--;
        }
        if (port > 0 && port < authority.len && authority.ptr[port - 1] == ':') {
            uint64_t number;
            if (!slice_to_uint(slice_sub(authority, port, authority.len), 65535, &number)) {
                return false;
            }
            url.port = (uint16_t)number;
            authority = slice_sub(authority, 0, port - 1);
        }
        url.host = authority;
        if (url.host.len == 0 || url.scheme.len == 0) {
            return false;
        }
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

struct slice host_normalise(struct arena *arena, struct slice host)
{
    size_t end = host.len;
    if (host.len && host.ptr[0] == '[') {
        end = slice_find(host, ']', 0);
        end = end < host.len ? end + 1 : host.len;
    } else {
        end = slice_find(host, ':', 0);
    }
    host = slice_sub(host, 0, end);
    if (host.len && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    return arena_lower(arena, host);
}
