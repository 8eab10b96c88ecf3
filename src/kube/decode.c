#include "kube/decode_priv.h"

#include <string.h>

static void where_print(const struct where *where, struct buf *out)
{
    if (!where) {
        return;
    }
    where_print(where->parent, out);
    if (where->name) {
        buf_puts(out, out->len ? "." : "");
        buf_puts(out, where->name);
    } else {
        buf_printf(out, "[%zu]", where->index);
    }
}

struct slice where_text(struct decoder *decoder, const struct where *where)
{
    struct buf text;
    buf_init(&text, 4096);
    where_print(where, &text);
    struct slice copy = arena_copy(decoder->run->arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

void decode_error(struct decoder *decoder, enum diag_code code, const struct where *where,
                  struct span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice message = arena_vprintf(decoder->run->arena, format, args);
    va_end(args);
    if (diag_row(code)->severity == SEVERITY_ERROR) {
        decoder->errors++;
    }
    diag_at(decoder->run->diag, code, span, decoder->subject, "'" SLICE_FMT "' " SLICE_FMT,
            SLICE_ARG(where_text(decoder, where)), SLICE_ARG(message));
}

static const char *wanted_name(enum node_kind wanted)
{
    return wanted == NODE_BOOL ? "true or false" : node_kind_name(wanted);
}

/* True when the text alone would be a value of the wanted kind, so that only its quotes are wrong. */
static bool is_quoted(const struct node *node, enum node_kind wanted)
{
    int64_t number;
    return node->kind == NODE_STRING && !node->plain &&
           ((wanted == NODE_INT && slice_to_int(node->text, &number)) ||
            (wanted == NODE_BOOL &&
             (slice_is(node->text, "true") || slice_is(node->text, "false"))));
}

void decode_wrong_type(struct decoder *decoder, const struct where *where, const struct node *node,
                       enum node_kind wanted)
{
    const char *name = wanted_name(wanted);
    bool scalar = node->kind != NODE_LIST && node->kind != NODE_MAP && !decoder->confidential;
    if (scalar && is_quoted(node, wanted)) {
        decode_error(decoder, DIAG_K003, where, node->span,
                     "must be %s, not a text; write " SLICE_FMT " without quotes", name,
                     SLICE_ARG(node->text));
    } else if (scalar && decoder->hint) {
        decode_error(decoder, DIAG_K003, where, node->span,
                     "must be %s, but '" SLICE_FMT "' is %s; %s", name, SLICE_ARG(node->text),
                     node_kind_name(node->kind), decoder->hint);
    } else if (scalar && wanted == NODE_STRING && node->kind != NODE_NULL) {
        decode_error(decoder, DIAG_K003, where, node->span,
                     "must be a text, but " SLICE_FMT " is %s; put it in quotes",
                     SLICE_ARG(node->text), node_kind_name(node->kind));
    } else if (scalar && node->kind != NODE_NULL) {
        decode_error(decoder, DIAG_K003, where, node->span, "must be %s, but '" SLICE_FMT "' is %s",
                     name, SLICE_ARG(node->text), node_kind_name(node->kind));
    } else {
        decode_error(decoder, DIAG_K003, where, node->span, "must be %s, not %s", name,
                     node_kind_name(node->kind));
    }
}

struct slice decode_string(struct decoder *decoder, const struct where *where,
                           const struct node *node)
{
    if (node->kind != NODE_STRING) {
        decode_wrong_type(decoder, where, node, NODE_STRING);
        return SLICE_ABSENT;
    }
    return node->text;
}

bool decode_choice(struct decoder *decoder, const struct where *where, const struct node *node,
                   const char *const *names, size_t count, size_t *out)
{
    struct slice text = decode_string(decoder, where, node);
    struct slice all = SLICE("");
    for (size_t i = 0; i < count; i++) {
        if (slice_is(text, names[i])) {
            *out = i;
            return true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const char *separator = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        all = arena_printf(decoder->run->arena, SLICE_FMT "%s%s", SLICE_ARG(all), separator,
                           names[i]);
    }
    if (text.ptr) {
        const char *close = diag_closest(text, names, count);
        decode_error(decoder, DIAG_K007, where, node->span,
                     "must be " SLICE_FMT ", but is '" SLICE_FMT "'%s%s%s", SLICE_ARG(all),
                     SLICE_ARG(text), close ? "; did you mean '" : "", close ? close : "",
                     close ? "'?" : "");
    }
    return false;
}

static void read_integer(struct decoder *decoder, const struct where *where,
                         const struct node *node, int64_t least, int64_t most, int64_t *out)
{
    if (node->kind != NODE_INT) {
        decode_wrong_type(decoder, where, node, NODE_INT);
    } else if (node->integer < least || node->integer > most) {
        decode_error(decoder, DIAG_K004, where, node->span,
                     "must be from %lld to %lld, but is %lld", (long long)least, (long long)most,
                     (long long)node->integer);
    } else {
        *out = node->integer;
    }
}

static bool is_list(struct decoder *decoder, const struct where *where, const struct node *node)
{
    if (node->kind != NODE_LIST) {
        decode_wrong_type(decoder, where, node, NODE_LIST);
        return false;
    }
    return true;
}

static void read_strings(struct decoder *decoder, const struct where *where,
                         const struct node *node, struct slices *out)
{
    if (!is_list(decoder, where, node)) {
        return;
    }
    out->items = ARENA_ARRAY(decoder->run->arena, struct slice, node->count);
    for (size_t i = 0; i < node->count; i++) {
        struct where item = {where, NULL, i};
        struct slice text = decode_string(decoder, &item, node->items[i]);
        if (text.ptr) {
            out->items[out->count++] = text;
        }
    }
}

void decode_labels(struct decoder *decoder, const struct where *where, const struct node *node,
                   struct labels *out)
{
    if (node->kind != NODE_MAP) {
        decode_wrong_type(decoder, where, node, NODE_MAP);
        return;
    }
    out->items = ARENA_ARRAY(decoder->run->arena, struct label, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const struct pair *pair = &node->pairs[i];
        struct where item = {where, arena_string(decoder->run->arena, pair->key), 0};
        /* The API server reads null as the empty text. */
        struct slice value =
            pair->value->kind == NODE_NULL ? SLICE("") : decode_string(decoder, &item, pair->value);
        if (value.ptr) {
            out->items[out->count++] = (struct label){pair->key, value, pair->span};
        }
    }
}

static void read_objects(struct decoder *decoder, const struct field *field,
                         const struct where *where, const struct node *node, char *target)
{
    if (!is_list(decoder, where, node)) {
        return;
    }
    char *items = arena_alloc_array(decoder->run->arena, node->count, field->child->size);
    for (size_t i = 0; i < node->count; i++) {
        struct where item = {where, NULL, i};
        decoder->hint = NULL;
        decode_object(decoder, field->child, &item, node->items[i], items + i * field->child->size);
    }
    memcpy(target + field->offset, &items, sizeof items);
    *(size_t *)(void *)(target + field->count_offset) = node->count;
}

static void read_field(struct decoder *decoder, const struct field *field,
                       const struct where *where, const struct node *node, void *target)
{
    void *slot = (char *)target + field->offset;
    int64_t number = 0;
    if (field->span_offset != NO_OFFSET) {
        *(struct span *)(void *)((char *)target + field->span_offset) = node->span;
    }
    switch (field->type) {
    case TYPE_STRING:
        *(struct slice *)slot = decode_string(decoder, where, node);
        return;
    case TYPE_PORT:
        read_integer(decoder, where, node, 1, 65535, &number);
        *(uint16_t *)slot = (uint16_t)number;
        return;
    case TYPE_INTEGER:
        read_integer(decoder, where, node, INT64_MIN, INT64_MAX, slot);
        return;
    case TYPE_COUNT:
        read_integer(decoder, where, node, 0, 1000000000, &number);
        *(uint64_t *)slot = (uint64_t)number;
        return;
    case TYPE_BOOL:
        if (node->kind != NODE_BOOL) {
            decode_wrong_type(decoder, where, node, NODE_BOOL);
        } else {
            *(bool *)slot = node->boolean;
        }
        return;
    case TYPE_STRINGS:
        read_strings(decoder, where, node, slot);
        return;
    case TYPE_LABELS:
        decode_labels(decoder, where, node, slot);
        return;
    case TYPE_OBJECT:
        decode_object(decoder, field->child, where, node, slot);
        return;
    case TYPE_OBJECTS:
        read_objects(decoder, field, where, node, target);
        return;
    case TYPE_CUSTOM:
        field->custom(decoder, where, node, target);
        return;
    case TYPE_IGNORED:
        if (field->wanted != NODE_NULL && node->kind != field->wanted) {
            decode_wrong_type(decoder, where, node, field->wanted);
        }
        return;
    case TYPE_OLD:
        return;
    }
}

static const struct field *find_field(const struct schema *schema, struct slice name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (slice_is(name, schema->fields[i].name)) {
            return &schema->fields[i];
        }
    }
    return NULL;
}

static void unknown_field(struct decoder *decoder, const struct schema *schema,
                          const struct where *where, const struct pair *pair)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < schema->field_count && count < ARRAY_LEN(names); i++) {
        if (schema->fields[i].type != TYPE_OLD) {
            names[count++] = schema->fields[i].name;
        }
    }
    const char *close = diag_closest(pair->key, names, count);
    struct where here = {where, arena_string(decoder->run->arena, pair->key), 0};
    decode_error(decoder, DIAG_K006, &here, pair->span,
                 "is not a field of this kind and has no effect%s%s%s",
                 close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
}

/* True when the error lies in the field itself, not in a field further down. */
static bool is_own_error(const struct field *field, const struct node *value)
{
    return !(field->type == TYPE_OBJECT && value->kind == NODE_MAP) &&
           !(field->type == TYPE_OBJECTS && value->kind == NODE_LIST);
}

static size_t count_required(const struct schema *schema)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        count += schema->fields[i].required;
    }
    return count;
}

