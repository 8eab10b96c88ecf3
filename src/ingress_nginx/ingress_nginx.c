#include "ingress_nginx/ingress_nginx.h"

#include "ingress_nginx/render_priv.h"

#include <string.h>

/* "alias x;" and "root x;" anywhere, blanks or not (internal/ingress/inspector/rules.go) */
static bool has_directive(struct slice text, const char *name)
{
    struct slice word = slice_of(name);
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (slice_starts(slice_sub(text, i, text.len), word)) {
            return slice_find(text, ';', i + word.len) < text.len;
        }
    }
    return false;
}

static bool suspicious(struct slice text)
{
    static const char *const parts[] = {
        "/etc/passwd",      "/etc/shadow", "/etc/group", "/etc/nginx", "/etc/ingress-controller",
        "/var/run/secrets", "_by_lua"};
    const bool etc = slice_contains(text, SLICE("/etc/")); /* most paths are looked through once */
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct slice part = slice_of(parts[i]);
        if ((etc || !slice_starts(part, SLICE("/etc/"))) && slice_contains(text, part)) {
            return true;
        }
    }
    return slice_find(text, ';', 0) < text.len &&
           (has_directive(text, "alias") || has_directive(text, "root"));
}

/* internal/ingress/inspector/ingress.go; hosts and names of Secrets are looked at as well, but the API lets no
 * such text into them. */
static bool inspected(struct run *run, const struct ingress *ingress)
{
    for (size_t r = 0; r < ingress->rule_count; r++) {
        for (size_t p = 0; p < ingress->rules[r].path_count; p++) {
            const struct ingress_path *path = &ingress->rules[r].paths[p];
            if (suspicious(path->path)) {
                diag_at(run->diag, DIAG_N019, path->path_span, ingress->object.subject,
                        "path '" SLICE_FMT "' holds text that the controller takes for an attack, "
                        "so it does not load this Ingress",
                        SLICE_ARG(path->path));
                return false;
            }
        }
    }
    return true;
}

static int byte_at(const struct object *object, size_t i)
{
    if (i < object->namespace.len) {
        return (unsigned char)object->namespace.ptr[i];
    }
    i -= object->namespace.len;
    if (i == 0) {
        return '/';
    }
    return i - 1 < object->name.len ? (unsigned char)object->name.ptr[i - 1] : -1;
}

static int compare_names(const struct object *x, const struct object *y)
{
    for (size_t i = 0;; i++) {
        int a = byte_at(x, i), b = byte_at(y, i);
        if (a != b || a < 0) {
            return a - b;
        }
    }
}

/* Oldest first; equal ones by "namespace/name" in reverse (store.go sortIngressSlice). Objects without a
 * creation time are all equal. */
static int compare_items(const void *a, const void *b, void *user)
{
    const struct object *x = &(*(struct item *const *)a)->ingress->object;
    const struct object *y = &(*(struct item *const *)b)->ingress->object;
    int64_t created_x = x->has_created ? x->created : 0,
            created_y = y->has_created ? y->created : 0;
    if (created_x != created_y) {
        return created_x < created_y ? -1 : 1;
    }
    (void)user;
    /* "namespace/name" as one text: '-' and '.' sort before '/' */
    int order = slice_equal(x->namespace, y->namespace) ? slice_compare(y->name, x->name)
                                                        : compare_names(y, x);
    return order;
}

/* "a=b,c!=d,e,!f": labels of the Ingress's namespace (labels.Parse of apimachinery). */
static bool selects(struct run *run, struct slice selector, const struct labels *labels)
{
    struct slice item;
    while (slice_split(&selector, ',', &item)) {
        item = slice_trim(item);
        size_t equals = slice_find(item, '=', 0);
        bool no = slice_starts(item, SLICE("!")) ||
                  (equals && equals < item.len && item.ptr[equals - 1] == '!');
        struct slice key =
            slice_sub(item, slice_starts(item, SLICE("!")), equals - (no && equals < item.len));
        struct slice value = slice_sub(item, equals + 1, item.len);
        value = slice_starts(value, SLICE("=")) ? slice_sub(value, 1, value.len) : value;
        const struct label *label = labels_find(labels, arena_string(run->arena, slice_trim(key)));
        bool has = label && (equals == item.len || slice_equal(label->value, slice_trim(value)));
        if (has == no) {
            return false;
        }
    }
    return true;
}

