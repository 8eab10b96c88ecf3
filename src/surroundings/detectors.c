/* What is looked for, one row each, and how. */
#include "surroundings/surroundings_priv.h"

/* ---- who may connect ----------------------------------------------------------------------- */

/* A peer, or a rule without peers, that lets in whoever comes. */
static bool admits_all(const struct node *rules)
{
    for (uint32_t i = 0; rules && rules->kind == NODE_LIST && i < rules->count; i++) {
        const struct node *from = node_get(rules->items[i], "from");
        if (!from || from->kind != NODE_LIST || !from->count) {
            return true;
        }
        for (uint32_t p = 0; p < from->count; p++) {
            const struct node *namespaces = node_get(from->items[p], "namespaceSelector");
            if (namespaces && namespaces->kind == NODE_MAP && !namespaces->count &&
                !node_get(from->items[p], "podSelector")) {
                return true;
            }
        }
    }
    return false;
}

static bool detect_network_policy(struct search *search, const struct object *object)
{
    const struct node *rules = tree_at(object->root, "spec.ingress");
    bool plain = slice_is(object->kind_name, "NetworkPolicy") &&
                 slice_is(kube_group(object->api_version), "networking.k8s.io");
    if (is_controller(search, object->namespace) || (plain && admits_all(rules))) {
        return true; /* goes with the controller; or needs no change */
    }
    rules = rules ? rules : tree_at(object->root, "spec.rules");
    const struct node *node = tree_find(search, rules, is_controller, NULL);
    if (node) {
        found(search, node->span,
              "traffic is let in from '" SLICE_FMT "', where the old controller is",
              SLICE_ARG(node->text));
    }
    return true;
}

/* ---- certificates -------------------------------------------------------------------------- */

static bool detect_issuer(struct search *search, const struct object *object)
{
    const struct node *solvers = tree_at(object->root, "spec.acme.solvers");
    for (uint32_t i = 0; solvers && solvers->kind == NODE_LIST && i < solvers->count; i++) {
        const struct node *ingress = tree_at(solvers->items[i], "http01.ingress");
        if (ingress) {
            found(
                search, ingress->span,
                "the solver http01.ingress answers challenges through the old controller, so that "
                "certificates are not renewed without it");
        }
    }
    return true;
}

static bool is_ingress_kind(const struct search *search, struct slice text)
{
    (void)search;
    return slice_is(text, "Ingress") || slice_is(text, "ingresses") ||
           slice_ends(text, SLICE("/Ingress"));
}

static bool detect_owned(struct search *search, const struct object *object)
{
    const struct node *owners =
        object->root ? tree_at(object->root, "metadata.ownerReferences") : NULL;
    const struct node *node = tree_find(search, owners, is_ingress_kind, NULL);
    if (node) {
        found(search, node->span, "an Ingress owns the object, which is deleted together with it");
    }
    return node != NULL;
}

/* ---- who drives Ingresses ------------------------------------------------------------------ */

static bool detect_rollout(struct search *search, const struct object *object)
{
    const struct node *nginx = tree_at(object->root, "spec.strategy.canary.trafficRouting.nginx");
    if (nginx) {
        found(
            search, nginx->span,
            "trafficRouting.nginx sends weights to canary Ingresses, which no longer get traffic");
    }
    return true;
}

static bool detect_canary(struct search *search, const struct object *object)
{
    const struct node *provider = tree_at(object->root, "spec.provider");
    const struct node *ingress = tree_at(object->root, "spec.ingressRef");
    bool nginx = provider && slice_is(provider->text, "nginx");
    if (nginx || ingress) {
        found(search, ingress ? ingress->span : provider->span,
              "the canary sends weights to an Ingress, which no longer gets traffic");
    }
    return true;
}

/* By what other programs mark the objects that they made: helm.sh/docs, Argo CD's resource tracking, Flux's
 * kustomize and helm controllers. */
static const struct {
    const char *key, *program;
} marks[] = {
    {"meta.helm.sh/release-name", "Helm release"},
    {"helm.toolkit.fluxcd.io/name", "Flux HelmRelease"},
    {"kustomize.toolkit.fluxcd.io/name", "Flux Kustomization"},
    {"argocd.argoproj.io/tracking-id", "Argo CD application"},
    {"argocd.argoproj.io/instance", "Argo CD application"},
    {"helm.sh/chart", "Helm chart"},
};

