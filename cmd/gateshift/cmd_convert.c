#include "app.h"
#include "folder.h"
#include "proof/proof.h"
#include "surroundings/surroundings.h"
#include "traffic/traffic.h"
#include "validate/validate.h"

static void summarize(struct app *app, const struct converted *converted)
{
    const struct {
        size_t count;
        const char *one, *many;
    } parts[] = {
        {converted->routes, "HTTPRoute", "HTTPRoutes"},
        {converted->gateways, "Gateway", "Gateways"},
        {converted->listeners, "listener", "listeners"},
        {diag_count_severity(app->run.diag, SEVERITY_ERROR), "error", "errors"},
        {diag_count_severity(app->run.diag, SEVERITY_WARNING), "warning", "warnings"},
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_printf(&app->summary, "%s%zu %s", i ? ", " : "", parts[i].count,
                   parts[i].count == 1 ? parts[i].one : parts[i].many);
    }
    buf_putc(&app->summary, '\n');
}

/* ---- a file for each object ----------------------------------------------------------------- */

/* All names are looked at before the first file is written, so that each run says all that stands in its way. */
static bool check_names(struct app *app, struct folder *folder, const struct converted_files *files,
                        struct slice *why)
{
    size_t refused = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct slice other;
        refused += !folder_check(folder, files->items[i].path, refused ? &other : why);
    }
    if (refused > 1) {
        *why = arena_printf(app->run.arena, SLICE_FMT "; %zu other file%s cannot be written either",
                            SLICE_ARG(*why), refused - 1, refused == 2 ? "" : "s");
    }
    return refused == 0;
}

static int write_folder(struct app *app, const struct converted *converted)
{
    struct folder folder;
    struct converted_files files = {0};
    struct slice why;
    bool json = app_output_is(app, "json");
    (app->options.flat ? converted_flat : converted_tree)(&app->run, converted, json, &files);
    if (!folder_open(app->run.arena, app->options.out_dir, app->options.force, &folder, &why)) {
        return app_failure(app, SLICE_FMT, SLICE_ARG(why));
    }
    bool fine = check_names(app, &folder, &files, &why);
    for (size_t i = 0; i < files.count && fine; i++) {
        fine = folder_put(&folder, files.items[i].path, files.items[i].text, &why);
    }
    bool complete = fine && folder_commit(&folder, &why);
    folder_close(&folder);
    if (!complete) {
        return app_failure(app, SLICE_FMT "%s", SLICE_ARG(why),
                           fine ? "" : "; nothing was written");
    }
    buf_printf(&app->summary, "%zu file%s written to '" SLICE_FMT "'\n", files.count,
               files.count == 1 ? "" : "s", SLICE_ARG(app->options.out_dir));
    return EXIT_WELL;
}

/* ---- standard output ----------------------------------------------------------------------- */

static void write_json(struct app *app, const struct converted *converted)
{
    struct arena *arena = app->run.arena;
    struct node *root = node_map(arena), *items = node_list(arena);
    for (size_t i = 0; i < converted->count; i++) {
        node_add(arena, items, converted_read(&app->run, &converted->objects[i]));
    }
    node_set(arena, root, "apiVersion", node_string(arena, SLICE("v1")));
    node_set(arena, root, "kind", node_string(arena, SLICE("List")));
    node_set(arena, root, "items", items);
    document_write_json(root, 2, &app->out);
    buf_putc(&app->out, '\n');
}

static void list_texts(struct app *app, const struct converted *converted)
{
    struct texts *parts = &app->parts;
    parts->items = ARENA_ARRAY(app->run.arena, struct slice, 2 * converted->count);
    for (size_t i = 0; i < converted->count; i++) {
        if (i) {
            parts->items[parts->count++] = SLICE("---\n");
        }
        parts->items[parts->count++] = converted->objects[i].yaml;
    }
}

static int write_objects(struct app *app, const struct converted *converted)
{
    if (app->options.out_dir.len) {
        return write_folder(app, converted);
    }
    if (app_output_is(app, "json")) {
        write_json(app, converted);
    } else {
        list_texts(app, converted);
    }
    return EXIT_WELL;
}

/* What routes need of the target beyond their fields, and what has to be changed with them. */
static void say_around(struct app *app, const struct side *side, const struct target *target)
{
    struct surroundings around;
    struct traffic traffic;
    traffic_read(&app->run, &side->kube, &side->table, &traffic);
    traffic_say(&app->run, &traffic, slice_of(target->name));
    surroundings_read(&app->run, &side->kube, &around);
    surroundings_say(&app->run, &around);
}

/* What was written against what runs today. */
static void prove(struct app *app, struct side *side, const struct converted *converted,
                  const struct target *target)
{
    struct proof proof;
    prove_conversion(&app->run, side, converted, target, &proof);
    proof_say(&app->run, &proof);
    proof_print(&proof, &app->summary);
    proof_close(&proof);
}

int cmd_convert(struct app *app)
{
    struct side_options side_options;
    struct convert_options options;
    struct side side = {0};
    struct converted converted = {0};
    if (!app_has_input(app)) {
        return app_usage(app, "'convert' needs input: -f PATH, or --cluster");
    }
    if ((app->options.force || app->options.flat) && !app->options.out_dir.len) {
        return app_usage(app, "'--%s' needs '--out-dir'", app->options.force ? "force" : "flat");
    }
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    app_side_options(app, SLICE_ABSENT, &side_options);
    app_read(app, &app->options.files, &side.kube);
    side_options.kind = SIDE_INGRESS;
    if (!side_build(&app->run, &side_options, &side)) {
        return EXIT_INPUT;
    }
    convert_table(&app->run, &side.kube, &side.table, &options, &converted);
    say_around(app, &side, options.target);
    const struct schema_release release = {options.api_minor, options.experimental};
    validate_converted(&app->run, &converted, &release);
    if (app->options.check && !app_stops(app)) {
        prove(app, &side, &converted, options.target);
    }
    diag_finish(app->run.diag);
    int status = EXIT_WELL;
    if (!app_stops(app)) {
        status = write_objects(app, &converted);
        summarize(app, &converted);
    }
    side_close(&side);
    return status != EXIT_WELL ? status : app_status(app, app_fails(app) ? EXIT_NO : EXIT_WELL);
}
