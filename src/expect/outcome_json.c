#include "expect/expect_priv.h"

/* Builds the objects that gateshift-simulate(1) lists, key by key in its order. */
struct writer {
    struct run *run;
    struct arena *arena;
};

static struct node *null_node(const struct writer *writer)
{
    return ARENA_NEW(writer->arena, struct node);
}

/* Null for what is absent. */
static struct node *text_node(const struct writer *writer, struct slice text)
{
    return text.ptr ? node_string(writer->arena, text) : null_node(writer);
}

static void set(const struct writer *writer, struct node *map, const char *key, struct node *value)
{
    node_set(writer->arena, map, key, value);
}

/* ---- requests ----------------------------------------------------------------------------- */

static const struct pair *find_header(const struct node *map, struct slice name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (slice_equal_fold(map->pairs[i].key, name)) {
            return &map->pairs[i];
        }
    }
    return NULL;
}

/* A header that is repeated has a list of values, under the name that came first. */
static struct node *headers_node(const struct writer *writer, const struct headers *headers)
{
    struct node *map = node_map(writer->arena);
    for (size_t i = 0; i < headers->count; i++) {
        struct slice name = headers->items[i].name;
        struct node *value = node_string(writer->arena, headers->items[i].value);
        const struct pair *before = find_header(map, name);
        if (!before) {
            node_set_slice(writer->arena, map, name, value);
        } else if (before->value->kind == NODE_LIST) {
            node_add(writer->arena, before->value, value);
        } else {
            struct node *list = node_list(writer->arena);
            node_add(writer->arena, list, before->value);
            node_add(writer->arena, list, value);
            node_set_slice(writer->arena, map, before->key, list);
        }
    }
    return map;
}

struct node *request_node(struct run *run, const struct request *request)
{
    const struct writer writer = {run, run->arena};
    struct arena *arena = run->arena;
    struct node *map = node_map(arena);
    set(&writer, map, "method", text_node(&writer, request->method));
    set(&writer, map, "scheme", text_node(&writer, request->scheme));
    set(&writer, map, "host", text_node(&writer, request->host));
    set(&writer, map, "port", node_int(arena, request->port));
    set(&writer, map, "path", text_node(&writer, request->target));
    set(&writer, map, "headers", headers_node(&writer, &request->headers));
    if (request->client_text.ptr) {
        set(&writer, map, "client_ip", text_node(&writer, request->client_text));
    }
    if (request->body_bytes) {
        set(&writer, map, "body_size", node_int(arena, (int64_t)request->body_bytes));
    }
    if (request->sni.ptr && !slice_equal(request->sni, request->host)) {
        set(&writer, map, "sni", text_node(&writer, request->sni));
    }
    if (request->client_certificate) {
        set(&writer, map, "client_cert", node_bool(arena, true));
    }
    if (request->protocol.ptr && !slice_is(request->protocol, "h1")) {
        set(&writer, map, "protocol", text_node(&writer, request->protocol));
    }
    if (request->gateway.ptr) {
        set(&writer, map, "gateway", text_node(&writer, request->gateway));
    }
    return map;
}

/* ---- what backends see -------------------------------------------------------------------- */

static void set_seen(const struct writer *writer, const struct seen_headers *seen, struct node *map)
{
    struct node *headers = node_map(writer->arena), *absent = node_list(writer->arena);
    for (size_t i = 0; i < seen->count; i++) {
        const struct seen_header *header = &seen->items[i];
        node_set_slice(writer->arena, headers, header->name,
                       header->known ? text_node(writer, header->value) : null_node(writer));
    }
    for (size_t i = 0; i < seen->absent.count; i++) {
        node_add(writer->arena, absent, text_node(writer, seen->absent.items[i]));
    }
    set(writer, map, "headers", headers);
    set(writer, map, "absent", absent);
}

static struct node *upstream_node(const struct writer *writer,
                                  const struct outcome_backend *backend)
{
    struct node *map = node_map(writer->arena);
    set(writer, map, "method", text_node(writer, backend->method));
    set(writer, map, "host",
        backend->host_known ? text_node(writer, backend->host) : null_node(writer));
    set(writer, map, "path",
        backend->path_known ? text_node(writer, backend->path) : null_node(writer));
    set_seen(writer, &backend->request, map);
    return map;
}

