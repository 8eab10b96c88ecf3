#include "ingress_nginx/model_priv.h"

/* The controller keeps the endpoints of a Service under a name that joins namespace, Service and port with '-'
 * (controller/util.go, upstreamName). Two Services may meet in one name; both get the endpoints of the one that
 * was there first (controller.go, createUpstreams). */

struct named {
    struct slice namespace;
    const struct ingress_backend *backend;
};

struct slice upstream_name(struct arena *arena, struct slice namespace,
                           const struct ingress_backend *backend)
{
    char digits[UINT_TEXT_MAX];
    return ARENA_JOIN(arena, namespace, SLICE("-"), backend->service, SLICE("-"),
                      backend->port_name.len ? backend->port_name
                                             : uint_text(backend->port, digits));
}

static bool has_dash(struct slice text)
{
    return slice_find(text, '-', 0) < text.len;
}

void names_note(struct model *model, const struct ingress *ingress)
{
    map_put(model->namespaces, ingress->object.namespace, model);
    for (size_t r = 0; r < ingress->rule_count && !model->any_dash; r++) {
        for (size_t p = 0; p < ingress->rules[r].path_count; p++) {
            model->any_dash =
                model->any_dash || has_dash(ingress->rules[r].paths[p].backend.port_name);
        }
    }
}

/* Names can meet only where a namespace is the beginning of another one, or a port's name has a '-'. */
static bool may_meet(const struct model *model)
{
    const struct map_entry *entry = map_first(model->namespaces);
    for (; entry && !model->any_dash; entry = map_next(entry)) {
        struct slice namespace = map_key(entry);
        for (size_t at = slice_find(namespace, '-', 0); at < namespace.len;
             at = slice_find(namespace, '-', at + 1)) {
            if (map_get(model->namespaces, slice_sub(namespace, 0, at))) {
                return true;
            }
        }
    }
    return model->any_dash;
}

static void note(struct model *model, const struct item *item,
                 const struct ingress_backend *backend, bool anew)
{
    struct arena *arena = model->scratch;
    struct slice namespace = item->ingress->object.namespace;
    if (!backend->present || !backend->service.ptr) {
        return;
    }
    struct slice name = upstream_name(arena, namespace, backend);
    struct named *named = map_get(model->names, name);
    if (!named) {
        named = ARENA_NEW(arena, struct named);
        map_put(model->names, name, named);
    } else if (!anew) {
        return;
    }
    *named = (struct named){namespace, backend};
}

void names_collect(struct model *model)
{
    model->names = may_meet(model) ? map_new(model->scratch) : NULL;
    for (size_t i = 0; model->names && i < model->item_count; i++) {
        const struct ingress *ingress = model->items[i]->ingress;
        note(model, model->items[i], &ingress->default_backend, true);
        for (size_t r = 0; r < ingress->rule_count; r++) {
            for (size_t p = 0; p < ingress->rules[r].path_count; p++) {
                note(model, model->items[i], &ingress->rules[r].paths[p].backend, false);
            }
        }
    }
}

struct backend upstream_backend(const struct model *model, const struct item *item,
                                const struct ingress_backend *backend)
{
    struct slice namespace = item->ingress->object.namespace;
    const struct named *named =
        model->names ? map_get(model->names, upstream_name(model->scratch, namespace, backend))
                     : NULL;
    if (!named || (slice_equal(named->namespace, namespace) &&
                   slice_equal(named->backend->service, backend->service))) {
        return model_backend(model, namespace, backend);
    }
    if (!model->probing) {
        diag_at(model->run->diag, DIAG_N037, backend->span, item->ingress->object.subject,
                "the controller has one name for Service '" SLICE_FMT "/" SLICE_FMT
                "' and for '" SLICE_FMT "/" SLICE_FMT "', so this path is served by the second one",
                SLICE_ARG(namespace), SLICE_ARG(backend->service), SLICE_ARG(named->namespace),
                SLICE_ARG(named->backend->service));
    }
    return model_backend(model, named->namespace, named->backend);
}
