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
static void shared_namespace_write(struct conversion *c)
{
    bool shared = false;
    for (size_t i = 0; i < c->plane_count; i++) {
        shared = shared || map_count(c->planes[i]->namespaces) > 1;
    }
    if (shared && !c->options->gateway_name.len &&
        !(c->kube && kube_find(c->kube, KUBE_NAMESPACE, SLICE(""), SLICE(SHARED_NAMESPACE)))) {
        namespace_write(c, SLICE(SHARED_NAMESPACE));
    }
}

/* ---- order of objects ------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b, void *user)
{
    (void)user;
    const struct converted_object *x = a, *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    int order = slice_compare(slice_of(x->kind), slice_of(y->kind));
    order = order ? order : slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

/* ---- the way --------------------------------------------------------------------------------- */

void convert_table(struct run *run, const struct kube *kube, const struct route_table *table,
                   const struct convert_options *options, struct converted *out)
{
    *out = (struct converted){0};
    struct conversion conversion = {.run = run,
                                    .arena = run->arena,
                                    .nodes = arena_open(0, NULL, NULL),
                                    .kube = kube,
                                    .table = table,
                                    .options = options,
                                    .out = out,
                                    .group_index = map_new(run->arena),
                                    .families = map_new(run->arena),
                                    .route_names = map_new(run->arena),
                                    .grants = map_new(run->arena),
                                    .said = map_new(run->arena),
                                    .behaviours = map_new(run->arena),
                                    .policy_sets = map_new(run->arena),
                                    .filter_names = map_new(run->arena),
                                    .service_policies = map_new(run->arena)};
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
    shared_namespace_write(c);
    for (size_t i = 0; i < c->plane_count; i++) {
        gateways_write(c, c->planes[i]);
    }
    service_policies_write(c);
    grants_write(c);
    fields_say(c);
    sort_stable(c->arena, out->objects, out->count, sizeof *out->objects, by_place, NULL);
    buf_release(&c->text);
    buf_release(&c->key);
    arena_close(c->nodes);
}

void converted_write(const struct converted *converted, struct buf *out)
{
    for (size_t i = 0; i < converted->count; i++) {
        buf_puts(out, i ? "---\n" : "");
        buf_put(out, converted->objects[i].yaml);
    }
}

struct node *converted_read(struct run *run, const struct converted_object *object)
{
    const struct input_file file = {.name = object->name, .text = object->yaml};
    struct documents documents = {0};
    size_t nodes = run->nodes; /* the limit is one of the input */
    document_read(run, &file, &documents);
    run->nodes = nodes;
    return documents.count ? documents.roots[0] : NULL;
}
