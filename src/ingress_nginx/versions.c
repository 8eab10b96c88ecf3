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
    {"protocols towards backends", 0, VERSION(1, 10, 2), "TLSv1 TLSv1.1 TLSv1.2"},
    {"errors of the auth service", 0, VERSION(1, 13, 7), "as all"},
    {"errors of the auth service", VERSION(1, 14, 0), VERSION(1, 14, 3), "as all"},
    {"timeouts of gRPC", 0, VERSION(1, 11, 0), "false"},
    {"origins of any scheme", 0, VERSION(1, 13, 0), "false"},
    {"blanks between error codes", 0, VERSION(1, 12, 6), "false"},
    {"blanks between error codes", VERSION(1, 13, 0), VERSION(1, 13, 2), "false"},
    {"passthrough by any Ingress", 0, VERSION(1, 13, 8), "false"},
    {"passthrough by any Ingress", VERSION(1, 14, 0), VERSION(1, 14, 4), "false"},
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

/* Before 1.13 an origin is one of http or https (annotations/cors): with another scheme the value does not pass
 * where values are checked, and "null" is left out, as all else where they are not. */
static bool read_origins(struct run *run, bool validates, struct slice text, struct slice *out)
{
    struct slice rest = text, item;
    struct buf kept;
    bool passes = true;
    buf_init(&kept, BUF_TEXT_MAX);
    while (slice_split(&rest, ',', &item)) {
        item = slice_trim(item);
        size_t scheme = slice_find(item, ':', 0);
        bool web = slice_starts(item, SLICE("http://")) || slice_starts(item, SLICE("https://"));
        bool other = !web && slice_starts(slice_sub(item, scheme, item.len), SLICE("://"));
        passes = passes && !other;
        if (!other && !slice_is(item, "null")) {
            buf_printf(&kept, "%s" SLICE_FMT, kept.len ? "," : "", SLICE_ARG(item));
        }
    }
    *out = kept.len ? arena_copy(run->arena, buf_slice(&kept)) : SLICE("-");
    buf_release(&kept);
    return passes || !validates;
}

/* Before 1.12.6, and in 1.13.0 and 1.13.1, strconv.Atoi stops at them (annotations/customhttperrors). */
static bool has_blanks(struct slice codes)
{
    struct slice item;
    bool found = codes.len > 0 && codes.ptr[codes.len - 1] == ',';
    while (slice_split(&codes, ',', &item)) {
        found = found || item.len == 0 || slice_trim(item).len < item.len;
    }
    return found;
}

bool version_passes(struct run *run, const struct settings *settings, enum annotation_id id,
                    struct slice *value)
{
    if (id == AN_cors_allow_origin &&
        version_default(settings->version, "origins of any scheme").ptr) {
        return read_origins(run, settings->validates, *value, value);
    }
    return id != AN_custom_http_errors || !has_blanks(*value) ||
           !version_default(settings->version, "blanks between error codes").ptr;
}
