/* What the files that predict conditions share. */
#ifndef GATESHIFT_GATEWAY_STATUS_PRIV_H
#define GATESHIFT_GATEWAY_STATUS_PRIV_H

#include "gateway_api/gateway_priv.h"

struct status_work {
    struct builder *builder;
    struct gateway_statuses *out;
};

void status_add(struct builder *builder, struct gateway_conditions *conditions, const char *type,
                bool holds, const char *reason, struct slice message);
/* True, for `reason`, unless there is a fault. */
void status_fault(struct builder *builder, struct gateway_conditions *conditions, const char *type,
                  const char *reason, const struct fault *fault);
struct gateway_status *status_new(struct status_work *work, const struct object *object,
                                  enum gateway_part_kind kind, size_t parts);

/* ---- status_gateways.c */
void gateway_status_add(struct status_work *work, const struct gateway_state *gateway);
void set_status_add(struct status_work *work, const struct set_state *set);

#endif
