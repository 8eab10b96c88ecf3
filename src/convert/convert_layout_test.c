#include "convert/convert_fixture_priv.h"

/* "/" of Ingress `ingress`, to a Service of its namespace. */
static void rule_in(struct fixture *f, struct rule_list *rules, const char *namespace,
                    const char *ingress, const char *path)
{
    struct rule *rule = rule_to(f, rules, ingress, PATH_PREFIX_ELEMENT, path, "front");
    rule->origin.namespace = rule->backends->namespace = slice_of(namespace);
}

static void host_in(struct fixture *f, const char *namespace, const char *host, const char *secret)
{
    struct rule_list *rules = rules_new(f);
    rule_in(f, rules, namespace, namespace, "/");
    size_t https = host_add(f, host, rules, host, secret);
    if (secret) {
        f->table.entries[https].certificate.namespace = slice_of(namespace);
    }
}

/* a.example.com of namespace ai and s.example.com of namespace shop, with certificates. */
static void two_teams(struct fixture *f, enum layout layout)
{
    fixture_open(f);
    f->options.target = target_find(SLICE("standard"));
    f->options.gateway_class = SLICE("c");
    f->options.layout = layout;
    host_in(f, "ai", "a.example.com", "a-tls");
    host_in(f, "shop", "s.example.com", "s-tls");
}

static void test_layout_per_namespace_is_a_gateway_beside_each_app(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_PER_NAMESPACE);
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.gateways, 2);
    assert_int_equal(f.converted.listeners, 4);
    assert_int_equal(occurrences(yaml, "from: Same\n"), 4);
    assert_int_equal(occurrences(yaml, "  parentRefs:\n  - name: nginx\n  hostnames:\n"), 2);
    assert_lacks(yaml, "kind: ReferenceGrant");
    assert_lacks(yaml, "kind: Namespace");
    assert_true(said_text(&f, DIAG_C040, "2 Gateways in 2 namespaces (ai, shop)"));
    assert_int_equal(said(&f, DIAG_C048), 0);
    assert_int_equal(said(&f, DIAG_C049), 0);
    fixture_close(&f);
}

static void test_layout_host_of_two_namespaces_stays_whole(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_PER_NAMESPACE);
    struct rule_list *rules = rules_new(&f), *plain = rules_new(&f);
    rule_in(&f, rules, "ai", "ai", "/models");
    rule_in(&f, rules, "shop", "shop", "/");
    rule_in(&f, plain, "shop", "shop", "/x");
    rule_in(&f, plain, "ai", "ai", "/");
    size_t https = host_add(&f, "both.example.com", rules, "both.example.com", "both-tls");
    f.table.entries[https].certificate.namespace = SLICE("ai");
    host_add(&f, "plain.example.com", plain, NULL, NULL);
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.gateways, 2);
    assert_int_equal(said(&f, DIAG_C048), 2);
    /* the certificate decides, then the widest path */
    assert_true(said_text(&f, DIAG_C048,
                          "host 'both.example.com' has rules or its certificate in 2 "
                          "namespaces (ai, shop)"));
    assert_true(said_text(&f, DIAG_C048, "whole on that of 'ai'"));
    assert_has(yaml, "  - name: https-both-example-com\n");
    assert_has(yaml, "            values:\n            - ai\n            - shop\n");
    assert_has(yaml, "  - name: nginx\n    namespace: ai\n");
    assert_lacks(yaml, "  - name: nginx\n    namespace: shop\n");
    fixture_close(&f);
}

static void test_layout_host_stays_with_the_certificate_of_its_wildcard(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_PER_NAMESPACE);
    host_in(&f, "ai", "*.example.org", "wild-tls");
    host_in(&f, "shop", "x.example.org", NULL);
    const char *yaml = convert(&f);
    assert_true(said_text(&f, DIAG_C048, "host 'x.example.org' has rules or its certificate in 2"));
    assert_has(yaml, "  - name: nginx\n    namespace: ai\n  hostnames:\n  - x.example.org\n");
    assert_int_equal(said(&f, DIAG_C023), 0);
    fixture_close(&f);
}

static void test_layout_routes_for_every_host_are_at_every_address(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_PER_NAMESPACE);
    host_in(&f, "rest", NULL, NULL);
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.gateways, 3);
    assert_int_equal(f.converted.routes, 3);
    assert_has(yaml, "  parentRefs:\n"
                     "  - name: nginx\n"
                     "    namespace: ai\n"
                     "    sectionName: http\n"
                     "  - name: nginx\n"
                     "    namespace: shop\n"
                     "    sectionName: http\n"
                     "  - name: nginx\n"
                     "    sectionName: http\n"
                     "  rules:\n");
    fixture_close(&f);
}

static void test_layout_default_backend_has_no_gateway_of_its_own(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_PER_NAMESPACE);
    host_in(&f, "rest", NULL, NULL);
    const struct rule_list *list = f.table.entries[f.table.entry_count - 1].rules;
    ((struct rule *)(uintptr_t)&list->rules[0])->origin = (struct origin){0};
    (void)convert(&f);
    assert_int_equal(f.converted.gateways, 2);
    assert_int_equal(f.converted.routes, 3);
    fixture_close(&f);
}

static void test_layout_shared_is_in_the_namespace_named(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_SHARED);
    f.options.shared_namespace = SLICE("edge");
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.gateways, 1);
    assert_has(yaml, "kind: Namespace\nmetadata:\n  name: edge\n");
    assert_has(yaml, "  - name: nginx\n    namespace: edge\n");
    assert_int_equal(occurrences(yaml, "kind: ReferenceGrant\n"), 2);
    assert_int_equal(said(&f, DIAG_C049), 1);
    assert_true(said_text(&f, DIAG_C049, "listener 'http' of Gateway 'edge/nginx'"));
    fixture_close(&f);
}

