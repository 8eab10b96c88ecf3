#include "gateway_api/gateway_priv.h"

/* The most that a Gateway may have (maxItems in the CRD); with more, pairs of them are not spelt out. */
enum { LISTENERS_MAX = 64 };

/* One host pattern of a listener, with the routes that serve it. */
struct host_group {
    struct host_pattern host;
    struct route_state **routes;
    size_t count;
    const struct rule_list *rules;
};

static int attachment_order(const void *a, const void *b, void *user)
{
    (void)user;
    const struct attachment *x = a, *y = b;
    int order = host_order(&x->host, &y->host);
    if (order) {
        return order;
    }
    return x->route->age == y->route->age ? 0 : x->route->age < y->route->age ? -1 : 1;
}

/* Sorts what is attached by host and gathers the routes of each, each route once. */
static struct host_group *group_hosts(struct builder *builder, struct listener_state *listener,
                                      size_t *count)
{
    struct arena *arena = builder->run->arena;
    sort_stable(arena, listener->attachments, listener->count, sizeof *listener->attachments,
                attachment_order, NULL);
    struct host_group *groups = ARENA_ARRAY(arena, struct host_group, listener->count);
    struct route_state **routes = ARENA_ARRAY(arena, struct route_state *, listener->count);
    *count = 0;
    for (size_t i = 0; i < listener->count; i++) {
        const struct attachment *attachment = &listener->attachments[i];
        struct host_group *group = *count ? &groups[*count - 1] : NULL;
        if (!group || !host_pattern_equal(&group->host, &attachment->host)) {
            group = &groups[(*count)++];
            *group = (struct host_group){.host = attachment->host, .routes = routes + i};
        }
        if (!group->count || group->routes[group->count - 1] != attachment->route) {
            group->routes[group->count++] = attachment->route;
        }
    }
    return groups;
}

/* Rules of the next less specific host name of the listener that covers `host`: criteria 1 and 2 of
 * HTTPRouteRule.matches compare hostnames before paths, and only among matches that hold. */
static const struct rule_list *next_rules(struct builder *builder, const struct map *by_host,
                                          const struct host_pattern *host)
{
    if (!builder->profile->host_falls_through || host->kind == HOST_ANY) {
        return NULL;
    }
    size_t from = host->kind == HOST_SUFFIX ? 2 : 0;
    for (size_t dot = slice_find(host->name, '.', from); dot < host->name.len;
         dot = slice_find(host->name, '.', dot + 1)) {
        struct slice wildcard = arena_printf(builder->run->arena, "*" SLICE_FMT,
                                             SLICE_ARG(slice_sub(host->name, dot, host->name.len)));
        const struct host_group *group = map_get(by_host, wildcard);
        if (group) {
            return group->rules;
        }
    }
    const struct host_group *any = map_get(by_host, SLICE(""));
    return any ? any->rules : NULL;
}

/* From the least specific host name on, so that what a list goes on with is there already. */
static void merge_groups(struct builder *builder, struct host_group *groups, size_t count)
{
    struct map *by_host = map_new(builder->run->arena);
    for (size_t i = count; i-- > 0;) {
        struct host_group *group = &groups[i];
        const struct rule_list *next = next_rules(builder, by_host, &group->host);
        group->rules = rules_merge(builder, group->routes, group->count, next);
        if (group->host.kind != HOST_EXACT) {
            map_put(by_host, group->host.kind == HOST_ANY ? SLICE("") : group->host.name, group);
        }
    }
}

/* ---- entries ------------------------------------------------------------------------------ */

static struct entry *add_entry(struct builder *builder, const struct listener_state *listener,
                               struct host_pattern host)
{
    const struct object *owner = listener->owner;
    struct entry *entry = route_table_add(builder->run, builder->table);
    bool https = listener->protocol == LISTENER_HTTPS || listener->protocol == LISTENER_TLS;
    *entry = (struct entry){
        .gateway = listener->gateway->id,
        .https = https,
        .port = listener->listener->port,
        .listener = listener->listener->name,
        .sni = https ? listener->host : (struct host_pattern){.kind = HOST_ANY},
        .host = host,
        .certificate = listener->certificate,
        .client = listener->client,
        .unknown = listener->unknown,
        .origin = {owner->kind_name, owner->namespace, owner->name,
                   arena_printf(builder->run->arena, "spec.listeners[%zu]", listener->index),
                   listener->listener->span},
    };
    return entry;
}

