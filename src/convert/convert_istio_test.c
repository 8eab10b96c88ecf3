#include "convert/convert_fixture_priv.h"

/* What Istio says in AuthorizationPolicies and EnvoyFilters. */

/* ---- bodies --------------------------------------------------------------------------------- */

static void test_convert_body_limit_of_istio(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single_for(&f, "istio", NULL);
    EFFECT_OF(f, body_limit, "proxy-body-size");
    effect->bytes = 8 << 20;
    rule->effects.body_limit = effect;
    const char *yaml = convert(&f);
    assert_has(yaml, "kind: EnvoyFilter\n");
    assert_has(yaml, "        vhost:\n          domainName: a.example.com\n");
    assert_int_equal(occurrences(yaml, "max_request_bytes: 8388608\n"), 2);
    assert_true(said_text(&f, DIAG_C002, "each release of Istio"));
    fixture_close(&f);
}

/* A filter of the host would limit the other paths too; Istio calls its route by the place of the rule. */
static void test_convert_body_limit_of_one_path(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("istio"));
    struct rule_list *rules = rules_new(&f);
    struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/upload", "front");
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    EFFECT_OF(f, body_limit, "proxy-body-size");
    effect->bytes = 8 << 20;
    rule->effects.body_limit = effect;
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_has(yaml, "      routeConfiguration:\n        vhost:\n          route:\n"
                     "            name: shop.web.0\n");
    assert_lacks(yaml, "domainName");
    assert_has(yaml, "value: /upload\n"); /* of the first rule */
    assert_true(strstr(yaml, "value: /upload\n") < strstr(yaml, "value: /\n"));
    assert_int_equal(said(&f, DIAG_C001), 0);
    f.options.gateway_name = SLICE("edge"); /* whose namespace is another's */
    assert_lacks(convert(&f), "EnvoyFilter");
    assert_int_equal(said(&f, DIAG_C001), 1);
    fixture_close(&f);
}

/* A rule that is never reached needs nothing, and does not keep the others from being alike. */
static void test_convert_body_limit_of_a_rule_that_is_not_reached(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("istio"));
    struct rule_list *rules = rules_new(&f);
    (void)rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    struct rule *hidden = rule_to(&f, rules, "late", PATH_PREFIX_ELEMENT, "/", "front");
    EFFECT_OF(f, body_limit, "proxy-body-size");
    struct route_body_limit *other = ARENA_NEW(f.run.arena, struct route_body_limit);
    effect->bytes = 8 << 20;
    *other = *effect;
    other->bytes = 1 << 20;
    rules->rules[0].effects.body_limit = effect;
    hidden->effects.body_limit = other;
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_has(yaml, "          domainName: a.example.com\n");
    assert_int_equal(occurrences(yaml, "kind: EnvoyFilter\n"), 1);
    assert_lacks(yaml, "1048576");
    fixture_close(&f);
}

/* More rules than an HTTPRoute has room for: each is called by its own HTTPRoute. */
static void test_convert_body_limits_of_many_paths(void **state)
{
    (void)state;
    struct fixture f;
    static char paths[20][8];
    fixture_open(&f);
    f.options.target = target_find(SLICE("istio"));
    struct rule_list *rules = rules_new(&f);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        snprintf(paths[i], sizeof paths[i], "/p%02zu", i);
        EFFECT_OF(f, body_limit, "proxy-body-size");
        effect->bytes = (int64_t)(i + 1) << 20;
        struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, paths[i], "front");
        rule->effects.body_limit = effect;
    }
    host_add(&f, "a.example.com", rules, NULL, NULL);
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "kind: EnvoyFilter\n"), ARRAY_LEN(paths));
    assert_int_equal(occurrences(yaml, "kind: HTTPRoute\n"), 2);
    assert_has(yaml, "            name: shop.web.15\n");
    assert_has(yaml, "            name: shop.web-2.3\n");
    fixture_close(&f);
}

/* ---- paths ---------------------------------------------------------------------------------- */

static void test_convert_captures_of_istio(void **state)
{
    (void)state;
    static const struct {
        const char *gateway, *written; /* null: it cannot be */
    } rows[] = {{"", "        route:\n          regex_rewrite:\n            pattern:\n"
                     "              regex: ^(?:/(v1|v2)/api/(.*)).*$\n"
                     "            substitution: /\\2/\\1\n"},
                {"edge", NULL}};
    static const struct part parts[] = {{PART_TEXT, 0, {"/", 1}},
                                        {PART_CAPTURE, 2, {"", 0}},
                                        {PART_TEXT, 0, {"/", 1}},
                                        {PART_CAPTURE, 1, {"", 0}}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "istio", "^/(v1|v2)/api/(.*)");
        f.options.gateway_name = slice_of(rows[i].gateway);
        EFFECT_OF(f, rewrite, "rewrite-target");
        effect->kind = REWRITE_REGEX;
        effect->pattern = rule->match.path.value;
        effect->target = parts_of(&f, parts, ARRAY_LEN(parts));
        rule->effects.rewrite = effect;
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_has(yaml, rows[i].written);
            assert_true(said_text(&f, DIAG_C002, "by its place in the HTTPRoute"));
        } else {
            assert_lacks(yaml, "regex_rewrite");
        }
        fixture_close(&f);
    }
}

