#include "logs/logs_priv.h"

/* ---- tables ------------------------------------------------------------------------------- */

struct format_row {
    const char *name, *pattern; /* pattern null: JSON */
};
static const struct format_row formats[] = {
    {"ingress-nginx", "$remote_addr - $remote_user [$time_local] \"$request\" $status "
                      "$body_bytes_sent \"$http_referer\" \"$http_user_agent\" $request_length "
                      "$request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] "
                      "$upstream_addr $upstream_response_length $upstream_response_time "
                      "$upstream_status $req_id"},
    {"combined", "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
                 "\"$http_referer\" \"$http_user_agent\""},
    /* of nginx.conf in nginx's own packages */
    {"main", "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
             "\"$http_referer\" \"$http_user_agent\" \"$http_x_forwarded_for\""},
    {"common", "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent"},
    {"envoy", "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
              "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
              "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" "
              "\"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" "
              "\"%UPSTREAM_HOST%\""},
    {"istio", "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
              "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% "
              "%CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" "
              "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
              "\"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" "
              "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "
              "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
              "%REQUESTED_SERVER_NAME% %ROUTE_NAME%"},
    {"json", NULL},
};

struct variable_row {
    const char *name;
    enum log_field field;
    bool list;
    const char *header;
};
/* $uri is not here: it is what rewriting made of the target. */
static const struct variable_row nginx_variables[] = {
    {"request", LOG_REQUEST, false, NULL},
    {"request_method", LOG_METHOD, false, NULL},
    {"request_uri", LOG_TARGET, false, NULL},
    {"host", LOG_HOST, false, NULL},
    {"http_host", LOG_HOST, false, NULL},
    {"scheme", LOG_SCHEME, false, NULL},
    {"pass_access_scheme", LOG_SCHEME, false, NULL},
    {"server_port", LOG_PORT, false, NULL},
    {"ssl_server_name", LOG_SERVER_NAME, false, NULL},
    {"remote_addr", LOG_CLIENT, false, NULL},
    {"the_real_ip", LOG_CLIENT, false, NULL},
    {"status", LOG_STATUS, false, NULL},
    {"proxy_upstream_name", LOG_UPSTREAM, false, NULL},
    {"proxy_alternative_upstream_name", LOG_ALTERNATIVE, false, NULL},
    {"upstream_addr", LOG_UPSTREAM_ADDRESS, true, NULL},
    {"upstream_status", LOG_UPSTREAM_STATUS, true, NULL},
    {"upstream_response_length", LOG_IGNORED, true, NULL},
    {"upstream_response_time", LOG_IGNORED, true, NULL},
    {"upstream_connect_time", LOG_IGNORED, true, NULL},
    {"upstream_header_time", LOG_IGNORED, true, NULL},
    {"upstream_bytes_received", LOG_IGNORED, true, NULL},
    {"upstream_bytes_sent", LOG_IGNORED, true, NULL},
    {"namespace", LOG_NAMESPACE, false, NULL},
    {"service_name", LOG_SERVICE, false, NULL},
    {"service_port", LOG_SERVICE_PORT, false, NULL},
};
static const struct variable_row envoy_variables[] = {
    {"REQ(:METHOD)", LOG_METHOD, false, NULL},
    {"REQ(X-ENVOY-ORIGINAL-PATH?:PATH)", LOG_TARGET, false, NULL},
    {"REQ(:AUTHORITY)", LOG_HOST, false, NULL},
    {"REQ(:SCHEME)", LOG_SCHEME, false, NULL},
    {"REQ(X-FORWARDED-PROTO)", LOG_SCHEME, false, NULL},
    {"RESPONSE_CODE", LOG_STATUS, false, NULL},
    {"UPSTREAM_CLUSTER", LOG_UPSTREAM, false, NULL},
    {"UPSTREAM_CLUSTER_RAW", LOG_UPSTREAM, false, NULL},
    {"UPSTREAM_HOST", LOG_UPSTREAM_ADDRESS, false, NULL},
    {"DOWNSTREAM_REMOTE_ADDRESS", LOG_CLIENT, false, NULL},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", LOG_CLIENT, false, NULL},
    {"DOWNSTREAM_LOCAL_PORT", LOG_PORT, false, NULL},
    {"REQUESTED_SERVER_NAME", LOG_SERVER_NAME, false, NULL},
};
/* Keys of JSON as they are written by default, and as nginx's are often called. */
static const struct variable_row json_keys[] = {
    {"method", LOG_METHOD, false, NULL},
    {"request_method", LOG_METHOD, false, NULL},
    {"path", LOG_TARGET, false, NULL},
    {"x-envoy-origin-path", LOG_TARGET, false, NULL},
    {"request_uri", LOG_TARGET, false, NULL},
    {"target", LOG_TARGET, false, NULL},
    {"url", LOG_TARGET, false, NULL},
    {"query", LOG_QUERY, false, NULL},
    {"request_query", LOG_QUERY, false, NULL},
    {"args", LOG_QUERY, false, NULL},
    {"query_string", LOG_QUERY, false, NULL},
    {"request", LOG_REQUEST, false, NULL},
    {":authority", LOG_HOST, false, NULL},
    {"authority", LOG_HOST, false, NULL},
    {"host", LOG_HOST, false, NULL},
    {"http_host", LOG_HOST, false, NULL},
    {"vhost", LOG_HOST, false, NULL},
    {"scheme", LOG_SCHEME, false, NULL},
    {"port", LOG_PORT, false, NULL},
    {"server_port", LOG_PORT, false, NULL},
    {"requested_server_name", LOG_SERVER_NAME, false, NULL},
    {"ssl_server_name", LOG_SERVER_NAME, false, NULL},
    {"client", LOG_CLIENT, false, NULL},
    {"remote_addr", LOG_CLIENT, false, NULL},
    {"downstream_remote_address", LOG_CLIENT, false, NULL},
    {"status", LOG_STATUS, false, NULL},
    {"response_code", LOG_STATUS, false, NULL},
    {"upstream_cluster", LOG_UPSTREAM, false, NULL},
    {"upstream", LOG_UPSTREAM, false, NULL},
    {"upstream_name", LOG_UPSTREAM, false, NULL},
    {"proxy_upstream_name", LOG_UPSTREAM, false, NULL},
    {"proxy_alternative_upstream_name", LOG_ALTERNATIVE, false, NULL},
    {"upstream_host", LOG_UPSTREAM_ADDRESS, false, NULL},
    {"upstream_addr", LOG_UPSTREAM_ADDRESS, false, NULL},
    {"upstream_status", LOG_UPSTREAM_STATUS, false, NULL},
    {"namespace", LOG_NAMESPACE, false, NULL},
    {"service_name", LOG_SERVICE, false, NULL},
    {"service_port", LOG_SERVICE_PORT, false, NULL},
    {"user-agent", LOG_HEADER, false, "User-Agent"},
    {"user_agent", LOG_HEADER, false, "User-Agent"},
    {"http_user_agent", LOG_HEADER, false, "User-Agent"},
    {"http_referer", LOG_HEADER, false, "Referer"},
    {"x-forwarded-for", LOG_HEADER, false, "X-Forwarded-For"},
    {"x_forwarded_for", LOG_HEADER, false, "X-Forwarded-For"},
    {"http_x_forwarded_for", LOG_HEADER, false, "X-Forwarded-For"},
};
static const char *const field_names[] = {
#define X(id, name) name,
    LOG_FIELD_LIST(X)
#undef X
};

