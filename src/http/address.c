#include "http/http.h"

#include <arpa/inet.h>
#include <string.h>

bool address_parse(struct slice text, struct address *out)
{
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    struct address address = {.length = 4};
    if (inet_pton(AF_INET, copy, address.bytes) != 1) {
        address.length = 16;
        if (inet_pton(AF_INET6, copy, address.bytes) != 1) {
            return false;
        }
    }
    *out = address;
    return true;
}

bool network_parse(struct slice text, struct network *out)
{
    size_t slash = slice_find(text, '/', 0);
    struct network network;
    uint64_t bits;
    if (!address_parse(slice_sub(text, 0, slash), &network.address)) {
        return false;
    }
    unsigned all = network.address.length * 8u;
    bits = all;
    if (slash < text.len && !slice_to_uint(slice_sub(text, slash + 1, text.len), all, &bits)) {
        return false;
    }
    network.bits = (uint8_t)bits;
    *out = network;
    return true;
}

bool network_contains(const struct network *network, const struct address *address)
{
    if (network->address.length != address->length) {
        return false;
    }
    for (unsigned i = 0; i < network->bits; i++) {
        unsigned mask = 0x80u >> (i % 8);
        if ((network->address.bytes[i / 8] & mask) != (address->bytes[i / 8] & mask)) {
            return false;
        }
    }
    return true;
}

void network_print(const struct network *network, struct buf *out)
{
    const uint8_t *b = network->address.bytes;
    if (network->address.length == 4) {
        buf_printf(out, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    } else {
        for (size_t i = 0; i < 16; i += 2) {
            buf_printf(out, "%s%x", i ? ":" : "", (unsigned)(b[i] << 8 | b[i + 1]));
        }
    }
    buf_printf(out, "/%u", network->bits);
}
