#include "ingress_nginx/model_priv.h"

#include "aks/aks.h"

/* Which certificate a host shows, and for which names the controller has one (controller.go, createServers;
 * controller/nginx.go, configureCertificates). */

static bool secret_covers(const struct secret *secret, struct slice host)
{
    for (size_t i = 0; i < secret->certificate_names.count; i++) {
        struct slice name = secret->certificate_names.items[i];
        struct host_pattern pattern = {
            slice_starts(name, SLICE("*.")) ? HOST_ONE_LABEL : HOST_EXACT, name, NULL};
        if (slice_equal(name, host) || host_pattern_matches(&pattern, host)) {
            return true;
        }
    }
    return false;
}

static const struct secret *find_secret(const struct model *model, const struct ingress *ingress,
                                        struct slice name)
{
    return (const struct secret *)(const void *)kube_find(model->kube, KUBE_SECRET,
                                                          ingress->object.namespace, name);
}

static const struct ingress_tls *tls_for(const struct model *model, const struct ingress *ingress,
                                         struct slice host, struct slice *through)
{
    for (size_t t = 0; t < ingress->tls_count; t++) {
        for (size_t h = 0; h < ingress->tls[t].host_count; h++) {
            if (slice_equal_fold(ingress->tls[t].hosts[h], host)) {
                *through = host;
                return &ingress->tls[t];
            }
        }
    }
    /* else the first Secret whose certificate names the host; a Secret that is not in the input is taken
     * to name what its tls entry lists */
    for (size_t t = 0; t < ingress->tls_count; t++) {
        const struct ingress_tls *tls = &ingress->tls[t];
        const struct secret *secret = find_secret(model, ingress, tls->secret);
        if (secret && secret->certificate_names.count) {
            if (secret_covers(secret, host)) {
                *through = host;
                return tls;
            }
            continue;
        }
        for (size_t h = 0; h < tls->host_count; h++) {
            struct host_pattern pattern = {HOST_ONE_LABEL, tls->hosts[h], NULL};
            if (slice_starts(tls->hosts[h], SLICE("*.")) && host_pattern_matches(&pattern, host)) {
                *through = tls->hosts[h];
                return tls;
            }
        }
    }
    return NULL;
}

/* Where the operator of AKS fetches a Secret from, for the Ingress whose name is in its own. */
static struct slice vault_of(const struct model *model, const struct ingress *ingress,
                             struct slice secret)
{
    struct slice prefix = SLICE("keyvault-");
    const struct object *owner =
        model->aks && slice_starts(secret, prefix)
            ? kube_find(model->kube, KUBE_INGRESS, ingress->object.namespace,
                        slice_sub(secret, prefix.len, secret.len))
            : NULL;
    struct aks_certificate vault;
    return owner && aks_certificate_read(model->run, owner, &vault) ? vault.uri : SLICE_ABSENT;
}

/* The operator of AKS writes spec.tls itself, with the hosts of all rules (pkg/controller/keyvault). */
static bool choose_managed(struct model *model, struct server *server,
                           const struct ingress *ingress)
{
    struct aks_certificate vault;
    if (!model->aks || !aks_certificate_read(model->run, &ingress->object, &vault) ||
        !vault.managed) {
        return false;
    }
    server->has_certificate = true;
    server->certificate = (struct certificate){.namespace = ingress->object.namespace,
                                               .secret = vault.secret,
                                               .host = server->host,
                                               .vault = vault.uri,
                                               .span = vault.span};
    return true;
}

void certificate_choose(struct model *model, struct server *server, const struct ingress *ingress)
{
    if (server->has_certificate || choose_managed(model, server, ingress) ||
        ingress->tls_count == 0) {
        return;
    }
    /* Any TLS section makes the host one with a certificate, be it the default one. */
    server->has_certificate = true;
    struct slice through = SLICE_ABSENT;
    const struct ingress_tls *tls = tls_for(model, ingress, server->host, &through);
    if (!tls) {
        return;
    }
    /* That TLS was asked for counts, also where the default certificate is shown in the end. */
    server->certificate.host = through;
    server->certificate.span = tls->span;
    if (!tls->secret.len) {
        return;
    }
    const struct secret *secret = find_secret(model, ingress, tls->secret);
    bool usable = secret ? secret_has_certificate(secret) : !run_secrets_closed(model->run);
    if (secret && secret->certificate_names.count && !secret_covers(secret, server->host)) {
        usable = false;
    }
    if (!usable) {
        diag_at(model->run->diag, DIAG_N014, tls->span, ingress->object.subject,
                "Secret '" SLICE_FMT "' gives no certificate for host '" SLICE_FMT
                "', so the controller's default certificate is shown",
                SLICE_ARG(tls->secret), SLICE_ARG(server->host));
        return;
    }
    server->certificate = (struct certificate){.namespace = ingress->object.namespace,
                                               .secret = tls->secret,
                                               .host = through,
                                               .vault = vault_of(model, ingress, tls->secret),
                                               .span = tls->span};
}

static bool listed(const struct ingress *ingress, struct slice name)
{
    for (size_t t = 0; t < ingress->tls_count; t++) {
        for (size_t h = 0; h < ingress->tls[t].host_count; h++) {
            if (slice_equal_fold(ingress->tls[t].hosts[h], name)) {
                return true;
            }
        }
    }
    return false;
}

/* Another name of a host has a certificate only where the host's certificate names it. */
bool certificate_covers(const struct model *model, const struct server *server, struct slice alias)
{
    const struct secret *secret = (const struct secret *)(const void *)kube_find(
        model->kube, KUBE_SECRET, server->certificate.namespace, server->certificate.secret);
    if (secret && secret->certificate_names.count) {
        return secret_covers(secret, alias);
    }
    /* a Secret that is assumed to exist is assumed to name what its Ingress lists */
    for (size_t i = 0; !run_secrets_closed(model->run) && i < server->item_count; i++) {
        if (listed(server->items[i]->ingress, alias)) {
            return true;
        }
    }
    return false;
}

void certificates_collect(struct model *model)
{
    model->certified = map_new(model->scratch);
    for (size_t i = 0; i < model->server_count; i++) {
        struct server *server = model->servers[i];
        if (!server->has_certificate) {
            continue;
        }
        map_put(model->certified, server->host, server);
        model->any_wide_certificate =
            model->any_wide_certificate || slice_starts(server->host, SLICE("*."));
        for (size_t a = 0; a < server->alias_count; a++) {
            if (certificate_covers(model, server, server->aliases[a])) {
                map_put(model->certified, server->aliases[a], server);
                model->any_wide_certificate =
                    model->any_wide_certificate || slice_starts(server->aliases[a], SLICE("*."));
            }
        }
    }
}

/* The script looks for a certificate of the host, then of "*." and the host less its first label
 * (rootfs/etc/nginx/lua/certificate.lua, get_pem_cert_uid). Names that no server has end in "_", and there
 * are none for it. */
static const struct server *certified_server(const struct model *model, struct slice host)
{
    if (slice_is(host, "_")) {
        return NULL;
    }
    const struct server *server = map_get(model->certified, host);
    size_t dot = slice_find(host, '.', 0);
    if (server || dot == host.len || !model->any_wide_certificate) {
        return server;
    }
    return map_get(model->certified,
                   ARENA_JOIN(model->scratch, SLICE("*"), slice_sub(host, dot, host.len)));
}

bool model_redirects(const struct model *model, struct slice host)
{
    return certified_server(model, host) != NULL;
}

struct certificate certificate_of(const struct model *model, struct slice host)
{
    const struct server *server = certified_server(model, host);
    return server ? server->certificate : (struct certificate){0};
}
