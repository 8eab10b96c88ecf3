#include "replay/replay_priv.h"

#include <pthread.h>
#include <stdlib.h>

/* Blocks wait in a ring between the thread that reads and those that count. */
struct item {
    struct log_block block;
    struct origin_log origin;
    struct item *next;
};
struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t filled, freed;
    struct item *ready, *last, *unused;
    bool over;
};
struct crew {
    struct run *run;
    const struct replay *replay;
    const struct replay_options *options;
    struct worker **workers;
    pthread_t *threads;
    unsigned count, started;
    struct item *items;
    struct pool pool;
    const struct log_format **formats; /* that were made */
    size_t format_count, format_capacity;
    struct evidence_log *logs; /* one for each path */
    size_t log_count;
};

/* ---- handing on --------------------------------------------------------------------------- */

static struct item *take_ready(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->ready && !pool->over) {
        (void)pthread_cond_wait(&pool->filled, &pool->mutex);
    }
    struct item *item = pool->ready;
    if (item) {
        pool->ready = item->next;
        pool->last = pool->ready ? pool->last : NULL;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return item;
}

static void give_back(struct pool *pool, struct item *item)
{
    (void)pthread_mutex_lock(&pool->mutex);
    item->next = pool->unused;
    pool->unused = item;
    (void)pthread_cond_signal(&pool->freed);
    (void)pthread_mutex_unlock(&pool->mutex);
}

static struct item *take_unused(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->unused) {
        (void)pthread_cond_wait(&pool->freed, &pool->mutex);
    }
    struct item *item = pool->unused;
    pool->unused = item->next;
    item->next = NULL;
    (void)pthread_mutex_unlock(&pool->mutex);
    return item;
}

static void put_ready(struct pool *pool, struct item *item)
{
    (void)pthread_mutex_lock(&pool->mutex);
    if (pool->last) {
        pool->last->next = item;
    } else {
        pool->ready = item;
    }
    pool->last = item;
    (void)pthread_cond_signal(&pool->filled);
    (void)pthread_mutex_unlock(&pool->mutex);
}

struct job {
    struct crew *crew;
    struct worker *worker;
};

static void *work(void *user)
{
    const struct job *job = user;
    struct pool *pool = &job->crew->pool;
    for (struct item *item; (item = take_ready(pool)) != NULL;) {
        worker_block(job->worker, &item->origin, &item->block);
        give_back(pool, item);
    }
    return NULL;
}

/* ---- the crew ----------------------------------------------------------------------------- */

/* With one job this thread counts what it reads. */
static void crew_open(struct crew *crew)
{
    struct arena *arena = crew->run->arena;
    size_t items = crew->count > 1 ? 2 * (size_t)crew->count : 1;
    crew->workers = ARENA_ARRAY(arena, struct worker *, crew->count);
    crew->threads = ARENA_ARRAY(arena, pthread_t, crew->count);
    crew->items = ARENA_ARRAY(arena, struct item, items);
    (void)pthread_mutex_init(&crew->pool.mutex, NULL);
    (void)pthread_cond_init(&crew->pool.filled, NULL);
    (void)pthread_cond_init(&crew->pool.freed, NULL);
    for (size_t i = 0; i < items; i++) {
        crew->items[i].block.bytes = arena_alloc(arena, LOG_BLOCK);
        give_back(&crew->pool, &crew->items[i]);
    }
    struct job *jobs = ARENA_ARRAY(arena, struct job, crew->count);
    for (unsigned i = 0; i < crew->count; i++) {
        crew->workers[i] =
            worker_open(crew->run, crew->replay, crew->log_count, crew->options->uncached);
        jobs[i] = (struct job){crew, crew->workers[i]};
        bool wanted = crew->count > 1;
        if (wanted && pthread_create(&crew->threads[crew->started], NULL, work, &jobs[i]) == 0) {
            crew->started++;
        }
    }
}

static void crew_close(struct crew *crew, struct evidence *out)
{
    (void)pthread_mutex_lock(&crew->pool.mutex);
    crew->pool.over = true;
    (void)pthread_cond_broadcast(&crew->pool.filled);
    (void)pthread_mutex_unlock(&crew->pool.mutex);
    for (unsigned i = 0; i < crew->started; i++) {
        (void)pthread_join(crew->threads[i], NULL);
    }
    for (unsigned i = 0; i < crew->count; i++) {
        evidence_merge(crew->run->arena, out, worker_evidence(crew->workers[i]));
        for (size_t log = 0; log < crew->log_count; log++) {
            const struct log_sum *sum = worker_sum(crew->workers[i], log);
            crew->logs[log].lines += sum->lines;
            crew->logs[log].digest += sum->digest;
        }
        worker_close(crew->workers[i]);
    }
    for (size_t log = 0; log < crew->log_count; log++) {
        evidence_log_add(crew->run->arena, out, &crew->logs[log]);
    }
    (void)pthread_cond_destroy(&crew->pool.freed);
    (void)pthread_cond_destroy(&crew->pool.filled);
    (void)pthread_mutex_destroy(&crew->pool.mutex);
}

