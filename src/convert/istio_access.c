#include "convert/host_policy_priv.h"
#include "convert/istio_priv.h"

/* AuthorizationPolicies of the Gateway, which hold for hosts or paths of them (istio/api security/v1
 * authorization_policy.proto, as Istio 1.30 reads it). */

static void add_source(struct emission *e, struct node *rules, const char *field,
                       const struct networks *networks, struct node *to)
{
    struct arena *arena = e->c->nodes;
    struct node *rule = node_map(arena), *from = node_list(arena), *item = node_map(arena);
    struct node *source = node_map(arena), *blocks = node_list(arena);
    for (size_t i = 0; i < networks->count; i++) {
        node_add(arena, blocks, network_node(e->c, &networks->items[i]));
    }
    node_set(arena, source, field, blocks);
    node_set(arena, item, "source", source);
    node_add(arena, from, item);
    node_set(arena, rule, "from", from);
    node_set(arena, rule, "to", node_copy(arena, to));
    node_add(arena, rules, rule);
}

/* A policy of the Gateway holds before any route is looked for. */
static void say_before_redirect(struct emission *e, const void *effect)
{
    bool everywhere = e->rule->effects.https_redirect && !e->c->unit->https;
    if (e->rule->effects.redirect || everywhere) {
        say_effect(e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
                   "who is kept out by '" SLICE_FMT "' is refused before any redirect, which "
                   "everybody gets today",
                   SLICE_ARG(effect_source(effect)->name));
    }
}

/* Who is kept out gets 403, before anything else is done with the request. */
void istio_addresses(struct emission *e, const void *effect)
{
    const struct route_addresses *addresses = effect;
    struct node *spec = node_map(e->c->nodes), *rules = node_list(e->c->nodes);
    bool any = e->rule->effects.authentication && e->rule->effects.authentication->any;
    struct node *to = any ? NULL : istio_operations(e, EFFECT_addresses);
    if (!to && !any && istio_rule_addresses(e, addresses)) {
        return;
    }
    if (!to) {
        say_unsupported(e->c, e->rule, EFFECT_addresses, effect);
        return;
    }
    if (addresses->deny.count) {
        add_source(e, rules, "remoteIpBlocks", &addresses->deny, to);
    }
    if (addresses->has_allow) {
        add_source(e, rules, "notRemoteIpBlocks", &addresses->allow, to);
    }
    if (rules->count) {
        node_set(e->c->nodes, spec, "action", text_node(e->c, "DENY"));
        node_set(e->c->nodes, spec, "rules", rules);
        say_before_redirect(e, effect);
        host_policy_add(e, ISTIO_ADDRESSES, spec);
    }
}

/* The operations with the hosts; one that has neither them nor anything else says nothing. */
static struct node *with_hosts(struct conversion *c, const struct node *to,
                               const struct node *names)
{
    struct node *out = node_list(c->nodes);
    for (size_t i = 0; i < to->count; i++) {
        const struct node *given = node_get(to->items[i], "operation");
        struct node *item = node_map(c->nodes), *operation = node_map(c->nodes);
        if (names->count) {
            node_set(c->nodes, operation, "hosts", node_copy(c->nodes, names));
        }
        for (size_t j = 0; j < given->count; j++) {
            node_set(c->nodes, operation, arena_string(c->arena, given->pairs[j].key),
                     node_copy(c->nodes, given->pairs[j].value));
        }
        node_set(c->nodes, item, "operation", operation);
        if (operation->count) {
            node_add(c->nodes, out, item);
        }
    }
    return out;
}

void istio_write_hosts(struct conversion *c, struct node *spec, const struct policy_places *places)
{
    const struct texts *hosts = &places->hosts;
    struct node *rules = node_get(spec, "rules");
    struct node *names = node_list(c->nodes);
    for (size_t i = 0; !places->every_host && i < hosts->count; i++) {
        node_add(c->nodes, names, node_string(c->nodes, hosts->items[i]));
        node_add(c->nodes, names,
                 node_string(c->nodes, ARENA_JOIN(c->arena, hosts->items[i], SLICE(":*"))));
    }
    for (size_t i = 0; i < rules->count; i++) {
        struct node *rule = node_map(c->nodes), *from = node_get(rules->items[i], "from");
        struct node *to = with_hosts(c, node_get(rules->items[i], "to"), names);
        if (from) {
            node_set(c->nodes, rule, "from", from);
        }
        if (to->count) {
            node_set(c->nodes, rule, "to", to);
        }
        rules->items[i] = rule;
    }
}

