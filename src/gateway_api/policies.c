#include "gateway_api/policies_priv.h"

#include <string.h>

/* Which policies there are, what they are attached to, and which of them are in force where. */

/* ---- looking up ---------------------------------------------------------------------------- */

static const struct policy_reader *reader_of(const struct builder *builder,
                                             const struct object *object)
{
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        if (slice_is(object->kind_name, reader->kind) &&
            slice_is(kube_group(object->api_version), reader->group)) {
            return reader;
        }
    }
    return NULL;
}

static bool is_vendor_group(const struct builder *builder, const struct object *object)
{
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        if (slice_is(kube_group(object->api_version), reader->group)) {
            return true;
        }
    }
    return false;
}

static struct slice target_key(struct builder *builder, const struct policy_reader *reader,
                               const char *kind, struct slice namespace, struct slice name,
                               struct slice section)
{
    return ARENA_JOIN(builder->run->arena, slice_of(reader->kind), SLICE(" "), slice_of(kind),
                      SLICE(" "), namespace, SLICE("/"), name, SLICE("/"), section);
}

const struct object *policy_at(struct builder *builder, const struct policy_reader *reader,
                               const char *kind, struct slice namespace, struct slice name,
                               struct slice section)
{
    return map_get(builder->policies, target_key(builder, reader, kind, namespace, name, section));
}

struct slice policy_text(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);
    return node && node->kind == NODE_STRING ? node->text : SLICE_ABSENT;
}

size_t policy_items(const struct node *list)
{
    return list && list->kind == NODE_LIST ? list->count : 0;
}

struct user_list policy_users(struct policy_work *work, struct slice namespace, struct slice name)
{
    const struct secret *secret = (const struct secret *)(const void *)kube_find(
        work->builder->kube, KUBE_SECRET, namespace, name);
    return secret ? secret->users : (struct user_list){0};
}

bool policy_template(struct policy_work *work, char mark, struct slice text, struct template *out)
{
    struct part *parts = ARENA_ARRAY(work->builder->run->arena, struct part, text.len + 1);
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool capture = i < text.len && text.ptr[i] == mark;
        if ((capture || i == text.len) && i > from) {
            parts[count++] = (struct part){.kind = PART_TEXT, .text = slice_sub(text, from, i)};
        }
        if (capture) {
            if (i + 1 == text.len || text.ptr[i + 1] < '0' || text.ptr[i + 1] > '9') {
                return false;
            }
            parts[count++] =
                (struct part){.kind = PART_CAPTURE, .index = (unsigned)(text.ptr[i + 1] - '0')};
            i++;
            from = i + 1;
        }
    }
    *out = (struct template){parts, count};
    return true;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Two policies of a kind on one target: the older one is in force, then the first by name (Gateway API
 * GEP-713, conflict resolution). */
static bool is_older(const struct object *a, const struct object *b)
{
    if (a->has_created != b->has_created) {
        return a->has_created;
    }
    if (a->has_created && a->created != b->created) {
        return a->created < b->created;
    }
    return slice_compare(a->name, b->name) < 0;
}

/* Listeners of Gateways, and of ListenerSets, may have policies of their own, which is not followed. */
static void note_parts(struct builder *builder, const struct policy_reader *reader,
                       const struct object *policy, const struct node *target)
{
    struct slice kind = policy_text(target, "kind");
    if (policy_text(target, "sectionName").len && slice_is(kind, "Gateway")) {
        struct slice whole = target_key(builder, reader, "Listeners", policy->namespace,
                                        policy_text(target, "name"), SLICE_ABSENT);
        map_put(builder->policies, whole, (void *)(uintptr_t)policy);
    }
    if (slice_ends(kind, SLICE("ListenerSet"))) {
        diag_at(builder->run->diag, DIAG_G042, policy->span, policy->subject,
                "policies of ListenerSets are not looked up; attach it to the routes");
        builder->policies_unknown = policy;
    }
}

static struct slice key_of(struct builder *builder, const struct policy_reader *reader,
                           const struct object *policy, const struct node *target)
{
    struct slice kind = policy_text(target, "kind");
    return target_key(builder, reader, arena_string(builder->run->arena, kind), policy->namespace,
                      policy_text(target, "name"), policy_text(target, "sectionName"));
}

