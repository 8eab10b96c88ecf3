#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void summarize(struct app *app, const struct converted *converted)
{
    buf_printf(&app->summary, "%zu HTTPRoutes, %zu Gateways with %zu listeners; %zu errors, %zu warnings\n",
               converted->routes, converted->gateways, converted->listeners,
               diag_count_severity(app->run.diag, SEVERITY_ERROR),
               diag_count_severity(app->run.diag, SEVERITY_WARNING));
}

static const struct node *field(const struct node *object, const char *name)
{
    return node_get(node_get(object, "metadata"), name);
}

/* "httproute-shop-web.yaml": names of objects hold no slashes. */
static struct slice file_name(struct app *app, const struct node *object)
{
    struct arena *arena = app->run.arena;
    const struct node *kind = node_get(object, "kind"), *namespace = field(object, "namespace"),
                      *name = field(object, "name");
    return arena_printf(arena, SLICE_FMT "-" SLICE_FMT "%s" SLICE_FMT ".yaml",
                        SLICE_ARG(arena_lower(arena, kind->text)),
                        SLICE_ARG(namespace ? namespace->text : SLICE("")), namespace ? "-" : "",
                        SLICE_ARG(name->text));
}

static bool complain(struct app *app, struct slice path, const char *what)
{
    buf_printf(&app->summary, "gateshift: cannot write '" SLICE_FMT "': %s\n", SLICE_ARG(path),
               what);
    return false;
}

/* Written under a temporary name and renamed, so that a file is whole or not there. */
static bool write_file(struct app *app, struct slice path, struct slice text)
{
    struct arena *arena = app->run.arena;
    const char *final = arena_string(arena, path);
    const char *temporary =
        arena_string(arena, arena_printf(arena, SLICE_FMT ".part", SLICE_ARG(path)));
    if (!app->options.force && access(final, F_OK) == 0) {
        return complain(app, path, "it exists; --force overwrites it");
    }
    FILE *file = fopen(temporary, "w");
    if (!file) {
        return complain(app, path, strerror(errno));
    }
    bool fine = fwrite(text.ptr, 1, text.len, file) == text.len;
    fine = fclose(file) == 0 && fine;
    if (!fine || rename(temporary, final) != 0) {
        int error = errno;
        unlink(temporary);
        return complain(app, path, strerror(error));
    }
    return true;
}

static bool write_folder(struct app *app, const struct converted *converted)
{
    const char *folder = arena_string(app->run.arena, app->options.out_dir);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return complain(app, app->options.out_dir, strerror(errno));
    }
    bool fine = true;
    for (size_t i = 0; i < converted->count && fine; i++) {
        struct buf text;
        buf_init(&text, BUF_TEXT_MAX);
        document_write_yaml(converted->objects[i], &text);
        struct slice path =
            arena_printf(app->run.arena, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(app->options.out_dir),
                         SLICE_ARG(file_name(app, converted->objects[i])));
        fine = write_file(app, path, buf_slice(&text));
        buf_release(&text);
    }
    return fine;
}

static void write_json(struct app *app, const struct converted *converted)
{
    struct node list = {.kind = NODE_LIST,
                        .count = (uint32_t)converted->count,
                        .items = converted->objects};
    struct arena *arena = app->run.arena;
    struct node *root = node_map(arena);
    node_set(arena, root, "apiVersion", node_string(arena, SLICE("v1")));
    node_set(arena, root, "kind", node_string(arena, SLICE("List")));
    node_set(arena, root, "items", &list);
    document_write_json(root, 2, &app->out);
    buf_putc(&app->out, '\n');
}

static bool fails(const struct app *app)
{
    size_t errors = diag_count_severity(app->run.diag, SEVERITY_ERROR);
    size_t warnings = diag_count_severity(app->run.diag, SEVERITY_WARNING);
    return errors || (slice_is(app->options.fail_on, "warning") && warnings);
}

int cmd_convert(struct app *app)
{
    struct side_options side_options;
    struct convert_options options;
    struct side side = {0};
    struct converted converted = {0};
    if (app->options.files.count == 0) {
        return app_usage(app, "convert needs input: -f PATH");
    }
    if (app_output_is(app, "text") || app_output_is(app, "tap") || app_output_is(app, "junit")) {
        return app_usage(app, "convert writes yaml or json");
    }
    if (!app_side_options(app, SLICE_ABSENT, &side_options) ||
        !app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    app_read(app, &app->options.files, &side.kube);
    side_options.kind = SIDE_INGRESS;
    if (!side_build(&app->run, &side_options, &side)) {
        return EXIT_INPUT;
    }
    convert_table(&app->run, &side.kube, &side.table, &options, &converted);
    bool written = true;
    if (!app_stops(app)) {
        if (app->options.out_dir.len) {
            written = write_folder(app, &converted);
        } else if (app_output_is(app, "json")) {
            write_json(app, &converted);
        } else {
            converted_write(&converted, &app->out);
        }
    }
    diag_finish(app->run.diag);
    summarize(app, &converted);
    side_close(&side);
    return !written ? EXIT_ENVIRONMENT : app_status(app, fails(app) ? EXIT_NO : EXIT_WELL);
}
