#include "document/document_test_priv.h"

#include <string.h>

static void expect_yaml(struct arena *arena, struct node *root, const char *wanted)
{
    (void)arena;
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    document_write_yaml(root, &out);
    expect_slice(buf_slice(&out), "YAML", wanted);
    buf_release(&out);
}

static void test_document_yaml_looks_like_a_persons(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct node *root = node_map(arena), *rules = node_list(arena), *rule = node_map(arena);
    struct node *hosts = node_list(arena), *nested = node_list(arena);
    node_add(arena, hosts, node_string(arena, SLICE("a.example.com")));
    node_add(arena, hosts, node_string(arena, SLICE("*.example.com")));
    node_set(arena, rule, "hosts", hosts);
    node_set(arena, rule, "weight", node_int(arena, -3));
    node_set(arena, rule, "none", node_map(arena));
    node_add(arena, rules, rule);
    node_add(arena, nested, node_bool(arena, true));
    node_add(arena, nested, node_list(arena));
    node_add(arena, rules, nested);
    node_set(arena, root, "kind", node_string(arena, SLICE("HTTPRoute")));
    node_set(arena, root, "rules", rules);
    node_set(arena, root, "snippet", node_string(arena, SLICE("if (x) {\n\n  y;\n}\n")));
    node_set(arena, root, "kind", node_string(arena, SLICE("Gateway")));
    expect_yaml(arena, root,
                "kind: Gateway\n"
                "rules:\n"
                "- hosts:\n"
                "  - a.example.com\n"
                "  - \"*.example.com\"\n"
                "  weight: -3\n"
                "  none: {}\n"
                "- - true\n"
                "  - []\n"
                "snippet: |\n"
                "  if (x) {\n"
                "\n"
                "    y;\n"
                "  }\n");
    expect_yaml(arena, node_map(arena), "{}\n");
    expect_yaml(arena, node_string(arena, SLICE("a\nb")), "|-\n  a\n  b\n");
    arena_close(arena);
}

static void expect_written(const char *text, const char *wanted)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    expect_yaml(arena, node_string(arena, slice_of(text)),
                slice_of(arena_printf(arena, "%s\n", wanted).ptr).ptr);
    arena_close(arena);
}

static void test_document_strings_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "a",         "web-1",  "a b", "/shop(/|$)(.*)", "10m",    "5s",   "10.0.0.0/8", "10.0.0.1",
        "1.2.3.4.5", "x:y",    "a#b", "http://a",       "it's",   "a\"b", "50%",        "b\xC3\xA4",
        "nope",      "Truely", "v1",  "a, b [c]",       "3scale",
    };
    static const char *const quoted[] = {
        "",      "y",    "N",    "yes", "No",    "ON",    "off",        "true",
        "NULL",  "~",    "0",    "007", "1.5",   "1e3",   "0x1F",       "0o7",
        "1_000", ".5",   ".inf", "-1",  "+1",    "12:30", "2024-01-31", "<<",
        "=",     "a: b", "a #b", "a:",  "- a",   "---",   "*",          "&a",
        "!a",    "%a",   "@a",   "`a`", "{a}",   "[a]",   "#a",         "|",
        ">",     "?",    " a",   "a ",  "1,000", "1.2",   "0b1",        "2024-01-31T10:00:00Z",
        "'a'",
    };
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        expect_written(plain[i], plain[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(quoted); i++) {
        char wanted[64];
        (void)snprintf(wanted, sizeof wanted, "\"%s\"", quoted[i]);
        expect_written(quoted[i], wanted);
    }
}

/* The same at each length, with each byte at each place: a word of usual letters stays plain, and what has a byte
 * that means something is put in quotes. */
