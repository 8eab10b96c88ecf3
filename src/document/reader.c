#include "document/document.h"

#include "document/document_priv.h"

#include <string.h>
#include <yaml.h>

/* A container that is being read. Its children wait on the builder's stack until it ends, so that they
 * are copied once, into an array of the right size. */
struct level {
    struct node *node;
    size_t base; /* where its children begin on the stack */
    bool is_map;
};

struct waiting {
    struct slice key;
    struct span span;
    struct node *value; /* null: a key whose value has not come yet */
};

struct anchor {
    struct slice name;
    struct node *node;
    size_t weight; /* nodes below it, itself included */
};

struct reader {
    struct run *run;
    const struct input_file *file;
    yaml_parser_t parser;
    struct arena *scratch;
    struct level *levels;
    size_t level_count, level_capacity;
    struct waiting *stack;
    size_t stack_count, stack_capacity;
    struct anchor *anchors;
    size_t anchor_count, anchor_capacity;
    size_t file_nodes, alias_nodes;
    size_t first_line; /* lines before the text that the parser sees, after a restart */
    struct node *root;
    bool failed; /* this document is left out */
};

static struct span span_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct span){reader->file->file, (uint32_t)(mark.line + 1 + reader->first_line),
                         (uint32_t)(mark.column + 1)};
}

static bool fail(struct reader *reader, enum diag_code code, yaml_mark_t mark, const char *text)
{
    diag_at(reader->run->diag, code, span_of(reader, mark), SLICE_ABSENT, "%s", text);
    reader->failed = true;
    return false;
}

/* ---- the tree ----------------------------------------------------------------------------- */

static struct node *node_new(struct reader *reader, enum node_kind kind, yaml_mark_t mark)
{
    struct node *node = ARENA_NEW(reader->run->arena, struct node);
    node->kind = kind;
    node->span = span_of(reader, mark);
    return node;
}

static bool count_node(struct reader *reader, yaml_mark_t mark)
{
    reader->file_nodes++;
    if (++reader->run->nodes > reader->run->limits.nodes) {
        return fail(reader, DIAG_Y010, mark,
                    "the input has more lists, mappings and scalars than the limit 'nodes' allows; "
                    "split it, or raise the limit with --limit nodes=N");
    }
    return true;
}

static bool refuse_key(struct reader *reader, yaml_mark_t mark)
{
    return fail(reader, DIAG_Y007, mark, "a key must be plain text, not a list or a mapping");
}

/* The key that waits for a value in the innermost mapping; null when a key is due or in a list. */
static struct waiting *pending_key(struct reader *reader)
{
    if (!reader->level_count || !reader->levels[reader->level_count - 1].is_map) {
        return NULL;
    }
    struct level *level = &reader->levels[reader->level_count - 1];
    if (reader->stack_count == level->base) {
        return NULL;
    }
    struct waiting *top = &reader->stack[reader->stack_count - 1];
    return top->value ? NULL : top;
}

static bool expects_key(struct reader *reader)
{
    return reader->level_count && reader->levels[reader->level_count - 1].is_map &&
           !pending_key(reader);
}

/* Puts a complete node where it belongs. */
static void place(struct reader *reader, struct node *node)
{
    if (!reader->level_count) {
        reader->root = node;
        return;
    }
    struct waiting *key = pending_key(reader);
    if (key) {
        key->value = node;
        return;
    }
    struct waiting *item =
        ARENA_PUSH(reader->scratch, reader->stack, reader->stack_count, reader->stack_capacity);
    item->value = node;
}

static void push_key(struct reader *reader, struct slice text, yaml_mark_t mark)
{
    struct waiting *item =
        ARENA_PUSH(reader->scratch, reader->stack, reader->stack_count, reader->stack_capacity);
    *item = (struct waiting){text, span_of(reader, mark), NULL};
}

static bool open_level(struct reader *reader, bool is_map, yaml_mark_t mark)
{
    if (expects_key(reader)) {
        return refuse_key(reader, mark);
    }
    if (reader->level_count >= reader->run->limits.depth) {
        return fail(reader, DIAG_Y009, mark,
                    "lists and mappings are nested deeper than the limit 'depth' allows; "
                    "raise it with --limit depth=N if this is meant");
    }
    struct level *level =
        ARENA_PUSH(reader->scratch, reader->levels, reader->level_count, reader->level_capacity);
    *level = (struct level){node_new(reader, is_map ? NODE_MAP : NODE_LIST, mark),
                            reader->stack_count, is_map};
    return count_node(reader, mark);
}

