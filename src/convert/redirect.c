#include "convert/convert_priv.h"

/* A redirect in the parts that RequestRedirect has; absent and 0: as in the request. */
struct target_parts {
    struct slice scheme, host, path, query;
    int64_t port;
    bool keeps_target; /* path and query of the request follow as they are */
    bool forwarded;    /* headers of a proxy in front go before the request's own scheme and port */
};

/* One that no annotation asked for, such as that of "/foo" to "/foo/", belongs to the path; but for the one to https,
 * which all hosts have. */
static void PRINTF_LIKE(6, 7)
    say_redirect(struct conversion *c, enum diag_code code, enum severity severity,
                 const struct rule *rule, const struct route_redirect *redirect, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    struct slice text = arena_vprintf(c->arena, format, args);
    va_end(args);
    if (redirect->source.name.len || redirect->only_plain_http) {
        say_effect(c, code, severity, rule, redirect, SLICE_FMT, SLICE_ARG(text));
    } else {
        say(c, code, severity, rule->origin.span, &rule->origin, SLICE_FMT, SLICE_ARG(text));
    }
}

/* HTTPRequestRedirectFilter.statusCode: 303, 307 and 308 came with release 1.5. */
static int64_t status_for(struct conversion *c, const struct rule *rule,
                          const struct route_redirect *redirect)
{
    int64_t status = redirect->status, written = 0;
    switch (status) {
    case 301:
    case 302:
        return status;
    case 303:
    case 307:
        written = 302;
        break;
    case 308:
        written = 301;
        break;
    default:
        return 0;
    }
    if (c->options->api_minor >= 5) {
        return status;
    }
    bool own = redirect->source.name.len > 0; /* else it is that of all hosts with a certificate */
    say(c, DIAG_C034, SEVERITY_WARNING, own ? redirect->source.span : SPAN_NONE,
        own ? &rule->origin : NULL,
        "redirects with status %lld%s are written with %lld by '%s', as Gateway API 1.%d has no "
        "other: clients may turn a POST into a GET",
        (long long)status, own ? "" : ", as that to https of all hosts with a certificate,",
        (long long)written, c->options->target->name, c->options->api_minor);
    return written;
}

/* ---- a Location given as a template -------------------------------------------------------- */

/* A place in a template: a part, and how much of its text was taken. */
struct place {
    const struct template *template;
    size_t part, at;
};

static struct slice text_here(const struct place *place)
{
    if (place->part == place->template->count ||
        place->template->parts[place->part].kind != PART_TEXT) {
        return SLICE_ABSENT;
    }
    struct slice text = place->template->parts[place->part].text;
    return slice_sub(text, place->at, text.len);
}

static void skip_text(struct place *place, size_t count)
{
    place->at += count;
    if (place->at == place->template->parts[place->part].text.len) {
        place->part++;
        place->at = 0;
    }
}

static bool take_text(struct place *place, const char *text)
{
    struct slice wanted = slice_of(text);
    if (!slice_starts(text_here(place), wanted)) {
        return false;
    }
    skip_text(place, wanted.len);
    return true;
}

static bool take_part(struct place *place, enum part_kind kind)
{
    bool is = place->at == 0 && place->part < place->template->count &&
              place->template->parts[place->part].kind == kind;
    place->part += is;
    return is;
}

/* A header that says it for the request, and is taken to be absent: a RequestRedirect knows the request alone. */
static bool take_forwarded(struct place *place, enum part_kind otherwise, struct target_parts *out)
{
    const struct template *template = place->template;
    bool is = place->at == 0 && place->part < template->count &&
              template->parts[place->part].kind == PART_HEADER_ELSE &&
              template->parts[place->part].index == (unsigned)otherwise;
    place->part += is;
    out->forwarded = out->forwarded || is;
    return is;
}

