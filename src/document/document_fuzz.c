/* Any bytes are read without harm; what was read, and then written as YAML or JSON, reads back as the
 * same tree. */
#include "document/document.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 16, WRITTEN_MAX = 1 << 24 };

static void read_text(struct run *run, struct slice text, struct documents *out)
{
    struct input input = {0};
    input_add_text(run, &input, SLICE("fuzz"), text);
    input_sort(run, &input);
    document_read(run, &input.files[0], out);
    diag_finish(run->diag);
}

/* JSON has neither the infinite nor NaN, and writes them as null. */
static bool has_other_numbers(const struct node *node)
{
    bool found = node->kind == NODE_FLOAT && !(node->number - node->number == 0);
    for (uint32_t i = 0; node->kind == NODE_LIST && i < node->count && !found; i++) {
        found = has_other_numbers(node->items[i]);
    }
    for (uint32_t i = 0; node->kind == NODE_MAP && i < node->count && !found; i++) {
        found = has_other_numbers(node->pairs[i].value);
    }
    return found;
}

static void check_written(const struct node *root, bool json)
{
    struct run run;
    struct documents again = {0};
    struct buf out, second;
    buf_init(&out, WRITTEN_MAX);
    buf_init(&second, WRITTEN_MAX);
    run_open(&run, NULL, NULL, NULL);
    if (json) {
        document_write_json(root, 0, &out);
    } else {
        document_write_yaml(root, &out);
    }
    if (!out.failed) {
        read_text(&run, buf_slice(&out), &again);
        if (again.count != 1 || diag_count(run.diag) != 0) {
            abort();
        }
        if (json) {
            document_write_json(again.roots[0], 0, &second);
        } else {
            document_write_yaml(again.roots[0], &second);
        }
        /* JSON writes numbers anew, so only the tree is compared where it came from YAML. */
        if (!json && !node_equal(root, again.roots[0])) {
            abort();
        }
        if (!slice_equal(buf_slice(&out), buf_slice(&second))) {
            abort();
        }
    }
    buf_release(&out);
    buf_release(&second);
    run_close(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > BYTES_MAX) {
        return 0;
    }
    struct run run;
    struct limits limits = limits_default();
    struct documents documents = {0};
    limits.nodes = 100000;
    run_open(&run, &limits, NULL, NULL);
    read_text(&run, (struct slice){size ? (const char *)data : "", size}, &documents);
    for (size_t i = 0; i < diag_count(run.diag); i++) {
        const struct diagnostic *item = diag_get(run.diag, i);
        if (!item->span.line || !item->span.column || !item->message.len) {
            abort();
        }
    }
    for (size_t i = 0; i < documents.count; i++) {
        check_written(documents.roots[i], false);
        if (!has_other_numbers(documents.roots[i]) && documents.roots[i]->kind >= NODE_LIST) {
            check_written(documents.roots[i], true);
        }
    }
    run_close(&run);
    return 0;
}
