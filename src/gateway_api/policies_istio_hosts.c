#include "gateway_api/policies_istio_priv.h"

/* Which requests of a route have a host that an AuthorizationPolicy or an EnvoyFilter names. Each host that a route
 * serves at a listener is a virtual host; the listeners of a port that speak HTTP share theirs, and those of HTTPS have
 * their own (istio 1.30.1 pilot/pkg/networking/core/gateway.go, buildGatewayHTTPRouteConfig). Of the virtual hosts that
 * match, Envoy takes the most special one and never another, so that a name inside a wildcard is none of the wildcard's
 * where it has a virtual host of its own. */

enum cover istio_counted(size_t count, size_t all)
{
    return !count ? COVER_NONE : count == all ? COVER_ALL : COVER_SOME;
}

static struct slice domain_of(const struct host_pattern *host)
{
    return host->kind == HOST_ANY ? SLICE("*") : host->name;
}

size_t istio_domains(const struct route_state *state, struct slice domain)
{
    size_t count = 0;
    for (size_t i = 0; i < state->served_count; i++) {
        count += slice_equal_fold(domain_of(&state->served[i].host), domain);
    }
    return count;
}

/* ---- other virtual hosts -------------------------------------------------------------------- */

static bool has_name(struct builder *builder, struct listener_state *listener, struct slice name)
{
    if (!listener->names) {
        listener->names = map_new(builder->run->arena);
        for (size_t i = 0; i < listener->count; i++) {
            map_put(listener->names, listener->attachments[i].host.name, listener);
        }
    }
    return map_get(listener->names, name) != NULL;
}

static bool port_has_name(struct builder *builder, const struct listener_state *listener,
                          struct slice name)
{
    struct gateway_state *gateway = listener->gateway;
    for (size_t i = 0; i < gateway->count; i++) {
        struct listener_state *other = &gateway->listeners[i];
        bool shares = other == listener ||
                      (other->protocol == LISTENER_HTTP && listener->protocol == LISTENER_HTTP &&
                       other->listener->port == listener->listener->port);
        if (shares && has_name(builder, other, name)) {
            return true;
        }
    }
    return false;
}

/* By a virtual host that is more special than `served`; `name` is inside of that, and may be a wildcard itself. */
static bool is_taken(struct builder *builder, const struct served_host *served, struct slice name)
{
    if (port_has_name(builder, served->listener, name)) {
        return true;
    }
    size_t from = slice_starts(name, SLICE("*.")) ? 2 : 0;
    for (size_t dot = slice_find(name, '.', from); dot < name.len;
         dot = slice_find(name, '.', dot + 1)) {
        struct slice wildcard = arena_printf(builder->run->arena, "*" SLICE_FMT,
                                             SLICE_ARG(slice_sub(name, dot, name.len)));
        if (slice_equal(wildcard, served->host.name)) {
            return false;
        }
        if (port_has_name(builder, served->listener, wildcard)) {
            return true;
        }
    }
    return false;
}

/* ---- hosts of an AuthorizationPolicy -------------------------------------------------------- */

/* "*", "*.org" and "a.*" hold as well, and names are not case-sensitive. */
static bool is_named(struct slice host, struct slice name)
{
    struct slice end = slice_sub(host, 1, host.len), start = slice_sub(host, 0, host.len - 1);
    bool of_ports = slice_ends(host, SLICE(":*"));
    return slice_equal_fold(host, name) ||
           (slice_starts(host, SLICE("*")) && slice_ends(name, end)) ||
           (slice_ends(host, SLICE("*")) && !of_ports && slice_starts(name, start));
}

/* It holds for some requests of the virtual host: for names inside of it, or for one port. */
static bool reaches(struct builder *builder, const struct served_host *served, struct slice host)
{
    const struct host_pattern *own = &served->host;
    struct slice name =
        arena_lower(builder->run->arena, slice_sub(host, 0, slice_find(host, ':', 0)));
    struct slice end = slice_sub(name, 1, name.len);
    bool wildcard = slice_starts(name, SLICE("*")), whole = name.len == host.len;
    if (own->kind == HOST_EXACT || slice_equal(name, domain_of(own))) {
        return !whole && is_named(name, domain_of(own));
    }
    if (slice_ends(name, SLICE("*"))) {
        return true; /* starts of names are not followed */
    }
    if (!slice_ends(name, slice_sub(own->name, own->kind == HOST_SUFFIX, own->name.len))) {
        return wildcard && slice_ends(own->name, end);
    }
    bool labels = !wildcard || slice_starts(end, SLICE("."));
    return !labels || !is_taken(builder, served, name);
}

static enum cover host_cover(const struct policy_work *work, const struct node *hosts,
                             const struct served_host *served)
{
    enum cover cover = COVER_NONE;
    for (size_t i = 0; i < policy_items(hosts); i++) {
        struct slice host = hosts->items[i]->text;
        if (is_named(host, domain_of(&served->host))) {
            return COVER_ALL;
        }
        if (cover == COVER_NONE && reaches(work->builder, served, host)) {
            cover = COVER_SOME;
        }
    }
    return cover;
}

enum cover istio_hosts_cover(const struct policy_work *work, const struct node *operation,
                             const struct route_state *state)
{
    const struct node *hosts = node_get(operation, "hosts");
    size_t all = 0;
    for (size_t i = 0; hosts && i < state->served_count; i++) {
        enum cover cover = host_cover(work, hosts, &state->served[i]);
        if (cover == COVER_SOME) {
            return COVER_SOME;
        }
        all += cover == COVER_ALL;
    }
    return hosts ? istio_counted(all, state->served_count) : COVER_ALL;
}
