#include "gateway_api/gateway_priv.h"

#include <string.h>

static enum listener_protocol protocol_of(struct slice protocol)
{
    return slice_is(protocol, "HTTP")    ? LISTENER_HTTP
           : slice_is(protocol, "HTTPS") ? LISTENER_HTTPS
           : slice_is(protocol, "TLS")   ? LISTENER_TLS
           : slice_is(protocol, "TCP")   ? LISTENER_TCP
           : slice_is(protocol, "UDP")   ? LISTENER_UDP
                                         : LISTENER_OTHER;
}

/* ---- conflicts ---------------------------------------------------------------------------- */

/* Listeners of one Gateway are distinct when they differ in port, or, with the same protocol, in hostname
 * (Gateway.spec.listeners in apis/v1/gateway_types.go). Plain and encrypted traffic, and streams without
 * names, cannot share a port. HTTPS and TLS can: the server name tells them apart. */
static const char *conflict(const struct listener_state *a, const struct listener_state *b)
{
    bool datagrams = a->protocol == LISTENER_UDP;
    if (a->listener->port != b->listener->port || datagrams != (b->protocol == LISTENER_UDP)) {
        return NULL;
    }
    bool plain = (a->protocol == LISTENER_HTTP) != (b->protocol == LISTENER_HTTP);
    bool stream = a->protocol >= LISTENER_TCP || b->protocol >= LISTENER_TCP;
    if (plain || (stream && !slice_equal(a->listener->protocol, b->listener->protocol))) {
        return "ProtocolConflict";
    }
    return stream || host_pattern_equal(&a->host, &b->host) ? "HostnameConflict" : NULL;
}

static int by_port(const void *a, const void *b, void *user)
{
    (void)user;
    const struct listener_state *x = *(struct listener_state *const *)a;
    const struct listener_state *y = *(struct listener_state *const *)b;
    if (x->listener->port != y->listener->port) {
        return x->listener->port < y->listener->port ? -1 : 1;
    }
    return host_order(&x->host, &y->host);
}

static struct fault conflict_with(struct builder *builder, const struct listener_state *other,
                                  const char *reason)
{
    return (struct fault){
        reason,
        arena_printf(builder->run->arena, "in conflict with listener '" SLICE_FMT "' of " SLICE_FMT,
                     SLICE_ARG(other->listener->name), SLICE_ARG(other->owner->subject))};
}

static void refuse(struct builder *builder, struct listener_state *state,
                   const struct listener_state *other, const char *reason)
{
    state->refused = true;
    state->conflict = conflict_with(builder, other, reason);
    diag_at(builder->run->diag, DIAG_G006, state->listener->span, state->owner->subject,
            "the listener '" SLICE_FMT "' is in conflict with '" SLICE_FMT
            "' on port %u (%s), so neither serves; give them different ports or hostnames",
            SLICE_ARG(state->listener->name), SLICE_ARG(other->listener->name),
            state->listener->port, reason);
}

static void refuse_both(struct builder *builder, struct listener_state *a, struct listener_state *b,
                        const char *of)
{
    const char *reason = conflict(a, b);
    if (reason && strcmp(reason, of) == 0) {
        refuse(builder, a, b, reason);
        refuse(builder, b, a, reason);
    }
}

/* All conflicting listeners of a Gateway are refused, none wins. Sorted by port and host, listeners of the
 * same host are neighbours; one of another protocol is found by the first of each protocol on the port. */
static void refuse_conflicts(struct builder *builder, struct gateway_state *gateway)
{
    struct listener_state **sorted =
        ARENA_ARRAY(builder->run->arena, struct listener_state *, gateway->count);
    for (size_t i = 0; i < gateway->count; i++) {
        sorted[i] = &gateway->listeners[i];
    }
    sort_stable(builder->run->arena, sorted, gateway->count, sizeof(struct listener_state *),
                by_port, NULL);
    struct listener_state *first[LISTENER_PROTOCOL_COUNT] = {NULL};
    for (size_t i = 0; i < gateway->count; i++) {
        bool same_port = i && sorted[i - 1]->listener->port == sorted[i]->listener->port;
        for (size_t p = 0; p < LISTENER_PROTOCOL_COUNT; p++) {
            first[p] = same_port ? first[p] : NULL;
            if (first[p] && p != sorted[i]->protocol) {
                refuse_both(builder, first[p], sorted[i], "ProtocolConflict");
            }
        }
        for (size_t back = i; back-- > 0 &&
                              host_order(&sorted[back]->host, &sorted[i]->host) == 0 &&
                              sorted[back]->listener->port == sorted[i]->listener->port;) {
            refuse_both(builder, sorted[back], sorted[i], "HostnameConflict");
            if (sorted[back]->protocol == sorted[i]->protocol) {
                break;
            }
        }
        if (!first[sorted[i]->protocol]) {
            first[sorted[i]->protocol] = sorted[i];
        }
    }
}

