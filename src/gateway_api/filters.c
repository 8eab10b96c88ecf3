#include "gateway_api/policies_priv.h"

/* A filter at work: where it stands, and what it changes. */
struct work {
    struct builder *builder;
    const struct http_route *route;
    const struct http_match *match;
    const struct http_filter *filter;
    struct effect_source source;
    struct effects *effects;
    const struct unknown **unknown;
};

static void not_known(struct work *work, enum aspect aspect, struct slice reason)
{
    *work->unknown = unknown_add(work->builder->run, *work->unknown, aspect, work->source, reason);
}

static struct texts texts_of(const struct slices *slices)
{
    return (struct texts){slices->items, slices->count};
}

/* ---- headers ------------------------------------------------------------------------------ */

static bool moves_host(struct work *work, struct slice name, struct slice value, bool set)
{
    if (!slice_equal_fold(name, SLICE("host"))) {
        return false;
    }
    diag_at(work->builder->run->diag, DIAG_G024, work->filter->span, work->route->object.subject,
            "RequestHeaderModifier changes 'Host', whose meaning the standard leaves open; use "
            "URLRewrite with a hostname");
    if (set && work->builder->profile->sets_host_by_header) {
        struct arena *arena = work->builder->run->arena;
        struct route_upstream_host *host = ARENA_NEW(arena, struct route_upstream_host);
        *host = (struct route_upstream_host){work->source, template_text(arena, value)};
        work->effects->upstream_host = host;
    } else {
        not_known(work, ASPECT_REWRITE, SLICE("a header filter changes Host"));
    }
    return true;
}

static void add_edit(struct work *work, struct edits *edits, enum edit_kind kind, struct slice name,
                     struct slice value)
{
    struct arena *arena = work->builder->run->arena;
    bool request = slice_is(work->filter->type, "RequestHeaderModifier");
    if (request && moves_host(work, name, value, kind == EDIT_SET)) {
        return;
    }
    struct header_edit *edit = ARENA_PUSH(arena, edits->items, edits->count, edits->capacity);
    *edit = (struct header_edit){.kind = kind, .name = name};
    if (kind != EDIT_REMOVE) {
        edit->value = template_text(arena, value);
    }
}

static const struct route_header_edits *header_edits(struct work *work,
                                                     const struct route_header_edits *before)
{
    const struct header_modifier *modifier = &work->filter->headers;
    struct route_header_edits *edits =
        ARENA_NEW(work->builder->run->arena, struct route_header_edits);
    edits->source = work->source;
    for (size_t i = 0; before && i < before->edits.count; i++) {
        *ARENA_PUSH(work->builder->run->arena, edits->edits.items, edits->edits.count,
                    edits->edits.capacity) = before->edits.items[i];
    }
    for (size_t i = 0; i < modifier->set_count; i++) {
        add_edit(work, &edits->edits, EDIT_SET, modifier->set[i].name, modifier->set[i].value);
    }
    for (size_t i = 0; i < modifier->add_count; i++) {
        add_edit(work, &edits->edits, EDIT_ADD, modifier->add[i].name, modifier->add[i].value);
    }
    for (size_t i = 0; i < modifier->remove.count; i++) {
        add_edit(work, &edits->edits, EDIT_REMOVE, modifier->remove.items[i], SLICE_ABSENT);
    }
    return edits->edits.count ? edits : NULL;
}

static void request_headers(struct work *work)
{
    work->effects->request_headers = header_edits(work, work->effects->request_headers);
}

static void response_headers(struct work *work)
{
    work->effects->response_headers = header_edits(work, work->effects->response_headers);
}

/* ---- redirect and rewrite ----------------------------------------------------------------- */

