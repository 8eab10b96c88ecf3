#include "traffic/traffic_priv.h"

/* From here on a time between two reads, or a body, says that somebody thought of streams or models. */
enum { LONG_READ_MS = 300000, LARGE_BODY_BYTES = 64 << 20 };

/* What an annotation of the main Ingress asks for also holds for its canary's rules. */
static void sign_add(struct reader *reader, struct traffic_route *route, enum traffic_kind kind,
                     struct span span, struct slice text)
{
    struct arena *arena = reader->run->arena;
    const struct origin *origin = &route->rule->origin;
    const struct object *own =
        reader->kube && origin->place ? kube_at(reader->kube, KUBE_INGRESS, origin->place) : NULL;
    const bool elsewhere = span.line && !span_equal(span, origin->span);
    const struct object *owner =
        elsewhere ? ingress_annotated(arena, reader->kube, &reader->places, own, span) : NULL;
    *ARENA_PUSH(arena, route->signs, route->count, route->capacity) = (struct traffic_sign){
        kind, text, span.line ? span : origin->span, owner ? owner->subject : SLICE_ABSENT};
    route->kinds |= TRAFFIC_BIT(kind);
}

/* Where a part of an effect was set, which may be by another annotation than the first. */
static struct span span_of(const struct rule *rule, enum effect_id id,
                           const struct effect_source *source, const char *word)
{
    for (const struct more_sources *more = rule->more; more; more = more->next) {
        if (more->effect == id && slice_contains(more->source.name, slice_of(word)) &&
            !slice_contains(source->name, slice_of(word))) {
            return more->source.span;
        }
    }
    return source->span;
}

static void read_time(struct reader *reader, struct traffic_route *route)
{
    const struct route_timeouts *timeouts = route->rule->effects.timeouts;
    if (timeouts && (timeouts->read_ms >= LONG_READ_MS || timeouts->read_ms < 0)) {
        struct span span = span_of(route->rule, EFFECT_timeouts, &timeouts->source, "read-timeout");
        sign_add(reader, route, TRAFFIC_LONG_READ, span,
                 timeouts->read_ms < 0
                     ? SLICE("no limit on the time between two reads")
                     : arena_printf(reader->run->arena, "%lld s between two reads",
                                    (long long)timeouts->read_ms / 1000));
    }
}

static void read_bodies(struct reader *reader, struct traffic_route *route)
{
    const struct route_buffering *buffering = route->rule->effects.buffering;
    const struct route_body_limit *limit = route->rule->effects.body_limit;
    if (buffering && buffering->source.name.len && !buffering->response) {
        sign_add(reader, route, TRAFFIC_STREAMED_ANSWER,
                 span_of(route->rule, EFFECT_buffering, &buffering->source, "proxy-buffering"),
                 SLICE("answers are not buffered"));
    }
    if (buffering && buffering->source.name.len && !buffering->request) {
        sign_add(reader, route, TRAFFIC_STREAMED_BODY,
                 span_of(route->rule, EFFECT_buffering, &buffering->source, "request-buffering"),
                 SLICE("bodies are not buffered"));
    }
    if (limit && limit->source.name.len && (limit->bytes < 0 || limit->bytes >= LARGE_BODY_BYTES)) {
        sign_add(reader, route, TRAFFIC_LARGE_BODY, limit->source.span,
                 limit->bytes < 0 ? SLICE("no limit on bodies")
                                  : arena_printf(reader->run->arena, "bodies of up to %lld MiB",
                                                 (long long)limit->bytes >> 20));
    }
}

static void read_protocol(struct reader *reader, struct traffic_route *route)
{
    const struct route_upstream_protocol *upstream = route->rule->effects.upstream_protocol;
    if (upstream && slice_starts(upstream->protocol, SLICE("GRPC"))) {
        sign_add(reader, route, TRAFFIC_CALLS, upstream->source.span, SLICE("gRPC"));
    }
}

static void read_path(struct reader *reader, struct traffic_route *route)
{
    bool sure = false;
    const struct path_match *path = &route->rule->match.path;
    const char *api = path->value.len ? path_api(path, &sure) : NULL;
    if (api) {
        sign_add(reader, route, sure ? TRAFFIC_MODEL_PATH : TRAFFIC_MAYBE_PATH,
                 route->rule->origin.span, arena_printf(reader->run->arena, "the path of %s", api));
    }
}

static void read_servers(struct reader *reader, struct traffic_route *route)
{
    for (size_t i = 0; i < route->rule->backend_count && !route->server.ptr; i++) {
        const struct backend *backend = &route->rule->backends[i];
        const struct served *served =
            backend->service.len ? service_server(reader, backend->namespace, backend->service)
                                 : NULL;
        if (served && served->server) {
            route->server = slice_of(served->server);
            sign_add(reader, route, TRAFFIC_MODEL_SERVER,
                     served->span.line ? served->span : backend->span, served->text);
        }
    }
}

static bool is_model_serving(unsigned kinds)
{
    unsigned maybe = TRAFFIC_BIT(TRAFFIC_MAYBE_PATH);
    return (kinds & (TRAFFIC_BIT(TRAFFIC_MODEL_PATH) | TRAFFIC_BIT(TRAFFIC_MODEL_SERVER))) ||
           ((kinds & maybe) && (kinds & ~maybe));
}

static bool is_new(struct reader *reader, const struct rule *rule)
{
    const struct slice parts[] = {rule->origin.namespace, rule->origin.name, rule->origin.field};
    buf_clear(&reader->key);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_put(&reader->key, parts[i]);
        buf_putc(&reader->key, ' ');
    }
    match_print(&rule->match, &reader->key);
    return map_add(reader->seen, buf_slice(&reader->key), reader) == NULL;
}

static void read_rule(struct reader *reader, const struct rule *rule)
{
    struct traffic *out = reader->out;
    struct traffic_route route = {.rule = rule};
    if (rule->implied || !rule->backend_count || !rule->origin.name.len) {
        return;
    }
    read_path(reader, &route);
    read_servers(reader, &route);
    read_time(reader, &route);
    read_bodies(reader, &route);
    read_protocol(reader, &route);
    route.model_serving = is_model_serving(route.kinds);
    if (route.count && is_new(reader, rule)) {
        *ARENA_PUSH(reader->run->arena, out->routes, out->count, out->capacity) = route;
    }
}

static const struct rule_list *list_at(const struct route_table *table, size_t i)
{
    return i < table->entry_count ? table->entries[i].rules : NULL;
}

void traffic_read(struct run *run, const struct kube *kube, const struct route_table *table,
                  struct traffic *out)
{
    struct reader reader = {.run = run,
                            .kube = kube,
                            .out = out,
                            .seen = map_new(run->arena),
                            .servers = map_new(run->arena)};
    const struct rule_list *before = NULL;
    *out = (struct traffic){0};
    buf_init(&reader.key, BUF_TEXT_MAX);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct rule_list *list = table->entries[i].rules;
        if (list == before) {
            continue; /* by https the same rules as by http */
        }
        before = list;
        rule_lists_ahead(list_at(table, i + 2 * STEPS_AHEAD), list_at(table, i + 4 * STEPS_AHEAD));
        for (size_t r = 0; list && r < list->count; r++) {
            read_rule(&reader, &list->rules[r]);
        }
    }
    buf_release(&reader.key);
}
