#include "document/document_test_priv.h"

static void test_document_json_is_read(void **state)
{
    (void)state;
    expect_read("{\"a\": [1, -2, 3.5, 1e3, true, false, null, \"x\"], \"b\": {}, \"c\": []}",
                "{\"a\":[1,-2,3.5,1000,true,false,null,\"x\"],\"b\":{},\"c\":[]}\n");
    expect_read("[\"yes\", \"5\", \"\"]", "[\"yes\",\"5\",\"\"]\n");
    expect_read("\t{\n\t\"a\"\n:\n1}\n", "{\"a\":1}\n");
    expect_read("[[[[]], {}]]", "[[[[]],{}]]\n");
}

static void test_document_json_escapes_are_decoded(void **state)
{
    (void)state;
    expect_read("[\"\\ud83d\\ude00 \\u00e9 \\u20AC\"]",
                "[\"\xF0\x9F\x98\x80 \xC3\xA9 \xE2\x82\xAC\"]\n");
    expect_read("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\"]\n");
    /* half a pair becomes U+FFFD, as in Go */
    expect_read("[\"\\ud83d\", \"\\ude00x\", \"\\ud83d\\u0041\"]",
                "[\"\xEF\xBF\xBD\",\"\xEF\xBF\xBDx\",\"\xEF\xBF\xBD"
                "A\"]\n");
}

static void test_document_json_places_count_characters(void **state)
{
    (void)state;
    struct sample sample;
    sample_read(&sample, NULL,
                SLICE("{\"\\ud83d\\ude00\": \"\xC3\xA9\xC3\xA9\", \"b\":\r\n  1, \"c\": 2}"));
    const struct node *root = sample.documents.roots[0];
    const uint32_t wanted[][4] = {{1, 2, 1, 18}, {1, 24, 2, 3}, {2, 6, 2, 11}};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        const struct pair *pair = &root->pairs[i];
        assert_int_equal(pair->span.line, wanted[i][0]);
        assert_int_equal(pair->span.column, wanted[i][1]);
        assert_int_equal(pair->value->span.line, wanted[i][2]);
        assert_int_equal(pair->value->span.column, wanted[i][3]);
    }
    sample_close(&sample);
}

static void test_document_json_values_may_follow_each_other(void **state)
{
    (void)state;
    expect_read("{\"a\":1}\n{\"b\":2} {\"c\":3}[4]\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n[4]\n");
    expect_read("---\n{\"a\":\"\\ud83d\\ude00\"}\n---\n{\"b\":2}\n---\nc: 3\n",
                "{\"a\":\"\xF0\x9F\x98\x80\"}\n{\"b\":2}\n{\"c\":3}\n");
    expect_read("{\"a\":1}\nb: 2\n---\nc: 3\n", "{\"a\":1}\n{\"c\":3}\n2:1 Y001\n");
}

static void test_document_json_faults_are_named(void **state)
{
    (void)state;
    expect_read("{\"a\": 1,\n \"b\": [1, 2}\n", "2:12 Y001\n");
    expect_read("{\"a\": 1\n \"b\": 2}\n", "2:5 Y001\n");
    expect_read("{\"a\": \"x", "1:9 Y001\n");
    expect_read("{\"a\": 1}\n{\"a\": [}\n---\n{\"b\": 2}\n", "{\"a\":1}\n{\"b\":2}\n2:8 Y001\n");
    expect_read("{\"a\": 1, \"a\": 2, \"b\": 1, \"b\": 2}{\"c\": 3}",
                "{\"c\":3}\n1:10 Y004\n1:26 Y004\n");
    expect_read("{\"a\": \"x\\u0000\"}", "1:7 Y003\n");
    expect_read("{\"a\": \"x\xFF\"}", "1:9 Y002\n");
}

static void test_document_brackets_may_be_yaml(void **state)
{
    (void)state;
    expect_read("{a: b, c: [d, e,],}", "{\"a\":\"b\",\"c\":[\"d\",\"e\"]}\n");
    expect_read("[01, 'x']\n", "[1,\"x\"]\n");
    expect_read("{\"a\": 1} # said\n---\nb: 2\n", "{\"a\":1}\n{\"b\":2}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_json_is_read),
        cmocka_unit_test(test_document_json_escapes_are_decoded),
        cmocka_unit_test(test_document_json_places_count_characters),
        cmocka_unit_test(test_document_json_values_may_follow_each_other),
        cmocka_unit_test(test_document_json_faults_are_named),
        cmocka_unit_test(test_document_brackets_may_be_yaml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
