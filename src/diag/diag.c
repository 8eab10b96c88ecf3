#include "diag/diag.h"

#include <string.h>

struct file {
    struct slice name, text;
};

struct diag {
    struct arena *arena;
    struct file *files;
    size_t file_count, file_capacity;
    struct diagnostic *items;
    size_t count, capacity, dropped;
};

static const struct diag_row rows[] = {
#define DIAG(code, severity, title, help) {#code, SEVERITY_##severity, title, help},
#include "diag/codes.def"
#undef DIAG
};

const struct diag_row *diag_row(enum diag_code code)
{
    return &rows[code];
}

const struct diag_row *diag_row_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_equal_fold(name, slice_of(rows[i].name))) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"info", "warning", "error"};
    return names[severity];
}

struct diag *diag_new(struct arena *arena)
{
    struct diag *diag = ARENA_NEW(arena, struct diag);
    diag->arena = arena;
    return diag;
}

uint32_t diag_file_add(struct diag *diag, struct slice name, struct slice text)
{
    struct file *file = ARENA_PUSH(diag->arena, diag->files, diag->file_count, diag->file_capacity);
    *file = (struct file){name, text};
    return (uint32_t)diag->file_count;
}

struct slice diag_file_name(const struct diag *diag, uint32_t file)
{
    return file && file <= diag->file_count ? diag->files[file - 1].name : SLICE("");
}

bool diag_is_before(const struct diag *diag, struct span a, struct span b)
{
    int order = slice_compare(diag_file_name(diag, a.file), diag_file_name(diag, b.file));
    return order ? order < 0 : a.line != b.line ? a.line < b.line : a.column < b.column;
}

struct slice diag_file_text(const struct diag *diag, uint32_t file)
{
    return file && file <= diag->file_count ? diag->files[file - 1].text : SLICE_ABSENT;
}

void diag_file_hide(struct diag *diag, uint32_t file)
{
    if (file && file <= diag->file_count) {
        diag->files[file - 1].text = SLICE_ABSENT;
    }
}

static void add(struct diag *diag, enum diag_code code, enum severity severity, struct span span,
                struct slice subject, struct slice message)
{
    if (diag->count >= DIAG_MAX) {
        diag->dropped++;
        return;
    }
    struct diagnostic *item = ARENA_PUSH(diag->arena, diag->items, diag->count, diag->capacity);
    *item = (struct diagnostic){code, severity, message, subject, span};
}

struct diag *diag_beside(const struct diag *diag)
{
    struct diag *beside = diag_new(diag->arena);
    beside->files = diag->files;
    beside->file_count = diag->file_count;
    beside->file_capacity = diag->file_count; /* room behind them is the other's */
    return beside;
}

void diag_add(struct diag *diag, const struct diagnostic *item)
{
    add(diag, item->code, item->severity, item->span, item->subject, item->message);
}

void diag_at(struct diag *diag, enum diag_code code, struct span span, struct slice subject,
             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice message = arena_vprintf(diag->arena, format, args);
    va_end(args);
    add(diag, code, rows[code].severity, span, subject, message);
}

void diag_severity_at(struct diag *diag, enum diag_code code, enum severity severity,
                      struct span span, struct slice subject, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice message = arena_vprintf(diag->arena, format, args);
    va_end(args);
    add(diag, code, severity, span, subject, message);
}

static int compare(const void *a, const void *b, void *user)
{
    const struct diag *diag = user;
    const struct diagnostic *x = a, *y = b;
    int order = x->span.file == y->span.file ? 0
                                             : slice_compare(diag_file_name(diag, x->span.file),
                                                             diag_file_name(diag, y->span.file));
    if (order == 0 && x->span.line != y->span.line) {
        order = x->span.line < y->span.line ? -1 : 1;
    }
    if (order == 0 && x->span.column != y->span.column) {
        order = x->span.column < y->span.column ? -1 : 1;
    }
    if (order == 0 && x->code != y->code) {
        order = strcmp(rows[x->code].name, rows[y->code].name);
    }
    if (order == 0) {
        order = slice_compare(x->message, y->message);
    }
    return order ? order : slice_compare(x->subject, y->subject);
}

void diag_finish(struct diag *diag)
{
    sort_stable(diag->arena, diag->items, diag->count, sizeof *diag->items, compare, diag);
    size_t kept = 0;
    for (size_t i = 0; i < diag->count; i++) {
        if (kept == 0 || compare(&diag->items[kept - 1], &diag->items[i], diag) != 0) {
            diag->items[kept++] = diag->items[i];
        }
    }
    diag->count = kept;
}

size_t diag_count(const struct diag *diag)
{
    return diag->count;
}

const struct diagnostic *diag_get(const struct diag *diag, size_t index)
{
    return &diag->items[index];
}

size_t diag_count_severity(const struct diag *diag, enum severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < diag->count; i++) {
        count += diag->items[i].severity == severity;
    }
    return count;
}

size_t diag_count_input_errors(const struct diag *diag)
{
    size_t count = 0;
    for (size_t i = 0; i < diag->count; i++) {
        const struct diagnostic *item = &diag->items[i];
        count +=
            item->severity == SEVERITY_ERROR && strchr("AYKL", rows[item->code].name[0]) != NULL;
    }
    return count;
}
