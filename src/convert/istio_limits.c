#include "convert/host_policy_priv.h"
#include "convert/istio_priv.h"

/* EnvoyFilters, in two shapes alone (istio/api networking/v1alpha3 envoy_filter.proto): a filter of Envoy in front of
 * the router of a Gateway, switched off but for the virtual hosts and routes that are named; and what a route does, in
 * istio_routes.c. Istio calls the routes of an HTTPRoute "namespace.name.index", by the index of the rule (istio 1.30.1
 * pilot/pkg/config/kube/gateway/conversion.go, convertHTTPRoute). What they say: envoy
 * extensions/filters/http/buffer/v3/buffer.proto, local_ratelimit/v3/local_rate_limit.proto and
 * config/route/v3/route_components.proto. */

#define ACCESS_TYPE "type.googleapis.com/envoy.extensions.filters.http.rbac.v3."
#define BUFFER_TYPE "type.googleapis.com/envoy.extensions.filters.http.buffer.v3."
#define RATE_TYPE                                                                                  \
    "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"

static void put_text(struct conversion *c, struct node *map, const char *key, const char *value)
{
    node_set(c->nodes, map, key, text_node(c, value));
}

static void put_int(struct conversion *c, struct node *map, const char *key, int64_t value)
{
    node_set(c->nodes, map, key, node_int(c->nodes, value));
}

struct node *istio_patch(struct conversion *c, struct node *list, const char *where,
                         const char *operation)
{
    struct node *item = node_map(c->nodes);
    put_text(c, item, "applyTo", where);
    put_text(c, policy_map(c, item, "match"), "context", "GATEWAY");
    put_text(c, policy_map(c, item, "patch"), "operation", operation);
    node_add(c->nodes, list, item);
    return item;
}

/* The filter, which does nothing yet; returns its configuration. */
static struct node *add_filter(struct conversion *c, struct node *list, struct slice name,
                               const char *type)
{
    struct node *item = istio_patch(c, list, "HTTP_FILTER", "INSERT_BEFORE");
    struct node *listener = policy_map(c, node_get(item, "match"), "listener");
    struct node *filter = policy_map(c, policy_map(c, listener, "filterChain"), "filter");
    put_text(c, filter, "name", "envoy.filters.network.http_connection_manager");
    put_text(c, policy_map(c, filter, "subFilter"), "name", "envoy.filters.http.router");
    struct node *value = policy_map(c, node_get(item, "patch"), "value");
    node_set(c->nodes, value, "name", node_string(c->nodes, name));
    node_set(c->nodes, value, "disabled", node_bool(c->nodes, true));
    struct node *config = policy_map(c, value, "typed_config");
    put_text(c, config, "@type", type);
    return config;
}

/* What switches it on; `istio_write_patches` says where. */
static struct node *add_place(struct conversion *c, struct node *list, struct slice name,
                              const char *type)
{
    struct node *item = istio_patch(c, list, "VIRTUAL_HOST", "MERGE");
    struct node *value = policy_map(c, node_get(item, "patch"), "value");
    struct node *config = policy_map(c, policy_map(c, value, "typed_per_filter_config"),
                                     arena_string(c->arena, name));
    put_text(c, config, "@type", type);
    return config;
}

static struct node *vhost_of(struct conversion *c, struct node *patch)
{
    struct node *routes = policy_map(c, node_get(patch, "match"), "routeConfiguration");
    return policy_map(c, routes, "vhost");
}

/* Each host and each rule has the last patch for itself. */
void istio_write_patches(struct conversion *c, struct node *spec,
                         const struct policy_places *places)
{
    struct node *patches = node_get(spec, "configPatches"), *item;
    struct node *last = patches->items[--patches->count];
    if (places->every_host) {
        node_add(c->nodes, patches, node_copy(c->nodes, last));
    }
    for (size_t i = 0; !places->every_host && i < places->hosts.count; i++) {
        node_add(c->nodes, patches, item = node_copy(c->nodes, last));
        node_set(c->nodes, vhost_of(c, item), "domainName",
                 node_string(c->nodes, places->hosts.items[i]));
    }
    for (size_t i = 0; i < places->rules.count; i++) {
        node_add(c->nodes, patches, item = node_copy(c->nodes, last));
        node_set(c->nodes, item, "applyTo", text_node(c, "HTTP_ROUTE"));
        node_set(c->nodes, policy_map(c, vhost_of(c, item), "route"), "name",
                 node_string(c->nodes, places->rules.items[i]));
    }
}

/* For the host where all rules are alike, else for the rule at hand; false where neither can be named. */
static bool can_place(struct emission *e, enum effect_id id)
{
    return host_policy_fits(e, id) || host_policy_by_rule(e);
}

