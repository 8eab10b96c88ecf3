#include "expect/expect.h"

#include <string.h>

struct slice request_line(struct arena *arena, const struct request *request)
{
    bool other = request->port && request->port != (slice_is(request->scheme, "https") ? 443 : 80);
    struct slice port = other ? arena_printf(arena, ":%u", request->port) : SLICE("");
    return arena_printf(arena, SLICE_FMT " " SLICE_FMT "://" SLICE_FMT SLICE_FMT SLICE_FMT,
                        SLICE_ARG(request->method), SLICE_ARG(request->scheme),
                        SLICE_ARG(request->host), SLICE_ARG(port), SLICE_ARG(request->target));
}

/* For a POSIX shell: nothing is special inside single quotes but the quote itself. */
static void quote(struct slice text, struct buf *out)
{
    buf_putc(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') {
            buf_puts(out, "'\\''");
        } else {
            buf_putc(out, text.ptr[i]);
        }
    }
    buf_putc(out, '\'');
}

struct slice request_curl(struct arena *arena, const struct request *request)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_puts(&text, "curl -i --path-as-is");
    if (!slice_is(request->method, "GET")) {
        buf_printf(&text, " -X " SLICE_FMT, SLICE_ARG(request->method));
    }
    for (size_t i = 0; i < request->headers.count; i++) {
        const struct header *header = &request->headers.items[i];
        buf_puts(&text, " -H ");
        quote(arena_printf(arena, SLICE_FMT ": " SLICE_FMT, SLICE_ARG(header->name),
                           SLICE_ARG(header->value)),
              &text);
    }
    struct slice line = request_line(arena, request);
    buf_putc(&text, ' ');
    quote(slice_sub(line, slice_find(line, ' ', 0) + 1, line.len), &text);
    struct slice copy = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static struct node *text_node(struct arena *arena, struct slice text)
{
    struct node *null = ARENA_NEW(arena, struct node);
    return text.ptr ? node_string(arena, text) : null;
}

static struct node *headers_node(struct arena *arena, const struct seen_headers *headers)
{
    struct node *map = node_map(arena);
    for (size_t i = 0; i < headers->count; i++) {
        const struct seen_header *header = &headers->items[i];
        node_set_slice(arena, map, header->name,
                       header->known ? node_string(arena, header->value)
                                     : text_node(arena, SLICE_ABSENT));
    }
    return map;
}

static struct node *absent_node(struct arena *arena, const struct seen_headers *headers)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < headers->absent.count; i++) {
        node_add(arena, list, node_string(arena, headers->absent.items[i]));
    }
    return list;
}

static struct node *response_node(struct arena *arena, const struct seen_headers *headers)
{
    struct node *map = node_map(arena);
    node_set(arena, map, "headers", headers_node(arena, headers));
    node_set(arena, map, "absent", absent_node(arena, headers));
    return map;
}

static struct node *upstream_node(struct arena *arena, const struct outcome_backend *backend)
{
    struct node *map = node_map(arena);
    node_set(arena, map, "method", text_node(arena, backend->method));
    node_set(arena, map, "host",
             text_node(arena, backend->host_known ? backend->host : SLICE_ABSENT));
    node_set(arena, map, "path",
             text_node(arena, backend->path_known ? backend->path : SLICE_ABSENT));
    node_set(arena, map, "headers", headers_node(arena, &backend->request));
    node_set(arena, map, "absent", absent_node(arena, &backend->request));
    return map;
}

static struct node *backends_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        struct node *map = node_map(arena);
        if (backend->status) {
            node_set(arena, map, "status", node_int(arena, backend->status));
        } else {
            node_set(arena, map, "namespace", node_string(arena, backend->namespace));
            node_set(arena, map, "service", node_string(arena, backend->service));
            node_set(arena, map, "port", node_int(arena, backend->port));
        }
        node_set(arena, map, "weight", node_int(arena, (int64_t)backend->weight));
        if (!backend->status && outcome->backend_count > 1) {
            node_set(arena, map, "upstream", upstream_node(arena, backend));
            node_set(arena, map, "response", response_node(arena, &backend->response));
        }
        node_add(arena, list, map);
    }
    return list;
}

