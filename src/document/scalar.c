/* What a plain scalar is, for an API server: the tables and steps of go.yaml.in/yaml/v2, resolve.go,
 * which sigs.k8s.io/yaml reads with, and what json.Marshal then makes of numbers. */
#include "document/document_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 5, DIGITS_MAX = 512, SAFE_BITS = 53 };

struct word {
    char text[WORD_MAX + 1];
    enum node_kind kind;
    bool boolean;
    double number;
};

/* Sorted by nothing: the first byte is compared first, and few scalars begin with one of these. */
static const struct word words[] = {
    {"~", NODE_NULL, false, 0},
    {"null", NODE_NULL, false, 0},
    {"Null", NODE_NULL, false, 0},
    {"NULL", NODE_NULL, false, 0},
    {"y", NODE_BOOL, true, 0},
    {"Y", NODE_BOOL, true, 0},
    {"yes", NODE_BOOL, true, 0},
    {"Yes", NODE_BOOL, true, 0},
    {"YES", NODE_BOOL, true, 0},
    {"true", NODE_BOOL, true, 0},
    {"True", NODE_BOOL, true, 0},
    {"TRUE", NODE_BOOL, true, 0},
    {"on", NODE_BOOL, true, 0},
    {"On", NODE_BOOL, true, 0},
    {"ON", NODE_BOOL, true, 0},
    {"n", NODE_BOOL, false, 0},
    {"N", NODE_BOOL, false, 0},
    {"no", NODE_BOOL, false, 0},
    {"No", NODE_BOOL, false, 0},
    {"NO", NODE_BOOL, false, 0},
    {"false", NODE_BOOL, false, 0},
    {"False", NODE_BOOL, false, 0},
    {"FALSE", NODE_BOOL, false, 0},
    {"off", NODE_BOOL, false, 0},
    {"Off", NODE_BOOL, false, 0},
    {"OFF", NODE_BOOL, false, 0},
    {".nan", NODE_FLOAT, false, NAN},
    {".NaN", NODE_FLOAT, false, NAN},
    {".NAN", NODE_FLOAT, false, NAN},
    {".inf", NODE_FLOAT, false, INFINITY},
    {".Inf", NODE_FLOAT, false, INFINITY},
    {".INF", NODE_FLOAT, false, INFINITY},
    {"+.inf", NODE_FLOAT, false, INFINITY},
    {"+.Inf", NODE_FLOAT, false, INFINITY},
    {"+.INF", NODE_FLOAT, false, INFINITY},
    {"-.inf", NODE_FLOAT, false, -INFINITY},
    {"-.Inf", NODE_FLOAT, false, -INFINITY},
    {"-.INF", NODE_FLOAT, false, -INFINITY},
};

static bool resolve_word(struct node *node)
{
    struct slice text = node->text;
    for (size_t i = 0; text.len <= WORD_MAX && i < ARRAY_LEN(words); i++) {
        if (words[i].text[0] == text.ptr[0] && slice_is(text, words[i].text)) {
            node->kind = words[i].kind;
            if (node->kind == NODE_FLOAT) {
                node->number = words[i].number;
            } else {
                node->boolean = words[i].boolean;
            }
            return true;
        }
    }
    return false;
}

/* Digits of one base up to the end; *overflow when they need more than 64 bits. */
static bool parse_digits(const char *text, unsigned base, uint64_t *out, bool *overflow)
{
    if (*text == '\0') {
        return false;
    }
    uint64_t value = 0;
    *overflow = false;
    for (; *text; text++) {
        unsigned digit = (unsigned)hex_digit(*text);
        if (digit >= base) {
            return false;
        }
        *overflow = *overflow || value > (UINT64_MAX - digit) / base;
        value = value * base + digit;
    }
    *out = value;
    return true;
}

