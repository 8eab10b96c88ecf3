#include "gateway_api/policies_priv.h"

/* ---- which Gateways ----------------------------------------------------------------------- */

static const struct gateway_class *class_of(const struct builder *builder,
                                            const struct gateway *gateway)
{
    return (const void *)kube_find(builder->kube, KUBE_GATEWAY_CLASS, SLICE(""),
                                   gateway->class_name);
}

/* The implementation that was asked for has Gateways of its own in the input. Where it has none, its profile is
 * asked what it would do with those of others. */
static bool has_own(const struct builder *builder)
{
    const char *controller = builder->profile->controller_name;
    bool own = false;
    for (size_t i = 0; controller && i < builder->kube->counts[KUBE_GATEWAY] && !own; i++) {
        const struct gateway_class *class =
            class_of(builder, (const void *)builder->kube->objects[KUBE_GATEWAY][i]);
        own = class && slice_is(class->controller, controller);
    }
    return own;
}

/* A Gateway whose class is another controller's is not served, and says nothing (GatewayClass in
 * apis/v1/gatewayclass_types.go). A class that is not in the input is taken to be the one asked for, unless
 * the input is complete and has classes. */
static bool takes(struct builder *builder, const struct gateway *gateway, bool only_own)
{
    const char *controller = builder->profile->controller_name;
    const struct gateway_class *class = class_of(builder, gateway);
    bool taken = class ? !only_own || slice_is(class->controller, controller)
                       : !builder->run->closed || builder->kube->counts[KUBE_GATEWAY_CLASS] == 0;
    if (!taken) {
        diag_at(builder->run->diag, DIAG_G009, gateway->object.span, gateway->object.subject,
                "the class '" SLICE_FMT "' %s, so the Gateway is left out",
                SLICE_ARG(gateway->class_name),
                class ? "belongs to another controller" : "is not in the input");
    }
    return taken;
}

static void take_gateways(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    struct arena *arena = builder->run->arena;
    builder->gateways = ARENA_ARRAY(arena, struct gateway_state, kube->counts[KUBE_GATEWAY]);
    builder->gateway_index = map_new(arena);
    bool only_own = has_own(builder);
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY]; i++) {
        const struct gateway *gateway = (const void *)kube->objects[KUBE_GATEWAY][i];
        if (takes(builder, gateway, only_own)) {
            struct gateway_state *state = &builder->gateways[builder->gateway_count++];
            state->gateway = gateway;
            state->id =
                arena_printf(arena, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(gateway->object.namespace),
                             SLICE_ARG(gateway->object.name));
            map_put(builder->gateway_index, state->id, state);
            gateway_judge(builder, state);
            listeners_build(builder, state);
        }
    }
}

/* ---- the table ---------------------------------------------------------------------------- */

static const struct route_header_edits *
profile_headers(struct run *run, const struct gateway_profile *profile, bool on_request)
{
    struct route_header_edits *headers = ARENA_NEW(run->arena, struct route_header_edits);
    struct edits *edits = &headers->edits;
    for (size_t i = 0; i < profile->header_count; i++) {
        const struct gateway_header *row = &profile->headers[i];
        if (row->on_request != on_request) {
            continue;
        }
        struct header_edit *edit =
            ARENA_PUSH(run->arena, edits->items, edits->count, edits->capacity);
        edit->kind = row->kind;
        edit->name = slice_of(row->name);
        edit->value = template_named(run->arena, row->part, slice_of(row->text));
    }
    return edits->count ? headers : NULL;
}

static void set_table(struct run *run, const struct gateway_profile *profile,
                      struct route_table *table)
{
    static const int gates[] = {EFFECT_body_limit, EFFECT_answer, EFFECT_cors,
                                EFFECT_authentication, EFFECT_redirect};
    table->label = slice_of(profile->version);
    table->plane = slice_of(profile->name);
    table->view = profile->view;
    for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
        table->gates[i] = gates[i];
    }
    table->gate_count = ARRAY_LEN(gates);
    if (profile->platform) {
        table->platform = *profile->platform;
    }
    table->platform.request_headers = profile_headers(run, profile, true);
    table->platform.response_headers = profile_headers(run, profile, false);
    table->no_rule_status = 404;
    table->no_backend_status = profile->no_backends_status ? profile->no_backends_status : 500;
    table->no_weight_status = 500;
}

static void report_assumed(struct builder *builder)
{
    size_t count = map_count(builder->assumed);
    if (count) {
        struct slice first = map_key(map_first(builder->assumed));
        diag_at(builder->run->diag, DIAG_G014, SPAN_NONE, SLICE_ABSENT,
                "%zu object%s that %s referenced and not in the input (the first is '" SLICE_FMT
                "') %s taken to exist and to be ready; --closed takes them to be absent",
                count, count == 1 ? "" : "s", count == 1 ? "is" : "are", SLICE_ARG(first),
                count == 1 ? "is" : "are");
    }
}

static void build(struct builder *builder)
{
    set_table(builder->run, builder->profile, builder->table);
    tls_policies_read(builder);
    policies_read(builder);
    take_gateways(builder);
    policies_view(builder);
    policies_platform(builder);
    listener_sets_read(builder);
    routes_attach(builder);
    others_report(builder);
    for (size_t i = 0; i < builder->gateway_count; i++) {
        entries_add(builder, &builder->gateways[i]);
    }
}

static struct builder new_builder(struct run *run, const struct kube *kube,
                                  const struct gateway_profile *profile, struct route_table *table)
{
    return (struct builder){
        .run = run,
        .kube = kube,
        .profile = profile,
        .table = table,
        .languages = language_set_open(run->arena, NULL),
        .patterns = map_new(run->arena),
        .lists = map_new(run->arena),
        .assumed = map_new(run->arena),
        .defined = map_new(run->arena),
        .unresolved = map_new(run->arena),
        .partial = map_new(run->arena),
        .rejected = map_new(run->arena),
    };
}

void gateway_api_build(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile, struct route_table *table)
{
    struct builder builder = new_builder(run, kube, profile, table);
    build(&builder);
    report_assumed(&builder);
    language_set_close(builder.languages);
}

/* Also looks at routes that attach nowhere. */
static void build_all(struct builder *builder)
{
    build(builder);
    for (size_t i = 0; i < builder->route_count; i++) {
        route_compile(builder, &builder->routes[i]);
    }
    report_assumed(builder);
}

void gateway_api_check(struct run *run, const struct kube *kube,
                       const struct gateway_profile *profile)
{
    struct route_table table;
    route_table_open(run, &table);
    struct builder builder = new_builder(run, kube, profile, &table);
    build_all(&builder);
    language_set_close(builder.languages);
    route_table_close(&table);
}

void gateway_api_status(struct run *run, const struct kube *kube,
                        const struct gateway_profile *profile, struct gateway_statuses *out)
{
    struct run quiet = *run;
    struct route_table table;
    quiet.diag = diag_beside(run->diag);
    route_table_open(&quiet, &table);
    struct builder builder = new_builder(&quiet, kube, profile, &table);
    build_all(&builder);
    statuses_collect(&builder, out);
    language_set_close(builder.languages);
    route_table_close(&table);
}
