#include "expect/expect_priv.h"

#include <string.h>

/* ---- one request -------------------------------------------------------------------------- */

static struct slice text_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node ? node->text : SLICE_ABSENT;
}

static int64_t number_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node ? node->integer : 0;
}

static void read_headers(struct run *run, const struct node *map, struct headers *out)
{
    for (size_t i = 0; map && i < map->count; i++) {
        const struct node *value = map->pairs[i].value;
        if (value->kind == NODE_STRING) {
            headers_add(run->arena, out, map->pairs[i].key, value->text);
        }
        for (size_t j = 0; value->kind == NODE_LIST && j < value->count; j++) {
            headers_add(run->arena, out, map->pairs[i].key, value->items[j]->text);
        }
    }
}

static bool bad_value(struct run *run, const struct node *node, const char *text)
{
    diag_at(run->diag, DIAG_T006, node->span, SLICE_ABSENT, "%s, not '" SLICE_FMT "'", text,
            SLICE_ARG(node->text));
    return false;
}

static bool has_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 127) {
            return true;
        }
    }
    return false;
}

/* What the table of keys cannot say. */
static bool check_texts(struct run *run, const struct node *node, struct request *request)
{
    const struct node *path = node_get(node, "path"), *client = node_get(node, "client_ip");
    const struct node *method = node_get(node, "method"), *host = node_get(node, "host");
    if (path && path->text.len && path->text.ptr[0] != '/' && !slice_is(path->text, "*")) {
        return bad_value(run, path, "'path' must begin with '/'");
    }
    if (path && has_blank(path->text)) {
        return bad_value(run, path, "'path' is what is sent, so it must not hold blanks");
    }
    if (method && (!method->text.len || has_blank(method->text))) {
        return bad_value(run, method, "'method' must be one word");
    }
    if (host && has_blank(host->text)) {
        return bad_value(run, host, "'host' must not hold blanks");
    }
    if (client && !address_parse(client->text, &request->client)) {
        return bad_value(run, client, "'client_ip' must be an IPv4 or IPv6 address");
    }
    return true;
}

/* What every gRPC call has (gRPC over HTTP/2, "Requests"), and what rules for gRPC look at. */
static void grpc_defaults(struct run *run, struct request *request)
{
    if (!slice_is(request->protocol, "grpc")) {
        return;
    }
    if (!request->method.len) {
        request->method = SLICE("POST");
    }
    if (!headers_get(&request->headers, SLICE("content-type")).ptr) {
        headers_add(run->arena, &request->headers, SLICE("content-type"),
                    SLICE("application/grpc"));
    }
}

bool expect_read_request(struct run *run, const struct node *node, struct request *out)
{
    if (node->kind != NODE_MAP) {
        diag_at(run->diag, DIAG_T002, node->span, SLICE_ABSENT,
                "a request must be a mapping, not %s", node_kind_name(node->kind));
        return false;
    }
    struct request request = {0};
    if (!keys_check(run, node, &request_keys, "a request") || !check_texts(run, node, &request)) {
        return false;
    }
    if (!node_get(node, "host")) {
        diag_at(run->diag, DIAG_T005, node->span, SLICE_ABSENT,
                "the request has no 'host'; add one (it may be empty)");
        return false;
    }
    const struct node *certificate = node_get(node, "client_cert");
    request.method = text_of(node, "method");
    request.scheme = text_of(node, "scheme");
    request.host = text_of(node, "host");
    request.target = text_of(node, "path");
    request.port = (uint16_t)number_of(node, "port");
    request.client_text = text_of(node, "client_ip");
    request.body_bytes = (uint64_t)number_of(node, "body_size");
    request.sni = text_of(node, "sni");
    request.client_certificate = certificate && certificate->boolean;
    request.protocol = text_of(node, "protocol");
    request.gateway = text_of(node, "gateway");
    request.credentials_sent = true;
    read_headers(run, node_get(node, "headers"), &request.headers);
    grpc_defaults(run, &request);
    request_defaults(&request);
    *out = request;
    return true;
}

/* ---- cases -------------------------------------------------------------------------------- */

static void add(struct run *run, struct expect_cases *out, struct expect_case item)
{
    if (!item.name.len) {
        item.name = request_line(run->arena, &item.request);
    }
    *ARENA_PUSH(run->arena, out->items, out->count, out->capacity) = item;
}

static bool read_expect(struct run *run, const struct node *expect)
{
    if (!expect) {
        return true;
    }
    if (!keys_check(run, expect, &expect_keys, "an expectation")) {
        return false;
    }
    if (!expect->count) {
        diag_at(run->diag, DIAG_T005, expect->span, SLICE_ABSENT,
                "'expect' is empty, so nothing would be checked; say what is expected");
    }
    return expect->count > 0;
}

