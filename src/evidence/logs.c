#include "evidence/evidence.h"

/* ---- adding ------------------------------------------------------------------------------- */

static struct slice source_key(struct arena *arena, const struct evidence_log *log)
{
    return arena_printf(arena, "%llu " SLICE_FMT, (unsigned long long)log->bytes,
                        SLICE_ARG(log->source));
}

static struct slice content_key(struct arena *arena, const struct evidence_log *log)
{
    return arena_printf(arena, "%llu %016llx", (unsigned long long)log->lines,
                        (unsigned long long)log->digest);
}

void evidence_log_add(struct arena *arena, struct evidence *evidence,
                      const struct evidence_log *log)
{
    struct evidence_log *copy = ARENA_NEW(arena, struct evidence_log);
    struct slice source = source_key(arena, log);
    evidence->logs_by_source = evidence->logs_by_source ? evidence->logs_by_source : map_new(arena);
    evidence->logs_by_lines = evidence->logs_by_lines ? evidence->logs_by_lines : map_new(arena);
    *copy = *log;
    copy->source = arena_copy(arena, log->source);
    copy->format = log->format.ptr ? arena_copy(arena, log->format) : log->format;
    copy->next = map_get(evidence->logs_by_source, source);
    map_put(evidence->logs_by_source, source, copy);
    if (!log->parts && log->lines) {
        map_put(evidence->logs_by_lines, content_key(arena, log), copy);
    }
    *ARENA_PUSH(arena, evidence->logs, evidence->log_count, evidence->log_capacity) = copy;
}

/* ---- what does not fit together ----------------------------------------------------------- */

static enum evidence_fit compare_parts(struct arena *arena, const struct evidence_log *a,
                                       const struct evidence_log *b, struct slice *why)
{
    if (a->parts != b->parts) {
        *why =
            arena_printf(arena, "'" SLICE_FMT "' was cut into %zu parts here, and into %zu before",
                         SLICE_ARG(b->source), b->parts, a->parts);
        return EVIDENCE_ELSE;
    }
    if (a->part == b->part) {
        *why = arena_printf(arena, "part %zu of %zu of '" SLICE_FMT "' was counted already",
                            b->part, b->parts, SLICE_ARG(b->source));
        return EVIDENCE_TWICE;
    }
    if (a->format.len && b->format.len && !slice_equal(a->format, b->format)) {
        *why = arena_printf(arena,
                            "part %zu of '" SLICE_FMT "' was read as " SLICE_FMT
                            ", and part %zu as " SLICE_FMT "; name the format with --log-format",
                            b->part, SLICE_ARG(b->source), SLICE_ARG(b->format), a->part,
                            SLICE_ARG(a->format));
        return EVIDENCE_ELSE;
    }
    return EVIDENCE_FITS;
}

/* What has no size of its own cannot be told from what the whole was put together from. */
static enum evidence_fit compare_joined(struct arena *arena, const struct evidence_log *whole,
                                        const struct evidence_log *other, struct slice *why)
{
    if (other->joined || (other->parts && other->parts != whole->joined)) {
        return EVIDENCE_FITS;
    }
    *why = arena_printf(arena,
                        "all %zu parts of '" SLICE_FMT
                        "' were counted already, and this may be one of them; give another log "
                        "another name with --piped, or add up its parts by themselves",
                        whole->joined, SLICE_ARG(whole->source));
    return EVIDENCE_TWICE;
}

/* Both have the same source. */
static enum evidence_fit compare_sources(struct arena *arena, const struct evidence_log *a,
                                         const struct evidence_log *b, struct slice *why)
{
    if (a->parts && b->parts) {
        return compare_parts(arena, a, b, why);
    }
    if (a->joined || b->joined) {
        const struct evidence_log *whole = a->joined ? a : b, *other = a->joined ? b : a;
        return compare_joined(arena, whole, other, why);
    }
    /* without a size it may be another log of this name */
    if (a->bytes && (a->parts || b->parts)) {
        *why = arena_printf(arena, "%s of '" SLICE_FMT "' was counted already",
                            b->parts ? "all" : "a part", SLICE_ARG(b->source));
        return EVIDENCE_TWICE;
    }
    return EVIDENCE_FITS;
}

