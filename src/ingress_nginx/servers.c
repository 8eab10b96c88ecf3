#include "ingress_nginx/model_priv.h"

struct server *model_server(const struct model *model, struct slice host)
{
    return map_get(model->by_host, host);
}

static struct origin origin_of(const struct ingress *ingress, struct slice field, struct span span)
{
    return (struct origin){SLICE("Ingress"), ingress->object.namespace, ingress->object.name, field,
                           span};
}

static bool is_canary(const struct item *item)
{
    return annotation_true(&item->annotations, AN_canary, false);
}

static struct location *add_location(struct model *model, struct server *server)
{
    return ARENA_PUSH(model->scratch, server->locations, server->count, server->capacity);
}

static void set_backend(struct model *model, const struct item *item,
                        const struct ingress_backend *backend, struct location *location)
{
    location->has_backend = backend->service.ptr != NULL;
    if (location->has_backend) {
        location->backend = ingress_backend_resolve(
            model->run, model->kube, item->ingress->object.namespace, backend, true, 503, 503);
    }
}

static struct server *add_server(struct model *model, struct slice host, const struct item *item,
                                 struct span span)
{
    struct arena *arena = model->scratch;
    struct server *server = ARENA_NEW(arena, struct server);
    server->host = host;
    if (item) {
        server->origin = origin_of(item->ingress, SLICE_ABSENT, span);
    }
    map_put(model->by_host, host, server);
    *ARENA_PUSH(arena, model->servers, model->server_count, model->server_capacity) = server;
    /* Each server is born with "/", which the Ingress that creates it dresses with its annotations
     * (controller.go, createServers). */
    struct location *root = add_location(model, server);
    *root = (struct location){
        .path = SLICE("/"), .automatic = true, .item = item, .declared = SLICE("/")};
    if (item) {
        root->origin = origin_of(item->ingress, SLICE("spec.defaultBackend"), span);
        if (item->ingress->default_backend.present) {
            set_backend(model, item, &item->ingress->default_backend, root);
        }
    }
    return server;
}

static void catch_all(struct model *model, const struct item *item)
{
    struct location *root = &model->servers[0]->locations[0];
    if (!root->automatic) {
        diag_at(model->run->diag, DIAG_N013, item->ingress->default_backend.span,
                item->ingress->object.subject,
                "an older Ingress has the default backend of unknown hosts already; this one gets "
                "nothing");
        return;
    }
    root->automatic = false;
    root->plain = true;
    root->item = item;
    root->origin =
        origin_of(item->ingress, SLICE("spec.defaultBackend"), item->ingress->default_backend.span);
    set_backend(model, item, &item->ingress->default_backend, root);
}

static struct slice server_name(const struct ingress_rule *rule)
{
    return rule->host.len ? rule->host : SLICE("_");
}

static void create_servers(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        if (is_canary(item)) {
            continue;
        }
        const struct ingress *ingress = item->ingress;
        if (ingress->rule_count == 0) {
            catch_all(model, item);
        }
        for (size_t r = 0; r < ingress->rule_count; r++) {
            struct slice host = server_name(&ingress->rules[r]);
            if (!model_server(model, host)) {
                add_server(model, host, item, ingress->rules[r].span);
            }
        }
    }
}

/* ---- certificates and names --------------------------------------------------------------- */

static bool secret_covers(const struct secret *secret, struct slice host)
{
    for (size_t i = 0; i < secret->certificate_names.count; i++) {
        struct slice name = secret->certificate_names.items[i];
        struct host_pattern pattern = {
            slice_starts(name, SLICE("*.")) ? HOST_ONE_LABEL : HOST_EXACT, name, NULL};
        if (slice_equal(name, host) || host_pattern_matches(&pattern, host)) {
            return true;
        }
    }
    return false;
}

static const struct secret *find_secret(const struct model *model, const struct ingress *ingress,
                                        struct slice name)
{
    return (const struct secret *)(const void *)kube_find(model->kube, KUBE_SECRET,
                                                          ingress->object.namespace, name);
}

