#include "convert/convert_fixture_priv.h"

/* What Envoy Gateway and NGINX Gateway Fabric say in kinds of their own, and Istio with them, beside what policies
 * share. */

/* ---- expressions of nginx ------------------------------------------------------------------- */

static void test_convert_counted_expressions_are_written_out(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *written;
    } rows[] = {
        {"^/id/[0-9]{3}$", "value: /id/[0-9][0-9][0-9]$\n"},
        {"^/a{2,}b$", "value: /aaa*b$\n"},
        {"^/(x|y){1,2}$", "value: /(x|y)(x|y)?$\n"},
        {"^/\\d{2}$", "value: /\\d\\d$\n"},
        {"^/[[:alnum:]]{2}$", "value: /[[:alnum:]][[:alnum:]]$\n"},
        {"^/[^]a]{2}$", "value: /[^]a][^]a]$\n"},
        {"^/\\x{41}[ab]{2}$", NULL}, /* braces of an escape */
        {"^/([a}]){2}/z$", NULL},    /* a brace that does not count */
        {"^/[ab]{2}+c$", NULL},      /* possessive */
        {"^/([ab])\\1{2}$", NULL},   /* a back-reference */
        {"^/[a-z]{500}$", NULL},     /* too long */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        (void)single_for(&f, "nginx-gateway-fabric", rows[i].pattern);
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_has(yaml, rows[i].written);
        } else {
            assert_lacks(yaml, "RegularExpression");
        }
        assert_int_equal(said(&f, DIAG_C014), !rows[i].written);
        fixture_close(&f);
    }
}

static void test_convert_a_gateway_names_its_parameters(void **state)
{
    (void)state;
    struct fixture f;
    (void)single_for(&f, "nginx-gateway-fabric", NULL);
    trust(&f, "X-Forwarded-For");
    assert_has(convert(&f),
               "  infrastructure:\n    parametersRef:\n      group: gateway.nginx.org\n"
               "      kind: NginxProxy\n      name: nginx\n");
    fixture_close(&f);
}

/* ---- TLS to backends ------------------------------------------------------------------------ */

static void speak_https(struct fixture *f, struct rule *rule, const char *secret, bool verify)
{
    EFFECT_OF(*f, upstream_protocol, "backend-protocol");
    effect->protocol = SLICE("HTTPS");
    rule->effects.upstream_protocol = effect;
    if (secret) {
        struct route_upstream_tls *tls = ARENA_NEW(f->run.arena, struct route_upstream_tls);
        *tls = (struct route_upstream_tls){.source = source_of(f, "proxy-ssl-secret"),
                                           .secret = slice_of(secret),
                                           .verify = verify,
                                           .name = SLICE("front.internal"),
                                           .server_name = true};
        rule->effects.upstream_tls = tls;
    }
}

static void test_convert_https_to_backends(void **state)
{
    (void)state;
    static const struct {
        const char *target, *secret, *written;
    } rows[] = {
        {"istio", NULL, "    tls:\n      mode: SIMPLE\n      insecureSkipVerify: true\n"},
        {"istio", "shop/client",
         "    tls:\n      mode: MUTUAL\n      credentialName: client\n      sni: front.internal\n"
         "      insecureSkipVerify: true\n"},
        {"envoy-gateway", NULL,
         "  endpoints:\n  - fqdn:\n      hostname: front.shop.svc.cluster.local\n      port: 80\n"
         "  tls:\n    insecureSkipVerify: true\n"},
        {"envoy-gateway", "shop/client",
         "    clientCertificateRef:\n      group: \"\"\n      kind: Secret\n      name: client\n"
         "    sni: front.internal\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, rows[i].target, NULL);
        speak_https(&f, rule, rows[i].secret, false);
        assert_has(convert(&f), rows[i].written);
        assert_int_equal(said(&f, DIAG_C001), 0);
        fixture_close(&f);
    }
}

/* A Secret of another namespace cannot be named. */
static void test_convert_https_with_a_secret_elsewhere(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single_for(&f, "envoy-gateway", NULL);
    speak_https(&f, rule, "vault/client", false);
    assert_lacks(convert(&f), "kind: Backend\n");
    assert_int_equal(said(&f, DIAG_C001), 2);
    fixture_close(&f);
}

/* What can be verified is said by the standard. */
static void test_convert_https_that_is_verified(void **state)
{
    (void)state;
    static const char *const targets[] = {"istio", "envoy-gateway", "nginx-gateway-fabric"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, targets[i], NULL);
        speak_https(&f, rule, "shop/client", true);
        const char *yaml = convert(&f);
        assert_has(yaml, "kind: BackendTLSPolicy\n");
        assert_lacks(yaml, "kind: DestinationRule\n");
        assert_lacks(yaml, "kind: Backend\n");
        fixture_close(&f);
    }
}

