/* What AKS application routing keeps beside Ingresses: objects of its controllers, and certificates in Key
 * Vault.
 *
 * Ownership: texts point into the objects, or live in the run's arena.
 * Errors:    a field of a wrong type counts as not given; nothing is reported.
 * Threads:   none shared.
 * Source:    Azure/aks-app-routing-operator api/v1alpha1/nginxingresscontroller_types.go, pkg/manifests/nginx.go,
 *            pkg/controller/keyvault; learn.microsoft.com/azure/aks/app-routing. */
#ifndef GATESHIFT_AKS_H
#define GATESHIFT_AKS_H

#include "kube/kube.h"

/* Classes of the add-on; others are those of NginxIngressControllers. */
#define AKS_CLASS "webapprouting.kubernetes.azure.com"

/* The NginxIngressController that has this IngressClass; null: it is not in the input. */
const struct object *aks_controller_find(const struct kube *kube, struct slice class_name);
/* Does the add-on serve this class, as far as the input and the well-known names tell? */
bool aks_serves(const struct kube *kube, struct slice class_name);

struct aks_scaling {
    int64_t min, max; /* pods */
    int64_t cpu;      /* percent */
    struct span span; /* of the field; none: what the operator takes where nothing is said */
};
struct aks_controller {
    struct labels load_balancer; /* annotations of its Service, with their places */
    struct slices source_ranges;
    struct span source_span;
    struct aks_scaling scaling;
    struct slice vault_uri; /* of the default certificate; absent: none in Key Vault */
    struct span vault_span;
    struct slice secret; /* that the operator keeps that certificate in, in AKS_NAMESPACE */
};
#define AKS_NAMESPACE "app-routing-system"
void aks_controller_read(struct run *run, const struct object *object, struct aks_controller *out);

/* A certificate in Key Vault that an Ingress asks for. */
struct aks_certificate {
    struct slice uri;
    struct slice service_account; /* absent: the add-on's own identity fetches it */
    struct slice secret;          /* that the operator keeps it in, in the Ingress's namespace */
    bool managed;     /* the operator writes spec.tls itself, with the hosts of all rules */
    struct span span; /* of the annotation with the URI */
};
/* False when it asks for none. */
bool aks_certificate_read(struct run *run, const struct object *ingress,
                          struct aks_certificate *out);
/* Annotations that aks_certificate_read reads. */
bool aks_is_certificate_key(struct slice key);

#endif
