#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Policies of implementations: which of them is in force where. Each row has a Gateway `edge`, an HTTPRoute `a` with
 * a rule `first` for /p, and policies; asked is what the rule does. */

#define ENVOY(kind, name, time, spec)                                                              \
    "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: " kind "\nmetadata: {name: " name           \
    ", namespace: shop, creationTimestamp: " time "}\nspec: {" spec "}\n---\n"
#define NGINX(kind, name, time, spec)                                                              \
    "apiVersion: gateway.nginx.org/v1alpha1\nkind: " kind "\nmetadata: {name: " name               \
    ", namespace: shop, creationTimestamp: " time "}\nspec: {" spec "}\n---\n"
#define ISTIO(group, kind, name, namespace, spec)                                                  \
    "apiVersion: " group ".istio.io/v1\nkind: " kind "\nmetadata: {name: " name                    \
    ", namespace: " namespace "}\nspec: {" spec "}\n---\n"
#define OLD         "2024-01-01T00:00:00Z"
#define NEW         "2025-01-01T00:00:00Z"
#define GATEWAY_REF "{group: gateway.networking.k8s.io, kind: Gateway, name: edge}"
#define ROUTE_REF   "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}"
#define AT_GATEWAY  "targetRefs: [" GATEWAY_REF "], "
#define AT_ROUTE    "targetRefs: [" ROUTE_REF "], "
#define AT_RULE                                                                                    \
    "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a, sectionName: "      \
    "first}], "
#define AT_LISTENER                                                                                \
    "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge, sectionName: "     \
    "http}], "

static void open_policies(struct fixture *f, const char *profile, const char *policies)
{
    char yaml[8192];
    snprintf(yaml, sizeof yaml,
             SERVICE("web") EDGE ROUTE("a", "rules: [{name: first, matches: [{path: {value: /p}}], "
                                            "backendRefs: [{name: web, port: 80}]}]") "%s",
             policies);
    fixture_open(f, profile, FIXTURE_OPEN, yaml);
}

/* The number of conflicts that are said; answer and effects are in f->outcome. */
static size_t ask(struct fixture *f, const char *profile, const char *policies, const char **answer)
{
    open_policies(f, profile, policies);
    *answer = fixture_ask(f, "GET http://a.org/p");
    return fixture_count(f, DIAG_G041);
}

static int64_t body_limit(const struct fixture *f)
{
    const struct route_body_limit *own = f->outcome.effects.body_limit;
    const struct route_body_limit *all = f->table.platform.body_limit;
    return own ? own->bytes : all ? all->bytes : -1;
}

static int64_t connect_ms(const struct fixture *f)
{
    const struct route_timeouts *own = f->outcome.effects.timeouts;
    const struct route_timeouts *all = f->table.platform.timeouts;
    return own ? own->connect_ms : all ? all->connect_ms : -1;
}

struct row {
    const char *name, *policies, *answer;
    int64_t body, connect;
    size_t conflicts;
};

static void check(const char *profile, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        const char *answer;
        size_t conflicts = ask(&f, profile, rows[i].policies, &answer);
        bool known = strcmp(rows[i].answer, "unknown") != 0;
        if (strcmp(answer, rows[i].answer) != 0 || conflicts != rows[i].conflicts ||
            (known && (body_limit(&f) != rows[i].body || connect_ms(&f) != rows[i].connect))) {
            fail_msg("%s: %s, body %lld, connect %lld, %zu conflicts", rows[i].name, answer,
                     (long long)body_limit(&f), (long long)connect_ms(&f), conflicts);
        }
        fixture_close(&f);
    }
}

/* ---- Envoy Gateway: the nearest takes the place of the others ------------------------------- */

#define BODY(limit)               "requestBuffer: {limit: " limit "}"
#define CONNECT(s)                "timeout: {tcp: {connectTimeout: " s "}}"
#define TRAFFIC(name, time, spec) ENVOY("BackendTrafficPolicy", name, time, spec)

