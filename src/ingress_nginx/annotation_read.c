#include "ingress_nginx/annotations_priv.h"
#include "ingress_nginx/model_priv.h"

struct found_row {
    enum annotation_id id; /* AN_none: none of the controller's */
    bool alias;
};
struct reading {
    struct run *run;
    const struct ingress *ingress;
    const struct settings *settings;
    struct slice prefix;     /* with its slash */
    struct found_row *found; /* for each annotation of the Ingress */
    struct annotations *out;
    bool redirects_void; /* the parser of redirects gives up, without a word */
    bool auth_void;      /* so does the one of external authentication */
};

/* ---- access ------------------------------------------------------------------------------- */

struct annotation *annotation_get(const struct annotations *annotations, enum annotation_id id)
{
    /* Hundreds are asked for at each location, and few are there. */
    const bool held = annotations->held[id / 64] >> (id % 64) & 1;
    for (size_t i = 0; held && i < annotations->count; i++) {
        if (annotations->items[i].id == id) {
            return &annotations->items[i];
        }
    }
    return NULL;
}

bool annotation_set(const struct annotations *annotations, enum annotation_id id)
{
    return annotation_get(annotations, id) != NULL;
}

struct slice annotation_text(const struct annotations *annotations, enum annotation_id id)
{
    const struct annotation *item = annotation_get(annotations, id);
    return item ? item->value : SLICE_ABSENT;
}

bool annotation_true(const struct annotations *annotations, enum annotation_id id, bool otherwise)
{
    const struct annotation *item = annotation_get(annotations, id);
    return item ? is_true(item->value) : otherwise;
}

bool annotations_grpc(const struct annotations *annotations)
{
    struct slice protocol = annotation_text(annotations, AN_backend_protocol);
    return slice_equal_fold(protocol, SLICE("GRPC")) || slice_equal_fold(protocol, SLICE("GRPCS"));
}

int64_t annotation_int(const struct annotations *annotations, enum annotation_id id,
                       int64_t otherwise)
{
    const struct annotation *item = annotation_get(annotations, id);
    int64_t number;
    return item && slice_to_int(item->value, &number) ? number : otherwise;
}

void annotation_use(const struct annotations *annotations, enum annotation_id id)
{
    struct annotation *item = annotation_get(annotations, id);
    if (item) {
        item->used = true;
    }
}

struct effect_source annotation_source(const struct annotations *annotations, enum annotation_id id)
{
    const struct annotation *item = annotation_get(annotations, id);
    annotation_use(annotations, id);
    return item ? (struct effect_source){item->name, item->span}
                : (struct effect_source){SLICE_ABSENT, SPAN_NONE};
}

static bool is_idle(const struct annotation_row *row, struct slice value)
{
    if (!row->idle) {
        return false;
    }
    return row->check == CHECK_BOOL ? is_true(value) == is_true(slice_of(row->idle))
                                    : slice_equal_fold(value, slice_of(row->idle));
}

bool annotation_acts(const struct annotations *annotations, enum annotation_id id)
{
    const struct annotation *item = annotation_get(annotations, id);
    const struct annotation_row *row = annotation_row(id);
    if (!item || is_idle(row, item->value)) {
        return false;
    }
    if (row->needs != AN_none) {
        return annotation_acts(annotations, row->needs);
    }
    if (id == AN_limit_allowlist || id == AN_limit_burst_multiplier) {
        return annotation_acts(annotations, AN_limit_connections) ||
               annotation_acts(annotations, AN_limit_rpm) ||
               annotation_acts(annotations, AN_limit_rps);
    }
    return id != AN_enable_cors || is_true(item->value);
}

/* ---- what a bad value does ----------------------------------------------------------------- */

static void unknown_name(const struct reading *reading, const struct label *label,
                         struct slice name)
{
    if (annotation_is_dead(name)) {
        diag_at(reading->run->diag, DIAG_N002, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' does nothing in this version of the controller; "
                "remove it",
                SLICE_ARG(label->key));
        return;
    }
    const char *close = annotation_closest(name);
    diag_at(reading->run->diag, DIAG_N001, label->span, reading->ingress->object.subject,
            "ingress-nginx has no annotation '" SLICE_FMT "', so it does nothing%s%s%s",
            SLICE_ARG(label->key), close ? "; did you mean '" : "", close ? close : "",
            close ? "'?" : "");
}

static void drop(const struct reading *reading, const struct label *label, const char *why)
{
    reading->out->dropped = true;
    diag_at(reading->run->diag, DIAG_N003, label->span, reading->ingress->object.subject,
            "annotation '" SLICE_FMT "' %s, so the controller does not load this Ingress at all",
            SLICE_ARG(label->key), why);
}

