#include "convert/envoy_priv.h"
#include "convert/host_policy_priv.h"

/* Limits of time, size and rate, and retries: fields of a BackendTrafficPolicy (envoyproxy/gateway v1.9
 * api/v1alpha1). */

/* ---- time ------------------------------------------------------------- */

/* Envoy ends a request after 15 s where nothing is said (timeout_types.go). nginx counts between two reads;
 * the nearest is the time without any byte of a stream. */
static void write_timeouts(struct conversion *c, struct node *spec,
                           const struct route_timeouts *timeouts)
{
    struct node *timeout = policy_map(c, spec, "timeout"), *http = policy_map(c, timeout, "http");
    int64_t idle = timeouts->read_ms > timeouts->send_ms ? timeouts->read_ms : timeouts->send_ms;
    int64_t total = timeouts->request_ms > 0 ? timeouts->request_ms : 0;
    if (timeouts->connect_ms > 0) {
        node_set(c->nodes, policy_map(c, timeout, "tcp"), "connectTimeout",
                 duration_node(c, timeouts->connect_ms));
    }
    node_set(c->nodes, http, "requestTimeout", duration_node(c, total));
    if (idle > 0) {
        node_set(c->nodes, http, "streamIdleTimeout", duration_node(c, idle));
    }
}

void envoy_timeouts(struct emission *e, const void *effect)
{
    const struct route_timeouts *timeouts = effect;
    write_timeouts(e->c, policy_spec(e, ENVOY_BACKEND_TRAFFIC), timeouts);
    if (timeouts->read_ms >= 0 && timeouts->send_ms >= 0 &&
        timeouts->read_ms != timeouts->send_ms) {
        say_effect(
            e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
            "Envoy has one limit for the time without a byte in either direction: the longer "
            "of %lld s for reading and %lld s for sending is written",
            (long long)timeouts->read_ms / 1000, (long long)timeouts->send_ms / 1000);
    }
}

/* ---- bodies ----------------------------------------------------------- */

/* A quantity: 8388608 as 8Mi. */
static struct node *quantity(struct emission *e, int64_t bytes)
{
    static const struct {
        int64_t size;
        const char *suffix;
    } units[] = {{1 << 30, "Gi"}, {1 << 20, "Mi"}, {1 << 10, "Ki"}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (bytes && bytes % units[i].size == 0) {
            return node_string(e->c->nodes,
                               arena_printf(e->c->arena, "%lld%s",
                                            (long long)(bytes / units[i].size), units[i].suffix));
        }
    }
    return node_string(e->c->nodes, arena_printf(e->c->arena, "%lld", (long long)bytes));
}

/* The filter holds a request until it is complete, so that what streams in both directions, and upgrades, no
 * longer work (backendtrafficpolicy_types.go, RequestBuffer). */
void envoy_body_limit(struct emission *e, const void *effect)
{
    const struct route_body_limit *limit = effect;
    const struct route_upstream_protocol *upstream = e->rule->effects.upstream_protocol;
    bool calls = upstream && slice_starts(upstream->protocol, SLICE("GRPC"));
    if (limit->bytes < 0) {
        return;
    }
    if (calls || !limit->bytes) {
        say_unsupported(e->c, e->rule, EFFECT_body_limit, effect);
        return;
    }
    struct node *spec = policy_spec(e, ENVOY_BACKEND_TRAFFIC);
    node_set(e->c->nodes, policy_map(e->c, spec, "requestBuffer"), "limit",
             quantity(e, limit->bytes));
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "'" SLICE_FMT "' becomes a requestBuffer: Envoy holds each request in memory until it "
        "is complete, and WebSockets of these paths end; take it away where bodies are large, "
        "and check their size in the application%s",
        SLICE_ARG(limit->source.name),
        e->rule->effects.https_redirect
            ? "; requests by http are redirected to https whatever their size"
            : "");
}

/* ---- rates ---------------------------------------------------------------------------------- */

static void add_limit(struct emission *e, struct node *rules, const char *clients, bool others,
                      int64_t requests, const char *unit)
{
    struct arena *arena = e->c->nodes;
    struct node *rule = node_map(arena), *selector = node_map(arena), *source = node_map(arena);
    struct node *selectors = node_list(arena), *limit = node_map(arena);
    node_set(arena, source, "type", text_node(e->c, "Distinct"));
    node_set(arena, source, "value", text_node(e->c, clients));
    if (others) {
        node_set(arena, source, "invert", node_bool(arena, true));
    }
    node_set(arena, selector, "sourceCIDR", source);
    node_add(arena, selectors, selector);
    node_set(arena, rule, "clientSelectors", selectors);
    node_set(arena, limit, "requests", node_int(arena, requests));
    node_set(arena, limit, "unit", text_node(e->c, unit));
    node_set(arena, rule, "limit", limit);
    node_set(arena, rule, "xRateLimitHeaders", text_node(e->c, "Off")); /* nginx sends none */
    node_add(arena, rules, rule);
}

