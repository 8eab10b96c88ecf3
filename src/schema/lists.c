#include "schema/schema_priv.h"

/* Entries of sets and maps that stand twice: k8s.io/apiextensions-apiserver
 * pkg/apiserver/schema/listtype/validation.go. Of several equal entries the second is named. */

/* The text by which entries are compared: JSON of the entry, or of its keys. */
static struct slice key_text(struct schema *schema, const struct schema_node *node,
                             const struct node *entry)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    if (node->list == SCHEMA_LIST_SET) {
        document_write_json(entry, 0, &text);
    }
    for (size_t i = 0; i < node->keys.count && node->list == SCHEMA_LIST_MAP; i++) {
        const char *name = schema_names[node->keys.first + i];
        const struct pair *pair = node_pair(entry, slice_of(name));
        if (pair) {
            buf_printf(&text, "%s%s: ", text.len ? ", " : "", name);
            document_write_json(pair->value, 0, &text);
        }
    }
    struct slice copy = arena_copy(schema->scratch, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static void check_unique(struct schema *schema, const struct schema_node *node,
                         const struct node *value, const struct place *place)
{
    struct map *seen = map_new(schema->scratch);
    for (size_t i = 0; i < value->count; i++) {
        const struct node *entry = value->items[i];
        struct place here = place_index(place, i, entry);
        if (node->list == SCHEMA_LIST_MAP && entry->kind != NODE_MAP) {
            continue; /* has been named as being of a wrong type */
        }
        struct slice key = key_text(schema, node, entry);
        uintptr_t times = (uintptr_t)map_put(seen, key, NULL) + 1;
        map_put(seen, key, (void *)times);
        if (times == 2) {
            fault(schema, DIAG_V007, &here, "Duplicate value: " SLICE_FMT ": %s",
                  SLICE_ARG(schema->hides_values ? SLICE("(not shown)") : key),
                  node->list == SCHEMA_LIST_SET ? "an entry must not be repeated"
                                                : "another entry of the list has the same");
        }
    }
}

void check_lists(struct schema *schema, const struct schema_node *node, const struct node *value,
                 const struct place *place)
{
    if (value->kind == NODE_LIST) {
        if (node->list != SCHEMA_LIST_ATOMIC && value->count > 1) {
            check_unique(schema, node, value, place);
        }
        for (size_t i = 0; i < value->count && node->items; i++) {
            struct place here = place_index(place, i, value->items[i]);
            check_lists(schema, &schema_nodes[node->items], value->items[i], &here);
        }
    } else if (value->kind == NODE_MAP) {
        for (size_t i = 0; i < value->count; i++) {
            const struct pair *pair = &value->pairs[i];
            const struct schema_property *property = schema_property_find(node, pair->key);
            if (property) {
                struct place here = place_field(place, pair->key, pair->value);
                check_lists(schema, &schema_nodes[property->node], pair->value, &here);
            } else if (node->additional) {
                struct place here = place_key(place, pair->key, pair->value);
                check_lists(schema, &schema_nodes[node->additional], pair->value, &here);
            }
        }
    }
}
