#include "gateway_api/fixture_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* No field of an object of an implementation is passed over: one that is not known, in whichever mapping it stands,
 * makes what it may change unknown. */

#define OF_GATEWAY "  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]\n"
#define OF_ROUTE   "  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}]\n"
#define FILTERS    "type.googleapis.com/envoy.extensions.filters.http."
#define BEFORE_ROUTER                                                                              \
    "  configPatches:\n  - applyTo: HTTP_FILTER\n    match:\n      context: GATEWAY\n"             \
    "      listener:\n        filterChain:\n          filter:\n"                                   \
    "            name: envoy.filters.network.http_connection_manager\n"                            \
    "            subFilter:\n              name: envoy.filters.http.router\n"                      \
    "    patch:\n      operation: INSERT_BEFORE\n      value:\n        name: own\n"                \
    "        disabled: true\n"
#define OF_HOST                                                                                    \
    "  - applyTo: VIRTUAL_HOST\n    match:\n      context: GATEWAY\n"                              \
    "      routeConfiguration:\n        vhost:\n          domainName: a.org\n"                     \
    "    patch:\n      operation: MERGE\n      value:\n        typed_per_filter_config:\n"         \
    "          own:\n"

#define OF_RULE                                                                                    \
    "  - applyTo: HTTP_ROUTE\n    match:\n      context: GATEWAY\n"                                \
    "      routeConfiguration:\n        vhost:\n          route:\n            name: shop.a.0\n"    \
    "    patch:\n      operation: MERGE\n      value:\n"
#define OF_SERVER                                                                                  \
    "  snippets:\n  - context: http.server.location\n    value: auth_request _auth_1;\n"           \
    "  - context: http.server\n    value: |\n      location = _auth_1 {\n      internal;\n"        \
    "      proxy_pass http://auth.shop.svc.cluster.local/c;\n"                                     \
    "      proxy_pass_request_body off;\n      proxy_set_header Content-Length \"\";\n"            \
    "      proxy_set_header Host auth.shop.svc.cluster.local;\n"                                   \
    "      proxy_set_header X-Auth-Request-Redirect $request_uri;\n"                               \
    "      proxy_set_header X-Original-Method $request_method;\n"                                  \
    "      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;\n"                    \
    "      proxy_set_header X-Real-IP $remote_addr;\n      }\n"

