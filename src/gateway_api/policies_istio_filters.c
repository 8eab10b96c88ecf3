#include "gateway_api/policies_istio_priv.h"

/* EnvoyFilters: two shapes are understood (istio/api networking/v1alpha3 envoy_filter.proto): a filter before the router
 * that is switched on for some virtual hosts and routes, which is Envoy's buffer, rbac or local_ratelimit (envoy
 * extensions/filters/http/buffer/v3/buffer.proto, local_ratelimit/v3/local_rate_limit.proto); and routes whose path
 * changes by an expression, that are repeated, or that answer (config/route/v3/route_components.proto). */

#define FILTERS   "type.googleapis.com/envoy.extensions.filters.http."
#define RATE_TYPE FILTERS "local_ratelimit.v3.LocalRateLimit"

static bool is_true(const struct node *node)
{
    return node && node->kind == NODE_BOOL && node->boolean;
}

static int64_t int_at(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_INT ? node->integer : -1;
}

static const struct node *patch_value(const struct node *patch, const char *where,
                                      const char *operation)
{
    const struct node *change = node_get(patch, "patch");
    bool fits = policy_is(patch, "applyTo match patch") && policy_is(change, "operation value") &&
                slice_is(policy_text(patch, "applyTo"), where) &&
                slice_is(policy_text(node_get(patch, "match"), "context"), "GATEWAY") &&
                slice_is(policy_text(change, "operation"), operation);
    return fits ? node_get(change, "value") : NULL;
}

/* ---- what hosts have ------------------------------------------------------------------------ */

static const void *read_buffer(struct policy_work *work, const struct node *config)
{
    const struct node *buffer = node_get(config, "buffer");
    int64_t bytes = int_at(buffer, "max_request_bytes");
    struct route_body_limit *limit = ARENA_NEW(work->builder->run->arena, struct route_body_limit);
    *limit = (struct route_body_limit){.source = work->source, .bytes = bytes};
    bool understood =
        policy_is(config, "@type buffer") && policy_is(buffer, "max_request_bytes") && bytes > 0;
    return understood ? limit : NULL;
}

/* {remote_ip: {address_prefix: 10.0.0.0, prefix_len: 8}} */
static bool read_id(struct policy_work *work, const struct node *id, struct networks *out)
{
    const struct node *range = node_get(id, "remote_ip");
    struct arena *arena = work->builder->run->arena;
    struct network *items = ARENA_ARRAY(arena, struct network, out->count + 1);
    struct slice text =
        arena_printf(arena, SLICE_FMT "/%lld", SLICE_ARG(policy_text(range, "address_prefix")),
                     (long long)int_at(range, "prefix_len"));
    for (size_t i = 0; i < out->count; i++) {
        items[i] = out->items[i];
    }
    bool understood = policy_is(id, "remote_ip") && policy_is(range, "address_prefix prefix_len") &&
                      network_parse(text, &items[out->count]);
    *out = (struct networks){items, out->count + 1};
    return understood;
}

/* Some addresses, and all but some others: 403 for these (envoy config/rbac/v3/rbac.proto). */
static bool read_principal(struct policy_work *work, const struct node *principal,
                           struct route_addresses *addresses)
{
    const struct node *others = node_get(principal, "not_id");
    const struct node *ids = node_get(node_get(others, "or_ids"), "ids");
    bool all = is_true(node_get(principal, "any")), understood = principal->count == 1;
    if (!others && !all) {
        return read_id(work, principal, &addresses->deny);
    }
    understood = understood && !addresses->has_allow &&
                 (all || (policy_is(others, "or_ids") &&
                          policy_is(node_get(others, "or_ids"), "ids") && policy_items(ids)));
    addresses->has_allow = true;
    for (size_t i = 0; understood && i < policy_items(ids); i++) {
        understood = read_id(work, ids->items[i], &addresses->allow);
    }
    return understood;
}

