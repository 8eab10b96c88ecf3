#include "gateway_api/policies_envoy_priv.h"

/* Backends of Envoy Gateway that routes name in the place of Services (envoyproxy/gateway v1.9
 * api/v1alpha1/backend_types.go). Understood: one endpoint with a name, and TLS. */

void envoy_index_backend(struct builder *builder, const struct policy_reader *reader,
                         const struct object *backend)
{
    policy_index(builder, reader, "Backend", backend->namespace, backend->name, backend);
}

/* "front.shop.svc.cluster.local": the address of a Service. */
static bool is_service(struct slice host, struct slice *name, struct slice *namespace)
{
    struct slice rest = host, first, second;
    bool is = slice_split(&rest, '.', &first) && slice_split(&rest, '.', &second) &&
              (slice_is(rest, "svc.cluster.local") || slice_is(rest, "svc"));
    *name = is ? first : *name;
    *namespace = is ? second : *namespace;
    return is;
}

/* A name outside of the cluster is known by the Service of type ExternalName that stands for it too. */
static void name_external(struct builder *builder, struct slice host, struct backend *backend)
{
    const struct service *service =
        (const void *)kube_find(builder->kube, KUBE_SERVICE, backend->namespace, backend->service);
    if (!service || !slice_is(service->type, "ExternalName") ||
        !slice_equal_fold(service->external_name, host)) {
        backend->service = host;
    }
}

static struct slice secret_of(struct builder *builder, const struct object *object,
                              const struct node *ref)
{
    struct slice name = policy_text(ref, "name");
    return name.len ? ARENA_JOIN(builder->run->arena, object->namespace, SLICE("/"), name)
                    : SLICE_ABSENT;
}

static bool read_tls(struct builder *builder, const struct object *object, const struct node *tls,
                     struct effects *effects)
{
    static const char *const known[] = {"insecureSkipVerify", "clientCertificateRef",
                                        "caCertificateRefs", "sni"};
    struct arena *arena = builder->run->arena;
    const struct node *skip = node_get(tls, "insecureSkipVerify");
    const struct node *authorities = node_get(tls, "caCertificateRefs");
    bool verify = !(skip && skip->kind == NODE_BOOL && skip->boolean);
    struct slice shown = secret_of(builder, object, node_get(tls, "clientCertificateRef"));
    struct slice trusted = policy_items(authorities) == 1
                               ? secret_of(builder, object, authorities->items[0])
                               : SLICE_ABSENT;
    if (!policy_has_only(tls, known, ARRAY_LEN(known)) || policy_items(authorities) > 1 ||
        verify != (trusted.len > 0)) {
        return false;
    }
    struct effect_source source = {object->kind_name, object->span};
    struct route_upstream_protocol *protocol = ARENA_NEW(arena, struct route_upstream_protocol);
    *protocol = (struct route_upstream_protocol){source, SLICE("HTTPS")};
    effects->upstream_protocol = protocol;
    struct slice sni = policy_text(tls, "sni");
    if (verify || shown.len || sni.len) {
        struct route_upstream_tls *effect = ARENA_NEW(arena, struct route_upstream_tls);
        *effect = (struct route_upstream_tls){.source = source,
                                              .secret = shown.len ? shown : trusted,
                                              .verify = verify,
                                              .name = sni,
                                              .server_name = sni.len > 0};
        effects->upstream_tls = effect;
    }
    return true;
}

bool envoy_backend_resolve(struct builder *builder, const struct object *object,
                           struct backend *backend)
{
    static const char *const known[] = {"endpoints", "tls", "type"};
    static const char *const endpoint_fields[] = {"fqdn"};
    const struct node *spec = node_get(object->root, "spec"), *tls = node_get(spec, "tls");
    const struct node *list = node_get(spec, "endpoints");
    const struct node *endpoint = policy_items(list) == 1 ? list->items[0] : NULL;
    const struct node *fqdn = node_get(endpoint, "fqdn"), *port = node_get(fqdn, "port");
    struct slice host = policy_text(fqdn, "hostname"), type = policy_text(spec, "type");
    struct effects *effects = ARENA_NEW(builder->run->arena, struct effects);
    if (!policy_has_only(spec, known, ARRAY_LEN(known)) || !fqdn || !host.len || !port ||
        port->kind != NODE_INT || (type.len && !slice_is(type, "Endpoints")) ||
        !policy_has_only(endpoint, endpoint_fields, ARRAY_LEN(endpoint_fields)) ||
        (tls && !read_tls(builder, object, tls, effects))) {
        return false;
    }
    backend->port = (uint16_t)port->integer;
    if (is_service(host, &backend->service, &backend->namespace)) {
        struct route_balancing *balancing = ARENA_NEW(builder->run->arena, struct route_balancing);
        *balancing = (struct route_balancing){.source = {object->kind_name, object->span},
                                              .service_address = true};
        effects->balancing = balancing;
    } else {
        backend->service = object->name;
        name_external(builder, host, backend);
    }
    backend->effects = effects;
    return true;
}
