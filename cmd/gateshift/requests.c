#include "requests.h"

#include <string.h>
#include <unistd.h>

bool requests_headers(struct app *app, struct request *request)
{
    for (size_t i = 0; i < app->options.headers.count; i++) {
        struct slice text = app->options.headers.items[i];
        size_t end = slice_find(text, ':', 0);
        /* as with curl, "Name;" is a header without a value */
        bool empty = end == text.len && slice_ends(text, SLICE(";"));
        struct slice name = slice_trim(slice_sub(text, 0, empty ? text.len - 1 : end));
        struct slice value = slice_trim(slice_sub(text, end + 1, text.len));
        if (!name.len || (end == text.len && !empty)) {
            app_usage(app, "'--header' takes 'NAME: VALUE', not '" SLICE_FMT "'", SLICE_ARG(text));
            return false;
        }
        if (slice_equal_fold(name, SLICE("host"))) {
            request->host = value;
        } else {
            headers_add(app->run.arena, &request->headers, name, value.ptr ? value : SLICE(""));
        }
    }
    return true;
}

static bool read_client(struct app *app, struct request *request)
{
    struct slice text = app->options.client_ip, body = app->options.body_size;
    if (text.len && !address_parse(text, &request->client)) {
        app_usage(app, "'--client-ip' takes an IPv4 or IPv6 address, not '" SLICE_FMT "'",
                  SLICE_ARG(text));
        return false;
    }
    request->client_text = text;
    if (body.len && !slice_to_uint(body, INT64_MAX, &request->body_bytes)) {
        app_usage(app, "'--body-size' takes a number of bytes, not '" SLICE_FMT "'",
                  SLICE_ARG(body));
        return false;
    }
    return true;
}

static bool is_url(struct slice text)
{
    static const char *const starts[] = {"http://", "https://", "tcp://", "udp://"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (slice_starts(text, slice_of(starts[i]))) {
            return true;
        }
    }
    return false;
}

static bool has_byte(struct slice text, unsigned char from, unsigned char to)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte >= from && byte <= to) {
            return true;
        }
    }
    return false;
}

/* What keeps a text from being a URL, with what to do; null when nothing does. */
static const char *url_fault(struct slice text, struct url *out)
{
    size_t begin = slice_find(text, '/', 0) + 2, end = begin;
    while (end < text.len && !memchr("/?#", text.ptr[end], 3)) {
        end++;
    }
    struct slice host = slice_sub(text, begin, end);
    if (slice_find(text, ' ', 0) < text.len) {
        return "a URL holds no blanks; write %20";
    }
    if (has_byte(text, 0, 0x1f) || has_byte(text, 0x7f, 0x7f)) {
        return "a URL holds no control characters; write them as %0A and the like";
    }
    if (host.len == 0) {
        return "its host is missing";
    }
    if (slice_find(host, '@', 0) < host.len) {
        return "it has a user's name; give -H 'Authorization: ...' instead";
    }
    if (has_byte(host, 0x80, 0xff)) {
        return "its host has letters outside ASCII; write it as DNS has it, such as "
               "xn--bcher-kva.example";
    }
    if (!url_parse(text, out)) {
        return "its host or port is wrong; a port is 1 to 65535, and an IPv6 address stands in "
               "brackets";
    }
    bool stream = slice_is(out->scheme, "tcp") || slice_is(out->scheme, "udp");
    return stream && !out->port ? "tcp and udp have no usual port; write one behind the host"
                                : NULL;
}

/* As curl sends it: the Host header has the port unless it is the default one, the TLS name has none. */
static bool request_from_url(struct app *app, struct slice text, struct request *out)
{
    struct url url;
    struct arena *arena = app->run.arena;
    const char *why = url_fault(text, &url);
    if (why) {
        app_usage(app, "'" SLICE_FMT "' is no URL that can be asked: %s", SLICE_ARG(text), why);
        return false;
    }
    uint16_t usual = scheme_port(url.scheme);
    bool shown = url.port && url.port != usual;
    *out = (struct request){
        .method = app->options.method,
        .scheme = url.scheme,
        .host =
            shown ? arena_printf(arena, SLICE_FMT ":%u", SLICE_ARG(url.host), url.port) : url.host,
        .sni = url.host,
        .port = url.port,
        .credentials_sent = true};
    struct slice path = url.path.len ? url.path : SLICE("/");
    out->target = url.query.ptr ? arena_printf(arena, SLICE_FMT "?" SLICE_FMT, SLICE_ARG(path),
                                               SLICE_ARG(url.query))
                                : path;
    if (!requests_headers(app, out) || !read_client(app, out)) {
        return false;
    }
    request_defaults(out);
    return true;
}

/* JSON itself, or a file of requests ("-": standard input). */
static bool read_requests(struct app *app, struct slice operand, struct expect_cases *cases)
{
    struct input input = {0};
    struct slice path =
        slice_starts(operand, SLICE("@")) ? slice_sub(operand, 1, operand.len) : operand;
    if (slice_starts(operand, SLICE("{"))) {
        input_add_text(&app->run, &input, SLICE("<argument>"), operand);
    } else if (path.len == operand.len && !slice_is(path, "-") &&
               access(arena_string(app->run.arena, path), F_OK) != 0) {
        app_usage(app,
                  "'" SLICE_FMT "' is neither a file nor a URL; a URL begins with http:// or "
                  "https://",
                  SLICE_ARG(operand));
        return false;
    } else {
        /* what went wrong is a diagnostic already */
        enum status status = input_add(&app->run, &input, path, STDIN_FILENO);
        (void)status;
    }
    for (size_t i = 0; i < input.count; i++) {
        expect_read(&app->run, &input.files[i], cases);
    }
    return true;
}

bool requests_read(struct app *app, struct slice operand, struct expect_cases *cases)
{
    if (is_url(operand)) {
        struct expect_case item = {0};
        if (!request_from_url(app, operand, &item.request)) {
            return false;
        }
        *ARENA_PUSH(app->run.arena, cases->items, cases->count, cases->capacity) = item;
        return true;
    }
    if (slice_contains(operand, SLICE("://")) && !slice_starts(operand, SLICE("{"))) {
        app_usage(app, "'" SLICE_FMT "' is no URL of http, https, tcp or udp", SLICE_ARG(operand));
        return false;
    }
    return read_requests(app, operand, cases);
}

bool requests_read_stdin_twice(const struct app *app)
{
    const struct words *lists[] = {&app->options.files, &app->options.after, &app->options.logs,
                                   &app->options.operands};
    size_t count = slice_is(app->options.replay_record, "-");
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            count += slice_is(lists[l]->items[i], "-") || slice_is(lists[l]->items[i], "@-");
        }
    }
    return count > 1;
}
