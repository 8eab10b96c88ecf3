#include "log_options.h"

#include "logs/logs.h"

static bool format_fits(struct app *app)
{
    const struct words *keys = &app->options.keys;
    struct slice name = app->options.log_format, why;
    bool found = !name.len || slice_is(name, log_format_name(0));
    if (found || log_format_make(app->run.arena, name, keys->items, keys->count, &why)) {
        return true;
    }
    struct slice names = SLICE("");
    for (size_t i = 0; log_format_name(i); i++) {
        names = ARENA_JOIN(app->run.arena, names, slice_of(log_format_name(i)), SLICE(", "));
    }
    app_usage(app,
              "'--log-format' takes one of " SLICE_FMT
              "or a pattern of nginx or Envoy, not '" SLICE_FMT "': " SLICE_FMT,
              SLICE_ARG(names), SLICE_ARG(name), SLICE_ARG(why));
    return false;
}

/* Keys are of JSON, whether it is named or found out. */
static bool keys_fit(struct app *app)
{
    const struct words *keys = &app->options.keys;
    struct slice why;
    if (!keys->count ||
        log_format_make(app->run.arena, SLICE("json"), keys->items, keys->count, &why)) {
        return true;
    }
    app_usage(app, "'--keys': " SLICE_FMT, SLICE_ARG(why));
    return false;
}

bool log_options_fit(struct app *app)
{
    return keys_fit(app) && format_fits(app);
}
