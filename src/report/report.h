/* A comparison for those who have to act on it: people, pull requests, continuous integration, code scanning.
 *
 * Ownership: everything printed is copied into `out`.
 * Units:     width in characters.
 * Errors:    none.
 * Threads:   none shared.
 * Source:    SARIF 2.1.0 (OASIS) as GitHub code scanning reads it; the JUnit XML that CI systems read; workflow
 *            commands of GitHub; GitHub Flavored Markdown. JSON has a schema in schema/diff.schema.json. */
#ifndef GATESHIFT_REPORT_H
#define GATESHIFT_REPORT_H

#include "accept/accept.h"
#include "compare/compare.h"

enum report_format {
    REPORT_TEXT,
    REPORT_JSON,
    REPORT_MARKDOWN,
    REPORT_SARIF,
    REPORT_JUNIT,
    REPORT_GITHUB,
    REPORT_ACCEPT /* a first file of accepted findings */
};
const char *report_format_name(size_t index); /* null past the end */
enum report_format report_format_find(struct slice name);

struct report {
    const struct comparison *comparison;
    const struct acceptances *accepted;
    enum impact fail_on; /* differences of this level or above fail */
    bool strict;         /* what is unproven fails, too */
    size_t width;        /* of a line of text, at least 40; 0: lines are not broken */
    bool colour;         /* of text */
    const char *version; /* of the program */
};
/* Something fails: an open finding that is bad enough, or with `strict` what is unproven. */
bool report_fails(const struct report *report);
void report_print(struct run *run, const struct report *report, enum report_format format,
                  struct buf *out);

#endif
