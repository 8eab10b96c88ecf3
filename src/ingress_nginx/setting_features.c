#include "ingress_nginx/annotations_priv.h"
#include "ingress_nginx/model_priv.h"

/* What keys of the ConfigMap ask for that no annotation has by the same name. */
static const struct {
    const char *key;
    enum feature_id feature;
} rows[] = {
    {"add-headers", FEATURE_response_headers},
    {"allow-backend-server-header", FEATURE_response_headers},
    {"allow-cross-namespace-resources", FEATURE_none},
    {"allow-snippet-annotations", FEATURE_snippets},
    {"annotation-value-word-blocklist", FEATURE_none},
    {"annotations-risk-level", FEATURE_none},
    {"block-cidrs", FEATURE_addresses},
    {"block-referers", FEATURE_expression_match},
    {"block-user-agents", FEATURE_expression_match},
    {"client-body-timeout", FEATURE_idle_limit},
    {"client-header-buffer-size", FEATURE_request_reading},
    {"client-header-timeout", FEATURE_idle_limit},
    {"compute-full-forwarded-for", FEATURE_forwarded_headers},
    {"default-type", FEATURE_response_headers},
    {"denylist-source-range", FEATURE_addresses},
    {"enable-brotli", FEATURE_compression},
    {"enable-owasp-modsecurity-crs", FEATURE_firewall},
    {"enable-real-ip", FEATURE_forwarded_trust},
    {"enable-underscores-in-headers", FEATURE_request_reading},
    {"forwarded-for-header", FEATURE_forwarded_trust},
    {"forwarded-for-proxy-protocol-header", FEATURE_forwarded_trust},
    {"forwarded-host-header", FEATURE_forwarded_headers},
    {"generate-request-id", FEATURE_forwarded_headers},
    {"global-allowed-response-headers", FEATURE_response_headers},
    {"global-auth-always-set-cookie", FEATURE_asking},
    {"global-auth-cache-duration", FEATURE_asking},
    {"global-auth-cache-key", FEATURE_asking},
    {"global-auth-method", FEATURE_asking},
    {"global-auth-request-redirect", FEATURE_asking},
    {"global-auth-response-headers", FEATURE_external_auth},
    {"global-auth-signin", FEATURE_sign_in},
    {"global-auth-signin-redirect-param", FEATURE_sign_in},
    {"global-auth-snippet", FEATURE_asking},
    {"global-auth-url", FEATURE_external_auth},
    {"hide-headers", FEATURE_response_headers},
    {"hsts", FEATURE_transport_security},
    {"hsts-include-subdomains", FEATURE_transport_security},
    {"hsts-max-age", FEATURE_transport_security},
    {"hsts-preload", FEATURE_transport_security},
    {"http-redirect-code", FEATURE_redirect_code},
    {"http-snippet", FEATURE_snippets},
    {"ignore-invalid-headers", FEATURE_request_reading},
    {"large-client-header-buffers", FEATURE_request_reading},
    {"limit-conn-status-code", FEATURE_connection_limit},
    {"limit-conn-zone-variable", FEATURE_connection_limit},
    {"limit-req-status-code", FEATURE_rate_limit},
    {"location-snippet", FEATURE_snippets},
    {"main-snippet", FEATURE_snippets},
    {"nginx-status-ipv4-whitelist", FEATURE_addresses},
    {"nginx-status-ipv6-whitelist", FEATURE_addresses},
    {"no-auth-locations", FEATURE_external_auth},
    {"no-tls-redirect-locations", FEATURE_https_redirect},
    {"proxy-add-original-uri-header", FEATURE_forwarded_headers},
    {"proxy-real-ip-cidr", FEATURE_forwarded_trust},
    {"proxy-set-headers", FEATURE_request_headers},
    {"proxy-ssl-location-only", FEATURE_backend_client_certificate},
    {"retry-non-idempotent", FEATURE_retries},
    {"server-tokens", FEATURE_response_headers},
    {"ssl-reject-handshake", FEATURE_request_reading},
    {"upstream-keepalive-connections", FEATURE_request_headers},
    {"use-forwarded-headers", FEATURE_forwarded_trust},
    {"use-gzip", FEATURE_compression},
    {"use-http2", FEATURE_request_reading},
    {"use-proxy-protocol", FEATURE_proxy_protocol},
    {"whitelist-source-range", FEATURE_addresses},
};

enum feature_id setting_feature(struct slice key)
{
    bool alias;
    enum annotation_id id = annotation_find(key, &alias);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(key, rows[i].key)) {
            return rows[i].feature;
        }
    }
    return id != AN_none ? annotation_row(id)->feature : FEATURE_none;
}
