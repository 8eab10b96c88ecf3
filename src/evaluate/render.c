#include "evaluate/evaluate_priv.h"

static bool part_render(struct context *context, const struct part *part, struct slice *out)
{
    const struct request *request = context->request;
    switch (part->kind) {
    case PART_TEXT:
        *out = part->text;
        return true;
    case PART_CAPTURE:
        *out = part->index < REGEX_CAPTURES ? context->captures.captures[part->index] : SLICE("");
        return true;
    case PART_HOST_HEADER:
        *out = request->host;
        return true;
    case PART_HOST:
        *out = context->host;
        return true;
    case PART_SCHEME:
        *out = request->scheme;
        return true;
    case PART_PORT:
        *out = arena_printf(context->arena, "%u", request->port);
        return true;
    case PART_TARGET:
        *out = request->target;
        return true;
    case PART_HEADER:
        *out = headers_joined(context->arena, &context->headers, part->text);
        return true;
    case PART_CLIENT:
        *out = request->client_text;
        return request->client_text.ptr != NULL;
    case PART_REQUEST_ID:
    case PART_UNKNOWN:
        break;
    }
    return false;
}

bool template_render(struct context *context, const struct template *template, struct slice *out)
{
    struct slice text = SLICE("");
    for (size_t i = 0; i < template->count; i++) {
        struct slice part;
        if (!part_render(context, &template->parts[i], &part)) {
            *out = SLICE_ABSENT;
            return false;
        }
        text = text.len ? arena_printf(context->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(text),
                                       SLICE_ARG(part))
                        : part;
    }
    *out = text.ptr ? text : SLICE("");
    return true;
}

/* ---- headers ------------------------------------------------------------------------------ */

void seen_set(struct arena *arena, struct seen_headers *headers, struct slice name,
              struct slice value, bool known)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (!slice_equal_fold(headers->items[i].name, name)) {
            headers->items[kept++] = headers->items[i];
        }
    }
    headers->count = kept;
    struct seen_header *header = ARENA_PUSH(arena, headers->items, headers->count, headers->capacity);
    *header = (struct seen_header){name, value, known};
    kept = 0;
    for (size_t i = 0; i < headers->absent.count; i++) {
        if (!slice_equal_fold(headers->absent.items[i], name)) {
            headers->absent.items[kept++] = headers->absent.items[i];
        }
    }
    headers->absent.count = kept;
}

static void seen_remove(struct arena *arena, struct seen_headers *headers, struct slice name)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (!slice_equal_fold(headers->items[i].name, name)) {
            headers->items[kept++] = headers->items[i];
        }
    }
    headers->count = kept;
    for (size_t i = 0; i < headers->absent.count; i++) {
        if (slice_equal_fold(headers->absent.items[i], name)) {
            return;
        }
    }
    struct slice *names = ARENA_ARRAY(arena, struct slice, headers->absent.count + 1);
    for (size_t i = 0; i < headers->absent.count; i++) {
        names[i] = headers->absent.items[i];
    }
    names[headers->absent.count] = name;
    headers->absent.items = names;
    headers->absent.count++;
}

static void seen_add(struct arena *arena, struct seen_headers *headers, struct slice name,
                     struct slice value, bool known)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct seen_header *header = &headers->items[i];
        if (slice_equal_fold(header->name, name)) {
            header->value = arena_printf(arena, SLICE_FMT "," SLICE_FMT, SLICE_ARG(header->value),
                                         SLICE_ARG(value));
            header->known = header->known && known;
            return;
        }
    }
    seen_set(arena, headers, name, value, known);
}

