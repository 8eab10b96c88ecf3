#include "compare/compare_priv.h"

/* Memory for outcomes is given back after this many bytes of them. */
enum { OUTCOME_BYTES = 4 << 20 };

struct comparer {
    struct run *run;
    const struct evaluator *before, *after;
    struct sides sides;
    struct findings *findings;
    struct comparison *out;
    /* Data planes that serve the host at hand. Which one is asked follows from host and listener
     * alone, and there can be a hundred of them. */
    struct slice before_gateway, after_gateway;
};

static void count_unknown(struct comparer *comparer, struct host_verdict *verdict,
                          const struct outcome *before, const struct outcome *after)
{
    verdict->unknown++;
    if (!comparer->out->unknown_reason.ptr) {
        const struct outcome *unknown = before->kind == OUTCOME_UNKNOWN ? before : after;
        comparer->out->unknown_reason = arena_copy(comparer->run->arena, unknown->reason);
    }
}

/* What differs only in another form of a path lies in how the data planes read paths, unless the
 * path has led to rules that differ anyway. */
static void blame_form(struct comparer *comparer, const struct draw *draw,
                       struct difference *difference, const struct outcome *before,
                       const struct outcome *after)
{
    if (draw->form == FORM_PLAIN || difference->platform ||
        findings_know(comparer->findings, draw, difference, before, after)) {
        return;
    }
    difference->platform = difference->by_form = true;
    if (difference->impact > IMPACT_CHANGED) {
        difference->impact = IMPACT_CHANGED;
    }
}

/* True when rules make no difference for this request. */
static bool compare_request(struct comparer *comparer, struct arena *scratch,
                            const struct draw *draw, struct host_verdict *verdict)
{
    struct outcome before, after;
    struct request request = draw->request;
    request.gateway = comparer->before_gateway;
    evaluate(comparer->before, scratch, &request, &before);
    request.gateway = comparer->after_gateway;
    evaluate(comparer->after, scratch, &request, &after);
    verdict->requests++;
    if (before.kind == OUTCOME_UNKNOWN || after.kind == OUTCOME_UNKNOWN) {
        count_unknown(comparer, verdict, &before, &after);
        return false;
    }
    struct difference differences[DIFFERENCES_MAX];
    size_t count = outcomes_differ(&comparer->sides, &before, &after, differences);
    bool agreed = true;
    for (size_t i = 0; i < count; i++) {
        blame_form(comparer, draw, &differences[i], &before, &after);
        findings_add(comparer->findings, draw, verdict->host, &differences[i], &before, &after);
        if (!differences[i].platform) {
            agreed = false;
            for (unsigned aspect = 0; aspect < ASPECT_COUNT; aspect++) {
                if (differences[i].aspects & (1u << aspect)) {
                    verdict->aspects[aspect] = VERDICT_DIFFERENT;
                }
            }
        }
    }
    verdict->agreed += agreed;
    return agreed;
}

/* Whether the i-th of `count` is among `most` that lie evenly. */
static bool sampled(size_t i, size_t count, size_t most)
{
    return count <= most || (i + 1) * most / count != i * most / count;
}

/* Plain paths come first: other forms of a path are judged by what is known from them. */
static void compare_draws(struct comparer *comparer, const struct draws *draws, size_t most,
                          struct host_verdict *verdict)
{
    struct arena *flags = arena_open(0, NULL, NULL), *scratch = arena_open(0, NULL, NULL);
    bool *agreed = ARENA_ARRAY(flags, bool, draws->count + 1);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < draws->count; i++) {
            const struct draw *draw = &draws->items[i];
            bool plain = draw->form == FORM_PLAIN;
            if (plain != (pass == 0) || !sampled(i, draws->count, most) ||
                (!plain && !agreed[draw->base])) {
                continue;
            }
            agreed[i] = compare_request(comparer, scratch, draw, verdict);
            if (arena_used(scratch) > OUTCOME_BYTES) {
                arena_close(scratch);
                scratch = arena_open(0, NULL, NULL);
            }
        }
    }
    arena_close(scratch);
    arena_close(flags);
}

/* All requests to one name at one listener. */
static void compare_name(struct comparer *comparer, struct slice name,
                         const struct listener *listener, size_t most, struct host_verdict *verdict)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    struct request start = {.scheme = listener->https ? SLICE("https") : SLICE("http"),
                            .host = name,
                            .port = listener->port,
                            .client_text = SLICE("192.0.2.10")}; /* RFC 5737, TEST-NET-1 */
    (void)address_parse(start.client_text, &start.client);
    request_defaults(&start);
    struct outcome before, after;
    evaluate(comparer->before, arena, &start, &before);
    evaluate(comparer->after, arena, &start, &after);
    comparer->before_gateway = before.gateway;
    comparer->after_gateway = after.gateway;
    if (before.entry || after.entry) {
        struct draws draws = {0};
        draws_make(arena, &start, before.entry ? before.entry->rules : NULL,
                   after.entry ? after.entry->rules : NULL, &draws);
        compare_draws(comparer, &draws, most, verdict);
    } else if (before.kind == OUTCOME_UNKNOWN || after.kind == OUTCOME_UNKNOWN) {
        verdict->requests++;
        count_unknown(comparer, verdict, &before, &after);
    }
    arena_close(arena);
}

static void compare_host(struct comparer *comparer, const struct targets *targets,
                         const struct target_host *host, struct host_verdict *verdict)
{
    *verdict = (struct host_verdict){.host = host->name};
    size_t parts = host->name_count * targets->listener_count;
    for (size_t name = 0; name < host->name_count; name++) {
        for (size_t i = 0; i < targets->listener_count; i++) {
            compare_name(comparer, host->names[name], &targets->listeners[i],
                         COMPARE_REQUESTS_MAX / parts, verdict);
        }
    }
    comparer->out->requests += verdict->requests;
    comparer->out->agreed += verdict->agreed;
    comparer->out->unknown += verdict->unknown;
}

void compare_sides(struct run *run, const struct evaluator *before,
                   const struct route_table *before_table, const struct evaluator *after,
                   const struct route_table *after_table, const struct compare_options *options,
                   struct comparison *out)
{
    *out = (struct comparison){.before = before_table->label, .after = after_table->label};
    struct comparer comparer = {
        .run = run, .before = before, .after = after, .findings = findings_new(run), .out = out};
    sides_init(before_table, after_table, options, &comparer.sides);
    struct targets targets;
    targets_collect(run, before_table, after_table, &targets);
    out->hosts = ARENA_ARRAY(run->arena, struct host_verdict, targets.host_count);
    for (size_t i = 0; i < targets.host_count; i++) {
        struct host_verdict verdict;
        compare_host(&comparer, &targets, &targets.hosts[i], &verdict);
        if (verdict.requests) {
            out->hosts[out->host_count++] = verdict;
        }
    }
    findings_finish(comparer.findings, before, after, out);
}
