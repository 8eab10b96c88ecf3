#include "convert/capabilities_priv.h"
#include "convert/host_policy_priv.h"
#include "convert/istio_priv.h"

/* Istio: what HTTPRoutes cannot say goes into a DestinationRule of the Service, or into an AuthorizationPolicy of
 * the Gateway where it holds for whole hosts. Fields and their meaning: istio/istio 1.30
 * networking/v1/destination_rule.proto and security/v1/authorization_policy.proto of istio/api. */

/* ---- DestinationRule ------------------------------------------------------------------------ */

static struct node *traffic(struct emission *e)
{
    return policy_map(e->c, policy_spec(e, ISTIO_DESTINATION), "trafficPolicy");
}

static void attach_service(struct conversion *c, struct node *spec, struct slice namespace,
                           struct slice service)
{
    node_set(c->nodes, spec, "host",
             node_string(c->nodes, ARENA_JOIN(c->arena, service, SLICE("."), namespace,
                                              SLICE(".svc.cluster.local"))));
}

/* Envoy has no limit between two reads where Istio says nothing, and Istio has no field for it. */
static void emit_timeouts(struct emission *e, const void *effect)
{
    const struct route_timeouts *timeouts = effect;
    if (timeouts->connect_ms > 0) {
        node_set(e->c->nodes,
                 policy_map(e->c, policy_map(e->c, traffic(e), "connectionPool"), "tcp"),
                 "connectTimeout", duration_node(e->c, timeouts->connect_ms));
    }
    if (timeouts->read_ms > 0 || timeouts->send_ms > 0) {
        say_effect(e->c, DIAG_C002, SEVERITY_INFO, e->rule, effect,
                   "Istio waits without limit between two reads or writes, whatever '" SLICE_FMT
                   "' says: nothing is cut that nginx lets through, and what hangs stays; set "
                   "timeouts.request by hand where no answer may take longer",
                   SLICE_ARG(timeouts->source.name));
    }
    if (timeouts->request_ms > 0 || timeouts->backend_request_ms > 0) {
        emit_as_standard(e, EFFECT_timeouts, effect);
    }
}

static struct node *balancer(struct emission *e)
{
    return policy_map(e->c, traffic(e), "loadBalancer");
}

static void add_attribute(struct conversion *c, struct node *cookie, const char *name,
                          struct slice value)
{
    struct node *list = node_get(cookie, "attributes"), *item = node_map(c->nodes);
    if (!list) {
        list = node_list(c->nodes);
        node_set(c->nodes, cookie, "attributes", list);
    }
    node_set(c->nodes, item, "name", text_node(c, name));
    if (value.len) {
        node_set(c->nodes, item, "value", node_string(c->nodes, value));
    }
    node_add(c->nodes, list, item);
}

static void emit_hashed_cookie(struct emission *e, const void *effect)
{
    const struct route_affinity *affinity = effect;
    struct arena *arena = e->c->nodes;
    uint64_t seconds = 0;
    if (!affinity->cookie.ptr) {
        return;
    }
    struct node *hash = policy_map(e->c, balancer(e), "consistentHash");
    struct node *cookie = policy_map(e->c, hash, "httpCookie");
    bool lasts = slice_to_uint(affinity->max_age, INT32_MAX, &seconds);
    node_set(arena, cookie, "name", node_string(arena, affinity->cookie));
    if (affinity->path.len) {
        node_set(arena, cookie, "path", node_string(arena, affinity->path));
    }
    node_set(arena, cookie, "ttl", duration_node(e->c, lasts ? (int64_t)seconds * 1000 : 0));
    const struct {
        const char *name;
        struct slice value; /* absent: not sent */
    } attributes[] = {{"Domain", affinity->domain},
                      {"SameSite", affinity->same_site},
                      {"Secure", affinity->secure ? SLICE("") : SLICE_ABSENT}};
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        if (attributes[i].value.ptr) {
            add_attribute(e->c, cookie, attributes[i].name, attributes[i].value);
        }
    }
    say_hashed_cookie(e, affinity);
}