static void test_document_strings_of_each_length(void **state)
{
    enum { MOST = 50 };
    static const char usual[] = "azAZ09-._/", refused[] = "\n\t\x01\x7F\x80\xFF";
    (void)state;
    for (size_t length = 6; length <= MOST; length++) {
        for (size_t at = 1; at < length; at++) {
            char text[MOST + 1] = {0};
            memset(text, 'w', length);
            for (size_t i = 0; i < sizeof usual - 1; i++) {
                text[at] = usual[i];
                expect_written(text, text);
            }
            struct arena *arena = arena_open(0, NULL, NULL);
            for (size_t i = 0; i < sizeof refused - 1; i++) {
                text[at] = refused[i];
                struct buf out;
                buf_init(&out, BUF_TEXT_MAX);
                document_write_pair(SLICE("key"), node_string(arena, slice_of(text)), 0, &out);
                assert_false(slice_starts(buf_slice(&out), SLICE("key: w")));
                buf_release(&out);
            }
            arena_close(arena);
        }
    }
}

/* A key of more than 1024 characters is announced by '?'; gateshift does so from 1001 on. */
static void test_document_long_keys_read_back(void **state)
{
    (void)state;
    for (size_t length = 998; length < 1030; length++) {
        struct arena *arena = arena_open(0, NULL, NULL);
        char *key = arena_alloc(arena, length + 1);
        memset(key, 'k', length);
        struct node *map = node_map(arena);
        node_set_slice(arena, map, (struct slice){key, length}, node_string(arena, SLICE("v")));
        struct buf out;
        buf_init(&out, BUF_TEXT_MAX);
        document_write_yaml(map, &out);
        struct sample sample;
        sample_read(&sample, NULL, buf_slice(&out));
        assert_int_equal(sample.documents.count, 1);
        assert_true(node_equal(sample.documents.roots[0], map));
        sample_close(&sample);
        buf_release(&out);
        arena_close(arena);
    }
}

static void test_document_strings_are_escaped(void **state)
{
    (void)state;
    expect_written("\ta", "\"\\ta\"");
    expect_written("a\rb", "\"a\\rb\"");
    expect_written("\x01\x7F", "\"\\u0001\\u007f\"");
    expect_written("a\\b\x1B", "\"a\\\\b\\u001b\"");
    expect_written("a\xC2\x85z", "\"a\\u0085z\"");
    expect_written("a\xE2\x80\xA8z\xE2\x80\xA9", "\"a\\u2028z\\u2029\"");
    expect_written("\xEF\xBB\xBFz", "\"\\ufeffz\"");
    expect_written("a\xFFz", "\"a\xEF\xBF\xBDz\"");
    expect_written("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void test_document_lines_are_literal_where_nothing_is_lost(void **state)
{
    (void)state;
    expect_written("a\nb\n", "|\n  a\n  b");
    expect_written("a\n\tb", "\"a\\n\\tb\"");
    expect_written("a\n  b: #c", "|-\n  a\n    b: #c");
    expect_written("a\nb\n\n", "\"a\\nb\\n\\n\"");
    expect_written("\na", "\"\\na\"");
    expect_written(" a\nb", "\" a\\nb\"");
    expect_written("a \nb", "\"a \\nb\"");
    expect_written("a\n \nb", "\"a\\n \\nb\"");
    expect_written("\n", "\"\\n\"");
    expect_written("a\r\nb", "\"a\\r\\nb\"");
}

static void test_document_json_is_written(void **state)
{
    (void)state;
    struct sample sample;
    sample_read(&sample, NULL, SLICE("a: [1, 2.50, x]\nb: {c: ~, d: {}}\ne: \"\\x01\\\"\"\n"));
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    document_write_json(sample.documents.roots[0], 2, &out);
    expect_slice(buf_slice(&out), "JSON",
                 "{\n  \"a\": [\n    1,\n    2.5,\n    \"x\"\n  ],\n  \"b\": {\n    \"c\": null,\n"
                 "    \"d\": {}\n  },\n  \"e\": \"\\u0001\\\"\"\n}");
    buf_release(&out);
    sample_close(&sample);
}

/* ---- what is written reads back ----------------------------------------------------------- */

static unsigned next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33);
}

