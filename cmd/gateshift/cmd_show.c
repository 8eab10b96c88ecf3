#include "app.h"
#include "show_status.h"

/* A tunnel knows the name of the TLS handshake only. */
static const struct host_pattern *shown_host(const struct entry *entry)
{
    return entry->kind == ENTRY_RULES ? &entry->host : &entry->sni;
}

static const char *shown_scheme(const struct entry *entry)
{
    return entry->https ? "https" : transport_name(entry->transport);
}

static void print_host(const struct entry *entry, struct buf *out)
{
    const struct host_pattern *host = shown_host(entry);
    buf_printf(out, "%s://", shown_scheme(entry));
    if (entry->transport != TRANSPORT_HTTP) {
        buf_puts(out, "(any host)");
    } else if (host->kind == HOST_ANY) {
        buf_puts(out, "(any other host)");
    } else {
        buf_put(out, host->name);
    }
    buf_printf(out, ":%u", entry->port);
    if (host->kind == HOST_ONE_LABEL) {
        buf_puts(out, " (one label)");
    }
    buf_printf(out, "  [" SLICE_FMT "%s" SLICE_FMT "]", SLICE_ARG(entry->gateway),
               entry->listener.len ? ", listener " : "", SLICE_ARG(entry->listener));
    if (entry->https && entry->certificate.secret.len) {
        buf_printf(out, "  certificate " SLICE_FMT "/" SLICE_FMT,
                   SLICE_ARG(entry->certificate.namespace), SLICE_ARG(entry->certificate.secret));
    }
    buf_putc(out, '\n');
}

static void print_origin(const struct run *run, const struct origin *origin, struct buf *out)
{
    if (!origin->kind.ptr) {
        return;
    }
    buf_printf(out, "      from " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT "%s" SLICE_FMT,
               SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace), SLICE_ARG(origin->name),
               origin->field.len ? ", " : "", SLICE_ARG(origin->field));
    if (origin->span.line) {
        buf_printf(out, " (" SLICE_FMT ":%u)",
                   SLICE_ARG(diag_file_name(run->diag, origin->span.file)), origin->span.line);
    }
    buf_putc(out, '\n');
}

static void print_effects(const struct effects *effects, const char *indent, struct buf *out)
{
    for (int i = 0; i < EFFECT_COUNT; i++) {
        enum effect_id id = (enum effect_id)i;
        const void *effect = effect_get(effects, id);
        if (effect) {
            buf_printf(out, "%s%s: ", indent, effect_row(id)->text);
            effect_print(id, effect, out);
            buf_putc(out, '\n');
        }
    }
}

static void print_backends(const struct backend *backends, size_t count, bool tunnel,
                           struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct backend *backend = &backends[i];
        buf_printf(out, "      to " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(backend->namespace),
                   SLICE_ARG(backend->service));
        if (backend->port) {
            buf_printf(out, ":%u", backend->port);
        } else if (backend->port_name.len) {
            buf_printf(out, ", port '" SLICE_FMT "' of unknown number",
                       SLICE_ARG(backend->port_name));
        }
        if (count > 1) {
            buf_printf(out, " weight %llu", (unsigned long long)backend->weight);
        }
        if (backend->status && tunnel) {
            buf_printf(out, " (closed: " SLICE_FMT ")", SLICE_ARG(backend->reason));
        } else if (backend->status) {
            buf_printf(out, " (answers %lld: " SLICE_FMT ")", (long long)backend->status,
                       SLICE_ARG(backend->reason));
        }
        buf_putc(out, '\n');
        if (backend->effects) {
            print_effects(backend->effects, "        ", out);
        }
    }
}

static void print_rule(const struct run *run, const struct rule *rule, size_t number,
                       struct buf *out)
{
    buf_printf(out, "  %zu. ", number);
    match_print(&rule->match, out);
    buf_puts(out, rule->implied ? "  (added by the data plane)\n" : "\n");
    print_backends(rule->backends, rule->backend_count, false, out);
    print_effects(&rule->effects, "      ", out);
    for (const struct unknown *u = rule->unknown; u; u = u->next) {
        buf_printf(out, "      not known (%s): " SLICE_FMT "\n", aspect_name(u->aspect),
                   SLICE_ARG(u->reason));
    }
    print_origin(run, &rule->origin, out);
}

