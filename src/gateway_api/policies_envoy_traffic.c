#include "gateway_api/policies_envoy_priv.h"

/* BackendTrafficPolicy of Envoy Gateway (envoyproxy/gateway v1.9 api/v1alpha1). */

/* A duration of Gateway API in milliseconds; -1 where the field is missing or none. */
static int64_t duration_at(const struct node *map, const char *key)
{
    uint64_t ms;
    struct slice text = policy_text(map, key);
    return text.ptr && kube_duration(text, &ms) ? (int64_t)ms : -1;
}

/* ---- time and size -------------------------------------------------------------------------- */

/* timeout_types.go: 0s switches a limit off. */
static void read_timeouts(struct policy_work *work, const struct node *timeout)
{
    static const char *const parts[] = {"tcp", "http"}, *const tcp_fields[] = {"connectTimeout"},
                             *const http_fields[] = {"requestTimeout", "streamIdleTimeout"};
    const struct node *tcp = node_get(timeout, "tcp"), *http = node_get(timeout, "http");
    policy_fields(work, timeout, "timeout", parts, ARRAY_LEN(parts), ASPECT_TRAFFIC);
    policy_fields(work, tcp, "timeout.tcp", tcp_fields, ARRAY_LEN(tcp_fields), ASPECT_TRAFFIC);
    policy_fields(work, http, "timeout.http", http_fields, ARRAY_LEN(http_fields), ASPECT_TRAFFIC);
    struct route_timeouts *timeouts = ARENA_NEW(work->builder->run->arena, struct route_timeouts);
    *timeouts = timeouts_in_force(work->builder, work->effects);
    timeouts->source = work->source;
    int64_t connect = duration_at(tcp, "connectTimeout");
    int64_t total = duration_at(http, "requestTimeout");
    int64_t idle = duration_at(http, "streamIdleTimeout");
    const bool unread[] = {node_get(tcp, "connectTimeout") && connect <= 0,
                           node_get(http, "requestTimeout") && total < 0,
                           node_get(http, "streamIdleTimeout") && idle < 0};
    for (size_t i = 0; i < ARRAY_LEN(unread); i++) {
        if (unread[i]) {
            policy_unknown(work, ASPECT_TRAFFIC, "timeout");
        }
    }
    timeouts->connect_ms = connect > 0 ? connect : timeouts->connect_ms;
    if (idle >= 0) {
        timeouts->read_ms = timeouts->send_ms = idle ? idle : -1;
        timeouts->idle_given = true;
    }
    if (total >= 0) {
        timeouts->request_ms = total ? total : -1;
        idle_follow_total(work->builder, timeouts);
    }
    work->effects->timeouts = timeouts;
}

/* Whole numbers with the suffixes of a quantity; -1 for others. */
static int64_t quantity_bytes(struct slice text)
{
    static const struct {
        const char *suffix;
        uint64_t size;
    } units[] = {{"Ki", 1 << 10}, {"Mi", 1 << 20},   {"Gi", 1 << 30}, {"k", 1000},
                 {"M", 1000000},  {"G", 1000000000}, {"", 1}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct slice suffix = slice_of(units[i].suffix);
        uint64_t number;
        if (slice_ends(text, suffix) &&
            slice_to_uint(slice_sub(text, 0, text.len - suffix.len), INT64_MAX >> 31, &number)) {
            return (int64_t)(number * units[i].size);
        }
    }
    return -1;
}

/* backendtrafficpolicy_types.go, RequestBuffer: larger requests get 413, and each is held until it is
 * complete. */
static void read_buffer(struct policy_work *work, const struct node *buffer)
{
    const struct node *limit = node_get(buffer, "limit");
    int64_t bytes = limit ? quantity_bytes(limit->text) : -1;
    if (bytes < 0 || !policy_is(buffer, "limit")) {
        policy_unknown(work, ASPECT_PROTECTION, "requestBuffer");
        return;
    }
    struct route_body_limit *body = ARENA_NEW(work->builder->run->arena, struct route_body_limit);
    *body = (struct route_body_limit){.source = work->source, .bytes = bytes};
    work->effects->body_limit = body;
    struct route_buffering *buffering =
        ARENA_NEW(work->builder->run->arena, struct route_buffering);
    *buffering = (struct route_buffering){.source = work->source, .request = true};
    work->effects->buffering = buffering;
}

