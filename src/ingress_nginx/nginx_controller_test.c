#include "ingress_nginx/world_priv.h"

/* What the controller itself is told: its version, its flags, the object that AKS makes it from. */

static bool named(struct world *world, const char *code)
{
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        const struct diagnostic *diagnostic = diag_get(world->run.diag, i);
        if (slice_is(slice_of(diag_row(diagnostic->code)->name), code)) {
            return true;
        }
    }
    return false;
}

static struct slice answer_of(struct world *world, const char *request)
{
    struct outcome out;
    return world_outcome(world, world_request(slice_of(request)), &out);
}

#define ASSERT_ANSWER(world, request, wanted)                                                      \
    do {                                                                                           \
        struct slice seen_ = answer_of((world), (request));                                        \
        if (!slice_is(seen_, (wanted))) {                                                          \
            print_error("%s: " SLICE_FMT ", not %s\n", (request), SLICE_ARG(seen_), (wanted));     \
        }                                                                                          \
        assert_true(slice_is(seen_, (wanted)));                                                    \
    } while (0)

static void with_version(struct world *world, const char *version, const char *line)
{
    *world = (struct world){.options = {.version = slice_of(version)}};
    world_open_with(world, true, "", WORLD(line));
}

static void test_ingress_nginx_versions_differ(void **state)
{
    (void)state;
    static const struct {
        const char *version, *line, *request, *outcome;
    } rows[] = {
        /* values are checked since 1.12, and the risk of snippets counts since then */
        {"1.15.1", "a h; P / a; @configuration-snippet return 418", "h/", "404"},
        {"1.13", "a h; P / a; @configuration-snippet return 418", "h/", "404"},
        {"1.11.8", "a h; P / a; @configuration-snippet return 418", "h/", "a /"}, /* removed */
        {"1.15.1", "a h; P / a; @limit-rps 5m", "h/", "404"},
        {"1.11", "a h; P / a; @limit-rps 5m", "h/", "a /"},
        {"1.13.9", "a h; P / a; @temporal-redirect https://x/; @temporal-redirect-code 307", "h/",
         "307 https://x/"},
        {"1.11.8", "a h; P / a; @temporal-redirect https://x/; @temporal-redirect-code 307", "h/",
         "302 https://x/"},
        {"1.12.8", "a h; P / a; @permanent-redirect /x; @relative-redirects true", "h/",
         "301 http://h/x"},
        {"1.13.0", "a h; P / a; @permanent-redirect /x; @relative-redirects true", "h/", "301 /x"},
        {"1.9.0", "a h; P / a; @allowlist-source-range nonsense", "h/", "a /"},
        {"1.9.1", "a h; P / a; @allowlist-source-range nonsense", "h/", "503"},
        /* values that are not checked, but looked at */
        {"1.11", "a h; P / a; @satisfy never", "h/", "a /"},
        {"1.11", "a h; P / a; @auth-type secret", "h/", "503"},
        {"1.15.1", "a h; P / a; @auth-type secret", "h/", "404"},
        {"1.11", "a h; P / a; @auth-url http://x/; @auth-response-headers a b", "h/", "503"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        with_version(&world, rows[i].version, rows[i].line);
        ASSERT_ANSWER(&world, rows[i].request, rows[i].outcome);
        assert_false(named(&world, "N025"));
        world_close(&world);
    }
}

static void test_ingress_nginx_values_that_a_version_ignores(void **state)
{
    (void)state;
    static const struct {
        const char *version, *line;
        bool ignored;
    } rows[] = {
        {"1.12.5", "a h; P / a; @custom-http-errors 403, 503", true},
        {"1.12.6", "a h; P / a; @custom-http-errors 403, 503", false},
        {"1.13.1", "a h; P / a; @custom-http-errors 403,", true},
        {"1.13.2", "a h; P / a; @custom-http-errors 403, 503", false},
        {"1.9.0", "a h; P / a; @custom-http-errors 403,503", false},
        {"1.12.8", "a h; P / a; @enable-cors true; @cors-allow-origin tauri://x", true},
        {"1.12.8", "a h; P / a; @enable-cors true; @cors-allow-origin null", false},
        {"1.13.0", "a h; P / a; @enable-cors true; @cors-allow-origin tauri://x", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        with_version(&world, rows[i].version, rows[i].line);
        assert_int_equal(named(&world, "N005"), rows[i].ignored);
        world_close(&world);
    }
}

static void test_ingress_nginx_timeouts_of_grpc(void **state)
{
    (void)state;
    static const char *const versions[] = {"1.10.6", "1.11.0"};
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct world world;
        struct outcome out;
        with_version(&world, versions[i],
                     "a h; P / a; @backend-protocol GRPC; @proxy-read-timeout 7");
        (void)world_outcome(&world, world_request(SLICE("h/")), &out);
        assert_int_equal(out.effects.timeouts->read_ms, i ? 7000 : 60000);
        world_close(&world);
    }
}

static void test_ingress_nginx_version_that_is_not_known(void **state)
{
    (void)state;
    static const char *const rows[] = {"1.8.0", "2", "1.16.0", "x", "1.15.1.1"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        with_version(&world, rows[i], "a h; P / a");
        assert_true(named(&world, "N025"));
        world_close(&world);
    }
}

static void test_ingress_nginx_headers_of_versions(void **state)
{
    (void)state;
    static const char *const versions[] = {"1.12", "1.13"};
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct world world;
        struct outcome out;
        with_version(&world, versions[i], "a h; P / a");
        struct request request = world_request(SLICE("h/"));
        headers_add(world.run.arena, &request.headers, SLICE("X-Forwarded-Host"), SLICE("f"));
        (void)world_outcome(&world, request, &out);
        assert_int_equal(
            seen_find(&out.backends[0].request, SLICE("X-Original-Forwarded-Host")) != NULL, i);
        world_close(&world);
    }
}

