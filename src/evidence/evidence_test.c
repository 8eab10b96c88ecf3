#include "evidence/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

static struct slice text_of(struct run *run, struct evidence *evidence)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    evidence_finish(run->arena, evidence);
    document_write_json(evidence_node(run, evidence), 2, &text);
    struct slice copy = arena_copy(run->arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static void read_text(struct run *run, struct slice text, struct evidence *out)
{
    struct input input = {0};
    input_add_text(run, &input, SLICE("part.json"), text);
    evidence_read(run, &input.files[0], out);
}

/* One request of a log with what it shows, as a replay adds it; numbers follow from `n`. */
static void add_request(struct arena *arena, struct evidence *evidence, uint64_t n)
{
    const struct evidence_example example = {SLICE("access.log"), 1000 - n * 7 % 1000,
                                             arena_printf(arena, "GET http://a/%u", (unsigned)n)};
    evidence->counts[EVIDENCE_LINES]++;
    evidence->counts[EVIDENCE_REQUESTS]++;
    struct evidence_route *route = evidence_route(arena, evidence, EVIDENCE_BEFORE,
                                                  n % 3 ? SLICE("Ingress a/b") : SLICE("none"));
    route->kind = SLICE("Ingress");
    route->requests++;
    if (n % 2) {
        evidence->counts[EVIDENCE_SAME]++;
        return;
    }
    evidence->counts[EVIDENCE_DIFFERENT]++;
    struct evidence_finding *finding =
        evidence_finding(arena, evidence, n % 5 ? SLICE("d-01") : SLICE("d-02"));
    finding->requests++;
    evidence_group(arena, &finding->routes, route->text)->requests++;
    if (evidence_example_add(arena, &finding->examples, &example) &&
        finding->examples.items[0].line == example.line) {
        finding->title = arena_printf(arena, "title of line %u", (unsigned)example.line);
    }
    finding->impact = n % 7 ? finding->impact : IMPACT_BREAKING;
}

static void test_parts_merge_to_the_whole_whatever_their_number_and_order(void **state)
{
    (void)state;
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct evidence whole = {.before = SLICE("a"), .tables = SLICE("1")};
    for (uint64_t n = 0; n < 500; n++) {
        add_request(run.arena, &whole, n);
    }
    struct slice expected = text_of(&run, &whole);
    for (uint64_t parts = 2; parts < 9; parts++) {
        struct evidence merged = {0};
        for (uint64_t part = parts; part-- > 0;) {
            struct evidence one = {.before = SLICE("a"), .tables = SLICE("1")}, read = {0};
            for (uint64_t n = 0; n < 500; n++) {
                if (n * 31 % parts == part) {
                    add_request(run.arena, &one, n);
                }
            }
            read_text(&run, text_of(&run, &one), &read);
            evidence_merge(run.arena, &merged, &read);
        }
        struct slice got = text_of(&run, &merged);
        assert_int_equal(got.len, expected.len);
        assert_memory_equal(got.ptr, expected.ptr, expected.len);
    }
    assert_int_equal(diag_count(run.diag), 0);
    run_close(&run);
}

static void test_examples_are_the_first_by_source_and_line(void **state)
{
    (void)state;
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct evidence_examples examples = {0};
    for (uint64_t line = 20; line > 0; line--) {
        const struct evidence_example example = {line % 2 ? SLICE("a") : SLICE("b"), line,
                                                 SLICE("x")};
        (void)evidence_example_add(run.arena, &examples, &example);
        assert_false(evidence_example_add(run.arena, &examples, &example));
    }
    static const uint64_t lines[] = {1, 3, 5, 7, 9};
    assert_int_equal(examples.count, ARRAY_LEN(lines));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(examples.items[i].line, lines[i]);
        assert_true(slice_is(examples.items[i].source, "a"));
    }
    assert_false(evidence_example_counts(&examples, SLICE("a"), 10));
    assert_true(evidence_example_counts(&examples, SLICE("a"), 8));
    run_close(&run);
}

static void test_parts_of_other_tables_are_refused(void **state)
{
    (void)state;
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct evidence evidence = {0};
    read_text(&run,
              SLICE("{\"evidence\":1,\"tables\":\"a\",\"counts\":{\"lines\":1}}\n"
                    "{\"evidence\":1,\"tables\":\"b\",\"counts\":{\"lines\":2}}"),
              &evidence);
    assert_int_equal(diag_count(run.diag), 1);
    assert_int_equal(diag_get(run.diag, 0)->code, DIAG_E003);
    assert_int_equal(diag_get(run.diag, 0)->span.line, 2);
    assert_int_equal(evidence.counts[EVIDENCE_LINES], 1);
    run_close(&run);
}

