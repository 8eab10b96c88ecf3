#include "convert/convert.h"

/* Files for --out-dir: by owner and namespace with kustomizations, or all in one folder. */

enum { OBJECT_MAX_BYTES = BUF_TEXT_MAX };

struct tree {
    struct run *run;
    bool json;
    struct map *folders; /* path to struct folder_list */
    struct converted_files *out;
};
struct folder_list {
    struct slice *items; /* file names and folders in it */
    size_t count, capacity;
};

static void file_add(struct tree *tree, struct slice path, struct slice text)
{
    struct converted_files *out = tree->out;
    *ARENA_PUSH(tree->run->arena, out->items, out->count, out->capacity) =
        (struct converted_file){path, text};
}

static struct slice object_text(const struct tree *tree, const struct converted_object *object)
{
    if (!tree->json) {
        return object->yaml;
    }
    struct buf json;
    buf_init(&json, OBJECT_MAX_BYTES);
    document_write_json(converted_read(tree->run, object), 2, &json);
    buf_putc(&json, '\n');
    struct slice text = arena_copy(tree->run->arena, buf_slice(&json));
    buf_release(&json);
    return text;
}

/* "4-httproute-web.yaml": kubectl applies the files of a folder by name, so what others refer to comes first.
 */
static struct slice file_name(const struct tree *tree, const struct converted_object *object,
                              struct slice namespace)
{
    struct arena *arena = tree->run->arena;
    return arena_printf(arena, "%zu-" SLICE_FMT "-" SLICE_FMT "%s" SLICE_FMT "%s", object->rank + 1,
                        SLICE_ARG(arena_lower(arena, slice_of(object->kind))), SLICE_ARG(namespace),
                        namespace.len ? "." : "", SLICE_ARG(object->name),
                        tree->json ? ".json" : ".yaml");
}

static void patch_file_add(struct tree *tree, const struct converted_patch *patch,
                           struct slice folder, struct slice namespace)
{
    const struct converted_object object = {
        .kind = "Service", .name = patch->service, .yaml = patch->yaml};
    file_add(tree,
             arena_printf(tree->run->arena,
                          SLICE_FMT "patches/service-" SLICE_FMT "%s" SLICE_FMT "%s",
                          SLICE_ARG(folder), SLICE_ARG(namespace), namespace.len ? "." : "",
                          SLICE_ARG(patch->service), tree->json ? ".json" : ".yaml"),
             object_text(tree, &object));
}

/* Names may hold '-' and '.', namespaces only '-', so the first '.' tells "a" and "b-c" from "a-b" and "c". */
void converted_flat(struct run *run, const struct converted *converted, bool json,
                    struct converted_files *out)
{
    struct tree tree = {.run = run, .json = json, .out = out};
    for (size_t i = 0; i < converted->count; i++) {
        const struct converted_object *object = &converted->objects[i];
        file_add(&tree, file_name(&tree, object, object->namespace), object_text(&tree, object));
    }
    for (size_t i = 0; i < converted->patch_count; i++) {
        patch_file_add(&tree, &converted->patches[i], SLICE(""), converted->patches[i].namespace);
    }
}

/* ---- the tree ----------------------------------------------------------------------------------- */

static struct slice join(const struct tree *tree, struct slice folder, struct slice name)
{
    return folder.len ? ARENA_JOIN(tree->run->arena, folder, SLICE("/"), name) : name;
}

/* Notes a file, or a folder, in its folder. */
static void list_add(struct tree *tree, struct slice folder, struct slice name)
{
    struct folder_list *list = map_get(tree->folders, folder);
    if (!list) {
        list = ARENA_NEW(tree->run->arena, struct folder_list);
        map_put(tree->folders, folder, list);
    }
    for (size_t i = list->count; i-- > 0;) {
        if (slice_equal(list->items[i], name)) {
            return;
        }
    }
    *ARENA_PUSH(tree->run->arena, list->items, list->count, list->capacity) = name;
}

static int by_name(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void kustomization_add(struct tree *tree, struct slice folder, struct folder_list *list)
{
    struct arena *arena = tree->run->arena;
    struct node *root = node_map(arena), *metadata = node_map(arena), *notes = node_map(arena);
    struct node *resources = node_list(arena);
    sort_stable(arena, list->items, list->count, sizeof *list->items, by_name, NULL);
    for (size_t i = 0; i < list->count; i++) {
        node_add(arena, resources, node_string(arena, list->items[i]));
    }
    node_set(arena, root, "apiVersion",
             node_string(arena, SLICE("kustomize.config.k8s.io/v1beta1")));
    node_set(arena, root, "kind", node_string(arena, SLICE("Kustomization")));
    node_set(arena, notes, "gateshift.dev/generated", node_string(arena, SLICE("true")));
    node_set(arena, metadata, "annotations", notes);
    node_set(arena, root, "metadata", metadata);
    node_set(arena, root, "resources", resources);
    struct buf text;
    buf_init(&text, OBJECT_MAX_BYTES);
    document_write_yaml(root, &text);
    file_add(tree, join(tree, folder, SLICE("kustomization.yaml")),
             arena_copy(arena, buf_slice(&text)));
    buf_release(&text);
}

void converted_tree(struct run *run, const struct converted *converted, bool json,
                    struct converted_files *out)
{
    struct tree tree = {.run = run, .json = json, .folders = map_new(run->arena), .out = out};
    for (size_t i = 0; i < converted->count; i++) {
        const struct converted_object *object = &converted->objects[i];
        struct slice owner = object->of_platform ? SLICE("platform") : SLICE("apps");
        /* a Namespace is where its objects are */
        struct slice space = object->namespace.len ? object->namespace : object->name;
        struct slice folder = join(&tree, owner, space);
        struct slice name = file_name(&tree, object, SLICE(""));
        file_add(&tree, join(&tree, folder, name), object_text(&tree, object));
        list_add(&tree, folder, name);
        list_add(&tree, owner, space);
        list_add(&tree, SLICE(""), owner);
    }
    for (size_t i = 0; i < converted->patch_count; i++) {
        const struct converted_patch *patch = &converted->patches[i];
        patch_file_add(&tree, patch,
                       ARENA_JOIN(run->arena, SLICE("apps/"), patch->namespace, SLICE("/")),
                       SLICE(""));
    }
    size_t count = map_count(tree.folders), at = 0;
    struct slice *folders = ARENA_ARRAY(run->arena, struct slice, count + 1);
    for (const struct map_entry *entry = map_first(tree.folders); entry; entry = map_next(entry)) {
        folders[at++] = map_key(entry);
    }
    sort_stable(run->arena, folders, count, sizeof *folders, by_name, NULL);
    for (size_t i = 0; i < count; i++) {
        kustomization_add(&tree, folders[i], map_get(tree.folders, folders[i]));
    }
}
