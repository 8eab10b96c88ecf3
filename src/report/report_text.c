#include "report/report_priv.h"

#include <string.h>

struct writer {
    struct run *run;
    const struct report *report;
    struct buf *out;
};

/* ---- lines -------------------------------------------------------------------------------- */

/* The words of `text`, broken at blanks; lines after the first start at `indent`. `at` is where the text starts
 * in its line. A word that fits no line stands alone. */
static void put_words(const struct writer *writer, struct slice text, size_t at, size_t indent)
{
    size_t limit = writer->report->width ? writer->report->width : SIZE_MAX;
    struct slice rest = text, word;
    bool first = true;
    while (slice_split(&rest, ' ', &word)) {
        size_t width = slice_count_chars(word);
        if (!first && at + 1 + width > limit && width) {
            buf_putc(writer->out, '\n');
            buf_fill(writer->out, ' ', indent);
            at = indent;
        } else if (!first) {
            buf_putc(writer->out, ' ');
            at++;
        }
        diag_put_visible(word, writer->out);
        at += width;
        first = false;
    }
    buf_putc(writer->out, '\n');
}

enum { LABEL_AT = 4, TEXT_AT = 12 };

/* "    hosts:  a.example" */
static void put_line(const struct writer *writer, const char *label, struct slice text)
{
    buf_fill(writer->out, ' ', LABEL_AT);
    buf_printf(writer->out, "%s:", label);
    buf_fill(writer->out, ' ', TEXT_AT - LABEL_AT - 1 - strlen(label));
    put_words(writer, text, TEXT_AT, TEXT_AT);
}

/* What can be copied is never broken. */
static void put_whole_line(const struct writer *writer, const char *label, struct slice text)
{
    const struct report unbroken = {.width = 0};
    const struct writer whole = {writer->run, &unbroken, writer->out};
    put_line(&whole, label, text);
}

static void put_bullet(const struct writer *writer, struct slice text)
{
    buf_puts(writer->out, "  - ");
    put_words(writer, text, 4, 4);
}

static const char *colour_of(const struct writer *writer, const struct finding *finding)
{
    static const char *const colours[] = {"\x1b[36m", "\x1b[33m", "\x1b[31m"};
    return writer->report->colour ? colours[finding->impact] : "";
}

/* ---- findings ----------------------------------------------------------------------------- */

static void put_heading(const struct writer *writer, const struct finding *finding)
{
    struct arena *arena = writer->run->arena;
    struct slice head = arena_printf(arena, "%s %s " SLICE_FMT ": ", impact_name(finding->impact),
                                     aspect_name(finding->aspect), SLICE_ARG(finding->id));
    buf_puts(writer->out, colour_of(writer, finding));
    buf_puts(writer->out, impact_name(finding->impact));
    buf_puts(writer->out, writer->report->colour ? "\x1b[0m" : "");
    buf_put(writer->out, slice_sub(head, strlen(impact_name(finding->impact)), head.len));
    put_words(writer, finding->title, head.len, LABEL_AT);
}

static void put_acceptance(const struct writer *writer, const struct finding *finding)
{
    const struct acceptance *accepted = finding_acceptance(writer->report, finding);
    if (!accepted) {
        return;
    }
    struct slice text;
    if (slice_is(accepted->expires, "never")) {
        text = SLICE("accepted for ever: ");
    } else if (accepted->expired) {
        text = arena_printf(
            writer->run->arena,
            "was accepted until " SLICE_FMT " and counts again: ", SLICE_ARG(accepted->expires));
    } else {
        text = arena_printf(writer->run->arena, "accepted until " SLICE_FMT ": ",
                            SLICE_ARG(accepted->expires));
    }
    put_line(writer, "status", ARENA_JOIN(writer->run->arena, text, accepted->reason));
}

static void put_place(const struct writer *writer, const struct finding *finding, bool after)
{
    struct place place;
    finding_place(writer->run, finding, after, &place);
    if (place.none && finding->reason.len) {
        return; /* the reason says so */
    }
    struct slice position = place_position(writer->run->arena, &place);
    struct slice text = position.ptr
                            ? arena_printf(writer->run->arena, SLICE_FMT " (" SLICE_FMT ")",
                                           SLICE_ARG(place.text), SLICE_ARG(position))
                            : place.text;
    put_line(writer, after ? "after" : "before", text);
}

