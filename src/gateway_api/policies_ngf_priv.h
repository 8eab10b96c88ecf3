/* Shared by the files that read NGINX Gateway Fabric's own kinds. */
#ifndef GATESHIFT_POLICIES_NGF_PRIV_H
#define GATESHIFT_POLICIES_NGF_PRIV_H

#include "gateway_api/policies_priv.h"

int64_t ngf_bytes(struct slice text); /* "8m"; -1 where it is none */
int64_t ngf_ms(struct slice text);    /* "60s"; -1 where it is none */
/* Remembers the locations in a snippet of the server that auth_request may name, for the rule at hand; false where
 * there is more in it, or less. */
bool ngf_read_locations(struct policy_work *work, struct slice text);
/* Directives in the location of a rule; one that is not understood makes the rule unknown. */
void ngf_read_snippet(struct policy_work *work, struct slice text);

#endif
