#include "app.h"

static void print_host(const struct entry *entry, struct buf *out)
{
    buf_printf(out, "%s://", entry->https ? "https" : "http");
    if (entry->host.kind == HOST_ANY) {
        buf_puts(out, "(any other host)");
    } else {
        buf_put(out, entry->host.name);
    }
    buf_printf(out, ":%u", entry->port);
    if (entry->host.kind == HOST_ONE_LABEL) {
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
    buf_printf(out, "      from " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(origin->kind),
               SLICE_ARG(origin->namespace), SLICE_ARG(origin->name));
    if (origin->span.line) {
        buf_printf(out, " (" SLICE_FMT ":%u)",
                   SLICE_ARG(diag_file_name(run->diag, origin->span.file)), origin->span.line);
    }
    buf_putc(out, '\n');
}

static void print_backends(const struct rule *rule, struct buf *out)
{
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        buf_printf(out, "      to " SLICE_FMT "/" SLICE_FMT ":%u", SLICE_ARG(backend->namespace),
                   SLICE_ARG(backend->service), backend->port);
        if (rule->backend_count > 1) {
            buf_printf(out, " weight %llu", (unsigned long long)backend->weight);
        }
        if (backend->status) {
            buf_printf(out, " (answers %lld: " SLICE_FMT ")", (long long)backend->status,
                       SLICE_ARG(backend->reason));
        }
        buf_putc(out, '\n');
    }
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

static void print_rule(const struct run *run, const struct rule *rule, size_t number,
                       struct buf *out)
{
    buf_printf(out, "  %zu. ", number);
    match_print(&rule->match, out);
    buf_puts(out, rule->implied ? "  (added by the data plane)\n" : "\n");
    print_backends(rule, out);
    print_effects(&rule->effects, "      ", out);
    for (const struct unknown *u = rule->unknown; u; u = u->next) {
        buf_printf(out, "      not known (%s): " SLICE_FMT "\n", aspect_name(u->aspect),
                   SLICE_ARG(u->reason));
    }
    print_origin(run, &rule->origin, out);
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
    if (entry->kind == ENTRY_CLOSE) {
        buf_puts(&app->out, "  the connection is closed\n");
    } else if (number == 0) {
        buf_printf(&app->out, "  no rules: answered %lld\n", (long long)table->no_rule_status);
    }
}

static struct node *rule_node(struct app *app, const struct rule *rule)
{
    struct arena *arena = app->run.arena;
    struct node *map = node_map(arena), *effects = node_map(arena), *backends = node_list(arena);
    struct buf text;
    buf_init(&text, 1 << 16);
    match_print(&rule->match, &text);
    node_set(arena, map, "match", node_string(arena, arena_copy(arena, buf_slice(&text))));
    for (size_t i = 0; i < rule->backend_count; i++) {
        struct node *backend = node_map(arena);
        node_set(arena, backend, "namespace", node_string(arena, rule->backends[i].namespace));
        node_set(arena, backend, "service", node_string(arena, rule->backends[i].service));
        node_set(arena, backend, "port", node_int(arena, rule->backends[i].port));
        node_set(arena, backend, "weight", node_int(arena, (int64_t)rule->backends[i].weight));
        node_add(arena, backends, backend);
    }
    for (int i = 0; i < EFFECT_COUNT; i++) {
        const void *effect = effect_get(&rule->effects, (enum effect_id)i);
        if (effect) {
            buf_clear(&text);
            effect_print((enum effect_id)i, effect, &text);
            node_set(arena, effects, effect_row((enum effect_id)i)->name,
                     node_string(arena, arena_copy(arena, buf_slice(&text))));
        }
    }
    buf_release(&text);
    node_set(arena, map, "backends", backends);
    node_set(arena, map, "effects", effects);
    node_set(arena, map, "implied", node_bool(arena, rule->implied));
    node_set(arena, map, "unknown", node_bool(arena, rule->unknown != NULL));
    node_set(arena, map, "from",
             node_string(arena, arena_printf(
                                    arena, SLICE_FMT " " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT,
                                    SLICE_ARG(rule->origin.kind), SLICE_ARG(rule->origin.namespace),
                                    SLICE_ARG(rule->origin.name), SLICE_ARG(rule->origin.field))));
    return map;
}

static void print_json(struct app *app, const struct route_table *table)
{
    struct arena *arena = app->run.arena;
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        struct node *map = node_map(arena), *rules = node_list(arena);
        for (const struct rule_list *list = entry->rules; list; list = list->next) {
            for (size_t r = 0; r < list->count; r++) {
                node_add(arena, rules, rule_node(app, &list->rules[r]));
            }
        }
        node_set(arena, map, "gateway", node_string(arena, entry->gateway));
        node_set(arena, map, "scheme",
                 node_string(arena, entry->https ? SLICE("https") : SLICE("http")));
        node_set(arena, map, "port", node_int(arena, entry->port));
        node_set(arena, map, "host",
                 node_string(arena, entry->host.kind == HOST_ANY ? SLICE("*") : entry->host.name));
        node_set(arena, map, "rules", rules);
        document_write_json(map, 0, &app->out);
        buf_putc(&app->out, '\n');
    }
}

int cmd_show(struct app *app)
{
    struct side_options options;
    struct side side = {0};
    if (app->options.files.count == 0) {
        return app_usage(app, "'show' needs input: -f PATH");
    }
    app_side_options(app, app->options.as, &options);
    app_read(app, &app->options.files, &side.kube);
    if (!side_build(&app->run, &options, &side)) {
        return EXIT_INPUT;
    }
    if (!app_stops(app) && app_output_is(app, "json")) {
        print_json(app, &side.table);
    } else if (!app_stops(app)) {
        buf_printf(&app->out, SLICE_FMT ": first match wins, from top to bottom\n\n",
                   SLICE_ARG(side.table.label));
        for (size_t i = 0; i < side.table.entry_count; i++) {
            print_entry(app, &side.table, i);
        }
        buf_puts(&app->out, "\neverywhere, unless a rule says otherwise:\n");
        print_effects(&side.table.platform, "  ", &app->out);
    }
    side_close(&side);
    return app_status(app, EXIT_WELL);
}
