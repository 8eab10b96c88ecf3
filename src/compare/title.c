#include "compare/compare_priv.h"

static void backend_words(const struct outcome_backend *backend, uint64_t total, struct buf *out)
{
    if (backend->status) {
        buf_printf(out, "answered %lld", (long long)backend->status);
    } else {
        buf_printf(out, SLICE_FMT "/" SLICE_FMT ":%u", SLICE_ARG(backend->namespace),
                   SLICE_ARG(backend->service), backend->port);
    }
    if (backend->weight != total) {
        buf_printf(out, " (%llu of %llu)", (unsigned long long)backend->weight,
                   (unsigned long long)total);
    }
}

struct slice outcome_words(struct arena *arena, const struct outcome *outcome)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    uint64_t total = 0;
    for (size_t i = 0; i < outcome->backend_count; i++) {
        total += outcome->backends[i].weight;
    }
    switch (outcome->kind) {
    case OUTCOME_FORWARD:
    case OUTCOME_TUNNEL:
        buf_puts(&text, outcome->kind == OUTCOME_FORWARD ? "forwarded to " : "passed through to ");
        for (size_t i = 0; i < outcome->backend_count; i++) {
            buf_puts(&text, i ? ", " : "");
            backend_words(&outcome->backends[i], total, &text);
        }
        break;
    case OUTCOME_REDIRECT:
        buf_printf(&text, "redirected by %lld to " SLICE_FMT, (long long)outcome->status,
                   SLICE_ARG(outcome->location));
        break;
    case OUTCOME_RESPOND:
        buf_printf(&text, "answered %lld", (long long)outcome->status);
        break;
    case OUTCOME_CLOSE:
        buf_puts(&text, "connection closed");
        break;
    case OUTCOME_UNKNOWN:
        buf_printf(&text, "not known (" SLICE_FMT ")", SLICE_ARG(outcome->reason));
        break;
    }
    struct slice words = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return words;
}

static bool counts(const struct difference *difference, size_t field, enum aspect aspect,
                   bool platform, const struct outcome *before, const struct outcome *after)
{
    return (platform ? difference->platform : difference->fields)[field] &&
           differs_aspect(field, before, after) == aspect;
}

struct slice difference_fields(struct arena *arena, const struct difference *difference,
                               enum aspect aspect, bool platform, const struct outcome *before,
                               const struct outcome *after)
{
    struct slice all = SLICE("");
    for (size_t i = 0; i < DIFFERS_COUNT; i++) {
        if (counts(difference, i, aspect, platform, before, after)) {
            all = arena_printf(arena, SLICE_FMT "%s%s", SLICE_ARG(all), all.len ? ", " : "",
                               differs_name(i));
        }
    }
    return all;
}

static struct slice effect_words(struct arena *arena, enum effect_id id, const void *effect)
{
    if (!effect) {
        return SLICE("not set");
    }
    struct buf text;
    buf_init(&text, 1 << 16);
    effect_print(id, effect, &text);
    struct slice words = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return words.len ? words : SLICE("none");
}

static struct slice header_words(struct arena *arena, const struct seen_headers *a,
                                 const struct seen_headers *b)
{
    struct slice names = SLICE("");
    for (size_t i = 0; i < a->count; i++) {
        bool same = false;
        for (size_t j = 0; j < b->count; j++) {
            same = same || (slice_equal_fold(a->items[i].name, b->items[j].name) &&
                            slice_equal(a->items[i].value, b->items[j].value));
        }
        if (!same) {
            names = arena_printf(arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(names),
                                 names.len ? ", " : "", SLICE_ARG(a->items[i].name));
        }
    }
    return names.len ? names : SLICE("none");
}

