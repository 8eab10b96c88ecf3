#include "gateway_api/policies_envoy_priv.h"

void assume(struct builder *builder, const char *kind, struct slice namespace, struct slice name)
{
    struct slice key =
        arena_printf(builder->run->arena, "%s " SLICE_FMT "%s" SLICE_FMT, kind,
                     SLICE_ARG(namespace), namespace.len ? "/" : "", SLICE_ARG(name));
    map_put(builder->assumed, key, builder);
}

/* ---- the protocol spoken to a backend ----------------------------------------------------- */

/* appProtocol of a Service port. The first are the standard's (GEP-1911), the others Istio's
 * (pkg/config/kube/conversion.go, ConvertProtocol). */
static const struct app_protocol {
    const char *name, *protocol;
    bool standard;
} app_protocols[] = {
    {"kubernetes.io/h2c", "H2C", true}, {"kubernetes.io/ws", "WS", true},
    {"kubernetes.io/wss", "WSS", true}, {"grpc", "GRPC", false},
    {"grpc-web", "GRPC", false},        {"http2", "H2C", false},
    {"https", "HTTPS", false},          {"http", "HTTP", false},
};

static struct slice protocol_of(struct builder *builder, const struct service_port *port)
{
    for (size_t i = 0; i < ARRAY_LEN(app_protocols); i++) {
        const struct app_protocol *row = &app_protocols[i];
        if (slice_equal_fold(port->app_protocol, slice_of(row->name)) &&
            (row->standard || builder->profile->reads_app_protocol)) {
            return slice_of(row->protocol);
        }
    }
    return SLICE_ABSENT;
}

static bool is_stream(const struct http_route *route)
{
    return slice_is(route->object.kind_name, "TLSRoute") ||
           slice_is(route->object.kind_name, "TCPRoute") ||
           slice_is(route->object.kind_name, "UDPRoute");
}

/* What becomes of what a backend would get that does not serve. */
static struct slice loss(struct builder *builder, const struct http_route *route, int64_t status)
{
    return slice_is(route->object.kind_name, "UDPRoute")
               ? SLICE("its share of the packets is dropped")
           : is_stream(route)
               ? SLICE("its share of the connections is closed")
               : arena_printf(builder->run->arena,
                              "its share of the requests is answered with %lld", (long long)status);
}

/* The first fault of a route is what its condition ResolvedRefs is about. */
static void note_unresolved(struct builder *builder, const struct http_route *route,
                            const char *reason, struct slice message)
{
    if (!map_get(builder->unresolved, route->object.subject)) {
        struct fault *fault = ARENA_NEW(builder->run->arena, struct fault);
        *fault = (struct fault){reason, message};
        map_put(builder->unresolved, route->object.subject, fault);
    }
}

/* A reference to nothing gets its share of the requests answered with 500 (HTTPRouteRule.backendRefs in
 * apis/v1/httproute_types.go). */
static void invalid(struct builder *builder, const struct http_route *route, enum diag_code code,
                    const char *reason, struct backend *backend, struct slice fault)
{
    backend->status = 500;
    backend->reason = fault;
    note_unresolved(builder, route, reason, fault);
    diag_at(builder->run->diag, code, backend->span, route->object.subject,
            SLICE_FMT "; " SLICE_FMT, SLICE_ARG(fault), SLICE_ARG(loss(builder, route, 500)));
}

