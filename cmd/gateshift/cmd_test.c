#include "app.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

struct results {
    struct app *app;
    size_t passed, failed, number;
    struct buf cases; /* of JUnit and JSON, until the totals are known */
};

static void put_xml(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        switch (c) {
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        default:
            buf_putc(out, c < 0x20 ? ' ' : (char)c);
            break;
        }
    }
}

static void put_json(struct results *results, struct slice suite, struct slice name, bool passed,
                     struct slice why)
{
    struct arena *arena = results->app->run.arena;
    struct node *map = node_map(arena);
    node_set(arena, map, "case", node_string(arena, suite));
    node_set(arena, map, "name", node_string(arena, name));
    node_set(arena, map, "passed", node_bool(arena, passed));
    if (!passed) {
        node_set(arena, map, "why", node_string(arena, why));
    }
    buf_puts(&results->cases, results->number > 1 ? ",\n  " : "\n  ");
    document_write_json(map, 0, &results->cases);
}

static void put_junit(struct results *results, struct slice suite, struct slice name, bool passed,
                      struct slice why)
{
    buf_puts(&results->cases, "  <testcase classname=\"");
    put_xml(suite, &results->cases);
    buf_puts(&results->cases, "\" name=\"");
    put_xml(name, &results->cases);
    if (passed) {
        buf_puts(&results->cases, "\"/>\n");
        return;
    }
    buf_puts(&results->cases, "\">\n    <failure message=\"");
    put_xml(why, &results->cases);
    buf_puts(&results->cases, "\"/>\n  </testcase>\n");
}

static void record(struct results *results, struct slice suite, struct slice name, bool passed,
                   struct slice why)
{
    struct buf *out = &results->app->out;
    results->number++;
    results->passed += passed;
    results->failed += !passed;
    if (app_output_is(results->app, "json")) {
        put_json(results, suite, name, passed, why);
    } else if (app_output_is(results->app, "junit")) {
        put_junit(results, suite, name, passed, why);
    } else if (app_output_is(results->app, "tap")) {
        buf_printf(out, "%s %zu - " SLICE_FMT ": " SLICE_FMT "\n", passed ? "ok" : "not ok",
                   results->number, SLICE_ARG(suite), SLICE_ARG(name));
        if (!passed) {
            buf_printf(out, "# " SLICE_FMT "\n", SLICE_ARG(why));
        }
    } else if (!passed) {
        buf_printf(out, "not ok: " SLICE_FMT ": " SLICE_FMT "\n    " SLICE_FMT "\n",
                   SLICE_ARG(suite), SLICE_ARG(name), SLICE_ARG(why));
    }
}

