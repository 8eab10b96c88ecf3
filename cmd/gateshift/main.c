#include "app.h"
#include "write.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Text for people, line by line, with what could act on a terminal shown as escapes. */
static bool write_text(struct slice text)
{
    struct buf safe;
    buf_init(&safe, BUF_TEXT_MAX);
    struct slice rest = text, line;
    while (slice_split(&rest, '\n', &line)) {
        diag_put_visible(line, &safe);
        if (rest.ptr) {
            buf_putc(&safe, '\n');
        }
    }
    bool fine = !safe.failed && write_all(STDOUT_FILENO, buf_slice(&safe));
    buf_release(&safe);
    return fine;
}

/* ---- the end of a run --------------------------------------------------------------------- */

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

/* More infos of one code than these hide the messages that matter. */
enum { ALIKE_SHOWN = 3 };

static struct diag_style message_style(const struct app *app)
{
    const struct options *options = &app->options;
    struct diag_style style = {.format = diagnostics_format(options),
                               .colour = app_colours(app, STDERR_FILENO),
                               .excerpts = isatty(STDERR_FILENO) == 1,
                               .alike = options->all ? 0 : ALIKE_SHOWN};
    for (int i = SEVERITY_INFO; i <= SEVERITY_ERROR; i++) {
        if (slice_is(options->min_severity, severity_name((enum severity)i))) {
            style.least = (enum severity)i;
        }
    }
    return style;
}

static bool write_results(struct app *app)
{
    if (app->out.failed) {
        app_failure(app, "the result is larger than %zu bytes", app->out.max);
        return false;
    }
    struct slice text = buf_slice(&app->out);
    bool fine = app->for_people ? write_text(text) : write_all(STDOUT_FILENO, text);
    fine = fine && write_parts(STDOUT_FILENO, &app->parts);
    /* whoever closed the pipe does not want to know */
    if (!fine && errno != EPIPE) {
        app_failure(app, "cannot write to standard output: %s", strerror(errno));
    }
    return fine;
}

static bool write_messages(struct app *app)
{
    struct diag_style style = message_style(app);
    const struct option_row *reads = NULL; /* commands without diagnostics print none */
    for (size_t i = 0; app->options.command && option_at(i); i++) {
        if (strcmp(option_at(i)->name, "diagnostics") == 0 && !app->options.help &&
            (option_at(i)->commands & (unsigned)app->options.command->command)) {
            reads = option_at(i);
        }
    }
    struct buf messages;
    buf_init(&messages, BUF_TEXT_MAX);
    if (reads) {
        diag_print(app->run.diag, &style, &messages);
    }
    if (!app->options.quiet && style.format == DIAG_FORMAT_TEXT) {
        buf_put(&messages, buf_slice(&app->summary));
    }
    buf_put(&messages, buf_slice(&app->failures));
    bool fine = write_all(STDERR_FILENO, buf_slice(&messages));
    buf_release(&messages);
    return fine;
}

static int finish(struct app *app, int status)
{
    diag_finish(app->run.diag);
    bool written = write_results(app);
    bool said = write_messages(app);
    return written && said ? status : EXIT_ENVIRONMENT;
}

/* ---- the beginning ------------------------------------------------------------------------ */

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
    case COMMAND_VALIDATE:
        return cmd_validate(app);
    case COMMAND_PLAN:
        return cmd_plan(app);
    case COMMAND_ROLLBACK:
        return cmd_rollback(app);
    case COMMAND_REPORT:
        return cmd_report(app);
    case COMMAND_REPLAY:
        return cmd_replay(app);
    case COMMAND_MERGE:
        return cmd_merge(app);
    case COMMAND_SNAPSHOT:
        return cmd_snapshot(app);
    case COMMAND_VERIFY:
        return cmd_verify(app);
    case COMMAND_EXPLAIN:
        return cmd_explain(app);
    case COMMAND_VERSION:
        return cmd_version(app);
    case COMMAND_COMPLETION:
        return cmd_completion(app);
    }
    return EXIT_USAGE;
}

