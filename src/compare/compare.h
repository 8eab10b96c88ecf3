/* Compares two route tables for all requests of a stated domain.
 *
 * Requests are divided into classes: those that both sides decide by the same pair of rules. Paths are
 * divided as regular languages, of raw request targets, each side with its own view; methods, headers,
 * query parameters and cookies by the tests that rules make of them, clients and bodies by the bounds that
 * rules set. Each class is evaluated on both sides, with one request for each way in which its gates can
 * answer; what follows from the path, as a rewrite does, is proved to be the same function or else tried on
 * further paths. A verdict says "equivalent" only when that was done for every class.
 *
 * Domain:    comparison.domain says it in sentences, for people.
 * Ownership: results live in the run's arena and point into both tables.
 * Limits:    struct compare_limits; what lies beyond them is unproven, with that reason.
 * Errors:    none.
 * Threads:   none shared. */
#ifndef GATESHIFT_COMPARE_H
#define GATESHIFT_COMPARE_H

#include "evaluate/evaluate.h"

enum verdict { VERDICT_EQUIVALENT, VERDICT_UNPROVEN, VERDICT_DIFFERENT };
const char *verdict_name(enum verdict verdict);

/* One cause of a difference: the same rules and the same fields. */
struct finding {
    struct slice id; /* stable: hash of cause, "d-1f3a9c" */
    enum impact impact;
    enum aspect aspect;   /* of what is worst */
    unsigned aspects;     /* bits of all that it is about */
    struct slice title;   /* "redirected to https before, answered 404 after" */
    struct slice fields;  /* "status, location" */
    struct slice words;   /* the requests: "requests by https that 'prefix /foo' takes" */
    struct slice pattern; /* an expression of PCRE that the paths of all of them match */
    struct texts headers; /* names, where headers differ */
    const struct slice *hosts;
    size_t host_count;
    size_t requests; /* of those that were evaluated */
    struct request
        witness; /* the shortest that was found; before.gateway and after.gateway are asked for it */
    struct outcome before, after;
    int effect;                  /* enum effect_id: it is the effect that differs; else -1 */
    struct slice reason, advice; /* or absent */
    struct slice seen; /* what was seen of it elsewhere, see comparison_weigh; or absent */
    bool platform;     /* the data planes differ alike on all hosts */
    bool settings;     /* it is one data plane, whose settings differ */
};
struct aspect_verdict {
    enum verdict verdict;
    /* The first why something is not proved, also where something else is different. */
    struct slice reason;
    struct slice
        rule; /* that is not known for that reason, "HTTPRoute shop/web, spec.rules[0]"; or absent */
};
bool aspect_is_open(const struct aspect_verdict *aspect); /* something is not proved */
/* What is not known of targets in an unusual spelling, alike on all hosts, while the same targets in plain spelling
 * are known: it does not count in the verdicts of hosts. */
struct open_reading {
    struct slice reason;
    unsigned aspects;       /* bits */
    struct request witness; /* a short one */
};
struct host_verdict {
    struct slice host; /* "shop.example.com", "*.example.com", "(any other host)" */
    size_t classes, agreed, unknown;
    size_t open;   /* not among the classes: see comparison.open */
    size_t tried;  /* further paths, where nothing could be proved */
    size_t probed; /* requests outside of the domain */
    struct aspect_verdict aspects[ASPECT_COUNT];
};
struct comparison {
    struct slice before, after; /* labels */
    struct finding *findings;   /* worst first, those of the platform last */
    size_t finding_count;
    struct open_reading *open;
    size_t open_count, open_capacity;
    struct host_verdict *hosts;
    size_t host_count;
    size_t classes, agreed, unknown, probed;
    struct slice unknown_reason;    /* of the first unknown outcome */
    const char *const *domain;      /* sentences; the last is null */
    const char *const *probes;      /* likewise: what the probed requests were */
    const char *const *assumptions; /* likewise */
    bool aspects[ASPECT_COUNT];     /* that were compared */
};
struct compare_limits {
    size_t states;  /* of one product automaton */
    size_t bytes;   /* of its memory */
    size_t classes; /* of one host at one listener */
};
struct compare_options {
    bool aspects[ASPECT_COUNT];   /* which count; all false: all */
    struct compare_limits limits; /* 0: 1,000,000 states, 1 GiB, 1,000,000 classes */
};
void compare_sides(struct run *run, const struct evaluator *before,
                   const struct route_table *before_table, const struct evaluator *after,
                   const struct route_table *after_table, const struct compare_options *options,
                   struct comparison *out);
/* The same sides were compared under each reading of what one of them leaves open: what is unproven in `out`
 * and the same in all readings is settled. */
void compare_settle(struct run *run, const struct comparison *readings, size_t count,
                    struct comparison *out);
/* How much a finding weighs by what was seen elsewhere, as in real traffic; *words says it for people, or is absent. */
typedef uint64_t weigh_fn(void *user, struct arena *arena, struct slice id, struct slice *words);
/* Brings findings that weigh something to the front, the worst of them first. */
void comparison_weigh(struct run *run, struct comparison *comparison, weigh_fn *weigh, void *user);
/* What compare_sides would say of single requests, with the ids of its findings. Nothing is proved by it, and requests
 * outside of the domain can be asked for. Once made it is read only, and threads may share it. */
struct judge;
struct judge *judge_new(struct run *run, const struct evaluator *before,
                        const struct route_table *before_table, const struct evaluator *after,
                        const struct route_table *after_table);
struct judgement {
    struct slice id, title; /* the title speaks of this request */
    enum impact impact;
    enum aspect aspect;
    bool platform;
};
enum { JUDGEMENTS_MAX = 80 };
/* Neither outcome is unknown. Returns how many differences were written to `out`; they live in `arena`. */
size_t judge_request(const struct judge *judge, struct arena *arena, const struct request *request,
                     const struct outcome *before, const struct outcome *after,
                     struct judgement out[JUDGEMENTS_MAX]);
/* Requests that make a table use its rules: for each entry and each rule of an author that it has, one to the entry's
 * data plane that the rule decides, as far as one is found. */
struct cover {
    const struct rule *rule;
    bool found;
    struct request request;
};
struct covers {
    struct cover *items;
    size_t count, capacity;
};
void cover_rules(struct run *run, const struct route_table *table,
                 const struct evaluator *evaluator, struct covers *out);
/* The worst verdict of the aspects that were compared, over all hosts. Where no request is answered by either
 * side nothing was proved. */
enum verdict comparison_verdict(const struct comparison *comparison);
/* The fields that are compared in an aspect, in the order of the tables; null past the end. */
const char *compared_field(enum aspect aspect, size_t index);

#endif
