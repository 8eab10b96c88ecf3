#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- the table ---------------------------------------------------------------------------- */

static void test_profile_rows_say_what_they_describe(void **state)
{
    (void)state;
    const struct gateway_profile *profile;
    size_t count = 0;
    for (; (profile = gateway_profile_at(count)); count++) {
        assert_ptr_equal(gateway_profile_find(slice_of(profile->name)), profile);
        assert_true(slice_of(profile->version).len > 0);
        assert_true(slice_of(profile->source).len > 0);
        /* what is not open is the same everywhere in the row */
        assert_true((profile->regex_span == SPAN_OPEN) == (profile->regex_place == PLACE_OPEN));
        assert_true((profile->regex_span == SPAN_OPEN) ==
                    (profile->regex_engine == PROFILE_ENGINE_OPEN));
        assert_true((profile->platform == NULL) == profile->view.form_open);
    }
    assert_int_equal(count, 5);
    assert_null(gateway_profile_find(SLICE("istios")));
}

static void test_profile_classes_are_told_apart(void **state)
{
    (void)state;
    const struct gateway_profile *a, *b;
    for (size_t i = 0; (a = gateway_profile_at(i)); i++) {
        for (size_t j = i + 1; (b = gateway_profile_at(j)); j++) {
            assert_false(a->controller_name && b->controller_name &&
                         slice_is(slice_of(a->controller_name), b->controller_name));
            assert_false(a->gateway_class && b->gateway_class &&
                         slice_is(slice_of(a->gateway_class), b->gateway_class));
        }
    }
}

/* ---- expressions -------------------------------------------------------------------------- */

static void test_profile_locations_refuse_what_would_end_them(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool refused;
    } rows[] = {
        {"/a.*", false}, {"/(?!x).*", false}, {"/[^/]+/b", false}, {"/a{2}", true},
        {"a", true},     {"/a;b", true},      {"/a b", true},      {"", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(location_refuses(slice_of(rows[i].pattern)) == rows[i].refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile_rows_say_what_they_describe),
        cmocka_unit_test(test_profile_classes_are_told_apart),
        cmocka_unit_test(test_profile_locations_refuse_what_would_end_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
