#include "compare/compare_priv.h"

#include <string.h>

/* ---- collecting --------------------------------------------------------------------------- */

static bool lists(const struct headers *headers, struct slice name)
{
    return headers_get(headers, name).ptr != NULL;
}

/* Rules that nobody wrote are none to people. */
static const struct rule *written(const struct outcome *outcome)
{
    return outcome_is_unwritten(outcome) ? NULL : outcome->rule;
}

/* What all requests have in common stays. */
static void keep_common_headers(struct request_set *set, const struct request *request)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->headers.count; i++) {
        if (lists(&request->headers, set->headers.items[i])) {
            set->headers.items[kept++] = set->headers.items[i];
        }
    }
    set->headers.count = kept;
}

static void start(struct arena *arena, struct request_set *set, const struct request *request,
                  const struct rule *before, const struct rule *after)
{
    *set = (struct request_set){.started = true,
                                .method = arena_copy(arena, request->method),
                                .body = request->body_bytes > 0,
                                .rules = {before, after}};
    set->headers.items = ARENA_ARRAY(arena, struct slice, request->headers.count + 1);
    for (size_t i = 0; i < request->headers.count; i++) {
        set->headers.items[set->headers.count++] =
            arena_copy(arena, request->headers.items[i].name);
    }
}

void request_set_add(struct arena *arena, struct request_set *set, const struct request *request,
                     const struct outcome *before, const struct outcome *after)
{
    if (!set->started) {
        start(arena, set, request, written(before), written(after));
    }
    bool https = slice_is(request->scheme, "https");
    set->https |= https;
    set->http |= !https;
    if (!slice_equal(set->method, request->method)) {
        set->method = SLICE_ABSENT;
    }
    set->body &= request->body_bytes > 0;
    set->several[0] |= set->rules[0] != written(before);
    set->several[1] |= set->rules[1] != written(after);
    keep_common_headers(set, request);
}

/* ---- in words ----------------------------------------------------------------------------- */

static void put_taker(const struct request_set *set, size_t side, struct buf *out)
{
    if (set->several[side]) {
        buf_puts(out, "several rules take");
    } else if (!set->rules[side]) {
        buf_puts(out, "no rule takes");
    } else {
        buf_putc(out, '\'');
        match_print(&set->rules[side]->match, out);
        buf_puts(out, "' takes");
    }
}

static bool same_takers(const struct request_set *set)
{
    struct buf texts[2];
    for (size_t side = 0; side < 2; side++) {
        buf_init(&texts[side], BUF_TEXT_MAX);
        put_taker(set, side, &texts[side]);
    }
    bool same = slice_equal(buf_slice(&texts[0]), buf_slice(&texts[1]));
    buf_release(&texts[0]);
    buf_release(&texts[1]);
    return same;
}

static void put_takers(const struct request_set *set, struct buf *out)
{
    if (same_takers(set)) {
        if (!set->several[0]) {
            buf_puts(out, " that ");
            put_taker(set, 0, out);
        }
        return;
    }
    buf_puts(out, " that ");
    put_taker(set, 0, out);
    buf_puts(out, " before and ");
    put_taker(set, 1, out);
    buf_puts(out, " after");
}

struct slice request_set_words(struct arena *arena, const struct request_set *set,
                               enum request_form form)
{
    static const char *const forms[FORM_COUNT] = {
        "",
        " with an escaped letter in the path",
        " with a double slash in the path",
        " with a segment '.' in the path",
        " with an empty query",
        " with an escape in the path",
        " with a segment '..' in the path",
        " on a connection whose TLS handshake named another host",
        " on a connection whose TLS handshake named no host",
        " by HTTP/1.0",
        " without a Host",
        " with a Host in capitals, with a port or with a dot at its end"};
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    if (set->method.ptr && !slice_is(set->method, "GET")) {
        buf_printf(&buf, SLICE_FMT " ", SLICE_ARG(set->method));
    }
    buf_printf(&buf, "requests by %s%s", set->http ? "http" : "https",
               set->http && set->https ? " and https" : "");
    buf_puts(&buf, forms[form]);
    for (size_t i = 0; i < set->headers.count; i++) {
        buf_printf(&buf, "%s" SLICE_FMT, i ? ", " : " with ", SLICE_ARG(set->headers.items[i]));
    }
    buf_puts(&buf, !set->body ? "" : set->headers.count ? " and a body" : " with a body");
    if (form == FORM_PLAIN || form > FORM_PARENT) {
        put_takers(set, &buf);
    }
    struct slice words = arena_copy(arena, buf_slice(&buf));
    buf_release(&buf);
    return words;
}

/* ---- as a pattern ------------------------------------------------------------------------- */

static void put_quoted(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] && strchr("\\^$.|?*+()[]{}", text.ptr[i])) {
            buf_putc(out, '\\');
        }
        buf_putc(out, text.ptr[i]);
    }
}

/* The paths of a match as an expression of PCRE, from the start of the path on. */
static void put_path(const struct path_match *path, struct buf *out)
{
    struct slice value = path->value;
    switch (path->kind) {
    case PATH_ANY:
        return;
    case PATH_EXACT:
        put_quoted(value, out);
        buf_putc(out, '$');
        return;
    case PATH_PREFIX_ELEMENT:
        value.len -= value.len && value.ptr[value.len - 1] == '/';
        put_quoted(value, out);
        buf_puts(out, value.len ? "(/|$)" : "");
        return;
    case PATH_PREFIX_STRING:
        put_quoted(value, out);
        return;
    case PATH_REGEX:
        value = slice_starts(value, SLICE("^")) ? slice_sub(value, 1, value.len) : value;
        buf_printf(out, SLICE_FMT "%s", SLICE_ARG(value), path->whole ? "$" : "");
        return;
    }
}

/* Several alternatives have to be held together; "(?i" is for letters of either case. */
static void put_group(const struct path_match *path, struct buf *out)
{
    bool alternatives =
        path->kind == PATH_REGEX && slice_find(path->value, '|', 0) < path->value.len;
    bool group = path->fold || alternatives;
    buf_puts(out, !group ? "" : path->fold ? "(?i:" : "(?:");
    put_path(path, out);
    buf_puts(out, group ? ")" : "");
}

struct slice request_set_pattern(struct arena *arena, const struct request_set *set)
{
    const struct path_match *paths[2] = {0};
    size_t count = 0;
    for (size_t side = 0; side < 2; side++) {
        const struct rule *rule = set->rules[side];
        if (rule && !set->several[side] && rule->match.path.kind != PATH_ANY) {
            paths[count++] = &rule->match.path;
        }
    }
    struct buf a, b;
    buf_init(&a, BUF_TEXT_MAX);
    buf_init(&b, BUF_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        put_group(paths[i], i ? &b : &a);
    }
    bool both = a.len && b.len && !slice_equal(buf_slice(&a), buf_slice(&b));
    struct slice parts[] = {SLICE("^"), both ? SLICE("(?=") : SLICE(""),
                            a.len ? buf_slice(&a) : buf_slice(&b), both ? SLICE(")") : SLICE(""),
                            both ? buf_slice(&b) : SLICE("")};
    struct slice pattern = arena_join(arena, parts, ARRAY_LEN(parts));
    buf_release(&a);
    buf_release(&b);
    return pattern.len > 1 ? pattern : SLICE("^/");
}
