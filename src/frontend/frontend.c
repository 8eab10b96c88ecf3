#include "frontend/frontend.h"

#include "ingress_v1/ingress_v1.h"

void side_read(struct run *run, const struct input *input, struct slice namespace,
               struct kube *kube)
{
    struct documents documents = {0};
    for (size_t i = 0; i < input->count; i++) {
        document_read(run, &input->files[i], &documents);
    }
    kube_init(run, kube);
    kube_read(run, &documents, namespace.len ? namespace : SLICE("default"), kube);
    kube_finish(run, kube);
}

void side_share(struct run *run, const struct kube *from, struct kube *to)
{
    static const enum kube_kind kinds[] = {KUBE_SERVICE, KUBE_ENDPOINT_SLICE, KUBE_CONFIG_MAP,
                                           KUBE_SECRET, KUBE_NAMESPACE};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        for (size_t i = 0; i < from->counts[kinds[k]]; i++) {
            struct object *object = from->objects[kinds[k]][i];
            if (!kube_find(to, kinds[k], object->namespace, object->name)) {
                kube_add(run, to, object);
            }
        }
    }
    kube_finish(run, to);
}

static bool build_ingress(struct run *run, const struct side_options *options, struct side *side)
{
    struct ingress_claims claims;
    ingress_claim_all(run, &side->kube, &options->choice, &claims);
    if (side->kube.counts[KUBE_INGRESS] == 0) {
        diag_at(run->diag, DIAG_I010, SPAN_NONE, SLICE_ABSENT,
                "the input holds no Ingress that can be read");
        return false;
    }
    if (claims.any_nginx) {
        ingress_nginx_build(run, &side->kube, &claims, &options->nginx, &side->table);
        side->table.plane = SLICE("ingress-nginx");
        side->table.label = SLICE("ingress-nginx 1.15.1");
    } else {
        side->table.plane = SLICE("ingress-v1");
        side->table.label = SLICE("Ingress as the API defines it");
    }
    if (claims.any_neutral) {
        ingress_v1_build(run, &side->kube, &claims, &side->table);
    }
    return true;
}

static bool build_gateway(struct run *run, const struct side_options *options, struct side *side)
{
    struct slice name = options->profile.len ? options->profile : SLICE("standard");
    const struct gateway_profile *profile = gateway_profile_find(name);
    if (!profile) {
        diag_at(run->diag, DIAG_I011, SPAN_NONE, SLICE_ABSENT,
                "there is no profile '" SLICE_FMT "'", SLICE_ARG(name));
        return false;
    }
    if (side->kube.counts[KUBE_GATEWAY] + side->kube.counts[KUBE_HTTP_ROUTE] == 0) {
        diag_at(run->diag, DIAG_I010, SPAN_NONE, SLICE_ABSENT,
                "the input holds no Gateway and no HTTPRoute that can be read");
        return false;
    }
    gateway_api_build(run, &side->kube, profile, &side->table);
    side->table.plane = slice_of(profile->name);
    side->table.label = arena_printf(run->arena, "Gateway API (%s)", profile->name);
    return true;
}

bool side_build(struct run *run, const struct side_options *options, struct side *side)
{
    side->kind = options->kind;
    if (side->kind == SIDE_AUTO) {
        size_t routes = side->kube.counts[KUBE_GATEWAY] + side->kube.counts[KUBE_HTTP_ROUTE];
        bool ingress = side->kube.counts[KUBE_INGRESS] || side->kube.counts[KUBE_INGRESS_CLASS];
        side->kind = ingress || !routes ? SIDE_INGRESS : SIDE_GATEWAY;
    }
    route_table_open(run, &side->table);
    bool built = side->kind == SIDE_INGRESS ? build_ingress(run, options, side)
                                            : build_gateway(run, options, side);
    if (!built) {
        side_close(side);
        return false;
    }
    side->evaluator = evaluator_new(run, &side->table);
    return true;
}

void side_close(struct side *side)
{
    route_table_close(&side->table);
    side->evaluator = NULL;
}

bool side_from_converted(struct run *run, const struct converted *converted,
                         const struct kube *original, const struct target *target,
                         struct side *side)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    converted_write(converted, &text);
    struct input input = {0};
    struct slice copy = arena_copy(run->arena, buf_slice(&text));
    bool fits = !text.failed;
    buf_release(&text);
    if (!fits) {
        return false;
    }
    input_add_text(run, &input, SLICE("<converted>"), copy);
    *side = (struct side){0};
    side_read(run, &input, SLICE_ABSENT, &side->kube);
    side_share(run, original, &side->kube);
    struct side_options options = {.kind = SIDE_GATEWAY, .profile = slice_of(target->profile)};
    return side_build(run, &options, side);
}
