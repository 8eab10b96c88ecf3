#include "report/report_priv.h"

/* A suite for each host, a case in it for each aspect. A difference that fails the build is a failure; what is
 * unproven is skipped, or fails with --strict; what does not fail the build is told in <system-out>. */

struct writer {
    struct run *run;
    const struct report *report;
    struct buf *out;
    struct map *by_host; /* name to struct own_findings */
};

/* Of one host, those that rules make. */
struct own_findings {
    const struct finding **items;
    size_t count, capacity;
};

static struct map *sort_by_host(struct run *run, const struct comparison *comparison)
{
    struct map *map = map_new(run->arena);
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *finding = &comparison->findings[i];
        for (size_t h = 0; !finding->platform && h < finding->host_count; h++) {
            struct own_findings *own = map_get(map, finding->hosts[h]);
            if (!own) {
                own = ARENA_NEW(run->arena, struct own_findings);
                map_put(map, finding->hosts[h], own);
            }
            *ARENA_PUSH(run->arena, own->items, own->count, own->capacity) = finding;
        }
    }
    return map;
}

/* Findings of the case that fail, or those that do not. */
static size_t put_findings(const struct writer *writer, struct slice host, enum aspect aspect,
                           bool failing, struct buf *out)
{
    const struct own_findings *own = map_get(writer->by_host, host);
    size_t count = 0;
    for (size_t i = 0; own && i < own->count; i++) {
        const struct finding *finding = own->items[i];
        if (!(finding->aspects >> aspect & 1) ||
            finding_fails(writer->report, finding) != failing) {
            continue;
        }
        const struct acceptance *accepted = finding_acceptance(writer->report, finding);
        diag_put_xml(finding->id, out);
        buf_printf(out, " %s: ", impact_name(finding->impact));
        diag_put_xml(finding->title, out);
        buf_putc(out, '\n');
        diag_put_xml(request_curl(writer->run->arena, &finding->witness), out);
        buf_putc(out, '\n');
        if (accepted) {
            buf_printf(out, "accepted%s: ", accepted->expired ? " in the past" : "");
            diag_put_xml(accepted->reason, out);
            buf_putc(out, '\n');
        }
        count++;
    }
    return count;
}

enum result { RESULT_PASSED, RESULT_FAILED, RESULT_SKIPPED };

static enum result put_case(const struct writer *writer, const struct host_verdict *host,
                            enum aspect aspect, struct buf *out)
{
    const struct aspect_verdict *verdict = &host->aspects[aspect];
    struct buf failing, others;
    buf_init(&failing, BUF_TEXT_MAX);
    buf_init(&others, BUF_TEXT_MAX);
    size_t failures = put_findings(writer, host->host, aspect, true, &failing);
    size_t rest = put_findings(writer, host->host, aspect, false, &others);
    bool unproven = aspect_is_open(verdict);
    bool failed = failures || (unproven && writer->report->strict);
    buf_puts(out, "    <testcase classname=\"");
    diag_put_xml(host->host, out);
    /* some show the name alone */
    buf_printf(out, "\" name=\"%s of ", aspect_name(aspect));
    diag_put_xml(host->host, out);
    buf_puts(out, "\">\n");
    if (failures) {
        buf_printf(out, "      <failure type=\"different\" message=\"%zu %s\">", failures,
                   failures == 1 ? "difference" : "differences");
        buf_put(out, buf_slice(&failing));
        buf_puts(out, "</failure>\n");
    } else if (unproven) {
        buf_printf(out, "      <%s message=\"unproven: ",
                   failed ? "failure type=\"unproven\"" : "skipped");
        diag_put_xml(verdict->reason, out);
        buf_puts(out, "\"/>\n");
    }
    if (rest) {
        buf_puts(out, "      <system-out>");
        buf_put(out, buf_slice(&others));
        buf_puts(out, "</system-out>\n");
    }
    buf_puts(out, "    </testcase>\n");
    buf_release(&failing);
    buf_release(&others);
    return failed ? RESULT_FAILED : unproven ? RESULT_SKIPPED : RESULT_PASSED;
}

static void put_suite(const struct writer *writer, const struct host_verdict *host,
                      size_t totals[3])
{
    struct buf cases;
    size_t counts[3] = {0};
    buf_init(&cases, BUF_TEXT_MAX);
    for (size_t a = 0; a < ASPECT_COUNT; a++) {
        if (writer->report->comparison->aspects[a]) {
            counts[put_case(writer, host, (enum aspect)a, &cases)]++;
        }
    }
    buf_puts(writer->out, "  <testsuite name=\"");
    diag_put_xml(host->host, writer->out);
    buf_printf(writer->out, "\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
               counts[0] + counts[1] + counts[2], counts[RESULT_FAILED], counts[RESULT_SKIPPED]);
    buf_put(writer->out, buf_slice(&cases));
    buf_puts(writer->out, "  </testsuite>\n");
    buf_release(&cases);
    for (size_t i = 0; i < 3; i++) {
        totals[i] += counts[i];
    }
}

void report_junit(struct run *run, const struct report *report, struct buf *out)
{
    struct buf suites;
    size_t totals[3] = {0};
    buf_init(&suites, BUF_TEXT_MAX);
    const struct writer writer = {run, report, &suites, sort_by_host(run, report->comparison)};
    for (size_t i = 0; i < report->comparison->host_count; i++) {
        put_suite(&writer, &report->comparison->hosts[i], totals);
    }
    buf_printf(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuites name=\"gateshift diff\" tests=\"%zu\" failures=\"%zu\" "
               "skipped=\"%zu\">\n",
               totals[0] + totals[1] + totals[2], totals[RESULT_FAILED], totals[RESULT_SKIPPED]);
    buf_put(out, buf_slice(&suites));
    buf_puts(out, "</testsuites>\n");
    buf_release(&suites);
}
