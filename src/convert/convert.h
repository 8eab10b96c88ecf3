/* Back ends: a route table as Gateway API objects for a target.
 *
 * Reads route tables only. What the objects mean is not decided here: they are written as YAML and
 * read back by the Gateway front end wherever they are compared.
 *
 * Ownership: what is written lives in the run's arena.
 * Limits:    those of the CRDs: 64 listeners, 16 rules, 64 matches a rule, 128 a route, 16
 *            hostnames, 32 parents; more of anything becomes more objects.
 * Errors:    diagnostics with letter C, at the place that set what cannot be expressed, with
 *            advice. An effect of a rule is converted or named; there is no third way.
 * Threads:   none shared.
 * Source:    gateway-api apis/v1 and its CRDs; AKS documentation of the managed Gateway API. */
#ifndef GATESHIFT_CONVERT_H
#define GATESHIFT_CONVERT_H

#include "document/document.h"
#include "feature/feature.h"
#include "kube/kube.h"
#include "profile/profile.h"
#include "route/route.h"

enum support {
    SUPPORT_EXACT, /* behaves the same */
    SUPPORT_NEAR,  /* differs as `text` says */
    SUPPORT_NONE   /* cannot be said; `text` is the advice */
};
/* How well a target can express an effect; one row for each effect, or it does not compile. */
struct capability {
    enum effect_id effect;
    enum support support;
    const char *text;
};
/* The same for a feature that is no effect. */
struct feature_capability {
    enum feature_id feature;
    enum support support;
    const char *text;
};
struct vendor;
struct target {
    const char *name;    /* standard, aks-approuting */
    const char *profile; /* name of the profile that its objects are written for and read back by */
    const char *text;
    size_t gateway_name_max; /* bytes; some implementations derive longer names from it */
    bool on_aks; /* Azure's load balancer, certificates in Key Vault, and the ConfigMap of AKS */
    const char
        *mutual_option; /* of tls.options, with MUTUAL: certificates of clients; null: none */
    const char *revocation_advice; /* where ca.crl of a Secret with a CA is not read; null: it is */
    const struct vendor *vendor;   /* what it says in kinds of its own; null: nothing */
    struct capability capabilities[EFFECT_COUNT];
    /* Features that are more or less than their effect; for the others those of `standard` hold, or where the
     * target has words of its own on the effect, these. */
    const struct feature_capability *features;
    size_t feature_count;
};
const struct target *target_find(struct slice name);
const struct target *target_at(size_t index); /* null past the end */
/* How well a target can say a feature with a release and channel; FEATURE_none is exact. */
struct feature_capability target_capability(const struct target *target, enum feature_id feature,
                                            int api_minor, bool experimental);
const char *support_name(enum support support); /* "exact", "near", "none" */
/* Release 1.x of Gateway API that brought what says a feature, in a channel; 0: all have it, SINCE_NEVER: none. */
enum { SINCE_NEVER = 99 };
int feature_since(enum feature_id feature, bool experimental);
/* How it reads what is written; never null. */
const struct gateway_profile *target_profile(const struct target *target);

/* Where Gateways live, and who may attach to them. */
enum layout {
    LAYOUT_AUTO,          /* beside the apps when these are in one namespace, else shared */
    LAYOUT_PER_NAMESPACE, /* one beside the apps of each namespace */
    LAYOUT_SHARED,        /* one for all, in a namespace of its own */
    LAYOUT_LISTENER_SETS  /* the same, with a ListenerSet beside the apps of each namespace */
};
const char *convert_layout_name(size_t index); /* null past the end */
enum layout convert_layout_find(struct slice name);

/* Which Ingresses are written. Routing is worked out over all of them. */
struct convert_choice {
    struct slice namespace;                /* absent: any */
    const struct label_selector *selector; /* null: any */
    const struct slice *hosts; /* "a.example.com", "*.example.com" with all below it; lower case */
    size_t host_count;         /* 0: any */
};

