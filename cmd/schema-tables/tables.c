#include "tables.h"

#include <string.h>

enum { ROWS_MAX = 65535, DEPTH_MAX = 64 };

const char *tables_file_name(enum table table)
{
    static const char *const names[TABLE_COUNT] = {
        [TABLE_NODES] = "nodes.inc",       [TABLE_PROPERTIES] = "properties.inc",
        [TABLE_NAMES] = "names.inc",       [TABLE_VALUES] = "values.inc",
        [TABLE_MEMBERS] = "members.inc",   [TABLE_RULE_LISTS] = "rule_lists.inc",
        [TABLE_RULES] = "rules.inc",       [TABLE_LIMITS] = "limits.inc",
        [TABLE_PATTERNS] = "patterns.inc", [TABLE_FALLBACKS] = "fallbacks.inc",
        [TABLE_ROWS] = "kinds.inc",
    };
    return names[table];
}

static bool fail(struct tables *tables, const char *what, struct slice which)
{
    if (!tables->fault.ptr) {
        tables->fault =
            arena_printf(tables->run->arena, "%s '" SLICE_FMT "'", what, SLICE_ARG(which));
    }
    return false;
}

/* ---- rows --------------------------------------------------------------------------------- */

/* A run of rows that stands in a table once; the number of its first row. */
static size_t put_run(struct tables *tables, enum table table, const struct slice *items,
                      size_t count)
{
    struct rows *rows = &tables->tables[table];
    struct buf key;
    buf_init(&key, BUF_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_put(&key, items[i]);
        buf_putc(&key, '\n');
    }
    size_t first = (size_t)(uintptr_t)map_get(rows->index, buf_slice(&key));
    if (!first) {
        first = rows->count + 1;
        for (size_t i = 0; i < count; i++) {
            *ARENA_PUSH(tables->run->arena, rows->items, rows->count, rows->capacity) = items[i];
        }
        map_put(rows->index, arena_copy(tables->run->arena, buf_slice(&key)),
                (void *)(uintptr_t)first);
    }
    buf_release(&key);
    if (rows->count > ROWS_MAX) {
        fail(tables, "too many rows in", slice_of(tables_file_name(table)));
    }
    return first - 1;
}

static size_t put_row(struct tables *tables, enum table table, struct slice text)
{
    return put_run(tables, table, &text, 1);
}

/* A C literal. */
static struct slice quote(struct tables *tables, struct slice text)
{
    struct buf out;
    buf_init(&out, BUF_TEXT_MAX);
    buf_putc(&out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\' || c == '?') {
            buf_putc(&out, '\\');
            buf_putc(&out, (char)c);
        } else if (c < 0x20 || c >= 0x7f) {
            buf_printf(&out, "\\%03o", c);
        } else {
            buf_putc(&out, (char)c);
        }
    }
    buf_putc(&out, '"');
    struct slice literal = arena_copy(tables->run->arena, buf_slice(&out));
    buf_release(&out);
    return literal;
}

void tables_init(struct run *run, struct tables *tables)
{
    *tables = (struct tables){.run = run};
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        tables->tables[i].index = map_new(run->arena);
    }
    static const enum table with_none[] = {TABLE_NODES, TABLE_LIMITS, TABLE_PATTERNS,
                                           TABLE_FALLBACKS};
    for (size_t i = 0; i < ARRAY_LEN(with_none); i++) {
        bool text = with_none[i] == TABLE_PATTERNS || with_none[i] == TABLE_FALLBACKS;
        put_row(tables, with_none[i], text ? SLICE("\"\"") : SLICE("{0}"));
    }
}

void tables_write(const struct tables *tables, enum table table, struct buf *out)
{
    const struct rows *rows = &tables->tables[table];
    buf_puts(out, "/* Written by schema-tables from the published CRDs; not to be edited. */\n");
    for (size_t i = 0; i < rows->count; i++) {
        buf_put(out, rows->items[i]);
        buf_puts(out, ",\n");
    }
}

