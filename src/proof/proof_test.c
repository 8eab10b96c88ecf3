#include "proof/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define INGRESS                                                                                    \
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n"              \
    "spec: {controller: k8s.io/ingress-nginx}\n---\n"                                              \
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"    \
    "spec:\n  ingressClassName: nginx\n  rules:\n  - host: a.example\n    http:\n      paths:\n"   \
    "      - {path: /a, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}\n"

struct fixture {
    struct run run;
    struct side side;
    struct converted converted;
    const struct target *target;
};

static int setup(void **state)
{
    static struct fixture fixture;
    const struct side_options options = {.kind = SIDE_INGRESS, .choice = {.from = SLICE("auto")}};
    struct convert_options convert;
    struct input input = {0};
    memset(&fixture, 0, sizeof fixture);
    run_open(&fixture.run, NULL, NULL, NULL);
    input_add_text(&fixture.run, &input, SLICE("in.yaml"), SLICE(INGRESS));
    side_read(&fixture.run, &input, SLICE_ABSENT, &fixture.side.kube);
    assert_true(side_build(&fixture.run, &options, &fixture.side));
    convert_options_default(&convert);
    convert.gateway_class = SLICE("example");
    fixture.target = convert.target;
    convert_table(&fixture.run, &fixture.side.kube, &fixture.side.table, &convert,
                  &fixture.converted);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    side_close(&fixture->side);
    run_close(&fixture->run);
    return 0;
}

/* How many diagnostics of the code there are, and one of them. */
static size_t said(const struct fixture *fixture, enum diag_code code,
                   const struct diagnostic **one)
{
    size_t count = 0;
    for (size_t i = 0; i < diag_count(fixture->run.diag); i++) {
        const struct diagnostic *item = diag_get(fixture->run.diag, i);
        if (item->code == code) {
            *one = item;
            count++;
        }
    }
    return count;
}

/* The first "name: web" after "backendRefs" of the route names another Service. */
static void break_backend(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->converted.count; i++) {
        struct slice yaml = fixture->converted.objects[i].yaml;
        char *text = arena_string(fixture->run.arena, yaml);
        char *refs = strstr(text, "backendRefs"), *name = refs ? strstr(refs, "name: web") : NULL;
        if (name) {
            memcpy(name, "name: bad", strlen("name: bad"));
            fixture->converted.objects[i].yaml = (struct slice){text, yaml.len};
            return;
        }
    }
    fail_msg("%s", "no route has a backend");
}

static void test_proof_of_a_faithful_conversion(void **state)
{
    struct fixture *fixture = *state;
    const struct diagnostic *item = NULL;
    struct proof proof;
    prove_conversion(&fixture->run, &fixture->side, &fixture->converted, fixture->target, &proof);
    proof_say(&fixture->run, &proof);
    assert_int_equal(comparison_verdict(&proof.comparison), VERDICT_EQUIVALENT);
    assert_int_equal(proof.silent, 0);
    assert_int_equal(said(fixture, DIAG_C060, &item), 0);
    proof_close(&proof);
}

static void test_proof_finds_what_nobody_announced(void **state)
{
    struct fixture *fixture = *state;
    const struct diagnostic *item = NULL;
    struct proof proof;
    struct buf line;
    break_backend(fixture);
    fixture->run.diag = diag_beside(fixture->run.diag); /* as if convert had said nothing */
    prove_conversion(&fixture->run, &fixture->side, &fixture->converted, fixture->target, &proof);
    proof_say(&fixture->run, &proof);
    assert_int_equal(proof.silent, 1);
    assert_int_equal(said(fixture, DIAG_C060, &item), 1);
    assert_int_equal(item->severity, SEVERITY_ERROR);
    assert_true(slice_is(item->subject, "Ingress shop/web"));
    assert_true(slice_contains(item->message, SLICE("http://a.example/a")));
    assert_true(item->span.line > 0);
    buf_init(&line, BUF_TEXT_MAX);
    proof_print(&proof, &line);
    assert_true(
        slice_starts(buf_slice(&line), SLICE("proof: different: 1 of 1 difference not announced")));
    buf_release(&line);
    proof_close(&proof);
}

static void test_proof_tells_announced_differences(void **state)
{
    struct fixture *fixture = *state;
    const struct diagnostic *item = NULL;
    struct proof proof;
    break_backend(fixture);
    diag_at(fixture->run.diag, DIAG_C002, SPAN_NONE, SLICE("Ingress shop/web"),
            "another Service takes the place of 'web'");
    prove_conversion(&fixture->run, &fixture->side, &fixture->converted, fixture->target, &proof);
    proof_say(&fixture->run, &proof);
    assert_int_equal(proof.silent, 0);
    assert_int_equal(proof.announced, 1);
    assert_int_equal(said(fixture, DIAG_C060, &item), 0);
    assert_int_equal(said(fixture, DIAG_C061, &item), 1);
    proof_close(&proof);
}

/* What names no more than a part of the name, or speaks of something else. */
static void test_proof_of_messages_that_do_not_announce(void **state)
{
    static const struct {
        enum diag_code code;
        const char *message;
        size_t announced;
    } rows[] = {{DIAG_C002, "host 'aa.example' is answered by another Service", 0},
                {DIAG_C002, "host 'a.example.com' is answered by another Service", 0},
                {DIAG_C023, "1 host is served by https today, and not afterwards: a.example", 0},
                {DIAG_C002, "as Ingress shop/webby says", 0},
                {DIAG_C002, "as Ingress shop/web says", 1},
                {DIAG_C002, "host 'a.example' is answered by another Service", 1}};
    struct fixture *fixture = *state;
    break_backend(fixture);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct proof proof;
        fixture->run.diag = diag_beside(fixture->run.diag);
        diag_at(fixture->run.diag, rows[i].code, SPAN_NONE, SLICE_ABSENT, "%s", rows[i].message);
        prove_conversion(&fixture->run, &fixture->side, &fixture->converted, fixture->target,
                         &proof);
        assert_int_equal(proof.announced, rows[i].announced);
        proof_close(&proof);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_proof_of_a_faithful_conversion, setup, teardown),
        cmocka_unit_test_setup_teardown(test_proof_finds_what_nobody_announced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_proof_tells_announced_differences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_proof_of_messages_that_do_not_announce, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
