#include "schema/schema_priv.h"

#include <string.h>

struct schema *schema_open(struct run *run, const struct schema_release *release)
{
    struct schema *schema = ARENA_NEW(run->arena, struct schema);
    *schema = (struct schema){
        .run = run,
        .release = *release,
        .scratch = arena_open_like(run->arena),
        .regexes = regex_set_open(),
        .patterns = ARENA_ARRAY(run->arena, struct pattern_state, schema_pattern_count),
        .rules = ARENA_ARRAY(run->arena, struct rule_state, schema_rule_count),
        .fallbacks = ARENA_ARRAY(run->arena, const struct node *, schema_fallback_count)};
    schema->evaluator =
        (struct cel_evaluator){.run = run, .regexes = schema->regexes, .scratch = schema->scratch};
    return schema;
}

void schema_close(struct schema *schema)
{
    regex_set_close(schema->regexes);
    arena_close(schema->scratch);
}

/* A server drops the status of an object that is created. */
static void drop_status(struct node *stored)
{
    size_t kept = 0;
    for (size_t i = 0; i < stored->count; i++) {
        if (!slice_is(stored->pairs[i].key, "status")) {
            stored->pairs[kept++] = stored->pairs[i];
        }
    }
    stored->count = (uint32_t)kept;
}

/* Kinds that a server validates in Go: there one fault does not keep the others from being named. */
static bool is_of_kubernetes(const struct schema_row *row)
{
    return !*row->group || strcmp(row->group, "networking.k8s.io") == 0 ||
           strcmp(row->group, "discovery.k8s.io") == 0;
}

static void judge_fields(struct schema *schema)
{
    const struct schema_node *node = &schema_nodes[schema->row->node];
    struct place root = {.span = schema->object->root->span};
    check_metadata(schema, &root);
    struct node *stored = prepare(schema, node, schema->object->root, &root);
    if (schema->row->has_status) {
        drop_status(stored);
    }
    check_value(schema, node, stored, &root);
    check_lists(schema, node, stored, &root);
    schema->lenient = schema->blocked && is_of_kubernetes(schema->row);
    if (schema->blocked && !schema->lenient) {
        diag_at(schema->run->diag, DIAG_V009, root.span, schema->object->subject,
                "rules between fields were not checked, because of the other faults; correct "
                "them first");
    } else {
        check_rules(schema, node, stored, &root);
    }
}

enum schema_verdict schema_judge(struct schema *schema, const struct schema_object *object)
{
    bool known;
    arena_clear(schema->scratch);
    schema->object = object;
    schema->faults = 0;
    schema->blocked = schema->lenient = false;
    schema->hides_values = slice_is(object->kind, "Secret");
    schema->evaluator.steps = SCHEMA_STEPS;
    schema->row = schema_find(schema, &known);
    if (!schema->row) {
        return known ? SCHEMA_INVALID : SCHEMA_UNJUDGED;
    }
    judge_fields(schema);
    if (schema->faults > SCHEMA_FAULTS_SHOWN) {
        diag_at(schema->run->diag, DIAG_V016, object->root->span, object->subject,
                "%zu more faults of this object are not shown",
                schema->faults - SCHEMA_FAULTS_SHOWN);
    }
    return schema->faults ? SCHEMA_INVALID : SCHEMA_VALID;
}
