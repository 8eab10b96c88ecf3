#include "report/report_priv.h"

static const char *command_of(const struct report *report, const struct finding *finding)
{
    if (finding_fails(report, finding)) {
        return "error";
    }
    bool quiet = finding_standing(report, finding) == STANDING_ACCEPTED;
    return quiet ? "notice" : "warning";
}

/* The side that a pull request changes comes first. */
static void put_position(struct run *run, const struct finding *finding, struct buf *out)
{
    for (int side = 1; side >= 0; side--) {
        struct place place;
        finding_place(run, finding, side, &place);
        if (place_is_file(&place)) {
            buf_puts(out, "file=");
            diag_put_github(place.file, true, out);
            buf_printf(out, ",line=%u,", place.span.line);
            if (place.span.column) {
                buf_printf(out, "col=%u,", place.span.column);
            }
            return;
        }
    }
}

static void put_finding(struct run *run, const struct report *report, const struct finding *finding,
                        struct buf *out)
{
    const struct acceptance *accepted = finding_acceptance(report, finding);
    buf_printf(out, "::%s ", command_of(report, finding));
    put_position(run, finding, out);
    buf_printf(out, "title=%s %s " SLICE_FMT "::", impact_name(finding->impact),
               aspect_name(finding->aspect), SLICE_ARG(finding->id));
    diag_put_github(finding->title, false, out);
    buf_puts(out, "%0Ahosts: ");
    diag_put_github(finding_hosts(run->arena, finding, 4), false, out);
    buf_puts(out, "%0Atry: ");
    diag_put_github(request_curl(run->arena, &finding->witness), false, out);
    if (finding->reason.len) {
        buf_puts(out, "%0Awhy: ");
        diag_put_github(finding->reason, false, out);
    }
    if (finding->advice.len) {
        buf_puts(out, "%0Ato do: ");
        diag_put_github(finding->advice, false, out);
    }
    if (accepted) {
        buf_printf(out, "%%0Aaccepted%s: ", accepted->expired ? " in the past" : "");
        diag_put_github(accepted->reason, false, out);
    }
    buf_putc(out, '\n');
}

void report_github(struct run *run, const struct report *report, struct buf *out)
{
    const struct comparison *comparison = report->comparison;
    const struct finding **list = findings_in_order(run->arena, report);
    /* GitHub shows ten annotations of a level: what sums up is the first of them, and platform differences, which come
     * last in the list, are only counted. */
    buf_printf(out, "::%s title=gateshift diff::", report_fails(report) ? "error" : "notice");
    diag_put_github(report_headline(run->arena, report), false, out);
    buf_putc(out, '\n');
    for (size_t i = 0; i < comparison->finding_count && !list[i]->platform; i++) {
        put_finding(run, report, list[i], out);
    }
}
