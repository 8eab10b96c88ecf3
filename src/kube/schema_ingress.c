#include "kube/decode_priv.h"

#include "http/http.h"

/* Checks: kubernetes pkg/apis/networking/validation/validation.go. */

static void check_port_name(struct decoder *decoder, const struct where *where,
                            const struct node *node, struct slice name)
{
    bool letter = false, fine = name.len >= 1 && name.len <= 15;
    for (size_t i = 0; fine && i < name.len; i++) {
        char c = name.ptr[i];
        letter = letter || (c >= 'a' && c <= 'z');
        fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0);
    }
    if (!fine || !letter) {
        decode_error(decoder, DIAG_K008, where, node->span,
                     "must be a port name (at most 15 of a-z, 0-9 and '-'), but is '" SLICE_FMT "'",
                     SLICE_ARG(name));
    }
}

static void finish_port(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    struct ingress_backend *backend = target;
    bool number = backend->port != 0, name = backend->port_name.len != 0;
    if (number == name) {
        decode_error(decoder, DIAG_K005, where, node->span,
                     number ? "has both a number and a name; keep one"
                            : "needs a number or a name");
    } else if (name) {
        check_port_name(decoder, where, node_get(node, "name"), backend->port_name);
    }
}

static const struct field port_fields[] = {
    FIELD(TYPE_STRING, "name", ingress_backend, port_name),
    FIELD(TYPE_PORT, "number", ingress_backend, port),
};
static const struct schema port_schema = {port_fields, ARRAY_LEN(port_fields),
                                          sizeof(struct ingress_backend),
                                          offsetof(struct ingress_backend, port_span), finish_port};

static void finish_service(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    const struct ingress_backend *backend = target;
    struct where name = {where, "name", 0};
    if (!is_dns_label(backend->service)) {
        decode_error(decoder, DIAG_K008, &name, node_get(node, "name")->span,
                     "must be the name of a Service (a-z, 0-9 and '-'), but is '" SLICE_FMT "'",
                     SLICE_ARG(backend->service));
    }
}

static const struct field service_backend_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "name", ingress_backend, service),
    {.name = "port", .type = TYPE_OBJECT, .required = true, .span_offset = NO_OFFSET,
     .child = &port_schema},
};
static const struct schema service_backend_schema =
    SCHEMA(service_backend_fields, ingress_backend, finish_service);

static const struct field resource_fields[] = {
    FIELD(TYPE_STRING, "apiGroup", ingress_backend, resource_group),
    FIELD_REQUIRED(TYPE_STRING, "kind", ingress_backend, resource_kind),
    FIELD_REQUIRED(TYPE_STRING, "name", ingress_backend, resource_name),
};
static const struct schema resource_schema = SCHEMA(resource_fields, ingress_backend, NULL);

static void finish_backend(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    struct ingress_backend *backend = target;
    bool service = node_get(node, "service") != NULL, resource = node_get(node, "resource") != NULL;
    if (service == resource) {
        decode_error(decoder, DIAG_K005, where, node->span,
                     service ? "has both a service and a resource; keep one"
                             : "needs a service with name and port");
    }
    backend->present = true;
}

static const struct field backend_fields[] = {
    FIELD_INLINE("service", service_backend_schema),
    FIELD_INLINE("resource", resource_schema),
};
static const struct schema backend_schema =
    SCHEMA_SPAN(backend_fields, ingress_backend, span, finish_backend);

static void read_path_type(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    static const char *const names[] = {"Exact", "Prefix", "ImplementationSpecific"};
    struct ingress_path *path = target;
    struct slice text = decode_string(decoder, where, node);
    path->type_span = node->span;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_is(text, names[i])) {
            path->type = (enum path_type)i;
            return;
        }
    }
    if (text.ptr) {
        const char *close = diag_closest(text, names, ARRAY_LEN(names));
        decode_error(decoder, DIAG_K007, where, node->span,
                     "must be Exact, Prefix or ImplementationSpecific, but is '" SLICE_FMT
                     "'%s%s%s",
                     SLICE_ARG(text), close ? "; did you mean '" : "", close ? close : "",
                     close ? "'?" : "");
    }
}

