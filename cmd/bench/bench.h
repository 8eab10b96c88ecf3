/* Measures `gateshift convert` and `gateshift validate` against the least that any reader of the same YAML has to do,
 * and how fast requests are evaluated and lists of paths compared.
 *
 * Units:   seconds of user time, bytes; of replay also seconds that pass.
 * Errors:  functions return false after a message on stderr.
 * Threads: none shared. */
#ifndef GATESHIFT_BENCH_H
#define GATESHIFT_BENCH_H

#include "base/base.h"

#include <stdio.h>

enum { BENCH_LOG_OBJECTS = 1000 };

/* Spreads neighbouring numbers, so that features of what is generated do not follow each other in step. */
uint64_t bench_mix(uint64_t value);
/* Of this process, since it began. */
double bench_seconds(void);

/* Writes `count` Ingresses with three paths each on average; the same count gives the same bytes. */
NODISCARD bool bench_generate(size_t count, FILE *out);

/* Writes `lines` of an access log of the first `objects` of these Ingresses, in the default format of ingress-nginx or
 * in JSON with host and scheme; the same numbers give the same bytes. Few hosts and paths get most of the requests. */
NODISCARD bool bench_generate_log(size_t lines, size_t objects, bool json, FILE *out);

/* Writes `count` HTTPRoutes of four rules each. */
NODISCARD bool bench_generate_routes(size_t count, FILE *out);

/* Reads all events of a YAML file with libyaml and drops them. */
NODISCARD bool bench_scan(const char *file, size_t *events);

struct bench_options {
    const char *self;      /* this program, run again for the bare scan */
    const char *gateshift; /* the program that is measured */
    size_t objects, runs;
    bool validate; /* HTTPRoutes, else Ingresses are converted */
};
struct bench_usage {
    double user, system, wall; /* seconds */
    size_t peak;               /* bytes */
};
/* Runs a program without output; exit status 1 is an answer of gateshift, not a failure. */
NODISCARD bool bench_run(char *const argv[], struct bench_usage *out);
/* A new file in TMPDIR. */
NODISCARD bool bench_temporary(char *file, size_t size);

/* Replays a generated log of `lines` lines, by one thread, by two, and in three parts that are merged; prints a table.
 * False when results differ. */
NODISCARD bool bench_replay(const char *gateshift, size_t lines);

/* Generates an input, runs both programs on it in turn, and prints a table. */
NODISCARD bool bench_measure(const struct bench_options *options);

/* Classifies the paths of two lists of rules, a fifth of them regular expressions, as nginx and Envoy read
 * targets; prints a table for several sizes. */
NODISCARD bool bench_languages(void);

/* Evaluates `count` requests against 10,000 rules on 2,000 hosts under each profile, then against more hosts and
 * against more paths of a host; prints a table. False when a request finds no backend. */
NODISCARD bool bench_requests(size_t count);

/* Writes Ingresses with `rules` paths: all for one host, a fifth of them expressions, or prefixes alone for each of
 * `hosts`. */
NODISCARD bool bench_generate_rules(size_t rules, size_t hosts, FILE *out);
/* Compares such Ingresses with what they are converted to, and prints a table by number of rules and hosts. */
NODISCARD bool bench_rules(const char *gateshift);

#endif
