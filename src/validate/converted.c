#include "validate/validate_priv.h"

#include <string.h>

/* ---- the shape of an object ------------------------------------------------------------------ */

enum { LABEL_MAX = 63, HOST_MAX = 253, PATH_MAX_USUAL = 1024 };

/* DNS labels with a separator between them; for one of them, every schema of Gateway API takes every other one
 * in the place of any name. */
static bool are_usual_words(struct slice s, char separator)
{
    size_t start = 0;
    char before = separator;
    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : separator;
        if (c >= 'a' && c <= 'z') { /* as most are */
            before = c;
            continue;
        }
        if (c == separator) {
            if (before == separator || before == '-' || i - start > LABEL_MAX) {
                return false;
            }
            start = i + 1;
        } else if (before == separator || !((c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
        before = c;
    }
    return true;
}

/* A host, or the name of an object. */
static bool is_usual_host(struct slice s)
{
    return s.len <= HOST_MAX && are_usual_words(s, '.');
}

/* "/a/b-c", or "/": no schema looks into such a path. */
static bool is_usual_path(struct slice s)
{
    return s.len && s.len <= PATH_MAX_USUAL && s.ptr[0] == '/' &&
           (s.len == 1 || are_usual_words(slice_sub(s, 1, s.len), '/'));
}

/* The value of a label; no schema tells one from another. */
static bool is_usual_label(struct slice s)
{
    return s.len <= LABEL_MAX && are_usual_words(s, '\0');
}

enum { VALUES_FEW = 16 };

struct shaper {
    struct arena *arena;
    struct slice values[VALUES_FEW]; /* of this object, each at its number */
    size_t value_count;
    struct map *more; /* all of them, where there are more */
    struct buf shape;
    const char *from; /* what comes before this byte is in the shape */
    bool gateway;     /* no rule for a Gateway compares namespaces, or entries of a list of texts */
    bool listed;      /* the line before was such an entry; lists of texts there have no longest
                         length */
    bool metadata;    /* the line is below "metadata:" */
    bool labels;      /* and below "labels:" */
};

/* What stands for the value of a line. */
enum mask {
    MASK_NONE,   /* the value itself */
    MASK_NUMBER, /* equal values get equal numbers: what has to differ, or be the same, still shows */
    MASK_ANY     /* one mark for all: no rule compares it with anything */
};

/* Where a value stands; for it, not for others, other values may stand as well. */
enum place {
    PLACE_NONE,
    PLACE_NAME,
    PLACE_NAMESPACE,
    PLACE_PATH,
    PLACE_SOURCE, /* any text is a good annotation */
    PLACE_LABEL,
    PLACE_ENTRY /* a text in a list */
};

static const struct {
    struct slice key;
    enum place place;
} keys[] = {{{"name: ", 6}, PLACE_NAME},         {{"namespace: ", 11}, PLACE_NAMESPACE},
            {{"sectionName: ", 13}, PLACE_NAME}, {{"hostname: ", 10}, PLACE_NAME},
            {{"value: ", 7}, PLACE_PATH},        {{"gateshift.dev/source: ", 22}, PLACE_SOURCE}};

/* Of "  - key: value", or "  - text"; `at` is the first byte after blanks and dashes. */
static enum place place_of(const struct shaper *s, struct slice text, size_t at,
                           struct slice *value)
{
    struct slice rest = slice_sub(text, at, text.len);
    if (s->labels) {
        *value = slice_sub(rest, slice_find(rest, ':', 0) + 2, rest.len);
        return PLACE_LABEL;
    }
    for (size_t i = 0; rest.len && i < ARRAY_LEN(keys); i++) {
        if (rest.ptr[0] == keys[i].key.ptr[0] && slice_starts(rest, keys[i].key)) {
            *value = slice_sub(rest, keys[i].key.len, rest.len);
            return keys[i].place;
        }
    }
    bool entry = at >= 2 && text.ptr[at - 2] == '-' && slice_find(rest, ':', 0) == rest.len;
    *value = rest;
    return entry ? PLACE_ENTRY : PLACE_NONE;
}

static enum mask mask_of(const struct shaper *s, enum place place, struct slice value)
{
    switch (place) {
    case PLACE_NAME:
        return is_usual_host(value) ? MASK_NUMBER : MASK_NONE;
    case PLACE_NAMESPACE:
    case PLACE_ENTRY:
        return !is_usual_host(value) ? MASK_NONE : (s->gateway ? MASK_ANY : MASK_NUMBER);
    case PLACE_PATH:
        return is_usual_path(value) ? MASK_NUMBER : MASK_NONE;
    case PLACE_LABEL:
        return is_usual_label(value) ? MASK_ANY : MASK_NONE;
    case PLACE_SOURCE:
        return MASK_ANY;
    case PLACE_NONE:
        break;
    }
    return MASK_NONE;
}

static void put_until(struct shaper *s, const char *end)
{
    buf_put(&s->shape, (struct slice){s->from, (size_t)(end - s->from)});
}

/* Equal values have equal numbers, from 1 on. */
static size_t number_of(struct shaper *s, struct slice value)
{
    if (!s->more) {
        for (size_t i = 0; i < s->value_count; i++) {
            if (slice_equal(s->values[i], value)) {
                return i + 1;
            }
        }
        if (s->value_count < VALUES_FEW) {
            s->values[s->value_count++] = value;
            return s->value_count;
        }
        s->more = map_new(s->arena);
        for (size_t i = 0; i < VALUES_FEW; i++) {
            map_put(s->more, s->values[i], (void *)(uintptr_t)(i + 1));
        }
    }
    const uintptr_t next = map_count(s->more) + 1;
    const uintptr_t before = (uintptr_t)map_add(s->more, value, (void *)next);
    return before ? before : next;
}

/* No text has a byte of 0 or 1. */
static void put_mask(struct shaper *s, struct slice value, enum mask mask)
{
    put_until(s, value.ptr);
    s->from = value.ptr + value.len;
    buf_putc(&s->shape, '\1');
    size_t number = mask == MASK_NUMBER ? number_of(s, value) : 0;
    for (; number; number >>= 6) {
        buf_putc(&s->shape, (char)(0x40 | (number & 0x3f)));
    }
}

static bool is_margin(char c)
{
    return c == ' ' || c == '-';
}

/* A key alone, as in half of all lines, too deep to be one of the metadata. */
static bool is_deep_key(struct slice text)
{
    return text.len > 3 && text.ptr[text.len - 1] == ':' && is_margin(text.ptr[0]) &&
           is_margin(text.ptr[1]) && is_margin(text.ptr[2]);
}

static void put_line(struct shaper *s, struct slice text)
{
    size_t at = 0;
    if (is_deep_key(text)) {
        s->listed = false;
        return;
    }
    while (at < text.len && is_margin(text.ptr[at])) {
        at++;
    }
    if (at == 0) {
        s->metadata = slice_equal(text, SLICE("metadata:"));
    }
    if (at <= 2) {
        s->labels = s->metadata && slice_equal(text, SLICE("  labels:"));
    }
    if (text.len && text.ptr[text.len - 1] == ':') {
        s->listed = false;
        return;
    }
    struct slice value;
    enum place place = place_of(s, text, at, &value);
    enum mask mask = mask_of(s, place, value);
    bool repeated = s->listed && place == PLACE_ENTRY && mask;
    s->listed = s->gateway && place == PLACE_ENTRY;
    if (repeated) {
        put_until(s, text.ptr);
        s->from = text.ptr + text.len + 1; /* with its line feed */
    } else if (mask) {
        put_mask(s, value, mask);
    }
}

/* The text of an object with its usual values masked; it lives until the next one. */
static struct slice shape_of(struct shaper *s, const struct converted_object *object)
{
    struct slice yaml = object->yaml, rest = yaml, line;
    if (s->more) {
        s->more = NULL;
        arena_clear(s->arena);
    }
    s->value_count = 0;
    s->from = yaml.ptr;
    s->gateway = strcmp(object->kind, "Gateway") == 0;
    s->listed = s->metadata = s->labels = false;
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
