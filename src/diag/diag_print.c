#include "diag/diag.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { EXCERPT_WIDTH = 160 };

/* ---- text --------------------------------------------------------------------------------- */

/* Length of the UTF-8 sequence at the beginning of `text`; 0 when it is none. */
static size_t utf8_length(struct slice text)
{
    const unsigned char *b = (const unsigned char *)text.ptr;
    size_t length = b[0] < 0x80                   ? 1
                    : b[0] >= 0xC2 && b[0] < 0xE0 ? 2
                    : b[0] >= 0xE0 && b[0] < 0xF0 ? 3
                    : b[0] >= 0xF0 && b[0] < 0xF5 ? 4
                                                  : 0;
    if (length == 0 || length > text.len) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xF0 && b[1] < 0x90);
    bool surrogate = b[0] == 0xED && b[1] >= 0xA0, beyond = b[0] == 0xF4 && b[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

/* C0 and C1 controls move the cursor, and bidirectional overrides (U+202A to U+202E, U+2066 to U+2069)
 * show text in another order than it has. */
static bool is_shown(const unsigned char *b, size_t length)
{
    if (length == 1) {
        return b[0] >= 0x20 && b[0] != 0x7F;
    }
    if (length == 2 && b[0] == 0xC2) {
        return b[1] >= 0xA0;
    }
    if (length == 3 && b[0] == 0xE2) {
        return !(b[1] == 0x80 && b[2] >= 0xAA && b[2] <= 0xAE) &&
               !(b[1] == 0x81 && b[2] >= 0xA6 && b[2] <= 0xA9);
    }
    return true;
}

/* The first byte from `i` on, in steps of eight, that is not plain: as good as all of them are. */
static size_t skip_plain(struct slice text, size_t i)
{
    const uint64_t ones = UINT64_MAX / 255, high = ones * 0x80;
    uint64_t word;
    for (; i + sizeof word <= text.len; i += sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        const uint64_t low = word & ~high; /* below 0x20, 0x7F, or not ASCII */
        if (((~(low + ones * (0x80 - 0x20)) | (low + ones)) | word) & high) {
            break;
        }
    }
    return i;
}

void diag_put_visible(struct slice text, struct buf *out)
{
    size_t done = 0; /* what is before it has been written */
    for (size_t i = skip_plain(text, 0); i < text.len;) {
        const unsigned char *b = (const unsigned char *)text.ptr + i;
        size_t length = *b >= 0x20 && *b < 0x7F ? 1 : utf8_length(slice_sub(text, i, text.len));
        if (length && is_shown(b, length)) {
            i += length;
            continue;
        }
        buf_put(out, slice_sub(text, done, i));
        for (size_t j = 0; j < (length ? length : 1); j++) {
            buf_printf(out, "\\x%02x", b[j]);
        }
        i += length ? length : 1;
        done = i;
    }
    buf_put(out, slice_sub(text, done, text.len));
}

static const char *colour_of(enum severity severity)
{
    static const char *const colours[] = {"\x1b[36m", "\x1b[33m", "\x1b[31m"};
    return colours[severity];
}

static struct slice line_of(struct slice text, uint32_t number)
{
    struct slice line = SLICE_ABSENT;
    for (uint32_t i = 0; i < number; i++) {
        if (!slice_split(&text, '\n', &line)) {
            return SLICE_ABSENT;
        }
    }
    return line.len && line.ptr[line.len - 1] == '\r' ? slice_sub(line, 0, line.len - 1) : line;
}

/* Tabs become blanks, so that the caret stands below what it means. */
static size_t put_excerpt(struct slice line, uint32_t column, struct buf *out)
{
    size_t width = 0, caret = 0, shown = 0;
    for (size_t i = 0; i < line.len && shown < EXCERPT_WIDTH; shown++) {
        if (shown + 1 == column) {
            caret = width;
        }
        size_t length = utf8_length(slice_sub(line, i, line.len));
        length = length ? length : 1;
        struct slice one = slice_sub(line, i, i + length);
        size_t before = out->len;
        if (one.ptr[0] == '\t') {
            buf_putc(out, ' ');
        } else {
            diag_put_visible(one, out);
        }
        width += length > 1 && out->len - before == length ? 1 : out->len - before;
        i += length;
    }
    return column > shown ? width : caret;
}

static void put_source(const struct diag *diag, struct span span, bool colour, struct buf *out)
{
    struct slice text = diag_file_text(diag, span.file);
    if (!text.ptr || !span.line) {
        return;
    }
    struct slice line = line_of(text, span.line);
    if (!line.len || span.column > EXCERPT_WIDTH) {
        return;
    }
    buf_printf(out, "%6u | ", span.line);
    size_t caret = put_excerpt(line, span.column, out);
    buf_puts(out, "\n       | ");
    buf_fill(out, ' ', caret);
    buf_printf(out, "%s^%s\n", colour ? "\x1b[32m" : "", colour ? "\x1b[0m" : "");
}

static void put_place(const struct diag *diag, struct span span, struct buf *out)
{
    if (!span.file) {
        return;
    }
    diag_put_visible(diag_file_name(diag, span.file), out);
    if (span.line) {
        buf_putc(out, ':');
        buf_put_uint(out, span.line);
        buf_putc(out, ':');
        buf_put_uint(out, span.column);
    }
    buf_puts(out, ": ");
}

static void put_subject(const struct diagnostic *item, struct buf *out)
{
    if (item->subject.len && !slice_contains(item->message, item->subject)) {
        buf_puts(out, " (");
        diag_put_visible(item->subject, out);
        buf_putc(out, ')');
    }
}

static void put_severity(enum severity severity, const char *code, bool colour, struct buf *out)
{
    buf_printf(out, "%s%s %s%s: ", colour ? colour_of(severity) : "", severity_name(severity), code,
               colour ? "\x1b[0m" : "");
}

/* How many of each code were not printed one by one. */
static void put_rest(const size_t seen[DIAG_CODE_COUNT], const struct diag_style *style,
                     struct buf *out)
{
    for (size_t code = 0; style->alike && code < DIAG_CODE_COUNT; code++) {
        if (seen[code] > style->alike) {
            const struct diag_row *row = diag_row((enum diag_code)code);
            put_severity(SEVERITY_INFO, row->name, style->colour, out);
            buf_printf(out, "and %zu more (%s); --all shows them\n", seen[code] - style->alike,
                       row->title);
        }
    }
}

static void print_text(const struct diag *diag, const struct diag_style *style, struct buf *out)
{
    size_t seen[DIAG_CODE_COUNT] = {0};
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        if (item->severity < style->least) {
            continue;
        }
        if (style->alike && item->severity == SEVERITY_INFO && ++seen[item->code] > style->alike) {
            continue;
        }
        put_place(diag, item->span, out);
        put_severity(item->severity, diag_row(item->code)->name, style->colour, out);
        diag_put_visible(item->message, out);
        put_subject(item, out);
        buf_putc(out, '\n');
        if (style->excerpts) {
            put_source(diag, item->span, style->colour, out);
        }
    }
    put_rest(seen, style, out);
}

