#include "evaluate/evaluate_priv.h"

static void drop_header(struct seen_headers *headers, struct slice name)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (!slice_equal_fold(headers->items[i].name, name)) {
            headers->items[kept++] = headers->items[i];
        }
    }
    headers->count = kept;
}

static void drop_absent(struct seen_headers *headers, struct slice name)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->absent.count; i++) {
        if (!slice_equal_fold(headers->absent.items[i], name)) {
            headers->absent.items[kept++] = headers->absent.items[i];
        }
    }
    headers->absent.count = kept;
}

void seen_set(struct arena *arena, struct seen_headers *headers, struct slice name,
              struct slice value, bool known)
{
    drop_header(headers, name);
    drop_absent(headers, name);
    *ARENA_PUSH(arena, headers->items, headers->count, headers->capacity) =
        (struct seen_header){name, value, known, false};
}

static void seen_remove(struct arena *arena, struct seen_headers *headers, struct slice name)
{
    drop_header(headers, name);
    drop_absent(headers, name);
    struct texts *absent = &headers->absent;
    struct slice *names = ARENA_ARRAY(arena, struct slice, absent->count + 1);
    for (size_t i = 0; i < absent->count; i++) {
        names[i] = absent->items[i];
    }
    names[absent->count] = name;
    *absent = (struct texts){names, absent->count + 1};
}

/* "foo" and "bar" become "foo,bar", as RFC 9110 5.3 joins lines of one name. */
static void seen_add(struct arena *arena, struct seen_headers *headers, struct slice name,
                     struct slice value, bool known)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct seen_header *header = &headers->items[i];
        if (slice_equal_fold(header->name, name)) {
            const struct slice texts[] = {header->value, SLICE(","), value};
            header->value = concat(arena, texts, ARRAY_LEN(texts));
            header->known = header->known && known;
            header->only_good = false;
            return;
        }
    }
    seen_set(arena, headers, name, value, known);
}

/* ngx_http_headers_filter_module: what add_header without "always" acts on. */
static bool is_good(int64_t status)
{
    static const int64_t good[] = {200, 201, 204, 206, 301, 302, 303, 304, 307, 308};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (status == good[i]) {
            return true;
        }
    }
    return false;
}

static bool acts(const struct context *context, const struct header_edit *edit)
{
    return (!edit->only_https || context->https) &&
           (!edit->only_good || !context->status || is_good(context->status));
}

/* The status of what a backend will answer is not known, so the header is marked. */
static void mark_good(const struct context *context, struct seen_headers *headers,
                      const struct header_edit *edit, bool had)
{
    for (size_t i = 0; !had && edit->only_good && !context->status && i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, edit->name)) {
            headers->items[i].only_good = true;
        }
    }
}

void headers_edit(struct context *context, const struct route_header_edits *edits,
                  struct seen_headers *headers)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        const struct header_edit *edit = &edits->edits.items[i];
        if (!acts(context, edit)) {
            continue;
        }
        bool had = seen_find(headers, edit->name) != NULL;
        struct slice value = SLICE_ABSENT;
        bool known = edit->kind == EDIT_REMOVE || template_render(context, &edit->value, &value);
        bool empty = known && value.len == 0;
        switch (edit->kind) {
        case EDIT_SET:
            /* nginx does not send a header whose value is empty: ngx_http_proxy_module,
             * proxy_set_header. */
            if (empty) {
                seen_remove(context->arena, headers, edit->name);
            } else {
                seen_set(context->arena, headers, edit->name, value, known);
            }
            break;
        case EDIT_ADD:
            if (!empty) {
                seen_add(context->arena, headers, edit->name, value, known);
            }
            break;
        case EDIT_REMOVE:
            seen_remove(context->arena, headers, edit->name);
            break;
        }
        mark_good(context, headers, edit, had);
    }
}

/* Of one connection, and so not handed on (RFC 9110, 7.6.1; ngx_http_proxy_module, ngx_http_proxy_headers). */
static bool is_hop_by_hop(struct slice name)
{
    static const char *const names[] = {"Connection", "Keep-Alive", "TE", "Transfer-Encoding"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_equal_fold(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* Another protocol is asked for by both headers; who opens a WebSocket sends them. */
static void ask_upgrade(struct context *context, struct seen_headers *out)
{
    if (slice_is(context->request->protocol, "websocket") && !seen_find(out, SLICE("Upgrade"))) {
        seen_set(context->arena, out, SLICE("Upgrade"), SLICE("websocket"), true);
    }
    if (seen_find(out, SLICE("Upgrade"))) {
        seen_set(context->arena, out, SLICE("Connection"), SLICE("upgrade"), true);
    }
}

void client_headers(struct context *context, struct seen_headers *out)
{
    const struct headers *sent = &context->headers;
    for (size_t i = 0; i < sent->count; i++) {
        struct slice name = sent->items[i].name;
        bool left_out = slice_equal_fold(name, SLICE("host")) || is_hop_by_hop(name);
        for (size_t j = 0; j < i && !left_out; j++) {
            left_out = slice_equal_fold(sent->items[j].name, name);
        }
        if (!left_out) {
            *ARENA_PUSH(context->arena, out->items, out->count, out->capacity) =
                (struct seen_header){name, headers_joined(context->arena, sent, name), true, false};
        }
    }
    ask_upgrade(context, out);
}

void headers_doubt(const struct context *context, struct seen_headers *headers)
{
    for (size_t i = 0; has_unknown(context, ASPECT_HEADERS) && i < headers->count; i++) {
        headers->items[i].known = false;
    }
}

const struct seen_header *seen_find(const struct seen_headers *headers, struct slice name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i].name, name)) {
            return &headers->items[i];
        }
    }
    return NULL;
}

uint64_t weight_sum(const struct outcome *outcome, bool with_statuses)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < outcome->backend_count; i++) {
        if (with_statuses || !outcome->backends[i].status) {
            sum += outcome->backends[i].weight;
        }
    }
    return sum;
}
