#include "gateway_api/gateway_priv.h"

/* Which routes a listener carries, by its protocol (ProtocolType in apis/v1/gateway_types.go). TLS that the
 * listener ends may go to a TCPRoute. */
static const struct carried {
    enum listener_protocol protocol;
    const char *kind;
} carried[] = {
    {LISTENER_HTTP, "HTTPRoute"},  {LISTENER_HTTP, "GRPCRoute"}, {LISTENER_HTTPS, "HTTPRoute"},
    {LISTENER_HTTPS, "GRPCRoute"}, {LISTENER_TLS, "TLSRoute"},   {LISTENER_TLS, "TCPRoute"},
    {LISTENER_TCP, "TCPRoute"},    {LISTENER_UDP, "UDPRoute"},
};

bool protocol_carries(const struct listener_state *state, struct slice kind)
{
    bool through = slice_is(state->listener->tls_mode, "Passthrough");
    for (size_t i = 0; i < ARRAY_LEN(carried); i++) {
        if (carried[i].protocol == state->protocol && slice_is(kind, carried[i].kind)) {
            return !through || slice_is(kind, "TLSRoute");
        }
    }
    return false;
}

bool listener_takes_kind(const struct listener_state *state, struct slice kind)
{
    const struct listener *listener = state->listener;
    if (!protocol_carries(state, kind)) {
        return false;
    }
    for (size_t i = 0; i < listener->kind_count; i++) {
        if (slice_is(listener->kinds[i].group, GATEWAY_GROUP) &&
            slice_equal(listener->kinds[i].kind, kind)) {
            return true;
        }
    }
    return listener->kind_count == 0;
}

static bool namespace_allowed(struct builder *builder, const struct listener_state *state,
                              struct slice namespace)
{
    const struct listener *listener = state->listener;
    switch (listener->from) {
    case FROM_SAME:
        return slice_equal(namespace, state->owner->namespace);
    case FROM_ALL:
        return true;
    case FROM_SELECTOR: {
        struct labels labels = kube_namespace_labels(builder->run, builder->kube, namespace);
        if (label_selector_matches(&listener->selector, &labels)) {
            return true;
        }
        if (!builder->run->closed &&
            !kube_find(builder->kube, KUBE_NAMESPACE, SLICE(""), namespace)) {
            /* its labels are not known; taken to be what the listener asks for */
            assume(builder, "Namespace", SLICE(""), namespace);
            return true;
        }
        return false;
    }
    case FROM_NONE:
        break;
    }
    return false;
}

static void add_attachment(struct builder *builder, struct listener_state *listener,
                           struct route_state *route, struct host_pattern host)
{
    struct attachment *attachment =
        ARENA_PUSH(builder->run->arena, listener->attachments, listener->count, listener->capacity);
    *attachment = (struct attachment){host, route};
    *ARENA_PUSH(builder->run->arena, route->served, route->served_count, route->served_capacity) =
        (struct served_host){listener, host};
    for (size_t i = 0; i < route->gateway_count; i++) {
        if (route->gateways[i] == listener->gateway) {
            return;
        }
    }
    *ARENA_PUSH(builder->run->arena, route->gateways, route->gateway_count,
                route->gateway_capacity) = listener->gateway;
}

static enum verdict attach_listener(struct builder *builder, struct listener_state *listener,
                                    struct route_state *state, const struct object_ref *parent)
{
    const struct http_route *route = state->route;
    if ((parent->section_name.len &&
         !slice_equal(parent->section_name, listener->listener->name)) ||
        (parent->port && parent->port != listener->listener->port)) {
        return NO_PARENT_LISTENER;
    }
    if (!listener_takes_kind(listener, route->object.kind_name) ||
        !namespace_allowed(builder, listener, route->object.namespace)) {
        return NOT_ALLOWED;
    }
    enum verdict verdict = NO_HOSTNAME;
    struct host_pattern any = {.kind = HOST_ANY}, host;
    if (route->hostnames.count == 0 && host_intersect(&listener->host, &any, &host)) {
        add_attachment(builder, listener, state, host);
        verdict = ATTACHED;
    }
    for (size_t i = 0; i < route->hostnames.count; i++) {
        struct host_pattern own = host_of(builder, route->hostnames.items[i]);
        if (host_intersect(&listener->host, &own, &host)) {
            add_attachment(builder, listener, state, host);
            verdict = ATTACHED;
        }
    }
    listener->route_count += verdict == ATTACHED;
    return verdict;
}