static const struct row {
    const char *profile, *kind, *version;
    const char *spec;
} rows[] = {
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY BEFORE_ROUTER
     "        typed_config: {'@type': " FILTERS "buffer.v3.Buffer, max_request_bytes: 1}\n" OF_HOST
     "            '@type': " FILTERS "buffer.v3.BufferPerRoute\n            buffer:\n"
     "              max_request_bytes: 100\n"},
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY BEFORE_ROUTER
     "        typed_config: {'@type': " FILTERS
     "local_ratelimit.v3.LocalRateLimit, stat_prefix: own}\n" OF_HOST
     "            '@type': " FILTERS "local_ratelimit.v3.LocalRateLimit\n"
     "            stat_prefix: own\n            always_consume_default_token_bucket: false\n"
     "            filter_enabled:\n              default_value:\n                numerator: 100\n"
     "                denominator: HUNDRED\n"
     "            filter_enforced:\n              default_value:\n                numerator: 100\n"
     "                denominator: HUNDRED\n"
     "            rate_limits:\n            - actions:\n              - remote_address: {}\n"
     "              - generic_key:\n                  descriptor_value: second\n"
     "            descriptors:\n            - entries:\n              - key: remote_address\n"
     "              - key: generic_key\n                value: second\n"
     "              token_bucket:\n                max_tokens: 36\n"
     "                tokens_per_fill: 7\n                fill_interval: 1s\n"},
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY BEFORE_ROUTER
     "        typed_config: {'@type': " FILTERS "buffer.v3.Buffer, max_request_bytes: 1}\n" OF_RULE
     "        typed_per_filter_config:\n          own:\n"
     "            '@type': " FILTERS "buffer.v3.BufferPerRoute\n            buffer:\n"
     "              max_request_bytes: 100\n"},
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY BEFORE_ROUTER
     "        typed_config: {'@type': " FILTERS "rbac.v3.RBAC}\n" OF_RULE
     "        typed_per_filter_config:\n          own:\n"
     "            '@type': " FILTERS "rbac.v3.RBACPerRoute\n            rbac:\n"
     "              rules:\n                action: DENY\n                policies:\n"
     "                  addresses:\n                    permissions:\n"
     "                    - any: true\n                    principals:\n"
     "                    - remote_ip:\n                        address_prefix: 10.0.0.0\n"
     "                        prefix_len: 8\n                    - not_id:\n"
     "                        or_ids:\n                          ids:\n"
     "                          - remote_ip:\n"
     "                              address_prefix: 11.0.0.0\n"
     "                              prefix_len: 8\n"},
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY "  configPatches:\n" OF_RULE
                "        route:\n          regex_rewrite:\n            pattern:\n"
                "              regex: ^/a/(.*)$\n            substitution: /b/\\1\n"},
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY "  configPatches:\n" OF_RULE "        route:\n          retry_policy:\n"
                "            retry_on: connect-failure\n            num_retries: 2\n"},
    {"istio", "EnvoyFilter", "networking.istio.io/v1alpha3",
     OF_GATEWAY "  configPatches:\n" OF_RULE "        direct_response:\n          status: 403\n"},
    {"istio", "DestinationRule", "networking.istio.io/v1",
     "  host: web\n  trafficPolicy:\n    connectionPool:\n      tcp:\n        connectTimeout: 5s\n"
     "    loadBalancer:\n      consistentHash:\n        httpHeaderName: x-user\n"
     "    tls:\n      mode: SIMPLE\n      sni: web.org\n"},
    {"istio", "DestinationRule", "networking.istio.io/v1",
     "  host: web\n  trafficPolicy:\n    loadBalancer:\n      consistentHash:\n        "
     "httpCookie:\n"
     "          name: c\n          path: /\n          ttl: 0s\n          attributes:\n"
     "          - name: Secure\n          - name: SameSite\n            value: Lax\n"},
    {"istio", "AuthorizationPolicy", "security.istio.io/v1",
     OF_GATEWAY "  action: DENY\n  rules:\n  - from:\n    - source:\n        notRemoteIpBlocks: "
                "[10.0.0.0/8]\n    to:\n    - operation:\n        hosts: [a.org, 'a.org:*']\n"},
    {"istio", "AuthorizationPolicy", "security.istio.io/v1",
     OF_GATEWAY "  action: CUSTOM\n  provider: {name: p}\n  rules:\n  - to:\n    - operation:\n"
                "        hosts: [a.org, 'a.org:*']\n"},
    {"envoy-gateway", "SecurityPolicy", "gateway.envoyproxy.io/v1alpha1",
     OF_ROUTE "  authorization:\n    defaultAction: Deny\n    rules:\n    - action: Allow\n"
              "      principal:\n        clientCIDRs: [10.0.0.0/8]\n"
              "  extAuth:\n    headersToExtAuth: [cookie, x-forwarded-for]\n    http:\n"
              "      backendRefs:\n      - name: auth\n        port: 80\n      pathOverride: /c\n"},
    {"envoy-gateway", "SecurityPolicy", "gateway.envoyproxy.io/v1alpha1",
     OF_ROUTE "  basicAuth:\n    users:\n      name: users\n"},
    {"envoy-gateway", "HTTPRouteFilter", "gateway.envoyproxy.io/v1alpha1",
     "  urlRewrite:\n    path:\n      type: ReplaceRegexMatch\n      replaceRegexMatch:\n"
     "        pattern: ^/a/(.*)$\n        substitution: /b/\\1\n"},
    {"envoy-gateway", "HTTPRouteFilter", "gateway.envoyproxy.io/v1alpha1",
     "  directResponse:\n    statusCode: 403\n    body:\n      type: Inline\n"
     "      inline: no\n"},
    {"envoy-gateway", "ClientTrafficPolicy", "gateway.envoyproxy.io/v1alpha1",
     OF_GATEWAY "  headers:\n    withUnderscoresAction: Allow\n  path:\n"
                "    escapedSlashesAction: KeepUnchanged\n  clientIPDetection:\n"
                "    xForwardedFor:\n      trustedCIDRs: [10.0.0.0/8]\n"
                "  proxyProtocol:\n    optional: true\n"},
    {"envoy-gateway", "BackendTrafficPolicy", "gateway.envoyproxy.io/v1alpha1",
     OF_ROUTE "  timeout:\n    tcp:\n      connectTimeout: 5s\n    http:\n"
              "      requestTimeout: 0s\n      streamIdleTimeout: 60s\n"
              "  requestBuffer:\n    limit: 8Mi\n  retry:\n    numRetries: 2\n    retryOn:\n"
              "      triggers: [connect-failure]\n  loadBalancer:\n    type: ConsistentHash\n"
              "    consistentHash: {type: SourceIP}\n"
              "  rateLimit:\n    type: Local\n    local:\n      rules:\n"
              "      - clientSelectors:\n        - sourceCIDR:\n            type: Distinct\n"
              "            value: 10.0.0.0/8\n            invert: true\n        limit:\n"
              "          requests: 7\n          unit: Second\n"},
    {"nginx-gateway-fabric", "ClientSettingsPolicy", "gateway.nginx.org/v1alpha1",
     "  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}\n"
     "  body:\n    maxSize: 8m\n"},
    {"nginx-gateway-fabric", "ProxySettingsPolicy", "gateway.nginx.org/v1alpha1",
     OF_ROUTE "  buffering:\n    disable: true\n  timeout:\n    read: 60s\n"},
    {"nginx-gateway-fabric", "RateLimitPolicy", "gateway.nginx.org/v1alpha1",
     OF_ROUTE "  rateLimit:\n    rejectCode: 429\n    local:\n      rules:\n      - rate: 7r/s\n"
              "        burst: 35\n        noDelay: true\n        key: $binary_remote_addr\n"
              "        zoneSize: 5m\n"},
    {"nginx-gateway-fabric", "AuthenticationFilter", "gateway.nginx.org/v1alpha1",
     "  type: Basic\n  basic:\n    realm: Here\n    secretRef:\n      name: users\n"},
    {"nginx-gateway-fabric", "SnippetsFilter", "gateway.nginx.org/v1alpha1", OF_SERVER},
    {"nginx-gateway-fabric", "UpstreamSettingsPolicy", "gateway.nginx.org/v1alpha1",
     "  targetRefs: [{group: '', kind: Service, name: web}]\n"
     "  loadBalancingMethod: hash consistent\n  hashMethodKey: $remote_addr\n"},
};

