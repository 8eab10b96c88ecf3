#include "convert/policy_priv.h"

/* BackendTLSPolicies: one for a Service that is spoken to by TLS, and whose certificate is verified. A policy shows
 * none, and always verifies (gateway-api apis/v1/backendtlspolicy_types.go), so that there is none for a Service whose certificate
 * nobody verified so far. */

struct backend_tls {
    struct slice namespace, service;
    struct slice authority, hostname; /* hostname absent: a rule needs no TLS */
    const struct rule *rule;
    bool said;
};

bool rule_speaks_tls(const struct rule *rule)
{
    static const char *const protocols[] = {"HTTPS", "GRPCS", "WSS"};
    const struct route_upstream_protocol *upstream = rule->effects.upstream_protocol;
    return upstream && slice_is_one_of(upstream->protocol, protocols, ARRAY_LEN(protocols));
}

struct slice secret_name(struct slice secret)
{
    size_t slash = slice_find(secret, '/', 0);
    return slash < secret.len ? slice_sub(secret, slash + 1, secret.len) : secret;
}

/* Known: of a Secret that is in the input. */
static bool has_certificate(const struct conversion *c, const struct rule *rule)
{
    struct slice given = rule->effects.upstream_tls->secret;
    const struct secret *secret = (const void *)kube_find(
        c->kube, KUBE_SECRET, slice_sub(given, 0, slice_find(given, '/', 0)), secret_name(given));
    return secret && secret->has_key_pair;
}

/* A certificate that is known to be shown is kept, where the target can do so by a kind of its own. */
static bool shows_certificate(const struct conversion *c, const struct rule *rule)
{
    const struct vendor *vendor = c->options->target->vendor;
    struct slice given = rule->effects.upstream_tls->secret;
    struct slice namespace = slice_sub(given, 0, slice_find(given, '/', 0));
    return vendor && has_certificate(c, rule) &&
           (vendor->shows_certificate ||
            (vendor->shows_certificate_near && slice_equal(namespace, rule_namespace(rule))));
}

bool backend_tls_is_written(const struct conversion *c, const struct rule *rule)
{
    const struct route_upstream_tls *tls = rule->effects.upstream_tls;
    const struct convert_options *options = c->options;
    return rule_speaks_tls(rule) && tls && tls->verify && tls->secret.len && tls->name.len &&
           is_dns_subdomain(arena_lower(c->arena, tls->name)) && !shows_certificate(c, rule) &&
           options->api_minor >= feature_since(FEATURE_backend_verification, options->experimental);
}

/* ---- what a Gateway shows ------------------------------------------------------------------- */

/* To all to whom it speaks under a BackendTLSPolicy (gateway-api apis/v1/gateway_types.go, GatewayBackendTLS). */
struct shown_certificate {
    struct slice secret; /* absent: the first rule has none */
    const struct rule *rule;
    bool differs;
};

static bool gateway_can_show(const struct conversion *c)
{
    return !target_profile(c->options->target)->frontend_of_istio &&
           !c->options->gateway_name.len &&
           c->options->api_minor >=
               feature_since(FEATURE_backend_client_certificate, c->options->experimental);
}

bool gateway_may_show(const struct conversion *c, const struct rule *rule)
{
    return gateway_can_show(c) && has_certificate(c, rule);
}

static struct slice shown_key(struct conversion *c, const struct plane *plane, size_t gateway)
{
    const uintptr_t numbers[] = {(uintptr_t)plane, gateway};
    return arena_copy(c->arena, (struct slice){(const char *)numbers, sizeof numbers});
}

static void shown_note(struct conversion *c, const struct rule *rule)
{
    struct slice key = shown_key(c, c->plane, c->unit->gateway);
    struct shown_certificate *known = map_get(c->backend_certificates, key);
    struct slice secret =
        has_certificate(c, rule) ? rule->effects.upstream_tls->secret : SLICE_ABSENT;
    if (!known) {
        known = ARENA_NEW(c->arena, struct shown_certificate);
        *known = (struct shown_certificate){secret, rule, false};
        map_put(c->backend_certificates, key, known);
    }
    known->differs = known->differs || !slice_equal(known->secret, secret);
    known->rule = known->secret.len ? known->rule : rule;
}

static struct node *certificate_node(struct conversion *c, const struct plane *plane,
                                     struct slice secret)
{
    struct node *ref = node_map(c->nodes), *backend = node_map(c->nodes);
    struct slice namespace = slice_sub(secret, 0, slice_find(secret, '/', 0));
    node_set(c->nodes, ref, "group", text_node(c, ""));
    node_set(c->nodes, ref, "kind", text_node(c, "Secret"));
    node_set(c->nodes, ref, "name", node_string(c->nodes, secret_name(secret)));
    if (!slice_equal(namespace, plane->namespace)) {
        node_set(c->nodes, ref, "namespace", node_string(c->nodes, namespace));
        grant_need(c, "Gateway", plane->namespace, "Secret", namespace, secret_name(secret));
    }
    node_set(c->nodes, backend, "clientCertificateRef", ref);
    return backend;
}

struct node *gateway_certificate_node(struct conversion *c, const struct plane *plane,
                                      size_t gateway)
{
    const struct shown_certificate *known =
        map_get(c->backend_certificates, shown_key(c, plane, gateway));
    if (!known || !gateway_can_show(c) || (!known->secret.len && !known->differs)) {
        return NULL;
    }
    if (known->differs) {
        say_effect(c, DIAG_C002, SEVERITY_WARNING, known->rule, known->rule->effects.upstream_tls,
                   "Gateway '" SLICE_FMT "' shows none of the certificates that backends are shown "
                   "today, because it can show one alone, to all of them: give hosts with another "
                   "one a Gateway of their own",
                   SLICE_ARG(plane->gateway_names[gateway]));
        return NULL;
    }
    return certificate_node(c, plane, known->secret);
}

