#include "app.h"
#include "results.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEARCH_DEPTH = 32 };

/* Builds the side that is asked; false when it cannot be had. */
static bool open_side(struct app *app, struct run *run, struct input *input, struct side *side)
{
    struct side_options side_options;
    struct convert_options options;
    app_side_options(app, app->options.as, &side_options);
    if (!app_convert_options(app, &options)) {
        return false;
    }
    side_read(run, input, app->options.namespace, &side->kube);
    if (!app->options.convert) {
        return side_build(run, &side_options, side);
    }
    struct side before = {.kube = side->kube};
    struct converted converted = {0};
    side_options.kind = SIDE_INGRESS;
    if (!side_build(run, &side_options, &before)) {
        return false;
    }
    convert_table(run, &before.kube, &before.table, &options, &converted);
    bool built = side_from_converted(run, &converted, &before.kube, options.target, side);
    side_close(&before);
    return built;
}

/* The request, and what happens to it, as simulate says it. */
static struct slice what_happened(struct run *run, const struct request *request,
                                  const struct outcome *outcome)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_put(&text, request_line(run->arena, request));
    buf_putc(&text, '\n');
    outcome_print(run, request, outcome, &text);
    struct slice copy = slice_trim(arena_copy(run->arena, buf_slice(&text)));
    buf_release(&text);
    return copy;
}

static void run_cases(struct results *results, struct run *run, struct side *side,
                      struct slice suite, const struct expect_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        const struct expect_case *item = &cases->items[i];
        struct outcome outcome;
        struct result result = {.suite = suite,
                                .name = item->name,
                                .why = SLICE("the case has no 'expect', so nothing was checked")};
        evaluate(side_evaluator(run, side), run->arena, &item->request, &outcome);
        const struct node *expect = expect_of(item, side->table.plane);
        result.passed = expect && expect_holds(run, expect, &item->request, &outcome, &result.why);
        if (!result.passed) {
            result.got = what_happened(run, &item->request, &outcome);
        }
        results_add(results, &result);
    }
}

/* Errors of the input fail a case, each under the place where it is: what cannot be read is not tested. */
static size_t add_errors(struct results *results, const struct run *run, struct slice suite)
{
    size_t count = 0;
    diag_finish(run->diag);
    for (size_t i = 0; i < diag_count(run->diag); i++) {
        const struct diagnostic *item = diag_get(run->diag, i);
        const char *name = diag_row(item->code)->name;
        if (item->severity != SEVERITY_ERROR || !strchr("YKLTI", name[0])) {
            continue;
        }
        struct slice place =
            item->span.file ? arena_printf(run->arena, SLICE_FMT ":%u:%u",
                                           SLICE_ARG(diag_file_name(run->diag, item->span.file)),
                                           item->span.line, item->span.column)
                            : SLICE("the case itself");
        const struct result result = {.suite = suite,
                                      .name = place,
                                      .why = arena_printf(run->arena, "error %s: " SLICE_FMT, name,
                                                          SLICE_ARG(item->message))};
        results_add(results, &result);
        count++;
    }
    return count;
}

static struct slice in_folder(struct run *run, struct slice folder, const char *name)
{
    return arena_printf(run->arena, SLICE_FMT "/%s", SLICE_ARG(folder), name);
}

/* Nothing is checked, and the run would be green without a word. */
static void read_cases(struct run *run, const struct input_file *file, enum severity severity,
                       struct expect_cases *cases)
{
    size_t errors = diag_count_severity(run->diag, SEVERITY_ERROR);
    expect_read(run, file, cases);
    if (!cases->count && errors == diag_count_severity(run->diag, SEVERITY_ERROR)) {
        diag_severity_at(run->diag, DIAG_T004, severity, (struct span){file->file, 1, 1},
                         SLICE_ABSENT,
                         "the list of requests is empty, so nothing is checked; give at least one "
                         "request with what you expect of it");
    }
}

/* A case folder is a run of its own: closed, with its own memory and messages. */
static void run_folder(struct results *results, struct app *app, struct slice folder)
{
    struct run run;
    struct input manifests = {0}, requests = {0};
    struct expect_cases cases = {0};
    struct side side = {0};
    run_open(&run, &app->run.limits, app_out_of_memory, NULL);
    run.closed = true;
    run.folder = !app->options.closed;
    bool built = false;
    if (input_add(&run, &manifests, in_folder(&run, folder, "manifests.yaml"), STDIN_FILENO) ==
            STATUS_OK &&
        input_add(&run, &requests, in_folder(&run, folder, "requests.json"), STDIN_FILENO) ==
            STATUS_OK) {
        read_cases(&run, &requests.files[0], SEVERITY_ERROR, &cases);
        built = open_side(app, &run, &manifests, &side);
    }
    size_t errors = app->options.keep_going && built ? 0 : add_errors(results, &run, folder);
    if (built && !errors) {
        run_cases(results, &run, &side, folder, &cases);
    } else if (!errors) {
        results_add(results, &(struct result){.suite = folder,
                                              .name = SLICE("the case itself"),
                                              .why = SLICE("its objects give no routes")});
    }
    if (built) {
        side_close(&side);
    }
    run_close(&run);
}