static void print_tunnel(const struct run *run, const struct entry *entry, struct buf *out)
{
    buf_printf(out, "  handed on as it is%s%s\n",
               entry->proxy_in ? ", clients send PROXY protocol" : "",
               entry->proxy_out ? ", the backend is sent PROXY protocol" : "");
    print_backends(entry->tunnel, entry->tunnel_count, true, out);
    for (const struct unknown *u = entry->unknown; u; u = u->next) {
        buf_printf(out, "      not known (%s): " SLICE_FMT "\n", aspect_name(u->aspect),
                   SLICE_ARG(u->reason));
    }
    print_origin(run, &entry->origin, out);
}

static void print_entry(struct app *app, const struct route_table *table, size_t index)
{
    const struct entry *entry = &table->entries[index];
    print_host(entry, &app->out);
    for (size_t i = 0; i < index; i++) {
        if (entry->rules && table->entries[i].rules == entry->rules) {
            buf_puts(&app->out, "  the same rules as ");
            print_host(&table->entries[i], &app->out);
            return;
        }
    }
    size_t number = 0;
    for (const struct rule_list *list = entry->rules; list; list = list->next) {
        for (size_t i = 0; i < list->count; i++) {
            print_rule(&app->run, &list->rules[i], ++number, &app->out);
        }
    }
    if (entry->kind == ENTRY_TUNNEL) {
        print_tunnel(&app->run, entry, &app->out);
    } else if (entry->kind == ENTRY_CLOSE) {
        buf_puts(&app->out, "  the connection is closed\n");
    } else if (number == 0) {
        buf_printf(&app->out, "  no rules: answered %lld\n", (long long)table->no_rule_status);
    }
}

/* ---- JSON --------------------------------------------------------------------------------- */

static struct node *origin_node(struct app *app, const struct origin *origin)
{
    struct arena *arena = app->run.arena;
    struct node *map = node_map(arena);
    if (!origin->kind.ptr) {
        return ARENA_NEW(arena, struct node); /* null: nobody wrote it */
    }
    node_set(arena, map, "kind", node_string(arena, origin->kind));
    node_set(arena, map, "namespace", node_string(arena, origin->namespace));
    node_set(arena, map, "name", node_string(arena, origin->name));
    node_set(arena, map, "rule", node_string(arena, origin->field));
    node_set(arena, map, "file",
             node_string(arena, diag_file_name(app->run.diag, origin->span.file)));
    node_set(arena, map, "line", node_int(arena, origin->span.line));
    return map;
}

static struct node *effects_node(struct arena *arena, const struct effects *effects)
{
    struct node *map = node_map(arena);
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    for (int i = 0; i < EFFECT_COUNT; i++) {
        const void *effect = effect_get(effects, (enum effect_id)i);
        if (effect) {
            buf_clear(&text);
            effect_print((enum effect_id)i, effect, &text);
            node_set(arena, map, effect_row((enum effect_id)i)->name,
                     node_string(arena, arena_copy(arena, buf_slice(&text))));
        }
    }
    buf_release(&text);
    return map;
}

static struct node *backends_node(struct arena *arena, const struct backend *backends, size_t count)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < count; i++) {
        const struct backend *backend = &backends[i];
        struct node *map = node_map(arena);
        node_set(arena, map, "namespace", node_string(arena, backend->namespace));
        node_set(arena, map, "service", node_string(arena, backend->service));
        node_set(arena, map, "port", node_int(arena, backend->port));
        node_set(arena, map, "weight", node_int(arena, (int64_t)backend->weight));
        if (backend->status) {
            node_set(arena, map, "status", node_int(arena, backend->status));
            node_set(arena, map, "reason", node_string(arena, backend->reason));
        }
        if (backend->effects) {
            node_set(arena, map, "effects", effects_node(arena, backend->effects));
        }
        node_add(arena, list, map);
    }
    return list;
}

static struct node *unknown_node(struct arena *arena, const struct unknown *unknown)
{
    struct node *list = node_list(arena);
    for (; unknown; unknown = unknown->next) {
        struct node *map = node_map(arena);
        node_set(arena, map, "aspect", node_string(arena, slice_of(aspect_name(unknown->aspect))));
        node_set(arena, map, "reason", node_string(arena, unknown->reason));
        node_add(arena, list, map);
    }
    return list;
}

static struct node *rule_node(struct app *app, const struct rule *rule)
{
    struct arena *arena = app->run.arena;
    struct node *map = node_map(arena);
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    match_print(&rule->match, &text);
    node_set(arena, map, "match", node_string(arena, arena_copy(arena, buf_slice(&text))));
    node_set(arena, map, "backends", backends_node(arena, rule->backends, rule->backend_count));
    buf_release(&text);
    node_set(arena, map, "effects", effects_node(arena, &rule->effects));
    node_set(arena, map, "unknown", unknown_node(arena, rule->unknown));
    node_set(arena, map, "implied", node_bool(arena, rule->implied));
    node_set(arena, map, "from", origin_node(app, &rule->origin));
    return map;
}