static struct slice section_of(struct builder *builder, const struct object_ref *parent)
{
    struct slice text = SLICE("");
    if (parent->section_name.len) {
        text = arena_printf(builder->run->arena, " named '" SLICE_FMT "'",
                            SLICE_ARG(parent->section_name));
    }
    if (parent->port) {
        text = arena_printf(builder->run->arena, SLICE_FMT " on port %u", SLICE_ARG(text),
                            parent->port);
    }
    return text;
}

static void report(struct builder *builder, const struct http_route *route,
                   const struct object_ref *parent, const struct gateway_state *gateway,
                   enum verdict verdict)
{
    struct diag *diag = builder->run->diag;
    struct span span = parent->span;
    struct slice subject = route->object.subject;
    switch (verdict) {
    case NO_PARENT_LISTENER:
        diag_at(diag, DIAG_G003, span, subject,
                "Gateway '" SLICE_FMT "' has no listener" SLICE_FMT
                ", so the route does not attach (NoMatchingParent)",
                SLICE_ARG(gateway->id), SLICE_ARG(section_of(builder, parent)));
        return;
    case NOT_ALLOWED:
        diag_at(diag, DIAG_G004, span, subject,
                "no listener of Gateway '" SLICE_FMT "' lets " SLICE_FMT
                "s of namespace '" SLICE_FMT
                "' attach (NotAllowedByListeners); change allowedRoutes of the listener",
                SLICE_ARG(gateway->id), SLICE_ARG(route->object.kind_name),
                SLICE_ARG(route->object.namespace));
        return;
    case NO_HOSTNAME:
        diag_at(diag, DIAG_G005, span, subject,
                "no hostname of the route fits a listener of Gateway '" SLICE_FMT
                "' (NoMatchingListenerHostname)",
                SLICE_ARG(gateway->id));
        return;
    case ATTACHED:
        return;
    }
}

/* The Gateway that the parent is, or belongs to; null when it leads nowhere, which is said. */
static struct gateway_state *find_parent(struct builder *builder, const struct object *object,
                                         const struct object_ref *parent, struct slice id)
{
    bool set = slice_is(parent->kind, "ListenerSet");
    if (!slice_is(parent->group, GATEWAY_GROUP) || (!set && !slice_is(parent->kind, "Gateway"))) {
        diag_at(builder->run->diag, DIAG_G002, parent->span, object->subject,
                "the parent '" SLICE_FMT "' is a " SLICE_FMT
                ", which is not read; the route is looked at for its Gateways only",
                SLICE_ARG(parent->name), SLICE_ARG(parent->kind));
        return NULL;
    }
    struct gateway_state *gateway = map_get(set ? builder->set_index : builder->gateway_index, id);
    /* a Gateway of another class, and a set that is not let in, are named already */
    struct slice namespace = parent->namespace.len ? parent->namespace : object->namespace;
    if (!gateway && !set && !kube_find(builder->kube, KUBE_GATEWAY, namespace, parent->name)) {
        diag_at(builder->run->diag, DIAG_G001, parent->span, object->subject,
                "Gateway '" SLICE_FMT "' is not in the input, so the route serves nothing there; "
                "add the Gateway to the input",
                SLICE_ARG(id));
    } else if (!gateway && set) {
        diag_at(builder->run->diag, DIAG_G001, parent->span, object->subject,
                "ListenerSet '" SLICE_FMT "' serves nothing here, so the route does not either",
                SLICE_ARG(id));
    }
    return gateway;
}

/* A Gateway as the parent stands for its own listeners, never for those of its sets. */
static bool is_owner(const struct listener_state *listener, const struct object_ref *parent,
                     struct slice namespace)
{
    return slice_equal(listener->owner->kind_name, parent->kind) &&
           slice_equal(listener->owner->name, parent->name) &&
           slice_equal(listener->owner->namespace, namespace);
}

