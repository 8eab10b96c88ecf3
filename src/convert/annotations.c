#include "convert/policy_priv.h"

#include <string.h>

/* Annotations of other programs, put where their sources for Gateway API read them. */

/* ---- external-dns ------------------------------------------------------------------------------- */

enum place { ON_ROUTE, ON_GATEWAY, NOWHERE };

/* external-dns: source/gateway.go reads the target on Gateways and all else on routes;
 * source/annotations/annotations.go has the names. What has no row is for a provider, and goes to the route. */
static const struct {
    const char *name;
    enum place place;
    const char *renamed;
} dns_rows[] = {
    {"target", ON_GATEWAY, NULL},
    {"ingress-hostname-source", ON_ROUTE, "gateway-hostname-source"},
    {"access", NOWHERE, NULL}, /* of Services alone */
    {"endpoints-type", NOWHERE, NULL},
    {"ingress", NOWHERE, NULL}, /* of Gateways of Istio alone */
};

/* The part of the key before the name; absent for other programs. Releases up to 0.21 take the first. */
static struct slice dns_prefix(struct slice key)
{
    static const struct slice prefixes[] = {{"external-dns.alpha.kubernetes.io/", 33},
                                            {"external-dns.kubernetes.io/", 27}};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (slice_starts(key, prefixes[i])) {
            return prefixes[i];
        }
    }
    return SLICE_ABSENT;
}

static enum place dns_place(struct slice name, const char **renamed)
{
    *renamed = NULL;
    for (size_t i = 0; i < ARRAY_LEN(dns_rows); i++) {
        if (slice_is(name, dns_rows[i].name)) {
            *renamed = dns_rows[i].renamed;
            return dns_rows[i].place;
        }
    }
    return ON_ROUTE;
}

/* ---- both --------------------------------------------------------------------------------------- */

static void annotation_put(struct conversion *c, struct node *object, struct slice key,
                           struct slice value)
{
    struct node *metadata = policy_map(c, object, "metadata");
    node_set(c->nodes, policy_map(c, metadata, "annotations"), arena_string(c->nodes, key),
             node_string(c->nodes, value));
}

void annotations_copy(struct conversion *c, struct node *object, const struct origin *origin)
{
    const struct object *ingress = origin_ingress(c, origin);
    for (size_t i = 0; ingress && i < ingress->annotations.count; i++) {
        const struct label *label = &ingress->annotations.items[i];
        struct slice prefix = dns_prefix(label->key);
        struct slice name = slice_sub(label->key, prefix.len, label->key.len);
        const char *renamed;
        if (!prefix.len || dns_place(name, &renamed) != ON_ROUTE) {
            continue;
        }
        struct slice key = renamed ? ARENA_JOIN(c->nodes, prefix, slice_of(renamed)) : label->key;
        annotation_put(c, object, key, label->value);
        say(c, DIAG_C054, SEVERITY_INFO, label->span, origin,
            "annotation '" SLICE_FMT "' is on the HTTPRoutes%s%s; external-dns reads it there with "
            "--source=gateway-httproute",
            SLICE_ARG(label->key), renamed ? ", as " : "", renamed ? renamed : "");
    }
}

/* ---- the target of names, on Gateways --------------------------------------------------------------- */

static const struct label *target_of(const struct object *ingress)
{
    for (size_t i = 0; ingress && i < ingress->annotations.count; i++) {
        const struct label *label = &ingress->annotations.items[i];
        struct slice prefix = dns_prefix(label->key);
        if (prefix.len && slice_is(slice_sub(label->key, prefix.len, label->key.len), "target")) {
            return label;
        }
    }
    return NULL;
}

static bool label_equal(const struct label *a, const struct label *b)
{
    return a && b && slice_equal(a->key, b->key) && slice_equal(a->value, b->value);
}

/* `why`: it is not carried over. */
static void say_target(struct conversion *c, const struct origin *origin, const struct label *label,
                       const char *why)
{
    if (why) {
        say(c, DIAG_C055, SEVERITY_WARNING, label->span, origin,
            "annotation '" SLICE_FMT
            "' is not carried over: external-dns reads it on the Gateway, %s",
            SLICE_ARG(label->key), why);
    } else {
        say(c, DIAG_C054, SEVERITY_INFO, label->span, origin,
            "annotation '" SLICE_FMT "' is on the Gateway; external-dns reads it there",
            SLICE_ARG(label->key));
    }
}

