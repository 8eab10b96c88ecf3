#include "kube/decode_priv.h"

#define GATEWAY_GROUP "gateway.networking.k8s.io"

/* ---- GatewayClass ------------------------------------------------------------------------- */

static const struct field gateway_class_spec_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "controllerName", gateway_class, controller),
    FIELD_UNREAD("parametersRef", NODE_MAP),
    FIELD_UNREAD("description", NODE_STRING),
};
static const struct schema gateway_class_spec_schema =
    SCHEMA(gateway_class_spec_fields, gateway_class, NULL);
static const struct field gateway_class_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", gateway_class_spec_schema),
};
const struct schema gateway_class_schema = SCHEMA(gateway_class_fields, gateway_class, NULL);

/* ---- references --------------------------------------------------------------------------- */

#define REF_FIELDS                                                                                 \
    FIELD(TYPE_STRING, "group", object_ref, group), FIELD(TYPE_STRING, "kind", object_ref, kind),  \
        FIELD(TYPE_STRING, "namespace", object_ref, namespace),                                    \
        FIELD_REQUIRED(TYPE_STRING, "name", object_ref, name)

void ref_defaults(struct object_ref *ref, const char *group, const char *kind)
{
    ref->group = ref->group.ptr ? ref->group : slice_of(group);
    ref->kind = ref->kind.ptr ? ref->kind : slice_of(kind);
}

static void finish_parent(struct decoder *decoder, const struct where *where,
                          const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    ref_defaults(target, GATEWAY_GROUP, "Gateway");
}

static void finish_secret_ref(struct decoder *decoder, const struct where *where,
                              const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    ref_defaults(target, "", "Secret");
}

static void finish_service_ref(struct decoder *decoder, const struct where *where,
                               const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    ref_defaults(target, "", "Service");
}

static const struct field parent_fields[] = {
    REF_FIELDS,
    FIELD(TYPE_STRING, "sectionName", object_ref, section_name),
    FIELD(TYPE_PORT, "port", object_ref, port),
};
const struct schema parent_ref_schema = SCHEMA_SPAN(parent_fields, object_ref, span, finish_parent);
static const struct field secret_ref_fields[] = {REF_FIELDS};
static const struct schema secret_ref_schema =
    SCHEMA_SPAN(secret_ref_fields, object_ref, span, finish_secret_ref);
const struct schema plain_ref_schema = SCHEMA_SPAN(secret_ref_fields, object_ref, span, NULL);
static const struct field service_ref_fields[] = {
    REF_FIELDS,
    FIELD(TYPE_PORT, "port", object_ref, port),
};
const struct schema service_ref_schema =
    SCHEMA_SPAN(service_ref_fields, object_ref, span, finish_service_ref);

/* ---- Gateway ------------------------------------------------------------------------------ */

static void read_from(struct decoder *decoder, const struct where *where, const struct node *node,
                      void *target)
{
    static const char *const names[] = {"Same", "All", "Selector", "None"};
    size_t choice = 0;
    if (decode_choice(decoder, where, node, names, ARRAY_LEN(names), &choice)) {
        ((struct listener *)target)->from = (enum namespaces_from)choice;
    }
}

static const struct field requirement_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "key", label_requirement, key),
    FIELD_REQUIRED(TYPE_STRING, "operator", label_requirement, operator),
    FIELD(TYPE_STRINGS, "values", label_requirement, values),
};
static const struct schema requirement_schema = SCHEMA(requirement_fields, label_requirement, NULL);
static const struct field selector_fields[] = {
    FIELD(TYPE_LABELS, "matchLabels", label_selector, match_labels),
    FIELD_OBJECTS("matchExpressions", label_selector, expressions, expression_count,
                  requirement_schema),
};
static const struct schema selector_schema = SCHEMA(selector_fields, label_selector, NULL);
static const struct field namespaces_fields[] = {
    FIELD_CUSTOM("from", read_from),
    FIELD_OBJECT("selector", listener, selector, selector_schema),
};
static const struct schema namespaces_schema = SCHEMA(namespaces_fields, listener, NULL);

static void finish_route_kind(struct decoder *decoder, const struct where *where,
                              const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    struct route_kind *kind = target;
    kind->group = kind->group.ptr ? kind->group : SLICE(GATEWAY_GROUP);
}

static const struct field route_kind_fields[] = {
    FIELD(TYPE_STRING, "group", route_kind, group),
    FIELD_REQUIRED(TYPE_STRING, "kind", route_kind, kind),
};
static const struct schema route_kind_schema =
    SCHEMA(route_kind_fields, route_kind, finish_route_kind);
static const struct field allowed_fields[] = {
    FIELD_INLINE("namespaces", namespaces_schema),
    FIELD_OBJECTS("kinds", listener, kinds, kind_count, route_kind_schema),
};
static const struct schema allowed_schema = SCHEMA(allowed_fields, listener, NULL);

