#include "app.h"
#include "coverage/coverage.h"

#include <curl/curl.h>
#include <jansson.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <openssl/crypto.h>
#include <pcre2.h>
#include <yaml.h>
#include <zlib.h>

#define PREFIX "nginx.ingress.kubernetes.io/"

static void print_list(struct app *app)
{
    buf_puts(&app->out, "diagnostics\n");
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        const struct diag_row *row = diag_row((enum diag_code)i);
        buf_printf(&app->out, "  %s  %-7s  %s\n", row->name, severity_name(row->severity),
                   row->title);
    }
    buf_puts(&app->out, "\nannotations of ingress-nginx\n");
    struct nginx_annotation_info info;
    for (size_t i = 0; nginx_annotation_info_at(i, &info); i++) {
        buf_printf(&app->out, "  " PREFIX "%s%s\n", info.name,
                   info.treatment ? "  (common directives of it)" : "");
    }
    buf_puts(&app->out, "\neffects, and parts of them\n");
    for (enum feature_id id = 0; id < FEATURE_COUNT; id++) {
        buf_printf(&app->out, "  %-26s %s\n", feature_row(id)->name, feature_row(id)->text);
    }
}

static bool explain_code(struct app *app, struct slice name)
{
    const struct diag_row *row = diag_row_find(name);
    if (row) {
        buf_printf(&app->out, "%s (%s): %s\n\n%s\n", row->name, severity_name(row->severity),
                   row->title, row->help);
    }
    return row != NULL;
}

/* Many keys have the name of an annotation. */
/* Most keys are the default of the annotation with the same name; some say more. */
static void print_setting(struct app *app, const char *name)
{
    struct nginx_setting_info info;
    for (size_t i = 0; nginx_setting_info_at(i, &info); i++) {
        if (info.flag || !slice_is(slice_of(info.name), name)) {
            continue;
        }
        buf_printf(&app->out, "\nAs a key of the controller's ConfigMap%s%s\n",
                   info.text ? ": " : " it is the default of all Ingresses.",
                   info.text ? info.text : "");
    }
}

/* What a target makes of it, with the release and channel that were asked for. */
static void print_targets(struct app *app, const struct convert_options *options,
                          enum feature_id feature)
{
    for (size_t t = 0; target_at(t) && feature_row(feature); t++) {
        const struct feature_capability capability =
            target_capability(target_at(t), feature, options->api_minor, options->experimental);
        buf_printf(&app->out, "  %s: %s; %s\n", target_at(t)->name,
                   support_name(capability.support), capability.text);
    }
    const char *recipe = feature_recipe(feature);
    if (recipe) {
        buf_printf(&app->out, "\n%s\n", recipe);
    }
}

static bool explain_annotation(struct app *app, const struct convert_options *options,
                               struct slice name)
{
    struct nginx_annotation_info info;
    if (slice_starts(name, SLICE(PREFIX))) {
        name = slice_sub(name, sizeof PREFIX - 1, name.len);
    }
    for (size_t i = 0; nginx_annotation_info_at(i, &info); i++) {
        if (!slice_is(name, info.name) && !(info.alias && slice_is(name, info.alias))) {
            continue;
        }
        buf_printf(&app->out, PREFIX "%s\n", info.name);
        if (info.alias) {
            buf_printf(&app->out, "  also written %s\n", info.alias);
        }
        buf_printf(&app->out,
                   "\n%s\n\n  acts on    %s\n  accepts    %s\n  default    %s\n  bad value  %s\n"
                   "  risk       %s\n",
                   info.text, info.scope, info.accepts, info.fallback, info.bad_value, info.risk);
        print_setting(app, info.name);
        if (info.treatment) {
            buf_printf(&app->out, "\n%s\n", info.treatment);
        }
        buf_puts(&app->out, feature_row(info.feature) ? "\n" : "\nIt shows in no request.\n");
        print_targets(app, options, info.feature);
        return true;
    }
    return false;
}