static bool prefix_known(struct work *work, enum aspect aspect)
{
    if (work->filter->path != PATH_REPLACE_PREFIX || work->match->path_type == ROUTE_PATH_PREFIX) {
        return true;
    }
    diag_at(work->builder->run->diag, DIAG_G015, work->filter->span, work->route->object.subject,
            "ReplacePrefixMatch needs a match of type PathPrefix, but '" SLICE_FMT "' is none",
            SLICE_ARG(work->match->path));
    struct fault *fault = ARENA_NEW(work->builder->run->arena, struct fault);
    *fault = (struct fault){"UnsupportedValue",
                            SLICE("ReplacePrefixMatch without a match of type PathPrefix")};
    map_put(work->builder->rejected, work->route->object.subject, fault);
    not_known(work, aspect, SLICE("ReplacePrefixMatch without a PathPrefix match"));
    return false;
}

/* HTTPRequestRedirectFilter.port in apis/v1/httproute_types.go: the port given; else with a scheme its
 * well-known port; else the port of the listener. */
static void redirect_port(const struct http_filter *filter, bool keeps,
                          struct route_redirect *redirect)
{
    if (filter->port) {
        redirect->port_from = REDIRECT_PORT_GIVEN;
        redirect->port = filter->port;
    } else if (filter->scheme.len) {
        redirect->port_from = REDIRECT_PORT_GIVEN;
        redirect->port = slice_equal_fold(filter->scheme, SLICE("https")) ? 443 : 80;
    } else {
        redirect->port_from = keeps ? REDIRECT_PORT_ALWAYS : REDIRECT_PORT_LISTENER;
    }
}

static void request_redirect(struct work *work)
{
    const struct http_filter *filter = work->filter;
    if (!prefix_known(work, ASPECT_REDIRECT)) {
        return;
    }
    struct route_redirect *redirect = ARENA_NEW(work->builder->run->arena, struct route_redirect);
    *redirect = (struct route_redirect){
        .source = work->source,
        .status = filter->status ? filter->status : 302,
        .scheme = filter->scheme.len ? filter->scheme : SLICE_ABSENT,
        .host_from = filter->hostname.len ? REDIRECT_HOST_GIVEN : REDIRECT_HOST_HEADER_NO_PORT,
        .host = filter->hostname,
        .path = filter->path_value,
        .keep_query = true,
    };
    switch (filter->path) {
    case PATH_KEEP:
        redirect->path_change = PATH_CHANGE_NONE;
        break;
    case PATH_REPLACE_FULL:
        redirect->path_change = PATH_CHANGE_FULL;
        break;
    case PATH_REPLACE_PREFIX:
        redirect->path_change = PATH_CHANGE_PREFIX;
        redirect->prefix = work->match->path;
        break;
    }
    redirect_port(filter, work->builder->profile->redirect_keeps_port, redirect);
    work->effects->redirect = redirect;
}

static void url_rewrite(struct work *work)
{
    const struct http_filter *filter = work->filter;
    struct arena *arena = work->builder->run->arena;
    if (filter->hostname.len) {
        struct route_upstream_host *host = ARENA_NEW(arena, struct route_upstream_host);
        *host = (struct route_upstream_host){work->source, template_text(arena, filter->hostname)};
        work->effects->upstream_host = host;
    }
    if (filter->path == PATH_KEEP || !prefix_known(work, ASPECT_REWRITE)) {
        return;
    }
    bool whole = filter->path == PATH_REPLACE_FULL;
    struct route_rewrite *rewrite = ARENA_NEW(arena, struct route_rewrite);
    struct slice path = whole && !filter->path_value.len ? SLICE("/") : filter->path_value;
    *rewrite = (struct route_rewrite){
        .source = work->source,
        .kind = whole ? REWRITE_FULL : REWRITE_PREFIX,
        .prefix = whole ? SLICE_ABSENT : work->match->path,
        .target = template_text(arena, path.ptr ? path : SLICE("")),
    };
    work->effects->rewrite = rewrite;
}

/* ---- mirror ------------------------------------------------------------------------------- */

/* A mirror whose reference cannot be resolved is left out, the request itself is not affected
 * (HTTPRequestMirrorFilter in apis/v1/httproute_types.go). */
