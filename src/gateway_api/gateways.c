#include "gateway_api/gateway_priv.h"

/* What is wrong with a Gateway itself, beside its listeners. */

static struct slice text_at(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE("");
}

static const struct node *spec_of(const struct gateway_state *gateway)
{
    return node_get(gateway->gateway->object.root, "spec");
}

static bool is_in_input(struct builder *builder, struct slice group, struct slice kind,
                        struct slice namespace, struct slice name)
{
    const struct kube *kube = builder->kube;
    if (!group.len && slice_is(kind, "ConfigMap")) {
        return kube_find(kube, KUBE_CONFIG_MAP, namespace, name) != NULL;
    }
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        if (slice_equal(object->kind_name, kind) && slice_equal(object->name, name) &&
            slice_equal(object->namespace, namespace) &&
            slice_equal(kube_group(object->api_version), group)) {
            return true;
        }
    }
    return false;
}

/* spec.infrastructure.parametersRef and spec.addresses. */
static struct fault gateway_fault(struct builder *builder, const struct gateway_state *gateway)
{
    const struct node *spec = spec_of(gateway);
    const struct node *ref = node_get(node_get(spec, "infrastructure"), "parametersRef");
    if (ref && builder->run->closed &&
        !is_in_input(builder, text_at(ref, "group"), text_at(ref, "kind"),
                     gateway->gateway->object.namespace, text_at(ref, "name"))) {
        return (struct fault){"InvalidParameters",
                              arena_printf(builder->run->arena,
                                           "the " SLICE_FMT " '" SLICE_FMT
                                           "' in infrastructure.parametersRef is not in the input",
                                           SLICE_ARG(text_at(ref, "kind")),
                                           SLICE_ARG(text_at(ref, "name")))};
    }
    const struct node *addresses = node_get(spec, "addresses");
    for (size_t i = 0; addresses && addresses->kind == NODE_LIST && i < addresses->count; i++) {
        struct slice type = text_at(addresses->items[i], "type");
        if (slice_find(type, '/', 0) < type.len) {
            return (struct fault){"UnsupportedAddress",
                                  arena_printf(builder->run->arena,
                                               "addresses of type '" SLICE_FMT
                                               "' belong to an implementation",
                                               SLICE_ARG(type))};
        }
    }
    return (struct fault){NULL, SLICE("")};
}

/* spec.tls.backend.clientCertificateRef: what is shown to backends. */
static struct fault client_certificate_fault(struct builder *builder,
                                             const struct gateway_state *gateway)
{
    const struct object *object = &gateway->gateway->object;
    const struct node *ref =
        node_get(node_get(node_get(spec_of(gateway), "tls"), "backend"), "clientCertificateRef");
    if (!ref) {
        return (struct fault){NULL, SLICE("")};
    }
    struct slice namespace = text_at(ref, "namespace"), kind = text_at(ref, "kind");
    struct object_ref to = {.group = text_at(ref, "group"),
                            .kind = kind.len ? kind : SLICE("Secret"),
                            .namespace = namespace.len ? namespace : object->namespace,
                            .name = text_at(ref, "name")};
    struct slice message = arena_printf(
        builder->run->arena, "the client certificate '" SLICE_FMT "/" SLICE_FMT "' cannot be used",
        SLICE_ARG(to.namespace), SLICE_ARG(to.name));
    bool own = slice_equal(to.namespace, object->namespace);
    if (to.group.len || !slice_is(to.kind, "Secret")) {
        return (struct fault){"InvalidClientCertificateRef", message};
    }
    if (!own && !kube_reference_granted(builder->kube, SLICE(GATEWAY_GROUP), SLICE("Gateway"),
                                        object->namespace, &to)) {
        return (struct fault){"RefNotPermitted", message};
    }
    const struct secret *secret =
        (const void *)kube_find(builder->kube, KUBE_SECRET, to.namespace, to.name);
    bool usable = secret ? secret->has_key_pair : !run_secrets_closed(builder->run);
    return (struct fault){usable ? NULL : "InvalidClientCertificateRef", message};
}

/* Istio knows no such certificate (pilot/pkg/config/kube/gateway/supported_features.go). */
struct slice gateway_certificate(struct builder *builder, const struct gateway_state *gateway)
{
    const struct object *object = &gateway->gateway->object;
    const struct node *ref =
        node_get(node_get(node_get(spec_of(gateway), "tls"), "backend"), "clientCertificateRef");
    if (!ref || gateway->unresolved.reason || builder->profile->frontend_of_istio) {
        return SLICE_ABSENT;
    }
    struct slice namespace = text_at(ref, "namespace");
    return ARENA_JOIN(builder->run->arena, namespace.len ? namespace : object->namespace,
                      SLICE("/"), text_at(ref, "name"));
}

static void say(struct builder *builder, const struct object *object, const struct fault *fault,
                const char *effect)
{
    if (fault->reason) {
        diag_at(builder->run->diag, DIAG_G054, object->span, object->subject, SLICE_FMT " (%s), %s",
                SLICE_ARG(fault->message), fault->reason, effect);
    }
}

void gateway_judge(struct builder *builder, struct gateway_state *gateway)
{
    const struct object *object = &gateway->gateway->object;
    gateway->rejected = gateway_fault(builder, gateway);
    gateway->unresolved = client_certificate_fault(builder, gateway);
    say(builder, object, &gateway->rejected, "so the Gateway is not accepted and serves nothing");
    say(builder, object, &gateway->unresolved, "so backends that ask for a certificate get none");
}

/* ---- whose it is ------------------------------------------------------------------------------ */

const struct gateway_profile *gateway_profile_of(const struct kube *kube,
                                                 const struct gateway *gateway)
{
    const struct gateway_class *class =
        (const void *)kube_find(kube, KUBE_GATEWAY_CLASS, SLICE(""), gateway->class_name);
    const struct gateway_profile *profile;
    for (size_t i = 0; (profile = gateway_profile_at(i)); i++) {
        bool by_name =
            profile->gateway_class && slice_is(gateway->class_name, profile->gateway_class);
        bool by_controller = profile->controller_name && class &&
                             slice_is(class->controller, profile->controller_name);
        if (by_name || by_controller) {
            return profile;
        }
    }
    return NULL;
}