static void with_flags(struct world *world, const struct slice *flags, size_t count,
                       const char *yaml, const char *const *lines)
{
    *world = (struct world){.options = {.flags = flags, .flag_count = count}};
    world_open_with(world, true, yaml, lines);
}

static const char other_namespace[] =
    "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a, tier: web}}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: fallback, namespace: sys}\n"
    "spec: {ports: [{port: 8080}]}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: outside, namespace: shop}\n"
    "spec: {type: ExternalName, externalName: example.com}\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    "metadata: {name: x, namespace: shop, annotations: {kubernetes.io/ingress.class: nginx}}\n"
    "spec: {rules: [{host: x, http: {paths: [{path: /, pathType: Prefix, backend: {service: "
    "{name: outside, port: {number: 80}}}}]}}]}\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: none, namespace: "
    "shop}\n"
    "spec: {rules: [{host: m, http: {paths: [{path: /, pathType: Prefix, backend: {service: "
    "{name: outside, port: {number: 80}}}}]}}]}\n";

static void test_ingress_nginx_flags(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *request, *without, *with;
    } rows[] = {
        {"--default-backend-service=sys/fallback", "unknown/x", "404", "fallback /x"},
        {"--default-backend-service=sys/none", "unknown/x", "404", "404"},
        {"--watch-namespace=other", "h/x", "a /x", "404"},
        {"--watch-namespace=shop", "h/x", "a /x", "a /x"},
        {"--watch-namespace-selector=team=a,tier!=db", "h/x", "a /x", "a /x"},
        {"--watch-namespace-selector=team=b", "h/x", "a /x", "404"},
        {"--watch-namespace-selector=!team", "h/x", "a /x", "404"},
        {"--watch-namespace-selector=tier", "h/x", "a /x", "a /x"},
        {"--disable-catch-all", "other/", "d /", "404"},
        {"--disable-svc-external-name", "x/", "outside /", "503"},
        {"--watch-ingress-without-class", "m/", "d /", "outside /"},
        {"--health-check-path=/ok", "other/ok", "d /ok", "200"},
        {"--annotations-prefix=my.example", "h/r", "302 http://r", "a /r"},
        {"--deep-inspect=false", "s/etc/passwd", "d /etc/passwd", "p /etc/passwd"},
        {"--v=2", "h/x", "a /x", "a /x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct slice flag = slice_of(rows[i].flag);
        bool fallback = slice_starts(flag, SLICE("--default-backend"));
        const char *const lines[] = {
            "a h; P / a; P /r r", "r h; E /r r; @temporal-redirect http://r",
            "s s; P /etc/passwd p", fallback ? NULL : "d -; default d", NULL};
        const char *const *used = lines;
        const char *const redirecting[] = {"r h; E /r a; P / a; @temporal-redirect http://r", NULL};
        if (slice_starts(flag, SLICE("--annotations-prefix"))) {
            used = redirecting;
        }
        for (size_t on = 0; on < 2; on++) {
            struct world world;
            with_flags(&world, &flag, on, other_namespace, used);
            ASSERT_ANSWER(&world, rows[i].request, on ? rows[i].with : rows[i].without);
            world_close(&world);
        }
    }
}

