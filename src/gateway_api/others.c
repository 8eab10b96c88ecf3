#include "gateway_api/gateway_priv.h"

/* Kinds of Gateway API that are in the input and not understood yet, and what that means. */
static const struct unread_kind {
    const char *kind, *effect;
} unread_kinds[] = {
    {"GRPCRoute", "gRPC calls to its hostnames have an unknown outcome"},
    {"ListenerSet", "requests that its listeners take have an unknown outcome"},
    {"TCPRoute", "its connections are left out"},
    {"TLSRoute", "connections that its listeners take have an unknown outcome"},
    {"UDPRoute", "its packets are left out"},
    {"XBackendTrafficPolicy", "its retries and sessions are left out"},
};

static bool is_gateway_kind(const struct object *object, const char *kind)
{
    struct slice group = kube_group(object->api_version);
    return slice_is(object->kind_name, kind) &&
           (slice_is(group, GATEWAY_GROUP) || slice_is(group, "gateway.networking.x-k8s.io"));
}

static struct slice text_at(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE_ABSENT;
}

static size_t items_of(const struct node *list)
{
    return list && list->kind == NODE_LIST ? list->count : 0;
}

/* ---- ListenerSet -------------------------------------------------------------------------- */

/* The Gateway of a ListenerSet, if it lets any in: from None, the default, keeps all out
 * (GatewaySpec.allowedListeners in apis/v1/gateway_types.go). */
static struct gateway_state *set_gateway(struct builder *builder, const struct object *set)
{
    const struct node *ref = node_get(node_get(set->root, "spec"), "parentRef");
    struct slice namespace = text_at(ref, "namespace");
    struct gateway_state *gateway = map_get(
        builder->gateway_index, arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT,
                                             SLICE_ARG(namespace.len ? namespace : set->namespace),
                                             SLICE_ARG(text_at(ref, "name"))));
    if (!gateway) {
        return NULL;
    }
    const struct node *allowed =
        node_get(node_get(gateway->gateway->object.root, "spec"), "allowedListeners");
    struct slice from = text_at(node_get(allowed, "namespaces"), "from");
    bool same = slice_equal(set->namespace, gateway->gateway->object.namespace);
    bool lets_in =
        slice_is(from, "All") || slice_is(from, "Selector") || (slice_is(from, "Same") && same);
    return lets_in ? gateway : NULL;
}

/* Listeners of the Gateway win over those of its sets. */
static bool is_taken(const struct gateway_state *gateway, const struct listener_state *state)
{
    for (size_t i = 0; i < gateway->count; i++) {
        const struct listener_state *other = &gateway->listeners[i];
        bool plain = other->protocol == LISTENER_HTTP;
        if (other->listener->port == state->listener->port &&
            (plain != (state->protocol == LISTENER_HTTP) ||
             host_pattern_equal(&other->host, &state->host))) {
            return true;
        }
    }
    return false;
}

static void add_set_listener(struct builder *builder, struct gateway_state *gateway,
                             const struct object *set, const struct node *node)
{
    struct arena *arena = builder->run->arena;
    const struct node *port = node_get(node, "port");
    struct listener *listener = ARENA_NEW(arena, struct listener);
    *listener = (struct listener){
        .name = text_at(node, "name"),
        .hostname = text_at(node, "hostname"),
        .protocol = text_at(node, "protocol"),
        .port = port && port->kind == NODE_INT ? (uint16_t)port->integer : 0,
        .span = node->span,
    };
    struct listener_state state = {
        .gateway = gateway,
        .listener = listener,
        .protocol = slice_is(listener->protocol, "HTTP") ? LISTENER_HTTP : LISTENER_HTTPS,
        .host = host_of(builder, listener->hostname),
        .unknown = unknown_add(builder->run, NULL, ASPECT_ROUTING,
                               (struct effect_source){set->kind_name, node->span},
                               SLICE("ListenerSets are not understood yet")),
    };
    if ((!slice_is(listener->protocol, "HTTP") && !slice_is(listener->protocol, "HTTPS")) ||
        is_taken(gateway, &state)) {
        return;
    }
    struct listener_state *all = ARENA_ARRAY(arena, struct listener_state, gateway->count + 1);
    for (size_t i = 0; i < gateway->count; i++) {
        all[i] = gateway->listeners[i];
    }
    all[gateway->count++] = state;
    gateway->listeners = all;
}

