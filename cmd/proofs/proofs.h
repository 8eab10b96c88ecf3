/* Proofs about the comparer on real input: a conversion that is broken in one place is never called equal, and
 * no difference between an input and its conversion is kept quiet.
 *
 * Ownership: a world owns all that is made of one input for one target.
 * Errors:    functions return false after a message on stderr.
 * Threads:   none shared. */
#ifndef GATESHIFT_PROOFS_H
#define GATESHIFT_PROOFS_H

#include "compare/compare.h"
#include "frontend/frontend.h"
#include "schema/schema.h"

#include <stdio.h>

/* ---- inputs.c ----------------------------------------------------------------------------- */

struct inputs {
    char **files; /* by name */
    size_t count, capacity;
};
/* Every YAML file in the folders that has an Ingress; a folder that is not there holds none. */
NODISCARD bool inputs_find(const char *const *folders, size_t count, struct inputs *out);
void inputs_free(struct inputs *inputs);

/* ---- world.c ------------------------------------------------------------------------------ */

struct world {
    struct run run;
    const struct target *target;
    struct side before, after;
    struct converted converted;
    size_t announced; /* diagnostics of reading and converting; those behind are of reading back */
};
/* False when the input holds nothing that can be converted. */
NODISCARD bool world_open(const char *file, const struct target *target,
                          const struct schema_release *release, struct world *out);
void world_close(struct world *world);
void world_compare(struct run *run, struct side *before, struct side *after,
                   struct comparison *out);

void print_request(const struct request *request);

/* ---- mutate.c ----------------------------------------------------------------------------- */

struct mutant {
    const char *what;   /* "backend", "dropped rule" */
    struct slice where; /* "HTTPRoute shop/web spec.rules[0]" */
};
/* Breaks an object in the place of that number; false when it has fewer places. */
NODISCARD bool mutate(struct arena *arena, struct node *object, size_t place, struct mutant *out);

/* ---- chance.c ----------------------------------------------------------------------------- */

struct chance {
    uint64_t state;
};
size_t chance_below(struct chance *chance, size_t bound);

/* ---- the proofs --------------------------------------------------------------------------- */

struct proof_options {
    uint64_t seed;
    size_t sample; /* mutants that are tried, or 0 for all */
    bool verbose;
};
/* Each counts what it did, and returns false when something failed. */
NODISCARD bool prove_mutants(const struct inputs *inputs, const struct proof_options *options);
NODISCARD bool prove_announced(const struct inputs *inputs, const struct proof_options *options);

#endif
