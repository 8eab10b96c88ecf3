#include "stand_in.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct slice text_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE("");
}

/* Names of resources as all kinds here have them. */
static struct slice plural(struct arena *arena, struct slice kind)
{
    struct slice name = arena_lower(arena, kind);
    bool y = slice_ends(name, SLICE("y")) && !slice_ends(name, SLICE("ay"));
    return y ? ARENA_JOIN(arena, slice_sub(name, 0, name.len - 1), SLICE("ies"))
           : slice_ends(name, SLICE("s")) ? ARENA_JOIN(arena, name, SLICE("es"))
                                          : ARENA_JOIN(arena, name, SLICE("s"));
}

static void add(struct store *store, const struct node *root)
{
    struct arena *arena = store->run.arena;
    const struct node *metadata = node_get(root, "metadata");
    struct slice version = text_of(root, "apiVersion");
    size_t slash = slice_find(version, '/', 0);
    struct stored *stored = ARENA_PUSH(arena, store->items, store->count, store->capacity);
    *stored = (struct stored){
        .group = slash < version.len ? slice_sub(version, 0, slash) : SLICE(""),
        .version = slash < version.len ? slice_sub(version, slash + 1, version.len) : version,
        .kind = text_of(root, "kind"),
        .resource = plural(arena, text_of(root, "kind")),
        .namespace = text_of(metadata, "namespace"),
        .name = text_of(metadata, "name"),
        .application = text_of(node_get(metadata, "labels"), "app.kubernetes.io/name"),
        .root = root};
}

/* Ingresses of about two kilobytes, as real ones are with what servers add. */
static void generate(struct store *store, size_t index)
{
    struct arena *arena = store->run.arena;
    struct documents documents = {0};
    struct input input = {0};
    char filler[1024];
    memset(filler, 'x', sizeof filler);
    struct slice text = arena_printf(
        arena,
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web-%05zu\n"
        "  namespace: team-%03zu\n  creationTimestamp: \"2024-01-02T03:04:05Z\"\n"
        "  managedFields: [{manager: kubectl, filler: %.1000s}]\n  resourceVersion: \"%zu\"\n"
        "spec:\n  ingressClassName: nginx\n  rules:\n  - host: h%zu.example.com\n    http:\n"
        "      paths:\n      - path: /\n        pathType: Prefix\n        backend:\n"
        "          service: {name: web, port: {number: 80}}\n",
        index, index / 500, filler, index, index);
    input_add_text(&store->run, &input, SLICE("<generated>"), text);
    document_read(&store->run, &input.files[0], &documents);
    add(store, documents.roots[0]);
}

static int compare(const void *a, const void *b, void *user)
{
    (void)user;
    const struct stored *x = a, *y = b;
    int order = slice_compare(x->group, y->group);
    order = order ? order : slice_compare(x->resource, y->resource);
    order = order ? order : slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

void store_open(struct store *store, const char *folder, size_t generated)
{
    struct input input = {0};
    struct documents documents = {0};
    run_open(&store->run, NULL, NULL, NULL);
    if (input_add(&store->run, &input, slice_of(folder), STDIN_FILENO) != STATUS_OK) {
        fprintf(stderr, "stand-in: cannot read '%s'\n", folder);
    }
    for (size_t i = 0; i < input.count; i++) {
        document_read(&store->run, &input.files[i], &documents);
    }
    for (size_t i = 0; i < documents.count; i++) {
        add(store, documents.roots[i]);
    }
    for (size_t i = 0; i < generated; i++) {
        generate(store, i);
    }
    sort_stable(store->run.arena, store->items, store->count, sizeof *store->items, compare, NULL);
}
