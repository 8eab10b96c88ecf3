/* Access logs through two route tables: what share of real traffic both sides answer alike, what differs and by which
 * finding, which routes nobody uses, and whether the table of what runs today explains what was logged.
 *
 * A line seldom tells all of a request. What it leaves out has to come out the same: a line that names no host is
 * asked for each host that could have had its upstream, one without scheme for http and https, a guarded one with and
 * without credentials; what the log contradicts is dropped, and what is left must agree. Where it does not, or where
 * a header decides that the log does not tell, the request is counted as "unsaid" with the reason. Headers that name
 * another client, host or scheme are taken to be absent, as in compare.h; bodies are within every limit unless the log
 * has 413.
 *
 * Ownership: a replay lives in the run's arena and points into both tables; what it counts is added to the evidence
 *            given, in the run's arena.
 * Units:     lines and requests.
 * Limits:    memory does not grow with the log: REPLAY_HOSTS_MAX hosts are tried for a line, decisions are kept in a
 *            cache of fixed size.
 * Errors:    a file that cannot be read gives a message; what was counted before stays.
 * Threads:   replay_logs starts `jobs` threads of its own; the result does not depend on how many.
 * Source:    of how names of upstreams are made: ingress-nginx internal/ingress/controller/controller.go
 *            (upstreamName), Istio pkg/config/host and pilot/pkg/model (outbound|PORT|SUBSET|HOST). */
#ifndef GATESHIFT_REPLAY_H
#define GATESHIFT_REPLAY_H

#include "compare/compare.h"
#include "evidence/evidence.h"
#include "logs/logs.h"

enum { REPLAY_HOSTS_MAX = 64, REPLAY_JOBS_MAX = 256 };

struct replay_side {
    const struct route_table *table;
    const struct evaluator *evaluator;
};
struct replay;
struct replay *replay_new(struct run *run, const struct replay_side *before,
                          const struct replay_side *after);

struct replay_options {
    struct slice format; /* of log_format_make; absent or "auto": found out for each file */
    const struct slice *keys;
    size_t key_count;
    size_t part, parts; /* of log_open; 0: all */
    struct slice piped; /* what is read is the part already, handed out from the log of this name */
    unsigned jobs;      /* threads; 0: one */
    bool uncached;      /* each line is decided anew; the result is the same */
    void (*progress)(void *user, uint64_t lines); /* now and then; may be null */
    void *user;
};
struct replay_fault {
    struct slice text; /* absent: none */
    bool of_input;     /* the lines are of no known format; else reading failed */
};
/* Reads logs ("-" is standard input) one after the other. False with a message when one cannot be read, or when its
 * format cannot be found out; the others are read all the same. */
bool replay_logs(struct run *run, const struct replay *replay, const struct slice *paths,
                 size_t count, const struct replay_options *options, struct evidence *out,
                 struct replay_fault *fault);

struct replay_print {
    size_t most; /* findings, routes and reasons of each list; 0: all */
    bool colour;
};
/* For people. */
void replay_print(struct run *run, const struct evidence *evidence,
                  const struct replay_print *style, struct buf *out);

#endif
