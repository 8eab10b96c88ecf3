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
        decode_error(decoder, number ? DIAG_K018 : DIAG_K005, where, node->span,
                     number ? "has both a number and a name; keep one"
                            : "needs a number or a name");
    } else if (name) {
        check_port_name(decoder, where, node_get(node, "name"), backend->port_name);
    }
}

static const struct field port_fields[] = {
    {.name = "name",
     .type = TYPE_STRING,
     .offset = offsetof(struct ingress_backend, port_name),
     .span_offset = NO_OFFSET,
     .hint = "the number of a port belongs into 'number'"},
    {.name = "number",
     .type = TYPE_PORT,
     .offset = offsetof(struct ingress_backend, port),
     .span_offset = NO_OFFSET,
     .hint = "the name of a port belongs into 'name'"},
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
    FIELD_INLINE_REQUIRED("port", port_schema),
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
        decode_error(decoder, service ? DIAG_K018 : DIAG_K005, where, node->span,
                     service ? "has both a service and a resource; keep one"
                             : "needs a service with name and port");
    }
    backend->present = true;
}

static const struct field backend_fields[] = {
    FIELD_INLINE("service", service_backend_schema),
    FIELD_INLINE("resource", resource_schema),
    FIELD_OLD("serviceName", "'service.name'"),
    FIELD_OLD("servicePort", "'service.port.number', or 'service.port.name' for a named port"),
};
static const struct schema backend_schema =
    SCHEMA_SPAN(backend_fields, ingress_backend, span, finish_backend);

static void read_path_type(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    static const char *const names[] = {"Exact", "Prefix", "ImplementationSpecific"};
    struct ingress_path *path = target;
    size_t choice = 0;
    path->type_span = node->span;
    if (decode_choice(decoder, where, node, names, ARRAY_LEN(names), &choice)) {
        path->type = (enum path_type)choice;
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
    if (strict && !text) {
        decode_error(decoder, DIAG_K009, &here, span,
                     "is missing; only pathType ImplementationSpecific may leave it out");
        return;
    }
    if ((strict || path->path.len) && (path->path.len == 0 || path->path.ptr[0] != '/')) {
        decode_error(decoder, DIAG_K009, &here, span, "must begin with '/', but is '" SLICE_FMT "'",
                     SLICE_ARG(path->path));
        return;
    }
    if (!strict || path_is_simple(path->path)) {
        return;
    }
    const char *part;
    for (size_t i = 0; (part = path_refused_part(path->path, &i)) != NULL;) {
        decode_error(decoder, DIAG_K009, &here, span,
                     "must not contain '%s' with pathType Exact or Prefix", part);
    }
    if (path_ends_in_dots(path->path)) {
        decode_error(decoder, DIAG_K009, &here, span, "must not end in '/.' or '/..'");
    }
}

static const struct field path_fields[] = {
    FIELD_SPAN(TYPE_STRING, "path", ingress_path, path, path_span),
    {.name = "pathType",
     .type = TYPE_CUSTOM,
     .required = true,
     .span_offset = NO_OFFSET,
     .custom = read_path_type},
    {.name = "backend",
     .type = TYPE_OBJECT,
     .required = true,
     .offset = offsetof(struct ingress_path, backend),
     .span_offset = NO_OFFSET,
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

/* What is wrong with a host, for the person who has to mend it; the first one that applies. */
static const char *host_advice(struct slice host)
{
    static const struct {
        const char *bytes, *advice;
    } rows[] = {
        {"{$<", "render the template first"},
        {"*", "'*' may only be the whole first label, as in '*.example.com'"},
        {"/", "leave out scheme and path"},
        {":", "leave out the port, an Ingress always has 80 and 443"},
        {"_", "'_' is not allowed in host names"},
        {" \t", "leave out the blanks; one host is one entry"},
        {",", "one host is one entry"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "write it in lower case"},
    };
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        for (const char *byte = rows[r].bytes; *byte; byte++) {
            if (slice_find(host, *byte, 0) < host.len) {
                return rows[r].advice;
            }
        }
    }
    return slice_ends(host, SLICE(".")) ? "leave out the '.' at its end"
                                        : "each label has a-z, 0-9 and '-', and begins and ends "
                                          "with a letter or digit";
}

static bool check_host(struct decoder *decoder, const struct where *where, const struct node *node,
                       struct slice host)
{
    bool wildcard = slice_find(host, '*', 0) < host.len;
    if (wildcard ? is_wildcard_host(host) : is_dns_subdomain(host)) {
        return true;
    }
    decode_error(decoder, DIAG_K010, where, node->span,
                 "must be a DNS name such as 'shop.example.com', but is '" SLICE_FMT "'; %s",
                 SLICE_ARG(host), host_advice(host));
    return false;
}

static void finish_rule(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    const struct ingress_rule *rule = target;
    struct where here = {where, "host", 0};
    struct address address;
    if (rule->host.len == 0) {
        return;
    }
    if (address_parse(rule->host, &address)) {
        decode_error(decoder, DIAG_K010, &here, rule->host_span,
                     "must be a DNS name, not the address '" SLICE_FMT
                     "'; leave it out to answer for every host",
                     SLICE_ARG(rule->host));
    } else {
        check_host(decoder, &here, node_get(node, "host"), rule->host);
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
        decode_wrong_type(decoder, where, node, NODE_LIST);
        return;
    }
    tls->hosts = ARENA_ARRAY(decoder->run->arena, struct slice, node->count);
    for (size_t i = 0; i < node->count; i++) {
        struct where item = {where, NULL, i};
        struct slice host = decode_string(decoder, &item, node->items[i]);
        if (host.ptr && check_host(decoder, &item, node->items[i], host)) {
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
    const struct node *rules = node_get(node, "rules");
    if (!node_get(node, "defaultBackend") && (!rules || rules->count == 0)) {
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
    FIELD_OLD("backend", "'defaultBackend'"),
};
static const struct schema spec_schema = SCHEMA(spec_fields, ingress, finish_spec);

static const struct field ingress_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", spec_schema),
};
const struct schema ingress_schema = SCHEMA(ingress_fields, ingress, NULL);

static const struct field class_spec_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "controller", ingress_class, controller),
    FIELD_UNREAD("parameters", NODE_MAP),
};

/* A domain, "/" and a path, at most 250 bytes (validation.go, ValidateIngressClass). */
static void finish_class_spec(struct decoder *decoder, const struct where *where,
                              const struct node *node, void *target)
{
    const struct ingress_class *class = target;
    struct slice name = class->controller;
    struct where here = {where, "controller", 0};
    size_t slash = slice_find(name, '/', 0);
    if (name.len > 250 || slash + 1 >= name.len || !is_dns_subdomain(slice_sub(name, 0, slash))) {
        decode_error(decoder, DIAG_K008, &here, node_get(node, "controller")->span,
                     "must be a domain, '/' and a path, such as 'k8s.io/ingress-nginx', but is "
                     "'" SLICE_FMT "'",
                     SLICE_ARG(name));
    }
}

static const struct schema class_spec_schema =
    SCHEMA(class_spec_fields, ingress_class, finish_class_spec);

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
    FIELD_INLINE_REQUIRED("spec", class_spec_schema),
};
const struct schema ingress_class_schema = SCHEMA(class_fields, ingress_class, finish_class);
