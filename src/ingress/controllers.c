#include "ingress/controllers_priv.h"

/* Who calls itself what. Sources: each controller's own class test; for AKS the application routing
 * operator, pkg/manifests/nginx.go. */
static const struct controller controllers[] = {
    {.name = "aks-nginx", .controller = "webapprouting.kubernetes.azure.com/nginx",
     .class_names = {"webapprouting.kubernetes.azure.com", "nginx.approuting.kubernetes.azure.com"},
     .owner = INGRESS_OWNER_NGINX, .plane = "aks-nginx"},
    {.name = "ingress-nginx", .controller = "k8s.io/ingress-nginx", .class_names = {"nginx"},
     .prefixes = {"nginx.ingress.kubernetes.io/"},
     .owner = INGRESS_OWNER_NGINX, .plane = "ingress-nginx"},
    {.name = "F5 NGINX", .controller = "nginx.org/ingress-controller",
     .prefixes = {"nginx.org/", "nginx.com/"}, .owner = INGRESS_OWNER_OTHER},
    {.name = "Traefik", .controller = "traefik.io/ingress-controller", .class_names = {"traefik"},
     .prefixes = {"traefik.ingress.kubernetes.io/"}, .owner = INGRESS_OWNER_OTHER},
    {.name = "HAProxy (haproxytech)", .controller = "haproxy.org/ingress-controller",
     .prefixes = {"haproxy.org/"}, .owner = INGRESS_OWNER_OTHER},
    {.name = "HAProxy Ingress", .controller = "haproxy-ingress.github.io/controller",
     .class_names = {"haproxy"}, .prefixes = {"haproxy-ingress.github.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Kong", .controller = "ingress-controllers.konghq.com/kong", .class_names = {"kong"},
     .prefixes = {"konghq.com/"}, .owner = INGRESS_OWNER_OTHER},
    {.name = "AWS Load Balancer Controller", .controller = "ingress.k8s.aws/alb",
     .class_names = {"alb"}, .prefixes = {"alb.ingress.kubernetes.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "GKE Ingress",
     .class_names = {"gce", "gce-internal", "gce-regional-external", "gce-multi-cluster"},
     .prefixes = {"networking.gke.io/", "ingress.gcp.kubernetes.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Application Gateway Ingress Controller", .controller = "azure/application-gateway",
     .class_names = {"azure-application-gateway", "azure/application-gateway"},
     .prefixes = {"appgw.ingress.kubernetes.io/"}, .owner = INGRESS_OWNER_OTHER},
    {.name = "Cilium", .controller = "cilium.io/ingress-controller", .class_names = {"cilium"},
     .prefixes = {"ingress.cilium.io/"}, .owner = INGRESS_OWNER_OTHER},
    {.name = "APISIX", .controller = "apisix.apache.org/apisix-ingress-controller",
     .class_names = {"apisix"}, .prefixes = {"k8s.apisix.apache.org/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Contour", .class_names = {"contour"}, .prefixes = {"projectcontour.io/"},
     .owner = INGRESS_OWNER_OTHER},
    {.name = "Istio", .controller = "istio.io/ingress-controller", .class_names = {"istio"},
     .owner = INGRESS_OWNER_OTHER},
};

/* Some controllers append "/<class>" to their name. */
const struct controller *controller_by_name(struct slice controller)
{
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        struct slice name = slice_of(controllers[i].controller);
        if (name.len && slice_starts(controller, name) &&
            (controller.len == name.len || controller.ptr[name.len] == '/')) {
            return &controllers[i];
        }
    }
    return NULL;
}

const struct controller *controller_by_class(struct slice class_name)
{
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        for (size_t n = 0; n < ARRAY_LEN(controllers[i].class_names); n++) {
            if (controllers[i].class_names[n] && slice_is(class_name, controllers[i].class_names[n])) {
                return &controllers[i];
            }
        }
    }
    return NULL;
}

const struct controller *controller_by_annotations(const struct labels *annotations)
{
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        for (size_t n = 0; n < ARRAY_LEN(controllers[i].prefixes); n++) {
            for (size_t a = 0; controllers[i].prefixes[n] && a < annotations->count; a++) {
                if (slice_starts(annotations->items[a].key, slice_of(controllers[i].prefixes[n]))) {
                    return &controllers[i];
                }
            }
        }
    }
    return NULL;
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