/* "host:port" in a text, or "host:" before a port that is forwarded; false when there is none. */
static bool take_authority(struct place *place, struct target_parts *out)
{
    struct slice text = text_here(place);
    size_t end = 0;
    while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?') {
        end++;
    }
    struct slice host, rest = slice_sub(text, 0, end);
    uint64_t port = 0;
    if (!rest.len || !slice_split(&rest, ':', &host) ||
        (rest.len && !slice_to_uint(rest, 65535, &port))) {
        return false;
    }
    out->host = host;
    out->port = (int64_t)port;
    skip_text(place, end);
    return !rest.ptr || rest.len || take_forwarded(place, PART_PORT, out);
}

static bool take_origin(struct place *place, struct target_parts *out)
{
    if (take_text(place, "http://")) {
        out->scheme = SLICE("http");
    } else if (take_text(place, "https://")) {
        out->scheme = SLICE("https");
    } else if (take_part(place, PART_SCHEME) || take_forwarded(place, PART_SCHEME, out)) {
        if (!take_text(place, "://")) {
            return false;
        }
    } else {
        return true; /* a path on the same host */
    }
    return take_part(place, PART_HOST) || take_part(place, PART_HOST_HEADER) ||
           take_authority(place, out);
}

/* False when the Location has variables where RequestRedirect has fixed parts. */
static bool location_parts(const struct template *location, struct target_parts *out)
{
    struct place place = {location, 0, 0};
    if (!take_origin(&place, out)) {
        return false;
    }
    if (take_part(&place, PART_TARGET)) {
        out->keeps_target = true;
        return place.part == location->count;
    }
    struct slice text = text_here(&place);
    if (!text.len) {
        out->path = SLICE("/");
        return place.part == location->count;
    }
    size_t end = slice_find(text, '?', 0);
    out->path = end ? slice_sub(text, 0, end) : SLICE("/");
    if (end < text.len) {
        out->query = slice_sub(text, end + 1, text.len);
    }
    return place.part + 1 == location->count;
}

/* ---- writing ------------------------------------------------------------------------------- */

static struct node *path_node(struct conversion *c, const char *type, const char *field,
                              struct slice value)
{
    struct node *path = node_map(c->nodes);
    node_set(c->nodes, path, "type", text_node(c, type));
    node_set(c->nodes, path, field, node_string(c->nodes, value));
    return path;
}

static void cannot(struct conversion *c, const struct rule *rule,
                   const struct route_redirect *redirect, const char *why)
{
    say_redirect(c, DIAG_C001, SEVERITY_ERROR, rule, redirect,
                 "a redirect cannot be written: %s; its requests are answered %lld until you give "
                 "the redirect in another way",
                 why, empty_rule_status(c));
}

/* What RequestRedirect does otherwise than the redirect. */
static void say_near(struct conversion *c, const struct rule *rule,
                     const struct route_redirect *redirect, const struct target_parts *parts,
                     bool keeps_query)
{
    if (parts->query.ptr) {
        say_redirect(c, DIAG_C001, SEVERITY_ERROR, rule, redirect,
                     "the query '" SLICE_FMT
                     "' of the redirect cannot be written: a RequestRedirect "
                     "keeps the query of the request",
                     SLICE_ARG(parts->query));
    } else if (!keeps_query) {
        say_redirect(c, DIAG_C002, SEVERITY_WARNING, rule, redirect,
                     "a request's query is dropped from the redirect today, and kept afterwards");
    }
    if (redirect->relative) {
        say_redirect(c, DIAG_C002, SEVERITY_WARNING, rule, redirect,
                     "the Location of the redirect has no scheme and host today, and has both "
                     "afterwards");
    }
    if (redirect->strip_slash) {
        say_redirect(c, DIAG_C002, SEVERITY_WARNING, rule, redirect,
                     "a slash at the very end is cut from the redirect today, and kept afterwards");
    }
    if (parts->forwarded) {
        say_redirect(c, DIAG_C002, SEVERITY_WARNING, rule, redirect,
                     "with 'use-forwarded-headers' the redirect has scheme and port of "
                     "X-Forwarded-Proto and X-Forwarded-Port today, where a proxy in front sends "
                     "them; these headers no longer decide afterwards: it has those by which the "
                     "request gets to the Gateway");
    }
    if (redirect->port_from == REDIRECT_PORT_WRITTEN) {
        say_redirect(c, DIAG_C002, SEVERITY_INFO, rule, redirect,
                     "the redirect names port %lld today, and leaves out the usual one afterwards",
                     (long long)redirect->port);
    }
}