static struct node *response_node(const struct writer *writer, const struct seen_headers *seen)
{
    struct node *map = node_map(writer->arena);
    set_seen(writer, seen, map);
    return map;
}

static struct node *backend_node(const struct writer *writer, const struct outcome_backend *backend,
                                 const struct node *upstream, const struct node *response)
{
    struct node *map = node_map(writer->arena);
    if (backend->status) {
        set(writer, map, "status", node_int(writer->arena, backend->status));
        set(writer, map, "weight", node_int(writer->arena, (int64_t)backend->weight));
        return map;
    }
    set(writer, map, "namespace", text_node(writer, backend->namespace));
    set(writer, map, "service", text_node(writer, backend->service));
    set(writer, map, "port",
        backend->port ? node_int(writer->arena, backend->port) : null_node(writer));
    set(writer, map, "weight", node_int(writer->arena, (int64_t)backend->weight));
    struct node *own_upstream = upstream_node(writer, backend);
    struct node *own_response = response_node(writer, &backend->response);
    if (!node_equal(own_upstream, upstream)) {
        set(writer, map, "upstream", own_upstream);
    }
    if (!node_equal(own_response, response)) {
        set(writer, map, "response", own_response);
    }
    return map;
}

static void set_backends(const struct writer *writer, const struct outcome *outcome,
                         struct node *map)
{
    const struct outcome_backend *first = first_serving(outcome);
    struct node *list = node_list(writer->arena);
    bool seen = first && outcome->kind == OUTCOME_FORWARD;
    struct node *upstream = seen ? upstream_node(writer, first) : null_node(writer);
    struct node *response = response_node(writer, seen ? &first->response : &outcome->response);
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        /* nothing is seen of what goes through a tunnel */
        node_add(writer->arena, list,
                 seen ? backend_node(writer, backend, upstream, response)
                      : backend_node(writer, backend, upstream_node(writer, backend),
                                     response_node(writer, &backend->response)));
    }
    set(writer, map, "backends", list);
    set(writer, map, "upstream", upstream);
    set(writer, map, "response", response);
}

/* ---- effects ------------------------------------------------------------------------------ */

static struct node *network_node(const struct writer *writer, const struct network *network)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    network_print(network, &text);
    struct node *node = node_string(writer->arena, arena_copy(writer->arena, buf_slice(&text)));
    buf_release(&text);
    return node;
}

enum { TEMPLATE_TEXT_MAX = 1 << 20 };

static struct node *template_node(const struct writer *writer, const struct template *template)
{
    struct buf text;
    buf_init(&text, TEMPLATE_TEXT_MAX);
    template_print(template, &text);
    struct node *node = node_string(writer->arena, arena_copy(writer->arena, buf_slice(&text)));
    buf_release(&text);
    return node;
}

static struct node *edits_node(const struct writer *writer, const struct edits *edits)
{
    static const char *const verbs[] = {"set", "add", "remove"};
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < edits->count; i++) {
        const struct header_edit *edit = &edits->items[i];
        struct node *map = node_map(writer->arena);
        set(writer, map, verbs[edit->kind], text_node(writer, edit->name));
        if (edit->kind != EDIT_REMOVE) {
            set(writer, map, "value", template_node(writer, &edit->value));
        }
        if (edit->only_https) {
            set(writer, map, "only_https", node_bool(writer->arena, true));
        }
        if (edit->only_good) {
            set(writer, map, "only_good_statuses", node_bool(writer->arena, true));
        }
        node_add(writer->arena, list, map);
    }
    return list;
}