static void test_ingress_nginx_flags_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *code;
    } rows[] = {{"--watch-namespaces=x", "N033"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        const struct slice flag = slice_of(rows[i].flag);
        with_flags(&world, &flag, 1, "", WORLD("a h; P / a"));
        assert_true(named(&world, rows[i].code));
        world_close(&world);
    }
}

static void test_ingress_nginx_default_certificate(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    const struct slice flag = SLICE("--default-ssl-certificate=sys/cert");
    with_flags(&world, &flag, 1, "", WORLD("a h; P / a"));
    (void)world_outcome(&world, world_request(SLICE("https://h/")), &out);
    assert_true(slice_is(out.entry->certificate.secret, "cert"));
    assert_true(slice_is(out.entry->certificate.namespace, "sys"));
    world_close(&world);
}

#define CONFIG(more)                                                                               \
    "---\napiVersion: v1\nkind: ConfigMap\n"                                                       \
    "metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\ndata:\n" more

static void test_ingress_nginx_risk_levels(void **state)
{
    (void)state;
    const char *const *lines = WORLD("a h1; P / a; @server-alias x", "b h2; P / b; @app-root /x",
                                     "c h3; P / c; "
                                     "@enable-cors true");
    check_with(CONFIG("  annotations-risk-level: Medium\n"), lines,
               EXPECT({"h1/", "404"}, {"h2/", "302 http://h2/x"}, {"h3/", "c /"}));
    check_with(CONFIG("  annotations-risk-level: low\n"), lines,
               EXPECT({"h1/", "404"}, {"h2/", "404"}, {"h3/", "c /"}));
}

static void test_ingress_nginx_handshake_is_refused(void **state)
{
    (void)state;
    check_with(CONFIG("  ssl-reject-handshake: \"true\"\n"), WORLD("a h; P / a"),
               EXPECT({"https://h/", "a /"}, {"https://x/", "close"}, {"x/", "404"}));
}

static void test_ingress_nginx_set_headers(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    static const char yaml[] = CONFIG(
        "  proxy-set-headers: sys/headers\n  forwarded-host-header: X-Outer\n"
        "  generate-request-id: \"false\"\n") "---\napiVersion: v1\nkind: ConfigMap\nmetadata: "
                                              "{name: headers, namespace: sys}\n"
                                              "data: {X-Team: \"a $host\", X-Scheme: again}\n";
    world_open(&world, true, yaml, WORLD("a h; P / a"));
    struct request request = world_request(SLICE("h/"));
    headers_add(world.run.arena, &request.headers, SLICE("X-Outer"), SLICE("o"));
    (void)world_outcome(&world, request, &out);
    const struct seen_headers *seen = &out.backends[0].request;
    assert_true(slice_is(seen_find(seen, SLICE("X-Team"))->value, "a h"));
    assert_true(slice_is(seen_find(seen, SLICE("X-Scheme"))->value, "http,again"));
    assert_true(slice_is(seen_find(seen, SLICE("X-Original-Forwarded-Host"))->value, "o"));
    assert_null(seen_find(seen, SLICE("X-Request-ID")));
    world_close(&world);
}

static void test_ingress_nginx_flags_name_their_namespace(void **state)
{
    (void)state;
    struct world world;
    static const char yaml[] =
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp, namespace: sys}\n"
        "data: {'9000': 'shop/a:80'}\n"
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c, namespace: sys}\n"
        "spec: {template: {spec: {containers: [{image: x/ingress-nginx/controller, args: [\n"
        "--tcp-services-configmap=$(POD_NAMESPACE)/tcp]}]}}}\n";
    with_flags(&world, NULL, 0, yaml, WORLD("a h; P / a"));
    size_t found = 0;
    for (size_t i = 0; i < world.table.entry_count; i++) {
        found += world.table.entries[i].transport == TRANSPORT_TCP;
    }
    assert_int_equal(found, 1);
    world_close(&world);
}

