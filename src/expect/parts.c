#include "expect/expect_priv.h"

struct slice unknown_reason(const struct outcome *outcome, enum aspect aspect)
{
    for (const struct unknown *u = outcome->unknown; u; u = u->next) {
        if (u->aspect == aspect) {
            return u->reason;
        }
    }
    return SLICE_ABSENT;
}

const struct outcome_backend *first_serving(const struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->backend_count; i++) {
        if (!outcome->backends[i].status) {
            return &outcome->backends[i];
        }
    }
    return NULL;
}

const struct origin *outcome_origin(const struct outcome *outcome)
{
    const struct origin *origin = outcome->rule    ? &outcome->rule->origin
                                  : outcome->entry ? &outcome->entry->origin
                                                   : NULL;
    return origin && origin->kind.ptr ? origin : NULL;
}

struct slice share_text(struct arena *arena, uint64_t part, uint64_t sum)
{
    if (sum == 0) {
        return SLICE("0 %");
    }
    /* weights are at most 1,000,000 each, so the product fits */
    uint64_t hundredths = (part * 10000 + sum / 2) / sum;
    unsigned long long whole = hundredths / 100, rest = hundredths % 100;
    if (rest == 0) {
        return arena_printf(arena, "%llu %%", whole);
    }
    return rest % 10 ? arena_printf(arena, "%llu.%02llu %%", whole, rest)
                     : arena_printf(arena, "%llu.%llu %%", whole, rest / 10);
}

struct slice request_line(struct arena *arena, const struct request *request)
{
    /* a Host that was sent with a port says it already */
    size_t bracket = slice_find(request->host, ']', 0);
    size_t colon = slice_find(request->host, ':', bracket < request->host.len ? bracket : 0);
    bool said = colon < request->host.len || !request->port ||
                request->port == scheme_port(request->scheme);
    if (slice_is(request->scheme, "tcp") || slice_is(request->scheme, "udp")) {
        return arena_printf(arena, SLICE_FMT "://" SLICE_FMT "%s", SLICE_ARG(request->scheme),
                            SLICE_ARG(request->host),
                            colon < request->host.len
                                ? ""
                                : arena_string(arena, arena_printf(arena, ":%u", request->port)));
    }
    struct slice port = said ? SLICE("") : arena_printf(arena, ":%u", request->port);
    return arena_printf(arena, SLICE_FMT " " SLICE_FMT "://" SLICE_FMT SLICE_FMT SLICE_FMT,
                        SLICE_ARG(request->method), SLICE_ARG(request->scheme),
                        SLICE_ARG(request->host), SLICE_ARG(port), SLICE_ARG(request->target));
}

/* ---- curl --------------------------------------------------------------------------------- */

enum { CURL_MAX = 1 << 20 };

static void put_header(struct arena *arena, struct slice name, struct slice value, struct buf *out)
{
    buf_puts(out, " -H ");
    /* "Name;" is how curl is told to send a header without a value */
    buf_put_shell(out, value.len ? arena_printf(arena, SLICE_FMT ": " SLICE_FMT, SLICE_ARG(name),
                                                SLICE_ARG(value))
                                 : arena_printf(arena, SLICE_FMT ";", SLICE_ARG(name)));
}

static bool has_any(struct slice text, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (slice_find(text, bytes.ptr[i], 0) < text.len) {
            return true;
        }
    }
    return false;
}

/* The TLS name comes from the URL, so the URL has it where it differs from the Host header; an address is no name. */
static struct slice url_host(const struct request *request)
{
    bool https = slice_is(request->scheme, "https");
    struct slice host = https ? request->sni : request->host;
    return !host.len                                         ? SLICE("ADDRESS")
           : https && !slice_equal_fold(host, request->host) ? host
                                                             : request->host;
}

struct slice request_curl(struct arena *arena, const struct request *request)
{
    if (slice_is(request->scheme, "tcp") ||
        slice_is(request->scheme, "udp")) { /* no curl does it */
        bool datagrams = slice_is(request->scheme, "udp");
        return arena_printf(arena, "nc %s" SLICE_FMT " %u", datagrams ? "-u " : "",
                            SLICE_ARG(host_normalise(arena, request->host)), request->port);
    }
    struct buf out;
    buf_init(&out, CURL_MAX);
    if (request->body_bytes) {
        buf_printf(&out, "head -c %llu /dev/zero | ", (unsigned long long)request->body_bytes);
    }
    /* curl would resolve "." and ".." by itself, and takes brackets and braces for patterns */
    buf_puts(&out, "curl -i --path-as-is");
    buf_puts(&out, has_any(request->target, SLICE("[]{}")) ? " -g" : "");
    buf_puts(&out, slice_is(request->protocol, "h1.0") ? " --http1.0" : "");
    if (slice_is(request->method, "HEAD")) {
        buf_puts(&out, " -I");
    } else if (!slice_is(request->method, "GET") || request->body_bytes) {
        buf_puts(&out, " -X ");
        buf_put_shell(&out, request->method);
    }
    buf_puts(&out, request->client_certificate ? " --cert CLIENT.pem" : "");
    struct request line = *request;
    line.host = url_host(request);
    if (!request->host.len) {
        buf_puts(&out, " -H 'Host:'"); /* which leaves it out */
    } else if (!slice_equal_fold(line.host, request->host)) {
        put_header(arena, SLICE("Host"), request->host, &out);
    }
    for (size_t i = 0; i < request->headers.count; i++) {
        put_header(arena, request->headers.items[i].name, request->headers.items[i].value, &out);
    }
    buf_puts(&out, request->body_bytes ? " --data-binary @- " : " ");
    struct slice url = request_line(arena, &line);
    buf_put_shell(&out, slice_sub(url, request->method.len + 1, url.len));
    struct slice copy = arena_copy(arena, buf_slice(&out));
    buf_release(&out);
    return copy;
}
