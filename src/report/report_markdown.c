#include "report/report_priv.h"

/* A comment on a pull request. What comes from the input stands in code spans and code blocks only, where nothing
 * is a link, a mention or markup. Source: GitHub Flavored Markdown 0.29; a comment has at most 65,536 characters. */

enum { COMMENT_MAX = 50000, ROWS_MAX = 50, HOST_ROWS_MAX = 100 };

struct writer {
    struct run *run;
    const struct report *report;
    struct buf *out;
};

static bool is_full(const struct writer *writer)
{
    return writer->out->len > COMMENT_MAX;
}

static void put_cell(const struct writer *writer, struct slice text)
{
    diag_put_code(text, true, writer->out);
    buf_puts(writer->out, " | ");
}

/* ---- the table ---------------------------------------------------------------------------- */

static const char *standing_text(const struct writer *writer, const struct finding *finding)
{
    switch (finding_standing(writer->report, finding)) {
    case STANDING_ACCEPTED:
        return " (accepted)";
    case STANDING_EXPIRED:
        return " (acceptance expired)";
    case STANDING_OPEN:
        break;
    }
    return "";
}

static void put_row(const struct writer *writer, const struct finding *finding)
{
    bool fails = finding_fails(writer->report, finding);
    buf_printf(writer->out, "| %s%s%s%s | %s | ", fails ? "**" : "", impact_name(finding->impact),
               fails ? "**" : "", standing_text(writer, finding), aspect_name(finding->aspect));
    put_cell(writer, finding->title);
    if (!finding->platform) {
        put_cell(writer, finding_hosts(writer->run->arena, finding, 2));
    }
    put_cell(writer, finding->id);
    writer->out->len--;
    buf_putc(writer->out, '\n');
}

static void put_table(const struct writer *writer, const struct finding **list, bool platform)
{
    size_t count = 0, all = writer->report->comparison->finding_count;
    for (size_t i = 0; i < all; i++) {
        if (list[i]->platform != platform) {
            continue;
        }
        if (!count) {
            buf_puts(writer->out,
                     platform ? "| severity | aspect | what changes | id |\n|---|---|---|---|\n"
                              : "| severity | aspect | what changes | hosts | id |\n"
                                "|---|---|---|---|---|\n");
        }
        if (count++ < ROWS_MAX && !is_full(writer)) {
            put_row(writer, list[i]);
        }
    }
    if (count > ROWS_MAX) {
        buf_printf(writer->out, "\n%zu more are not shown here.\n", count - ROWS_MAX);
    }
    buf_puts(writer->out, count ? "\n" : "");
}

/* ---- details ------------------------------------------------------------------------------ */

static void open_details(const struct writer *writer, struct slice summary)
{
    buf_puts(writer->out, "<details><summary>");
    diag_put_xml(summary, writer->out);
    buf_puts(writer->out, "</summary>\n\n");
}

static void put_item(const struct writer *writer, const char *label, struct slice text)
{
    buf_printf(writer->out, "- %s: ", label);
    diag_put_code(text, false, writer->out);
    buf_putc(writer->out, '\n');
}

/* A sentence of our own, which has no marks of Markdown. */
static void put_sentence(const struct writer *writer, const char *text)
{
    buf_printf(writer->out, "- %s\n", text);
}

static void put_place(const struct writer *writer, const struct finding *finding, bool after)
{
    struct place place;
    finding_place(writer->run, finding, after, &place);
    struct slice position = place_position(writer->run->arena, &place);
    buf_printf(writer->out, "- %s: ", after ? "after" : "before");
    diag_put_code(place.text, false, writer->out);
    if (position.ptr) {
        buf_puts(writer->out, " at ");
        diag_put_code(position, false, writer->out);
    }
    buf_putc(writer->out, '\n');
}

static void put_acceptance(const struct writer *writer, const struct finding *finding)
{
    const struct acceptance *accepted = finding_acceptance(writer->report, finding);
    if (accepted) {
        buf_printf(writer->out, "- accepted%s: ", accepted->expired ? " in the past" : "");
        diag_put_code(accepted->reason, false, writer->out);
        buf_puts(writer->out, ", until ");
        diag_put_code(accepted->expires, false, writer->out);
        buf_putc(writer->out, '\n');
    }
}

static void put_details(const struct writer *writer, const struct finding *finding)
{
    struct arena *arena = writer->run->arena;
    open_details(writer, arena_printf(arena, SLICE_FMT " %s %s", SLICE_ARG(finding->id),
                                      impact_name(finding->impact), aspect_name(finding->aspect)));
    diag_put_code(finding->title, false, writer->out);
    /* a line of curl has no line break, so it cannot end the block */
    buf_puts(writer->out, "\n\n````console\n");
    diag_put_visible(request_curl(arena, &finding->witness), writer->out);
    buf_puts(writer->out, "\n````\n\n");
    put_item(writer, "which", finding->words);
    put_item(writer, "hosts", finding_hosts(arena, finding, 10));
    put_place(writer, finding, false);
    put_place(writer, finding, true);
    if (finding->reason.len) {
        put_item(writer, "why", finding->reason);
    }
    if (finding->advice.len) {
        put_item(writer, "to do", finding->advice);
    }
    if (finding->seen.len) {
        put_item(writer, "seen", finding->seen);
    }
    put_acceptance(writer, finding);
    buf_puts(writer->out, "\n</details>\n\n");
}

