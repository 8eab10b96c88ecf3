/* Shared by the files that read NGINX Gateway Fabric's own kinds. */
#ifndef GATESHIFT_POLICIES_NGF_PRIV_H
#define GATESHIFT_POLICIES_NGF_PRIV_H

#include "gateway_api/policies_priv.h"

int64_t ngf_bytes(struct slice text); /* "8m"; -1 where it is none */
int64_t ngf_ms(struct slice text);    /* "60s"; -1 where it is none */

/* ---- policies_ngf_directives.c: nginx's own language, and which forms of directives are understood */
enum { WORDS_MAX = 16 };
struct directive {
    struct slice text;             /* as it is written, without its block */
    struct slice words[WORDS_MAX]; /* the name, then its arguments, without quotes */
    size_t count;
    struct slice block;           /* what is between its braces; absent: it ends by a ';' */
    struct slice args[WORDS_MAX]; /* what its form leaves open */
    size_t arg_count;
};
struct ngf_parse {
    struct policy_work *work;
    void *out;
    struct slice culprit; /* the directive that is not understood */
};
enum ngf_times { NGF_ONCE, NGF_MANY, NGF_MUST /* exactly once */ };
/* A form in which a directive is understood. A text is understood when each of its directives has a form in the table,
 * so that what is in none makes it unknown: other arguments, flags, and repetitions. */
struct ngf_form {
    /* "limit_req zone=* burst=* nodelay": a word ends in '*' where its rest is open, `on|off` is one of these, `""` an
     * empty word, `...` one word or more. What is open becomes `args`, and `read` has to look at it. */
    const char *words;
    bool (*read)(struct ngf_parse *p,
                 const struct directive *d); /* null: it says all by being there */
    enum ngf_times times;
    bool block;
    bool
        rewrites; /* of ngx_http_rewrite_module, whose directives run one after the other: at most one of them */
};
/* False, with the culprit, where a directive is not understood. */
bool ngf_read(struct ngf_parse *p, struct slice text, const struct ngf_form *forms, size_t count);
/* The block of a directive, into `out`. */
bool ngf_read_block(struct ngf_parse *p, const struct directive *d, void *out,
                    const struct ngf_form *forms, size_t count);

/* ---- policies_ngf_values.c: what names stand for */
/* Remembers what a snippet defines for directives of that kind, for the rule at hand, and finds it again. */
void ngf_part_add(struct policy_work *work, const char *kind, struct slice name, const void *value);
const void *ngf_part(struct policy_work *work, const char *kind, struct slice name);
/* False where the name is taken in that scope; where another filter has it all of nginx is unknown. */
enum ngf_scope { NGF_OF_ALL, NGF_OF_SERVER };
bool ngf_define(struct policy_work *work, enum ngf_scope scope, const char *kind,
                struct slice name);
/* A value with variables of nginx; one that is not known is unknown. */
struct template ngf_value(struct policy_work *work, struct slice text);

/* ---- policies_ngf_snippets.c: directives in the location of a rule */
bool ngf_read_snippet(struct ngf_parse *p, struct slice text);
/* What only all filters of the rule together tell. */
void ngf_check_rule(struct policy_work *work);
/* allow and deny, in their order; false where they do not come as gateshift has them. */
bool ngf_read_access(struct policy_work *work, const struct directive *d,
                     struct route_addresses *addresses);

/* ---- policies_ngf_locations.c: locations in a snippet of the server that others name */
bool ngf_read_locations(struct ngf_parse *p, struct slice text);
/* A status from 400 that nginx sends as it is; 0 and false for others. */
bool ngf_status(struct slice text, int64_t *out);
/* error_page: what stands in for a status, or where who is not let in is sent to. */
bool ngf_read_error_page(struct policy_work *work, const struct directive *d,
                         struct route_error_pages **pages, struct template *signin);

/* ---- policies_ngf_limits.c: variables, and zones of limits, in a snippet for all of nginx */
bool ngf_read_zones(struct ngf_parse *p, struct slice text);
/* limit_conn, limit_req and their statuses, each of which belongs to `limit`. */
struct route_rate_limit *ngf_new_limit(struct policy_work *work);
bool ngf_read_limit_conn(struct policy_work *work, const struct directive *d,
                         struct route_rate_limit *limit);
bool ngf_read_limit_req(struct policy_work *work, const struct directive *d,
                        struct route_rate_limit *limit);

#endif
