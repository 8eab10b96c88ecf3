#include "ingress_nginx/model_priv.h"

/* How risky the controller takes an annotation to be (internal/ingress/annotations, Risk of each field); those
 * that are not here are of low risk. Snippets are of critical risk. */
static const struct {
    enum annotation_id id;
    enum risk risk;
} rows[] = {
    {AN_affinity_mode, RISK_MEDIUM},
    {AN_allowlist_source_range, RISK_MEDIUM},
    {AN_app_root, RISK_MEDIUM},
    {AN_auth_cache_duration, RISK_MEDIUM},
    {AN_auth_cache_key, RISK_MEDIUM},
    {AN_auth_proxy_set_headers, RISK_MEDIUM},
    {AN_auth_realm, RISK_MEDIUM},
    {AN_auth_request_redirect, RISK_MEDIUM},
    {AN_auth_response_headers, RISK_MEDIUM},
    {AN_auth_secret, RISK_MEDIUM},
    {AN_auth_signin, RISK_HIGH},
    {AN_auth_signin_redirect_param, RISK_MEDIUM},
    {AN_auth_tls_error_page, RISK_HIGH},
    {AN_auth_tls_match_cn, RISK_HIGH},
    {AN_auth_tls_secret, RISK_MEDIUM},
    {AN_auth_tls_verify_client, RISK_MEDIUM},
    {AN_auth_url, RISK_HIGH},
    {AN_canary_by_cookie, RISK_MEDIUM},
    {AN_canary_by_header, RISK_MEDIUM},
    {AN_canary_by_header_pattern, RISK_MEDIUM},
    {AN_canary_by_header_value, RISK_MEDIUM},
    {AN_cors_allow_headers, RISK_MEDIUM},
    {AN_cors_allow_methods, RISK_MEDIUM},
    {AN_cors_allow_origin, RISK_MEDIUM},
    {AN_cors_expose_headers, RISK_MEDIUM},
    {AN_custom_headers, RISK_MEDIUM},
    {AN_denylist_source_range, RISK_MEDIUM},
    {AN_fastcgi_index, RISK_MEDIUM},
    {AN_fastcgi_params_configmap, RISK_MEDIUM},
    {AN_force_ssl_redirect, RISK_MEDIUM},
    {AN_mirror_host, RISK_HIGH},
    {AN_mirror_target, RISK_HIGH},
    {AN_modsecurity_transaction_id, RISK_HIGH},
    {AN_opentelemetry_operation_name, RISK_MEDIUM},
    {AN_permanent_redirect, RISK_MEDIUM},
    {AN_preserve_trailing_slash, RISK_MEDIUM},
    {AN_proxy_body_size, RISK_MEDIUM},
    {AN_proxy_cookie_domain, RISK_MEDIUM},
    {AN_proxy_cookie_path, RISK_MEDIUM},
    {AN_proxy_next_upstream, RISK_MEDIUM},
    {AN_proxy_redirect_from, RISK_MEDIUM},
    {AN_proxy_redirect_to, RISK_MEDIUM},
    {AN_proxy_ssl_ciphers, RISK_MEDIUM},
    {AN_proxy_ssl_name, RISK_HIGH},
    {AN_proxy_ssl_secret, RISK_MEDIUM},
    {AN_rewrite_target, RISK_MEDIUM},
    {AN_server_alias, RISK_HIGH},
    {AN_session_cookie_domain, RISK_MEDIUM},
    {AN_session_cookie_expires, RISK_MEDIUM},
    {AN_session_cookie_max_age, RISK_MEDIUM},
    {AN_session_cookie_name, RISK_MEDIUM},
    {AN_session_cookie_path, RISK_MEDIUM},
    {AN_temporal_redirect, RISK_MEDIUM},
    {AN_upstream_hash_by, RISK_HIGH},
    {AN_x_forwarded_prefix, RISK_MEDIUM},
};

enum risk annotation_risk(enum annotation_id id)
{
    if (annotation_row(id)->treatment == TREAT_RISK) {
        return RISK_CRITICAL;
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].id == id) {
            return rows[i].risk;
        }
    }
    return RISK_LOW;
}

bool risk_read(struct slice text, enum risk *out)
{
    static const char *const names[] = {"Low", "Medium", "High", "Critical"};
    for (int i = 0; i <= RISK_CRITICAL; i++) {
        if (slice_is(text, names[i])) {
            *out = (enum risk)i;
            return true;
        }
    }
    return false;
}
