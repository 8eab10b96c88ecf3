#include "ingress/controllers_priv.h"

/* Who calls itself what. Sources: each controller's own class test and its IngressClass manifests; for AKS
 * the application routing operator, pkg/manifests/nginx.go and api/v1alpha1; for the last row the flag
 * -ingress-class of kubernetes-sigs/ingress-controller-conformance. */
static const struct controller controllers[] = {
    {.name = "AKS application routing",
     .controller = "webapprouting.kubernetes.azure.com/nginx",
     .class_names = {"webapprouting.kubernetes.azure.com", "nginx.approuting.kubernetes.azure.com"},
     .prefixes = {"kubernetes.azure.com/"},
     .owner = INGRESS_OWNER_NGINX,
     .plane = "aks-nginx"},
    {.name = "ingress-nginx",
     .controller = "k8s.io/ingress-nginx",
     .domain = "k8s.io/",
     .word = "nginx",
     .class_names = {"nginx"},
     .prefixes = {"nginx.ingress.kubernetes.io/"},
     .owner = INGRESS_OWNER_NGINX,
     .plane = "ingress-nginx"},
    {.name = "F5 NGINX Ingress Controller",
     .controller = "nginx.org/ingress-controller",
     .class_names = {"nginx"},
     .prefixes = {"nginx.org/", "nginx.com/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Traefik",
     .controller = "traefik.io/ingress-controller",
     .class_names = {"traefik"},
     .prefixes = {"traefik.ingress.kubernetes.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "HAProxy Kubernetes Ingress Controller",
     .controller = "haproxy.org/ingress-controller",
     .class_names = {"haproxy"},
     .prefixes = {"haproxy.org/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "HAProxy Ingress",
     .controller = "haproxy-ingress.github.io/controller",
     .class_names = {"haproxy"},
     .prefixes = {"haproxy-ingress.github.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Kong",
     .controller = "ingress-controllers.konghq.com/kong",
     .class_names = {"kong"},
     .prefixes = {"konghq.com/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "AWS Load Balancer Controller",
     .controller = "ingress.k8s.aws/alb",
     .class_names = {"alb"},
     .prefixes = {"alb.ingress.kubernetes.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "GKE Ingress",
     .class_names = {"gce", "gce-internal", "gce-regional-external", "gce-multi-cluster"},
     .prefixes = {"networking.gke.io/", "ingress.gcp.kubernetes.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Application Gateway Ingress Controller",
     .controller = "azure/application-gateway",
     .class_names = {"azure-application-gateway", "azure/application-gateway"},
     .prefixes = {"appgw.ingress.kubernetes.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Cilium",
     .controller = "cilium.io/ingress-controller",
     .class_names = {"cilium"},
     .prefixes = {"ingress.cilium.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "APISIX",
     .controller = "apisix.apache.org/apisix-ingress-controller",
     .class_names = {"apisix"},
     .prefixes = {"k8s.apisix.apache.org/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Contour",
     .controller = "projectcontour.io",
     .class_names = {"contour"},
     .prefixes = {"projectcontour.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Istio",
     .controller = "istio.io/ingress-controller",
     .class_names = {"istio"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "the controller under test",
     .class_names = {"conformance"},
     .owner = INGRESS_OWNER_NEUTRAL,
     .plane = "ingress-v1"},
};

static bool is_named(const struct controller *row, struct slice controller)
{
    struct slice name = slice_of(row->controller);
    return name.len && slice_starts(controller, name) &&
           (controller.len == name.len || controller.ptr[name.len] == '/');
}

static bool is_variant(const struct controller *row, struct slice controller)
{
    return row->domain && slice_starts(controller, slice_of(row->domain)) &&
           slice_contains(controller, slice_of(row->word));
}

const struct controller *controller_by_name(struct slice controller)
{
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        if (is_named(&controllers[i], controller)) {
            return &controllers[i];
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        if (is_variant(&controllers[i], controller)) {
            return &controllers[i];
        }
    }
    return NULL;
}

bool controller_has_class(const struct controller *controller, struct slice class_name)
{
    for (size_t i = 0; i < ARRAY_LEN(controller->class_names); i++) {
        if (controller->class_names[i] && slice_is(class_name, controller->class_names[i])) {
            return true;
        }
    }
    return false;
}

static bool has_annotation(const struct controller *controller, const struct labels *annotations)
{
    for (size_t p = 0; p < ARRAY_LEN(controller->prefixes); p++) {
        struct slice prefix = slice_of(controller->prefixes[p]);
        for (size_t a = 0; prefix.len && a < annotations->count; a++) {
            if (slice_starts(annotations->items[a].key, prefix)) {
                return true;
            }
        }
    }
    return false;
}

const struct controller *controller_by_class(struct slice class_name,
                                             const struct labels *annotations)
{
    const struct controller *named = NULL, *annotated = NULL;
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        const struct controller *row = &controllers[i];
        bool has_class = controller_has_class(row, class_name);
        bool evidence = has_annotation(row, annotations);
        if (has_class && evidence) {
            return row;
        }
        named = !named && has_class ? row : named;
        annotated = !annotated && evidence ? row : annotated;
    }
    return named ? named : annotated;
}

const struct controller *controller_by_plane(struct slice plane)
{
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        if (controllers[i].plane && slice_is(plane, controllers[i].plane)) {
            return &controllers[i];
        }
    }
    return NULL;
}
