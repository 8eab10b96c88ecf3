#include "convert/convert_fixture_priv.h"

/* retry and sessionPersistence, which only the experimental channel has. */

#define RETRY_ALL         "    retry:\n      attempts: 2\n      codes:\n      - 502\n      - 503\n"
#define RETRY_CONNECTIONS "    retry:\n      attempts: 2\n"

static void test_convert_retries(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        bool experimental;
        const char *name, *conditions;
        int64_t attempts;
        const char *yaml; /* null: not written */
        size_t near, lost;
    } rows[] = {
        {"standard", true, "tries", "error timeout http_502 http_503 non_idempotent", 2, RETRY_ALL,
         1, 0},
        {"istio", true, "tries", "error timeout http_502 http_503 non_idempotent", 2, RETRY_ALL, 1,
         0},
        {"standard", true, "tries", "error timeout", 2, RETRY_CONNECTIONS, 1, 0},
        /* a POST would be repeated that is not today */
        {"standard", true, "tries", "error http_503", 2, NULL, 0, 1},
        {"standard", true, "tries", "error http_any non_idempotent", 2, NULL, 0, 1},
        {"standard", true, "tries", "off", 0, NULL, 0, 1},
        {"standard", true, "tries", "error", -1, NULL, 0, 1},
        /* a default is no wish of its own */
        {"standard", true, "", "error timeout", 2, NULL, 0, 0},
        {"standard", false, "tries", "error timeout", 2, NULL, 0, 1},
        {"aks-approuting", true, "tries", "error timeout", 2, NULL, 0, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(rows[i].target));
        f.options.experimental = rows[i].experimental;
        struct rule_list *rules = rules_new(&f);
        struct route_retries *retries = ARENA_NEW(f.run.arena, struct route_retries);
        *retries = (struct route_retries){.source = source_of(&f, rows[i].name),
                                          .attempts = rows[i].attempts,
                                          .conditions = slice_of(rows[i].conditions)};
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "web")->effects.retries = retries;
        host_add(&f, "a.example.com", rules, NULL, NULL);
        const char *yaml = convert(&f);
        if (rows[i].yaml) {
            assert_has(yaml, rows[i].yaml);
        } else {
            assert_lacks(yaml, "retry");
        }
        assert_int_equal(said(&f, DIAG_C002), rows[i].near);
        assert_int_equal(said(&f, DIAG_C001), rows[i].lost);
        fixture_close(&f);
    }
}

static void test_convert_sessions(void **state)
{
    (void)state;
#define SESSION "    sessionPersistence:\n      sessionName: route\n      type: Cookie\n"
#define LASTING                                                                                    \
    SESSION "      absoluteTimeout: 3600s\n      cookieConfig:\n        lifetimeType: Permanent\n"
    static const struct {
        const char *target;
        bool experimental, passive;
        const char *max_age, *yaml; /* null: not written */
        size_t near, lost;
    } rows[] = {
        {"standard", true, false, "", SESSION, 1, 0},
        {"standard", true, false, "3600", LASTING, 1, 0},
        {"standard", true, true, "", NULL, 0,
         2}, /* the annotation, and the Ingress that shares its Service */
        {"standard", false, false, "", NULL, 0, 1},
        {"aks-approuting", true, false, "", NULL, 0, 1},
        {"nginx-gateway-fabric", true, false, "", NULL, 0, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(rows[i].target));
        f.options.experimental = rows[i].experimental;
        struct rule_list *rules = rules_new(&f);
        struct route_affinity *affinity = ARENA_NEW(f.run.arena, struct route_affinity);
        *affinity = (struct route_affinity){.source = source_of(&f, "affinity"),
                                            .cookie = SLICE("route"),
                                            .max_age = slice_of(rows[i].max_age),
                                            .passive = rows[i].passive};
        rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "web")->effects.affinity = affinity;
        host_add(&f, "a.example.com", rules, NULL, NULL);
        const char *yaml = convert(&f);
        if (rows[i].yaml) {
            assert_has(yaml, rows[i].yaml);
            assert_true((strstr(yaml, "Permanent") != NULL) == (rows[i].max_age[0] != '\0'));
        } else {
            assert_lacks(yaml, "sessionPersistence");
        }
        assert_int_equal(said(&f, DIAG_C002), rows[i].near);
        assert_int_equal(said(&f, DIAG_C001), rows[i].lost);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_retries),
        cmocka_unit_test(test_convert_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
