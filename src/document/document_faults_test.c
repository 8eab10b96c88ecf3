/* One test for each fault and each limit: place, code and words. */
#include "document/document_test_priv.h"

#include <string.h>

static void test_document_tabs_are_named(void **state)
{
    (void)state;
    const char *const text = "a tab is used for indentation; YAML allows spaces only";
    char wanted[100];
    (void)snprintf(wanted, sizeof wanted, "2:1 Y005 %s", text);
    expect_message("a:\n\tb: 1\n", wanted);
    expect_message("a: 1\n\tb: 2\n", wanted);
    expect_message("a: x\n\ty\n", wanted);
    (void)snprintf(wanted, sizeof wanted, "2:2 Y005 %s", text);
    expect_message("a: |\n \tx\n\ty\n", wanted);
}

static void test_document_unclosed_things_are_named(void **state)
{
    (void)state;
    expect_message("a: 'x\n", "2:1 Y001 the quote of line 1 is never closed; the file ends here, "
                              "is it cut off?");
    expect_message("a: [b, c\n", "2:1 Y001 the '[' of line 1 is not closed, or a ',' is missing "
                                 "here; the file ends here, is it cut off?");
    expect_message("{\"a\": 1",
                   "1:8 Y001 the '{' of line 1 is not closed, or a ',' is missing here; "
                   "the file ends here, is it cut off?");
    expect_message("a: {b: c\nd: e\n", "2:2 Y001 the '{' of line 1 is not closed, or a ',' is "
                                       "missing here");
    expect_message("a: [\n", "2:1 Y001 a value is missing here, or a bracket before it is not "
                             "closed; the file ends here, is it cut off?");
    expect_message("a: \"x\n---\nb: 1\n",
                   "2:1 Y001 the quote of line 1 is not closed before the next document");
}

static void test_document_wrong_indentation_is_named(void **state)
{
    (void)state;
    expect_message("a: b: c\n", "1:5 Y001 a ':' cannot stand here; is the indentation right, or "
                                "does a text with ': ' need quotes?");
    expect_message("a:\n  b: 1\n c: 2\n",
                   "3:2 Y001 this does not fit into the mapping that begins in line 1; is the "
                   "indentation right, are all quotes and brackets closed?");
    expect_message("- a\nb: 1\n", "2:1 Y001 this does not fit into the list that begins in line 1; "
                                  "an item begins with '-', at the same indentation as the others");
    expect_message("a: - b\n", "1:4 Y001 a list cannot begin here; put its '-' on a line of its "
                               "own, below the key");
    expect_message("a: 1\nfoo\nb: 2\n",
                   "3:1 Y001 line 2 holds no ': ' after its key; is it a key without a value, or a "
                   "text that belongs elsewhere?");
}

static void test_document_characters_that_need_quotes_are_named(void **state)
{
    (void)state;
    expect_message("host: *.example.com\n", "1:8 Y001 a text that begins with '*' must be in "
                                            "quotes, such as \"*.example.com\"");
    expect_message("a: & b\n", "1:5 Y001 a text that begins with '&' must be in quotes");
    expect_message("a: @x\n", "1:4 Y001 a value cannot begin with '@'; put it in quotes");
    expect_message("a: %x\n", "1:4 Y001 a value cannot begin with '%'; put it in quotes");
    expect_message("a: ]\n", "1:4 Y001 a value cannot begin with this character; put it in quotes");
    expect_message("a: !x!y z\n", "1:4 Y001 a text that begins with '!' must be in quotes");
    expect_message("a: \"x\\q\"\n", "1:6 Y001 there is no such escape; write '\\\\' for a "
                                    "backslash, or use single quotes");
    expect_message("a: |x\n", "1:5 Y001 after '|' or '>' only '-', '+', a digit or a comment may "
                              "follow; the text begins on the next line");
    expect_message("a: 1\n...\nb: 2\n", "3:1 Y001 text after the end of a document; begin another "
                                        "one with a line '---'");
}

static void test_document_templates_are_named(void **state)
{
    (void)state;
    const char *const text =
        "this looks like a Helm template; render it first with 'helm template'";
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"{{- if .Values.x }}\na: 1\n{{- end }}\n", "1:1"},
        {"a: {{ .Values.x }}\nb: 2\n", "1:4"},
        {"a: {{ include \"x\" . }}-foo\n", "1:4"},
        {"a: 1\n{{ toYaml .x }}\n", "2:1"},
        {"- {{ .x }}\n", "1:3"},
        {"a:\n  {{- range .x }}\n  - b\n  {{- end }}\n", "2:3"},
        {"{{- /*\nNotice\n*/}}\n{{- if .x }}\na: 1\n{{- end }}\n", "1:1"},
        {"{{/* Notice\n*/}}\na: 1\n", "1:1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char wanted[120];
        (void)snprintf(wanted, sizeof wanted, "%s Y006 %s", cases[i].place, text);
        expect_message(cases[i].text, wanted);
    }
    /* in a text it is no fault, and a fault elsewhere is not blamed on it */
    expect_message("a: \"{{ .x }}\"\nb: x{{y}}\n", "");
    expect_message("a: \"{{ .x }}\"\nb: @\n",
                   "2:4 Y001 a value cannot begin with '@'; put it in quotes");
}

