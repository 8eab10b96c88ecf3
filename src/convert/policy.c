#include "convert/policy_priv.h"

/* Objects of the target's own kinds: what rules ask for is gathered while they are drafted, and written
 * beside the HTTPRoutes that need it. */

/* An object that an ExtensionRef names; it is written where a rule that names it is. */
struct filter_object {
    struct slice name;
    bool written;
};
struct service_policy {
    const struct policy_kind *kind;
    struct slice namespace, service;
    struct slice yaml; /* empty: a rule needs none */
    const struct rule *rule;
    bool said;
};

/* ---- what the rule at hand needs ------------------------------------------------------------ */

struct node *policy_map(struct conversion *c, struct node *map, const char *key)
{
    struct node *node = node_get(map, key);
    if (!node) {
        node = node_map(c->nodes);
        node_set(c->nodes, map, key, node);
    }
    return node;
}

struct node *policy_spec(struct emission *e, size_t index)
{
    const struct policy_kind *kind = &e->c->options->target->vendor->kinds[index];
    struct node **spec = &e->policies[index];
    if (!*spec) {
        *spec = node_map(e->c->nodes);
        /* An existing Gateway is not ours to change: each route says all. */
        if (kind->base && (kind->replaces || e->c->options->gateway_name.len)) {
            kind->base(e->c, *spec);
        }
    }
    return *spec;
}

static struct slice spec_text(struct conversion *c, const struct node *spec)
{
    buf_clear(&c->text);
    for (size_t i = 0; i < spec->count; i++) {
        document_write_pair(spec->pairs[i].key, spec->pairs[i].value, 2, &c->text);
    }
    return arena_copy(c->arena, buf_slice(&c->text));
}

struct slice rule_namespace(const struct rule *rule)
{
    return rule->origin.namespace.len ? rule->origin.namespace
           : rule->backend_count      ? rule->backends[0].namespace
                                      : SLICE("default");
}

/* Rules of a namespace that say the same share one object, named after the first of them. */
static struct slice shared_name(struct emission *e, const struct policy_kind *kind,
                                struct slice yaml, struct slice wanted)
{
    struct conversion *c = e->c;
    struct slice namespace = rule_namespace(e->rule);
    struct slice space = ARENA_JOIN(c->arena, slice_of(kind->kind), SLICE(" "), namespace);
    struct slice key = ARENA_JOIN(c->arena, space, SLICE("\n"), yaml);
    struct filter_object *object = map_get(c->filter_names, key);
    if (!object) {
        struct map *taken = map_get(c->filter_names, space);
        if (!taken) {
            taken = map_new(c->arena);
            map_put(c->filter_names, space, taken);
        }
        object = ARENA_NEW(c->arena, struct filter_object);
        object->name = name_claim(c->arena, taken, wanted, key, ROUTE_NAME_MAX);
        map_put(c->filter_names, key, object);
    }
    return object->name;
}

static struct slice filter_name(struct emission *e, const struct policy_kind *kind,
                                struct slice yaml)
{
    struct slice name = e->rule->origin.name;
    struct slice wanted = ARENA_JOIN(e->c->arena, name.len ? name : SLICE("server"), SLICE("-"),
                                     slice_of(kind->suffix));
    return shared_name(e, kind, yaml, wanted);
}

struct slice policy_named(struct emission *e, size_t index, struct slice wanted,
                          const struct node *spec)
{
    const struct policy_kind *kind = &e->c->options->target->vendor->kinds[index];
    if (!e->c->named) {
        e->c->named = ARENA_ARRAY(e->c->arena, struct policy, BACKENDS_MAX);
    }
    struct policy *policy = &e->c->named[e->named_count++];
    *policy = (struct policy){.kind = kind, .yaml = spec_text(e->c, spec)};
    policy->name = shared_name(e, kind, policy->yaml, wanted);
    return policy->name;
}

static void filter_ref(struct emission *e, const struct policy_kind *kind, struct slice name)
{
    struct node *ref = filter_add(e, "ExtensionRef", "extensionRef");
    node_set(e->c->nodes, ref, "group", text_node(e->c, kind->group));
    node_set(e->c->nodes, ref, "kind", text_node(e->c, kind->kind));
    node_set(e->c->nodes, ref, "name", node_string(e->c->nodes, name));
}

