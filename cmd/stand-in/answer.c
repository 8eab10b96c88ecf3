#include "stand_in.h"

#include <stdlib.h>
#include <string.h>

struct slice query_value(const struct request *request, const char *name)
{
    struct slice rest = request->query, pair;
    while (slice_split(&rest, '&', &pair)) {
        size_t equals = slice_find(pair, '=', 0);
        if (slice_is(slice_sub(pair, 0, equals), name)) {
            return slice_sub(pair, equals + 1, pair.len);
        }
    }
    return SLICE_ABSENT;
}

void put_status(struct buf *out, int code, const char *reason, const char *message,
                const char *token)
{
    buf_clear(out);
    buf_printf(out,
               "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{%s%s%s},"
               "\"status\":\"Failure\",\"message\":\"%s\",\"reason\":\"%s\",\"code\":%d}\n",
               token ? "\"continue\":\"" : "", token ? token : "", token ? "\"" : "", message,
               reason, code);
}

/* ---- the path -------------------------------------------------------------------------------- */

/* /api/v1/... or /apis/GROUP/VERSION/...: what follows. */
struct place {
    struct slice group, version, resource, namespace, name;
};

static struct place place_of(const struct request *request)
{
    struct place place = {.group = SLICE("")};
    size_t at = 1;
    if (request->part_count && slice_is(request->parts[0], "apis")) {
        place.group = request->part_count > at ? request->parts[at] : SLICE("");
        at++;
    }
    place.version = request->part_count > at ? request->parts[at] : SLICE_ABSENT;
    at++;
    if (at + 2 < request->part_count && slice_is(request->parts[at], "namespaces")) {
        place.namespace = request->parts[at + 1];
        at += 2;
    }
    place.resource = at < request->part_count ? request->parts[at] : SLICE_ABSENT;
    place.name = at + 1 < request->part_count ? request->parts[at + 1] : SLICE_ABSENT;
    return place;
}

struct slice request_resource(const struct request *request)
{
    return place_of(request).resource;
}

/* ---- discovery ------------------------------------------------------------------------------- */

/* They are in order. */
static bool is_first(const struct store *store, size_t index, bool of_resource)
{
    const struct stored *item = &store->items[index], *last = index ? item - 1 : NULL;
    return !last || !slice_equal(item->group, last->group) ||
           (of_resource && !slice_equal(item->resource, last->resource));
}

