#include "document/document_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(struct slice s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(s, words[i])) {
            return true;
        }
    }
    return false;
}

/* The tables of goyaml.v2, resolve.go, which sigs.k8s.io/yaml uses. */
static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
static const char *const truths[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                     "True", "TRUE", "on",  "On",  "ON"};
static const char *const lies[] = {"n",     "N",     "no",  "No",  "NO", "false",
                                   "False", "FALSE", "off", "Off", "OFF"};

/* strconv.ParseInt(text, 0, 64): sign, then 0x, 0o, 0b or a leading 0 for octal. */
static bool parse_int(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+') {
        text++;
    }
    int base = 10;
    if (text[0] == '0' && text[1] != '\0') {
        switch (text[1]) {
        case 'x':
        case 'X':
            base = 16;
            text += 2;
            break;
        case 'o':
        case 'O':
            base = 8;
            text += 2;
            break;
        case 'b':
        case 'B':
            base = 2;
            text += 2;
            break;
        default:
            base = 8;
            text++;
            break;
        }
    }
    if (*text == '\0') {
        return false;
    }
    uint64_t value = 0;
    const uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (; *text; text++) {
        char c = *text;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 99;
        if (digit >= (unsigned)base || value > (limit - digit) / (unsigned)base) {
            return false;
        }
        value = value * (unsigned)base + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* yamlStyleFloat of resolve.go: ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool looks_like_float(const char *s)
{
    size_t digits = 0;
    s += *s == '-' || *s == '+';
    while (*s >= '0' && *s <= '9') {
        s++;
        digits++;
    }
    if (*s == '.') {
        s++;
        while (*s >= '0' && *s <= '9') {
            s++;
            digits++;
        }
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
        while (*s >= '0' && *s <= '9') {
            s++;
        }
    }
    return *s == '\0';
}

static bool resolve_special_float(struct slice s, double *out)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"};
    static const char *const negative[] = {"-.inf", "-.Inf", "-.INF"};
    static const char *const nan_words[] = {".nan", ".NaN", ".NAN"};
    if (is_one_of(s, infinite, ARRAY_LEN(infinite))) {
        *out = (double)INFINITY;
        return true;
    }
    if (is_one_of(s, negative, ARRAY_LEN(negative))) {
        *out = -(double)INFINITY;
        return true;
    }
    if (is_one_of(s, nan_words, ARRAY_LEN(nan_words))) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

static void resolve_number(struct node *node)
{
    /* Underscores may stand between digits; numbers longer than this are strings for our purpose. */
    char text[64];
    size_t length = 0;
    for (size_t i = 0; i < node->text.len; i++) {
        if (node->text.ptr[i] == '_') {
            continue;
        }
        if (length + 1 >= sizeof text || node->text.ptr[i] == '\0') {
            return;
        }
        text[length++] = node->text.ptr[i];
    }
    text[length] = '\0';
    if (parse_int(text, &node->integer)) {
        node->kind = NODE_INT;
    } else if (looks_like_float(text)) {
        node->kind = NODE_FLOAT;
        node->number = strtod(text, NULL);
    }
}

void scalar_resolve(struct node *node)
{
    struct slice s = node->text;
    node->kind = NODE_STRING;
    char first = s.len ? s.ptr[0] : '\0';
    /* Most plain scalars are words that none of the tables can hold. */
    if (first == '\0' || strchr("~nNtTfFyYoO.+-0123456789", first) != NULL) {
        if (is_one_of(s, nulls, ARRAY_LEN(nulls))) {
            node->kind = NODE_NULL;
        } else if (is_one_of(s, truths, ARRAY_LEN(truths))) {
            node->kind = NODE_BOOL;
            node->boolean = true;
        } else if (is_one_of(s, lies, ARRAY_LEN(lies))) {
            node->kind = NODE_BOOL;
        } else if (resolve_special_float(s, &node->number)) {
            node->kind = NODE_FLOAT;
        } else if (strchr(".+-0123456789", first) != NULL) {
            resolve_number(node);
        }
    }
}
