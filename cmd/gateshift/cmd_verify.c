#include "app.h"
#include "log_options.h"
#include "requests.h"
#include "result_file.h"
#include "results.h"
#include "verify_requests.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- time, signals and progress ------------------------------------------------------------- */

struct watching {
    sigset_t signals, before; /* those that end the run; what was blocked before */
    bool stopped, shows;
    uint64_t told; /* second of the last progress */
};

static uint64_t now(void *user)
{
    struct timespec time = {0};
    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Signals are blocked and asked for, so there is neither a handler nor a variable for it. */
static bool is_stopped(void *user)
{
    struct watching *watching = user;
    const struct timespec none = {0, 0};
    watching->stopped = watching->stopped || sigtimedwait(&watching->signals, NULL, &none) > 0;
    return watching->stopped;
}

static void show_progress(void *user, size_t answered, size_t count)
{
    struct watching *watching = user;
    uint64_t second = now(NULL) / 1000;
    if (watching->shows && second != watching->told) {
        watching->told = second;
        (void)fprintf(stderr, "\r\x1b[K%zu of %zu requests", answered, count);
    }
}

static void watch(struct app *app, struct watching *watching)
{
    *watching = (struct watching){.shows = !app->options.quiet && isatty(STDERR_FILENO) == 1};
    (void)sigemptyset(&watching->signals);
    (void)sigaddset(&watching->signals, SIGINT);
    (void)sigaddset(&watching->signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &watching->signals, &watching->before);
}

static void unwatch(struct watching *watching)
{
    (void)sigprocmask(SIG_SETMASK, &watching->before, NULL);
    if (watching->shows) {
        (void)fputs("\r\x1b[K", stderr);
    }
}

/* ---- results ------------------------------------------------------------------------------ */

static struct slice got(struct app *app, const struct verify_result *result)
{
    struct slice text = SLICE(""), none = SLICE("none");
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct verify_difference *difference = &result->differences[i];
        text = ARENA_JOIN(app->run.arena, text, i ? SLICE("\n") : SLICE(""), difference->field,
                          SLICE(": "), difference->before.ptr ? difference->before : none,
                          SLICE(" before, "), difference->after.ptr ? difference->after : none,
                          SLICE(" after"));
    }
    for (size_t side = 0; side < 2; side++) {
        if (result->held[side] == VERIFY_HELD_NO) {
            text = ARENA_JOIN(app->run.arena, text, text.len ? SLICE("\n") : SLICE(""),
                              side ? SLICE("after is not as predicted: ")
                                   : SLICE("before is not as predicted: "),
                              result->why[side]);
        }
    }
    return text;
}

static bool fails(const struct app *app, enum verify_verdict verdict)
{
    bool only_unpredicted = slice_is(app->options.fail_on, "unpredicted");
    return verdict == VERIFY_IS_DIFFERENT || verdict == VERIFY_IS_SURPRISING ||
           (verdict == VERIFY_IS_PREDICTED && !only_unpredicted);
}

static void print_junit(struct app *app, const struct verify_results *answers)
{
    struct results results;
    results_open(&results, RESULTS_JUNIT, app->run.arena, &app->out);
    for (size_t i = 0; i < answers->count; i++) {
        const struct verify_result *result = &answers->items[i];
        const struct result item = {.suite = SLICE("verify"),
                                    .name = request_line(app->run.arena, &result->item->request),
                                    .passed = !fails(app, result->verdict),
                                    .why = slice_of(verify_verdict_words(result->verdict)),
                                    .got = got(app, result)};
        if (result->verdict != VERIFY_IS_SKIPPED) {
            results_add(&results, &item);
        }
    }
    results_close(&results);
}

static void print(struct app *app, const struct verify_results *results)
{
    enum { SHOWN = 5 };
    const struct verify_print style = {.most = app->options.all ? 0 : SHOWN,
                                       .colour = app_colours(app, STDOUT_FILENO)};
    if (app_output_is(app, "json")) {
        document_write_json(verify_node(&app->run, results), 2, &app->out);
        buf_putc(&app->out, '\n');
    } else if (app_output_is(app, "junit")) {
        print_junit(app, results);
    } else {
        verify_print_text(&app->run, results, &style, &app->out);
    }
}