static const struct waiting *find_key(const struct waiting *items, size_t count, struct slice key)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(items[i].key, key)) {
            return &items[i];
        }
    }
    return NULL;
}

/* Above this many keys a mapping is checked for repeated keys with a hash. */
enum { KEYS_LINEAR = 24 };

static bool check_keys(struct reader *reader, const struct waiting *items, size_t count)
{
    struct map *seen = count > KEYS_LINEAR ? map_new(reader->scratch) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct waiting *before =
            seen ? map_put(seen, items[i].key, (void *)(uintptr_t)&items[i])
                 : find_key(items, i, items[i].key);
        if (before) {
            diag_at(reader->run->diag, DIAG_Y004, items[i].span, SLICE_ABSENT,
                    "key '" SLICE_FMT "' is given twice in one mapping, first in line %u; "
                    "remove one of them",
                    SLICE_ARG(items[i].key), before->span.line);
            reader->failed = true;
            return false;
        }
    }
    return true;
}

/* "<<" takes over keys of other mappings that this one does not have itself. */
static bool merge_keys(struct reader *reader, struct level *level)
{
    for (size_t i = level->base; i < reader->stack_count; i++) {
        if (!slice_is(reader->stack[i].key, "<<")) {
            continue;
        }
        const struct node *from = reader->stack[i].value;
        size_t sources = from->kind == NODE_LIST ? from->count : 1;
        struct waiting merge = reader->stack[i];
        memmove(&reader->stack[i], &reader->stack[i + 1],
                (reader->stack_count - i - 1) * sizeof *reader->stack);
        reader->stack_count--;
        for (size_t s = 0; s < sources; s++) {
            const struct node *map = from->kind == NODE_LIST ? from->items[s] : from;
            if (map->kind != NODE_MAP) {
                diag_at(reader->run->diag, DIAG_Y008, merge.span, SLICE_ABSENT,
                        "'<<' takes a mapping or a list of mappings");
                reader->failed = true;
                return false;
            }
            for (size_t p = 0; p < map->count; p++) {
                if (find_key(reader->stack + level->base, reader->stack_count - level->base,
                             map->pairs[p].key)) {
                    continue;
                }
                struct waiting *item = ARENA_PUSH(reader->scratch, reader->stack,
                                                  reader->stack_count, reader->stack_capacity);
                *item = (struct waiting){map->pairs[p].key, map->pairs[p].span, map->pairs[p].value};
            }
        }
        return true;
    }
    return true;
}

static bool close_level(struct reader *reader)
{
    struct level level = reader->levels[reader->level_count - 1];
    struct node *node = level.node;
    if (level.is_map && !merge_keys(reader, &level)) {
        return false;
    }
    size_t count = reader->stack_count - level.base;
    const struct waiting *items = reader->stack + level.base;
    if (level.is_map && !check_keys(reader, items, count)) {
        return false;
    }
    node->count = (uint32_t)count;
    if (level.is_map) {
        node->pairs = ARENA_ARRAY(reader->run->arena, struct pair, count);
        for (size_t i = 0; i < count; i++) {
            node->pairs[i] = (struct pair){items[i].key, items[i].span, items[i].value};
        }
    } else {
        node->items = ARENA_ARRAY(reader->run->arena, struct node *, count);
        for (size_t i = 0; i < count; i++) {
            node->items[i] = items[i].value;
        }
    }
    reader->stack_count = level.base;
    reader->level_count--;
    place(reader, node);
    return true;
}

/* ---- events ------------------------------------------------------------------------------- */

static struct slice event_text(const yaml_char_t *text)
{
    return slice_of((const char *)text);
}

static void remember(struct reader *reader, const yaml_char_t *anchor, struct node *node)
{
    if (anchor) {
        struct anchor *item = ARENA_PUSH(reader->scratch, reader->anchors, reader->anchor_count,
                                         reader->anchor_capacity);
        *item = (struct anchor){arena_copy(reader->scratch, event_text(anchor)), node, 0};
    }
}

static size_t weigh(const struct node *node, size_t limit)
{
    size_t total = 1;
    for (size_t i = 0; node->kind == NODE_LIST && i < node->count && total < limit; i++) {
        total += weigh(node->items[i], limit - total);
    }
    for (size_t i = 0; node->kind == NODE_MAP && i < node->count && total < limit; i++) {
        total += weigh(node->pairs[i].value, limit - total);
    }
    return total;
}

