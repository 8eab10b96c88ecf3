/* What was seen outside of this program of the findings and routes of two route tables: in access logs (replay), or by
 * asking two running data planes (verify). diff, report and plan read it with --evidence.
 *
 * Everything is a count, or one of a few examples of which the first by source and line are kept; so parts that are
 * merged in any order give the same bytes as the whole would. A share is worked out where it is printed.
 *
 * Replay fills `requests` of findings and routes, the counts, and the groups. Verify fills in the same structure:
 *   - evidence_finding(id): `asked` requests that the finding is about were sent to both data planes, of which
 *     `confirmed` were answered as differently as predicted. A difference that nobody predicted is a finding of its
 *     own with an id that begins with "v-", and asked = confirmed.
 *   - evidence_route: `asked` requests that this route decides.
 *   - examples: source is the file of requests, or "verify", and line the number of the request.
 *   - `tables` stays absent where verify read no manifests.
 *
 * What was read is told, too: so a part that is missing, or that is there twice, is noticed when parts are added up. The
 * digest of a log is the sum of its lines' hashes, and so that of the parts together, wherever they were cut.
 *
 * Ownership: everything lives in the arena given to the functions; slices are copied where that is said.
 * Units:     counts of requests and lines.
 * Limits:    EVIDENCE_EXAMPLES examples of each finding and group; those of the reader of documents.
 * Errors:    diagnostics with letter E at the place in the file.
 * Threads:   none shared.
 * Source:    the format in gateshift-evidence(5). */
#ifndef GATESHIFT_EVIDENCE_H
#define GATESHIFT_EVIDENCE_H

#include "document/document.h"
#include "route/route.h"

enum { EVIDENCE_VERSION = 1, EVIDENCE_EXAMPLES = 5, EVIDENCE_PARTS_MAX = 1000000 };

/* X(ID, "key in JSON") */
#define EVIDENCE_COUNT_LIST(X)                                                                     \
    X(LINES, "lines")                                                                              \
    X(UNPARSED, "unparsed")       /* lines that are not of the format */                           \
    X(REQUESTLESS, "requestless") /* lines of the format whose request cannot be read */           \
    X(REQUESTS, "requests")       /* the other lines: same, different and unsaid together */       \
    X(SAME, "same")               /* at most the data planes differ, alike on all hosts */         \
    X(DIFFERENT, "different")                                                                      \
    X(UNSAID, "unsaid")           /* it hangs on what a line does not contain */                   \
    X(EXPLAINED, "explained")     /* status and upstream of the log are those of the model */      \
    X(UNEXPLAINED, "unexplained") /* they are not */                                               \
    X(SILENT, "silent")           /* the log says nothing that the model could be held against */  \
    X(ASKED, "asked")             /* requests that were sent to both data planes */                \
    X(ANSWERED, "answered")       /* of these, both answered */                                    \
    X(AGREED, "agreed")           /* of these, alike */                                            \
    X(PREDICTED, "predicted")     /* of those that were answered, as predicted on both sides */
enum evidence_count {
#define X(id, key) EVIDENCE_##id,
    EVIDENCE_COUNT_LIST(X)
#undef X
        EVIDENCE_COUNT_COUNT
};

struct evidence_example {
    struct slice
        source;    /* file, "<stdin>", "verify", or the log of which an engine handed out a part */
    uint64_t line; /* from 1; 0: nobody knows, and the first by text are kept */
    struct slice text; /* "GET http://shop.example/cart", or a line that was not understood */
};
struct evidence_examples {
    struct evidence_example items[EVIDENCE_EXAMPLES]; /* the first ones, by source and line */
    size_t count;
};
/* Requests that have a reason, or a route, in common. */
struct evidence_group {
    struct slice text;
    uint64_t requests;
    struct evidence_examples examples;
};
struct evidence_groups {
    struct map *by_text; /* null: none */
    struct evidence_group **items;
    size_t count, capacity;
};
struct evidence_finding {
    struct slice id;    /* as diff has it */
    struct slice title; /* of the first example */
    enum impact impact; /* the worst */
    enum aspect aspect;
    bool platform;
    uint64_t requests, asked, confirmed;
    struct evidence_groups routes; /* that decide before; without examples */
    struct evidence_examples examples;
};
enum evidence_side { EVIDENCE_BEFORE, EVIDENCE_AFTER };
struct evidence_route {
    enum evidence_side side;
    struct slice text; /* "Ingress shop/web spec.rules[0].http.paths[1]: prefix /cart" */
    struct slice kind, namespace, name; /* of its object */
    uint64_t requests;
    uint64_t possible; /* more that it may have decided, which the log does not tell */
    uint64_t asked;
};
/* A log that was read, or a part of one. */
struct evidence_log {
    struct slice source; /* as in examples */
    uint64_t bytes;      /* size of the file; 0: not known */
    size_t part, parts;  /* from 1; 0: all of it, or a part that has no number */
    size_t joined; /* without a size: made of so many parts, each of which is in it; 0: not known */
    struct slice format; /* absent: it was empty */
    uint64_t lines;
    uint64_t digest;                 /* of the lines, in any order */
    const struct evidence_log *next; /* of the same source */
};
struct evidence {
    struct slice before, after; /* labels of the tables */
    struct slice tables;        /* evidence_fingerprint; absent: not known */
    struct slice program;       /* with its version; absent: not known */
    struct evidence_log **logs;
    size_t log_count, log_capacity;
    struct map *logs_by_source, *logs_by_lines; /* null: none */
    struct texts left_out;                      /* files that did not fit */
    size_t left_out_capacity;
    uint64_t counts[EVIDENCE_COUNT_COUNT];
    struct map *findings_by_id, *routes_by_text; /* null: none */
    struct evidence_finding **findings;
    struct evidence_route **routes;
    size_t finding_count, finding_capacity, route_count, route_capacity;
    struct evidence_groups unsaid, unexplained, unparsed; /* by reason */
    bool too_large; /* a sum went over INT64_MAX, and stayed there */
};