static void say_conflict(struct builder *builder, const struct object *winner,
                         const struct object *loser)
{
    diag_at(builder->run->diag, DIAG_G041, loser->span, loser->subject,
            "'" SLICE_FMT "' is attached to the same object and is the older one, or the first "
            "by name; this one is not in force (Conflicted)",
            SLICE_ARG(winner->subject));
}

/* Policies come in the order of their age. */
static void add_target(struct builder *builder, const struct policy_reader *reader,
                       const struct object *policy, const struct node *target)
{
    struct slice key = key_of(builder, reader, policy, target);
    const struct object *other = map_get(builder->policies, key);
    if (other && reader->inherits) {
        policy = policies_joined(builder, other, policy);
    } else if (other) {
        say_conflict(builder, other, policy);
        return;
    }
    map_put(builder->policies, key, (void *)(uintptr_t)policy);
    note_parts(builder, reader, policy, target);
}

/* NGINX Gateway Fabric: two policies of a kind on one target are both in force unless they set the same field; then
 * the later one is not, for none of its targets (internal/controller/state/graph/policies.go,
 * markConflictedPolicies). */
static bool is_refused(struct builder *builder, const struct policy_reader *reader,
                       const struct object *policy, const struct node *target)
{
    const struct object *other =
        map_get(builder->policies, key_of(builder, reader, policy, target));
    bool refused = reader->inherits && other &&
                   policies_conflict(node_get(other->root, "spec"), node_get(policy->root, "spec"));
    if (refused) {
        say_conflict(builder, other, policy);
    }
    return refused;
}

static void read_targets(struct builder *builder, const struct policy_reader *reader,
                         const struct object *policy)
{
    const struct node *spec = node_get(policy->root, "spec");
    const struct node *one = node_get(spec, "targetRef"), *many = node_get(spec, "targetRefs");
    bool refused = one && is_refused(builder, reader, policy, one);
    for (size_t i = 0; !refused && i < policy_items(many); i++) {
        refused = is_refused(builder, reader, policy, many->items[i]);
    }
    if (one && !refused) {
        add_target(builder, reader, policy, one);
    }
    for (size_t i = 0; !refused && i < policy_items(many); i++) {
        add_target(builder, reader, policy, many->items[i]);
    }
    if (policy_items(node_get(spec, "targetSelectors"))) {
        diag_at(builder->run->diag, DIAG_G042, policy->span, policy->subject,
                "targets that are chosen by labels are not looked up; name them in targetRefs");
        builder->policies_unknown = policy;
    }
}

/* The kinds of each implementation, by the name of its profile. */
static const struct {
    const char *profile;
    const struct policy_reader *readers;
    const int *gates;
    policy_view_fn *gateway_view; /* what a Gateway itself says of how it reads requests; or null */
} vendors[] = {{"envoy-gateway", envoy_gateway_readers, envoy_gateway_gates, NULL},
               {"istio", istio_readers, istio_gates, istio_view},
               {"nginx-gateway-fabric", ngf_readers, ngf_gates, NULL}};

bool gateway_api_owns_kind(const struct gateway_profile *profile, const struct object *object)
{
    for (size_t i = 0; i < ARRAY_LEN(vendors); i++) {
        const struct policy_reader *reader = vendors[i].readers;
        for (; strcmp(profile->name, vendors[i].profile) == 0 && reader->kind; reader++) {
            if (slice_is(kube_group(object->api_version), reader->group)) {
                return true;
            }
        }
    }
    return false;
}

struct slice policy_read_elsewhere(struct builder *builder, const struct object_ref *ref)
{
    bool open = strcmp(builder->profile->name, "standard") == 0;
    for (size_t i = 0; open && i < ARRAY_LEN(vendors); i++) {
        for (const struct policy_reader *reader = vendors[i].readers; reader->kind; reader++) {
            if (slice_is(ref->group, reader->group) && slice_is(ref->kind, reader->kind)) {
                return arena_printf(builder->run->arena,
                                    "; name '%s' as the implementation, to have it read",
                                    vendors[i].profile);
            }
        }
    }
    return SLICE("");
}

