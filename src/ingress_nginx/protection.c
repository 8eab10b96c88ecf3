#include "ingress_nginx/snippets_priv.h"

#define NEW_EFFECT(run, type) ARENA_NEW((run)->arena, struct route_##type)

static void add_blocked(struct model *model, struct rule *rule)
{
    struct slice list = model->settings->block_cidrs;
    if (list.len) {
        struct route_addresses *addresses = NEW_EFFECT(model->run, addresses);
        addresses->source = setting_source(model->settings, "block-cidrs");
        addresses->status = 403;
        addresses->deny = networks_read(model->run, list);
        rule->effects.addresses = addresses;
    }
}

/* The lists that are set, each where it is: of the Ingress, else of the controller. The first of the Ingress stands for
 * all. */
static void note_lists(struct model *model, const struct annotations *annotations,
                       struct rule *rule, struct route_addresses *addresses)
{
    const struct effect_source own[] = {annotation_source(annotations, AN_allowlist_source_range),
                                        annotation_source(annotations, AN_denylist_source_range)};
    const char *const settings[] = {"whitelist-source-range", "denylist-source-range"};
    const bool decides[] = {addresses->has_allow, addresses->deny.count > 0};
    const size_t first = own[0].name.ptr ? 0 : own[1].name.ptr ? 1 : decides[0] ? 0 : 1;
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        struct effect_source source =
            own[i].name.ptr ? own[i] : setting_source(model->settings, settings[i]);
        if (i == first) {
            addresses->source = source;
        } else if (own[i].name.ptr || decides[i]) {
            rule_add_source(model->run, rule, EFFECT_addresses, source);
        }
    }
}

/* A list of the Ingress replaces the controller's list of its kind; having any list of its own, a location
 * loses what is denied for all (nginx takes over access rules of the outer level only where there are none). */
static void add_addresses(struct model *model, const struct annotations *annotations,
                          struct rule *rule)
{
    const struct settings *settings = model->settings;
    if (!annotations) { /* of nobody: what is denied for all is all there is */
        add_blocked(model, rule);
        return;
    }
    struct slice allow = annotation_text(annotations, AN_allowlist_source_range);
    struct slice deny = annotation_text(annotations, AN_denylist_source_range);
    annotation_use(annotations, AN_denylist_source_range);
    allow = allow.ptr ? allow : settings->allowlist;
    deny = deny.ptr ? deny : settings->denylist;
    if (!allow.len && !deny.len) {
        add_blocked(model, rule);
        return;
    }
    struct route_addresses *addresses = NEW_EFFECT(model->run, addresses);
    addresses->status = 403;
    addresses->has_allow = allow.len > 0;
    addresses->allow = networks_read(model->run, allow);
    addresses->deny = networks_read(model->run, deny);
    note_lists(model, annotations, rule, addresses);
    rule->effects.addresses = addresses;
}

/* annotations/cors: "scheme://[*.]name[:port]", "*" or "null" */
static bool is_origin(struct slice text)
{
    size_t at = 0;
    if (slice_is(text, "*") || slice_is(text, "null")) {
        return true;
    }
    while (at < text.len && text.ptr[at] >= 'a' && text.ptr[at] <= 'z') {
        at++;
    }
    /* the list has passed its own check, so only the scheme can be missing */
    return at > 0 && slice_starts(slice_sub(text, at, text.len), SLICE("://"));
}

static struct texts origins_of(struct run *run, struct slice text, bool *any)
{
    struct texts all = texts_read(run, text.ptr ? text : SLICE("*"), ',');
    struct texts kept = {all.items, 0};
    *any = false;
    for (size_t i = 0; i < all.count; i++) {
        *any = *any || slice_is(all.items[i], "*");
        if (is_origin(all.items[i])) {
            kept.items[kept.count++] = all.items[i];
        }
    }
    return kept;
}

static struct texts one_text(struct run *run, struct slice text)
{
    struct texts texts = {ARENA_NEW(run->arena, struct slice), text.ptr != NULL};
    texts.items[0] = text;
    return texts;
}

static void add_cors(struct run *run, const struct annotations *annotations, struct rule *rule)
{
    static const enum annotation_id parts[] = {AN_cors_allow_credentials, AN_cors_allow_headers,
                                               AN_cors_allow_methods,     AN_cors_allow_origin,
                                               AN_cors_expose_headers,    AN_cors_max_age};
    if (!annotation_true(annotations, AN_enable_cors, false)) {
        return;
    }
    struct route_cors *cors = NEW_EFFECT(run, cors);
    cors->source = annotation_source(annotations, AN_enable_cors);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        annotation_use(annotations, parts[i]);
    }
    cors->origins =
        origins_of(run, annotation_text(annotations, AN_cors_allow_origin), &cors->any_origin);
    if (!cors->any_origin && cors->origins.count == 0) {
        return; /* a list of nothing but bad items adds no headers at all */
    }
    cors->echo_origin = !cors->any_origin;
    cors->end_anchored_only = true;
    cors->credentials = annotation_true(annotations, AN_cors_allow_credentials, true);
    struct slice value = annotation_text(annotations, AN_cors_allow_methods);
    /* nginx sends these as they are written, so they stay one text */
    cors->methods =
        one_text(run, value.ptr ? value : SLICE("GET, PUT, POST, DELETE, PATCH, OPTIONS"));
    value = annotation_text(annotations, AN_cors_allow_headers);
    cors->headers =
        one_text(run, value.ptr ? value
                                : SLICE("DNT,Keep-Alive,User-Agent,X-Requested-With,"
                                        "If-Modified-Since,Cache-Control,Content-Type,Range,"
                                        "Authorization"));
    cors->expose = one_text(run, annotation_text(annotations, AN_cors_expose_headers));
    cors->max_age = annotation_int(annotations, AN_cors_max_age, 1728000);
    cors->preflight_status = 204;
    rule->effects.cors = cors;
}

void add_body_limit(struct model *model, const struct server *server,
                    const struct annotations *annotations, struct rule *rule)
{
    int64_t bytes;
    char unit;
    if (!size_parse(annotation_text(annotations, AN_proxy_body_size), &bytes, &unit)) {
        return;
    }
    struct route_body_limit *limit = NEW_EFFECT(model->run, body_limit);
    limit->source = annotation_source(annotations, AN_proxy_body_size);
    /* nginx knows no unit "b", so the template leaves the directive out; that of the server applies, else nginx's
     * own 1m */
    limit->bytes = unit == 'b'  ? snippets_body_limit(model, server, 1 << 20)
                   : bytes == 0 ? -1
                                : bytes;
    rule->effects.body_limit = limit;
}

void add_protection(struct model *model, const struct server *server,
                    const struct location *location, struct rule *rule)
{
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    add_addresses(model, annotations, rule);
    if (!annotations) {
        return;
    }
    add_cors(model->run, annotations, rule);
    add_body_limit(model, server, annotations, rule);
}