static enum evidence_fit compare_log(struct arena *arena, const struct evidence *into,
                                     const struct evidence_log *log, struct slice *why)
{
    enum evidence_fit fit = EVIDENCE_FITS;
    const struct evidence_log *other = map_get(into->logs_by_source, source_key(arena, log));
    for (; other && fit == EVIDENCE_FITS; other = other->next) {
        fit = compare_sources(arena, other, log, why);
    }
    other = log->parts ? NULL : map_get(into->logs_by_lines, content_key(arena, log));
    if (other && fit == EVIDENCE_FITS) {
        *why = arena_printf(
            arena, "the %llu line%s of '" SLICE_FMT "' were counted already, as '" SLICE_FMT "'",
            (unsigned long long)log->lines, log->lines == 1 ? "" : "s", SLICE_ARG(log->source),
            SLICE_ARG(other->source));
        return EVIDENCE_TWICE;
    }
    return fit;
}

/* What one of both does not know does not contradict. */
static bool same_text(struct slice a, struct slice b)
{
    return !a.len || !b.len || slice_equal(a, b);
}

enum evidence_fit evidence_fits(struct arena *arena, const struct evidence *into,
                                const struct evidence *from, struct slice *why)
{
    enum evidence_fit fit = EVIDENCE_FITS;
    if (!same_text(into->tables, from->tables) || !same_text(into->before, from->before) ||
        !same_text(into->after, from->after)) {
        *why = SLICE("this evidence was made with other manifests or options than what was read "
                     "before it; give both the same");
        return EVIDENCE_ELSE;
    }
    if (!same_text(into->program, from->program)) {
        *why =
            arena_printf(arena,
                         "this evidence was made by " SLICE_FMT
                         ", what was read before it by " SLICE_FMT "; make both with one release",
                         SLICE_ARG(from->program), SLICE_ARG(into->program));
        return EVIDENCE_ELSE;
    }
    for (size_t i = 0; into->log_count && i < from->log_count && fit == EVIDENCE_FITS; i++) {
        fit = compare_log(arena, into, from->logs[i], why);
    }
    return fit;
}

/* ---- parts that make up a log ------------------------------------------------------------- */

static int order_logs(const void *a, const void *b, void *user)
{
    (void)user;
    const struct evidence_log *x = *(const struct evidence_log *const *)a,
                              *y = *(const struct evidence_log *const *)b;
    const uint64_t pairs[][2] = {{x->bytes, y->bytes},
                                 {x->parts, y->parts},
                                 {x->part, y->part},
                                 {x->lines, y->lines},
                                 {x->digest, y->digest}};
    int order = slice_compare(x->source, y->source);
    for (size_t i = 0; i < ARRAY_LEN(pairs) && !order; i++) {
        order = pairs[i][0] < pairs[i][1] ? -1 : pairs[i][0] > pairs[i][1];
    }
    return order;
}

/* The logs in order, so that parts of one stand side by side. */
static struct evidence_log **in_order(struct arena *arena, const struct evidence *evidence)
{
    struct evidence_log **logs = ARENA_ARRAY(arena, struct evidence_log *, evidence->log_count + 1);
    for (size_t i = 0; i < evidence->log_count; i++) {
        logs[i] = evidence->logs[i];
    }
    sort_stable(arena, logs, evidence->log_count, sizeof *logs, order_logs, NULL);
    return logs;
}

/* How many of `count` logs, from the first on, are parts of the same one. */
static size_t parts_of_one(struct evidence_log *const *logs, size_t count)
{
    size_t length = 1;
    while (logs[0]->parts && length < count && logs[length]->parts == logs[0]->parts &&
           logs[length]->bytes == logs[0]->bytes &&
           slice_equal(logs[length]->source, logs[0]->source)) {
        length++;
    }
    return length;
}

static struct evidence_log sum_of(struct evidence_log *const *logs, size_t count)
{
    struct evidence_log sum = {.source = logs[0]->source, .bytes = logs[0]->bytes};
    bool too_large = false; /* then the counts of lines are, too, which is said */
    for (size_t i = 0; i < count; i++) {
        sum.format = sum.format.len ? sum.format : logs[i]->format;
        evidence_add(&sum.lines, logs[i]->lines, &too_large);
        sum.digest += logs[i]->digest;
    }
    sum.joined = sum.bytes ? 0 : count;
    return sum;
}

/* How many of `count` logs, from the first on, are one together. */
typedef size_t together_fn(struct evidence_log *const *logs, size_t count);

static void put_together(struct arena *arena, struct evidence *evidence, together_fn *together)
{
    struct evidence_log **logs = in_order(arena, evidence);
    size_t count = evidence->log_count, length;
    evidence->log_count = 0;
    evidence->logs_by_source = evidence->logs_by_lines = NULL;
    for (size_t i = 0; i < count; i += length) {
        length = together(&logs[i], count - i);
        const struct evidence_log sum = sum_of(&logs[i], length);
        evidence_log_add(arena, evidence, length > 1 || logs[i]->parts == 1 ? &sum : logs[i]);
    }
}

