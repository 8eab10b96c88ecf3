/* Byte order marks, and UTF-16 (RFC 2781) as UTF-8. */
#include "input/input_priv.h"

static uint32_t unit_at(struct slice text, size_t at, bool big)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr + at;
    return big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

static size_t put_utf8(uint32_t code, unsigned char *out)
{
    if (code < 0x80) {
        out[0] = (unsigned char)code;
        return 1;
    }
    size_t width = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = width - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (unsigned char)((0xF00u >> width & 0xFF) | code);
    return width;
}

static struct slice from_utf16(struct arena *arena, struct slice text, bool big)
{
    /* Two bytes become at most three, four become four; an odd byte at the end stays, and is refused
     * by whoever reads the text. */
    unsigned char *out = arena_alloc(arena, text.len / 2 * 3 + 2);
    size_t used = 0, i = 0;
    while (i + 2 <= text.len) {
        uint32_t code = unit_at(text, i, big);
        i += 2;
        if (code >= 0xD800 && code < 0xDC00 && i + 2 <= text.len) {
            const uint32_t low = unit_at(text, i, big);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        used += put_utf8(code, out + used);
    }
    if (i < text.len) {
        out[used++] = (unsigned char)text.ptr[i] | 0x80;
    }
    return (struct slice){(const char *)out, used};
}

struct slice input_decode(struct arena *arena, struct slice text, bool *is_new)
{
    *is_new = false;
    if (slice_starts(text, SLICE("\xEF\xBB\xBF"))) {
        return slice_sub(text, 3, text.len);
    }
    const bool little = slice_starts(text, SLICE("\xFF\xFE"));
    if (little || slice_starts(text, SLICE("\xFE\xFF"))) {
        *is_new = true;
        return from_utf16(arena, slice_sub(text, 2, text.len), !little);
    }
    return text;
}
