#include "cluster_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static struct slice variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? slice_of(value) : SLICE_ABSENT;
}

/* ---- progress, on a terminal only ------------------------------------------------------------ */

static bool shows_progress(const struct app *app)
{
    return !app->options.quiet && isatty(STDERR_FILENO) == 1;
}

static void show_progress(void *user, struct slice resource, size_t objects)
{
    (void)user;
    fprintf(stderr, "\r\033[K" SLICE_FMT ": %zu", SLICE_ARG(resource), objects);
}

void cluster_progress_end(const struct app *app)
{
    if (shows_progress(app)) {
        fputs("\r\033[K", stderr);
    }
}

/* ---- where and how --------------------------------------------------------------------------- */

bool cluster_options_read(struct app *app, struct kube_access *access, struct cluster_options *out)
{
    const struct options *options = &app->options;
    struct slice account = variable("GATESHIFT_SERVICE_ACCOUNT");
    const struct kubeconfig_sources sources = {
        .path = options->kubeconfig,
        .variable = variable("KUBECONFIG"),
        .home = variable("HOME"),
        .context = options->context,
        .service_host = variable("KUBERNETES_SERVICE_HOST"),
        .service_port = variable("KUBERNETES_SERVICE_PORT"),
        .service_account =
            account.len ? account : SLICE("/var/run/secrets/kubernetes.io/serviceaccount")};
    uint64_t seconds = 0;
    if (options->request_timeout.len &&
        (!slice_to_uint(options->request_timeout, 86400, &seconds) || !seconds)) {
        app_usage(app, "'--request-timeout' takes a number of seconds, not '" SLICE_FMT "'",
                  SLICE_ARG(options->request_timeout));
        return false;
    }
    if (!kubeconfig_read(&app->run, &sources, access)) {
        return false;
    }
    *out = (struct cluster_options){
        .access = access,
        .environment = environ,
        .terminal = isatty(STDIN_FILENO) == 1,
        .namespace = options->all_namespaces  ? SLICE_ABSENT
                     : options->namespace.len ? options->namespace
                                              : access->namespace,
        .certificates = options->with_certificates,
        .timeout_ms = seconds * 1000,
        .progress = shows_progress(app) ? show_progress : NULL,
    };
    return true;
}

/* ---- into memory ----------------------------------------------------------------------------- */

struct text_file {
    struct slice name;
    struct buf text;
};
struct held_texts {
    struct app *app;
    struct text_file *files;
    size_t count, capacity;
};

static bool append_text(void *user, struct slice name, struct slice text)
{
    struct held_texts *texts = user;
    struct text_file *last = texts->count ? &texts->files[texts->count - 1] : NULL;
    for (size_t i = 0; i < texts->count && !(last && slice_equal(last->name, name)); i++) {
        last = &texts->files[i];
    }
    if (!last || !slice_equal(last->name, name)) {
        struct arena *arena = texts->app->run.arena;
        last = ARENA_PUSH(arena, texts->files, texts->count, texts->capacity);
        last->name = arena_copy(arena, name);
        buf_init(&last->text, (size_t)texts->app->run.limits.input_bytes);
    }
    buf_put(&last->text, text);
    if (last->text.failed) {
        app_failure(texts->app,
                    "the cluster holds more than can be read at once; take a snapshot, or "
                    "raise the limit with --limit input-bytes=N");
    }
    return !last->text.failed;
}

static void drop_texts(void *user, struct slice resource)
{
    struct held_texts *texts = user;
    for (size_t i = 0; i < texts->count; i++) {
        struct slice rest = slice_sub(texts->files[i].name, resource.len, SIZE_MAX);
        if (slice_starts(texts->files[i].name, resource) &&
            (slice_is(rest, ".yaml") || slice_starts(rest, SLICE("_")))) {
            buf_clear(&texts->files[i].text);
        }
    }
}

void cluster_input(struct app *app, struct input *out)
{
    struct kube_access access;
    struct cluster_options options;
    struct cluster_summary summary;
    struct held_texts texts = {.app = app};
    const struct cluster_sink sink = {&texts, append_text, drop_texts};
    if (!cluster_options_read(app, &access, &options)) {
        return;
    }
    enum cluster_result result = cluster_read(&app->run, &options, &sink, &summary);
    cluster_progress_end(app);
    for (size_t i = 0; i < texts.count; i++) {
        if (result != CLUSTER_FAILED) {
            input_add_text(&app->run, out,
                           ARENA_JOIN(app->run.arena, SLICE("<cluster>/"), texts.files[i].name),
                           arena_copy(app->run.arena, buf_slice(&texts.files[i].text)));
        }
        buf_release(&texts.files[i].text);
    }
}
