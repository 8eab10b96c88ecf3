/* Shared by the files of the target Istio. */
#ifndef GATESHIFT_ISTIO_PRIV_H
#define GATESHIFT_ISTIO_PRIV_H

#include "convert/policy_priv.h"

enum { ISTIO_DESTINATION, ISTIO_ADDRESSES, ISTIO_EXTERNAL, ISTIO_BODY_LIMIT, ISTIO_RATE_LIMIT };

/* ---- istio_access.c: AuthorizationPolicy */
void istio_addresses(struct emission *e, const void *effect);
void istio_authentication(struct emission *e, const void *effect);
/* An item of `rules` with `to` for the hosts; none for every host. */
void istio_write_hosts(struct conversion *c, struct node *spec, const struct texts *hosts);

/* ---- istio_limits.c: EnvoyFilter */
void istio_body_limit(struct emission *e, const void *effect);
void istio_rate_limit(struct emission *e, const void *effect);
void istio_write_limits(struct conversion *c, struct node *spec, const struct texts *hosts);

#endif
