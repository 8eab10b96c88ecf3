#include "gateway_api/policies_ngf_priv.h"

/* NGINX Gateway Fabric's own kinds (nginx/nginx-gateway-fabric v2.6 apis/v1alpha1). */

#define GROUP "gateway.nginx.org"

/* ---- numbers with units --------------------------------------------------------------------- */

struct unit {
    const char *suffix;
    int64_t size;
};

/* "8m", "60s"; -1 where it is none, or missing. */
static int64_t in_units(struct slice text, const struct unit *units, size_t count)
{
    for (size_t i = 0; text.len && i < count; i++) {
        struct slice suffix = slice_of(units[i].suffix);
        uint64_t number;
        if (slice_ends(text, suffix) &&
            slice_to_uint(slice_sub(text, 0, text.len - suffix.len), UINT32_MAX, &number)) {
            return (int64_t)number * units[i].size;
        }
    }
    return -1;
}

int64_t ngf_bytes(struct slice text)
{
    static const struct unit units[] = {{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"", 1}};
    return in_units(text, units, ARRAY_LEN(units));
}

int64_t ngf_ms(struct slice text)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
    return in_units(text, units, ARRAY_LEN(units));
}

/* ---- ClientSettingsPolicy ------------------------------------------------------------------- */

static void client_settings(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"targetRef", "body", "keepAlive"};
    static const char *const body_fields[] = {"maxSize", "bufferSize"};
    const struct node *body = node_get(spec, "body"), *size = node_get(body, "maxSize");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    policy_fields(work, body, "body", body_fields, ARRAY_LEN(body_fields), ASPECT_TRAFFIC);
    int64_t bytes = size ? ngf_bytes(size->text) : -1;
    if (size && bytes < 0) {
        policy_unknown(work, ASPECT_PROTECTION, "body.maxSize");
    }
    if (bytes >= 0) {
        struct route_body_limit *limit =
            ARENA_NEW(work->builder->run->arena, struct route_body_limit);
        *limit = (struct route_body_limit){.source = work->source, .bytes = bytes ? bytes : -1};
        work->effects->body_limit = limit;
    }
}

/* ---- ProxySettingsPolicy -------------------------------------------------------------------- */

static void read_timeouts(struct policy_work *work, const struct node *timeout)
{
    static const char *const known[] = {"connect", "read", "send"};
    struct route_timeouts *timeouts = ARENA_NEW(work->builder->run->arena, struct route_timeouts);
    *timeouts = timeouts_in_force(work->builder, work->effects);
    timeouts->source = work->source;
    int64_t *const fields[] = {&timeouts->connect_ms, &timeouts->read_ms, &timeouts->send_ms};
    policy_fields(work, timeout, "timeout", known, ARRAY_LEN(known), ASPECT_TRAFFIC);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        int64_t ms = ngf_ms(policy_text(timeout, known[i]));
        *fields[i] = ms > 0 ? ms : *fields[i];
        if (node_get(timeout, known[i]) && ms <= 0) {
            policy_unknown(work, ASPECT_TRAFFIC, "timeout");
        }
    }
    work->effects->timeouts = timeouts;
}

/* Requests are read to their end, which is nginx's default, unless a snippet said otherwise. */
static void read_buffering(struct policy_work *work, const struct node *node)
{
    static const char *const known[] = {"disable", "bufferSize", "buffers", "busyBuffersSize"};
    const struct node *disable = node_get(node, "disable");
    struct route_buffering *buffering =
        ARENA_NEW(work->builder->run->arena, struct route_buffering);
    policy_fields(work, node, "buffering", known, ARRAY_LEN(known), ASPECT_TRAFFIC);
    *buffering = (struct route_buffering){
        .source = work->source,
        .request = !work->effects->buffering || work->effects->buffering->request,
        .response = !(disable && disable->kind == NODE_BOOL && disable->boolean),
    };
    work->effects->buffering = buffering;
}

static void proxy_settings(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"targetRefs", "buffering", "timeout"};
    const struct node *buffering = node_get(spec, "buffering"),
                      *timeout = node_get(spec, "timeout");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_TRAFFIC);
    if (buffering) {
        read_buffering(work, buffering);
    }
    if (timeout) {
        read_timeouts(work, timeout);
    }
}

/* ---- RateLimitPolicy ------------------------------------------------------------------------ */

