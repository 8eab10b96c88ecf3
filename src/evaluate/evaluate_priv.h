/* Shared by the files of this module. */
#ifndef GATESHIFT_EVALUATE_PRIV_H
#define GATESHIFT_EVALUATE_PRIV_H

#include "evaluate/evaluate.h"

/* ---- entry_index.c: from a host to the first entry that takes it */
struct entry_index;
struct entry_index *entry_index_new(struct run *run, const struct route_table *table);
/* What a request is sent over. */
enum lane { LANE_HTTP, LANE_HTTPS, LANE_TCP, LANE_UDP };
struct entry_query {
    struct slice gateway; /* absent: the one that names the host most closely */
    enum lane lane;
    uint16_t port;
    struct slice host, sni; /* normalised */
};
/* Null when no entry matches. *bounded is set when that hangs on an expression that ran into its bounds. */
const struct entry *entry_index_find(const struct entry_index *index,
                                     const struct entry_query *query, bool *bounded);
/* True when anything has the query's scheme and port, for whatever host. */
bool entry_index_listens(const struct entry_index *index, const struct entry_query *query);

/* ---- rule_index.c: from a path to the rules that may take it */
struct rule_index;
struct rule_index *rule_index_new(struct run *run, const struct route_table *table);
struct context;
/* The first rule of the list that holds; false when none does. *found is null when context->trouble says why
 * that is not known. */
bool rule_index_find(struct context *context, const struct rule_index *index,
                     const struct rule_list *list, const struct rule **found);

struct evaluator {
    const struct route_table *table;
    const struct entry_index *index;
    const struct rule_index *rules;
    const struct assumption *assumptions;
    size_t assumption_count;
};

/* A request while it is evaluated. */
struct context {
    const struct evaluator *evaluator;
    const struct route_table *table;
    struct arena *arena;
    const struct request *request;
    struct headers headers; /* of the request, as the data plane lets them in */
    struct slice raw_path, query;
    struct slice path; /* in the view's normal form */
    struct slice host; /* normalised */
    bool https;
    bool misdirected;      /* the handshake named another host that there is */
    bool unasked;          /* the handshake asked for no certificate */
    bool pathless;         /* refused before it has a path */
    bool early;            /* answered before the request is read: no variable has its value */
    int64_t page_status;   /* that an error page stands in for; 0: none does */
    int64_t status;        /* of the answer whose headers are put together; 0: a backend's */
    struct address client; /* as the view says; length 0: not known */
    struct slice client_text;
    struct regex_match captures; /* of the rule's path, or of its rewrite */
    const char *trouble;         /* why it cannot be said whether a rule matches; null: it can */
    const struct rule *rule;
    bool rule_given;               /* `rule` was known before */
    const struct unknown *unknown; /* of the table, the entry and the rule */
    bool gates_passed;             /* all gates of the table were asked */
    const struct untold *untold;   /* see struct outcome */
};
bool has_unknown(const struct context *context, enum aspect aspect);
/* Notes what was asked for and is not told; nothing where the request is complete. */
void note_untold(struct context *context, enum untold_kind kind, struct slice name,
                 const struct match *match);

/* ---- match.c */
bool match_holds(struct context *context, const struct match *match);
/* "/foo" and "/foo/" hold for /foo and for what is below it. */
bool prefix_holds(struct slice path, struct slice prefix, bool fold);

/* ---- evaluate.c */
/* Null when no rule matches, or when context->trouble says why that is not known. */
const struct rule *find_rule(struct context *context, const struct rule_list *list);

/* ---- path_form.c: what is done to a path before it is matched */
/* A redirect to the path with its escaped slashes as slashes; true when the data plane answers with it. */
bool slashes_redirected(struct context *context, struct outcome *out);
/* As find_rule, where the form that is matched is open: the rule of all forms, or context->trouble. An escaped
 * slash may also be redirected or refused, and so may a path that climbs. */
const struct rule *find_open_rule(struct context *context, const struct rule_list *list);

/* ---- render.c: texts and places */
struct slice concat(struct arena *arena, const struct slice *texts, size_t count);
/* False when a variable is not known. */
bool template_render(struct context *context, const struct template *template, struct slice *out);
/* As redirects see it, which may be what a header says. */
bool is_plain_http(struct context *context);
/* Absent when a variable is not known. */
struct slice redirect_location(struct context *context, const struct route_redirect *redirect);
/* "/foo/bar" with prefix "/foo" replaced, by elements, as Gateway API's ReplacePrefixMatch. */
struct slice prefix_replace(struct arena *arena, struct slice path, struct slice prefix,
                            struct slice replacement);

/* ---- seen.c: headers as they arrive */
void seen_set(struct arena *arena, struct seen_headers *headers, struct slice name,
              struct slice value, bool known);
void headers_edit(struct context *context, const struct route_header_edits *edits,
                  struct seen_headers *headers);
/* The client's headers without Host, repeated ones joined. */
void client_headers(struct context *context, struct seen_headers *out);
/* Where headers depend on what is not understood, no value is certain. */
void headers_doubt(const struct context *context, struct seen_headers *headers);

/* ---- client.c: who the data plane takes for the client */
void find_client(struct context *context);

/* ---- gate.c: effects that may answer */
bool gate_answers(struct context *context, int gate, struct outcome *out);
void answer_redirect(struct context *context, const struct route_redirect *redirect,
                     struct outcome *out);

/* ---- condition.c: what is assumed, and who is let in */
/* Notes the condition with the outcome; true when it passes, by what is assumed or else by `otherwise`. */
bool condition_passes(struct context *context, const struct condition *condition,
                      struct outcome *out);
/* True when the TLS handshake fails for want of a certificate. */
bool handshake_refused(struct context *context, const struct client_check *check,
                       struct outcome *out);
/* True when the certificate of the client decides. */
bool client_refused(struct context *context, const struct client_check *check, struct outcome *out);
bool gate_authentication(struct context *context, const struct effects *effects,
                         struct outcome *out);
enum admission { ADMISSION_OPEN, ADMISSION_YES, ADMISSION_NO, ADMISSION_UNKNOWN };
/* What the lists of addresses say; OPEN when there are none. */
enum admission addresses_admit(const struct context *context, const struct route_addresses *lists);

/* ---- limits.c: what one client may do, and where it is kept */
bool gate_rate_limit(struct context *context, const struct effects *effects, struct outcome *out);
/* The cookie that a client without one is given. */
void affinity_cookie(struct context *context, const struct route_affinity *affinity,
                     struct seen_headers *response);

/* ---- error_page.c */
/* Puts an error page in the place of an answer; false when there is none for it. */
bool error_page(struct context *context, struct outcome *out);

/* ---- cors.c */
bool cors_preflight(struct context *context, const struct route_cors *cors, struct outcome *out);
/* CORS headers of a request that is not a preflight. */
void cors_headers(struct context *context, const struct route_cors *cors,
                  struct seen_headers *response);

/* ---- forward.c: what the backends see; may turn into an answer, whose headers the caller adds */
void forward(struct context *context, struct outcome *out);
/* The path with the query of the request; nginx leaves out the '?' of an empty one where it makes targets anew. */
struct slice with_query(struct context *context, struct slice path, bool drop_empty);

/* Always true, so that a gate can end with it. */
bool respond(struct outcome *out, int64_t status, struct slice reason);

#endif
