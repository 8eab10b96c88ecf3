#include "rollback/rollback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>
#include <stdlib.h>

struct world {
    struct run run;
    struct side side;
    struct side_options options;
    struct converted converted;
    struct rollback rollback;
};

#define CLASS                                                                                      \
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n"              \
    "spec: {controller: k8s.io/ingress-nginx}\n---\n"
#define INGRESS(name, more, host, service)                                                         \
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " name                      \
    ", namespace: shop" more "}\nspec:\n  ingressClassName: nginx\n  rules:\n  - host: " host      \
    "\n    http:\n      paths:\n      - {path: /, pathType: Prefix, backend: {service: "           \
    "{name: " service ", port: {number: 80}}}}\n---\n"
#define CREATED(day) ", creationTimestamp: '2024-01-" day "T00:00:00Z'"

static struct world *make(const char *text, const struct rollback_choice *choice, bool fine)
{
    static const struct rollback_choice all;
    struct world *world = calloc(1, sizeof *world);
    struct convert_options options;
    struct input input = {0};
    assert_non_null(world);
    run_open(&world->run, NULL, NULL, NULL);
    input_add_text(&world->run, &input, SLICE("in.yaml"), slice_of(text));
    side_read_whole(&world->run, &input, SLICE_ABSENT, &world->side.kube);
    world->options.kind = SIDE_INGRESS;
    assert_true(side_build(&world->run, &world->options, &world->side));
    convert_options_default(&options);
    convert_table(&world->run, &world->side.kube, &world->side.table, &options, &world->converted);
    const struct rollback_input given = {.original = &world->side,
                                         .options = &world->options,
                                         .converted = &world->converted,
                                         .sources =
                                             converted_sources(&world->run, &world->converted)};
    bool made = rollback_make(&world->run, &given, choice ? choice : &all, &world->rollback);
    assert_int_equal(made, fine);
    return world;
}

static void world_close(struct world *world)
{
    side_close(&world->side);
    run_close(&world->run);
    free(world);
}

static bool has_code(const struct world *world, enum diag_code code)
{
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        if (diag_get(world->run.diag, i)->code == code) {
            return true;
        }
    }
    return false;
}

static void test_rollback_leaves_out_what_a_server_sets(void **state)
{
    (void)state;
    struct world *world = make(
        CLASS "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n"
              "  uid: 1-2\n  resourceVersion: '7'\n  generation: 3\n  managedFields: []\n"
              "  creationTimestamp: '2024-01-01T00:00:00Z'\n  labels: {app: web}\n  annotations:\n"
              "    kubectl.kubernetes.io/last-applied-configuration: '{}'\n"
              "    example.com/owner: \"yes\"\nspec:\n  ingressClassName: nginx\n"
              "  defaultBackend: {service: {name: web, port: {number: 80}}}\n"
              "status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}\n",
        NULL, true);
    assert_int_equal(world->rollback.count, 2);
    struct slice yaml = world->rollback.objects[1].yaml;
    assert_true(slice_is(yaml, "apiVersion: networking.k8s.io/v1\n"
                               "kind: Ingress\n"
                               "metadata:\n"
                               "  name: web\n"
                               "  namespace: default\n"
                               "  labels:\n"
                               "    app: web\n"
                               "  annotations:\n"
                               "    example.com/owner: \"yes\"\n"
                               "spec:\n"
                               "  ingressClassName: nginx\n"
                               "  defaultBackend:\n"
                               "    service:\n"
                               "      name: web\n"
                               "      port:\n"
                               "        number: 80\n"));
    assert_int_equal(world->rollback.verdict, VERDICT_EQUIVALENT);
    world_close(world);
}

static void test_rollback_keeps_the_older_ingress_first(void **state)
{
    (void)state;
    struct world *world = make(CLASS INGRESS("a", CREATED("01"), "x.example", "one")
                                   INGRESS("b", CREATED("02"), "x.example", "two"),
                               NULL, true);
    const struct rollback *rollback = &world->rollback;
    assert_int_equal(rollback->rounds, 2);
    assert_true(slice_is(rollback->objects[1].object->name, "a"));
    assert_int_equal(rollback->objects[2].round, 1);
    assert_int_equal(rollback->verdict, VERDICT_EQUIVALENT);
    assert_int_equal(rollback->trap_count, 1);
    assert_true(slice_is(rollback->traps[0].finding->witness.host, "x.example"));
    assert_true(has_code(world, DIAG_R001));
    world_close(world);
}

/* With one creation time the controller takes the later name first, which is the older one here. */
static void test_rollback_needs_no_pause_where_names_decide_alike(void **state)
{
    (void)state;
    struct world *world = make(CLASS INGRESS("b", CREATED("01"), "x.example", "one")
                                   INGRESS("a", CREATED("02"), "x.example", "two"),
                               NULL, true);
    assert_int_equal(world->rollback.rounds, 1);
    assert_int_equal(world->rollback.verdict, VERDICT_EQUIVALENT);
    assert_int_equal(world->rollback.trap_count, 1);
    world_close(world);
}

