#include "evaluate/evaluate_priv.h"

static bool respond(struct outcome *out, int64_t status, struct slice reason)
{
    out->kind = OUTCOME_RESPOND;
    out->status = status;
    out->reason = reason;
    return true;
}

static bool gate_answer(struct context *context, const struct effects *effects, struct outcome *out)
{
    (void)context;
    const struct route_answer *answer = effects->answer;
    return answer && respond(out, answer->status, answer->reason);
}

static bool redirect(struct context *context, const struct route_redirect *redirect,
                     struct outcome *out)
{
    if (!redirect || (redirect->only_plain_http && context->https)) {
        return false;
    }
    struct slice location = redirect_location(context, redirect);
    if (!location.ptr) {
        out->kind = OUTCOME_UNKNOWN;
        out->reason = SLICE("the redirect's Location depends on a variable that is not modelled");
        return true;
    }
    out->kind = OUTCOME_REDIRECT;
    out->status = redirect->status;
    out->location = location;
    return true;
}

static bool gate_redirect(struct context *context, const struct effects *effects,
                          struct outcome *out)
{
    return redirect(context, effects->redirect, out);
}

static bool gate_https_redirect(struct context *context, const struct effects *effects,
                                struct outcome *out)
{
    return redirect(context, effects->https_redirect, out);
}

static bool gate_body_limit(struct context *context, const struct effects *effects,
                            struct outcome *out)
{
    const struct route_body_limit *limit = effects->body_limit;
    if (!limit || limit->bytes < 0 || context->request->body_bytes <= (uint64_t)limit->bytes) {
        return false;
    }
    return respond(out, 413, SLICE("the body is larger than the limit"));
}

static bool listed(const struct networks *networks, const struct address *address)
{
    for (size_t i = 0; i < networks->count; i++) {
        if (network_contains(&networks->items[i], address)) {
            return true;
        }
    }
    return false;
}

static bool gate_addresses(struct context *context, const struct effects *effects,
                           struct outcome *out)
{
    const struct route_addresses *lists = effects->addresses;
    if (!lists) {
        return false;
    }
    const struct address *client = &context->request->client;
    if (!client->length) {
        out->kind = OUTCOME_UNKNOWN;
        out->reason = SLICE("the answer depends on the client's address, and none was given");
        return true;
    }
    bool denied = listed(&lists->deny, client) || (lists->has_allow && !listed(&lists->allow, client));
    return denied && respond(out, lists->status, SLICE("the client's address is not let in"));
}

/* "https://x.a.example:8443" against a pattern with '*', which stands for labels. */
static bool origin_matches(const struct route_cors *cors, struct slice pattern, struct slice origin)
{
    if (slice_is(pattern, "*")) {
        return true;
    }
    size_t star = slice_find(pattern, '*', 0);
    struct slice head = slice_sub(pattern, 0, star);
    struct slice tail = star < pattern.len ? slice_sub(pattern, star + 1, pattern.len) : SLICE("");
    if (star == pattern.len) {
        if (cors->end_anchored_only && origin.len > pattern.len) {
            origin = slice_sub(origin, origin.len - pattern.len, origin.len);
        }
        return slice_equal_fold(origin, pattern);
    }
    if (origin.len <= head.len + tail.len ||
        !slice_equal_fold(slice_sub(origin, origin.len - tail.len, origin.len), tail)) {
        return false;
    }
    struct slice rest = slice_sub(origin, 0, origin.len - tail.len);
    if (!cors->end_anchored_only) {
        return slice_equal_fold(slice_sub(rest, 0, head.len), head);
    }
    /* nginx: one label of letters, digits and '-', and the text before it may begin anywhere */
    size_t label = rest.len;
    while (label > 0 && (rest.ptr[label - 1] == '-' ||
                         (rest.ptr[label - 1] >= '0' && rest.ptr[label - 1] <= '9') ||
                         ((rest.ptr[label - 1] | 32) >= 'a' && (rest.ptr[label - 1] | 32) <= 'z'))) {
        label--;
    }
    return label < rest.len && label >= head.len &&
           slice_equal_fold(slice_sub(rest, label - head.len, label), head);
}

static bool origin_qualifies(struct context *context, const struct route_cors *cors,
                             struct slice *allowed)
{
    struct slice origin = headers_get(&context->headers, SLICE("origin"));
    if (cors->any_origin) {
        *allowed = cors->echo_origin ? origin : SLICE("*");
        return !cors->echo_origin || origin.ptr;
    }
    for (size_t i = 0; origin.ptr && i < cors->origins.count; i++) {
        if (origin_matches(cors, cors->origins.items[i], origin)) {
            *allowed = cors->echo_origin ? origin : SLICE("*");
            return true;
        }
    }
    return false;
}

