/* Shared by the files that read Envoy Gateway's own kinds. */
#ifndef GATESHIFT_POLICIES_ENVOY_PRIV_H
#define GATESHIFT_POLICIES_ENVOY_PRIV_H

#include "gateway_api/policies_priv.h"

void envoy_backend_traffic(struct policy_work *work, const struct node *spec);

/* ---- backends_envoy.c */
void envoy_index_backend(struct builder *builder, const struct policy_reader *reader,
                         const struct object *backend);
/* Where requests for a Backend go; false for what is not understood. */
bool envoy_backend_resolve(struct builder *builder, const struct object *object,
                           struct backend *backend);

#endif
