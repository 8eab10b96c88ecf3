#include "plan/plan_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdlib.h>

#define CLASS                                                                                      \
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n"              \
    "spec: {controller: k8s.io/ingress-nginx}\n---\n"
#define INGRESS(namespace, name, host, path)                                                       \
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " name                      \
    ", namespace: " namespace "}\nspec:\n  ingressClassName: nginx\n  rules:\n  - host: " host     \
                              "\n    http:\n      paths:\n      - {path: " path                    \
                              ", pathType: Prefix, backend: {service: "                            \
                              "{name: web, port: {number: 80}}}}\n---\n"

struct world {
    struct run run;
    struct side before, after;
    struct side_options side_options;
    struct convert_options convert;
    struct converted converted;
    struct comparison comparison;
    struct plan plan;
    bool made;
};

static struct world *make_of(const char *text, bool by_host, bool closed)
{
    const struct compare_options all = {0};
    struct world *world = calloc(1, sizeof *world);
    struct input input = {0};
    assert_non_null(world);
    run_open(&world->run, NULL, NULL, NULL);
    world->run.closed = closed;
    world->run.whole = closed;
    input_add_text(&world->run, &input, SLICE("in.yaml"), slice_of(text));
    side_read_whole(&world->run, &input, SLICE_ABSENT, &world->before.kube);
    world->side_options.kind = SIDE_INGRESS;
    assert_true(side_build(&world->run, &world->side_options, &world->before));
    convert_options_default(&world->convert);
    convert_table(&world->run, &world->before.kube, &world->before.table, &world->convert,
                  &world->converted);
    assert_true(side_from_converted(&world->run, &world->converted, &world->before.kube,
                                    world->convert.target, &world->after));
    sides_compare(&world->run, &world->before, &world->after, &all, &world->comparison);
    const struct plan_options options = {.convert = &world->convert,
                                         .by_host = by_host,
                                         .version = SLICE("1"),
                                         .command = SLICE("gateshift plan -f in.yaml"),
                                         .input = SLICE("../in.yaml")};
    world->made = plan_make(&world->run, &world->before, &world->side_options, &world->after,
                            &world->converted, &world->comparison, &options, &world->plan);
    return world;
}

static struct world *make(const char *text, bool by_host)
{
    return make_of(text, by_host, false);
}

static void world_close(struct world *world)
{
    side_close(&world->after);
    side_close(&world->before);
    run_close(&world->run);
    free(world);
}

static const char shops[] =
    CLASS INGRESS("one", "a", "a.example", "/") INGRESS("two", "b", "b.example", "/")
        INGRESS("two", "c", "c.example", "/") INGRESS("three", "d", "a.example", "/d");

static void test_plan_moves_namespaces_and_shared_hosts_together(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    assert_true(world->made);
    assert_int_equal(world->plan.wave_count, 2);
    assert_int_equal(world->plan.moving, 2);
    assert_int_equal(world->plan.host_count, 3);
    size_t of_a = world->plan.hosts[0].wave, of_b = world->plan.hosts[1].wave;
    assert_true(slice_is(world->plan.hosts[0].host, "a.example"));
    assert_int_equal(world->plan.waves[of_a].ingresses.count, 2);
    assert_int_equal(world->plan.hosts[2].wave, of_b);
    assert_true(of_a != of_b);
    world_close(world);
    world = make(shops, true);
    assert_true(world->made);
    assert_int_equal(world->plan.wave_count, 3);
    world_close(world);
}

static void test_plan_asks_for_each_rule(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    for (size_t i = 0; i < world->plan.wave_count; i++) {
        assert_true(world->plan.waves[i].rules > 0);
        assert_int_equal(world->plan.waves[i].covered, world->plan.waves[i].rules);
    }
    world_close(world);
}

static void test_plan_tries_all_orders(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    assert_false(world->plan.check.sampled);
    assert_null(world->plan.check.fault.ptr);
    assert_int_equal(world->plan.check.kinds, 2);
    assert_true(world->plan.check.states > 30);
    world_close(world);
}