/* All clients, or all but those of one network: a selector takes no list (backendtrafficpolicy.go). */
static void add_limits(struct emission *e, struct node *rules, const struct networks *exempt,
                       int64_t requests, const char *unit)
{
    if (requests > 0 && exempt->count == 1) {
        const struct node *network = network_node(e->c, &exempt->items[0]);
        add_limit(e, rules, arena_string(e->c->arena, network->text), true, requests, unit);
    } else if (requests > 0) {
        add_limit(e, rules, "0.0.0.0/0", false, requests, unit);
        add_limit(e, rules, "::/0", false, requests, unit);
    }
}

/* One bucket for each client and route in each Envoy; who asks too often gets 429 (ratelimit_types.go). Of a route's
 * clients Envoy knows 20 at a time, as it is not told otherwise (local_ratelimit.go, patchRoute; envoy
 * local_rate_limit.proto, max_dynamic_descriptors). */
void envoy_rate_limit(struct emission *e, const void *effect)
{
    enum { ENVOY_TOO_MANY = 429 };
    const struct route_rate_limit *limit = effect;
    struct node *rules = node_list(e->c->nodes);
    add_limits(e, rules, &limit->exempt, limit->per_second, "Second");
    add_limits(e, rules, &limit->exempt, limit->per_minute, "Minute");
    if (rules->count) {
        struct node *spec = policy_spec(e, ENVOY_BACKEND_TRAFFIC);
        struct node *rate = policy_map(e->c, spec, "rateLimit");
        node_set(e->c->nodes, rate, "type", text_node(e->c, "Local"));
        node_set(e->c->nodes, policy_map(e->c, rate, "local"), "rules", rules);
        struct slice status = limit->status == ENVOY_TOO_MANY
                                  ? SLICE("")
                                  : arena_printf(e->c->arena, "answers 429 instead of %lld, ",
                                                 (long long)limit->status);
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                   "'" SLICE_FMT "' becomes a local rateLimit for each client: Envoy " SLICE_FMT
                   "lets in no more than the rate at once, counts each route and "
                   "each of its pods by itself, and knows 20 clients of a route at a time: when "
                   "there are more, those who were silent longest start anew",
                   SLICE_ARG(limit->source.name), SLICE_ARG(status));
    }
    if (limit->connections || limit->exempt.count > 1 || !rules->count) {
        say_effect(e->c, DIAG_C001, SEVERITY_WARNING, e->rule, effect,
                   "%s cannot be written: Envoy Gateway counts requests of all clients; limit them "
                   "in front of the Gateway",
                   limit->connections ? "a limit on connections of one client"
                                      : "more than one network of clients that a limit does not "
                                        "hold for");
    }
}

/* ---- retries -------------------------------------------------------------------------------- */

static void write_retries(struct conversion *c, struct node *spec,
                          const struct route_retries *retries)
{
    struct arena *arena = c->nodes;
    struct node *retry = policy_map(c, spec, "retry"), *on = node_map(arena);
    struct node *triggers = node_list(arena), *statuses = node_list(arena);
    int64_t attempts = envoy_retry_words(c, retries, triggers, statuses);
    node_set(arena, retry, "numRetries", node_int(arena, attempts));
    node_set(arena, on, "triggers", triggers);
    if (statuses->count) {
        node_set(arena, on, "httpStatusCodes", statuses);
    }
    node_set(arena, retry, "retryOn", on);
}

void envoy_retries(struct emission *e, const void *effect)
{
    const struct route_retries *retries = effect;
    struct node *spec = policy_spec(e, ENVOY_BACKEND_TRAFFIC);
    if (retries->attempts && retries->conditions.len) {
        write_retries(e->c, spec, retries);
        say_envoy_retries(e, retries);
    } else {
        *policy_map(e->c, spec, "retry") = *node_map(e->c->nodes);
        node_set(e->c->nodes, policy_map(e->c, spec, "retry"), "numRetries",
                 node_int(e->c->nodes, 0));
    }
}

/* ---- what holds unless a rule says otherwise ------------------------------------------------ */

void envoy_traffic_base(struct conversion *c, struct node *spec)
{
    static const struct route_timeouts none = {.connect_ms = -1, .send_ms = -1, .read_ms = -1};
    const struct effects *platform = &c->table->platform;
    write_timeouts(c, spec, platform->timeouts ? platform->timeouts : &none);
    if (platform->retries && platform->retries->attempts && platform->retries->conditions.len) {
        write_retries(c, spec, platform->retries);
    }
}