static void test_gateway_policies_of_envoy(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"of the Gateway", TRAFFIC("g", OLD, AT_GATEWAY BODY("1Mi")), "web", 1 << 20, 10000, 0},
        {"the route's replaces it",
         TRAFFIC("g", OLD, AT_GATEWAY BODY("1Mi")) TRAFFIC("r", NEW, AT_ROUTE CONNECT("3s")), "web",
         -1, 3000, 0},
        {"the route's is merged",
         TRAFFIC("g", OLD, AT_GATEWAY BODY("1Mi"))
             TRAFFIC("r", NEW, AT_ROUTE "mergeType: StrategicMerge, " CONNECT("3s")),
         "web", 1 << 20, 3000, 0},
        {"the rule's before the route's",
         TRAFFIC("r", OLD, AT_ROUTE BODY("1Mi")) TRAFFIC("s", NEW, AT_RULE BODY("2Mi")), "web",
         2 << 20, 10000, 0},
        {"the older of two",
         TRAFFIC("a", NEW, AT_ROUTE BODY("1Mi")) TRAFFIC("b", OLD, AT_ROUTE BODY("2Mi")), "web",
         2 << 20, 10000, 1},
        {"by name where they are of one age",
         TRAFFIC("b", OLD, AT_ROUTE BODY("1Mi")) TRAFFIC("a", OLD, AT_ROUTE BODY("2Mi")), "web",
         2 << 20, 10000, 1},
        {"two fields do not make two policies",
         TRAFFIC("a", OLD, AT_ROUTE BODY("1Mi")) TRAFFIC("b", NEW, AT_ROUTE CONNECT("3s")), "web",
         1 << 20, 10000, 1},
        {"of another route",
         TRAFFIC(
             "x", OLD,
             "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: b}], " BODY(
                 "1Mi")),
         "web", -1, 10000, 0},
        {"of single listeners", TRAFFIC("l", OLD, AT_LISTENER BODY("1Mi")), "unknown", 0, 0, 0},
        {"of a ListenerSet",
         TRAFFIC(
             "l", OLD,
             "targetRefs: [{group: gateway.networking.k8s.io, kind: ListenerSet, name: s}], " BODY(
                 "1Mi")),
         "unknown", 0, 0, 0},
        {"by labels",
         TRAFFIC("l", OLD,
                 "targetSelectors: [{kind: HTTPRoute, matchLabels: {a: b}}], " BODY("1Mi")),
         "unknown", 0, 0, 0},
        {"a field that is not understood", TRAFFIC("a", OLD, AT_ROUTE "faultInjection: {}"),
         "unknown", 0, 0, 0},
    };
    check("envoy-gateway", rows, ARRAY_LEN(rows));
}

/* ---- NGINX Gateway Fabric: field by field --------------------------------------------------- */

#define CLIENT(name, time, target, spec)                                                           \
    NGINX("ClientSettingsPolicy", name, time, "targetRef: " target ", " spec)
#define PROXY(name, time, spec) NGINX("ProxySettingsPolicy", name, time, spec)

static void test_gateway_policies_of_nginx(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"of the Gateway", CLIENT("g", OLD, GATEWAY_REF, "body: {maxSize: 8m}"), "web", 8 << 20,
         60000, 0},
        {"the route's changes single fields",
         PROXY("g", OLD, AT_GATEWAY "timeout: {connect: 3s, read: 9s}")
             PROXY("r", NEW, AT_ROUTE "timeout: {read: 30s}"),
         "web", 1 << 20, 3000, 0},
        {"different fields of one target",
         CLIENT("a", OLD, ROUTE_REF, "body: {maxSize: 8m}")
             CLIENT("b", NEW, ROUTE_REF, "body: {bufferSize: 8k}"),
         "web", 8 << 20, 60000, 0},
        {"the same field: the older",
         CLIENT("a", NEW, ROUTE_REF, "body: {maxSize: 8m}")
             CLIENT("b", OLD, ROUTE_REF, "body: {maxSize: 2m}"),
         "web", 2 << 20, 60000, 1},
        {"who loses at one target is in force at none",
         PROXY("a", OLD, AT_ROUTE "timeout: {connect: 3s}") PROXY(
             "b", NEW, "targetRefs: [" ROUTE_REF ", " GATEWAY_REF "], timeout: {connect: 9s}"),
         "web", 1 << 20, 3000, 1},
        {"a third one goes with the first",
         PROXY("a", OLD, AT_ROUTE "timeout: {connect: 3s}")
             PROXY("b", NEW, AT_ROUTE "timeout: {connect: 4s}")
                 PROXY("c", NEW, AT_ROUTE "timeout: {read: 4s}"),
         "web", 1 << 20, 3000, 1},
        {"two rates of one unit",
         NGINX("RateLimitPolicy", "a", OLD,
               AT_ROUTE "rateLimit: {local: {rules: [{rate: 1r/s, noDelay: true, key: "
                        "$binary_remote_addr}]}}")
             NGINX("RateLimitPolicy", "b", NEW,
                   AT_ROUTE "rateLimit: {local: {rules: [{rate: 2r/s, noDelay: true, key: "
                            "$binary_remote_addr}]}}"),
         "unknown", 0, 0, 0},
    };
    check("nginx-gateway-fabric", rows, ARRAY_LEN(rows));
}