/* The routes of a set's listeners are not understood yet, but which hosts they take from the Gateway is. */
void listener_sets_add(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    for (size_t i = 0; builder->profile->has_listener_sets && i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *set = kube->objects[KUBE_OTHER][i];
        struct gateway_state *gateway =
            is_gateway_kind(set, "ListenerSet") ? set_gateway(builder, set) : NULL;
        const struct node *listeners = node_get(node_get(set->root, "spec"), "listeners");
        for (size_t j = 0; gateway && j < items_of(listeners); j++) {
            add_set_listener(builder, gateway, set, listeners->items[j]);
        }
    }
}

/* ---- GRPCRoute ---------------------------------------------------------------------------- */

size_t grpc_routes_count(const struct builder *builder)
{
    const struct kube *kube = builder->kube;
    size_t count = 0;
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        count += is_gateway_kind(kube->objects[KUBE_OTHER][i], "GRPCRoute");
    }
    return count;
}

static struct object_ref read_parent(const struct node *node)
{
    struct slice group = text_at(node, "group"), kind = text_at(node, "kind");
    const struct node *port = node_get(node, "port");
    return (struct object_ref){
        .group = group.ptr ? group : SLICE(GATEWAY_GROUP),
        .kind = kind.ptr ? kind : SLICE("Gateway"),
        .namespace = text_at(node, "namespace"),
        .name = text_at(node, "name"),
        .section_name = text_at(node, "sectionName"),
        .port = port && port->kind == NODE_INT ? (uint16_t)port->integer : 0,
        .span = node->span,
    };
}

static const struct http_route *read_grpc(struct builder *builder, const struct object *object)
{
    struct arena *arena = builder->run->arena;
    const struct node *spec = node_get(object->root, "spec");
    const struct node *parents = node_get(spec, "parentRefs");
    const struct node *hostnames = node_get(spec, "hostnames");
    struct http_route *route = ARENA_NEW(arena, struct http_route);
    route->object = *object;
    route->parent_count = items_of(parents);
    route->parents = ARENA_ARRAY(arena, struct object_ref, route->parent_count);
    for (size_t i = 0; i < route->parent_count; i++) {
        route->parents[i] = read_parent(parents->items[i]);
    }
    route->hostnames.items = ARENA_ARRAY(arena, struct slice, items_of(hostnames));
    for (size_t i = 0; i < items_of(hostnames); i++) {
        route->hostnames.items[route->hostnames.count++] = hostnames->items[i]->text;
    }
    return route;
}

void grpc_routes_read(struct builder *builder, struct route_state *out)
{
    const struct kube *kube = builder->kube;
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        if (is_gateway_kind(kube->objects[KUBE_OTHER][i], "GRPCRoute")) {
            out++->route = read_grpc(builder, kube->objects[KUBE_OTHER][i]);
        }
    }
}

/* ---- what is said ------------------------------------------------------------------------- */

void others_report(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        for (size_t j = 0; j < ARRAY_LEN(unread_kinds); j++) {
            if (is_gateway_kind(object, unread_kinds[j].kind)) {
                diag_at(builder->run->diag, DIAG_G020, object->span, object->subject,
                        "objects of kind '%s' are not read yet; %s", unread_kinds[j].kind,
                        unread_kinds[j].effect);
                builder->has_tls_routes =
                    builder->has_tls_routes || slice_is(object->kind_name, "TLSRoute");
            }
        }
    }
}

/* ---- BackendTLSPolicy --------------------------------------------------------------------- */

/* Which Services, or single ports of them, are spoken to by TLS (apis/v1/backendtlspolicy_types.go). A policy
 * targets only objects of its own namespace. */
static void read_policy(struct builder *builder, struct object *policy)
{
    const struct node *refs = node_get(node_get(policy->root, "spec"), "targetRefs");
    for (size_t i = 0; i < items_of(refs); i++) {
        struct slice section = text_at(refs->items[i], "sectionName");
        struct slice key =
            arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT "%s" SLICE_FMT,
                         SLICE_ARG(policy->namespace), SLICE_ARG(text_at(refs->items[i], "name")),
                         section.len ? "/" : "", SLICE_ARG(section));
        if (slice_is(text_at(refs->items[i], "kind"), "Service") &&
            !map_get(builder->tls_policies, key)) {
            map_put(builder->tls_policies, key, policy);
        }
    }
}

void tls_policies_read(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    builder->tls_policies = map_new(builder->run->arena);
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        if (is_gateway_kind(kube->objects[KUBE_OTHER][i], "BackendTLSPolicy")) {
            read_policy(builder, kube->objects[KUBE_OTHER][i]);
        }
    }
}
