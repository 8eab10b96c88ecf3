#include "ingress_nginx/model_priv.h"

/* Values of the ConfigMap that reach nginx.conf as they are. */

static bool is_word(struct slice word, const char *list)
{
    struct slice rest = slice_of(list), one;
    while (slice_split(&rest, ' ', &one)) {
        if (slice_equal(one, word)) {
            return true;
        }
    }
    return false;
}

enum refusal {
    REFUSE_TIME,
    REFUSE_COUNT,
    REFUSE_SWITCH,
    REFUSE_CONDITIONS,
    REFUSE_NETWORKS,
    REFUSE_VERSION,
    REFUSE_PAIR,
    REFUSE_LINES,
    REFUSE_SIZE
};

static size_t words_of(struct slice text)
{
    struct slice word;
    size_t words = 0;
    while (slice_split(&text, ' ', &word)) {
        words += word.len > 0;
    }
    return words;
}

/* "4 8k": a number, and the size of one; 0 where nginx refuses it (ngx_conf_set_bufs_slot). */
static uint64_t line_bytes(struct slice value)
{
    struct slice count = SLICE(""), size = SLICE("");
    int64_t number, bytes;
    bool two = words_of(value) == 2 && slice_split(&value, ' ', &count);
    while (two && !size.len && slice_split(&value, ' ', &size)) {
        size = slice_trim(size);
    }
    bool read =
        two && slice_to_int(count, &number) && number > 0 && plain_size(size, &bytes) && bytes > 0;
    return read ? (uint64_t)bytes : 0;
}

uint64_t settings_line_bytes(const struct settings *settings)
{
    int64_t first;
    uint64_t large = line_bytes(settings->header_buffers);
    bool read = plain_size(settings->header_buffer, &first) && first > 0;
    return read && (uint64_t)first > large ? (uint64_t)first : large;
}

static bool refused(enum refusal kind, struct slice value)
{
    int64_t number;
    struct slice item;
    struct network network;
    bool is_number = slice_to_int(value, &number);
    switch (kind) {
    case REFUSE_TIME:
        return is_number && !nginx_takes_seconds(number);
    case REFUSE_COUNT:
        return is_number && number < 0;
    case REFUSE_SWITCH: /* ngx_conf_set_flag_slot, in any case */
        return !slice_equal_fold(value, SLICE("on")) && !slice_equal_fold(value, SLICE("off"));
    case REFUSE_VERSION:
        return !is_word(value, "1.0 1.1");
    case REFUSE_PAIR: /* ngx_http_proxy_cookie_domain, ngx_http_proxy_cookie_path */
        return !slice_is(value, "off") && words_of(value) != 2;
    case REFUSE_SIZE:
        return !plain_size(value, &number) || number == 0;
    case REFUSE_LINES:
        return line_bytes(value) == 0;
    case REFUSE_CONDITIONS:
        while (slice_split(&value, ' ', &item)) {
            if (item.len &&
                !is_word(item, "error timeout invalid_header non_idempotent http_500 http_502 "
                               "http_503 http_504 http_403 http_404 http_429 updating off")) {
                return true;
            }
        }
        return false;
    case REFUSE_NETWORKS:
        while (slice_split(&value, ',', &item)) {
            item = slice_trim(item);
            if (item.len && !slice_is(item, "all") && !slice_is(item, "unix:") &&
                !network_parse(item, &network)) {
                return true;
            }
        }
        return false;
    }
    return false;
}

static void freeze_setting(struct model *model, const struct label *label, const char *what)
{
    model_freeze(model, (struct effect_source){label->key, label->span},
                 model->settings->config->object.subject,
                 arena_printf(model->run->arena,
                              "nginx refuses %s of setting '" SLICE_FMT "' ('" SLICE_FMT "')", what,
                              SLICE_ARG(label->key), SLICE_ARG(label->value)));
}

/* controller.go createServers gives the location of nobody no proxy-redirect-to at all, and nginx takes no
 * proxy_redirect of one word but these. */
static void check_redirect(struct model *model)
{
    const struct settings *settings = model->settings;
    const struct label *label = labels_find(&settings->config->data, "proxy-redirect-from");
    const struct server *server = model->servers[0];
    bool nobody = false;
    for (size_t i = 0; i < server->count; i++) {
        nobody = nobody || !server->locations[i]->item;
    }
    if (label && nobody && !is_word(settings->redirect_from, "off default")) {
        freeze_setting(model, label, "without a second address, on the default server, the value");
    }
}

/* ngx_http_core_error_page */
static void check_statuses(struct model *model)
{
    struct texts statuses;
    settings_statuses(model, &statuses);
    for (size_t i = 0; i < statuses.count; i++) {
        if (slice_is(statuses.items[i], "499")) {
            freeze_setting(model, labels_find(&model->settings->config->data, "custom-http-errors"),
                           "an error page for 499 in the value");
        }
    }
}

/* The default server has all of these, so one bad value is enough. */
void settings_check(struct model *model)
{
    static const struct {
        const char *key;
        enum refusal kind;
    } checks[] = {
        {"proxy-connect-timeout", REFUSE_TIME},
        {"proxy-send-timeout", REFUSE_TIME},
        {"proxy-read-timeout", REFUSE_TIME},
        {"proxy-next-upstream-tries", REFUSE_COUNT},
        {"proxy-buffering", REFUSE_SWITCH},
        {"proxy-request-buffering", REFUSE_SWITCH},
        {"proxy-next-upstream", REFUSE_CONDITIONS},
        {"block-cidrs", REFUSE_NETWORKS},
        {"denylist-source-range", REFUSE_NETWORKS},
        {"whitelist-source-range", REFUSE_NETWORKS},
        {"proxy-http-version", REFUSE_VERSION},
        {"proxy-cookie-domain", REFUSE_PAIR},
        {"large-client-header-buffers", REFUSE_LINES},
        {"client-header-buffer-size", REFUSE_SIZE},
        {"proxy-cookie-path", REFUSE_PAIR},
        {"proxy-next-upstream-timeout", REFUSE_TIME},
    };
    static const char *const buffers[] = {"proxy-buffers-number", "proxy-busy-buffers-size",
                                          "proxy-max-temp-file-size", "proxy-buffer-size"};
    const struct settings *settings = model->settings;
    if (!settings->config) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        const struct label *label = labels_find(&settings->config->data, checks[i].key);
        if (label && refused(checks[i].kind, slice_trim(label->value))) {
            freeze_setting(model, label, "the value");
        }
    }
    check_redirect(model);
    check_statuses(model);
    const char *why = buffers_refused(settings->buffers, settings->buffer_size, settings->busy_size,
                                      settings->temporary_size);
    for (size_t i = 0; why && i < ARRAY_LEN(buffers); i++) {
        const struct label *label = labels_find(&settings->config->data, buffers[i]);
        if (label) {
            freeze_setting(model, label, why);
            break;
        }
    }
}
