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

/* ---- expires ------------------------------------------------------------------------------ */

static bool is_number(char c)
{
    return c >= '0' && c <= '9';
}

/* ngx_parse_time, in seconds: "1h30m", each unit smaller than the one before. */
static bool read_time(struct slice text, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'y', 31536000}, {'M', 2592000}, {'w', 604800}, {'d', 86400},
                 {'h', 3600},     {'m', 60},      {'s', 1}};
    size_t next = 0, at = 0;
    *seconds = 0;
    while (at < text.len) {
        int64_t number = 0;
        size_t digits = at;
        while (at < text.len && is_number(text.ptr[at]) && number < INT32_MAX) {
            number = 10 * number + (text.ptr[at++] - '0');
        }
        char unit = at < text.len ? text.ptr[at++] : 's';
        while (next < ARRAY_LEN(units) && units[next].unit != unit) {
            next++;
        }
        if (digits == at || next == ARRAY_LEN(units) || !is_number(text.ptr[digits]) ||
            number > INT32_MAX) {
            return false;
        }
        *seconds += number * units[next++].seconds;
    }
    return text.len > 0;
}

static void put_expires(struct snippet_reader *reader, struct template date, struct slice control)
{
    struct run *run = reader->run;
    struct edits *edits = &reader->out->expired;
    effect_edit(run, edits, EDIT_SET, SLICE("Expires"), date);
    effect_edit(run, edits, EDIT_SET, SLICE("Cache-Control"), template_text(run->arena, control));
    for (size_t i = 0; i < edits->count; i++) {
        edits->items[i].only_good = true;
    }
}

/* ngx_http_set_expires; without "modified", and not to a time of day. */
bool snippet_read_expires(struct snippet_reader *reader)
{
    struct run *run = reader->run;
    struct slice text;
    int64_t seconds;
    if (!snippet_word(run, &reader->text, &text)) {
        return false;
    }
    bool past = slice_starts(text, SLICE("-"));
    if (slice_is(text, "off")) {
        return true;
    }
    if (slice_is(text, "epoch") || slice_is(text, "max")) {
        bool max = slice_is(text, "max");
        put_expires(reader,
                    template_text(run->arena, max ? SLICE("Thu, 31 Dec 2037 23:55:55 GMT")
                                                  : SLICE("Thu, 01 Jan 1970 00:00:01 GMT")),
                    max ? SLICE("max-age=315360000") : SLICE("no-cache"));
        return true;
    }
    if (!read_time(slice_sub(text, past, text.len), &seconds)) {
        snippet_note_partly(reader, SLICE("expires"), ASPECT_HEADERS,
                            SLICE("which Expires and Cache-Control answers have"));
        (void)snippet_skip_words(reader);
        return true;
    }
    past = past && seconds > 0;
    struct slice when = ARENA_JOIN(run->arena, SLICE("a date, by 'expires "), text, SLICE("'"));
    put_expires(reader, template_named(run->arena, PART_UNKNOWN, when),
                past ? SLICE("no-cache")
                     : arena_printf(run->arena, "max-age=%lld", (long long)seconds));
    return true;
}
