#include "replay_result.h"

#include "replay/replay.h"
#include "result_file.h"

#include <unistd.h>

static enum impact fail_level(const struct options *options)
{
    return slice_is(options->fail_on, "breaking")   ? IMPACT_BREAKING
           : slice_is(options->fail_on, "cosmetic") ? IMPACT_COSMETIC
                                                    : IMPACT_CHANGED;
}

static bool fails(const struct app *app, const struct evidence *evidence)
{
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const struct evidence_finding *finding = evidence->findings[i];
        if (finding->requests && !finding->platform &&
            finding->impact >= fail_level(&app->options)) {
            return true;
        }
    }
    return false;
}

static void put_json(struct app *app, struct evidence *evidence, int indent, struct buf *out)
{
    evidence_finish(app->run.arena, evidence);
    document_write_json(evidence_node(&app->run, evidence), indent, out);
}

static void summarize(struct app *app, const struct evidence *evidence)
{
    const uint64_t *counts = evidence->counts;
    if (counts[EVIDENCE_ASKED] && !counts[EVIDENCE_LINES]) {
        return; /* of verify alone: the result begins with it */
    }
    buf_printf(
        &app->summary, "%llu request%s: %llu the same, %llu different, %llu cannot be said\n",
        (unsigned long long)counts[EVIDENCE_REQUESTS], counts[EVIDENCE_REQUESTS] == 1 ? "" : "s",
        (unsigned long long)counts[EVIDENCE_SAME], (unsigned long long)counts[EVIDENCE_DIFFERENT],
        (unsigned long long)counts[EVIDENCE_UNSAID]);
}

int replay_result(struct app *app, struct evidence *evidence)
{
    enum { SHOWN = 10 };
    const struct replay_print style = {.most = app->options.all ? 0 : SHOWN,
                                       .colour = app_colours(app, STDOUT_FILENO)};
    if (app_output_is(app, "json")) {
        put_json(app, evidence, 2, &app->out);
    } else {
        evidence_finish(app->run.arena, evidence);
        replay_print(&app->run, evidence, &style, &app->out);
    }
    summarize(app, evidence);
    return fails(app, evidence) ? EXIT_NO : EXIT_WELL;
}

bool replay_partial_free(struct app *app)
{
    return result_file_free(app, app->options.partial);
}

/* One line, so that an engine that gathers lines gathers whole parts. */
int replay_partial(struct app *app, struct evidence *evidence)
{
    struct slice path = app->options.partial;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    put_json(app, evidence, 0, &text);
    buf_putc(&text, '\n');
    bool written = result_file_write(app, path, &text);
    buf_release(&text);
    if (!result_is_stdout(path)) {
        summarize(app, evidence);
    }
    return written ? EXIT_WELL : EXIT_ENVIRONMENT;
}
