#include "ingress_nginx/model_priv.h"

struct server *model_server(const struct model *model, struct slice host)
{
    return map_get(model->by_host, host);
}

struct origin annotation_origin(struct run *run, const struct ingress *ingress,
                                struct effect_source source)
{
    return ingress_origin(
        ingress, ARENA_JOIN(run->arena, SLICE("metadata.annotations."), source.name), source.span);
}

struct slice server_name(const struct ingress_rule *rule)
{
    return rule->host.len ? rule->host : SLICE("_");
}

void model_freeze(struct model *model, struct effect_source source, struct slice subject,
                  struct slice reason)
{
    if (model->probing) {
        return;
    }
    model->frozen = unknown_add(model->run, model->frozen, ASPECT_ROUTING, source,
                                arena_printf(model->run->arena,
                                             SLICE_FMT ", so the controller's configuration is "
                                                       "frozen",
                                             SLICE_ARG(reason)));
    diag_at(model->run->diag, DIAG_N018, source.span, subject,
            SLICE_FMT "; no change of any Ingress takes effect until this is corrected",
            SLICE_ARG(reason));
}

void item_ahead(const struct model *model, size_t i)
{
    if (i + 2 * STEPS_AHEAD < model->item_count) {
        memory_ahead(model->items[i + 2 * STEPS_AHEAD], sizeof(struct item));
    }
    if (i + STEPS_AHEAD < model->item_count) {
        object_ahead(&model->items[i + STEPS_AHEAD]->ingress->object);
    }
}

void server_ahead(const struct model *model, size_t i)
{
    enum { MOST = 16 };
    if (i + 2 * STEPS_AHEAD < model->server_count) {
        memory_ahead(model->servers[i + 2 * STEPS_AHEAD],
                     sizeof(struct server) + sizeof(struct location));
    }
    if (i + STEPS_AHEAD < model->server_count) {
        const struct server *server = model->servers[i + STEPS_AHEAD];
        for (size_t l = 0; l < server->count && l < MOST; l++) {
            memory_ahead(server->locations[l], sizeof(struct location));
        }
    }
}

/* ---- servers ------------------------------------------------------------------------------ */

/* tcpproxy takes the connections only with the flag; in earlier versions the annotation counts only on the
 * Ingress that creates the server (controller.go, createServers). */
static void read_passthrough(struct model *model, struct server *server, const struct item *item)
{
    const struct annotations *annotations = item->annotations;
    if (!annotation_true(annotations, AN_ssl_passthrough, false)) {
        return;
    }
    struct effect_source source = annotation_source(annotations, AN_ssl_passthrough);
    server->passthrough = model->settings->ssl_passthrough;
    if (!server->passthrough) {
        diag_at(model->run->diag, DIAG_N032, source.span, item->ingress->object.subject,
                "'" SLICE_FMT "' acts only if the controller runs with --enable-ssl-passthrough, "
                "which is taken to be off; add the controller's Deployment to the input, or give "
                "--controller-flag enable-ssl-passthrough",
                SLICE_ARG(source.name));
    }
}

static struct server *add_server(struct model *model, struct slice host, const struct item *item,
                                 size_t rule)
{
    struct arena *arena = model->scratch;
    struct server *server = ARENA_NEW(arena, struct server);
    server->host = host;
    map_put(model->by_host, host, server);
    *ARENA_PUSH(arena, model->servers, model->server_count, model->server_capacity) = server;
    /* Each server is born with "/", which the Ingress that creates it dresses with its annotations
     * (controller.go, createServers). */
    struct location *root = server_location(model, server);
    *root = (struct location){
        .path = SLICE("/"), .automatic = true, .item = item, .declared = SLICE("/")};
    if (item) {
        const struct ingress *ingress = item->ingress;
        struct span span = ingress->rules[rule].span;
        bool own = ingress->default_backend.present;
        struct slice field = own ? SLICE("spec.defaultBackend")
                                 : arena_printf(model->run->arena, "spec.rules[%zu]", rule);
        server->origin = ingress_origin(ingress, SLICE_ABSENT, span);
        read_passthrough(model, server, item);
        root->origin = ingress_origin(ingress, field, own ? ingress->default_backend.span : span);
        if (own) {
            location_backend(model, item, &ingress->default_backend, root);
        }
    }
    return server;
}

static void add_rival(struct model *model, struct location *location, const struct item *item,
                      const struct ingress_backend *backend, struct span span)
{
    *ARENA_PUSH(model->scratch, location->rivals, location->rival_count, location->rival_capacity) =
        (struct rival){item, backend, span};
}

