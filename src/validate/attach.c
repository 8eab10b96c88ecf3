#include "validate/validate_priv.h"

#define GATEWAY_GROUP "gateway.networking.k8s.io"

/* Which routes a listener carries, by its protocol (ProtocolType in apis/v1/gateway_types.go). HTTPRoute and
 * GRPCRoute are attached by the front end. TLS that the listener ends may go to a TCPRoute. */
static const struct carried {
    const char *protocol, *kind;
    bool stream;
} carried[] = {
    {"HTTP", "HTTPRoute", false},  {"HTTP", "GRPCRoute", false}, {"HTTPS", "HTTPRoute", false},
    {"HTTPS", "GRPCRoute", false}, {"TLS", "TLSRoute", true},    {"TLS", "TCPRoute", true},
    {"TCP", "TCPRoute", true},     {"UDP", "UDPRoute", true},
};

static bool is_stream_route(const struct object *object)
{
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(carried); i++) {
        known = known || (carried[i].stream && slice_is(object->kind_name, carried[i].kind));
    }
    return known && slice_is(kube_group(object->api_version), GATEWAY_GROUP);
}

static bool protocol_carries(struct slice protocol, struct slice kind)
{
    for (size_t i = 0; i < ARRAY_LEN(carried); i++) {
        if (slice_is(protocol, carried[i].protocol) && slice_is(kind, carried[i].kind)) {
            return true;
        }
    }
    return false;
}

static bool carries(const struct listener *listener, struct slice kind)
{
    bool fits = protocol_carries(listener->protocol, kind), named = listener->kind_count == 0;
    for (size_t i = 0; i < listener->kind_count; i++) {
        named = named || (slice_is(listener->kinds[i].group, GATEWAY_GROUP) &&
                          slice_equal(listener->kinds[i].kind, kind));
    }
    return fits && named;
}

static bool admits(struct run *run, const struct kube *kube, const struct gateway *gateway,
                   const struct listener *listener, struct slice namespace)
{
    switch (listener->from) {
    case FROM_SAME:
        return slice_equal(namespace, gateway->object.namespace);
    case FROM_ALL:
        return true;
    case FROM_SELECTOR: {
        struct labels labels = kube_namespace_labels(run, kube, namespace);
        bool open = !run->closed && !kube_find(kube, KUBE_NAMESPACE, SLICE(""), namespace);
        return open || label_selector_matches(&listener->selector, &labels);
    }
    case FROM_NONE:
        break;
    }
    return false;
}

static struct slice text_at(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE("");
}

/* "*.example.com" covers what ends so, and not "example.com" itself. */
static bool covers(struct slice wide, struct slice host)
{
    struct slice end = slice_sub(wide, 1, wide.len);
    return slice_starts(wide, SLICE("*.")) && host.len > end.len &&
           slice_equal_fold(slice_sub(host, host.len - end.len, host.len), end);
}

/* A TLSRoute has at least one hostname, and one of them has to meet the listener's. */
static bool hosts_meet(const struct object *route, const struct listener *listener)
{
    const struct node *hosts = node_get(node_get(route->root, "spec"), "hostnames");
    bool meet = !hosts || hosts->kind != NODE_LIST || hosts->count == 0 || !listener->hostname.len;
    for (size_t i = 0; !meet && i < hosts->count; i++) {
        struct slice host = hosts->items[i]->text;
        meet = slice_equal_fold(host, listener->hostname) || covers(host, listener->hostname) ||
               covers(listener->hostname, host);
    }
    return meet;
}

enum taking { NOT_TAKEN, OTHER_HOST, TAKEN };

