#include "surroundings/surroundings.h"

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
    struct surroundings around;
};

static void fixture_open(struct fixture *f, const char *yaml)
{
    struct input input = {0};
    struct documents documents = {0};
    struct kube kube;
    memset(f, 0, sizeof *f);
    run_open(&f->run, NULL, NULL, NULL);
    input_add_text(&f->run, &input, SLICE("a.yaml"), slice_of(yaml));
    document_read(&f->run, &input.files[0], &documents);
    kube_init(&f->run, &kube);
    kube_read(&f->run, &documents, SLICE("default"), &kube);
    kube_finish(&f->run, &kube);
    assert_int_equal(diag_count_input_errors(f->run.diag), 0);
    surroundings_read(&f->run, &kube, &f->around);
}

/* All findings, one a line: "S002 7:20 text". */
static const char *fixture_found(struct fixture *f)
{
    struct slice all = SLICE("");
    for (size_t i = 0; i < f->around.count; i++) {
        const struct surrounding *item = &f->around.items[i];
        all = arena_printf(f->run.arena, SLICE_FMT "%s %u:%u " SLICE_FMT "\n", SLICE_ARG(all),
                           diag_row(item->row->code)->name, item->span.line, item->span.column,
                           SLICE_ARG(item->text));
    }
    return arena_string(f->run.arena, all);
}

static bool is_absent(const struct fixture *f, const char *word)
{
    for (size_t i = 0; i < f->around.absent_count; i++) {
        if (strstr(f->around.absent[i]->name, word)) {
            return true;
        }
    }
    return false;
}

/* What is found in one object each, and in objects that only look like it. */
static const struct {
    const char *yaml, *found;
} cases[] = {
    {"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
     "spec:\n  podSelector: {}\n  ingress:\n  - from:\n    - namespaceSelector:\n        "
     "matchLabels:\n"
     "          kubernetes.io/metadata.name: ingress-nginx\n",
     "S002 10:40 traffic is let in from 'ingress-nginx', where the old controller is\n"},
    {"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
     "spec:\n  ingress:\n  - from: [{namespaceSelector: {matchLabels: {name: ingress-nginx}}}]\n  "
     "- {}\n",
     ""},
    {"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
     "spec:\n  ingress:\n  - from: [{namespaceSelector: {matchLabels: {name: monitoring}}}]\n",
     ""},
    {"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
     "metadata: {name: a, namespace: ingress-nginx}\n"
     "spec:\n  ingress:\n  - from: [{podSelector: {matchLabels: {app: ingress-nginx}}}]\n",
     ""},
    {"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
     "spec:\n  ingress:\n  - from:\n    - namespaceSelector: {matchExpressions: [{key: name, "
     "operator: In, "
     "values: [edge]}]}\n---\n"
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c, namespace: edge}\nspec:\n"
     "  template: {spec: {containers: [{image: "
     "'registry.k8s.io/ingress-nginx/controller:v1.13.9'}]}}\n",
     "S002 7:81 traffic is let in from 'edge', where the old controller is\n"},
    {"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\n"
     "spec: {ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': "
     "app-routing-system}}]}]}\n",
     "S002 4:85 traffic is let in from 'app-routing-system', where the old controller is\n"},
    {"apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: a}\nspec:\n  acme:\n"
     "    solvers:\n    - dns01: {}\n    - http01:\n        ingress:\n          class: nginx\n",
     "S003 10:11 the solver http01.ingress answers challenges through the old controller, so that "
     "certificates are not renewed without it\n"},
    {"apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: {name: a}\nspec: {acme: {solvers: "
     "[{http01: "
     "{gatewayHTTPRoute: {}}}]}}\n",
     ""},
    {"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {strategy: "
     "{canary: "
     "{trafficRouting: {nginx: {stableIngress: web}}}}}\n",
     "S004 4:52 trafficRouting.nginx sends weights to canary Ingresses, which no longer get "
     "traffic\n"},
    {"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {strategy: "
     "{canary: "
     "{trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {}}}}}}\n",
     ""},
    {"apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: a}\nspec: {provider: "
     "nginx}\n",
     "S004 4:18 the canary sends weights to an Ingress, which no longer gets traffic\n"},
    {"apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: a}\nspec: {provider: "
     "'gatewayapi:v1'}\n",
     ""},
    {"apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\nspec: {rules: [{match: "
     "{any: "
     "[{resources: {kinds: [networking.k8s.io/v1/Ingress]}}]}}]}\n",
     "S005 4:52 the policy looks at Ingresses\n"},
    {"apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sHttpsOnly\nmetadata: {name: "
     "a}\nspec: {match: "
     "{kinds: [{kinds: [Ingress]}]}}\n",
     "S005 4:33 the policy looks at Ingresses\n"},
    {"apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\nspec: {rules: [{match: "
     "{any: "
     "[{resources: {kinds: [Pod]}}]}}]}\n",
     ""},
    {"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: a}\nspec: "
     "{groups: "
     "[{rules: [{expr: up == 0}, {expr: 'rate(nginx_ingress_controller_requests[5m])'}, {expr: "
     "nginx_ingress_controller_success}]}]}\n",
     "S006 4:50 metrics of the old controller (nginx_ingress_...) are used in 2 places\n"},
    {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x.json: '{}'\n"
     "  board.json: '{\"expr\": \"nginx_ingress_controller_requests\"}'\n",
     "S006 6:3 metrics of the old controller (nginx_ingress_...) are used in 1 place\n"},
    {"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: "
     "{metrics: [{type: "
     "Object, object: {describedObject: {kind: Ingress, name: web}}}]}\n",
     "S007 4:66 replicas follow a metric of the old controller or of an Ingress ('Ingress')\n"},
    {"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {triggers: "
     "[{type: "
     "prometheus, metadata: {query: 'sum(rate(nginx_ingress_controller_requests[1m]))'}}]}\n",
     "S007 4:56 replicas follow a metric of the old controller or of an Ingress "
     "('sum(rate(nginx_ingress_controller_requests[1m]))')\n"},
    {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: dns}\nspec: {template: {spec: "
     "{containers: "
     "[{args: [--source=service, --source=ingress]}]}}}\n",
     "S008 4:65 external-dns makes records of Ingresses, and not of routes\n"},
    {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: dns}\nspec: {template: {spec: "
     "{containers: "
     "[{args: [--source=ingress, --source=gateway-httproute]}]}}}\n",
     ""},
    {"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n  annotations:\n"
     "    argocd.argoproj.io/tracking-id: shop:networking.k8s.io/Ingress:shop/a\nspec:\n"
     "  defaultBackend: {service: {name: a, port: {number: 80}}}\n",
     "S009 6:5 the Ingress is made by Argo CD application 'shop'\n"},
    {"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: "
     "{values: {web: "
     "{ingress: {enabled: true}}}}\n",
     "S009 4:42 the values of the chart ask for an Ingress\n"},
    {"apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\nspec: "
     "{selector: "
     "{matchLabels: {app.kubernetes.io/name: ingress-nginx}}}\n",
     "S010 4:57 metrics are collected from the old controller ('ingress-nginx')\n"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ExternalName, externalName: "
     "ingress-nginx-controller.ingress-nginx.svc.cluster.local}\n",
     "S011 1:1 the Service stands for 'ingress-nginx-controller.ingress-nginx.svc.cluster.local', "
     "the old "
     "controller\n"},
    {"apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a, ownerReferences: "
     "[{kind: "
     "Ingress, name: web}]}\n",
     "S012 3:46 an Ingress owns the object, which is deleted together with it\n"},
    {"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: "
     "{name: a}\n"
     "webhooks: [{clientConfig: {service: {name: ingress-nginx-controller-admission}}}]\n",
     "S013 4:44 the API server asks the old controller about each Ingress\n"},
};

static void test_surroundings_are_found_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f, cases[i].yaml);
        assert_string_equal(fixture_found(&f), cases[i].found);
        run_close(&f.run);
    }
}

