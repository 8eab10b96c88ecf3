/* The controllers that are known, and how their Ingresses are recognised. */
#ifndef GATESHIFT_INGRESS_CONTROLLERS_PRIV_H
#define GATESHIFT_INGRESS_CONTROLLERS_PRIV_H

#include "ingress/ingress.h"

struct controller {
    const char *name;           /* for people */
    const char *controller;     /* IngressClass spec.controller; null: it reads no IngressClass */
    const char *class_names[4]; /* usual names of its class, and values of the old annotation */
    const char *prefixes[2];    /* of its annotations */
    enum ingress_owner owner;
    const char *plane; /* front end; null: none */
};
const struct controller *controller_by_name(struct slice controller);
const struct controller *controller_by_class(struct slice class_name);
const struct controller *controller_by_annotations(const struct labels *annotations);
const struct controller *controller_by_plane(struct slice plane);

#endif