/* ---- rates ---------------------------------------------------------------------------------- */

/* Which clients: those of one family of addresses, or all but some. */
static bool read_clients(struct policy_work *work, const struct node *source, bool *family,
                         struct networks *exempt)
{
    static const char *const known[] = {"type", "value", "invert"};
    const struct node *invert = node_get(source, "invert");
    struct slice value = policy_text(source, "value");
    struct network *network = ARENA_NEW(work->builder->run->arena, struct network);
    bool others = invert && invert->kind == NODE_BOOL && invert->boolean;
    if (!policy_has_only(source, known, ARRAY_LEN(known)) ||
        !slice_is(policy_text(source, "type"), "Distinct")) {
        return false;
    }
    if (others) {
        if (family[0] || family[1]) {
            return false; /* of two rules that hold both count */
        }
        family[0] = family[1] = true;
        *exempt = (struct networks){network, 1};
        return network_parse(value, network);
    }
    bool old = slice_is(value, "0.0.0.0/0"), again = family[!old];
    family[!old] = true;
    return !again && (old || slice_is(value, "::/0"));
}

/* ratelimit_types.go: a bucket for each address with sourceCIDR of type Distinct; 429 for who asks too often. */
struct rates {
    bool family[2]; /* IPv4 and IPv6 */
    int64_t requests;
    struct networks exempt;
};

static bool sends_no_headers(const struct node *rule)
{
    return !node_get(rule, "xRateLimitHeaders") ||
           slice_is(policy_text(rule, "xRateLimitHeaders"), "Off");
}

static bool read_limit(struct policy_work *work, const struct node *rule, struct rates *second,
                       struct rates *minute)
{
    static const char *const rule_fields[] = {"clientSelectors", "limit", "xRateLimitHeaders"},
                             *const selector_fields[] = {"sourceCIDR"};
    const struct node *selectors = node_get(rule, "clientSelectors"),
                      *limit = node_get(rule, "limit");
    const struct node *selector = policy_items(selectors) == 1 ? selectors->items[0] : NULL;
    const struct node *requests = node_get(limit, "requests");
    struct slice unit = policy_text(limit, "unit");
    struct rates *rates = slice_is(unit, "Second")   ? second
                          : slice_is(unit, "Minute") ? minute
                                                     : NULL;
    if (!rates || !policy_has_only(rule, rule_fields, ARRAY_LEN(rule_fields)) ||
        !policy_has_only(selector, selector_fields, ARRAY_LEN(selector_fields)) || !requests ||
        !policy_is(limit, "requests unit") || !sends_no_headers(rule) ||
        requests->kind != NODE_INT || (rates->requests && rates->requests != requests->integer)) {
        return false;
    }
    rates->requests = requests->integer;
    return read_clients(work, node_get(selector, "sourceCIDR"), rates->family, &rates->exempt);
}

/* Every client is counted, or none. */
static bool is_whole(const struct rates *rates)
{
    return !rates->requests || (rates->family[0] && rates->family[1]);
}

static void read_rates(struct policy_work *work, const struct node *rate)
{
    static const char *const known[] = {"type", "local"};
    const struct node *rules = node_get(node_get(rate, "local"), "rules");
    struct route_rate_limit *limit = ARENA_NEW(work->builder->run->arena, struct route_rate_limit);
    *limit = (struct route_rate_limit){.source = work->source, .status = 429};
    bool understood = policy_has_only(rate, known, ARRAY_LEN(known)) && policy_items(rules) &&
                      policy_is(node_get(rate, "local"), "rules") &&
                      slice_is(policy_text(rate, "type"), "Local");
    struct rates second = {0}, minute = {0};
    for (size_t i = 0; understood && i < policy_items(rules); i++) {
        understood = read_limit(work, rules->items[i], &second, &minute);
    }
    bool alike =
        !second.requests || !minute.requests || networks_equal(&second.exempt, &minute.exempt);
    limit->per_second = second.requests;
    limit->per_minute = minute.requests;
    limit->exempt = second.requests ? second.exempt : minute.exempt;
    if (!understood || !alike || !is_whole(&second) || !is_whole(&minute)) {
        policy_unknown(work, ASPECT_PROTECTION, "rateLimit");
        return;
    }
    work->effects->rate_limit = limit;
}

