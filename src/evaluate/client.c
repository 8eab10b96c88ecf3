#include "evaluate/evaluate_priv.h"

/* Whoever connected is trusted if it is in the list, or if the list holds every IPv4 address and nobody
 * said who connected. */
static bool peer_trusted(const struct context *context)
{
    const struct networks *trusted = &context->table->view.client_trusted;
    const struct address any = {.length = 4};
    if (context->client.length) {
        return networks_hold(trusted, &context->client);
    }
    for (size_t i = 0; i < trusted->count; i++) {
        if (trusted->items[i].bits == 0 && network_contains(&trusted->items[i], &any)) {
            return true;
        }
    }
    return false;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80" */
static bool read_item(struct slice item, struct address *address, struct slice *text)
{
    size_t colon = slice_find(item, ':', 0);
    if (slice_starts(item, SLICE("["))) {
        item = slice_sub(item, 1, slice_find(item, ']', 0));
    } else if (slice_find(item, ':', colon + 1) == item.len) {
        item = slice_sub(item, 0, colon);
    }
    *text = item;
    return address_parse(item, address);
}

/* nginx, ngx_http_get_forwarded_addr with real_ip_recursive on: from the right, and no further than the
 * first address that is not trusted or that is none. */
void find_client(struct context *context)
{
    context->client = context->request->client;
    context->client_text = context->request->client_text;
    const struct view *view = &context->table->view;
    struct slice list = view->client_header.ptr
                            ? headers_joined(context->arena, &context->headers, view->client_header)
                            : SLICE_ABSENT;
    bool trusted = list.ptr && peer_trusted(context);
    while (trusted && list.len) {
        size_t start = list.len;
        while (start > 0 && list.ptr[start - 1] != ',') {
            start--;
        }
        struct address address;
        struct slice text;
        if (!read_item(slice_trim(slice_sub(list, start, list.len)), &address, &text)) {
            return;
        }
        context->client = address;
        context->client_text = text;
        trusted = networks_hold(&view->client_trusted, &address);
        list.len = start ? start - 1 : 0;
    }
}