/* nginx's variables that Envoy can hash by. */
static const struct {
    const char *variable,
        *field; /* the end of the variable is the value; a null field is useSourceIp */
} keys[] = {
    {"$remote_addr", NULL},
    {"$binary_remote_addr", NULL},
    {"$http_", "httpHeaderName"},
    {"$arg_", "httpQueryParameterName"},
};

static bool hash_key(struct emission *e, struct slice key)
{
    struct arena *arena = e->c->nodes;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct slice start = slice_of(keys[i].variable), value;
        if (!keys[i].field && slice_equal(key, start)) {
            node_set(arena, policy_map(e->c, balancer(e), "consistentHash"), "useSourceIp",
                     node_bool(arena, true));
            return true;
        }
        if (keys[i].field && variable_name(e->c, key, start, i == 2, &value)) {
            node_set(arena, policy_map(e->c, balancer(e), "consistentHash"), keys[i].field,
                     node_string(arena, value));
            return true;
        }
    }
    return false;
}

static void emit_balancing(struct emission *e, const void *effect)
{
    const struct route_balancing *balancing = effect;
    const struct route_affinity *affinity = e->rule->effects.affinity;
    bool done = !balancing->service_address && !balancing->subset;
    if (affinity && affinity->cookie.ptr) {
        return; /* the cookie chooses */
    }
    if (slice_is(balancing->algorithm, "hash")) {
        done = done && hash_key(e, balancing->key);
    } else if (slice_is(balancing->algorithm, "round_robin")) {
        node_set(e->c->nodes, balancer(e), "simple", text_node(e->c, "ROUND_ROBIN"));
    } else if (slice_is(balancing->algorithm, "ewma")) {
        node_set(e->c->nodes, balancer(e), "simple", text_node(e->c, "LEAST_REQUEST"));
        say_ewma(e, balancing);
    } else if (balancing->algorithm.ptr) {
        done = false;
    }
    if (!done) {
        say_unsupported(e->c, e->rule, EFFECT_balancing, effect);
    }
}

/* ---- TLS to backends ------------------------------------------------------------------------ */

static void say_tls(struct emission *e, const void *effect, bool shown)
{
    for (size_t i = 0; i < e->rule->backend_count; i++) {
        const struct backend *backend = &e->rule->backends[i];
        const struct service *service =
            (const void *)kube_find(e->c->kube, KUBE_SERVICE, backend->namespace, backend->service);
        if (service && service->port_count > 1) {
            say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                       "the DestinationRule speaks TLS to all %zu ports of Service '" SLICE_FMT
                       "/" SLICE_FMT "'; give the port of this route a Service of its own where "
                       "the others do not",
                       service->port_count, SLICE_ARG(backend->namespace),
                       SLICE_ARG(backend->service));
        }
    }
    if (shown) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, e->rule->effects.upstream_tls,
                   "the DestinationRule finds the Secret of '" SLICE_FMT
                   "' in the namespace of the "
                   "Gateway alone: copy it there if it is not; protocols, ciphers and the length "
                   "of chains are those of Istio",
                   SLICE_ARG(effect_source(e->rule->effects.upstream_tls)->name));
    }
}

/* ClientTLSSettings of a DestinationRule; a BackendTLSPolicy says the same where it can. */
static void emit_upstream_protocol(struct emission *e, const void *effect)
{
    struct arena *arena = e->c->nodes;
    const struct route_upstream_tls *given = e->rule->effects.upstream_tls;
    if (!rule_speaks_tls(e->rule) || backend_tls_is_written(e->c, e->rule)) {
        emit_as_standard(e, EFFECT_upstream_protocol, effect);
        return;
    }
    struct node *tls = policy_map(e->c, traffic(e), "tls");
    bool shown = given && given->secret.len, verify = shown && given->verify;
    node_set(arena, tls, "mode", text_node(e->c, shown ? "MUTUAL" : "SIMPLE"));
    if (shown) {
        node_set(arena, tls, "credentialName", node_string(arena, secret_name(given->secret)));
    }
    if (given && given->server_name && is_dns_subdomain(given->name)) {
        node_set(arena, tls, "sni", node_string(arena, given->name));
    }
    if (verify) {
        struct node *names = node_list(arena);
        node_add(arena, names, node_string(arena, given->name));
        node_set(arena, tls, "subjectAltNames", names);
    } else {
        node_set(arena, tls, "insecureSkipVerify", node_bool(arena, true));
    }
    say_tls(e, effect, shown);
}