static bool explain_setting(struct app *app, const struct convert_options *options,
                            struct slice name)
{
    struct nginx_setting_info info;
    while (slice_starts(name, SLICE("--"))) {
        name = slice_sub(name, 2, name.len);
    }
    for (size_t i = 0; nginx_setting_info_at(i, &info); i++) {
        if (!slice_is(name, info.name)) {
            continue;
        }
        buf_printf(&app->out, "%s%s, %s\n\n", info.flag ? "--" : "", info.name,
                   info.flag ? "a flag of the ingress-nginx controller"
                             : "a key of the ingress-nginx controller's ConfigMap");
        if (info.text) {
            buf_printf(&app->out, "%s\n\n  default    %s\n\n", info.text, info.fallback);
        }
        buf_printf(&app->out, "%s\n", info.treatment);
        print_targets(app, options, info.feature);
        return true;
    }
    return false;
}

static bool explain_feature(struct app *app, const struct convert_options *options,
                            struct slice name)
{
    for (enum feature_id id = 0; id < FEATURE_COUNT; id++) {
        const struct feature_row *row = feature_row(id);
        if (!slice_is(name, row->name)) {
            continue;
        }
        buf_printf(&app->out, "%s: %s\n", row->name, row->text);
        if (row->effect != EFFECT_COUNT) {
            const struct effect_row *effect = effect_row(row->effect);
            buf_printf(&app->out, "  aspect %s; a difference is %s\n", aspect_name(effect->aspect),
                       impact_name(effect->impact));
        }
        print_targets(app, options, id);
        return true;
    }
    return false;
}

/* ---- searching ---------------------------------------------------------------------------- */

static bool holds_word(struct slice text, struct slice word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (slice_equal_fold(slice_sub(text, i, i + word.len), word)) {
            return true;
        }
    }
    return false;
}

/* True when each word of `words` stands in one of the texts. */
static bool holds_words(const char *const *texts, size_t count, struct slice words)
{
    struct slice word;
    bool any = false;
    while (slice_split(&words, ' ', &word)) {
        bool found = word.len == 0;
        for (size_t i = 0; i < count && !found; i++) {
            found = texts[i] && holds_word(slice_of(texts[i]), word);
        }
        if (!found) {
            return false;
        }
        any = any || word.len;
    }
    return any;
}

static bool list_matches(struct app *app, struct slice words)
{
    struct nginx_annotation_info info;
    size_t before = app->out.len;
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        const struct diag_row *row = diag_row((enum diag_code)i);
        const char *const texts[] = {row->title, row->help};
        if (holds_words(texts, ARRAY_LEN(texts), words)) {
            buf_printf(&app->out, "  %-4s  %s\n", row->name, row->title);
        }
    }
    for (size_t i = 0; nginx_annotation_info_at(i, &info); i++) {
        const char *const texts[] = {info.name, info.alias, info.text};
        if (holds_words(texts, ARRAY_LEN(texts), words)) {
            buf_printf(&app->out, "  " PREFIX "%s\n", info.name);
        }
    }
    for (enum feature_id id = 0; id < FEATURE_COUNT; id++) {
        const struct feature_row *row = feature_row(id);
        const char *const texts[] = {row->name, row->text};
        if (holds_words(texts, ARRAY_LEN(texts), words)) {
            buf_printf(&app->out, "  %-26s %s\n", row->name, row->text);
        }
    }
    return app->out.len > before;
}

static bool search(struct app *app, struct slice words)
{
    size_t before = app->out.len;
    buf_printf(&app->out, "these speak of '" SLICE_FMT "'; 'gateshift explain NAME' tells more\n",
               SLICE_ARG(words));
    if (list_matches(app, words)) {
        return true;
    }
    app->out.len = before;
    return false;
}

/* A name that is spelled like the one that was asked for; null when none is. */
static const char *close_name(struct app *app, struct slice name)
{
    const char **names = NULL;
    size_t count = 0, capacity = 0;
    struct nginx_annotation_info info;
    if (slice_starts(name, SLICE(PREFIX))) {
        name = slice_sub(name, sizeof PREFIX - 1, name.len);
    }
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        *ARENA_PUSH(app->run.arena, names, count, capacity) = diag_row((enum diag_code)i)->name;
    }
    for (size_t i = 0; nginx_annotation_info_at(i, &info); i++) {
        *ARENA_PUSH(app->run.arena, names, count, capacity) = info.name;
    }
    for (enum feature_id id = 0; id < FEATURE_COUNT; id++) {
        *ARENA_PUSH(app->run.arena, names, count, capacity) = feature_row(id)->name;
    }
    return diag_closest(name, names, count);
}

