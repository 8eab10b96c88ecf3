#include "ingress_nginx/model_priv.h"

/* ---- paths as locations -------------------------------------------------------------------- */

struct backend model_backend(const struct model *model, struct slice namespace,
                             const struct ingress_backend *backend)
{
    struct backend out =
        ingress_backend_resolve(model->run, model->kube, namespace, backend, true, 503, 503);
    const struct service *service = (const struct service *)(const void *)kube_find(
        model->kube, KUBE_SERVICE, namespace, backend->service);
    if (model->settings->no_external_names && service && slice_is(service->type, "ExternalName")) {
        out.status = 503;
        out.reason = SLICE("the controller runs with --disable-svc-external-name");
    }
    return out;
}

/* controller.go createUpstreams: the Service's own address is an endpoint, whether it has others or not. */
static void serve_address(const struct model *model, const struct item *item,
                          struct location *location)
{
    struct backend *backend = &location->backend;
    const struct item *first = location->upstream ? location->upstream->item : item;
    const struct service *service = (const struct service *)(const void *)kube_find(
        model->kube, KUBE_SERVICE, backend->namespace, backend->service);
    bool addressed = service && backend->port && !slice_is(service->cluster_ip, "None") &&
                     !slice_is(service->type, "ExternalName");
    if (addressed && annotation_true(first->annotations, AN_service_upstream,
                                     model->settings->service_address)) {
        backend->status = 0;
        backend->reason = SLICE_ABSENT;
    }
}

void location_backend(struct model *model, const struct item *item,
                      const struct ingress_backend *backend, struct location *location)
{
    location->has_backend = backend->service.ptr != NULL;
    if (location->has_backend) {
        location->backend = upstream_backend(model, item, backend);
        location->upstream = upstream_find(model, item, backend);
        serve_address(model, item, location);
    }
}

struct location *server_location(struct model *model, struct server *server)
{
    struct location *location = ARENA_NEW(model->scratch, struct location);
    *ARENA_PUSH(model->scratch, server->locations, server->count, server->capacity) = location;
    return location;
}

static struct slice path_field(struct arena *arena, size_t rule, size_t path)
{
    char rule_digits[UINT_TEXT_MAX], path_digits[UINT_TEXT_MAX];
    return ARENA_JOIN(arena, SLICE("spec.rules["), uint_text(rule, rule_digits),
                      SLICE("].http.paths["), uint_text(path, path_digits), SLICE("]"));
}

static void fill_location(struct model *model, const struct item *item, size_t rule, size_t path,
                          struct slice text, bool exact, struct location *location)
{
    const struct ingress_path *source = &item->ingress->rules[rule].paths[path];
    *location = (struct location){.path = text, .declared = text, .exact = exact, .item = item};
    location->origin =
        ingress_origin(item->ingress, path_field(model->run->arena, rule, path), source->span);
    location_backend(model, item, &source->backend, location);
}

bool order_is_known(const struct ingress *a, const struct ingress *b)
{
    return a == b || (a->object.has_created && b->object.has_created);
}

static void conflict(struct model *model, const struct item *item, const struct ingress_path *path,
                     struct slice text, struct location *owner)
{
    const struct ingress *other = owner->item->ingress;
    bool known = order_is_known(other, item->ingress);
    diag_at(model->run->diag, DIAG_N016, path->span, item->ingress->object.subject,
            "path '" SLICE_FMT "' of this host belongs to '" SLICE_FMT "', which %s; this one gets "
            "no requests",
            SLICE_ARG(text), SLICE_ARG(other->object.subject),
            other == item->ingress ? "has it twice"
            : known                ? "is older, or as old and later by name"
                    : "is later by name, which decides as far as ages are not given");
    *ARENA_PUSH(model->scratch, owner->rivals, owner->rival_count, owner->rival_capacity) =
        (struct rival){item, &path->backend, path->span};
}

/* False when a canary took the Service first, which leaves the path without a location. */
static bool permitted(struct model *model, const struct item *item, const struct ingress_path *path)
{
    const struct upstream *upstream = upstream_find(model, item, &path->backend);
    if (!upstream || !upstream->canary) {
        return true;
    }
    if (!item_is_canary(item)) {
        const struct yielding yielding = {
            upstream->item, item, path->span,
            arena_printf(model->run->arena,
                         "path '" SLICE_FMT "' gets no location, because a canary that is first "
                         "has the same Service '" SLICE_FMT "'",
                         SLICE_ARG(path->path), SLICE_ARG(path->backend.service)),
            "give the canary a Service of its own"};
        rivals_yield(model, DIAG_N026, &yielding);
    }
    return false;
}

/* Paths are looked up one by one on most hosts; a map is made where there are many. */
enum { LOCATIONS_LINEAR = 64 };

/* The first location of a path. The controller's search stops there, whatever follows. */
static struct location *first_of(struct model *model, struct server *server, struct slice path)
{
    if (!server->by_path && server->count > LOCATIONS_LINEAR) {
        server->by_path = map_new(model->scratch);
        for (size_t i = 0; i < server->count; i++) {
            if (!map_get(server->by_path, server->locations[i]->path)) {
                map_put(server->by_path, server->locations[i]->path, server->locations[i]);
            }
        }
    }
    if (server->by_path) {
        return map_get(server->by_path, path);
    }
    for (size_t i = 0; i < server->count; i++) {
        if (slice_equal(server->locations[i]->path, path)) {
            return server->locations[i];
        }
    }
    return NULL;
}