static void test_ingress_nginx_streams(void **state)
{
    (void)state;
    struct world world;
    static const char yaml[] =
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp, namespace: sys}\ndata:\n"
        "  '9000': shop/a:80:PROXY:PROXY\n  '8080': shop/a:80\n  x: shop/a:80\n"
        "  '9001': shop/none:80\n  '9002': shop/a:http\n  '9003': shop/a\n"
        "  '9004': shop/a:80:PROXY:PROXY:PROXY\n  '55': sys/both:53\n  '56': sys/dns:53\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: udp, namespace: sys}\ndata:\n"
        "  '53': sys/dns:53\n  '54': shop/a:80\n  '55': sys/both:53:PROXY\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: both, namespace: sys}\n"
        "spec: {ports: [{name: t, port: 53}, {name: u, port: 53, protocol: UDP}]}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: dns, namespace: sys}\n"
        "spec: {ports: [{port: 53, protocol: UDP}]}\n";
    const struct slice flags[] = {SLICE("--tcp-services-configmap=sys/tcp"),
                                  SLICE("--udp-services-configmap=sys/udp"),
                                  SLICE("--http-port=8080"), SLICE("--https-port=9443")};
    with_flags(&world, flags, ARRAY_LEN(flags), yaml, WORLD("a h; P / a"));
    size_t found = 0;
    for (size_t i = 0; i < world.table.entry_count; i++) {
        const struct entry *entry = &world.table.entries[i];
        if (entry->transport == TRANSPORT_HTTP) {
            continue;
        }
        found++;
        assert_int_equal(entry->kind, ENTRY_TUNNEL);
        assert_true(entry->port == 55 ||
                    (entry->transport == TRANSPORT_UDP) == (entry->port == 53));
        assert_int_equal(entry->proxy_in, entry->port == 9000 || entry->port == 9004);
        assert_int_equal(entry->proxy_out, entry->port == 9000);
    }
    assert_int_equal(found, 6); /* 9000, 9002, 9004, 53 and 55 of both */
    assert_true(named(&world, "N036"));
    struct request request = world_request(SLICE("x/"));
    struct outcome out;
    request.scheme = SLICE("tcp");
    request.port = 9000;
    assert_true(slice_is(world_outcome(&world, request, &out), "tunnel"));
    request.port = 53;
    assert_true(slice_is(world_outcome(&world, request, &out), "close"));
    request.scheme = SLICE("udp");
    assert_true(slice_is(world_outcome(&world, request, &out), "tunnel"));
    world_close(&world);
}

static void test_ingress_nginx_settings_are_described(void **state)
{
    (void)state;
    struct nginx_setting_info info;
    size_t count = 0, flags = 0, texts = 0;
    for (; nginx_setting_info_at(count, &info); count++) {
        assert_non_null(info.name);
        assert_non_null(info.treatment);
        flags += info.flag;
        texts += info.text != NULL;
        assert_int_equal(info.text != NULL, info.fallback != NULL);
    }
    assert_true(count > 200 && flags > 60 && texts > 45);
}

/* ---- AKS ---------------------------------------------------------------------------------- */

