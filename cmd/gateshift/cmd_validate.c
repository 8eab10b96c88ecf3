#include "app.h"

#include "validate/validate.h"

#include <unistd.h>

static const char *const verdict_names[] = {
    [SCHEMA_VALID] = "valid", [SCHEMA_INVALID] = "invalid", [SCHEMA_UNJUDGED] = "unjudged"};

/* ---- JSON --------------------------------------------------------------------------------- */

static struct node *place_node(struct app *app, struct span span)
{
    struct arena *arena = app->run.arena;
    struct node *place = node_map(arena);
    node_set(arena, place, "file", node_string(arena, diag_file_name(app->run.diag, span.file)));
    node_set(arena, place, "line", node_int(arena, span.line));
    node_set(arena, place, "column", node_int(arena, span.column));
    return place;
}

/* Messages themselves come with --diagnostics json; here stands what became of each object. */
static void write_json(struct app *app, const struct validate_options *options,
                       const struct validated *validated)
{
    struct arena *arena = app->run.arena;
    struct node *root = node_map(arena), *items = node_list(arena);
    node_set(arena, root, "version", node_int(arena, 1));
    node_set(arena, root, "gatewayApiVersion",
             node_string(arena, arena_printf(arena, "1.%d", options->release.minor)));
    node_set(arena, root, "channel",
             node_string(arena, options->release.experimental ? SLICE("experimental")
                                                              : SLICE("standard")));
    node_set(arena, root, "target", node_string(arena, slice_of(options->profile->name)));
    node_set(arena, root, "referencesChecked", node_bool(arena, validated->references_seen));
    for (size_t i = 0; i < validated->count; i++) {
        const struct validated_object *object = &validated->items[i];
        struct node *item = node_map(arena);
        node_set(arena, item, "apiVersion", node_string(arena, object->api_version));
        node_set(arena, item, "kind", node_string(arena, object->kind));
        node_set(arena, item, "namespace", node_string(arena, object->namespace));
        node_set(arena, item, "name", node_string(arena, object->name));
        node_set(arena, item, "verdict",
                 node_string(arena, slice_of(verdict_names[object->verdict])));
        node_set(arena, item, "place", place_node(app, object->span));
        node_add(arena, items, item);
    }
    node_set(arena, root, "objects", items);
    document_write_json(root, 2, &app->out);
    buf_putc(&app->out, '\n');
}

/* ---- text --------------------------------------------------------------------------------- */

static void write_text(struct app *app, const struct validated *validated)
{
    for (size_t i = 0; i < validated->count; i++) {
        const struct validated_object *object = &validated->items[i];
        if (object->verdict == SCHEMA_INVALID) {
            buf_printf(&app->out, "invalid: " SLICE_FMT " (" SLICE_FMT ":%u)\n",
                       SLICE_ARG(object->subject),
                       SLICE_ARG(diag_file_name(app->run.diag, object->span.file)),
                       object->span.line);
        }
    }
}

static void summarize(struct app *app, const struct validated *validated)
{
    size_t errors = diag_count_severity(app->run.diag, SEVERITY_ERROR);
    size_t warnings = diag_count_severity(app->run.diag, SEVERITY_WARNING);
    buf_printf(&app->summary,
               "%zu object%s: %zu valid, %zu invalid, %zu not judged; "
               "%zu error%s, %zu warning%s\n",
               validated->count, validated->count == 1 ? "" : "s", validated->counts[SCHEMA_VALID],
               validated->counts[SCHEMA_INVALID], validated->counts[SCHEMA_UNJUDGED], errors,
               errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

/* ---- the command -------------------------------------------------------------------------- */

int cmd_validate(struct app *app)
{
    struct convert_options target;
    struct validated validated;
    struct input input = {0};
    if (!app_has_input(app)) {
        return app_usage(app, "'validate' needs input: -f PATH, or --cluster");
    }
    /* more implementations are known than objects are written for */
    const bool chosen = app->options.to.len > 0;
    struct slice to = chosen ? app->options.to : SLICE("standard");
    app->options.to = target_find(to) ? to : SLICE("standard");
    if (!app_convert_options(app, &target)) {
        return EXIT_USAGE;
    }
    const struct validate_options options = {.release = {target.api_minor, target.experimental},
                                             .profile = gateway_profile_find(to),
                                             .unchosen = !chosen,
                                             .namespace = app->options.namespace};
    app_input(app, &app->options.files, &input);
    validate(&app->run, &input, &options, &validated);
    diag_finish(app->run.diag);
    if (validated.count == 0 && app_input_errors(app->run.diag) == 0) {
        diag_at(app->run.diag, DIAG_I010, SPAN_NONE, SLICE_ABSENT,
                "the input holds no object" SLICE_FMT, SLICE_ARG(input_names(&app->run, &input)));
        return EXIT_INPUT;
    }
    if (app_output_is(app, "json")) {
        write_json(app, &options, &validated);
    } else {
        write_text(app, &validated);
    }
    summarize(app, &validated);
    return app_status(app, app_fails(app) ? EXIT_NO : EXIT_WELL);
}
