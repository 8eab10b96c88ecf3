#include "convert/capabilities_priv.h"

/* Envoy Gateway: what HTTPRoutes cannot say goes into its own policies. Fields and their meaning:
 * envoyproxy/gateway v1.9 api/v1alpha1. */

#define GROUP "gateway.envoyproxy.io"

enum { BACKEND_TRAFFIC, SECURITY, CLIENT_TRAFFIC, ROUTE_FILTER };

static struct node *text(struct emission *e, const char *value)
{
    return text_node(e->c, value);
}

/* ---- BackendTrafficPolicy: time ------------------------------------------------------------- */

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

static void traffic_base(struct conversion *c, struct node *spec)
{
    static const struct route_timeouts none = {.connect_ms = -1, .send_ms = -1, .read_ms = -1};
    const struct effects *platform = &c->table->platform;
    write_timeouts(c, spec, platform->timeouts ? platform->timeouts : &none);
}

static void emit_timeouts(struct emission *e, const void *effect)
{
    const struct route_timeouts *timeouts = effect;
    write_timeouts(e->c, policy_spec(e, BACKEND_TRAFFIC), timeouts);
    if (timeouts->read_ms > 0 && timeouts->send_ms > 0 && timeouts->read_ms != timeouts->send_ms) {
        say_effect(
            e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
            "Envoy has one limit for the time without a byte in either direction: the longer "
            "of %lld s for reading and %lld s for sending is written",
            (long long)timeouts->read_ms / 1000, (long long)timeouts->send_ms / 1000);
    }
}

/* ---- BackendTrafficPolicy: bodies ----------------------------------------------------------- */

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
static void emit_body_limit(struct emission *e, const void *effect)
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
    struct node *spec = policy_spec(e, BACKEND_TRAFFIC);
    node_set(e->c->nodes, policy_map(e->c, spec, "requestBuffer"), "limit",
             quantity(e, limit->bytes));
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "'" SLICE_FMT "' becomes a requestBuffer: Envoy holds each request in memory until it "
        "is complete, and WebSockets of these paths end; take it away where bodies are large, "
        "and check their size in the application",
        SLICE_ARG(limit->source.name));
}

/* ---- SecurityPolicy ------------------------------------------------------------------------- */

static void add_rule(struct emission *e, struct node *rules, const char *action,
                     const struct networks *networks)
{
    struct arena *arena = e->c->nodes;
    struct node *rule = node_map(arena), *principal = node_map(arena), *list = node_list(arena);
    for (size_t i = 0; i < networks->count; i++) {
        struct buf cidr;
        buf_init(&cidr, BUF_TEXT_MAX);
        network_print(&networks->items[i], &cidr);
        node_add(arena, list, node_string(arena, arena_copy(e->c->arena, buf_slice(&cidr))));
        buf_release(&cidr);
    }
    node_set(arena, rule, "action", text(e, action));
    node_set(arena, principal, "clientCIDRs", list);
    node_set(arena, rule, "principal", principal);
    node_add(arena, rules, rule);
}

/* Rules in order, the first that holds decides (authorization_types.go); who is kept out gets 403. */
static void emit_addresses(struct emission *e, const void *effect)
{
    const struct route_addresses *addresses = effect;
    if (e->rule->effects.authentication && e->rule->effects.authentication->any) {
        return; /* said with the authentication */
    }
    struct node *spec = policy_spec(e, SECURITY);
    struct node *authorization = policy_map(e->c, spec, "authorization");
    struct node *rules = node_list(e->c->nodes);
    node_set(e->c->nodes, authorization, "defaultAction",
             text(e, addresses->has_allow ? "Deny" : "Allow"));
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
    struct node *spec = policy_spec(e, SECURITY);
    node_set(e->c->nodes, ref, "name", node_string(e->c->nodes, name));
    node_set(e->c->nodes, policy_map(e->c, spec, "basicAuth"), "users", ref);
    say_effect(
        e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
        "Envoy reads users from the key '.htpasswd' and takes entries of SHA-1 only ('htpasswd "
        "-s'): add that key to Secret '" SLICE_FMT "', or nobody is let in",
        SLICE_ARG(secret));
    return true;
}

