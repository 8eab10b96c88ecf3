/* Operators. Numbers of different types do not mix, and nothing wraps around. */
#include "cel/cel_priv.h"

#include <string.h>

enum { NANOSECONDS = 1000000000 };

static struct value overflow(struct evaluation *e)
{
    return error_value(e, "a number is out of range");
}

static struct value value_uint(uint64_t natural)
{
    return (struct value){.kind = VALUE_UINT, .natural = natural};
}

static struct value value_double(double number)
{
    return (struct value){.kind = VALUE_DOUBLE, .number = number};
}

static struct value value_duration(int64_t nanoseconds)
{
    return (struct value){.kind = VALUE_DURATION, .integer = nanoseconds};
}

/* Two kinds as one number, for switches. */
#define KINDS(a, b) ((int)(a)*VALUE_KIND_COUNT + (int)(b))

/* ---- addition ----------------------------------------------------------------------------- */

static struct value join_texts(struct evaluation *e, const struct value *a, const struct value *b)
{
    size_t length;
    if (!checked_add(a->text.len, b->text.len, &length) || !charge_steps(e, length / 16)) {
        return value_unknown(e, SLICE("a text grows too long"));
    }
    char *text = arena_alloc(e->arena, length + 1);
    if (a->text.len) {
        memcpy(text, a->text.ptr, a->text.len);
    }
    if (b->text.len) {
        memcpy(text + a->text.len, b->text.ptr, b->text.len);
    }
    return (struct value){.kind = a->kind, .text = {text, length}};
}

static struct value join_lists(struct evaluation *e, const struct value *a, const struct value *b)
{
    size_t first = value_count(a), second = value_count(b);
    if (!charge_steps(e, first + second)) {
        return value_unknown(e, SLICE("a list grows too long"));
    }
    struct value *items = ARENA_ARRAY(e->arena, struct value, first + second + 1);
    for (size_t i = 0; i < first; i++) {
        items[i] = value_item(a, i);
    }
    for (size_t i = 0; i < second; i++) {
        items[first + i] = value_item(b, i);
    }
    return value_list(items, first + second);
}

static struct value shift_time(struct evaluation *e, const struct instant *time,
                               int64_t nanoseconds)
{
    struct instant sum = {time->seconds + nanoseconds / NANOSECONDS,
                          time->nanoseconds + nanoseconds % NANOSECONDS, time->offset};
    if (sum.nanoseconds < 0) {
        sum.nanoseconds += NANOSECONDS;
        sum.seconds--;
    } else if (sum.nanoseconds >= NANOSECONDS) {
        sum.nanoseconds -= NANOSECONDS;
        sum.seconds++;
    }
    return instant_valid(&sum) ? (struct value){.kind = VALUE_TIMESTAMP, .time = sum}
                               : error_value(e, "a timestamp is out of range");
}

struct value operator_add(struct evaluation *e, const struct value *a, const struct value *b)
{
    int64_t integer;
    uint64_t natural;
    switch (KINDS(a->kind, b->kind)) {
    case KINDS(VALUE_INT, VALUE_INT):
        return __builtin_add_overflow(a->integer, b->integer, &integer) ? overflow(e)
                                                                        : value_int(integer);
    case KINDS(VALUE_UINT, VALUE_UINT):
        return __builtin_add_overflow(a->natural, b->natural, &natural) ? overflow(e)
                                                                        : value_uint(natural);
    case KINDS(VALUE_DOUBLE, VALUE_DOUBLE):
        return value_double(a->number + b->number);
    case KINDS(VALUE_STRING, VALUE_STRING):
    case KINDS(VALUE_BYTES, VALUE_BYTES):
        return join_texts(e, a, b);
    case KINDS(VALUE_LIST, VALUE_LIST):
        return join_lists(e, a, b);
    case KINDS(VALUE_DURATION, VALUE_DURATION):
        return __builtin_add_overflow(a->integer, b->integer, &integer) ? overflow(e)
                                                                        : value_duration(integer);
    case KINDS(VALUE_TIMESTAMP, VALUE_DURATION):
        return shift_time(e, &a->time, b->integer);
    case KINDS(VALUE_DURATION, VALUE_TIMESTAMP):
        return shift_time(e, &b->time, a->integer);
    default:
        return no_overload(e, "+", (const struct value[]){*a, *b}, 2);
    }
}

