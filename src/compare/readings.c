#include "compare/compare_priv.h"

/* One aspect of a host, under all readings. */
struct settling {
    struct arena *arena;
    const struct comparison *readings;
    size_t count;
    const struct host_verdict *host;
    enum aspect aspect;
    struct comparison *out;
};

static const struct host_verdict *find_host(const struct comparison *comparison, struct slice host)
{
    for (size_t i = 0; i < comparison->host_count; i++) {
        if (slice_equal(comparison->hosts[i].host, host)) {
            return &comparison->hosts[i];
        }
    }
    return NULL;
}

static bool has_host(const struct finding *finding, struct slice host)
{
    for (size_t i = 0; i < finding->host_count; i++) {
        if (slice_equal(finding->hosts[i], host)) {
            return true;
        }
    }
    return false;
}

static bool has_finding(const struct comparison *comparison, struct slice id)
{
    for (size_t i = 0; i < comparison->finding_count; i++) {
        if (slice_equal(comparison->findings[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* A finding of a reading, that the comparison itself does not have: of what is open there. */
static bool is_new(const struct settling *s, const struct finding *finding)
{
    return !finding->platform && (finding->aspects >> s->aspect & 1) &&
           has_host(finding, s->host->host) && !has_finding(s->out, finding->id);
}

static bool reads_new(const struct settling *s, const struct comparison *reading)
{
    for (size_t i = 0; i < reading->finding_count; i++) {
        if (is_new(s, &reading->findings[i])) {
            return true;
        }
    }
    return false;
}

/* Both sides are the same in what is open. */
static bool reads_equal(const struct settling *s, const struct comparison *reading)
{
    const struct host_verdict *verdict = find_host(reading, s->host->host);
    return !(verdict && aspect_is_open(&verdict->aspects[s->aspect])) && !reads_new(s, reading);
}

static bool in_all(const struct settling *s, struct slice id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!has_finding(&s->readings[i], id)) {
            return false;
        }
    }
    return true;
}

/* What is new in all readings, in front of the others; where none is in all of them, what is new in the first. Returns
 * whether that is all there is. */
static bool take_findings(struct settling *s)
{
    const struct comparison *first = &s->readings[0];
    struct comparison *out = s->out;
    size_t count = 0, common = 0;
    bool all_common = true;
    struct finding *all =
        ARENA_ARRAY(s->arena, struct finding, out->finding_count + first->finding_count);
    for (size_t i = 0; i < first->finding_count; i++) {
        common += is_new(s, &first->findings[i]) && in_all(s, first->findings[i].id);
    }
    for (size_t r = 0; r < s->count; r++) {
        for (size_t i = 0; i < s->readings[r].finding_count; i++) {
            const struct finding *finding = &s->readings[r].findings[i];
            all_common &= !is_new(s, finding) || in_all(s, finding->id);
        }
    }
    for (size_t i = 0; i < first->finding_count; i++) {
        const struct finding *finding = &first->findings[i];
        if (is_new(s, finding) && (!common || in_all(s, finding->id))) {
            all[count++] = *finding;
        }
    }
    for (size_t i = 0; i < out->finding_count; i++) {
        all[count++] = out->findings[i];
    }
    out->findings = all;
    out->finding_count = count;
    return all_common;
}

static bool name_rule(struct settling *s, const struct finding *finding, struct slice *list)
{
    const struct rule *rule = finding->after.rule ? finding->after.rule : finding->before.rule;
    if (!rule) {
        return false;
    }
    struct slice name =
        arena_printf(s->arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT,
                     SLICE_ARG(rule->origin.kind), SLICE_ARG(rule->origin.namespace),
                     SLICE_ARG(rule->origin.name), SLICE_ARG(rule->origin.field));
    if (slice_contains(*list, name)) {
        return false;
    }
    *list = ARENA_JOIN(s->arena, *list, list->len ? SLICE(", ") : SLICE(""), name);
    return true;
}

/* The rules that make the difference where there is one. */
static struct slice culprits(struct settling *s)
{
    enum { CULPRITS_MAX = 8 };
    struct slice list = SLICE("");
    size_t count = 0;
    for (size_t r = 0; r < s->count; r++) {
        for (size_t i = 0; i < s->readings[r].finding_count && count < CULPRITS_MAX; i++) {
            const struct finding *finding = &s->readings[r].findings[i];
            count += is_new(s, finding) && name_rule(s, finding, &list);
        }
    }
    return list;
}

static struct slice open_reason(struct settling *s, struct slice reason, size_t equal)
{
    struct slice by = culprits(s);
    if (!equal) {
        return arena_printf(s->arena,
                            SLICE_FMT "; both sides differ in each of %zu readings%s" SLICE_FMT,
                            SLICE_ARG(reason), s->count, by.len ? ", by " : "", SLICE_ARG(by));
    }
    return arena_printf(
        s->arena, SLICE_FMT "; both sides are the same in %zu of %zu readings%s" SLICE_FMT "%s",
        SLICE_ARG(reason), equal, s->count, by.len ? ", and differ by " : "", SLICE_ARG(by),
        by.len ? " in others" : "");
}

/* What is the same in all readings holds; else the reason says how many are on which side. */
static void settle_aspect(struct settling *s, struct aspect_verdict *verdict)
{
    size_t equal = 0, different = 0;
    for (size_t i = 0; i < s->count; i++) {
        equal += reads_equal(s, &s->readings[i]);
        different += reads_new(s, &s->readings[i]);
    }
    bool none = verdict->verdict == VERDICT_UNPROVEN;
    if (equal == s->count) {
        verdict->verdict = none ? VERDICT_EQUIVALENT : verdict->verdict;
        verdict->reason = verdict->rule = SLICE_ABSENT;
        return;
    }
    verdict->reason = open_reason(s, verdict->reason, equal);
    if (different == s->count) {
        verdict->verdict = VERDICT_DIFFERENT;
        verdict->reason = take_findings(s) ? SLICE_ABSENT : verdict->reason;
    }
}

static bool settled(const struct host_verdict *host)
{
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (aspect_is_open(&host->aspects[a])) {
            return false;
        }
    }
    return true;
}

static void count_again(struct comparison *out)
{
    out->classes = out->agreed = out->unknown = 0;
    for (size_t i = 0; i < out->host_count; i++) {
        out->classes += out->hosts[i].classes;
        out->agreed += out->hosts[i].agreed;
        out->unknown += out->hosts[i].unknown;
    }
    if (!out->unknown) {
        out->unknown_reason = SLICE_ABSENT;
    }
}

void compare_settle(struct run *run, const struct comparison *readings, size_t count,
                    struct comparison *out)
{
    for (size_t i = 0; count && i < out->host_count; i++) {
        struct host_verdict *host = &out->hosts[i];
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            struct settling settling = {run->arena, readings, count, host, (enum aspect)a, out};
            if (aspect_is_open(&host->aspects[a])) {
                settle_aspect(&settling, &host->aspects[a]);
            }
        }
        const struct host_verdict *first = find_host(&readings[0], host->host);
        if (host->unknown && settled(host) && first) {
            host->classes = first->classes;
            host->agreed = first->agreed;
            host->unknown = first->unknown;
        }
    }
    count_again(out);
}