static void put_finding(const struct writer *writer, const struct finding *finding)
{
    struct arena *arena = writer->run->arena;
    put_heading(writer, finding);
    put_acceptance(writer, finding);
    if (!finding->platform) {
        put_line(writer, "hosts", finding_hosts(arena, finding, 4));
        put_line(writer, "which", finding->words);
    }
    put_whole_line(writer, "try", request_curl(arena, &finding->witness));
    if (!finding->platform) {
        put_place(writer, finding, false);
        put_place(writer, finding, true);
    }
    if (finding->reason.len && !finding->platform) {
        put_line(writer, "why", finding->reason);
    }
    if (finding->advice.len) {
        put_line(writer, "to do", finding->advice);
    }
    if (finding->seen.len) {
        put_line(writer, "seen", finding->seen);
    }
}

static void put_findings(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    const struct finding **list = findings_in_order(writer->run->arena, writer->report);
    for (size_t i = 0; i < comparison->finding_count; i++) {
        if (list[i]->platform && (i == 0 || !list[i - 1]->platform)) {
            buf_putc(writer->out, '\n');
            put_words(writer,
                      SLICE("platform differences (the data planes do this by themselves, alike on "
                            "all hosts)"),
                      0, LABEL_AT);
        }
        bool packed = list[i]->platform && i && list[i - 1]->platform;
        buf_puts(writer->out, packed ? "" : "\n");
        put_finding(writer, list[i]);
    }
}

/* "routing, rewrite" */
static struct slice aspect_list(struct arena *arena, unsigned aspects)
{
    struct slice list = SLICE("");
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (aspects >> a & 1) {
            list = ARENA_JOIN(arena, list, list.len ? SLICE(", ") : SLICE(""),
                              slice_of(aspect_name((enum aspect)a)));
        }
    }
    return list;
}

static void put_open(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    struct arena *arena = writer->run->arena;
    if (comparison->open_count) {
        buf_putc(writer->out, '\n');
        put_words(
            writer,
            SLICE("unproven for unusual spellings of targets, alike on all hosts (verdicts by "
                  "host leave these out)"),
            0, LABEL_AT);
        buf_putc(writer->out, '\n');
    }
    for (size_t i = 0; i < comparison->open_count; i++) {
        const struct open_reading *open = &comparison->open[i];
        struct slice list = aspect_list(arena, open->aspects);
        struct slice head = ARENA_JOIN(arena, SLICE("unproven "), list, SLICE(": "));
        buf_put(writer->out, head);
        put_words(writer, open->reason, head.len, LABEL_AT);
        put_whole_line(writer, "try", request_curl(arena, &open->witness));
        put_line(writer, "to do", unproven_advice(open->reason));
    }
}

/* ---- verdicts ----------------------------------------------------------------------------- */

enum { HOSTS_MAX = 8 }; /* that are named */

/* Hosts of which the same is said stand in one line. */
struct group {
    struct slice words, reasons;
    struct slice rules; /* of the first host, one for each reason */
    struct buf hosts;
    size_t count, classes, agreed, unknown;
    bool different;
};

static struct slice reasons_of(const struct writer *writer, const struct host_verdict *host,
                               struct slice *rules)
{
    struct arena *arena = writer->run->arena;
    struct slice all = SLICE("");
    *rules = SLICE("");
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        struct slice reason = host->aspects[a].reason, rule = host->aspects[a].rule;
        if (writer->report->comparison->aspects[a] && reason.len && !slice_contains(all, reason)) {
            struct slice line = all.len ? SLICE("\n") : SLICE("");
            all = ARENA_JOIN(arena, all, line, reason);
            *rules = ARENA_JOIN(arena, *rules, line, rule.ptr ? rule : SLICE(""));
        }
    }
    return all;
}

static struct group *find_group(const struct writer *writer, struct group *groups, size_t *count,
                                const struct host_verdict *host)
{
    struct slice words = host_words(writer->run->arena, writer->report->comparison, host);
    struct slice rules, reasons = reasons_of(writer, host, &rules);
    for (size_t i = 0; i < *count; i++) {
        if (slice_equal(groups[i].words, words) && slice_equal(groups[i].reasons, reasons)) {
            return &groups[i];
        }
    }
    struct group *group = &groups[(*count)++];
    *group = (struct group){.words = words, .reasons = reasons, .rules = rules};
    buf_init(&group->hosts, BUF_TEXT_MAX);
    return group;
}