static void test_surroundings_names_what_nobody_could_look_at(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(
        &f,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {}}\n---\n"
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {}\n");
    assert_int_equal(f.around.count, 0);
    assert_true(is_absent(&f, "external-dns")); /* any Deployment is not enough */
    assert_true(is_absent(&f, "Rollouts"));
    assert_false(is_absent(&f, "NetworkPolicies"));
    surroundings_say(&f.run, &f.around);
    assert_int_equal(diag_count(f.run.diag), 1);
    assert_int_equal(diag_get(f.run.diag, 0)->code, DIAG_S001);
    run_close(&f.run);
}

static void test_surroundings_are_said_with_what_to_do(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, cases[0].yaml);
    surroundings_say(&f.run, &f.around);
    diag_finish(f.run.diag);
    const struct diagnostic *last = diag_get(f.run.diag, diag_count(f.run.diag) - 1);
    assert_int_equal(last->code, DIAG_S002);
    assert_int_equal(last->severity, SEVERITY_WARNING);
    assert_true(slice_is(last->subject, "NetworkPolicy default/a"));
    assert_true(slice_contains(last->message, SLICE("gateway.networking.k8s.io/gateway-name")));
    run_close(&f.run);
}

static void test_surroundings_look_at_their_kinds_alone(void **state)
{
    (void)state;
    const struct object rollout = {.kind_name = SLICE("Rollout"),
                                   .api_version = SLICE("argoproj.io/v1alpha1")};
    const struct object constraint = {.kind_name = SLICE("K8sAllowedHosts"),
                                      .api_version = SLICE("constraints.gatekeeper.sh/v1beta1")};
    const struct object other = {.kind_name = SLICE("Rollout"),
                                 .api_version = SLICE("example.com/v1")};
    assert_true(surroundings_look_at(&rollout));
    assert_true(surroundings_look_at(&constraint));
    assert_false(surroundings_look_at(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_surroundings_are_found_with_their_place),
        cmocka_unit_test(test_surroundings_names_what_nobody_could_look_at),
        cmocka_unit_test(test_surroundings_are_said_with_what_to_do),
        cmocka_unit_test(test_surroundings_look_at_their_kinds_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
