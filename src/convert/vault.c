#include "convert/convert_priv.h"

#include "aks/aks.h"

/* Certificates in Key Vault: application routing fetches them for a listener that names them in tls.options,
 * and fills in certificateRefs (Azure/aks-app-routing-operator
 * pkg/controller/keyvault; learn.microsoft.com/azure/aks/app-routing-gateway-api-dns-tls). */

/* Stands for a ServiceAccount where the Ingress named none. */
#define STAND_IN "gateway-certificates"

struct vault {
    struct aks_certificate certificate;
    const struct object *object; /* that asks for it */
    bool used;
};

static void vault_add(struct conversion *c, struct slice namespace, const struct object *object,
                      const struct aks_certificate *certificate)
{
    struct vault *vault = ARENA_NEW(c->arena, struct vault);
    *vault = (struct vault){.certificate = *certificate, .object = object};
    map_put(c->vaults, ARENA_JOIN(c->arena, namespace, SLICE("/"), certificate->secret), vault);
}

void vaults_read(struct conversion *c)
{
    c->vaults = map_new(c->arena);
    for (size_t i = 0; c->kube && i < c->kube->counts[KUBE_INGRESS]; i++) {
        const struct object *ingress = c->kube->objects[KUBE_INGRESS][i];
        kube_ahead(c->kube, KUBE_INGRESS, i);
        struct aks_certificate certificate;
        if (aks_certificate_read(c->run, ingress, &certificate)) {
            vault_add(c, ingress->namespace, ingress, &certificate);
        }
    }
    for (size_t i = 0; c->kube && i < c->table->entry_count; i++) {
        const struct object *object = aks_controller_find(c->kube, c->table->entries[i].gateway);
        struct aks_controller controller;
        if (!object) {
            continue;
        }
        aks_controller_read(c->run, object, &controller);
        if (controller.vault_uri.len &&
            !map_get(c->vaults,
                     ARENA_JOIN(c->arena, SLICE(AKS_NAMESPACE "/"), controller.secret))) {
            const struct aks_certificate certificate = {.uri = controller.vault_uri,
                                                        .secret = controller.secret,
                                                        .span = controller.vault_span};
            vault_add(c, SLICE(AKS_NAMESPACE), object, &certificate);
        }
    }
}

static struct vault *vault_of(const struct conversion *c, const struct listener_plan *listener)
{
    return map_get(c->vaults,
                   ARENA_JOIN(c->arena, listener->secret_namespace, SLICE("/"), listener->secret));
}

static struct origin origin_of(const struct object *object)
{
    return (struct origin){.kind = object->kind_name,
                           .namespace = object->namespace,
                           .name = object->name,
                           .span = object->span};
}

bool vault_has(const struct conversion *c, const struct listener_plan *listener)
{
    return c->options->target->on_aks && vault_of(c, listener);
}

struct node *vault_options(struct conversion *c, const struct listener_plan *listener,
                           struct slice own)
{
    struct vault *vault = vault_of(c, listener);
    if (!vault) {
        return NULL;
    }
    const struct aks_certificate *certificate = &vault->certificate;
    struct origin origin = origin_of(vault->object);
    bool named = certificate->service_account.len;
    struct slice account = named ? certificate->service_account : SLICE(STAND_IN);
    vault->used = true;
    if (!c->options->target->on_aks) {
        say(c, DIAG_C075, SEVERITY_WARNING, certificate->span, &origin,
            "Secret '" SLICE_FMT "/" SLICE_FMT
            "' is kept by AKS application routing for as long as "
            "this Ingress is there: before it goes, have the certificate of '" SLICE_FMT
            "' fetched by something else",
            SLICE_ARG(listener->secret_namespace), SLICE_ARG(listener->secret),
            SLICE_ARG(certificate->uri));
        return NULL;
    }
    struct node *options = node_map(c->nodes);
    node_set(c->nodes, options, "kubernetes.azure.com/tls-cert-keyvault-uri",
             node_string(c->nodes, certificate->uri));
    node_set(c->nodes, options, "kubernetes.azure.com/tls-cert-service-account",
             node_string(c->nodes, account));
    say(c, DIAG_C074, named ? SEVERITY_INFO : SEVERITY_WARNING, certificate->span, &origin,
        "the certificate in Key Vault becomes options of the listener, which are read with "
        "ServiceAccount '" SLICE_FMT "/" SLICE_FMT
        "': it needs workload identity and the role Key Vault "
        "Secrets User before the Gateway is applied%s",
        SLICE_ARG(own), SLICE_ARG(account),
        named
            ? ""
            : ", and its name is a stand-in, as the Ingress relies on the identity of the add-on");
    return options;
}

void vaults_say(struct conversion *c)
{
    for (const struct map_entry *e = map_first(c->vaults); e; e = map_next(e)) {
        const struct vault *vault = map_value(e);
        struct origin origin = origin_of(vault->object);
        if (!vault->used && origin_is_chosen(c, &origin)) {
            say(c, DIAG_C075, SEVERITY_WARNING, vault->certificate.span, &origin,
                "no listener is written that shows the certificate '" SLICE_FMT
                "' of Key Vault: no host is served by https with Secret '" SLICE_FMT "'",
                SLICE_ARG(vault->certificate.uri), SLICE_ARG(map_key(e)));
        }
    }
}
