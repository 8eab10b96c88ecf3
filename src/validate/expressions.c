#include "validate/validate_priv.h"

#include "language/language.h"

/* Regular expressions in kinds of implementations on Envoy, whose engine is RE2 whatever the target is. Istio's
 * webhook refuses such an object (istio 1.30.1 pkg/config/validation/validation.go, validateStringRegexp), Envoy
 * Gateway does not serve its rule (envoyproxy/gateway v1.9.0 internal/gatewayapi/filters.go). */
static const struct expression_row {
    const char *group, *kind, *path;
} expression_rows[] = {
    {"gateway.envoyproxy.io", "HTTPRouteFilter", "spec.urlRewrite.path.replaceRegexMatch.pattern"},
    {"gateway.envoyproxy.io", "HTTPRouteFilter", "spec.urlRewrite.hostname.pathRegex.pattern"},
    {"networking.istio.io", "VirtualService", "spec.http[].match[].uri.regex"},
    {"networking.istio.io", "VirtualService", "spec.http[].match[].authority.regex"},
    {"networking.istio.io", "VirtualService", "spec.http[].match[].method.regex"},
    {"networking.istio.io", "VirtualService", "spec.http[].rewrite.uriRegexRewrite.match"},
    {"networking.istio.io", "VirtualService", "spec.http[].corsPolicy.allowOrigins[].regex"},
};

struct reader {
    struct run *run;
    const struct validated_object *object;
};

static void check_expression(void *user, const struct node *node)
{
    const struct reader *r = user;
    const struct regex_reading reading = {.dialect = DIALECT_RE2, .anchoring = ANCHORING_WHOLE};
    struct language_fault fault = {.offset = 0};
    if (node->kind != NODE_STRING) {
        return;
    }
    struct language_set *set = language_set_open(r->run->arena, NULL);
    if (!language_regex(set, node->text, &reading, &fault) && fault.kind == FAULT_SYNTAX) {
        diag_at(r->run->diag, DIAG_V026, node->span, r->object->subject,
                "RE2 refuses the regular expression '" SLICE_FMT "': " SLICE_FMT " (character %zu)",
                SLICE_ARG(node->text), SLICE_ARG(fault.text), fault.offset + 1);
    }
    language_set_close(set);
}

void check_expressions(struct run *run, const struct validated_object *object,
                       const struct node *root)
{
    struct slice group = kube_group(object->api_version);
    for (size_t i = 0; i < ARRAY_LEN(expression_rows); i++) {
        const struct expression_row *row = &expression_rows[i];
        if (slice_is(group, row->group) && slice_is(object->kind, row->kind)) {
            struct reader reader = {run, object};
            walk(root, slice_of(row->path), check_expression, &reader);
        }
    }
}
