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

void gateway_api_build(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile, struct route_table *table);
/* Says what gateway_api_build says, and what there is to say about routes that attach nowhere. */
void gateway_api_check(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile);

#endif
