#include "app.h"
#include "cluster_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void app_out_of_memory(void *user, size_t wanted)
{
    (void)user;
    (void)wanted;
    static const char text[] = "gateshift: memory is used up; give less input at once, or raise "
                               "the limit with --limit arena-bytes=N\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(EXIT_ENVIRONMENT);
}

enum { LINE_MAX_BYTES = 1 << 16 };

int app_usage(struct app *app, const char *format, ...)
{
    char text[1024];
    struct buf line;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_init(&line, LINE_MAX_BYTES);
    diag_put_visible(slice_of(text), &line);
    fprintf(stderr, "gateshift: " SLICE_FMT "\ntry 'gateshift %s%s--help'\n",
            SLICE_ARG(buf_slice(&line)), app->options.command ? app->options.command->name : "",
            app->options.command ? " " : "");
    buf_release(&line);
    return EXIT_USAGE;
}

int app_failure(struct app *app, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice text = arena_vprintf(app->run.arena, format, args);
    va_end(args);
    buf_puts(&app->failures, "gateshift: ");
    diag_put_visible(text, &app->failures);
    buf_putc(&app->failures, '\n');
    return EXIT_ENVIRONMENT;
}

/* NO_COLOR: https://no-color.org */
bool app_colours(const struct app *app, int fd)
{
    const char *no_color = getenv("NO_COLOR");
    struct slice wanted = app->options.color;
    if (wanted.len && !slice_is(wanted, "auto")) {
        return slice_is(wanted, "always");
    }
    return isatty(fd) && !(no_color && *no_color);
}

bool app_output_is(const struct app *app, const char *format)
{
    return slice_is(app->options.output, format);
}

/* Requests, cases, accepted findings, evidence, logs and records are input, too. */
static bool is_ours(char letter)
{
    return letter == 'T' || letter == 'D' || letter == 'E' || letter == 'Q';
}

size_t app_input_errors(const struct diag *diag)
{
    size_t count = diag_count_input_errors(diag);
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        count += item->severity == SEVERITY_ERROR && is_ours(diag_row(item->code)->name[0]);
    }
    return count;
}

bool app_fails(const struct app *app)
{
    return diag_count_severity(app->run.diag, SEVERITY_ERROR) ||
           (slice_is(app->options.fail_on, "warning") &&
            diag_count_severity(app->run.diag, SEVERITY_WARNING));
}

int app_status(const struct app *app, int otherwise)
{
    return app_input_errors(app->run.diag) ? EXIT_INPUT : otherwise;
}

bool app_stops(const struct app *app)
{
    return app_input_errors(app->run.diag) && !app->options.keep_going;
}

int app_with_whole(struct app *app, app_make_fn *make)
{
    struct side_options side_options;
    struct convert_options options;
    struct side side = {0};
    struct input input = {0};
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    app_side_options(app, SLICE_ABSENT, &side_options);
    side_options.kind = SIDE_INGRESS;
    app_input(app, &app->options.files, &input);
    side_read_whole(&app->run, &input, app->options.namespace, &side.kube);
    if (!side_build(&app->run, &side_options, &side)) {
        return EXIT_INPUT;
    }
    int status = app_stops(app) ? EXIT_INPUT : make(app, &side, &side_options, &options);
    side_close(&side);
    diag_finish(app->run.diag);
    return status != EXIT_WELL ? status : app_status(app, app_fails(app) ? EXIT_NO : EXIT_WELL);
}

int app_final_status(const struct app *app, int otherwise)
{
    for (size_t i = 0; i < diag_count(app->run.diag); i++) {
        enum diag_code code = diag_get(app->run.diag, i)->code;
        if (code == DIAG_A001 || code == DIAG_A002 || code == DIAG_A003 || code == DIAG_A004) {
            return EXIT_ENVIRONMENT;
        }
    }
    return otherwise;
}

bool app_has_input(const struct app *app)
{
    return app->options.files.count || app->options.before.count || app->options.cluster;
}

