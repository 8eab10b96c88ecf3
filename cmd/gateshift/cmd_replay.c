#include "app.h"
#include "log_options.h"
#include "replay/replay.h"
#include "replay_result.h"
#include "requests.h"
#include "two_sides.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* ---- options ------------------------------------------------------------------------------ */

static bool read_part(struct app *app, struct replay_options *out)
{
    struct slice text = app->options.part;
    size_t slash = slice_find(text, '/', 0);
    uint64_t part = 0, parts = 0;
    if (!text.len) {
        return true;
    }
    if (!slice_to_uint(slice_sub(text, 0, slash), EVIDENCE_PARTS_MAX, &part) ||
        !slice_to_uint(slice_sub(text, slash + 1, text.len), EVIDENCE_PARTS_MAX, &parts) || !part ||
        part > parts) {
        app_usage(app, "'--part' takes a part such as 1/8, not '" SLICE_FMT "'", SLICE_ARG(text));
        return false;
    }
    out->part = (size_t)part;
    out->parts = (size_t)parts;
    return true;
}

/* What is found out for each part may differ, and of several files nobody would know which part they are. */
static bool read_piped(struct app *app, struct replay_options *out)
{
    struct slice format = app->options.log_format;
    out->piped = app->options.piped;
    if (!out->piped.ptr) {
        return true;
    }
    if (!out->piped.len || app->options.operands.count != 1) {
        app_usage(app, "'--piped' takes the name of a log, and one part of it");
        return false;
    }
    if (!format.len || slice_is(format, "auto")) {
        app_usage(app,
                  "'--piped' needs --log-format: found out, it might differ from part to part");
        return false;
    }
    return true;
}

static bool names_twice(struct app *app)
{
    const struct words *logs = &app->options.operands;
    struct map *seen = map_new(app->run.arena);
    for (size_t i = 0; i < logs->count; i++) {
        if (map_add(seen, logs->items[i], seen)) {
            app_usage(app, "'" SLICE_FMT "' is given twice", SLICE_ARG(logs->items[i]));
            return true;
        }
    }
    return false;
}

static bool read_jobs(struct app *app, struct replay_options *out)
{
    struct slice text = app->options.jobs;
    uint64_t jobs = 1;
    if (text.len && (!slice_to_uint(text, REPLAY_JOBS_MAX, &jobs) || !jobs)) {
        app_usage(app, "'--jobs' takes a number from 1 to %d, not '" SLICE_FMT "'", REPLAY_JOBS_MAX,
                  SLICE_ARG(text));
        return false;
    }
    out->jobs = (unsigned)jobs;
    return true;
}

static void take_format(const struct app *app, struct replay_options *out)
{
    out->format = app->options.log_format;
    out->keys = app->options.keys.items;
    out->key_count = app->options.keys.count;
}

/* ---- progress ----------------------------------------------------------------------------- */

struct progress {
    time_t told;
};

static void tell_progress(void *user, uint64_t lines)
{
    struct progress *progress = user;
    time_t now = time(NULL);
    if (now != progress->told) {
        progress->told = now;
        (void)fprintf(stderr, "\r%llu lines ", (unsigned long long)lines);
    }
}

static void end_progress(void)
{
    (void)fputs("\r\x1b[K", stderr);
}

/* ---- the command -------------------------------------------------------------------------- */

/* Lines of no known format are a fault of the input; what cannot be read is one of the environment. */
static int log_failure(struct app *app, const struct replay_fault *fault)
{
    int status = app_failure(app, SLICE_FMT, SLICE_ARG(fault->text));
    return fault->of_input ? EXIT_INPUT : status;
}

static int count(struct app *app, struct side *before, struct side *after,
                 const struct replay_options *given)
{
    const struct replay_side sides[] = {{&before->table, side_evaluator(&app->run, before)},
                                        {&after->table, side_evaluator(&app->run, after)}};
    struct replay *replay = replay_new(&app->run, &sides[0], &sides[1]);
    struct progress progress = {time(NULL)};
    struct replay_options options = *given;
    struct evidence evidence = {.program = SLICE("gateshift " GATESHIFT_VERSION)};
    struct replay_fault fault;
    if (isatty(STDERR_FILENO) && !app->options.quiet) {
        options.progress = tell_progress;
        options.user = &progress;
    }
    bool read = replay_logs(&app->run, replay, app->options.operands.items,
                            app->options.operands.count, &options, &evidence, &fault);
    if (options.progress) {
        end_progress();
    }
    if (!read && (app->options.partial.len || !evidence.counts[EVIDENCE_LINES])) {
        return log_failure(app, &fault); /* a part that lacks something adds up wrongly */
    }
    int status =
        app->options.partial.len ? replay_partial(app, &evidence) : replay_result(app, &evidence);
    return read ? status : log_failure(app, &fault);
}

static int replay_sides(struct app *app, const struct convert_options *convert,
                        const struct replay_options *options)
{
    struct two_sides sides;
    bool open = two_sides_open(app, convert, &sides);
    int status = open ? count(app, &sides.before, &sides.after, options) : EXIT_INPUT;
    two_sides_close(&sides);
    return status == EXIT_ENVIRONMENT ? status : app_status(app, status);
}

int cmd_replay(struct app *app)
{
    struct convert_options convert;
    struct replay_options options = {0};
    if (!app_has_input(app)) {
        return app_usage(app, "'replay' needs what runs today: -f PATH, or --cluster");
    }
    if (requests_read_stdin_twice(app)) {
        return app_usage(app, "standard input can be read once only");
    }
    if (!app_convert_options(app, &convert) || !read_part(app, &options) ||
        !read_piped(app, &options) || !read_jobs(app, &options) || !log_options_fit(app) ||
        names_twice(app)) {
        return EXIT_USAGE;
    }
    take_format(app, &options);
    return replay_partial_free(app) ? replay_sides(app, &convert, &options) : EXIT_ENVIRONMENT;
}
