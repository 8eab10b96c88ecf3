#include "ingress_nginx/snippets_priv.h"

/* ---- addresses ---------------------------------------------------------------------------- */

static void put_network(struct run *run, struct networks *list, size_t *capacity,
                        const struct network *network)
{
    *ARENA_PUSH(run->arena, list->items, list->count, *capacity) = *network;
}

/* ngx_http_access_module: the first line that fits decides. A refusal after the first line that lets in is
 * understood only where it is of all others. */
static bool read_access(struct snippet_reader *reader, bool allows)
{
    struct snippet_access *access = &reader->out->access;
    struct slice word;
    struct network network;
    if (!snippet_word(reader->run, &reader->text, &word)) {
        return false;
    }
    access->present = true;
    if (access->over) {
        return true;
    }
    if (slice_is(word, "all")) {
        access->over = true;
        access->closed = !allows;
        return true;
    }
    if (!network_parse(word, &network) || (!allows && access->allow.count)) {
        return false;
    }
    if (allows) {
        put_network(reader->run, &access->allow, &access->allow_capacity, &network);
    } else {
        put_network(reader->run, &access->deny, &access->deny_capacity, &network);
    }
    return true;
}

/* ---- directives of one place ---------------------------------------------------------------- */

/* The template writes them at the level of http. */
static const char *const of_http[] = {"keepalive_timeout",
                                      "keepalive_requests",
                                      "client_header_timeout",
                                      "client_header_buffer_size",
                                      "large_client_header_buffers",
                                      "client_body_buffer_size",
                                      "client_body_timeout",
                                      "tcp_nodelay",
                                      "tcp_nopush",
                                      "reset_timedout_connection",
                                      "underscores_in_headers",
                                      "ignore_invalid_headers",
                                      "server_tokens",
                                      "http2_max_concurrent_streams",
                                      "log_subrequest",
                                      "proxy_ssl_session_reuse",
                                      "port_in_redirect",
                                      "server_name_in_redirect",
                                      "limit_req_status",
                                      "limit_conn_status",
                                      "default_type",
                                      "types_hash_max_size",
                                      "server_names_hash_max_size",
                                      "server_names_hash_bucket_size",
                                      "map_hash_bucket_size",
                                      "proxy_headers_hash_max_size",
                                      "proxy_headers_hash_bucket_size",
                                      "variables_hash_bucket_size",
                                      "variables_hash_max_size",
                                      "ssl_buffer_size",
                                      "ssl_ciphers",
                                      "ssl_ecdh_curve",
                                      "ssl_prefer_server_ciphers",
                                      "ssl_protocols",
                                      "ssl_session_cache",
                                      "ssl_session_tickets",
                                      "ssl_session_timeout",
                                      "proxy_pass"};
/* What they make is used by nobody who is understood. */
static const char *const definitions[] = {"log_format", "limit_req_zone", "limit_conn_zone",
                                          "proxy_cache_path"};
/* The location of a request to an auth service has none of these from the template. */
static const char *const of_auth[] = {
    "proxy_connect_timeout", "proxy_send_timeout",  "proxy_read_timeout", "proxy_ssl_name",
    "proxy_ssl_ciphers",     "proxy_ssl_protocols", "access_log",         "error_log"};

/* ---- the rewrite module ------------------------------------------------------------------- */

static bool read_statement(struct snippet_reader *reader, struct slice directive);

/* Statements up to the '}'. */
static bool read_body(struct snippet_reader *reader, enum snippet_place place, struct snippet *out)
{
    *out = (struct snippet){.body_bytes = -2};
    if (!snippet_takes(&reader->text, '{')) {
        return false;
    }
    struct snippet_reader inner = {reader->run, place, reader->own, reader->text, out};
    while (!snippet_takes(&inner.text, '}')) {
        struct slice directive;
        if (!snippet_word(inner.run, &inner.text, &directive) ||
            !read_statement(&inner, directive)) {
            return false;
        }
    }
    reader->text = inner.text;
    return true;
}