static struct node *mirrors_node(const struct writer *writer, const struct route_mirrors *mirrors)
{
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; mirrors && i < mirrors->count; i++) {
        const struct mirror *mirror = &mirrors->items[i];
        struct node *map = node_map(writer->arena);
        set(writer, map, "namespace", text_node(writer, mirror->namespace));
        set(writer, map, "service", text_node(writer, mirror->service));
        set(writer, map, "port",
            mirror->port ? node_int(writer->arena, mirror->port) : null_node(writer));
        if (mirror->url.ptr) {
            set(writer, map, "url", text_node(writer, mirror->url));
        }
        if (mirror->host.ptr) {
            set(writer, map, "host", text_node(writer, mirror->host));
        }
        if (mirror->no_body) {
            set(writer, map, "without_body", node_bool(writer->arena, true));
        }
        if (mirror->denominator && 100 * mirror->numerator % mirror->denominator == 0) {
            set(writer, map, "percent",
                node_int(writer->arena, 100 * mirror->numerator / mirror->denominator));
        } else if (mirror->denominator) {
            struct node *percent = ARENA_NEW(writer->arena, struct node);
            percent->kind = NODE_FLOAT;
            percent->number = 100.0 * (double)mirror->numerator / (double)mirror->denominator;
            set(writer, map, "percent", percent);
        }
        node_add(writer->arena, list, map);
    }
    return list;
}

static struct node *texts_node(const struct writer *writer, const struct texts *texts)
{
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < texts->count; i++) {
        node_add(writer->arena, list, text_node(writer, texts->items[i]));
    }
    return list;
}

static struct node *networks_node(const struct writer *writer, const struct networks *networks)
{
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < networks->count; i++) {
        node_add(writer->arena, list, network_node(writer, &networks->items[i]));
    }
    return list;
}

static struct node *guards_node(const struct writer *writer, const struct guards *guards)
{
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < guards->count; i++) {
        const struct guard *guard = &guards->items[i];
        struct node *map = node_map(writer->arena);
        set(writer, map, "kind", text_node(writer, slice_of(guard_name(guard->kind))));
        set(writer, map, "subject", text_node(writer, guard->subject));
        set(writer, map, "status", node_int(writer->arena, guard->status));
        if (guard->location.count) {
            set(writer, map, "location", template_node(writer, &guard->location));
        }
        if (guard->never) {
            set(writer, map, "never", node_bool(writer->arena, true));
        }
        node_add(writer->arena, list, map);
    }
    return list;
}

static struct node *field_node(const struct writer *writer, const struct field_row *row,
                               const void *effect)
{
    const void *at = (const char *)effect + row->offset;
    switch (row->kind) {
    case FIELD_TEXT:
        return text_node(writer, *(const struct slice *)at);
    case FIELD_NUMBER:
        return node_int(writer->arena, *(const int64_t *)at);
    case FIELD_BYTES:
    case FIELD_MS: /* null: no limit */
        return *(const int64_t *)at < 0 ? null_node(writer)
                                        : node_int(writer->arena, *(const int64_t *)at);
    case FIELD_BOOL:
        return node_bool(writer->arena, *(const bool *)at);
    case FIELD_CHOICE:
        return node_string(writer->arena, slice_of(row->choices[*(const int64_t *)at]));
    case FIELD_TEMPLATE:
        return template_node(writer, at);
    case FIELD_TEXTS:
        return texts_node(writer, at);
    case FIELD_NETWORKS:
        return networks_node(writer, at);
    case FIELD_EDITS:
        return edits_node(writer, at);
    case FIELD_GUARDS:
        return guards_node(writer, at);
    case FIELD_MIRRORS:
        return mirrors_node(writer, effect);
    }
    return null_node(writer);
}

static struct node *effect_node(const struct writer *writer, const struct effect_row *row,
                                const void *effect)
{
    struct node *map = node_map(writer->arena);
    for (size_t i = 0; i < row->field_count; i++) {
        set(writer, map, row->fields[i].name, field_node(writer, &row->fields[i], effect));
    }
    struct slice source = effect_source(effect)->name;
    if (source.ptr) {
        set(writer, map, "from", text_node(writer, source));
    }
    return map;
}

