/* The schemas of the CustomResourceDefinitions as static tables. The rows are written by the program in
 * cmd/schema-tables, from the published CRDs; equal parts stand there once, whichever release, channel or
 * kind they come from.
 *
 * Row 0 of nodes, limits, patterns and fallbacks stands for "none". */
#ifndef GATESHIFT_SCHEMA_TABLES_PRIV_H
#define GATESHIFT_SCHEMA_TABLES_PRIV_H

#include "schema/schema.h"

enum schema_type {
    SCHEMA_ANY,
    SCHEMA_OBJECT,
    SCHEMA_ARRAY,
    SCHEMA_STRING,
    SCHEMA_INTEGER,
    SCHEMA_NUMBER,
    SCHEMA_BOOLEAN,
    SCHEMA_INT_OR_STRING
};
enum schema_list { SCHEMA_LIST_ATOMIC, SCHEMA_LIST_SET, SCHEMA_LIST_MAP };
enum schema_format {
    SCHEMA_FORMAT_NONE,
    SCHEMA_FORMAT_INT32,
    SCHEMA_FORMAT_INT64,
    SCHEMA_FORMAT_DOUBLE,
    SCHEMA_FORMAT_DATE_TIME,
    SCHEMA_FORMAT_BYTE,
    SCHEMA_FORMAT_IPV4,
    SCHEMA_FORMAT_IPV6
};

struct schema_range {
    uint16_t first, count;
};
struct schema_node {
    uint8_t type, list, format;
    bool nullable, preserve; /* preserve: unknown fields stay, with their values */
    uint16_t items, additional, limits, pattern, fallback; /* rows */
    uint16_t inverse;                                      /* a node that must not fit */
    struct schema_range properties;                        /* sorted by name */
    struct schema_range required, keys;                    /* of schema_names */
    struct schema_range choices;                           /* of schema_values */
    struct schema_range rules;                             /* of schema_rule_lists */
    struct schema_range any_of, one_of, all_of;            /* of schema_members */
};
struct schema_property {
    const char *name;
    uint16_t node;
};
struct schema_value {
    enum node_kind kind; /* NODE_STRING, NODE_INT or NODE_BOOL */
    const char *text;
};
struct schema_limits {
    int64_t minimum, maximum;
    uint64_t least_chars, most_chars, least_items, most_items, least_properties, most_properties;
};
/* A version of a kind, where a server of some releases has one schema for it. */
struct schema_row {
    const char *group, *kind, *version;
    bool namespaced, has_status; /* has_status: what a user writes into it is dropped */
    uint16_t node;
    uint16_t
        releases; /* bits, see schema_release_bit; SCHEMA_EVERY_RELEASE: not tied to Gateway API */
};
enum { SCHEMA_EVERY_RELEASE = 0xffff };

extern const struct schema_node schema_nodes[];
extern const struct schema_property schema_properties[];
extern const char *const schema_names[];
extern const struct schema_value schema_values[];
extern const uint16_t schema_members[];
extern const uint16_t schema_rule_lists[];
extern const struct schema_rule schema_rules[];
extern const struct schema_limits schema_limits[];
extern const char *const schema_patterns[];
extern const char *const schema_fallbacks[]; /* JSON */
extern const struct schema_row schema_rows[];
extern const size_t schema_rule_count, schema_pattern_count, schema_fallback_count,
    schema_row_count;

#endif
