#include "kube/decode_priv.h"

/* ---- HTTPRoute: matches ------------------------------------------------------------------- */

static void read_path_type(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    static const char *const names[] = {"Exact", "PathPrefix", "RegularExpression"};
    size_t choice = 0;
    if (decode_choice(decoder, where, node, names, ARRAY_LEN(names), &choice)) {
        ((struct http_match *)target)->path_type = (enum route_path_type)choice;
    }
}

static void read_value_type(struct decoder *decoder, const struct where *where,
                            const struct node *node, void *target)
{
    static const char *const names[] = {"Exact", "RegularExpression"};
    size_t choice = 0;
    if (decode_choice(decoder, where, node, names, ARRAY_LEN(names), &choice)) {
        ((struct value_match *)target)->type = (enum value_match_type)choice;
    }
}

static void default_path(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    if (!node_get(node, "type")) {
        ((struct http_match *)target)->path_type = ROUTE_PATH_PREFIX;
    }
}

static void default_match(struct decoder *decoder, const struct where *where,
                          const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    if (!node_get(node, "path")) {
        ((struct http_match *)target)->path_type = ROUTE_PATH_PREFIX;
    }
}

static const struct field path_fields[] = {
    FIELD_CUSTOM("type", read_path_type),
    FIELD(TYPE_STRING, "value", http_match, path),
};
static const struct schema path_schema = SCHEMA(path_fields, http_match, default_path);
static const struct field value_fields[] = {
    FIELD_CUSTOM("type", read_value_type),
    FIELD_REQUIRED(TYPE_STRING, "name", value_match, name),
    FIELD_REQUIRED(TYPE_STRING, "value", value_match, value),
};
const struct schema header_match_schema = SCHEMA_SPAN(value_fields, value_match, span, NULL);

static const struct field match_fields[] = {
    FIELD_INLINE("path", path_schema),
    FIELD(TYPE_STRING, "method", http_match, method),
    FIELD_OBJECTS("headers", http_match, headers, header_count, header_match_schema),
    FIELD_OBJECTS("queryParams", http_match, queries, query_count, header_match_schema),
};
static const struct schema match_schema =
    SCHEMA_SPAN(match_fields, http_match, span, default_match);

/* ---- HTTPRoute: filters ------------------------------------------------------------------- */

static const struct field header_value_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "name", header_value, name),
    FIELD_REQUIRED(TYPE_STRING, "value", header_value, value),
};
static const struct schema header_value_schema = SCHEMA(header_value_fields, header_value, NULL);
static const struct field modifier_fields[] = {
    FIELD_OBJECTS("set", header_modifier, set, set_count, header_value_schema),
    FIELD_OBJECTS("add", header_modifier, add, add_count, header_value_schema),
    FIELD(TYPE_STRINGS, "remove", header_modifier, remove),
};
static const struct schema modifier_schema = SCHEMA(modifier_fields, header_modifier, NULL);

static void read_path_modifier(struct decoder *decoder, const struct where *where,
                               const struct node *node, void *target)
{
    static const char *const names[] = {"ReplaceFullPath", "ReplacePrefixMatch"};
    static const char *const values[] = {"replaceFullPath", "replacePrefixMatch"};
    struct http_filter *filter = target;
    const struct node *type = node_get(node, "type");
    struct where here = {where, "type", 0};
    size_t choice = 0;
    if (!type) {
        decode_error(decoder, DIAG_K005, &here, node->span, "is missing");
    } else if (decode_choice(decoder, &here, type, names, ARRAY_LEN(names), &choice)) {
        const struct node *value = node_get(node, values[choice]);
        struct where there = {where, values[choice], 0};
        filter->path = choice ? PATH_REPLACE_PREFIX : PATH_REPLACE_FULL;
        if (!value) {
            decode_error(decoder, DIAG_K005, &there, node->span, "is missing");
        } else {
            filter->path_value = decode_string(decoder, &there, value);
        }
    }
}

