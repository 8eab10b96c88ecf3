/* Annotations of other programs: where their Gateway form lives. */
#include "ingress_nginx/annotations_priv.h"

#include "aks/aks.h"

/* The first row whose prefix fits. */
static const struct {
    const char *prefix, *advice;
} owners[] = {
    /* cert-manager.io/docs/usage/gateway, cert-manager.io/docs/configuration/acme/http01 */
    {"acme.cert-manager.io/", "cert-manager has solvers for Gateway API in the Issuer: "
                              "http01.gatewayHTTPRoute with parentRefs in place of http01.ingress"},
    {"cert-manager.io/",
     "cert-manager reads it on the Gateway that has the https listener (started "
     "with enableGatewayAPI)"},
    {"kubernetes.io/tls-acme",
     "cert-manager reads it on Ingresses alone; a Gateway names its issuer"},
    /* kubernetes-sigs/external-dns docs/annotations/annotations.md, source/gateway.go */
    {"external-dns.alpha.kubernetes.io/target",
     "external-dns reads it on the Gateway (with --source=gateway-httproute)"},
    {"external-dns.kubernetes.io/target",
     "external-dns reads it on the Gateway (with --source=gateway-httproute)"},
    {"external-dns.alpha.kubernetes.io/access", "external-dns reads it on Services alone"},
    {"external-dns.kubernetes.io/access", "external-dns reads it on Services alone"},
    {"external-dns.alpha.kubernetes.io/",
     "external-dns reads it on the HTTPRoute (with --source=gateway-httproute)"},
    {"external-dns.kubernetes.io/",
     "external-dns reads it on the HTTPRoute (with --source=gateway-httproute)"},
    {"argocd.argoproj.io/",
     "Argo CD reads it on every object; write it on the Gateway and HTTPRoutes"},
    {"meta.helm.sh/", "Helm writes it itself on the objects of a chart"},
};

static const char *advice_for(struct slice key)
{
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        if (slice_starts(key, slice_of(owners[i].prefix))) {
            return owners[i].advice;
        }
    }
    return "look up where the program that reads it expects it with Gateway API";
}

void annotation_foreign(struct run *run, const struct ingress *ingress, const struct label *label)
{
    static const char *const bookkeeping[] = {"kubernetes.io/ingress.class",
                                              "kubectl.kubernetes.io/last-applied-configuration"};
    if (slice_is_one_of(label->key, bookkeeping, ARRAY_LEN(bookkeeping)) ||
        aks_is_certificate_key(label->key)) { /* a back end says what becomes of it */
        return;
    }
    diag_at(run->diag, DIAG_N009, label->span, ingress->object.subject,
            "annotation '" SLICE_FMT "' is not of this controller; %s", SLICE_ARG(label->key),
            advice_for(label->key));
}
