/* Whose Ingress is it: which front end reads which Ingress, and what front ends for Ingress share.
 *
 * Ownership: claims live in the run's arena and point to the objects.
 * Errors:    diagnostics with letter I: an Ingress that nobody reads is named with the reason; one of a
 *            controller without a front end is named with its controller.
 * Threads:   read-only once built.
 * Source:    ingress-nginx internal/ingress/controller/store/store.go GetIngressClass; the other
 *            controllers' own class tests. */
#ifndef GATESHIFT_INGRESS_H
#define GATESHIFT_INGRESS_H

#include "kube/kube.h"
#include "route/route.h"
#include "run/run.h"

enum ingress_owner {
    INGRESS_OWNER_NONE,    /* no class: ignored */
    INGRESS_OWNER_NGINX,   /* ingress-nginx, also as AKS runs it */
    INGRESS_OWNER_NEUTRAL, /* a controller that is not known: Ingress v1 as the API defines it */
    INGRESS_OWNER_OTHER    /* a known controller that has no front end here */
};

struct ingress_claim {
    const struct ingress *ingress;
    enum ingress_owner owner;
    struct slice
        controller;     /* "k8s.io/ingress-nginx", "webapprouting.kubernetes.azure.com/nginx" */
    struct slice plane; /* ingress-nginx, aks-nginx, ingress-v1, or the other's name */
    /* Same text = same data plane = same address. The class name for the well-known ones. */
    struct slice gateway;
};
struct ingress_claims {
    struct ingress_claim *items; /* in the order of kube: namespace, name */
    size_t count;
    bool any_nginx; /* claimed by or a class of ingress-nginx is in the input */
    bool any_neutral;
};
/* Which classes one deployment of ingress-nginx takes, by its flags. */
struct ingress_taker {
    struct slice word;       /* --ingress-class: the class annotation that it takes */
    struct slice controller; /* --controller-class: of the IngressClasses that it takes */
    bool by_name;            /* --ingress-class-by-name: also the IngressClass named like `word` */
    bool classless;          /* --watch-ingress-without-class */
};
struct ingress_choice {
    struct slice from; /* --from: auto, ingress-nginx, aks-nginx, ingress-v1; absent: auto */
    struct slice ingress_class; /* --ingress-class: take only this class; absent: all */
    /* What is known of deployments of ingress-nginx; none: they run without such flags. */
    const struct ingress_taker *takers;
    size_t taker_count;
};
/* Names that --from takes, for messages and completion; null past the end. */
const char *ingress_from_name(size_t index);
void ingress_claim_all(struct run *run, const struct kube *kube,
                       const struct ingress_choice *choice, struct ingress_claims *out);

/* A field of an Ingress as the place that a rule comes from. */
struct origin ingress_origin(const struct ingress *ingress, struct slice field, struct span span);

/* The backend of an Ingress as a route backend: Service and port resolved in the input.
 * by_target: a port may also name a targetPort, as ingress-nginx accepts. In open inputs a missing Service
 * is assumed; its named port stays 0 with port_name set (diagnostic I-code, once per Service and port). status is set
 * for what cannot serve: `missing_status` without Service or port, `empty_status` without endpoints. */
struct backend ingress_backend_resolve(struct run *run, const struct kube *kube,
                                       struct slice namespace,
                                       const struct ingress_backend *backend, bool by_target,
                                       int64_t missing_status, int64_t empty_status);
#endif