/* Documents of which each tells of logs: {source, bytes, part, parts, lines, digest}. */
#define DOCUMENT(logs)              "{\"evidence\":1,\"logs\":[" logs "]}\n"
#define LOG(source, rest)           "{\"source\":\"" source "\"," rest "}"
#define LINES(lines, digest)        "\"lines\":" #lines ",\"digest\":\"00000000000000" #digest "\""
#define WHOLE(bytes, lines, digest) LOG("a.log", "\"bytes\":" #bytes "," LINES(lines, digest))
#define PART(part, parts, lines, digest)                                                           \
    LOG("a.log", "\"bytes\":90,\"part\":" #part ",\"parts\":" #parts "," LINES(lines, digest))
#define PIECE(part, parts, lines, digest)                                                          \
    LOG("a.log", "\"part\":" #part ",\"parts\":" #parts "," LINES(lines, digest))

static void test_parts_are_counted_once_and_what_is_missing_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code; /* 0: all fits */
        const char *missing;
        size_t logs;
    } rows[] = {
        {DOCUMENT(PART(2, 2, 5, 02)) DOCUMENT(PART(1, 2, 4, 01)), 0, "", 1},
        {DOCUMENT(PART(2, 9, 5, 02)) DOCUMENT(PART(6, 9, 5, 06)), 0,
         "parts 1, 3 to 5, 7 to 9 of 9 of 'a.log' (90 bytes)", 2},
        {DOCUMENT(PIECE(1, 2, 5, 02)), 0, "part 2 of 2 of 'a.log'", 1},
        {DOCUMENT(PART(1, 3, 4, 01)) DOCUMENT(PART(1, 3, 4, 01)), DIAG_E005,
         "parts 2, 3 of 3 of 'a.log' (90 bytes)", 1},
        {DOCUMENT(PART(1, 3, 0, 00)) DOCUMENT(PART(1, 3, 0, 00)), DIAG_E005,
         "parts 2, 3 of 3 of 'a.log' (90 bytes)", 1},
        {DOCUMENT(PIECE(1, 2, 4, 01)) DOCUMENT(PIECE(1, 2, 5, 02)), DIAG_E005,
         "part 2 of 2 of 'a.log'", 1},
        /* sums of which both have the second part */
        {DOCUMENT(PART(1, 3, 4, 01) "," PART(2, 3, 4, 02))
             DOCUMENT(PART(2, 3, 4, 02) "," PART(3, 3, 4, 03)),
         DIAG_E005, "part 3 of 3 of 'a.log' (90 bytes)", 2},
        {DOCUMENT(PART(1, 3, 4, 01)) DOCUMENT(PART(2, 4, 4, 02)), DIAG_E003,
         "parts 2, 3 of 3 of 'a.log' (90 bytes)", 1},
        {DOCUMENT(WHOLE(90, 8, 08)) DOCUMENT(PART(2, 4, 4, 02)), DIAG_E005, "", 1},
        {DOCUMENT(PART(1, 2, 4, 01)) DOCUMENT(WHOLE(90, 8, 08)), DIAG_E005,
         "part 2 of 2 of 'a.log' (90 bytes)", 1},
        {DOCUMENT(WHOLE(90, 8, 08)) DOCUMENT(WHOLE(90, 8, 08)), DIAG_E005, "", 1},
        {DOCUMENT(WHOLE(90, 8, 08)) DOCUMENT(LOG("b.log", LINES(8, 08))), DIAG_E005, "", 1},
        /* another day; empty ones; a log that grew between the parts */
        {DOCUMENT(WHOLE(90, 8, 08)) DOCUMENT(WHOLE(91, 9, 09)), 0, "", 2},
        {DOCUMENT(LOG("p", LINES(0, 00))) DOCUMENT(LOG("p", LINES(0, 00))), 0, "", 2},
        {DOCUMENT(PART(1, 2, 4, 01))
             DOCUMENT(LOG("a.log", "\"bytes\":99,\"part\":2,\"parts\":2," LINES(5, 02))),
         0, "part 2 of 2 of 'a.log' (90 bytes); part 1 of 2 of 'a.log' (99 bytes)", 2},
        {"{\"evidence\":1,\"program\":\"x 1\"}{\"evidence\":1,\"program\":\"x 2\"}", DIAG_E003, "",
         0},
        {DOCUMENT(LOG("a", "\"format\":\"json\",\"part\":1,\"parts\":2," LINES(1, 01)))
             DOCUMENT(LOG("a", "\"format\":\"common\",\"part\":2,\"parts\":2," LINES(1, 02))),
         DIAG_E003, "part 2 of 2 of 'a'", 1},
        {DOCUMENT(PART(3, 2, 4, 01)), DIAG_E001, "", 0},
        {DOCUMENT(PART(0, 2, 4, 01)), DIAG_E001, "", 0},
        {DOCUMENT(PART(1, 1000001, 4, 01)), DIAG_E001, "", 0},
        {DOCUMENT(WHOLE(1, 1, 0g)), DIAG_E001, "", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        struct evidence evidence = {0};
        run_open(&run, NULL, NULL, NULL);
        read_text(&run, slice_of(rows[i].text), &evidence);
        evidence_finish(run.arena, &evidence);
        const struct texts missing = evidence_missing(run.arena, &evidence);
        struct slice list = evidence_list(run.arena, &missing);
        assert_int_equal(diag_count(run.diag), rows[i].code != 0);
        assert_true(!rows[i].code || (int)diag_get(run.diag, 0)->code == rows[i].code);
        assert_string_equal(arena_string(run.arena, list), rows[i].missing);
        assert_int_equal(evidence.log_count, rows[i].logs);
        assert_int_equal(evidence.left_out.count,
                         rows[i].code == DIAG_E003 || rows[i].code == DIAG_E001);
        run_close(&run);
    }
}

static void test_logs_of_parts_are_those_of_the_whole(void **state)
{
    (void)state;
    struct run run;
    struct evidence evidence = {0};
    run_open(&run, NULL, NULL, NULL);
    read_text(&run,
              slice_of(DOCUMENT(PART(3, 3, 4, 03)) DOCUMENT(PART(1, 3, 6, 01))
                           DOCUMENT(PART(2, 3, 0, 00))),
              &evidence);
    struct slice text = text_of(&run, &evidence);
    assert_true(slice_contains(text, SLICE("\"bytes\": 90")));
    assert_true(slice_contains(text, SLICE("\"lines\": 10")));
    assert_true(slice_contains(text, SLICE("\"digest\": \"0000000000000004\"")));
    assert_false(slice_contains(text, SLICE("\"part")));
    /* those without numbers are one log when nothing of it is missing */
    struct evidence pieces = {0};
    read_text(&run,
              slice_of(DOCUMENT(LOG("p", LINES(2, 03))) DOCUMENT(LOG("p", LINES(0, 00)))
                           DOCUMENT(LOG("p", LINES(3, 04)))),
              &pieces);
    assert_int_equal(evidence_join_pieces(run.arena, &pieces), 3);
    assert_int_equal(pieces.log_count, 1);
    assert_int_equal(pieces.logs[0]->lines, 5);
    assert_int_equal(pieces.logs[0]->digest, 7);
    run_close(&run);
}

/* Where lines have no numbers, the first by text stay, with the title that comes first. */
static void test_examples_without_lines_do_not_hang_on_order(void **state)
{
    (void)state;
    static const char *const texts[] = {"GET b", "GET a", "GET c", "GET a"};
    static const char *const titles[] = {"two", "three", "one", "a fourth"};
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t start = 0; start < ARRAY_LEN(texts); start++) {
        struct evidence_finding finding = {.id = SLICE("d")};
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            size_t at = (start + i) % ARRAY_LEN(texts);
            const struct evidence_example example = {SLICE("p"), 0, slice_of(texts[at])};
            assert_true(evidence_example_counts(&finding.examples, SLICE("p"), 0));
            evidence_finding_example(arena, &finding, &example, slice_of(titles[at]),
                                     ASPECT_ROUTING);
        }
        assert_int_equal(finding.examples.count, 3);
        assert_true(slice_is(finding.examples.items[0].text, "GET a"));
        assert_true(slice_is(finding.title, "a fourth"));
    }
    arena_close(arena);
}

