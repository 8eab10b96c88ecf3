/* What this cluster serves, of what the table asks for. */
#include "cluster/cluster_priv.h"

/* ---- one version of a group -------------------------------------------------------------------------- */

static struct resource *add(struct reading *reading, const struct resource_row *row,
                            struct slice version, struct slice name, struct slice kind,
                            bool namespaced)
{
    struct arena *arena = reading->run->arena;
    struct resource *resource = ARENA_PUSH(arena, reading->resources.items,
                                           reading->resources.count, reading->resources.capacity);
    struct slice group = slice_of(row->group);
    *resource = (struct resource){.row = row,
                                  .group = group,
                                  .version = arena_copy(arena, version),
                                  .name = arena_copy(arena, name),
                                  .kind = arena_copy(arena, kind),
                                  .namespaced = namespaced};
    resource->label = ARENA_JOIN(arena, resource->name, group.len ? SLICE(".") : SLICE(""), group);
    return resource;
}

static bool is_known(const struct reading *reading, struct slice group, struct slice name)
{
    for (size_t i = 0; i < reading->resources.count; i++) {
        const struct resource *resource = &reading->resources.items[i];
        if (slice_equal(resource->group, group) && slice_equal(resource->name, name)) {
            return true;
        }
    }
    return false;
}

static bool can_be_listed(const struct node *entry)
{
    const struct node *verbs = node_get(entry, "verbs");
    for (size_t i = 0; verbs && verbs->kind == NODE_LIST && i < verbs->count; i++) {
        if (slice_is(verbs->items[i]->text, "list")) {
            return true;
        }
    }
    return false;
}

/* The row that asks for a resource; one that names it goes before "*". */
static const struct resource_row *row_of(struct slice group, struct slice name)
{
    const struct resource_row *row;
    for (size_t i = 0; (row = resource_row_at(i)); i++) {
        if (slice_is(group, row->group) &&
            (slice_is(name, row->resource) || slice_is(SLICE("*"), row->resource))) {
            return row;
        }
    }
    return NULL;
}

static void add_entry(struct reading *reading, struct slice group, struct slice version,
                      const struct node *entry)
{
    struct slice name = reading_text(entry, "name");
    const struct resource_row *row = row_of(group, name);
    const struct node *namespaced = node_get(entry, "namespaced");
    bool sub = slice_find(name, '/', 0) < name.len; /* "ingresses/status" */
    bool wanted = row && (row->keep != KEEP_FACTS || reading->options->certificates);
    if (name.len && !sub && wanted && can_be_listed(entry) && !is_known(reading, group, name)) {
        (void)add(reading, row, version, name, reading_text(entry, "kind"),
                  namespaced && namespaced->kind == NODE_BOOL && namespaced->boolean);
    }
}

/* False when nothing more can be asked. */
static bool read_version(struct reading *reading, struct slice group, struct slice version)
{
    struct arena *arena = reading->run->arena;
    struct slice path = group.len ? ARENA_JOIN(arena, SLICE("/apis/"), group, SLICE("/"), version)
                                  : ARENA_JOIN(arena, SLICE("/api/"), version);
    if (!client_get(&reading->client, path, &reading->reply)) {
        return false;
    }
    const struct node *root = reading->reply.status == 200 ? reading_parse(reading) : NULL;
    const struct node *list = node_get(root, "resources");
    if (!list || list->kind != NODE_LIST) {
        /* an aggregated API whose server is down answers 503, one that was taken away 404 */
        if (reading->reply.status != 404) {
            reading_refuse(reading, "get", slice_sub(path, 1, path.len), SLICE_ABSENT);
        }
        return true;
    }
    for (size_t i = 0; i < list->count; i++) {
        add_entry(reading, group, version, list->items[i]);
    }
    return true;
}

/* ---- the groups ------------------------------------------------------------------------------------- */

struct group {
    struct slice name;
    struct slice *versions; /* the one that the server prefers comes first */
    size_t count;
};
struct groups {
    struct group *items;
    size_t count, capacity;
};

static bool is_asked_for(struct slice group)
{
    const struct resource_row *row;
    for (size_t i = 0; (row = resource_row_at(i)); i++) {
        if (slice_is(group, row->group)) {
            return true;
        }
    }
    return false;
}

static void add_group(struct arena *arena, const struct node *node, struct groups *out)
{
    struct slice name = reading_text(node, "name");
    const struct node *versions = node_get(node, "versions");
    if (!is_asked_for(name) || !versions || versions->kind != NODE_LIST) {
        return;
    }
    struct group *group = ARENA_PUSH(arena, out->items, out->count, out->capacity);
    group->name = arena_copy(arena, name);
    group->versions = ARENA_ARRAY(arena, struct slice, versions->count + 1);
    for (size_t i = 0; i < versions->count; i++) {
        group->versions[group->count++] =
            arena_copy(arena, reading_text(versions->items[i], "version"));
    }
}

static bool read_groups(struct reading *reading, struct groups *out)
{
    struct arena *arena = reading->run->arena;
    const struct node *root, *list;
    if (!client_get(&reading->client, SLICE("/apis"), &reading->reply)) {
        return false;
    }
    root = reading->reply.status == 200 ? reading_parse(reading) : NULL;
    list = node_get(root, "groups");
    if (!list || list->kind != NODE_LIST) {
        diag_at(reading->run->diag, DIAG_A003, SPAN_NONE, SLICE_ABSENT,
                "'" SLICE_FMT "/apis' does not tell which API groups there are: " SLICE_FMT
                "; is it the address of an API server?",
                SLICE_ARG(reading->options->access->server), SLICE_ARG(reading_reason(reading)));
        reading->failed = true;
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        add_group(arena, list->items[i], out);
    }
    return true;
}

static int compare_resources(const void *a, const void *b, void *user)
{
    (void)user;
    const struct resource *x = a, *y = b;
    return slice_compare(x->label, y->label);
}

bool discover(struct reading *reading)
{
    struct groups groups = {0};
    if (!client_get(&reading->client, SLICE("/version"), &reading->reply)) {
        return false;
    }
    if (reading->reply.status == 200) {
        reading->server_version =
            arena_copy(reading->run->arena, reading_text(reading_parse(reading), "gitVersion"));
    }
    if (!read_groups(reading, &groups) || !read_version(reading, SLICE(""), SLICE("v1"))) {
        return false;
    }
    for (size_t g = 0; g < groups.count; g++) {
        for (size_t v = 0; v < groups.items[g].count; v++) {
            if (!read_version(reading, groups.items[g].name, groups.items[g].versions[v])) {
                return false;
            }
        }
    }
    sort_stable(reading->run->arena, reading->resources.items, reading->resources.count,
                sizeof *reading->resources.items, compare_resources, NULL);
    return true;
}