static const struct ingress_tls *tls_for(const struct model *model, const struct ingress *ingress,
                                         struct slice host, struct slice *through)
{
    for (size_t t = 0; t < ingress->tls_count; t++) {
        for (size_t h = 0; h < ingress->tls[t].host_count; h++) {
            if (slice_equal_fold(ingress->tls[t].hosts[h], host)) {
                *through = host;
                return &ingress->tls[t];
            }
        }
    }
    /* else the first Secret whose certificate names the host; a Secret that is not in the input is taken
     * to name what its tls entry lists */
    for (size_t t = 0; t < ingress->tls_count; t++) {
        const struct ingress_tls *tls = &ingress->tls[t];
        const struct secret *secret = find_secret(model, ingress, tls->secret);
        if (secret && secret->certificate_names.count) {
            if (secret_covers(secret, host)) {
                *through = host;
                return tls;
            }
            continue;
        }
        for (size_t h = 0; h < tls->host_count; h++) {
            struct host_pattern pattern = {HOST_ONE_LABEL, tls->hosts[h], NULL};
            if (slice_starts(tls->hosts[h], SLICE("*.")) && host_pattern_matches(&pattern, host)) {
                *through = tls->hosts[h];
                return tls;
            }
        }
    }
    return NULL;
}

static void choose_certificate(struct model *model, struct server *server,
                               const struct ingress *ingress)
{
    if (server->has_certificate || ingress->tls_count == 0) {
        return;
    }
    /* Any TLS section makes the host one with a certificate, be it the default one. */
    server->has_certificate = true;
    struct slice through = SLICE_ABSENT;
    const struct ingress_tls *tls = tls_for(model, ingress, server->host, &through);
    if (!tls || !tls->secret.len) {
        return;
    }
    const struct secret *secret = find_secret(model, ingress, tls->secret);
    bool usable = secret ? secret->has_key_pair || secret->keys.count == 0 : !model->run->closed;
    if (secret && secret->certificate_names.count && !secret_covers(secret, server->host)) {
        usable = false;
    }
    if (!usable) {
        diag_at(model->run->diag, DIAG_N014, tls->span, ingress->object.subject,
                "Secret '" SLICE_FMT "' gives no certificate for host '" SLICE_FMT
                "', so the controller's default certificate is shown",
                SLICE_ARG(tls->secret), SLICE_ARG(server->host));
        return;
    }
    server->certificate =
        (struct certificate){ingress->object.namespace, tls->secret, through, tls->span};
}

static void read_aliases(struct model *model, struct server *server, const struct item *item)
{
    struct slice rest = annotation_text(&item->annotations, AN_server_alias), alias;
    if (!rest.ptr || server->alias_count) {
        return;
    }
    size_t most = 1;
    for (size_t i = 0; i < rest.len; i++) {
        most += rest.ptr[i] == ',';
    }
    server->aliases = ARENA_ARRAY(model->run->arena, struct slice, most);
    server->alias_source = annotation_source(&item->annotations, AN_server_alias);
    while (slice_split(&rest, ',', &alias)) {
        alias = slice_trim(alias);
        bool known = alias.len == 0;
        for (size_t i = 0; i < server->alias_count; i++) {
            known = known || slice_equal(server->aliases[i], alias);
        }
        bool name =
            is_dns_subdomain(alias) || is_wildcard_host(alias) || slice_starts(alias, SLICE("~"));
        if (!known && !name) {
            diag_at(model->run->diag, DIAG_N005, server->alias_source.span,
                    item->ingress->object.subject,
                    "'" SLICE_FMT "' of '" SLICE_FMT "' is no host name, so no request has it",
                    SLICE_ARG(alias), SLICE_ARG(server->alias_source.name));
        } else if (!known) {
            server->aliases[server->alias_count++] = alias;
        }
    }
}

static void server_fields(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        for (size_t r = 0; !is_canary(item) && r < item->ingress->rule_count; r++) {
            struct server *server = model_server(model, server_name(&item->ingress->rules[r]));
            choose_certificate(model, server, item->ingress);
            read_aliases(model, server, item);
            if (annotation_true(&item->annotations, AN_from_to_www_redirect, false)) {
                server->www = annotation_source(&item->annotations, AN_from_to_www_redirect);
            }
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
                        "alias '" SLICE_FMT "' is the host of another Ingress and is dropped by "
                        "the controller",
                        SLICE_ARG(server->aliases[i]));
            }
        }
        server->alias_count = kept;
    }
}

/* ---- locations ---------------------------------------------------------------------------- */

static void fill_location(struct model *model, const struct item *item, size_t rule, size_t path,
                          struct slice text, bool exact, struct location *location)
{
    const struct ingress_path *source = &item->ingress->rules[rule].paths[path];
    *location = (struct location){.path = text, .declared = text, .exact = exact, .item = item};
    location->origin =
        origin_of(item->ingress,
                  arena_printf(model->run->arena, "spec.rules[%zu].http.paths[%zu]", rule, path),
                  source->span);
    set_backend(model, item, &source->backend, location);
}