static void warn_of_skipped(struct app *app, const struct verify_results *results)
{
    if (results->verdicts[VERIFY_IS_SKIPPED]) {
        diag_at(app->run.diag, DIAG_Q002, SPAN_NONE, SLICE_ABSENT,
                "%zu of %zu requests were not sent; the result names each with the reason",
                results->verdicts[VERIFY_IS_SKIPPED], results->count);
    }
}

static bool write_files(struct verifying *verifying, const struct verify_results *results)
{
    struct app *app = verifying->app;
    bool fine = true;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    if (app->options.record.len) {
        verify_record_write(&app->run, &verifying->items, &text);
        fine = result_file_write(app, app->options.record, &text);
    }
    buf_clear(&text);
    if (app->options.partial.len) {
        document_write_json(evidence_node(&app->run, &results->evidence), 0, &text);
        buf_putc(&text, '\n');
        fine = result_file_write(app, app->options.partial, &text) && fine;
    }
    buf_release(&text);
    return fine;
}

/* A side that never answers was not compared, unless its rules say that it closes connections. What came about where
 * `fault` is not VERIFY_NONE is a silence of this kind only. */
static bool is_silent(const struct verify_results *results, size_t side, enum verify_fault fault)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct verify_result *result = &results->items[i];
        const struct verify_answer *answer = &result->item->answer[side];
        if (result->verdict != VERIFY_IS_SKIPPED &&
            (answer->status || result->held[side] == VERIFY_HELD_YES ||
             (fault != VERIFY_NONE && answer->fault != fault))) {
            return false;
        }
    }
    return true;
}

/* What keeps a comparison from saying anything ends with a failure. */
static int fail_unanswered(struct app *app, const struct verify_results *results, int status)
{
    if (results->verdicts[VERIFY_IS_SKIPPED] == results->count) {
        return app_failure(app, "no request was sent, so nothing is known");
    }
    for (size_t side = 0; side < 2; side++) {
        if (is_silent(results, side, VERIFY_UNREACHED)) {
            status =
                app_failure(app, "nobody answers at " SLICE_FMT, SLICE_ARG(results->address[side]));
        } else if (status == EXIT_WELL && is_silent(results, side, VERIFY_NONE)) {
            /* alike are failures here, and nothing else was compared */
            return app_failure(app, "no request got an answer from " SLICE_FMT,
                               SLICE_ARG(results->address[side]));
        }
    }
    return status;
}

static int conclude(struct verifying *verifying, bool stopped)
{
    struct app *app = verifying->app;
    struct verify_results results = {
        .evidence = {.program = SLICE("gateshift " GATESHIFT_VERSION)}};
    results.address[0] = verify_address(app, &verifying->words.how.target[0]);
    results.address[1] = verify_address(app, &verifying->words.how.target[1]);
    verify_judge(&app->run, &verifying->items, &verifying->side[0], &verifying->side[1],
                 &verifying->words.compared, &results);
    if (!result_is_stdout(app->options.record) && !result_is_stdout(app->options.partial)) {
        print(app, &results);
    }
    warn_of_skipped(app, &results);
    int status = EXIT_WELL;
    for (int i = 0; i < VERIFY_VERDICT_COUNT; i++) {
        if (results.verdicts[i] && fails(app, (enum verify_verdict)i)) {
            status = EXIT_NO;
        }
    }
    if (!write_files(verifying, &results)) {
        status = EXIT_ENVIRONMENT;
    }
    if (!stopped) {
        status = fail_unanswered(app, &results, status);
    }
    size_t skipped = results.verdicts[VERIFY_IS_SKIPPED];
    return stopped ? app_failure(app, "ended by a signal; %zu of %zu requests were answered",
                                 results.count - skipped, results.count)
                   : status;
}

/* ---- the command -------------------------------------------------------------------------- */

