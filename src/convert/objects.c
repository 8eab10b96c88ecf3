#include "convert/host_policy_priv.h"

struct node *text_node(struct conversion *c, const char *text)
{
    return node_string(c->nodes, slice_of(text));
}

struct node *object_node(struct conversion *c, const char *version, const char *kind,
                         struct slice namespace, struct slice name, struct slice source)
{
    struct arena *arena = c->nodes;
    struct node *object = node_map(arena), *metadata = node_map(arena);
    node_set(arena, object, "apiVersion", text_node(c, version));
    node_set(arena, object, "kind", text_node(c, kind));
    node_set(arena, metadata, "name", node_string(arena, name));
    if (namespace.len) {
        node_set(arena, metadata, "namespace", node_string(arena, namespace));
    }
    if (source.len) {
        struct node *annotations = node_map(arena);
        node_set(arena, annotations, "gateshift.dev/source", node_string(arena, source));
        node_set(arena, metadata, "annotations", annotations);
    }
    node_set(arena, object, "metadata", metadata);
    return object;
}

/* Labels by which a program knows the objects that it made: on objects of somebody else they would have it
 * take over, or delete, what is not its own (Helm, Argo CD's tracking by label, Flux). */
static bool tracks_ownership(struct slice key)
{
    static const char *const keys[] = {"app.kubernetes.io/managed-by",
                                       "helm.sh/chart",
                                       "app.kubernetes.io/instance",
                                       "heritage",
                                       "release",
                                       "chart"};
    static const char *const groups[] = {"argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/",
                                         "helm.toolkit.fluxcd.io/"};
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (slice_starts(key, slice_of(groups[i]))) {
            return true;
        }
    }
    return slice_is_one_of(key, keys, ARRAY_LEN(keys));
}

void labels_copy(struct conversion *c, struct node *object, const struct origin *origin)
{
    const struct object *source = origin_ingress(c, origin);
    struct node *labels = node_map(c->nodes), *metadata = NULL;
    for (size_t i = 0; source && i < source->labels.count; i++) {
        const struct label *label = &source->labels.items[i];
        if (tracks_ownership(label->key)) {
            say(c, DIAG_C044, SEVERITY_INFO, label->span, origin,
                "the label '" SLICE_FMT "' says which program made the Ingress; it is not copied",
                SLICE_ARG(label->key));
        } else {
            node_set(c->nodes, labels, arena_string(c->nodes, label->key),
                     node_string(c->nodes, label->value));
        }
    }
    if (labels->count) {
        metadata = (struct node *)(uintptr_t)node_get(object, "metadata");
        node_set(c->nodes, metadata, "labels", labels);
    }
}

/* Filters are there before the routes that name them, all other kinds of a target come last. */
static size_t rank_of(const char *kind)
{
    static const struct {
        const char *kind;
        size_t rank;
    } rows[] = {{"Namespace", 0},
                {"ConfigMap", 1},
                {"Gateway", 1},
                {"ListenerSet", 2},
                {"AuthenticationFilter", 2},
                {"HTTPRouteFilter", 2},
                {"ReferenceGrant", 2},
                {"SnippetsFilter", 2},
                {"HTTPRoute", 3},
                {"TLSRoute", 3},
                {"TCPRoute", 3},
                {"UDPRoute", 3}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(slice_of(kind), rows[i].kind)) {
            return rows[i].rank;
        }
    }
    return 4;
}

void object_add(struct conversion *c, const char *kind, struct slice namespace, struct slice name)
{
    struct converted *out = c->out;
    *ARENA_PUSH(c->arena, out->objects, out->count, out->capacity) =
        (struct converted_object){.kind = kind,
                                  .rank = rank_of(kind),
                                  .namespace = namespace,
                                  .name = name,
                                  .yaml = arena_copy(c->arena, buf_slice(&c->text))};
    arena_clear(c->nodes);
}

void object_of_platform(struct conversion *c)
{
    c->out->objects[c->out->count - 1].of_platform = true;
}

void object_finish(struct conversion *c, const char *kind, struct slice namespace,
                   struct slice name, const struct node *tree)
{
    buf_clear(&c->text);
    document_write_yaml(tree, &c->text);
    object_add(c, kind, namespace, name);
}

void namespace_write(struct conversion *c, struct slice name)
{
    object_finish(c, "Namespace", SLICE(""), name,
                  object_node(c, "v1", "Namespace", SLICE_ABSENT, name, SLICE_ABSENT));
    object_of_platform(c);
}

