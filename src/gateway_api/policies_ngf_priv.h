/* Shared by the files that read NGINX Gateway Fabric's own kinds. */
#ifndef GATESHIFT_POLICIES_NGF_PRIV_H
#define GATESHIFT_POLICIES_NGF_PRIV_H

#include "gateway_api/policies_priv.h"

int64_t ngf_bytes(struct slice text); /* "8m"; -1 where it is none */
int64_t ngf_ms(struct slice text);    /* "60s"; -1 where it is none */

/* ---- policies_ngf_directives.c: nginx's own language */
enum { WORDS_MAX = 16 };
struct directive {
    struct slice words[WORDS_MAX]; /* the name, then its arguments, without quotes */
    size_t count;
    struct slice block; /* what is between its braces; absent: it ends by a ';' */
};
/* The next directive; false at the end, and where it is none. */
bool ngf_next(struct slice text, size_t *at, struct directive *out);
/* `count` words, the first of which is `name`, and no block. */
bool ngf_is(const struct directive *d, const char *name, size_t count);
/* Remembers what a snippet defines for directives of that kind, for the rule at hand, and finds it again. */
void ngf_part_add(struct policy_work *work, const char *kind, struct slice name, const void *value);
const void *ngf_part(struct policy_work *work, const char *kind, struct slice name);
/* A value with variables of nginx; one that is not known is unknown. */
struct template ngf_value(struct policy_work *work, struct slice text);

/* ---- policies_ngf_snippets.c: directives in the location of a rule */
/* One that is not understood makes the rule unknown. */
void ngf_read_snippet(struct policy_work *work, struct slice text);
/* allow and deny, in their order; false where they do not come as gateshift has them. */
bool ngf_read_access(struct policy_work *work, const struct directive *d,
                     struct route_addresses *addresses);

/* ---- policies_ngf_locations.c: locations in a snippet of the server that others name */
bool ngf_read_locations(struct policy_work *work, struct slice text);
/* error_page: what stands in for a status, or where who is not let in is sent to. */
bool ngf_read_error_page(struct policy_work *work, const struct directive *d,
                         struct route_error_pages **pages, struct template *signin);

/* ---- policies_ngf_limits.c: variables, and zones of limits, in a snippet for all of nginx */
bool ngf_read_zones(struct policy_work *work, struct slice text);
/* limit_conn, limit_req and their statuses. */
bool ngf_read_limit(struct policy_work *work, const struct directive *d,
                    struct route_rate_limit **limit);

#endif