static void place(struct emission *e, enum effect_id id, size_t index, struct node *patches)
{
    struct node *spec = node_map(e->c->nodes);
    bool host = host_policy_fits(e, id);
    node_set(e->c->nodes, host ? spec : policy_spec(e, index), "configPatches", patches);
    if (host) {
        host_policy_add(e, index, spec);
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
    if (calls || !limit->bytes || limit->bytes > UINT32_MAX || !can_place(e, EFFECT_body_limit)) {
        say_unsupported(e->c, e->rule, EFFECT_body_limit, effect);
        return;
    }
    struct node *patches = node_list(e->c->nodes);
    struct slice name = arena_printf(e->c->arena, "body-limit-%lld", (long long)limit->bytes);
    struct node *filter = add_filter(e->c, patches, name, BUFFER_TYPE "Buffer");
    struct node *own = add_place(e->c, patches, name, BUFFER_TYPE "BufferPerRoute");
    put_int(e->c, filter, "max_request_bytes", limit->bytes);
    put_int(e->c, policy_map(e->c, own, "buffer"), "max_request_bytes", limit->bytes);
    place(e, EFFECT_body_limit, ISTIO_BODY_LIMIT, patches);
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "'" SLICE_FMT
        "' becomes an EnvoyFilter, which changes Envoy itself and has to be looked at "
        "with each release of Istio: requests are held in memory until they are complete, and "
        "WebSockets of the paths end; take it away where bodies are large, and check their size "
        "in the application",
        SLICE_ARG(limit->source.name));
}

/* ---- rates ---------------------------------------------------------------------------------- */

/* Clients that a filter knows at a time; whoever else comes takes the place of the one who was silent longest, who
 * starts anew (20 unless told otherwise). */
enum { CLIENTS_MAX = 10000, SECOND_MS = 1000, MINUTE_MS = 60000 };

static struct node *bucket_node(struct conversion *c, int64_t most, int64_t fill, int64_t ms)
{
    struct node *bucket = node_map(c->nodes);
    put_int(c, bucket, "max_tokens", most);
    put_int(c, bucket, "tokens_per_fill", fill);
    node_set(c->nodes, bucket, "fill_interval", duration_node(c, ms));
    return bucket;
}

/* nginx lets so many more than the rate in at once, besides the one that is due (ngx_http_limit_req_module, burst and
 * nodelay), as does a bucket of that size. Both rates have buckets of their own, told apart by a fixed word. */
static void add_rate(struct conversion *c, struct node *config, const char *word, int64_t rate,
                     int64_t burst, int64_t ms)
{
    struct node *limits = node_get(config, "rate_limits");
    struct node *descriptors = node_get(config, "descriptors");
    struct node *limit = node_map(c->nodes), *descriptor = node_map(c->nodes);
    struct node *actions = node_list(c->nodes), *action = node_map(c->nodes);
    struct node *entries = node_list(c->nodes), *entry = node_map(c->nodes);
    if (rate <= 0) {
        return;
    }
    node_set(c->nodes, action, "remote_address", node_map(c->nodes));
    node_add(c->nodes, actions, action);
    action = node_map(c->nodes);
    put_text(c, policy_map(c, action, "generic_key"), "descriptor_value", word);
    node_add(c->nodes, actions, action);
    node_set(c->nodes, limit, "actions", actions);
    node_add(c->nodes, limits, limit);
    put_text(c, entry, "key", "remote_address");
    node_add(c->nodes, entries, entry);
    entry = node_map(c->nodes);
    put_text(c, entry, "key", "generic_key");
    put_text(c, entry, "value", word);
    node_add(c->nodes, entries, entry);
    node_set(c->nodes, descriptor, "entries", entries);
    node_set(c->nodes, descriptor, "token_bucket", bucket_node(c, burst + 1, rate, ms));
    node_add(c->nodes, descriptors, descriptor);
}

static void put_share(struct conversion *c, struct node *config, const char *key)
{
    struct node *share = policy_map(c, policy_map(c, config, key), "default_value");
    put_int(c, share, "numerator", 100);
    put_text(c, share, "denominator", "HUNDRED");
}

static void put_rates(struct conversion *c, struct node *config,
                      const struct route_rate_limit *limit)
{
    put_text(c, config, "stat_prefix", "rate_limit");
    put_int(c, policy_map(c, config, "status"), "code", limit->status);
    /* of requests that have no bucket of their own, which are none */
    node_set(c->nodes, config, "token_bucket", bucket_node(c, UINT32_MAX, UINT32_MAX, SECOND_MS));
    node_set(c->nodes, config, "always_consume_default_token_bucket", node_bool(c->nodes, false));
    put_int(c, config, "max_dynamic_descriptors", CLIENTS_MAX);
    put_share(c, config, "filter_enabled");
    put_share(c, config, "filter_enforced");
    node_set(c->nodes, config, "rate_limits", node_list(c->nodes));
    node_set(c->nodes, config, "descriptors", node_list(c->nodes));
    add_rate(c, config, "second", limit->per_second, limit->second_burst, SECOND_MS);
    add_rate(c, config, "minute", limit->per_minute, limit->minute_burst, MINUTE_MS);
}

