#include "ingress_nginx/model_priv.h"

/* Raw configuration is not modelled, but for the kinds that are most common by far: statements that set headers,
 * such as more_set_headers "Name: value"; (headers-more module), and those that change no answer. */

static struct slice skip_blanks(struct slice text)
{
    size_t at = 0;
    for (;;) {
        while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' ||
                                 text.ptr[at] == '\n' || text.ptr[at] == '\r')) {
            at++;
        }
        if (at == text.len || text.ptr[at] != '#') {
            return slice_sub(text, at, text.len);
        }
        at = slice_find(text, '\n', at);
    }
}

static bool read_word(struct slice *text, struct slice *out)
{
    *text = skip_blanks(*text);
    if (text->len == 0) {
        return false;
    }
    char quote = text->ptr[0];
    size_t at = 0;
    if (quote == '"' || quote == '\'') {
        size_t end = slice_find(*text, quote, 1);
        bool closed = end < text->len;
        *out = slice_sub(*text, 1, end);
        *text = slice_sub(*text, end + 1, text->len);
        return closed && slice_find(*out, '\\', 0) == out->len;
    }
    while (at < text->len && text->ptr[at] != ' ' && text->ptr[at] != ';' &&
           text->ptr[at] != '\n' && text->ptr[at] != '{' && text->ptr[at] != '\t') {
        at++;
    }
    *out = slice_sub(*text, 0, at);
    *text = slice_sub(*text, at, text->len);
    return at > 0;
}

/* "Name: value" with an optional final ';' that was read already; a value without text removes. */
static bool read_header(struct run *run, struct slice text, const struct variables *own,
                        struct edits *edits)
{
    size_t colon = slice_find(text, ':', 0);
    struct slice name = slice_trim(slice_sub(text, 0, colon));
    struct slice value = slice_trim(slice_sub(text, colon + 1, text.len));
    struct template template = {0};
    if (!name.len || name.ptr[0] == '-' || slice_find(name, '*', 0) < name.len) {
        return false;
    }
    if (value.len && !template_read(run, value, own, &template)) {
        return false;
    }
    effect_edit(run, edits, value.len ? EDIT_SET : EDIT_REMOVE, name, template);
    return true;
}

/* "Name" and "value" as two words, for directives of nginx itself. */
static bool read_pair(struct run *run, struct slice *text, enum edit_kind kind,
                      const struct variables *own, struct edits *edits)
{
    struct slice name, value = SLICE(""), word;
    struct template template = {0};
    if (!read_word(text, &name) || (kind != EDIT_REMOVE && !read_word(text, &value))) {
        return false;
    }
    *text = skip_blanks(*text);
    if (kind == EDIT_ADD && slice_starts(*text, SLICE("always")) && !read_word(text, &word)) {
        return false;
    }
    if (kind == EDIT_SET && !value.len) {
        kind = EDIT_REMOVE; /* ngx_http_proxy_module: an empty value sends no header */
    }
    if (kind != EDIT_REMOVE && !template_read(run, value, own, &template)) {
        return false;
    }
    effect_edit(run, edits, kind, name, template);
    return true;
}

/* What ends a statement; false where a block begins instead. */
static bool read_end(struct slice *text)
{
    *text = skip_blanks(*text);
    bool ends = slice_starts(*text, SLICE(";"));
    *text = slice_sub(*text, ends, text->len);
    return ends;
}

/* Directives that change no answer: logs, and how nginx speaks TLS or keeps connections. Those that the
 * template writes into each location would be duplicates, which nginx refuses, so they are not here. */
static bool is_harmless(struct slice directive)
{
    static const char *const names[] = {"access_log",
                                        "error_log",
                                        "grpc_ssl_name",
                                        "grpc_ssl_server_name",
                                        "grpc_ssl_ciphers",
                                        "grpc_ssl_protocols",
                                        "proxy_ssl_name",
                                        "proxy_ssl_server_name",
                                        "proxy_ssl_ciphers",
                                        "proxy_ssl_protocols",
                                        "keepalive_timeout",
                                        "send_timeout",
                                        "client_body_timeout",
                                        "client_header_timeout",
                                        "tcp_nodelay",
                                        "sendfile",
                                        "proxy_socket_keepalive",
                                        "grpc_socket_keepalive"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_is(directive, names[i])) {
            return true;
        }
    }
    return false;
}

static bool skip_words(struct slice *text)
{
    struct slice word;
    for (*text = skip_blanks(*text); text->len && text->ptr[0] != ';'; *text = skip_blanks(*text)) {
        if (text->ptr[0] == '{' || text->ptr[0] == '}' || !read_word(text, &word)) {
            return false;
        }
    }
    return text->len > 0;
}

/* headers-more takes several headers in one statement. */
static bool read_headers(struct run *run, struct slice *text, const struct variables *own,
                         struct edits *edits)
{
    bool any = false;
    struct slice header;
    for (*text = skip_blanks(*text); !slice_starts(*text, SLICE(";")); *text = skip_blanks(*text)) {
        if (!read_word(text, &header) || !read_header(run, header, own, edits)) {
            return false;
        }
        any = true;
    }
    return any;
}

static bool read_statement(struct run *run, struct slice *text, const struct variables *own,
                           struct edits *request, struct edits *response)
{
    struct slice directive;
    bool read = false;
    if (!read_word(text, &directive)) {
        return false;
    }
    if (slice_is(directive, "more_set_headers")) {
        read = read_headers(run, text, own, response);
    } else if (slice_is(directive, "more_set_input_headers")) {
        read = read_headers(run, text, own, request);
    } else if (slice_is(directive, "add_header")) {
        read = read_pair(run, text, EDIT_ADD, own, response);
    } else if (slice_is(directive, "proxy_hide_header")) {
        read = read_pair(run, text, EDIT_REMOVE, own, response);
    } else if (slice_is(directive, "proxy_set_header")) {
        read = read_pair(run, text, EDIT_SET, own, request);
    } else if (is_harmless(directive)) {
        read = skip_words(text);
    }
    return read && read_end(text);
}

bool snippet_parse(struct run *run, struct slice text, const struct variables *own,
                   struct edits *request, struct edits *response)
{
    text = skip_blanks(text);
    while (text.len) {
        if (!read_statement(run, &text, own, request, response)) {
            return false;
        }
        text = skip_blanks(text);
    }
    return true;
}

bool snippet_is_plain(enum annotation_id id, struct slice text)
{
    struct run run = {.arena = NULL};
    struct edits request = {0}, response = {0};
    if (id != AN_configuration_snippet && id != AN_server_snippet) {
        return false;
    }
    run.arena = arena_open(0, NULL, NULL);
    bool plain = snippet_parse(&run, text, NULL, &request, &response);
    arena_close(run.arena);
    return plain;
}
