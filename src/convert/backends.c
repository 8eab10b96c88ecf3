#include "convert/policy_priv.h"

/* What a rule forwards to, as backendRefs. */

/* A backend that no Service stands behind, such as the data plane's own answer to unmatched
 * requests. */
static bool is_own_answer(const struct backend *backend, int64_t status)
{
    return !backend->service.len && backend->status == status;
}

static const char *external_fate(enum external_names names)
{
    return names == EXTERNAL_NAMES_REFUSED ? "the target refuses"
           : names == EXTERNAL_NAMES_RESOLVED
               ? "the target refuses unless the NginxProxy of the Gateway has a dnsResolver"
               : "an implementation of Gateway API may refuse";
}

bool backend_is_external(const struct conversion *c, const struct backend *backend)
{
    const struct service *service =
        (const void *)kube_find(c->kube, KUBE_SERVICE, backend->namespace, backend->service);
    return service && slice_is(service->type, "ExternalName");
}

static void say_external(struct conversion *c, const struct rule *rule,
                         const struct backend *backend)
{
    const struct gateway_profile *profile = target_profile(c->options->target);
    if (backend_is_external(c, backend) && !c->names_outside &&
        profile->external_names != EXTERNAL_NAMES_SERVED) {
        say(c, DIAG_C031, SEVERITY_WARNING, backend->span.line ? backend->span : rule->origin.span,
            &rule->origin,
            "Service '" SLICE_FMT "/" SLICE_FMT "' is of type ExternalName, which %s",
            SLICE_ARG(backend->namespace), SLICE_ARG(backend->service),
            external_fate(profile->external_names));
    }
}

long long empty_rule_status(const struct conversion *c)
{
    int64_t status = target_profile(c->options->target)->no_backends_status;
    return status ? (long long)status : 500;
}

static void say_backend(struct conversion *c, const struct rule *rule,
                        const struct backend *backend)
{
    struct span span = backend->span.line ? backend->span : rule->origin.span;
    if (!backend->port) {
        say(c, DIAG_C030, SEVERITY_ERROR, span, &rule->origin,
            "port '" SLICE_FMT "' of Service '" SLICE_FMT "/" SLICE_FMT
            "' is not known by number, so the route answers %lld: add the Service to the input",
            SLICE_ARG(backend->port_name), SLICE_ARG(backend->namespace),
            SLICE_ARG(backend->service), empty_rule_status(c));
    } else if (backend->status) {
        say(c, DIAG_C031, SEVERITY_WARNING, span, &rule->origin,
            "Service '" SLICE_FMT "/" SLICE_FMT "' does not serve (" SLICE_FMT
            "), the route to it is written all the same",
            SLICE_ARG(backend->namespace), SLICE_ARG(backend->service), SLICE_ARG(backend->reason));
    }
    for (enum effect_id id = 0; backend->effects && id < EFFECT_COUNT; id++) {
        const void *effect = effect_get(backend->effects, id);
        if (effect && !effect_equal(id, effect, effect_get(&rule->effects, id))) {
            say_effect(c, DIAG_C001, SEVERITY_ERROR, rule, effect,
                       "'" SLICE_FMT "' holds for one of several backends of a rule, which is not "
                       "written: give them the same annotations",
                       SLICE_ARG(effect_source(effect)->name));
        }
    }
}

static uint64_t largest_weight(const struct rule *rule)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < rule->backend_count; i++) {
        largest = rule->backends[i].weight > largest ? rule->backends[i].weight : largest;
    }
    return largest;
}

/* The largest number that divides all weights. */
static uint64_t common_weight(const struct rule *rule)
{
    uint64_t common = 0;
    for (size_t i = 0; i < rule->backend_count; i++) {
        uint64_t other = rule->backends[i].weight;
        while (other) {
            uint64_t rest = common % other;
            common = other;
            other = rest;
        }
    }
    return common ? common : 1;
}

static void backend_weight(struct conversion *c, const struct rule *rule,
                           const struct backend *backend, uint64_t largest, uint64_t divisor,
                           struct node *node)
{
    if (rule->backend_count > 1 || !backend->weight) {
        uint64_t weight = backend->weight / divisor;
        if (largest / divisor > WEIGHT_MAX) {
            weight = (uint64_t)((double)backend->weight / (double)largest * WEIGHT_MAX);
            weight = weight || !backend->weight ? weight : 1;
        }
        node_set(c->nodes, node, "weight", node_int(c->nodes, (int64_t)weight));
    }
}

