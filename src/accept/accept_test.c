#include "accept/accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world {
    struct run run;
    struct acceptances accepted;
};

static struct world *read_text(const char *text)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    run_open(&world->run, NULL, NULL, NULL);
    struct input input = {0};
    input_add_text(&world->run, &input, SLICE("accepted.yaml"), slice_of(text));
    accept_read(&world->run, &input.files[0], SLICE("2026-06-15"), &world->accepted);
    return world;
}

static void world_close(struct world *world)
{
    run_close(&world->run);
    free(world);
}

static void assert_said(const struct world *world, enum diag_code code, unsigned line,
                        const char *message)
{
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        const struct diagnostic *item = diag_get(world->run.diag, i);
        if (item->code == code && item->span.line == line && slice_is(item->message, message)) {
            return;
        }
    }
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        const struct diagnostic *item = diag_get(world->run.diag, i);
        print_error("  %s in line %u: " SLICE_FMT "\n", diag_row(item->code)->name, item->span.line,
                    SLICE_ARG(item->message));
    }
    fail_msg("nobody said '%s' of line %u", message, line);
}

static void test_accept_reads_id_reason_and_day(void **state)
{
    (void)state;
    struct world *world = read_text("accepted:\n"
                                    "- id: d-0123456789\n"
                                    "  reason: nobody asks for it\n"
                                    "  expires: 2026-06-15\n"
                                    "- id: d-abcdef0123\n"
                                    "  reason: as it is\n"
                                    "  expires: never\n");
    assert_int_equal(diag_count(world->run.diag), 0);
    assert_int_equal(world->accepted.count, 2);
    const struct acceptance *first = accept_find(&world->accepted, SLICE("d-0123456789"));
    assert_non_null(first);
    assert_false(first->expired); /* the last day counts */
    assert_true(slice_is(first->reason, "nobody asks for it"));
    assert_int_equal(first->span.line, 2);
    assert_false(accept_find(&world->accepted, SLICE("d-abcdef0123"))->expired);
    assert_null(accept_find(&world->accepted, SLICE("d-0000000000")));
    world_close(world);
}

static void test_accept_ends_with_its_day(void **state)
{
    (void)state;
    struct world *world = read_text("accepted: [{id: d-01, reason: a, expires: 2026-06-14}]\n");
    assert_true(accept_find(&world->accepted, SLICE("d-01"))->expired);
    const struct finding finding = {.id = SLICE("d-01")};
    struct finding findings[] = {finding};
    const struct comparison comparison = {.findings = findings, .finding_count = 1};
    accept_report(&world->run, &world->accepted, &comparison);
    assert_said(
        world, DIAG_D006, 1,
        "d-01 was accepted until 2026-06-14, and counts again: settle it, or accept it anew");
    world_close(world);
}

static void test_accept_names_what_is_no_finding(void **state)
{
    (void)state;
    struct world *world = read_text("accepted:\n- {id: d-02, reason: a, expires: never}\n");
    const struct comparison comparison = {0};
    accept_report(&world->run, &world->accepted, &comparison);
    assert_said(world, DIAG_D007, 2, "d-02 is accepted, but is no finding any more; take it out");
    world_close(world);
}

static void test_accept_refuses_what_is_not_understood(void **state)
{
    (void)state;
    struct world *world = read_text("accepted:\n"
                                    "- id: d-01\n"
                                    "  reasn: a\n"
                                    "  expires: 2026-02-30\n"
                                    "- id: 17\n"
                                    "  reason: ''\n"
                                    "- text\n"
                                    "- {id: d-03, reason: a, expires: never}\n"
                                    "- {id: d-03, reason: b, expires: never}\n");
    assert_int_equal(world->accepted.count, 1);
    assert_said(world, DIAG_D002, 3,
                "'reasn' is no key of an accepted finding; did you mean 'reason'?");
    assert_said(world, DIAG_D003, 2, "'reason' is missing: say why the team accepts this");
    assert_said(world, DIAG_D004, 4,
                "'expires' must be a day such as 2027-01-31, or never, not '2026-02-30'");
    assert_said(world, DIAG_D004, 5,
                "'id' must be the id of a finding, such as d-1f3a9c0b52, not '17'");
    assert_said(world, DIAG_D003, 6, "'reason' is empty: say why the team accepts this");
    assert_said(
        world, DIAG_D001, 7,
        "each item of 'accepted' must be a mapping with id, reason and expires, not a text");
    assert_said(world, DIAG_D005, 9, "d-03 is accepted twice, first in line 8; keep one of them");
    world_close(world);
}

static void test_accept_refuses_other_documents(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum diag_code code;
    } rows[] = {
        {"- id: d-01\n", DIAG_D001}, {"accepted: {}\n", DIAG_D001}, {"acceptd: []\n", DIAG_D002}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world *world = read_text(rows[i].text);
        assert_int_equal(diag_count(world->run.diag), 1);
        assert_int_equal(diag_get(world->run.diag, 0)->code, rows[i].code);
        world_close(world);
    }
}

static void test_accept_knows_leap_years(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        bool fine;
    } rows[] = {{"2028-02-29", true},  {"2027-02-29", false}, {"2100-02-29", false},
                {"2000-02-29", true},  {"2026-13-01", false}, {"2026-00-10", false},
                {"2026-04-31", false}, {"26-04-30", false},   {"2026-4-30", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "accepted: [{id: d-01, reason: a, expires: %s}]\n",
                 rows[i].day);
        struct world *world = read_text(text);
        assert_int_equal(world->accepted.count, rows[i].fine ? 1 : 0);
        world_close(world);
    }
}

static void test_accept_writes_what_it_reads(void **state)
{
    (void)state;
    struct world *world = read_text("accepted:\n"
                                    "- {id: d-01, reason: 'a: b', expires: 2027-01-31}\n"
                                    "- {id: d-09, reason: gone, expires: never}\n");
    struct finding findings[] = {
        {.id = SLICE("d-01"), .title = SLICE("one\nline"), .impact = IMPACT_BREAKING},
        {.id = SLICE("d-02"), .title = SLICE("two"), .impact = IMPACT_CHANGED},
        {.id = SLICE("d-03"), .title = SLICE("three"), .platform = true}};
    const struct comparison comparison = {.findings = findings,
                                          .finding_count = ARRAY_LEN(findings)};
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    accept_write(&world->run, &world->accepted, &comparison, &out);
    buf_putc(&out, '\0');
    assert_string_equal(strstr(out.ptr, "accepted:\n"), "accepted:\n"
                                                        "# breaking, routing: one\\x0aline\n"
                                                        "- id: d-01\n"
                                                        "  reason: \"a: b\"\n"
                                                        "  expires: \"2027-01-31\"\n"
                                                        "# changed, routing: two\n"
                                                        "- id: d-02\n"
                                                        "  reason: \"\"\n"
                                                        "  expires: \"\"\n");
    struct world *again = read_text(out.ptr);
    assert_int_equal(again->accepted.count, 1); /* the other one has no reason yet */
    assert_true(slice_is(again->accepted.items[0]->reason, "a: b"));
    buf_release(&out);
    world_close(again);
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept_reads_id_reason_and_day),
        cmocka_unit_test(test_accept_ends_with_its_day),
        cmocka_unit_test(test_accept_names_what_is_no_finding),
        cmocka_unit_test(test_accept_refuses_what_is_not_understood),
        cmocka_unit_test(test_accept_refuses_other_documents),
        cmocka_unit_test(test_accept_knows_leap_years),
        cmocka_unit_test(test_accept_writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