static struct node *mirrors_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *list = node_list(arena);
    const struct route_mirrors *mirrors = outcome->effects.mirrors;
    for (size_t i = 0; mirrors && i < mirrors->count; i++) {
        struct node *map = node_map(arena);
        node_set(arena, map, "namespace", node_string(arena, mirrors->items[i].namespace));
        node_set(arena, map, "service", node_string(arena, mirrors->items[i].service));
        node_set(arena, map, "port", node_int(arena, mirrors->items[i].port));
        node_set(arena, map, "numerator", node_int(arena, mirrors->items[i].numerator));
        node_set(arena, map, "denominator", node_int(arena, mirrors->items[i].denominator));
        node_add(arena, list, map);
    }
    return list;
}

static struct node *timeouts_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *map = node_map(arena);
    const struct route_timeouts *timeouts = outcome->effects.timeouts;
    if (timeouts) {
        node_set(arena, map, "request_ms", node_int(arena, timeouts->request_ms));
        node_set(arena, map, "backend_request_ms", node_int(arena, timeouts->backend_request_ms));
        node_set(arena, map, "connect_ms", node_int(arena, timeouts->connect_ms));
        node_set(arena, map, "read_ms", node_int(arena, timeouts->read_ms));
        node_set(arena, map, "send_ms", node_int(arena, timeouts->send_ms));
    }
    return map;
}

static struct node *effects_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *map = node_map(arena);
    for (int i = 0; i < EFFECT_COUNT; i++) {
        const void *effect = effect_get(&outcome->effects, (enum effect_id)i);
        if (effect) {
            struct buf text;
            buf_init(&text, 1 << 16);
            effect_print((enum effect_id)i, effect, &text);
            node_set(arena, map, effect_row((enum effect_id)i)->name,
                     node_string(arena, arena_copy(arena, buf_slice(&text))));
            buf_release(&text);
        }
    }
    return map;
}

static struct node *matched_node(struct run *run, const struct outcome *outcome)
{
    struct arena *arena = run->arena;
    struct node *map = node_map(arena);
    const struct origin *origin = &outcome->rule->origin;
    node_set(arena, map, "kind", text_node(arena, origin->kind));
    node_set(arena, map, "namespace", text_node(arena, origin->namespace));
    node_set(arena, map, "name", text_node(arena, origin->name));
    node_set(arena, map, "rule", text_node(arena, origin->field));
    node_set(arena, map, "file", node_string(arena, diag_file_name(run->diag, origin->span.file)));
    node_set(arena, map, "line", node_int(arena, origin->span.line));
    return map;
}

static struct node *notes_node(struct arena *arena, const struct outcome *outcome)
{
    struct node *list = node_list(arena);
    if (outcome->reason.len) {
        node_add(arena, list, node_string(arena, outcome->reason));
    }
    for (const struct unknown *u = outcome->unknown; u; u = u->next) {
        node_add(arena, list, node_string(arena, arena_printf(arena, "unknown (%s): " SLICE_FMT,
                                                              aspect_name(u->aspect),
                                                              SLICE_ARG(u->reason))));
    }
    return list;
}

struct node *request_node(struct run *run, const struct request *request)
{
    struct arena *arena = run->arena;
    struct node *map = node_map(arena);
    node_set(arena, map, "method", node_string(arena, request->method));
    node_set(arena, map, "scheme", node_string(arena, request->scheme));
    node_set(arena, map, "host", node_string(arena, request->host));
    node_set(arena, map, "port", node_int(arena, request->port));
    node_set(arena, map, "path", node_string(arena, request->target));
    struct node *headers = node_map(arena);
    for (size_t i = 0; i < request->headers.count; i++) {
        struct slice name = request->headers.items[i].name;
        node_set_slice(arena, headers, name,
                       node_string(arena, headers_joined(arena, &request->headers, name)));
    }
    node_set(arena, map, "headers", headers);
    if (request->client_text.ptr) {
        node_set(arena, map, "client_ip", node_string(arena, request->client_text));
    }
    if (request->body_bytes) {
        node_set(arena, map, "body_size", node_int(arena, (int64_t)request->body_bytes));
    }
    if (request->gateway.ptr) {
        node_set(arena, map, "gateway", node_string(arena, request->gateway));
    }
    return map;
}