/* ---- what the model has to notice ---------------------------------------------------------- */

static struct planner planner_for(struct world *world)
{
    struct planner planner = {.run = &world->run, .arena = world->run.arena, .plan = &world->plan};
    planner.ingress_wave = map_new(world->run.arena);
    planner.route_wave = map_new(world->run.arena);
    for (size_t w = 0; w < world->plan.wave_count; w++) {
        for (size_t i = 0; i < world->plan.waves[w].ingresses.count; i++) {
            map_put(planner.ingress_wave, world->plan.waves[w].ingresses.items[i],
                    &world->plan.waves[w]);
        }
    }
    for (size_t h = 0; h < world->plan.host_count; h++) {
        const struct plan_host *host = &world->plan.hosts[h];
        for (size_t i = 0; i < host->routes.count; i++) {
            map_put(planner.route_wave, host->routes.items[i], &world->plan.waves[host->wave]);
        }
    }
    return planner;
}

static size_t find_step(const struct plan *plan, enum plan_step_kind kind)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind == kind) {
            return i;
        }
    }
    fail_msg("no step of kind %d", (int)kind);
    return 0;
}

static void assert_fault(struct world *world, const char *part)
{
    struct planner planner = planner_for(world);
    model_check(&planner);
    assert_non_null(world->plan.check.fault.ptr);
    if (!slice_contains(world->plan.check.fault, slice_of(part))) {
        fail_msg("'" SLICE_FMT "' does not say '%s'", SLICE_ARG(world->plan.check.fault), part);
    }
}

static void test_model_accepts_the_plan(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    struct planner planner = planner_for(world);
    model_check(&planner);
    assert_null(world->plan.check.fault.ptr);
    world_close(world);
}

/* Without one of its steps a plan loses hosts, somewhere on the way there or back. */
static void test_model_notices_a_missing_step(void **state)
{
    static const struct {
        enum plan_step_kind kind;
        const char *fault;
    } missing[] = {{STEP_RECORDS, "by hand and by a program"},
                   {STEP_GATEWAYS, "a Gateway that is not there"},
                   {STEP_ROUTES, "lacks a route"},
                   {STEP_DRAIN, "lacks an Ingress"},
                   {STEP_MOVE, "lacks an Ingress"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
        struct world *world = make(shops, false);
        struct plan *plan = &world->plan;
        for (size_t at = find_step(plan, missing[i].kind); at + 1 < plan->step_count; at++) {
            plan->steps[at] = plan->steps[at + 1];
        }
        plan->step_count--;
        assert_fault(world, missing[i].fault);
        world_close(world);
    }
}

static void test_model_notices_steps_in_a_wrong_order(void **state)
{
    static const enum plan_step_kind pairs[][2] = {
        {STEP_ROUTES, STEP_SHARE}, {STEP_DRAIN, STEP_REMOVE}, {STEP_MOVE, STEP_REMOVE}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct world *world = make(shops, false);
        struct plan *plan = &world->plan;
        size_t a = find_step(plan, pairs[i][0]), b = find_step(plan, pairs[i][1]);
        struct plan_step step = plan->steps[a];
        plan->steps[a] = plan->steps[b];
        plan->steps[b] = step;
        assert_fault(world, "is lost");
        world_close(world);
    }
}

/* An Ingress that serves a host of another wave may go while that one is still on the old side. */
static void test_model_notices_a_host_that_hangs_on_another_wave(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    struct plan *plan = &world->plan;
    plan->hosts[0].ingresses.items[0] = plan->hosts[1].ingresses.items[0];
    assert_fault(world, "lacks an Ingress");
    world_close(world);
    world = make(shops, false);
    plan = &world->plan;
    plan->hosts[0].routes.items[0] = plan->hosts[1].routes.items[0];
    assert_fault(world, "lacks a route");
    world_close(world);
}

static void test_plan_has_the_files_that_it_names(void **state)
{
    static const char *const wanted[] = {"plan.json",
                                         "RUNBOOK.md",
                                         "prepare/hosts.tsv",
                                         "shift/records.sh",
                                         "verify/wave-01.sh",
                                         "verify/wave-01-requests.json",
                                         "shift/wave-02-hosts.tsv",
                                         "retire/wave-01-ingresses.yaml",
                                         "rollback/wave-01/ROLLBACK.md",
                                         "rollback/wave-02/restore.yaml",
                                         "rollback/wave-02/verify.sh",
                                         "rollback/gateways.yaml",
                                         "rollback/shared.yaml",
                                         "prepare/env.sh"};
    (void)state;
    struct world *world = make(shops, false);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        bool found = false;
        for (size_t f = 0; f < world->plan.file_count && !found; f++) {
            found = slice_is(world->plan.files[f].path, wanted[i]);
        }
        if (!found) {
            fail_msg("no file %s", wanted[i]);
        }
    }
    world_close(world);
}