static void drop_value(const struct reading *reading, const struct label *label)
{
    struct slice why = arena_printf(reading->run->arena, "has the bad value '" SLICE_FMT "'",
                                    SLICE_ARG(label->value));
    drop(reading, label, arena_string(reading->run->arena, why));
}

static void deny(const struct reading *reading, struct span span, struct slice name,
                 const char *why)
{
    struct annotations *out = reading->out;
    diag_at(reading->run->diag, DIAG_N004, span, reading->ingress->object.subject,
            "annotation '" SLICE_FMT "' %s, so all paths of this Ingress answer 503",
            SLICE_ARG(name), why);
    if (!out->denied) {
        out->denied = true;
        out->denied_source = (struct effect_source){name, span};
        out->denied_reason = arena_printf(reading->run->arena, "annotation '" SLICE_FMT "' %s",
                                          SLICE_ARG(name), why);
    }
}

void annotations_deny(struct run *run, struct annotations *annotations, enum annotation_id id,
                      const char *why)
{
    struct annotation *item = annotation_get(annotations, id);
    const struct reading reading = {
        .run = run, .ingress = annotations->ingress, .out = annotations};
    item->named = true;
    deny(&reading, item->span, item->name, why);
}

void annotations_drop(struct run *run, struct annotations *annotations, enum annotation_id id,
                      const char *why)
{
    struct annotation *item = annotation_get(annotations, id);
    const struct label label = {.key = item->name, .value = item->value, .span = item->span};
    const struct reading reading = {
        .run = run, .ingress = annotations->ingress, .out = annotations};
    item->named = true;
    drop(&reading, &label, why);
}

void annotations_ignore(struct run *run, struct annotations *annotations, enum annotation_id id,
                        const char *why)
{
    struct annotation *item = annotation_get(annotations, id);
    diag_at(run->diag, DIAG_N005, item->span, annotations->ingress->object.subject,
            "annotation '" SLICE_FMT "' %s, so the controller ignores it without a word",
            SLICE_ARG(item->name), why);
    *item = annotations->items[--annotations->count];
}

static void hold(struct annotations *out, const struct annotation *item)
{
    *ARENA_PUSH(out->arena, out->items, out->count, out->capacity) = *item;
    out->held[item->id / 64] |= (uint64_t)1 << (item->id % 64);
}

static void bad_value(struct reading *reading, const struct annotation_row *row,
                      const struct label *label)
{
    struct run *run = reading->run;
    struct slice subject = reading->ingress->object.subject;
    /* A parser that its main annotation does not switch on never sees the value. */
    bool seen = row->needs == AN_none || annotation_acts(reading->out, row->needs);
    bool drops = row->bad == BAD_STRICT || (row->bad == BAD_DROP && seen);
    if (drops && reading->settings->validates) {
        drop_value(reading, label);
        return;
    }
    bool denies =
        row->bad == BAD_DENY ||
        (!reading->settings->validates &&
         (row == annotation_row(AN_auth_cache_duration) || row == annotation_row(AN_auth_type)));
    if (denies && seen) {
        struct slice why =
            arena_printf(run->arena, "has the bad value '" SLICE_FMT "'", SLICE_ARG(label->value));
        deny(reading, label->span, label->key, arena_string(run->arena, why));
        return;
    }
    if (row->bad == BAD_GROUP && seen && reading->settings->validates) {
        reading->auth_void = true;
        diag_at(run->diag, DIAG_N022, label->span, subject,
                "annotation '" SLICE_FMT "' has the bad value '" SLICE_FMT
                "', which switches external authentication off: every request gets in",
                SLICE_ARG(label->key), SLICE_ARG(label->value));
        return;
    }
    if (row->bad == BAD_SELF) { /* annotations/mirror: the source stays, and has no target */
        struct annotations *out = reading->out;
        hold(out, &(struct annotation){.id = annotation_find(slice_of(row->name), &(bool){false}),
                                       .value = SLICE(""),
                                       .name = label->key,
                                       .span = label->span});
        diag_at(run->diag, DIAG_N005, label->span, subject,
                "annotation '" SLICE_FMT "' has the bad value '" SLICE_FMT
                "': a copy of every request goes to / of its own host",
                SLICE_ARG(label->key), SLICE_ARG(label->value));
        return;
    }
    diag_at(run->diag, DIAG_N005, label->span, subject,
            "annotation '" SLICE_FMT "' has the bad value '" SLICE_FMT
            "', which the controller ignores without a word; the default applies (%s)",
            SLICE_ARG(label->key), SLICE_ARG(label->value), row->fallback);
}

