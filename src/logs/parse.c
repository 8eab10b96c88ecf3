#include "http/http.h"
#include "logs/logs_priv.h"

#include <string.h>

/* ---- from a line to its fields ------------------------------------------------------------ */

static void put_field(struct raw_line *raw, const struct log_piece *piece, struct slice value)
{
    if (piece->field == LOG_HEADER) {
        bool none = slice_is(value, "-") || !value.len;
        if (raw->header_count < LOG_HEADERS_MAX) {
            raw->headers[raw->header_count++] =
                (struct log_header){piece->header, none ? SLICE_ABSENT : value};
        }
    } else if (piece->field < LOG_FIELD_COUNT && !raw->fields[piece->field].ptr) {
        /* a field that is there and has no value differs from one that is not there */
        raw->fields[piece->field] = value.ptr ? value : SLICE("-");
    }
}

/* Position of `end` at or after `from`, or the length of the line. */
static size_t find_text(struct slice line, struct slice end, size_t from)
{
    while (from + end.len <= line.len) {
        const char *found = memchr(line.ptr + from, end.ptr[0], line.len - end.len + 1 - from);
        if (!found) {
            return line.len;
        }
        from = (size_t)(found - line.ptr);
        if (memcmp(found, end.ptr, end.len) == 0) {
            return from;
        }
        from++;
    }
    return line.len;
}

/* Of several upstreams nginx writes "a, b", and "a : b" after an internal redirect (ngx_http_upstream_module). */
static size_t find_end_of_list(struct slice line, struct slice end, size_t from)
{
    size_t at = find_text(line, end, from);
    while (at < line.len && at > from) {
        bool comma = line.ptr[at - 1] == ',';
        bool colon = at + 2 < line.len && line.ptr[at + 1] == ':' && line.ptr[at + 2] == ' ';
        if (!comma && !colon) {
            break;
        }
        at = find_text(line, end, at + (colon ? 3 : 1));
    }
    return at;
}

static bool split_pattern(const struct log_format *format, struct slice line, struct raw_line *raw)
{
    if (!slice_starts(line, format->start)) {
        return false;
    }
    size_t at = format->start.len;
    for (size_t i = 0; i < format->count; i++) {
        const struct log_piece *piece = &format->pieces[i];
        size_t end = !piece->end.len ? line.len
                     : piece->list   ? find_end_of_list(line, piece->end, at)
                                     : find_text(line, piece->end, at);
        struct slice value = slice_sub(line, at, end);
        bool open = !piece->end.len && !piece->list;
        if (end + piece->end.len > line.len || (open && slice_find(value, ' ', 0) < value.len)) {
            return false;
        }
        put_field(raw, piece, value);
        at = end + piece->end.len;
    }
    return at == line.len;
}

struct splitting {
    const struct log_format *format;
    struct raw_line *raw;
};

static void take_member(void *user, struct slice key, struct slice value)
{
    const struct splitting *splitting = user;
    const struct log_piece *piece = format_key(splitting->format, key);
    if (piece) {
        put_field(splitting->raw, piece, value);
    }
}

/* "2026-01-02T03:04:05.678901234Z stdout F ", which container runtimes put in front of what is logged. */
static struct slice without_runtime_prefix(struct slice line)
{
    enum { SHORTEST = 20, LONGEST = 36 };
    static const char *const streams[] = {" stdout F ", " stderr F "};
    bool day =
        line.len > SHORTEST && line.ptr[4] == '-' && line.ptr[7] == '-' && line.ptr[10] == 'T';
    size_t blank = day ? slice_find(line, ' ', 0) : line.len;
    for (size_t i = 0; blank <= LONGEST && i < ARRAY_LEN(streams); i++) {
        struct slice rest = slice_sub(line, blank, line.len), stream = slice_of(streams[i]);
        if (slice_starts(rest, stream)) {
            return slice_sub(rest, stream.len, rest.len);
        }
    }
    return line;
}

/* ---- from fields to a request ------------------------------------------------------------- */

/* ngx_http_log_escape: control bytes, '"', '\' and non-ASCII as \xHH. */
static struct slice decoded(const struct log_format *format, struct arena *scratch,
                            struct slice text)
{
    if (!format->escapes || !text.len || !memchr(text.ptr, '\\', text.len)) {
        return text;
    }
    char *bytes = arena_alloc(scratch, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool escape = text.ptr[i] == '\\' && i + 3 < text.len && text.ptr[i + 1] == 'x';
        int high = escape ? hex_digit(text.ptr[i + 2]) : -1;
        int low = escape ? hex_digit(text.ptr[i + 3]) : -1;
        bool byte = high >= 0 && low >= 0;
        bytes[len++] = byte ? (char)(high * 16 + low) : text.ptr[i];
        i += byte ? 3 : 0;
    }
    return (struct slice){bytes, len};
}

/* Absent when the line does not tell it; empty when there was none. */
static struct slice value_of(const struct log_format *format, struct arena *scratch,
                             const struct raw_line *raw, enum log_field field)
{
    struct slice value = raw->fields[field];
    return !value.ptr ? value : slice_is(value, "-") ? SLICE("") : decoded(format, scratch, value);
}

static bool split_request(struct slice request, struct log_entry *out)
{
    size_t first = slice_find(request, ' ', 0), last = request.len;
    while (last > first && request.ptr[last - 1] != ' ') {
        last--;
    }
    if (last <= first + 1 || !slice_starts(slice_sub(request, last, request.len), SLICE("HTTP/"))) {
        return false;
    }
    out->method = slice_sub(request, 0, first);
    out->target = slice_sub(request, first + 1, last - 1);
    return true;
}