static void add_certificate(struct fixture *f)
{
    struct secret *secret = ARENA_NEW(f->run.arena, struct secret);
    secret->object = (struct object){.kind = KUBE_SECRET,
                                     .kind_name = SLICE("Secret"),
                                     .namespace = SLICE("shop"),
                                     .name = SLICE("client"),
                                     .root = node_map(f->run.arena)};
    secret->has_key_pair = secret->has_ca = true;
    kube_add(&f->run, &f->kube, &secret->object);
    kube_finish(&f->run, &f->kube);
}

/* A BackendTLSPolicy shows no certificate: what a kind of the target does not show, the Gateway does. */
static void test_convert_a_certificate_that_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *target, *kind;
    } rows[] = {{"istio", "kind: DestinationRule\n"},
                {"envoy-gateway", "kind: Backend\n"},
                {"nginx-gateway-fabric", "kind: BackendTLSPolicy\n"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, rows[i].target, NULL);
        add_certificate(&f);
        speak_https(&f, rule, "shop/client", true);
        const char *yaml = convert(&f);
        assert_has(yaml, rows[i].kind);
        assert_int_equal(occurrences(yaml, "kind: BackendTLSPolicy\n"), i == 2);
        assert_int_equal(occurrences(yaml, "      clientCertificateRef:\n        group: \"\"\n"
                                           "        kind: Secret\n        name: client\n"),
                         i == 2);
        assert_int_equal(said_text(&f, DIAG_C002, "the Gateway shows backends"), i == 2);
        fixture_close(&f);
    }
}

/* A Gateway shows one certificate to all. */
static void test_convert_certificates_that_differ(void **state)
{
    (void)state;
    struct fixture f;
    struct rule *rule = single_for(&f, "nginx-gateway-fabric", NULL);
    struct rule_list *more = rules_new(&f);
    struct rule *other = rule_to(&f, more, "api", PATH_PREFIX_ELEMENT, "/", "back");
    add_certificate(&f);
    speak_https(&f, rule, "shop/client", true);
    speak_https(&f, other, "shop/unknown", true);
    host_add(&f, "b.example.com", more, NULL, NULL);
    assert_lacks(convert(&f), "clientCertificateRef");
    assert_true(said_text(&f, DIAG_C002, "it can show one alone"));
    fixture_close(&f);
}

/* ---- a service that is asked ---------------------------------------------------------------- */

static void ask_service(struct fixture *f, struct rule *rule, const char *url)
{
    struct guard *guard = ARENA_NEW(f->run.arena, struct guard);
    *guard = (struct guard){.kind = GUARD_EXTERNAL, .subject = slice_of(url), .status = 401};
    EFFECT_OF(*f, authentication, "auth-url");
    effect->guards = (struct guards){guard, 1};
    rule->effects.authentication = effect;
}

