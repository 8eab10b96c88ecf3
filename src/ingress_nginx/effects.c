#include "ingress_nginx/snippets_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

void effect_edit(struct run *run, struct edits *edits, enum edit_kind kind, struct slice name,
                 struct template value)
{
    struct header_edit *edit = ARENA_PUSH(run->arena, edits->items, edits->count, edits->capacity);
    *edit = (struct header_edit){.kind = kind, .name = name, .value = value};
}

const struct unknown *unknown_prepend(struct run *run, const struct unknown *to,
                                      const struct unknown *from)
{
    for (; from; from = from->next) {
        to = unknown_add(run, to, from->aspect, from->source, from->reason);
    }
    return to;
}

/* ---- headers ------------------------------------------------------------------------------ */

/* Edits that are put together from several sources; the first one names them. */
struct gathered {
    struct edits request, response;
    struct effect_source request_source, response_source;
};

static void gather(struct gathered *out, struct effect_source source, size_t requests,
                   size_t responses)
{
    if (out->request.count > requests && !out->request_source.name.ptr) {
        out->request_source = source;
    }
    if (out->response.count > responses && !out->response_source.name.ptr) {
        out->response_source = source;
    }
}

static void append(struct run *run, const struct edits *from, struct edits *to)
{
    for (size_t i = 0; i < from->count; i++) {
        *ARENA_PUSH(run->arena, to->items, to->count, to->capacity) = from->items[i];
    }
}

enum edits_part { PART_INPUT, PART_SENT, PART_HIDDEN, PART_SET, PART_EXPIRED, PART_ADDED };

static const struct edits *part_of(const struct placed_snippet *placed, enum edits_part part)
{
    const struct snippet *snippet = &placed->snippet;
    const struct edits *const parts[] = {&snippet->input, &snippet->sent,    &snippet->hidden,
                                         &snippet->set,   &snippet->expired, &snippet->added};
    return parts[part];
}

/* headers-more takes those of all levels; nginx's own directives are taken over from an outer level only where no
 * inner one has any of the kind. */
static enum snippet_place outermost_of(const struct placed_snippets *snippets, enum edits_part part)
{
    enum snippet_place outermost = SNIPPET_HTTP;
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        if (part_of(placed, part)->count && placed->place < outermost) {
            outermost = placed->place;
        }
    }
    return outermost;
}

static void gather_part(struct run *run, const struct placed_snippets *snippets,
                        enum edits_part part, bool no_server, struct gathered *out)
{
    bool merged = part == PART_INPUT || part == PART_SET;
    bool request = part == PART_INPUT || part == PART_SENT;
    enum snippet_place outermost = merged ? SNIPPET_HTTP : outermost_of(snippets, part);
    if (no_server && outermost > SNIPPET_LOCATION) {
        outermost = SNIPPET_LOCATION;
    }
    for (size_t i = 0; i < snippets->count; i++) {
        const struct placed_snippet *placed = &snippets->items[i];
        size_t requests = out->request.count, responses = out->response.count;
        if (placed->place <= outermost) {
            append(run, part_of(placed, part), request ? &out->request : &out->response);
            gather(out, placed->source, requests, responses);
        }
    }
}

/* The headers of hide-headers are of the outermost level. */
static void gather_hidden(struct model *model, const struct placed_snippets *snippets,
                          struct gathered *out)
{
    if (model->hides_apart && outermost_of(snippets, PART_HIDDEN) == SNIPPET_HTTP) {
        size_t before = out->response.count;
        platform_hidden_headers(model->run, model->settings, &out->response);
        gather(out, setting_source(model->settings, "hide-headers"), out->request.count, before);
    }
    gather_part(model->run, snippets, PART_HIDDEN, false, out);
}

/* nginx.tmpl: the cookie of an external service's answer goes by an add_header of the location. */
static bool adds_cookie(const struct rule *rule)
{
    const struct route_authentication *authentication = rule->effects.authentication;
    for (size_t i = 0; authentication && i < authentication->guards.count; i++) {
        if (authentication->guards.items[i].kind == GUARD_EXTERNAL) {
            return true;
        }
    }
    return false;
}

