/* Conversions between types, with the ranges of cel-go (common/types, ConvertToType) and the texts of
 * Go's strconv. */
#include "cel/cel_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- doubles as texts --------------------------------------------------------------------- */

/* Decimal digits that `text` has from `at`, and where they end. */
static size_t digits_from(struct slice text, size_t *at)
{
    size_t start = *at;
    while (*at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9') {
        (*at)++;
    }
    return *at - start;
}

static bool is_decimal(struct slice text)
{
    size_t at = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-') ? 1 : 0;
    size_t digits = digits_from(text, &at);
    if (at < text.len && text.ptr[at] == '.') {
        at++;
        digits += digits_from(text, &at);
    }
    if (digits && at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        at += at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-') ? 1 : 0;
        digits = digits_from(text, &at);
    }
    return digits && at == text.len;
}

static bool is_special(struct slice text)
{
    struct slice word = text;
    if (word.len && (word.ptr[0] == '+' || word.ptr[0] == '-')) {
        word = slice_sub(word, 1, word.len);
    }
    return slice_equal_fold(word, SLICE("inf")) || slice_equal_fold(word, SLICE("infinity")) ||
           slice_equal_fold(text, SLICE("nan"));
}

/* Without the underscores, which may stand between digits. */
static bool drop_underscores(struct arena *arena, struct slice *text)
{
    if (slice_find(*text, '_', 0) == text->len) {
        return true;
    }
    char *out = arena_alloc(arena, text->len);
    size_t length = 0;
    for (size_t i = 0, next = 1; i < text->len; i++, next++) {
        size_t before = i - 1, after = next;
        if (text->ptr[i] != '_') {
            out[length++] = text->ptr[i];
        } else if (i == 0 || !digits_from(*text, &after) || !digits_from(*text, &before)) {
            return false;
        }
    }
    *text = (struct slice){out, length};
    return true;
}

bool text_to_double(struct arena *arena, struct slice text, double *out)
{
    bool special = is_special(text);
    if (!drop_underscores(arena, &text)) {
        return false;
    }
    if (!special && !is_decimal(text)) {
        return false;
    }
    *out = strtod(arena_string(arena, text), NULL);
    return special || isfinite(*out);
}

enum { DIGITS_SIZE = 64 };

/* The shortest digits that read back as the same number, as "1.25e+02"; how many follow the point. */
static int shortest(double number, char digits[DIGITS_SIZE], int *exponent)
{
    int precision = 0;
    do {
        (void)snprintf(digits, DIGITS_SIZE, "%.*e", precision, number);
    } while (strtod(digits, NULL) != number && ++precision < 17);
    *exponent = (int)strtol(strchr(digits, 'e') + 1, NULL, 10);
    return precision;
}

/* Shortest text that reads back as the same number, with an exponent below -4 and from 6 digits on:
 * strconv.FormatFloat(x, 'g', -1, 64). */
struct slice double_text(struct arena *arena, double number)
{
    if (!isfinite(number)) {
        return isnan(number) ? SLICE("NaN") : number > 0 ? SLICE("+Inf") : SLICE("-Inf");
    }
    char digits[DIGITS_SIZE];
    int exponent, precision = shortest(number, digits, &exponent);
    if (exponent < -4 || exponent >= 6) {
        return arena_printf(arena, "%s", digits);
    }
    return arena_printf(arena, "%.*f", precision > exponent ? precision - exponent : 0, number);
}

struct slice double_plain(struct arena *arena, double number)
{
    char digits[DIGITS_SIZE];
    int exponent, precision = shortest(number, digits, &exponent);
    return arena_printf(arena, "%.*f", precision > exponent ? precision - exponent : 0, number);
}

/* ---- numbers ------------------------------------------------------------------------------ */

static struct value range_error(struct evaluation *e)
{
    return error_value(e, "a number is out of range");
}

static struct value text_error(struct evaluation *e, const struct value *value, const char *what)
{
    return error_value(e, "'" SLICE_FMT "' is not %s", SLICE_ARG(value->text), what);
}

static struct value call_int(struct evaluation *e, const struct value *args, size_t count)
{
    const struct value *value = &args[0];
    int64_t integer;
    switch ((int)value->kind) {
    case VALUE_INT:
        return *value;
    case VALUE_UINT:
        return value->natural > INT64_MAX ? range_error(e) : value_int((int64_t)value->natural);
    case VALUE_DOUBLE:
        return value->number > -9223372036854775808.0 && value->number < 9223372036854775808.0
                   ? value_int((int64_t)value->number)
                   : range_error(e);
    case VALUE_STRING:
        return slice_to_int(value->text, &integer) ? value_int(integer)
                                                   : text_error(e, value, "an integer");
    case VALUE_TIMESTAMP:
        return value_int(value->time.seconds);
    case VALUE_DURATION:
        return value_int(value->integer);
    default:
        return no_overload(e, "int", args, count);
    }
}

