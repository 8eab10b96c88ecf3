/* For the tests of this module: a text is read into a collection, and what was said about it is looked at. */
#ifndef GATESHIFT_KUBE_FIXTURE_PRIV_H
#define GATESHIFT_KUBE_FIXTURE_PRIV_H

#include "kube/kube.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct run run;
    struct input input;
    struct documents documents;
    struct kube kube;
};

static inline void fixture_add(struct fixture *f, const char *name, const char *yaml)
{
    input_add_text(&f->run, &f->input, slice_of(name), slice_of(yaml));
    document_read(&f->run, &f->input.files[f->input.count - 1], &f->documents);
}

static inline void fixture_start(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    run_open(&f->run, NULL, NULL, NULL);
    kube_init(&f->run, &f->kube);
}

static inline void fixture_finish(struct fixture *f)
{
    kube_read(&f->run, &f->documents, SLICE("default"), &f->kube);
    kube_finish(&f->run, &f->kube);
    diag_finish(f->run.diag);
}

static inline void fixture_open(struct fixture *f, const char *yaml)
{
    fixture_start(f);
    fixture_add(f, "a.yaml", yaml);
    fixture_finish(f);
}

static inline void fixture_close(struct fixture *f)
{
    run_close(&f->run);
}

/* All that was said, one a line: "3:5 K003 message (subject)". */
static inline const char *fixture_said(struct fixture *f)
{
    struct slice all = SLICE("");
    for (size_t i = 0; i < diag_count(f->run.diag); i++) {
        const struct diagnostic *d = diag_get(f->run.diag, i);
        all = arena_printf(f->run.arena, SLICE_FMT "%u:%u %s " SLICE_FMT "\n", SLICE_ARG(all),
                           d->span.line, d->span.column, diag_row(d->code)->name,
                           SLICE_ARG(d->message));
    }
    return arena_string(f->run.arena, all);
}

static inline void fixture_silent(struct fixture *f)
{
    assert_string_equal(fixture_said(f), "");
}

#define ASSERT_TEXT(value, text)                                                                   \
    do {                                                                                           \
        const struct slice asserted = (value);                                                     \
        if (!slice_is(asserted, text)) {                                                           \
            fail_msg("'" SLICE_FMT "' is not '%s'", SLICE_ARG(asserted), text);                    \
        }                                                                                          \
    } while (0)

#endif
