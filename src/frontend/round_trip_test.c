#include "frontend/frontend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What annotations of ingress-nginx do survives the way through the written objects of a target and back, or
 * becomes what the row says. */

#define HEAD                                                                                       \
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n"              \
    "spec: {controller: k8s.io/ingress-nginx}\n---\n"                                              \
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"                      \
    "spec: {ports: [{name: http, port: 80}]}\n---\n"                                               \
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n"                    \
    "  namespace: shop\n  annotations:\n"
#define TAIL                                                                                       \
    "spec:\n  ingressClassName: nginx\n  rules:\n  - host: a.example\n    http:\n      paths:\n"   \
    "      - {path: '%s', pathType: ImplementationSpecific, backend: {service: {name: web, port: " \
    "{number: 80}}}}\n"

static const struct {
    const char *target;
    const char *annotations; /* "name=value" a line, without the prefix */
    const char *path, *asked;
    enum effect_id effect;
    const char *becomes; /* null: the same as before */
} rows[] = {
    {"envoy-gateway", "proxy-read-timeout=600\nproxy-send-timeout=600", "/", "/", EFFECT_timeouts,
     NULL},
    {"envoy-gateway", "proxy-read-timeout=600", "/", "/", EFFECT_timeouts,
     "connect 5000 ms, send 600000 ms, read 600000 ms, request no limit, backend request no limit"},
    {"envoy-gateway", "proxy-body-size=8m", "/", "/", EFFECT_body_limit, NULL},
    {"envoy-gateway", "whitelist-source-range=10.0.0.0/8", "/", "/", EFFECT_addresses, NULL},
    {"envoy-gateway", "denylist-source-range=10.0.0.0/8", "/", "/", EFFECT_addresses, NULL},
    {"envoy-gateway", "use-regex=true\nrewrite-target=/$2/$1", "/v([0-9]+)/(.*)", "/v1/x",
     EFFECT_rewrite, NULL},
    {"envoy-gateway", "upstream-hash-by=$remote_addr", "/", "/", EFFECT_balancing, NULL},
    {"envoy-gateway", "upstream-hash-by=$http_x_user", "/", "/", EFFECT_balancing, NULL},
    {"envoy-gateway", "upstream-hash-by=$arg_user", "/", "/", EFFECT_balancing, NULL},
    {"envoy-gateway", "upstream-hash-by=$cookie_user", "/", "/", EFFECT_balancing, NULL},
    {"envoy-gateway", "service-upstream=true", "/", "/", EFFECT_balancing, NULL},
    {"envoy-gateway", "load-balance=ewma", "/", "/", EFFECT_balancing, "algorithm least_request"},
    {"envoy-gateway", "limit-rps=10\nlimit-rpm=20", "/", "/", EFFECT_rate_limit,
     "per second 10, per minute 20, status 429"},
    {"envoy-gateway", "affinity=cookie\nsession-cookie-name=route\nsession-cookie-max-age=3600",
     "/", "/", EFFECT_affinity, "cookie route, path /, max age 3600, never secure"},
    {"envoy-gateway",
     "affinity=cookie\nsession-cookie-path=/a\nsession-cookie-domain=b.c\n"
     "session-cookie-secure=true\nsession-cookie-samesite=Lax",
     "/", "/", EFFECT_affinity, NULL},
    {"istio",
     "affinity=cookie\nsession-cookie-path=/a\nsession-cookie-domain=b.c\n"
     "session-cookie-secure=true\nsession-cookie-samesite=Lax",
     "/", "/", EFFECT_affinity, NULL},
    {"istio", "proxy-next-upstream=error http_502\nproxy-next-upstream-tries=4", "/", "/",
     EFFECT_retries,
     "attempts 3, conditions connect-failure,refused-stream,reset-before-request,"
     "retriable-status-codes,502"},
    {"istio", "use-regex=true\nwhitelist-source-range=10.0.0.0/8,fd00::/8", "/v([0-9]+)", "/v1",
     EFFECT_addresses, NULL},
    {"istio", "load-balance=ewma", "/", "/", EFFECT_balancing, "algorithm least_request"},
    {"nginx-gateway-fabric", "load-balance=ewma", "/", "/", EFFECT_balancing,
     "algorithm least_conn"},
    {"istio", "proxy-body-size=8m", "/", "/", EFFECT_body_limit, NULL},
    {"istio", "use-regex=true\nrewrite-target=/$2/$1", "/v([0-9]+)/(.*)", "/v1/x", EFFECT_rewrite,
     NULL},
    {"envoy-gateway", "proxy-next-upstream=error http_502\nproxy-next-upstream-tries=4", "/", "/",
     EFFECT_retries,
     "attempts 3, conditions connect-failure,refused-stream,reset-before-request,"
     "retriable-status-codes,502"},
    {"envoy-gateway", "proxy-next-upstream=off", "/", "/", EFFECT_retries, ""},
    {"envoy-gateway",
     "auth-url=http://auth.other.svc.cluster.local:4180/check\nauth-response-headers=X-User", "/",
     "/", EFFECT_authentication, NULL},
    {"nginx-gateway-fabric", "proxy-read-timeout=600\nproxy-connect-timeout=7", "/", "/",
     EFFECT_timeouts, NULL},
    {"nginx-gateway-fabric", "proxy-body-size=8m", "/", "/", EFFECT_body_limit, NULL},
    {"nginx-gateway-fabric", "proxy-body-size=0", "/", "/", EFFECT_body_limit, NULL},
    {"nginx-gateway-fabric", "proxy-buffering=on", "/", "/", EFFECT_buffering, NULL},
    {"nginx-gateway-fabric", "whitelist-source-range=10.0.0.0/8", "/", "/", EFFECT_addresses, NULL},
    {"nginx-gateway-fabric", "denylist-source-range=10.0.0.0/8", "/", "/", EFFECT_addresses, NULL},
    {"nginx-gateway-fabric", "limit-rps=10\nlimit-rpm=20", "/", "/", EFFECT_rate_limit, NULL},
    {"nginx-gateway-fabric", "use-regex=true\nrewrite-target=/$2/$1", "/v([0-9]+)/(.*)", "/v1/x",
     EFFECT_rewrite, NULL},
    {"nginx-gateway-fabric", "upstream-hash-by=$request_uri", "/", "/", EFFECT_balancing, NULL},
    {"nginx-gateway-fabric", "service-upstream=true", "/", "/", EFFECT_balancing, NULL},
    {"nginx-gateway-fabric", "proxy-next-upstream=error http_502\nproxy-next-upstream-tries=4", "/",
     "/", EFFECT_retries, NULL},
    {"nginx-gateway-fabric", "proxy-next-upstream=off", "/", "/", EFFECT_retries, NULL},
    {"nginx-gateway-fabric", "limit-rate=100\nlimit-rate-after=10", "/", "/", EFFECT_bandwidth,
     NULL},
    {"nginx-gateway-fabric", "auth-type=basic\nauth-secret=users\nauth-realm=Shop", "/", "/",
     EFFECT_authentication, "basic-auth by Secret shop/users, else 401"},
    {"nginx-gateway-fabric", "limit-connections=5\nlimit-rps=10\nlimit-whitelist=10.0.0.0/16", "/",
     "/", EFFECT_rate_limit, NULL},
    {"nginx-gateway-fabric", "custom-http-errors=404,503\ndefault-backend=web", "/", "/",
     EFFECT_error_pages, NULL},
    {"nginx-gateway-fabric", "custom-http-errors=404", "/", "/", EFFECT_error_pages, NULL},
    {"nginx-gateway-fabric", "proxy-request-buffering=off", "/", "/", EFFECT_buffering, NULL},
    {"nginx-gateway-fabric",
     "proxy-redirect-from=http://a/\nproxy-redirect-to=http://b/\nproxy-cookie-path=/a /", "/", "/",
     EFFECT_response_rewrites, NULL},
    {"istio", "limit-rps=10\nlimit-rpm=20", "/", "/", EFFECT_rate_limit, NULL},
    {"istio", "affinity=cookie\nsession-cookie-name=route\nsession-cookie-max-age=3600", "/", "/",
     EFFECT_affinity, "cookie route, path /, max age 3600, never secure"},
    {"istio", "upstream-hash-by=$http_x_user", "/", "/", EFFECT_balancing, NULL},
    {"istio", "upstream-hash-by=$arg_user", "/", "/", EFFECT_balancing, NULL},
    {"istio", "upstream-hash-by=$remote_addr", "/", "/", EFFECT_balancing, NULL},
    {"istio", "proxy-connect-timeout=7", "/", "/", EFFECT_timeouts,
     "connect 7000 ms, send no limit, read no limit, request no limit, backend request no limit"},
    {"istio", "whitelist-source-range=10.0.0.0/8", "/", "/", EFFECT_addresses, NULL},
    {"istio", "denylist-source-range=10.0.0.0/8", "/", "/", EFFECT_addresses, NULL},
};

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

