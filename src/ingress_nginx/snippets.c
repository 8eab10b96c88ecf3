#include "ingress_nginx/snippets_priv.h"

struct reader {
    struct run *run;
    enum snippet_place place;
    const struct variables *own;
    struct slice text;
    struct snippet *out;
};

/* ---- headers ------------------------------------------------------------------------------ */

/* nginx makes these itself, or they say what the answer is. */
static bool is_framing(struct slice name)
{
    static const char *const names[] = {"Location",   "Content-Length", "Transfer-Encoding",
                                        "Connection", "Status",         "Last-Modified"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal_fold(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* Lines "proxy_set_header" of nginx.tmpl; a second one of the same name is sent beside it. */
static bool is_of_template(struct slice name)
{
    static const char *const names[] = {"Upgrade",
                                        "Connection",
                                        "X-Request-ID",
                                        "X-Real-IP",
                                        "X-Forwarded-For",
                                        "X-Forwarded-Host",
                                        "X-Forwarded-Port",
                                        "X-Forwarded-Proto",
                                        "X-Forwarded-Scheme",
                                        "X-Scheme",
                                        "X-Original-Forwarded-For",
                                        "X-Original-Forwarded-Host",
                                        "Proxy",
                                        "Host"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal_fold(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool edits_have(const struct edits *edits, struct slice name)
{
    for (size_t i = 0; i < edits->count; i++) {
        if (slice_equal_fold(edits->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool is_header(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_alphanumeric(name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '_') {
            return false;
        }
    }
    return name.len > 0 && name.ptr[0] != '-';
}

/* headers-more: "Name: value"; a value without text removes. */
static bool read_line(struct reader *reader, struct slice line, bool clears, struct edits *edits)
{
    size_t colon = slice_find(line, ':', 0);
    struct slice name = slice_trim(slice_sub(line, 0, colon));
    struct slice value = clears ? SLICE("") : slice_trim(slice_sub(line, colon + 1, line.len));
    struct template template = {0};
    bool input = edits == &reader->out->input;
    if (!is_header(name) || is_framing(name) || (input && is_of_template(name)) ||
        (value.len && !template_read(reader->run, value, reader->own, &template))) {
        return false;
    }
    effect_edit(reader->run, edits, value.len ? EDIT_SET : EDIT_REMOVE, name, template);
    return true;
}

static bool read_lines(struct reader *reader, bool clears, struct edits *edits)
{
    struct slice line;
    bool any = false;
    while (snippet_word(reader->run, &reader->text, &line)) {
        if (!read_line(reader, line, clears, edits)) {
            return false;
        }
        any = true;
    }
    return any;
}

/* add_header Name value [always] */
static bool read_add(struct reader *reader)
{
    struct slice name, value, always;
    struct template template;
    struct edits *edits = &reader->out->added;
    if (!snippet_word(reader->run, &reader->text, &name) ||
        !snippet_word(reader->run, &reader->text, &value) || !is_header(name) || is_framing(name) ||
        !template_read(reader->run, value, reader->own, &template)) {
        return false;
    }
    bool all = snippet_word(reader->run, &reader->text, &always);
    effect_edit(reader->run, edits, EDIT_ADD, name, template);
    edits->items[edits->count - 1].only_good = !all;
    return !all || slice_is(always, "always");
}

/* A value without text sends no header: ngx_http_proxy_create_request. */
static bool read_sent(struct reader *reader)
{
    struct slice name, value;
    struct template template;
    struct edits *edits = &reader->out->sent;
    if (!snippet_word(reader->run, &reader->text, &name) ||
        (!snippet_word(reader->run, &reader->text, &value) && !value.ptr) || !is_header(name) ||
        slice_equal_fold(name, SLICE("Host")) ||
        !template_read(reader->run, value, reader->own, &template)) {
        return false;
    }
    if (reader->place != SNIPPET_LOCATION) {
        return true; /* each location has such lines of its own, so it takes over none */
    }
    bool second = is_of_template(name) || edits_have(edits, name);
    if (value.len || !second) {
        effect_edit(reader->run, edits,
                    second      ? EDIT_ADD
                    : value.len ? EDIT_SET
                                : EDIT_REMOVE,
                    name, template);
    }
    return true;
}

static bool read_hidden(struct reader *reader)
{
    struct slice name;
    if (!snippet_word(reader->run, &reader->text, &name) || !is_header(name) || is_framing(name) ||
        slice_equal_fold(name, SLICE("Strict-Transport-Security"))) {
        return false;
    }
    effect_edit(reader->run, &reader->out->hidden, EDIT_REMOVE, name, (struct template){0});
    return true;
}

/* ---- addresses ---------------------------------------------------------------------------- */

static void put_network(struct run *run, struct networks *list, size_t *capacity,
                        const struct network *network)
{
    *ARENA_PUSH(run->arena, list->items, list->count, *capacity) = *network;
}

/* ngx_http_access_module: the first line that fits decides. A refusal after the first line that lets in is
 * understood only where it is of all others. */
static bool read_access(struct reader *reader, bool allows)
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

/* ---- directives of one value --------------------------------------------------------------- */

/* Change no answer: logs, how nginx speaks TLS, keeps connections and its own memory. */
static const char *const repeated[] = {"access_log", "error_log"};
static const char *const harmless[] = {"grpc_ssl_name",
                                       "grpc_ssl_server_name",
                                       "grpc_ssl_ciphers",
                                       "grpc_ssl_protocols",
                                       "proxy_ssl_name",
                                       "proxy_ssl_server_name",
                                       "proxy_ssl_ciphers",
                                       "proxy_ssl_protocols",
                                       "keepalive_timeout",
                                       "keepalive_requests",
                                       "send_timeout",
                                       "client_body_timeout",
                                       "client_body_buffer_size",
                                       "client_header_timeout",
                                       "tcp_nodelay",
                                       "tcp_nopush",
                                       "sendfile",
                                       "proxy_socket_keepalive",
                                       "grpc_socket_keepalive",
                                       "proxy_busy_buffers_size",
                                       "proxy_temp_file_write_size"};
/* The template writes them into each location: there a second one is refused, and those of the server do not
 * count. */
static const char *const templated[] = {"proxy_connect_timeout",
                                        "proxy_send_timeout",
                                        "proxy_read_timeout",
                                        "proxy_buffering",
                                        "proxy_buffer_size",
                                        "proxy_buffers",
                                        "proxy_max_temp_file_size",
                                        "proxy_request_buffering",
                                        "proxy_http_version",
                                        "proxy_next_upstream",
                                        "proxy_next_upstream_timeout",
                                        "proxy_next_upstream_tries",
                                        "client_max_body_size",
                                        "port_in_redirect",
                                        "proxy_pass"};

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
                                      "ssl_protocols",
                                      "ssl_ecdh_curve",
                                      "ssl_session_tickets",
                                      "proxy_pass"};
/* What they make is used by nobody who is understood. */
static const char *const definitions[] = {"log_format", "limit_req_zone", "limit_conn_zone",
                                          "proxy_cache_path"};
/* The location of a request to an auth service has none of these from the template. */
static const char *const of_auth[] = {"proxy_connect_timeout", "proxy_send_timeout",
                                      "proxy_read_timeout",    "proxy_ssl_name",
                                      "proxy_ssl_ciphers",     "proxy_ssl_protocols"};

static bool skip_words(struct reader *reader)
{
    struct slice word;
    bool any = false;
    while (snippet_word(reader->run, &reader->text, &word)) {
        any = true;
    }
    return any;
}

static void note_single(struct reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    *ARENA_PUSH(reader->run->arena, out->singles, out->single_count, out->single_capacity) =
        directive;
}

static bool read_templated(struct reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    note_single(reader, directive);
    struct slice value;
    int64_t bytes;
    char unit;
    if (reader->place == SNIPPET_LOCATION) {
        out->refused = out->refused.ptr ? out->refused : directive;
        return skip_words(reader);
    }
    if (slice_is(directive, "proxy_pass") && reader->place == SNIPPET_SERVER) {
        return false;
    }
    if (!slice_is(directive, "client_max_body_size")) {
        return skip_words(reader);
    }
    bool read = snippet_word(reader->run, &reader->text, &value) &&
                size_parse(value, &bytes, &unit) && unit != 'b';
    if (read) {
        out->body_bytes = bytes == 0 ? -1 : bytes;
    }
    return read;
}

/* ---- all of them -------------------------------------------------------------------------- */

static bool read_step(struct reader *reader, struct slice directive)
{
    struct snippet_step step = {.when = WHEN_ALWAYS};
    bool read = slice_is(directive, "return")
                    ? snippet_read_return(reader->run, &reader->text, &step)
                    : snippet_read_rewrite(reader->run, reader->place, &reader->text, &step);
    if (read) {
        snippet_add_step(reader->run, reader->out, &step);
    }
    return read;
}

/* The directives of one place alone; *read says what became of it. False when it is none of those. */
static bool read_placed(struct reader *reader, struct slice directive, bool *read)
{
    struct snippet *out = reader->out;
    if (reader->place == SNIPPET_AUTH) {
        bool sent = slice_is(directive, "proxy_set_header");
        bool quiet = slice_is_one_of(directive, of_auth, ARRAY_LEN(of_auth)) ||
                     slice_is_one_of(directive, repeated, ARRAY_LEN(repeated));
        *read = sent ? read_sent(reader) : quiet && skip_words(reader);
        return true;
    }
    if (reader->place != SNIPPET_HTTP) {
        return false;
    }
    if (slice_is_one_of(directive, of_http, ARRAY_LEN(of_http))) {
        out->refused = out->refused.ptr ? out->refused : directive;
        *read = skip_words(reader);
        return true;
    }
    if (slice_is_one_of(directive, definitions, ARRAY_LEN(definitions))) {
        *read = skip_words(reader);
        return true;
    }
    *read = false;
    return slice_is(directive, "allow") || slice_is(directive, "deny");
}

/* What stands before the ';'. */
static bool read_words(struct reader *reader, struct slice directive)
{
    struct snippet *out = reader->out;
    bool read;
    if (read_placed(reader, directive, &read)) {
        return read;
    }
    if (slice_is(directive, "more_set_headers")) {
        return read_lines(reader, false, &out->set);
    }
    if (slice_is(directive, "more_clear_headers")) {
        return read_lines(reader, true, &out->set);
    }
    if (slice_is(directive, "more_set_input_headers")) {
        return read_lines(reader, false, &out->input);
    }
    if (slice_is(directive, "more_clear_input_headers")) {
        return read_lines(reader, true, &out->input);
    }
    if (slice_is(directive, "add_header")) {
        return read_add(reader);
    }
    if (slice_is(directive, "proxy_hide_header")) {
        return read_hidden(reader);
    }
    if (slice_is(directive, "proxy_set_header")) {
        return read_sent(reader);
    }
    if (slice_is(directive, "allow") || slice_is(directive, "deny")) {
        return read_access(reader, slice_is(directive, "allow"));
    }
    if (slice_is_one_of(directive, templated, ARRAY_LEN(templated))) {
        return read_templated(reader, directive);
    }
    if (slice_is_one_of(directive, repeated, ARRAY_LEN(repeated))) {
        return skip_words(reader);
    }
    if (!slice_is_one_of(directive, harmless, ARRAY_LEN(harmless))) {
        return false;
    }
    note_single(reader, directive);
    return skip_words(reader);
}

static bool read_statement(struct reader *reader, struct slice directive)
{
    if (reader->place == SNIPPET_HTTP && snippet_is_block(directive)) {
        return snippet_read_block(reader->run, directive, &reader->text, reader->out);
    }
    if (reader->place >= SNIPPET_HTTP &&
        (slice_is(directive, "if") || slice_is(directive, "return") ||
         slice_is(directive, "rewrite"))) {
        return false;
    }
    if (slice_is(directive, "if")) {
        return snippet_read_if(reader->run, &reader->text, reader->out);
    }
    if (slice_is(directive, "return") || slice_is(directive, "rewrite")) {
        return read_step(reader, directive);
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

/* What is left of a statement that is not understood: up to its ';', or the end of its block. */
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
    struct reader reader = {run, place, own, snippet_blanks(text), out};
    while (reader.text.len) {
        struct slice directive = SLICE("");
        struct slice rest = reader.text;
        bool word = snippet_word(run, &reader.text, &directive);
        if (!word || !read_statement(&reader, directive)) {
            struct slice name = word ? directive : slice_sub(rest, 0, 1);
            out->unknown = out->unknown.ptr ? out->unknown : name;
            reader.text = word ? skip_statement(run, reader.text) : SLICE("");
        }
        reader.text = snippet_blanks(reader.text);
    }
    if (!out->unknown.ptr && reads_input(out)) {
        out->unknown = SLICE("more_set_input_headers");
    }
}
