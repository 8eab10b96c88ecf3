/* snapshot.yaml, read again. */
#include "cluster/cluster_priv.h"

static bool is_manifest(const struct input_file *file)
{
    const struct slice name = SLICE("snapshot.yaml");
    size_t at = file->name.len - (file->name.len < name.len ? file->name.len : name.len);
    bool named = slice_ends(file->name, name) && (at == 0 || file->name.ptr[at - 1] == '/');
    return named && slice_contains(file->text, SLICE("apiVersion: gateshift/"));
}

static bool is_true(const struct node *root, const char *key)
{
    const struct node *node = node_get(root, key);
    return node && node->kind == NODE_BOOL && node->boolean;
}

static void take_over(struct run *run, const struct input_file *file)
{
    struct documents documents = {0};
    struct span start = {file->file, 1, 1};
    document_read(run, file, &documents);
    const struct node *root = documents.count == 1 ? documents.roots[0] : NULL;
    struct slice namespace = reading_text(root, "namespace");
    if (!slice_is(reading_text(root, "apiVersion"), "gateshift/v1") ||
        !slice_is(reading_text(root, "kind"), "Snapshot")) {
        diag_at(
            run->diag, DIAG_A010, start, SLICE_ABSENT,
            "this is no snapshot that can be read; apiVersion 'gateshift/v1' and kind 'Snapshot' "
            "are, so take it again");
    } else if (!is_true(root, "complete") || namespace.len) {
        diag_at(run->diag, DIAG_A009, start, SLICE_ABSENT,
                "the snapshot %s" SLICE_FMT "%s, so what is referred to and not in it is taken to "
                "exist",
                namespace.len ? "holds namespace '" : "lacks what could not be read",
                SLICE_ARG(namespace), namespace.len ? "' only" : " (see 'refused')");
    } else {
        run->closed = run->whole = true;
        run->secrets_open = !slice_is(reading_text(root, "secrets"), "facts");
    }
}

void cluster_note_snapshots(struct run *run, struct input *input)
{
    size_t kept = 0;
    for (size_t i = 0; i < input->count; i++) {
        if (is_manifest(&input->files[i])) {
            take_over(run, &input->files[i]);
        } else {
            input->files[kept++] = input->files[i];
        }
    }
    input->count = kept;
}
