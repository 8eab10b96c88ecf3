#include "proofs.h"

/* Places are counted in the order of the object; the one that is wanted is broken. */
struct breaking {
    struct arena *arena;
    size_t left; /* places before the wanted one */
    bool done;
    struct slice at; /* "spec.rules[0]" */
    struct mutant *out;
};

static bool here(struct breaking *b, const char *what)
{
    if (b->done || b->left-- > 0) {
        return false;
    }
    b->done = true;
    *b->out = (struct mutant){what, b->at};
    return true;
}

static struct node *item(const struct node *list, size_t index)
{
    return list->items[index];
}

static size_t length(const struct node *list)
{
    return list && list->kind == NODE_LIST ? list->count : 0;
}

/* ---- what can be broken ------------------------------------------------------------------- */

static void set_text(struct breaking *b, struct node *map, const char *key, const char *text)
{
    node_set(b->arena, map, key, node_string(b->arena, slice_of(text)));
}

/* Puts something behind a text. */
static void lengthen(struct breaking *b, struct node *map, const char *key, const char *end,
                     const char *what)
{
    const struct node *value = node_get(map, key);
    if (value && value->kind == NODE_STRING && here(b, what)) {
        node_set(b->arena, map, key,
                 node_string(b->arena,
                             arena_printf(b->arena, SLICE_FMT "%s", SLICE_ARG(value->text), end)));
    }
}

static void add_to(struct breaking *b, struct node *map, const char *key, int64_t more,
                   int64_t otherwise, const char *what)
{
    const struct node *value = node_get(map, key);
    if ((value || otherwise) && here(b, what)) {
        int64_t number = value && value->kind == NODE_INT ? value->integer : otherwise;
        node_set(b->arena, map, key, node_int(b->arena, number + more));
    }
}

static void drop(struct breaking *b, struct node *list, size_t index, const char *what)
{
    if (here(b, what)) {
        list->count--;
        for (size_t i = index; i < list->count; i++) {
            list->items[i] = list->items[i + 1];
        }
    }
}

static void change_host(struct breaking *b, struct node *map, const char *key)
{
    const struct node *value = node_get(map, key);
    if (!value) {
        if (here(b, "host that was not there")) {
            set_text(b, map, key, "broken.example");
        }
        return;
    }
    if (here(b, "host")) {
        set_text(b, map, key, "broken.example");
    }
    if (here(b, "dropped host")) {
        for (size_t i = 0; i < map->count; i++) {
            if (map->pairs[i].value == value) {
                map->pairs[i] = map->pairs[--map->count];
                return;
            }
        }
    }
}

/* ---- rules -------------------------------------------------------------------------------- */

static void break_path(struct breaking *b, struct node *path)
{
    static const char *const kinds[] = {"Exact", "PathPrefix", "RegularExpression"};
    const struct node *type = node_get(path, "type");
    lengthen(b, path, "value", "x", "path value");
    lengthen(b, path, "value", "/x", "path value");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (type && !slice_is(type->text, kinds[i]) && here(b, "path type")) {
            set_text(b, path, "type", kinds[i]);
        }
    }
}

static void break_tests(struct breaking *b, struct node *match, const char *key)
{
    struct node *tests = node_get(match, key);
    for (size_t i = 0; i < length(tests); i++) {
        lengthen(b, item(tests, i), "name", "x", "name of a test");
        lengthen(b, item(tests, i), "value", "x", "value of a test");
        drop(b, tests, i, "dropped test");
    }
}

static void break_matches(struct breaking *b, struct node *rule)
{
    struct node *matches = node_get(rule, "matches");
    for (size_t i = 0; i < length(matches); i++) {
        struct node *match = item(matches, i), *path = node_get(match, "path");
        if (path) {
            break_path(b, path);
        }
        if (here(b, "method")) {
            set_text(b, match, "method", node_get(match, "method") ? "PATCH" : "PUT");
        }
        break_tests(b, match, "headers");
        break_tests(b, match, "queryParams");
        if (length(matches) > 1) {
            drop(b, matches, i, "dropped match");
        }
    }
}

static void break_backends(struct breaking *b, struct node *owner, const char *key)
{
    struct node *refs = node_get(owner, key);
    for (size_t i = 0; i < length(refs); i++) {
        lengthen(b, item(refs, i), "name", "x", "backend");
        add_to(b, item(refs, i), "port", 1, 0, "port");
        add_to(b, item(refs, i), "weight", 3, 1, "weight");
        drop(b, refs, i, "dropped backend");
    }
}

static void break_header_edits(struct breaking *b, struct node *filter, const char *key)
{
    static const char *const lists[] = {"set", "add"};
    struct node *edits = node_get(filter, key);
    for (size_t l = 0; edits && l < ARRAY_LEN(lists); l++) {
        struct node *list = node_get(edits, lists[l]);
        for (size_t i = 0; i < length(list); i++) {
            lengthen(b, item(list, i), "name", "x", "header name");
            lengthen(b, item(list, i), "value", "x", "header value");
            drop(b, list, i, "dropped header");
        }
    }
    struct node *removed = edits ? node_get(edits, "remove") : NULL;
    for (size_t i = 0; i < length(removed); i++) {
        drop(b, removed, i, "dropped header");
    }
}

