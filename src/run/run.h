/* What a run carries from module to module: memory, diagnostics, limits.
 *
 * Ownership: the caller of run_open owns the run and closes it; all results live in its arena.
 * Units:     see the table of limits.
 * Errors:    run_limit_set returns false for an unknown name or a value that is no number.
 * Threads:   one run per thread. */
#ifndef GATESHIFT_RUN_H
#define GATESHIFT_RUN_H

#include "base/base.h"
#include "diag/diag.h"

/* X(field, name, default, unit, text). Raising a limit is the user's choice (--limit NAME=VALUE). */
#define LIMIT_LIST(X)                                                                              \
    X(file_bytes, "file-bytes", 256u << 20, "bytes", "size of one input file")                     \
    X(input_bytes, "input-bytes", 256u << 20, "bytes", "size of all input together")               \
    X(depth, "depth", 128, "levels", "nesting of lists and mappings")                              \
    X(nodes, "nodes", 16u << 20, "nodes", "scalars, lists and mappings in all input")              \
    X(alias_factor, "alias-factor", 10, "times", "nodes that aliases may add, in times the input") \
    X(scalar_bytes, "scalar-bytes", 1u << 20, "bytes", "size of one scalar")                       \
    X(annotation_bytes, "annotation-bytes", 256u << 10, "bytes", "annotations of one object")      \
    X(arena_bytes, "arena-bytes", (uint64_t)4 << 30, "bytes", "memory for a run")                  \
    X(regex_bytes, "regex-bytes", 4096, "bytes", "length of one regular expression")               \
    X(regex_steps, "regex-steps", 1000000, "steps", "match steps of one regular expression")       \
    X(regex_heap_kib, "regex-heap-kib", 20480, "KiB", "heap of one match")

struct limits {
#define X(field, name, value, unit, text) uint64_t field;
    LIMIT_LIST(X)
#undef X
};
struct limits limits_default(void);
NODISCARD bool limits_set(struct limits *limits, struct slice name, struct slice value);
/* The names in the order of the table; null past the end. */
const char *limits_name(size_t index);

/* What does not stand in requests, by the name of its condition ("basic-auth"): it passes, or fails. */
struct assumption {
    struct slice name;
    bool passes;
};

struct run {
    struct arena *arena;
    struct diag *diag;
    struct limits limits;
    bool closed; /* an object that is referenced and not in the input is absent, not assumed */
    bool whole; /* all of a cluster was read: there is no other object of the kinds that are read */
    bool secrets_open; /* but for Secrets, which a snapshot of a cluster leaves out */
    /* Closed as a case folder is: with Ingresses, and with neither their IngressClass nor any Secret, it is the
     * manifests of an application, whose Secrets are kept elsewhere (kube_finish opens them). */
    bool folder;
    const struct assumption *assumptions;
    size_t assumption_count;
    size_t nodes; /* read so far, against limits.nodes */
};

/* `full` is called when memory is used up; it must not return. Null aborts. */
void run_open(struct run *run, const struct limits *limits, arena_full_fn *full, void *user);
void run_close(struct run *run);
/* A Secret that is referenced and not in the input is absent. */
bool run_secrets_closed(const struct run *run);

#endif
