#include "schema/schema_priv.h"

#include <string.h>

/* Types, limits and combinations, as k8s.io/kube-openapi pkg/validation/validate. Each check goes on after a
 * fault, so that all faults of an object are named. */

/* ---- types -------------------------------------------------------------------------------- */

static const char *const type_names[] = {
    [SCHEMA_ANY] = "anything",       [SCHEMA_OBJECT] = "a mapping",
    [SCHEMA_ARRAY] = "a list",       [SCHEMA_STRING] = "a text",
    [SCHEMA_INTEGER] = "an integer", [SCHEMA_NUMBER] = "a number",
    [SCHEMA_BOOLEAN] = "a boolean",  [SCHEMA_INT_OR_STRING] = "an integer or a text",
};

static bool type_fits(enum schema_type type, enum node_kind kind)
{
    switch (type) {
    case SCHEMA_ANY:
        return true;
    case SCHEMA_OBJECT:
        return kind == NODE_MAP;
    case SCHEMA_ARRAY:
        return kind == NODE_LIST;
    case SCHEMA_STRING:
        return kind == NODE_STRING;
    case SCHEMA_INTEGER:
        return kind == NODE_INT;
    case SCHEMA_NUMBER:
        return kind == NODE_INT || kind == NODE_FLOAT;
    case SCHEMA_BOOLEAN:
        return kind == NODE_BOOL;
    case SCHEMA_INT_OR_STRING:
        return kind == NODE_INT || kind == NODE_STRING;
    }
    return false;
}

static const char *type_advice(enum schema_type type, const struct node *value)
{
    bool number = value->kind == NODE_INT || value->kind == NODE_FLOAT;
    if (type == SCHEMA_STRING && (number || value->kind == NODE_BOOL)) {
        return "; write it in quotes";
    }
    if ((type == SCHEMA_INTEGER || type == SCHEMA_NUMBER) && value->kind == NODE_STRING) {
        return "; write it without quotes";
    }
    if (type == SCHEMA_BOOLEAN && value->kind == NODE_STRING) {
        return "; write true or false without quotes";
    }
    if (type == SCHEMA_ARRAY && value->kind == NODE_MAP) {
        return "; is a '-' missing?";
    }
    return "";
}

static bool check_type(struct schema *schema, const struct schema_node *node,
                       const struct node *value, const struct place *place)
{
    if (type_fits(node->type, value->kind) || (value->kind == NODE_NULL && node->nullable)) {
        return true;
    }
    schema->blocked |= !schema->quiet;
    fault_value(schema, DIAG_V002, place, value, "must be %s, but is %s%s", type_names[node->type],
                node_kind_name(value->kind), type_advice(node->type, value));
    return false;
}

/* ---- words -------------------------------------------------------------------------------- */

static bool is_choice(const struct schema_value *choice, const struct node *value)
{
    return choice->kind == value->kind &&
           (value->kind == NODE_BOOL ? value->boolean == (strcmp(choice->text, "true") == 0)
                                     : slice_is(value->text, choice->text));
}

/* "'HTTP', 'HTTPS'", and the closest of them. */
static struct slice choices_text(struct schema *schema, const struct schema_node *node,
                                 const struct node *value)
{
    struct arena *arena = schema->scratch;
    struct slice text = SLICE_ABSENT;
    const char **names = ARENA_ARRAY(arena, const char *, node->choices.count);
    for (size_t i = 0; i < node->choices.count; i++) {
        names[i] = schema_values[node->choices.first + i].text;
        text = arena_printf(arena, SLICE_FMT "%s'%s'", SLICE_ARG(text), i ? ", " : "", names[i]);
    }
    const char *close =
        value->kind == NODE_STRING ? diag_closest(value->text, names, node->choices.count) : NULL;
    return close ? arena_printf(arena, SLICE_FMT "; did you mean '%s'?", SLICE_ARG(text), close)
                 : text;
}

static void check_choice(struct schema *schema, const struct schema_node *node,
                         const struct node *value, const struct place *place)
{
    for (size_t i = 0; i < node->choices.count; i++) {
        if (is_choice(&schema_values[node->choices.first + i], value)) {
            return;
        }
    }
    if (node->choices.count == 0 || (value->kind == NODE_NULL && node->nullable)) {
        return;
    }
    schema->blocked |= !schema->quiet;
    bool shown = fault_is_shown(schema);
    fault(schema, DIAG_V004, place, "Unsupported value: " SLICE_FMT ": must be one of " SLICE_FMT,
          SLICE_ARG(shown ? value_text(schema, value) : SLICE("")),
          SLICE_ARG(shown ? choices_text(schema, node, value) : SLICE("")));
}