static bool on_alias(struct reader *reader, const yaml_event_t *event)
{
    struct slice name = event_text(event->data.alias.anchor);
    for (size_t i = reader->anchor_count; i-- > 0;) {
        struct anchor *anchor = &reader->anchors[i];
        if (!slice_equal(anchor->name, name)) {
            continue;
        }
        for (size_t l = 0; l < reader->level_count; l++) {
            if (reader->levels[l].node == anchor->node) {
                return fail(reader, DIAG_Y011, event->start_mark, "an alias refers to itself");
            }
        }
        size_t limit = reader->run->limits.alias_factor * (reader->file->text.len + 1);
        if (!anchor->weight) {
            anchor->weight = weigh(anchor->node, limit + 1);
        }
        reader->alias_nodes += anchor->weight;
        if (reader->alias_nodes > limit) {
            return fail(reader, DIAG_Y012, event->start_mark,
                        "aliases make the document far larger than its text; write it out, or "
                        "raise the limit with --limit alias-factor=N");
        }
        if (expects_key(reader)) {
            if (anchor->node->kind == NODE_LIST || anchor->node->kind == NODE_MAP) {
                return refuse_key(reader, event->start_mark);
            }
            push_key(reader, anchor->node->text, event->start_mark);
        } else {
            place(reader, anchor->node);
        }
        return true;
    }
    diag_at(reader->run->diag, DIAG_Y011, span_of(reader, event->start_mark), SLICE_ABSENT,
            "alias '*" SLICE_FMT "' has no anchor '&" SLICE_FMT "' before it", SLICE_ARG(name),
            SLICE_ARG(name));
    reader->failed = true;
    return false;
}

static bool is_tag(const yaml_char_t *tag, const char *name)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *text = (const char *)tag;
    return strncmp(text, core, sizeof core - 1) == 0 && strcmp(text + sizeof core - 1, name) == 0;
}

static bool type_scalar(struct reader *reader, struct node *node, const yaml_event_t *event)
{
    const yaml_char_t *tag = event->data.scalar.tag;
    if (!tag) {
        if (node->plain) {
            scalar_resolve(node);
        }
        return true;
    }
    if (is_tag(tag, "str") || strcmp((const char *)tag, "!") == 0) {
        return true;
    }
    if (is_tag(tag, "int") || is_tag(tag, "float") || is_tag(tag, "bool") || is_tag(tag, "null")) {
        scalar_resolve(node);
        return true;
    }
    return fail(reader, DIAG_Y013, event->start_mark,
                "a YAML tag that Kubernetes does not know; remove it (is this a template that has "
                "to be rendered first?)");
}

static bool on_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct slice raw = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (raw.len > reader->run->limits.scalar_bytes) {
        return fail(reader, DIAG_Y014, event->start_mark,
                    "a text is longer than the limit 'scalar-bytes' allows; shorten it, or raise "
                    "the limit with --limit scalar-bytes=N");
    }
    if (raw.len && memchr(raw.ptr, '\0', raw.len)) {
        return fail(reader, DIAG_Y003, event->start_mark, "a text holds a NUL byte; remove it");
    }
    if (!count_node(reader, event->start_mark)) {
        return false;
    }
    struct slice text = arena_copy(reader->run->arena, raw);
    if (expects_key(reader)) {
        if (event->data.scalar.anchor) {
            struct node *node = node_new(reader, NODE_STRING, event->start_mark);
            node->text = text;
            remember(reader, event->data.scalar.anchor, node);
        }
        push_key(reader, text, event->start_mark);
        return true;
    }
    struct node *node = node_new(reader, NODE_STRING, event->start_mark);
    node->text = text;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!type_scalar(reader, node, event)) {
        return false;
    }
    remember(reader, event->data.scalar.anchor, node);
    place(reader, node);
    return true;
}