static int64_t int_at(const struct node *map, const char *key, int64_t otherwise)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_INT ? node->integer : otherwise;
}

/* Absent, or a number. */
static bool is_int(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return !node || node->kind == NODE_INT;
}

/* A limit of a snippet and one of a policy are both in force. */
static bool of_snippet(const struct route_rate_limit *limit)
{
    return limit && slice_is(limit->source.name, "SnippetsFilter");
}

static bool read_rate(const struct node *rule, struct route_rate_limit *out)
{
    static const char *const known[] = {"rate", "burst", "noDelay", "key", "zoneSize"};
    static const struct unit second[] = {{"r/s", 1}}, minute[] = {{"r/m", 1}};
    struct slice rate = policy_text(rule, "rate");
    const struct node *now = node_get(rule, "noDelay");
    int64_t per_second = in_units(rate, second, 1), per_minute = in_units(rate, minute, 1);
    if (!policy_has_only(rule, known, ARRAY_LEN(known)) ||
        !slice_is(policy_text(rule, "key"), "$binary_remote_addr") || !now ||
        now->kind != NODE_BOOL || !now->boolean || !is_int(rule, "burst") ||
        (per_second <= 0 && per_minute <= 0)) {
        return false;
    }
    if (per_second > 0 ? out->per_second : out->per_minute) {
        return false; /* two of them, of which both hold */
    }
    *(per_second > 0 ? &out->per_second : &out->per_minute) =
        per_second > 0 ? per_second : per_minute;
    *(per_second > 0 ? &out->second_burst : &out->minute_burst) = int_at(rule, "burst", 0);
    return true;
}

static void rate_limit(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"targetRefs", "rateLimit"};
    static const char *const rate_fields[] = {"local", "rejectCode", "logLevel"};
    static const char *const local_fields[] = {"rules"};
    const struct node *rate = node_get(spec, "rateLimit");
    const struct node *rules = node_get(node_get(rate, "local"), "rules");
    struct route_rate_limit *limit = ARENA_NEW(work->builder->run->arena, struct route_rate_limit);
    *limit = (struct route_rate_limit){
        .source = work->source,
        .status = int_at(rate, "rejectCode", 503),
    };
    bool understood = policy_has_only(rate, rate_fields, ARRAY_LEN(rate_fields)) &&
                      policy_has_only(node_get(rate, "local"), local_fields, 1) &&
                      is_int(rate, "rejectCode") && policy_items(rules) &&
                      !of_snippet(work->effects->rate_limit);
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    for (size_t i = 0; understood && i < policy_items(rules); i++) {
        understood = read_rate(rules->items[i], limit);
    }
    if (!understood) {
        policy_unknown(work, ASPECT_PROTECTION, "rateLimit");
        return;
    }
    work->effects->rate_limit = limit;
}

/* ---- UpstreamSettingsPolicy ----------------------------------------------------------------- */

static void upstream_settings(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"targetRefs",          "zoneSize",      "keepAlive",
                                        "loadBalancingMethod", "hashMethodKey", "useClusterIP"};
    const struct node *address = node_get(spec, "useClusterIP");
    struct slice method = policy_text(spec, "loadBalancingMethod");
    bool hash = slice_is(method, "hash consistent");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_TRAFFIC);
    if (slice_is(method, "hash")) { /* most keys go elsewhere when an endpoint comes or goes */
        policy_unknown(work, ASPECT_TRAFFIC, "loadBalancingMethod");
    }
    struct route_balancing *balancing =
        ARENA_NEW(work->builder->run->arena, struct route_balancing);
    *balancing = (struct route_balancing){
        .source = work->source,
        .algorithm = hash ? SLICE("hash") : method,
        .key = hash ? policy_text(spec, "hashMethodKey") : SLICE_ABSENT,
        .service_address = address && address->kind == NODE_BOOL && address->boolean,
    };
    if (balancing->algorithm.ptr || balancing->service_address) {
        work->effects->balancing = balancing;
    }
}

/* ---- AuthenticationFilter ------------------------------------------------------------------- */