void app_input(struct app *app, const struct words *paths, struct input *out)
{
    const struct words *main_paths =
        app->options.command->command == COMMAND_DIFF ? &app->options.before : &app->options.files;
    if (app->options.cluster && paths == main_paths) {
        cluster_input(app, out);
    }
    for (size_t i = 0; i < paths->count; i++) {
        /* what went wrong is a diagnostic already */
        enum status status = input_add(&app->run, out, paths->items[i], STDIN_FILENO);
        (void)status;
    }
    input_sort(&app->run, out);
    cluster_note_snapshots(&app->run, out);
}

void app_read(struct app *app, const struct words *paths, struct kube *kube)
{
    struct input input = {0};
    app_input(app, paths, &input);
    side_read(&app->run, &input, app->options.namespace, kube);
}

void app_evidence(struct app *app, const struct words *paths, struct evidence *out)
{
    struct input input = {0};
    if (paths->count) {
        app_input(app, paths, &input);
    }
    for (size_t i = 0; i < input.count; i++) {
        evidence_read(&app->run, &input.files[i], out);
    }
}

static uint64_t weigh(void *user, struct arena *arena, struct slice id, struct slice *words)
{
    return evidence_weigh(user, arena, id, words);
}

void app_weigh(struct app *app, const struct route_table *before, const struct route_table *after,
               struct comparison *comparison)
{
    struct evidence evidence = {0};
    if (!app->options.evidence.count) {
        return;
    }
    app_evidence(app, &app->options.evidence, &evidence);
    if (evidence.tables.len &&
        !slice_equal(evidence.tables, evidence_fingerprint(app->run.arena, before, after))) {
        diag_at(app->run.diag, DIAG_E004, SPAN_NONE, SLICE_ABSENT,
                "the evidence was made with other manifests or options than these; make it anew "
                "where findings have changed");
    }
    struct texts lacks = evidence_missing(app->run.arena, &evidence);
    lacks = lacks.count ? lacks : evidence.left_out;
    if (lacks.count && !app_input_errors(app->run.diag)) {
        diag_at(app->run.diag, DIAG_E007, SPAN_NONE, SLICE_ABSENT,
                "the evidence is without " SLICE_FMT,
                SLICE_ARG(evidence_list(app->run.arena, &lacks)));
    }
    comparison_weigh(&app->run, comparison, weigh, &evidence);
}

void app_side_options(const struct app *app, struct slice as, struct side_options *out)
{
    const struct options *options = &app->options;
    *out = (struct side_options){
        .choice = {.from = options->from, .ingress_class = options->ingress_class},
        .nginx = {.version = options->from_version,
                  .controller_config = options->controller_config,
                  .flags = options->controller_flags.items,
                  .flag_count = options->controller_flags.count},
        .namespace = options->namespace};
    if (slice_is(options->side, "ingress")) {
        out->kind = SIDE_INGRESS;
    } else if (slice_is(options->side, "gateway")) {
        out->kind = SIDE_GATEWAY;
    }
    if (as.len && gateway_profile_find(as)) {
        out->kind = SIDE_GATEWAY;
        out->profile = as;
    } else if (as.len) {
        out->kind = SIDE_INGRESS;
        out->choice.from = as;
    }
}

static bool read_versions(struct app *app, struct convert_options *out)
{
    const struct options *options = &app->options;
    if (options->aks_version.len && !convert_aks_version(options->aks_version, &out->api_minor)) {
        app_usage(app,
                  "'--aks-version' takes a Kubernetes version such as 1.35, not '" SLICE_FMT "'",
                  SLICE_ARG(options->aks_version));
        return false;
    }
    if (options->api_version.len && !convert_api_version(options->api_version, &out->api_minor)) {
        app_usage(app, "'--gateway-api-version' takes 1.2 to 1.6, not '" SLICE_FMT "'",
                  SLICE_ARG(options->api_version));
        return false;
    }
    return true;
}