static void vendor_choose(struct builder *builder)
{
    for (size_t i = 0; i < ARRAY_LEN(vendors); i++) {
        if (strcmp(builder->profile->name, vendors[i].profile) == 0) {
            struct route_table *table = builder->table;
            builder->readers = vendors[i].readers;
            builder->gateway_view = vendors[i].gateway_view;
            for (table->gate_count = 0; vendors[i].gates[table->gate_count] != EFFECT_COUNT;
                 table->gate_count++) {
                table->gates[table->gate_count] = vendors[i].gates[table->gate_count];
            }
        }
    }
}

static int by_age(const void *a, const void *b, void *user)
{
    const struct object *x = *(const struct object *const *)a;
    const struct object *y = *(const struct object *const *)b;
    (void)user;
    return is_older(x, y) ? -1 : is_older(y, x);
}

void policies_read(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    vendor_choose(builder);
    builder->policies = map_new(builder->run->arena);
    size_t count = kube->counts[KUBE_OTHER];
    const struct object **objects = ARENA_ARRAY(builder->run->arena, const struct object *, count);
    for (size_t i = 0; i < count; i++) {
        objects[i] = kube->objects[KUBE_OTHER][i];
    }
    sort_stable(builder->run->arena, objects, count, sizeof *objects, by_age, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct object *object = objects[i];
        const struct policy_reader *reader = reader_of(builder, object);
        if (reader && reader->each) {
            *ARENA_PUSH(builder->run->arena, builder->each, builder->each_count,
                        builder->each_capacity) = object;
        } else if (reader && reader->attach == POLICY_BY_TARGET) {
            read_targets(builder, reader, object);
        } else if (reader && reader->attach == POLICY_BY_FILTER) {
            policy_index(builder, reader, "ExtensionRef", object->namespace, object->name, object);
        } else if (reader && reader->index) {
            reader->index(builder, reader, object);
        } else if (!reader && is_vendor_group(builder, object)) {
            diag_at(builder->run->diag, DIAG_G040, object->span, object->subject,
                    "objects of kind '" SLICE_FMT "' are not understood; what they change is "
                    "unknown",
                    SLICE_ARG(object->kind_name));
            builder->policies_unknown = object;
        }
    }
}

void policy_index(struct builder *builder, const struct policy_reader *reader, const char *kind,
                  struct slice namespace, struct slice name, const struct object *policy)
{
    struct slice key = target_key(builder, reader, kind, namespace, name, SLICE_ABSENT);
    const struct object *other = map_get(builder->policies, key);
    if (!other || is_older(policy, other)) {
        map_put(builder->policies, key, (void *)(uintptr_t)policy);
    }
}

/* ---- what is not understood ---------------------------------------------------------------- */

void policy_unknown(struct policy_work *work, enum aspect aspect, const char *field)
{
    struct run *run = work->builder->run;
    struct slice reason = arena_printf(run->arena, "field %s of " SLICE_FMT " is not understood",
                                       field, SLICE_ARG(work->policy->subject));
    diag_at(run->diag, DIAG_G040, work->policy->span, work->policy->subject,
            "the field '%s' is not understood; what it changes is unknown", field);
    *work->unknown = unknown_add(run, *work->unknown, aspect, work->source, reason);
}

void policy_fields(struct policy_work *work, const struct node *map, const char *path,
                   const char *const *known, size_t count, enum aspect aspect)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
        struct slice key = map->pairs[i].key;
        if (!slice_is_one_of(key, known, count)) {
            struct slice field = arena_printf(work->builder->run->arena, "%s%s" SLICE_FMT, path,
                                              *path ? "." : "", SLICE_ARG(key));
            policy_unknown(work, aspect, arena_string(work->builder->run->arena, field));
        }
    }
}

bool policy_has_only(const struct node *map, const char *const *known, size_t count)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
        if (!slice_is_one_of(map->pairs[i].key, known, count)) {
            return false;
        }
    }
    return map && map->kind == NODE_MAP;
}

bool policy_is(const struct node *map, const char *known)
{
    bool all = map && map->kind == NODE_MAP;
    for (size_t i = 0; all && i < map->count; i++) {
        struct slice rest = slice_of(known), name;
        bool found = false;
        while (!found && slice_split(&rest, ' ', &name)) {
            found = slice_equal(name, map->pairs[i].key);
        }
        all = found;
    }
    return all;
}