static struct slice manifest(struct run *run, const char *annotations, const char *path)
{
    struct slice text = SLICE(HEAD), rest = slice_of(annotations), line;
    while (slice_split(&rest, '\n', &line)) {
        size_t at = slice_find(line, '=', 0);
        text = ARENA_JOIN(run->arena, text, SLICE("    nginx.ingress.kubernetes.io/"),
                          slice_sub(line, 0, at), SLICE(": '"), slice_sub(line, at + 1, line.len),
                          SLICE("'\n"));
    }
    return ARENA_JOIN(run->arena, text, arena_printf(run->arena, TAIL, path));
}

/* The effect that is in force for a request with credentials. */
static const void *effect_of(struct run *run, struct side *side, const char *path,
                             enum effect_id effect)
{
    struct request request = {.host = SLICE("a.example"), .target = slice_of(path)};
    struct outcome outcome;
    headers_add(run->arena, &request.headers, SLICE("Authorization"), SLICE("Basic dTpw"));
    (void)address_parse(SLICE("10.1.2.3"), &request.client);
    request_defaults(&request);
    evaluate(side_evaluator(run, side), run->arena, &request, &outcome);
    return effect_get(&outcome.effects, effect);
}

static struct slice words_of(struct run *run, enum effect_id id, const void *effect)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    if (effect) {
        effect_print(id, effect, &text);
    }
    struct slice words = arena_copy(run->arena, buf_slice(&text));
    buf_release(&text);
    return words;
}

