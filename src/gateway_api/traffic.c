#include "gateway_api/gateway_priv.h"

/* Fields of a rule that change when and how often a request is sent: timeouts, retry, sessionPersistence. */

/* The data plane takes the field and does nothing with it. */
static void note_ignored(struct builder *builder, struct candidate *candidate, const char *field)
{
    diag_at(builder->run->diag, DIAG_G032, candidate->source->span,
            candidate->route->route->object.subject,
            "the field '%s' has no effect with %s: use a policy of its own", field,
            builder->profile->version);
}

static void note_open(struct builder *builder, struct candidate *candidate, const char *field,
                      enum aspect aspect, const char *what)
{
    diag_at(builder->run->diag, DIAG_G016, candidate->source->span,
            candidate->route->route->object.subject, "the field '%s' is experimental, and %s",
            field, what);
    candidate->rule.unknown = unknown_add(
        builder->run, candidate->rule.unknown, aspect,
        (struct effect_source){slice_of(field), candidate->source->span}, slice_of(what));
}

/* ---- timeouts ----------------------------------------------------------------------------- */

struct route_timeouts timeouts_in_force(struct builder *builder, const struct effects *effects)
{
    const struct effects *platform = builder->profile->platform;
    const struct route_timeouts *known = effects->timeouts ? effects->timeouts
                                         : platform        ? platform->timeouts
                                                           : NULL;
    return known ? *known
                 : (struct route_timeouts){.connect_ms = -1,
                                           .send_ms = -1,
                                           .read_ms = -1,
                                           .request_ms = -1,
                                           .backend_request_ms = -1};
}

/* envoy-gateway internal/xds/translator/route.go, idleTimeout */
void idle_follow_total(struct builder *builder, struct route_timeouts *timeouts)
{
    enum { HOUR_MS = 3600000 };
    if (builder->profile->idle_follows_total && !timeouts->idle_given) {
        int64_t total = timeouts->request_ms;
        timeouts->read_ms = total < 0 ? -1 : total > HOUR_MS ? total : HOUR_MS;
        timeouts->send_ms = timeouts->read_ms;
    }
}

static void set_timeouts(struct builder *builder, struct candidate *candidate)
{
    const struct http_rule *source = candidate->source;
    if (!source->has_request_timeout && !source->has_backend_timeout) {
        return;
    }
    if (builder->profile->ignores_timeouts) {
        note_ignored(builder, candidate, "timeouts");
        return;
    }
    struct route_timeouts *timeouts = ARENA_NEW(builder->run->arena, struct route_timeouts);
    *timeouts = timeouts_in_force(builder, &candidate->rule.effects);
    timeouts->source = (struct effect_source){SLICE("timeouts"), source->span};
    /* 0s switches a timeout off (HTTPRouteTimeouts in apis/v1/httproute_types.go) */
    int64_t total = source->request_ms ? (int64_t)source->request_ms : -1;
    int64_t single = source->backend_request_ms ? (int64_t)source->backend_request_ms : -1;
    bool replaces = source->has_backend_timeout && !source->has_retry &&
                    builder->profile->backend_timeout_is_total;
    if (source->has_request_timeout) {
        timeouts->request_ms = total;
    }
    if (source->has_backend_timeout) {
        timeouts->backend_request_ms = single;
        timeouts->request_ms = replaces ? single : timeouts->request_ms;
    }
    if (replaces || source->has_request_timeout) {
        idle_follow_total(builder, timeouts);
    }
    candidate->rule.effects.timeouts = timeouts;
}

/* ---- retry -------------------------------------------------------------------------------- */

/* HTTPRouteRetry in apis/v1/httproute_types.go: connection errors are tried again wherever the field is there,
 * and so are attempts that ran into backendRequest. */
static struct slice retry_conditions(struct builder *builder, const struct http_rule *source)
{
    struct arena *arena = builder->run->arena;
    const struct gateway_profile *profile = builder->profile;
    struct slice text =
        slice_of(profile->retry_conditions ? profile->retry_conditions : "connection errors");
    if (!profile->retry_conditions && source->has_backend_timeout && source->backend_request_ms) {
        text = arena_printf(arena, SLICE_FMT ", timeouts", SLICE_ARG(text));
    }
    if (!source->codes.count && profile->retry_codes) {
        text = arena_printf(arena, SLICE_FMT ", %s", SLICE_ARG(text), profile->retry_codes);
    }
    for (size_t i = 0; i < source->codes.count; i++) {
        text = arena_printf(arena, SLICE_FMT ", " SLICE_FMT, SLICE_ARG(text),
                            SLICE_ARG(source->codes.items[i]));
    }
    if (source->backoff_ms) {
        text = arena_printf(arena, SLICE_FMT "; %llu ms apart at least", SLICE_ARG(text),
                            (unsigned long long)source->backoff_ms);
    }
    return text;
}

