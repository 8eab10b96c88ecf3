#include "oracle.h"

/* Requests near the rules: words of their paths and what lies beside, in all spellings. */

#define ONE_OF(chance, array) ((array)[pick((chance), ARRAY_LEN(array))])

/* ---- targets ------------------------------------------------------------------------------ */

static struct slice splice(struct arena *arena, struct slice text, size_t at, size_t cut,
                           const char *put)
{
    return ARENA_JOIN(arena, slice_sub(text, 0, at), slice_of(put),
                      slice_sub(text, at + cut, text.len));
}

static struct slice escape_one(struct arena *arena, struct slice text, size_t at, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned char byte = (unsigned char)text.ptr[at];
    const char escaped[] = {'%', digits[byte >> 4], digits[byte & 15], 0};
    return splice(arena, text, at, 1, escaped);
}

static struct slice fold_one(struct arena *arena, struct slice text, size_t at)
{
    char c = text.ptr[at];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const char folded[2] = {letter ? (char)(c ^ 32) : c, 0};
    return letter ? splice(arena, text, at, 1, folded) : text;
}

static struct slice mutate(struct arena *arena, struct chance *chance, struct slice text)
{
    static const char *const tails[] = {
        "/", "x",    "/x",  "//",  "/.",      "/..", "/../",   "%2f", "%2F", "%20", ";v",
        ".", "/x/y", "%25", "%3F", "%2e%2e/", "+",   "%C3%A9", "&",   "'",   "\"",  "[1]",
        "|", "%zz",  "%",   "%00", "%0a",     "~",   "=",      "@:",  "<",   "$1"};
    static const char *const inner[] = {"/", "/./", "/../", "//", "x", "%2f", "/x/../", "%2e/"};
    size_t at = pick(chance, text.len);
    switch (pick(chance, 7)) {
    case 0:
    case 1:
        return ARENA_JOIN(arena, text, slice_of(ONE_OF(chance, tails)));
    case 2:
        return at ? splice(arena, text, at, 0, ONE_OF(chance, inner)) : text;
    case 3:
        return at ? escape_one(arena, text, at, one_in(chance, 2)) : text;
    case 4:
        return at ? fold_one(arena, text, at) : text;
    case 5:
        return at ? splice(arena, text, at, 1, "") : text;
    default:
        return text.len > 1 && text.ptr[text.len - 1] == '/' ? slice_sub(text, 0, text.len - 1)
                                                             : text;
    }
}

static struct slice target_near(struct arena *arena, struct chance *chance, struct slice text)
{
    static const char *const queries[] = {"?",      "?q=1", "?/",    "?a=b&c", "??",
                                          "?x=%20", "?a/",  "?q=$1", "?x#",    "?%zz"};
    for (size_t i = pick(chance, 3); i > 0; i--) {
        text = mutate(arena, chance, text);
    }
    if (one_in(chance, 5)) {
        text = ARENA_JOIN(arena, text, slice_of(ONE_OF(chance, queries)));
    }
    return text;
}

/* ---- hosts, headers and the rest ------------------------------------------------------------ */

/* Handshakes take long, so that most requests go over a connection that named no host in its own. */
static void connection_generate(struct arena *arena, struct chance *chance, struct slice host,
                                struct request *out)
{
    bool wild = slice_find(host, '*', 0) < host.len;
    bool named = one_in(chance, 8) && host.len && !wild;
    out->sni = named ? arena_lower(arena, host) : SLICE("");
    out->protocol = one_in(chance, 20) ? SLICE("h1.0") : SLICE_ABSENT;
}

static struct slice host_spelled(struct arena *arena, struct chance *chance, struct slice host)
{
    static const char *const odd[] = {"",     "a..example", "a.example/x", ".",
                                      "a b",  "a.example:", ".example",    "a.example:x",
                                      "[::1", "a%2eexample"};
    switch (pick(chance, 12)) {
    case 0:
        return one_in(chance, 4) ? slice_of(ONE_OF(chance, odd))
                                 : fold_one(arena, host, pick(chance, host.len));
    case 1:
        return ARENA_JOIN(arena, host, SLICE(":8080"));
    case 2:
        return ARENA_JOIN(arena, host, SLICE("."));
    case 3:
        return ARENA_JOIN(arena, SLICE("z."), host);
    default:
        return host;
    }
}

