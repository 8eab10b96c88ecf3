#include "kube/kube_fixture_priv.h"

#define HEAD "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
#define BACK "backend: {service: {name: web, port: {number: 80}}}"

/* One fault a row: what is under `spec`, and what is said about it. */
struct row {
    const char *spec, *said;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char yaml[4096];
        struct fixture f;
        snprintf(yaml, sizeof yaml, HEAD "%s", rows[i].spec);
        fixture_open(&f, yaml);
        assert_string_equal(fixture_said(&f), rows[i].said);
        bool refused = diag_count_input_errors(f.run.diag) > 0;
        assert_int_equal(f.kube.counts[KUBE_INGRESS], refused ? 0 : 1);
        fixture_close(&f);
    }
}

#define RULE(fields) "spec: {rules: [{" fields "}]}\n"
#define PATH(fields) RULE("http: {paths: [{" fields "}]}")

static void test_kube_ingress_wrong_types(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {PATH("path: /, pathType: Prefix, backend: {service: {name: web, port: {number: '80'}}}"),
         "4:106 K003 'spec.rules[0].http.paths[0].backend.service.port.number' must be an integer, "
         "not a text; write 80 without quotes\n"},
        {PATH("path: /, pathType: Prefix, backend: {service: {name: web, port: {number: http}}}"),
         "4:106 K003 'spec.rules[0].http.paths[0].backend.service.port.number' must be an integer, "
         "but 'http' is a text; the name of a port belongs into 'name'\n"},
        {PATH("path: /, pathType: Prefix, backend: {service: {name: web, port: {name: 80}}}"),
         "4:104 K003 'spec.rules[0].http.paths[0].backend.service.port.name' must be a text, but "
         "'80' is an integer; the number of a port belongs into 'number'\n"},
        {PATH("path: 1, pathType: Prefix, " BACK),
         "4:39 K003 'spec.rules[0].http.paths[0].path' must be a text, but 1 is an integer; put it "
         "in quotes\n"},
        {"spec: {rules: {}}\n", "4:15 K003 'spec.rules' must be a list, not a mapping\n"},
        {"spec: []\n", "4:7 K003 'spec' must be a mapping, not a list\n"},
        {RULE("host: yes"), "4:23 K003 'spec.rules[0].host' must be a text, but yes is a boolean; "
                            "put it in quotes\n"},
        {"", "1:1 K005 'spec' is missing\n"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_kube_ingress_paths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {PATH("path: /, " BACK), "4:32 K005 'spec.rules[0].http.paths[0].pathType' is missing\n"},
        {PATH("path: /, pathType: prefix, " BACK),
         "4:52 K007 'spec.rules[0].http.paths[0].pathType' must be Exact, Prefix or "
         "ImplementationSpecific, but is 'prefix'; did you mean 'Prefix'?\n"},
        {PATH("pathType: Exact, " BACK),
         "4:32 K009 'spec.rules[0].http.paths[0].path' is missing; only pathType "
         "ImplementationSpecific may leave it out\n"},
        {PATH("path: '', pathType: Exact, " BACK),
         "4:39 K009 'spec.rules[0].http.paths[0].path' must begin with '/', but is ''\n"},
        {PATH("path: a, pathType: ImplementationSpecific, " BACK),
         "4:39 K009 'spec.rules[0].http.paths[0].path' must begin with '/', but is 'a'\n"},
        {PATH("path: /a//b, pathType: Prefix, " BACK),
         "4:39 K009 'spec.rules[0].http.paths[0].path' must not contain '//' with pathType Exact "
         "or Prefix\n"},
        {PATH("path: /a/.., pathType: Prefix, " BACK),
         "4:39 K009 'spec.rules[0].http.paths[0].path' must not end in '/.' or '/..'\n"},
        {PATH("path: /a%2Fb, pathType: Exact, " BACK),
         "4:39 K009 'spec.rules[0].http.paths[0].path' must not contain '%2F' with pathType Exact "
         "or Prefix\n"},
        {PATH("path: /a//b, pathType: ImplementationSpecific, " BACK), ""},
        {PATH("pathType: ImplementationSpecific, " BACK), ""},
        {PATH("path: '/x(/|$)(.*)', pathType: Prefix, " BACK), ""},
        {RULE("http: {paths: []}"),
         "4:23 K005 'spec.rules[0].http' needs at least one path; leave 'http' out to send the "
         "host to the default backend\n"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_kube_ingress_backends(void **state)
{
    (void)state;
#define BACKEND(text) "spec: {defaultBackend: " text "}\n"
#define PORT(text)    BACKEND("{service: {name: web, port: " text "}}")
    static const struct row rows[] = {
        {"spec: {}\n",
         "4:7 K005 'spec' needs rules or a defaultBackend; without both nothing is routed\n"},
        {BACKEND("{}"), "4:24 K005 'spec.defaultBackend' needs a service with name and port\n"},
        {BACKEND("{service: {name: a, port: {number: 1}}, resource: {kind: B, name: b}}"),
         "4:24 K018 'spec.defaultBackend' has both a service and a resource; keep one\n"},
        {BACKEND("{resource: {kind: B, name: b}}"), ""},
        {BACKEND("{service: {name: web}}"),
         "4:34 K005 'spec.defaultBackend.service.port' is missing\n"},
        {BACKEND("{service: {name: Web_1, port: {number: 80}}}"),
         "4:41 K008 'spec.defaultBackend.service.name' must be the name of a Service (a-z, 0-9 and "
         "'-'), but is 'Web_1'\n"},
        {PORT("{}"), "4:52 K005 'spec.defaultBackend.service.port' needs a number or a name\n"},
        {PORT("{number: 80, name: http}"),
         "4:52 K018 'spec.defaultBackend.service.port' has both a number and a name; keep one\n"},
        {PORT("{number: 0}"), "4:61 K004 'spec.defaultBackend.service.port.number' must be from 1 "
                              "to 65535, but is 0\n"},
        {PORT("{number: 65536}"), "4:61 K004 'spec.defaultBackend.service.port.number' must be "
                                  "from 1 to 65535, but is 65536\n"},
        {PORT("{name: http_web}"),
         "4:59 K008 'spec.defaultBackend.service.port' must be a port name (at most 15 of a-z, "
         "0-9 and '-'), but is 'http_web'\n"},
        {BACKEND("{serviceName: web, servicePort: 80}"),
         "4:24 K005 'spec.defaultBackend' needs a service with name and port\n"
         "4:25 K006 'spec.defaultBackend.serviceName' is of an older API version and has no "
         "effect; write 'service.name'\n"
         "4:43 K006 'spec.defaultBackend.servicePort' is of an older API version and has no "
         "effect; write 'service.port.number', or 'service.port.name' for a named port\n"},
        {"spec: {backend: {}}\n",
         "4:7 K005 'spec' needs rules or a defaultBackend; without both nothing is routed\n"
         "4:8 K006 'spec.backend' is of an older API version and has no effect; write "
         "'defaultBackend'\n"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_kube_ingress_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *host, *advice;
    } rows[] = {
        {"Shop.example.com", "write it in lower case"},
        {"shop_a.example.com", "'_' is not allowed in host names"},
        {"shop.example.com:8080", "leave out the port, an Ingress always has 80 and 443"},
        {"https://shop.example.com", "leave out scheme and path"},
        {"shop.example.com.", "leave out the '.' at its end"},
        {"${HOST}", "render the template first"},
        {"*", "'*' may only be the whole first label, as in '*.example.com'"},
        {"a.*.example.com", "'*' may only be the whole first label, as in '*.example.com'"},
        {"*shop.example.com", "'*' may only be the whole first label, as in '*.example.com'"},
        {"-shop.example.com", "each label has a-z, 0-9 and '-', and begins and ends with a letter "
                              "or digit"},
        {"shop.example.com", NULL},
        {"*.example.com", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char yaml[1024], said[1024];
        struct fixture f;
        snprintf(yaml, sizeof yaml, HEAD "spec: {rules: [{host: '%s'}]}\n", rows[i].host);
        snprintf(
            said, sizeof said,
            "4:23 K010 'spec.rules[0].host' must be a DNS name such as 'shop.example.com', but "
            "is '%s'; %s\n",
            rows[i].host, rows[i].advice ? rows[i].advice : "");
        fixture_open(&f, yaml);
        assert_string_equal(fixture_said(&f), rows[i].advice ? said : "");
        fixture_close(&f);
    }
}

static void test_kube_ingress_tls_and_class(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"spec: {ingressClassName: Nginx, rules: [{host: a.b}]}\n",
         "4:26 K008 'spec.ingressClassName' must be the name of an IngressClass, but is 'Nginx'\n"},
        {"spec: {tls: [{secretName: other/tls}], rules: [{host: a.b}]}\n",
         "4:27 K008 'spec.tls[0].secretName' must be the name of a Secret in the namespace of the "
         "Ingress, but is 'other/tls'\n"},
        {"spec: {tls: [{hosts: [A.b]}], rules: [{host: a.b}]}\n",
         "4:23 K010 'spec.tls[0].hosts[0]' must be a DNS name such as 'shop.example.com', but is "
         "'A.b'; write it in lower case\n"},
        {"spec: {tls: [{hosts: [10.0.0.1, '*.b'], secretName: ''}], rules: [{host: 10.0.0.1}]}\n",
         "4:74 K010 'spec.rules[0].host' must be a DNS name, not the address '10.0.0.1'; leave it "
         "out to answer for every host\n"},
        {"spec: {rulez: [], rules: [{host: a.b}]}\n",
         "4:8 K006 'spec.rulez' is not a field of this kind and has no effect; did you mean "
         "'rules'?\n"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_kube_ingress_all_faults_at_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, HEAD "spec:\n"
                          "  ingressClassName: 1\n"
                          "  rules:\n"
                          "  - host: A.b\n"
                          "    http:\n"
                          "      paths:\n"
                          "      - path: x\n"
                          "        pathType: Exact\n"
                          "        backend: {service: {name: web, port: {number: '80'}}}\n"
                          "      - path: /y\n"
                          "        backend: {service: {name: web, port: {number: 80}}}\n"
                          "---\n" HEAD
                          "spec: {defaultBackend: {service: {name: b, port: {name: c}}}}\n");
    assert_int_equal(diag_count(f.run.diag), 5);
    /* the object without a fault is there, under the name of the one that was left out */
    assert_int_equal(f.kube.counts[KUBE_INGRESS], 1);
    fixture_close(&f);
}

static void test_kube_ingress_fields(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, "apiVersion: networking.k8s.io/v1\n"
                     "kind: Ingress\n"
                     "metadata:\n"
                     "  name: web\n"
                     "  namespace: shop\n"
                     "  uid: u1\n"
                     "  creationTimestamp: '2024-02-29T01:02:03+01:00'\n"
                     "  annotations: {kubernetes.io/ingress.class: other}\n"
                     "spec:\n"
                     "  ingressClassName: nginx\n"
                     "  tls: [{hosts: [a.b], secretName: s}]\n"
                     "  rules:\n"
                     "  - host: a.b\n"
                     "    http: {paths: [{path: /x, pathType: Exact,\n"
                     "      backend: {service: {name: web, port: {name: http}}}}]}\n"
                     "  - {}\n"
                     "status: {anything: 1}\n");
    assert_string_equal(fixture_said(&f),
                        "8:17 K015 annotation 'kubernetes.io/ingress.class' says 'other' and "
                        "'spec.ingressClassName' says 'nginx'; an API server refuses to create "
                        "such an Ingress, remove the annotation\n");
    const struct ingress *ingress = (const struct ingress *)(const void *)kube_find(
        &f.kube, KUBE_INGRESS, SLICE("shop"), SLICE("web"));
    assert_non_null(ingress);
    ASSERT_TEXT(ingress->object.subject, "Ingress shop/web");
    ASSERT_TEXT(ingress->object.uid, "u1");
    assert_true(ingress->object.has_created);
    assert_int_equal(ingress->object.created, 1709164923);
    ASSERT_TEXT(ingress->class_name, "nginx");
    assert_int_equal(ingress->class_span.line, 10);
    ASSERT_TEXT(ingress->tls[0].secret, "s");
    assert_int_equal(ingress->rule_count, 2);
    assert_false(ingress->rules[1].has_http);
    const struct ingress_path *path = &ingress->rules[0].paths[0];
    assert_int_equal(path->type, PATH_TYPE_EXACT);
    ASSERT_TEXT(path->backend.port_name, "http");
    assert_int_equal(path->backend.port_span.line, 15);
    assert_false(ingress->default_backend.present);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kube_ingress_wrong_types),
        cmocka_unit_test(test_kube_ingress_paths),
        cmocka_unit_test(test_kube_ingress_backends),
        cmocka_unit_test(test_kube_ingress_hosts),
        cmocka_unit_test(test_kube_ingress_tls_and_class),
        cmocka_unit_test(test_kube_ingress_all_faults_at_once),
        cmocka_unit_test(test_kube_ingress_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