static int by_slice(const void *a, const void *b, void *user)
{
    (void)user;
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

struct slice *sorted_keys(struct conversion *c, const struct map *map, size_t *count)
{
    struct slice *keys = ARENA_ARRAY(c->arena, struct slice, map_count(map) + 1);
    *count = 0;
    for (const struct map_entry *entry = map_first(map); entry; entry = map_next(entry)) {
        keys[(*count)++] = map_key(entry);
    }
    sort_stable(c->arena, keys, *count, sizeof *keys, by_slice, NULL);
    return keys;
}

/* ---- ReferenceGrants ------------------------------------------------------------------------ */

struct grant {
    struct slice from_kind, from, to_kind, to;
    struct map *names;
};

void grant_need(struct conversion *c, const char *kind, struct slice from, const char *to_kind,
                struct slice to, struct slice name)
{
    struct slice key = ARENA_JOIN(c->arena, to, SLICE(" "), slice_of(to_kind), SLICE(" "), from,
                                  SLICE(" "), slice_of(kind));
    struct grant *grant = map_get(c->grants, key);
    if (!grant) {
        grant = ARENA_NEW(c->arena, struct grant);
        *grant = (struct grant){slice_of(kind), from, slice_of(to_kind), to, map_new(c->arena)};
        map_put(c->grants, key, grant);
    }
    map_put(grant->names, name, grant);
}

/* The group of a kind that refers to others. */
static const char *group_of(struct slice kind)
{
    return slice_is(kind, "SecurityPolicy") ? "gateway.envoyproxy.io" : "gateway.networking.k8s.io";
}

static void grant_write(struct conversion *c, const struct grant *grant, struct slice name,
                        const struct slice *names, size_t count)
{
    struct arena *arena = c->nodes;
    /* v1beta1 is served by every release (ReferenceGrant v1 came with 1.5). */
    struct node *object = object_node(c, "gateway.networking.k8s.io/v1beta1", "ReferenceGrant",
                                      grant->to, name, SLICE_ABSENT);
    struct node *spec = node_map(arena), *from = node_list(arena), *to = node_list(arena);
    struct node *peer = node_map(arena);
    node_set(arena, peer, "group", text_node(c, group_of(grant->from_kind)));
    node_set(arena, peer, "kind", node_string(arena, grant->from_kind));
    node_set(arena, peer, "namespace", node_string(arena, grant->from));
    node_add(arena, from, peer);
    for (size_t i = 0; i < count; i++) {
        struct node *target = node_map(arena);
        node_set(arena, target, "group", text_node(c, ""));
        node_set(arena, target, "kind", node_string(arena, grant->to_kind));
        node_set(arena, target, "name", node_string(arena, names[i]));
        node_add(arena, to, target);
    }
    node_set(arena, spec, "from", from);
    node_set(arena, spec, "to", to);
    node_set(arena, object, "spec", spec);
    object_finish(c, "ReferenceGrant", grant->to, name, object);
    if (slice_is(grant->from_kind, "Gateway")) {
        object_of_platform(c);
    }
}

void grants_write(struct conversion *c)
{
    size_t key_count;
    struct slice *keys = sorted_keys(c, c->grants, &key_count);
    struct map *taken = map_new(c->arena); /* namespaces that have one of a name */
    for (size_t i = 0; i < key_count; i++) {
        const struct grant *grant = map_get(c->grants, keys[i]);
        size_t count;
        struct slice *names = sorted_keys(c, grant->names, &count);
        for (size_t at = 0; at < count; at += GRANT_NAMES_MAX) {
            size_t part = count - at < GRANT_NAMES_MAX ? count - at : GRANT_NAMES_MAX;
            struct slice wanted =
                arena_printf(c->arena, "from-" SLICE_FMT "-to-%s", SLICE_ARG(grant->from),
                             slice_is(grant->to_kind, "Secret") ? "secrets" : "services");
            if (at) {
                wanted = arena_printf(c->arena, SLICE_FMT "-%zu", SLICE_ARG(wanted),
                                      at / GRANT_NAMES_MAX + 1);
            }
            /* A name is taken in one namespace only. */
            struct map *in = map_get(taken, grant->to);
            if (!in) {
                in = map_new(c->arena);
                map_put(taken, grant->to, in);
            }
            struct slice name = name_claim(c->arena, in, wanted, keys[i], ROUTE_NAME_MAX);
            grant_write(c, grant, name, names + at, part);
        }
    }
}

/* ---- Gateways ------------------------------------------------------------------------------- */

/* allowedRoutes or allowedListeners: `own` is where the object lives. */
static struct node *allowed_node(struct conversion *c, struct slice own, const struct map *from)
{
    struct arena *arena = c->nodes;
    struct node *allowed = node_map(arena), *namespaces = node_map(arena);
    size_t count;
    struct slice *names = sorted_keys(c, from, &count);
    node_set(arena, allowed, "namespaces", namespaces);
    if (count == 1 && slice_equal(names[0], own)) {
        node_set(arena, namespaces, "from", text_node(c, "Same"));
        return allowed;
    }
    struct node *selector = node_map(arena), *expressions = node_list(arena);
    struct node *expression = node_map(arena), *values = node_list(arena);
    for (size_t i = 0; i < count; i++) {
        node_add(arena, values, node_string(arena, names[i]));
    }
    node_set(arena, namespaces, "from", text_node(c, "Selector"));
    node_set(arena, expression, "key", text_node(c, "kubernetes.io/metadata.name"));
    node_set(arena, expression, "operator", text_node(c, "In"));
    node_set(arena, expression, "values", values);
    node_add(arena, expressions, expression);
    node_set(arena, selector, "matchExpressions", expressions);
    node_set(arena, namespaces, "selector", selector);
    return allowed;
}

static const char *listener_protocol(const struct listener_plan *listener)
{
    return listener->stream  ? stream_protocol(listener->stream)
           : listener->https ? "HTTPS"
                             : "HTTP";
}

static struct node *tls_node(struct conversion *c, struct slice own,
                             const struct listener_plan *listener)
{
    struct arena *arena = c->nodes;
    struct node *tls = node_map(arena), *refs = node_list(arena), *ref = node_map(arena);
    struct node *vault = vault_options(c, listener, own);
    struct node *options = listener_clients_node(c, listener, vault);
    if (listener->stream) {
        node_set(arena, tls, "mode", text_node(c, "Passthrough"));
        return tls;
    }
    if (vault) { /* the operator writes certificateRefs */
        node_set(arena, tls, "mode", text_node(c, "Terminate"));
        node_set(arena, tls, "options", options);
        return tls;
    }
    node_set(arena, ref, "name", node_string(arena, listener->secret));
    if (!slice_equal(listener->secret_namespace, own)) {
        node_set(arena, ref, "namespace", node_string(arena, listener->secret_namespace));
    }
    node_add(arena, refs, ref);
    node_set(arena, tls, "mode", text_node(c, "Terminate"));
    node_set(arena, tls, "certificateRefs", refs);
    if (options) {
        node_set(arena, tls, "options", options);
    }
    return tls;
}

static struct node *listener_node(struct conversion *c, struct slice own,
                                  const struct listener_plan *listener)
{
    struct arena *arena = c->nodes;
    struct node *node = node_map(arena);
    node_set(arena, node, "name", node_string(arena, listener->name));
    if (listener->hostname.ptr) {
        node_set(arena, node, "hostname", node_string(arena, listener->hostname));
    }
    node_set(arena, node, "port", node_int(arena, listener->port));
    node_set(arena, node, "protocol", text_node(c, listener_protocol(listener)));
    if (listener->https || listener->stream == STREAM_TLS) {
        node_set(arena, node, "tls", tls_node(c, own, listener));
    }
    node_set(arena, node, "allowedRoutes", allowed_node(c, own, listener->namespaces));
    return node;
}

bool listener_is_used(const struct listener_plan *listener)
{
    return map_count(listener->namespaces) > 0;
}

static void say_listener(struct conversion *c, const struct plane *plane,
                         const struct listener_plan *listener)
{
    size_t count;
    struct slice *names = sorted_keys(c, listener->namespaces, &count);
    struct slice host = SLICE_ABSENT, secret = SLICE_ABSENT;
    if (listener->hostname.ptr) {
        host = arena_printf(c->arena, ", hostname '" SLICE_FMT "'", SLICE_ARG(listener->hostname));
    }
    if (vault_has(c, listener)) {
        (void)vault_options(c, listener, plane->namespace); /* says what it needs */
        secret = SLICE(", certificate from Key Vault by tls.options");
    } else if (listener->https) {
        secret = arena_printf(c->arena, ", certificate from Secret '" SLICE_FMT "/" SLICE_FMT "'",
                              SLICE_ARG(listener->secret_namespace), SLICE_ARG(listener->secret));
    }
    say(c, DIAG_C041, SEVERITY_INFO, SPAN_NONE, NULL,
        "Gateway '" SLICE_FMT "' must have a listener '" SLICE_FMT
        "' (%s, port %u" SLICE_FMT SLICE_FMT ") that admits routes of: " SLICE_FMT,
        SLICE_ARG(plane->gateway_names[0]), SLICE_ARG(listener->name), listener_protocol(listener),
        (unsigned)listener->port, SLICE_ARG(host), SLICE_ARG(secret),
        SLICE_ARG(all_names(c, names, count)));
}

static struct slice gateway_class(struct conversion *c)
{
    const struct convert_options *options = c->options;
    if (options->gateway_class.len) {
        return options->gateway_class;
    }
    const struct gateway_profile *profile = target_profile(options->target);
    if (!profile->gateway_class) {
        say(c, DIAG_C042, SEVERITY_WARNING, SPAN_NONE, NULL,
            "gatewayClassName '%s' is a stand-in: name the class of your cluster with "
            "--gateway-class",
            profile->name);
    }
    return slice_of(profile->gateway_class ? profile->gateway_class : profile->name);
}

/* ---- ListenerSets ------------------------------------------------------------------------------ */

static bool set_is_used(const struct set_plan *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (listener_is_used(set->listeners[i])) {
            return true;
        }
    }
    return false;
}

