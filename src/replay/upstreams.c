#include "replay/replay_priv.h"

/* ---- names -------------------------------------------------------------------------------- */

enum { NAMES_MAX = 3 };

/* The names that logs have for a backend. */
static size_t names_of(struct arena *arena, const struct backend *backend,
                       struct slice names[NAMES_MAX])
{
    size_t count = 0;
    char digits[UINT_TEXT_MAX];
    struct slice port = uint_text(backend->port, digits), dash = SLICE("-");
    if (!backend->service.len) {
        return 0;
    }
    if (backend->port) {
        names[count++] = ARENA_JOIN(arena, backend->namespace, dash, backend->service, dash, port);
        names[count++] = ARENA_JOIN(arena, SLICE("outbound|"), port, SLICE("||"), backend->service,
                                    SLICE("."), backend->namespace, SLICE(".svc.cluster.local"));
    }
    if (backend->port_name.len) {
        names[count++] =
            ARENA_JOIN(arena, backend->namespace, dash, backend->service, dash, backend->port_name);
    }
    return count;
}

/* ---- which hosts can have had an upstream ------------------------------------------------- */

static struct slice name_of_host(struct arena *arena, const struct host_pattern *host)
{
    switch (host->kind) {
    case HOST_EXACT:
        return host->name;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        return ARENA_JOIN(arena, SLICE("any"), slice_sub(host->name, 1, host->name.len));
    case HOST_ANY:
        return SLICE("other.invalid"); /* RFC 2606 */
    case HOST_REGEX:
        break;
    }
    return SLICE_ABSENT;
}

static void add_candidate(struct arena *arena, struct candidates *candidates, struct slice host)
{
    struct texts *hosts = &candidates->hosts;
    candidates->open = candidates->open || !host.ptr;
    for (size_t i = hosts->count; host.ptr && i-- > 0;) {
        if (slice_equal(hosts->items[i], host)) {
            return;
        }
    }
    /* one more than is tried says that there are too many */
    if (host.ptr && hosts->count <= REPLAY_HOSTS_MAX) {
        *ARENA_PUSH(arena, hosts->items, hosts->count, candidates->capacity) = host;
    }
}

static void index_backend(struct run *run, struct replay *replay, const struct backend *backend,
                          struct slice host)
{
    struct slice names[NAMES_MAX];
    size_t count = names_of(run->arena, backend, names);
    for (size_t i = 0; i < count; i++) {
        struct candidates *candidates = map_get(replay->upstreams, names[i]);
        if (!candidates) {
            candidates = ARENA_NEW(run->arena, struct candidates);
            map_put(replay->upstreams, names[i], candidates);
        }
        add_candidate(run->arena, candidates, host);
    }
}

void upstreams_index(struct run *run, struct replay *replay)
{
    const struct route_table *table = replay->side[0].table;
    replay->upstreams = map_new(run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        if (entry->kind != ENTRY_RULES || entry->transport != TRANSPORT_HTTP) {
            continue;
        }
        struct slice host = name_of_host(run->arena, &entry->host);
        add_candidate(run->arena, &replay->all, host);
        for (const struct rule_list *list = entry->rules; list; list = list->next) {
            for (size_t r = 0; r < list->count; r++) {
                const struct rule *rule = &list->rules[r];
                replay->names_all = replay->names_all || slice_is(rule->origin.kind, "Ingress");
                for (size_t b = 0; b < rule->backend_count; b++) {
                    index_backend(run, replay, &rule->backends[b], host);
                }
            }
        }
    }
}

static bool is_told(struct slice name)
{
    return name.len > 0;
}

const struct candidates *upstream_candidates(const struct replay *replay,
                                             const struct log_entry *entry)
{
    const struct candidates *found =
        is_told(entry->upstream) ? map_get(replay->upstreams, entry->upstream) : NULL;
    return found ? found : &replay->all;
}

/* ---- does the log hold -------------------------------------------------------------------- */

enum agreement { AGREES, DISAGREES, NOT_TOLD };

static bool backend_is(struct arena *arena, const struct backend *backend, struct slice name)
{
    struct slice names[NAMES_MAX];
    size_t count = names_of(arena, backend, names);
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(names[i], name)) {
            return true;
        }
    }
    return false;
}

static bool rule_has(struct arena *arena, const struct rule *rule, struct slice name)
{
    for (size_t i = 0; rule && i < rule->backend_count; i++) {
        if (backend_is(arena, &rule->backends[i], name)) {
            return true;
        }
    }
    return false;
}

/* The namespace and the Service, where the log tells them apart. */
static enum agreement service_agrees(const struct log_entry *entry, const struct outcome *outcome)
{
    if (!is_told(entry->service)) {
        return NOT_TOLD;
    }
    for (size_t i = 0; outcome->rule && i < outcome->rule->backend_count; i++) {
        const struct backend *backend = &outcome->rule->backends[i];
        if (slice_equal(backend->service, entry->service) &&
            (!is_told(entry->namespace) || slice_equal(backend->namespace, entry->namespace))) {
            return AGREES;
        }
    }
    return DISAGREES;
}