/* A name that is no profile's would never be asked for. */
static bool read_profiles(struct run *run, const struct node *profiles)
{
    bool fine = true;
    for (size_t i = 0; profiles && i < profiles->count; i++) {
        const struct pair *pair = &profiles->pairs[i];
        if (!gateway_profile_find(pair->key)) {
            struct slice names = SLICE("");
            for (size_t p = 0; gateway_profile_at(p); p++) {
                names = arena_printf(run->arena, SLICE_FMT "%s%s", SLICE_ARG(names), p ? ", " : "",
                                     gateway_profile_at(p)->name);
            }
            diag_at(run->diag, DIAG_T006, pair->span, SLICE_ABSENT,
                    "'profiles' takes " SLICE_FMT ", not '" SLICE_FMT "'", SLICE_ARG(names),
                    SLICE_ARG(pair->key));
            fine = false;
        } else if (pair->value->kind != NODE_MAP) {
            diag_at(run->diag, DIAG_T002, pair->value->span, SLICE_ABSENT,
                    "'" SLICE_FMT "' must be a mapping, not %s", SLICE_ARG(pair->key),
                    node_kind_name(pair->value->kind));
            fine = false;
        } else {
            fine = read_expect(run, pair->value) && fine;
        }
    }
    return fine;
}

const struct node *expect_of(const struct expect_case *item, struct slice plane)
{
    for (size_t i = 0; item->profiles && i < item->profiles->count; i++) {
        if (slice_equal(item->profiles->pairs[i].key, plane)) {
            return item->profiles->pairs[i].value;
        }
    }
    return item->expect;
}

/* A mapping without 'request' is a bare request. */
static void read_item(struct run *run, const struct node *node, struct expect_cases *out)
{
    struct expect_case item = {.span = node->span};
    if (!node_get(node, "request") && !node_get(node, "expect")) {
        if (expect_read_request(run, node, &item.request)) {
            add(run, out, item);
        }
        return;
    }
    if (!keys_check(run, node, &case_keys, "a case")) {
        return;
    }
    const struct node *request = node_get(node, "request");
    item.expect = node_get(node, "expect");
    item.name = text_of(node, "name");
    if (!request) {
        diag_at(run->diag, DIAG_T005, node->span, SLICE_ABSENT, "the case has no 'request'");
        return;
    }
    item.profiles = node_get(node, "profiles");
    bool fine = expect_read_request(run, request, &item.request);
    fine = read_profiles(run, item.profiles) && fine;
    if (read_expect(run, item.expect) && fine) {
        add(run, out, item);
    }
}

static void read_root(struct run *run, const struct node *root, struct expect_cases *out)
{
    bool list = root->kind == NODE_LIST;
    for (size_t i = 0; i < (list ? root->count : 1); i++) {
        const struct node *item = list ? root->items[i] : root;
        if (item->kind == NODE_MAP) {
            read_item(run, item, out);
        } else {
            diag_at(run->diag, DIAG_T003, item->span, SLICE_ABSENT,
                    "a request or a case must be a mapping, not %s", node_kind_name(item->kind));
        }
    }
}

/* True when there are several lines, and each is an object of its own. */
static bool is_lines(struct slice text)
{
    size_t lines = 0;
    struct slice rest = text, line;
    while (slice_split(&rest, '\n', &line)) {
        line = slice_trim(line);
        if (!line.len) {
            continue;
        }
        if (line.ptr[0] != '{' || line.ptr[line.len - 1] != '}') {
            return false;
        }
        lines++;
    }
    return lines > 1;
}

/* Objects on lines as one array, so that lines and columns come from the one reader. A bracket or a comma
 * goes before each object, so columns are one too high: shift_back. */
static struct slice lines_to_array(struct run *run, struct slice text)
{
    char *array = arena_alloc(run->arena, 2 * text.len + 2);
    size_t used = 0;
    bool first = true;
    struct slice rest = text, line;
    while (slice_split(&rest, '\n', &line)) {
        if (slice_trim(line).len) {
            array[used++] = first ? '[' : ',';
            first = false;
            memcpy(array + used, line.ptr, line.len);
            used += line.len;
        }
        if (rest.ptr) {
            array[used++] = '\n';
        }
    }
    array[used++] = ']';
    return (struct slice){array, used};
}

/* Depth is bounded by the limit of the reader. */
static void shift_back(struct node *node)
{
    node->span.column--;
    for (size_t i = 0; node->kind == NODE_LIST && i < node->count; i++) {
        shift_back(node->items[i]);
    }
    for (size_t i = 0; node->kind == NODE_MAP && i < node->count; i++) {
        node->pairs[i].span.column--;
        shift_back(node->pairs[i].value);
    }
}

void expect_read(struct run *run, const struct input_file *file, struct expect_cases *out)
{
    struct input_file array = *file;
    struct documents documents = {0};
    size_t errors = diag_count_severity(run->diag, SEVERITY_ERROR);
    bool lines = is_lines(file->text);
    if (lines) {
        array.text = lines_to_array(run, file->text);
    }
    document_read(run, &array, &documents);
    for (size_t i = 0; i < documents.count; i++) {
        for (size_t n = 0; lines && n < documents.roots[i]->count; n++) {
            shift_back(documents.roots[i]->items[n]);
        }
        read_root(run, documents.roots[i], out);
    }
    if (!documents.count && errors == diag_count_severity(run->diag, SEVERITY_ERROR)) {
        diag_at(run->diag, DIAG_T003, (struct span){file->file, 1, 1}, SLICE_ABSENT,
                "there is no request in this file");
    }
}
