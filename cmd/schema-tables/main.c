/* Writes the tables of src/schema from published CustomResourceDefinitions. Not installed. */
#include "tables.h"

#include "input/input.h"

#include <stdio.h>
#include <string.h>

static const char usage_text[] =
    "usage: schema-tables CRDS OUT\n"
    "\n"
    "Reads the CRDs below the folder CRDS and writes the tables of src/schema/tables into OUT, "
    "which\n"
    "exists. CRDS holds gateway-api/v1.MINOR.PATCH/CHANNEL/*.yaml, and files of other projects.\n";

enum { MINOR_LEAST = 2, MINOR_MOST = 6 };

/* The bit of a release and channel of Gateway API, from the name of a file; all bits for CRDs of others. */
static bool releases_of(struct slice name, unsigned *out)
{
    struct slice rest = name, part, channel;
    *out = 0xffff;
    while (slice_split(&rest, '/', &part)) {
        uint64_t minor;
        if (!slice_is(part, "gateway-api")) {
            continue;
        }
        bool fine =
            slice_split(&rest, '/', &part) && slice_starts(part, SLICE("v1.")) &&
            slice_to_uint(slice_sub(part, 3, slice_find(part, '.', 3)), MINOR_MOST, &minor) &&
            minor >= MINOR_LEAST && slice_split(&rest, '/', &channel);
        if (fine) {
            *out = 1u << ((minor - MINOR_LEAST) * 2 + slice_is(channel, "experimental"));
        }
        return fine;
    }
    return true;
}

/* Lines of a chart's template become comments. */
static void blank_templates(struct slice text)
{
    char *bytes = (char *)(uintptr_t)text.ptr;
    for (size_t at = 0; at < text.len; at = slice_find(text, '\n', at) + 1) {
        if (slice_starts(slice_sub(text, at, text.len), SLICE("{{"))) {
            bytes[at] = '#';
        }
    }
}

static bool read_file(struct run *run, const struct input_file *file, struct tables *tables)
{
    struct documents documents = {0};
    unsigned releases;
    if (!releases_of(file->name, &releases)) {
        fprintf(stderr, "schema-tables: " SLICE_FMT ": no release and channel of Gateway API\n",
                SLICE_ARG(file->name));
        return false;
    }
    blank_templates(file->text);
    document_read(run, file, &documents);
    for (size_t i = 0; i < documents.count; i++) {
        const struct node *kind = node_get(documents.roots[i], "kind");
        if (kind && slice_is(kind->text, "CustomResourceDefinition") &&
            !tables_add_crd(tables, documents.roots[i], releases)) {
            fprintf(stderr, "schema-tables: " SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(file->name),
                    SLICE_ARG(tables->fault));
            return false;
        }
    }
    return true;
}

static bool write_table(const char *folder, const struct tables *tables, enum table table)
{
    char path[4096];
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    tables_write(tables, table, &text);
    snprintf(path, sizeof path, "%s/%s", folder, tables_file_name(table));
    FILE *file = fopen(path, "w");
    bool fine = file && fwrite(text.ptr, 1, text.len, file) == text.len;
    fine = file && fclose(file) == 0 && fine && !text.failed;
    if (!fine) {
        perror(path);
    }
    printf("%-16s %6zu rows %8zu bytes\n", tables_file_name(table), tables->tables[table].count,
           text.len);
    buf_release(&text);
    return fine;
}

static bool generate(struct run *run, const char *out, char **crds)
{
    struct input input = {0};
    struct tables tables;
    tables_init(run, &tables);
    bool fine = true;
    for (; *crds && fine; crds++) {
        fine = input_add(run, &input, slice_of(*crds), 0) == STATUS_OK;
    }
    input_sort(run, &input);
    for (size_t i = 0; i < input.count && fine; i++) {
        fine = read_file(run, &input.files[i], &tables);
    }
    tables_finish(&tables);
    fine = fine && !tables.fault.ptr && tables.tables[TABLE_ROWS].count > 0;
    for (size_t i = 0; i < TABLE_COUNT && fine; i++) {
        fine = write_table(out, &tables, (enum table)i);
    }
    return fine;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs(usage_text, stderr);
        return 2;
    }
    struct limits limits = limits_default();
    struct run run;
    run_open(&run, &limits, NULL, NULL);
    bool fine = generate(&run, argv[1], argv + 2) && diag_count_input_errors(run.diag) == 0;
    struct buf messages;
    buf_init(&messages, BUF_TEXT_MAX);
    diag_finish(run.diag);
    diag_print(run.diag, &(struct diag_style){.format = DIAG_FORMAT_TEXT}, &messages);
    fwrite(buf_slice(&messages).ptr, 1, messages.len, stderr);
    buf_release(&messages);
    run_close(&run);
    return fine ? 0 : 1;
}
