#include "replay/replay_priv.h"

#include <stdlib.h>
#include <string.h>

/* Lines that ask the same are decided once. What the decision may hang on is in the key, so a slot can be taken over
 * at any time. */
enum {
    KEY_MAX = 184,
    WAYS = 4, /* slots in which a key may be */
    SETS = 1 << 14,
    SLOTS = WAYS * SETS,
    KEPT_BYTES_MAX = 64 << 20, /* of decisions; then the cache begins anew */
    LINE_SHOWN = 200
};
struct slot {
    uint32_t len; /* 0: free */
    char key[KEY_MAX];
    const struct counted *counted;
};

/* A decision with what it adds to. */
struct counted_finding {
    struct evidence_finding *finding;
    struct evidence_group *route; /* null: it is not told which */
    const struct judgement *judgement;
};
struct counted {
    struct decision decision;
    struct counted_finding *findings;
    struct evidence_group *unsaid, *against; /* or null */
};

struct worker {
    const struct replay *replay;
    struct arena *arena;   /* of what is counted: grows with the tables, not with the log */
    struct arena *kept;    /* of decisions in the cache */
    struct arena *scratch; /* of a line */
    struct evidence evidence;
    struct evidence_route **routes;
    struct slot *slots;              /* null: no cache */
    size_t turn;                     /* of the slot that is taken over next */
    struct map *same;                /* decisions by what they say */
    struct log_sum *sums;            /* of each log */
    const struct origin_log *origin; /* of the block at hand */
    const struct log_format *format; /* of the block before */
    uint64_t line;
    struct buf text;
};

struct worker *worker_open(struct run *run, const struct replay *replay, size_t logs, bool uncached)
{
    struct worker *worker = ARENA_NEW(run->arena, struct worker);
    *worker = (struct worker){.replay = replay,
                              .arena = arena_open_like(run->arena),
                              .kept = arena_open_like(run->arena),
                              .scratch = arena_open_like(run->arena)};
    worker->slots = uncached ? NULL : calloc(SLOTS, sizeof *worker->slots);
    worker->sums = ARENA_ARRAY(worker->arena, struct log_sum, logs + 1);
    worker->routes = ARENA_ARRAY(worker->arena, struct evidence_route *, replay->route_count + 1);
    worker->evidence.before = replay->side[0].table->label;
    worker->evidence.after = replay->side[1].table->label;
    worker->evidence.tables = replay->fingerprint;
    for (size_t i = 0; i < replay->route_count; i++) {
        const struct route_facts *facts = &replay->routes[i];
        struct evidence_route *route =
            evidence_route(worker->arena, &worker->evidence, facts->side, facts->text);
        route->kind = facts->origin->kind;
        route->namespace = facts->origin->namespace;
        route->name = facts->origin->name;
        worker->routes[i] = route;
    }
    buf_init(&worker->text, BUF_TEXT_MAX);
    worker->same = map_new(worker->kept);
    return worker;
}

void worker_close(struct worker *worker)
{
    buf_release(&worker->text);
    free(worker->slots);
    arena_close(worker->scratch);
    arena_close(worker->kept);
    arena_close(worker->arena);
}

const struct evidence *worker_evidence(const struct worker *worker)
{
    return &worker->evidence;
}

const struct log_sum *worker_sum(const struct worker *worker, size_t log)
{
    return &worker->sums[log];
}

/* ---- the cache ---------------------------------------------------------------------------- */

struct key {
    char bytes[KEY_MAX];
    size_t len;
    bool full;
};

static void key_put(struct key *key, struct slice text)
{
    if (key->full || text.len + 2 > KEY_MAX - key->len) {
        key->full = true;
        return;
    }
    if (text.len) {
        memcpy(key->bytes + key->len, text.ptr, text.len);
    }
    key->len += text.len;
    /* what is not told differs from what is empty */
    key->bytes[key->len++] = text.ptr ? '\n' : '\r';
}