static void test_what_is_no_evidence_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum diag_code code;
    } rows[] = {
        {"[]", DIAG_E001},
        {"{\"version\":1}", DIAG_E001},
        {"{\"evidence\":2}", DIAG_E002},
        {"{\"evidence\":1,\"counts\":{\"lines\":-1}}", DIAG_E001},
        {"{\"evidence\":1,\"counts\":[]}", DIAG_E001},
        {"{\"evidence\":1,\"findings\":[{\"title\":\"no id\"}]}", DIAG_E001},
        {"{\"evidence\":1,\"findings\":[{\"id\":\"d-1\",\"impact\":\"huge\","
         "\"aspect\":\"routing\"}]}",
         DIAG_E001},
        {"{\"evidence\":1,\"routes\":[1]}", DIAG_E001},
        {"{\"evidence\":1,\"unsaid\":[{\"text\":\"x\",\"examples\":[{\"line\":\"1\"}]}]}",
         DIAG_E001},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        struct evidence evidence = {0};
        run_open(&run, NULL, NULL, NULL);
        read_text(&run, slice_of(rows[i].text), &evidence);
        assert_true(diag_count(run.diag) > 0);
        assert_int_equal(diag_get(run.diag, 0)->code, rows[i].code);
        assert_int_equal(evidence.counts[EVIDENCE_LINES], 0);
        run_close(&run);
    }
}

