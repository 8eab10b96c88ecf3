#include "survey/survey_priv.h"

#include "ingress_nginx/ingress_nginx.h"

#define NGINX_PREFIX "nginx.ingress.kubernetes.io/"

const char *grade_name(enum grade grade)
{
    static const char *const names[] = {"ready", "review", "decide", "unknown"};
    return names[grade];
}

/* What is filled while the parts are read. */
struct making {
    struct run *run;
    const struct survey_input *input;
    struct survey *out;
    struct map *by_name; /* "namespace/name" to struct survey_ingress */
    struct map *by_span; /* of backends that Ingresses name, to the same */
    struct map *hosts, *services, *used, *owners;
};

/* ---- Ingresses ------------------------------------------------------------------------------ */

static struct slice name_of(struct run *run, struct slice namespace, struct slice name)
{
    return ARENA_JOIN(run->arena, namespace, SLICE("/"), name);
}

static struct survey_ingress *ingress_of(struct making *m, const struct origin *origin)
{
    return slice_is(origin->kind, "Ingress")
               ? map_get(m->by_name, name_of(m->run, origin->namespace, origin->name))
               : NULL;
}

static bool annotation_row(struct slice name, struct nginx_annotation_info *out)
{
    for (size_t i = 0; nginx_annotation_info_at(i, out); i++) {
        if (slice_is(name, out->name) || (out->alias && slice_is(name, out->alias))) {
            return true;
        }
    }
    return false;
}

/* What it sets can only be seen by who looks for it. */
static bool is_cosmetic(enum feature_id feature)
{
    enum effect_id effect = feature_row(feature)->effect;
    return effect < EFFECT_COUNT && effect_row(effect)->impact == IMPACT_COSMETIC;
}

static void add_feature(struct making *m, struct survey_ingress *ingress, const struct label *label)
{
    struct slice prefix = SLICE(NGINX_PREFIX);
    struct nginx_annotation_info row;
    if (!slice_starts(label->key, prefix)) {
        return;
    }
    struct slice name = slice_sub(label->key, prefix.len, label->key.len);
    if (!annotation_row(name, &row) || row.feature == FEATURE_none) {
        return;
    }
    const struct convert_options *options = m->input->options;
    struct feature_capability capability =
        target_capability(options->target, row.feature, options->api_minor, options->experimental);
    *ARENA_PUSH(m->run->arena, ingress->features, ingress->feature_count,
                ingress->feature_capacity) = (struct survey_feature){
        .annotation = name,
        .feature = feature_row(row.feature)->name,
        .support = capability.support,
        .text = capability.text,
        .cosmetic = is_cosmetic(row.feature),
        .span = label->span,
    };
    map_put(m->used, slice_of(row.name), (void *)(uintptr_t)(row.feature + 1));
    const char *gain = feature_gain(row.feature);
    if (gain && capability.support != SUPPORT_NONE) {
        text_add(m->run->arena, &ingress->gains, slice_of(gain));
    }
}

static struct slice span_key(struct run *run, struct span span)
{
    return arena_printf(run->arena, "%u:%u:%u", (unsigned)span.file, (unsigned)span.line,
                        (unsigned)span.column);
}

static void add_backend(struct making *m, struct survey_ingress *ingress,
                        const struct ingress_backend *backend)
{
    if (backend->present && backend->service.len) {
        map_put(m->by_span, span_key(m->run, backend->span), ingress);
        text_add(m->run->arena, &ingress->services, backend->service);
        map_put(m->services, name_of(m->run, ingress->object->namespace, backend->service), m);
    }
}