static size_t say_missing(struct decoder *decoder, const struct schema *schema,
                          const struct where *where, const struct node *node)
{
    size_t errors = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->required && !node_get(node, field->name)) {
            struct where here = {where, field->name, 0};
            decode_error(decoder, DIAG_K005, &here, node->span, "is missing");
            errors++;
        }
    }
    return errors;
}

/* Reads one key; returns how many errors that makes at this level. *required: fields that are still to come. */
static size_t read_pair(struct decoder *decoder, const struct schema *schema,
                        const struct where *where, const struct pair *pair, void *target,
                        size_t *required)
{
    const struct field *field = find_field(schema, pair->key);
    size_t before = decoder->errors;
    if (!field) {
        unknown_field(decoder, schema, where, pair);
        return 0;
    }
    struct where here = {where, field->name, 0};
    if (field->type == TYPE_OLD) {
        decode_error(decoder, DIAG_K006, &here, pair->span,
                     "is of an older API version and has no effect; write %s", field->hint);
    } else if (pair->value->kind != NODE_NULL) {
        *required -= field->required;
        decoder->hint = field->hint;
        read_field(decoder, field, &here, pair->value, target);
    }
    decoder->hint = NULL;
    return is_own_error(field, pair->value) ? decoder->errors - before : 0;
}

void decode_object(struct decoder *decoder, const struct schema *schema, const struct where *where,
                   const struct node *node, void *target)
{
    if (node->kind != NODE_MAP) {
        decode_wrong_type(decoder, where, node, NODE_MAP);
        return;
    }
    if (schema->span_offset != NO_OFFSET) {
        *(struct span *)(void *)((char *)target + schema->span_offset) = node->span;
    }
    size_t errors = 0, required = count_required(schema);
    for (size_t i = 0; i < node->count; i++) {
        errors += read_pair(decoder, schema, where, &node->pairs[i], target, &required);
    }
    if (required) {
        errors += say_missing(decoder, schema, where, node);
    }
    /* Checks would only repeat what was said about missing or mistyped fields of this level; errors further
     * down do not keep them from being made, so that all faults are reported at once. */
    if (schema->finish && !errors) {
        schema->finish(decoder, where, node, target);
    }
}
