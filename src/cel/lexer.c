/* Tokens, by the grammar in doc/langdef.md of the specification. */
#include "cel/cel_priv.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return c == '_' || (is_alphanumeric(c) && !is_digit(c));
}

static char peek(const struct compiler *c, size_t ahead)
{
    return c->at + ahead < c->text.len ? c->text.ptr[c->at + ahead] : '\0';
}

static void skip_blanks(struct compiler *c)
{
    for (;;) {
        if (c->at < c->text.len && strchr(" \t\r\n\f", peek(c, 0)) && peek(c, 0)) {
            c->at++;
        } else if (peek(c, 0) == '/' && peek(c, 1) == '/') {
            c->at = slice_find(c->text, '\n', c->at);
        } else {
            return;
        }
    }
}

/* Digits with a value; false when it does not fit. */
static bool read_natural(struct compiler *c, unsigned base, uint64_t *out)
{
    *out = 0;
    for (int digit; (digit = hex_digit(peek(c, 0))) >= 0 && (unsigned)digit < base; c->at++) {
        if (*out > (UINT64_MAX - (unsigned)digit) / base) {
            return false;
        }
        *out = *out * base + (unsigned)digit;
    }
    return true;
}

static void skip_digits(struct compiler *c)
{
    while (is_digit(peek(c, 0))) {
        c->at++;
    }
}

/* A fraction or exponent makes a double of the digits that begin at `start`. */
static bool read_double(struct compiler *c, size_t start, struct token *out)
{
    size_t sign = peek(c, 1) == '+' || peek(c, 1) == '-' ? 2 : 1;
    bool fraction = peek(c, 0) == '.' && is_digit(peek(c, 1));
    bool exponent = (peek(c, 0) == 'e' || peek(c, 0) == 'E') && is_digit(peek(c, sign));
    if (!fraction && !exponent) {
        return false;
    }
    if (fraction) {
        c->at++;
        skip_digits(c);
        sign = peek(c, 1) == '+' || peek(c, 1) == '-' ? 2 : 1;
        exponent = (peek(c, 0) == 'e' || peek(c, 0) == 'E') && is_digit(peek(c, sign));
    }
    if (exponent) {
        c->at += sign;
        skip_digits(c);
    }
    out->kind = TOKEN_DOUBLE;
    if (!text_to_double(c->arena, slice_sub(c->text, start, c->at), &out->number)) {
        compile_fail(c, start, "the number is too large");
    }
    return true;
}

static void read_number(struct compiler *c, struct token *out)
{
    size_t start = c->at;
    bool hex =
        peek(c, 0) == '0' && (peek(c, 1) == 'x' || peek(c, 1) == 'X') && hex_digit(peek(c, 2)) >= 0;
    if (!hex) {
        skip_digits(c);
        if (read_double(c, start, out)) {
            return;
        }
    }
    c->at = start + (hex ? 2 : 0);
    out->kind = TOKEN_INT;
    if (!read_natural(c, hex ? 16 : 10, &out->natural)) {
        compile_fail(c, start, "the number does not fit in 64 bits");
    } else if (peek(c, 0) == 'u' || peek(c, 0) == 'U') {
        out->kind = TOKEN_UINT;
        c->at++;
    }
}

/* ---- texts -------------------------------------------------------------------------------- */

/* The number of digits after the escape's letter, and their base. */
static const struct escape_row {
    char letter;
    uint8_t digits;
    bool in_bytes;
} escapes[] = {{'x', 2, true}, {'X', 2, true}, {'u', 4, false}, {'U', 8, false}};

static size_t put_point(struct compiler *c, size_t offset, uint32_t point, bool bytes, char *out)
{
    if (bytes) {
        *out = (char)(unsigned char)point;
        return 1;
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        compile_fail(c, offset, "the escape names no Unicode character");
        return 0;
    }
    return utf8_put(out, point);
}

static size_t read_numeric_escape(struct compiler *c, size_t digits, unsigned base, bool bytes,
                                  char *out)
{
    size_t start = c->at;
    uint64_t point = 0;
    for (size_t i = 0; i < digits; i++, c->at++) {
        int digit = hex_digit(peek(c, 0));
        if (digit < 0 || (unsigned)digit >= base) {
            compile_fail(c, start, "the escape needs %zu digits", digits);
            return 0;
        }
        point = point * base + (unsigned)digit;
    }
    if (base == 8 && point > 0377) {
        compile_fail(c, start, "the escape is larger than \\377");
        return 0;
    }
    return put_point(c, start, (uint32_t)point, bytes, out);
}