static void test_convert_external_authentication(void **state)
{
    (void)state;
    static const char url[] =
        "http://oauth2-proxy.auth.svc.cluster.local:4180/check, which sends no X-User";
    static const struct {
        const char *target, *url, *written, *text;
    } rows[] = {
        {"istio", url,
         "  action: CUSTOM\n  provider:\n    name: oauth2-proxy.auth:4180/check\n  rules:\n  - "
         "to:\n"
         "    - operation:\n        hosts:\n        - a.example.com\n",
         "service: oauth2-proxy.auth.svc.cluster.local, port: 4180, pathPrefix: /check, "
         "includeRequestHeadersInCheck: [authorization, cookie], headersToUpstreamOnAllow: "
         "[X-User]"},
        {"envoy-gateway", url, "  extAuth:\n", "without nginx's X-Original-URL"},
        {"nginx-gateway-fabric", url,
         "      proxy_pass http://oauth2-proxy.auth.svc.cluster.local:4180/check;\n", NULL},
        {"nginx-gateway-fabric", url, "proxy_set_header X-User $auth_x_user;\n", NULL},
        {"nginx-gateway-fabric", "https://login.example.com/",
         "proxy_pass https://login.example.com/;\n", "looks the name 'login.example.com' up"},
        {"nginx-gateway-fabric", "https://login.example.com/$host", NULL, NULL},
        {"istio", "https://login.example.com/", NULL, NULL},
        {"envoy-gateway", "https://login.example.com/", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, rows[i].target, NULL);
        ask_service(&f, rule, rows[i].url);
        rule->effects.authentication->guards.items->asked = SLICE("auth-method POST");
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_true(said_text(&f, DIAG_C002, "'auth-method POST'"));
            assert_has(yaml, rows[i].written);
            assert_true(said_text(&f, DIAG_C002, rows[i].text ? rows[i].text : "SnippetsFilter"));
        }
        assert_int_equal(said(&f, DIAG_C003), !rows[i].written);
        fixture_close(&f);
    }
}

/* Where an address is enough without credentials, neither list nor guard is written for itself, and all that is lost
 * has a name. */
static void test_convert_either_guard_is_named(void **state)
{
    (void)state;
    static const char *const targets[] = {"standard", "aks-approuting", "istio", "envoy-gateway"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, targets[i], NULL);
        ask_service(&f, rule, "http://oauth2-proxy.auth.svc.cluster.local:4180/check");
        EFFECT_OF(f, addresses, "whitelist-source-range");
        effect->has_allow = true;
        rule->effects.addresses = effect;
        ((struct route_authentication *)(uintptr_t)rule->effects.authentication)->any = true;
        rule_add_source(&f.run, rule, EFFECT_addresses, source_of(&f, "denylist-source-range"));
        rule_add_source(&f.run, rule, EFFECT_authentication, source_of(&f, "satisfy"));
        const char *yaml = convert(&f);
        assert_lacks(yaml, "SecurityPolicy");
        assert_lacks(yaml, "AuthorizationPolicy");
        assert_int_equal(said(&f, DIAG_C003), 2);
        assert_true(said_text(&f, DIAG_C003, "'whitelist-source-range'"));
        assert_true(said_text(&f, DIAG_C003, "it is also about: denylist-source-range"));
        assert_true(said_text(&f, DIAG_C003, "it is also about: satisfy"));
        fixture_close(&f);
    }
}

/* ---- locations of nginx that stand in ------------------------------------------------------- */

static struct route_error_pages *error_pages(struct fixture *f, struct rule *rule)
{
    static struct slice statuses[] = {{"404", 3}, {"503", 3}};
    EFFECT_OF(*f, error_pages, "custom-http-errors");
    effect->statuses = (struct texts){statuses, 2};
    effect->of_backends = true;
    effect->namespace = SLICE("shop");
    effect->service = SLICE("errors");
    effect->port = 81;
    struct arena *arena = f->run.arena;
    *ARENA_PUSH(arena, effect->request.items, effect->request.count, effect->request.capacity) =
        (struct header_edit){EDIT_SET, SLICE("X-Code"), template_part(arena, PART_STATUS), false,
                             false};
    rule->effects.error_pages = effect;
    return effect;
}

