/* What is said about the input: codes, places, texts, and how they are printed.
 *
 * Ownership: everything lives in the arena given to diag_new; slices passed in are copied when they
 *            are formatted, subjects are borrowed.
 * Units:     lines and columns start at 1; columns count characters, as editors do.
 * Limits:    DIAG_MAX diagnostics are kept; what comes after is only counted.
 * Errors:    reporting cannot fail.
 * Threads:   one sink per thread.
 *
 * A fault in the input is always a diagnostic; the reader goes on and reports all faults of a run. */
#ifndef GATESHIFT_DIAG_H
#define GATESHIFT_DIAG_H

#include "base/base.h"

enum { DIAG_MAX = 100000 };

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

enum diag_code {
#define DIAG(code, severity, title, help) DIAG_##code,
#include "diag/codes.def"
#undef DIAG
    DIAG_CODE_COUNT
};

struct diag_row {
    const char *name; /* "Y004" */
    enum severity severity;
    const char *title; /* a few words */
    const char *help;  /* what it means and what to do, for explain */
};
const struct diag_row *diag_row(enum diag_code code);
/* Finds a row by its name, any case; null when there is none. */
const struct diag_row *diag_row_find(struct slice name);
const char *severity_name(enum severity severity);

/* A place in the input. file 0 means no place. */
struct span {
    uint32_t file, line, column;
};
#define SPAN_NONE ((struct span){0, 0, 0})
static inline bool span_equal(struct span a, struct span b)
{
    return a.line == b.line && a.column == b.column && a.file == b.file;
}

struct diagnostic {
    enum diag_code code;
    enum severity severity;
    struct slice message; /* lower case, no final stop, names what to do */
    struct slice subject; /* "Ingress shop/web", or absent */
    struct span span;
};

struct diag;
struct diag *diag_new(struct arena *arena);

/* Names a file, so that spans can refer to it; text is used for excerpts and may be absent. */
uint32_t diag_file_add(struct diag *diag, struct slice name, struct slice text);
struct slice diag_file_name(const struct diag *diag, uint32_t file); /* empty for 0 */
/* By the names of files, so that the order on the command line does not matter. */
bool diag_is_before(const struct diag *diag, struct span a, struct span b);
struct slice diag_file_text(const struct diag *diag, uint32_t file); /* absent: no excerpts */
/* Forgets the text of a file that turned out to hold secret values: no excerpt is printed from it. */
void diag_file_hide(struct diag *diag, uint32_t file);

void diag_at(struct diag *diag, enum diag_code code, struct span span, struct slice subject,
             const char *format, ...) PRINTF_LIKE(5, 6) RARELY;
/* The same with a severity other than the row's, e.g. an error that --keep-going lowers. */
void diag_severity_at(struct diag *diag, enum diag_code code, enum severity severity,
                      struct span span, struct slice subject, const char *format, ...)
    PRINTF_LIKE(6, 7);

/* A sink over the same files, so that what a module says can be looked at before it is taken over. */
struct diag *diag_beside(const struct diag *diag);
void diag_add(struct diag *diag, const struct diagnostic *item);

/* Brings diagnostics into their final order (file name, line, column, code, message) and drops
 * repeated ones, so that output does not depend on the order in which things were found. */
void diag_finish(struct diag *diag);
size_t diag_count(const struct diag *diag);
const struct diagnostic *diag_get(const struct diag *diag, size_t index);
size_t diag_count_severity(const struct diag *diag, enum severity severity);
/* Errors about the input itself (letters Y, K, L, and A of clusters): what makes a run exit 3. */
size_t diag_count_input_errors(const struct diag *diag);

enum diag_format { DIAG_FORMAT_TEXT, DIAG_FORMAT_JSON, DIAG_FORMAT_GITHUB, DIAG_FORMAT_SARIF };
struct diag_style {
    enum diag_format format;
    bool colour, excerpts; /* of text; excerpts: the source line and a caret below a message */
    enum severity least;   /* what is less severe is not printed */
    size_t
        alike; /* text: of one code of level info so many are printed, and the others counted; 0: all */
};
/* Prints the diagnostics. Text has one line each, "file:line:column: severity CODE: message (subject)".
 * Control bytes are escaped. */
void diag_print(const struct diag *diag, const struct diag_style *style, struct buf *out);

/* Text from the input, made harmless for a terminal: control bytes as "\x1b", bad UTF-8 likewise. */
void diag_put_visible(struct slice text, struct buf *out);

/* The same for other places, which have marks of their own: a workflow command of GitHub or a value in its head
 * (`property`), XML, and a code span of Markdown. */
void diag_put_github(struct slice text, bool property, struct buf *out);
void diag_put_xml(struct slice text, struct buf *out);
void diag_put_code(struct slice text, bool in_table, struct buf *out);
/* A path as a URI reference. */
void diag_put_uri(struct slice name, struct buf *out);

/* Closest of `names` to `word`, for "did you mean"; null when none is close. */
const char *diag_closest(struct slice word, const char *const *names, size_t count);

#endif
