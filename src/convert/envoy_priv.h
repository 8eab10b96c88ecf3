/* Shared by the files of the target Envoy Gateway. */
#ifndef GATESHIFT_ENVOY_PRIV_H
#define GATESHIFT_ENVOY_PRIV_H

#include "convert/policy_priv.h"

enum {
    ENVOY_BACKEND_TRAFFIC,
    ENVOY_SECURITY,
    ENVOY_CLIENT_TRAFFIC,
    ENVOY_BACKEND,
    ENVOY_ROUTE_FILTER
};

/* ---- envoy_traffic.c: BackendTrafficPolicy */
void envoy_traffic_base(struct conversion *c, struct node *spec);
void envoy_timeouts(struct emission *e, const void *effect);
void envoy_body_limit(struct emission *e, const void *effect);
void envoy_rate_limit(struct emission *e, const void *effect);
void envoy_retries(struct emission *e, const void *effect);

/* ---- envoy_balancing.c: how it chooses endpoints */
void envoy_affinity(struct emission *e, const void *effect);
void envoy_balancing(struct emission *e, const void *effect);

/* ---- envoy_security.c: SecurityPolicy */
void envoy_addresses(struct emission *e, const void *effect);
void envoy_authentication(struct emission *e, const void *effect);

/* ---- envoy_backends.c: Backend */
bool envoy_backend(struct emission *e, const struct backend *backend, struct node *ref);
void envoy_upstream_protocol(struct emission *e, const void *effect);
void envoy_upstream_tls(struct emission *e, const void *effect);

#endif