/* ---- numbers and counts -------------------------------------------------------------------- */

static void check_number(struct schema *schema, const struct schema_node *node,
                         const struct node *value, const struct place *place)
{
    const struct schema_limits *limits = &schema_limits[node->limits];
    double number = value->kind == NODE_INT ? (double)value->integer : value->number;
    bool integer = value->kind == NODE_INT;
    if (node->format == SCHEMA_FORMAT_INT32 && integer &&
        (value->integer < INT32_MIN || value->integer > INT32_MAX)) {
        fault_value(schema, DIAG_V005, place, value, "must fit in 32 bits");
    }
    if (!node->limits) {
        return;
    }
    if (limits->minimum != INT64_MIN &&
        (integer ? value->integer < limits->minimum : number < (double)limits->minimum)) {
        fault_value(schema, DIAG_V005, place, value, "must be %lld or more",
                    (long long)limits->minimum);
    }
    if (limits->maximum != INT64_MAX &&
        (integer ? value->integer > limits->maximum : number > (double)limits->maximum)) {
        fault_value(schema, DIAG_V005, place, value, "must be %lld or less",
                    (long long)limits->maximum);
    }
}

struct bounds {
    uint64_t least, most;
    const char *one, *many;
};

static void check_count(struct schema *schema, size_t count, const struct bounds *bounds,
                        const struct place *place)
{
    if (count > bounds->most) {
        schema->blocked |= !schema->quiet;
        fault(schema, DIAG_V005, place, "Too many: %zu: must have at most %llu %s", count,
              (unsigned long long)bounds->most, bounds->most == 1 ? bounds->one : bounds->many);
    }
    if (count < bounds->least) {
        fault(schema, DIAG_V005, place, "Invalid value: %zu: must have at least %llu %s", count,
              (unsigned long long)bounds->least, bounds->least == 1 ? bounds->one : bounds->many);
    }
}

/* ---- combinations -------------------------------------------------------------------------- */

/* How many faults a value has under another schema for it; they are not reported. */
static size_t try_value(struct schema *schema, const struct schema_node *node,
                        const struct node *value, const struct place *place)
{
    size_t before = schema->faults;
    schema->quiet++;
    check_value(schema, node, value, place);
    schema->quiet--;
    size_t found = schema->faults - before;
    schema->faults = before;
    return found;
}

static const struct schema_node *member(struct schema_range range, size_t index)
{
    return &schema_nodes[schema_members[range.first + index]];
}

/* How many alternatives fit; *best is the one with the fewest faults. */
static size_t count_fits(struct schema *schema, struct schema_range range, const struct node *value,
                         const struct place *place, const struct schema_node **best)
{
    size_t fits = 0, fewest = SIZE_MAX;
    for (size_t i = 0; i < range.count; i++) {
        const struct schema_node *node = member(range, i);
        size_t faults = try_value(schema, node, value, place);
        fits += faults == 0;
        if (faults < fewest) {
            fewest = faults;
            *best = node;
        }
    }
    return fits;
}

/* "'exact', 'prefix'": what alternatives differ in, where they ask for one field each. */
static struct slice fields_text(struct schema *schema, const struct schema_node *node, int depth)
{
    const struct schema_range ranges[] = {node->any_of, node->one_of};
    struct slice text = SLICE_ABSENT;
    for (size_t i = 0; i < node->required.count; i++) {
        text = arena_printf(schema->scratch, SLICE_FMT "%s'%s'", SLICE_ARG(text),
                            text.ptr ? ", " : "", schema_names[node->required.first + i]);
    }
    for (size_t r = 0; r < ARRAY_LEN(ranges) && depth < 4; r++) {
        for (size_t i = 0; i < ranges[r].count; i++) {
            struct slice part = fields_text(schema, member(ranges[r], i), depth + 1);
            text = part.ptr ? arena_printf(schema->scratch, SLICE_FMT "%s" SLICE_FMT,
                                           SLICE_ARG(text), text.ptr ? ", " : "", SLICE_ARG(part))
                            : text;
        }
    }
    return text;
}

/* What is wrong with it for the alternative that comes closest. While alternatives are weighed, one that has
 * none to offer counts as one fault, whatever its own alternatives lack. */
static void say_best(struct schema *schema, const struct schema_node *best,
                     const struct node *value, const struct place *place)
{
    if (!schema->quiet) {
        check_value(schema, best, value, place);
    }
}

