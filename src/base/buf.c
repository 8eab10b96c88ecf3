#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_release(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){.max = buf->max};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

static bool reserve(struct buf *buf, size_t more)
{
    size_t wanted;
    if (more <= buf->capacity - buf->len && !buf->failed) { /* nearly always */
        return true;
    }
    if (buf->failed || !checked_add(buf->len, more, &wanted) || wanted > buf->max) {
        buf->failed = true;
        return false;
    }
    size_t capacity = buf->capacity ? buf->capacity : buf->max < 256 ? buf->max : 256;
    while (capacity < wanted) {
        capacity = capacity > buf->max / 2 ? buf->max : capacity * 2;
    }
    char *larger = realloc(buf->ptr, capacity);
    if (!larger) {
        buf->failed = true;
        return false;
    }
    buf->ptr = larger;
    buf->capacity = capacity;
    return true;
}

void buf_put(struct buf *buf, struct slice text)
{
    if (text.len && reserve(buf, text.len)) {
        bytes_copy(buf->ptr + buf->len, text.ptr, text.len);
        buf->len += text.len;
    }
}

char *buf_extend(struct buf *buf, size_t count)
{
    if (!reserve(buf, count)) {
        return NULL;
    }
    char *at = buf->ptr + buf->len;
    buf->len += count;
    return at;
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_put(buf, slice_of(text));
}

void buf_putc(struct buf *buf, char byte)
{
    if (reserve(buf, 1)) {
        buf->ptr[buf->len++] = byte;
    }
}

void buf_fill(struct buf *buf, char byte, size_t count)
{
    if (count && reserve(buf, count)) {
        memset(buf->ptr + buf->len, byte, count);
        buf->len += count;
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    /* Mostly there is room; otherwise the first try says how much is needed. */
    size_t room = buf->capacity - buf->len;
    va_list args;
    va_start(args, format);
    const size_t length = text_print(room ? buf->ptr + buf->len : NULL, room, format, args);
    va_end(args);
    if (!length || buf->failed) {
        return;
    }
    if (length >= room) {
        if (!reserve(buf, length + 1)) {
            return;
        }
        va_start(args, format);
        (void)text_print(buf->ptr + buf->len, length + 1, format, args);
        va_end(args);
    }
    buf->len += length;
}

void buf_put_uint(struct buf *buf, uint64_t number)
{
    char digits[UINT_TEXT_MAX];
    buf_put(buf, uint_text(number, digits));
}

/* Nothing is special inside single quotes but the quote itself. */
void buf_put_shell(struct buf *buf, struct slice text)
{
    buf_putc(buf, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') {
            buf_puts(buf, "'\\''");
        } else {
            buf_putc(buf, text.ptr[i]);
        }
    }
    buf_putc(buf, '\'');
}

struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){buf->ptr ? buf->ptr : "", buf->len};
}