static void put_group(const struct writer *writer, struct group *group)
{
    struct arena *arena = writer->run->arena;
    struct slice hosts = buf_slice(&group->hosts);
    if (group->count > HOSTS_MAX) {
        hosts = arena_printf(arena, SLICE_FMT " and %zu more", SLICE_ARG(hosts),
                             group->count - HOSTS_MAX);
    }
    struct slice unknown = group->unknown ? arena_printf(arena, ", %zu not known", group->unknown)
                           : group->different && group->agreed == group->classes
                               ? SLICE(", but not on all of their paths")
                               : SLICE("");
    buf_puts(writer->out, "  ");
    put_words(writer,
              arena_printf(arena,
                           SLICE_FMT ": " SLICE_FMT
                                     " (%zu of %zu classes of requests agree" SLICE_FMT ")",
                           SLICE_ARG(hosts), SLICE_ARG(group->words), group->agreed, group->classes,
                           SLICE_ARG(unknown)),
              2, LABEL_AT);
    struct slice rest = group->reasons, reason, rules = group->rules, rule;
    while (group->reasons.len && slice_split(&rest, '\n', &reason)) {
        bool named = slice_split(&rules, '\n', &rule) && rule.len;
        put_line(writer, "why",
                 named ? ARENA_JOIN(arena, reason, SLICE(" ("), rule, SLICE(")")) : reason);
        struct slice advice = unproven_advice(reason), next = rest, one;
        bool again =
            next.ptr && slice_split(&next, '\n', &one) && slice_equal(unproven_advice(one), advice);
        if (!again) {
            put_line(writer, "to do", advice);
        }
    }
    buf_release(&group->hosts);
}

static void put_verdicts(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    struct group *groups =
        ARENA_ARRAY(writer->run->arena, struct group, comparison->host_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < comparison->host_count; i++) {
        const struct host_verdict *host = &comparison->hosts[i];
        struct group *group = find_group(writer, groups, &count, host);
        if (group->count++ < HOSTS_MAX) {
            buf_printf(&group->hosts, "%s" SLICE_FMT, group->hosts.len ? ", " : "",
                       SLICE_ARG(host->host));
        }
        group->classes += host->classes;
        group->agreed += host->agreed;
        group->unknown += host->unknown;
        group->different |= host_verdict_of(comparison, host) == VERDICT_DIFFERENT;
    }
    buf_puts(writer->out, count ? "\nverdict by host\n" : "");
    for (size_t i = 0; i < count; i++) {
        put_group(writer, &groups[i]);
    }
}

/* ---- what a verdict is worth -------------------------------------------------------------- */

static void put_fields(const struct writer *writer)
{
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (!writer->report->comparison->aspects[a]) {
            continue;
        }
        struct slice line = arena_printf(writer->run->arena, "%s:", aspect_name((enum aspect)a));
        const char *field;
        for (size_t i = 0; (field = compared_field((enum aspect)a, i)); i++) {
            line =
                ARENA_JOIN(writer->run->arena, line, i ? SLICE(", ") : SLICE(" "), slice_of(field));
        }
        put_bullet(writer, line);
    }
}

static void put_probes(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    put_words(writer, report_probes(writer->run->arena, comparison), 0, LABEL_AT);
    for (size_t i = 0; comparison->probes[i]; i++) {
        put_bullet(writer, slice_of(comparison->probes[i]));
    }
}

static void put_terms(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    buf_putc(writer->out, '\n');
    put_words(writer, SLICE("\"equivalent\" is proved for every request of"), 0, LABEL_AT);
    for (size_t i = 0; comparison->domain[i]; i++) {
        put_bullet(writer, slice_of(comparison->domain[i]));
    }
    put_probes(writer);
    buf_puts(writer->out, "in these aspects and fields\n");
    put_fields(writer);
    buf_puts(writer->out, "under these assumptions\n");
    const char *assumption;
    for (size_t i = 0; (assumption = report_assumption(writer->run, writer->report, i)); i++) {
        put_bullet(writer, slice_of(assumption));
    }
}

void report_text(struct run *run, const struct report *report, struct buf *out)
{
    const struct writer writer = {run, report, out};
    const struct comparison *comparison = report->comparison;
    put_words(&writer, report_headline(run->arena, report), 0, LABEL_AT);
    buf_printf(out, "before: " SLICE_FMT "\nafter:  " SLICE_FMT "\n", SLICE_ARG(comparison->before),
               SLICE_ARG(comparison->after));
    put_findings(&writer);
    put_open(&writer);
    put_verdicts(&writer);
    if (comparison->classes) {
        put_terms(&writer);
    }
}