static void add_headers(struct arena *arena, struct chance *chance, struct headers *out)
{
    static const struct {
        const char *name, *values[6];
    } rows[] = {
        {"X-Canary", {"always", "never", "yes", "yas", "no", "Always"}},
        {"Cookie",
         {"canary=always", "canary=never", "a=b; canary=always", "canary=x", "Canary=always",
          "xcanary=always"}},
        {"Origin",
         {"https://o.example", "https://x.example", "http://o.example", "null",
          "https://o.example.evil", "xhttps://o.example"}},
        {"X-Forwarded-For", {"1.2.3.4", "1.2.3.4, 5.6.7.8", "x", "10.0.0.1", "-", "::1"}},
        {"X-Forwarded-Host", {"f.example", "a.example", "x", "y", "z", "f.example:1"}},
        {"X-Forwarded-Proto", {"https", "http", "x", "wss", "HTTPS", "-"}},
        {"X-Forwarded-Prefix", {"/p", "/", "x", "y", "/q/", "z"}},
        {"X-Real-IP", {"1.1.1.1", "x", "y", "z", "10.0.0.1", "-"}},
        {"X-Request-ID", {"abc", "def", "1", "2", "3", "4"}},
        {"X-Original-URI", {"/u", "/v", "x", "y", "z", "-"}},
        {"X_Under", {"1", "2", "3", "4", "5", "6"}},
        {"Proxy", {"http://evil", "x", "y", "z", "1", "2"}},
        {"Authorization", {"Basic eDp5", "Bearer x", "x", "y", "z", "1"}},
        {"User-Agent", {"curl/8", "Mozilla", "x", "y", "z", "-"}},
        {"Accept", {"*/*", "text/html", "x", "y", "z", "application/json"}},
        {"Upgrade", {"websocket", "h2c", "x", "websocket", "websocket", "TLS/1.0"}},
        {"Connection", {"Upgrade", "upgrade", "keep-alive", "X-Any", "keep-alive, Upgrade", "x"}},
        {"TE", {"trailers", "gzip", "x", "deflate", "trailers", "trailers"}},
        {"Keep-Alive", {"timeout=5", "x", "300", "max=3", "timeout=1", "y"}},
        {"X-Any", {"1", "two words", "a,b", "\"q\"", "$host", "\xc3\xa9"}},
    };
    bool used[ARRAY_LEN(rows)] = {false};
    for (size_t i = pick(chance, 4); i > 0; i--) {
        size_t row = pick(chance, ARRAY_LEN(rows));
        if (!used[row]) {
            used[row] = true;
            headers_add(arena, out, slice_of(rows[row].name),
                        slice_of(ONE_OF(chance, rows[row].values)));
        }
    }
}

void request_generate(struct arena *arena, struct chance *chance, const struct rule_set *set,
                      struct request *out)
{
    static const char *const methods[] = {"GET",    "GET",  "GET",     "GET",   "POST", "PUT",
                                          "DELETE", "HEAD", "OPTIONS", "PATCH", "FOO",  "HEAD"};
    static const char *const clients[] = {"10.0.0.1",    "10.1.2.3",    "192.168.1.7",
                                          "203.0.113.9", "2001:db8::1", "127.0.0.1"};
    static const uint64_t bodies[] = {1, 8, 9, 1023, 1024, 1025, 3000};
    const char *client = ONE_OF(chance, clients);
    *out = (struct request){.method = slice_of(ONE_OF(chance, methods)),
                            .scheme = one_in(chance, 3) ? SLICE("https") : SLICE("http"),
                            .client_text = slice_of(client)};
    struct slice host, path;
    rule_near(arena, chance, set, &host, &path);
    out->host = host_spelled(arena, chance, host);
    connection_generate(arena, chance, host, out);
    out->target = target_near(arena, chance, path);
    (void)address_parse(out->client_text, &out->client);
    add_headers(arena, chance, &out->headers);
    if ((slice_is(out->method, "POST") || slice_is(out->method, "PUT")) && !one_in(chance, 3)) {
        out->body_bytes = ONE_OF(chance, bodies);
    }
    if (one_in(chance, 100)) {
        out->method = SLICE("TRACE");
    }
    request_defaults(out);
}