static struct slice joined(struct arena *arena, const struct texts *texts, const char *separator)
{
    struct slice all = SLICE_ABSENT;
    for (size_t i = 0; i < texts->count; i++) {
        all = all.ptr ? arena_printf(arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(all), separator,
                                     SLICE_ARG(texts->items[i]))
                      : texts->items[i];
    }
    return all;
}

static void put_cors(struct context *context, const struct route_cors *cors, struct slice allowed,
                     bool preflight, struct seen_headers *response)
{
    struct arena *arena = context->arena;
    const char *separator = cors->preflight_needs_method ? "," : ", ";
    /* nginx sends all of them on every answer; Gateway API's methods, headers and age belong to preflights */
    bool all = preflight || !cors->preflight_needs_method;
    struct slice methods = joined(arena, &cors->methods, separator);
    struct slice headers = joined(arena, &cors->headers, separator);
    struct slice expose = joined(arena, &cors->expose, separator);
    seen_set(arena, response, SLICE("Access-Control-Allow-Origin"), allowed, true);
    if (cors->credentials) {
        seen_set(arena, response, SLICE("Access-Control-Allow-Credentials"), SLICE("true"), true);
    }
    if (all && methods.ptr) {
        seen_set(arena, response, SLICE("Access-Control-Allow-Methods"), methods, true);
    }
    if (all && headers.ptr) {
        seen_set(arena, response, SLICE("Access-Control-Allow-Headers"), headers, true);
    }
    if (expose.ptr) {
        seen_set(arena, response, SLICE("Access-Control-Expose-Headers"), expose, true);
    }
    if (all && cors->max_age >= 0) {
        seen_set(arena, response, SLICE("Access-Control-Max-Age"),
                 arena_printf(arena, "%lld", (long long)cors->max_age), true);
    }
}

void cors_headers(struct context *context, const struct route_cors *cors,
                  struct seen_headers *response)
{
    struct slice allowed;
    if (cors && origin_qualifies(context, cors, &allowed)) {
        put_cors(context, cors, allowed, false, response);
    }
}

static bool gate_cors(struct context *context, const struct effects *effects, struct outcome *out)
{
    const struct route_cors *cors = effects->cors;
    if (!cors || !slice_is(context->request->method, "OPTIONS")) {
        return false;
    }
    struct slice origin = headers_get(&context->headers, SLICE("origin"));
    struct slice method =
        headers_get(&context->headers, SLICE("access-control-request-method"));
    if (cors->preflight_needs_method && (!origin.ptr || !method.ptr)) {
        return false;
    }
    struct slice allowed;
    bool qualifies = origin_qualifies(context, cors, &allowed);
    if (qualifies) {
        put_cors(context, cors, allowed, true, &out->response);
    } else if (!cors->preflight_needs_method) {
        return false; /* nginx hands such a request to the backend */
    }
    return respond(out, cors->preflight_status, SLICE("answer to a CORS preflight"));
}

static bool gate_no_endpoints(struct context *context, const struct rule *rule, struct outcome *out)
{
    (void)context;
    uint64_t serving = 0;
    for (size_t i = 0; i < rule->backend_count; i++) {
        serving += rule->backends[i].status == 0;
    }
    if (serving || rule->backend_count == 0) {
        return false;
    }
    return respond(out, rule->backends[0].status, rule->backends[0].reason);
}

typedef bool gate_fn(struct context *context, const struct effects *effects, struct outcome *out);

static gate_fn *const gates[EFFECT_COUNT] = {
    [EFFECT_answer] = gate_answer,
    [EFFECT_redirect] = gate_redirect,
    [EFFECT_https_redirect] = gate_https_redirect,
    [EFFECT_body_limit] = gate_body_limit,
    [EFFECT_addresses] = gate_addresses,
    [EFFECT_cors] = gate_cors,
};

bool gate_answers(struct context *context, int gate, struct outcome *out)
{
    bool answers = gate == GATE_NO_ENDPOINTS ? gate_no_endpoints(context, out->rule, out)
                   : gates[gate]             ? gates[gate](context, &out->effects, out)
                                             : false;
    if (answers) {
        out->decided_by = gate;
    }
    return answers;
}
