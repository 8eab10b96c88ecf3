#include "evaluate/evaluate_priv.h"

#include <string.h>

/* Entries whose host has a name are found by it; the few others are looked at one by one. Indices are
 * kept, because the first entry of the table that matches wins, however it was found. */
struct bucket {
    size_t *items;
    size_t count, capacity;
};

struct evaluator {
    const struct route_table *table;
    struct map *by_host; /* host pattern's name, "*." included */
    struct bucket others;
    struct slice *gateways;
    size_t gateway_count, gateway_capacity;
};

const char *outcome_name(enum outcome_kind kind)
{
    static const char *const names[] = {"forward", "redirect", "respond",
                                        "tunnel",  "close",    "unknown"};
    return names[kind];
}

static void note_gateway(struct run *run, struct evaluator *evaluator, struct map *seen,
                         struct slice gateway)
{
    if (!map_put(seen, gateway, evaluator)) {
        *ARENA_PUSH(run->arena, evaluator->gateways, evaluator->gateway_count,
                    evaluator->gateway_capacity) = gateway;
    }
}

struct evaluator *evaluator_new(struct run *run, const struct route_table *table)
{
    struct evaluator *evaluator = ARENA_NEW(run->arena, struct evaluator);
    *evaluator = (struct evaluator){.table = table, .by_host = map_new(run->arena)};
    struct map *seen = map_new(run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        note_gateway(run, evaluator, seen, entry->gateway);
        struct bucket *bucket = &evaluator->others;
        if (entry->host.kind != HOST_ANY && entry->host.kind != HOST_REGEX) {
            bucket = map_get(evaluator->by_host, entry->host.name);
            if (!bucket) {
                bucket = ARENA_NEW(run->arena, struct bucket);
                map_put(evaluator->by_host, entry->host.name, bucket);
            }
        }
        *ARENA_PUSH(run->arena, bucket->items, bucket->count, bucket->capacity) = i;
    }
    return evaluator;
}

/* ---- choosing the entry ------------------------------------------------------------------- */

struct search {
    const struct route_table *table;
    const struct request *request;
    struct slice host, sni, gateway;
    bool https;
    size_t best;
};

static bool entry_matches(const struct search *search, const struct entry *entry)
{
    return entry->https == search->https && entry->port == search->request->port &&
           slice_equal(entry->gateway, search->gateway) &&
           host_pattern_matches(&entry->host, search->host) &&
           (!entry->https || host_pattern_matches(&entry->sni, search->sni));
}

static void search_bucket(struct search *search, const struct bucket *bucket)
{
    for (size_t i = 0; bucket && i < bucket->count && bucket->items[i] < search->best; i++) {
        if (entry_matches(search, &search->table->entries[bucket->items[i]])) {
            search->best = bucket->items[i];
        }
    }
}

static const struct entry *find_entry(const struct evaluator *evaluator, struct arena *arena,
                                      const struct request *request, struct slice host,
                                      struct slice gateway)
{
    struct search search = {.table = evaluator->table,
                            .request = request,
                            .host = host,
                            .sni = host_normalise(arena, request->sni),
                            .gateway = gateway,
                            .https = slice_is(request->scheme, "https"),
                            .best = SIZE_MAX};
    search_bucket(&search, map_get(evaluator->by_host, host));
    for (size_t dot = slice_find(host, '.', 0); dot < host.len; dot = slice_find(host, '.', dot + 1)) {
        struct slice suffix =
            arena_printf(arena, "*" SLICE_FMT, SLICE_ARG(slice_sub(host, dot, host.len)));
        search_bucket(&search, map_get(evaluator->by_host, suffix));
    }
    search_bucket(&search, &evaluator->others);
    return search.best == SIZE_MAX ? NULL : &evaluator->table->entries[search.best];
}

/* How closely an entry names the host: what DNS would be pointed at. */
static size_t closeness(const struct entry *entry)
{
    size_t rules = entry->kind != ENTRY_RULES || entry->rules ? 1 : 0;
    switch (entry->host.kind) {
    case HOST_EXACT:
        return 100000 + rules;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        return 1000 + 4 * entry->host.name.len + rules;
    case HOST_REGEX:
        return 100 + rules;
    case HOST_ANY:
        break;
    }
    return 1 + rules;
}

static const struct entry *choose_entry(const struct evaluator *evaluator, struct arena *arena,
                                        const struct request *request, struct slice host,
                                        struct slice *gateway)
{
    if (request->gateway.ptr) {
        *gateway = request->gateway;
        return find_entry(evaluator, arena, request, host, request->gateway);
    }
    const struct entry *best = NULL;
    for (size_t i = 0; i < evaluator->gateway_count; i++) {
        const struct entry *entry =
            find_entry(evaluator, arena, request, host, evaluator->gateways[i]);
        if (entry && (!best || closeness(entry) > closeness(best))) {
            best = entry;
            *gateway = evaluator->gateways[i];
        }
    }
    return best;
}

/* ---- one request -------------------------------------------------------------------------- */

static void respond(struct outcome *out, int64_t status, const char *reason)
{
    out->kind = OUTCOME_RESPOND;
    out->status = status;
    out->reason = slice_of(reason);
}

static bool decides_outcome(enum aspect aspect)
{
    return aspect == ASPECT_ROUTING || aspect == ASPECT_REDIRECT || aspect == ASPECT_PROTECTION;
}

static bool unknown_outcome(const struct unknown *unknown, struct outcome *out)
{
    for (; unknown; unknown = unknown->next) {
        if (decides_outcome(unknown->aspect)) {
            out->kind = OUTCOME_UNKNOWN;
            out->reason = unknown->reason;
            out->unknown = unknown;
            return true;
        }
    }
    return false;
}

