#include "document/document_priv.h"

#include "document/document_test_priv.h"

#include <string.h>

static void test_document_text_utf8_is_strict(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t width;
        uint32_t code;
    } cases[] = {
        {"a", 1, 'a'},
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xC1\xBF", 0, 0},
        {"\xDF\xBF", 2, 0x7FF},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xE0\x9F\xBF", 0, 0},
        {"\xED\x9F\xBF", 3, 0xD7FF},
        {"\xED\xA0\x80", 0, 0},
        {"\xEF\xBF\xBF", 3, 0xFFFF},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF0\x8F\xBF\xBF", 0, 0},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
        {"\xF4\x90\x80\x80", 0, 0},
        {"\x80", 0, 0},
        {"\xC3", 0, 0},
        {"\xC3(", 0, 0},
        {"\xE2\x82", 0, 0},
        {"\xFF", 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t code = 0;
        assert_int_equal(utf8_decode(slice_of(cases[i].bytes), 0, &code), cases[i].width);
        if (cases[i].width) {
            char out[4];
            assert_int_equal(code, cases[i].code);
            assert_int_equal(utf8_encode(code, out), cases[i].width);
            assert_memory_equal(out, cases[i].bytes, cases[i].width);
        }
    }
}

static void test_document_text_bad_characters_are_found_anywhere(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x01", "\x1F", "\x7F", "\x80", "\xC2\x80", "\xEF\xBF\xBE"};
    static const char *const good[] = {"\t", "\n", "\r", " ", "~", "\xC2\x85", "\xC2\xA0"};
    char text[64];
    for (size_t at = 0; at < 40; at++) {
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
            memset(text, 'x', sizeof text);
            memcpy(text + at, bad[i], strlen(bad[i]));
            assert_int_equal(text_first_bad((struct slice){text, 48}, 0), at);
        }
        for (size_t i = 0; i < ARRAY_LEN(good); i++) {
            memset(text, 'x', sizeof text);
            memcpy(text + at, good[i], strlen(good[i]));
            assert_int_equal(text_first_bad((struct slice){text, 48}, 0), 48);
        }
    }
}

static void test_document_text_characters_are_counted(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    char text[400];
    size_t starts[101], used = 0;
    for (size_t i = 0; i < 100; i++) {
        const struct slice part = slice_of(parts[(i * 7 + i / 13) % ARRAY_LEN(parts)]);
        starts[i] = used;
        memcpy(text + used, part.ptr, part.len);
        used += part.len;
    }
    starts[100] = used;
    for (size_t from = 0; from <= 100; from++) {
        for (size_t to = from; to <= 100; to++) {
            assert_int_equal(text_skip_chars((struct slice){text, used}, starts[from], to - from),
                             starts[to]);
        }
    }
    assert_int_equal(text_skip_chars((struct slice){text, used}, 0, 1000), used);
}

static void test_document_text_documents_are_found(void **state)
{
    (void)state;
    const struct slice text = SLICE("a\n---\nb ---\n ---\n----\n--- c\r---\t\n---");
    static const size_t starts[] = {2, 22, 28, 33};
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        at = text_next_document(text, at);
        assert_int_equal(at, starts[i]);
        at++;
    }
    assert_int_equal(text_next_document(text, at), text.len);
    assert_int_equal(text_document_start(text, 0, 1), 0);
    assert_int_equal(text_document_start(text, 0, 21), 2);
    assert_int_equal(text_document_start(text, 0, 30), 28);
    assert_int_equal(text_document_start(text, 6, 10), 6);
}

static void test_document_text_lines_are_counted_as_libyaml_does(void **state)
{
    (void)state;
    const struct slice text = SLICE("a\r\nb\rc\nd\xC2\x85"
                                    "e\xE2\x80\xA8"
                                    "f\xC3\xA4g");
    uint32_t line = 1, column = 1;
    text_advance(text, 0, text.len, &line, &column);
    assert_int_equal(line, 6);
    assert_int_equal(column, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_text_utf8_is_strict),
        cmocka_unit_test(test_document_text_bad_characters_are_found_anywhere),
        cmocka_unit_test(test_document_text_characters_are_counted),
        cmocka_unit_test(test_document_text_documents_are_found),
        cmocka_unit_test(test_document_text_lines_are_counted_as_libyaml_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
