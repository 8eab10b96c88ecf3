/* What the files that build trees share. */
#ifndef GATESHIFT_DOCUMENT_BUILDER_PRIV_H
#define GATESHIFT_DOCUMENT_BUILDER_PRIV_H

#include "document/document_priv.h"

/* A container that is being read. Its children wait on the builder's stack until it ends, so that they
 * are copied once, into an array of the right size. */
struct level {
    struct node *node;
    size_t base;   /* where its children begin on the stack */
    size_t weight; /* of what is below, aliases written out */
    size_t height; /* levels below */
    size_t anchor; /* index + 1, 0 for none */
    bool is_map, has_merge;
};

struct waiting {
    struct slice key;
    struct span span;
    struct node *value; /* null: a key whose value has not come yet */
    bool is_merge;      /* the key is a plain "<<" */
    bool is_merged;     /* came out of one */
};

struct anchor {
    struct node *node;
    size_t weight, height; /* weight 0: its end has not come yet */
};

/* Reports and returns false: it makes no sense to read on in this document. */
NODISCARD RARELY bool builder_stop(struct builder *builder, enum diag_code code, struct span span,
                                   const char *text);
NODISCARD bool builder_count(struct builder *builder, size_t nodes, struct span span);
struct waiting *builder_push(struct builder *builder); /* not zeroed */
/* Replaces the items of the innermost mapping by what "<<" makes of them. */
NODISCARD bool builder_merge(struct builder *builder, const struct level *level);

#endif
