#include "schema/schema_priv.h"

#include <string.h>

unsigned schema_release_bit(const struct schema_release *release)
{
    return 1u << ((release->minor - SCHEMA_MINOR_LEAST) * 2 + (release->experimental ? 1 : 0));
}

const char *closest_property(struct schema *schema, const struct schema_node *node,
                             struct slice name)
{
    const struct schema_property *first = &schema_properties[node->properties.first];
    const char **names = ARENA_ARRAY(schema->scratch, const char *, node->properties.count + 1);
    for (size_t i = 0; i < node->properties.count; i++) {
        names[i] = first[i].name;
    }
    return diag_closest(name, names, node->properties.count);
}

const struct schema_property *schema_property_find(const struct schema_node *node,
                                                   struct slice name)
{
    size_t low = node->properties.first, high = low + node->properties.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(name, slice_of(schema_properties[middle].name));
        if (order == 0) {
            return &schema_properties[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* ---- releases in words --------------------------------------------------------------------- */

/* "from 1.4 (standard), from 1.2 (experimental)"; gaps are named as "1.2 to 1.3". */
static struct slice releases_text(struct arena *arena, unsigned releases)
{
    struct slice text = SLICE_ABSENT;
    for (int experimental = 0; experimental < 2; experimental++) {
        for (int minor = SCHEMA_MINOR_LEAST; minor <= SCHEMA_MINOR_MOST; minor++) {
            int first = minor;
            while (minor <= SCHEMA_MINOR_MOST &&
                   (releases &
                    schema_release_bit(&(struct schema_release){minor, experimental == 1}))) {
                minor++;
            }
            if (minor == first) {
                continue;
            }
            struct slice span =
                minor > SCHEMA_MINOR_MOST ? arena_printf(arena, "1.%d and later", first)
                : minor == first + 1      ? arena_printf(arena, "1.%d", first)
                                          : arena_printf(arena, "1.%d to 1.%d", first, minor - 1);
            text = arena_printf(arena, SLICE_FMT "%s" SLICE_FMT " %s", SLICE_ARG(text),
                                text.ptr ? ", " : "", SLICE_ARG(span),
                                experimental ? "experimental" : "standard");
        }
    }
    return text;
}

static bool is_kind(const struct schema_row *row, struct slice group, struct slice kind)
{
    return slice_is(group, row->group) && slice_is(kind, row->kind);
}

bool schema_is_namespaced(struct slice api_version, struct slice kind)
{
    size_t slash = slice_find(api_version, '/', 0);
    struct slice group = slash == api_version.len ? SLICE("") : slice_sub(api_version, 0, slash);
    for (size_t i = 0; i < schema_row_count; i++) {
        if (is_kind(&schema_rows[i], group, kind)) {
            return schema_rows[i].namespaced;
        }
    }
    return false;
}

/* ---- a field in other releases ------------------------------------------------------------- */

/* Null when the schema has nothing at that place. */
static const struct schema_node *node_at(const struct schema_node *root, const struct place *place)
{
    if (!place->parent) {
        return root;
    }
    const struct schema_node *parent = node_at(root, place->parent);
    if (!parent) {
        return NULL;
    }
    const struct schema_property *property = NULL;
    switch (place->kind) {
    case PLACE_FIELD:
        property = schema_property_find(parent, place->name);
        return property ? &schema_nodes[property->node] : NULL;
    case PLACE_INDEX:
        return parent->items ? &schema_nodes[parent->items] : NULL;
    case PLACE_KEY:
        return parent->additional ? &schema_nodes[parent->additional] : NULL;
    }
    return NULL;
}

/* The closest name that any release has at that place; null when none is close. */
const char *field_elsewhere(struct schema *schema, const struct place *parent, struct slice name)
{
    const char *best = NULL;
    for (size_t i = 0; schema->row && i < schema_row_count && !best; i++) {
        const struct schema_row *row = &schema_rows[i];
        const struct schema_node *node =
            is_kind(row, slice_of(schema->row->group), slice_of(schema->row->kind))
                ? node_at(&schema_nodes[row->node], parent)
                : NULL;
        best = node ? closest_property(schema, node, name) : NULL;
    }
    return best;
}

struct slice field_releases(struct schema *schema, const struct place *place)
{
    unsigned releases = 0;
    if (!schema->row) {
        return SLICE_ABSENT;
    }
    struct slice group = slice_of(schema->row->group), kind = slice_of(schema->row->kind);
    for (size_t i = 0; i < schema_row_count; i++) {
        const struct schema_row *row = &schema_rows[i];
        if (is_kind(row, group, kind) && row->releases != SCHEMA_EVERY_RELEASE &&
            strcmp(row->version, schema->row->version) == 0 &&
            node_at(&schema_nodes[row->node], place)) {
            releases |= row->releases;
        }
    }
    return releases_text(schema->run->arena, releases);
}

/* ---- the schema of an object ---------------------------------------------------------------- */

static void say_missing(struct schema *schema, struct slice versions, unsigned releases)
{
    const struct schema_object *object = schema->object;
    const struct node *version = node_get(object->root, "apiVersion");
    struct place root = {.span = object->root->span};
    struct place place = place_field(&root, SLICE("apiVersion"), version);
    if (versions.ptr) {
        fault(schema, DIAG_V012, &place,
              "Gateway API 1.%d %s does not serve '" SLICE_FMT "' of " SLICE_FMT
              "; write '" SLICE_FMT "'",
              schema->release.minor, schema->release.experimental ? "experimental" : "standard",
              SLICE_ARG(object->api_version), SLICE_ARG(object->kind), SLICE_ARG(versions));
        return;
    }
    fault(schema, DIAG_V011, &place,
          "Gateway API 1.%d %s does not have " SLICE_FMT "; it is in " SLICE_FMT,
          schema->release.minor, schema->release.experimental ? "experimental" : "standard",
          SLICE_ARG(object->kind), SLICE_ARG(releases_text(schema->run->arena, releases)));
}

static void say_version(struct schema *schema, struct slice versions)
{
    const struct schema_object *object = schema->object;
    struct place root = {.span = object->root->span};
    struct place place =
        place_field(&root, SLICE("apiVersion"), node_get(object->root, "apiVersion"));
    fault(schema, DIAG_V012, &place,
          "no version '" SLICE_FMT "' of " SLICE_FMT " is served; write '" SLICE_FMT "'",
          SLICE_ARG(object->api_version), SLICE_ARG(object->kind), SLICE_ARG(versions));
}

const struct schema_row *schema_find(struct schema *schema, bool *known)
{
    const struct schema_object *object = schema->object;
    struct arena *arena = schema->run->arena;
    size_t slash = slice_find(object->api_version, '/', 0);
    bool core = slash == object->api_version.len;
    struct slice group = core ? SLICE("") : slice_sub(object->api_version, 0, slash);
    struct slice version =
        slice_sub(object->api_version, core ? 0 : slash + 1, object->api_version.len);
    struct slice served = SLICE_ABSENT;
    unsigned bit = schema_release_bit(&schema->release), releases = 0;
    bool of_gateway_api = false;
    *known = false;
    for (size_t i = 0; i < schema_row_count; i++) {
        const struct schema_row *row = &schema_rows[i];
        if (!is_kind(row, group, object->kind) || slice_is(object->kind, SCHEMA_METADATA_KIND)) {
            continue;
        }
        *known = true;
        releases |= row->releases;
        of_gateway_api = row->releases != SCHEMA_EVERY_RELEASE;
        if (!(row->releases & bit)) {
            continue;
        }
        if (slice_is(version, row->version)) {
            return row;
        }
        served =
            arena_printf(arena, SLICE_FMT "%s%s%s%s", SLICE_ARG(served), served.ptr ? "' or '" : "",
                         row->group, *row->group ? "/" : "", row->version);
    }
    if (*known && of_gateway_api) {
        say_missing(schema, served, releases);
    } else if (*known) {
        say_version(schema, served);
    }
    return NULL;
}
