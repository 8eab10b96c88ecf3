#include "gateway_api/gateway_priv.h"

/* Kinds of Gateway API that are in the input and not understood yet, and what that means. */
static const struct unread_kind {
    const char *kind, *effect;
} unread_kinds[] = {
    {"GRPCRoute", "gRPC requests of its hostnames have an unknown outcome"},
    {"ListenerSet", "what its listeners take from the Gateway is unknown"},
    {"TCPRoute", "its connections are left out"},
    {"TLSRoute", "connections that its listeners take have an unknown outcome"},
    {"UDPRoute", "its packets are left out"},
    {"XBackendTrafficPolicy", "its retries and sessions are left out"},
    {"XListenerSet", "what its listeners take from the Gateway is unknown"},
};

static struct slice group_of(const struct object *object)
{
    return slice_sub(object->api_version, 0, slice_find(object->api_version, '/', 0));
}

static bool is_gateway_kind(const struct object *object, const char *kind)
{
    struct slice group = group_of(object);
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

/* The Gateway that a reference of an object names; null when it is another kind or not read. */
static struct gateway_state *parent_gateway(struct builder *builder, const struct object *object,
                                            const struct node *ref)
{
    struct slice kind = text_at(ref, "kind"), namespace = text_at(ref, "namespace");
    if (kind.len && !slice_is(kind, "Gateway")) {
        return NULL;
    }
    return map_get(builder->gateway_index,
                   arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT,
                                SLICE_ARG(namespace.len ? namespace : object->namespace),
                                SLICE_ARG(text_at(ref, "name"))));
}

static void mark_gateway(struct builder *builder, struct gateway_state *gateway,
                         const struct object *object)
{
    for (size_t i = 0; gateway && i < gateway->count; i++) {
        struct listener_state *listener = &gateway->listeners[i];
        listener->unknown = unknown_add(
            builder->run, listener->unknown, ASPECT_ROUTING,
            (struct effect_source){object->kind_name, object->span},
            arena_printf(builder->run->arena, SLICE_FMT " '" SLICE_FMT "' is not understood yet",
                         SLICE_ARG(object->kind_name), SLICE_ARG(object->name)));
    }
}

/* What is not understood must not turn into an answer: the listeners that it may change are unknown. */
static void mark(struct builder *builder, const struct object *object)
{
    const struct node *spec = node_get(object->root, "spec");
    if (slice_ends(object->kind_name, SLICE("ListenerSet"))) {
        mark_gateway(builder, parent_gateway(builder, object, node_get(spec, "parentRef")), object);
    }
    if (is_gateway_kind(object, "GRPCRoute")) {
        const struct node *parents = node_get(spec, "parentRefs");
        for (size_t i = 0; i < items_of(parents); i++) {
            mark_gateway(builder, parent_gateway(builder, object, parents->items[i]), object);
        }
    }
    builder->has_tls_routes = builder->has_tls_routes || is_gateway_kind(object, "TLSRoute");
}

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
                mark(builder, object);
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