static void set_protocol(struct builder *builder, const struct http_route *route,
                         const struct service *service, const struct service_port *port,
                         struct backend *backend)
{
    struct arena *arena = builder->run->arena;
    struct slice protocol = protocol_of(builder, port);
    struct effect_source source = {SLICE("Service port appProtocol"), service->object.span};
    const struct policy_state *policy = tls_policy_find(builder, service, port->name);
    if (policy) {
        protocol = slice_is(protocol, "H2C") || slice_is(protocol, "GRPC") ? SLICE("GRPCS")
                                                                           : SLICE("HTTPS");
        source = (struct effect_source){SLICE("BackendTLSPolicy"), policy->policy->object.span};
    }
    if (policy && policy->unusable) {
        invalid(builder, route, DIAG_G050, policy->unresolved.reason, backend,
                arena_printf(arena,
                             "connections to Service '" SLICE_FMT "/" SLICE_FMT
                             "' need TLS by '" SLICE_FMT "', which cannot be used",
                             SLICE_ARG(service->object.namespace), SLICE_ARG(service->object.name),
                             SLICE_ARG(policy->policy->object.subject)));
    } else if (!policy && slice_is(protocol, "WSS")) {
        invalid(builder, route, DIAG_G050, "UnsupportedProtocol", backend,
                arena_printf(arena,
                             "port %u of Service '" SLICE_FMT "/" SLICE_FMT
                             "' has the appProtocol kubernetes.io/wss, which needs a "
                             "BackendTLSPolicy (UnsupportedProtocol)",
                             port->port, SLICE_ARG(service->object.namespace),
                             SLICE_ARG(service->object.name)));
    }
    if (protocol.ptr) {
        struct route_upstream_protocol *effect = ARENA_NEW(arena, struct route_upstream_protocol);
        *effect = (struct route_upstream_protocol){source, protocol};
        struct effects *effects = ARENA_NEW(arena, struct effects);
        effects->upstream_protocol = effect;
        effects->upstream_tls = policy ? tls_policy_effect(builder, policy) : NULL;
        backend->effects = effects;
    }
}

/* ---- references --------------------------------------------------------------------------- */

/* Kinds that some implementations serve; what becomes of their requests is not known here. Any other
 * kind is invalid (RouteReasonInvalidKind in apis/v1/shared_types.go). */
static const struct {
    const char *group, *kind;
} foreign_kinds[] = {
    {"gateway.envoyproxy.io", "Backend"},
    {"gateway.kgateway.dev", "Backend"},
    {"inference.networking.k8s.io", "InferencePool"},
    {"inference.networking.x-k8s.io", "InferencePool"},
    {"multicluster.x-k8s.io", "ServiceImport"},
    {"net.gke.io", "ServiceImport"},
    {"networking.istio.io", "Hostname"},
};

static bool is_foreign(const struct object_ref *ref)
{
    for (size_t i = 0; i < ARRAY_LEN(foreign_kinds); i++) {
        if (slice_is(ref->group, foreign_kinds[i].group) &&
            slice_is(ref->kind, foreign_kinds[i].kind)) {
            return true;
        }
    }
    return false;
}

static void external_name(struct builder *builder, const struct http_route *route,
                          const struct object_ref *ref, struct backend *backend,
                          const struct unknown **unknown)
{
    enum external_names names = builder->profile->external_names;
    bool resolved = names == EXTERNAL_NAMES_RESOLVED;
    if (names == EXTERNAL_NAMES_SERVED ||
        (resolved && builder->resolvers && builder->resolvers == builder->gateway_count)) {
        return;
    }
    if (names == EXTERNAL_NAMES_REFUSED || (resolved && !builder->resolvers)) {
        invalid(builder, route, DIAG_G026, "BackendNotFound", backend,
                arena_printf(builder->run->arena,
                             "Service '" SLICE_FMT "' is of type ExternalName, which is refused%s",
                             SLICE_ARG(ref->name),
                             resolved ? " by Gateways without a dnsResolver" : ""));
        return;
    }
    diag_at(builder->run->diag, DIAG_G026, ref->span, route->object.subject,
            "Service '" SLICE_FMT
            "' is of type ExternalName, which implementations should not serve",
            SLICE_ARG(ref->name));
    *unknown = unknown_add(builder->run, *unknown, ASPECT_ROUTING,
                           (struct effect_source){SLICE("backendRefs"), ref->span},
                           SLICE("a backend is a Service of type ExternalName"));
}

