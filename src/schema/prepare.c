#include "schema/schema_priv.h"

#include <string.h>

/* What a server does with an object before it validates it: k8s.io/apiextensions-apiserver
 * pkg/apiserver/schema, pruning/algorithm.go, defaulting/prunenulls.go and defaulting/algorithm.go. */

/* ---- unknown fields ------------------------------------------------------------------------ */

static void say_unknown(struct schema *schema, const struct schema_node *node,
                        const struct pair *pair, const struct place *parent)
{
    struct place place = place_field(parent, pair->key, NULL);
    place.span = pair->span.line ? pair->span : parent->span;
    if (!fault_is_shown(schema)) {
        fault(schema, DIAG_V001, &place, "unknown field");
        return;
    }
    struct slice releases = field_releases(schema, &place);
    if (releases.ptr) {
        fault(schema, DIAG_V001, &place,
              "unknown field; Gateway API has it in " SLICE_FMT ", not in 1.%d %s",
              SLICE_ARG(releases), schema->release.minor,
              schema->release.experimental ? "experimental" : "standard");
        return;
    }
    const char *close = closest_property(schema, node, pair->key);
    const char *elsewhere = close ? NULL : field_elsewhere(schema, parent, pair->key);
    if (elsewhere) {
        struct place other = place_field(parent, slice_of(elsewhere), NULL);
        fault(schema, DIAG_V001, &place,
              "unknown field; did you mean '%s', which Gateway API has in " SLICE_FMT "?",
              elsewhere, SLICE_ARG(field_releases(schema, &other)));
        return;
    }
    fault(schema, DIAG_V001, &place, "unknown field%s%s%s", close ? "; did you mean '" : "",
          close ? close : "", close ? "'?" : "");
}

/* ---- values that are filled in -------------------------------------------------------------- */

static const struct node *fallback(struct schema *schema, const struct schema_node *node)
{
    const struct node **slot = &schema->fallbacks[node->fallback];
    if (!*slot && node->fallback) {
        const struct input_file file = {.name = SLICE("default"),
                                        .text = slice_of(schema_fallbacks[node->fallback]),
                                        .written = true};
        struct documents documents = {0};
        size_t nodes = schema->run->nodes; /* the limit is one of the input */
        document_read(schema->run, &file, &documents);
        schema->run->nodes = nodes;
        *slot = documents.roots[0];
    }
    return *slot;
}

static bool is_plain_null(const struct node *value, const struct schema_node *node)
{
    return value->kind == NODE_NULL && !node->nullable;
}

/* A scalar as the schema's type has it: 1 is a number with a point where it says so. */
static struct node *scalar(struct schema *schema, const struct schema_node *node,
                           const struct node *value)
{
    struct node *copy = ARENA_NEW(schema->scratch, struct node);
    *copy = *value;
    if (node->type == SCHEMA_NUMBER && value->kind == NODE_INT) {
        copy->kind = NODE_FLOAT;
        copy->number = (double)value->integer;
    }
    return copy;
}

static struct node *prepare_list(struct schema *schema, const struct schema_node *node,
                                 const struct node *value, const struct place *place)
{
    struct node *copy = ARENA_NEW(schema->scratch, struct node);
    *copy = *value;
    copy->items = ARENA_ARRAY(schema->scratch, struct node *, value->count);
    const struct schema_node *items = &schema_nodes[node->items];
    for (size_t i = 0; i < value->count; i++) {
        const struct node *item = value->items[i];
        struct place here = place_index(place, i, item);
        if (is_plain_null(item, items) && items->fallback) {
            item = fallback(schema, items);
        }
        copy->items[i] = prepare(schema, items, item, &here);
    }
    return copy;
}

/* What every object has; its metadata is judged by itself. */
static bool is_meta(const struct place *parent, struct slice name)
{
    return !parent->parent &&
           (slice_is(name, "apiVersion") || slice_is(name, "kind") || slice_is(name, "metadata"));
}

/* One field of the object; null when it is not kept. */
static struct node *prepare_pair(struct schema *schema, const struct schema_node *node,
                                 const struct pair *pair, const struct place *place)
{
    const struct schema_property *property = schema_property_find(node, pair->key);
    const struct schema_node *child = property           ? &schema_nodes[property->node]
                                      : node->additional ? &schema_nodes[node->additional]
                                                         : NULL;
    if (is_meta(place, pair->key)) {
        return pair->value;
    }
    if (!child) {
        if (!node->preserve) {
            say_unknown(schema, node, pair, place);
        }
        return node->preserve ? pair->value : NULL;
    }
    struct place here = property ? place_field(place, pair->key, pair->value)
                                 : place_key(place, pair->key, pair->value);
    const struct node *value = pair->value;
    if (is_plain_null(value, child)) {
        if (!child->fallback) {
            return NULL;
        }
        value = fallback(schema, child);
    }
    return prepare(schema, child, value, &here);
}

static struct node *prepare_map(struct schema *schema, const struct schema_node *node,
                                const struct node *value, const struct place *place)
{
    const struct schema_property *properties = &schema_properties[node->properties.first];
    size_t most = value->count + node->properties.count;
    struct node *copy = ARENA_NEW(schema->scratch, struct node);
    *copy = *value;
    copy->pairs = ARENA_ARRAY(schema->scratch, struct pair, most);
    copy->count = 0;
    for (size_t i = 0; i < value->count; i++) {
        struct node *kept = prepare_pair(schema, node, &value->pairs[i], place);
        if (kept) {
            copy->pairs[copy->count++] =
                (struct pair){value->pairs[i].key, value->pairs[i].span, kept};
        }
    }
    for (size_t i = 0; i < node->properties.count; i++) {
        const struct schema_node *child = &schema_nodes[properties[i].node];
        struct slice name = slice_of(properties[i].name);
        if (!child->fallback || node_pair(value, name)) {
            continue;
        }
        const struct node *filled = fallback(schema, child);
        struct place here = place_field(place, name, NULL);
        copy->pairs[copy->count++] =
            (struct pair){.key = name, .value = prepare(schema, child, filled, &here)};
    }
    return copy;
}

struct node *prepare(struct schema *schema, const struct schema_node *node,
                     const struct node *value, const struct place *place)
{
    if (value->kind == NODE_LIST && (node->type == SCHEMA_ARRAY || node->items)) {
        return prepare_list(schema, node, value, place);
    }
    bool map = node->type == SCHEMA_OBJECT || node->properties.count || node->additional;
    if (value->kind == NODE_MAP && map) {
        return prepare_map(schema, node, value, place);
    }
    return scalar(schema, node, value);
}
