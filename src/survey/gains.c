#include "survey/survey_priv.h"

/* What a route of Gateway API makes plainer than an annotation, or can do on top (gateway-api
 * apis/v1/httproute_types.go). */
static const struct {
    enum feature_id feature;
    const char *text;
} rows[] = {
    {FEATURE_shares, "the canary becomes weights in one rule, without a second Ingress"},
    {FEATURE_header_match, "the canary becomes a header match that stands before the main rule"},
    {FEATURE_expression_match, "the canary becomes a match of its own, seen beside the main rule"},
    {FEATURE_host_names, "other names are hostnames of the same route"},
    {FEATURE_redirect, "redirects are filters of a rule, with status, host and path in the open"},
    {FEATURE_https_redirect, "the redirect to https is a route that can be read and tested"},
    {FEATURE_cors, "CORS is a filter of the rule that needs it"},
    {FEATURE_rewrite, "the rewrite stands beside the path that it changes"},
    {FEATURE_upstream_host, "the Host that the backend sees is a field of the rule"},
    {FEATURE_request_headers, "headers are set by filters, for one rule or one backend alone"},
    {FEATURE_response_headers,
     "headers of answers are set by filters, for one rule or backend alone"},
    {FEATURE_mirrors, "copies go to a Service, also in a share of the requests"},
    {FEATURE_timeouts, "limits of time can be set for each rule"},
};

const char *feature_gain(enum feature_id feature)
{
    const struct feature_row *row = feature_row(feature);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].feature == feature ||
            (row && row->effect < EFFECT_COUNT && (int)row->effect == (int)rows[i].feature)) {
            return rows[i].text;
        }
    }
    return NULL;
}