/* A Service that is not in the input is taken to be there, and policies for all of it hold. */
static void assume_service(struct builder *builder, const struct http_route *route,
                           const struct object_ref *ref, struct backend *backend)
{
    const struct service service = {
        .object = {.namespace = ref->namespace, .name = ref->name, .span = ref->span}};
    const struct service_port port = {.port = ref->port};
    assume(builder, "Service", ref->namespace, ref->name);
    set_protocol(builder, route, &service, &port, backend);
}

static void resolve_service(struct builder *builder, const struct http_route *route,
                            const struct object_ref *ref, const struct service *service,
                            struct backend *backend, const struct unknown **unknown)
{
    struct arena *arena = builder->run->arena;
    if (slice_is(service->type, "ExternalName")) {
        external_name(builder, route, ref, backend, unknown);
        return;
    }
    const struct service_port *port = service_port_find(service, ref->port, SLICE_ABSENT);
    if (!port) {
        invalid(builder, route, DIAG_G013, "BackendNotFound", backend,
                arena_printf(arena, "Service '" SLICE_FMT "/" SLICE_FMT "' has no port %u",
                             SLICE_ARG(backend->namespace), SLICE_ARG(ref->name), ref->port));
        return;
    }
    backend->port_name = port->name;
    if (builder->profile->refuses_h2c && slice_is(route->object.kind_name, "HTTPRoute") &&
        slice_is(port->app_protocol, "kubernetes.io/h2c")) {
        invalid(builder, route, DIAG_G013, "UnsupportedProtocol", backend,
                arena_printf(arena, "%s speaks no h2c to backends (UnsupportedProtocol)",
                             builder->profile->version));
        return;
    }
    set_protocol(builder, route, service, port, backend);
    if (!backend->status && kube_endpoints(builder->kube, service) == ENDPOINTS_NONE) {
        backend->status = 503;
        backend->reason =
            arena_printf(arena, "Service '" SLICE_FMT "/" SLICE_FMT "' has no ready endpoints",
                         SLICE_ARG(backend->namespace), SLICE_ARG(ref->name));
        diag_at(builder->run->diag, DIAG_G027, backend->span, route->object.subject,
                SLICE_FMT "; " SLICE_FMT, SLICE_ARG(backend->reason),
                SLICE_ARG(loss(builder, route, 503)));
    }
}

struct backend backend_resolve(struct builder *builder, const struct http_route *route,
                               const struct object_ref *given, const struct unknown **unknown)
{
    struct arena *arena = builder->run->arena;
    struct object_ref ref = *given;
    ref.namespace = ref.namespace.len ? ref.namespace : route->object.namespace;
    struct backend backend = {.namespace = ref.namespace,
                              .service = ref.name,
                              .port = ref.port,
                              .weight = 1,
                              .span = ref.span};
    bool foreign = is_foreign(&ref);
    if (!foreign && (ref.group.len || !slice_is(ref.kind, "Service"))) {
        invalid(builder, route, DIAG_G010, "InvalidKind", &backend,
                arena_printf(arena,
                             "a backend of kind '" SLICE_FMT "' cannot be served (InvalidKind)",
                             SLICE_ARG(ref.kind)));
        return backend;
    }
    /* A missing grant hides whether the target exists. */
    if (!slice_equal(ref.namespace, route->object.namespace) &&
        !kube_reference_granted(builder->kube, SLICE(GATEWAY_GROUP), route->object.kind_name,
                                route->object.namespace, &ref)) {
        invalid(builder, route, DIAG_G012, "RefNotPermitted", &backend,
                arena_printf(arena,
                             "no ReferenceGrant in namespace '" SLICE_FMT
                             "' permits the backend '" SLICE_FMT "' (RefNotPermitted)",
                             SLICE_ARG(ref.namespace), SLICE_ARG(ref.name)));
        return backend;
    }
    const struct object *own = foreign ? policy_backend(builder, &ref) : NULL;
    if (own && envoy_backend_resolve(builder, own, &backend)) {
        return backend;
    }
    if (foreign) {
        diag_at(builder->run->diag, DIAG_G010, ref.span, route->object.subject,
                "a backend of kind '" SLICE_FMT "' is not understood, so where its requests go is "
                "unknown" SLICE_FMT,
                SLICE_ARG(ref.kind), SLICE_ARG(policy_read_elsewhere(builder, &ref)));
        *unknown = unknown_add(
            builder->run, *unknown, ASPECT_ROUTING,
            (struct effect_source){SLICE("backendRefs"), ref.span},
            arena_printf(arena, "a backend is of kind " SLICE_FMT, SLICE_ARG(ref.kind)));
        return backend;
    }
    const struct service *service =
        (const void *)kube_find(builder->kube, KUBE_SERVICE, ref.namespace, ref.name);
    if (!ref.port) {
        invalid(
            builder, route, DIAG_G013, "BackendNotFound", &backend,
            arena_printf(arena, "the backend '" SLICE_FMT "' names no port", SLICE_ARG(ref.name)));
    } else if (service) {
        resolve_service(builder, route, &ref, service, &backend, unknown);
    } else if (builder->run->closed) {
        invalid(builder, route, DIAG_G011, "BackendNotFound", &backend,
                arena_printf(arena,
                             "Service '" SLICE_FMT "/" SLICE_FMT "' is not in the input "
                             "(BackendNotFound)",
                             SLICE_ARG(ref.namespace), SLICE_ARG(ref.name)));
    } else {
        assume_service(builder, route, &ref, &backend);
    }
    return backend;
}

