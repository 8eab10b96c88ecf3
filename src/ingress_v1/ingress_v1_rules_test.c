#include "ingress_v1/ingress_v1.h"

#include "document/document.h"
#include "evaluate/evaluate.h"
#include "input/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
    struct run run;
    struct kube kube;
    struct ingress_claims claims;
    struct route_table table;
    struct evaluator *evaluator;
};

static void open_world(struct world *world, const char *yaml)
{
    const struct limits limits = limits_default();
    struct input input = {0};
    struct documents documents = {0};
    *world = (struct world){.evaluator = NULL};
    run_open(&world->run, &limits, NULL, NULL);
    input_add_text(&world->run, &input, SLICE("world.yaml"), slice_of(yaml));
    document_read(&world->run, &input.files[0], &documents);
    kube_init(&world->run, &world->kube);
    kube_read(&world->run, &documents, SLICE("default"), &world->kube);
    kube_finish(&world->run, &world->kube);
    const struct ingress_choice choice = {.from = SLICE("ingress-v1")};
    ingress_claim_all(&world->run, &world->kube, &choice, &world->claims);
    route_table_open(&world->run, &world->table);
    ingress_v1_build(&world->run, &world->kube, &world->claims, &world->table);
    world->evaluator = evaluator_new(&world->run, &world->table);
}

static void close_world(struct world *world)
{
    route_table_close(&world->table);
    run_close(&world->run);
}

static void send(struct world *world, const char *scheme, const char *host, const char *target,
                 struct outcome *out)
{
    struct request request = {
        .scheme = slice_of(scheme), .host = slice_of(host), .target = slice_of(target)};
    request_defaults(&request);
    evaluate(world->evaluator, world->run.arena, &request, out);
}

static void goes_to(struct world *world, const char *host, const char *target, const char *service)
{
    struct outcome out;
    send(world, "http", host, target, &out);
    if (service) {
        if (out.kind != OUTCOME_FORWARD || !slice_is(out.backends[0].service, service)) {
            print_error("%s%s must go to %s\n", host, target, service);
        }
        assert_int_equal(out.kind, OUTCOME_FORWARD);
        assert_true(slice_is(out.backends[0].service, service));
        assert_true(slice_is(out.backends[0].path, target));
    } else {
        assert_int_equal(out.kind, OUTCOME_RESPOND);
        assert_int_equal(out.status, 404);
    }
}

#define BACKEND(name)          "backend: {service: {name: " name ", port: {number: 80}}}"
#define PATH(path, type, name) "      - {path: " path ", pathType: " type ", " BACKEND(name) "}\n"
#define INGRESS(name)                                                                              \
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " name                 \
    ", namespace: shop}\nspec:\n  ingressClassName: plain\n"
#define RULE(host) "  - host: '" host "'\n    http:\n      paths:\n"

static void test_ingress_v1_longest_path_wins(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, INGRESS("web") "  rules:\n" RULE("h.example") PATH("/", "Prefix", "root")
                           PATH("/aaa", "Prefix", "a") PATH("/aaa/bbb", "Prefix", "b")
                               PATH("/foo", "Prefix", "prefix") PATH("/foo", "Exact", "exact")
                                   PATH("/tie", "Prefix", "bare") PATH("/tie/", "Prefix", "slash")
                                       PATH("/any", "ImplementationSpecific", "any"));
    goes_to(&world, "h.example", "/aaa/bbb", "b");
    goes_to(&world, "h.example", "/aaa/bbbxyz", "a");
    goes_to(&world, "h.example", "/aaa/bbb/ccc", "b");
    goes_to(&world, "h.example", "/ccc", "root");
    goes_to(&world, "h.example", "/foo", "exact");
    goes_to(&world, "h.example", "/foo/", "prefix");
    goes_to(&world, "h.example", "/FOO", "root");
    goes_to(&world, "h.example", "/tie", "slash");
    goes_to(&world, "h.example", "/any/x", "any");
    /* nothing is decoded or resolved */
    goes_to(&world, "h.example", "/%66oo", "root");
    goes_to(&world, "h.example", "/x/../foo", "root");
    close_world(&world);
}