static void test_convert_error_pages_of_nginx(void **state)
{
    (void)state;
    struct fixture f;
    (void)error_pages(&f, single_for(&f, "nginx-gateway-fabric", NULL));
    const char *yaml = convert(&f);
    assert_has(yaml, "        proxy_set_header X-Code \"503\";\n        rewrite ^ / break;\n"
                     "        proxy_pass http://errors.shop.svc.cluster.local:81;\n");
    assert_has(yaml, "      proxy_intercept_errors on;\n      error_page 404 = @errors_");
    assert_true(said_text(&f, DIAG_C002, "have the Service there first"));
    assert_int_equal(said(&f, DIAG_C001), 0);
    fixture_close(&f);

    struct route_error_pages *pages = error_pages(&f, single_for(&f, "nginx-gateway-fabric", NULL));
    pages->request.items[0].value =
        template_named(f.run.arena, PART_UNKNOWN, SLICE("$best_http_host"));
    assert_lacks(convert(&f), "error_page");
    assert_int_equal(said(&f, DIAG_C001), 1);
    fixture_close(&f);
}

static void sign_in(struct fixture *f, struct rule *rule, const char *url, const char *page)
{
    ask_service(f, rule, url);
    if (page) {
        rule->effects.authentication->guards.items->location =
            template_text(f->run.arena, slice_of(page));
    }
}

static void test_convert_sign_in_of_nginx(void **state)
{
    (void)state;
    for (size_t target = 0; target < 2; target++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "nginx-gateway-fabric", NULL);
        static const struct part parts[] = {{PART_TEXT, 0, {"https://in/?rd=", 15}},
                                            {PART_TARGET_ESCAPED, 0, {"", 0}}};
        sign_in(&f, rule, "http://oauth2-proxy.auth.svc.cluster.local:4180/check", NULL);
        rule->effects.authentication->guards.items->location = parts_of(&f, parts, 1 + target);
        const char *yaml = convert(&f);
        assert_has(yaml, target ? "return 302 \"https://in/?rd=$request_uri\";"
                                : "return 302 \"https://in/?rd=\";");
        assert_has(yaml, "error_page 401 = @signin_");
        assert_int_equal(said_text(&f, DIAG_C002, "has lost what stood behind a '&'"), target);
        fixture_close(&f);
    }
}

/* How many locations of a name that begins like that are written. nginx takes each once in a server, and NGINX Gateway
 * Fabric a filter once for all rules that name it. */
static size_t locations(const char *yaml, const char *start)
{
    size_t count = 0;
    for (const char *at = yaml; (at = strstr(at, "      location ")) != NULL; at++) {
        const char *end = strchr(at, '{');
        assert_non_null(end);
        char line[128];
        assert_true((size_t)(end - at) < sizeof line - 1);
        snprintf(line, sizeof line, "%.*s{", (int)(end - at), at);
        assert_int_equal(occurrences(yaml, line), 1);
        count += strstr(line, start) != NULL;
    }
    return count;
}

#define AUTH_A "http://auth.shop.svc.cluster.local/a"
#define AUTH_B "http://auth.shop.svc.cluster.local/b"

