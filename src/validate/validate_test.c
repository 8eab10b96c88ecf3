/* Objects together, lists of objects, and what convert wrote. */
#include "validate/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GATEWAY                                                                                    \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: "  \
    "a}\n"                                                                                         \
    "spec: {gatewayClassName: x, listeners: [{name: http, port: 80, protocol: HTTP}, {name: db, "  \
    "port: 5432, "                                                                                 \
    "protocol: TCP}]}\n---\n"
#define TCP_ROUTE(parent, backend)                                                                 \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: TCPRoute\nmetadata: {name: db, namespace: "   \
    "a}\n"                                                                                         \
    "spec: {parentRefs: [" parent "], rules: [{backendRefs: [" backend "]}]}\n---\n"
#define SERVICE                                                                                    \
    "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: a}\nspec: {ports: [{port: "    \
    "80}]}\n---\n"
#define HTTP_ROUTE(fields)                                                                         \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: " \
    "a}\n"                                                                                         \
    "spec: {parentRefs: [{name: edge}]" fields "}\n---\n"

struct example {
    const char *text;
    bool closed;
    const char *codes; /* of warnings and errors, in their final order */
    size_t valid, invalid, unjudged;
};

static void open_run(struct run *run)
{
    struct limits limits = limits_default();
    run_open(run, &limits, NULL, NULL);
}

static struct slice codes_of(struct run *run)
{
    struct slice codes = SLICE("");
    diag_finish(run->diag);
    for (size_t i = 0; i < diag_count(run->diag); i++) {
        const struct diagnostic *item = diag_get(run->diag, i);
        if (item->severity != SEVERITY_INFO) {
            codes = arena_printf(run->arena, SLICE_FMT "%s%s%s", SLICE_ARG(codes),
                                 codes.len ? " " : "", diag_row(item->code)->name,
                                 item->severity == SEVERITY_ERROR ? "" : "w");
        }
    }
    return codes;
}

static void check(const struct example *example)
{
    struct run run;
    struct input input = {0};
    struct validated validated;
    open_run(&run);
    run.closed = example->closed;
    const struct validate_options options = {.release = {6, true},
                                             .profile = gateway_profile_find(SLICE("standard"))};
    input_add_text(&run, &input, SLICE("in.yaml"), slice_of(example->text));
    validate(&run, &input, &options, &validated);
    struct slice codes = codes_of(&run);
    if (!slice_is(codes, example->codes)) {
        fail_msg(SLICE_FMT ", and not %s, for\n%s", SLICE_ARG(codes), example->codes,
                 example->text);
    }
    assert_int_equal(validated.counts[SCHEMA_VALID], example->valid);
    assert_int_equal(validated.counts[SCHEMA_INVALID], example->invalid);
    assert_int_equal(validated.counts[SCHEMA_UNJUDGED], example->unjudged);
    assert_int_equal(validated.references_seen, example->invalid == 0);
    run_close(&run);
}

static void test_validate_together(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {GATEWAY HTTP_ROUTE(""), false, "", 2, 0, 0},
        /* what is not there is an error in a closed input only */
        {HTTP_ROUTE(""), false, "", 1, 0, 0},
        {HTTP_ROUTE(""), true, "G001", 1, 0, 0},
        {GATEWAY HTTP_ROUTE(", rules: [{backendRefs: [{name: none, port: 80}]}]"), false, "", 2, 0,
         0},
        {GATEWAY HTTP_ROUTE(", rules: [{backendRefs: [{name: none, port: 80}]}]"), true, "G011", 2,
         0, 0},
        /* backends of a route that attaches nowhere are looked at all the same */
        {SERVICE HTTP_ROUTE(", rules: [{backendRefs: [{name: db, port: 81}]}]"), false, "G013", 2,
         0, 0},
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec: "
         "{}",
         false, "G029w", 1, 0, 0},
        /* routes of streams */
        {GATEWAY SERVICE TCP_ROUTE("{name: edge}", "{name: db, port: 80}"), true, "", 3, 0, 0},
        {GATEWAY TCP_ROUTE("{name: edge, sectionName: http}", "{name: db, port: 80}"), false,
         "G004", 2, 0, 0},
        {GATEWAY TCP_ROUTE("{name: edge, port: 80}", "{name: db, port: 80}"), false, "G004", 2, 0,
         0},
        {GATEWAY SERVICE TCP_ROUTE("{name: edge}", "{name: db, port: 81}"), false, "G013", 3, 0, 0},
        {GATEWAY TCP_ROUTE("{name: edge}", "{name: db, namespace: b, port: 80}"), false, "G012", 2,
         0, 0},
        {GATEWAY TCP_ROUTE("{name: edge}", "{name: db, port: 80}"), true, "G011", 2, 0, 0},
        /* kinds that listeners allow */
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge}\n"
         "spec: {gatewayClassName: x, listeners: [{name: a, port: 80, protocol: HTTP, "
         "allowedRoutes: {kinds: [{kind: "
         "GRPCRoute}]}}, {name: b, port: 81, protocol: TCP, allowedRoutes: {kinds: [{kind: "
         "HTTPRoute}]}}, {name: c, "
         "port: 82, protocol: example.com/own, allowedRoutes: {kinds: [{kind: HTTPRoute}]}}]}\n",
         false, "G053 G007w", 1, 0, 0},
        /* policies name their targets */
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\n"
         "metadata: {name: a, namespace: a}\nspec: {targetRefs: [{group: '', kind: Service, name: "
         "db}], "
         "validation: {hostname: a.example.com, wellKnownCACertificates: System}}\n",
         true, "G051", 1, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        check(&examples[i]);
    }
}