/* Members of the parser of redirects: an empty value makes it give up (annotations/redirect). */
static bool is_redirect(enum annotation_id id)
{
    return id == AN_from_to_www_redirect || id == AN_relative_redirects ||
           id == AN_temporal_redirect || id == AN_temporal_redirect_code ||
           id == AN_permanent_redirect || id == AN_permanent_redirect_code;
}

/* checkAnnotation: another name of it is asked where it is empty, and counts only where it is not. */
static bool other_name_set(const struct reading *reading, enum annotation_id id)
{
    const struct labels *labels = &reading->ingress->object.annotations;
    bool set = false;
    for (size_t i = 0; i < labels->count; i++) {
        const struct found_row *found = &reading->found[i];
        set = set || (found->id == id && found->alias && labels->items[i].value.len > 0);
    }
    return set;
}

static void empty_value(struct reading *reading, enum annotation_id id, const struct label *label,
                        bool alias)
{
    struct slice subject = reading->ingress->object.subject;
    bool list = id == AN_allowlist_source_range || id == AN_denylist_source_range;
    if (list && !alias && !other_name_set(reading, id)) {
        deny(reading, label->span, label->key, "is empty");
    } else if (is_redirect(id)) {
        reading->redirects_void = true;
        diag_at(reading->run->diag, DIAG_N023, label->span, subject,
                "annotation '" SLICE_FMT "' is empty, so the controller ignores all redirect "
                "annotations of this Ingress; remove it or give a value",
                SLICE_ARG(label->key));
    } else {
        diag_at(reading->run->diag, DIAG_N007, label->span, subject,
                "annotation '" SLICE_FMT "' is empty, which counts as not set",
                SLICE_ARG(label->key));
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

/* True when the controller's policy lets a snippet through. */
static bool snippet_allowed(const struct reading *reading, const struct label *label)
{
    if (reading->settings->risk < RISK_CRITICAL && !reading->settings->config &&
        !reading->run->closed) {
        /* Whoever has snippets allows them, as a rule, so the answer may be all wrong. */
        reading->out->dropped = true;
        diag_severity_at(reading->run->diag, DIAG_N003, SEVERITY_ERROR, label->span,
                         reading->ingress->object.subject,
                         "annotation '" SLICE_FMT "' is a snippet, which the controller refuses by "
                         "default together with its Ingress; if yours allows snippets, give its "
                         "ConfigMap with -f, or name it with --controller-config",
                         SLICE_ARG(label->key));
        return false;
    }
    if (reading->settings->risk < RISK_CRITICAL) {
        drop(reading, label, "is a snippet, which the controller's risk level forbids");
        return false;
    }
    if (!reading->settings->allow_snippets) {
        diag_at(reading->run->diag, DIAG_N024, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is removed by the controller, which allows no snippets",
                SLICE_ARG(label->key));
        return false;
    }
    return true;
}

/* Without --enable-annotation-validation texts reach nginx.conf as they are; numbers and the like must still be
 * read, what some parsers look at themselves must still pass, and what cannot falls back to its default. */
static bool is_raw(const struct settings *settings, enum annotation_id id)
{
    static const enum annotation_id looked_at[] = {AN_satisfy,
                                                   AN_auth_type,
                                                   AN_auth_cache_duration,
                                                   AN_auth_response_headers,
                                                   AN_proxy_ssl_verify,
                                                   AN_auth_tls_verify_client,
                                                   AN_proxy_ssl_server_name,
                                                   AN_cors_allow_headers,
                                                   AN_cors_allow_methods,
                                                   AN_cors_expose_headers};
    const struct annotation_row *row = annotation_row(id);
    for (size_t i = 0; i < ARRAY_LEN(looked_at); i++) {
        if (looked_at[i] == id) {
            return false;
        }
    }
    return !settings->validates && row->check != CHECK_BOOL && row->check != CHECK_INT &&
           row->check != CHECK_CIDRS;
}

static void ignored_here(const struct reading *reading, const struct label *label)
{
    diag_at(
        reading->run->diag, DIAG_N005, label->span, reading->ingress->object.subject,
        "annotation '" SLICE_FMT "' has the value '" SLICE_FMT
        "', which this version of the controller does not understand, and ignores without a word",
        SLICE_ARG(label->key), SLICE_ARG(label->value));
}

static void take_raw(struct reading *reading, const struct label *label, enum annotation_id id)
{
    struct annotations *out = reading->out;
    diag_at(reading->run->diag, DIAG_N006, label->span, reading->ingress->object.subject,
            "annotation '" SLICE_FMT "' has the bad value '" SLICE_FMT
            "', and this controller does not check values; what it does with it is unknown",
            SLICE_ARG(label->key), SLICE_ARG(label->value));
    hold(out, &(struct annotation){.id = id,
                                   .value = slice_trim(label->value),
                                   .name = label->key,
                                   .span = label->span,
                                   .unchecked = true,
                                   .used = true,
                                   .named = true});
}

static void read_one(struct reading *reading, const struct label *label, enum annotation_id id,
                     bool alias)
{
    const struct annotation_row *row = annotation_row(id);
    struct annotations *out = reading->out;
    struct slice value = slice_trim(label->value);
    if (row->treatment == TREAT_RISK && !snippet_allowed(reading, label)) {
        return;
    }
    if (row->treatment != TREAT_RISK && annotation_risk(id) > reading->settings->risk) {
        drop(reading, label, "has a risk above the controller's annotations-risk-level");
        return;
    }
    /* An alias counts only where the main name has no value. */
    if (alias && annotation_set(out, id)) {
        diag_at(reading->run->diag, DIAG_N027, label->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' changes nothing: '%s' is set as well, and goes first",
                SLICE_ARG(label->key), row->name);
        return;
    }
    if (label->value.len == 0) {
        empty_value(reading, id, label, alias);
    } else if (!annotation_passes(row, label->value) && is_raw(reading->settings, id)) {
        take_raw(reading, label, id);
    } else if (!annotation_passes(row, label->value)) {
        bad_value(reading, row, label);
    } else if (slice_trim(label->value).len == 0 && row->check != CHECK_ANY) {
        empty_value(reading, id, label, alias);
    } else if (!version_passes(reading->run, reading->settings, id, &value)) {
        ignored_here(reading, label);
    } else {
        hold(out, &(struct annotation){
                      .id = id, .value = value, .name = label->key, .span = label->span});
    }
}

static bool blocked(const struct settings *settings, struct slice value)
{
    struct slice rest = settings->blocklist, word;
    while (slice_split(&rest, ',', &word)) {
        if (word.len && slice_contains(value, word)) {
            return true;
        }
    }
    return false;
}

/* Main names first, then aliases; those that need another one come in a second pass, because what a bad
 * value does depends on that other one. */
static void read_pass(struct reading *reading, bool dependent, bool aliases)
{
    const struct labels *labels = &reading->ingress->object.annotations;
    for (size_t i = 0; i < labels->count; i++) {
        const struct found_row *found = &reading->found[i];
        if (found->id != AN_none && found->alias == aliases &&
            version_has(reading->settings->version, found->id, found->alias) &&
            (annotation_row(found->id)->needs != AN_none) == dependent) {
            read_one(reading, &labels->items[i], found->id, found->alias);
        }
    }
}

static void read_others(struct reading *reading)
{
    const struct labels *labels = &reading->ingress->object.annotations;
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];
        struct slice name = slice_sub(label->key, reading->prefix.len, label->key.len);
        struct found_row *found = &reading->found[i];
        const bool ours = slice_starts(label->key, reading->prefix);
        found->id = ours ? annotation_find(name, &found->alias) : AN_none;
        if (!ours) {
            annotation_foreign(reading->run, reading->ingress, label);
        } else if (blocked(reading->settings, label->value)) {
            drop(reading, label, "holds a word of the controller's block list");
        } else if (found->id == AN_none) {
            unknown_name(reading, label, name);
        } else if (!version_has(reading->settings->version, found->id, found->alias)) {
            diag_at(reading->run->diag, DIAG_N002, label->span, reading->ingress->object.subject,
                    "annotation '" SLICE_FMT "' came with a later version of the controller than "
                    "the one that runs, so it does nothing",
                    SLICE_ARG(label->key));
        }
    }
}