/* ---- retries -------------------------------------------------------------------------------- */

static void add_words(struct policy_work *work, const struct node *list, struct slice *words)
{
    for (size_t i = 0; i < policy_items(list); i++) {
        *words = ARENA_JOIN(work->builder->run->arena, *words, words->len ? SLICE(",") : SLICE(""),
                            list->items[i]->text);
    }
}

/* retry_types.go: twice unless said otherwise. */
static void read_retry(struct policy_work *work, const struct node *retry)
{
    static const char *const known[] = {"numRetries", "retryOn"}, *const on_fields[] = {
                                                                      "triggers",
                                                                      "httpStatusCodes"};
    const struct node *count = node_get(retry, "numRetries"), *on = node_get(retry, "retryOn");
    policy_fields(work, retry, "retry", known, ARRAY_LEN(known), ASPECT_TRAFFIC);
    policy_fields(work, on, "retry.retryOn", on_fields, ARRAY_LEN(on_fields), ASPECT_TRAFFIC);
    struct route_retries *retries = ARENA_NEW(work->builder->run->arena, struct route_retries);
    *retries = (struct route_retries){
        .source = work->source,
        .attempts = count && count->kind == NODE_INT ? count->integer : 2,
        .conditions = SLICE(""),
    };
    add_words(work, node_get(on, "triggers"), &retries->conditions);
    add_words(work, node_get(on, "httpStatusCodes"), &retries->conditions);
    work->effects->retries = retries;
}

/* ---- endpoints ------------------------------------------------------------------------------ */

static struct slice variable(struct policy_work *work, const char *start, struct slice name)
{
    struct slice text = ARENA_JOIN(work->builder->run->arena, slice_of(start),
                                   arena_lower(work->builder->run->arena, name));
    char *bytes = arena_alloc(work->builder->run->arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        bytes[i] = text.ptr[i];
        if (bytes[i] == '-') {
            bytes[i] = '_';
        }
    }
    return (struct slice){bytes, text.len};
}

static struct slice only_name(const struct node *list)
{
    return policy_items(list) == 1 ? policy_text(list->items[0], "name") : SLICE_ABSENT;
}

static bool is_cookie(const struct node *cookie)
{
    const struct node *attributes = node_get(cookie, "attributes");
    return policy_is(cookie, "name ttl attributes") && policy_text(cookie, "name").len &&
           (!attributes || policy_is(attributes, "Path Domain SameSite Secure")) &&
           !policy_text(attributes, "Secure").len;
}

/* Without a ttl the cookie is read, and never made (loadbalancer_types.go, Cookie). */
static void read_cookie(struct policy_work *work, const struct node *cookie,
                        struct route_balancing *balancing)
{
    struct slice name = policy_text(cookie, "name");
    const struct node *attributes = node_get(cookie, "attributes");
    bool secure = node_get(attributes, "Secure") != NULL;
    int64_t ttl = duration_at(cookie, "ttl");
    if (ttl < 0) {
        balancing->key = variable(work, "$cookie_", name);
        return;
    }
    struct route_affinity *affinity = ARENA_NEW(work->builder->run->arena, struct route_affinity);
    *affinity = (struct route_affinity){
        .source = work->source,
        .cookie = name,
        .path = policy_text(attributes, "Path"),
        .domain = policy_text(attributes, "Domain"),
        .same_site = policy_text(attributes, "SameSite"),
        .secure = secure,
        .never_secure = !secure,
    };
    if (ttl > 0) {
        affinity->max_age = arena_printf(work->builder->run->arena, "%lld", (long long)ttl / 1000);
    }
    balancing->algorithm = SLICE_ABSENT;
    work->effects->affinity = affinity;
}

