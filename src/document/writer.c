/* Writes trees: YAML as a person would write it, and JSON. */
#include "document/document_priv.h"

#include <math.h>
#include <string.h>

enum { KEY_SIMPLE_MAX = 1000, WORD_MAX = 5 /* longest of is_word */ };

/* ---- characters --------------------------------------------------------------------------- */

/* Characters that YAML allows and that break lines there, or that nobody sees. */
static bool is_hidden(uint32_t code)
{
    return code == 0x85 || code == 0x2028 || code == 0x2029 || code == 0xFEFF;
}

/* May stand in a plain or literal text; line feeds are for the caller to judge. */
static bool is_clean(struct slice text, bool line_feeds)
{
    for (size_t i = 0; i < text.len;) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c < 0x7F) {
            i++;
            continue;
        }
        uint32_t code;
        const size_t width = utf8_decode(text, i, &code);
        if (!width || code == '\r' || (code == '\n' && !line_feeds) ||
            (code == '\t' && !line_feeds) || !char_is_allowed(code) || is_hidden(code)) {
            return false;
        }
        i += width;
    }
    return true;
}

static void put_escape(uint32_t code, struct buf *out)
{
    switch (code) {
    case '"':
        buf_puts(out, "\\\"");
        return;
    case '\\':
        buf_puts(out, "\\\\");
        return;
    case '\n':
        buf_puts(out, "\\n");
        return;
    case '\t':
        buf_puts(out, "\\t");
        return;
    case '\r':
        buf_puts(out, "\\r");
        return;
    default:
        buf_printf(out, "\\u%04x", (unsigned)code);
        return;
    }
}

/* A double-quoted text that is valid YAML and valid JSON; what is not UTF-8 becomes U+FFFD. */
static void put_quoted(struct slice text, struct buf *out)
{
    size_t done = 0;
    buf_putc(out, '"');
    for (size_t i = 0; i < text.len;) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
            i++;
            continue;
        }
        uint32_t code;
        const size_t width = utf8_decode(text, i, &code);
        if (width && c >= 0x80 && char_is_allowed(code) && !is_hidden(code)) {
            i += width;
            continue;
        }
        buf_put(out, slice_sub(text, done, i));
        if (width) {
            put_escape(code, out);
        } else {
            buf_puts(out, "\xEF\xBF\xBD");
        }
        i += width ? width : 1;
        done = i;
    }
    buf_put(out, slice_sub(text, done, text.len));
    buf_putc(out, '"');
}

/* ---- scalars ------------------------------------------------------------------------------ */

/* A text that begins with a digit and could be a number, a time or a number to base 60 for some reader.
 * Addresses such as 10.0.0.1 are none for any of them. */
static bool may_be_number(struct slice text)
{
    static const char numeric[] = "0123456789abcdefABCDEFxXoOtTzZ:._,+- ";
    size_t dots = 0, digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c == '\0' || strchr(numeric, c) == NULL) {
            return false;
        }
        dots += c == '.';
        digits += c >= '0' && c <= '9';
    }
    return dots < 2 || dots + digits < text.len;
}

