#include "evaluate/evaluate_priv.h"

#include <string.h>

static bool has_unknown(const struct unknown *unknown, enum aspect aspect)
{
    for (; unknown; unknown = unknown->next) {
        if (unknown->aspect == aspect) {
            return true;
        }
    }
    return false;
}

static struct slice with_query(struct context *context, struct slice path)
{
    return context->query.ptr ? arena_printf(context->arena, SLICE_FMT "?" SLICE_FMT,
                                             SLICE_ARG(path), SLICE_ARG(context->query))
                              : path;
}

static bool upstream_path(struct context *context, const struct route_rewrite *rewrite,
                          struct slice *out)
{
    const struct view *view = &context->table->view;
    struct slice path = context->path;
    if (!rewrite) {
        *out = view->forward_normalised ? with_query(context, path) : context->request->target;
        return true;
    }
    switch ((enum rewrite_kind)rewrite->kind) {
    case REWRITE_PREFIX: {
        struct slice replacement;
        if (!template_render(context, &rewrite->target, &replacement)) {
            return false;
        }
        path = prefix_replace(context->arena, path, rewrite->prefix, replacement);
        break;
    }
    case REWRITE_REGEX: {
        struct regex_match match = {0};
        enum regex_result found =
            rewrite->regex ? regex_search(rewrite->regex, path, &match) : REGEX_LIMIT;
        if (found == REGEX_LIMIT) {
            return false;
        }
        if (found == REGEX_NO) {
            *out = view->forward_normalised ? with_query(context, path) : context->request->target;
            return true;
        }
        context->captures = match;
        if (!template_render(context, &rewrite->target, &path)) {
            return false;
        }
        break;
    }
    case REWRITE_FULL:
        if (!template_render(context, &rewrite->target, &path)) {
            return false;
        }
        break;
    }
    *out = with_query(context, view->escape_rewritten ? path_escape(context->arena, path) : path);
    return true;
}

static void client_headers(struct context *context, struct seen_headers *out)
{
    for (size_t i = 0; i < context->headers.count; i++) {
        struct slice name = context->headers.items[i].name;
        if (!slice_equal_fold(name, SLICE("host"))) {
            seen_set(context->arena, out, name,
                     headers_joined(context->arena, &context->headers, name), true);
        }
    }
}

/* The backend's own effects over the rule's over the platform's; edits of headers add up instead. */
static void overlay(struct effects *effects, const struct effects *over)
{
    if (over) {
#define EFFECT(id, type, aspect, impact, text) effects->id = over->id ? over->id : effects->id;
#include "route/effects.def"
#undef EFFECT
    }
}

static void fill_view(struct context *context, const struct rule *rule,
                      const struct backend *backend, const struct effects *in_force,
                      struct outcome_backend *out)
{
    const struct effects *platform = &context->table->platform;
    struct effects effects = *in_force;
    overlay(&effects, backend->effects);
    out->method = context->request->method;
    out->path_known = !has_unknown(rule->unknown, ASPECT_REWRITE) &&
                      upstream_path(context, effects.rewrite, &out->path);
    out->host = context->request->host;
    out->host_known = !has_unknown(rule->unknown, ASPECT_REWRITE) &&
                      (!effects.upstream_host ||
                       template_render(context, &effects.upstream_host->host, &out->host));
    client_headers(context, &out->request);
    headers_edit(context, platform->request_headers, &out->request);
    headers_edit(context, rule->effects.request_headers, &out->request);
    headers_edit(context, platform->response_headers, &out->response);
    headers_edit(context, rule->effects.response_headers, &out->response);
    if (backend->effects) {
        headers_edit(context, backend->effects->request_headers, &out->request);
        headers_edit(context, backend->effects->response_headers, &out->response);
    }
    cors_headers(context, effects.cors, &out->response);
}

static void no_backend(struct context *context, struct outcome *out)
{
    out->kind = OUTCOME_RESPOND;
    out->status = context->table->no_backend_status;
    out->reason = SLICE("the rule has no backend that may get requests");
    headers_edit(context, context->table->platform.response_headers, &out->response);
}

static struct outcome_backend *same_status(struct outcome *out, int64_t status)
{
    for (size_t i = 0; i < out->backend_count; i++) {
        if (out->backends[i].status == status) {
            return &out->backends[i];
        }
    }
    return NULL;
}

static bool backend_redirects(struct context *context, const struct backend *backend,
                              struct outcome *out)
{
    if (!backend->effects || !backend->effects->redirect) {
        return false;
    }
    out->kind = OUTCOME_REDIRECT;
    out->status = backend->effects->redirect->status;
    out->location = redirect_location(context, backend->effects->redirect);
    out->decided_by = EFFECT_redirect;
    return true;
}

void forward(struct context *context, const struct rule *rule, struct outcome *out)
{
    out->backends = ARENA_ARRAY(context->arena, struct outcome_backend, rule->backend_count);
    out->backend_count = 0;
    size_t serving = 0;
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        if (backend->weight == 0) {
            continue;
        }
        struct outcome_backend *share =
            backend->status ? same_status(out, backend->status) : NULL;
        if (share) {
            share->weight += backend->weight;
            continue;
        }
        if (!backend->status && rule->backend_count == 1 &&
            backend_redirects(context, backend, out)) {
            return;
        }
        share = &out->backends[out->backend_count++];
        *share = (struct outcome_backend){.namespace = backend->namespace,
                                          .service = backend->service,
                                          .port = backend->port,
                                          .status = backend->status,
                                          .weight = backend->weight};
        if (!backend->status) {
            serving++;
            fill_view(context, rule, backend, &out->effects, share);
        } else {
            out->reason = backend->reason;
        }
    }
    if (out->backend_count == 0) {
        no_backend(context, out);
    } else if (serving == 0 && out->backend_count == 1) {
        out->kind = OUTCOME_RESPOND;
        out->status = out->backends[0].status;
        out->backend_count = 0;
        headers_edit(context, context->table->platform.response_headers, &out->response);
    } else {
        out->kind = OUTCOME_FORWARD;
    }
}
