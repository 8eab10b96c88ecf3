#include "evaluate/evaluate_priv.h"

/* Entries that differ in nothing but their SNI, or that have no name to be found by. The indices ascend:
 * the first entry of the table that matches wins, however it was found. */
struct bucket {
    size_t gateway;
    enum lane lane;
    uint16_t port;
    struct slice host; /* "a.b" exact, ".a.b" for "*.a.b", "" for the others */
    size_t *items;     /* null: the slot is free */
    size_t count, capacity;
};

struct gateway {
    struct slice name;
    size_t index;
};

struct entry_index {
    const struct route_table *table;
    struct bucket *slots; /* open addressing; at most half of them are taken */
    size_t mask;
    struct map *by_name; /* of gateways */
    struct gateway **gateways;
    size_t gateway_count, gateway_capacity;
};

static struct slice host_key(const struct host_pattern *host)
{
    switch (host->kind) {
    case HOST_EXACT:
        return host->name;
    case HOST_ONE_LABEL:
    case HOST_SUFFIX:
        return slice_sub(host->name, 1, host->name.len);
    case HOST_ANY:
    case HOST_REGEX:
        break;
    }
    return SLICE("");
}

/* Key of the bucket that stands for the address itself, with one of its entries; no host has a line break. */
static const struct slice address_host = {"\n", 1};

static enum lane lane_of(const struct entry *entry)
{
    return entry->transport == TRANSPORT_TCP   ? LANE_TCP
           : entry->transport == TRANSPORT_UDP ? LANE_UDP
           : entry->https                      ? LANE_HTTPS
                                               : LANE_HTTP;
}

static uint64_t hash(const struct bucket *key)
{
    return slice_hash(key->host, key->gateway * 262144 + key->port * 4u + key->lane);
}

/* The bucket of this key, or the free slot where it belongs. */
static struct bucket *find_slot(const struct entry_index *index, const struct bucket *key)
{
    for (size_t i = hash(key) & index->mask;; i = (i + 1) & index->mask) {
        struct bucket *slot = &index->slots[i];
        if (!slot->items || (slot->gateway == key->gateway && slot->lane == key->lane &&
                             slot->port == key->port && slice_equal(slot->host, key->host))) {
            return slot;
        }
    }
}

static size_t gateway_number(struct run *run, struct entry_index *index, struct slice name)
{
    struct gateway *gateway = map_get(index->by_name, name);
    if (!gateway) {
        gateway = ARENA_NEW(run->arena, struct gateway);
        *gateway = (struct gateway){name, index->gateway_count};
        map_put(index->by_name, name, gateway);
        *ARENA_PUSH(run->arena, index->gateways, index->gateway_count, index->gateway_capacity) =
            gateway;
    }
    return gateway->index;
}

static void put(struct run *run, struct entry_index *index, const struct bucket *key, size_t entry)
{
    struct bucket *slot = find_slot(index, key);
    if (!slot->items) {
        *slot = *key;
    }
    *ARENA_PUSH(run->arena, slot->items, slot->count, slot->capacity) = entry;
}

struct entry_index *entry_index_new(struct run *run, const struct route_table *table)
{
    struct entry_index *index = ARENA_NEW(run->arena, struct entry_index);
    size_t size = 2;
    while (size / 2 < 2 * table->entry_count) {
        size *= 2;
    }
    *index = (struct entry_index){.table = table, .mask = size - 1};
    index->slots = ARENA_ARRAY(run->arena, struct bucket, size);
    index->by_name = map_new(run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        struct bucket key = {.gateway = gateway_number(run, index, entry->gateway),
                             .lane = lane_of(entry),
                             .port = entry->port,
                             .host = host_key(&entry->host)};
        put(run, index, &key, i);
        key.host = address_host;
        if (!find_slot(index, &key)->items) {
            put(run, index, &key, i);
        }
    }
    return index;
}

/* ---- finding ------------------------------------------------------------------------------ */

struct search {
    const struct entry_index *index;
    const struct entry_query *query;
    size_t gateway;
    size_t best;    /* first entry that matches */
    size_t bounded; /* first entry of which it cannot be said */
};

