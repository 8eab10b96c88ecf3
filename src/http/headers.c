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

static size_t put(char *text, size_t used, struct slice part)
{
    if (part.len) {
        memcpy(text + used, part.ptr, part.len);
    }
    return used + part.len;
}

struct slice headers_joined(struct arena *arena, const struct headers *headers, struct slice name)
{
    /* RFC 9113 8.2.3: lines of Cookie are joined with "; ", all others with a comma. */
    struct slice separator = slice_equal_fold(name, SLICE("cookie")) ? SLICE("; ") : SLICE(", ");
    size_t size = 0, lines = 0;
    struct slice only = SLICE_ABSENT;
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, name)) {
            only = headers->items[i].value;
            size += only.len + separator.len;
            lines++;
        }
    }
    if (lines <= 1) {
        return lines && !only.ptr ? SLICE("") : only;
    }
    char *text = arena_alloc(arena, size);
    size_t used = 0;
    bool first = true;
    for (size_t i = 0; i < headers->count; i++) {
        struct slice value = headers->items[i].value;
        if (slice_equal_fold(headers->items[i].name, name)) {
            used = put(text, used, first ? SLICE("") : separator);
            used = put(text, used, value);
            first = false;
        }
    }
    return (struct slice){text, used};
}

void headers_add(struct arena *arena, struct headers *headers, struct slice name,
                 struct slice value)
{
    struct header *header = ARENA_PUSH(arena, headers->items, headers->count, headers->capacity);
    *header = (struct header){name, value};
}

static struct slice squeeze(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ' || !i || text.ptr[i - 1] != ',') {
            out[len++] = text.ptr[i];
        }
    }
    return (struct slice){out, len};
}

bool header_values_equal(struct arena *arena, struct slice a, struct slice b)
{
    return slice_equal(squeeze(arena, a), squeeze(arena, b));
}

struct slice headers_cookie(struct arena *arena, const struct headers *headers, struct slice name)
{
    struct slice rest = headers_joined(arena, headers, SLICE("cookie"));
    struct slice pair;
    while (slice_split(&rest, ';', &pair)) {
        size_t equals = slice_find(pair, '=', 0);
        if (equals < pair.len && slice_equal_fold(slice_trim(slice_sub(pair, 0, equals)), name)) {
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
        request->port = scheme_port(request->scheme);
    }
    if (!request->protocol.ptr) {
        request->protocol = SLICE("h1");
    }
    if (!request->sni.ptr && slice_is(request->scheme, "https")) {
        request->sni = request->host;
    }
}

const struct request *request_led(struct arena *arena, const struct port_leads *leads,
                                  const struct request *request)
{
    bool stream = slice_is(request->scheme, "tcp") || slice_is(request->scheme, "udp");
    for (size_t i = 0; i < leads->count && !stream; i++) {
        if (leads->items[i].port == request->port) {
            struct request *led = ARENA_NEW(arena, struct request);
            *led = *request;
            led->port = leads->items[i].to;
            if (leads->items[i].relayed) {
                led->client_text = SLICE("127.0.0.1");
                (void)address_parse(led->client_text, &led->client);
            }
            return led;
        }
    }
    return request;
}

bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_alphanumeric(c) && (!c || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return text.len > 0;
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* What is behind the first "=" is not looked at (ngx_decode_base64). */
static bool decode_base64(struct arena *arena, struct slice text, struct slice *out)
{
    size_t length = slice_find(text, '=', 0), used = 0;
    char *bytes = arena_alloc(arena, length + 1);
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(text.ptr[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        if (i % 4) {
            bytes[used++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
        }
    }
    *out = (struct slice){bytes, used};
    return length % 4 != 1;
}

bool credentials_user(struct arena *arena, struct slice authorization, struct slice *user)
{
    const struct slice scheme = SLICE("Basic ");
    struct slice text, coded = slice_sub(authorization, scheme.len, authorization.len);
    while (slice_starts(coded, SLICE(" "))) {
        coded = slice_sub(coded, 1, coded.len);
    }
    if (!slice_equal_fold(slice_sub(authorization, 0, scheme.len), scheme) ||
        !decode_base64(arena, coded, &text)) {
        return false;
    }
    size_t colon = slice_find(text, ':', 0);
    *user = slice_sub(text, 0, colon);
    return colon > 0 && colon < text.len;
}

void user_list_add(struct arena *arena, struct user_list *users, struct slice name)
{
    *ARENA_PUSH(arena, users->items, users->count, users->capacity) = slice_hash(name, 0);
}

bool user_list_may_hold(const struct user_list *users, struct slice name)
{
    uint64_t hash = slice_hash(name, 0);
    bool found = !users->known;
    for (size_t i = 0; i < users->count && !found; i++) {
        found = users->items[i] == hash;
    }
    return found;
}