/* ---- Istio ---------------------------------------------------------------------------------- */

#define RULE(name, namespace, spec)  ISTIO("networking", "DestinationRule", name, namespace, spec)
#define HOST                         "host: web.shop.svc.cluster.local, "
#define POOL(s)                      "trafficPolicy: {connectionPool: {tcp: {connectTimeout: " s "}}}"
#define GUARD(name, namespace, spec) ISTIO("security", "AuthorizationPolicy", name, namespace, spec)
#define FILTER(spec)                                                                               \
    "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f, namespace: " \
    "shop}\nspec: {" AT_GATEWAY "configPatches: [" spec "]}\n---\n"
#define BUFFER                                                                                     \
    "{applyTo: HTTP_FILTER, match: {context: GATEWAY, listener: {filterChain: {filter: {name: "    \
    "envoy.filters.network.http_connection_manager, subFilter: {name: "                            \
    "envoy.filters.http.router}}}}}, patch: {operation: INSERT_BEFORE, value: {name: b, "          \
    "disabled: true, typed_config: {'@type': "                                                     \
    "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 1}}}}"
#define SWITCHED_ON(match, number)                                                                 \
    "{applyTo: VIRTUAL_HOST, match: {context: GATEWAY" match                                       \
    "}, patch: {operation: MERGE, value: "                                                         \
    "{typed_per_filter_config: {b: {'@type': "                                                     \
    "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute, buffer: "         \
    "{max_request_bytes: " number "}}}}}}"
#define FOR(operation)                                                                             \
    GUARD("a", "shop",                                                                             \
          AT_GATEWAY "action: CUSTOM, provider: {name: p}, rules: [{to: [{operation: {" operation  \
                     "}}]}]")
#define BESIDE(match) ROUTE("b", "rules: [{matches: [{" match "}], " TO("web") "}]")
#define NOBODY        "action: DENY, rules: [{from: [{source: {remoteIpBlocks: [0.0.0.0/0]}}]}]"

