/* What plain scalars are. The expectations were taken from sigs.k8s.io/yaml 1.6.0 (YAMLToJSON). */
#include "document/document_test_priv.h"

static void test_document_words_are_typed(void **state)
{
    (void)state;
    expect_read("[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
                "[true,true,true,true,true,true,true,true,true,true,true]\n");
    expect_read("[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
                "[false,false,false,false,false,false,false,false,false,false,false]\n");
    expect_read("[~, null, Null, NULL]", "[null,null,null,null]\n");
    expect_read("[nULL, yEs, oN, tRue, nil, none, t, f]",
                "[\"nULL\",\"yEs\",\"oN\",\"tRue\",\"nil\",\"none\",\"t\",\"f\"]\n");
    expect_read("a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}\n");
}

static void test_document_integers_are_typed(void **state)
{
    (void)state;
    expect_read("[0, 00, -0, 7, +5, -12, 1_000, 1__0, -_1]", "[0,0,0,7,5,-12,1000,10,-1]\n");
    expect_read("[0777, -010, 0o17, 0O7, 08, 09.5]", "[511,-8,15,7,8,9.5]\n");
    expect_read("[0x1f, 0X1F, 0x_1F, -0x1F]", "[31,31,31,-31]\n");
    expect_read("[0b101, 0B1, -0b1, 0b-1, 0b+1, 0b1_0]", "[5,1,-1,-1,1,2]\n");
    expect_read("[9223372036854775807, -9223372036854775808]",
                "[9223372036854775807,-9223372036854775808]\n");
    expect_read("[0x, 0b2, 0b, 0o8, +, -, _1, 1a, 0xg, 0xFFFFFFFFFFFFFFFFFF]",
                "[\"0x\",\"0b2\",\"0b\",\"0o8\",\"+\",\"-\",\"_1\",\"1a\",\"0xg\","
                "\"0xFFFFFFFFFFFFFFFFFF\"]\n");
}

static void test_document_numbers_are_typed(void **state)
{
    (void)state;
    expect_read("[1.5, .5, -.5, +.5, .5_0, 1_0.5, 0.1, 0.00001]",
                "[1.5,0.5,-0.5,0.5,0.5,10.5,0.1,1e-05]\n");
    /* encoding/json writes whole numbers without a fraction, and an integer field takes them */
    expect_read("[8080.0, 1e3, 1.5e3, 1e+3, 1., 1e-999, -0.0]", "[8080,1000,1500,1000,1,0,0]\n");
    expect_read("[1e999, 1e, .e3, ..5, 1.2.3, 1e3.5, 0x1p3, '8080']",
                "[\"1e999\",\"1e\",\".e3\",\"..5\",\"1.2.3\",\"1e3.5\",\"0x1p3\",\"8080\"]\n");
    expect_read("[9223372036854775808, 1e21]", "[9.223372036854776e+18,1e+21]\n");
    /* numbers for YAML, and nothing that JSON could say */
    expect_read("[.inf, +.Inf, -.INF, .nan, .NaN]", "[null,null,null,null,null]\n");
    expect_read("[.InF, .Nan]", "[\".InF\",\".Nan\"]\n");
}

static void test_document_times_stay_texts(void **state)
{
    (void)state;
    expect_read("[2024-01-31, 2024-01-31T10:00:00Z, 12:30:45, 1:30]",
                "[\"2024-01-31\",\"2024-01-31T10:00:00Z\",\"12:30:45\",\"1:30\"]\n");
}

static void test_document_quoted_scalars_are_texts(void **state)
{
    (void)state;
    expect_read("[\"yes\", 'no', \"5\", 'null', \"~\"]", "[\"yes\",\"no\",\"5\",\"null\",\"~\"]\n");
    expect_read("a: |\n  yes\nb: >-\n  5\n", "{\"a\":\"yes\\n\",\"b\":\"5\"}\n");
}

static void test_document_text_stays_as_written(void **state)
{
    (void)state;
    struct sample sample;
    sample_read(&sample, NULL, SLICE("a: 0x1F\nb: Yes\nc: 1_0.50\n"));
    const struct node *root = sample.documents.roots[0];
    assert_true(slice_is(node_get(root, "a")->text, "0x1F"));
    assert_true(slice_is(node_get(root, "b")->text, "Yes"));
    assert_true(slice_is(node_get(root, "c")->text, "1_0.50"));
    assert_true(node_get(root, "a")->plain);
    sample_close(&sample);
}

static void test_document_tags_are_honoured(void **state)
{
    (void)state;
    expect_read("[!!str 5, !!str yes, ! 12, !!timestamp 2024-01-31]",
                "[\"5\",\"yes\",\"12\",\"2024-01-31\"]\n");
    expect_read("[!!int \"5\", !!float 5, !!float 1.5, !!bool \"yes\", !!null '']",
                "[5,5,1.5,true,null]\n");
    expect_read("{a: !!map {b: 1}, c: !!seq [1]}", "{\"a\":{\"b\":1},\"c\":[1]}\n");
    expect_read("a: !!int x", "1:4 Y015\n");
    expect_read("a: !!bool 5", "1:4 Y015\n");
    expect_read("a: !!binary aGk=", "1:4 Y015\n");
    expect_read("a: !Ref x\nb: !Sub [z]", "{\"a\":\"x\",\"b\":[\"z\"]}\n1:4 Y013\n2:4 Y013\n");
}

static void test_document_keys_become_texts(void **state)
{
    (void)state;
    expect_read("y: 1", "{\"true\":1}\n");
    expect_read("012: 1", "{\"10\":1}\n");
    expect_read("1.50: 1", "{\"1.5\":1}\n");
    expect_read("1e3: 1", "{\"1000\":1}\n");
    expect_read("'y': 1\n\"012\": 2\n!!str 013: 3", "{\"y\":1,\"012\":2,\"013\":3}\n");
    expect_read("~: 1", "1:1 Y007\n");
    expect_read("? [a]\n: 1", "1:3 Y007\n");
    expect_read("? {a: b}\n: 1", "1:3 Y007\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_words_are_typed),
        cmocka_unit_test(test_document_integers_are_typed),
        cmocka_unit_test(test_document_numbers_are_typed),
        cmocka_unit_test(test_document_times_stay_texts),
        cmocka_unit_test(test_document_quoted_scalars_are_texts),
        cmocka_unit_test(test_document_text_stays_as_written),
        cmocka_unit_test(test_document_tags_are_honoured),
        cmocka_unit_test(test_document_keys_become_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
