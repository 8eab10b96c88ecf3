#include "app.h"
#include "replay_result.h"

static bool read_parts(struct app *app, uint64_t *parts)
{
    struct slice text = app->options.parts;
    if (text.len && (!slice_to_uint(text, EVIDENCE_PARTS_MAX, parts) || !*parts)) {
        app_usage(app, "'--parts' takes a number from 1 to %d, not '" SLICE_FMT "'",
                  EVIDENCE_PARTS_MAX, SLICE_ARG(text));
        return false;
    }
    return true;
}

/* A sum without one of its parts is no sum. */
static void look_for_parts(struct app *app, uint64_t parts, struct evidence *evidence)
{
    const struct texts missing = evidence_missing(app->run.arena, evidence);
    if (missing.count && !app->options.incomplete) {
        struct slice list = evidence_list(app->run.arena, &missing);
        diag_at(app->run.diag, DIAG_E006, SPAN_NONE, SLICE_ABSENT,
                SLICE_FMT " %s missing; with --incomplete they may be added later", SLICE_ARG(list),
                missing.count > 1 || slice_starts(list, SLICE("parts")) ? "are" : "is");
    }
    size_t count = parts ? evidence_join_pieces(app->run.arena, evidence) : 0;
    if (!parts) {
        evidence_join_parts(app->run.arena, evidence);
    }
    if (count != parts) {
        diag_at(app->run.diag, DIAG_E006, SPAN_NONE, SLICE_ABSENT,
                "%zu part%s or log%s here, and --parts says %llu", count, count == 1 ? "" : "s",
                count == 1 ? " is" : "s are", (unsigned long long)parts);
    }
}

/* A part by itself does not tell; parts that were put together do. */
static void look_for_copies(struct app *app, const struct evidence *evidence)
{
    const struct texts copies = evidence_repeated(app->run.arena, evidence);
    for (size_t i = 0; i < copies.count; i++) {
        diag_at(app->run.diag, DIAG_E005, SPAN_NONE, SLICE_ABSENT,
                SLICE_FMT " have the same lines, which are counted twice; leave one of them out",
                SLICE_ARG(copies.items[i]));
    }
}

int cmd_merge(struct app *app)
{
    struct evidence evidence = {0};
    uint64_t parts = 0;
    if (!read_parts(app, &parts)) {
        return EXIT_USAGE;
    }
    if (!replay_partial_free(app)) {
        return EXIT_ENVIRONMENT;
    }
    app_evidence(app, &app->options.operands, &evidence);
    look_for_parts(app, parts, &evidence);
    look_for_copies(app, &evidence);
    if (app_stops(app)) {
        return EXIT_INPUT;
    }
    int status =
        app->options.partial.len ? replay_partial(app, &evidence) : replay_result(app, &evidence);
    return status == EXIT_ENVIRONMENT ? status : app_status(app, status);
}