/* After the backslash; returns the bytes put. */
static size_t read_escape(struct compiler *c, bool bytes, char *out)
{
    static const char letters[] = "abfnrtv\\?\"'`", meanings[] = "\a\b\f\n\r\t\v\\?\"'`";
    char letter = peek(c, 0);
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found) {
        c->at++;
        *out = meanings[found - letters];
        return 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
        if (letter == escapes[i].letter && (escapes[i].in_bytes || !bytes)) {
            c->at++;
            return read_numeric_escape(c, escapes[i].digits, 16, bytes, out);
        }
    }
    if (letter >= '0' && letter <= '3') {
        return read_numeric_escape(c, 3, 8, bytes, out);
    }
    compile_fail(c, c->at, "a backslash must begin an escape such as \\n or \\\\");
    return 0;
}

static bool at_quotes(const struct compiler *c, char quote, size_t quotes)
{
    return peek(c, 0) == quote && (quotes == 1 || (peek(c, 1) == quote && peek(c, 2) == quote));
}

/* Moves to the closing quotes; false when there are none. */
static bool find_quotes(struct compiler *c, char quote, size_t quotes, bool raw)
{
    while (c->at < c->text.len && !at_quotes(c, quote, quotes)) {
        char byte = peek(c, 0);
        if (quotes == 1 && (byte == '\n' || byte == '\r')) {
            return false;
        }
        c->at += byte == '\\' && !raw ? 2 : 1;
    }
    return c->at < c->text.len;
}

/* After its prefix; false when it has no end. */
static bool read_quoted(struct compiler *c, bool raw, bool bytes, struct token *out)
{
    char quote = peek(c, 0);
    size_t quotes = at_quotes(c, quote, 3) ? 3 : 1, length = 0;
    c->at += quotes;
    size_t start = c->at;
    if (!find_quotes(c, quote, quotes, raw)) {
        return false;
    }
    size_t end = c->at;
    /* What an escape stands for is never longer than the escape. */
    char *text = arena_alloc(c->arena, end - start + 1);
    for (c->at = start; c->at < end && !c->failed;) {
        char byte = c->text.ptr[c->at++];
        if (byte == '\\' && !raw) {
            length += read_escape(c, bytes, text + length);
        } else {
            text[length++] = byte;
        }
    }
    c->at = end + quotes;
    out->kind = bytes ? TOKEN_BYTES : TOKEN_STRING;
    out->text = (struct slice){text, length};
    return true;
}

/* r"", b"", br"" and so on; false when here begins no text. */
static bool read_text(struct compiler *c, struct token *out)
{
    size_t prefix = 0;
    bool bytes = peek(c, 0) == 'b' || peek(c, 0) == 'B', raw;
    prefix += bytes ? 1 : 0;
    raw = peek(c, prefix) == 'r' || peek(c, prefix) == 'R';
    prefix += raw ? 1 : 0;
    char quote = peek(c, prefix);
    if (quote != '"' && quote != '\'') {
        return false;
    }
    size_t start = c->at;
    c->at += prefix;
    if (!read_quoted(c, raw, bytes, out)) {
        compile_fail(c, start, "the text has no closing quote");
    }
    return true;
}

/* ---- tokens ------------------------------------------------------------------------------- */

void lexer_next(struct compiler *c)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "&&", "||"};
    if (c->failed) {
        return;
    }
    skip_blanks(c);
    size_t start = c->at;
    struct token token = {.kind = TOKEN_END, .offset = (uint32_t)start};
    char first = peek(c, 0);
    if (c->at >= c->text.len || read_text(c, &token)) {
        c->token = token;
        return;
    }
    if (is_digit(first) || (first == '.' && is_digit(peek(c, 1)))) {
        read_number(c, &token);
    } else if (is_name_start(first)) {
        token.kind = TOKEN_NAME;
        while (is_alphanumeric(peek(c, 0)) || peek(c, 0) == '_') {
            c->at++;
        }
    } else if (first && strchr("<>=!&|+-*/%?:.,()[]{}", first)) {
        token.kind = TOKEN_SIGN;
        c->at++;
        for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
            c->at += first == signs[i][0] && peek(c, 0) == signs[i][1] && c->at == start + 1;
        }
    } else {
        compile_fail(c, start, "a character that has no meaning here");
    }
    token.text = slice_sub(c->text, start, c->at);
    c->token = token;
}