static struct slice file_of(const struct world *world, const char *path)
{
    for (size_t f = 0; f < world->plan.file_count; f++) {
        if (slice_is(world->plan.files[f].path, path)) {
            return world->plan.files[f].text;
        }
    }
    fail_msg("no file %s", path);
    return SLICE_ABSENT;
}

static void assert_says(struct slice text, const char *part)
{
    if (!slice_contains(text, slice_of(part))) {
        fail_msg("'" SLICE_FMT "' does not say '%s'", SLICE_ARG(text), part);
    }
}

static void test_plan_heads_its_list_of_hosts(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    assert_true(slice_starts(file_of(world, "prepare/hosts.tsv"),
                             SLICE("# host\tGateway\tIngress\na.example\t")));
    world_close(world);
}

static void test_rollback_of_a_wave_names_the_steps_that_it_undoes(void **state)
{
    static const char *const parts[] = {"(`retire-ingresses-wave-02`) | 1, 2, 3 |",
                                        "(`shift-drain-wave-02`) | 2, 3 |",
                                        "(`verify-ask-wave-02`) | 3 |",
                                        "(`shift-move-wave-02`)",
                                        "(`routes-apply-wave-02`)",
                                        "(`retire-controller`)",
                                        "kubectl apply -f rollback/wave-02/restore.yaml",
                                        "sh rollback/wave-02/verify.sh \"$OLD\"",
                                        "sh shift/records.sh back shift/wave-02-hosts.tsv",
                                        "-f rollback/wave-02/routes.yaml"};
    (void)state;
    struct world *world = make(shops, false);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        assert_says(file_of(world, "rollback/wave-02/ROLLBACK.md"), parts[i]);
    }
    assert_false(slice_contains(file_of(world, "rollback/wave-02/restore.yaml"),
                                SLICE("kind: IngressClass")));
    assert_says(file_of(world, "rollback/shared.yaml"), "kind: IngressClass");
    world_close(world);
}

static void test_plan_says_how_it_was_made_and_what_to_fill_in(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    struct slice text = file_of(world, "RUNBOOK.md");
    assert_says(text, "```sh\ngateshift plan -f in.yaml\n```");
    assert_says(text, "which step 3 (`prepare-records`) saw to");
    assert_says(text, "The next wave may begin at once");
    assert_says(file_of(world, "prepare/env.sh"), "export MANIFESTS='../in.yaml'\n");
    world_close(world);
}

/* A CA that has to be made is made, and looked at, before the Gateway needs it. */
static void test_plan_makes_the_authority_of_clients_first(void **state)
{
    static const char text[] =
        CLASS "apiVersion: v1\nkind: Secret\nmetadata: {name: ca, namespace: one}\n"
              "data: {ca.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==}\n---\n"
              "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
              "metadata: {name: a, namespace: one, annotations: "
              "{nginx.ingress.kubernetes.io/auth-tls-secret: one/ca}}\nspec:\n"
              "  ingressClassName: nginx\n  tls: [{hosts: [a.example], secretName: a-tls}]\n"
              "  rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: "
              "{service: {name: web, port: {number: 80}}}}]}}]\n";
    (void)state;
    struct world *world = make(text, false);
    assert_true(world->made);
    assert_int_equal(world->converted.authority_count, 1);
    struct slice runbook = file_of(world, "RUNBOOK.md");
    assert_says(runbook, "kubectl create configmap ca -n one");
    assert_says(runbook, "kubectl get configmap ca -n one");
    assert_says(runbook, "-f routes/wave-01 -f prepare/ca-one.ca.yaml -f");
    world_close(world);
}