/* ---- GitHub workflow commands ------------------------------------------------------------- */

static void print_github(const struct diag *diag, enum severity least, struct buf *out)
{
    static const char *const commands[] = {"notice", "warning", "error"};
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        const struct diag_row *row = diag_row(item->code);
        if (item->severity < least) {
            continue;
        }
        buf_printf(out, "::%s ", commands[item->severity]);
        if (item->span.file) {
            buf_puts(out, "file=");
            diag_put_github(diag_file_name(diag, item->span.file), true, out);
            if (item->span.line) {
                buf_printf(out, ",line=%u,col=%u", item->span.line, item->span.column);
            }
            buf_putc(out, ',');
        }
        buf_printf(out, "title=%s ", row->name);
        diag_put_github(slice_of(row->title), true, out);
        buf_puts(out, "::");
        diag_put_github(item->message, false, out);
        if (item->subject.len && !slice_contains(item->message, item->subject)) {
            buf_puts(out, " (");
            diag_put_github(item->subject, false, out);
            buf_putc(out, ')');
        }
        buf_putc(out, '\n');
    }
}

/* ---- JSON and SARIF ----------------------------------------------------------------------- */

/* json_stringn refuses what is not UTF-8; such bytes are written as people see them. */
static json_t *text_value(struct slice text)
{
    json_t *value = json_stringn(text.ptr ? text.ptr : "", text.len);
    if (!value) {
        struct buf visible;
        buf_init(&visible, BUF_TEXT_MAX);
        diag_put_visible(text, &visible);
        value = json_stringn(visible.ptr ? visible.ptr : "", visible.len);
        buf_release(&visible);
    }
    return value;
}

static void put_value(json_t *root, size_t flags, struct buf *out)
{
    char *text = root ? json_dumps(root, flags) : NULL;
    if (text) {
        buf_puts(out, text);
        buf_putc(out, '\n');
    } else {
        out->failed = true;
    }
    free(text);
    json_decref(root);
}

static void print_json(const struct diag *diag, enum severity least, struct buf *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        if (item->severity < least) {
            continue;
        }
        json_t *one = json_object();
        json_object_set_new(one, "code", json_string(diag_row(item->code)->name));
        json_object_set_new(one, "severity", json_string(severity_name(item->severity)));
        json_object_set_new(one, "message", text_value(item->message));
        json_object_set_new(one, "subject",
                            item->subject.len ? text_value(item->subject) : json_null());
        bool placed = item->span.file != 0, line = placed && item->span.line;
        json_object_set_new(
            one, "file", placed ? text_value(diag_file_name(diag, item->span.file)) : json_null());
        json_object_set_new(one, "line", line ? json_integer(item->span.line) : json_null());
        json_object_set_new(one, "column", line ? json_integer(item->span.column) : json_null());
        json_array_append_new(list, one);
    }
    json_t *root = json_object();
    json_object_set_new(root, "version", json_integer(1));
    json_object_set_new(root, "diagnostics", list);
    put_value(root, JSON_INDENT(2), out);
}

