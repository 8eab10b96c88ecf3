/* What becomes of each annotation and setting of ingress-nginx at each target, printed from the tables of the
 * front end and of the back ends.
 *
 * Ownership: nothing is kept.
 * Errors:    none.
 * Threads:   none shared. */
#ifndef GATESHIFT_COVERAGE_H
#define GATESHIFT_COVERAGE_H

#include "base/base.h"
#include "convert/convert.h"

enum coverage_format { COVERAGE_TEXT, COVERAGE_MARKDOWN, COVERAGE_JSON };

struct coverage_options {
    enum coverage_format format;
    const struct target *target; /* null: all of them */
    int api_minor;               /* release of Gateway API, 1.x */
    bool experimental;           /* its channel */
};
void coverage_print(struct arena *arena, const struct coverage_options *options, struct buf *out);

#endif
