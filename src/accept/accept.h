/* Findings that a team has accepted: read from a file, and written as one.
 *
 * Ownership: what is read lives in the run's arena.
 * Units:     days in UTC, written YYYY-MM-DD; the day named is the last one that counts.
 * Limits:    those of the reader of documents.
 * Errors:    diagnostics with letter D, at the place in the file.
 * Threads:   none shared.
 * Source:    the format in gateshift-accept(5). */
#ifndef GATESHIFT_ACCEPT_H
#define GATESHIFT_ACCEPT_H

#include "compare/compare.h"
#include "document/document.h"

struct acceptance {
    struct slice id, reason;
    struct slice expires; /* "2027-01-31", or "never" */
    bool expired;
    struct span span; /* of the id */
};
struct acceptances {
    struct acceptance **items;
    size_t count, capacity;
    struct map *by_id; /* null: there are none */
};

/* Reads a file and appends what it accepts. `today` decides what has expired. */
void accept_read(struct run *run, const struct input_file *file, struct slice today,
                 struct acceptances *out);
/* False when the id is there already. */
bool accept_add(struct run *run, struct acceptances *accepted, const struct acceptance *item);
/* Says which of them have expired, and which name no finding. */
void accept_report(struct run *run, const struct acceptances *accepted,
                   const struct comparison *comparison);
/* Null when it is not accepted; what has expired is found, too. */
const struct acceptance *accept_find(const struct acceptances *accepted, struct slice id);
/* A file with all findings that can fail, for a person to complete: what was accepted before keeps its words, the others have
 * neither reason nor day, without which the file is refused. */
void accept_write(struct run *run, const struct acceptances *accepted,
                  const struct comparison *comparison, struct buf *out);

#endif
