/* What else in the input hangs on the old Ingress controller, and breaks on the day it goes.
 *
 * Nothing here takes part in how a request is answered: policies of the network, issuers of certificates,
 * rollouts, alerts and the like that name the controller, its Ingresses or its metrics. One row of a
 * table for each thing that is looked for.
 *
 * Ownership: results live in the run's arena.
 * Errors:    diagnostics with letter S at the field that has to change, with what to write. What the
 *            input holds no object of is named once, as a list of what to look for in the cluster.
 * Threads:   none shared.
 * Source:    the API of each program, cited at its row. */
#ifndef GATESHIFT_SURROUNDINGS_H
#define GATESHIFT_SURROUNDINGS_H

#include "kube/kube.h"

/* One thing that is looked for. */
struct surrounding_row {
    enum diag_code code;
    const char *name;   /* "NetworkPolicies" */
    const char *what;   /* "NetworkPolicies that admit the old controller alone" */
    const char *advice; /* what to write instead */
    bool in_snapshots;  /* a snapshot of a whole cluster has all objects of these kinds */
};
struct surrounding {
    const struct surrounding_row *row;
    const struct object *object;
    struct span span;  /* of the field that names the controller */
    struct slice text; /* what stands there, for people */
};
struct surroundings {
    struct surrounding *items; /* by the table, then by the order of objects */
    size_t count, capacity;
    /* rows whose kinds the input has no object of: nobody looked */
    const struct surrounding_row **absent;
    size_t absent_count, absent_capacity;
};
/* Reports nothing. */
void surroundings_read(struct run *run, const struct kube *kube, struct surroundings *out);
void surroundings_say(struct run *run, const struct surroundings *surroundings);
/* Is this an object of a kind that is looked at? */
bool surroundings_look_at(const struct object *object);

#endif
