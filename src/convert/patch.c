#include "convert/policy_priv.h"

/* Patches of Services: a route of Gateway API does not say which protocol its backends speak, the Service's port
 * does, by appProtocol (gateway-api GEP-1911). The port belongs to every route that leads to it. */

#define H2C "kubernetes.io/h2c"

/* A port of a Service to which HTTP/2 is spoken afterwards, and what routes speak to it today. */
struct port_use {
    struct slice namespace, service;
    uint16_t port;
    struct slice says; /* its appProtocol, where that is HTTP/2 already; else absent */
    bool by_http2;
    const struct rule **by_http1; /* the first of each Ingress */
    size_t count, capacity;
};

/* Absent: the Service does not say HTTP/2. */
static struct slice service_says_http2(struct conversion *c, const struct backend *backend)
{
    const struct service *service =
        c->kube
            ? (const void *)kube_find(c->kube, KUBE_SERVICE, backend->namespace, backend->service)
            : NULL;
    const struct service_port *port =
        service ? service_port_find(service, backend->port, SLICE_ABSENT) : NULL;
    bool http2 =
        port && (slice_is(port->app_protocol, H2C) || slice_is(port->app_protocol, "grpc"));
    return http2 ? port->app_protocol : SLICE_ABSENT;
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

/* It lies in c->key. */
static struct slice port_key(struct conversion *c, const struct backend *backend)
{
    buf_clear(&c->key);
    buf_printf(&c->key, SLICE_FMT "/" SLICE_FMT " %05u", SLICE_ARG(backend->namespace),
               SLICE_ARG(backend->service), (unsigned)backend->port);
    return buf_slice(&c->key);
}

static struct port_use *port_use(struct conversion *c, const struct backend *backend)
{
    struct slice key = port_key(c, backend);
    struct port_use *use = map_get(c->ports, key);
    if (!use) {
        use = ARENA_NEW(c->arena, struct port_use);
        *use = (struct port_use){
            .namespace = backend->namespace, .service = backend->service, .port = backend->port};
        map_put(c->ports, arena_copy(c->arena, key), use);
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

static bool speaks_http1(const struct rule *rule)
{
    const struct route_upstream_protocol *upstream = rule->effects.upstream_protocol;
    return !upstream || slice_is(upstream->protocol, "HTTP") ||
           slice_is(upstream->protocol, "AUTO_HTTP");
}

void port_note(struct conversion *c, const struct rule *rule, const struct backend *backend)
{
    const struct route_upstream_protocol *upstream = rule->effects.upstream_protocol;
    const struct vendor *vendor = c->options->target->vendor;
    struct slice says = service_says_http2(c, backend);
    bool http2 =
        upstream && (slice_is(upstream->protocol, "GRPC") || slice_is(upstream->protocol, "H2C") ||
                     (slice_is(upstream->protocol, "GRPCS") &&
                      (backend_tls_is_written(c, rule) || (vendor && vendor->speaks_tls))));
    if (c->silent) {
        return;
    }
    if (says.ptr && speaks_http1(rule)) {
        port_use(c, backend)->says = says;
    } else if (!says.ptr && http2 && !http2_is_refused(c, upstream)) {
        port_use(c, backend)->by_http2 = true;
        say_patch(c, rule, backend);
    }
}

/* ---- plain HTTP to a port of HTTP/2 --------------------------------------------------------- */

static void note_http1(struct conversion *c, struct port_use *use, const struct rule *rule)
{
    for (size_t i = use->count; i-- > 0;) {
        const struct origin *other = &use->by_http1[i]->origin;
        if (slice_equal(other->name, rule->origin.name) &&
            slice_equal(other->namespace, rule->origin.namespace)) {
            return;
        }
    }
    *ARENA_PUSH(c->arena, use->by_http1, use->count, use->capacity) = rule;
}

/* Hardly ever is there such a port, and only then it is asked who else speaks to it. */
static void find_http1(struct conversion *c)
{
    for (size_t i = 0; i < c->table->entry_count; i++) {
        for (const struct rule_list *l = c->table->entries[i].rules; l; l = l->next) {
            for (size_t r = 0; r < l->count; r++) {
                const struct rule *rule = rule_spared(c, &l->rules[r]);
                bool serves = !rule->effects.answer && !rule->effects.redirect;
                for (size_t b = 0; serves && b < rule->backend_count && speaks_http1(rule); b++) {
                    struct port_use *use = map_get(c->ports, port_key(c, &rule->backends[b]));
                    if (use) {
                        note_http1(c, use, rule);
                    }
                }
            }
        }
    }
}

/* A patch for one route makes it HTTP/2 for others. */
static void say_both(struct conversion *c, const struct port_use *use)
{
    for (size_t i = 0; i < use->count; i++) {
        say_rule(
            c, DIAG_C079, use->by_http1[i],
            "port %u of Service '" SLICE_FMT "/" SLICE_FMT
            "' is spoken to by HTTP/1.1 here and by HTTP/2 from another route; with appProtocol it "
            "is HTTP/2 for both: give one of them a port of its own",
            (unsigned)use->port, SLICE_ARG(use->namespace), SLICE_ARG(use->service));
    }
}

/* The Service says HTTP/2, which ingress-nginx did not read. */
static void say_already(struct conversion *c, const struct port_use *use)
{
    const struct gateway_profile *profile = target_profile(c->options->target);
    bool refused = profile->refuses_h2c, grpc = slice_is(use->says, "grpc");
    for (size_t i = 0; i < use->count && !(refused && grpc); i++) {
        const struct origin *origin = &use->by_http1[i]->origin;
        say(c, DIAG_C079, refused ? SEVERITY_ERROR : SEVERITY_WARNING, origin->span, origin,
            "port %u of Service '" SLICE_FMT "/" SLICE_FMT
            "' is spoken to by HTTP/1.1 today, as its appProtocol '" SLICE_FMT
            "' is not read; afterwards %s: take appProtocol away where the backend speaks "
            "HTTP/1.1, or give this Ingress a port of its own",
            (unsigned)use->port, SLICE_ARG(use->namespace), SLICE_ARG(use->service),
            SLICE_ARG(use->says),
            refused ? "requests are answered 500, as it is refused for an HTTPRoute"
            : grpc  ? "it is HTTP/2 where the implementation reads that"
                    : "it is HTTP/2");
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
    if (count) {
        find_http1(c);
    }
    for (size_t i = 0; i < count; i++) {
        const struct port_use *use = map_get(c->ports, keys[i]);
        if (use->says.ptr) {
            say_already(c, use);
        }
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
