#include "convert/envoy_priv.h"

/* Backends of Envoy Gateway: names outside of the cluster, and TLS that verifies nothing or shows a certificate
 * (envoyproxy/gateway v1.9 api/v1alpha1/backend_types.go). */

static const struct service *external_service(struct conversion *c, const struct backend *backend)
{
    const struct service *service =
        (const void *)kube_find(c->kube, KUBE_SERVICE, backend->namespace, backend->service);
    return service && slice_is(service->type, "ExternalName") ? service : NULL;
}

static struct node *endpoints_node(struct conversion *c, struct slice host, int64_t port)
{
    struct node *list = node_list(c->nodes), *item = node_map(c->nodes);
    struct node *name = policy_map(c, item, "fqdn");
    node_set(c->nodes, name, "hostname", node_string(c->nodes, host));
    node_set(c->nodes, name, "port", node_int(c->nodes, port));
    node_add(c->nodes, list, item);
    return list;
}

static struct node *ref_node(struct conversion *c, struct slice name)
{
    struct node *ref = node_map(c->nodes);
    node_set(c->nodes, ref, "group", text_node(c, ""));
    node_set(c->nodes, ref, "kind", text_node(c, "Secret"));
    node_set(c->nodes, ref, "name", node_string(c->nodes, name));
    return ref;
}

static struct node *tls_node(struct conversion *c, const struct route_upstream_tls *tls)
{
    struct node *node = node_map(c->nodes), *authorities = node_list(c->nodes);
    bool shown = tls && tls->secret.len, verify = shown && tls->verify;
    if (verify) {
        node_add(c->nodes, authorities, ref_node(c, secret_name(tls->secret)));
        node_set(c->nodes, node, "caCertificateRefs", authorities);
    } else {
        node_set(c->nodes, node, "insecureSkipVerify", node_bool(c->nodes, true));
    }
    if (shown) {
        node_set(c->nodes, node, "clientCertificateRef", ref_node(c, secret_name(tls->secret)));
    }
    if (tls && is_dns_subdomain(tls->name) && (verify || tls->server_name)) {
        node_set(c->nodes, node, "sni", node_string(c->nodes, tls->name));
    }
    return node;
}

/* A Secret is looked for in the namespace of the Backend. */
static bool secret_is_near(const struct route_upstream_tls *tls, struct slice namespace)
{
    struct slice rest = tls ? tls->secret : SLICE_ABSENT, own;
    return !rest.len || (slice_split(&rest, '/', &own) && slice_equal(own, namespace));
}

static bool speaks_https(const struct emission *e)
{
    return rule_speaks_tls(e->rule) &&
           slice_is(e->rule->effects.upstream_protocol->protocol, "HTTPS") &&
           !backend_tls_is_written(e->c, e->rule) &&
           secret_is_near(e->rule->effects.upstream_tls, rule_namespace(e->rule));
}

bool envoy_backend(struct emission *e, const struct backend *backend, struct node *ref)
{
    struct conversion *c = e->c;
    const struct service *external = external_service(c, backend);
    bool tls = speaks_https(e);
    struct slice host = external ? arena_lower(c->arena, external->external_name)
                                 : ARENA_JOIN(c->arena, backend->service, SLICE("."),
                                              backend->namespace, SLICE(".svc.cluster.local"));
    if (!slice_equal(backend->namespace, rule_namespace(e->rule)) ||
        (!external && (!tls || !backend->service.len)) || !is_dns_subdomain(host)) {
        return false;
    }
    struct node *spec = node_map(c->nodes);
    node_set(c->nodes, spec, "endpoints", endpoints_node(c, host, backend->port));
    if (tls) {
        node_set(c->nodes, spec, "tls", tls_node(c, e->rule->effects.upstream_tls));
    }
    struct slice name = policy_named(e, ENVOY_BACKEND, backend->service, spec);
    node_set(c->nodes, ref, "group", text_node(c, "gateway.envoyproxy.io"));
    node_set(c->nodes, ref, "kind", text_node(c, "Backend"));
    node_set(c->nodes, ref, "name", node_string(c->nodes, name));
    say(c, DIAG_C002, SEVERITY_WARNING, backend->span.line ? backend->span : e->rule->origin.span,
        &e->rule->origin,
        "Service '" SLICE_FMT "/" SLICE_FMT "' becomes a Backend, which Envoy Gateway takes only "
        "with extensionApis.enableBackend in its configuration%s",
        SLICE_ARG(backend->namespace), SLICE_ARG(backend->service),
        external ? ""
                 : ", and it leads to the Service's address, so that endpoints are chosen by "
                   "the cluster");
    return true;
}

/* Said where no Backend says it. */
void envoy_upstream_protocol(struct emission *e, const void *effect)
{
    if (!speaks_https(e)) {
        emit_as_standard(e, EFFECT_upstream_protocol, effect);
    }
}

void envoy_upstream_tls(struct emission *e, const void *effect)
{
    const struct route_upstream_tls *tls = effect;
    if (!speaks_https(e)) {
        emit_as_standard(e, EFFECT_upstream_tls, effect);
    } else if (tls->secret.len) {
        say_effect(e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
                   "protocols, ciphers and the length of chains towards the backend are those of "
                   "Envoy, beside '" SLICE_FMT "'",
                   SLICE_ARG(tls->source.name));
    }
}
