/* Reads JSON (RFC 8259): libyaml refuses characters written as two surrogate escapes, reads one value
 * only, and takes several times as long. What is not JSON is left to libyaml, as kubectl does. */
#include "document/document_priv.h"

#include <string.h>

struct json {
    struct builder *builder;
    struct slice text;
    size_t at;
    uint32_t line;
    size_t origin; /* position of column 1, moved on by each byte that is no character of its own */
    bool stopped;  /* the builder wants no more */
};

static size_t skip_space(struct slice text, size_t from)
{
    size_t at = from;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\r' ||
                             text.ptr[at] == '\n')) {
        at++;
    }
    return at;
}

bool json_looks_like(struct slice text)
{
    size_t at = skip_space(text, 0);
    while (at < text.len && text_line_start(text, at) == at &&
           slice_is(slice_trim(text_line(text, at)), "---")) {
        at = skip_space(text, at + 3);
    }
    return at < text.len && (text.ptr[at] == '{' || text.ptr[at] == '[');
}

static struct span here(const struct json *json)
{
    return (struct span){json->builder->file, json->line, (uint32_t)(json->at - json->origin + 1)};
}

static char peek(const struct json *json)
{
    return json->at < json->text.len ? json->text.ptr[json->at] : '\0';
}

static void skip_blanks(struct json *json)
{
    for (; json->at < json->text.len; json->at++) {
        const char c = json->text.ptr[json->at];
        if (c == '\n' || c == '\r') {
            const bool pair =
                c == '\r' && json->at + 1 < json->text.len && json->text.ptr[json->at + 1] == '\n';
            json->at += pair;
            json->line++;
            json->origin = json->at + 1;
        } else if (c != ' ' && c != '\t') {
            return;
        }
    }
}

/* ---- strings ------------------------------------------------------------------------------ */

static bool hex4(struct slice text, size_t at, uint32_t *out)
{
    uint32_t value = 0;
    if (at + 4 > text.len) {
        return false;
    }
    for (size_t i = at; i < at + 4; i++) {
        int digit = hex_digit(text.ptr[i]);
        if (digit < 0) {
            return false;
        }
        value = value * 16 + (uint32_t)digit;
    }
    *out = value;
    return true;
}

static bool is_surrogate(uint32_t code, uint32_t first)
{
    return code >= first && code < first + 0x400;
}

/* After "\u" at `at`: the character, and where it ends. A surrogate without its partner becomes
 * U+FFFD, as Go's encoding/json has it. */
static bool read_unicode(struct slice text, size_t *at, uint32_t *code)
{
    uint32_t low;
    if (!hex4(text, *at, code)) {
        return false;
    }
    *at += 4;
    if (is_surrogate(*code, 0xD800) && *at + 6 <= text.len && text.ptr[*at] == '\\' &&
        text.ptr[*at + 1] == 'u' && hex4(text, *at + 2, &low) && is_surrogate(low, 0xDC00)) {
        *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
        *at += 6;
    } else if (*code >= 0xD800 && *code <= 0xDFFF) {
        *code = 0xFFFD;
    }
    return true;
}

/* One escape at `at`, which is behind the backslash. */
static bool read_escape(struct slice text, size_t *at, uint32_t *code)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (*at >= text.len) {
        return false;
    }
    const char letter = text.ptr[(*at)++];
    if (letter == 'u') {
        return read_unicode(text, at, code);
    }
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found) {
        return false;
    }
    *code = (uint32_t)meanings[found - letters];
    return true;
}

/* From behind the opening quote; false when there is no end or something that JSON does not allow. */
static bool find_string_end(struct json *json, size_t *end)
{
    const struct slice text = json->text;
    size_t i = json->at;
    while (i < text.len && text.ptr[i] != '"') {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20) {
            return false;
        }
        i += c == '\\' ? 2 : 1;
    }
    *end = i;
    return i < text.len;
}

static bool decode(struct slice raw, char *out, size_t *length)
{
    size_t used = 0;
    size_t i = 0;
    while (i < raw.len) {
        const char *escape = memchr(raw.ptr + i, '\\', raw.len - i);
        size_t run = escape ? (size_t)(escape - raw.ptr) - i : raw.len - i;
        memcpy(out + used, raw.ptr + i, run);
        used += run;
        i += run;
        if (escape) {
            uint32_t code;
            i++;
            if (!read_escape(raw, &i, &code)) {
                return false;
            }
            /* An escape is never shorter than the character that it stands for. */
            used += utf8_encode(code, out + used);
        }
    }
    *length = used;
    return true;
}

static bool read_string(struct json *json)
{
    struct scalar scalar = {.span = here(json), .owned = true};
    size_t end, length;
    json->at++;
    if (!find_string_end(json, &end)) {
        return false;
    }
    const struct slice raw = slice_sub(json->text, json->at, end);
    if (raw.len > json->builder->run->limits.scalar_bytes) {
        scalar.text = raw; /* refused by its length, and not copied for it */
    } else {
        char *out = builder_text(json->builder, raw.len);
        if (!decode(raw, out, &length)) {
            memory_wipe(out, raw.len);
            return false;
        }
        scalar.text = builder_text_keep(json->builder, out, length);
    }
    for (size_t i = json->at; i < end; i++) {
        json->origin += ((unsigned char)json->text.ptr[i] & 0xC0) == 0x80;
    }
    json->at = end + 1;
    json->stopped = !builder_scalar(json->builder, &scalar);
    return !json->stopped;
}

/* ---- numbers and words -------------------------------------------------------------------- */