static void emit_upstream_tls(struct emission *e, const void *effect)
{
    const struct route_upstream_tls *tls = effect;
    if (!rule_speaks_tls(e->rule) || backend_tls_is_written(e->c, e->rule)) {
        emit_as_standard(e, EFFECT_upstream_tls, effect);
    } else if (!tls->secret.len) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, effect,
                   "the Secret of '" SLICE_FMT "' has no CA (ca.crt), so that ingress-nginx uses "
                   "nothing of it: no certificate is shown to the backend, and none is verified, "
                   "before and after",
                   SLICE_ARG(tls->source.name));
    }
}

/* ---- the target ----------------------------------------------------------------------------- */

#define AUTHORIZATION                                                                              \
    .kind = "AuthorizationPolicy", .group = "security.istio.io", .version = "v1",                  \
    .attach = ATTACH_HOSTS, .write_places = istio_write_hosts
static const struct policy_kind kinds[] = {
    [ISTIO_DESTINATION] = {.kind = "DestinationRule",
                           .group = "networking.istio.io",
                           .version = "v1",
                           .attach = ATTACH_SERVICE,
                           .attach_service = attach_service},
    [ISTIO_ADDRESSES] = {AUTHORIZATION, .suffix = "addresses"},
    [ISTIO_EXTERNAL] = {AUTHORIZATION, .suffix = "auth"},
    [ISTIO_BODY_LIMIT] = {.kind = "EnvoyFilter",
                          .group = "networking.istio.io",
                          .version = "v1alpha3",
                          .attach = ATTACH_HOSTS,
                          .suffix = "body-limit",
                          .write_places = istio_write_patches},
    [ISTIO_RATE_LIMIT] = {.kind = "EnvoyFilter",
                          .group = "networking.istio.io",
                          .version = "v1alpha3",
                          .attach = ATTACH_HOSTS,
                          .suffix = "rate-limit",
                          .write_places = istio_write_patches},
    [ISTIO_REWRITE] = {.kind = "EnvoyFilter",
                       .group = "networking.istio.io",
                       .version = "v1alpha3",
                       .attach = ATTACH_HOSTS,
                       .suffix = "rewrite",
                       .write_places = istio_write_patches},
    [ISTIO_RETRIES] = {.kind = "EnvoyFilter",
                       .group = "networking.istio.io",
                       .version = "v1alpha3",
                       .attach = ATTACH_HOSTS,
                       .suffix = "retries",
                       .write_places = istio_write_patches},
    [ISTIO_RULE_ADDRESSES] = {.kind = "EnvoyFilter",
                              .group = "networking.istio.io",
                              .version = "v1alpha3",
                              .attach = ATTACH_HOSTS,
                              .suffix = "addresses",
                              .write_places = istio_write_patches},
    [ISTIO_ANSWER] = {.kind = "EnvoyFilter",
                      .group = "networking.istio.io",
                      .version = "v1alpha3",
                      .attach = ATTACH_HOSTS,
                      .suffix = "answer",
                      .write_places = istio_write_patches},
};
_Static_assert(ARRAY_LEN(kinds) <= POLICIES_MAX, "a rule has room for each kind of policy");

