#include "app.h"

#include <string.h>

/* "http://shop.example.com:8080/cart?x=1" as a request, with -X and -H. */
static bool request_from_url(struct app *app, struct slice text, struct request *out)
{
    struct url url;
    if (!url_parse(text, &url) || !url.host.ptr) {
        return false;
    }
    *out = (struct request){.method = app->options.method,
                            .scheme = url.scheme,
                            .host = url.host,
                            .port = url.port};
    size_t start = slice_find(text, '/', url.scheme.len + 3);
    struct slice target = slice_sub(text, start, slice_find(text, '#', 0));
    out->target = target.len ? target : SLICE("/");
    for (size_t i = 0; i < app->options.headers.count; i++) {
        struct slice header = app->options.headers.items[i];
        size_t colon = slice_find(header, ':', 0);
        struct slice name = slice_trim(slice_sub(header, 0, colon));
        struct slice value = slice_trim(slice_sub(header, colon + 1, header.len));
        if (slice_equal_fold(name, SLICE("host"))) {
            out->sni = out->host;
            out->host = value;
        } else {
            headers_add(app->run.arena, &out->headers, name, value);
        }
    }
    if (app->options.client.len && address_parse(app->options.client, &out->client)) {
        out->client_text = app->options.client;
    }
    request_defaults(out);
    return true;
}

static bool read_operand(struct app *app, struct slice operand, struct expect_cases *cases)
{
    struct expect_case item = {0};
    if (request_from_url(app, operand, &item.request)) {
        item.name = request_line(app->run.arena, &item.request);
        *ARENA_PUSH(app->run.arena, cases->items, cases->count, cases->capacity) = item;
        return true;
    }
    struct input input = {0};
    if (operand.len && operand.ptr[0] == '{') {
        input_add_text(&app->run, &input, SLICE("<argument>"), operand);
    } else if (slice_contains(operand, SLICE("://")) ||
               input_add(&app->run, &input, operand, 0) != STATUS_OK) {
        diag_at(app->run.diag, DIAG_T003, SPAN_NONE, SLICE_ABSENT,
                "'" SLICE_FMT "' is neither a URL such as http://shop.example.com/cart nor a file of "
                "requests",
                SLICE_ARG(operand));
        return false;
    }
    for (size_t i = 0; i < input.count; i++) {
        expect_read(&app->run, &input.files[i], cases);
    }
    return true;
}

static void print_side(struct app *app, const char *label, const struct side *side,
                       const struct request *request)
{
    struct outcome outcome;
    evaluate(side->evaluator, app->run.arena, request, &outcome);
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

static int answer(struct app *app, const struct expect_cases *cases, const struct side *before,
                  const struct side *after)
{
    bool both = before && after;
    for (size_t i = 0; i < cases->count; i++) {
        const struct request *request = &cases->items[i].request;
        if (!app_output_is(app, "json")) {
            buf_printf(&app->out, "%s" SLICE_FMT "\n", i ? "\n" : "",
                       SLICE_ARG(request_line(app->run.arena, request)));
        }
        if (before) {
            print_side(app, both ? "before" : NULL, before, request);
        }
        if (after) {
            print_side(app, both ? "after" : NULL, after, request);
        }
    }
    return app_status(app, EXIT_WELL);
}

int cmd_simulate(struct app *app)
{
    struct side_options side_options;
    struct convert_options options;
    struct side before = {0}, after = {0};
    struct expect_cases cases = {0};
    if (app->options.files.count == 0 || app->options.operands.count == 0) {
        return app_usage(app, "simulate needs input and requests: -f PATH URL...");
    }
    for (size_t i = 0; i < app->options.operands.count; i++) {
        if (!read_operand(app, app->options.operands.items[i], &cases)) {
            return EXIT_USAGE;
        }
    }
    if (!app_side_options(app, app->options.as, &side_options) ||
        !app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    app_read(app, &app->options.files, &before.kube);
    if (!side_build(&app->run, &side_options, &before)) {
        return EXIT_INPUT;
    }
    int status = EXIT_INPUT;
    bool convert = app->options.convert || app->options.to.len;
    if (app_stops(app)) {
        status = EXIT_INPUT;
    } else if (convert && before.kind == SIDE_INGRESS) {
        struct converted converted = {0};
        convert_table(&app->run, &before.kube, &before.table, &options, &converted);
        if (side_from_converted(&app->run, &converted, &before.kube, options.target, &after)) {
            status = answer(app, &cases, app->options.convert ? NULL : &before, &after);
            side_close(&after);
        }
    } else {
        status = answer(app, &cases, &before, NULL);
    }
    side_close(&before);
    return status;
}
