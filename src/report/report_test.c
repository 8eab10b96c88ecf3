#include "report/report_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* One host with one finding, whose texts have all that some place takes for a mark. */
#define NASTY "a|b`c <script>&\"'%\n::error::x\x1b[31m @team #1"

struct world {
    struct run run;
    struct finding findings[2];
    struct host_verdict hosts[1];
    struct slice names[1];
    struct comparison comparison;
    struct acceptances accepted;
    struct report report;
    struct buf out;
};

static void fill_findings(struct world *world)
{
    world->names[0] = SLICE("shop.example");
    world->findings[0] = (struct finding){.id = SLICE("d-0000000001"),
                                          .impact = IMPACT_BREAKING,
                                          .aspect = ASPECT_ROUTING,
                                          .aspects = 1u << ASPECT_ROUTING,
                                          .title = SLICE(NASTY),
                                          .fields = SLICE("outcome, status"),
                                          .words = SLICE(NASTY),
                                          .pattern = SLICE("^/"),
                                          .hosts = world->names,
                                          .host_count = 1,
                                          .requests = 1,
                                          .effect = -1,
                                          .reason = SLICE(NASTY),
                                          .advice = SLICE(NASTY)};
    struct request *witness = &world->findings[0].witness;
    *witness = (struct request){.host = SLICE("shop.example"), .target = SLICE("/a|`b`")};
    request_defaults(witness);
    world->findings[0].before.kind = world->findings[0].after.kind = OUTCOME_RESPOND;
    world->findings[1] = world->findings[0];
    world->findings[1].id = SLICE("d-0000000002");
    world->findings[1].platform = true;
}

static struct world *world_open(void)
{
    static const char *const sentences[] = {"a sentence", NULL};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    run_open(&world->run, NULL, NULL, NULL);
    fill_findings(world);
    world->hosts[0] = (struct host_verdict){.host = world->names[0], .classes = 2, .agreed = 1};
    world->hosts[0].aspects[ASPECT_ROUTING].verdict = VERDICT_DIFFERENT;
    world->comparison =
        (struct comparison){.before = SLICE("one"),
                            .after = SLICE("other"),
                            .findings = world->findings,
                            .finding_count = 2,
                            .hosts = world->hosts,
                            .host_count = 1,
                            .classes = 2,
                            .agreed = 1,
                            .domain = sentences,
                            .probes = sentences,
                            .probed = 7,
                            .assumptions = sentences,
                            .aspects = {[ASPECT_ROUTING] = true, [ASPECT_HEADERS] = true}};
    world->report = (struct report){.comparison = &world->comparison,
                                    .accepted = &world->accepted,
                                    .fail_on = IMPACT_CHANGED,
                                    .width = 80,
                                    .version = "1"};
    buf_init(&world->out, BUF_TEXT_MAX);
    return world;
}

static void accept_first(struct world *world, bool expired)
{
    const struct acceptance accepted = {.id = world->findings[0].id,
                                        .reason = SLICE(NASTY),
                                        .expires = SLICE("2027-01-31"),
                                        .expired = expired};
    world->accepted = (struct acceptances){0};
    assert_true(accept_add(&world->run, &world->accepted, &accepted));
}

static const char *print(struct world *world, enum report_format format)
{
    buf_clear(&world->out);
    report_print(&world->run, &world->report, format, &world->out);
    buf_putc(&world->out, '\0');
    return world->out.ptr;
}

static void world_close(struct world *world)
{
    buf_release(&world->out);
    run_close(&world->run);
    free(world);
}

static void test_report_no_place_lets_control_bytes_through(void **state)
{
    (void)state;
    struct world *world = world_open();
    accept_first(world, false);
    for (size_t i = 0; report_format_name(i); i++) {
        const char *text = print(world, (enum report_format)i);
        assert_null(strchr(text, '\x1b'));
    }
    world_close(world);
}

static void test_report_workflow_commands_keep_to_their_line(void **state)
{
    (void)state;
    struct world *world = world_open();
    const char *text = print(world, REPORT_GITHUB);
    assert_null(strstr(text, "\n::error::x"));
    assert_non_null(strstr(text, "%25%0A::error::x"));
    assert_null(strstr(text, "d-0000000002"));
    world_close(world);
}

static void test_report_xml_has_no_markup_of_others(void **state)
{
    (void)state;
    struct world *world = world_open();
    const char *text = print(world, REPORT_JUNIT);
    assert_null(strstr(text, "<script>"));
    assert_non_null(strstr(text, "&lt;script&gt;&amp;&quot;"));
    world_close(world);
}