/* What nobody looked for is not said to be absent; what a whole snapshot reads, is. */
static void test_plan_tells_what_was_looked_for(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    struct slice text = file_of(world, "RUNBOOK.md");
    assert_says(text, "so they were not looked at: NetworkPolicies that admit the old controller "
                      "alone; Issuers and ClusterIssuers");
    assert_false(slice_contains(text, SLICE("The cluster had none of these")));
    world_close(world);
    world = make_of(shops, false, true);
    text = file_of(world, "RUNBOOK.md");
    assert_says(text, "The cluster had none of these: Issuers and ClusterIssuers");
    assert_says(text, "so they were not looked at: NetworkPolicies that admit the old controller "
                      "alone; policies of Kyverno");
    world_close(world);
}

/* A Secret is asked for once, and curl sends https only to a host that has a certificate. */
static void test_plan_looks_for_certificates(void **state)
{
    static const char text[] = CLASS INGRESS("one", "a", "a.example", "/")
        INGRESS("one", "b", "b.example", "/") "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
                                              "metadata: {name: c, namespace: one}\nspec:\n"
                                              "  ingressClassName: nginx\n"
                                              "  tls: [{hosts: [a.example], secretName: a-tls}]\n"
                                              "  rules: [{host: a.example}]\n";
    (void)state;
    struct world *world = make(text, false);
    assert_true(world->made);
    assert_says(file_of(world, "RUNBOOK.md"), "kubectl -n one get secret a-tls\n");
    struct slice script = file_of(world, "rollback/wave-01/verify.sh");
    assert_says(script, "'https://a.example/");
    assert_says(script, "'http://b.example/");
    assert_false(slice_contains(script, SLICE("443 'https://b.example/")));
    assert_says(script, "the host has no certificate of its own today");
    world_close(world);
}

static void test_plan_finds_the_ingresses_of_a_wave_again(void **state)
{
    (void)state;
    struct world *world = make(shops, false);
    struct input input = {0};
    input_add_text(&world->run, &input, SLICE("plan.json"), world->plan.files[0].text);
    const struct map *ingresses = plan_read_wave(&world->run, &input.files[0], SLICE("1"));
    assert_non_null(ingresses);
    assert_int_equal(map_count(ingresses), world->plan.waves[0].ingresses.count);
    assert_non_null(map_get(ingresses, world->plan.waves[0].ingresses.items[0]));
    assert_null(plan_read_wave(&world->run, &input.files[0], SLICE("3")));
    assert_null(plan_read_wave(&world->run, &input.files[0], SLICE("x")));
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_moves_namespaces_and_shared_hosts_together),
        cmocka_unit_test(test_plan_asks_for_each_rule),
        cmocka_unit_test(test_plan_tries_all_orders),
        cmocka_unit_test(test_model_accepts_the_plan),
        cmocka_unit_test(test_model_notices_a_missing_step),
        cmocka_unit_test(test_model_notices_steps_in_a_wrong_order),
        cmocka_unit_test(test_model_notices_a_host_that_hangs_on_another_wave),
        cmocka_unit_test(test_plan_has_the_files_that_it_names),
        cmocka_unit_test(test_plan_heads_its_list_of_hosts),
        cmocka_unit_test(test_rollback_of_a_wave_names_the_steps_that_it_undoes),
        cmocka_unit_test(test_plan_says_how_it_was_made_and_what_to_fill_in),
        cmocka_unit_test(test_plan_makes_the_authority_of_clients_first),
        cmocka_unit_test(test_plan_tells_what_was_looked_for),
        cmocka_unit_test(test_plan_looks_for_certificates),
        cmocka_unit_test(test_plan_finds_the_ingresses_of_a_wave_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