static void attach_parent(struct builder *builder, struct route_state *state, size_t index)
{
    const struct object_ref *parent = &state->parents[index].ref;
    const struct object *object = &state->route->object;
    struct slice namespace = parent->namespace.len ? parent->namespace : object->namespace;
    struct slice id = arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT,
                                   SLICE_ARG(namespace), SLICE_ARG(parent->name));
    struct gateway_state *gateway = find_parent(builder, object, parent, id);
    if (!gateway) {
        return;
    }
    enum verdict best = NO_PARENT_LISTENER;
    for (size_t i = 0; i < gateway->count; i++) {
        if (is_owner(&gateway->listeners[i], parent, namespace)) {
            enum verdict verdict = attach_listener(builder, &gateway->listeners[i], state, parent);
            best = verdict > best ? verdict : best;
        }
    }
    state->parents[index].gateway = gateway;
    state->parents[index].verdict = best;
    report(builder, state->route, parent, gateway, best);
}

/* Older routes first, then by namespace and name (HTTPRouteRule.matches in apis/v1/httproute_types.go).
 * Without both times the names decide, as they do for objects that were applied together. */
int object_age_order(const struct object *x, const struct object *y)
{
    if (x->has_created && y->has_created && x->created != y->created) {
        return x->created < y->created ? -1 : 1;
    }
    if (x->has_created != y->has_created) {
        return x->has_created ? -1 : 1;
    }
    int order = slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

static int age_order(const void *a, const void *b, void *user)
{
    (void)user;
    return object_age_order(&((const struct route_state *)a)->route->object,
                            &((const struct route_state *)b)->route->object);
}

/* istio pilot/pkg/config/kube/gateway/conditions.go reports all that is wrong with a route as ResolvedRefs. */
static bool refuses_route(struct builder *builder, const struct http_route *route)
{
    for (size_t i = 0; i < route->rule_count; i++) {
        const struct http_rule *rule = &route->rules[i];
        const struct http_filter *bad = NULL;
        for (size_t j = 0; j < rule->filter_count && !bad; j++) {
            bad = filter_is_known(&rule->filters[j]) ? NULL : &rule->filters[j];
        }
        for (size_t j = 0; j < rule->backend_count && !bad; j++) {
            for (size_t k = 0; k < rule->backends[j].filter_count && !bad; k++) {
                const struct http_filter *filter = &rule->backends[j].filters[k];
                bad = slice_ends(filter->type, SLICE("HeaderModifier")) ? NULL : filter;
            }
        }
        if (bad) {
            struct fault *fault = ARENA_NEW(builder->run->arena, struct fault);
            *fault = (struct fault){"InvalidFilter",
                                    arena_printf(builder->run->arena,
                                                 "the filter '" SLICE_FMT "' is not supported",
                                                 SLICE_ARG(bad->type))};
            map_put(builder->unresolved, route->object.subject, fault);
            diag_at(
                builder->run->diag, DIAG_G028, bad->span, route->object.subject,
                "the filter '" SLICE_FMT
                "' is not supported here, and the whole HTTPRoute is dropped for it; remove the "
                "filter, or move the rule into a route of its own",
                SLICE_ARG(bad->type));
            return true;
        }
    }
    return false;
}

/* ---- parents ------------------------------------------------------------------------------ */

static bool names_gateway(const struct http_route *route, const struct object *gateway)
{
    for (size_t i = 0; i < route->parent_count; i++) {
        const struct object_ref *ref = &route->parents[i];
        struct slice namespace = ref->namespace.len ? ref->namespace : route->object.namespace;
        if (slice_is(ref->kind, "Gateway") && slice_equal(ref->name, gateway->name) &&
            slice_equal(namespace, gateway->namespace)) {
            return true;
        }
    }
    return false;
}

/* GEP-3793: Gateways with defaultScope All are parents of routes with useDefaultGateways All. */
static void add_default_gateways(struct builder *builder, struct route_state *state)
{
    const struct http_route *route = state->route;
    for (size_t i = 0; i < builder->gateway_count; i++) {
        const struct gateway *gateway = builder->gateways[i].gateway;
        if (slice_is(gateway->default_scope, "All") && !names_gateway(route, &gateway->object)) {
            state->parents[state->parent_count++].ref =
                (struct object_ref){.group = SLICE(GATEWAY_GROUP),
                                    .kind = SLICE("Gateway"),
                                    .namespace = gateway->object.namespace,
                                    .name = gateway->object.name,
                                    .span = route->object.span};
        }
    }
}

static void collect_parents(struct builder *builder, struct route_state *state)
{
    const struct http_route *route = state->route;
    bool wants = slice_is(route->default_gateways, "All");
    bool served = wants && builder->profile->has_default_gateways;
    size_t room = route->parent_count + (served ? builder->gateway_count : 0);
    state->parents = ARENA_ARRAY(builder->run->arena, struct parent_state, room);
    for (size_t i = 0; i < route->parent_count; i++) {
        state->parents[state->parent_count++].ref = route->parents[i];
    }
    if (served) {
        add_default_gateways(builder, state);
    } else if (wants) {
        diag_at(builder->run->diag, DIAG_G032, route->object.span, route->object.subject,
                "the field 'useDefaultGateways' has no effect with %s: name the Gateway in "
                "spec.parentRefs",
                builder->profile->version);
    }
    if (state->parent_count == 0) {
        diag_at(builder->run->diag, DIAG_G029, route->object.span, route->object.subject,
                "the route names no Gateway%s, so it serves nothing; add spec.parentRefs",
                served ? " and none has the defaultScope All" : "");
    }
}

/* Attached all the same, as the controller says, and without a rule. */
static void attach_dropped(struct builder *builder, struct route_state *state)
{
    for (size_t i = 0; i < state->parent_count; i++) {
        struct parent_state *parent = &state->parents[i];
        struct slice namespace = parent->ref.namespace;
        struct slice id =
            arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT,
                         SLICE_ARG(namespace.len ? namespace : state->route->object.namespace),
                         SLICE_ARG(parent->ref.name));
        parent->gateway = map_get(builder->gateway_index, id);
        parent->verdict = ATTACHED;
    }
}