/* strconv.ParseInt and ParseUint with base 0: sign, then 0x, 0o, 0b or a leading 0 for octal. */
static bool parse_int(struct node *node, const char *text)
{
    const bool has_sign = *text == '-' || *text == '+', negative = *text == '-';
    text += has_sign;
    unsigned base = 10;
    if (text[0] == '0' && text[1] != '\0') {
        const char mark = (char)(text[1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        text += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
    }
    uint64_t value;
    bool overflow;
    if (!parse_digits(text, base, &value, &overflow) || overflow) {
        return false;
    }
    if (value <= (uint64_t)INT64_MAX + negative) {
        node->kind = NODE_INT;
        node->integer = negative ? (int64_t)(0 - value) : (int64_t)value;
        return true;
    }
    if (has_sign) {
        return false;
    }
    /* It fits no int64, and so no integer field of the API: a number all the same. */
    node->kind = NODE_FLOAT;
    node->number = (double)value;
    return true;
}

/* resolve.go strips "0b" and parses what is left with its own sign: "0b-1" is -1. */
static bool parse_binary_with_sign(struct node *node, const char *text)
{
    uint64_t value;
    bool overflow;
    if (text[0] != '0' || text[1] != 'b' || (text[2] != '-' && text[2] != '+') ||
        !parse_digits(text + 3, 2, &value, &overflow) || overflow || value > (uint64_t)INT64_MAX) {
        return false;
    }
    node->kind = NODE_INT;
    node->integer = text[2] == '-' ? -(int64_t)value : (int64_t)value;
    return true;
}

static const char *skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9') {
        s++;
    }
    return s;
}

/* yamlStyleFloat of resolve.go: ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool looks_like_float(const char *s)
{
    s += *s == '-' || *s == '+';
    const char *whole = s;
    s = skip_digits(s);
    size_t digits = (size_t)(s - whole);
    if (*s == '.') {
        const char *fraction = s + 1;
        s = skip_digits(fraction);
        digits += (size_t)(s - fraction);
    }
    if (digits == 0) {
        return false;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        if (*s < '0' || *s > '9') {
            return false;
        }
        s = skip_digits(s);
    }
    return *s == '\0';
}

/* encoding/json writes a whole number without a fraction, so 8080.0 and 1e3 reach the API server as
 * integers. Past 2^53 the digits that it writes are no longer those of the number. */
static bool parse_float(struct node *node, const char *text)
{
    if (!looks_like_float(text)) {
        return false;
    }
    double number = strtod(text, NULL);
    if (!isfinite(number)) {
        return false; /* strconv.ParseFloat: out of range, so it stays a string */
    }
    const double safe = (double)((int64_t)1 << SAFE_BITS);
    if (number >= -safe && number <= safe && number == floor(number)) {
        node->kind = NODE_INT;
        node->integer = (int64_t)number;
    } else {
        node->kind = NODE_FLOAT;
        node->number = number;
    }
    return true;
}

static void resolve_number(struct node *node)
{
    /* Underscores may stand anywhere. A longer number is out of range, or written to mislead. */
    char text[DIGITS_MAX];
    size_t length = 0;
    for (size_t i = 0; i < node->text.len; i++) {
        const char c = node->text.ptr[i];
        if (c == '_') {
            continue;
        }
        if (length + 1 >= sizeof text || c == '\0') {
            return;
        }
        text[length++] = c;
    }
    text[length] = '\0';
    if (!parse_int(node, text) && !parse_float(node, text)) {
        (void)parse_binary_with_sign(node, text);
    }
}

/* Of a word in the tables, or of a number that begins with no digit. */
static bool begins_word(char first)
{
    switch (first) {
    case '~':
    case 'n':
    case 'N':
    case 't':
    case 'T':
    case 'f':
    case 'F':
    case 'y':
    case 'Y':
    case 'o':
    case 'O':
    case '.':
    case '+':
    case '-':
        return true;
    default:
        return false;
    }
}

void scalar_resolve(struct node *node)
{
    node->kind = NODE_STRING;
    if (node->text.len == 0) {
        node->kind = NODE_NULL;
        return;
    }
    const char first = node->text.ptr[0];
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    const bool digit = first >= '0' && first <= '9';
    if ((letter && node->text.len > WORD_MAX) || (!digit && !begins_word(first))) {
        return; /* none of the tables holds such a word */
    }
    if ((digit || !resolve_word(node)) && (digit || first == '.' || first == '+' || first == '-')) {
        resolve_number(node);
    }
}

void number_format(double number, char out[NUMBER_TEXT_MAX])
{
    if (isnan(number)) {
        (void)snprintf(out, NUMBER_TEXT_MAX, ".nan");
        return;
    }
    if (isinf(number)) {
        (void)snprintf(out, NUMBER_TEXT_MAX, number > 0 ? ".inf" : "-.inf");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(out, NUMBER_TEXT_MAX, "%.*g", precision, number);
        if (strtod(out, NULL) == number) {
            return;
        }
    }
}
