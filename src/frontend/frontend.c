#include "frontend/frontend_priv.h"

#include "ingress_v1/ingress_v1.h"

struct reading {
    struct run *run;
    struct slice namespace;
    struct kube *kube;
};

static void read_document(void *user, struct node *root)
{
    const struct reading *reading = user;
    kube_read_document(reading->run, root, reading->namespace, reading->kube);
}

static void read_input(struct run *run, struct input *input, struct slice namespace,
                       bool keeps_trees, struct kube *kube)
{
    struct reading reading = {run, namespace.len ? namespace : SLICE("default"), kube};
    kube_init(run, kube);
    kube->keeps_trees = keeps_trees;
    kube_hide_secrets(run);
    kube->files = input_names(run, input);
    for (size_t i = 0; i < input->count; i++) {
        document_read_each(run, &input->files[i], read_document, &reading);
    }
    kube_wipe_secrets(run, input);
    kube_finish(run, kube);
}

void side_read(struct run *run, struct input *input, struct slice namespace, struct kube *kube)
{
    read_input(run, input, namespace, false, kube);
}

void side_read_whole(struct run *run, struct input *input, struct slice namespace,
                     struct kube *kube)
{
    read_input(run, input, namespace, true, kube);
}

static void share(struct run *run, const struct kube *from, const enum kube_kind *kinds,
                  size_t count, struct kube *to)
{
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < from->counts[kinds[k]]; i++) {
            struct object *object = from->objects[kinds[k]][i];
            if (!kube_find(to, kinds[k], object->namespace, object->name)) {
                kube_add(run, to, object);
            }
        }
    }
    kube_finish(run, to);
}

/* The last one is left out where `share` has a smaller count. */
static const enum kube_kind shared_kinds[] = {KUBE_SERVICE, KUBE_ENDPOINT_SLICE, KUBE_SECRET,
                                              KUBE_NAMESPACE, KUBE_CONFIG_MAP};

void side_share(struct run *run, const struct kube *from, struct kube *to)
{
    share(run, from, shared_kinds, ARRAY_LEN(shared_kinds), to);
}

void side_share_both(struct run *run, struct kube *before, struct kube *after)
{
    side_share(run, before, after);
    share(run, after, shared_kinds, ARRAY_LEN(shared_kinds) - 1, before);
}

void side_use_settings(struct run *run, const struct kube *settings, struct side_options *options)
{
    if (settings->counts[KUBE_CONFIG_MAP] == 1) {
        const struct object *only = settings->objects[KUBE_CONFIG_MAP][0];
        options->nginx.controller_config = arena_printf(
            run->arena, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(only->namespace), SLICE_ARG(only->name));
    }
    options->nginx.settings = settings;
}

/* Nothing to build from. Errors that were found while reading say why already. */
static bool nothing(struct run *run, const struct kube *kube, const char *what)
{
    if (diag_count_input_errors(run->diag) == 0) {
        diag_at(run->diag, DIAG_I010, SPAN_NONE, SLICE_ABSENT, "the input holds no %s" SLICE_FMT,
                what, SLICE_ARG(kube->files));
    }
    return false;
}

/* "ingress-nginx 1.15.1, and Ingress as the API defines it" */
static struct slice ingress_label(struct run *run, const struct side_options *options,
                                  const struct kube *kube, const struct ingress_claims *claims)
{
    bool aks = slice_is(options->choice.from, "aks-nginx");
    for (size_t i = 0; i < claims->count; i++) {
        aks |= slice_is(claims->items[i].plane, "aks-nginx");
    }
    struct slice version = ingress_nginx_version(kube, &options->nginx, aks);
    return arena_printf(run->arena, "%s" SLICE_FMT "%s%s",
                        !claims->any_nginx ? ""
                        : aks              ? "AKS application routing, ingress-nginx "
                                           : "ingress-nginx ",
                        SLICE_ARG(claims->any_nginx ? version : SLICE("")),
                        claims->any_nginx && claims->any_neutral ? ", and " : "",
                        claims->any_neutral || !claims->any_nginx ? "Ingress as the API defines it"
                                                                  : "");
}