static bool detect_owner(struct search *search, const struct object *object)
{
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        const struct label *mark = labels_find(&object->annotations, marks[i].key);
        mark = mark ? mark : labels_find(&object->labels, marks[i].key);
        if (mark) {
            struct slice value = slice_sub(mark->value, 0, slice_find(mark->value, ':', 0));
            found(search, mark->span, "the Ingress is made by %s '" SLICE_FMT "'", marks[i].program,
                  SLICE_ARG(value));
            return true;
        }
    }
    return true;
}

/* The first "ingress: {enabled: true}" in the values of a chart. */
static const struct node *enabled_ingress(const struct node *node)
{
    const struct node *inner = NULL;
    for (uint32_t i = 0; node && node->kind == NODE_MAP && !inner && i < node->count; i++) {
        const struct pair *pair = &node->pairs[i];
        const struct node *enabled =
            slice_is(pair->key, "ingress") ? node_get(pair->value, "enabled") : NULL;
        bool on = enabled && enabled->kind == NODE_BOOL && enabled->boolean;
        inner = on ? enabled : enabled_ingress(pair->value);
    }
    return inner;
}

static bool detect_release(struct search *search, const struct object *object)
{
    static const char *const values[] = {"spec.values", "spec.source.helm.valuesObject",
                                         "spec.valuesObject"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        const struct node *node = enabled_ingress(tree_at(object->root, values[i]));
        if (node) {
            found(search, node->span, "the values of the chart ask for an Ingress");
        }
    }
    return true;
}

/* ---- policies about Ingresses --------------------------------------------------------------- */

static bool is_ingress_word(const struct search *search, struct slice text)
{
    return is_ingress_kind(search, text) || slice_contains(text, SLICE("\"Ingress\""));
}

static bool detect_policy(struct search *search, const struct object *object)
{
    const struct node *node =
        tree_find(search, tree_at(object->root, "spec"), is_ingress_word, NULL);
    if (node) {
        found(search, node->span, "the policy looks at Ingresses");
    }
    return true;
}

static bool detect_webhook(struct search *search, const struct object *object)
{
    const struct node *webhooks = tree_at(object->root, "webhooks");
    for (uint32_t i = 0; webhooks && webhooks->kind == NODE_LIST && i < webhooks->count; i++) {
        const struct node *service = tree_at(webhooks->items[i], "clientConfig.service");
        const struct node *node = tree_find(search, service, is_controller, NULL);
        if (node) {
            found(search, node->span, "the API server asks the old controller about each Ingress");
            return true;
        }
    }
    return true;
}

/* ---- metrics -------------------------------------------------------------------------------- */

static bool is_metric(const struct search *search, struct slice text)
{
    (void)search;
    return slice_contains(text, SLICE("nginx_ingress_"));
}

static void say_metric(struct search *search, struct span span, size_t count)
{
    found(search, span, "metrics of the old controller (nginx_ingress_...) are used in %zu place%s",
          count, count == 1 ? "" : "s");
}

static bool detect_metrics(struct search *search, const struct object *object)
{
    size_t count = 0;
    if (object->kind == KUBE_CONFIG_MAP) {
        const struct labels *data = &((const struct config_map *)(const void *)object)->data;
        struct span span = object->span;
        for (size_t i = data->count; i-- > 0;) {
            if (is_metric(search, data->items[i].value)) {
                count++;
                span = data->items[i].span;
            }
        }
        if (count) {
            say_metric(search, span, count);
        }
        return count > 0;
    }
    const struct node *node = tree_find(search, object->root, is_metric, &count);
    if (node) {
        say_metric(search, node->span, count);
    }
    return true;
}

static bool is_scaling_source(const struct search *search, struct slice text)
{
    return is_metric(search, text) || slice_is(text, "Ingress");
}

static bool detect_scaling(struct search *search, const struct object *object)
{
    static const char *const places[] = {"spec.metrics", "spec.triggers"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const struct node *node =
            tree_find(search, tree_at(object->root, places[i]), is_scaling_source, NULL);
        if (node) {
            found(search, node->span,
                  "replicas follow a metric of the old controller or of an Ingress ('" SLICE_FMT
                  "')",
                  SLICE_ARG(slice_sub(node->text, 0, 60)));
        }
    }
    return true;
}