/* ---- what several of them say together ------------------------------------------------------ */

static void remove_group(struct annotations *out, bool redirects)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        enum annotation_id id = out->items[i].id;
        bool goes = redirects ? is_redirect(id)
                              : id == AN_auth_url || annotation_row(id)->needs == AN_auth_url;
        if (!goes) {
            out->items[kept++] = out->items[i];
        }
    }
    out->count = kept;
}

static void check_groups(struct reading *reading)
{
    struct annotations *out = reading->out;
    const struct annotation *temporal = annotation_get(out, AN_temporal_redirect);
    struct slice scheme =
        temporal ? slice_sub(temporal->value, 0, slice_find(temporal->value, ':', 0)) : SLICE("");
    if (temporal && (scheme.len == temporal->value.len || /* Go's url.Parse finds no scheme */
                     !slice_equal_fold(slice_sub(scheme, 0, 4), SLICE("http")))) {
        reading->redirects_void = true;
        diag_at(reading->run->diag, DIAG_N023, temporal->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is no http or https URL, so the controller ignores all "
                "redirect annotations of this Ingress",
                SLICE_ARG(temporal->name));
    }
    const struct annotation *root = annotation_get(out, AN_app_root);
    if (root && !slice_starts(root->value, SLICE("/"))) {
        diag_at(reading->run->diag, DIAG_N005, root->span, reading->ingress->object.subject,
                "annotation '" SLICE_FMT "' is no path ('" SLICE_FMT
                "'), which the controller ignores without a word",
                SLICE_ARG(root->name), SLICE_ARG(root->value));
    }
    if (reading->redirects_void) {
        remove_group(out, true);
    }
    if (reading->auth_void) {
        remove_group(out, false);
    }
}