/* ---- files -------------------------------------------------------------------------------- */

/* Each format is made once. */
static const struct log_format *make_format(struct crew *crew, struct slice name,
                                            struct slice *error)
{
    const struct replay_options *options = crew->options;
    struct arena *arena = crew->run->arena;
    for (size_t i = 0; i < crew->format_count; i++) {
        if (slice_equal(log_format_label(crew->formats[i]), name)) {
            return crew->formats[i];
        }
    }
    const struct log_format *format =
        log_format_make(arena, arena_copy(arena, name), options->keys, options->key_count, error);
    if (format) {
        *ARENA_PUSH(arena, crew->formats, crew->format_count, crew->format_capacity) = format;
    }
    return format;
}

static const struct log_format *format_of(struct crew *crew, const struct log_reader *reader,
                                          struct slice *error)
{
    const struct replay_options *options = crew->options;
    struct arena *arena = crew->run->arena;
    if (options->format.len && !slice_is(options->format, log_format_name(0))) {
        return crew->format_count ? crew->formats[0] : make_format(crew, options->format, error);
    }
    struct arena *scratch = arena_open_like(arena);
    const struct log_format *found =
        log_format_detect(scratch, options->keys, options->key_count, log_beginning(reader));
    const struct log_format *format =
        found ? make_format(crew, log_format_label(found), error) : NULL;
    arena_close(scratch);
    if (!format) {
        *error = arena_printf(arena,
                              "the lines of '" SLICE_FMT
                              "' are of no format that is known; name it with --log-format, or "
                              "give it as a pattern",
                              SLICE_ARG(log_source(reader)));
    }
    return format;
}

static void hand_on(struct crew *crew, struct item *item)
{
    if (crew->started) {
        put_ready(&crew->pool, item);
    } else {
        worker_block(crew->workers[0], &item->origin, &item->block);
        give_back(&crew->pool, item);
    }
}

/* "json host=vhost": what decides how lines are read. */
static struct slice format_text(const struct crew *crew, const struct log_format *format)
{
    struct arena *arena = crew->run->arena;
    struct slice text = log_format_label(format);
    for (size_t i = 0; i < crew->options->key_count; i++) {
        text = ARENA_JOIN(arena, text, SLICE(" "), crew->options->keys[i]);
    }
    return text;
}

static bool read_log(struct crew *crew, struct log_reader *reader, size_t index,
                     struct replay_fault *fault)
{
    bool empty = !log_beginning(reader).len, piped = crew->options->piped.len > 0;
    const struct log_format *format = empty ? NULL : format_of(crew, reader, &fault->text);
    struct evidence_log *log = &crew->logs[index];
    log->source = piped ? crew->options->piped : log_source(reader);
    log->bytes = piped ? 0 : log_bytes(reader);
    log->format = format ? format_text(crew, format) : SLICE_ABSENT;
    fault->of_input = !empty && !format;
    while (format) {
        struct item *item = take_unused(&crew->pool);
        item->origin = (struct origin_log){format, log->source, index, piped};
        if (!log_next(reader, &item->block, &fault->text)) {
            give_back(&crew->pool, item);
            return !fault->text.ptr;
        }
        uint64_t line = item->block.line; /* the block is another thread's from here on */
        hand_on(crew, item);
        if (crew->options->progress) {
            crew->options->progress(crew->options->user, line);
        }
    }
    return empty;
}

bool replay_logs(struct run *run, const struct replay *replay, const struct slice *paths,
                 size_t count, const struct replay_options *options, struct evidence *out,
                 struct replay_fault *fault)
{
    unsigned jobs = options->jobs > REPLAY_JOBS_MAX ? REPLAY_JOBS_MAX : options->jobs;
    bool cuts = options->parts && !options->piped.len;
    struct crew crew = {.run = run,
                        .replay = replay,
                        .options = options,
                        .count = jobs ? jobs : 1,
                        .logs = ARENA_ARRAY(run->arena, struct evidence_log, count + 1),
                        .log_count = count};
    *fault = (struct replay_fault){.text = SLICE_ABSENT};
    crew_open(&crew);
    for (size_t i = 0; i < count; i++) {
        struct replay_fault why = {.text = SLICE_ABSENT};
        crew.logs[i] = (struct evidence_log){
            .source = paths[i], .part = options->part, .parts = options->parts};
        struct log_reader *reader = log_open(run->arena, paths[i], cuts ? options->part : 1,
                                             cuts ? options->parts : 1, i, &why.text);
        bool read = reader && read_log(&crew, reader, i, &why);
        if (reader) {
            log_close(reader);
        }
        *fault = read || fault->text.ptr ? *fault : why;
    }
    crew_close(&crew, out);
    return !fault->text.ptr;
}