const char *log_format_name(size_t index)
{
    return index == 0 ? "auto" : index <= ARRAY_LEN(formats) ? formats[index - 1].name : NULL;
}

static const struct variable_row *find_row(const struct variable_row *rows, size_t count,
                                           struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* ---- patterns ----------------------------------------------------------------------------- */

struct maker {
    struct arena *arena;
    struct log_format *format;
};

static void add_piece(struct maker *maker, const struct variable_row *row, struct slice header)
{
    struct log_format *format = maker->format;
    struct log_piece *piece =
        ARENA_PUSH(maker->arena, format->pieces, format->count, format->capacity);
    *piece = (struct log_piece){.field = row          ? row->field
                                         : header.len ? LOG_HEADER
                                                      : LOG_IGNORED,
                                .header = header,
                                .list = row && row->list};
}

/* "$http_x_canary" is the header "x-canary". */
static struct slice header_of_nginx(struct arena *arena, struct slice name)
{
    struct slice start = SLICE("http_");
    if (!slice_starts(name, start)) {
        return SLICE_ABSENT;
    }
    char *bytes = arena_string(arena, slice_sub(name, start.len, name.len));
    for (char *c = bytes; *c; c++) {
        *c = *c == '_' ? '-' : *c;
    }
    return slice_of(bytes);
}

/* "$name" or "${name}" at `at`; returns where it ends. */
static size_t nginx_variable(struct maker *maker, struct slice pattern, size_t at)
{
    bool braces = at + 1 < pattern.len && pattern.ptr[at + 1] == '{';
    size_t from = at + 1 + braces, to = from;
    while (to < pattern.len && (is_alphanumeric(pattern.ptr[to]) || pattern.ptr[to] == '_')) {
        to++;
    }
    struct slice name = slice_sub(pattern, from, to);
    const struct variable_row *row = find_row(nginx_variables, ARRAY_LEN(nginx_variables), name);
    add_piece(maker, row, row ? SLICE_ABSENT : header_of_nginx(maker->arena, name));
    return braces && to < pattern.len ? to + 1 : to;
}

/* "%NAME%", "%NAME(ARGUMENT)%" or the same with ":LENGTH" at `at`; returns where it ends. */
static size_t envoy_variable(struct maker *maker, struct slice pattern, size_t at)
{
    size_t from = at + 1, to = from;
    for (bool inside = false; to < pattern.len && (inside || pattern.ptr[to] != '%'); to++) {
        inside = pattern.ptr[to] == '(' || (inside && pattern.ptr[to] != ')');
    }
    struct slice name = slice_sub(pattern, from, to), start = SLICE("REQ(");
    size_t close = slice_find(name, ')', 0);
    name = close < name.len ? slice_sub(name, 0, close + 1) : name;
    const struct variable_row *row = find_row(envoy_variables, ARRAY_LEN(envoy_variables), name);
    struct slice header = slice_sub(name, start.len, name.len ? name.len - 1 : 0);
    bool plain = slice_starts(name, start) && header.len && header.ptr[0] != ':' &&
                 slice_find(header, '?', 0) == header.len;
    add_piece(maker, row, !row && plain ? arena_lower(maker->arena, header) : SLICE_ABSENT);
    return to < pattern.len ? to + 1 : to;
}

/* Between two variables there must be something, or nobody can tell where the first one ends. */
static bool make_pattern(struct maker *maker, struct slice pattern, struct slice *error)
{
    bool envoy = slice_find(pattern, '$', 0) == pattern.len;
    char sign = envoy ? '%' : '$';
    struct log_format *format = maker->format;
    format->escapes = !envoy;
    size_t at = slice_find(pattern, sign, 0);
    format->start = slice_sub(pattern, 0, at);
    while (at < pattern.len) {
        size_t end =
            envoy ? envoy_variable(maker, pattern, at) : nginx_variable(maker, pattern, at);
        size_t next = slice_find(pattern, sign, end);
        struct log_piece *piece = &format->pieces[format->count - 1];
        piece->end = slice_sub(pattern, end, next);
        if (!piece->end.len && next < pattern.len) {
            *error = SLICE("two variables stand side by side, so it cannot be told where the first "
                           "one ends");
            return false;
        }
        at = next;
    }
    return true;
}

/* ---- keys of JSON ------------------------------------------------------------------------- */

static bool add_key(struct maker *maker, struct slice text, struct slice *error)
{
    size_t equals = slice_find(text, '=', 0);
    struct slice field = slice_sub(text, 0, equals), key = slice_sub(text, equals + 1, text.len);
    struct slice header = SLICE("header.");
    struct log_piece piece = {.field = LOG_IGNORED, .name = key};
    for (size_t i = 0; i < ARRAY_LEN(field_names); i++) {
        piece.field = slice_is(field, field_names[i]) ? (enum log_field)i : piece.field;
    }
    if (slice_starts(field, header) && field.len > header.len) {
        piece.field = LOG_HEADER;
        piece.header = slice_sub(field, header.len, field.len);
    }
    if (piece.field == LOG_IGNORED || !key.len) {
        struct slice names = SLICE("");
        for (size_t i = 0; i < ARRAY_LEN(field_names); i++) {
            names = ARENA_JOIN(maker->arena, names, slice_of(field_names[i]), SLICE(", "));
        }
        *error = arena_printf(
            maker->arena, "'" SLICE_FMT "' is not FIELD=KEY with one of " SLICE_FMT "header.NAME",
            SLICE_ARG(text), SLICE_ARG(names));
        return false;
    }
    struct log_format *format = maker->format;
    *ARENA_PUSH(maker->arena, format->pieces, format->count, format->capacity) = piece;
    return true;
}

static bool make_json(struct maker *maker, const struct slice *keys, size_t key_count,
                      struct slice *error)
{
    struct log_format *format = maker->format;
    format->json = true;
    for (size_t i = 0; i < key_count; i++) {
        struct slice rest = keys[i], part;
        while (slice_split(&rest, ',', &part)) {
            if (!add_key(maker, part, error)) {
                return false;
            }
        }
    }
    size_t given = format->count;
    for (size_t i = 0; i < ARRAY_LEN(json_keys); i++) {
        const struct variable_row *row = &json_keys[i];
        bool taken = false;
        for (size_t g = 0; g < given; g++) {
            taken = taken || slice_is(format->pieces[g].name, row->name) ||
                    (row->field != LOG_HEADER && format->pieces[g].field == row->field);
        }
        if (!taken) {
            add_piece(maker, row, slice_of(row->header));
            format->pieces[format->count - 1].name = slice_of(row->name);
        }
    }
    return true;
}

const struct log_piece *format_key(const struct log_format *format, struct slice key)
{
    for (size_t i = 0; i < format->count; i++) {
        if (slice_equal(format->pieces[i].name, key)) {
            return &format->pieces[i];
        }
    }
    return NULL;
}

/* ---- making ------------------------------------------------------------------------------- */

bool log_format_tells(const struct log_format *format, enum log_field field)
{
    for (size_t i = 0; i < format->count; i++) {
        if (format->pieces[i].field == field) {
            return true;
        }
    }
    return false;
}

bool log_format_tells_header(const struct log_format *format, struct slice name)
{
    for (size_t i = 0; i < format->count; i++) {
        if (format->pieces[i].field == LOG_HEADER &&
            slice_equal_fold(format->pieces[i].header, name)) {
            return true;
        }
    }
    return false;
}

struct slice log_format_label(const struct log_format *format)
{
    return format->label;
}

const struct log_format *log_format_make(struct arena *arena, struct slice name,
                                         const struct slice *keys, size_t key_count,
                                         struct slice *error)
{
    struct log_format *format = ARENA_NEW(arena, struct log_format);
    struct maker maker = {arena, format};
    const struct format_row *row = NULL;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        row = slice_is(name, formats[i].name) ? &formats[i] : row;
    }
    bool pattern = slice_find(name, '$', 0) < name.len || slice_find(name, '%', 0) < name.len;
    *error = SLICE_ABSENT;
    format->label = row ? name : SLICE("pattern");
    if (!row && !pattern) {
        *error = SLICE("there is no format of that name, and no variable in it");
        return NULL;
    }
    if (row && !row->pattern) {
        return make_json(&maker, keys, key_count, error) ? format : NULL;
    }
    if (!make_pattern(&maker, row ? slice_of(row->pattern) : name, error)) {
        return NULL;
    }
    bool request = log_format_tells(format, LOG_REQUEST) ||
                   (log_format_tells(format, LOG_METHOD) && log_format_tells(format, LOG_TARGET));
    if (!request) {
        *error = SLICE("its lines tell no request: log $request, or $request_method and "
                       "$request_uri ($uri is what rewriting made of the target)");
    }
    return request ? format : NULL;
}

/* So many lines say what the others are. */
enum { DETECT_LINES = 200 };

const struct log_format *log_format_detect(struct arena *arena, const struct slice *keys,
                                           size_t key_count, struct slice text)
{
    const struct log_format *best = NULL;
    size_t most = 0;
    struct arena *scratch = arena_open_like(arena);
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct slice rest = text, line, error;
        const struct log_format *format =
            log_format_make(arena, slice_of(formats[i].name), keys, key_count, &error);
        size_t taken = 0;
        for (size_t n = 0; format && n < DETECT_LINES && slice_split(&rest, '\n', &line); n++) {
            struct log_entry entry;
            taken += log_parse(format, scratch, line, &entry) == LOG_TAKEN;
            arena_clear(scratch);
        }
        if (taken > most) {
            most = taken;
            best = format;
        }
    }
    arena_close(scratch);
    return best;
}