static size_t count_digits(struct slice text, size_t at)
{
    size_t i = at;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9') {
        i++;
    }
    return i - at;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? */
static bool is_number(struct slice text)
{
    size_t i = text.len && text.ptr[0] == '-';
    size_t digits = count_digits(text, i);
    if (!digits || (digits > 1 && text.ptr[i] == '0')) {
        return false;
    }
    i += digits;
    if (i < text.len && text.ptr[i] == '.') {
        digits = count_digits(text, i + 1);
        if (!digits) {
            return false;
        }
        i += 1 + digits;
    }
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        i++;
        i += i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+');
        digits = count_digits(text, i);
        if (!digits) {
            return false;
        }
        i += digits;
    }
    return i == text.len;
}

static bool read_word(struct json *json)
{
    size_t end = json->at;
    while (end < json->text.len && strchr(" \t\r\n,:]}", json->text.ptr[end]) == NULL) {
        end++;
    }
    const struct slice word = slice_sub(json->text, json->at, end);
    if (!slice_is(word, "true") && !slice_is(word, "false") && !slice_is(word, "null") &&
        !is_number(word)) {
        return false;
    }
    const struct scalar scalar = {.text = word, .span = here(json), .plain = true};
    json->at = end;
    json->stopped = !builder_scalar(json->builder, &scalar);
    return !json->stopped;
}

/* ---- values ------------------------------------------------------------------------------- */

/* A key and its colon, where one has to stand. */
static bool read_key(struct json *json)
{
    skip_blanks(json);
    if (peek(json) != '"' || !read_string(json)) {
        return false;
    }
    skip_blanks(json);
    if (peek(json) != ':') {
        return false;
    }
    json->at++;
    return true;
}

static bool open_container(struct json *json, bool is_map)
{
    json->stopped = !builder_open(json->builder, is_map, here(json), NULL, NULL);
    json->at++;
    return !json->stopped;
}

static bool close_container(struct json *json)
{
    json->stopped = !builder_close(json->builder);
    json->at++;
    return !json->stopped;
}

/* What stands at the beginning of a value; *opened when it is a container with something in it. */
static bool read_begin(struct json *json, bool *opened)
{
    skip_blanks(json);
    const char c = peek(json);
    *opened = false;
    if (c != '{' && c != '[') {
        return c == '"' ? read_string(json) : read_word(json);
    }
    if (!open_container(json, c == '{')) {
        return false;
    }
    skip_blanks(json);
    if (peek(json) == (c == '{' ? '}' : ']')) {
        return close_container(json);
    }
    *opened = true;
    return c == '[' || read_key(json);
}

/* Closes what ends here; *more when a comma says that the innermost container goes on. */
static bool read_after(struct json *json, bool *more)
{
    *more = false;
    while (json->builder->level_count) {
        const bool is_map = builder_in_map(json->builder);
        skip_blanks(json);
        if (peek(json) == ',') {
            json->at++;
            *more = true;
            return !is_map || read_key(json);
        }
        if (peek(json) != (is_map ? '}' : ']') || !close_container(json)) {
            return false;
        }
    }
    return true;
}

static bool read_value(struct json *json)
{
    bool more = true;
    while (more) {
        bool opened;
        if (!read_begin(json, &opened)) {
            return false;
        }
        if (!opened && !read_after(json, &more)) {
            return false;
        }
    }
    return true;
}

static void skip_comment(struct json *json)
{
    while (json->at < json->text.len && peek(json) != '\n' && peek(json) != '\r') {
        json->origin += ((unsigned char)peek(json) & 0xC0) == 0x80;
        json->at++;
    }
}

/* Between values: blanks, comments as YAML has them, and lines that begin a YAML document. True when
 * there was such a line. */
static bool skip_separators(struct json *json)
{
    bool found = false;
    for (;;) {
        skip_blanks(json);
        const bool at_line = json->at < json->text.len && json->at == json->origin;
        if (peek(json) == '#') {
            skip_comment(json);
        } else if (at_line && slice_is(slice_trim(text_line(json->text, json->at)), "---")) {
            json->at += 3;
            found = true;
        } else {
            return found;
        }
    }
}

/* One value and then something else, which a reader of YAML must not take for a document. */
static void refuse_rest(struct json *json, struct place *place)
{
    diag_at(json->builder->run->diag, DIAG_Y001, here(json), SLICE_ABSENT,
            "text after the end of a JSON value; begin another document with a line '---'");
    place->at = text_next_document(json->text, json->at);
    text_advance(json->text, json->at, place->at, &place->line, &place->column);
}

bool json_read(struct builder *builder, struct slice text, struct place *place)
{
    struct json json = {.builder = builder,
                        .text = text,
                        .at = place->at,
                        .line = place->line,
                        .origin = place->at + 1 - place->column};
    bool first = true;
    for (;;) {
        const bool separated = skip_separators(&json) || first;
        const struct span span = here(&json);
        *place = (struct place){json.at, span.line, span.column};
        if (json.at >= text.len) {
            return true;
        }
        if (peek(&json) != '{' && peek(&json) != '[') {
            if (!separated) {
                refuse_rest(&json, place);
            }
            return true;
        }
        const size_t nodes = builder->run->nodes;
        builder_begin(builder);
        if (!read_value(&json)) {
            builder_begin(builder);
            if (json.stopped) {
                return false;
            }
            builder->run->nodes = nodes; /* libyaml reads it again */
            return true;
        }
        builder_end(builder);
        first = false;
    }
}
