/* Shared by the files that read Istio's own kinds. */
#ifndef GATESHIFT_POLICIES_ISTIO_PRIV_H
#define GATESHIFT_POLICIES_ISTIO_PRIV_H

#include "gateway_api/policies_priv.h"

enum cover { COVER_NONE, COVER_ALL, COVER_SOME };

/* ---- policies_istio_hosts.c */
enum cover istio_counted(size_t count, size_t all);
/* Which requests of the route have a host that the Operation of an AuthorizationPolicy names. */
enum cover istio_hosts_cover(const struct policy_work *work, const struct node *operation,
                             const struct route_state *state);
/* Virtual hosts of the route that have the domain. */
size_t istio_domains(const struct route_state *state, struct slice domain);

/* ---- policies_istio_paths.c */
/* Which requests of the rule at hand a rule of an AuthorizationPolicy holds for, by its `to`: all without one. */
enum cover istio_rule_covers(struct policy_work *work, const struct node *rule,
                             const struct route_state *state);
void istio_parts(const struct policy_work *work, const struct node *spec,
                 const struct route_state *state, struct path_parts *out);

/* ---- policies_istio_filters.c */
void istio_envoy_filter(struct policy_work *work, const struct node *spec,
                        const struct route_state *state);

#endif
