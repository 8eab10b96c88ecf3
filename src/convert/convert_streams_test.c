#include "convert/convert_fixture_priv.h"

/* TLS that is handed on, TCP and UDP ports, and headers that the data plane sets on every answer. */

static struct entry *tunnel_add(struct fixture *f, enum transport transport, uint16_t port,
                                const char *host)
{
    struct entry *entry = route_table_add(&f->run, &f->table);
    entry->gateway = SLICE("nginx");
    entry->transport = transport;
    entry->https = transport == TRANSPORT_HTTP;
    entry->port = port;
    entry->kind = ENTRY_TUNNEL;
    if (host) {
        entry->sni = (struct host_pattern){.kind = HOST_EXACT, .name = slice_of(host)};
    }
    entry->tunnel = ARENA_NEW(f->run.arena, struct backend);
    *entry->tunnel = (struct backend){
        .namespace = SLICE("shop"), .service = SLICE("db"), .port = 5432, .weight = 1};
    entry->tunnel_count = 1;
    entry->origin = (struct origin){
        .kind = SLICE("Ingress"), .namespace = SLICE("shop"), .name = SLICE("vault")};
    return entry;
}

static void test_convert_passthrough_is_a_tls_route_and_a_listener(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    (void)tunnel_add(&f, TRANSPORT_HTTP, 443, "vault.example.com");
    const char *yaml = convert(&f);
    assert_has(yaml, "kind: TLSRoute\n");
    assert_has(yaml, "  name: vault-passthrough\n");
    assert_has(yaml, "    protocol: TLS\n");
    assert_has(yaml, "      mode: Passthrough\n");
    assert_has(yaml, "    sectionName: tls-vault-example-com\n");
    assert_int_equal(said(&f, DIAG_C025), 0);
    fixture_close(&f);
}

/* Its paths are there by plain http alone: no HTTPRoute attaches to a listener that passes TLS on. */
static void test_convert_passthrough_beside_paths_of_its_host(void **state)
{
    (void)state;
    for (int redirects = 0; redirects < 2; redirects++) {
        struct fixture f;
        fixture_open(&f);
        struct rule_list *rules = rules_new(&f), *others = rules_new(&f);
        struct rule *rule = rule_to(&f, rules, "vault", PATH_PREFIX_ELEMENT, "/", "front");
        rule->effects.https_redirect = redirects ? https_redirect(&f) : NULL;
        (void)rule_to(&f, others, "wide", PATH_PREFIX_ELEMENT, "/", "front");
        (void)tunnel_add(&f, TRANSPORT_HTTP, 443, "vault.example.com");
        (void)host_add(&f, "*.example.com", others, "*.example.com", "wide-tls");
        (void)host_add(&f, "vault.example.com", rules, "vault.example.com", "vault-tls");
        const char *yaml = convert(&f);
        assert_int_equal(occurrences(yaml, "    sectionName: tls-vault-example-com\n"), 1);
        assert_int_equal(occurrences(yaml, "  hostnames:\n  - vault.example.com\n"), 2);
        assert_int_equal(occurrences(yaml, "scheme: https\n"), redirects);
        assert_lacks(yaml, "vault-tls");
        assert_int_equal(said(&f, DIAG_C024), 0);
        fixture_close(&f);
    }
}

static void test_convert_streams_wait_for_their_release(void **state)
{
    (void)state;
    static const struct {
        int minor;
        bool experimental;
        const char *tls, *tcp; /* null: not written */
    } cases[] = {
        {4, false, NULL, NULL},
        {4, true, "v1alpha2\nkind: TLSRoute", "v1alpha2\nkind: TCPRoute"},
        {5, false, "/v1\nkind: TLSRoute", NULL},
        {5, true, "/v1\nkind: TLSRoute", "v1alpha2\nkind: TCPRoute"},
        {6, false, "/v1\nkind: TLSRoute", "/v1\nkind: TCPRoute"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(SLICE("standard"));
        f.options.api_minor = cases[i].minor;
        f.options.experimental = cases[i].experimental;
        (void)tunnel_add(&f, TRANSPORT_HTTP, 443, "vault.example.com");
        (void)tunnel_add(&f, TRANSPORT_TCP, 9000, NULL);
        const char *yaml = convert(&f);
        assert_int_equal(said(&f, DIAG_C025), cases[i].tls == NULL);
        assert_int_equal(said(&f, DIAG_C036), cases[i].tcp == NULL);
        if (cases[i].tls) {
            assert_has(yaml, cases[i].tls);
        }
        if (cases[i].tcp) {
            assert_has(yaml, cases[i].tcp);
        }
        fixture_close(&f);
    }
}

static void test_convert_the_proxy_protocol_is_named(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("standard"));
    f.options.api_minor = 6;
    tunnel_add(&f, TRANSPORT_TCP, 9000, NULL)->proxy_in = true;
    (void)tunnel_add(&f, TRANSPORT_TCP, 9001, NULL);
    (void)tunnel_add(&f, TRANSPORT_UDP, 9001, NULL);
    const char *yaml = convert(&f);
    assert_true(said_text(&f, DIAG_C036, "PROXY protocol"));
    assert_has(yaml, "kind: UDPRoute\n");
    assert_int_equal(occurrences(yaml, "kind: TCPRoute\n"), 1);
    fixture_close(&f);
}

