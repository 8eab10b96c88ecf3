#include "ingress_nginx/snippets_priv.h"

/* custom-http-errors (annotations/customhttperrors; template/configmap.go; nginx.tmpl, CUSTOM_ERRORS): answers of the
 * backend and of nginx itself become a request for "/" to a default backend. The list of the setting stands at the
 * level of http, so that it is taken over where there is no error_page at all. */

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

bool error_statuses(struct run *run, const struct location *location, struct texts *out)
{
    struct slice text = location->item
                            ? annotation_text(location->item->annotations, AN_custom_http_errors)
                            : SLICE_ABSENT;
    *out = (struct texts){0};
    if (!text.ptr) {
        return false;
    }
    int64_t number;
    *out = texts_read(run, text, ',');
    for (size_t i = 0; i < out->count; i++) {
        if (!slice_to_int(out->items[i], &number)) {
            return false; /* "404 503" passes the check, and is no number for the parser */
        }
    }
    return out->count > 0;
}

static void check_refused(struct model *model, const struct annotations *annotations,
                          const struct texts *statuses)
{
    int64_t number = 0;
    for (size_t i = 0; i < statuses->count; i++) {
        if (slice_to_int(statuses->items[i], &number) && number <= 599 && number != 499) {
            continue;
        }
        model_freeze(model, annotation_source(annotations, AN_custom_http_errors),
                     annotations->ingress->object.subject,
                     arena_printf(model->run->arena,
                                  "nginx takes no error page for status '" SLICE_FMT "'",
                                  SLICE_ARG(statuses->items[i])));
        return;
    }
}

static void set(struct run *run, struct edits *edits, const char *name, struct template value)
{
    effect_edit(run, edits, EDIT_SET, slice_of(name), value);
}

/* The proxy_set_header lines. Before the location's own directives have run, its variables are empty, and nginx does
 * not send a header whose value is. */
static void page_headers(struct model *model, const struct location *location, bool early,
                         struct edits *out)
{
    struct run *run = model->run;
    const struct variables own = location_variables(run, location);
    const struct {
        const char *name;
        struct slice value;
    } rows[] = {{"X-Namespace", own.namespace},
                {"X-Ingress-Name", own.ingress},
                {"X-Service-Name", own.service},
                {"X-Service-Port", own.port}};
    set(run, out, "X-Code", template_named(run->arena, PART_STATUS, SLICE("")));
    set(run, out, "X-Format", template_named(run->arena, PART_HEADER, SLICE("Accept")));
    set(run, out, "X-Original-URI", template_named(run->arena, PART_TARGET, SLICE("")));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice value = early || !rows[i].value.ptr ? SLICE("") : rows[i].value;
        set(run, out, rows[i].name, template_text(run->arena, value));
    }
    set(run, out, "X-Request-ID",
        template_named(run->arena, PART_REQUEST_ID, SLICE("X-Request-ID")));
    set(run, out, "X-Forwarded-For",
        template_named(run->arena, PART_CLIENT, SLICE("$remote_addr")));
    if (!early) {
        set(run, out, "Host",
            template_named(run->arena, PART_HOST_HEADER, SLICE("$best_http_host")));
    }
}

/* The pages are locations without lists of their own: those of the server's snippets count, else that of all of
 * nginx. */
static void add_lists(struct model *model, const struct server *server,
                      struct route_error_pages *pages)
{
    struct rule rule = {0};
    struct placed_snippets snippets;
    snippets_of(model, server, NULL, &snippets);
    snippets_access(model, &snippets, false, &rule);
    const struct route_addresses *lists = rule.effects.addresses;
    if (lists) {
        pages->allow = lists->allow;
        pages->deny = lists->deny;
        pages->has_allow = lists->has_allow;
    } else {
        pages->deny = networks_read(model->run, model->settings->block_cidrs);
    }
}

/* Edits of the request itself stay (headers-more); the location's are not made yet for early answers. */
static void input_headers(struct model *model, const struct server *server,
                          const struct location *location, struct edits *out)
{
    struct placed_snippets snippets;
    snippets_of(model, server, location, &snippets);
    for (size_t i = 0; i < snippets.count; i++) {
        const struct edits *input = &snippets.items[i].snippet.input;
        for (size_t e = 0; e < input->count; e++) {
            *ARENA_PUSH(model->run->arena, out->items, out->count, out->capacity) = input->items[e];
        }
    }
}