static const struct vendor vendor = {
    .kinds = kinds,
    .kind_count = ARRAY_LEN(kinds),
    .emitters = {[EFFECT_timeouts] = emit_timeouts,
                 [EFFECT_affinity] = emit_hashed_cookie,
                 [EFFECT_balancing] = emit_balancing,
                 [EFFECT_addresses] = istio_addresses,
                 [EFFECT_authentication] = istio_authentication,
                 [EFFECT_body_limit] = istio_body_limit,
                 [EFFECT_rate_limit] = istio_rate_limit,
                 [EFFECT_rewrite] = istio_rewrite,
                 [EFFECT_retries] = istio_retries,
                 [EFFECT_upstream_protocol] = emit_upstream_protocol,
                 [EFFECT_upstream_tls] = emit_upstream_tls},
    .answer = istio_answer,
    .speaks_tls = true,
    .shows_certificate = true,
    /* what holds for a host holds before any route is looked for */
    .before_redirect = {[EFFECT_body_limit] = true, [EFFECT_rate_limit] = true},
    .client_advice = "set numTrustedProxies of gatewayTopology, in MeshConfig or in the annotation "
                     "proxy.istio.io/config of the Gateway, to the number of proxies in front",
};

#define ISTIO_answer         SUPPORT_EXACT, "an EnvoyFilter with a direct_response for the rule"
#define ISTIO_redirect       STANDARD_redirect
#define ISTIO_https_redirect STANDARD_https_redirect
#define ISTIO_body_limit                                                                           \
    SUPPORT_NEAR,                                                                                  \
        "an EnvoyFilter with Envoy's buffer filter limits the bodies of hosts and rules, and "     \
        "ends streams: check the size in the application"
#define ISTIO_addresses                                                                            \
    SUPPORT_NEAR,                                                                                  \
        "an AuthorizationPolicy of the Gateway for hosts and plain paths, an EnvoyFilter with "    \
        "Envoy's rbac for rules whose paths are expressions"
#define ISTIO_authentication                                                                       \
    SUPPORT_NEAR,                                                                                  \
        "an AuthorizationPolicy with action CUSTOM asks a service for hosts and plain paths, by "  \
        "a provider in MeshConfig extensionProviders: for all else put a proxy that asks for "     \
        "credentials (such as oauth2-proxy) in front of the Service"
#define ISTIO_cors          STANDARD_cors
#define ISTIO_rewrite       SUPPORT_EXACT, "URLRewrite, or an EnvoyFilter with an expression for the rule"
#define ISTIO_upstream_host STANDARD_upstream_host
#define ISTIO_upstream_protocol                                                                    \
    SUPPORT_NEAR, "gRPC and HTTP/2 by appProtocol of the Service, by a patch; TLS by a "           \
                  "DestinationRule, for all ports of the Service"
#define ISTIO_request_headers  STANDARD_request_headers
#define ISTIO_response_headers STANDARD_response_headers
#define ISTIO_timeouts                                                                             \
    SUPPORT_NEAR, "DestinationRule for the connection; there is no limit between two reads"
#define ISTIO_retries                                                                              \
    SUPPORT_NEAR, "retry of the HTTPRoute with --channel experimental, else an EnvoyFilter for "   \
                  "the rule; Istio's own two retries cannot be switched off"
#define ISTIO_buffering STANDARD_buffering
#define ISTIO_mirrors   STANDARD_mirrors
#define ISTIO_error_pages                                                                          \
    SUPPORT_NONE, "Envoy has fixed texts (local_reply_config of an EnvoyFilter), or asks a host "  \
                  "of the same Gateway (custom_response), whom everybody could ask then: let the " \
                  "application answer with its pages, or a CDN in front"
#define ISTIO_rate_limit                                                                           \
    SUPPORT_NEAR,                                                                                  \
        "an EnvoyFilter with Envoy's local_ratelimit limits the requests of each client, for "     \
        "hosts and rules: limit connections in front of the Gateway"
#define ISTIO_firewall STANDARD_firewall
#define ISTIO_upstream_tls                                                                         \
    SUPPORT_NEAR, "BackendTLSPolicy, or a DestinationRule with a Secret beside the Gateway; "      \
                  "protocols and ciphers are Istio's"
#define ISTIO_affinity SUPPORT_NEAR, "DestinationRule with a cookie that is hashed to an endpoint"
#define ISTIO_balancing                                                                            \
    SUPPORT_NEAR,                                                                                  \
        "DestinationRule at the Service, by address, header or query parameter; put anything "     \
        "else into a header"
