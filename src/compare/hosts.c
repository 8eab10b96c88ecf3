#include "compare/compare_priv.h"

struct collection {
    struct run *run;
    struct map *seen; /* names of hosts */
    struct targets *out;
};

static void add_listener(struct collection *collection, const struct entry *entry)
{
    struct targets *out = collection->out;
    for (size_t i = 0; i < out->listener_count; i++) {
        if (out->listeners[i].transport == entry->transport &&
            out->listeners[i].https == entry->https && out->listeners[i].port == entry->port) {
            return;
        }
    }
    *ARENA_PUSH(collection->run->arena, out->listeners, out->listener_count,
                out->listener_capacity) =
        (struct listener){entry->transport, entry->https, entry->port};
}

static struct target_host *add_host(struct collection *collection, struct slice name, bool https)
{
    struct targets *out = collection->out;
    struct arena *arena = collection->run->arena;
    size_t *known = map_get(collection->seen, name);
    if (known) {
        out->hosts[*known].https |= https;
        return &out->hosts[*known];
    }
    size_t *index = ARENA_NEW(arena, size_t);
    *index = out->host_count;
    map_put(collection->seen, name, index);
    struct target_host *host = ARENA_PUSH(arena, out->hosts, out->host_count, out->host_capacity);
    host->name = name;
    host->https = https;
    if (slice_starts(name, SLICE("*."))) {
        struct slice suffix = slice_sub(name, 1, name.len);
        host->names[0] = arena_printf(arena, "any" SLICE_FMT, SLICE_ARG(suffix));
        host->names[1] = arena_printf(arena, "any.other" SLICE_FMT, SLICE_ARG(suffix));
        host->name_count = 2;
    } else {
        host->names[0] = name;
        host->name_count = 1;
    }
    return host;
}

static void add_regex_host(struct collection *collection, struct slice pattern, bool https)
{
    const struct sample_choice choice = {0, 1};
    struct buf buf;
    buf_init(&buf, 4096);
    if (sample_regex(pattern, &choice, &buf) && buf.len) {
        struct slice name = arena_lower(collection->run->arena, buf_slice(&buf));
        size_t before = collection->out->host_count;
        struct target_host *host = add_host(collection, name, https);
        host->sampled |= collection->out->host_count > before;
    }
    buf_release(&buf);
}

static void add_pattern(struct collection *collection, const struct host_pattern *pattern,
                        bool https)
{
    switch (pattern->kind) {
    case HOST_EXACT:
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        if (pattern->name.len) {
            (void)add_host(collection, pattern->name, https);
        }
        return;
    case HOST_REGEX:
        add_regex_host(collection, pattern->name, https);
        return;
    case HOST_ANY:
        return;
    }
}

static void add_gateway(struct run *run, struct texts *gateways, size_t *capacity,
                        struct slice name)
{
    for (size_t i = gateways->count; i-- > 0;) {
        if (slice_equal(gateways->items[i], name)) {
            return;
        }
    }
    *ARENA_PUSH(run->arena, gateways->items, gateways->count, *capacity) = name;
}

static int by_name(const void *a, const void *b, void *user)
{
    (void)user;
    const struct target_host *x = a, *y = b;
    return slice_compare(x->name, y->name);
}

static int by_scheme(const void *a, const void *b, void *user)
{
    (void)user;
    const struct listener *x = a, *y = b;
    if (x->transport != y->transport) {
        return (int)x->transport - (int)y->transport;
    }
    return x->https != y->https ? (int)x->https - (int)y->https : (int)x->port - (int)y->port;
}

void targets_collect(struct run *run, const struct route_table *before,
                     const struct route_table *after, struct targets *out)
{
    *out = (struct targets){0};
    struct collection collection = {run, map_new(run->arena), out};
    const struct route_table *const tables[] = {before, after};
    for (size_t side = 0; side < ARRAY_LEN(tables); side++) {
        size_t capacity = 0;
        for (size_t i = 0; i < tables[side]->entry_count; i++) {
            const struct entry *entry = &tables[side]->entries[i];
            add_gateway(run, &out->gateways[side], &capacity, entry->gateway);
            add_listener(&collection, entry);
            add_pattern(&collection, &entry->host, entry->https);
            /* of tunnels, the only name there is */
            add_pattern(&collection, &entry->sni, entry->https);
        }
    }
    sort_stable(run->arena, out->hosts, out->host_count, sizeof *out->hosts, by_name, NULL);
    sort_stable(run->arena, out->listeners, out->listener_count, sizeof *out->listeners, by_scheme,
                NULL);
    struct target_host *other =
        ARENA_PUSH(run->arena, out->hosts, out->host_count, out->host_capacity);
    *other = (struct target_host){.name = SLICE("(any other host)"),
                                  .names = {UNKNOWN_NAME},
                                  .name_count = 1,
                                  .unknown = true};
}
