/* The way back: the manifests that put Ingresses back as they were, and the proof that they behave as before.
 *
 * What is written: the Ingresses that a known controller serves, with what a retirement of that controller takes
 * away: their IngressClasses, the controller's ConfigMaps, the NginxIngressControllers of AKS. Services, Secrets
 * and Namespaces stay where they are in a migration, so they are named where they are needed, and not written.
 * Objects are as given, without what a server sets.
 *
 * Order: of two Ingresses that claim the same, ingress-nginx prefers the older one, and objects that are created
 * again are all new. Ingresses are therefore written in rounds. Between two rounds the clock must pass a
 * second, the unit of creation times; in one round nothing depends on who is older but by name.
 *
 * Ownership: results live in the run's arena and point into the original side.
 * Limits:    ORDERS_MAX orders of creation are tried where Ingresses share hosts.
 * Errors:    diagnostics with letter R.
 * Threads:   none shared.
 * Source:    kubernetes/ingress-nginx internal/ingress/controller/store/store.go, sortIngressSlice; metadata of
 *            k8s.io/apimachinery pkg/apis/meta/v1/types.go. */
#ifndef GATESHIFT_ROLLBACK_H
#define GATESHIFT_ROLLBACK_H

#include "compare/compare.h"
#include "frontend/frontend.h"

/* Which Ingresses are put back. All absent: all of them. */
struct rollback_choice {
    struct slice namespace;
    const struct slice *hosts;   /* "a.example.com", "*.example.com" with all below it */
    size_t host_count;           /* 0: any */
    const struct map *ingresses; /* "namespace/name"; null: not chosen by name */
};

struct rollback_object {
    const struct object *object; /* the original */
    size_t round;                /* from 0 */
    struct slice yaml;           /* without "---" */
};
/* An object that the conversion wrote and that is in the way, or of no use, once Ingresses are back. */
struct rollback_deletion {
    struct slice api_version, kind, namespace, name;
};
/* Ingresses for which it matters who is created first, and a request that shows it. */
struct rollback_trap {
    const struct finding *finding; /* before: as it runs today; after: created in another order */
};
struct rollback {
    struct rollback_object *objects; /* in the order to apply */
    size_t count, capacity;
    size_t rounds, ingresses;
    struct rollback_deletion *deletions; /* in the order to delete */
    size_t deletion_count, deletion_capacity;
    size_t kept; /* objects that the conversion wrote, for Ingresses that are not put back, too */
    struct slices needs;  /* "Secret shop/tls": what the Ingresses name and nobody writes, sorted */
    enum verdict verdict; /* of the proof that they behave as before */
    struct slice unproven;             /* its reason */
    const struct finding *differences; /* before: as it runs today; after: as it was put back */
    size_t difference_count;
    struct rollback_trap *traps;
    size_t trap_count, trap_capacity;
    size_t orders_tried,
        orders_wanted; /* wanted: until each has come first among those it shares a host with */
};
struct rollback_input {
    struct side *original; /* read by side_read_whole and built with `options` */
    const struct side_options *options;
    const struct converted *converted;
    const struct converted_source *sources; /* of `converted` */
};
/* False when nothing is chosen, which was said. */
NODISCARD bool rollback_make(struct run *run, const struct rollback_input *input,
                             const struct rollback_choice *choice, struct rollback *out);
/* Shared: IngressClasses and settings, which stay as long as their controller does. */
enum rollback_part { ROLLBACK_ALL, ROLLBACK_INGRESSES, ROLLBACK_SHARED };
/* Documents that are applied together. */
void rollback_write_round(const struct rollback *rollback, size_t round, enum rollback_part part,
                          struct buf *out);
bool rollback_has_shared(const struct rollback *rollback);
/* Names of what is to be deleted, as `kubectl delete -f` reads them. */
void rollback_write_deletions(struct run *run, const struct rollback *rollback, struct buf *out);
/* All that is known, as gateshift-rollback(1) describes it. */
struct node *rollback_node(struct run *run, const struct rollback *rollback);
/* Where a rollback is a part of a plan: its commands run in the folder of the runbook, whose steps it undoes. */
struct rollback_place {
    struct slice title;  /* of the wave */
    struct slice folder; /* of the rollback, as the runbook sees it, with '/' at the end */
    struct slice check;  /* commands that ask the old side; it says "0 failed" when it serves */
    struct slice changed,
        saved;             /* file that tells what was changed, and that has it; from the step */
    struct slice arrivals; /* commands that show what comes to the new side; absent: not known */
    struct slice records_back, records_show; /* commands for the records of DNS */
    /* Steps of the runbook, with number and name; the last one may be absent. */
    struct slice ingresses_step, drain_step, records_step, share_step, verify_step, routes_step,
        controller_step;
};
/* The steps for people, in Markdown. `place` null: it is alone in its folder. */
void rollback_write_steps(struct run *run, const struct rollback *rollback,
                          const struct rollback_place *place, struct buf *out);
/* Names of the files that the steps speak of. */
struct slice rollback_round_file(struct run *run, const struct rollback *rollback, size_t round);
#define ROLLBACK_DELETE_FILE "delete.yaml"

#endif
