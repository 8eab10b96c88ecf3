/* Shared by the files of this module. */
#ifndef GATESHIFT_VALIDATE_PRIV_H
#define GATESHIFT_VALIDATE_PRIV_H

#include "validate/validate.h"

/* What is said of all objects together, once each is valid by itself. */
void check_together(struct run *run, struct kube *kube, const struct validate_options *options);
/* References that the front end does not follow. */
void check_references(struct run *run, const struct kube *kube,
                      const struct gateway_profile *profile);
/* Kinds and fields of one object that the implementation is known not to serve. */
void check_served(struct run *run, const struct gateway_profile *profile,
                  const struct validated_object *object, const struct node *root);
/* Regular expressions of one object that the engine of its implementation refuses. */
void check_expressions(struct run *run, const struct validated_object *object,
                       const struct node *root);
/* Visits what stands at a path such as "spec.rules[].backendRefs[]"; an empty path is the node itself. */
typedef void walk_visit(void *user, const struct node *node);
void walk(const struct node *node, struct slice path, walk_visit *visit, void *user);

#endif
