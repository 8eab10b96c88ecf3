#include "convert/envoy_priv.h"
#include "convert/host_policy_priv.h"

/* Who is let in: fields of a SecurityPolicy (envoyproxy/gateway v1.9 api/v1alpha1). */

static void add_rule(struct emission *e, struct node *rules, const char *action,
                     const struct networks *networks)
{
    struct arena *arena = e->c->nodes;
    struct node *rule = node_map(arena), *principal = node_map(arena), *list = node_list(arena);
    for (size_t i = 0; i < networks->count; i++) {
        node_add(arena, list, network_node(e->c, &networks->items[i]));
    }
    node_set(arena, rule, "action", text_node(e->c, action));
    node_set(arena, principal, "clientCIDRs", list);
    node_set(arena, rule, "principal", principal);
    node_add(arena, rules, rule);
}

/* Rules in order, the first that holds decides (authorization_types.go); who is kept out gets 403. */
void envoy_addresses(struct emission *e, const void *effect)
{
    const struct route_addresses *addresses = effect;
    if (e->rule->effects.authentication && e->rule->effects.authentication->any) {
        say_unsupported(e->c, e->rule, EFFECT_addresses, effect);
        return;
    }
    struct node *spec = policy_spec(e, ENVOY_SECURITY);
    struct node *authorization = policy_map(e->c, spec, "authorization");
    struct node *rules = node_list(e->c->nodes);
    node_set(e->c->nodes, authorization, "defaultAction",
             text_node(e->c, addresses->has_allow ? "Deny" : "Allow"));
    if (addresses->deny.count) {
        add_rule(e, rules, "Deny", &addresses->deny);
    }
    if (addresses->allow.count) {
        add_rule(e, rules, "Allow", &addresses->allow);
    }
    if (rules->count) {
        node_set(e->c->nodes, authorization, "rules", rules);
    }
}

/* The Secret of ingress-nginx has its entries under another key, and in forms that Envoy does not check
 * (basic_auth_types.go: key .htpasswd, entries of SHA-1). */
static bool emit_basic(struct emission *e, const void *effect, const struct guard *guard)
{
    struct slice secret = slice_sub(guard->subject, SLICE("Secret ").len, guard->subject.len);
    size_t slash = slice_find(secret, '/', 0);
    struct slice namespace = slice_sub(secret, 0, slash);
    struct slice name = slice_sub(secret, slash + 1, secret.len);
    struct node *ref = node_map(e->c->nodes);
    if (!slice_starts(guard->subject, SLICE("Secret ")) || guard->never ||
        !slice_equal(namespace, e->rule->origin.namespace)) {
        return false;
    }
    struct node *spec = policy_spec(e, ENVOY_SECURITY);
    node_set(e->c->nodes, ref, "name", node_string(e->c->nodes, name));
    node_set(e->c->nodes, policy_map(e->c, spec, "basicAuth"), "users", ref);
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "Envoy reads users from the key '.htpasswd' and takes entries of SHA-1 only ('htpasswd "
        "-s'): add that key to Secret '" SLICE_FMT
        "', or nobody is let in; the backend gets the header "
        "Authorization, which nginx takes away",
        SLICE_ARG(secret));
    return true;
}

/* "http://oauth2-proxy.auth.svc.cluster.local:4180/oauth2/auth": a Service of the cluster; false for others. */
static bool service_of(struct slice url, struct slice *name, struct slice *namespace,
                       struct url *parts)
{
    struct slice rest;
    if (!url_parse(url, parts) || !slice_is(parts->scheme, "http") || parts->query.ptr) {
        return false;
    }
    rest = parts->host;
    return slice_split(&rest, '.', name) && slice_split(&rest, '.', namespace) &&
           (slice_is(rest, "svc.cluster.local") || slice_is(rest, "svc"));
}

static struct node *header_list(struct emission *e, struct slice names)
{
    struct node *list = node_list(e->c->nodes);
    struct slice name;
    while (slice_split(&names, ',', &name)) {
        if (slice_trim(name).len) {
            node_add(e->c->nodes, list, node_string(e->c->nodes, slice_trim(name)));
        }
    }
    return list;
}

/* ext_auth_types.go: the service sees Host, method, path and Authorization of the request, and what else is
 * listed; what it answers goes to the client. */
static bool emit_external(struct emission *e, const void *effect, const struct guard *guard)
{
    struct arena *arena = e->c->nodes;
    struct slice url = slice_sub(guard->subject, 0, slice_find(guard->subject, ',', 0));
    struct slice name, namespace, more = SLICE(", which sends no ");
    struct url parts;
    if (!service_of(url, &name, &namespace, &parts)) {
        return false;
    }
    struct node *auth = policy_map(e->c, policy_spec(e, ENVOY_SECURITY), "extAuth");
    struct node *http = policy_map(e->c, auth, "http"), *ref = node_map(arena);
    struct node *refs = node_list(arena);
    node_set(arena, auth, "headersToExtAuth", header_list(e, SLICE("cookie,x-forwarded-for")));
    node_set(arena, ref, "name", node_string(arena, name));
    if (!slice_equal(namespace, e->rule->origin.namespace)) {
        node_set(arena, ref, "namespace", node_string(arena, namespace));
        grant_need(e->c, "SecurityPolicy", e->rule->origin.namespace, "Service", namespace, name);
    }
    node_set(arena, ref, "port", node_int(arena, parts.port ? parts.port : 80));
    node_add(arena, refs, ref);
    node_set(arena, http, "backendRefs", refs);
    if (parts.path.len) {
        node_set(arena, http, "pathOverride", node_string(arena, parts.path));
    }
    if (url.len < guard->subject.len) {
        node_set(arena, http, "headersToBackend",
                 header_list(e, slice_sub(guard->subject, url.len + more.len, guard->subject.len)));
    }
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "the service that is asked gets Host, method, path, Authorization, Cookie and "
        "X-Forwarded-For of the request, without nginx's X-Original-URL and its like; what it "
        "answers goes to the client%s",
        guard->location.count
            ? ", so it has to send who is not let in to the sign-in page by itself"
            : "");
    return true;
}

void envoy_authentication(struct emission *e, const void *effect)
{
    const struct route_authentication *authentication = effect;
    bool all = !authentication->any;
    for (size_t i = 0; all && i < authentication->guards.count; i++) {
        const struct guard *guard = &authentication->guards.items[i];
        all = guard->kind == GUARD_BASIC      ? emit_basic(e, effect, guard)
              : guard->kind == GUARD_EXTERNAL ? emit_external(e, effect, guard)
                                              : false;
    }
    if (!all) {
        say_unsupported(e->c, e->rule, EFFECT_authentication, effect);
    } else {
        say_refusal(e, effect);
    }
}
