#include "gateway_api/policies_envoy_priv.h"

/* Envoy Gateway's own kinds (envoyproxy/gateway v1.9 api/v1alpha1). */

#define GROUP "gateway.envoyproxy.io"

/* ---- SecurityPolicy ------------------------------------------------------------------------- */

static bool read_networks(struct policy_work *work, const struct node *cidrs,
                          struct networks *networks)
{
    struct network *items = ARENA_ARRAY(work->builder->run->arena, struct network,
                                        networks->count + policy_items(cidrs));
    for (size_t i = 0; i < networks->count; i++) {
        items[i] = networks->items[i];
    }
    networks->items = items;
    for (size_t i = 0; i < policy_items(cidrs); i++) {
        if (!network_parse(cidrs->items[i]->text, &items[networks->count++])) {
            return false;
        }
    }
    return policy_items(cidrs) > 0;
}

/* Rules in order, the first that holds decides (authorization_types.go). Understood: first some that deny
 * addresses, then some that allow addresses, then the default. */
static bool read_rules(struct policy_work *work, const struct node *rules,
                       struct route_addresses *addresses)
{
    static const char *const rule_fields[] = {"name", "action", "principal"},
                             *const principal_fields[] = {"clientCIDRs"};
    for (size_t i = 0; i < policy_items(rules); i++) {
        const struct node *rule = rules->items[i], *principal = node_get(rule, "principal");
        bool deny = slice_is(policy_text(rule, "action"), "Deny");
        bool plain = (deny || slice_is(policy_text(rule, "action"), "Allow")) &&
                     policy_has_only(rule, rule_fields, ARRAY_LEN(rule_fields)) &&
                     policy_has_only(principal, principal_fields, ARRAY_LEN(principal_fields));
        if (!plain || (deny && addresses->allow.count) ||
            !read_networks(work, node_get(principal, "clientCIDRs"),
                           deny ? &addresses->deny : &addresses->allow)) {
            return false;
        }
    }
    return true;
}

static void read_authorization(struct policy_work *work, const struct node *authorization)
{
    struct route_addresses *addresses =
        ARENA_NEW(work->builder->run->arena, struct route_addresses);
    *addresses = (struct route_addresses){.source = work->source, .status = 403};
    if (!policy_is(authorization, "defaultAction rules") ||
        !read_rules(work, node_get(authorization, "rules"), addresses)) {
        policy_unknown(work, ASPECT_PROTECTION, "authorization.rules");
        return;
    }
    /* SecurityPolicy authorization.defaultAction: Deny when it is not given */
    addresses->has_allow = !slice_is(policy_text(authorization, "defaultAction"), "Allow");
    if (!addresses->has_allow) {
        addresses->allow.count = 0; /* all others are allowed as well */
    }
    work->effects->addresses = addresses;
}

/* Behind those that are there: each of them has to let a request in. */
static struct route_authentication *add_guard(struct policy_work *work, const struct guard *guard)
{
    struct arena *arena = work->builder->run->arena;
    const struct route_authentication *before = work->effects->authentication;
    struct route_authentication *all = ARENA_NEW(arena, struct route_authentication);
    size_t count = before ? before->guards.count : 0;
    struct guard *guards = ARENA_ARRAY(arena, struct guard, count + 1);
    if (before) {
        *all = *before;
    }
    for (size_t i = 0; i < count; i++) {
        guards[i] = before->guards.items[i];
    }
    guards[count] = *guard;
    all->source = work->source;
    all->guards = (struct guards){guards, count + 1};
    work->effects->authentication = all;
    return all;
}

