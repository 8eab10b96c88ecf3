#include "ingress_nginx/model_priv.h"

/* Variables of nginx that have a counterpart in route tables. */
static const struct {
    const char *name;
    enum part_kind kind;
    const char *text;
} variables[] = {
    {"host", PART_HOST, NULL},
    {"http_host", PART_HOST_HEADER, NULL},
    {"best_http_host", PART_HOST_HEADER, NULL},
    {"scheme", PART_SCHEME, NULL},
    {"request_method", PART_METHOD, NULL},
    {"request_uri", PART_TARGET, NULL},
    {"remote_addr", PART_CLIENT, NULL},
    {"server_port", PART_PORT, NULL},
    {"req_id", PART_REQUEST_ID, NULL},
    {"http_user_agent", PART_HEADER, "User-Agent"},
    {"http_referer", PART_HEADER, "Referer"},
    {"http_accept", PART_HEADER, "Accept"},
    {"http_authorization", PART_HEADER, "Authorization"},
    {"http_origin", PART_HEADER, "Origin"},
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct part variable(struct slice name, struct slice written, const struct variables *own)
{
    const struct {
        const char *name;
        struct slice value;
    } set[] = {
        {"namespace", own ? own->namespace : SLICE_ABSENT},
        {"ingress_name", own ? own->ingress : SLICE_ABSENT},
        {"service_name", own ? own->service : SLICE_ABSENT},
        {"service_port", own ? own->port : SLICE_ABSENT},
        {"proxy_upstream_name", own ? own->upstream : SLICE_ABSENT},
        {"proxy_host",
         own ? own->upstream : SLICE_ABSENT}, /* nginx.tmpl sets it to the other one */
    };
    for (size_t i = 0; i < ARRAY_LEN(set); i++) {
        if (set[i].value.ptr && slice_is(name, set[i].name)) {
            return (struct part){.kind = PART_TEXT, .text = set[i].value};
        }
    }
    if (own && own->escaped_target && slice_is(name, "escaped_request_uri")) {
        return (struct part){.kind = PART_TARGET_ESCAPED};
    }
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        if (slice_is(name, variables[i].name)) {
            return (struct part){.kind = variables[i].kind, .text = slice_of(variables[i].text)};
        }
    }
    return (struct part){.kind = PART_UNKNOWN, .text = written};
}

struct variables location_variables(struct run *run, const struct location *location)
{
    const struct backend *backend = &location->backend;
    const struct object *ingress = location->item ? &location->item->ingress->object : NULL;
    char digits[UINT_TEXT_MAX];
    if (!ingress || !location->has_backend) {
        return (struct variables){.namespace = ingress ? ingress->namespace : SLICE_ABSENT,
                                  .ingress = ingress ? ingress->name : SLICE_ABSENT};
    }
    struct slice port = backend->port_name.len
                            ? backend->port_name
                            : ARENA_JOIN(run->arena, uint_text(backend->port, digits));
    return (struct variables){.namespace = ingress->namespace,
                              .ingress = ingress->name,
                              .service = backend->service,
                              .port = port,
                              .upstream = ARENA_JOIN(run->arena, backend->namespace, SLICE("-"),
                                                     backend->service, SLICE("-"), port)};
}

/* Reads what follows a '$': "1" to "9", a name, or a name in braces. Returns where it ends, 0 for what
 * nginx refuses (ngx_http_script_compile). */
static size_t read_variable(struct slice text, size_t from, const struct variables *own,
                            struct part *out)
{
    size_t at = from;
    if (at < text.len && text.ptr[at] >= '1' && text.ptr[at] <= '9') {
        *out = (struct part){.kind = PART_CAPTURE, .index = (unsigned)(text.ptr[at] - '0')};
        return at + 1;
    }
    bool braces = at < text.len && text.ptr[at] == '{';
    size_t start = braces ? at + 1 : at, end = start;
    while (end < text.len && is_name(text.ptr[end])) {
        end++;
    }
    if (end == start || text.ptr[start] == '0' ||
        (braces && (end == text.len || text.ptr[end] != '}'))) {
        return 0;
    }
    size_t next = braces ? end + 1 : end;
    *out = variable(slice_sub(text, start, end), slice_sub(text, from - 1, next), own);
    return next;
}

bool template_read(struct run *run, struct slice text, const struct variables *own,
                   struct template *out)
{
    struct part *parts = NULL;
    size_t count = 0, capacity = 0, from = 0;
    for (size_t i = 0; i <= text.len;) {
        if (i < text.len && text.ptr[i] != '$') {
            i++;
            continue;
        }
        if (i > from) {
            *ARENA_PUSH(run->arena, parts, count, capacity) =
                (struct part){.kind = PART_TEXT, .text = slice_sub(text, from, i)};
        }
        if (i == text.len) {
            break;
        }
        struct part part;
        size_t next = read_variable(text, i + 1, own, &part);
        if (next == 0) {
            return false;
        }
        *ARENA_PUSH(run->arena, parts, count, capacity) = part;
        i = from = next;
    }
    *out = count ? (struct template){parts, count} : template_text(run->arena, SLICE(""));
    return true;
}

static size_t most_items(struct slice text, char separator)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++) {
        most += text.ptr[i] == separator;
    }
    return most;
}

struct texts texts_read(struct run *run, struct slice text, char separator)
{
    struct texts texts = {ARENA_ARRAY(run->arena, struct slice, most_items(text, separator)), 0};
    struct slice item;
    while (slice_split(&text, separator, &item)) {
        item = slice_trim(item);
        if (item.len) {
            texts.items[texts.count++] = item;
        }
    }
    return texts;
}

struct networks networks_read(struct run *run, struct slice text)
{
    struct networks networks = {ARENA_ARRAY(run->arena, struct network, most_items(text, ',')), 0};
    struct slice item;
    while (slice_split(&text, ',', &item)) {
        networks.count += network_parse(slice_trim(item), &networks.items[networks.count]);
    }
    return networks;
}
