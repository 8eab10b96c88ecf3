#include "convert/convert_fixture_priv.h"

/* A host of the controller whose class is "nginx", and objects around it. */
static const char *convert_with(struct fixture *f, const char *yaml, const char *plane)
{
    struct input input = {0};
    struct documents documents = {0};
    struct rule_list *rules = rules_new(f);
    input_add_text(&f->run, &input, SLICE("around.yaml"), slice_of(yaml));
    document_read(&f->run, &input.files[0], &documents);
    kube_read(&f->run, &documents, SLICE("default"), &f->kube);
    kube_finish(&f->run, &f->kube);
    assert_int_equal(diag_count_input_errors(f->run.diag), 0);
    rule_to(f, rules, "web", PATH_PREFIX_ELEMENT, "/", "web");
    host_add(f, "shop.example.com", rules, "shop.example.com", "keyvault-web");
    for (size_t i = 0; i < f->table.entry_count; i++) {
        f->table.entries[i].gateway = slice_of(plane);
    }
    return convert(f);
}

#define SERVICE(annotations)                                                                       \
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: c\n  namespace: ingress-nginx\n"            \
    "  labels: {app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}\n" \
    "  annotations:\n    meta.helm.sh/release-name: c\n" annotations                               \
    "spec:\n  type: LoadBalancer\n  externalTrafficPolicy: Local\n"                                \
    "  loadBalancerSourceRanges: [192.0.2.0/24]\n  ports: [{port: 80}]\n"
#define BALANCER "    service.beta.kubernetes.io/azure-load-balancer-"

static void test_convert_load_balancer_of_the_controllers_service(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    const char *yaml = convert_with(&f, SERVICE(BALANCER "internal: 'true'\n"), "nginx");
    assert_has(yaml, "  infrastructure:\n    annotations:\n"
                     "      service.beta.kubernetes.io/azure-load-balancer-internal: \"true\"\n"
                     "    parametersRef:\n      group: \"\"\n      kind: ConfigMap\n"
                     "      name: nginx-options\n");
    assert_has(yaml, "kind: ConfigMap\nmetadata:\n  name: nginx-options\n  namespace: shop\n");
    assert_has(yaml, "      externalTrafficPolicy: Local\n      loadBalancerSourceRanges:\n"
                     "      - 192.0.2.0/24\n");
    assert_lacks(yaml, "horizontalPodAutoscaler");
    assert_lacks(yaml, "helm");
    assert_int_equal(said(&f, DIAG_C070), 1);
    assert_int_equal(said(&f, DIAG_C077), 0); /* no add-on, no zones of it */
    fixture_close(&f);
}

static void test_convert_more_annotations_than_a_gateway_takes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    const char *yaml =
        convert_with(&f,
                     SERVICE(BALANCER "a: '1'\n" BALANCER "b: '2'\n" BALANCER "c: '3'\n" BALANCER
                                      "d: '4'\n" BALANCER "e: '5'\n" BALANCER "f: '6'\n" BALANCER
                                      "g: '7'\n" BALANCER "h: '8'\n" BALANCER "i: '9'\n"),
                     "nginx");
    assert_has(yaml, "\n      service.beta.kubernetes.io/azure-load-balancer-h: \"8\"\n"
                     "    parametersRef:\n");
    assert_has(yaml, "\n        service.beta.kubernetes.io/azure-load-balancer-i: \"9\"\n");
    fixture_close(&f);
}

static void test_convert_two_services_tell_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    const char *yaml = convert_with(
        &f,
        SERVICE(BALANCER "internal: 'true'\n") "---\n"
                                               "apiVersion: v1\nkind: Service\nmetadata: {name: d, "
                                               "namespace: ingress-nginx, labels: "
                                               "{app.kubernetes.io/name: ingress-nginx}}\n"
                                               "spec: {type: LoadBalancer, ports: [{port: 80}]}\n",
        "nginx");
    assert_lacks(yaml, "infrastructure:");
    assert_true(said_text(&f, DIAG_C071, "which of the controllers"));
    fixture_close(&f);
}

static void test_convert_source_ranges_that_are_not_written_are_lost_protection(void **state)
{
    (void)state;
    static const struct {
        const char *target, *gateway;
    } cases[] = {{"standard", ""}, {"aks-approuting", "edge"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(cases[i].target));
        f.options.gateway_name = slice_of(cases[i].gateway);
        const char *yaml = convert_with(&f, SERVICE(""), "nginx");
        assert_lacks(yaml, "192.0.2.0/24");
        assert_int_equal(said(&f, DIAG_C003), 1);
        fixture_close(&f);
    }
}

static void test_convert_add_on_without_its_object(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    const char *yaml = convert_with(
        &f,
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: "
        "shop\n"
        "  annotations: {kubernetes.azure.com/tls-cert-keyvault-uri: 'https://v/certificates/c'}\n"
        "spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}\n",
        "webapprouting.kubernetes.azure.com");
    assert_has(yaml, "externalTrafficPolicy: Local");
    assert_has(yaml,
               "      mode: Terminate\n      options:\n"
               "        kubernetes.azure.com/tls-cert-keyvault-uri: https://v/certificates/c\n");
    assert_lacks(yaml, "certificateRefs");
    assert_true(said_text(&f, DIAG_C073, "add that object to the input"));
    assert_true(said_text(&f, DIAG_C074, "a stand-in"));
    assert_int_equal(said(&f, DIAG_C076), 1);
    assert_int_equal(said(&f, DIAG_C077), 1);
    fixture_close(&f);
}

static void test_convert_key_vault_elsewhere(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("standard"));
    const char *yaml = convert_with(
        &f,
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: "
        "shop\n"
        "  annotations: {kubernetes.azure.com/tls-cert-keyvault-uri: 'https://v/certificates/c'}\n"
        "spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}\n",
        "nginx");
    assert_has(yaml, "certificateRefs:\n      - name: keyvault-web\n");
    assert_int_equal(said(&f, DIAG_C075), 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_load_balancer_of_the_controllers_service),
        cmocka_unit_test(test_convert_more_annotations_than_a_gateway_takes),
        cmocka_unit_test(test_convert_two_services_tell_nothing),
        cmocka_unit_test(test_convert_source_ranges_that_are_not_written_are_lost_protection),
        cmocka_unit_test(test_convert_add_on_without_its_object),
        cmocka_unit_test(test_convert_key_vault_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