static int answer_groups(const struct store *store, struct buf *out)
{
    const char *comma = "";
    buf_puts(out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[");
    for (size_t i = 0; i < store->count; i++) {
        const struct stored *item = &store->items[i];
        if (item->group.len && is_first(store, i, false)) {
            buf_printf(out,
                       "%s{\"name\":\"" SLICE_FMT "\",\"versions\":[{\"groupVersion\":\"" SLICE_FMT
                       "/" SLICE_FMT "\",\"version\":\"" SLICE_FMT "\"}]}",
                       comma, SLICE_ARG(item->group), SLICE_ARG(item->group),
                       SLICE_ARG(item->version), SLICE_ARG(item->version));
            comma = ",";
        }
    }
    buf_puts(out, "]}\n");
    return 200;
}

static int answer_resources(const struct store *store, const struct place *place, struct buf *out)
{
    const char *comma = "";
    buf_puts(out, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"resources\":[");
    for (size_t i = 0; i < store->count; i++) {
        const struct stored *item = &store->items[i];
        if (slice_equal(item->group, place->group) && is_first(store, i, true)) {
            buf_printf(out,
                       "%s{\"name\":\"" SLICE_FMT "\",\"namespaced\":%s,\"kind\":\"" SLICE_FMT
                       "\",\"verbs\":[\"get\",\"list\",\"watch\"]},{\"name\":\"" SLICE_FMT
                       "/status\",\"namespaced\":true,\"kind\":\"" SLICE_FMT
                       "\",\"verbs\":[\"get\"]}",
                       comma, SLICE_ARG(item->resource), item->namespace.len ? "true" : "false",
                       SLICE_ARG(item->kind), SLICE_ARG(item->resource), SLICE_ARG(item->kind));
            comma = ",";
        }
    }
    buf_puts(out, "]}\n");
    return 200;
}

/* ---- objects --------------------------------------------------------------------------------- */

static bool is_in(const struct stored *item, const struct place *place)
{
    return slice_equal(item->group, place->group) && slice_equal(item->resource, place->resource) &&
           (!place->namespace.len || slice_equal(item->namespace, place->namespace)) &&
           (!place->name.len || slice_equal(item->name, place->name));
}

/* Items of a list of a built-in kind have neither apiVersion nor kind. */
static void put_item(struct arena *arena, const struct stored *item, struct buf *out)
{
    struct node *bare = node_map(arena);
    for (size_t i = 0; i < item->root->count; i++) {
        const struct pair *pair = &item->root->pairs[i];
        if (!slice_is(pair->key, "apiVersion") && !slice_is(pair->key, "kind")) {
            node_set_slice(arena, bare, pair->key, pair->value);
        }
    }
    document_write_json(bare, 0, out);
}

static int answer_list(const struct store *store, const struct place *place,
                       const struct request *request, struct buf *out)
{
    uint64_t limit = SIZE_MAX, from = 0;
    struct slice label = query_value(request, "labelSelector"), next = SLICE_ABSENT;
    struct arena *arena = arena_open(0, NULL, NULL);
    bool told = slice_to_uint(query_value(request, "limit"), 1 << 20, &limit);
    bool resumed = slice_to_uint(query_value(request, "continue"), SIZE_MAX, &from);
    (void)told;
    const char *comma = "";
    char number[UINT_TEXT_MAX];
    buf_puts(out, "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[");
    for (size_t i = resumed ? (size_t)from : 0; i < store->count && !next.len; i++) {
        bool wanted = is_in(&store->items[i], place) &&
                      (!label.len || slice_is(store->items[i].application, "ingress-nginx"));
        if (wanted && limit == 0) {
            next = uint_text(i, number);
        } else if (wanted) {
            buf_puts(out, comma);
            put_item(arena, &store->items[i], out);
            comma = ",";
            limit--;
        }
    }
    buf_printf(out, "],\"metadata\":{\"resourceVersion\":\"77\"%s" SLICE_FMT "%s}}\n",
               next.len ? ",\"continue\":\"" : "", SLICE_ARG(next), next.len ? "\"" : "");
    arena_close(arena);
    return 200;
}

static int answer_object(const struct store *store, const struct place *place, struct buf *out)
{
    for (size_t i = 0; i < store->count; i++) {
        if (is_in(&store->items[i], place)) {
            document_write_json(store->items[i].root, 0, out);
            return 200;
        }
    }
    put_status(out, 404, "NotFound", "it is not there", NULL);
    return 404;
}

static bool is_served(const struct store *store, const struct place *place)
{
    for (size_t i = 0; i < store->count; i++) {
        if (slice_equal(store->items[i].group, place->group) &&
            (!place->resource.ptr || slice_equal(store->items[i].resource, place->resource))) {
            return true;
        }
    }
    return false;
}

int answer(struct server *server, const struct request *request, struct buf *out)
{
    const struct store *store = &server->store;
    struct place place = place_of(request);
    buf_clear(out);
    if (slice_is(request->path, "/version")) {
        buf_puts(out, "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.2\"}\n");
        return 200;
    }
    if (slice_is(request->path, "/apis")) {
        return answer_groups(store, out);
    }
    if (!is_served(store, &place)) {
        put_status(out, 404, "NotFound", "the server could not find the requested resource", NULL);
        return 404;
    }
    return !place.resource.ptr ? answer_resources(store, &place, out)
           : place.name.ptr    ? answer_object(store, &place, out)
                               : answer_list(store, &place, request, out);
}
