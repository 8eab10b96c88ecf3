#include "http/http.h"

#include <string.h>

struct slice headers_get(const struct headers *headers, struct slice name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, name)) {
            return headers->items[i].value;
        }
    }
    return SLICE_ABSENT;
}

struct slice headers_joined(struct arena *arena, const struct headers *headers, struct slice name)
{
    struct slice joined = SLICE_ABSENT;
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, name)) {
            struct slice value = headers->items[i].value;
            joined = joined.ptr ? arena_printf(arena, SLICE_FMT ", " SLICE_FMT, SLICE_ARG(joined),
                                               SLICE_ARG(value))
                                : value;
        }
    }
    return joined;
}

void headers_add(struct arena *arena, struct headers *headers, struct slice name,
                 struct slice value)
{
    struct header *header = ARENA_PUSH(arena, headers->items, headers->count, headers->capacity);
    *header = (struct header){name, value};
}

struct slice headers_cookie(struct arena *arena, const struct headers *headers, struct slice name)
{
    struct slice rest = headers_joined(arena, headers, SLICE("cookie"));
    struct slice pair;
    while (slice_split(&rest, ';', &pair)) {
        size_t equals = slice_find(pair, '=', 0);
        if (equals < pair.len && slice_equal(slice_trim(slice_sub(pair, 0, equals)), name)) {
            return slice_trim(slice_sub(pair, equals + 1, pair.len));
        }
    }
    return SLICE_ABSENT;
}

void request_defaults(struct request *request)
{
    if (!request->method.ptr) {
        request->method = SLICE("GET");
    }
    if (!request->scheme.ptr) {
        request->scheme = SLICE("http");
    }
    if (!request->target.ptr || request->target.len == 0) {
        request->target = SLICE("/");
    }
    if (!request->port) {
        request->port = slice_is(request->scheme, "https") ? 443 : 80;
    }
    if (!request->protocol.ptr) {
        request->protocol = SLICE("h1");
    }
    if (!request->sni.ptr && slice_is(request->scheme, "https")) {
        request->sni = request->host;
    }
}
