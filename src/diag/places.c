#include "diag/diag.h"

#include <string.h>

/* Text from the input in the places where it is put. */

/* Source: actions/toolkit packages/core/src/command.ts, escapeData and escapeProperty. What is no text for
 * people either comes out as in a terminal: the log of a workflow is shown in one. */
void diag_put_github(struct slice text, bool property, struct buf *out)
{
    struct buf visible;
    buf_init(&visible, BUF_TEXT_MAX);
    for (size_t from = 0, i = 0; i <= text.len; i++) {
        if (i == text.len || text.ptr[i] == '\n' || text.ptr[i] == '\r') {
            diag_put_visible(slice_sub(text, from, i), &visible);
            buf_put(&visible, slice_sub(text, i, i + 1));
            from = i + 1;
        }
    }
    for (size_t i = 0; i < visible.len; i++) {
        char c = visible.ptr[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
            buf_printf(out, "%%%02X", (unsigned char)c);
        } else {
            buf_putc(out, c);
        }
    }
    buf_release(&visible);
}

/* XML has no escapes for control bytes, so they are shown as text first. */
void diag_put_xml(struct slice text, struct buf *out)
{
    struct buf visible;
    buf_init(&visible, BUF_TEXT_MAX);
    diag_put_visible(text, &visible);
    for (size_t i = 0; i < visible.len; i++) {
        switch (visible.ptr[i]) {
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        default:
            buf_putc(out, visible.ptr[i]);
            break;
        }
    }
    buf_release(&visible);
}

static size_t longest_run(struct slice text, char byte)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == byte ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* Source: GitHub Flavored Markdown 6.3, code spans, and 4.10, tables: a '|' ends a cell, also in a code span. */
void diag_put_code(struct slice text, bool in_table, struct buf *out)
{
    struct buf visible;
    buf_init(&visible, BUF_TEXT_MAX);
    diag_put_visible(text, &visible);
    struct slice shown = buf_slice(&visible);
    size_t fence = longest_run(shown, '`') + 1;
    bool padded = slice_starts(shown, SLICE("`")) || slice_ends(shown, SLICE("`"));
    buf_fill(out, '`', fence);
    buf_puts(out, padded ? " " : "");
    for (size_t i = 0; i < shown.len; i++) {
        buf_puts(out, in_table && shown.ptr[i] == '|' ? "\\" : "");
        buf_putc(out, shown.ptr[i]);
    }
    buf_puts(out, padded ? " " : "");
    buf_fill(out, '`', fence);
    buf_release(&visible);
}

/* RFC 3986, pchar and '/'. */
void diag_put_uri(struct slice name, struct buf *out)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (is_alphanumeric(c) || (c && strchr("-._~/!$&'()*+,;=@", c))) {
            buf_putc(out, c);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)c);
        }
    }
}
