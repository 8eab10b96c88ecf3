/* What an API server asks of an object, one kind of fault after the other. */
#include "schema/schema.h"

#include "input/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROUTE                                                                                      \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n"
#define GATEWAY                                                                                    \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web}\n"             \
    "spec:\n  gatewayClassName: a\n"
#define INGRESS "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n"

struct example {
    const char *text;
    int minor;
    bool experimental;
    const char *want; /* one line for each message: "LINE CODE what it begins with" */
};

static void judge_text(struct run *run, const struct example *example)
{
    struct input input = {0};
    struct documents documents = {0};
    const struct schema_release release = {example->minor, example->experimental};
    struct schema *schema = schema_open(run, &release);
    input_add_text(run, &input, SLICE("in.yaml"), slice_of(example->text));
    document_read(run, &input.files[0], &documents);
    assert_int_equal(documents.count, 1);
    const struct node *root = documents.roots[0];
    const struct schema_object object = {.root = root,
                                         .kind = node_get(root, "kind")->text,
                                         .api_version = node_get(root, "apiVersion")->text,
                                         .subject = SLICE("web")};
    enum schema_verdict verdict = schema_judge(schema, &object);
    bool invalid = diag_count_severity(run->diag, SEVERITY_ERROR) > 0;
    assert_int_equal(verdict == SCHEMA_INVALID, invalid);
    schema_close(schema);
    diag_finish(run->diag);
}

static void check(const struct example *example)
{
    struct run run;
    struct limits limits = limits_default();
    run_open(&run, &limits, NULL, NULL);
    judge_text(&run, example);
    struct slice rest = slice_of(example->want), line;
    bool fine = true;
    size_t at = 0;
    while (rest.len && slice_split(&rest, '\n', &line)) {
        struct slice got = SLICE("nothing");
        if (at < diag_count(run.diag)) {
            const struct diagnostic *item = diag_get(run.diag, at);
            got = arena_printf(run.arena, "%u %s " SLICE_FMT, item->span.line,
                               diag_row(item->code)->name, SLICE_ARG(item->message));
        }
        if (!slice_starts(got, line)) {
            fine = false;
            fprintf(stderr, "got:  " SLICE_FMT "\nwant: " SLICE_FMT "\n", SLICE_ARG(got),
                    SLICE_ARG(line));
        }
        at++;
    }
    for (; at < diag_count(run.diag); at++) {
        fine = false;
        fprintf(stderr, "too much: " SLICE_FMT "\n", SLICE_ARG(diag_get(run.diag, at)->message));
    }
    if (!fine) {
        fail_msg("%s", example->text);
    }
    run_close(&run);
}

static void check_all(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(&examples[i]);
    }
}

#define INGRESS_PATH(fields)                                                                       \
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n"    \
    "  - host: a_b.example.com\n    http: {paths: [{" fields "}]}\n"

/* A server validates kinds of its own in Go, where one fault does not hide the others. */
static void test_schema_names_all_faults_of_an_ingress(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {INGRESS_PATH("path: a, backend: {service: {name: web}}"), 5, false,
         "6 V008 spec.rules[0].host: Invalid value: \"a_b.example.com\": must be a DNS name\n"
         "7 V003 spec.rules[0].http.paths[0].pathType: Required value\n"
         "7 V008 spec.rules[0].http.paths[0].backend: Required value: the service needs the name "
         "or the number of a port"},
    };
    check_all(examples, ARRAY_LEN(examples));
}