void headers_edit(struct context *context, const struct route_header_edits *edits,
                  struct seen_headers *headers)
{
    for (size_t i = 0; edits && i < edits->edits.count; i++) {
        const struct header_edit *edit = &edits->edits.items[i];
        if (edit->only_https && !context->https) {
            continue;
        }
        struct slice value = SLICE_ABSENT;
        bool known = edit->kind == EDIT_REMOVE || template_render(context, &edit->value, &value);
        if (edit->kind == EDIT_REMOVE || (known && value.len == 0)) {
            /* nginx and Envoy do not send a header with an empty value that they set themselves */
            seen_remove(context->arena, headers, edit->name);
        } else if (edit->kind == EDIT_SET) {
            seen_set(context->arena, headers, edit->name, value, known);
        } else {
            seen_add(context->arena, headers, edit->name, value, known);
        }
    }
}

/* ---- redirects ---------------------------------------------------------------------------- */

struct slice prefix_replace(struct arena *arena, struct slice path, struct slice prefix,
                            struct slice replacement)
{
    if (prefix.len && prefix.ptr[prefix.len - 1] == '/') {
        prefix.len--;
    }
    struct slice rest = slice_sub(path, prefix.len, path.len);
    if (replacement.len && replacement.ptr[replacement.len - 1] == '/') {
        replacement.len--;
    }
    struct slice result =
        arena_printf(arena, SLICE_FMT SLICE_FMT, SLICE_ARG(replacement), SLICE_ARG(rest));
    return result.len ? result : SLICE("/");
}

static int64_t default_port(struct slice scheme)
{
    return slice_is(scheme, "https") ? 443 : 80;
}

static struct slice without_port(struct slice host)
{
    size_t end = host.len && host.ptr[0] == '[' ? slice_find(host, ']', 0) : 0;
    return slice_sub(host, 0, slice_find(host, ':', end));
}

static struct slice redirect_authority(struct context *context, const struct route_redirect *r,
                                       struct slice scheme)
{
    struct slice host = context->request->host;
    switch ((enum redirect_host)r->host_from) {
    case REDIRECT_HOST_HEADER:
        break;
    case REDIRECT_HOST_HEADER_NO_PORT:
        host = without_port(host);
        break;
    case REDIRECT_HOST_NORMAL:
        host = context->host;
        break;
    case REDIRECT_HOST_GIVEN:
        host = r->host;
        break;
    }
    int64_t port = context->request->port;
    bool write = false;
    switch ((enum redirect_port)r->port_from) {
    case REDIRECT_PORT_NONE:
        return host;
    case REDIRECT_PORT_GIVEN:
        port = r->port;
        write = port != default_port(scheme);
        break;
    case REDIRECT_PORT_LISTENER:
        write = port != default_port(scheme);
        break;
    case REDIRECT_PORT_ALWAYS:
        write = true;
        break;
    }
    host = without_port(host);
    return write ? arena_printf(context->arena, SLICE_FMT ":%lld", SLICE_ARG(host), (long long)port)
                 : host;
}

struct slice redirect_location(struct context *context, const struct route_redirect *r)
{
    struct slice location;
    if (r->location.count) {
        return template_render(context, &r->location, &location) ? location : SLICE_ABSENT;
    }
    struct slice scheme = r->scheme.ptr ? r->scheme : context->request->scheme;
    struct slice path = context->raw_path;
    switch ((enum path_change)r->path_change) {
    case PATH_CHANGE_NONE:
        break;
    case PATH_CHANGE_FULL:
        path = r->path.len ? r->path : SLICE("/");
        break;
    case PATH_CHANGE_PREFIX:
        path = prefix_replace(context->arena, path, r->prefix, r->path);
        break;
    }
    if (r->keep_query && context->query.ptr) {
        path = arena_printf(context->arena, SLICE_FMT "?" SLICE_FMT, SLICE_ARG(path),
                            SLICE_ARG(context->query));
    }
    if (r->strip_slash && path.len && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    if (r->relative) {
        return path;
    }
    struct slice authority = redirect_authority(context, r, scheme);
    return arena_printf(context->arena, SLICE_FMT "://" SLICE_FMT SLICE_FMT, SLICE_ARG(scheme),
                        SLICE_ARG(authority), SLICE_ARG(path));
}