static void gather_custom(struct model *model, const struct annotations *annotations,
                          struct rule *rule, struct gathered *out)
{
    struct run *run = model->run;
    struct slice name = annotation_text(annotations, AN_custom_headers);
    if (!name.ptr) {
        return;
    }
    struct effect_source source = annotation_source(annotations, AN_custom_headers);
    const struct config_map *map = config_map_named(model->kube, name);
    if (!map) {
        rule->unknown = unknown_add(run, rule->unknown, ASPECT_HEADERS, source,
                                    SLICE("the ConfigMap with the response headers is not in the "
                                          "input"));
        diag_at(run->diag, DIAG_N030, source.span, annotations->ingress->object.subject,
                "annotation '" SLICE_FMT "' sets response headers from ConfigMap '" SLICE_FMT
                "', which is not in the input; add it",
                SLICE_ARG(source.name), SLICE_ARG(name));
    }
    for (size_t i = 0; map && i < map->data.count; i++) {
        const struct label *header = &map->data.items[i];
        effect_edit(run, &out->response, EDIT_SET, header->key,
                    template_text(run->arena, header->value));
        gather(out, source, out->request.count, out->response.count - 1);
    }
}

static void gather_connection(struct run *run, const struct annotations *annotations,
                              struct gathered *all)
{
    struct slice connection = annotation_text(annotations, AN_connection_proxy_header);
    if (connection.ptr) {
        effect_edit(run, &all->request, EDIT_SET, SLICE("Connection"),
                    template_text(run->arena, connection));
        gather(all, annotation_source(annotations, AN_connection_proxy_header),
               all->request.count - 1, all->response.count);
    }
}

/* ngx_otel_module, opentelemetry_propagate: a span of its own, so a value that nobody knows before. */
static void gather_tracing(struct model *model, const struct annotations *annotations,
                           struct gathered *out)
{
    struct run *run = model->run;
    bool own = annotation_set(annotations, AN_enable_opentelemetry);
    if (annotation_true(annotations, AN_enable_opentelemetry, model->settings->opentelemetry)) {
        struct template span =
            template_named(run->arena, PART_UNKNOWN, SLICE("$opentelemetry_context_traceparent"));
        effect_edit(run, &out->request, EDIT_SET, SLICE("traceparent"), span);
        gather(out,
               own ? annotation_source(annotations, AN_enable_opentelemetry)
                   : setting_source(model->settings, "enable-opentelemetry"),
               out->request.count - 1, out->response.count);
    }
}

static void put_headers(struct run *run, const struct gathered *all, struct rule *rule)
{
    if (all->request.count) {
        struct route_header_edits *edits = NEW_EFFECT(run, header_edits);
        const struct route_header_edits *before = rule->effects.request_headers;
        *edits = (struct route_header_edits){all->request_source, all->request};
        if (before) {
            append(run, &before->edits, &edits->edits);
        }
        rule->effects.request_headers = edits;
    }
    if (all->response.count) {
        struct route_header_edits *edits = NEW_EFFECT(run, header_edits);
        *edits = (struct route_header_edits){all->response_source, all->response};
        rule->effects.response_headers = edits;
    }
}

/* Variables of the snippet's own have their values when its steps are done. */
static void fill_in(struct run *run, const struct leaf *leaf, struct edits *edits)
{
    for (size_t i = 0; leaf && leaf->variables && i < edits->count; i++) {
        edits->items[i].value = leaf_values(run, leaf, &edits->items[i].value);
    }
}

/* The "if" that held last stands for the location; `room` is for what is copied then. */
static const struct placed_snippets *with_inner(const struct placed_snippets *snippets,
                                                const struct leaf *leaf,
                                                struct placed_snippets *room)
{
    if (!leaf || !leaf->inner) {
        return snippets;
    }
    *room = *snippets;
    room->items[room->count++] =
        (struct placed_snippet){SNIPPET_IF, leaf->inner_source, *leaf->inner};
    return room;
}

static void add_headers(struct model *model, const struct server *server,
                        const struct location *location, const struct placed_snippets *placed,
                        const struct leaf *leaf, struct rule *rule)
{
    struct run *run = model->run;
    struct gathered all = {0};
    struct placed_snippets room;
    const struct placed_snippets *snippets = with_inner(placed, leaf, &room);
    client_certificate_headers(model, server, &all.request);
    if (server->client) {
        gather(&all, server->client->source, 0, 0);
    }
    gather_part(run, snippets, PART_INPUT, false, &all);
    /* grpc_pass sends what grpc_set_header says, and hides what grpc_hide_header does */
    if (!location->item || !annotations_grpc(location->item->annotations)) {
        gather_part(run, snippets, PART_SENT, true, &all);
        gather_hidden(model, snippets, &all);
    }
    gather_part(run, snippets, PART_SET, false, &all);
    if (location->item) {
        gather_custom(model, location->item->annotations, rule, &all);
        gather_connection(run, location->item->annotations, &all);
        gather_tracing(model, location->item->annotations, &all);
    }
    gather_part(run, snippets, PART_EXPIRED, false, &all);
    gather_part(run, snippets, PART_ADDED, adds_cookie(rule), &all);
    fill_in(run, leaf, &all.request);
    fill_in(run, leaf, &all.response);
    put_headers(run, &all, rule);
}

