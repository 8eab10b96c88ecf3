#include "expect/expect.h"

/* The keys of a request: name, how it is read, where it goes. */
enum key_kind { KEY_TEXT, KEY_PORT, KEY_COUNT, KEY_BOOL, KEY_HEADERS, KEY_ADDRESS };
static const struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;
} keys[] = {
    {"method", KEY_TEXT, offsetof(struct request, method)},
    {"scheme", KEY_TEXT, offsetof(struct request, scheme)},
    {"host", KEY_TEXT, offsetof(struct request, host)},
    {"port", KEY_PORT, offsetof(struct request, port)},
    {"path", KEY_TEXT, offsetof(struct request, target)},
    {"headers", KEY_HEADERS, 0},
    {"client_ip", KEY_ADDRESS, 0},
    {"body_size", KEY_COUNT, offsetof(struct request, body_bytes)},
    {"sni", KEY_TEXT, offsetof(struct request, sni)},
    {"client_cert", KEY_BOOL, offsetof(struct request, client_certificate)},
    {"protocol", KEY_TEXT, offsetof(struct request, protocol)},
    {"gateway", KEY_TEXT, offsetof(struct request, gateway)},
};

static bool wrong(struct run *run, struct span span, struct slice key, const char *wanted)
{
    diag_at(run->diag, DIAG_T002, span, SLICE_ABSENT, "'" SLICE_FMT "' must be %s", SLICE_ARG(key),
            wanted);
    return false;
}

static bool read_header(struct run *run, const struct pair *pair, struct request *out)
{
    const struct node *value = pair->value;
    if (value->kind == NODE_STRING) {
        headers_add(run->arena, &out->headers, pair->key, value->text);
        return true;
    }
    if (value->kind != NODE_LIST) {
        return wrong(run, pair->span, pair->key, "a text or a list of texts");
    }
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i]->kind != NODE_STRING) {
            return wrong(run, pair->span, pair->key, "a text or a list of texts");
        }
        headers_add(run->arena, &out->headers, pair->key, value->items[i]->text);
    }
    return true;
}

static bool read_key(struct run *run, const struct key *key, const struct pair *pair,
                     struct request *out)
{
    const struct node *value = pair->value;
    void *slot = (char *)out + key->offset;
    switch (key->kind) {
    case KEY_TEXT:
        if (value->kind != NODE_STRING) {
            return wrong(run, pair->span, pair->key, "a text");
        }
        *(struct slice *)slot = value->text;
        return true;
    case KEY_PORT:
        if (value->kind != NODE_INT || value->integer < 1 || value->integer > 65535) {
            return wrong(run, pair->span, pair->key, "a port number");
        }
        *(uint16_t *)slot = (uint16_t)value->integer;
        return true;
    case KEY_COUNT:
        if (value->kind != NODE_INT || value->integer < 0) {
            return wrong(run, pair->span, pair->key, "a number of bytes");
        }
        *(uint64_t *)slot = (uint64_t)value->integer;
        return true;
    case KEY_BOOL:
        if (value->kind != NODE_BOOL) {
            return wrong(run, pair->span, pair->key, "true or false");
        }
        *(bool *)slot = value->boolean;
        return true;
    case KEY_ADDRESS:
        if (value->kind != NODE_STRING || !address_parse(value->text, &out->client)) {
            return wrong(run, pair->span, pair->key, "an address such as 192.0.2.1");
        }
        out->client_text = value->text;
        return true;
    case KEY_HEADERS:
        if (value->kind != NODE_MAP) {
            return wrong(run, pair->span, pair->key, "an object of header names and values");
        }
        for (size_t i = 0; i < value->count; i++) {
            if (!read_header(run, &value->pairs[i], out)) {
                return false;
            }
        }
        return true;
    }
    return false;
}

bool expect_read_request(struct run *run, const struct node *node, struct request *out)
{
    *out = (struct request){0};
    if (node->kind != NODE_MAP) {
        return wrong(run, node->span, SLICE("request"), "an object");
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct pair *pair = &node->pairs[i];
        const struct key *key = NULL;
        const char *names[ARRAY_LEN(keys)];
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            names[k] = keys[k].name;
            key = slice_is(pair->key, keys[k].name) ? &keys[k] : key;
        }
        if (!key) {
            const char *close = diag_closest(pair->key, names, ARRAY_LEN(keys));
            diag_at(run->diag, DIAG_T001, pair->span, SLICE_ABSENT,
                    "a request has no key '" SLICE_FMT "'%s%s%s", SLICE_ARG(pair->key),
                    close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
            return false;
        }
        if (pair->value->kind != NODE_NULL && !read_key(run, key, pair, out)) {
            return false;
        }
    }
    request_defaults(out);
    return true;
}

static void read_case(struct run *run, const struct node *node, struct expect_cases *out)
{
    const struct node *request = node_get(node, "request"), *name = node_get(node, "name");
    struct expect_case item = {.expect = node_get(node, "expect"), .span = node->span};
    /* a bare request counts as a case without expectation */
    if (!expect_read_request(run, request ? request : node, &item.request)) {
        return;
    }
    item.name = name && name->kind == NODE_STRING ? name->text
                                                  : request_line(run->arena, &item.request);
    *ARENA_PUSH(run->arena, out->items, out->count, out->capacity) = item;
}

void expect_read(struct run *run, const struct input_file *file, struct expect_cases *out)
{
    struct documents documents = {0};
    struct slice text = slice_trim(file->text);
    if (text.len && text.ptr[0] == '{' && slice_find(text, '\n', 0) < text.len) {
        /* one request a line: each line is a document of its own */
        struct slice rest = text, line;
        while (slice_split(&rest, '\n', &line)) {
            if (slice_trim(line).len && slice_trim(line).ptr[0] == '{' &&
                slice_ends(slice_trim(line), SLICE("}"))) {
                struct input_file one = {file->name, line, file->file};
                document_read(run, &one, &documents);
            } else if (slice_trim(line).len) {
                documents.count = 0;
                break;
            }
        }
    }
    if (documents.count == 0) {
        document_read(run, file, &documents);
    }
    for (size_t i = 0; i < documents.count; i++) {
        const struct node *root = documents.roots[i];
        for (size_t n = 0; root->kind == NODE_LIST && n < root->count; n++) {
            read_case(run, root->items[n], out);
        }
        if (root->kind != NODE_LIST) {
            read_case(run, root, out);
        }
    }
}
