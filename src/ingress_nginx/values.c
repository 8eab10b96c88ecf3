#include "ingress_nginx/model_priv.h"

/* Numbers and sizes as nginx takes them. */

/* ngx_parse_time: a signed number of milliseconds, without a sign. */
bool nginx_takes_seconds(int64_t seconds)
{
    return seconds >= 0 && seconds <= INT64_MAX / 1000;
}

int64_t nginx_ms(int64_t seconds)
{
    return seconds < 0 ? 0 : nginx_takes_seconds(seconds) ? 1000 * seconds : INT64_MAX;
}

/* ngx_http_upstream_next: 0 tries set no limit. */
int64_t nginx_attempts(struct slice conditions, int64_t tries)
{
    struct slice word;
    while (slice_split(&conditions, ' ', &word)) {
        if (slice_is(word, "off")) { /* ngx_http_upstream_next */
            return 0;
        }
    }
    if (tries < 0) {
        return 0;
    }
    return tries == 0 ? -1 : tries - 1;
}

/* ngx_parse_size knows k and m only. */
bool plain_size(struct slice text, int64_t *bytes)
{
    char unit;
    return size_parse(text, bytes, &unit) && unit != 'b' && unit != 'g';
}

/* ngx_http_proxy_module, ngx_http_upstream_merge_conf. */
const char *buffers_refused(int64_t count, struct slice size, struct slice busy,
                            struct slice temporary)
{
    int64_t one, most, file;
    char unit;
    if (count < 2) {
        return "less than 2 proxy_buffers";
    }
    if (!plain_size(size, &one) || one == 0) {
        return "the size of the proxy buffers";
    }
    if (busy.len && !plain_size(busy, &most)) {
        return "the size of the proxy buffers that are busy";
    }
    most = busy.len ? most : 2 * one;
    if (most < one) {
        return "busy proxy buffers that are smaller than one buffer";
    }
    if (most / one > count - 1 || (most / one == count - 1 && most % one)) {
        return "busy proxy buffers that are larger than all proxy buffers but one";
    }
    /* the template leaves out what is no size (isValidByteSize), and ngx_conf_set_size takes no 'b' */
    bool limited = size_parse(temporary, &file, &unit);
    return limited && file != 0 && file < one ? "temporary files that are smaller than one buffer"
                                              : NULL;
}
