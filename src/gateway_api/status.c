#include "gateway_api/gateway_priv.h"
#include "gateway_api/status_priv.h"

/* ---- conditions --------------------------------------------------------------------------- */

void status_add(struct builder *builder, struct gateway_conditions *conditions, const char *type,
                bool holds, const char *reason, struct slice message)
{
    struct gateway_condition *condition =
        ARENA_PUSH(builder->run->arena, conditions->items, conditions->count, conditions->capacity);
    *condition = (struct gateway_condition){
        .type = type, .holds = holds, .reason = reason, .message = message};
}

/* True for its own reason unless there is a fault. */
void status_fault(struct builder *builder, struct gateway_conditions *conditions, const char *type,
                  const char *reason, const struct fault *fault)
{
    bool holds = !fault || !fault->reason;
    status_add(builder, conditions, type, holds, holds ? reason : fault->reason,
               holds ? SLICE("") : fault->message);
}

struct gateway_status *status_new(struct status_work *work, const struct object *object,
                                  enum gateway_part_kind kind, size_t parts)
{
    struct arena *arena = work->builder->run->arena;
    struct gateway_statuses *out = work->out;
    struct gateway_status *status = ARENA_PUSH(arena, out->items, out->count, out->capacity);
    *status = (struct gateway_status){
        .object = object,
        .kind = kind,
        .parts = ARENA_ARRAY(arena, struct gateway_part, parts),
        .part_count = parts,
    };
    return status;
}

/* ---- GatewayClasses ----------------------------------------------------------------------- */

static void class_statuses(struct status_work *work)
{
    const struct kube *kube = work->builder->kube;
    const char *controller = work->builder->profile->controller_name;
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY_CLASS]; i++) {
        const struct gateway_class *class = (const void *)kube->objects[KUBE_GATEWAY_CLASS][i];
        if (!controller || slice_is(class->controller, controller)) {
            struct gateway_status *status = status_new(work, &class->object, GATEWAY_NO_PARTS, 0);
            status_fault(work->builder, &status->conditions, "Accepted", "Accepted", NULL);
        }
    }
}

/* ---- routes ------------------------------------------------------------------------------- */

static const char *const verdict_reasons[] = {
    [NO_PARENT_LISTENER] = "NoMatchingParent",
    [NOT_ALLOWED] = "NotAllowedByListeners",
    [NO_HOSTNAME] = "NoMatchingListenerHostname",
    [ATTACHED] = NULL,
};
static const char *const verdict_messages[] = {
    [NO_PARENT_LISTENER] = "no listener has the name and port that the route asks for",
    [NOT_ALLOWED] = "no listener lets routes of this kind and namespace attach",
    [NO_HOSTNAME] = "no hostname of the route fits a listener",
    [ATTACHED] = "",
};

static struct fault parent_fault(struct builder *builder, const struct route_state *route,
                                 enum verdict verdict)
{
    const struct fault *rejected = map_get(builder->rejected, route->route->object.subject);
    if (rejected && verdict == ATTACHED) {
        return *rejected;
    }
    return (struct fault){verdict_reasons[verdict], slice_of(verdict_messages[verdict])};
}

static void route_status(struct status_work *work, const struct route_state *route)
{
    struct builder *builder = work->builder;
    const struct object *object = &route->route->object;
    size_t count = 0;
    for (size_t i = 0; i < route->parent_count; i++) {
        count += route->parents[i].gateway != NULL;
    }
    if (!count) {
        return; /* no controller says anything of it */
    }
    struct gateway_status *status = status_new(work, object, GATEWAY_PARENTS, count);
    struct gateway_part *part = status->parts;
    const struct fault *unresolved = map_get(builder->unresolved, object->subject);
    const struct fault *partial = map_get(builder->partial, object->subject);
    for (size_t i = 0; i < route->parent_count; i++) {
        const struct parent_state *parent = &route->parents[i];
        if (!parent->gateway) {
            continue;
        }
        part->ref = parent->ref;
        part->ref.namespace = part->ref.namespace.len ? part->ref.namespace : object->namespace;
        struct fault fault = parent_fault(builder, route, parent->verdict);
        status_fault(builder, &part->conditions, "Accepted", "Accepted", &fault);
        status_fault(builder, &part->conditions, "ResolvedRefs", "ResolvedRefs", unresolved);
        if (partial && !fault.reason) {
            status_add(builder, &part->conditions, "PartiallyInvalid", true, partial->reason,
                       partial->message);
        }
        part++;
    }
}

