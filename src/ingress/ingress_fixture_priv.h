/* For the tests of this module: objects from a text, and who claims them. */
#ifndef GATESHIFT_INGRESS_FIXTURE_PRIV_H
#define GATESHIFT_INGRESS_FIXTURE_PRIV_H

#include "ingress/ingress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct run run;
    struct kube kube;
    struct ingress_claims claims;
};

static inline void fixture_open(struct fixture *f, bool closed, const char *yaml)
{
    struct input input = {0};
    struct documents documents = {0};
    memset(f, 0, sizeof *f);
    run_open(&f->run, NULL, NULL, NULL);
    f->run.closed = closed;
    kube_init(&f->run, &f->kube);
    input_add_text(&f->run, &input, SLICE("a.yaml"), slice_of(yaml));
    document_read(&f->run, &input.files[0], &documents);
    kube_read(&f->run, &documents, SLICE("default"), &f->kube);
    kube_finish(&f->run, &f->kube);
    assert_int_equal(diag_count_input_errors(f->run.diag), 0);
}

static inline void fixture_close(struct fixture *f)
{
    run_close(&f->run);
}

static inline size_t fixture_count(const struct fixture *f, enum diag_code code)
{
    size_t count = 0;
    for (size_t i = 0; i < diag_count(f->run.diag); i++) {
        count += diag_get(f->run.diag, i)->code == code;
    }
    return count;
}

#endif
