/* YAML and JSON as a tree with places, and a tree as YAML or JSON.
 *
 * Reading uses libyaml's events. Plain scalars are typed as an API server types them, that is as
 * sigs.k8s.io/yaml does: YAML 1.1 with yes/no/on/off as booleans, 0123 as octal, ~ as null; keys become
 * texts ("on" is "true", 012 is "10"); "<<" merges; whole numbers such as 8080.0 are integers, as the
 * JSON that reaches the server has them. JSON is read by a reader of its own, and its values may follow
 * each other without a separator. Aliases share their nodes.
 *
 * Ownership: nodes and their texts live in the run's arena, unless document_read_each says otherwise.
 * Limits:    depth, nodes, alias_factor, scalar_bytes of run->limits, each with its own code.
 * Errors:    diagnostics with letter Y; a document with an error is left out, those before it in the
 *            file stay, those after it are read again from the next "---" line where there is one.
 * Threads:   none shared. */
#ifndef GATESHIFT_DOCUMENT_H
#define GATESHIFT_DOCUMENT_H

#include "input/input.h"
#include "run/run.h"

enum node_kind { NODE_NULL, NODE_BOOL, NODE_INT, NODE_FLOAT, NODE_STRING, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool plain;        /* a scalar written without quotes */
    uint32_t count;    /* of items or pairs */
    struct span span;  /* where it begins */
    struct slice text; /* of a scalar, decoded, as written: "012", "yes" */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct node **items;
        struct pair *pairs;
    };
};

struct pair {
    struct slice key;
    struct span span; /* of the key */
    struct node *value;
};

struct documents {
    struct node **roots; /* empty documents are left out */
    size_t count, capacity;
};

/* Reads every document of a file and appends them. */
void document_read(struct run *run, const struct input_file *file, struct documents *out);
/* Hands over one document after the other. When `each` returns, its nodes are gone; its texts stay. */
typedef void document_fn(void *user, struct node *root);
void document_read_each(struct run *run, const struct input_file *file, document_fn *each,
                        void *user);

const char *node_kind_name(enum node_kind kind); /* "a text", "a list", ... for messages */
/* Value of a key in a mapping; null when it is missing or the node is null or no mapping. */
struct node *node_get(const struct node *map, const char *key);
/* A list holds an item with this text; no list holds none. */
bool node_has_text(const struct node *list, struct slice text);
const struct pair *node_pair(const struct node *map, struct slice key);

/* Building: for what is written. Slices are borrowed. */
struct node *node_map(struct arena *arena);
struct node *node_list(struct arena *arena);
struct node *node_string(struct arena *arena, struct slice text);
struct node *node_int(struct arena *arena, int64_t value);
struct node *node_bool(struct arena *arena, bool value);
void node_set(struct arena *arena, struct node *map, const char *key, struct node *value);
void node_set_slice(struct arena *arena, struct node *map, struct slice key, struct node *value);
void node_add(struct arena *arena, struct node *list, struct node *value);

/* Writes a block-style document as a person would write it: two spaces, list items at the indent of
 * their key, strings plain where they read back as the same string and in double quotes otherwise.
 * Reading the result gives an equal tree. */
void document_write_yaml(const struct node *root, struct buf *out);
/* One `key: value` of a block mapping whose keys stand at `indent`. */
void document_write_pair(struct slice key, const struct node *value, size_t indent,
                         struct buf *out);
void document_write_json(const struct node *root, int indent, struct buf *out);
bool node_equal(const struct node *a, const struct node *b); /* order of keys does not matter */
uint64_t node_hash(const struct node *node);                 /* equal trees have one hash */
/* A tree that can be added to, as one that was built; texts are shared. */
struct node *node_copy(struct arena *arena, const struct node *node);

#endif