/* Flags that keep Ingresses out. */
static bool watched(struct run *run, const struct kube *kube, const struct settings *settings,
                    const struct ingress *ingress)
{
    const struct object *object = &ingress->object;
    const char *flag = NULL;
    if (settings->watched.len && !slice_equal(settings->watched, object->namespace)) {
        flag = "watch-namespace";
    }
    if (settings->watched_selector.len) {
        struct labels labels = kube_namespace_labels(run, kube, object->namespace);
        flag =
            selects(run, settings->watched_selector, &labels) ? flag : "watch-namespace-selector";
    }
    if (settings->no_catch_all && ingress->default_backend.present) {
        flag = "disable-catch-all";
    }
    if (flag) {
        diag_at(run->diag, DIAG_N035, object->span, object->subject,
                "the controller does not load this Ingress, as it runs with --%s", flag);
    }
    return !flag;
}

/* nginx.tmpl writes hide-headers at the level of http, for proxy_pass alone; a level with a proxy_hide_header of its own
 * does not take it over (ngx_http_upstream_hide_headers_hash). */
static bool hides_apart(struct slice snippet)
{
    struct slice name = SLICE("proxy_hide_header");
    for (size_t at = 0; at < snippet.len; at++) {
        at = slice_find(snippet, name.ptr[0], at);
        if (slice_starts(slice_sub(snippet, at, snippet.len), name)) {
            return true;
        }
    }
    return false;
}

/* What later steps need to know of all items, while one is at hand. */
static void item_note(struct model *model, const struct item *item)
{
    names_note(model, item->ingress);
    model->any_snippet = model->any_snippet ||
                         annotation_set(item->annotations, AN_server_snippet) ||
                         annotation_set(item->annotations, AN_configuration_snippet);
    model->hides_apart = model->hides_apart || annotations_grpc(item->annotations) ||
                         hides_apart(annotation_text(item->annotations, AN_server_snippet)) ||
                         hides_apart(annotation_text(item->annotations, AN_configuration_snippet));
}

/* Of all servers of the controller's. */
static void set_lines(const struct model *model, struct route_table *table)
{
    struct view *view = &table->view;
    uint64_t all = settings_line_bytes(model->settings), least = model->line_bytes_least;
    view->line_bytes = least && least < all ? least : all;
    if (model->line_bytes_most) {
        view->line_bytes_open = model->line_bytes_most > all ? model->line_bytes_most : all;
    }
}

static void build_plane(struct run *run, const struct kube *kube,
                        const struct ingress_claims *claims, struct slice gateway, bool aks,
                        const struct ingress_nginx_options *options, struct route_table *table,
                        struct render *render)
{
    struct settings *settings = ARENA_NEW(run->arena, struct settings);
    settings_read(run, kube, options, gateway, aks, settings);
    struct slice prefix = options->annotations_prefix.len ? options->annotations_prefix
                          : settings->prefix.len          ? settings->prefix
                                                          : SLICE("nginx.ingress.kubernetes.io");
    struct model model = {
        .run = run, .kube = kube, .settings = settings, .gateway = gateway, .aks = aks};
    model.scratch = arena_open(0, NULL, NULL);
    model.namespaces = map_new(model.scratch);
    model.any_snippet = settings->http_snippet.len || settings->server_snippet.len ||
                        settings->location_snippet.len;
    model.hides_apart =
        hides_apart(settings->server_snippet) || hides_apart(settings->location_snippet);
    model.items = ARENA_ARRAY(model.scratch, struct item *, claims->count);
    for (size_t i = claims->count; i-- > 0;) { /* about the order of compare_items */
        const struct ingress_claim *claim = &claims->items[i];
        object_ahead(i < STEPS_AHEAD ? NULL : &claim[-STEPS_AHEAD].ingress->object);
        if (claim->owner != INGRESS_OWNER_NGINX || !slice_equal(claim->gateway, gateway) ||
            !watched(run, kube, settings, claim->ingress)) {
            continue;
        }
        struct item *item = ARENA_NEW(model.scratch, struct item);
        model.items[model.item_count] = item;
        item->ingress = claim->ingress;
        item->annotations = ARENA_NEW(model.scratch, struct annotations);
        annotations_read(run, model.scratch, claim->ingress, prefix, settings, item->annotations);
        if (!item->annotations->dropped &&
            (!settings->inspects || inspected(run, claim->ingress))) {
            references_check(run, kube, settings, item->annotations);
            if (!item->annotations->dropped) {
                item_note(&model, item);
                model.item_count++;
            }
        }
    }
    sort_stable(model.scratch, model.items, model.item_count, sizeof *model.items, compare_items,
                NULL);
    model_build(&model);
    model_write(&model, table);
    streams_write(&model, table);
    for (size_t i = 0; i < model.item_count; i++) {
        annotations_report_unused(run, model.items[i]->annotations);
    }
    platform_effects(&model, table);
    if (render) {
        render->model = &model;
        render_model(render);
        render->model = NULL;
    }
    arena_close(model.scratch);
    if (settings->enable_underscores || !settings->ignore_odd_headers) {
        table->view.underscores = UNDERSCORES_KEPT;
    }
    table->view.drops_odd_headers = settings->ignore_odd_headers;
    set_lines(&model, table);
}

