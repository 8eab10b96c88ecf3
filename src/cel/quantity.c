/* Quantities such as 100m, 1.5Gi, 2e3: k8s.io/apimachinery, pkg/api/resource/quantity.go. What is finer
 * than 10^-9 is rounded up, away from zero; what is beyond 2^63 - 1 becomes that. */
#include "cel/cel_priv.h"

__extension__ typedef __int128 wide;

enum { NANO = 1000000000, DIGITS_MAX = 18, EXPONENT_MAX = 64 };

struct quantity {
    wide nano; /* in 10^-9 */
};

static wide quantity_max(void)
{
    return (wide)INT64_MAX * NANO;
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
    for (; exponent > 0 && number <= quantity_max(); exponent--) {
        number *= 10;
    }
    for (; exponent < 0 && number > 1; exponent++) {
        number = number / 10 + (number % 10 ? 1 : 0);
    }
    return number > quantity_max() ? quantity_max() : number;
}

enum reading { READ_YES, READ_NO, READ_TOO_LONG };

static enum reading quantity_read(struct slice text, struct quantity *out)
{
    size_t at = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-') ? 1 : 0, digits = 0;
    bool negative = at && text.ptr[0] == '-', point = false;
    int64_t decimals = 0, ten = 0;
    unsigned two = 0, significant = 0;
    wide number = 0;
    for (; is_digit(text, at) || (!point && at < text.len && text.ptr[at] == '.'); at++) {
        if (text.ptr[at] == '.') {
            point = true;
            continue;
        }
        digits++;
        decimals += point ? 1 : 0;
        significant += significant || text.ptr[at] != '0' ? 1 : 0;
        number = significant <= DIGITS_MAX ? number * 10 + (text.ptr[at] - '0') : number;
    }
    if (!digits || !suffix_read(slice_sub(text, at, text.len), &ten, &two)) {
        return READ_NO;
    }
    if (significant > DIGITS_MAX || decimals > EXPONENT_MAX) {
        return READ_TOO_LONG;
    }
    ten = ten > EXPONENT_MAX ? EXPONENT_MAX : ten < -EXPONENT_MAX ? -EXPONENT_MAX : ten;
    number = number ? scale_ten(number * ((wide)1 << two), ten - decimals + 9) : 0;
    out->nano = negative ? -number : number;
    return READ_YES;
}

bool quantity_equal(const struct quantity *a, const struct quantity *b)
{
    return a->nano == b->nano;
}

static struct value value_of_quantity(struct evaluation *e, wide nano)
{
    struct quantity *quantity = ARENA_NEW(e->arena, struct quantity);
    quantity->nano = nano;
    return (struct value){.kind = VALUE_QUANTITY, .quantity = quantity};
}

/* ---- functions ---------------------------------------------------------------------------- */

static struct value too_long(struct evaluation *e)
{
    return value_unknown(e, SLICE("a quantity of more than 18 digits is not read here"));
}

static struct value call_quantity(struct evaluation *e, const struct value *args, size_t count)
{
    struct quantity out;
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "quantity", args, count);
    }
    enum reading reading = quantity_read(args[0].text, &out);
    if (reading == READ_YES) {
        return value_of_quantity(e, out.nano);
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

static struct value call_is_integer(struct evaluation *e, const struct value *args, size_t count)
{
    return are_quantities(args, count) ? value_bool(args[0].quantity->nano % NANO == 0)
                                       : no_overload(e, "isInteger", args, count);
}

static struct value call_as_integer(struct evaluation *e, const struct value *args, size_t count)
{
    if (!are_quantities(args, count)) {
        return no_overload(e, "asInteger", args, count);
    }
    return args[0].quantity->nano % NANO == 0 ? value_int((int64_t)(args[0].quantity->nano / NANO))
                                              : error_value(e, "a quantity is not a whole number");
}

static struct value call_as_float(struct evaluation *e, const struct value *args, size_t count)
{
    return are_quantities(args, count)
               ? (struct value){.kind = VALUE_DOUBLE,
                                .number = (double)args[0].quantity->nano / NANO}
               : no_overload(e, "asApproximateFloat", args, count);
}

static struct value sum(struct evaluation *e, const char *name, const struct value *args, int sign)
{
    if (args[0].kind != VALUE_QUANTITY ||
        (args[1].kind != VALUE_QUANTITY && args[1].kind != VALUE_INT)) {
        return no_overload(e, name, args, 2);
    }
    wide other = args[1].kind == VALUE_INT ? (wide)args[1].integer * NANO : args[1].quantity->nano;
    wide total = args[0].quantity->nano + sign * other;
    return total > quantity_max() || total < -quantity_max()
               ? value_unknown(e, SLICE("a quantity beyond 2^63 is not reckoned with here"))
               : value_of_quantity(e, total);
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
