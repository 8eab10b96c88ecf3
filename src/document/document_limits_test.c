#include "document/document_test_priv.h"

static void expect_limited(const struct limits *limits, struct slice text, const char *wanted)
{
    struct sample sample;
    sample_read(&sample, limits, text);
    expect_slice(sample_print(&sample), "a limit", wanted);
    sample_close(&sample);
}

static void test_document_depth_is_limited(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    limits.depth = 3;
    expect_limited(&limits, SLICE("a: {b: [1]}\n---\na: {b: [[1]]}\n---\nc: 1\n"),
                   "{\"a\":{\"b\":[1]}}\n{\"c\":1}\n3:9 Y009\n");
    expect_limited(&limits, SLICE("- - - - a\n"), "1:7 Y009\n");
    expect_limited(&limits, SLICE("[[[[1]]]]"), "1:4 Y009\n");
}

static void test_document_depth_counts_what_aliases_bring(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    limits.depth = 4;
    expect_limited(&limits, SLICE("- &a [[1]]\n- [*a]\n"), "[[[1]],[[[1]]]]\n");
    expect_limited(&limits, SLICE("- &a [[1]]\n- [[*a]]\n"), "2:5 Y009\n");
    expect_limited(&limits, SLICE("- &a [[1]]\n- &b [*a]\n- [*b]\n"), "3:4 Y009\n");
}

static void test_document_towers_of_brackets_are_refused_fast(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_fill(&text, '[', 1000000);
    buf_puts(&text, "\n---\na: 1\n");
    expect_limited(NULL, buf_slice(&text), "{\"a\":1}\n1:129 Y009\n");
    buf_clear(&text);
    buf_puts(&text, "x: ");
    buf_fill(&text, '{', 1000000);
    /* a "{" where a key is due: no mapping can be a key */
    expect_limited(NULL, buf_slice(&text), "1:5 Y007\n");
    buf_release(&text);
}

static void test_document_nodes_are_limited(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    limits.nodes = 5;
    expect_limited(&limits, SLICE("a: 1\n---\n- 2\n"), "{\"a\":1}\n[2]\n");
    expect_limited(&limits, SLICE("a: 1\n---\n- 2\n- 3\n---\nb: 1\n"), "{\"a\":1}\n4:3 Y010\n");
    expect_limited(&limits, SLICE("{\"a\":1}[1,2,3]{\"b\":1}"), "{\"a\":1}\n1:11 Y010\n");
    expect_limited(&limits, SLICE("- &a [1, 2]\n- *a\n"), "2:3 Y010\n");
}

static void test_document_scalars_are_limited(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    limits.scalar_bytes = 4;
    expect_limited(&limits, SLICE("a: 1234\n---\nb: 12345\n---\nc: 1\n"),
                   "{\"a\":1234}\n{\"c\":1}\n3:4 Y014\n");
    expect_limited(&limits, SLICE("abcde: 1\n"), "1:1 Y014\n");
    expect_limited(&limits, SLICE("[\"abcd\", \"abcde\"]"), "1:10 Y014\n");
}

static void test_document_alias_bombs_are_refused_fast(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_puts(&text, "a0: &a0 [x]\n");
    for (int i = 1; i < 30; i++) {
        buf_printf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                   i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    buf_puts(&text, "---\nb: 1\n");
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(&text));
    assert_int_equal(sample.documents.count, 1);
    assert_int_equal(diag_count(sample.run.diag), 1);
    assert_int_equal(diag_get(sample.run.diag, 0)->code, DIAG_Y012);
    sample_close(&sample);
    buf_release(&text);
}

static void test_document_aliases_of_long_texts_are_counted(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    buf_puts(&text, "- &a ");
    buf_fill(&text, 'x', 1000000);
    for (int i = 0; i < 1000; i++) {
        buf_puts(&text, "\n- *a");
    }
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(&text));
    assert_int_equal(diag_get(sample.run.diag, 0)->code, DIAG_Y012);
    assert_int_equal(sample.documents.count, 0);
    sample_close(&sample);
    buf_release(&text);
}

static void test_document_many_anchors_are_found_fast(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (int i = 0; i < 100000; i++) {
        buf_printf(&text, "- &a%d x\n- *a%d\n", i, i / 2);
    }
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(&text));
    assert_int_equal(diag_count(sample.run.diag), 0);
    assert_int_equal(sample.documents.roots[0]->count, 200000);
    sample_close(&sample);
    buf_release(&text);
}

static void test_document_each_of_many_faults_is_reported(void **state)
{
    (void)state;
    enum { FAULTS = 20000 };
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (int i = 0; i < FAULTS; i++) {
        buf_puts(&text, "---\na: [\n--- {b: 1}\n");
    }
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(&text));
    assert_int_equal(diag_count(sample.run.diag), FAULTS);
    assert_int_equal(sample.documents.count, FAULTS);
    assert_int_equal(diag_get(sample.run.diag, FAULTS - 1)->span.line, 3 * FAULTS);
    assert_int_equal(sample.documents.roots[FAULTS - 1]->span.column, 5);
    sample_close(&sample);
    buf_release(&text);
}

static void test_document_merges_are_counted(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    limits.nodes = 12;
    expect_limited(&limits, SLICE("- &a {b: 1, c: 2}\n- {<<: *a}\n"), "2:8 Y010\n");
    limits.nodes = 14;
    expect_limited(&limits, SLICE("- &a {b: 1, c: 2}\n- {<<: *a}\n"), "2:3 Y010\n");
    limits.nodes = 15;
    expect_limited(&limits, SLICE("- &a {b: 1, c: 2}\n- {<<: *a}\n"),
                   "[{\"b\":1,\"c\":2},{\"b\":1,\"c\":2}]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_depth_is_limited),
        cmocka_unit_test(test_document_depth_counts_what_aliases_bring),
        cmocka_unit_test(test_document_towers_of_brackets_are_refused_fast),
        cmocka_unit_test(test_document_nodes_are_limited),
        cmocka_unit_test(test_document_scalars_are_limited),
        cmocka_unit_test(test_document_alias_bombs_are_refused_fast),
        cmocka_unit_test(test_document_aliases_of_long_texts_are_counted),
        cmocka_unit_test(test_document_many_anchors_are_found_fast),
        cmocka_unit_test(test_document_each_of_many_faults_is_reported),
        cmocka_unit_test(test_document_merges_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