static bool build_ingress(struct run *run, const struct side_options *options, struct side *side)
{
    struct ingress_claims claims;
    struct ingress_choice choice = options->choice;
    ingress_nginx_choose(run, &side->kube, &options->nginx, &choice);
    ingress_claim_all(run, &side->kube, &choice, &claims);
    if (!claims.any_nginx && !claims.any_neutral) {
        return nothing(run, &side->kube, "Ingress that a known controller serves");
    }
    if (claims.any_nginx) {
        ingress_nginx_build(run, &side->kube, &claims, &options->nginx, &side->table);
    }
    if (claims.any_neutral) {
        ingress_v1_build(run, &side->kube, &claims, &side->table);
    }
    side->table.plane = claims.any_nginx ? SLICE("ingress-nginx") : SLICE("ingress-v1");
    side->table.label = ingress_label(run, options, &side->kube, &claims);
    return true;
}

static void build_gateway(struct run *run, const struct gateway_profile *profile, struct side *side)
{
    side->profile = profile;
    gateway_api_build(run, &side->kube, profile, &side->table);
    side->table.plane = slice_of(profile->name);
    side->table.label = arena_printf(run->arena, "Gateway API, %s", profile->name);
}

static bool has_routes(const struct kube *kube)
{
    return kube->counts[KUBE_GATEWAY] + kube->counts[KUBE_HTTP_ROUTE] > 0;
}

static const struct gateway_profile *profile_of(struct run *run, struct slice name)
{
    struct slice wanted = name.len ? name : SLICE("standard");
    const struct gateway_profile *profile = gateway_profile_find(wanted);
    if (!profile) {
        diag_at(run->diag, DIAG_I011, SPAN_NONE, SLICE_ABSENT,
                "there is no profile '" SLICE_FMT "'", SLICE_ARG(wanted));
    }
    return profile;
}

/* Nobody chose a profile, and the class of a Gateway tells one. It is not taken without a word: the standard is
 * what holds wherever the objects go. */
static void hint_profile(struct run *run, const struct kube *kube)
{
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY]; i++) {
        const struct gateway *gateway = (const void *)kube->objects[KUBE_GATEWAY][i];
        const struct gateway_profile *profile = gateway_profile_of(kube, gateway);
        if (profile) {
            diag_at(run->diag, DIAG_I012, gateway->object.span, gateway->object.subject,
                    "class '" SLICE_FMT "' is served by '%s', and the Gateway is read as the "
                    "standard has it; --as %s (in diff --before-as or --after-as) reads it as "
                    "that data plane does",
                    SLICE_ARG(gateway->class_name), profile->name, profile->name);
            return;
        }
    }
}

static void hint_side(struct run *run, const struct side_options *options, const struct side *side,
                      bool both)
{
    if (options->kind == SIDE_AUTO && both) {
        diag_at(run->diag, DIAG_I013, SPAN_NONE, SLICE_ABSENT,
                "the input holds Ingresses and Gateways or HTTPRoutes, and the Ingresses are read");
    }
    if (side->kind == SIDE_GATEWAY && !options->profile.len) {
        hint_profile(run, &side->kube);
    }
}

bool side_build(struct run *run, const struct side_options *options, struct side *side)
{
    const struct kube *kube = &side->kube;
    bool ingresses = kube->counts[KUBE_INGRESS] > 0, routes = has_routes(kube);
    const struct gateway_profile *profile = profile_of(run, options->profile);
    side->kind = options->kind;
    if (side->kind == SIDE_AUTO) {
        side->kind = ingresses || !routes ? SIDE_INGRESS : SIDE_GATEWAY;
        ingresses |= kube->counts[KUBE_INGRESS_CLASS] > 0;
    }
    if (!profile) {
        return false;
    }
    if (side->kind == SIDE_INGRESS && !ingresses) {
        return nothing(run, kube,
                       options->kind == SIDE_AUTO ? "Ingress, Gateway or HTTPRoute that can be read"
                                                  : "Ingress that can be read");
    }
    if (side->kind == SIDE_GATEWAY && !routes) {
        return nothing(run, kube, "Gateway or HTTPRoute that can be read");
    }
    hint_side(run, options, side, kube->counts[KUBE_INGRESS] && routes);
    unread_report(run, kube, side->kind, profile);
    route_table_open(run, &side->table);
    if (side->kind == SIDE_GATEWAY) {
        build_gateway(run, profile, side);
    } else if (!build_ingress(run, options, side)) {
        side_close(side);
        return false;
    }
    return true;
}

