#include "convert/host_policy_priv.h"
#include "convert/ngf_priv.h"

/* ---- numbers with units --------------------------------------------------------------------- */

enum { DIGITS_MAX = 9999 };

/* The largest unit that fits exactly, in at most four digits; absent where there is none. */
static struct slice in_units(struct conversion *c, int64_t value, const int64_t *sizes,
                             const char *const *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (value % sizes[i] == 0 && value / sizes[i] <= DIGITS_MAX) {
            return arena_printf(c->arena, "%lld%s", (long long)(value / sizes[i]), units[i]);
        }
    }
    return SLICE_ABSENT;
}

static struct slice ngf_size(struct conversion *c, int64_t bytes)
{
    static const int64_t sizes[] = {1 << 30, 1 << 20, 1 << 10, 1};
    static const char *const units[] = {"g", "m", "k", ""};
    return in_units(c, bytes, sizes, units, ARRAY_LEN(sizes));
}

static struct slice ngf_duration(struct conversion *c, int64_t ms)
{
    static const int64_t sizes[] = {1000, 60000, 3600000, 1};
    static const char *const units[] = {"s", "m", "h", "ms"};
    return in_units(c, ms, sizes, units, ARRAY_LEN(sizes));
}

/* ---- ClientSettingsPolicy ------------------------------------------------------------------- */

/* clientsettingspolicy_types.go: 0 is no limit. */
static bool write_body(struct conversion *c, struct node *spec,
                       const struct route_body_limit *limit)
{
    struct slice size = ngf_size(c, limit->bytes < 0 ? 0 : limit->bytes);
    if (size.ptr) {
        node_set(c->nodes, policy_map(c, spec, "body"), "maxSize", node_string(c->nodes, size));
    }
    return size.ptr != NULL;
}

void ngf_client_base(struct conversion *c, struct node *spec)
{
    const struct effects *platform = &c->table->platform;
    if (platform->body_limit) {
        (void)write_body(c, spec, platform->body_limit);
    }
}

void ngf_body_limit(struct emission *e, const void *effect)
{
    if (!write_body(e->c, policy_spec(e, NGF_CLIENT_SETTINGS), effect)) {
        say_unsupported(e->c, e->rule, EFFECT_body_limit, effect);
    }
}

/* ---- ProxySettingsPolicy -------------------------------------------------------------------- */

static bool write_timeouts(struct conversion *c, struct node *spec,
                           const struct route_timeouts *timeouts)
{
    const struct {
        const char *field;
        int64_t ms;
    } rows[] = {{"connect", timeouts->connect_ms},
                {"read", timeouts->read_ms},
                {"send", timeouts->send_ms}};
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice text = rows[i].ms > 0 ? ngf_duration(c, rows[i].ms) : SLICE_ABSENT;
        if (text.ptr) {
            node_set(c->nodes, policy_map(c, spec, "timeout"), rows[i].field,
                     node_string(c->nodes, text));
        }
        all = all && text.ptr;
    }
    return all;
}

static void write_buffering(struct conversion *c, struct node *spec,
                            const struct route_buffering *buffering)
{
    node_set(c->nodes, policy_map(c, spec, "buffering"), "disable",
             node_bool(c->nodes, !buffering->response));
}

void ngf_proxy_base(struct conversion *c, struct node *spec)
{
    const struct effects *platform = &c->table->platform;
    if (platform->buffering) {
        write_buffering(c, spec, platform->buffering);
    }
    if (platform->timeouts) {
        (void)write_timeouts(c, spec, platform->timeouts);
    }
}

void ngf_timeouts(struct emission *e, const void *effect)
{
    if (!write_timeouts(e->c, policy_spec(e, NGF_PROXY_SETTINGS), effect)) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                   "a ProxySettingsPolicy takes times of up to four digits: what is left out stays "
                   "as the Gateway has it");
    }
}

