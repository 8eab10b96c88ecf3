/* Messages are made by the thousand, and nearly all of their parts are texts and whole numbers. */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

struct formatter {
    char *room;
    size_t size, length; /* of the room, and of the whole text */
};

static void put(struct formatter *out, const char *text, size_t count)
{
    if (out->length < out->size && count) {
        const size_t left = out->size - out->length;
        bytes_copy(out->room + out->length, text, count < left ? count : left);
    }
    out->length += count;
}

static void put_number(struct formatter *out, uint64_t size, bool negative)
{
    char digits[UINT_TEXT_MAX];
    const struct slice text = uint_text(negative ? 0 - size : size, digits);
    if (negative) {
        put(out, "-", 1);
    }
    put(out, text.ptr, text.len);
}

enum conversion { /* a va_list cannot be handed on in parts, so they are all read in one place */
                  CONVERSION_NONE,
                  CONVERSION_TEXT,
                  CONVERSION_SLICE,
                  CONVERSION_INT,
                  CONVERSION_SIZE,
                  CONVERSION_LONG
};

static enum conversion conversion_of(const char **at)
{
    const char *mark = *at;
    if (mark[0] == '.' && mark[1] == '*' && mark[2] == 's') { /* as most are */
        *at += 3;
        return CONVERSION_SLICE;
    }
    if (mark[0] == 's') {
        *at += 1;
        return CONVERSION_TEXT;
    }
    if (mark[0] == 'd') {
        *at += 1;
        return CONVERSION_INT;
    }
    if (mark[0] == 'z' && mark[1] == 'u') {
        *at += 2;
        return CONVERSION_SIZE;
    }
    if (mark[0] == 'l' && mark[1] == 'l' && mark[2] == 'd') {
        *at += 3;
        return CONVERSION_LONG;
    }
    return CONVERSION_NONE;
}

/* False where something else is asked for. */
static bool format_parts(struct formatter *out, const char *format, va_list args)
{
    for (const char *mark = strchr(format, '%'); mark; mark = strchr(format, '%')) {
        put(out, format, (size_t)(mark - format));
        format = mark + 1;
        switch (conversion_of(&format)) {
        case CONVERSION_NONE:
            return false;
        case CONVERSION_TEXT: {
            const char *text = va_arg(args, const char *);
            put(out, text, strlen(text));
            break;
        }
        case CONVERSION_SLICE: {
            const int most = va_arg(args, int);
            const char *text = va_arg(args, const char *);
            put(out, text, most < 0 ? strlen(text) : strnlen(text, (size_t)most));
            break;
        }
        case CONVERSION_INT: {
            const int number = va_arg(args, int);
            put_number(out, (uint64_t)(int64_t)number, number < 0);
            break;
        }
        case CONVERSION_SIZE:
            put_number(out, va_arg(args, size_t), false);
            break;
        case CONVERSION_LONG: {
            const long long number = va_arg(args, long long);
            put_number(out, (uint64_t)number, number < 0);
            break;
        }
        }
    }
    put(out, format, strlen(format));
    return true;
}

size_t text_print(char *room, size_t size, const char *format, va_list args)
{
    struct formatter out = {room, size ? size - 1 : 0, 0};
    va_list again;
    va_copy(again, args);
    if (format_parts(&out, format, args)) {
        if (size) {
            room[out.length < size - 1 ? out.length : size - 1] = '\0';
        }
    } else {
        const int length = vsnprintf(room, size, format, again);
        out.length = length > 0 ? (size_t)length : 0;
    }
    va_end(again);
    return out.length;
}