/* ---- the other arithmetic ----------------------------------------------------------------- */

static struct value between_times(struct evaluation *e, const struct instant *a,
                                  const struct instant *b)
{
    int64_t seconds = a->seconds - b->seconds, nanoseconds;
    if (__builtin_mul_overflow(seconds, NANOSECONDS, &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, a->nanoseconds - b->nanoseconds, &nanoseconds)) {
        return overflow(e);
    }
    return value_duration(nanoseconds);
}

static struct value operator_subtract(struct evaluation *e, const struct value *a,
                                      const struct value *b)
{
    int64_t integer;
    switch (KINDS(a->kind, b->kind)) {
    case KINDS(VALUE_INT, VALUE_INT):
        return __builtin_sub_overflow(a->integer, b->integer, &integer) ? overflow(e)
                                                                        : value_int(integer);
    case KINDS(VALUE_UINT, VALUE_UINT):
        return a->natural < b->natural ? overflow(e) : value_uint(a->natural - b->natural);
    case KINDS(VALUE_DOUBLE, VALUE_DOUBLE):
        return value_double(a->number - b->number);
    case KINDS(VALUE_DURATION, VALUE_DURATION):
        return __builtin_sub_overflow(a->integer, b->integer, &integer) ? overflow(e)
                                                                        : value_duration(integer);
    case KINDS(VALUE_TIMESTAMP, VALUE_DURATION):
        return b->integer == INT64_MIN ? overflow(e) : shift_time(e, &a->time, -b->integer);
    case KINDS(VALUE_TIMESTAMP, VALUE_TIMESTAMP):
        return between_times(e, &a->time, &b->time);
    default:
        return no_overload(e, "-", (const struct value[]){*a, *b}, 2);
    }
}

static struct value operator_multiply(struct evaluation *e, const struct value *a,
                                      const struct value *b)
{
    int64_t integer;
    uint64_t natural;
    switch (KINDS(a->kind, b->kind)) {
    case KINDS(VALUE_INT, VALUE_INT):
        return __builtin_mul_overflow(a->integer, b->integer, &integer) ? overflow(e)
                                                                        : value_int(integer);
    case KINDS(VALUE_UINT, VALUE_UINT):
        return __builtin_mul_overflow(a->natural, b->natural, &natural) ? overflow(e)
                                                                        : value_uint(natural);
    case KINDS(VALUE_DOUBLE, VALUE_DOUBLE):
        return value_double(a->number * b->number);
    default:
        return no_overload(e, "*", (const struct value[]){*a, *b}, 2);
    }
}

/* Division of doubles by zero is IEEE 754's; C leaves it to an annex that the compilers implement. */
static struct value operator_divide(struct evaluation *e, const struct value *a,
                                    const struct value *b)
{
    switch (KINDS(a->kind, b->kind)) {
    case KINDS(VALUE_INT, VALUE_INT):
        return b->integer == 0                               ? error_value(e, "division by zero")
               : a->integer == INT64_MIN && b->integer == -1 ? overflow(e)
                                                             : value_int(a->integer / b->integer);
    case KINDS(VALUE_UINT, VALUE_UINT):
        return b->natural == 0 ? error_value(e, "division by zero")
                               : value_uint(a->natural / b->natural);
    case KINDS(VALUE_DOUBLE, VALUE_DOUBLE):
        return value_double(a->number / b->number);
    default:
        return no_overload(e, "/", (const struct value[]){*a, *b}, 2);
    }
}