static bool read_hash(struct policy_work *work, const struct node *hash,
                      struct route_balancing *balancing)
{
    struct slice type = policy_text(hash, "type");
    struct slice header = only_name(node_get(hash, "headers"));
    struct slice parameter = only_name(node_get(hash, "queryParams"));
    balancing->algorithm = SLICE("hash");
    if (slice_is(type, "SourceIP")) {
        balancing->key = SLICE("$remote_addr");
    } else if (slice_is(type, "Headers") && header.len) {
        balancing->key = variable(work, "$http_", header);
    } else if (slice_is(type, "QueryParams") && parameter.len) {
        balancing->key = variable(work, "$arg_", parameter);
    } else if (slice_is(type, "Cookie") && is_cookie(node_get(hash, "cookie"))) {
        read_cookie(work, node_get(hash, "cookie"), balancing);
    } else {
        return false;
    }
    return true;
}

static void read_balancer(struct policy_work *work, const struct node *balancer, bool service)
{
    static const struct {
        const char *type, *algorithm;
    } types[] = {
        {"RoundRobin", "round_robin"}, {"LeastRequest", "least_request"}, {"Random", "random"}};
    struct route_balancing *balancing =
        ARENA_NEW(work->builder->run->arena, struct route_balancing);
    struct slice type = policy_text(balancer, "type");
    *balancing = (struct route_balancing){.source = work->source, .service_address = service};
    bool understood =
        !balancer ||
        (policy_is(balancer, "type consistentHash") && slice_is(type, "ConsistentHash") &&
         read_hash(work, node_get(balancer, "consistentHash"), balancing));
    for (size_t i = 0; !understood && policy_is(balancer, "type") && i < ARRAY_LEN(types); i++) {
        understood = slice_is(type, types[i].type);
        balancing->algorithm = understood ? slice_of(types[i].algorithm) : SLICE_ABSENT;
    }
    if (!understood) {
        policy_unknown(work, ASPECT_TRAFFIC, "loadBalancer");
    } else if (balancing->algorithm.ptr || service) {
        work->effects->balancing = balancing;
    }
}

/* ---- the policy ----------------------------------------------------------------------------- */

/* What is counted and traced changes no answer; how connections are kept changes none that comes in time. */
static void check_fields(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {
        "targetRef", "targetRefs",    "mergeType",   "timeout",   "requestBuffer",
        "retry",     "routingType",   "rateLimit",   "telemetry", "tracing",
        "metrics",   "routeStatName", "loadBalancer"};
    static const char *const mild[] = {"bandwidthLimit",   "circuitBreaker",
                                       "compression",      "compressor",
                                       "connection",       "dns",
                                       "healthCheck",      "http2",
                                       "proxyProtocol",    "tcpKeepalive",
                                       "useClientProtocol"};
    for (size_t i = 0; spec && spec->kind == NODE_MAP && i < spec->count; i++) {
        struct slice key = spec->pairs[i].key;
        if (!slice_is_one_of(key, known, ARRAY_LEN(known))) {
            policy_unknown(
                work, slice_is_one_of(key, mild, ARRAY_LEN(mild)) ? ASPECT_TRAFFIC : ASPECT_ROUTING,
                arena_string(work->builder->run->arena, key));
        }
    }
}

void envoy_backend_traffic(struct policy_work *work, const struct node *spec)
{
    static const struct {
        const char *field;
        void (*read)(struct policy_work *work, const struct node *node);
    } rows[] = {{"timeout", read_timeouts},
                {"requestBuffer", read_buffer},
                {"retry", read_retry},
                {"rateLimit", read_rates}};
    const struct node *balancer = node_get(spec, "loadBalancer");
    bool service = slice_is(policy_text(spec, "routingType"), "Service");
    check_fields(work, spec);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct node *node = node_get(spec, rows[i].field);
        if (node) {
            rows[i].read(work, node);
        }
    }
    if (balancer || service) {
        read_balancer(work, balancer, service);
    }
}