/* The spec with a field of no meaning in front of its line `at`; false where there is no such line. */
static bool with_field(const char *spec, size_t at, char *out, size_t size)
{
    bool done = false;
    size_t used = 0;
    for (size_t i = 0; *spec; i++) {
        size_t length = strcspn(spec, "\n") + 1, blank = strspn(spec, " ");
        bool item = spec[blank] == '-';
        const char *key = spec + blank + (item ? 2 : 0);
        int written = i != at ? snprintf(out + used, size - used, "%.*s", (int)length, spec)
                              : snprintf(out + used, size - used, "%*s%ssurprise: 1\n%*s%.*s",
                                         (int)blank, "", item ? "- " : "", (int)(key - spec), "",
                                         (int)(spec + length - key), key);
        assert_true(written > 0 && (size_t)written < size - used);
        used += (size_t)written;
        spec += length;
        done = done || i == at;
    }
    return done;
}

static size_t not_understood(const struct row *row, const char *spec)
{
    struct fixture f;
    char yaml[8192], filter[256] = "";
    if (strstr(row->kind, "Filter") && strcmp(row->profile, "istio") != 0) {
        snprintf(
            filter, sizeof filter,
            "filters: [{type: ExtensionRef, extensionRef: {group: %.*s, kind: %s, name: p}}], ",
            (int)strcspn(row->version, "/"), row->version, row->kind);
    }
    snprintf(
        yaml, sizeof yaml,
        SERVICE("web") SERVICE("auth") EDGE ROUTE(
            "a", "hostnames: [a.org], rules: [{%s" TO(
                     "web") "}]") "apiVersion: %s\nkind: %s\nmetadata: {name: p, namespace: shop}\n"
                                  "spec:\n%s",
        filter, row->version, row->kind, spec);
    fixture_open(&f, row->profile, FIXTURE_OPEN, yaml);
    size_t count = fixture_count(&f, DIAG_G040);
    fixture_close(&f);
    return count;
}

static void test_gateway_unknown_fields_are_unknown(void **state)
{
    (void)state;
    char spec[4096];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (not_understood(&rows[i], rows[i].spec)) {
            fail_msg("row %zu, %s: not understood as it is", i, rows[i].kind);
        }
        for (size_t at = 0; with_field(rows[i].spec, at, spec, sizeof spec); at++) {
            if (!not_understood(&rows[i], spec)) {
                fail_msg("row %zu, %s, line %zu:\n%s", i, rows[i].kind, at, spec);
            }
        }
    }
}

