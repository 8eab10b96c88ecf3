#include "verify/verify_priv.h"

/* "HOST:PORT" in parts; an IPv6 address stands in brackets. */
static bool split_address(struct slice text, struct slice *host, uint64_t *port)
{
    size_t end = slice_starts(text, SLICE("[")) ? slice_find(text, ']', 0) + 1 : 0;
    size_t colon = slice_find(text, ':', end);
    *host = slice_sub(text, 0, colon);
    *port = 0;
    if (!host->len || (end && end != colon)) {
        return false;
    }
    for (size_t i = 0; i < host->len; i++) {
        char c = host->ptr[i];
        bool literal = end && (c == '[' || c == ']' || c == ':');
        if (!is_alphanumeric(c) && c != '.' && c != '-' && c != '_' && !literal) {
            return false;
        }
    }
    return colon == text.len ||
           (slice_to_uint(slice_sub(text, colon + 1, text.len), UINT16_MAX, port) && *port);
}

static struct slice joined(struct arena *arena, struct slice host, uint64_t port)
{
    return arena_printf(arena, SLICE_FMT ":%u", SLICE_ARG(host), (unsigned)port);
}

static struct verify_way *way_of(struct arena *arena, struct verify_target *target,
                                 struct slice gateway)
{
    for (size_t i = 0; i < target->count; i++) {
        if (slice_equal(target->ways[i].gateway, gateway)) {
            return &target->ways[i];
        }
    }
    struct verify_way *way = ARENA_PUSH(arena, target->ways, target->count, target->capacity);
    way->gateway = gateway;
    return way;
}

/* "shop/public=" in front of an address, which has no '/' itself. */
static bool take_gateway(struct slice *text, struct slice *gateway)
{
    size_t slash = slice_find(*text, '/', 0), equals = slice_find(*text, '=', 0);
    *gateway = SLICE_ABSENT;
    if (slash == text->len) {
        return true;
    }
    if (!slash || slash + 1 >= equals || equals == text->len) {
        return false;
    }
    *gateway = slice_sub(*text, 0, equals);
    *text = slice_sub(*text, equals + 1, text->len);
    return true;
}

bool verify_target_add(struct arena *arena, struct slice text, struct verify_target *target)
{
    struct slice host, gateway, scheme = SLICE_ABSENT;
    uint64_t port;
    if (!take_gateway(&text, &gateway)) {
        return false;
    }
    size_t equals = slice_find(text, '=', 0);
    if (equals < text.len) {
        scheme = slice_sub(text, 0, equals);
        text = slice_sub(text, equals + 1, text.len);
    }
    bool http = slice_is(scheme, "http"), https = slice_is(scheme, "https");
    if (!split_address(text, &host, &port) || (scheme.ptr && !http && !https)) {
        return false;
    }
    if (!scheme.ptr) {
        https = !port || port == 443;
        http = !port || !https;
    }
    struct verify_way *way = way_of(arena, target, gateway);
    if (http) {
        way->http = joined(arena, host, port ? port : 80);
    }
    if (https) {
        way->https = joined(arena, host, port ? port : 443);
    }
    return true;
}

static struct slice address_of(const struct verify_target *target, struct slice gateway,
                               struct slice scheme)
{
    for (size_t i = 0; i < target->count; i++) {
        const struct verify_way *way = &target->ways[i];
        if (way->gateway.ptr ? slice_equal(way->gateway, gateway) : !gateway.ptr) {
            return slice_is(scheme, "https") ? way->https : way->http;
        }
    }
    return SLICE_ABSENT;
}

bool target_names(const struct verify_target *target, struct slice gateway, struct slice scheme)
{
    return gateway.ptr && address_of(target, gateway, scheme).ptr;
}

struct slice target_address(const struct verify_target *target, struct slice gateway,
                            struct slice scheme)
{
    struct slice own = address_of(target, gateway, scheme);
    return own.ptr ? own : address_of(target, SLICE_ABSENT, scheme);
}
