/* Quantities such as 100m, 1.5Gi, 2e3: k8s.io/apimachinery, pkg/api/resource/quantity.go. What is finer
 * than 10^-9 is rounded up, away from zero; with a binary suffix what is beyond 2^63 - 1 becomes that.
 *
 * A number that fits there is held as an integer and a power of ten, others as big decimals; only the
 * first kind is ever "an integer" to rules, and it is one when the power is not negative: 1000m is
 * none, and neither is 5Pi. */
#include "cel/cel_priv.h"

__extension__ typedef __int128 wide;

enum {
    NANO = 1000000000,
    FAST_DIGITS = 18,    /* maxInt64Factors */
    DECIMAL_DIGITS = 27, /* what is reckoned with here */
    BINARY_DIGITS = 18,
    EXPONENT_MAX = 64
};

struct quantity {
    wide nano; /* in 10^-9 */
    bool fast; /* an integer and a power of ten, which is `scale` */
    int64_t scale;
};

static wide binary_max(void)
{
    return (wide)INT64_MAX * NANO;
}

/* Far beyond each binary number, and ten times this still has room. */
static wide wide_max(void)
{
    return (wide)INT64_MAX * INT64_MAX / 16;
}

static bool is_digit(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

static bool suffix_read(struct slice suffix, int64_t *ten, unsigned *two)
{
    static const struct {
        const char *name;
        int ten;
        unsigned two;
    } rows[] = {{"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},
                {"k", 3, 0},   {"M", 6, 0},   {"G", 9, 0},   {"T", 12, 0},
                {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
                {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(suffix, rows[i].name)) {
            *ten = rows[i].ten;
            *two = rows[i].two;
            return true;
        }
    }
    *two = 0;
    return suffix.len > 1 && (suffix.ptr[0] == 'e' || suffix.ptr[0] == 'E') &&
           slice_to_int(slice_sub(suffix, 1, suffix.len), ten);
}

/* Times 10^exponent; past the maximum it stays there, below a part it is rounded up. */
static wide scale_ten(wide number, int64_t exponent)
{
    for (; exponent > 0 && number <= wide_max(); exponent--) {
        number *= 10;
    }
    for (; exponent < 0 && number > 1; exponent++) {
        number = number / 10 + (number % 10 ? 1 : 0);
    }
    return number;
}

enum reading { READ_YES, READ_NO, READ_TOO_LONG };

/* The digits before the suffix. */
struct digits {
    wide number;
    int64_t whole, decimals; /* how many, without leading zeros */
    bool any;
};

static void digits_read(struct slice text, size_t *at, struct digits *out)
{
    bool point = false;
    *out = (struct digits){0};
    for (; is_digit(text, *at) || (!point && *at < text.len && text.ptr[*at] == '.'); (*at)++) {
        if (text.ptr[*at] == '.') {
            point = true;
            continue;
        }
        out->any = true;
        out->decimals += point ? 1 : 0;
        out->whole += !point && (out->whole || text.ptr[*at] != '0') ? 1 : 0;
        if (out->whole + out->decimals <= DECIMAL_DIGITS) {
            out->number = out->number * 10 + (text.ptr[*at] - '0');
        }
    }
    out->whole += out->whole ? 0 : 1;
}

static bool fits_fast(const struct digits *digits, bool binary, unsigned two, int64_t scale)
{
    if (binary) {
        return digits->decimals == 0 && 14 - digits->whole - (int64_t)(two * 3 / 10) >= 0;
    }
    return digits->whole + digits->decimals <= FAST_DIGITS && scale >= -9;
}

static enum reading quantity_read(struct slice text, struct quantity *out)
{
    size_t at = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-') ? 1 : 0;
    bool negative = at && text.ptr[0] == '-';
    struct digits digits;
    int64_t ten = 0;
    unsigned two = 0;
    digits_read(text, &at, &digits);
    if (!text.len || !suffix_read(slice_sub(text, at, text.len), &ten, &two)) {
        return READ_NO;
    }
    ten = ten > EXPONENT_MAX ? EXPONENT_MAX : ten < -EXPONENT_MAX ? -EXPONENT_MAX : ten;
    out->scale = ten - digits.decimals;
    out->fast = fits_fast(&digits, two > 0, two, out->scale);
    if (!out->fast && !digits.any) {
        return READ_NO;
    }
    if (digits.whole + digits.decimals > (two ? BINARY_DIGITS : DECIMAL_DIGITS)) {
        return READ_TOO_LONG;
    }
    wide number = digits.number ? scale_ten(digits.number * ((wide)1 << two), out->scale + 9) : 0;
    number = two && number > binary_max() ? binary_max() : number;
    out->nano = negative ? -number : number;
    return number > wide_max() ? READ_TOO_LONG : READ_YES;
}

bool quantity_equal(const struct quantity *a, const struct quantity *b)
{
    return a->nano == b->nano;
}

static struct value value_of_quantity(struct evaluation *e, const struct quantity *from)
{
    struct quantity *quantity = ARENA_NEW(e->arena, struct quantity);
    *quantity = *from;
    return (struct value){.kind = VALUE_QUANTITY, .quantity = quantity};
}

/* ---- functions ---------------------------------------------------------------------------- */

static struct value too_long(struct evaluation *e)
{
    return value_unknown(e, SLICE("a quantity of so many digits is not reckoned with here"));
}

static struct value call_quantity(struct evaluation *e, const struct value *args, size_t count)
{
    struct quantity out;
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "quantity", args, count);
    }
    enum reading reading = quantity_read(args[0].text, &out);
    if (reading == READ_YES) {
        return value_of_quantity(e, &out);
    }
    return reading == READ_NO
               ? error_value(e, "'" SLICE_FMT "' is not a quantity", SLICE_ARG(args[0].text))
               : too_long(e);
}

static struct value call_is_quantity(struct evaluation *e, const struct value *args, size_t count)
{
    struct quantity out;
    return args[0].kind == VALUE_STRING ? value_bool(quantity_read(args[0].text, &out) != READ_NO)
                                        : no_overload(e, "isQuantity", args, count);
}

static bool are_quantities(const struct value *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].kind != VALUE_QUANTITY) {
            return false;
        }
    }
    return true;
}