/* template/configmap.go, ReadConfig and filterErrors. */
void settings_statuses(const struct model *model, struct texts *out)
{
    struct texts all = texts_read(model->run, model->settings->error_statuses, ',');
    int64_t number;
    *out = (struct texts){all.items, 0};
    for (size_t i = 0; i < all.count; i++) {
        if (slice_to_int(all.items[i], &number) && number >= 300 && number <= 599) {
            out->items[out->count++] = all.items[i];
        }
    }
}

/* auth-tls-error-page is an error_page of the server. */
static bool takes_settings(const struct model *model, const struct server *server)
{
    bool own = server && server->client && server->client->error_page.count;
    return model->settings->error_statuses.len && !own;
}

/* A Service that is not in an input that may have gaps is there, and its port is not known. */
static bool page_service(const struct model *model, const struct location *location,
                         struct backend *out)
{
    if (location_default_service(model, location, out)) {
        return true;
    }
    struct slice name = location->item
                            ? annotation_text(location->item->annotations, AN_default_backend)
                            : SLICE_ABSENT;
    if (model->run->closed || !name.len || !location->has_backend) {
        return false;
    }
    const struct object *ingress = &location->item->ingress->object;
    *out = (struct backend){.namespace = ingress->namespace, .service = name, .weight = 1};
    return !kube_find(model->kube, KUBE_SERVICE, ingress->namespace, name);
}

static void set_backend(struct model *model, const struct server *server,
                        const struct location *location, bool named, bool early,
                        struct route_error_pages *pages)
{
    struct backend other;
    if (!named && !model_default_backend(model, &other)) {
        pages->status = 404; /* the controller's own default backend */
        return;
    }
    if (named) {
        (void)page_service(model, location, &other);
    }
    pages->namespace = other.namespace;
    pages->service = other.service;
    pages->port = other.port;
    if (server && !early) {
        input_headers(model, server, location, &pages->request);
    }
    if (server) {
        input_headers(model, server, NULL, early ? &pages->request : &pages->early);
    }
    page_headers(model, location, early, &pages->request);
    pages->early = early ? pages->request : pages->early;
    if (!early) {
        page_headers(model, location, true, &pages->early);
    }
}

const struct route_error_pages *settings_pages(struct model *model, const struct server *server,
                                               const struct location *location)
{
    struct texts statuses;
    if (!takes_settings(model, server)) {
        return NULL;
    }
    settings_statuses(model, &statuses);
    if (!statuses.count) {
        return NULL;
    }
    struct route_error_pages *pages = NEW_EFFECT(model->run, error_pages);
    static const struct location nobody = {.automatic = true};
    pages->source = setting_source(model->settings, "custom-http-errors");
    pages->statuses = statuses;
    pages->of_backends = !model->settings->no_intercept;
    set_backend(model, server, location ? location : &nobody, false, !location, pages);
    if (server) {
        server_response_headers(model, server, &pages->response);
        add_lists(model, server, pages);
    }
    return pages;
}

static void annotated_pages(struct model *model, const struct server *server,
                            const struct location *location, const struct texts *statuses,
                            bool early, struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_default_backend, AN_disable_proxy_intercept_errors};
    struct run *run = model->run;
    const struct annotations *annotations = location->item->annotations;
    struct route_error_pages *pages = NEW_EFFECT(run, error_pages);
    struct backend other;
    pages->source = annotation_source(annotations, AN_custom_http_errors);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (annotation_set(annotations, ids[i])) {
            rule_add_source(run, rule, EFFECT_error_pages, annotation_source(annotations, ids[i]));
        }
    }
    pages->statuses = *statuses;
    /* the setting's list intercepts for all, and no annotation takes that back */
    pages->of_backends = !annotation_true(annotations, AN_disable_proxy_intercept_errors, false) ||
                         (model->settings->error_statuses.len && !model->settings->no_intercept);
    set_backend(model, server, location, page_service(model, location, &other), early, pages);
    server_response_headers(model, server, &pages->response);
    add_lists(model, server, pages);
    rule->effects.error_pages = pages;
    check_refused(model, annotations, statuses);
}

void add_error_pages(struct model *model, const struct server *server,
                     const struct location *location, bool early, struct rule *rule)
{
    struct texts statuses;
    bool denied = location->item && location->item->annotations->denied;
    if (!denied && error_statuses(model->run, location, &statuses)) {
        annotated_pages(model, server, location, &statuses, early, rule);
    } else if (denied || !location_signs_in(model, location)) {
        /* the variables of a location that is denied are set before it answers */
        rule->effects.error_pages = settings_pages(model, server, early ? NULL : location);
    }
}
