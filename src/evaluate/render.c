#include "evaluate/evaluate_priv.h"

#include <string.h>

struct slice concat(struct arena *arena, const struct slice *texts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += texts[i].len;
    }
    char *text = arena_alloc(arena, size + 1);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len) {
            memcpy(text + used, texts[i].ptr, texts[i].len);
            used += texts[i].len;
        }
    }
    return (struct slice){text, used};
}

/* ---- templates ---------------------------------------------------------------------------- */

static struct slice header_value(struct context *context, struct slice name)
{
    return slice_equal_fold(name, SLICE("host"))
               ? context->request->host
               : headers_joined(context->arena, &context->headers, name);
}

/* The unreserved characters of RFC 3986, as ngx.escape_uri keeps them. */
static bool kept_in_component(char c)
{
    return is_alphanumeric(c) || (c && strchr("-._~", c));
}

static struct slice first_item(struct slice list)
{
    return slice_trim(slice_sub(list, 0, slice_find(list, ',', 0)));
}

/* What redirects take for the host of the request. */
static struct slice outer_host(struct context *context)
{
    struct slice name = context->table->view.host_header;
    struct slice said = name.ptr ? first_item(header_value(context, name)) : SLICE_ABSENT;
    return said.len ? said : context->request->host;
}

bool is_plain_http(struct context *context)
{
    struct slice name = context->table->view.scheme_header;
    struct slice said = name.ptr ? header_value(context, name) : SLICE_ABSENT;
    return said.len ? slice_is(said, "http") : !context->https;
}

/* What a header of the request says. */
static struct slice said_by(struct context *context, const struct part *part)
{
    struct slice said = header_value(context, part->text);
    return part->kind == PART_HEADER_FIRST ? first_item(said)
           : part->kind == PART_HEADER_LIST && said.len
               ? arena_printf(context->arena, SLICE_FMT ", ", SLICE_ARG(said))
               : said;
}

static bool part_render(struct context *context, const struct part *part, struct slice *out)
{
    const struct request *request = context->request;
    if (context->early && part->kind != PART_TEXT) {
        return false;
    }
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
    case PART_METHOD:
        *out = request->method;
        return true;
    case PART_PORT:
        *out = arena_printf(context->arena, "%u", request->port);
        return true;
    case PART_TARGET_ESCAPED:
        *out = percent_escape(context->arena, request->target, kept_in_component);
        return true;
    case PART_TARGET:
        *out = request->target;
        return true;
    case PART_HEADER:
    case PART_HEADER_LIST:
        *out = said_by(context, part);
        return true;
    case PART_HEADER_ELSE:
    case PART_HEADER_FIRST:
        *out = said_by(context, part);
        return out->len ||
               part_render(context, &(struct part){.kind = (enum part_kind)part->index}, out);
    case PART_PEER:
        *out = request->client_text;
        return out->ptr != NULL;
    case PART_CLIENT:
        *out = context->client_text;
        return out->ptr != NULL;
    case PART_REQUEST_ID:
        *out = part->text.len ? header_value(context, part->text) : SLICE_ABSENT;
        return out->len > 0;
    case PART_STATUS:
        *out = arena_printf(context->arena, "%lld", (long long)context->page_status);
        return context->page_status != 0;
    case PART_UNKNOWN:
        break;
    }
    return false;
}

bool template_render(struct context *context, const struct template *template, struct slice *out)
{
    struct slice *texts = ARENA_ARRAY(context->arena, struct slice, template->count);
    for (size_t i = 0; i < template->count; i++) {
        if (!part_render(context, &template->parts[i], &texts[i])) {
            *out = SLICE_ABSENT;
            return false;
        }
    }
    *out = concat(context->arena, texts, template->count);
    return true;
}

/* ---- paths -------------------------------------------------------------------------------- */

struct slice prefix_replace(struct arena *arena, struct slice path, struct slice prefix,
                            struct slice replacement)
{
    if (!prefix_holds(path, prefix, true)) {
        return path;
    }
    if (slice_ends(prefix, SLICE("/"))) {
        prefix.len--;
    }
    if (slice_ends(replacement, SLICE("/"))) {
        replacement.len--;
    }
    const struct slice texts[] = {replacement, slice_sub(path, prefix.len, path.len)};
    struct slice result = concat(arena, texts, ARRAY_LEN(texts));
    return result.len ? result : SLICE("/");
}

/* ---- redirects ---------------------------------------------------------------------------- */

static struct slice without_port(struct slice host)
{
    size_t literal = slice_starts(host, SLICE("[")) ? slice_find(host, ']', 0) : 0;
    return slice_sub(host, 0, slice_find(host, ':', literal));
}

static struct slice redirect_host_of(struct context *context, const struct route_redirect *r)
{
    switch ((enum redirect_host)r->host_from) {
    case REDIRECT_HOST_HEADER:
        break;
    case REDIRECT_HOST_HEADER_NO_PORT: {
        struct slice host = outer_host(context);
        return context->table->view.cut_at_colon ? slice_sub(host, 0, slice_find(host, ':', 0))
                                                 : without_port(host);
    }
    case REDIRECT_HOST_NORMAL:
        return context->host;
    case REDIRECT_HOST_GIVEN:
        return r->host;
    }
    return context->request->host;
}

