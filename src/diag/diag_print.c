#include "diag/diag.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Control bytes would let an input write to the terminal; they are shown as escapes. */
static void put_safe(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f) {
            buf_printf(out, "\\x%02x", c);
        } else {
            buf_putc(out, (char)c);
        }
    }
}

static struct slice line_of(struct slice text, uint32_t number)
{
    struct slice line = SLICE_ABSENT;
    for (uint32_t i = 0; i < number; i++) {
        if (!slice_split(&text, '\n', &line)) {
            return SLICE_ABSENT;
        }
    }
    return line;
}

static void put_excerpt(const struct diag *diag, const struct diagnostic *item, struct buf *out)
{
    struct slice line = line_of(diag_file_text(diag, item->span.file), item->span.line);
    if (!line.ptr || line.len > 200) {
        return;
    }
    buf_printf(out, "%6u | ", item->span.line);
    put_safe(slice_trim(line).len ? slice_sub(line, 0, line.len) : SLICE(""), out);
    buf_puts(out, "\n       | ");
    buf_fill(out, ' ', item->span.column ? item->span.column - 1 : 0);
    buf_puts(out, "^\n");
}

static void print_text(const struct diag *diag, bool colour, bool excerpts, struct buf *out)
{
    static const char *const colours[] = {"\033[36m", "\033[33m", "\033[31m"};
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        if (item->span.file) {
            put_safe(diag_file_name(diag, item->span.file), out);
            buf_printf(out, ":%u:%u: ", item->span.line, item->span.column);
        }
        buf_printf(out, "%s%s %s%s: ", colour ? colours[item->severity] : "",
                   severity_name(item->severity), diag_row(item->code)->name,
                   colour ? "\033[0m" : "");
        put_safe(item->message, out);
        if (item->subject.len && !slice_contains(item->message, item->subject)) {
            buf_puts(out, " (");
            put_safe(item->subject, out);
            buf_putc(out, ')');
        }
        buf_putc(out, '\n');
        if (excerpts && item->span.file && item->span.line) {
            put_excerpt(diag, item, out);
        }
    }
}

static json_t *text(struct slice value)
{
    json_t *node = json_stringn(value.ptr ? value.ptr : "", value.len);
    return node ? node : json_string("(not UTF-8)");
}

static void dump(json_t *root, int indent, struct buf *out)
{
    char *all = json_dumps(root, JSON_PRESERVE_ORDER | (indent ? JSON_INDENT(2) : JSON_COMPACT));
    buf_puts(out, all ? all : "null");
    buf_putc(out, '\n');
    free(all);
    json_decref(root);
}

static void print_json(const struct diag *diag, struct buf *out)
{
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        json_t *node = json_object();
        json_object_set_new(node, "code", json_string(diag_row(item->code)->name));
        json_object_set_new(node, "severity", json_string(severity_name(item->severity)));
        json_object_set_new(node, "message", text(item->message));
        json_object_set_new(node, "object", text(item->subject));
        json_object_set_new(node, "file", text(diag_file_name(diag, item->span.file)));
        json_object_set_new(node, "line", json_integer(item->span.line));
        json_object_set_new(node, "column", json_integer(item->span.column));
        dump(node, 0, out);
    }
}

/* Workflow commands escape '%', CR and LF, and in properties also ':' and ','. */
static void put_github(struct slice value, bool property, struct buf *out)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        } else {
            buf_putc(out, c);
        }
    }
}

static void print_github(const struct diag *diag, struct buf *out)
{
    static const char *const words[] = {"notice", "warning", "error"};
    for (size_t i = 0; i < diag_count(diag); i++) {
        const struct diagnostic *item = diag_get(diag, i);
        buf_printf(out, "::%s ", words[item->severity]);
        if (item->span.file) {
            buf_puts(out, "file=");
            put_github(diag_file_name(diag, item->span.file), true, out);
            buf_printf(out, ",line=%u,col=%u,", item->span.line, item->span.column);
        }
        buf_printf(out, "title=%s::", diag_row(item->code)->name);
        put_github(item->message, false, out);
        buf_putc(out, '\n');
    }
}

static json_t *sarif_result(const struct diag *diag, const struct diagnostic *item)
{
    static const char *const levels[] = {"note", "warning", "error"};
    json_t *result = json_object();
    json_object_set_new(result, "ruleId", json_string(diag_row(item->code)->name));
    json_object_set_new(result, "level", json_string(levels[item->severity]));
    json_object_set_new(result, "message", json_pack("{s:o}", "text", text(item->message)));
    if (item->span.file) {
        json_t *location = json_pack(
            "{s:{s:{s:o},s:{s:i,s:i}}}", "physicalLocation", "artifactLocation", "uri",
            text(diag_file_name(diag, item->span.file)), "region", "startLine",
            item->span.line ? (int)item->span.line : 1, "startColumn",
            item->span.column ? (int)item->span.column : 1);
        json_object_set_new(result, "locations", json_pack("[o]", location));
    }
    return result;
}

static void print_sarif(const struct diag *diag, struct buf *out)
{
    json_t *results = json_array(), *rules = json_array();
    bool used[DIAG_CODE_COUNT] = {false};
    for (size_t i = 0; i < diag_count(diag); i++) {
        used[diag_get(diag, i)->code] = true;
        json_array_append_new(results, sarif_result(diag, diag_get(diag, i)));
    }
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        const struct diag_row *row = diag_row((enum diag_code)i);
        if (used[i]) {
            json_array_append_new(rules,
                                  json_pack("{s:s,s:{s:s},s:{s:s}}", "id", row->name,
                                            "shortDescription", "text", row->title,
                                            "fullDescription", "text", row->help));
        }
    }
    json_t *root = json_pack("{s:s,s:s,s:[{s:{s:{s:s,s:o}},s:o}]}", "$schema",
                             "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
                             "runs", "tool", "driver", "name", "gateshift", "rules", rules,
                             "results", results);
    dump(root, 2, out);
}

void diag_print(const struct diag *diag, enum diag_format format, bool colour, bool excerpts,
                struct buf *out)
{
    switch (format) {
    case DIAG_FORMAT_TEXT:
        print_text(diag, colour, excerpts, out);
        return;
    case DIAG_FORMAT_JSON:
        print_json(diag, out);
        return;
    case DIAG_FORMAT_GITHUB:
        print_github(diag, out);
        return;
    case DIAG_FORMAT_SARIF:
        print_sarif(diag, out);
        return;
    }
}
