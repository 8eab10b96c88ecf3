/* Turns schemas of CustomResourceDefinitions into rows of C, each different row once.
 *
 * Ownership: everything lives in the arena of the run.
 * Limits:    a table has at most 65,535 rows, because rows name each other by 16 bits.
 * Errors:    false with a message, when a schema has what the tables cannot hold: nothing of a schema is
 *            left out in silence. */
#ifndef GATESHIFT_SCHEMA_TABLES_H
#define GATESHIFT_SCHEMA_TABLES_H

#include "document/document.h"

enum table {
    TABLE_NODES,
    TABLE_PROPERTIES,
    TABLE_NAMES,
    TABLE_VALUES,
    TABLE_MEMBERS,
    TABLE_RULE_LISTS,
    TABLE_RULES,
    TABLE_LIMITS,
    TABLE_PATTERNS,
    TABLE_FALLBACKS,
    TABLE_ROWS,
    TABLE_COUNT
};

struct rows {
    struct slice *items;
    size_t count, capacity;
    struct map *index; /* text of a row, or of a run of rows, to the first row's number + 1 */
};
struct tables {
    struct run *run;
    struct rows tables[TABLE_COUNT];
    struct slice fault; /* absent: none */
};
void tables_init(struct run *run, struct tables *tables);
/* Where a CRD comes from: bits of releases of Gateway API, or all of them. */
NODISCARD bool tables_add_crd(struct tables *tables, const struct node *crd, unsigned releases);
/* The rows of kinds in their final order. */
void tables_finish(struct tables *tables);
const char *tables_file_name(enum table table);
void tables_write(const struct tables *tables, enum table table, struct buf *out);

#endif
