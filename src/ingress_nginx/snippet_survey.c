#include "ingress_nginx/snippets_priv.h"

/* What the snippets of a server say of it as a whole: what nginx refuses, which hosts they name, how long lines may
 * be. */

static void freeze(struct model *model, const struct placed_snippet *placed,
                   const struct item *item, struct slice directive)
{
    model_freeze(model, placed->source, item ? item->ingress->object.subject : SLICE_ABSENT,
                 arena_printf(model->run->arena,
                              "with '" SLICE_FMT "' of '" SLICE_FMT
                              "' this directive stands twice in one block, which nginx refuses",
                              SLICE_ARG(directive), SLICE_ARG(placed->source.name)));
}

static void misplaced(struct model *model, const struct placed_snippet *placed,
                      const struct item *item)
{
    model_freeze(model, placed->source, item ? item->ingress->object.subject : SLICE_ABSENT,
                 arena_printf(model->run->arena,
                              "nginx refuses '" SLICE_FMT "' where '" SLICE_FMT "' has it",
                              SLICE_ARG(placed->snippet.misplaced),
                              SLICE_ARG(placed->source.name)));
}

/* What the location says before the snippet, or behind it; a line of a snippet beside "off" is refused. */
static bool says_off(const struct model *model, const struct location *location,
                     struct slice directive)
{
    const struct settings *settings = model->settings;
    const struct {
        const char *directive;
        enum annotation_id id;
        struct slice setting;
    } rows[] = {{"proxy_cookie_domain", AN_proxy_cookie_domain, settings->cookie_domain},
                {"proxy_cookie_path", AN_proxy_cookie_path, settings->cookie_path},
                {"proxy_redirect", AN_proxy_redirect_from, settings->redirect_from}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(directive, rows[i].directive)) {
            struct slice own = location->item
                                   ? annotation_text(location->item->annotations, rows[i].id)
                                   : SLICE_ABSENT;
            return slice_is(own.ptr ? own : rows[i].setting, "off");
        }
    }
    return false;
}

/* The template writes it into the location because of an annotation. */
static bool is_there(const struct model *model, const struct location *location,
                     struct slice directive)
{
    static const struct {
        const char *directive;
        enum annotation_id id;
        const char *value; /* only with this one; null: with any */
    } rows[] = {{"absolute_redirect", AN_relative_redirects, "true"},
                {"auth_basic", AN_auth_type, NULL},
                {"auth_request", AN_auth_url, NULL},
                {"client_body_buffer_size", AN_client_body_buffer_size, NULL},
                {"grpc_connect_timeout", AN_backend_protocol, "GRPC"},
                {"grpc_connect_timeout", AN_backend_protocol, "GRPCS"},
                {"grpc_read_timeout", AN_backend_protocol, "GRPC"},
                {"grpc_read_timeout", AN_backend_protocol, "GRPCS"},
                {"grpc_send_timeout", AN_backend_protocol, "GRPC"},
                {"grpc_send_timeout", AN_backend_protocol, "GRPCS"},
                {"proxy_busy_buffers_size", AN_proxy_busy_buffers_size, NULL},
                {"proxy_ssl_ciphers", AN_proxy_ssl_secret, NULL},
                {"proxy_ssl_protocols", AN_proxy_ssl_secret, NULL},
                {"proxy_ssl_server_name", AN_proxy_ssl_secret, NULL},
                {"proxy_ssl_verify", AN_proxy_ssl_secret, NULL},
                {"proxy_ssl_name", AN_proxy_ssl_name, NULL},
                {"rewrite_log", AN_enable_rewrite_log, "true"},
                {"satisfy", AN_satisfy, NULL}};
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    if (annotations && slice_is(directive, "proxy_intercept_errors")) {
        struct texts statuses;
        return error_statuses(model->run, location, &statuses) &&
               !annotation_true(annotations, AN_disable_proxy_intercept_errors, false);
    }
    if (annotations && slice_starts(directive, SLICE("limit_rate"))) {
        bool after = slice_is(directive, "limit_rate_after");
        const struct settings *settings = model->settings;
        return annotation_int(annotations, after ? AN_limit_rate_after : AN_limit_rate,
                              after ? settings->limit_rate_after : settings->limit_rate) > 0;
    }
    for (size_t i = 0; annotations && i < ARRAY_LEN(rows); i++) {
        if (slice_is(directive, rows[i].directive) && annotation_set(annotations, rows[i].id) &&
            (!rows[i].value || slice_is(annotation_text(annotations, rows[i].id), rows[i].value))) {
            return true;
        }
    }
    return false;
}

