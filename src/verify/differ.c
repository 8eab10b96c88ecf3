#include "verify/verify_priv.h"

struct differing {
    struct arena *arena;
    struct verify_result *result;
    const struct verify_answer *before, *after;
};

static void add(struct differing *differing, struct slice field, struct slice before,
                struct slice after)
{
    struct verify_result *result = differing->result;
    if (before.ptr != after.ptr && (!before.ptr || !after.ptr || !slice_equal(before, after))) {
        *ARENA_PUSH(differing->arena, result->differences, result->difference_count,
                    result->difference_capacity) = (struct verify_difference){field, before, after};
    }
}

static void add_header(struct differing *differing, struct slice name)
{
    struct arena *arena = differing->arena;
    bool location = slice_equal_fold(name, SLICE("Location"));
    add(differing, location ? SLICE("Location") : ARENA_JOIN(arena, SLICE("header "), name),
        answer_header(arena, differing->before, name),
        answer_header(arena, differing->after, name));
}

static size_t takers(const struct outcome *outcome)
{
    size_t count = 0;
    for (size_t i = 0; outcome && i < outcome->backend_count; i++) {
        count += outcome->backends[i].weight != 0;
    }
    return count;
}

/* With shares of traffic two answers may come from two backends, and nothing differs. */
static void add_echo(struct differing *differing, const struct outcome *before,
                     const struct outcome *after)
{
    struct arena *arena = differing->arena;
    const struct verify_echo *was = &differing->before->echo, *is = &differing->after->echo;
    bool shares = takers(before) > 1 || takers(after) > 1;
    if (was->told != is->told) {
        if (!shares) {
            add(differing, SLICE("answered by"),
                was->told ? SLICE("a backend that tells what it got") : SLICE("somebody else"),
                is->told ? SLICE("a backend that tells what it got") : SLICE("somebody else"));
        }
        return;
    }
    if (!was->told) {
        return;
    }
    if (!shares) {
        add(differing, SLICE("backend"), echo_backend(arena, was), echo_backend(arena, is));
    }
    add(differing, SLICE("path at the backend"), was->path, is->path);
    add(differing, SLICE("host at the backend"), was->host, is->host);
    add(differing, SLICE("method at the backend"), was->method, is->method);
}

void answers_differ(struct arena *arena, const struct verify_compared *compared,
                    const struct outcome *before, const struct outcome *after,
                    struct verify_result *result)
{
    const struct verify_answer *answers = result->item->answer;
    struct differing differing = {arena, result, &answers[0], &answers[1]};
    struct slice was = answer_text(arena, &answers[0]), is = answer_text(arena, &answers[1]);
    bool statuses = answers[0].status && answers[1].status;
    add(&differing, statuses ? SLICE("status") : SLICE("answer"), was, is);
    if (!statuses) {
        return;
    }
    add_header(&differing, SLICE("Location"));
    for (size_t i = 0; i < compared->headers.count; i++) {
        add_header(&differing, compared->headers.items[i]);
    }
    add_echo(&differing, before, after);
    /* What an echo tells differs from pod to pod, and each data plane has pages of its own for what it answers itself. */
    bool own = before && after && before->kind != OUTCOME_FORWARD && after->kind != OUTCOME_FORWARD;
    if (compared->body && !own && !answers[0].echo.told && !answers[1].echo.told) {
        add(&differing, SLICE("body"), answers[0].body_hash, answers[1].body_hash);
    }
}
