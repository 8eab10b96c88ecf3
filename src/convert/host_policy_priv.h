/* Objects of a Gateway that hold for some of its hosts, each host with all its paths, or for some rules. */
#ifndef GATESHIFT_HOST_POLICY_PRIV_H
#define GATESHIFT_HOST_POLICY_PRIV_H

#include "convert/policy_priv.h"

/* Do all rules of the host at hand that have backends have this effect alike? */
bool host_policy_fits(struct emission *e, enum effect_id id);
/* Can the rule at hand be named alone? Then `policy_spec` is what holds for it. */
bool host_policy_by_rule(const struct emission *e);
/* `spec` without hosts holds for the host at hand, if the rule is reached; hosts with equal ones share an object. */
void host_policy_add(struct emission *e, size_t index, struct node *spec);
/* Those of one Gateway of the plane. */
void host_policies_write(struct conversion *c, const struct plane *plane, size_t gateway);

/* ---- what policies of several targets say alike */
/* Of ewma, for which targets have something near. */
void say_ewma(struct emission *e, const struct route_balancing *balancing);
/* Of a cookie by which Envoy hashes. */
void say_hashed_cookie(struct emission *e, const struct route_affinity *affinity);
/* Of requests that are not let in. */
void say_refusal(struct emission *e, const struct route_authentication *authentication);

/* ---- words for policies */
struct node *network_node(struct conversion *c, const struct network *network);
/* A rewrite of the rule at hand that no URLRewrite says, as Envoy does it: it replaces each find, nginx the whole path,
 * so that what stands around the first find is made part of it. False: Envoy cannot do it, or need not. */
bool envoy_rewrite(struct emission *e, const struct route_rewrite *rewrite, struct slice *pattern,
                   struct slice *value);
/* When Envoy repeats a request, as lists of words and of statuses; returns how often. */
int64_t envoy_retry_words(struct conversion *c, const struct route_retries *retries,
                          struct node *triggers, struct node *statuses);
void say_envoy_retries(struct emission *e, const struct route_retries *retries);
/* "$http_x_user" behind `start`: "x_user", or as a header "x-user"; false where there is more than a name. */
bool variable_name(struct conversion *c, struct slice key, struct slice start, bool header,
                   struct slice *name);

#endif