static void say_open(const struct reading *reading, const struct annotation *item,
                     const struct annotation_row *row)
{
    diag_at(reading->run->diag, DIAG_N006, item->span, reading->ingress->object.subject,
            SLICE_FMT "; what it does (%s) is unknown and is not converted",
            SLICE_ARG(snippet_reason(reading->run, item->name, item->id, item->value)),
            aspect_name(row->aspect));
}

/* Says of each annotation that is not simply carried out what becomes of it. */
static void say_treatment(const struct reading *reading, struct annotation *item)
{
    const struct annotation_row *row = annotation_row(item->id);
    struct diag *diag = reading->run->diag;
    struct slice subject = reading->ingress->object.subject;
    item->named = true;
    if (row->needs != AN_none && !annotation_acts(reading->out, row->needs)) {
        diag_at(diag, DIAG_N020, item->span, subject,
                "annotation '" SLICE_FMT "' does nothing without '%s'", SLICE_ARG(item->name),
                annotation_row(row->needs)->name);
    } else if (row->idle && !annotation_acts(reading->out, item->id)) {
        diag_at(diag, DIAG_N027, item->span, subject,
                "annotation '" SLICE_FMT "' changes nothing with this value",
                SLICE_ARG(item->name));
    } else if (row->treatment == TREAT_QUIET) {
        diag_at(diag, DIAG_N008, item->span, subject,
                "annotation '" SLICE_FMT "' shows in no request; it is left out",
                SLICE_ARG(item->name));
    } else if (row->treatment == TREAT_RISK && !snippet_is_plain(item->id, item->value)) {
        say_open(reading, item, row);
    } else {
        item->named = false;
    }
}

void annotations_read(struct run *run, struct arena *arena, const struct ingress *ingress,
                      struct slice prefix, const struct settings *settings, struct annotations *out)
{
    *out = (struct annotations){.ingress = ingress, .arena = arena};
    struct reading reading = {
        .run = run,
        .ingress = ingress,
        .settings = settings,
        .prefix = ARENA_JOIN(arena, prefix, SLICE("/")),
        .found = ARENA_ARRAY(arena, struct found_row, ingress->object.annotations.count),
        .out = out};
    read_others(&reading);
    for (int dependent = 0; dependent < 2; dependent++) {
        read_pass(&reading, dependent == 1, false);
        read_pass(&reading, dependent == 1, true);
    }
    check_groups(&reading);
    for (size_t i = 0; !out->dropped && i < out->count; i++) {
        say_treatment(&reading, &out->items[i]);
    }
}

/* Where the effect of an annotation shows is not plain from every name. */
static const struct {
    enum annotation_id id;
    const char *text;
} notes[] = {
    {AN_use_regex, "makes every path of the host a prefix in any case, or an expression"},
    {AN_enable_cors, "also answers preflights before any authentication"},
};

void annotations_report_unused(struct run *run, const struct annotations *annotations)
{
    for (size_t i = 0; i < annotations->count; i++) {
        const struct annotation *item = &annotations->items[i];
        for (size_t n = 0; item->used && n < ARRAY_LEN(notes); n++) {
            if (item->id == notes[n].id) {
                diag_at(run->diag, DIAG_N021, item->span, annotations->ingress->object.subject,
                        "annotation '" SLICE_FMT "' %s", SLICE_ARG(item->name), notes[n].text);
            }
        }
        if (!item->used && !item->named) {
            diag_at(run->diag, DIAG_N027, item->span, annotations->ingress->object.subject,
                    "annotation '" SLICE_FMT "' changes nothing on the paths of this Ingress",
                    SLICE_ARG(item->name));
        }
    }
}
