#include "app.h"
#include "folder.h"
#include "plan/plan.h"
#include "validate/validate.h"

#include <string.h>

static void summarize(struct app *app, const struct plan *plan)
{
    const struct plan_check *check = &plan->check;
    size_t held = plan->wave_count - plan->moving;
    buf_printf(&app->summary, "%zu wave%s for %zu host%s", plan->moving,
               plan->moving == 1 ? "" : "s", plan->host_count, plan->host_count == 1 ? "" : "s");
    if (held) {
        buf_printf(&app->summary, ", %zu wave%s that stay%s", held, held == 1 ? "" : "s",
                   held == 1 ? "s" : "");
    }
    buf_printf(&app->summary, "; %zu moves tried", check->moves);
    if (check->sampled) {
        buf_printf(&app->summary, ", some of them drawn with seed %llu",
                   (unsigned long long)check->seed);
    }
    buf_printf(&app->summary, ": no host is ever unserved; %zu files written to '" SLICE_FMT "'\n",
               plan->file_count, SLICE_ARG(app->options.out_dir));
}

/* All names are looked at before the first file is written. */
static int write_folder(struct app *app, const struct plan *plan)
{
    struct folder folder;
    struct slice why;
    if (!folder_open(app->run.arena, app->options.out_dir, app->options.force, &folder, &why)) {
        return app_failure(app, SLICE_FMT, SLICE_ARG(why));
    }
    bool fine = true;
    for (size_t i = 0; i < plan->file_count && fine; i++) {
        fine = folder_check(&folder, plan->files[i].path, &why);
    }
    for (size_t i = 0; i < plan->file_count && fine; i++) {
        fine = folder_put(&folder, plan->files[i].path, plan->files[i].text, &why);
    }
    bool complete = fine && folder_commit(&folder, &why);
    folder_close(&folder);
    if (!complete) {
        return app_failure(app, SLICE_FMT "%s", SLICE_ARG(why),
                           fine ? "" : "; nothing was written");
    }
    summarize(app, plan);
    return EXIT_WELL;
}

static void put_word(struct slice word, struct buf *out)
{
    bool plain = word.len > 0;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        plain = plain && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || strchr("-_./:,=@%+", c));
    }
    if (plain) {
        buf_put(out, word);
    } else {
        buf_put_shell(out, word);
    }
}

static struct slice command_of(struct app *app)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    buf_puts(&out, "gateshift");
    for (size_t i = 0; i < app->words.count; i++) {
        buf_putc(&out, ' ');
        put_word(app->words.items[i], &out);
    }
    struct slice copy = arena_copy(app->run.arena, buf_slice(&out));
    buf_release(&out);
    return copy;
}

/* The one path that was read, as the folder of the plan sees it; absent where that is not plain. */
static struct slice input_of(struct app *app)
{
    struct arena *arena = app->run.arena;
    const struct words *paths = &app->options.files;
    struct slice path = paths->count == 1 ? paths->items[0] : SLICE_ABSENT;
    struct slice rest = app->options.out_dir, part, up = SLICE("");
    if (!path.len || slice_is(path, "-") || slice_starts(path, SLICE("/"))) {
        return slice_is(path, "-") ? SLICE_ABSENT : path;
    }
    if (slice_starts(rest, SLICE("/"))) {
        return SLICE_ABSENT;
    }
    while (slice_split(&rest, '/', &part)) {
        if (slice_is(part, "..")) {
            return SLICE_ABSENT;
        }
        up = part.len && !slice_is(part, ".") ? ARENA_JOIN(arena, up, SLICE("../")) : up;
    }
    return ARENA_JOIN(arena, up, path);
}

static int make(struct app *app, struct side *before, const struct side_options *side_options,
                const struct convert_options *convert)
{
    const struct plan_options options = {.convert = convert,
                                         .by_host = slice_is(app->options.waves, "host"),
                                         .version = SLICE(GATESHIFT_VERSION),
                                         .command = command_of(app),
                                         .input = input_of(app)};
    const struct compare_options all = {0};
    struct run quiet =
        app->run; /* what there is to say of reading back was said when it was written */
    struct converted converted = {0};
    struct comparison comparison;
    struct side after = {0};
    struct plan plan;
    int status = EXIT_NO;
    convert_table(&app->run, &before->kube, &before->table, convert, &converted);
    const struct schema_release release = {convert->api_minor, convert->experimental};
    validate_converted(&app->run, &converted, &release);
    quiet.diag = diag_beside(app->run.diag);
    if (app_stops(app)) {
        return EXIT_INPUT;
    }
    if (side_from_converted(&quiet, &converted, &before->kube, convert->target, &after)) {
        sides_compare(&app->run, before, &after, &all, &comparison);
        app_weigh(app, &before->table, &after.table, &comparison);
        if (app_stops(app)) {
            status = EXIT_INPUT;
        } else if (plan_make(&app->run, before, side_options, &after, &converted, &comparison,
                             &options, &plan)) {
            status = write_folder(app, &plan);
        }
        side_close(&after);
    }
    return status;
}

int cmd_plan(struct app *app)
{
    if (!app_has_input(app)) {
        return app_usage(app, "'plan' needs input: -f PATH, or --cluster");
    }
    if (!app->options.out_dir.len) {
        return app_usage(app, "'plan' needs a folder to write to: --out-dir DIR");
    }
    return app_with_whole(app, make);
}
