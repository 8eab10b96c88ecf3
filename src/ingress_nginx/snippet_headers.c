#include "ingress_nginx/snippets_priv.h"

/* Directives of snippets that change headers: nginx's own, and those of headers-more. */

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
static bool read_line(struct snippet_reader *reader, struct slice line, bool clears,
                      struct edits *edits)
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

bool snippet_read_lines(struct snippet_reader *reader, bool clears, struct edits *edits)
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
bool snippet_read_add(struct snippet_reader *reader)
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
bool snippet_read_sent(struct snippet_reader *reader)
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

bool snippet_read_hidden(struct snippet_reader *reader)
{
    struct slice name;
    if (!snippet_word(reader->run, &reader->text, &name) || !is_header(name) || is_framing(name) ||
        slice_equal_fold(name, SLICE("Strict-Transport-Security"))) {
        return false;
    }
    effect_edit(reader->run, &reader->out->hidden, EDIT_REMOVE, name, (struct template){0});
    return true;
}