/* What was set before is known inside as well. */
static bool read_if(struct snippet_reader *reader, struct snippet_step *step)
{
    struct snippet *out = reader->out;
    struct snippet *block = ARENA_NEW(reader->run->arena, struct snippet);
    bool server = reader->place == SNIPPET_SERVER;
    step->kind = STEP_IF;
    step->block = block;
    bool read = snippet_read_condition(reader->run, &reader->text, out, &step->condition) &&
                read_body(reader, server ? SNIPPET_SERVER_IF : SNIPPET_IF, block);
    out->misplaced = out->misplaced.ptr ? out->misplaced : block->misplaced;
    if (step->condition.refused && !out->misplaced.ptr) {
        out->misplaced = SLICE("if");
    }
    return read;
}

static bool is_step(struct slice directive)
{
    static const char *const steps[] = {"if", "return", "rewrite", "set", "break"};
    return slice_is_one_of(directive, steps, ARRAY_LEN(steps));
}

static bool read_step(struct snippet_reader *reader, struct slice directive)
{
    struct snippet_step step = {.kind = STEP_ANSWER};
    bool inside = reader->place == SNIPPET_IF || reader->place == SNIPPET_SERVER_IF;
    bool server = reader->place == SNIPPET_SERVER || reader->place == SNIPPET_SERVER_IF;
    bool read;
    if (slice_is(directive, "if")) {
        read = !inside && read_if(reader, &step);
    } else if (slice_is(directive, "return")) {
        read = snippet_read_return(reader->run, &reader->text, &step);
    } else if (slice_is(directive, "rewrite")) {
        step.kind = STEP_REWRITE;
        read = snippet_read_rewrite(reader->run, reader->place, &reader->text, &step);
    } else if (slice_is(directive, "set")) {
        step.kind = STEP_SET;
        read = snippet_read_set(reader->run, &reader->text, &step);
    } else { /* a server goes on behind its own text */
        step.kind = STEP_BREAK;
        read = !server && snippet_takes(&reader->text, ';');
    }
    struct snippet *out = reader->out;
    if (read) {
        *ARENA_PUSH(reader->run->arena, out->steps, out->step_count, out->step_capacity) = step;
    }
    return read;
}

/* ngx_http_core_location: "=", "^~", "~" or "~*" may stand before the path, also without a blank. */
static bool read_location(struct snippet_reader *reader, struct own_location *own)
{
    static const struct {
        const char *sign;
        enum own_kind kind;
        bool fold;
    } signs[] = {{"~*", OWN_REGEX, true},
                 {"~", OWN_REGEX, false},
                 {"^~", OWN_PREFIX_FIRST, false},
                 {"=", OWN_EXACT, false}};
    struct slice word, path;
    if (!snippet_word(reader->run, &reader->text, &word)) {
        return false;
    }
    *own = (struct own_location){.kind = OWN_PREFIX, .path = word};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        struct slice sign = slice_of(signs[i].sign);
        if (slice_starts(word, sign)) {
            own->kind = signs[i].kind;
            own->fold = signs[i].fold;
            own->path = slice_sub(word, sign.len, word.len);
            break;
        }
    }
    if (snippet_word(reader->run, &reader->text, &path)) {
        if (own->kind == OWN_PREFIX || own->path.len) {
            return false;
        }
        own->path = path;
    }
    return (own->kind == OWN_REGEX || slice_starts(own->path, SLICE("/"))) && own->path.len;
}

static bool read_own(struct snippet_reader *reader)
{
    struct own_location own;
    struct snippet *body = ARENA_NEW(reader->run->arena, struct snippet);
    bool read = read_location(reader, &own) && read_body(reader, SNIPPET_OWN, body);
    struct snippet *out = reader->out;
    own.body = body;
    out->misplaced = out->misplaced.ptr ? out->misplaced : body->misplaced;
    if (read) {
        *ARENA_PUSH(reader->run->arena, out->own, out->own_count, out->own_capacity) = own;
    }
    return read;
}

