#include "ingress_v1/ingress_v1.h"

/* One host of one data plane, with what all its Ingresses say about it. */
struct site {
    struct slice gateway, host;
    struct rule_list *rules;
    bool has_tls;
    struct certificate certificate;
    struct origin origin;
    size_t order;
};

struct builder {
    struct run *run;
    const struct kube *kube;
    struct route_table *table;
    struct map *by_host; /* "gateway\nhost" to struct site */
    struct site **sites;
    size_t count, capacity;
};

static struct site *site_of(struct builder *builder, struct slice gateway, struct slice host,
                            const struct ingress *ingress, struct span span)
{
    struct arena *arena = builder->run->arena;
    struct slice key =
        arena_printf(arena, SLICE_FMT "\n" SLICE_FMT, SLICE_ARG(gateway), SLICE_ARG(host));
    struct site *site = map_get(builder->by_host, key);
    if (!site) {
        site = ARENA_NEW(arena, struct site);
        *site = (struct site){.gateway = gateway, .host = host};
        site->rules = ARENA_NEW(arena, struct rule_list);
        site->origin = ingress_origin(ingress, SLICE_ABSENT, span);
        site->order = builder->count;
        map_put(builder->by_host, key, site);
        *ARENA_PUSH(arena, builder->sites, builder->count, builder->capacity) = site;
    }
    return site;
}

static struct rule *add_rule(struct builder *builder, struct site *site,
                             const struct ingress *ingress, const struct ingress_backend *backend,
                             struct slice field, struct span span)
{
    struct run *run = builder->run;
    struct rule *rule = rule_list_add(run, site->rules);
    rule->origin = ingress_origin(ingress, field, span);
    if (backend->service.ptr) {
        rule->backends = ARENA_NEW(run->arena, struct backend);
        rule->backend_count = 1;
        rule->backends[0] = ingress_backend_resolve(run, builder->kube, ingress->object.namespace,
                                                    backend, false, 503, 503);
    } else {
        struct effect_source source = {field, backend->span};
        struct slice reason = SLICE("what a resource backend serves is the controller's business");
        rule->unknown = unknown_add(run, NULL, ASPECT_ROUTING, source, reason);
        diag_at(run->diag, DIAG_I101, backend->span, ingress->object.subject,
                "a resource backend ('" SLICE_FMT "') means nothing to the Ingress API alone",
                SLICE_ARG(backend->resource_kind));
    }
    return rule;
}

static void add_paths(struct builder *builder, const struct ingress_claim *claim, size_t number)
{
    const struct ingress *ingress = claim->ingress;
    const struct ingress_rule *rule = &ingress->rules[number];
    struct site *site = site_of(builder, claim->gateway, rule->host, ingress, rule->span);
    for (size_t i = 0; i < rule->path_count; i++) {
        const struct ingress_path *path = &rule->paths[i];
        struct slice field =
            arena_printf(builder->run->arena, "spec.rules[%zu].http.paths[%zu]", number, i);
        struct rule *added = add_rule(builder, site, ingress, &path->backend, field, path->span);
        added->match.path.value = path->path.len ? path->path : SLICE("/");
        /* ImplementationSpecific may be read as Prefix (networking/v1 types.go, PathType). */
        added->match.path.kind = path->type == PATH_TYPE_EXACT ? PATH_EXACT : PATH_PREFIX_ELEMENT;
    }
}

static void add_tls(struct builder *builder, const struct ingress_claim *claim)
{
    const struct ingress *ingress = claim->ingress;
    for (size_t t = 0; t < ingress->tls_count; t++) {
        const struct ingress_tls *tls = &ingress->tls[t];
        for (size_t r = 0; r < ingress->rule_count; r++) {
            struct host_pattern host = {HOST_EXACT, ingress->rules[r].host, NULL};
            struct site *site = site_of(builder, claim->gateway, host.name, ingress, tls->span);
            bool named = tls->host_count == 0;
            struct slice through = SLICE_ABSENT;
            for (size_t h = 0; h < tls->host_count; h++) {
                struct host_pattern pattern = {
                    slice_starts(tls->hosts[h], SLICE("*.")) ? HOST_ONE_LABEL : HOST_EXACT,
                    tls->hosts[h], NULL};
                if (slice_equal(tls->hosts[h], host.name) ||
                    host_pattern_matches(&pattern, host.name)) {
                    named = true;
                    through = tls->hosts[h];
                }
            }
            if (named && !site->has_tls) {
                site->has_tls = true;
                site->certificate = (struct certificate){.namespace = ingress->object.namespace,
                                                         .secret = tls->secret,
                                                         .host = through,
                                                         .span = tls->span};
            }
        }
    }
}

