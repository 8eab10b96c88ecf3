#include "gateway_api/gateway_priv.h"

/* GatewaySpec.allowedListeners in apis/v1/gateway_types.go: None unless it says otherwise. */
static bool lets_in(struct builder *builder, const struct gateway *gateway,
                    const struct listener_set *set)
{
    switch (gateway->sets_from) {
    case FROM_ALL:
        return true;
    case FROM_SAME:
        return slice_equal(gateway->object.namespace, set->object.namespace);
    case FROM_SELECTOR: {
        struct labels labels =
            kube_namespace_labels(builder->run, builder->kube, set->object.namespace);
        bool absent = !builder->run->closed &&
                      !kube_find(builder->kube, KUBE_NAMESPACE, SLICE(""), set->object.namespace);
        if (absent) {
            assume(builder, "Namespace", SLICE(""), set->object.namespace);
        }
        return absent || label_selector_matches(&gateway->sets_selector, &labels);
    }
    case FROM_NONE:
        break;
    }
    return false;
}

static int oldest_first(const void *a, const void *b, void *user)
{
    (void)user;
    const struct object *x = &(*(const struct listener_set *const *)a)->object;
    const struct object *y = &(*(const struct listener_set *const *)b)->object;
    if (x->has_created && y->has_created && x->created != y->created) {
        return x->created < y->created ? -1 : 1;
    }
    int order = slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

static struct slice id_of(struct builder *builder, struct slice namespace, struct slice name)
{
    return arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(namespace),
                        SLICE_ARG(name));
}

static void read_set(struct builder *builder, const struct object *object)
{
    const struct listener_set *set = kube_listener_set(builder->run, object);
    if (!set) {
        return;
    }
    struct slice namespace = set->parent.namespace.len ? set->parent.namespace : object->namespace;
    struct slice id = id_of(builder, namespace, set->parent.name);
    struct gateway_state *gateway = map_get(builder->gateway_index, id);
    if (!gateway && !kube_find(builder->kube, KUBE_GATEWAY, namespace, set->parent.name)) {
        diag_at(builder->run->diag, DIAG_G001, set->parent.span, object->subject,
                "Gateway '" SLICE_FMT
                "' is not in the input, so the ListenerSet serves nothing; add the Gateway",
                SLICE_ARG(id));
        return;
    }
    bool allowed = gateway && lets_in(builder, gateway->gateway, set);
    if (gateway) {
        *ARENA_PUSH(builder->run->arena, builder->sets, builder->set_count, builder->set_capacity) =
            (struct set_state){set, gateway, allowed};
    }
    if (gateway && !allowed) {
        diag_at(builder->run->diag, DIAG_G004, set->parent.span, object->subject,
                "Gateway '" SLICE_FMT "' lets no ListenerSet of namespace '" SLICE_FMT
                "' in (NotAllowed); change spec.allowedListeners of the Gateway",
                SLICE_ARG(id), SLICE_ARG(object->namespace));
    } else if (gateway) {
        *ARENA_PUSH(builder->run->arena, gateway->sets, gateway->set_count, gateway->set_capacity) =
            set;
        map_put(builder->set_index, id_of(builder, object->namespace, object->name), gateway);
    }
}

void listener_sets_read(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    builder->set_index = map_new(builder->run->arena);
    for (size_t i = 0; builder->profile->has_listener_sets && i < kube->counts[KUBE_OTHER]; i++) {
        if (is_gateway_kind(kube->objects[KUBE_OTHER][i], "ListenerSet")) {
            read_set(builder, kube->objects[KUBE_OTHER][i]);
        }
    }
    for (size_t i = 0; i < builder->gateway_count; i++) {
        struct gateway_state *gateway = &builder->gateways[i];
        sort_stable(builder->run->arena, gateway->sets, gateway->set_count, sizeof *gateway->sets,
                    oldest_first, NULL);
        set_listeners_build(builder, gateway);
    }
}