/* One inside of a location of the template's: what it does is not followed, and most places have no room for it. */
static bool read_nested(struct snippet_reader *reader)
{
    struct own_location nested;
    struct snippet_reader copy = *reader;
    struct snippet *out = reader->out;
    if (read_location(&copy, &nested)) {
        *ARENA_PUSH(reader->run->arena, out->nested, out->nested_count, out->nested_capacity) =
            nested;
    }
    return false;
}

/* ---- all of them -------------------------------------------------------------------------- */

/* What an "if" of a location takes besides the rewrite module; one of a server takes nothing. */
static bool fits_if(enum snippet_place place, struct slice directive)
{
    static const char *const fitting[] = {
        "more_set_headers",         "more_clear_headers", "more_set_input_headers",
        "more_clear_input_headers", "add_header",         "access_log"};
    return place == SNIPPET_IF && slice_is_one_of(directive, fitting, ARRAY_LEN(fitting));
}

/* Whether nginx takes it at all, if not in an "if". */
static bool is_misplaced(struct slice directive)
{
    static const char *const others[] = {"proxy_set_header", "allow", "deny"};
    return slice_is_one_of(directive, others, ARRAY_LEN(others)) ||
           slice_is(directive, "proxy_hide_header");
}

/* A location of somebody's own has neither backend nor protection, so what says how these are used shows nowhere. */
static bool read_in_own(struct snippet_reader *reader, struct slice directive, bool *read)
{
    static const char *const quiet[] = {
        "auth_basic",         "auth_request",         "satisfy",
        "proxy_read_timeout", "proxy_set_header",     "proxy_hide_header",
        "proxy_buffering",    "proxy_buffers",        "proxy_buffer_size",
        "proxy_send_timeout", "proxy_connect_timeout"};
    static const char *const others[] = {"client_max_body_size", "port_in_redirect", "proxy_pass",
                                         "proxy_redirect"};
    if (slice_is_one_of(directive, quiet, ARRAY_LEN(quiet))) {
        *read = snippet_skip_words(reader);
        return true;
    }
    *read = false;
    return slice_is_one_of(directive, others, ARRAY_LEN(others));
}

/* The directives of one place alone; *read says what became of it. False when it is none of those. */
static bool read_placed(struct snippet_reader *reader, struct slice directive, bool *read)
{
    struct snippet *out = reader->out;
    if (reader->place == SNIPPET_OWN) {
        return read_in_own(reader, directive, read);
    }
    bool inside = reader->place == SNIPPET_IF || reader->place == SNIPPET_SERVER_IF;
    bool refused = is_misplaced(directive) ||
                   (reader->place == SNIPPET_SERVER_IF && fits_if(SNIPPET_IF, directive));
    if (inside && refused) {
        out->misplaced = !out->misplaced.ptr ? directive : out->misplaced;
        *read = snippet_skip_words(reader);
        return true;
    }
    if (inside && !fits_if(reader->place, directive)) { /* what is left is in tables */
        return false;
    }
    if (reader->place == SNIPPET_AUTH) {
        bool sent = slice_is(directive, "proxy_set_header");
        bool quiet = slice_is_one_of(directive, of_auth, ARRAY_LEN(of_auth));
        *read = sent ? snippet_read_sent(reader) : quiet && snippet_skip_words(reader);
        return true;
    }
    if (reader->place != SNIPPET_HTTP) {
        return false;
    }
    if (slice_is_one_of(directive, of_http, ARRAY_LEN(of_http))) {
        out->refused = out->refused.ptr ? out->refused : directive;
        *read = snippet_skip_words(reader);
        return true;
    }
    if (slice_is_one_of(directive, definitions, ARRAY_LEN(definitions))) {
        *read = snippet_skip_words(reader);
        return true;
    }
    *read = false;
    return slice_is(directive, "allow") || slice_is(directive, "deny");
}