static enum regex_result host_holds(const struct host_pattern *pattern, struct slice host)
{
    if (pattern->kind == HOST_REGEX) {
        return pattern->regex ? regex_search(pattern->regex, host, NULL) : REGEX_LIMIT;
    }
    return host_pattern_matches(pattern, host) ? REGEX_YES : REGEX_NO;
}

static enum regex_result entry_holds(const struct entry *entry, const struct entry_query *query)
{
    enum regex_result host = host_holds(&entry->host, query->host);
    if (!entry->https || host == REGEX_NO) {
        return host;
    }
    enum regex_result sni = host_holds(&entry->sni, query->sni);
    return sni == REGEX_YES ? host : sni;
}

static void search_host(struct search *search, enum lane lane, struct slice host)
{
    const struct bucket key = {
        .gateway = search->gateway, .lane = lane, .port = search->query->port, .host = host};
    const struct bucket *slot = find_slot(search->index, &key);
    for (size_t i = 0; i < slot->count && slot->items[i] < search->best; i++) {
        size_t at = slot->items[i];
        switch (entry_holds(&search->index->table->entries[at], search->query)) {
        case REGEX_YES:
            search->best = at;
            break;
        case REGEX_LIMIT:
            search->bounded = at < search->bounded ? at : search->bounded;
            break;
        case REGEX_NO:
            break;
        }
    }
}

/* A probe for the name, one for each of its suffixes, one for what has no name: O(labels). */
static void search_gateway(struct search *search)
{
    struct slice host = search->query->host;
    enum lane lane = search->query->lane;
    search_host(search, lane, host);
    for (size_t dot = slice_find(host, '.', 0); dot < host.len;
         dot = slice_find(host, '.', dot + 1)) {
        search_host(search, lane, slice_sub(host, dot, host.len));
    }
    if (host.len) {
        search_host(search, lane, SLICE(""));
    }
    if (lane == LANE_HTTP || lane == LANE_HTTPS) { /* a stream takes whatever is said on it */
        search_host(search, LANE_TCP, SLICE(""));
    }
}

static bool has_rules(const struct entry *entry)
{
    for (const struct rule_list *list = entry->rules; list; list = list->next) {
        if (list->count) {
            return true;
        }
    }
    return entry->kind == ENTRY_TUNNEL;
}

/* How closely an entry names the host: where its DNS record would point. At the same distance one that
 * does something wins over an empty one. */
static size_t closeness(const struct entry *entry)
{
    size_t rules = has_rules(entry) ? 1 : 0;
    size_t length = entry->host.name.len;
    switch (entry->host.kind) {
    case HOST_EXACT:
        return SIZE_MAX - 1 + rules;
    case HOST_ONE_LABEL:
        return 8 + 4 * length + 2 + rules;
    case HOST_SUFFIX:
        return 8 + 4 * length + rules;
    case HOST_REGEX:
        return 2 + rules;
    case HOST_ANY:
        break;
    }
    return rules;
}

const struct entry *entry_index_find(const struct entry_index *index,
                                     const struct entry_query *query, bool *bounded)
{
    const struct entry *best = NULL;
    const struct gateway *only =
        query->gateway.ptr ? map_get(index->by_name, query->gateway) : NULL;
    *bounded = false;
    for (size_t i = 0; i < index->gateway_count; i++) {
        if (query->gateway.ptr && index->gateways[i] != only) {
            continue;
        }
        struct search search = {index, query, i, SIZE_MAX, SIZE_MAX};
        search_gateway(&search);
        *bounded = *bounded || search.bounded < search.best;
        const struct entry *entry =
            search.best == SIZE_MAX ? NULL : &index->table->entries[search.best];
        if (entry && (!best || closeness(entry) > closeness(best) ||
                      (closeness(entry) == closeness(best) && entry < best))) {
            best = entry;
        }
    }
    return best;
}

bool entry_index_listens(const struct entry_index *index, const struct entry_query *query)
{
    for (size_t i = 0; i < index->gateway_count; i++) {
        const struct bucket key = {
            .gateway = i, .lane = query->lane, .port = query->port, .host = address_host};
        if ((!query->gateway.ptr || slice_equal(index->gateways[i]->name, query->gateway)) &&
            find_slot(index, &key)->items) {
            return true;
        }
    }
    return false;
}