static void conflict(struct model *model, const struct item *item, const struct ingress_path *path,
                     struct slice text, struct location *owner)
{
    const struct ingress *other = owner->item->ingress;
    diag_at(model->run->diag, DIAG_N016, path->span, item->ingress->object.subject,
            "path '" SLICE_FMT "' of this host belongs to '" SLICE_FMT
            "', which is older; this one gets no requests",
            SLICE_ARG(text), SLICE_ARG(other->object.subject));
    /* Which is older decides, and files do not say it: both answers are possible. */
    if (!model->run->closed && other != item->ingress &&
        (!other->object.has_created || !item->ingress->object.has_created)) {
        struct effect_source source = {SLICE_ABSENT, path->span};
        owner->unknown = unknown_add(model->run, owner->unknown, ASPECT_ROUTING, source,
                                     arena_printf(model->run->arena,
                                                  "the order of '" SLICE_FMT "' and '" SLICE_FMT
                                                  "' decides, and creation times are missing",
                                                  SLICE_ARG(other->object.subject),
                                                  SLICE_ARG(item->ingress->object.subject)));
    }
}

static void add_path(struct model *model, struct server *server, const struct item *item,
                     size_t rule, size_t number)
{
    const struct ingress_path *path = &item->ingress->rules[rule].paths[number];
    if (!path->backend.service.ptr) {
        diag_at(model->run->diag, DIAG_N017, path->backend.span, item->ingress->object.subject,
                "the controller skips resource backends; the path is served by '/' of its host");
        return;
    }
    struct slice text = path->path.len ? path->path : SLICE("/");
    bool exact = path->type == PATH_TYPE_EXACT;
    for (size_t i = 0; i < server->count; i++) {
        struct location *other = &server->locations[i];
        if (!slice_equal(other->path, text)) {
            continue;
        }
        if (other->exact != exact) {
            break; /* the search stops at the first of this path, whatever follows */
        }
        if (other->automatic) {
            fill_location(model, item, rule, number, text, exact, other);
        } else if (other->item) {
            conflict(model, item, path, text, other);
        }
        return;
    }
    fill_location(model, item, rule, number, text, exact, add_location(model, server));
}

static void add_paths(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        for (size_t r = 0; !is_canary(item) && r < item->ingress->rule_count; r++) {
            struct server *server = model_server(model, server_name(&item->ingress->rules[r]));
            for (size_t p = 0; p < item->ingress->rules[r].path_count; p++) {
                add_path(model, server, item, r, p);
            }
        }
    }
}

/* A canary changes what happens on the locations of its main Ingress, in ways that are not modelled yet. */
static void mark_canaries(struct model *model)
{
    for (size_t i = 0; i < model->item_count; i++) {
        const struct item *item = model->items[i];
        for (size_t r = 0; is_canary(item) && r < item->ingress->rule_count; r++) {
            struct server *server = model_server(model, server_name(&item->ingress->rules[r]));
            if (server) {
                server->unknown = unknown_add(
                    model->run, server->unknown, ASPECT_ROUTING,
                    annotation_source(&item->annotations, AN_canary),
                    arena_printf(model->run->arena, "canary '" SLICE_FMT "' is not understood yet",
                                 SLICE_ARG(item->ingress->object.subject)));
            }
        }
    }
}

void model_build(struct model *model)
{
    model->by_host = map_new(model->scratch);
    add_server(model, SLICE("_"), NULL, SPAN_NONE);
    create_servers(model);
    server_fields(model);
    add_paths(model);
    mark_canaries(model);
    for (size_t i = 0; i < model->server_count; i++) {
        server_expand(model, model->servers[i]);
    }
}

bool model_redirects(const struct model *model, const struct server *server)
{
    /* The script looks for a certificate of the host, then of "*." and the host less its first label
     * (rootfs/etc/nginx/lua/lua_ingress.lua). */
    if (slice_is(server->host, "_")) {
        return false;
    }
    if (server->has_certificate) {
        return true;
    }
    size_t dot = slice_find(server->host, '.', 0);
    const struct server *wild = model_server(
        model, arena_printf(model->run->arena, "*" SLICE_FMT,
                            SLICE_ARG(slice_sub(server->host, dot, server->host.len))));
    return wild && wild->has_certificate;
}