/* Nobody chose an implementation, and the class tells one: that it was not asked is said. */
static void test_validate_names_the_implementation(void **state)
{
    (void)state;
    static const struct {
        const char *class;
        bool unchosen, named;
    } rows[] = {{"istio", true, true}, {"istio", false, false}, {"mine", true, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        struct input input = {0};
        struct validated validated;
        open_run(&run);
        const struct validate_options options = {.release = {6, true},
                                                 .profile = gateway_profile_find(SLICE("standard")),
                                                 .unchosen = rows[i].unchosen};
        input_add_text(&run, &input, SLICE("in.yaml"),
                       arena_printf(run.arena,
                                    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
                                    "metadata: {name: edge, namespace: a}\nspec: "
                                    "{gatewayClassName: %s, listeners: [{name: http, port: 80, "
                                    "protocol: HTTP}]}\n",
                                    rows[i].class));
        validate(&run, &input, &options, &validated);
        size_t named = 0;
        for (size_t d = 0; d < diag_count(run.diag); d++) {
            named += diag_get(run.diag, d)->code == DIAG_I012;
        }
        assert_int_equal(named, rows[i].named);
        run_close(&run);
    }
}

#define TLS_GATEWAY(listener)                                                                      \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: "  \
    "a}\nspec: {gatewayClassName: x, listeners: [{name: tls, port: 443, protocol: TLS, " listener  \
    "}]}\n---\n"
#define TLS_ROUTE(host)                                                                            \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: t, namespace: "    \
    "a}\nspec: {hostnames: ['" host                                                                \
    "'], parentRefs: [{name: edge}], rules: [{backendRefs: [{name: db, port: 80}]}]}\n---\n"

static void test_validate_streams_of_tls(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {TLS_GATEWAY("hostname: '*.example.com', tls: {mode: Passthrough}")
             TLS_ROUTE("a.example.com"),
         false, "", 2, 0, 0},
        {TLS_GATEWAY("hostname: '*.example.com', tls: {mode: Passthrough}")
             TLS_ROUTE("*.b.example.com"),
         false, "", 2, 0, 0},
        {TLS_GATEWAY("hostname: a.example.com, tls: {mode: Passthrough}")
             TLS_ROUTE("*.example.com"),
         false, "", 2, 0, 0},
        {TLS_GATEWAY("tls: {mode: Passthrough}") TLS_ROUTE("a.example.com"), false, "", 2, 0, 0},
        {TLS_GATEWAY("hostname: '*.example.com', tls: {mode: Passthrough}")
             TLS_ROUTE("example.com"),
         false, "G005", 2, 0, 0},
        {TLS_GATEWAY("hostname: a.example.com, tls: {mode: Passthrough}")
             TLS_ROUTE("b.example.com"),
         false, "G005", 2, 0, 0},
        /* what ends TLS needs a certificate that it may use */
        {TLS_GATEWAY("tls: {certificateRefs: [{name: c}]}"), false, "", 1, 0, 0},
        {TLS_GATEWAY("tls: {certificateRefs: [{name: c}]}"), true, "G008", 1, 0, 0},
        {TLS_GATEWAY("tls: {certificateRefs: [{name: c, namespace: b}]}"), false, "G008", 1, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        check(&examples[i]);
    }
}

#define CLASS(name)                                                                                \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: " name         \
    "}\nspec: {controllerName: example.com/x}\n---\n"
#define LISTENER_SET(parent, certificate)                                                          \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: s, namespace: " \
    "a}\nspec: {parentRef: {name: " parent                                                         \
    "}, listeners: [{name: s, port: 443, protocol: HTTPS, tls: {certificateRefs: [" certificate    \
    "]}}]}\n---\n"

/* Each fault is named once, by the front end or by the table of references. */
static void test_validate_references(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {CLASS("x") GATEWAY, true, "", 2, 0, 0},
        {CLASS("other") GATEWAY, true, "V020", 2, 0, 0},
        {CLASS("other") GATEWAY, false, "", 2, 0, 0},
        {GATEWAY, true, "", 1, 0, 0},
        {LISTENER_SET("edge", "{name: c}"), true, "G001", 1, 0, 0},
        {GATEWAY LISTENER_SET("edge", "{name: c}"), false, "G004", 2, 0, 0},
        {"apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: g, "
         "namespace: "
         "a}\nspec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: db, namespace: b, "
         "port: 80}]}]}\n",
         false, "G012", 1, 0, 0},
        {"apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: s, "
         "namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, "
         "name: web}], basicAuth: {users: {name: users, namespace: b}}}\n",
         false, "V021", 1, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        check(&examples[i]);
    }
}

#define VIRTUAL_SERVICE(pattern)                                                                   \
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec: "        \
    "{hosts: "                                                                                     \
    "[a], http: [{match: [{uri: {regex: '" pattern "'}}], route: [{destination: {host: x}}]}]}\n"
#define ROUTE_FILTER(pattern)                                                                      \
    "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: HTTPRouteFilter\nmetadata: {name: "         \
    "f}\nspec: "                                                                                   \
    "{urlRewrite: {path: {type: ReplaceRegexMatch, replaceRegexMatch: {pattern: '" pattern         \
    "', substitution: /}}}}\n"

/* Kinds of implementations on Envoy are read by RE2 whatever the target is. */
static void test_validate_expressions(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {VIRTUAL_SERVICE("/a/[0-9]{3}"), false, "", 1, 0, 0},
        {VIRTUAL_SERVICE("/a(?!b)"), false, "V026", 1, 0, 0},
        {ROUTE_FILTER("^/(a|b)/"), false, "", 1, 0, 0},
        {ROUTE_FILTER("^/(a)\\1"), false, "V026", 1, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        check(&examples[i]);
    }
}

/* What an implementation is known to leave unserved. */
static void test_validate_served(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *text, *codes;
    } rows[] = {
        {"standard", HTTP_ROUTE(", useDefaultGateways: All"), ""},
        {"istio", HTTP_ROUTE(", useDefaultGateways: All"), "G032w"},
        {"envoy-gateway", HTTP_ROUTE(", useDefaultGateways: All"), "G032w"},
        {"nginx-gateway-fabric",
         HTTP_ROUTE(", rules: [{sessionPersistence: {sessionName: a}, backendRefs: [{name: db, "
                    "port: 80}]}, {sessionPersistence: {sessionName: b}}]"),
         "G032w G032w"},
        {"aks-approuting", TCP_ROUTE("{name: edge}", "{name: db, port: 80}"), "V025w"},
        {"envoy-gateway", TCP_ROUTE("{name: edge}", "{name: db, port: 80}"), ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run run;
        struct input input = {0};
        struct validated validated;
        open_run(&run);
        const struct validate_options options = {
            .release = {6, true}, .profile = gateway_profile_find(slice_of(rows[i].profile))};
        input_add_text(&run, &input, SLICE("in.yaml"), slice_of(rows[i].text));
        validate(&run, &input, &options, &validated);
        struct slice codes = codes_of(&run);
        if (!slice_is(codes, rows[i].codes)) {
            fail_msg(SLICE_FMT ", and not %s, for %s and\n%s", SLICE_ARG(codes), rows[i].codes,
                     rows[i].profile, rows[i].text);
        }
        run_close(&run);
    }
}

static void test_validate_lists(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: "
         "a}}\n"
         "- {apiVersion: v1, kind: Namespace, metadata: {name: A}}\n",
         false, "V008", 1, 1, 0},
        {"apiVersion: v1\nkind: NamespaceList\nitems: [{metadata: {name: a}}, {metadata: {name: "
         "b}}]\n",
         false, "", 2, 0, 0},
        {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", false, "", 0, 0, 1},
        /* what is no object is said once, by the module that reads objects */
        {"name: a\n", false, "K001", 0, 0, 0},
        {"- a\n", false, "K001", 0, 0, 0},
        {"apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: a}\n", false,
         "V012", 0, 1, 0},
        {"apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n", false, "K002", 0,
         0, 1},
        {SERVICE SERVICE, false, "K014w", 2, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        check(&examples[i]);
    }
}

/* ---- what convert wrote ------------------------------------------------------------------------ */

#define WRITTEN(name, host, rules)                                                                 \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: " name          \
    "\nspec:\n  hostnames:\n  - " host "\n  rules:\n" rules
#define LABELLED(value, path)                                                                      \
    WRITTEN("a\n  labels:\n    app: " value, "a.example.com", RULE("Exact", path))
#define RULE(type, path)                                                                           \
    "  - matches:\n    - path:\n        type: " type "\n        value: " path "\n"
#define LISTENERS(first, second)                                                                   \
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: a\nspec:\n"       \
    "  gatewayClassName: a\n  listeners:\n  - name: " first                                        \
    "\n    port: 80\n    protocol: HTTP\n  - name: " second "\n    port: 81\n    protocol: HTTP\n"

/* How many objects are named as faults of ours. */
static size_t faults(const char *kind, const char *const *texts, size_t count)
{
    struct run run;
    struct converted converted = {0};
    open_run(&run);
    for (size_t i = 0; i < count; i++) {
        *ARENA_PUSH(run.arena, converted.objects, converted.count, converted.capacity) =
            (struct converted_object){.kind = kind, .name = SLICE("a"), .yaml = slice_of(texts[i])};
    }
    validate_converted(&run, &converted, &(struct schema_release){5, false});
    size_t found = diag_count_severity(run.diag, SEVERITY_ERROR);
    for (size_t i = 0; i < diag_count(run.diag); i++) {
        assert_int_equal(diag_get(run.diag, i)->code, DIAG_V030);
    }
    run_close(&run);
    return found;
}

static void test_validate_converted(void **state)
{
    (void)state;
    static const char *const routes[] = {
        WRITTEN("web", "a.example.com", RULE("PathPrefix", "/a")),
        WRITTEN("web-2", "b.example.com", RULE("Exact", "/b/c-d")),
        WRITTEN("web-3", "c.example.com", RULE("Exact", "/b//c")),     /* refused */
        WRITTEN("web-4", "d.example.com", RULE("Exact", "/b/../c")),   /* refused */
        WRITTEN("web-5", "10.0.0.1", RULE("Exact", "/b")),             /* no server looks at this */
        WRITTEN("Web", "e.example.com", RULE("Exact", "/b")),          /* refused */
        WRITTEN("web-6", "f_g.example.com", RULE("PathPrefix", "/a")), /* refused */
        WRITTEN("web-7", "g.example.com", RULE("Other", "/a")),        /* refused */
    };
    assert_int_equal(faults("HTTPRoute", routes, 2), 0);
    assert_int_equal(faults("HTTPRoute", routes, ARRAY_LEN(routes)), 5);
    /* labels: any value that is good is like every other */
    static const char *const labelled[] = {
        LABELLED("web", "/a"),
        LABELLED("shop-2", "/a"),
        LABELLED("shop", "/a/../b"),                                   /* refused */
        LABELLED("-shop", "/a"),                                       /* refused */
        LABELLED("1", "/a"),                                           /* refused: no text */
        WRITTEN("a\n  namespace: labels", "1..2", RULE("Exact", "/a")) /* refused */
    };
    assert_int_equal(faults("HTTPRoute", labelled, 2), 0);
    assert_int_equal(faults("HTTPRoute", labelled, ARRAY_LEN(labelled)), 4);
    /* the same shape but for names that must differ */
    static const char *const gateways[] = {LISTENERS("a", "b"), LISTENERS("c", "d"),
                                           LISTENERS("e", "e")};
    assert_int_equal(faults("Gateway", gateways, 2), 0);
    assert_true(faults("Gateway", gateways, 3) > 0);
    static const char *const broken[] = {"a: [\n"};
    assert_int_equal(faults("HTTPRoute", broken, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validate_names_the_implementation),
        cmocka_unit_test(test_validate_together),
        cmocka_unit_test(test_validate_streams_of_tls),
        cmocka_unit_test(test_validate_references),
        cmocka_unit_test(test_validate_served),
        cmocka_unit_test(test_validate_lists),
        cmocka_unit_test(test_validate_expressions),
        cmocka_unit_test(test_validate_converted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
