#include "document/document_test_priv.h"

#include <string.h>

static void test_document_places_are_those_of_the_text(void **state)
{
    (void)state;
    struct sample sample;
    sample_read(&sample, NULL,
                SLICE("# shop\n\nmeta: {n\xC3\xA4me: web, x: 1}\nlist:\n- a\n-  'b'\n"));
    const struct node *root = sample.documents.roots[0];
    const struct node *meta = node_get(root, "meta"), *list = node_get(root, "list");
    const struct span spans[] = {root->span,           meta->span,
                                 meta->pairs[1].span,  meta->pairs[1].value->span,
                                 list->items[0]->span, list->items[1]->span};
    const uint32_t wanted[][2] = {{3, 1}, {3, 7}, {3, 19}, {3, 22}, {5, 3}, {6, 4}};
    for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
        assert_int_equal(spans[i].file, sample.input.files[0].file);
        assert_int_equal(spans[i].line, wanted[i][0]);
        assert_int_equal(spans[i].column, wanted[i][1]);
    }
    sample_close(&sample);
}

static void test_document_empty_documents_are_left_out(void **state)
{
    (void)state;
    expect_read("", "");
    expect_read("\n\n", "");
    expect_read("---", "");
    expect_read("# only a comment\n", "");
    expect_read("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n...\n", "{\"a\":1}\n{\"b\":2}\n");
    expect_read("---\n~\n", "");
}

static void test_document_line_ends_of_windows_are_read(void **state)
{
    (void)state;
    expect_read("a: 1\r\nb: |\r\n  x\r\n---\r\nc: [\r\n---\r\nd: 4\r\n",
                "{\"a\":1,\"b\":\"x\\n\"}\n{\"d\":4}\n6:1 Y001\n");
}

static void test_document_marks_of_byte_order_are_accepted(void **state)
{
    (void)state;
    expect_read("\xEF\xBB\xBF"
                "a: [\n",
                "2:1 Y001\n");
    expect_read("\xEF\xBB\xBF{\"a\": 1}", "{\"a\":1}\n");
}

static void test_document_aliases_share_nodes(void **state)
{
    (void)state;
    struct sample sample;
    sample_read(&sample, NULL, SLICE("a: &x {b: [1]}\nc: *x\nd: &x 5\ne: *x\n"));
    expect_slice(sample_print(&sample), "aliases",
                 "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]},\"d\":5,\"e\":5}\n");
    const struct node *root = sample.documents.roots[0];
    assert_ptr_equal(node_get(root, "a"), node_get(root, "c"));
    sample_close(&sample);
    expect_read("&k key: *k", "{\"key\":\"key\"}\n");
    expect_read("a: &k key\n*k : 2", "{\"a\":\"key\",\"key\":2}\n");
}

static void test_document_merges_as_kubectl_does(void **state)
{
    (void)state;
    expect_read("<<: {a: 2, b: 3}\na: 1", "{\"a\":1,\"b\":3}\n");
    expect_read("<<: [{a: 2, b: 3}, {a: 5, c: 6}]\nd: 1", "{\"a\":2,\"c\":6,\"b\":3,\"d\":1}\n");
    expect_read("x: &x {a: 1}\ny1: {<<: *x, b: 2}", "{\"x\":{\"a\":1},\"y1\":{\"a\":1,\"b\":2}}\n");
    expect_read("<<: {a: 2}\n<<: {c: 3}", "{\"a\":2,\"c\":3}\n");
    expect_read("\"<<\": {a: 2}", "{\"<<\":{\"a\":2}}\n");
    /* the mapping's own key stands before "<<", so it loses: most other parsers differ */
    expect_read("a: 1\n<<: {a: 2, b: 3}", "{\"a\":2,\"b\":3}\n2:1 Y016\n");
}

static void test_document_lookup_ignores_nulls(void **state)
{
    (void)state;
    struct sample sample;
    sample_read(&sample, NULL, SLICE("a: ~\nb: [1]\n"));
    const struct node *root = sample.documents.roots[0];
    assert_null(node_get(root, "a"));
    assert_null(node_get(root, "c"));
    assert_null(node_get(NULL, "a"));
    assert_null(node_get(node_get(root, "b"), "a"));
    assert_non_null(node_pair(root, SLICE("a")));
    sample_close(&sample);
}

static void test_document_many_keys_are_found(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (int i = 0; i < 1000; i++) {
        buf_printf(&text, "key-%d: %d\n", i, i);
    }
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(&text));
    assert_int_equal(diag_count(sample.run.diag), 0);
    const struct node *root = sample.documents.roots[0];
    assert_int_equal(root->count, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(root->pairs[i].value->integer, i);
    }
    sample_close(&sample);
    buf_release(&text);
}

/* A key is what it is for itself, whatever a key with the same bytes was before. */
static void test_document_keys_are_read_again(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"!foo null: 1\n---\na: 1\nnull: 2\n", "{\"null\":1}\n1:1 Y013\n4:1 Y007\n"},
        {"!!str yes: 1\n---\nyes: 2\n", "{\"yes\":1}\n{\"true\":2}\n"},
        {"'on': 1\n---\non: 2\n---\n'on': 3\n", "{\"on\":1}\n{\"true\":2}\n{\"on\":3}\n"},
        {"'<<': 1\n---\n<<: {a: 2}\n---\n<<: {a: 3}\n", "{\"<<\":1}\n{\"a\":2}\n{\"a\":3}\n"},
        {"a: 1\n---\na: 2\n---\na: 3\na: 4\n", "{\"a\":1}\n{\"a\":2}\n6:1 Y004\n"},
        {"a: 1\n---\n&x a: 2\nb: *x\n", "{\"a\":1}\n{\"a\":2,\"b\":\"a\"}\n"},
        {"0x10: 1\n---\n0x10: 2\n", "{\"16\":1}\n{\"16\":2}\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample sample;
        sample_read(&sample, NULL, slice_of(rows[i].text));
        expect_slice(sample_print(&sample), rows[i].text, rows[i].wanted);
        sample_close(&sample);
    }
}

static void test_document_equality_ignores_the_order_of_keys(void **state)
{
    (void)state;
    struct sample a, b, c;
    sample_read(&a, NULL, SLICE("x: [1, a]\ny: {z: 0x10}"));
    sample_read(&b, NULL, SLICE("y: {z: 16}\nx: [1, 'a']"));
    sample_read(&c, NULL, SLICE("y: {z: 16}\nx: [a, 1]"));
    assert_true(node_equal(a.documents.roots[0], b.documents.roots[0]));
    assert_false(node_equal(a.documents.roots[0], c.documents.roots[0]));
    sample_close(&a);
    sample_close(&b);
    sample_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_places_are_those_of_the_text),
        cmocka_unit_test(test_document_empty_documents_are_left_out),
        cmocka_unit_test(test_document_keys_are_read_again),
        cmocka_unit_test(test_document_line_ends_of_windows_are_read),
        cmocka_unit_test(test_document_marks_of_byte_order_are_accepted),
        cmocka_unit_test(test_document_aliases_share_nodes),
        cmocka_unit_test(test_document_merges_as_kubectl_does),
        cmocka_unit_test(test_document_lookup_ignores_nulls),
        cmocka_unit_test(test_document_many_keys_are_found),
        cmocka_unit_test(test_document_equality_ignores_the_order_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
