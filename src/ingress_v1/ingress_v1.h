/* Front end: Ingress v1 as the API alone defines it, for controllers that are not known.
 *
 * Ownership: results live in the run's arena.
 * Errors:    diagnostics with letter I for what the API leaves open (annotations of controllers, resource
 *            backends, several default backends).
 * Threads:   none shared.
 * Source:    k8s.io/api networking/v1 types.go, and the Ingress page of the Kubernetes documentation. */
#ifndef GATESHIFT_INGRESS_V1_H
#define GATESHIFT_INGRESS_V1_H

#include "ingress/ingress.h"
#include "kube/kube.h"
#include "route/route.h"

/* Adds the entries of all Ingresses whose claim is INGRESS_OWNER_NEUTRAL. */
void ingress_v1_build(struct run *run, const struct kube *kube, const struct ingress_claims *claims,
                      struct route_table *table);

#endif
