#include "aks/aks.h"

/* cmocka needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* then */
#include <cmocka.h>
#include <string.h>

struct fixture {
    struct run run;
    struct kube kube;
};

static void fixture_open(struct fixture *f, const char *yaml)
{
    struct input input = {0};
    struct documents documents = {0};
    memset(f, 0, sizeof *f);
    run_open(&f->run, NULL, NULL, NULL);
    input_add_text(&f->run, &input, SLICE("a.yaml"), slice_of(yaml));
    document_read(&f->run, &input.files[0], &documents);
    kube_init(&f->run, &f->kube);
    kube_read(&f->run, &documents, SLICE("shop"), &f->kube);
    kube_finish(&f->run, &f->kube);
    assert_int_equal(diag_count_input_errors(f->run.diag), 0);
}

#define CONTROLLER                                                                                 \
    "apiVersion: approuting.kubernetes.azure.com/v1alpha1\nkind: NginxIngressController\n"
#define ASSERT_TEXT(slice, text) assert_true(slice_is((slice), (text)))

static void test_aks_controller_by_its_class(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, CONTROLLER
                 "metadata: {name: a}\nspec: {ingressClassName: inside}\n---\n" CONTROLLER
                 "metadata: {name: b}\nspec: {}\n");
    ASSERT_TEXT(aks_controller_find(&f.kube, SLICE("inside"))->name, "a");
    ASSERT_TEXT(aks_controller_find(&f.kube, SLICE("nginx.approuting.kubernetes.azure.com"))->name,
                "b");
    assert_null(aks_controller_find(&f.kube, SLICE("nginx")));
    assert_true(aks_serves(&f.kube, SLICE("inside")));
    assert_true(aks_serves(&f.kube, SLICE(AKS_CLASS)));
    assert_false(aks_serves(&f.kube, SLICE("nginx")));
    run_close(&f.run);
}

static void test_aks_controller_fields(void **state)
{
    (void)state;
    struct fixture f;
    struct aks_controller controller;
    fixture_open(&f,
                 CONTROLLER "metadata: {name: a}\nspec:\n  ingressClassName: inside\n"
                            "  loadBalancerAnnotations: {x: '1', y: wrong}\n"
                            "  loadBalancerSourceRanges: [10.0.0.0/8]\n"
                            "  scaling: {minReplicas: 3, threshold: steady}\n"
                            "  defaultSSLCertificate: {keyVaultURI: 'https://v/certificates/c'}\n");
    aks_controller_read(&f.run, aks_controller_find(&f.kube, SLICE("inside")), &controller);
    assert_int_equal(controller.load_balancer.count, 2);
    ASSERT_TEXT(controller.load_balancer.items[0].value, "1");
    assert_int_equal(controller.load_balancer.items[0].span.line, 6);
    assert_int_equal(controller.source_ranges.count, 1);
    assert_int_equal(controller.scaling.min, 3);
    assert_int_equal(controller.scaling.max, 100);
    assert_int_equal(controller.scaling.cpu, 80);
    ASSERT_TEXT(controller.vault_uri, "https://v/certificates/c");
    ASSERT_TEXT(controller.secret, "keyvault-nginx-a");
    run_close(&f.run);
}

static void test_aks_controller_that_says_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct aks_controller controller;
    fixture_open(&f,
                 CONTROLLER "metadata: {name: a}\nspec: {ingressClassName: inside, scaling: 7}\n");
    aks_controller_read(&f.run, aks_controller_find(&f.kube, SLICE("inside")), &controller);
    assert_int_equal(controller.load_balancer.count, 0);
    assert_int_equal(controller.source_ranges.count, 0);
    assert_int_equal(controller.scaling.min, 2);
    assert_int_equal(controller.scaling.max, 100);
    assert_int_equal(controller.scaling.cpu, 70);
    assert_null(controller.vault_uri.ptr);
    run_close(&f.run);
}

static void test_aks_certificates_of_ingresses(void **state)
{
    (void)state;
    struct fixture f;
    struct aks_certificate certificate;
    fixture_open(
        &f,
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n"
        "  annotations:\n    kubernetes.azure.com/tls-cert-keyvault-uri: https://v/certificates/c\n"
        "    kubernetes.azure.com/tls-cert-service-account: certs\nspec:\n"
        "  defaultBackend: {service: {name: a, port: {number: 80}}}\n---\n"
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: plain\nspec:\n"
        "  defaultBackend: {service: {name: a, port: {number: 80}}}\n");
    const struct object *web = kube_find(&f.kube, KUBE_INGRESS, SLICE("shop"), SLICE("web"));
    const struct object *plain = kube_find(&f.kube, KUBE_INGRESS, SLICE("shop"), SLICE("plain"));
    assert_true(aks_certificate_read(&f.run, web, &certificate));
    ASSERT_TEXT(certificate.uri, "https://v/certificates/c");
    ASSERT_TEXT(certificate.secret, "keyvault-web");
    ASSERT_TEXT(certificate.service_account, "certs");
    assert_false(certificate.managed);
    assert_int_equal(certificate.span.line, 6);
    assert_false(aks_certificate_read(&f.run, plain, &certificate));
    assert_true(aks_is_certificate_key(SLICE("kubernetes.azure.com/tls-cert-keyvault-managed")));
    assert_false(aks_is_certificate_key(SLICE("kubernetes.azure.com/use-osm-mtls")));
    run_close(&f.run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aks_controller_by_its_class),
        cmocka_unit_test(test_aks_controller_fields),
        cmocka_unit_test(test_aks_controller_that_says_nothing),
        cmocka_unit_test(test_aks_certificates_of_ingresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