static const char *sarif_level(enum severity severity)
{
    static const char *const levels[] = {"note", "warning", "error"};
    return levels[severity];
}

static json_t *sarif_text(struct slice text)
{
    json_t *object = json_object();
    json_object_set_new(object, "text", text_value(text));
    return object;
}

/* Only the rules that occur; `index` gets the place of each code in the list. */
static json_t *sarif_rules(const struct diag *diag, enum severity least, int index[DIAG_CODE_COUNT])
{
    json_t *rules = json_array();
    bool used[DIAG_CODE_COUNT] = {false};
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        used[item->code] |= item->severity >= least;
    }
    for (size_t code = 0; code < DIAG_CODE_COUNT; code++) {
        if (!used[code]) {
            continue;
        }
        const struct diag_row *row = diag_row((enum diag_code)code);
        json_t *rule = json_object(), *defaults = json_object();
        json_object_set_new(rule, "id", json_string(row->name));
        json_object_set_new(rule, "shortDescription", sarif_text(slice_of(row->title)));
        json_object_set_new(rule, "fullDescription", sarif_text(slice_of(row->help)));
        json_object_set_new(defaults, "level", json_string(sarif_level(row->severity)));
        json_object_set_new(rule, "defaultConfiguration", defaults);
        index[code] = (int)json_array_size(rules);
        json_array_append_new(rules, rule);
    }
    return rules;
}

static json_t *sarif_uri(struct slice name)
{
    struct buf uri;
    buf_init(&uri, BUF_TEXT_MAX);
    diag_put_uri(name, &uri);
    json_t *value = text_value(buf_slice(&uri));
    buf_release(&uri);
    return value;
}

static json_t *sarif_locations(const struct diag *diag, const struct diagnostic *item)
{
    json_t *locations = json_array();
    json_t *location = json_object();
    if (item->span.file) {
        json_t *physical = json_object(), *artifact = json_object();
        json_object_set_new(artifact, "uri", sarif_uri(diag_file_name(diag, item->span.file)));
        json_object_set_new(physical, "artifactLocation", artifact);
        if (item->span.line) {
            json_t *region = json_object();
            json_object_set_new(region, "startLine", json_integer(item->span.line));
            json_object_set_new(region, "startColumn", json_integer(item->span.column));
            json_object_set_new(physical, "region", region);
        }
        json_object_set_new(location, "physicalLocation", physical);
    }
    if (item->subject.len) {
        json_t *logical = json_object(), *list = json_array();
        json_object_set_new(logical, "fullyQualifiedName", text_value(item->subject));
        json_array_append_new(list, logical);
        json_object_set_new(location, "logicalLocations", list);
    }
    if (json_object_size(location)) {
        json_array_append(locations, location);
    }
    json_decref(location);
    return locations;
}

static json_t *sarif_result(const struct diag *diag, const struct diagnostic *item, int rule)
{
    json_t *result = json_object();
    json_object_set_new(result, "ruleId", json_string(diag_row(item->code)->name));
    json_object_set_new(result, "ruleIndex", json_integer(rule));
    json_object_set_new(result, "level", json_string(sarif_level(item->severity)));
    json_object_set_new(result, "message", sarif_text(item->message));
    json_object_set_new(result, "locations", sarif_locations(diag, item));
    return result;
}

/* Source: OASIS SARIF 2.1.0, sarif-schema-2.1.0.json. */
static void print_sarif(const struct diag *diag, enum severity least, struct buf *out)
{
    int index[DIAG_CODE_COUNT] = {0};
    json_t *driver = json_object();
    json_object_set_new(driver, "name", json_string("gateshift"));
    json_object_set_new(driver, "rules", sarif_rules(diag, least, index));
    json_t *results = json_array();
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        if (item->severity >= least) {
            json_array_append_new(results, sarif_result(diag, item, index[item->code]));
        }
    }
    json_t *root = json_object(), *runs = json_array(), *run = json_object(), *tool = json_object();
    json_object_set_new(root, "$schema",
                        json_string("https://json.schemastore.org/sarif-2.1.0.json"));
    json_object_set_new(root, "version", json_string("2.1.0"));
    json_object_set_new(tool, "driver", driver);
    json_object_set_new(run, "tool", tool);
    json_object_set_new(run, "columnKind", json_string("unicodeCodePoints"));
    json_object_set_new(run, "results", results);
    json_array_append_new(runs, run);
    json_object_set_new(root, "runs", runs);
    put_value(root, JSON_INDENT(2), out);
}

void diag_print(const struct diag *diag, const struct diag_style *style, struct buf *out)
{
    switch (style->format) {
    case DIAG_FORMAT_TEXT:
        print_text(diag, style, out);
        return;
    case DIAG_FORMAT_JSON:
        print_json(diag, style->least, out);
        return;
    case DIAG_FORMAT_GITHUB:
        print_github(diag, style->least, out);
        return;
    case DIAG_FORMAT_SARIF:
        print_sarif(diag, style->least, out);
        return;
    }
}