static void print_entry_json(struct app *app, const struct entry *entry)
{
    static const char *const kinds[] = {"rules", "tunnel", "close"};
    struct arena *arena = app->run.arena;
    struct node *map = node_map(arena), *rules = node_list(arena);
    for (const struct rule_list *list = entry->rules; list; list = list->next) {
        for (size_t r = 0; r < list->count; r++) {
            node_add(arena, rules, rule_node(app, &list->rules[r]));
        }
    }
    const struct host_pattern *pattern = shown_host(entry);
    struct slice host = pattern->kind == HOST_ANY ? SLICE("*") : pattern->name;
    node_set(arena, map, "gateway", node_string(arena, entry->gateway));
    node_set(arena, map, "scheme", node_string(arena, slice_of(shown_scheme(entry))));
    node_set(arena, map, "port", node_int(arena, entry->port));
    node_set(arena, map, "host", node_string(arena, host));
    node_set(arena, map, "kind", node_string(arena, slice_of(kinds[entry->kind])));
    if (entry->kind == ENTRY_TUNNEL) {
        node_set(arena, map, "proxy_in", node_bool(arena, entry->proxy_in));
        node_set(arena, map, "proxy_out", node_bool(arena, entry->proxy_out));
        node_set(arena, map, "backends", backends_node(arena, entry->tunnel, entry->tunnel_count));
    }
    node_set(arena, map, "unknown", unknown_node(arena, entry->unknown));
    node_set(arena, map, "rules", rules);
    document_write_json(map, 0, &app->out);
    buf_putc(&app->out, '\n');
}

/* ---- as nginx -------------------------------------------------------------------------------- */

static int show_nginx(struct app *app)
{
    static const struct nginx_text text = {.http = {"80", 2}, .https = {"443", 3}};
    struct side_options options;
    struct kube kube = {0};
    struct ingress_claims claims;
    app_side_options(app, SLICE_ABSENT, &options);
    if (options.kind == SIDE_GATEWAY || app_output_is(app, "json")) {
        return app_usage(app, "'--as nginx' prints what Ingresses lead to, as text");
    }
    app_read(app, &app->options.files, &kube);
    ingress_nginx_choose(&app->run, &kube, &options.nginx, &options.choice);
    ingress_claim_all(&app->run, &kube, &options.choice, &claims);
    if (!app_stops(app)) {
        (void)ingress_nginx_render(&app->run, &kube, &claims, &options.nginx, &text, &app->out);
        if (app->out.len == 0) {
            return app_usage(app, "there is no Ingress of ingress-nginx in the input");
        }
    }
    return app_status(app, EXIT_WELL);
}

int cmd_show(struct app *app)
{
    struct side_options options;
    struct side side = {0};
    struct gateway_statuses statuses;
    if (!app_has_input(app)) {
        return app_usage(app, "'show' needs input: -f PATH, or --cluster");
    }
    if (slice_is(app->options.as, "nginx")) {
        return show_nginx(app);
    }
    app_side_options(app, app->options.as, &options);
    app_read(app, &app->options.files, &side.kube);
    if (!side_build(&app->run, &options, &side)) {
        return EXIT_INPUT;
    }
    if (!app_stops(app) && app_output_is(app, "json")) {
        for (size_t i = 0; i < side.table.entry_count; i++) {
            print_entry_json(app, &side.table.entries[i]);
        }
        const struct gateway_profile *profile =
            side_statuses(&app->run, &options, &side, &statuses);
        show_status_json(app, &statuses, profile);
    } else if (!app_stops(app)) {
        buf_printf(&app->out, SLICE_FMT ": first match wins, from top to bottom\n\n",
                   SLICE_ARG(side.table.label));
        for (size_t i = 0; i < side.table.entry_count; i++) {
            print_entry(app, &side.table, i);
        }
        buf_puts(&app->out, "\neverywhere, unless a rule says otherwise:\n");
        print_effects(&side.table.platform, "  ", &app->out);
        if (side_statuses(&app->run, &options, &side, &statuses) && statuses.count) {
            show_status_text(app, &statuses);
        }
    }
    side_close(&side);
    return app_status(app, EXIT_WELL);
}
