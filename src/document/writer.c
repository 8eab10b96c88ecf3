#include "document/document_priv.h"

#include <math.h>
#include <string.h>

/* ---- scalars ------------------------------------------------------------------------------ */

/* True when the text, written plain, is read back as this very string by readers of YAML 1.1 and 1.2.
 * Stricter than needed: a quote too many harms nobody. */
static bool plain_is_safe(struct slice text)
{
    static const char first_refused[] = "-?:,[]{}#&*!|>'\"%@`~ \t.+0123456789<=";
    static const char *const words[] = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};
    if (text.len == 0 || text.len > 200 || text.ptr[text.len - 1] == ' ' ||
        text.ptr[text.len - 1] == ':') {
        return false;
    }
    char first = text.ptr[0];
    if (first == '\0' || strchr(first_refused, first) != NULL) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (slice_equal_fold(text, slice_of(words[i]))) {
            return false;
        }
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c >= 0x7f) {
            return false;
        }
        if ((c == ':' && i + 1 < text.len && text.ptr[i + 1] == ' ') ||
            (c == '#' && text.ptr[i - 1] == ' ')) {
            return false;
        }
    }
    return true;
}

/* A double-quoted text that is valid YAML and valid JSON. UTF-8 passes as it is. */
static void put_quoted(struct slice text, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        switch (c) {
        case '"':
            buf_puts(out, "\\\"");
            break;
        case '\\':
            buf_puts(out, "\\\\");
            break;
        case '\n':
            buf_puts(out, "\\n");
            break;
        case '\t':
            buf_puts(out, "\\t");
            break;
        case '\r':
            buf_puts(out, "\\r");
            break;
        default:
            if (c < 0x20 || c == 0x7f) {
                buf_printf(out, "\\u%04x", c);
            } else if (c == 0xC2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xA0) {
                /* C1 controls, among them NEL, which YAML takes for a line break */
                buf_printf(out, "\\u%04x", (unsigned char)text.ptr[++i]);
            } else if (c == 0xE2 && i + 2 < text.len && (unsigned char)text.ptr[i + 1] == 0x80 &&
                       ((unsigned char)text.ptr[i + 2] & 0xFE) == 0xA8) {
                /* the line and paragraph separators, likewise */
                buf_printf(out, "\\u20%02x", ((unsigned char)text.ptr[i + 2] & 0x01) + 0x28);
                i += 2;
            } else if (c == 0xEF && i + 2 < text.len && (unsigned char)text.ptr[i + 1] == 0xBB &&
                       (unsigned char)text.ptr[i + 2] == 0xBF) {
                buf_puts(out, "\\ufeff");
                i += 2;
            } else {
                buf_putc(out, (char)c);
            }
            break;
        }
    }
    buf_putc(out, '"');
}

static void put_text(struct slice text, struct buf *out)
{
    if (plain_is_safe(text)) {
        buf_put(out, text);
    } else {
        put_quoted(text, out);
    }
}

static void put_number(const struct node *node, bool json, struct buf *out)
{
    if (node->kind == NODE_INT) {
        buf_printf(out, "%lld", (long long)node->integer);
    } else if (!isfinite(node->number)) {
        if (json) {
            buf_puts(out, "null"); /* JSON has no such number */
        } else {
            buf_puts(out, isnan(node->number) ? ".nan" : node->number > 0 ? ".inf" : "-.inf");
        }
    } else if (json) {
        buf_printf(out, "%.17g", node->number);
    } else {
        buf_put(out, node->text);
    }
}

/* ---- YAML --------------------------------------------------------------------------------- */

static void put_value(const struct node *node, size_t indent, bool in_list, struct buf *out);

static void put_map(const struct node *map, size_t indent, bool first_in_line, struct buf *out)
{
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0 || !first_in_line) {
            buf_fill(out, ' ', indent);
        }
        put_text(map->pairs[i].key, out);
        buf_putc(out, ':');
        put_value(map->pairs[i].value, indent, false, out);
    }
}

static void put_list(const struct node *list, size_t indent, bool first_in_line, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 || !first_in_line) {
            buf_fill(out, ' ', indent);
        }
        buf_putc(out, '-');
        put_value(list->items[i], indent, true, out);
    }
}

/* What follows a ":" or a "-", with its line break. `indent` is that of the key or the dash. */
static void put_value(const struct node *node, size_t indent, bool in_list, struct buf *out)
{
    switch (node->kind) {
    case NODE_MAP:
        if (node->count == 0) {
            buf_puts(out, " {}\n");
        } else if (in_list) {
            buf_putc(out, ' ');
            put_map(node, indent + 2, true, out);
        } else {
            buf_putc(out, '\n');
            put_map(node, indent + 2, false, out);
        }
        return;
    case NODE_LIST:
        if (node->count == 0) {
            buf_puts(out, " []\n");
        } else if (in_list) {
            buf_putc(out, ' ');
            put_list(node, indent + 2, true, out);
        } else {
            buf_putc(out, '\n');
            put_list(node, indent, false, out);
        }
        return;
    case NODE_NULL:
        buf_puts(out, " null");
        break;
    case NODE_BOOL:
        buf_puts(out, node->boolean ? " true" : " false");
        break;
    case NODE_INT:
    case NODE_FLOAT:
        buf_putc(out, ' ');
        put_number(node, false, out);
        break;
    case NODE_STRING:
        buf_putc(out, ' ');
        put_text(node->text, out);
        break;
    }
    buf_putc(out, '\n');
}

void document_write_yaml(const struct node *root, struct buf *out)
{
    if (root->kind == NODE_MAP && root->count) {
        put_map(root, 0, false, out);
    } else if (root->kind == NODE_LIST && root->count) {
        put_list(root, 0, false, out);
    } else {
        struct buf line;
        buf_init(&line, BUF_TEXT_MAX);
        put_value(root, 0, false, &line);
        buf_put(out, slice_sub(buf_slice(&line), 1, line.len));
        buf_release(&line);
    }
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_break(int indent, size_t depth, struct buf *out)
{
    if (indent > 0) {
        buf_putc(out, '\n');
        buf_fill(out, ' ', (size_t)indent * depth);
    }
}

static void put_json(const struct node *node, int indent, size_t depth, struct buf *out)
{
    switch (node->kind) {
    case NODE_NULL:
        buf_puts(out, "null");
        return;
    case NODE_BOOL:
        buf_puts(out, node->boolean ? "true" : "false");
        return;
    case NODE_INT:
    case NODE_FLOAT:
        put_number(node, true, out);
        return;
    case NODE_STRING:
        put_quoted(node->text, out);
        return;
    case NODE_LIST:
    case NODE_MAP:
        break;
    }
    bool is_map = node->kind == NODE_MAP;
    buf_putc(out, is_map ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i) {
            buf_putc(out, ',');
        }
        json_break(indent, depth + 1, out);
        if (is_map) {
            put_quoted(node->pairs[i].key, out);
            buf_puts(out, indent > 0 ? ": " : ":");
        }
        put_json(is_map ? node->pairs[i].value : node->items[i], indent, depth + 1, out);
    }
    if (node->count) {
        json_break(indent, depth, out);
    }
    buf_putc(out, is_map ? '}' : ']');
}

void document_write_json(const struct node *root, int indent, struct buf *out)
{
    put_json(root, indent, 0, out);
}