static bool has_files(struct app *app)
{
    const struct slice names[] = {app->options.cacert, app->options.cert, app->options.key};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].len && access(arena_string(app->run.arena, names[i]), R_OK) != 0) {
            app_failure(app, "cannot read '" SLICE_FMT "': %s", SLICE_ARG(names[i]),
                        strerror(errno));
            return false;
        }
    }
    return true;
}

static int ask(struct verifying *verifying)
{
    struct app *app = verifying->app;
    struct verify_options *how = &verifying->words.how;
    struct watching watching;
    struct slice why;
    if (how->insecure) {
        diag_at(app->run.diag, DIAG_Q001, SPAN_NONE, SLICE_ABSENT,
                "certificates of the servers are not verified");
    }
    /* what cannot be written is known before requests are sent, and not only when there are answers to lose */
    if (!has_files(app) || !result_file_free(app, app->options.record) ||
        !result_file_free(app, app->options.partial)) {
        return EXIT_ENVIRONMENT;
    }
    watch(app, &watching);
    how->user = &watching;
    how->now = now;
    how->stopped = is_stopped;
    how->progress = show_progress;
    bool asked = verify_ask(&app->run, &verifying->items, how, &why);
    unwatch(&watching);
    return asked ? conclude(verifying, watching.stopped)
                 : app_failure(app, SLICE_FMT, SLICE_ARG(why));
}

static int answer_from_record(struct verifying *verifying)
{
    struct app *app = verifying->app;
    struct input input = {0};
    enum status status = input_add(&app->run, &input, app->options.replay_record, STDIN_FILENO);
    (void)status; /* what went wrong is a diagnostic already */
    for (size_t i = 0; i < input.count; i++) {
        verify_record_read(&app->run, &input.files[i], &verifying->items);
    }
    return app_stops(app) ? EXIT_INPUT : conclude(verifying, false);
}

static int verify(struct verifying *verifying)
{
    struct app *app = verifying->app;
    if (verifying->has_sides) {
        struct two_sides *sides = &verifying->sides;
        struct side *both[] = {&sides->before, &sides->after};
        for (size_t i = 0; i < ARRAY_LEN(both); i++) {
            verifying->side[i] =
                verify_side_of(&app->run, &both[i]->table, side_evaluator(&app->run, both[i]));
        }
    }
    if (app->options.replay_record.len) {
        return app_status(app, answer_from_record(verifying));
    }
    if (!verify_collect(verifying)) {
        return app->failures.len ? EXIT_ENVIRONMENT : EXIT_USAGE;
    }
    if (app_stops(app)) {
        return EXIT_INPUT;
    }
    return verifying->items.count ? app_status(app, ask(verifying))
                                  : app_usage(app, "'verify' has no requests to send; give some, a "
                                                   "log, or -f PATH");
}

int cmd_verify(struct app *app)
{
    struct convert_options convert;
    struct verifying verifying = {.app = app, .seen = map_new(app->run.arena)};
    bool requests =
        app->options.operands.count || app->options.logs.count || app->options.replay_record.len;
    if (!app_has_input(app) && !requests) {
        return app_usage(app,
                         "'verify' needs requests: -f PATH for those that it makes up, a URL or "
                         "a file, or --log FILE");
    }
    if (requests_read_stdin_twice(app)) {
        return app_usage(app, "standard input can be read once only");
    }
    if (result_is_stdout(app->options.record) && result_is_stdout(app->options.partial)) {
        return app_usage(app, "record and counts cannot both be standard output");
    }
    if (!app_convert_options(app, &convert) || !verify_options_read(app, &verifying.words) ||
        !log_options_fit(app)) {
        return EXIT_USAGE;
    }
    int status = EXIT_INPUT;
    verifying.has_sides = app_has_input(app);
    if (!verifying.has_sides || two_sides_open(app, &convert, &verifying.sides)) {
        status = verify(&verifying);
    }
    if (verifying.has_sides) {
        two_sides_close(&verifying.sides);
    }
    return status;
}
