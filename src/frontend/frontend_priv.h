/* Shared by the files of this module. */
#ifndef GATESHIFT_FRONTEND_PRIV_H
#define GATESHIFT_FRONTEND_PRIV_H

#include "frontend/frontend.h"

/* Names the kinds in the input that nobody reads, once each, with the number of their objects. */
void unread_report(struct run *run, const struct kube *kube, enum side_kind side,
                   const struct gateway_profile *profile);

#endif