static void test_document_bytes_that_are_no_text_are_named(void **state)
{
    (void)state;
    expect_message("a: \x07\n",
                   "1:4 Y002 the control character U+0007 cannot stand in YAML; remove "
                   "it, or write it as an escape in double quotes");
    expect_message("\xC3\xA4: \xE9t\xE9\n",
                   "1:4 Y002 byte 0xe9 is not UTF-8; save the file as UTF-8 (or is it a binary "
                   "file?)");
    expect_message("a: \"x\\0\"\n", "1:4 Y003 a text holds a NUL character; remove it");
    struct sample sample;
    sample_read(&sample, NULL, SLICE("\x1f\x8b\x08\0\0"));
    expect_slice(sample_print(&sample), "gzip", "1:1 Y002\n");
    sample_close(&sample);
    sample_read(&sample, NULL, SLICE("a: 1\n\0\0"));
    expect_slice(sample_print(&sample), "NUL", "2:1 Y002\n");
    sample_close(&sample);
}

static void test_document_repeated_keys_are_named(void **state)
{
    (void)state;
    expect_message("a: 1\nb: 2\na: 3\n",
                   "3:1 Y004 key 'a' is given twice in one mapping, first in line 1; remove one of "
                   "them");
    expect_read("a: 1\na: 2\na: 3\nb: {c: 1, c: 2}\n", "2:1 Y004\n3:1 Y004\n4:11 Y004\n");
    expect_read("yes: 1\ntrue: 2\n", "2:1 Y004\n");
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (int i = 0; i < 100; i++) {
        buf_printf(&text, "k%d: 1\n", i);
    }
    buf_puts(&text, "k7: 2\nk7: 3\n");
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(&text));
    expect_slice(sample_print(&sample), "a large mapping", "101:1 Y004\n102:1 Y004\n");
    sample_close(&sample);
    buf_release(&text);
}

static void test_document_bad_aliases_and_merges_are_named(void **state)
{
    (void)state;
    expect_message("a: *x\n",
                   "1:4 Y011 alias '*x' has no anchor before it in this document; define "
                   "it, or put the text in quotes");
    expect_message("a: &x [*x]\n", "1:8 Y011 alias '*x' lies inside the value that it names");
    expect_read("a: &x 1\n---\nb: *x\n", "{\"a\":1}\n3:4 Y011\n");
    expect_message("<<: 1\n", "1:1 Y008 '<<' takes a mapping or a list of mappings; put '<<' in "
                              "quotes if it is meant as a name");
    expect_read("<<: [{a: 1}, 2]\n", "1:1 Y008\n");
}

static void test_document_errors_cost_one_document(void **state)
{
    (void)state;
    expect_read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: @\n---\ne: 5\n",
                "{\"a\":1}\n{\"c\":3}\n{\"e\":5}\n4:1 Y001\n7:4 Y001\n");
    expect_read("a: \"x\n---\nb: 2\n", "{\"b\":2}\n2:1 Y001\n");
    expect_read("a: 1\n---\nb: \x07\n---\nc: 3\n---\n\xFF\n",
                "{\"a\":1}\n{\"c\":3}\n3:4 Y002\n7:1 Y002\n");
    expect_read("--- @\n--- @\n--- {a: 1}\n", "{\"a\":1}\n1:5 Y001\n2:5 Y001\n");
    expect_read("{{ x }}\n---\na: 1\n---\n{{ y }}: z\n---\nb: 2\n",
                "{\"a\":1}\n{\"b\":2}\n1:1 Y006\n5:1 Y006\n");
    expect_read("a: 1\na: 2\n---\nb: 2\n", "{\"b\":2}\n2:1 Y004\n");
    /* the lines of a document after a fault are not taken for documents */
    expect_read("a: [\nb: |\n  ---\nc: 1\n", "2:4 Y001\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_tabs_are_named),
        cmocka_unit_test(test_document_unclosed_things_are_named),
        cmocka_unit_test(test_document_wrong_indentation_is_named),
        cmocka_unit_test(test_document_characters_that_need_quotes_are_named),
        cmocka_unit_test(test_document_templates_are_named),
        cmocka_unit_test(test_document_bytes_that_are_no_text_are_named),
        cmocka_unit_test(test_document_repeated_keys_are_named),
        cmocka_unit_test(test_document_bad_aliases_and_merges_are_named),
        cmocka_unit_test(test_document_errors_cost_one_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