static struct slice headers_title(struct arena *arena, const struct outcome *before,
                                  const struct outcome *after, bool request)
{
    static const struct seen_headers none = {0};
    const struct seen_headers *a = &none, *b = &none;
    if (before->backend_count && after->backend_count) {
        a = request ? &before->backends[0].request : &before->backends[0].response;
        b = request ? &after->backends[0].request : &after->backends[0].response;
    }
    return arena_printf(arena, "%s headers only before: " SLICE_FMT "; only after: " SLICE_FMT,
                        request ? "request" : "response", SLICE_ARG(header_words(arena, a, b)),
                        SLICE_ARG(header_words(arena, b, a)));
}

/* The first field that counts says what the finding is about. */
struct slice difference_title(struct arena *arena, const struct difference *difference,
                              enum aspect aspect, bool platform, const struct outcome *before,
                              const struct outcome *after)
{
    size_t field = 0;
    while (field < DIFFERS_COUNT &&
           !counts(difference, field, aspect, platform, before, after)) {
        field++;
    }
    if (field >= DIFFERS_EFFECT && field < DIFFERS_COUNT) {
        enum effect_id id = (enum effect_id)(field - DIFFERS_EFFECT);
        return arena_printf(arena, "%s: " SLICE_FMT " before, " SLICE_FMT " after",
                            effect_row(id)->text,
                            SLICE_ARG(effect_words(arena, id, effect_get(&before->effects, id))),
                            SLICE_ARG(effect_words(arena, id, effect_get(&after->effects, id))));
    }
    switch (field) {
    case DIFFERS_PATH:
        return arena_printf(arena, "the backend sees path " SLICE_FMT " before, " SLICE_FMT " after",
                            SLICE_ARG(before->backends[0].path), SLICE_ARG(after->backends[0].path));
    case DIFFERS_HOST:
        return arena_printf(arena, "the backend sees host " SLICE_FMT " before, " SLICE_FMT " after",
                            SLICE_ARG(before->backends[0].host), SLICE_ARG(after->backends[0].host));
    case DIFFERS_REQUEST_HEADERS:
        return headers_title(arena, before, after, true);
    case DIFFERS_RESPONSE_HEADERS:
        return headers_title(arena, before, after, false);
    case DIFFERS_CERTIFICATE:
        return SLICE("https was answered with a self-signed certificate before; the connection is "
                     "closed after");
    default:
        return arena_printf(arena, SLICE_FMT " before, " SLICE_FMT " after",
                            SLICE_ARG(outcome_words(arena, before)),
                            SLICE_ARG(outcome_words(arena, after)));
    }
}

static void keep_headers(struct arena *arena, struct seen_headers *headers)
{
    struct seen_header *items = ARENA_ARRAY(arena, struct seen_header, headers->count);
    for (size_t i = 0; i < headers->count; i++) {
        items[i] = (struct seen_header){arena_copy(arena, headers->items[i].name),
                                        arena_copy(arena, headers->items[i].value),
                                        headers->items[i].known};
    }
    headers->items = items;
    headers->capacity = headers->count;
    struct slice *absent = ARENA_ARRAY(arena, struct slice, headers->absent.count);
    for (size_t i = 0; i < headers->absent.count; i++) {
        absent[i] = arena_copy(arena, headers->absent.items[i]);
    }
    headers->absent.items = absent;
}

void outcome_keep(struct arena *arena, struct outcome *outcome)
{
    outcome->location = arena_copy(arena, outcome->location);
    outcome->reason = arena_copy(arena, outcome->reason);
    keep_headers(arena, &outcome->response);
    struct outcome_backend *backends =
        ARENA_ARRAY(arena, struct outcome_backend, outcome->backend_count);
    for (size_t i = 0; i < outcome->backend_count; i++) {
        backends[i] = outcome->backends[i];
        backends[i].path = arena_copy(arena, backends[i].path);
        backends[i].host = arena_copy(arena, backends[i].host);
        backends[i].method = arena_copy(arena, backends[i].method);
        keep_headers(arena, &backends[i].request);
        keep_headers(arena, &backends[i].response);
    }
    outcome->backends = backends;
}