/* nginx looks at the length of a body before the location's own directives run: no "if" holds yet, and no variable is
 * set. */
static void early_headers(struct model *model, const struct server *server,
                          const struct location *location, const struct placed_snippets *snippets,
                          const struct leaf *leaf, struct rule *rule)
{
    struct rule early = {.effects.authentication = rule->effects.authentication};
    if (!rule->effects.response_headers || (!leaf->inner && !leaf->variables)) {
        return;
    }
    struct route_body_limit *limit = NEW_EFFECT(model->run, body_limit);
    const struct settings *settings = model->settings;
    add_headers(model, server, location, snippets, NULL, &early);
    if (rule->effects.body_limit) {
        *limit = *rule->effects.body_limit;
    } else {
        limit->source = setting_source(settings, "proxy-body-size");
        limit->bytes = settings->body_bytes == 0 ? -1 : settings->body_bytes;
    }
    limit->own_headers = true;
    if (early.effects.response_headers) {
        limit->response = early.effects.response_headers->edits;
    }
    rule->effects.body_limit = limit;
}

/* What the snippets of the server do to answers that come from no location, or from one with nothing of its
 * own. */
static void placed_headers(struct model *model, const struct placed_snippets *placed,
                           const struct leaf *leaf, struct rule *rule)
{
    struct gathered all = {0};
    if (rule->effects.response_headers) {
        append(model->run, &rule->effects.response_headers->edits, &all.response);
    }
    gather_hidden(model, placed, &all);
    gather_part(model->run, placed, PART_SET, false, &all);
    gather_part(model->run, placed, PART_EXPIRED, false, &all);
    gather_part(model->run, placed, PART_ADDED, false, &all);
    fill_in(model->run, leaf, &all.response);
    put_headers(model->run, &all, rule);
}

static void server_headers(struct model *model, const struct server *server, struct rule *rule)
{
    struct placed_snippets snippets;
    snippets_of(model, server, NULL, &snippets);
    placed_headers(model, &snippets, NULL, rule);
}

bool server_hides(const struct model *model, const struct server *server)
{
    struct placed_snippets snippets;
    snippets_of(model, server, NULL, &snippets);
    return outermost_of(&snippets, PART_HIDDEN) < SNIPPET_HTTP;
}

void server_response_headers(struct model *model, const struct server *server, struct edits *out)
{
    struct rule rule = {0};
    server_headers(model, server, &rule);
    *out = rule.effects.response_headers ? rule.effects.response_headers->edits : (struct edits){0};
}

const struct route_header_edits *server_refusal(struct model *model, const struct server *server,
                                                const struct unknown **unknown)
{
    struct rule rule = {0};
    struct placed_snippets snippets;
    struct route_header_edits *edits = NEW_EFFECT(model->run, header_edits);
    platform_named_headers(model, &edits->edits);
    rule.effects.response_headers = edits;
    server_headers(model, server, &rule);
    snippets_of(model, server, NULL, &snippets);
    *unknown = NULL;
    for (size_t i = 0; i < snippets.count; i++) {
        const struct placed_snippet *placed = &snippets.items[i];
        if (placed->snippet.unknown.count) {
            *unknown = unknown_add(
                model->run, *unknown, ASPECT_PROTECTION, placed->source,
                unknown_directives(model->run, &placed->snippet.unknown, "", placed->source.name));
        }
    }
    const struct route_header_edits *all = rule.effects.response_headers;
    return all->edits.count ? all : NULL;
}

/* ---- backends ----------------------------------------------------------------------------- */

static struct template header_template(struct run *run, const char *name)
{
    return template_named(run->arena, PART_HEADER, slice_of(name));
}

/* The Service of the annotation default-backend takes over while the location's own has no endpoints, and gets
 * headers that say whose requests these are (controller.go, getBackendServers; nginx.tmpl). */