/* ---- lists of a schema --------------------------------------------------------------------- */

static void put_range(struct buf *out, const char *field, size_t first, size_t count)
{
    if (count) {
        buf_printf(out, ".%s = {%zu, %zu}, ", field, first, count);
    }
}

static bool add_names(struct tables *tables, const struct node *list, const char *field,
                      struct buf *out)
{
    struct slice *items = ARENA_ARRAY(tables->run->arena, struct slice, list->count);
    for (size_t i = 0; i < list->count; i++) {
        items[i] = quote(tables, list->items[i]->text);
    }
    put_range(out, field, put_run(tables, TABLE_NAMES, items, list->count), list->count);
    return true;
}

static bool add_values(struct tables *tables, const struct node *list, struct buf *out)
{
    struct slice *items = ARENA_ARRAY(tables->run->arena, struct slice, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct node *value = list->items[i];
        const char *kind = value->kind == NODE_STRING ? "NODE_STRING"
                           : value->kind == NODE_INT  ? "NODE_INT"
                           : value->kind == NODE_BOOL ? "NODE_BOOL"
                                                      : NULL;
        if (!kind) {
            return fail(tables, "an enum of other than texts, integers and booleans:", value->text);
        }
        items[i] = arena_printf(tables->run->arena, "{%s, " SLICE_FMT "}", kind,
                                SLICE_ARG(quote(tables, value->text)));
    }
    put_range(out, "choices", put_run(tables, TABLE_VALUES, items, list->count), list->count);
    return true;
}

static const char *const rule_fields[] = {"rule", "message", "messageExpression", "fieldPath",
                                          "reason"};

static bool add_rules(struct tables *tables, const struct node *list, struct buf *out)
{
    static const char *const members[] = {"rule", "message", "message_expression", "field_path",
                                          "reason"};
    struct arena *arena = tables->run->arena;
    struct slice *items = ARENA_ARRAY(arena, struct slice, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct node *rule = list->items[i];
        struct slice row = SLICE("{");
        size_t known = 0;
        for (size_t f = 0; f < ARRAY_LEN(rule_fields); f++) {
            const struct node *field = node_get(rule, rule_fields[f]);
            if (field) {
                known++;
                row =
                    arena_printf(arena, SLICE_FMT "%s.%s = " SLICE_FMT, SLICE_ARG(row),
                                 f ? ", " : "", members[f], SLICE_ARG(quote(tables, field->text)));
            }
        }
        const struct node *optional = node_get(rule, "optionalOldSelf");
        if (optional) {
            known++;
            row = arena_printf(arena, SLICE_FMT ", .optional_old_self = %s", SLICE_ARG(row),
                               optional->boolean ? "true" : "false");
        }
        if (known != rule->count) {
            return fail(tables, "a validation rule has a field that is not known:", row);
        }
        row = arena_printf(arena, SLICE_FMT "}", SLICE_ARG(row));
        items[i] = arena_printf(arena, "%zu", put_row(tables, TABLE_RULES, row));
    }
    put_range(out, "rules", put_run(tables, TABLE_RULE_LISTS, items, list->count), list->count);
    return true;
}

static struct slice json_of(struct tables *tables, const struct node *value)
{
    struct buf json;
    buf_init(&json, BUF_TEXT_MAX);
    document_write_json(value, 0, &json);
    struct slice text = arena_copy(tables->run->arena, buf_slice(&json));
    buf_release(&json);
    return text;
}

