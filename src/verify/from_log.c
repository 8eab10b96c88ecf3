#include "logs/logs.h"
#include "verify/verify_priv.h"

struct reading {
    struct run *run;
    struct arena *scratch;
    const struct verify_side *sides;
    const struct verify_target *targets;
    const struct verify_log *log;
    struct verify_items *items;
    struct map *seen;
    const struct log_format *format;
    struct slice source;
};

/* ingress-nginx calls the upstream of a Service NAMESPACE-NAME-PORT. */
static bool is_upstream(struct arena *arena, const struct outcome *outcome, struct slice upstream)
{
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        struct slice start =
            ARENA_JOIN(arena, backend->namespace, SLICE("-"), backend->service, SLICE("-"));
        if (slice_starts(upstream, start)) {
            return true;
        }
    }
    return false;
}

/* A line without a host is a request to the host whose rules lead to its upstream. */
static bool leads(struct reading *reading, const struct request *request, struct slice upstream)
{
    struct outcome outcome;
    evaluate(reading->sides[0].evaluator, reading->scratch, request, &outcome);
    return outcome.kind == OUTCOME_FORWARD && is_upstream(reading->scratch, &outcome, upstream);
}

static bool complete(struct reading *reading, const struct log_entry *line, struct request *request)
{
    static const char *const schemes[] = {"https", "http"};
    const struct route_table *table = reading->sides[0].table;
    bool told = line->upstream.len && !slice_is(line->upstream, "-");
    if (line->host.len && line->scheme.len) {
        return true;
    }
    for (size_t i = 0; table && told && i < table->entry_count; i++) {
        const struct host_pattern *pattern = &table->entries[i].host;
        for (size_t s = 0; s < ARRAY_LEN(schemes) && pattern->kind == HOST_EXACT; s++) {
            struct request guess = *request;
            guess.host = line->host.len ? line->host : pattern->name;
            guess.scheme = line->scheme.len ? line->scheme : slice_of(schemes[s]);
            request_defaults(&guess);
            if (leads(reading, &guess, line->upstream)) {
                *request = guess;
                return true;
            }
        }
    }
    return false;
}

static void take_line(struct reading *reading, struct slice text, uint64_t number)
{
    struct log_entry line;
    arena_clear(reading->scratch);
    if (log_parse(reading->format, reading->scratch, text, &line) != LOG_TAKEN) {
        return;
    }
    struct request request = {.method = line.method,
                              .scheme = line.scheme,
                              .host = line.host,
                              .target = line.target,
                              .port = line.port};
    if (!complete(reading, &line, &request)) {
        return;
    }
    struct arena *arena = reading->run->arena;
    request.method = arena_copy(arena, request.method);
    request.scheme = arena_copy(arena, request.scheme);
    request.host = arena_copy(arena, request.host);
    request.target = arena_copy(arena, request.target);
    request.sni = host_normalise(arena, request.host); /* $http_host has a port */
    request_defaults(&request);
    const struct verify_item item = {
        .request = request, .source = reading->source, .number = number};
    verify_items_add(reading->run, reading->items, reading->seen, reading->sides, reading->targets,
                     &item);
}

static void take_block(struct reading *reading, const struct log_block *block, size_t most)
{
    struct slice rest = {block->bytes, block->len}, line;
    uint64_t number = block->line;
    while (reading->items->count < most && slice_split(&rest, '\n', &line)) {
        if (line.len) {
            take_line(reading, line, number);
        }
        number++;
    }
}

bool verify_items_from_log(struct run *run, const struct verify_side sides[2],
                           const struct verify_target targets[2], const struct verify_log *log,
                           struct map *seen, struct verify_items *items, struct slice *error)
{
    struct reading reading = {
        .run = run, .sides = sides, .targets = targets, .log = log, .items = items, .seen = seen};
    struct log_reader *reader = log_open(run->arena, log->path, 1, 1, 0, error);
    if (!reader) {
        return false;
    }
    struct log_block block = {.bytes = arena_alloc(run->arena, LOG_BLOCK)};
    size_t most = items->count + log->most;
    *error = SLICE_ABSENT;
    reading.source = arena_copy(run->arena, log_source(reader));
    bool detects = !log->format.len || slice_is(log->format, log_format_name(0));
    reading.format =
        detects ? log_format_detect(run->arena, log->keys, log->key_count, log_beginning(reader))
                : log_format_make(run->arena, log->format, log->keys, log->key_count, error);
    reading.scratch = arena_open_like(run->arena);
    if (!reading.format && detects) {
        *error = ARENA_JOIN(run->arena, SLICE("'"), log->path,
                            SLICE("': its lines are of no format that is known"));
    }
    while (reading.format && items->count < most && log_next(reader, &block, error)) {
        take_block(&reading, &block, most);
    }
    arena_close(reading.scratch);
    log_close(reader);
    return !error->ptr;
}