static const struct field redirect_fields[] = {
    FIELD(TYPE_STRING, "scheme", http_filter, scheme),
    FIELD(TYPE_STRING, "hostname", http_filter, hostname),
    FIELD_CUSTOM("path", read_path_modifier),
    FIELD(TYPE_PORT, "port", http_filter, port),
    FIELD(TYPE_INTEGER, "statusCode", http_filter, status),
};
static const struct schema redirect_schema = SCHEMA(redirect_fields, http_filter, NULL);
static const struct field rewrite_fields[] = {
    FIELD(TYPE_STRING, "hostname", http_filter, hostname),
    FIELD_CUSTOM("path", read_path_modifier),
};
static const struct schema rewrite_schema = SCHEMA(rewrite_fields, http_filter, NULL);
static const struct field fraction_fields[] = {
    FIELD_REQUIRED(TYPE_COUNT, "numerator", http_filter, mirror_numerator),
    FIELD(TYPE_COUNT, "denominator", http_filter, mirror_denominator),
};
static const struct schema fraction_schema = SCHEMA(fraction_fields, http_filter, NULL);

static void finish_mirror(struct decoder *decoder, const struct where *where,
                          const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    struct http_filter *filter = target;
    if (!node_get(node, "percent") && !node_get(node, "fraction")) {
        filter->mirror_numerator = 100;
    }
    if (!filter->mirror_denominator) {
        filter->mirror_denominator = 100;
    }
}

static const struct field mirror_fields[] = {
    {.name = "backendRef",
     .type = TYPE_OBJECT,
     .required = true,
     .offset = offsetof(struct http_filter, backend),
     .span_offset = NO_OFFSET,
     .child = &service_ref_schema},
    FIELD(TYPE_COUNT, "percent", http_filter, mirror_numerator),
    FIELD_INLINE("fraction", fraction_schema),
};
static const struct schema mirror_schema = SCHEMA(mirror_fields, http_filter, finish_mirror);

static void finish_cors(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    (void)decoder;
    (void)where;
    /* The CRD's default. */
    if (!node_get(node, "maxAge")) {
        ((struct http_filter *)target)->max_age = 5;
    }
}

static const struct field cors_fields[] = {
    FIELD(TYPE_STRINGS, "allowOrigins", http_filter, allow_origins),
    FIELD(TYPE_BOOL, "allowCredentials", http_filter, allow_credentials),
    FIELD(TYPE_STRINGS, "allowMethods", http_filter, allow_methods),
    FIELD(TYPE_STRINGS, "allowHeaders", http_filter, allow_headers),
    FIELD(TYPE_STRINGS, "exposeHeaders", http_filter, expose_headers),
    FIELD(TYPE_INTEGER, "maxAge", http_filter, max_age),
};
static const struct schema cors_schema = SCHEMA(cors_fields, http_filter, finish_cors);

/* What else externalAuth holds says which headers are handed over, and is not looked at. */
static const struct field auth_http_fields[] = {
    FIELD(TYPE_STRING, "path", http_filter, auth_path),
    FIELD_UNREAD("allowedHeaders", NODE_LIST),
    FIELD_UNREAD("allowedResponseHeaders", NODE_LIST),
};
static const struct schema auth_http_schema = SCHEMA(auth_http_fields, http_filter, NULL);
static const struct field auth_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "protocol", http_filter, auth_protocol),
    {.name = "backendRef",
     .type = TYPE_OBJECT,
     .required = true,
     .offset = offsetof(struct http_filter, backend),
     .span_offset = NO_OFFSET,
     .child = &service_ref_schema},
    FIELD_UNREAD("grpc", NODE_MAP),
    FIELD_INLINE("http", auth_http_schema),
    FIELD_UNREAD("forwardBody", NODE_MAP),
};
static const struct schema auth_schema = SCHEMA(auth_fields, http_filter, NULL);

static void finish_filter(struct decoder *decoder, const struct where *where,
                          const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    struct http_filter *filter = target;
    filter->status = filter->status ? filter->status : 302;
}

static const struct field filter_fields[] = {
    FIELD_REQUIRED(TYPE_STRING, "type", http_filter, type),
    FIELD_OBJECT("requestHeaderModifier", http_filter, headers, modifier_schema),
    FIELD_OBJECT("responseHeaderModifier", http_filter, headers, modifier_schema),
    FIELD_INLINE("requestRedirect", redirect_schema),
    FIELD_INLINE("urlRewrite", rewrite_schema),
    FIELD_INLINE("requestMirror", mirror_schema),
    FIELD_INLINE("cors", cors_schema),
    FIELD_OBJECT("extensionRef", http_filter, extension, plain_ref_schema),
    FIELD_INLINE("externalAuth", auth_schema),
};
const struct schema filter_schema = SCHEMA_SPAN(filter_fields, http_filter, span, finish_filter);

/* ---- HTTPRoute: rules --------------------------------------------------------------------- */

