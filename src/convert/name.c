#include "convert/convert_priv.h"

struct slice name_slug(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain) {
            out[len++] = c;
        } else if (len && out[len - 1] != '-') {
            out[len++] = '-';
        }
    }
    while (len && out[len - 1] == '-') {
        len--;
    }
    return (struct slice){out, len};
}

struct slice host_slug(struct arena *arena, struct slice hostname)
{
    if (!hostname.ptr) {
        return SLICE("all-hosts");
    }
    if (slice_starts(hostname, SLICE("*."))) {
        struct slice rest = name_slug(arena, slice_sub(hostname, 2, hostname.len));
        return arena_printf(arena, "wildcard-" SLICE_FMT, SLICE_ARG(rest));
    }
    return name_slug(arena, hostname);
}

/* Names only have to differ, nobody attacks them. */
static unsigned identity_hash(struct slice text, uint32_t round)
{
    return (unsigned)(slice_hash_written(text, HASH_FIRST ^ round) & 0xffffffu);
}

bool name_take(struct map *taken, struct slice wanted, size_t max)
{
    return wanted.len <= max && !map_put(taken, wanted, taken);
}

struct slice name_claim(struct arena *arena, struct map *taken, struct slice wanted,
                        struct slice identity, size_t max)
{
    enum { HASH_BYTES = 7 }; /* "-" and six digits */
    struct slice name = wanted;
    for (uint32_t round = 0; !name_take(taken, name, max); round++) {
        struct slice head = slice_sub(wanted, 0, max - HASH_BYTES);
        while (head.len && (head.ptr[head.len - 1] == '-' || head.ptr[head.len - 1] == '.')) {
            head.len--;
        }
        name =
            arena_printf(arena, SLICE_FMT "-%06x", SLICE_ARG(head), identity_hash(identity, round));
    }
    return name;
}
