/* Shared by the files of this module. */
#ifndef GATESHIFT_SURROUNDINGS_PRIV_H
#define GATESHIFT_SURROUNDINGS_PRIV_H

#include "surroundings/surroundings.h"

/* Where the old controller runs, and what its pods are called. */
struct search {
    struct run *run;
    const struct kube *kube;
    const struct surrounding_row *row;
    const struct object *object; /* that is looked at */
    struct map *namespaces;      /* of controllers */
    struct surroundings *out;
};
/* False where the object turns out to be something else, as most Deployments are. */
typedef bool detect_fn(struct search *search, const struct object *object);

struct kind_name {
    const char *kind, *group; /* group null: any */
};
enum { KINDS_MAX = 8 };
struct detector {
    struct surrounding_row row;
    struct kind_name kinds[KINDS_MAX]; /* ends with a null kind */
    detect_fn *detect;
};
/* Null past the end. */
const struct detector *detector_at(size_t index);

/* ---- tree.c ------------------------------------------------------------------------------- */

/* The node at a path of keys, "spec.strategy.canary"; null where it ends before. */
const struct node *tree_at(const struct node *node, const char *path);
typedef bool text_fn(const struct search *search, struct slice text);
/* The first scalar below `node` that is wanted, in the order of the text; *count: how many there are. */
const struct node *tree_find(const struct search *search, const struct node *node, text_fn *wanted,
                             size_t *count);

/* ---- surroundings.c ------------------------------------------------------------------------ */

void found(struct search *search, struct span span, const char *format, ...) PRINTF_LIKE(3, 4);
/* A namespace, or the name or label of pods, of the controller. */
bool is_controller(const struct search *search, struct slice text);

#endif