static void emit_authentication(struct emission *e, const void *effect)
{
    const struct route_authentication *authentication = effect;
    bool all = !authentication->any;
    for (size_t i = 0; all && i < authentication->guards.count; i++) {
        const struct guard *guard = &authentication->guards.items[i];
        all = guard->kind == GUARD_BASIC && emit_basic(e, effect, guard);
    }
    if (!all) {
        say_unsupported(e->c, e->rule, EFFECT_authentication, effect);
    }
}

/* ---- HTTPRouteFilter ------------------------------------------------------------------------ */

static bool has_re2(struct slice pattern)
{
    static const char *const parts[] = {"(?=", "(?!", "(?<=", "(?<!", "(?>"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (slice_contains(pattern, slice_of(parts[i]))) {
            return false;
        }
    }
    return true;
}

/* "/new/$1" as "/new/\1"; absent where the target has other parts. */
static struct slice substitution(struct conversion *c, const struct template *target)
{
    struct slice out = SLICE("");
    for (size_t i = 0; i < target->count; i++) {
        const struct part *part = &target->parts[i];
        if (part->kind == PART_CAPTURE && part->index < 10) {
            out = arena_printf(c->arena, SLICE_FMT "\\%u", SLICE_ARG(out), part->index);
        } else if (part->kind == PART_TEXT && slice_find(part->text, '\\', 0) == part->text.len) {
            out = ARENA_JOIN(c->arena, out, part->text);
        } else {
            return SLICE_ABSENT;
        }
    }
    return out;
}

/* Envoy replaces each find (type.matcher.v3.RegexMatchAndSubstitute), nginx the whole path: what stands
 * around the first find is made part of it. */
static void emit_rewrite(struct emission *e, const void *effect)
{
    struct conversion *c = e->c;
    const struct route_rewrite *rewrite = effect;
    struct slice value =
        rewrite->kind == REWRITE_REGEX ? substitution(c, &rewrite->target) : SLICE_ABSENT;
    if (e->rewrite->way != REWRITE_WAY_CANNOT || !value.len || !has_re2(rewrite->pattern)) {
        emit_as_standard(e, EFFECT_rewrite, effect);
        return;
    }
    bool start = slice_starts(rewrite->pattern, SLICE("^"));
    struct slice inner = slice_sub(rewrite->pattern, start, rewrite->pattern.len);
    struct slice pattern =
        ARENA_JOIN(c->arena, rewrite->fold ? SLICE("(?i)") : SLICE(""),
                   start ? SLICE("^(?:") : SLICE("^.*?(?:"), inner, SLICE(").*$"));
    struct node *spec = policy_spec(e, ROUTE_FILTER);
    struct node *path = policy_map(c, policy_map(c, spec, "urlRewrite"), "path");
    struct node *regex = node_map(c->nodes);
    node_set(c->nodes, path, "type", text(e, "ReplaceRegexMatch"));
    node_set(c->nodes, regex, "pattern", node_string(c->nodes, pattern));
    node_set(c->nodes, regex, "substitution", node_string(c->nodes, value));
    node_set(c->nodes, path, "replaceRegexMatch", regex);
}

static bool emit_answer(struct emission *e, const struct route_answer *answer)
{
    if (answer->status < 200 || answer->status > 599) {
        return false;
    }
    struct node *spec = policy_spec(e, ROUTE_FILTER);
    node_set(e->c->nodes, policy_map(e->c, spec, "directResponse"), "statusCode",
             node_int(e->c->nodes, answer->status));
    return true;
}

/* ---- ClientTrafficPolicy -------------------------------------------------------------------- */

/* Envoy Gateway refuses requests with a '_' in the name of a header unless told otherwise
 * (clienttrafficpolicy_types.go, WithUnderscoresAction). */
static void client_base(struct conversion *c, struct node *spec)
{
    static const char *const actions[] = {[UNDERSCORES_KEPT] = "Allow",
                                          [UNDERSCORES_DROPPED] = "DropHeader",
                                          [UNDERSCORES_REJECTED] = "RejectRequest"};
    if (c->table->view.underscores != UNDERSCORES_REJECTED) {
        node_set(c->nodes, policy_map(c, spec, "headers"), "withUnderscoresAction",
                 text_node(c, actions[c->table->view.underscores]));
    }
}