/* An Ingress behind a plane that names a target. */
struct dns_target {
    const struct origin *origin;
    const struct label *label;
};

void dns_targets_find(struct conversion *c, struct plane *plane)
{
    struct dns_targets *targets = &plane->dns_targets;
    size_t capacity = 0;
    targets->same = true;
    for (size_t i = 0; i < plane->source_count; i++) {
        const struct label *label = target_of(origin_ingress(c, &plane->sources[i]));
        if (label) {
            *ARENA_PUSH(c->arena, targets->items, targets->count, capacity) =
                (struct dns_target){&plane->sources[i], label};
        }
        targets->same =
            targets->same && targets->count == i + 1 && label_equal(targets->items[0].label, label);
    }
}

/* A target on the Gateway holds for all its routes, so all Ingresses have to say the same. */
static void target_put(struct conversion *c, const struct plane *plane, struct node *object)
{
    const struct dns_targets *targets = &plane->dns_targets;
    bool same = object && targets->same && targets->count;
    if (same) {
        annotation_put(c, object, targets->items[0].label->key, targets->items[0].label->value);
    }
    for (size_t i = 0; i < targets->count; i++) {
        say_target(c, targets->items[i].origin, targets->items[i].label,
                   !object ? "which is not written here"
                   : same  ? NULL
                           : "for all its routes, and other Ingresses do not say the same; give "
                             "these hosts a Gateway of their own");
    }
}

/* ---- cert-manager ------------------------------------------------------------------------------- */

/* Either makes cert-manager issue for the object (pkg/controller/certificate-shim/sync.go,
 * hasShimAnnotation); kubernetes.io/tls-acme does so for Ingresses alone. */
static const char *const issuers[] = {"cert-manager.io/issuer", "cert-manager.io/cluster-issuer"};

static const struct label *issuer_of(const struct object *ingress)
{
    const struct label *label = NULL;
    for (size_t i = 0; !label && i < ARRAY_LEN(issuers); i++) {
        label = labels_find(&ingress->annotations, issuers[i]);
    }
    const struct label *acme = labels_find(&ingress->annotations, "kubernetes.io/tls-acme");
    return label ? label : acme && slice_is(acme->value, "true") ? acme : NULL;
}

static bool is_certificate_key(struct slice key)
{
    return slice_starts(key, SLICE("cert-manager.io/"));
}

/* What an Ingress tells cert-manager, so that two that say the same give one text. */
static struct slice certificate_text(struct conversion *c, const struct object *ingress)
{
    struct map *lines = map_new(c->arena);
    for (size_t i = 0; i < ingress->annotations.count; i++) {
        const struct label *label = &ingress->annotations.items[i];
        if (is_certificate_key(label->key)) {
            map_put(lines, ARENA_JOIN(c->arena, label->key, SLICE("="), label->value), c);
        }
    }
    size_t count;
    struct slice text = SLICE("\n"), *sorted = sorted_keys(c, lines, &count);
    for (size_t i = 0; i < count; i++) {
        text = ARENA_JOIN(c->arena, text, sorted[i], SLICE("\n"));
    }
    return text;
}

/* The Ingress for which cert-manager keeps a Secret. */
struct issued {
    const struct object *ingress;
    const struct label *issuer;
    struct slice text; /* empty for tls-acme */
};

static struct slice secret_key(struct conversion *c, struct slice namespace, struct slice name)
{
    buf_clear(&c->key);
    buf_put(&c->key, namespace);
    buf_putc(&c->key, '/');
    buf_put(&c->key, name);
    return buf_slice(&c->key);
}