static void test_layout_listener_sets_hold_the_certificates_of_a_namespace(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_LISTENER_SETS);
    for (size_t i = 0; i < 70; i++) {
        char host[32];
        snprintf(host, sizeof host, "h%02zu.example.com", i);
        host_in(&f, "shop", arena_string(f.run.arena, slice_of(host)), "more-tls");
    }
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.gateways, 1);
    assert_int_equal(f.converted.listeners, 73);
    assert_int_equal(occurrences(yaml, "kind: ListenerSet\nmetadata"), 3); /* 1 of ai, 64 and 7 */
    assert_has(yaml, "  allowedListeners:\n"
                     "    namespaces:\n"
                     "      from: Selector\n");
    assert_has(yaml, "  parentRef:\n    name: nginx\n    namespace: gateways\n");
    assert_has(yaml, "  - kind: ListenerSet\n    name: nginx-2\n");
    assert_lacks(yaml, "kind: ReferenceGrant");
    fixture_close(&f);
}

static void test_layout_is_refused_where_it_would_not_work(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_LISTENER_SETS);
    assert_null(convert_layout_refused(f.run.arena, &f.options).ptr);
    f.options.api_minor = 4;
    assert_non_null(convert_layout_refused(f.run.arena, &f.options).ptr);
    f.options.api_minor = 5;
    f.options.target = target_find(SLICE("aks-approuting"));
    assert_non_null(convert_layout_refused(f.run.arena, &f.options).ptr);
    f.options.layout = LAYOUT_PER_NAMESPACE;
    assert_null(convert_layout_refused(f.run.arena, &f.options).ptr);
    f.options.shared_namespace = SLICE("edge");
    assert_non_null(convert_layout_refused(f.run.arena, &f.options).ptr);
    f.options.shared_namespace = SLICE_ABSENT;
    f.options.gateway_name = SLICE("edge");
    assert_non_null(convert_layout_refused(f.run.arena, &f.options).ptr);
    for (size_t i = 0; convert_layout_name(i); i++) {
        assert_int_equal(convert_layout_find(slice_of(convert_layout_name(i))), i);
    }
    fixture_close(&f);
}

static void test_choice_leaves_out_what_does_not_fit(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_AUTO);
    f.options.choice.namespace = SLICE("ai");
    const char *yaml = convert(&f);
    assert_int_equal(f.converted.routes, 1);
    assert_has(yaml, "a.example.com");
    assert_lacks(yaml, "s.example.com");
    assert_true(said_text(&f, DIAG_C051, "1 Ingress object is left out: shop/shop"));
    assert_int_equal(said(&f, DIAG_C052), 0);
    fixture_close(&f);
}

static void test_choice_by_host_takes_what_is_below_a_wildcard(void **state)
{
    (void)state;
    static const struct slice below[] = {{"*.example.com", 13}}, one[] = {{"s.example.com", 13}};
    struct fixture f;
    two_teams(&f, LAYOUT_AUTO);
    f.options.choice.hosts = below;
    f.options.choice.host_count = 1;
    (void)convert(&f);
    assert_int_equal(f.converted.routes, 2);
    fixture_close(&f);
    two_teams(&f, LAYOUT_AUTO);
    f.options.choice.hosts = one;
    f.options.choice.host_count = 1;
    assert_lacks(convert(&f), "a.example.com");
    assert_true(said_text(&f, DIAG_C051, "1 host is left out: a.example.com"));
    fixture_close(&f);
}

/* The rule of the other team still takes its requests, so the order is judged with it. */
static void test_choice_of_a_part_of_a_host_is_said(void **state)
{
    (void)state;
    struct fixture f;
    two_teams(&f, LAYOUT_AUTO);
    struct rule_list *rules = rules_new(&f);
    rule_in(&f, rules, "shop", "shop", "/x");
    rule_in(&f, rules, "ai", "late", "/x");
    rule_in(&f, rules, "ai", "late", "/y");
    host_add(&f, "both.example.com", rules, NULL, NULL);
    f.options.choice.namespace = SLICE("ai");
    const char *yaml = convert(&f);
    assert_int_equal(said(&f, DIAG_C052), 1);
    assert_int_equal(said(&f, DIAG_C017), 1);
    assert_has(yaml, "value: /y\n");
    assert_lacks(yaml, "value: /x\n");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_per_namespace_is_a_gateway_beside_each_app),
        cmocka_unit_test(test_layout_host_of_two_namespaces_stays_whole),
        cmocka_unit_test(test_layout_host_stays_with_the_certificate_of_its_wildcard),
        cmocka_unit_test(test_layout_routes_for_every_host_are_at_every_address),
        cmocka_unit_test(test_layout_default_backend_has_no_gateway_of_its_own),
        cmocka_unit_test(test_layout_shared_is_in_the_namespace_named),
        cmocka_unit_test(test_layout_listener_sets_hold_the_certificates_of_a_namespace),
        cmocka_unit_test(test_layout_is_refused_where_it_would_not_work),
        cmocka_unit_test(test_choice_leaves_out_what_does_not_fit),
        cmocka_unit_test(test_choice_by_host_takes_what_is_below_a_wildcard),
        cmocka_unit_test(test_choice_of_a_part_of_a_host_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
