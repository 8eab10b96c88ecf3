#include "ingress/ingress_fixture_priv.h"

#define CLASS(name, controller)                                                                    \
    "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: " name            \
    "}\nspec: {controller: " controller "}\n"
#define DEFAULT_CLASS(name, controller)                                                            \
    "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: " name            \
    ", annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}\n"                      \
    "spec: {controller: " controller "}\n"
#define INGRESS(name, annotations, spec)                                                           \
    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " name                 \
    ", annotations: {" annotations "}}\nspec: {" spec " rules: [{host: a.b}]}\n"
#define FIELD(name) INGRESS("i", "", "ingressClassName: " name ",")
#define OLD(name)   INGRESS("i", "kubernetes.io/ingress.class: " name, "")
#define NO_CLASS    INGRESS("i", "", "")
#define NGINX       "k8s.io/ingress-nginx"
#define AKS         "webapprouting.kubernetes.azure.com/nginx"
#define NGINX_NOTE  "nginx.ingress.kubernetes.io/rewrite-target: /"
#define F5_NOTE     "nginx.org/rewrites: x"

enum world { OPEN, CLOSED };

struct row {
    enum world world;
    const char *from, *yaml;
    const char *claim; /* "owner plane gateway" of Ingress i */
};

static void check_rows(const struct row *rows, size_t count)
{
    static const char *const owners[] = {"none", "nginx", "neutral", "other"};
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        struct ingress_choice choice = {.from = slice_of(rows[i].from)};
        fixture_open(&f, rows[i].world == CLOSED, rows[i].yaml);
        ingress_claim_all(&f.run, &f.kube, &choice, &f.claims);
        assert_int_equal(f.claims.count, 1);
        const struct ingress_claim *claim = &f.claims.items[0];
        char text[256];
        snprintf(text, sizeof text, "%s", owners[claim->owner]);
        if (claim->owner != INGRESS_OWNER_NONE) {
            snprintf(text, sizeof text, "%s, " SLICE_FMT ", " SLICE_FMT, owners[claim->owner],
                     SLICE_ARG(claim->plane), SLICE_ARG(claim->gateway));
        }
        if (strcmp(text, rows[i].claim) != 0) {
            fail_msg("row %zu: '%s' is not '%s'", i, text, rows[i].claim);
        }
        assert_int_equal(fixture_count(&f, DIAG_I001), claim->owner == INGRESS_OWNER_NONE);
        assert_int_equal(fixture_count(&f, DIAG_I002), claim->owner == INGRESS_OWNER_OTHER);
        fixture_close(&f);
    }
}