static struct map *set_namespaces(struct conversion *c, const struct plane *plane)
{
    struct map *namespaces = map_new(c->arena);
    for (size_t i = 0; i < plane->set_count; i++) {
        if (set_is_used(plane->sets[i])) {
            map_put(namespaces, plane->sets[i]->namespace, c);
        }
    }
    return namespaces;
}

static int compare_origins(const struct origin *x, const struct origin *y)
{
    int order = slice_compare(x->namespace, y->namespace);
    return order ? order : slice_compare(x->name, y->name);
}

/* The first Ingresses by name, and how many more there are; of a ListenerSet those beside it. */
static struct slice sources_text(struct conversion *c, const struct plane *plane,
                                 const struct set_plan *set)
{
    enum { SHOWN = 3 };
    const struct origin *first[SHOWN];
    struct slice shown[SHOWN];
    size_t count = 0, all = 0;
    for (size_t i = 0; i < plane->source_count; i++) {
        const struct origin *origin = &plane->sources[i];
        size_t at = count;
        if (set && !slice_equal(set->namespace, origin->namespace)) {
            continue;
        }
        all++;
        for (; at && compare_origins(origin, first[at - 1]) < 0; at--) {
            if (at < SHOWN) {
                first[at] = first[at - 1];
            }
        }
        if (at < SHOWN) {
            first[at] = origin;
            count += count < SHOWN;
        }
    }
    for (size_t i = 0; i < count; i++) {
        shown[i] = origin_subject(c, first[i]);
    }
    return name_list(c, shown, all);
}

