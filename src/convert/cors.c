#include "convert/convert_priv.h"

static bool is_label_byte(char c)
{
    return is_alphanumeric(c) || c == '-';
}

/* The pattern of CORSOrigin, gateway-api apis/v1/httproute_types.go: http or https, "*." only in
 * front of the host or a "*" alone for it, a port of up to five digits. */
static bool is_origin(struct slice origin)
{
    struct slice rest = origin, host;
    uint64_t port;
    if (slice_starts(rest, SLICE("https://"))) {
        rest = slice_sub(rest, 8, rest.len);
    } else if (slice_starts(rest, SLICE("http://"))) {
        rest = slice_sub(rest, 7, rest.len);
    } else {
        return false;
    }
    if (!rest.len || !slice_split(&rest, ':', &host) ||
        (rest.ptr && !slice_to_uint(rest, 99999, &port)) || origin.len > 253) {
        return false;
    }
    if (slice_is(host, "*")) {
        return true;
    }
    struct slice name = slice_starts(host, SLICE("*.")) ? slice_sub(host, 2, host.len) : host,
                 label;
    while (slice_split(&name, '.', &label)) {
        for (size_t i = 0; i < label.len; i++) {
            if (!is_label_byte(label.ptr[i])) {
                return false;
            }
        }
        if (!label.len) {
            return false;
        }
    }
    return true;
}

static bool is_method(struct slice method)
{
    static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    return slice_is_one_of(method, methods, ARRAY_LEN(methods));
}

/* One item of a list; false when it is "*", which stands for the whole list. */
static bool item_add(struct emission *e, const struct route_cors *cors, struct slice item,
                     bool valid(struct slice), const char *what, struct node *list)
{
    if (slice_is(item, "*")) {
        return false;
    }
    if (!item.len || node_has_text(list, item)) {
        return true;
    }
    if (valid(item) && list->count < CORS_ITEMS_MAX) {
        node_add(e->c->nodes, list, node_string(e->c->nodes, item));
        return true;
    }
    say_effect(e->c, DIAG_C001, SEVERITY_ERROR, e->rule, cors,
               "%s '" SLICE_FMT "' of '" SLICE_FMT "' cannot be written: a CORS filter does not "
               "take it",
               what, SLICE_ARG(item), SLICE_ARG(cors->source.name));
    return true;
}

/* Items may come one by one or as a text with commas. "*" only alone (rules of the CRD). */
static struct node *items_node(struct emission *e, const struct route_cors *cors,
                               const struct texts *texts, bool valid(struct slice),
                               const char *what)
{
    struct node *list = node_list(e->c->nodes);
    for (size_t i = 0; i < texts->count; i++) {
        struct slice rest = texts->items[i], item;
        while (slice_split(&rest, ',', &item)) {
            if (!item_add(e, cors, slice_trim(item), valid, what, list)) {
                list = node_list(e->c->nodes);
                node_add(e->c->nodes, list, node_string(e->c->nodes, SLICE("*")));
                return list;
            }
        }
    }
    return list;
}

static void set_list(struct emission *e, struct node *filter, const char *key, struct node *list)
{
    if (list->count) {
        node_set(e->c->nodes, filter, key, list);
    }
}

static void say_near(struct emission *e, const struct route_cors *cors, const struct node *origins)
{
    if (!cors->preflight_needs_method) {
        say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, cors,
                   "'" SLICE_FMT "': every OPTIONS request%s is answered by the data plane today, "
                   "afterwards only preflights with %s and Access-Control-Request-Method are",
                   SLICE_ARG(cors->source.name),
                   !cors->any_origin   ? " whose Origin is allowed"
                   : cors->echo_origin ? " with an Origin"
                                       : "",
                   cors->any_origin ? "Origin" : "such an Origin");
    }
    for (size_t i = 0; i < origins->count; i++) {
        if (slice_contains(origins->items[i]->text, SLICE("*."))) {
            say_effect(e->c, DIAG_C002, SEVERITY_WARNING, e->rule, cors,
                       "'" SLICE_FMT "': origin '" SLICE_FMT "' stands for any number of labels "
                       "afterwards",
                       SLICE_ARG(cors->source.name), SLICE_ARG(origins->items[i]->text));
        }
    }
}

void emit_cors(struct emission *e, const void *effect)
{
    const struct route_cors *cors = effect;
    struct arena *arena = e->c->nodes;
    if (e->c->options->api_minor < 5) {
        say_effect(e->c, DIAG_C001, SEVERITY_ERROR, e->rule, effect,
                   "'" SLICE_FMT "' cannot be written: the CORS filter came with Gateway API 1.5; "
                   "let the application answer preflights and set the headers",
                   SLICE_ARG(cors->source.name));
        return;
    }
    struct texts all = {.items = &(struct slice){"*", 1}, .count = 1};
    struct node *origins =
        items_node(e, cors, cors->any_origin ? &all : &cors->origins, is_origin, "origin");
    if (!origins->count) {
        return; /* nobody is allowed: the browser refuses without a filter too */
    }
    struct node *methods = items_node(e, cors, &cors->methods, is_method, "method");
    struct node *headers = items_node(e, cors, &cors->headers, is_token, "header");
    struct node *expose = items_node(e, cors, &cors->expose, is_token, "header");
    struct node *filter = filter_add(e, "CORS", "cors");
    set_list(e, filter, "allowOrigins", origins);
    /* "*" beside credentials is refused by browsers (Fetch Standard, CORS check), while an
     * implementation of Gateway API answers with the Origin instead: any site could then read
     * with the user's cookies. */
    bool any = slice_is(origins->items[0]->text, "*");
    if (cors->credentials && any && !cors->echo_origin) {
        say_effect(e->c, DIAG_C002, SEVERITY_INFO, e->rule, cors,
                   "'" SLICE_FMT "': credentials are not allowed with origin '*': browsers refuse "
                   "that today, and Gateway API would let every site use them",
                   SLICE_ARG(cors->source.name));
    } else if (cors->credentials) {
        node_set(arena, filter, "allowCredentials", node_bool(arena, true));
    }
    set_list(e, filter, "allowMethods", methods);
    set_list(e, filter, "allowHeaders", headers);
    set_list(e, filter, "exposeHeaders", expose);
    if (cors->max_age >= 0) { /* 1 is the least that the CRD takes */
        int64_t age = cors->max_age > 0 ? cors->max_age : 1;
        node_set(arena, filter, "maxAge", node_int(arena, age > INT32_MAX ? INT32_MAX : age));
    }
    say_near(e, cors, origins);
}
