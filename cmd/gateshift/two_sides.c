#include "two_sides.h"

static bool build_after(struct app *app, const struct convert_options *convert,
                        struct two_sides *sides)
{
    struct side_options options;
    struct run quiet = app->run; /* what there is to say of a conversion, convert says */
    quiet.diag = diag_beside(app->run.diag);
    if (!app->options.after.count) {
        struct converted converted = {0};
        convert_table(&quiet, &sides->before.kube, &sides->before.table, convert, &converted);
        return side_from_converted(&quiet, &converted, &sides->before.kube, convert->target,
                                   &sides->after);
    }
    app_side_options(app, app->options.after_as, &options);
    if (!app->options.after_as.len && app->options.to.len) {
        options.profile = slice_of(convert->target->profile);
    }
    return side_build(&app->run, &options, &sides->after);
}

bool two_sides_open(struct app *app, const struct convert_options *convert, struct two_sides *out)
{
    struct side_options options;
    *out = (struct two_sides){.before = {.kind = SIDE_AUTO}};
    app_side_options(app, app->options.as, &options);
    app_read(app, &app->options.files, &out->before.kube);
    if (app->options.after.count) {
        app_read(app, &app->options.after, &out->after.kube);
        side_share_both(&app->run, &out->before.kube, &out->after.kube);
    }
    return side_build(&app->run, &options, &out->before) && !app_stops(app) &&
           build_after(app, convert, out) && !app_stops(app);
}

void two_sides_close(struct two_sides *sides)
{
    if (sides->after.table.regexes) {
        side_close(&sides->after);
    }
    if (sides->before.table.regexes) {
        side_close(&sides->before);
    }
}
