#include "compare/compare_priv.h"

/* A finding while its requests come in. */
struct pending {
    struct slice key;
    struct difference difference;
    struct request witness;
    struct slice gateway[2]; /* that are asked for it; absent: nobody listens */
    size_t cost, requests;
    enum impact impact; /* of the worst request */
    unsigned aspects;   /* of all */
    unsigned effects;   /* likewise */
    struct request_set set;
    struct texts headers; /* that differ */
    struct slice *hosts;
    size_t host_count, host_capacity;
};

struct findings {
    struct run *run;
    const struct sides *sides;
    bool settings;
    struct map *by_key;
    struct pending **items; /* in the order in which they came up */
    size_t count, capacity;
    /* Found without a key: these come up with nearly every request. */
    struct pending *platform_effects[EFFECT_COUNT], *platform_shown[2][SHOWN_COUNT];
    struct buf key;
};

struct findings *findings_new(struct run *run, const struct sides *sides, bool settings)
{
    struct findings *findings = ARENA_NEW(run->arena, struct findings);
    *findings = (struct findings){
        .run = run, .sides = sides, .settings = settings, .by_key = map_new(run->arena)};
    buf_init(&findings->key, BUF_TEXT_MAX);
    return findings;
}

/* ---- causes ------------------------------------------------------------------------------- */

static void put_object(struct buf *key, const struct origin *origin)
{
    buf_printf(key, SLICE_FMT "/" SLICE_FMT "/" SLICE_FMT, SLICE_ARG(origin->kind),
               SLICE_ARG(origin->namespace), SLICE_ARG(origin->name));
}

static void put_backends(struct buf *key, const struct backend *backends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct backend *backend = &backends[i];
        buf_printf(key, " " SLICE_FMT "/" SLICE_FMT ":%u*%llu %lld", SLICE_ARG(backend->namespace),
                   SLICE_ARG(backend->service), backend->port, (unsigned long long)backend->weight,
                   (long long)backend->status);
    }
}

/* The rule by what it says: where it stands in its object changes when others come or go, and what somebody
 * accepted was this behaviour. */
static void put_cause(struct buf *key, const struct outcome *outcome)
{
    static const enum effect_id answers[] = {EFFECT_answer, EFFECT_redirect};
    const struct rule *rule = outcome_is_unwritten(outcome) ? NULL : outcome->rule;
    buf_puts(key, rule ? "|rule " : "|no rule ");
    if (rule) {
        put_object(key, &rule->origin);
        buf_putc(key, '#');
        match_print(&rule->match, key);
        put_backends(key, rule->backends, rule->backend_count);
        for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
            const void *effect = effect_get(&rule->effects, answers[i]);
            if (effect) {
                buf_printf(key, " %s ", effect_row(answers[i])->name);
                effect_print(answers[i], effect, key);
            }
        }
    } else if (outcome->kind == OUTCOME_TUNNEL) {
        put_object(key, &outcome->entry->origin);
        put_backends(key, outcome->entry->tunnel, outcome->entry->tunnel_count);
    }
}

/* What the rule makes of headers: another value of a header that differs anyway is another cause. */
static void put_edits(struct buf *key, const struct difference *difference,
                      const struct outcome *outcome)
{
    static const struct {
        enum shown shown;
        enum effect_id id;
    } rows[] = {{SHOWN_REQUEST_HEADERS, EFFECT_request_headers},
                {SHOWN_RESPONSE_HEADERS, EFFECT_response_headers}};
    bool moved = (difference->shown & 1u << SHOWN_BACKENDS) != 0;
    for (size_t i = 0; outcome->rule && !moved && i < ARRAY_LEN(rows); i++) {
        const void *effect = effect_get(&outcome->rule->effects, rows[i].id);
        if ((difference->shown & (1u << rows[i].shown)) && effect) {
            buf_printf(key, "|%s ", effect_row(rows[i].id)->name);
            effect_print(rows[i].id, effect, key);
        }
    }
}

/* Another authority is another cause. */
static void put_clients(struct buf *key, const struct difference *difference,
                        const struct outcome *outcome)
{
    const struct client_check *check = outcome->entry ? outcome->entry->client : NULL;
    if (check && (difference->shown & 1u << SHOWN_CLIENT)) {
        buf_printf(key, "|clients %d " SLICE_FMT " %lld " SLICE_FMT, (int)check->demand,
                   SLICE_ARG(check->subject), (long long)check->depth, SLICE_ARG(check->name));
    }
}

