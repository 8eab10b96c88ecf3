#include "kube/kube_fixture_priv.h"

#include <stdlib.h>

#define SERVICE(name)                                                                              \
    "apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {ports: [{port: 80}]}\n"

static void expect(const char *yaml, const char *said)
{
    struct fixture f;
    fixture_open(&f, yaml);
    assert_string_equal(fixture_said(&f), said);
    fixture_close(&f);
}

static void test_kube_not_an_object(void **state)
{
    (void)state;
    expect("- 1\n", "1:1 K001 this is a list, not a Kubernetes object with apiVersion and kind\n");
    expect("just words\n",
           "1:1 K001 this is a text, not a Kubernetes object with apiVersion and kind\n");
    expect("image: {tag: 1}\n",
           "1:1 K001 'kind' is missing, so this is not a Kubernetes object; give manifests only, "
           "with templates and patches already rendered\n");
    expect("kind: Ingress\nmetadata: {name: a}\n",
           "1:1 K001 'apiVersion' is missing, so this is not a Kubernetes object; give manifests "
           "only, with templates and patches already rendered\n");
    expect("apiVersion: v1\nkind: 5\n", "2:7 K001 'kind' must be a text that is not empty\n");
}

static void test_kube_bad_objects_do_not_hide_others(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "- 1\n---\n" SERVICE("a") "---\nkind: Nothing\n---\n" SERVICE("b"));
    assert_int_equal(diag_count_input_errors(f.run.diag), 2);
    assert_int_equal(f.kube.counts[KUBE_SERVICE], 2);
    fixture_close(&f);
}

static void test_kube_versions(void **state)
{
    (void)state;
    static const char *const old[] = {"extensions/v1beta1", "networking.k8s.io/v1beta1"};
    for (size_t i = 0; i < ARRAY_LEN(old); i++) {
        char yaml[512], said[512];
        snprintf(yaml, sizeof yaml,
                 "apiVersion: %s\nkind: Ingress\nmetadata: {name: a}\nspec: {}\n", old[i]);
        snprintf(said, sizeof said,
                 "1:13 K002 apiVersion '%s' was removed in Kubernetes 1.22; write "
                 "networking.k8s.io/v1, give each path a pathType, and write backends as "
                 "service.name and service.port.number (or .name)\n",
                 old[i]);
        expect(yaml, said);
    }
    expect("apiVersion: v1\nkind: Ingress\nmetadata: {name: a}\n",
           "1:13 K017 apiVersion 'v1' has no Ingress that is known; write networking.k8s.io/v1\n");
    expect(
        "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: Gateway\nmetadata: {name: a}\n",
        "1:13 K017 apiVersion 'gateway.networking.k8s.io/v1alpha2' has no Gateway that is known; "
        "write gateway.networking.k8s.io/v1\n");
    expect("apiVersion: v2\nkind: Service\nmetadata: {name: a}\n",
           "1:13 K017 apiVersion 'v2' has no Service that is known; write v1\n");
}

static void test_kube_kinds_of_other_groups(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: networking.istio.io/v1beta1\nkind: Gateway\n"
                     "metadata: {name: a, annotations: {x: 1, y: z}, oddity: 1}\n---\n"
                     "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n---\n"
                     "apiVersion: example.com/v1\nkind: Thing\n---\n"
                     "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n"
                     "metadata: {name: a}\nspec: {from: [], to: []}\n");
    fixture_silent(&f);
    assert_int_equal(f.kube.counts[KUBE_OTHER], 3);
    assert_int_equal(f.kube.counts[KUBE_GATEWAY], 0);
    assert_int_equal(f.kube.counts[KUBE_SERVICE], 0);
    assert_int_equal(f.kube.counts[KUBE_REFERENCE_GRANT], 1);
    fixture_close(&f);
}