static void test_rollback_of_hosts_apart_depends_on_no_order(void **state)
{
    (void)state;
    struct world *world = make(CLASS INGRESS("a", CREATED("01"), "x.example", "one")
                                   INGRESS("b", CREATED("02"), "y.example", "two"),
                               NULL, true);
    assert_int_equal(world->rollback.rounds, 1);
    assert_int_equal(world->rollback.orders_wanted, 0);
    assert_int_equal(world->rollback.trap_count, 0);
    world_close(world);
}

static void test_rollback_without_ages_is_not_called_proved(void **state)
{
    (void)state;
    struct world *world =
        make(CLASS INGRESS("a", "", "x.example", "one") INGRESS("b", "", "x.example", "two"), NULL,
             true);
    assert_int_equal(world->rollback.verdict, VERDICT_UNPROVEN);
    assert_true(slice_contains(world->rollback.unproven, SLICE("creation times are missing")));
    assert_true(has_code(world, DIAG_R003));
    world_close(world);
}

/* The one that stays has become the older one. */
static void test_rollback_of_a_part_sees_what_stayed(void **state)
{
    (void)state;
    const char *text = CLASS INGRESS(
        "a", CREATED("01"), "x.example",
        "one") "apiVersion: networking.k8s.io/v1\n"
               "kind: Ingress\nmetadata: {name: b, namespace: other" CREATED(
                   "02") "}\n"
                         "spec:\n  ingressClassName: nginx\n  rules:\n  - host: x.example\n"
                         "    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: "
                         "two, "
                         "port: {number: 80}}}}]}\n";
    const struct rollback_choice choice = {.namespace = SLICE("shop")};
    struct world *world = make(text, &choice, true);
    assert_int_equal(world->rollback.ingresses, 1);
    assert_int_equal(world->rollback.verdict, VERDICT_DIFFERENT);
    assert_true(has_code(world, DIAG_R002));
    world_close(world);
}

static void test_rollback_deletes_what_serves_the_chosen_alone(void **state)
{
    (void)state;
    const struct slice wanted[] = {SLICE("Y.example")}, unknown[] = {SLICE("*.z.example")};
    const struct rollback_choice choice = {.hosts = wanted, .host_count = 1};
    struct world *world = make(CLASS INGRESS("a", CREATED("01"), "x.example", "one")
                                   INGRESS("b", CREATED("02"), "y.example", "two"),
                               &choice, true);
    assert_int_equal(world->rollback.deletion_count, 1);
    assert_true(slice_is(world->rollback.deletions[0].kind, "HTTPRoute"));
    assert_true(slice_is(world->rollback.deletions[0].name, "b"));
    assert_true(world->rollback.kept > 0);
    world_close(world);
    const struct rollback_choice none = {.hosts = unknown, .host_count = 1};
    world = make(CLASS INGRESS("a", CREATED("01"), "x.example", "one"), &none, false);
    assert_true(has_code(world, DIAG_R005));
    world_close(world);
}

static void test_rollback_takes_the_settings_of_the_controller_along(void **state)
{
    (void)state;
    struct world *world = make(
        CLASS INGRESS(
            "a", "", "x.example",
            "one") "apiVersion: v1\nkind: ConfigMap\n"
                   "metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\n"
                   "data: {add-headers: ingress-nginx/more}\n---\napiVersion: v1\nkind: ConfigMap\n"
                   "metadata: {name: more, namespace: ingress-nginx}\ndata: {X-A: b}\n---\n"
                   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: shop}\n",
        NULL, true);
    assert_int_equal(world->rollback.count, 4);
    assert_true(slice_is(world->rollback.objects[0].object->name, "ingress-nginx-controller"));
    assert_true(slice_is(world->rollback.objects[1].object->name, "more"));
    assert_int_equal(world->rollback.verdict, VERDICT_EQUIVALENT);
    assert_int_equal(world->rollback.needs.count, 1);
    assert_true(slice_is(world->rollback.needs.items[0], "Service shop/one"));
    world_close(world);
}

static void test_rollback_names_who_makes_an_ingress(void **state)
{
    (void)state;
    struct world *world =
        make(CLASS INGRESS(
                 "a", ", ownerReferences: [{apiVersion: v1, kind: Service, name: web, uid: x}]",
                 "x.example", "one"),
             NULL, true);
    assert_true(has_code(world, DIAG_R004));
    assert_false(slice_contains(world->rollback.objects[1].yaml, SLICE("ownerReferences")));
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rollback_leaves_out_what_a_server_sets),
        cmocka_unit_test(test_rollback_keeps_the_older_ingress_first),
        cmocka_unit_test(test_rollback_needs_no_pause_where_names_decide_alike),
        cmocka_unit_test(test_rollback_of_hosts_apart_depends_on_no_order),
        cmocka_unit_test(test_rollback_without_ages_is_not_called_proved),
        cmocka_unit_test(test_rollback_of_a_part_sees_what_stayed),
        cmocka_unit_test(test_rollback_deletes_what_serves_the_chosen_alone),
        cmocka_unit_test(test_rollback_takes_the_settings_of_the_controller_along),
        cmocka_unit_test(test_rollback_names_who_makes_an_ingress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