/* 2^63 - 1 is the most; what is more is refused, whichever number it is. */
static void test_sums_that_cannot_be_counted_are_refused(void **state)
{
    (void)state;
#define MOST "9223372036854775807"
    static const struct {
        const char *text;
        size_t faults;
    } rows[] = {
        {"{\"evidence\":1,\"counts\":{\"requests\":" MOST "}}\n"
         "{\"evidence\":1,\"counts\":{\"requests\":0}}",
         0},
        {"{\"evidence\":1,\"counts\":{\"requests\":" MOST "}}\n"
         "{\"evidence\":1,\"counts\":{\"requests\":1}}\n{\"evidence\":1}",
         1},
        {"{\"evidence\":1,\"routes\":[{\"side\":\"after\",\"text\":\"x\",\"asked\":" MOST "}]}\n"
         "{\"evidence\":1,\"routes\":[{\"side\":\"after\",\"text\":\"x\",\"asked\":1}]}",
         1},
        {"{\"evidence\":1,\"unsaid\":[{\"text\":\"x\",\"requests\":" MOST "},"
         "{\"text\":\"x\",\"requests\":" MOST "}]}",
         1},
    };
#undef MOST
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        struct evidence evidence = {0};
        run_open(&run, NULL, NULL, NULL);
        read_text(&run, slice_of(rows[i].text), &evidence);
        assert_int_equal(diag_count(run.diag), rows[i].faults);
        assert_true(evidence.counts[EVIDENCE_REQUESTS] <= INT64_MAX);
        if (rows[i].faults) {
            assert_int_equal(diag_get(run.diag, 0)->code, DIAG_E001);
        }
        run_close(&run);
    }
}

static void test_shares_never_claim_all_or_nothing(void **state)
{
    (void)state;
    static const struct {
        uint64_t part, whole;
        const char *text;
    } rows[] = {{0, 0, "0 %"},        {0, 7, "0 %"},
                {7, 7, "100 %"},      {1, 10000000, "under 0.1 %"},
                {1, 8, "12.5 %"},     {9999999, 10000000, "over 99.9 %"},
                {999, 1000, "99.9 %"}};
    struct arena *arena = arena_open(0, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice text = evidence_share(arena, rows[i].part, rows[i].whole);
        assert_true(slice_is(text, rows[i].text));
    }
    arena_close(arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_merge_to_the_whole_whatever_their_number_and_order),
        cmocka_unit_test(test_examples_are_the_first_by_source_and_line),
        cmocka_unit_test(test_parts_of_other_tables_are_refused),
        cmocka_unit_test(test_parts_are_counted_once_and_what_is_missing_is_named),
        cmocka_unit_test(test_logs_of_parts_are_those_of_the_whole),
        cmocka_unit_test(test_examples_without_lines_do_not_hang_on_order),
        cmocka_unit_test(test_what_is_no_evidence_is_refused_with_its_place),
        cmocka_unit_test(test_sums_that_cannot_be_counted_are_refused),
        cmocka_unit_test(test_shares_never_claim_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
