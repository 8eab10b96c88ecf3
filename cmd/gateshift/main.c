#include "app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void *user, size_t wanted)
{
    (void)user;
    (void)wanted;
    static const char text[] = "gateshift: memory is used up; give less input at once, or raise "
                               "the limit with --limit arena-bytes=N\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(EXIT_ENVIRONMENT);
}

int app_usage(struct app *app, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice text = arena_vprintf(app->run.arena, format, args);
    va_end(args);
    fprintf(stderr, "gateshift: " SLICE_FMT "\ntry 'gateshift %s%s--help'\n", SLICE_ARG(text),
            app->options.command ? app->options.command->name : "",
            app->options.command ? " " : "");
    return EXIT_USAGE;
}

bool app_output_is(const struct app *app, const char *format)
{
    return slice_is(app->options.output, format);
}

int app_status(const struct app *app, int otherwise)
{
    return diag_count_input_errors(app->run.diag) ? EXIT_INPUT : otherwise;
}

bool app_stops(const struct app *app)
{
    return diag_count_input_errors(app->run.diag) && !app->options.keep_going;
}

void app_read(struct app *app, const struct words *paths, struct kube *kube)
{
    struct input input = {0};
    for (size_t i = 0; i < paths->count; i++) {
        /* what went wrong is a diagnostic already */
        enum status status = input_add(&app->run, &input, paths->items[i], STDIN_FILENO);
        (void)status;
    }
    input_sort(&app->run, &input);
    side_read(&app->run, &input, app->options.namespace, kube);
}

bool app_side_options(struct app *app, struct slice as, struct side_options *out)
{
    const struct options *options = &app->options;
    *out = (struct side_options){
        .choice = {.from = options->from, .ingress_class = options->ingress_class},
        .nginx = {.version = options->from_version,
                  .controller_config = options->controller_config},
        .namespace = options->namespace};
    if (slice_is(options->side, "ingress")) {
        out->kind = SIDE_INGRESS;
    } else if (slice_is(options->side, "gateway")) {
        out->kind = SIDE_GATEWAY;
    }
    if (as.len && gateway_profile_find(as)) {
        out->kind = SIDE_GATEWAY;
        out->profile = as;
    } else if (as.len) {
        out->kind = SIDE_INGRESS;
        out->choice.from = as;
    }
    return true;
}

bool app_convert_options(struct app *app, struct convert_options *out)
{
    const struct options *options = &app->options;
    convert_options_default(out);
    if (options->to.len) {
        out->target = target_find(options->to);
    }
    if (options->aks_version.len && !convert_aks_version(options->aks_version, &out->api_minor)) {
        app_usage(app, "--aks-version takes a Kubernetes version such as 1.35, not '" SLICE_FMT "'",
                  SLICE_ARG(options->aks_version));
        return false;
    }
    if (options->api_version.len && !convert_api_version(options->api_version, &out->api_minor)) {
        app_usage(app, "--gateway-api-version takes 1.2 to 1.6, not '" SLICE_FMT "'",
                  SLICE_ARG(options->api_version));
        return false;
    }
    out->experimental = slice_is(options->channel, "experimental");
    out->gateway_class = options->gateway_class;
    size_t slash = slice_find(options->gateway, '/', 0);
    if (slash < options->gateway.len) {
        out->gateway_namespace = slice_sub(options->gateway, 0, slash);
        out->gateway_name = slice_sub(options->gateway, slash + 1, options->gateway.len);
    } else {
        out->gateway_name = options->gateway;
    }
    return true;
}

/* ---- the end of a run --------------------------------------------------------------------- */

static bool write_all(int fd, struct slice text)
{
    while (text.len) {
        ssize_t written = write(fd, text.ptr, text.len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        text = slice_sub(text, (size_t)written, text.len);
    }
    return true;
}

static enum diag_format diagnostics_format(const struct options *options)
{
    static const char *const names[] = {"text", "json", "github", "sarif"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_is(options->diagnostics, names[i])) {
            return (enum diag_format)i;
        }
    }
    return DIAG_FORMAT_TEXT;
}

static int finish(struct app *app, int status)
{
    const struct options *options = &app->options;
    struct buf messages;
    buf_init(&messages, BUF_TEXT_MAX);
    diag_finish(app->run.diag);
    const char *no_color = getenv("NO_COLOR");
    bool colour = slice_is(options->color, "always") ||
                  (!slice_is(options->color, "never") && isatty(STDERR_FILENO) &&
                   !(no_color && *no_color));
    diag_print(app->run.diag, diagnostics_format(options), colour, isatty(STDERR_FILENO) == 1,
               &messages);
    bool fine = write_all(STDOUT_FILENO, buf_slice(&app->out)) && !app->out.failed;
    if (!options->quiet && diagnostics_format(options) == DIAG_FORMAT_TEXT) {
        buf_put(&messages, buf_slice(&app->summary));
    }
    bool said = write_all(STDERR_FILENO, buf_slice(&messages));
    buf_release(&messages);
    return fine && said ? status : EXIT_ENVIRONMENT;
}

static int dispatch(struct app *app)
{
    switch (app->options.command->command) {
    case COMMAND_CONVERT:
        return cmd_convert(app);
    case COMMAND_SIMULATE:
        return cmd_simulate(app);
    case COMMAND_TEST:
        return cmd_test(app);
    case COMMAND_DIFF:
        return cmd_diff(app);
    case COMMAND_SHOW:
        return cmd_show(app);
    case COMMAND_EXPLAIN:
        return cmd_explain(app);
    case COMMAND_VERSION:
        return cmd_version(app);
    case COMMAND_COMPLETION:
        return cmd_completion(app);
    }
    return EXIT_USAGE;
}

static bool set_limits(struct app *app)
{
    for (size_t i = 0; i < app->options.limits.count; i++) {
        struct slice text = app->options.limits.items[i];
        size_t equals = slice_find(text, '=', 0);
        if (!limits_set(&app->run.limits, slice_sub(text, 0, equals),
                        slice_sub(text, equals + 1, text.len))) {
            struct slice names = SLICE("");
            for (size_t n = 0; limits_name(n); n++) {
                names = arena_printf(app->run.arena, SLICE_FMT "%s%s", SLICE_ARG(names),
                                     n ? ", " : "", limits_name(n));
            }
            app_usage(app, "--limit takes NAME=NUMBER with one of these names: " SLICE_FMT,
                      SLICE_ARG(names));
            return false;
        }
    }
    return true;
}

static int run_command(struct app *app, int argc, char **argv)
{
    struct slice error;
    if (!options_parse(app->run.arena, argc, argv, &app->options, &error)) {
        return app_usage(app, SLICE_FMT, SLICE_ARG(error));
    }
    if (app->options.help) {
        help_print(app->options.command, &app->out);
        return EXIT_WELL;
    }
    app->run.closed = app->options.closed;
    return set_limits(app) ? dispatch(app) : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct app app = {0};
    signal(SIGPIPE, SIG_IGN);
    run_open(&app.run, NULL, out_of_memory, NULL);
    buf_init(&app.out, BUF_TEXT_MAX);
    buf_init(&app.summary, BUF_TEXT_MAX);
    int status = finish(&app, run_command(&app, argc, argv));
    buf_release(&app.out);
    buf_release(&app.summary);
    run_close(&app.run);
    return status;
}
