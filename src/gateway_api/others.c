#include "gateway_api/gateway_priv.h"

/* Kinds of Gateway API that are in the input and not understood yet, and what that means. */
static const struct unread_kind {
    const char *kind, *effect;
} unread_kinds[] = {
    {"BackendLBPolicy", "its sessions are left out"},
    {"XBackend", "what is sent to it has an unknown outcome"},
    {"XBackendTrafficPolicy", "its retries and sessions are left out"},
    {"XListenerSet",
     "its listeners are left out; write a ListenerSet of gateway.networking.k8s.io/v1"},
    {"XMesh", "it concerns traffic inside a mesh, which is not looked at"},
};

bool is_gateway_kind(const struct object *object, const char *kind)
{
    struct slice group = kube_group(object->api_version);
    return slice_is(object->kind_name, kind) &&
           (slice_is(group, GATEWAY_GROUP) || slice_is(group, "gateway.networking.x-k8s.io"));
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
            }
        }
    }
}