/* ---- the target ----------------------------------------------------------------------------- */

#define KIND(name) .kind = name, .group = GROUP, .version = "v1alpha1"
static const struct policy_kind kinds[] = {
    [BACKEND_TRAFFIC] = {KIND("BackendTrafficPolicy"), .attach = ATTACH_ROUTE, .replaces = true,
                         .base = traffic_base},
    [SECURITY] = {KIND("SecurityPolicy"), .attach = ATTACH_ROUTE, .replaces = true},
    [CLIENT_TRAFFIC] = {KIND("ClientTrafficPolicy"), .attach = ATTACH_GATEWAY, .base = client_base},
    [ROUTE_FILTER] = {KIND("HTTPRouteFilter"), .attach = ATTACH_FILTER, .suffix = "filter"},
};

static const struct vendor vendor = {
    .kinds = kinds,
    .kind_count = ARRAY_LEN(kinds),
    .emitters = {[EFFECT_timeouts] = emit_timeouts,
                 [EFFECT_body_limit] = emit_body_limit,
                 [EFFECT_addresses] = emit_addresses,
                 [EFFECT_authentication] = emit_authentication,
                 [EFFECT_rewrite] = emit_rewrite},
    .answer = emit_answer,
    .base_says = {[EFFECT_timeouts] = true},
};

#define ENVOY_answer         SUPPORT_EXACT, "HTTPRouteFilter with a directResponse"
#define ENVOY_redirect       STANDARD_redirect
#define ENVOY_https_redirect STANDARD_https_redirect
#define ENVOY_body_limit                                                                           \
    SUPPORT_NEAR,                                                                                  \
        "the limit of a BackendTrafficPolicy holds whole requests in memory, which ends streams; " \
        "check the size of bodies in the application"
#define ENVOY_addresses SUPPORT_EXACT, "SecurityPolicy with authorization by clientCIDRs"
#define ENVOY_authentication                                                                       \
    SUPPORT_NEAR,                                                                                  \
        "a SecurityPolicy asks for one of users in a Secret, an external service or tokens: put "  \
        "a proxy that does the rest (such as oauth2-proxy) in front of the Service"
#define ENVOY_cors              STANDARD_cors
#define ENVOY_rewrite           SUPPORT_EXACT, "URLRewrite, or HTTPRouteFilter with an expression"
#define ENVOY_upstream_host     STANDARD_upstream_host
#define ENVOY_upstream_protocol STANDARD_upstream_protocol
#define ENVOY_request_headers   STANDARD_request_headers
#define ENVOY_response_headers  STANDARD_response_headers
#define ENVOY_timeouts                                                                             \
    SUPPORT_NEAR, "BackendTrafficPolicy; one limit for both directions of a stream without bytes"
#define ENVOY_retries           STANDARD_retries
#define ENVOY_buffering         STANDARD_buffering
#define ENVOY_mirrors           STANDARD_mirrors
#define ENVOY_error_pages       STANDARD_error_pages
#define ENVOY_rate_limit        STANDARD_rate_limit
#define ENVOY_firewall          STANDARD_firewall
#define ENVOY_upstream_tls      STANDARD_upstream_tls
#define ENVOY_affinity          STANDARD_affinity
#define ENVOY_balancing         STANDARD_balancing
#define ENVOY_bandwidth         STANDARD_bandwidth
#define ENVOY_upstream_http     STANDARD_upstream_http
#define ENVOY_response_rewrites STANDARD_response_rewrites
#define ENVOY_fastcgi           STANDARD_fastcgi

const struct target target_envoy_gateway = {
    .name = "envoy-gateway",
    .profile = "envoy-gateway",
    .text = "Envoy Gateway 1.9",
    .gateway_name_max = 63,
    .vendor = &vendor,
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, ENVOY_##id},
#include "route/effects.def"
#undef EFFECT
        },
};
