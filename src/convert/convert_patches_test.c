#include "convert/convert_fixture_priv.h"

static struct rule *speaks(struct fixture *f, struct rule *rule, const char *protocol)
{
    struct route_upstream_protocol *upstream =
        ARENA_NEW(f->run.arena, struct route_upstream_protocol);
    upstream->source = source_of(f, "backend-protocol");
    upstream->protocol = slice_of(protocol);
    rule->effects.upstream_protocol = upstream;
    return rule;
}

static void add_objects(struct fixture *f, const char *yaml)
{
    struct input input = {0};
    struct documents documents = {0};
    input_add_text(&f->run, &input, SLICE("around.yaml"), slice_of(yaml));
    document_read(&f->run, &input.files[0], &documents);
    kube_read(&f->run, &documents, SLICE("shop"), &f->kube);
    kube_finish(&f->run, &f->kube);
}

static void test_convert_grpc_is_a_patch_of_the_service(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    speaks(&f, rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/a", "calls"), "GRPC");
    speaks(&f, rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/b", "calls"), "GRPC")
        ->backends[0]
        .port = 81;
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/c", "front");
    host_add(&f, "shop.example.com", rules, NULL, NULL);
    assert_lacks(convert(&f), "kind: Service");
    assert_int_equal(f.converted.patch_count, 1);
    const struct converted_patch *patch = &f.converted.patches[0];
    assert_true(slice_is(patch->yaml, "apiVersion: v1\nkind: Service\nmetadata:\n  name: calls\n"
                                      "  namespace: shop\nspec:\n  ports:\n"
                                      "  - port: 80\n    appProtocol: kubernetes.io/h2c\n"
                                      "  - port: 81\n    appProtocol: kubernetes.io/h2c\n"));
    assert_int_equal(said(&f, DIAG_C078), 2);
    assert_int_equal(said(&f, DIAG_C079), 0);
    assert_int_equal(said(&f, DIAG_C001), 0);
    fixture_close(&f);
}

static void test_convert_service_that_says_it_needs_no_patch(void **state)
{
    (void)state;
    static const char *const protocols[] = {"kubernetes.io/h2c", "grpc"};
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        struct fixture f;
        fixture_open(&f);
        struct rule_list *rules = rules_new(&f);
        struct slice yaml = arena_printf(f.run.arena,
                                         "apiVersion: v1\nkind: Service\nmetadata: {name: calls}\n"
                                         "spec: {ports: [{port: 80, appProtocol: %s}]}\n",
                                         protocols[i]);
        add_objects(&f, arena_string(f.run.arena, yaml));
        speaks(&f, rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "calls"), "GRPC");
        host_add(&f, "shop.example.com", rules, NULL, NULL);
        (void)convert(&f);
        assert_int_equal(f.converted.patch_count, 0);
        assert_int_equal(said(&f, DIAG_C078), 0);
        fixture_close(&f);
    }
}

/* The default backend serves all hosts, whatever the Ingress says of its own backends. */
static void test_convert_the_default_backend_is_left_as_it_is(void **state)
{
    (void)state;
    static const char *const targets[] = {"standard", "istio", "envoy-gateway",
                                          "nginx-gateway-fabric"};
    static const char *const protocols[] = {"GRPC", "GRPCS", "HTTPS"};
    for (size_t i = 0; i < ARRAY_LEN(targets) * ARRAY_LEN(protocols); i++) {
        struct fixture f;
        struct rule *rule = single_for(&f, targets[i % ARRAY_LEN(targets)], NULL);
        speaks(&f, rule, protocols[i / ARRAY_LEN(targets)]);
        rule->backends[0].fallback = true;
        const char *yaml = convert(&f);
        assert_has(yaml, "    backendRefs:\n    - name: front\n      port: 80\n");
        assert_lacks(yaml, "kind: DestinationRule");
        assert_lacks(yaml, "kind: Backend\n");
        assert_int_equal(f.converted.patch_count, 0);
        assert_int_equal(said(&f, DIAG_C078), 0);
        assert_int_equal(said(&f, DIAG_C001), 0);
        assert_true(said_text(&f, DIAG_C002, "default backend 'shop/front'"));
        fixture_close(&f);
    }
}