static bool edits_headers_or_host(const struct http_filter *filter)
{
    return slice_is(filter->type, "RequestHeaderModifier") ||
           slice_is(filter->type, "ResponseHeaderModifier") ||
           slice_is(filter->type, "ExtensionRef") ||
           (slice_is(filter->type, "URLRewrite") && filter->path == PATH_KEEP);
}

/* The first that the implementation does not take in a backendRef; null: it takes all. */
static const struct http_filter *refused_filter(struct builder *builder,
                                                const struct http_backend *given)
{
    for (size_t i = 0; i < given->filter_count; i++) {
        switch (builder->profile->backend_filters) {
        case BACKEND_FILTERS_SERVED:
            break;
        case BACKEND_FILTERS_HEADERS_AND_HOST:
            if (!edits_headers_or_host(&given->filters[i])) {
                return &given->filters[i];
            }
            break;
        case BACKEND_FILTERS_REFUSED:
            return &given->filters[i];
        }
    }
    return NULL;
}

/* servers.go, createBaseProxySetHeaders: the first name outside of the cluster is the Host for all backends of the
 * rule. */
static void external_host(struct builder *builder, struct rule *rule)
{
    struct arena *arena = builder->run->arena;
    bool own = builder->profile->external_names == EXTERNAL_NAMES_RESOLVED;
    for (size_t i = 0; own && !rule->effects.upstream_host && i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        const struct service *service = (const void *)kube_find(
            builder->kube, KUBE_SERVICE, backend->namespace, backend->service);
        if (service && slice_is(service->type, "ExternalName")) {
            struct route_upstream_host *host = ARENA_NEW(arena, struct route_upstream_host);
            *host = (struct route_upstream_host){{SLICE("ExternalName"), backend->span},
                                                 template_text(arena, service->external_name)};
            rule->effects.upstream_host = host;
        }
    }
}

/* What all backends have alike by policies of their Services is what the rule has. */
static void hoist(struct rule *rule)
{
    static const enum effect_id ids[] = {EFFECT_upstream_protocol, EFFECT_upstream_tls,
                                         EFFECT_affinity, EFFECT_balancing};
    for (size_t i = 0; rule->backend_count > 1 && i < ARRAY_LEN(ids); i++) {
        const struct effects *first = rule->backends[0].effects;
        const void *effect = first ? effect_get(first, ids[i]) : NULL;
        bool alike = effect && !effect_get(&rule->effects, ids[i]);
        for (size_t j = 1; alike && j < rule->backend_count; j++) {
            const struct effects *own = rule->backends[j].effects;
            alike = own && effect_equal(ids[i], effect_get(own, ids[i]), effect);
        }
        if (alike) {
            effect_put(&rule->effects, ids[i], effect);
        }
    }
}

