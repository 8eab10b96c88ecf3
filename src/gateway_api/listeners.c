#include "gateway_api/gateway_priv.h"

#include <string.h>

static enum listener_protocol protocol_of(struct slice protocol)
{
    return slice_is(protocol, "HTTP")    ? LISTENER_HTTP
           : slice_is(protocol, "HTTPS") ? LISTENER_HTTPS
           : slice_is(protocol, "TLS")   ? LISTENER_TLS
                                         : LISTENER_OTHER;
}

/* ---- conflicts ---------------------------------------------------------------------------- */

/* Listeners of one Gateway are distinct when they differ in port, or, with the same protocol, in hostname
 * (Gateway.spec.listeners in apis/v1/gateway_types.go). Plain and encrypted traffic, and streams without
 * names, cannot share a port. HTTPS and TLS can: the server name tells them apart. */
static const char *conflict(const struct listener_state *a, const struct listener_state *b)
{
    if (a->listener->port != b->listener->port || slice_is(a->listener->protocol, "UDP") ||
        slice_is(b->listener->protocol, "UDP")) {
        return NULL;
    }
    bool plain = (a->protocol == LISTENER_HTTP) != (b->protocol == LISTENER_HTTP);
    bool stream = a->protocol == LISTENER_OTHER || b->protocol == LISTENER_OTHER;
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

static void refuse(struct builder *builder, struct listener_state *state,
                   const struct listener_state *other, const char *reason)
{
    state->refused = true;
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
    struct listener_state *first[LISTENER_OTHER + 1] = {NULL};
    for (size_t i = 0; i < gateway->count; i++) {
        bool same_port = i && sorted[i - 1]->listener->port == sorted[i]->listener->port;
        for (size_t p = 0; p <= LISTENER_OTHER; p++) {
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

static bool certificate_usable(struct builder *builder, const struct listener_state *state,
                               const struct object_ref *given)
{
    const struct object *owner = state->owner;
    struct object_ref ref = *given;
    ref.namespace = ref.namespace.len ? ref.namespace : owner->namespace;
    const char *fault = NULL;
    if (ref.group.len || !slice_is(ref.kind, "Secret")) {
        fault = "is no Secret (InvalidCertificateRef)";
    } else if (!slice_equal(ref.namespace, owner->namespace) &&
               !kube_reference_granted(builder->kube, SLICE(GATEWAY_GROUP), owner->kind_name,
                                       owner->namespace, &ref)) {
        fault = "is in another namespace and no ReferenceGrant there permits it (RefNotPermitted)";
    } else {
        const struct secret *secret =
            (const void *)kube_find(builder->kube, KUBE_SECRET, ref.namespace, ref.name);
        if (!secret && !builder->run->closed) {
            assume(builder, "Secret", ref.namespace, ref.name);
        } else if (!secret) {
            fault = "is not in the input (InvalidCertificateRef)";
        } else if (!secret->has_key_pair) {
            fault = "holds no certificate with its key (InvalidCertificateRef)";
        }
    }
    if (fault) {
        diag_at(builder->run->diag, DIAG_G008, given->span, owner->subject,
                "the certificate '" SLICE_FMT "/" SLICE_FMT "' of listener '" SLICE_FMT "' %s",
                SLICE_ARG(ref.namespace), SLICE_ARG(ref.name), SLICE_ARG(state->listener->name),
                fault);
    }
    return !fault;
}

static void choose_certificate(struct builder *builder, struct listener_state *state)
{
    const struct listener *listener = state->listener;
    bool usable = listener->tls_options.count > 0;
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
    }
    /* Open inputs often hold secrets in encrypted or templated form: there it is only said. */
    state->refused = state->refused || (!usable && builder->run->closed);
}

/* ---- client certificates ------------------------------------------------------------------ */

/* spec.tls.frontend: the entry of perPort for the port, else the default (apis/v1/gateway_types.go,
 * FrontendTLSConfig). */
static const struct node *client_validation(const struct listener_state *state)
{
    const struct node *spec = node_get(state->gateway->gateway->object.root, "spec");
    const struct node *frontend = node_get(node_get(spec, "tls"), "frontend");
    const struct node *ports = node_get(frontend, "perPort");
    for (size_t i = 0; ports && ports->kind == NODE_LIST && i < ports->count; i++) {
        const struct node *port = node_get(ports->items[i], "port");
        if (port && port->kind == NODE_INT && port->integer == state->listener->port) {
            return node_get(node_get(ports->items[i], "tls"), "validation");
        }
    }
    return node_get(node_get(frontend, "default"), "validation");
}

static struct slice text_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE_ABSENT;
}

static bool has_authority(struct builder *builder, const struct listener_state *state,
                          const struct node *validation)
{
    const struct node *refs = node_get(validation, "caCertificateRefs");
    for (size_t i = 0; refs && refs->kind == NODE_LIST && i < refs->count; i++) {
        const struct node *ref = refs->items[i];
        struct slice namespace = text_of(ref, "namespace");
        struct object_ref to = {
            .kind = text_of(ref, "kind"),
            .name = text_of(ref, "name"),
            .namespace = namespace.len ? namespace : state->gateway->gateway->object.namespace,
        };
        bool own = slice_equal(to.namespace, state->gateway->gateway->object.namespace);
        bool found = !builder->run->closed ||
                     kube_find(builder->kube, KUBE_CONFIG_MAP, to.namespace, to.name);
        if (slice_is(to.kind, "ConfigMap") && found &&
            (own || kube_reference_granted(builder->kube, SLICE(GATEWAY_GROUP), SLICE("Gateway"),
                                           state->gateway->gateway->object.namespace, &to))) {
            return true;
        }
    }
    return false;
}

static void note_client_check(struct builder *builder, struct listener_state *state,
                              struct slice field, struct span span)
{
    diag_at(builder->run->diag, DIAG_G022, span, state->owner->subject,
            "listener '" SLICE_FMT
            "' lets in clients with a valid certificate only; its answers are unknown",
            SLICE_ARG(state->listener->name));
    state->unknown =
        unknown_add(builder->run, state->unknown, ASPECT_PROTECTION,
                    (struct effect_source){field, span}, SLICE("client certificates are checked"));
}

static void check_clients(struct builder *builder, struct listener_state *state)
{
    const struct label *mode =
        labels_find(&state->listener->tls_options, "gateway.istio.io/tls-terminate-mode");
    if (mode && slice_ends(mode->value, SLICE("MUTUAL")) &&
        !slice_starts(mode->value, SLICE("OPTIONAL"))) {
        note_client_check(builder, state, mode->key, mode->span);
    }
    const struct node *validation = client_validation(state);
    if (!validation) {
        return;
    }
    if (!has_authority(builder, state, validation)) {
        diag_at(builder->run->diag, DIAG_G008, validation->span, state->owner->subject,
                "no certificate authority for the clients of listener '" SLICE_FMT
                "' can be used (NoValidCACertificate), so it serves nothing",
                SLICE_ARG(state->listener->name));
        state->refused = true;
    } else if (!slice_is(text_of(validation, "mode"), "AllowInsecureFallback")) {
        note_client_check(builder, state, SLICE("spec.tls.frontend"), validation->span);
    }
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

static void check_listener(struct builder *builder, struct listener_state *state)
{
    switch (state->protocol) {
    case LISTENER_HTTP:
        return;
    case LISTENER_HTTPS:
        choose_certificate(builder, state);
        check_clients(builder, state);
        return;
    case LISTENER_TLS:
        if (!slice_is(state->listener->tls_mode, "Passthrough")) {
            choose_certificate(builder, state);
        }
        /* fall through */
    case LISTENER_OTHER:
        diag_at(builder->run->diag, DIAG_G007, state->listener->span, state->owner->subject,
                "the listener '" SLICE_FMT "' speaks " SLICE_FMT
                ", which carries no HTTPRoute; it is left out",
                SLICE_ARG(state->listener->name), SLICE_ARG(state->listener->protocol));
        return;
    }
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
    (void)map_put(taken, arena_printf(arena, "%u", port), state);
    (void)map_put(taken, arena_printf(arena, "%u/" SLICE_FMT, port, SLICE_ARG(state->host.name)),
                  state);
}

static struct listener_state *rival(struct builder *builder, const struct map *taken,
                                    const struct listener_state *state, const char **reason)
{
    struct arena *arena = builder->run->arena;
    unsigned port = state->listener->port;
    const struct slice keys[] = {
        arena_printf(arena, "%u/" SLICE_FMT, port, SLICE_ARG(state->host.name)),
        arena_printf(arena, "%u", port)};
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
