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

bool verify_target_add(struct arena *arena, struct slice text, struct verify_target *target)
{
    struct slice host, scheme = SLICE_ABSENT;
    uint64_t port;
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
    if (http) {
        target->http = joined(arena, host, port ? port : 80);
    }
    if (https) {
        target->https = joined(arena, host, port ? port : 443);
    }
    return true;
}