static bool is_letter(char c)
{
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

/* A few bytes as a number. */
#define WORD_2(a, b)          ((uint64_t)(a) << 8 | (b))
#define WORD_3(a, b, c)       (WORD_2(a, b) << 8 | (c))
#define WORD_4(a, b, c, d)    (WORD_3(a, b, c) << 8 | (d))
#define WORD_5(a, b, c, d, e) (WORD_4(a, b, c, d) << 8 | (e))

static bool is_word(struct slice text)
{
    enum {
        FIRST = 1 << ('y' - 'a') | 1 << ('n' - 'a') | 1 << ('o' - 'a') | 1 << ('t' - 'a') |
                1 << ('f' - 'a')
    };
    if (!text.len || text.len > WORD_MAX || !is_letter(text.ptr[0]) ||
        !(FIRST >> ((text.ptr[0] | 0x20) - 'a') & 1)) {
        return false;
    }
    uint64_t word = 0;
    for (size_t i = 0; i < text.len; i++) {
        word = word << 8 | (unsigned char)(text.ptr[i] | 0x20);
    }
    switch (word) {
    case 'y':
    case 'n':
    case WORD_3('y', 'e', 's'):
    case WORD_2('n', 'o'):
    case WORD_2('o', 'n'):
    case WORD_3('o', 'f', 'f'):
    case WORD_4('t', 'r', 'u', 'e'):
    case WORD_5('f', 'a', 'l', 's', 'e'):
    case WORD_4('n', 'u', 'l', 'l'):
        return true;
    default:
        return false;
    }
}

/* Sixteen bytes at once, as compilers for all usual processors know them. */
typedef unsigned char bytes_of_vector __attribute__((vector_size(16)));

/* Each of them is a letter, a digit or one of "-._/". */
static bool all_simple(const char *text)
{
    bytes_of_vector bytes;
    memcpy(&bytes, text, sizeof bytes);
    const bytes_of_vector letters = (bytes | 0x20) - 'a', others = bytes - '-';
    const bytes_of_vector fits = (bytes_of_vector)(letters <= 'z' - 'a') |
                                 (bytes_of_vector)(others <= '9' - '-') |
                                 (bytes_of_vector)(bytes == '_');
    uint64_t halves[2];
    memcpy(halves, &fits, sizeof halves);
    return (halves[0] & halves[1]) == UINT64_MAX;
}

/* The same of a text that is shorter: its first and its last bytes, which may overlap. */
static bool short_simple(struct slice text)
{
    enum { WORD = 8, HALF = 4 };
    uint64_t words[2] = {UINT64_MAX / 255 * 'a', UINT64_MAX / 255 * 'a'};
    if (text.len >= WORD) {
        memcpy(&words[0], text.ptr, WORD);
        memcpy(&words[1], text.ptr + text.len - WORD, WORD);
    } else if (text.len >= HALF) {
        uint32_t first, last;
        memcpy(&first, text.ptr, HALF);
        memcpy(&last, text.ptr + text.len - HALF, HALF);
        words[0] = (uint64_t)first << 32 | last;
    } else if (text.len) {
        words[0] = words[0] << 8 | (unsigned char)text.ptr[0];
        words[0] = words[0] << 8 | (unsigned char)text.ptr[text.len / 2];
        words[0] = words[0] << 8 | (unsigned char)text.ptr[text.len - 1];
    }
    return all_simple((const char *)words);
}

static bool is_all_simple(struct slice text)
{
    const size_t width = sizeof(bytes_of_vector);
    if (text.len < width) {
        return short_simple(text);
    }
    for (size_t i = 0; i + width < text.len; i += width) {
        if (!all_simple(text.ptr + i)) {
            return false;
        }
    }
    return all_simple(text.ptr + text.len - width);
}

/* Letters, and after the first also digits and "-._/": no reader sees anything else in them, but for the
 * words above. Nearly all that is written is of this kind. */
static bool is_simple(struct slice text)
{
    return text.len && (is_letter(text.ptr[0]) || text.ptr[0] == '/') && is_all_simple(text) &&
           !is_word(text);
}

/* True when the text, written plain, is read back as this very string by readers of YAML 1.1 and 1.2.
 * Stricter than needed: a quote too many harms nobody. */
static bool plain_is_safe(struct slice text)
{
    static const char first_refused[] = "-?:,[]{}#&*!|>'\"%@`~ .+<=";
    if (is_simple(text)) {
        return true;
    }
    if (text.len == 0 || text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == ':' ||
        text.ptr[0] == '\0' || strchr(first_refused, text.ptr[0]) != NULL || is_word(text) ||
        !is_clean(text, false)) {
        return false;
    }
    if (text.ptr[0] >= '0' && text.ptr[0] <= '9' && may_be_number(text)) {
        return false;
    }
    for (size_t i = slice_find(text, ' ', 0); i < text.len; i = slice_find(text, ' ', i + 1)) {
        if (text.ptr[i - 1] == ':' || (i + 1 < text.len && text.ptr[i + 1] == '#')) {
            return false;
        }
    }
    return true;
}

static void put_text(struct slice text, struct buf *out)
{
    if (plain_is_safe(text)) {
        buf_put(out, text);
    } else {
        put_quoted(text, out);
    }
}

/* Several lines that lose nothing as a literal block: no blanks at the ends of lines, where editors
 * remove them, none at its beginning, which would change the indentation, and one line feed or none at
 * its end. */
static bool literal_is_safe(struct slice text)
{
    if (slice_find(text, '\n', 0) == text.len || !is_clean(text, true)) {
        return false;
    }
    struct slice rest = text, line;
    bool ended = false;
    while (slice_split(&rest, '\n', &line)) {
        if (ended || (line.len && (line.ptr[line.len - 1] == ' ' || line.ptr[0] == '\t' ||
                                   line.ptr[line.len - 1] == '\t'))) {
            return false;
        }
        ended = line.len == 0 && rest.ptr && rest.len == 0; /* "...\n\n" */
    }
    return text.ptr[0] != '\n' && text.ptr[0] != ' ';
}

static void put_literal(struct slice text, size_t indent, struct buf *out)
{
    const bool ends = slice_ends(text, SLICE("\n"));
    struct slice rest = slice_sub(text, 0, text.len - ends), line;
    buf_puts(out, ends ? "|" : "|-");
    while (slice_split(&rest, '\n', &line)) {
        buf_putc(out, '\n');
        if (line.len) {
            buf_fill(out, ' ', indent);
            buf_put(out, line);
        }
    }
}

static void put_number(const struct node *node, bool json, struct buf *out)
{
    if (node->kind == NODE_INT) {
        uint64_t size = node->integer < 0 ? 0 - (uint64_t)node->integer : (uint64_t)node->integer;
        if (node->integer < 0) {
            buf_putc(out, '-');
        }
        buf_put_uint(out, size);
    } else if (json && !isfinite(node->number)) {
        buf_puts(out, "null"); /* JSON has no such number */
    } else if (!json && node->text.len) {
        buf_put(out, node->text);
    } else {
        char digits[NUMBER_TEXT_MAX];
        number_format(node->number, digits);
        buf_puts(out, digits);
    }
}

/* ---- YAML --------------------------------------------------------------------------------- */

static void put_value(const struct node *node, size_t indent, bool in_list, struct buf *out);

/* A key longer than 1024 characters is none for a reader unless a '?' announces it. */
static void put_key(struct slice key, size_t indent, struct buf *out)
{
    const size_t before = out->len;
    put_text(key, out);
    if (!out->failed && out->len - before > KEY_SIMPLE_MAX) {
        out->len = before;
        buf_puts(out, "? ");
        put_text(key, out);
        buf_putc(out, '\n');
        buf_fill(out, ' ', indent);
    }
    buf_putc(out, ':');
}

/* A line "key: text", or the beginning "key:" of one that has no text. Neither needs a quote, as in most lines. */
static void put_simple(struct slice key, const struct slice *text, size_t margin, struct buf *out)
{
    char *at = buf_extend(out, margin + key.len + 1 + (text ? text->len + 2 : 0));
    if (!at) {
        return;
    }
    memset(at, ' ', margin);
    bytes_copy(at += margin, key.ptr, key.len);
    at[key.len] = ':';
    if (text) {
        at += key.len + 1;
        *at++ = ' ';
        bytes_copy(at, text->ptr, text->len);
        at[text->len] = '\n';
    }
}

/* `margin` is what stands before the key, which is written at `indent`. */
static void put_pair(struct slice key, const struct node *value, size_t margin, size_t indent,
                     struct buf *out)
{
    const bool simple = key.len <= KEY_SIMPLE_MAX && is_simple(key);
    if (simple && value->kind == NODE_STRING && is_simple(value->text)) {
        put_simple(key, &value->text, margin, out);
        return;
    }
    if (simple) {
        put_simple(key, NULL, margin, out);
    } else {
        buf_fill(out, ' ', margin);
        put_key(key, indent, out);
    }
    put_value(value, indent, false, out);
}

static void put_map(const struct node *map, size_t indent, bool first_in_line, struct buf *out)
{
    for (size_t i = 0; i < map->count; i++) {
        const size_t margin = i > 0 || !first_in_line ? indent : 0;
        put_pair(map->pairs[i].key, map->pairs[i].value, margin, indent, out);
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
        if (plain_is_safe(node->text)) {
            buf_put(out, node->text);
        } else if (literal_is_safe(node->text)) {
            put_literal(node->text, indent + 2, out);
        } else {
            put_quoted(node->text, out);
        }
        break;
    }
    buf_putc(out, '\n');
}

void document_write_pair(struct slice key, const struct node *value, size_t indent, struct buf *out)
{
    put_pair(key, value, indent, indent, out);
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