/* Exact: what the controller really does, as far as the target can say it. Intent: what the author wrote, where that is
 * plain: a path keeps its pathType though regular expressions spread over its host. */
enum fidelity { FIDELITY_EXACT, FIDELITY_INTENT };
const char *convert_fidelity_name(size_t index); /* null past the end */

struct convert_options {
    const struct target *target;
    enum fidelity fidelity;
    int api_minor;              /* Gateway API 1.x: 2 to 6; default 5 */
    bool experimental;          /* channel */
    struct slice gateway_class; /* absent: the target's */
    struct slice gateway_namespace,
        gateway_name; /* an existing Gateway; name absent: one is written */
    enum layout layout;
    struct slice
        shared_namespace; /* of Gateways that several namespaces share; absent: "gateways" */
    struct convert_choice choice;
    /* A group that may change what the apps of a namespace got, by a Role and a RoleBinding there;
     * "{namespace}" stands for its name. Absent: none is written. */
    struct slice owners;
};
void convert_options_default(struct convert_options *options);
/* Why the target, the release or another option does not go with the layout; absent when all is well. */
struct slice convert_layout_refused(struct arena *arena, const struct convert_options *options);
/* "1.5", "v1.5.1", "1.5.1" to the minor; false when gateshift does not know that release. */
bool convert_api_version(struct slice text, int *minor);
/* Release of Gateway API that AKS installs with its Kubernetes `version` ("1.35"); false when
 * unknown. */
bool convert_aks_version(struct slice version, int *minor);

/* One object, complete, as a YAML document without "---". */
struct converted_object {
    const char *kind;
    size_t rank;                  /* of the kind in the order to apply, from 0 */
    struct slice namespace, name; /* namespace: empty for what has none */
    bool of_platform;             /* who runs Gateways owns it, not who runs the app */
    struct slice yaml;
};
/* A strategic merge patch for a Service that exists: its ports with their appProtocol. */
struct converted_patch {
    struct slice namespace, service;
    struct slice yaml;
};
/* A ConfigMap that is not written, as it has to be made from the ca.crt of a Secret; objects refer to it. */
struct converted_authority {
    struct slice namespace, name, secret_namespace, secret_name;
};
struct converted {
    /* in the order to apply: Namespace, Gateway, ListenerSet, ReferenceGrant, filters, HTTPRoute, the
     * target's own kinds; by namespace and name within a kind */
    struct converted_object *objects;
    size_t count, capacity;
    size_t gateways, listeners, routes;
    struct converted_patch *patches; /* by namespace and name */
    size_t patch_count, patch_capacity;
    struct converted_authority *authorities;
    size_t authority_count, authority_capacity;
};
void convert_table(struct run *run, const struct kube *kube, const struct route_table *table,
                   const struct convert_options *options, struct converted *out);
/* Files of a folder, in a fixed order; paths are relative to it. */
struct converted_file {
    struct slice path, text;
};
struct converted_files {
    struct converted_file *items;
    size_t count, capacity;
};
/* platform/NAMESPACE and apps/NAMESPACE with a file for each object and a kustomization.yaml for each folder.
 * Patches are in folders of their own, which no kustomization names and kubectl apply does not read. */
void converted_tree(struct run *run, const struct converted *converted, bool json,
                    struct converted_files *out);
/* A file for each object, side by side. */
void converted_flat(struct run *run, const struct converted *converted, bool json,
                    struct converted_files *out);
/* All objects as YAML documents. */
void converted_write(const struct converted *converted, struct buf *out);
/* What an object says of itself. */
struct converted_source {
    struct slice api_version;
    struct slice
        source; /* "Ingress shop/web, Ingress shop/api": what it was written for; absent: for all */
};
/* One for each object. */
const struct converted_source *converted_sources(struct run *run,
                                                 const struct converted *converted);
/* The tree of an object, read from its text. */
struct node *converted_read(struct run *run, const struct converted_object *object);

#endif
