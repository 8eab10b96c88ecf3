#include "ingress_nginx/model_priv.h"

/* Raw configuration is not modelled, but for the one kind that is most common by far: statements that set
 * headers, such as more_set_headers "Name: value"; (headers-more module). */

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

static bool read_statement(struct run *run, struct slice *text, const struct variables *own,
                           struct edits *request, struct edits *response)
{
    struct slice directive, header;
    if (!read_word(text, &directive)) {
        return false;
    }
    struct edits *edits = slice_is(directive, "more_set_headers")         ? response
                          : slice_is(directive, "more_set_input_headers") ? request
                                                                          : NULL;
    bool any = false;
    while (edits) {
        *text = skip_blanks(*text);
        if (slice_starts(*text, SLICE(";"))) {
            *text = slice_sub(*text, 1, text->len);
            return any;
        }
        if (!read_word(text, &header) || !read_header(run, header, own, edits)) {
            return false;
        }
        any = true;
    }
    return false;
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
