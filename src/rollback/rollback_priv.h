/* Shared by the files of this module. */
#ifndef GATESHIFT_ROLLBACK_PRIV_H
#define GATESHIFT_ROLLBACK_PRIV_H

#include "rollback/rollback.h"

/* An Ingress that a controller serves, in the order in which the controller takes them. */
struct member {
    const struct ingress *ingress;
    struct slice gateway; /* of its claim */
    struct slice id;      /* "namespace/name" */
    bool chosen;
    size_t group; /* those that share a host, directly or by others */
    size_t place; /* in its group, from 0 */
    size_t round;
};
struct members {
    struct member *items;
    size_t count;
    struct map *by_id;
};
void members_read(struct run *run, const struct kube *kube, const struct side_options *options,
                  struct members *out);
/* Rounds of those that are chosen. */
void members_plan(struct members *members);
/* Each in a round of its own. */
void members_plan_singly(struct members *members);

/* The tree that is written for an object. */
struct node *rollback_tree(struct arena *arena, const struct object *object);
/* Objects other than Ingresses that go with the chosen ones. */
bool rollback_belongs(const struct side *original, const struct side_options *options,
                      const struct members *members, const struct object *object);

/* Services and Secrets that the chosen Ingresses name. */
void rollback_needs(struct run *run, const struct members *members, struct rollback *out);
/* Proves `out` and looks for orders that matter. */
void rollback_prove(struct run *run, struct side *original, const struct side_options *options,
                    struct members *members, struct rollback *out);
#endif