static void catch_all(struct model *model, const struct item *item)
{
    struct location *root = model->servers[0]->locations[0];
    const struct ingress_backend *backend = &item->ingress->default_backend;
    if (!root->automatic) {
        diag_at(model->run->diag, DIAG_N013, backend->span, item->ingress->object.subject,
                "'" SLICE_FMT "' %s and has the default backend of unknown hosts already; "
                "this one gets nothing",
                SLICE_ARG(root->item->ingress->object.subject),
                order_is_known(root->item->ingress, item->ingress)
                    ? "is older, or as old and later by name,"
                    : "is later by name, which decides as far as ages are not given,");
        add_rival(model, root, item, backend, backend->span);
        return;
    }
    root->automatic = false;
    root->plain = true;
    root->item = item;
    root->origin = ingress_origin(item->ingress, SLICE("spec.defaultBackend"), backend->span);
    location_backend(model, item, backend, root);
}

/* A default backend beside rules serves the hosts that its Ingress is the first to name, never the unknown
 * ones (controller.go, createServers). */
static void check_default(struct model *model, const struct item *item)
{
    const struct ingress *ingress = item->ingress;
    bool serves = !ingress->default_backend.present || !ingress->rule_count;
    for (size_t r = 0; r < ingress->rule_count; r++) {
        serves = serves || item->servers[r]->locations[0]->item == item;
    }
    if (!serves) {
        diag_at(model->run->diag, DIAG_N028, ingress->default_backend.span, ingress->object.subject,
                "the default backend is never used: with rules beside it, it serves only hosts "
                "that this Ingress is the first to name");
    }
}

static void create_servers(struct model *model)
{
    bool any = !version_default(model->settings->version, "passthrough by any Ingress").ptr;
    for (size_t i = 0; i < model->item_count; i++) {
        struct item *item = model->items[i];
        const struct ingress *ingress = item->ingress;
        item_ahead(model, i);
        item->servers = ARENA_ARRAY(model->scratch, struct server *, ingress->rule_count);
        if (item_is_canary(item)) {
            continue;
        }
        if (ingress->rule_count == 0) {
            catch_all(model, item);
        }
        for (size_t r = 0; r < ingress->rule_count; r++) {
            struct slice host = server_name(&ingress->rules[r]);
            struct server *server = model_server(model, host);
            item->servers[r] = server ? server : add_server(model, host, item, r);
            if (server && server->locations[0]->item && server->locations[0]->item != item &&
                server != model->servers[0]) {
                add_rival(model, server->locations[0], item,
                          ingress->default_backend.present ? &ingress->default_backend : NULL,
                          ingress->rules[r].span);
            }
            if (any && server && server != model->servers[0] && !server->passthrough) {
                read_passthrough(model, server, item);
            }
        }
        check_default(model, item);
    }
}

/* Hosts that only canaries have are the default server's. */
static void canaries_place(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        item_ahead(model, i);
        for (size_t r = 0; item_is_canary(item) && r < item->ingress->rule_count; r++) {
            struct server *server = model_server(model, server_name(&item->ingress->rules[r]));
            item->servers[r] = server ? server : model->servers[0];
        }
    }
}

/* ---- names -------------------------------------------------------------------------------- */

/* ngx_hash_add_key: names that nginx leaves out, with a line in its log, and those that no Host can be. */
static bool alias_can_match(struct slice alias)
{
    struct slice name = alias;
    if (slice_starts(name, SLICE("*."))) {
        name = slice_sub(name, 2, name.len);
    } else if (slice_ends(name, SLICE(".*"))) {
        name = slice_sub(name, 0, name.len - 2);
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool dot = c == '.' && i > 0 && name.ptr[i - 1] != '.' && i + 1 < name.len;
        if (!is_alphanumeric(c) && c != '-' && c != '_' && !dot) {
            return false;
        }
    }
    return name.len > 0;
}

/* ngx_http_core_server_name and ngx_hash_add_key stop at these. */
static bool alias_refused(struct slice alias)
{
    size_t stars = 0, dots = 0;
    if (slice_starts(alias, SLICE("~"))) {
        return alias.len == 1;
    }
    for (size_t i = 0; i < alias.len; i++) {
        stars += alias.ptr[i] == '*';
        dots += alias.ptr[i] == '.' && i + 1 < alias.len && alias.ptr[i + 1] == '.';
    }
    bool first = slice_starts(alias, SLICE("*")), dot = slice_starts(alias, SLICE("."));
    bool placed = dot || (alias.len > 2 &&
                          (slice_starts(alias, SLICE("*.")) || slice_ends(alias, SLICE(".*"))));
    return slice_is(alias, ".") || dots || stars > 1 || (stars && !placed) ||
           (first && !slice_starts(alias, SLICE("*.")));
}