static struct slice authority(struct context *context, const struct route_redirect *r,
                              struct slice scheme)
{
    struct slice host = redirect_host_of(context, r);
    int64_t port = context->request->port;
    bool write = false;
    switch ((enum redirect_port)r->port_from) {
    case REDIRECT_PORT_NONE:
        return host;
    case REDIRECT_PORT_GIVEN:
        port = r->port;
        write = port != 0 && port != scheme_port(scheme);
        break;
    case REDIRECT_PORT_LISTENER:
        write = port != scheme_port(scheme);
        break;
    case REDIRECT_PORT_ALWAYS:
        write = true;
        break;
    case REDIRECT_PORT_WRITTEN:
        port = r->port;
        write = true;
        break;
    }
    host = without_port(host);
    return write ? arena_printf(context->arena, SLICE_FMT ":%lld", SLICE_ARG(host), (long long)port)
                 : host;
}

static struct slice redirect_path(struct context *context, const struct route_redirect *r)
{
    const struct view *view = &context->table->view;
    switch ((enum path_change)r->path_change) {
    case PATH_CHANGE_NONE:
        break;
    case PATH_CHANGE_FULL:
        return r->path.len ? r->path : SLICE("/");
    case PATH_CHANGE_PREFIX: {
        struct slice path = prefix_replace(context->arena, context->path, r->prefix, r->path);
        return view->escape_rewritten ? path_escape(context->arena, path) : path;
    }
    }
    return view->forward_normalised ? context->path : context->raw_path;
}

/* With the query. nginx's scripts repeat the target as it came; where nginx has a path of its own, it leaves
 * out the '?' of an empty query (ngx_http_core_module, auto_redirect; ngx_http_script_regex_end_code). */
static struct slice redirect_target(struct context *context, const struct route_redirect *r)
{
    const struct view *view = &context->table->view;
    bool changed = r->path_change != PATH_CHANGE_NONE;
    if (r->keep_query && !changed && !view->forward_normalised) {
        return context->request->target;
    }
    struct slice path = redirect_path(context, r);
    bool drop = changed && view->escape_rewritten && !context->query.len;
    if (!r->keep_query || !context->query.ptr || drop) {
        return path;
    }
    const struct slice texts[] = {path, SLICE("?"), context->query};
    return concat(context->arena, texts, ARRAY_LEN(texts));
}

/* ---- redirects of nginx's directive rewrite ------------------------------------------------ */

/* ngx_escape_uri, NGX_ESCAPE_ARGS */
static bool kept_in_arguments(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"#%&+;<>?\\^`{|}", c);
}

/* ngx_unescape_uri, NGX_UNESCAPE_REDIRECT: visible bytes behind '%' are read, up to a '?'; what is no escape loses its
 * '%', or is gone where its second digit is none. */
static struct slice redirect_unescape(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0, at = 0;
    while (at < text.len && (len == 0 || out[len - 1] != '?')) {
        char c = text.ptr[at++];
        if (c != '%') {
            out[len++] = c;
            continue;
        }
        int high = at < text.len ? hex_digit(text.ptr[at]) : -1;
        if (high < 0) {
            continue;
        }
        int low = at + 1 < text.len ? hex_digit(text.ptr[at + 1]) : -1;
        int byte = low < 0 ? 0 : high * 16 + low;
        if (byte > '%' && byte < 0x7f) {
            out[len++] = (char)byte;
        } else if (low >= 0) {
            memcpy(out + len, text.ptr + at - 1, 3);
            len += 3;
        }
        at += 2;
    }
    at = at < text.len ? at : text.len;
    memcpy(out + len, text.ptr + at, text.len - at);
    return (struct slice){out, len + text.len - at};
}

/* ngx_http_script_copy_capture_code, ngx_http_script_regex_end_code */
static struct slice scripted_location(struct context *context, const struct route_redirect *r)
{
    struct arena *arena = context->arena;
    const struct template *template = &r->location;
    struct slice *texts = ARENA_ARRAY(arena, struct slice, template->count);
    struct slice raw = context->raw_path;
    bool quotes = slice_find(raw, '%', 0) < raw.len || slice_find(raw, '+', 0) < raw.len;
    for (size_t i = 0; i < template->count; i++) {
        if (!part_render(context, &template->parts[i], &texts[i])) {
            return SLICE_ABSENT;
        }
        bool captured = template->parts[i].kind == PART_CAPTURE;
        texts[i] =
            captured && quotes ? percent_escape(arena, texts[i], kept_in_arguments) : texts[i];
    }
    struct slice location = redirect_unescape(arena, concat(arena, texts, template->count));
    if (r->keep_query && context->query.len) {
        location = ARENA_JOIN(arena, location, SLICE("?"), context->query);
    }
    return slice_starts(location, SLICE("/")) && !r->relative
               ? ARENA_JOIN(arena, context->request->scheme, SLICE("://"), context->host, location)
               : location;
}

struct slice redirect_location(struct context *context, const struct route_redirect *r)
{
    struct slice location;
    if (r->scripted) {
        return scripted_location(context, r);
    }
    if (r->location.count) {
        bool known = template_render(context, &r->location, &location);
        location.len -= known && r->strip_slash && slice_ends(location, SLICE("/"));
        return known ? location : SLICE_ABSENT;
    }
    struct slice path = redirect_target(context, r);
    if (r->strip_slash && slice_ends(path, SLICE("/"))) {
        path.len--;
    }
    if (r->relative) {
        return path.len ? path : SLICE("/");
    }
    struct slice scheme = r->scheme.ptr ? r->scheme : context->request->scheme;
    const struct slice texts[] = {scheme, SLICE("://"), authority(context, r, scheme), path};
    return concat(context->arena, texts, ARRAY_LEN(texts));
}