/* ---- BackendTLSPolicies ------------------------------------------------------------------- */

/* The Gateways that send requests to a Service. */
struct users {
    const struct gateway_state **items;
    size_t count, capacity;
};

static struct slice service_key(struct builder *builder, struct slice namespace, struct slice name)
{
    return arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(namespace),
                        SLICE_ARG(name));
}

static void add_user(struct builder *builder, struct map *map, struct slice service,
                     const struct gateway_state *gateway)
{
    struct users *users = map_get(map, service);
    if (!users) {
        users = ARENA_NEW(builder->run->arena, struct users);
        map_put(map, service, users);
    }
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i] == gateway) {
            return;
        }
    }
    *ARENA_PUSH(builder->run->arena, users->items, users->count, users->capacity) = gateway;
}

static void add_route_users(struct builder *builder, struct map *map,
                            const struct route_state *state, const struct gateway_state *gateway)
{
    const struct http_route *route = state->route;
    for (size_t i = 0; i < route->rule_count; i++) {
        for (size_t j = 0; j < route->rules[i].backend_count; j++) {
            const struct object_ref *ref = &route->rules[i].backends[j].ref;
            struct slice namespace = ref->namespace.len ? ref->namespace : route->object.namespace;
            add_user(builder, map, service_key(builder, namespace, ref->name), gateway);
        }
    }
}

static struct map *find_users(struct builder *builder)
{
    struct map *map = map_new(builder->run->arena);
    for (size_t i = 0; builder->backend_policy_count && i < builder->route_count; i++) {
        const struct route_state *state = &builder->routes[i];
        for (size_t j = 0; j < state->parent_count; j++) {
            if (state->parents[j].gateway && state->parents[j].verdict == ATTACHED) {
                add_route_users(builder, map, state, state->parents[j].gateway);
            }
        }
    }
    return map;
}

static void policy_status(struct status_work *work, struct map *users,
                          const struct policy_state *state)
{
    struct builder *builder = work->builder;
    const struct backend_tls_policy *policy = state->policy;
    struct users all = {0};
    for (size_t i = 0; i < policy->target_count; i++) {
        const struct users *some =
            map_get(users, service_key(builder, policy->object.namespace, policy->targets[i].name));
        for (size_t j = 0; some && j < some->count; j++) {
            bool known = false;
            for (size_t k = 0; k < all.count; k++) {
                known = known || all.items[k] == some->items[j];
            }
            if (!known) {
                *ARENA_PUSH(builder->run->arena, all.items, all.count, all.capacity) =
                    some->items[j];
            }
        }
    }
    struct gateway_status *status = status_new(work, &policy->object, GATEWAY_ANCESTORS, all.count);
    for (size_t i = 0; i < all.count; i++) {
        const struct object *gateway = &all.items[i]->gateway->object;
        struct gateway_part *part = &status->parts[i];
        part->ref = (struct object_ref){.group = SLICE(GATEWAY_GROUP),
                                        .kind = SLICE("Gateway"),
                                        .namespace = gateway->namespace,
                                        .name = gateway->name};
        status_fault(builder, &part->conditions, "Accepted", "Accepted", &state->rejected);
        status_fault(builder, &part->conditions, "ResolvedRefs", "ResolvedRefs",
                     &state->unresolved);
    }
}

/* ---- all of them -------------------------------------------------------------------------- */

void statuses_collect(struct builder *builder, struct gateway_statuses *out)
{
    struct status_work work = {builder, out};
    struct map *users = find_users(builder);
    *out = (struct gateway_statuses){0};
    class_statuses(&work);
    for (size_t i = 0; i < builder->gateway_count; i++) {
        gateway_status_add(&work, &builder->gateways[i]);
    }
    for (size_t i = 0; i < builder->set_count; i++) {
        set_status_add(&work, &builder->sets[i]);
    }
    for (size_t i = 0; i < builder->route_count; i++) {
        route_status(&work, &builder->routes[i]);
    }
    for (size_t i = 0; i < builder->backend_policy_count; i++) {
        policy_status(&work, users, &builder->backend_policies[i]);
    }
}