/* Drops or refuses headers with "_" as the view says; false when the request is refused. */
static bool admit_headers(struct context *context)
{
    const struct headers *sent = &context->request->headers;
    enum underscore_policy policy = context->table->view.underscores;
    for (size_t i = 0; i < sent->count; i++) {
        struct slice name = sent->items[i].name;
        bool underscore = slice_find(name, '_', 0) < name.len;
        if (underscore && policy == UNDERSCORES_REJECTED) {
            return false;
        }
        if (!underscore || policy == UNDERSCORES_KEPT) {
            headers_add(context->arena, &context->headers, name, sent->items[i].value);
        }
    }
    return true;
}

/* What the data plane answers before it looks for a rule; true when it does. */
static bool refused(struct context *context, struct outcome *out)
{
    const struct view *view = &context->table->view;
    if (!context->request->host.len && view->missing_host_status) {
        respond(out, view->missing_host_status, "the request has no Host");
        return true;
    }
    if (!admit_headers(context)) {
        respond(out, 400, "a header's name holds '_'");
        return true;
    }
    target_split(context->request->target, &context->raw_path, &context->query);
    switch (path_normalise(context->arena, context->raw_path, &view->match_form, &context->path)) {
    case NORMALISE_OK:
        return false;
    case NORMALISE_ABOVE_ROOT:
        if (view->above_root_status) {
            respond(out, view->above_root_status, "the path climbs above '/'");
            return true;
        }
        break;
    case NORMALISE_BAD_ESCAPE:
        if (view->bad_escape_status) {
            respond(out, view->bad_escape_status, "the path has a bad percent-escape");
            return true;
        }
        break;
    }
    context->path = context->raw_path;
    return false;
}

static const struct rule *find_rule(struct context *context, const struct rule_list *list)
{
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            if (match_holds(context, &list->rules[i].match)) {
                return &list->rules[i];
            }
            if (context->limit_hit) {
                return NULL;
            }
        }
    }
    return NULL;
}

static void effects_in_force(const struct route_table *table, const struct rule *rule,
                             struct effects *out)
{
#define EFFECT(id, type, aspect, impact, text)                                                     \
    out->id = rule->effects.id ? rule->effects.id : table->platform.id;
#include "route/effects.def"
#undef EFFECT
}

static void apply_rule(struct context *context, const struct rule *rule, struct outcome *out)
{
    out->rule = rule;
    effects_in_force(context->table, rule, &out->effects);
    if (unknown_outcome(rule->unknown, out)) {
        return;
    }
    out->unknown = rule->unknown;
    for (size_t i = 0; i < context->table->gate_count; i++) {
        if (gate_answers(context, context->table->gates[i], out)) {
            if (out->kind != OUTCOME_UNKNOWN) {
                headers_edit(context, context->table->platform.response_headers, &out->response);
                headers_edit(context, rule->effects.response_headers, &out->response);
                if (out->decided_by != EFFECT_cors) {
                    cors_headers(context, out->effects.cors, &out->response);
                }
            }
            return;
        }
    }
    forward(context, rule, out);
}

static void apply_rules(struct context *context, const struct entry *entry, struct outcome *out)
{
    const struct rule *rule = find_rule(context, entry->rules);
    if (context->limit_hit) {
        out->kind = OUTCOME_UNKNOWN;
        out->reason = SLICE("a regular expression ran into its bounds");
    } else if (rule) {
        apply_rule(context, rule, out);
    } else {
        respond(out, context->table->no_rule_status, "no rule matches");
        headers_edit(context, context->table->platform.response_headers, &out->response);
    }
}

static void tunnel(struct context *context, const struct entry *entry, struct outcome *out)
{
    out->kind = OUTCOME_TUNNEL;
    out->backends = ARENA_ARRAY(context->arena, struct outcome_backend, entry->tunnel_count);
    for (size_t i = 0; i < entry->tunnel_count; i++) {
        const struct backend *backend = &entry->tunnel[i];
        if (backend->weight && !backend->status) {
            out->backends[out->backend_count++] =
                (struct outcome_backend){.namespace = backend->namespace,
                                         .service = backend->service,
                                         .port = backend->port,
                                         .weight = backend->weight};
        }
    }
    if (!out->backend_count) {
        out->kind = OUTCOME_CLOSE;
    }
}

void evaluate(const struct evaluator *evaluator, struct arena *arena, const struct request *request,
              struct outcome *out)
{
    const struct route_table *table = evaluator->table;
    *out = (struct outcome){.decided_by = -1};
    struct context context = {.table = table,
                              .arena = arena,
                              .request = request,
                              .host = host_normalise(arena, request->host),
                              .https = slice_is(request->scheme, "https")};
    if (unknown_outcome(table->unknown, out)) {
        return;
    }
    const struct entry *entry = choose_entry(evaluator, arena, request, context.host, &out->gateway);
    out->entry = entry;
    if ((!entry && context.https) || (entry && entry->kind == ENTRY_CLOSE)) {
        out->kind = OUTCOME_CLOSE;
        return;
    }
    if (entry && entry->kind == ENTRY_TUNNEL) {
        tunnel(&context, entry, out);
        return;
    }
    if (refused(&context, out) || (entry && unknown_outcome(entry->unknown, out))) {
        return;
    }
    if (!entry) {
        respond(out, table->no_rule_status, "no data plane listens for this host");
        return;
    }
    apply_rules(&context, entry, out);
}