/* Found, or added with a copy of the key. */
struct evidence_finding *evidence_finding(struct arena *arena, struct evidence *evidence,
                                          struct slice id);
struct evidence_route *evidence_route(struct arena *arena, struct evidence *evidence,
                                      enum evidence_side side, struct slice text);
struct evidence_group *evidence_group(struct arena *arena, struct evidence_groups *groups,
                                      struct slice text);
/* Null when there is none. */
const struct evidence_finding *evidence_find(const struct evidence *evidence, struct slice id);
/* True when the example is kept, as a copy. */
bool evidence_example_add(struct arena *arena, struct evidence_examples *examples,
                          const struct evidence_example *example);
/* False when it would come behind those that are kept. */
bool evidence_example_counts(const struct evidence_examples *examples, struct slice source,
                             uint64_t line);
/* The same for an example of a finding: title and aspect are those of its first example. */
void evidence_finding_example(struct arena *arena, struct evidence_finding *finding,
                              const struct evidence_example *example, struct slice title,
                              enum aspect aspect);
void evidence_add(uint64_t *into, uint64_t more, bool *too_large);
/* Adds what `from` holds, which has to fit. */
void evidence_merge(struct arena *arena, struct evidence *into, const struct evidence *from);
/* Brings everything into its final order: most requests first, then by text. Logs of which all parts are there become
 * whole. */
void evidence_finish(struct arena *arena, struct evidence *evidence);

/* ---- what was read ------------------------------------------------------------------------ */

/* A copy is added. */
void evidence_log_add(struct arena *arena, struct evidence *evidence,
                      const struct evidence_log *log);
enum evidence_fit {
    EVIDENCE_FITS,
    EVIDENCE_ELSE, /* made from other tables, by another release, or from logs that were cut otherwise */
    EVIDENCE_TWICE /* something in it was counted already */
};
/* Can both be added up? *why says why not. */
enum evidence_fit evidence_fits(struct arena *arena, const struct evidence *into,
                                const struct evidence *from, struct slice *why);
/* Notes a file that is not in the sum, and that may hold something that is not in it. */
void evidence_left_out(struct arena *arena, struct evidence *evidence, struct slice file);
/* Logs of which all parts are there become whole. */
void evidence_join_parts(struct arena *arena, struct evidence *evidence);
/* The same, and parts without numbers of the same log are taken for all of it. Returns how many there were, with logs
 * that are whole. */
size_t evidence_join_pieces(struct arena *arena, struct evidence *evidence);
/* "parts 3, 5 to 8 of 16 of 'access.log'", for each log of which some are there. */
struct texts evidence_missing(struct arena *arena, const struct evidence *evidence);
/* "'a.log' and 'b.log'", for logs whose lines are all the same once they are put together. */
struct texts evidence_repeated(struct arena *arena, const struct evidence *evidence);
/* "this; that" */
struct slice evidence_list(struct arena *arena, const struct texts *texts);

/* ---- routes ------------------------------------------------------------------------------- */

/* A route as people know it: the rules of all hosts and listeners that come from one field of an object. */
struct evidence_place {
    struct slice text; /* of struct evidence_route */
    const struct origin *origin;
};
struct evidence_places {
    struct evidence_place **items; /* in the order of the table */
    size_t count, capacity;
    struct map *by_field, *by_rule;
};
void evidence_places_read(struct run *run, const struct route_table *table,
                          struct evidence_places *out);
/* How a rule's route is called where the rule is the first of its place. */
struct slice evidence_place_text(struct arena *arena, const struct entry *entry,
                                 const struct rule *rule);
/* Null when nobody wrote the rule. */
const struct evidence_place *evidence_place_of(const struct evidence_places *places,
                                               const struct rule *rule);

/* "5d2c...": the same for tables that do the same by the same rules, on every machine. */
struct slice evidence_fingerprint(struct arena *arena, const struct route_table *before,
                                  const struct route_table *after);

/* Appends the evidence of a file, which may hold several documents. Those that do not fit give a diagnostic, and are
 * not added. */
void evidence_read(struct run *run, const struct input_file *file, struct evidence *out);
/* The JSON of gateshift-evidence(5). */
struct node *evidence_node(struct run *run, const struct evidence *evidence);

/* How many requests of traffic met the finding, or were answered as it says; *words says so for people, and is absent
 * where nobody looked. */
uint64_t evidence_weigh(const struct evidence *evidence, struct arena *arena, struct slice id,
                        struct slice *words);

/* "12.3 %", "under 0.1 %"; of nothing "0 %". */
struct slice evidence_share(struct arena *arena, uint64_t part, uint64_t whole);

#endif
