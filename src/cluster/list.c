/* One list, page by page. */
#include "cluster/cluster_priv.h"

/* How often a list is begun anew when the server forgets it before its end. */
enum { BEGINNINGS = 4 };

static struct slice path_of(struct reading *reading, const struct resource *resource,
                            struct slice namespace)
{
    struct arena *arena = reading->run->arena;
    struct slice root = resource->group.len ? ARENA_JOIN(arena, SLICE("/apis/"), resource->group,
                                                         SLICE("/"), resource->version)
                                            : ARENA_JOIN(arena, SLICE("/api/"), resource->version);
    return namespace.len ? ARENA_JOIN(arena, root, SLICE("/namespaces/"), namespace, SLICE("/"),
                                      resource->name)
                         : ARENA_JOIN(arena, root, SLICE("/"), resource->name);
}

/* ConfigMaps are looked at by the labels of the controller; which ones are kept, others name. */
static struct slice first_page(struct reading *reading, const struct resource *resource)
{
    struct slice namespace = resource->namespaced ? reading->options->namespace : SLICE_ABSENT;
    struct slice path = path_of(reading, resource, namespace);
    bool labelled = resource->row->keep == KEEP_NAMED;
    return arena_printf(reading->run->arena, SLICE_FMT "?limit=%d%s", SLICE_ARG(path), PAGE_OBJECTS,
                        labelled ? "&labelSelector=app.kubernetes.io%2Fname%3Dingress-nginx" : "");
}

static void take_page(struct reading *reading, struct resource *resource, const struct node *items)
{
    for (size_t i = 0; items && items->kind == NODE_LIST && i < items->count; i++) {
        if (resource->row->keep == KEEP_NAMED) {
            const struct node *metadata = node_get(items->items[i], "metadata");
            named_note(reading, "configmaps", reading_text(metadata, "namespace"),
                       reading_text(metadata, "name"));
        } else {
            reading_keep(reading, resource, items->items[i]);
        }
    }
}

static void say_changed(struct reading *reading, const struct resource *resource, const char *what)
{
    diag_at(reading->run->diag, DIAG_A008, SPAN_NONE, SLICE_ABSENT,
            "the server forgot the state of resource '" SLICE_FMT "' while it was read (410); %s",
            SLICE_ARG(resource->label), what);
}

/* A server that can goes on from the same place with the objects of now (metadata.continue of its 410); else all
 * is read again. False when it is not to be tried again. */
static bool go_on(struct reading *reading, struct resource *resource, unsigned *beginnings,
                  struct slice *token)
{
    struct slice offered = reading_text(node_get(reading_parse(reading), "metadata"), "continue");
    if (offered.len) {
        say_changed(reading, resource, "the rest is of a later state");
        *token = client_escape(&reading->client, offered);
        return true;
    }
    *token = SLICE_ABSENT;
    if (++*beginnings >= BEGINNINGS) {
        return false;
    }
    say_changed(reading, resource, "it is read again");
    reading->sink->drop(reading->sink->user, resource->label);
    resource->count = 0;
    return true;
}

/* The next page: its token in *token, absent at the end. False when the list ends with a fault. */
static bool read_page(struct reading *reading, struct resource *resource, struct slice *token)
{
    const struct node *root = reading_parse(reading);
    const struct node *metadata = node_get(root, "metadata");
    if (!metadata) {
        return false;
    }
    struct slice next = reading_text(metadata, "continue");
    *token = next.len ? client_escape(&reading->client, next) : SLICE_ABSENT;
    take_page(reading, resource, node_get(root, "items"));
    if (reading->options->progress) {
        reading->options->progress(reading->options->progress_user, resource->label,
                                   resource->count);
    }
    return true;
}

void list_read(struct reading *reading, struct resource *resource)
{
    struct slice first = first_page(reading, resource), token = SLICE_ABSENT;
    unsigned beginnings = 0;
    bool more = true;
    while (more && !reading->failed) {
        struct slice path =
            token.len ? ARENA_JOIN(reading->run->arena, first, SLICE("&continue="), token) : first;
        if (!client_get(&reading->client, path, &reading->reply)) {
            return;
        }
        long status = reading->reply.status;
        if (status == 200 && read_page(reading, resource, &token)) {
            more = token.len > 0;
        } else if (status == 404 && !token.len) {
            more = false; /* it was served a moment ago: a CRD that is gone has no objects */
        } else if (status != 410 || !go_on(reading, resource, &beginnings, &token)) {
            struct slice namespace =
                resource->namespaced ? reading->options->namespace : SLICE_ABSENT;
            resource->refused = true;
            reading->sink->drop(reading->sink->user, resource->label);
            resource->count = 0;
            reading_refuse(reading, "list", resource->label, namespace);
            more = false;
        }
    }
}

bool object_read(struct reading *reading, struct resource *resource, struct slice namespace,
                 struct slice name)
{
    struct slice path =
        ARENA_JOIN(reading->run->arena, path_of(reading, resource, namespace), SLICE("/"), name);
    if (!client_get(&reading->client, path, &reading->reply)) {
        return false;
    }
    const struct node *root = reading->reply.status == 200 ? reading_parse(reading) : NULL;
    if (root) {
        reading_keep(reading, resource, root);
    }
    return root || reading->reply.status == 404;
}