static void test_kube_kustomization(void **state)
{
    (void)state;
    expect("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n",
           "1:1 K016 a kustomization is not built here; give the output of 'kubectl kustomize' "
           "instead\n");
    expect("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\n"
           "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Kustomization\n",
           "1:1 K016 2 kustomizations are not built here, of which this is the first; give the "
           "output of 'kubectl kustomize' instead\n");
    /* a patch: everything that is not patched is missing */
    expect("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n"
           "spec: {rules: [{http: {paths: [{path: /x}]}}]}\n",
           "4:32 K005 'spec.rules[0].http.paths[0].backend' is missing\n"
           "4:32 K005 'spec.rules[0].http.paths[0].pathType' is missing\n");
}

static void test_kube_lists_without_items(void **state)
{
    (void)state;
    expect("apiVersion: v1\nkind: List\nitems: none\n",
           "3:8 K001 'items' of a List must be a list of objects, not a text\n");
    expect("apiVersion: v1\nkind: List\nitem: []\n",
           "1:1 K001 'items' is missing, so this List holds no object\n");
    expect("apiVersion: v1\nkind: List\nitems: null\n", "");
    expect("apiVersion: v1\nkind: List\nitems: []\n", "");
}

static void test_kube_lists(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: v1\nkind: List\nitems:\n"
                     "- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n"
                     "- apiVersion: v1\n  kind: List\n  items:\n"
                     "  - {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n"
                     "---\napiVersion: v1\nkind: ServiceList\nitems:\n"
                     "- {metadata: {name: a}, spec: {ports: [{port: 80}]}}\n");
    fixture_silent(&f);
    assert_int_equal(f.kube.counts[KUBE_NAMESPACE], 2);
    assert_non_null(kube_find(&f.kube, KUBE_SERVICE, SLICE("default"), SLICE("a")));
    assert_int_equal(f.kube.counts[KUBE_OTHER], 0);
    fixture_close(&f);
}

static void test_kube_metadata(void **state)
{
    (void)state;
#define META(text) "apiVersion: v1\nkind: ConfigMap\nmetadata: " text "\n"
    expect("apiVersion: v1\nkind: ConfigMap\n", "1:1 K005 'metadata' is missing\n");
    expect(META("[]"), "3:11 K003 'metadata' must be a mapping, not a list\n");
    expect(META("{}"), "3:11 K005 'metadata.name' is missing\n");
    expect(META("{generateName: a-}"),
           "3:11 K005 'metadata.name' is missing; an object with generateName has no name before "
           "it is created, so write one\n");
    expect(META("{name: A}"), "3:18 K008 'metadata.name' must be a DNS name of a-z, 0-9 and '-', "
                              "but is 'A'\n");
    expect(META("{name: 7}"),
           "3:18 K003 'metadata.name' must be a text, but 7 is an integer; put it in quotes\n");
    expect(META("{name: a, namespace: b.c}"),
           "3:32 K008 'metadata.namespace' must be at most 63 characters of a-z, 0-9 and '-', but "
           "is 'b.c'\n");
    expect(META("{name: a, annotations: {a/b: true}}"),
           "3:40 K003 'metadata.annotations.a/b' must be a text, but true is a boolean; put it in "
           "quotes\n");
    expect(META("{name: a, labels: {a: 8080}}"),
           "3:33 K003 'metadata.labels.a' must be a text, but 8080 is an integer; put it in "
           "quotes\n");
    expect(META("{name: a, annotations: {'a b': c}}"),
           "3:35 K019 'metadata.annotations' has the invalid key 'a b'; write 'name' or "
           "'prefix.example.com/name' with letters, digits, '-', '_' and '.'\n");
    expect(META("{name: a, labels: {a: 'b c'}}"),
           "3:30 K019 'metadata.labels' has an invalid value for 'a'; a label has at most 63 "
           "letters, digits, '-', '_' and '.'\n");
    expect(META("{name: a, annotation: {}}"),
           "3:21 K006 'metadata.annotation' is not a field of this kind and has no effect; did you "
           "mean 'annotations'?\n");
    expect(META("{name: a, annotations: {a: null, 'Ex.com/A_b': ''}, labels: }"), "");
    expect(META("{name: a, creationTimestamp: null}"), "");
    expect(META("{name: a, creationTimestamp: 2024-13-01T00:00:00Z}"),
           "3:40 K012 'metadata.creationTimestamp' must be a time such as 2024-01-31T12:00:00Z\n");
}