static void test_convert_a_policy_of_a_service_spares_the_default_backend(void **state)
{
    (void)state;
    for (int fallback = 0; fallback < 2; fallback++) {
        struct fixture f;
        struct rule *rule = single_for(&f, "istio", NULL);
        EFFECT_OF(f, balancing, "load-balance");
        effect->algorithm = SLICE("ewma");
        rule->effects.balancing = effect;
        rule->backends[0].fallback = fallback;
        const char *yaml = convert(&f);
        assert_int_equal(occurrences(yaml, "kind: DestinationRule"), !fallback);
        assert_int_equal(said(&f, DIAG_C047), fallback);
        fixture_close(&f);
    }
}

static void test_convert_one_port_with_two_protocols(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "plain", PATH_PREFIX_ELEMENT, "/a", "calls");
    speaks(&f, rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/b", "calls"), "GRPC");
    host_add(&f, "shop.example.com", rules, NULL, NULL);
    (void)convert(&f);
    assert_int_equal(f.converted.patch_count, 1);
    assert_int_equal(said(&f, DIAG_C079), 1);
    fixture_close(&f);
}

static struct rule *rule_of_ingress(struct fixture *f, struct rule_list *rules, const char *ingress,
                                    const char *path)
{
    return rule_to(f, rules, ingress, PATH_PREFIX_ELEMENT, path, "calls");
}

/* One message for each Ingress, however many of its paths lead there. */
static void test_convert_names_each_ingress_of_a_port_with_two_protocols(void **state)
{
    (void)state;
    static const struct {
        const char *target,
            *says; /* appProtocol that is there already; null: an Ingress speaks gRPC */
        size_t errors, warnings;
        const char *text;
    } rows[] = {
        {"istio", NULL, 0, 2, "by HTTP/2 from another route"},
        {"istio", "kubernetes.io/h2c", 0, 2, "afterwards it is HTTP/2"},
        {"standard", "grpc", 0, 2, "where the implementation reads that"},
        {"nginx-gateway-fabric", "kubernetes.io/h2c", 2, 0, "answered 500"},
        {"nginx-gateway-fabric", "grpc", 0, 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(rows[i].target));
        struct rule_list *rules = rules_new(&f);
        rule_of_ingress(&f, rules, "plain", "/a");
        rule_of_ingress(&f, rules, "plain", "/b");
        rule_of_ingress(&f, rules, "other", "/c");
        if (rows[i].says) {
            struct slice yaml =
                arena_printf(f.run.arena,
                             "apiVersion: v1\nkind: Service\nmetadata: {name: calls}\n"
                             "spec: {ports: [{port: 80, appProtocol: %s}]}\n",
                             rows[i].says);
            add_objects(&f, arena_string(f.run.arena, yaml));
        } else {
            speaks(&f, rule_of_ingress(&f, rules, "web", "/d"), "GRPC");
        }
        host_add(&f, "shop.example.com", rules, NULL, NULL);
        (void)convert(&f);
        assert_int_equal(said(&f, DIAG_C079), rows[i].errors + rows[i].warnings);
        assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_ERROR), rows[i].errors);
        assert_true(!rows[i].text || said_text(&f, DIAG_C079, rows[i].text));
        fixture_close(&f);
    }
}