static void set_retries(struct builder *builder, struct candidate *candidate)
{
    const struct http_rule *source = candidate->source;
    if (!source->has_retry) {
        return;
    }
    if (builder->profile->ignores_retry) {
        note_ignored(builder, candidate, "retry");
        return;
    }
    if (!source->has_attempts && !builder->profile->retry_attempts) {
        note_open(builder, candidate, "retry", ASPECT_TRAFFIC,
                  "how often a request is tried without 'attempts' is left to the implementation");
        return;
    }
    uint64_t attempts =
        source->has_attempts ? source->attempts : (uint64_t)builder->profile->retry_attempts;
    struct route_retries *retries = ARENA_NEW(builder->run->arena, struct route_retries);
    *retries = (struct route_retries){
        .source = {SLICE("retry"), source->span},
        .attempts = attempts > INT32_MAX ? INT32_MAX : (int64_t)attempts,
        .conditions = attempts ? retry_conditions(builder, source) : SLICE(""),
    };
    candidate->rule.effects.retries = retries;
}

/* ---- sessions ----------------------------------------------------------------------------- */

/* envoy-gateway internal/xds/translator/session_persistence.go, routePathToCookiePath */
static struct slice cookie_path(const struct http_match *match)
{
    struct slice path = match->path;
    if (match->path_type != ROUTE_PATH_REGEX) {
        return path;
    }
    size_t star = slice_find(path, '*', 0);
    while (star < path.len && star > 0 && path.ptr[star - 1] != '/') {
        star--;
    }
    return star >= path.len ? path : star > 1 ? slice_sub(path, 0, star - 1) : SLICE_ABSENT;
}

/* envoy-gateway internal/gatewayapi/route.go, processHTTPRouteRule: the name where none is given */
static struct slice envoy_session(struct builder *builder, const struct candidate *candidate)
{
    const struct object *object = &candidate->route->route->object;
    return candidate->source->session_name.len
               ? candidate->source->session_name
               : arena_printf(builder->run->arena, "httproute-" SLICE_FMT "-" SLICE_FMT "-rule-%zu",
                              SLICE_ARG(object->namespace), SLICE_ARG(object->name),
                              candidate->rule_index);
}

/* A session stays with the endpoint that it began at, whatever weights say later (SessionPersistence in
 * apis/v1/shared_types.go). */
static void set_session(struct builder *builder, struct candidate *candidate)
{
    const struct http_rule *source = candidate->source;
    bool envoy = builder->profile->sessions == SESSIONS_OF_ENVOY;
    if (builder->profile->sessions == SESSIONS_IGNORED || (envoy && candidate->is_call)) {
        note_ignored(builder, candidate, "sessionPersistence");
        return;
    }
    if (!envoy && !source->session_name.len) {
        note_open(builder, candidate, "sessionPersistence", ASPECT_TRAFFIC,
                  "what a session is called without 'sessionName' is left to the implementation");
        return;
    }
    struct slice name = envoy ? envoy_session(builder, candidate) : source->session_name;
    struct route_affinity *affinity = ARENA_NEW(builder->run->arena, struct route_affinity);
    *affinity = (struct route_affinity){.source = {SLICE("sessionPersistence"), source->span},
                                        .mode = AFFINITY_PERSISTENT,
                                        .never_secure = true};
    if (slice_is(source->session_type, "Header")) {
        affinity->header = name;
    } else {
        affinity->cookie = name;
        affinity->path = envoy ? cookie_path(candidate->match) : SLICE_ABSENT;
        if (slice_is(source->cookie_lifetime, "Permanent") && source->has_session_timeout) {
            affinity->max_age = arena_printf(builder->run->arena, "%llu",
                                             (unsigned long long)(source->session_ms / 1000));
        }
    }
    candidate->rule.effects.affinity = affinity;
    if (!envoy && affinity->cookie.ptr) {
        note_open(builder, candidate, "sessionPersistence", ASPECT_HEADERS,
                  "which attributes the cookie of a session has is left to the implementation");
    }
}

void traffic_apply(struct builder *builder, struct candidate *candidate)
{
    set_timeouts(builder, candidate);
    set_retries(builder, candidate);
    if (candidate->source->has_session_persistence) {
        set_session(builder, candidate);
    }
}
