#include "convert/host_policy_priv.h"
#include "convert/istio_priv.h"

/* EnvoyFilters, in one shape alone: Envoy's buffer filter in front of the router of a Gateway, switched off but for
 * the virtual hosts that are named (envoy extensions/filters/http/buffer/v3/buffer.proto; istio/api
 * networking/v1alpha3 envoy_filter.proto). */

#define BUFFER_TYPE "type.googleapis.com/envoy.extensions.filters.http.buffer.v3."

static void put_text(struct conversion *c, struct node *map, const char *key, const char *value)
{
    node_set(c->nodes, map, key, text_node(c, value));
}

static struct node *patch_node(struct conversion *c, struct node *list, const char *where,
                               const char *operation)
{
    struct node *item = node_map(c->nodes);
    put_text(c, item, "applyTo", where);
    put_text(c, policy_map(c, item, "match"), "context", "GATEWAY");
    put_text(c, policy_map(c, item, "patch"), "operation", operation);
    node_add(c->nodes, list, item);
    return item;
}

/* The filter, which does nothing yet. */
static void add_filter(struct conversion *c, struct node *list, struct slice name, int64_t bytes)
{
    struct node *item = patch_node(c, list, "HTTP_FILTER", "INSERT_BEFORE");
    struct node *listener = policy_map(c, node_get(item, "match"), "listener");
    struct node *filter = policy_map(c, policy_map(c, listener, "filterChain"), "filter");
    put_text(c, filter, "name", "envoy.filters.network.http_connection_manager");
    put_text(c, policy_map(c, filter, "subFilter"), "name", "envoy.filters.http.router");
    struct node *value = policy_map(c, node_get(item, "patch"), "value");
    node_set(c->nodes, value, "name", node_string(c->nodes, name));
    node_set(c->nodes, value, "disabled", node_bool(c->nodes, true));
    struct node *config = policy_map(c, value, "typed_config");
    put_text(c, config, "@type", BUFFER_TYPE "Buffer");
    node_set(c->nodes, config, "max_request_bytes", node_int(c->nodes, bytes));
}

/* What switches it on; `istio_write_limits` names the host. */
static void add_host(struct conversion *c, struct node *list, struct slice name, int64_t bytes)
{
    struct node *item = patch_node(c, list, "VIRTUAL_HOST", "MERGE");
    struct node *value = policy_map(c, node_get(item, "patch"), "value");
    struct node *config = policy_map(c, policy_map(c, value, "typed_per_filter_config"),
                                     arena_string(c->arena, name));
    put_text(c, config, "@type", BUFFER_TYPE "BufferPerRoute");
    node_set(c->nodes, policy_map(c, config, "buffer"), "max_request_bytes",
             node_int(c->nodes, bytes));
}

/* Each host has the last patch for itself. */
void istio_write_limits(struct conversion *c, struct node *spec, const struct texts *hosts)
{
    struct node *patches = node_get(spec, "configPatches");
    struct node *last = patches->items[patches->count - 1];
    for (size_t i = 0; i < hosts->count; i++) {
        struct node *item = i ? node_copy(c->nodes, last) : last;
        struct node *routes = policy_map(c, node_get(item, "match"), "routeConfiguration");
        node_set(c->nodes, policy_map(c, routes, "vhost"), "domainName",
                 node_string(c->nodes, hosts->items[i]));
        if (i) {
            node_add(c->nodes, patches, item);
        }
    }
}

/* As Envoy Gateway's requestBuffer: what streams, and upgrades, end at this filter. */
void istio_body_limit(struct emission *e, const void *effect)
{
    const struct route_body_limit *limit = effect;
    const struct route_upstream_protocol *upstream = e->rule->effects.upstream_protocol;
    bool calls = upstream && slice_starts(upstream->protocol, SLICE("GRPC"));
    if (limit->bytes < 0 || !limit->source.name.len) {
        return;
    }
    if (calls || !limit->bytes || limit->bytes > UINT32_MAX ||
        !host_policy_fits(e, EFFECT_body_limit)) {
        say_unsupported(e->c, e->rule, EFFECT_body_limit, effect);
        return;
    }
    struct node *spec = node_map(e->c->nodes), *patches = node_list(e->c->nodes);
    struct slice name = arena_printf(e->c->arena, "body-limit-%lld", (long long)limit->bytes);
    add_filter(e->c, patches, name, limit->bytes);
    add_host(e->c, patches, name, limit->bytes);
    node_set(e->c->nodes, spec, "configPatches", patches);
    host_policy_add(e, ISTIO_BODY_LIMIT, spec);
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "'" SLICE_FMT
        "' becomes an EnvoyFilter, which changes Envoy itself and has to be looked at "
        "with each release of Istio: requests are held in memory until they are complete, and "
        "WebSockets of the host end; take it away where bodies are large, and check their size "
        "in the application",
        SLICE_ARG(limit->source.name));
}