/* Where an HTTPRoute's backends are refused with h2c, a patch would make it worse. */
static void test_convert_grpc_is_an_error_where_h2c_is_refused(void **state)
{
    (void)state;
    static const char *const protocols[] = {"GRPC", "GRPCS", "H2C"};
    static const char *const services[] = {"", "appProtocol: http",
                                           "appProtocol: kubernetes.io/h2c"};
    for (size_t i = 0; i < ARRAY_LEN(protocols) * ARRAY_LEN(services); i++) {
        const char *protocol = protocols[i % ARRAY_LEN(protocols)];
        const char *says = services[i / ARRAY_LEN(protocols)];
        struct fixture f;
        struct rule *rule = single_for(&f, "nginx-gateway-fabric", NULL);
        speaks(&f, rule, protocol);
        if (*says) {
            struct slice yaml =
                arena_printf(f.run.arena,
                             "apiVersion: v1\nkind: Service\nmetadata: {name: front}\n"
                             "spec: {ports: [{port: 80, %s}]}\n",
                             says);
            add_objects(&f, arena_string(f.run.arena, yaml));
        }
        (void)convert(&f);
        assert_int_equal(f.converted.patch_count, 0);
        assert_int_equal(said(&f, DIAG_C078), 0);
        assert_int_equal(said(&f, DIAG_C001), 1);
        assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_ERROR), 1);
        assert_true(said_text(&f, DIAG_C001, "write a GRPCRoute"));
        assert_false(said_text(&f, DIAG_C001, "set appProtocol"));
        fixture_close(&f);
    }
}

static void test_convert_patches_are_files_that_nobody_applies_by_accident(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    struct rule_list *rules = rules_new(&f);
    struct converted_files tree = {0}, flat = {0};
    speaks(&f, rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "calls"), "H2C");
    host_add(&f, "shop.example.com", rules, NULL, NULL);
    (void)convert(&f);
    converted_tree(&f.run, &f.converted, false, &tree);
    converted_flat(&f.run, &f.converted, true, &flat);
    size_t found = 0;
    for (size_t i = 0; i < tree.count; i++) {
        found += slice_is(tree.items[i].path, "apps/shop/patches/service-calls.yaml");
        assert_false(slice_ends(tree.items[i].path, SLICE("kustomization.yaml")) &&
                     slice_contains(tree.items[i].text, SLICE("patches")));
    }
    for (size_t i = 0; i < flat.count; i++) {
        found += slice_is(flat.items[i].path, "patches/service-shop.calls.json") &&
                 slice_starts(flat.items[i].text, SLICE("{"));
    }
    assert_int_equal(found, 2);
    fixture_close(&f);
}

/* A rule that is like another one is not made anew, and what is said of its Service is said all the same. */
static void test_convert_external_service_is_named_for_each_ingress(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("standard"));
    struct rule_list *rules = rules_new(&f);
    add_objects(&f, "apiVersion: v1\nkind: Service\nmetadata: {name: out}\n"
                    "spec: {type: ExternalName, externalName: x.example.org}\n");
    rule_to(&f, rules, "one", PATH_PREFIX_ELEMENT, "/a", "out");
    rule_to(&f, rules, "two", PATH_PREFIX_ELEMENT, "/b", "out");
    host_add(&f, "shop.example.com", rules, NULL, NULL);
    (void)convert(&f);
    assert_int_equal(said(&f, DIAG_C031), 2);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_grpc_is_a_patch_of_the_service),
        cmocka_unit_test(test_convert_service_that_says_it_needs_no_patch),
        cmocka_unit_test(test_convert_grpc_is_an_error_where_h2c_is_refused),
        cmocka_unit_test(test_convert_the_default_backend_is_left_as_it_is),
        cmocka_unit_test(test_convert_a_policy_of_a_service_spares_the_default_backend),
        cmocka_unit_test(test_convert_one_port_with_two_protocols),
        cmocka_unit_test(test_convert_names_each_ingress_of_a_port_with_two_protocols),
        cmocka_unit_test(test_convert_external_service_is_named_for_each_ingress),
        cmocka_unit_test(test_convert_patches_are_files_that_nobody_applies_by_accident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