static void authentication(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"type", "basic"};
    struct arena *arena = work->builder->run->arena;
    static const char *const basic_fields[] = {"realm", "secretRef"}, *const ref[] = {"name"};
    const struct node *basic = node_get(spec, "basic");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    if (!slice_is(policy_text(spec, "type"), "Basic") ||
        !policy_has_only(basic, basic_fields, ARRAY_LEN(basic_fields)) ||
        !policy_has_only(node_get(basic, "secretRef"), ref, ARRAY_LEN(ref)) ||
        work->effects->authentication) { /* behind another one */
        policy_unknown(work, ASPECT_PROTECTION, "basic");
        return;
    }
    struct route_authentication *all = ARENA_NEW(arena, struct route_authentication);
    struct guard *guard = ARENA_NEW(arena, struct guard);
    *guard = (struct guard){
        .kind = GUARD_BASIC,
        .subject = ARENA_JOIN(arena, SLICE("Secret "), work->policy->namespace, SLICE("/"),
                              policy_text(node_get(basic, "secretRef"), "name")),
        .users = policy_users(work, work->policy->namespace,
                              policy_text(node_get(basic, "secretRef"), "name")),
        .status = 401,
    };
    *ARENA_PUSH(arena, guard->refused.items, guard->refused.count, guard->refused.capacity) =
        (struct header_edit){
            .kind = EDIT_SET,
            .name = SLICE("WWW-Authenticate"),
            .value = template_text(arena, ARENA_JOIN(arena, SLICE("Basic realm=\""),
                                                     policy_text(basic, "realm"), SLICE("\""))),
        };
    *all = (struct route_authentication){.source = work->source, .guards = {guard, 1}};
    work->effects->authentication = all;
}

/* ---- SnippetsFilter ------------------------------------------------------------------------- */

static const struct snippet_context {
    const char *name;
    bool (*read)(struct ngf_parse *p, struct slice text);
} contexts[] = {
    {"http", ngf_read_zones},
    {"http.server", ngf_read_locations},
    {"http.server.location", ngf_read_snippet},
};

static const struct snippet_context *context_of(const struct node *item)
{
    static const char *const known[] = {"context", "value"};
    for (size_t i = 0; policy_has_only(item, known, ARRAY_LEN(known)) && i < ARRAY_LEN(contexts);
         i++) {
        if (slice_is(policy_text(item, "context"), contexts[i].name)) {
            return &contexts[i];
        }
    }
    return NULL;
}

static void read_snippets_of(struct policy_work *work, const struct snippet_context *context,
                             const struct node *list)
{
    struct arena *arena = work->builder->run->arena;
    bool found = false;
    for (size_t i = 0; i < policy_items(list); i++) {
        struct ngf_parse parse = {.work = work};
        if (context_of(list->items[i]) != context) {
            continue;
        }
        if (found || !context->read(&parse, policy_text(list->items[i], "value"))) {
            struct slice culprit = parse.culprit.ptr ? parse.culprit : slice_of(context->name);
            policy_unknown(work, ASPECT_PROTECTION,
                           arena_string(arena, ARENA_JOIN(arena, SLICE("snippets: "), culprit)));
        }
        found = true;
    }
}

/* What one for all of nginx or a server defines is read before what names it. */
static void snippets(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"snippets"};
    const struct node *list = node_get(spec, "snippets");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    for (size_t i = 0; i < policy_items(list); i++) {
        if (!context_of(list->items[i])) {
            policy_unknown(work, ASPECT_PROTECTION, "snippets[].context");
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
        read_snippets_of(work, &contexts[i], list);
    }
}

/* ---- NginxProxy ----------------------------------------------------------------------------- */

static bool names_proxy(const struct node *ref, const struct object *policy)
{
    return slice_is(policy_text(ref, "group"), GROUP) &&
           slice_is(policy_text(ref, "kind"), "NginxProxy") &&
           slice_equal(policy_text(ref, "name"), policy->name);
}

static const struct object *class_of(struct builder *builder, const struct object *gateway)
{
    return kube_find(builder->kube, KUBE_GATEWAY_CLASS, SLICE(""),
                     policy_text(node_get(gateway->root, "spec"), "gatewayClassName"));
}

/* A Gateway names it in its own namespace, its class in any; what the Gateway's says goes before what that of its
 * class says (nginxproxy_types.go), which is not followed. */