static void request_mirror(struct work *work)
{
    struct arena *arena = work->builder->run->arena;
    const struct unknown *ignored = NULL;
    struct backend backend =
        backend_resolve(work->builder, work->route, &work->filter->backend, &ignored);
    if (ignored) {
        not_known(work, ASPECT_TRAFFIC, ignored->reason);
        return;
    }
    if (backend.status && backend.status != 503) {
        diag_at(work->builder->run->diag, DIAG_G023, work->filter->span,
                work->route->object.subject,
                "requests are not mirrored to '" SLICE_FMT "': " SLICE_FMT,
                SLICE_ARG(work->filter->backend.name), SLICE_ARG(backend.reason));
        return;
    }
    const struct route_mirrors *before = work->effects->mirrors;
    size_t count = before ? before->count : 0;
    struct route_mirrors *mirrors = ARENA_NEW(arena, struct route_mirrors);
    *mirrors = (struct route_mirrors){
        .source = before ? before->source : work->source,
        .items = ARENA_ARRAY(arena, struct mirror, count + 1),
        .count = count + 1,
    };
    for (size_t i = 0; i < count; i++) {
        mirrors->items[i] = before->items[i];
    }
    mirrors->items[count] = (struct mirror){
        .namespace = backend.namespace,
        .service = backend.service,
        .port = backend.port,
        .numerator = (int64_t)work->filter->mirror_numerator,
        .denominator = (int64_t)work->filter->mirror_denominator,
    };
    work->effects->mirrors = mirrors;
}

/* ---- CORS --------------------------------------------------------------------------------- */

static bool only_star(const struct slices *slices)
{
    return slices->count == 1 && slice_is(slices->items[0], "*");
}

/* HTTPCORSFilter in apis/v1/httproute_types.go. With "*" and no credentials the answer may carry "*" or the
 * Origin, which browsers treat alike; the Origin is what Envoy sends. */
static void cors(struct work *work)
{
    const struct http_filter *filter = work->filter;
    struct route_cors *cors = ARENA_NEW(work->builder->run->arena, struct route_cors);
    *cors = (struct route_cors){
        .source = work->source,
        .origins = texts_of(&filter->allow_origins),
        .any_origin = only_star(&filter->allow_origins),
        .echo_origin = true,
        .credentials = filter->allow_credentials,
        .methods = texts_of(&filter->allow_methods),
        .headers = texts_of(&filter->allow_headers),
        .expose = texts_of(&filter->expose_headers),
        .max_age = filter->max_age,
        .preflight_needs_method = !work->builder->profile->cors_answers_every_options,
        .preflight_status = 200,
    };
    work->effects->cors = cors;
}

/* ---- filters of an implementation --------------------------------------------------------- */

static void not_understood(struct work *work, bool misplaced);

static void extension(struct work *work)
{
    const struct policy_place place = {.match = work->match,
                                       .effects = work->effects,
                                       .unknown = work->unknown,
                                       .route = work->route};
    if (!policy_filter_apply(work->builder, &work->filter->extension, work->route->object.namespace,
                             &place)) {
        not_understood(work, false);
    }
}

/* ---- ExternalAuth --------------------------------------------------------------------------- */

static struct slice auth_subject(struct work *work, const struct backend *backend)
{
    const struct http_filter *filter = work->filter;
    return arena_printf(work->builder->run->arena,
                        "Service " SLICE_FMT "/" SLICE_FMT ":%u by " SLICE_FMT SLICE_FMT,
                        SLICE_ARG(backend->namespace), SLICE_ARG(backend->service), backend->port,
                        SLICE_ARG(filter->auth_protocol), SLICE_ARG(filter->auth_path));
}

/* HTTPExternalAuthFilter in apis/v1/httproute_types.go: whoever the service does not let in gets its answer, and
 * nobody is let in while it cannot be asked. What it answers is not said; 401 is taken, as with other guards. */
