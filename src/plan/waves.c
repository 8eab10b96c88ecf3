#include "plan/plan_priv.h"

struct slice object_id(struct arena *arena, struct slice kind, struct slice namespace,
                       struct slice name)
{
    return ARENA_JOIN(arena, kind, SLICE(" "), namespace, SLICE("/"), name);
}

/* An Ingress that moves, or a set of them: a forest of indices. */
struct mover {
    const struct ingress *ingress;
    struct slice id;
    size_t parent;
};
struct gathering {
    struct planner *planner;
    struct arena *arena;
    struct mover *movers;
    size_t mover_count;
    struct map *by_id;
    struct map *firsts; /* what joins movers: a host, a namespace */
    struct plan_host **hosts;
    size_t host_count, host_capacity;
    struct map **ingresses, **routes; /* of each host, sets */
    size_t ingresses_capacity, routes_capacity;
};

static size_t root_of(struct gathering *g, size_t index)
{
    while (g->movers[index].parent != index) {
        index = g->movers[index].parent = g->movers[g->movers[index].parent].parent;
    }
    return index;
}

/* All that have one key move together. */
static void join(struct gathering *g, size_t index, const char *what, struct slice key)
{
    struct slice whole = ARENA_JOIN(g->arena, slice_of(what), SLICE(" "), key);
    const struct mover *first = map_add(g->firsts, whole, &g->movers[index]);
    if (first) {
        g->movers[root_of(g, index)].parent = root_of(g, (size_t)(first - g->movers));
    }
}

static void gather_movers(struct gathering *g)
{
    struct planner *planner = g->planner;
    struct run quiet = *planner->run; /* what there is to say of claims was said */
    struct ingress_claims claims;
    struct ingress_choice choice = planner->side_options->choice;
    const struct kube *kube = &planner->before->kube;
    quiet.diag = diag_beside(planner->run->diag);
    ingress_nginx_choose(&quiet, kube, &planner->side_options->nginx, &choice);
    ingress_claim_all(&quiet, kube, &choice, &claims);
    g->movers = ARENA_ARRAY(g->arena, struct mover, claims.count + 1);
    for (size_t i = 0; i < claims.count; i++) {
        const struct ingress_claim *claim = &claims.items[i];
        const struct object *object = &claim->ingress->object;
        if (claim->owner != INGRESS_OWNER_NGINX && claim->owner != INGRESS_OWNER_NEUTRAL) {
            continue;
        }
        planner->plan->from_aks |= slice_is(claim->plane, "aks-nginx");
        size_t index = g->mover_count++;
        struct mover *mover = &g->movers[index];
        *mover = (struct mover){claim->ingress,
                                ARENA_JOIN(g->arena, object->namespace, SLICE("/"), object->name),
                                index};
        map_put(g->by_id, mover->id, mover);
        if (!planner->options->by_host) {
            join(g, index, "namespace", object->namespace);
        }
        for (size_t r = 0; r < claim->ingress->rule_count; r++) {
            join(g, index, "host",
                 ARENA_JOIN(g->arena, claim->gateway, SLICE("\n"),
                            arena_lower(g->arena, claim->ingress->rules[r].host)));
        }
    }
}

/* ---- hosts --------------------------------------------------------------------------------- */

static struct plan_host *host_at(struct gathering *g, const struct entry *entry)
{
    struct slice key = ARENA_JOIN(g->arena, entry->gateway, SLICE("\n"), entry->host.name);
    struct plan_host *host = map_get(g->planner->hosts, key);
    if (host) {
        return host;
    }
    host = ARENA_NEW(g->arena, struct plan_host);
    host->host = entry->host.name.len ? entry->host.name : SLICE("");
    host->wave = g->host_count; /* its place among those gathered, for now */
    map_put(g->planner->hosts, key, host);
    *ARENA_PUSH(g->arena, g->hosts, g->host_count, g->host_capacity) = host;
    size_t count = host->wave;
    *ARENA_PUSH(g->arena, g->ingresses, count, g->ingresses_capacity) = map_new(g->arena);
    count = host->wave;
    *ARENA_PUSH(g->arena, g->routes, count, g->routes_capacity) = map_new(g->arena);
    return host;
}

