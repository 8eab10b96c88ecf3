#include "frontend/frontend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define CLASS                                                                                      \
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n"              \
    "spec: {controller: k8s.io/ingress-nginx}\n---\n"
#define INGRESS                                                                                    \
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"    \
    "spec:\n  ingressClassName: nginx\n  rules:\n  - host: a.example\n    http:\n      paths:\n"   \
    "      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}\n"   \
    "---\n"
#define SERVICE                                                                                    \
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"                      \
    "spec: {ports: [{name: http, port: 8080}]}\n---\n"
#define GATEWAY                                                                                    \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"                                    \
    "metadata: {name: gw, namespace: shop}\nspec:\n  gatewayClassName: c\n  listeners:\n"          \
    "  - {name: http, port: 80, protocol: HTTP}\n---\n"                                            \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"                                  \
    "metadata: {name: r, namespace: shop}\nspec:\n  parentRefs: [{name: gw}]\n"                    \
    "  hostnames: [b.example]\n  rules:\n  - backendRefs: [{name: web, port: 8080}]\n---\n"

static int setup(void **state)
{
    static struct run run;
    run_open(&run, NULL, NULL, NULL);
    *state = &run;
    return 0;
}

static int teardown(void **state)
{
    run_close(*state);
    return 0;
}

static void read_text(struct run *run, const char *text, struct kube *kube)
{
    struct input input = {0};
    input_add_text(run, &input, SLICE("in.yaml"), slice_of(text));
    side_read(run, &input, SLICE_ABSENT, kube);
}

static enum outcome_kind ask(struct run *run, struct side *side, const char *host,
                             struct outcome *outcome)
{
    struct request request = {.host = slice_of(host)};
    request_defaults(&request);
    evaluate(side_evaluator(run, side), run->arena, &request, outcome);
    return outcome->kind;
}

static void test_frontend_picks_the_side_by_what_is_there(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_AUTO};
    struct outcome outcome;
    struct side ingress = {0}, gateway = {0}, both = {0};
    read_text(run, CLASS INGRESS SERVICE, &ingress.kube);
    assert_true(side_build(run, &options, &ingress));
    assert_int_equal(ingress.kind, SIDE_INGRESS);
    assert_true(slice_is(ingress.table.label, "ingress-nginx 1.15.1"));
    assert_int_equal(ask(run, &ingress, "a.example", &outcome), OUTCOME_FORWARD);
    read_text(run, GATEWAY SERVICE, &gateway.kube);
    assert_true(side_build(run, &options, &gateway));
    assert_int_equal(gateway.kind, SIDE_GATEWAY);
    assert_int_equal(ask(run, &gateway, "b.example", &outcome), OUTCOME_FORWARD);
    read_text(run, CLASS INGRESS GATEWAY SERVICE, &both.kube);
    assert_true(side_build(run, &options, &both));
    assert_int_equal(both.kind, SIDE_INGRESS);
    side_close(&ingress);
    side_close(&gateway);
    side_close(&both);
}

static void test_frontend_takes_the_side_that_is_asked_for(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_GATEWAY, .profile = SLICE("aks-approuting")};
    struct outcome outcome;
    struct side side = {0};
    read_text(run, CLASS INGRESS GATEWAY SERVICE, &side.kube);
    assert_true(side_build(run, &options, &side));
    assert_int_equal(side.kind, SIDE_GATEWAY);
    assert_true(slice_is(side.table.plane, "aks-approuting"));
    assert_int_equal(ask(run, &side, "b.example", &outcome), OUTCOME_FORWARD);
    side_close(&side);
}

static void test_frontend_refuses_input_without_objects(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_AUTO};
    struct side side = {0};
    read_text(run, SERVICE, &side.kube);
    assert_false(side_build(run, &options, &side));
    assert_int_equal(diag_count(run->diag), 1);
    assert_int_equal(diag_get(run->diag, 0)->code, DIAG_I010);
    assert_true(slice_is(diag_get(run->diag, 0)->message,
                         "the input holds no Ingress, Gateway or HTTPRoute that can be read "
                         "(in.yaml)"));
}

static void test_frontend_names_some_of_many_files_without_objects(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_AUTO};
    struct side side = {0};
    struct input input = {0};
    static const char *const names[] = {"a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        input_add_text(run, &input, slice_of(names[i]), SLICE("# nothing\n"));
    }
    side_read(run, &input, SLICE_ABSENT, &side.kube);
    assert_false(side_build(run, &options, &side));
    assert_true(slice_contains(diag_get(run->diag, 0)->message,
                               SLICE("(a.yaml, b.yaml, c.yaml and 2 more)")));
}

static void test_frontend_refuses_ingresses_that_nobody_serves(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_AUTO};
    struct side side = {0};
    read_text(run,
              "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: "
              "{nginx.ingress.kubernetes.io/app-root: /}}\n"
              "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
              &side.kube);
    assert_false(side_build(run, &options, &side));
    assert_int_equal(diag_count(run->diag), 2);
    assert_int_equal(diag_get(run->diag, 0)->code, DIAG_I001);
    assert_true(slice_contains(diag_get(run->diag, 0)->message, SLICE("--from ingress-nginx")));
    assert_int_equal(diag_get(run->diag, 1)->code, DIAG_I010);
}

/* Errors say already why there is nothing. */
static void test_frontend_does_not_repeat_faults_of_the_input(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_AUTO};
    struct side side = {0};
    read_text(run, "kind: [", &side.kube);
    assert_false(side_build(run, &options, &side));
    assert_int_equal(diag_count(run->diag), diag_count_input_errors(run->diag));
}