static void set_write(struct conversion *c, const struct plane *plane, const struct set_plan *set)
{
    struct node *object = object_node(c, "gateway.networking.k8s.io/v1", "ListenerSet",
                                      set->namespace, set->name, sources_text(c, plane, set));
    struct listener_refs refs = {0};
    struct node *spec = node_map(c->nodes), *parent = node_map(c->nodes);
    struct node *listeners = node_list(c->nodes);
    for (size_t i = 0; i < set->count; i++) {
        if (listener_is_used(set->listeners[i])) {
            node_add(c->nodes, listeners, listener_node(c, set->namespace, set->listeners[i]));
            *ARENA_PUSH(c->arena, refs.items, refs.count, refs.capacity) = set->listeners[i];
        }
    }
    node_set(c->nodes, parent, "name", node_string(c->nodes, plane->gateway_names[0]));
    if (plane->namespace.len && !slice_equal(plane->namespace, set->namespace)) {
        node_set(c->nodes, parent, "namespace", node_string(c->nodes, plane->namespace));
    }
    node_set(c->nodes, spec, "parentRef", parent);
    node_set(c->nodes, spec, "listeners", listeners);
    node_set(c->nodes, object, "spec", spec);
    c->out->listeners += listeners->count;
    certificates_annotate(c, object, "ListenerSet", set->namespace, &refs);
    object_finish(c, "ListenerSet", set->namespace, set->name, object);
}

/* ---- Gateways again ----------------------------------------------------------------------------- */

