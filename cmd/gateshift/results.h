/* Results of tests as text, TAP, JUnit XML or JSON.
 *
 * Ownership: results_close releases what results_open took; `out` belongs to the caller.
 * Source:    testanything.org TAP 13; the JUnit XML that CI systems read (testsuites, testsuite,
 *            testcase, failure). */
#ifndef GATESHIFT_RESULTS_H
#define GATESHIFT_RESULTS_H

#include "base/base.h"

enum results_format { RESULTS_TEXT, RESULTS_TAP, RESULTS_JUNIT, RESULTS_JSON };

struct results {
    enum results_format format;
    struct arena *arena;
    struct buf *out;
    size_t passed, failed;
    struct buf suites;       /* JUnit, JSON: until the totals are known */
    struct buf suite;        /* JUnit: of the suite that is being written */
    struct slice suite_name; /* absent: none yet */
    size_t suite_passed, suite_failed;
};

void results_open(struct results *results, enum results_format format, struct arena *arena,
                  struct buf *out);
struct result {
    struct slice suite, name;
    bool passed;
    struct slice why; /* it has not passed: what is wrong */
    struct slice got; /* and lines on what happened instead; absent: nothing did */
};
/* Results of one suite are added one after the other. */
void results_add(struct results *results, const struct result *result);
void results_close(struct results *results);

#endif