static void break_new_path(struct breaking *b, struct node *owner)
{
    struct node *path = owner ? node_get(owner, "path") : NULL;
    if (path) {
        lengthen(b, path, "replaceFullPath", "x", "new path");
        lengthen(b, path, "replacePrefixMatch", "/x", "new path");
    }
}

static void break_filter(struct breaking *b, struct node *filter)
{
    struct node *redirect = node_get(filter, "requestRedirect"),
                *rewrite = node_get(filter, "urlRewrite"),
                *mirror = node_get(filter, "requestMirror"), *cors = node_get(filter, "cors");
    if (redirect) {
        const struct node *status = node_get(redirect, "statusCode"),
                          *scheme = node_get(redirect, "scheme");
        if (here(b, "redirect code")) {
            bool moved = status && status->kind == NODE_INT && status->integer == 301;
            node_set(b->arena, redirect, "statusCode", node_int(b->arena, moved ? 302 : 301));
        }
        if (here(b, "redirect scheme")) {
            bool https = scheme && slice_is(scheme->text, "https");
            set_text(b, redirect, "scheme", https ? "http" : "https");
        }
        if (here(b, "redirect host")) {
            set_text(b, redirect, "hostname", "broken.example");
        }
        if (here(b, "redirect port")) {
            node_set(b->arena, redirect, "port", node_int(b->arena, 8444));
        }
    }
    if (rewrite && here(b, "rewritten host")) {
        set_text(b, rewrite, "hostname", "broken.example");
    }
    break_new_path(b, redirect);
    break_new_path(b, rewrite);
    break_header_edits(b, filter, "requestHeaderModifier");
    break_header_edits(b, filter, "responseHeaderModifier");
    if (mirror && node_get(mirror, "backendRef")) {
        lengthen(b, node_get(mirror, "backendRef"), "name", "x", "mirror");
    }
    if (cors) {
        add_to(b, cors, "maxAge", 7, 5, "age of a preflight");
    }
}

static void break_rule(struct breaking *b, struct node *rule)
{
    struct node *filters = node_get(rule, "filters"), *timeouts = node_get(rule, "timeouts");
    break_matches(b, rule);
    break_backends(b, rule, "backendRefs");
    for (size_t i = 0; i < length(filters); i++) {
        break_filter(b, item(filters, i));
        drop(b, filters, i, "dropped filter");
    }
    if (timeouts) {
        lengthen(b, timeouts, "request", "0m", "timeout");
        lengthen(b, timeouts, "backendRequest", "0m", "timeout");
    }
}

static void at_item(struct breaking *b, const char *list, size_t index)
{
    if (!b->done) {
        b->at = arena_printf(b->arena, "spec.%s[%zu]", list, index);
    }
}

static void break_route(struct breaking *b, struct node *spec)
{
    struct node *rules = node_get(spec, "rules"), *hosts = node_get(spec, "hostnames"),
                *parents = node_get(spec, "parentRefs");
    for (size_t i = 0; i < length(hosts); i++) {
        at_item(b, "hostnames", i);
        if (here(b, "host")) {
            hosts->items[i] = node_string(b->arena, SLICE("broken.example"));
        }
        drop(b, hosts, i, "dropped host");
    }
    for (size_t i = 0; i < length(parents); i++) {
        at_item(b, "parentRefs", i);
        lengthen(b, item(parents, i), "sectionName", "x", "listener of a route");
        lengthen(b, item(parents, i), "name", "x", "Gateway of a route");
        if (length(parents) > 1) {
            drop(b, parents, i, "dropped parent");
        }
    }
    for (size_t i = 0; i < length(rules); i++) {
        at_item(b, "rules", i);
        break_rule(b, item(rules, i));
        drop(b, rules, i, "dropped rule");
    }
}

/* ---- listeners ---------------------------------------------------------------------------- */

static void break_listener(struct breaking *b, struct node *listener)
{
    struct node *tls = node_get(listener, "tls");
    const struct node *protocol = node_get(listener, "protocol");
    change_host(b, listener, "hostname");
    add_to(b, listener, "port", 1, 0, "listener port");
    if (protocol && slice_is(protocol->text, "HTTPS") && here(b, "listener protocol")) {
        set_text(b, listener, "protocol", "HTTP");
    }
    struct node *certificates = tls ? node_get(tls, "certificateRefs") : NULL;
    for (size_t i = 0; i < length(certificates); i++) {
        lengthen(b, item(certificates, i), "name", "x", "certificate");
    }
}

static void break_gateway(struct breaking *b, struct node *spec)
{
    struct node *listeners = node_get(spec, "listeners");
    for (size_t i = 0; i < length(listeners); i++) {
        at_item(b, "listeners", i);
        break_listener(b, item(listeners, i));
        if (length(listeners) > 1) {
            drop(b, listeners, i, "dropped listener");
        }
    }
}

bool mutate(struct arena *arena, struct node *object, size_t place, struct mutant *out)
{
    const struct node *kind = node_get(object, "kind");
    struct node *spec = node_get(object, "spec");
    struct breaking breaking = {.arena = arena, .left = place, .out = out};
    if (!kind || !spec) {
        return false;
    }
    if (slice_is(kind->text, "Gateway")) {
        break_gateway(&breaking, spec);
    } else if (slice_is(kind->text, "HTTPRoute") || slice_is(kind->text, "GRPCRoute") ||
               slice_is(kind->text, "TLSRoute")) {
        break_route(&breaking, spec);
    }
    return breaking.done;
}