static void test_ingress_claim_by_object(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN, NULL, CLASS("web", NGINX) FIELD("web"), "nginx, ingress-nginx, web"},
        {CLOSED, NULL, CLASS("web", NGINX) FIELD("web"), "nginx, ingress-nginx, web"},
        {OPEN, NULL, CLASS("inner", "k8s.io/internal-nginx") FIELD("inner"),
         "nginx, ingress-nginx, inner"},
        {OPEN, NULL, CLASS("web", AKS) FIELD("web"), "nginx, aks-nginx, web"},
        {OPEN, NULL, CLASS("web", AKS "/nginx-internal") FIELD("web"), "nginx, aks-nginx, web"},
        {OPEN, NULL, CLASS("nginx", "nginx.org/ingress-controller") FIELD("nginx"),
         "other, F5 NGINX Ingress Controller, nginx"},
        {OPEN, NULL, CLASS("x", "example.com/x") FIELD("x"), "neutral, ingress-v1, x"},
        /* one controller, two classes: one address */
        {OPEN, NULL, CLASS("a", NGINX) CLASS("b", NGINX) FIELD("b"), "nginx, ingress-nginx, a"},
        /* the annotation may name the class, too */
        {CLOSED, NULL, CLASS("web", NGINX) OLD("web"), "nginx, ingress-nginx, web"},
        /* its object says more than annotations and well-known names */
        {OPEN, NULL,
         CLASS("nginx", "traefik.io/ingress-controller")
             INGRESS("i", NGINX_NOTE, "ingressClassName: nginx,"),
         "other, Traefik, nginx"},
        /* where ingress-nginx runs, classes of unknown controllers are not its business */
        {CLOSED, NULL, CLASS("nginx", NGINX) CLASS("x", "k8s.io/other-class") FIELD("x"),
         "other, k8s.io/other-class, x"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress_claim_by_name(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN, NULL, FIELD("nginx"), "nginx, ingress-nginx, nginx"},
        {OPEN, "auto", OLD("nginx"), "nginx, ingress-nginx, nginx"},
        {OPEN, NULL, INGRESS("i", F5_NOTE, "ingressClassName: nginx,"),
         "other, F5 NGINX Ingress Controller, nginx"},
        {OPEN, NULL, INGRESS("i", NGINX_NOTE, "ingressClassName: public,"),
         "nginx, ingress-nginx, public"},
        {OPEN, NULL, INGRESS("i", NGINX_NOTE, "ingressClassName: traefik,"),
         "other, Traefik, traefik"},
        {OPEN, NULL, FIELD("webapprouting.kubernetes.azure.com"),
         "nginx, aks-nginx, webapprouting.kubernetes.azure.com"},
        {OPEN, NULL, OLD("azure/application-gateway"),
         "other, Application Gateway Ingress Controller, azure/application-gateway"},
        {OPEN, NULL, FIELD("mystery"), "neutral, ingress-v1, mystery"},
        {OPEN, NULL, OLD("''"), "none"},
        /* "nginx" is the word that ingress-nginx is started with, whatever its class is called */
        {CLOSED, NULL, CLASS("web", NGINX) OLD("nginx"), "nginx, ingress-nginx, web"},
        /* the field decides over the annotation */
        {OPEN, NULL, INGRESS("i", "kubernetes.io/ingress.class: alb", "ingressClassName: nginx,"),
         "nginx, ingress-nginx, nginx"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress_claim_of_classes_that_are_not_there(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CLOSED, NULL, CLASS("nginx", NGINX) FIELD("gone"), "none"},
        {CLOSED, NULL, CLASS("web", NGINX) FIELD("nginx"), "none"},
        {CLOSED, NULL, CLASS("nginx", NGINX) OLD("testclass"), "none"},
        {CLOSED, NULL,
         CLASS("nginx", NGINX)
             INGRESS("i", "kubernetes.io/ingress.class: testclass, " NGINX_NOTE, ""),
         "none"},
        {CLOSED, NULL, FIELD("some-invalid-class-name"), "none"},
        /* an input without any class says nothing about classes */
        {CLOSED, NULL, FIELD("nginx"), "nginx, ingress-nginx, nginx"},
        {CLOSED, NULL, FIELD("conformance"), "neutral, ingress-v1, conformance"},
        {CLOSED, "ingress-v1", FIELD("mystery"), "neutral, ingress-v1, mystery"},
        {CLOSED, "ingress-nginx", FIELD("mystery"), "nginx, ingress-nginx, mystery"},
        {CLOSED, "ingress-nginx", CLASS("nginx", NGINX) FIELD("mystery"), "none"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress_claim_without_class(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN, NULL, NO_CLASS, "none"},
        {OPEN, NULL, CLASS("nginx", NGINX) NO_CLASS, "none"},
        {OPEN, NULL, DEFAULT_CLASS("web", NGINX) NO_CLASS, "nginx, ingress-nginx, web"},
        {OPEN, NULL, DEFAULT_CLASS("web", "ingress.k8s.aws/alb") NO_CLASS,
         "other, AWS Load Balancer Controller, web"},
        {OPEN, "ingress-nginx", NO_CLASS, "nginx, ingress-nginx, nginx"},
        {OPEN, "aks-nginx", NO_CLASS, "nginx, aks-nginx, webapprouting.kubernetes.azure.com"},
        {OPEN, "ingress-v1", NO_CLASS, "neutral, ingress-v1, ingress"},
        {CLOSED, "ingress-nginx", CLASS("nginx", NGINX) NO_CLASS, "none"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress_claim_from(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN, "ingress-nginx", FIELD("mystery"), "nginx, ingress-nginx, mystery"},
        {OPEN, "ingress-nginx", OLD("mystery"), "nginx, ingress-nginx, mystery"},
        {OPEN, "ingress-nginx", FIELD("traefik"), "other, Traefik, traefik"},
        {OPEN, "ingress-nginx", CLASS("x", "example.com/x") FIELD("x"), "other, example.com/x, x"},
        {OPEN, "aks-nginx", CLASS("web", NGINX) FIELD("web"), "nginx, aks-nginx, web"},
        {OPEN, "ingress-v1", CLASS("web", NGINX) FIELD("web"), "neutral, ingress-v1, web"},
        {OPEN, "ingress-v1", FIELD("alb"), "neutral, ingress-v1, alb"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress_claim_aks_controllers(void **state)
{
    (void)state;
#define NIC(spec)                                                                                  \
    "---\napiVersion: approuting.kubernetes.azure.com/v1alpha1\nkind: NginxIngressController\n"    \
    "metadata: {name: c}\nspec: {" spec "}\n"
    static const struct row rows[] = {
        {OPEN, NULL, NIC("ingressClassName: inner") FIELD("inner"), "nginx, aks-nginx, inner"},
        {CLOSED, NULL, CLASS("nginx", NGINX) NIC("ingressClassName: inner") FIELD("inner"),
         "nginx, aks-nginx, inner"},
        {CLOSED, NULL, NIC("") FIELD("nginx.approuting.kubernetes.azure.com"),
         "nginx, aks-nginx, nginx.approuting.kubernetes.azure.com"},
        {CLOSED, NULL, NIC("ingressClassName: inner") FIELD("outer"), "none"},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_ingress_claim_choice_of_class(void **state)
{
    (void)state;
    struct fixture f;
    struct ingress_choice choice = {.from = SLICE("ingress-nginx"), .ingress_class = SLICE("x")};
    fixture_open(&f, false,
                 CLASS("x", "example.com/x") INGRESS("i", "", "ingressClassName: x,")
                     INGRESS("j", "", "ingressClassName: nginx,")
                         INGRESS("k", "kubernetes.io/ingress.class: x", ""));
    ingress_claim_all(&f.run, &f.kube, &choice, &f.claims);
    assert_int_equal(f.claims.count, 2);
    /* --from with --ingress-class says who serves a class whose controller is not known */
    assert_int_equal(f.claims.items[0].owner, INGRESS_OWNER_NGINX);
    assert_true(slice_is(f.claims.items[1].ingress->object.name, "k"));
    assert_int_equal(f.claims.items[1].owner, INGRESS_OWNER_NGINX);
    fixture_close(&f);
}

/* Of two controllers none is chosen. */
static void test_ingress_claim_by_other_ingresses_of_the_class(void **state)
{
    (void)state;
    static const char *const texts[] = {
        INGRESS("i", "a: b", "ingressClassName: public,")
            INGRESS("j", NGINX_NOTE, "ingressClassName: public,"),
        INGRESS("i", "a: b", "ingressClassName: public,")
            INGRESS("j", NGINX_NOTE, "ingressClassName: public,")
                INGRESS("k", F5_NOTE, "ingressClassName: public,"),
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct fixture f;
        struct ingress_choice choice = {0};
        fixture_open(&f, false, texts[i]);
        ingress_claim_all(&f.run, &f.kube, &choice, &f.claims);
        assert_int_equal(f.claims.count, 2 + i);
        assert_int_equal(f.claims.items[0].owner,
                         i == 0 ? INGRESS_OWNER_NGINX : INGRESS_OWNER_NEUTRAL);
        assert_int_equal(f.claims.items[1].owner, INGRESS_OWNER_NGINX);
        fixture_close(&f);
    }
}

static void test_ingress_claim_any(void **state)
{
    (void)state;
    struct fixture f;
    struct ingress_choice choice = {0};
    /* a class selects the front end, even if nothing is claimed */
    fixture_open(&f, true, CLASS("nginx", NGINX));
    ingress_claim_all(&f.run, &f.kube, &choice, &f.claims);
    assert_true(f.claims.any_nginx);
    assert_false(f.claims.any_neutral);
    choice.from = SLICE("ingress-v1");
    ingress_claim_all(&f.run, &f.kube, &choice, &f.claims);
    assert_false(f.claims.any_nginx);
    fixture_close(&f);
    assert_string_equal(ingress_from_name(0), "auto");
    assert_null(ingress_from_name(4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingress_claim_by_object),
        cmocka_unit_test(test_ingress_claim_by_name),
        cmocka_unit_test(test_ingress_claim_of_classes_that_are_not_there),
        cmocka_unit_test(test_ingress_claim_without_class),
        cmocka_unit_test(test_ingress_claim_from),
        cmocka_unit_test(test_ingress_claim_aks_controllers),
        cmocka_unit_test(test_ingress_claim_choice_of_class),
        cmocka_unit_test(test_ingress_claim_by_other_ingresses_of_the_class),
        cmocka_unit_test(test_ingress_claim_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
