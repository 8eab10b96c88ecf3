#include "ingress_nginx/ingress_nginx.h"

#include "ingress_nginx/model_priv.h"

#include <string.h>

enum check {
    CHECK_ANY,
    CHECK_BOOL,
    CHECK_INT,
    CHECK_SIZE,
    CHECK_BASIC,
    CHECK_URL,
    CHECK_RX,
    CHECK_PATHCAP,
    CHECK_HEADERS,
    CHECK_VAR,
    CHECK_CIDRS,
    CHECK_OPTIONS,
    CHECK_OPTIONS_FOLD,
    CHECK_LABEL,
    CHECK_METHODS,
    CHECK_EXPOSED,
    CHECK_ORIGINS,
    CHECK_ALIASES
};
/* The same checks after blanks were removed. */
#define CHECK_STRIPPED_SIZE    (CHECK_SIZE | STRIP)
#define CHECK_STRIPPED_BASIC   (CHECK_BASIC | STRIP)
#define CHECK_STRIPPED_URL     (CHECK_URL | STRIP)
#define CHECK_STRIPPED_PATHCAP (CHECK_PATHCAP | STRIP)
#define CHECK_STRIPPED_HEADERS (CHECK_HEADERS | STRIP)
#define CHECK_STRIPPED_VAR     (CHECK_VAR | STRIP)
#define CHECK_STRIPPED_OPTIONS (CHECK_OPTIONS | STRIP)
#define CHECK_STRIPPED_METHODS (CHECK_METHODS | STRIP)
#define CHECK_STRIPPED_EXPOSED (CHECK_EXPOSED | STRIP)
enum { STRIP = 64 };

enum bad_value { BAD_DEFAULT, BAD_DROP, BAD_DENY, BAD_GROUP };
enum treatment { TREAT_USED, TREAT_QUIET, TREAT_OPEN, TREAT_RISK };

struct annotation {
    const char *name, *alias;
    int check;
    const char *options;
    enum bad_value bad;
    enum treatment treatment;
    enum aspect aspect;
};