static bool on_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(reader, event);
    case YAML_ALIAS_EVENT:
        return on_alias(reader, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT: {
        bool is_map = event->type == YAML_MAPPING_START_EVENT;
        if (!open_level(reader, is_map, event->start_mark)) {
            return false;
        }
        remember(reader,
                 is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
                 reader->levels[reader->level_count - 1].node);
        return true;
    }
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_level(reader);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static void forget_document(struct reader *reader)
{
    reader->level_count = 0;
    reader->stack_count = 0;
    reader->anchor_count = 0;
    reader->root = NULL;
    reader->failed = false;
}

/* What libyaml says, in words that help. */
static void report(struct reader *reader, struct slice text)
{
    const yaml_parser_t *parser = &reader->parser;
    yaml_mark_t mark = parser->problem_mark;
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    struct span span = span_of(reader, mark);
    if (parser->error == YAML_READER_ERROR) {
        /* Reader errors carry a byte offset only. */
        span.line = (uint32_t)(1 + reader->first_line);
        span.column = 1;
        for (size_t i = 0; i < parser->problem_offset && i < text.len; i++) {
            span.line += text.ptr[i] == '\n';
            span.column = text.ptr[i] == '\n' ? 1 : span.column + 1;
        }
        diag_at(reader->run->diag, DIAG_Y002, span, SLICE_ABSENT,
                "this is not text in UTF-8 (%s); is it a binary file?", problem);
        return;
    }
    if (strstr(problem, "found character that cannot start any token")) {
        struct slice line = text;
        for (size_t n = 0; n < mark.line && line.ptr; n++) {
            struct slice skipped;
            (void)slice_split(&line, '\n', &skipped);
        }
        struct slice here = slice_sub(line, mark.column, mark.column + 1);
        if (slice_is(here, "\t")) {
            diag_at(reader->run->diag, DIAG_Y005, span, SLICE_ABSENT,
                    "a tab is used for indentation; YAML allows spaces only");
            return;
        }
        diag_at(reader->run->diag, DIAG_Y001, span, SLICE_ABSENT,
                "'" SLICE_FMT "' cannot begin a value here; put the value in quotes%s",
                SLICE_ARG(here),
                slice_is(here, "%") || slice_is(here, "@") || slice_is(here, "`")
                    ? ""
                    : " (is this a template that has to be rendered first?)");
        return;
    }
    diag_at(reader->run->diag, DIAG_Y001, span, SLICE_ABSENT, "not valid YAML: %s%s%s", problem,
            parser->context ? ", " : "", parser->context ? parser->context : "");
}

/* Reads `text` until its end or an error; the byte position where reading stopped is the result. */
static bool read_stream(struct reader *reader, struct slice text, struct documents *out,
                        size_t *stopped)
{
    yaml_event_t event;
    bool going = true;
    while (going) {
        if (!yaml_parser_parse(&reader->parser, &event)) {
            report(reader, text);
            *stopped = reader->parser.error == YAML_READER_ERROR ? reader->parser.problem_offset
                                                                 : reader->parser.problem_mark.index;
            return false;
        }
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            forget_document(reader);
        } else if (event.type == YAML_DOCUMENT_END_EVENT) {
            if (!reader->failed && reader->root && reader->root->kind != NODE_NULL) {
                *ARENA_PUSH(reader->run->arena, out->roots, out->count, out->capacity) =
                    reader->root;
            }
        } else if (event.type == YAML_STREAM_END_EVENT) {
            going = false;
        } else if (!reader->failed) {
            (void)on_event(reader, &event);
        }
        *stopped = event.end_mark.index;
        yaml_event_delete(&event);
        if (reader->run->nodes > reader->run->limits.nodes) {
            return false;
        }
        if (reader->failed && reader->level_count >= reader->run->limits.depth) {
            /* Nothing is gained from parsing on through a tower of brackets. */
            return false;
        }
    }
    return true;
}

/* Where the next document begins: a line of "---" at or after `from` characters; false at the end. */
static bool next_document(struct slice text, size_t line, size_t *position, size_t *lines)
{
    size_t at = 0, number = 0;
    while (at < text.len) {
        size_t end = slice_find(text, '\n', at);
        struct slice here = slice_sub(text, at, end);
        bool marker = slice_starts(here, SLICE("---")) &&
                      (here.len == 3 || here.ptr[3] == ' ' || here.ptr[3] == '\r' ||
                       here.ptr[3] == '\t');
        if (marker && number > line) {
            *position = at;
            *lines = number;
            return true;
        }
        at = end + 1;
        number++;
    }
    return false;
}

void document_read(struct run *run, const struct input_file *file, struct documents *out)
{
    struct reader reader = {.run = run, .file = file, .scratch = arena_open(0, NULL, NULL)};
    struct slice text = json_prepare(run, file->text);
    bool more = true;
    while (more) {
        more = false;
        if (!yaml_parser_initialize(&reader.parser)) {
            break;
        }
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.ptr, text.len);
        size_t stopped = 0, position, lines;
        forget_document(&reader);
        if (!read_stream(&reader, text, out, &stopped)) {
            size_t line = reader.parser.error == YAML_READER_ERROR ? SIZE_MAX
                                                                   : reader.parser.mark.line;
            size_t problem = reader.parser.problem_mark.line;
            more = run->nodes <= run->limits.nodes && line != SIZE_MAX &&
                   next_document(text, problem < line && problem ? problem : line, &position,
                                 &lines);
            if (more) {
                text = slice_sub(text, position, text.len);
                reader.first_line += lines;
            }
        }
        yaml_parser_delete(&reader.parser);
    }
    arena_close(reader.scratch);
}