static void read_ingress(struct making *m, const struct ingress *ingress,
                         struct survey_ingress *out)
{
    out->object = &ingress->object;
    add_backend(m, out, &ingress->default_backend);
    for (size_t i = 0; i < ingress->rule_count; i++) {
        const struct ingress_rule *rule = &ingress->rules[i];
        struct slice host = rule->host.len ? rule->host : SLICE("(every host)");
        text_add(m->run->arena, &out->hosts, host);
        map_put(m->hosts, host, m);
        out->paths += rule->path_count;
        for (size_t j = 0; j < rule->path_count; j++) {
            add_backend(m, out, &rule->paths[j].backend);
        }
    }
    for (size_t i = 0; i < ingress->object.annotations.count; i++) {
        add_feature(m, out, &ingress->object.annotations.items[i]);
    }
}

static void read_ingresses(struct making *m)
{
    const struct kube *kube = &m->input->before->kube;
    struct survey *out = m->out;
    out->ingress_count = kube->counts[KUBE_INGRESS];
    out->ingresses = ARENA_ARRAY(m->run->arena, struct survey_ingress, out->ingress_count);
    for (size_t i = 0; i < out->ingress_count; i++) {
        const struct object *object = kube->objects[KUBE_INGRESS][i];
        read_ingress(m, (const struct ingress *)(const void *)object, &out->ingresses[i]);
        map_put(m->by_name, name_of(m->run, object->namespace, object->name), &out->ingresses[i]);
    }
    out->host_count = map_count(m->hosts);
    out->service_count = map_count(m->services);
    out->used = map_count(m->used);
}

/* ---- routing that they need already --------------------------------------------------------- */

static void read_served(struct making *m, const struct rule *rule, struct survey_ingress *ingress)
{
    ingress->is_served = true;
    ingress->by_weight = ingress->by_weight || rule->backend_count > 1;
    ingress->by_header = ingress->by_header || rule->match.test_count > 0;
    for (const struct unknown *unknown = rule->unknown; unknown; unknown = unknown->next) {
        bool hides = unknown->aspect == ASPECT_ROUTING || unknown->aspect == ASPECT_REDIRECT ||
                     unknown->aspect == ASPECT_PROTECTION;
        if (hides) {
            ingress->grade = GRADE_UNKNOWN;
            text_add(m->run->arena, &ingress->reasons, unknown->reason);
        }
    }
}

/* Beside the Ingress of the rule there are those of canaries, which have a share of its requests. */
static void read_rule(struct making *m, const struct rule *rule)
{
    struct survey_ingress *ingress = ingress_of(m, &rule->origin);
    if (!ingress) {
        return;
    }
    read_served(m, rule, ingress);
    for (size_t i = 0; i < rule->backend_count; i++) {
        const struct backend *backend = &rule->backends[i];
        bool away =
            backend->service.len && !slice_equal(backend->namespace, rule->origin.namespace);
        struct survey_ingress *canary =
            rule->backend_count > 1 ? map_get(m->by_span, span_key(m->run, backend->span)) : NULL;
        ingress->across_namespaces = ingress->across_namespaces || away;
        if (canary && canary != ingress) {
            read_served(m, rule, canary);
        }
    }
}

/* What was said of an Ingress that gets no requests: nobody takes it, it is not loaded, it is a canary that belongs to
 * nothing, or all that it asks for is another's. */
static void say_why_unserved(struct making *m)
{
    static const enum diag_code codes[] = {DIAG_I001, DIAG_I002, DIAG_N003, DIAG_N016, DIAG_N026};
    struct map *unserved = map_new(m->run->arena);
    for (size_t i = 0; i < m->out->ingress_count; i++) {
        struct survey_ingress *ingress = &m->out->ingresses[i];
        if (!ingress->is_served) {
            ingress->grade = GRADE_UNKNOWN;
            map_put(unserved, ingress->object->subject, ingress);
        }
    }
    for (size_t i = 0; i < diag_count(m->run->diag); i++) {
        const struct diagnostic *said = diag_get(m->run->diag, i);
        struct survey_ingress *ingress =
            said->subject.len ? map_get(unserved, said->subject) : NULL;
        for (size_t j = 0; ingress && j < ARRAY_LEN(codes); j++) {
            if (said->code == codes[j]) {
                text_add(m->run->arena, &ingress->reasons, said->message);
            }
        }
    }
    for (size_t i = 0; i < m->out->ingress_count; i++) {
        struct survey_ingress *ingress = &m->out->ingresses[i];
        if (!ingress->is_served && !ingress->reasons.count) {
            text_add(m->run->arena, &ingress->reasons, SLICE("nothing of what runs is its own"));
        }
    }
}