static void test_report_markdown_keeps_cells_and_spans(void **state)
{
    (void)state;
    struct world *world = world_open();
    const char *text = print(world, REPORT_MARKDOWN);
    /* a longer fence than any in the text, and no cell that ends in it */
    assert_non_null(strstr(text, "| ``a\\|b`c <script>"));
    assert_non_null(strstr(text, "\n``a|b`c <script>"));
    world_close(world);
}

static void test_report_accepted_stays_and_fails_nothing(void **state)
{
    (void)state;
    struct world *world = world_open();
    assert_true(report_fails(&world->report));
    accept_first(world, false);
    assert_false(report_fails(&world->report));
    assert_non_null(strstr(print(world, REPORT_TEXT), "status: accepted until 2027-01-31: "));
    assert_non_null(strstr(print(world, REPORT_JSON), "\"standing\": \"accepted\""));
    assert_non_null(strstr(print(world, REPORT_SARIF), "\"suppressions\""));
    assert_non_null(strstr(print(world, REPORT_GITHUB), "::notice "));
    assert_non_null(strstr(print(world, REPORT_JUNIT), "failures=\"0\""));
    accept_first(world, true);
    assert_true(report_fails(&world->report));
    assert_non_null(
        strstr(print(world, REPORT_TEXT), "accepted until 2027-01-31 and counts again"));
    assert_null(strstr(print(world, REPORT_SARIF), "\"suppressions\""));
    world_close(world);
}

static void test_report_platform_and_lesser_differences_fail_nothing(void **state)
{
    (void)state;
    struct world *world = world_open();
    world->findings[0].impact = IMPACT_CHANGED;
    assert_true(report_fails(&world->report));
    world->report.fail_on = IMPACT_BREAKING;
    assert_false(report_fails(&world->report));
    assert_non_null(strstr(print(world, REPORT_GITHUB), "::warning "));
    world_close(world);
}

static void test_report_unproven_fails_where_it_is_asked(void **state)
{
    (void)state;
    struct world *world = world_open();
    world->comparison.finding_count = 0;
    world->hosts[0].aspects[ASPECT_ROUTING] =
        (struct aspect_verdict){.verdict = VERDICT_UNPROVEN, .reason = SLICE("one was tried")};
    assert_false(report_fails(&world->report));
    assert_non_null(strstr(print(world, REPORT_JUNIT), "<skipped message=\"unproven: one was"));
    world->report.strict = true;
    assert_true(report_fails(&world->report));
    assert_non_null(strstr(print(world, REPORT_JUNIT),
                           "<failure type=\"unproven\" message=\"unproven: one was"));
    assert_non_null(strstr(print(world, REPORT_TEXT), "    why:    one was tried\n"));
    world_close(world);
}

static void test_report_lines_keep_to_the_width(void **state)
{
    (void)state;
    struct world *world = world_open();
    world->report.width = 40;
    struct slice rest, line;
    world->findings[0].title = SLICE("forwarded to shop/web:80 before, answered 404 after");
    world->findings[0].words = SLICE("requests by http and https that 'prefix /a' takes before");
    (void)print(world, REPORT_TEXT);
    rest = buf_slice(&world->out);
    while (slice_split(&rest, '\n', &line)) {
        bool whole = slice_contains(line, SLICE("curl")) || slice_contains(line, SLICE("\\x1b"));
        assert_true(whole || line.len <= 40);
    }
    world_close(world);
}

static void test_report_nothing_compared_is_said(void **state)
{
    (void)state;
    struct world *world = world_open();
    world->comparison.finding_count = world->comparison.host_count = world->comparison.classes = 0;
    assert_non_null(strstr(print(world, REPORT_TEXT), "unproven: nothing was compared"));
    assert_false(report_fails(&world->report));
    world->report.strict = true;
    assert_true(report_fails(&world->report));
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_no_place_lets_control_bytes_through),
        cmocka_unit_test(test_report_workflow_commands_keep_to_their_line),
        cmocka_unit_test(test_report_xml_has_no_markup_of_others),
        cmocka_unit_test(test_report_markdown_keeps_cells_and_spans),
        cmocka_unit_test(test_report_accepted_stays_and_fails_nothing),
        cmocka_unit_test(test_report_platform_and_lesser_differences_fail_nothing),
        cmocka_unit_test(test_report_unproven_fails_where_it_is_asked),
        cmocka_unit_test(test_report_lines_keep_to_the_width),
        cmocka_unit_test(test_report_nothing_compared_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
