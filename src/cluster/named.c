/* Objects that are read by name: what others refer to, what the controller is known to use. */
#include "cluster/cluster_priv.h"

#include <string.h>

struct named {
    struct slice namespace, name;
    const char *resource; /* label */
    bool read;
};

/* Names come out of objects: only what can be a name may become part of a path. */
static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alphanumeric(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '.') {
            return false;
        }
    }
    return text.len > 0 && text.len <= 253 && text.ptr[0] != '.';
}

void named_note(struct reading *reading, const char *resource, struct slice namespace,
                struct slice name)
{
    struct arena *arena = reading->run->arena;
    if (!is_name(namespace) || !is_name(name)) {
        return;
    }
    struct slice key = ARENA_JOIN(reading->page.arena, slice_of(resource), SLICE("/"), namespace,
                                  SLICE("/"), name);
    if (!map_get(reading->named, key)) {
        struct named *named = ARENA_NEW(arena, struct named);
        *named =
            (struct named){arena_copy(arena, namespace), arena_copy(arena, name), resource, false};
        (void)map_add(reading->named, key, named);
    }
}

static struct resource *find_resource(struct reading *reading, const char *label)
{
    for (size_t i = 0; i < reading->resources.count; i++) {
        if (slice_is(reading->resources.items[i].label, label)) {
            return &reading->resources.items[i];
        }
    }
    return NULL;
}

static int compare_named(const void *a, const void *b, void *user)
{
    (void)user;
    const struct named *x = *(struct named *const *)a, *y = *(struct named *const *)b;
    int order = strcmp(x->resource, y->resource);
    order = order ? order : slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

/* Those that have not been read, in their final order; null when there are none. */
static struct named **unread(struct reading *reading, size_t *count)
{
    struct arena *arena = reading->run->arena;
    struct named **items = ARENA_ARRAY(arena, struct named *, map_count(reading->named) + 1);
    *count = 0;
    for (const struct map_entry *e = map_first(reading->named); e; e = map_next(e)) {
        struct named *named = map_value(e);
        if (!named->read) {
            items[(*count)++] = named;
        }
    }
    sort_stable(arena, items, *count, sizeof(struct named *), compare_named, NULL);
    return *count ? items : NULL;
}

static void read_one(struct reading *reading, struct named *named)
{
    struct resource *resource = find_resource(reading, named->resource);
    named->read = true;
    if (resource && !object_read(reading, resource, named->namespace, named->name) &&
        !reading->client.failed) {
        resource->refused = true;
        reading_refuse(reading, "get", resource->label, named->namespace);
    }
}

void named_read(struct reading *reading)
{
    const struct named_row *row;
    size_t count;
    for (size_t i = 0; (row = named_row_at(i)); i++) {
        struct slice only = reading->options->namespace;
        bool listed = slice_is(slice_of(row->resource), "deployments.apps") &&
                      (!only.len || slice_is(only, row->namespace));
        if (!listed) {
            named_note(reading, row->resource, slice_of(row->namespace), slice_of(row->name));
        }
    }
    for (struct named **items; (items = unread(reading, &count));) {
        for (size_t i = 0; i < count && !reading->failed && !reading->client.failed; i++) {
            read_one(reading, items[i]);
        }
        if (reading->failed || reading->client.failed) {
            return;
        }
    }
}

void namespaces_read(struct reading *reading, struct resource *resource)
{
    struct slice only = reading->options->namespace;
    if (!only.len) {
        list_read(reading, resource);
    } else if (!object_read(reading, resource, SLICE_ABSENT, only) && !reading->client.failed) {
        resource->refused = true;
        reading_refuse(reading, "get", resource->label, SLICE_ABSENT);
    }
}
