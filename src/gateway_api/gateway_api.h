/* Front end: Gateways and HTTPRoutes as a route table, under the profile of an implementation.
 *
 * Ownership: results live in the run's arena; profiles are static.
 * Errors:    diagnostics with letter G: references to nothing, missing grants, routes that attach nowhere,
 *            listeners in conflict, filters and fields that are not understood (which make their rules
 *            unknown).
 * Threads:   none shared.
 * Source:    gateway-api v1.6.1 apis/v1 and conformance/; of implementations, what the profile names. */
#ifndef GATESHIFT_GATEWAY_API_H
#define GATESHIFT_GATEWAY_API_H

#include "kube/kube.h"
#include "profile/profile.h"
#include "route/route.h"

/* What a controller would write into the status of the objects. */
struct gateway_condition {
    const char *type; /* Accepted, Programmed, ResolvedRefs, Conflicted, ... */
    bool holds;
    const char *reason;   /* of the API: Accepted, NoMatchingParent, ... */
    struct slice message; /* empty where all is well */
};
struct gateway_conditions {
    struct gateway_condition *items;
    size_t count, capacity;
};
enum gateway_part_kind { GATEWAY_NO_PARTS, GATEWAY_LISTENERS, GATEWAY_PARENTS, GATEWAY_ANCESTORS };
/* A listener, a parent of a route, or an ancestor of a policy. */
struct gateway_part {
    struct slice name;     /* of a listener */
    size_t routes;         /* that are attached to it */
    struct slices kinds;   /* of routes that it supports */
    struct object_ref ref; /* to a parent or ancestor, with its namespace */
    struct gateway_conditions conditions;
};
struct gateway_status {
    const struct object *object;
    struct gateway_conditions conditions; /* of the whole object */
    enum gateway_part_kind kind;
    struct gateway_part *parts;
    size_t part_count;
    size_t set_count; /* ListenerSets that are attached to a Gateway */
};
struct gateway_statuses {
    struct gateway_status *items; /* GatewayClasses, Gateways, ListenerSets, routes, policies */
    size_t count, capacity;
};
/* Says nothing by itself: what is wrong is a diagnostic of gateway_api_check. Objects of other controllers get no
 * status. */
void gateway_api_status(struct run *run, const struct kube *kube,
                        const struct gateway_profile *profile, struct gateway_statuses *out);

/* Is the object of a kind of the implementation itself? Such are read, or named where they are not understood. */
bool gateway_api_owns_kind(const struct gateway_profile *profile, const struct object *object);

/* The profile whose data plane serves the Gateway, as its class tells; null: none is known to. */
const struct gateway_profile *gateway_profile_of(const struct kube *kube,
                                                 const struct gateway *gateway);

void gateway_api_build(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile, struct route_table *table);
/* Says what gateway_api_build says, and what there is to say about routes that attach nowhere. */
void gateway_api_check(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile);

#endif
