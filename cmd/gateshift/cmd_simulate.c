#include "app.h"
#include "requests.h"

/* ---- answers ------------------------------------------------------------------------------ */

static void answer_side(struct app *app, const char *label, struct side *side,
                        const struct request *request)
{
    struct outcome outcome;
    evaluate(side_evaluator(&app->run, side), app->run.arena, request, &outcome);
    if (app_output_is(app, "json")) {
        struct node *node = outcome_node(&app->run, request, &outcome);
        if (label) {
            node_set(app->run.arena, node, "side", node_string(app->run.arena, slice_of(label)));
        }
        document_write_json(node, 0, &app->out);
        buf_putc(&app->out, '\n');
        return;
    }
    if (label) {
        buf_printf(&app->out, " %s (" SLICE_FMT ")\n", label, SLICE_ARG(side->table.label));
    }
    outcome_print(&app->run, request, &outcome, &app->out);
}

/* Either side may be null. */
static void answer(struct app *app, const struct expect_cases *cases, struct side *before,
                   struct side *after)
{
    bool both = before && after;
    for (size_t i = 0; i < cases->count; i++) {
        const struct request *request = &cases->items[i].request;
        if (!app_output_is(app, "json")) {
            buf_printf(&app->out, "%s" SLICE_FMT "\n", i ? "\n" : "",
                       SLICE_ARG(request_line(app->run.arena, request)));
        }
        if (before) {
            answer_side(app, both ? "before" : NULL, before, request);
        }
        if (after) {
            answer_side(app, both ? "after" : NULL, after, request);
        }
    }
}

static int answer_converted(struct app *app, const struct expect_cases *cases, struct side *before,
                            const struct convert_options *options)
{
    struct converted converted = {0};
    struct side after = {0};
    if (before->kind != SIDE_INGRESS) {
        return app_usage(
            app, "'--to' and '--convert' need Ingresses, and the objects are read as " SLICE_FMT,
            SLICE_ARG(before->table.label));
    }
    convert_table(&app->run, &before->kube, &before->table, options, &converted);
    if (!side_from_converted(&app->run, &converted, &before->kube, options->target, &after)) {
        return EXIT_INPUT;
    }
    answer(app, cases, app->options.convert ? NULL : before, &after);
    side_close(&after);
    return app_status(app, EXIT_WELL);
}

int cmd_simulate(struct app *app)
{
    struct side_options side_options;
    struct convert_options options;
    struct side side = {0};
    struct expect_cases cases = {0};
    if (!app_has_input(app)) {
        return app_usage(app, "'simulate' needs input: -f PATH, or --cluster");
    }
    if (requests_read_stdin_twice(app)) {
        return app_usage(app, "standard input can be read once only");
    }
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < app->options.operands.count; i++) {
        if (!requests_read(app, app->options.operands.items[i], &cases)) {
            return EXIT_USAGE;
        }
    }
    app_side_options(app, app->options.as, &side_options);
    app_read(app, &app->options.files, &side.kube);
    if (!side_build(&app->run, &side_options, &side)) {
        return EXIT_INPUT;
    }
    int status = EXIT_INPUT;
    if (app_stops(app)) {
        status = EXIT_INPUT;
    } else if (app->options.convert || app->options.to.len) {
        status = answer_converted(app, &cases, &side, &options);
    } else {
        answer(app, &cases, &side, NULL);
        status = app_status(app, EXIT_WELL);
    }
    side_close(&side);
    return status;
}