static void test_gateway_policies_of_istio(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"of the Service's namespace", RULE("d", "shop", HOST POOL("3s")), "web", -1, 3000, 0},
        {"by its short name", RULE("d", "shop", "host: web, " POOL("3s")), "web", -1, 3000, 0},
        {"of another namespace", RULE("d", "edge", HOST POOL("3s")), "unknown", 0, 0, 0},
        {"of another Service", RULE("d", "shop", "host: other, " POOL("3s")), "web", -1, 10000, 0},
        {"subsets", RULE("d", "shop", HOST "subsets: [{name: v1}]"), "web", -1, 10000, 0},
        {"for some who ask", RULE("d", "shop", HOST "exportTo: [.]"), "unknown", 0, 0, 0},
        {"at the Gateway", GUARD("a", "shop", AT_GATEWAY NOBODY), "unknown", 0, 0, 0},
        {"of the Gateway's namespace", GUARD("a", "shop", NOBODY), "unknown", 0, 0, 0},
        {"of the root namespace", GUARD("a", "istio-system", NOBODY), "unknown", 0, 0, 0},
        {"of the workloads elsewhere", GUARD("a", "other", NOBODY), "web", -1, 10000, 0},
        {"a provider of all hosts",
         GUARD("a", "shop", AT_GATEWAY "action: CUSTOM, provider: {name: p}, rules: [{}]"), "401",
         -1, 10000, 0},
        {"a provider for some paths",
         GUARD("a", "shop",
               AT_GATEWAY "action: CUSTOM, provider: {name: p}, rules: [{to: [{operation: {paths: "
                          "[/p]}}]}]"),
         "401", -1, 10000, 0},
        {"a provider for the paths of the rule", FOR("paths: [/p, /p/*]"), "401", -1, 10000, 0},
        {"for all that starts like them", FOR("paths: ['/p*']"), "401", -1, 10000, 0},
        {"for other paths", FOR("paths: [/q, /pp/*]"), "web", -1, 10000, 0},
        {"for what is below the rule alone", FOR("paths: [/p/*]"), "web", -1, 10000, 0},
        {"for a path that another rule takes",
         FOR("paths: [/p/x, /p/x/*]") BESIDE("path: {value: /p/x}"), "web", -1, 10000, 0},
        {"for a path that another rule takes in part",
         FOR("paths: [/p/x, /p/x/*]") BESIDE("path: {value: /p/x}, method: GET"), "web", -1, 10000,
         0},
        {"for all but a path that another rule takes",
         FOR("notPaths: [/p/x, /p/x/*]") BESIDE("path: {value: /p/x}"), "401", -1, 10000, 0},
        {"for all but some paths", FOR("notPaths: [/p/x]"), "401", -1, 10000, 0},
        {"for an end of a path", FOR("paths: ['*/x']"), "unknown", 0, 0, 0},
        {"for a template of a path", FOR("paths: ['/p/{*}']"), "unknown", 0, 0, 0},
        {"for every path", FOR("paths: ['*']"), "401", -1, 10000, 0},
        {"for all but the rule's", FOR("notPaths: ['/p*']"), "web", -1, 10000, 0},
        {"at the port of the listener", FOR("ports: ['80']"), "401", -1, 10000, 0},
        {"at another port", FOR("ports: ['443']"), "web", -1, 10000, 0},
        {"for a method", FOR("methods: [GET]"), "unknown", 0, 0, 0},
        {"another host's provider does not matter",
         FOR("paths: ['/p*']") GUARD("b", "shop",
                                     AT_GATEWAY "action: CUSTOM, provider: {name: q}, rules: [{to: "
                                                "[{operation: {paths: [/q]}}]}]"),
         "401", -1, 10000, 0},
        {"a limit of bodies", FILTER(BUFFER ", " SWITCHED_ON("", "4096")), "web", 4096, 10000, 0},
        {"a limit of another host",
         FILTER(BUFFER
                ", " SWITCHED_ON(", routeConfiguration: {vhost: {domainName: b.org}}", "4096")),
         "web", -1, 10000, 0}, /* the route is for every host, which is a virtual host of its own */
        {"a limit of every other host",
         FILTER(BUFFER
                ", " SWITCHED_ON(", routeConfiguration: {vhost: {domainName: '*'}}", "4096")),
         "web", 4096, 10000, 0},
        {"what is not followed, of another host",
         FILTER(BUFFER
                ", " SWITCHED_ON(", routeConfiguration: {vhost: {domainName: b.org}}", "[]")),
         "web", -1, 10000, 0},
        {"a filter that is nowhere on", FILTER(BUFFER), "unknown", 0, 0, 0},
        {"any other filter", FILTER("{applyTo: CLUSTER, patch: {operation: MERGE, value: {}}}"),
         "unknown", 0, 0, 0},
        {"two providers",
         GUARD("a", "shop", AT_GATEWAY "action: CUSTOM, provider: {name: p}, rules: [{}]")
             GUARD("b", "shop", AT_GATEWAY "action: CUSTOM, provider: {name: q}, rules: [{}]"),
         "unknown", 0, 0, 0},
        {"an action that is not followed",
         GUARD("a", "shop", AT_GATEWAY "action: ALLOW, rules: [{}]"), "unknown", 0, 0, 0},
    };
    check("istio", rows, ARRAY_LEN(rows));
}

struct answers {
    const char *policies;
    struct {
        const char *target, *answer; /* "web 4096" where a limit of the body is in force */
    } asked[5];
};