/* Other values, and second entries of lists. */
static void test_gateway_other_values_are_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *from, *to;
    } changes[] = {
        {"EnvoyFilter", "context: GATEWAY\n      listener", "context: ANY\n      listener"},
        {"EnvoyFilter", "disabled: true", "disabled: false"},
        {"EnvoyFilter", "numerator: 100", "numerator: 50"},
        {"EnvoyFilter", "- remote_address: {}", "- remote_address: {}\n              - x: {}"},
        {"EnvoyFilter", "action: DENY", "action: ALLOW"},
        {"EnvoyFilter", "- remote_ip", "- direct_remote_ip"},
        {"EnvoyFilter", "- any: true", "- any: false"},
        {"DestinationRule", "name: Secure", "name: HttpOnly"},
        {"DestinationRule", "name: Secure", "name: SameSite\n            value: None"},
        {"EnvoyFilter", "operation: MERGE\n      value:\n        route",
         "operation: ADD\n      value:\n        route"},
        {"EnvoyFilter", "regex: ^/a/(.*)$", "regex: ^/a/(.*)"},
        {"EnvoyFilter", "          route:\n            name: shop.a.0",
         "          domainName: a.org\n          route:\n            name: shop.a.0"},
        {"HTTPRouteFilter", "ReplaceRegexMatch", "ReplaceFullPath"},
        {"HTTPRouteFilter", "type: Inline", "type: ValueRef"},
        {"AuthenticationFilter", "type: Basic", "type: JWT"},
        {"SnippetsFilter", "auth_request _auth_1;", "auth_request _auth_2;"},
        {"SnippetsFilter", "internal;", "internal; limit_rate 1;"},
        {"DestinationRule", "connectTimeout: 5s", "connectTimeout: 5"},
        {"DestinationRule", "httpHeaderName: x-user",
         "httpHeaderName: x-user\n        useSourceIp: true"},
        {"DestinationRule", "    loadBalancer:\n", "    loadBalancer:\n      simple: RANDOM\n"},
        {"AuthorizationPolicy", "action: DENY", "action: ALLOW"},
        {"SecurityPolicy", "action: Allow", "action: Log"},
        {"SecurityPolicy", "[cookie, x-forwarded-for]", "[x-forwarded-for]"},
        {"SecurityPolicy", "- name: auth", "- name: web\n        port: 80\n      - name: auth"},
        {"SecurityPolicy", "- name: auth", "- group: x.org\n        name: auth"},
        {"ClientTrafficPolicy", "KeepUnchanged", "Other"},
        {"BackendTrafficPolicy", "type: Local", "type: Global"},
        {"BackendTrafficPolicy", "connectTimeout: 5s", "connectTimeout: soon"},
        {"BackendTrafficPolicy", "{type: SourceIP}",
         "{type: Headers, headers: [{name: a}, {name: b}]}"},
        {"BackendTrafficPolicy", "unit: Second\n",
         "unit: Second\n      - clientSelectors: [{sourceCIDR: {type: Distinct, value: 11.0.0.0/8, "
         "invert: true}}]\n        limit: {requests: 7, unit: Second}\n"},
        {"ClientSettingsPolicy", "8m", "8x"},
        {"ProxySettingsPolicy", "60s", "0s"},
        {"RateLimitPolicy", "rejectCode: 429", "rejectCode: '429'"},
        {"RateLimitPolicy", "noDelay: true", "noDelay: false"},
        {"UpstreamSettingsPolicy", "hash consistent", "hash"},
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        size_t tried = 0;
        for (size_t j = 0; j < ARRAY_LEN(rows); j++) {
            const char *at = strstr(rows[j].spec, changes[i].from);
            char spec[4096];
            if (strcmp(rows[j].kind, changes[i].kind) != 0 || !at) {
                continue;
            }
            snprintf(spec, sizeof spec, "%.*s%s%s", (int)(at - rows[j].spec), rows[j].spec,
                     changes[i].to, at + strlen(changes[i].from));
            if (!not_understood(&rows[j], spec)) {
                fail_msg("change %zu:\n%s", i, spec);
            }
            tried++;
        }
        assert_true(tried > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway_other_values_are_unknown),
        cmocka_unit_test(test_gateway_unknown_fields_are_unknown),
    };
    return cmocka_run_group_tests_name("gateway_fields", tests, NULL, NULL);
}
