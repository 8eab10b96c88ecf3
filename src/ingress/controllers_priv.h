/* The controllers that are known, and how their Ingresses are recognised. */
#ifndef GATESHIFT_INGRESS_CONTROLLERS_PRIV_H
#define GATESHIFT_INGRESS_CONTROLLERS_PRIV_H

#include "ingress/ingress.h"

struct controller {
    const char *name;       /* for people */
    const char *controller; /* IngressClass spec.controller, also with "/..." behind; null: none */
    /* Further deployments of the same program are given controllers of this domain with this word in
     * them, such as k8s.io/internal-ingress-nginx; null: none. */
    const char *domain, *word;
    const char *class_names[4]; /* usual names of its class, and values of the old annotation */
    const char *prefixes[2];    /* of its annotations */
    enum ingress_owner owner;
    const char *plane; /* front end; null: none */
};
const struct controller *controller_by_name(struct slice controller);
/* By the name of a class whose object is not in the input. Several programs use the same name; then the
 * annotations decide, else the first row. A name that nobody is known for: the annotations alone. */
const struct controller *controller_by_class(struct slice class_name,
                                             const struct labels *annotations);
const struct controller *controller_by_plane(struct slice plane);
bool controller_has_class(const struct controller *controller, struct slice class_name);

#endif
