#include "proof/proof.h"

#include "expect/expect.h"

/* ---- what was announced -------------------------------------------------------------------- */

/* A route is named after the Ingress that it was made of, with more behind it where there are several. */
static bool names_object(const struct diagnostic *item, const struct rule *rule)
{
    struct slice subject = item->subject, kind, rest;
    if (!rule || !rule->origin.name.len || !slice_split(&subject, ' ', &kind) ||
        !slice_split(&subject, '/', &kind) || !slice_equal(kind, rule->origin.namespace) ||
        !slice_starts(rule->origin.name, subject)) {
        return false;
    }
    rest = slice_sub(rule->origin.name, subject.len, rule->origin.name.len);
    return !rest.len ||
           (slice_starts(rest, SLICE("-")) && slice_ends(rule->origin.kind, SLICE("Route")));
}

/* Says that hosts lose their https, and nothing of what else becomes of them; that labels, annotations and names of
 * objects are others, or who is first today, and nothing of requests. */
static bool speaks_of(const struct diagnostic *item, const struct finding *finding)
{
    static const enum diag_code quiet[] = {DIAG_C044, DIAG_C054, DIAG_C055, DIAG_I008,
                                           DIAG_N008, DIAG_N027, DIAG_N029, DIAG_N040};
    for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
        if (item->code == quiet[i]) {
            return false;
        }
    }
    return item->code != DIAG_C023 || finding->after.kind == OUTCOME_CLOSE ||
           (slice_is(finding->witness.scheme, "https") && !finding->after.rule);
}

static bool is_of_name(struct slice text, size_t at)
{
    char c = at < text.len ? text.ptr[at] : ' ';
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/';
}

/* A name, and not a part of a longer one. */
static bool has_name(struct slice text, struct slice name)
{
    for (size_t at = 0; at + name.len <= text.len; at++) {
        bool here = slice_equal(slice_sub(text, at, at + name.len), name);
        if (here && !(at && is_of_name(text, at - 1)) && !is_of_name(text, at + name.len)) {
            return true;
        }
    }
    return false;
}

/* "Ingress shop/web" in the words of another, as of one that shares a Service with it. */
static bool mentions(struct run *run, const struct diagnostic *item, const struct rule *rule)
{
    return rule && rule->origin.name.len &&
           has_name(item->message,
                    arena_printf(run->arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT,
                                 SLICE_ARG(rule->origin.kind), SLICE_ARG(rule->origin.namespace),
                                 SLICE_ARG(rule->origin.name)));
}

/* All headers that differ, by name. */
static bool names_headers(struct run *run, const struct diagnostic *item,
                          const struct finding *finding)
{
    bool all = finding->headers.count > 0;
    for (size_t i = 0; all && i < finding->headers.count; i++) {
        all = slice_contains(item->message, arena_printf(run->arena, "header '" SLICE_FMT "'",
                                                         SLICE_ARG(finding->headers.items[i])));
    }
    return all;
}

/* At the place that sets what differs: an annotation of another Ingress, or a setting of the controller. */
static bool stands_at_source(const struct diagnostic *item, const struct finding *finding)
{
    const void *effect = finding->effect >= 0
                             ? effect_get(&finding->before.effects, (enum effect_id)finding->effect)
                             : NULL;
    const struct span *span = effect ? &effect_source(effect)->span : NULL;
    return span && span->line && span->file == item->span.file && span->line == item->span.line &&
           span->column == item->span.column;
}

/* No Gateway is written at all. */
static bool names_all(const struct diagnostic *item, const struct finding *finding)
{
    return item->code == DIAG_C040 && slice_starts(item->message, SLICE("no rule is left")) &&
           finding->after.kind == OUTCOME_CLOSE;
}

static bool names(struct run *run, const struct diagnostic *item, const struct target *target,
                  const struct finding *finding)
{
    if (names_all(item, finding) || names_object(item, finding->before.rule) ||
        names_object(item, finding->after.rule) || stands_at_source(item, finding) ||
        mentions(run, item, finding->before.rule) || names_headers(run, item, finding)) {
        return true;
    }
    for (size_t i = 0; i < finding->host_count; i++) {
        if (has_name(item->message, finding->hosts[i])) {
            return true;
        }
    }
    bool owned = finding->before.rule && finding->before.rule->origin.name.len &&
                 !(item->code == DIAG_C034 && finding->before.kind == OUTCOME_REDIRECT);
    struct slice by = arena_printf(run->arena, "by '%s'", target->name),
                 with = arena_printf(run->arena, "with '%s'", target->name);
    return !owned && (slice_contains(item->message, by) || slice_contains(item->message, with) ||
                      slice_starts(item->subject, SLICE("Gateway ")));
}

