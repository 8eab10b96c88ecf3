#include "proofs.h"

#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: gateshift-proofs mutants [--seed N] [--sample N | --all] [--verbose] [FOLDER...]\n"
    "       gateshift-proofs announced [FOLDER...]\n"
    "\n"
    "mutants breaks each conversion of the inputs in one place and sees that the comparer "
    "notices,\n"
    "announced sees that convert has a message for each difference that the comparer finds. "
    "Without\n"
    "a folder the inputs are the project's own cases, and those that may lie beside the project.\n";

static int usage(const char *fault)
{
    fprintf(stderr, "gateshift-proofs: %s\n%s", fault, usage_text);
    return 2;
}

static bool parse(const char *text, uint64_t *out)
{
    return text && slice_to_uint(slice_of(text), UINT64_MAX, out);
}

static const struct {
    const char *name;
    bool (*prove)(const struct inputs *inputs, const struct proof_options *options);
} proofs[] = {{"mutants", prove_mutants}, {"announced", prove_announced}};

/* Null after the last option, or where one is wrong. */
static bool read_options(char ***argv, struct proof_options *out)
{
    for (; **argv && slice_starts(slice_of(**argv), SLICE("--")); ++*argv) {
        uint64_t number = 0;
        bool with_number = parse((*argv)[1], &number);
        if (strcmp(**argv, "--all") == 0) {
            out->sample = 0;
        } else if (strcmp(**argv, "--verbose") == 0) {
            out->verbose = true;
        } else if (strcmp(**argv, "--seed") == 0 && with_number) {
            out->seed = number;
            ++*argv;
        } else if (strcmp(**argv, "--sample") == 0 && with_number) {
            out->sample = (size_t)number;
            ++*argv;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static const char *const folders[] = {"../shared/cases", "testdata/cases", "testdata/example"};
    struct proof_options options = {.seed = 1, .sample = 400};
    struct inputs inputs;
    if (argc < 2) {
        return usage("a command is missing");
    }
    for (size_t i = 0; i < ARRAY_LEN(proofs); i++) {
        if (strcmp(argv[1], proofs[i].name) != 0) {
            continue;
        }
        char **rest = argv + 2;
        if (!read_options(&rest, &options)) {
            return usage("there is no such option, or its value is missing");
        }
        size_t given = (size_t)(argv + argc - rest);
        if (!inputs_find(given ? (const char *const *)rest : folders,
                         given ? given : ARRAY_LEN(folders), &inputs)) {
            return 4;
        }
        bool good = proofs[i].prove(&inputs, &options);
        inputs_free(&inputs);
        return good ? 0 : 1;
    }
    return usage("no such command");
}