static void put_alias(struct server *server, struct slice alias)
{
    for (size_t i = 0; i < server->alias_count; i++) {
        if (slice_equal(server->aliases[i], alias)) {
            return;
        }
    }
    server->aliases[server->alias_count++] = alias;
}

/* One item of the list; nginx takes names in any case, and ".x" for "x" and "*.x". */
static void read_alias(struct model *model, struct server *server, const struct item *item,
                       struct slice alias)
{
    struct run *run = model->run;
    struct slice subject = item->ingress->object.subject;
    if (alias_refused(alias)) {
        model_freeze(model, server->alias_source, subject,
                     arena_printf(run->arena,
                                  "nginx refuses the name '" SLICE_FMT "' of '" SLICE_FMT "'",
                                  SLICE_ARG(alias), SLICE_ARG(server->alias_source.name)));
        return;
    }
    if (slice_starts(alias, SLICE("~"))) {
        put_alias(server, alias);
        return;
    }
    alias = arena_lower(run->arena, alias);
    bool both = slice_starts(alias, SLICE("."));
    struct slice name = slice_sub(alias, both, alias.len);
    if (!alias_can_match(name) || (both && slice_find(name, '*', 0) < name.len)) {
        diag_at(run->diag, DIAG_N005, server->alias_source.span, subject,
                "'" SLICE_FMT "' of '" SLICE_FMT "' is no host name, so no request has it",
                SLICE_ARG(alias), SLICE_ARG(server->alias_source.name));
        return;
    }
    put_alias(server, name);
    if (both) {
        put_alias(server, ARENA_JOIN(run->arena, SLICE("*"), alias));
    }
}

/* The host has the annotation of another Ingress already. */
static void yield(struct model *model, const struct item *first, const struct item *item,
                  enum annotation_id id, struct slice what, const char *advice)
{
    if (first != item && !rivals_agree(first, item, &id, 1)) {
        const struct yielding yielding = {first, item, annotation_get(item->annotations, id)->span,
                                          what, advice};
        rivals_yield(model, DIAG_N040, &yielding);
        rivals_named(item, &id, 1);
    }
}

static void yield_aliases(struct model *model, const struct server *server, const struct item *item)
{
    const struct item *first = server->alias_item;
    struct slice what = arena_printf(
        model->run->arena,
        "host '" SLICE_FMT "' has the aliases of its first Ingress with 'server-alias' ('" SLICE_FMT
        "'), and not those of this one ('" SLICE_FMT "')",
        SLICE_ARG(server->host), SLICE_ARG(annotation_text(first->annotations, AN_server_alias)),
        SLICE_ARG(annotation_text(item->annotations, AN_server_alias)));
    yield(model, first, item, AN_server_alias, what, "put all aliases of the host into one list");
}

static void read_snippet(struct model *model, struct server *server, const struct item *item)
{
    const struct item *first = server->snippet_item;
    if (!annotation_set(item->annotations, AN_server_snippet)) {
        return;
    }
    if (!first) {
        server->snippet_item = item;
        return;
    }
    struct slice what = arena_printf(model->run->arena,
                                     "host '" SLICE_FMT "' has the snippet of its first Ingress "
                                     "with 'server-snippet', and not that of this one",
                                     SLICE_ARG(server->host));
    yield(model, first, item, AN_server_snippet, what, "put all directives into one of them");
}

static void read_aliases(struct model *model, struct server *server, const struct item *item)
{
    struct slice rest = annotation_text(item->annotations, AN_server_alias), alias;
    if (rest.ptr && server->alias_count) {
        yield_aliases(model, server, item);
    }
    if (!rest.ptr || server->alias_count) {
        return;
    }
    server->alias_item = item;
    size_t most = 2;
    for (size_t i = 0; i < rest.len; i++) {
        most += rest.ptr[i] == ',' ? 2 : 0;
    }
    server->aliases = ARENA_ARRAY(model->run->arena, struct slice, most);
    server->alias_source = annotation_source(item->annotations, AN_server_alias);
    while (slice_split(&rest, ',', &alias)) {
        alias = slice_trim(alias);
        if (alias.len) {
            read_alias(model, server, item, alias);
        }
    }
}

/* What annotations of the host do that is not modelled. The Ingress of an unknown host, which only a canary
 * can have, writes to the default server (controller.go, getBackendServers). */