/* All of a line that a decision can hang on. */
static void make_key(const struct worker *worker, const struct log_entry *entry, struct key *key)
{
    const struct replay *replay = worker->replay;
    const char facts[] = {(char)(entry->status & 127), (char)(entry->status >> 7),
                          (char)(entry->port & 127),   (char)(entry->port >> 7 & 127),
                          (char)(entry->port >> 14),   (char)entry->tells_contact,
                          (char)entry->contacted};
    key->len = 0;
    key->full = false;
    key_put(key, (struct slice){facts, sizeof facts});
    key_put(key, reduced_method(replay, entry->method));
    key_put(key, entry->host);
    key_put(key, entry->scheme);
    key_put(key, reduced_target(replay, worker->scratch, entry->target));
    key_put(key, entry->upstream);
    key_put(key, entry->alternative);
    key_put(key, entry->namespace);
    key_put(key, entry->service);
    key_put(key, replay->reads_client ? entry->client : SLICE_ABSENT);
    for (size_t i = 0; replay->reads_headers.count && i < entry->header_count; i++) {
        key_put(key, entry->headers[i].name);
        key_put(key, entry->headers[i].value);
    }
}

static bool slot_has(const struct slot *slot, const struct key *key)
{
    return slot->len == key->len && memcmp(slot->key, key->bytes, key->len) == 0;
}

/* The slot that has the key, or the one that it is to take over. */
static struct slot *find_slot(struct worker *worker, const struct key *key)
{
    const struct slice text = {key->bytes, key->len};
    if (!worker->slots || key->full) {
        return NULL;
    }
    struct slot *set = &worker->slots[(slice_hash(text, 0) & (SETS - 1)) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        if (!set[i].len || slot_has(&set[i], key)) {
            return &set[i];
        }
    }
    return &set[worker->turn++ % WAYS];
}

static void forget_all(struct worker *worker)
{
    if (worker->slots) {
        memset(worker->slots, 0, SLOTS * sizeof *worker->slots);
    }
    arena_clear(worker->kept);
    worker->same = map_new(worker->kept);
}

/* ---- decisions that stay ------------------------------------------------------------------ */

/* A query may hold what nobody else is to see. It goes on up to a blank: a ',' can be part of it. */
static struct slice without_queries(struct arena *arena, struct slice text)
{
    char *bytes = arena_string(arena, text);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bytes[len++] = text.ptr[i];
        if (text.ptr[i] == '?') {
            while (i + 1 < text.len && text.ptr[i + 1] != ' ') {
                i++;
            }
        }
    }
    return (struct slice){bytes, len};
}

static void keep_finding(struct worker *worker, const struct decision *decision,
                         const struct judgement *given, struct counted_finding *out)
{
    struct judgement *judgement = ARENA_NEW(worker->kept, struct judgement);
    *judgement = *given;
    judgement->title = without_queries(worker->kept, given->title);
    out->judgement = judgement;
    out->finding = evidence_finding(worker->arena, &worker->evidence, given->id);
    judgement->id = out->finding->id;
    out->finding->platform = given->platform;
    size_t route = decision->routes[0];
    out->route = route == ROUTE_NONE ? NULL
                                     : evidence_group(worker->arena, &out->finding->routes,
                                                      worker->replay->routes[route - 1].text);
}

/* All that a decision says. */
static struct slice signature(struct worker *worker, const struct decision *decision)
{
    struct buf *text = &worker->text;
    buf_clear(text);
    buf_printf(text, "%d %d %zu %zu ", decision->kind, decision->held, decision->routes[0],
               decision->routes[1]);
    for (size_t i = 0; i < decision->possible_count; i++) {
        buf_put_uint(text, decision->possible[i]);
        buf_putc(text, ' ');
    }
    for (size_t i = 0; i < decision->finding_count; i++) {
        const struct judgement *judgement = &decision->findings[i];
        buf_put(text, judgement->id);
        buf_putc(text, "cCb"[judgement->impact]);
        buf_put(text, judgement->title); /* it is that of the first request, whoever counted it */
        buf_putc(text, '\n');
    }
    const struct slice texts[] = {decision->reason, decision->against, decision->host,
                                  decision->scheme};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        buf_putc(text, '\n');
        buf_put(text, texts[i]);
    }
    return buf_slice(text);
}