struct node *outcome_node(struct run *run, const struct request *request,
                          const struct outcome *outcome)
{
    struct arena *arena = run->arena;
    struct node *map = node_map(arena), *null = text_node(arena, SLICE_ABSENT);
    const struct outcome_backend *first = NULL;
    for (size_t i = 0; !first && i < outcome->backend_count; i++) {
        first = outcome->backends[i].status ? NULL : &outcome->backends[i];
    }
    node_set(arena, map, "request", request_node(run, request));
    node_set(arena, map, "outcome", node_string(arena, slice_of(outcome_name(outcome->kind))));
    node_set(arena, map, "status", outcome->status ? node_int(arena, outcome->status) : null);
    node_set(arena, map, "location", text_node(arena, outcome->location));
    node_set(arena, map, "backends", backends_node(arena, outcome));
    node_set(arena, map, "upstream", first ? upstream_node(arena, first) : null);
    node_set(arena, map, "response",
             response_node(arena, first ? &first->response : &outcome->response));
    node_set(arena, map, "mirrors", mirrors_node(arena, outcome));
    node_set(arena, map, "timeouts", timeouts_node(arena, outcome));
    node_set(arena, map, "effects", effects_node(arena, outcome));
    node_set(arena, map, "conditions", node_list(arena));
    node_set(arena, map, "matched", outcome->rule ? matched_node(run, outcome) : null);
    node_set(arena, map, "notes", notes_node(arena, outcome));
    return map;
}

/* ---- for people --------------------------------------------------------------------------- */

static void print_backends(const struct outcome *outcome, struct buf *out)
{
    uint64_t total = 0;
    for (size_t i = 0; i < outcome->backend_count; i++) {
        total += outcome->backends[i].weight;
    }
    for (size_t i = 0; i < outcome->backend_count; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        if (backend->status) {
            buf_printf(out, "  -> answer %lld", (long long)backend->status);
        } else {
            buf_printf(out, "  -> forward to " SLICE_FMT "/" SLICE_FMT ":%u",
                       SLICE_ARG(backend->namespace), SLICE_ARG(backend->service), backend->port);
        }
        if (outcome->backend_count > 1) {
            buf_printf(out, " (%llu of %llu)", (unsigned long long)backend->weight,
                       (unsigned long long)total);
        }
        buf_putc(out, '\n');
    }
}

static void print_why(struct run *run, const struct outcome *outcome, struct buf *out)
{
    const struct origin *origin = outcome->rule ? &outcome->rule->origin : NULL;
    if (origin && origin->kind.ptr) {
        buf_printf(out, "     because %s " SLICE_FMT "/" SLICE_FMT,
                   arena_string(run->arena, origin->kind), SLICE_ARG(origin->namespace),
                   SLICE_ARG(origin->name));
        if (origin->field.len) {
            buf_printf(out, ", " SLICE_FMT, SLICE_ARG(origin->field));
        }
        if (origin->span.line) {
            buf_printf(out, " (" SLICE_FMT ":%u)",
                       SLICE_ARG(diag_file_name(run->diag, origin->span.file)), origin->span.line);
        }
        buf_putc(out, '\n');
    }
    if (outcome->reason.len) {
        buf_printf(out, "     " SLICE_FMT "\n", SLICE_ARG(outcome->reason));
    }
    for (const struct unknown *u = outcome->unknown; u && outcome->kind != OUTCOME_UNKNOWN;
         u = u->next) {
        buf_printf(out, "     not known (%s): " SLICE_FMT "\n", aspect_name(u->aspect),
                   SLICE_ARG(u->reason));
    }
}

void outcome_print(struct run *run, const struct request *request, const struct outcome *outcome,
                   struct buf *out)
{
    (void)request;
    const struct outcome_backend *first =
        outcome->backend_count && !outcome->backends[0].status ? &outcome->backends[0] : NULL;
    switch (outcome->kind) {
    case OUTCOME_FORWARD:
        print_backends(outcome, out);
        if (first && first->path_known && first->host_known) {
            buf_printf(out, "     path " SLICE_FMT ", host " SLICE_FMT "\n",
                       SLICE_ARG(first->path), SLICE_ARG(first->host));
        }
        break;
    case OUTCOME_REDIRECT:
        buf_printf(out, "  -> redirect %lld to " SLICE_FMT "\n", (long long)outcome->status,
                   SLICE_ARG(outcome->location));
        break;
    case OUTCOME_RESPOND:
        buf_printf(out, "  -> answer %lld\n", (long long)outcome->status);
        break;
    case OUTCOME_TUNNEL:
        buf_puts(out, "  -> pass TLS through\n");
        print_backends(outcome, out);
        break;
    case OUTCOME_CLOSE:
        buf_puts(out, "  -> close the connection\n");
        break;
    case OUTCOME_UNKNOWN:
        buf_puts(out, "  -> not known\n");
        break;
    }
    print_why(run, outcome, out);
}