static void add_origin(struct gathering *g, const struct entry *entry, const struct origin *origin)
{
    struct slice id = ARENA_JOIN(g->arena, origin->namespace, SLICE("/"), origin->name);
    struct mover *mover = slice_is(origin->kind, "Ingress") ? map_get(g->by_id, id) : NULL;
    if (!mover) {
        return;
    }
    struct plan_host *host = host_at(g, entry);
    host->https |= entry->https;
    host->certified |=
        entry->https && (entry->certificate.secret.len || entry->certificate.vault.len);
    map_add(g->ingresses[host->wave], mover->id, mover);
    join(g, (size_t)(mover - g->movers), "host",
         ARENA_JOIN(g->arena, entry->gateway, SLICE("\n"), entry->host.name));
}

static void gather_hosts(struct gathering *g)
{
    const struct route_table *table = &g->planner->before->table;
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        add_origin(g, entry, &entry->origin);
        for (const struct rule_list *list = entry->rules; list; list = list->next) {
            for (size_t r = 0; r < list->count; r++) {
                add_origin(g, entry, &list->rules[r].origin);
            }
        }
    }
}

/* ---- the new side -------------------------------------------------------------------------- */

static struct map *sources_of(struct gathering *g)
{
    struct map *sources = map_new(g->arena);
    for (size_t i = 0; i < g->planner->converted->count; i++) {
        const struct converted_object *object = &g->planner->converted->objects[i];
        struct slice text = g->planner->sources[i].source;
        if (slice_ends(slice_of(object->kind), SLICE("Route")) &&
            slice_starts(text, SLICE("Ingress "))) {
            struct slice *kept = ARENA_NEW(g->arena, struct slice);
            *kept = slice_sub(text, sizeof "Ingress " - 1, text.len);
            map_put(sources,
                    object_id(g->arena, slice_of(object->kind), object->namespace, object->name),
                    kept);
        }
    }
    return sources;
}

/* A route of one of the Ingresses that serve the host today; a less specific host may lend others. */
static void add_route(struct gathering *g, const struct map *sources, const struct entry *entry,
                      const struct origin *origin, struct plan_host *host)
{
    struct slice id = object_id(g->arena, origin->kind, origin->namespace, origin->name);
    const struct slice *source = map_get(sources, id);
    if (source && map_get(g->ingresses[host->wave], *source)) {
        map_add(g->routes[host->wave], id, host);
        host->gateway = entry->gateway;
    }
}

static bool serves(const struct entry *entry, const struct entry *before)
{
    return slice_equal(entry->host.name, before->host.name) ||
           host_pattern_covers(&entry->host, &before->host);
}

static void gather_routes(struct gathering *g)
{
    const struct route_table *after = &g->planner->after->table,
                             *before = &g->planner->before->table;
    struct map *sources = sources_of(g), *done = map_new(g->arena);
    struct map *exact = map_new(g->arena);
    for (size_t i = 0; i < after->entry_count; i++) {
        map_add(exact, after->entries[i].host.name, g);
    }
    for (size_t b = 0; b < before->entry_count; b++) {
        const struct entry *entry = &before->entries[b];
        struct slice key = ARENA_JOIN(g->arena, entry->gateway, SLICE("\n"), entry->host.name);
        struct plan_host *host = map_get(g->planner->hosts, key);
        if (!host || map_add(done, key, g)) {
            continue;
        }
        bool named = map_get(exact, entry->host.name) != NULL;
        for (size_t a = 0; a < after->entry_count; a++) {
            const struct entry *at = &after->entries[a];
            if (named ? !slice_equal(at->host.name, entry->host.name) : !serves(at, entry)) {
                continue;
            }
            add_route(g, sources, at, &at->origin, host);
            for (const struct rule_list *list = at->rules; list; list = list->next) {
                for (size_t r = 0; r < list->count; r++) {
                    add_route(g, sources, at, &list->rules[r].origin, host);
                }
            }
        }
    }
}