static bool stand_in(struct model *model, const struct location *location, struct rule *rule)
{
    struct run *run = model->run;
    struct backend other;
    if (!location_stand_in(model, location, &other)) {
        return false;
    }
    const struct annotations *annotations = location->item->annotations;
    const struct object *ingress = &annotations->ingress->object;
    rule->backends[0] = other;
    struct route_header_edits *edits = NEW_EFFECT(run, header_edits);
    edits->source = annotation_source(annotations, AN_default_backend);
    const struct {
        const char *name;
        struct slice value;
    } headers[] = {
        {"X-Code", SLICE("503")},
        {"X-Namespace", ingress->namespace},
        {"X-Ingress-Name", ingress->name},
        {"X-Service-Name", location->backend.service},
        {"X-Service-Port", location->backend.port_name.len
                               ? location->backend.port_name
                               : arena_printf(run->arena, "%u", location->backend.port)},
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        effect_edit(run, &edits->edits, EDIT_SET, slice_of(headers[i].name),
                    template_text(run->arena, headers[i].value));
    }
    effect_edit(run, &edits->edits, EDIT_SET, SLICE("X-Format"), header_template(run, "Accept"));
    /* a second line, as the template writes it for every location as well */
    struct template id = template_named(run->arena, PART_REQUEST_ID, SLICE("X-Request-ID"));
    effect_edit(run, &edits->edits, EDIT_ADD, SLICE("X-Request-ID"), id);
    rule->effects.request_headers = edits;
    return true;
}

static void set_backends(struct model *model, const struct location *location, struct rule *rule)
{
    struct run *run = model->run;
    if (location->has_backend) {
        rule->backends = ARENA_NEW(run->arena, struct backend);
        rule->backends[0] = location->backend;
        rule->backend_count = 1;
        return;
    }
    struct backend backend;
    if (model_default_backend(model, &backend)) {
        rule->backends = ARENA_NEW(run->arena, struct backend);
        rule->backends[0] = backend;
        rule->backends[0].fallback = true;
        rule->backend_count = 1;
        return;
    }
    struct route_answer *answer = NEW_EFFECT(run, answer);
    answer->status = 404;
    answer->last = true;
    answer->reason = SLICE("no path of this host matches, and there is no default backend");
    rule->effects.answer = answer;
    rule->implied = true;
}

/* ---- what is not known ---------------------------------------------------------------------- */

bool listed_prefix(struct slice path, struct slice list)
{
    struct slice item;
    while (slice_split(&list, ',', &item)) {
        item = slice_trim(item);
        if (item.len && slice_starts(path, item)) {
            return true;
        }
    }
    return false;
}

static bool is_open(const struct annotations *annotations, const struct annotation *item)
{
    const struct annotation_row *row = annotation_row(item->id);
    bool open = item->unchecked ||
                (row->treatment == TREAT_RISK && !snippet_is_plain(item->id, item->value));
    /* what belongs to the host is put on the host */
    return open && row->scope != SCOPE_SERVER && annotation_acts(annotations, item->id);
}

static void add_unknown(struct model *model, const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    for (size_t i = 0; i < annotations->count; i++) {
        const struct annotation *item = &annotations->items[i];
        if (!is_open(annotations, item)) {
            continue;
        }
        struct effect_source source = {item->name, item->span};
        rule->unknown =
            unknown_add(model->run, rule->unknown, annotation_row(item->id)->aspect, source,
                        snippet_reason(model->run, item->name, item->id, item->value));
    }
}

/* nginx.tmpl leaves out all else of a location that is denied, so it has nginx's own limit, or that of the
 * server. */
static void frame_denied(struct model *model, const struct server *server,
                         const struct location *location, bool early, struct rule *rule)
{
    struct route_body_limit *limit = NEW_EFFECT(model->run, body_limit);
    limit->bytes = snippets_body_limit(model, server, 1 << 20);
    rule->effects.body_limit = limit;
    server_headers(model, server, rule);
    add_error_pages(model, server, location, early, rule);
}

void location_frame(struct model *model, const struct server *server,
                    const struct location *location, struct rule *rule)
{
    if (location->item && location->item->annotations->denied) {
        frame_denied(model, server, location, true, rule);
        return;
    }
    struct placed_snippets snippets;
    snippets_of(model, server, location, &snippets);
    if (location->item) {
        add_body_limit(model, server, location->item->annotations, rule);
    }
    add_error_pages(model, server, location, true, rule);
    add_headers(model, server, location, &snippets, NULL, rule);
}

/* ---- one location --------------------------------------------------------------------------- */

