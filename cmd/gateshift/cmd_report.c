#include "app.h"
#include "proof/proof.h"
#include "survey/survey.h"

static enum survey_format format_of(const struct options *options)
{
    size_t index = 0;
    while (survey_format_name(index) && !slice_is(options->output, survey_format_name(index))) {
        index++;
    }
    return survey_format_name(index) ? (enum survey_format)index : SURVEY_TEXT;
}

/* An Ingress that somebody has to decide about is a "no", one to review only where that is asked for. */
static bool fails(const struct app *app, const struct survey *survey)
{
    return survey->grades[GRADE_DECIDE] || survey->grades[GRADE_UNKNOWN] ||
           (slice_is(app->options.fail_on, "warning") && survey->grades[GRADE_REVIEW]);
}

static int make(struct app *app, struct side *side, const struct convert_options *options)
{
    struct run quiet = app->run; /* what there is to say of a conversion, convert says */
    struct converted converted = {0};
    struct proof proof;
    struct survey survey;
    quiet.diag = diag_beside(app->run.diag);
    convert_table(&quiet, &side->kube, &side->table, options, &converted);
    prove_conversion(&quiet, side, &converted, options->target, &proof);
    app_weigh(app, &side->table, &proof.after.table, &proof.comparison);
    const struct survey_input input = {side, options, &converted, &proof};
    survey_make(&app->run, &input, &survey);
    survey_print(&app->run, &survey, format_of(&app->options), &app->out);
    proof_close(&proof);
    buf_printf(&app->summary,
               "%zu Ingresses: %zu ready, %zu to review, %zu to decide, %zu unknown\n",
               survey.ingress_count, survey.grades[GRADE_READY], survey.grades[GRADE_REVIEW],
               survey.grades[GRADE_DECIDE], survey.grades[GRADE_UNKNOWN]);
    return fails(app, &survey) ? EXIT_NO : EXIT_WELL;
}

int cmd_report(struct app *app)
{
    struct side_options side_options;
    struct convert_options options;
    struct side side = {0};
    if (!app_has_input(app)) {
        return app_usage(app, "'report' needs input: -f PATH, or --cluster");
    }
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    app_side_options(app, SLICE_ABSENT, &side_options);
    side_options.kind = SIDE_INGRESS;
    app_read(app, &app->options.files, &side.kube);
    if (!side_build(&app->run, &side_options, &side)) {
        return EXIT_INPUT;
    }
    int status = app_stops(app) ? EXIT_INPUT : make(app, &side, &options);
    side_close(&side);
    return app_status(app, status);
}
