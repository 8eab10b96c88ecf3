/* Code points of UTF-8, which is what sizes and indexes of texts count. */
#include "cel/cel_priv.h"

/* Bytes of the code point that begins at `at`; 0 when it is none. RFC 3629, section 4. */
static size_t point_length(struct slice text, size_t at)
{
    static const struct {
        unsigned char from, to;    /* first byte */
        unsigned char least, most; /* second byte */
        size_t length;
    } rows[] = {
        {0x00, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    unsigned char first = (unsigned char)text.ptr[at];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (first < rows[i].from || first > rows[i].to || text.len - at < rows[i].length) {
            continue;
        }
        for (size_t j = 1; j < rows[i].length; j++) {
            unsigned char byte = (unsigned char)text.ptr[at + j];
            if (byte < (j == 1 ? rows[i].least : 0x80) || byte > (j == 1 ? rows[i].most : 0xbf)) {
                return 0;
            }
        }
        return rows[i].length;
    }
    return 0;
}

bool utf8_valid(struct slice text)
{
    for (size_t at = 0, length; at < text.len; at += length) {
        length = point_length(text, at);
        if (!length) {
            return false;
        }
    }
    return true;
}

/* A byte that begins no code point counts as one, as it does in Go. */
size_t utf8_next(struct slice text, size_t at)
{
    size_t length = point_length(text, at);
    return at + (length ? length : 1);
}

size_t utf8_count(struct slice text)
{
    size_t points = 0;
    for (size_t at = 0; at < text.len; at = utf8_next(text, at)) {
        points++;
    }
    return points;
}

size_t utf8_offset(struct slice text, size_t points)
{
    size_t at = 0;
    while (points > 0 && at < text.len) {
        at = utf8_next(text, at);
        points--;
    }
    return at;
}

size_t utf8_put(char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--, point >>= 6) {
        out[i] = (char)(unsigned char)(0x80 | (point & 0x3f));
    }
    out[0] = (char)(unsigned char)(marks[length] | point);
    return length;
}