static struct value call_uint(struct evaluation *e, const struct value *args, size_t count)
{
    const struct value *value = &args[0];
    struct value out = {.kind = VALUE_UINT};
    switch ((int)value->kind) {
    case VALUE_UINT:
        return *value;
    case VALUE_INT:
        out.natural = (uint64_t)value->integer;
        return value->integer < 0 ? range_error(e) : out;
    case VALUE_DOUBLE:
        if (!(value->number >= 0 && value->number < 18446744073709551616.0)) {
            return range_error(e);
        }
        out.natural = (uint64_t)value->number;
        return out;
    case VALUE_STRING:
        return slice_to_uint(value->text, UINT64_MAX, &out.natural)
                   ? out
                   : text_error(e, value, "an unsigned integer");
    default:
        return no_overload(e, "uint", args, count);
    }
}

static struct value call_double(struct evaluation *e, const struct value *args, size_t count)
{
    const struct value *value = &args[0];
    struct value out = {.kind = VALUE_DOUBLE};
    switch ((int)value->kind) {
    case VALUE_DOUBLE:
        return *value;
    case VALUE_INT:
        out.number = (double)value->integer;
        return out;
    case VALUE_UINT:
        out.number = (double)value->natural;
        return out;
    case VALUE_STRING:
        charge_steps(e, value->text.len / 16);
        return text_to_double(e->arena, value->text, &out.number)
                   ? out
                   : text_error(e, value, "a number");
    default:
        return no_overload(e, "double", args, count);
    }
}

static struct value call_bool(struct evaluation *e, const struct value *args, size_t count)
{
    static const struct {
        const char *text;
        bool value;
    } rows[] = {{"1", true},    {"t", true},      {"T", true},      {"true", true},
                {"TRUE", true}, {"True", true},   {"0", false},     {"f", false},
                {"F", false},   {"false", false}, {"FALSE", false}, {"False", false}};
    if (args[0].kind == VALUE_BOOL) {
        return args[0];
    }
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "bool", args, count);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(args[0].text, rows[i].text)) {
            return value_bool(rows[i].value);
        }
    }
    return text_error(e, &args[0], "a boolean");
}

/* ---- texts -------------------------------------------------------------------------------- */

static struct value call_string(struct evaluation *e, const struct value *args, size_t count)
{
    const struct value *value = &args[0];
    struct arena *arena = e->arena;
    switch ((int)value->kind) {
    case VALUE_STRING:
        return *value;
    case VALUE_BOOL:
        return value_string(value->boolean ? SLICE("true") : SLICE("false"));
    case VALUE_INT:
        return value_string(arena_printf(arena, "%lld", (long long)value->integer));
    case VALUE_UINT:
        return value_string(arena_printf(arena, "%llu", (unsigned long long)value->natural));
    case VALUE_DOUBLE:
        return value_string(double_text(arena, value->number));
    case VALUE_BYTES:
        return utf8_valid(value->text) ? value_string(value->text)
                                       : error_value(e, "the bytes are not UTF-8");
    case VALUE_DURATION:
        return value_string(duration_text(arena, value->integer));
    case VALUE_TIMESTAMP:
        return value_string(instant_text(arena, &value->time));
    case VALUE_IP:
    case VALUE_CIDR:
        return value_string(cidr_text(arena, value->cidr, value->kind == VALUE_CIDR));
    default:
        return no_overload(e, "string", args, count);
    }
}

static struct value call_bytes(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_STRING && args[0].kind != VALUE_BYTES) {
        return no_overload(e, "bytes", args, count);
    }
    return (struct value){.kind = VALUE_BYTES, .text = args[0].text};
}

const struct function_row *convert_functions(void)
{
    static const struct function_row rows[] = {
        {"int", false, 1, 1, call_int},
        {"uint", false, 1, 1, call_uint},
        {"double", false, 1, 1, call_double},
        {"bool", false, 1, 1, call_bool},
        {"string", false, 1, 1, call_string},
        {"bytes", false, 1, 1, call_bytes},
        {NULL, false, 0, 0, NULL},
    };
    return rows;
}
