#include "app.h"
#include "report/report.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static bool read_aspects(struct app *app, struct compare_options *out)
{
    for (size_t i = 0; i < app->options.aspects.count; i++) {
        struct slice rest = app->options.aspects.items[i], name;
        while (slice_split(&rest, ',', &name)) {
            bool known = false;
            for (size_t a = 0; a < ASPECT_COUNT; a++) {
                if (slice_is(name, aspect_name((enum aspect)a))) {
                    out->aspects[a] = known = true;
                }
            }
            if (!known) {
                app_usage(app,
                          "'--aspects' takes routing, rewrite, redirect, protection, traffic and "
                          "headers, not '" SLICE_FMT "'",
                          SLICE_ARG(name));
                return false;
            }
        }
    }
    return true;
}

/* ---- the two sides ------------------------------------------------------------------------ */

/* One side: its objects, and the settings of the controller where they are given apart. */
struct half {
    const struct words *paths, *settings;
    struct slice as;
    struct side side;
    struct kube own; /* settings */
    struct side_options options;
};

/* What begins with "--" is a flag of the controller, the rest are files. */
static void split_settings(struct app *app, const struct words *given, struct words *paths,
                           struct words *flags)
{
    for (size_t i = 0; i < given->count; i++) {
        struct slice text = given->items[i];
        bool flag = slice_starts(text, SLICE("--"));
        struct words *to = flag ? flags : paths;
        *ARENA_PUSH(app->run.arena, to->items, to->count, to->capacity) =
            flag ? slice_sub(text, 2, text.len) : text;
    }
}

static void read_settings(struct app *app, struct half *half)
{
    struct words paths = {0}, flags = {0};
    const struct words *always = &app->options.controller_flags;
    for (size_t i = 0; i < always->count; i++) {
        *ARENA_PUSH(app->run.arena, flags.items, flags.count, flags.capacity) = always->items[i];
    }
    split_settings(app, half->settings, &paths, &flags);
    half->options.nginx.flags = flags.items;
    half->options.nginx.flag_count = flags.count;
    if (paths.count) {
        app_read(app, &paths, &half->own);
        side_use_settings(&app->run, &half->own, &half->options);
    }
}

static void open_half(struct app *app, struct half *half)
{
    app_side_options(app, half->as, &half->options);
    app_read(app, half->paths, &half->side.kube);
    read_settings(app, half);
}

/* ---- the result --------------------------------------------------------------------------- */

static enum impact fail_level(const struct options *options)
{
    return slice_is(options->fail_on, "breaking")   ? IMPACT_BREAKING
           : slice_is(options->fail_on, "cosmetic") ? IMPACT_COSMETIC
                                                    : IMPACT_CHANGED;
}

/* Day of the run in UTC; SOURCE_DATE_EPOCH (reproducible-builds.org) stands in for the clock. */
static struct slice today(struct app *app)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;
    time_t now =
        epoch && slice_to_uint(slice_of(epoch), INT32_MAX, &seconds) ? (time_t)seconds : time(NULL);
    struct tm parts;
    char text[sizeof "YYYY-MM-DD"];
    bool told = gmtime_r(&now, &parts) && strftime(text, sizeof text, "%Y-%m-%d", &parts) > 0;
    return arena_copy(app->run.arena, told ? slice_of(text) : SLICE(""));
}

static void read_accepted(struct app *app, struct acceptances *out)
{
    struct input input = {0};
    if (app->options.accept.count) {
        app_input(app, &app->options.accept, &input);
    }
    for (size_t i = 0; i < input.count; i++) {
        accept_read(&app->run, &input.files[i], today(app), out);
    }
}

/* Lines are as wide as the terminal, and else as a log can be read. */
static size_t line_width(void)
{
    enum { WIDTH = 100, WIDTH_LEAST = 40 };
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= WIDTH_LEAST) {
        return size.ws_col;
    }
    return WIDTH;
}

static int print(struct app *app, const struct comparison *comparison,
                 const struct acceptances *accepted)
{
    const struct report report = {.comparison = comparison,
                                  .accepted = accepted,
                                  .fail_on = fail_level(&app->options),
                                  .strict = app->options.strict,
                                  .width = line_width(),
                                  .colour = app_colours(app, STDOUT_FILENO),
                                  .version = GATESHIFT_VERSION};
    accept_report(&app->run, accepted, comparison);
    report_print(&app->run, &report, report_format_find(app->options.output), &app->out);
    return app_status(app, report_fails(&report) ? EXIT_NO : EXIT_WELL);
}

static int compare(struct app *app, const struct compare_options *options, struct half *before,
                   struct half *after)
{
    struct acceptances accepted = {0};
    struct comparison comparison;
    read_accepted(app, &accepted);
    if (app_stops(app)) {
        return EXIT_INPUT;
    }
    sides_compare(&app->run, &before->side, &after->side, options, &comparison);
    app_weigh(app, &before->side.table, &after->side.table, &comparison);
    if (app_stops(app)) {
        return EXIT_INPUT;
    }
    return print(app, &comparison, &accepted);
}

/* ---- the command -------------------------------------------------------------------------- */

static bool is_converted(const struct app *app)
{
    const struct options *options = &app->options;
    return !options->after.count && !options->after_settings.count && !options->after_as.len;
}

static bool build_after(struct app *app, struct half *before, const struct convert_options *options,
                        struct half *after)
{
    if (is_converted(app)) {
        struct converted converted = {0};
        convert_table(&app->run, &before->side.kube, &before->side.table, options, &converted);
        return side_from_converted(&app->run, &converted, &before->side.kube, options->target,
                                   &after->side);
    }
    if (!app->options.after_as.len && app->options.to.len) {
        after->options.profile = slice_of(options->target->profile);
    }
    return side_build(&app->run, &after->options, &after->side);
}

static int compare_halves(struct app *app, struct half *before, struct half *after,
                          const struct convert_options *options,
                          const struct compare_options *compare_options)
{
    open_half(app, before);
    if (!is_converted(app)) {
        open_half(app, after);
        side_share_both(&app->run, &before->side.kube, &after->side.kube);
    }
    if (!side_build(&app->run, &before->options, &before->side)) {
        return EXIT_INPUT;
    }
    int status = EXIT_INPUT;
    if (is_converted(app) && before->side.kind != SIDE_INGRESS) {
        status =
            app_usage(app,
                      "without '--after' Ingresses are converted, and the objects are read "
                      "as " SLICE_FMT "; give '--after', or '--after-as' to read them once more",
                      SLICE_ARG(before->side.table.label));
    } else if (!app_stops(app) && build_after(app, before, options, after)) {
        status = app_stops(app) ? EXIT_INPUT : compare(app, compare_options, before, after);
        side_close(&after->side);
    }
    side_close(&before->side);
    return status;
}

int cmd_diff(struct app *app)
{
    const struct options *given = &app->options;
    struct convert_options options;
    struct compare_options compare_options = {0};
    struct half before = {
        .paths = &given->before, .settings = &given->before_settings, .as = given->before_as};
    struct half after = {.paths = given->after.count ? &given->after : &given->before,
                         .settings = &given->after_settings,
                         .as = given->after_as};
    if (!app_has_input(app)) {
        return app_usage(app, "'diff' needs what runs today: --before PATH, or --cluster");
    }
    if (!app_convert_options(app, &options) || !read_aspects(app, &compare_options)) {
        return EXIT_USAGE;
    }
    return compare_halves(app, &before, &after, &options, &compare_options);
}
