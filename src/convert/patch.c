#include "convert/policy_priv.h"

/* Patches of Services: a route of Gateway API does not say which protocol its backends speak, the Service's port
 * does, by appProtocol (gateway-api GEP-1911). The port belongs to every route that leads to it. */

#define H2C "kubernetes.io/h2c"

/* A port of a Service, and what routes speak to it today. */
struct port_use {
    struct slice namespace, service;
    uint16_t port;
    bool by_http2;
    const struct rule *by_http1; /* the first; null: none */
};

static bool service_says_http2(struct conversion *c, const struct backend *backend)
{
    const struct service *service =
        c->kube
            ? (const void *)kube_find(c->kube, KUBE_SERVICE, backend->namespace, backend->service)
            : NULL;
    const struct service_port *port =
        service ? service_port_find(service, backend->port, SLICE_ABSENT) : NULL;
    return port && (slice_is(port->app_protocol, H2C) || slice_is(port->app_protocol, "grpc"));
}

static void say_patch(struct conversion *c, const struct rule *rule, const struct backend *backend)
{
    const struct effect_source *source = &rule->effects.upstream_protocol->source;
    say(c, DIAG_C078, SEVERITY_WARNING, source->span.line ? source->span : rule->origin.span,
        &rule->origin,
        "'" SLICE_FMT
        "' is a property of the Service afterwards: before the route is there, apply the "
        "patch that --out-dir writes, or run: kubectl patch service " SLICE_FMT " -n " SLICE_FMT
        " -p '{\"spec\":{\"ports\":[{\"port\":%u,\"appProtocol\":\"" H2C "\"}]}}'",
        SLICE_ARG(source->name), SLICE_ARG(backend->service), SLICE_ARG(backend->namespace),
        (unsigned)backend->port);
}

static struct port_use *port_use(struct conversion *c, const struct backend *backend)
{
    struct slice key =
        arena_printf(c->arena, SLICE_FMT "/" SLICE_FMT " %05u", SLICE_ARG(backend->namespace),
                     SLICE_ARG(backend->service), (unsigned)backend->port);
    struct port_use *use = map_get(c->ports, key);
    if (!use) {
        use = ARENA_NEW(c->arena, struct port_use);
        *use = (struct port_use){
            .namespace = backend->namespace, .service = backend->service, .port = backend->port};
        map_put(c->ports, key, use);
    }
    return use;
}

/* nginx/nginx-gateway-fabric v2.6 internal/controller/state/graph/backend_refs.go,
 * validateRouteBackendRefAppProtocol: an HTTPRoute's backend with h2c is invalid. A GRPCRoute's is spoken to by
 * grpc_pass, whatever its appProtocol. */
static bool http2_is_refused(const struct conversion *c,
                             const struct route_upstream_protocol *upstream)
{
    static const char *const protocols[] = {"GRPC", "GRPCS", "H2C"};
    return target_profile(c->options->target)->refuses_h2c &&
           slice_is_one_of(upstream->protocol, protocols, ARRAY_LEN(protocols));
}

bool http2_refuse(struct emission *e, const struct route_upstream_protocol *upstream)
{
    bool refused = http2_is_refused(e->c, upstream);
    for (size_t i = 0; refused && i < e->rule->backend_count; i++) {
        const struct backend *backend = &e->rule->backends[i];
        say_effect(
            e->c, DIAG_C001, SEVERITY_ERROR, e->rule, upstream,
            "'" SLICE_FMT "' (" SLICE_FMT
            ") cannot be written as an HTTPRoute: %s speaks HTTP/1.1 to the backends of one, "
            "and refuses those with appProtocol kubernetes.io/h2c; write a GRPCRoute for "
            "this host and path by hand, in place of the rule: until then Service '" SLICE_FMT
            "/" SLICE_FMT "' is not served there",
            SLICE_ARG(upstream->source.name), SLICE_ARG(upstream->protocol),
            target_profile(e->c->options->target)->version, SLICE_ARG(backend->namespace),
            SLICE_ARG(backend->service));
    }
    return refused;
}

void port_note(struct conversion *c, const struct rule *rule, const struct backend *backend)
{
    const struct route_upstream_protocol *upstream = rule->effects.upstream_protocol;
    const struct vendor *vendor = c->options->target->vendor;
    bool http2 =
        upstream && (slice_is(upstream->protocol, "GRPC") || slice_is(upstream->protocol, "H2C") ||
                     (slice_is(upstream->protocol, "GRPCS") &&
                      (backend_tls_is_written(c, rule) || (vendor && vendor->speaks_tls))));
    bool http1 = !upstream || slice_is(upstream->protocol, "HTTP") ||
                 slice_is(upstream->protocol, "AUTO_HTTP");
    if (c->silent || !(http1 || http2) || service_says_http2(c, backend) ||
        (http2 && http2_is_refused(c, upstream))) {
        return;
    }
    struct port_use *use = port_use(c, backend);
    if (http2) {
        use->by_http2 = true;
        say_patch(c, rule, backend);
    } else if (!use->by_http1) {
        use->by_http1 = rule;
    }
}

/* One that is plain HTTP to somebody else. */
static void say_both(struct conversion *c, const struct port_use *use)
{
    if (use->by_http1) {
        say_rule(
            c, DIAG_C079, use->by_http1,
            "port %u of Service '" SLICE_FMT "/" SLICE_FMT
            "' is spoken to by HTTP/1.1 here and by HTTP/2 from another route; with appProtocol it "
            "is HTTP/2 for both: give one of them a port of its own",
            (unsigned)use->port, SLICE_ARG(use->namespace), SLICE_ARG(use->service));
    }
}

static struct node *port_node(struct conversion *c, const struct port_use *use)
{
    struct node *node = node_map(c->nodes);
    node_set(c->nodes, node, "port", node_int(c->nodes, use->port));
    node_set(c->nodes, node, "appProtocol", text_node(c, H2C));
    return node;
}

static void patch_add(struct conversion *c, const struct port_use *use, struct node *ports)
{
    struct node *object =
        object_node(c, "v1", "Service", use->namespace, use->service, SLICE_ABSENT);
    struct node *spec = node_map(c->nodes);
    node_set(c->nodes, spec, "ports", ports);
    node_set(c->nodes, object, "spec", spec);
    buf_clear(&c->text);
    document_write_yaml(object, &c->text);
    struct converted *out = c->out;
    *ARENA_PUSH(c->arena, out->patches, out->patch_count, out->patch_capacity) =
        (struct converted_patch){.namespace = use->namespace,
                                 .service = use->service,
                                 .yaml = arena_copy(c->arena, buf_slice(&c->text))};
    arena_clear(c->nodes);
}

void patches_write(struct conversion *c)
{
    size_t count;
    struct slice *keys = sorted_keys(c, c->ports, &count);
    struct node *ports = NULL;
    const struct port_use *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct port_use *use = map_get(c->ports, keys[i]);
        if (!use->by_http2) {
            continue;
        }
        bool same = last && slice_equal(last->service, use->service) &&
                    slice_equal(last->namespace, use->namespace);
        if (last && !same) {
            patch_add(c, last, ports);
        }
        ports = same ? ports : node_list(c->nodes);
        node_add(c->nodes, ports, port_node(c, use));
        say_both(c, use);
        last = use;
    }
    if (last) {
        patch_add(c, last, ports);
    }
}