/* Headers of the data plane stand in rules, those for https only in what https serves; a rule's own edit of the same
 * header goes before. */
static void test_convert_headers_of_the_data_plane_are_written(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct header_edit edits[] = {
        {.kind = EDIT_SET,
         .name = SLICE("Strict-Transport-Security"),
         .value = template_text(f.run.arena, SLICE("max-age=1")),
         .only_https = true},
        {.kind = EDIT_SET,
         .name = SLICE("X-Id"),
         .value = template_part(f.run.arena, PART_REQUEST_ID)},
    };
    struct route_header_edits platform = {.edits = {edits, ARRAY_LEN(edits), ARRAY_LEN(edits)}};
    f.table.platform.response_headers = &platform;
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    host_add(&f, "a.example.com", rules, "a.example.com", "a-tls");
    const char *yaml = convert(&f);
    assert_int_equal(occurrences(yaml, "kind: HTTPRoute\n"), 2);
    assert_int_equal(occurrences(yaml, "- name: Strict-Transport-Security\n"), 1);
    assert_int_equal(occurrences(yaml, "X-Id"), 0);
    assert_true(said_text(&f, DIAG_C005, "(X-Id)"));
    fixture_close(&f);
}

/* A redirect is an answer of the data plane, from which nothing can be removed. */
static void test_convert_headers_of_redirects(void **state)
{
    (void)state;
    static const char *const targets[] = {"standard", "nginx-gateway-fabric"};
    for (size_t t = 0; t < ARRAY_LEN(targets); t++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(targets[t]));
        struct header_edit platform_edits[] = {
            {.kind = EDIT_SET,
             .name = SLICE("X-Always"),
             .value = template_text(f.run.arena, SLICE("1"))},
            {.kind = EDIT_SET,
             .name = SLICE("X-Never"),
             .value = template_text(f.run.arena, SLICE("2"))},
        };
        struct header_edit own_edits[] = {{.kind = EDIT_REMOVE, .name = SLICE("X-Never")}};
        struct route_header_edits platform = {.edits = {platform_edits, 2, 2}};
        struct route_header_edits own = {.source = source_of(&f, "snippet"),
                                         .edits = {own_edits, 1, 1}};
        f.table.platform.response_headers = &platform;
        struct rule_list *rules = rules_new(&f);
        struct rule *rule = rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
        EFFECT_OF(f, redirect, "permanent-redirect");
        effect->status = 301;
        effect->location = template_text(f.run.arena, SLICE("https://b.example.com/x"));
        rule->effects.redirect = effect;
        rule->effects.response_headers = &own;
        host_add(&f, "a.example.com", rules, NULL, NULL);
        const char *yaml = convert(&f);
        assert_int_equal(occurrences(yaml, "X-Always"), t == 0);
        assert_int_equal(occurrences(yaml, "X-Never"), 0);
        assert_int_equal(said_text(&f, DIAG_C002, "'X-Always' today"), t == 1);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_passthrough_is_a_tls_route_and_a_listener),
        cmocka_unit_test(test_convert_passthrough_beside_paths_of_its_host),
        cmocka_unit_test(test_convert_streams_wait_for_their_release),
        cmocka_unit_test(test_convert_the_proxy_protocol_is_named),
        cmocka_unit_test(test_convert_headers_of_the_data_plane_are_written),
        cmocka_unit_test(test_convert_headers_of_redirects),
    };
    return cmocka_run_group_tests_name("convert_streams", tests, NULL, NULL);
}
