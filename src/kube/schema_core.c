#include "kube/decode_priv.h"

static void read_target_port(struct decoder *decoder, const struct where *where,
                             const struct node *node, void *target)
{
    struct service_port *port = target;
    uint64_t number;
    if (node->kind == NODE_INT && node->integer > 0 && node->integer <= 65535) {
        port->target_port = (uint16_t)node->integer;
    } else if (node->kind == NODE_STRING && slice_to_uint(node->text, 65535, &number)) {
        decode_error(decoder, DIAG_K003, where, node->span,
                     "must be a port number or the name of a port; write " SLICE_FMT
                     " without quotes",
                     SLICE_ARG(node->text));
    } else if (node->kind == NODE_STRING) {
        port->target_name = node->text;
    } else {
        decode_error(decoder, DIAG_K003, where, node->span,
                     "must be a port number from 1 to 65535 or the name of a port");
    }
}

static void read_optional_port(struct decoder *decoder, const struct where *where,
                               const struct node *node, void *target)
{
    struct service_port *port = target;
    if (node->kind == NODE_INT && node->integer > 0 && node->integer <= 65535) {
        port->port = (uint16_t)node->integer;
    } else {
        decode_error(decoder, DIAG_K003, where, node->span, "must be a port number");
    }
}

static const struct field service_port_fields[] = {
    FIELD(TYPE_STRING, "name", service_port, name),
    FIELD(TYPE_STRING, "protocol", service_port, protocol),
    FIELD(TYPE_STRING, "appProtocol", service_port, app_protocol),
    FIELD_REQUIRED(TYPE_PORT, "port", service_port, port),
    FIELD_CUSTOM("targetPort", read_target_port),
    FIELD_UNREAD("nodePort", NODE_INT),
};
static const struct schema service_port_schema = SCHEMA(service_port_fields, service_port, NULL);

static const struct field service_spec_fields[] = {
    FIELD(TYPE_STRING, "type", service, type),
    FIELD(TYPE_STRING, "clusterIP", service, cluster_ip),
    FIELD(TYPE_STRING, "externalName", service, external_name),
    FIELD_OBJECTS("ports", service, ports, port_count, service_port_schema),
    FIELD(TYPE_LABELS, "selector", service, selector),
    FIELD_UNREAD("clusterIPs", NODE_LIST),
    FIELD_UNREAD("externalIPs", NODE_LIST),
    FIELD_UNREAD("sessionAffinity", NODE_STRING),
    FIELD_UNREAD("sessionAffinityConfig", NODE_MAP),
    FIELD_UNREAD("loadBalancerIP", NODE_STRING),
    FIELD_SPAN(TYPE_STRINGS, "loadBalancerSourceRanges", service, source_ranges, source_span),
    FIELD_UNREAD("loadBalancerClass", NODE_STRING),
    FIELD(TYPE_STRING, "externalTrafficPolicy", service, external_policy),
    FIELD_UNREAD("internalTrafficPolicy", NODE_STRING),
    FIELD_UNREAD("healthCheckNodePort", NODE_INT),
    FIELD_UNREAD("publishNotReadyAddresses", NODE_BOOL),
    FIELD_UNREAD("ipFamilies", NODE_LIST),
    FIELD_UNREAD("ipFamilyPolicy", NODE_STRING),
    FIELD_UNREAD("allocateLoadBalancerNodePorts", NODE_BOOL),
    FIELD_UNREAD("trafficDistribution", NODE_STRING),
    FIELD_UNREAD("topologyKeys", NODE_LIST),
};
static const struct schema service_spec_schema = SCHEMA(service_spec_fields, service, NULL);

static const struct field service_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE("spec", service_spec_schema),
};
const struct schema service_schema = SCHEMA(service_fields, service, NULL);

struct endpoint {
    struct slices addresses;
    bool ready;
};
static const struct field condition_fields[] = {
    FIELD(TYPE_BOOL, "ready", endpoint, ready),
    FIELD_UNREAD("serving", NODE_BOOL),
    FIELD_UNREAD("terminating", NODE_BOOL),
};
static const struct schema conditions_schema = SCHEMA(condition_fields, endpoint, NULL);
static const struct field endpoint_fields[] = {
    FIELD(TYPE_STRINGS, "addresses", endpoint, addresses),
    FIELD_INLINE("conditions", conditions_schema),
    FIELD_UNREAD("deprecatedTopology", NODE_MAP),
    FIELD_UNREAD("hints", NODE_MAP),
    FIELD_UNREAD("hostname", NODE_STRING),
    FIELD_UNREAD("nodeName", NODE_STRING),
    FIELD_UNREAD("targetRef", NODE_MAP),
    FIELD_UNREAD("zone", NODE_STRING),
};
static const struct schema endpoint_schema = SCHEMA(endpoint_fields, endpoint, NULL);

static void read_endpoints(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    struct endpoint_slice *slice = target;
    if (node->kind != NODE_LIST) {
        decode_wrong_type(decoder, where, node, NODE_LIST);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        struct where item = {where, NULL, i};
        /* "ready" that is not given counts as ready (discovery/v1 EndpointConditions). */
        struct endpoint endpoint = {.ready = true};
        decode_object(decoder, &endpoint_schema, &item, node->items[i], &endpoint);
        slice->total_count += endpoint.addresses.count;
        slice->ready_count += endpoint.ready ? endpoint.addresses.count : 0;
    }
}

static const struct field endpoint_port_fields[] = {
    FIELD(TYPE_STRING, "name", service_port, name),
    FIELD(TYPE_STRING, "protocol", service_port, protocol),
    FIELD(TYPE_STRING, "appProtocol", service_port, app_protocol),
    FIELD_CUSTOM("port", read_optional_port),
};
static const struct schema endpoint_port_schema = SCHEMA(endpoint_port_fields, service_port, NULL);

static void finish_endpoint_slice(struct decoder *decoder, const struct where *where,
                                  const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    struct endpoint_slice *slice = target;
    const struct label *owner = labels_find(&slice->object.labels, "kubernetes.io/service-name");
    slice->service = owner ? owner->value : SLICE_ABSENT;
}

static const struct field endpoint_slice_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("addressType", NODE_STRING),
    FIELD_CUSTOM("endpoints", read_endpoints),
    FIELD_OBJECTS("ports", endpoint_slice, ports, port_count, endpoint_port_schema),
};
const struct schema endpoint_slice_schema =
    SCHEMA(endpoint_slice_fields, endpoint_slice, finish_endpoint_slice);

static const struct field config_map_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD(TYPE_LABELS, "data", config_map, data),
    FIELD_UNREAD("binaryData", NODE_MAP),
    FIELD_UNREAD("immutable", NODE_BOOL),
};
const struct schema config_map_schema = SCHEMA(config_map_fields, config_map, NULL);

static const struct field namespace_fields[] = {
    FIELD_IGNORED("apiVersion"),      FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),        FIELD_UNREAD("spec", NODE_MAP),
    FIELD_UNREAD("status", NODE_MAP),
};
const struct schema namespace_schema = SCHEMA(namespace_fields, namespace, NULL);
