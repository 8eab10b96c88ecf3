/* What the tests of this module share: an expression, over a value written as YAML, and what it is. */
#ifndef GATESHIFT_CEL_TEST_PRIV_H
#define GATESHIFT_CEL_TEST_PRIV_H

#include "cel/cel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

/* An expression and what is said of it: "true", "false", "text: x", "other: type", "failed: x",
 * "unknown: x", or "compile OFFSET: x". A `wanted` that ends in "..." leaves the rest open. */
struct row {
    const char *text, *wanted;
};

static inline struct node *read_value(struct run *run, struct slice text)
{
    struct input input = {0};
    struct documents documents = {0};
    input_add_text(run, &input, SLICE("value.yaml"), text);
    document_read(run, &input.files[0], &documents);
    return documents.count ? documents.roots[0] : NULL;
}

static inline struct slice evaluate_text(struct run *run, struct regex_set *regexes,
                                         const struct cel_input *input, struct slice text,
                                         uint64_t steps)
{
    static const char *const outcomes[] = {
        [CEL_FALSE] = "false",   [CEL_TRUE] = "true",       [CEL_TEXT] = "text: ",
        [CEL_OTHER] = "other: ", [CEL_FAILED] = "failed: ", [CEL_UNKNOWN] = "unknown: "};
    struct cel_error error;
    struct cel_evaluator evaluator = {
        .run = run, .regexes = regexes, .scratch = run->arena, .steps = steps};
    const struct cel_program *program = cel_compile(run->arena, text, &error);
    if (!program) {
        return arena_printf(run->arena, "compile %zu: " SLICE_FMT, error.offset,
                            SLICE_ARG(error.text));
    }
    struct slice said;
    enum cel_outcome outcome = cel_evaluate(program, input, &evaluator, &said);
    bool plain = outcome == CEL_FALSE || outcome == CEL_TRUE;
    return arena_printf(run->arena, "%s" SLICE_FMT, outcomes[outcome],
                        SLICE_ARG(plain ? SLICE("") : said));
}

static inline bool is_wanted(struct slice got, const char *wanted)
{
    struct slice all = slice_of(wanted);
    return slice_ends(all, SLICE("...")) ? slice_starts(got, slice_sub(all, 0, all.len - 3))
                                         : slice_equal(got, all);
}

static inline void check_rows(const struct row *rows, size_t count, const char *self,
                              const char *old_self)
{
    struct run run;
    run_open(&run, NULL, NULL, NULL);
    struct regex_set *regexes = regex_set_open();
    struct cel_input input = {.self = read_value(&run, slice_of(self))};
    size_t faults = 0;
    input.old_self = old_self ? read_value(&run, slice_of(old_self)) : NULL;
    for (size_t i = 0; i < count; i++) {
        struct slice got = evaluate_text(&run, regexes, &input, slice_of(rows[i].text), 100000);
        if (!is_wanted(got, rows[i].wanted)) {
            print_error("%s\n  got    " SLICE_FMT "\n  wanted %s\n", rows[i].text, SLICE_ARG(got),
                        rows[i].wanted);
            faults++;
        }
    }
    regex_set_close(regexes);
    run_close(&run);
    assert_int_equal(faults, 0);
}

#endif
