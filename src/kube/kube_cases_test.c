#include "kube/kube_fixture_priv.h"

#include <unistd.h>

/* Behaviour cases and manifests of other projects, where they are at hand: each file is read alone, without
 * a crash; what an API server accepts is read without a word. */

struct tally {
    size_t files, errors, warnings;
};

static struct tally read_all(const char *folder, bool strict)
{
    struct run list;
    struct input files = {0};
    struct tally tally = {0};
    run_open(&list, NULL, NULL, NULL);
    if (input_add(&list, &files, slice_of(folder), -1) != STATUS_OK) {
        fail_msg("cannot read %s", folder);
    }
    for (size_t i = 0; i < files.count; i++) {
        struct fixture f;
        if (slice_ends(files.files[i].name, SLICE(".json"))) {
            continue; /* the requests of a case */
        }
        fixture_start(&f);
        input_add_text(&f.run, &f.input, files.files[i].name, files.files[i].text);
        document_read(&f.run, &f.input.files[0], &f.documents);
        fixture_finish(&f);
        size_t errors = diag_count_severity(f.run.diag, SEVERITY_ERROR);
        size_t warnings = diag_count_severity(f.run.diag, SEVERITY_WARNING);
        if (strict && errors + warnings) {
            print_message(SLICE_FMT ":\n%s", SLICE_ARG(files.files[i].name), fixture_said(&f));
        }
        tally.files++;
        tally.errors += errors;
        tally.warnings += warnings;
        fixture_close(&f);
    }
    run_close(&list);
    return tally;
}

static bool is_here(const char *folder)
{
    return access(folder, R_OK) == 0;
}

static void test_kube_cases_are_read_in_silence(void **state)
{
    (void)state;
    static const char *const folders[] = {
        "testdata/cases",
        "../shared/cases/ingress-nginx-e2e",
        "../shared/cases/ingress-conformance",
        "../shared/cases/ingress2gateway/ingress-nginx",
        "../shared/cases/gateway-conformance",
        "../shared/cases/gateway-objects/valid",
    };
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        if (is_here(folders[i])) {
            struct tally tally = read_all(folders[i], true);
            assert_true(tally.files > 0);
            assert_int_equal(tally.errors, 0);
            assert_int_equal(tally.warnings, 0);
        }
    }
}

static void test_kube_wild_manifests_do_no_harm(void **state)
{
    (void)state;
    static const char *const folders[] = {"../shared/cases/real-world", "../shared/cases/patterns",
                                          "../shared/cases/gateway-objects/invalid",
                                          "../shared/cases/ingress2gateway"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        if (is_here(folders[i])) {
            assert_true(read_all(folders[i], false).files > 0);
        }
    }
}

/* ---- objects in which one node is wrong --------------------------------------------------- */

static void read_once(struct fixture *f)
{
    struct kube kube;
    f->run.diag = diag_new(f->run.arena);
    kube_init(&f->run, &kube);
    kube_read(&f->run, &f->documents, SLICE("default"), &kube);
    kube_finish(&f->run, &kube);
}

/* Puts each kind of value in the place of each node, one at a time, as templates and patches do. */
static size_t vary(struct fixture *f, struct node *node)
{
    struct arena *arena = f->run.arena;
    struct node none = {.kind = NODE_NULL}, real = {.kind = NODE_FLOAT, .number = 0.5};
    none.text = arena_copy(arena, SLICE("null")); /* what stands in a Secret is written over */
    real.text = arena_copy(arena, SLICE("0.5"));
    struct node yes = {.kind = NODE_BOOL, .boolean = true, .text = arena_copy(arena, SLICE("on"))};
    struct node *const values[] = {
        &none,
        &real,
        &yes,
        node_int(arena, -1),
        node_string(arena, arena_copy(arena, SLICE("{{ .x }}"))),
        node_string(arena, SLICE("")),
        node_list(arena),
        node_map(arena),
    };
    struct node kept = *node;
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(values); i++, count++) {
        *node = *values[i];
        node->span = kept.span;
        read_once(f);
    }
    *node = kept;
    for (size_t i = 0; kept.kind == NODE_LIST && i < kept.count; i++) {
        count += vary(f, kept.items[i]);
    }
    for (size_t i = 0; kept.kind == NODE_MAP && i < kept.count; i++) {
        count += vary(f, kept.pairs[i].value);
    }
    return count;
}

