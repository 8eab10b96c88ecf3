#include "evaluate/evaluate_priv.h"

/* Error pages as nginx has them (ngx_http_special_response_handler): an answer of 300 and above, of its own or of
 * a backend, becomes a request to somebody else, whose answer is sent. */

static bool lists(const struct texts *statuses, int64_t status)
{
    int64_t number;
    for (size_t i = 0; i < statuses->count; i++) {
        if (slice_to_int(statuses->items[i], &number) && number == status) {
            return true;
        }
    }
    return false;
}

static bool stands_in(const struct route_error_pages *pages, const struct outcome *out)
{
    bool answers = out->kind == OUTCOME_RESPOND || out->kind == OUTCOME_REDIRECT;
    if (!pages || !answers || !lists(&pages->statuses, out->status)) {
        return false;
    }
    const struct route_answer *answer = out->effects.answer;
    if (out->decided_by != EFFECT_answer || !answer) {
        return true;
    }
    return answer->last ? pages->of_backends : !answer->body.len;
}

static const struct header_edit *edit_of(const struct edits *edits, struct slice name)
{
    for (size_t i = 0; i < edits->count; i++) {
        if (slice_equal_fold(edits->items[i].name, name)) {
            return &edits->items[i];
        }
    }
    return NULL;
}

static void forward_page(struct context *context, const struct route_error_pages *pages,
                         const struct edits *edits, const struct seen_headers *response,
                         struct outcome *out)
{
    struct outcome_backend *backend = ARENA_NEW(context->arena, struct outcome_backend);
    const struct header_edit *host = edit_of(edits, SLICE("host"));
    const struct route_header_edits request = {.edits = *edits};
    *backend = (struct outcome_backend){.namespace = pages->namespace,
                                        .service = pages->service,
                                        .port = (uint16_t)pages->port,
                                        .weight = 1,
                                        .method = context->request->method,
                                        .host = SLICE(""),
                                        .path = with_query(context, SLICE("/"), true),
                                        .path_known = true,
                                        .host_known = true,
                                        .response = *response};
    if (host) {
        backend->host_known = template_render(context, &host->value, &backend->host);
    }
    client_headers(context, &backend->request);
    headers_edit(context, &request, &backend->request);
    headers_doubt(context, &backend->request);
    out->kind = OUTCOME_FORWARD;
    out->backends = backend;
    out->backend_count = 1;
}

bool error_page(struct context *context, struct outcome *out)
{
    const struct route_error_pages *pages = out->effects.error_pages;
    if (!stands_in(pages, out)) {
        return false;
    }
    if (context->pathless) { /* ngx_http_named_location: there is no way to the page */
        return respond(out, 500, SLICE("no error page stands in for a request without a path"));
    }
    const struct route_addresses lists = {
        .allow = pages->allow, .deny = pages->deny, .has_allow = pages->has_allow};
    enum admission admission = addresses_admit(context, &lists);
    bool kept_out = admission == ADMISSION_NO;
    bool early = out->decided_by == EFFECT_body_limit;
    out->reason = arena_printf(context->arena, "an error page stands in for %lld: " SLICE_FMT,
                               (long long)out->status, SLICE_ARG(out->reason));
    out->decided_by = EFFECT_error_pages;
    if (admission == ADMISSION_UNKNOWN) {
        out->kind = OUTCOME_UNKNOWN;
        out->status = 0;
        out->reason = SLICE("whether the error page answers depends on the client's address, and "
                            "none was given");
        return true;
    }
    context->page_status = out->status;
    out->location = SLICE_ABSENT;
    out->backend_count = 0;
    out->status = kept_out ? 403 : pages->service.ptr ? 0 : pages->status;
    /* what is set on answers may hang on their status; that of the page's backend is not known */
    context->status = out->status;
    struct seen_headers response = {0};
    const struct route_header_edits own = {.edits = pages->response};
    headers_edit(context, context->table->platform.response_headers, &response);
    headers_edit(context, &own, &response);
    headers_doubt(context, &response);
    if (out->status) {
        out->kind = OUTCOME_RESPOND;
        out->response = response;
    } else {
        out->response = (struct seen_headers){0};
        forward_page(context, pages, early ? &pages->early : &pages->request, &response, out);
    }
    return true;
}