/* ngx_http_core_location: none stands in an exact one, and a prefix has to begin with that around it. */
static bool has_room(const struct server *server, const struct location *location,
                     const struct own_location *nested)
{
    if (server->regex_mode) { /* the name of the location is its expression */
        return nested->kind == OWN_REGEX;
    }
    return !location->exact &&
           (nested->kind == OWN_REGEX || slice_starts(nested->path, location->path));
}

static bool find_nested(struct model *model, const struct placed_snippet *placed,
                        const struct server *server, const struct location *location)
{
    const struct snippet *snippet = &placed->snippet;
    for (size_t i = 0; i < snippet->nested_count; i++) {
        if (!has_room(server, location, &snippet->nested[i])) {
            model_freeze(model, placed->source,
                         location->item ? location->item->ingress->object.subject : SLICE_ABSENT,
                         arena_printf(model->run->arena,
                                      "nginx takes no location '" SLICE_FMT "' of '" SLICE_FMT
                                      "' inside of location '%s" SLICE_FMT "'",
                                      SLICE_ARG(snippet->nested[i].path),
                                      SLICE_ARG(placed->source.name),
                                      location->exact && !server->regex_mode ? "= " : "",
                                      SLICE_ARG(location->path)));
            return true;
        }
    }
    return false;
}

/* Directives that nginx takes once, or that are in each location already. */
static void find_doubles(struct model *model, const struct placed_snippets *snippets,
                         const struct server *server, const struct location *location)
{
    const struct item *item = location->item;
    struct texts seen[SNIPPET_PLACES] = {{0}};
    size_t capacity[SNIPPET_PLACES] = {0};
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        struct texts *here = &seen[placed->place];
        for (size_t d = 0; d < placed->snippet.single_count; d++) {
            struct slice directive = placed->snippet.singles[d];
            if (placed->place == SNIPPET_LOCATION && is_there(model, location, directive)) {
                freeze(model, placed, item, directive);
                return;
            }
            for (size_t s = 0; s < here->count; s++) {
                if (slice_equal(here->items[s], directive)) {
                    freeze(model, placed, item, directive);
                    return;
                }
            }
            *ARENA_PUSH(model->scratch, here->items, here->count, capacity[placed->place]) =
                directive;
        }
        for (size_t r = 0; r < placed->snippet.replaced.count; r++) {
            struct slice directive = placed->snippet.replaced.items[r];
            if (says_off(model, location, directive)) {
                freeze(model, placed, item, directive);
                return;
            }
        }
        if (find_nested(model, placed, server, location)) {
            return;
        }
        if (placed->snippet.refused.ptr) {
            freeze(model, placed, item, placed->snippet.refused);
            return;
        }
        if (placed->snippet.misplaced.ptr) {
            misplaced(model, placed, item);
            return;
        }
    }
}

static void survey_steps(struct model *model, struct server *server, const struct snippet *snippet,
                         struct slice **hosts, size_t *count, size_t *capacity)
{
    for (size_t s = 0; s < snippet->step_count; s++) {
        const struct snippet_step *step = &snippet->steps[s];
        const struct snippet_condition *condition = &step->condition;
        if (step->kind != STEP_IF) {
            continue;
        }
        /* a variable may stand for the host */
        bool host = condition->when == WHEN_HOST || condition->when == WHEN_VARIABLE;
        server->asks_scheme = server->asks_scheme || condition->when == WHEN_SCHEME;
        server->asks_host = server->asks_host || host;
        if (host && !condition->regex && condition->value.len) {
            *ARENA_PUSH(model->run->arena, *hosts, *count, *capacity) = condition->value;
        }
        survey_steps(model, server, step->block, hosts, count, capacity);
    }
}

/* Which of two servers' sizes counts hangs on when nginx knows the name that is asked for. */
static void note_lines(struct model *model, const struct snippet *snippet)
{
    uint64_t bytes = snippet->line_bytes;
    if (bytes) {
        model->line_bytes_least = bytes < model->line_bytes_least || !model->line_bytes_least
                                      ? bytes
                                      : model->line_bytes_least;
        model->line_bytes_most = bytes > model->line_bytes_most ? bytes : model->line_bytes_most;
    }
}

void snippets_survey(struct model *model, struct server *server, struct slice **hosts,
                     size_t *count, size_t *capacity)
{
    for (size_t l = 0; l < server->count && model->any_snippet; l++) {
        struct placed_snippets snippets;
        snippets_of(model, server, server->locations[l], &snippets);
        find_doubles(model, &snippets, server, server->locations[l]);
        for (size_t i = 0; i < snippets.count; i++) {
            const struct snippet *snippet = &snippets.items[i].snippet;
            note_lines(model, snippet);
            survey_steps(model, server, snippet, hosts, count, capacity);
            for (size_t o = 0; o < snippet->own_count; o++) {
                survey_steps(model, server, snippet->own[o].body, hosts, count, capacity);
            }
        }
    }
}