/* To whom a BackendTLSPolicy speaks, the Gateway shows its own certificate (gateway-api apis/v1/gateway_types.go,
 * GatewayBackendTLS). */
static void show_certificate(struct builder *builder, const struct route_state *state,
                             struct backend *backend, const struct unknown **unknown)
{
    struct arena *arena = builder->run->arena;
    const struct route_upstream_tls *tls = backend->effects ? backend->effects->upstream_tls : NULL;
    if (!tls || !slice_is(tls->source.name, "BackendTLSPolicy")) {
        return;
    }
    struct slice shown = SLICE_ABSENT;
    for (size_t i = 0; i < state->gateway_count; i++) {
        struct slice own = gateway_certificate(builder, state->gateways[i]);
        if (i && !slice_equal(own, shown)) {
            *unknown = unknown_add(builder->run, *unknown, ASPECT_PROTECTION, tls->source,
                                   SLICE("the Gateways show backends different certificates"));
        }
        shown = own;
    }
    struct route_upstream_tls *effect = ARENA_NEW(arena, struct route_upstream_tls);
    struct effects *effects = ARENA_NEW(arena, struct effects);
    *effect = *tls;
    effect->shown = shown;
    *effects = *backend->effects;
    effects->upstream_tls = effect;
    backend->effects = effects;
}

void backends_apply(struct builder *builder, const struct route_state *state,
                    const struct http_rule *source, const struct http_match *match,
                    struct rule *rule)
{
    struct arena *arena = builder->run->arena;
    const struct http_route *route = state->route;
    rule->backends = ARENA_ARRAY(arena, struct backend, source->backend_count);
    rule->backend_count = source->backend_count;
    for (size_t i = 0; i < source->backend_count; i++) {
        const struct http_backend *given = &source->backends[i];
        struct backend *backend = &rule->backends[i];
        *backend = backend_resolve(builder, route, &given->ref, &rule->unknown);
        backend->weight = given->weight;
        show_certificate(builder, state, backend, &rule->unknown);
        const struct http_filter *refused = refused_filter(builder, given);
        if (refused) {
            invalid(builder, route, DIAG_G015, "UnsupportedValue", backend,
                    arena_printf(arena,
                                 "the filter '" SLICE_FMT "' in backendRefs is refused by %s",
                                 SLICE_ARG(refused->type), builder->profile->version));
        } else if (given->filter_count || builder->readers) {
            struct effects *effects = ARENA_NEW(arena, struct effects);
            if (backend->effects) {
                *effects = *backend->effects;
            }
            policies_apply_service(
                builder, backend->namespace, backend->service,
                &(struct policy_place){
                    .match = match, .effects = effects, .unknown = &rule->unknown, .route = route});
            filters_apply(builder, route, match, FILTER_OF_BACKEND, given->filters,
                          given->filter_count, effects, &rule->unknown);
            backend->effects = effects;
        }
    }
    external_host(builder, rule);
    hoist(rule);
}

void tunnel_compile(struct builder *builder, struct route_state *state)
{
    const struct http_route *route = state->route;
    for (size_t i = 0; i < route->rule_count && i < 1; i++) { /* the API allows one rule */
        const struct http_rule *rule = &route->rules[i];
        state->tunnel = ARENA_ARRAY(builder->run->arena, struct backend, rule->backend_count);
        state->tunnel_count = rule->backend_count;
        for (size_t j = 0; j < rule->backend_count; j++) {
            state->tunnel[j] =
                backend_resolve(builder, route, &rule->backends[j].ref, &state->unknown);
            state->tunnel[j].weight = rule->backends[j].weight;
        }
    }
}