/* A file of evidence may hold a part more than once. */
static size_t whole_length(struct evidence_log *const *logs, size_t count)
{
    size_t length = parts_of_one(logs, count);
    for (size_t i = 0; i < length; i++) {
        if (logs[i]->part != i + 1) {
            return 1;
        }
    }
    return length == logs[0]->parts ? length : 1;
}

void evidence_join_parts(struct arena *arena, struct evidence *evidence)
{
    put_together(arena, evidence, whole_length);
}

/* What came through pipes from one log: it has neither a size nor numbers. */
static size_t pieces_length(struct evidence_log *const *logs, size_t count)
{
    size_t length = 1;
    while (!logs[0]->parts && !logs[0]->bytes && length < count && !logs[length]->parts &&
           !logs[length]->bytes && slice_equal(logs[length]->source, logs[0]->source)) {
        length++;
    }
    return length;
}

size_t evidence_join_pieces(struct arena *arena, struct evidence *evidence)
{
    evidence_join_parts(arena, evidence);
    size_t count = evidence->log_count;
    put_together(arena, evidence, pieces_length);
    return count;
}

/* ---- parts that are missing --------------------------------------------------------------- */

struct naming {
    struct buf *out;
    size_t count; /* parts that were named */
};

static void name_range(struct naming *naming, size_t from, size_t to)
{
    if (from <= to) {
        buf_puts(naming->out, naming->count ? ", " : "");
        buf_put_uint(naming->out, from);
        if (from < to) {
            buf_puts(naming->out, from + 1 < to ? " to " : ", ");
            buf_put_uint(naming->out, to);
        }
        naming->count += to - from + 1;
    }
}

/* "parts 3, 5 to 8 of 16 of 'access.log'" */
static struct slice name_missing(struct arena *arena, struct evidence_log *const *logs,
                                 size_t count)
{
    struct buf numbers;
    struct naming naming = {&numbers, 0};
    size_t next = 1;
    buf_init(&numbers, BUF_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        if (logs[i]->part >= next) {
            name_range(&naming, next, logs[i]->part - 1);
            next = logs[i]->part + 1;
        }
    }
    name_range(&naming, next, logs[0]->parts);
    struct slice text = SLICE_ABSENT;
    if (naming.count) {
        text = arena_printf(arena, "part%s " SLICE_FMT " of %zu of '" SLICE_FMT "'",
                            naming.count > 1 ? "s" : "", SLICE_ARG(buf_slice(&numbers)),
                            logs[0]->parts, SLICE_ARG(logs[0]->source));
    }
    if (text.ptr && logs[0]->bytes) {
        text = arena_printf(arena, SLICE_FMT " (%llu bytes)", SLICE_ARG(text),
                            (unsigned long long)logs[0]->bytes);
    }
    buf_release(&numbers);
    return text;
}

struct texts evidence_missing(struct arena *arena, const struct evidence *evidence)
{
    struct evidence_log **logs = in_order(arena, evidence);
    struct texts out = {ARENA_ARRAY(arena, struct slice, evidence->log_count + 1), 0};
    size_t length;
    for (size_t i = 0; i < evidence->log_count; i += length) {
        length = parts_of_one(&logs[i], evidence->log_count - i);
        struct slice text = logs[i]->parts ? name_missing(arena, &logs[i], length) : SLICE_ABSENT;
        if (text.ptr) {
            out.items[out.count++] = text;
        }
    }
    return out;
}

/* ---- logs that are there under two names ---------------------------------------------------- */

struct texts evidence_repeated(struct arena *arena, const struct evidence *evidence)
{
    struct evidence_log **logs = in_order(arena, evidence);
    struct texts out = {ARENA_ARRAY(arena, struct slice, evidence->log_count + 1), 0};
    struct map *seen = map_new(arena);
    for (size_t i = 0; i < evidence->log_count; i++) {
        if (logs[i]->parts || !logs[i]->lines) {
            continue;
        }
        struct slice key = content_key(arena, logs[i]);
        const struct evidence_log *other = map_get(seen, key);
        if (other) {
            out.items[out.count++] =
                arena_printf(arena, "'" SLICE_FMT "' and '" SLICE_FMT "'", SLICE_ARG(other->source),
                             SLICE_ARG(logs[i]->source));
        } else {
            map_put(seen, key, logs[i]);
        }
    }
    return out;
}

struct slice evidence_list(struct arena *arena, const struct texts *texts)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < texts->count; i++) {
        out = ARENA_JOIN(arena, out, i ? SLICE("; ") : SLICE(""), texts->items[i]);
    }
    return out;
}