static void external_auth(struct work *work)
{
    struct arena *arena = work->builder->run->arena;
    if (!work->builder->profile->external_auth) {
        not_understood(work, false);
        return;
    }
    struct backend backend =
        backend_resolve(work->builder, work->route, &work->filter->backend, work->unknown);
    const struct route_authentication *before = work->effects->authentication;
    struct route_authentication *all = ARENA_NEW(arena, struct route_authentication);
    all->source = work->source;
    all->guards.count = (before ? before->guards.count : 0) + 1;
    all->guards.items = ARENA_ARRAY(arena, struct guard, all->guards.count);
    for (size_t i = 0; i + 1 < all->guards.count; i++) {
        all->guards.items[i] = before->guards.items[i];
    }
    all->guards.items[all->guards.count - 1] = (struct guard){
        .kind = GUARD_EXTERNAL,
        .subject = auth_subject(work, &backend),
        .never = backend.status != 0,
        .status = backend.status ? backend.status : 401,
    };
    work->effects->authentication = all;
    not_known(work, ASPECT_HEADERS,
              SLICE("the service that is asked may set headers of the request"));
}

/* ---- the rows ----------------------------------------------------------------------------- */

typedef void filter_fn(struct work *work);
static const struct filter_row {
    const char *type;
    filter_fn *apply; /* null: not understood, so the outcome of the rule is unknown */
    bool on_backends; /* has a meaning in backendRefs[].filters */
} rows[] = {
    {"CORS", cors, false},
    {"ExtensionRef", extension, false},
    {"ExternalAuth", external_auth, false},
    {"RequestHeaderModifier", request_headers, true},
    {"RequestMirror", request_mirror, true},
    {"RequestRedirect", request_redirect, true},
    {"ResponseHeaderModifier", response_headers, true},
    {"URLRewrite", url_rewrite, true},
};

static const struct filter_row *find_row(struct slice type)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(type, rows[i].type)) {
            return &rows[i];
        }
    }
    return NULL;
}

bool filter_is_known(const struct http_filter *filter)
{
    const struct filter_row *row = find_row(filter->type);
    return row && row->apply && row->apply != extension && row->apply != external_auth;
}

/* A filter that cannot be resolved must not be skipped: it may be what keeps strangers out
 * (HTTPRouteFilter in apis/v1/httproute_types.go). */
static void not_understood(struct work *work, bool misplaced)
{
    diag_at(work->builder->run->diag, DIAG_G015, work->filter->span, work->route->object.subject,
            "the filter '" SLICE_FMT "' %s, so what the rule does is unknown" SLICE_FMT,
            SLICE_ARG(work->filter->type),
            misplaced ? "is not understood in backendRefs" : "is not understood",
            SLICE_ARG(policy_read_elsewhere(work->builder, &work->filter->extension)));
    not_known(work, ASPECT_PROTECTION,
              arena_printf(work->builder->run->arena, "filter " SLICE_FMT " is not understood",
                           SLICE_ARG(work->filter->type)));
}

void filters_apply(struct builder *builder, const struct http_route *route,
                   const struct http_match *match, enum filter_place place,
                   const struct http_filter *filters, size_t count, struct effects *effects,
                   const struct unknown **unknown)
{
    for (size_t i = 0; i < count; i++) {
        struct work work = {
            .builder = builder,
            .route = route,
            .match = match,
            .filter = &filters[i],
            .source = {filters[i].type, filters[i].span},
            .effects = effects,
            .unknown = unknown,
        };
        const struct filter_row *row = find_row(filters[i].type);
        if (row && row->apply && (row->on_backends || place == FILTER_OF_RULE)) {
            row->apply(&work);
        } else {
            not_understood(&work, place == FILTER_OF_BACKEND && row && row->apply);
        }
    }
    if (effects->redirect && builder->profile->redirects_bare) {
        effects->response_headers = NULL;
    }
}
