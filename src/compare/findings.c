#include "compare/compare_priv.h"

/* A finding while its requests come in. */
struct pending {
    struct slice key;
    struct difference difference;
    struct request witness;
    size_t cost, requests;
    struct slice *hosts;
    size_t host_count, host_capacity;
};

struct findings {
    struct run *run;
    struct map *by_key;
    struct pending **items; /* in the order in which they came up */
    size_t count, capacity;
    /* Found without a key: these come up with nearly every request. */
    struct pending *platform_effects[EFFECT_COUNT];
    struct buf key;
};

struct findings *findings_new(struct run *run)
{
    struct findings *findings = ARENA_NEW(run->arena, struct findings);
    *findings = (struct findings){.run = run, .by_key = map_new(run->arena)};
    buf_init(&findings->key, BUF_TEXT_MAX);
    return findings;
}

/* ---- causes ------------------------------------------------------------------------------- */

static void put_object(struct buf *key, const struct origin *origin)
{
    buf_printf(key, SLICE_FMT "/" SLICE_FMT "/" SLICE_FMT, SLICE_ARG(origin->kind),
               SLICE_ARG(origin->namespace), SLICE_ARG(origin->name));
}

static void put_cause(struct buf *key, const struct outcome *outcome)
{
    const struct origin *origin = outcome->rule                     ? &outcome->rule->origin
                                  : outcome->kind == OUTCOME_TUNNEL ? &outcome->entry->origin
                                                                    : NULL;
    buf_puts(key, outcome->rule ? "|rule " : "|no rule ");
    if (origin) {
        put_object(key, origin);
        buf_putc(key, '#');
        buf_put(key, origin->field);
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

/* The cause as a text without places, which move when somebody adds a line above. */
static struct slice cause_key(struct buf *key, const struct difference *difference,
                              const struct outcome *before, const struct outcome *after)
{
    buf_clear(key);
    buf_printf(key, "%s %u %u", difference->platform ? "platform" : "rules", difference->shown,
               (unsigned)difference->form);
    if (difference->effect >= 0) {
        enum effect_id id = (enum effect_id)difference->effect;
        buf_printf(key, "|%s", effect_row(id)->name);
        if (!difference->platform && !put_setter(key, id, before)) {
            (void)put_setter(key, id, after);
        }
    } else if (difference->platform) {
        buf_printf(key, "|%s %s", outcome_name(before->kind), outcome_name(after->kind));
    } else {
        put_cause(key, before);
        put_cause(key, after);
    }
    return buf_slice(key);
}

static struct slice cause_id(struct arena *arena, struct slice key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ (unsigned char)key.ptr[i]) * 1099511628211u;
    }
    return arena_printf(arena, "d-%010llx",
                        (unsigned long long)((hash ^ hash >> 40) & 0xffffffffff));
}

/* ---- collecting --------------------------------------------------------------------------- */

/* How much a person has to read and to believe: plain requests first, then short ones; those where
 * an effect shows before those where it only is another one; https before what is sent there. */
static size_t request_cost(const struct request *request, const struct difference *difference,
                           const struct outcome *before, const struct outcome *after)
{
    size_t cost = request->target.len + request->host.len;
    cost += slice_is(request->method, "GET") ? 0 : 50;
    cost += request->body_bytes ? 50 : 0;
    for (size_t i = 0; i < request->headers.count; i++) {
        cost += 50 + request->headers.items[i].name.len + request->headers.items[i].value.len;
    }
    cost += difference->effect >= 0 && !difference->visible ? 2000 : 0;
    bool sent =
        before->decided_by == EFFECT_https_redirect || after->decided_by == EFFECT_https_redirect;
    return cost + (sent ? 1000 : 0);
}

static void keep_witness(struct arena *arena, struct pending *pending, const struct request *given,
                         size_t cost)
{
    pending->witness = *given;
    pending->cost = cost;
    struct request *request = &pending->witness;
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

static struct pending *find_pending(struct findings *findings, const struct difference *difference,
                                    const struct outcome *before, const struct outcome *after)
{
    struct pending **slot =
        difference->platform && difference->form == FORM_PLAIN && difference->effect >= 0
            ? &findings->platform_effects[difference->effect]
            : NULL;
    if (slot && *slot) {
        return *slot;
    }
    struct slice key = cause_key(&findings->key, difference, before, after);
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

void findings_add(struct findings *findings, const struct request *request, struct slice host,
                  const struct difference *difference, const struct outcome *before,
                  const struct outcome *after)
{
    struct arena *arena = findings->run->arena;
    struct pending *pending = find_pending(findings, difference, before, after);
    pending->requests++;
    size_t cost = request_cost(request, difference, before, after);
    if (cost < pending->cost) {
        pending->difference = *difference;
        keep_witness(arena, pending, request, cost);
    }
    /* Hosts come one after the other. */
    if (!pending->host_count || !slice_equal(pending->hosts[pending->host_count - 1], host)) {
        *ARENA_PUSH(arena, pending->hosts, pending->host_count, pending->host_capacity) = host;
    }
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

static struct slice match_text(struct arena *arena, const struct outcome *outcome)
{
    struct slice text = SLICE_ABSENT;
    if (outcome->rule) {
        struct buf buf;
        buf_init(&buf, BUF_TEXT_MAX);
        match_print(&outcome->rule->match, &buf);
        text = arena_copy(arena, buf_slice(&buf));
        buf_release(&buf);
    }
    return text;
}

void findings_finish(struct findings *findings, const struct evaluator *before,
                     const struct evaluator *after, struct comparison *out)
{
    struct arena *arena = findings->run->arena;
    out->findings = ARENA_ARRAY(arena, struct finding, findings->count);
    out->finding_count = findings->count;
    for (size_t i = 0; i < findings->count; i++) {
        const struct pending *pending = findings->items[i];
        const struct difference *difference = &pending->difference;
        struct finding *finding = &out->findings[i];
        *finding = (struct finding){.id = cause_id(arena, pending->key),
                                    .impact = difference->impact,
                                    .aspect = difference->aspect,
                                    .fields = difference_fields(arena, difference),
                                    .hosts = pending->hosts,
                                    .host_count = pending->host_count,
                                    .requests = pending->requests,
                                    .witness = pending->witness,
                                    .advice = difference_advice(difference),
                                    .platform = difference->platform};
        evaluate(before, arena, &finding->witness, &finding->before);
        evaluate(after, arena, &finding->witness, &finding->after);
        finding->title = difference_title(arena, difference, &finding->before, &finding->after);
        finding->match_before = match_text(arena, &finding->before);
        finding->match_after = match_text(arena, &finding->after);
    }
    sort_stable(arena, out->findings, out->finding_count, sizeof *out->findings, worst_first, NULL);
    buf_release(&findings->key);
}