#define ISTIO_bandwidth         STANDARD_bandwidth
#define ISTIO_upstream_http     STANDARD_upstream_http
#define ISTIO_response_rewrites STANDARD_response_rewrites
#define ISTIO_fastcgi           STANDARD_fastcgi

static const struct feature_capability istio_features[] = {
    {FEATURE_client_certificates, SUPPORT_NEAR,
     "listener option gateway.istio.io/tls-terminate-mode, where the CA is in the Secret of the "
     "certificate; spec.tls.frontend from Gateway API 1.5 on, where all hosts of a Gateway want "
     "the "
     "same CA; whoever has none then gets no connection, and not 400"},
    {FEATURE_streams, SUPPORT_NONE,
     "Istio serves no UDP, and TCPRoutes only when it is started with "
     "PILOT_ENABLE_ALPHA_GATEWAY_API; give the port a Service of type LoadBalancer of its own"},
    {FEATURE_basic_auth, SUPPORT_NONE,
     "Envoy's basic_auth has its list in the filter itself, or in a file of the Gateway's pods, "
     "and "
     "no entries of a Secret are put into an EnvoyFilter: put a proxy such as oauth2-proxy with "
     "--htpasswd-file in front of the Service"},
    {FEATURE_either_guard, SUPPORT_NONE,
     "every AuthorizationPolicy has to let a request in: let the proxy that asks for credentials "
     "know the addresses that need none"},
    {FEATURE_service_address, SUPPORT_NONE, "endpoints of a Service are balanced one by one"},
    {FEATURE_proxy_protocol, SUPPORT_NONE,
     "set gatewayTopology with proxyProtocol: {} in the annotation proxy.istio.io/config of the "
     "Gateway's pods (spec.infrastructure.annotations), or in MeshConfig"},
    {FEATURE_realm, SUPPORT_NONE, "no passwords are asked for"},
    {FEATURE_asking, SUPPORT_NONE,
     "the provider in MeshConfig says what the service is told, and each request asks it anew: "
     "set includeAdditionalHeadersInCheck and the like there"},
    {FEATURE_sign_in, SUPPORT_NONE,
     "what the service answers goes to the client: let it send who is not let in to the sign-in "
     "page by itself"},
    {FEATURE_idle_limit, SUPPORT_NONE,
     "there is no limit between two reads, so that nothing is cut that nginx lets through; set "
     "timeouts.request by hand where no answer may take longer"},
    {FEATURE_retry_time, SUPPORT_NONE,
     "tries are counted, and their time is not limited: set timeouts.request by hand"},
    {FEATURE_connection_limit, SUPPORT_NONE,
     "Envoy counts requests of a client, and connections of all clients together; limit those of "
     "one client in front of the Gateway"},
    {FEATURE_exemptions, SUPPORT_NONE,
     "the limit holds for every client: give those that need none a host of their own"},
    {FEATURE_tls_form, SUPPORT_NONE,
     "protocols, ciphers and chains towards backends are Istio's (meshMTLS and tlsDefaults of "
     "MeshConfig for protocols)"},
    {FEATURE_hash_subset, SUPPORT_NONE, "a key is hashed to one endpoint, not to a group of them"},
    {FEATURE_stay, SUPPORT_NONE,
     "the cookie is hashed to an endpoint: some clients change theirs each time endpoints come or "
     "go, and none does when one fails"},
    {FEATURE_cookie_expiry, SUPPORT_NONE,
     "the cookie has Max-Age and one SameSite for all browsers: say session-cookie-max-age"},
};

const struct target target_istio = {
    .name = "istio",
    .profile = "istio",
    .text = "Istio 1.30",
    /* The Deployment is called <gateway>-istio. */
    .gateway_name_max = 63 - sizeof "istio",
    .mutual_option = "gateway.istio.io/tls-terminate-mode",
    .vendor = &vendor,
    .capabilities =
        {
#define EFFECT(id, type, aspect, impact, text) {EFFECT_##id, ISTIO_##id},
#include "route/effects.def"
#undef EFFECT
        },
    .features = istio_features,
    .feature_count = ARRAY_LEN(istio_features),
};