/* 421 where TLS was set up for one listener and the Host belongs to another (HTTPS listeners in
 * apis/v1/gateway_types.go; RFC 9110, 15.5.20). */
static const struct rule_list *misdirected(struct builder *builder)
{
    static const struct route_answer answer = {
        .status = 421,
        .reason = {"the Host belongs to another listener than the TLS server name", 61},
    };
    struct rule_list *list = map_get(builder->lists, SLICE("421"));
    if (!list) {
        list = ARENA_NEW(builder->run->arena, struct rule_list);
        struct rule *rule = rule_list_add(builder->run, list);
        rule->effects.answer = &answer;
        rule->implied = true;
        rule->origin.kind = SLICE("Gateway");
        map_put(builder->lists, SLICE("421"), list);
    }
    return list;
}

static void add_rules(struct builder *builder, struct listener_state *listener)
{
    size_t count;
    struct host_group *groups = group_hosts(builder, listener, &count);
    merge_groups(builder, groups, count);
    for (size_t i = 0; i < count; i++) {
        add_entry(builder, listener, groups[i].host)->rules = groups[i].rules;
    }
    /* Nothing else may serve the listener's hosts: there is no way back to another listener. */
    if (!count || !host_pattern_equal(&groups[count - 1].host, &listener->host)) {
        add_entry(builder, listener, listener->host);
    }
}

