/* snapshot.yaml: what was read, when, from where, and what was not. */
#include "cluster/cluster_priv.h"

#include <time.h>

static void set_text(struct arena *arena, struct node *map, const char *key, struct slice text)
{
    if (text.len) {
        node_set(arena, map, key, node_string(arena, text));
    }
}

/* By the clock of the server, which also wrote the times in its objects. */
static struct slice taken(struct arena *arena, int64_t date)
{
    time_t seconds = (time_t)date;
    struct tm parts;
    char text[sizeof "YYYY-MM-DDTHH:MM:SSZ"];
    bool told = date && gmtime_r(&seconds, &parts) &&
                strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return told ? arena_copy(arena, slice_of(text)) : SLICE("");
}

static struct node *resources_list(struct arena *arena, const struct resources *resources)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < resources->count; i++) {
        const struct resource *resource = &resources->items[i];
        struct node *entry = node_map(arena);
        set_text(arena, entry, "resource", resource->label);
        set_text(arena, entry, "version", resource->version);
        node_set(arena, entry, "objects", node_int(arena, (int64_t)resource->count));
        node_add(arena, list, entry);
    }
    return list;
}

static struct node *refusals_list(struct arena *arena, const struct reading *reading)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < reading->refusal_count; i++) {
        const struct refusal *refusal = &reading->refusals[i];
        struct node *entry = node_map(arena);
        set_text(arena, entry, "verb", slice_of(refusal->verb));
        set_text(arena, entry, "resource", refusal->resource);
        set_text(arena, entry, "namespace", refusal->namespace);
        set_text(arena, entry, "reason", refusal->reason);
        node_add(arena, list, entry);
    }
    return list;
}

void manifest_write(struct reading *reading)
{
    struct arena *arena = reading->run->arena;
    const struct kube_access *access = reading->options->access;
    struct node *root = node_map(arena);
    set_text(arena, root, "apiVersion", SLICE("gateshift/v1"));
    set_text(arena, root, "kind", SLICE("Snapshot"));
    set_text(arena, root, "context", access->context.ptr ? access->context : SLICE("in-cluster"));
    set_text(arena, root, "serverVersion", reading->server_version);
    set_text(arena, root, "taken", taken(arena, reading->client.date));
    set_text(arena, root, "namespace", reading->options->namespace);
    node_set(arena, root, "complete", node_bool(arena, !reading->refusal_count));
    node_set(arena, root, "secrets",
             node_string(arena, reading->options->certificates ? SLICE("facts") : SLICE("none")));
    node_set(arena, root, "resources", resources_list(arena, &reading->resources));
    if (reading->refusal_count) {
        node_set(arena, root, "refused", refusals_list(arena, reading));
    }
    buf_clear(&reading->text);
    document_write_yaml(root, &reading->text);
    reading->failed =
        reading->text.failed || !reading->sink->append(reading->sink->user, SLICE("snapshot.yaml"),
                                                       buf_slice(&reading->text));
}
