#include "convert/convert_fixture_priv.h"

static void test_convert_targets_have_a_row_for_each_effect(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct target *target; (target = target_at(count)) != NULL; count++) {
        assert_ptr_equal(target_find(slice_of(target->name)), target);
        for (size_t id = 0; id < EFFECT_COUNT; id++) {
            assert_int_equal(target->capabilities[id].effect, id);
            assert_non_null(target->capabilities[id].text);
        }
    }
    assert_true(count > 2);
    assert_null(target_find(SLICE("nowhere")));
}

static void test_convert_reads_versions_of_the_api(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int minor; /* -1: unknown */
    } cases[] = {{"1.5", 5},  {"v1.5.1", 5}, {"1.2.0", 2}, {"1.6", 6},  {"1.7", -1},
                 {"1.1", -1}, {"2.0", -1},   {"1", -1},    {"v1.", -1}, {"1.5.x", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int minor = -1;
        assert_int_equal(convert_api_version(slice_of(cases[i].text), &minor), cases[i].minor >= 0);
        assert_int_equal(minor, cases[i].minor);
    }
}

static void test_convert_knows_what_aks_installs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int minor;
    } cases[] = {{"1.26", 2}, {"1.33.4", 2}, {"1.34", 3}, {"1.35", 4},
                 {"1.36", 5}, {"v1.40", 5},  {"1.25", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int minor = -1;
        assert_int_equal(convert_aks_version(slice_of(cases[i].text), &minor), cases[i].minor >= 0);
        assert_int_equal(minor, cases[i].minor);
    }
}

static void test_convert_stand_in_class_is_warned_about(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    f.options.target = target_find(SLICE("standard"));
    struct rule_list *rules = rules_new(&f);
    rule_to(&f, rules, "web", PATH_PREFIX_ELEMENT, "/", "front");
    host_add(&f, "a.example.com", rules, NULL, NULL);
    (void)convert(&f);
    assert_int_equal(said(&f, DIAG_C042), 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_targets_have_a_row_for_each_effect),
        cmocka_unit_test(test_convert_reads_versions_of_the_api),
        cmocka_unit_test(test_convert_knows_what_aks_installs),
        cmocka_unit_test(test_convert_stand_in_class_is_warned_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
