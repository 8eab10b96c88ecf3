#include "verify/verify_priv.h"

struct judging {
    struct run *run;
    struct arena *scratch; /* of the request that is looked at */
    const struct verify_side *side[2];
    const struct verify_compared *compared;
    struct verify_results *results;
    struct judge *judge; /* null: one side has no table */
    struct evidence_places places[2];
    struct evidence_route **routes[2]; /* of the places */
};

static const char *const names[VERIFY_VERDICT_COUNT] = {
#define X(id, name, words) name,
    VERIFY_VERDICT_LIST(X)
#undef X
};
static const char *const verdict_texts[VERIFY_VERDICT_COUNT] = {
#define X(id, name, words) words,
    VERIFY_VERDICT_LIST(X)
#undef X
};

const char *verify_verdict_name(enum verify_verdict verdict)
{
    return names[verdict];
}

const char *verify_verdict_words(enum verify_verdict verdict)
{
    return verdict_texts[verdict];
}

/* ---- differences that nobody predicted ------------------------------------------------------ */

struct seen_row {
    const char *start; /* of the field's name */
    enum aspect aspect;
    enum impact impact;
};
static const struct seen_row seen_rows[] = {
    {"status", ASPECT_ROUTING, IMPACT_BREAKING},      {"answer", ASPECT_ROUTING, IMPACT_BREAKING},
    {"answered by", ASPECT_ROUTING, IMPACT_BREAKING}, {"backend", ASPECT_ROUTING, IMPACT_BREAKING},
    {"Location", ASPECT_REDIRECT, IMPACT_BREAKING},   {"path", ASPECT_REWRITE, IMPACT_BREAKING},
    {"host", ASPECT_REWRITE, IMPACT_CHANGED},         {"method", ASPECT_REWRITE, IMPACT_BREAKING},
    {"body", ASPECT_ROUTING, IMPACT_CHANGED},         {"header", ASPECT_HEADERS, IMPACT_CHANGED},
};

static const struct seen_row *seen_row(struct slice field)
{
    const struct seen_row *row = &seen_rows[ARRAY_LEN(seen_rows) - 1];
    for (size_t i = ARRAY_LEN(seen_rows); i-- > 0;) {
        row = slice_starts(field, slice_of(seen_rows[i].start)) ? &seen_rows[i] : row;
    }
    return row;
}

/* Values that hang on the path are left out, so that one cause has one title. */
static struct slice difference_words(struct arena *arena,
                                     const struct verify_difference *difference)
{
    struct slice field = difference->field;
    if (slice_is(field, "status") || slice_is(field, "answer") || slice_is(field, "backend")) {
        struct slice none = SLICE("none");
        return ARENA_JOIN(arena, field, SLICE(" "),
                          difference->before.ptr ? difference->before : none, SLICE(" before, "),
                          difference->after.ptr ? difference->after : none, SLICE(" after"));
    }
    return difference->before.ptr && difference->after.ptr
               ? ARENA_JOIN(arena, SLICE("another "), field)
               : ARENA_JOIN(arena, field,
                            difference->before.ptr ? SLICE(" before only") : SLICE(" after only"));
}

static void name_difference(struct arena *arena, struct verify_result *result)
{
    struct slice title = SLICE("");
    for (size_t i = 0; i < result->difference_count; i++) {
        title = ARENA_JOIN(arena, title, i ? SLICE("; ") : SLICE(""),
                           difference_words(arena, &result->differences[i]));
    }
    uint64_t hash = slice_hash_written(title, HASH_FIRST);
    result->title = title;
    result->id = arena_printf(arena, "v-%06llx", (unsigned long long)(hash & 0xffffff));
}

/* ---- the verdict -------------------------------------------------------------------------- */

static bool has_aspect(const struct verify_result *result, unsigned aspects)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        if (aspects & 1u << result->findings[i].aspect) {
            return true;
        }
    }
    return false;
}

static bool speaks_of(const struct outcome *outcome, struct slice name)
{
    const struct seen_headers *response = &outcome->response;
    for (size_t i = 0; i < outcome->backend_count && !seen_find(response, name); i++) {
        response = &outcome->backends[i].response;
    }
    return seen_find(response, name) != NULL;
}