void ngf_buffering(struct emission *e, const void *effect)
{
    const struct route_buffering *buffering = effect;
    write_buffering(e->c, policy_spec(e, NGF_PROXY_SETTINGS), buffering);
    if (!buffering->request) {
        ngf_directive(e, effect, SLICE("proxy_request_buffering off;"));
    }
}

/* ---- UpstreamSettingsPolicy ----------------------------------------------------------------- */

/* upstreamsettingspolicy_types.go, HashMethodKey */
static bool is_variable(struct slice key)
{
    for (size_t i = 1; i < key.len; i++) {
        if (key.ptr[i] != '_' && (key.ptr[i] < 'a' || key.ptr[i] > 'z')) {
            return false;
        }
    }
    return key.len > 1 && key.ptr[0] == '$';
}

void ngf_balancing(struct emission *e, const void *effect)
{
    const struct route_balancing *balancing = effect;
    struct arena *arena = e->c->nodes;
    if (balancing->service_address) {
        node_set(arena, policy_spec(e, NGF_UPSTREAM_SETTINGS), "useClusterIP",
                 node_bool(arena, true));
    }
    if (slice_is(balancing->algorithm, "hash") && !balancing->subset &&
        is_variable(balancing->key)) {
        struct node *spec = policy_spec(e, NGF_UPSTREAM_SETTINGS);
        node_set(arena, spec, "loadBalancingMethod", text_node(e->c, "hash consistent"));
        node_set(arena, spec, "hashMethodKey", node_string(arena, balancing->key));
    } else if (slice_is(balancing->algorithm, "round_robin")) {
        node_set(arena, policy_spec(e, NGF_UPSTREAM_SETTINGS), "loadBalancingMethod",
                 text_node(e->c, "round_robin"));
    } else if (slice_is(balancing->algorithm, "ewma")) {
        node_set(arena, policy_spec(e, NGF_UPSTREAM_SETTINGS), "loadBalancingMethod",
                 text_node(e->c, "least_conn"));
        say_ewma(e, balancing);
    } else if (balancing->algorithm.ptr) {
        say_unsupported(e->c, e->rule, EFFECT_balancing, effect);
    }
}

/* ---- NginxProxy ----------------------------------------------------------------------------- */

/* What most clusters call it. nginx looks a resolver's own name up when it starts (ngx_http_core_module, resolver). */
#define CLUSTER_DNS "kube-dns.kube-system.svc.cluster.local"

static struct node *resolvers_node(struct conversion *c)
{
    struct node *list = node_list(c->nodes), *item = node_map(c->nodes);
    node_set(c->nodes, item, "type", text_node(c, "Hostname"));
    node_set(c->nodes, item, "value", text_node(c, CLUSTER_DNS));
    node_add(c->nodes, list, item);
    return list;
}

/* Who a client is, as ngx_http_realip_module finds it (servers_template.go, real_ip_header). */
void ngf_nginx_base(struct conversion *c, struct node *spec)
{
    const struct networks *proxied = proxy_trusted(c);
    const struct networks *trusted = proxied ? proxied : client_trusted(c);
    struct node *list = node_list(c->nodes);
    for (size_t i = 0; trusted && i < trusted->count; i++) {
        struct node *item = node_map(c->nodes);
        node_set(c->nodes, item, "type", text_node(c, "CIDR"));
        node_set(c->nodes, item, "value", network_node(c, &trusted->items[i]));
        node_add(c->nodes, list, item);
    }
    if (trusted) {
        struct node *rewrite = policy_map(c, spec, "rewriteClientIP");
        node_set(c->nodes, rewrite, "mode",
                 text_node(c, proxied ? "ProxyProtocol" : "XForwardedFor"));
        node_set(c->nodes, rewrite, "setIPRecursively", node_bool(c->nodes, true));
        node_set(c->nodes, rewrite, "trustedAddresses", list);
    }
    if (c->names_outside) {
        node_set(c->nodes, policy_map(c, spec, "dnsResolver"), "addresses", resolvers_node(c));
    }
}