/* ---- limits ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *member, *none;
} limit_fields[] = {
    {"minimum", "minimum", "INT64_MIN"},        {"maximum", "maximum", "INT64_MAX"},
    {"minLength", "least_chars", "0"},          {"maxLength", "most_chars", "UINT64_MAX"},
    {"minItems", "least_items", "0"},           {"maxItems", "most_items", "UINT64_MAX"},
    {"minProperties", "least_properties", "0"}, {"maxProperties", "most_properties", "UINT64_MAX"},
};

static bool add_limits(struct tables *tables, const struct node *schema, struct buf *out)
{
    struct arena *arena = tables->run->arena;
    struct slice row = SLICE("{");
    size_t given = 0;
    for (size_t i = 0; i < ARRAY_LEN(limit_fields); i++) {
        const struct node *value = node_get(schema, limit_fields[i].name);
        if (value && value->kind != NODE_INT) {
            return fail(tables, "a limit that is no integer:", value->text);
        }
        given += value != NULL;
        row = arena_printf(arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(row), i ? ", " : "",
                           SLICE_ARG(value ? value->text : slice_of(limit_fields[i].none)));
    }
    if (given) {
        row = arena_printf(arena, SLICE_FMT "}", SLICE_ARG(row));
        buf_printf(out, ".limits = %zu, ", put_row(tables, TABLE_LIMITS, row));
    }
    return true;
}

/* ---- nodes -------------------------------------------------------------------------------- */

static bool put_node(struct tables *tables, const struct node *schema, int depth, size_t *out);

static int by_key(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

static bool add_properties(struct tables *tables, const struct node *map, int depth,
                           struct buf *out)
{
    struct arena *arena = tables->run->arena;
    struct slice *items = ARENA_ARRAY(arena, struct slice, map->count);
    struct pair *pairs = ARENA_ARRAY(arena, struct pair, map->count);
    memcpy(pairs, map->pairs, map->count * sizeof *pairs);
    sort_stable(arena, pairs, map->count, sizeof *pairs, by_key, NULL);
    for (size_t i = 0; i < map->count; i++) {
        size_t node;
        if (!put_node(tables, pairs[i].value, depth, &node)) {
            return false;
        }
        items[i] = arena_printf(arena, "{" SLICE_FMT ", %zu}",
                                SLICE_ARG(quote(tables, pairs[i].key)), node);
    }
    put_range(out, "properties", put_run(tables, TABLE_PROPERTIES, items, map->count), map->count);
    return true;
}

static bool add_members(struct tables *tables, const struct node *list, const char *field,
                        int depth, struct buf *out)
{
    struct slice *items = ARENA_ARRAY(tables->run->arena, struct slice, list->count);
    for (size_t i = 0; i < list->count; i++) {
        size_t node;
        if (!put_node(tables, list->items[i], depth, &node)) {
            return false;
        }
        items[i] = arena_printf(tables->run->arena, "%zu", node);
    }
    put_range(out, field, put_run(tables, TABLE_MEMBERS, items, list->count), list->count);
    return true;
}

static bool add_node(struct tables *tables, const struct node *schema, const char *field, int depth,
                     struct buf *out)
{
    size_t node;
    if (!put_node(tables, schema, depth, &node)) {
        return false;
    }
    buf_printf(out, ".%s = %zu, ", field, node);
    return true;
}

struct word {
    const char *word, *row;
};
static const struct word types[] = {
    {"object", "SCHEMA_OBJECT"},   {"array", "SCHEMA_ARRAY"},   {"string", "SCHEMA_STRING"},
    {"integer", "SCHEMA_INTEGER"}, {"number", "SCHEMA_NUMBER"}, {"boolean", "SCHEMA_BOOLEAN"},
};
static const struct word formats[] = {
    {"int32", "SCHEMA_FORMAT_INT32"},   {"int64", "SCHEMA_FORMAT_INT64"},
    {"double", "SCHEMA_FORMAT_DOUBLE"}, {"date-time", "SCHEMA_FORMAT_DATE_TIME"},
    {"byte", "SCHEMA_FORMAT_BYTE"},     {"ipv4", "SCHEMA_FORMAT_IPV4"},
    {"ipv6", "SCHEMA_FORMAT_IPV6"},
};
static const struct word lists[] = {
    {"atomic", "SCHEMA_LIST_ATOMIC"},
    {"set", "SCHEMA_LIST_SET"},
    {"map", "SCHEMA_LIST_MAP"},
};

static bool add_word(struct tables *tables, const struct node *value, const char *field,
                     const struct word *words, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(value->text, words[i].word)) {
            buf_printf(out, ".%s = %s, ", field, words[i].row);
            return true;
        }
    }
    return fail(tables, "a word that is not known:", value->text);
}

