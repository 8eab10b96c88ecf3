#include "verify/verify_priv.h"

static enum verify_held differs(struct arena *arena, const char *field, struct slice name,
                                struct slice want, struct slice got, struct slice *why)
{
    *why = arena_printf(
        arena, "%s" SLICE_FMT ": predicted %s" SLICE_FMT "%s, got %s" SLICE_FMT "%s", field,
        SLICE_ARG(name), want.ptr ? "'" : "none", SLICE_ARG(want), want.ptr ? "'" : "",
        got.ptr ? "'" : "none", SLICE_ARG(got), got.ptr ? "'" : "");
    return VERIFY_HELD_NO;
}

static enum verify_held silent(struct slice reason, struct slice *why)
{
    *why = reason;
    return VERIFY_HELD_SILENT;
}

struct slice answer_text(struct arena *arena, const struct verify_answer *answer)
{
    if (answer->fault != VERIFY_NONE && !answer->status) {
        return slice_of(verify_fault_words(answer->fault));
    }
    struct slice status = arena_printf(arena, "%lld", (long long)answer->status);
    return answer->fault == VERIFY_NONE ? status
                                        : ARENA_JOIN(arena, status, SLICE(", and "),
                                                     slice_of(verify_fault_words(answer->fault)));
}

struct slice answer_header(struct arena *arena, const struct verify_answer *answer,
                           struct slice name)
{
    const struct headers headers = headers_public(arena, &answer->headers);
    return headers_joined(arena, &headers, name);
}

/* ---- headers ------------------------------------------------------------------------------ */