static const void *read_access(struct policy_work *work, const struct node *config)
{
    const struct node *rbac = node_get(config, "rbac"), *rules = node_get(rbac, "rules");
    const struct node *policies = node_get(rules, "policies");
    const struct node *policy = policies && policies->kind == NODE_MAP && policies->count == 1
                                    ? policies->pairs[0].value
                                    : NULL;
    const struct node *permissions = node_get(policy, "permissions");
    const struct node *principals = node_get(policy, "principals");
    struct route_addresses *addresses =
        ARENA_NEW(work->builder->run->arena, struct route_addresses);
    *addresses = (struct route_addresses){.source = work->source, .status = 403};
    bool understood = policy_is(config, "@type rbac") && policy_is(rbac, "rules") &&
                      policy_is(rules, "action policies") &&
                      slice_is(policy_text(rules, "action"), "DENY") &&
                      policy_is(policy, "permissions principals") &&
                      policy_items(permissions) == 1 && permissions->items[0]->count == 1 &&
                      is_true(node_get(permissions->items[0], "any")) && policy_items(principals);
    for (size_t i = 0; understood && i < policy_items(principals); i++) {
        understood = principals->items[i]->kind == NODE_MAP &&
                     read_principal(work, principals->items[i], addresses);
    }
    return understood ? addresses : NULL;
}

static bool is_all(const struct node *config, const char *key)
{
    const struct node *share = node_get(node_get(config, key), "default_value");
    return policy_is(node_get(config, key), "default_value runtime_key") &&
           policy_is(share, "numerator denominator") && int_at(share, "numerator") == 100 &&
           slice_is(policy_text(share, "denominator"), "HUNDRED");
}

/* The word that tells buckets of clients apart; absent where others are counted than clients. */
static struct slice word_of(const struct node *limit, const struct node *descriptor)
{
    const struct node *actions = node_get(limit, "actions");
    const struct node *entries = node_get(descriptor, "entries");
    bool two = policy_items(actions) == 2 && policy_items(entries) == 2;
    struct slice word = two ? policy_text(entries->items[1], "value") : SLICE_ABSENT;
    bool same =
        two && policy_is(limit, "actions") && policy_is(descriptor, "entries token_bucket") &&
        policy_is(actions->items[0], "remote_address") && actions->items[0]->count == 1 &&
        policy_is(actions->items[1], "generic_key") &&
        policy_is(node_get(actions->items[1], "generic_key"), "descriptor_value") &&
        policy_is(entries->items[1], "key value") &&
        slice_equal(policy_text(node_get(actions->items[1], "generic_key"), "descriptor_value"),
                    word) &&
        entries->items[0]->count == 1 &&
        slice_is(policy_text(entries->items[0], "key"), "remote_address") &&
        slice_is(policy_text(entries->items[1], "key"), "generic_key");
    return same ? word : SLICE_ABSENT;
}

/* A bucket of a client holds what may come at once, and is filled by what may come in a second or a minute. */
static bool read_rate(const struct node *limit, const struct node *descriptor,
                      struct route_rate_limit *out)
{
    enum { MINUTE_MS = 60000 };
    const struct node *bucket = node_get(descriptor, "token_bucket");
    uint64_t ms = 0;
    int64_t most = int_at(bucket, "max_tokens"), fill = int_at(bucket, "tokens_per_fill");
    bool understood = word_of(limit, descriptor).len && most > 0 && fill > 0 &&
                      policy_is(bucket, "max_tokens tokens_per_fill fill_interval") &&
                      kube_duration(policy_text(bucket, "fill_interval"), &ms);
    bool minute = ms == MINUTE_MS;
    if (!understood || (!minute && ms != 1000) || (minute ? out->per_minute : out->per_second)) {
        return false;
    }
    *(minute ? &out->per_minute : &out->per_second) = fill;
    *(minute ? &out->minute_burst : &out->second_burst) = most - 1;
    return true;
}