/* basic_auth_types.go: the header is taken away from the request unless it is forwarded. */
static void read_basic(struct policy_work *work, const struct node *basic)
{
    static const char *const known[] = {"users"};
    const struct node *users = node_get(basic, "users");
    struct slice namespace = policy_text(users, "namespace");
    policy_fields(work, basic, "basicAuth", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    if (!policy_is(users, "group kind name namespace")) {
        policy_unknown(work, ASPECT_PROTECTION, "basicAuth.users");
    }
    namespace = namespace.len ? namespace : work->policy->namespace;
    const struct guard guard = {
        .kind = GUARD_BASIC,
        .subject = ARENA_JOIN(work->builder->run->arena, SLICE("Secret "), namespace, SLICE("/"),
                              policy_text(users, "name")),
        .users = policy_users(work, namespace, policy_text(users, "name")),
        .status = 401,
    };
    (void)add_guard(work, &guard);
}

/* The address of the service that is asked: "http://oauth2-proxy.auth.svc.cluster.local:4180/check". */
static struct slice external_url(struct policy_work *work, const struct node *http)
{
    struct arena *arena = work->builder->run->arena;
    const struct node *refs = node_get(http, "backendRefs");
    const struct node *ref = policy_items(refs) == 1 ? refs->items[0] : NULL;
    const struct node *port = node_get(ref, "port");
    struct slice namespace = policy_text(ref, "namespace"), kind = policy_text(ref, "kind");
    if (!policy_is(ref, "group kind name namespace port") || policy_text(ref, "group").len ||
        !port || port->kind != NODE_INT || (kind.len && !slice_is(kind, "Service"))) {
        return SLICE_ABSENT;
    }
    namespace = namespace.len ? namespace : work->policy->namespace;
    struct slice url = ARENA_JOIN(arena, SLICE("http://"), policy_text(ref, "name"), SLICE("."),
                                  namespace, SLICE(".svc.cluster.local"));
    if (port->integer != 80) {
        url = arena_printf(arena, SLICE_FMT ":%lld", SLICE_ARG(url), (long long)port->integer);
    }
    return ARENA_JOIN(arena, url, policy_text(http, "pathOverride"));
}

/* Headers that the service may send are not known to be sent: they are taken away from the request. */
static void external_headers(struct policy_work *work, const struct node *headers,
                             struct edits *edits, struct guard *guard)
{
    struct arena *arena = work->builder->run->arena;
    for (size_t i = 0; i < policy_items(headers); i++) {
        *ARENA_PUSH(arena, edits->items, edits->count, edits->capacity) =
            (struct header_edit){.kind = EDIT_REMOVE, .name = headers->items[i]->text};
        guard->subject =
            ARENA_JOIN(arena, guard->subject, i ? SLICE(",") : SLICE(", which sends no "),
                       headers->items[i]->text);
    }
}

/* Without a list it is told of Host, method, path, Content-Length and Authorization; by cookies others are known. */
static bool is_told(const struct node *headers)
{
    bool cookie = false, address = false;
    for (size_t i = 0; i < policy_items(headers); i++) {
        cookie = cookie || slice_equal_fold(headers->items[i]->text, SLICE("cookie"));
        address = address || slice_equal_fold(headers->items[i]->text, SLICE("x-forwarded-for"));
    }
    return cookie && address;
}

/* ext_auth_types.go; what the service answers goes to the client. */
static void read_external(struct policy_work *work, const struct node *external)
{
    static const char *const known[] = {"http", "headersToExtAuth", "failOpen"};
    static const char *const http_fields[] = {"backendRefs", "pathOverride", "headersToBackend"};
    struct arena *arena = work->builder->run->arena;
    const struct node *http = node_get(external, "http"), *open = node_get(external, "failOpen");
    struct slice url = http ? external_url(work, http) : SLICE_ABSENT;
    policy_fields(work, external, "extAuth", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    policy_fields(work, http, "extAuth.http", http_fields, ARRAY_LEN(http_fields),
                  ASPECT_PROTECTION);
    if (!is_told(node_get(external, "headersToExtAuth"))) {
        policy_unknown(work, ASPECT_PROTECTION, "extAuth.headersToExtAuth");
    }
    if (!url.ptr || (open && open->kind == NODE_BOOL && open->boolean)) {
        policy_unknown(work, ASPECT_PROTECTION, url.ptr ? "extAuth.failOpen" : "extAuth");
        return;
    }
    struct guard guard = {.kind = GUARD_EXTERNAL, .subject = url, .status = 401};
    struct edits taken = {0};
    struct template challenge =
        template_named(arena, PART_UNKNOWN, SLICE("a challenge of the auth service"));
    *ARENA_PUSH(arena, guard.refused.items, guard.refused.count, guard.refused.capacity) =
        (struct header_edit){
            .kind = EDIT_SET, .name = SLICE("WWW-Authenticate"), .value = challenge};
    external_headers(work, node_get(http, "headersToBackend"), &taken, &guard);
    add_guard(work, &guard)->request = taken;
}

static void security(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"targetRef",     "targetRefs", "mergeType",
                                        "authorization", "basicAuth",  "extAuth"};
    const struct node *authorization = node_get(spec, "authorization");
    const struct node *basic = node_get(spec, "basicAuth"), *external = node_get(spec, "extAuth");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    if (authorization) {
        read_authorization(work, authorization);
    }
    if ((basic || external) && work->effects->authentication) {
        policy_unknown(work, ASPECT_PROTECTION, "mergeType beside authentication of the Gateway");
    }
    /* in the order of Envoy's filters (internal/xds/translator/httpfilters.go, newOrderedHTTPFilter) */
    if (external) {
        read_external(work, external);
    }
    if (basic) {
        read_basic(work, basic);
    }
}

/* ---- HTTPRouteFilter ------------------------------------------------------------------------ */

static void read_regex_rewrite(struct policy_work *work, const struct node *replace)
{
    const struct route_rewrite *rewrite = policy_regex_rewrite(
        work, policy_text(replace, "pattern"), policy_text(replace, "substitution"));
    if (!rewrite || !policy_is(replace, "pattern substitution")) {
        policy_unknown(work, ASPECT_REWRITE, "urlRewrite.path.replaceRegexMatch");
        return;
    }
    work->effects->rewrite = rewrite;
}

/* http_direct_response_types.go; Envoy calls a text "text/plain" unless told otherwise (source/common/http/utility.cc,
 * prepareLocalReply). */
static void read_answer(struct policy_work *work, const struct node *answer)
{
    const struct node *status = node_get(answer, "statusCode"), *body = node_get(answer, "body");
    struct slice text = policy_text(body, "inline"), type = policy_text(answer, "contentType");
    struct route_answer *out = ARENA_NEW(work->builder->run->arena, struct route_answer);
    if (body &&
        (!policy_is(body, "type inline") || !slice_is(policy_text(body, "type"), "Inline"))) {
        policy_unknown(work, ASPECT_HEADERS, "directResponse.body");
    }
    *out = (struct route_answer){
        .source = work->source,
        .status = status && status->kind == NODE_INT ? status->integer : 200,
        .reason = SLICE("directResponse of a filter"),
        .body = text.len ? text : SLICE_ABSENT,
        .type = !text.len  ? SLICE_ABSENT
                : type.len ? type
                           : SLICE("text/plain"),
    };
    work->effects->answer = out;
}

static void route_filter(struct policy_work *work, const struct node *spec)
{
    static const char *const known[] = {"urlRewrite", "directResponse"};
    static const char *const rewrite_fields[] = {"path"};
    static const char *const answer_fields[] = {"statusCode", "body", "contentType"};
    const struct node *rewrite = node_get(spec, "urlRewrite"), *path = node_get(rewrite, "path");
    const struct node *answer = node_get(spec, "directResponse");
    bool by_pattern = policy_is(path, "type replaceRegexMatch") &&
                      slice_is(policy_text(path, "type"), "ReplaceRegexMatch");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    policy_fields(work, rewrite, "urlRewrite", rewrite_fields, ARRAY_LEN(rewrite_fields),
                  ASPECT_REWRITE);
    policy_fields(work, answer, "directResponse", answer_fields, ARRAY_LEN(answer_fields),
                  ASPECT_HEADERS);
    if (by_pattern) {
        read_regex_rewrite(work, node_get(path, "replaceRegexMatch"));
    } else if (rewrite) {
        policy_unknown(work, ASPECT_REWRITE, "urlRewrite.path");
    }
    if (answer) {
        read_answer(work, answer);
    }
}

/* ---- ClientTrafficPolicy -------------------------------------------------------------------- */

static void read_path(struct policy_work *work, const struct node *path, struct view *view)
{
    static const char *const known[] = {"escapedSlashesAction", "disableMergeSlashes"};
    struct slice action = policy_text(path, "escapedSlashesAction");
    const struct node *keep = node_get(path, "disableMergeSlashes");
    policy_fields(work, path, "path", known, ARRAY_LEN(known), ASPECT_ROUTING);
    if (keep && keep->kind == NODE_BOOL) {
        view->match_form.merge_slashes = !keep->boolean;
    }
    if (slice_is(action, "KeepUnchanged")) {
        view->escaped_slash_status = 0;
    } else if (slice_is(action, "RejectRequest")) {
        view->escaped_slash_status = 400;
    } else if (action.len && !slice_is(action, "UnescapeAndRedirect")) {
        policy_unknown(work, ASPECT_ROUTING, "path.escapedSlashesAction");
    }
}

/* Whom who connects speaks for (clienttrafficpolicy_types.go, XForwardedForSettings), from the right as nginx
 * does it with real_ip_recursive. */
static void read_detection(struct policy_work *work, const struct node *detection,
                           struct view *view)
{
    static const char *const known[] = {"trustedCIDRs"};
    const struct node *forwarded = node_get(detection, "xForwardedFor");
    const struct node *cidrs = node_get(forwarded, "trustedCIDRs");
    struct networks trusted = {0};
    if (!detection) {
        return;
    }
    if (detection->count != 1 || !policy_has_only(forwarded, known, ARRAY_LEN(known)) ||
        !read_networks(work, cidrs, &trusted)) {
        policy_unknown(work, ASPECT_PROTECTION, "clientIPDetection");
        return;
    }
    view->client_header = SLICE("X-Forwarded-For");
    view->client_trusted = trusted;
}

static void client_traffic(struct policy_work *work, const struct node *spec, struct view *view)
{
    static const char *const known[] = {"targetRef", "targetRefs",        "headers",
                                        "path",      "clientIPDetection", "proxyProtocol"};
    static const char *const proxy_fields[] = {"optional"};
    static const char *const header_fields[] = {"withUnderscoresAction"};
    const struct node *headers = node_get(spec, "headers"), *path = node_get(spec, "path");
    struct slice action = policy_text(headers, "withUnderscoresAction");
    policy_fields(work, spec, "", known, ARRAY_LEN(known), ASPECT_PROTECTION);
    policy_fields(work, headers, "headers", header_fields, ARRAY_LEN(header_fields),
                  ASPECT_HEADERS);
    const struct node *proxy = node_get(spec, "proxyProtocol");
    if (proxy) {
        policy_fields(work, proxy, "proxyProtocol", proxy_fields, ARRAY_LEN(proxy_fields),
                      ASPECT_PROTECTION);
        const struct node *optional = node_get(proxy, "optional");
        view->proxy_protocol = work->source;
        view->proxy_optional = optional && optional->kind == NODE_BOOL && optional->boolean;
    }
    if (action.len) {
        view->underscores = slice_is(action, "Allow")        ? UNDERSCORES_KEPT
                            : slice_is(action, "DropHeader") ? UNDERSCORES_DROPPED
                                                             : UNDERSCORES_REJECTED;
    }
    read_path(work, path, view);
    read_detection(work, node_get(spec, "clientIPDetection"), view);
}

#define BY_TARGET(name) .group = GROUP, .kind = name, .attach = POLICY_BY_TARGET
const struct policy_reader envoy_gateway_readers[] = {
    {BY_TARGET("BackendTrafficPolicy"), .apply = envoy_backend_traffic},
    {BY_TARGET("SecurityPolicy"), .apply = security},
    {BY_TARGET("ClientTrafficPolicy"), .view = client_traffic},
    {.group = GROUP, .kind = "Backend", .attach = POLICY_BY_INDEX, .index = envoy_index_backend},
    {.group = GROUP, .kind = "HTTPRouteFilter", .attach = POLICY_BY_FILTER, .apply = route_filter},
    {.kind = NULL},
};
/* internal/xds/translator/httpfilters.go, newOrderedHTTPFilter; redirects and answers are the router's. */
const int envoy_gateway_gates[] = {EFFECT_cors,      EFFECT_authentication, EFFECT_body_limit,
                                   EFFECT_addresses, EFFECT_rate_limit,     EFFECT_answer,
                                   EFFECT_redirect,  EFFECT_COUNT};