static void test_kube_annotation_size(void **state)
{
    (void)state;
    size_t size = (size_t)256 << 10;
    char *yaml = malloc(size + 256);
    assert_non_null(yaml);
    for (size_t more = 0; more < 2; more++) {
        struct fixture f;
        int head = snprintf(yaml, 256, META("{name: a, annotations: {k: "));
        head -= 1; /* the line end of META */
        memset(yaml + head, 'x', size - 1 + more);
        memcpy(yaml + (size_t)head + size - 1 + more, "}}\n", 4);
        fixture_open(&f, yaml);
        assert_int_equal(diag_count_input_errors(f.run.diag), more);
        fixture_close(&f);
    }
    free(yaml);
}

static void test_kube_given_twice(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    fixture_add(&f, "b.yaml", SERVICE("a"));
    fixture_add(
        &f, "c.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 81}]}\n");
    fixture_finish(&f);
    assert_string_equal(fixture_said(&f), "1:1 K014 'Service default/a' is given twice, first in "
                                          "b.yaml:1; remove one of them\n");
    assert_int_equal(diag_count_input_errors(f.run.diag), 1);
    assert_int_equal(f.kube.counts[KUBE_SERVICE], 1);
    fixture_close(&f);
    fixture_open(&f, SERVICE("a") "---\n" SERVICE("a"));
    assert_string_equal(fixture_said(&f), "6:1 K014 'Service default/a' is given twice with the "
                                          "same content, first in a.yaml:1; remove one of them\n");
    assert_int_equal(diag_count_input_errors(f.run.diag), 0);
    fixture_close(&f);
}

static void test_kube_order_is_by_name(void **state)
{
    (void)state;
    static const char *const inputs[] = {SERVICE("c") "---\n" SERVICE("a") "---\n" SERVICE("b"),
                                         SERVICE("b") "---\n" SERVICE("c") "---\n" SERVICE("a")};
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        struct fixture f;
        fixture_open(&f, inputs[i]);
        ASSERT_TEXT(f.kube.objects[KUBE_SERVICE][0]->name, "a");
        ASSERT_TEXT(f.kube.objects[KUBE_SERVICE][1]->name, "b");
        ASSERT_TEXT(f.kube.objects[KUBE_SERVICE][2]->name, "c");
        fixture_close(&f);
    }
}

static void test_kube_services(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n"
                     "spec: {selector: {app: a}, ports: [{name: http, port: 80, targetPort: web},\n"
                     "  {name: admin, port: 81, targetPort: 8081}]}\n");
    fixture_silent(&f);
    const struct service *service = (const struct service *)(const void *)kube_find(
        &f.kube, KUBE_SERVICE, SLICE("shop"), SLICE("a"));
    assert_int_equal(service->selector.count, 1);
    assert_int_equal(service_port_find(service, 81, SLICE_ABSENT)->target_port, 8081);
    ASSERT_TEXT(service_port_find(service, 0, SLICE("http"))->target_name, "web");
    assert_null(service_port_find(service, 8081, SLICE_ABSENT));
    assert_null(service_port_find(service, 0, SLICE_ABSENT));
    fixture_close(&f);
    expect("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
           "spec: {selector: {app: 1}, ports: [{port: 80, targetPort: '8080'}]}\n",
           "4:24 K003 'spec.selector.app' must be a text, but 1 is an integer; put it in quotes\n"
           "4:59 K003 'spec.ports[0].targetPort' must be a port number or the name of a port; "
           "write 8080 without quotes\n");
    expect("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {use-http2: false}\n",
           "4:19 K003 'data.use-http2' must be a text, but false is a boolean; put it in quotes\n");
}

