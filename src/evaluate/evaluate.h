/* What a data plane does with one request: the only evaluator. It knows route tables and nothing else.
 *
 * Ownership: the evaluator lives in the run's arena; outcomes live in the arena given to evaluate, and
 *            point into the table and the request.
 * Limits:    those of the regex module; a bound that is hit makes the outcome unknown.
 * Errors:    none: every request has an outcome, which may be OUTCOME_UNKNOWN with a reason.
 * Threads:   an evaluator may be shared once built; one arena per thread.
 * Speed:     entries are found by hash, rules of a host by what their paths start with. */
#ifndef GATESHIFT_EVALUATE_H
#define GATESHIFT_EVALUATE_H

#include "route/route.h"

struct evaluator;
/* What run->assumptions says holds for every request. */
struct evaluator *evaluator_new(struct run *run, const struct route_table *table);

enum outcome_kind {
    OUTCOME_FORWARD,
    OUTCOME_REDIRECT,
    OUTCOME_RESPOND,
    OUTCOME_TUNNEL,
    OUTCOME_CLOSE,
    OUTCOME_UNKNOWN
};
const char *outcome_name(enum outcome_kind kind);

/* A header as it arrives; `known` is false where the value depends on what is not modelled. */
struct seen_header {
    struct slice name, value;
    bool known;
    bool only_good; /* of what a backend answers: not with a status that is an error */
};
struct seen_headers {
    struct seen_header *items;
    size_t count, capacity;
    struct texts absent; /* names that were removed */
};
struct outcome_backend {
    struct slice namespace, service;
    uint16_t port;
    int64_t status;                  /* not 0: this share is answered so, and the rest is void */
    uint64_t weight;                 /* share of the sum of all */
    struct slice method, host, path; /* as the backend sees them; path with query */
    bool path_known, host_known;
    struct seen_headers request;  /* what the backend receives: the client's headers, edited */
    struct seen_headers response; /* what the data plane sets on, or removes from, the response */
};
/* What an outcome hangs on that is not in the request. */
struct condition {
    const char *name;        /* "basic-auth" */
    struct slice parameters; /* "Secret shop/users" */
    bool passes;             /* as it was assumed */
    struct slice otherwise;  /* what would happen else; absent: something else that is not said */
};
/* What an open request does not tell, and the outcome hangs on. */
enum untold_kind {
    UNTOLD_HEADER, /* name */
    UNTOLD_COOKIE, /* name */
    UNTOLD_CREDENTIALS,
    UNTOLD_CERTIFICATE
};
struct untold {
    enum untold_kind kind;
    struct slice name;
    const struct match *match; /* that asks for it; null: a gate does */
    const struct untold *next;
};
struct outcome {
    enum outcome_kind kind;
    int64_t status;        /* REDIRECT and RESPOND */
    struct slice location; /* REDIRECT */
    struct outcome_backend *backends;
    size_t backend_count;
    struct seen_headers response; /* of REDIRECT and RESPOND */
    const struct entry *entry;    /* null when no entry matched */
    const struct rule *rule;      /* null when no rule matched */
    struct slice gateway;         /* data plane that was asked */
    const struct certificate
        *certificate; /* that the handshake showed, whatever the Host; null: none */
    /* Effects in force: the backend's, else the rule's, else the platform's. */
    struct effects effects;
    struct condition *conditions;
    size_t condition_count, condition_capacity;
    int decided_by;                /* enum effect_id, GATE_NO_ENDPOINTS or -1 */
    struct slice reason;           /* of RESPOND and UNKNOWN */
    const struct unknown *unknown; /* parts that are not known (rewrite, headers, traffic) */
    const struct untold *untold;   /* null unless request->open */
};
/* The names of all conditions, for --assume; null past the end. */
const char *condition_name(size_t index);
/* `sent` must have been completed by request_defaults. Without its gateway and with several
 * data planes, the one whose entry names the host most closely is asked. */
void evaluate(const struct evaluator *evaluator, struct arena *arena, const struct request *sent,
              struct outcome *out);

/* The same for who knows the entry, which has rules, and which of them is the first that holds: null when
 * none does. */
void evaluate_rule(const struct evaluator *evaluator, struct arena *arena,
                   const struct request *request, const struct entry *entry,
                   const struct rule *rule, struct outcome *out);

/* What a test says of a value; absent: the request does not have it. *bounded, unless it is null, is set
 * when an expression ran into its bounds, or is none. */
bool test_matches(const struct test *test, struct slice value, bool *bounded);

/* A header that was seen, ignoring case; null when it was not. */
const struct seen_header *seen_find(const struct seen_headers *headers, struct slice name);
/* Sum of the weights of the backends, and of the shares that are answered with a status. */
uint64_t weight_sum(const struct outcome *outcome, bool with_statuses);

#endif
