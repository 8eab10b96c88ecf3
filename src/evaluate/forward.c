#include "evaluate/evaluate_priv.h"

/* A rewritten target is put together anew: nginx leaves out the '?' of an empty query there
 * (ngx_http_proxy_module.c, ngx_http_proxy_create_request). */
struct slice with_query(struct context *context, struct slice path, bool drop_empty)
{
    if (!context->query.ptr || (drop_empty && !context->query.len)) {
        return path;
    }
    const struct slice texts[] = {path, SLICE("?"), context->query};
    return concat(context->arena, texts, ARRAY_LEN(texts));
}

static struct slice as_sent(struct context *context)
{
    return context->table->view.forward_normalised ? with_query(context, context->path, false)
                                                   : context->request->target;
}

/* False when the path is not known; *changed says whether the rewrite took effect. */
static bool rewritten(struct context *context, const struct route_rewrite *rewrite, bool *changed,
                      struct slice *path)
{
    struct slice target;
    *changed = true;
    switch ((enum rewrite_kind)rewrite->kind) {
    case REWRITE_FULL:
        return template_render(context, &rewrite->target, path);
    case REWRITE_PREFIX:
        if (!template_render(context, &rewrite->target, &target)) {
            return false;
        }
        *path = prefix_replace(context->arena, context->path, rewrite->prefix, target);
        return true;
    case REWRITE_REGEX: {
        struct regex_match match = {0};
        enum regex_result found =
            rewrite->regex ? regex_search(rewrite->regex, context->path, &match) : REGEX_LIMIT;
        if (found != REGEX_YES) {
            *changed = false;
            return found == REGEX_NO;
        }
        context->captures = match;
        return template_render(context, &rewrite->target, path);
    }
    }
    return false;
}

/* ngx_http_script_regex_end_code: what a rewrite says goes before the query of the request. */
static bool rewritten_query(struct context *context, const struct route_rewrite *rewrite,
                            struct slice path, struct slice *out)
{
    bool escape = context->table->view.escape_rewritten;
    bool keeps = !rewrite->drops_query;
    struct slice query = SLICE("");
    if (!rewrite->query.count) {
        *out = keeps ? with_query(context, path, escape) : path;
        return true;
    }
    if (!template_render(context, &rewrite->query, &query)) {
        return false;
    }
    bool both = keeps && context->query.len;
    const struct slice texts[] = {path, SLICE("?"), query, both ? SLICE("&") : SLICE(""),
                                  both ? context->query : SLICE("")};
    *out = concat(context->arena, texts, ARRAY_LEN(texts));
    return true;
}

static bool upstream_path(struct context *context, const struct route_rewrite *rewrite,
                          struct slice *out)
{
    bool escape = context->table->view.escape_rewritten;
    bool changed = false;
    struct slice path = SLICE_ABSENT;
    if (has_unknown(context, ASPECT_REWRITE) ||
        (rewrite && !rewritten(context, rewrite, &changed, &path))) {
        return false;
    }
    if (!changed) {
        *out = as_sent(context);
        return true;
    }
    return rewritten_query(context, rewrite, escape ? path_escape(context->arena, path) : path,
                           out);
}

static bool upstream_host(struct context *context, const struct route_upstream_host *effect,
                          struct slice *out)
{
    *out = context->request->host;
    return !has_unknown(context, ASPECT_REWRITE) &&
           (!effect || template_render(context, &effect->host, out));
}

/* The backend's own effects over those of its rule. Edits of headers are applied one after the other
 * instead: data plane, rule, backend. */
static struct effects overlay(const struct effects *effects, const struct effects *over)
{
    struct effects result = *effects;
    if (over) {
#define EFFECT(id, type, aspect, impact, text) result.id = over->id ? over->id : result.id;
#include "route/effects.def"
#undef EFFECT
    }
    return result;
}