static void say_rates(struct emission *e, const struct route_rate_limit *limit)
{
    bool host = host_policy_fits(e, EFFECT_rate_limit);
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, limit,
               "'" SLICE_FMT "' becomes an EnvoyFilter with Envoy's local_ratelimit, which changes "
               "Envoy itself and has to be looked at with each release of Istio: each %s, and "
               "each pod of the Gateway, counts by itself, and knows %d clients at a time",
               SLICE_ARG(limit->source.name), host ? "host" : "path", CLIENTS_MAX);
    if (limit->connections || limit->exempt.count) {
        say_effect(e->c, DIAG_C001, SEVERITY_WARNING, e->rule, limit,
                   limit->connections
                       ? "a limit on connections of one client cannot be written: Envoy counts "
                         "requests of a client; limit them in front of the Gateway"
                       : "clients that a limit does not hold for cannot be written: they are "
                         "limited as all others are");
    }
}

void istio_rate_limit(struct emission *e, const void *effect)
{
    const struct route_rate_limit *limit = effect;
    struct conversion *c = e->c;
    bool fits = limit->second_burst < UINT32_MAX && limit->minute_burst < UINT32_MAX;
    if ((limit->per_second <= 0 && limit->per_minute <= 0) || !fits || limit->status < 400 ||
        !can_place(e, EFFECT_rate_limit)) {
        say_unsupported(c, e->rule, EFFECT_rate_limit, effect);
        return;
    }
    struct node *patches = node_list(c->nodes);
    struct slice name =
        arena_printf(c->arena, "rate-limit-%lld-%lld-%lld-%lld-%lld", (long long)limit->per_second,
                     (long long)limit->second_burst, (long long)limit->per_minute,
                     (long long)limit->minute_burst, (long long)limit->status);
    put_text(c, add_filter(c, patches, name, RATE_TYPE), "stat_prefix", "rate_limit");
    put_rates(c, add_place(c, patches, name, RATE_TYPE), limit);
    place(e, EFFECT_rate_limit, ISTIO_RATE_LIMIT, patches);
    say_rates(e, limit);
}

/* ---- addresses ------------------------------------------------------------------------------ */

static struct node *ids_node(struct conversion *c, const struct networks *networks)
{
    struct node *list = node_list(c->nodes);
    for (size_t i = 0; i < networks->count; i++) {
        struct node *id = node_map(c->nodes), *range = policy_map(c, id, "remote_ip");
        struct slice text = network_node(c, &networks->items[i])->text;
        size_t slash = slice_find(text, '/', 0);
        node_set(c->nodes, range, "address_prefix",
                 node_string(c->nodes, slice_sub(text, 0, slash)));
        put_int(c, range, "prefix_len", networks->items[i].bits);
        node_add(c->nodes, list, id);
    }
    return list;
}

/* As an AuthorizationPolicy does it, whose rules know no expressions (pilot/pkg/security/authz): 403 for whom one of the
 * principals holds. */
bool istio_rule_addresses(struct emission *e, const struct route_addresses *addresses)
{
    struct conversion *c = e->c;
    struct node *principals = ids_node(c, &addresses->deny), *policy = node_map(c->nodes);
    struct node *permissions = node_list(c->nodes), *any = node_map(c->nodes);
    if (!host_policy_by_rule(e)) {
        return false;
    }
    if (addresses->has_allow && addresses->allow.count) {
        struct node *other = node_map(c->nodes);
        node_set(c->nodes, policy_map(c, policy_map(c, other, "not_id"), "or_ids"), "ids",
                 ids_node(c, &addresses->allow));
        node_add(c->nodes, principals, other);
    } else if (addresses->has_allow) {
        struct node *all = node_map(c->nodes);
        node_set(c->nodes, all, "any", node_bool(c->nodes, true));
        node_add(c->nodes, principals, all);
    }
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    document_write_json(principals, 0, &text);
    struct slice name = arena_printf(c->arena, "addresses-%016llx",
                                     (unsigned long long)slice_hash(buf_slice(&text), 0));
    buf_release(&text);
    struct node *patches = node_list(c->nodes);
    (void)add_filter(c, patches, name, ACCESS_TYPE "RBAC");
    struct node *own = add_place(c, patches, name, ACCESS_TYPE "RBACPerRoute");
    struct node *rules = policy_map(c, policy_map(c, own, "rbac"), "rules");
    put_text(c, rules, "action", "DENY");
    node_set(c->nodes, policy_map(c, rules, "policies"), "addresses", policy);
    node_set(c->nodes, any, "any", node_bool(c->nodes, true));
    node_add(c->nodes, permissions, any);
    node_set(c->nodes, policy, "permissions", permissions);
    node_set(c->nodes, policy, "principals", principals);
    node_set(c->nodes, policy_spec(e, ISTIO_RULE_ADDRESSES), "configPatches", patches);
    say_effect(c, DIAG_C002, SEVERITY_WARNING, e->rule, addresses,
               "'" SLICE_FMT "' becomes an EnvoyFilter, as no AuthorizationPolicy knows the path; "
               "it finds the rule by its place in the HTTPRoute and has to be looked at with each "
               "release of Istio: when rules are put in another order, change the name of its "
               "route as well, or others are let in",
               SLICE_ARG(addresses->source.name));
    return true;
}