/* What the decision adds to is found once. */
static const struct counted *keep(struct worker *worker, const struct decision *decision)
{
    struct arena *arena = worker->arena;
    struct slice said = signature(worker, decision);
    const struct counted *known = map_get(worker->same, said);
    if (known) {
        return known;
    }
    said = arena_copy(worker->kept, said);
    struct counted *counted = ARENA_NEW(worker->kept, struct counted);
    map_put(worker->same, said, counted);
    counted->decision = *decision;
    counted->findings =
        ARENA_ARRAY(worker->kept, struct counted_finding, decision->finding_count + 1);
    for (size_t i = 0; i < decision->finding_count; i++) {
        keep_finding(worker, decision, &decision->findings[i], &counted->findings[i]);
    }
    size_t *possible = ARENA_ARRAY(worker->kept, size_t, decision->possible_count + 1);
    for (size_t i = 0; i < decision->possible_count; i++) {
        possible[i] = decision->possible[i];
    }
    counted->decision.possible = possible;
    counted->decision.host = arena_copy(worker->kept, decision->host);
    counted->unsaid = decision->reason.ptr
                          ? evidence_group(arena, &worker->evidence.unsaid,
                                           without_queries(worker->scratch, decision->reason))
                          : NULL;
    counted->against = decision->held == HELD_NO
                           ? evidence_group(arena, &worker->evidence.unexplained,
                                            without_queries(worker->scratch, decision->against))
                           : NULL;
    return counted;
}

static const struct counted *decision_of(struct worker *worker, const struct log_entry *entry)
{
    struct key key;
    struct decision decision;
    make_key(worker, entry, &key);
    struct slot *slot = find_slot(worker, &key);
    if (slot && slot_has(slot, &key)) {
        return slot->counted;
    }
    if (!worker->slots || arena_used(worker->kept) > KEPT_BYTES_MAX) {
        forget_all(worker);
    }
    const struct question question = {worker->replay, worker->format, !worker->slots};
    decide(&question, worker->scratch, entry, &decision);
    const struct counted *counted = keep(worker, &decision);
    if (slot) {
        memcpy(slot->key, key.bytes, key.len);
        slot->len = (uint32_t)key.len;
        slot->counted = counted;
    }
    return counted;
}

/* ---- counting ----------------------------------------------------------------------------- */

/* "GET http://shop.example/cart?...": as far as it is known, and without the query. */
static struct slice request_text(struct worker *worker, const struct log_entry *entry,
                                 const struct decision *decision)
{
    struct slice path, query;
    struct buf *text = &worker->text;
    target_split(entry->target, &path, &query);
    buf_clear(text);
    diag_put_visible(entry->method, text);
    buf_putc(text, ' ');
    if (decision->host.len) {
        buf_put(text, decision->scheme.ptr ? decision->scheme : SLICE("http(s)"));
        buf_puts(text, "://");
        diag_put_visible(decision->host, text);
    }
    diag_put_visible(slice_sub(path, 0, LINE_SHOWN), text);
    buf_puts(text, path.len > LINE_SHOWN ? "..." : query.ptr ? "?..." : "");
    return buf_slice(text);
}

/* False when the line is none of the first ones. */
static bool make_example(struct worker *worker, const struct evidence_examples *examples,
                         const struct log_entry *entry, const struct decision *decision,
                         struct evidence_example *out)
{
    uint64_t line = worker->origin->numberless ? 0 : worker->line;
    if (!evidence_example_counts(examples, worker->origin->source, line)) {
        return false;
    }
    *out = (struct evidence_example){worker->origin->source, line,
                                     request_text(worker, entry, decision)};
    return true;
}

static void count_finding(struct worker *worker, const struct counted_finding *counted,
                          const struct log_entry *entry, const struct decision *decision)
{
    struct evidence_finding *finding = counted->finding;
    const struct judgement *judgement = counted->judgement;
    finding->requests++;
    finding->impact = judgement->impact > finding->impact ? judgement->impact : finding->impact;
    if (counted->route) {
        counted->route->requests++;
    }
    struct evidence_example example;
    if (make_example(worker, &finding->examples, entry, decision, &example)) {
        evidence_finding_example(worker->arena, finding, &example, judgement->title,
                                 judgement->aspect);
    }
}

