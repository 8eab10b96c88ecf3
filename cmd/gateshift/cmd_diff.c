#include "app.h"

static bool read_aspects(struct app *app, struct compare_options *out)
{
    for (size_t i = 0; i < app->options.aspects.count; i++) {
        struct slice rest = app->options.aspects.items[i], name;
        while (slice_split(&rest, ',', &name)) {
            bool known = false;
            for (size_t a = 0; a < ASPECT_COUNT; a++) {
                if (slice_is(name, aspect_name((enum aspect)a))) {
                    out->aspects[a] = known = true;
                }
            }
            if (!known) {
                app_usage(app,
                          "'--aspects' takes routing, rewrite, redirect, protection, traffic and "
                          "headers, not '" SLICE_FMT "'",
                          SLICE_ARG(name));
                return false;
            }
        }
    }
    return true;
}

/* ---- text --------------------------------------------------------------------------------- */

static void print_hosts(const struct finding *finding, struct buf *out)
{
    for (size_t i = 0; i < finding->host_count && i < 4; i++) {
        buf_printf(out, "%s" SLICE_FMT, i ? ", " : "", SLICE_ARG(finding->hosts[i]));
    }
    if (finding->host_count > 4) {
        buf_printf(out, " and %zu more", finding->host_count - 4);
    }
}

static void print_cause(struct app *app, const char *when, const struct outcome *outcome)
{
    if (outcome->rule && outcome->rule->origin.kind.ptr) {
        const struct origin *origin = &outcome->rule->origin;
        buf_printf(&app->out, "    %s: " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT, when,
                   SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace), SLICE_ARG(origin->name),
                   SLICE_ARG(origin->field));
        if (origin->span.line) {
            buf_printf(&app->out, " (" SLICE_FMT ":%u)",
                       SLICE_ARG(diag_file_name(app->run.diag, origin->span.file)),
                       origin->span.line);
        }
        buf_putc(&app->out, '\n');
    }
}

static void print_finding(struct app *app, const struct finding *finding)
{
    buf_printf(&app->out, "%s %s " SLICE_FMT ": " SLICE_FMT "\n", impact_name(finding->impact),
               aspect_name(finding->aspect), SLICE_ARG(finding->id), SLICE_ARG(finding->title));
    buf_puts(&app->out, "    hosts: ");
    if (finding->platform) {
        buf_puts(&app->out, "all alike, because the data planes differ");
    } else {
        print_hosts(finding, &app->out);
    }
    buf_printf(&app->out, "\n    try:   " SLICE_FMT "\n",
               SLICE_ARG(request_curl(app->run.arena, &finding->witness)));
    if (!finding->platform) {
        print_cause(app, "before", &finding->before);
        print_cause(app, "after ", &finding->after);
    }
    if (finding->advice.len) {
        buf_printf(&app->out, "    to do: " SLICE_FMT "\n", SLICE_ARG(finding->advice));
    }
}

/* "different in routing, headers; unproven in rewrite; equivalent in the others" */
static void print_aspects(struct app *app, const struct comparison *comparison,
                          const struct host_verdict *host)
{
    static const enum verdict order[] = {VERDICT_DIFFERENT, VERDICT_UNPROVEN, VERDICT_EQUIVALENT};
    bool first = true;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        size_t count = 0;
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            if (comparison->aspects[a] && host->aspects[a].verdict == order[i]) {
                buf_printf(&app->out, "%s%s%s%s",
                           count   ? ", "
                           : first ? ""
                                   : "; ",
                           count ? "" : verdict_name(order[i]), count ? "" : " in ",
                           aspect_name((enum aspect)a));
                count++;
                first = false;
            }
        }
    }
}

static void print_reasons(struct app *app, const struct comparison *comparison,
                          const struct host_verdict *host)
{
    struct slice said = SLICE_ABSENT;
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        struct slice reason = host->aspects[a].reason;
        if (comparison->aspects[a] && reason.len && !slice_equal(reason, said)) {
            buf_printf(&app->out, "    unproven: " SLICE_FMT "\n", SLICE_ARG(reason));
            said = reason;
        }
    }
}