static void test_frontend_shares_services_between_sides(void **state)
{
    struct run *run = *state;
    struct kube before, after;
    read_text(run, SERVICE, &before);
    read_text(run, GATEWAY, &after);
    assert_null(kube_find(&after, KUBE_SERVICE, SLICE("shop"), SLICE("web")));
    side_share(run, &before, &after);
    assert_ptr_equal(kube_find(&after, KUBE_SERVICE, SLICE("shop"), SLICE("web")),
                     kube_find(&before, KUBE_SERVICE, SLICE("shop"), SLICE("web")));
    assert_int_equal(after.counts[KUBE_SERVICE], 1);
    /* what is there stays; routes and Ingresses are not shared */
    side_share(run, &before, &after);
    side_share(run, &after, &before);
    assert_int_equal(after.counts[KUBE_SERVICE], 1);
    assert_int_equal(before.counts[KUBE_HTTP_ROUTE], 0);
}

/* The side after is read from the text that was written, with the Services of the side before. */
static void test_frontend_reads_back_what_was_converted(void **state)
{
    struct run *run = *state;
    const struct side_options options = {.kind = SIDE_INGRESS};
    struct convert_options convert;
    struct converted converted = {0};
    struct side before = {0}, after = {0};
    struct outcome outcome;
    convert_options_default(&convert);
    convert.gateway_class = SLICE("c");
    read_text(run, CLASS INGRESS SERVICE, &before.kube);
    assert_true(side_build(run, &options, &before));
    convert_table(run, &before.kube, &before.table, &convert, &converted);
    assert_true(side_from_converted(run, &converted, &before.kube, convert.target, &after));
    assert_int_equal(after.kind, SIDE_GATEWAY);
    assert_int_equal(after.kube.counts[KUBE_INGRESS], 0);
    assert_int_equal(ask(run, &after, "a.example", &outcome), OUTCOME_FORWARD);
    assert_true(slice_is(outcome.backends[0].service, "web"));
    assert_int_equal(outcome.backends[0].port, 8080);
    assert_true(slice_is(diag_file_name(run->diag, outcome.rule->origin.span.file), "<converted>"));
    side_close(&before);
    side_close(&after);
}

static void test_frontend_takes_nothing_for_a_side(void **state)
{
    struct run *run = *state;
    const struct converted converted = {0};
    struct kube original;
    struct side after = {0};
    struct outcome outcome;
    read_text(run, SERVICE, &original);
    assert_true(
        side_from_converted(run, &converted, &original, target_find(SLICE("standard")), &after));
    assert_int_equal(ask(run, &after, "a.example", &outcome), OUTCOME_CLOSE);
    assert_int_equal(diag_count_severity(run->diag, SEVERITY_ERROR), 0);
    side_close(&after);
}

#define STRANGERS                                                                                  \
    "apiVersion: b.example/v1\nkind: Thing\nmetadata: {name: z, namespace: shop}\n---\n"           \
    "apiVersion: b.example/v1\nkind: Thing\nmetadata: {name: a, namespace: shop}\n---\n"           \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: shop}\n---\n"           \
    "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\n"                     \
    "metadata: {name: a, namespace: shop}\n---\n"                                                  \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\n"                                  \
    "metadata: {name: a, namespace: shop}\n---\n"

static const struct diagnostic *unread(const struct run *run, const char *kind)
{
    const struct diagnostic *found = NULL;
    for (size_t i = 0; i < diag_count(run->diag); i++) {
        const struct diagnostic *item = diag_get(run->diag, i);
        if (item->code == DIAG_K021 && slice_contains(item->message, slice_of(kind))) {
            assert_null(found); /* once for a kind */
            found = item;
        }
    }
    return found;
}

static void test_frontend_names_kinds_that_nobody_reads(void **state)
{
    struct run *run = *state;
    struct side side = {0};
    const struct side_options options = {.kind = SIDE_INGRESS};
    read_text(run, STRANGERS INGRESS GATEWAY, &side.kube);
    assert_true(side_build(run, &options, &side));
    assert_true(slice_is(unread(run, "'Thing'")->message,
                         "kind 'Thing' of 'b.example/v1' is not read; 2 objects are left out"));
    assert_int_equal(unread(run, "'Thing'")->span.line, 1);
    assert_int_equal(unread(run, "'Thing'")->severity, SEVERITY_INFO);
    assert_int_equal(unread(run, "BackendTrafficPolicy")->severity, SEVERITY_INFO);
    assert_non_null(unread(run, "GRPCRoute"));
    assert_null(unread(run, "Deployment"));
    side_close(&side);
}

static void test_frontend_warns_of_policies_beside_a_gateway(void **state)
{
    struct run *run = *state;
    struct side side = {0};
    const struct side_options options = {.kind = SIDE_GATEWAY};
    read_text(run, STRANGERS GATEWAY, &side.kube);
    assert_true(side_build(run, &options, &side));
    assert_int_equal(unread(run, "BackendTrafficPolicy")->severity, SEVERITY_WARNING);
    assert_null(unread(run, "GRPCRoute")); /* named by the front end itself */
    assert_non_null(unread(run, "Deployment"));
    side_close(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_frontend_picks_the_side_by_what_is_there),
        TEST(test_frontend_takes_the_side_that_is_asked_for),
        TEST(test_frontend_refuses_ingresses_that_nobody_serves),
        TEST(test_frontend_refuses_input_without_objects),
        TEST(test_frontend_names_some_of_many_files_without_objects),
        TEST(test_frontend_does_not_repeat_faults_of_the_input),
        TEST(test_frontend_shares_services_between_sides),
        TEST(test_frontend_reads_back_what_was_converted),
        TEST(test_frontend_takes_nothing_for_a_side),
        TEST(test_frontend_names_kinds_that_nobody_reads),
        TEST(test_frontend_warns_of_policies_beside_a_gateway),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