static void test_convert_sign_in_of_several_rules(void **state)
{
    (void)state;
    static const struct {
        const char *url, *page, *host, *namespace;
        size_t asked, signed_in;
    } rows[] = {
        {AUTH_A, "https://in/", NULL, "shop", 1, 1},
        {AUTH_A, NULL, NULL, "shop", 1, 1},
        {AUTH_A, "https://other/", NULL, "shop", 1, 2},
        {AUTH_B, "https://in/", NULL, "shop", 2, 1},
        {AUTH_B, "https://other/", NULL, "shop", 2, 2},
        {AUTH_A, "https://in/", "b.example.com", "shop", 1, 1},
        {AUTH_A, NULL, "b.example.com", "shop", 1, 1},
        {AUTH_A, "https://other/", "b.example.com", "shop", 1, 2},
        {AUTH_A, "https://in/", NULL, "mall", 2, 2}, /* filters are not shared with others */
        {AUTH_A, NULL, NULL, "mall", 2, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(SLICE("nginx-gateway-fabric"));
        struct rule_list *rules = rules_new(&f), *more = rows[i].host ? rules_new(&f) : rules;
        struct rule *second = rule_to(&f, more, "api", PATH_PREFIX_ELEMENT, "/api", "front");
        second->origin.namespace = second->backends->namespace = slice_of(rows[i].namespace);
        sign_in(&f, second, rows[i].url, rows[i].page);
        struct rule *first = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
        sign_in(&f, first, AUTH_A, "https://in/");
        host_add(&f, "a.example.com", rules, NULL, NULL);
        if (rows[i].host) {
            host_add(&f, rows[i].host, more, NULL, NULL);
        }
        const char *yaml = convert(&f);
        assert_int_equal(locations(yaml, "= _auth_"), rows[i].asked);
        assert_int_equal(locations(yaml, "@signin_"), rows[i].signed_in);
        fixture_close(&f);
    }
}

static void test_convert_error_pages_of_several_rules(void **state)
{
    (void)state;
    static const struct {
        const char *service, *namespace;
        bool fewer;
        size_t pages;
    } rows[] = {
        {"errors", "shop", false, 2}, {"errors", "shop", true, 3},  {"others", "shop", false, 4},
        {"others", "shop", true, 3},  {"errors", "mall", false, 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(SLICE("nginx-gateway-fabric"));
        struct rule_list *rules = rules_new(&f);
        struct rule *second = rule_to(&f, rules, "api", PATH_PREFIX_ELEMENT, "/api", "front");
        struct route_error_pages *pages = error_pages(&f, second);
        second->origin.namespace = second->backends->namespace = slice_of(rows[i].namespace);
        pages->service = slice_of(rows[i].service);
        pages->statuses.count -= rows[i].fewer;
        (void)error_pages(&f, rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front"));
        host_add(&f, "a.example.com", rules, NULL, NULL);
        assert_int_equal(locations(convert(&f), "@errors_"), rows[i].pages);
        fixture_close(&f);
    }
}

/* ---- limits of one client ------------------------------------------------------------------- */

static void test_convert_limits_of_nginx(void **state)
{
    (void)state;
    for (int connections = 0; connections < 2; connections++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "nginx-gateway-fabric", NULL);
        EFFECT_OF(f, rate_limit, "limit-rps");
        effect->per_second = 7;
        effect->second_burst = 35;
        effect->status = effect->connection_status = 503;
        effect->connections = connections;
        rule->effects.rate_limit = effect;
        const char *yaml = convert(&f);
        assert_int_equal(occurrences(yaml, "kind: RateLimitPolicy"), !connections);
        assert_int_equal(occurrences(yaml, "limit_req_zone $binary_remote_addr zone=rps_"),
                         connections);
        assert_int_equal(said(&f, DIAG_C001), 0);
        fixture_close(&f);
    }
}

static void test_convert_limits_of_envoy(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        size_t exempt;
        int64_t connections;
        const char *written;
        size_t said;
    } rows[] = {
        {"envoy-gateway", 0, 0, "            value: \"::/0\"\n", 0},
        {"envoy-gateway", 1, 0, "            value: 10.0.0.0/8\n            invert: true\n", 0},
        {"envoy-gateway", 2, 0, "            value: 0.0.0.0/0\n", 1},
        {"envoy-gateway", 0, 5, "            value: 0.0.0.0/0\n", 1},
        {"istio", 0, 0, "              token_bucket:\n                max_tokens: 36\n", 0},
        {"istio", 1, 0, "                tokens_per_fill: 7\n", 1},
        {"istio", 0, 5, "                fill_interval: 1s\n", 1},
    };
    static struct network networks[2];
    assert_true(network_parse(SLICE("10.0.0.0/8"), &networks[0]));
    assert_true(network_parse(SLICE("11.0.0.0/8"), &networks[1]));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, rows[i].target, NULL);
        EFFECT_OF(f, rate_limit, "limit-rps");
        effect->per_second = 7;
        effect->second_burst = 35;
        effect->status = effect->connection_status = 503;
        effect->connections = rows[i].connections;
        effect->exempt = (struct networks){networks, rows[i].exempt};
        rule->effects.rate_limit = effect;
        assert_has(convert(&f), rows[i].written);
        assert_int_equal(said(&f, DIAG_C001), rows[i].said);
        fixture_close(&f);
    }
}