/* Listeners of one port, most specific first. `ports` of a Gateway are neighbours. */
static int listener_order(const void *a, const void *b, void *user)
{
    (void)user;
    const struct listener_state *x = *(struct listener_state *const *)a;
    const struct listener_state *y = *(struct listener_state *const *)b;
    if (x->listener->port != y->listener->port) {
        return x->listener->port < y->listener->port ? -1 : 1;
    }
    int order = host_order(&x->host, &y->host);
    return order ? order : (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

/* The Hosts of other listeners, when TLS was set up for `own`. A Host that no listener has gets 404. */
static void add_other_hosts(struct builder *builder, struct listener_state **listeners,
                            size_t count, struct listener_state *own)
{
    struct host_pattern any = {.kind = HOST_ANY};
    bool detects = builder->profile->detects_misdirected;
    if (own->host.kind == HOST_ANY) {
        return;
    }
    if (detects && listeners[count - 1]->host.kind == HOST_ANY) {
        add_entry(builder, own, any)->rules = misdirected(builder);
        return;
    }
    if (detects && count > LISTENERS_MAX) {
        struct entry *entry = add_entry(builder, own, any);
        entry->unknown = unknown_add(builder->run, entry->unknown, ASPECT_ROUTING,
                                     (struct effect_source){SLICE("listeners"), SPAN_NONE},
                                     SLICE("the Host belongs to another listener, or to none"));
        return;
    }
    for (size_t i = 0; detects && i < count; i++) {
        if (listeners[i]->protocol == LISTENER_HTTPS &&
            !host_pattern_covers(&own->host, &listeners[i]->host)) {
            add_entry(builder, own, listeners[i]->host)->rules = misdirected(builder);
        }
    }
    add_entry(builder, own, any);
}

/* ---- connections ---------------------------------------------------------------------------- */

/* Of several routes for the same names the oldest takes all (site/content/en/guides/api-design, Conflicts). */
static void fill_tunnel(struct builder *builder, struct entry *entry, struct route_state *route)
{
    const struct object *object = &route->route->object;
    route_compile(builder, route);
    entry->kind = ENTRY_TUNNEL;
    entry->tunnel = route->tunnel;
    entry->tunnel_count = route->tunnel_count;
    for (const struct unknown *u = route->unknown; u; u = u->next) {
        entry->unknown = unknown_add(builder->run, entry->unknown, u->aspect, u->source, u->reason);
    }
    entry->origin = (struct origin){.kind = object->kind_name,
                                    .namespace = object->namespace,
                                    .name = object->name,
                                    .field = SLICE("spec.rules[0]"),
                                    .span = object->span};
}

static void note_left_out(struct builder *builder, const struct host_group *group)
{
    for (size_t i = 1; i < group->count; i++) {
        const struct object *object = &group->routes[i]->route->object;
        diag_at(builder->run->diag, DIAG_G025, object->span, object->subject,
                "it gets no connections of %s%s" SLICE_FMT "%s: '" SLICE_FMT
                "' comes first, being older or by name",
                group->host.kind == HOST_ANY ? "its listener" : "server name",
                group->host.kind == HOST_ANY ? "" : " '", SLICE_ARG(group->host.name),
                group->host.kind == HOST_ANY ? "" : "'",
                SLICE_ARG(group->routes[0]->route->object.subject));
    }
}

/* Server names whose connections are handed on, as they came or after TLS was ended; the others of the listener
 * are rejected. */
static void add_tls(struct builder *builder, struct listener_state *listener)
{
    struct host_pattern any = {.kind = HOST_ANY};
    size_t count;
    const struct host_group *groups = group_hosts(builder, listener, &count);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = add_entry(builder, listener, any);
        entry->sni = groups[i].host;
        fill_tunnel(builder, entry, groups[i].routes[0]);
        note_left_out(builder, &groups[i]);
    }
    if (!count || !host_pattern_equal(&groups[count - 1].host, &listener->host)) {
        add_entry(builder, listener, any)->kind = ENTRY_CLOSE;
    }
}

static void add_stream(struct builder *builder, struct listener_state *listener)
{
    size_t count;
    const struct host_group *groups = group_hosts(builder, listener, &count);
    struct entry *entry = add_entry(builder, listener, (struct host_pattern){.kind = HOST_ANY});
    entry->transport = listener->protocol == LISTENER_UDP ? TRANSPORT_UDP : TRANSPORT_TCP;
    entry->kind = ENTRY_CLOSE;
    if (count) {
        fill_tunnel(builder, entry, groups[0].routes[0]);
        note_left_out(builder, &groups[0]);
    }
}

static bool is_stream(const struct listener_state *listener)
{
    return listener->protocol == LISTENER_TCP || listener->protocol == LISTENER_UDP;
}

/* TLS server names choose the listener, the most specific first; the Host then has to belong to it. */
static void add_https(struct builder *builder, struct listener_state **listeners, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct listener_state *own = listeners[i];
        if (own->protocol == LISTENER_TLS) {
            add_tls(builder, own);
            continue;
        }
        for (size_t j = 0; builder->profile->detects_misdirected && j < i; j++) {
            if (listeners[j]->protocol == LISTENER_HTTPS &&
                host_pattern_covers(&own->host, &listeners[j]->host)) {
                add_entry(builder, own, listeners[j]->host)->rules = misdirected(builder);
            }
        }
        add_rules(builder, own);
        add_other_hosts(builder, listeners, count, own);
    }
    struct listener_state *last = listeners[count - 1];
    if (last->host.kind != HOST_ANY) {
        struct entry *entry = add_entry(builder, last, (struct host_pattern){.kind = HOST_ANY});
        entry->sni = entry->host;
        entry->kind = ENTRY_CLOSE;
        entry->certificate = (struct certificate){.secret = SLICE_ABSENT};
        entry->unknown = NULL;
    }
}

static void add_port(struct builder *builder, struct listener_state **listeners, size_t count)
{
    if (listeners[0]->protocol == LISTENER_HTTP) {
        for (size_t i = 0; i < count; i++) {
            add_rules(builder, listeners[i]);
        }
    } else {
        add_https(builder, listeners, count);
    }
}

void entries_add(struct builder *builder, struct gateway_state *gateway)
{
    struct arena *arena = builder->run->arena;
    struct listener_state **sorted = ARENA_ARRAY(arena, struct listener_state *, gateway->count);
    size_t count = 0;
    for (size_t i = 0; i < gateway->count; i++) {
        struct listener_state *listener = &gateway->listeners[i];
        if (gateway->rejected.reason) {
            continue;
        }
        if (!listener->refused && is_stream(listener)) {
            add_stream(builder, listener);
        } else if (!listener->refused) {
            sorted[count++] = listener;
        }
    }
    sort_stable(arena, sorted, count, sizeof(struct listener_state *), listener_order, NULL);
    for (size_t from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && sorted[to]->listener->port == sorted[from]->listener->port) {
            to++;
        }
        add_port(builder, sorted + from, to - from);
    }
}
