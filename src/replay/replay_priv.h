/* Shared by the files of this module. */
#ifndef GATESHIFT_REPLAY_PRIV_H
#define GATESHIFT_REPLAY_PRIV_H

#include "replay/replay.h"

/* A route as people know it: rules of several entries and listeners that come from one place. */
struct route_facts {
    enum evidence_side side;
    struct slice text;
    const struct origin *origin;
};
/* Hosts that can have been asked. */
struct candidates {
    struct texts hosts;
    size_t capacity;
    bool open; /* and others, whose names come from an expression */
};
struct replay {
    struct replay_side side[2];
    struct judge *judge;
    struct slice fingerprint;
    struct route_facts *routes;
    size_t route_count, route_capacity;
    struct map *route_of; /* address of a struct match -> position + 1 */
    /* What the rules of either side read, beyond host and path. */
    bool reads_method, reads_query, reads_client;
    struct texts reads_headers;
    struct paths *paths;
    struct map *upstreams; /* name -> struct candidates */
    struct candidates all;
    bool
        names_all; /* the data plane before names the upstream of each Service in its log as we do */
};
enum { ROUTE_NONE = 0 };
/* Position + 1; ROUTE_NONE when nobody wrote the rule. */
size_t route_of(const struct replay *replay, const struct rule *rule);
/* The same for the rule of a match. */
size_t route_of_match(const struct replay *replay, const struct match *match);

/* ---- upstreams.c -------------------------------------------------------------------------- */

void upstreams_index(struct run *run, struct replay *replay);
const struct candidates *upstream_candidates(const struct replay *replay,
                                             const struct log_entry *entry);
/* Does the log contradict an outcome of the side before? */
enum held { HELD_YES, HELD_SILENT, HELD_NO };
enum held log_holds(const struct replay *replay, struct arena *scratch,
                    const struct log_entry *entry, const struct outcome *outcome);
/* "the model forwards to shop/web:80, the log has 404 from no upstream" */
void log_against(const struct replay *replay, const struct log_entry *entry,
                 const struct outcome *outcome, struct buf *out);

/* ---- paths.c ------------------------------------------------------------------------------ */

struct paths *paths_new(struct arena *arena);
void paths_add(struct arena *arena, struct paths *paths, const struct rule_list *list);
/* Another path for which the decision is the same, or the path itself. */
struct slice paths_reduce(const struct paths *paths, struct arena *arena, struct slice path);

/* ---- decide.c ----------------------------------------------------------------------------- */

enum { DECISION_FINDINGS_MAX = JUDGEMENTS_MAX };
enum answer_kind { SAID_SAME, SAID_DIFFERENT, SAID_NOTHING };
struct decision {
    enum answer_kind kind;
    enum held held;
    struct slice reason;  /* what the log does not tell; SAID_DIFFERENT: in what it differs */
    struct slice against; /* HELD_NO */
    size_t routes[2];     /* before, after; ROUTE_NONE: none, or it is not told which */
    size_t *possible;     /* others that may have decided */
    size_t possible_count;
    struct judgement *findings;
    size_t finding_count;
    struct slice host, scheme; /* as asked; absent: several */
};
/* What is the same for all lines of a file. */
struct question {
    const struct replay *replay;
    const struct log_format *format;
    bool exact; /* targets are asked for as they are */
};
/* The target with what nobody looks at replaced: the decision is the same for all that become the same. */
struct slice reduced_target(const struct replay *replay, struct arena *arena, struct slice target);
struct slice reduced_method(const struct replay *replay, struct slice method);
void decide(const struct question *question, struct arena *scratch, const struct log_entry *entry,
            struct decision *out);

/* ---- worker.c ----------------------------------------------------------------------------- */

/* Where lines come from. */
struct origin_log {
    const struct log_format *format;
    struct slice source;
    size_t index;    /* of the log, among all */
    bool numberless; /* numbers of lines say nothing */
};
/* What was read of a log. */
struct log_sum {
    uint64_t lines, digest;
};
struct worker;
struct worker *worker_open(struct run *run, const struct replay *replay, size_t logs,
                           bool uncached);
void worker_close(struct worker *worker);
void worker_block(struct worker *worker, const struct origin_log *origin,
                  const struct log_block *block);
const struct evidence *worker_evidence(const struct worker *worker);
const struct log_sum *worker_sum(const struct worker *worker, size_t log);

#endif