/* Who is forwarded to another backend, or with another path, may get any answer. */
static bool is_explained(const struct verify_result *result, const struct outcome *before,
                         const struct outcome *after, const struct verify_difference *difference)
{
    enum {
        ELSEWHERE = 1u << ASPECT_ROUTING | 1u << ASPECT_REWRITE,
        HEADERS = 1u << ASPECT_HEADERS
    };
    bool silent = result->held[0] == VERIFY_HELD_SILENT || result->held[1] == VERIFY_HELD_SILENT;
    struct slice header = slice_starts(difference->field, SLICE("header "))
                              ? slice_sub(difference->field, 7, difference->field.len)
                              : SLICE_ABSENT;
    if (before->kind == OUTCOME_UNKNOWN || after->kind == OUTCOME_UNKNOWN ||
        before->condition_count || after->condition_count) {
        return false;
    }
    if (before->kind != after->kind || (silent && has_aspect(result, ELSEWHERE))) {
        return true;
    }
    return header.ptr ? has_aspect(result, HEADERS) || speaks_of(before, header) ||
                            speaks_of(after, header)
                      : !silent;
}

static enum verify_verdict verdict_of(const struct verify_result *result,
                                      const struct outcome *before, const struct outcome *after)
{
    bool wrong = result->held[0] == VERIFY_HELD_NO || result->held[1] == VERIFY_HELD_NO;
    if (!result->difference_count) {
        return wrong ? VERIFY_IS_SURPRISING : VERIFY_IS_ALIKE;
    }
    bool explained = before && after && !wrong;
    for (size_t i = 0; i < result->difference_count && explained; i++) {
        explained = is_explained(result, before, after, &result->differences[i]);
    }
    return explained ? VERIFY_IS_PREDICTED : VERIFY_IS_DIFFERENT;
}

static void find_findings(struct judging *judging, const struct request *request,
                          const struct outcome *before, const struct outcome *after,
                          struct verify_result *result)
{
    struct judgement findings[JUDGEMENTS_MAX];
    struct arena *arena = judging->scratch;
    if (before->kind == OUTCOME_UNKNOWN || after->kind == OUTCOME_UNKNOWN) {
        return;
    }
    size_t count = judge_request(judging->judge, arena, request, before, after, findings);
    result->findings = ARENA_ARRAY(arena, struct judgement, count + 1);
    for (size_t i = 0; i < count; i++) {
        result->findings[i] = findings[i];
    }
    result->finding_count = count;
}

/* ---- evidence ----------------------------------------------------------------------------- */

/* Queries may hold what is not for everybody. */
static struct slice without_queries(struct arena *arena, struct slice text)
{
    struct slice out = SLICE("");
    while (text.len) {
        size_t query = slice_find(text, '?', 0), end = slice_find(text, ' ', query);
        /* what ends a quoted value is no part of it */
        size_t quote = end > query && text.ptr[end - 1] == ',' ? end - 1 : end;
        quote -= quote > query && text.ptr[quote - 1] == '\'';
        out = ARENA_JOIN(arena, out, slice_sub(text, 0, query),
                         query < text.len ? SLICE("?...") : SLICE(""), slice_sub(text, quote, end));
        text = slice_sub(text, end, text.len);
    }
    return out;
}

static struct evidence_example example_of(struct judging *judging, const struct verify_item *item)
{
    struct slice line = request_line(judging->scratch, &item->request);
    return (struct evidence_example){.source = item->source,
                                     .line = item->number,
                                     .text = slice_sub(line, 0, slice_find(line, '?', 0))};
}

static void note_finding(struct judging *judging, const struct verify_result *result,
                         struct slice id, const struct judgement *judgement, bool confirmed)
{
    struct arena *arena = judging->run->arena;
    struct evidence_finding *finding = evidence_finding(arena, &judging->results->evidence, id);
    const struct evidence_example example = example_of(judging, result->item);
    finding->platform = judgement->platform;
    finding->impact = judgement->impact > finding->impact ? judgement->impact : finding->impact;
    finding->asked++;
    finding->confirmed += confirmed;
    evidence_finding_example(arena, finding, &example,
                             without_queries(judging->scratch, judgement->title),
                             judgement->aspect);
}

