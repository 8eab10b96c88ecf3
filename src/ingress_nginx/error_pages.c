#include "ingress_nginx/snippets_priv.h"

/* custom-http-errors (annotations/customhttperrors; nginx.tmpl, CUSTOM_ERRORS): answers of the backend and of nginx
 * itself become a request for "/" to a default backend. */

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

void add_error_pages(struct model *model, const struct server *server,
                     const struct location *location, struct rule *rule)
{
    static const enum annotation_id ids[] = {AN_default_backend, AN_disable_proxy_intercept_errors};
    struct run *run = model->run;
    const struct annotations *annotations = location->item->annotations;
    struct texts statuses;
    if (!error_statuses(run, location, &statuses)) {
        return;
    }
    struct route_error_pages *pages = NEW_EFFECT(run, error_pages);
    pages->source = annotation_source(annotations, AN_custom_http_errors);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        if (annotation_set(annotations, ids[i])) {
            rule_add_source(run, rule, EFFECT_error_pages, annotation_source(annotations, ids[i]));
        }
    }
    pages->statuses = statuses;
    pages->of_backends = !annotation_true(annotations, AN_disable_proxy_intercept_errors, false);
    struct backend other;
    if (location_default_service(model, location, &other) || model_default_backend(model, &other)) {
        pages->namespace = other.namespace;
        pages->service = other.service;
        pages->port = other.port;
        input_headers(model, server, location, &pages->request);
        input_headers(model, server, NULL, &pages->early);
        page_headers(model, location, false, &pages->request);
        page_headers(model, location, true, &pages->early);
    } else {
        pages->status = 404; /* the controller's own default backend */
    }
    server_response_headers(model, server, &pages->response);
    add_lists(model, server, pages);
    rule->effects.error_pages = pages;
    check_refused(model, annotations, &statuses);
}