static void test_ingress_v1_wildcard_is_one_label(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, INGRESS("web") "  rules:\n" RULE("*.foo.example") PATH("/", "Prefix", "wild")
                           RULE("a.foo.example") PATH("/only", "Exact", "precise"));
    goes_to(&world, "b.foo.example", "/", "wild");
    goes_to(&world, "c.b.foo.example", "/", NULL);
    goes_to(&world, "foo.example", "/", NULL);
    goes_to(&world, "a.foo.example", "/only", "precise");
    goes_to(&world, "a.foo.example", "/x", NULL); /* the preferred host has no such path */
    goes_to(&world, "B.foo.example:8080", "/", "wild");
    close_world(&world);
}

static void test_ingress_v1_default_backend_takes_the_rest(void **state)
{
    (void)state;
    struct world world;
    open_world(&world,
               INGRESS("web") "  defaultBackend: {service: {name: rest, port: {number: 80}}}\n"
                              "  rules:\n" RULE("h.example")
                                  PATH("/a", "Prefix", "a") "  - host: bare.example\n");
    goes_to(&world, "h.example", "/a/b", "a");
    goes_to(&world, "h.example", "/other", "rest");
    goes_to(&world, "bare.example", "/x", "rest");
    goes_to(&world, "unknown.example", "/x", "rest");
    close_world(&world);
}

static bool said(struct world *world, const char *code)
{
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        if (slice_is(slice_of(diag_row(diag_get(world->run.diag, i)->code)->name), code)) {
            return true;
        }
    }
    return false;
}

static void test_ingress_v1_several_default_backends_are_named(void **state)
{
    (void)state;
    struct world world;
    open_world(
        &world,
        INGRESS("a") "  defaultBackend: {service: {name: one, port: {number: 80}}}\n" INGRESS(
            "b") "  defaultBackend: {service: {name: two, port: {number: 80}}}\n");
    goes_to(&world, "h.example", "/", "one");
    assert_true(said(&world, "I102"));
    close_world(&world);
}

static void test_ingress_v1_resource_backend_is_unknown(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    open_world(&world,
               INGRESS("web") "  rules:\n" RULE(
                   "h.example") "      - {path: /static, pathType: Prefix, backend: {resource: "
                                "{apiGroup: storage.example, kind: Bucket, name: icons}}}\n");
    send(&world, "http", "h.example", "/static/x", &out);
    assert_int_equal(out.kind, OUTCOME_UNKNOWN);
    assert_true(said(&world, "I101"));
    close_world(&world);
}

static void test_ingress_v1_tls_serves_both_schemes(void **state)
{
    (void)state;
    struct world world;
    struct outcome out;
    open_world(&world, INGRESS("web") "  tls:\n  - {hosts: [h.example], secretName: cert}\n"
                                      "  rules:\n" RULE("h.example") PATH("/", "Prefix", "a")
                                          RULE("plain.example") PATH("/", "Prefix", "b"));
    goes_to(&world, "h.example", "/", "a"); /* the API says nothing of a redirect */
    send(&world, "https", "h.example", "/", &out);
    assert_int_equal(out.kind, OUTCOME_FORWARD);
    assert_true(slice_is(out.entry->certificate.secret, "cert"));
    assert_true(slice_is(out.entry->certificate.host, "h.example"));
    send(&world, "https", "plain.example", "/", &out);
    assert_int_equal(out.kind, OUTCOME_CLOSE);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_v1_longest_path_wins),
        cmocka_unit_test(test_ingress_v1_wildcard_is_one_label),
        cmocka_unit_test(test_ingress_v1_default_backend_takes_the_rest),
        cmocka_unit_test(test_ingress_v1_several_default_backends_are_named),
        cmocka_unit_test(test_ingress_v1_resource_backend_is_unknown),
        cmocka_unit_test(test_ingress_v1_tls_serves_both_schemes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
