/* Finds functions by name, and holds those of the language's core and of optional values. */
#include "cel/cel_priv.h"

static const struct function_row *find_in(const struct function_row *rows, struct slice name,
                                          bool member, size_t count, bool *named)
{
    for (; rows->name; rows++) {
        if (rows->member == member && slice_is(name, rows->name)) {
            *named = true;
            if (count >= rows->least && count <= rows->most) {
                return rows;
            }
        }
    }
    return NULL;
}

const struct function_row *function_find(struct slice name, bool member, size_t count,
                                         bool *arguments)
{
    static const struct function_row *(*const tables[])(void) = {
        core_functions,    convert_functions, text_functions,     list_functions,  time_functions,
        network_functions, url_functions,     quantity_functions, format_functions};
    bool named = false;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        const struct function_row *row = find_in(tables[i](), name, member, count, &named);
        if (row) {
            return row;
        }
    }
    *arguments = !named;
    return NULL;
}

/* ---- core --------------------------------------------------------------------------------- */

static struct value call_size(struct evaluation *e, const struct value *args, size_t count)
{
    switch ((int)args[0].kind) {
    case VALUE_STRING:
        charge_steps(e, args[0].text.len / 16);
        return value_int((int64_t)utf8_count(args[0].text));
    case VALUE_BYTES:
        return value_int((int64_t)args[0].text.len);
    case VALUE_LIST:
    case VALUE_MAP:
        return value_int((int64_t)value_count(&args[0]));
    default:
        return no_overload(e, "size", args, count);
    }
}

static struct value call_type(struct evaluation *e, const struct value *args, size_t count)
{
    (void)e;
    (void)count;
    return (struct value){.kind = VALUE_TYPE, .text = value_type(&args[0])};
}

static struct value call_dyn(struct evaluation *e, const struct value *args, size_t count)
{
    (void)e;
    (void)count;
    return args[0];
}

/* ---- optional values ---------------------------------------------------------------------- */

static struct value call_optional_of(struct evaluation *e, const struct value *args, size_t count)
{
    (void)count;
    return value_optional(e, &args[0]);
}

static struct value call_optional_none(struct evaluation *e, const struct value *args, size_t count)
{
    (void)args;
    (void)count;
    return value_optional(e, NULL);
}

static bool is_zero(const struct value *value)
{
    switch ((int)value->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return !value->boolean;
    case VALUE_INT:
    case VALUE_DURATION:
        return value->integer == 0;
    case VALUE_UINT:
        return value->natural == 0;
    case VALUE_DOUBLE:
        return value->number == 0;
    case VALUE_STRING:
    case VALUE_BYTES:
        return value->text.len == 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(value) == 0;
    case VALUE_OPTIONAL:
        return !value->held || is_zero(value->held);
    default:
        return false;
    }
}

static struct value call_optional_of_non_zero(struct evaluation *e, const struct value *args,
                                              size_t count)
{
    (void)count;
    return value_optional(e, is_zero(&args[0]) ? NULL : &args[0]);
}

static struct value call_has_value(struct evaluation *e, const struct value *args, size_t count)
{
    return args[0].kind == VALUE_OPTIONAL ? value_bool(args[0].held != NULL)
                                          : no_overload(e, "hasValue", args, count);
}

static struct value call_value(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_OPTIONAL) {
        return no_overload(e, "value", args, count);
    }
    return args[0].held ? *args[0].held : error_value(e, "an optional value is absent");
}

const struct function_row *core_functions(void)
{
    static const struct function_row rows[] = {
        {"size", false, 1, 1, call_size},
        {"size", true, 1, 1, call_size},
        {"type", false, 1, 1, call_type},
        {"dyn", false, 1, 1, call_dyn},
        {"optional.of", false, 1, 1, call_optional_of},
        {"optional.none", false, 0, 0, call_optional_none},
        {"optional.ofNonZeroValue", false, 1, 1, call_optional_of_non_zero},
        {"hasValue", true, 1, 1, call_has_value},
        {"value", true, 1, 1, call_value},
        {NULL, false, 0, 0, NULL},
    };
    return rows;
}
