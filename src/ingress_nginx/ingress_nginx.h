/* Front end: what ingress-nginx (controller 1.15.1) does, as a route table.
 *
 * Mirrors the controller's own pipeline: Ingresses in its order, servers, locations, their sort, twins,
 * regex mode of a host, then rules. Annotations and settings are rows of two tables (name, scope, check,
 * what a bad value does, the effect that it sets); `explain` prints the same rows.
 *
 * Ownership: results live in the run's arena.
 * Errors:    diagnostics with letter N. What is not understood makes rules or parts of them unknown and is
 *            named; nothing is ignored without a word.
 * Threads:   none shared.
 * Source:    kubernetes/ingress-nginx controller v1.15.1; each rule cites its file. */
#ifndef GATESHIFT_INGRESS_NGINX_H
#define GATESHIFT_INGRESS_NGINX_H

#include "feature/feature.h"
#include "ingress/ingress.h"
#include "kube/kube.h"
#include "route/route.h"

struct ingress_nginx_options {
    struct slice version; /* --from-version; absent: of the controller's image, or "1.15.1" */
    struct slice
        controller_config; /* ConfigMap "namespace/name", absent: found by name and labels */
    /* where that ConfigMap, and the controller's Deployment or DaemonSet are; null: among the objects */
    const struct kube *settings;
    struct slice annotations_prefix; /* absent: nginx.ingress.kubernetes.io */
    const struct slice
        *flags; /* of the controller, "enable-ssl-passthrough", over its Deployment's */
    size_t flag_count;
};
/* Which classes the controllers take, by the flags of each Deployment or DaemonSet and those of the options. Reports
 * nothing. */
void ingress_nginx_choose(struct run *run, const struct kube *kube,
                          const struct ingress_nginx_options *options,
                          struct ingress_choice *choice);
/* The version whose rules apply: of the options, of the controller's image, or what AKS runs. */
struct slice ingress_nginx_version(const struct kube *kube,
                                   const struct ingress_nginx_options *options, bool aks);
/* Adds the entries of all Ingresses that the claims give to ingress-nginx. */
void ingress_nginx_build(struct run *run, const struct kube *kube,
                         const struct ingress_claims *claims,
                         const struct ingress_nginx_options *options, struct route_table *table);

/* How ingress_nginx_render writes. What runs is a part of `http` for nginx with its Lua and headers-more modules: the
 * controller's scripts are calls of a Lua module "oracle", which finds what they need in variables. */
struct nginx_text {
    bool runs; /* else for people: what the controller does by scripts is said in words */
    struct slice http, https; /* what stands after "listen" */
};
/* The server and location blocks that the controller writes for the same Ingresses, in its order, each with
 * where it comes from. Made from the controller's model of servers and locations, not from routes. Reports
 * what ingress_nginx_build reports; call one of both where that matters. False when nginx would refuse it. */
bool ingress_nginx_render(struct run *run, const struct kube *kube,
                          const struct ingress_claims *claims,
                          const struct ingress_nginx_options *options,
                          const struct nginx_text *text, struct buf *out);

/* One row of knowledge, for explain, coverage and tests. */
struct nginx_annotation_info {
    const char *name;        /* without prefix */
    const char *alias;       /* or null */
    const char *scope;       /* location, server, upstream, ingress, global */
    const char *accepts;     /* "true or false", "a size such as 8m" */
    const char *fallback;    /* default, for people */
    const char *bad_value;   /* what a bad value does */
    const char *risk;        /* above annotations-risk-level the Ingress is dropped */
    const char *text;        /* what it really does */
    enum feature_id feature; /* what it asks for */
    const char *treatment;   /* what of it is not understood, for people; null: nothing */
};
/* False past the end; sorted by name. */
bool nginx_annotation_info_at(size_t index, struct nginx_annotation_info *out);

/* A key of the controller's ConfigMap, or a flag of it. */
struct nginx_setting_info {
    const char *name;
    bool flag;
    const char *fallback, *text; /* null: nothing more is said of it */
    const char *treatment;       /* what becomes of it, for people */
    enum feature_id feature;     /* of keys: what it asks for */
};
/* False past the end; keys come first. */
bool nginx_setting_info_at(size_t index, struct nginx_setting_info *out);

#endif