static void add_path(struct model *model, struct server *server, const struct item *item,
                     size_t rule, size_t number)
{
    const struct ingress_path *path = &item->ingress->rules[rule].paths[number];
    if (!path->backend.service.ptr) {
        diag_at(model->run->diag, DIAG_N017, path->backend.span, item->ingress->object.subject,
                "the controller skips resource backends such as '" SLICE_FMT " " SLICE_FMT
                "'; the path '" SLICE_FMT "' is served by '/' of its host",
                SLICE_ARG(path->backend.resource_kind), SLICE_ARG(path->backend.resource_name),
                SLICE_ARG(path->path));
        return;
    }
    if (!permitted(model, item, path)) {
        return;
    }
    struct slice text = path->path.len ? path->path : SLICE("/");
    bool exact = path->type == PATH_TYPE_EXACT;
    struct location *other = first_of(model, server, text);
    if (other && other->exact == exact) {
        if (other->automatic) {
            fill_location(model, item, rule, number, text, exact, other);
        } else {
            conflict(model, item, path, text, other);
        }
        return;
    }
    struct location *added = server_location(model, server);
    fill_location(model, item, rule, number, text, exact, added);
    if (server->by_path && !other) {
        map_put(server->by_path, text, added);
    }
}

/* A canary adds paths only where its Service is an ordinary Ingress's as well; those of a host that nobody
 * has land on the default server (controller.go, getBackendServers). */
void locations_add(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        item_ahead(model, i);
        for (size_t r = 0; r < item->ingress->rule_count; r++) {
            const struct ingress_rule *rule = &item->ingress->rules[r];
            for (size_t p = 0; p < rule->path_count; p++) {
                add_path(model, item->servers[r], item, r, p);
            }
        }
    }
}

/* ---- order, twins and mode ------------------------------------------------------------------ */

bool location_rewrites(const struct location *location)
{
    if (!location->item || location->plain) {
        return false;
    }
    struct slice target = annotation_text(location->item->annotations, AN_rewrite_target);
    /* template.go needsRewrite: a target equal to the location's own path counts as none. */
    return target.len && !slice_equal(target, location->path);
}

static bool uses_regex(const struct location *location)
{
    return location->item && !location->plain &&
           annotation_true(location->item->annotations, AN_use_regex, false);
}

/* Longest path first, equal lengths in reverse order of their text (controller.go, getBackendServers). */
static int compare_locations(const void *a, const void *b, void *user)
{
    (void)user;
    const struct location *x = *(const struct location *const *)a;
    const struct location *y = *(const struct location *const *)b;
    if (x->path.len != y->path.len) {
        return x->path.len > y->path.len ? -1 : 1;
    }
    return slice_compare(y->path, x->path);
}

/* Null where there are few locations. */
static struct map *exact_paths(struct model *model, const struct server *server)
{
    struct map *paths = server->count > LOCATIONS_LINEAR ? map_new(model->scratch) : NULL;
    for (size_t i = 0; paths && i < server->count; i++) {
        if (server->locations[i]->exact) {
            map_put(paths, server->locations[i]->path, server->locations[i]);
        }
    }
    return paths;
}

static bool has_exact(const struct server *server, const struct map *paths, struct slice path)
{
    if (paths) {
        return map_get(paths, path) != NULL;
    }
    for (size_t i = 0; i < server->count; i++) {
        if (server->locations[i]->exact && slice_equal(server->locations[i]->path, path)) {
            return true;
        }
    }
    return false;
}

/* location.go updateServerLocations: prefixes get a final slash and an exact twin. */
void server_expand(struct model *model, struct server *server)
{
    struct arena *arena = model->run->arena;
    sort_stable(model->scratch, server->locations, server->count, sizeof *server->locations,
                compare_locations, NULL);
    const struct map *exact = exact_paths(model, server);
    size_t count = 0, capacity = 2 * server->count;
    struct location **out = ARENA_ARRAY(model->scratch, struct location *, capacity);
    for (size_t i = 0; i < server->count; i++) {
        struct location *location = server->locations[i];
        struct slice declared = location->path;
        bool root = slice_is(declared, "/");
        out[count++] = location;
        if (root || location->exact || location_rewrites(location) || uses_regex(location)) {
            continue;
        }
        if (!has_exact(server, exact, declared)) {
            struct location *twin = ARENA_NEW(model->scratch, struct location);
            *twin = *location;
            twin->exact = true;
            twin->twin = true;
            out[count++] = twin;
        }
        if (!slice_ends(declared, SLICE("/"))) {
            location->path = ARENA_JOIN(arena, declared, SLICE("/"));
        }
    }
    server->locations = out;
    server->count = count;
    server->capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        /* one is enough for the whole host (template.go enforceRegexModifier) */
        bool regex = uses_regex(out[i]);
        if (regex) {
            annotation_use(out[i]->item->annotations, AN_use_regex);
        }
        server->regex_mode = server->regex_mode || regex || location_rewrites(out[i]);
    }
}
