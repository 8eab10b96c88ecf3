#include "gateway_api/gateway_priv.h"

/* Kinds of Gateway API that are in the input and not understood yet, and what that means. */
static const struct unread_kind {
    const char *kind, *effect;
} unread_kinds[] = {
    {"TCPRoute", "its connections are left out"},
    {"TLSRoute", "connections that its listeners take have an unknown outcome"},
    {"UDPRoute", "its packets are left out"},
    {"XBackendTrafficPolicy", "its retries and sessions are left out"},
};

bool is_gateway_kind(const struct object *object, const char *kind)
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
