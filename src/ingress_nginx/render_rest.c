#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

/* Annotations of which something stands in the text, or which only say how the model is made. */
static const enum annotation_id written[] = {
    AN_affinity,
    AN_affinity_canary_behavior,
    AN_affinity_mode,
    AN_allowlist_source_range,
    AN_app_root,
    AN_auth_always_set_cookie,
    AN_auth_cache_duration,
    AN_auth_cache_key,
    AN_auth_keepalive,
    AN_auth_keepalive_requests,
    AN_auth_keepalive_share_vars,
    AN_auth_keepalive_timeout,
    AN_auth_method,
    AN_auth_proxy_set_headers,
    AN_auth_realm,
    AN_auth_request_redirect,
    AN_auth_response_headers,
    AN_auth_secret,
    AN_auth_secret_type,
    AN_auth_signin,
    AN_auth_signin_redirect_param,
    AN_auth_snippet,
    AN_auth_tls_error_page,
    AN_auth_tls_match_cn,
    AN_auth_tls_pass_certificate_to_upstream,
    AN_auth_tls_secret,
    AN_auth_tls_verify_client,
    AN_auth_tls_verify_depth,
    AN_auth_type,
    AN_auth_url,
    AN_backend_protocol,
    AN_canary,
    AN_client_body_buffer_size,
    AN_configuration_snippet,
    AN_connection_proxy_header,
    AN_cors_allow_credentials,
    AN_cors_allow_headers,
    AN_cors_allow_methods,
    AN_cors_allow_origin,
    AN_cors_expose_headers,
    AN_cors_max_age,
    AN_custom_headers,
    AN_custom_http_errors,
    AN_default_backend,
    AN_denylist_source_range,
    AN_disable_proxy_intercept_errors,
    AN_enable_access_log,
    AN_enable_cors,
    AN_enable_global_auth,
    AN_enable_modsecurity,
    AN_enable_opentelemetry,
    AN_enable_owasp_core_rules,
    AN_enable_rewrite_log,
    AN_fastcgi_index,
    AN_fastcgi_params_configmap,
    AN_force_ssl_redirect,
    AN_from_to_www_redirect,
    AN_limit_allowlist,
    AN_limit_burst_multiplier,
    AN_limit_connections,
    AN_limit_rate,
    AN_limit_rate_after,
    AN_limit_rpm,
    AN_limit_rps,
    AN_load_balance,
    AN_mirror_host,
    AN_mirror_request_body,
    AN_mirror_target,
    AN_modsecurity_snippet,
    AN_modsecurity_transaction_id,
    AN_opentelemetry_operation_name,
    AN_opentelemetry_trust_incoming_span,
    AN_permanent_redirect,
    AN_permanent_redirect_code,
    AN_preserve_trailing_slash,
    AN_proxy_body_size,
    AN_proxy_buffer_size,
    AN_proxy_buffering,
    AN_proxy_buffers_number,
    AN_proxy_busy_buffers_size,
    AN_proxy_connect_timeout,
    AN_proxy_cookie_domain,
    AN_proxy_cookie_path,
    AN_proxy_http_version,
    AN_proxy_max_temp_file_size,
    AN_proxy_next_upstream,
    AN_proxy_next_upstream_timeout,
    AN_proxy_next_upstream_tries,
    AN_proxy_read_timeout,
    AN_proxy_redirect_from,
    AN_proxy_redirect_to,
    AN_proxy_request_buffering,
    AN_proxy_send_timeout,
    AN_proxy_ssl_ciphers,
    AN_proxy_ssl_name,
    AN_proxy_ssl_protocols,
    AN_proxy_ssl_secret,
    AN_proxy_ssl_server_name,
    AN_proxy_ssl_verify,
    AN_proxy_ssl_verify_depth,
    AN_relative_redirects,
    AN_rewrite_target,
    AN_satisfy,
    AN_server_alias,
    AN_server_snippet,
    AN_service_upstream,
    AN_session_cookie_change_on_failure,
    AN_session_cookie_conditional_samesite_none,
    AN_session_cookie_domain,
    AN_session_cookie_expires,
    AN_session_cookie_max_age,
    AN_session_cookie_name,
    AN_session_cookie_path,
    AN_session_cookie_samesite,
    AN_session_cookie_secure,
    AN_ssl_ciphers,
    AN_ssl_passthrough,
    AN_ssl_prefer_server_ciphers,
    AN_ssl_redirect,
    AN_stream_snippet,
    AN_temporal_redirect,
    AN_temporal_redirect_code,
    AN_upstream_hash_by,
    AN_upstream_hash_by_subset,
    AN_upstream_hash_by_subset_size,
    AN_upstream_vhost,
    AN_use_port_in_redirects,
    AN_use_regex,
    AN_x_forwarded_prefix,
};

static bool is_written(enum annotation_id id)
{
    for (size_t i = 0; i < ARRAY_LEN(written); i++) {
        if (written[i] == id) {
            return true;
        }
    }
    return false;
}

void render_rest(struct render *render, const struct location *location)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    for (size_t i = 0; annotations && i < annotations->count && !render->text->runs; i++) {
        const struct annotation *one = &annotations->items[i];
        if (!is_written(one->id)) {
            buf_puts(render->out, "        # directives that are not shown: ");
            buf_put(render->out, slice_of(annotation_row(one->id)->name));
            buf_putc(render->out, ' ');
            for (size_t at = 0; at < one->value.len; at++) {
                char c = one->value.ptr[at];
                buf_putc(render->out, c == '\n' || c == '\r' ? ' ' : c);
            }
            buf_putc(render->out, '\n');
        }
    }
}
