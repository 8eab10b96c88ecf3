/* Files that appear in a folder together or not at all, as far as a file system can promise that.
 *
 * Ownership: names and reasons live in the arena given.
 * Errors:    false, with a line for people in *why. folder_close removes what was not committed.
 *
 * Names are relative to the folder; those with a '/' are in folders of it, which are made. Temporary names
 * are new, but for what a run that was stopped left there; neither they nor folders are followed through a
 * link, so nothing outside the folder is written. */
#ifndef GATESHIFT_FOLDER_H
#define GATESHIFT_FOLDER_H

#include "base/base.h"

struct folder_file {
    struct slice path;            /* in the folder */
    const char *name, *temporary; /* in its own one */
};
struct folder {
    struct arena *arena;
    struct slice path;
    int fd;
    bool force;
    struct folder_file *files;
    size_t count, capacity;
    size_t committed;
    const char **made; /* folders that were not there */
    size_t made_count, made_capacity;
};

/* Makes the folder, and those above it, where they are missing. */
NODISCARD bool folder_open(struct arena *arena, struct slice path, bool force,
                           struct folder *folder, struct slice *why);
/* False when a file of this name cannot be written, because something is there already. */
NODISCARD bool folder_check(struct folder *folder, struct slice name, struct slice *why);
/* Writes under a temporary name; refuses a name that exists unless forced. */
NODISCARD bool folder_put(struct folder *folder, struct slice name, struct slice text,
                          struct slice *why);
/* The same for what is not known at once: a descriptor to write to and to close; -1 when refused. */
int folder_begin(struct folder *folder, struct slice name, struct slice *why);
NODISCARD bool folder_commit(struct folder *folder, struct slice *why);
void folder_close(struct folder *folder);
/* One file alone, by its path. To check makes nothing: it is for before the work. */
NODISCARD bool folder_check_one(struct arena *arena, struct slice path, bool force,
                                struct slice *why);
NODISCARD bool folder_write_one(struct arena *arena, struct slice path, bool force,
                                struct slice text, struct slice *why);

#endif