/* ---- waves --------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static struct slices sorted_keys(struct gathering *g, const struct map *map)
{
    struct slices out = {ARENA_ARRAY(g->arena, struct slice, map_count(map) + 1), 0};
    for (const struct map_entry *at = map_first(map); at; at = map_next(at)) {
        out.items[out.count++] = map_key(at);
    }
    sort_stable(g->arena, out.items, out.count, sizeof *out.items, compare_texts, NULL);
    return out;
}

/* Easy ones first. */
static int compare_waves(const void *a, const void *b, void *user)
{
    const struct plan_wave *x = a, *y = b;
    (void)user;
    if ((x->held.ptr != NULL) != (y->held.ptr != NULL)) {
        return x->held.ptr ? 1 : -1;
    }
    for (size_t i = PLAN_IMPACTS; i-- > IMPACT_CHANGED;) {
        if (x->difficulty.findings[i] != y->difficulty.findings[i]) {
            return x->difficulty.findings[i] < y->difficulty.findings[i] ? -1 : 1;
        }
    }
    if (x->difficulty.unproven != y->difficulty.unproven) {
        return x->difficulty.unproven < y->difficulty.unproven ? -1 : 1;
    }
    if (x->host_count != y->host_count) {
        return x->host_count < y->host_count ? -1 : 1;
    }
    return slice_compare(x->name, y->name);
}

static struct slice label_of(struct slice host)
{
    return host.len ? host : SLICE("(any other host)");
}

static void count_differences(struct gathering *g, struct plan_wave *wave)
{
    const struct comparison *comparison = g->planner->comparison;
    struct map *names = map_new(g->arena);
    for (size_t i = 0; i < wave->host_count; i++) {
        map_add(names, label_of(g->hosts[wave->hosts[i]]->host), wave);
    }
    for (size_t f = 0; f < comparison->finding_count; f++) {
        const struct finding *finding = &comparison->findings[f];
        bool here = false;
        for (size_t h = 0; h < finding->host_count && !here && !finding->platform; h++) {
            here = map_get(names, finding->hosts[h]) != NULL;
        }
        wave->difficulty.findings[finding->impact] += here;
        wave->difficulty.unprotected +=
            here && finding->impact == IMPACT_BREAKING && finding->aspect == ASPECT_PROTECTION;
    }
    for (size_t h = 0; h < comparison->host_count; h++) {
        const struct host_verdict *verdict = &comparison->hosts[h];
        bool unproven = false;
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            unproven = unproven || aspect_is_open(&verdict->aspects[a]);
        }
        wave->difficulty.unproven += unproven && map_get(names, verdict->host);
    }
}

static void hold_back(struct gathering *g, struct plan_wave *wave)
{
    if (!wave->host_count) {
        wave->held = SLICE("its Ingresses serve no host, neither today nor after");
    }
    for (size_t i = 0; i < wave->host_count; i++) {
        const struct plan_host *host = g->hosts[wave->hosts[i]];
        if (!map_count(g->routes[host->wave])) {
            wave->held = ARENA_JOIN(g->arena, SLICE("no route serves host '"), label_of(host->host),
                                    SLICE("' on the new side"));
            const struct mover *mover = map_value(map_first(g->ingresses[host->wave]));
            diag_at(g->planner->run->diag, DIAG_P002, mover->ingress->object.span,
                    mover->ingress->object.subject,
                    SLICE_FMT "; it and what moves with it stay on the old side, whose controller "
                              "cannot be retired",
                    SLICE_ARG(wave->held));
            return;
        }
    }
}

/* The index of the wave of each mover's root, in `waves`. */
static void make_waves(struct gathering *g, size_t *wave_of)
{
    struct plan *plan = g->planner->plan;
    plan->waves = ARENA_ARRAY(g->arena, struct plan_wave, g->mover_count + 1);
    struct map **ids = ARENA_ARRAY(g->arena, struct map *, g->mover_count + 1);
    struct map **namespaces = ARENA_ARRAY(g->arena, struct map *, g->mover_count + 1);
    size_t *known = ARENA_ARRAY(g->arena, size_t, g->mover_count + 1);
    for (size_t i = 0; i < g->mover_count; i++) {
        size_t root = root_of(g, i);
        if (!known[root]) {
            ids[plan->wave_count] = map_new(g->arena);
            namespaces[plan->wave_count] = map_new(g->arena);
            known[root] = ++plan->wave_count;
        }
        wave_of[i] = known[root] - 1;
        map_add(ids[wave_of[i]], g->movers[i].id, g);
        map_add(namespaces[wave_of[i]], g->movers[i].ingress->object.namespace, g);
    }
    for (size_t w = 0; w < plan->wave_count; w++) {
        plan->waves[w].ingresses = sorted_keys(g, ids[w]);
        plan->waves[w].namespaces = sorted_keys(g, namespaces[w]);
    }
}