/* Alternatives that are formats of a text are named together: "an IPv4 address or an IPv6 address". */
static bool say_formats(struct schema *schema, const struct schema_node *node,
                        const struct node *value, const struct place *place)
{
    struct slice names = SLICE_ABSENT;
    for (size_t i = 0; i < node->any_of.count; i++) {
        const char *name = format_name(member(node->any_of, i)->format);
        if (!name || value->kind != NODE_STRING) {
            return false;
        }
        names = arena_printf(schema->scratch, SLICE_FMT "%s%s", SLICE_ARG(names), i ? " or " : "",
                             name);
    }
    fault_value(schema, DIAG_V006, place, value, "must be " SLICE_FMT, SLICE_ARG(names));
    return true;
}

static void check_alternatives(struct schema *schema, const struct schema_node *node,
                               const struct node *value, const struct place *place)
{
    const struct schema_node *best = NULL;
    if (node->any_of.count && count_fits(schema, node->any_of, value, place, &best) == 0 &&
        !say_formats(schema, node, value, place)) {
        fault(schema, DIAG_V013, place, "Invalid value: fits none of the alternatives (anyOf)");
        say_best(schema, best, value, place);
    }
    size_t fits = node->one_of.count ? count_fits(schema, node->one_of, value, place, &best) : 1;
    if (fits != 1) {
        struct slice fields = fields_text(schema, node, 0);
        fault(schema, DIAG_V013, place,
              "Invalid value: fits %s of the alternatives, and must fit one (oneOf)%s" SLICE_FMT,
              fits ? "several" : "none", fields.ptr ? "; set one of " : "", SLICE_ARG(fields));
    }
    if (fits == 0) {
        say_best(schema, best, value, place);
    }
    for (size_t i = 0; i < node->all_of.count; i++) {
        check_value(schema, member(node->all_of, i), value, place);
    }
    if (node->inverse && try_value(schema, &schema_nodes[node->inverse], value, place) == 0) {
        fault(schema, DIAG_V013, place, "Invalid value: is what the schema excludes (not)");
    }
}

/* ---- containers ---------------------------------------------------------------------------- */

static void check_map(struct schema *schema, const struct schema_node *node,
                      const struct node *value, const struct place *place)
{
    for (size_t i = 0; i < value->count; i++) {
        const struct pair *pair = &value->pairs[i];
        const struct schema_property *property = schema_property_find(node, pair->key);
        if (property) {
            struct place here = place_field(place, pair->key, pair->value);
            check_value(schema, &schema_nodes[property->node], pair->value, &here);
        } else if (node->additional) {
            struct place here = place_key(place, pair->key, pair->value);
            check_value(schema, &schema_nodes[node->additional], pair->value, &here);
        }
    }
    for (size_t i = 0; i < node->required.count; i++) {
        const char *name = schema_names[node->required.first + i];
        if (!node_pair(value, slice_of(name))) {
            fault_required(schema, place, name, "");
        }
    }
    const struct schema_limits *limits = &schema_limits[node->limits];
    if (node->limits) {
        check_count(
            schema, value->count,
            &(struct bounds){limits->least_properties, limits->most_properties, "entry", "entries"},
            place);
    }
}

static void check_list(struct schema *schema, const struct schema_node *node,
                       const struct node *value, const struct place *place)
{
    for (size_t i = 0; i < value->count && node->items; i++) {
        struct place here = place_index(place, i, value->items[i]);
        check_value(schema, &schema_nodes[node->items], value->items[i], &here);
    }
    const struct schema_limits *limits = &schema_limits[node->limits];
    if (node->limits) {
        check_count(schema, value->count,
                    &(struct bounds){limits->least_items, limits->most_items, "item", "items"},
                    place);
    }
}

void check_value(struct schema *schema, const struct schema_node *node, const struct node *value,
                 const struct place *place)
{
    bool fits = check_type(schema, node, value, place);
    check_choice(schema, node, value, place);
    check_alternatives(schema, node, value, place);
    if (!fits) {
        return;
    }
    switch (value->kind) {
    case NODE_NULL:
    case NODE_BOOL:
        return;
    case NODE_INT:
    case NODE_FLOAT:
        check_number(schema, node, value, place);
        return;
    case NODE_STRING:
        check_text(schema, node, value, place);
        return;
    case NODE_LIST:
        check_list(schema, node, value, place);
        return;
    case NODE_MAP:
        check_map(schema, node, value, place);
        return;
    }
}