static enum agreement upstream_agrees(const struct replay *replay, struct arena *scratch,
                                      const struct log_entry *entry, const struct outcome *outcome)
{
    struct slice taken = is_told(entry->alternative) ? entry->alternative : entry->upstream;
    if (!taken.ptr) {
        return service_agrees(entry, outcome);
    }
    if (is_told(taken) && rule_has(scratch, outcome->rule, taken)) {
        return AGREES;
    }
    bool known = is_told(taken) && map_get(replay->upstreams, taken);
    /* nginx begins a server with "-" and Envoy has no cluster where it finds no route */
    return known || replay->names_all || !is_told(taken) ? DISAGREES
                                                         : service_agrees(entry, outcome);
}

/* A request that ends before it is handed on, or in it, whatever the rules say: it is broken, the client goes away, or
 * no upstream can be had (ngx_http_request.h, NGX_HTTP_TO_HTTPS to CLIENT_CLOSED_REQUEST). */
static bool ends_early(const struct log_entry *entry, bool forwarded)
{
    static const int broken[] = {400, 408, 414, 431, 494, 495, 496, 497, 499};
    static const int unserved[] = {413, 500, 502, 503, 504};
    bool found = entry->status == 0;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        found = found || entry->status == broken[i];
    }
    for (size_t i = 0; forwarded && i < ARRAY_LEN(unserved); i++) {
        found = found || entry->status == unserved[i];
    }
    return found && !(entry->tells_contact && entry->contacted);
}

static enum held answer_holds(const struct replay *replay, const struct log_entry *entry,
                              const struct outcome *outcome)
{
    bool served = entry->tells_contact && entry->contacted && is_told(entry->upstream) &&
                  map_get(replay->upstreams, entry->upstream);
    if (entry->status == outcome->status) {
        return served ? HELD_NO : HELD_YES;
    }
    bool condition = outcome->condition_count && !(entry->tells_contact && entry->contacted);
    return ends_early(entry, false) || condition ? HELD_SILENT : HELD_NO;
}

static enum held forward_holds(const struct replay *replay, struct arena *scratch,
                               const struct log_entry *entry, const struct outcome *outcome)
{
    enum agreement upstream = upstream_agrees(replay, scratch, entry, outcome);
    if (upstream == DISAGREES) {
        return ends_early(entry, false) && !is_told(entry->upstream) ? HELD_SILENT : HELD_NO;
    }
    if (entry->tells_contact && !entry->contacted) {
        return ends_early(entry, true) || outcome->condition_count ? HELD_SILENT : HELD_NO;
    }
    return upstream == AGREES ? HELD_YES : HELD_SILENT;
}

enum held log_holds(const struct replay *replay, struct arena *scratch,
                    const struct log_entry *entry, const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_RESPOND:
    case OUTCOME_REDIRECT:
        return answer_holds(replay, entry, outcome);
    case OUTCOME_FORWARD:
        return forward_holds(replay, scratch, entry, outcome);
    case OUTCOME_TUNNEL:
    case OUTCOME_CLOSE:
        return HELD_NO; /* nothing would have been logged */
    case OUTCOME_UNKNOWN:
        break;
    }
    return HELD_SILENT;
}

/* ---- words -------------------------------------------------------------------------------- */

static void put_backends(const struct outcome *outcome, struct buf *out)
{
    enum { NAMED_MAX = 3 };
    for (size_t i = 0; i < outcome->backend_count && i < NAMED_MAX; i++) {
        const struct outcome_backend *backend = &outcome->backends[i];
        buf_printf(out, "%s" SLICE_FMT "/" SLICE_FMT, i ? " or " : "",
                   SLICE_ARG(backend->namespace), SLICE_ARG(backend->service));
        if (backend->port) {
            buf_printf(out, ":%u", backend->port);
        }
    }
    buf_puts(out, outcome->backend_count > NAMED_MAX ? " and others" : "");
}

static void put_model(const struct outcome *outcome, struct buf *out)
{
    switch (outcome->kind) {
    case OUTCOME_FORWARD:
        buf_puts(out, "forwards to ");
        put_backends(outcome, out);
        return;
    case OUTCOME_REDIRECT:
        buf_printf(out, "redirects by %lld", (long long)outcome->status);
        return;
    case OUTCOME_RESPOND:
        buf_printf(out, "answers %lld", (long long)outcome->status);
        return;
    case OUTCOME_TUNNEL:
        buf_puts(out, "hands the connection through");
        return;
    case OUTCOME_CLOSE:
        buf_puts(out, "closes the connection");
        return;
    case OUTCOME_UNKNOWN:
        buf_puts(out, "does not know");
        return;
    }
}

/* Only names that rules have are repeated, so that there are no more texts than the tables have room for. */
void log_against(const struct replay *replay, const struct log_entry *entry,
                 const struct outcome *outcome, struct buf *out)
{
    struct slice taken = is_told(entry->alternative) ? entry->alternative : entry->upstream;
    bool known = is_told(taken) && map_get(replay->upstreams, taken);
    buf_puts(out, "the model ");
    put_model(outcome, out);
    buf_printf(out, ", the log has %d", entry->status);
    if (known) {
        buf_printf(out, " %s " SLICE_FMT, entry->contacted ? "from" : "at", SLICE_ARG(taken));
    } else if (entry->tells_contact && !entry->contacted) {
        buf_puts(out, " from no upstream");
    } else if (is_told(taken)) {
        buf_puts(out, " from an upstream that no rule has");
    }
}