/* What a keyword of a schema becomes. Descriptions say nothing that is checked; the type of a map only
 * matters where two versions of an object are compared. */
static bool add_keyword(struct tables *tables, const struct node *schema, const struct pair *pair,
                        int depth, struct buf *out)
{
    static const char *const said_elsewhere[] = {"description",   "x-kubernetes-map-type",
                                                 "minimum",       "maximum",
                                                 "minLength",     "maxLength",
                                                 "minItems",      "maxItems",
                                                 "minProperties", "maxProperties"};
    const struct node *value = pair->value;
    struct slice key = pair->key;
    for (size_t i = 0; i < ARRAY_LEN(said_elsewhere); i++) {
        if (slice_is(key, said_elsewhere[i])) {
            return true;
        }
    }
    if (slice_is(key, "type")) {
        return node_get(schema, "x-kubernetes-int-or-string") ||
               add_word(tables, value, "type", types, ARRAY_LEN(types), out);
    } else if (slice_is(key, "format")) {
        return add_word(tables, value, "format", formats, ARRAY_LEN(formats), out);
    } else if (slice_is(key, "x-kubernetes-list-type")) {
        return slice_is(value->text, "atomic") ||
               add_word(tables, value, "list", lists, ARRAY_LEN(lists), out);
    } else if (slice_is(key, "x-kubernetes-int-or-string")) {
        buf_puts(out, ".type = SCHEMA_INT_OR_STRING, ");
    } else if (slice_is(key, "nullable")) {
        buf_puts(out, ".nullable = true, ");
    } else if (slice_is(key, "x-kubernetes-preserve-unknown-fields")) {
        buf_puts(out, ".preserve = true, ");
    } else if (slice_is(key, "pattern")) {
        buf_printf(out, ".pattern = %zu, ",
                   put_row(tables, TABLE_PATTERNS, quote(tables, value->text)));
    } else if (slice_is(key, "default")) {
        buf_printf(out, ".fallback = %zu, ",
                   put_row(tables, TABLE_FALLBACKS, quote(tables, json_of(tables, value))));
    } else if (slice_is(key, "enum")) {
        return add_values(tables, value, out);
    } else if (slice_is(key, "required")) {
        return add_names(tables, value, "required", out);
    } else if (slice_is(key, "x-kubernetes-list-map-keys")) {
        return add_names(tables, value, "keys", out);
    } else if (slice_is(key, "x-kubernetes-validations")) {
        return add_rules(tables, value, out);
    } else if (slice_is(key, "properties")) {
        return add_properties(tables, value, depth, out);
    } else if (slice_is(key, "items")) {
        return add_node(tables, value, "items", depth, out);
    } else if (slice_is(key, "additionalProperties") && value->kind == NODE_MAP) {
        return add_node(tables, value, "additional", depth, out);
    } else if (slice_is(key, "not")) {
        return add_node(tables, value, "inverse", depth, out);
    } else if (slice_is(key, "anyOf")) {
        return add_members(tables, value, "any_of", depth, out);
    } else if (slice_is(key, "oneOf")) {
        return add_members(tables, value, "one_of", depth, out);
    } else if (slice_is(key, "allOf")) {
        return add_members(tables, value, "all_of", depth, out);
    } else {
        return fail(tables, "a keyword that the tables cannot hold:", key);
    }
    return true;
}

