#include "schema/schema_priv.h"

#include <string.h>

/* metadata, as k8s.io/apimachinery pkg/api/validation/objectmeta.go; its fields are those of a kind of their
 * own in the tables. */

static const struct schema_node *metadata_node(void)
{
    for (size_t i = 0; i < schema_row_count; i++) {
        if (strcmp(schema_rows[i].kind, SCHEMA_METADATA_KIND) == 0) {
            return &schema_nodes[schema_rows[i].node];
        }
    }
    return &schema_nodes[0];
}

/* Keys and values together; the limit is the server's own unless the user raised it. */
static void check_annotation_size(struct schema *schema, const struct node *metadata,
                                  const struct place *parent)
{
    const struct node *annotations = node_get(metadata, "annotations");
    uint64_t total = 0, most = schema->run->limits.annotation_bytes;
    if (!annotations || annotations->kind != NODE_MAP) {
        return;
    }
    for (size_t i = 0; i < annotations->count; i++) {
        const struct pair *pair = &annotations->pairs[i];
        total += pair->key.len + (pair->value->kind == NODE_STRING ? pair->value->text.len : 0);
    }
    if (total > most) {
        struct place place = place_field(parent, SLICE("annotations"), annotations);
        schema->blocked = true;
        fault(schema, DIAG_V005, &place, "Too long: %llu bytes: may have at most %llu together",
              (unsigned long long)total, (unsigned long long)most);
    }
}

void check_metadata(struct schema *schema, const struct place *root)
{
    const struct node *metadata = node_get(schema->object->root, "metadata");
    const struct schema_node *node = metadata_node();
    struct place place = place_field(root, SLICE("metadata"), metadata);
    if (!metadata) {
        fault_required(schema, &place, "name", "every object needs one");
        return;
    }
    const struct schema_row *row = schema->row;
    schema->row = NULL; /* fields of metadata do not depend on the kind */
    struct node *stored = prepare(schema, node, metadata, &place);
    check_value(schema, node, stored, &place);
    if (!schema->blocked) {
        check_rules(schema, node, stored, &place);
    }
    schema->row = row;
    check_annotation_size(schema, metadata, &place);
}