/* What set an effect: one annotation acts on all paths of its Ingress, and is one cause. */
static bool put_setter(struct buf *key, enum effect_id id, const struct outcome *outcome)
{
    const void *effect = effect_get(&outcome->effects, id);
    if (!effect || !outcome->rule || effect != effect_get(&outcome->rule->effects, id)) {
        return false;
    }
    buf_puts(key, "|by ");
    put_object(key, &outcome->rule->origin);
    buf_putc(key, '#');
    buf_put(key, effect_source(effect)->name);
    return true;
}

static void put_values(struct buf *key, enum effect_id id, const struct outcome *outcome)
{
    const void *effect = effect_get(&outcome->effects, id);
    buf_putc(key, '|');
    if (effect) {
        effect_print(id, effect, key);
    }
}

static void put_effect_cause(struct buf *key, const struct difference *difference, bool settings,
                             const struct outcome *before, const struct outcome *after)
{
    enum effect_id id = (enum effect_id)difference->effect;
    buf_printf(key, "|%s", effect_row(id)->name);
    if (difference->platform && !settings) {
        return;
    }
    put_values(key, id, before);
    put_values(key, id, after);
    if (!put_setter(key, id, before)) {
        (void)put_setter(key, id, after);
    }
}

struct slice cause_key(struct buf *key, const struct difference *difference, bool settings,
                       const struct outcome *before, const struct outcome *after)
{
    const unsigned answers = 1u << SHOWN_OUTCOME | 1u << SHOWN_STATUS;
    buf_clear(key);
    if (difference->form != FORM_PLAIN) {
        buf_printf(key, "form %u", (unsigned)difference->form);
    }
    if (difference->form != FORM_PLAIN && difference->platform) {
        return buf_slice(key);
    }
    bool missing = outcome_is_unwritten(before) || outcome_is_unwritten(after);
    unsigned shown = difference->shown;
    /* that there is no rule is one cause, whatever the other side answers */
    shown = missing && shown & answers ? (shown & ~answers) | 1u << SHOWN_OUTCOME : shown;
    /* likewise that it is another backend, whatever else that one gets */
    bool moved = (shown & 1u << SHOWN_BACKENDS) != 0;
    shown = moved ? shown & (1u << SHOWN_BACKENDS | 1u << SHOWN_CERTIFICATE) : shown;
    buf_printf(key, "%s %u", difference->platform ? "platform" : "rules",
               difference->platform ? difference->shown : shown);
    if (difference->spelling != SPELLING_SAME) {
        buf_printf(key, "|spelling %u", (unsigned)difference->spelling);
    }
    if (difference->effect >= 0) {
        put_effect_cause(key, difference, settings, before, after);
    } else if (difference->platform && !(difference->shown & answers)) {
        /* a header, or a "/", whatever becomes of the request */
        buf_puts(key, difference->unwritten ? "|unwritten" : "");
        return buf_slice(key);
    } else if (difference->platform) {
        buf_printf(key, "|%s %s", outcome_name(before->kind), outcome_name(after->kind));
    } else {
        put_cause(key, before);
        put_edits(key, difference, before);
        put_clients(key, difference, before);
        put_cause(key, after);
        put_edits(key, difference, after);
        put_clients(key, difference, after);
    }
    return buf_slice(key);
}

struct slice cause_id(struct arena *arena, struct slice key)
{
    uint64_t hash = slice_hash_written(key, HASH_FIRST);
    /* what differs in the last bytes only shall not look alike (the finaliser of MurmurHash3) */
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
    return arena_printf(arena, "d-%010llx", (unsigned long long)((hash ^ hash >> 33) >> 24));
}

/* ---- collecting --------------------------------------------------------------------------- */

/* How much a person has to read and to believe: plain requests first, then short ones; those where
 * an effect shows before those where it only is another one; https before what is sent there. */
static size_t request_cost(const struct findings *findings, const struct request *request,
                           const struct difference *difference, const struct outcome *before,
                           const struct outcome *after)
{
    size_t cost = request->target.len + request->host.len;
    cost += slice_is(request->method, "GET") ? 0 : 50;
    cost += request->body_bytes ? 50 : 0;
    for (size_t i = 0; i < request->headers.count; i++) {
        cost += 50 + request->headers.items[i].name.len + request->headers.items[i].value.len;
    }
    cost += difference->effect >= 0 && !difference->visible ? 2000 : 0;
    bool behind = difference->effect < 0 && outcomes_gate(findings->sides, before, after) >= 0;
    cost += behind ? 1500 : 0; /* where a gate answers, it does not show */
    bool ruled = before->rule && after->rule;
    cost += difference->platform && difference->effect >= 0 && !ruled ? 3000 : 0;
    bool served = before->kind == OUTCOME_FORWARD || after->kind == OUTCOME_FORWARD;
    cost += difference->form > FORM_PARENT && !served ? 3000 : 0;
    /* Of what comes of a way to write targets, where requests go says most. */
    cost += difference->form != FORM_PLAIN ? 4000 * (size_t)difference->aspect : 0;
    bool sent =
        before->decided_by == EFFECT_https_redirect || after->decided_by == EFFECT_https_redirect;
    return cost + (sent ? 1000 : 0);
}