static bool explain(struct app *app, const struct convert_options *options, struct slice name)
{
    return explain_code(app, name) || explain_annotation(app, options, name) ||
           explain_setting(app, options, name) || explain_feature(app, options, name);
}

static int print_coverage(struct app *app, const struct convert_options *options)
{
    static const char *const names[] = {"text", "markdown", "json"};
    enum coverage_format format = COVERAGE_TEXT;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        format = app_output_is(app, names[i]) ? (enum coverage_format)i : format;
    }
    if (app->options.operands.count) {
        return app_usage(app, "'--coverage' takes no names: it prints all of them");
    }
    const struct coverage_options coverage = {format, app->options.to.len ? options->target : NULL,
                                              options->api_minor, options->experimental};
    coverage_print(app->run.arena, &coverage, &app->out);
    return EXIT_WELL;
}

/* "body limit" may come as one word of the shell or as two. */
static struct slice all_words(struct app *app)
{
    const struct words *operands = &app->options.operands;
    struct slice text = operands->items[0];
    for (size_t i = 1; i < operands->count; i++) {
        text = ARENA_JOIN(app->run.arena, text, SLICE(" "), operands->items[i]);
    }
    return text;
}

int cmd_explain(struct app *app)
{
    const struct words *operands = &app->options.operands;
    struct slice unknown = SLICE_ABSENT;
    struct convert_options options;
    if (!app_convert_options(app, &options)) {
        return EXIT_USAGE;
    }
    if (app->options.coverage) {
        return print_coverage(app, &options);
    }
    if (app->options.output.len || app->options.to.len) {
        return app_usage(app, "'--output' and '--to' need '--coverage'");
    }
    if (operands->count == 0) {
        print_list(app);
        return EXIT_WELL;
    }
    for (size_t i = 0; i < operands->count && !unknown.ptr; i++) {
        buf_puts(&app->out, i ? "\n" : "");
        unknown = explain(app, &options, operands->items[i]) ? SLICE_ABSENT : operands->items[i];
    }
    if (!unknown.ptr) {
        return EXIT_WELL;
    }
    buf_clear(&app->out);
    const char *close = close_name(app, unknown);
    struct slice words = all_words(app);
    if (search(app, words)) {
        return EXIT_WELL;
    }
    return close ? app_usage(app,
                             "'" SLICE_FMT "' is no code, annotation or effect; did you mean '%s'?",
                             SLICE_ARG(unknown), close)
                 : app_usage(app,
                             "'" SLICE_FMT "' is no code, annotation or effect, and none speaks of "
                             "it; 'gateshift explain' lists them",
                             SLICE_ARG(unknown));
}

int cmd_version(struct app *app)
{
    int major = 0, minor = 0, patch = 0;
    char pcre[64] = "";
    yaml_get_version(&major, &minor, &patch);
    pcre2_config(PCRE2_CONFIG_VERSION, pcre);
    buf_printf(&app->out,
               "gateshift %s\nlibyaml %d.%d.%d, jansson %s, pcre2 %s, %s, libcurl %s, zlib %s\n",
               GATESHIFT_VERSION, major, minor, patch, jansson_version_str(), pcre,
               OpenSSL_version(OPENSSL_VERSION), curl_version_info(CURLVERSION_NOW)->version,
               zlibVersion());
    return EXIT_WELL;
}

int cmd_completion(struct app *app)
{
    struct slice shell = app->options.operands.items[0], names = SLICE("");
    for (size_t i = 0; completion_shell(i); i++) {
        names = arena_printf(app->run.arena, SLICE_FMT "%s%s", SLICE_ARG(names), i ? ", " : "",
                             completion_shell(i));
    }
    return completion_print(shell, &app->out)
               ? EXIT_WELL
               : app_usage(app, "'completion' takes one of " SLICE_FMT ", not '" SLICE_FMT "'",
                           SLICE_ARG(names), SLICE_ARG(shell));
}
