/* What the tests of this module share: a run with one text that was read. */
#ifndef GATESHIFT_DOCUMENT_TEST_PRIV_H
#define GATESHIFT_DOCUMENT_TEST_PRIV_H

#include "document/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct sample {
    struct run run;
    struct input input;
    struct documents documents;
};

static inline void sample_read(struct sample *sample, const struct limits *limits,
                               struct slice text)
{
    *sample = (struct sample){0};
    run_open(&sample->run, limits, NULL, NULL);
    input_add_text(&sample->run, &sample->input, SLICE("t.yaml"), text);
    document_read(&sample->run, &sample->input.files[0], &sample->documents);
    diag_finish(sample->run.diag);
}

static inline void sample_close(struct sample *sample)
{
    run_close(&sample->run);
}

/* All documents as JSON, one a line, and all diagnostics as "line:column code", one a line. */
static inline struct slice sample_print(struct sample *sample)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    for (size_t i = 0; i < sample->documents.count; i++) {
        document_write_json(sample->documents.roots[i], 0, &out);
        buf_putc(&out, '\n');
    }
    for (size_t i = 0; i < diag_count(sample->run.diag); i++) {
        const struct diagnostic *item = diag_get(sample->run.diag, i);
        buf_printf(&out, "%u:%u %s\n", item->span.line, item->span.column,
                   diag_row(item->code)->name);
    }
    const struct slice text = arena_copy(sample->run.arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static inline void expect_slice(struct slice text, const char *about, const char *wanted)
{
    if (!slice_is(text, wanted)) {
        print_error("of %s\ngot    " SLICE_FMT "\nwanted %s\n", about, SLICE_ARG(text), wanted);
        fail();
    }
}

/* Reads `text`; `wanted` is what sample_print makes of it. */
static inline void expect_read(const char *text, const char *wanted)
{
    struct sample sample;
    sample_read(&sample, NULL, slice_of(text));
    expect_slice(sample_print(&sample), text, wanted);
    sample_close(&sample);
}

/* The one message that `text` causes. */
static inline void expect_message(const char *text, const char *wanted)
{
    struct sample sample;
    sample_read(&sample, NULL, slice_of(text));
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    for (size_t i = 0; i < diag_count(sample.run.diag); i++) {
        const struct diagnostic *item = diag_get(sample.run.diag, i);
        buf_printf(&out, "%s%u:%u %s " SLICE_FMT, i ? "\n" : "", item->span.line, item->span.column,
                   diag_row(item->code)->name, SLICE_ARG(item->message));
    }
    expect_slice(buf_slice(&out), text, wanted);
    buf_release(&out);
    sample_close(&sample);
}

#endif