/* ---- in force ------------------------------------------------------------------------------ */

void policy_apply(struct builder *builder, const struct policy_reader *reader,
                  const struct object *policy, bool whole, const struct policy_place *place)
{
    struct policy_work work = {
        .builder = builder,
        .policy = policy,
        .source = {whole ? SLICE_ABSENT : policy->kind_name, policy->span},
        .match = place->match,
        .effects = place->effects,
        .unknown = place->unknown,
        .route = place->route,
    };
    reader->apply(&work, node_get(policy->root, "spec"));
}

/* Of the Gateways that a route is attached to. Rules are shared by all of them, so that their policies have
 * to be the same. */
static const struct object *of_gateways(struct builder *builder, const struct policy_reader *reader,
                                        const struct route_state *route,
                                        const struct policy_place *place)
{
    const struct object *policy = NULL;
    for (size_t i = 0; i < route->gateway_count; i++) {
        const struct object *gateway = &route->gateways[i]->gateway->object;
        const struct object *own =
            policy_at(builder, reader, "Gateway", gateway->namespace, gateway->name, SLICE_ABSENT);
        const struct object *part = policy_at(builder, reader, "Listeners", gateway->namespace,
                                              gateway->name, SLICE_ABSENT);
        if (part || (i && own != policy)) {
            const struct object *culprit = part ? part : own ? own : policy;
            *place->unknown =
                unknown_add(builder->run, *place->unknown, ASPECT_PROTECTION,
                            (struct effect_source){culprit->kind_name, culprit->span},
                            part ? SLICE("a policy holds for single listeners of the Gateway")
                                 : SLICE("the Gateways of the route have different policies"));
            return NULL;
        }
        policy = own;
    }
    return policy;
}

/* Istio: one without a target holds for the workloads of its namespace, one of the root namespace for all of them;
 * a Gateway's workload is in its own namespace. */
static bool is_for_namespace(const struct object *policy, const struct route_state *state)
{
    bool near = slice_is(policy->namespace, "istio-system");
    for (size_t i = 0; i < state->gateway_count; i++) {
        near =
            near || slice_equal(state->gateways[i]->gateway->object.namespace, policy->namespace);
    }
    return near && !node_get(node_get(policy->root, "spec"), "targetRefs");
}

static bool targets_gateway(const struct object *policy, const struct object *gateway)
{
    const struct node *refs = node_get(node_get(policy->root, "spec"), "targetRefs");
    for (size_t i = 0; i < policy_items(refs); i++) {
        if (slice_is(policy_text(refs->items[i], "kind"), "Gateway") &&
            slice_equal(policy_text(refs->items[i], "name"), gateway->name)) {
            return slice_equal(policy->namespace, gateway->namespace);
        }
    }
    return false;
}

static void apply_each(struct builder *builder, const struct route_state *state,
                       const struct http_rule *rule, const struct policy_place *place)
{
    for (size_t i = 0; i < builder->each_count; i++) {
        const struct object *policy = builder->each[i];
        struct policy_work work = {.builder = builder,
                                   .policy = policy,
                                   .source = {policy->kind_name, policy->span},
                                   .match = place->match,
                                   .part = place->part,
                                   .rule = rule,
                                   .effects = place->effects,
                                   .unknown = place->unknown};
        size_t count = 0;
        for (size_t j = 0; j < state->gateway_count; j++) {
            count += targets_gateway(policy, &state->gateways[j]->gateway->object);
        }
        if (count && count == state->gateway_count) {
            reader_of(builder, policy)->each(&work, node_get(policy->root, "spec"), state);
        } else if (count || is_for_namespace(policy, state)) {
            policy_unknown(&work, ASPECT_PROTECTION, "targetRefs");
        }
    }
}

void policies_parts(struct builder *builder, const struct route_state *state,
                    const struct http_match *match, struct path_parts *out)
{
    *out = (struct path_parts){0};
    for (size_t i = 0; i < builder->each_count; i++) {
        const struct object *policy = builder->each[i];
        const struct policy_reader *reader = reader_of(builder, policy);
        struct policy_work work = {.builder = builder, .policy = policy, .match = match};
        if (reader->parts) {
            reader->parts(&work, node_get(policy->root, "spec"), state, out);
        }
    }
}

