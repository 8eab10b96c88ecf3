#include "ingress_nginx/model_priv.h"

bool location_rewrites(const struct location *location)
{
    if (!location->item || location->plain) {
        return false;
    }
    struct slice target = annotation_text(&location->item->annotations, AN_rewrite_target);
    /* template.go needsRewrite: a target equal to the location's own path counts as none. */
    return target.len && !slice_equal(target, location->path);
}

static bool uses_regex(const struct location *location)
{
    return location->item && !location->plain &&
           annotation_true(&location->item->annotations, AN_use_regex, false);
}

/* Longest path first, equal lengths in reverse order of their text (controller.go, getBackendServers). */
static int compare_locations(const void *a, const void *b, void *user)
{
    (void)user;
    const struct location *x = a, *y = b;
    if (x->path.len != y->path.len) {
        return x->path.len > y->path.len ? -1 : 1;
    }
    return slice_compare(y->path, x->path);
}

static bool has_exact(const struct server *server, struct slice path)
{
    for (size_t i = 0; i < server->count; i++) {
        if (server->locations[i].exact && slice_equal(server->locations[i].path, path)) {
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
    size_t count = 0, capacity = 2 * server->count;
    struct location *out = ARENA_ARRAY(model->scratch, struct location, capacity);
    for (size_t i = 0; i < server->count; i++) {
        struct location location = server->locations[i];
        bool root = slice_is(location.path, "/");
        if (root || location.exact || location_rewrites(&location) || uses_regex(&location)) {
            out[count++] = location;
            continue;
        }
        struct location prefix = location, twin = location;
        twin.exact = true;
        twin.twin = true;
        if (!slice_ends(location.path, SLICE("/"))) {
            prefix.path = arena_printf(arena, SLICE_FMT "/", SLICE_ARG(location.path));
        }
        out[count++] = prefix;
        if (!has_exact(server, location.path)) {
            out[count++] = twin;
        }
    }
    server->locations = out;
    server->count = count;
    server->capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        /* one is enough for the whole host (template.go enforceRegexModifier) */
        server->regex_mode =
            server->regex_mode || location_rewrites(&out[i]) || uses_regex(&out[i]);
    }
}
