#include "compare/compare_priv.h"

/* What all readings say of one aspect of a host. */
struct tally {
    size_t equal, different;
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

static struct tally tally_of(const struct comparison *readings, size_t count, struct slice host,
                             size_t aspect)
{
    struct tally tally = {0};
    for (size_t i = 0; i < count; i++) {
        const struct host_verdict *verdict = find_host(&readings[i], host);
        enum verdict said = verdict ? verdict->aspects[aspect].verdict : VERDICT_EQUIVALENT;
        tally.equal += said == VERDICT_EQUIVALENT;
        tally.different += said == VERDICT_DIFFERENT;
    }
    return tally;
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

/* The findings of a reading that make the aspect different, in front of the others. */
static void take_findings(struct arena *arena, const struct comparison *reading, struct slice host,
                          size_t aspect, struct comparison *out)
{
    size_t count = 0;
    struct finding *all =
        ARENA_ARRAY(arena, struct finding, out->finding_count + reading->finding_count);
    for (size_t i = 0; i < reading->finding_count; i++) {
        const struct finding *finding = &reading->findings[i];
        if (!finding->platform && finding->aspect == (enum aspect)aspect &&
            has_host(finding, host) && !has_finding(out, finding->id)) {
            all[count++] = *finding;
        }
    }
    for (size_t i = 0; i < out->finding_count; i++) {
        all[count++] = out->findings[i];
    }
    out->findings = all;
    out->finding_count = count;
}

/* A rule that makes the difference in one of the readings. */
static struct slice culprit(struct arena *arena, const struct comparison *readings, size_t count,
                            struct slice host, size_t aspect)
{
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < readings[r].finding_count; i++) {
            const struct finding *finding = &readings[r].findings[i];
            const struct rule *rule =
                finding->after.rule ? finding->after.rule : finding->before.rule;
            if (rule && !finding->platform && finding->aspect == (enum aspect)aspect &&
                has_host(finding, host)) {
                return arena_printf(arena,
                                    ", and differ by " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT
                                    " " SLICE_FMT " in others",
                                    SLICE_ARG(rule->origin.kind), SLICE_ARG(rule->origin.namespace),
                                    SLICE_ARG(rule->origin.name), SLICE_ARG(rule->origin.field));
            }
        }
    }
    return SLICE("");
}

/* What is the same in all readings holds; else the reason says how many are on which side. */
static void settle_aspect(struct arena *arena, const struct comparison *readings, size_t count,
                          struct host_verdict *host, size_t aspect, struct comparison *out)
{
    struct aspect_verdict *verdict = &host->aspects[aspect];
    const struct tally tally = tally_of(readings, count, host->host, aspect);
    if (tally.equal == count) {
        *verdict = (struct aspect_verdict){.verdict = VERDICT_EQUIVALENT};
    } else if (tally.different == count) {
        *verdict = (struct aspect_verdict){.verdict = VERDICT_DIFFERENT};
        take_findings(arena, &readings[0], host->host, aspect, out);
    } else {
        verdict->reason = arena_printf(
            arena, SLICE_FMT "; both sides are the same in %zu of %zu readings" SLICE_FMT,
            SLICE_ARG(verdict->reason), tally.equal, count,
            SLICE_ARG(culprit(arena, readings, count, host->host, aspect)));
    }
}

static bool settled(const struct host_verdict *host)
{
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (host->aspects[a].verdict == VERDICT_UNPROVEN) {
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
            if (host->aspects[a].verdict == VERDICT_UNPROVEN) {
                settle_aspect(run->arena, readings, count, host, a, out);
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