static void keep_witness(struct arena *arena, const struct request *given, struct request *request)
{
    *request = *given;
    request->method = arena_copy(arena, request->method);
    request->host = arena_copy(arena, request->host);
    request->sni = request->sni.ptr ? arena_copy(arena, request->sni) : request->sni;
    request->target = arena_copy(arena, request->target);
    request->client_text = arena_copy(arena, request->client_text);
    struct headers headers = request->headers;
    request->headers = (struct headers){0};
    for (size_t i = 0; i < headers.count; i++) {
        headers_add(arena, &request->headers, arena_copy(arena, headers.items[i].name),
                    arena_copy(arena, headers.items[i].value));
    }
}

/* Null: it has to be found by its key. */
static struct pending **fast_slot(struct findings *findings, const struct difference *difference)
{
    if (!difference->platform || difference->form != FORM_PLAIN) {
        return NULL;
    }
    if (difference->effect >= 0) {
        return &findings->platform_effects[difference->effect];
    }
    for (int i = SHOWN_REQUEST_HEADERS; i <= SHOWN_RESPONSE_HEADERS; i++) {
        if (difference->shown == 1u << i) {
            return &findings->platform_shown[difference->unwritten][i];
        }
    }
    return NULL;
}

static struct pending *find_pending(struct findings *findings, const struct difference *difference,
                                    const struct outcome *before, const struct outcome *after)
{
    struct pending **slot = fast_slot(findings, difference);
    if (slot && *slot) {
        return *slot;
    }
    struct slice key = cause_key(&findings->key, difference, findings->settings, before, after);
    struct pending *pending = map_get(findings->by_key, key);
    if (!pending) {
        struct arena *arena = findings->run->arena;
        pending = ARENA_NEW(arena, struct pending);
        pending->key = arena_copy(arena, key);
        pending->cost = SIZE_MAX;
        map_put(findings->by_key, pending->key, pending);
        *ARENA_PUSH(arena, findings->items, findings->count, findings->capacity) = pending;
    }
    if (slot) {
        *slot = pending;
    }
    return pending;
}

static void add_header(struct arena *arena, struct texts *names, struct slice name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (slice_equal_fold(names->items[i], name)) {
            return;
        }
    }
    struct slice *items = ARENA_ARRAY(arena, struct slice, names->count + 1);
    for (size_t i = 0; i < names->count; i++) {
        items[i] = names->items[i];
    }
    items[names->count] = arena_copy(arena, name);
    *names = (struct texts){items, names->count + 1};
}

size_t difference_headers(struct arena *arena, const struct sides *sides,
                          const struct difference *difference, const struct outcome *before,
                          const struct outcome *after, struct texts *names)
{
    size_t count = 0;
    for (int response = 0; response < 2; response++) {
        enum shown shown = response ? SHOWN_RESPONSE_HEADERS : SHOWN_REQUEST_HEADERS;
        struct header_walk walk = {.before = outcome_headers(before, response),
                                   .after = outcome_headers(after, response),
                                   .removed = response};
        struct slice name;
        while ((difference->shown & (1u << shown)) && header_walk_next(&walk, &name)) {
            bool ruled = header_is_ruled(sides, before, after, name, response);
            bool other = !ruled && response && header_effect(before, after, name) >= 0;
            if (!other && ruled != difference->platform) {
                add_header(arena, names, name);
                count++;
            }
        }
    }
    return count;
}

