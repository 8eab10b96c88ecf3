#include "verify/verify_priv.h"

enum { RECORD_VERSION = 1 };

static const char *const side_names[2] = {"before", "after"};
static const char *const fault_names[VERIFY_FAULT_COUNT] = {
#define X(id, name, words) name,
    VERIFY_FAULT_LIST(X)
#undef X
};

/* ---- writing ------------------------------------------------------------------------------ */

static void set_text(struct arena *arena, struct node *map, const char *key, struct slice text)
{
    if (text.ptr) {
        node_set(arena, map, key, node_string(arena, text));
    }
}

/* Each header by its name in lower case, with its values in a list. */
static struct node *headers_node(struct arena *arena, const struct headers *headers)
{
    struct node *map = node_map(arena);
    struct map *lists = map_new(arena);
    for (size_t i = 0; i < headers->count; i++) {
        struct slice name = arena_lower(arena, headers->items[i].name);
        struct node *list = map_get(lists, name);
        if (!list) {
            list = node_list(arena);
            map_put(lists, name, list);
            node_set_slice(arena, map, name, list);
        }
        node_add(arena, list, node_string(arena, headers->items[i].value));
    }
    return map;
}

static struct node *echo_node(struct arena *arena, const struct verify_echo *echo,
                              const struct texts *secrets)
{
    struct node *map = node_map(arena);
    const struct headers headers = headers_masked(arena, secrets, &echo->headers);
    set_text(arena, map, "namespace", echo->namespace);
    set_text(arena, map, "service", echo->service);
    set_text(arena, map, "pod", echo->pod);
    set_text(arena, map, "method", echo->method);
    set_text(arena, map, "host", text_masked(arena, secrets, echo->host));
    set_text(arena, map, "path", text_masked(arena, secrets, echo->path));
    node_set(arena, map, "headers", headers_node(arena, &headers));
    return map;
}

struct node *answer_node(struct arena *arena, const struct verify_item *item, size_t side,
                         const struct texts *secrets)
{
    const struct verify_answer *answer = &item->answer[side];
    struct node *map = node_map(arena);
    set_text(arena, map, "gateway", item->gateway[side]);
    const struct headers headers = headers_masked(arena, secrets, &answer->headers);
    if (answer->fault != VERIFY_NONE) {
        node_set(arena, map, "fault", node_string(arena, slice_of(fault_names[answer->fault])));
        set_text(arena, map, "detail", answer->detail);
    }
    if (answer->status) {
        node_set(arena, map, "status", node_int(arena, answer->status));
        set_text(arena, map, "protocol", answer->protocol);
        node_set(arena, map, "headers", headers_node(arena, &headers));
        node_set(arena, map, "body_bytes", node_int(arena, (int64_t)answer->body_bytes));
        set_text(arena, map, "body_sha256", answer->body_hash);
    }
    if (answer->echo.told) {
        node_set(arena, map, "echo", echo_node(arena, &answer->echo, secrets));
    }
    return map;
}

void verify_record_write(struct run *run, const struct verify_items *items, struct buf *out)
{
    struct arena *arena = run->arena;
    for (size_t i = 0; i < items->count; i++) {
        const struct verify_item *item = &items->items[i];
        const struct request request = request_public(arena, &item->request);
        const struct texts secrets = request_secrets(arena, &item->request);
        struct node *map = node_map(arena);
        node_set(arena, map, "record", node_int(arena, RECORD_VERSION));
        node_set(arena, map, "source", node_string(arena, item->source));
        node_set(arena, map, "number", node_int(arena, (int64_t)item->number));
        node_set(arena, map, "request", request_node(run, &request));
        if (item->skipped.ptr) {
            set_text(arena, map, "skipped", item->skipped);
        }
        for (size_t side = 0; side < 2 && !item->skipped.ptr; side++) {
            node_set(arena, map, side_names[side], answer_node(arena, item, side, &secrets));
        }
        document_write_json(map, 0, out);
        buf_putc(out, '\n');
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

static struct slice get_text(const struct node *map, const char *key)
{
    const struct node *value = node_get(map, key);
    return value && value->kind == NODE_STRING ? value->text : SLICE_ABSENT;
}

static int64_t get_number(const struct node *map, const char *key)
{
    const struct node *value = node_get(map, key);
    return value && value->kind == NODE_INT ? value->integer : 0;
}

static void get_headers(struct arena *arena, const struct node *map, struct headers *out)
{
    for (uint32_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
        const struct node *list = map->pairs[i].value;
        for (uint32_t n = 0; list->kind == NODE_LIST && n < list->count; n++) {
            if (list->items[n]->kind == NODE_STRING) {
                headers_add(arena, out, map->pairs[i].key, list->items[n]->text);
            }
        }
    }
}

static void get_echo(struct arena *arena, const struct node *map, struct verify_echo *out)
{
    out->told = true;
    out->namespace = get_text(map, "namespace");
    out->service = get_text(map, "service");
    out->pod = get_text(map, "pod");
    out->method = get_text(map, "method");
    out->host = get_text(map, "host");
    out->path = get_text(map, "path");
    get_headers(arena, node_get(map, "headers"), &out->headers);
}

static bool get_answer(struct arena *arena, const struct node *map, struct verify_answer *out)
{
    struct slice fault = get_text(map, "fault");
    const struct node *echo = map ? node_get(map, "echo") : NULL;
    *out = (struct verify_answer){.asked = true};
    for (size_t i = 0; i < VERIFY_FAULT_COUNT; i++) {
        if (fault.ptr && slice_is(fault, fault_names[i])) {
            out->fault = (enum verify_fault)i;
        }
    }
    out->detail = get_text(map, "detail");
    out->status = get_number(map, "status");
    out->protocol = get_text(map, "protocol");
    out->body_bytes = (uint64_t)get_number(map, "body_bytes");
    out->body_hash = get_text(map, "body_sha256");
    get_headers(arena, node_get(map, "headers"), &out->headers);
    if (echo) {
        get_echo(arena, echo, &out->echo);
    }
    return out->status || out->fault != VERIFY_NONE;
}

static void read_item(struct run *run, const struct node *root, struct verify_items *out)
{
    const struct node *request = root->kind == NODE_MAP ? node_get(root, "request") : NULL;
    struct verify_item item = {.source = get_text(root, "source"),
                               .number = (uint64_t)get_number(root, "number"),
                               .skipped = get_text(root, "skipped")};
    if (get_number(root, "record") != RECORD_VERSION) {
        diag_at(run->diag, DIAG_Q003, root->span, SLICE_ABSENT,
                "it is no record of version %d; 'gateshift verify --record FILE' writes one",
                RECORD_VERSION);
        return;
    }
    bool fine = request && expect_read_request(run, request, &item.request);
    for (size_t side = 0; side < 2 && fine && !item.skipped.ptr; side++) {
        const struct node *map = node_get(root, side_names[side]);
        fine = get_answer(run->arena, map, &item.answer[side]);
        item.gateway[side] = get_text(map, "gateway");
    }
    if (!fine) {
        diag_at(run->diag, DIAG_Q003, root->span, SLICE_ABSENT,
                "a request or an answer is missing in this line; record it anew");
        return;
    }
    request_defaults(&item.request);
    item.request.hidden = hidden_value();
    *ARENA_PUSH(run->arena, out->items, out->count, out->capacity) = item;
}

void verify_record_read(struct run *run, const struct input_file *file, struct verify_items *out)
{
    struct documents documents = {0};
    document_read(run, file, &documents);
    for (size_t i = 0; i < documents.count; i++) {
        read_item(run, documents.roots[i], out);
    }
}