static void test_schema_structure(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {ROUTE "  hostnames: [a.example.com]\n", 5, false, ""},
        /* unknown fields, at any depth and in metadata, with the closest name */
        {ROUTE "  hostname: [a]\n", 5, false,
         "5 V001 spec.hostname: unknown field; did you mean 'hostnames'?"},
        {ROUTE "  rules:\n  - matches:\n    - path: {type: Exact, valu: /}\n", 5, false,
         "7 V001 spec.rules[0].matches[0].path.valu: unknown field; did you mean 'value'?"},
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
         "metadata: {name: web, label: {a: b}}\nspec: {}\n",
         5, false, "3 V001 metadata.label: unknown field; did you mean 'labels'?"},
        /* fields of another release or channel */
        {ROUTE "  rules:\n  - retry: {attempts: 2}\n", 5, false,
         "6 V001 spec.rules[0].retry: unknown field; Gateway API has it in 1.2 and later "
         "experimental, not in 1.5 standard"},
        {ROUTE "  rules:\n  - retry: {attempts: 2}\n", 5, true, ""},
        {ROUTE "  rules:\n  - name: a\n", 2, false,
         "6 V001 spec.rules[0].name: unknown field; Gateway API has it in"},
        {ROUTE "  rules:\n  - retries: {attempts: 2}\n", 5, false,
         "6 V001 spec.rules[0].retries: unknown field; did you mean 'retry', which Gateway API has "
         "in "
         "1.2 and later experimental?"},
        /* types */
        {ROUTE "  hostnames: a.example.com\n", 5, false,
         "1 V009 rules\n5 V002 spec.hostnames: Invalid value: \"a.example.com\": must be a list, "
         "but is a "
         "text"},
        {ROUTE "  rules:\n  - backendRefs:\n    - {name: a, port: \"80\"}\n", 5, false,
         "1 V009 rules\n7 V002 spec.rules[0].backendRefs[0].port: Invalid value: \"80\": must be "
         "an "
         "integer, but is a text; write it without quotes"},
        {ROUTE "  rules:\n  - backendRefs:\n    - {name: 8, port: 80}\n", 5, false,
         "1 V009 rules\n7 V002 spec.rules[0].backendRefs[0].name: Invalid value: 8: must be a "
         "text, but is "
         "an integer; write it in quotes"},
        {ROUTE "  hostnames: [null]\n", 5, false,
         "1 V009 rules\n5 V002 spec.hostnames[0]: Invalid value: null: must be a text, but is "
         "empty"},
        /* null is as good as absent in a mapping */
        {ROUTE "  hostnames: null\n", 5, false, ""},
        /* what is missing */
        {ROUTE "  rules:\n  - backendRefs:\n    - {port: 80}\n", 5, false,
         "1 V009 rules\n7 V003 spec.rules[0].backendRefs[0].name: Required value"},
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\n", 5,
         false, "1 V003 spec: Required value\n1 V009 rules"},
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec: {}\n", 5, false,
         "1 V003 metadata.name: Required value\n1 V009 rules"},
    };
    check_all(examples, ARRAY_LEN(examples));
}

static void test_schema_values(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {ROUTE "  rules:\n  - matches: [{method: get}]\n", 5, false,
         "1 V009 rules\n6 V004 spec.rules[0].matches[0].method: Unsupported value: \"get\": must "
         "be one of "
         "'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'; did you "
         "mean"},
        {ROUTE "  rules:\n  - backendRefs: [{name: a, port: 65536}]\n", 5, false,
         "6 V005 spec.rules[0].backendRefs[0].port: Invalid value: 65536: must be 65535 or less"},
        {ROUTE "  rules:\n  - backendRefs: [{name: a, port: 0}]\n", 5, false,
         "6 V005 spec.rules[0].backendRefs[0].port: Invalid value: 0: must be 1 or more"},
        {GATEWAY "  listeners: []\n", 5, false,
         "6 V005 spec.listeners: Invalid value: 0: must have at least 1 item"},
        {ROUTE "  hostnames: [\"\"]\n", 5, false,
         "5 V005 spec.hostnames[0]: Invalid value: \"\": must have at least 1 character"},
        {ROUTE "  hostnames: [UPPER.example.com]\n", 5, false,
         "5 V006 spec.hostnames[0]: Invalid value: \"UPPER.example.com\": must match '^"},
        {GATEWAY "  listeners:\n  - {name: a, port: 80, protocol: HTTP}\n"
                 "  - {name: a, port: 81, protocol: HTTP}\n",
         5, false,
         "7 V008 spec.listeners: Invalid value: Listener name must be unique within the Gateway\n"
         "8 V007 spec.listeners[1]: Duplicate value: name: \"a\""},
        /* of three alike only one is named, as by a server */
        {ROUTE "  rules:\n  - matches:\n    - headers:\n      - {name: a, value: b}\n"
               "      - {name: a, value: c}\n      - {name: a, value: d}\n",
         5, false, "9 V007 spec.rules[0].matches[0].headers[1]: Duplicate value: name: \"a\""},
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web}\nspec:\n"
         "  gatewayClassName: a\n  addresses: [{type: IPAddress, value: nowhere}]\n"
         "  listeners: [{name: a, port: 80, protocol: HTTP}]\n",
         5, false,
         "6 V013 spec.addresses[0]: Invalid value: fits none of the alternatives, and must fit one "
         "(oneOf)\n6 V006 spec.addresses[0].value: Invalid value: \"nowhere\": must be an IPv4 "
         "address "
         "or an IPv6 address"},
    };
    check_all(examples, ARRAY_LEN(examples));
}

