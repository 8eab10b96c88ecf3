/* A folder whose files grow, several in turn, until all appear together.
 *
 * Ownership: as a folder, which it wraps. Names hold no '/'.
 * Errors:    false, with a line for people in *why. growing_close removes what was not committed. */
#ifndef GATESHIFT_GROWING_H
#define GATESHIFT_GROWING_H

#include "folder.h"

struct growing {
    struct folder folder;
    int fd; /* of files[last], to which more is appended; -1: none is open */
    size_t last;
};

NODISCARD bool growing_open(struct arena *arena, struct slice path, bool force,
                            struct growing *growing, struct slice *why);
/* What is in the folder before: nothing but hidden files, and a file of this name. */
NODISCARD bool growing_look(const struct growing *growing, struct slice name, bool *empty,
                            bool *there, struct slice *why);
/* Appends to a file, which begins empty; cheapest where the same file follows. */
NODISCARD bool growing_append(struct growing *growing, struct slice name, struct slice text,
                              struct slice *why);
/* Takes back the file `stem`.yaml and those that begin with `stem`_. */
void growing_drop(struct growing *growing, struct slice stem);
/* All files appear; those that end in .yaml and are none of them are removed. */
NODISCARD bool growing_commit(struct growing *growing, struct slice *why);
void growing_close(struct growing *growing);

#endif
