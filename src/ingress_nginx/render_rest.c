#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

/* Annotations of which something stands in the text, or which only say how the model is made. */
static bool is_written(enum annotation_id id)
{
    static const enum annotation_id ids[] = {
        AN_allowlist_source_range,
        AN_app_root,
        AN_auth_cache_key,
        AN_auth_method,
        AN_auth_realm,
        AN_auth_response_headers,
        AN_auth_secret,
        AN_auth_secret_type,
        AN_auth_signin,
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
        AN_denylist_source_range,
        AN_enable_cors,
        AN_force_ssl_redirect,
        AN_from_to_www_redirect,
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
        AN_proxy_request_buffering,
        AN_proxy_send_timeout,
        AN_relative_redirects,
        AN_rewrite_target,
        AN_satisfy,
        AN_server_alias,
        AN_server_snippet,
        AN_ssl_redirect,
        AN_temporal_redirect,
        AN_temporal_redirect_code,
        AN_upstream_vhost,
        AN_use_regex,
        AN_x_forwarded_prefix,
    };
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (ids[i] == id) {
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