static enum taking taking_of(struct run *run, const struct kube *kube,
                             const struct gateway *gateway, const struct object *route,
                             const struct node *parent)
{
    enum taking taking = NOT_TAKEN;
    struct slice section = text_at(parent, "sectionName");
    const struct node *port = node_get(parent, "port");
    for (size_t i = 0; i < gateway->listener_count; i++) {
        const struct listener *listener = &gateway->listeners[i];
        if ((!section.len || slice_equal(section, listener->name)) &&
            (!port || port->kind != NODE_INT || port->integer == listener->port) &&
            carries(listener, route->kind_name) &&
            admits(run, kube, gateway, listener, route->namespace)) {
            if (hosts_meet(route, listener)) {
                return TAKEN;
            }
            taking = OTHER_HOST;
        }
    }
    return taking;
}

static void check_parent(struct run *run, const struct kube *kube, const struct object *route,
                         const struct node *parent)
{
    struct slice group = text_at(parent, "group"), kind = text_at(parent, "kind");
    struct slice namespace = text_at(parent, "namespace");
    namespace = namespace.len ? namespace : route->namespace;
    if ((group.len && !slice_is(group, GATEWAY_GROUP)) ||
        (kind.len && !slice_is(kind, "Gateway"))) {
        return;
    }
    const struct gateway *gateway =
        (const void *)kube_find(kube, KUBE_GATEWAY, namespace, text_at(parent, "name"));
    enum taking taking = gateway ? taking_of(run, kube, gateway, route, parent) : TAKEN;
    if (taking == OTHER_HOST) {
        diag_at(run->diag, DIAG_V023, parent->span, route->subject,
                "no hostname of the " SLICE_FMT " fits a listener of Gateway '" SLICE_FMT
                "/" SLICE_FMT "' that it asks for (NoMatchingListenerHostname); correct "
                "spec.hostnames, or the hostname of the listener",
                SLICE_ARG(route->kind_name), SLICE_ARG(namespace), SLICE_ARG(gateway->object.name));
    } else if (taking == NOT_TAKEN) {
        diag_at(run->diag, DIAG_V023, parent->span, route->subject,
                "no listener of Gateway '" SLICE_FMT "/" SLICE_FMT "' takes a " SLICE_FMT
                " of namespace '" SLICE_FMT "' here; it needs one of protocol %s that admits it",
                SLICE_ARG(namespace), SLICE_ARG(gateway->object.name), SLICE_ARG(route->kind_name),
                SLICE_ARG(route->namespace),
                slice_is(route->kind_name, "UDPRoute")   ? "UDP"
                : slice_is(route->kind_name, "TLSRoute") ? "TLS"
                                                         : "TCP or TLS");
    }
}

/* Protocols of implementations have a domain before them, and carry what their owners say. */
void check_kinds(struct run *run, const struct kube *kube)
{
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY]; i++) {
        const struct gateway *gateway = (const void *)kube->objects[KUBE_GATEWAY][i];
        for (size_t l = 0; l < gateway->listener_count; l++) {
            const struct listener *listener = &gateway->listeners[l];
            bool own = slice_find(listener->protocol, '/', 0) < listener->protocol.len;
            for (size_t k = 0; !own && k < listener->kind_count; k++) {
                const struct route_kind *kind = &listener->kinds[k];
                if (!slice_is(kind->group, GATEWAY_GROUP) ||
                    !protocol_carries(listener->protocol, kind->kind)) {
                    diag_at(run->diag, DIAG_V024, listener->span, gateway->object.subject,
                            "listener '" SLICE_FMT "' of protocol " SLICE_FMT
                            " cannot carry the kind '" SLICE_FMT "' that it allows "
                            "(InvalidRouteKinds); remove it from allowedRoutes.kinds",
                            SLICE_ARG(listener->name), SLICE_ARG(listener->protocol),
                            SLICE_ARG(kind->kind));
                }
            }
        }
    }
}

void check_stream_routes(struct run *run, const struct kube *kube)
{
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *route = kube->objects[KUBE_OTHER][i];
        const struct node *parents =
            is_stream_route(route) ? node_get(node_get(route->root, "spec"), "parentRefs") : NULL;
        for (size_t j = 0; parents && parents->kind == NODE_LIST && j < parents->count; j++) {
            check_parent(run, kube, route, parents->items[j]);
        }
    }
}
