#include "report/report_priv.h"

static const struct {
    const char *name;
    void (*print)(struct run *run, const struct report *report, struct buf *out);
} formats[] = {
    [REPORT_TEXT] = {"text", report_text},
    [REPORT_JSON] = {"json", report_json},
    [REPORT_MARKDOWN] = {"markdown", report_markdown},
    [REPORT_SARIF] = {"sarif", report_sarif},
    [REPORT_JUNIT] = {"junit", report_junit},
    [REPORT_GITHUB] = {"github", report_github},
    [REPORT_ACCEPT] = {"accept", NULL},
};

const char *report_format_name(size_t index)
{
    return index < ARRAY_LEN(formats) ? formats[index].name : NULL;
}

enum report_format report_format_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (slice_is(name, formats[i].name)) {
            return (enum report_format)i;
        }
    }
    return REPORT_TEXT;
}

void report_print(struct run *run, const struct report *report, enum report_format format,
                  struct buf *out)
{
    if (formats[format].print) {
        formats[format].print(run, report, out);
    } else {
        accept_write(run, report->accepted, report->comparison, out);
    }
}

/* ---- findings ----------------------------------------------------------------------------- */

const char *standing_name(enum standing standing)
{
    static const char *const names[] = {"open", "expired", "accepted"};
    return names[standing];
}

const struct acceptance *finding_acceptance(const struct report *report,
                                            const struct finding *finding)
{
    return accept_find(report->accepted, finding->id);
}

enum standing finding_standing(const struct report *report, const struct finding *finding)
{
    const struct acceptance *accepted = finding_acceptance(report, finding);
    return !accepted ? STANDING_OPEN : accepted->expired ? STANDING_EXPIRED : STANDING_ACCEPTED;
}

bool finding_fails(const struct report *report, const struct finding *finding)
{
    return !finding->platform && finding->impact >= report->fail_on &&
           finding_standing(report, finding) != STANDING_ACCEPTED;
}

bool report_fails(const struct report *report)
{
    const struct comparison *comparison = report->comparison;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        if (finding_fails(report, &comparison->findings[i])) {
            return true;
        }
    }
    bool unproven = false;
    for (size_t i = 0; i < comparison->host_count; i++) {
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            unproven |= comparison->aspects[a] && aspect_is_open(&comparison->hosts[i].aspects[a]);
        }
    }
    return report->strict && (unproven || comparison->open_count ||
                              comparison_verdict(comparison) == VERDICT_UNPROVEN);
}

static int by_standing(const void *a, const void *b, void *user)
{
    const struct report *report = user;
    const struct finding *const *x = a, *const *y = b;
    int accepted = (finding_standing(report, *x) == STANDING_ACCEPTED) -
                   (finding_standing(report, *y) == STANDING_ACCEPTED);
    return (*x)->platform != (*y)->platform ? ((*x)->platform ? 1 : -1) : accepted;
}

const struct finding **findings_in_order(struct arena *arena, const struct report *report)
{
    const struct comparison *comparison = report->comparison;
    size_t count = comparison->finding_count;
    const struct finding **list = ARENA_ARRAY(arena, const struct finding *, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = &comparison->findings[i];
    }
    struct report copy = *report;
    sort_stable(arena, list, count, sizeof *list, by_standing, &copy);
    return list;
}

/* ---- numbers ------------------------------------------------------------------------------ */

enum verdict host_verdict_of(const struct comparison *comparison, const struct host_verdict *host)
{
    enum verdict worst = VERDICT_EQUIVALENT;
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        enum verdict verdict = host->aspects[a].verdict;
        worst = comparison->aspects[a] && verdict > worst ? verdict : worst;
    }
    return worst;
}

void report_count(const struct report *report, struct counts *out)
{
    const struct comparison *comparison = report->comparison;
    *out = (struct counts){.hosts = comparison->host_count};
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *finding = &comparison->findings[i];
        bool accepted = finding_standing(report, finding) == STANDING_ACCEPTED;
        out->platform += finding->platform;
        out->findings += !finding->platform;
        out->accepted += accepted && !finding->platform;
        out->by_impact[finding->impact] += !accepted && !finding->platform;
    }
    for (size_t i = 0; i < comparison->host_count; i++) {
        enum verdict verdict = host_verdict_of(comparison, &comparison->hosts[i]);
        out->hosts_equivalent += verdict == VERDICT_EQUIVALENT;
        out->hosts_unproven += verdict == VERDICT_UNPROVEN;
        out->hosts_different += verdict == VERDICT_DIFFERENT;
    }
}

struct slice counted(struct arena *arena, size_t count, const char *one, const char *many)
{
    return arena_printf(arena, "%zu %s", count, count == 1 ? one : many);
}

static void put_findings(struct arena *arena, const struct counts *counts, struct buf *out)
{
    bool first = true;
    for (int impact = IMPACT_BREAKING; impact >= IMPACT_COSMETIC; impact--) {
        if (counts->by_impact[impact]) {
            buf_printf(out, "%s%zu %s", first ? "" : ", ", counts->by_impact[impact],
                       impact_name((enum impact)impact));
            first = false;
        }
    }
    if (counts->accepted) {
        buf_printf(out, "%s%zu accepted", first ? "" : ", ", counts->accepted);
        first = false;
    }
    buf_puts(out, first ? "no finding" : counts->findings == 1 ? " finding" : " findings");
    if (counts->platform) {
        struct slice platform =
            counted(arena, counts->platform, "platform difference", "platform differences");
        buf_printf(out, ", " SLICE_FMT, SLICE_ARG(platform));
    }
}

struct slice report_headline(struct arena *arena, const struct report *report)
{
    const struct comparison *comparison = report->comparison;
    struct counts counts;
    struct buf buf;
    buf_init(&buf, BUF_TEXT_MAX);
    report_count(report, &counts);
    if (!comparison->classes) {
        buf_puts(&buf, "unproven: nothing was compared, as neither side serves any host");
    } else {
        buf_printf(&buf, "%s: ", verdict_name(comparison_verdict(comparison)));
        put_findings(arena, &counts, &buf);
        if (comparison->open_count) {
            buf_puts(&buf, ", unusual spellings not known");
        }
        buf_printf(&buf, "; %zu of " SLICE_FMT " equivalent", counts.hosts_equivalent,
                   SLICE_ARG(counted(arena, counts.hosts, "host", "hosts")));
        if (counts.hosts_different) {
            buf_printf(&buf, ", %zu different", counts.hosts_different);
        }
        if (counts.hosts_unproven) {
            buf_printf(&buf, ", %zu unproven", counts.hosts_unproven);
        }
    }
    struct slice text = arena_copy(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}