static void read_table(struct making *m)
{
    const struct route_table *table = &m->input->before->table;
    struct map *lists = map_new(m->run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        for (const struct rule_list *list = table->entries[i].rules; list; list = list->next) {
            struct slice key = {(const char *)&list, sizeof list};
            if (map_add(lists, arena_copy(m->run->arena, key), m)) {
                break; /* shared by hosts, and read before */
            }
            for (size_t j = 0; j < list->count; j++) {
                read_rule(m, &list->rules[j]);
            }
        }
    }
    say_why_unserved(m);
}

/* ---- what differs, and what it carries ------------------------------------------------------- */

static void read_findings(struct making *m)
{
    const struct comparison *comparison = &m->input->proof->comparison;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *finding = &comparison->findings[i];
        const struct rule *rule = finding->before.rule;
        struct survey_ingress *ingress =
            rule && !finding->platform ? ingress_of(m, &rule->origin) : NULL;
        if (ingress) {
            *ARENA_PUSH(m->run->arena, ingress->findings, ingress->finding_count,
                        ingress->finding_capacity) = finding;
        }
    }
}

static void read_traffic(struct making *m, struct traffic *traffic)
{
    traffic_read(m->run, &m->input->before->kube, &m->input->before->table, traffic);
    m->out->traffic = traffic;
    for (size_t i = 0; i < traffic->count; i++) {
        const struct traffic_route *route = &traffic->routes[i];
        struct survey_ingress *ingress = ingress_of(m, &route->rule->origin);
        for (size_t j = 0; ingress && j < route->count; j++) {
            text_add(m->run->arena, &ingress->signs, route->signs[j].text);
        }
        if (ingress) {
            ingress->traffic |= route->kinds;
            ingress->model_serving = ingress->model_serving || route->model_serving;
        }
    }
}

static void raise_grade(struct making *m, struct survey_ingress *ingress, enum grade grade,
                        struct slice reason)
{
    ingress->grade = grade > ingress->grade ? grade : ingress->grade;
    text_add(m->run->arena, &ingress->reasons, reason);
}

static void grade(struct making *m, struct survey_ingress *ingress)
{
    struct arena *arena = m->run->arena;
    for (size_t i = 0; i < ingress->feature_count; i++) {
        const struct survey_feature *feature = &ingress->features[i];
        if (feature->support != SUPPORT_EXACT) {
            bool none = feature->support == SUPPORT_NONE;
            raise_grade(m, ingress, none && !feature->cosmetic ? GRADE_DECIDE : GRADE_REVIEW,
                        ARENA_JOIN(arena, feature->annotation,
                                   none ? SLICE(": ") : SLICE(", nearly: "),
                                   slice_of(feature->text)));
        }
    }
    for (size_t i = 0; i < ingress->finding_count; i++) {
        const struct finding *finding = ingress->findings[i];
        if (finding->impact != IMPACT_COSMETIC) {
            raise_grade(m, ingress,
                        finding->impact == IMPACT_BREAKING ? GRADE_DECIDE : GRADE_REVIEW,
                        ARENA_JOIN(arena, finding->title, SLICE(" ("), finding->id, SLICE(")")));
        }
    }
    m->out->grades[ingress->grade]++;
}

/* ---- owners --------------------------------------------------------------------------------- */