/* Such a backend gets its own name as the Host (servers.go, createBaseProxySetHeaders), unless the rule has one. */
bool ngf_backend(struct emission *e, const struct backend *backend, struct node *ref)
{
    struct conversion *c = e->c;
    const struct service *service =
        (const void *)kube_find(c->kube, KUBE_SERVICE, backend->namespace, backend->service);
    (void)ref;
    if (!service || !slice_is(service->type, "ExternalName") || c->options->gateway_name.len) {
        return false;
    }
    c->names_outside = c->names_outside || !c->silent;
    bool exact = c->unit->host->kind == HOST_EXACT;
    struct route_upstream_host host = {.host = template_text(c->arena, c->unit->hostname)};
    if (!e->rule->effects.upstream_host && exact) {
        emit_as_standard(e, EFFECT_upstream_host, &host);
    }
    say(c, DIAG_C002, SEVERITY_WARNING, backend->span.line ? backend->span : e->rule->origin.span,
        &e->rule->origin,
        "Service '" SLICE_FMT "/" SLICE_FMT "' is of type ExternalName, which NGINX Gateway Fabric "
        "looks up by the resolver in the NginxProxy of the Gateway: put the address of your "
        "cluster's DNS there where it is not " CLUSTER_DNS "%s",
        SLICE_ARG(backend->namespace), SLICE_ARG(backend->service),
        e->rule->effects.upstream_host || exact
            ? ""
            : "; the backend gets that name as its Host, and not the one that was asked for");
    return false;
}

/* ---- AuthenticationFilter ------------------------------------------------------------------- */

/* `Basic realm="..."` of the challenge. */
static struct slice realm_of(const struct guard *guard)
{
    struct slice text, start = SLICE("Basic realm=\"");
    if (guard->refused.count == 1 && template_is_text(&guard->refused.items[0].value, &text) &&
        slice_starts(text, start) && slice_ends(text, SLICE("\""))) {
        return slice_sub(text, start.len, text.len - 1);
    }
    return SLICE("");
}

/* authenticationfilter_types.go: users are in the key `auth` of the Secret, as they are for ingress-nginx. */
static bool emit_basic(struct emission *e, const void *effect, const struct guard *guard)
{
    struct slice start = SLICE("Secret "), secret = SLICE(""), namespace = SLICE("");
    if (slice_starts(guard->subject, start)) {
        secret = slice_sub(guard->subject, start.len, guard->subject.len);
        slice_split(&secret, '/', &namespace);
    }
    if (!secret.len || !slice_equal(namespace, rule_namespace(e->rule))) {
        return false;
    }
    struct node *spec = policy_spec(e, NGF_AUTHENTICATION), *ref = node_map(e->c->nodes);
    node_set(e->c->nodes, spec, "type", text_node(e->c, "Basic"));
    struct node *basic = policy_map(e->c, spec, "basic");
    node_set(e->c->nodes, basic, "realm", node_string(e->c->nodes, realm_of(guard)));
    node_set(e->c->nodes, ref, "name", node_string(e->c->nodes, secret));
    node_set(e->c->nodes, basic, "secretRef", ref);
    say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
               "the backend gets the header Authorization, which ingress-nginx takes away; the "
               "Secret must be of type nginx.org/htpasswd");
    return true;
}

void ngf_authentication(struct emission *e, const void *effect)
{
    const struct route_authentication *authentication = effect;
    bool all = authentication->guards.count > 0;
    for (size_t i = 0; all && i < authentication->guards.count; i++) {
        const struct guard *guard = &authentication->guards.items[i];
        all = guard->kind == GUARD_BASIC      ? emit_basic(e, effect, guard)
              : guard->kind == GUARD_EXTERNAL ? ngf_external(e, effect, guard)
                                              : false;
    }
    if (!all) {
        say_unsupported(e->c, e->rule, EFFECT_authentication, effect);
        return;
    }
    if (authentication->any) {
        ngf_satisfy_any(e, effect);
    }
    say_refusal(e, authentication);
}