/* Equal sets become one, so that they compare by their address. */
static const struct policies *policies_share(struct conversion *c, const struct policies *found)
{
    struct slice key = SLICE("");
    for (size_t i = 0; i < found->count; i++) {
        key = ARENA_JOIN(c->arena, key, slice_of(found->items[i].kind->kind), SLICE("\n"),
                         found->items[i].yaml);
    }
    struct policies *shared = map_get(c->policy_sets, key);
    if (!shared) {
        shared = ARENA_NEW(c->arena, struct policies);
        *shared = *found;
        map_put(c->policy_sets, key, shared);
    }
    return shared;
}

const struct policies *policies_of(struct emission *e)
{
    static const enum attach order[] = {ATTACH_ROUTE, ATTACH_SERVICE, ATTACH_FILTER, ATTACH_HOSTS};
    struct conversion *c = e->c;
    const struct vendor *vendor = c->options->target->vendor;
    struct policies found = {0};
    if (!vendor) {
        return NULL;
    }
    found.items = ARENA_ARRAY(c->arena, struct policy, vendor->kind_count + e->named_count);
    for (size_t pass = 0; pass < ARRAY_LEN(order); pass++) {
        for (size_t i = 0; i < vendor->kind_count; i++) {
            const struct policy_kind *kind = &vendor->kinds[i];
            if (kind->attach != order[pass] || !e->policies[i] || !e->policies[i]->count) {
                continue;
            }
            struct policy *policy = &found.items[found.count++];
            *policy = (struct policy){.kind = kind, .yaml = spec_text(c, e->policies[i])};
            if (kind->attach == ATTACH_FILTER) {
                policy->name = filter_name(e, kind, policy->yaml);
                filter_ref(e, kind, policy->name);
            } else if (kind->attach == ATTACH_HOSTS) {
                policy->spec = node_copy(c->arena, e->policies[i]);
            } else if (kind->attach == ATTACH_ROUTE) {
                found.on_route = found.count;
                found.hash = slice_hash(policy->yaml, found.hash + i + 1);
            }
        }
    }
    for (size_t i = 0; i < e->named_count; i++) {
        found.items[found.count++] = e->c->named[i];
    }
    return found.count ? policies_share(c, &found) : NULL;
}