/* Builds the side that is asked; false when it cannot be had. */
static bool open_side(struct app *app, struct run *run, const struct input *input,
                      struct side *side)
{
    struct side_options side_options;
    struct convert_options options;
    if (!app_side_options(app, app->options.as, &side_options) ||
        !app_convert_options(app, &options)) {
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

static void run_cases(struct results *results, struct run *run, const struct side *side,
                      struct slice suite, const struct expect_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        const struct expect_case *item = &cases->items[i];
        struct outcome outcome;
        struct slice why = SLICE("the case has no expectation");
        evaluate(side->evaluator, run->arena, &item->request, &outcome);
        bool passed =
            item->expect && expect_holds(run, item->expect, &item->request, &outcome, &why);
        record(results, suite, item->name, passed, why);
    }
}

/* The first error of a run, as the reason why a case failed. */
static struct slice first_error(struct run *run)
{
    diag_finish(run->diag);
    for (size_t i = 0; i < diag_count(run->diag); i++) {
        const struct diagnostic *item = diag_get(run->diag, i);
        if (item->severity == SEVERITY_ERROR) {
            return arena_printf(run->arena, SLICE_FMT ":%u:%u: " SLICE_FMT,
                                SLICE_ARG(diag_file_name(run->diag, item->span.file)),
                                item->span.line, item->span.column, SLICE_ARG(item->message));
        }
    }
    return SLICE("it cannot be read");
}

/* A case folder is a run of its own: closed, with its own memory. */
static void run_folder(struct results *results, struct slice folder)
{
    struct app *app = results->app;
    struct run run;
    struct input manifests = {0}, requests = {0};
    struct expect_cases cases = {0};
    struct side side = {0};
    run_open(&run, &app->run.limits, NULL, NULL);
    run.closed = true;
    bool found =
        input_add(&run, &manifests,
                  arena_printf(run.arena, SLICE_FMT "/manifests.yaml", SLICE_ARG(folder)), 0) ==
            STATUS_OK &&
        input_add(&run, &requests,
                  arena_printf(run.arena, SLICE_FMT "/requests.json", SLICE_ARG(folder)), 0) ==
            STATUS_OK;
    if (found) {
        expect_read(&run, &requests.files[0], &cases);
    }
    if (found && cases.count && open_side(app, &run, &manifests, &side)) {
        run_cases(results, &run, &side, folder, &cases);
        side_close(&side);
    } else {
        struct slice why = first_error(&run);
        for (size_t i = 0; i < cases.count; i++) {
            record(results, folder, cases.items[i].name, false, why);
        }
        if (!cases.count) {
            record(results, folder, SLICE("the case itself"), false, why);
        }
    }
    run_close(&run);
}

static bool is_file(struct arena *arena, struct slice folder, const char *name)
{
    struct stat info;
    const char *path = arena_string(arena, arena_printf(arena, SLICE_FMT "/%s", SLICE_ARG(folder), name));
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int compare_names(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

enum { SEARCH_DEPTH = 16 };

static void search_folder(struct results *results, struct slice folder, int depth)
{
    struct arena *arena = results->app->run.arena;
    if (is_file(arena, folder, "manifests.yaml")) {
        run_folder(results, folder);
        return;
    }
    DIR *dir = depth < SEARCH_DEPTH ? opendir(arena_string(arena, folder)) : NULL;
    struct slice *names = NULL;
    size_t count = 0, capacity = 0;
    for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            *ARENA_PUSH(arena, names, count, capacity) =
                arena_printf(arena, SLICE_FMT "/%s", SLICE_ARG(folder), entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    sort_stable(arena, names, count, sizeof *names, compare_names, NULL);
    for (size_t i = 0; i < count; i++) {
        struct stat info;
        if (lstat(arena_string(arena, names[i]), &info) == 0 && S_ISDIR(info.st_mode)) {
            search_folder(results, names[i], depth + 1);
        }
    }
}

static int run_files(struct results *results)
{
    struct app *app = results->app;
    struct input input = {0};
    struct side side = {0};
    for (size_t i = 0; i < app->options.files.count; i++) {
        enum status status = input_add(&app->run, &input, app->options.files.items[i], 0);
        (void)status;
    }
    input_sort(&app->run, &input);
    if (!open_side(app, &app->run, &input, &side)) {
        return EXIT_INPUT;
    }
    for (size_t i = 0; i < app->options.operands.count; i++) {
        struct input requests = {0};
        struct expect_cases cases = {0};
        if (input_add(&app->run, &requests, app->options.operands.items[i], 0) == STATUS_OK) {
            expect_read(&app->run, &requests.files[0], &cases);
        }
        run_cases(results, &app->run, &side, app->options.operands.items[i], &cases);
    }
    side_close(&side);
    return EXIT_WELL;
}

static void print_totals(struct results *results)
{
    struct buf *out = &results->app->out;
    if (app_output_is(results->app, "json")) {
        buf_printf(out, "{\"version\":1,\"passed\":%zu,\"failed\":%zu,\"cases\":[" SLICE_FMT "\n]}\n",
                   results->passed, results->failed, SLICE_ARG(buf_slice(&results->cases)));
    } else if (app_output_is(results->app, "junit")) {
        buf_printf(out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"gateshift\" "
                   "tests=\"%zu\" failures=\"%zu\">\n",
                   results->number, results->failed);
        buf_put(out, buf_slice(&results->cases));
        buf_puts(out, "</testsuite>\n");
    } else {
        if (app_output_is(results->app, "tap")) {
            buf_printf(out, "1..%zu\n", results->number);
        }
        buf_printf(out, "%zu passed, %zu failed\n", results->passed, results->failed);
    }
}

int cmd_test(struct app *app)
{
    struct results results = {.app = app};
    struct convert_options options;
    if (app->options.operands.count == 0) {
        return app_usage(app, "test needs case folders, or -f PATH and files of requests");
    }
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    buf_init(&results.cases, BUF_TEXT_MAX);
    int status = EXIT_WELL;
    if (app->options.files.count) {
        status = run_files(&results);
    } else {
        for (size_t i = 0; i < app->options.operands.count; i++) {
            size_t before = results.number;
            search_folder(&results, app->options.operands.items[i], 0);
            if (results.number == before) {
                diag_at(app->run.diag, DIAG_T004, SPAN_NONE, SLICE_ABSENT,
                        "'" SLICE_FMT "' holds no case (a folder with manifests.yaml and "
                        "requests.json)",
                        SLICE_ARG(app->options.operands.items[i]));
                status = EXIT_INPUT;
            }
        }
    }
    print_totals(&results);
    buf_release(&results.cases);
    return status != EXIT_WELL ? status : app_status(app, results.failed ? EXIT_NO : EXIT_WELL);
}
