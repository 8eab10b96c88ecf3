#include "validate/validate_priv.h"

#include <string.h>

/* ---- the shape of an object ------------------------------------------------------------------ */

/* A DNS label; for it, every schema of Gateway API takes every other one in the place of any name. */
static bool is_usual_word(struct slice s)
{
    if (!s.len || s.len > 63 || s.ptr[0] < 'a' || s.ptr[0] > 'z' || s.ptr[s.len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return true;
}

/* Labels with dots between them: a host, or the name of an object. */
static bool is_usual_host(struct slice s)
{
    struct slice rest = s, label;
    bool usual = s.len > 0 && s.len <= 253;
    while (usual && slice_split(&rest, '.', &label)) {
        usual = is_usual_word(label);
    }
    return usual;
}

/* "/a/b-c": no schema looks into such a path. */
static bool is_usual_path(struct slice s)
{
    if (s.len < 2 || s.len > 1024 || s.ptr[0] != '/') {
        return false;
    }
    struct slice rest = slice_sub(s, 1, s.len), part;
    bool usual = true;
    while (usual && slice_split(&rest, '/', &part)) {
        usual = is_usual_word(part);
    }
    return usual;
}

struct shaper {
    struct arena *arena;
    struct map *values; /* of this object, each to its number */
    struct buf shape;
};

/* Values in the places of names, by the key before them; null: an entry of a list of texts. */
static bool is_masked(struct slice key, struct slice value)
{
    static const char *const names[] = {"name", "namespace", "sectionName", "hostname"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_is(key, names[i])) {
            return is_usual_host(value);
        }
    }
    return slice_is(key, "value")
               ? is_usual_path(value)
               : !key.len && slice_find(value, '.', 0) < value.len && is_usual_host(value);
}

/* Equal values get equal numbers, so that what has to differ, or be the same, still shows. */
static void put_number(struct shaper *s, struct slice value)
{
    uintptr_t number = (uintptr_t)map_get(s->values, value);
    if (!number) {
        number = map_count(s->values) + 1;
        map_put(s->values, value, (void *)number);
    }
    buf_printf(&s->shape, "<%u>\n", (unsigned)number);
}

static void put_line(struct shaper *s, struct slice line)
{
    size_t at = 0;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '-')) {
        at++;
    }
    size_t colon = slice_find(line, ':', at);
    bool pair = colon + 1 < line.len && line.ptr[colon + 1] == ' ';
    struct slice key = pair ? slice_sub(line, at, colon) : SLICE("");
    struct slice value = slice_sub(line, pair ? colon + 2 : at, line.len);
    if (slice_is(key, "gateshift.dev/source")) {
        return; /* any text is a good annotation */
    }
    if (!is_masked(key, value)) {
        buf_put(&s->shape, line);
        buf_putc(&s->shape, '\n');
        return;
    }
    buf_put(&s->shape, slice_sub(line, 0, line.len - value.len));
    put_number(s, value);
}

/* The text of an object with its usual values numbered; it lives until the next one. */
static struct slice shape_of(struct shaper *s, struct slice yaml)
{
    struct slice rest = yaml, line;
    arena_clear(s->arena);
    s->values = map_new(s->arena);
    buf_clear(&s->shape);
    while (slice_split(&rest, '\n', &line)) {
        put_line(s, line);
    }
    return buf_slice(&s->shape);
}

/* ---- judging ---------------------------------------------------------------------------------- */

static struct slice text_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE("");
}

/* The words of a refusal come from the diagnostics of a sink beside. */
static void judge(struct run *run, struct schema *schema, struct run *quiet,
                  const struct converted_object *object)
{
    const struct node *root = converted_read(quiet, object);
    struct slice subject = arena_printf(run->arena, "%s " SLICE_FMT "%s" SLICE_FMT, object->kind,
                                        SLICE_ARG(object->namespace),
                                        object->namespace.len ? "/" : "", SLICE_ARG(object->name));
    size_t before = diag_count(quiet->diag);
    if (!root) {
        diag_at(run->diag, DIAG_V030, SPAN_NONE, subject, "the written text cannot be read again");
        return;
    }
    const struct schema_object judged = {root, text_of(root, "kind"), text_of(root, "apiVersion"),
                                         subject};
    if (schema_judge(schema, &judged) == SCHEMA_VALID) {
        return;
    }
    for (size_t i = before; i < diag_count(quiet->diag); i++) {
        const struct diagnostic *item = diag_get(quiet->diag, i);
        if (item->severity == SEVERITY_ERROR) {
            diag_at(run->diag, DIAG_V030, SPAN_NONE, subject,
                    "an API server would refuse what was written: " SLICE_FMT
                    "; this is a fault of gateshift, please report it",
                    SLICE_ARG(item->message));
        }
    }
}

void validate_converted(struct run *run, const struct converted *converted,
                        const struct schema_release *release)
{
    struct run quiet = *run;
    quiet.diag = diag_beside(run->diag);
    struct schema *schema = schema_open(&quiet, release);
    struct map *shapes = map_new(run->arena);
    struct shaper shaper = {.arena = arena_open_like(run->arena)};
    buf_init(&shaper.shape, BUF_TEXT_MAX);
    for (size_t i = 0; i < converted->count; i++) {
        const struct converted_object *object = &converted->objects[i];
        struct slice shape = shape_of(&shaper, object->yaml);
        if (!map_get(shapes, shape)) {
            map_put(shapes, arena_copy(run->arena, shape), shapes);
            judge(run, schema, &quiet, object);
        }
    }
    buf_release(&shaper.shape);
    arena_close(shaper.arena);
    schema_close(schema);
}
