#include "show_status.h"

#include <string.h>

/* ---- for people --------------------------------------------------------------------------- */

/* "Accepted", "not Programmed (Invalid: the listener serves nothing)". What is as it should be is short. */
static void put_condition(const struct gateway_condition *condition, struct buf *out)
{
    buf_printf(out, "%s%s", condition->holds ? "" : "not ", condition->type);
    bool plain = strcmp(condition->reason, condition->type) == 0;
    if (!plain || condition->message.len) {
        buf_printf(out, " (%s", condition->reason);
        if (condition->message.len) {
            buf_puts(out, ": ");
            buf_put(out, condition->message);
        }
        buf_putc(out, ')');
    }
}

static void put_conditions(const struct gateway_conditions *conditions, struct buf *out)
{
    size_t shown = 0;
    for (size_t i = 0; i < conditions->count; i++) {
        const struct gateway_condition *condition = &conditions->items[i];
        if (strcmp(condition->reason, "NoConflicts") != 0) {
            buf_puts(out, shown++ ? ", " : " ");
            put_condition(condition, out);
        }
    }
}

static void put_listener(const struct gateway_part *part, struct buf *out)
{
    buf_puts(out, "    listener ");
    buf_put(out, part->name);
    buf_putc(out, ':');
    put_conditions(&part->conditions, out);
    buf_printf(out, "; %zu route%s", part->routes, part->routes == 1 ? "" : "s");
    for (size_t i = 0; i < part->kinds.count; i++) {
        buf_puts(out, i ? ", " : "; takes ");
        buf_put(out, part->kinds.items[i]);
    }
    buf_putc(out, '\n');
}

static void put_ref(const struct object_ref *ref, struct buf *out)
{
    buf_printf(out, "    at " SLICE_FMT " " SLICE_FMT "/" SLICE_FMT, SLICE_ARG(ref->kind),
               SLICE_ARG(ref->namespace), SLICE_ARG(ref->name));
    if (ref->section_name.len) {
        buf_puts(out, ", listener ");
        buf_put(out, ref->section_name);
    }
    if (ref->port) {
        buf_printf(out, ", port %u", ref->port);
    }
    buf_putc(out, ':');
}

void show_status_text(struct app *app, const struct gateway_statuses *statuses)
{
    struct buf *out = &app->out;
    buf_puts(out, "\nconditions that the controller would set:\n");
    for (size_t i = 0; i < statuses->count; i++) {
        const struct gateway_status *status = &statuses->items[i];
        buf_puts(out, "  ");
        buf_put(out, status->object->subject);
        buf_puts(out, status->conditions.count ? ":" : "");
        put_conditions(&status->conditions, out);
        if (status->kind == GATEWAY_ANCESTORS && !status->part_count) {
            buf_puts(out, ": none, as no Gateway sends requests to what it targets");
        }
        buf_putc(out, '\n');
        for (size_t j = 0; j < status->part_count; j++) {
            const struct gateway_part *part = &status->parts[j];
            if (status->kind == GATEWAY_LISTENERS) {
                put_listener(part, out);
            } else {
                put_ref(&part->ref, out);
                put_conditions(&part->conditions, out);
                buf_putc(out, '\n');
            }
        }
    }
}

/* ---- JSON --------------------------------------------------------------------------------- */

static struct node *text(struct arena *arena, const char *value)
{
    return node_string(arena, slice_of(value));
}

static struct node *conditions_node(struct arena *arena,
                                    const struct gateway_conditions *conditions)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < conditions->count; i++) {
        const struct gateway_condition *condition = &conditions->items[i];
        struct node *map = node_map(arena);
        node_set(arena, map, "type", text(arena, condition->type));
        node_set(arena, map, "status", text(arena, condition->holds ? "True" : "False"));
        node_set(arena, map, "reason", text(arena, condition->reason));
        node_set(arena, map, "message", node_string(arena, condition->message));
        node_add(arena, list, map);
    }
    return list;
}

static struct node *kinds_node(struct arena *arena, const struct slices *kinds)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < kinds->count; i++) {
        struct node *map = node_map(arena);
        node_set(arena, map, "group", text(arena, "gateway.networking.k8s.io"));
        node_set(arena, map, "kind", node_string(arena, kinds->items[i]));
        node_add(arena, list, map);
    }
    return list;
}

static struct node *ref_node(struct arena *arena, const struct object_ref *ref)
{
    struct node *map = node_map(arena);
    node_set(arena, map, "group", node_string(arena, ref->group));
    node_set(arena, map, "kind", node_string(arena, ref->kind));
    node_set(arena, map, "namespace", node_string(arena, ref->namespace));
    node_set(arena, map, "name", node_string(arena, ref->name));
    if (ref->section_name.len) {
        node_set(arena, map, "sectionName", node_string(arena, ref->section_name));
    }
    if (ref->port) {
        node_set(arena, map, "port", node_int(arena, ref->port));
    }
    return map;
}

static struct node *part_node(struct arena *arena, const struct gateway_status *status,
                              const struct gateway_part *part,
                              const struct gateway_profile *profile)
{
    struct node *map = node_map(arena);
    if (status->kind == GATEWAY_LISTENERS) {
        node_set(arena, map, "name", node_string(arena, part->name));
        node_set(arena, map, "attachedRoutes", node_int(arena, (int64_t)part->routes));
        node_set(arena, map, "supportedKinds", kinds_node(arena, &part->kinds));
    } else {
        node_set(arena, map, status->kind == GATEWAY_PARENTS ? "parentRef" : "ancestorRef",
                 ref_node(arena, &part->ref));
        if (profile->controller_name) {
            node_set(arena, map, "controllerName", text(arena, profile->controller_name));
        }
    }
    node_set(arena, map, "conditions", conditions_node(arena, &part->conditions));
    return map;
}

static struct node *status_node(struct arena *arena, const struct gateway_status *status,
                                const struct gateway_profile *profile)
{
    static const char *const names[] = {NULL, "listeners", "parents", "ancestors"};
    struct node *map = node_map(arena), *parts = node_list(arena);
    if (status->conditions.count) {
        node_set(arena, map, "conditions", conditions_node(arena, &status->conditions));
    }
    if (slice_is(status->object->kind_name, "Gateway")) {
        node_set(arena, map, "attachedListenerSets", node_int(arena, (int64_t)status->set_count));
    }
    for (size_t i = 0; i < status->part_count; i++) {
        node_add(arena, parts, part_node(arena, status, &status->parts[i], profile));
    }
    if (names[status->kind]) {
        node_set(arena, map, names[status->kind], parts);
    }
    return map;
}

void show_status_json(struct app *app, const struct gateway_statuses *statuses,
                      const struct gateway_profile *profile)
{
    struct arena *arena = app->run.arena;
    for (size_t i = 0; i < statuses->count; i++) {
        const struct object *object = statuses->items[i].object;
        struct node *map = node_map(arena), *about = node_map(arena);
        node_set(arena, about, "kind", node_string(arena, object->kind_name));
        node_set(arena, about, "namespace", node_string(arena, object->namespace));
        node_set(arena, about, "name", node_string(arena, object->name));
        node_set(arena, about, "file",
                 node_string(arena, diag_file_name(app->run.diag, object->span.file)));
        node_set(arena, about, "line", node_int(arena, object->span.line));
        node_set(arena, map, "object", about);
        node_set(arena, map, "status", status_node(arena, &statuses->items[i], profile));
        document_write_json(map, 0, &app->out);
        buf_putc(&app->out, '\n');
    }
}
