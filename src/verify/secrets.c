#include "verify/verify_priv.h"

/* What is not for others. */

struct slice hidden_value(void)
{
    return SLICE("(not recorded)");
}

static bool has_word(struct slice name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice word = slice_of(words[i]);
        for (size_t at = 0; at + word.len <= name.len; at++) {
            if (slice_equal_fold(slice_sub(name, at, at + word.len), word)) {
                return true;
            }
        }
    }
    return false;
}

bool header_is_secret(struct slice name)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie"};
    /* X-Forwarded-Access-Token, X-API-Key: whoever names a header so means that nobody else is to have its value */
    static const char *const words[] = {"token",    "secret",  "password",  "passwd",
                                        "session",  "api-key", "apikey",    "access-key",
                                        "auth-key", "jwt",     "credential"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal_fold(name, slice_of(names[i]))) {
            return true;
        }
    }
    return has_word(name, words, ARRAY_LEN(words));
}

bool is_hidden(struct slice value)
{
    return slice_contains(value, hidden_value());
}

/* The values that canaries ask for are words of the rules, and predictions need them. That there is none is no secret
 * either. */
static struct slice public_word(struct slice value)
{
    static const char *const asked[] = {"always", "never"};
    return !value.len || slice_is_one_of(value, asked, ARRAY_LEN(asked)) ? value : hidden_value();
}

static struct slice public_cookies(struct arena *arena, struct slice text)
{
    struct slice out = SLICE(""), cookie;
    while (slice_split(&text, ';', &cookie)) {
        size_t equals = slice_find(cookie, '=', 0);
        struct slice value = slice_trim(slice_sub(cookie, equals + 1, cookie.len));
        struct slice name =
            slice_sub(slice_trim(cookie), 0, slice_find(slice_trim(cookie), '=', 0));
        out = ARENA_JOIN(arena, out, out.len ? SLICE("; ") : SLICE(""),
                         equals < cookie.len ? name : SLICE(""),
                         equals < cookie.len ? SLICE("=") : SLICE(""),
                         equals < cookie.len ? public_word(value) : hidden_value());
    }
    return out;
}

/* Of cookies the name is for everybody. */
static struct slice public_value(struct arena *arena, const struct header *header)
{
    size_t equals = slice_find(header->value, '=', 0);
    if (!header_is_secret(header->name)) {
        return header->value;
    }
    if (slice_equal_fold(header->name, SLICE("cookie"))) {
        return public_cookies(arena, header->value);
    }
    return slice_equal_fold(header->name, SLICE("set-cookie")) && equals < header->value.len
               ? ARENA_JOIN(arena, slice_sub(header->value, 0, equals + 1), hidden_value())
               : public_word(header->value);
}

struct headers headers_public(struct arena *arena, const struct headers *headers)
{
    struct headers out = {0};
    for (size_t i = 0; i < headers->count; i++) {
        headers_add(arena, &out, headers->items[i].name, public_value(arena, &headers->items[i]));
    }
    return out;
}

struct request request_public(struct arena *arena, const struct request *request)
{
    struct request out = *request;
    out.headers = headers_public(arena, &request->headers);
    return out;
}

/* ---- secrets that come back ----------------------------------------------------------------- */

/* Shorter ones are part of any text. */
enum { SECRET_MIN = 4 };

static void add_secret(struct texts *out, struct slice text)
{
    if (text.len >= SECRET_MIN && slice_is(public_word(text), "(not recorded)") &&
        !is_hidden(text)) {
        out->items[out->count++] = text;
    }
}

static size_t count_pairs(struct slice text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == ';';
    }
    return count;
}

struct texts request_secrets(struct arena *arena, const struct request *request)
{
    size_t most = 0;
    for (size_t i = 0; i < request->headers.count; i++) {
        most += 1 + count_pairs(request->headers.items[i].value);
    }
    struct texts out = {ARENA_ARRAY(arena, struct slice, most + 1), 0};
    for (size_t i = 0; i < request->headers.count; i++) {
        const struct header *header = &request->headers.items[i];
        struct slice rest = header->value, pair;
        if (!header_is_secret(header->name)) {
            continue;
        }
        if (!slice_equal_fold(header->name, SLICE("cookie"))) {
            add_secret(&out, header->value);
            /* without the scheme, such as Bearer */
            size_t blank = slice_find(header->value, ' ', 0);
            add_secret(&out, slice_sub(header->value, blank + 1, header->value.len));
            continue;
        }
        while (slice_split(&rest, ';', &pair)) {
            size_t equals = slice_find(pair, '=', 0);
            add_secret(
                &out, slice_trim(equals < pair.len ? slice_sub(pair, equals + 1, pair.len) : pair));
        }
    }
    return out;
}

static struct slice without(struct arena *arena, struct slice text, struct slice secret)
{
    struct buf out;
    size_t from = 0;
    if (!slice_contains(text, secret)) {
        return text;
    }
    buf_init(&out, BUF_TEXT_MAX);
    for (size_t at = 0; at + secret.len <= text.len; at++) {
        if (slice_equal(slice_sub(text, at, at + secret.len), secret)) {
            buf_put(&out, slice_sub(text, from, at));
            buf_put(&out, hidden_value());
            at += secret.len - 1;
            from = at + 1;
        }
    }
    buf_put(&out, slice_sub(text, from, text.len));
    text = arena_copy(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

struct slice text_masked(struct arena *arena, const struct texts *secrets, struct slice text)
{
    for (size_t i = 0; i < secrets->count; i++) {
        text = without(arena, text, secrets->items[i]);
    }
    return text;
}

struct headers headers_masked(struct arena *arena, const struct texts *secrets,
                              const struct headers *headers)
{
    struct headers out = headers_public(arena, headers);
    for (size_t i = 0; i < out.count; i++) {
        out.items[i].value = text_masked(arena, secrets, out.items[i].value);
    }
    return out;
}
