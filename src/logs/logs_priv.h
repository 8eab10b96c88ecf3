/* Shared by the files of this module. */
#ifndef GATESHIFT_LOGS_PRIV_H
#define GATESHIFT_LOGS_PRIV_H

#include "logs/logs.h"

/* A variable of a pattern, or a key of JSON, and what stands behind it. */
struct log_piece {
    enum log_field field;
    struct slice name; /* of a header; of JSON: the key */
    struct slice header;
    struct slice end; /* what follows in the line; empty: the end of the line */
    bool list;        /* several values, with ", " or " : " between them */
};
struct log_format {
    struct slice label;
    bool json;
    bool escapes; /* \xHH stands for a byte */
    struct slice start;
    struct log_piece *pieces;
    size_t count, capacity;
};

/* ---- formats.c */
/* What is in a JSON object by the name of this key; null: nothing. */
const struct log_piece *format_key(const struct log_format *format, struct slice key);

/* ---- scan.c: a JSON object, read once and without a tree */
typedef void scan_fn(void *user, struct slice key, struct slice value);
/* Hands over each text, number and word; keys of inner objects are joined with '.'. A null is handed over as absent.
 * False where the line is no object. */
bool scan_object(struct slice line, struct arena *scratch, scan_fn *each, void *user);

/* ---- parse.c */
struct raw_line {
    struct slice fields[LOG_FIELD_COUNT];
    struct log_header headers[LOG_HEADERS_MAX];
    size_t header_count;
};

#endif
