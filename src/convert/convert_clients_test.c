#include "convert/convert_fixture_priv.h"

/* Certificates that clients have to show. */

#define MUTUAL "      options:\n        gateway.istio.io/tls-terminate-mode: MUTUAL\n"

static const struct client_check *check_new(struct fixture *f, const char *subject)
{
    struct client_check *check = ARENA_NEW(f->run.arena, struct client_check);
    *check = (struct client_check){.source = source_of(f, "auth-tls-secret"),
                                   .subject = slice_of(subject),
                                   .required = true,
                                   .status = 400};
    return check;
}

static void ask_at(struct fixture *f, const char *host, const char *tls_host, const char *secret,
                   const struct client_check *check)
{
    struct rule_list *rules = rules_new(f);
    rule_to(f, rules, "web", PATH_PREFIX_ELEMENT, "/", "web");
    size_t https = host_add(f, host, rules, tls_host, secret);
    f->table.entries[https].client = check;
}

static void expect(struct fixture *f, size_t asking, size_t near, size_t lost)
{
    size_t count = 0;
    for (const char *at = convert(f); (at = strstr(at, MUTUAL)); at++) {
        count++;
    }
    assert_int_equal(count, asking);
    assert_int_equal(said(f, DIAG_C002), near);
    assert_int_equal(said(f, DIAG_C003), lost);
}

static void test_convert_clients_are_asked_by_the_listener(void **state)
{
    (void)state;
    static const struct {
        const char *target, *subject;
        size_t asking;
    } rows[] = {
        {"aks-approuting", "Secret shop/tls", 1}, {"istio", "Secret shop/tls", 1},
        {"aks-approuting", "Secret shop/ca", 0},  {"aks-approuting", "Secret other/tls", 0},
        {"standard", "Secret shop/tls", 0},       {"envoy-gateway", "Secret shop/tls", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(rows[i].target));
        ask_at(&f, "a.example.com", "a.example.com", "tls", check_new(&f, rows[i].subject));
        ask_at(&f, "b.example.com", "b.example.com", "tls", NULL);
        expect(&f, rows[i].asking, rows[i].asking, !rows[i].asking);
        fixture_close(&f);
    }
}

static void test_convert_clients_with_more_than_a_handshake(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct fixture f;
        fixture_open(&f);
        struct client_check check = *check_new(&f, "Secret shop/tls");
        check.required = what != 0;
        check.name = what == 1 ? SLICE("CN=a") : SLICE("");
        if (what == 2) {
            check.error_page = template_text(f.run.arena, SLICE("http://a.example.com/"));
        }
        ask_at(&f, "a.example.com", "a.example.com", "tls", &check);
        expect(&f, 0, 0, 1);
        fixture_close(&f);
    }
}

/* One listener for a wildcard asks all of its hosts, or none. */
static void test_convert_clients_of_a_shared_listener(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct fixture f;
        fixture_open(&f);
        const struct client_check *check = check_new(&f, "Secret shop/tls");
        ask_at(&f, "a.example.com", "*.example.com", "tls", check);
        ask_at(&f, "b.example.com", "*.example.com", "tls", all ? check : NULL);
        expect(&f, all ? 1 : 0, all ? 2 : 0, all ? 0 : 1);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_clients_are_asked_by_the_listener),
        cmocka_unit_test(test_convert_clients_with_more_than_a_handshake),
        cmocka_unit_test(test_convert_clients_of_a_shared_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
