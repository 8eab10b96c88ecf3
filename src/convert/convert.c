#include "convert/policy_priv.h"

#include <string.h>

/* ---- order of objects ------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b, void *user)
{
    (void)user;
    const struct converted_object *x = a, *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    int order = x->kind == y->kind ? 0 : strcmp(x->kind, y->kind);
    order = order ? order : slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

/* ---- nothing --------------------------------------------------------------------------------- */

static void say_nothing_written(struct conversion *c)
{
    struct slice *names = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < c->plane_count; i++) {
        const struct plane *plane = c->planes[i];
        for (size_t j = 0; j < plane->unit_count; j++) {
            if (plane->units[j]->hostname.len) {
                *ARENA_PUSH(c->arena, names, count, capacity) = plane->units[j]->hostname;
            }
        }
    }
    say(c, DIAG_C040, SEVERITY_WARNING, SPAN_NONE, NULL,
        "no rule is left to be written, so there is no Gateway: nothing listens "
        "afterwards%s" SLICE_FMT,
        count ? " for " : "", SLICE_ARG(name_list(c, names, count)));
}

/* ---- the way --------------------------------------------------------------------------------- */

static void conversion_open(struct run *run, struct conversion *c)
{
    *c = (struct conversion){.run = run,
                             .arena = run->arena,
                             .brief = arena_open(0, NULL, NULL),
                             .nodes = arena_open(0, NULL, NULL),
                             .group_index = map_new(run->arena),
                             .families = map_new(run->arena),
                             .route_names = map_new(run->arena),
                             .grants = map_new(run->arena),
                             .said = map_new(run->arena),
                             .plain_backends = map_new(run->arena),
                             .ports = map_new(run->arena),
                             .set_names = map_new(run->arena),
                             .issued = map_new(run->arena),
                             .choices = map_new(run->arena),
                             .hosts_out = map_new(run->arena),
                             .behaviours = map_new(run->arena),
                             .forwarding = map_new(run->arena),
                             .policy_sets = map_new(run->arena),
                             .filter_names = map_new(run->arena),
                             .backend_tls = map_new(run->arena),
                             .backend_certificates = map_new(run->arena),
                             .service_policies = map_new(run->arena),
                             .host_policies = map_new(run->arena)};
    buf_init(&c->text, BUF_TEXT_MAX);
    buf_init(&c->key, BUF_TEXT_MAX);
}

static void conversion_close(struct conversion *c)
{
    languages_close(c);
    buf_release(&c->text);
    buf_release(&c->key);
    arena_close(c->nodes);
    arena_close(c->brief);
}

static void objects_write(struct conversion *c)
{
    platform_edits_find(c);
    say_platform(c);
    issued_find(c);
    vaults_read(c);
    planes_build(c);
    for (size_t i = 0; i < c->plane_count; i++) {
        groups_build(c, c->planes[i]);
        namespace_choose(c, c->planes[i]);
    }
    groups_name(c);
    groups_write(c);
    for (size_t i = 0; i < c->plane_count; i++) {
        stream_routes_write(c, c->planes[i]);
    }
    for (size_t i = 0; i < c->plane_count; i++) {
        clients_decide(c, c->planes[i]);
        gateways_write(c, c->planes[i]);
    }
    shared_namespace_write(c);
    say_layout(c);
    service_policies_write(c);
    backend_tls_write(c);
    patches_write(c);
    grants_write(c);
    access_write(c);
    fields_say(c);
    vaults_say(c);
    infrastructure_say_addresses(c);
    order_say_settings(c);
    say_left_out(c);
}

void convert_table(struct run *run, const struct kube *kube, const struct route_table *table,
                   const struct convert_options *options, struct converted *out)
{
    struct conversion conversion;
    conversion_open(run, &conversion);
    conversion.kube = kube;
    conversion.table = table;
    conversion.options = options;
    conversion.out = out;
    *out = (struct converted){0};
    objects_write(&conversion);
    const struct convert_choice *choice = &options->choice;
    bool all = !choice->namespace.len && !choice->selector && !choice->host_count;
    if (!out->count && !options->gateway_name.len && all) {
        say_nothing_written(&conversion);
    }
    sort_stable(run->arena, out->objects, out->count, sizeof *out->objects, by_place, NULL);
    conversion_close(&conversion);
}

void converted_write(const struct converted *converted, struct buf *out)
{
    for (size_t i = 0; i < converted->count; i++) {
        buf_puts(out, i ? "---\n" : "");
        buf_put(out, converted->objects[i].yaml);
    }
}

/* A tree is many times as large as what is looked for, so none is kept. */
const struct converted_source *converted_sources(struct run *run, const struct converted *converted)
{
    struct run brief = *run;
    struct converted_source *sources =
        ARENA_ARRAY(run->arena, struct converted_source, converted->count);
    brief.arena = arena_open_like(run->arena);
    for (size_t i = 0; i < converted->count; i++) {
        const struct node *root = converted_read(&brief, &converted->objects[i]);
        const struct node *version = node_get(root, "apiVersion");
        const struct node *annotations = node_get(node_get(root, "metadata"), "annotations");
        const struct node *source = node_get(annotations, "gateshift.dev/source");
        sources[i] = (struct converted_source){
            .api_version = arena_copy(run->arena, version ? version->text : SLICE_ABSENT),
            .source = arena_copy(run->arena, source ? source->text : SLICE_ABSENT)};
        arena_clear(brief.arena);
    }
    arena_close(brief.arena);
    return sources;
}

struct node *converted_read(struct run *run, const struct converted_object *object)
{
    const struct input_file file = {.name = object->name, .text = object->yaml, .written = true};
    struct documents documents = {0};
    size_t nodes = run->nodes; /* the limit is one of the input */
    document_read(run, &file, &documents);
    run->nodes = nodes;
    return documents.count ? documents.roots[0] : NULL;
}