static const struct annotation rows[AN_COUNT] = {
#define A(id, name, alias, scope, check, options, bad, treatment, aspect, fallback, text)          \
    [AN_##id] = {name,           alias, CHECK_##check, options, BAD_##bad, TREAT_##treatment,      \
                 ASPECT_##aspect},
#include "ingress_nginx/annotations.def"
#undef A
};

static const char *const scopes[] = {"location", "server", "upstream", "ingress", "global"};
enum { SCOPE_LOCATION, SCOPE_SERVER, SCOPE_UPSTREAM, SCOPE_INGRESS, SCOPE_GLOBAL };

static const char *const accepts[] = {
    [CHECK_ANY] = "text",
    [CHECK_BOOL] = "true or false (also 1, t, T, TRUE, True and the like; not yes or on)",
    [CHECK_INT] = "a whole number without a unit",
    [CHECK_SIZE] = "a size such as 8k or 16m",
    [CHECK_BASIC] = "letters, digits and - . _ ~ / :",
    [CHECK_URL] = "a URL without variables, % and #",
    [CHECK_RX] = "letters, digits and the characters of regular expressions",
    [CHECK_PATHCAP] = "a path, with $1 to $9 for captures",
    [CHECK_HEADERS] = "header names, separated by commas",
    [CHECK_VAR] = "letters, digits, - _ and $variables",
    [CHECK_CIDRS] = "addresses and networks, separated by commas",
    [CHECK_OPTIONS] = "one of",
    [CHECK_OPTIONS_FOLD] = "one of, any case",
    [CHECK_LABEL] = "the name of a Service",
    [CHECK_METHODS] = "methods, separated by commas",
    [CHECK_EXPOSED] = "header names, separated by commas, or *",
    [CHECK_ORIGINS] = "origins such as https://*.example.com, separated by commas, or *",
    [CHECK_ALIASES] = "host names, separated by commas",
};

static const char *const bad_values[] = {
    [BAD_DEFAULT] = "the default is used without a word",
    [BAD_DROP] = "the whole Ingress is not loaded",
    [BAD_DENY] = "every location of the Ingress answers 503",
    [BAD_GROUP] = "the annotations of its group are ignored; external auth is then off",
};

#define A(id, name, alias, scope, check, options, bad, treatment, aspect, fallback, text)          \
    {name, alias, NULL, NULL, fallback, NULL, text, TREAT_##treatment != TREAT_OPEN},
static const struct nginx_annotation_info infos[AN_COUNT] = {
#include "ingress_nginx/annotations.def"
};
#undef A
static const uint8_t scope_of[AN_COUNT] = {
#define A(id, name, alias, scope, check, options, bad, treatment, aspect, fallback, text)          \
    SCOPE_##scope,
#include "ingress_nginx/annotations.def"
#undef A
};

bool nginx_annotation_info_at(size_t index, struct nginx_annotation_info *out)
{
    if (index >= AN_COUNT) {
        return false;
    }
    *out = infos[index];
    out->scope = scopes[scope_of[index]];
    out->accepts = rows[index].options ? rows[index].options : accepts[rows[index].check & ~STRIP];
    out->bad_value = rows[index].treatment == TREAT_RISK
                         ? "dropped with its Ingress unless the controller allows critical risk"
                         : bad_values[rows[index].bad];
    return true;
}

/* Names in old manifests that no parser of this version reads. */
static const char *const dead[] = {
    "add-base-url",          "base-url-scheme",
    "secure-backends",       "session-cookie-hash",
    "global-rate-limit",     "global-rate-limit-window",
    "global-rate-limit-key", "global-rate-limit-ignored-cidrs",
    "enable-influxdb",       "influxdb-measurement",
    "influxdb-port",         "influxdb-host",
    "influxdb-server-name",  "enable-opentracing",
};

/* ---- checks: internal/ingress/annotations/parser/validators.go ------------------------------ */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool only(struct slice value, const char *more)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!is_word(value.ptr[i]) && (value.ptr[i] == '\0' || !strchr(more, value.ptr[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_bool(struct slice value)
{
    /* Go's strconv.ParseBool */
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (slice_is(value, words[i])) {
            return true;
        }
    }
    return false;
}

bool size_parse(struct slice text, int64_t *bytes)
{
    uint64_t number, unit = 1;
    if (text.len) {
        char last = (char)(text.ptr[text.len - 1] | 32);
        unit = last == 'k'   ? 1024
               : last == 'm' ? 1024 * 1024
               : last == 'g' ? 1024u * 1024 * 1024
                             : 1;
        if (unit > 1 || last == 'b') {
            text.len--;
        }
    }
    if (!slice_to_uint(text, (uint64_t)1 << 32, &number)) {
        return false;
    }
    *bytes = (int64_t)(number * unit);
    return true;
}

static bool all_networks(struct slice value)
{
    struct slice item;
    size_t count = 0;
    while (slice_split(&value, ',', &item)) {
        struct network network;
        if (!network_parse(slice_trim(item), &network)) {
            return false;
        }
        count++;
    }
    return count > 0;
}

static bool is_option(struct slice value, const char *options, bool fold)
{
    struct slice rest = slice_of(options), option;
    while (slice_split(&rest, '|', &option)) {
        if (fold ? slice_equal_fold(value, option) : slice_equal(value, option)) {
            return true;
        }
    }
    return false;
}

static bool passes(const struct annotation *row, struct slice value)
{
    int64_t number;
    switch ((enum check)(row->check & ~STRIP)) {
    case CHECK_ANY:
        return true;
    case CHECK_BOOL:
        return is_bool(value);
    case CHECK_INT:
        return slice_to_int(value, &number);
    case CHECK_SIZE:
        return size_parse(value, &number);
    case CHECK_BASIC:
        return only(value, "/-._~:");
    case CHECK_URL:
        return only(value, "-._~/:,?&=");
    case CHECK_RX:
    case CHECK_ALIASES:
        return only(value, "/-._~:^$[](){}*+?|&=\\, ") &&
               ((row->check & ~STRIP) == CHECK_ALIASES || only(value, "/-._~:^$[](){}*+?|&=\\"));
    case CHECK_PATHCAP:
        return only(value, "/-._~:$");
    case CHECK_HEADERS:
        return only(value, "-_, ");
    case CHECK_VAR:
        return only(value, "-_${}");
    case CHECK_CIDRS:
        return all_networks(value);
    case CHECK_OPTIONS:
        return is_option(value, row->options, false);
    case CHECK_OPTIONS_FOLD:
        return is_option(value, row->options, true);
    case CHECK_LABEL:
        return is_dns_label(value);
    case CHECK_METHODS:
        return only(value, ", ");
    case CHECK_EXPOSED:
        return only(value, "-_,* ");
    case CHECK_ORIGINS:
        return only(value, "-.:/*, ");
    }
    return false;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct reading {
    struct run *run;
    const struct ingress *ingress;
    const struct settings *settings;
    struct annotations *out;
    struct arena *arena; /* for the values */
};

static int find_row(struct slice name, bool *is_alias)
{
    for (int i = 0; i < AN_COUNT; i++) {
        if (slice_is(name, rows[i].name) || (rows[i].alias && slice_is(name, rows[i].alias))) {
            *is_alias = !slice_is(name, rows[i].name);
            return i;
        }
    }
    return -1;
}

static void unknown_name(const struct reading *reading, const struct label *label,
                         struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(dead); i++) {
        if (slice_is(name, dead[i])) {
            diag_at(reading->run->diag, DIAG_N002, label->span, reading->ingress->object.subject,
                    "annotation '" SLICE_FMT "' does nothing in this version of the controller; "
                    "remove it",
                    SLICE_ARG(label->key));
            return;
        }
    }
    const char *names[AN_COUNT];
    for (size_t i = 0; i < AN_COUNT; i++) {
        names[i] = rows[i].name;
    }
    const char *close = diag_closest(name, names, AN_COUNT);
    diag_at(reading->run->diag, DIAG_N001, label->span, reading->ingress->object.subject,
            "ingress-nginx has no annotation '" SLICE_FMT "', so it does nothing%s%s%s",
            SLICE_ARG(label->key), close ? "; did you mean '" : "", close ? close : "",
            close ? "'?" : "");
}

static void drop(const struct reading *reading, const struct label *label, const char *why)
{
    struct annotations *out = reading->out;
    if (!out->dropped) {
        out->reason = arena_printf(reading->run->arena, "annotation '" SLICE_FMT "' %s",
                                   SLICE_ARG(label->key), why);
    }
    out->dropped = true;
    diag_at(reading->run->diag, DIAG_N003, label->span, reading->ingress->object.subject,
            "annotation '" SLICE_FMT "' %s, so the controller does not load this Ingress at all",
            SLICE_ARG(label->key), why);
}

static void bad_value(const struct reading *reading, const struct annotation *row,
                      const struct label *label, struct slice value)
{
    struct annotations *out = reading->out;
    switch (row->bad) {
    case BAD_DROP:
        drop(reading, label,
             arena_string(reading->run->arena,
                          arena_printf(reading->run->arena, "has the bad value '" SLICE_FMT "'",
                                       SLICE_ARG(value))));
        return;
    case BAD_DENY:
        out->denied = true;
        diag_at(reading->run->diag, DIAG_N004, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' has the bad value '" SLICE_FMT
                "', so all paths of this Ingress answer 503",
                SLICE_ARG(label->key), SLICE_ARG(value));
        return;
    case BAD_GROUP:
    case BAD_DEFAULT:
        diag_at(reading->run->diag, DIAG_N005, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' has the bad value '" SLICE_FMT
                "', which the controller ignores without a word; %s",
                SLICE_ARG(label->key), SLICE_ARG(value),
                row->bad == BAD_GROUP ? "external auth is off with it" : "the default applies");
        return;
    }
}

static void not_understood(const struct reading *reading, const struct annotation *row,
                           const struct label *label)
{
    struct effect_source source = {label->key, label->span};
    struct slice reason =
        arena_printf(reading->run->arena, "annotation '" SLICE_FMT "' is not understood yet",
                     SLICE_ARG(label->key));
    reading->out->unknown =
        unknown_add(reading->run, reading->out->unknown, row->aspect, source, reason);
    diag_at(reading->run->diag, DIAG_N006, label->span, reading->ingress->object.subject,
            "annotation '" SLICE_FMT "' is not understood yet; what it does (%s) is unknown and is "
            "not converted",
            SLICE_ARG(label->key), aspect_name(row->aspect));
}

static void read_one(const struct reading *reading, const struct label *label, struct slice name)
{
    bool is_alias = false;
    int id = find_row(name, &is_alias);
    if (id < 0) {
        unknown_name(reading, label, name);
        return;
    }
    const struct annotation *row = &rows[id];
    struct annotations *out = reading->out;
    /* Values are trimmed; an alias counts only where the main name has no value. */
    struct slice value = slice_trim(label->value);
    if (is_alias && out->at[id]) {
        return;
    }
    bool critical = reading->settings->risk_critical;
    if (row->treatment == TREAT_RISK && !critical) {
        drop(reading, label, "is a snippet, which the controller's risk level forbids");
        return;
    }
    if (row->treatment == TREAT_RISK && !reading->settings->allow_snippets) {
        diag_at(reading->run->diag, DIAG_N005, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is removed by the controller, which allows no snippets",
                SLICE_ARG(label->key));
        return;
    }
    if (value.len == 0) {
        if (row->bad == BAD_DENY && row->treatment == TREAT_USED) {
            bad_value(reading, row, label, value);
        } else {
            diag_at(reading->run->diag, DIAG_N007, label->span, reading->ingress->object.subject,
                    "annotation '" SLICE_FMT "' is empty, which counts as not set",
                    SLICE_ARG(label->key));
        }
        return;
    }
    if (!passes(row, value)) {
        bad_value(reading, row, label, label->value);
        return;
    }
    if (!out->at[id]) {
        (void)ARENA_PUSH(reading->arena, out->values, out->count, out->capacity);
        out->at[id] = (uint8_t)out->count;
    }
    out->values[out->at[id] - 1] = (struct annotation_value){value, label->key, label->span};
    if (row->treatment == TREAT_OPEN || row->treatment == TREAT_RISK) {
        not_understood(reading, row, label);
    } else if (row->treatment == TREAT_QUIET) {
        diag_at(reading->run->diag, DIAG_N008, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' shows in no request; it is left out",
                SLICE_ARG(label->key));
    }
}

static bool blocked(const struct settings *settings, struct slice value, struct slice *word)
{
    struct slice rest = settings->blocklist;
    while (slice_split(&rest, ',', word)) {
        if (word->len && slice_contains(value, *word)) {
            return true;
        }
    }
    return false;
}

static void foreign(const struct reading *reading, const struct label *label)
{
    static const char *const harmless[] = {"kubernetes.io/ingress.class",
                                           "kubectl.kubernetes.io/last-applied-configuration"};
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
        if (slice_is(label->key, harmless[i])) {
            return;
        }
    }
    if (slice_find(label->key, '/', 0) < label->key.len) {
        diag_at(reading->run->diag, DIAG_N009, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is read by something else than the controller; it is "
                "not carried over",
                SLICE_ARG(label->key));
    }
}

/* Annotations that do nothing by themselves, and those whose effect shows in part of the requests only:
 * each is named, so that nothing in a manifest disappears without a word. */
static const struct note {
    enum annotation_id id;
    int needs; /* annotation without which it has no effect; -1: none */
    const char *text;
} notes[] = {
    {AN_cors_allow_credentials, AN_enable_cors, NULL},
    {AN_cors_allow_headers, AN_enable_cors, NULL},
    {AN_cors_allow_methods, AN_enable_cors, NULL},
    {AN_cors_allow_origin, AN_enable_cors, NULL},
    {AN_cors_expose_headers, AN_enable_cors, NULL},
    {AN_cors_max_age, AN_enable_cors, NULL},
    {AN_permanent_redirect_code, AN_permanent_redirect, NULL},
    {AN_temporal_redirect_code, AN_temporal_redirect, NULL},
    {AN_x_forwarded_prefix, AN_rewrite_target, NULL},
    {AN_preserve_trailing_slash, -1, "acts on redirects to https only"},
    {AN_relative_redirects, -1, "acts on redirects that the controller writes itself only"},
    {AN_ssl_redirect, -1, "acts on hosts with a certificate only"},
    {AN_use_regex, -1, "makes every path of the host a prefix in any case, or an expression"},
    {AN_enable_cors, -1, "also answers preflights before any authentication"},
};

static void check_notes(const struct reading *reading)
{
    const struct annotations *out = reading->out;
    for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
        const struct note *note = &notes[i];
        if (!out->at[note->id]) {
            continue;
        }
        const struct annotation_value *value = &out->values[out->at[note->id] - 1];
        if (note->needs < 0) {
            diag_at(reading->run->diag, DIAG_N021, value->span, reading->ingress->object.subject,
                    "annotation '" SLICE_FMT "' %s", SLICE_ARG(value->name), note->text);
        } else if (!out->at[note->needs]) {
            diag_at(reading->run->diag, DIAG_N020, value->span, reading->ingress->object.subject,
                    "annotation '" SLICE_FMT "' has no effect without '%s'", SLICE_ARG(value->name),
                    rows[note->needs].name);
        }
    }
    struct slice root = annotation_text(out, AN_app_root);
    if (root.ptr && root.ptr[0] != '/') {
        const struct annotation_value *value = &out->values[out->at[AN_app_root] - 1];
        diag_at(reading->run->diag, DIAG_N005, value->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is no path ('" SLICE_FMT
                "'), which the controller ignores without a word",
                SLICE_ARG(value->name), SLICE_ARG(root));
    }
    struct slice temporal = annotation_text(out, AN_temporal_redirect);
    if (temporal.ptr && !slice_starts(temporal, SLICE("http"))) {
        const struct annotation_value *value = &out->values[out->at[AN_temporal_redirect] - 1];
        diag_at(reading->run->diag, DIAG_N005, value->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is no http or https URL ('" SLICE_FMT
                "'); the controller ignores all redirect annotations of this Ingress then",
                SLICE_ARG(value->name), SLICE_ARG(temporal));
    }
}

void annotations_read(struct run *run, struct arena *arena, const struct ingress *ingress,
                      struct slice prefix, const struct settings *settings, struct annotations *out)
{
    *out = (struct annotations){0};
    const struct reading reading = {run, ingress, settings, out, arena};
    struct slice start = arena_printf(run->arena, SLICE_FMT "/", SLICE_ARG(prefix));
    for (size_t i = 0; i < ingress->object.annotations.count; i++) {
        const struct label *label = &ingress->object.annotations.items[i];
        struct slice word;
        if (!slice_starts(label->key, start)) {
            foreign(&reading, label);
        } else if (blocked(settings, label->value, &word)) {
            drop(&reading, label, "holds a word of the controller's block list");
        } else {
            read_one(&reading, label, slice_sub(label->key, start.len, label->key.len));
        }
    }
    check_notes(&reading);
}

struct slice annotation_text(const struct annotations *annotations, enum annotation_id id)
{
    return annotations->at[id] ? annotations->values[annotations->at[id] - 1].value : SLICE_ABSENT;
}

bool annotation_true(const struct annotations *annotations, enum annotation_id id, bool otherwise)
{
    struct slice value = annotation_text(annotations, id);
    return value.ptr ? slice_is(value, "1") || value.ptr[0] == 't' || value.ptr[0] == 'T'
                     : otherwise;
}

int64_t annotation_int(const struct annotations *annotations, enum annotation_id id,
                       int64_t otherwise)
{
    int64_t number;
    return slice_to_int(annotation_text(annotations, id), &number) ? number : otherwise;
}

struct effect_source annotation_source(const struct annotations *annotations, enum annotation_id id)
{
    if (!annotations->at[id]) {
        return (struct effect_source){0};
    }
    const struct annotation_value *value = &annotations->values[annotations->at[id] - 1];
    return (struct effect_source){value->name, value->span};
}