static void deny(struct model *model, const struct server *server, const struct location *location,
                 struct rule *rule)
{
    const struct annotations *annotations = location->item->annotations;
    struct route_answer *answer = NEW_EFFECT(model->run, answer);
    *answer = (struct route_answer){
        .source = annotations->denied_source, .status = 503, .reason = annotations->denied_reason};
    rule->effects.answer = answer;
    frame_denied(model, server, location, false, rule);
    rule->effects.cors = NULL;
    rule->effects.addresses = NULL;
    rule->effects.authentication = NULL;
    rule->backends = NULL;
    rule->backend_count = 0;
}

static bool has_own_lists(const struct model *model, const struct annotations *annotations)
{
    return annotation_set(annotations, AN_allowlist_source_range) ||
           annotation_set(annotations, AN_denylist_source_range) ||
           model->settings->allowlist.len || model->settings->denylist.len;
}

void location_effects(struct model *model, const struct server *server,
                      const struct location *location, const struct view_of *view,
                      const struct leaf *leaf, struct route_table *table, struct rule *rule)
{
    struct run *run = model->run;
    set_backends(model, location, rule);
    rule->unknown = unknown_prepend(run, rule->unknown, server->unknown);
    rule->unknown = unknown_prepend(run, rule->unknown, model->settings->unknown);
    add_protection(model, server, location, rule);
    add_firewall(model, location, rule);
    struct placed_snippets snippets;
    snippets_of(model, server, location, &snippets);
    if (!location->item) {
        add_error_pages(model, server, location, false, rule);
        snippets_access(model, &snippets, false, rule);
        add_headers(model, server, location, &snippets, leaf, rule);
        early_headers(model, server, location, &snippets, leaf, rule);
        leaf_effects(model, location, leaf, table, rule);
        snippets_rest(model, &snippets, leaf, rule);
        return;
    }
    const struct annotations *annotations = location->item->annotations;
    if (annotations->denied) {
        deny(model, server, location, rule);
        return;
    }
    snippets_access(model, &snippets, has_own_lists(model, annotations), rule);
    add_traffic(model, location, rule);
    add_limits(model, location, rule);
    add_balancing(model, server, location, rule);
    add_backend_details(model, server, location, rule);
    add_error_pages(model, server, location, false, rule);
    (void)stand_in(model, location, rule);
    if (!location->plain) {
        if (!leaf->broke) {
            add_redirect(model, location, rule);
        }
        if (rule->effects.answer && !rule->effects.answer->last) {
            rule->backends = NULL; /* nginx never gets as far as the backend */
            rule->backend_count = 0;
        } else {
            add_https_redirect(model, location, view, rule);
        }
        if (location_rewrites(location)) {
            add_rewrite(model, location, !leaf->broke, table, rule);
        }
    }
    add_authentication(model, location, rule);
    add_headers(model, server, location, &snippets, leaf, rule);
    early_headers(model, server, location, &snippets, leaf, rule);
    leaf_effects(model, location, leaf, table, rule);
    snippets_rest(model, &snippets, leaf, rule);
    add_unknown(model, location, rule);
}

/* What is the same whether a server stands around it or not. */
static void frame_outside(struct model *model, const struct server *server, struct rule *rule,
                          int64_t body_limit)
{
    struct route_body_limit *limit = NEW_EFFECT(model->run, body_limit);
    limit->bytes = body_limit;
    rule->effects.body_limit = limit;
    if (model->settings->hsts) {
        struct route_header_edits *edits = NEW_EFFECT(model->run, header_edits);
        effect_edit(model->run, &edits->edits, EDIT_REMOVE, SLICE("Strict-Transport-Security"),
                    (struct template){0});
        rule->effects.response_headers = edits;
    }
    rule->effects.error_pages = settings_pages(model, server, NULL);
}

void rule_outside_locations(struct model *model, const struct server *server, struct rule *rule,
                            int64_t body_limit)
{
    frame_outside(model, server, rule, body_limit);
    if (server) {
        server_headers(model, server, rule);
    }
}

void rule_of_own_location(struct model *model, const struct server *server,
                          const struct own_place *place, const struct leaf *leaf, struct rule *rule)
{
    struct placed_snippets snippets;
    frame_outside(model, server, rule, snippets_body_limit(model, server, 1 << 20));
    snippets_of(model, server, NULL, &snippets);
    snippets.items[snippets.count++] =
        (struct placed_snippet){SNIPPET_LOCATION, place->source, *place->own->body};
    struct placed_snippets room;
    placed_headers(model, with_inner(&snippets, leaf, &room), leaf, rule);
}