static const void *read_rates(struct policy_work *work, const struct node *config)
{
    static const char *const known[] = {"@type",
                                        "stat_prefix",
                                        "status",
                                        "token_bucket",
                                        "always_consume_default_token_bucket",
                                        "max_dynamic_descriptors",
                                        "filter_enabled",
                                        "filter_enforced",
                                        "rate_limits",
                                        "descriptors"};
    const struct node *limits = node_get(config, "rate_limits");
    const struct node *descriptors = node_get(config, "descriptors");
    const struct node *status = node_get(config, "status");
    const struct node *others = node_get(config, "always_consume_default_token_bucket");
    struct route_rate_limit *limit = ARENA_NEW(work->builder->run->arena, struct route_rate_limit);
    int64_t code = status ? int_at(status, "code") : 429;
    *limit = (struct route_rate_limit){.source = work->source, .status = code};
    bool understood = policy_has_only(config, known, ARRAY_LEN(known)) && policy_items(limits) &&
                      policy_items(limits) == policy_items(descriptors) && others &&
                      others->kind == NODE_BOOL && !others->boolean &&
                      is_all(config, "filter_enabled") && is_all(config, "filter_enforced");
    for (size_t i = 0; understood && i < policy_items(limits); i++) {
        understood = read_rate(limits->items[i], descriptors->items[i], limit);
    }
    return understood ? limit : NULL;
}

static const void *read_rewrite(struct policy_work *work, const struct node *regex)
{
    const struct node *pattern = node_get(regex, "pattern");
    return policy_is(regex, "pattern substitution") && policy_is(pattern, "regex")
               ? policy_regex_rewrite(work, policy_text(pattern, "regex"),
                                      policy_text(regex, "substitution"))
               : NULL;
}

/* The rest of the policy that Istio writes by itself stays: other endpoints are asked first (istio 1.30.1
 * pilot/pkg/networking/core/route/retry/retry.go). */
static const void *read_retries(struct policy_work *work, const struct node *policy)
{
    struct arena *arena = work->builder->run->arena;
    const struct node *codes = node_get(policy, "retriable_status_codes");
    struct route_retries *retries = ARENA_NEW(arena, struct route_retries);
    *retries = (struct route_retries){.source = work->source,
                                      .attempts = int_at(policy, "num_retries"),
                                      .conditions = policy_text(policy, "retry_on")};
    bool understood = policy_is(policy, "retry_on num_retries retriable_status_codes") &&
                      retries->attempts > 0 && retries->conditions.len && !work->rule->has_retry;
    for (size_t i = 0; understood && i < policy_items(codes); i++) {
        understood = codes->items[i]->kind == NODE_INT;
        retries->conditions = arena_printf(arena, SLICE_FMT ",%lld", SLICE_ARG(retries->conditions),
                                           (long long)codes->items[i]->integer);
    }
    return understood ? retries : NULL;
}

/* Action of a route that answers by itself. */
static const void *read_answer(struct policy_work *work, const struct node *response)
{
    struct route_answer *answer = ARENA_NEW(work->builder->run->arena, struct route_answer);
    int64_t status = int_at(response, "status");
    *answer = (struct route_answer){
        .source = work->source, .status = status, .reason = SLICE("direct_response of a filter")};
    return policy_is(response, "status") && status >= 200 && status <= 599 ? answer : NULL;
}

struct shape {
    const char *filter, *host; /* types; or what of a route they are */
    enum effect_id effect;
    const void *(*read)(struct policy_work *work, const struct node *config); /* null: unknown */
};
static const struct shape of_routes[] = {
    {NULL, "regex_rewrite", EFFECT_rewrite, read_rewrite},
    {NULL, "retry_policy", EFFECT_retries, read_retries},
    {NULL, "direct_response", EFFECT_answer, read_answer},
};
static const struct shape shapes[] = {
    {FILTERS "buffer.v3.Buffer", FILTERS "buffer.v3.BufferPerRoute", EFFECT_body_limit,
     read_buffer},
    {RATE_TYPE, RATE_TYPE, EFFECT_rate_limit, read_rates},
    {FILTERS "rbac.v3.RBAC", FILTERS "rbac.v3.RBACPerRoute", EFFECT_addresses, read_access},
};
/* Any other, which is off as well where nothing switches it on. */
static const struct shape not_followed = {"", "", EFFECT_COUNT, NULL};

