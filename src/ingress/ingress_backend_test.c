#include "ingress/ingress_fixture_priv.h"

#define SERVICE(name, spec)                                                                        \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {" spec "}\n"
#define WEB                                                                                        \
    SERVICE("web", "ports: [{name: http, port: 80, targetPort: 8080},\n"                           \
                   "  {name: admin, port: 81, targetPort: adm}]")
#define NO_ENDPOINTS                                                                               \
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nmetadata: "     \
    "{name: web-1, labels: {kubernetes.io/service-name: web}}\nendpoints: []\n"

enum { MISSING = 503, EMPTY = 504 }; /* told apart here */

struct row {
    bool closed, by_target;
    const char *yaml;
    uint16_t number;
    const char *name;
    int64_t status;
    uint16_t port;
};

static void test_ingress_backend_resolve(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {true, false, WEB, 80, NULL, 0, 80},
        {true, false, WEB, 0, "http", 0, 80},
        {true, false, WEB, 0, "none", MISSING, 0},
        {true, false, WEB, 8080, NULL, MISSING, 8080},
        {true, true, WEB, 8080, NULL, 0, 80},
        {true, true, WEB, 0, "adm", 0, 81},
        {true, false, WEB, 0, "adm", MISSING, 0},
        {false, false, WEB, 82, NULL, MISSING, 82},
        {true, false, WEB NO_ENDPOINTS, 80, NULL, EMPTY, 80},
        {true, true, "", 80, NULL, MISSING, 80},
        {false, true, "", 80, NULL, 0, 80},
        {false, true, "", 0, "http", 0, 0},
        {true, true, SERVICE("web", "type: ExternalName, externalName: echo"), 80, NULL, 0, 80},
        {true, true, SERVICE("web", "type: ExternalName, externalName: a.b."), 80, NULL, 0, 80},
        {true, true, SERVICE("web", "type: ExternalName, externalName: 'a b'"), 80, NULL, EMPTY,
         80},
        {true, true, SERVICE("web", "type: ExternalName, externalName: localhost"), 80, NULL, EMPTY,
         80},
        {true, true, SERVICE("web", "type: ExternalName, externalName: 127.0.0.7"), 80, NULL, EMPTY,
         80},
        {true, true, SERVICE("web", "type: ExternalName"), 80, NULL, EMPTY, 80},
        {true, true, SERVICE("web", "type: ExternalName, externalName: a.b"), 0, "http", MISSING,
         0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct fixture f;
        struct ingress_backend backend = {.present = true,
                                          .service = SLICE("web"),
                                          .port = row->number,
                                          .port_name = slice_of(row->name)};
        fixture_open(&f, row->closed, row->yaml);
        struct backend out = ingress_backend_resolve(&f.run, &f.kube, SLICE("default"), &backend,
                                                     row->by_target, MISSING, EMPTY);
        if (out.status != row->status || out.port != row->port) {
            fail_msg("row %zu: status %lld port %u", i, (long long)out.status, out.port);
        }
        assert_int_equal(out.reason.len > 0, row->status != 0);
        assert_int_equal(out.weight, 1);
        fixture_close(&f);
    }
}

static void test_ingress_backend_says_things_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, false, WEB);
    struct ingress_backend gone = {
        .present = true, .service = SLICE("gone"), .port_name = SLICE("http")};
    struct ingress_backend also = {.present = true, .service = SLICE("also"), .port = 80};
    for (uint32_t line = 1; line < 4; line++) {
        gone.port_span = (struct span){1, line, 1};
        also.span = gone.port_span;
        ingress_backend_resolve(&f.run, &f.kube, SLICE("a"), &gone, true, MISSING, EMPTY);
        ingress_backend_resolve(&f.run, &f.kube, SLICE("a"), &also, true, MISSING, EMPTY);
    }
    assert_int_equal(fixture_count(&f, DIAG_I008), 1);
    assert_int_equal(fixture_count(&f, DIAG_I004), 1);
    gone.port_name = SLICE("admin");
    ingress_backend_resolve(&f.run, &f.kube, SLICE("a"), &gone, true, MISSING, EMPTY);
    assert_int_equal(fixture_count(&f, DIAG_I004), 2);
    fixture_close(&f);
}

static void test_ingress_backend_names_the_ports_there_are(void **state)
{
    (void)state;
    struct fixture f;
    struct ingress_backend backend = {.present = true, .service = SLICE("web"), .port = 82};
    fixture_open(&f, false, WEB);
    ingress_backend_resolve(&f.run, &f.kube, SLICE("default"), &backend, true, MISSING, EMPTY);
    assert_int_equal(diag_count(f.run.diag), 1);
    assert_true(slice_is(diag_get(f.run.diag, 0)->message,
                         "Service 'default/web' has no port '82'; it has 80 (http), 81 (admin)"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_backend_resolve),
        cmocka_unit_test(test_ingress_backend_says_things_once),
        cmocka_unit_test(test_ingress_backend_names_the_ports_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