static void read_weight(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    struct http_backend *backend = target;
    if (node->kind != NODE_INT || node->integer < 0 || node->integer > 1000000) {
        decode_error(decoder, DIAG_K004, where, node->span, "must be an integer from 0 to 1000000");
    } else {
        backend->weight = (uint64_t)node->integer;
    }
}

static void finish_backend(struct decoder *decoder, const struct where *where,
                           const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    struct http_backend *backend = target;
    ref_defaults(&backend->ref, "", "Service");
    if (!node_get(node, "weight")) {
        backend->weight = 1;
    }
    backend->ref.span = node->span;
}

#define BACKEND_FIELDS                                                                             \
    FIELD(TYPE_STRING, "group", http_backend, ref.group),                                          \
        FIELD(TYPE_STRING, "kind", http_backend, ref.kind),                                        \
        FIELD(TYPE_STRING, "namespace", http_backend, ref.namespace),                              \
        FIELD_REQUIRED(TYPE_STRING, "name", http_backend, ref.name),                               \
        FIELD(TYPE_PORT, "port", http_backend, ref.port), FIELD_CUSTOM("weight", read_weight)

static const struct field backend_fields[] = {
    BACKEND_FIELDS,
    FIELD_OBJECTS("filters", http_backend, filters, filter_count, filter_schema),
};
const struct schema backend_ref_schema = SCHEMA(backend_fields, http_backend, finish_backend);
/* Connections have no filters. */
static const struct field stream_backend_fields[] = {BACKEND_FIELDS};
const struct schema stream_backend_schema =
    SCHEMA(stream_backend_fields, http_backend, finish_backend);

/* GEP-2257: one to four parts of one to five digits with h, m, s or ms; the parts add up. */
bool kube_duration(struct slice text, uint64_t *out)
{
    uint64_t total = 0;
    size_t at = 0, parts = 0;
    while (at < text.len) {
        size_t digits = at;
        while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
            digits++;
        }
        uint64_t number, unit;
        if (!slice_to_uint(slice_sub(text, at, digits), 99999, &number) || digits - at > 5 ||
            digits == text.len || ++parts > 4) {
            return false;
        }
        bool ms = text.ptr[digits] == 'm' && digits + 1 < text.len && text.ptr[digits + 1] == 's';
        unit = ms                        ? 1
               : text.ptr[digits] == 's' ? 1000
               : text.ptr[digits] == 'm' ? 60000
               : text.ptr[digits] == 'h' ? 3600000
                                         : 0;
        if (!unit) {
            return false;
        }
        total += number * unit;
        at = digits + (ms ? 2 : 1);
    }
    *out = total;
    return parts > 0;
}

static void read_duration(struct decoder *decoder, const struct where *where,
                          const struct node *node, uint64_t *out, bool *has)
{
    struct slice text = decode_string(decoder, where, node);
    *has = text.ptr && kube_duration(text, out);
    if (text.ptr && !*has) {
        decode_error(decoder, DIAG_K011, where, node->span,
                     "must be a duration such as 10s, 500ms or 1h30m, but is '" SLICE_FMT "'",
                     SLICE_ARG(text));
    }
}

static void read_request_timeout(struct decoder *decoder, const struct where *where,
                                 const struct node *node, void *target)
{
    struct http_rule *rule = target;
    read_duration(decoder, where, node, &rule->request_ms, &rule->has_request_timeout);
}

static void read_backend_timeout(struct decoder *decoder, const struct where *where,
                                 const struct node *node, void *target)
{
    struct http_rule *rule = target;
    read_duration(decoder, where, node, &rule->backend_request_ms, &rule->has_backend_timeout);
}

static void finish_retry(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    ((struct http_rule *)target)->has_retry = true;
    ((struct http_rule *)target)->has_attempts = node_get(node, "attempts") != NULL;
}

static void read_codes(struct decoder *decoder, const struct where *where, const struct node *node,
                       void *target)
{
    struct http_rule *rule = target;
    if (node->kind != NODE_LIST) {
        decode_wrong_type(decoder, where, node, NODE_LIST);
        return;
    }
    rule->codes.items = ARENA_ARRAY(decoder->run->arena, struct slice, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const struct node *code = node->items[i];
        if (code->kind != NODE_INT || code->integer < 400 || code->integer > 599) {
            struct where here = {where, NULL, i};
            decode_error(decoder, DIAG_K004, &here, code->span, "must be a status from 400 to 599");
        } else {
            rule->codes.items[rule->codes.count++] =
                arena_printf(decoder->run->arena, "%lld", (long long)code->integer);
        }
    }
}

