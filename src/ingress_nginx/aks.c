#include "ingress_nginx/model_priv.h"

#include "aks/aks.h"

/* AKS application routing: what its operator gives the controllers it runs (Azure/aks-app-routing-operator,
 * pkg/manifests/nginx.go, api/v1alpha1/nginxingresscontroller_types.go). */

static struct slice text_at(const struct node *map, const char *name)
{
    const struct node *node = map ? node_get(map, name) : NULL;
    return node && node->kind == NODE_STRING ? node->text : SLICE_ABSENT;
}

static bool true_at(const struct node *map, const char *name)
{
    const struct node *node = map ? node_get(map, name) : NULL;
    return node && node->kind == NODE_BOOL && node->boolean;
}

/* "namespace/name" */
static struct slice reference_at(struct run *run, const struct node *map)
{
    struct slice namespace = text_at(map, "namespace"), name = text_at(map, "name");
    return name.len ? ARENA_JOIN(run->arena, namespace, SLICE("/"), name) : SLICE_ABSENT;
}

static void default_certificate(struct run *run, const struct object *object,
                                const struct node *spec, struct settings *out)
{
    const struct node *certificate = node_get(spec, "defaultSSLCertificate");
    if (!certificate) {
        return;
    }
    out->force_ssl_redirect = true_at(certificate, "forceSSLRedirect");
    struct slice secret = reference_at(run, node_get(certificate, "secret"));
    if (text_at(certificate, "keyVaultURI").len) {
        /* pkg/controller/keyvault: the operator keeps the certificate in a Secret of this name */
        struct aks_controller controller;
        aks_controller_read(run, object, &controller);
        secret = ARENA_JOIN(run->arena, SLICE(AKS_NAMESPACE "/"), controller.secret);
        out->default_vault = controller.vault_uri;
    }
    out->default_certificate = secret.len ? secret : out->default_certificate;
}

/* What has no part in how a request is answered. A back end says what becomes of it. */
static void say_rest(struct run *run, const struct object *object, const struct node *spec)
{
    static const struct {
        const char *field, *advice;
    } rows[] = {
        {"loadBalancerAnnotations", "annotations of the load balancer in front of it"},
        {"loadBalancerSourceRanges", "the load balancer lets in only these addresses"},
        {"scaling", "how many pods run"},
        {"logFormat", "the format of the access log"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct node *node = spec ? node_get(spec, rows[i].field) : NULL;
        if (node) {
            diag_at(run->diag, DIAG_N034, node->span, object->subject,
                    "'spec.%s' has no part in what is compared: %s", rows[i].field, rows[i].advice);
        }
    }
}

static void custom_errors(struct run *run, const struct object *object, const struct node *spec,
                          struct settings *out)
{
    const struct node *codes = node_get(spec, "customHTTPErrors");
    if (codes && codes->kind == NODE_LIST && codes->count) {
        struct effect_source source = {SLICE("customHTTPErrors"), codes->span};
        out->unknown = unknown_add(run, out->unknown, ASPECT_ROUTING, source,
                                   SLICE("'spec.customHTTPErrors' of the controller's object is "
                                         "not understood yet"));
        diag_at(run->diag, DIAG_N011, codes->span, object->subject,
                "'spec.customHTTPErrors' is not understood yet; which errors the default backend "
                "answers is unknown on every host");
    }
}

void aks_read(struct run *run, const struct kube *kube, struct slice class_name,
              struct settings *out)
{
    out->allow_snippets = true;
    out->risk = RISK_CRITICAL;
    out->cross_namespace = true;
    out->validates = true;
    out->blocklist = SLICE("load_module,lua_package,_by_lua,location,root,proxy_pass,"
                           "serviceaccount,{,},'");
    const struct object *object = aks_controller_find(kube, class_name);
    const struct node *spec = object ? node_get(object->root, "spec") : NULL;
    if (!spec) {
        return;
    }
    default_certificate(run, object, spec, out);
    struct slice backend = reference_at(run, node_get(spec, "defaultBackendService"));
    out->default_backend = backend.len ? backend : out->default_backend;
    out->no_http = true_at(spec, "httpDisabled");
    out->ssl_passthrough = out->ssl_passthrough || true_at(spec, "enableSSLPassthrough");
    custom_errors(run, object, spec, out);
    say_rest(run, object, spec);
}