static bool detect_monitor(struct search *search, const struct object *object)
{
    const struct node *node =
        tree_find(search, tree_at(object->root, "spec.selector"), is_controller, NULL);
    node = node ? node
                : tree_find(search, tree_at(object->root, "spec.namespaceSelector"), is_controller,
                            NULL);
    if (node) {
        found(search, node->span, "metrics are collected from the old controller ('" SLICE_FMT "')",
              SLICE_ARG(node->text));
    }
    return true;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_ingress_source(const struct search *search, struct slice text)
{
    (void)search;
    return slice_is(text, "--source=ingress");
}

static bool is_gateway_source(const struct search *search, struct slice text)
{
    (void)search;
    return slice_starts(text, SLICE("--source=gateway-"));
}

static bool detect_external_dns(struct search *search, const struct object *object)
{
    const struct node *pods = tree_at(object->root, "spec.template.spec");
    const struct node *node = tree_find(search, pods, is_ingress_source, NULL);
    if (node && !tree_find(search, pods, is_gateway_source, NULL)) {
        found(search, node->span, "external-dns makes records of Ingresses, and not of routes");
    }
    return node || tree_find(search, pods, is_gateway_source, NULL);
}

static bool detect_alias(struct search *search, const struct object *object)
{
    const struct service *service = (const struct service *)(const void *)object;
    struct slice name = service->external_name, rest = name, part;
    bool inside = slice_contains(name, SLICE(".svc"));
    while (inside && slice_split(&rest, '.', &part)) {
        if (is_controller(search, part)) {
            found(search, object->span,
                  "the Service stands for '" SLICE_FMT "', the old controller", SLICE_ARG(name));
            return true;
        }
    }
    return false;
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct detector detectors[] = {
    /* networking.k8s.io/v1; docs.cilium.io policies; docs.tigera.io; istio.io AuthorizationPolicy. Label of
     * pods: gateway-api GEP-1762. */
    {{DIAG_S002, "NetworkPolicies", "NetworkPolicies that admit the old controller alone",
      "admit the pods of the new data plane as well (most carry the label "
      "gateway.networking.k8s.io/gateway-name), or connections end in timeouts",
      false},
     {{"NetworkPolicy", "networking.k8s.io"},
      {"CiliumNetworkPolicy", "cilium.io"},
      {"CiliumClusterwideNetworkPolicy", "cilium.io"},
      {"NetworkPolicy", "crd.projectcalico.org"},
      {"NetworkPolicy", "projectcalico.org"},
      {"GlobalNetworkPolicy", "projectcalico.org"},
      {"AuthorizationPolicy", "security.istio.io"}},
     detect_network_policy},
    /* cert-manager.io/docs/configuration/acme/http01 */
    {{DIAG_S003, "Issuers (cert-manager)", "Issuers and ClusterIssuers with http01.ingress solvers",
      "add a solver http01.gatewayHTTPRoute whose parentRefs name the http listener of the Gateway "
      "(cert-manager runs with --enable-gateway-api), or use dns01",
      true},
     {{"Issuer", "cert-manager.io"}, {"ClusterIssuer", "cert-manager.io"}},
     detect_issuer},
    /* argoproj.github.io/argo-rollouts, plugin argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi */
    {{DIAG_S004, "Rollouts (Argo)", "Argo Rollouts with trafficRouting.nginx",
      "use the plugin 'argoproj-labs/gatewayAPI' with the HTTPRoute and its namespace under "
      "trafficRouting.plugins",
      true},
     {{"Rollout", "argoproj.io"}},
     detect_rollout},
    /* docs.flagger.app/tutorials/gatewayapi-progressive-delivery */
    {{DIAG_S004, "Canaries (Flagger)", "Flagger Canaries with provider nginx",
      "set 'provider: gatewayapi:v1' and service.gatewayRefs, and take ingressRef away; Flagger "
      "then writes the HTTPRoute itself",
      true},
     {{"Canary", "flagger.app"}},
     detect_canary},
    /* kyverno.io/docs/writing-policies; open-policy-agent.github.io/gatekeeper; admissionregistration.k8s.io */
    {{DIAG_S005, "admission policies (Kyverno, Gatekeeper)",
      "policies of Kyverno, Gatekeeper or the API server about Ingresses",
      "write the same for HTTPRoutes and Gateways, or what it forbids is allowed there", false},
     {{"ClusterPolicy", "kyverno.io"},
      {"Policy", "kyverno.io"},
      {"*", "policies.kyverno.io"},
      {"*", "constraints.gatekeeper.sh"},
      {"ConstraintTemplate", "templates.gatekeeper.sh"},
      {"ValidatingAdmissionPolicy", "admissionregistration.k8s.io"},
      {"MutatingAdmissionPolicy", "admissionregistration.k8s.io"}},
     detect_policy},
    /* prometheus-operator.dev; docs.victoriametrics.com/operator; grafana.github.io/grafana-operator */
    {{DIAG_S006, "alerts and dashboards",
      "alerts, recording rules and dashboards on nginx_ingress_ metrics",
      "write them on the metrics of the new data plane; those of the old one fall silent, so an "
      "alert on them never fires again",
      false},
     {{"PrometheusRule", NULL},
      {"VMRule", "operator.victoriametrics.com"},
      {"GrafanaDashboard", NULL},
      {"ConfigMap", ""}},
     detect_metrics},
    /* k8s.io/api autoscaling/v2; keda.sh/docs/scalers/prometheus */
    {{DIAG_S007, "autoscalers (HorizontalPodAutoscaler, KEDA)",
      "HorizontalPodAutoscalers and ScaledObjects on metrics of the controller",
      "scale on metrics of the new data plane or of the application, before traffic moves: without "
      "data replicas stay as they are, or fall to the minimum",
      false},
     {{"HorizontalPodAutoscaler", "autoscaling"},
      {"ScaledObject", "keda.sh"},
      {"ScaledJob", "keda.sh"}},
     detect_scaling},
    /* kubernetes-sigs/external-dns docs/sources/gateway.md */
    {{DIAG_S008, "external-dns", "external-dns with --source=ingress only",
      "add --source=gateway-httproute (and gateway-grpcroute where they are used) and the "
      "permission to list Gateways, routes and Namespaces; until then the names keep pointing at "
      "the old address",
      false},
     {{"Deployment", "apps"}},
     detect_external_dns},
    {{DIAG_S009, "Ingresses of Helm, Argo CD and Flux", "Ingresses that Helm, Argo CD or Flux own",
      "change it where it is made: what is deleted by hand comes back, and what has to stay for a "
      "rollback is deleted with its release",
      false},
     {{"Ingress", "networking.k8s.io"}},
     detect_owner},
    {{DIAG_S009, "charts (HelmRelease, Application)", "charts whose values ask for an Ingress",
      "keep it on until nobody needs the old controller for a rollback, and see whether the chart "
      "can write an HTTPRoute instead",
      false},
     {{"HelmRelease", NULL}, {"Application", "argoproj.io"}, {"HelmChart", "helm.cattle.io"}},
     detect_release},
    /* prometheus-operator.dev; AKS managed Prometheus has the same kinds in azmonitoring.coreos.com */
    {{DIAG_S010, "monitors (ServiceMonitor, PodMonitor)",
      "ServiceMonitors and PodMonitors of the controller",
      "add one for the new data plane; this one goes together with the controller", false},
     {{"ServiceMonitor", NULL}, {"PodMonitor", NULL}},
     detect_monitor},
    {{DIAG_S011, "Services of type ExternalName",
      "Services that stand for the controller's inside the cluster",
      "let it name the Service of the new Gateway, or its clients still get to the old controller",
      true},
     {{"Service", ""}},
     detect_alias},
    /* cert-manager.io/docs/usage/ingress: the Certificate of an annotated Ingress is owned by it */
    {{DIAG_S012, "Certificates of annotated Ingresses",
      "objects that an Ingress owns, such as Certificates of annotated Ingresses",
      "write it as an object of its own, or have it made for the Gateway, before the Ingress is "
      "deleted: the Secret of such a Certificate is no longer renewed",
      false},
     {{"*", NULL}},
     detect_owned},
    /* kubernetes/ingress-nginx deploy/static: ValidatingWebhookConfiguration ingress-nginx-admission */
    {{DIAG_S013, "ValidatingWebhookConfigurations",
      "the webhook of the controller (ValidatingWebhookConfiguration)",
      "delete it together with the controller: without its Service no Ingress can be created or "
      "changed any more, not even for a rollback",
      false},
     {{"ValidatingWebhookConfiguration", "admissionregistration.k8s.io"}},
     detect_webhook},
};

const struct detector *detector_at(size_t index)
{
    return index < ARRAY_LEN(detectors) ? &detectors[index] : NULL;
}