/* What makes texts hard to write. */
static const char *const parts[] = {
    "a",
    "Yes",
    "null",
    " ",
    ":",
    ": ",
    " #",
    "-",
    "- ",
    "\n",
    "\n\n",
    "\t",
    "'",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    "0",
    "1",
    "12",
    ".",
    "e",
    "x",
    "_",
    "+",
    "~",
    "<<",
    "=",
    "?",
    "---",
    "...",
    "\r",
    "\x01",
    "\x7F",
    "\xC2\x85",
    "\xC3\xA4",
    "\xE2\x80\xA8",
    "\xEF\xBB\xBF",
    "\xF0\x9F\x98\x80",
    "\xEF\xBF\xBE",
    "inf",
    "nan",
    "T",
    "Z",
    "/",
    "word",
    "  ",
    "\n  ",
    "\n\t",
    " \n",
    "{{ x }}",
};

static struct slice random_text(struct arena *arena, uint64_t *seed, bool is_key)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    for (unsigned i = next(seed) % 6; i > 0; i--) {
        buf_puts(&out, parts[next(seed) % ARRAY_LEN(parts)]);
    }
    if (next(seed) % 200 == 0) {
        buf_fill(&out, 'k', is_key ? 1200 : 5000);
    }
    const struct slice text = arena_copy(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static struct node *random_node(struct arena *arena, uint64_t *seed, int depth)
{
    struct node *node;
    switch (next(seed) % (depth > 4 ? 4 : 7)) {
    case 0:
        return node_int(arena, (int64_t)next(seed) * (next(seed) % 2 ? 1 : -4000000000));
    case 1:
        return node_bool(arena, next(seed) % 2);
    case 2:
    case 3:
        return node_string(arena, random_text(arena, seed, false));
    case 4:
        node = node_list(arena);
        for (unsigned i = next(seed) % 5; i > 0; i--) {
            node_add(arena, node, random_node(arena, seed, depth + 1));
        }
        return node;
    default:
        node = node_map(arena);
        for (unsigned i = next(seed) % 8; i > 0; i--) {
            node_set_slice(arena, node, random_text(arena, seed, true),
                           random_node(arena, seed, depth + 1));
        }
        return node;
    }
}

static void expect_same(const struct node *root, const struct buf *written, bool json,
                        struct buf *again)
{
    struct sample sample;
    sample_read(&sample, NULL, buf_slice(written));
    if (sample.documents.count != 1 || !node_equal(root, sample.documents.roots[0])) {
        print_error("written: " SLICE_FMT "\n", SLICE_ARG(buf_slice(written)));
        fail();
    }
    buf_clear(again);
    if (json) {
        document_write_json(sample.documents.roots[0], 1, again);
    } else {
        document_write_yaml(sample.documents.roots[0], again);
    }
    assert_true(slice_equal(buf_slice(written), buf_slice(again)));
    sample_close(&sample);
}

static void test_document_what_is_written_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 42;
    struct buf written, again;
    buf_init(&written, BUF_TEXT_MAX);
    buf_init(&again, BUF_TEXT_MAX);
    for (int i = 0; i < 3000; i++) {
        struct arena *arena = arena_open(0, NULL, NULL);
        const struct node *root = random_node(arena, &seed, 0);
        buf_clear(&written);
        document_write_yaml(root, &written);
        expect_same(root, &written, false, &again);
        buf_clear(&written);
        document_write_json(root, 1, &written);
        expect_same(root, &written, true, &again);
        arena_close(arena);
    }
    buf_release(&written);
    buf_release(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_yaml_looks_like_a_persons),
        cmocka_unit_test(test_document_strings_are_quoted_where_they_must_be),
        cmocka_unit_test(test_document_strings_of_each_length),
        cmocka_unit_test(test_document_long_keys_read_back),
        cmocka_unit_test(test_document_strings_are_escaped),
        cmocka_unit_test(test_document_lines_are_literal_where_nothing_is_lost),
        cmocka_unit_test(test_document_json_is_written),
        cmocka_unit_test(test_document_what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