static void finish_tls(struct decoder *decoder, const struct where *where, const struct node *node,
                       void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    struct listener *listener = target;
    listener->has_tls = true;
    listener->tls_mode = listener->tls_mode.ptr ? listener->tls_mode : SLICE("Terminate");
}

static const struct field tls_fields[] = {
    FIELD(TYPE_STRING, "mode", listener, tls_mode),
    FIELD_OBJECTS("certificateRefs", listener, certificates, certificate_count, secret_ref_schema),
    FIELD(TYPE_LABELS, "options", listener, tls_options),
    FIELD_UNREAD("frontendValidation", NODE_MAP),
};
static const struct schema tls_schema = SCHEMA(tls_fields, listener, finish_tls);
static const struct field listener_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "name", listener, name),
    FIELD(TYPE_STRING, "hostname", listener, hostname),
    FIELD_REQUIRED(TYPE_PORT, "port", listener, port),
    FIELD_REQUIRED(TYPE_STRING, "protocol", listener, protocol),
    FIELD_INLINE("tls", tls_schema),
    FIELD_INLINE("allowedRoutes", allowed_schema),
};
const struct schema listener_schema = SCHEMA_SPAN(listener_fields, listener, span, NULL);

/* Of allowedListeners, where None is the default. */
static void read_sets_from(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    static const char *const names[] = {"Same", "All", "Selector", "None"};
    size_t choice = 0;
    if (decode_choice(decoder, where, node, names, ARRAY_LEN(names), &choice)) {
        ((struct gateway *)target)->sets_from = (enum namespaces_from)choice;
    }
}

static const struct field sets_namespaces_fields[] = {
    FIELD_CUSTOM("from", read_sets_from),
    FIELD_OBJECT("selector", gateway, sets_selector, selector_schema),
};
static const struct schema sets_namespaces_schema = SCHEMA(sets_namespaces_fields, gateway, NULL);
static const struct field allowed_listeners_fields[] = {
    FIELD_INLINE("namespaces", sets_namespaces_schema),
};
static const struct schema allowed_listeners_schema =
    SCHEMA(allowed_listeners_fields, gateway, NULL);

static void finish_gateway(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    const struct node *namespaces = node_get(node_get(node, "allowedListeners"), "namespaces");
    if (!node_get(namespaces, "from")) {
        ((struct gateway *)target)->sets_from = FROM_NONE;
    }
}

static const struct field gateway_spec_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "gatewayClassName", gateway, class_name),
    {.name = "listeners",
     .type = TYPE_OBJECTS,
     .required = true,
     .offset = offsetof(struct gateway, listeners),
     .count_offset = offsetof(struct gateway, listener_count),
     .span_offset = NO_OFFSET,
     .child = &listener_schema},
    FIELD_UNREAD("addresses", NODE_LIST),
    FIELD_UNREAD("infrastructure", NODE_MAP),
    FIELD_INLINE("allowedListeners", allowed_listeners_schema),
    FIELD_UNREAD("tls", NODE_MAP),
    FIELD_IGNORED("backendTLS"),
    FIELD(TYPE_STRING, "defaultScope", gateway, default_scope),
};
static const struct schema gateway_spec_schema =
    SCHEMA(gateway_spec_fields, gateway, finish_gateway);
static const struct field gateway_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", gateway_spec_schema),
};
const struct schema gateway_schema = SCHEMA(gateway_fields, gateway, NULL);

/* ---- ReferenceGrant ----------------------------------------------------------------------- */

static const struct field grant_from_fields[] = {
    FIELD(TYPE_STRING, "group", object_ref, group),
    FIELD_REQUIRED(TYPE_STRING, "kind", object_ref, kind),
    FIELD_REQUIRED(TYPE_STRING, "namespace", object_ref, namespace),
};
static const struct schema grant_from_schema =
    SCHEMA_SPAN(grant_from_fields, object_ref, span, NULL);
static const struct field grant_to_fields[] = {
    FIELD(TYPE_STRING, "group", object_ref, group),
    FIELD_REQUIRED(TYPE_STRING, "kind", object_ref, kind),
    FIELD(TYPE_STRING, "name", object_ref, name),
};
static const struct schema grant_to_schema = SCHEMA_SPAN(grant_to_fields, object_ref, span, NULL);
static const struct field grant_spec_fields[] = {
    FIELD_OBJECTS("from", reference_grant, from, from_count, grant_from_schema),
    FIELD_OBJECTS("to", reference_grant, to, to_count, grant_to_schema),
};
static const struct schema grant_spec_schema = SCHEMA(grant_spec_fields, reference_grant, NULL);
static const struct field grant_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", grant_spec_schema),
};
const struct schema reference_grant_schema = SCHEMA(grant_fields, reference_grant, NULL);