static bool put_node(struct tables *tables, const struct node *schema, int depth, size_t *out)
{
    struct arena *arena = tables->run->arena;
    if (schema->kind != NODE_MAP || depth >= DEPTH_MAX) {
        return fail(tables, "no schema, or one too deep:", schema->text);
    }
    struct pair *pairs = ARENA_ARRAY(arena, struct pair, schema->count);
    memcpy(pairs, schema->pairs, schema->count * sizeof *pairs);
    sort_stable(arena, pairs, schema->count, sizeof *pairs, by_key, NULL);
    struct buf row;
    buf_init(&row, BUF_TEXT_MAX);
    buf_putc(&row, '{');
    bool fine = add_limits(tables, schema, &row);
    for (size_t i = 0; i < schema->count && fine; i++) {
        fine = add_keyword(tables, schema, &pairs[i], depth + 1, &row);
    }
    if (row.len > 1) {
        row.len -= 2; /* the last comma */
        buf_putc(&row, '}');
    } else {
        buf_puts(&row, ".type = SCHEMA_ANY}");
    }
    *out = put_row(tables, TABLE_NODES, arena_copy(arena, buf_slice(&row)));
    buf_release(&row);
    return fine;
}

/* ---- kinds -------------------------------------------------------------------------------- */

static bool add_version(struct tables *tables, const struct node *spec, const struct node *version,
                        unsigned releases)
{
    const struct node *served = node_get(version, "served");
    if (!served || served->kind != NODE_BOOL || !served->boolean) {
        return true;
    }
    const struct node *schema = node_get(node_get(version, "schema"), "openAPIV3Schema");
    size_t node;
    if (!schema || !put_node(tables, schema, 0, &node)) {
        return fail(tables, "a version has no schema:", node_get(version, "name")->text);
    }
    struct arena *arena = tables->run->arena;
    struct slice row = arena_printf(
        arena, "{" SLICE_FMT ", " SLICE_FMT ", " SLICE_FMT ", %s, %s, %zu, ",
        SLICE_ARG(quote(tables, node_get(spec, "group")->text)),
        SLICE_ARG(quote(tables, node_get(node_get(spec, "names"), "kind")->text)),
        SLICE_ARG(quote(tables, node_get(version, "name")->text)),
        slice_is(node_get(spec, "scope")->text, "Namespaced") ? "true" : "false",
        node_get(node_get(version, "subresources"), "status") ? "true" : "false", node);
    /* until the end, a row has its releases as a number in the map beside it */
    struct rows *rows = &tables->tables[TABLE_ROWS];
    uintptr_t known = (uintptr_t)map_get(rows->index, row);
    map_put(rows->index, row, (void *)(known | releases));
    return true;
}

bool tables_add_crd(struct tables *tables, const struct node *crd, unsigned releases)
{
    const struct node *spec = node_get(crd, "spec"), *versions = node_get(spec, "versions");
    if (!versions || versions->kind != NODE_LIST || !node_get(spec, "group") ||
        !node_get(spec, "scope") || !node_get(node_get(spec, "names"), "kind")) {
        return fail(tables, "no CustomResourceDefinition:", SLICE("spec"));
    }
    for (size_t i = 0; i < versions->count; i++) {
        if (!add_version(tables, spec, versions->items[i], releases)) {
            return false;
        }
    }
    return true;
}

static int by_text(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void tables_finish(struct tables *tables)
{
    struct rows *rows = &tables->tables[TABLE_ROWS];
    struct arena *arena = tables->run->arena;
    for (const struct map_entry *entry = map_first(rows->index); entry; entry = map_next(entry)) {
        struct slice key = map_key(entry);
        *ARENA_PUSH(arena, rows->items, rows->count, rows->capacity) = arena_printf(
            arena, SLICE_FMT "0x%x}", SLICE_ARG(key), (unsigned)(uintptr_t)map_value(entry));
    }
    sort_stable(arena, rows->items, rows->count, sizeof *rows->items, by_text, NULL);
}