#define AKS(spec)                                                                                  \
    "---\napiVersion: approuting.kubernetes.azure.com/v1alpha1\nkind: NginxIngressController\n"    \
    "metadata: {name: inside}\nspec:\n  ingressClassName: inner\n" spec                            \
    "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: inner}\n"         \
    "spec: {controller: approuting.kubernetes.azure.com/inside}\n"                                 \
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"                                       \
    "metadata: {name: i, namespace: shop}\n"                                                       \
    "spec: {ingressClassName: inner, rules: [{host: h, http: {paths: [{path: /p, pathType: "       \
    "Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}\n"                            \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n"                   \
    "spec: {ports: [{port: 80}]}\n"

static void test_ingress_nginx_aks_object(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    static const char yaml[] =
        AKS("  defaultSSLCertificate:\n    keyVaultURI: https://v.vault.azure.net/certificates/c\n"
            "    forceSSLRedirect: true\n  defaultBackendService: {name: a, namespace: shop}\n"
            "  loadBalancerSourceRanges: [10.0.0.0/8]\n");
    world_open(&world, true, yaml, WORLD("b other; P / b"));
    ASSERT_ANSWER(&world, "https://h/x", "a /x");
    struct request request = world_request(SLICE("h/p"));
    request.gateway = SLICE("inner");
    assert_true(slice_is(world_outcome(&world, request, &out), "308 https://h/p"));
    request.scheme = SLICE("https");
    (void)world_outcome(&world, request, &out);
    assert_true(slice_is(out.entry->certificate.secret, "keyvault-nginx-inside"));
    /* the other controller is one of its own */
    ASSERT_ANSWER(&world, "other/p", "b /p");
    assert_true(named(&world, "N034"));
    world_close(&world);
}

static void test_ingress_nginx_aks_certificates_in_key_vault(void **state)
{
    (void)state;
    static const char yaml[] =
        "apiVersion: networking.k8s.io/v1\nkind: IngressClass\n"
        "metadata: {name: webapprouting.kubernetes.azure.com}\n"
        "spec: {controller: webapprouting.kubernetes.azure.com/nginx}\n"
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i\n"
        "  namespace: shop\n  annotations:\n"
        "    kubernetes.azure.com/tls-cert-keyvault-uri: https://v.vault.azure.net/certificates/c\n"
        "    kubernetes.azure.com/tls-cert-keyvault-managed: \"true\"\n"
        "spec: {ingressClassName: webapprouting.kubernetes.azure.com, rules: [{host: h, http: "
        "{paths: "
        "[{path: /p, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n"
        "spec: {ports: [{port: 80}]}\n";
    struct world world;
    struct outcome out;
    world_open(&world, false, yaml, WORLD("b other; P / b"));
    struct request request = world_request(SLICE("h/p"));
    request.gateway = SLICE("webapprouting.kubernetes.azure.com");
    assert_true(slice_is(world_outcome(&world, request, &out), "308 https://h/p"));
    request.scheme = SLICE("https");
    (void)world_outcome(&world, request, &out);
    assert_true(slice_is(out.entry->certificate.secret, "keyvault-i"));
    assert_true(slice_is(out.entry->certificate.vault, "https://v.vault.azure.net/certificates/c"));
    assert_false(named(&world, "N009"));
    world_close(&world);
}

static void test_ingress_nginx_aks_without_http(void **state)
{
    (void)state;
    struct world world;
    static const char yaml[] = AKS("  httpDisabled: true\n  customHTTPErrors: [503]\n");
    world_open(&world, true, yaml, WORLD("b other; P / b"));
    assert_true(named(&world, "N011"));
    for (size_t i = 0; i < world.table.entry_count; i++) {
        const struct entry *entry = &world.table.entries[i];
        assert_true(entry->https || !slice_is(entry->gateway, "inner"));
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_versions_differ),
        cmocka_unit_test(test_ingress_nginx_values_that_a_version_ignores),
        cmocka_unit_test(test_ingress_nginx_timeouts_of_grpc),
        cmocka_unit_test(test_ingress_nginx_version_that_is_not_known),
        cmocka_unit_test(test_ingress_nginx_headers_of_versions),
        cmocka_unit_test(test_ingress_nginx_flags),
        cmocka_unit_test(test_ingress_nginx_flags_are_named),
        cmocka_unit_test(test_ingress_nginx_default_certificate),
        cmocka_unit_test(test_ingress_nginx_risk_levels),
        cmocka_unit_test(test_ingress_nginx_handshake_is_refused),
        cmocka_unit_test(test_ingress_nginx_set_headers),
        cmocka_unit_test(test_ingress_nginx_flags_name_their_namespace),
        cmocka_unit_test(test_ingress_nginx_streams),
        cmocka_unit_test(test_ingress_nginx_settings_are_described),
        cmocka_unit_test(test_ingress_nginx_aks_object),
        cmocka_unit_test(test_ingress_nginx_aks_certificates_in_key_vault),
        cmocka_unit_test(test_ingress_nginx_aks_without_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