static void test_kube_endpoints(void **state)
{
    (void)state;
#define ENDPOINTS(name, service, endpoints)                                                        \
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nmetadata: "     \
    "{name: " name ", labels: {kubernetes.io/service-name: " service "}}\nendpoints: " endpoints   \
    "\n"
    struct fixture f;
    fixture_open(
        &f, SERVICE("a") "---\n" SERVICE("b") "---\n" SERVICE("c")
                ENDPOINTS("b-1", "b", "[{addresses: [10.0.0.1], conditions: {ready: false}}]")
                    ENDPOINTS("b-2", "b", "[{addresses: [10.0.0.2]}]") ENDPOINTS("c-1", "c", "[]"));
    fixture_silent(&f);
    static const enum endpoints_state wanted[] = {ENDPOINTS_ASSUMED, ENDPOINTS_READY,
                                                  ENDPOINTS_NONE};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        const struct service *service =
            (const struct service *)(const void *)f.kube.objects[KUBE_SERVICE][i];
        assert_int_equal(kube_endpoints(&f.kube, service), wanted[i]);
    }
    fixture_close(&f);
}

static void test_kube_names(void **state)
{
    (void)state;
    assert_true(is_dns_subdomain(SLICE("a-1.b")));
    assert_false(is_dns_subdomain(SLICE("a..b")));
    assert_false(is_dns_subdomain(SLICE("a.")));
    assert_false(is_dns_subdomain(SLICE("a.-b")));
    assert_false(is_dns_subdomain(SLICE("")));
    assert_false(is_dns_label(SLICE("a.b")));
    assert_true(is_wildcard_host(SLICE("*.a")));
    assert_false(is_wildcard_host(SLICE("*.")));
    assert_false(is_wildcard_host(SLICE("*.*.a")));
}

/* An API server refuses an object with a wrong type also in fields that have no part in anything here. */
static void test_kube_types_of_unread_fields(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"kind: Service\nmetadata: {name: a, finalizers: x}\n", "metadata.finalizers"},
        {"kind: Service\nmetadata: {name: a, resourceVersion: 5}\n", "metadata.resourceVersion"},
        {"kind: Service\nmetadata: {name: a, creationTimestamp: 5}\n",
         "metadata.creationTimestamp"},
        {"kind: Service\nmetadata: {name: a, managedFields: {}}\n", "metadata.managedFields"},
        {"kind: Service\nmetadata: {name: a}\nstatus: []\n", "status"},
        {"kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, nodePort: x}]}\n",
         "spec.ports[0].nodePort"},
        {"kind: ConfigMap\nmetadata: {name: a}\nimmutable: 1\n", "immutable"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        char text[512], wanted[128];
        snprintf(text, sizeof text, "apiVersion: v1\n%s", rows[i][0]);
        snprintf(wanted, sizeof wanted, " K003 '%s' must be ", rows[i][1]);
        fixture_open(&f, text);
        if (!strstr(fixture_said(&f), wanted)) {
            fail_msg("%s: %s", wanted, fixture_said(&f));
        }
        assert_int_equal(diag_count_severity(f.run.diag, SEVERITY_ERROR), 1);
        assert_int_equal(f.kube.counts[KUBE_SERVICE] + f.kube.counts[KUBE_CONFIG_MAP], 0);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kube_not_an_object),
        cmocka_unit_test(test_kube_bad_objects_do_not_hide_others),
        cmocka_unit_test(test_kube_versions),
        cmocka_unit_test(test_kube_kinds_of_other_groups),
        cmocka_unit_test(test_kube_kustomization),
        cmocka_unit_test(test_kube_lists),
        cmocka_unit_test(test_kube_lists_without_items),
        cmocka_unit_test(test_kube_metadata),
        cmocka_unit_test(test_kube_annotation_size),
        cmocka_unit_test(test_kube_given_twice),
        cmocka_unit_test(test_kube_order_is_by_name),
        cmocka_unit_test(test_kube_services),
        cmocka_unit_test(test_kube_endpoints),
        cmocka_unit_test(test_kube_names),
        cmocka_unit_test(test_kube_types_of_unread_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
