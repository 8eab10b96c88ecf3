#include "convert/convert_priv.h"

/* Connections that are handed on as they are: TLS by the name in its handshake, TCP and UDP by port. One listener
 * and one route each. */

static const struct {
    const char *protocol, *kind, *prefix; /* of listeners' names */
    enum feature_id feature;
} kinds[] = {
    [STREAM_TLS] = {"TLS", "TLSRoute", "tls", FEATURE_passthrough},
    [STREAM_TCP] = {"TCP", "TCPRoute", "tcp", FEATURE_streams},
    [STREAM_UDP] = {"UDP", "UDPRoute", "udp", FEATURE_streams},
};

static enum stream_kind kind_of(const struct entry *entry)
{
    return entry->transport == TRANSPORT_TCP   ? STREAM_TCP
           : entry->transport == TRANSPORT_UDP ? STREAM_UDP
                                               : STREAM_TLS;
}

const char *stream_protocol(enum stream_kind kind)
{
    return kinds[kind].protocol;
}

/* "TLS passthrough of host 'a'", "TCP port 9000" */
static struct slice stream_name(struct conversion *c, const struct entry *entry)
{
    enum stream_kind kind = kind_of(entry);
    return kind == STREAM_TLS
               ? arena_printf(c->arena, "TLS passthrough of host '" SLICE_FMT "'",
                              SLICE_ARG(entry->sni.name))
               : arena_printf(
                     c->arena, "%s port %u, which goes to Service '" SLICE_FMT "/" SLICE_FMT "',",
                     kinds[kind].protocol, (unsigned)entry->port,
                     SLICE_ARG(entry->tunnel_count ? entry->tunnel[0].namespace : SLICE("")),
                     SLICE_ARG(entry->tunnel_count ? entry->tunnel[0].service : SLICE("")));
}

/* Why it cannot be written; null when it can. */
static struct slice stream_fault(struct conversion *c, const struct entry *entry)
{
    enum stream_kind kind = kind_of(entry);
    const struct convert_options *options = c->options;
    struct feature_capability capability = target_capability(
        options->target, kinds[kind].feature, options->api_minor, options->experimental);
    if (capability.support == SUPPORT_NONE) {
        int since = feature_since(kinds[kind].feature, options->experimental);
        return options->api_minor < since
                   ? arena_printf(c->arena, "the standard channel has %s from Gateway API 1.%d on",
                                  kinds[kind].kind, since)
                   : slice_of(capability.text);
    }
    bool named = entry->sni.kind == HOST_EXACT || entry->sni.kind == HOST_SUFFIX ||
                 entry->sni.kind == HOST_ONE_LABEL;
    if (kind == STREAM_TLS && !named) {
        return SLICE("a TLSRoute takes names and names with a leading '*.'");
    }
    if (entry->proxy_in || entry->proxy_out) {
        return SLICE("PROXY protocol, which it uses, is not part of Gateway API");
    }
    for (size_t i = 0; i < entry->tunnel_count; i++) {
        if (entry->tunnel[i].service.len && entry->tunnel[i].port) {
            return SLICE_ABSENT;
        }
    }
    return SLICE("its Service and port are not known; add the Service to the input");
}

bool stream_add(struct conversion *c, struct plane *plane, const struct entry *entry)
{
    struct slice fault = stream_fault(c, entry);
    if (c->silent) {
        return false; /* not asked for */
    }
    if (fault.ptr) {
        say(c, kind_of(entry) == STREAM_TLS ? DIAG_C025 : DIAG_C036, SEVERITY_ERROR,
            entry->origin.span, &entry->origin, SLICE_FMT " is not converted: " SLICE_FMT,
            SLICE_ARG(stream_name(c, entry)), SLICE_ARG(fault));
        return false;
    }
    enum stream_kind kind = kind_of(entry);
    struct slice host = kind == STREAM_TLS ? entry->sni.name : SLICE_ABSENT;
    struct slice wanted =
        host.ptr ? ARENA_JOIN(c->arena, SLICE("tls-"), host_slug(c->arena, host))
                 : arena_printf(c->arena, "%s-%u", kinds[kind].prefix, (unsigned)entry->port);
    struct listener_plan *listener =
        listener_place(c, plane,
                       &(struct listener_plan){.hostname = host,
                                               .port = entry->port,
                                               .stream = kind,
                                               .secret_namespace = stream_namespace(entry)},
                       wanted);
    if (!listener) {
        say(c, DIAG_C026, SEVERITY_ERROR, entry->origin.span, &entry->origin,
            SLICE_FMT " is not converted, because another listener with the same host and port "
                      "is written: give one of the two another",
            SLICE_ARG(stream_name(c, entry)));
        return false;
    }
    *ARENA_PUSH(c->arena, plane->streams, plane->stream_count, plane->stream_capacity) =
        (struct stream){entry, listener};
    if (!map_get(plane->namespaces, stream_namespace(entry))) {
        map_put(plane->namespaces, stream_namespace(entry), plane);
    }
    return true;
}