/* Longest declared path first, Exact before Prefix among equals (Ingress page, "multiple matches"). */
static int compare_rules(const void *a, const void *b, void *user)
{
    (void)user;
    const struct path_match *x = &((const struct rule *)a)->match.path;
    const struct path_match *y = &((const struct rule *)b)->match.path;
    if ((x->kind == PATH_ANY) != (y->kind == PATH_ANY)) {
        return x->kind == PATH_ANY ? 1 : -1;
    }
    if (x->value.len != y->value.len) {
        return x->value.len > y->value.len ? -1 : 1;
    }
    return (x->kind == PATH_EXACT ? 0 : 1) - (y->kind == PATH_EXACT ? 0 : 1);
}

static int host_rank(struct slice host)
{
    return host.len == 0 ? 2 : slice_starts(host, SLICE("*.")) ? 1 : 0;
}

static int compare_sites(const void *a, const void *b, void *user)
{
    (void)user;
    const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;
    int order = host_rank(x->host) - host_rank(y->host);
    if (order == 0 && x->host.len != y->host.len) {
        order = x->host.len > y->host.len ? -1 : 1;
    }
    order = order ? order : slice_compare(x->host, y->host);
    return order ? order : slice_compare(x->gateway, y->gateway);
}

static void add_entries(struct builder *builder, const struct site *site)
{
    static const uint16_t ports[] = {80, 443};
    for (size_t https = 0; https < 2; https++) {
        if (https && !site->has_tls) {
            continue;
        }
        struct entry *entry = route_table_add(builder->run, builder->table);
        entry->gateway = site->gateway;
        entry->https = https == 1;
        entry->port = ports[https];
        entry->host.kind = site->host.len == 0                     ? HOST_ANY
                           : slice_starts(site->host, SLICE("*.")) ? HOST_ONE_LABEL
                                                                   : HOST_EXACT;
        entry->host.name = site->host;
        entry->rules = site->rules;
        entry->certificate = site->certificate;
        entry->origin = site->origin;
    }
}

/* Everything that no rule takes goes to the default backend, on every host of its data plane. Which of
 * several default backends applies is not said; the first by name is taken, and that is told. */
static void add_default_backends(struct builder *builder, const struct ingress_claims *claims)
{
    struct map *chosen = map_new(builder->run->arena);
    for (size_t i = 0; i < claims->count; i++) {
        const struct ingress_claim *claim = &claims->items[i];
        const struct ingress *ingress = claim->ingress;
        if (claim->owner != INGRESS_OWNER_NEUTRAL || !ingress->default_backend.present) {
            continue;
        }
        struct site *any =
            site_of(builder, claim->gateway, SLICE(""), ingress, ingress->default_backend.span);
        const struct ingress *before = map_get(chosen, claim->gateway);
        if (before) {
            diag_at(builder->run->diag, DIAG_I102, ingress->default_backend.span,
                    ingress->object.subject,
                    "there are several default backends, and the API does not say which applies; "
                    "that of '" SLICE_FMT "' is taken",
                    SLICE_ARG(before->object.subject));
            continue;
        }
        map_put(chosen, claim->gateway, (void *)(uintptr_t)ingress);
        add_rule(builder, any, ingress, &ingress->default_backend, SLICE("spec.defaultBackend"),
                 ingress->default_backend.span)
            ->match.path.kind = PATH_ANY;
    }
}

/* A host of its own does not fall back to the rules without a host, only to the default backend. */
static void chain_default(struct builder *builder, struct site *site)
{
    struct slice key = arena_printf(builder->run->arena, SLICE_FMT "\n", SLICE_ARG(site->gateway));
    struct site *any = map_get(builder->by_host, key);
    if (!any || any == site) {
        return;
    }
    for (size_t i = 0; i < any->rules->count; i++) {
        if (any->rules->rules[i].match.path.kind == PATH_ANY) {
            *rule_list_add(builder->run, site->rules) = any->rules->rules[i];
        }
    }
}

void ingress_v1_build(struct run *run, const struct kube *kube, const struct ingress_claims *claims,
                      struct route_table *table)
{
    struct builder builder = {
        .run = run, .kube = kube, .table = table, .by_host = map_new(run->arena)};
    for (size_t i = 0; i < claims->count; i++) {
        const struct ingress_claim *claim = &claims->items[i];
        if (claim->owner != INGRESS_OWNER_NEUTRAL) {
            continue;
        }
        for (size_t r = 0; r < claim->ingress->rule_count; r++) {
            add_paths(&builder, claim, r);
        }
        add_tls(&builder, claim);
    }
    add_default_backends(&builder, claims);
    for (size_t i = 0; i < builder.count; i++) {
        chain_default(&builder, builder.sites[i]);
    }
    sort_stable(run->arena, builder.sites, builder.count, sizeof(struct site *), compare_sites,
                NULL);
    for (size_t i = 0; i < builder.count; i++) {
        struct rule_list *rules = builder.sites[i]->rules;
        sort_stable(run->arena, rules->rules, rules->count, sizeof *rules->rules, compare_rules,
                    NULL);
        add_entries(&builder, builder.sites[i]);
    }
}