static struct survey_owner *owner_of(struct making *m, struct slice namespace)
{
    uintptr_t at = (uintptr_t)map_get(m->owners, namespace);
    if (!at) {
        *ARENA_PUSH(m->run->arena, m->out->owners, m->out->owner_count, m->out->owner_capacity) =
            (struct survey_owner){.namespace = namespace};
        at = m->out->owner_count;
        map_put(m->owners, namespace, (void *)at);
    }
    return &m->out->owners[at - 1];
}

static int by_namespace(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(((const struct survey_owner *)a)->namespace,
                         ((const struct survey_owner *)b)->namespace);
}

static void read_owners(struct making *m)
{
    const struct converted *converted = m->input->converted;
    for (size_t i = 0; i < m->out->ingress_count; i++) {
        owner_of(m, m->out->ingresses[i].object->namespace)->ingresses++;
    }
    for (size_t i = 0; i < converted->count; i++) {
        const struct converted_object *object = &converted->objects[i];
        if (!object->namespace.len) {
            continue;
        }
        struct survey_owner *owner = owner_of(m, object->namespace);
        bool route = slice_ends(slice_of(object->kind), SLICE("Route"));
        owner->platform = owner->platform || slice_is(slice_of(object->kind), "Gateway");
        owner->platform_objects += object->of_platform;
        owner->routes += route && !object->of_platform;
        owner->others += !route && !object->of_platform;
    }
    sort_stable(m->run->arena, m->out->owners, m->out->owner_count, sizeof *m->out->owners,
                by_namespace, NULL);
}

/* ---- targets -------------------------------------------------------------------------------- */

static int by_coverage(const void *a, const void *b, void *user)
{
    (void)user;
    const struct survey_target *x = a, *y = b;
    if (x->none != y->none) {
        return x->none < y->none ? -1 : 1;
    }
    return x->exact == y->exact ? 0 : x->exact > y->exact ? -1 : 1;
}

static void rank_targets(struct making *m)
{
    const struct convert_options *options = m->input->options;
    struct survey *out = m->out;
    while (target_at(out->target_count)) {
        out->target_count++;
    }
    out->targets = ARENA_ARRAY(m->run->arena, struct survey_target, out->target_count);
    for (size_t i = 0; i < out->target_count; i++) {
        struct survey_target *target = &out->targets[i];
        target->target = target_at(i);
        for (const struct map_entry *entry = map_first(m->used); entry; entry = map_next(entry)) {
            enum feature_id feature = (enum feature_id)((uintptr_t)map_value(entry) - 1);
            enum support support = target_capability(target->target, feature, options->api_minor,
                                                     options->experimental)
                                       .support;
            target->exact += support == SUPPORT_EXACT;
            target->near += support == SUPPORT_NEAR;
            target->none += support == SUPPORT_NONE;
        }
    }
    sort_stable(m->run->arena, out->targets, out->target_count, sizeof *out->targets, by_coverage,
                NULL);
}

void survey_make(struct run *run, const struct survey_input *input, struct survey *out)
{
    struct traffic *traffic = ARENA_NEW(run->arena, struct traffic);
    struct surroundings *surroundings = ARENA_NEW(run->arena, struct surroundings);
    struct making making = {.run = run,
                            .input = input,
                            .out = out,
                            .by_name = map_new(run->arena),
                            .by_span = map_new(run->arena),
                            .hosts = map_new(run->arena),
                            .services = map_new(run->arena),
                            .used = map_new(run->arena),
                            .owners = map_new(run->arena)};
    *out = (struct survey){.target = input->options->target,
                           .before_table = &input->before->table,
                           .after_table = &input->proof->after.table,
                           .comparison = &input->proof->comparison,
                           .converted = input->converted,
                           .surroundings = surroundings};
    read_ingresses(&making);
    read_table(&making);
    read_findings(&making);
    read_traffic(&making, traffic);
    for (size_t i = 0; i < out->ingress_count; i++) {
        grade(&making, &out->ingresses[i]);
    }
    read_owners(&making);
    rank_targets(&making);
    surroundings_read(run, &input->before->kube, surroundings);
}