/* ---- patches -------------------------------------------------------------------------------- */

/* The filter by its name, before the router, and off; null where it is something else. */
static const struct shape *read_filter(const struct node *patch, struct slice *name)
{
    const struct node *value = patch_value(patch, "HTTP_FILTER", "INSERT_BEFORE");
    const struct node *match = node_get(patch, "match"), *listener = node_get(match, "listener");
    const struct node *chain = node_get(listener, "filterChain");
    const struct node *filter = node_get(chain, "filter"), *before = node_get(filter, "subFilter");
    struct slice type = policy_text(node_get(value, "typed_config"), "@type");
    *name = policy_text(value, "name");
    if (!name->len || !is_true(node_get(value, "disabled")) ||
        !policy_is(value, "name disabled typed_config") || !policy_is(match, "context listener") ||
        !policy_is(listener, "filterChain") || !policy_is(chain, "filter") ||
        !policy_is(filter, "name subFilter") || !policy_is(before, "name") ||
        !slice_is(policy_text(filter, "name"), "envoy.filters.network.http_connection_manager") ||
        !slice_is(policy_text(before, "name"), "envoy.filters.http.router")) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (slice_is(type, shapes[i].filter)) {
            return &shapes[i];
        }
    }
    return &not_followed;
}

/* What stands in the route, or in its action "route", beside nothing else. */
static const struct node *part_of_route(const struct node *value, const struct shape *shape)
{
    const struct node *action = node_get(value, "route");
    const struct node *whole = action ? action : value;
    return value && value->count == 1 && whole->count == 1 ? node_get(whole, shape->host) : NULL;
}

/* What a patch is for; the host is absent where all are meant. */
struct place {
    struct slice host, rule;
};

/* What stands there then; null where it is for something else. */
static const struct node *place_read(const struct node *patch, struct place *out)
{
    const struct node *host = patch_value(patch, "VIRTUAL_HOST", "MERGE");
    const struct node *rule = patch_value(patch, "HTTP_ROUTE", "MERGE");
    const struct node *match = node_get(patch, "match");
    const struct node *routes = node_get(match, "routeConfiguration");
    const struct node *vhost = node_get(routes, "vhost"), *route = node_get(vhost, "route");
    bool plain = policy_is(match, "context routeConfiguration") &&
                 (!routes || (policy_is(routes, "vhost") && vhost && vhost->count == 1));
    *out = (struct place){policy_text(vhost, "domainName"), policy_text(route, "name")};
    bool named = host ? !routes || out->host.len : out->rule.len && policy_is(route, "name");
    const struct node *value = host ? host : rule;
    return plain && named && value && value->count == 1 ? value : NULL;
}

static const void *read_place(struct policy_work *work, const struct shape *shape,
                              const struct node *patch, struct slice name, struct place *out)
{
    const struct node *value = place_read(patch, out);
    const struct node *configs = node_get(value, "typed_per_filter_config"), *config;
    if (!shape->filter) {
        config = out->rule.len ? part_of_route(value, shape) : NULL;
        return config ? shape->read(work, config) : NULL;
    }
    config = node_get(configs, arena_string(work->builder->run->arena, name));
    return shape->read && config && configs->count == 1 &&
                   slice_is(policy_text(config, "@type"), shape->host)
               ? shape->read(work, config)
               : NULL;
}

/* A second patch of one place changes the first. */
static bool is_patched(const struct node *patches, size_t from, size_t count,
                       const struct place *place)
{
    for (size_t i = from; i < count; i++) {
        struct place other;
        if (place_read(patches->items[i], &other) && slice_equal_fold(other.host, place->host) &&
            slice_equal(other.rule, place->rule)) {
            return true;
        }
    }
    return false;
}

/* As Istio calls what it makes of the rule (istio 1.30.1 pilot/pkg/config/kube/gateway/conversion.go,
 * convertHTTPRoute). */