static void note_unpredicted(struct judging *judging, const struct verify_result *result)
{
    struct judgement judgement = {.title = result->title, .impact = IMPACT_COSMETIC};
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct seen_row *row = seen_row(result->differences[i].field);
        if (!i || row->impact > judgement.impact) {
            judgement.impact = row->impact;
            judgement.aspect = row->aspect;
        }
    }
    note_finding(judging, result, result->id, &judgement, true);
}

/* The model and a server disagree, whatever the other side does. */
static void note_unexplained(struct judging *judging, const struct verify_result *result)
{
    struct arena *arena = judging->run->arena;
    const struct evidence_example example = example_of(judging, result->item);
    for (size_t side = 0; side < 2; side++) {
        if (result->held[side] == VERIFY_HELD_NO) {
            struct slice text =
                ARENA_JOIN(judging->scratch, side ? SLICE("after: ") : SLICE("before: "),
                           without_queries(judging->scratch, result->why[side]));
            struct evidence_group *group =
                evidence_group(arena, &judging->results->evidence.unexplained, text);
            group->requests++;
            bool kept = evidence_example_add(arena, &group->examples, &example);
            (void)kept;
        }
    }
}

static void count(struct judging *judging, const struct verify_result *result)
{
    uint64_t *counts = judging->results->evidence.counts;
    const struct verify_answer *answers = result->item->answer;
    bool both = result->held[0] == VERIFY_HELD_YES && result->held[1] == VERIFY_HELD_YES;
    bool alike = result->verdict == VERIFY_IS_ALIKE || result->verdict == VERIFY_IS_SURPRISING;
    counts[EVIDENCE_ASKED]++;
    if (answers[0].status && answers[1].status) {
        counts[EVIDENCE_ANSWERED]++;
        counts[EVIDENCE_AGREED] += alike;
        counts[EVIDENCE_PREDICTED] += both;
    }
    for (size_t i = 0; i < result->finding_count; i++) {
        /* of timeouts, retries and limits a single answer tells nothing */
        bool confirmed = (both || result->verdict == VERIFY_IS_PREDICTED) &&
                         result->findings[i].aspect != ASPECT_TRAFFIC;
        note_finding(judging, result, result->findings[i].id, &result->findings[i], confirmed);
    }
    if (result->verdict == VERIFY_IS_DIFFERENT) {
        note_unpredicted(judging, result);
    }
    note_unexplained(judging, result);
}

/* ---- routes ------------------------------------------------------------------------------- */

static void open_routes(struct judging *judging, size_t side)
{
    struct arena *arena = judging->run->arena;
    struct evidence_places *places = &judging->places[side];
    evidence_places_read(judging->run, judging->side[side]->table, places);
    judging->routes[side] = ARENA_ARRAY(arena, struct evidence_route *, places->count + 1);
    for (size_t i = 0; i < places->count; i++) {
        const struct origin *origin = places->items[i]->origin;
        struct evidence_route *route =
            evidence_route(arena, &judging->results->evidence,
                           side ? EVIDENCE_AFTER : EVIDENCE_BEFORE, places->items[i]->text);
        route->kind = origin->kind;
        route->namespace = origin->namespace;
        route->name = origin->name;
        judging->routes[side][i] = route;
    }
}

static void note_route(struct judging *judging, size_t side, const struct outcome *outcome)
{
    const struct evidence_place *place = evidence_place_of(&judging->places[side], outcome->rule);
    for (size_t i = 0; place && i < judging->places[side].count; i++) {
        if (judging->places[side].items[i] == place) {
            judging->routes[side][i]->asked++;
        }
    }
}

static void close_routes(struct judging *judging, size_t side)
{
    struct verify_results *results = judging->results;
    const struct evidence_places *places = &judging->places[side];
    struct texts *idle = &results->idle[side];
    idle->items = ARENA_ARRAY(judging->run->arena, struct slice, places->count + 1);
    results->routes[side] = places->count;
    for (size_t i = 0; i < places->count; i++) {
        if (judging->routes[side][i]->asked) {
            results->exercised[side]++;
        } else {
            idle->items[idle->count++] = places->items[i]->text;
        }
    }
}

/* ---- all of them -------------------------------------------------------------------------- */