/* ---- certificates ------------------------------------------------------------------------- */

static bool certificate_usable(struct builder *builder, struct listener_state *state,
                               const struct object_ref *given)
{
    const struct object *owner = state->owner;
    struct object_ref ref = *given;
    ref.namespace = ref.namespace.len ? ref.namespace : owner->namespace;
    const char *fault = NULL, *reason = "InvalidCertificateRef";
    if (ref.group.len || !slice_is(ref.kind, "Secret")) {
        fault = "is no Secret (InvalidCertificateRef)";
    } else if (!slice_equal(ref.namespace, owner->namespace) &&
               !kube_reference_granted(builder->kube, SLICE(GATEWAY_GROUP), owner->kind_name,
                                       owner->namespace, &ref)) {
        fault = "is in another namespace and no ReferenceGrant there permits it (RefNotPermitted)";
        reason = "RefNotPermitted";
    } else {
        const struct secret *secret =
            (const void *)kube_find(builder->kube, KUBE_SECRET, ref.namespace, ref.name);
        if (!secret && !run_secrets_closed(builder->run)) {
            assume(builder, "Secret", ref.namespace, ref.name);
        } else if (!secret) {
            fault = "is not in the input (InvalidCertificateRef)";
        } else if (!secret_has_certificate(secret)) {
            fault = "holds no certificate with its key (InvalidCertificateRef)";
        }
    }
    if (fault) {
        diag_at(builder->run->diag, DIAG_G008, given->span, owner->subject,
                "the certificate '" SLICE_FMT "/" SLICE_FMT "' of listener '" SLICE_FMT "' %s",
                SLICE_ARG(ref.namespace), SLICE_ARG(ref.name), SLICE_ARG(state->listener->name),
                fault);
        state->unresolved.reason = reason;
        state->unresolved.message =
            arena_printf(builder->run->arena, "the certificate '" SLICE_FMT "/" SLICE_FMT "' %s",
                         SLICE_ARG(ref.namespace), SLICE_ARG(ref.name), fault);
    }
    return !fault;
}

static void refuse_many(struct builder *builder, struct listener_state *state)
{
    const struct listener *listener = state->listener;
    size_t most = builder->profile->certificates_max;
    if (!most || listener->certificate_count <= most) {
        return;
    }
    state->refused = true;
    state->unresolved = (struct fault){"InvalidTLS", SLICE("it has too many certificates")};
    diag_at(builder->run->diag, DIAG_G055, listener->span, state->owner->subject,
            "%s takes up to %zu certificates for a listener, and '" SLICE_FMT
            "' has %zu, so it serves nothing",
            builder->profile->version, most, SLICE_ARG(listener->name),
            listener->certificate_count);
}

static void choose_certificate(struct builder *builder, struct listener_state *state)
{
    const struct listener *listener = state->listener;
    bool usable = listener->tls_options.count > 0;
    /* learn.microsoft.com/azure/aks/app-routing-gateway-api-dns-tls */
    const struct label *vault =
        labels_find(&listener->tls_options, "kubernetes.azure.com/tls-cert-keyvault-uri");
    if (vault) {
        state->certificate.vault = vault->value;
    }
    for (size_t i = 0; i < listener->certificate_count; i++) {
        const struct object_ref *ref = &listener->certificates[i];
        if (certificate_usable(builder, state, ref) && !state->certificate.secret.len) {
            usable = true;
            state->certificate = (struct certificate){
                .namespace = ref->namespace.len ? ref->namespace : state->owner->namespace,
                .secret = ref->name,
                .host = listener->hostname,
                .span = ref->span,
            };
        }
    }
    if (!usable && listener->certificate_count == 0) {
        diag_at(builder->run->diag, DIAG_G008, listener->span, state->owner->subject,
                "the listener '" SLICE_FMT "' has no certificate; add tls.certificateRefs",
                SLICE_ARG(listener->name));
        state->unresolved =
            (struct fault){"InvalidCertificateRef", SLICE("the listener has no certificate")};
    }
    refuse_many(builder, state);
    /* Open inputs often hold secrets in encrypted or templated form: there it is only said. */
    state->no_certificate = !usable;
    state->refused = state->refused || (!usable && run_secrets_closed(builder->run));
}

