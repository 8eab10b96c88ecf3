#include "kube/decode_priv.h"

/* ---- GRPCRoute: its matches as paths of calls --------------------------------------------- */

static void read_method_type(struct decoder *decoder, const struct where *where,
                             const struct node *node, void *target)
{
    static const char *const names[] = {"Exact", "RegularExpression"};
    size_t choice = 0;
    if (decode_choice(decoder, where, node, names, ARRAY_LEN(names), &choice) && choice == 1) {
        ((struct http_match *)target)->path_type = ROUTE_PATH_REGEX;
    }
}

static const struct field method_fields[] = {
    FIELD_CUSTOM("type", read_method_type),
    FIELD(TYPE_STRING, "service", http_match, call_service),
    FIELD(TYPE_STRING, "method", http_match, call_method),
};
static const struct schema method_schema = SCHEMA(method_fields, http_match, NULL);

/* A call is a request for "/service/method" (grpc/grpc doc/PROTOCOL-HTTP2.md, Requests); either may be left
 * open (GRPCMethodMatch in apis/v1/grpcroute_types.go). */
static void finish_match(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    (void)where;
    (void)node;
    struct http_match *match = target;
    struct slice service = match->call_service, method = match->call_method;
    struct arena *arena = decoder->run->arena;
    bool regex = match->path_type == ROUTE_PATH_REGEX || (!service.len && method.len);
    if (!service.len && !method.len) {
        match->path_type = ROUTE_PATH_PREFIX;
        match->path = SLICE("/");
    } else if (regex) {
        struct slice any = SLICE("[^/]+");
        match->path_type = ROUTE_PATH_REGEX;
        match->path = arena_printf(arena, "/(?:" SLICE_FMT ")/(?:" SLICE_FMT ")",
                                   SLICE_ARG(service.len ? service : any),
                                   SLICE_ARG(method.len ? method : any));
    } else if (!method.len) {
        match->path_type = ROUTE_PATH_PREFIX;
        match->path = arena_printf(arena, "/" SLICE_FMT, SLICE_ARG(service));
    } else {
        match->path_type = ROUTE_PATH_EXACT;
        match->path =
            arena_printf(arena, "/" SLICE_FMT "/" SLICE_FMT, SLICE_ARG(service), SLICE_ARG(method));
    }
}

static const struct field match_fields[] = {
    FIELD_INLINE("method", method_schema),
    FIELD_OBJECTS("headers", http_match, headers, header_count, header_match_schema),
};
static const struct schema match_schema = SCHEMA_SPAN(match_fields, http_match, span, finish_match);

/* ---- rules -------------------------------------------------------------------------------- */

static void default_match(struct decoder *decoder, struct http_rule *rule, struct span span)
{
    if (rule->match_count == 0) {
        rule->matches = ARENA_NEW(decoder->run->arena, struct http_match);
        rule->match_count = 1;
        rule->matches[0] =
            (struct http_match){.path_type = ROUTE_PATH_PREFIX, .path = SLICE("/"), .span = span};
    }
}

static void finish_rule(struct decoder *decoder, const struct where *where, const struct node *node,
                        void *target)
{
    (void)where;
    default_match(decoder, target, node->span);
}

static const struct field rule_fields[] = {
    FIELD(TYPE_STRING, "name", http_rule, name),
    FIELD_OBJECTS("matches", http_rule, matches, match_count, match_schema),
    FIELD_OBJECTS("filters", http_rule, filters, filter_count, filter_schema),
    FIELD_OBJECTS("backendRefs", http_rule, backends, backend_count, backend_ref_schema),
    FIELD_INLINE("sessionPersistence", persistence_schema),
};
static const struct schema rule_schema = SCHEMA_SPAN(rule_fields, http_rule, span, finish_rule);

static void finish_route(struct decoder *decoder, const struct where *where,
                         const struct node *node, void *target)
{
    (void)where;
    struct http_route *route = target;
    if (route->rule_count == 0) {
        route->rules = ARENA_NEW(decoder->run->arena, struct http_rule);
        route->rule_count = 1;
        route->rules[0].span = node->span;
        default_match(decoder, route->rules, node->span);
    }
}

static const struct field spec_fields[] = {
    FIELD_OBJECTS("parentRefs", http_route, parents, parent_count, parent_ref_schema),
    FIELD(TYPE_STRINGS, "hostnames", http_route, hostnames),
    FIELD_OBJECTS("rules", http_route, rules, rule_count, rule_schema),
    FIELD(TYPE_STRING, "useDefaultGateways", http_route, default_gateways),
};
static const struct schema spec_schema = SCHEMA(spec_fields, http_route, finish_route);
static const struct field route_fields[] = {
    FIELD_IGNORED("apiVersion"),       FIELD_IGNORED("kind"),
    FIELD_IGNORED("metadata"),         FIELD_UNREAD("status", NODE_MAP),
    FIELD_INLINE("spec", spec_schema),
};
const struct schema grpc_route_schema = SCHEMA(route_fields, http_route, NULL);