static bool is_rule(const struct policy_work *work, const struct route_state *state,
                    struct slice name)
{
    const struct http_route *route = state->route;
    struct slice own = work->rule->name;
    if (!own.len) {
        own = arena_printf(work->builder->run->arena, SLICE_FMT "." SLICE_FMT ".%zu",
                           SLICE_ARG(route->object.namespace), SLICE_ARG(route->object.name),
                           (size_t)(work->rule - route->rules));
    }
    return slice_equal(own, name);
}

static bool set_effect(struct effects *effects, enum effect_id id, const void *effect)
{
    if (effect_get(effects, id)) {
        return false;
    }
    effect_put(effects, id, effect);
    return true;
}

/* Null where the patch changes something else of a route. */
static const struct shape *shape_of_route(const struct node *patch)
{
    const struct node *value = patch_value(patch, "HTTP_ROUTE", "MERGE");
    for (size_t i = 0; i < ARRAY_LEN(of_routes); i++) {
        if (part_of_route(value, &of_routes[i])) {
            return &of_routes[i];
        }
    }
    return NULL;
}

/* What holds for the rule at hand, of all patches. */
struct found {
    const struct shape *shape;
    const void *of_hosts, *of_rule; /* null: nothing */
    size_t hosts;                   /* of the route */
    bool every_host, understood;
};

/* What is merged into other virtual hosts and routes changes nothing of this one. */
static bool is_elsewhere(const struct policy_work *work, const struct place *place,
                         const struct route_state *state)
{
    return (place->host.len && !istio_domains(state, place->host)) ||
           (place->rule.len && !is_rule(work, state, place->rule));
}

/* With `filter` the patch switches that on, which is called `name`. */
static void read_patch(struct policy_work *work, const struct shape *filter, struct slice name,
                       const struct node *patches, size_t at, const struct route_state *state,
                       struct found *out)
{
    const struct node *patch = patches->items[at];
    const struct shape *shape = filter ? filter : shape_of_route(patch);
    struct place place;
    if (place_read(patch, &place) && is_elsewhere(work, &place, state)) {
        return;
    }
    const void *own = shape ? read_place(work, shape, patch, name, &place) : NULL;
    size_t hosts = place.host.len ? istio_domains(state, place.host) : state->served_count;
    out->understood = own && !is_patched(patches, filter ? 1 : 0, at, &place) &&
                      (!out->shape || out->shape == shape);
    out->shape = shape;
    if (!out->understood) {
        return;
    }
    if (place.rule.len) {
        out->understood = hosts == state->served_count;
        out->of_rule = own;
        return;
    }
    out->understood = !out->of_hosts || effect_equal(shape->effect, own, out->of_hosts);
    out->of_hosts = own;
    out->every_host = out->every_host || !place.host.len;
    out->hosts += hosts;
}

/* What a route has goes before what its host has. */
void istio_envoy_filter(struct policy_work *work, const struct node *spec,
                        const struct route_state *state)
{
    static const char *const known[] = {"targetRefs", "configPatches"};
    const struct node *patches = node_get(spec, "configPatches");
    struct slice name = SLICE_ABSENT;
    size_t count = policy_items(patches);
    bool plain = count && policy_has_only(spec, known, ARRAY_LEN(known));
    const struct shape *filter = plain ? read_filter(patches->items[0], &name) : NULL;
    size_t first = filter ? 1 : 0;
    struct found found = {.understood = plain && count > first};
    for (size_t i = first; found.understood && i < count; i++) {
        read_patch(work, filter, name, patches, i, state, &found);
    }
    if (found.understood && !found.shape) {
        return; /* for other hosts, or rules of other routes */
    }
    bool all = found.every_host || found.hosts == state->served_count;
    const void *effect = found.of_rule ? found.of_rule : all ? found.of_hosts : NULL;
    if (!found.understood || !effect || !set_effect(work->effects, found.shape->effect, effect)) {
        policy_unknown(work, ASPECT_PROTECTION, "configPatches");
    }
}