static void check_answers(const struct answers *rows, size_t count, const char *url)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        open_policies(&f, "istio", rows[i].policies);
        for (size_t j = 0; j < ARRAY_LEN(rows[i].asked) && rows[i].asked[j].target; j++) {
            char request[64], answer[64];
            snprintf(request, sizeof request, "GET %s%s", url, rows[i].asked[j].target);
            const char *backend = fixture_ask(&f, request);
            int64_t body = body_limit(&f);
            if (body < 0) {
                snprintf(answer, sizeof answer, "%s", backend);
            } else {
                snprintf(answer, sizeof answer, "%s %lld", backend, (long long)body);
            }
            if (strcmp(answer, rows[i].asked[j].answer) != 0) {
                fail_msg("row %zu, %s: %s", i, rows[i].asked[j].target, answer);
            }
        }
        fixture_close(&f);
    }
}

/* Where a policy holds for some of the paths of a rule, each path is answered as it should be. */
static void test_gateway_policies_of_istio_for_some_paths(void **state)
{
    (void)state;
    static const struct answers rows[] = {
        {FOR("paths: [/p]"), {{"/p", "401"}, {"/p/", "web"}, {"/p/x", "web"}}},
        {FOR("paths: [/p/*]"), {{"/p", "web"}, {"/p/", "401"}, {"/p/x", "401"}}},
        {FOR("paths: ['/p/x*', /p/y]"),
         {{"/p", "web"}, {"/p/x", "401"}, {"/p/xy/z", "401"}, {"/p/y", "401"}, {"/p/y/", "web"}}},
        {FOR("paths: [/p/*], notPaths: [/p/x, /p/x/*]"),
         {{"/p", "web"}, {"/p/x", "web"}, {"/p/x/y", "web"}, {"/p/xy", "401"}, {"/p/", "401"}}},
        {FOR("notPaths: [/p/x]"), {{"/p", "401"}, {"/p/x", "web"}, {"/p/x/", "401"}}},
        {FOR("paths: [/p/x]")
             GUARD("b", "shop",
                   AT_GATEWAY "action: DENY, rules: [{from: [{source: {remoteIpBlocks: "
                              "[0.0.0.0/0]}}], to: [{operation: {paths: [/p/x/*]}}]}]"),
         {{"/p", "web"}, {"/p/x", "401"}, {"/p/x/y", "unknown"}, {"/p/y", "web"}}}, /* by address */
        {FOR("paths: ['/p/x*']") BESIDE("path: {value: /p/x}, method: PUT"),
         {{"/p", "web"}, {"/p/x", "401"}, {"/p/xy", "401"}}},
    };
    check_answers(rows, ARRAY_LEN(rows), "http://a.org");
}

#define OF(host, name, to)                                                                         \
    ROUTE(name, "hostnames: ['" host "'], rules: [{matches: [{path: {value: /p}}], " TO(to) "}]")
#define LIMIT_OF(host)                                                                             \
    FILTER(BUFFER                                                                                  \
           ", " SWITCHED_ON(", routeConfiguration: {vhost: {domainName: '" host "'}}", "4096"))

