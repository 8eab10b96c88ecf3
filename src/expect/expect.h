/* Behaviour cases: requests with expectations (requests.json), and outcomes as JSON.
 *
 * Ownership: cases live in the run's arena.
 * Limits:    run->limits.file_bytes for a file of requests.
 * Errors:    diagnostics with letter T at the place in the JSON; a case that cannot be read fails.
 * Threads:   none shared.
 * Source:    the format in gateshift-cases(5). */
#ifndef GATESHIFT_EXPECT_H
#define GATESHIFT_EXPECT_H

#include "document/document.h"
#include "evaluate/evaluate.h"

struct expect_case {
    struct slice name;
    struct request request;
    const struct node *expect;   /* null: none given */
    const struct node *profiles; /* by name of a profile, what holds there instead; null: none */
    struct span span;
};
struct expect_cases {
    struct expect_case *items;
    size_t count, capacity;
};
/* What is expected where objects are read as `plane`, the name of a profile or of another data plane. */
const struct node *expect_of(const struct expect_case *item, struct slice plane);
/* Reads an array of cases, one case, or one request per line. */
void expect_read(struct run *run, const struct input_file *file, struct expect_cases *out);
/* Reads a request object; false with a diagnostic when a key is unknown or of a wrong type. */
bool expect_read_request(struct run *run, const struct node *node, struct request *out);

/* Compares an outcome with an expectation. True when every key holds; else *why names the first keys that do
 * not, with both values ("status: expected 308, got 404"). */
bool expect_holds(struct run *run, const struct node *expect, const struct request *request,
                  const struct outcome *outcome, struct slice *why);

/* The outcome as the JSON object that gateshift-simulate(1) describes. */
struct node *outcome_node(struct run *run, const struct request *request,
                          const struct outcome *outcome);
struct node *request_node(struct run *run, const struct request *request);
/* "curl -X POST -H 'A: b' http://host/path", for copying. */
struct slice request_curl(struct arena *arena, const struct request *request);
/* "GET http://shop.example/cart" */
struct slice request_line(struct arena *arena, const struct request *request);
/* A few lines for a terminal: what happens, and why. The request itself is not repeated. */
void outcome_print(struct run *run, const struct request *request, const struct outcome *outcome,
                   struct buf *out);

#endif