/* What stands before the ';'. */
static bool read_words(struct snippet_reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    bool read;
    if (read_placed(reader, directive, &read)) {
        return read;
    }
    if (slice_is(directive, "more_set_headers")) {
        return snippet_read_lines(reader, false, &out->set);
    }
    if (slice_is(directive, "more_clear_headers")) {
        return snippet_read_lines(reader, true, &out->set);
    }
    if (slice_is(directive, "more_set_input_headers")) {
        return snippet_read_lines(reader, false, &out->input);
    }
    if (slice_is(directive, "more_clear_input_headers")) {
        return snippet_read_lines(reader, true, &out->input);
    }
    if (slice_is(directive, "add_header")) {
        return snippet_read_add(reader);
    }
    if (slice_is(directive, "proxy_hide_header")) {
        return snippet_read_hidden(reader);
    }
    if (slice_is(directive, "proxy_set_header")) {
        return snippet_read_sent(reader);
    }
    if (slice_is(directive, "allow") || slice_is(directive, "deny")) {
        return read_access(reader, slice_is(directive, "allow"));
    }
    return snippet_read_directive(reader, directive, &read) && read;
}

static bool read_statement(struct snippet_reader *reader, struct slice directive)
{
    bool outer = reader->place == SNIPPET_HTTP || reader->place == SNIPPET_AUTH;
    if (reader->place == SNIPPET_HTTP && snippet_is_block(directive)) {
        return snippet_read_block(reader->run, directive, &reader->text, reader->out);
    }
    if (is_step(directive)) {
        return !outer && read_step(reader, directive);
    }
    if (reader->place == SNIPPET_SERVER && slice_is(directive, "location")) {
        return read_own(reader);
    }
    if (reader->place == SNIPPET_LOCATION && slice_is(directive, "location")) {
        return read_nested(reader);
    }
    return read_words(reader, directive) && snippet_takes(&reader->text, ';');
}

/* more_set_input_headers changes what variables of the request say. */
static bool reads_input(const struct snippet *snippet)
{
    for (size_t i = 0; snippet->input.count && i < snippet->sent.count; i++) {
        const struct template *value = &snippet->sent.items[i].value;
        for (size_t p = 0; p < value->count; p++) {
            if (value->parts[p].kind == PART_HEADER) {
                return true;
            }
        }
    }
    return false;
}

/* Behind a statement that is not understood: up to its ';', or the end of its block. */
static struct slice skip_statement(struct run *run, struct slice text)
{
    size_t depth = 0;
    struct slice word;
    while ((text = snippet_blanks(text)).len) {
        if (snippet_takes(&text, ';')) {
            if (!depth) {
                break;
            }
        } else if (snippet_takes(&text, '{')) {
            depth++;
        } else if (snippet_takes(&text, '}')) {
            if (depth <= 1) {
                break;
            }
            depth--;
        } else if (!snippet_word(run, &text, &word)) {
            return SLICE("");
        }
    }
    return text;
}

void snippet_read(struct run *run, enum snippet_place place, struct slice text,
                  const struct variables *own, struct snippet *out)
{
    *out = (struct snippet){.body_bytes = -2};
    struct snippet_reader reader = {run, place, own, snippet_blanks(text), out};
    while (reader.text.len) {
        struct slice directive = SLICE("");
        struct slice rest = reader.text;
        bool word = snippet_word(run, &reader.text, &directive);
        if (!word || !read_statement(&reader, directive)) {
            struct slice name = word ? directive : slice_sub(rest, 0, 1);
            snippet_note_unknown(run, name, out);
            reader.text = word ? skip_statement(run, rest) : SLICE("");
        }
        reader.text = snippet_blanks(reader.text);
    }
    if (out->misplaced.ptr || out->refused.ptr) { /* nginx takes none of it */
        out->unknown.count = 0;
        return;
    }
    if (reads_input(out)) {
        snippet_note_unknown(run, SLICE("more_set_input_headers"), out);
    }
}