/* Of the connection and the body, which servers write as they like, and those of answers that a backend has as well. */
static bool is_skipped(struct slice name)
{
    static const char *const names[] = {"connection", "content-length", "transfer-encoding",
                                        "keep-alive", "date",           "server",
                                        "host",       "content-type",   "upgrade",
                                        "location",   "accept-encoding"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal_fold(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static struct slice shown(struct slice name, struct slice value)
{
    return value.ptr && header_is_secret(name) ? SLICE("(not shown)") : value;
}

static enum verify_held hold_headers(struct arena *arena, const char *what,
                                     const struct seen_headers *want, const struct headers *got,
                                     struct slice *why)
{
    for (size_t i = 0; i < want->count; i++) {
        const struct seen_header *header = &want->items[i];
        struct slice value = headers_joined(arena, got, header->name);
        if (!header->known || header->only_good || is_skipped(header->name) || is_hidden(value) ||
            is_hidden(header->value)) {
            continue;
        }
        if (!value.ptr ||
            !header_values_equal(arena, slice_trim(header->value), slice_trim(value))) {
            return differs(arena, what, header->name, shown(header->name, header->value),
                           shown(header->name, value), why);
        }
    }
    for (size_t i = 0; i < want->absent.count; i++) {
        struct slice value = headers_joined(arena, got, want->absent.items[i]);
        if (value.ptr && !is_skipped(want->absent.items[i])) {
            return differs(arena, what, want->absent.items[i], SLICE_ABSENT,
                           shown(want->absent.items[i], value), why);
        }
    }
    return VERIFY_HELD_YES;
}

/* ---- outcomes ----------------------------------------------------------------------------- */

static enum verify_held hold_status(struct arena *arena, int64_t want,
                                    const struct verify_answer *answer, struct slice *why)
{
    if (answer->status == want && answer->fault == VERIFY_NONE) {
        return VERIFY_HELD_YES;
    }
    return differs(arena, "status", SLICE(""), arena_printf(arena, "%lld", (long long)want),
                   answer_text(arena, answer), why);
}

static struct slice backend_text(struct arena *arena, const struct outcome_backend *backend)
{
    return ARENA_JOIN(arena, backend->namespace, SLICE("/"), backend->service);
}

/* What the backend says that it got. */
static enum verify_held hold_echo(struct arena *arena, const struct outcome_backend *backend,
                                  const struct verify_echo *echo, struct slice *why)
{
    bool hidden = is_hidden(backend->path) || is_hidden(echo->path);
    if (backend->path_known && !hidden && !slice_equal(backend->path, echo->path)) {
        return differs(arena, "path at the backend", SLICE(""), backend->path, echo->path, why);
    }
    hidden = is_hidden(backend->host) || is_hidden(echo->host);
    if (backend->host_known && echo->host.ptr && !hidden &&
        !slice_equal(backend->host, echo->host)) {
        return differs(arena, "host at the backend", SLICE(""), backend->host, echo->host, why);
    }
    if (echo->method.ptr && !slice_equal(backend->method, echo->method)) {
        return differs(arena, "method at the backend", SLICE(""), backend->method, echo->method,
                       why);
    }
    return hold_headers(arena, "header at the backend ", &backend->request, &echo->headers, why);
}

static enum verify_held hold_forward(struct arena *arena, const struct outcome *outcome,
                                     const struct verify_answer *answer, struct slice *why)
{
    const struct outcome_backend *told = NULL, *first = NULL;
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        bool takes = backend->weight != 0;
        if (takes && backend->status && backend->status == answer->status) {
            return VERIFY_HELD_YES;
        }
        first = takes && !backend->status && !first ? backend : first;
        if (takes && !backend->status && answer->echo.told && echo_is(&answer->echo, backend)) {
            told = told ? told : backend;
        }
    }
    if (answer->fault != VERIFY_NONE && !answer->status) {
        return differs(arena, "answer", SLICE(""),
                       first ? backend_text(arena, first) : SLICE("of a backend"),
                       answer_text(arena, answer), why);
    }
    if (!answer->echo.told) {
        return silent(SLICE("it is up to the backend, which does not tell what it got"), why);
    }
    if (!told) {
        return differs(arena, "backend", SLICE(""),
                       first ? backend_text(arena, first) : SLICE_ABSENT,
                       echo_backend(arena, &answer->echo), why);
    }
    enum verify_held held = hold_echo(arena, told, &answer->echo, why);
    return held == VERIFY_HELD_YES
               ? hold_headers(arena, "header ", &told->response, &answer->headers, why)
               : held;
}

static enum verify_held hold_answer(struct arena *arena, const struct outcome *outcome,
                                    const struct verify_answer *answer, struct slice *why)
{
    enum verify_held held = hold_status(arena, outcome->status, answer, why);
    if (held != VERIFY_HELD_YES) {
        return held;
    }
    if (answer->echo.told && !outcome->effects.error_pages) {
        return differs(arena, "answer", SLICE(""), SLICE("of the data plane itself"),
                       ARENA_JOIN(arena, SLICE("of "), echo_backend(arena, &answer->echo)), why);
    }
    struct slice location = answer_header(arena, answer, SLICE("Location"));
    bool hidden = is_hidden(outcome->location) || is_hidden(location);
    if (outcome->kind == OUTCOME_REDIRECT && outcome->location.ptr && !hidden &&
        !slice_equal(outcome->location, location)) {
        return differs(arena, "Location", SLICE(""), outcome->location, location, why);
    }
    return hold_headers(arena, "header ", &outcome->response, &answer->headers, why);
}

static enum verify_held hold_close(struct arena *arena, const struct verify_answer *answer,
                                   struct slice *why)
{
    bool closed = answer->fault == VERIFY_CLOSED || answer->fault == VERIFY_TLS ||
                  answer->fault == VERIFY_UNREACHED;
    return closed ? VERIFY_HELD_YES
                  : differs(arena, "answer", SLICE(""), SLICE("a connection that is closed"),
                            answer_text(arena, answer), why);
}

static enum verify_held hold(struct arena *arena, const struct outcome *outcome,
                             const struct verify_answer *answer, struct slice *why)
{
    switch (outcome->kind) {
    case OUTCOME_FORWARD:
        return hold_forward(arena, outcome, answer, why);
    case OUTCOME_REDIRECT:
    case OUTCOME_RESPOND:
        return hold_answer(arena, outcome, answer, why);
    case OUTCOME_CLOSE:
        return hold_close(arena, answer, why);
    case OUTCOME_TUNNEL:
        return silent(SLICE("bytes are handed on, and the server behind answers"), why);
    case OUTCOME_UNKNOWN:
        break;
    }
    return silent(outcome->reason, why);
}

/* What hangs on more than the request is not held against a side. */
enum verify_held predicted(struct arena *arena, const struct outcome *outcome,
                           const struct verify_answer *answer, struct slice *why)
{
    enum verify_held held = hold(arena, outcome, answer, why);
    if (held != VERIFY_HELD_NO) {
        return held;
    }
    if (outcome->condition_count) {
        const struct condition *condition = &outcome->conditions[0];
        return silent(ARENA_JOIN(arena, SLICE("it hangs on "), slice_of(condition->name),
                                 SLICE(", "), condition->parameters),
                      why);
    }
    return outcome->unknown ? silent(outcome->unknown->reason, why) : held;
}
