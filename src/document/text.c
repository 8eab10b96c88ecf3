/* Characters, lines and where documents begin. */
#include "document/document_priv.h"

#include <string.h>

size_t utf8_decode(struct slice text, size_t at, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)text.ptr[at];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    size_t width = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + width > text.len) {
        return 0;
    }
    uint32_t value = first & (0xFFu >> (width + 1));
    for (size_t i = 1; i < width; i++) {
        const unsigned char next = (unsigned char)text.ptr[at + i];
        if ((next & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (next & 0x3Fu);
    }
    if (value < least[width] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code = value;
    return width;
}

size_t utf8_encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

bool char_is_allowed(uint32_t code)
{
    return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0x7E) ||
           code == 0x85 || (code >= 0xA0 && code <= 0xD7FF) || (code >= 0xE000 && code <= 0xFFFD) ||
           (code >= 0x10000 && code <= 0x10FFFF);
}

/* 0x80 in each byte of the word that is below 32 and no line feed, above 126 or not ASCII. */
static uint64_t unusual_bytes(uint64_t word)
{
    const uint64_t ones = UINT64_MAX / 255, high = ones * 0x80;
    /* No carries between bytes: those with the high bit set are caught by the last term. */
    const uint64_t low = word & ~high, other = (low ^ ones * '\n') + ones * 0x7F;
    return ((low + ones * (0x80 - 0x7F)) | (~(low + ones * (0x80 - 0x20)) & other) | word) & high;
}

/* No byte of the next `count` words is unusual; simple enough for a compiler to do several at once. */
static bool all_usual(const char *at, size_t count)
{
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t word;
        memcpy(&word, at + i * sizeof word, sizeof word);
        found |= unusual_bytes(word);
    }
    return !found;
}

size_t text_first_bad(struct slice text, size_t from)
{
    enum { CHUNK = 64 };
    size_t i = from;
    while (i < text.len) {
        if (text.len - i >= CHUNK && all_usual(text.ptr + i, CHUNK / sizeof(uint64_t))) {
            i += CHUNK;
            continue;
        }
        const size_t end = text.len - i < CHUNK ? text.len : i + CHUNK;
        while (i < end) {
            uint32_t code;
            const size_t width = utf8_decode(text, i, &code);
            if (!width || !char_is_allowed(code)) {
                return i;
            }
            i += width;
        }
    }
    return text.len;
}

/* Bytes of the line break at `at` as libyaml sees it (yaml_private.h, IS_BREAK_AT), 0 for none. */
static size_t break_width(struct slice text, size_t at)
{
    const unsigned char *s = (const unsigned char *)text.ptr + at;
    size_t left = text.len - at;
    if (*s == '\n') {
        return 1;
    }
    if (*s == '\r') {
        return left > 1 && s[1] == '\n' ? 2 : 1;
    }
    if (*s == 0xC2 && left > 1 && s[1] == 0x85) {
        return 2;
    }
    return *s == 0xE2 && left > 2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9) ? 3 : 0;
}

static bool continues_char(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void text_advance(struct slice text, size_t from, size_t to, uint32_t *line, uint32_t *column)
{
    size_t i = from;
    while (i < to) {
        size_t width = break_width(text, i);
        if (width) {
            ++*line;
            *column = 1;
            i += width;
        } else {
            *column += !continues_char(text.ptr[i]);
            i++;
        }
    }
}

size_t text_skip_chars(struct slice text, size_t from, size_t count)
{
    size_t i = from;
    uint64_t word;
    while (count >= sizeof word && text.len - i >= sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        const uint64_t continuing = (word >> 7) & ~(word >> 6) & (UINT64_MAX / 255);
        count -= sizeof word - (size_t)__builtin_popcountll(continuing);
        i += sizeof word;
    }
    for (; i < text.len; i++) {
        if (!continues_char(text.ptr[i]) && count-- == 0) {
            break;
        }
    }
    return i;
}

size_t text_line_start(struct slice text, size_t at)
{
    while (at > 0 && text.ptr[at - 1] != '\n' && text.ptr[at - 1] != '\r') {
        at--;
    }
    return at;
}

static size_t line_end(struct slice text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '\r') {
        at++;
    }
    return at;
}

struct slice text_line(struct slice text, size_t at)
{
    size_t start = text_line_start(text, at);
    return slice_sub(text, start, line_end(text, start));
}

static bool begins_document(struct slice text, size_t at)
{
    if (text.len - at < 3 || text.ptr[at] != '-' || text.ptr[at + 1] != '-' ||
        text.ptr[at + 2] != '-') {
        return false;
    }
    char after = at + 3 < text.len ? text.ptr[at + 3] : '\n';
    return after == '\n' || after == '\r' || after == ' ' || after == '\t';
}

size_t text_next_document(struct slice text, size_t from)
{
    size_t at = from;
    if (at > 0 && at < text.len && text_line_start(text, at) != at) {
        at = line_end(text, at) + 1;
    }
    while (at < text.len) {
        if (begins_document(text, at)) {
            return at;
        }
        at = line_end(text, at) + 1;
    }
    return text.len;
}

size_t text_document_start(struct slice text, size_t from, size_t at)
{
    size_t line = text_line_start(text, at);
    while (line > from) {
        if (begins_document(text, line)) {
            return line;
        }
        line = text_line_start(text, line - 1);
    }
    return from;
}