/* ---- a service that is asked ---------------------------------------------------------------- */

/* "oauth2-proxy.auth:4180/check" of http://oauth2-proxy.auth.svc.cluster.local:4180/check, so that what is asked
 * elsewhere has another name; absent for what is no Service. */
static struct slice provider_name(struct emission *e, struct slice url, struct url *parts)
{
    struct slice rest, name, namespace;
    if (!url_parse(url, parts) || !slice_is(parts->scheme, "http") || parts->query.ptr) {
        return SLICE_ABSENT;
    }
    rest = parts->host;
    bool service = slice_split(&rest, '.', &name) && slice_split(&rest, '.', &namespace) &&
                   (slice_is(rest, "svc.cluster.local") || slice_is(rest, "svc"));
    return service ? arena_printf(e->c->arena, SLICE_FMT "." SLICE_FMT ":%u" SLICE_FMT,
                                  SLICE_ARG(name), SLICE_ARG(namespace),
                                  parts->port ? parts->port : 80u, SLICE_ARG(parts->path))
                   : SLICE_ABSENT;
}

/* MeshConfig is no object of ours; without the provider Istio refuses every request (pilot/pkg/security/authz/builder,
 * builder.go). */
static void say_provider(struct emission *e, const void *effect, const struct guard *guard,
                         struct slice provider, const struct url *parts)
{
    struct slice more = SLICE(", which sends no "), sends = SLICE("");
    size_t end = slice_find(guard->subject, ',', 0);
    if (end < guard->subject.len) {
        sends =
            ARENA_JOIN(e->c->arena, SLICE(", headersToUpstreamOnAllow: ["),
                       slice_sub(guard->subject, end + more.len, guard->subject.len), SLICE("]"));
    }
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "'" SLICE_FMT "' becomes an AuthorizationPolicy with action CUSTOM, which refuses "
               "everybody until MeshConfig has in extensionProviders: {name: " SLICE_FMT
               ", envoyExtAuthzHttp: {service: " SLICE_FMT ", port: %u, pathPrefix: " SLICE_FMT
               ", includeRequestHeadersInCheck: [authorization, cookie]" SLICE_FMT
               "}}; the service is asked with the path of the request behind that prefix, and what "
               "it answers goes to the client%s",
               SLICE_ARG(effect_source(effect)->name), SLICE_ARG(provider), SLICE_ARG(parts->host),
               parts->port ? (unsigned)parts->port : 80, SLICE_ARG(parts->path), SLICE_ARG(sends),
               guard->location.count
                   ? ", so it has to send who is not let in to the sign-in page by itself"
                   : "");
}

void istio_authentication(struct emission *e, const void *effect)
{
    const struct route_authentication *authentication = effect;
    const struct guard *guard = authentication->guards.items;
    struct url parts = {0};
    struct slice provider = SLICE_ABSENT;
    struct node *to = NULL;
    if (!authentication->any && authentication->guards.count == 1 &&
        guard->kind == GUARD_EXTERNAL &&
        (to = istio_operations(e, EFFECT_authentication)) != NULL) {
        struct slice url = slice_sub(guard->subject, 0, slice_find(guard->subject, ',', 0));
        provider = provider_name(e, url, &parts);
    }
    if (!provider.len) {
        say_unsupported(e->c, e->rule, EFFECT_authentication, effect);
        return;
    }
    struct arena *arena = e->c->nodes;
    struct node *spec = node_map(arena), *rules = node_list(arena);
    node_set(arena, spec, "action", text_node(e->c, "CUSTOM"));
    node_set(arena, policy_map(e->c, spec, "provider"), "name", node_string(arena, provider));
    struct node *rule = node_map(arena);
    node_set(arena, rule, "to", to);
    node_add(arena, rules, rule);
    node_set(arena, spec, "rules", rules);
    host_policy_add(e, ISTIO_EXTERNAL, spec);
    say_provider(e, effect, guard, provider, &parts);
    say_before_redirect(e, effect);
    say_refusal(e, authentication);
}
