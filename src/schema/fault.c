#include "schema/schema_priv.h"

#include <stdio.h>

/* A value that is longer is cut in a message. */
enum { SHOWN_BYTES = 120 };

/* ---- places ------------------------------------------------------------------------------- */

/* What was filled in has no place of its own. */
static struct span span_of(const struct place *parent, const struct node *value)
{
    return value && value->span.file ? value->span : parent ? parent->span : SPAN_NONE;
}

struct place place_field(const struct place *parent, struct slice name, const struct node *value)
{
    return (struct place){parent, PLACE_FIELD, name, 0, span_of(parent, value)};
}

struct place place_index(const struct place *parent, size_t index, const struct node *value)
{
    return (struct place){parent, PLACE_INDEX, SLICE_ABSENT, index, span_of(parent, value)};
}

struct place place_key(const struct place *parent, struct slice name, const struct node *value)
{
    return (struct place){parent, PLACE_KEY, name, 0, span_of(parent, value)};
}

static void put_path(const struct place *place, struct buf *out)
{
    if (!place->parent) {
        return;
    }
    put_path(place->parent, out);
    switch (place->kind) {
    case PLACE_FIELD:
        buf_puts(out, out->len ? "." : "");
        buf_put(out, place->name);
        return;
    case PLACE_INDEX:
        buf_printf(out, "[%zu]", place->index);
        return;
    case PLACE_KEY:
        buf_putc(out, '[');
        buf_put(out, place->name);
        buf_putc(out, ']');
        return;
    }
}

struct slice place_path(struct arena *arena, const struct place *place)
{
    struct buf path;
    buf_init(&path, BUF_TEXT_MAX);
    put_path(place, &path);
    struct slice text = path.len ? arena_copy(arena, buf_slice(&path)) : SLICE("the object");
    buf_release(&path);
    return text;
}

/* ---- messages ----------------------------------------------------------------------------- */

struct slice value_text(struct schema *schema, const struct node *value)
{
    struct buf json;
    if (schema->hides_values) {
        return SLICE("(not shown)");
    }
    buf_init(&json, BUF_TEXT_MAX);
    document_write_json(value, 0, &json);
    struct slice text = buf_slice(&json);
    size_t end = text.len;
    if (end > SHOWN_BYTES) {
        end = SHOWN_BYTES;
        while (end > 0 && ((unsigned char)text.ptr[end] & 0xc0) == 0x80) {
            end--;
        }
    }
    struct slice shown =
        arena_printf(schema->run->arena, SLICE_FMT "%s", SLICE_ARG(slice_sub(text, 0, end)),
                     end < text.len ? "..." : "");
    buf_release(&json);
    return shown;
}

/* Faults inside of alternatives are counted and not reported, and so are those after very many. */
bool fault_is_shown(const struct schema *schema)
{
    return !schema->quiet && schema->faults < SCHEMA_FAULTS_SHOWN;
}

static void report(struct schema *schema, enum diag_code code, const struct place *place,
                   struct slice text)
{
    struct arena *arena = schema->run->arena;
    bool error = diag_row(code)->severity == SEVERITY_ERROR;
    if (fault_is_shown(schema)) {
        diag_at(schema->run->diag, code, place->span, schema->object->subject,
                SLICE_FMT ": " SLICE_FMT, SLICE_ARG(place_path(arena, place)), SLICE_ARG(text));
    }
    schema->faults += error;
}

void fault(struct schema *schema, enum diag_code code, const struct place *place,
           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice text =
        fault_is_shown(schema) ? arena_vprintf(schema->run->arena, format, args) : SLICE_ABSENT;
    va_end(args);
    report(schema, code, place, text);
}

void fault_value(struct schema *schema, enum diag_code code, const struct place *place,
                 const struct node *value, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct slice text = SLICE_ABSENT;
    if (fault_is_shown(schema)) {
        struct slice why = arena_vprintf(schema->run->arena, format, args);
        text = value && value->kind < NODE_LIST
                   ? arena_printf(schema->run->arena, "Invalid value: " SLICE_FMT ": " SLICE_FMT,
                                  SLICE_ARG(value_text(schema, value)), SLICE_ARG(why))
                   : arena_printf(schema->run->arena, "Invalid value: " SLICE_FMT, SLICE_ARG(why));
    }
    va_end(args);
    report(schema, code, place, text);
}

void fault_required(struct schema *schema, const struct place *parent, const char *name,
                    const char *advice)
{
    struct place place = place_field(parent, slice_of(name), NULL);
    schema->blocked |= !schema->quiet;
    fault(schema, DIAG_V003, &place, "Required value%s%s", *advice ? ": " : "", advice);
}
