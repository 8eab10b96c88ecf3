/* Named formats: k8s.io/apiserver, pkg/cel/library/format.go, with the rules of k8s.io/apimachinery,
 * pkg/util/validation. Whether a text has a format is the same as there, the words are not. */
#include "cel/cel_priv.h"

#include <string.h>

struct format_row {
    const char *name; /* format.NAME() */
    bool prefix;      /* a name that generateName lengthens: it may end in a dash */
    bool (*valid)(struct arena *arena, struct slice text);
};

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Characters of a label: lower case, digits, and dashes inside. */
static bool is_label(struct slice text)
{
    if (!text.len || !is_lower(text.ptr[0]) || !is_lower(text.ptr[text.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_lower(text.ptr[i]) && text.ptr[i] != '-') {
            return false;
        }
    }
    return true;
}

static bool label_1123(struct arena *arena, struct slice text)
{
    (void)arena;
    return text.len <= 63 && is_label(text);
}

static bool label_1035(struct arena *arena, struct slice text)
{
    return label_1123(arena, text) && text.ptr[0] > '9';
}

static bool subdomain(struct arena *arena, struct slice text)
{
    struct slice rest = text, part;
    bool valid = text.len <= 253;
    (void)arena;
    while (valid && slice_split(&rest, '.', &part)) {
        valid = is_label(part);
    }
    return valid;
}

static bool is_value(struct slice text)
{
    if (!text.len || text.len > 63 || !is_alphanumeric(text.ptr[0]) ||
        !is_alphanumeric(text.ptr[text.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_alphanumeric(text.ptr[i]) && (!text.ptr[i] || !strchr("-_.", text.ptr[i]))) {
            return false;
        }
    }
    return true;
}

static bool label_value(struct arena *arena, struct slice text)
{
    (void)arena;
    return text.len == 0 || is_value(text);
}

static bool qualified_name(struct arena *arena, struct slice text)
{
    size_t slash = slice_find(text, '/', 0);
    if (slash == text.len) {
        return is_value(text);
    }
    return slash > 0 && subdomain(arena, slice_sub(text, 0, slash)) &&
           is_value(slice_sub(text, slash + 1, text.len));
}

/* X(name, prefix, valid) */
#define FORMAT_LIST(X)                                                                             \
    X(dns1123Label, false, label_1123)                                                             \
    X(dns1123LabelPrefix, true, label_1123)                                                        \
    X(dns1123Subdomain, false, subdomain)                                                          \
    X(dns1123SubdomainPrefix, true, subdomain)                                                     \
    X(dns1035Label, false, label_1035)                                                             \
    X(dns1035LabelPrefix, true, label_1035)                                                        \
    X(qualifiedName, false, qualified_name)                                                        \
    X(labelValue, false, label_value)                                                              \
    X(uri, false, url_valid)

static const struct format_row formats[] = {
#define X(name, prefix, valid) {#name, prefix, valid},
    FORMAT_LIST(X)
#undef X
};

enum format_index {
#define X(name, prefix, valid) FORMAT_##name,
    FORMAT_LIST(X)
#undef X
};

static struct value call_named(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_STRING) {
        return no_overload(e, "format.named", args, count);
    }
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (slice_is(args[0].text, formats[i].name)) {
            struct value held = {.kind = VALUE_FORMAT, .format = &formats[i]};
            return value_optional(e, &held);
        }
    }
    return value_unknown(e, SLICE("a format of this name is not known here"));
}

/* The dash at the end of a prefix, and what stands before it, are taken for a letter
 * (pkg/api/validation/generic.go, maskTrailingDash). */
static struct slice without_dash(struct evaluation *e, struct slice text)
{
    return text.len > 1 && slice_ends(text, SLICE("-"))
               ? arena_printf(e->arena, SLICE_FMT "a", SLICE_ARG(slice_sub(text, 0, text.len - 2)))
               : text;
}

static struct value call_validate(struct evaluation *e, const struct value *args, size_t count)
{
    if (args[0].kind != VALUE_FORMAT || args[1].kind != VALUE_STRING ||
        !charge_steps(e, args[1].text.len / 4)) {
        return no_overload(e, "validate", args, count);
    }
    const struct format_row *row = args[0].format;
    struct slice text = row->prefix ? without_dash(e, args[1].text) : args[1].text;
    if (row->valid(e->arena, text)) {
        return value_optional(e, NULL);
    }
    struct value *fault = ARENA_NEW(e->arena, struct value);
    *fault = value_string(arena_printf(e->arena, "it has not the format %s", row->name));
    struct value faults = value_list(fault, 1);
    return value_optional(e, &faults);
}

#define X(name, prefix, valid)                                                                     \
    static struct value call_##name(struct evaluation *e, const struct value *args, size_t count)  \
    {                                                                                              \
        (void)e;                                                                                   \
        (void)args;                                                                                \
        (void)count;                                                                               \
        return (struct value){.kind = VALUE_FORMAT, .format = &formats[FORMAT_##name]};            \
    }
FORMAT_LIST(X)
#undef X

const struct function_row *format_functions(void)
{
    static const struct function_row rows[] = {
        {"format.named", false, 1, 1, call_named},
        {"validate", true, 2, 2, call_validate},
#define X(name, prefix, valid) {"format." #name, false, 0, 0, call_##name},
        FORMAT_LIST(X)
#undef X
            {NULL, false, 0, 0, NULL},
    };
    return rows;
}
