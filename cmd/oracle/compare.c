#include "oracle.h"

/* ---- headers ------------------------------------------------------------------------------ */

static bool is_one_of(struct slice name, const char *const *names)
{
    for (; *names; names++) {
        if (slice_equal_fold(name, slice_of(*names))) {
            return true;
        }
    }
    return false;
}

/* Of the connection or the body, and those that only this program uses. */
static const char *const own_headers[] = {"Host",
                                          "Connection",
                                          "Content-Length",
                                          "Transfer-Encoding",
                                          "X-Oracle-Backend",
                                          "X-Oracle-Client",
                                          "Upgrade",
                                          "X-Oracle-Seen",
                                          NULL};
/* What nginx adds to every answer, or its backend's. */
static const char *const answer_headers[] = {"Server",     "Date", "Content-Type", "Location",
                                             "Keep-Alive", "ETag", "Allow",        NULL};

static bool differs(struct arena *arena, const char *what, struct slice name, struct slice want,
                    struct slice got, struct slice *why)
{
    *why = arena_printf(arena,
                        "%s " SLICE_FMT ": expected '" SLICE_FMT "'%s, nginx has '" SLICE_FMT "'%s",
                        what, SLICE_ARG(name), SLICE_ARG(want), want.ptr ? "" : " (none)",
                        SLICE_ARG(got), got.ptr ? "" : " (none)");
    return false;
}

/* With `open` there may be others, as it is not known which there are. */
static bool same_headers(struct arena *arena, const char *what, const struct seen_headers *want,
                         bool open, const struct headers *got, bool answer, struct slice *why)
{
    for (size_t i = 0; i < want->count; i++) {
        const struct seen_header *header = &want->items[i];
        struct slice value = headers_joined(arena, got, header->name);
        if (is_one_of(header->name, own_headers)) {
            continue;
        }
        struct slice expected = slice_trim(header->value);
        if (header->known && (!value.ptr || !header_values_equal(arena, expected, value))) {
            return differs(arena, what, header->name, header->value, value, why);
        }
    }
    for (size_t i = 0; !open && i < got->count; i++) {
        struct slice name = got->items[i].name;
        bool skip = is_one_of(name, own_headers) || (answer && is_one_of(name, answer_headers));
        if (!skip && !seen_find(want, name)) {
            return differs(arena, what, name, SLICE_ABSENT, got->items[i].value, why);
        }
    }
    return true;
}

/* ---- outcomes ----------------------------------------------------------------------------- */

static struct slice status_text(struct arena *arena, int64_t status)
{
    return arena_printf(arena, "%lld", (long long)status);
}

static bool same_backend(const struct outcome_backend *backend, const struct answer *answer,
                         struct arena *arena)
{
    struct slice name =
        arena_printf(arena, SLICE_FMT "/" SLICE_FMT ":%u", SLICE_ARG(backend->namespace),
                     SLICE_ARG(backend->service), backend->port);
    return slice_equal(name, answer->backend);
}

static bool headers_open(const struct outcome *outcome)
{
    for (const struct unknown *unknown = outcome->unknown; unknown; unknown = unknown->next) {
        if (unknown->aspect == ASPECT_HEADERS) {
            return true;
        }
    }
    return false;
}

static bool same_request(struct arena *arena, const struct outcome_backend *backend, bool open,
                         const struct answer *answer, struct slice *why)
{
    struct slice host = headers_get(&answer->seen, SLICE("Host"));
    if (answer->status != 200) {
        return differs(arena, "status", SLICE(""), SLICE("200"), status_text(arena, answer->status),
                       why);
    }
    if (!slice_equal(backend->method, answer->method)) {
        return differs(arena, "method", SLICE(""), backend->method, answer->method, why);
    }
    if (backend->path_known && !slice_equal(backend->path, answer->target)) {
        return differs(arena, "path", SLICE(""), backend->path, answer->target, why);
    }
    if (backend->host_known && !slice_equal(backend->host, host)) {
        return differs(arena, "host", SLICE(""), backend->host, host, why);
    }
    return same_headers(arena, "request header", &backend->request, open, &answer->seen, false,
                        why) &&
           same_headers(arena, "response header", &backend->response, open, &answer->headers, true,
                        why);
}

static bool same_forward(struct arena *arena, const struct outcome *outcome,
                         const struct answer *answer, struct slice *why)
{
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        if (backend->weight && backend->status && backend->status == answer->status) {
            return true;
        }
        if (backend->weight && !backend->status && same_backend(backend, answer, arena)) {
            return same_request(arena, backend, headers_open(outcome), answer, why);
        }
    }
    struct slice service = outcome->backend_count ? outcome->backends[0].service : SLICE("nobody");
    struct slice got = answer->backend.ptr ? answer->backend : status_text(arena, answer->status);
    return differs(arena, "backend", SLICE(""), service, got, why);
}

static bool same_answer(struct arena *arena, const struct outcome *outcome,
                        const struct answer *answer, struct slice *why)
{
    struct slice location = headers_get(&answer->headers, SLICE("Location"));
    struct slice backend = answer->backend;
    if (outcome->status != answer->status || (backend.ptr && !slice_is(backend, "-"))) {
        struct slice got = status_text(arena, answer->status);
        if (backend.ptr) {
            got = ARENA_JOIN(arena, got, SLICE(" of "), backend);
        }
        return differs(arena, "status", SLICE(""), status_text(arena, outcome->status), got, why);
    }
    /* blanks at the end of a header's line are not read */
    if (outcome->kind == OUTCOME_REDIRECT &&
        !slice_equal(slice_trim(outcome->location), location)) {
        return differs(arena, "Location", SLICE(""), outcome->location, location, why);
    }
    return same_headers(arena, "response header", &outcome->response, headers_open(outcome),
                        &answer->headers, true, why);
}

enum verdict answer_compare(struct arena *arena, const struct outcome *outcome,
                            const struct answer *answer, struct slice *why)
{
    bool same = false;
    *why = SLICE("");
    switch (outcome->kind) {
    case OUTCOME_UNKNOWN:
        return VERDICT_UNKNOWN;
    case OUTCOME_FORWARD:
        same = same_forward(arena, outcome, answer, why);
        break;
    case OUTCOME_REDIRECT:
    case OUTCOME_RESPOND:
        same = same_answer(arena, outcome, answer, why);
        break;
    case OUTCOME_TUNNEL:
    case OUTCOME_CLOSE:
        same = answer->status == 0;
        *why = SLICE("expected that no HTTP is spoken");
        break;
    }
    return same ? VERDICT_SAME : VERDICT_DIFFERS;
}
