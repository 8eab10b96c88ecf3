#include "app.h"

#include <unistd.h>

/* ---- requests on the command line ---------------------------------------------------------- */

static bool read_headers(struct app *app, struct request *request)
{
    for (size_t i = 0; i < app->options.headers.count; i++) {
        struct slice text = app->options.headers.items[i];
        size_t end = slice_find(text, ':', 0);
        /* as with curl, "Name;" is a header without a value */
        bool empty = end == text.len && slice_ends(text, SLICE(";"));
        struct slice name = slice_trim(slice_sub(text, 0, empty ? text.len - 1 : end));
        struct slice value = slice_trim(slice_sub(text, end + 1, text.len));
        if (!name.len || (end == text.len && !empty)) {
            app_usage(app, "'--header' takes 'NAME: VALUE', not '" SLICE_FMT "'", SLICE_ARG(text));
            return false;
        }
        if (slice_equal_fold(name, SLICE("host"))) {
            request->host = value;
        } else {
            headers_add(app->run.arena, &request->headers, name, value.ptr ? value : SLICE(""));
        }
    }
    return true;
}

static bool read_client(struct app *app, struct request *request)
{
    struct slice text = app->options.client_ip, body = app->options.body_size;
    if (text.len && !address_parse(text, &request->client)) {
        app_usage(app, "'--client-ip' takes an IPv4 or IPv6 address, not '" SLICE_FMT "'",
                  SLICE_ARG(text));
        return false;
    }
    request->client_text = text;
    if (body.len && !slice_to_uint(body, INT64_MAX, &request->body_bytes)) {
        app_usage(app, "'--body-size' takes a number of bytes, not '" SLICE_FMT "'",
                  SLICE_ARG(body));
        return false;
    }
    return true;
}

static bool is_url(struct slice text)
{
    return slice_starts(text, SLICE("http://")) || slice_starts(text, SLICE("https://"));
}

/* As curl sends it: the Host header has the port unless it is the default one, the TLS name has none. */
static bool request_from_url(struct app *app, struct slice text, struct request *out)
{
    struct url url;
    struct arena *arena = app->run.arena;
    if (!url_parse(text, &url)) {
        app_usage(app, "'" SLICE_FMT "' is no URL that can be asked", SLICE_ARG(text));
        return false;
    }
    uint16_t usual = scheme_port(url.scheme);
    bool shown = url.port && url.port != usual;
    *out = (struct request){
        .method = app->options.method,
        .scheme = url.scheme,
        .host =
            shown ? arena_printf(arena, SLICE_FMT ":%u", SLICE_ARG(url.host), url.port) : url.host,
        .sni = url.host,
        .port = url.port};
    struct slice path = url.path.len ? url.path : SLICE("/");
    out->target = url.query.ptr ? arena_printf(arena, SLICE_FMT "?" SLICE_FMT, SLICE_ARG(path),
                                               SLICE_ARG(url.query))
                                : path;
    if (!read_headers(app, out) || !read_client(app, out)) {
        return false;
    }
    request_defaults(out);
    return true;
}

/* A URL, JSON itself, or a file of requests ("-": standard input). */
static bool read_operand(struct app *app, struct slice operand, struct expect_cases *cases)
{
    struct input input = {0};
    if (is_url(operand)) {
        struct expect_case item = {0};
        if (!request_from_url(app, operand, &item.request)) {
            return false;
        }
        *ARENA_PUSH(app->run.arena, cases->items, cases->count, cases->capacity) = item;
        return true;
    }
    if (slice_contains(operand, SLICE("://"))) {
        app_usage(app, "'" SLICE_FMT "' is no URL of http or https", SLICE_ARG(operand));
        return false;
    }
    if (slice_starts(operand, SLICE("{"))) {
        input_add_text(&app->run, &input, SLICE("<argument>"), operand);
    } else {
        struct slice path =
            slice_starts(operand, SLICE("@")) ? slice_sub(operand, 1, operand.len) : operand;
        /* what went wrong is a diagnostic already */
        enum status status = input_add(&app->run, &input, path, STDIN_FILENO);
        (void)status;
    }
    for (size_t i = 0; i < input.count; i++) {
        expect_read(&app->run, &input.files[i], cases);
    }
    return true;
}

static bool reads_stdin_twice(const struct app *app)
{
    size_t count = 0;
    for (size_t i = 0; i < app->options.files.count; i++) {
        count += slice_is(app->options.files.items[i], "-");
    }
    for (size_t i = 0; i < app->options.operands.count; i++) {
        count += slice_is(app->options.operands.items[i], "-") ||
                 slice_is(app->options.operands.items[i], "@-");
    }
    return count > 1;
}

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
    if (app->options.files.count == 0) {
        return app_usage(app, "'simulate' needs input: -f PATH");
    }
    if (reads_stdin_twice(app)) {
        return app_usage(app, "standard input can be read once only");
    }
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < app->options.operands.count; i++) {
        if (!read_operand(app, app->options.operands.items[i], &cases)) {
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
