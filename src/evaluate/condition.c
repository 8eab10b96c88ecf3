#include "evaluate/evaluate_priv.h"

const char *condition_name(size_t index)
{
    static const char *const names[] = {"basic-auth",         "digest-auth", "external-auth",
                                        "client-certificate", "client-name", "rate-limit",
                                        "connection-limit"};
    return index < ARRAY_LEN(names) ? names[index] : NULL;
}

bool condition_passes(struct context *context, const struct condition *condition,
                      struct outcome *out)
{
    const struct evaluator *evaluator = context->evaluator;
    struct condition *noted =
        ARENA_PUSH(context->arena, out->conditions, out->condition_count, out->condition_capacity);
    *noted = *condition;
    for (size_t i = 0; i < evaluator->assumption_count; i++) {
        if (slice_is(evaluator->assumptions[i].name, condition->name)) {
            noted->passes = evaluator->assumptions[i].passes;
        }
    }
    return noted->passes;
}

/* ---- client certificates ------------------------------------------------------------------ */

static bool shows_certificate(struct context *context)
{
    bool shown = context->request->client_certificate && !context->unasked;
    if (!shown) {
        note_untold(context, UNTOLD_CERTIFICATE, SLICE_ABSENT, NULL);
    }
    return shown;
}

static bool lacks_certificate(struct context *context, const struct client_check *check,
                              struct outcome *out)
{
    const struct condition condition = {
        .name = "client-certificate",
        .parameters = check->subject,
        .passes = check->demand == DEMAND_VALID && check->status && shows_certificate(context),
        .otherwise = arena_printf(context->arena, "answer %lld",
                                  check->error_page.count ? 302 : (long long)check->status)};
    if (check->demand != DEMAND_VALID || !check->status ||
        condition_passes(context, &condition, out)) {
        return false;
    }
    if (!check->error_page.count) {
        return respond(out, check->status, SLICE("the client has no certificate that is accepted"));
    }
    bool known = template_render(context, &check->error_page, &out->location);
    out->kind = known ? OUTCOME_REDIRECT : OUTCOME_UNKNOWN;
    out->status = 302;
    out->reason =
        known ? SLICE("") : SLICE("the page for clients without certificate is not known");
    return true;
}

bool handshake_refused(struct context *context, const struct client_check *check,
                       struct outcome *out)
{
    const struct condition condition = {.name = "client-certificate",
                                        .parameters = check->subject,
                                        .passes = context->https && check->demand == DEMAND_VALID &&
                                                  !check->status && shows_certificate(context),
                                        .otherwise = SLICE("the TLS handshake fails")};
    if (!context->https || check->demand != DEMAND_VALID || check->status ||
        condition_passes(context, &condition, out)) {
        return false;
    }
    out->kind = OUTCOME_CLOSE;
    out->reason = SLICE("the client has no certificate that is accepted");
    return true;
}

bool client_refused(struct context *context, const struct client_check *check, struct outcome *out)
{
    if (context->https && lacks_certificate(context, check, out)) {
        return true;
    }
    bool named = context->https && check->name_status && shows_certificate(context);
    const struct condition condition = {
        .name = "client-name",
        .parameters = check->name,
        .passes = named,
        .otherwise = arena_printf(context->arena, "answer %lld", (long long)check->name_status)};
    if (!check->name_status || (named && condition_passes(context, &condition, out))) {
        return false;
    }
    return respond(out, check->name_status,
                   SLICE("the client has no certificate of the name that is let in"));
}

/* ---- authentication ----------------------------------------------------------------------- */

/* A client that names no user of the list is refused, whatever its password. */
static bool names_a_user(struct context *context, const struct guard *guard, struct slice text)
{
    struct slice user;
    return guard->kind != GUARD_BASIC || !context->request->credentials_sent ||
           slice_equal(text, CREDENTIALS_STAND_IN) ||
           (credentials_user(context->arena, text, &user) &&
            user_list_may_hold(&guard->users, user));
}

/* Credentials that are there are taken to be good. A service that is asked may look at cookies as well. */
static bool shows_credentials(struct context *context, const struct guard *guard)
{
    const struct headers *headers = &context->headers;
    struct slice authorization = headers_get(headers, SLICE("authorization"));
    bool cookie = guard->kind == GUARD_EXTERNAL && headers_get(headers, SLICE("cookie")).ptr;
    if (!authorization.ptr && !cookie) {
        note_untold(context, UNTOLD_CREDENTIALS, SLICE_ABSENT, NULL);
        return false;
    }
    return cookie || names_a_user(context, guard, authorization);
}

static bool lets_in(struct context *context, const struct guard *guard, struct outcome *out)
{
    if (guard->never) {
        return false;
    }
    const struct condition condition = {
        .name = guard_name(guard->kind),
        .parameters = guard->subject,
        .passes = shows_credentials(context, guard),
        .otherwise = guard->location.count
                         ? SLICE("redirect 302 to the sign-in page")
                         : arena_printf(context->arena, "answer %lld", (long long)guard->status),
    };
    return condition_passes(context, &condition, out);
}

/* nginx makes a 401 a redirect wherever the location has a page for it, whoever refused
 * (error_page 401). */
static bool refuse(struct context *context, const struct route_authentication *authentication,
                   const struct guard *by, struct outcome *out)
{
    const struct guard *page = NULL;
    for (size_t i = 0; i < authentication->guards.count; i++) {
        const struct guard *guard = &authentication->guards.items[i];
        page = !page && guard->location.count ? guard : page;
    }
    if (!page || by->status != 401) {
        const struct route_header_edits edits = {.edits = by->refused};
        headers_edit(context, &edits, &out->response);
        return respond(out, by->status, SLICE("the request has no credentials that are accepted"));
    }
    if (!template_render(context, &page->location, &out->location)) {
        out->kind = OUTCOME_UNKNOWN;
        out->reason =
            SLICE("the address of the sign-in page holds a variable whose value is not known");
        return true;
    }
    out->kind = OUTCOME_REDIRECT;
    out->status = 302;
    return true;
}

bool gate_authentication(struct context *context, const struct effects *effects,
                         struct outcome *out)
{
    const struct route_authentication *authentication = effects->authentication;
    const struct guard *refusing = NULL;
    if (!authentication || !authentication->guards.count) {
        return false;
    }
    bool any = authentication->any;
    enum admission admission = any ? addresses_admit(context, effects->addresses) : ADMISSION_OPEN;
    if (admission == ADMISSION_YES) {
        return false;
    }
    for (size_t i = 0; i < authentication->guards.count; i++) {
        const struct guard *guard = &authentication->guards.items[i];
        bool in = lets_in(context, guard, out);
        if (any && in) {
            return false;
        }
        refusing = !in && !refusing ? guard : refusing;
        if (!any && !in) {
            break;
        }
    }
    if (admission == ADMISSION_UNKNOWN) {
        out->kind = OUTCOME_UNKNOWN;
        out->reason = SLICE("the answer depends on the client's address, and none was given");
        return true;
    }
    return refusing && refuse(context, authentication, refusing, out);
}
