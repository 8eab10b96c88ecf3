#include "evaluate/evaluate_priv.h"

static bool is_label_byte(char c)
{
    return is_alphanumeric(c) || c == '-';
}

static bool ends_fold(struct slice text, struct slice end)
{
    return text.len >= end.len &&
           slice_equal_fold(slice_sub(text, text.len - end.len, text.len), end);
}

/* ingress-nginx writes `$http_origin ~* (a|b)$`: any text may stand in front, and the first '*' is
 * [A-Za-z0-9\-]+ (rootfs/etc/nginx/template, buildCorsOriginRegex). */
static bool matches_end(struct slice pattern, struct slice origin)
{
    size_t star = slice_find(pattern, '*', 0);
    if (star == pattern.len) {
        return ends_fold(origin, pattern);
    }
    struct slice head = slice_sub(pattern, 0, star);
    struct slice tail = slice_sub(pattern, star + 1, pattern.len);
    if (!ends_fold(origin, tail)) {
        return false;
    }
    struct slice front = slice_sub(origin, 0, origin.len - tail.len);
    while (front.len > 0 && is_label_byte(front.ptr[front.len - 1])) {
        front.len--;
        if (ends_fold(front, head)) {
            return true;
        }
    }
    return false;
}

/* An origin with its scheme's default port is the one without (Gateway API, HTTPCORSFilter). */
static struct slice without_default_port(struct slice origin)
{
    struct slice port = slice_starts(origin, SLICE("https://"))  ? SLICE(":443")
                        : slice_starts(origin, SLICE("http://")) ? SLICE(":80")
                                                                 : SLICE("");
    return port.len && slice_ends(origin, port) ? slice_sub(origin, 0, origin.len - port.len)
                                                : origin;
}

/* Gateway API, HTTPCORSFilter.allowOrigins: '*' stands for one or more labels. */
static bool matches_whole(struct slice pattern, struct slice origin)
{
    pattern = without_default_port(pattern);
    origin = without_default_port(origin);
    size_t star = slice_find(pattern, '*', 0);
    if (star == pattern.len) {
        return slice_equal_fold(origin, pattern);
    }
    struct slice head = slice_sub(pattern, 0, star);
    struct slice tail = slice_sub(pattern, star + 1, pattern.len);
    return origin.len > head.len + tail.len &&
           slice_equal_fold(slice_sub(origin, 0, head.len), head) && ends_fold(origin, tail);
}

static bool origin_matches(const struct route_cors *cors, struct slice pattern, struct slice origin)
{
    return slice_is(pattern, "*") || (cors->end_anchored_only ? matches_end(pattern, origin)
                                                              : matches_whole(pattern, origin));
}

/* *allowed is the value of Access-Control-Allow-Origin. */
static bool origin_qualifies(struct context *context, const struct route_cors *cors,
                             struct slice *allowed)
{
    struct slice origin = headers_get(&context->headers, SLICE("origin"));
    bool qualifies = cors->any_origin && (origin.ptr || !cors->echo_origin);
    for (size_t i = 0; origin.ptr && !qualifies && i < cors->origins.count; i++) {
        qualifies = origin_matches(cors, cors->origins.items[i], origin);
    }
    *allowed = cors->echo_origin ? origin : SLICE("*");
    return qualifies;
}

static struct slice joined(struct arena *arena, const struct texts *texts, struct slice separator)
{
    if (!texts->count) {
        return SLICE_ABSENT;
    }
    struct slice *parts = ARENA_ARRAY(arena, struct slice, 2 * texts->count);
    for (size_t i = 0; i < texts->count; i++) {
        parts[2 * i] = i ? separator : SLICE("");
        parts[2 * i + 1] = texts->items[i];
    }
    return concat(arena, parts, 2 * texts->count);
}

/* The list as written; a lone "*" counts as a name like any other when credentials are sent, so what was
 * asked for is repeated instead (Fetch, "CORS-preflight fetch"; Gateway API, HTTPCORSFilter). */
static void put_list(struct context *context, const struct route_cors *cors,
                     const struct texts *list, const char *name, const char *asked,
                     struct seen_headers *response)
{
    struct slice separator = cors->preflight_needs_method ? SLICE(",") : SLICE(", ");
    struct slice value = joined(context->arena, list, separator);
    if (asked && cors->credentials && slice_is(value, "*")) {
        value = headers_joined(context->arena, &context->headers, slice_of(asked));
    }
    if (value.ptr) {
        seen_set(context->arena, response, slice_of(name), value, true);
    }
}

/* ingress-nginx sends all of them on every answer (rootfs/etc/nginx/template, CORS); with Gateway API
 * methods, headers and age belong to preflights. */
static void put_headers(struct context *context, const struct route_cors *cors,
                        struct slice allowed, bool preflight, struct seen_headers *response)
{
    struct arena *arena = context->arena;
    bool needs_method = cors->preflight_needs_method;
    seen_set(arena, response, SLICE("Access-Control-Allow-Origin"), allowed, true);
    if (cors->credentials) {
        seen_set(arena, response, SLICE("Access-Control-Allow-Credentials"), SLICE("true"), true);
    }
    if (preflight || !needs_method) {
        put_list(context, cors, &cors->methods, "Access-Control-Allow-Methods",
                 needs_method ? "access-control-request-method" : NULL, response);
        put_list(context, cors, &cors->headers, "Access-Control-Allow-Headers",
                 needs_method ? "access-control-request-headers" : NULL, response);
        if (cors->max_age >= 0) {
            seen_set(arena, response, SLICE("Access-Control-Max-Age"),
                     arena_printf(arena, "%lld", (long long)cors->max_age), true);
        }
    }
    put_list(context, cors, &cors->expose, "Access-Control-Expose-Headers", NULL, response);
}

void cors_headers(struct context *context, const struct route_cors *cors,
                  struct seen_headers *response)
{
    struct slice allowed;
    if (cors && !cors->only_preflight && origin_qualifies(context, cors, &allowed)) {
        put_headers(context, cors, allowed, false, response);
    }
}

bool cors_preflight(struct context *context, const struct route_cors *cors, struct outcome *out)
{
    if (!slice_is(context->request->method, "OPTIONS")) {
        return false;
    }
    const struct headers *headers = &context->headers;
    if (!headers_get(headers, SLICE("origin")).ptr) {
        note_untold(context, UNTOLD_HEADER, SLICE("Origin"), NULL);
    }
    if (cors->preflight_needs_method &&
        (!headers_get(headers, SLICE("origin")).ptr ||
         !headers_get(headers, SLICE("access-control-request-method")).ptr)) {
        return false;
    }
    struct slice allowed;
    if (origin_qualifies(context, cors, &allowed)) {
        put_headers(context, cors, allowed, true, &out->response);
    } else if (!cors->preflight_needs_method) {
        return false; /* ingress-nginx hands such a request to the backend */
    }
    out->kind = OUTCOME_RESPOND;
    out->status = cors->preflight_status;
    out->reason = SLICE("a CORS preflight");
    return true;
}