/* A ConfigMap of ports belongs to the controller, so the route stands beside the Service. */
struct slice stream_namespace(const struct entry *entry)
{
    return slice_is(entry->origin.kind, "Ingress") || !entry->tunnel_count
               ? entry->origin.namespace
               : entry->tunnel[0].namespace;
}

/* ---- writing -------------------------------------------------------------------------------- */

static struct node *backends_node(struct conversion *c, const struct entry *entry, const char *kind)
{
    struct node *list = node_list(c->nodes);
    struct slice namespace = stream_namespace(entry);
    for (size_t i = 0; i < entry->tunnel_count; i++) {
        const struct backend *backend = &entry->tunnel[i];
        if (!backend->service.len || !backend->port) {
            continue;
        }
        struct node *ref = node_map(c->nodes);
        node_set(c->nodes, ref, "name", node_string(c->nodes, backend->service));
        if (!slice_equal(backend->namespace, namespace)) {
            node_set(c->nodes, ref, "namespace", node_string(c->nodes, backend->namespace));
            grant_need(c, kind, namespace, "Service", backend->namespace, backend->service);
        }
        node_set(c->nodes, ref, "port", node_int(c->nodes, backend->port));
        if (entry->tunnel_count > 1) {
            node_set(c->nodes, ref, "weight", node_int(c->nodes, (int64_t)backend->weight));
        }
        node_add(c->nodes, list, ref);
    }
    return list;
}

static struct node *parents_node(struct conversion *c, const struct plane *plane,
                                 const struct listener_plan *listener, struct slice namespace)
{
    struct node *list = node_list(c->nodes), *ref = node_map(c->nodes);
    const struct set_plan *set = listener->set; /* null: the Gateway */
    struct slice home = set ? set->namespace : plane->namespace;
    if (set) {
        node_set(c->nodes, ref, "kind", text_node(c, "ListenerSet"));
    }
    node_set(c->nodes, ref, "name",
             node_string(c->nodes, set ? set->name : plane->gateway_names[listener->gateway]));
    if (home.len && !slice_equal(home, namespace)) {
        node_set(c->nodes, ref, "namespace", node_string(c->nodes, home));
    }
    node_set(c->nodes, ref, "sectionName", node_string(c->nodes, listener->name));
    node_add(c->nodes, list, ref);
    return list;
}

/* The kinds became v1 with the release that put them into the standard channel. */
static const char *stream_version(const struct conversion *c, enum stream_kind kind)
{
    bool stable = c->options->api_minor >= feature_since(kinds[kind].feature, false);
    return stable ? "gateway.networking.k8s.io/v1" : "gateway.networking.k8s.io/v1alpha2";
}

static void stream_write(struct conversion *c, const struct plane *plane,
                         const struct stream *stream)
{
    const struct entry *entry = stream->entry;
    enum stream_kind kind = stream->listener->stream;
    struct slice namespace = stream_namespace(entry);
    struct slice wanted = kind == STREAM_TLS && entry->origin.name.len
                              ? ARENA_JOIN(c->arena, entry->origin.name, SLICE("-passthrough"))
                              : stream->listener->name;
    struct slice name = name_claim(c->arena, names_in(c, namespace), wanted, stream->listener->name,
                                   ROUTE_NAME_MAX);
    struct node *object = object_node(c, stream_version(c, kind), kinds[kind].kind, namespace, name,
                                      origin_subject(c, &entry->origin));
    struct node *spec = node_map(c->nodes), *rules = node_list(c->nodes),
                *rule = node_map(c->nodes);
    labels_copy(c, object, &entry->origin);
    map_put(stream->listener->namespaces, namespace, stream->listener);
    node_set(c->nodes, spec, "parentRefs", parents_node(c, plane, stream->listener, namespace));
    if (kind == STREAM_TLS) {
        struct node *hostnames = node_list(c->nodes);
        node_add(c->nodes, hostnames, node_string(c->nodes, entry->sni.name));
        node_set(c->nodes, spec, "hostnames", hostnames);
    }
    node_set(c->nodes, rule, "backendRefs", backends_node(c, entry, kinds[kind].kind));
    node_add(c->nodes, rules, rule);
    node_set(c->nodes, spec, "rules", rules);
    node_set(c->nodes, object, "spec", spec);
    buf_clear(&c->text);
    document_write_yaml(object, &c->text);
    object_add(c, kinds[kind].kind, namespace, name);
}

void stream_routes_write(struct conversion *c, const struct plane *plane)
{
    for (size_t i = 0; i < plane->stream_count; i++) {
        stream_write(c, plane, &plane->streams[i]);
    }
}