void issued_find(struct conversion *c)
{
    for (size_t i = 0; c->kube && i < c->kube->counts[KUBE_INGRESS]; i++) {
        const struct ingress *ingress = (const void *)c->kube->objects[KUBE_INGRESS][i];
        kube_ahead(c->kube, KUBE_INGRESS, i);
        const struct label *issuer = issuer_of(&ingress->object);
        if (!issuer) {
            continue;
        }
        struct issued *issued = ARENA_NEW(c->arena, struct issued);
        bool acme = !is_certificate_key(issuer->key);
        issued->ingress = &ingress->object;
        issued->issuer = issuer;
        issued->text = acme ? SLICE("") : certificate_text(c, &ingress->object);
        for (size_t t = 0; t < ingress->tls_count; t++) {
            struct slice key = secret_key(c, ingress->object.namespace, ingress->tls[t].secret);
            (void)map_add(c->issued, key, issued);
        }
    }
}

static const struct issued *issued_of(struct conversion *c, const struct listener_plan *listener)
{
    return listener->https
               ? map_get(c->issued, secret_key(c, listener->secret_namespace, listener->secret))
               : NULL;
}

/* Why the annotations cannot stand on the object; null when they can. */
static const char *refused(struct conversion *c, struct slice own,
                           const struct listener_refs *listeners, const struct issued *issued)
{
    if (!issued->text.len) {
        return "cert-manager reads it on Ingresses alone, and an issuer is named nowhere";
    }
    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener_plan *listener = listeners->items[i];
        const struct issued *other = issued_of(c, listener);
        if (listener->https && !slice_equal(listener->secret_namespace, own)) {
            return "cert-manager issues for a Gateway into its own namespace alone";
        }
        if (listener->https && (!other || !slice_equal(other->text, issued->text))) {
            return "the Gateway also has certificates of other issuers, or of none, and an "
                   "annotation holds for all its listeners";
        }
    }
    return NULL;
}

static void say_not_issued(struct conversion *c, const struct issued *issued,
                           const struct listener_plan *listener, const char *why)
{
    const struct origin origin = {.kind = SLICE("Ingress"),
                                  .namespace = issued->ingress->namespace,
                                  .name = issued->ingress->name};
    say(c, DIAG_C055, SEVERITY_WARNING, issued->issuer->span, &origin,
        "annotation '" SLICE_FMT "' is not carried over: %s; before the Ingress is deleted, see "
        "that something else renews Secret '" SLICE_FMT "/" SLICE_FMT
        "', such as a Certificate of that name",
        SLICE_ARG(issued->issuer->key), why, SLICE_ARG(listener->secret_namespace),
        SLICE_ARG(listener->secret));
}

static void issuer_put(struct conversion *c, struct node *object, const struct issued *issued,
                       const char *kind)
{
    const struct labels *annotations = &issued->ingress->annotations;
    for (size_t i = 0; i < annotations->count; i++) {
        if (is_certificate_key(annotations->items[i].key)) {
            annotation_put(c, object, annotations->items[i].key, annotations->items[i].value);
        }
    }
    bool set = strcmp(kind, "ListenerSet") == 0;
    const struct origin origin = {.kind = SLICE("Ingress"),
                                  .namespace = issued->ingress->namespace,
                                  .name = issued->ingress->name};
    say(c, DIAG_C054, SEVERITY_INFO, issued->issuer->span, &origin,
        "annotation '" SLICE_FMT "' is on the %s; cert-manager%s reads it there once it runs with "
        "%s, and issues anew when the Ingress is deleted",
        SLICE_ARG(issued->issuer->key), kind, set ? " from 1.20 on" : "",
        set ? "enableGatewayAPI and the feature gate ListenerSets" : "enableGatewayAPI");
}

void certificates_annotate(struct conversion *c, struct node *object, const char *kind,
                           struct slice own, const struct listener_refs *listeners)
{
    bool written = false;
    for (size_t i = 0; i < listeners->count; i++) {
        const struct issued *issued = issued_of(c, listeners->items[i]);
        if (!issued) {
            continue;
        }
        const char *why = object ? refused(c, own, listeners, issued)
                                 : "it belongs on the Gateway, which is not written here";
        if (why) {
            say_not_issued(c, issued, listeners->items[i], why);
        } else if (!written) {
            issuer_put(c, object, issued, kind);
            written = true;
        }
    }
}

void gateway_annotate(struct conversion *c, const struct plane *plane, struct node *object,
                      const struct listener_refs *listeners)
{
    target_put(c, plane, object);
    certificates_annotate(c, object, "Gateway", plane->namespace, listeners);
}
