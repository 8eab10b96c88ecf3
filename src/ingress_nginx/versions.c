#include "ingress_nginx/model_priv.h"

/* Defaults and annotations that differed in earlier versions of the controller. Read from the tags of
 * kubernetes/ingress-nginx: config.go NewDefault, pkg/flags, annotations/, nginx.tmpl. */

#define VERSION(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))

/* Before `since`, but not before `from`, the key of the ConfigMap, or the flag, has this default. The last rows are no
 * keys, and say what the templates did. */
static const struct {
    const char *key;
    int64_t from, since;
    const char *value;
} defaults[] = {
    {"hsts-max-age", 0, VERSION(1, 9, 5), "15724800"},
    {"allow-snippet-annotations", 0, VERSION(1, 9, 1), "true"},
    {"annotations-risk-level", 0, VERSION(1, 12, 0), "Critical"},
    {"allow-cross-namespace-resources", 0, VERSION(1, 12, 0), "true"},
    {"enable-annotation-validation", 0, VERSION(1, 12, 0), "false"},
    {"proxy-busy-buffers-size", VERSION(1, 13, 0), VERSION(1, 13, 2), "8k"},
    {"x-original-forwarded-host", 0, VERSION(1, 13, 0), "false"},
    {"port in redirects between names", 0, VERSION(1, 12, 0), "false"},
    {"auth-keepalive fails with headers", 0, VERSION(1, 13, 0), "false"},
};

/* Annotations that came later than 1.9.0. An alias is older than its main name. */
static const struct {
    enum annotation_id id;
    int64_t since;
} additions[] = {
    {AN_allowlist_source_range, VERSION(1, 9, 1)},
    {AN_limit_allowlist, VERSION(1, 9, 1)},
    {AN_disable_proxy_intercept_errors, VERSION(1, 9, 5)},
    {AN_custom_headers, VERSION(1, 10, 1)},
    {AN_temporal_redirect_code, VERSION(1, 12, 0)},
    {AN_relative_redirects, VERSION(1, 13, 0)},
    {AN_proxy_busy_buffers_size, VERSION(1, 13, 0)},
};

bool version_read(struct slice text, int64_t *out)
{
    int64_t numbers[3] = {0, 0, 999}; /* "1.13" is the last of its patches */
    struct slice part;
    size_t count = 0;
    text = slice_starts(text, SLICE("v")) ? slice_sub(text, 1, text.len) : text;
    while (slice_split(&text, '.', &part)) {
        uint64_t number;
        if (count == ARRAY_LEN(numbers) || !slice_to_uint(part, 999, &number)) {
            return false;
        }
        numbers[count++] = (int64_t)number;
    }
    *out = VERSION(numbers[0], numbers[1], numbers[2]);
    return count >= 2 && *out >= VERSION(1, 9, 0) && *out < VERSION(1, 16, 0);
}

struct slice version_default(int64_t version, const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
        if (version >= defaults[i].from && version < defaults[i].since &&
            slice_is(slice_of(key), defaults[i].key)) {
            return slice_of(defaults[i].value);
        }
    }
    return SLICE_ABSENT;
}

bool version_has(int64_t version, enum annotation_id id, bool alias)
{
    for (size_t i = 0; i < ARRAY_LEN(additions) && !alias; i++) {
        if (additions[i].id == id && version < additions[i].since) {
            return false;
        }
    }
    return true;
}
