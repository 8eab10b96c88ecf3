/* Shared by the files of the target Istio. */
#ifndef GATESHIFT_ISTIO_PRIV_H
#define GATESHIFT_ISTIO_PRIV_H

#include "convert/policy_priv.h"

enum {
    ISTIO_DESTINATION,
    ISTIO_ADDRESSES,
    ISTIO_EXTERNAL,
    ISTIO_BODY_LIMIT,
    ISTIO_RATE_LIMIT,
    ISTIO_REWRITE,
    ISTIO_ANSWER,
    ISTIO_RETRIES,
    ISTIO_RULE_ADDRESSES
};

/* ---- istio_access.c: AuthorizationPolicy */
void istio_addresses(struct emission *e, const void *effect);
void istio_authentication(struct emission *e, const void *effect);
/* Hosts for `to` in the items of `rules`; none for every host. */
void istio_write_hosts(struct conversion *c, struct node *spec, const struct policy_places *places);

/* ---- istio_paths.c */
/* `to` of a rule, without hosts, for the requests that have the effect as the rule at hand has it; null where they
 * cannot be told apart by their paths. */
struct node *istio_operations(struct emission *e, enum effect_id id);

/* ---- istio_limits.c: EnvoyFilter */
void istio_body_limit(struct emission *e, const void *effect);
void istio_rate_limit(struct emission *e, const void *effect);
/* For the rule at hand alone; false where it cannot be named. */
bool istio_rule_addresses(struct emission *e, const struct route_addresses *addresses);
/* An item of `configPatches` for Gateways. */
struct node *istio_patch(struct conversion *c, struct node *list, const char *where,
                         const char *operation);
void istio_write_patches(struct conversion *c, struct node *spec,
                         const struct policy_places *places);

/* ---- istio_routes.c: EnvoyFilter */
void istio_rewrite(struct emission *e, const void *effect);
void istio_retries(struct emission *e, const void *effect);
bool istio_answer(struct emission *e, const struct route_answer *answer);

#endif
