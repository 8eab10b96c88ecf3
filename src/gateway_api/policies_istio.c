#include "gateway_api/policies_istio_priv.h"

/* Istio's own kinds (istio/api networking/v1 and security/v1, as istio 1.30 reads them). */

/* ---- DestinationRule ------------------------------------------------------------------------ */

/* "web", "web.shop", "web.shop.svc.cluster.local" (destination_rule.proto, host). */
static void index_rule(struct builder *builder, const struct policy_reader *reader,
                       const struct object *policy)
{
    struct slice host = policy_text(node_get(policy->root, "spec"), "host"), name;
    struct slice namespace = policy->namespace, rest = host;
    if (slice_split(&rest, '.', &name) && rest.ptr) {
        slice_split(&rest, '.', &namespace);
        if (rest.ptr && !slice_is(rest, "svc") && !slice_starts(rest, SLICE("svc."))) {
            return; /* a name outside of the cluster */
        }
    }
    /* That of the client's namespace goes before that of the Service's, which is not followed. */
    bool own = slice_equal(policy->namespace, namespace);
    policy_index(builder, reader, own ? "Service" : "ForeignService", namespace, name, policy);
}

static void read_connections(struct policy_work *work, const struct node *pool)
{
    static const char *const known[] = {"tcp"}, *const tcp_fields[] = {"connectTimeout"};
    const struct node *tcp = node_get(pool, "tcp");
    uint64_t ms = 0;
    policy_fields(work, pool, "trafficPolicy.connectionPool", known, ARRAY_LEN(known),
                  ASPECT_TRAFFIC);
    policy_fields(work, tcp, "trafficPolicy.connectionPool.tcp", tcp_fields, ARRAY_LEN(tcp_fields),
                  ASPECT_TRAFFIC);
    struct slice connect = policy_text(tcp, "connectTimeout");
    if (node_get(tcp, "connectTimeout") && !(connect.ptr && kube_duration(connect, &ms))) {
        policy_unknown(work, ASPECT_TRAFFIC, "trafficPolicy.connectionPool.tcp.connectTimeout");
    } else if (connect.ptr) {
        struct route_timeouts *timeouts =
            ARENA_NEW(work->builder->run->arena, struct route_timeouts);
        *timeouts = timeouts_in_force(work->builder, work->effects);
        timeouts->source = work->source;
        timeouts->connect_ms = (int64_t)ms;
        work->effects->timeouts = timeouts;
    }
}

static struct slice variable(struct policy_work *work, const char *start, struct slice name)
{
    struct arena *arena = work->builder->run->arena;
    struct slice text = ARENA_JOIN(arena, slice_of(start), arena_lower(arena, name));
    char *bytes = arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        bytes[i] = text.ptr[i] == '-' ? '_' : text.ptr[i];
    }
    return (struct slice){bytes, text.len};
}

/* Envoy appends them to the cookie as they are (source/common/http/utility.cc, makeSetCookieValue). */
static bool read_attribute(const struct node *attribute, struct route_affinity *affinity)
{
    struct slice name = policy_text(attribute, "name"), value = policy_text(attribute, "value");
    struct slice *known = slice_is(name, "Domain")     ? &affinity->domain
                          : slice_is(name, "SameSite") ? &affinity->same_site
                                                       : NULL;
    bool secure = slice_is(name, "Secure") && !value.len && !affinity->secure;
    if (secure) {
        affinity->secure = true;
        affinity->never_secure = false;
    } else if (known && value.len && !known->len) {
        *known = value;
    } else {
        return false;
    }
    return policy_is(attribute, "name value");
}

static bool read_cookie(struct policy_work *work, const struct node *cookie)
{
    struct arena *arena = work->builder->run->arena;
    struct route_affinity *affinity = ARENA_NEW(arena, struct route_affinity);
    uint64_t ms = 0;
    *affinity = (struct route_affinity){
        .source = work->source,
        .cookie = policy_text(cookie, "name"),
        .path = policy_text(cookie, "path"),
        .never_secure = true,
    };
    if (kube_duration(policy_text(cookie, "ttl"), &ms) && ms) {
        affinity->max_age = arena_printf(arena, "%llu", (unsigned long long)(ms / 1000));
    }
    work->effects->affinity = affinity;
    const struct node *attributes = node_get(cookie, "attributes");
    bool understood = policy_is(cookie, "name path ttl attributes") && affinity->cookie.len;
    for (size_t i = 0; understood && i < policy_items(attributes); i++) {
        understood = read_attribute(attributes->items[i], affinity);
    }
    return understood;
}

