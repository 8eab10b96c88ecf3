/* The proof of a conversion: what runs today against what was written, read back from its text, and which
 * of the differences the conversion itself has named.
 *
 * Ownership: results live in the run's arena and point into both tables, until proof_close.
 * Errors:    diagnostics C060 to C062 of proof_say.
 * Threads:   none shared. */
#ifndef GATESHIFT_PROOF_H
#define GATESHIFT_PROOF_H

#include "compare/compare.h"
#include "frontend/frontend.h"

struct proof {
    const struct target *target;
    struct side after; /* what was read back */
    struct comparison comparison;
    size_t named;     /* diagnostics of reading and converting */
    size_t announced; /* findings, without those of the platform */
    size_t silent;    /* likewise, that no diagnostic names */
};
/* Compares a side with its conversion, whose diagnostics are the last that were said. What there is to say of
 * reading back is not said. */
void prove_conversion(struct run *run, struct side *before, const struct converted *converted,
                      const struct target *target, struct proof *out);
void proof_close(struct proof *proof);
/* Does one of the first `named` diagnostics speak of the finding? It names the object that decides before or
 * after, or a host of the finding; where no object decides before, also the target or the Gateway. */
bool finding_is_announced(struct run *run, size_t named, const struct target *target,
                          const struct finding *finding);
/* Each finding, and what could not be proved, at the object that decides today. */
void proof_say(struct run *run, const struct proof *proof);
/* "proof: different, ...", one line. */
void proof_print(const struct proof *proof, struct buf *out);

#endif