static void host_unknown(struct model *model, struct server *server, const struct item *item)
{
    const struct annotations *annotations = item->annotations;
    for (size_t i = 0; i < annotations->count; i++) {
        const struct annotation *one = &annotations->items[i];
        const struct annotation_row *row = annotation_row(one->id);
        bool open = one->unchecked ||
                    (row->treatment == TREAT_RISK && !snippet_is_plain(one->id, one->value));
        if (!open || row->scope != SCOPE_SERVER || !annotation_acts(annotations, one->id) ||
            row->needs != AN_none) {
            continue;
        }
        struct effect_source source = {one->name, one->span};
        struct slice reason = snippet_reason(model->run, one->name, one->id, one->value);
        server->unknown = unknown_add(model->run, server->unknown, row->aspect, source, reason);
    }
    const struct texts *named = &model->settings->named;
    for (size_t i = 0; i < named->count; i++) {
        const struct label *user =
            named_in(model->run, &item->ingress->object.annotations, named->items[i], "");
        if (user) {
            struct effect_source source = {user->key, user->span};
            server->unknown = unknown_add(model->run, server->unknown, ASPECT_ROUTING, source,
                                          named_reason(model->run, named->items[i]));
        }
    }
}

static void read_fields(struct model *model, const struct item *item, size_t rule)
{
    struct server *server = item->servers[rule];
    bool canary = item_is_canary(item);
    /* getBackendServers goes on to the next rule before it reads these */
    if (item->ingress->rules[rule].path_count || !item->ingress->rules[rule].host.len) {
        client_certificate_read(model, server, item);
    }
    if (server->item_count && server->items[server->item_count - 1] == item) {
        return; /* another rule of the same host */
    }
    host_unknown(model, server, item);
    if (canary) {
        return;
    }
    *ARENA_PUSH(model->scratch, server->items, server->item_count, server->item_capacity) = item;
    read_snippet(model, server, item);
    certificate_choose(model, server, item);
    read_aliases(model, server, item);
}

static void server_fields(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        item_ahead(model, i);
        for (size_t r = 0; r < model->items[i]->ingress->rule_count; r++) {
            read_fields(model, model->items[i], r);
        }
    }
    /* Aliases that are hosts of their own are taken away (controller.go, createServers). */
    for (size_t s = 0; s < model->server_count; s++) {
        struct server *server = model->servers[s];
        size_t kept = 0;
        for (size_t i = 0; i < server->alias_count; i++) {
            if (!model_server(model, server->aliases[i])) {
                server->aliases[kept++] = server->aliases[i];
            } else {
                diag_at(model->run->diag, DIAG_N015, server->alias_source.span, SLICE_ABSENT,
                        "alias '" SLICE_FMT "' of '" SLICE_FMT "' is the host of another Ingress "
                        "and is dropped by the controller",
                        SLICE_ARG(server->aliases[i]), SLICE_ARG(server->alias_source.name));
            }
        }
        server->alias_count = kept;
    }
}

/* Set by each location that has the annotation (controller.go, getBackendServers). */
static void read_www(struct model *model, struct server *server)
{
    for (size_t i = 0; i < server->count && !server->www.name.ptr; i++) {
        const struct location *location = server->locations[i];
        if (!location->item || location->plain || location->automatic ||
            !annotation_true(location->item->annotations, AN_from_to_www_redirect, false)) {
            continue;
        }
        server->www = annotation_source(location->item->annotations, AN_from_to_www_redirect);
        server->www_origin = annotation_origin(model->run, location->item->ingress, server->www);
        if (slice_starts(server->host, SLICE("*."))) {
            model_freeze(model, server->www, location->item->ingress->object.subject,
                         arena_printf(model->run->arena,
                                      "'" SLICE_FMT
                                      "' makes a server name of wildcard host '" SLICE_FMT
                                      "' that nginx refuses",
                                      SLICE_ARG(server->www.name), SLICE_ARG(server->host)));
        }
    }
}

void model_build(struct model *model)
{
    model->by_host = map_new(model->scratch);
    names_collect(model);
    canaries_collect(model);
    balancing_collect(model);
    add_server(model, SLICE("_"), NULL, 0);
    create_servers(model);
    canaries_place(model);
    server_fields(model);
    certificates_collect(model);
    locations_add(model);
    settings_check(model);
    canaries_merge(model);
    for (size_t i = 0; i < model->server_count; i++) {
        server_ahead(model, i);
        read_www(model, model->servers[i]);
        server_expand(model, model->servers[i]);
    }
}
