#include "ingress_nginx/model_priv.h"

/* What one client may do (annotations/ratelimit; template.go, buildRateLimit). */

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

static int64_t times(int64_t a, int64_t b)
{
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int64_t positive(int64_t value)
{
    return value > 0 ? value : 0;
}

/* The zones are those of the Ingress; each is written where its limit is above 0. */
static void add_rates(struct model *model, const struct annotations *annotations, struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_limit_rps, AN_limit_rpm, AN_limit_connections,
                                             AN_limit_burst_multiplier, AN_limit_allowlist};
    const struct settings *settings = model->settings;
    int64_t second = positive(annotation_int(annotations, AN_limit_rps, 0));
    int64_t minute = positive(annotation_int(annotations, AN_limit_rpm, 0));
    int64_t connections = positive(annotation_int(annotations, AN_limit_connections, 0));
    int64_t burst = annotation_int(annotations, AN_limit_burst_multiplier, 5);
    if (!second && !minute && !connections) {
        return;
    }
    struct route_rate_limit *limit = NEW_EFFECT(model->run, rate_limit);
    *limit = (struct route_rate_limit){
        .per_second = second,
        .second_burst = times(second, burst),
        .per_minute = minute,
        .minute_burst = times(minute, burst),
        .connections = connections,
        .status = second || minute ? settings->limit_status : 0,
        .connection_status = connections ? settings->limit_connection_status : 0,
        .exempt = networks_read(model->run, annotation_text(annotations, AN_limit_allowlist)),
    };
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct effect_source source = annotation_source(annotations, ids[i]);
        if (!limit->source.name.ptr) {
            limit->source = source;
        } else if (source.name.ptr) {
            rule_add_source(model->run, rule, EFFECT_rate_limit, source);
        }
    }
    if (!slice_is(settings->limit_key, "$binary_remote_addr") &&
        !slice_is(settings->limit_key, "$remote_addr")) {
        rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_PROTECTION,
                                    setting_source(settings, "limit-conn-zone-variable"),
                                    arena_printf(model->run->arena,
                                                 "limits count by '" SLICE_FMT
                                                 "', and not by the client's address",
                                                 SLICE_ARG(settings->limit_key)));
    }
    rule->effects.rate_limit = limit;
}

static void add_bandwidth(struct model *model, const struct annotations *annotations,
                          struct rule *rule)
{
    const struct settings *settings = model->settings;
    int64_t rate = annotation_int(annotations, AN_limit_rate, settings->limit_rate);
    int64_t after = annotation_int(annotations, AN_limit_rate_after, settings->limit_rate_after);
    if (rate <= 0) {
        return;
    }
    struct route_bandwidth *bandwidth = NEW_EFFECT(model->run, bandwidth);
    bandwidth->source = annotation_set(annotations, AN_limit_rate)
                            ? annotation_source(annotations, AN_limit_rate)
                            : setting_source(settings, "limit-rate");
    bandwidth->bytes_per_second = times(rate, 1024);
    bandwidth->free_bytes = times(positive(after), 1024);
    if (annotation_set(annotations, AN_limit_rate_after)) {
        rule_add_source(model->run, rule, EFFECT_bandwidth,
                        annotation_source(annotations, AN_limit_rate_after));
    }
    rule->effects.bandwidth = bandwidth;
}

static void refuse(struct model *model, const struct annotations *annotations,
                   enum annotation_id id, const char *why)
{
    model_freeze(model, annotation_source(annotations, id), annotations->ingress->object.subject,
                 arena_printf(model->run->arena, "nginx refuses %s", why));
}

/* Values that pass the controller's checks (ngx_http_limit_req_module, ngx_http_limit_conn_module). */
static void check_refused(struct model *model, const struct annotations *annotations)
{
    bool limited = annotation_int(annotations, AN_limit_rps, 0) > 0 ||
                   annotation_int(annotations, AN_limit_rpm, 0) > 0;
    if (limited && annotation_int(annotations, AN_limit_burst_multiplier, 5) <= 0) {
        refuse(model, annotations, AN_limit_burst_multiplier,
               "a burst of 0 or less in a rate limit");
    }
    if (annotation_int(annotations, AN_limit_connections, 0) > UINT16_MAX) {
        refuse(model, annotations, AN_limit_connections, "a limit of more than 65535 connections");
    }
}

void add_limits(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    add_rates(model, annotations, rule);
    add_bandwidth(model, annotations, rule);
    check_refused(model, annotations);
}
