#include "ingress_nginx/snippets_priv.h"

/* Directives of which the name says what becomes of them, and those of one value. */

enum { S = 1 << SNIPPET_SERVER, L = 1 << SNIPPET_LOCATION, I = 1 << SNIPPET_IF, M = 1 << 30 };
enum table_treatment { QUIET, OFF, TEMPLATE, PARTLY };

static const struct directive_row {
    const char *name;
    unsigned places;
    enum table_treatment treatment;
    enum aspect aspect;
    const char *text;
} rows[] = {
#define D(name, places, treatment, aspect, text)                                                   \
    {name, (unsigned)(places), treatment, ASPECT_##aspect, text},
#include "ingress_nginx/snippet_directives.def"
#undef D
};

static const struct directive_row *row_of(struct slice directive)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(directive, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

void snippet_note_single(struct snippet_reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    *ARENA_PUSH(reader->run->arena, out->singles, out->single_count, out->single_capacity) =
        directive;
}

void snippet_note_partly(struct snippet_reader *reader, struct slice directive, enum aspect aspect,
                         struct slice text)
{
    struct snippet *out = reader->out;
    for (size_t i = 0; i < out->partly_count; i++) {
        if (slice_equal(out->partly[i].directive, directive)) {
            return;
        }
    }
    *ARENA_PUSH(reader->run->arena, out->partly, out->partly_count, out->partly_capacity) =
        (struct snippet_partly){directive, aspect, text};
}

/* A second one in the location is refused, as the template has the first. */
static bool read_templated(struct snippet_reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    struct slice value;
    int64_t bytes;
    char unit;
    if (reader->place == SNIPPET_LOCATION) {
        out->refused = out->refused.ptr ? out->refused : directive;
        return snippet_skip_words(reader);
    }
    if (!slice_is(directive, "client_max_body_size")) {
        return snippet_skip_words(reader);
    }
    bool read = snippet_word(reader->run, &reader->text, &value) &&
                size_parse(value, &bytes, &unit) && unit != 'b';
    if (read) {
        out->body_bytes = bytes == 0 ? -1 : bytes;
    }
    return read;
}

static bool read_row(struct snippet_reader *reader, const struct directive_row *row,
                     struct slice directive)
{
    struct slice text = reader->text, value = SLICE("");
    if (!(row->places & M)) {
        snippet_note_single(reader, directive);
    }
    if (row->treatment == TEMPLATE) {
        return read_templated(reader, directive);
    }
    (void)snippet_word(reader->run, &text, &value);
    if (row->treatment == PARTLY || (row->treatment == OFF && !slice_is(value, "off"))) {
        snippet_note_partly(reader, directive, row->aspect, slice_of(row->text));
    }
    return snippet_skip_words(reader);
}

/* ---- of one value ------------------------------------------------------------------------- */

/* ngx_http_access_module and the like must let in one by one, or one of them is enough. */
static bool read_satisfy(struct snippet_reader *reader, struct slice directive)
{
    (void)directive;
    struct slice value;
    bool read = snippet_word(reader->run, &reader->text, &value) &&
                (slice_is(value, "any") || slice_is(value, "all"));
    reader->out->satisfy = read ? value : SLICE_ABSENT;
    return read;
}

static bool read_intercept(struct snippet_reader *reader, struct slice directive)
{
    (void)directive;
    struct slice value;
    bool read = snippet_word(reader->run, &reader->text, &value) &&
                (slice_is(value, "on") || slice_is(value, "off"));
    reader->out->intercepts = read ? value : SLICE_ABSENT;
    return read;
}

static bool read_type(struct snippet_reader *reader, struct slice directive)
{
    (void)directive;
    return snippet_word(reader->run, &reader->text, &reader->out->type);
}

/* Longest line that a server may have room for: what counts before its name is known is the default server's. */
static bool read_lines(struct snippet_reader *reader, struct slice directive)
{
    struct slice value = SLICE(""), word;
    int64_t bytes;
    while (snippet_word(reader->run, &reader->text, &word)) {
        value = word;
    }
    bool read = plain_size(value, &bytes) && bytes > 0;
    snippet_note_partly(reader, directive, ASPECT_TRAFFIC,
                        SLICE("how long the lines of a request may be"));
    if (read && (uint64_t)bytes > reader->out->line_bytes) {
        reader->out->line_bytes = (uint64_t)bytes;
    }
    return read;
}

/* ngx_http_proxy_hide_headers; without them in a list of hidden ones the directive says nothing. */
static bool read_passed(struct snippet_reader *reader, struct slice directive)
{
    static const char *const hidden[] = {"Date",
                                         "Server",
                                         "X-Pad",
                                         "X-Accel-Expires",
                                         "X-Accel-Redirect",
                                         "X-Accel-Limit-Rate",
                                         "X-Accel-Buffering",
                                         "X-Accel-Charset"};
    struct slice name;
    if (!snippet_word(reader->run, &reader->text, &name)) {
        return false;
    }
    bool usual = false;
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        usual = usual || slice_equal_fold(name, slice_of(hidden[i]));
    }
    if (usual) {
        snippet_note_partly(reader, directive, ASPECT_HEADERS,
                            SLICE("which headers of the backend clients get"));
    } else {
        struct texts *passed = &reader->out->passed;
        *ARENA_PUSH(reader->run->arena, passed->items, passed->count,
                    reader->out->passed_capacity) = name;
    }
    return true;
}

/* Headers of the backend's that direct nginx, or its cache. */
static bool read_ignored(struct snippet_reader *reader, struct slice directive)
{
    static const char *const cached[] = {"Cache-Control", "Expires", "Set-Cookie", "Vary",
                                         "X-Accel-Expires"};
    struct slice name;
    bool quiet = true, any = false;
    while (snippet_word(reader->run, &reader->text, &name)) {
        any = true;
        quiet = quiet && slice_is_one_of(name, cached, ARRAY_LEN(cached));
    }
    if (!quiet) {
        snippet_note_partly(reader, directive, ASPECT_TRAFFIC,
                            SLICE("which headers of the backend direct nginx"));
    }
    return any;
}

/* What the backend says is replaced. Each location has lines of its own, to which more may be added, but none where
 * that is "off" (find_doubles). */
static bool replace(struct snippet_reader *reader, struct slice directive, const char *text)
{
    struct texts *added = &reader->out->replaced;
    if (reader->place != SNIPPET_SERVER) {
        *ARENA_PUSH(reader->run->arena, added->items, added->count,
                    reader->out->replaced_capacity) = directive;
        snippet_note_partly(reader, directive, ASPECT_HEADERS, slice_of(text));
    }
    return snippet_skip_words(reader);
}

static bool read_replaced(struct snippet_reader *reader, struct slice directive)
{
    return replace(reader, directive,
                   slice_is(directive, "proxy_cookie_domain") ? "which domain cookies have"
                   : slice_is(directive, "proxy_cookie_path")
                       ? "which path cookies have"
                       : "which redirects of the backend are changed");
}

static bool read_expires(struct snippet_reader *reader, struct slice directive)
{
    (void)directive;
    return snippet_read_expires(reader);
}

/* The location has one, and in an "if" it leads elsewhere. */
static bool read_pass(struct snippet_reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    if (reader->place != SNIPPET_LOCATION) {
        return false;
    }
    out->refused = out->refused.ptr ? out->refused : directive;
    return snippet_skip_words(reader);
}

static const struct {
    const char *name;
    unsigned places;
    bool (*read)(struct snippet_reader *reader, struct slice directive);
} valued[] = {
    {"client_header_buffer_size", S, read_lines},
    {"default_type", S | L, read_type},
    {"expires", S | L | I, read_expires},
    {"large_client_header_buffers", S, read_lines},
    {"proxy_cookie_domain", S | L | M, read_replaced},
    {"proxy_cookie_path", S | L | M, read_replaced},
    {"proxy_ignore_headers", S | L, read_ignored},
    {"proxy_intercept_errors", S | L, read_intercept},
    {"proxy_pass", L | I | M, read_pass},
    {"proxy_pass_header", S | L | M, read_passed},
    {"proxy_redirect", S | L | M, read_replaced},
    {"satisfy", S | L, read_satisfy},
};

/* ---- all of them -------------------------------------------------------------------------- */

static bool stands(const struct snippet_reader *reader, unsigned places)
{
    enum snippet_place place = reader->place == SNIPPET_OWN ? SNIPPET_LOCATION : reader->place;
    return place == SNIPPET_HTTP || (places & (1U << place));
}

static bool misplace(struct snippet_reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    out->misplaced = out->misplaced.ptr ? out->misplaced : directive;
    return snippet_skip_words(reader);
}

bool snippet_read_directive(struct snippet_reader *reader, struct slice directive, bool *read)
{
    const struct directive_row *row = row_of(directive);
    if (row) {
        *read = stands(reader, row->places) ? read_row(reader, row, directive)
                                            : misplace(reader, directive);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(valued); i++) {
        if (slice_is(directive, valued[i].name)) {
            if (!(valued[i].places & M)) {
                snippet_note_single(reader, directive);
            }
            *read = stands(reader, valued[i].places) ? valued[i].read(reader, directive)
                                                     : misplace(reader, directive);
            return true;
        }
    }
    return false;
}