static void finish_path(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    const struct ingress_path *path = target;
    const struct node *text = node_get(node, "path");
    struct where here = {where, "path", 0};
    struct span span = text ? text->span : node->span;
    bool strict = path->type != PATH_TYPE_IMPLEMENTATION_SPECIFIC;
    if ((strict || path->path.len) && (path->path.len == 0 || path->path.ptr[0] != '/')) {
        decode_error(decoder, DIAG_K009, &here, span, "must begin with '/', but is '" SLICE_FMT "'",
                     SLICE_ARG(path->path));
        return;
    }
    static const char *const inside[] = {"//", "/./", "/../", "%2f", "%2F"};
    for (size_t i = 0; strict && i < ARRAY_LEN(inside); i++) {
        if (slice_contains(path->path, slice_of(inside[i]))) {
            decode_error(decoder, DIAG_K009, &here, span,
                         "must not contain '%s' with pathType Exact or Prefix", inside[i]);
        }
    }
    if (strict && (slice_ends(path->path, SLICE("/..")) || slice_ends(path->path, SLICE("/.")))) {
        decode_error(decoder, DIAG_K009, &here, span, "must not end in '/.' or '/..'");
    }
}

static const struct field path_fields[] = {
    FIELD_SPAN(TYPE_STRING, "path", ingress_path, path, path_span),
    {.name = "pathType", .type = TYPE_CUSTOM, .required = true, .span_offset = NO_OFFSET,
     .custom = read_path_type},
    {.name = "backend", .type = TYPE_OBJECT, .required = true,
     .offset = offsetof(struct ingress_path, backend), .span_offset = NO_OFFSET,
     .child = &backend_schema},
};
static const struct schema path_schema = SCHEMA_SPAN(path_fields, ingress_path, span, finish_path);

static void finish_http(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    struct ingress_rule *rule = target;
    rule->has_http = true;
    if (rule->path_count == 0) {
        decode_error(decoder, DIAG_K005, where, node->span,
                     "needs at least one path; leave 'http' out to send the host to the default "
                     "backend");
    }
}

static const struct field http_fields[] = {
    FIELD_OBJECTS("paths", ingress_rule, paths, path_count, path_schema),
};
static const struct schema http_schema = SCHEMA(http_fields, ingress_rule, finish_http);

static void finish_rule(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    const struct ingress_rule *rule = target;
    struct slice host = rule->host;
    struct where here = {where, "host", 0};
    struct address address;
    if (host.len == 0) {
        return;
    }
    struct span span = node_get(node, "host")->span;
    if (address_parse(host, &address)) {
        decode_error(decoder, DIAG_K010, &here, span,
                     "must be a DNS name, not the address '" SLICE_FMT "'", SLICE_ARG(host));
    } else if (slice_find(host, '*', 0) < host.len) {
        if (!is_wildcard_host(host)) {
            decode_error(decoder, DIAG_K010, &here, span,
                         "may have '*' only as its whole first label, as in '*.example.com', but is "
                         "'" SLICE_FMT "'",
                         SLICE_ARG(host));
        }
    } else if (!is_dns_subdomain(host)) {
        decode_error(decoder, DIAG_K010, &here, span,
                     "must be a DNS name in lower case without scheme, port or underscore, but is "
                     "'" SLICE_FMT "'%s",
                     SLICE_ARG(host),
                     slice_find(host, '$', 0) < host.len || slice_find(host, '{', 0) < host.len
                         ? " (is this a template that has to be rendered first?)"
                         : "");
    }
}

static const struct field rule_fields[] = {
    FIELD_SPAN(TYPE_STRING, "host", ingress_rule, host, host_span),
    FIELD_INLINE("http", http_schema),
};
static const struct schema rule_schema = SCHEMA_SPAN(rule_fields, ingress_rule, span, finish_rule);

