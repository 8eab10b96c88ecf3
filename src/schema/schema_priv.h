/* Shared by the files of this module. */
#ifndef GATESHIFT_SCHEMA_PRIV_H
#define GATESHIFT_SCHEMA_PRIV_H

#include "cel/cel.h"
#include "schema/tables_priv.h"

/* The kind under which the tables have the fields of metadata. */
#define SCHEMA_METADATA_KIND "ObjectMeta"

struct rule_state {
    const struct cel_program *program, *message;
    struct slice error; /* why it does not compile */
    bool compiled;
    struct schema_tally tally;
};
struct pattern_state {
    const struct regex *regex;
    struct slice error;
    bool compiled;
};

struct schema {
    struct run *run;
    struct schema_release release;
    struct arena *scratch; /* of the object at hand */
    struct regex_set *regexes;
    struct pattern_state *patterns;
    struct rule_state *rules;
    const struct node **fallbacks;
    struct cel_evaluator evaluator;
    /* the object at hand */
    const struct schema_object *object;
    const struct schema_row *row; /* null while metadata is judged */
    size_t faults;
    bool blocked;      /* by a fault after which an API server evaluates no rules */
    bool lenient;      /* rules are evaluated all the same; those that cannot be are left out */
    bool hides_values; /* what stands in it is secret */
    unsigned quiet;    /* faults are counted and not reported: inside of anyOf, oneOf and not */
};

/* ---- places and messages (fault.c) --------------------------------------------------------- */

enum place_kind { PLACE_FIELD, PLACE_INDEX, PLACE_KEY };
/* Where something stands in the object. Lives on the C stack. */
struct place {
    const struct place *parent; /* null: the object itself */
    enum place_kind kind;
    struct slice name;
    size_t index;
    struct span span; /* of the value; of what holds it, if it was filled in */
};
struct place place_field(const struct place *parent, struct slice name, const struct node *value);
struct place place_index(const struct place *parent, size_t index, const struct node *value);
struct place place_key(const struct place *parent, struct slice name, const struct node *value);
struct slice place_path(struct arena *arena, const struct place *place);

bool fault_is_shown(const struct schema *schema);
/* "PATH: TEXT" */
void fault(struct schema *schema, enum diag_code code, const struct place *place,
           const char *format, ...) PRINTF_LIKE(4, 5);
/* "PATH: Invalid value: VALUE: TEXT" */
void fault_value(struct schema *schema, enum diag_code code, const struct place *place,
                 const struct node *value, const char *format, ...) PRINTF_LIKE(5, 6);
void fault_required(struct schema *schema, const struct place *parent, const char *name,
                    const char *advice);
/* A value in a message: texts in quotes, long ones cut, hidden ones not at all. */
struct slice value_text(struct schema *schema, const struct node *value);

/* ---- which schema (find.c) ------------------------------------------------------------------ */

unsigned schema_release_bit(const struct schema_release *release);
/* Null with a diagnostic where the kind is known and not in this release, channel or version. */
const struct schema_row *schema_find(struct schema *schema, bool *known);
const struct schema_property *schema_property_find(const struct schema_node *node,
                                                   struct slice name);
const char *closest_property(struct schema *schema, const struct schema_node *node,
                             struct slice name); /* null when none is close */
const char *field_elsewhere(struct schema *schema, const struct place *parent, struct slice name);
/* Releases and channels whose schema for the object's kind has the field, in words; absent: none. */
struct slice field_releases(struct schema *schema, const struct place *place);

/* ---- expressions in words (words.c) ---------------------------------------------------------- */

struct pattern_words {
    const char *pattern, *words, *example;
};
const struct pattern_words *pattern_words_at(size_t index); /* null past the end */
const struct pattern_words *pattern_words_find(struct slice pattern);

/* ---- the steps ------------------------------------------------------------------------------ */

/* The object as a server would store it: unknown fields reported and gone, defaults filled in. */
struct node *prepare(struct schema *schema, const struct schema_node *node,
                     const struct node *value, const struct place *place);
void check_value(struct schema *schema, const struct schema_node *node, const struct node *value,
                 const struct place *place);
void check_text(struct schema *schema, const struct schema_node *node, const struct node *value,
                const struct place *place);
void check_lists(struct schema *schema, const struct schema_node *node, const struct node *value,
                 const struct place *place);
void check_rules(struct schema *schema, const struct schema_node *node, const struct node *value,
                 const struct place *place);
bool format_fits(enum schema_format format, struct slice text);
const char *format_name(enum schema_format format); /* "an IPv4 address"; null: not checked */
void check_metadata(struct schema *schema, const struct place *root);

#endif