/* ---- finding cases ------------------------------------------------------------------------ */

static bool has_manifests(struct arena *arena, struct slice folder)
{
    struct stat info;
    struct slice path = arena_printf(arena, SLICE_FMT "/manifests.yaml", SLICE_ARG(folder));
    return stat(arena_string(arena, path), &info) == 0 && S_ISREG(info.st_mode);
}

static int compare_names(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* Folders in a folder, by name; hidden ones and links are left out, as links could form a ring. */
static size_t list_folders(struct arena *arena, struct slice folder, struct slice **out)
{
    struct slice *names = NULL;
    size_t count = 0, capacity = 0;
    DIR *dir = opendir(arena_string(arena, folder));
    for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        struct stat info;
        struct slice path = arena_printf(arena, SLICE_FMT "/%s", SLICE_ARG(folder), entry->d_name);
        if (entry->d_name[0] != '.' && lstat(arena_string(arena, path), &info) == 0 &&
            S_ISDIR(info.st_mode)) {
            *ARENA_PUSH(arena, names, count, capacity) = path;
        }
    }
    if (dir) {
        closedir(dir);
    }
    sort_stable(arena, names, count, sizeof *names, compare_names, NULL);
    *out = names;
    return count;
}

static size_t search_folder(struct results *results, struct app *app, struct slice folder,
                            int depth)
{
    struct arena *arena = app->run.arena;
    if (has_manifests(arena, folder)) {
        run_folder(results, app, folder);
        return 1;
    }
    struct slice *names = NULL;
    size_t found = 0, count = depth < SEARCH_DEPTH ? list_folders(arena, folder, &names) : 0;
    for (size_t i = 0; i < count; i++) {
        found += search_folder(results, app, names[i], depth + 1);
    }
    return found;
}

static void run_folders(struct results *results, struct app *app)
{
    for (size_t i = 0; i < app->options.operands.count; i++) {
        struct slice folder = app->options.operands.items[i];
        while (folder.len > 1 && slice_ends(folder, SLICE("/"))) {
            folder.len--;
        }
        if (access(arena_string(app->run.arena, folder), F_OK) != 0) {
            diag_at(app->run.diag, DIAG_L003, SPAN_NONE, SLICE_ABSENT,
                    "cannot read '" SLICE_FMT "': %s", SLICE_ARG(folder), strerror(errno));
        } else if (search_folder(results, app, folder, 0) == 0) {
            diag_at(app->run.diag, DIAG_T004, SPAN_NONE, SLICE_ABSENT,
                    "'" SLICE_FMT "' holds no case: no folder with manifests.yaml and "
                    "requests.json; a file of requests is tested with -f and its "
                    "manifests",
                    SLICE_ARG(folder));
        }
    }
}

/* ---- manifests and files of requests -------------------------------------------------------- */

static bool run_files(struct results *results, struct app *app)
{
    struct input input = {0};
    struct side side = {0};
    app_input(app, &app->options.files, &input);
    if (!open_side(app, &app->run, &input, &side)) {
        return false;
    }
    for (size_t i = 0; i < app->options.operands.count; i++) {
        struct input requests = {0};
        struct expect_cases cases = {0};
        struct slice name = app->options.operands.items[i];
        enum status status = input_add(&app->run, &requests, name, STDIN_FILENO);
        if (status == STATUS_OK && requests.count) {
            read_cases(&app->run, &requests.files[0], SEVERITY_WARNING, &cases);
        }
        if (!app_stops(app)) {
            run_cases(results, &app->run, &side, name, &cases);
        }
    }
    side_close(&side);
    return true;
}

int cmd_test(struct app *app)
{
    static const enum results_format formats[] = {RESULTS_TEXT, RESULTS_TAP, RESULTS_JUNIT,
                                                  RESULTS_JSON};
    static const char *const names[] = {"text", "tap", "junit", "json"};
    struct convert_options options;
    struct results results;
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    enum results_format format = RESULTS_TEXT;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        format = app_output_is(app, names[i]) ? formats[i] : format;
    }
    results_open(&results, format, app->run.arena, &app->out);
    bool ran = true;
    if (app->options.files.count) {
        ran = run_files(&results, app);
    } else {
        run_folders(&results, app);
    }
    results_close(&results);
    size_t failed = results.failed;
    if (failed && !app->options.files.count) {
        buf_puts(&app->summary, "case folders are closed: a Service, Secret or class that "
                                "manifests.yaml does not hold does not exist\n");
    }
    return !ran ? EXIT_INPUT : app_status(app, failed ? EXIT_NO : EXIT_WELL);
}
