#include "ingress_nginx/model_priv.h"

/* The global auth service: values that the controller does not take (template/configmap.go ReadConfig). */

/* annotations/authreq ValidCacheDuration: statuses come before the time. */
static bool is_duration(struct slice text)
{
    static const char *const units[] = {"ms", "s", "m", "h", "d", "w", "M", "y"};
    struct slice word;
    bool timed = false;
    while (slice_split(&text, ' ', &word)) {
        size_t digits = 0;
        while (digits < word.len && word.ptr[digits] >= '0' && word.ptr[digits] <= '9') {
            digits++;
        }
        struct slice unit = slice_sub(word, digits, word.len);
        if (digits == 3 && !unit.len && timed) {
            return false;
        }
        timed = timed || (digits && slice_is_one_of(unit, units, ARRAY_LEN(units)));
    }
    return timed;
}

bool cache_durations_pass(struct slice text)
{
    struct slice one;
    while (slice_split(&text, ',', &one)) {
        one = slice_trim(one);
        if (one.len && !is_duration(one)) {
            return false;
        }
    }
    return true;
}

bool auth_url_passes(struct slice text)
{
    struct url url;
    return url_parse(text, &url) && url.host.len && !slice_contains(url.host, SLICE(".."));
}

static bool is_method(struct slice text)
{
    static const char *const methods[] = {"GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                          "DELETE", "CONNECT", "OPTIONS", "TRACE"};
    return !text.len || slice_is_one_of(text, methods, ARRAY_LEN(methods));
}

/* `value` becomes what counts in its place. */
static void check(struct run *run, const struct settings *settings, const char *key, bool passes,
                  struct slice instead, struct slice *value)
{
    const struct label *label = labels_find(&settings->config->data, key);
    if (!label || passes) {
        return;
    }
    diag_at(run->diag, DIAG_N012, label->span, settings->config->object.subject,
            "setting '%s' has the bad value '" SLICE_FMT
            "', which the controller ignores%s" SLICE_FMT "%s",
            key, SLICE_ARG(label->value), instead.len ? "; '" : "; nothing is set",
            SLICE_ARG(instead), instead.len ? "' counts in its place" : "");
    *value = instead;
}

void settings_check_auth(struct run *run, struct settings *settings)
{
    struct slice usual = slice_of(annotation_row(AN_auth_cache_duration)->fallback);
    if (!settings->config) {
        return;
    }
    check(run, settings, "global-auth-url",
          !settings->global_auth.len || auth_url_passes(settings->global_auth), SLICE(""),
          &settings->global_auth);
    check(run, settings, "global-auth-method", is_method(settings->global_auth_method), SLICE(""),
          &settings->global_auth_method);
    check(run, settings, "global-auth-cache-duration",
          cache_durations_pass(settings->global_auth_duration), usual,
          &settings->global_auth_duration);
    /* a text without any time has the usual one, but without the key there is none */
    if (labels_find(&settings->config->data, "global-auth-cache-duration") &&
        !settings->global_auth_duration.len) {
        settings->global_auth_duration = usual;
    }
}
