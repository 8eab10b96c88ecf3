#include "kube/decode_priv.h"

/* Kinds that are kept as trees until somebody asks for them. */

/* ---- ListenerSet -------------------------------------------------------------------------- */

static const struct field set_spec_fields[] = {
    FIELD_OBJECT("parentRef", listener_set, parent, parent_ref_schema),
    FIELD_OBJECTS("listeners", listener_set, listeners, listener_count, listener_schema),
};
static const struct schema set_spec_schema = SCHEMA(set_spec_fields, listener_set, NULL);
static const struct field set_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", set_spec_schema),
};
static const struct schema listener_set_schema = SCHEMA(set_fields, listener_set, NULL);

/* ---- TLSRoute, TCPRoute and UDPRoute -------------------------------------------------------- */

static const struct field stream_rule_fields[] = {
    FIELD(TYPE_STRING, "name", http_rule, name),
    FIELD_OBJECTS("backendRefs", http_rule, backends, backend_count, stream_backend_schema),
};
static const struct schema stream_rule_schema =
    SCHEMA_SPAN(stream_rule_fields, http_rule, span, NULL);
static const struct field stream_spec_fields[] = {
    FIELD_OBJECTS("parentRefs", http_route, parents, parent_count, parent_ref_schema),
    FIELD_OBJECTS("rules", http_route, rules, rule_count, stream_rule_schema),
    FIELD(TYPE_STRING, "useDefaultGateways", http_route, default_gateways),
};
static const struct schema stream_spec_schema = SCHEMA(stream_spec_fields, http_route, NULL);
static const struct field stream_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", stream_spec_schema),
};
static const struct schema stream_schema = SCHEMA(stream_fields, http_route, NULL);

static const struct field tls_spec_fields[] = {
    FIELD_OBJECTS("parentRefs", http_route, parents, parent_count, parent_ref_schema),
    FIELD(TYPE_STRINGS, "hostnames", http_route, hostnames),
    FIELD_OBJECTS("rules", http_route, rules, rule_count, stream_rule_schema),
    FIELD(TYPE_STRING, "useDefaultGateways", http_route, default_gateways),
};
static const struct schema tls_spec_schema = SCHEMA(tls_spec_fields, http_route, NULL);
static const struct field tls_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", tls_spec_schema),
};
static const struct schema tls_route_schema = SCHEMA(tls_fields, http_route, NULL);

/* ---- BackendTLSPolicy ----------------------------------------------------------------------- */

static const struct field target_fields[] = {
    FIELD(TYPE_STRING, "group", object_ref, group),
    FIELD_REQUIRED(TYPE_STRING, "kind", object_ref, kind),
    FIELD_REQUIRED(TYPE_STRING, "name", object_ref, name),
    FIELD(TYPE_STRING, "sectionName", object_ref, section_name),
};
static const struct schema target_schema = SCHEMA_SPAN(target_fields, object_ref, span, NULL);
static const struct field authority_fields[] = {
    FIELD(TYPE_STRING, "group", object_ref, group),
    FIELD_REQUIRED(TYPE_STRING, "kind", object_ref, kind),
    FIELD_REQUIRED(TYPE_STRING, "name", object_ref, name),
};
static const struct schema authority_schema = SCHEMA_SPAN(authority_fields, object_ref, span, NULL);
static const struct field subject_name_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "type", subject_name, type),
    FIELD(TYPE_STRING, "hostname", subject_name, hostname),
    FIELD(TYPE_STRING, "uri", subject_name, uri),
};
static const struct schema subject_name_schema = SCHEMA(subject_name_fields, subject_name, NULL);
static const struct field validation_fields[] = {
    FIELD_OBJECTS("caCertificateRefs", backend_tls_policy, authorities, authority_count,
                  authority_schema),
    FIELD(TYPE_STRING, "wellKnownCACertificates", backend_tls_policy, well_known),
    FIELD_REQUIRED(TYPE_STRING, "hostname", backend_tls_policy, hostname),
    FIELD_OBJECTS("subjectAltNames", backend_tls_policy, names, name_count, subject_name_schema),
};
static const struct schema validation_schema = SCHEMA(validation_fields, backend_tls_policy, NULL);
static const struct field policy_spec_fields[] = {
    FIELD_OBJECTS("targetRefs", backend_tls_policy, targets, target_count, target_schema),
    FIELD_INLINE_REQUIRED("validation", validation_schema),
    FIELD_UNREAD("options", NODE_MAP),
};
static const struct schema policy_spec_schema =
    SCHEMA(policy_spec_fields, backend_tls_policy, NULL);
static const struct field policy_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", policy_spec_schema),
};
static const struct schema policy_schema = SCHEMA(policy_fields, backend_tls_policy, NULL);

/* ---- asking --------------------------------------------------------------------------------- */

static bool decode(struct run *run, const struct object *object, const struct schema *schema,
                   void *target)
{
    struct decoder decoder = {.run = run, .subject = object->subject};
    *(struct object *)target = *object;
    decode_object(&decoder, schema, NULL, object->root, target);
    return decoder.errors == 0;
}

static const struct http_route *decode_route(struct run *run, const struct object *object,
                                             const struct schema *schema)
{
    struct http_route *route = ARENA_NEW(run->arena, struct http_route);
    return decode(run, object, schema, route) ? route : NULL;
}

const struct http_route *kube_grpc_route(struct run *run, const struct object *object)
{
    return decode_route(run, object, &grpc_route_schema);
}

const struct http_route *kube_stream_route(struct run *run, const struct object *object)
{
    bool named = slice_is(object->kind_name, "TLSRoute");
    return decode_route(run, object, named ? &tls_route_schema : &stream_schema);
}

const struct listener_set *kube_listener_set(struct run *run, const struct object *object)
{
    struct listener_set *set = ARENA_NEW(run->arena, struct listener_set);
    return decode(run, object, &listener_set_schema, set) ? set : NULL;
}

const struct backend_tls_policy *kube_backend_tls_policy(struct run *run,
                                                         const struct object *object)
{
    struct backend_tls_policy *policy = ARENA_NEW(run->arena, struct backend_tls_policy);
    return decode(run, object, &policy_schema, policy) ? policy : NULL;
}
