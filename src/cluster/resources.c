#include "cluster/cluster_priv.h"

/* One row for each kind, or group of kinds, that decides what requests get or how a migration is done. */
static const struct resource_row rows[] = {
    {"networking.k8s.io", "ingressclasses", KEEP_SPEC, true},
    {"networking.k8s.io", "ingresses", KEEP_STATUS, false},
    {"networking.k8s.io", "networkpolicies", KEEP_SPEC, false},
    {"", "namespaces", KEEP_SPEC, true},
    {"", "services", KEEP_STATUS, false},
    {"", "configmaps", KEEP_NAMED, false},
    {"", "secrets", KEEP_FACTS, false},
    {"discovery.k8s.io", "endpointslices", KEEP_SPEC, false},
    {"apps", "deployments", KEEP_WORKLOADS, false},
    {"apps", "daemonsets", KEEP_WORKLOADS, false},
    {"approuting.kubernetes.azure.com", "nginxingresscontrollers", KEEP_STATUS, true},
    {"gateway.networking.k8s.io", "gatewayclasses", KEEP_STATUS, true},
    {"gateway.networking.k8s.io", "*", KEEP_STATUS, false},
    {"gateway.networking.x-k8s.io", "xmeshes", KEEP_STATUS, true},
    {"gateway.networking.x-k8s.io", "*", KEEP_STATUS, false},
    /* policies of implementations */
    {"gateway.envoyproxy.io", "*", KEEP_SPEC, false},
    {"gateway.nginx.org", "*", KEEP_SPEC, false},
    {"networking.istio.io", "*", KEEP_SPEC, false},
    {"security.istio.io", "*", KEEP_SPEC, false},
    {"extensions.istio.io", "*", KEEP_SPEC, false},
    /* other owners of Ingresses, certificates and names */
    {"cert-manager.io", "issuers", KEEP_SPEC, false},
    {"cert-manager.io", "clusterissuers", KEEP_SPEC, true},
    {"cert-manager.io", "certificates", KEEP_SPEC, false},
    {"externaldns.k8s.io", "dnsendpoints", KEEP_SPEC, false},
    {"argoproj.io", "rollouts", KEEP_ROLLOUT, false},
    {"flagger.app", "canaries", KEEP_SPEC, false},
};

const struct resource_row *resource_row_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

/* Names of the Helm chart and of AKS application routing. */
static const struct named_row named_rows[] = {
    {"configmaps", "app-routing-system", "nginx"},
    {"deployments.apps", "app-routing-system", "nginx"},
    {"configmaps", "ingress-nginx", "ingress-nginx-controller"},
    {"deployments.apps", "ingress-nginx", "ingress-nginx-controller"},
};

const struct named_row *named_row_at(size_t index)
{
    return index < ARRAY_LEN(named_rows) ? &named_rows[index] : NULL;
}