const struct evaluator *side_evaluator(struct run *run, struct side *side)
{
    if (!side->evaluator) {
        side->evaluator = evaluator_new(run, &side->table);
    }
    return side->evaluator;
}

void side_close(struct side *side)
{
    route_table_close(&side->table);
    side->evaluator = NULL;
}

/* The Service of a patch as it is once the patch is applied, for this side alone. */
static void add_patched(struct run *run, const struct converted_patch *patch,
                        const struct kube *original, struct kube *to)
{
    const struct converted_object text = {.name = patch->service, .yaml = patch->yaml};
    const struct service *before =
        (const void *)kube_find(original, KUBE_SERVICE, patch->namespace, patch->service);
    const struct node *ports = node_get(node_get(converted_read(run, &text), "spec"), "ports");
    if (!before || kube_find(to, KUBE_SERVICE, patch->namespace, patch->service)) {
        return;
    }
    struct service *after = ARENA_NEW(run->arena, struct service);
    *after = *before;
    after->ports = ARENA_ARRAY(run->arena, struct service_port, before->port_count + 1);
    for (size_t i = 0; i < before->port_count; i++) {
        after->ports[i] = before->ports[i];
        for (uint32_t p = 0; ports && p < ports->count; p++) {
            if (node_get(ports->items[p], "port")->integer == before->ports[i].port) {
                after->ports[i].app_protocol = node_get(ports->items[p], "appProtocol")->text;
            }
        }
    }
    kube_add(run, to, &after->object);
}

/* ConfigMaps as they are once they are made. */
static void put_authorities(struct run *run, const struct converted *converted,
                            const struct kube *original, struct buf *out)
{
    for (size_t i = 0; i < converted->authority_count; i++) {
        const struct converted_authority *authority = &converted->authorities[i];
        if (!kube_find(original, KUBE_CONFIG_MAP, authority->namespace, authority->name)) {
            struct node *map = node_map(run->arena), *metadata = node_map(run->arena);
            struct node *data = node_map(run->arena);
            node_set(run->arena, map, "apiVersion", node_string(run->arena, SLICE("v1")));
            node_set(run->arena, map, "kind", node_string(run->arena, SLICE("ConfigMap")));
            node_set(run->arena, metadata, "name", node_string(run->arena, authority->name));
            node_set(run->arena, metadata, "namespace",
                     node_string(run->arena, authority->namespace));
            node_set(run->arena, map, "metadata", metadata);
            node_set(run->arena, data, "ca.crt",
                     node_string(run->arena, SLICE("-----BEGIN CERTIFICATE-----\n")));
            node_set(run->arena, map, "data", data);
            buf_puts(out, "---\n");
            document_write_yaml(map, out);
        }
    }
}

bool side_from_converted(struct run *run, const struct converted *converted,
                         const struct kube *original, const struct target *target,
                         struct side *side)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    converted_write(converted, &text);
    put_authorities(run, converted, original, &text);
    struct input input = {0};
    struct slice copy = arena_copy(run->arena, buf_slice(&text));
    bool fits = !text.failed;
    buf_release(&text);
    if (!fits) {
        return false;
    }
    input_add_text(run, &input, SLICE("<converted>"), copy);
    const struct gateway_profile *profile = profile_of(run, slice_of(target->profile));
    if (!profile) {
        return false;
    }
    *side = (struct side){.kind = SIDE_GATEWAY};
    side_read(run, &input, SLICE_ABSENT, &side->kube);
    for (size_t i = 0; i < converted->patch_count; i++) {
        add_patched(run, &converted->patches[i], original, &side->kube);
    }
    side_share(run, original, &side->kube);
    /* nothing may have come out of the conversion; then all requests are answered by nobody */
    route_table_open(run, &side->table);
    build_gateway(run, profile, side);
    return true;
}

const struct gateway_profile *side_statuses(struct run *run, const struct side_options *options,
                                            const struct side *side, struct gateway_statuses *out)
{
    const struct gateway_profile *profile = profile_of(run, options->profile);
    *out = (struct gateway_statuses){0};
    if (profile && side->kind == SIDE_GATEWAY) {
        gateway_api_status(run, &side->kube, profile, out);
    }
    return profile;
}