/* The order in which one location answers: nginx's phases, then the controller's scripts (nginx.tmpl). */
static void set_up(struct route_table *table)
{
    static const int gates[] = {EFFECT_body_limit, EFFECT_cors,           EFFECT_answer,
                                EFFECT_redirect,   EFFECT_https_redirect, GATE_NO_ENDPOINTS,
                                EFFECT_rate_limit, EFFECT_addresses,      EFFECT_authentication};
    memcpy(table->gates, gates, sizeof gates);
    table->gate_count = ARRAY_LEN(gates);
    table->view = (struct view){.match_form = {true, true, true, false},
                                .escape_rewritten = true,
                                .above_root_status = 400,
                                .bad_escape_status = 400,
                                .missing_host_status = 400,
                                .bad_host_status = 400,
                                .bad_method_status = 405,
                                .misdirected_status = 421,
                                .plain_http_status = 400,
                                .cut_fragment = true,
                                .cut_at_colon = true, /* lua_ingress.lua redirect_host */
                                .underscores = UNDERSCORES_DROPPED,
                                .drops_odd_headers = true};
    table->no_rule_status = 404;
    table->no_backend_status = 503;
    table->no_weight_status = 503;
}

static void build(struct run *run, const struct kube *kube, const struct ingress_claims *claims,
                  const struct ingress_nginx_options *options, struct route_table *table,
                  struct render *render)
{
    struct map *done = map_new(run->arena);
    set_up(table);
    for (size_t i = 0; i < claims->count; i++) {
        const struct ingress_claim *claim = &claims->items[i];
        if (claim->owner == INGRESS_OWNER_NGINX && !map_put(done, claim->gateway, table)) {
            build_plane(run, kube, claims, claim->gateway, slice_is(claim->plane, "aks-nginx"),
                        options, table, render);
        }
    }
    /* A controller that no Ingress asks for still answers: 404 to everything. */
    if (map_count(done) == 0 && claims->any_nginx) {
        build_plane(run, kube, claims, SLICE("nginx"), false, options, table, render);
    }
}

void ingress_nginx_build(struct run *run, const struct kube *kube,
                         const struct ingress_claims *claims,
                         const struct ingress_nginx_options *options, struct route_table *table)
{
    build(run, kube, claims, options, table, NULL);
}

bool ingress_nginx_render(struct run *run, const struct kube *kube,
                          const struct ingress_claims *claims,
                          const struct ingress_nginx_options *options,
                          const struct nginx_text *text, struct buf *out)
{
    struct route_table table;
    struct render render = {.text = text, .out = out};
    route_table_open(run, &table);
    build(run, kube, claims, options, &table, &render);
    route_table_close(&table);
    return !render.refused;
}