static struct node *backend_node(struct emission *e, const struct backend *backend,
                                 uint64_t largest, uint64_t divisor)
{
    struct conversion *c = e->c;
    const struct rule *rule = e->rule;
    const struct vendor *vendor = c->options->target->vendor;
    struct node *node = node_map(c->nodes);
    if (vendor && vendor->backend && vendor->backend(e, backend, node)) {
        backend_weight(c, rule, backend, largest, divisor, node);
        return node;
    }
    say_external(c, rule, backend);
    node_set(c->nodes, node, "name", node_string(c->nodes, backend->service));
    struct slice own = rule_namespace(rule);
    if (backend->namespace.len && !slice_equal(backend->namespace, own)) {
        node_set(c->nodes, node, "namespace", node_string(c->nodes, backend->namespace));
        grant_need(c, "HTTPRoute", own, "Service", backend->namespace, backend->service);
    }
    node_set(c->nodes, node, "port", node_int(c->nodes, backend->port));
    backend_weight(c, rule, backend, largest, divisor, node);
    return node;
}

/* Spoken to by plain HTTP, as before: there is nothing new to be noted. */
static bool is_plain_again(struct conversion *c, const struct rule *rule,
                           const struct backend *backend)
{
    if (c->silent || rule->effects.upstream_protocol || rule->effects.upstream_tls) {
        return false;
    }
    buf_clear(&c->key);
    buf_put(&c->key, (struct slice){(const char *)&backend->port, sizeof backend->port});
    buf_put(&c->key, backend->namespace);
    buf_putc(&c->key, '/');
    buf_put(&c->key, backend->service);
    return map_add(c->plain_backends, buf_slice(&c->key), c) != NULL;
}

void backends_emit(struct emission *e)
{
    struct conversion *c = e->c;
    const struct rule *rule = e->rule;
    uint64_t largest = largest_weight(rule);
    uint64_t divisor = largest > WEIGHT_MAX ? common_weight(rule) : 1;
    if (largest / divisor > WEIGHT_MAX) {
        say_rule(c, DIAG_C035, rule,
                 "weights up to %llu are written in proportion, as Gateway API ends at %d: shares "
                 "change a little",
                 (unsigned long long)largest, WEIGHT_MAX);
    }
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        say_backend(c, rule, backend);
        if (!backend->port || !backend->service.len) {
            continue;
        }
        if (!e->backends) {
            e->backends = node_list(c->nodes);
        }
        if (e->backends->count == BACKENDS_MAX) {
            say_rule(c, DIAG_C035, rule, "rule has %zu backends, of which the first %d are written",
                     rule->backend_count, BACKENDS_MAX);
            return;
        }
        if (!is_plain_again(c, rule, backend)) {
            backend_tls_note(c, rule, backend);
            port_note(c, rule, backend);
        }
        node_add(c->nodes, e->backends, backend_node(e, backend, largest, divisor));
    }
}

/* ingress-nginx gives the "/" that it adds to a host the annotations of the Ingress that names the host first
 * (internal/ingress/controller/controller.go, createServers). With Gateway API such words are properties of the
 * Service, and so of every route to it. */
const struct rule *rule_spared(struct conversion *c, const struct rule *rule)
{
    static const enum effect_id ids[] = {EFFECT_upstream_protocol, EFFECT_upstream_tls};
    const struct effects *effects = &rule->effects;
    const struct backend *backend = rule->backends;
    if (rule->backend_count != 1 || !backend->fallback || effects->answer || effects->redirect ||
        (!effects->upstream_protocol && !effects->upstream_tls)) {
        return rule;
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        const void *effect = effect_get(effects, ids[i]);
        if (effect) {
            say_effect(c, DIAG_C002, SEVERITY_WARNING, rule, effect,
                       "'" SLICE_FMT "' also decides today how the default backend '" SLICE_FMT
                       "/" SLICE_FMT
                       "' is spoken to, where no path of the host matches; it is not written for "
                       "that Service, which is spoken to as from all other hosts afterwards",
                       SLICE_ARG(effect_source(effect)->name), SLICE_ARG(backend->namespace),
                       SLICE_ARG(backend->service));
        }
    }
    struct rule *spared = ARENA_NEW(c->arena, struct rule);
    *spared = *rule;
    spared->effects.upstream_protocol = NULL;
    spared->effects.upstream_tls = NULL;
    return spared;
}

bool backends_not_found(const struct rule *rule)
{
    for (size_t i = 0; i < rule->backend_count; i++) {
        if (!is_own_answer(&rule->backends[i], 404)) {
            return false;
        }
    }
    return rule->backend_count > 0;
}
