/* Finds and reads input: files, folders, standard input.
 *
 * Ownership: names and bytes live in the run's arena.
 * Limits:    run->limits.file_bytes and input_bytes (diagnostics L001, L002).
 * Errors:    a path that cannot be read is STATUS_IO with a diagnostic (letter L); the other paths
 *            are read all the same.
 * Threads:   none shared.
 *
 * A folder is read recursively: files that end in .yaml, .yml or .json, in the order of their
 * names; hidden files and folders (names with a leading dot) are skipped; symbolic links to files
 * are read, links to folders are not followed (they could form a ring).
 *
 * Text in UTF-16 with a byte order mark, as PowerShell writes it, becomes UTF-8.
 *
 * A file may hold secrets: no copy of its bytes is left behind but the text, and input_wipe overwrites that. */
#ifndef GATESHIFT_INPUT_H
#define GATESHIFT_INPUT_H

#include "run/run.h"

struct input_file {
    struct slice name;      /* as given or found: "shop/web.yaml", "<stdin>" */
    struct slice text;      /* without a byte order mark, and never UTF-16 */
    uint32_t file;          /* for spans */
    bool owned;             /* the text is a copy that nobody else has */
    bool written;           /* by gateshift, so that it holds nothing to hide */
    uint64_t device, inode; /* 0 for text that is in no file */
};

struct input {
    struct input_file *files;
    size_t count, capacity;
    size_t bytes; /* read so far, against limits.input_bytes */
};

/* Adds what `path` names; "-" is standard input, read from `stdin_fd`. */
NODISCARD enum status input_add(struct run *run, struct input *input, struct slice path,
                                int stdin_fd);
/* Adds text that is in memory already, for tests and for what a command emitted. */
void input_add_text(struct run *run, struct input *input, struct slice name, struct slice text);
/* Overwrites the text of a file and takes it away from diagnostics. Text that was in memory already is its
 * owner's, and only forgotten. */
void input_wipe(struct run *run, struct input_file *file);
/* " (a.yaml, b.yaml, c.yaml and 2 more)", for a message about all of it; empty when there is no file. */
struct slice input_names(struct run *run, const struct input *input);
/* Sorts by name and drops files that were given twice, under one name or several, so that the order
 * on the command line does not matter. */
void input_sort(struct run *run, struct input *input);

#endif