/* destination_rule.proto, LoadBalancerSettings: one of simple and consistentHash. */
static bool read_balancer(struct policy_work *work, const struct node *balancer,
                          struct route_balancing *out)
{
    static const struct {
        const char *simple, *algorithm;
    } simples[] = {
        {"ROUND_ROBIN", "round_robin"}, {"LEAST_REQUEST", "least_request"}, {"RANDOM", "random"}};
    const struct node *hash = node_get(balancer, "consistentHash");
    struct slice simple = policy_text(balancer, "simple");
    struct slice header = policy_text(hash, "httpHeaderName");
    struct slice parameter = policy_text(hash, "httpQueryParameterName");
    const struct node *address = node_get(hash, "useSourceIp");
    bool by_address = address && address->kind == NODE_BOOL && address->boolean;
    if (!policy_is(balancer, "simple consistentHash") || balancer->count != 1) {
        return false; /* such as where endpoints are */
    }
    for (size_t i = 0; i < ARRAY_LEN(simples); i++) {
        if (slice_is(simple, simples[i].simple)) {
            out->algorithm = slice_of(simples[i].algorithm);
            return true;
        }
    }
    if (!policy_is(hash, "httpCookie httpHeaderName httpQueryParameterName useSourceIp") ||
        hash->count != 1) {
        return false;
    }
    if (node_get(hash, "httpCookie")) {
        return read_cookie(work, node_get(hash, "httpCookie"));
    }
    out->algorithm = SLICE("hash");
    out->key = header.len      ? variable(work, "$http_", header)
               : parameter.len ? variable(work, "$arg_", parameter)
               : by_address    ? SLICE("$remote_addr")
                               : SLICE_ABSENT;
    return out->key.ptr != NULL;
}

/* ClientTLSSettings; the Secret of a credentialName is looked for beside the Gateway. */
static void read_tls(struct policy_work *work, const struct node *tls)
{
    static const char *const known[] = {"mode", "credentialName", "sni", "subjectAltNames",
                                        "insecureSkipVerify"};
    struct arena *arena = work->builder->run->arena;
    const struct route_upstream_protocol *before = work->effects->upstream_protocol;
    const struct node *skip = node_get(tls, "insecureSkipVerify");
    const struct node *names = node_get(tls, "subjectAltNames");
    struct slice mode = policy_text(tls, "mode"), sni = policy_text(tls, "sni");
    struct slice secret = policy_text(tls, "credentialName");
    bool verify = !(skip && skip->kind == NODE_BOOL && skip->boolean);
    bool http2 =
        before && (slice_is(before->protocol, "H2C") || slice_is(before->protocol, "GRPC"));
    if (!policy_has_only(tls, known, ARRAY_LEN(known)) || policy_items(names) > 1 ||
        !(slice_is(mode, "SIMPLE") || (slice_is(mode, "MUTUAL") && secret.len))) {
        policy_unknown(work, ASPECT_PROTECTION, "trafficPolicy.tls");
        return;
    }
    struct route_upstream_protocol *protocol = ARENA_NEW(arena, struct route_upstream_protocol);
    *protocol =
        (struct route_upstream_protocol){work->source, http2 ? SLICE("GRPCS") : SLICE("HTTPS")};
    work->effects->upstream_protocol = protocol;
    if (verify || secret.len || sni.len) {
        struct route_upstream_tls *effect = ARENA_NEW(arena, struct route_upstream_tls);
        *effect = (struct route_upstream_tls){
            .source = work->source,
            .secret = secret.len ? ARENA_JOIN(arena, work->policy->namespace, SLICE("/"), secret)
                                 : SLICE_ABSENT,
            .verify = verify,
            .name = policy_items(names) ? names->items[0]->text : sni,
            .server_name = sni.len > 0};
        work->effects->upstream_tls = effect;
    }
}