static void index_proxy(struct builder *builder, const struct policy_reader *reader,
                        const struct object *policy)
{
    const struct kube *kube = builder->kube;
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY]; i++) {
        const struct object *gateway = kube->objects[KUBE_GATEWAY][i];
        const struct object *class = class_of(builder, gateway);
        const struct node *spec = node_get(gateway->root, "spec");
        const struct node *own = node_get(node_get(spec, "infrastructure"), "parametersRef");
        const struct node *of_class =
            class ? node_get(node_get(class->root, "spec"), "parametersRef") : NULL;
        bool by_class = names_proxy(of_class, policy) &&
                        slice_equal(policy_text(of_class, "namespace"), policy->namespace);
        if (by_class && own) {
            diag_at(builder->run->diag, DIAG_G040, policy->span, policy->subject,
                    "a NginxProxy of a GatewayClass beside one of its Gateway is not understood");
            builder->policies_unknown = policy;
        } else if (by_class || (names_proxy(own, policy) &&
                                slice_equal(gateway->namespace, policy->namespace))) {
            policy_index(builder, reader, "Gateway", gateway->namespace, gateway->name, policy);
        }
    }
}

static bool read_addresses(struct policy_work *work, const struct node *list, struct networks *out)
{
    out->items = ARENA_ARRAY(work->builder->run->arena, struct network, policy_items(list));
    for (size_t i = 0; i < policy_items(list); i++) {
        if (slice_is(policy_text(list->items[i], "type"), "Hostname") ||
            !network_parse(policy_text(list->items[i], "value"), &out->items[out->count++])) {
            return false;
        }
    }
    return true;
}

/* Fields that change no answer are not looked at: logs, metrics, workers, addresses of listeners. */
static void nginx_proxy(struct policy_work *work, const struct node *spec, struct view *view)
{
    static const char *const known[] = {"rewriteClientIP",   "logging",      "metrics",
                                        "telemetry",         "ipFamily",     "kubernetes",
                                        "workerConnections", "nginxPlus",    "workerProcesses",
                                        "zoneSize",          "disableHTTP2", "dnsResolver"};
    static const char *const rewrite_fields[] = {"mode", "setIPRecursively", "trustedAddresses"};
    const struct node *rewrite = node_get(spec, "rewriteClientIP");
    const struct node *recursive = node_get(rewrite, "setIPRecursively");
    struct networks trusted = {0};
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    work->builder->resolvers += node_get(spec, "dnsResolver") != NULL;
    if (!rewrite) {
        return;
    }
    bool proxied = slice_is(policy_text(rewrite, "mode"), "ProxyProtocol");
    if (!policy_has_only(rewrite, rewrite_fields, ARRAY_LEN(rewrite_fields)) ||
        !(proxied || slice_is(policy_text(rewrite, "mode"), "XForwardedFor")) || !recursive ||
        recursive->kind != NODE_BOOL || !recursive->boolean ||
        !read_addresses(work, node_get(rewrite, "trustedAddresses"), &trusted)) {
        policy_unknown(work, ASPECT_PROTECTION, "rewriteClientIP");
        return;
    }
    if (proxied) {
        view->proxy_protocol = work->source;
    } else {
        view->client_header = SLICE("X-Forwarded-For");
    }
    view->client_trusted = trusted;
}

#define BY_TARGET(name) .group = GROUP, .kind = name, .attach = POLICY_BY_TARGET, .inherits = true
const struct policy_reader ngf_readers[] = {
    {BY_TARGET("ClientSettingsPolicy"), .apply = client_settings},
    {BY_TARGET("ProxySettingsPolicy"), .apply = proxy_settings},
    {BY_TARGET("RateLimitPolicy"), .apply = rate_limit},
    {BY_TARGET("UpstreamSettingsPolicy"), .on_services = true, .apply = upstream_settings},
    {BY_TARGET("ObservabilityPolicy")},
    {.group = GROUP,
     .kind = "AuthenticationFilter",
     .attach = POLICY_BY_FILTER,
     .apply = authentication},
    {.group = GROUP,
     .kind = "NginxProxy",
     .attach = POLICY_BY_INDEX,
     .index = index_proxy,
     .view = nginx_proxy},
    {.group = GROUP,
     .kind = "SnippetsFilter",
     .attach = POLICY_BY_FILTER,
     .apply = snippets,
     .rule = ngf_check_rule},
    {.kind = NULL},
};
/* The phases of nginx: the size of a body, then rewrite, preaccess and access (ngx_http_core_module.c). */
const int ngf_gates[] = {EFFECT_body_limit,     EFFECT_answer,     EFFECT_cors,
                         EFFECT_redirect,       EFFECT_rate_limit, EFFECT_addresses,
                         EFFECT_authentication, EFFECT_COUNT};