/* What a policy says of one host holds for no other; route `a` is for every host that has no other. */
static void test_gateway_policies_of_istio_for_some_hosts(void **state)
{
    (void)state;
    static const struct answers rows[] = {
        {OF("b.org", "b", "x") FOR("hosts: [b.org, 'b.org:*']"),
         {{"b.org/p", "401"}, {"a.org/p", "web"}, {"a.b.org/p", "web"}}},
        {OF("b.org", "b", "x") FOR("hosts: [B.ORG], paths: [/p/x]"),
         {{"b.org/p", "x"}, {"b.org/p/x", "401"}, {"a.org/p/x", "web"}}},
        {FOR("hosts: [b.org]"), {{"b.org/p", "unknown"}}}, /* some of what the route gets */
        {OF("*.b.org", "b", "x") FOR("hosts: ['*.b.org']"),
         {{"a.b.org/p", "401"}, {"a.org/p", "web"}}},
        {OF("*.b.org", "b", "x") FOR("hosts: [a.b.org]"),
         {{"a.b.org/p", "unknown"}, {"a.org/p", "web"}}},
        {OF("*.b.org", "b", "x") OF("a.b.org", "c", "z") FOR("hosts: [a.b.org]"),
         {{"a.b.org/p", "401"}, {"c.b.org/p", "x"}, {"a.org/p", "web"}}},
        {OF("*.b.org", "b", "x") OF("*.a.b.org", "c", "z") FOR("hosts: ['*.a.b.org']"),
         {{"c.a.b.org/p", "401"}, {"a.b.org/p", "x"}, {"a.org/p", "web"}}},
        {OF("b.org", "b", "x") FOR("hosts: ['b.*']"), {{"a.org/p", "unknown"}}},
        {OF("b.org", "b", "x") FOR("hosts: ['*b.org']"),
         {{"b.org/p", "401"}, {"a.org/p", "unknown"}}},
        {OF("b.org", "b", "x") FOR("hosts: ['b.org:8080']"),
         {{"b.org/p", "unknown"}, {"a.org/p", "web"}}},
        {OF("b.org", "b", "x") LIMIT_OF("b.org"),
         {{"b.org/p", "x 4096"}, {"a.org/p", "web"}, {"a.b.org/p", "web"}}},
        {OF("*.b.org", "b", "x") OF("a.b.org", "c", "z") LIMIT_OF("*.b.org"),
         {{"c.b.org/p", "x 4096"}, {"a.b.org/p", "z"}, {"a.org/p", "web"}}},
        {OF("b.org", "b", "x") LIMIT_OF("*"), {{"b.org/p", "x"}, {"a.org/p", "web 4096"}}},
        {OF("b.org", "b", "x") FILTER(
             "{applyTo: HTTP_ROUTE, match: {context: GATEWAY, routeConfiguration: {vhost: "
             "{route: {name: shop.b.0}}}}, patch: {operation: MERGE, value: {tracing: {}}}}"),
         {{"b.org/p", "unknown"}, {"a.org/p", "web"}}},
    };
    check_answers(rows, ARRAY_LEN(rows), "http://");
}

#define EDGE_WITH(annotations)                                                                     \
    GATEWAY_HEAD                                                                                   \
    "kind: Gateway\nmetadata: {name: edge, namespace: shop}\nspec: {gatewayClassName: c, "         \
    "infrastructure: {annotations: {" annotations                                                  \
    "}}, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n"
#define CONFIG(text) EDGE_WITH("proxy.istio.io/config: '" text "'")

/* Who asks for the PROXY protocol; the annotation is YAML, or JSON, in a text. */
static void test_gateway_proxy_protocol_of_istio(void **state)
{
    (void)state;
    static const struct {
        const char *gateway;
        bool proxied, known;
    } rows[] = {
        {EDGE, false, true},
        {EDGE_WITH("a: b"), false, true},
        {CONFIG("concurrency: 2"), false, true},
        {CONFIG("gatewayTopology: {proxyProtocol: {}}"), true, true},
        {CONFIG("{\"gatewayTopology\": {\"proxyProtocol\": {}}}"), true, true},
        {CONFIG("gatewayTopology: {numTrustedProxies: 1}"), false, false},
        {CONFIG("{"), false, false},
        {CONFIG("text"), false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char yaml[2048];
        snprintf(yaml, sizeof yaml, SERVICE("web") "%s" ROUTE("a", "rules: [{" TO("web") "}]"),
                 rows[i].gateway);
        fixture_open(&f, "istio", FIXTURE_OPEN, yaml);
        assert_int_equal(f.table.view.proxy_protocol.name.ptr != NULL, rows[i].proxied);
        assert_int_equal(f.table.unknown == NULL, rows[i].known);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_policies_of_envoy),
        cmocka_unit_test(test_gateway_policies_of_nginx),
        cmocka_unit_test(test_gateway_policies_of_istio),
        cmocka_unit_test(test_gateway_policies_of_istio_for_some_paths),
        cmocka_unit_test(test_gateway_policies_of_istio_for_some_hosts),
        cmocka_unit_test(test_gateway_proxy_protocol_of_istio),
    };
    return cmocka_run_group_tests_name("gateway_policies", tests, NULL, NULL);
}