static void destination_rule(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"host", "trafficPolicy",
                                        "subsets"}; /* no route names one */
    static const char *const traffic_fields[] = {"connectionPool", "loadBalancer", "tls"};
    const struct node *traffic = node_get(spec, "trafficPolicy");
    const struct node *pool = node_get(traffic, "connectionPool");
    const struct node *balancer = node_get(traffic, "loadBalancer");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_ROUTING);
    policy_fields(work, traffic, "trafficPolicy", traffic_fields, ARRAY_LEN(traffic_fields),
                  ASPECT_ROUTING);
    if (node_get(traffic, "tls")) {
        read_tls(work, node_get(traffic, "tls"));
    }
    if (pool) {
        read_connections(work, pool);
    }
    if (balancer) {
        struct route_balancing *balancing =
            ARENA_NEW(work->builder->run->arena, struct route_balancing);
        balancing->source = work->source;
        if (!read_balancer(work, balancer, balancing)) {
            policy_unknown(work, ASPECT_TRAFFIC, "trafficPolicy.loadBalancer");
        } else if (balancing->algorithm.ptr) {
            work->effects->balancing = balancing;
        }
    }
}

/* ---- AuthorizationPolicy -------------------------------------------------------------------- */

/* The addresses of `from`: those that are kept out, or all but those that are let in. */
static bool read_source(struct policy_work *work, const struct node *rule,
                        struct route_addresses *addresses)
{
    const struct node *from = node_get(rule, "from");
    const struct node *source = policy_items(from) == 1 ? node_get(from->items[0], "source") : NULL;
    const struct node *deny = node_get(source, "remoteIpBlocks");
    const struct node *allow = node_get(source, "notRemoteIpBlocks");
    const struct node *blocks = deny ? deny : allow;
    struct networks *list = deny ? &addresses->deny : &addresses->allow;
    if (!source || source->count != 1 || from->items[0]->count != 1 || !policy_items(blocks) ||
        list->count) {
        return false;
    }
    list->items = ARENA_ARRAY(work->builder->run->arena, struct network, policy_items(blocks));
    for (size_t i = 0; i < policy_items(blocks); i++) {
        if (!network_parse(blocks->items[i]->text, &list->items[list->count++])) {
            return false;
        }
    }
    addresses->has_allow = addresses->has_allow || !deny;
    return true;
}

/* A provider of MeshConfig is asked, which is not among the objects; for what it answers see
 * meshconfig.proto, EnvoyExternalAuthorizationHttpProvider. */
static void custom(struct policy_work *work, const struct node *spec,
                   const struct route_state *state)
{
    static const char *const known[] = {"targetRefs", "action", "provider", "rules"};
    static const char *const rule_fields[] = {"to"};
    struct arena *arena = work->builder->run->arena;
    const struct node *rules = node_get(spec, "rules");
    enum cover all = COVER_NONE;
    bool understood = policy_has_only(spec, known, ARRAY_LEN(known));
    for (size_t i = 0; i < policy_items(rules); i++) {
        bool plain = policy_has_only(rules->items[i], rule_fields, ARRAY_LEN(rule_fields));
        enum cover cover = istio_rule_covers(work, rules->items[i], state);
        cover = cover == COVER_ALL && !plain ? COVER_SOME : cover;
        all = cover == COVER_ALL || all == COVER_ALL ? COVER_ALL : cover ? cover : all;
    }
    if (all == COVER_NONE && understood) {
        return;
    }
    if (all == COVER_SOME || !understood || work->effects->authentication) {
        policy_unknown(work, ASPECT_PROTECTION, "rules");
        return;
    }
    struct route_authentication *authentication = ARENA_NEW(arena, struct route_authentication);
    struct guard *guard = ARENA_NEW(arena, struct guard);
    struct slice provider = policy_text(node_get(spec, "provider"), "name");
    *guard = (struct guard){.kind = GUARD_EXTERNAL,
                            .subject = ARENA_JOIN(arena, SLICE("provider "), provider),
                            .status = 401};
    *authentication = (struct route_authentication){.source = work->source, .guards = {guard, 1}};
    work->effects->authentication = authentication;
}