/* ---- BackendTLSPolicies --------------------------------------------------------------------- */

static void say_shared(struct conversion *c, struct backend_tls *known, const struct rule *rule)
{
    if (!known->said) {
        known->said = true;
        say_rule(c, DIAG_C047, rule,
                 "Service '" SLICE_FMT "/" SLICE_FMT "' is used with other settings by " SLICE_FMT
                 ", and a BackendTLSPolicy holds for all who use it: use a second Service for one "
                 "of them",
                 SLICE_ARG(known->namespace), SLICE_ARG(known->service),
                 SLICE_ARG(origin_subject(c, &known->rule->origin)));
    }
}

void backend_tls_note(struct conversion *c, const struct rule *rule, const struct backend *backend)
{
    bool written = backend_tls_is_written(c, rule);
    const struct route_upstream_tls *tls = rule->effects.upstream_tls;
    if (written) {
        shown_note(c, rule);
    }
    struct backend_tls wanted = {.namespace = backend->namespace,
                                 .service = backend->service,
                                 .authority = written ? secret_name(tls->secret) : SLICE_ABSENT,
                                 .hostname =
                                     written ? arena_lower(c->arena, tls->name) : SLICE_ABSENT,
                                 .rule = rule};
    struct slice key = ARENA_JOIN(c->arena, backend->namespace, SLICE("/"), backend->service);
    struct backend_tls *known = map_get(c->backend_tls, key);
    if (!known) {
        known = ARENA_NEW(c->arena, struct backend_tls);
        *known = wanted;
        map_put(c->backend_tls, key, known);
    } else if (!slice_equal(known->hostname, wanted.hostname) ||
               !slice_equal(known->authority, wanted.authority)) {
        say_shared(c, known, rule);
        if (!known->hostname.len) {
            wanted.said = true;
            *known = wanted;
        }
    }
}

bool authority_need(struct conversion *c, const struct converted_authority *authority)
{
    const struct config_map *map =
        (const void *)kube_find(c->kube, KUBE_CONFIG_MAP, authority->namespace, authority->name);
    if (map && labels_find(&map->data, "ca.crt")) {
        return false;
    }
    struct converted *out = c->out;
    *ARENA_PUSH(c->arena, out->authorities, out->authority_count, out->authority_capacity) =
        *authority;
    return true;
}

static void say_authority(struct conversion *c, const struct backend_tls *tls)
{
    struct slice secret = tls->rule->effects.upstream_tls->secret;
    const struct converted_authority authority = {tls->namespace, tls->authority,
                                                  slice_sub(secret, 0, slice_find(secret, '/', 0)),
                                                  secret_name(secret)};
    if (!authority_need(c, &authority)) {
        return;
    }
    const struct effect_source *source = effect_source(tls->rule->effects.upstream_tls);
    say(c, DIAG_C057, SEVERITY_WARNING, source->span, &tls->rule->origin,
        "the BackendTLSPolicy of Service '" SLICE_FMT "/" SLICE_FMT
        "' reads its CA from ConfigMap '" SLICE_FMT
        "', which has to be made from ca.crt of Secret '" SLICE_FMT
        "' first; until it is there requests to the Service fail",
        SLICE_ARG(tls->namespace), SLICE_ARG(tls->service), SLICE_ARG(tls->authority),
        SLICE_ARG(tls->rule->effects.upstream_tls->secret));
}

static struct node *spec_node(struct conversion *c, const struct backend_tls *tls)
{
    struct node *spec = node_map(c->nodes), *targets = node_list(c->nodes);
    struct node *target = node_map(c->nodes), *validation = node_map(c->nodes);
    struct node *authorities = node_list(c->nodes), *authority = node_map(c->nodes);
    node_set(c->nodes, target, "group", text_node(c, ""));
    node_set(c->nodes, target, "kind", text_node(c, "Service"));
    node_set(c->nodes, target, "name", node_string(c->nodes, tls->service));
    node_add(c->nodes, targets, target);
    node_set(c->nodes, authority, "group", text_node(c, ""));
    node_set(c->nodes, authority, "kind", text_node(c, "ConfigMap"));
    node_set(c->nodes, authority, "name", node_string(c->nodes, tls->authority));
    node_add(c->nodes, authorities, authority);
    node_set(c->nodes, validation, "caCertificateRefs", authorities);
    node_set(c->nodes, validation, "hostname", node_string(c->nodes, tls->hostname));
    node_set(c->nodes, spec, "targetRefs", targets);
    node_set(c->nodes, spec, "validation", validation);
    return spec;
}

void backend_tls_write(struct conversion *c)
{
    bool stable = c->options->api_minor >= feature_since(FEATURE_backend_verification, false);
    for (const struct map_entry *entry = map_first(c->backend_tls); entry;
         entry = map_next(entry)) {
        const struct backend_tls *tls = map_value(entry);
        if (!tls->hostname.len) {
            continue;
        }
        say_authority(c, tls);
        struct node *object = object_node(
            c, stable ? "gateway.networking.k8s.io/v1" : "gateway.networking.k8s.io/v1alpha3",
            "BackendTLSPolicy", tls->namespace, tls->service,
            origin_subject(c, &tls->rule->origin));
        node_set(c->nodes, object, "spec", spec_node(c, tls));
        buf_clear(&c->text);
        document_write_yaml(object, &c->text);
        object_add(c, "BackendTLSPolicy", tls->namespace, tls->service);
    }
}
