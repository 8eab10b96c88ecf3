/* Values: what they are called, equal to, and ordered by. */
#include "cel/cel_priv.h"

#include <math.h>

struct value error_value(struct evaluation *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct value value = {.kind = VALUE_ERROR, .text = arena_vprintf(e->arena, format, args)};
    va_end(args);
    return value;
}

struct value value_unknown(struct evaluation *e, struct slice why)
{
    if (!e->stopped.ptr) {
        e->stopped = why;
    }
    return (struct value){.kind = VALUE_ERROR, .text = why};
}

bool charge_steps(struct evaluation *e, uint64_t steps)
{
    if (e->stopped.ptr) {
        return false;
    }
    if (e->evaluator->steps < steps) {
        e->evaluator->steps = 0;
        value_unknown(e, SLICE("it takes more steps than its budget has"));
        return false;
    }
    e->evaluator->steps -= steps;
    return true;
}

struct value value_null(void)
{
    return (struct value){.kind = VALUE_NULL};
}

struct value value_bool(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = boolean};
}

struct value value_int(int64_t integer)
{
    return (struct value){.kind = VALUE_INT, .integer = integer};
}

struct value value_string(struct slice text)
{
    return (struct value){.kind = VALUE_STRING, .text = text};
}

struct value value_list(const struct value *items, size_t count)
{
    static const struct value none;
    return (struct value){.kind = VALUE_LIST, .items = items ? items : &none, .count = count};
}

struct value value_optional(struct evaluation *e, const struct value *held)
{
    struct value value = {.kind = VALUE_OPTIONAL};
    if (held) {
        struct value *copy = ARENA_NEW(e->arena, struct value);
        *copy = *held;
        value.held = copy;
    }
    return value;
}

void values_add(struct evaluation *e, struct values *values, struct value value)
{
    *ARENA_PUSH(e->arena, values->items, values->count, values->capacity) = value;
}

struct value value_of_node(const struct node *node)
{
    switch (node->kind) {
    case NODE_BOOL:
        return value_bool(node->boolean);
    case NODE_INT:
        return value_int(node->integer);
    case NODE_FLOAT:
        return (struct value){.kind = VALUE_DOUBLE, .number = node->number};
    case NODE_STRING:
        return value_string(node->text);
    case NODE_LIST:
        return (struct value){.kind = VALUE_LIST, .node = node};
    case NODE_MAP:
        return (struct value){.kind = VALUE_MAP, .node = node};
    case NODE_NULL:
        break;
    }
    return value_null();
}

struct slice value_type(const struct value *value)
{
    static const char *const names[VALUE_KIND_COUNT] = {
        [VALUE_ERROR] = "error",
        [VALUE_NULL] = "null_type",
        [VALUE_BOOL] = "bool",
        [VALUE_INT] = "int",
        [VALUE_UINT] = "uint",
        [VALUE_DOUBLE] = "double",
        [VALUE_STRING] = "string",
        [VALUE_BYTES] = "bytes",
        [VALUE_LIST] = "list",
        [VALUE_MAP] = "map",
        [VALUE_DURATION] = "google.protobuf.Duration",
        [VALUE_TIMESTAMP] = "google.protobuf.Timestamp",
        [VALUE_TYPE] = "type",
        [VALUE_OPTIONAL] = "optional_type",
        [VALUE_QUANTITY] = "kubernetes.Quantity",
        [VALUE_IP] = "net.IP",
        [VALUE_CIDR] = "net.CIDR",
        [VALUE_URL] = "kubernetes.URL",
        [VALUE_FORMAT] = "kubernetes.NamedFormat",
    };
    return slice_of(names[value->kind]);
}

struct value no_overload(struct evaluation *e, const char *function, const struct value *args,
                         size_t count)
{
    struct slice types = SLICE("");
    for (size_t i = 0; i < count; i++) {
        if (args[i].kind == VALUE_ERROR) {
            return args[i];
        }
        types = arena_printf(e->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(types), i ? ", " : "",
                             SLICE_ARG(value_type(&args[i])));
    }
    return error_value(e, "'%s' does not apply to (" SLICE_FMT ")", function, SLICE_ARG(types));
}

/* ---- lists and maps ----------------------------------------------------------------------- */

size_t value_count(const struct value *value)
{
    return value->items ? value->count : value->node->count;
}

struct value value_item(const struct value *list, size_t index)
{
    return list->items ? list->items[index] : value_of_node(list->node->items[index]);
}

struct value value_key(const struct value *map, size_t index)
{
    return map->items ? map->items[2 * index] : value_string(map->node->pairs[index].key);
}

struct value value_at(const struct value *map, size_t index)
{
    return map->items ? map->items[2 * index + 1] : value_of_node(map->node->pairs[index].value);
}

/* Keys of a mapping of a manifest are texts. */
static bool node_find(const struct node *map, const struct value *key, struct value *out)
{
    const struct pair *pair = key->kind == VALUE_STRING ? node_pair(map, key->text) : NULL;
    if (pair) {
        *out = value_of_node(pair->value);
    }
    return pair != NULL;
}

bool map_find(struct evaluation *e, const struct value *map, const struct value *key,
              struct value *out)
{
    size_t count = value_count(map);
    const uint64_t each = map->items || key->kind != VALUE_STRING ? 0 : key->text.len / 64;
    if (!charge_steps(e, count / 8 + count * each)) {
        return false;
    }
    if (!map->items) {
        return node_find(map->node, key, out);
    }
    for (size_t i = 0; i < count && !e->stopped.ptr; i++) {
        if (value_equal(e, &map->items[2 * i], key)) {
            *out = map->items[2 * i + 1];
            return true;
        }
    }
    return false;
}

