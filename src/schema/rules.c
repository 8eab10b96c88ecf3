#include "schema/schema_priv.h"

#include <string.h>

/* The rules in x-kubernetes-validations: k8s.io/apiextensions-apiserver
 * pkg/apiserver/schema/cel/validation.go. */

const struct schema_rule *schema_rule_at(size_t index)
{
    return index < schema_rule_count ? &schema_rules[index] : NULL;
}

struct schema_tally schema_rule_tally(const struct schema *schema, size_t index)
{
    return schema->rules[index].tally;
}

static struct rule_state *rule_state(struct schema *schema, size_t index)
{
    struct rule_state *state = &schema->rules[index];
    const struct schema_rule *rule = &schema_rules[index];
    struct cel_error error;
    if (state->compiled) {
        return state;
    }
    state->compiled = true;
    state->program = cel_compile(schema->run->arena, slice_of(rule->rule), &error);
    if (!state->program) {
        state->error = error.text;
    } else if (rule->message_expression) {
        state->message =
            cel_compile(schema->run->arena, slice_of(rule->message_expression), &error);
    }
    return state;
}

static bool is_skipped(const struct rule_state *state, const struct schema_rule *rule)
{
    return state->program && cel_uses_old_self(state->program) && !rule->optional_old_self;
}

bool schema_rule_is_transition(struct schema *schema, size_t index)
{
    return is_skipped(rule_state(schema, index), &schema_rules[index]);
}

/* What the author of the rule says: the expression's text where it gives one, else the message. */
static struct slice rule_message(struct schema *schema, const struct rule_state *state,
                                 const struct schema_rule *rule, const struct cel_input *input)
{
    struct slice text;
    if (state->message &&
        cel_evaluate(state->message, input, &schema->evaluator, &text) == CEL_TEXT) {
        text = slice_trim(text);
        if (text.len && slice_find(text, '\n', 0) == text.len) {
            return text;
        }
    }
    return rule->message ? slice_trim(slice_of(rule->message))
                         : arena_printf(schema->scratch, "failed rule: " SLICE_FMT,
                                        SLICE_ARG(slice_trim(slice_of(rule->rule))));
}

/* A rule may name the field it is about, below the place it is attached to: ".spec.name". */
static struct place rule_place(const struct schema_rule *rule, const struct place *place,
                               const struct node *value)
{
    struct slice path = slice_of(rule->field_path);
    if (!path.len) {
        return *place;
    }
    path = slice_sub(path, path.ptr[0] == '.' ? 1 : 0, path.len);
    const struct pair *pair = node_pair(value, path);
    return place_field(place, path, pair ? pair->value : NULL);
}

static void say_broken(struct schema *schema, const struct schema_rule *rule,
                       const struct place *place, const struct node *value, struct slice message)
{
    struct place here = rule_place(rule, place, value);
    struct slice reason = slice_of(rule->reason);
    if (slice_is(reason, "FieldValueForbidden")) {
        fault(schema, DIAG_V008, &here, "Forbidden: " SLICE_FMT, SLICE_ARG(message));
    } else if (slice_is(reason, "FieldValueRequired")) {
        fault(schema, DIAG_V008, &here, "Required value: " SLICE_FMT, SLICE_ARG(message));
    } else if (slice_is(reason, "FieldValueDuplicate")) {
        fault(schema, DIAG_V008, &here, "Duplicate value: " SLICE_FMT, SLICE_ARG(message));
    } else {
        fault_value(schema, DIAG_V008, &here, value, SLICE_FMT, SLICE_ARG(message));
    }
}

static void check_rule(struct schema *schema, size_t index, const struct node *value,
                       const struct place *place)
{
    const struct schema_rule *rule = &schema_rules[index];
    struct rule_state *state = rule_state(schema, index);
    struct cel_input input = {.self = value, .optional_old_self = rule->optional_old_self};
    struct slice text = state->error;
    if (is_skipped(state, rule)) {
        return;
    }
    uint64_t left = schema->evaluator.steps;
    schema->evaluator.steps = left < CEL_STEPS_PER_RULE ? left : CEL_STEPS_PER_RULE;
    uint64_t given = schema->evaluator.steps;
    enum cel_outcome outcome = state->program
                                   ? cel_evaluate(state->program, &input, &schema->evaluator, &text)
                                   : CEL_UNKNOWN;
    schema->evaluator.steps = left - (given - schema->evaluator.steps);
    struct slice name = slice_trim(slice_of(rule->message ? rule->message : rule->rule));
    switch (outcome) {
    case CEL_TRUE:
        state->tally.kept++;
        return;
    case CEL_FALSE:
        state->tally.broken++;
        say_broken(schema, rule, place, value, rule_message(schema, state, rule, &input));
        return;
    case CEL_FAILED:
        if (schema->lenient) {
            return; /* because of what has been named already */
        }
        state->tally.broken++;
        fault_value(schema, DIAG_V008, place, value, SLICE_FMT " evaluating rule: " SLICE_FMT,
                    SLICE_ARG(text), SLICE_ARG(name));
        return;
    case CEL_TEXT:
    case CEL_OTHER:
    case CEL_UNKNOWN:
        fault(schema, DIAG_V010, place,
              "cannot say whether it keeps the rule '" SLICE_FMT "': " SLICE_FMT, SLICE_ARG(name),
              SLICE_ARG(text));
        return;
    }
}

void check_rules(struct schema *schema, const struct schema_node *node, const struct node *value,
                 const struct place *place)
{
    if (value->kind == NODE_NULL) {
        return;
    }
    for (size_t i = 0; i < node->rules.count; i++) {
        check_rule(schema, schema_rule_lists[node->rules.first + i], value, place);
    }
    if (value->kind == NODE_LIST) {
        for (size_t i = 0; i < value->count && node->items; i++) {
            struct place here = place_index(place, i, value->items[i]);
            check_rules(schema, &schema_nodes[node->items], value->items[i], &here);
        }
    } else if (value->kind == NODE_MAP) {
        for (size_t i = 0; i < value->count; i++) {
            const struct pair *pair = &value->pairs[i];
            const struct schema_property *property = schema_property_find(node, pair->key);
            if (property) {
                struct place here = place_field(place, pair->key, pair->value);
                check_rules(schema, &schema_nodes[property->node], pair->value, &here);
            } else if (node->additional) {
                struct place here = place_key(place, pair->key, pair->value);
                check_rules(schema, &schema_nodes[node->additional], pair->value, &here);
            }
        }
    }
}