static struct slice kept(struct arena *arena, struct slice text)
{
    return text.ptr ? arena_copy(arena, text) : text;
}

/* Values are compared as they are, and shown without secrets of the request. */
static struct slice shown(struct arena *arena, const struct texts *secrets, struct slice text)
{
    return text.ptr ? arena_copy(arena, text_masked(arena, secrets, text)) : text;
}

/* What is found lies in the scratch arena until here. */
static void keep(struct arena *arena, struct verify_result *result)
{
    struct judgement *findings = ARENA_ARRAY(arena, struct judgement, result->finding_count);
    struct verify_difference *differences =
        ARENA_ARRAY(arena, struct verify_difference, result->difference_count);
    const struct texts secrets = request_secrets(arena, &result->item->request);
    for (size_t i = 0; i < result->finding_count; i++) {
        findings[i] = result->findings[i];
        findings[i].id = kept(arena, findings[i].id);
        findings[i].title = shown(arena, &secrets, findings[i].title);
    }
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct verify_difference *from = &result->differences[i];
        differences[i] = (struct verify_difference){kept(arena, from->field),
                                                    shown(arena, &secrets, from->before),
                                                    shown(arena, &secrets, from->after)};
    }
    result->findings = findings;
    result->differences = differences;
    result->difference_capacity = result->difference_count;
    for (size_t side = 0; side < 2; side++) {
        result->why[side] = shown(arena, &secrets, result->why[side]);
    }
    result->id = kept(arena, result->id);
    result->title = kept(arena, result->title);
}

static void judge_item(struct judging *judging, struct verify_result *result)
{
    struct arena *scratch = judging->scratch;
    struct request request = result->item->request;
    struct outcome outcomes[2], *known[2] = {NULL, NULL};
    if (result->item->skipped.ptr) {
        result->verdict = VERIFY_IS_SKIPPED;
        return;
    }
    for (size_t side = 0; side < 2; side++) {
        if (judging->side[side]->table) {
            known[side] = &outcomes[side];
            request.gateway = result->item->gateway[side];
            evaluate(judging->side[side]->evaluator, scratch, &request, &outcomes[side]);
            note_route(judging, side, &outcomes[side]);
            result->held[side] = predicted(scratch, &outcomes[side], &result->item->answer[side],
                                           &result->why[side]);
        }
    }
    if (judging->judge) {
        find_findings(judging, &result->item->request, known[0], known[1], result);
    }
    answers_differ(scratch, judging->compared, known[0], known[1], result);
    result->verdict = verdict_of(result, known[0], known[1]);
    if (result->verdict == VERIFY_IS_DIFFERENT) {
        name_difference(scratch, result);
    }
    keep(judging->run->arena, result);
    count(judging, result);
}

void verify_judge(struct run *run, const struct verify_items *items,
                  const struct verify_side *before, const struct verify_side *after,
                  const struct verify_compared *compared, struct verify_results *out)
{
    struct judging judging = {.run = run,
                              .scratch = arena_open_like(run->arena),
                              .side = {before, after},
                              .compared = compared,
                              .results = out};
    if (before->table && after->table) {
        judging.judge =
            judge_new(run, before->evaluator, before->table, after->evaluator, after->table);
        out->evidence.tables = evidence_fingerprint(run->arena, before->table, after->table);
        out->evidence.before = before->table->label;
        out->evidence.after = after->table->label;
    }
    for (size_t side = 0; side < 2; side++) {
        if (judging.side[side]->table) {
            open_routes(&judging, side);
        }
    }
    out->count = items->count;
    out->items = ARENA_ARRAY(run->arena, struct verify_result, items->count + 1);
    for (size_t i = 0; i < items->count; i++) {
        out->items[i].item = &items->items[i];
        arena_clear(judging.scratch);
        judge_item(&judging, &out->items[i]);
        out->verdicts[out->items[i].verdict]++;
        out->echoed = out->echoed || items->items[i].answer[0].echo.told ||
                      items->items[i].answer[1].echo.told;
    }
    for (size_t side = 0; side < 2; side++) {
        if (judging.side[side]->table) {
            close_routes(&judging, side);
        }
    }
    arena_close(judging.scratch);
    evidence_finish(run->arena, &out->evidence);
}