/* ---- numbers of different types ------------------------------------------------------------ */

static bool is_number(const struct value *value)
{
    return value->kind == VALUE_INT || value->kind == VALUE_UINT || value->kind == VALUE_DOUBLE;
}

enum { ORDER_NONE = 2 };

static int order_doubles(double a, double b)
{
    return isnan(a) || isnan(b) ? ORDER_NONE : (a > b) - (a < b);
}

/* A double beyond the integers' range is beyond each of them; within, integers lose what a double cannot
 * hold (common/types/compare.go of cel-go). */
static int order_int_double(int64_t a, double b)
{
    return b < -9223372036854775808.0  ? 1
           : b > 9223372036854775808.0 ? -1
                                       : order_doubles((double)a, b);
}

static int order_uint_double(uint64_t a, double b)
{
    return b < 0 ? 1 : b > 18446744073709551616.0 ? -1 : order_doubles((double)a, b);
}

static int order_int_uint(int64_t a, uint64_t b)
{
    return a < 0 ? -1 : ((uint64_t)a > b) - ((uint64_t)a < b);
}

static int turned(int order)
{
    return order == ORDER_NONE ? ORDER_NONE : -order;
}

static int order_numbers(const struct value *a, const struct value *b)
{
    if (a->kind == b->kind) {
        return a->kind == VALUE_INT    ? (a->integer > b->integer) - (a->integer < b->integer)
               : a->kind == VALUE_UINT ? (a->natural > b->natural) - (a->natural < b->natural)
                                       : order_doubles(a->number, b->number);
    }
    if (a->kind == VALUE_INT) {
        return b->kind == VALUE_UINT ? order_int_uint(a->integer, b->natural)
                                     : order_int_double(a->integer, b->number);
    }
    if (a->kind == VALUE_UINT && b->kind == VALUE_DOUBLE) {
        return order_uint_double(a->natural, b->number);
    }
    return turned(order_numbers(b, a));
}

/* ---- equality and order ------------------------------------------------------------------- */

static bool lists_equal(struct evaluation *e, const struct value *a, const struct value *b)
{
    size_t count = value_count(a);
    if (count != value_count(b)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct value left = value_item(a, i), right = value_item(b, i);
        if (!value_equal(e, &left, &right)) {
            return false;
        }
    }
    return true;
}

static bool maps_equal(struct evaluation *e, const struct value *a, const struct value *b)
{
    size_t count = value_count(a);
    if (count != value_count(b)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct value key = value_key(a, i), left = value_at(a, i), right;
        if (!map_find(e, b, &key, &right) || !value_equal(e, &left, &right)) {
            return false;
        }
    }
    return true;
}

static bool optionals_equal(struct evaluation *e, const struct value *a, const struct value *b)
{
    return a->held && b->held ? value_equal(e, a->held, b->held) : a->held == b->held;
}

static bool same_kind_equal(struct evaluation *e, const struct value *a, const struct value *b)
{
    switch (a->kind) {
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_TYPE:
        return charge_steps(e, a->text.len / 64) && slice_equal(a->text, b->text);
    case VALUE_LIST:
        return lists_equal(e, a, b);
    case VALUE_MAP:
        return maps_equal(e, a, b);
    case VALUE_DURATION:
        return a->integer == b->integer;
    case VALUE_TIMESTAMP:
        return a->time.seconds == b->time.seconds && a->time.nanoseconds == b->time.nanoseconds;
    case VALUE_OPTIONAL:
        return optionals_equal(e, a, b);
    case VALUE_QUANTITY:
        return quantity_equal(a->quantity, b->quantity);
    case VALUE_IP:
    case VALUE_CIDR:
        return cidr_equal(a->cidr, b->cidr);
    case VALUE_URL:
        return url_equal(a->url, b->url);
    case VALUE_FORMAT:
        return a->format == b->format;
    case VALUE_ERROR:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
    case VALUE_KIND_COUNT:
        return false;
    case VALUE_NULL:
        break;
    }
    return true;
}

/* Values of different types are not equal, but for numbers (common/types/util.go of cel-go, Equal). The
 * depth is bounded by that of documents and expressions. */
bool value_equal(struct evaluation *e, const struct value *a, const struct value *b)
{
    if (!charge_steps(e, 1)) {
        return false;
    }
    if (is_number(a) && is_number(b)) {
        return order_numbers(a, b) == 0;
    }
    return a->kind == b->kind && same_kind_equal(e, a, b);
}

static int order_times(const struct instant *a, const struct instant *b)
{
    return a->seconds != b->seconds
               ? (a->seconds > b->seconds) - (a->seconds < b->seconds)
               : (a->nanoseconds > b->nanoseconds) - (a->nanoseconds < b->nanoseconds);
}

bool value_compare(const struct value *a, const struct value *b, int *order)
{
    if (is_number(a) && is_number(b)) {
        *order = order_numbers(a, b);
        return true;
    }
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == VALUE_STRING || a->kind == VALUE_BYTES) {
        int bytes = slice_compare(a->text, b->text);
        *order = (bytes > 0) - (bytes < 0);
    } else if (a->kind == VALUE_BOOL) {
        *order = a->boolean - b->boolean;
    } else if (a->kind == VALUE_DURATION) {
        *order = (a->integer > b->integer) - (a->integer < b->integer);
    } else if (a->kind == VALUE_TIMESTAMP) {
        *order = order_times(&a->time, &b->time);
    } else {
        return false;
    }
    return true;
}