static void count_group(struct worker *worker, struct evidence_group *group,
                        const struct log_entry *entry, const struct decision *decision)
{
    struct evidence_example example;
    if (!group) {
        return;
    }
    group->requests++;
    if (make_example(worker, &group->examples, entry, decision, &example)) {
        (void)evidence_example_add(worker->arena, &group->examples, &example);
    }
}

static void count_request(struct worker *worker, const struct log_entry *entry)
{
    static const enum evidence_count kinds[] = {EVIDENCE_SAME, EVIDENCE_DIFFERENT, EVIDENCE_UNSAID};
    static const enum evidence_count helds[] = {EVIDENCE_EXPLAINED, EVIDENCE_SILENT,
                                                EVIDENCE_UNEXPLAINED};
    const struct counted *counted = decision_of(worker, entry);
    const struct decision *decision = &counted->decision;
    worker->evidence.counts[EVIDENCE_REQUESTS]++;
    worker->evidence.counts[kinds[decision->kind]]++;
    worker->evidence.counts[helds[decision->held]]++;
    for (size_t i = 0; i < decision->finding_count; i++) {
        count_finding(worker, &counted->findings[i], entry, decision);
    }
    for (size_t i = 0; i < ARRAY_LEN(decision->routes); i++) {
        if (decision->routes[i] != ROUTE_NONE) {
            worker->routes[decision->routes[i] - 1]->requests++;
        }
    }
    for (size_t i = 0; i < decision->possible_count; i++) {
        worker->routes[decision->possible[i] - 1]->possible++;
    }
    count_group(worker, counted->unsaid, entry, decision);
    count_group(worker, counted->against, entry, decision);
}

static void count_other(struct worker *worker, enum evidence_count kind, const char *reason,
                        struct slice line)
{
    struct evidence_group *group =
        evidence_group(worker->arena, &worker->evidence.unparsed, slice_of(reason));
    worker->evidence.counts[kind]++;
    group->requests++;
    struct slice source = worker->origin->source;
    uint64_t number = worker->origin->numberless ? 0 : worker->line;
    if (evidence_example_counts(&group->examples, source, number)) {
        /* nobody knows where in such a line a query ends */
        struct slice shown = slice_sub(slice_sub(line, 0, LINE_SHOWN), 0, slice_find(line, '?', 0));
        buf_clear(&worker->text);
        diag_put_visible(shown, &worker->text);
        buf_puts(&worker->text, line.len > shown.len ? "..." : "");
        const struct evidence_example example = {source, number, buf_slice(&worker->text)};
        (void)evidence_example_add(worker->arena, &group->examples, &example);
    }
}

static void count_line(struct worker *worker, struct slice line)
{
    struct log_entry entry;
    struct log_sum *sum = &worker->sums[worker->origin->index];
    sum->lines++;
    sum->digest += slice_hash(line, HASH_FIRST);
    worker->evidence.counts[EVIDENCE_LINES]++;
    switch (log_parse(worker->format, worker->scratch, line, &entry)) {
    case LOG_TAKEN:
        count_request(worker, &entry);
        break;
    case LOG_NO_REQUEST:
        count_other(worker, EVIDENCE_REQUESTLESS, "the request is none that could be sent", line);
        break;
    case LOG_OTHER:
        count_other(worker, EVIDENCE_UNPARSED, "not of the format", line);
        break;
    }
    arena_clear(worker->scratch);
}

void worker_block(struct worker *worker, const struct origin_log *origin,
                  const struct log_block *block)
{
    struct slice rest = {block->bytes, block->len}, line;
    if (worker->format != origin->format) {
        forget_all(worker); /* what the log tells is another matter now */
    }
    worker->format = origin->format;
    worker->origin = origin;
    worker->sums[origin->index].lines += block->skipped;
    for (uint64_t i = block->skipped; i > 0; i--) {
        worker->line = block->line - i;
        worker->evidence.counts[EVIDENCE_LINES]++;
        count_other(worker, EVIDENCE_UNPARSED, "longer than a line may be", SLICE(""));
    }
    worker->line = block->line;
    rest.len -= rest.len && rest.ptr[rest.len - 1] == '\n';
    while (block->len && slice_split(&rest, '\n', &line)) {
        count_line(worker, line);
        worker->line++;
    }
}