/* 4,096 characters of two bytes are not too long for the value of a header; one more is. */
static void test_schema_lengths_count_characters(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct buf text;
        buf_init(&text, BUF_TEXT_MAX);
        buf_puts(&text, ROUTE "  rules:\n  - matches:\n    - headers:\n      - name: a\n"
                              "        value: \"");
        for (size_t i = 0; i < 4096 + more; i++) {
            buf_puts(&text, "\xc3\xa4");
        }
        buf_puts(&text, "\"\n");
        buf_putc(&text, '\0');
        struct example example = {
            text.ptr, 5, false,
            more ? "1 V009 rules\n9 V005 spec.rules[0].matches[0].headers[0].value: "
                   "Too long: 4097 characters: may have at most 4096"
                 : ""};
        check(&example);
        buf_release(&text);
    }
}

/* Very many faults are counted, not shown. */
static void test_schema_shows_a_thousand_faults(void **state)
{
    (void)state;
    struct run run;
    struct buf text;
    struct limits limits = limits_default();
    run_open(&run, &limits, NULL, NULL);
    buf_init(&text, BUF_TEXT_MAX);
    buf_puts(&text, ROUTE);
    for (unsigned i = 0; i < 3000; i++) {
        buf_printf(&text, "  x%u: 1\n", i);
    }
    buf_putc(&text, '\0');
    judge_text(&run, &(struct example){text.ptr, 5, false, ""});
    assert_int_equal(diag_count_severity(run.diag, SEVERITY_ERROR), SCHEMA_FAULTS_SHOWN);
    assert_int_equal(diag_get(run.diag, 0)->code, DIAG_V016);
    assert_true(slice_starts(diag_get(run.diag, 0)->message, SLICE("2000 more faults")));
    buf_release(&text);
    run_close(&run);
}

static void test_schema_kinds(void **state)
{
    (void)state;
    static const char tcp[] = "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute\n"
                              "metadata: {name: web}\nspec: {rules: [{backendRefs: [{name: a, "
                              "port: 80}]}]}\n";
    static const struct example examples[] = {
        {tcp, 5, true, ""},
        {tcp, 5, false,
         "1 V011 apiVersion: Gateway API 1.5 standard does not have TCPRoute; it is in 1.6 and "
         "later "
         "standard, 1.2 and later experimental"},
        {tcp, 6, false,
         "1 V012 apiVersion: Gateway API 1.6 standard does not serve "
         "'gateway.networking.k8s.io/v1alpha2' of TCPRoute; write 'gateway.networking.k8s.io/v1'"},
        {"apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: web}\n", 5, false,
         "1 V012 apiVersion: no version 'networking.k8s.io/v1beta1' of Ingress is served; write "
         "'networking.k8s.io/v1'"},
        {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: 3\n", 5, false, ""},
    };
    check_all(examples, ARRAY_LEN(examples));
}

static void test_schema_metadata(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web_1}\n", 5, false,
         "3 V008 metadata.name: Invalid value: \"Web_1\": must be lower case letters"},
        {"apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: web-}\n", 5, false, ""},
        {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, labels: {a b: c}}\n", 5, false,
         "3 V008 metadata.labels: Invalid value: has the invalid key 'a b'"},
        {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, labels: {a: b c}}\n", 5, false,
         "3 V008 metadata.labels[a]: Invalid value: \"b c\": must be letters"},
        {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, annotations: {a: 1}}\n", 5, false,
         "3 V002 metadata.annotations[a]: Invalid value: 1: must be a text, but is "
         "an "
         "integer; write it in quotes"},
        {"apiVersion: v1\nkind: Namespace\nmetadata: {name: web.shop}\n", 5, false,
         "1 V008 the object: Invalid value: the name of a Namespace"},
    };
    check_all(examples, ARRAY_LEN(examples));
}

