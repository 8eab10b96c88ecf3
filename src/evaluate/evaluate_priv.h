/* Shared by the files of this module. */
#ifndef GATESHIFT_EVALUATE_PRIV_H
#define GATESHIFT_EVALUATE_PRIV_H

#include "evaluate/evaluate.h"

/* A request while it is evaluated. */
struct context {
    const struct route_table *table;
    struct arena *arena;
    const struct request *request;
    struct headers headers; /* of the request, as the data plane lets them in */
    struct slice raw_path, query;
    struct slice path; /* in the view's normal form */
    struct slice host; /* normalised */
    bool https;
    struct regex_match captures; /* of the rule's path, or of its rewrite */
    bool limit_hit;              /* a regular expression ran into its bounds */
};

/* ---- match.c */
bool match_holds(struct context *context, const struct match *match);

/* ---- render.c: texts and headers */
/* False when a variable is not known. */
bool template_render(struct context *context, const struct template *template, struct slice *out);
void headers_edit(struct context *context, const struct route_header_edits *edits,
                  struct seen_headers *headers);
struct slice redirect_location(struct context *context, const struct route_redirect *redirect);
/* "/foo/bar" with prefix "/foo" replaced, by elements, as Gateway API's ReplacePrefixMatch. */
struct slice prefix_replace(struct arena *arena, struct slice path, struct slice prefix,
                            struct slice replacement);

/* ---- gate.c: effects that may answer */
bool gate_answers(struct context *context, int gate, struct outcome *out);
/* CORS headers of a request that is not a preflight. */
void cors_headers(struct context *context, const struct route_cors *cors,
                  struct seen_headers *response);

/* ---- forward.c: what the backend sees */
void forward(struct context *context, const struct rule *rule, struct outcome *out);

void seen_set(struct arena *arena, struct seen_headers *headers, struct slice name,
              struct slice value, bool known);

#endif
