/* Shared by the files that read Envoy Gateway's own kinds. */
#ifndef GATESHIFT_POLICIES_ENVOY_PRIV_H
#define GATESHIFT_POLICIES_ENVOY_PRIV_H

#include "gateway_api/policies_priv.h"

void envoy_backend_traffic(struct policy_work *work, const struct node *spec);

#endif