static void test_schema_ingress(void **state)
{
    (void)state;
#define PATHS(type, path)                                                                          \
    "  rules:\n  - http:\n      paths:\n      - pathType: " type "\n        path: " path           \
    "\n        backend: {service: {name: a, port: {number: 80}}}\n"
    static const struct example examples[] = {
        {INGRESS PATHS("Prefix", "/a(/|$)(.*)"), 5, false, ""},
        {INGRESS PATHS("ImplementationSpecific", "\"\""), 5, false, ""},
        {INGRESS PATHS("Prefix", "a"), 5, false,
         "9 V008 spec.rules[0].http.paths[0].path: Invalid value: a path of type Exact or Prefix "
         "must begin with '/'"},
        {INGRESS PATHS("Exact", "/a//b"), 5, false, "9 V008 spec.rules[0].http.paths[0].path:"},
        {INGRESS PATHS("Exact", "/a/.."), 5, false, "9 V008 spec.rules[0].http.paths[0].path:"},
        {INGRESS PATHS("ImplementationSpecific", "\"^a\""), 5, false,
         "9 V008 spec.rules[0].http.paths[0].path:"},
        {INGRESS PATHS("prefix", "/"), 5, false,
         "8 V004 spec.rules[0].http.paths[0].pathType: Unsupported value: "
         "\"prefix\""},
        {INGRESS "  tls: [{secretName: a}]\n", 5, false,
         "5 V008 spec: Invalid value: needs defaultBackend or rules"},
        {INGRESS "  defaultBackend: {service: {name: a, port: {number: 80, name: b}}}\n", 5, false,
         "5 V008 spec.defaultBackend: Invalid value: cannot have both the name and the number"},
        {INGRESS "  defaultBackend: {service: {name: a}}\n", 5, false,
         "5 V008 spec.defaultBackend: Required value: the service needs the name or the number"},
        {INGRESS "  rules: [{host: Shop.example.com}]\n", 5, false,
         "5 V008 spec.rules[0].host: Invalid value: \"Shop.example.com\": must be a DNS name"},
        {INGRESS "  rules: [{host: 10.0.0.1}]\n", 5, false,
         "5 V008 spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an "
         "address"},
        {"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n"
         "  annotations: {kubernetes.io/ingress.class: a}\n"
         "spec: {ingressClassName: b, defaultBackend: {service: {name: a, port: {number: 80}}}}\n",
         5, false, "1 V008 the object: Invalid value: annotation 'kubernetes.io/ingress.class'"},
    };
    check_all(examples, ARRAY_LEN(examples));
}

/* What stands in a Secret is in no message. */
static void test_schema_hides_secrets(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata: {a: hunter2!}\n", 5, false,
         "4 V006 data[a]: Invalid value: (not shown): must be base64"},
        {"apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ntype: kubernetes.io/tls\n", 5, false,
         "1 V008 data: Required value: a Secret of type kubernetes.io/tls needs tls.crt and "
         "tls.key"},
    };
    check_all(examples, ARRAY_LEN(examples));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_names_all_faults_of_an_ingress),
        cmocka_unit_test(test_schema_structure),
        cmocka_unit_test(test_schema_values),
        cmocka_unit_test(test_schema_lengths_count_characters),
        cmocka_unit_test(test_schema_shows_a_thousand_faults),
        cmocka_unit_test(test_schema_kinds),
        cmocka_unit_test(test_schema_metadata),
        cmocka_unit_test(test_schema_ingress),
        cmocka_unit_test(test_schema_hides_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