static struct value operator_remainder(struct evaluation *e, const struct value *a,
                                       const struct value *b)
{
    switch (KINDS(a->kind, b->kind)) {
    case KINDS(VALUE_INT, VALUE_INT):
        return b->integer == 0                               ? error_value(e, "division by zero")
               : a->integer == INT64_MIN && b->integer == -1 ? overflow(e)
                                                             : value_int(a->integer % b->integer);
    case KINDS(VALUE_UINT, VALUE_UINT):
        return b->natural == 0 ? error_value(e, "division by zero")
                               : value_uint(a->natural % b->natural);
    default:
        return no_overload(e, "%", (const struct value[]){*a, *b}, 2);
    }
}

struct value operator_negate(struct evaluation *e, const struct value *value)
{
    if (value->kind == VALUE_DOUBLE) {
        return value_double(-value->number);
    }
    if (value->kind != VALUE_INT && value->kind != VALUE_DURATION) {
        return no_overload(e, "-", value, 1);
    }
    if (value->integer == INT64_MIN) {
        return overflow(e);
    }
    return value->kind == VALUE_INT ? value_int(-value->integer) : value_duration(-value->integer);
}

/* ---- comparison --------------------------------------------------------------------------- */

static struct value compare_with(struct evaluation *e, const char *sign, const struct value *a,
                                 const struct value *b)
{
    int order;
    if ((a->kind == VALUE_STRING && !charge_steps(e, a->text.len / 64)) ||
        !value_compare(a, b, &order)) {
        return no_overload(e, sign, (const struct value[]){*a, *b}, 2);
    }
    if (order != -1 && order != 0 && order != 1) {
        return error_value(e, "what is not a number has no order");
    }
    bool equal = sign[1] == '=' && order == 0;
    return value_bool(equal || (sign[0] == '<' ? order == -1 : order == 1));
}

static struct value operator_less(struct evaluation *e, const struct value *a,
                                  const struct value *b)
{
    return compare_with(e, "<", a, b);
}

static struct value operator_less_equal(struct evaluation *e, const struct value *a,
                                        const struct value *b)
{
    return compare_with(e, "<=", a, b);
}

static struct value operator_greater(struct evaluation *e, const struct value *a,
                                     const struct value *b)
{
    return compare_with(e, ">", a, b);
}

static struct value operator_greater_equal(struct evaluation *e, const struct value *a,
                                           const struct value *b)
{
    return compare_with(e, ">=", a, b);
}

static struct value operator_equal(struct evaluation *e, const struct value *a,
                                   const struct value *b)
{
    return value_bool(value_equal(e, a, b));
}

static struct value operator_unequal(struct evaluation *e, const struct value *a,
                                     const struct value *b)
{
    return value_bool(!value_equal(e, a, b));
}

static struct value operator_in(struct evaluation *e, const struct value *a, const struct value *b)
{
    struct value found;
    if (b->kind == VALUE_MAP) {
        return value_bool(map_find(e, b, a, &found));
    }
    if (b->kind != VALUE_LIST) {
        return no_overload(e, "in", (const struct value[]){*a, *b}, 2);
    }
    size_t count = value_count(b);
    for (size_t i = 0; i < count && !e->stopped.ptr; i++) {
        struct value item = value_item(b, i);
        if (value_equal(e, &item, a)) {
            return value_bool(true);
        }
    }
    return value_bool(false);
}

const struct operator_row *operator_find(struct slice sign)
{
    static const struct operator_row rows[] = {
        {"||", 1, NULL},
        {"&&", 2, NULL},
        {"==", 3, operator_equal},
        {"!=", 3, operator_unequal},
        {"<", 3, operator_less},
        {"<=", 3, operator_less_equal},
        {">", 3, operator_greater},
        {">=", 3, operator_greater_equal},
        {"in", 3, operator_in},
        {"+", 4, operator_add},
        {"-", 4, operator_subtract},
        {"*", 5, operator_multiply},
        {"/", 5, operator_divide},
        {"%", 5, operator_remainder},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(sign, rows[i].sign)) {
            return &rows[i];
        }
    }
    return NULL;
}