/* "http://host/path?query" names host and, in `scheme`, what it was sent over. */
static void split_absolute(struct log_entry *out, struct slice *scheme)
{
    static const char *const schemes[] = {"http", "https"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        struct slice name = slice_of(schemes[i]), sign = SLICE("://");
        size_t from = name.len + sign.len;
        if (!slice_equal_fold(slice_sub(out->target, 0, name.len), name) ||
            !slice_equal(slice_sub(out->target, name.len, from), sign)) {
            continue;
        }
        struct slice rest = slice_sub(out->target, from, out->target.len);
        size_t slash = slice_find(rest, '/', 0), question = slice_find(rest, '?', 0);
        size_t end = slash < question ? slash : question;
        out->host = slice_sub(rest, 0, end);
        out->target = end == slash && end < rest.len ? slice_sub(rest, end, rest.len) : SLICE("/");
        *scheme = name;
        return;
    }
}

/* "192.0.2.1:1234" and "[2001:db8::1]:80" as Envoy writes them. */
static struct slice without_port(struct slice client)
{
    struct address address;
    size_t colon = client.len;
    if (!client.len || address_parse(client, &address)) {
        return client;
    }
    while (colon > 0 && client.ptr[colon - 1] != ':') {
        colon--;
    }
    struct slice alone = slice_sub(client, 0, colon ? colon - 1 : 0);
    if (slice_starts(alone, SLICE("[")) && slice_ends(alone, SLICE("]"))) {
        alone = slice_sub(alone, 1, alone.len - 1);
    }
    return address_parse(alone, &address) ? alone : SLICE_ABSENT;
}

static void read_connection(struct log_entry *out, struct slice scheme, struct slice port,
                            struct slice server_name)
{
    uint64_t number = 0;
    out->port = slice_to_uint(port, UINT16_MAX, &number) ? (uint16_t)number : 0;
    out->scheme = slice_is(scheme, "http")    ? SLICE("http")
                  : slice_is(scheme, "https") ? SLICE("https")
                  : server_name.len           ? SLICE("https")
                  : number == 443             ? SLICE("https")
                  : number == 80              ? SLICE("http")
                                              : SLICE_ABSENT;
}

static void read_upstream(const struct log_format *format, struct arena *scratch,
                          const struct raw_line *raw, struct log_entry *out)
{
    out->upstream = value_of(format, scratch, raw, LOG_UPSTREAM);
    out->alternative = value_of(format, scratch, raw, LOG_ALTERNATIVE);
    out->namespace = value_of(format, scratch, raw, LOG_NAMESPACE);
    out->service = value_of(format, scratch, raw, LOG_SERVICE);
    out->service_port = value_of(format, scratch, raw, LOG_SERVICE_PORT);
    struct slice contact = raw->fields[LOG_UPSTREAM_ADDRESS].ptr ? raw->fields[LOG_UPSTREAM_ADDRESS]
                                                                 : raw->fields[LOG_UPSTREAM_STATUS];
    out->tells_contact = contact.ptr != NULL;
    out->contacted = contact.len && !slice_is(contact, "-");
}

static bool read_request(const struct log_format *format, struct arena *scratch,
                         const struct raw_line *raw, struct log_entry *out)
{
    struct slice request = value_of(format, scratch, raw, LOG_REQUEST);
    struct slice query = value_of(format, scratch, raw, LOG_QUERY), scheme = SLICE_ABSENT;
    out->host = value_of(format, scratch, raw, LOG_HOST);
    out->method = value_of(format, scratch, raw, LOG_METHOD);
    out->target = value_of(format, scratch, raw, LOG_TARGET);
    bool line = !out->method.ptr || !out->target.ptr;
    if (line && !split_request(request, out)) {
        return false;
    }
    split_absolute(out, &scheme);
    if (query.len && slice_find(out->target, '?', 0) == out->target.len) {
        out->target = ARENA_JOIN(scratch, out->target, SLICE("?"), query);
    }
    struct slice told = value_of(format, scratch, raw, LOG_SCHEME);
    /* the scheme in the first line of a request is what the client made of it */
    read_connection(out,
                    told.ptr ? told
                    : line   ? SLICE_ABSENT
                             : scheme,
                    value_of(format, scratch, raw, LOG_PORT),
                    value_of(format, scratch, raw, LOG_SERVER_NAME));
    return is_token(out->method) && slice_starts(out->target, SLICE("/"));
}

enum log_result log_parse(const struct log_format *format, struct arena *scratch, struct slice line,
                          struct log_entry *out)
{
    struct raw_line raw = {0};
    *out = (struct log_entry){0};
    line = without_runtime_prefix(line);
    line.len -= line.len && line.ptr[line.len - 1] == '\r';
    struct splitting splitting = {format, &raw};
    bool split = format->json ? scan_object(line, scratch, take_member, &splitting)
                              : split_pattern(format, line, &raw);
    uint64_t status = 0;
    struct slice told = raw.fields[LOG_STATUS];
    if (!split || (told.ptr && !slice_is(told, "-") && !slice_to_uint(told, 999, &status))) {
        return LOG_OTHER;
    }
    bool request =
        raw.fields[LOG_REQUEST].ptr || (raw.fields[LOG_METHOD].ptr && raw.fields[LOG_TARGET].ptr);
    if (format->json && !request) {
        return LOG_OTHER; /* an object about something else */
    }
    out->status = (int)status;
    out->client = without_port(value_of(format, scratch, &raw, LOG_CLIENT));
    read_upstream(format, scratch, &raw, out);
    out->header_count = raw.header_count;
    for (size_t i = 0; i < raw.header_count; i++) {
        out->headers[i] = (struct log_header){raw.headers[i].name,
                                              decoded(format, scratch, raw.headers[i].value)};
    }
    return read_request(format, scratch, &raw, out) ? LOG_TAKEN : LOG_NO_REQUEST;
}