static void set_effects(const struct writer *writer, const struct outcome *outcome,
                        struct node *map)
{
    struct node *effects = node_map(writer->arena), *timeouts = node_map(writer->arena);
    for (size_t id = 0; id < EFFECT_COUNT; id++) {
        const struct effect_row *row = effect_row((enum effect_id)id);
        const void *effect = effect_get(&outcome->effects, row->id);
        if (effect) {
            set(writer, effects, row->name, effect_node(writer, row, effect));
        }
    }
    const struct effect_row *row = effect_row(EFFECT_timeouts);
    const struct route_timeouts *values = outcome->effects.timeouts;
    for (size_t i = 0; values && i < row->field_count; i++) {
        set(writer, timeouts, row->fields[i].name, field_node(writer, &row->fields[i], values));
    }
    set(writer, map, "mirrors", mirrors_node(writer, outcome->effects.mirrors));
    set(writer, map, "timeouts", timeouts);
    set(writer, map, "effects", effects);
}

/* ---- the outcome -------------------------------------------------------------------------- */

static struct node *matched_node(const struct writer *writer, const struct outcome *outcome)
{
    const struct origin *origin = outcome_origin(outcome);
    if (!origin) {
        return null_node(writer);
    }
    struct node *map = node_map(writer->arena);
    set(writer, map, "kind", text_node(writer, origin->kind));
    set(writer, map, "namespace", text_node(writer, origin->namespace));
    set(writer, map, "name", text_node(writer, origin->name));
    set(writer, map, "rule", text_node(writer, origin->field));
    bool placed = origin->span.file != 0;
    set(writer, map, "file",
        placed ? text_node(writer, diag_file_name(writer->run->diag, origin->span.file))
               : null_node(writer));
    set(writer, map, "line",
        placed ? node_int(writer->arena, origin->span.line) : null_node(writer));
    return map;
}

static struct node *notes_node(const struct writer *writer, const struct outcome *outcome)
{
    struct node *list = node_list(writer->arena);
    if (outcome->reason.len) {
        node_add(writer->arena, list, text_node(writer, outcome->reason));
    }
    for (const struct unknown *u = outcome->unknown; u; u = u->next) {
        if (outcome->kind != OUTCOME_UNKNOWN || !slice_equal(u->reason, outcome->reason)) {
            node_add(writer->arena, list,
                     node_string(writer->arena,
                                 arena_printf(writer->arena, "%s is unknown: " SLICE_FMT,
                                              aspect_name(u->aspect), SLICE_ARG(u->reason))));
        }
    }
    if (outcome->rule && outcome->rule->implied) {
        node_add(writer->arena, list,
                 node_string(writer->arena, SLICE("the data plane adds this rule by itself")));
    }
    return list;
}

static struct node *conditions_node(const struct writer *writer, const struct outcome *outcome)
{
    struct node *list = node_list(writer->arena);
    for (size_t i = 0; i < outcome->condition_count; i++) {
        const struct condition *condition = &outcome->conditions[i];
        struct node *map = node_map(writer->arena);
        set(writer, map, "name", text_node(writer, slice_of(condition->name)));
        set(writer, map, "parameters", text_node(writer, condition->parameters));
        set(writer, map, "assumed",
            text_node(writer, condition->passes ? SLICE("pass") : SLICE("fail")));
        set(writer, map, "otherwise", text_node(writer, condition->otherwise));
        node_add(writer->arena, list, map);
    }
    return list;
}

struct node *outcome_node(struct run *run, const struct request *request,
                          const struct outcome *outcome)
{
    const struct writer writer = {run, run->arena};
    struct node *map = node_map(run->arena);
    bool has_status = outcome->kind == OUTCOME_REDIRECT || outcome->kind == OUTCOME_RESPOND;
    set(&writer, map, "request", request_node(run, request));
    set(&writer, map, "outcome", node_string(run->arena, slice_of(outcome_name(outcome->kind))));
    set(&writer, map, "status",
        has_status ? node_int(run->arena, outcome->status) : null_node(&writer));
    set(&writer, map, "location", text_node(&writer, outcome->location));
    set_backends(&writer, outcome, map);
    set_effects(&writer, outcome, map);
    set(&writer, map, "conditions", conditions_node(&writer, outcome));
    set(&writer, map, "matched", matched_node(&writer, outcome));
    set(&writer, map, "notes", notes_node(&writer, outcome));
    return map;
}