static void read_backoff(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    bool has = false;
    read_duration(decoder, where, node, &((struct http_rule *)target)->backoff_ms, &has);
}

static const struct field retry_fields[] = {
    FIELD(TYPE_COUNT, "attempts", http_rule, attempts),
    FIELD_CUSTOM("codes", read_codes),
    FIELD_CUSTOM("backoff", read_backoff),
};
static const struct schema retry_schema = SCHEMA(retry_fields, http_rule, finish_retry);

static void read_session_timeout(struct decoder *decoder, const struct where *where,
                                 const struct node *node, void *target)
{
    struct http_rule *rule = target;
    read_duration(decoder, where, node, &rule->session_ms, &rule->has_session_timeout);
}

static void finish_persistence(struct decoder *decoder, const struct where *where,
                               const struct node *node, void *target)
{
    (void)decoder;
    (void)where;
    (void)node;
    ((struct http_rule *)target)->has_session_persistence = true;
}

static const struct field cookie_config_fields[] = {
    FIELD(TYPE_STRING, "lifetimeType", http_rule, cookie_lifetime),
};
static const struct schema cookie_config_schema = SCHEMA(cookie_config_fields, http_rule, NULL);
static const struct field persistence_fields[] = {
    FIELD(TYPE_STRING, "sessionName", http_rule, session_name),
    FIELD(TYPE_STRING, "type", http_rule, session_type),
    FIELD_CUSTOM("absoluteTimeout", read_session_timeout),
    FIELD_UNREAD("idleTimeout", NODE_STRING),
    FIELD_INLINE("cookieConfig", cookie_config_schema),
};
const struct schema persistence_schema = SCHEMA(persistence_fields, http_rule, finish_persistence);

static const struct field timeouts_fields[] = {
    FIELD_CUSTOM("request", read_request_timeout),
    FIELD_CUSTOM("backendRequest", read_backend_timeout),
};
static const struct schema timeouts_schema = SCHEMA(timeouts_fields, http_rule, NULL);

static void default_matches(struct decoder *decoder, struct http_rule *rule, struct span span)
{
    if (rule->match_count == 0) {
        rule->matches = ARENA_NEW(decoder->run->arena, struct http_match);
        rule->match_count = 1;
        rule->matches[0].span = span;
        rule->matches[0].path_type = ROUTE_PATH_PREFIX;
    }
    for (size_t i = 0; i < rule->match_count; i++) {
        struct http_match *match = &rule->matches[i];
        if (!match->path.ptr) {
            match->path = SLICE("/");
        }
    }
}

static void finish_rule(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    (void)where;
    default_matches(decoder, target, node->span);
}

static const struct field rule_fields[] = {
    FIELD(TYPE_STRING, "name", http_rule, name),
    FIELD_OBJECTS("matches", http_rule, matches, match_count, match_schema),
    FIELD_OBJECTS("filters", http_rule, filters, filter_count, filter_schema),
    FIELD_OBJECTS("backendRefs", http_rule, backends, backend_count, backend_ref_schema),
    FIELD_INLINE("timeouts", timeouts_schema),
    FIELD_INLINE("retry", retry_schema),
    FIELD_INLINE("sessionPersistence", persistence_schema),
};
static const struct schema rule_schema = SCHEMA_SPAN(rule_fields, http_rule, span, finish_rule);

static void finish_route(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    (void)where;
    struct http_route *route = target;
    if (route->rule_count == 0) {
        /* the CRD's default: one rule for every request, without backends */
        route->rules = ARENA_NEW(decoder->run->arena, struct http_rule);
        route->rule_count = 1;
        route->rules[0].span = node->span;
        default_matches(decoder, route->rules, node->span);
    }
}

static const struct field route_spec_fields[] = {
    FIELD_OBJECTS("parentRefs", http_route, parents, parent_count, parent_ref_schema),
    FIELD(TYPE_STRINGS, "hostnames", http_route, hostnames),
    FIELD_OBJECTS("rules", http_route, rules, rule_count, rule_schema),
    FIELD(TYPE_STRING, "useDefaultGateways", http_route, default_gateways),
};
static const struct schema route_spec_schema = SCHEMA(route_spec_fields, http_route, finish_route);
static const struct field route_fields[] = {
    FIELD_IGNORED("apiVersion"),
    FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),
    FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE_REQUIRED("spec", route_spec_schema),
};
const struct schema http_route_schema = SCHEMA(route_fields, http_route, NULL);