static void gateway_write(struct conversion *c, const struct plane *plane, size_t index,
                          const struct listener_refs *refs, struct slice source)
{
    struct slice name = plane->gateway_names[index];
    const struct infrastructure *before = infrastructure_write(c, plane, name, source);
    struct node *object =
        object_node(c, "gateway.networking.k8s.io/v1", "Gateway", plane->namespace, name, source);
    struct node *spec = node_map(c->nodes), *listeners = node_list(c->nodes);
    struct node *infrastructure = infrastructure_node(c, before);
    struct node *tls = gateway_clients_node(c, plane, index);
    struct node *shown = gateway_certificate_node(c, plane, index);
    if (shown) {
        tls = tls ? tls : node_map(c->nodes);
        node_set(c->nodes, tls, "backend", shown);
    }
    for (size_t i = 0; i < refs->count; i++) {
        node_add(c->nodes, listeners, listener_node(c, plane->namespace, refs->items[i]));
    }
    node_set(c->nodes, spec, "gatewayClassName", node_string(c->nodes, gateway_class(c)));
    struct node *parameters = gateway_parameters_node(c, name);
    if (parameters) {
        infrastructure = infrastructure ? infrastructure : node_map(c->nodes);
        node_set(c->nodes, infrastructure, "parametersRef", parameters);
    }
    if (infrastructure) {
        node_set(c->nodes, spec, "infrastructure", infrastructure);
    }
    if (tls) {
        node_set(c->nodes, spec, "tls", tls);
    }
    node_set(c->nodes, spec, "listeners", listeners);
    if (plane->set_count) {
        const struct map *from = set_namespaces(c, plane);
        node_set(c->nodes, spec, "allowedListeners", allowed_node(c, plane->namespace, from));
    }
    node_set(c->nodes, object, "spec", spec);
    gateway_annotate(c, plane, object, refs);
    object_finish(c, "Gateway", plane->namespace, name, object);
    object_of_platform(c);
    gateway_policies_write(c, plane, name);
    c->out->gateways++;
    c->out->listeners += refs->count;
}

/* The listeners of each Gateway: http first, then https in the order of hosts. */
static struct listener_refs *listener_lists(struct conversion *c, const struct plane *plane)
{
    struct listener_refs *lists = ARENA_ARRAY(c->arena, struct listener_refs, plane->gateway_count);
    struct listener_plan *const *const kinds[] = {plane->plain, plane->listeners};
    const size_t counts[] = {plane->plain_count, plane->listener_count};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        for (size_t i = 0; i < counts[k]; i++) {
            const struct listener_plan *listener = kinds[k][i];
            if (!listener_is_used(listener) || listener->set) {
                continue;
            }
            if (listener->https && plane->namespace.len && !vault_has(c, listener) &&
                !slice_equal(listener->secret_namespace, plane->namespace)) {
                grant_need(c, "Gateway", plane->namespace, "Secret", listener->secret_namespace,
                           listener->secret);
            }
            struct listener_refs *list = &lists[listener->gateway];
            *ARENA_PUSH(c->arena, list->items, list->count, list->capacity) = listener;
        }
    }
    return lists;
}

/* What an existing Gateway needs. */
static void say_existing(struct conversion *c, const struct plane *plane,
                         const struct listener_refs *list)
{
    for (size_t i = 0; i < list->count; i++) {
        say_listener(c, plane, list->items[i]);
    }
    gateway_annotate(c, plane, NULL, list);
    if (plane->set_count) {
        size_t count;
        struct slice *names = sorted_keys(c, set_namespaces(c, plane), &count);
        say(c, DIAG_C041, SEVERITY_INFO, SPAN_NONE, NULL,
            "Gateway '" SLICE_FMT
            "' must admit ListenerSets (spec.allowedListeners) of: " SLICE_FMT,
            SLICE_ARG(plane->gateway_names[0]), SLICE_ARG(all_names(c, names, count)));
    }
}

void gateways_write(struct conversion *c, struct plane *plane)
{
    const struct listener_refs *lists = listener_lists(c, plane);
    struct slice source = sources_text(c, plane, NULL);
    dns_targets_find(c, plane);
    infrastructure_say(c, plane);
    if (c->options->gateway_name.len) {
        say_existing(c, plane, &lists[0]);
    }
    for (size_t i = 0; !c->options->gateway_name.len && i < plane->gateway_count; i++) {
        if (lists[i].count) {
            gateway_write(c, plane, i, &lists[i], source);
            host_policies_write(c, plane, i);
            plane->written++;
        }
    }
    for (size_t i = 0; i < plane->set_count; i++) {
        if (set_is_used(plane->sets[i])) {
            set_write(c, plane, plane->sets[i]);
        }
    }
}
