#include "cluster/cluster_priv.h"

#include <string.h>

/* ---- answers --------------------------------------------------------------------------------------- */

struct node *reading_parse(struct reading *reading)
{
    struct input input = {0};
    struct documents documents = {0};
    arena_clear(reading->page.arena);
    reading->page.diag = diag_new(reading->page.arena);
    reading->page.nodes = 0;
    input_add_text(&reading->page, &input, SLICE("<answer>"), buf_slice(&reading->reply.body));
    document_read(&reading->page, &input.files[0], &documents);
    struct node *root = documents.count == 1 ? documents.roots[0] : NULL;
    return root && root->kind == NODE_MAP && !diag_count(reading->page.diag) ? root : NULL;
}

struct slice reading_text(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE_ABSENT;
}

struct slice reading_reason(struct reading *reading)
{
    struct run *run = reading->run;
    struct slice message = reading_text(reading_parse(reading), "message");
    return message.len ? arena_printf(run->arena, "%ld, " SLICE_FMT, reading->reply.status,
                                      SLICE_ARG(slice_sub(message, 0, 500)))
           : reading->reply.status == 200
               ? SLICE("the answer is not understood")
               : arena_printf(run->arena, "HTTP status %ld", reading->reply.status);
}

void reading_refuse(struct reading *reading, const char *verb, struct slice resource,
                    struct slice namespace)
{
    struct run *run = reading->run;
    bool forbidden = reading->reply.status == 403;
    struct slice reason = reading_reason(reading);
    *ARENA_PUSH(run->arena, reading->refusals, reading->refusal_count, reading->refusal_capacity) =
        (struct refusal){verb, resource, namespace, reason};
    diag_at(run->diag, forbidden ? DIAG_A005 : DIAG_A006, SPAN_NONE, SLICE_ABSENT,
            "%s verb '%s' of resource '" SLICE_FMT "' %s" SLICE_FMT "%s: " SLICE_FMT "%s",
            forbidden ? "the account lacks" : "the server refuses", verb, SLICE_ARG(resource),
            namespace.len ? "in namespace '" : "in the whole cluster", SLICE_ARG(namespace),
            namespace.len ? "'" : "", SLICE_ARG(reason),
            forbidden ? "; --print-rbac prints the role that is needed" : "");
}

/* ---- objects --------------------------------------------------------------------------------------- */

/* "ingresses.networking.k8s.io_shop.yaml"; neither part can hold '_'. */
static struct slice file_of(struct arena *arena, const struct resource *resource,
                            struct slice namespace)
{
    return arena_printf(arena, SLICE_FMT "%s" SLICE_FMT ".yaml", SLICE_ARG(resource->label),
                        namespace.len ? "_" : "", SLICE_ARG(namespace));
}

void reading_keep(struct reading *reading, struct resource *resource, const struct node *item)
{
    struct arena *arena = reading->page.arena;
    struct node *object = object_tidy(arena, resource, item);
    if (!object || reading->failed) {
        return;
    }
    references_note(reading, object);
    buf_clear(&reading->text);
    buf_puts(&reading->text, "---\n");
    document_write_yaml(object, &reading->text);
    struct slice namespace = reading_text(node_get(object, "metadata"), "namespace");
    reading->failed =
        reading->text.failed ||
        !reading->sink->append(reading->sink->user, file_of(arena, resource, namespace),
                               buf_slice(&reading->text));
    resource->count++;
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static void read_lists(struct reading *reading)
{
    for (size_t i = 0; i < reading->resources.count; i++) {
        struct resource *resource = &reading->resources.items[i];
        enum keep keep = resource->row->keep;
        bool done = reading->failed || reading->client.failed;
        if (!done && keep != KEEP_FACTS && !slice_is(resource->label, "namespaces")) {
            list_read(reading, resource);
        } else if (!done && slice_is(resource->label, "namespaces")) {
            namespaces_read(reading, resource);
        }
    }
}

static void sum_up(const struct reading *reading, struct cluster_summary *summary)
{
    *summary = (struct cluster_summary){.refused = reading->refusal_count,
                                        .requests = reading->client.requests};
    for (size_t i = 0; i < reading->resources.count; i++) {
        summary->objects += reading->resources.items[i].count;
        summary->resources += reading->resources.items[i].count > 0;
    }
}

enum cluster_result cluster_read(struct run *run, const struct cluster_options *options,
                                 const struct cluster_sink *sink, struct cluster_summary *summary)
{
    struct reading reading = {.run = run, .options = options, .sink = sink};
    reading.page = (struct run){.arena = arena_open_like(run->arena), .limits = run->limits};
    reading.named = map_new(run->arena);
    buf_init(&reading.reply.body, (size_t)run->limits.file_bytes);
    buf_init(&reading.text, BUF_TEXT_MAX);
    if (client_open(&reading.client, run, options) && discover(&reading)) {
        read_lists(&reading);
        named_read(&reading);
    }
    bool failed = reading.failed || reading.client.failed || !reading.resources.count;
    if (!failed) {
        manifest_write(&reading);
        failed = reading.failed;
    }
    sum_up(&reading, summary);
    client_close(&reading.client);
    buf_release(&reading.reply.body);
    buf_release(&reading.text);
    arena_close(reading.page.arena);
    return failed ? CLUSTER_FAILED : reading.refusal_count ? CLUSTER_PARTIAL : CLUSTER_COMPLETE;
}