/* ---- all of a Gateway --------------------------------------------------------------------- */

static struct listener_state new_state(struct builder *builder, struct gateway_state *gateway,
                                       const struct object *owner, const struct listener *listener,
                                       size_t index)
{
    return (struct listener_state){
        .gateway = gateway,
        .owner = owner,
        .listener = listener,
        .index = index,
        .protocol = protocol_of(listener->protocol),
        .host = host_of(builder, listener->hostname),
    };
}

/* Kinds that the protocol cannot carry; the others still may attach (ListenerReasonInvalidRouteKinds in
 * apis/v1/gateway_types.go). */
static void check_kinds(struct builder *builder, struct listener_state *state)
{
    for (size_t i = 0; state->protocol != LISTENER_OTHER && i < state->listener->kind_count; i++) {
        const struct route_kind *kind = &state->listener->kinds[i];
        if (!slice_is(kind->group, GATEWAY_GROUP) || !protocol_carries(state, kind->kind)) {
            state->unresolved = (struct fault){
                "InvalidRouteKinds",
                arena_printf(builder->run->arena, "protocol " SLICE_FMT " carries no " SLICE_FMT,
                             SLICE_ARG(state->listener->protocol), SLICE_ARG(kind->kind))};
            diag_at(builder->run->diag, DIAG_G053, state->listener->span, state->owner->subject,
                    "listener '" SLICE_FMT "' of protocol " SLICE_FMT
                    " cannot carry the kind '" SLICE_FMT "' that it allows (InvalidRouteKinds); "
                    "remove it from allowedRoutes.kinds",
                    SLICE_ARG(state->listener->name), SLICE_ARG(state->listener->protocol),
                    SLICE_ARG(kind->kind));
        }
    }
}

/* What the standard has and the implementation refuses. */
static void check_served(struct builder *builder, struct listener_state *state)
{
    const struct gateway_profile *profile = builder->profile;
    bool stream = (state->protocol == LISTENER_TCP && profile->tcp == STREAMS_REFUSED) ||
                  (state->protocol == LISTENER_UDP && profile->udp == STREAMS_REFUSED);
    bool ends = state->protocol == LISTENER_TLS && profile->tls_passes_only &&
                !slice_is(state->listener->tls_mode, "Passthrough");
    if (!stream && !ends) {
        return;
    }
    struct slice what = ends ? SLICE("protocol TLS without tls.mode Passthrough")
                             : arena_printf(builder->run->arena, "protocol " SLICE_FMT,
                                            SLICE_ARG(state->listener->protocol));
    state->rejected = (struct fault){ends ? "UnsupportedValue" : "UnsupportedProtocol",
                                     arena_printf(builder->run->arena, "%s serves no " SLICE_FMT,
                                                  profile->version, SLICE_ARG(what))};
    state->refused = true;
    diag_at(builder->run->diag, DIAG_G055, state->listener->span, state->owner->subject,
            "listener '" SLICE_FMT "': " SLICE_FMT " (%s), so it serves nothing",
            SLICE_ARG(state->listener->name), SLICE_ARG(state->rejected.message),
            state->rejected.reason);
}

static void check_listener(struct builder *builder, struct listener_state *state)
{
    check_kinds(builder, state);
    check_served(builder, state);
    switch (state->protocol) {
    case LISTENER_HTTP:
    case LISTENER_TCP:
    case LISTENER_UDP:
        return;
    case LISTENER_HTTPS:
        choose_certificate(builder, state);
        listener_clients(builder, state);
        return;
    case LISTENER_TLS:
        if (!slice_is(state->listener->tls_mode, "Passthrough")) {
            choose_certificate(builder, state);
        }
        return;
    case LISTENER_OTHER:
    case LISTENER_PROTOCOL_COUNT:
        break;
    }
    state->rejected =
        (struct fault){"UnsupportedProtocol", SLICE("no standard knows the protocol")};
    state->refused = true;
    diag_at(builder->run->diag, DIAG_G007, state->listener->span, state->owner->subject,
            "the listener '" SLICE_FMT "' speaks '" SLICE_FMT
            "', which no standard says anything of; it is left out (UnsupportedProtocol)",
            SLICE_ARG(state->listener->name), SLICE_ARG(state->listener->protocol));
}

