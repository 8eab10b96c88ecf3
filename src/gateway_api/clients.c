#include "gateway_api/gateway_priv.h"

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

/* What keeps a reference to a certificate authority from being used; null when nothing does. ConfigMaps with the
 * key ca.crt are what every implementation takes (FrontendTLSValidation.caCertificateRefs). */
static const char *authority_fault(struct builder *builder, const struct object *gateway,
                                   const struct object_ref *to)
{
    bool own = slice_equal(to->namespace, gateway->namespace);
    bool in_secret = builder->profile->authorities_in_secrets && slice_is(to->kind, "Secret");
    if (to->group.len || (!slice_is(to->kind, "ConfigMap") && !in_secret)) {
        return "InvalidCACertificateKind";
    }
    if (!own && !kube_reference_granted(builder->kube, SLICE(GATEWAY_GROUP), SLICE("Gateway"),
                                        gateway->namespace, to)) {
        return "RefNotPermitted";
    }
    if (in_secret) {
        const struct secret *secret =
            (const void *)kube_find(builder->kube, KUBE_SECRET, to->namespace, to->name);
        bool usable = secret ? secret->has_ca : !run_secrets_closed(builder->run);
        return usable ? NULL : "InvalidCACertificateRef";
    }
    const struct config_map *map =
        (const void *)kube_find(builder->kube, KUBE_CONFIG_MAP, to->namespace, to->name);
    if (!map && !run_secrets_closed(builder->run)) {
        assume(builder, "ConfigMap", to->namespace, to->name);
        return NULL;
    }
    return map && labels_find(&map->data, "ca.crt") ? NULL : "InvalidCACertificateRef";
}

/* The first authority that can be used; absent when none can. */
static struct slice find_authority(struct builder *builder, struct listener_state *state,
                                   const struct node *validation)
{
    const struct object *gateway = &state->gateway->gateway->object;
    const struct node *refs = node_get(validation, "caCertificateRefs");
    struct slice found = SLICE_ABSENT;
    for (size_t i = 0; refs && refs->kind == NODE_LIST && i < refs->count; i++) {
        const struct node *ref = refs->items[i];
        struct slice namespace = text_of(ref, "namespace"), group = text_of(ref, "group");
        struct object_ref to = {
            .group = group.ptr ? group : SLICE(""),
            .kind = text_of(ref, "kind"),
            .name = text_of(ref, "name"),
            .namespace = namespace.len ? namespace : gateway->namespace,
        };
        const char *reason = authority_fault(builder, gateway, &to);
        struct slice name =
            arena_printf(builder->run->arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT,
                         SLICE_ARG(to.kind), SLICE_ARG(to.namespace), SLICE_ARG(to.name));
        if (reason) {
            diag_at(builder->run->diag, DIAG_G008, ref->span, state->owner->subject,
                    "the certificate authority '" SLICE_FMT "' for clients of listener '" SLICE_FMT
                    "' cannot be used (%s)",
                    SLICE_ARG(name), SLICE_ARG(state->listener->name), reason);
            state->unresolved = (struct fault){
                reason, arena_printf(builder->run->arena,
                                     "the certificate authority '" SLICE_FMT "' cannot be used",
                                     SLICE_ARG(name))};
        } else if (!found.ptr) {
            found = name;
        }
    }
    return found;
}

static void ask_clients(struct builder *builder, struct listener_state *state, struct slice field,
                        struct span span, struct slice subject)
{
    struct client_check *check = ARENA_NEW(builder->run->arena, struct client_check);
    *check = (struct client_check){
        .source = {field, span}, .subject = subject, .demand = DEMAND_VALID, .status = 0};
    state->client = check;
    diag_at(builder->run->diag, DIAG_G022, span, state->owner->subject,
            "listener '" SLICE_FMT "' lets in clients with a valid certificate only",
            SLICE_ARG(state->listener->name));
}

static void refuse_authorities(struct builder *builder, struct listener_state *state,
                               struct span span)
{
    state->refused = true;
    state->unresolved = (struct fault){
        "InvalidTLS", SLICE("only one certificate authority for clients is supported")};
    diag_at(builder->run->diag, DIAG_G055, span, state->owner->subject,
            "%s takes one certificate authority for clients, so listener '" SLICE_FMT
            "' serves nothing; put all certificates into one ConfigMap",
            builder->profile->version, SLICE_ARG(state->listener->name));
}

static bool lets_all_in(const struct builder *builder, const struct node *validation,
                        const struct label *mode)
{
    return builder->profile->frontend_of_istio
               ? mode && slice_is(mode->value, "OPTIONAL_MUTUAL")
               : slice_is(text_of(validation, "mode"), "AllowInsecureFallback");
}

void listener_clients(struct builder *builder, struct listener_state *state)
{
    /* an option of Istio; what others make of it is their choice */
    bool reads = builder->profile->frontend_of_istio || !builder->profile->platform;
    const struct label *mode =
        reads ? labels_find(&state->listener->tls_options, "gateway.istio.io/tls-terminate-mode")
              : NULL;
    if (mode && slice_ends(mode->value, SLICE("MUTUAL")) &&
        !slice_starts(mode->value, SLICE("OPTIONAL"))) {
        ask_clients(builder, state, mode->key, mode->span,
                    arena_printf(builder->run->arena, "Secret " SLICE_FMT "/" SLICE_FMT,
                                 SLICE_ARG(state->certificate.namespace),
                                 SLICE_ARG(state->certificate.secret)));
    }
    const struct node *validation = client_validation(state);
    if (!validation) {
        return;
    }
    const struct node *refs = node_get(validation, "caCertificateRefs");
    if (builder->profile->frontend_of_istio && refs && refs->kind == NODE_LIST && refs->count > 1) {
        refuse_authorities(builder, state, validation->span);
        return;
    }
    struct slice authority = find_authority(builder, state, validation);
    if (!authority.ptr) {
        diag_at(builder->run->diag, DIAG_G008, validation->span, state->owner->subject,
                "no certificate authority for the clients of listener '" SLICE_FMT
                "' can be used (NoValidCACertificate), so it serves nothing",
                SLICE_ARG(state->listener->name));
        state->rejected = (struct fault){"NoValidCACertificate",
                                         SLICE("no certificate authority for clients can be used")};
        state->refused = true;
    } else if (lets_all_in(builder, validation, mode)) {
        state->gateway->insecure_fallback = true;
    } else {
        ask_clients(builder, state, SLICE("spec.tls.frontend"), validation->span, authority);
    }
}
