#include "ingress_nginx/world_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What only the first of several Ingresses decides, and what is said at the others. */

static const char OBJECTS[] =
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ingress-nginx-controller, namespace: "
    "ingress-nginx}\ndata: {allow-snippet-annotations: \"true\", annotations-risk-level: "
    "Critical}\n"
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: ca1, namespace: shop}\n"
    "data: {ca.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==}\n"
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: ca2, namespace: shop}\n"
    "data: {ca.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==}\n";

/* The message of that code at the Ingress; null: there is none. */
static const struct diagnostic *said(const struct world *world, enum diag_code code,
                                     const char *subject)
{
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        const struct diagnostic *item = diag_get(world->run.diag, i);
        if (item->code == code && slice_is(item->subject, subject)) {
            return item;
        }
    }
    return NULL;
}

static size_t count(const struct world *world, enum diag_code code)
{
    size_t found = 0;
    for (size_t i = 0; i < diag_count(world->run.diag); i++) {
        found += diag_get(world->run.diag, i)->code == code;
    }
    return found;
}

/* Two Ingresses; without ages "~b" is the first, by its name. */
static const struct {
    const char *aged[3], *ageless[3];
    enum diag_code code; /* with ages, at b */
    const char *text;    /* with ages and without */
} rows[] = {
    {{"i h; P / s", "a h; P / c; @canary true; @canary-by-header X",
      "b h; P / d; @canary true; @canary-weight 5"},
     {"~i h; P / s", "~a h; P / c; @canary true; @canary-by-header X",
      "~b h; P / d; @canary true; @canary-weight 5"},
     DIAG_N026,
     "asks only the first canary of Service 'shop/s'"},
    /* another path of the same Service */
    {{"i h; P / s; P /x s", "a h; P / c; @canary true; @canary-by-header X",
      "b h; P /x d; @canary true; @canary-weight 5"},
     {"~i h; P / s; P /x s", "~a h; P / c; @canary true; @canary-by-header X",
      "~b h; P /x d; @canary true; @canary-weight 5"},
     DIAG_N026,
     "asks only the first canary of Service 'shop/s'"},
    /* two with one Service */
    {{"i h; P / s", "a h; P / c; @canary true; @canary-by-header X",
      "b h; P / c; @canary true; @canary-weight 5"},
     {"~i h; P / s", "~a h; P / c; @canary true; @canary-by-header X",
      "~b h; P / c; @canary true; @canary-weight 5"},
     DIAG_N026,
     "as the first Ingress of its own Service says"},
    {{"i g; P / s", "a h; P /a s; @auth-tls-secret shop/ca1",
      "b h; P /b s; @auth-tls-secret shop/ca2"},
     {"~i g; P / s", "~a h; P /a s; @auth-tls-secret shop/ca1",
      "~b h; P /b s; @auth-tls-secret shop/ca2"},
     DIAG_N040,
     "'auth-tls-secret' is 'shop/ca"},
    {{"i g; P / s", "a h; P /a s; @auth-tls-secret shop/ca1",
      "b h; P /b s; @auth-tls-secret shop/ca1; @auth-tls-verify-depth 2"},
     {"~i g; P / s", "~a h; P /a s; @auth-tls-secret shop/ca1",
      "~b h; P /b s; @auth-tls-secret shop/ca1; @auth-tls-verify-depth 2"},
     DIAG_N040,
     "'auth-tls-verify-depth' is "},
    {{"i g; P / s", "a h; P /a s; tls h one", "b h; P /b s; tls h two"},
     {"~i g; P / s", "~a h; P /a s; tls h one", "~b h; P /b s; tls h two"},
     DIAG_N040,
     "host 'h' shows Secret 'shop/"},
    {{"i g; P / s", "a h; P /a s; @server-alias x", "b h; P /b s; @server-alias y"},
     {"~i g; P / s", "~a h; P /a s; @server-alias x", "~b h; P /b s; @server-alias y"},
     DIAG_N040,
     "host 'h' has the aliases of its first Ingress"},
    {{"i g; P / s", "a h; P /a s; @server-snippet server_tokens off",
      "b h; P /b s; @server-snippet server_tokens on"},
     {"~i g; P / s", "~a h; P /a s; @server-snippet server_tokens off",
      "~b h; P /b s; @server-snippet server_tokens on"},
     DIAG_N040,
     "host 'h' has the snippet of its first Ingress"},
};

static void check_message(const struct world *world, enum diag_code code, const char *subject,
                          const char *first, const char *text)
{
    const struct diagnostic *item = said(world, code, subject);
    assert_non_null(item);
    assert_int_equal(item->severity, SEVERITY_WARNING);
    assert_true(item->span.line > 0);
    assert_true(slice_contains(item->message, slice_of(text)));
    assert_true(slice_contains(item->message, slice_of(first)));
}

static void test_ingress_nginx_the_first_ingress_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world world;
        world_open(&world, false, OBJECTS,
                   WORLD(rows[i].aged[0], rows[i].aged[1], rows[i].aged[2]));
        check_message(&world, rows[i].code, "Ingress shop/b", "'Ingress shop/a' is older",
                      rows[i].text);
        assert_null(said(&world, rows[i].code, "Ingress shop/a"));
        assert_int_equal(count(&world, DIAG_N029), 0);
        assert_int_equal(count(&world, DIAG_N027), 0);
        world_close(&world);
        world_open(&world, false, OBJECTS,
                   WORLD(rows[i].ageless[0], rows[i].ageless[1], rows[i].ageless[2]));
        check_message(&world, DIAG_N029, "Ingress shop/a",
                      "'Ingress shop/b' is taken to be the first one by the order of names only",
                      rows[i].text);
        assert_int_equal(count(&world, DIAG_N029), 1);
        assert_int_equal(count(&world, rows[i].code), 0);
        assert_int_equal(count(&world, DIAG_N027), 0);
        world_close(&world);
    }
}

/* Where both say the same there is nothing to decide, and nothing to warn of. */
static void test_ingress_nginx_the_same_twice_is_no_matter_of_order(void **state)
{
    (void)state;
    static const char *const worlds[][3] = {
        {"~i h; P / s; P /x s", "~a h; P / c; @canary true; @canary-weight 5",
         "~b h; P /x c; @canary true; @canary-weight 5"},
        {"~i h; P / s; P /x t", "~a h; P / c; @canary true; @canary-weight 5",
         "~b h; P /x d; @canary true; @canary-weight 5"},
        {"~i g; P / s", "~a h; P /a s; tls h one; @auth-tls-secret shop/ca1",
         "~b h; P /b s; tls h one; @auth-tls-secret shop/ca1"},
        {"~i g; P / s", "~a h; P /a s; @server-alias x", "~b h; P /b s; @server-alias x"},
        {"~i g; P / s", "~a h; P /a s; host h; P /c s; @auth-tls-secret shop/ca1; tls h one",
         "~b h; P /b s"},
        /* the older one of two with ages asks for nothing for this host */
        {"i g; P / s", "a h; P /a s; tls h one", "b h; P /b s; tls x two"},
    };
    for (size_t i = 0; i < ARRAY_LEN(worlds); i++) {
        struct world world;
        world_open(&world, false, OBJECTS, WORLD(worlds[i][0], worlds[i][1], worlds[i][2]));
        assert_int_equal(count(&world, DIAG_N026), 0);
        assert_int_equal(count(&world, DIAG_N029), 0);
        assert_int_equal(count(&world, DIAG_N040), 0);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_nginx_the_first_ingress_is_named),
        cmocka_unit_test(test_ingress_nginx_the_same_twice_is_no_matter_of_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