/* Nobody reads routes of the kind, so nobody says anything of them. */
static bool is_unread(struct builder *builder, const struct object *route)
{
    bool tcp = slice_is(route->kind_name, "TCPRoute"), udp = slice_is(route->kind_name, "UDPRoute");
    if (!(tcp && builder->profile->tcp == STREAMS_UNREAD) &&
        !(udp && builder->profile->udp == STREAMS_UNREAD)) {
        return false;
    }
    diag_at(builder->run->diag, DIAG_G055, route->span, route->subject,
            "%s reads no " SLICE_FMT "s unless it is installed with experimental features, so "
            "this one serves nothing",
            builder->profile->version, SLICE_ARG(route->kind_name));
    return true;
}

static void attach(struct builder *builder, struct route_state *state)
{
    if (is_unread(builder, &state->route->object)) {
        return;
    }
    collect_parents(builder, state);
    if (builder->profile->bad_filter_drops_route && refuses_route(builder, state->route)) {
        attach_dropped(builder, state);
        return;
    }
    for (size_t i = 0; i < state->parent_count; i++) {
        attach_parent(builder, state, i);
    }
}

static bool is_stream_route(const struct object *object)
{
    return is_gateway_kind(object, "TLSRoute") || is_gateway_kind(object, "TCPRoute") ||
           is_gateway_kind(object, "UDPRoute");
}

/* All routes, in the order of their age. */
static void read_routes(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    size_t count = kube->counts[KUBE_HTTP_ROUTE];
    builder->routes =
        ARENA_ARRAY(builder->run->arena, struct route_state, count + kube->counts[KUBE_OTHER]);
    for (size_t i = 0; i < count; i++) {
        builder->routes[i].route = (const void *)kube->objects[KUBE_HTTP_ROUTE][i];
    }
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        bool stream = is_stream_route(object);
        const struct http_route *route = stream ? kube_stream_route(builder->run, object)
                                         : is_gateway_kind(object, "GRPCRoute")
                                             ? kube_grpc_route(builder->run, object)
                                             : NULL;
        if (route) {
            builder->routes[count++] = (struct route_state){.route = route, .is_stream = stream};
        }
    }
    builder->route_count = count;
    sort_stable(builder->run->arena, builder->routes, count, sizeof *builder->routes, age_order,
                NULL);
}

void routes_attach(struct builder *builder)
{
    read_routes(builder);
    for (size_t i = 0; i < builder->route_count; i++) {
        builder->routes[i].age = i;
        attach(builder, &builder->routes[i]);
    }
}
