#include "kube/kube_fixture_priv.h"

#include <unistd.h>

/* Behaviour cases and manifests of other projects, where they are at hand: each file is read alone, without
 * a crash; what an API server accepts is read without a word. */

struct tally {
    size_t files, errors, warnings;
};

static struct tally read_all(const char *folder, bool strict)
{
    struct run list;
    struct input files = {0};
    struct tally tally = {0};
    run_open(&list, NULL, NULL, NULL);
    if (input_add(&list, &files, slice_of(folder), -1) != STATUS_OK) {
        fail_msg("cannot read %s", folder);
    }
    for (size_t i = 0; i < files.count; i++) {
        struct fixture f;
        if (slice_ends(files.files[i].name, SLICE(".json"))) {
            continue; /* the requests of a case */
        }
        fixture_start(&f);
        input_add_text(&f.run, &f.input, files.files[i].name, files.files[i].text);
        document_read(&f.run, &f.input.files[0], &f.documents);
        fixture_finish(&f);
        size_t errors = diag_count_severity(f.run.diag, SEVERITY_ERROR);
        size_t warnings = diag_count_severity(f.run.diag, SEVERITY_WARNING);
        if (strict && errors + warnings) {
            print_message(SLICE_FMT ":\n%s", SLICE_ARG(files.files[i].name), fixture_said(&f));
        }
        tally.files++;
        tally.errors += errors;
        tally.warnings += warnings;
        fixture_close(&f);
    }
    run_close(&list);
    return tally;
}

static bool is_here(const char *folder)
{
    return access(folder, R_OK) == 0;
}

static void test_kube_cases_are_read_in_silence(void **state)
{
    (void)state;
    static const char *const folders[] = {
        "testdata/cases",
        "../shared/cases/ingress-nginx-e2e",
        "../shared/cases/ingress-conformance",
        "../shared/cases/ingress2gateway/ingress-nginx",
        "../shared/cases/gateway-conformance",
        "../shared/cases/gateway-objects/valid",
    };
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        if (is_here(folders[i])) {
            struct tally tally = read_all(folders[i], true);
            assert_true(tally.files > 0);
            assert_int_equal(tally.errors, 0);
            assert_int_equal(tally.warnings, 0);
        }
    }
}

static void test_kube_wild_manifests_do_no_harm(void **state)
{
    (void)state;
    static const char *const folders[] = {"../shared/cases/real-world", "../shared/cases/patterns",
                                          "../shared/cases/gateway-objects/invalid",
                                          "../shared/cases/ingress2gateway"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        if (is_here(folders[i])) {
            assert_true(read_all(folders[i], false).files > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kube_cases_are_read_in_silence),
        cmocka_unit_test(test_kube_wild_manifests_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
