#include "convert/convert_priv.h"

/* Where Gateways live that serve more than one namespace. */
#define SHARED_NAMESPACE "gateways"

static void namespace_choose(struct conversion *c, struct plane *plane)
{
    if (c->options->gateway_name.len) {
        plane->namespace = c->options->gateway_namespace;
    } else if (map_count(plane->namespaces) == 1) {
        plane->namespace = map_key(map_first(plane->namespaces));
    } else {
        plane->namespace = SLICE(SHARED_NAMESPACE);
    }
}

/* A Namespace for shared Gateways, unless there is one. */
static void namespace_write(struct conversion *c)
{
    bool shared = false;
    for (size_t i = 0; i < c->plane_count; i++) {
        shared = shared || map_count(c->planes[i]->namespaces) > 1;
    }
    if (!shared || c->options->gateway_name.len ||
        (c->kube && kube_find(c->kube, KUBE_NAMESPACE, SLICE(""), SLICE(SHARED_NAMESPACE)))) {
        return;
    }
    object_add(
        c, object_node(c, "v1", "Namespace", SLICE_ABSENT, SLICE(SHARED_NAMESPACE), SLICE_ABSENT));
}

/* ---- order of objects ------------------------------------------------------------------------ */

static int kind_place(struct slice kind)
{
    static const char *const kinds[] = {"Namespace", "Gateway", "ReferenceGrant", "HTTPRoute"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (slice_is(kind, kinds[i])) {
            return (int)i;
        }
    }
    return (int)ARRAY_LEN(kinds);
}

struct sortable {
    int place;
    struct slice namespace, name;
    struct node *node;
};

static int by_place(const void *a, const void *b, void *user)
{
    (void)user;
    const struct sortable *x = a, *y = b;
    if (x->place != y->place) {
        return x->place - y->place;
    }
    int order = slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

static void objects_sort(struct conversion *c)
{
    struct converted *out = c->out;
    struct sortable *items = ARENA_ARRAY(c->arena, struct sortable, out->count + 1);
    for (size_t i = 0; i < out->count; i++) {
        const struct node *metadata = node_get(out->objects[i], "metadata");
        const struct node *namespace = node_get(metadata, "namespace");
        items[i] = (struct sortable){kind_place(node_get(out->objects[i], "kind")->text),
                                     namespace ? namespace->text : SLICE(""),
                                     node_get(metadata, "name")->text, out->objects[i]};
    }
    sort_stable(c->arena, items, out->count, sizeof *items, by_place, NULL);
    for (size_t i = 0; i < out->count; i++) {
        out->objects[i] = items[i].node;
    }
}

/* ---- the way --------------------------------------------------------------------------------- */

void convert_table(struct run *run, const struct kube *kube, const struct route_table *table,
                   const struct convert_options *options, struct converted *out)
{
    *out = (struct converted){0};
    struct conversion conversion = {.run = run,
                                    .arena = run->arena,
                                    .kube = kube,
                                    .table = table,
                                    .options = options,
                                    .out = out,
                                    .group_index = map_new(run->arena),
                                    .families = map_new(run->arena),
                                    .route_names = map_new(run->arena),
                                    .grants = map_new(run->arena),
                                    .said = map_new(run->arena),
                                    .words = map_new(run->arena),
                                    .behaviours = map_new(run->arena)};
    struct conversion *c = &conversion;
    buf_init(&c->text, BUF_TEXT_MAX);
    buf_init(&c->key, BUF_TEXT_MAX);
    say_platform(c);
    planes_build(c);
    for (size_t i = 0; i < c->plane_count; i++) {
        groups_build(c, c->planes[i]);
        namespace_choose(c, c->planes[i]);
    }
    groups_name(c);
    for (size_t i = 0; i < c->group_count; i++) {
        routes_write(c, c->groups[i]);
    }
    namespace_write(c);
    for (size_t i = 0; i < c->plane_count; i++) {
        gateways_write(c, c->planes[i]);
    }
    grants_write(c);
    objects_sort(c);
    buf_release(&c->text);
    buf_release(&c->key);
}

void converted_write(const struct converted *converted, struct buf *out)
{
    for (size_t i = 0; i < converted->count; i++) {
        buf_puts(out, i ? "---\n" : "");
        document_write_yaml(converted->objects[i], out);
    }
}
