/* What replay and merge end with. */
#ifndef GATESHIFT_REPLAY_RESULT_H
#define GATESHIFT_REPLAY_RESULT_H

#include "app.h"
#include "evidence/evidence.h"

/* Prints in the format asked for; the result is EXIT_NO when requests meet a difference of the level of --fail-on. */
int replay_result(struct app *app, struct evidence *evidence);
/* Can the FILE of --partial be written? Asked before logs are read; false has been reported. */
bool replay_partial_free(struct app *app);
/* Writes the counts to FILE of --partial, or to standard output for "-". */
int replay_partial(struct app *app, struct evidence *evidence);

#endif
