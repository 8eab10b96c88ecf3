#include "kube/kube.h"

/* cmocka needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* then */
#include <cmocka.h>

static const struct row {
    const char *selector;
    bool parses, matches; /* the labels below */
} rows[] = {
    {"team=web", true, true},
    {"team==web", true, true},
    {" team = web , env != test", true, true},
    {"team!=web", true, false},
    {"other!=web", true, true},
    {"env in (prod, test)", true, true},
    {"env notin (prod,test)", true, false},
    {"other notin (a)", true, true},
    {"other in (a)", true, false},
    {"team,env", true, true},
    {"team,!env", true, false},
    {"!other", true, true},
    {"empty=", true, true},
    {"example.com/part-of=shop_1.x", true, true},
    {"", false, false},
    {"team=web,", false, false},
    {"=web", false, false},
    {"team=web env=prod", false, false},
    {"env in prod", false, false},
    {"env in (prod", false, false},
    {"env within (prod)", false, false},
    {"!", false, false},
    {"!team=web", false, false},
};

static void test_selectors_are_read_as_kubectl_reads_them(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0, NULL, NULL);
    struct label labels[] = {{SLICE("team"), SLICE("web"), SPAN_NONE},
                             {SLICE("env"), SLICE("prod"), SPAN_NONE},
                             {SLICE("empty"), SLICE(""), SPAN_NONE},
                             {SLICE("example.com/part-of"), SLICE("shop_1.x"), SPAN_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct label_selector selector;
        bool parses = label_selector_parse(arena, slice_of(rows[i].selector), &selector);
        if (parses != rows[i].parses ||
            (parses &&
             label_selector_matches(&selector, &(struct labels){labels, ARRAY_LEN(labels)}) !=
                 rows[i].matches)) {
            fail_msg("%s", rows[i].selector);
        }
    }
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selectors_are_read_as_kubectl_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
