#include "convert/convert_fixture_priv.h"

/* What a literal path becomes where the data plane takes more than a prefix says. */

static struct rule *folded(struct fixture *f, const char *pattern)
{
    struct rule_list *rules = rules_new(f);
    struct rule *rule = rule_to(f, rules, "web", PATH_REGEX, pattern, "front");
    rule->match.path.fold = true;
    host_add(f, "a.example.com", rules, NULL, NULL);
    return rule;
}

/* Istio's reading of expressions is known, the standard's is open. */
static void test_convert_exact_writes_expressions_where_they_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *target, *pattern, *written;
    } cases[] = {
        {"aks-approuting", "^/shop", "value: (?i)/shop.*\n"},
        {"aks-approuting", "^/shop(/|$)(.*)", "value: (?i)/shop(/.*)?\n"},
        {"aks-approuting", "^/shop/(.*)", "value: (?i)/shop/.*\n"},
        {"aks-approuting", "^/shop$", "value: (?i)/shop\n"},
        {"aks-approuting", "^/123(/|$)(.*)", "type: PathPrefix\n        value: /123\n"},
        {"aks-approuting", "^/", "type: PathPrefix\n        value: /\n"},
        {"standard", "^/shop", "type: PathPrefix\n        value: /shop\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        fixture_open(&f);
        f.options.target = target_find(slice_of(cases[i].target));
        (void)folded(&f, cases[i].pattern);
        assert_has(convert(&f), cases[i].written);
        fixture_close(&f);
    }
}

static void test_convert_intent_writes_prefixes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("aks-approuting"));
    f.options.fidelity = FIDELITY_INTENT;
    (void)folded(&f, "^/shop");
    assert_has(convert(&f), "type: PathPrefix\n        value: /shop\n");
    assert_int_equal(said(&f, DIAG_C010), 1);
    assert_int_equal(said(&f, DIAG_C011), 1);
    fixture_close(&f);
}

static void test_convert_a_replaced_prefix_stays_one(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("aks-approuting"));
    struct rule *rule = folded(&f, "^/shop");
    struct route_redirect redirect = {.status = 301,
                                      .path_change = PATH_CHANGE_PREFIX,
                                      .prefix = SLICE("/shop"),
                                      .path = SLICE("/store"),
                                      .keep_query = true};
    rule->effects.redirect = &redirect;
    const char *yaml = convert(&f);
    assert_has(yaml, "type: PathPrefix\n        value: /shop\n");
    assert_has(yaml, "replacePrefixMatch: /store\n");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_exact_writes_expressions_where_they_are_known),
        cmocka_unit_test(test_convert_intent_writes_prefixes),
        cmocka_unit_test(test_convert_a_replaced_prefix_stays_one),
    };
    return cmocka_run_group_tests_name("convert_fidelity", tests, NULL, NULL);
}