static void fill_view(struct context *context, const struct backend *backend,
                      const struct effects *in_force, struct outcome_backend *out)
{
    const struct effects effects = overlay(in_force, backend->effects);
    const struct regex_match of_path = context->captures;
    out->method = context->request->method;
    /* Headers come later, because they may use the captures of the rewrite. */
    out->path_known = upstream_path(context, effects.rewrite, &out->path);
    out->host_known = upstream_host(context, effects.upstream_host, &out->host);
    client_headers(context, &out->request);
    const struct effects *layers[] = {&context->table->platform, &context->rule->effects,
                                      backend->effects};
    for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
        if (layers[i]) {
            headers_edit(context, layers[i]->request_headers, &out->request);
            headers_edit(context, layers[i]->response_headers, &out->response);
        }
    }
    affinity_cookie(context, effects.affinity, &out->response);
    if (effects.authentication) {
        const struct route_header_edits edits = {.edits = effects.authentication->request};
        headers_edit(context, &edits, &out->request);
    }
    cors_headers(context, effects.cors, &out->response);
    headers_doubt(context, &out->request);
    headers_doubt(context, &out->response);
    context->captures = of_path;
}

/* ---- shares ------------------------------------------------------------------------------- */

static bool same_service(const struct backend *a, const struct backend *b)
{
    return a->port == b->port && slice_equal(a->namespace, b->namespace) &&
           slice_equal(a->service, b->service);
}

static const struct route_redirect *redirect_of(const struct context *context,
                                                const struct backend *backend)
{
    const struct route_redirect *redirect = backend->effects ? backend->effects->redirect : NULL;
    bool acts = redirect && !(redirect->only_plain_http && context->https);
    return acts && !backend->status ? redirect : NULL;
}

/* The share of an earlier backend that is answered or served alike; null when there is none. */
static struct outcome_backend *equal_share(const struct outcome *out,
                                           const struct backend *const *sources,
                                           const struct backend *backend)
{
    for (size_t i = 0; i < out->backend_count; i++) {
        const struct backend *source = sources[i];
        bool alike = backend->status ? backend->status == source->status
                                     : !source->status && !source->effects && !backend->effects &&
                                           same_service(source, backend);
        if (alike) {
            return &out->backends[i];
        }
    }
    return NULL;
}

static void add_share(struct context *context, const struct backend *backend,
                      const struct backend **sources, struct outcome *out)
{
    struct outcome_backend *share = equal_share(out, sources, backend);
    if (share) {
        share->weight += backend->weight;
        return;
    }
    const struct route_redirect *redirect = redirect_of(context, backend);
    sources[out->backend_count] = backend;
    share = &out->backends[out->backend_count++];
    *share = (struct outcome_backend){.namespace = backend->namespace,
                                      .service = backend->service,
                                      .port = backend->port,
                                      .status = redirect ? redirect->status : backend->status,
                                      .weight = backend->weight};
    if (!share->status) {
        fill_view(context, backend, &out->effects, share);
    }
}

/* A lone share may be an answer of its own: a redirect, or the status of a backend that does not serve. */
static void settle_alone(struct context *context, const struct backend *backend,
                         struct outcome *out)
{
    const struct route_redirect *redirect = redirect_of(context, backend);
    out->effects = overlay(&out->effects, backend->effects);
    if (redirect) {
        out->backend_count = 0;
        answer_redirect(context, redirect, out);
    } else if (backend->status) {
        out->backend_count = 0;
        out->kind = OUTCOME_RESPOND;
        out->status = backend->status;
        out->reason = backend->reason;
    }
}

void forward(struct context *context, struct outcome *out)
{
    const struct rule *rule = context->rule;
    const struct backend **sources =
        ARENA_ARRAY(context->arena, const struct backend *, rule->backend_count);
    out->backends = ARENA_ARRAY(context->arena, struct outcome_backend, rule->backend_count);
    for (size_t i = 0; i < rule->backend_count; i++) {
        if (rule->backends[i].weight) {
            add_share(context, &rule->backends[i], sources, out);
        }
    }
    out->kind = OUTCOME_FORWARD;
    if (out->backend_count == 1) {
        settle_alone(context, sources[0], out);
    } else if (out->backend_count == 0) {
        out->kind = OUTCOME_RESPOND;
        out->status = rule->backend_count ? context->table->no_weight_status
                                          : context->table->no_backend_status;
        out->reason = SLICE("the rule has no backend that may get requests");
    }
}
