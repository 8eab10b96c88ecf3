#include "gateway_api/status_priv.h"

/* ---- listeners ---------------------------------------------------------------------------- */

static struct fault listener_rejected(const struct listener_state *state)
{
    return state->conflict.reason ? state->conflict : state->rejected;
}

static bool is_programmed(const struct listener_state *state)
{
    return !listener_rejected(state).reason && !state->refused && !state->no_certificate;
}

/* Listeners for TLS on one port whose hostnames overlap: a connection that is used again may bring requests
 * for the other (ListenerConditionOverlappingTLSConfig in apis/v1/gateway_types.go). */
static const struct listener_state *overlapping(const struct listener_state *state)
{
    const struct gateway_state *gateway = state->gateway;
    for (size_t i = 0; i < gateway->count && state->protocol == LISTENER_HTTPS; i++) {
        const struct listener_state *other = &gateway->listeners[i];
        if (other != state && other->protocol == LISTENER_HTTPS &&
            other->listener->port == state->listener->port &&
            (host_pattern_covers(&other->host, &state->host) ||
             host_pattern_covers(&state->host, &other->host))) {
            return other;
        }
    }
    return NULL;
}

static void add_kinds(struct builder *builder, const struct listener_state *state,
                      struct gateway_part *part)
{
    static const char *const kinds[] = {"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute",
                                        "UDPRoute"};
    part->kinds.items = ARENA_ARRAY(builder->run->arena, struct slice, ARRAY_LEN(kinds));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (listener_takes_kind(state, slice_of(kinds[i]))) {
            part->kinds.items[part->kinds.count++] = slice_of(kinds[i]);
        }
    }
}

static void listener_part(struct builder *builder, const struct listener_state *state,
                          struct gateway_part *part)
{
    struct gateway_conditions *conditions = &part->conditions;
    struct fault rejected = listener_rejected(state);
    bool programmed = is_programmed(state);
    part->name = state->listener->name;
    part->routes = state->route_count;
    add_kinds(builder, state, part);
    status_fault(builder, conditions, "Accepted", "Accepted", &rejected);
    status_add(builder, conditions, "Programmed", programmed,
               programmed               ? "Programmed"
               : state->conflict.reason ? state->conflict.reason
                                        : "Invalid",
               programmed ? SLICE("") : SLICE("the listener serves nothing"));
    status_fault(builder, conditions, "ResolvedRefs", "ResolvedRefs", &state->unresolved);
    if (state->conflict.reason) {
        status_add(builder, conditions, "Conflicted", true, state->conflict.reason,
                   state->conflict.message);
    } else {
        status_add(builder, conditions, "Conflicted", false, "NoConflicts", SLICE(""));
    }
    const struct listener_state *other = overlapping(state);
    if (other) {
        status_add(builder, conditions, "OverlappingTLSConfig", true, "OverlappingHostnames",
                   arena_printf(builder->run->arena,
                                "the hostname overlaps with that of listener '" SLICE_FMT "'",
                                SLICE_ARG(other->listener->name)));
    }
}

/* What a Gateway or a ListenerSet has of its own. */
struct tally {
    size_t count, accepted, programmed, unresolved;
};

static struct tally tally_of(const struct gateway_state *gateway, const struct object *owner)
{
    struct tally tally = {0};
    for (size_t i = 0; i < gateway->count; i++) {
        const struct listener_state *state = &gateway->listeners[i];
        if (state->owner == owner) {
            tally.count++;
            tally.accepted += !listener_rejected(state).reason;
            tally.programmed += is_programmed(state);
            tally.unresolved += state->unresolved.reason != NULL;
        }
    }
    return tally;
}

static void add_listeners(struct builder *builder, const struct gateway_state *gateway,
                          struct gateway_status *status)
{
    size_t filled = 0;
    for (size_t i = 0; i < gateway->count; i++) {
        if (gateway->listeners[i].owner == status->object) {
            listener_part(builder, &gateway->listeners[i], &status->parts[filled++]);
        }
    }
}

static void add_accepted(struct builder *builder, struct gateway_conditions *conditions,
                         const struct tally *tally, const struct fault *fault)
{
    struct slice some = arena_printf(builder->run->arena, "%zu of %zu listeners are not accepted",
                                     tally->count - tally->accepted, tally->count);
    if (fault->reason) {
        status_fault(builder, conditions, "Accepted", "Accepted", fault);
    } else if (tally->accepted < tally->count) {
        status_add(builder, conditions, "Accepted", tally->accepted > 0, "ListenersNotValid", some);
    } else {
        status_fault(builder, conditions, "Accepted", "Accepted", NULL);
    }
}

/* ---- Gateways ----------------------------------------------------------------------------- */

void gateway_status_add(struct status_work *work, const struct gateway_state *gateway)
{
    struct builder *builder = work->builder;
    const struct object *object = &gateway->gateway->object;
    struct tally tally = tally_of(gateway, object);
    struct gateway_status *status = status_new(work, object, GATEWAY_LISTENERS, tally.count);
    struct fault fault = gateway->rejected, refs = gateway->unresolved;
    struct gateway_conditions *conditions = &status->conditions;
    add_accepted(builder, conditions, &tally, &fault);
    bool programmed = !fault.reason && tally.programmed > 0;
    status_add(builder, conditions, "Programmed", programmed, programmed ? "Programmed" : "Invalid",
               programmed ? SLICE("") : SLICE("the Gateway serves nothing"));
    if (!refs.reason && tally.unresolved) {
        refs = (struct fault){"ListenersNotResolved",
                              arena_printf(builder->run->arena,
                                           "%zu of %zu listeners have references that do not hold",
                                           tally.unresolved, tally.count)};
    }
    status_fault(builder, conditions, "ResolvedRefs", "ResolvedRefs", &refs);
    if (gateway->insecure_fallback) {
        status_add(builder, conditions, "InsecureFrontendValidationMode", true,
                   "ConfigurationChanged", SLICE("clients without a valid certificate are let in"));
    }
    if (builder->profile->has_default_gateways &&
        slice_is(gateway->gateway->default_scope, "All")) {
        status_add(builder, conditions, "DefaultGateway", true, "DefaultGateway", SLICE(""));
    }
    status->set_count = 0;
    for (size_t i = 0; i < gateway->set_count; i++) {
        status->set_count += tally_of(gateway, &gateway->sets[i]->object).accepted > 0;
    }
    add_listeners(builder, gateway, status);
}

/* ---- ListenerSets ------------------------------------------------------------------------- */

void set_status_add(struct status_work *work, const struct set_state *set)
{
    struct builder *builder = work->builder;
    const struct object *object = &set->set->object;
    struct tally tally = tally_of(set->gateway, object);
    struct gateway_status *status = status_new(work, object, GATEWAY_LISTENERS, tally.count);
    struct fault fault = {NULL, SLICE("")};
    if (!set->allowed) {
        fault = (struct fault){"NotAllowed",
                               SLICE("spec.allowedListeners of the Gateway does not let it in")};
    } else if (set->gateway->rejected.reason) {
        fault = (struct fault){"ParentNotAccepted", SLICE("the Gateway is not accepted")};
    }
    add_accepted(builder, &status->conditions, &tally, &fault);
    bool programmed = !fault.reason && tally.programmed > 0;
    status_add(builder, &status->conditions, "Programmed", programmed,
               programmed     ? "Programmed"
               : fault.reason ? fault.reason
                              : "ListenersNotValid",
               programmed ? SLICE("") : SLICE("the ListenerSet serves nothing"));
    add_listeners(builder, set->gateway, status);
}