static struct value call_sign(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_quantities(args, count)) {
        return no_overload(e, "sign", args, count);
    }
    return value_int((args[0].quantity->nano > 0) - (args[0].quantity->nano < 0));
}

static struct value call_compare(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_quantities(args, count)) {
        return no_overload(e, "compareTo", args, count);
    }
    wide a = args[0].quantity->nano, b = args[1].quantity->nano;
    return value_int((a > b) - (a < b));
}

static struct value call_greater(struct evaluation *e, const struct value *args, size_t count)
{
    struct value order = call_compare(e, args, count);
    return order.kind == VALUE_INT ? value_bool(order.integer > 0) : order;
}

static struct value call_less(struct evaluation *e, const struct value *args, size_t count)
{
    struct value order = call_compare(e, args, count);
    return order.kind == VALUE_INT ? value_bool(order.integer < 0) : order;
}

static bool is_integer(const struct quantity *quantity)
{
    wide size = quantity->nano < 0 ? -quantity->nano : quantity->nano;
    return quantity->fast && quantity->scale >= 0 && size <= binary_max();
}

static struct value call_is_integer(struct evaluation *e, const struct value *args, size_t count)
{
    return are_quantities(args, count) ? value_bool(is_integer(args[0].quantity))
                                       : no_overload(e, "isInteger", args, count);
}

static struct value call_as_integer(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_quantities(args, count)) {
        return no_overload(e, "asInteger", args, count);
    }
    return is_integer(args[0].quantity) ? value_int((int64_t)(args[0].quantity->nano / NANO))
                                        : error_value(e, "a quantity is not held as an integer");
}

/* The integer times a power of ten, as the original does it, with its rounding. */
static double as_double(const struct quantity *quantity)
{
    wide number = quantity->nano;
    int64_t scale = quantity->scale;
    double power = 1;
    for (int64_t i = -9; i < scale; i++) {
        number /= 10;
    }
    for (int64_t i = 0; i < (scale < 0 ? -scale : scale) && scale >= -9; i++) {
        power *= 10;
    }
    return scale < -9  ? (double)number / NANO
           : scale < 0 ? (double)number * (1 / power)
                       : (double)number * power;
}

static struct value call_as_float(struct evaluation *e, const struct value *args, size_t count)
{
    return are_quantities(args, count)
               ? (struct value){.kind = VALUE_DOUBLE, .number = as_double(args[0].quantity)}
               : no_overload(e, "asApproximateFloat", args, count);
}

/* What a sum is held as: pkg/api/resource/amount.go, int64Amount.Add. */
static struct quantity add(const struct quantity *a, const struct quantity *b, int sign)
{
    struct quantity sum = {.nano = a->nano + sign * b->nano, .fast = a->fast && b->fast};
    sum.scale = b->nano == 0          ? a->scale
                : a->nano == 0        ? b->scale
                : a->scale < b->scale ? a->scale
                                      : b->scale;
    /* In units of its scale it must fit in 64 bits. */
    wide size = scale_ten(sum.nano < 0 ? -sum.nano : sum.nano, -9 - sum.scale);
    sum.fast = sum.fast && size <= INT64_MAX;
    return sum;
}

static struct value sum(struct evaluation *e, const char *name, const struct value *args, int sign)
{
    if (args[0].kind != VALUE_QUANTITY ||
        (args[1].kind != VALUE_QUANTITY && args[1].kind != VALUE_INT)) {
        return no_overload(e, name, args, 2);
    }
    struct quantity other = {.fast = true};
    if (args[1].kind == VALUE_INT) {
        other.nano = (wide)args[1].integer * NANO;
    } else {
        other = *args[1].quantity;
    }
    struct quantity total = add(args[0].quantity, &other, sign);
    return total.nano > wide_max() || total.nano < -wide_max() ? too_long(e)
                                                               : value_of_quantity(e, &total);
}

static struct value call_add(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return sum(e, "add", args, 1);
}

static struct value call_subtract(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return sum(e, "sub", args, -1);
}

const struct function_row *quantity_functions(void)
{
    static const struct function_row rows[] = {
        {"quantity", false, 1, 1, call_quantity},
        {"isQuantity", false, 1, 1, call_is_quantity},
        {"sign", false, 1, 1, call_sign},
        {"sign", true, 1, 1, call_sign},
        {"compareTo", true, 2, 2, call_compare},
        {"isGreaterThan", true, 2, 2, call_greater},
        {"isLessThan", true, 2, 2, call_less},
        {"isInteger", true, 1, 1, call_is_integer},
        {"asInteger", true, 1, 1, call_as_integer},
        {"asApproximateFloat", true, 1, 1, call_as_float},
        {"add", true, 2, 2, call_add},
        {"sub", true, 2, 2, call_subtract},
        {NULL, false, 0, 0, NULL},
    };
    return rows;
}
