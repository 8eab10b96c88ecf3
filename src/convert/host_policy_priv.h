/* Objects of a Gateway that hold for some of its hosts, each host with all its paths. */
#ifndef GATESHIFT_HOST_POLICY_PRIV_H
#define GATESHIFT_HOST_POLICY_PRIV_H

#include "convert/policy_priv.h"

/* Do all rules of the host at hand that have backends have this effect alike? */
bool host_policy_fits(struct emission *e, enum effect_id id);
/* `spec` without hosts holds for the host at hand; hosts with equal ones share an object. */
void host_policy_add(struct emission *e, size_t index, struct node *spec);
/* Those of one Gateway of the plane. */
void host_policies_write(struct conversion *c, const struct plane *plane, size_t gateway);

/* ---- what policies of several targets say alike */
/* Of requests that are not let in. */
void say_refusal(struct emission *e, const struct route_authentication *authentication);

/* ---- words for policies */
struct node *network_node(struct conversion *c, const struct network *network);
/* "$http_x_user" behind `start`: "x_user", or as a header "x-user"; false where there is more than a name. */
bool variable_name(struct conversion *c, struct slice key, struct slice start, bool header,
                   struct slice *name);

#endif