static void print_verdicts(struct app *app, const struct comparison *comparison)
{
    buf_puts(&app->out, "\nverdict by host\n");
    for (size_t i = 0; i < comparison->host_count; i++) {
        const struct host_verdict *host = &comparison->hosts[i];
        buf_printf(&app->out, "  " SLICE_FMT ": ", SLICE_ARG(host->host));
        print_aspects(app, comparison, host);
        buf_printf(&app->out, " (%zu of %zu classes of requests agree", host->agreed,
                   host->classes);
        if (host->unknown) {
            buf_printf(&app->out, ", %zu not known", host->unknown);
        }
        buf_puts(&app->out, ")\n");
        print_reasons(app, comparison, host);
    }
}

static void print_domain(struct app *app, const struct comparison *comparison)
{
    buf_puts(&app->out, "\n\"equivalent\" holds for every request of\n");
    for (size_t i = 0; comparison->domain[i]; i++) {
        buf_printf(&app->out, "  - %s\n", comparison->domain[i]);
    }
}

static void print_text(struct app *app, const struct comparison *comparison)
{
    buf_printf(&app->out, "before: " SLICE_FMT "\nafter:  " SLICE_FMT "\n\n",
               SLICE_ARG(comparison->before), SLICE_ARG(comparison->after));
    size_t own = 0;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        bool first_platform =
            comparison->findings[i].platform && (i == 0 || !comparison->findings[i - 1].platform);
        if (first_platform) {
            buf_printf(&app->out, "%splatform differences (the same on every host)\n\n",
                       own ? "\n" : "");
        }
        own += !comparison->findings[i].platform;
        print_finding(app, &comparison->findings[i]);
    }
    print_verdicts(app, comparison);
    print_domain(app, comparison);
    buf_printf(&app->out,
               "\n%s: %zu of %zu classes of requests agree, %zu not known; %zu findings, and %zu "
               "platform differences\n",
               verdict_name(comparison_verdict(comparison)), comparison->agreed,
               comparison->classes, comparison->unknown, own, comparison->finding_count - own);
    if (comparison->unknown_reason.len) {
        buf_printf(&app->out, "first reason for what is not known: " SLICE_FMT "\n",
                   SLICE_ARG(comparison->unknown_reason));
    }
}

/* ---- JSON --------------------------------------------------------------------------------- */

static struct node *finding_node(struct app *app, const struct finding *finding)
{
    struct arena *arena = app->run.arena;
    struct node *map = node_map(arena), *hosts = node_list(arena);
    for (size_t i = 0; i < finding->host_count; i++) {
        node_add(arena, hosts, node_string(arena, finding->hosts[i]));
    }
    node_set(arena, map, "id", node_string(arena, finding->id));
    node_set(arena, map, "severity", node_string(arena, slice_of(impact_name(finding->impact))));
    node_set(arena, map, "aspect", node_string(arena, slice_of(aspect_name(finding->aspect))));
    node_set(arena, map, "platform", node_bool(arena, finding->platform));
    node_set(arena, map, "title", node_string(arena, finding->title));
    node_set(arena, map, "fields", node_string(arena, finding->fields));
    if (finding->advice.len) {
        node_set(arena, map, "advice", node_string(arena, finding->advice));
    }
    node_set(arena, map, "hosts", hosts);
    node_set(arena, map, "requests", node_int(arena, (int64_t)finding->requests));
    node_set(arena, map, "curl", node_string(arena, request_curl(arena, &finding->witness)));
    node_set(arena, map, "before", outcome_node(&app->run, &finding->witness, &finding->before));
    node_set(arena, map, "after", outcome_node(&app->run, &finding->witness, &finding->after));
    return map;
}

