#include "app.h"
#include "folder.h"
#include "plan/plan.h"
#include "rollback/rollback.h"

static void summarize(struct app *app, const struct rollback *rollback)
{
    buf_printf(&app->summary,
               "%zu Ingress%s in %zu round%s, %zu object%s to delete; behaviour: %s; %zu request%s "
               "that depend%s on the order of creation\n",
               rollback->ingresses, rollback->ingresses == 1 ? "" : "es", rollback->rounds,
               rollback->rounds == 1 ? "" : "s", rollback->deletion_count,
               rollback->deletion_count == 1 ? "" : "s", verdict_name(rollback->verdict),
               rollback->trap_count, rollback->trap_count == 1 ? "" : "s",
               rollback->trap_count == 1 ? "s" : "");
}

static void print(struct app *app, const struct rollback *rollback)
{
    if (app_output_is(app, "json")) {
        document_write_json(rollback_node(&app->run, rollback), 2, &app->out);
        buf_putc(&app->out, '\n');
        return;
    }
    for (size_t round = 0; round < rollback->rounds; round++) {
        if (rollback->rounds > 1) {
            buf_printf(&app->out, "%s# round %zu of %zu%s\n", round ? "---\n" : "", round + 1,
                       rollback->rounds, round ? ", not before 2 seconds later" : "");
        }
        rollback_write_round(rollback, round, ROLLBACK_ALL, &app->out);
    }
}

/* ---- files --------------------------------------------------------------------------------- */

enum file { FILE_STEPS, FILE_FACTS, FILE_DELETE, FILE_ROUNDS };

static struct slice file_name(struct app *app, const struct rollback *rollback, size_t index)
{
    return index == FILE_STEPS    ? SLICE("ROLLBACK.md")
           : index == FILE_FACTS  ? SLICE("rollback.json")
           : index == FILE_DELETE ? SLICE(ROLLBACK_DELETE_FILE)
                                  : rollback_round_file(&app->run, rollback, index - FILE_ROUNDS);
}

static void write_file(struct app *app, const struct rollback *rollback, size_t index,
                       struct buf *out)
{
    switch (index) {
    case FILE_STEPS:
        rollback_write_steps(&app->run, rollback, NULL, out);
        return;
    case FILE_FACTS:
        document_write_json(rollback_node(&app->run, rollback), 2, out);
        buf_putc(out, '\n');
        return;
    case FILE_DELETE:
        rollback_write_deletions(&app->run, rollback, out);
        return;
    default:
        rollback_write_round(rollback, index - FILE_ROUNDS, ROLLBACK_ALL, out);
    }
}

static int write_folder(struct app *app, const struct rollback *rollback)
{
    struct folder folder;
    struct slice why;
    struct buf text;
    if (!folder_open(app->run.arena, app->options.out_dir, app->options.force, &folder, &why)) {
        return app_failure(app, SLICE_FMT, SLICE_ARG(why));
    }
    bool fine = true;
    for (size_t i = 0; i < FILE_ROUNDS + rollback->rounds && fine; i++) {
        buf_init(&text, BUF_TEXT_MAX);
        write_file(app, rollback, i, &text);
        fine = folder_put(&folder, file_name(app, rollback, i), buf_slice(&text), &why);
        buf_release(&text);
    }
    bool complete = fine && folder_commit(&folder, &why);
    folder_close(&folder);
    return complete ? EXIT_WELL
                    : app_failure(app, SLICE_FMT "%s", SLICE_ARG(why),
                                  fine ? "" : "; nothing was written");
}

static bool read_wave(struct app *app, struct rollback_choice *choice)
{
    struct words paths = {&app->options.plan, 1, 1};
    struct input input = {0};
    app_input(app, &paths, &input);
    choice->ingresses =
        input.count == 1 ? plan_read_wave(&app->run, &input.files[0], app->options.wave) : NULL;
    return choice->ingresses != NULL;
}

static int make(struct app *app, struct side *side, const struct side_options *side_options,
                const struct convert_options *options)
{
    struct rollback_choice choice = {.namespace = app->options.namespace,
                                     .hosts = app->options.hosts.items,
                                     .host_count = app->options.hosts.count};
    struct run quiet = app->run; /* what there is to say of a conversion, convert says */
    struct converted converted = {0};
    struct rollback rollback;
    if (app->options.wave.len && !read_wave(app, &choice)) {
        return EXIT_INPUT;
    }
    quiet.diag = diag_beside(app->run.diag);
    convert_table(&quiet, &side->kube, &side->table, options, &converted);
    const struct rollback_input input = {.original = side,
                                         .options = side_options,
                                         .converted = &converted,
                                         .sources = converted_sources(&quiet, &converted)};
    if (!rollback_make(&app->run, &input, &choice, &rollback)) {
        return EXIT_NO;
    }
    int status = EXIT_WELL;
    if (app->options.out_dir.len) {
        status = write_folder(app, &rollback);
    } else {
        print(app, &rollback);
    }
    summarize(app, &rollback);
    return status;
}

int cmd_rollback(struct app *app)
{
    if (!app_has_input(app)) {
        return app_usage(app, "'rollback' needs input: -f PATH, or --cluster");
    }
    if (app->options.force && !app->options.out_dir.len) {
        return app_usage(app, "'--force' needs '--out-dir'");
    }
    if (app->options.wave.len != 0 && !app->options.plan.len) {
        return app_usage(app, "'--wave' needs '--plan'");
    }
    return app_with_whole(app, make);
}
