#include "gateway_api/policies_istio_priv.h"

/* EnvoyFilters: one shape is understood, Envoy's buffer filter that is switched on for some virtual hosts (istio/api
 * networking/v1alpha3 envoy_filter.proto, envoy extensions/filters/http/buffer/v3/buffer.proto). */

#define BUFFER_TYPE "type.googleapis.com/envoy.extensions.filters.http.buffer.v3."

static bool is_true(const struct node *node)
{
    return node && node->kind == NODE_BOOL && node->boolean;
}

static int64_t bytes_of(const struct node *config)
{
    const struct node *bytes = node_get(config, "max_request_bytes");
    return bytes && bytes->kind == NODE_INT ? bytes->integer : -1;
}

static const struct node *patch_value(const struct node *patch, const char *where,
                                      const char *operation)
{
    static const char *const known[] = {"applyTo", "match", "patch"};
    const struct node *change = node_get(patch, "patch");
    bool fits = policy_has_only(patch, known, ARRAY_LEN(known)) &&
                slice_is(policy_text(patch, "applyTo"), where) &&
                slice_is(policy_text(node_get(patch, "match"), "context"), "GATEWAY") &&
                slice_is(policy_text(change, "operation"), operation);
    return fits ? node_get(change, "value") : NULL;
}

/* The filter by its name, before the router, and off. */
static bool read_filter(const struct node *patch, struct slice *name)
{
    const struct node *value = patch_value(patch, "HTTP_FILTER", "INSERT_BEFORE");
    const struct node *chain =
        node_get(node_get(node_get(patch, "match"), "listener"), "filterChain");
    const struct node *before = node_get(node_get(chain, "filter"), "subFilter");
    *name = policy_text(value, "name");
    return name->len && is_true(node_get(value, "disabled")) && chain->count == 1 &&
           slice_is(policy_text(before, "name"), "envoy.filters.http.router") &&
           slice_is(policy_text(node_get(value, "typed_config"), "@type"), BUFFER_TYPE "Buffer");
}

/* -1 where it is something else. The host is absent where all are meant. */
static int64_t read_host(struct policy_work *work, const struct node *patch, struct slice name,
                         struct slice *host)
{
    const struct node *value = patch_value(patch, "VIRTUAL_HOST", "MERGE");
    const struct node *configs = node_get(value, "typed_per_filter_config");
    const struct node *config = node_get(configs, arena_string(work->builder->run->arena, name));
    const struct node *routes = node_get(node_get(patch, "match"), "routeConfiguration");
    const struct node *vhost = node_get(routes, "vhost");
    *host = policy_text(vhost, "domainName");
    if (!config || configs->count != 1 || value->count != 1 ||
        !slice_is(policy_text(config, "@type"), BUFFER_TYPE "BufferPerRoute") ||
        (routes && (!host->len || vhost->count != 1 || routes->count != 1))) {
        return -1;
    }
    return bytes_of(node_get(config, "buffer"));
}

static bool has_host(const struct route_state *state, struct slice host)
{
    for (size_t i = 0; i < state->route->hostnames.count; i++) {
        if (slice_equal(state->route->hostnames.items[i], host)) {
            return true;
        }
    }
    return false;
}

void istio_envoy_filter(struct policy_work *work, const struct node *spec,
                        const struct route_state *state)
{
    static const char *const known[] = {"targetRefs", "configPatches"};
    const struct node *patches = node_get(spec, "configPatches");
    struct slice name = SLICE_ABSENT, host;
    size_t hosts = 0, count = policy_items(patches), wanted = state->route->hostnames.count;
    bool understood = policy_has_only(spec, known, ARRAY_LEN(known)) && count > 1 &&
                      read_filter(patches->items[0], &name);
    bool all = false;
    int64_t bytes = -1;
    for (size_t i = 1; understood && i < count; i++) {
        int64_t own = read_host(work, patches->items[i], name, &host);
        understood = own > 0 && (bytes < 0 || own == bytes);
        bytes = own;
        all = all || !host.len;
        hosts += host.len && has_host(state, host);
    }
    all = all || (wanted && hosts == wanted);
    if (understood && !all && !hosts && wanted) {
        return;
    }
    if (!understood || !all || work->effects->body_limit) {
        policy_unknown(work, ASPECT_PROTECTION, "configPatches");
        return;
    }
    struct route_body_limit *limit = ARENA_NEW(work->builder->run->arena, struct route_body_limit);
    *limit = (struct route_body_limit){work->source, bytes};
    work->effects->body_limit = limit;
}
