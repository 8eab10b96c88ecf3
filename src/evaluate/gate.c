#include "evaluate/evaluate_priv.h"

static bool gate_answer(struct context *context, const struct effects *effects, struct outcome *out)
{
    const struct route_answer *answer = effects->answer;
    if (answer && answer->closes) {
        out->kind = OUTCOME_CLOSE;
        out->reason = answer->reason;
        return true;
    }
    return answer && (!answer->last || context->gates_passed) &&
           respond(out, answer->status, answer->reason);
}

void answer_redirect(struct context *context, const struct route_redirect *redirect,
                     struct outcome *out)
{
    struct slice location = redirect_location(context, redirect);
    out->decided_by = EFFECT_redirect;
    if (location.ptr) {
        out->kind = OUTCOME_REDIRECT;
        out->status = redirect->status;
        out->location = location;
    } else {
        out->kind = OUTCOME_UNKNOWN;
        out->reason =
            SLICE("the Location of the redirect holds a variable whose value is not known");
    }
}

static bool redirects(struct context *context, const struct route_redirect *redirect,
                      struct outcome *out)
{
    if (!redirect || (redirect->only_plain_http && !is_plain_http(context))) {
        return false;
    }
    answer_redirect(context, redirect, out);
    return true;
}

static bool gate_redirect(struct context *context, const struct effects *effects,
                          struct outcome *out)
{
    return redirects(context, effects->redirect, out);
}

static bool gate_https_redirect(struct context *context, const struct effects *effects,
                                struct outcome *out)
{
    return redirects(context, effects->https_redirect, out);
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

enum admission addresses_admit(const struct context *context, const struct route_addresses *lists)
{
    const struct address *client = &context->client;
    if (!lists || (!lists->has_allow && !lists->deny.count)) {
        return ADMISSION_OPEN;
    }
    if (!client->length) {
        return ADMISSION_UNKNOWN;
    }
    bool denied = networks_hold(&lists->deny, client) ||
                  (lists->has_allow && !networks_hold(&lists->allow, client));
    return denied ? ADMISSION_NO : ADMISSION_YES;
}

static bool gate_addresses(struct context *context, const struct effects *effects,
                           struct outcome *out)
{
    const struct route_authentication *authentication = effects->authentication;
    if (authentication && authentication->any) {
        return false; /* they are looked at together */
    }
    switch (addresses_admit(context, effects->addresses)) {
    case ADMISSION_OPEN:
    case ADMISSION_YES:
        return false;
    case ADMISSION_NO:
        return respond(out, effects->addresses->status,
                       SLICE("the client's address is not let in"));
    case ADMISSION_UNKNOWN:
        break;
    }
    out->kind = OUTCOME_UNKNOWN;
    out->reason = SLICE("the answer depends on the client's address, and none was given");
    return true;
}

static bool gate_cors(struct context *context, const struct effects *effects, struct outcome *out)
{
    return effects->cors && cors_preflight(context, effects->cors, out);
}

/* A rule all of whose shares are answered alike. Where they differ, the shares themselves say it. */
static bool gate_no_endpoints(struct context *context, struct outcome *out)
{
    const struct rule *rule = context->rule;
    const struct backend *first = NULL;
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        if (!backend->weight) {
            continue;
        }
        first = first ? first : backend;
        if (!backend->status || backend->status != first->status) {
            return false;
        }
    }
    return first && respond(out, first->status, first->reason);
}

typedef bool gate_fn(struct context *context, const struct effects *effects, struct outcome *out);

static gate_fn *const gates[EFFECT_COUNT] = {
    [EFFECT_answer] = gate_answer,
    [EFFECT_redirect] = gate_redirect,
    [EFFECT_https_redirect] = gate_https_redirect,
    [EFFECT_body_limit] = gate_body_limit,
    [EFFECT_addresses] = gate_addresses,
    [EFFECT_authentication] = gate_authentication,
    [EFFECT_cors] = gate_cors,
    [EFFECT_rate_limit] = gate_rate_limit,
};

bool gate_answers(struct context *context, int gate, struct outcome *out)
{
    bool answers = false;
    if (gate == GATE_NO_ENDPOINTS) {
        answers = gate_no_endpoints(context, out);
    } else if (gates[gate]) {
        answers = gates[gate](context, &out->effects, out);
    }
    if (answers) {
        out->decided_by = gate;
    }
    return answers;
}
