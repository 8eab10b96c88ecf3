/* The first byte chooses the normal form; the rest is a path, a URL and a host. Broken promises of
 * http.h end the program. */
#include "http/http.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_MAX = 64 << 20 };

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool has_dots(struct slice path)
{
    struct slice rest = path, segment;
    while (slice_split(&rest, '/', &segment)) {
        if (slice_is(segment, ".") || slice_is(segment, "..")) {
            return true;
        }
    }
    return false;
}

static void try_path(struct arena *arena, const struct path_form *form, struct slice path)
{
    struct slice once, twice;
    if (path_normalise(arena, path, form, &once) != NORMALISE_OK) {
        return;
    }
    demand(once.len > 0 && once.len <= path.len + 1);
    demand(!form->merge_slashes || !slice_contains(once, SLICE("//")));
    demand(!form->resolve_dots || !has_dots(once));
    const struct path_form again = {
        .decode = false, .merge_slashes = form->merge_slashes, .resolve_dots = form->resolve_dots};
    if (!form->decode && !form->decode_unreserved) {
        demand(path_normalise(arena, once, &again, &twice) == NORMALISE_OK);
        demand(slice_equal(once, twice));
    }
    /* What is escaped and decoded is what it was, but for a byte 0, which nothing decodes to. */
    const struct path_form decode = {.decode = true};
    struct slice back;
    if (slice_find(once, '\0', 0) == once.len) {
        demand(path_normalise(arena, path_escape(arena, once), &decode, &back) == NORMALISE_OK);
        demand(slice_equal(once, back));
    }
}

static bool within(struct slice part, struct slice whole)
{
    return !part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void try_url(struct slice text)
{
    struct url url;
    if (url_parse(text, &url)) {
        demand(within(url.scheme, text) && within(url.host, text) && within(url.path, text) &&
               within(url.query, text) && within(url.fragment, text));
        demand((url.scheme.len > 0) == (url.host.len > 0));
        demand(!url.path.ptr || url.path.ptr[0] == '/');
    }
}

static void try_host(struct arena *arena, struct slice host)
{
    struct slice normal = host_normalise(arena, host);
    demand(normal.len <= host.len);
    struct slice again = host_normalise(arena, normal);
    demand(slice_equal(again, normal) || slice_ends(normal, SLICE(".")));
}

static void try_addresses(struct slice text)
{
    struct network network;
    if (network_parse(text, &network)) {
        demand(network.bits <= network.address.length * 8);
        demand(network_contains(&network, &network.address));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *arena = arena_open(MEMORY_MAX, NULL, NULL);
    const struct path_form form = {.decode = data[0] & 1,
                                   .merge_slashes = data[0] & 2,
                                   .resolve_dots = data[0] & 4,
                                   .decode_unreserved = (data[0] & 9) == 8};
    struct slice text = {(const char *)data + 1, size - 1}, path, query;
    target_split(text, &path, &query);
    try_path(arena, &form, path);
    (void)query_get(arena, query, path);
    try_url(text);
    try_host(arena, text);
    try_addresses(text);
    arena_close(arena);
    return 0;
}
