/* Reads documents with libyaml's events; what is not text, or not YAML, costs one document only. */
#include "document/document.h"

#include "document/document_priv.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { PORTION_FIRST = 256, PORTION_LAST = 1 << 16 };

struct reader {
    struct builder builder;
    const struct input_file *file;
    struct slice text;
    struct place base;    /* where the text that the parser sees begins */
    yaml_mark_t document; /* where the document that is read begins */
    yaml_parser_t parser;
    size_t fed, portion; /* position up to which the parser has the text; bytes that it gets next */
};

static struct span span_of(const struct reader *reader, yaml_mark_t mark)
{
    const size_t column = mark.column + (mark.line ? 1 : reader->base.column);
    return (struct span){reader->file->file, (uint32_t)(mark.line + reader->base.line),
                         (uint32_t)column};
}

/* Marks count characters. */
static size_t position_of(const struct reader *reader, yaml_mark_t mark)
{
    return text_skip_chars(reader->text, reader->base.at, mark.index);
}

/* ---- events ------------------------------------------------------------------------------- */

static bool on_scalar(struct reader *reader, const yaml_event_t *event)
{
    const struct scalar scalar = {
        .text = {(const char *)event->data.scalar.value, event->data.scalar.length},
        .span = span_of(reader, event->start_mark),
        .plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
        .tag = (const char *)event->data.scalar.tag,
        .anchor = (const char *)event->data.scalar.anchor,
    };
    return builder_scalar(&reader->builder, &scalar);
}

/* Looks at the document up to the line of `mark`; reports the first line of a template in it. */
static bool report_template(const struct reader *reader, yaml_mark_t mark)
{
    const size_t stopped = position_of(reader, mark);
    const size_t end =
        text_line_start(reader->text, stopped) + text_line(reader->text, stopped).len;
    size_t at;
    if (!problem_find_template(reader->text, position_of(reader, reader->document), end, &at)) {
        return false;
    }
    struct span span = {reader->file->file, reader->base.line, reader->base.column};
    text_advance(reader->text, reader->base.at, at, &span.line, &span.column);
    problem_report_template(reader->builder.run, span);
    return true;
}

static bool on_mapping(struct reader *reader, const yaml_event_t *event)
{
    const struct span span = span_of(reader, event->start_mark);
    /* "{{ name }}" is a mapping whose key is a mapping. */
    if (builder_expects_key(&reader->builder) && report_template(reader, event->start_mark)) {
        return false;
    }
    return builder_open(&reader->builder, true, span, (const char *)event->data.mapping_start.tag,
                        (const char *)event->data.mapping_start.anchor);
}