/* authorization_policy.proto: with action DENY, a request that some rule holds for is answered 403. */
static void authorization(struct policy_work *work, const struct node *spec,
                          const struct route_state *state)
{
    if (slice_is(policy_text(spec, "action"), "CUSTOM")) {
        custom(work, spec, state);
        return;
    }
    static const char *const known[] = {"targetRefs", "action", "rules"};
    static const char *const rule_fields[] = {"from", "to"};
    const struct node *rules = node_get(spec, "rules");
    struct route_addresses *addresses =
        ARENA_NEW(work->builder->run->arena, struct route_addresses);
    *addresses = (struct route_addresses){.source = work->source, .status = 403};
    bool understood = policy_has_only(spec, known, ARRAY_LEN(known)) &&
                      slice_is(policy_text(spec, "action"), "DENY");
    bool holds = !understood;
    for (size_t i = 0; understood && i < policy_items(rules); i++) {
        enum cover cover = istio_rule_covers(work, rules->items[i], state);
        holds = holds || cover != COVER_NONE;
        understood = cover == COVER_NONE ||
                     (cover == COVER_ALL &&
                      policy_has_only(rules->items[i], rule_fields, ARRAY_LEN(rule_fields)) &&
                      read_source(work, rules->items[i], addresses));
    }
    if (!holds) {
        return;
    }
    if (!understood || work->effects->addresses) {
        policy_unknown(work, ASPECT_PROTECTION, "rules");
        return;
    }
    work->effects->addresses = addresses;
}

/* ---- Gateway -------------------------------------------------------------------------------- */

/* ProxyConfig of the Gateway's pods, as YAML (istio/api mesh/v1alpha1 proxy.proto, gatewayTopology); with
 * proxyProtocol all listeners ask for the header (pilot/pkg/networking/core/gateway.go). MeshConfig can say the same,
 * which is not in the input. */
void istio_view(struct policy_work *work, const struct node *spec, struct view *view)
{
    static const char *const known[] = {"proxyProtocol"};
    const struct node *annotations = node_get(node_get(spec, "infrastructure"), "annotations");
    const struct input_file file = {.name = work->policy->subject,
                                    .text = policy_text(annotations, "proxy.istio.io/config")};
    struct run quiet = *work->builder->run;
    struct documents documents = {0};
    if (!file.text.len) {
        return;
    }
    quiet.diag = diag_beside(quiet.diag);
    document_read(&quiet, &file, &documents);
    if (documents.count != 1 || documents.roots[0]->kind != NODE_MAP) {
        policy_unknown(work, ASPECT_PROTECTION, "spec.infrastructure.annotations");
        return;
    }
    const struct node *topology = node_get(documents.roots[0], "gatewayTopology");
    policy_fields(work, topology, "gatewayTopology", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    if (node_get(topology, "proxyProtocol")) {
        view->proxy_protocol = work->source;
        view->proxy_protocol.name = SLICE("proxy.istio.io/config");
    }
}

const struct policy_reader istio_readers[] = {
    {.group = "networking.istio.io",
     .kind = "DestinationRule",
     .attach = POLICY_BY_INDEX,
     .on_services = true,
     .index = index_rule,
     .apply = destination_rule},
    {.group = "networking.istio.io",
     .kind = "EnvoyFilter",
     .attach = POLICY_BY_TARGET,
     .each = istio_envoy_filter},
    {.group = "security.istio.io",
     .kind = "AuthorizationPolicy",
     .attach = POLICY_BY_TARGET,
     .each = authorization,
     .parts = istio_parts},
    {.kind = NULL},
};
/* pilot/pkg/networking/core/listener_builder.go: who is asked, RBAC, then CORS; EnvoyFilters come right before the
 * router, whose are redirects and answers. */
const int istio_gates[] = {EFFECT_authentication, EFFECT_addresses,  EFFECT_cors,
                           EFFECT_body_limit,     EFFECT_rate_limit, EFFECT_answer,
                           EFFECT_redirect,       EFFECT_COUNT};
