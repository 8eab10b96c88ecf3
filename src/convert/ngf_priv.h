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
    NGF_SIGNIN,
    NGF_PAGES,
    NGF_LIMITS,
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
void ngf_balancing(struct emission *e, const void *effect);
void ngf_authentication(struct emission *e, const void *effect);
bool ngf_backend(struct emission *e, const struct backend *backend, struct node *ref);

/* ---- ngf_snippets.c: directives of nginx */
void ngf_addresses(struct emission *e, const void *effect);
void ngf_retries(struct emission *e, const void *effect);
void ngf_bandwidth(struct emission *e, const void *effect);
void ngf_response_rewrites(struct emission *e, const void *effect);
void ngf_rewrite(struct emission *e, const void *effect);
/* A service that is asked; false where it cannot be. */
bool ngf_external(struct emission *e, const void *effect, const struct guard *guard);
void ngf_satisfy_any(struct emission *e, const void *effect);
bool ngf_answer(struct emission *e, const struct route_answer *answer);
/* In the location of the rule. */
void ngf_directive(struct emission *e, const void *effect, struct slice text);
/* Where in nginx's configuration the lines of a SnippetsFilter belong. */
void ngf_snippet(struct emission *e, size_t kind, const char *context, struct slice text);
/* "deny 10.0.0.0/8;\n", "allow ...", "deny all;\n" */
struct slice ngf_access(struct conversion *c, const struct networks *deny,
                        const struct networks *allow, bool has_allow);
bool ngf_has_any(struct slice text, const char *bytes);
/* "X-User" as part of a variable: "x_user" */
struct slice ngf_variable(struct conversion *c, struct slice name);
/* For names that nginx takes once: what is called by it is only the same where all of `text` and the namespace of the
 * rule are. */
struct slice ngf_id(struct emission *e, struct slice text);

/* ---- ngf_limits.c: how much one client may ask for */
void ngf_rate_limit(struct emission *e, const void *effect);

/* ---- ngf_pages.c: locations that requests are sent to which have no answer of their own */
void ngf_error_pages(struct emission *e, const void *effect);
/* A way to the sign-in page for who is not let in; false where it cannot be written. */
bool ngf_signin(struct emission *e, const void *effect, const struct guard *guard);

#endif