static void read_tls_hosts(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    struct ingress_tls *tls = target;
    if (node->kind != NODE_LIST) {
        decode_error(decoder, DIAG_K003, where, node->span, "must be a list, not %s",
                     node_kind_name(node->kind));
        return;
    }
    tls->hosts = ARENA_ARRAY(decoder->run->arena, struct slice, node->count);
    for (size_t i = 0; i < node->count; i++) {
        struct where item = {where, NULL, i};
        struct slice host = decode_string(decoder, &item, node->items[i]);
        if (host.ptr && !is_wildcard_host(host) && !is_dns_subdomain(host)) {
            decode_error(decoder, DIAG_K010, &item, node->items[i]->span,
                         "must be a DNS name in lower case, but is '" SLICE_FMT "'",
                         SLICE_ARG(host));
        } else if (host.ptr) {
            tls->hosts[tls->host_count++] = host;
        }
    }
}

static void finish_tls(struct decoder *decoder, const struct where *where, const struct node *node,
                       void *target)
{
    const struct ingress_tls *tls = target;
    struct where here = {where, "secretName", 0};
    if (tls->secret.len && !is_dns_subdomain(tls->secret)) {
        decode_error(decoder, DIAG_K008, &here, node_get(node, "secretName")->span,
                     "must be the name of a Secret in the namespace of the Ingress, but is "
                     "'" SLICE_FMT "'",
                     SLICE_ARG(tls->secret));
    }
}

static const struct field tls_fields[] = {
    FIELD_CUSTOM("hosts", read_tls_hosts),
    FIELD(TYPE_STRING, "secretName", ingress_tls, secret),
};
static const struct schema tls_schema = SCHEMA_SPAN(tls_fields, ingress_tls, span, finish_tls);

static void finish_spec(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    const struct ingress *ingress = target;
    if (!ingress->default_backend.present && ingress->rule_count == 0) {
        decode_error(decoder, DIAG_K005, where, node->span,
                     "needs rules or a defaultBackend; without both nothing is routed");
    }
    struct where here = {where, "ingressClassName", 0};
    if (ingress->class_name.ptr && !is_dns_subdomain(ingress->class_name)) {
        decode_error(decoder, DIAG_K008, &here, ingress->class_span,
                     "must be the name of an IngressClass, but is '" SLICE_FMT "'",
                     SLICE_ARG(ingress->class_name));
    }
}

static const struct field spec_fields[] = {
    FIELD_SPAN(TYPE_STRING, "ingressClassName", ingress, class_name, class_span),
    FIELD_OBJECT("defaultBackend", ingress, default_backend, backend_schema),
    FIELD_OBJECTS("tls", ingress, tls, tls_count, tls_schema),
    FIELD_OBJECTS("rules", ingress, rules, rule_count, rule_schema),
};
static const struct schema spec_schema = SCHEMA(spec_fields, ingress, finish_spec);

static const struct field ingress_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_IGNORED("status"),
    {.name = "spec", .type = TYPE_OBJECT, .required = true, .span_offset = NO_OFFSET,
     .child = &spec_schema},
};
const struct schema ingress_schema = SCHEMA(ingress_fields, ingress, NULL);

static const struct field class_spec_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "controller", ingress_class, controller),
    FIELD_IGNORED("parameters"),
};
static const struct schema class_spec_schema = SCHEMA(class_spec_fields, ingress_class, NULL);

static void finish_class(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    struct ingress_class *class = target;
    const struct label *mark =
        labels_find(&class->object.annotations, "ingressclass.kubernetes.io/is-default-class");
    class->is_default = mark && slice_is(mark->value, "true");
}

static const struct field class_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    {.name = "spec", .type = TYPE_OBJECT, .required = true, .span_offset = NO_OFFSET,
     .child = &class_spec_schema},
};
const struct schema ingress_class_schema = SCHEMA(class_fields, ingress_class, finish_class);
