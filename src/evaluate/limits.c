#include "evaluate/evaluate_priv.h"

/* ---- how often a client may ask ------------------------------------------------------------- */

static struct slice rates_text(struct arena *arena, const struct route_rate_limit *limit)
{
    const struct {
        const char *unit;
        int64_t rate, burst;
    } rows[] = {{"second", limit->per_second, limit->second_burst},
                {"minute", limit->per_minute, limit->minute_burst}};
    struct slice text = SLICE("");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].rate) {
            text = arena_printf(arena, SLICE_FMT "%s%lld a %s and %lld more at once",
                                SLICE_ARG(text), text.len ? ", " : "", (long long)rows[i].rate,
                                rows[i].unit, (long long)rows[i].burst);
        }
    }
    return text;
}

/* Limits are taken not to be exceeded; connections are counted first (nginx's order of its modules). */
bool gate_rate_limit(struct context *context, const struct effects *effects, struct outcome *out)
{
    const struct route_rate_limit *limit = effects->rate_limit;
    struct arena *arena = context->arena;
    if (!limit || (context->client.length && networks_hold(&limit->exempt, &context->client))) {
        return false;
    }
    const struct {
        const char *name;
        bool set;
        struct slice parameters;
        int64_t status;
    } rows[] = {
        {"connection-limit", limit->connections != 0,
         arena_printf(arena, "%lld of one client at a time", (long long)limit->connections),
         limit->connection_status},
        {"rate-limit", limit->per_second || limit->per_minute, rates_text(arena, limit),
         limit->status},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct condition condition = {
            .name = rows[i].name,
            .parameters = rows[i].parameters,
            .passes = true,
            .otherwise = arena_printf(arena, "answer %lld", (long long)rows[i].status)};
        if (rows[i].set && !condition_passes(context, &condition, out)) {
            return respond(out, rows[i].status, SLICE("the client asks too often"));
        }
    }
    return false;
}

/* ---- where a client is kept ----------------------------------------------------------------- */

static bool has_cookie(const struct context *context, struct slice name)
{
    struct slice rest = headers_joined(context->arena, &context->headers, SLICE("cookie")), pair;
    while (slice_split(&rest, ';', &pair)) {
        pair = slice_trim(pair);
        size_t equals = slice_find(pair, '=', 0);
        if (slice_equal(slice_sub(pair, 0, equals), name) && equals + 1 < pair.len) {
            return true;
        }
    }
    return false;
}

static void put_attribute(struct buf *out, const char *name, struct slice value)
{
    if (value.ptr) {
        buf_printf(out, "; %s=" SLICE_FMT, name, SLICE_ARG(value));
    }
}

/* lua/balancer/sticky.lua: only where a new endpoint had to be chosen. Which one that is, and thus the value, nobody
 * knows; a cookie that is there is taken to name one. */
void affinity_cookie(struct context *context, const struct route_affinity *affinity,
                     struct seen_headers *response)
{
    if (affinity && affinity->header.ptr &&
        !headers_joined(context->arena, &context->headers, affinity->header).ptr) {
        seen_set(context->arena, response, affinity->header, SLICE("..."), false);
    }
    if (!affinity || !affinity->cookie.ptr || affinity->passive ||
        has_cookie(context, affinity->cookie)) {
        return;
    }
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_printf(&text, SLICE_FMT "=...", SLICE_ARG(affinity->cookie));
    put_attribute(&text, "Expires", affinity->expires.ptr ? SLICE("...") : SLICE_ABSENT);
    put_attribute(&text, "Max-Age", affinity->max_age);
    put_attribute(&text, "Domain", affinity->domain);
    put_attribute(&text, "Path", affinity->path);
    bool secure = affinity->secure || (context->https && !affinity->never_secure);
    buf_puts(&text, secure ? "; Secure; HttpOnly" : "; HttpOnly");
    put_attribute(&text, "SameSite", affinity->same_site);
    seen_set(context->arena, response, SLICE("Set-Cookie"),
             arena_copy(context->arena, buf_slice(&text)), false);
    buf_release(&text);
}
