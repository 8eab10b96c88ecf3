#include "cluster_input.h"
#include "growing.h"

struct writing {
    struct app *app;
    struct growing folder;
    bool failed;
};

static bool append(void *user, struct slice file, struct slice text)
{
    struct writing *writing = user;
    struct slice why;
    bool fine = growing_append(&writing->folder, file, text, &why);
    if (!fine && !writing->failed) {
        app_failure(writing->app, SLICE_FMT "; nothing was written", SLICE_ARG(why));
        writing->failed = true;
    }
    return fine;
}

static void drop(void *user, struct slice resource)
{
    struct writing *writing = user;
    growing_drop(&writing->folder, resource);
}

/* Objects that are gone from the cluster must not stay in its snapshot, so the folder is the snapshot's own. What
 * is in it already is only taken away where it is a snapshot, and --force says so. */
static bool open_folder(struct app *app, struct writing *writing)
{
    struct slice why;
    struct growing *folder = &writing->folder;
    if (!growing_open(app->run.arena, app->options.out_dir, app->options.force, folder, &why)) {
        app_failure(app, SLICE_FMT, SLICE_ARG(why));
        return false;
    }
    bool empty, snapshot;
    if (!growing_look(folder, SLICE("snapshot.yaml"), &empty, &snapshot, &why)) {
        app_failure(app, SLICE_FMT, SLICE_ARG(why));
    } else if (!empty && !snapshot) {
        app_failure(app, "'" SLICE_FMT "' holds other files; a snapshot needs a folder of its own",
                    SLICE_ARG(app->options.out_dir));
    } else if (snapshot && !app->options.force) {
        app_failure(app, "'" SLICE_FMT "' holds a snapshot; --force replaces it",
                    SLICE_ARG(app->options.out_dir));
    } else {
        return true;
    }
    growing_close(folder);
    return false;
}

static void summarize(struct app *app, const struct cluster_options *options,
                      const struct cluster_summary *summary)
{
    struct slice only = options->namespace;
    buf_printf(&app->summary,
               "%zu object%s of %zu kind%s of %s" SLICE_FMT "%s written to '" SLICE_FMT "'%s\n",
               summary->objects, summary->objects == 1 ? "" : "s", summary->resources,
               summary->resources == 1 ? "" : "s", only.len ? "namespace '" : "all namespaces",
               SLICE_ARG(only), only.len ? "'" : "", SLICE_ARG(app->options.out_dir),
               summary->refused ? "; it is not complete" : "");
    if (only.len && !app->options.namespace.len) {
        buf_puts(&app->summary, "that is the namespace of the context; -A reads all of them\n");
    }
}

static int take(struct app *app, const struct cluster_options *options, struct writing *writing)
{
    const struct cluster_sink sink = {writing, append, drop};
    struct cluster_summary summary;
    struct slice why;
    enum cluster_result result = cluster_read(&app->run, options, &sink, &summary);
    cluster_progress_end(app);
    if (result == CLUSTER_FAILED) {
        return EXIT_ENVIRONMENT;
    }
    if (!growing_commit(&writing->folder, &why)) {
        return app_failure(app, SLICE_FMT, SLICE_ARG(why));
    }
    summarize(app, options, &summary);
    return result == CLUSTER_PARTIAL ? EXIT_NO : EXIT_WELL;
}

int cmd_snapshot(struct app *app)
{
    struct kube_access access;
    struct cluster_options options;
    struct writing writing = {.app = app};
    if (app->options.all_namespaces && app->options.namespace.len) {
        return app_usage(app, "'--all-namespaces' and '--namespace' exclude each other");
    }
    if (app->options.print_rbac) {
        cluster_print_roles(app->run.arena, app->options.namespace, app->options.with_certificates,
                            &app->out);
        return EXIT_WELL;
    }
    if (!app->options.out_dir.len) {
        return app_usage(app, "'snapshot' needs a folder to write to: --out-dir DIR");
    }
    if (!cluster_options_read(app, &access, &options)) {
        return app_input_errors(app->run.diag) ? EXIT_ENVIRONMENT : EXIT_USAGE;
    }
    if (!open_folder(app, &writing)) {
        return EXIT_ENVIRONMENT;
    }
    int status = take(app, &options, &writing);
    growing_close(&writing.folder);
    return status;
}