static void test_kube_any_node_may_be_wrong(void **state)
{
    (void)state;
    static const char yaml[] =
        "apiVersion: v1\nkind: List\nitems:\n"
        "- apiVersion: networking.k8s.io/v1\n  kind: Ingress\n"
        "  metadata: {name: a, namespace: b, labels: {a: b}, annotations: {a: b},\n"
        "    creationTimestamp: '2024-01-01T00:00:00Z'}\n"
        "  spec: {ingressClassName: nginx, tls: [{hosts: [a.b], secretName: s}], rules: [{host: "
        "a.b,\n"
        "    http: {paths: [{path: /, pathType: Prefix,\n"
        "      backend: {service: {name: a, port: {number: 80}}}}]}}],\n"
        "    defaultBackend: {resource: {apiGroup: a.b, kind: C, name: d}}}\n"
        "- {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: a},\n"
        "   spec: {controller: a.b/c}}\n"
        "- {apiVersion: v1, kind: Service, metadata: {name: a},\n"
        "   spec: {type: ClusterIP, selector: {a: b}, ports: [{port: 80, targetPort: web}]}}\n"
        "- {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a},\n"
        "   endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}], ports: [{port: 80}]}\n"
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}\n"
        "- {apiVersion: v1, kind: Secret, metadata: {name: a}, type: x, data: {a: Yg==},\n"
        "   stringData: {auth: 'a:b'}}\n"
        "- {apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {a: b}}}\n"
        "- {apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: a},\n"
        "   spec: {gatewayClassName: c, listeners: [{name: a, port: 443, protocol: HTTPS,\n"
        "     hostname: a.b, tls: {mode: Terminate, certificateRefs: [{name: s}], options: {a: "
        "b}},\n"
        "     allowedRoutes: {kinds: [{kind: HTTPRoute}], namespaces: {from: Selector,\n"
        "       selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In,\n"
        "         values: [b]}]}}}}]}}\n"
        "- {apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a},\n"
        "   spec: {parentRefs: [{name: a, port: 80}], hostnames: [a.b], rules: [{name: a,\n"
        "     matches: [{path: {type: Exact, value: /}, method: GET, headers: [{name: a, value: "
        "b}],\n"
        "       queryParams: [{name: a, value: b}]}],\n"
        "     filters: [{type: URLRewrite, urlRewrite: {hostname: a.b, path: {\n"
        "       type: ReplaceFullPath, replaceFullPath: /}}}, {type: RequestMirror, requestMirror: "
        "{\n"
        "       backendRef: {name: a, port: 80}, fraction: {numerator: 1, denominator: 2}}},\n"
        "       {type: CORS, cors: {allowOrigins: ['*'], maxAge: 1}}, {type: "
        "RequestHeaderModifier,\n"
        "       requestHeaderModifier: {set: [{name: a, value: b}], remove: [c]}}],\n"
        "     backendRefs: [{name: a, port: 80, weight: 1, filters: [{type: ExtensionRef,\n"
        "       extensionRef: {group: a.b, kind: C, name: d}}]}],\n"
        "     timeouts: {request: 1s, backendRequest: 1s}}]}}\n"
        "- {apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {name: a},\n"
        "   spec: {from: [{group: a.b, kind: C, namespace: d}], to: [{kind: Secret, name: a}]}}\n"
        "- {apiVersion: example.com/v1, kind: Thing, metadata: {name: a, labels: {a: b}}}\n";
    struct fixture f;
    fixture_open(&f, yaml);
    fixture_silent(&f);
    assert_true(vary(&f, f.documents.roots[0]) > 1500);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kube_cases_are_read_in_silence),
        cmocka_unit_test(test_kube_wild_manifests_do_no_harm),
        cmocka_unit_test(test_kube_any_node_may_be_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
