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
    const char *from; /* what comes before this byte is in the shape */
    bool gateway;     /* no rule for a Gateway compares namespaces, or entries of a list of texts */
    bool
        listed; /* the line before was such an entry; lists of texts there have no longest length */
};

/* Values in the places of names, by the key before them, and entries of lists of texts. */
static bool is_masked(struct slice key, struct slice value)
{
    static const struct slice names[] = {
        {"name", 4}, {"namespace", 9}, {"sectionName", 11}, {"hostname", 8}};
    if (!key.len) {
        return is_usual_host(value);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal(key, names[i])) {
            return is_usual_host(value);
        }
    }
    return key.len == 5 && slice_is(key, "value") && is_usual_path(value);
}

/* Equal values get equal numbers, so that what has to differ, or be the same, still shows. No text has a byte of
 * 0 or 1. */
static void put_number(struct shaper *s, struct slice key, struct slice value)
{
    if (s->gateway && (!key.len || slice_is(key, "namespace"))) {
        buf_putc(&s->shape, '\1');
        return;
    }
    uintptr_t number = (uintptr_t)map_get(s->values, value);
    if (!number) {
        number = map_count(s->values) + 1;
        map_put(s->values, value, (void *)number);
    }
    buf_putc(&s->shape, '\1');
    for (; number; number >>= 6) {
        buf_putc(&s->shape, (char)(0x40 | (number & 0x3f)));
    }
}

static void put_until(struct shaper *s, const char *end)
{
    buf_put(&s->shape, (struct slice){s->from, (size_t)(end - s->from)});
}

static void put_line(struct shaper *s, struct slice line)
{
    size_t at = 0;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '-')) {
        at++;
    }
    size_t colon = slice_find(line, ':', at);
    bool pair = colon + 1 < line.len && line.ptr[colon + 1] == ' ';
    bool entry = at >= 2 && line.ptr[at - 2] == '-' && colon == line.len;
    struct slice key = pair ? slice_sub(line, at, colon) : SLICE("");
    struct slice value = slice_sub(line, pair ? colon + 2 : at, line.len);
    bool repeated = s->listed && entry && is_masked(key, value);
    s->listed = s->gateway && entry;
    if (repeated) {
        put_until(s, line.ptr);
        s->from = line.ptr + line.len + 1; /* with its line feed */
    } else if (pair && slice_is(key, "gateshift.dev/source")) {
        put_until(s, line.ptr);
        s->from = value.ptr + value.len; /* any text is a good annotation */
    } else if ((pair || entry) && is_masked(key, value)) {
        put_until(s, value.ptr);
        put_number(s, key, value);
        s->from = value.ptr + value.len;
    }
}

/* The text of an object with its usual values numbered; it lives until the next one. */
static struct slice shape_of(struct shaper *s, const struct converted_object *object)
{
    struct slice yaml = object->yaml, rest = yaml, line;
    arena_clear(s->arena);
    s->values = map_new(s->arena);
    s->from = yaml.ptr;
    s->gateway = strcmp(object->kind, "Gateway") == 0;
    s->listed = false;
    buf_clear(&s->shape);
    while (slice_split(&rest, '\n', &line)) {
        put_line(s, line);
    }
    put_until(s, s->from > yaml.ptr + yaml.len ? s->from : yaml.ptr + yaml.len);
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
        struct slice shape = shape_of(&shaper, object);
        if (!map_get(shapes, shape)) {
            map_put(shapes, arena_copy(run->arena, shape), shapes);
            judge(run, schema, &quiet, object);
        }
    }
    buf_release(&shaper.shape);
    arena_close(shaper.arena);
    schema_close(schema);
}