static void put_all_details(const struct writer *writer, const struct finding **list)
{
    for (size_t i = 0; i < writer->report->comparison->finding_count && !list[i]->platform; i++) {
        if (is_full(writer)) {
            buf_puts(writer->out,
                     "The other findings are too many for a comment; `-o text` and `-o json` "
                     "have all of them.\n\n");
            return;
        }
        put_details(writer, list[i]);
    }
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static void put_verdict_row(const struct writer *writer, const struct host_verdict *host)
{
    buf_puts(writer->out, "| ");
    put_cell(writer, host->host);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (writer->report->comparison->aspects[a]) {
            bool equivalent = host->aspects[a].verdict == VERDICT_EQUIVALENT;
            buf_printf(writer->out, "%s%s%s | ", equivalent ? "" : "**",
                       verdict_name(host->aspects[a].verdict), equivalent ? "" : "**");
        }
    }
    writer->out->len--;
    buf_putc(writer->out, '\n');
}

static void put_reasons(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    struct slice said = SLICE_ABSENT;
    for (size_t i = 0; i < comparison->host_count && !is_full(writer); i++) {
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            struct slice reason = comparison->hosts[i].aspects[a].reason;
            if (comparison->aspects[a] && reason.len && !slice_equal(reason, said)) {
                buf_puts(writer->out, "- unproven for ");
                diag_put_code(comparison->hosts[i].host, false, writer->out);
                buf_puts(writer->out, ": ");
                diag_put_code(reason, false, writer->out);
                buf_printf(writer->out, "; " SLICE_FMT "\n", SLICE_ARG(unproven_advice(reason)));
                said = reason;
            }
        }
    }
    buf_puts(writer->out, said.ptr ? "\n" : "");
}

static void put_open(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    for (size_t i = 0; i < comparison->open_count && !is_full(writer); i++) {
        const struct open_reading *open = &comparison->open[i];
        buf_puts(writer->out, "- unproven for unusual spellings, such as ");
        diag_put_code(open->witness.target, false, writer->out);
        buf_puts(writer->out, ": ");
        diag_put_code(open->reason, false, writer->out);
        buf_puts(writer->out, "; verdicts by host leave these out\n");
    }
    buf_puts(writer->out, comparison->open_count ? "\n" : "");
}

static void put_verdicts(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    open_details(writer, SLICE("Verdict by host"));
    buf_puts(writer->out, "| host |");
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (comparison->aspects[a]) {
            buf_printf(writer->out, " %s |", aspect_name((enum aspect)a));
        }
    }
    buf_puts(writer->out, "\n|---|");
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        buf_puts(writer->out, comparison->aspects[a] ? "---|" : "");
    }
    buf_putc(writer->out, '\n');
    for (size_t i = 0; i < comparison->host_count && i < HOST_ROWS_MAX && !is_full(writer); i++) {
        put_verdict_row(writer, &comparison->hosts[i]);
    }
    buf_putc(writer->out, '\n');
    if (comparison->host_count > HOST_ROWS_MAX) {
        buf_printf(writer->out, "%zu more hosts are not shown here.\n\n",
                   comparison->host_count - HOST_ROWS_MAX);
    }
    put_reasons(writer);
    put_open(writer);
    buf_puts(writer->out, "</details>\n\n");
}

static void put_terms(const struct writer *writer)
{
    const struct comparison *comparison = writer->report->comparison;
    const char *text;
    open_details(writer, SLICE("What \"equivalent\" means here"));
    buf_puts(writer->out, "It is proved for every request of\n\n");
    for (size_t i = 0; comparison->domain[i]; i++) {
        put_sentence(writer, comparison->domain[i]);
    }
    buf_printf(writer->out, "\n" SLICE_FMT "\n\n",
               SLICE_ARG(report_probes(writer->run->arena, comparison)));
    for (size_t i = 0; comparison->probes[i]; i++) {
        put_sentence(writer, comparison->probes[i]);
    }
    buf_puts(writer->out, "\nin these fields\n\n");
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (!comparison->aspects[a]) {
            continue;
        }
        struct slice fields = SLICE("");
        for (size_t i = 0; (text = compared_field((enum aspect)a, i)); i++) {
            fields =
                ARENA_JOIN(writer->run->arena, fields, i ? SLICE(", ") : SLICE(""), slice_of(text));
        }
        put_item(writer, aspect_name((enum aspect)a), fields);
    }
    buf_puts(writer->out, "\nunder these assumptions\n\n");
    for (size_t i = 0; (text = report_assumption(writer->run, writer->report, i)); i++) {
        put_sentence(writer, text);
    }
    buf_puts(writer->out, "\n</details>\n");
}

static bool has_platform(const struct comparison *comparison)
{
    /* the worst come first, those of the platform last */
    return comparison->finding_count &&
           comparison->findings[comparison->finding_count - 1].platform;
}

void report_markdown(struct run *run, const struct report *report, struct buf *out)
{
    const struct writer writer = {run, report, out};
    const struct comparison *comparison = report->comparison;
    const struct finding **list = findings_in_order(run->arena, report);
    buf_printf(out, "### gateshift diff: %s\n\n", verdict_name(comparison_verdict(comparison)));
    buf_printf(out, SLICE_FMT ". ", SLICE_ARG(report_headline(run->arena, report)));
    buf_puts(out,
             report_fails(report) ? "**This fails the check.**\n\n" : "This passes the check.\n\n");
    buf_puts(out, "Before: ");
    diag_put_code(comparison->before, false, out);
    buf_puts(out, ", after: ");
    diag_put_code(comparison->after, false, out);
    buf_puts(out, ".\n\n");
    put_table(&writer, list, false);
    put_all_details(&writer, list);
    if (has_platform(comparison)) {
        open_details(
            &writer,
            SLICE(
                "Platform differences: what the data planes do by themselves, alike on all hosts"));
        put_table(&writer, list, true);
        buf_puts(out, "</details>\n\n");
    }
    if (comparison->classes) {
        put_verdicts(&writer);
        put_terms(&writer);
    }
}