bool finding_is_announced(struct run *run, size_t named, const struct target *target,
                          const struct finding *finding)
{
    for (size_t i = 0; i < named; i++) {
        const struct diagnostic *item = diag_get(run->diag, i);
        if (speaks_of(item, finding) && names(run, item, target, finding)) {
            return true;
        }
    }
    return false;
}

/* ---- the proof ----------------------------------------------------------------------------- */

void prove_conversion(struct run *run, struct side *before, const struct converted *converted,
                      const struct target *target, struct proof *out)
{
    static const struct compare_options all = {0};
    struct run quiet = *run;
    *out = (struct proof){.target = target, .named = diag_count(run->diag)};
    quiet.diag = diag_beside(run->diag);
    if (!side_from_converted(&quiet, converted, &before->kube, target, &out->after)) {
        return; /* nothing was written, and nothing is proved */
    }
    sides_compare(&quiet, before, &out->after, &all, &out->comparison);
    for (size_t i = 0; i < out->comparison.finding_count; i++) {
        const struct finding *finding = &out->comparison.findings[i];
        if (finding->platform) {
            continue;
        }
        bool announced = finding_is_announced(run, out->named, target, finding);
        out->announced += announced;
        out->silent += !announced;
    }
}

void proof_close(struct proof *proof)
{
    side_close(&proof->after);
}

/* ---- what is said of it -------------------------------------------------------------------- */

static void say_finding(struct run *run, const struct proof *proof, const struct finding *finding)
{
    const struct rule *rule = finding->before.rule ? finding->before.rule : finding->after.rule;
    const struct origin *origin = rule ? &rule->origin : NULL;
    struct slice subject = SLICE_ABSENT;
    if (origin && origin->name.len) {
        subject =
            arena_printf(run->arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(origin->kind),
                         SLICE_ARG(origin->namespace), SLICE_ARG(origin->name));
    }
    bool announced = finding_is_announced(run, proof->named, proof->target, finding);
    enum severity severity = announced                            ? SEVERITY_INFO
                             : finding->impact == IMPACT_COSMETIC ? SEVERITY_WARNING
                                                                  : SEVERITY_ERROR;
    diag_severity_at(run->diag, announced ? DIAG_C061 : DIAG_C060, severity,
                     finding->before.rule ? finding->before.rule->origin.span : SPAN_NONE, subject,
                     SLICE_FMT ": " SLICE_FMT "; try: " SLICE_FMT, SLICE_ARG(finding->title),
                     SLICE_ARG(finding->words),
                     SLICE_ARG(request_curl(run->arena, &finding->witness)));
}

/* Aspects of a host with the same reason are one message. */
static void say_unproven(struct run *run, const struct host_verdict *host)
{
    unsigned done = 0;
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        const struct aspect_verdict *verdict = &host->aspects[a];
        struct slice list = SLICE("");
        for (size_t b = a; aspect_is_open(verdict) && b < ASPECT_COUNT; b++) {
            const struct aspect_verdict *other = &host->aspects[b];
            if (!(done & 1u << b) && aspect_is_open(other) &&
                slice_equal(other->reason, verdict->reason)) {
                list = arena_printf(run->arena, SLICE_FMT "%s%s", SLICE_ARG(list),
                                    list.len ? ", " : "", aspect_name((enum aspect)b));
                done |= 1u << b;
            }
        }
        if (list.len) {
            diag_at(run->diag, DIAG_C062, SPAN_NONE, SLICE_ABSENT,
                    "host '" SLICE_FMT "': " SLICE_FMT " not proved: " SLICE_FMT,
                    SLICE_ARG(host->host), SLICE_ARG(list), SLICE_ARG(verdict->reason));
        }
    }
}

void proof_say(struct run *run, const struct proof *proof)
{
    const struct comparison *comparison = &proof->comparison;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        if (!comparison->findings[i].platform) {
            say_finding(run, proof, &comparison->findings[i]);
        }
    }
    for (size_t i = 0; i < comparison->host_count; i++) {
        say_unproven(run, &comparison->hosts[i]);
    }
}

void proof_print(const struct proof *proof, struct buf *out)
{
    const struct comparison *comparison = &proof->comparison;
    size_t platform = comparison->finding_count - proof->announced - proof->silent;
    buf_printf(out, "proof: %s", verdict_name(comparison_verdict(comparison)));
    size_t all = proof->announced + proof->silent;
    if (all && proof->silent) {
        buf_printf(out, ": %zu of %zu difference%s not announced", proof->silent, all,
                   all == 1 ? "" : "s");
    } else if (all) {
        buf_printf(out, ": %zu difference%s, announced above", all, all == 1 ? "" : "s");
    }
    if (platform) {
        buf_printf(out, "; %zu of the data planes as such", platform);
    }
    buf_putc(out, '\n');
}