static bool read_gateway(struct app *app, struct convert_options *out)
{
    struct slice gateway = app->options.gateway;
    size_t slash = slice_find(gateway, '/', 0);
    if (slash < gateway.len) {
        out->gateway_namespace = slice_sub(gateway, 0, slash);
        out->gateway_name = slice_sub(gateway, slash + 1, gateway.len);
    } else {
        out->gateway_name = gateway;
    }
    bool named = !gateway.ptr || is_dns_subdomain(out->gateway_name);
    if (!named || (slash < gateway.len && !is_dns_label(out->gateway_namespace))) {
        app_usage(app, "'--gateway' takes NAME or NAMESPACE/NAME, not '" SLICE_FMT "'",
                  SLICE_ARG(gateway));
        return false;
    }
    return true;
}

static bool read_layout(struct app *app, struct convert_options *out)
{
    const struct options *options = &app->options;
    out->layout = convert_layout_find(options->layout);
    out->shared_namespace = options->gateway_namespace;
    if (options->gateway_namespace.len && !is_dns_label(options->gateway_namespace)) {
        app_usage(app, "'--gateway-namespace' takes the name of a namespace, not '" SLICE_FMT "'",
                  SLICE_ARG(options->gateway_namespace));
        return false;
    }
    struct slice why = convert_layout_refused(app->run.arena, out);
    if (why.ptr) {
        app_usage(app, "'--layout " SLICE_FMT "' cannot be written: " SLICE_FMT,
                  SLICE_ARG(options->layout.len ? options->layout : SLICE("auto")), SLICE_ARG(why));
    }
    return !why.ptr;
}

static bool read_hosts(struct app *app, struct convert_choice *out)
{
    const struct words *words = &app->options.hosts;
    struct slice *hosts = ARENA_ARRAY(app->run.arena, struct slice, words->count + 1);
    for (size_t i = 0; i < words->count; i++) {
        hosts[i] = arena_lower(app->run.arena, words->items[i]);
        if (!is_dns_subdomain(hosts[i]) && !is_wildcard_host(hosts[i])) {
            app_usage(
                app,
                "'--host' takes a host such as a.example.com or *.example.com, not '" SLICE_FMT "'",
                SLICE_ARG(words->items[i]));
            return false;
        }
    }
    out->hosts = hosts;
    out->host_count = words->count;
    return true;
}

static bool read_choice(struct app *app, struct convert_options *out)
{
    const struct options *options = &app->options;
    if (options->command->command != COMMAND_CONVERT) {
        return true;
    }
    out->choice.namespace = options->namespace;
    out->owners = options->rbac;
    if (options->selector.len) {
        struct label_selector *selector = ARENA_NEW(app->run.arena, struct label_selector);
        out->choice.selector = selector;
        if (!label_selector_parse(app->run.arena, options->selector, selector)) {
            app_usage(app,
                      "'--selector' takes labels such as team=web,env!=test, not '" SLICE_FMT "'",
                      SLICE_ARG(options->selector));
            return false;
        }
    }
    return read_hosts(app, &out->choice);
}

bool app_convert_options(struct app *app, struct convert_options *out)
{
    const struct options *options = &app->options;
    convert_options_default(out);
    if (options->to.len) {
        out->target = target_find(options->to);
    }
    out->experimental = slice_is(options->channel, "experimental");
    out->fidelity = slice_is(options->fidelity, convert_fidelity_name(FIDELITY_INTENT))
                        ? FIDELITY_INTENT
                        : FIDELITY_EXACT;
    out->gateway_class = options->gateway_class;
    if (options->gateway_class.len && !is_dns_subdomain(options->gateway_class)) {
        app_usage(app, "'--gateway-class' takes the name of a GatewayClass, not '" SLICE_FMT "'",
                  SLICE_ARG(options->gateway_class));
        return false;
    }
    return read_versions(app, out) && read_gateway(app, out) && read_layout(app, out) &&
           read_choice(app, out);
}