static void test_convert_answers_of_istio(void **state)
{
    (void)state;
    static const struct {
        int64_t status;
        const char *gateway, *body;
        bool written, text_is_lost;
    } rows[] = {
        {403, "", "", true, false},
        {403, "", "no", true, true},
        {404, "", "", false, false}, /* of a Gateway without any rule */
        {404, "", "nothing here", false, true},
        {403, "edge", "", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "istio", NULL);
        f.options.gateway_name = slice_of(rows[i].gateway);
        EFFECT_OF(f, answer, "server-snippet");
        effect->status = rows[i].status;
        effect->body = slice_of(rows[i].body);
        rule->effects.answer = effect;
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_has(yaml, "            name: shop.web.0\n    patch:\n      operation: MERGE\n"
                             "      value:\n        direct_response:\n          status: 40");
        } else {
            assert_lacks(yaml, "EnvoyFilter");
        }
        assert_int_equal(said_text(&f, DIAG_C002, "a text of their own"), rows[i].text_is_lost);
        assert_int_equal(said(&f, DIAG_C032), !rows[i].written && rows[i].status != 404);
        fixture_close(&f);
    }
}

/* ---- addresses ------------------------------------------------------------------------------ */

static struct rule *keep_out(struct fixture *f, struct rule *rule, const struct network *network)
{
    EFFECT_OF(*f, addresses, "whitelist-source-range");
    effect->allow = (struct networks){(struct network *)(uintptr_t)network, 1};
    effect->has_allow = true;
    effect->status = 403;
    rule->effects.addresses = effect;
    return rule;
}

#define RBAC                                                                                       \
    "                    - not_id:\n                        or_ids:\n"                             \
    "                          ids:\n                          - remote_ip:\n"                     \
    "                              address_prefix: 10.0.0.0\n"                                     \
    "                              prefix_len: 8\n"

/* A host with a rule for "/" and one for another path; who has the list of addresses. */
static void test_convert_policies_of_istio_for_paths(void **state)
{
    (void)state;
    static const struct {
        enum path_kind kind;
        const char *path;
        bool root, other;
        const char *written;
        const char *host; /* null: a.example.com */
    } rows[] = {
        {PATH_PREFIX_ELEMENT, "/admin", false, true,
         "        paths:\n        - /admin\n        - /admin/*\n", NULL},
        {PATH_EXACT, "/admin", false, true, "        paths:\n        - /admin\n", NULL},
        {PATH_PREFIX_ELEMENT, "/oauth2", true, false,
         "        notPaths:\n        - /oauth2\n        - /oauth2/*\n", NULL},
        {PATH_REGEX, "^/a[0-9]", false, true, RBAC, NULL},
        {PATH_PREFIX_ELEMENT, "/a*b", false, true, RBAC, NULL},
        {PATH_PREFIX_ELEMENT, "/admin", false, true, RBAC, "*.example.com"},
    };
    struct network network;
    assert_true(network_parse(SLICE("10.0.0.0/8"), &network));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(SLICE("istio"));
        struct rule_list *rules = rules_new(&f);
        struct rule *other = rule_to(&f, rules, "web", rows[i].kind, rows[i].path, "front");
        if (rows[i].other) {
            keep_out(&f, other, &network);
        }
        struct rule *root = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
        if (rows[i].root) {
            keep_out(&f, root, &network);
        }
        host_add(&f, rows[i].host ? rows[i].host : "a.example.com", rules, NULL, NULL);
        const char *yaml = convert(&f);
        bool by_rule = slice_is(slice_of(rows[i].written), RBAC);
        assert_has(yaml, rows[i].written);
        assert_int_equal(occurrences(yaml, "kind: AuthorizationPolicy\n"), !by_rule);
        assert_int_equal(occurrences(yaml, "kind: EnvoyFilter\n"), by_rule);
        assert_int_equal(said(&f, DIAG_C003), 0);
        assert_int_equal(said_text(&f, DIAG_C002, "or others are let in"), by_rule);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_body_limit_of_istio),
        cmocka_unit_test(test_convert_body_limit_of_one_path),
        cmocka_unit_test(test_convert_body_limit_of_a_rule_that_is_not_reached),
        cmocka_unit_test(test_convert_body_limits_of_many_paths),
        cmocka_unit_test(test_convert_captures_of_istio),
        cmocka_unit_test(test_convert_answers_of_istio),
        cmocka_unit_test(test_convert_policies_of_istio_for_paths),
    };
    return cmocka_run_group_tests_name("convert_istio", tests, NULL, NULL);
}
