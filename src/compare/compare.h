/* Compares two route tables by requests that are drawn from both.
 *
 * Nothing is proved here yet: where no request differs the verdict is "unproven, N requests agree".
 *
 * Ownership: results live in the run's arena and point into both tables.
 * Limits:    COMPARE_REQUESTS_MAX requests for a host.
 * Errors:    none.
 * Threads:   none shared. */
#ifndef GATESHIFT_COMPARE_H
#define GATESHIFT_COMPARE_H

#include "evaluate/evaluate.h"

enum { COMPARE_REQUESTS_MAX = 20000 };

enum verdict { VERDICT_UNPROVEN, VERDICT_DIFFERENT };

/* One cause of a difference: the same rules and the same fields. */
struct finding {
    struct slice id; /* stable: hash of cause, "d-1f3a9c" */
    enum impact impact;
    enum aspect aspect;
    struct slice title;  /* "redirected to https before, answered 404 after" */
    struct slice fields; /* "status, location" */
    const struct slice *hosts;
    size_t host_count;
    size_t requests;        /* how many of those drawn differ so */
    struct request witness; /* the shortest of them */
    struct outcome before, after;
    struct slice advice; /* or absent */
    bool platform;       /* the data planes differ alike on all hosts */
};
struct host_verdict {
    struct slice host; /* "shop.example.com", "*.example.com", "(any other host)" */
    size_t requests, agreed, unknown;
    enum verdict aspects[ASPECT_COUNT];
};
struct comparison {
    struct slice before, after; /* labels */
    struct finding *findings;   /* worst first, those of the platform last */
    size_t finding_count;
    struct host_verdict *hosts;
    size_t host_count;
    size_t requests, agreed, unknown;
    struct slice unknown_reason; /* of the first unknown outcome */
};
struct compare_options {
    bool aspects[ASPECT_COUNT]; /* which count; all false: all */
};
void compare_sides(struct run *run, const struct evaluator *before,
                   const struct route_table *before_table, const struct evaluator *after,
                   const struct route_table *after_table, const struct compare_options *options,
                   struct comparison *out);

#endif