static void split(const struct route_redirect *redirect, struct target_parts *out)
{
    out->scheme = redirect->scheme;
    if (redirect->host_from == REDIRECT_HOST_GIVEN) {
        out->host = redirect->host;
    }
    if (redirect->port_from == REDIRECT_PORT_GIVEN ||
        redirect->port_from == REDIRECT_PORT_WRITTEN) {
        out->port = redirect->port;
    }
    out->keeps_target = redirect->path_change == PATH_CHANGE_NONE && redirect->keep_query;
}

static bool default_port(const struct target_parts *parts)
{
    return (parts->port == 443 && slice_is(parts->scheme, "https")) ||
           (parts->port == 80 && slice_is(parts->scheme, "http"));
}

static const char *part_fault(const struct target_parts *parts)
{
    if (parts->host.ptr && !is_dns_subdomain(parts->host)) {
        return "its host is no plain host name";
    }
    if (parts->scheme.ptr && !slice_is(parts->scheme, "http") &&
        !slice_is(parts->scheme, "https")) {
        return "its scheme is neither http nor https";
    }
    if (slice_find(parts->path, '#', 0) < parts->path.len) {
        return "its path has a fragment";
    }
    return parts->path.len > PATH_BYTES_MAX ? "its path is too long" : NULL;
}

struct node *redirect_node(struct conversion *c, const struct rule *rule,
                           const struct route_redirect *redirect, bool *prefix)
{
    struct target_parts parts = {0};
    bool templated = redirect->location.count > 0;
    if (!templated) {
        split(redirect, &parts);
    } else if (!location_parts(&redirect->location, &parts)) {
        cannot(c, rule, redirect, "its Location has variables");
        return NULL;
    }
    parts.host = parts.host.ptr ? arena_lower(c->arena, parts.host) : parts.host;
    int64_t status = status_for(c, rule, redirect);
    const char *fault = status ? part_fault(&parts) : "its status is no redirect";
    if (fault) {
        cannot(c, rule, redirect, fault);
        return NULL;
    }
    bool keeps = redirect->keep_query && (!templated || redirect->scripted);
    say_near(c, rule, redirect, &parts, keeps || parts.keeps_target);
    if (!parts.scheme.ptr && !parts.port &&
        target_profile(c->options->target)->redirect_keeps_port) {
        say_redirect(c, DIAG_C002, SEVERITY_INFO, rule, redirect,
                     "the redirect names the port afterwards, also a usual one: "
                     "http://shop.example.com:80/");
    }
    struct node *node = node_map(c->nodes);
    if (parts.scheme.ptr) {
        node_set(c->nodes, node, "scheme", node_string(c->nodes, parts.scheme));
    }
    if (parts.host.ptr) {
        node_set(c->nodes, node, "hostname", node_string(c->nodes, parts.host));
    }
    if (parts.port && !default_port(&parts)) {
        node_set(c->nodes, node, "port", node_int(c->nodes, parts.port));
    }
    bool full = templated ? !parts.keeps_target : redirect->path_change == PATH_CHANGE_FULL;
    *prefix = !templated && redirect->path_change == PATH_CHANGE_PREFIX;
    if (full) {
        node_set(c->nodes, node, "path",
                 path_node(c, "ReplaceFullPath", "replaceFullPath",
                           templated ? parts.path : redirect->path));
    } else if (*prefix) {
        node_set(c->nodes, node, "path",
                 path_node(c, "ReplacePrefixMatch", "replacePrefixMatch", redirect->path));
    }
    node_set(c->nodes, node, "statusCode", node_int(c->nodes, status));
    return node;
}