static void check_row(struct run *run, size_t index)
{
    const struct side_options options = {.kind = SIDE_INGRESS};
    struct side before = {0}, after = {0};
    struct input input = {0};
    struct convert_options convert;
    struct converted converted;
    input_add_text(run, &input, SLICE("in.yaml"),
                   manifest(run, rows[index].annotations, rows[index].path));
    side_read(run, &input, SLICE_ABSENT, &before.kube);
    assert_true(side_build(run, &options, &before));
    convert_options_default(&convert);
    convert.target = target_find(slice_of(rows[index].target));
    convert_table(run, &before.kube, &before.table, &convert, &converted);
    assert_true(side_from_converted(run, &converted, &before.kube, convert.target, &after));
    enum effect_id id = rows[index].effect;
    const void *first = effect_of(run, &before, rows[index].asked, id);
    const void *then = effect_of(run, &after, rows[index].asked, id);
    struct slice wanted =
        rows[index].becomes ? slice_of(rows[index].becomes) : words_of(run, id, first);
    assert_non_null(first);
    if (!slice_equal(words_of(run, id, then), wanted) ||
        (!rows[index].becomes && !effect_equal(id, first, then))) {
        fail_msg("%s, %s: '" SLICE_FMT "' in place of '" SLICE_FMT "'", rows[index].target,
                 rows[index].annotations, SLICE_ARG(words_of(run, id, then)), SLICE_ARG(wanted));
    }
    side_close(&before);
    side_close(&after);
}

static void test_frontend_effects_survive_their_target(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check_row(*state, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_frontend_effects_survive_their_target, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