static void give_hosts(struct gathering *g, const size_t *wave_of)
{
    struct plan *plan = g->planner->plan;
    size_t *room = ARENA_ARRAY(g->arena, size_t, plan->wave_count + 1);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t h = 0; h < g->host_count; h++) {
            const struct mover *mover = map_value(map_first(g->ingresses[h]));
            struct plan_wave *wave = &plan->waves[wave_of[mover - g->movers]];
            if (pass == 0) {
                room[wave - plan->waves]++;
            } else {
                wave->hosts[wave->host_count++] = h;
            }
        }
        for (size_t w = 0; w < plan->wave_count && pass == 0; w++) {
            plan->waves[w].hosts = ARENA_ARRAY(g->arena, size_t, room[w] + 1);
        }
    }
}

static struct slice name_of(struct gathering *g, const struct plan_wave *wave)
{
    if (g->planner->options->by_host && wave->host_count) {
        return label_of(g->hosts[wave->hosts[0]]->host);
    }
    struct slice name = wave->namespaces.items[0];
    for (size_t i = 1; i < wave->namespaces.count && i < 3; i++) {
        name = ARENA_JOIN(g->arena, name, SLICE(", "), wave->namespaces.items[i]);
    }
    return wave->namespaces.count > 3 ? arena_printf(g->arena, SLICE_FMT " and %zu more",
                                                     SLICE_ARG(name), wave->namespaces.count - 3)
                                      : name;
}

static int compare_hosts(const void *a, const void *b, void *user)
{
    const struct plan_host *x = *(struct plan_host *const *)a, *y = *(struct plan_host *const *)b;
    (void)user;
    int order = slice_compare(x->host, y->host);
    return order ? order : slice_compare(x->gateway, y->gateway);
}

/* Hosts in the order of their names, with the wave that they ended up in. */
static void settle_hosts(struct gathering *g)
{
    struct plan *plan = g->planner->plan;
    for (size_t h = 0; h < g->host_count; h++) {
        g->hosts[h]->ingresses = sorted_keys(g, g->ingresses[h]);
        g->hosts[h]->routes = sorted_keys(g, g->routes[h]);
    }
    for (size_t w = 0; w < plan->wave_count; w++) {
        for (size_t i = 0; i < plan->waves[w].host_count; i++) {
            g->hosts[plan->waves[w].hosts[i]]->wave = w;
        }
        plan->waves[w].host_count = 0;
        plan->moving += !plan->waves[w].held.ptr;
    }
    sort_stable(g->arena, g->hosts, g->host_count, sizeof *g->hosts, compare_hosts, NULL);
    plan->hosts = ARENA_ARRAY(g->arena, struct plan_host, g->host_count + 1);
    plan->host_count = g->host_count;
    for (size_t h = 0; h < g->host_count; h++) {
        struct plan_wave *wave = &plan->waves[g->hosts[h]->wave];
        plan->hosts[h] = *g->hosts[h];
        wave->hosts[wave->host_count++] = h;
    }
    for (size_t w = 0; w < plan->wave_count; w++) {
        for (size_t i = 0; i < plan->waves[w].ingresses.count; i++) {
            map_put(g->planner->ingress_wave, plan->waves[w].ingresses.items[i], &plan->waves[w]);
        }
    }
}

void waves_make(struct planner *planner)
{
    struct gathering g = {.planner = planner,
                          .arena = planner->arena,
                          .by_id = map_new(planner->arena),
                          .firsts = map_new(planner->arena)};
    gather_movers(&g);
    gather_hosts(&g);
    gather_routes(&g);
    size_t *wave_of = ARENA_ARRAY(planner->arena, size_t, g.mover_count + 1);
    make_waves(&g, wave_of);
    give_hosts(&g, wave_of);
    for (size_t w = 0; w < planner->plan->wave_count; w++) {
        struct plan_wave *wave = &planner->plan->waves[w];
        wave->name = name_of(&g, wave);
        count_differences(&g, wave);
        hold_back(&g, wave);
    }
    sort_stable(planner->arena, planner->plan->waves, planner->plan->wave_count,
                sizeof *planner->plan->waves, compare_waves, NULL);
    settle_hosts(&g);
}
