/* Shared by the files of the target NGINX Gateway Fabric. */
#ifndef GATESHIFT_NGF_PRIV_H
#define GATESHIFT_NGF_PRIV_H

#include "convert/policy_priv.h"

enum {
    NGF_CLIENT_SETTINGS,
    NGF_PROXY_SETTINGS,
    NGF_RATE_LIMIT,
    NGF_UPSTREAM_SETTINGS,
    NGF_AUTHENTICATION,
    NGF_LOCATIONS,
    NGF_SNIPPETS,
    NGF_PROXY
};

/* ---- ngf_policies.c: kinds with fields of their own */
void ngf_client_base(struct conversion *c, struct node *spec);
void ngf_proxy_base(struct conversion *c, struct node *spec);
void ngf_nginx_base(struct conversion *c, struct node *spec);
void ngf_timeouts(struct emission *e, const void *effect);
void ngf_body_limit(struct emission *e, const void *effect);
void ngf_buffering(struct emission *e, const void *effect);
void ngf_rate_limit(struct emission *e, const void *effect);
void ngf_balancing(struct emission *e, const void *effect);
void ngf_authentication(struct emission *e, const void *effect);

/* ---- ngf_snippets.c: directives of nginx */
void ngf_addresses(struct emission *e, const void *effect);
void ngf_retries(struct emission *e, const void *effect);
void ngf_bandwidth(struct emission *e, const void *effect);
void ngf_rewrite(struct emission *e, const void *effect);
/* A service that is asked; false where it cannot be. */
bool ngf_external(struct emission *e, const void *effect, const struct guard *guard);
void ngf_satisfy_any(struct emission *e, const void *effect);
bool ngf_answer(struct emission *e, const struct route_answer *answer);

#endif