static bool read_limits(struct app *app, struct arena *arena, struct limits *limits)
{
    for (size_t i = 0; i < app->options.limits.count; i++) {
        struct slice text = app->options.limits.items[i];
        size_t equals = slice_find(text, '=', 0);
        if (limits_set(limits, slice_sub(text, 0, equals), slice_sub(text, equals + 1, text.len))) {
            continue;
        }
        struct slice names = SLICE("");
        for (size_t n = 0; limits_name(n); n++) {
            names = arena_printf(arena, SLICE_FMT "%s%s", SLICE_ARG(names), n ? ", " : "",
                                 limits_name(n));
        }
        app_usage(app, "'--limit' takes NAME=NUMBER with one of " SLICE_FMT ", not '" SLICE_FMT "'",
                  SLICE_ARG(names), SLICE_ARG(text));
        return false;
    }
    return true;
}

static bool is_condition(struct slice name)
{
    for (size_t i = 0; condition_name(i); i++) {
        if (slice_is(name, condition_name(i))) {
            return true;
        }
    }
    return false;
}

static bool read_assumptions(struct app *app)
{
    const struct words *given = &app->options.assume;
    struct assumption *items = ARENA_ARRAY(app->run.arena, struct assumption, given->count + 1);
    for (size_t i = 0; i < given->count; i++) {
        struct slice text = given->items[i], names = SLICE("");
        size_t equals = slice_find(text, '=', 0);
        struct slice name = slice_sub(text, 0, equals);
        struct slice value = slice_sub(text, equals + 1, text.len);
        items[i] = (struct assumption){name, slice_is(value, "pass")};
        if (is_condition(name) && (items[i].passes || slice_is(value, "fail"))) {
            continue;
        }
        for (size_t n = 0; condition_name(n); n++) {
            names = ARENA_JOIN(app->run.arena, names, n ? SLICE(", ") : SLICE(""),
                               slice_of(condition_name(n)));
        }
        app_usage(app,
                  "'--assume' takes NAME=pass or NAME=fail with one of " SLICE_FMT
                  ", not '" SLICE_FMT "'",
                  SLICE_ARG(names), SLICE_ARG(text));
        return false;
    }
    app->run.assumptions = items;
    app->run.assumption_count = given->count;
    return true;
}

static int run_command(struct app *app, const struct limits *limits)
{
    run_open(&app->run, limits, app_out_of_memory, NULL);
    app->run.closed = app->options.closed;
    buf_init(&app->out, BUF_TEXT_MAX);
    buf_init(&app->summary, BUF_TEXT_MAX);
    buf_init(&app->failures, BUF_TEXT_MAX);
    bool tables = app_output_is(app, "json") || app_output_is(app, "junit");
    app->for_people =
        !tables && app->options.command &&
        (app->options.command->command &
         (COMMAND_SIMULATE | COMMAND_TEST | COMMAND_SHOW | COMMAND_EXPLAIN | COMMAND_VALIDATE));
    int status = EXIT_WELL;
    if (app->options.help) {
        help_print(app->options.command, &app->out);
    } else {
        status = read_assumptions(app) ? dispatch(app) : EXIT_USAGE;
    }
    status = finish(app, app_final_status(app, status));
    buf_release(&app->out);
    buf_release(&app->summary);
    buf_release(&app->failures);
    run_close(&app->run);
    return status;
}

/* Limits are among the options, so options are read before there is a run. */
int main(int argc, char **argv)
{
    struct app app = {0};
    struct slice error = SLICE_ABSENT;
    struct limits limits = limits_default();
    int status = EXIT_USAGE;
    signal(SIGPIPE, SIG_IGN);
    struct arena *arena = arena_open(0, app_out_of_memory, NULL);
    for (int i = 1; i < argc; i++) {
        *ARENA_PUSH(arena, app.words.items, app.words.count, app.words.capacity) =
            slice_of(argv[i]);
    }
    if (!options_parse(arena, argc, argv, &app.options, &error)) {
        app_usage(&app, SLICE_FMT, SLICE_ARG(error));
    } else if (read_limits(&app, arena, &limits)) {
        status = run_command(&app, &limits);
    }
    arena_close(arena);
    return status;
}