void listeners_build(struct builder *builder, struct gateway_state *gateway)
{
    gateway->count = gateway->gateway->listener_count;
    gateway->listeners = ARENA_ARRAY(builder->run->arena, struct listener_state, gateway->count);
    for (size_t i = 0; i < gateway->count; i++) {
        gateway->listeners[i] = new_state(builder, gateway, &gateway->gateway->object,
                                          &gateway->gateway->listeners[i], i);
    }
    refuse_conflicts(builder, gateway);
    for (size_t i = 0; i < gateway->count; i++) {
        check_listener(builder, &gateway->listeners[i]);
    }
}

/* ---- ListenerSets ------------------------------------------------------------------------- */

/* What is taken on a port, so that a listener of a set finds its rival without a walk through all. */
static void take(struct builder *builder, struct map *taken, struct listener_state *state)
{
    struct arena *arena = builder->run->arena;
    unsigned port = state->listener->port;
    const char *lane = state->protocol == LISTENER_UDP ? "udp" : "tcp";
    (void)map_put(taken, arena_printf(arena, "%s %u", lane, port), state);
    (void)map_put(taken,
                  arena_printf(arena, "%s %u/" SLICE_FMT, lane, port, SLICE_ARG(state->host.name)),
                  state);
}

static struct listener_state *rival(struct builder *builder, const struct map *taken,
                                    const struct listener_state *state, const char **reason)
{
    struct arena *arena = builder->run->arena;
    unsigned port = state->listener->port;
    const char *lane = state->protocol == LISTENER_UDP ? "udp" : "tcp";
    const struct slice keys[] = {
        arena_printf(arena, "%s %u/" SLICE_FMT, lane, port, SLICE_ARG(state->host.name)),
        arena_printf(arena, "%s %u", lane, port)};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct listener_state *other = map_get(taken, keys[i]);
        *reason = other ? conflict(other, state) : NULL;
        if (*reason) {
            return other;
        }
    }
    return NULL;
}

static size_t count_set_listeners(const struct gateway_state *gateway)
{
    size_t count = 0;
    for (size_t i = 0; i < gateway->set_count; i++) {
        count += gateway->sets[i]->listener_count;
    }
    return count;
}

/* The Gateway's listeners win over those of its sets, and older sets over later ones (Gateway API,
 * ListenerSetSpec in apis/v1/listenerset_types.go). */
static void add_set_listener(struct builder *builder, struct gateway_state *gateway,
                             struct map *taken, struct listener_state state)
{
    const char *reason = NULL;
    const struct listener_state *winner = rival(builder, taken, &state, &reason);
    struct listener_state *added = &gateway->listeners[gateway->count++];
    *added = state;
    if (winner) {
        added->refused = true;
        added->conflict = conflict_with(builder, winner, reason);
        diag_at(
            builder->run->diag, DIAG_G006, state.listener->span, state.owner->subject,
            "the listener '" SLICE_FMT "' is in conflict with '" SLICE_FMT "' of " SLICE_FMT
            " on port %u (%s), which comes first, so it does not serve; give it another port or "
            "hostname",
            SLICE_ARG(state.listener->name), SLICE_ARG(winner->listener->name),
            SLICE_ARG(winner->owner->subject), state.listener->port, reason);
        return;
    }
    take(builder, taken, added);
    check_listener(builder, added);
}

void set_listeners_build(struct builder *builder, struct gateway_state *gateway)
{
    if (!gateway->set_count) {
        return;
    }
    struct map *taken = map_new(builder->run->arena);
    struct listener_state *own = gateway->listeners;
    size_t room = gateway->count + count_set_listeners(gateway);
    gateway->listeners = ARENA_ARRAY(builder->run->arena, struct listener_state, room);
    for (size_t i = 0; i < gateway->count; i++) {
        gateway->listeners[i] = own[i];
        take(builder, taken, &gateway->listeners[i]);
    }
    for (size_t i = 0; i < gateway->set_count; i++) {
        const struct listener_set *set = gateway->sets[i];
        for (size_t j = 0; j < set->listener_count; j++) {
            add_set_listener(builder, gateway, taken,
                             new_state(builder, gateway, &set->object, &set->listeners[j], j));
        }
    }
}