bool policies_attach_alike(const struct policies *a, const struct policies *b)
{
    size_t count = a ? a->on_route : 0;
    if (count != (b ? b->on_route : 0)) {
        return false;
    }
    for (size_t i = 0; a != b && i < count; i++) {
        if (a->items[i].kind != b->items[i].kind ||
            !slice_equal(a->items[i].yaml, b->items[i].yaml)) {
            return false;
        }
    }
    return true;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void object_write(struct conversion *c, const struct policy_kind *kind,
                         struct slice namespace, struct slice name, struct slice source,
                         const struct node *targets, struct slice yaml)
{
    struct slice version =
        ARENA_JOIN(c->arena, slice_of(kind->group), SLICE("/"), slice_of(kind->version));
    struct node *object =
        object_node(c, arena_string(c->arena, version), kind->kind, namespace, name, source);
    buf_clear(&c->text);
    document_write_yaml(object, &c->text);
    buf_puts(&c->text, "spec:\n");
    for (size_t i = 0; targets && i < targets->count; i++) {
        document_write_pair(targets->pairs[i].key, targets->pairs[i].value, 2, &c->text);
    }
    buf_put(&c->text, yaml);
    object_add(c, kind->kind, namespace, name);
}

/* Fields of a spec that name one object. */
static struct node *targets_node(struct conversion *c, const struct policy_kind *kind,
                                 const char *group, const char *target, struct slice name)
{
    struct node *ref = node_map(c->nodes), *targets = node_map(c->nodes);
    node_set(c->nodes, ref, "group", text_node(c, group));
    node_set(c->nodes, ref, "kind", text_node(c, target));
    node_set(c->nodes, ref, "name", node_string(c->nodes, name));
    struct node *list = node_list(c->nodes);
    node_add(c->nodes, list, ref);
    node_set(c->nodes, targets, kind->one_target ? "targetRef" : "targetRefs",
             kind->one_target ? ref : list);
    return targets;
}

static void filter_write(struct conversion *c, const struct rule *rule, const struct policy *policy)
{
    struct slice namespace = rule_namespace(rule);
    struct slice key = ARENA_JOIN(c->arena, slice_of(policy->kind->kind), SLICE(" "), namespace,
                                  SLICE("\n"), policy->yaml);
    struct filter_object *object = map_get(c->filter_names, key);
    if (object && !object->written) {
        object->written = true;
        object_write(c, policy->kind, namespace, object->name, origin_subject(c, &rule->origin),
                     NULL, policy->yaml);
    }
}

/* A Service has one object of a kind for all who use it. */
static void service_note(struct conversion *c, const struct policy_kind *kind,
                         const struct rule *rule, const struct backend *backend, struct slice yaml)
{
    struct slice key = ARENA_JOIN(c->arena, slice_of(kind->kind), SLICE(" "), backend->namespace,
                                  SLICE("/"), backend->service);
    struct service_policy *known = map_get(c->service_policies, key);
    if (!known) {
        known = ARENA_NEW(c->arena, struct service_policy);
        *known = (struct service_policy){.kind = kind,
                                         .namespace = backend->namespace,
                                         .service = backend->service,
                                         .yaml = yaml,
                                         .rule = rule};
        map_put(c->service_policies, key, known);
        return;
    }
    if (!slice_equal(known->yaml, yaml) && !known->said) {
        known->said = true;
        say_rule(c, DIAG_C047, rule,
                 "Service '" SLICE_FMT "/" SLICE_FMT "' is used with other settings by " SLICE_FMT
                 ", and a %s holds for all who use it: %s; use a second Service for one of them",
                 SLICE_ARG(backend->namespace), SLICE_ARG(backend->service),
                 SLICE_ARG(origin_subject(c, &known->rule->origin)), kind->kind,
                 known->yaml.len ? "what that one asks for is written for both"
                                 : "what this one asks for is written for both");
    }
    if (!known->yaml.len) {
        known->yaml = yaml;
        known->rule = rule;
    }
}

static void services_note(struct conversion *c, const struct rule *rule,
                          const struct policies *policies)
{
    const struct vendor *vendor = c->options->target->vendor;
    for (size_t i = 0; i < vendor->kind_count; i++) {
        const struct policy_kind *kind = &vendor->kinds[i];
        struct slice yaml = SLICE("");
        for (size_t j = 0; policies && j < policies->count; j++) {
            yaml = policies->items[j].kind == kind ? policies->items[j].yaml : yaml;
        }
        for (size_t j = 0; kind->attach == ATTACH_SERVICE && j < rule->backend_count; j++) {
            if (rule->backends[j].fallback && yaml.len) {
                say_rule(c, DIAG_C047, rule,
                         "no %s is written for the default backend '" SLICE_FMT "/" SLICE_FMT
                         "', whose requests of this host have the settings of the Ingress today: "
                         "it would hold for all who use that Service",
                         kind->kind, SLICE_ARG(rule->backends[j].namespace),
                         SLICE_ARG(rule->backends[j].service));
            } else if (rule->backends[j].service.len) {
                service_note(c, kind, rule, &rule->backends[j], yaml);
            }
        }
    }
}

void policies_write(struct conversion *c, const struct route_group *group, struct slice route)
{
    if (!c->options->target->vendor || !group->rule_count) {
        return;
    }
    const struct policies *own = group->rules[0].behaviour->policies;
    for (size_t i = 0; own && i < own->on_route; i++) {
        const struct policy *policy = &own->items[i];
        object_write(c, policy->kind, group->origin.namespace, route,
                     origin_subject(c, &group->origin),
                     targets_node(c, policy->kind, "gateway.networking.k8s.io", "HTTPRoute", route),
                     policy->yaml);
    }
    for (size_t i = 0; i < group->rule_count; i++) {
        const struct draft *draft = &group->rules[i];
        const struct policies *policies = draft->behaviour->policies;
        for (size_t j = 0; policies && j < policies->count; j++) {
            enum attach attach = policies->items[j].kind->attach;
            if (attach == ATTACH_FILTER || attach == ATTACH_NAMED) {
                filter_write(c, draft->rule, &policies->items[j]);
            }
        }
        if (!draft->to_https) {
            services_note(c, draft->rule, policies);
        }
    }
}

struct node *gateway_parameters_node(struct conversion *c, struct slice gateway)
{
    const struct vendor *vendor = c->options->target->vendor;
    for (size_t i = 0; vendor && i < vendor->kind_count; i++) {
        const struct policy_kind *kind = &vendor->kinds[i];
        struct node *spec = node_map(c->nodes), *ref = node_map(c->nodes);
        if (kind->by_gateway) {
            kind->base(c, spec);
        }
        if (spec->count) {
            node_set(c->nodes, ref, "group", text_node(c, kind->group));
            node_set(c->nodes, ref, "kind", text_node(c, kind->kind));
            node_set(c->nodes, ref, "name", node_string(c->nodes, gateway));
            return ref;
        }
    }
    return NULL;
}

static const struct networks *trusted_of(const struct view *view, bool told)
{
    enum { TRUSTED_MAX = 16 };
    return told && view->client_trusted.count && view->client_trusted.count <= TRUSTED_MAX
               ? &view->client_trusted
               : NULL;
}

/* Implementations take one of both ways. */
const struct networks *client_trusted(const struct conversion *c)
{
    const struct view *view = &c->table->view;
    return trusted_of(view, !view->proxy_protocol.name.ptr &&
                                slice_equal_fold(view->client_header, SLICE("X-Forwarded-For")));
}

const struct networks *proxy_trusted(const struct conversion *c)
{
    const struct view *view = &c->table->view;
    return trusted_of(view, view->proxy_protocol.name.ptr != NULL);
}

void gateway_policies_write(struct conversion *c, const struct plane *plane, struct slice gateway)
{
    const struct vendor *vendor = c->options->target->vendor;
    for (size_t i = 0; vendor && i < vendor->kind_count; i++) {
        const struct policy_kind *kind = &vendor->kinds[i];
        struct node *spec = node_map(c->nodes);
        if (kind->base) {
            kind->base(c, spec);
        }
        struct slice yaml = spec->count ? spec_text(c, spec) : SLICE("");
        if (yaml.len) {
            object_write(c, kind, plane->namespace, gateway, SLICE_ABSENT,
                         kind->by_gateway ? NULL
                                          : targets_node(c, kind, "gateway.networking.k8s.io",
                                                         "Gateway", gateway),
                         yaml);
            object_of_platform(c);
        }
    }
}

void policy_object_write(struct conversion *c, const struct policy_kind *kind,
                         const struct plane *plane, size_t gateway, struct slice name,
                         const struct origin *origin, const struct node *spec)
{
    const struct node *targets = targets_node(c, kind, "gateway.networking.k8s.io", "Gateway",
                                              plane->gateway_names[gateway]);
    struct slice yaml = spec_text(c, spec);
    object_write(c, kind, plane->namespace, name, origin_subject(c, origin), targets, yaml);
    object_of_platform(c);
}

void service_policies_write(struct conversion *c)
{
    struct map *names = map_new(c->arena);
    for (const struct map_entry *entry = map_first(c->service_policies); entry;
         entry = map_next(entry)) {
        const struct service_policy *policy = map_value(entry);
        const struct policy_kind *kind = policy->kind;
        if (!policy->yaml.len) {
            continue;
        }
        struct slice space =
            ARENA_JOIN(c->arena, slice_of(kind->kind), SLICE(" "), policy->namespace);
        struct map *taken = map_get(names, space);
        if (!taken) {
            taken = map_new(c->arena);
            map_put(names, space, taken);
        }
        struct slice name =
            name_claim(c->arena, taken, policy->service, map_key(entry), ROUTE_NAME_MAX);
        struct node *targets = NULL;
        if (kind->attach_service) {
            targets = node_map(c->nodes);
            kind->attach_service(c, targets, policy->namespace, policy->service);
        } else {
            targets = targets_node(c, kind, "", "Service", policy->service);
        }
        object_write(c, kind, policy->namespace, name, origin_subject(c, &policy->rule->origin),
                     targets, policy->yaml);
    }
}