/* False when nothing more is to be read of this document. */
static bool on_event(struct reader *reader, const yaml_event_t *event)
{
    struct builder *builder = &reader->builder;
    const struct span span = span_of(reader, event->start_mark);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(reader, event);
    case YAML_ALIAS_EVENT:
        return builder_alias(builder, slice_of((const char *)event->data.alias.anchor), span);
    case YAML_SEQUENCE_START_EVENT:
        return builder_open(builder, false, span, (const char *)event->data.sequence_start.tag,
                            (const char *)event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return on_mapping(reader, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return builder_close(builder);
    case YAML_DOCUMENT_START_EVENT:
        builder_begin(builder);
        return true;
    case YAML_DOCUMENT_END_EVENT:
        builder_end(builder);
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
        return true;
    }
    return true;
}

/* ---- faults ------------------------------------------------------------------------------- */

/* The end of a file whose last line has no line break lies in that line; libyaml puts it into the next one
 * (scanner.c, yaml_parser_fetch_stream_end). */
static struct span problem_span(const struct reader *reader, size_t at)
{
    struct span span = span_of(reader, reader->parser.problem_mark);
    if (at == reader->text.len && text_line(reader->text, at).len) {
        span.line = reader->base.line;
        span.column = reader->base.column;
        text_advance(reader->text, reader->base.at, at, &span.line, &span.column);
    }
    return span;
}

/* What libyaml says, in words that help. */
static void report(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const size_t at = position_of(reader, parser->problem_mark);
    const struct problem problem = {
        .text = parser->problem ? parser->problem : "it cannot be read",
        .context = parser->context,
        .at = problem_span(reader, at),
        .from = span_of(reader, parser->context_mark),
        .byte = at < reader->text.len ? reader->text.ptr[at] : '\0',
    };
    if (!report_template(reader, parser->problem_mark)) {
        problem_report(reader->builder.run, &problem);
    }
}

/* ---- secrets ------------------------------------------------------------------------------ */

/* libyaml frees what it holds as it is: its public structures lead to most of that, and to none of the blocks
 * that it left when a text outgrew them. GNU's C library overwrites what is freed on demand (mallopt(3),
 * M_PERTURB), but for the few small blocks that each thread keeps at hand (malloc/malloc.c, tcache). */
static void overwrite_freed(bool on)
{
#ifdef __GLIBC__
    (void)mallopt(M_PERTURB, on ? 0xff : 0);
#else
    (void)on;
#endif
}

/* Takes the blocks at hand of the sizes that texts grow through (libyaml's scanner.c doubles 16 bytes). */
static void overwrite_kept(void)
{
    enum { KEPT_OF_A_SIZE = 7, KEPT_SIZE_MAX = 1024 };
    void *blocks[KEPT_OF_A_SIZE];
    for (size_t size = 16; size <= KEPT_SIZE_MAX; size *= 2) {
        for (size_t i = 0; i < KEPT_OF_A_SIZE; i++) {
            blocks[i] = malloc(size);
            memory_wipe(blocks[i], blocks[i] ? size : 0);
        }
        for (size_t i = 0; i < KEPT_OF_A_SIZE; i++) {
            free(blocks[i]);
        }
    }
}

static void wipe_event(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT) {
        memory_wipe(event->data.scalar.value, event->data.scalar.length);
    }
}

static void wipe_parser(yaml_parser_t *parser)
{
    for (const yaml_token_t *token = parser->tokens.head; token != parser->tokens.tail; token++) {
        if (token->type == YAML_SCALAR_TOKEN) {
            memory_wipe(token->data.scalar.value, token->data.scalar.length);
        }
    }
    memory_wipe(parser->raw_buffer.start,
                (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    memory_wipe(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
}

/* ---- documents ---------------------------------------------------------------------------- */

/* Half of all events hold nothing that libyaml would have to free. */
static bool holds_nothing(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return true;
    case YAML_SEQUENCE_START_EVENT:
        return !event->data.sequence_start.anchor && !event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return !event->data.mapping_start.anchor && !event->data.mapping_start.tag;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_SCALAR_EVENT:
        return false;
    }
    return false;
}

/* Reads the text up to its end or to a fault; true at the end, otherwise *stopped is the place. */
static bool read_stream(struct reader *reader, yaml_mark_t *stopped)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            report(reader);
            *stopped = reader->parser.problem_mark;
            return false;
        }
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            reader->document = event.start_mark;
        }
        const bool going = on_event(reader, &event);
        const bool ended = event.type == YAML_STREAM_END_EVENT;
        if (!going) {
            *stopped = event.start_mark;
        }
        if (reader->builder.hidden) {
            wipe_event(&event);
        }
        if (!holds_nothing(&event)) {
            yaml_event_delete(&event);
        }
        if (!going || ended) {
            return going;
        }
    }
}

/* Hands the parser its text in growing portions, so that a file with a fault in each of its small documents
 * is not decoded from each of them far ahead. */
