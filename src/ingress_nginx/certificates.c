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
static bool choose_managed(struct model *model, const struct server *server,
                           const struct ingress *ingress, struct certificate *out)
{
    struct aks_certificate vault;
    if (!model->aks || !aks_certificate_read(model->run, &ingress->object, &vault) ||
        !vault.managed) {
        return false;
    }
    *out = (struct certificate){.namespace = ingress->object.namespace,
                                .secret = vault.secret,
                                .host = server->host,
                                .vault = vault.uri,
                                .span = vault.span};
    return true;
}

/* False when the Ingress asks for no TLS. Without a Secret in it the certificate is the controller's default one;
 * *refused is the entry whose Secret gives none. */
static bool choose(struct model *model, const struct server *server, const struct ingress *ingress,
                   struct certificate *out, const struct ingress_tls **refused)
{
    *out = (struct certificate){0};
    *refused = NULL;
    if (choose_managed(model, server, ingress, out) || ingress->tls_count == 0) {
        return out->secret.len > 0;
    }
    /* Any TLS section makes the host one with a certificate, be it the default one. */
    struct slice through = SLICE_ABSENT;
    const struct ingress_tls *tls = tls_for(model, ingress, server->host, &through);
    if (!tls) {
        return true;
    }
    /* That TLS was asked for counts, also where the default certificate is shown in the end. */
    out->host = through;
    out->span = tls->span;
    if (!tls->secret.len) {
        return true;
    }
    const struct secret *secret = find_secret(model, ingress, tls->secret);
    bool usable = secret ? secret_has_certificate(secret) : !run_secrets_closed(model->run);
    if (secret && secret->certificate_names.count && !secret_covers(secret, server->host)) {
        usable = false;
    }
    if (!usable) {
        *refused = tls;
        return true;
    }
    *out = (struct certificate){.namespace = ingress->object.namespace,
                                .secret = tls->secret,
                                .host = through,
                                .vault = vault_of(model, ingress, tls->secret),
                                .span = tls->span};
    return true;
}

static struct slice certificate_text(struct model *model, const struct certificate *certificate)
{
    return certificate->secret.len
               ? arena_printf(model->run->arena, "Secret '" SLICE_FMT "/" SLICE_FMT "'",
                              SLICE_ARG(certificate->namespace), SLICE_ARG(certificate->secret))
               : SLICE("the controller's default certificate");
}

/* The host has that of another Ingress already. An older one that asks for nothing for this host is nothing to
 * correct; one whose age is not known might be the first, and the host had the default certificate. */
static void yield(struct model *model, const struct server *server, const struct item *item)
{
    struct certificate own;
    const struct certificate *shown = &server->certificate;
    const struct ingress_tls *refused;
    const struct item *first = server->certificate_item;
    if (first == item || !choose(model, server, item->ingress, &own, &refused) ||
        (slice_equal(own.secret, shown->secret) && slice_equal(own.namespace, shown->namespace)) ||
        (!own.secret.len && order_is_known(first->ingress, item->ingress))) {
        return;
    }
    struct slice what = arena_printf(
        model->run->arena,
        "host '" SLICE_FMT "' shows " SLICE_FMT ", as its first Ingress with a TLS section says, "
        "and not " SLICE_FMT ", as this one says",
        SLICE_ARG(server->host), SLICE_ARG(certificate_text(model, shown)),
        SLICE_ARG(certificate_text(model, &own)));
    const struct yielding yielding = {first, item,
                                      own.span.line ? own.span : item->ingress->object.span, what,
                                      "name one Secret for the host in both"};
    rivals_yield(model, DIAG_N040, &yielding);
}

void certificate_choose(struct model *model, struct server *server, const struct item *item)
{
    const struct ingress_tls *refused;
    if (server->has_certificate) {
        yield(model, server, item);
        return;
    }
    server->has_certificate = choose(model, server, item->ingress, &server->certificate, &refused);
    server->certificate_item = item;
    if (refused) {
        diag_at(model->run->diag, DIAG_N014, refused->span, item->ingress->object.subject,
                "Secret '" SLICE_FMT "' gives no certificate for host '" SLICE_FMT
                "', so the controller's default certificate is shown",
                SLICE_ARG(refused->secret), SLICE_ARG(server->host));
    }
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