/* Those of the Gateways, of the route, of its rule: from general to special. */
static void apply_chain(struct builder *builder, const struct policy_reader *reader,
                        const struct route_state *state, const struct http_rule *rule,
                        const struct policy_place *place)
{
    const struct object *route = &state->route->object;
    const struct effects *common = policies_common(builder, reader);
    const char *kind = arena_string(builder->run->arena, route->kind_name);
    const struct object *chain[] = {
        common ? NULL : of_gateways(builder, reader, state, place),
        policy_at(builder, reader, kind, route->namespace, route->name, SLICE_ABSENT),
        rule->name.len ? policy_at(builder, reader, kind, route->namespace, route->name, rule->name)
                       : NULL,
    };
    size_t from = 0;
    bool replaced = false;
    for (size_t j = 0; j < ARRAY_LEN(chain) && !reader->inherits; j++) {
        bool merges = chain[j] && node_get(node_get(chain[j]->root, "spec"), "mergeType");
        from = chain[j] && !merges ? j : from;
        replaced = replaced || (chain[j] && !merges);
    }
    bool special = chain[1] || chain[2];
    if (common && special && !replaced) {
        policies_start_from(common, place->effects);
    }
    for (size_t j = from; j < ARRAY_LEN(chain); j++) {
        if (chain[j]) {
            policy_apply(builder, reader, chain[j], j == 0, place);
        }
    }
    if (common && replaced) {
        policies_take_back(builder, common, place->effects);
    }
}

void policies_apply(struct builder *builder, const struct route_state *state,
                    const struct http_rule *rule, const struct policy_place *place)
{
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        struct policy_work work = {.builder = builder,
                                   .match = place->match,
                                   .effects = place->effects,
                                   .unknown = place->unknown,
                                   .route = place->route};
        if (reader->rule) {
            reader->rule(&work);
        }
        if (reader->attach == POLICY_BY_TARGET && reader->apply) {
            apply_chain(builder, reader, state, rule, place);
        }
    }
    apply_each(builder, state, rule, place);
    if (builder->policies_unknown) {
        *place->unknown =
            unknown_add(builder->run, *place->unknown, ASPECT_PROTECTION,
                        (struct effect_source){builder->policies_unknown->kind_name,
                                               builder->policies_unknown->span},
                        SLICE("a policy whose targets or meaning are not understood may hold"));
    }
}

void policies_apply_service(struct builder *builder, struct slice namespace, struct slice name,
                            const struct policy_place *place)
{
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        const struct object *policy =
            reader->on_services && reader->apply
                ? policy_at(builder, reader, "Service", namespace, name, SLICE_ABSENT)
                : NULL;
        const struct object *foreign =
            reader->on_services && reader->apply
                ? policy_at(builder, reader, "ForeignService", namespace, name, SLICE_ABSENT)
                : NULL;
        if (policy) {
            policy_apply(builder, reader, policy, false, place);
        }
        if (foreign) {
            struct policy_work work = {.builder = builder,
                                       .policy = foreign,
                                       .source = {foreign->kind_name, foreign->span},
                                       .unknown = place->unknown};
            policy_unknown(&work, ASPECT_PROTECTION, "host");
        }
    }
}

bool policy_filter_apply(struct builder *builder, const struct object_ref *ref,
                         struct slice namespace, const struct policy_place *place)
{
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        if (reader->attach == POLICY_BY_FILTER && reader->apply &&
            slice_is(ref->kind, reader->kind) && slice_is(ref->group, reader->group)) {
            const struct object *object =
                policy_at(builder, reader, "ExtensionRef", namespace, ref->name, SLICE_ABSENT);
            if (object) {
                policy_apply(builder, reader, object, false, place);
            }
            return object != NULL;
        }
    }
    return false;
}

const struct object *policy_backend(struct builder *builder, const struct object_ref *ref)
{
    for (const struct policy_reader *reader = builder->readers; reader && reader->kind; reader++) {
        if (slice_is(ref->group, reader->group) && slice_is(ref->kind, reader->kind)) {
            return policy_at(builder, reader, "Backend", ref->namespace, ref->name, SLICE_ABSENT);
        }
    }
    return NULL;
}