void findings_add(struct findings *findings, const struct request *request, struct slice host,
                  const struct difference *difference, const struct outcome *before,
                  const struct outcome *after)
{
    struct arena *arena = findings->run->arena;
    struct pending *pending = find_pending(findings, difference, before, after);
    pending->requests++;
    pending->impact = difference->impact > pending->impact ? difference->impact : pending->impact;
    pending->aspects |= difference->aspects;
    pending->effects |= difference->effects;
    request_set_add(arena, &pending->set, request, before, after);
    size_t headers =
        difference_headers(arena, findings->sides, difference, before, after, &pending->headers);
    size_t cost = request_cost(findings, request, difference, before, after);
    /* of headers, the request that shows most of them */
    cost += headers && headers < 20 ? 500 * (20 - headers) : 0;
    if (cost < pending->cost) {
        pending->difference = *difference;
        pending->cost = cost;
        keep_witness(arena, request, &pending->witness);
        pending->gateway[0] = before->gateway;
        pending->gateway[1] = after->gateway;
    }
    /* Hosts come one after the other. */
    if (!pending->host_count || !slice_equal(pending->hosts[pending->host_count - 1], host)) {
        *ARENA_PUSH(arena, pending->hosts, pending->host_count, pending->host_capacity) = host;
    }
}

void findings_open(struct findings *findings, const struct request *request, struct slice reason,
                   unsigned aspects, struct comparison *out)
{
    struct arena *arena = findings->run->arena;
    struct open_reading *open = NULL;
    for (size_t i = 0; i < out->open_count && !open; i++) {
        open = slice_equal(out->open[i].reason, reason) ? &out->open[i] : NULL;
    }
    if (!open) {
        open = ARENA_PUSH(arena, out->open, out->open_count, out->open_capacity);
        open->reason = arena_copy(arena, reason);
    } else if (open->witness.target.len <= request->target.len) {
        open->aspects |= aspects;
        return;
    }
    open->aspects |= aspects;
    keep_witness(arena, request, &open->witness);
}

/* ---- results ------------------------------------------------------------------------------ */

static int worst_first(const void *a, const void *b, void *user)
{
    (void)user;
    const struct finding *x = a, *y = b;
    if (x->platform != y->platform) {
        return x->platform ? 1 : -1;
    }
    if (x->impact != y->impact) {
        return x->impact > y->impact ? -1 : 1;
    }
    if (x->aspect != y->aspect) {
        return x->aspect < y->aspect ? -1 : 1;
    }
    int order = slice_compare(x->witness.host, y->witness.host);
    order = order ? order : slice_compare(x->witness.target, y->witness.target);
    order = order ? order : slice_compare(x->title, y->title);
    return order ? order : slice_compare(x->id, y->id);
}

/* Reason and advice, once the outcomes are known. */
static void explain(const struct findings *findings, const struct difference *difference,
                    const struct evaluator *before, const struct evaluator *after,
                    struct finding *finding)
{
    struct arena *arena = findings->run->arena;
    bool rules = !difference->platform && difference->effect < 0;
    if (rules && difference->spelling != SPELLING_OTHER) {
        finding->reason = case_reason(before, after, arena, finding);
    }
    if (!finding->reason.ptr) {
        finding->reason = difference_reason(arena, difference, finding->settings, &finding->witness,
                                            &finding->before, &finding->after);
    }
    if (!finding->advice.ptr && rules) {
        finding->advice = rules_advice(finding);
    }
}

void findings_finish(struct findings *findings, const struct evaluator *before,
                     const struct evaluator *after, struct comparison *out)
{
    struct arena *arena = findings->run->arena;
    out->findings = ARENA_ARRAY(arena, struct finding, findings->count);
    out->finding_count = findings->count;
    for (size_t i = 0; i < findings->count; i++) {
        const struct pending *pending = findings->items[i];
        struct difference all = pending->difference;
        const struct difference *difference = &all;
        struct finding *finding = &out->findings[i];
        all.effects = pending->effects;
        *finding =
            (struct finding){.id = cause_id(arena, pending->key),
                             .impact = pending->impact,
                             .aspect = difference->aspect,
                             .aspects = pending->aspects,
                             .fields = difference_fields(arena, difference),
                             .words = request_set_words(arena, &pending->set, difference->form),
                             .pattern = request_set_pattern(arena, &pending->set),
                             .headers = pending->headers,
                             .hosts = pending->hosts,
                             .host_count = pending->host_count,
                             .requests = pending->requests,
                             .witness = pending->witness,
                             .effect = difference->effect,
                             .advice = difference_advice(difference),
                             .platform = difference->platform && !findings->settings,
                             .settings = difference->platform && findings->settings};
        struct request asked = finding->witness;
        asked.gateway = pending->gateway[0];
        evaluate(before, arena, &asked, &finding->before);
        asked.gateway = pending->gateway[1];
        evaluate(after, arena, &asked, &finding->after);
        explain(findings, difference, before, after, finding);
        finding->title = difference_title(arena, difference, &finding->headers, &finding->before,
                                          &finding->after);
    }
    sort_stable(arena, out->findings, out->finding_count, sizeof *out->findings, worst_first, NULL);
    buf_release(&findings->key);
}