static int feed(void *user, unsigned char *buffer, size_t size, size_t *size_read)
{
    struct reader *reader = user;
    size_t count = reader->text.len - reader->fed;
    count = count < reader->portion ? count : reader->portion;
    count = count < size ? count : size;
    if (count) {
        memcpy(buffer, reader->text.ptr + reader->fed, count);
    }
    reader->fed += count;
    reader->portion = reader->portion < PORTION_LAST ? reader->portion * 2 : PORTION_LAST;
    *size_read = count;
    return 1;
}

static void move_to(struct reader *reader, struct place *place, size_t at)
{
    if (at < reader->file->text.len) { /* nobody asks where the end of the file is */
        text_advance(reader->text, place->at, at, &place->line, &place->column);
    }
    place->at = at;
}

/* Reads with libyaml from *place on, and moves it to where reading can go on. */
static void read_yaml(struct reader *reader, struct place *place)
{
    const bool hidden = reader->builder.hidden;
    if (hidden) {
        overwrite_freed(true);
    }
    if (!yaml_parser_initialize(&reader->parser)) {
        (void)arena_alloc(reader->builder.run->arena, SIZE_MAX); /* says that there is no memory */
    }
    yaml_parser_set_input(&reader->parser, feed, reader);
    reader->fed = place->at;
    reader->portion = PORTION_FIRST;
    reader->base = *place;
    reader->document = (yaml_mark_t){0};
    builder_begin(&reader->builder);
    yaml_mark_t stopped;
    size_t next = reader->text.len;
    if (!read_stream(reader, &stopped)) {
        /* The line of the fault may be the "---" of the next document, not that of this one. */
        const size_t document = position_of(reader, reader->document);
        const size_t line = text_line_start(reader->text, position_of(reader, stopped));
        next = text_next_document(reader->text, line > document ? line : document + 1);
    }
    if (hidden) {
        wipe_parser(&reader->parser);
    }
    yaml_parser_delete(&reader->parser);
    if (hidden) {
        overwrite_kept();
        overwrite_freed(false);
    }
    move_to(reader, place, next);
}

static bool may_read_on(const struct reader *reader, const struct place *place)
{
    const struct run *run = reader->builder.run;
    return place->at < reader->text.len && run->nodes <= run->limits.nodes;
}

/* Reads the text from *place on to its end; all of it can stand in YAML. */
static void read_part(struct reader *reader, struct place *place)
{
    while (may_read_on(reader, place)) {
        if (json_looks_like(slice_sub(reader->text, place->at, reader->text.len)) &&
            !json_read(&reader->builder, reader->text, place)) {
            move_to(reader, place, text_next_document(reader->text, place->at + 1));
        } else if (may_read_on(reader, place)) {
            read_yaml(reader, place);
        }
    }
}

static void read_file(struct run *run, const struct input_file *file, document_fn *each, void *user)
{
    struct reader reader = {.file = file};
    struct place place = {0, 1, 1};
    builder_init(&reader.builder, run, file, each, user);
    bool more = file->text.len > 0;
    while (more) {
        /* libyaml reads ahead, so a bad character would cost documents that lie before it. */
        const size_t bad = text_first_bad(file->text, place.at);
        const bool clean = bad == file->text.len;
        const size_t end = clean ? bad : text_document_start(file->text, place.at, bad);
        reader.text = slice_sub(file->text, 0, end);
        read_part(&reader, &place);
        reader.text = file->text;
        more = !clean && run->nodes <= run->limits.nodes;
        if (more) {
            move_to(&reader, &place, bad);
            problem_report_bad(run, file->text, bad,
                               (struct span){file->file, place.line, place.column});
            move_to(&reader, &place, text_next_document(file->text, bad + 1));
            more = place.at < file->text.len;
        }
    }
    builder_release(&reader.builder);
}

void document_read(struct run *run, const struct input_file *file, struct documents *out)
{
    read_file(run, file, NULL, out);
}

void document_read_each(struct run *run, const struct input_file *file, document_fn *each,
                        void *user)
{
    read_file(run, file, each, user);
}
