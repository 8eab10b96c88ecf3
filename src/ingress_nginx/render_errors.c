#include "ingress_nginx/model_priv.h"

#include "ingress_nginx/render_priv.h"

/* Error pages: the lines of a location, and the named locations of a server that they lead to (nginx.tmpl,
 * CUSTOM_ERRORS). */

/* Where the pages of a location come from: the controller's name of it, and the Service. */
struct pages {
    struct slice name, backend;
};

static struct pages pages_of(struct render *render, const struct location *location)
{
    struct backend other;
    if (!location_default_service(render->model, location, &other)) {
        return (struct pages){SLICE("upstream-default-backend"), SLICE("-")};
    }
    struct arena *arena = render->model->scratch;
    return (struct pages){arena_printf(arena, "custom-default-backend-" SLICE_FMT "-" SLICE_FMT,
                                       SLICE_ARG(other.namespace), SLICE_ARG(other.service)),
                          render_backend_name(render, &other)};
}

void render_error_pages(struct render *render, const struct location *location)
{
    struct texts statuses;
    if (!error_statuses(render->model->run, location, &statuses)) {
        return;
    }
    struct pages pages = pages_of(render, location);
    if (!annotation_true(location->item->annotations, AN_disable_proxy_intercept_errors, false)) {
        buf_puts(render->out, "        proxy_intercept_errors on;\n");
    }
    for (size_t i = 0; i < statuses.count; i++) {
        buf_printf(render->out,
                   "        error_page " SLICE_FMT " = @custom_" SLICE_FMT "_" SLICE_FMT ";\n",
                   SLICE_ARG(statuses.items[i]), SLICE_ARG(pages.name),
                   SLICE_ARG(statuses.items[i]));
    }
}

static void put_page(struct render *render, const struct pages *pages, struct slice status)
{
    static const char *const lines[] = {
        "X-Format $http_accept",        "X-Original-URI $request_uri",
        "X-Namespace $namespace",       "X-Ingress-Name $ingress_name",
        "X-Service-Name $service_name", "X-Service-Port $service_port",
        "X-Request-ID $req_id",         "X-Forwarded-For $remote_addr",
        "Host $best_http_host"};
    struct buf *out = render->out;
    buf_printf(out,
               "\n    # by custom-http-errors\n    location @custom_" SLICE_FMT "_" SLICE_FMT " {\n"
               "        internal;\n        proxy_intercept_errors off;\n"
               "        proxy_set_header X-Code " SLICE_FMT ";\n",
               SLICE_ARG(pages->name), SLICE_ARG(status), SLICE_ARG(status));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        buf_printf(out, "        proxy_set_header %s;\n", lines[i]);
    }
    render_page_script(render, pages->backend);
    buf_puts(out, "        rewrite (.*) / break;\n        proxy_pass http://upstream_balancer;\n"
                  "    }\n");
}

/* nginx.tmpl writes these at the level of http; here they stand in each server, which comes to the same, as a server
 * with an error_page of its own takes over none. */
void render_all_error_pages(struct render *render, const struct server *server)
{
    struct texts statuses;
    if (server->client && server->client->error_page.count) {
        return;
    }
    settings_statuses(render->model, &statuses);
    if (statuses.count && !render->model->settings->no_intercept &&
        !snippets_intercept(render->model, server)) {
        buf_puts(render->out, "    proxy_intercept_errors on;\n");
    }
    for (size_t i = 0; i < statuses.count; i++) {
        buf_printf(render->out,
                   "    error_page " SLICE_FMT " = @custom_upstream-default-backend_" SLICE_FMT
                   ";\n",
                   SLICE_ARG(statuses.items[i]), SLICE_ARG(statuses.items[i]));
    }
}

static void put_pages(struct render *render, struct map *done, const struct pages *pages,
                      const struct texts *statuses)
{
    for (size_t i = 0; i < statuses->count; i++) {
        struct slice key =
            ARENA_JOIN(render->model->scratch, pages->name, SLICE("_"), statuses->items[i]);
        if (!map_put(done, key, done)) {
            put_page(render, pages, statuses->items[i]);
        }
    }
}

void render_error_locations(struct render *render, const struct server *server)
{
    static const struct pages common = {{"upstream-default-backend", 24}, {"-", 1}};
    struct map *done = map_new(render->model->scratch);
    struct texts statuses;
    settings_statuses(render->model, &statuses);
    put_pages(render, done, &common, &statuses);
    for (size_t l = 0; l < server->count; l++) {
        const struct location *location = server->locations[l];
        if (!error_statuses(render->model->run, location, &statuses)) {
            continue;
        }
        const struct pages pages = pages_of(render, location);
        put_pages(render, done, &pages, &statuses);
    }
}