static void print_json(struct app *app, const struct comparison *comparison)
{
    struct arena *arena = app->run.arena;
    struct node *root = node_map(arena), *findings = node_list(arena), *hosts = node_list(arena);
    for (size_t i = 0; i < comparison->finding_count; i++) {
        node_add(arena, findings, finding_node(app, &comparison->findings[i]));
    }
    for (size_t i = 0; i < comparison->host_count; i++) {
        const struct host_verdict *host = &comparison->hosts[i];
        struct node *map = node_map(arena), *aspects = node_map(arena), *reasons = node_map(arena);
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            node_set(arena, aspects, aspect_name((enum aspect)a),
                     node_string(arena, slice_of(verdict_name(host->aspects[a].verdict))));
            if (host->aspects[a].reason.len) {
                node_set(arena, reasons, aspect_name((enum aspect)a),
                         node_string(arena, host->aspects[a].reason));
            }
        }
        node_set(arena, map, "host", node_string(arena, host->host));
        node_set(arena, map, "classes", node_int(arena, (int64_t)host->classes));
        node_set(arena, map, "agreed", node_int(arena, (int64_t)host->agreed));
        node_set(arena, map, "unknown", node_int(arena, (int64_t)host->unknown));
        node_set(arena, map, "verdicts", aspects);
        node_set(arena, map, "reasons", reasons);
        node_add(arena, hosts, map);
    }
    node_set(arena, root, "version", node_int(arena, 2));
    node_set(arena, root, "verdict",
             node_string(arena, slice_of(verdict_name(comparison_verdict(comparison)))));
    node_set(arena, root, "before", node_string(arena, comparison->before));
    node_set(arena, root, "after", node_string(arena, comparison->after));
    node_set(arena, root, "classes", node_int(arena, (int64_t)comparison->classes));
    node_set(arena, root, "agreed", node_int(arena, (int64_t)comparison->agreed));
    node_set(arena, root, "unknown", node_int(arena, (int64_t)comparison->unknown));
    node_set(arena, root, "findings", findings);
    node_set(arena, root, "hosts", hosts);
    document_write_json(root, 2, &app->out);
    buf_putc(&app->out, '\n');
}

/* ---- the command -------------------------------------------------------------------------- */

static bool fails(const struct app *app, const struct comparison *comparison)
{
    enum impact least = slice_is(app->options.fail_on, "breaking")   ? IMPACT_BREAKING
                        : slice_is(app->options.fail_on, "cosmetic") ? IMPACT_COSMETIC
                                                                     : IMPACT_CHANGED;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        if (!comparison->findings[i].platform && comparison->findings[i].impact >= least) {
            return true;
        }
    }
    return app->options.strict && comparison_verdict(comparison) == VERDICT_UNPROVEN;
}

static int compare(struct app *app, const struct compare_options *options, struct side *before,
                   struct side *after)
{
    struct comparison comparison;
    compare_sides(&app->run, side_evaluator(&app->run, before), &before->table,
                  side_evaluator(&app->run, after), &after->table, options, &comparison);
    if (app_output_is(app, "json")) {
        print_json(app, &comparison);
    } else {
        print_text(app, &comparison);
    }
    return app_status(app, fails(app, &comparison) ? EXIT_NO : EXIT_WELL);
}

static bool read_after(struct app *app, struct side *before, const struct convert_options *options,
                       struct side *after)
{
    if (app->options.after.count == 0) {
        struct converted converted = {0};
        convert_table(&app->run, &before->kube, &before->table, options, &converted);
        return side_from_converted(&app->run, &converted, &before->kube, options->target, after);
    }
    struct side_options side_options;
    app_side_options(app, app->options.after_as, &side_options);
    if (!app->options.after_as.len && app->options.to.len) {
        side_options.profile = slice_of(options->target->profile);
    }
    app_read(app, &app->options.after, &after->kube);
    side_share(&app->run, &before->kube, &after->kube);
    return side_build(&app->run, &side_options, after);
}

int cmd_diff(struct app *app)
{
    struct side_options side_options;
    struct convert_options options;
    struct compare_options compare_options = {0};
    struct side before = {0}, after = {0};
    if (app->options.before.count == 0) {
        return app_usage(app, "'diff' needs what runs today: --before PATH");
    }
    if (!app_convert_options(app, &options) || !read_aspects(app, &compare_options)) {
        return EXIT_USAGE;
    }
    app_side_options(app, app->options.before_as, &side_options);
    app_read(app, &app->options.before, &before.kube);
    if (!side_build(&app->run, &side_options, &before)) {
        return EXIT_INPUT;
    }
    int status = EXIT_INPUT;
    if (!app_stops(app) && read_after(app, &before, &options, &after)) {
        status = app_stops(app) ? EXIT_INPUT : compare(app, &compare_options, &before, &after);
        side_close(&after);
    }
    side_close(&before);
    return status;
}