/* ---- answers -------------------------------------------------------------------------------- */

static void test_convert_answers_of_envoy(void **state)
{
    (void)state;
    static const struct {
        const char *body, *written, *lacking;
    } rows[] = {
        {"", "  directResponse:\n    statusCode: 403\n", "body"},
        {"gone", "    contentType: text/html\n    body:\n      type: Inline\n      inline: gone\n",
         "$"},
        {"no, $host", "  directResponse:\n    statusCode: 403\n", "body"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "envoy-gateway", NULL);
        EFFECT_OF(f, answer, "server-snippet");
        effect->status = 403;
        effect->body = slice_of(rows[i].body);
        effect->type = SLICE("text/html");
        rule->effects.answer = effect;
        const char *yaml = convert(&f);
        assert_has(yaml, rows[i].written);
        assert_lacks(yaml, rows[i].lacking);
        assert_int_equal(said_text(&f, DIAG_C002, "a text of their own"), i == 2);
        fixture_close(&f);
    }
}

/* ---- what changes answers ------------------------------------------------------------------- */

static void test_convert_response_rewrites_of_nginx(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *written;
    } rows[] = {
        {"http://a/", "http://b/", "      proxy_redirect http://a/ http://b/;\n"},
        {"default", NULL, NULL},
        {"http://a/", "$scheme://$host/", NULL},
        {"http://a/", "http://b/; return 200", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "nginx-gateway-fabric", NULL);
        EFFECT_OF(f, response_rewrites, "proxy-redirect-from");
        effect->redirect_from = slice_of(rows[i].from);
        effect->redirect_to = rows[i].to ? slice_of(rows[i].to) : SLICE_ABSENT;
        rule->effects.response_rewrites = effect;
        const char *yaml = convert(&f);
        if (rows[i].written) {
            assert_has(yaml, rows[i].written);
        } else {
            assert_lacks(yaml, "proxy_redirect");
        }
        assert_int_equal(said(&f, DIAG_C001), !rows[i].written);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_counted_expressions_are_written_out),
        cmocka_unit_test(test_convert_a_gateway_names_its_parameters),
        cmocka_unit_test(test_convert_https_to_backends),
        cmocka_unit_test(test_convert_https_with_a_secret_elsewhere),
        cmocka_unit_test(test_convert_https_that_is_verified),
        cmocka_unit_test(test_convert_a_certificate_that_is_shown),
        cmocka_unit_test(test_convert_certificates_that_differ),
        cmocka_unit_test(test_convert_external_authentication),
        cmocka_unit_test(test_convert_either_guard_is_named),
        cmocka_unit_test(test_convert_error_pages_of_nginx),
        cmocka_unit_test(test_convert_sign_in_of_nginx),
        cmocka_unit_test(test_convert_sign_in_of_several_rules),
        cmocka_unit_test(test_convert_error_pages_of_several_rules),
        cmocka_unit_test(test_convert_limits_of_nginx),
        cmocka_unit_test(test_convert_limits_of_envoy),
        cmocka_unit_test(test_convert_answers_of_envoy),
        cmocka_unit_test(test_convert_response_rewrites_of_nginx),
    };
    return cmocka_run_group_tests_name("convert_vendor", tests, NULL, NULL);
}
